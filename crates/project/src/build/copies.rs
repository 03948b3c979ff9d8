//! Which file of the build context a path of the container is, by the instructions that copy.

use plimsoll_evidence::{Base, BuildFile, Place, Says, Transfer};

use super::context::{Context, is_path};

/// How many stages a file is followed through.
const MOST_STAGES: usize = 20;
/// Stands for the working directory of a base image, which the build file does not tell.
const UNKNOWN_FOLDER: &str = "/\u{0}";

/// What a path of a stage is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// This file of the context.
    File(String),
    /// An instruction copies it, and it is not in the context that was read.
    Lacking,
    /// It comes from the base image, or a step makes it.
    Elsewhere,
}

/// Follows files back to the context.
#[derive(Clone, Copy)]
pub(super) struct Copies<'a> {
    pub(super) file: &'a BuildFile,
    pub(super) context: Option<&'a Context>,
}

impl Copies<'_> {
    /// What a path is to the commands of a stage: to a step of it where `at` is its instruction, and at the stage's end otherwise.
    pub(super) fn origin(&self, stage: usize, at: Option<Place>, path: &str) -> Origin {
        self.follow(stage, at, path, 0)
    }

    fn follow(&self, stage: usize, at: Option<Place>, path: &str, depth: usize) -> Origin {
        if depth > MOST_STAGES {
            return Origin::Elsewhere;
        }
        let (copies, folder) = self.copies(stage, at);
        // A name without a folder is looked up in PATH: where it was copied to does not matter then.
        let wanted = if path.contains('/') { Wanted::Path(absolute(&folder, path)) } else { Wanted::Name(path, absolute(&folder, path)) };
        let mut lacking = false;
        for (folder, transfer) in copies.iter().rev() {
            let Some(destination) = transfer.destination.value.known().map(|to| absolute(folder, to)) else { continue };
            let known = || transfer.sources.iter().filter_map(|source| source.value.known());
            match &transfer.from {
                None => {
                    for source in known().filter(|source| is_path(source)) {
                        match self.in_context(source, &destination, &wanted) {
                            Origin::File(found) => return Origin::File(found),
                            Origin::Lacking => lacking = true,
                            Origin::Elsewhere => {}
                        }
                    }
                }
                Some((_, Base::Stage(other))) => {
                    for source in known() {
                        for candidate in wanted.sources(&absolute("/", source), &destination) {
                            match self.follow(*other, None, &candidate, depth + 1) {
                                Origin::File(found) => return Origin::File(found),
                                Origin::Lacking => lacking = true,
                                Origin::Elsewhere => {}
                            }
                        }
                    }
                }
                Some(_) => {}
            }
        }
        if lacking { Origin::Lacking } else { Origin::Elsewhere }
    }

    fn in_context(&self, source: &str, destination: &str, wanted: &Wanted<'_>) -> Origin {
        let matched = self.context.map(|context| context.matches(source)).unwrap_or_default();
        for path in &matched {
            for candidate in wanted.sources(path, destination) {
                let found = self.context.and_then(|context| context.inside(&candidate)).is_some_and(|found| found.is_file());
                if found {
                    return Origin::File(candidate);
                }
            }
        }
        let named = wanted.sources(source.trim_end_matches('/'), destination).iter().any(|candidate| candidate == source);
        let below = !wanted.sources(source, destination).is_empty();
        let lacks = matched.is_empty() && (named || (below && !source.contains(['*', '?', '['])));
        if lacks { Origin::Lacking } else { Origin::Elsewhere }
    }

    /// The copies that made a stage up to an instruction, each with the working directory that holds there, and the one that holds then.
    fn copies(&self, stage: usize, at: Option<Place>) -> (Vec<(String, &Transfer)>, String) {
        let mut line = Vec::new();
        let mut next = Some(stage);
        while let Some(number) = next {
            let Some(stage) = self.file.stages.get(number).filter(|_| line.len() <= self.file.stages.len()) else { break };
            line.push(stage);
            next = match stage.base {
                Base::Stage(parent) => Some(parent),
                _ => None,
            };
        }
        let scratch = line.last().is_some_and(|first| first.base == Base::Scratch);
        let mut folder = if scratch { "/" } else { UNKNOWN_FOLDER }.to_owned();
        let mut copies = Vec::new();
        for instruction in line.iter().rev().flat_map(|s| &s.instructions).filter(|i| !i.on_build) {
            if at == Some(instruction.place) {
                break;
            }
            match &instruction.says {
                Says::Copy(transfer) => copies.push((folder.clone(), transfer)),
                Says::Word(path) if instruction.name == "WORKDIR" => folder = absolute(&folder, &path.value.text),
                _ => {}
            }
        }
        (copies, folder)
    }
}

/// A file that is looked for.
enum Wanted<'a> {
    /// By its path, absolute.
    Path(String),
    /// By its name, and by its path in the working directory.
    Name(&'a str, String),
}

impl Wanted<'_> {
    /// Where the file lies, if what is copied from `source` to `destination` brings it: as the file itself, or below a folder.
    fn sources(&self, source: &str, destination: &str) -> Vec<String> {
        let source = source.trim_start_matches("./");
        let own = source.rsplit('/').next().unwrap_or_default();
        let (path, by_name) = match self {
            Self::Path(path) => (path, false),
            Self::Name(name, path) => (path, own == *name || destination.rsplit('/').next() == Some(name)),
        };
        let below = match destination.trim_end_matches('/') {
            "" => path.strip_prefix('/'),
            folder => path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')),
        };
        let mut found = Vec::new();
        if by_name || path == destination || below == Some(own) {
            found.push(source.to_owned());
        }
        if let Some(below) = below.filter(|below| !below.is_empty()) {
            found.push(if source.is_empty() || source == "." {
                below.to_owned()
            } else {
                format!("{}/{below}", source.trim_end_matches('/'))
            });
        }
        if let Self::Name(name, _) = self {
            found.push(if source.is_empty() || source == "." {
                (*name).to_owned()
            } else {
                format!("{}/{name}", source.trim_end_matches('/'))
            });
        }
        found
    }
}

/// A path, absolute and without `.` and `..`.
fn absolute(folder: &str, path: &str) -> String {
    let start = if path.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = Vec::new();
    for part in start.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            other => parts.push(other),
        }
    }
    format!("/{}", parts.join("/"))
}
