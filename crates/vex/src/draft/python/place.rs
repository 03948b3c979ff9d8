//! Where Python finds modules, by the image's own files.

use std::collections::BTreeSet;

use plimsoll_evidence::{FileKind, FileTree, ImageFacts, Inventory};

/// Modules that an interpreter imports by itself before anything else (`site`, and what it says of customising), and how a command names them.
pub(super) const AT_START: [&str; 8] =
    ["__main__", "builtins", "encodings", "importlib", "runpy", "site", "sitecustomize", "usercustomize"];
/// Modules of its library that the interpreter's own C code imports by name (`CPython` 3.8 to 3.14): for streams, pickles, dates, warnings, generic
/// types, errors shown and the prompt.
pub(super) const BY_INTERPRETER: [&str; 44] = [
    "_collections_abc",
    "_colorize",
    "_compat_pickle",
    "_py_abc",
    "_pydecimal",
    "_pyio",
    "_pylong",
    "_pyrepl",
    "_strptime",
    "abc",
    "annotationlib",
    "ast",
    "asyncio",
    "codecs",
    "collections",
    "collections.abc",
    "copy",
    "copyreg",
    "datetime",
    "enum",
    "functools",
    "importlib",
    "importlib.readers",
    "importlib.util",
    "inspect",
    "io",
    "json.decoder",
    "keyword",
    "linecache",
    "locale",
    "numbers",
    "operator",
    "os",
    "re",
    "reprlib",
    "rlcompleter",
    "string.templatelib",
    "struct",
    "threading",
    "tokenize",
    "traceback",
    "types",
    "typing",
    "warnings",
];
/// Directories of every system, whose names say nothing of what is in them.
const OF_EVERY_SYSTEM: [&str; 16] = [
    "bin",
    "dist-packages",
    "etc",
    "home",
    "lib",
    "lib64",
    "libexec",
    "local",
    "opt",
    "root",
    "sbin",
    "share",
    "site-packages",
    "srv",
    "usr",
    "var",
];
/// Files that are archives by their form, and are data to those who read them.
const DOCUMENTS: [&str; 12] = [".apk", ".docx", ".ear", ".epub", ".jar", ".npz", ".odp", ".ods", ".odt", ".pptx", ".war", ".xlsx"];
/// Directories of modules, by the last part of their paths.
const BY_NAME: [&str; 3] = ["dist-packages", "lib-dynload", "site-packages"];
/// Files that only tools for packages, tests and people read, in an application's own directory.
const PACKAGING: [&str; 14] = [
    "Containerfile",
    "Dockerfile",
    "Makefile",
    "Pipfile",
    "Pipfile.lock",
    "environment.yml",
    "pdm.lock",
    "poetry.lock",
    "pylock.toml",
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "tox.ini",
    "uv.lock",
];

/// Directories from which modules are imported by name.
pub(super) struct Places {
    /// With an ending slash, the longest first.
    directories: Vec<String>,
}

impl Places {
    /// The directories of a tree: those of an interpreter's own library, of its packages, and whatever directory distributions were installed to.
    pub(super) fn of(tree: &FileTree) -> Self {
        let mut found: BTreeSet<String> = BTreeSet::new();
        for file in tree.files.iter().filter(|f| f.kind == FileKind::Directory) {
            let name = file.name();
            if BY_NAME.contains(&name) || is_library(&file.path) {
                found.insert(format!("{}/", file.path));
            } else if name.ends_with(".dist-info") || name.ends_with(".egg-info") {
                found.insert(if file.parent().is_empty() { String::new() } else { format!("{}/", file.parent()) });
            }
        }
        let mut directories: Vec<String> = found.into_iter().collect();
        directories.sort_by_key(|d| std::cmp::Reverse(d.len()));
        Self { directories }
    }

    /// The directory of modules that a file lies in.
    pub(super) fn site(&self, path: &str) -> Option<&str> {
        self.directories.iter().find(|d| path.starts_with(d.as_str())).map(String::as_str)
    }

    /// The directories of what is followed by its imports, with their ending slashes: interpreters' own libraries, and the installer.
    pub(super) fn libraries(&self) -> Vec<String> {
        let is_own = |d: &String| is_library(d.trim_end_matches('/')) || d.ends_with("/lib-dynload/");
        self.directories.iter().map(|d| if is_own(d) { d.clone() } else { format!("{d}{}/", super::library::INSTALLER) }).collect()
    }

    /// Whether a file is of an interpreter's own library.
    pub(super) fn is_of_interpreter(&self, path: &str) -> bool {
        self.site(path).is_some_and(|d| is_library(d.trim_end_matches('/')) || d.ends_with("/lib-dynload/"))
    }

