//! Bake files: which build files their targets name, and with which arguments.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::Body;
use hcl_edit::template::Element;
use plimsoll_evidence::{Problem, ProblemKind, printable_line};

use super::Input;
use crate::Sources;

/// The longest bake file, and the most targets.
const MOST_BYTES: usize = 1 << 20;
const MOST_TARGETS: usize = 500;
/// How deep groups and inherited targets are followed.
const MOST_DEPTH: usize = 20;

/// Whether a file of this name is a bake file.
pub(super) fn is_bake(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    Path::new(name).extension().is_some_and(|e| e == "hcl")
        || (name.contains("bake") && Path::new(name).extension().is_some_and(|e| e == "json"))
}

/// A value of a bake file.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Text(String),
    List(Vec<Value>),
    Map(BTreeMap<String, Value>),
    /// Only bake could tell.
    Unknown,
}

impl Value {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    fn list(&self) -> Vec<&str> {
        match self {
            Self::List(items) => items.iter().filter_map(Self::text).collect(),
            _ => Vec::new(),
        }
    }
}

type Members = BTreeMap<String, Value>;

/// What a bake file defines.
#[derive(Debug, Default)]
struct Bake {
    targets: BTreeMap<String, Members>,
    groups: BTreeMap<String, Members>,
}

/// The build files of a bake file's default targets; of all targets where there is no default.
pub(super) fn inputs(sources: &mut Sources<'_>, input: &Input, problems: &mut Vec<Problem>) -> Vec<Input> {
    let mut fails =
        |kind: ProblemKind, why: &str| problems.push(Problem::hiding(kind, printable_line(&format!("{}: {why}", input.name), 300)));
    let text = match sources.read(&input.path, &input.name) {
        Ok(source) => sources.text(source).to_owned(),
        Err(problem) => {
            problems.push(problem);
            return Vec::new();
        }
    };
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
    for name in wanted.into_iter().take(MOST_TARGETS) {
        match bake.input(&name, input) {
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

    fn input(&self, name: &str, bake: &Input) -> Result<Input, String> {
        let members = self.members(name, 0);
        if members.contains_key("dockerfile-inline") {
            return Err("its build file is written into the bake file, where it is not read".to_owned());
        }
        let text = |key: &str, default: &str| match members.get(key) {
            None => Ok(default.to_owned()),
            Some(Value::Text(text)) => Ok(text.clone()),
            Some(_) => Err(format!("what its {key} is, only bake could tell")),
        };
        let (context, dockerfile) = (text("context", ".")?, text("dockerfile", "Dockerfile")?);
        if context.contains("://") || context.starts_with("git@") || context.starts_with("target:") {
            return Err(format!("its context `{context}` is not in this folder"));
        }
        let below =
            join(&context, &dockerfile).ok_or_else(|| format!("its build file `{dockerfile}` in `{context}` lies outside this folder"))?;
        let folder = bake.path.parent().unwrap_or(Path::new("."));
        let beside = |path: &str| bake.name.rsplit_once('/').map_or_else(|| path.to_owned(), |(dir, _)| format!("{dir}/{path}"));
        let mut one = Input { path: folder.join(&below), name: beside(&below), context: Some(folder.join(&context)), ..Input::default() };
        if let Some(target) = members.get("target") {
            one.target = Some(target.text().ok_or("which stage it builds, only bake could tell")?.to_owned());
        }
        if let Some(Value::Map(arguments)) = members.get("args") {
            for (name, value) in arguments {
                match value {
                    Value::Text(text) => drop(one.arguments.insert(name.clone(), text.clone())),
                    _ => drop(one.unknown_arguments.insert(name.clone())),
                }
            }
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

fn from_hcl(text: &str) -> Result<Bake, String> {
    let body = hcl_edit::parser::parse_body(text).map_err(|error| {
        let at = error.location();
        format!("line {}, column {}: {}", at.line(), at.column(), error.message())
    })?;
    let mut variables = Members::new();
    for block in body.get_blocks("variable") {
        if let Some(name) = block.labels.first() {
            let value = block.body.get_attribute("default").map_or(Value::Unknown, |a| value(&a.value, &variables, 0));
            variables.insert(name.as_str().to_owned(), value);
        }
    }
    for attribute in body.attributes() {
        let found = value(&attribute.value, &variables, 0);
        variables.insert(attribute.key.as_str().to_owned(), found);
    }
    let mut bake = Bake::default();
    for (kind, into) in [("target", &mut bake.targets), ("group", &mut bake.groups)] {
        for block in body.get_blocks(kind) {
            if let Some(name) = block.labels.first() {
                into.insert(name.as_str().to_owned(), members(&block.body, &variables));
            }
        }
    }
    Ok(bake)
}

fn members(body: &Body, variables: &Members) -> Members {
    body.attributes().map(|a| (a.key.as_str().to_owned(), value(&a.value, variables, 0))).collect()
}

/// The value of an expression: of variables by their defaults, of nothing that would have to be computed.
fn value(expression: &Expression, variables: &Members, depth: usize) -> Value {
    if depth > MOST_DEPTH {
        return Value::Unknown;
    }
    let inner = |e: &Expression| value(e, variables, depth + 1);
    match expression {
        Expression::String(text) => Value::Text(text.as_str().to_owned()),
        Expression::Number(number) => Value::Text(number.value().to_string()),
        Expression::Bool(flag) => Value::Text(flag.value().to_string()),
        Expression::Array(items) => Value::List(items.iter().map(inner).collect()),
        Expression::Object(object) => {
            let pairs = object.iter().filter_map(|(key, member)| {
                let name = match key {
                    ObjectKey::Ident(name) => name.as_str().to_owned(),
                    ObjectKey::Expression(e) => inner(e).text()?.to_owned(),
                };
                Some((name, inner(member.expr())))
            });
            Value::Map(pairs.collect())
        }
        Expression::Variable(name) => variables.get(name.as_str()).cloned().unwrap_or(Value::Unknown),
        Expression::Parenthesis(inside) => inner(inside.inner()),
        Expression::StringTemplate(template) => {
            let parts: Option<String> = template
                .iter()
                .map(|element| match element {
                    Element::Literal(text) => Some(text.as_str().to_owned()),
                    Element::Interpolation(hole) => inner(&hole.expr).text().map(str::to_owned),
                    Element::Directive(_) => None,
                })
                .collect();
            parts.map_or(Value::Unknown, Value::Text)
        }
        _ => Value::Unknown,
    }
}

fn from_json(text: &str) -> Result<Bake, String> {
    let root: serde_json::Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut variables = Members::new();
    for (name, variable) in object(&root, "variable") {
        let default = variable.get("default").map_or(Value::Unknown, |v| json_value(v, &Members::new()));
        variables.insert(name.clone(), default);
    }
    let mut bake = Bake::default();
    for (kind, into) in [("target", &mut bake.targets), ("group", &mut bake.groups)] {
        for (name, members) in object(&root, kind) {
            if let Value::Map(members) = json_value(members, &variables) {
                into.insert(name.clone(), members);
            }
        }
    }
    Ok(bake)
}

fn object<'a>(root: &'a serde_json::Value, key: &str) -> impl Iterator<Item = (&'a String, &'a serde_json::Value)> {
    root.get(key).and_then(serde_json::Value::as_object).into_iter().flatten()
}

fn json_value(value: &serde_json::Value, variables: &Members) -> Value {
    match value {
        serde_json::Value::String(text) => json_text(text, variables),
        serde_json::Value::Bool(flag) => Value::Text(flag.to_string()),
        serde_json::Value::Number(number) => Value::Text(number.to_string()),
        serde_json::Value::Array(items) => Value::List(items.iter().map(|v| json_value(v, variables)).collect()),
        serde_json::Value::Object(members) => Value::Map(members.iter().map(|(k, v)| (k.clone(), json_value(v, variables))).collect()),
        serde_json::Value::Null => Value::Unknown,
    }
}

/// Strings in JSON are templates: `${NAME}`.
fn json_text(text: &str, variables: &Members) -> Value {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, hole)) = rest.split_once("${") {
        let Some((name, after)) = hole.split_once('}') else { return Value::Unknown };
        let Some(known) = variables.get(name.trim()).and_then(Value::text) else { return Value::Unknown };
        out.extend([before, known]);
        rest = after;
    }
    out.push_str(rest);
    Value::Text(out)
}
