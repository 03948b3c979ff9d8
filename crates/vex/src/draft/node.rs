//! Whether a program of `Node.js` can load what lies in a package. What `node SCRIPT` starts loads the script and what `require` and `import` name, from
//! the folders that its documentation has (the chapters on modules and packages).
//!
//! # What is proven
//!
//! That no file of the package is among those that loads which are written out lead to, from file to file, and that no file among them could load
//! anything else: by a name that is computed, by code made of a text, by the loader itself, by native code, by a program that is started. Of the
//! folders on the way up the first counts that has what is loaded, and of what a package exports every file, under whatever condition.
//!
//! # Files that are known
//!
//! A file that could load more is followed only if it is one of [`known`], by its digest: of each a person has seen what it loads. Where one of them
//! loads by a name (Express, the engine of a view), and any file but its own package's has the word by which it is made to, every package counts as loaded
//! whose name stands in a string of any file that is reached, in a configuration, in the environment, or as the ending of a file.
//!
//! # Where it would not hold
//!
//! Then nothing is proven, and why is said: the application could hand out files of packages to browsers, where their code runs; the command is not `node SCRIPT` with options that are known; a variable of the environment adds to it
//! (`NODE_OPTIONS`, `NODE_PATH`, `LD_PRELOAD`); a health check or a script runs beside it; a file that is reached could not be looked through.

use std::collections::{BTreeSet, HashMap};

use plimsoll_evidence::{Ecosystem, Evidence, FileEntry, FileId, FileKind, ImageFacts, Link, Package, VexJustification, Vulnerability};

use super::{MOST_FILES, Proof, starts, words};

mod command;
mod known;
mod resolve;
#[cfg(test)]
mod tests;
mod walk;

/// What the scripts of an image load.
#[derive(Debug, Clone, Default)]
pub struct NodeNamed {
    /// Names of packages that were looked for in strings, sorted: those of [`node_wanted`].
    pub names: Vec<String>,
    /// By path, of scripts and `package.json` files.
    pub of: HashMap<String, OfNode>,
    /// Why some of it could not be had; then nothing is proven by it.
    pub unread: Vec<String>,
}

/// What one script or `package.json` has.
#[derive(Debug, Clone, Default)]
pub struct OfNode {
    /// What it loads, as it is written.
    pub loads: Vec<String>,
    /// By what it could load more.
    pub more: Vec<String>,
    /// By what it could hand out files of packages, which then run elsewhere: only of the application's own.
    pub serves: Option<String>,
    /// Its SHA-256 where it could load more.
    pub digest: Option<String>,
    /// By place in [`NodeNamed::names`].
    pub names: Vec<u32>,
    /// Files by which a package is loaded.
    pub mains: Vec<String>,
    /// Whether it has the word `render`.
    pub renders: bool,
    /// Whether it is a configuration, whose names count as those of strings do.
    pub is_config: bool,
    /// Whether any file of a package may be loaded.
    pub any: bool,
    /// Whether a package has names of its own for what its files load.
    pub imports: bool,
    /// The name by which a package may load itself.
    pub own_name: Option<String>,
    /// Whether it was not looked through.
    pub unread: bool,
}

/// The names of packages to look for; none where no finding is of a package of npm, or the container does not start Node.js in a way that is followed.
pub fn node_wanted(evidence: &Evidence) -> Option<Vec<String>> {
    let (image, inventory, known) = (evidence.image.found()?, evidence.components.found()?, evidence.vulnerabilities.found()?);
    let is_its = |v: &Vulnerability| inventory.packages.get(v.component as usize).is_some_and(|p| p.ecosystem == Ecosystem::Npm);
    if !known.found.iter().any(is_its) || command::script(image).is_err() {
        return None;
    }
    let packages = inventory.packages.iter().filter(|p| p.ecosystem == Ecosystem::Npm);
    // A package may lie in a folder of another name than its own.
    let names: BTreeSet<String> = packages.flat_map(|p| [p.name.clone(), resolve::called(&p.recorded_in).to_owned()]).collect();
    Some(names.into_iter().filter(|n| !n.is_empty()).collect())
}

