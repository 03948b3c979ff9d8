use proptest::prelude::*;

use super::*;
use crate::testkit::{FIRST_SECTION, damaged, elf, look, look_in_memory, packages};

const LIST: &str = "path\texample.test/app/cmd/app\nmod\texample.test/app\tv1.2.3\th1:x=\ndep\texample.test/a\tv1.0.0\th1:x=\ndep\texample.test/b\tv1.0.0\n=>\texample.test/fork\tv1.0.1\th1:x=\ndep\texample.test/c\tv1.0.0\n=>\t./c\t(devel)\t\nbuild\t-compiler=gc\n";

fn information(version: &str, list: &str) -> Vec<u8> {
    let mut bytes = [MAGIC, &[8, FLAG_INLINE]].concat();
    bytes.resize(INLINE, 0);
    let list = format!("{}{list}{}", "s".repeat(SENTINEL), "e".repeat(SENTINEL));
    for text in [version, &list] {
        let mut length = text.len();
        while length >= 0x80 {
            bytes.push(length as u8 | 0x80);
            length >>= 7;
        }
        bytes.push(length as u8);
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes
}

/// As Go wrote it before 1.18: the information points to string headers, those to the texts.
fn pointed_information(version: &str, list: &str) -> Vec<u8> {
    let list = format!("{}{list}{}", "s".repeat(SENTINEL), "e".repeat(SENTINEL));
    let mut bytes = [MAGIC, &[8, 0]].concat();
    let (headers, texts) = (FIRST_SECTION + 32, FIRST_SECTION + 64);
    for word in [headers, headers + 16, texts, version.len() as u64, texts + version.len() as u64, list.len() as u64] {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    [bytes.as_slice(), version.as_bytes(), list.as_bytes()].concat()
}

#[test]
fn modules_of_a_program_in_each_form() {
    let wanted = [
        ("stdlib", "1.22.1", "app"),
        ("example.test/app", "v1.2.3", "app"),
        ("example.test/a", "v1.0.0", "app"),
        ("example.test/fork", "v1.0.1", "app"),
        ("example.test/c", "", "app"),
    ];
    let inline = information("go1.22.1 X:rangefunc", LIST);
    let mut other = b"MZ".to_vec();
    other.resize(512, 0);
    other.extend_from_slice(&inline);
    let mut no_sections = elf(&[(".data", inline.clone())]);
    for field in [40..48, 60..64] {
        no_sections[field].fill(0);
    }
    for file in [elf(&[(".go.buildinfo", inline)]), elf(&[(".go.buildinfo", pointed_information("go1.22.1", LIST))]), no_sections] {
        let (facts, problem) = look(&Go, "app", &file);
        assert_eq!((packages(&facts), problem), (wanted.to_vec(), None));
    }
    let (facts, problem) = look_in_memory(&Go, "app", &other);
    assert_eq!((packages(&facts), problem), (wanted.to_vec(), None));
}

#[test]
fn programs_outside_modules_and_without_information() {
    for (list, wanted) in [
        ("path\tgithub.test/tool\nbuild\tCGO_ENABLED=1\n", vec![("stdlib", "1.19.8", "x"), ("github.test/tool", "", "x")]),
        ("path\tcmd/go\n", vec![("stdlib", "1.19.8", "x")]),
        ("path\tcommand-line-arguments\ndep\ta.test\tv1\n", vec![("stdlib", "1.19.8", "x"), ("a.test", "v1", "x")]),
        ("no line feed at the end", vec![("stdlib", "1.19.8", "x")]),
    ] {
        let (facts, problem) = look(&Go, "x", &elf(&[(".go.buildinfo", information("go1.19.8", list))]));
        assert_eq!((packages(&facts), problem), (wanted, None), "{list}");
    }
    // C programs say nothing, and a text that only mentions the magic is none.
    for file in [elf(&[(".text", vec![0; 64])]), elf(&[(".rodata", information("go1.19.8", LIST))]), b"\x7fELF".to_vec(), MAGIC.to_vec()] {
        assert_eq!(look(&Go, "x", &file), (LayerFacts::default(), None));
    }
}

#[test]
fn information_that_cannot_be_read_is_a_problem() {
    let mut lies = information("go1.22", LIST);
    lies[INLINE] = 0xff;
    let mut nowhere = pointed_information("go1.17", LIST);
    nowhere[16..24].fill(0xff);
    for bytes in [lies, nowhere] {
        let (facts, problem) = look(&Go, "x", &elf(&[(".go.buildinfo", bytes)]));
        assert!(facts.databases.is_empty());
        assert!(problem.is_some_and(|p| p.hides && p.message.contains("/x: its build information")));
    }
}

proptest! {
    #[test]
    fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        look(&Go, "x", &[b"\x7fELF\x02\x01", bytes.as_slice()].concat());
        look(&Go, "x", &elf(&[(".go.buildinfo", [MAGIC, bytes.as_slice()].concat())]));
    }

    #[test]
    fn damage_ends(changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..8), end: usize, old: bool) {
        let information = if old { pointed_information("go1.17", LIST) } else { information("go1.22", LIST) };
        look(&Go, "x", &damaged(&elf(&[(".go.buildinfo", information)]), &changes, end));
    }
}
