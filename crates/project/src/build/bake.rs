//! Bake files: which build files their targets name, and with which arguments.

mod expression;
mod functions;
mod read;
mod value;

use std::collections::BTreeSet;
use std::path::Path;

use plimsoll_evidence::{Problem, ProblemKind, printable_line};

use self::read::{Bake, MOST_TARGETS, from_hcl, from_json};
use self::value::{Members, Value};
use super::written::Written;
use super::{Input, remote};
use crate::Sources;

/// The longest bake file.
const MOST_BYTES: usize = 1 << 20;
/// How deep groups and inherited targets are followed.
const MOST_DEPTH: usize = 20;

/// Whether a file of this name is a bake file.
pub(super) fn is_bake(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    Path::new(name).extension().is_some_and(|e| e == "hcl")
        || (name.contains("bake") && Path::new(name).extension().is_some_and(|e| e == "json"))
}

/// The build files of a bake file's default targets; of all targets where there is no default.
pub(super) fn inputs(sources: &mut Sources<'_>, input: &Input, problems: &mut Vec<Problem>) -> Vec<Input> {
    let mut fails =
        |kind: ProblemKind, why: &str| problems.push(Problem::hiding(kind, printable_line(&format!("{}: {why}", input.name), 300)));
    let source = match sources.read(&input.path, &input.name) {
        Ok(source) => source,
        Err(problem) => {
            problems.push(problem);
            return Vec::new();
        }
    };
    let text = sources.text(source).to_owned();
    if text.len() > MOST_BYTES {
        fails(ProblemKind::Limit, &format!("a bake file of more than {MOST_BYTES} bytes is not read"));
        return Vec::new();
    }
    let parsed = if input.name.ends_with(".json") { from_json(&text) } else { from_hcl(&text) };
    let bake = match parsed {
        Ok(bake) => bake,
        Err(why) => {
            fails(ProblemKind::Malformed, &why);
            return Vec::new();
        }
    };
    let wanted = match &input.target {
        Some(target) => bake.names(target, 0),
        None => bake.names("default", 0),
    };
    let wanted = match (wanted.is_empty(), &input.target) {
        (true, Some(target)) => {
            fails(ProblemKind::Mismatch, &format!("there is no target `{target}`"));
            return Vec::new();
        }
        (true, None) => bake.targets.keys().filter(|name| !name.starts_with('_')).cloned().collect(),
        (false, _) => wanted,
    };
    let mut found: Vec<Input> = Vec::new();
    for name in bake.with_linked(wanted).into_iter().take(MOST_TARGETS) {
        match bake.input(&name, input, source) {
            // Targets that differ in what the build file does not see are one to it.
            Ok(one) if !found.contains(&one) => found.push(one),
            Ok(_) => {}
            Err(why) => fails(ProblemKind::Unsupported, &format!("target {name}: {why}")),
        }
    }
    found
}

impl Bake {
    /// The targets that a name stands for.
    fn names(&self, name: &str, depth: usize) -> BTreeSet<String> {
        if depth > MOST_DEPTH {
            return BTreeSet::new();
        }
        match self.groups.get(name) {
            Some(group) => {
                group.get("targets").map(Value::list).unwrap_or_default().into_iter().flat_map(|n| self.names(n, depth + 1)).collect()
            }
            None => self.targets.contains_key(name).then(|| name.to_owned()).into_iter().collect(),
        }
    }

    /// A target's members, those that it inherits among them.
    fn members(&self, name: &str, depth: usize) -> Members {
        let Some(own) = self.targets.get(name).filter(|_| depth <= MOST_DEPTH) else { return Members::new() };
        let mut all = Members::new();
        for parent in own.get("inherits").map(Value::list).unwrap_or_default() {
            merge(&mut all, &self.members(parent, depth + 1));
        }
        merge(&mut all, own);
        all
    }

    /// These targets, and those whose result they start from or copy from: bake builds them as well.
    fn with_linked(&self, wanted: BTreeSet<String>) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        let mut todo: Vec<String> = wanted.into_iter().collect();
        while let Some(name) = todo.pop() {
            if all.len() < MOST_TARGETS && all.insert(name.clone()) {
                let members = self.members(&name, 0);
                let contexts = match members.get("contexts") {
                    Some(Value::Map(contexts)) => contexts.values().filter_map(Value::text).collect(),
                    _ => Vec::new(),
                };
                let linked = contexts.iter().filter_map(|c| c.strip_prefix("target:")).filter(|t| self.targets.contains_key(*t));
                todo.extend(linked.map(str::to_owned));
            }
        }
        all
    }

    fn input(&self, name: &str, bake: &Input, source: u32) -> Result<Input, String> {
        let members = self.members(name, 0);
        let text = |key: &str, default: &str| match members.get(key) {
            None => Ok(default.to_owned()),
            Some(Value::Text(text) | Value::Lines(text, _)) => Ok(text.clone()),
            Some(_) => Err(format!("what its {key} is, only bake could tell")),
        };
        let (context, dockerfile) = (text("context", ".")?, text("dockerfile", "Dockerfile")?);
        let written = match members.get("dockerfile-inline") {
            None => None,
            Some(Value::Text(text)) => Some(Written { text: text.clone(), at: None }),
            Some(Value::Lines(text, line)) => Some(Written { text: text.clone(), at: Some((source, *line)) }),
            Some(_) => return Err("what its build file says, only bake could tell".to_owned()),
        };
        if remote(&context) || context.starts_with("target:") {
            return Err(format!("its context `{context}` is not in this folder"));
        }
        let below =
            join(&context, &dockerfile).ok_or_else(|| format!("its build file `{dockerfile}` in `{context}` lies outside this folder"))?;
        let folder = bake.path.parent().unwrap_or(Path::new("."));
        let beside = |path: &str| bake.name.rsplit_once('/').map_or_else(|| path.to_owned(), |(dir, _)| format!("{dir}/{path}"));
        let mut one = Input { path: folder.join(&below), name: beside(&below), context: Some(folder.join(&context)), ..Input::default() };
        if written.is_some() {
            one.name.clone_from(&bake.name);
            one.written = written;
        }
        if let Some(target) = members.get("target") {
            one.target = Some(target.text().ok_or("which stage it builds, only bake could tell")?.to_owned());
        }
        if let Some(Value::Map(arguments)) = members.get("args") {
            for (name, value) in arguments {
                match value {
                    Value::Text(text) | Value::Lines(text, _) => drop(one.arguments.insert(name.clone(), text.clone())),
                    Value::Null => {}
                    Value::List(_) | Value::Map(_) | Value::Unknown => drop(one.unknown_arguments.insert(name.clone())),
                }
            }
        }
        if let Some(Value::Map(contexts)) = members.get("contexts") {
            let text = |value: &Value| value.text().unwrap_or_default().to_owned();
            one.contexts = contexts.iter().map(|(name, value)| (name.clone(), text(value))).collect();
        }
        one.arguments.extend(bake.arguments.clone());
        Ok(one)
    }
}

fn merge(all: &mut Members, own: &Members) {
    for (key, value) in own {
        match (all.get_mut(key), value) {
            (Some(Value::Map(old)), Value::Map(new)) => old.extend(new.clone()),
            _ => drop(all.insert(key.clone(), value.clone())),
        }
    }
}

/// A path below a folder; none where it leads out.
fn join(context: &str, dockerfile: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in context.split('/').chain(dockerfile.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            other => parts.push(other),
        }
    }
    let absolute = context.starts_with('/') || dockerfile.starts_with('/');
    (!absolute).then(|| parts.join("/"))
}
