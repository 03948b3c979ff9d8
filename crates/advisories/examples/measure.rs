//! `measure [FILE|DIRECTORY…] [--records N] [--database FILE]`: how long building and asking take; the database is made at FILE, or is there already
//! where nothing is given to build it of. With `--records`, records are made up (each ecosystem's names and
//! versions are like its own) until there are N.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // A tool for whoever develops this.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use plimsoll_advisories::{Builder, Database, find};
use plimsoll_evidence::{Distribution, Ecosystem, Package};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut builder = Builder::new();
    let mut arguments = std::env::args().skip(1);
    let started = Instant::now();
    let mut made_up = 0;
    let mut ready = None;
    while let Some(argument) = arguments.next() {
        if argument == "--database" {
            ready = Some(PathBuf::from(arguments.next().unwrap()));
        } else if argument == "--records" {
            made_up = arguments.next().unwrap().parse().unwrap();
        } else {
            builder.add_path(Path::new(&argument), None).unwrap();
        }
    }
    for n in 0..made_up {
        builder.add_bytes(&format!("{n}.json"), record(n).as_bytes(), None);
    }
    let read = started.elapsed();
    let folder = tempfile::tempdir().unwrap();
    let path = ready.unwrap_or_else(|| folder.path().join("advisories.db"));
    if !builder.is_empty() {
        let built = builder.finish(&path).unwrap();
        println!("{} records, {} not read, {} others", built.state.records, built.unread.len(), built.others);
        built.unread.iter().take(10).for_each(|u| println!("  {}: {}", u.name, u.why));
        for source in &built.state.sources {
            println!("  {}: {} records, {} ecosystems", source.name, source.records, source.ecosystems.len());
        }
        println!("read in {read:?}, built in {:?}, {} bytes", started.elapsed(), std::fs::metadata(&path).unwrap().len());
    }
    let mut opened = Vec::new();
    for _ in 0..5 {
        let started = Instant::now();
        drop(Database::open(&path).unwrap());
        opened.push(started.elapsed());
    }
    let database = Database::open(&path).unwrap();
    let packages: Vec<Package> = (0..2_000).map(|n| package(n * 37 % made_up.max(300_000))).collect();
    let distribution =
        Distribution { id: "debian".to_owned(), id_like: Vec::new(), version_id: Some("12".to_owned()), name: "Debian 12".to_owned() };
    for _ in 0..5 {
        let started = Instant::now();
        let found = find(&database, &packages, Some(&distribution)).unwrap();
        println!("2,000 components: {} found in {:?}", found.found.len(), started.elapsed());
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let memory = status.lines().find(|l| l.starts_with("VmHWM")).unwrap_or_default();
    println!("opened in {:?}; {memory}", opened.iter().min().unwrap());
}

/// Four records of each package, as a publisher would write them.
fn record(n: usize) -> String {
    let (ecosystem, name) = of(n / 4);
    let mut details = String::new();
    for word in 0..60 {
        let _ = write!(details, "word{} ", (n * 31 + word * 17) % 5000);
    }
    format!(
        r#"{{"id":"X-{n}","modified":"2025-01-01T00:00:00Z","published":"2024-01-01T00:00:00Z","aliases":["CVE-2024-{n}"],"summary":"Something in {name} number {n}","details":"{details}",
        "severity":[{{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}],
        "affected":[{{"package":{{"ecosystem":"{ecosystem}","name":"{name}"}},"ranges":[{{"type":"ECOSYSTEM","events":[{{"introduced":"0"}},{{"fixed":"1.{}.0"}}]}}],"versions":["0.1","0.2","0.3","0.4"]}}],
        "references":[{{"type":"WEB","url":"https://example.org/{n}"}},{{"type":"FIX","url":"https://example.org/{n}/fix"}}]}}"#,
        n % 9
    )
}

fn of(n: usize) -> (&'static str, String) {
    match n % 3 {
        0 => ("Debian:12", format!("lib-something-{n}")),
        1 => ("npm", format!("@scope/package-{n}")),
        _ => ("PyPI", format!("package-{n}")),
    }
}

fn package(n: usize) -> Package {
    let (ecosystem, name) = of(n / 4);
    let ecosystem = match ecosystem {
        "npm" => Ecosystem::Npm,
        "PyPI" => Ecosystem::Python,
        _ => Ecosystem::Dpkg,
    };
    Package::new(ecosystem, &name, "1.4.0", "x")
}
