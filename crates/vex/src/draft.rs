//! Statements that the evidence proves, proposed for a person to accept. What cannot be proven says why: a guess would silence a
//! vulnerability that is there.

use std::collections::{BTreeSet, HashMap};

use plimsoll_evidence::{
    Ecosystem, Evidence, FileKind, ImageFacts, Inventory, Opening, Package, VexJustification, Vulnerability, printable_line,
};
use plimsoll_purl::Purl;

mod go;
mod java;
mod node;
mod python;
mod reach;
mod symbol;

pub use go::{Held, go_names, go_names_of};
pub use java::{JavaNamed, OfJava, java_wanted};
pub use node::{NodeNamed, OfNode, node_wanted};
pub use python::{OfPython, PythonNamed, PythonWanted, python_wanted};
pub use reach::{Named, OfFile};

use crate::symbols::Symbols;

/// Files that a proof lists one by one.
const MOST_FILES: usize = 200;

/// A proposal, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The vulnerability's id.
    pub vulnerability: String,
    /// The component's package URL.
    pub component: String,
    /// What is proven, or why nothing is.
    pub outcome: Result<Proof, String>,
}

/// What the evidence proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The justification that it is.
    pub justification: VexJustification,
    /// It in words.
    pub words: String,
    /// The files that were looked at.
    pub files: Vec<String>,
    /// How many more there are.
    pub more_files: usize,
    /// The files from which everything that a container runs was followed.
    pub starts: Vec<String>,
}

/// What was looked for in the image's files, in a second pass.
pub struct Looked<'a> {
    /// What a program holds of the names of [`go_names`].
    pub held: &'a dyn Fn(&str) -> Held,
    /// What was found of the symbols that a person names as the vulnerable code; none where they name none.
    pub symbols: Option<&'a Symbols>,
    /// What each file names, which tells how far what starts may reach.
    pub named: &'a Named,
    /// What Python code names; none where [`python_wanted`] asks for nothing.
    pub python: Option<&'a PythonNamed>,
    /// What Java archives are made to load; none where [`java_wanted`] does not ask.
    pub java: Option<&'a JavaNamed>,
    /// What scripts load; none where [`node_wanted`] asks for nothing.
    pub node: Option<&'a NodeNamed>,
}

/// Whether what each file names could tell how far what starts may reach: not where a program starts whose texts are not followed.
pub fn may_be_followed(evidence: &Evidence) -> bool {
    evidence.image.found().is_some_and(|image| is_closed(evidence, image, &[Opening::Libraries]).is_ok())
}

/// A draft for each vulnerability that was found.
pub fn drafts(evidence: &Evidence, looked: &Looked<'_>) -> Vec<Draft> {
    let Looked { held, symbols, named, python, java, node } = *looked;
    let (Some(image), Some(inventory), Some(known)) =
        (evidence.image.found(), evidence.components.found(), evidence.vulnerabilities.found())
    else {
        return Vec::new();
    };
    let closed = is_closed(evidence, image, &[Opening::Libraries]).and_then(|()| reach::widest(image, named));
    let of_python =
        is_closed(evidence, image, &[Opening::Libraries, Opening::Runtime]).and_then(|()| python::reach(image, inventory, python));
    let of_java = is_closed(evidence, image, &[Opening::Libraries, Opening::Runtime]).and_then(|()| java::class_path(image, java));
    let of_node = is_closed(evidence, image, &[Opening::Libraries, Opening::Runtime]).and_then(|()| node::reach(image, node));
    let found: Vec<(Draft, &str)> = known
        .found
        .iter()
        .filter_map(|v| {
            let package = inventory.packages.get(v.component as usize)?;
            let named = symbols.filter(|_| symbol::is_of_go(package)).and_then(|s| go::of_symbols(v, &package.name, &s.wanted));
            let v = named.as_ref().unwrap_or(v);
            let outcome = if package.ecosystem == Ecosystem::Python {
                of_python.as_ref().map_err(Clone::clone).and_then(|reach| python::not_named(v, package, image, inventory, reach))
            } else if package.ecosystem == Ecosystem::Java {
                of_java.as_ref().map_err(Clone::clone).and_then(|path| java::not_loaded(package, image, path))
            } else if package.ecosystem == Ecosystem::Npm {
                of_node.as_ref().map_err(Clone::clone).and_then(|reach| node::not_loaded(package, image, reach))
            } else {
                closed.as_ref().map_err(Clone::clone).and_then(|reached| not_reached(v, package, image, inventory, reached))
            };
            // That code is not there is proven without knowing what runs, and holds for every command.
            let outcome = match go::not_linked(v, package, held) {
                Ok(proof) => Ok(proof),
                Err(None) => outcome,
                Err(Some(why)) => outcome.map_err(|other| format!("{why}; and {other}")),
            };
            let outcome = match symbols.filter(|_| !symbol::is_of_go(package)) {
                None => outcome,
                Some(symbols) => outcome.or_else(|_| symbol::not_used(v, package, image, inventory, symbols, &closed)),
            };
            let component = package.purl.clone().unwrap_or_else(|| package.name.clone());
            Some((Draft { vulnerability: v.id.clone(), component, outcome }, package.recorded_in.as_str()))
        })
        .collect();
    of_every_copy(found)
}

