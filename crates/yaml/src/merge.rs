//! Merge keys (<https://yaml.org/type/merge.html>), as go-yaml applies them.

use crate::{Entry, ErrorKind, Node, Place, ReadError, Rules, Style, Value};

/// The entries with what their merge keys bring, and without the merge keys.
pub(crate) fn apply(entries: Vec<Entry>, rules: Rules) -> Result<Vec<Entry>, ReadError> {
    if !entries.iter().any(|e| is_merge(&e.key)) {
        return Ok(entries);
    }
    // In the order in which go-yaml v2 sets them: the last one set counts.
    let mut set: Vec<Entry> = Vec::new();
    let mut brought: Vec<Entry> = Vec::new();
    for entry in entries {
        if !is_merge(&entry.key) {
            set.push(entry);
            continue;
        }
        let into = if rules == Rules::Kubernetes { &mut set } else { &mut brought };
        let place = entry.value.alias.as_deref().copied().unwrap_or(entry.key.place);
        match entry.value.value {
            // Of several, the first that has a key counts: it is set last.
            Value::Sequence(items) => {
                for item in items.into_iter().rev() {
                    bring(item, place, into)?;
                }
            }
            _ => bring(entry.value, place, into)?,
        }
    }
    if rules == Rules::Compose {
        brought.append(&mut set);
        // What is written counts, so it is set last; but it is read first.
        let mut kept = without_overridden(brought);
        kept.sort_by_key(|e| e.merged.is_some());
        return Ok(kept);
    }
    Ok(without_overridden(set))
}

fn is_merge(key: &Node) -> bool {
    let Value::Scalar(scalar) = &key.value else { return false };
    scalar.text == "<<"
        && match key.tag.as_deref() {
            None => scalar.style == Style::Plain,
            Some(tag) => tag == "!!merge",
        }
}

fn bring(from: Node, merge: Place, into: &mut Vec<Entry>) -> Result<(), ReadError> {
    let at = from.alias.as_deref().copied();
    let Value::Mapping(mapping) = from.value else {
        let message = "a merge key (<<) takes a mapping or a list of mappings".to_owned();
        return Err(ReadError { kind: ErrorKind::Syntax, message, place: at.unwrap_or(from.place) });
    };
    into.extend(mapping.entries.into_iter().map(|entry| Entry { merged: Some(Box::new(at.unwrap_or(merge))), ..entry }));
    Ok(())
}

/// Without entries that a later one overrides. Keys written twice stay: that they are is told.
fn without_overridden(entries: Vec<Entry>) -> Vec<Entry> {
    // The last entry of each key, and the last one that a merge brought.
    let mut last: std::collections::HashMap<String, (usize, Option<usize>)> = std::collections::HashMap::new();
    for (at, entry) in entries.iter().enumerate() {
        if let Some(key) = entry.key.text() {
            let slot = last.entry(key.to_owned()).or_default();
            slot.0 = at;
            if entry.merged.is_some() {
                slot.1 = Some(at);
            }
        }
    }
    let mut at = 0;
    entries
        .into_iter()
        .filter(|entry| {
            let here = at;
            at += 1;
            let Some((latest, by_merge)) = entry.key.text().and_then(|key| last.get(key)) else { return true };
            let overridden_by_merge = by_merge.is_some_and(|merge| merge > here);
            !(overridden_by_merge || entry.merged.is_some() && *latest > here)
        })
        .collect()
}
