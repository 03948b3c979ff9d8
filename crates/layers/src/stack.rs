//! How layers lie on each other (OCI image specification v1.1, layer.md, "Applying Changesets").

use std::collections::{HashMap, HashSet};

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
    /// None for a directory that no layer names but that engines make.
    entry: Option<&'a FileEntry>,
    /// What a hard link names: whose bytes it has.
    content: Option<&'a FileEntry>,
    content_layer: u32,
    /// The place of `entry` among its layer's files.
    place: usize,
}

impl Seen<'_> {
    fn kind(&self) -> FileKind {
        self.content.map_or(FileKind::Directory, |c| c.kind)
    }
}

/// Lays layers on each other, lowest first. A layer that was not read is given as none. Files, ELF facts and texts are moved out
/// of the layers' facts, which are left without: an image of a million files is held once.
pub fn stack(layers: &mut [Option<&mut LayerFacts>]) -> Stacked {
    let Plan { files, elfs, texts, deleted, broken_links } = plan(&layers.iter().map(Option::as_deref).collect::<Vec<_>>());
    let mut all_files = Vec::with_capacity(layers.len());
    let (mut all_elfs, mut all_texts) = (Vec::new(), Vec::new());
    for facts in layers {
        let Some(facts) = facts else {
            all_files.push(Vec::new());
            continue;
        };
        all_files.push(std::mem::take(&mut facts.files));
        take(&mut all_elfs, &mut facts.elfs);
        take(&mut all_texts, &mut facts.texts);
    }
    let files = files.into_iter().map(|file| match file {
        Placed::Own { layer, place } => {
            let entry = std::mem::replace(&mut all_files[layer as usize][place], made_directory(String::new(), layer));
            FileEntry { layer, ..entry }
        }
        Placed::Other(entry) => *entry,
    });
    let tree = FileTree { files: files.collect(), deleted };
    // Letting go of so many small pieces takes time of its own, which nobody has to wait for.
    std::thread::spawn(move || drop(all_files));
    Stacked { tree, elfs: shown(all_elfs, elfs), texts: shown(all_texts, texts), broken_links }
}

/// What is seen of the layers, and from where it comes.
struct Plan {
    /// Sorted by path.
    files: Vec<Placed>,
    /// For each layer's facts in their order: under which names they are seen.
    elfs: Vec<Names>,
    texts: Vec<Names>,
    deleted: Vec<DeletedFile>,
    broken_links: Vec<(u32, String)>,
}

/// A visible file.
enum Placed {
    /// What a layer has there.
    Own { layer: u32, place: usize },
    /// A further name of a file, or a directory that no layer names.
    Other(Box<FileEntry>),
}

/// The names under which the facts about a file are seen.
struct Names {
    own: bool,
    further: Vec<String>,
}

fn plan(layers: &[Option<&LayerFacts>]) -> Plan {
    let mut pile = Pile::default();
    let files = || layers.iter().flatten().map(|facts| facts.files.len());
    pile.slots.reserve(files().sum());
    pile.places.reserve(files().max().unwrap_or_default());
    for (index, facts) in layers.iter().enumerate().filter_map(|(i, f)| f.map(|f| (i as u32, f))) {
        pile.lay(index, facts);
    }
    pile.deleted.sort_by(|a, b| (&a.entry.path, a.entry.layer).cmp(&(&b.entry.path, b.entry.layer)));
    let names = || {
        let aliases = pile.aliases();
        (pile.names(layers, &aliases, |facts| &facts.elfs), pile.names(layers, &aliases, |facts| &facts.texts))
    };
    let (files, names) = std::thread::scope(|scope| {
        let beside = scope.spawn(names);
        (pile.files(), beside.join())
    });
    // A panic there is one here as well.
    let (elfs, texts) = names.unwrap_or_else(|cause| std::panic::resume_unwind(cause));
    Plan { files, elfs, texts, deleted: pile.deleted, broken_links: pile.broken_links }
}

/// Moves facts behind others; the first ones stay where they are.
fn take<T>(all: &mut Vec<T>, more: &mut Vec<T>) {
    if all.is_empty() {
        *all = std::mem::take(more);
    } else {
        all.append(more);
    }
}

/// The facts that are seen, under the names under which they are, sorted by path. In place: what is large would otherwise be copied
/// to memory that the kernel has to clear first.
fn shown<T: OfFile>(mut facts: Vec<T>, names: Vec<Names>) -> Vec<T> {
    let mut further = Vec::new();
    let mut own = Vec::with_capacity(names.len());
    for (fact, names) in facts.iter().zip(names) {
        further.extend(names.further.into_iter().map(|name| fact.renamed(name)));
        own.push(names.own);
    }
    let mut own = own.into_iter();
    facts.retain(|_| own.next().unwrap_or_default());
    facts.append(&mut further);
    facts.sort_unstable_by(|a, b| a.path().cmp(b.path()));
    facts
}

