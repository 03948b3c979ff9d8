//! Builds a database from files: which form each is of is told by its contents.

mod archive;

pub use archive::{ids_in_zip, is_whole_zip};

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use plimsoll_evidence::AdvisoryDatabase;

use crate::limits;
use crate::listing::{Held, Listing, id_of, stamp};
use crate::read::{bodhi, catalogues, csaf, debian, osv, oval, rustsec, secdb, trackers, updateinfo, yaml};
use crate::record::Record;
use crate::store::{Contents, write};

/// Something that could not be read. The rest is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The file, with the member of an archive after `!`.
    pub name: String,
    /// Why.
    pub why: String,
}

/// What came of building.
#[derive(Debug, Clone, PartialEq)]
pub struct Built {
    /// What the database holds.
    pub state: AdvisoryDatabase,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// Files that are no advisories.
    pub others: u64,
}

/// Takes in files; then writes the database.
#[derive(Debug, Default)]
pub struct Builder {
    /// By publisher and id, the place in `contents.records`: a record given twice is kept once, as it is newest.
    seen: HashMap<(String, String), usize>,
    contents: Contents,
    tracker: Option<debian::Tracker>,
    unread: Vec<Unread>,
    others: u64,
    /// While what a listing names is taken in: that listing, and what was.
    listed: Option<(Listing, Held)>,
}

/// What of a publisher a record is, by its id; the record's own form has the last word where it has one.
fn publisher(id: &str) -> &'static str {
    const PREFIXES: [(&str, &str); 21] = [
        ("GHSA-", "GitHub"),
        ("GO-", "Go"),
        ("PYSEC-", "PyPA"),
        ("RUSTSEC-", "RustSec"),
        ("BIT-", "Bitnami"),
        ("DSA-", "Debian"),
        ("DLA-", "Debian"),
        ("DTSA-", "Debian"),
        ("DEBIAN-", "Debian"),
        ("ALPINE-", "Alpine"),
        ("UBUNTU-", "Ubuntu"),
        ("USN-", "Ubuntu"),
        ("ALSA-", "AlmaLinux"),
        ("ALBA-", "AlmaLinux"),
        ("ALEA-", "AlmaLinux"),
        ("RLSA-", "Rocky Linux"),
        ("RHSA-", "Red Hat"),
        ("openSUSE-", "openSUSE"),
        ("SUSE-", "SUSE"),
        ("CGA-", "Chainguard"),
        ("MAL-", "OpenSSF malicious packages"),
    ];
    PREFIXES.iter().find(|(prefix, _)| id.starts_with(prefix)).map_or("OSV", |(_, name)| name)
}

