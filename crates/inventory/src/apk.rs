//! apk's database of installed packages, format 2 (`lib/apk/db/installed`): a line a field, a letter and a colon.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plimsoll_evidence::{Ecosystem, FileDigest, FileEntry, LayerFacts, PackageDatabase, Problem, RecordedFile};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::bytes::{database, held, is_left_out, package, short};

const MOST: usize = 48 << 20;

/// Reads apk's database.
pub struct Apk;

impl Analyser for Apk {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "apk", version: 3 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        // apk 3 of a merged /usr keeps it under usr/lib.
        if matches!(entry.path.as_str(), "lib/apk/db/installed" | "usr/lib/apk/db/installed") { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        facts.databases.push(parse(&entry.path, held(entry, content, MOST)?));
        Ok(())
    }
}

fn parse(path: &str, bytes: &[u8]) -> PackageDatabase {
    let mut database = database(path, Vec::new());
    let mut directory = String::new();
    let mut file = String::new();
    let mut built = None;
    let mut open = false;
    for line in bytes.split(|&b| b == b'\n') {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end_matches('\r');
        let Some((key, value)) = line.split_once(':') else {
            open &= !line.is_empty();
            continue;
        };
        if !open {
            // A package starts with its checksum or its name, whichever stands first.
            database.packages.push(package(Ecosystem::Apk, "", "", path));
            open = true;
            directory.clear();
            file.clear();
            built = None;
        }
        let index = database.packages.len() - 1;
        let package = &mut database.packages[index];
        match key {
            "P" => package.name = short(value),
            "V" => package.version = short(value),
            "A" => package.architecture = Some(short(value)),
            "I" => package.installed_bytes = value.parse().unwrap_or(0),
            "L" => package.licences = vec![short(value)].into_iter().filter(|l| !l.is_empty()).collect(),
            "m" => package.supplier = Some(short(value)).filter(|m| !m.is_empty()),
            "U" => package.homepage = Some(short(value)).filter(|u| !u.is_empty()),
            "o" => package.source = Some(short(value)).filter(|s| *s != package.name),
            "D" => {
                package.depends = value
                    .split(' ')
                    .filter(|d| !d.starts_with('!'))
                    .map(|d| d.split(['<', '>', '=', '~']).next().unwrap_or(d))
                    .filter(|d| !d.is_empty())
                    .map(short)
                    .collect();
            }
            "F" => directory = value.to_owned(),
            "R" => {
                file = if directory.is_empty() { value.to_owned() } else { format!("{directory}/{value}") };
                database.owned.push(index as u32, &file);
            }
            "t" => built = value.parse().ok(),
            // The digest of the file before; of a link that of its target's name.
            "Z" if !file.is_empty() && !is_left_out(&file) => {
                let config = file.starts_with("etc/");
                database.recorded.push(index as u32, &file, RecordedFile { built, config, ..RecordedFile::new(digest(value)) });
            }
            _ => {}
        }
    }
    // Records without a name own nothing and are no packages; places stay as they are.
    database
}

/// `Q1` and the SHA-1 in base 64, of apk 3 also `Q2` and the SHA-256.
fn digest(value: &str) -> FileDigest {
    let bytes = |text: &str| STANDARD.decode(text).ok();
    let sha1 = value.strip_prefix("Q1").and_then(bytes).and_then(|b| b.try_into().ok()).map(FileDigest::Sha1);
    let sha256 = || value.strip_prefix("Q2").and_then(bytes).and_then(|b| b.try_into().ok()).map(FileDigest::Sha256);
    sha1.or_else(sha256).unwrap_or(FileDigest::Other)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn packages_and_their_files() {
        let text = b"C:Q1abc=\nP:musl\nV:1.1.24-r2\nA:x86_64\nI:606208\no:musl\nF:lib\nR:ld-musl-x86_64.so.1\na:0:0:755\nF:\nR:root-file\n\nC:Q1def=\nP:ssl_client\nV:1.31\no:busybox\nD:so:libc.musl-x86_64.so.1 busybox>=1 !conflict\nF:usr/bin\nR:ssl_client\n\n";
        let database = parse("lib/apk/db/installed", text);
        let names: Vec<_> = database.packages.iter().map(|p| (p.name.as_str(), p.source.as_deref(), p.depends.len())).collect();
        assert_eq!(names, [("musl", None, 0), ("ssl_client", Some("busybox"), 2)]);
        let owned: Vec<_> = database.owned.iter().collect();
        assert_eq!(owned, [(0, "lib/ld-musl-x86_64.so.1"), (0, "root-file"), (1, "usr/bin/ssl_client")]);
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let database = parse("x", &bytes);
            prop_assert!(database.owned.iter().all(|(i, _)| (i as usize) < database.packages.len()));
        }
    }
}
