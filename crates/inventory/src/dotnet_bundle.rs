//! Programs of .NET that hold all of their application in one file: behind the host stand the assemblies, the list of the packages that they are of
//! (`NAME.deps.json`) and a manifest of both (dotnet/designs, "Single-file bundler"). The packages of the list are components; of assemblies that the
//! list does not explain, the name and the version that they carry.

mod assembly;
mod manifest;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Read as _;

use flate2::read::DeflateDecoder;
use plimsoll_evidence::{Ecosystem, FileEntry, LayerFacts, Package, Problem};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::bytes::{Source, database, package, unread};
use crate::nuget::{explained, listed};
use crate::sections::with_elf;
use manifest::{Fault, Inner, Manifest};

/// SHA-256 of `.net core bundle`, as the host has it in its data; eight bytes before it say where the bundle's header is.
const SIGNATURE: [u8; 32] = [
    0x8b, 0x12, 0x02, 0xb9, 0x6a, 0x61, 0x20, 0x38, 0x72, 0x7b, 0x93, 0x02, 0x14, 0xd7, 0xa0, 0x32, 0x13, 0xf5, 0xb9, 0xe6, 0xef, 0xae,
    0x33, 0x18, 0xee, 0x3b, 0x2d, 0xce, 0x24, 0xb3, 0x6a, 0xae,
];
/// Bytes of a program of another system that are searched: a host with the runtime in it has a fifth of it.
const MOST_HOST: usize = 64 << 20;
const BLOCK: usize = 4 << 20;
const MOST_LIST: u64 = 32 << 20;
const MOST_ASSEMBLY: u64 = 64 << 20;
/// Bytes of one program's assemblies that are looked at.
const MOST_READ: u64 = 256 << 20;

/// Finds what is in single-file programs of .NET.
pub struct DotNetBundle;

impl Analyser for DotNetBundle {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "dotnet-bundle", version: 1 }
    }

    fn wants(&self, _: &FileEntry, head: &[u8]) -> Interest {
        if is_elf(head) || is_other_program(head) { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let Some(source) = Source::of(content) else { return Ok(()) };
        let Some(header) = header(source) else { return Ok(()) };
        let refused = |fault: Fault| unread(entry, fault.kind(), &format!("its .NET bundle {}", fault.what()));
        let manifest = Manifest::read(source, header).map_err(refused)?;
        let mut reader = Reader { source, path: &entry.path, left: MOST_READ, packages: Vec::new(), fault: None };
        reader.all(&manifest);
        let Reader { packages, fault, .. } = reader;
        if !packages.is_empty() {
            facts.databases.push(database(&entry.path, packages));
        }
        fault.map_or(Ok(()), |fault| Err(refused(fault)))
    }
}

fn is_elf(head: &[u8]) -> bool {
    head.starts_with(b"\x7fELF")
}

/// PE and Mach-O.
fn is_other_program(head: &[u8]) -> bool {
    head.starts_with(b"MZ") || head.starts_with(b"\xcf\xfa\xed\xfe")
}

/// Where the bundle's header is. A host that no bundle was added to says 0.
fn header(source: Source<'_>) -> Option<i64> {
    let head = source.read(0, 4)?;
    let found = if is_elf(&head) {
        with_elf(source, |image| image.section(".data").and_then(marked).or_else(|| image.unnamed_data().into_iter().find_map(marked)))?
    } else {
        let most = source.len().min(MOST_HOST as u64) as usize;
        (0..most).step_by(BLOCK).find_map(|at| {
            // The marker may lie across the end of a block.
            let block = source.read(at as u64, (most - at).min(BLOCK + 8 + SIGNATURE.len()))?;
            marked(&block)
        })
    };
    found.filter(|offset| *offset != 0)
}

fn marked(data: &[u8]) -> Option<i64> {
    let at = memchr::memmem::find(data, &SIGNATURE)?;
    Some(i64::from_le_bytes(data.get(at.checked_sub(8)?..at)?.try_into().ok()?))
}

/// One program.
struct Reader<'a> {
    source: Source<'a>,
    path: &'a str,
    /// Bytes that may still be read.
    left: u64,
    packages: Vec<Package>,
    /// The first that went wrong.
    fault: Option<Fault>,
}

impl<'a> Reader<'a> {
    fn all(&mut self, manifest: &Manifest) {
        let explained = manifest.list.as_ref().map(|list| self.list(list)).unwrap_or_default();
        for inner in manifest.files.iter().filter(|f| is_assembly(&f.path)) {
            let name = inner.path.rsplit('/').next().unwrap_or(&inner.path);
            if !explained.contains(name) {
                self.assembly(inner, name);
            }
        }
    }

    /// The packages of the list; the files that it explains are given back.
    fn list(&mut self, list: &Inner) -> BTreeSet<String> {
        let at = format!("{}!{}", self.path, list.path);
        let read = self.bytes(list, MOST_LIST).and_then(|bytes| Ok((listed(&bytes, &at).map_err(|_| Fault::List)?, explained(&bytes))));
        match read {
            Ok((packages, explained)) => {
                self.packages.extend(packages);
                explained
            }
            Err(fault) => {
                self.fault = Some(fault);
                BTreeSet::new()
            }
        }
    }

    /// What no package is known for is called by its file: a name alone is no package's.
    fn assembly(&mut self, inner: &Inner, name: &str) {
        let version = match self.bytes(inner, MOST_ASSEMBLY.min(self.left)) {
            Ok(bytes) if !bytes.starts_with(b"MZ") => return,
            Ok(bytes) => {
                self.left -= (bytes.len() as u64).min(self.left);
                assembly::version(&bytes)
            }
            Err(fault) => {
                self.fault = self.fault.or(Some(fault));
                None
            }
        };
        let at = format!("{}!{}", self.path, inner.path);
        self.packages.push(package(Ecosystem::NuGet, name, version.as_deref().unwrap_or_default(), &at));
    }

    fn bytes(&self, inner: &Inner, most: u64) -> Result<Cow<'a, [u8]>, Fault> {
        if inner.size > most {
            return Err(Fault::Large);
        }
        if inner.packed == 0 {
            return self.source.read(inner.offset, inner.size as usize).ok_or(Fault::Outside);
        }
        if inner.packed > most {
            return Err(Fault::Large);
        }
        let packed = self.source.read(inner.offset, inner.packed as usize).ok_or(Fault::Outside)?;
        let mut bytes = Vec::new();
        // One byte more than is promised shows a lie, and is all that a lie costs.
        DeflateDecoder::new(&*packed).take(inner.size + 1).read_to_end(&mut bytes).map_err(|_| Fault::Lies)?;
        if bytes.len() as u64 == inner.size { Ok(bytes.into()) } else { Err(Fault::Lies) }
    }
}

fn is_assembly(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, e)| e.eq_ignore_ascii_case("dll") || e.eq_ignore_ascii_case("exe"))
}

/// Whether a component is called by its file, and no package of that name is meant.
pub(crate) fn is_nameless(package: &Package) -> bool {
    is_assembly(&package.name) && package.recorded_in.contains('!') && package.recorded_in.ends_with(package.name.as_str())
}

#[cfg(test)]
mod tests;
