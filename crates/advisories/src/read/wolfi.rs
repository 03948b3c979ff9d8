//! Wolfi's advisories, form 2: what happened to each vulnerability of a package. The newest event decides.

use plimsoll_evidence::FixState;
use plimsoll_yaml::Node;

use crate::limits::{IDS, word};
use crate::record::{Affected, Range, Record};
use crate::time::seconds;

pub(crate) fn read(root: &Node) -> Vec<Record> {
    let Some(package) = root.at(&["package", "name"]).and_then(Node::text).and_then(word) else { return Vec::new() };
    root.get("advisories").map(Node::items).unwrap_or_default().iter().filter_map(|a| advisory(a, &package)).collect()
}

fn advisory(advisory: &Node, package: &str) -> Option<Record> {
    let id = advisory.get("id").and_then(Node::text).and_then(word)?;
    let aliases = advisory.get("aliases").map(Node::items).unwrap_or_default();
    let aliases: Vec<String> = aliases.iter().filter_map(Node::text).take(IDS).filter_map(word).collect();
    let events = advisory.get("events").map(Node::items).unwrap_or_default();
    let time = |e: &Node| e.get("timestamp").and_then(Node::text).and_then(seconds);
    let last = events.iter().max_by_key(|e| time(e))?;
    // Analysis that goes on does not undo a fix.
    let fixed = events.iter().rev().find(|e| e.get("type").and_then(Node::text) == Some("fixed"));
    let version = |e: &Node| e.at(&["data", "fixed-version"]).and_then(Node::text).and_then(word);
    let (ranges, fix) = match last.get("type").and_then(Node::text)? {
        "false-positive-determination" => (Vec::new(), None),
        "fix-not-planned" => (vec![Range::all()], Some(FixState::WillNotFix)),
        _ => match fixed.and_then(version) {
            Some(version) => (vec![Range::until(&version)], None),
            None => (vec![Range::all()], Some(FixState::NotFixed)),
        },
    };
    Some(Record {
        references: vec![format!("https://advisories.cgr.dev/vulnerabilities/{id}")],
        published: events.iter().filter_map(time).min(),
        modified: time(last),
        aliases,
        affected: vec![Affected { ecosystem: "Wolfi".to_owned(), package: package.to_owned(), ranges, fix, ..Affected::default() }],
        id,
        ..Record::default()
    })
}

#[cfg(test)]
mod tests {
    use plimsoll_yaml::{Rules, parse};

    use super::*;

    #[test]
    fn the_newest_event_decides() {
        let event = |day: u32, kind: &str, data: &str| {
            format!("  - timestamp: 2025-04-{day:02}T07:05:57Z\n    type: {kind}\n    data: {{{data}}}\n")
        };
        let cases = [
            (vec![event(1, "detection", ""), event(2, "fixed", "fixed-version: 1.2.1-r4")], Some("1.2.1-r4"), None),
            (vec![event(1, "detection", "")], Some("*"), Some(FixState::NotFixed)),
            (vec![event(1, "detection", ""), event(2, "false-positive-determination", "type: x")], None, None),
            (vec![event(1, "fix-not-planned", "note: x")], Some("*"), Some(FixState::WillNotFix)),
            (vec![event(3, "pending-upstream-fix", ""), event(2, "fixed", "fixed-version: 2-r0")], Some("2-r0"), None),
        ];
        for (events, wanted, fix) in cases {
            let text = format!("package: {{name: age}}\nadvisories:\n- id: CGA-1\n  aliases: [CVE-1]\n  events:\n{}", events.concat());
            let records = read(&parse(&text, Rules::Kubernetes).documents[0].root);
            let affected = &records[0].affected[0];
            let end = affected.ranges.first().map(|r| r.events.get(1).map_or("*", |e| e.version()));
            assert_eq!((end, affected.fix), (wanted, fix), "{text}");
        }
    }
}
