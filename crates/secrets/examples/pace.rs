//! How long the search alone takes over an uncompressed tar: `cargo run --release -p plimsoll-secrets --example pace -- FILE.tar`.

use std::time::{Duration, Instant};

use plimsoll_evidence::{FileEntry, FileKind, LayerFacts};
use plimsoll_layers::tar::{EntryType, TarReader};
use plimsoll_layers::{Analyser, Content, Interest};
use plimsoll_secrets::Secrets;

fn main() -> std::io::Result<()> {
    let path = std::env::args().nth(1).unwrap_or_default();
    let bytes = std::fs::read(&path)?;
    let mut tar = TarReader::new(bytes.as_slice());
    let mut facts = LayerFacts::default();
    let (mut total, mut spent, mut archives) = (0u64, Duration::ZERO, Duration::ZERO);
    let mut slowest: Vec<(Duration, String, u64)> = Vec::new();
    while let Some(header) = tar.next_entry().map_err(std::io::Error::other)? {
        if header.kind != EntryType::Regular || header.size == 0 {
            continue;
        }
        let data = tar.data().map_err(std::io::Error::other)?;
        let entry = FileEntry {
            path: String::from_utf8_lossy(&header.path).trim_start_matches("./").to_owned(),
            kind: FileKind::Regular,
            mode: 0o644,
            uid: 0,
            gid: 0,
            size: header.size,
            mtime: 0,
            link: None,
            caps: None,
            layer: 0,
        };
        let before = Instant::now();
        let wants = Secrets.wants(&entry, &data[..data.len().min(512)]);
        if wants != Interest::Nothing
            && let Err(problem) = Secrets.analyse(&entry, Content::Whole(data), &mut facts)
        {
            println!("{}", problem.message);
        }
        let took = before.elapsed();
        total += header.size;
        if wants == Interest::Whole {
            archives += took;
        }
        spent += took;
        slowest.push((took, entry.path, header.size));
    }
    slowest.sort_by(|a, b| b.cmp(a));
    println!("{total} bytes in {spent:?}, of it {archives:?} for archives; {} finds", facts.secrets.len());
    for (took, path, size) in slowest.iter().take(12) {
        println!("  {took:?} {size} {path}");
    }
    for find in &facts.secrets {
        println!("{} {:?} {:?} {}", find.rule, find.nature, find.place, find.title);
    }
    Ok(())
}
