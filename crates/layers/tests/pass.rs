//! One layer through the whole pass: compression, digests, analysers, limits.

#![allow(clippy::unwrap_used, clippy::naive_bytecount)] // Test code: a panic is the message.

use std::io::{Cursor, Read, Write};
use std::sync::Mutex;

use plimsoll_evidence::{Digest, FileEntry, FileKind, LayerFacts, Problem, ProblemKind};
use plimsoll_layers::{Analyser, AnalyserId, Budget, Cache, Content, Interest, LayerError, LayerRequest, Limits, read_layer};
use sha2::{Digest as _, Sha256};

/// Notes every way in which bytes reach an analyser.
struct Spy {
    interest: Interest,
    seen: Mutex<Vec<(String, &'static str, Vec<u8>)>>,
}

impl Spy {
    fn boxed(interest: Interest) -> Vec<Box<dyn Analyser>> {
        vec![Box::new(Self { interest, seen: Mutex::new(Vec::new()) })]
    }
}

impl Analyser for Spy {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "spy", version: 1 }
    }

    fn wants(&self, _: &FileEntry, _: &[u8]) -> Interest {
        self.interest
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let mut seen = self.seen.lock().unwrap();
        match content {
            Content::Whole(bytes) => seen.push((entry.path.clone(), "whole", bytes.to_vec())),
            Content::Spooled(spooled) => {
                let mut bytes = vec![0; spooled.len() as usize];
                spooled.read_exact_at(&mut bytes, 0).unwrap();
                assert!(spooled.read_exact_at(&mut [0], spooled.len()).is_err());
                seen.push((entry.path.clone(), "spooled", bytes));
            }
            Content::Window(window) => {
                let mut all = seen.last().filter(|s| s.0 == entry.path).map(|s| s.2.clone()).unwrap_or_default();
                assert_eq!(all.len() as u64, window.offset + window.overlap as u64);
                assert_eq!(window.lines_before, all[..window.offset as usize].iter().filter(|&&b| b == b'\n').count() as u64);
                all.extend_from_slice(&window.bytes[window.overlap..]);
                seen.retain(|s| s.0 != entry.path);
                seen.push((entry.path.clone(), "windows", all));
            }
        }
        // What was seen is told through the facts, as any analyser does.
        let (path, how, bytes) = seen.last().unwrap().clone();
        if how == "windows" {
            facts.texts.retain(|t| t.path != path);
        }
        let text = format!("{how} {} {:x}", bytes.len(), Sha256::digest(&bytes)[0]);
        facts.texts.push(plimsoll_evidence::CapturedText { path, text, cut: false });
        Ok(())
    }
}

fn layer(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, data) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(data.len() as u64);
        header.set_mode(0o755);
        builder.append_data(&mut header, path, data.as_slice()).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn digest(data: &[u8]) -> Digest {
    Digest::sha256(&Sha256::digest(data).into())
}

fn pass(
    stored: Vec<u8>,
    diff_id: Option<&Digest>,
    analysers: &[Box<dyn Analyser>],
    limits: &Limits,
) -> Result<(LayerFacts, bool), LayerError> {
    let budget = Budget::new(limits.held_together);
    read_layer(LayerRequest { stored: Box::new(Cursor::new(stored)), diff_id, analysers, limits, budget: &budget, progress: &|_| {} })
}

#[test]
fn bytes_reach_an_analyser_whole_spooled_or_in_windows() {
    let small = b"hello".to_vec();
    let over_a_buffer: Vec<u8> = (0..700_000u32).map(|i| (i % 251) as u8).collect();
    let large: Vec<u8> = (0..3_000_000u32).map(|i| if i % 80 == 79 { b'\n' } else { (i % 97) as u8 }).collect();
    let tar = layer(&[("small", small.clone()), ("held", over_a_buffer.clone()), ("large", large.clone())]);
    let limits = Limits { held_bytes: 1_000_000, ..Limits::default() };
    let say = |how: &str, bytes: &[u8]| format!("{how} {} {:x}", bytes.len(), Sha256::digest(bytes)[0]);
    for (interest, large_how) in [(Interest::Whole, "spooled"), (Interest::Windows, "windows")] {
        for stored in [
            tar.clone(),
            gzip(&tar),
            [gzip(&tar[..1000]), gzip(&tar[1000..])].concat(),
            zstd::stream::encode_all(tar.as_slice(), 1).unwrap(),
        ] {
            let (facts, whole) = pass(stored, Some(&digest(&tar)), &Spy::boxed(interest), &limits).unwrap();
            assert!(whole);
            assert_eq!(facts.problems, []);
            assert_eq!(facts.unpacked_bytes, tar.len() as u64);
            let told: Vec<_> = facts.texts.iter().map(|t| t.text.clone()).collect();
            assert_eq!(told, [say("whole", &small), say("whole", &over_a_buffer), say(large_how, &large)]);
        }
    }
}

