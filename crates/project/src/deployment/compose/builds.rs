//! What services are built from: `build`, by the Compose build specification.

use std::path::{Component, Path, PathBuf};

use plimsoll_evidence::{Place, ProblemKind};
use plimsoll_yaml::{Node, Style, Value};

use super::super::discover::{Named, stays_inside};
use super::super::fields::{Complaints, key_place, place};
use super::folder_of;
use super::interpolate::OUTSIDE;
use crate::Sources;
use crate::build::{Input, Written, highest, remote};

/// The build files of the services, each with the place of its service. `files` are those of the project, the first of which tells what
/// paths are relative to; what is included or extended has a folder of its own.
pub(super) fn read(whole: &Node, files: &[Named], sources: &Sources<'_>, complaints: &mut Complaints<'_>) -> Vec<(Place, Input)> {
    let Some(first) = files.first() else { return Vec::new() };
    let services = whole.get("services").map(Node::entries).unwrap_or_default();
    let mut found = Vec::new();
    for entry in services {
        let Some(build) = entry.value.given("build") else { continue };
        let context = build.given("context").unwrap_or(build);
        let own = sources.path(context.place.source).filter(|path| files.iter().all(|file| file.path != *path));
        let (folder, beside) = match own {
            Some(path) => (folder_of(path), sources.name(context.place.source)),
            None => (folder_of(&first.path), first.name.as_str()),
        };
        let below = beside.rsplit_once('/').map_or("", |(folder, _)| folder);
        let place_of = Beside { folder: &folder, below, root: &first.root, name: beside };
        match input(build, &place_of) {
            Ok(input) => found.push((key_place(entry), input)),
            Err(why) => {
                let name = entry.key.text().unwrap_or_default();
                complaints.notes(
                    ProblemKind::Unsupported,
                    place(build.place),
                    format!("the build of the service {name} was not read: {why}"),
                );
            }
        }
    }
    found
}

/// Where the Compose file is that a build stands in.
struct Beside<'a> {
    folder: &'a Path,
    /// What the folder is called in findings.
    below: &'a str,
    root: &'a Path,
    name: &'a str,
}

fn input(build: &Node, beside: &Beside<'_>) -> Result<Input, String> {
    let Beside { folder, below, root, name } = *beside;
    let known = |node: &Node| {
        let text = node.text().unwrap_or_default().to_owned();
        let outside = node.tag.as_deref() == Some(OUTSIDE) || text.contains('$');
        if outside { Err(format!("{text:?} depends on a variable that is not set here")) } else { Ok(text) }
    };
    let member = |key: &str| build.given(key).map(known).transpose();
    let context = match build.text() {
        Some(_) => known(build)?,
        None => member("context")?.unwrap_or_else(|| ".".to_owned()),
    };
    if remote(&context) {
        return Err(format!("its context {context:?} is no folder"));
    }
    let dockerfile = member("dockerfile")?.unwrap_or_else(|| "Dockerfile".to_owned());
    let context_path = tidy(&folder.join(&context));
    let path = tidy(&context_path.join(&dockerfile));
    let written = build.given("dockerfile_inline").and_then(written);
    if written.is_none() && !path.is_file() {
        return Err(format!("{dockerfile} in {context} is not there"));
    }
    let top = folder.canonicalize().ok().and_then(|folder| highest(&folder)).unwrap_or_else(|| root.to_owned());
    let inside = |path: &Path| stays_inside(path, root) || stays_inside(path, &top);
    if written.is_none() && !inside(&path) || !inside(&context_path) {
        return Err(format!("{dockerfile} in {context} leads out of the folder"));
    }
    let name = match written {
        Some(_) => name.to_owned(),
        None => tidy(&Path::new(below).join(&context).join(&dockerfile)).to_string_lossy().into_owned(),
    };
    let target = member("target")?.filter(|t| !t.is_empty());
    let mut input = Input { context: Some(context_path), target, written, ..Input::new(path, name) };
    let contexts = build.given("additional_contexts").map(arguments).unwrap_or_default();
    input.contexts = contexts.into_iter().map(|(name, context)| (name, context.unwrap_or_default())).collect();
    for (name, value) in build.given("args").map(arguments).unwrap_or_default() {
        match value {
            Some(value) => drop(input.arguments.insert(name, value)),
            None => drop(input.unknown_arguments.insert(name)),
        }
    }
    Ok(input)
}

/// A build file that stands in the Compose file. Behind `|` it has lines of its own there.
fn written(node: &Node) -> Option<Written> {
    let scalar = node.scalar()?;
    // The place of such a scalar is that of its first words.
    let blank = scalar.text.lines().take_while(|line| line.trim().is_empty()).count() as u32;
    let at = (scalar.style == Style::Literal).then_some((node.place.source, node.place.line.saturating_sub(blank)));
    Some(Written { text: scalar.text.clone(), at })
}

/// Build arguments, as a mapping or as a list of `name=value`; none is a value that comes from the environment.
fn arguments(node: &Node) -> Vec<(String, Option<String>)> {
    let value = |node: &Node| {
        let outside = node.is_null() || node.tag.as_deref() == Some(OUTSIDE);
        node.text().filter(|text| !outside && !text.contains('$')).map(str::to_owned)
    };
    match &node.value {
        Value::Mapping(_) => node.entries().iter().filter_map(|e| Some((e.key.text()?.to_owned(), value(&e.value)))).collect(),
        _ => node
            .items()
            .iter()
            .filter_map(|item| {
                let text = item.text()?;
                let (name, given) = text.split_once('=').map_or((text, None), |(name, given)| (name, Some(given.to_owned())));
                Some((name.to_owned(), given.filter(|given| item.tag.as_deref() != Some(OUTSIDE) && !given.contains('$'))))
            })
            .collect(),
    }
}

/// A path without `.`, and without `..` where a folder stands before it.
fn tidy(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => drop(out.pop()),
            other => out.push(other),
        }
    }
    if out.as_os_str().is_empty() { PathBuf::from(".") } else { out }
}
