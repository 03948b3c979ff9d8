//! A package's header as rpm's databases keep it: an index of tags and a store of their data, big-endian (rpm, "RPM V4
//! Package format", header structure; tags in `include/rpm/rpmtag.h`).

use plimsoll_evidence::{Ecosystem, FileDigest, Package, RecordedFile};

use crate::bytes::{package, short, unhex};

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const BUILD_TIME: u32 = 1006;
const SIZE: u32 = 1009;
const VENDOR: u32 = 1011;
const LICENSE: u32 = 1014;
const GROUP: u32 = 1016;
const URL: u32 = 1020;
const ARCH: u32 = 1022;
const FILE_STATES: u32 = 1029;
const FILE_DIGESTS: u32 = 1035;
const FILE_FLAGS: u32 = 1037;
const SOURCE_RPM: u32 = 1044;
const PROVIDE_NAME: u32 = 1047;
const REQUIRE_NAME: u32 = 1049;
const DIR_INDEXES: u32 = 1116;
const BASE_NAMES: u32 = 1117;
const DIR_NAMES: u32 = 1118;
const LONG_SIZE: u32 = 5009;
const FILE_DIGEST_ALGORITHM: u32 = 5011;
const MODULARITY_LABEL: u32 = 5096;

/// Flags of a file (`include/rpm/rpmfiles.h`): a configuration; a documentation, one that may be missing and one that the package only
/// claims, which are no news when they are gone.
const CONFIG: u64 = 1;
const NOT_KEPT: u64 = 2 | 8 | 64;
/// A file's state: installed, and not replaced by another package.
const NORMAL: u8 = 0;

const CHAR: u32 = 1;
const INT32: u32 = 4;
const INT64: u32 = 5;
const STRING: u32 = 6;
const STRING_ARRAY: u32 = 8;
const I18N_STRING: u32 = 9;

const ENTRY: usize = 16;
/// Names that a package provides or requires; a kernel provides some thousands.
const MOST_NAMES: usize = 16_384;
/// Longer paths are none that Linux opens.
const MOST_PATH: usize = 4096;

pub(super) struct Header<'a> {
    index: &'a [u8],
    store: &'a [u8],
}

impl<'a> Header<'a> {
    /// `None` where the lengths at its start do not fit.
    pub(super) fn parse(blob: &'a [u8]) -> Option<Self> {
        let (entries, size) = (be32(blob, 0)? as usize, be32(blob, 4)? as usize);
        let index_end = entries.checked_mul(ENTRY)?.checked_add(8)?;
        let index = blob.get(8..index_end)?;
        Some(Self { index, store: blob.get(index_end..index_end.checked_add(size)?)? })
    }

    /// A tag's type, count and data. The last entry counts: rpm appends what it changes.
    fn get(&self, tag: u32) -> Option<(u32, usize, &'a [u8])> {
        let entry = self.index.chunks_exact(ENTRY).rfind(|e| be32(e, 0) == Some(tag))?;
        let offset = be32(entry, 8)? as usize;
        Some((be32(entry, 4)?, be32(entry, 12)? as usize, self.store.get(offset..)?))
    }

