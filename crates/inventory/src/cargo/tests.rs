use std::io::Write;

use flate2::write::ZlibEncoder;
use proptest::prelude::*;

use super::*;
use crate::testkit::{damaged, elf, look, packages};

fn program(json: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(json).unwrap();
    elf(&[(".text", vec![0x90; 16]), (SECTION, encoder.finish().unwrap())])
}

const LIST: &[u8] = br#"{"packages": [
    {"name": "app", "version": "0.1.0", "source": "local", "dependencies": [1], "root": true},
    {"name": "serde", "version": "1.0.1", "source": "crates.io"},
    {"name": "cc", "version": "1.0.2", "source": "crates.io", "kind": "build"},
    {"name": "odd", "version": "2.0.0", "source": "git", "kind": "something new"}]}"#;

#[test]
fn crates_that_are_in_the_program() {
    let (facts, problem) = look(&Cargo, "app", &program(LIST));
    assert_eq!(packages(&facts), [("app", "0.1.0", "app"), ("serde", "1.0.1", "app"), ("odd", "2.0.0", "app")]);
    assert_eq!(problem, None);
    assert_eq!(look(&Cargo, "plain", &elf(&[(".text", vec![0; 8])])), (LayerFacts::default(), None));
}

#[test]
fn lists_that_cannot_be_read_are_problems() {
    let bomb = vec![b' '; MOST as usize + 1];
    for (file, what) in [
        (program(&bomb), "more than 8 MiB"),
        (program(b"{"), "malformed"),
        (program(br#"{"packages": [{"name": "x"}]}"#), "malformed"),
        (elf(&[(SECTION, b"not zlib".to_vec())]), "inflated"),
    ] {
        let (facts, problem) = look(&Cargo, "app", &file);
        assert!(facts.databases.is_empty());
        assert!(problem.is_some_and(|p| p.hides && p.message.contains(what)), "{what}");
    }
}

proptest! {
    #[test]
    fn damage_ends(changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..8), end: usize) {
        look(&Cargo, "x", &damaged(&program(LIST), &changes, end));
    }

    #[test]
    fn any_list_ends(json in ".{0,200}") {
        look(&Cargo, "x", &program(json.as_bytes()));
    }
}
