//! OSV's list of an ecosystem's records: `modified_id.csv`, a line `time,id` for each (exporter of osv.dev), and what of it is held.

use std::collections::HashMap;

use serde::Deserialize;

use crate::limits;
use crate::time::seconds;

/// When each record of an ecosystem last changed, as its publisher lists them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    times: HashMap<String, i64>,
}

/// What was taken in of a listing's records: when each last changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    times: HashMap<String, Option<i64>>,
}

impl Listing {
    /// Reads a list. An error says what of it is no list.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut times = HashMap::new();
        for (n, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
            let odd = || format!("its line {} is no time and id", n + 1);
            let (time, id) = line.trim().split_once(',').ok_or_else(odd)?;
            let id = limits::word(id).filter(|id| is_id(id)).ok_or_else(odd)?;
            times.insert(id, seconds(time).ok_or_else(odd)?);
        }
        if times.is_empty() { Err("it lists nothing".to_owned()) } else { Ok(Self { times }) }
    }

    /// Whether a record is listed.
    pub fn has(&self, id: &str) -> bool {
        self.times.contains_key(id)
    }

    /// How many records changed after a time.
    pub fn newer_than(&self, time: i64) -> usize {
        self.times.values().filter(|t| **t > time).count()
    }

    /// The records that are not held, or of which an older state is, or one that does not say when it changed; sorted.
    pub fn beyond(&self, held: &Held) -> Vec<String> {
        let older = |(id, time): &(&String, &i64)| held.times.get(*id).copied().flatten().is_none_or(|had| had < **time);
        let mut ids: Vec<String> = self.times.iter().filter(older).map(|(id, _)| id.clone()).collect();
        ids.sort_unstable();
        ids
    }
}

impl Held {
    pub(crate) fn keep(&mut self, id: &str, modified: Option<i64>) {
        let known = self.times.entry(id.to_owned()).or_default();
        *known = (*known).max(modified);
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.times.contains_key(id)
    }

    /// Adds what another holds.
    pub fn extend(&mut self, other: Self) {
        for (id, time) in other.times {
            self.keep(&id, time);
        }
    }
}

/// An id that may be a part of an address and a file's name.
fn is_id(id: &str) -> bool {
    id.len() <= 200
        && id.starts_with(|c: char| c.is_ascii_alphanumeric())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:+".contains(&b))
}

/// The id of a record in OSV's form, and when it last changed; none of what is no such record.
pub fn stamp(bytes: &[u8]) -> Option<(String, Option<i64>)> {
    #[derive(Deserialize)]
    struct Stamp {
        id: String,
        modified: Option<String>,
    }
    let stamp: Stamp = serde_json::from_slice(bytes).ok()?;
    Some((stamp.id, stamp.modified.as_deref().and_then(seconds)))
}

/// The id that a member of an archive, or a file, is called by: `GHSA-1` of `npm/GHSA-1.json`.
pub(crate) fn id_of(name: &str) -> Option<&str> {
    name.rsplit(['/', '!']).next()?.strip_suffix(".json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_told() {
        let listing =
            Listing::read("2026-01-03T00:00:00.5Z,GHSA-3\n2026-01-02T00:00:00Z,ALSA-2026:2\r\n2026-01-01T00:00:00Z,GHSA-1\n").unwrap();
        let mut held = Held::default();
        assert_eq!(listing.beyond(&held), ["ALSA-2026:2", "GHSA-1", "GHSA-3"]);
        held.keep("GHSA-3", seconds("2026-01-02T00:00:00Z"));
        held.keep("ALSA-2026:2", seconds("2026-01-02T00:00:00Z"));
        held.keep("GHSA-1", None);
        assert_eq!(listing.beyond(&held), ["GHSA-1", "GHSA-3"], "what has no time may be any state");
        held.keep("GHSA-1", seconds("2026-01-01"));
        held.keep("GHSA-3", seconds("2026-01-03T00:00:00Z"));
        assert!(listing.beyond(&held).is_empty());
        assert_eq!(listing.newer_than(seconds("2026-01-01T12:00:00Z").unwrap()), 2);
    }

    #[test]
    fn what_is_no_list_is_none() {
        for text in [
            "",
            "<html>",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z,../x",
            "2026-01-01T00:00:00Z,a/b",
            "yesterday,GHSA-1",
            "2026-01-01,..",
        ] {
            assert!(Listing::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn records_are_told_by_their_names() {
        assert_eq!(
            (id_of("a.zip!npm/GHSA-1.json"), id_of("x/ALSA-2026:2.json"), id_of("x.md")),
            (Some("GHSA-1"), Some("ALSA-2026:2"), None)
        );
        assert_eq!(stamp(br#"{"id":"X-1","modified":"2026-01-01","affected":[]}"#), Some(("X-1".to_owned(), seconds("2026-01-01"))));
        assert_eq!(stamp(b"[]"), None);
    }
}
