//! Digests of chosen files of a layer.

use std::collections::HashMap;

use md5::{Digest as _, Md5};
use plimsoll_evidence::{ComputedDigest, FileDigest, FileEntry, LayerFacts, Problem, ProblemKind, printable_line};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};
use sha1::Sha1;
use sha2::Sha256;

use crate::bytes::Source;

/// Bytes hashed at a time.
const BLOCK: usize = 1 << 20;

/// Which digests are wanted of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) md5: bool,
    pub(super) sha1: bool,
    pub(super) sha256: bool,
}

/// Computes digests of the files that it is asked about, and of no others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rehash {
    pub(super) wanted: HashMap<String, Wanted>,
}

impl Rehash {
    /// Which digests of which files are wanted: with equal ones the answer of a layer is the same.
    pub fn question(&self) -> Vec<u8> {
        let mut wanted: Vec<(&String, &Wanted)> = self.wanted.iter().collect();
        wanted.sort_unstable_by_key(|(path, _)| *path);
        let mut question = Vec::new();
        for (path, wanted) in wanted {
            question.extend_from_slice(&(path.len() as u64).to_le_bytes());
            question.extend_from_slice(path.as_bytes());
            question.push(u8::from(wanted.md5) | u8::from(wanted.sha1) << 1 | u8::from(wanted.sha256) << 2);
        }
        question
    }
}

impl Analyser for Rehash {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "rehash", version: 1 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        if self.wanted.contains_key(&entry.path) { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let (Some(wanted), Some(source)) = (self.wanted.get(&entry.path), Source::of(content)) else { return Ok(()) };
        let mut of = Hashers::new(*wanted);
        let mut code = false;
        let mut at = 0;
        while at < source.len() {
            let size = (source.len() - at).min(BLOCK as u64) as usize;
            let Some(block) = source.read(at, size) else {
                return Err(Problem::noted(
                    ProblemKind::Io,
                    format!("/{}: cannot be read again; its digest is not known", printable_line(&entry.path, 200)),
                ));
            };
            if at == 0 {
                code = is_code(&block);
            }
            of.update(&block);
            at += size as u64;
        }
        let found = |digest| ComputedDigest { path: entry.path.clone(), digest, code };
        facts.digests.extend(of.finish().map(found));
        Ok(())
    }
}

/// Whether a file is a program, a library or a script, by its first bytes.
fn is_code(head: &[u8]) -> bool {
    [&b"\x7fELF"[..], b"#!", b"MZ"].iter().any(|magic| head.starts_with(magic))
}

/// The digests that are being computed.
struct Hashers {
    md5: Option<Md5>,
    sha1: Option<Sha1>,
    sha256: Option<Sha256>,
}

impl Hashers {
    fn new(wanted: Wanted) -> Self {
        Self { md5: wanted.md5.then(Md5::new), sha1: wanted.sha1.then(Sha1::new), sha256: wanted.sha256.then(Sha256::new) }
    }

    fn update(&mut self, bytes: &[u8]) {
        self.md5.iter_mut().for_each(|h| h.update(bytes));
        self.sha1.iter_mut().for_each(|h| h.update(bytes));
        self.sha256.iter_mut().for_each(|h| h.update(bytes));
    }

    fn finish(self) -> impl Iterator<Item = FileDigest> {
        let md5 = self.md5.map(|h| FileDigest::Md5(h.finalize().into()));
        let sha1 = self.sha1.map(|h| FileDigest::Sha1(h.finalize().into()));
        let sha256 = self.sha256.map(|h| FileDigest::Sha256(h.finalize().into()));
        [md5, sha1, sha256].into_iter().flatten()
    }
}

/// The digest of these bytes by the algorithm of another one.
pub(super) fn same_algorithm(as_of: FileDigest, bytes: &[u8]) -> FileDigest {
    match as_of {
        FileDigest::Md5(_) => FileDigest::Md5(Md5::digest(bytes).into()),
        FileDigest::Sha1(_) => FileDigest::Sha1(Sha1::digest(bytes).into()),
        FileDigest::Sha256(_) => FileDigest::Sha256(Sha256::digest(bytes).into()),
        FileDigest::Other => FileDigest::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::look;

    #[test]
    fn the_digests_are_those_of_the_standards() {
        // RFC 1321, A.5; FIPS 180-4's examples.
        let wanted = [("a".to_owned(), Wanted { md5: true, sha1: true, sha256: true }), ("b".to_owned(), Wanted::default())];
        let rehash = Rehash { wanted: wanted.into_iter().collect() };
        let (facts, problem) = look(&rehash, "a", b"abc");
        let shown: Vec<String> = facts
            .digests
            .iter()
            .map(|d| match &d.digest {
                FileDigest::Md5(b) => crate::testkit::hex(b),
                FileDigest::Sha1(b) => crate::testkit::hex(b),
                FileDigest::Sha256(b) => crate::testkit::hex(b),
                FileDigest::Other => String::new(),
            })
            .collect();
        assert_eq!(
            shown,
            [
                "900150983cd24fb0d6963f7d28e17f72",
                "a9993e364706816aba3e25717850c26c9cd0d89d",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
            ]
        );
        assert!(problem.is_none() && facts.digests.iter().all(|d| !d.code));
        assert!(look(&rehash, "b", b"abc").0.digests.is_empty() && look(&rehash, "c", b"abc").0.digests.is_empty());
        assert!(look(&rehash, "a", b"#!/bin/sh").0.digests.iter().all(|d| d.code));
        let Some(FileDigest::Md5(empty)) = facts.digests.first().map(|d| same_algorithm(d.digest, b"")) else { panic!() };
        assert_eq!(empty[..4], [0xd4, 0x1d, 0x8c, 0xd9]);
    }
}
