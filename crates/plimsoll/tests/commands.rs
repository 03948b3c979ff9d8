//! The other commands, each once from end to end.

#![allow(clippy::unwrap_used)] // Test code: a panic is the message.

mod kit;

use kit::{plimsoll, stderr, stdout};
use serde_json::Value;

#[test]
fn items_lists_forty() {
    let text = stdout(&plimsoll(&["items"]));
    assert_eq!(text.lines().filter(|l| l.starts_with("  ")).count(), 40);
    let items: Value = serde_json::from_slice(&plimsoll(&["items", "--format", "json"]).stdout).unwrap();
    let items = items.as_array().unwrap();
    assert_eq!(items.len(), 40);
    assert!(
        items
            .iter()
            .all(|i| i["rules"].as_array().is_some_and(|r| !r.is_empty()) && i["references"].as_array().is_some_and(|r| !r.is_empty()))
    );
}

#[test]
fn explain_says_what_an_item_asks_for() {
    insta::assert_snapshot!(stdout(&plimsoll(&["explain", "non-root-user"])));
    assert_eq!(stdout(&plimsoll(&["explain", "non-root-user/root"])), stdout(&plimsoll(&["explain", "non-root-user"])));
    let output = plimsoll(&["explain", "nonroot"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("non-root-user"), "{}", stderr(&output));
}

#[test]
fn completions_and_manual_pages_are_made() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(stdout(&plimsoll(&["completions", shell])).contains("fail-on"), "{shell}");
    }
    let directory = tempfile::tempdir().unwrap();
    assert!(plimsoll(&["man", directory.path().to_str().unwrap()]).status.success());
    let page = std::fs::read_to_string(directory.path().join("plimsoll-check.1")).unwrap();
    assert!(page.contains("PLIMSOLL") || page.contains("plimsoll"));
    assert_eq!(plimsoll(&["man", "/nowhere"]).status.code(), Some(2));
}

#[test]
fn help_has_examples_and_the_exit_status() {
    let help = stdout(&plimsoll(&["check", "--help"]));
    assert!(help.contains("Examples:") && help.contains("docker save app | plimsoll check -") && help.contains("PLIMSOLL_FAIL_ON"));
    assert!(stdout(&plimsoll(&["--help"])).contains("Exit status"));
    assert_eq!(plimsoll(&["check", "--no-such-option", "x"]).status.code(), Some(2));
}