/// The files that a program may load.
pub(super) struct NodeReach {
    files: BTreeSet<FileId>,
    script: String,
    /// How many of them are known by their digest.
    known: usize,
    /// Whether one of those is made to load by names, so that names in strings count.
    by_names: bool,
}

/// What may be loaded; or why that cannot be told.
pub(super) fn reach(image: &ImageFacts, named: Option<&NodeNamed>) -> Result<NodeReach, String> {
    let script = command::script(image)?;
    runs_alone(image)?;
    let Some(named) = named else { return Err("the image's scripts were not looked through".to_owned()) };
    if let Some(why) = named.unread.first() {
        return Err(why.clone());
    }
    let mut walk = walk::Walk::new(image, named);
    walk.start(&script)?;
    walk.run()?;
    let (known, by_names) = (walk.known, walk.by_names);
    Ok(NodeReach { files: walk.files.into_keys().collect(), script: format!("/{script}"), known, by_names })
}

/// That nothing is started by the image itself beside the one program.
fn runs_alone(image: &ImageFacts) -> Result<(), String> {
    if image.config.healthcheck.as_ref().is_some_and(|h| h.test.first().is_some_and(|kind| kind != "NONE")) {
        return Err("the image's health check runs beside Node.js, which is not followed".to_owned());
    }
    let other = image.closure.reached.iter().find(|r| matches!(r.how, Link::Shebang | Link::HealthCheck));
    let other = other.and_then(|r| image.tree.files.get(r.file as usize));
    other.map_or(Ok(()), |f| Err(format!("{} runs a script beside Node.js, which is not followed", f.absolute())))
}

/// The proof that no file of a package is loaded.
pub(super) fn not_loaded(package: &Package, image: &ImageFacts, reach: &NodeReach) -> Result<Proof, String> {
    let folder = package.recorded_in.strip_suffix("/package.json").filter(|_| !package.locked && package.owned_by.is_none());
    let Some(folder) = folder.filter(|f| f.starts_with("node_modules/") || f.contains("/node_modules/")) else {
        return Err("it does not lie in a node_modules folder of its own".to_owned());
    };
    let inside = format!("{folder}/");
    let nested = format!("{folder}/node_modules/");
    let own = |file: &&FileEntry| file.path.starts_with(&inside) && !file.path.starts_with(&nested);
    if let Some(file) = reach.files.iter().filter_map(|id| image.tree.files.get(*id as usize)).find(own) {
        return Err(format!("{} may load {}", reach.script, file.absolute()));
    }
    let all: Vec<&FileEntry> = image.tree.files.iter().filter(own).collect();
    // A link may bring its files in under another name.
    if let Some(link) = all.iter().find(|f| !matches!(f.kind, FileKind::Regular | FileKind::Directory)) {
        return Err(format!("{} is no plain file", link.absolute()));
    }
    let paths: BTreeSet<String> = all.iter().filter(|f| f.kind == FileKind::Regular).map(|f| f.absolute()).collect();
    if paths.is_empty() {
        return Err("it has no files of its own".to_owned());
    }
    let more_files = paths.len().saturating_sub(MOST_FILES);
    let known = match reach.known {
        0 => String::new(),
        n => format!(", but for {}, known by digest, that a person has seen to load nothing else", words(n, "file", "files")),
    };
    let by_names = if reach.by_names {
        " One of these loads what a view is named after; the package's name stands in no string of what is loaded, in no configuration, in no variable and behind no file's name."
    } else {
        ""
    };
    Ok(Proof {
        justification: VexJustification::VulnerableCodeNotInExecutePath,
        words: format!(
            "Of the {} that {} {} has in /{folder}, none is among the {} that {} may load: by require and import of what is written out, from file to file. None of these files loads by a name that is computed, makes code of a text, reaches into the loader, loads native code or starts a program{known}.{by_names} None of the application's own names node_modules or hands out a folder in which packages may lie. It holds for the command and environment that the image itself has.",
            words(paths.len(), "file", "files"),
            package.name,
            package.version,
            words(reach.files.len(), "file", "files"),
            reach.script,
        ),
        files: paths.into_iter().take(MOST_FILES).collect(),
        more_files,
        starts: starts(image),
    })
}
