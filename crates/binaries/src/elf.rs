use std::io::{self, Read, Seek, SeekFrom};

use object::elf as spec;
use object::read::elf::{Dyn, FileHeader, ProgramHeader, SectionHeader};
use object::{Endianness, ReadCache, ReadRef};
use plimsoll_evidence::{ElfFacts, ElfKind, FileEntry, LayerFacts, Problem, ProblemKind, printable_line};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest, Spooled};

use crate::hardening::{self, Signs};
use crate::language;
use crate::strings::{self, Strings};

/// Names kept of one file's needed libraries and search path; more than any real program has.
const MOST_NAMES: usize = 512;
/// Bytes of a string table that are looked at.
const MOST_STRING_TABLE: u64 = 32 << 20;

/// Finds ELF files and their facts.
pub struct Elf;

impl Analyser for Elf {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "elf", version: 3 }
    }

    fn wants(&self, _: &FileEntry, head: &[u8]) -> Interest {
        if head.starts_with(b"\x7fELF") { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let found = match content {
            Content::Whole(bytes) => {
                let mut strings = Strings::default();
                strings.scan(bytes);
                facts_of(entry, bytes, &strings)
            }
            Content::Spooled(spooled) => {
                let mut strings = Strings::default();
                scan_spooled(&mut strings, spooled).map_err(|e| problem(entry, &e.to_string()))?;
                let cache = ReadCache::new(Cursor { spooled, position: 0 });
                facts_of(entry, &cache, &strings)
            }
            Content::Window(_) => return Ok(()),
        };
        // A file that only starts like ELF is no program; its name is kept so that nobody takes silence for a clean bill.
        facts.elfs.push(found.map_err(|what| problem(entry, what))?);
        Ok(())
    }
}

fn problem(entry: &FileEntry, what: &str) -> Problem {
    Problem::noted(
        ProblemKind::Malformed,
        format!("/{}: starts like an ELF file and is none that a kernel would load ({what})", printable_line(&entry.path, 200)),
    )
}

fn scan_spooled(strings: &mut Strings, spooled: Spooled<'_>) -> io::Result<()> {
    const STEP: usize = 1 << 20;
    let mut buffer = vec![0; STEP + strings::OVERLAP];
    let mut offset = 0;
    while offset < spooled.len() {
        let n = (spooled.len() - offset).min(buffer.len() as u64) as usize;
        spooled.read_exact_at(&mut buffer[..n], offset)?;
        strings.scan(&buffer[..n]);
        offset += STEP as u64;
    }
    Ok(())
}

/// A spooled file as the stream that `object` caches blocks of.
struct Cursor<'a> {
    spooled: Spooled<'a>,
    position: u64,
}

impl Read for Cursor<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.spooled.len().saturating_sub(self.position).min(into.len() as u64) as usize;
        self.spooled.read_exact_at(&mut into[..n], self.position)?;
        self.position += n as u64;
        Ok(n)
    }
}

impl Seek for Cursor<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(n) => Some(n),
            SeekFrom::End(n) => self.spooled.len().checked_add_signed(n),
            SeekFrom::Current(n) => self.position.checked_add_signed(n),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

fn facts_of<'data, R: ReadRef<'data>>(entry: &FileEntry, data: R, strings: &Strings) -> Result<ElfFacts, &'static str> {
    let class = data.read_bytes_at(4, 1).map_err(|()| "cut short")?;
    match class {
        [2] => parse::<spec::FileHeader64<Endianness>, R>(entry, data, strings),
        [1] => parse::<spec::FileHeader32<Endianness>, R>(entry, data, strings),
        _ => Err("neither 32 nor 64 bits"),
    }
}

/// What the dynamic section says.
#[derive(Default)]
struct Dynamic {
    needed: Vec<String>,
    runpath: Option<String>,
    rpath: Option<String>,
    soname: Option<String>,
    bind_now: bool,
    pie_flag: bool,
    text_relocations: bool,
}