    fn strings(&self, tag: u32) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (count, mut rest) = match self.get(tag) {
            Some((STRING, _, data)) => (1, data),
            Some((STRING_ARRAY | I18N_STRING, count, data)) => (count, data),
            _ => (0, &[][..]),
        };
        (0..count).map_while(move |_| {
            let end = memchr::memchr(0, rest)?;
            let text = &rest[..end];
            rest = &rest[end + 1..];
            Some(text)
        })
    }

    fn string(&self, tag: u32) -> Option<String> {
        self.strings(tag).next().map(|s| short(&String::from_utf8_lossy(s))).filter(|s| !s.is_empty())
    }

    fn integers(&self, tag: u32) -> impl Iterator<Item = u64> + use<'a> {
        let (width, count, data) = match self.get(tag) {
            Some((INT32, count, data)) => (4, count, data),
            Some((INT64, count, data)) => (8, count, data),
            _ => (4, 0, &[][..]),
        };
        data.chunks_exact(width).take(count).map(|b| b.iter().fold(0, |n, b| n << 8 | u64::from(*b)))
    }

    /// The package; `None` for a public key, which rpm keeps in the same place, and where name or version are missing.
    pub(super) fn package(&self, recorded_in: &str) -> Option<Package> {
        let (name, version) = (self.string(NAME)?, self.string(VERSION)?);
        if name == "gpg-pubkey" {
            return None;
        }
        let release = self.string(RELEASE).map(|r| format!("-{r}")).unwrap_or_default();
        // rpm compares a missing epoch as 0.
        let epoch = self.integers(EPOCH).next().filter(|e| *e > 0).map(|e| format!("{e}:")).unwrap_or_default();
        let file = self.string(SOURCE_RPM).unwrap_or_default();
        let (source, source_version) = source_package(&file).map_or((None, None), |(name, version)| (Some(name), Some(version)));
        let own = format!("{version}{release}");
        Some(Package {
            architecture: self.string(ARCH),
            source: source.filter(|s| *s != name).map(str::to_owned),
            source_version: source_version.filter(|v| *v != own).map(str::to_owned),
            licences: self.string(LICENSE).into_iter().collect(),
            supplier: self.string(VENDOR),
            homepage: self.string(URL),
            modularity: self.string(MODULARITY_LABEL),
            installed_bytes: self.integers(LONG_SIZE).chain(self.integers(SIZE)).next().unwrap_or(0),
            section: self.string(GROUP).filter(|g| g != "Unspecified"),
            ..package(Ecosystem::Rpm, &name, &format!("{epoch}{version}{release}"), recorded_in)
        })
    }

    /// What it provides for others to require.
    pub(super) fn provides(&self) -> impl Iterator<Item = String> {
        self.strings(PROVIDE_NAME).take(MOST_NAMES).map(|s| short(&String::from_utf8_lossy(s)))
    }

    /// What it requires: packages, files, libraries, by what provides them. Features of rpm itself are left out.
    pub(super) fn requires(&self) -> impl Iterator<Item = String> {
        self.strings(REQUIRE_NAME).take(MOST_NAMES).filter(|s| !s.starts_with(b"rpmlib(")).map(|s| short(&String::from_utf8_lossy(s)))
    }

    /// The files it owns, without leading slash, at most so many.
    pub(super) fn files(&self, most: usize) -> impl Iterator<Item = String> {
        self.paths(most).flatten()
    }

    /// The files whose digests it has, without leading slash, at most so many. Links and directories have none.
    pub(super) fn recorded(&self, most: usize) -> impl Iterator<Item = (String, RecordedFile)> {
        let algorithm = self.integers(FILE_DIGEST_ALGORITHM).next();
        let built = self.integers(BUILD_TIME).next().map(|t| t as i64);
        let states =
            self.get(FILE_STATES).filter(|(kind, ..)| *kind == CHAR).map_or(&[][..], |(_, count, data)| &data[..count.min(data.len())]);
        let states = states.iter().copied().chain(std::iter::repeat(NORMAL));
        let flags = self.integers(FILE_FLAGS).chain(std::iter::repeat(0));
        let files = self.paths(most).zip(self.strings(FILE_DIGESTS)).zip(flags).zip(states);
        files.filter_map(move |(((path, digest), flags), state)| {
            let digits = std::str::from_utf8(digest).ok().filter(|d| !d.is_empty())?;
            // The numbers are those of OpenPGP's hash algorithms (RFC 9580, 9.5); without one it is MD5.
            let digest = match algorithm {
                None | Some(1) => unhex(digits).map(FileDigest::Md5),
                Some(2) => unhex(digits).map(FileDigest::Sha1),
                Some(8) => unhex(digits).map(FileDigest::Sha256),
                _ => None,
            };
            let file = RecordedFile { built, config: flags & CONFIG != 0, ..RecordedFile::new(digest.unwrap_or(FileDigest::Other)) };
            (flags & NOT_KEPT == 0 && state == NORMAL).then_some((path?, file))
        })
    }

    /// The paths of its files, in the order of their other properties; none of one that no system opens.
    fn paths(&self, most: usize) -> impl Iterator<Item = Option<String>> {
        let directories: Vec<&[u8]> = self.strings(DIR_NAMES).take(most).collect();
        self.strings(BASE_NAMES).zip(self.integers(DIR_INDEXES)).take(most).map(move |(name, directory)| {
            let directory = *directories.get(usize::try_from(directory).ok()?)?;
            if directory.len() + name.len() > MOST_PATH {
                return None;
            }
            let path = [directory, name].concat();
            Some(String::from_utf8_lossy(&path).trim_start_matches('/').to_owned())
        })
    }
}

/// `glibc-2.34-83.el9.src.rpm` → `glibc`, `2.34-83.el9`.
pub(super) fn source_package(file: &str) -> Option<(&str, &str)> {
    let stem = file.strip_suffix(".src.rpm").or_else(|| file.strip_suffix(".nosrc.rpm"))?;
    let name = stem.rsplitn(3, '-').nth(2).filter(|n| !n.is_empty())?;
    Some((name, &stem[name.len() + 1..]))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}