/// Layers laid so far. Every file's directories are in it, so what is not in it has nothing below it.
#[derive(Default)]
struct Pile<'a> {
    /// Every file that was ever seen, in the order in which the layers have them; none where it is not seen any more.
    slots: Vec<(&'a str, Option<Seen<'a>>)>,
    /// The slot of a path that is seen. Seeded at random for each run, as the standard map is, and several times faster on paths.
    places: HashMap<&'a str, u32, foldhash::fast::RandomState>,
    deleted: Vec<DeletedFile>,
    broken_links: Vec<(u32, String)>,
}

impl<'a> Pile<'a> {
    fn get(&self, path: &str) -> Option<Seen<'a>> {
        self.slots.get(*self.places.get(path)? as usize)?.1
    }

    /// What was seen there before.
    fn insert(&mut self, path: &'a str, seen: Seen<'a>) -> Option<Seen<'a>> {
        let slot = self.slots.len() as u32;
        self.slots.push((path, Some(seen)));
        let old = self.places.insert(path, slot)?;
        self.slots[old as usize].1.take()
    }

    fn remove(&mut self, path: &str) -> Option<Seen<'a>> {
        let slot = self.places.remove(path)?;
        self.slots[slot as usize].1.take()
    }

    /// What is seen, in the layers' order.
    fn iter(&self) -> impl Iterator<Item = (&'a str, Seen<'a>)> {
        self.slots.iter().filter_map(|(path, seen)| Some((*path, (*seen)?)))
    }

    fn lay(&mut self, index: u32, facts: &'a LayerFacts) {
        self.apply(index, &facts.whiteouts);
        // Entries come directory by directory: the last one's need not be looked up again.
        let mut directory = None;
        let mut no_directories = false;
        for (place, entry) in facts.files.iter().enumerate() {
            let (content, content_layer) = if entry.kind == FileKind::HardLink {
                let target = entry.link.as_deref().and_then(|target| self.get(target));
                let Some((content, layer)) = target.and_then(|t| t.content.map(|c| (c, t.content_layer))) else {
                    self.broken_links.push((index, entry.path.clone()));
                    continue;
                };
                (content, layer)
            } else {
                (entry, index)
            };
            let parent = entry.path.rsplit_once('/').map(|(p, _)| p);
            if parent.is_some() && parent != directory {
                no_directories |= self.make_directories(index, &entry.path);
                directory = parent;
            }
            let old = self.insert(&entry.path, Seen { layer: index, entry: Some(entry), content: Some(content), content_layer, place });
            if let Some(old) = old {
                no_directories |= old.kind() == FileKind::Directory && content.kind != FileKind::Directory;
                if old.kind() != FileKind::Directory && Some(entry.path.as_str()) == directory {
                    directory = None;
                }
                self.hide(old, index, true);
            }
            if content.kind != FileKind::Directory && Some(entry.path.as_str()) == directory {
                directory = None;
            }
        }
        if no_directories {
            self.sweep(index + 1, index, |pile, path| ancestors(path).any(|a| pile.get(a).is_none_or(|s| s.kind() != FileKind::Directory)));
        }
    }

    /// Deletes what a layer's whiteouts name of the layers below it, all in one go over the files.
    fn apply(&mut self, index: u32, whiteouts: &[Whiteout]) {
        if whiteouts.is_empty() {
            return;
        }
        let mut paths: HashSet<&str> = HashSet::new();
        let mut opaque: HashSet<&str> = HashSet::new();
        for whiteout in whiteouts {
            match whiteout {
                Whiteout::Path(path) => paths.insert(path),
                Whiteout::Opaque(directory) => opaque.insert(directory),
            };
        }
        self.sweep(index, index, |_, path| {
            !path.is_empty()
                && (paths.contains(path) || ancestors(path).any(|a| paths.contains(a) || opaque.contains(a)) || opaque.contains(""))
        });
    }

    /// Removes files of the layers under `below` for which `gone` holds.
    fn sweep(&mut self, below: u32, by_layer: u32, gone: impl Fn(&Self, &str) -> bool) {
        let paths: Vec<&'a str> = self.iter().filter(|(path, seen)| seen.layer < below && gone(self, path)).map(|(path, _)| path).collect();
        for path in paths {
            if let Some(old) = self.remove(path) {
                self.hide(old, by_layer, false);
            }
        }
    }

    /// A file's directories are directories now, whatever lower layers had there. Says whether anything had to give way.
    fn make_directories(&mut self, index: u32, path: &'a str) -> bool {
        let mut gave_way = false;
        for directory in ancestors(path) {
            let made = Seen { layer: index, entry: None, content: None, content_layer: index, place: 0 };
            match self.get(directory) {
                Some(s) if s.kind() == FileKind::Directory => break,
                Some(_) => {
                    if let Some(old) = self.insert(directory, made) {
                        self.hide(old, index, true);
                    }
                    gave_way = true;
                }
                None => {
                    self.insert(directory, made);
                }
            }
        }
        gave_way
    }

    fn hide(&mut self, old: Seen<'a>, by_layer: u32, replaced: bool) {
        // A directory or link that goes away ships nothing worth telling.
        if let (Some(entry), FileKind::Regular) = (old.entry, old.kind())
            && entry.kind == FileKind::Regular
            && old.layer < by_layer
        {
            self.deleted.push(DeletedFile { entry: FileEntry { layer: old.layer, ..entry.clone() }, by_layer, replaced });
        }
    }

    /// The further names of files that have several, by layer and first name.
    fn aliases(&self) -> Aliases<'a> {
        let mut aliases = Aliases::new();
        for (path, seen) in self.iter() {
            if let Some(content) = seen.content.filter(|_| seen.entry.is_some_and(|e| e.kind == FileKind::HardLink)) {
                aliases.entry((seen.content_layer, content.path.as_str())).or_default().push(path);
            }
        }
        aliases
    }

    /// The names under which facts are seen: a hard link has those of what it names.
    fn names<T: OfFile + 'a>(
        &self,
        layers: &[Option<&'a LayerFacts>],
        aliases: &Aliases<'_>,
        facts: impl Fn(&'a LayerFacts) -> &'a [T],
    ) -> Vec<Names> {
        let all = layers.iter().enumerate().flat_map(|(i, layer)| layer.map(&facts).unwrap_or_default().iter().map(move |f| (i as u32, f)));
        all.map(|(layer, fact)| {
            let path = fact.path();
            Names {
                own: self.get(path).is_some_and(|s| s.content_layer == layer && s.content.is_some_and(|c| c.path == path)),
                further: aliases.get(&(layer, path)).into_iter().flatten().map(|alias| (*alias).to_owned()).collect(),
            }
        })
        .collect()
    }

    /// The visible files in order. Layers list their files nearly in order already, which the sort makes use of.
    fn files(&self) -> Vec<Placed> {
        let mut order: Vec<u32> = Vec::with_capacity(self.places.len());
        order.extend(self.slots.iter().enumerate().filter(|(_, (_, seen))| seen.is_some()).map(|(slot, _)| slot as u32));
        order.sort_by_key(|slot| self.slots[*slot as usize].0);
        let seen = order.into_iter().filter_map(|slot| {
            let (path, seen) = self.slots[slot as usize];
            Some((path, seen?))
        });
        let mut files = Vec::with_capacity(self.places.len() + 1);
        if self.get("").is_none() && !self.places.is_empty() {
            files.push(Placed::Other(made_directory(String::new(), 0).into()));
        }
        files.extend(seen.map(|(path, file)| match (file.entry, file.content) {
            (Some(entry), Some(content)) if entry.kind == FileKind::HardLink => {
                Placed::Other(FileEntry { path: path.to_owned(), layer: file.layer, ..content.clone() }.into())
            }
            (Some(_), Some(_)) => Placed::Own { layer: file.layer, place: file.place },
            _ => Placed::Other(made_directory(path.to_owned(), file.layer).into()),
        }));
        files
    }
}

/// Further names of files, by layer and first name.
type Aliases<'a> = HashMap<(u32, &'a str), Vec<&'a str>>;

/// The directories of a path, the innermost first; not the root.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(path.rsplit_once('/').map(|(p, _)| p), |p| p.rsplit_once('/').map(|(p, _)| p))
}

/// What a fact is about.
trait OfFile: Clone {
    fn path(&self) -> &str;
    fn renamed(&self, path: String) -> Self;
}

impl OfFile for ElfFacts {
    fn path(&self) -> &str {
        &self.path
    }

    fn renamed(&self, path: String) -> Self {
        Self { path, ..self.clone() }
    }
}

impl OfFile for CapturedText {
    fn path(&self) -> &str {
        &self.path
    }

    fn renamed(&self, path: String) -> Self {
        Self { path, ..self.clone() }
    }
}

fn made_directory(path: String, layer: u32) -> FileEntry {
    FileEntry { path, kind: FileKind::Directory, mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0, link: None, caps: None, layer }
}
