use std::collections::HashSet;

use super::rules;
use crate::rule::{Reach, Rule};
use crate::sample::expand;
use crate::scan::{Subject, scan};

/// The rules that find something in an example, and what of it a report would show.
fn found(rule: &Rule, template: &str, seed: &str) -> Vec<(&'static str, String, String)> {
    let text = expand(template, seed);
    let subject = Subject { path: "app/settings.txt", is_text: true, is_own: true, cut: (false, false) };
    scan(subject, format!("first line\n{text}\nlast line\n").as_bytes())
        .into_iter()
        .map(|hit| {
            let value = String::from_utf8(hit.value.clone()).unwrap();
            let name = hit.rule;
            let place = plimsoll_evidence::SecretPlace::Env { name: rule.name.to_owned() };
            (name, value, hit.into_find(place).redacted)
        })
        .collect()
}

#[test]
fn every_rule_finds_its_example_alone_and_redacts_it() {
    let mut broken = Vec::new();
    for rule in rules() {
        for seed in ["a", "b", "c"] {
            let hits = found(rule, rule.positive, &format!("{}{seed}", rule.name));
            let [(name, value, redacted)] = hits.as_slice() else {
                let names: Vec<&str> = hits.iter().map(|h| h.0).collect();
                broken.push(format!("{}: {names:?} in {}", rule.name, expand(rule.positive, &format!("{}{seed}", rule.name))));
                continue;
            };
            if *name != rule.name {
                broken.push(format!("{}: found by {name}", rule.name));
            }
            let shown = redacted.trim_end_matches('*');
            let hidden_is_most = value.len() <= 8 && shown.is_empty() || shown.len() * 2 <= value.len() || rule.name == "ansible-vault";
            if !redacted.ends_with("********") || !value.starts_with(shown) || !hidden_is_most {
                broken.push(format!("{}: shown as {redacted}", rule.name));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn no_rule_finds_what_only_looks_alike() {
    let mut broken = Vec::new();
    for rule in rules() {
        let hits = found(rule, rule.negative, rule.name);
        if hits.iter().any(|h| h.0 == rule.name) {
            broken.push(format!("{}: {}", rule.name, expand(rule.negative, rule.name)));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn rules_are_whole() {
    let mut names = HashSet::new();
    for rule in rules() {
        assert!(names.insert(rule.name), "{} is there twice", rule.name);
        assert!(!rule.positive.is_empty() && !rule.negative.is_empty(), "{} lacks an example", rule.name);
        assert!(!rule.keywords.is_empty() && rule.keywords.iter().all(|k| k.len() >= 2), "{}", rule.name);
        assert!(rule.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{}", rule.name);
        assert!(
            rule.reach == Reach::Own || rule.keywords.iter().all(|k| k.len() >= 4),
            "{}: a keyword too common for all texts",
            rule.name
        );
    }
    assert!(names.len() >= 180, "{}", names.len());
}
