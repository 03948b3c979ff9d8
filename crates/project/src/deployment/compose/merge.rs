//! How Compose merges two files: mappings key by key, lists one after the other, with its exceptions.

use std::collections::HashMap;

use plimsoll_yaml::{Entry, Mapping, Node, Scalar, Style, Value};

use super::super::fields::placed_text;

/// Lists of `NAME=value` that are mappings as well.
const PAIRS: [&str; 7] = ["environment", "labels", "annotations", "sysctls", "args", "extra_hosts", "additional_contexts"];
/// Values of the second file that replace those of the first.
const REPLACED: [&str; 3] = ["command", "entrypoint", "test"];
/// A single value stands for a list of one.
const LISTS: [&str; 6] = ["dns", "dns_opt", "dns_search", "env_file", "label_file", "tmpfs"];

/// Brings short forms to long ones where merging has to see through them.
pub(super) fn normalise(root: &mut Node) {
    let Value::Mapping(top) = &mut root.value else { return };
    for entry in &mut top.entries {
        if entry.key.text() != Some("services") {
            continue;
        }
        let Value::Mapping(services) = &mut entry.value.value else { continue };
        for service in &mut services.entries {
            let Value::Mapping(service) = &mut service.value.value else { continue };
            for field in &mut service.entries {
                let key = field.key.text().unwrap_or_default().to_owned();
                if PAIRS.contains(&key.as_str()) {
                    to_mapping(&mut field.value);
                } else if LISTS.contains(&key.as_str()) && field.value.scalar().is_some_and(|s| s.style != Style::Empty) {
                    let item = field.value.clone();
                    field.value = Node { value: Value::Sequence(vec![item]), tag: field.value.tag.take(), ..field.value.clone() };
                }
            }
        }
    }
}

/// A list of `NAME=value` as a mapping. The value keeps the place of the whole item.
fn to_mapping(node: &mut Node) {
    let Value::Sequence(items) = &node.value else { return };
    let mut entries = Vec::with_capacity(items.len());
    for item in items {
        let Some(text) = item.text() else { continue };
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let scalar = |text: &str| {
            let value = Scalar { text: text.to_owned(), style: Style::DoubleQuoted, kind: plimsoll_yaml::Kind::Text };
            Node { value: Value::Scalar(value), ..item.clone() }
        };
        let value = value.map_or_else(
            || {
                let null = Scalar { text: String::new(), style: Style::Empty, kind: plimsoll_yaml::Kind::Null };
                Node { value: Value::Scalar(null), tag: None, ..item.clone() }
            },
            scalar,
        );
        entries.push(Entry { key: scalar(name), value, merged: None });
    }
    node.value = Value::Mapping(Mapping { entries });
}

/// The first file with the second over it.
pub(super) fn merge(base: Node, over: Node) -> Node {
    merge_at(base, over, "")
}

fn merge_at(base: Node, over: Node, key: &str) -> Node {
    match over.tag.as_deref() {
        Some("!reset") => return Node { value: null(), ..over },
        Some("!override") => return Node { tag: None, ..over },
        _ => {}
    }
    if over.is_null() && over.scalar().is_some_and(|s| s.style == Style::Empty) {
        return base;
    }
    if REPLACED.contains(&key) {
        return over;
    }
    if key == "logging" && differs(&base, &over, "driver") {
        return over;
    }
    match (base.value, over.value) {
        (Value::Mapping(base_map), Value::Mapping(over_map)) => {
            let mut merged: Vec<Entry> = base_map.entries;
            for entry in over_map.entries {
                let name = entry.key.text().unwrap_or_default().to_owned();
                match merged.iter().rposition(|e| e.key.text() == Some(&name)) {
                    Some(at) => {
                        let before = merged.remove(at);
                        // Where both say the same key, the later place is where it is mended.
                        let value = merge_at(before.value, entry.value, &name);
                        merged.insert(at, Entry { key: entry.key, value, merged: None });
                    }
                    None => merged.push(entry),
                }
            }
            Node { value: Value::Mapping(Mapping { entries: merged }), place: base.place, tag: base.tag, alias: base.alias }
        }
        (Value::Sequence(mut items), Value::Sequence(more)) => {
            items.extend(more);
            Node { value: Value::Sequence(items), place: base.place, tag: base.tag, alias: base.alias }
        }
        (_, value) => Node { value, ..over_shell(over.place, over.tag, over.alias) },
    }
}