    /// The name by which a program imports what a file is part of: the first after the directory of modules. None for what is no module's.
    pub(super) fn module<'a>(&self, path: &'a str) -> Option<&'a str> {
        let rest = &path[self.site(path)?.len()..];
        let (first, below) = rest.split_once('/').map_or((rest, None), |(first, below)| (first, Some(below)));
        let name = match below {
            Some(_) if first.ends_with(".dist-info") || first.ends_with(".egg-info") || first == "__pycache__" => return None,
            // Libraries that a wheel brings for its extensions.
            Some(_) if first.ends_with(".libs") => return None,
            Some(_) => first,
            None if [".py", ".pyc", ".pyw", ".so"].iter().any(|end| first.ends_with(end)) => first.split('.').next()?,
            None => return None,
        };
        (!name.is_empty()).then_some(name)
    }

    /// The modules that a package brings, sorted.
    pub(super) fn modules_of(&self, image: &ImageFacts, inventory: &Inventory, package: u32) -> Vec<String> {
        let own = image.tree.files.iter().zip(&inventory.owners).filter(|(f, owner)| **owner == package && f.kind != FileKind::Directory);
        own.filter_map(|(f, _)| self.module(&f.path)).map(str::to_owned).collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// The names by which code that lies in no directory of modules may be imported, once some directory above it is searched: its own, and those of
/// the directories that it lies in.
pub(super) fn loose(path: &str) -> impl Iterator<Item = &str> {
    let stem = |name| [".py", ".pyw", ".pyc", ".so"].iter().find_map(|end| str::strip_suffix(name, end)).unwrap_or(name);
    path.split('/').filter(|part| !OF_EVERY_SYSTEM.contains(part)).map(stem)
}

/// Whether a file that is an archive by its form may be one of modules, by its name.
pub(super) fn may_hold_modules(name: &str) -> bool {
    !DOCUMENTS.iter().any(|end| name.ends_with(end))
}

/// Whether a file that is an archive has a name of one that holds modules. `python311.zip` is searched by every interpreter.
pub(super) fn is_named_as_modules(name: &str) -> bool {
    [".egg", ".pyz", ".pyzw", ".whl", ".zip"].iter().any(|end| name.ends_with(end))
}

/// `python311.zip`, which every interpreter searches beside its library.
pub(super) fn is_library_archive(path: &str) -> bool {
    let Some((parent, name)) = path.rsplit_once('/') else { return false };
    let version = name.strip_prefix("python").and_then(|rest| rest.strip_suffix(".zip"));
    version.is_some_and(|v| v.bytes().all(|b| b.is_ascii_digit())) && (parent.ends_with("lib") || parent.ends_with("lib64"))
}

/// `usr/lib/python3.11`: an interpreter's own library.
fn is_library(path: &str) -> bool {
    let Some((parent, name)) = path.rsplit_once('/') else { return false };
    let is_versioned = ["python", "pypy"].iter().any(|p| name.strip_prefix(p).is_some_and(|v| v.starts_with(|c: char| c.is_ascii_digit())));
    is_versioned && (parent.ends_with("lib") || parent.ends_with("lib64"))
}

/// A program that is an interpreter of Python, by name.
pub(super) fn is_python(name: &str) -> bool {
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    matches!(bare, "python" | "pypy")
}

/// A file that only tools for packages read, by name.
pub(super) fn is_packaging(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    PACKAGING.contains(&name)
        || name.starts_with('.')
        || [".md", ".rst"].iter().any(|end| lower.ends_with(end))
        || ["readme", "license", "changelog", "requirements", "constraints"].iter().any(|begin| lower.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_by_place() {
        let places = Places {
            directories: ["opt/site/", "usr/local/lib/python3.11/dist-packages/", "usr/lib/python3.11/lib-dynload/", "usr/lib/python3.11/"]
                .map(str::to_owned)
                .to_vec(),
        };
        for (path, module) in [
            ("usr/local/lib/python3.11/dist-packages/django/conf/a.py", Some("django")),
            ("usr/local/lib/python3.11/dist-packages/six.py", Some("six")),
            ("usr/local/lib/python3.11/dist-packages/_cffi.cpython-311-x86_64-linux-gnu.so", Some("_cffi")),
            ("usr/local/lib/python3.11/dist-packages/Django-3.dist-info/RECORD", None),
            ("usr/local/lib/python3.11/dist-packages/Pillow.libs/libjpeg.so", None),
            ("usr/local/lib/python3.11/dist-packages/__pycache__/six.cpython-311.pyc", None),
            ("usr/local/lib/python3.11/dist-packages/README.txt", None),
            ("usr/lib/python3.11/os.py", Some("os")),
            ("usr/lib/python3.11/lib-dynload/_ssl.cpython-311.so", Some("_ssl")),
            ("opt/site/flask/app.py", Some("flask")),
            ("app/app.py", None),
        ] {
            assert_eq!(places.module(path), module, "{path}");
        }
        assert!(places.is_of_interpreter("usr/lib/python3.11/os.py") && !places.is_of_interpreter("opt/site/flask/app.py"));
    }

    #[test]
    fn interpreters_and_packaging_by_name() {
        for (name, wanted) in [("python3", true), ("python3.11", true), ("pypy3", true), ("python3-config", false), ("pythonw.py", false)] {
            assert_eq!(is_python(name), wanted, "{name}");
        }
        for (name, wanted) in
            [("requirements-dev.txt", true), ("README.md", true), (".gitignore", true), ("settings.yml", false), ("app.py", false)]
        {
            assert_eq!(is_packaging(name), wanted, "{name}");
        }
    }
}
