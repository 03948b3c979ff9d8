//! Judges every build file of a folder alone and prints what it finds, one line each: `path:line:column: severity item/rule`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use plimsoll_checklist::{Policy, decide_all};
use plimsoll_evidence::{Evidence, Gathered, Inventory, Location, Need};
use plimsoll_project::build::{Input, read};
use plimsoll_project::{KeepAll, Sources};

fn main() {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("usage: judge_build_files FOLDER");
        std::process::exit(2);
    };
    let mut files = Vec::new();
    collect(Path::new(&folder), &mut files);
    files.sort();
    let (mut took, mut findings) = (Duration::ZERO, 0);
    let policy = Policy::default();
    let absent = || Need::new("nothing", "nothing");
    for path in &files {
        let name = path.display().to_string();
        let start = Instant::now();
        let mut sources = Sources::new(&KeepAll);
        let build = read(&mut sources, &[Input::new(path, &name)], None);
        let (texts, source_secrets) = sources.finish();
        let evidence = Evidence {
            subject: None,
            image: Gathered::Absent(absent()),
            components: Gathered::Found(Inventory::default()),
            vulnerabilities: Gathered::Absent(Evidence::no_advisories()),
            sboms: Gathered::Absent(Evidence::no_sboms()),
            vex: Gathered::Absent(Evidence::no_vex()),
            sources: texts,
            source_secrets,
            build: Gathered::Found(build),
            deployment: Gathered::Absent(absent()),
            problems: Vec::new(),
        };
        let verdicts = decide_all(&evidence, &policy);
        took += start.elapsed();
        for finding in verdicts.iter().flat_map(|(_, verdict)| &verdict.findings) {
            findings += 1;
            let at = match &finding.location {
                Location::File(line) => format!("{}:{}", line.line, line.column),
                _ => String::new(),
            };
            println!("{name}:{at}: {} {}: {}", finding.severity, finding.rule, finding.message);
        }
    }
    eprintln!("{} files, {findings} findings, in {took:?}", files.len());
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}