impl Builder {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in a file, or every file below a directory. `fetched` is when it was had from its publisher, in seconds since 1970. An error is
    /// only that `path` itself is not there.
    pub fn add_path(&mut self, path: &Path, fetched: Option<i64>) -> io::Result<()> {
        let kind = fs::metadata(path)?;
        if !kind.is_dir() {
            self.add_file(path, fetched);
            return Ok(());
        }
        let mut todo = vec![path.to_owned()];
        while let Some(folder) = todo.pop() {
            let Ok(listing) = fs::read_dir(&folder) else {
                self.fails(&folder.to_string_lossy(), "the directory cannot be read");
                continue;
            };
            let mut paths: Vec<PathBuf> = listing.filter_map(Result::ok).map(|e| e.path()).collect();
            // In one order on every machine.
            paths.sort();
            for path in paths {
                match fs::symlink_metadata(&path) {
                    Ok(kind) if kind.is_dir() && path.file_name().is_none_or(|n| n != ".git") => todo.push(path),
                    Ok(kind) if kind.is_file() => self.add_file(&path, fetched),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Takes in of a file or directory the records that a listing names, and gives back the listing and what was taken in. Records
    /// are told apart by the names of their files.
    pub fn add_listed(&mut self, path: &Path, fetched: Option<i64>, listing: Listing) -> io::Result<(Listing, Held)> {
        self.listed = Some((listing, Held::default()));
        let added = self.add_path(path, fetched);
        let taken = self.listed.take().unwrap_or_default();
        added.map(|()| taken)
    }

    /// Whether a record of this name is not on the listing, where one counts.
    fn is_unlisted(&self, name: &str) -> bool {
        self.listed.as_ref().is_some_and(|(listing, _)| id_of(name).is_some_and(|id| !listing.has(id)))
    }

    fn add_file(&mut self, path: &Path, fetched: Option<i64>) {
        let name = path.to_string_lossy().into_owned();
        if self.is_unlisted(&name) {
            return;
        }
        let opened = fs::File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (size, mut file) = match opened {
            Ok(opened) => opened,
            Err(error) => return self.fails(&name, &format!("it cannot be read ({error})")),
        };
        let mut magic = [0; 4];
        let had = file.read(&mut magic).unwrap_or(0);
        if magic[..had].starts_with(b"PK\x03\x04") {
            return self.add_zip(&name, &file, size, fetched);
        }
        if size > limits::FILE {
            return self.fails(&name, &format!("it has {size} bytes, and at most {} are read", limits::FILE));
        }
        match fs::read(path) {
            Ok(bytes) => self.add_bytes(&name, &bytes, fetched),
            Err(error) => self.fails(&name, &format!("it cannot be read ({error})")),
        }
    }

    /// Takes in one file's bytes, whatever publisher's form they are in. `name` helps where two forms look alike, and is what a message shows.
    pub fn add_bytes(&mut self, name: &str, bytes: &[u8], fetched: Option<i64>) {
        if bytes.starts_with(&[0x1f, 0x8b]) {
            let mut inner = Vec::new();
            let most = limits::FILE.min((bytes.len() as u64).saturating_mul(limits::RATIO));
            return match MultiGzDecoder::new(bytes).take(most + 1).read_to_end(&mut inner) {
                Ok(n) if n as u64 > most => self.fails(name, "it unpacks to more than is read"),
                Ok(_) if inner.starts_with(&[0x1f, 0x8b]) => self.fails(name, "it is packed twice"),
                Ok(_) => self.add_bytes(name.strip_suffix(".gz").unwrap_or(name), &inner, fetched),
                Err(error) => self.fails(name, &format!("it cannot be unpacked ({error})")),
            };
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let ending = name.rsplit(['/', '!']).next().and_then(|n| n.rsplit_once('.')).map_or("", |(_, e)| e).to_ascii_lowercase();
        match ending.as_str() {
            "json" => {
                self.add_json(name, bytes, fetched);
                // What is held counts as held, also where nothing of it can be used.
                if let (Some((_, held)), Some(id)) = (&mut self.listed, id_of(name))
                    && !held.has(id)
                {
                    held.keep(id, stamp(bytes).and_then(|(_, modified)| modified));
                }
            }
            "yaml" | "yml" => match yaml::read(name, bytes) {
                Ok(Some(records)) => {
                    let source = source_of_yaml(&records, name);
                    for record in records {
                        let source = source.unwrap_or_else(|| publisher(&record.id));
                        self.keep(record, source, fetched);
                    }
                }
                Ok(None) => self.others += 1,
                Err(why) => self.fails(name, &why),
            },
            "md" | "toml" => match std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned()).and_then(rustsec::read) {
                Ok(Some(record)) => self.keep(record, "RustSec", fetched),
                Ok(None) => self.others += 1,
                Err(why) => self.fails(name, &why),
            },
            _ => self.add_text(name, bytes, fetched),
        }
    }

    fn add_json(&mut self, name: &str, bytes: &[u8], fetched: Option<i64>) {
        match csaf::read(bytes) {
            Some(Ok(record)) if record.affected.is_empty() => return self.others += 1,
            Some(Ok(record)) => return self.keep(record, "Red Hat", fetched),
            Some(Err(why)) => return self.fails(name, &why),
            None => {}
        }
        match osv::read(bytes) {
            Ok(Some(record)) => {
                let source = publisher(&record.id);
                return self.keep(record, source, fetched);
            }
            Err(why) if bytes.trim_ascii_start().starts_with(b"{") && bytes.windows(10).any(|w| w == b"\"affected\"") => {
                return self.fails(name, &why);
            }
            _ => {}
        }
        if let Some(updates) = bodhi::read(bytes) {
            for record in updates {
                self.keep(record, "Fedora", fetched);
            }
        } else if let Some(catalogue) = catalogues::kev(bytes) {
            self.contents.kev = Some((catalogue, fetched));
        } else if let Some(records) = secdb::read_json(bytes) {
            for record in records {
                self.keep_secdb(record, fetched);
            }
        } else if let Some(records) = trackers::arch(bytes) {
            for record in records {
                self.keep(record, "Arch Linux security tracker", fetched);
            }
        } else if let Some(records) = trackers::photon(name, bytes) {
            for record in records {
                self.keep(record, "Photon OS", fetched);
            }
        } else if let Some((records, odd)) = debian::read_json(bytes) {
            if let Some(first) = odd.first() {
                self.fails(name, &format!("{} of its entries are of another form ({first} the first)", odd.len()));
            }
            for record in records {
                self.keep(record, "Debian security tracker", fetched);
            }
        } else {
            self.others += 1;
        }
    }

    fn add_text(&mut self, name: &str, bytes: &[u8], fetched: Option<i64>) {
        let Ok(text) = std::str::from_utf8(bytes) else {
            self.others += 1;
            return;
        };
        if debian::Tracker::is_list(text) {
            self.tracker.get_or_insert_default().add(text);
            self.contents.fetched.insert("Debian security tracker".to_owned(), fetched);
            return;
        }
        if oval::is_oracle(text) {
            let (records, odd) = oval::read(text);
            for record in records {
                self.keep(record, "Oracle Linux", fetched);
            }
            if let Some(first) = odd.first() {
                self.fails(name, &format!("{} of its definitions were not read: {first}", odd.len()));
            }
            return;
        }
        if updateinfo::is(text) {
            let (records, odd) = updateinfo::read(text);
            for (record, source) in records {
                self.keep(record, source, fetched);
            }
            if let Some(first) = odd.first() {
                self.fails(name, &format!("{} of its updates were not read: {first}", odd.len()));
            }
            return;
        }
        match catalogues::epss(text) {
            Some(Ok(catalogue)) => self.contents.epss = Some((catalogue, fetched)),
            Some(Err(why)) => self.fails(name, &why),
            None => self.others += 1,
        }
    }

    fn keep_secdb(&mut self, record: Record, fetched: Option<i64>) {
        let ecosystem = record.affected.first().map_or("", |a| a.ecosystem.as_str());
        let source = match ecosystem {
            "Wolfi" => "Wolfi secdb",
            "Chainguard" => "Chainguard secdb",
            _ => "Alpine secdb",
        };
        self.keep(record, source, fetched);
    }

    fn keep(&mut self, record: Record, source: &str, fetched: Option<i64>) {
        if let Some((_, held)) = &mut self.listed {
            held.keep(&record.id, record.modified);
        }
        let known = self.contents.fetched.entry(source.to_owned()).or_insert(fetched);
        // Of several files of one publisher the oldest counts.
        *known = (*known).min(fetched);
        match self.seen.get(&(source.to_owned(), record.id.clone())).copied() {
            None => {
                self.seen.insert((source.to_owned(), record.id.clone()), self.contents.records.len());
                self.contents.records.push((record, source.to_owned()));
            }
            // One id of these is spread over several files: branches of Alpine, packages of Wolfi, lists of the tracker.
            Some(at)
                if source.ends_with("secdb")
                    || matches!(source, "Wolfi" | "FriendsOfPHP" | "Photon OS")
                    || source.starts_with("Debian security") =>
            {
                let kept = &mut self.contents.records[at].0;
                for affected in record.affected {
                    if !kept.affected.contains(&affected) {
                        kept.affected.push(affected);
                    }
                }
            }
            Some(at) => {
                let kept = &mut self.contents.records[at].0;
                if record.modified > kept.modified {
                    *kept = record;
                }
            }
        }
    }

    fn fails(&mut self, name: &str, why: &str) {
        self.unread.push(Unread { name: name.to_owned(), why: why.to_owned() });
    }

    /// Whether nothing was taken in.
    pub fn is_empty(&self) -> bool {
        self.contents.records.is_empty() && self.tracker.is_none() && self.contents.kev.is_none() && self.contents.epss.is_none()
    }

    /// Writes the database. The file at `path` is replaced in one step, and left as it was where that fails.
    pub fn finish(mut self, path: &Path) -> io::Result<Built> {
        if let Some(tracker) = self.tracker.take() {
            let fetched = self.contents.fetched.get("Debian security tracker").copied().flatten();
            for record in tracker.finish() {
                self.keep(record, "Debian security tracker", fetched);
            }
        }
        let state = write(self.contents, path)?;
        Ok(Built { state, unread: self.unread, others: self.others })
    }
}

/// The publisher of a YAML file's records, where their ids do not tell.
fn source_of_yaml(records: &[Record], name: &str) -> Option<&'static str> {
    let ecosystem = records.first()?.affected.first()?.ecosystem.as_str();
    match ecosystem {
        "RubyGems" if name.ends_with(".yml") => Some("Ruby advisory database"),
        "Packagist" => Some("FriendsOfPHP"),
        "Wolfi" => Some("Wolfi"),
        e if e.starts_with("Alpine:") => Some("Alpine secdb"),
        _ => None,
    }
}
