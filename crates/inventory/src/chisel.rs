//! Chiselled Ubuntu: `var/lib/chisel/manifest.wall`, which lists the packages that slices were cut from and each file with its SHA-256 (a
//! "jsonwall": lines of JSON, compressed with Zstandard; Chisel documentation, "Chisel manifest").

use std::collections::BTreeMap;
use std::io::Read;

use plimsoll_evidence::{Ecosystem, FileDigest, FileEntry, LayerFacts, Package, PackageDatabase, Problem, ProblemKind, RecordedFile};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};
use serde::Deserialize;

use crate::bytes::{database, held, is_left_out, package, short, unhex, unread};

const PATH: &str = "var/lib/chisel/manifest.wall";
const MOST: usize = 32 << 20;
const MOST_UNPACKED: u64 = 128 << 20;

/// Reads Chisel's manifests.
pub struct Chisel;

impl Analyser for Chisel {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "chisel", version: 1 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        if entry.path == PATH { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let bytes = held(entry, content, MOST)?;
        let mut text = Vec::new();
        let read = zstd::stream::read::Decoder::new(bytes).and_then(|plain| plain.take(MOST_UNPACKED).read_to_end(&mut text));
        facts.databases.push(parse(&entry.path, &text));
        match read {
            Err(error) => Err(unread(entry, ProblemKind::Malformed, &format!("it cannot be decompressed ({error})"))),
            Ok(_) if text.len() as u64 == MOST_UNPACKED => Err(unread(entry, ProblemKind::Limit, "it unpacks to more than is read")),
            Ok(_) => Ok(()),
        }
    }
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(default)]
    kind: &'a str,
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    arch: Option<String>,
    #[serde(default)]
    path: String,
    #[serde(default)]
    slices: Vec<String>,
    #[serde(default)]
    sha256: Option<String>,
    #[serde(default)]
    final_sha256: Option<String>,
    #[serde(default)]
    size: Option<u64>,
}

fn parse(path: &str, text: &[u8]) -> PackageDatabase {
    let mut database = database(path, Vec::new());
    let lines = || text.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice::<Line<'_>>(line).ok());
    for line in lines().filter(|l| l.kind == "package" && !l.name.is_empty()) {
        database
            .packages
            .push(Package { architecture: line.arch.as_deref().map(short), ..package(Ecosystem::Dpkg, &line.name, &line.version, path) });
    }
    let places: BTreeMap<String, u32> = database.packages.iter().enumerate().map(|(at, p)| (p.name.clone(), at as u32)).collect();
    for line in lines().filter(|l| l.kind == "path") {
        // A slice is named PACKAGE_SLICE, and no package has an underscore in its name.
        let owner = line.slices.iter().find_map(|slice| places.get(slice.split('_').next()?));
        let file = line.path.trim_start_matches('/');
        if let Some(owner) = owner.filter(|_| !file.ends_with('/')) {
            database.owned.push(*owner, file);
            // What a slice's script wrote into it counts, where it did.
            let digest = line.final_sha256.as_deref().or(line.sha256.as_deref()).and_then(unhex).map(FileDigest::Sha256);
            if let Some(digest) = digest.filter(|_| !is_left_out(file)) {
                database.recorded.push(*owner, file, RecordedFile { size: line.size, ..RecordedFile::new(digest) });
            }
        }
    }
    database
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{look_in_memory, packages};

    #[test]
    fn packages_and_the_files_of_their_slices() {
        let sum = "ab".repeat(32);
        let text = format!(
            concat!(
                "{{\"jsonwall\":\"1.0\",\"schema\":\"1.0\",\"count\":5}}\n",
                "{{\"kind\":\"content\",\"slice\":\"libc6_libs\",\"path\":\"/usr/lib/libc.so.6\"}}\n",
                "{{\"kind\":\"package\",\"name\":\"libc6\",\"version\":\"2.39-0ubuntu8.4\",\"sha256\":\"00\",\"arch\":\"amd64\"}}\n",
                "{{\"kind\":\"path\",\"path\":\"/usr/lib/\",\"mode\":\"0755\",\"slices\":[\"libc6_libs\"]}}\n",
                "{{\"kind\":\"path\",\"path\":\"/usr/lib/libc.so.6\",\"mode\":\"0755\",\"slices\":[\"libc6_libs\"],\"sha256\":\"{}\",\"size\":9}}\n",
                "{{\"kind\":\"slice\",\"name\":\"libc6_libs\"}}\n"
            ),
            sum
        );
        let wall = zstd::encode_all(text.as_bytes(), 1).unwrap();
        let (facts, problem) = look_in_memory(&Chisel, PATH, &wall);
        assert_eq!((packages(&facts), problem), (vec![("libc6", "2.39-0ubuntu8.4", PATH)], None));
        let database = &facts.databases[0];
        assert_eq!(database.owned.iter().collect::<Vec<_>>(), [(0, "usr/lib/libc.so.6")]);
        let file = RecordedFile { size: Some(9), ..RecordedFile::new(FileDigest::Sha256([0xab; 32])) };
        assert_eq!(database.recorded.iter().collect::<Vec<_>>(), [(0, "usr/lib/libc.so.6", &file)]);
        assert!(look_in_memory(&Chisel, PATH, b"no wall").1.is_some());
        let (facts, problem) = look_in_memory(&Chisel, PATH, &wall[..wall.len() - 4]);
        assert!(problem.is_some() && facts.databases.len() == 1);
    }

    proptest::proptest! {
        #[test]
        fn any_lines_end(text in "[{}\":,a-z_/ \n\\[\\]]{0,200}") {
            parse("x", text.as_bytes());
        }
    }
}
