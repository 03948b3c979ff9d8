//! Whether anything that a container runs names the modules of a Python distribution. An import statement or a string has to: what neither names
//! is not loaded, whatever else the program does. Names that come from outside the image, and those that are put together from parts, are beyond
//! what this can show.
//!
//! # What counts
//!
//! - Of the command, the environment, the health check, scripts, configurations, extension modules, the application and every package that is
//!   reached: each word of each string, and each import statement, wherever it stands. A word is enough, for it may be the argument of a function
//!   that imports, or a part of code that is run.
//! - Of the interpreter's own library: what its import statements load, wherever they stand, from what the interpreter starts with
//!   ([`place::AT_START`], what `site` reads, `sitecustomize`, `.pth` files, and what its C code imports) and from what the others above name.
//!
//! # Why the library's words need not all count
//!
//! Nearly every module is named somewhere in the library, which has a text on everything (`pydoc_data`) and lists of modules (`ensurepip` knows pip).
//! A string loads a module only where code turns it into one:
//!
//! - in the same file, by a function that imports, runs text or starts a program. A file that names such a function counts with all its words for
//!   whatever is not of the library, and reaches all modules of its own package: the codecs (`encodings`), `dbm`, `xml.dom` and `xml.sax`,
//!   `distutils` and `lib2to3`, `multiprocessing`, which load their own by names that they put together (so does `sysconfig`, whose data lies beside it). One that knows the interpreter's path
//!   (`ensurepip`, `venv`, `test.support`) counts with all its words for everything.
//! - in another file that is handed the string. Of the library's functions that import what they are given (`logging.config`, `pickle`, `pkgutil`,
//!   `pydoc`, `runpy`, `unittest`, `warnings`, `importlib.metadata`'s entry points), the name comes from a caller that is no part of the library, whose words count; from the
//!   command or the environment, which count; or from data, which is from outside. Where the library itself hands on a name, it names a
//!   function that acts (`importlib`, `pkgutil`, `runpy`, `subprocess`), and so counts.
//! - pip is followed like the library, since every interpreter brings it (`ensurepip`): it has a copy of whatever it needs and names nothing else but by
//!   what acts.
//! - the interpreter's own tests are beside all that: `test` has words for everything. It counts where what is no part of the library imports
//!   it, or says one of its modules with the package's name before it. `multiprocessing.util` imports it in a function that its tests call.
//!
//! # Where it would not hold
//!
//! Then nothing is proven, and why is said: another interpreter runs beside Python, or one of a kind other than `CPython` whose library is
//! not known so well (its words count as a package's do); an archive may be imported from; what is reached lists all modules there are; a file is too
//! large, or its strings are compressed.

use std::collections::{BTreeSet, HashMap, HashSet};

use plimsoll_evidence::{
    Ecosystem, Evidence, FileEntry, FileId, FileKind, ImageFacts, Inventory, Link, Package, VexJustification, Vulnerability,
};

use super::{MOST_FILES, Proof, starts, words};

mod library;
mod place;
mod walk;

use library::Library;
use place::{Places, is_python};
use walk::Walk;

/// What the Python code, scripts and configurations of an image name.
#[derive(Debug, Clone, Default)]
pub struct PythonNamed {
    /// The names that were looked for, sorted: those of [`python_wanted`].
    pub names: Vec<String>,
    /// What files name, by path.
    pub of: HashMap<String, OfPython>,
    /// Why some of it could not be had; then nothing is proven by it.
    pub unread: Vec<String>,
}

/// What one file names.
#[derive(Debug, Clone, Default)]
pub struct OfPython {
    /// By place in [`PythonNamed::names`].
    pub names: Vec<u32>,
    /// Groups of entry points that it declares.
    pub groups: Vec<String>,
    /// Whether it asks for modules without naming a package to look in.
    pub lists: bool,
    /// Whether it is Python code.
    pub is_python: bool,
    /// Whether it is a script of another language that speaks of Python.
    pub is_script: bool,
    /// Of an interpreter's own library: the whole names of modules that its import statements may load.
    pub imports: Vec<String>,
    /// Of an interpreter's own library: whether it can load modules by their names, run text as code or start programs.
    pub acts: bool,
    /// Of an interpreter's own library: whether it knows the interpreter's own path.
    pub starts_python: bool,
    /// Whether it is an archive from which modules can be imported.
    pub is_archive: bool,
    /// Whether it was not looked through.
    pub unread: bool,
}

/// What to look for in an image's Python code.
#[derive(Debug, Clone)]
pub struct PythonWanted {
    /// Names of modules, files and scripts, sorted.
    pub names: Vec<String>,
    /// Paths of programs whose strings are to be looked through.
    pub programs: HashSet<String>,
    /// Directories of what is followed by its imports, with their ending slashes: interpreters' own libraries, and the package that installs others.
    pub libraries: Vec<String>,
}

