//! The same search over a text of the project: a build file, a manifest, a unit.

use std::ops::Range;
use std::sync::LazyLock;

use plimsoll_evidence::{Place, SecretFind, SecretPlace};

use crate::files::shell;
use crate::hit::{Hit, settle};
use crate::prefilter::{EVERYWHERE, OWN, TEXTS};
use crate::scan::{Subject, scan};

/// Values at least this long are concealed wherever they stand; shorter ones may be ordinary words elsewhere.
const LONG: usize = 8;

/// What stands for a character of a credential. Asterisks would mean something to YAML and to the shell.
const VEIL: char = '•';

/// Finds the credentials of a text and puts a bullet in place of each of their characters, so that lines and columns stay as they are.
/// `source` is the text's place among the evidence's sources.
pub fn conceal_source(source: u32, name: &str, text: &mut String) -> Vec<SecretFind> {
    let subject = Subject { path: name, is_text: true, is_own: true, cut: (false, false) };
    let mut hits = scan(subject, text.as_bytes());
    shell::commands(text.as_bytes(), &mut hits);
    let hits = settle(hits);
    if hits.is_empty() {
        return Vec::new();
    }
    let veiled = ranges(&hits, text);
    let finds = hits
        .into_iter()
        .map(|hit| {
            let place = place(source, text, hit.at.clone());
            hit.into_find(SecretPlace::Source(place))
        })
        .collect();
    veil(text, veiled);
    finds
}

/// Makes what the search over texts needs, so that the first of them does not wait for it.
pub fn prepare() {
    for prefilter in [&EVERYWHERE, &TEXTS, &OWN] {
        LazyLock::force(prefilter);
    }
}

/// Where the found values stand, each also where it is repeated.
fn ranges(hits: &[Hit], text: &str) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = hits.iter().map(|hit| hit.at.clone()).collect();
    for hit in hits {
        let Ok(value) = std::str::from_utf8(&hit.value) else { continue };
        if value.len() >= LONG {
            ranges.extend(text.match_indices(value).map(|(at, found)| at..at + found.len()));
        }
    }
    ranges.sort_by_key(|range| range.start);
    ranges
}

/// What gives a text its structure is left, so that what reads it afterwards reads the same.
fn veil(text: &mut String, ranges: Vec<Range<usize>>) {
    let mut out = String::with_capacity(text.len());
    let mut ranges = ranges.into_iter().peekable();
    let mut until = 0;
    for (at, character) in text.char_indices() {
        while let Some(range) = ranges.next_if(|range| range.start <= at) {
            until = until.max(range.end);
        }
        let structure = character.is_whitespace() || matches!(character, '"' | '\'' | '{' | '}' | '[' | ']');
        out.push(if at < until && !structure { VEIL } else { character });
    }
    *text = out;
}

/// The place of some bytes: the line that they begin on, and as far as that line goes.
fn place(source: u32, text: &str, at: Range<usize>) -> Place {
    let bytes = text.as_bytes();
    let start = bytes[..at.start].iter().rposition(|b| *b == b'\n').map_or(0, |newline| newline + 1);
    let end = bytes[at.start..at.end].iter().position(|b| *b == b'\n').map_or(at.end, |newline| at.start + newline);
    let characters = |bytes: &[u8]| bytes.iter().filter(|b| **b & 0xC0 != 0x80).count() as u32;
    Place {
        source,
        line: 1 + text[..at.start].matches('\n').count() as u32,
        column: 1 + characters(&bytes[start..at.start]),
        width: characters(&bytes[at.start..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::expand;

    #[test]
    fn a_source_keeps_its_columns_and_loses_its_credentials() {
        let token = expand("{%ghp_}{an:30}{crc}", "source");
        let mut text = format!("# é\nENV A=é GITHUB_TOKEN={token} B=c\nRUN echo {token}\n");
        let whole = text.clone();
        let finds = conceal_source(3, "Containerfile", &mut text);
        assert_eq!(finds.len(), 1, "{finds:?}");
        let SecretPlace::Source(place) = finds[0].place else { panic!("{:?}", finds[0].place) };
        assert_eq!(place, Place { source: 3, line: 2, column: 22, width: token.chars().count() as u32 });
        assert!(!text.contains(&token[8..]), "{text}");
        assert_eq!(text.chars().count(), whole.chars().count());
        assert!(text.starts_with("# é\nENV A=é GITHUB_TOKEN=•") && text.ends_with("•\n") && text.contains(" B=c\n"), "{text}");
    }

    #[test]
    fn a_text_without_credentials_stays() {
        let mut text = "FROM alpine\nENV PATH=/bin\n".to_owned();
        assert!(conceal_source(0, "Containerfile", &mut text).is_empty());
        assert_eq!(text, "FROM alpine\nENV PATH=/bin\n");
    }
}
