//! Lock files: what an application was to be installed with. They are weaker evidence than what is installed. A lock file was either
//! carried out in this image, and then what is installed says what came of it (development packages and those of other systems are left
//! out); or it was carried out elsewhere (bundled, compiled in, copied from another stage), and then it is all that is known. So what a lock
//! file names counts only where nothing that it names is installed, which is decided in [`carried_out`], and is marked as
//! [`Package::locked`]. Packages for development only do not count at all: nothing says that they are there.

mod json;
mod lines;
mod npm;
mod tables;

use std::collections::{HashMap, HashSet};

use plimsoll_evidence::{Ecosystem, FileEntry, LayerFacts, Package, PackageDatabase, Problem, ProblemKind};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::bytes::{database, held, package, unread};

/// The lock files of the largest monorepositories stay below this.
const MOST: usize = 32 << 20;
/// Packages that are read of one lock file.
const MOST_PACKAGES: usize = 50_000;

/// Reads lock files.
pub struct Locks;

/// A package that a lock file names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Locked {
    name: String,
    version: String,
    development: bool,
}

impl Locked {
    fn new(name: &str, version: &str, development: bool) -> Self {
        Self { name: name.to_owned(), version: version.to_owned(), development }
    }
}

/// How a lock file is read.
#[derive(Clone, Copy)]
enum Read {
    /// As a whole, which fails where it is none.
    Whole(fn(&str) -> Result<Vec<Locked>, String>),
    /// By its lines, of which those that say nothing are passed over.
    Lines(fn(&str) -> Vec<Locked>),
}

impl Read {
    fn read(self, text: &str) -> Result<Vec<Locked>, String> {
        match self {
            Self::Whole(read) => read(text),
            Self::Lines(read) => Ok(read(text)),
        }
    }
}

/// By file name: whose packages, and how they are read.
const FORMATS: &[(&str, Ecosystem, Read)] = &[
    ("package-lock.json", Ecosystem::Npm, Read::Whole(npm::package_lock)),
    ("npm-shrinkwrap.json", Ecosystem::Npm, Read::Whole(npm::package_lock)),
    ("yarn.lock", Ecosystem::Npm, Read::Lines(npm::yarn)),
    ("pnpm-lock.yaml", Ecosystem::Npm, Read::Lines(npm::pnpm)),
    ("bun.lock", Ecosystem::Npm, Read::Whole(npm::bun)),
    ("Cargo.lock", Ecosystem::Cargo, Read::Lines(tables::cargo)),
    ("poetry.lock", Ecosystem::Python, Read::Lines(tables::python)),
    ("uv.lock", Ecosystem::Python, Read::Lines(tables::python)),
    ("pdm.lock", Ecosystem::Python, Read::Lines(tables::python)),
    ("Pipfile.lock", Ecosystem::Python, Read::Whole(json::pipfile)),
    ("composer.lock", Ecosystem::Composer, Read::Whole(json::composer)),
    ("packages.lock.json", Ecosystem::NuGet, Read::Whole(json::nuget)),
    ("Package.resolved", Ecosystem::Swift, Read::Whole(json::swift)),
    ("Gemfile.lock", Ecosystem::Gem, Read::Lines(lines::gemfile)),
    ("gems.locked", Ecosystem::Gem, Read::Lines(lines::gemfile)),
    ("pubspec.lock", Ecosystem::Pub, Read::Lines(lines::pubspec)),
    ("mix.lock", Ecosystem::Hex, Read::Lines(lines::mix)),
    ("rebar.lock", Ecosystem::Hex, Read::Lines(lines::mix)),
    ("cabal.project.freeze", Ecosystem::Hackage, Read::Lines(lines::cabal)),
    ("stack.yaml.lock", Ecosystem::Hackage, Read::Lines(lines::stack)),
];

