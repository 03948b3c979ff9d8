//! The modules of an interpreter's own library, by their whole names.

use std::collections::{BTreeSet, HashMap};

use plimsoll_evidence::{FileId, FileKind, FileTree};

use super::place::Places;
use super::walk::is_module;

/// The interpreter's own tests.
pub(super) const TESTS: &str = "test";

/// The package that installs others, which every interpreter brings (`ensurepip`). It has a copy of all that it needs (`pip._vendor`), and loads by
/// names that are no import statements nothing but its own commands, and what a project that it builds names.
pub(super) const INSTALLER: &str = "pip";

/// Whether a file is of the package that installs others.
pub(super) fn is_installer(places: &Places, path: &str) -> bool {
    places.module(path) == Some(INSTALLER)
}

/// An interpreter's own library, and the package that installs others.
pub(super) struct Library {
    names: BTreeSet<String>,
    /// The module that a file is, and whether it is a package.
    of: HashMap<FileId, (String, bool)>,
}

impl Library {
    /// The libraries of all interpreters of a tree.
    pub(super) fn of(tree: &FileTree, places: &Places) -> Self {
        let mut names = BTreeSet::new();
        let mut of = HashMap::new();
        let modules = (0_u32..).zip(&tree.files).filter(|(_, f)| matches!(f.kind, FileKind::Regular | FileKind::Symlink));
        for (id, file) in
            modules.filter(|(_, f)| (places.is_of_interpreter(&f.path) || is_installer(places, &f.path)) && is_module(f.name()))
        {
            let Some(rest) = places.site(&file.path).and_then(|site| file.path.strip_prefix(site)) else { continue };
            let (directory, name) = rest.rsplit_once('/').unwrap_or(("", rest));
            if directory.split('/').any(|part| part == "__pycache__") {
                continue;
            }
            let stem = name.split('.').next().unwrap_or(name);
            let is_package = stem == "__init__";
            let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
            if !is_package {
                parts.push(stem);
            }
            let whole = parts.join(".");
            names.insert(whole.clone());
            of.insert(id, (whole, is_package));
        }
        Self { names, of }
    }

    /// The name of the module that a file is.
    pub(super) fn name(&self, id: FileId) -> Option<&str> {
        self.of.get(&id).map(|(name, _)| name.as_str())
    }

    /// Whether there is a module of this name, or a package.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// The modules whose names begin so.
    pub(super) fn beginning<'a>(&'a self, beginning: &'a str) -> impl Iterator<Item = &'a str> {
        let those = self.names.range(beginning.to_owned()..).map(String::as_str);
        those.take_while(move |name| name.starts_with(beginning))
    }

    /// The modules of a package, and it itself.
    pub(super) fn below<'a>(&'a self, package: &'a str) -> impl Iterator<Item = &'a str> {
        let is_its = move |name: &&str| name.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.beginning(package).filter(is_its)
    }

    /// The interpreter's own tests, by their whole names.
    pub(super) fn tests(&self) -> impl Iterator<Item = &str> {
        self.below(TESTS).filter(|name| *name != TESTS)
    }

    /// The whole name of what a file imports by a relative one.
    pub(super) fn absolute(&self, by: FileId, name: &str) -> Option<String> {
        let rest = name.trim_start_matches('.');
        let dots = name.len() - rest.len();
        if dots == 0 {
            return Some(name.to_owned());
        }
        let (whole, is_package) = self.of.get(&by)?;
        let mut parts: Vec<&str> = whole.split('.').collect();
        let up = if *is_package { dots - 1 } else { dots };
        parts.truncate(parts.len().checked_sub(up)?);
        parts.extend((!rest.is_empty()).then_some(rest));
        Some(parts.join("."))
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::FileEntry;

    use super::*;

    fn library() -> Library {
        let entry = |path: &str, kind| FileEntry {
            path: path.to_owned(),
            kind,
            mode: 0o644,
            uid: 0,
            gid: 0,
            size: 1,
            mtime: 0,
            link: None,
            caps: None,
            layer: 0,
        };
        let mut files: Vec<FileEntry> =
            ["usr/lib/python3.11", "usr/lib/python3.11/dist-packages"].map(|d| entry(d, FileKind::Directory)).to_vec();
        files.extend(
            [
                "a.py",
                "a_b.py",
                "a/b.py",
                "a/__init__.py",
                "a/__pycache__/c.pyc",
                "a/c/d.py",
                "lib-dynload/_x.cpython-311.so",
                "dist-packages/z.py",
                "test/support.py",
            ]
            .map(|p| entry(&format!("usr/lib/python3.11/{p}"), FileKind::Regular)),
        );
        files.push(entry("usr/lib/python3.11/lib-dynload", FileKind::Directory));
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let tree = FileTree { files, deleted: Vec::new() };
        Library::of(&tree, &Places::of(&tree))
    }

    #[test]
    fn whole_names() {
        let library = library();
        assert_eq!(library.below("a").collect::<Vec<_>>(), ["a", "a.b", "a.c.d"]);
        assert_eq!(library.tests().collect::<Vec<_>>(), ["test.support"]);
        assert!(library.has("_x") && !library.has("z") && !library.has("a.__pycache__.c"));
    }

    #[test]
    fn relative_names() {
        let library = library();
        let by = |name: &str| *library.of.iter().filter(|(_, (n, _))| n == name).map(|(id, _)| id).max().unwrap();
        for (module, given, wanted) in [
            ("a", ".", Some("a")),
            ("a", ".b", Some("a.b")),
            ("a.b", ".", Some("a")),
            ("a.b", ".c.d", Some("a.c.d")),
            ("a.c.d", "..b", Some("a.b")),
            ("a.b", "x.y", Some("x.y")),
            ("a.b", ".....x", None),
        ] {
            assert_eq!(library.absolute(by(module), given).as_deref(), wanted, "{module} {given}");
        }
    }
}
