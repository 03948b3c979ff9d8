//! The files by which a package is loaded (Node.js documentation, "Modules: Packages").

use std::collections::BTreeSet;

use serde_json::Value;

use super::{ANY, DANGER, MAIN, SELF};

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
    // Names of the package's own for other packages.
    if !manifest["imports"].is_null() {
        lines.insert(format!("{DANGER}imports in package.json"));
    }
    Some(())
}

/// Under whatever conditions.
fn exported(value: &Value, lines: &mut BTreeSet<String>) {
    match value {
        Value::String(path) => add(path, lines),
        Value::Array(all) => all.iter().for_each(|v| exported(v, lines)),
        Value::Object(all) => all.values().for_each(|v| exported(v, lines)),
        _ => {}
    }
}

fn add(path: &str, lines: &mut BTreeSet<String>) {
    if path.contains('*') || path.ends_with('/') && path != "./" {
        lines.insert(ANY.to_owned());
    }
    if !path.contains(['\n', '\r']) {
        lines.insert(format!("{MAIN}{path}"));
    }
}
