//! What fuzz targets call: every parser of foreign bytes, and a question to what came of it.

use std::path::Path;

use plimsoll_evidence::{Distribution, Ecosystem, Package};

use crate::{Builder, Database, Held, Listing, base_score, find, stamp};

/// Names under which each form of file is read.
const NAMES: [&str; 14] = [
    "a.json",
    "a.yaml",
    "gems/a/CVE-1.yml",
    "a.md",
    "DSA/list",
    "CVE/list",
    "epss.csv",
    "a.csv.gz",
    "vector",
    "elsa.xml",
    "cve_data_photon5.0.json",
    "modified_id.csv",
    "updateinfo.xml",
    "bodhi.json",
];

/// Reads bytes as the form that `which` stands for, builds a database of what they say and asks it. `folder` is where it is written.
pub fn feed(which: u8, bytes: &[u8], folder: &Path) {
    let name = NAMES[usize::from(which) % NAMES.len()];
    if name == "vector" {
        if let Ok(text) = std::str::from_utf8(bytes) {
            let score = base_score(text);
            assert!(score.is_none_or(|(_, s)| (0.0..=10.0).contains(&s)));
        }
        return;
    }
    if name == "modified_id.csv" {
        if let Ok(listing) = std::str::from_utf8(bytes).map_err(drop).and_then(|text| Listing::read(text).map_err(drop)) {
            for id in listing.beyond(&Held::default()) {
                assert!(listing.has(&id) && !id.contains(['/', '\\', '\0']) && !id.starts_with('.'), "{id}");
            }
        }
        let _ = stamp(bytes);
        return;
    }
    let mut builder = Builder::new();
    builder.add_bytes(name, bytes, None);
    let path = folder.join("fuzz.db");
    if builder.finish(&path).is_ok() {
        ask(&path);
    }
}

/// Opens bytes as a database and asks it.
pub fn database(bytes: &[u8], folder: &Path) {
    let path = folder.join("fuzz.db");
    if std::fs::write(&path, bytes).is_ok() {
        ask(&path);
    }
}

fn ask(path: &Path) {
    let Ok(database) = Database::open(path) else { return };
    let distribution = Distribution { id: "debian".to_owned(), version_id: Some("12".to_owned()), ..Distribution::default() };
    let packages: Vec<Package> = database
        .search("", 16)
        .into_iter()
        .flat_map(|(_, name)| {
            [Ecosystem::Dpkg, Ecosystem::Npm, Ecosystem::Python, Ecosystem::Go, Ecosystem::Gem]
                .map(|e| Package::new(e, &name, "1.2.3", "x"))
        })
        .collect();
    let _ = find(&database, &packages, Some(&distribution));
    let _ = database.verify();
    let _ = database.ids();
    let _ = database.nearest("npm", "a");
}