/// A statement speaks of a component wherever it lies: one that lies in several places is proven only where each of them is.
fn of_every_copy(mut found: Vec<(Draft, &str)>) -> Vec<Draft> {
    let key = |draft: &Draft| (draft.vulnerability.clone(), draft.component.clone());
    let unproven: HashMap<(String, String), String> = found
        .iter()
        .filter_map(|(draft, at)| {
            let why = draft.outcome.as_ref().err()?;
            Some((key(draft), printable_line(&format!("another copy of it, in /{at}, is not proven: {why}"), 400)))
        })
        .collect();
    for (draft, _) in found.iter_mut().filter(|(draft, _)| draft.outcome.is_ok()) {
        if let Some(why) = unproven.get(&key(draft)) {
            draft.outcome = Err(why.clone());
        }
    }
    found.into_iter().map(|(draft, _)| draft).collect()
}

/// Whether everything that a container runs is known: every layer and file was read, and what starts was followed to its end, but for ends that
/// are followed by other means.
fn is_closed(evidence: &Evidence, image: &ImageFacts, followed: &[Opening]) -> Result<(), String> {
    if !image.is_whole() {
        return Err("a layer was not read to its end".to_owned());
    }
    if let Some(problem) = evidence.problems.iter().find(|p| p.hides) {
        return Err(printable_line(&format!("something could not be read: {}", problem.message), 300));
    }
    let closure = &image.closure;
    if let Some(why) = &closure.stopped {
        return Err(format!("what the container starts is not known: {why}"));
    }
    if closure.reached.is_empty() {
        return Err("what the container starts is not known".to_owned());
    }
    if let Some(end) = closure.open_ends.iter().find(|e| !followed.contains(&e.opens)) {
        let by = end
            .by
            .and_then(|f| image.tree.files.get(f as usize))
            .map_or_else(|| "the image's config".to_owned(), plimsoll_evidence::FileEntry::absolute);
        let more = if closure.open_ends.len() > 1 { format!(", and {} more such", closure.open_ends.len() - 1) } else { String::new() };
        return Err(printable_line(&format!("what runs cannot be followed to its end: {by} {}{more}", end.why), 300));
    }
    if let Some(missing) = closure.missing.first() {
        return Err(printable_line(
            &format!("what runs needs {}, which the image has not: something else may bring it", missing.wanted),
            300,
        ));
    }
    Ok(())
}

/// The proof that no code of a component is run: of a system package each file that it owns, of a Go or Rust module the program that holds it.
fn not_reached(
    vulnerability: &Vulnerability,
    package: &Package,
    image: &ImageFacts,
    inventory: &Inventory,
    reached: &std::collections::HashSet<u32>,
) -> Result<Proof, String> {
    let at = vulnerability.component;
    let files: Vec<u32> = if package.ecosystem.is_system() {
        inventory.owners.iter().enumerate().filter(|(_, owner)| **owner == at).map(|(file, _)| file as u32).collect()
    } else if matches!(package.ecosystem, Ecosystem::Go | Ecosystem::Cargo) {
        image.tree.find(&package.recorded_in).into_iter().collect()
    } else {
        return Err("which files of it an interpreter or virtual machine loads is decided while it runs".to_owned());
    };
    let file = |id: &u32| image.tree.files.get(*id as usize);
    if let Some(id) = files.iter().find(|f| reached.contains(f)) {
        return Err(format!("what starts reaches {}", file(id).map(plimsoll_evidence::FileEntry::absolute).unwrap_or_default()));
    }
    let regular: Vec<&plimsoll_evidence::FileEntry> = files.iter().filter_map(file).filter(|f| f.kind == FileKind::Regular).collect();
    // Data is read by names that no one follows: only what is code can be shown not to run.
    let programs = regular.iter().filter(|f| image.elf(&f.path).is_some()).count();
    if programs == 0 {
        return Err("it has no program or library of its own whose use could be followed".to_owned());
    }
    let mut paths: BTreeSet<String> = regular.iter().map(|f| f.absolute()).collect();
    let more_files = paths.len().saturating_sub(MOST_FILES);
    if more_files > 0 {
        paths = paths.into_iter().take(MOST_FILES).collect();
    }
    let starts = starts(image);
    let words = format!(
        "Of the {} that {} {} has, none is among the {} that {} may reach: by linking them, or because anything that is reached names them or their directory, in its strings, as a command or in what it reads. It holds for the command, environment and configuration that the image itself has; a name that comes from outside of it is not seen.",
        words(regular.len(), "file", "files"),
        package.name,
        package.version,
        words(reached.len(), "file", "files"),
        starts.join(", ")
    );
    Ok(Proof {
        justification: VexJustification::VulnerableCodeNotInExecutePath,
        words,
        files: paths.into_iter().collect(),
        more_files,
        starts,
    })
}

