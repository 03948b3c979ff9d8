//! Build files: Containerfiles and Dockerfiles, `.dockerignore`, and what bake files say of them.

mod commands;
mod credentials;
mod deeds;
mod download;
mod file;
mod install;
mod place;
mod versions;

use std::collections::BTreeMap;
use std::path::PathBuf;

use plimsoll_containerfile::{Arguments, Containerfile, Stages, parse};
use plimsoll_evidence::{Build, BuildFile, ImageFacts, Location, Problem, ProblemKind, printable_line, source_line};

pub use download::is_evidence;

use crate::Sources;
use place::Locator;

/// A build file to read, and how it is built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Input {
    /// Where it lies.
    pub path: PathBuf,
    /// What it is called in findings.
    pub name: String,
    /// The stage to build; none is the last one.
    pub target: Option<String>,
    /// Build arguments.
    pub arguments: BTreeMap<String, String>,
    /// The folder of the build context; none is the folder that the file lies in.
    pub context: Option<PathBuf>,
}

impl Input {
    /// A file that is built as it stands.
    pub fn new(path: impl Into<PathBuf>, name: impl Into<String>) -> Self {
        Self { path: path.into(), name: name.into(), ..Self::default() }
    }
}

/// Reads build files. Nothing outside the folders of the inputs is read, and nothing is built or fetched.
pub fn read(sources: &mut Sources<'_>, inputs: &[Input], image: Option<&ImageFacts>) -> Build {
    let mut build = Build::default();
    for input in inputs {
        match sources.read(&input.path, &input.name) {
            Ok(source) => {
                let file = read_text(sources, source, input, &mut build.problems);
                build.files.push(file);
            }
            Err(problem) => build.problems.push(problem),
        }
    }
    let _ = image;
    build
}

/// Reads one text that is a build file.
fn read_text(sources: &mut Sources<'_>, source: u32, input: &Input, problems: &mut Vec<Problem>) -> BuildFile {
    let parsed = parse(sources.text(source));
    let written = written_credentials(&parsed);
    let parsed = if written.is_empty() {
        parsed
    } else {
        sources.veil(source, &written);
        parse(sources.text(source))
    };
    let stages = Stages::of(&parsed, &file::settings(&input.arguments));
    let locator = Locator { file: &parsed, text: sources.text(source), source };
    for problem in parsed.errors.iter().chain(&stages.problems) {
        let place = locator.place(problem.span);
        let said = format!("{}:{}:{}: {}", sources.name(source), place.line, place.column, problem.message);
        let line = source_line(std::slice::from_ref(&text_of(sources, source)), plimsoll_evidence::Place { source: 0, ..place });
        problems.push(Problem::hiding(ProblemKind::Malformed, printable_line(&said, 400)).at(Location::File(line)));
    }
    let target = match stages.target(input.target.as_deref()) {
        Ok(target) => target,
        Err(why) => {
            if input.target.is_some() {
                problems.push(Problem::hiding(ProblemKind::Mismatch, printable_line(&format!("{}: {why}", input.name), 300)));
            }
            stages.stages.len().saturating_sub(1)
        }
    };
    file::facts(&locator, &stages, target)
}

fn text_of(sources: &Sources<'_>, source: u32) -> plimsoll_evidence::SourceText {
    plimsoll_evidence::SourceText { name: sources.name(source).to_owned(), text: sources.text(source).to_owned() }
}

/// Where `ENV` and `ARG` write out what their names call a credential.
fn written_credentials(file: &Containerfile) -> Vec<std::ops::Range<usize>> {
    let pairs = file.instructions.iter().flat_map(|i| match (&i.arguments, i.keyword) {
        (Arguments::Pairs(pairs), Some(plimsoll_containerfile::Keyword::Env | plimsoll_containerfile::Keyword::Arg)) => pairs.as_slice(),
        _ => &[],
    });
    let written = pairs.filter(|pair| credentials::is_secret_name(pair.name.text.trim_matches(['"', '\''])));
    let values = written.filter_map(|pair| pair.value.as_ref()).filter(|value| credentials::is_written(&value.text));
    values.map(|value| value.span.start..value.span.end).collect()
}
