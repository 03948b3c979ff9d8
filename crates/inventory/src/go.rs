//! What a Go program was built from: the build information that the linker puts into every program (Go's standard library,
//! `debug/buildinfo` and `runtime/debug.BuildInfo`).

use plimsoll_evidence::{Ecosystem, FileEntry, LayerFacts, Package, Problem, ProblemKind};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::bytes::{Source, database, package, unread};
use crate::sections::{Image, with_elf};

const MAGIC: &[u8] = b"\xff Go buildinf:";
/// The linker aligns the information to this.
const ALIGN: usize = 16;
/// Where the strings start that stand in the information itself (Go 1.18 and later).
const INLINE: usize = 32;
const FLAG_BIG_ENDIAN: u8 = 1;
const FLAG_INLINE: u8 = 2;
/// Stands before and after the module list, so that it is found in a core dump too.
const SENTINEL: usize = 16;
const MOST_MODULES: usize = 16_384;
const MOST_TEXT: u64 = 8 << 20;

/// Finds Go's modules in programs.
pub struct Go;

impl Analyser for Go {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "go", version: 1 }
    }

    fn wants(&self, _: &FileEntry, head: &[u8]) -> Interest {
        if is_elf(head) || is_other_program(head) { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let Some(source) = Source::of(content) else { return Ok(()) };
        let head = source.read(0, 4).unwrap_or_default();
        let found = if is_elf(&head) {
            with_elf(source, of_elf).flatten()
        } else if let Source::Memory(bytes) = source {
            // Programs of other systems lie in Linux images as downloads at most; they are not taken apart.
            find(bytes).and_then(inline)
        } else {
            None
        };
        match found {
            None => Ok(()),
            Some(BuildInfo { version: None, .. }) => {
                Err(unread(entry, ProblemKind::Malformed, "its build information by Go is malformed or of an unknown form"))
            }
            Some(info) => {
                facts.databases.push(database(&entry.path, info.packages(&entry.path)));
                Ok(())
            }
        }
    }
}

fn is_elf(head: &[u8]) -> bool {
    head.starts_with(b"\x7fELF")
}

/// PE and Mach-O.
fn is_other_program(head: &[u8]) -> bool {
    head.starts_with(b"MZ") || head.starts_with(b"\xcf\xfa\xed\xfe") || head.starts_with(b"\xfe\xed\xfa\xcf")
}

/// Go's version and the modules, as the linker wrote them. No version: there is information, and it is unreadable.
#[derive(Default)]
struct BuildInfo {
    version: Option<String>,
    modules: String,
}

fn of_elf(image: &dyn Image) -> Option<BuildInfo> {
    let information = image.section(".go.buildinfo").and_then(find).or_else(|| image.unnamed_data().into_iter().find_map(find))?;
    if information.get(15)? & FLAG_INLINE != 0 {
        return inline(information);
    }
    Some(pointed(image, information).unwrap_or_default())
}

/// From the information's magic on.
fn find(data: &[u8]) -> Option<&[u8]> {
    memchr::memmem::find_iter(data, MAGIC).find(|at| at % ALIGN == 0).map(|at| &data[at..]).filter(|rest| rest.len() >= INLINE)
}

fn inline(information: &[u8]) -> Option<BuildInfo> {
    if information.get(15)? & FLAG_INLINE == 0 {
        return None;
    }
    let text = |bytes: &mut &[u8]| -> Option<String> {
        let length = usize::try_from(length(bytes)?).ok()?;
        let text = bytes.get(..length)?;
        *bytes = &bytes[length..];
        Some(String::from_utf8_lossy(text).into_owned())
    };
    let mut rest = &information[INLINE..];
    let version = text(&mut rest).filter(|v| !v.is_empty());
    let modules = version.as_ref().and_then(|_| text_of_modules(&mut rest)).unwrap_or_default();
    Some(BuildInfo { version, modules })
}

fn text_of_modules(rest: &mut &[u8]) -> Option<String> {
    let size = usize::try_from(length(rest)?).ok()?;
    module_list(rest.get(..size)?)
}

/// A length in base 128, least significant group first.
fn length(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..63).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Before Go 1.18: two addresses of string headers, each an address and a length.
fn pointed(image: &dyn Image, information: &[u8]) -> Option<BuildInfo> {
    let width = usize::from(information[14]);
    let big = information[15] & FLAG_BIG_ENDIAN != 0;
    let word = |bytes: &[u8], index: usize| -> Option<u64> {
        let word = bytes.get(index * width..(index + 1) * width)?;
        let add = |n: u64, b: &u8| n << 8 | u64::from(*b);
        Some(if big { word.iter().fold(0, add) } else { word.iter().rev().fold(0, add) })
    };
    if width != 4 && width != 8 {
        return None;
    }
    let text = |index: usize| {
        let header = image.loaded(word(&information[16..], index)?, 2 * width as u64)?;
        let (address, size) = (word(header, 0)?, word(header, 1)?);
        image.loaded(address, size.min(MOST_TEXT)).filter(|bytes| bytes.len() as u64 == size)
    };
    let version = String::from_utf8_lossy(text(0)?).into_owned();
    let modules = text(1).and_then(module_list).unwrap_or_default();
    Some(BuildInfo { version: Some(version).filter(|v| !v.is_empty()), modules })
}

/// The list between its sentinels.
fn module_list(bytes: &[u8]) -> Option<String> {
    let list = bytes.get(SENTINEL..bytes.len().checked_sub(SENTINEL)?)?;
    list.ends_with(b"\n").then(|| String::from_utf8_lossy(list).into_owned())
}

impl BuildInfo {
    /// The standard library, the main module, and its dependencies, each replaced where `go.mod` says so.
    fn packages(&self, path: &str) -> Vec<Package> {
        let mut found: Vec<(&str, &str)> = Vec::new();
        let mut program = None;
        for line in self.modules.lines().take(MOST_MODULES) {
            let mut fields = line.split('\t');
            let (Some(kind), Some(name)) = (fields.next(), fields.next()) else { continue };
            let version = fields.next().unwrap_or_default();
            match kind {
                "path" => program = Some(name),
                "mod" | "dep" => found.push((name, version)),
                "=>" => {
                    if let Some(replaced) = found.last_mut() {
                        // What a directory replaces keeps its name and has no version.
                        let directory = name.starts_with(['.', '/']);
                        *replaced = if directory { (replaced.0, "") } else { (name, version) };
                    }
                }
                _ => {}
            }
        }
        // Built outside a module: the package's path is all that is known. Go's own tools are of the standard library.
        if let Some(program) = program.filter(|p| found.is_empty() && *p != "command-line-arguments" && !p.starts_with("cmd/")) {
            found.push((program, ""));
        }
        let version = self.version.as_deref().unwrap_or_default();
        // `go1.22.1 X:rangefunc` names experiments after the version.
        let version = version.split(' ').next().unwrap_or_default();
        let library = package(Ecosystem::Go, "stdlib", version.strip_prefix("go").unwrap_or(version), path);
        std::iter::once(library).chain(found.into_iter().map(|(name, version)| package(Ecosystem::Go, name, version, path))).collect()
    }
}

#[cfg(test)]
mod tests;
