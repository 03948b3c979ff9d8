//! A zip archive of which only a few entries matter. What archives do to harm their readers ends here: entries that share
//! bytes, sizes that lie, what inflates to far more than any real file.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;

use flate2::read::DeflateDecoder;
use plimsoll_evidence::ProblemKind;
use rawzip::{CompressionMethod, ZipArchive, ZipArchiveEntryWayfinder, ZipLocator};

use crate::bytes::{Source, short};

const MOST_ENTRIES: usize = 65_536;
/// Packages of classes that are counted in one archive.
const MOST_JAVA_PACKAGES: usize = 10_000;
/// The end record lies within this many bytes of the end: its longest comment and itself.
const MOST_TAIL: u64 = (1 << 16) + 22;
/// A record of the directory fits: its fixed part and three fields of 64 KiB.
const BUFFER: usize = 256 << 10;
const LEAST_BUFFER: usize = 4096;
/// A local header without the name.
const LOCAL_HEADER: u64 = 30;
/// Inflated bytes for each deflated one, beyond what any real archive or text of this size has.
const MOST_RATIO: u64 = 250;
const RATIO_FROM: u64 = 4 << 20;

/// Why an archive, or an entry of one, is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    NoArchive,
    Malformed,
    Overlap,
    Lies,
    Unsupported,
    Large,
    TooMany,
    Deep,
}

impl Fault {
    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::NoArchive => "is no zip archive",
            Self::Malformed => "is a malformed zip archive",
            Self::Overlap => "has entries that share their bytes",
            Self::Lies => "is not what its archive's directory says",
            Self::Unsupported => "is encrypted or compressed in a way that is not read",
            Self::Large => "inflates to more than is read",
            Self::TooMany => "has more entries than are read",
            Self::Deep => "has archives that lie deeper than is read",
        }
    }

    pub(crate) fn kind(self) -> ProblemKind {
        match self {
            Self::NoArchive | Self::Malformed | Self::Overlap | Self::Lies => ProblemKind::Malformed,
            Self::Unsupported => ProblemKind::Unsupported,
            Self::Large | Self::TooMany | Self::Deep => ProblemKind::Limit,
        }
    }
}

/// What an entry is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Pom,
    /// Maven's own description of the project.
    Project,
    Manifest,
    /// The text of the archive's licence.
    Licence,
    Archive,
    /// What a Python distribution says of itself.
    Metadata,
    /// A class file.
    Class,
}

pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) role: Role,
    place: ZipArchiveEntryWayfinder,
    method: CompressionMethod,
    encrypted: bool,
}

pub(crate) struct Archive<'a> {
    zip: ZipArchive<Source<'a>>,
    /// Those that matter, in the directory's order.
    pub(crate) entries: Vec<Entry>,
    /// The packages of its classes, and how many classes each has.
    pub(crate) classes: BTreeMap<String, usize>,
    /// Why not all of them are there.
    pub(crate) fault: Option<Fault>,
}

impl<'a> Archive<'a> {
    /// Reads the directory. What an entry of a name is for is asked.
    pub(crate) fn open(source: Source<'a>, role: fn(&str) -> Option<Role>) -> Result<Self, Fault> {
        let mut buffer = vec![0; BUFFER.min(source.len() as usize).max(LEAST_BUFFER)];
        let locator = ZipLocator::new().max_search_space(MOST_TAIL);
        let zip = locator.locate_in_reader(source, &mut buffer, source.len()).map_err(|_| Fault::NoArchive)?;
        let directory = zip.directory_offset();
        let (mut entries, mut ranges, mut fault) = (Vec::new(), Vec::new(), None);
        let mut classes = BTreeMap::new();
        let mut all = zip.entries(&mut buffer);
        while let Some(entry) = all.next_entry().map_err(|_| Fault::Malformed)? {
            if ranges.len() >= MOST_ENTRIES {
                fault = Some(Fault::TooMany);
                break;
            }
            let start = entry.local_header_offset();
            let least = LOCAL_HEADER.saturating_add(entry.compressed_size_hint());
            ranges.push((start, start.saturating_add(least)));
            let path = entry.file_path();
            let name = String::from_utf8_lossy(path.as_bytes());
            if let Some(package) = package_of_class(&name)
                && (classes.len() < MOST_JAVA_PACKAGES || classes.contains_key(&package))
            {
                *classes.entry(package).or_insert(0) += 1;
            }
            if let Some(role) = role(&name) {
                entries.push(Entry {
                    role,
                    name: short(&name),
                    place: entry.wayfinder(),
                    method: entry.compression_method(),
                    encrypted: entry.flags().is_encrypted(),
                });
            }
        }
        ranges.sort_unstable();
        let disjoint = ranges.windows(2).all(|pair| pair[0].1 <= pair[1].0);
        if !disjoint || ranges.last().is_some_and(|(_, end)| *end > directory) {
            return Err(Fault::Overlap);
        }
        Ok(Self { zip, entries, classes, fault })
    }

    /// An entry's bytes, at most so many.
    pub(crate) fn read(&self, entry: &Entry, most: u64) -> Result<Cow<'a, [u8]>, Fault> {
        let size = entry.place.uncompressed_size_hint();
        let stored = entry.place.compressed_size_hint();
        if size > most || (size > RATIO_FROM && size / MOST_RATIO > stored) {
            return Err(Fault::Large);
        }
        if entry.encrypted {
            return Err(Fault::Unsupported);
        }
        let found = self.zip.get_entry(entry.place).map_err(|_| Fault::Malformed)?;
        if entry.method == CompressionMethod::STORE {
            if size != stored {
                return Err(Fault::Lies);
            }
            let (start, _) = found.compressed_data_range();
            return self.zip.get_ref().read(start, size as usize).ok_or(Fault::Malformed);
        }
        if entry.method != CompressionMethod::DEFLATE {
            return Err(Fault::Unsupported);
        }
        let mut bytes = Vec::new();
        // One byte more than is promised shows a lie, and is all that a lie costs.
        found
            .verifying_reader(DeflateDecoder::new(found.reader()).take(size.saturating_add(1)))
            .read_to_end(&mut bytes)
            .map_err(|_| Fault::Lies)?;
        Ok(bytes.into())
    }
}

/// The package of a class file: `org.example.app` of `org/example/app/Main.class`, also below the folders of web applications, Spring
/// Boot and releases of Java.
fn package_of_class(name: &str) -> Option<String> {
    let path = name.strip_suffix(".class")?;
    let path = ["WEB-INF/classes/", "BOOT-INF/classes/"].iter().find_map(|folder| path.strip_prefix(folder)).unwrap_or(path);
    let path = path.strip_prefix("META-INF/versions/").map_or(path, |rest| rest.split_once('/').map_or("", |(_, rest)| rest));
    let (folder, _) = path.rsplit_once('/')?;
    Some(short(&folder.replace('/', ".")))
}