fn parse<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>>(
    entry: &FileEntry,
    data: R,
    found: &Strings,
) -> Result<ElfFacts, &'static str> {
    let header = H::parse(data).map_err(|_| "its header is malformed")?;
    let endian = header.endian().map_err(|_| "its byte order is unknown")?;
    let segments = header.program_headers(endian, data).unwrap_or_default();
    let mut signs = Signs { pie: header.e_type(endian) == spec::ET_DYN, ..Signs::default() };
    let mut interpreter = None;
    let mut dynamic = Dynamic::default();
    let mut names: &[u8] = &[];
    let mut code_bytes = 0u64;
    let mut notes = language::Notes::default();
    for segment in segments {
        let flags = segment.p_flags(endian);
        let (executable, writable) = (flags.0 & spec::PF_X.0 != 0, flags.0 & spec::PF_W.0 != 0);
        match segment.p_type(endian) {
            spec::PT_LOAD => {
                signs.rwx_segment |= executable && writable;
                if executable {
                    code_bytes = code_bytes.saturating_add(segment.p_filesz(endian).into());
                }
            }
            spec::PT_INTERP => interpreter = segment.interpreter(endian, data).ok().flatten().map(text),
            spec::PT_GNU_STACK => {
                signs.stack_header = true;
                signs.executable_stack = executable;
            }
            spec::PT_GNU_RELRO => signs.relro = true,
            spec::PT_DYNAMIC => {
                if let Ok(Some(entries)) = segment.dynamic(endian, data) {
                    names = string_table(endian, segments, entries, data);
                    dynamic = read_dynamic(endian, entries, names);
                }
            }
            spec::PT_NOTE => {
                if let Ok(Some(mut all)) = segment.notes(endian, data) {
                    while let Ok(Some(note)) = all.next() {
                        notes.see(note.name(), note.n_type(endian).0);
                        signs.branch_protection |= hardening::marks_branch_protection(endian, header.e_machine(endian), &note);
                    }
                }
            }
            _ => {}
        }
    }
    let sections = sections::<H, R>(header, endian, data);
    let symbol_names = if names.is_empty() { sections.symbol_names } else { names };
    signs.bind_now = dynamic.bind_now;
    let static_linked = interpreter.is_none() && dynamic.needed.is_empty();
    let symbols = hardening::Symbols::of(symbol_names);
    let languages = language::languages(&notes, &sections.names, &symbols, &dynamic.needed, found);
    let kind = match header.e_type(endian) {
        spec::ET_EXEC => ElfKind::Executable,
        // libc itself has an interpreter too, but a library's name.
        spec::ET_DYN if dynamic.pie_flag || (interpreter.is_some() && dynamic.soname.is_none()) => ElfKind::Executable,
        spec::ET_DYN => ElfKind::SharedLibrary,
        spec::ET_REL => ElfKind::Object,
        _ => ElfKind::Other,
    };
    let hardening = signs.judge(&symbols, &languages, code_bytes, dynamic.text_relocations, static_linked);
    let runpath = dynamic
        .runpath
        .or(dynamic.rpath)
        .map(|r| r.split(':').filter(|p| !p.is_empty()).take(MOST_NAMES).map(str::to_owned).collect())
        .unwrap_or_default();
    let library_names = found.library_names(&dynamic.needed, dynamic.soname.as_deref());
    Ok(ElfFacts {
        path: entry.path.clone(),
        kind,
        architecture: architecture(header.e_machine(endian), header.is_little_endian()),
        bits: if header.is_class_64() { 64 } else { 32 },
        interpreter,
        needed: dynamic.needed,
        runpath,
        soname: dynamic.soname,
        dlopens: symbols.dlopens,
        runs_shell: symbols.runs_shell,
        logs_to_syslog: symbols.logs_to_syslog,
        library_names,
        paths: found.paths(),
        languages,
        hardening,
        identities: found.identities(),
        code_bytes,
        has_symbols: sections.has_symbols,
        has_debug: sections.has_debug,
    })
}

