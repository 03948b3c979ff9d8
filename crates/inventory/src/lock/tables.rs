//! Lock files of TOML tables named `[[package]]`: Cargo's, Poetry's, uv's and PDM's. They are written by their tools alone, a key a line.

use super::Locked;

/// A `[[package]]` while its lines come in.
#[derive(Default)]
struct Table<'a> {
    name: Option<&'a str>,
    version: Option<&'a str>,
    source: Option<&'a str>,
    category: Option<&'a str>,
}

fn packages(text: &str) -> impl Iterator<Item = Table<'_>> {
    let mut tables = Vec::new();
    let (mut open, mut in_text) = (false, false);
    for line in text.lines().map(str::trim_end) {
        // A description of several lines may look like anything.
        let toggles = line.matches("\"\"\"").count() % 2 == 1;
        if in_text || toggles {
            in_text ^= toggles;
        } else if line == "[[package]]" {
            tables.push(Table::default());
            open = true;
        } else if line.starts_with('[') {
            open = false;
        } else if let Some(table) = tables.last_mut().filter(|_| open)
            && let Some((key, value)) = line.split_once(" = ")
        {
            match key {
                "name" => table.name = Some(value.trim_matches('"')),
                "version" => table.version = Some(value.trim_matches('"')),
                "source" => table.source = Some(value),
                "category" => table.category = Some(value.trim_matches('"')),
                _ => {}
            }
        }
    }
    tables.into_iter()
}

/// Packages without a source are those of the workspace.
pub(super) fn cargo(text: &str) -> Vec<Locked> {
    let of = |t: Table<'_>| Some(Locked::new(t.name?, t.version?, false)).filter(|_| t.source.is_some());
    packages(text).filter_map(of).collect()
}

/// Of uv, the application itself is one whose source is `virtual`, `editable` or a directory.
pub(super) fn python(text: &str) -> Vec<Locked> {
    let is_own = |t: &Table<'_>| t.source.is_some_and(|s| ["{ virtual", "{ editable", "{ directory"].iter().any(|own| s.starts_with(own)));
    let of = |t: Table<'_>| Some(Locked::new(t.name?, t.version?, t.category == Some("dev"))).filter(|_| !is_own(&t));
    packages(text).filter_map(of).collect()
}
