use plimsoll_evidence::{FileEntry, LayerFacts, Problem, SecretPlace};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest, Window};

use crate::archive;
use crate::hit::Hit;
use crate::place;
use crate::scan::{Subject, scan};
use crate::text::is_text;

/// Looks for credentials in every file of a layer, and in archives of one level.
pub struct Secrets;

impl Analyser for Secrets {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "secrets", version: 1 }
    }

    fn wants(&self, entry: &FileEntry, head: &[u8]) -> Interest {
        if place::archive(&entry.path, head).is_some() {
            Interest::Whole
        } else if place::is_nothing(&entry.path, head) {
            Interest::Nothing
        } else {
            Interest::Windows
        }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        match content {
            Content::Whole(bytes) => {
                if let Some(kind) = place::archive(&entry.path, bytes) {
                    return archive::look(kind, entry, archive::Bytes::Held(bytes), facts);
                }
                if place::is_nothing(&entry.path, bytes) {
                    return Ok(());
                }
                let subject = subject(&entry.path, bytes, (false, false));
                let hits = scan(subject, bytes);
                add(facts, entry, None, hits, |at| subject.is_text.then(|| line(bytes, 0, at)));
            }
            Content::Window(window) => look_at_window(entry, window, facts),
            Content::Spooled(spooled) => {
                let mut head = [0; 512];
                let head = &mut head[..spooled.len().min(512) as usize];
                if spooled.read_exact_at(head, 0).is_ok()
                    && let Some(kind) = place::archive(&entry.path, head)
                {
                    return archive::look(kind, entry, archive::Bytes::Spooled(spooled), facts);
                }
            }
        }
        Ok(())
    }
}

fn subject<'a>(path: &'a str, bytes: &[u8], cut: (bool, bool)) -> Subject<'a> {
    Subject { path, is_text: is_text(bytes), is_own: place::is_own(path), cut }
}

fn look_at_window(entry: &FileEntry, window: Window<'_>, facts: &mut LayerFacts) {
    // Archives this large come spooled; their packed bytes hold nothing to find.
    let is_last = window.offset + window.bytes.len() as u64 >= entry.size;
    let subject = subject(&entry.path, window.bytes, (window.overlap > 0, !is_last));
    let hits = scan(subject, window.bytes);
    add(facts, entry, None, hits, |at| subject.is_text.then(|| line(window.bytes, window.lines_before, at)));
}

/// The line of a place, from 1.
pub(crate) fn line(bytes: &[u8], before: u64, at: usize) -> u32 {
    let lines = before + memchr::memchr_iter(b'\n', &bytes[..at.min(bytes.len())]).count() as u64;
    u32::try_from(lines + 1).unwrap_or(u32::MAX)
}

/// Adds hits to the facts, each value of a file once.
pub(crate) fn add(facts: &mut LayerFacts, entry: &FileEntry, inside: Option<&str>, hits: Vec<Hit>, line: impl Fn(usize) -> Option<u32>) {
    for hit in hits {
        let place = SecretPlace::File { path: entry.path.clone(), inside: inside.map(str::to_owned), line: line(hit.at.start) };
        let find = hit.into_find(place);
        let same_file = |place: &SecretPlace| matches!(place, SecretPlace::File { path, inside: i, .. } if *path == entry.path && i.as_deref() == inside);
        let again = facts.secrets.iter().rev().take_while(|f| same_file(&f.place)).any(|f| f.fingerprint == find.fingerprint);
        if !again {
            facts.secrets.push(find);
        }
    }
}
