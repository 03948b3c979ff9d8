//! Whether a Java program can load what lies in an archive. A virtual machine that `java -jar` starts has one class path: the archive, and what the
//! manifests of it and of the others name. What lies elsewhere, in another file or as an archive in an archive, is bytes to it, unless code that runs
//! makes a class loader, or starts another virtual machine.
//!
//! # What is proven
//!
//! That no class on the class path refers to anything by which code from elsewhere could be loaded: neither to a class loader, nor to reflection, nor
//! to native code, nor to a program that is started, nor to a part of the platform that does such things for its callers (`javax.script`,
//! `javax.naming`, `ObjectInputStream` …). All classes of all archives on the class path count, whether they run or not, and what is not known to be
//! harmless counts as harmful ([`platform`]): so names that are put together, or that come from outside, change nothing.
//!
//! # Where it would not hold
//!
//! Then nothing is proven, and why is said: the command is not `java -jar` with options that are known; a variable of the environment adds options
//! (`JAVA_TOOL_OPTIONS` and its like), or a library (`LD_PRELOAD`); another program starts the virtual machine or runs beside it; an archive of the class path is no file
//! of the image, is a directory, or could not be read; it names an agent or an index. A program of a framework (Spring Boot's launcher) makes class
//! loaders, and so nothing is proven of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plimsoll_evidence::{
    Ecosystem, ElfKind, Evidence, FileEntry, FileId, FileKind, ImageFacts, Link, Package, Reached, VexJustification, Vulnerability,
};

use super::{Proof, starts, words};

mod command;
mod platform;

/// Programs of a health check that ask over the network, and the shells that start them.
const ASKING: [&str; 6] = ["bash", "curl", "dash", "nc", "sh", "wget"];
/// Words by which a shell runs what its command does not say.
const ASKED_ELSEWHERE: [&str; 3] = [".", "eval", "source"];
/// Archives on one class path.
const MOST_ARCHIVES: usize = 4096;

/// What the Java archives of an image are made to load, by path.
#[derive(Debug, Clone, Default)]
pub struct JavaNamed {
    /// By path.
    pub of: HashMap<String, OfJava>,
    /// Why some of it could not be had; then nothing is proven by it.
    pub unread: Vec<String>,
}

/// What one archive is made to load.
#[derive(Debug, Clone, Default)]
pub struct OfJava {
    /// Entries of its manifest's class path.
    pub path: Vec<String>,
    /// Its classes: `org/example/Main`.
    pub classes: Vec<String>,
    /// Classes that they refer to.
    pub uses: Vec<String>,
    /// Members of classes of `java/lang/` that they call: `java/lang/Class.forName`.
    pub calls: Vec<String>,
    /// Whether it names other archives or agents in ways beside its class path.
    pub more: bool,
    /// Whether it was not looked through.
    pub unread: bool,
}

/// Whether archives are to be looked through: there is a finding of one, and the container starts Java.
pub fn java_wanted(evidence: &Evidence) -> bool {
    let (Some(image), Some(inventory), Some(known)) =
        (evidence.image.found(), evidence.components.found(), evidence.vulnerabilities.found())
    else {
        return false;
    };
    let is_java = |v: &Vulnerability| inventory.packages.get(v.component as usize).is_some_and(|p| p.ecosystem == Ecosystem::Java);
    known.found.iter().any(is_java) && command::archive(image).is_ok()
}

/// The class path of what a container starts.
pub(super) struct ClassPath {
    /// Archives on it, by their real paths.
    archives: BTreeSet<FileId>,
    /// What was started, as it stands in the command.
    first: String,
    classes: usize,
}

/// The class path; or why it cannot be told, or does not bound what is loaded.
pub(super) fn class_path(image: &ImageFacts, named: Option<&JavaNamed>) -> Result<ClassPath, String> {
    let first = command::archive(image)?;
    runs_alone(image)?;
    let Some(named) = named else { return Err("the image's Java archives were not looked through".to_owned()) };
    if let Some(why) = named.unread.first() {
        return Err(why.clone());
    }
    let tree = &image.tree;
    let start = tree.resolve(&first).ok_or_else(|| format!("/{first} is not in the image"))?;
    let mut archives = BTreeSet::from([start]);
    let mut todo = vec![start];
    let mut all: BTreeMap<FileId, &OfJava> = BTreeMap::new();
    while let Some(id) = todo.pop() {
        let Some(file) = tree.files.get(id as usize) else { continue };
        let of = named.of.get(&file.path).filter(|of| !of.unread);
        let Some(of) = of.filter(|_| file.kind == FileKind::Regular) else {
            return Err(format!("{} is on the class path and could not be looked through", file.absolute()));
        };
        if of.more {
            return Err(format!("{} names an agent or an index of other archives", file.absolute()));
        }
        all.insert(id, of);
        for entry in &of.path {
            let Some(found) = entry_of(image, file, entry)? else { continue };
            if archives.insert(found) {
                todo.push(found);
            }
        }
        if archives.len() > MOST_ARCHIVES {
            return Err("its class path has more archives than are followed".to_owned());
        }
    }
    let own: BTreeSet<&str> = all.values().flat_map(|of| &of.classes).map(String::as_str).collect();
    for (id, of) in &all {
        let at = tree.files.get(*id as usize).map(FileEntry::absolute).unwrap_or_default();
        let classes = of.uses.iter().find(|name| !own.contains(name.as_str()) && !platform::is_harmless(name));
        let calls = || of.calls.iter().find(|call| !platform::is_harmless_call(call));
        if let Some(what) = classes.or_else(calls) {
            return Err(format!("{at} is on the class path and uses {what}, by which code from elsewhere may be loaded"));
        }
    }
    Ok(ClassPath { archives, first: format!("/{first}"), classes: own.len() })
}

