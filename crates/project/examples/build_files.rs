//! Reads every build file of a folder and prints what its steps do, one line each: `path:line:column: deed`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use plimsoll_evidence::{Does, Says};
use plimsoll_project::build::{Input, read};
use plimsoll_project::{KeepAll, Sources};

fn main() {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("usage: build_files FOLDER");
        std::process::exit(2);
    };
    let mut files = Vec::new();
    collect(Path::new(&folder), &mut files);
    files.sort();
    let (mut took, mut steps, mut unread) = (Duration::ZERO, 0u32, 0u32);
    for path in &files {
        let mut sources = Sources::new(&KeepAll);
        let name = path.display().to_string();
        let start = Instant::now();
        let build = read(&mut sources, &[Input::new(path, &name)], None);
        took += start.elapsed();
        let all = build.files.iter().flat_map(|f| &f.stages).flat_map(|s| &s.instructions);
        for instruction in all {
            let deeds = match &instruction.says {
                Says::Run(run) => {
                    steps += 1;
                    if let Some(why) = &run.unread {
                        unread += 1;
                        println!("{name}:{}: UNREAD {why}", instruction.place.line);
                    }
                    &run.deeds
                }
                Says::Start(start) => &start.deeds,
                _ => continue,
            };
            for deed in deeds {
                let at = format!("{name}:{}:{}", deed.place.line, deed.place.column);
                println!("{at}: {}{}", if deed.maybe { "maybe " } else { "" }, shown(&deed.does));
            }
        }
    }
    eprintln!("{} files, {steps} RUN steps, {unread} of them not read whole, in {took:?}", files.len());
}

fn shown(does: &Does) -> String {
    match does {
        Does::Install(install) => {
            let packages: Vec<String> = install
                .packages
                .iter()
                .map(|p| {
                    let version = p.value.version.as_deref().map(|v| format!(" {v}")).unwrap_or_default();
                    format!("{}{version}{}", p.value.name, if p.value.pinned { "!" } else { "" })
                })
                .collect();
            let marks = [
                (install.locked, "locked"),
                (install.local, "local"),
                (install.no_recommends, "no-recommends"),
                (install.no_cache, "no-cache"),
                (install.removed, "removed"),
            ];
            let marks: Vec<&str> = marks.into_iter().filter_map(|(is, mark)| is.then_some(mark)).collect();
            format!("install {} [{}] lists {:?} {}", install.manager, packages.join(", "), install.lists, marks.join(" "))
        }
        other => format!("{other:?}"),
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}
