//! What a search finds, before it is laid into the evidence.

use std::ops::Range;

use plimsoll_evidence::{SecretFind, SecretNature, SecretPlace, Severity};
use sha2::{Digest, Sha256};

use crate::check::Check;
use crate::kind::Kind;
use crate::rule::{Form, Rule};

/// What stands for the hidden part; its length says nothing.
const HIDDEN: &str = "********";

/// A credential in some bytes.
#[derive(Debug, Clone)]
pub(crate) struct Hit {
    pub(crate) rule: &'static str,
    pub(crate) title: String,
    pub(crate) severity: Severity,
    pub(crate) advice: Option<&'static str>,
    /// Where the value is.
    pub(crate) at: Range<usize>,
    /// The value, for fingerprints and comparison; never shown.
    pub(crate) value: Vec<u8>,
    /// The beginning that may be shown.
    pub(crate) shown: String,
    /// How sure the rule is of what it names; where two name the same bytes the surer one stays.
    pub(crate) rank: Rank,
    /// Why it is harmless, where it is.
    pub(crate) known: Option<String>,
}

/// Surest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// By a word that often goes with credentials.
    Guess,
    /// By the name it is assigned to and its form.
    Named,
    /// By the file's structure.
    Structure,
    /// By its own form.
    Form,
}

impl Hit {
    pub(crate) fn by_rule(rule: &'static Rule, bytes: &[u8], at: Range<usize>) -> Self {
        let value = bytes[at.clone()].to_vec();
        let shown = if rule.form == Form::Token {
            rule.keywords.iter().find(|k| value.starts_with(k.as_bytes())).copied().unwrap_or_default().to_owned()
        } else {
            String::new()
        };
        // A file that says what its web token is for says more than the token does.
        let rank = if rule.form == Form::Assigned || rule.check == Check::Jwt { Rank::Named } else { Rank::Form };
        Self {
            rule: rule.name,
            title: rule.title.to_owned(),
            severity: rule.severity,
            advice: rule.advice,
            at,
            value,
            shown,
            rank,
            known: None,
        }
    }

    pub(crate) fn by_kind(kind: Kind, bytes: &[u8], at: Range<usize>) -> Self {
        Self {
            rule: kind.name,
            title: kind.title.to_owned(),
            severity: kind.severity,
            advice: Some(kind.advice),
            value: bytes[at.clone()].to_vec(),
            at,
            shown: String::new(),
            rank: Rank::Structure,
            known: None,
        }
    }

    /// The first 16 hexadecimal digits of SHA-256 over rule, NUL, value.
    fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.rule.as_bytes());
        hash.update([0]);
        hash.update(&self.value);
        hex(&hash.finalize()[..8])
    }

    /// The value as it may be shown.
    pub(crate) fn redacted(&self) -> String {
        format!("{}{HIDDEN}", self.shown)
    }

    pub(crate) fn into_find(self, place: SecretPlace) -> SecretFind {
        SecretFind {
            rule: self.rule.to_owned(),
            fingerprint: self.fingerprint(),
            redacted: self.redacted(),
            title: self.title,
            severity: self.severity,
            place,
            nature: self.known.map_or(SecretNature::Live, SecretNature::Known),
            advice: self.advice.map(str::to_owned),
        }
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|b| [DIGITS[usize::from(b >> 4)] as char, DIGITS[usize::from(b & 15)] as char]).collect()
}

/// Leaves one hit for each value: of those that overlap or are equal the surest, then the longest, then the first.
pub(crate) fn settle(mut hits: Vec<Hit>) -> Vec<Hit> {
    let by = |h: &Hit| (std::cmp::Reverse(h.rank), std::cmp::Reverse(h.at.len()), h.at.start);
    hits.sort_by_key(by);
    let mut kept: Vec<Hit> = Vec::new();
    let mut values = std::collections::HashSet::new();
    for hit in hits {
        let overlaps = kept.iter().any(|k| k.at.start < hit.at.end && hit.at.start < k.at.end);
        if !overlaps && values.insert(hit.value.clone()) {
            kept.push(hit);
        }
    }
    drop_key_ids(&mut kept);
    kept.sort_by_key(|h| h.at.start);
    kept
}

/// An access key ID beside its secret is one credential, not two.
fn drop_key_ids(hits: &mut Vec<Hit>) {
    const NEAR: usize = 400;
    const IDS: [&str; 2] = ["aws-access-key-id", "aws-temporary-key-id"];
    let secrets: Vec<usize> = hits.iter().filter(|h| h.rule == "aws-secret-access-key").map(|h| h.at.start).collect();
    hits.retain(|h| !IDS.contains(&h.rule) || !secrets.iter().any(|s| s.abs_diff(h.at.start) < NEAR));
}
