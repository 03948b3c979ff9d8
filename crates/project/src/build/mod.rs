//! Build files: Containerfiles and Dockerfiles, `.dockerignore`, and what bake files say of them.

mod bake;
mod commands;
mod context;
mod copies;
mod credentials;
mod deeds;
mod download;
mod exposed;
mod file;
mod ignore;
mod install;
mod place;
mod requirements;
mod scripts;
mod steps;
mod versions;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use plimsoll_containerfile::{Arguments, Containerfile, Settings, Stages, parse};
use plimsoll_evidence::{Build, BuildFile, ImageFacts, Location, Place, Problem, ProblemKind, printable_line, source_line};

use crate::Sources;
use context::Context;
pub(crate) use context::highest;
use exposed::Listings;
use place::Locator;
use steps::Expected;
use written::Origin;
pub use written::Written;

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
    /// Build arguments that are given with values that nobody knows here.
    pub unknown_arguments: BTreeSet<String>,
    /// The folder of the build context; none is the folder that the file lies in.
    pub context: Option<PathBuf>,
    /// Further build contexts, by the names under which the build file takes from them: a folder, `docker-image://REFERENCE`, another
    /// target or service, an address.
    pub contexts: BTreeMap<String, String>,
    /// The text, where the build file is written into another one.
    pub written: Option<Written>,
    /// The services of Compose that are built so.
    pub services: Vec<Place>,
}

/// Whether a build context has to be fetched.
pub(crate) fn remote(context: &str) -> bool {
    context.contains("://") || context.starts_with("git@") || context.starts_with("github.com/")
}

impl Input {
    /// A file that is built as it stands.
    pub fn new(path: impl Into<PathBuf>, name: impl Into<String>) -> Self {
        Self { path: path.into(), name: name.into(), ..Self::default() }
    }

    /// Whether another one builds the same, whoever asks for it.
    pub(crate) fn builds_as(&self, other: &Self) -> bool {
        Self { services: Vec::new(), ..self.clone() } == Self { services: Vec::new(), ..other.clone() }
    }
}

/// Reads build files. A bake file (`docker-bake.hcl`, `docker-bake.json`) stands for the build files that its targets name. Of their build
/// contexts files are read that they copy and run, and nothing outside. Where no context is given it is the folder of the build file, or
/// one above it that has what it copies, within the working directory or the repository. Nothing is built or fetched.
pub fn read(sources: &mut Sources<'_>, inputs: &[Input], image: Option<&ImageFacts>) -> Build {
    let mut build = Build::default();
    let mut expected = Vec::new();
    let mut all = Vec::new();
    for input in inputs {
        if bake::is_bake(&input.name) {
            all.extend(bake::inputs(sources, input, &mut build.problems));
        } else {
            all.push(input.clone());
        }
    }
    let mut listings = Listings::default();
    for input in &all {
        let origin = match &input.written {
            Some(written) => Ok(Origin::written(sources, input, written)),
            None => sources.read(&input.path, &input.name).map(Origin::file),
        };
        match origin {
            Ok(origin) => {
                let (file, steps) = read_text(sources, &origin, input, &mut listings, &mut build.problems);
                build.files.push(file);
                expected.push((input.name.as_str(), steps));
            }
            Err(problem) => build.problems.push(problem),
        }
    }
    if let Some(image) = image {
        join(&mut build, &expected, image);
    }
    build
}

/// Reads one text that is a build file, or a bake file by its name, and lies in no folder.
pub fn read_one(sources: &mut Sources<'_>, name: &str, text: &str) -> Build {
    if bake::is_bake(name) {
        // Nothing lies below it: what the targets name is not there.
        let path = Path::new("/dev/null").join(name.rsplit('/').next().unwrap_or(name));
        sources.put(&path, name, text.as_bytes());
        return read(sources, &[Input::new(path, name)], None);
    }
    let mut build = Build::default();
    let source = sources.add(name, text.as_bytes());
    let (file, _) = read_text(sources, &Origin::file(source), &Input::new("", name), &mut Listings::default(), &mut build.problems);
    build.files.push(file);
    build
}

/// Finds the file that made the image, and the instruction of each of its steps.
fn join(build: &mut Build, expected: &[(&str, Vec<Expected>)], image: &ImageFacts) {
    let mut fits = Vec::new();
    for (name, instructions) in expected {
        match steps::of(instructions, &image.history) {
            Ok(found) if found.iter().any(Option::is_some) => fits.push((*name, found)),
            Ok(_) => {}
            Err(why) => {
                build.unmatched.get_or_insert_with(|| format!("{name}: {why}"));
            }
        }
    }
    // Where several fit, the one that made most of the image did: a file of a few lines fits many images.
    let most = fits.iter().map(|(_, found)| found.iter().flatten().count()).max().unwrap_or_default();
    fits.retain(|(_, found)| found.iter().flatten().count() == most);
    match fits.as_slice() {
        [(_, found)] => {
            build.steps.clone_from(found);
            build.unmatched = None;
        }
        [(first, _), (second, _), ..] => build.unmatched = Some(format!("{first} and {second} could both have made the image")),
        [] => {}
    }
}

/// Reads one text that is a build file.
fn read_text(
    sources: &mut Sources<'_>,
    origin: &Origin,
    input: &Input,
    listings: &mut Listings,
    problems: &mut Vec<Problem>,
) -> (BuildFile, Vec<Expected>) {
    let source = origin.source;
    let mut text = origin.text(sources);
    let mut parsed = parse(&text);
    let written = written_credentials(&parsed);
    if !written.is_empty() {
        let ranges = origin.ranges(sources, &text, written);
        sources.veil(source, &ranges);
        text = origin.text(sources);
        parsed = parse(&text);
    }
    let settings = Settings { arguments: input.arguments.clone(), unknown: input.unknown_arguments.clone() };
    let stages = Stages::of(&parsed, &settings);
    let locator = Locator { file: &parsed, text: &text, origin, whole: sources.text(source) };
    for problem in parsed.errors.iter().chain(&stages.problems) {
        let place = locator.place(problem.span);
        let said = format!("{}:{}:{}: {}", sources.name(source), place.line, place.column, problem.message);
        let line = source_line(sources.texts(), place);
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
    let mut expected = Vec::new();
    for stage in stages.line_of(target) {
        stages.visit(&parsed, stage, |_, instruction, variables| expected.extend(Expected::of(&locator, instruction, variables)));
    }
    let mut facts = file::facts(&locator, &stages, target, &input.contexts);
    facts.services.clone_from(&input.services);
    let context = Context::of(&input.path, &input.name, input.context.as_deref(), &facts);
    if let Some(context) = context.as_ref().filter(|c| c.guessed) {
        let said = format!(
            "{}: {} is taken for the folder it is built in, for what it copies is there; --context names another",
            input.name,
            context.folder_name()
        );
        problems.push(Problem::noted(ProblemKind::Unsupported, printable_line(&said, 400)));
    }
    facts.exposed = exposed::exposed(&facts, context.as_ref(), listings);
    scripts::read(&mut facts, context.as_ref(), sources);
    (facts, expected)
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
