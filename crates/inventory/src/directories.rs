//! Where in the tree a path of a list leads.

use foldhash::HashMap;
use plimsoll_evidence::FileTree;

/// Where directories lead, as far as it was looked for.
pub(crate) type Known<'b, 'a> = HashMap<&'b str, Option<&'a str>>;

/// Finds files whose directories may be links.
#[derive(Debug)]
pub struct Directories<'a> {
    pub(crate) tree: &'a FileTree,
    places: HashMap<&'a str, u32>,
}

impl<'a> Directories<'a> {
    /// A tree ready to be looked up in.
    pub fn new(tree: &'a FileTree) -> Self {
        Self { tree, places: tree.files.iter().enumerate().map(|(i, f)| (f.path.as_str(), i as u32)).collect() }
    }

    /// The file at exactly this path.
    pub(crate) fn at(&self, path: &str) -> Option<u32> {
        self.places.get(path).copied()
    }

    /// The files below a directory: they stand together, soon behind it.
    pub(crate) fn below(&self, directory: u32) -> impl Iterator<Item = u32> {
        let files = &self.tree.files;
        let name = files[directory as usize].path.as_str();
        let inside = move |path: &str| path.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'));
        // `a-b` stands between `a` and `a/b`.
        let between = move |path: &str| path.strip_prefix(name).is_some_and(|rest| rest.as_bytes().first().is_some_and(|b| *b < b'/'));
        let start = directory as usize + 1;
        let skipped = files[start..].iter().take_while(|f| between(&f.path)).count();
        (start + skipped..files.len()).take_while(move |id| inside(&files[*id].path)).map(|id| id as u32)
    }

    /// The files that these paths lead to. Lists of packages mostly name files in the order in which they stand, so that the next one is
    /// looked at before any is looked up.
    pub(crate) fn find_each<'b>(&self, paths: impl Iterator<Item = &'b str>) -> Vec<Option<u32>> {
        let mut known = Known::default();
        let mut next = 0;
        let find = |path| {
            let is_next = self.tree.files.get(next as usize).is_some_and(|file| file.path == path);
            let found = if is_next { Some(next) } else { self.find(path, &mut known) };
            next = found.map_or(next, |id| id + 1);
            found
        };
        paths.map(find).collect()
    }

    /// The file that this path leads to.
    pub(crate) fn find<'b>(&self, path: &'b str, known: &mut Known<'b, 'a>) -> Option<u32> {
        if let Some(id) = self.places.get(path) {
            return Some(*id);
        }
        let (directory, name) = path.rsplit_once('/')?;
        let tree = self.tree;
        let real = (*known.entry(directory).or_insert_with(|| tree.resolve(directory).map(|id| tree.file(id).path.as_str())))?;
        self.places.get(format!("{real}/{name}").as_str()).copied()
    }
}
