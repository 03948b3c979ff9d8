//! JSON as engines read it, from hostile hands: Go matches member names without regard to case and lets the last of
//! several win, so a strict reader could be shown another image than the one that runs. Every value is first kept as raw
//! text and then read as what it should be; one that is something else costs that field, not the document.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// How many doubtful names of one object are told.
const MOST_DOUBTS: usize = 20;

/// An object's members in their order, values unread.
#[derive(Debug, Default, Clone)]
pub(crate) struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Members<'a> {
    /// The members of a JSON text that must be an object.
    pub(crate) fn of(text: &'a [u8]) -> Result<Self, String> {
        // Some writers put a byte order mark before the text.
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        serde_json::from_slice(text).map_err(|e| describe(&e))
    }

    fn matching<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'a RawValue> + 'm {
        self.0.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| *v)
    }

    /// The value an engine would see under a name: the last, whatever the case. `null` counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.matching(name).last().filter(|v| v.get() != "null")
    }

    /// The value under a name, read as a type; an error names the member.
    pub(crate) fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, String> {
        let Some(raw) = self.get(name) else { return Ok(None) };
        serde_json::from_str(raw.get()).map(Some).map_err(|e| format!("{name} is not what it should be ({})", describe(&e)))
    }

    /// An object under a name; of several objects the members follow one another, as Go merges them.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Members<'a>>, String> {
        let mut all: Option<Members<'a>> = None;
        for raw in self.matching(name).filter(|v| v.get() != "null") {
            let one: Members<'a> = serde_json::from_str(raw.get()).map_err(|e| format!("{name} is not an object ({})", describe(&e)))?;
            all.get_or_insert_default().0.extend(one.0);
        }
        Ok(all)
    }

    /// A list of objects under a name.
    pub(crate) fn objects(&self, name: &str) -> Result<Option<Vec<Members<'a>>>, String> {
        let Some(raw) = self.get(name) else { return Ok(None) };
        serde_json::from_str(raw.get()).map(Some).map_err(|e| format!("{name} is not a list of objects ({})", describe(&e)))
    }

    /// Names of members that stand there twice, or in another case than the given ones; engines differ in what they make of those.
    pub(crate) fn doubtful(&self, known: &[&str]) -> Vec<String> {
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        let mut doubtful = Vec::new();
        for (name, _) in &self.0 {
            let Some(exact) = known.iter().find(|k| k.eq_ignore_ascii_case(name)) else { continue };
            let count = seen.entry(name.to_ascii_lowercase()).or_default();
            *count += 1;
            let said_already = doubtful.len() >= MOST_DOUBTS || doubtful.contains(name);
            if (*count == 2 || exact != name) && !said_already {
                doubtful.push(name.clone());
            }
        }
        doubtful
    }

    /// The names of all members, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        self.others(&[])
    }

    /// Names of members that are none of the given ones, sorted.
    pub(crate) fn others(&self, known: &[&str]) -> Vec<String> {
        let mut names: Vec<String> =
            self.0.iter().map(|(n, _)| n).filter(|n| !known.iter().any(|k| k.eq_ignore_ascii_case(n))).cloned().collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// Serde's complaint without the end-of-text position it adds, which is of no use for a text that is one line.
fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((what, _)) => what.to_owned(),
        None => text,
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    members.push(entry);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Object).map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_wins_whatever_its_case() {
        let members = Members::of(br#"{"User":"1000","user":"0","x":null}"#).unwrap();
        assert_eq!(members.read::<String>("User").unwrap().as_deref(), Some("0"));
        assert_eq!(members.doubtful(&["User"]), ["user"]);
        assert_eq!(members.read::<String>("x").unwrap(), None);
    }

    #[test]
    fn objects_merge_as_in_go() {
        let members = Members::of(br#"{"config":{"User":"1"},"Config":{"Cmd":[]}}"#).unwrap();
        let config = members.object("config").unwrap().unwrap();
        assert_eq!(config.read::<String>("User").unwrap().as_deref(), Some("1"));
        assert!(config.get("Cmd").is_some());
    }

    #[test]
    fn depth_is_no_danger() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        // Unread values are skipped without recursion; read ones are refused.
        if let Ok(members) = Members::of(deep.as_bytes()) {
            assert!(members.read::<Vec<String>>("a").is_err());
            assert!(members.objects("a").is_err());
        }
    }

    #[test]
    fn what_is_no_object_says_so() {
        for text in ["", "[]", "42", "{\"a\":}", "{", "\u{feff}[]"] {
            assert!(Members::of(text.as_bytes()).is_err(), "{text:?}");
        }
    }
}
