//! What the README says to type on a fresh machine.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code: a panic is the message.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The workspace has other programs; `cargo run` refuses to choose among several.
#[test]
fn cargo_run_means_plimsoll() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    assert!(readme.contains("\ncargo run --release -- check examples/service.tar\n"), "the first command");
    assert!(root.join("examples/service.tar").is_file() && root.join("examples/service-hardened.tar").is_file());
    let output =
        Command::new(env!("CARGO")).args(["metadata", "--no-deps", "--offline", "--format-version=1"]).current_dir(&root).output().unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let default = metadata["workspace_default_members"].as_array().unwrap();
    let programs = |package: &&Value| {
        default.contains(&package["id"])
            && package["targets"].as_array().unwrap().iter().any(|t| t["kind"].as_array().unwrap().contains(&"bin".into()))
    };
    let names: Vec<&str> =
        metadata["packages"].as_array().unwrap().iter().filter(programs).map(|package| package["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["plimsoll"]);
}