#[test]
fn a_wrong_diff_id_is_refused_naming_both() {
    let tar = layer(&[("a", b"1".to_vec())]);
    let wanted = digest(b"other");
    let error = pass(gzip(&tar), Some(&wanted), &[], &Limits::default()).unwrap_err().to_string();
    assert!(error.contains(&wanted.to_string()) && error.contains(&digest(&tar).to_string()), "{error}");
}

#[test]
fn damage_is_a_problem_and_loses_nothing_before_it() {
    let tar = layer(&[("first", b"1".to_vec()), ("second", vec![7; 100_000])]);
    let stored = gzip(&tar);
    let (facts, whole) = pass(stored[..stored.len() - 20].to_vec(), None, &[], &Limits::default()).unwrap();
    assert!(!whole);
    assert_eq!(facts.files[0].path, "first");
    assert!(facts.problems.iter().any(|p| p.hides && p.kind == ProblemKind::Truncated), "{:?}", facts.problems);
    let (facts, whole) = pass(tar[..tar.len() - 80_000].to_vec(), None, &[], &Limits::default()).unwrap();
    assert!(!whole && facts.problems.iter().any(|p| p.kind == ProblemKind::Truncated));
}

/// A reader that fails its verification at the end.
struct Failing(Cursor<Vec<u8>>);

impl Read for Failing {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(into)? {
            0 => Err(std::io::Error::other("digest mismatch")),
            n => Ok(n),
        }
    }
}

#[test]
fn stored_bytes_that_do_not_verify_are_refused_even_when_they_do_not_decompress() {
    let tar = layer(&[("a", vec![5; 50_000])]);
    let mut damaged = gzip(&tar);
    damaged[40] ^= 0xff;
    for stored in [gzip(&tar), damaged] {
        let budget = Budget::new(1 << 20);
        let request = LayerRequest {
            stored: Box::new(Failing(Cursor::new(stored))),
            diff_id: None,
            analysers: &[],
            limits: &Limits::default(),
            budget: &budget,
            progress: &|_| {},
        };
        let error = read_layer(request).unwrap_err();
        assert!(error.to_string().contains("digest mismatch"), "{error}");
    }
}

#[test]
fn a_bomb_stops_at_the_limit() {
    let bomb = gzip(&layer(&[("zeros", vec![0; 64 << 20])]));
    let limits = Limits { ratio_from: 8 << 20, ..Limits::default() };
    let (facts, whole) = pass(bomb.clone(), None, &Spy::boxed(Interest::Windows), &limits).unwrap();
    assert!(!whole);
    assert!(facts.unpacked_bytes < 24 << 20, "{}", facts.unpacked_bytes);
    assert!(facts.problems.iter().any(|p| p.hides && p.kind == ProblemKind::Limit));
    let limits = Limits { unpacked_bytes: 4 << 20, ..Limits::default() };
    let (facts, whole) = pass(bomb, None, &[], &limits).unwrap();
    assert!(!whole && facts.unpacked_bytes < 6 << 20);
}

#[test]
fn too_many_entries_stop_at_the_limit() {
    let files: Vec<(String, Vec<u8>)> = (0..100).map(|i| (format!("f{i}"), b"x".to_vec())).collect();
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(p, d)| (p.as_str(), d.clone())).collect();
    let limits = Limits { entries: 10, ..Limits::default() };
    let tar = layer(&files);
    let (facts, whole) = pass(tar.clone(), Some(&digest(&tar)), &[], &limits).unwrap();
    assert!(!whole);
    assert_eq!(facts.files.len(), 10);
    assert_eq!(facts.problems.len(), 1);
}