/// The file that an entry of a manifest's class path names: a relative URL, as a rule. None of one that is not there, which is passed over.
fn entry_of(image: &ImageFacts, by: &FileEntry, entry: &str) -> Result<Option<FileId>, String> {
    let path = entry.strip_prefix("file:").unwrap_or(entry);
    if path.contains([':', '%', '?', '#', '*']) || path.starts_with("//") {
        return Err(format!("{} names {entry} in its class path, which is not followed", by.absolute()));
    }
    let path = if path.starts_with('/') { path.trim_start_matches('/').to_owned() } else { format!("{}/{path}", by.parent()) };
    let Some(found) = image.tree.resolve(&path) else { return Ok(None) };
    match image.tree.files.get(found as usize) {
        Some(file) if file.kind == FileKind::Directory => Err(format!("{} has the directory {entry} in its class path", by.absolute())),
        _ => Ok(Some(found)),
    }
}

/// That nothing but the virtual machine is started by the image itself, beside a health check that asks over the network.
fn runs_alone(image: &ImageFacts) -> Result<(), String> {
    let file = |r: &Reached| image.tree.files.get(r.file as usize);
    if let Some(health) = image.config.healthcheck.as_ref().filter(|h| h.test.first().is_some_and(|kind| kind != "NONE")) {
        let mut words = health.test.iter().flat_map(|w| w.split_ascii_whitespace());
        let is_other = |word: &str| ASKED_ELSEWHERE.contains(&word) || ["$", "`", ".jar", "java"].iter().any(|part| word.contains(part));
        if let Some(word) = words.find(|w| is_other(w)) {
            return Err(format!("the image's health check has {word:?}, and runs beside Java in a way that is not followed"));
        }
        if let Some(text) = health
            .test
            .iter()
            .flat_map(|w| w.split(|c: char| c.is_ascii_whitespace() || "'\";|&()<>".contains(c)))
            .find_map(|w| text_of(image, w))
        {
            return Err(format!("the image's health check is given {}, which is not followed", text.absolute()));
        }
        let started = image.closure.reached.iter().filter(|r| matches!(r.how, Link::HealthCheck | Link::Command)).filter_map(file);
        if let Some(other) = started.into_iter().find(|f| !ASKING.contains(&f.name())) {
            return Err(format!("the image's health check runs {} beside Java, which is not followed", other.absolute()));
        }
    }
    let other = image.closure.reached.iter().find(|r| r.how == Link::Shebang).and_then(file);
    other.map_or(Ok(()), |f| Err(format!("{} runs a script beside Java, which is not followed", f.absolute())))
}

/// The file of the image, other than a program of a machine's own, that a word of a command names.
fn text_of<'a>(image: &'a ImageFacts, word: &str) -> Option<&'a FileEntry> {
    let path = if word.starts_with('/') { word.to_owned() } else { format!("{}/{word}", image.config.working_dir) };
    let file = image.tree.files.get(image.tree.resolve(&path).filter(|_| !word.is_empty())? as usize)?;
    (file.kind == FileKind::Regular && image.elf(&file.path).is_none()).then_some(file)
}

/// Whether a file is a program of a machine's own.
fn is_program(image: &ImageFacts, path: &str) -> bool {
    image.elf(path).is_some_and(|elf| elf.kind == ElfKind::Executable)
}

/// The proof that an archive is not on the class path, and nothing on it could load it.
pub(super) fn not_loaded(package: &Package, image: &ImageFacts, path: &ClassPath) -> Result<Proof, String> {
    let outer = package.recorded_in.split('!').next().unwrap_or_default();
    let id = image.tree.find(outer).ok_or_else(|| "which archive it lies in is not known".to_owned())?;
    let is_nested = package.recorded_in.contains('!');
    // A runtime loads what it brings itself, and older ones whatever lies in its folders for extensions.
    if let Some(part) =
        ["/jre/", "/jvm/", "/lib/ext/", "/lib/endorsed/", "/java/packages/"].iter().find(|p| format!("/{outer}").contains(*p))
    {
        return Err(format!("/{outer} lies in {part}, where a Java runtime may look by itself"));
    }
    let real = image.tree.resolve(outer).unwrap_or(id);
    if path.archives.contains(&real) && !is_nested {
        return Err(format!("/{outer} is on the class path of what starts"));
    }
    let starts = starts(image);
    let where_it_is = match package.recorded_in.split_once('!') {
        Some((_, inner)) => {
            format!("/{outer} as {}, an archive in an archive, which no class path reaches into", inner.replace('!', ", in it "))
        }
        None => format!("/{outer}, which is not on the class path"),
    };
    Ok(Proof {
        justification: VexJustification::VulnerableCodeNotInExecutePath,
        words: format!(
            "{} {} lies in {where_it_is}. What starts is java -jar {}, whose class path has {} with {}; none of these classes refers to a class loader, reflection, native code, a program that is started, or any part of the platform by which code from elsewhere could be loaded. It holds for the command and environment that the image itself has.",
            package.name,
            package.version,
            path.first,
            words(path.archives.len(), "archive", "archives"),
            words(path.classes, "class", "classes"),
        ),
        files: path
            .archives
            .iter()
            .filter_map(|a| image.tree.files.get(*a as usize))
            .map(FileEntry::absolute)
            .chain([format!("/{outer}")])
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        more_files: 0,
        starts,
    })
}
