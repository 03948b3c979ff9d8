//! Sections of an ELF file, found without reading the rest of it.

use object::elf;
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader};
use object::{Endianness, ReadCache, ReadCacheOps, ReadRef};
use plimsoll_layers::Spooled;

use crate::bytes::Source;

/// Bytes of a section that are looked at.
const MOST: u64 = 32 << 20;
/// Sections of one file that are looked through.
const MOST_SECTIONS: usize = 4096;
/// Segments, and bytes of each, that are looked at where there are no sections: Go's linker puts what it has to say first.
const MOST_SEGMENTS: usize = 4;
const BEGINNING: u64 = 1 << 20;

/// What is asked of an ELF file.
pub(crate) trait Image {
    /// The bytes of the section with this name; none where it is empty or absent.
    fn section(&self, name: &str) -> Option<&[u8]>;
    /// Bytes that are loaded at this address; fewer where the segment ends.
    fn loaded(&self, address: u64, most: u64) -> Option<&[u8]>;
    /// The beginnings of the writable segments of a file whose section table was removed.
    fn unnamed_data(&self) -> Vec<&[u8]>;
}

/// Opens an ELF file and asks it; `None` where it is none.
pub(crate) fn with_elf<T>(source: Source<'_>, ask: impl FnOnce(&dyn Image) -> T) -> Option<T> {
    match source {
        Source::Memory(bytes) => with_data(bytes, ask),
        Source::Disk(spooled) => with_data(&ReadCache::new(Cursor { spooled, position: 0 }), ask),
    }
}

fn with_data<'d, T, R: ReadRef<'d>>(data: R, ask: impl FnOnce(&dyn Image) -> T) -> Option<T> {
    match data.read_bytes_at(4, 1).ok()? {
        [2] => File::<elf::FileHeader64<Endianness>, R>::parse(data).map(|f| ask(&f)),
        [1] => File::<elf::FileHeader32<Endianness>, R>::parse(data).map(|f| ask(&f)),
        _ => None,
    }
}

struct File<'d, H: FileHeader<Endian = Endianness>, R: ReadRef<'d>> {
    data: R,
    endian: Endianness,
    header: &'d H,
    segments: &'d [H::ProgramHeader],
}

impl<'d, H: FileHeader<Endian = Endianness>, R: ReadRef<'d>> File<'d, H, R> {
    fn parse(data: R) -> Option<Self> {
        let header = H::parse(data).ok()?;
        let endian = header.endian().ok()?;
        Some(Self { data, endian, header, segments: header.program_headers(endian, data).unwrap_or_default() })
    }
}

impl<'d, H: FileHeader<Endian = Endianness>, R: ReadRef<'d>> Image for File<'d, H, R> {
    fn section(&self, name: &str) -> Option<&[u8]> {
        let table = self.header.sections(self.endian, self.data).ok()?;
        let section = table.iter().take(MOST_SECTIONS).find(|s| table.section_name(self.endian, s) == Ok(name.as_bytes()))?;
        let (offset, size) = section.file_range(self.endian)?;
        self.data.read_bytes_at(offset, size.min(MOST)).ok().filter(|bytes| !bytes.is_empty())
    }

    fn loaded(&self, address: u64, most: u64) -> Option<&[u8]> {
        self.segments.iter().filter(|s| s.p_type(self.endian) == elf::PT_LOAD).find_map(|segment| {
            let into = address.checked_sub(segment.p_vaddr(self.endian).into())?;
            let left = Into::<u64>::into(segment.p_filesz(self.endian)).checked_sub(into).filter(|left| *left > 0)?;
            let offset = Into::<u64>::into(segment.p_offset(self.endian)).checked_add(into)?;
            self.data.read_bytes_at(offset, left.min(most).min(MOST)).ok()
        })
    }

    fn unnamed_data(&self) -> Vec<&[u8]> {
        if self.header.e_shnum(self.endian) > 0 {
            return Vec::new();
        }
        self.segments
            .iter()
            .filter(|s| s.p_type(self.endian) == elf::PT_LOAD && s.p_flags(self.endian).0 & elf::PF_W.0 != 0)
            .take(MOST_SEGMENTS)
            .filter_map(|s| {
                let size = Into::<u64>::into(s.p_filesz(self.endian)).min(BEGINNING);
                self.data.read_bytes_at(s.p_offset(self.endian).into(), size).ok()
            })
            .collect()
    }
}

/// A spooled file as the stream that `object` caches blocks of.
struct Cursor<'a> {
    spooled: Spooled<'a>,
    position: u64,
}

impl ReadCacheOps for Cursor<'_> {
    fn len(&mut self) -> Result<u64, ()> {
        Ok(self.spooled.len())
    }

    fn seek(&mut self, to: u64) -> Result<u64, ()> {
        self.position = to;
        Ok(to)
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, ()> {
        let n = self.spooled.len().saturating_sub(self.position).min(into.len() as u64) as usize;
        self.read_exact(&mut into[..n])?;
        Ok(n)
    }

    fn read_exact(&mut self, into: &mut [u8]) -> Result<(), ()> {
        self.spooled.read_exact_at(into, self.position).map_err(drop)?;
        self.position += into.len() as u64;
        Ok(())
    }
}
