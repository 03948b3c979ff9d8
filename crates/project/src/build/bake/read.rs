//! Bake files of both forms as targets and groups (Docker's "Bake file reference").

use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::expr::Expression;
use hcl_edit::structure::Body;
use hcl_edit::template::Template;

use super::expression::{Function, Left, Scope};
use super::value::{Members, Value};

/// The most targets of a file, those of a matrix each for itself.
pub(super) const MOST_TARGETS: usize = 500;
/// Variables may name ones that come later: how often they are gone over.
const MOST_ROUNDS: usize = 4;

/// What a bake file defines.
#[derive(Debug, Default)]
pub(super) struct Bake {
    pub(super) targets: BTreeMap<String, Members>,
    pub(super) groups: BTreeMap<String, Members>,
}

impl Bake {
    /// Adds a target, or those of its matrix with a group of its name. `members` gives its members by the names of the matrix.
    fn target(&mut self, name: &str, matrix: Option<Value>, members: impl Fn(Members) -> Members) {
        let Some(matrix) = matrix else {
            let own = members(Members::new());
            self.targets.insert(name.to_owned(), own);
            return;
        };
        let mut names = BTreeSet::new();
        for row in rows(&matrix) {
            let own = members(row);
            let called = own.get("name").and_then(Value::text).unwrap_or(name).to_owned();
            if self.targets.len() >= MOST_TARGETS {
                break;
            }
            self.targets.insert(called.clone(), own);
            names.insert(called);
        }
        if !names.contains(name) {
            let all = Value::List(names.into_iter().map(Value::Text).collect());
            self.groups.insert(name.to_owned(), Members::from([("targets".to_owned(), all)]));
        }
    }
}

/// Every combination of a matrix' values.
fn rows(matrix: &Value) -> Vec<Members> {
    let mut rows = vec![Members::new()];
    let Value::Map(axes) = matrix else { return rows };
    for (name, values) in axes {
        // What only bake could tell leaves the name unknown.
        let Value::List(values) = values else { continue };
        let wider = rows.iter().flat_map(|row| {
            values.iter().map(move |value| {
                let mut row = row.clone();
                row.insert(name.clone(), value.clone());
                row
            })
        });
        rows = wider.take(MOST_TARGETS).collect();
    }
    rows
}

pub(super) fn from_hcl(text: &str) -> Result<Bake, String> {
    let body = hcl_edit::parser::parse_body(text).map_err(|error| {
        let at = error.location();
        format!("line {}, column {}: {}", at.line(), at.column(), error.message())
    })?;
    let functions = functions_of_hcl(&body);
    let left = Left::new();
    let defaults = body.get_blocks("variable").filter_map(|block| {
        let default = block.body.get_attribute("default").map(|a| &a.value);
        Some((block.labels.first()?.as_str(), default))
    });
    let defaults: Vec<_> = defaults.chain(body.attributes().map(|a| (a.key.as_str(), Some(&a.value)))).collect();
    let mut scope = Scope::new(Members::new(), &functions, &left, Some(text));
    settle(&mut scope, |scope| {
        defaults.iter().map(|(name, default)| ((*name).to_owned(), default.map_or(Value::Unknown, |e| scope.value(e)))).collect()
    });
    let mut bake = Bake::default();
    for block in body.get_blocks("group") {
        if let Some(name) = block.labels.first() {
            bake.groups.insert(name.as_str().to_owned(), members(&block.body, &scope));
        }
    }
    for block in body.get_blocks("target") {
        if let Some(name) = block.labels.first() {
            let matrix = block.body.get_attribute("matrix").map(|a| scope.value(&a.value));
            bake.target(name.as_str(), matrix, |row| members(&block.body, &scope.with(row)));
        }
    }
    Ok(bake)
}

/// Finds what variables are, until nothing changes.
fn settle(scope: &mut Scope<'_>, variables: impl Fn(&Scope<'_>) -> Members) {
    for _ in 0..MOST_ROUNDS {
        let found = variables(scope);
        if found == scope.variables {
            return;
        }
        scope.variables = found;
    }
}

