use std::fmt;

use plimsoll_evidence::{Location, Origin, Severity};
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// One place where an item finds something.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Finding {
    /// The item and its rule.
    pub rule: RuleId,
    /// What was found, in one sentence.
    pub message: String,
    /// How bad it is. Above `info` it fails the item.
    pub severity: Severity,
    /// Where.
    pub location: Location,
    /// Who brought it in.
    pub origin: Origin,
    /// The same finding in the next build of the image has it too.
    pub fingerprint: Fingerprint,
    /// How to mend it.
    pub fix: Option<Fix>,
}

/// An item and one of its rules: `non-root-user/root`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct RuleId(String);

impl RuleId {
    /// From the item's name and the rule's.
    pub fn new(item: &str, rule: &str) -> Self {
        Self(format!("{item}/{rule}"))
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The item's name.
    pub fn item(&self) -> &str {
        self.0.split_once('/').map_or(self.0.as_str(), |(item, _)| item)
    }

    /// The rule's name inside its item.
    pub fn rule(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, rule)| rule)
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A finding's identity across rebuilds: SHA-256, in hexadecimal digits, of its rule, its path or field, and what it is about. Neither
/// the line nor the layer is part of it, so that moved lines and new layers leave it as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Of a finding. `nth` tells findings apart that agree in all the rest (the first is 0).
    pub(crate) fn of(rule: &RuleId, location: &Location, detail: &str, nth: usize) -> Self {
        let mut hash = Sha256::new();
        // Lengths keep "a" + "bc" and "ab" + "c" apart.
        for part in [rule.as_str(), &place(location), detail] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        if nth > 0 {
            hash.update((nth as u64).to_be_bytes());
        }
        let digest: [u8; 32] = hash.finalize().into();
        Self(plimsoll_evidence::Digest::sha256(&digest).hex().to_owned())
    }

    /// Its hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What of a location stays the same in the next build.
fn place(location: &Location) -> String {
    match location {
        Location::Manifest { field } => format!("manifest:{field}"),
        Location::Config { field } => format!("config:{field}"),
        Location::History { created_by, .. } => format!("history:{}", without_digests(created_by)),
        Location::Layer { path, inside, .. } => format!("file:{path}:{}", inside.as_deref().unwrap_or_default()),
        Location::WholeLayer { created_by, .. } => format!("layer:{}", without_digests(created_by.as_deref().unwrap_or_default())),
        Location::File(line) => format!("source:{}", line.path),
        Location::Image => "image".to_owned(),
    }
}

/// Builders write digests of what they copied into the history; those change with every build.
fn without_digests(command: &str) -> String {
    const SHORTEST: usize = 12;
    let mut out = String::with_capacity(command.len());
    let mut rest = command;
    while !rest.is_empty() {
        let hex = rest.bytes().take_while(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b)).count();
        if hex >= SHORTEST {
            out.push('*');
            rest = &rest[hex..];
        } else {
            let end = hex + rest[hex..].chars().next().map_or(0, char::len_utf8);
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        }
    }
    out
}

/// How to mend a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fix {
    /// What to do.
    pub summary: String,
    /// Lines to write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(layer: usize, digest: &str, line: u32) -> Location {
        Location::Layer {
            layer,
            digest: digest.to_owned(),
            path: "/x".to_owned(),
            inside: None,
            line: Some(line),
            step: None,
            created_by: None,
            build_file: None,
        }
    }

    #[test]
    fn a_fingerprint_survives_moved_lines_and_new_layers() {
        let rule = RuleId::new("item", "rule");
        let one = Fingerprint::of(&rule, &layer(1, "sha256:aa", 3), "d", 0);
        assert_eq!(one, Fingerprint::of(&rule, &layer(2, "sha256:bb", 30), "d", 0));
        assert_ne!(one, Fingerprint::of(&rule, &layer(1, "sha256:aa", 3), "e", 0));
        assert_ne!(one, Fingerprint::of(&rule, &layer(1, "sha256:aa", 3), "d", 1));
        assert_ne!(one, Fingerprint::of(&RuleId::new("item", "other"), &layer(1, "sha256:aa", 3), "d", 0));
        assert_eq!(one.as_str().len(), 64);
        let copy = |digest: &str| Location::History { step: 1, created_by: format!("COPY file:{digest} in /é"), build_file: None };
        assert_eq!(Fingerprint::of(&rule, &copy("0123456789abcdef"), "", 0), Fingerprint::of(&rule, &copy("fedcba98765432100"), "", 0));
    }

    #[test]
    fn a_finding_has_the_members_that_the_report_promises() {
        let rule = RuleId::new("item", "rule");
        let finding = Finding {
            fingerprint: Fingerprint::of(&rule, &Location::Image, "", 0),
            rule,
            message: "m".to_owned(),
            severity: Severity::Low,
            location: Location::Image,
            origin: Origin::BaseImage,
            fix: Some(Fix { summary: "do".to_owned(), example: None }),
        };
        let value = serde_json::to_value(finding).unwrap();
        let names: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names.len(), 7);
        assert_eq!(value["rule"], "item/rule");
        assert_eq!(value["origin"], "base-image");
        assert_eq!(value["fix"], serde_json::json!({ "summary": "do" }));
    }
}
