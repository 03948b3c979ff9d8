use std::borrow::Cow;
use std::io;

use plimsoll_evidence::{Ecosystem, FileEntry, OwnedPaths, Package, PackageDatabase, Problem, ProblemKind, RecordedFiles, printable_line};
use plimsoll_layers::{Content, Spooled};

/// The bytes of a file that is small enough to be held; a larger one is a problem that names it.
pub(crate) fn held<'a>(entry: &FileEntry, content: Content<'a>, most: usize) -> Result<&'a [u8], Problem> {
    match content {
        Content::Whole(bytes) if bytes.len() <= most => Ok(bytes),
        _ => Err(Problem::hiding(
            ProblemKind::Limit,
            format!(
                "/{}: {} bytes are more than such a file is read for ({most}); what it records is not known",
                printable_line(&entry.path, 200),
                entry.size
            ),
        )),
    }
}

/// A file's bytes at any place, whether they are in memory or on disk.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Memory(&'a [u8]),
    Disk(Spooled<'a>),
}

impl<'a> Source<'a> {
    /// `None` for a part of a file.
    pub(crate) fn of(content: Content<'a>) -> Option<Self> {
        match content {
            Content::Whole(bytes) => Some(Self::Memory(bytes)),
            Content::Spooled(spooled) => Some(Self::Disk(spooled)),
            Content::Window(_) => None,
        }
    }

    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::Disk(spooled) => spooled.len(),
        }
    }

    /// So many bytes from `offset`; `None` where the file does not have them.
    pub(crate) fn read(&self, offset: u64, len: usize) -> Option<Cow<'a, [u8]>> {
        let end = offset.checked_add(len as u64).filter(|end| *end <= self.len())?;
        match self {
            Self::Memory(bytes) => bytes.get(offset as usize..end as usize).map(Cow::Borrowed),
            Self::Disk(spooled) => {
                let mut bytes = vec![0; len];
                spooled.read_exact_at(&mut bytes, offset).ok()?;
                Some(Cow::Owned(bytes))
            }
        }
    }
}

impl rawzip::ReaderAt for Source<'_> {
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let n = self.len().saturating_sub(offset).min(into.len() as u64) as usize;
        match self {
            Self::Memory(bytes) => {
                if let Some(from) = usize::try_from(offset).ok().and_then(|at| bytes.get(at..)?.get(..n)) {
                    into[..n].copy_from_slice(from);
                }
            }
            Self::Disk(spooled) => spooled.read_exact_at(&mut into[..n], offset)?,
        }
        Ok(n)
    }
}

/// What a file records cannot be known, or not in full.
pub(crate) fn unread(entry: &FileEntry, kind: ProblemKind, what: &str) -> Problem {
    Problem::hiding(kind, format!("/{}: {what}; what it records is not known in full", printable_line(&entry.path, 200)))
}

/// A package of which name and version are known.
pub(crate) fn package(ecosystem: Ecosystem, name: &str, version: &str, recorded_in: &str) -> Package {
    Package::new(ecosystem, &short(name), &short(version), recorded_in)
}

/// A database of packages that own nothing but what is said elsewhere.
pub(crate) fn database(path: &str, packages: Vec<Package>) -> PackageDatabase {
    PackageDatabase { path: path.to_owned(), packages, owned: OwnedPaths::default(), recorded: RecordedFiles::default() }
}

/// A database of one package.
pub(crate) fn single(path: &str, package: Package) -> PackageDatabase {
    database(path, vec![package])
}

/// At most so many characters of a foreign text: a hostile record must not fill the report.
pub(crate) fn short(text: &str) -> String {
    const MOST: usize = 300;
    text.chars().take(MOST).collect()
}

/// So many bytes of hexadecimal digits, and nothing else.
pub(crate) fn unhex<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let digits = digits.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let value = |digit: u8| (digit as char).to_digit(16);
        *byte = (value(pair[0])? << 4 | value(pair[1])?) as u8;
    }
    Some(bytes)
}

/// Whether a file is of those that installations leave out on purpose and that nobody runs: dpkg's `path-exclude`, rpm's `nodocs` and what
/// slim images remove.
pub(crate) fn is_left_out(path: &str) -> bool {
    const BELOW: [&str; 11] =
        ["doc/", "man/", "locale/", "info/", "lintian/", "linda/", "groff/", "gtk-doc/", "help/", "licenses/", "bug/"];
    path.strip_prefix("usr/share/").is_some_and(|path| BELOW.iter().any(|directory| path.starts_with(directory)))
}
