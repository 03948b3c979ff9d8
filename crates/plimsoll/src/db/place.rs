//! Where the advisory database is.

use std::env;
use std::path::PathBuf;

use anyhow::Context as _;
use plimsoll_advisories::Database;

use super::args::DatabaseOptions;

impl DatabaseOptions {
    /// The file that is named, else the default one.
    pub(crate) fn place(&self) -> anyhow::Result<PathBuf> {
        self.db.clone().or_else(default_place).context(
            "there is no place for the advisory database: neither XDG_DATA_HOME nor HOME is an absolute path; name a file with --db",
        )
    }

    /// The database; none where no file is named and the default one is not there.
    pub(crate) fn open(&self) -> anyhow::Result<Option<Database>> {
        match (&self.db, default_place()) {
            (Some(path), _) => Ok(Some(Database::open(path)?)),
            (None, Some(path)) if path.exists() => Ok(Some(Database::open(&path)?)),
            (None, _) => Ok(None),
        }
    }
}

/// `$XDG_DATA_HOME/plimsoll/advisories.db`, or below `~/.local/share` (XDG Base Directory Specification 0.8).
fn default_place() -> Option<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let base = absolute("XDG_DATA_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/share")))?;
    Some(base.join("plimsoll/advisories.db"))
}
