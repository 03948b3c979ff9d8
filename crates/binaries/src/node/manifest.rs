//! The files by which a package is loaded (Node.js documentation, "Modules: Packages").

use std::collections::BTreeSet;

use serde_json::Value;

use super::{ANY, IMPORTS, LOADS, MAIN, SELF};

/// None where it is no description of a package.
pub(super) fn look(bytes: &[u8], lines: &mut BTreeSet<String>) -> Option<()> {
    let text = std::str::from_utf8(bytes).ok()?;
    let manifest: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    if let Some(main) = manifest["main"].as_str() {
        add(main, lines);
    }
    if !manifest["exports"].is_null() {
        exported(&manifest["exports"], lines);
        lines.extend(manifest["name"].as_str().filter(|n| !n.contains(['\n', '\r'])).map(|name| format!("{SELF}{name}")));
    }
    // Names of the package's own, for its files and for other packages.
    if !manifest["imports"].is_null() {
        lines.insert(IMPORTS.to_owned());
        exported(&manifest["imports"], lines);
    }
    Some(())
}

/// Conditions of others than Node.js, which it never has unless an option says so.
const OF_OTHERS: [&str; 8] = ["browser", "bun", "deno", "edge-light", "react-native", "types", "worker", "workerd"];

/// Under whatever conditions that Node.js may have.
fn exported(value: &Value, lines: &mut BTreeSet<String>) {
    match value {
        Value::String(path) => add(path, lines),
        Value::Array(all) => all.iter().for_each(|v| exported(v, lines)),
        Value::Object(all) => {
            all.iter().filter(|(key, _)| !OF_OTHERS.contains(&key.as_str())).for_each(|(_, v)| exported(v, lines));
        }
        _ => {}
    }
}

fn add(path: &str, lines: &mut BTreeSet<String>) {
    // What is imported may be another package.
    if !path.starts_with('.') && !path.contains(['\n', '\r']) {
        lines.insert(format!("{LOADS}{path}"));
    }
    if path.contains('*') || path.ends_with('/') && path != "./" {
        lines.insert(ANY.to_owned());
    }
    if !path.contains(['\n', '\r']) {
        lines.insert(format!("{MAIN}{path}"));
    }
}
