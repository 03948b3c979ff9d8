//! The files that a load may mean. Of folders the first counts that has what is loaded, as Node.js takes it; of the ways to load from a folder
//! all count, whatever the condition and the kind of module.

use plimsoll_evidence::{FileId, FileKind, FileTree};

use super::NodeNamed;

/// Where Debian's build of Node.js looks when no `node_modules` has a package.
const EVERYWHERE: [&str; 4] = ["usr/share/nodejs", "usr/lib/nodejs", "usr/lib/x86_64-linux-gnu/nodejs", "usr/lib/aarch64-linux-gnu/nodejs"];
/// Where Node.js looks by itself, below its prefix and a home directory.
const GLOBAL: [&str; 6] = [
    "usr/lib/node",
    "usr/local/lib/node",
    "root/.node_modules",
    "root/.node_libraries",
    "home/node/.node_modules",
    "home/node/.node_libraries",
];
/// What Node.js tries to add to a name.
const ENDINGS: [&str; 4] = ["", ".js", ".json", ".node"];

/// Parts of Node.js that every version has: it takes them before any package. Of newer ones a package of their name counts.
const BUILTIN: [&str; 31] = [
    "assert",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "dns",
    "domain",
    "events",
    "fs",
    "http",
    "https",
    "module",
    "net",
    "os",
    "path",
    "process",
    "querystring",
    "readline",
    "repl",
    "stream",
    "string_decoder",
    "timers",
    "tls",
    "tty",
    "url",
    "util",
    "vm",
    "zlib",
];

/// The name under which a package of this `package.json` is loaded: its folder's.
pub(super) fn called(recorded_in: &str) -> &str {
    let folder = recorded_in.strip_suffix("/package.json").unwrap_or_default();
    let from = folder.rfind("node_modules/").map_or_else(|| folder.rfind("nodejs/").map(|at| at + 7), |at| Some(at + 13));
    from.map_or("", |at| &folder[at..])
}

/// A path from a directory on, without `.` and `..`.
pub(super) fn joined(directory: &str, path: &str) -> String {
    let mut parts: Vec<&str> = if path.starts_with('/') { Vec::new() } else { directory.split('/').filter(|p| !p.is_empty()).collect() };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

pub(super) struct Resolver<'a> {
    pub(super) tree: &'a FileTree,
    pub(super) named: &'a NodeNamed,
}

/// A file that may be meant, or why that cannot be told.
type Meant = Result<Vec<FileId>, String>;

