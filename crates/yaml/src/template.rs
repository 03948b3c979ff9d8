//! Telling the raw template of a Helm chart from YAML.

use crate::{Node, Place, Stream, Style, Value};

/// What Helm alone offers to the text between its braces.
const OF_HELM: &[&str] = &[".Values", ".Release", ".Chart", ".Capabilities", ".Files", "include ", "template ", "tpl "];

/// Whether a template uses what Helm alone offers between its braces.
pub fn is_of_helm(text: &str) -> bool {
    text.split("{{").skip(1).any(|rest| {
        let action = rest.split("}}").next().unwrap_or_default();
        OF_HELM.iter().any(|word| action.contains(word))
    })
}

/// Where it shows that the text is a template.
pub(crate) fn find(text: &str, stream: &Stream, source: u32) -> Option<Place> {
    if !text.contains("{{") {
        return None;
    }
    // Text that is no YAML and has actions in it: that they are why is all but certain.
    if !stream.errors.is_empty()
        && let Some(place) = first_action(text, source)
    {
        return Some(place);
    }
    stream.documents.iter().find_map(|document| in_node(&document.root))
}

/// The first `{{` outside of comments.
fn first_action(text: &str, source: u32) -> Option<Place> {
    let mut start = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if let Some(at) = line.find("{{")
            && !line.trim_start().starts_with('#')
        {
            let column = 1 + line.get(..at)?.chars().filter(|c| *c != '\u{feff}').count() as u32;
            let from = (start + at) as u32;
            return Some(Place { source, line: number as u32 + 1, column, width: 2, start: from, end: from + 2 });
        }
        start += line.len();
    }
    None
}

/// A value that holds an action of Helm's. Block scalars are left out: a `ConfigMap` may hold a template as its data.
fn in_node(node: &Node) -> Option<Place> {
    match &node.value {
        Value::Scalar(scalar) => {
            (is_of_helm(&scalar.text) && !matches!(scalar.style, Style::Literal | Style::Folded)).then_some(node.place)
        }
        Value::Sequence(items) => items.iter().find_map(in_node),
        Value::Mapping(mapping) => mapping.entries.iter().find_map(|e| in_node(&e.key).or_else(|| in_node(&e.value))),
    }
}
