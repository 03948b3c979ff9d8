//! What holds for every text.

#![allow(clippy::panic, reason = "test code, though not all in test functions")]

use plimsoll_yaml::{Limits, Node, Place, Rules, Stream, Style, Value, parse_with};
use proptest::prelude::*;

/// Where the lines of a text begin, ended as YAML ends them.
fn lines(text: &str) -> Vec<usize> {
    let mut begins = vec![0];
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == b'\n' || *byte == b'\r' && bytes.get(at + 1) != Some(&b'\n') {
            begins.push(at + 1);
        }
    }
    begins
}

fn check_place(text: &str, lines: &[usize], place: Place) {
    assert!(place.line >= 1 && place.column >= 1, "{place:?}");
    assert!(place.start <= place.end && place.end as usize <= text.len(), "{place:?}");
    assert!(text.is_char_boundary(place.start as usize) && text.is_char_boundary(place.end as usize), "{place:?}");
    let begin = lines.get(place.line as usize - 1).unwrap_or_else(|| panic!("{place:?} is beyond the last line of {text:?}"));
    let before = &text[*begin..place.start as usize];
    // A byte order mark is no column where it stands before a document; elsewhere it is content.
    let marks = before.chars().take_while(|c| *c == '\u{feff}').count();
    let columns = before.chars().count();
    assert!((columns + 1 - marks..=columns + 1).contains(&(place.column as usize)), "{place:?} of {text:?}");
    let line_end = lines.get(place.line as usize).copied().unwrap_or(text.len());
    let rest = text[place.start as usize..line_end.max(place.start as usize)].trim_end_matches(['\n', '\r']).chars().count();
    assert!(place.width as usize <= rest, "{place:?} is wider than its line in {text:?}");
}

fn check(text: &str, lines: &[usize], node: &Node) {
    check_place(text, lines, node.place);
    if let Some(alias) = node.alias.as_deref() {
        check_place(text, lines, *alias);
        assert!(text[alias.start as usize..].starts_with('*'), "{alias:?} of {text:?}");
    }
    match &node.value {
        Value::Scalar(scalar) => {
            let source = &text[node.place.start as usize..node.place.end as usize];
            match scalar.style {
                Style::Empty => assert_eq!((source, scalar.text.as_str()), ("", "")),
                Style::Plain if !source.contains(['\n', '\r']) => assert_eq!(source, scalar.text, "of {text:?}"),
                Style::SingleQuoted => assert!(source.len() >= 2 && source.starts_with('\'') && source.ends_with('\''), "{source:?}"),
                Style::DoubleQuoted => assert!(source.len() >= 2 && source.starts_with('"') && source.ends_with('"'), "{source:?}"),
                _ => {}
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| check(text, lines, item)),
        Value::Mapping(mapping) => mapping.entries.iter().for_each(|entry| {
            check(text, lines, &entry.key);
            check(text, lines, &entry.value);
        }),
    }
}

fn check_all(text: &str) -> Stream {
    let lines = lines(text);
    let limits = Limits { nodes: 5000, expanded: 500, depth: 20, errors: 10, ..Limits::default() };
    let mut read = Stream::default();
    for rules in [Rules::Kubernetes, Rules::Compose] {
        read = parse_with(text, rules, &limits);
        for document in &read.documents {
            check(text, &lines, &document.root);
            check_place(text, &lines, Place { width: 0, ..document.place });
        }
        for error in &read.errors {
            check_place(text, &lines, error.place);
        }
        for duplicate in read.documents.iter().flat_map(|d| &d.duplicates) {
            assert!(duplicate.first.start < duplicate.again.start);
        }
    }
    read
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC*") {
        check_all(&text);
    }

    #[test]
    fn text_that_looks_like_yaml(words in prop::collection::vec(prop::sample::select(vec![
        "a", "b:", ": ", "- ", "? ", "&x ", "*x", "!!str ", "!t ", "|", ">-", "\n", "\n  ", "\n    ", "\r\n", "\r", "\t", "[", "]", "{", "}",
        ", ", "'", "\"", "# c", "---", "\n---\n", "\n...\n", "<<: ", "~", "0x1", "yes", "\u{feff}", "ä", "{{ .Values.x }}", "%YAML 1.1\n", "\\",
    ]), 0..40)) {
        check_all(&words.concat());
    }

    #[test]
    fn a_tree_that_is_written_is_read_back(keys in prop::collection::vec("[a-z]{1,6}", 1..12), values in prop::collection::vec("[a-z0-9 ]{0,8}", 12), crlf: bool) {
        let end = if crlf { "\r\n" } else { "\n" };
        let indent = |depth| "  ".repeat(depth);
        let levels = keys.iter().enumerate().map(|(depth, key)| {
            format!("{}v: \"{}\"{end}{}{key}q:{end}", indent(depth), values[depth], indent(depth))
        });
        let text = format!("{}{}last: 1{end}", levels.collect::<Vec<_>>().concat(), indent(keys.len()));
        let read = check_all(&text);
        prop_assert!(read.errors.is_empty(), "{:?}", read.errors);
        let mut node = &read.documents[0].root;
        for (depth, key) in keys.iter().enumerate() {
            let value = node.get("v").unwrap();
            prop_assert_eq!(value.as_str(), Some(values[depth].as_str()));
            prop_assert_eq!((value.place.line as usize, value.place.column as usize), (2 * depth + 1, 2 * depth + 4));
            node = node.get(&format!("{key}q")).unwrap();
        }
        prop_assert_eq!(node.get("last").and_then(Node::as_int), Some(1));
    }
}