impl Resolver<'_> {
    /// What a load in a file of this directory may mean.
    pub(super) fn load(&self, directory: &str, load: &str) -> Meant {
        if load.starts_with('#') {
            return self.own_names(directory, load);
        }
        if load.contains([':', '?', '%']) && !load.starts_with("node:") {
            return Err(format!("{load} is loaded, which is not followed"));
        }
        if load.starts_with('/') || matches!(load, "." | "..") || load.starts_with("./") || load.starts_with("../") {
            return self.path(&joined(directory, load));
        }
        if BUILTIN.contains(&load) || load.starts_with("node:") {
            return Ok(Vec::new());
        }
        self.package(directory, load)
    }

    /// What a package's own names may mean: of the nearest `package.json` above, whatever it has.
    fn own_names(&self, directory: &str, load: &str) -> Meant {
        let mut above = Some(directory);
        while let Some(at) = above.filter(|at| !at.is_empty()) {
            if let Some(of) = self.named.of.get(&format!("{at}/package.json")) {
                if !of.imports || of.unread || of.loads.iter().any(|name| name.starts_with('#')) {
                    break;
                }
                let mut files = self.entries(at)?;
                // Other packages, by the package's own names for them.
                for name in &of.loads {
                    files.extend(self.package(at, name)?);
                }
                return Ok(files);
            }
            above = at.rsplit_once('/').map(|(parent, _)| parent);
        }
        Err(format!("{load} is loaded, which is not followed"))
    }

    /// A package on the way up from a directory, or what may be loaded of it.
    fn package(&self, directory: &str, load: &str) -> Meant {
        let slashes = if load.starts_with('@') { 2 } else { 1 };
        let name: String = load.split('/').take(slashes).collect::<Vec<_>>().join("/");
        let inner = load.get(name.len()..).unwrap_or_default().trim_start_matches('/');
        if name.is_empty() || name.starts_with('.') {
            return Ok(Vec::new());
        }
        let mut files = Vec::new();
        let mut above = Some(directory);
        let mut places: Vec<String> = Vec::new();
        while let Some(at) = above {
            places.push(if at.is_empty() { "node_modules".to_owned() } else { format!("{at}/node_modules") });
            // The package that the file is of may load itself by its name.
            let manifest = if at.is_empty() { "package.json".to_owned() } else { format!("{at}/package.json") };
            if self.named.of.get(&manifest).is_some_and(|of| of.own_name.as_deref() == Some(name.as_str())) {
                files.extend(self.entries(at)?);
            }
            above = at.rsplit_once('/').map(|(parent, _)| parent).or_else(|| (!at.is_empty()).then_some(""));
        }
        places.extend(EVERYWHERE.iter().chain(&GLOBAL).map(|p| (*p).to_owned()));
        for place in places {
            let own = files.len();
            let at = format!("{place}/{name}");
            // A file, too, in the folders beside those of packages.
            if inner.is_empty() {
                files.extend(self.files(&at));
            }
            let Some(folder) = self.tree.resolve(&at).and_then(|id| self.tree.files.get(id as usize)) else { continue };
            if folder.kind != FileKind::Directory {
                continue;
            }
            if !inner.is_empty() {
                files.extend(self.path(&joined(&folder.path, inner))?);
            }
            files.extend(if inner.is_empty() || self.exports(&folder.path) { self.entries(&folder.path)? } else { Vec::new() });
            if files.len() > own {
                break;
            }
        }
        Ok(files)
    }

    fn exports(&self, folder: &str) -> bool {
        self.named.of.get(&format!("{folder}/package.json")).is_some_and(|of| of.own_name.is_some() || of.unread)
    }

    /// A file at a path, with an ending or without, or what a folder there is loaded by.
    fn path(&self, path: &str) -> Meant {
        let mut files = self.files(path);
        if let Some(folder) =
            self.tree.resolve(path).and_then(|id| self.tree.files.get(id as usize)).filter(|f| f.kind == FileKind::Directory)
        {
            files.extend(self.entries(&folder.path)?);
        }
        Ok(files)
    }

    fn files(&self, path: &str) -> Vec<FileId> {
        let found = ENDINGS.iter().filter_map(|ending| self.tree.resolve(&format!("{path}{ending}")));
        // Another name of a file counts too, and then is told not to be looked through: what it loads depends on where it lies.
        let is_file = |f: &plimsoll_evidence::FileEntry| !matches!(f.kind, FileKind::Directory | FileKind::Symlink);
        found.filter(|id| self.tree.files.get(*id as usize).is_some_and(is_file)).collect()
    }

    /// The files by which a folder is loaded.
    fn entries(&self, folder: &str) -> Meant {
        let manifest = format!("{folder}/package.json");
        let mut files = self.files(&joined(folder, "index"));
        let Some(id) = self.tree.resolve(&manifest) else { return Ok(files) };
        let at = self.tree.files.get(id as usize).map(|f| f.path.as_str()).unwrap_or_default();
        let Some(of) = self.named.of.get(at).filter(|of| !of.unread) else {
            return Err(format!("/{manifest} could not be looked through"));
        };
        for main in &of.mains {
            let path = joined(folder, main);
            files.extend(self.files(&path));
            files.extend(self.files(&format!("{path}/index")));
        }
        if of.any {
            let inside = format!("{folder}/");
            let all = (0_u32..).zip(&self.tree.files).filter(|(_, f)| f.path.starts_with(&inside) && f.kind != FileKind::Directory);
            files.extend(all.filter(|(_, f)| !f.path[inside.len()..].contains("node_modules/") && is_loadable(f.name())).map(|(id, _)| id));
        }
        Ok(files)
    }
}

fn is_loadable(name: &str) -> bool {
    [".js", ".cjs", ".mjs", ".node"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_names() {
        for (directory, path, wanted) in
            [("app/lib", "../x", "app/x"), ("app", "/a/./b", "a/b"), ("", "../../x", "x"), ("app", "./a//b/", "app/a/b")]
        {
            assert_eq!(joined(directory, path), wanted);
        }
        for (recorded_in, wanted) in [
            ("app/node_modules/a/package.json", "a"),
            ("app/node_modules/a/node_modules/@b/c/package.json", "@b/c"),
            ("usr/share/nodejs/a/package.json", "a"),
            ("app/package-lock.json", ""),
        ] {
            assert_eq!(called(recorded_in), wanted);
        }
    }
}