fn raw(path: &[u8], kind: tar::EntryType, link: &[u8], data: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(kind);
    header.set_size(data.len() as u64);
    header.set_mode(0o644);
    let bytes = header.as_mut_bytes();
    bytes[..path.len()].copy_from_slice(path);
    bytes[157..157 + link.len()].copy_from_slice(link);
    header.set_cksum();
    let mut out = header.as_bytes().to_vec();
    out.extend_from_slice(data);
    out.resize(out.len().next_multiple_of(512), 0);
    out
}

#[test]
fn hostile_names_are_problems_and_the_rest_is_read() {
    use tar::EntryType as T;
    let tar = [
        raw(b"../../etc/shadow", T::Regular, b"", b"x"),
        raw(b"/absolute", T::Regular, b"", b"x"),
        raw(b"a/../b", T::Regular, b"", b"x"),
        raw(b"bad\xff", T::Regular, b"", b"x"),
        raw(b"lib", T::Symlink, b"usr/lib", b""),
        raw(b"lib/x.so", T::Regular, b"", b"x"),
        raw(b"out", T::Symlink, b"/../../../tmp", b""),
        raw(b"out/inside", T::Regular, b"", b"x"),
        raw(b"l1", T::Symlink, b"l2", b""),
        raw(b"l2", T::Symlink, b"l1", b""),
        raw(b"l1/never", T::Regular, b"", b"x"),
        raw(b"odd", T::new(b'Q'), b"", b"x"),
        raw(b"fifo", T::Fifo, b"", b""),
        vec![0; 1024],
    ]
    .concat();
    let (facts, whole) = pass(tar, None, &[], &Limits::default()).unwrap();
    assert!(whole);
    let regular: Vec<_> = facts.files.iter().filter(|f| f.kind == FileKind::Regular).map(|f| f.path.as_str()).collect();
    assert_eq!(regular, ["absolute", "b", "bad\\xff", "usr/lib/x.so", "tmp/inside"]);
    assert_eq!(facts.problems.iter().filter(|p| p.hides).count(), 3, "{:?}", facts.problems);
}

#[test]
fn a_path_that_comes_twice_keeps_the_last_facts_only() {
    let tar = layer(&[("a", b"first".to_vec()), ("b", b"other".to_vec()), ("a", b"the second".to_vec())]);
    let analysers = Spy::boxed(Interest::Whole);
    let (facts, _) = pass(tar, None, &analysers, &Limits::default()).unwrap();
    let texts: Vec<_> = facts.texts.iter().map(|t| (t.path.as_str(), t.text.split(' ').nth(1).unwrap())).collect();
    assert_eq!(texts, [("b", "5"), ("a", "10")]);
}

#[test]
fn the_cache_gives_back_what_was_read_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let cache = Cache::new(directory.path().to_owned(), 1 << 20);
    let analysers = Spy::boxed(Interest::Whole);
    let tar = layer(&[("a", b"1".to_vec())]);
    let (diff_id, blob) = (digest(&tar), digest(&gzip(&tar)));
    let (mut facts, _) = pass(tar, None, &analysers, &Limits::default()).unwrap();
    facts.problems.push(Problem::noted(ProblemKind::Malformed, "kept too"));
    assert!(cache.get(&diff_id, &blob, &analysers).is_none());
    cache.put(&diff_id, &blob, &analysers, &facts).unwrap();
    assert_eq!(cache.get(&diff_id, &blob, &analysers), Some(facts.clone()));
    // Another blob may not unpack to it; other analysers have not seen it.
    assert!(cache.get(&diff_id, &digest(b"other blob"), &analysers).is_none());
    assert!(cache.get(&diff_id, &blob, &[]).is_none());
    assert_eq!(cache.usage().unwrap().entries, 1);
    let version = std::fs::read_dir(directory.path().join("layers")).unwrap().next().unwrap().unwrap().path();
    let entry = std::fs::read_dir(version).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&entry).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&entry, bytes).unwrap();
    assert!(cache.get(&diff_id, &blob, &analysers).is_none(), "a damaged entry is as if it were not there");
    cache.put(&diff_id, &blob, &analysers, &facts).unwrap();
    assert!(cache.get(&diff_id, &blob, &analysers).is_some());
    cache.clear().unwrap();
    assert_eq!(cache.usage().unwrap().entries, 0);
    let tiny = Cache::new(directory.path().to_owned(), 10);
    tiny.put(&diff_id, &blob, &analysers, &facts).unwrap();
    assert_eq!(tiny.usage().unwrap().entries, 0, "beyond its bound nothing stays");
}
