//! The files of a layout or archive by name, whether they lie in a directory or in a tar.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plimsoll_evidence::printable_line;
use rustix::fs::{FileType, Mode, OFlags};

use crate::error::{OpenError, OpenErrorKind};
use crate::tar_index::{Section, TarIndex};

/// A set of named files, read only. Nothing outside of it is ever opened: links are not followed in a directory, and in a
/// tar only to other entries.
#[derive(Debug)]
pub(crate) enum Files {
    Directory { root: OwnedFd, path: PathBuf },
    Tar { file: Arc<File>, index: TarIndex, name: String },
}

/// A stream and how many bytes it has.
pub(crate) type Opened = (Box<dyn Read + Send>, u64);

impl Files {
    pub(crate) fn directory(path: &Path) -> Result<Self, OpenError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(path, flags, Mode::empty()).map_err(|e| OpenError::io(path.to_string_lossy(), &e.into()))?;
        Ok(Self::Directory { root, path: path.to_owned() })
    }

    /// What it is called in errors.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Directory { path, .. } => path.to_string_lossy().into_owned(),
            Self::Tar { name, .. } => name.clone(),
        }
    }

    /// Whether a tar has a name; of a directory it is not told.
    pub(crate) fn has(&self, name: &str) -> bool {
        matches!(self, Self::Tar { index, .. } if index.has(name))
    }

    /// The file of a name and its size; none where there is none.
    pub(crate) fn open(&self, name: &str) -> Result<Option<Opened>, OpenError> {
        match self {
            Self::Directory { root, path } => open_beneath(root, path, name),
            Self::Tar { file, index, name: archive } => {
                let found = index.find(name).map_err(|e| OpenError::malformed(archive, e))?;
                match (found, &index.broken) {
                    (Some((offset, len)), _) => {
                        Ok(Some((Box::new(Section::new(Arc::clone(file), offset, len)) as Box<dyn Read + Send>, len)))
                    }
                    (None, Some(broken)) => Err(OpenError::malformed(archive, format!("{name} is not in it, and {broken}"))),
                    (None, None) => Ok(None),
                }
            }
        }
    }

    /// A small file's bytes; none where there is none.
    pub(crate) fn read(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, OpenError> {
        let Some((stream, size)) = self.open(name)? else { return Ok(None) };
        let what = || format!("{} in {}", name, self.name());
        if size > most {
            return Err(OpenError::limit(what(), format!("it has {size} bytes; {most} are read")));
        }
        let mut bytes = Vec::new();
        // The file may have grown since its size was asked.
        stream.take(most).read_to_end(&mut bytes).map_err(|e| OpenError::io(what(), &e))?;
        Ok(Some(bytes))
    }
}

fn open_beneath(root: &OwnedFd, path: &Path, name: &str) -> Result<Option<Opened>, OpenError> {
    let what = || path.join(name).to_string_lossy().into_owned();
    let failed = |e: rustix::io::Errno| -> Result<Option<Opened>, OpenError> {
        match e {
            rustix::io::Errno::NOENT => Ok(None),
            rustix::io::Errno::LOOP => Err(linked(&what())),
            e => Err(OpenError::io(what(), &io::Error::from(e))),
        }
    };
    let mut parts: Vec<&str> = name.split('/').collect();
    let last = parts.pop().unwrap_or_default();
    let mut at: Option<OwnedFd> = None;
    for part in parts {
        let from = at.as_ref().unwrap_or(root);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match rustix::fs::openat(from, part, flags, Mode::empty()) {
            Ok(fd) => at = Some(fd),
            Err(rustix::io::Errno::NOTDIR) if is_link(from, part) => return Err(linked(&what())),
            Err(e) => return failed(e),
        }
    }
    // Without NONBLOCK a FIFO in a blob's place would hang the check.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let fd = match rustix::fs::openat(at.as_ref().unwrap_or(root), last, flags, Mode::empty()) {
        Ok(fd) => fd,
        Err(e) => return failed(e),
    };
    let stat = rustix::fs::fstat(&fd).map_err(|e| OpenError::io(what(), &e.into()))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(OpenError::malformed(what(), "it is no regular file"));
    }
    let size = u64::try_from(stat.st_size).unwrap_or_default();
    Ok(Some((Box::new(File::from(fd)), size)))
}

fn is_link(at: impl AsFd, name: &str) -> bool {
    rustix::fs::statat(at, name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW)
        .is_ok_and(|s| FileType::from_raw_mode(s.st_mode) == FileType::Symlink)
}

fn linked(what: &str) -> OpenError {
    OpenError::new(
        OpenErrorKind::Malformed,
        printable_line(what, 400),
        "it is a symbolic link, which is not followed: it could lead to any file of this machine",
        "if the links are your own, copy the layout with its files (cp -rL) and check the copy",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_fifos_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("real/sha256")).unwrap();
        std::fs::write(dir.path().join("real/sha256/x"), b"abc").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", dir.path().join("link")).unwrap();
        std::os::unix::fs::symlink("real", dir.path().join("blobs")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, dir.path().join("fifo"), Mode::RUSR).unwrap();
        let files = Files::directory(dir.path()).unwrap();
        assert_eq!(files.read("real/sha256/x", 3).unwrap().as_deref(), Some(&b"abc"[..]));
        assert!(files.read("real/absent", 3).unwrap().is_none());
        assert_eq!(files.read("real/sha256/x", 2).unwrap_err().kind(), OpenErrorKind::Limit);
        for bad in ["link", "blobs/sha256/x", "fifo", "real"] {
            assert_eq!(files.read(bad, 10).unwrap_err().kind(), OpenErrorKind::Malformed, "{bad}");
        }
    }
}
