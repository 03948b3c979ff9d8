//! Requirement files of pip that lie in the build context, by pip's documentation of the requirements file format.

use plimsoll_evidence::{Deed, Does, Place, Placed, Wanted};

use super::copies::{Copies, Origin};
use crate::Sources;

/// The most requirements of one file.
const MOST: usize = 5000;

/// Puts what the lists name into the installations of a step: the packages, and whether every one of them has a digest, which pip then
/// wants of all. A list that includes others, or that is not there, stays as it is.
pub(super) fn resolve(deeds: &mut [Deed], copies: Copies<'_>, stage: usize, at: Place, sources: &mut Sources<'_>) {
    for deed in deeds {
        let Does::Install(install) = &mut deed.does else { continue };
        if !matches!(install.manager.as_str(), "pip" | "pip2" | "pip3" | "uv") || install.locked {
            continue;
        }
        let Some(context) = copies.context else { return };
        let mut hashed = install.packages.is_empty();
        let mut left = Vec::new();
        for list in std::mem::take(&mut install.lists) {
            let found = match copies.origin(stage, Some(at), &list) {
                Origin::File(path) if list.ends_with(".txt") => context.inside(&path).map(|full| (full, context.name(&path))),
                _ => None,
            };
            let source = found.and_then(|(full, name)| sources.read(&full, &name).ok());
            match source.and_then(|source| packages(sources.text(source), source)) {
                Some((packages, digests)) => {
                    hashed &= digests;
                    install.packages.extend(packages);
                }
                None => left.push(list),
            }
        }
        install.locked |= hashed && left.is_empty() && !install.packages.is_empty();
        install.lists = left;
    }
}

/// What a text asks for, and whether all of it has digests; none where other files are included.
fn packages(text: &str, source: u32) -> Option<(Vec<Placed<Wanted>>, bool)> {
    let mut found = Vec::new();
    let mut digests = true;
    let mut lines = text.lines().zip(1u32..);
    while let Some((first, line)) = lines.next() {
        let mut whole = first.trim().to_owned();
        while whole.ends_with('\\') {
            whole.pop();
            let Some((next, _)) = lines.next() else { break };
            whole.push_str(next.trim());
        }
        let bare = whole.split(" #").next().unwrap_or_default().trim();
        if bare.is_empty() || bare.starts_with('#') {
            continue;
        }
        if bare.starts_with('-') {
            if ["-r", "-c", "-e", "--requirement", "--constraint", "--editable"].iter().any(|option| bare.starts_with(option)) {
                return None;
            }
            continue;
        }
        digests &= bare.contains("--hash=");
        let wanted = bare.split([';', ' ']).next().unwrap_or(bare);
        let name = wanted.split(['<', '>', '=', '!', '~', '[', '@']).next().unwrap_or(wanted).to_owned();
        let compact: String = bare.split(';').next().unwrap_or(bare).split_whitespace().collect();
        let version = compact.split_once("==").map(|(_, version)| version.split("--hash").next().unwrap_or(version).to_owned());
        let pinned = version.as_ref().is_some_and(|v| !v.contains(['*', ',']));
        let width = name.chars().count() as u32;
        let column = (first.chars().count() - first.trim_start().chars().count()) as u32 + 1;
        if bare.contains("://") || found.len() >= MOST {
            return None;
        }
        found.push(Placed::new(Wanted { name, version, pinned }, Place { source, line, column, width }));
    }
    Some((found, digests))
}