/// The names to look for in an image whose findings are of Python distributions, and the programs to look through; none where there are none, or
/// where the container starts no Python.
pub fn python_wanted(evidence: &Evidence) -> Option<PythonWanted> {
    let (image, inventory, known) = (evidence.image.found()?, evidence.components.found()?, evidence.vulnerabilities.found()?);
    let is_its = |v: &Vulnerability| inventory.packages.get(v.component as usize).is_some_and(|p| p.ecosystem == Ecosystem::Python);
    let runs_python = image.closure.reached.iter().any(|r| image.tree.files.get(r.file as usize).is_some_and(|f| is_python(f.name())));
    if !runs_python || !known.found.iter().any(is_its) {
        return None;
    }
    let places = Places::of(&image.tree);
    let mut names: BTreeSet<String> = BTreeSet::new();
    for file in image.tree.files.iter().filter(|f| f.kind != FileKind::Directory) {
        names.extend(places.module(&file.path).map(str::to_owned));
        names.insert(file.name().to_owned());
        if places.site(&file.path).is_none() && walk::is_module(file.name()) {
            names.extend(place::loose(&file.path).map(str::to_owned));
        }
    }
    names.extend(Library::of(&image.tree, &places).tests().map(str::to_owned));
    let programs = programs(image).map(|f| f.path.clone()).collect();
    Some(PythonWanted { names: names.into_iter().collect(), programs, libraries: places.libraries() })
}

/// Programs that start and the libraries that they load, by whose strings Python may be started.
fn programs(image: &ImageFacts) -> impl Iterator<Item = &FileEntry> {
    let files = image.closure.reached.iter().filter(|r| r.how != Link::Module).filter_map(|r| image.tree.files.get(r.file as usize));
    files.filter(|f| names_by_itself(image, f))
}

/// Whether a file is compiled code whose own strings count: not Python's, which runs modules, a shell's, which runs what its scripts say, or the C
/// library's and its tables of characters, which do what their callers say.
fn names_by_itself(image: &ImageFacts, file: &FileEntry) -> bool {
    let is_other = !is_python(file.name()) && !super::reach::is_shell(file.name()) && !file.path.contains("/gconv/");
    is_other && image.elf(&file.path).is_some_and(|elf| !super::reach::is_c_library(elf))
}

/// What of an image's Python code may run.
pub(super) struct PythonReach {
    /// What is named, and the file that names it first; none for the image's config and what an interpreter starts with.
    modules: HashMap<String, Option<FileId>>,
    files: BTreeSet<FileId>,
}

/// The code that may run; or why that cannot be told.
pub(super) fn reach(image: &ImageFacts, inventory: &Inventory, named: Option<&PythonNamed>) -> Result<PythonReach, String> {
    let Some(named) = named else { return Err("the container starts no Python that could be followed".to_owned()) };
    if let Some(why) = named.unread.first() {
        return Err(why.clone());
    }
    if let Some(other) = image.closure.reached.iter().filter_map(|r| image.tree.files.get(r.file as usize)).find(|f| {
        super::is_interpreter(f.name()) && !is_python(f.name()) && !super::reach::is_shell(f.name()) && image.elf(&f.path).is_some()
    }) {
        return Err(format!("{} runs beside Python, and what its programs start is not followed", other.absolute()));
    }
    Walk::new(image, inventory, named).run()
}

fn sayer(image: &ImageFacts, by: Option<FileId>) -> String {
    by.and_then(|id| image.tree.files.get(id as usize)).map_or_else(|| "what the image starts".to_owned(), FileEntry::absolute)
}

/// The proof that nothing names a module or script of a distribution.
pub(super) fn not_named(
    vulnerability: &Vulnerability,
    package: &Package,
    image: &ImageFacts,
    inventory: &Inventory,
    reach: &PythonReach,
) -> Result<Proof, String> {
    let places = Places::of(&image.tree);
    let modules: BTreeSet<String> = places.modules_of(image, inventory, vulnerability.component).into_iter().collect();
    if modules.is_empty() {
        return Err("which modules it has is not known".to_owned());
    }
    if let Some((module, by)) = modules.iter().find_map(|m| Some((m, reach.modules.get(m)?))) {
        return Err(format!("{} may run, and names its module {module}", sayer(image, *by)));
    }
    let own: Vec<&FileEntry> = (0_u32..)
        .zip(&image.tree.files)
        .filter(|(id, f)| f.kind == FileKind::Regular && inventory.owners.get(*id as usize) == Some(&vulnerability.component))
        .map(|(_, f)| f)
        .collect();
    if let Some(file) = image.tree.files.iter().zip(0_u32..).find(|(f, id)| {
        reach.files.contains(id) && inventory.owners.get(*id as usize) == Some(&vulnerability.component) && !f.name().ends_with(".pth")
    }) {
        return Err(format!("what starts reaches {}", file.0.absolute()));
    }
    let paths: BTreeSet<String> = own.iter().map(|f| f.absolute()).collect();
    let more_files = paths.len().saturating_sub(MOST_FILES);
    let starts = starts(image);
    let list = modules.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    Ok(Proof {
        justification: VexJustification::VulnerableCodeNotInExecutePath,
        words: format!(
            "{} {} has the {} {list}. None of the {} of code and configuration that {} may reach names {}: in no import statement, in no string that it could act on, and no command, environment or entry point does. It holds for the command, environment and configuration that the image itself has; a name that comes from outside of it, or that is put together from parts, is not seen.",
            package.name,
            package.version,
            if modules.len() == 1 { "module" } else { "modules" },
            words(reach.files.len(), "file", "files"),
            starts.join(", "),
            if modules.len() == 1 { "it" } else { "one of them" },
        ),
        files: paths.into_iter().take(MOST_FILES).collect(),
        more_files,
        starts,
    })
}