fn functions_of_hcl(body: &Body) -> BTreeMap<String, Function> {
    let blocks = body.get_blocks("function").filter_map(|block| {
        let attribute = |name: &str| block.body.get_attribute(name).map(|a| &a.value);
        if attribute("variadic_params").is_some() {
            return None;
        }
        let parameters = match attribute("params") {
            Some(Expression::Array(items)) => {
                items.iter().map(|i| i.as_str().map(str::to_owned).or_else(|| Some(ident(i)?.to_owned()))).collect::<Option<_>>()?
            }
            _ => Vec::new(),
        };
        Some((block.labels.first()?.as_str().to_owned(), Function { parameters, result: attribute("result")?.clone() }))
    });
    blocks.collect()
}

fn ident(expression: &Expression) -> Option<&str> {
    match expression {
        Expression::Variable(name) => Some(name.as_str()),
        _ => None,
    }
}

fn members(body: &Body, scope: &Scope<'_>) -> Members {
    let all = body.attributes().map(|a| (a.key.as_str().to_owned(), scope.value(&a.value)));
    all.filter(|(_, value)| *value != Value::Null).collect()
}

pub(super) fn from_json(text: &str) -> Result<Bake, String> {
    let root: serde_json::Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let functions = functions_of_json(&root);
    let left = Left::new();
    let mut scope = Scope::new(Members::new(), &functions, &left, None);
    settle(&mut scope, |scope| {
        let default = |v: &serde_json::Value| v.get("default").map_or(Value::Unknown, |v| json_value(v, scope));
        object(&root, "variable").map(|(name, variable)| (name.clone(), default(variable))).collect()
    });
    let members = |value: &serde_json::Value, scope: &Scope<'_>| match json_value(value, scope) {
        Value::Map(members) => members.into_iter().filter(|(_, v)| *v != Value::Null).collect(),
        _ => Members::new(),
    };
    let mut bake = Bake::default();
    for (name, group) in object(&root, "group") {
        bake.groups.insert(name.clone(), members(group, &scope));
    }
    for (name, target) in object(&root, "target") {
        let matrix = target.get("matrix").map(|m| json_value(m, &scope));
        bake.target(name, matrix, |row| members(target, &scope.with(row)));
    }
    Ok(bake)
}

fn functions_of_json(root: &serde_json::Value) -> BTreeMap<String, Function> {
    let all = object(root, "function").filter_map(|(name, function)| {
        let parameters = function.get("params").and_then(serde_json::Value::as_array).into_iter().flatten();
        let parameters =
            parameters.map(|p| p.as_str().map(|p| p.trim_start_matches("${").trim_end_matches('}').to_owned())).collect::<Option<_>>()?;
        let result = function.get("result")?.as_str()?;
        let inside = result.strip_prefix("${").and_then(|r| r.strip_suffix('}')).filter(|r| !r.contains('}'));
        let result = match inside {
            Some(expression) => expression.parse().ok()?,
            None => hcl_edit::template::StringTemplate::from_iter(result.parse::<Template>().ok()?).into(),
        };
        Some((name.clone(), Function { parameters, result }))
    });
    all.collect()
}

fn object<'a>(root: &'a serde_json::Value, key: &str) -> impl Iterator<Item = (&'a String, &'a serde_json::Value)> {
    root.get(key).and_then(serde_json::Value::as_object).into_iter().flatten()
}

fn json_value(value: &serde_json::Value, scope: &Scope<'_>) -> Value {
    match value {
        // Strings in JSON are templates: `${NAME}`.
        serde_json::Value::String(text) if text.contains("${") || text.contains("%{") => json_text(text, scope),
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Bool(flag) => Value::flag(*flag),
        serde_json::Value::Number(number) => Value::Text(number.to_string()),
        serde_json::Value::Array(items) => Value::List(items.iter().map(|v| json_value(v, scope)).collect()),
        serde_json::Value::Object(members) => Value::Map(members.iter().map(|(k, v)| (k.clone(), json_value(v, scope))).collect()),
        serde_json::Value::Null => Value::Null,
    }
}

/// A string that is one expression has that expression's value.
fn json_text(text: &str, scope: &Scope<'_>) -> Value {
    let whole = text.strip_prefix("${").and_then(|r| r.strip_suffix('}')).filter(|r| !r.contains('}'));
    if let Some(expression) = whole.and_then(|r| r.parse::<Expression>().ok()) {
        return scope.value(&expression);
    }
    text.parse::<Template>().map_or(Value::Unknown, |template| scope.template(&template))
}
