//! Packages of a Nix store: the directories `nix/store/HASH-NAME-VERSION` (Nix manual, "Store Path"). There is no database in an image as a
//! rule; the names of the directories say all, so they are read from the stacked tree.

use std::collections::BTreeMap;

use plimsoll_evidence::{Ecosystem, FileKind, FileTree, Package};

use crate::bytes::package;

const STORE: &str = "nix/store";
/// Parts of one package that lie in directories of their own.
const OUTPUTS: [&str; 9] = ["-bin", "-dev", "-lib", "-out", "-man", "-doc", "-data", "-info", "-debug"];

/// The packages, once each: one that has several outputs is recorded in the first.
pub(crate) fn packages(tree: &FileTree) -> Vec<Package> {
    let mut found: BTreeMap<(&str, &str), Package> = BTreeMap::new();
    if tree.find(STORE).is_none() {
        return Vec::new();
    }
    for (_, file) in tree.below(STORE) {
        let Some((hash, name)) = file.path.strip_prefix("nix/store/").and_then(|p| p.split_once('-')) else { continue };
        if file.kind != FileKind::Directory || name.contains('/') || hash.len() != 32 {
            continue;
        }
        if let Some((name, version)) = name_and_version(name) {
            let new = || Package { layer: file.layer, ..package(Ecosystem::Nix, name, version, &file.path) };
            found.entry((name, version)).or_insert_with(new);
        }
    }
    found.into_values().collect()
}

/// The version begins at the first dash that no letter follows (Nix manual, `builtins.parseDrvName`).
fn name_and_version(name: &str) -> Option<(&str, &str)> {
    let at = name.match_indices('-').map(|(at, _)| at).find(|at| name[at + 1..].starts_with(|c: char| c.is_ascii_digit()))?;
    let version = &name[at + 1..];
    let version = OUTPUTS.iter().find_map(|output| version.strip_suffix(output)).unwrap_or(version);
    let is_source = [".drv", ".tar.gz", ".tar.xz", ".patch"].iter().any(|end| version.ends_with(end)) || version.ends_with("-source");
    (!is_source).then_some((&name[..at], version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::entry;

    #[test]
    fn the_store_says_what_is_there() {
        let hash = "0c2dsd3qp8k9xj8hqsl0bzkl5yjq1w5b";
        let directory = |name: &str| plimsoll_evidence::FileEntry { kind: FileKind::Directory, ..entry(&format!("nix/store/{name}"), 0) };
        let mut files: Vec<_> = ["glibc-2.38-44", "glibc-2.38-44-bin", "gcc-13.2.0-lib", "bash-5.2-p21", "source", "hook.sh", "x-1.0.drv"]
            .iter()
            .map(|name| directory(&format!("{hash}-{name}")))
            .collect();
        files.extend([
            directory(".links"),
            directory("short-a-1.0"),
            plimsoll_evidence::FileEntry { path: STORE.to_owned(), ..directory("") },
        ]);
        files.push(entry(&format!("nix/store/{hash}-glibc-2.38-44/lib/libc.so.6"), 1));
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let tree = FileTree { files, deleted: Vec::new() };
        let found: Vec<_> = packages(&tree).into_iter().map(|p| format!("{} {}", p.name, p.version)).collect();
        assert_eq!(found, ["bash 5.2-p21", "gcc 13.2.0", "glibc 2.38-44"]);
    }
}