fn read_dynamic<D: Dyn<Endian = Endianness>>(endian: Endianness, entries: &[D], names: &[u8]) -> Dynamic {
    let mut dynamic = Dynamic::default();
    let name = |entry: &D| usize::try_from(entry.val(endian)).ok().and_then(|at| names.get(at..)).map(text).filter(|n| !n.is_empty());
    for entry in entries {
        match entry.tag(endian) {
            spec::DT_NULL => break,
            spec::DT_NEEDED if dynamic.needed.len() < MOST_NAMES => dynamic.needed.extend(name(entry)),
            spec::DT_RUNPATH => dynamic.runpath = name(entry),
            spec::DT_RPATH => dynamic.rpath = name(entry),
            spec::DT_SONAME => dynamic.soname = name(entry),
            spec::DT_BIND_NOW => dynamic.bind_now = true,
            spec::DT_TEXTREL => dynamic.text_relocations = true,
            spec::DT_FLAGS => {
                dynamic.bind_now |= entry.val(endian) & spec::DF_BIND_NOW.0 != 0;
                dynamic.text_relocations |= entry.val(endian) & spec::DF_TEXTREL.0 != 0;
            }
            spec::DT_FLAGS_1 => {
                dynamic.bind_now |= entry.val(endian) & spec::DF_1_NOW.0 != 0;
                dynamic.pie_flag = entry.val(endian) & spec::DF_1_PIE.0 != 0;
            }
            _ => {}
        }
    }
    dynamic
}

/// The dynamic string table: its address is looked up in the loaded segments, as a loader does, since sections may be stripped or lie.
fn string_table<'data, P: ProgramHeader<Endian = Endianness>, D: Dyn<Endian = Endianness>, R: ReadRef<'data>>(
    endian: Endianness,
    segments: &[P],
    entries: &[D],
    data: R,
) -> &'data [u8] {
    let value = |tag| entries.iter().take_while(|e| e.tag(endian) != spec::DT_NULL).find(|e| e.tag(endian) == tag).map(|e| e.val(endian));
    let (Some(address), Some(size)) = (value(spec::DT_STRTAB), value(spec::DT_STRSZ)) else { return &[] };
    segments
        .iter()
        .filter(|s| s.p_type(endian) == spec::PT_LOAD)
        .find_map(|s| s.data_range(endian, data, address, size.min(MOST_STRING_TABLE)).ok().flatten())
        .unwrap_or_default()
}

#[derive(Default)]
struct Sections<'data> {
    has_symbols: bool,
    has_debug: bool,
    names: Vec<String>,
    /// Names of `.symtab`, which a static program has in place of dynamic ones.
    symbol_names: &'data [u8],
}

fn sections<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>>(header: &H, endian: Endianness, data: R) -> Sections<'data> {
    let mut found = Sections::default();
    let Ok(table) = header.sections(endian, data) else { return found };
    for section in table.iter().take(4096) {
        let Ok(name) = table.section_name(endian, section) else { continue };
        found.has_debug |= name == b".debug_info" || name == b".zdebug_info";
        if name == b".strtab" {
            found.symbol_names = section.data(endian, data).unwrap_or_default();
            found.symbol_names = &found.symbol_names[..found.symbol_names.len().min(MOST_STRING_TABLE as usize)];
        }
        found.has_symbols |= section.sh_type(endian) == spec::SHT_SYMTAB;
        if name.len() < 64 {
            found.names.push(String::from_utf8_lossy(name).into_owned());
        }
    }
    found
}

/// A NUL-terminated foreign name, at most a path's length.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().take(4096).position(|&b| b == 0).unwrap_or(bytes.len().min(4096));
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

fn architecture(machine: spec::Machine, little: bool) -> String {
    match (machine, little) {
        (spec::EM_X86_64, _) => "amd64".to_owned(),
        (spec::EM_386, _) => "386".to_owned(),
        (spec::EM_AARCH64, _) => "arm64".to_owned(),
        (spec::EM_ARM, _) => "arm".to_owned(),
        (spec::EM_PPC64, true) => "ppc64le".to_owned(),
        (spec::EM_PPC64, false) => "ppc64".to_owned(),
        (spec::EM_S390, _) => "s390x".to_owned(),
        (spec::EM_RISCV, _) => "riscv64".to_owned(),
        (spec::EM_LOONGARCH, _) => "loong64".to_owned(),
        (spec::EM_MIPS, true) => "mipsle".to_owned(),
        (spec::EM_MIPS, false) => "mips".to_owned(),
        (other, _) => format!("unknown-{}", other.0),
    }
}
