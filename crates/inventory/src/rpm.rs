//! rpm's databases of installed packages: SQLite (`rpmdb.sqlite`), NDB (`Packages.db`), Berkeley DB (`Packages`), and the
//! list of images that have none of them. Each format only hands out headers; what a header says is read in one place.

mod bdb;
mod bit_set;
mod header;
mod manifest;
mod ndb;
mod sqlite;

use std::collections::{BTreeSet, HashMap};

use plimsoll_evidence::{FileEntry, LayerFacts, PackageDatabase, Problem, ProblemKind, printable_line};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::bytes::{Source, database, held, is_left_out, unread};
use header::Header;

/// Takes one header after another.
type Blobs<'a> = dyn FnMut(&[u8]) + 'a;

/// Where rpm keeps its database: its own default, the place of newer distributions, that of rpm-ostree.
const DIRECTORIES: [&str; 3] = ["var/lib/rpm/", "usr/lib/sysimage/rpm/", "usr/share/rpm/"];
const WRITE_AHEAD_LOG: &str = "rpmdb.sqlite-wal";
const MOST_MANIFEST: usize = 8 << 20;
const MOST_PACKAGES: usize = 65_536;
/// Files and bytes of their paths that are kept of one database; a full desktop has a quarter million.
const MOST_FILES: usize = 500_000;
const MOST_PATH_BYTES: usize = 48 << 20;

/// Reads rpm's databases.
pub struct Rpm;

impl Analyser for Rpm {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "rpm", version: 3 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        if entry.path == manifest::PATH || database_name(&entry.path).is_some() { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        if entry.path == manifest::PATH {
            facts.databases.push(manifest::parse(&entry.path, held(entry, content, MOST_MANIFEST)?));
            return Ok(());
        }
        let (Some(name), Some(source)) = (database_name(&entry.path), Source::of(content)) else { return Ok(()) };
        if name == WRITE_AHEAD_LOG {
            return Err(Problem::hiding(
                ProblemKind::Unsupported,
                format!(
                    "/{}: the database's write-ahead log is not empty and is not read; packages installed last may be missing (run `rpm --rebuilddb` in the same step as the installation)",
                    printable_line(&entry.path, 200)
                ),
            ));
        }
        let mut reading = Reading::new(&entry.path);
        let read = {
            let blobs: &mut Blobs<'_> = &mut |blob| reading.add(blob);
            match name {
                "rpmdb.sqlite" => sqlite::blobs(source, blobs),
                "Packages.db" => ndb::blobs(source, blobs),
                _ => bdb::blobs(source, blobs),
            }
        };
        let stopped = reading.stopped;
        let malformed = reading.malformed;
        facts.databases.push(reading.finish());
        match (read, stopped) {
            (Err(what), _) => Err(unread(entry, ProblemKind::Malformed, what)),
            (Ok(()), Some(what)) => Err(unread(entry, ProblemKind::Limit, what)),
            (Ok(()), None) if malformed > 0 => {
                Err(unread(entry, ProblemKind::Malformed, &format!("{malformed} of its entries are no package headers")))
            }
            (Ok(()), None) => Ok(()),
        }
    }
}

fn database_name(path: &str) -> Option<&str> {
    let name = DIRECTORIES.iter().find_map(|d| path.strip_prefix(d))?;
    matches!(name, "rpmdb.sqlite" | WRITE_AHEAD_LOG | "Packages.db" | "Packages").then_some(name)
}

/// A database while its headers come in.
struct Reading {
    database: PackageDatabase,
    /// For each package what it requires, until what provides that is known.
    requires: Vec<Vec<String>>,
    providers: HashMap<String, u32>,
    path_bytes: usize,
    malformed: usize,
    stopped: Option<&'static str>,
}

impl Reading {
    fn new(path: &str) -> Self {
        Self {
            database: database(path, Vec::new()),
            requires: Vec::new(),
            providers: HashMap::new(),
            path_bytes: 0,
            malformed: 0,
            stopped: None,
        }
    }

    fn add(&mut self, blob: &[u8]) {
        // Berkeley DB's table also holds its next free number, in four bytes.
        if blob.len() <= 4 || self.stopped.is_some() {
            return;
        }
        let Some(header) = Header::parse(blob) else {
            self.malformed += 1;
            return;
        };
        let Some(package) = header.package(&self.database.path) else { return };
        if self.database.packages.len() >= MOST_PACKAGES {
            self.stopped = Some("it has more packages than are read");
            return;
        }
        let id = self.database.packages.len() as u32;
        self.database.packages.push(package);
        self.requires.push(header.requires().collect());
        for name in header.provides() {
            self.providers.entry(name).or_insert(id);
        }
        let room = MOST_FILES - self.database.owned.len();
        for path in header.files(room + 1) {
            self.path_bytes += path.len();
            if self.database.owned.len() >= MOST_FILES || self.path_bytes > MOST_PATH_BYTES {
                self.stopped = Some("its packages own more files than are read");
                return;
            }
            self.database.owned.push(id, &path);
        }
        for (path, file) in header.recorded(room) {
            if !is_left_out(&path) {
                self.database.recorded.push(id, &path, file);
            }
        }
    }

    /// The database, each requirement turned into the package that meets it; what none meets is left out.
    fn finish(mut self) -> PackageDatabase {
        let wanted: BTreeSet<&str> = self.requires.iter().flatten().filter_map(|r| r.strip_prefix('/')).collect();
        let files: HashMap<&str, u32> =
            self.database.owned.iter().filter(|(_, path)| wanted.contains(path)).map(|(id, path)| (path, id)).collect();
        let names: Vec<String> = self.database.packages.iter().map(|p| p.name.clone()).collect();
        for (id, requires) in self.requires.iter().enumerate() {
            let depends: BTreeSet<&str> = requires
                .iter()
                .filter_map(|r| self.providers.get(r.as_str()).or_else(|| files.get(r.strip_prefix('/')?)))
                .filter(|provider| **provider as usize != id)
                .map(|provider| names[*provider as usize].as_str())
                .collect();
            self.database.packages[id].depends = depends.into_iter().map(str::to_owned).collect();
        }
        self.database
    }
}

#[cfg(test)]
mod tests;
