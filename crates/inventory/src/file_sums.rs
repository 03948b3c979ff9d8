//! Digests of programs and archives, for bills of materials. They are only computed where somebody asks for them: checks need none.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use plimsoll_evidence::{CapturedText, FileEntry, LayerFacts, Problem, ProblemKind, printable_line};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};
use sha2::{Digest as _, Sha512};

use crate::bytes::Source;

/// Bytes hashed at a time.
const BLOCK: usize = 1 << 20;
/// How the text that is kept of a file begins.
const MARK: &str = "sha512 ";

/// Computes the SHA-512 of each file that may be a component as a whole: programs, libraries, archives of Java.
pub struct FileSums;

impl Analyser for FileSums {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "file-sums", version: 1 }
    }

    fn wants(&self, entry: &FileEntry, head: &[u8]) -> Interest {
        let name = entry.name();
        let is_archive = head.starts_with(b"PK\x03\x04") && [".jar", ".war", ".ear"].iter().any(|end| name.ends_with(end));
        if head.starts_with(b"\x7fELF") || is_archive { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let Some(source) = Source::of(content) else { return Ok(()) };
        let mut hash = Sha512::new();
        let mut at = 0;
        while at < source.len() {
            let size = (source.len() - at).min(BLOCK as u64) as usize;
            let Some(block) = source.read(at, size) else {
                let message = format!("/{}: cannot be read again; its digest is not known", printable_line(&entry.path, 200));
                return Err(Problem::noted(ProblemKind::Io, message));
            };
            hash.update(&block);
            at += size as u64;
        }
        let mut text = MARK.to_owned();
        for byte in hash.finalize() {
            let _ = write!(text, "{byte:02x}");
        }
        facts.texts.push(CapturedText { path: entry.path.clone(), text, cut: false });
        Ok(())
    }
}

/// The digests that were computed, by path.
pub fn file_sums(texts: &[CapturedText]) -> BTreeMap<&str, &str> {
    let is_sum = |digits: &&str| digits.len() == 128 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    texts.iter().filter_map(|t| Some((t.path.as_str(), t.text.strip_prefix(MARK).filter(is_sum)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::entry;

    #[test]
    fn programs_and_archives_have_theirs() {
        let mut facts = LayerFacts::default();
        FileSums.analyse(&entry("a", 3), Content::Whole(b"abc"), &mut facts).unwrap();
        // FIPS 180-4's example.
        let wanted = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
        assert_eq!(file_sums(&facts.texts).get("a"), Some(&wanted));
        let wants = |name: &str, head: &[u8]| FileSums.wants(&entry(name, 9), head) == Interest::Whole;
        assert!(
            wants("bin/a", b"\x7fELF") && wants("a.jar", b"PK\x03\x04") && !wants("a.zip", b"PK\x03\x04") && !wants("a.jar", b"#!/bin/sh")
        );
        let odd = CapturedText { path: "b".to_owned(), text: "sha512 is a digest".to_owned(), cut: false };
        assert!(file_sums(&[odd]).is_empty());
    }
}
