//! A YAML text: any bytes, by both readers' rules. Every place has to lie within the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_yaml::{Limits, Node, Place, Rules, Value, parse_bytes};

fn place(bytes: &[u8], place: Place) {
    assert!(place.line >= 1 && place.column >= 1 && place.start <= place.end && place.end as usize <= bytes.len());
    let lines = 1 + bytes.iter().filter(|b| matches!(b, b'\n' | b'\r')).count();
    assert!(place.line as usize <= lines, "{place:?}");
}

fn node(bytes: &[u8], at: &Node) {
    place(bytes, at.place);
    match &at.value {
        Value::Scalar(_) => {}
        Value::Sequence(items) => items.iter().for_each(|item| node(bytes, item)),
        Value::Mapping(mapping) => mapping.entries.iter().for_each(|entry| {
            node(bytes, &entry.key);
            node(bytes, &entry.value);
        }),
    }
}

fuzz_target!(|data: &[u8]| {
    for rules in [Rules::Kubernetes, Rules::Compose] {
        let stream = parse_bytes(data, rules, &Limits { nodes: 20_000, expanded: 2_000, ..Limits::default() });
        stream.documents.iter().for_each(|document| node(data, &document.root));
        stream.errors.iter().for_each(|error| place(data, error.place));
    }
});