fn over_shell(place: plimsoll_yaml::Place, tag: Option<Box<str>>, alias: Option<Box<plimsoll_yaml::Place>>) -> Node {
    Node { place, value: null(), tag, alias }
}

fn null() -> Value {
    Value::Scalar(Scalar { text: String::new(), style: Style::Empty, kind: plimsoll_yaml::Kind::Null })
}

/// Whether both say a key, and differently.
fn differs(base: &Node, over: &Node, key: &str) -> bool {
    match (base.get(key).and_then(Node::text), over.get(key).and_then(Node::text)) {
        (Some(a), Some(b)) => a != b,
        _ => false,
    }
}

/// After all files are merged: of list items that are about the same thing, the last counts; what was reset is away.
pub(super) fn settle(mut root: Node) -> Node {
    reset(&mut root, 0);
    let Value::Mapping(top) = &mut root.value else { return root };
    for entry in top.entries.iter_mut().filter(|e| e.key.text() == Some("services")) {
        let Value::Mapping(services) = &mut entry.value.value else { continue };
        for service in &mut services.entries {
            let Value::Mapping(service) = &mut service.value.value else { continue };
            for field in &mut service.entries {
                let key = field.key.text().unwrap_or_default().to_owned();
                if let Value::Sequence(items) = &mut field.value.value
                    && let Some(about) = subject_of(&key)
                {
                    keep_last(items, about);
                }
            }
        }
    }
    root
}

type About = fn(&Node) -> Option<String>;

/// What an item of such a list is about.
fn subject_of(key: &str) -> Option<About> {
    match key {
        "cap_add" | "cap_drop" | "dns" | "expose" | "links" | "profiles" | "tmpfs" | "security_opt" | "env_file" => {
            Some(|n| placed_text(n.get("path").unwrap_or(n)).map(|t| t.value))
        }
        "ports" => Some(|n| n.text().map(str::to_owned)),
        "volumes" => Some(|n| match n.get("target") {
            Some(target) => target.text().map(str::to_owned),
            None => n.text().map(|t| super::volumes::short(t).target.to_owned()),
        }),
        "devices" => Some(|n| n.text().map(|t| t.split(':').nth(1).unwrap_or(t).to_owned())),
        "secrets" | "configs" => Some(|n| n.get("target").or_else(|| n.get("source")).unwrap_or(n).text().map(str::to_owned)),
        _ => None,
    }
}

fn keep_last(items: &mut Vec<Node>, about: About) {
    let mut last: HashMap<String, usize> = HashMap::new();
    let mut kept: Vec<Node> = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        match about(&item) {
            None => kept.push(item),
            Some(subject) => {
                if let Some(at) = last.get(&subject) {
                    kept[*at] = item;
                } else {
                    last.insert(subject, kept.len());
                    kept.push(item);
                }
            }
        }
    }
    *items = kept;
}

fn reset(node: &mut Node, depth: usize) {
    if depth > 128 {
        return;
    }
    match &mut node.value {
        Value::Mapping(mapping) => {
            mapping.entries.retain(|e| e.value.tag.as_deref() != Some("!reset"));
            for entry in &mut mapping.entries {
                reset(&mut entry.value, depth + 1);
            }
        }
        Value::Sequence(items) => {
            items.retain(|i| i.tag.as_deref() != Some("!reset"));
            for item in items {
                reset(item, depth + 1);
            }
        }
        Value::Scalar(_) => {}
    }
}