fn format(entry: &FileEntry) -> Option<&'static (&'static str, Ecosystem, Read)> {
    // What a package was developed with is none of its business where it is installed, and what lies in a store of downloads is not installed.
    const NOT_APPLICATIONS: [&str; 8] =
        ["node_modules", "site-packages", "dist-packages", "vendor", "gems", "registry", ".cache", "usr/share"];
    let own = entry.name();
    let found = FORMATS.iter().find(|(name, ..)| *name == own)?;
    let inside = format!("/{}", entry.parent());
    let elsewhere = NOT_APPLICATIONS.iter().any(|d| inside.ends_with(&format!("/{d}")) || inside.contains(&format!("/{d}/")));
    (!elsewhere).then_some(found)
}

impl Analyser for Locks {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "locks", version: 2 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        if format(entry).is_some() { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let Some((_, ecosystem, read)) = format(entry) else { return Ok(()) };
        let text = String::from_utf8_lossy(held(entry, content, MOST)?);
        let mut locked = read.read(&text).map_err(|why| unread(entry, ProblemKind::Malformed, &format!("it is no lock file ({why})")))?;
        locked.retain(|l| !l.name.is_empty() && !l.version.is_empty());
        locked.sort();
        // One that is needed by both is needed.
        locked.dedup_by(|later, kept| later.name == kept.name && later.version == kept.version);
        let cut = locked.len() > MOST_PACKAGES;
        let packages = locked.iter().take(MOST_PACKAGES).map(|l| Package {
            development: l.development,
            locked: true,
            ..package(*ecosystem, &l.name, &l.version, &entry.path)
        });
        facts.databases.push(database(&entry.path, packages.collect()));
        if cut { Err(unread(entry, ProblemKind::Limit, "it has more packages than are read")) } else { Ok(()) }
    }
}

/// Lock files that were carried out in the image, and what else does not count of those that were not.
pub(crate) struct CarriedOut<'a> {
    files: HashSet<&'a str>,
}

impl CarriedOut<'_> {
    /// Whether a package that only a lock file names does not count.
    pub(crate) fn drops(&self, package: &Package) -> bool {
        package.development || self.files.contains(package.recorded_in.as_str())
    }
}

/// Which of the visible lock files were carried out here: those of which at least one package is installed, of npm and Composer below the
/// lock file's own directory, since base images have npm's own packages elsewhere. What runtimes bring of themselves shows nothing.
pub(crate) fn carried_out<'a>(databases: impl Iterator<Item = &'a PackageDatabase> + Clone) -> CarriedOut<'a> {
    const OF_RUNTIMES: [&str; 6] = ["pip", "setuptools", "wheel", "bundler", "npm", "corepack"];
    let mut installed: HashMap<(Ecosystem, String), Vec<&str>> = HashMap::new();
    let (locks, others): (Vec<_>, Vec<_>) = databases.partition(|d| d.packages.first().is_some_and(|p| p.locked));
    let ecosystems: HashSet<Ecosystem> = locks.iter().filter_map(|d| d.packages.first()).map(|p| p.ecosystem).collect();
    for package in others.iter().flat_map(|d| &d.packages).filter(|p| ecosystems.contains(&p.ecosystem)) {
        // Debian's own modules are no application's.
        if !package.recorded_in.contains("/dist-packages/") && !OF_RUNTIMES.contains(&package.name.as_str()) {
            installed.entry((package.ecosystem, plain(&package.name))).or_default().push(&package.recorded_in);
        }
    }
    let is_carried_out = |lock: &&&PackageDatabase| {
        let directory = lock.path.rsplit_once('/').map_or("", |(directory, _)| directory);
        lock.packages.iter().any(|p| {
            let places = installed.get(&(p.ecosystem, plain(&p.name))).map(Vec::as_slice).unwrap_or_default();
            let is_local = matches!(p.ecosystem, Ecosystem::Npm | Ecosystem::Composer);
            places
                .iter()
                .any(|place| !is_local || directory.is_empty() || place.strip_prefix(directory).is_some_and(|r| r.starts_with('/')))
        })
    };
    CarriedOut { files: locks.iter().filter(is_carried_out).map(|d| d.path.as_str()).collect() }
}

/// A name as registries compare it: Python's do not tell case, dashes, dots and underscores apart.
fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

#[cfg(test)]
mod tests;
