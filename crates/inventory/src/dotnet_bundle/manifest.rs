//! The header of a bundle and the manifest behind it (dotnet/runtime, `src/native/corehost/bundle`; dotnet/designs, "Single-file bundler").

use plimsoll_evidence::ProblemKind;

use crate::bytes::{Source, short};

/// Files of one bundle that are looked at; the largest that was seen has some hundreds.
const MOST_FILES: u32 = 16_384;
/// Bytes of the header and the manifest.
const MOST_BYTES: u64 = 4 << 20;
const LONGEST_PATH: usize = 4096;

/// Why a bundle, or a file in it, is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The header, or a file, is said to lie where the program has no bytes.
    Outside,
    Version,
    Cut,
    TooMany,
    Large,
    Lies,
    List,
}

impl Fault {
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::Outside => "is said to lie outside of the file",
            Self::Version => "is of a form that is not known",
            Self::Cut => "has a manifest that is cut short or malformed",
            Self::TooMany => "has more files than are read",
            Self::Large => "has a file larger than is read",
            Self::Lies => "has a file that is not what the manifest says",
            Self::List => "has a list of packages that is none",
        }
    }

    pub(super) fn kind(self) -> ProblemKind {
        match self {
            Self::Version => ProblemKind::Unsupported,
            Self::TooMany | Self::Large => ProblemKind::Limit,
            Self::Outside | Self::Cut | Self::Lies | Self::List => ProblemKind::Malformed,
        }
    }
}

/// A file of the bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Inner {
    pub(super) path: String,
    pub(super) offset: u64,
    pub(super) size: u64,
    /// Bytes that it takes where it is deflated; 0 where it is not.
    pub(super) packed: u64,
}

/// What a bundle holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    pub(super) files: Vec<Inner>,
    /// The list of packages that the host reads.
    pub(super) list: Option<Inner>,
}

impl Manifest {
    pub(super) fn read(source: Source<'_>, header: i64) -> Result<Self, Fault> {
        let offset = u64::try_from(header).map_err(|_| Fault::Outside)?;
        let left = source.len().checked_sub(offset).ok_or(Fault::Outside)?;
        let bytes = source.read(offset, left.min(MOST_BYTES) as usize).ok_or(Fault::Outside)?;
        let mut cursor = Cursor { bytes: &bytes, whole: left <= MOST_BYTES };
        let (major, _minor, count) = (cursor.word()?, cursor.word()?, cursor.word()?);
        // .NET Core 3, .NET 5, and all since.
        if ![1, 2, 6].contains(&major) {
            return Err(Fault::Version);
        }
        if count > MOST_FILES {
            return Err(Fault::TooMany);
        }
        let _id = cursor.text()?;
        let mut told = None;
        if major >= 2 {
            told = Some((cursor.long()?, cursor.long()?)).filter(|(_, size)| *size > 0);
            // Where the runtime's configuration is, and flags.
            for _ in 0..3 {
                cursor.long()?;
            }
        }
        let mut files = Vec::new();
        for _ in 0..count {
            let (offset, size) = (cursor.long()?, cursor.long()?);
            let packed = if major >= 6 { cursor.long()? } else { 0 };
            let _kind = cursor.take(1)?;
            let inner = Inner { path: cursor.text()?, offset, size, packed };
            inner.is_in(source).then(|| files.push(inner)).ok_or(Fault::Outside)?;
        }
        let list = match told {
            // What the host goes by.
            Some((offset, size)) => {
                let known = files.iter().find(|f| f.offset == offset && f.size == size);
                let unnamed = || Inner { path: "deps.json".to_owned(), offset, size, packed: 0 };
                Some(known.cloned().unwrap_or_else(unnamed))
            }
            None => files.iter().find(|f| f.path.ends_with(".deps.json")).cloned(),
        };
        if list.as_ref().is_some_and(|l| !l.is_in(source)) {
            return Err(Fault::Outside);
        }
        Ok(Self { files, list })
    }
}

impl Inner {
    fn is_in(&self, source: Source<'_>) -> bool {
        let taken = if self.packed == 0 { self.size } else { self.packed };
        self.offset.checked_add(taken).is_some_and(|end| end <= source.len())
    }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    /// Whether these are all that the file has.
    whole: bool,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        let fault = if self.whole { Fault::Cut } else { Fault::TooMany };
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or(fault)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn word(&mut self) -> Result<u32, Fault> {
        self.take(4).map(|b| b.iter().rev().fold(0, |n, byte| n << 8 | u32::from(*byte)))
    }

    /// A number that is written with a sign and is no less than 0.
    fn long(&mut self) -> Result<u64, Fault> {
        let value = self.take(8)?.iter().rev().fold(0, |n: u64, byte| n << 8 | u64::from(*byte));
        if i64::try_from(value).is_ok() { Ok(value) } else { Err(Fault::Outside) }
    }

    /// A text behind its length in base 128, of which one or two bytes are allowed.
    fn text(&mut self) -> Result<String, Fault> {
        let first = usize::from(self.take(1)?[0]);
        let length = if first < 128 {
            first
        } else {
            let second = usize::from(self.take(1)?[0]);
            if second >= 128 {
                return Err(Fault::Cut);
            }
            second << 7 | first & 0x7f
        };
        if length > LONGEST_PATH {
            return Err(Fault::Cut);
        }
        Ok(short(&String::from_utf8_lossy(self.take(length)?)))
    }
}
