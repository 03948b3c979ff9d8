//! How layers lie on each other.

#![allow(clippy::unwrap_used)] // Test code: a panic is the message.

use plimsoll_evidence::{CapturedText, FileEntry, FileKind, LayerFacts, Whiteout};
use plimsoll_layers::{Stacked, stack};

fn file(path: &str) -> FileEntry {
    FileEntry {
        path: path.to_owned(),
        kind: FileKind::Regular,
        mode: 0o644,
        uid: 0,
        gid: 0,
        size: 1,
        mtime: 0,
        link: None,
        caps: None,
        layer: 0,
    }
}

fn directory(path: &str) -> FileEntry {
    FileEntry { kind: FileKind::Directory, mode: 0o700, ..file(path) }
}

fn link(path: &str, kind: FileKind, target: &str) -> FileEntry {
    FileEntry { kind, link: Some(target.to_owned()), ..file(path) }
}

fn layer(files: Vec<FileEntry>, whiteouts: Vec<Whiteout>) -> LayerFacts {
    LayerFacts { files, whiteouts, ..LayerFacts::default() }
}

fn stacked(layers: &mut [LayerFacts]) -> Stacked {
    stack(&mut layers.iter_mut().map(Some).collect::<Vec<_>>())
}

fn paths(mut layers: Vec<LayerFacts>) -> (Vec<String>, Vec<String>) {
    let stacked = stacked(&mut layers);
    let seen = stacked.tree.files.iter().filter(|f| f.kind != FileKind::Directory).map(|f| format!("{}@{}", f.path, f.layer)).collect();
    let deleted = stacked
        .tree
        .deleted
        .iter()
        .map(|d| format!("{}@{} by {}{}", d.entry.path, d.entry.layer, d.by_layer, if d.replaced { " replaced" } else { "" }))
        .collect();
    (seen, deleted)
}

#[test]
fn whiteouts_hide_what_lies_below_and_say_what_still_ships() {
    let (seen, deleted) = paths(vec![
        layer(vec![file("a/x"), file("a/y"), file("b"), file("c/d/e"), file("ab")], vec![]),
        layer(vec![file("a/z")], vec![Whiteout::Path("b".into()), Whiteout::Path("c".into()), Whiteout::Opaque("a".into())]),
    ]);
    assert_eq!(seen, ["a/z@1", "ab@0"]);
    assert_eq!(deleted, ["a/x@0 by 1", "a/y@0 by 1", "b@0 by 1", "c/d/e@0 by 1"]);
}

#[test]
fn a_whiteout_does_not_concern_its_own_layer_wherever_it_stands() {
    let (seen, deleted) = paths(vec![
        layer(vec![file("a/x")], vec![]),
        layer(vec![file("a/x"), file("b")], vec![Whiteout::Path("a".into()), Whiteout::Path("b".into())]),
    ]);
    assert_eq!(seen, ["a/x@1", "b@1"]);
    assert_eq!(deleted, ["a/x@0 by 1"]);
}

#[test]
fn files_and_directories_replace_each_other() {
    let (seen, deleted) = paths(vec![layer(vec![file("d/x"), file("f")], vec![]), layer(vec![file("d"), file("f/inside")], vec![])]);
    assert_eq!(seen, ["d@1", "f/inside@1"]);
    assert_eq!(deleted, ["d/x@0 by 1", "f@0 by 1 replaced"]);
}

#[test]
fn within_a_layer_the_last_entry_counts() {
    let (seen, _) = paths(vec![layer(vec![file("d/x"), file("d"), file("e"), file("e/y")], vec![])]);
    assert_eq!(seen, ["d@0", "e/y@0"]);
}

#[test]
fn a_replaced_file_ships_twice() {
    let (seen, deleted) = paths(vec![layer(vec![file("etc/conf")], vec![]), layer(vec![file("etc/conf")], vec![])]);
    assert_eq!((seen, deleted), (vec!["etc/conf@1".to_owned()], vec!["etc/conf@0 by 1 replaced".to_owned()]));
}

#[test]
fn hard_links_are_what_they_name_in_their_layer_or_below() {
    let mut below = layer(vec![FileEntry { mode: 0o4755, size: 9, ..file("bin/a") }], vec![]);
    below.texts.push(CapturedText { path: "bin/a".into(), text: "of a".into(), cut: false });
    let mut above = layer(
        vec![
            link("bin/b", FileKind::HardLink, "bin/a"),
            link("bin/c", FileKind::HardLink, "bin/b"),
            link("bin/gone", FileKind::HardLink, "nowhere"),
        ],
        vec![Whiteout::Path("x".into())],
    );
    let stacked = stack(&mut [Some(&mut below), None, Some(&mut above)]);
    let b = stacked.tree.file(stacked.tree.find("bin/b").unwrap());
    assert_eq!((b.kind, b.mode, b.size, b.layer), (FileKind::Regular, 0o4755, 9, 2));
    assert_eq!(stacked.texts.iter().map(|t| t.path.as_str()).collect::<Vec<_>>(), ["bin/a", "bin/b", "bin/c"]);
    assert_eq!(stacked.broken_links, [(2, "bin/gone".to_owned())]);
    assert_eq!(stacked.tree.find("bin/gone"), None);
}

#[test]
fn directories_that_no_layer_names_are_made_and_named_ones_keep_their_mode() {
    let stacked = stacked(&mut [layer(vec![directory("a"), file("a/b/c")], vec![])]);
    let found: Vec<_> = stacked.tree.files.iter().map(|f| (f.path.as_str(), f.mode)).collect();
    assert_eq!(found, [("", 0o755), ("a", 0o700), ("a/b", 0o755), ("a/b/c", 0o644)]);
    assert!(stack(&mut []).tree.files.is_empty());
}

#[test]
fn a_directory_above_a_link_takes_its_place() {
    // Overlay file systems show the upper directory; the link of the layer below is gone.
    let (seen, _) =
        paths(vec![layer(vec![link("lib", FileKind::Symlink, "usr/lib"), file("usr/lib/y")], vec![]), layer(vec![file("lib/x")], vec![])]);
    assert_eq!(seen, ["lib/x@1", "usr/lib/y@0"]);
}

#[test]
fn facts_are_those_of_the_visible_file() {
    let text = |t: &str| CapturedText { path: "f".into(), text: t.into(), cut: false };
    let facts = |file: &str, texts: Vec<CapturedText>| LayerFacts { texts, ..layer(vec![self::file(file)], vec![]) };
    assert_eq!(stacked(&mut [facts("f", vec![text("old")]), facts("f", vec![])]).texts, []);
    assert_eq!(stacked(&mut [facts("f", vec![text("old")]), facts("f", vec![text("new")])]).texts, [text("new")]);
}
