//! How layers lie on each other (OCI image specification v1.1, layer.md, "Applying Changesets").

use std::collections::BTreeMap;
use std::ops::Bound;

use plimsoll_evidence::{CapturedText, DeletedFile, ElfFacts, FileEntry, FileKind, FileTree, LayerFacts, Whiteout};

/// What a container of the image sees, and what ships beneath it.
#[derive(Debug, Default)]
pub struct Stacked {
    /// The files.
    pub tree: FileTree,
    /// ELF facts of visible files, sorted by path.
    pub elfs: Vec<ElfFacts>,
    /// Texts of visible files, sorted by path.
    pub texts: Vec<CapturedText>,
    /// Hard links that name nothing: engines refuse such a layer. Layer and path.
    pub broken_links: Vec<(u32, String)>,
}

/// A visible file: the layer it comes from, and its place in that layer's facts.
#[derive(Clone, Copy)]
struct Seen<'a> {
    layer: u32,
    entry: &'a FileEntry,
    /// What a hard link names: whose bytes it has.
    content: &'a FileEntry,
    content_layer: u32,
}

/// Lays layers on each other, lowest first. A layer that was not read is given as none.
pub fn stack(layers: &[Option<&LayerFacts>]) -> Stacked {
    let mut seen: BTreeMap<&str, Seen<'_>> = BTreeMap::new();
    let mut deleted = Vec::new();
    let mut broken_links = Vec::new();
    for (index, facts) in layers.iter().enumerate().filter_map(|(i, f)| f.map(|f| (i as u32, f))) {
        for whiteout in &facts.whiteouts {
            match whiteout {
                Whiteout::Path(path) => {
                    hide_subtree(&mut seen, path, index, &mut deleted);
                    if let Some(old) = seen.remove(path.as_str()) {
                        hide(&mut deleted, old, index, false);
                    }
                }
                Whiteout::Opaque(directory) => hide_subtree(&mut seen, directory, index, &mut deleted),
            }
        }
        for entry in &facts.files {
            let (content, content_layer) = if entry.kind == FileKind::HardLink {
                let Some(target) = entry.link.as_deref().and_then(|target| seen.get(target)) else {
                    broken_links.push((index, entry.path.clone()));
                    continue;
                };
                (target.content, target.content_layer)
            } else {
                (entry, index)
            };
            if content.kind != FileKind::Directory {
                hide_subtree(&mut seen, &entry.path, index, &mut deleted);
            }
            hide_what_is_no_directory(&mut seen, &entry.path, index, &mut deleted);
            let old = seen.insert(&entry.path, Seen { layer: index, entry, content, content_layer });
            if let Some(old) = old
                && old.layer < index
                && old.content.kind == FileKind::Regular
            {
                hide(&mut deleted, old, index, true);
            }
        }
    }
    deleted.sort_by(|a, b| (&a.entry.path, a.entry.layer).cmp(&(&b.entry.path, b.entry.layer)));
    let mut stacked = Stacked { broken_links, ..Stacked::default() };
    stacked.elfs = visible(&seen, layers, |facts| &facts.elfs);
    stacked.texts = visible(&seen, layers, |facts| &facts.texts);
    stacked.tree = FileTree { files: with_directories(&seen), deleted };
    stacked
}

/// What a fact is about.
trait OfFile: Clone {
    fn path(&self) -> &str;
    fn renamed(&self, path: &str) -> Self;
}

impl OfFile for ElfFacts {
    fn path(&self) -> &str {
        &self.path
    }

    fn renamed(&self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self.clone() }
    }
}

impl OfFile for CapturedText {
    fn path(&self) -> &str {
        &self.path
    }

    fn renamed(&self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self.clone() }
    }
}

/// Facts about visible files, under the paths at which they are seen: a hard link has those of what it names.
fn visible<'a, T: OfFile + 'a>(
    seen: &BTreeMap<&'a str, Seen<'a>>,
    layers: &[Option<&'a LayerFacts>],
    facts: impl Fn(&'a LayerFacts) -> &'a [T],
) -> Vec<T> {
    let mut by_file: BTreeMap<(u32, &str), &'a T> = BTreeMap::new();
    for (index, layer) in layers.iter().enumerate() {
        for fact in layer.map(&facts).unwrap_or_default() {
            by_file.insert((index as u32, fact.path()), fact);
        }
    }
    if by_file.is_empty() {
        return Vec::new();
    }
    seen.iter()
        .filter_map(|(path, file)| by_file.get(&(file.content_layer, file.content.path.as_str())).map(|fact| fact.renamed(path)))
        .collect()
}

fn hide(deleted: &mut Vec<DeletedFile>, old: Seen<'_>, by_layer: u32, replaced: bool) {
    // A directory or link that goes away ships nothing worth telling.
    if old.entry.kind == FileKind::Regular && old.layer < by_layer {
        deleted.push(DeletedFile { entry: FileEntry { layer: old.layer, ..old.entry.clone() }, by_layer, replaced });
    }
}

/// Removes what lower layers have below a path. What this layer itself put there stays: whiteouts concern lower layers only.
fn hide_subtree<'a>(seen: &mut BTreeMap<&'a str, Seen<'a>>, directory: &str, by_layer: u32, deleted: &mut Vec<DeletedFile>) {
    let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
    let below: Vec<&'a str> = seen
        .range::<str, _>((Bound::Included(prefix.as_str()), Bound::Unbounded))
        .map(|(p, _)| *p)
        .take_while(|p| p.starts_with(&prefix))
        .filter(|p| seen[p].layer < by_layer && !p.is_empty())
        .collect();
    for path in below {
        if let Some(old) = seen.remove(path) {
            hide(deleted, old, by_layer, false);
        }
    }
}

/// A file's directories are directories now, whatever lower layers had there.
fn hide_what_is_no_directory<'a>(seen: &mut BTreeMap<&'a str, Seen<'a>>, path: &str, by_layer: u32, deleted: &mut Vec<DeletedFile>) {
    let mut at = path;
    while let Some((parent, _)) = at.rsplit_once('/') {
        at = parent;
        match seen.get(parent) {
            Some(s) if s.content.kind == FileKind::Directory => return,
            Some(_) => {
                if let Some(old) = seen.remove(parent) {
                    hide(deleted, old, by_layer, true);
                }
            }
            None => {}
        }
    }
}

/// The visible files in order, with the directories that no layer names but that engines make (root's, mode 0755).
fn with_directories(seen: &BTreeMap<&str, Seen<'_>>) -> Vec<FileEntry> {
    let mut files: BTreeMap<&str, FileEntry> = BTreeMap::new();
    for (path, file) in seen {
        let content = file.content;
        files.insert(path, FileEntry { path: (*path).to_owned(), layer: file.layer, ..content.clone() });
        let mut at = *path;
        while let Some((parent, _)) = at.rsplit_once('/') {
            if files.contains_key(parent) || seen.contains_key(parent) {
                break;
            }
            files.insert(parent, made_directory(parent, file.layer));
            at = parent;
        }
    }
    if !files.is_empty() {
        files.entry("").or_insert_with(|| made_directory("", 0));
    }
    files.into_values().collect()
}

fn made_directory(path: &str, layer: u32) -> FileEntry {
    FileEntry {
        path: path.to_owned(),
        kind: FileKind::Directory,
        mode: 0o755,
        uid: 0,
        gid: 0,
        size: 0,
        mtime: 0,
        link: None,
        caps: None,
        layer,
    }
}
