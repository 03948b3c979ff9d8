use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::{Config, Mistake, read};

/// The file's name.
pub const FILE_NAME: &str = "plimsoll.toml";

/// The most bytes of it that are read.
const MOST: u64 = 1 << 20;

/// A file that was found and read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it lies.
    pub path: PathBuf,
    /// What it says.
    pub config: Config,
}

/// Why a file cannot be used.
#[derive(Debug)]
pub enum FindError {
    /// It cannot be read: its path, and why.
    Unreadable(PathBuf, io::Error),
    /// It is wrong.
    Mistake(Box<Mistake>),
}

impl Found {
    /// Reads the file at a path.
    ///
    /// # Errors
    /// It cannot be read, or is wrong.
    pub fn open(path: &Path) -> Result<Self, FindError> {
        let unreadable = |error| FindError::Unreadable(path.to_owned(), error);
        let mut bytes = Vec::new();
        fs::File::open(path).and_then(|file| file.take(MOST + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
        if bytes.len() as u64 > MOST {
            return Err(unreadable(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 1 MiB")));
        }
        let text = String::from_utf8(bytes).map_err(|_| unreadable(io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8")))?;
        let config = read(&path.to_string_lossy(), &text).map_err(|mistake| FindError::Mistake(Box::new(mistake)))?;
        Ok(Self { path: path.to_owned(), config })
    }

    /// A path that the file names, from where the program runs.
    pub fn beside(&self, path: &Path) -> PathBuf {
        self.path.parent().map_or_else(|| path.to_owned(), |folder| folder.join(path))
    }
}

/// The file in a folder or in the nearest folder above it; none where there is none.
///
/// # Errors
/// It is there and cannot be read, or is wrong.
pub fn find(folder: &Path) -> Result<Option<Found>, FindError> {
    for above in folder.ancestors() {
        let path = above.join(FILE_NAME);
        if path.is_file() {
            return Found::open(&path).map(Some);
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_file_above_counts() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("a/b/c");
        fs::create_dir_all(&deep).unwrap();
        fs::write(dir.path().join(FILE_NAME), "image = \"outer\"").unwrap();
        fs::write(dir.path().join("a").join(FILE_NAME), "build = [\"Containerfile\"]").unwrap();
        let found = find(&deep).unwrap().unwrap();
        assert_eq!(found.path, dir.path().join("a").join(FILE_NAME));
        assert_eq!(found.beside(&found.config.build[0]), dir.path().join("a/Containerfile"));
        fs::write(dir.path().join("a").join(FILE_NAME), b"\xff").unwrap();
        assert!(matches!(find(&deep), Err(FindError::Unreadable(path, _)) if path.ends_with("a/plimsoll.toml")));
        fs::write(dir.path().join("a").join(FILE_NAME), "x = 1").unwrap();
        assert!(matches!(find(&deep), Err(FindError::Mistake(_))));
        fs::File::create(dir.path().join("a").join(FILE_NAME)).unwrap().set_len(2 << 30).unwrap();
        assert!(matches!(find(&deep), Err(FindError::Unreadable(..))));
    }
}