/// The files from which everything was followed.
fn starts(image: &ImageFacts) -> Vec<String> {
    let first = image.closure.reached.iter().filter(|r| r.via.is_none());
    first.filter_map(|r| image.tree.files.get(r.file as usize)).map(plimsoll_evidence::FileEntry::absolute).collect()
}

/// A draft for a vulnerability whose component is said not to be here. Proven for packages of the distribution alone: their database lists all
/// of them, while a library of a language may be copied into anything.
pub fn absent(evidence: &Evidence, vulnerability: &str, component: &str) -> Draft {
    let outcome = is_absent(evidence, component);
    Draft { vulnerability: vulnerability.to_owned(), component: component.to_owned(), outcome }
}

fn is_absent(evidence: &Evidence, component: &str) -> Result<Proof, String> {
    let purl = Purl::parse(component).map_err(|e| format!("{component:?} is no package URL: {e}"))?;
    let (Some(image), Some(inventory)) = (evidence.image.found(), evidence.components.found()) else {
        return Err("the image's packages could not be read".to_owned());
    };
    if !image.is_whole() {
        return Err("a layer was not read to its end".to_owned());
    }
    if let Some(problem) = evidence.problems.iter().find(|p| p.hides) {
        return Err(printable_line(&format!("something could not be read: {}", problem.message), 300));
    }
    let ecosystem = match purl.kind() {
        "deb" => Ecosystem::Dpkg,
        "apk" => Ecosystem::Apk,
        "rpm" => Ecosystem::Rpm,
        kind => return Err(format!("a package of type {kind} may be copied into a program that does not name it")),
    };
    let of_kind: Vec<&Package> = inventory.packages.iter().filter(|p| p.ecosystem == ecosystem).collect();
    if of_kind.is_empty() {
        return Err(format!("the image has no database of {} packages that could tell", ecosystem.name()));
    }
    let is_it = |p: &&&Package| {
        let name = purl.name();
        p.name.eq_ignore_ascii_case(name) || p.source_name().eq_ignore_ascii_case(name) || p.name.rsplit('/').next() == Some(name)
    };
    if let Some(found) = of_kind.iter().find(is_it) {
        return Err(format!("{} {} is installed", found.name, found.version));
    }
    // What was copied in beside the package manager may be the same program.
    let by_hand = |p: &&Package| !p.ecosystem.is_system() && p.name.to_ascii_lowercase().contains(&purl.name().to_ascii_lowercase());
    if let Some(found) = inventory.packages.iter().find(by_hand) {
        return Err(format!("{} {} is installed by other means", found.name, found.version));
    }
    let is_named = |f: &&plimsoll_evidence::FileEntry| {
        f.kind == FileKind::Regular && f.name().to_ascii_lowercase().contains(&purl.name().to_ascii_lowercase())
    };
    if let Some(found) = image.tree.files.iter().find(is_named) {
        return Err(format!("{} has its name, whoever brought it", found.absolute()));
    }
    let unowned = image.elfs.iter().find(|e| {
        let owner = image.tree.find(&e.path).and_then(|f| inventory.owner(f));
        owner.is_none_or(|p| !p.ecosystem.is_system())
    });
    if let Some(elf) = unowned {
        return Err(format!("/{} is of no package, and may hold a copy of it", elf.path));
    }
    let databases: BTreeSet<String> = of_kind.iter().map(|p| format!("/{}", p.recorded_in)).collect();
    Ok(Proof {
        justification: VexJustification::ComponentNotPresent,
        words: format!(
            "None of the {} that the image's database of {} packages lists is {} or built from it, no file has its name, and every program and library of the image is of one of these packages.",
            words(of_kind.len(), "package", "packages"),
            ecosystem.name(),
            purl.name()
        ),
        files: databases.into_iter().collect(),
        more_files: 0,
        starts: Vec::new(),
    })
}

fn words(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

fn is_code(path: &str) -> bool {
    [".py", ".pm", ".pl", ".rb", ".js", ".mjs", ".cjs", ".php", ".lua", ".tcl", ".sh", ".jar", ".class", ".el"]
        .iter()
        .any(|end| path.ends_with(end))
}

/// A program that runs texts.
fn is_interpreter(name: &str) -> bool {
    const NAMES: [&str; 18] = [
        "sh", "bash", "dash", "ash", "zsh", "ksh", "busybox", "python", "perl", "ruby", "node", "php", "lua", "tclsh", "java", "awk",
        "gawk", "mawk",
    ];
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
    NAMES.contains(&name) || NAMES.contains(&bare)
}
