//! The files of packages against the digests that their managers recorded.
//!
//! What it costs decides what is recomputed. MD5 runs at 0.7 GB/s on one core and nothing speeds it up: over the 390 MB of programs,
//! libraries and scripts of a 600 MB image it takes 0.6 s, a quarter of the whole cold check on two cores. So by default only files in
//! doubt are recomputed, in a second reading of their layers: those that another layer has than the one that brought their package, that
//! are newer than their package, or whose size is another. On the images measured no file of an untouched package is in doubt, and the
//! check costs nothing there. What is not in doubt is counted apart, as untouched and not as verified; on demand all of it is recomputed.

mod rehash;

use std::collections::{BTreeMap, HashMap};

use foldhash::{HashMapExt as _, HashSet, HashSetExt as _};
use plimsoll_evidence::{
    CapturedText, ChangedFile, ComputedDigest, Ecosystem, FileChecks, FileDigest, FileEntry, FileKind, FileNature, FileTree, Inventory,
    LayerFacts, MissingFile, Package, PackageDatabase, PackageFiles, RecordedFile,
};

use crate::assemble::{Keepers, NOBODY, Visible, both, halves, visible_databases};
use crate::directories::{Directories, Known};
pub use rehash::Rehash;
use rehash::same_algorithm;

/// How much is recomputed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// None: who asks does not use it.
    Nothing,
    /// Files that someone may have touched since their package brought them.
    InDoubt,
    /// Every file of which a digest is recorded.
    All,
}

/// Where dpkg keeps files that another package or the administrator put elsewhere (dpkg-divert(1)).
pub(crate) const DIVERSIONS: &str = "var/lib/dpkg/diversions";
/// Files newer than their package by this much, in seconds, were touched since. Packages are built before they are installed; a day leaves
/// room for the clocks of builders.
const SLACK: i64 = 86_400;
/// A `RECORD` is written after all that it names.
const SLACK_PYTHON: i64 = 2;
/// Changed and missing files that are told one by one; of more only the number of packages is of use.
const MOST_TOLD: usize = 10_000;

/// For each layer, its hard links: names and what they name. Taken before the layers are stacked, which forgets them.
pub fn hard_links(layers: &[Option<&LayerFacts>]) -> Vec<HashMap<String, String>> {
    let of = |facts: &LayerFacts| {
        let links = facts.files.iter().filter(|f| f.kind == FileKind::HardLink);
        links.filter_map(|f| Some((f.path.clone(), f.link.clone()?))).collect()
    };
    layers.iter().map(|layer| layer.map(of).unwrap_or_default()).collect()
}

/// What there is to compare, before any digest was computed.
pub struct Plan {
    checks: BTreeMap<u32, PackageFiles>,
    changed: Vec<ChangedFile>,
    missing: Vec<MissingFile>,
    questions: Vec<Question>,
}

/// A file whose digest is wanted.
struct Question {
    package: u32,
    path: String,
    nature: FileNature,
    later: bool,
    digest: FileDigest,
    /// Where its bytes are: the layer, and the name that they have there.
    content: (u32, String),
    /// What its bytes are, where that is known without reading.
    known: Option<FileDigest>,
}

/// All that is known of the image once its layers are stacked.
#[derive(Clone, Copy)]
pub struct Stack<'a> {
    /// The files.
    pub tree: &'a FileTree,
    /// The same, to be looked up in.
    pub directories: &'a Directories<'a>,
    /// The layers' facts.
    pub layers: &'a [Option<&'a LayerFacts>],
    /// As [`hard_links`] gave them.
    pub links: &'a [HashMap<String, String>],
    /// Texts of visible files.
    pub texts: &'a [CapturedText],
}

impl Plan {
    /// Looks at every file of which a visible record has a digest.
    pub fn new(stack: Stack<'_>, inventory: &Inventory, depth: Depth) -> Self {
        let mut plan = Self { checks: BTreeMap::new(), changed: Vec::new(), missing: Vec::new(), questions: Vec::new() };
        let directories = stack.directories;
        let visible = visible_databases(directories, stack.layers);
        let (first, second) = halves(&visible, |d| d.recorded.len());
        let paths = |databases: &[Visible<'_>]| {
            directories.find_each(databases.iter().flat_map(|(_, d)| d.recorded.iter()).map(|(_, path, _)| path))
        };
        let mut places = both(|| paths(first), || paths(second)).into_iter();
        let mut known = Known::default();
        let keepers = Keepers::new(&inventory.packages);
        let databases: Vec<(&PackageDatabase, Vec<u32>)> = visible.iter().map(|(_, d)| (*d, keepers.of(d))).collect();
        let built = built(stack.tree, &databases);
        let diverted = stack.texts.iter().find(|t| t.path == DIVERSIONS).map(|t| diversions(&t.text)).unwrap_or_default();
        let environments: Vec<&str> = conda_environments(&inventory.packages).collect();
        let mut seen: HashSet<(u32, u32)> = HashSet::new();
        for (database, ids) in &databases {
            for id in ids.iter().filter(|id| keeps_digests(database, **id)) {
                plan.checks.entry(*id).or_insert(PackageFiles { package: *id, ..PackageFiles::default() });
            }
            for ((owner, listed, record), place) in database.recorded.iter().zip(&mut places) {
                let Some(id) = ids.get(owner as usize).copied().filter(|id| *id != NOBODY) else { continue };
                let package = &inventory.packages[id as usize];
                if package.owned_by.is_some() || environments.iter().any(|root| package.recorded_in.starts_with(root)) {
                    continue;
                }
                let (path, place) = match diverted.get(listed) {
                    Some((by, to)) if package.ecosystem == Ecosystem::Dpkg && *by != package.name => {
                        (*to, directories.find(to, &mut known))
                    }
                    _ => (listed, place),
                };
                let Some(file) = place else {
                    plan.missing.push(missing(stack.tree, id, path, record));
                    plan.checks.entry(id).or_insert(PackageFiles { package: id, ..PackageFiles::default() });
                    continue;
                };
                let keeper = inventory.owners.get(file as usize).and_then(|o| inventory.packages.get(*o as usize));
                // Another package took it over.
                let is_anothers = keeper.is_some_and(|k| k.ecosystem.is_system() && *k != *package);
                if !is_anothers && seen.insert((id, file)) {
                    let built = record.built.or_else(|| built.get(&id).copied());
                    plan.look(stack, (id, package), stack.tree.file(file), record, built, depth);
                }
            }
        }
        plan
    }

    fn look(
        &mut self,
        stack: Stack<'_>,
        (id, package): (u32, &Package),
        file: &FileEntry,
        record: &RecordedFile,
        built: Option<i64>,
        depth: Depth,
    ) {
        let check = self.checks.entry(id).or_insert(PackageFiles { package: id, ..PackageFiles::default() });
        let later = file.layer > package.layer;
        let allowance = if package.ecosystem == Ecosystem::Python { SLACK_PYTHON } else { SLACK };
        let newer = built.is_some_and(|built| file.mtime > built.saturating_add(allowance));
        let resized = file.kind == FileKind::Regular && record.size.is_some_and(|size| size != file.size);
        let question = |known| Question {
            package: id,
            path: file.path.clone(),
            nature: nature(&file.path, file.is_executable(), record.config),
            later,
            digest: record.digest,
            content: (file.layer, stack.links.get(file.layer as usize).and_then(|l| l.get(&file.path)).unwrap_or(&file.path).clone()),
            known,
        };
        match file.kind {
            // apk records the digest of where a link leads; the others record none of links.
            FileKind::Symlink if package.ecosystem == Ecosystem::Apk => {
                let target = file.link.as_deref().unwrap_or_default();
                self.questions.push(question(Some(same_algorithm(record.digest, target.as_bytes()))));
            }
            FileKind::Regular if depth == Depth::InDoubt && file.layer == package.layer && !newer && !resized => check.untouched += 1,
            FileKind::Regular if record.digest == FileDigest::Other => check.uncomputed += 1,
            FileKind::Regular => self.questions.push(question((file.size == 0).then(|| same_algorithm(record.digest, b"")))),
            _ => self.changed.push(ChangedFile {
                package: id,
                path: file.path.clone(),
                nature: nature(&file.path, file.is_executable(), record.config),
                later,
                by: "type".to_owned(),
            }),
        }
    }

    /// For each layer that has to be read again, who computes what is wanted of it.
    pub fn layers(&self) -> BTreeMap<u32, Rehash> {
        let mut layers: BTreeMap<u32, Rehash> = BTreeMap::new();
        for question in self.questions.iter().filter(|q| q.known.is_none()) {
            let (layer, path) = &question.content;
            let wanted = layers.entry(*layer).or_default().wanted.entry(path.clone()).or_default();
            match question.digest {
                FileDigest::Md5(_) => wanted.md5 = true,
                FileDigest::Sha1(_) => wanted.sha1 = true,
                FileDigest::Sha256(_) => wanted.sha256 = true,
                FileDigest::Other => {}
            }
        }
        layers
    }

    /// What comes of it, with the digests that were computed of each layer.
    pub fn conclude(mut self, computed: &BTreeMap<u32, Vec<ComputedDigest>>) -> FileChecks {
        // Where a path stands in a layer twice the last one counts.
        let by_place: HashMap<(u32, &str, u8), &ComputedDigest> =
            computed.iter().flat_map(|(layer, all)| all.iter().map(|c| ((*layer, c.path.as_str(), algorithm(c.digest).0), c))).collect();
        for question in self.questions {
            let place = (question.content.0, question.content.1.as_str(), algorithm(question.digest).0);
            let found = by_place.get(&place);
            let check =
                self.checks.entry(question.package).or_insert(PackageFiles { package: question.package, ..PackageFiles::default() });
            match question.known.or(found.map(|c| c.digest)) {
                Some(digest) if digest == question.digest => check.agree += 1,
                Some(_) => self.changed.push(ChangedFile {
                    package: question.package,
                    nature: match question.nature {
                        FileNature::Data if found.is_some_and(|c| c.code) => FileNature::Code,
                        nature => nature,
                    },
                    path: question.path,
                    later: question.later,
                    by: algorithm(question.digest).1.to_owned(),
                }),
                None => check.uncomputed += 1,
            }
        }
        self.changed.sort_by(|a, b| (a.package, &a.path).cmp(&(b.package, &b.path)));
        self.missing.sort_by(|a, b| (a.package, &a.path).cmp(&(b.package, &b.path)));
        self.changed.truncate(MOST_TOLD);
        self.missing.truncate(MOST_TOLD);
        FileChecks { packages: self.checks.into_values().collect(), changed: self.changed, missing: self.missing }
    }
}

fn algorithm(digest: FileDigest) -> (u8, &'static str) {
    match digest {
        FileDigest::Md5(_) => (0, "MD5"),
        FileDigest::Sha1(_) => (1, "SHA-1"),
        FileDigest::Sha256(_) => (2, "SHA-256"),
        FileDigest::Other => (3, "digest"),
    }
}

/// Whether a database says of this package what its files' digests are: it may have no file that has one, as a package of documentation or
/// links only. dpkg's `status` knows those of configurations alone.
fn keeps_digests(database: &PackageDatabase, id: u32) -> bool {
    let is_for_that = [".md5sums", "/RECORD"].iter().any(|end| database.path.ends_with(end));
    id != NOBODY && (is_for_that || (!database.recorded.is_empty() && !database.path.ends_with("/status")))
}

/// When each package was built, where its record of digests is a file of its own: dpkg gives that the time that its archive has.
fn built(tree: &FileTree, databases: &[(&PackageDatabase, Vec<u32>)]) -> HashMap<u32, i64> {
    let mut built = HashMap::new();
    for (database, ids) in databases {
        for id in ids.iter().filter(|id| keeps_digests(database, **id)) {
            if let Some(file) = tree.find(&database.path) {
                built.insert(*id, tree.file(file).mtime);
            }
        }
    }
    built
}

/// What is diverted: by whom, and to where. Three lines each: from, to, and the package, or `:` for the administrator.
fn diversions(text: &str) -> foldhash::HashMap<&str, (&str, &str)> {
    let mut diverted = foldhash::HashMap::new();
    let mut lines = text.lines();
    while let (Some(from), Some(to), Some(by)) = (lines.next(), lines.next(), lines.next()) {
        diverted.insert(from.trim_start_matches('/'), (by, to.trim_start_matches('/')));
    }
    diverted
}

/// Where conda has its environments: it writes their place into files, so that `RECORD`s do not hold there.
fn conda_environments(packages: &[Package]) -> impl Iterator<Item = &str> {
    packages.iter().filter(|p| p.ecosystem == Ecosystem::Conda).filter_map(|p| p.recorded_in.split("conda-meta/").next())
}

fn missing(tree: &FileTree, package: u32, path: &str, record: &RecordedFile) -> MissingFile {
    let deleted = |path: &str| tree.deleted.binary_search_by(|d| d.entry.path.as_str().cmp(path)).ok().map(|at| tree.deleted[at].by_layer);
    // Where /usr is merged, the record may say `/bin`.
    let by_layer = deleted(path).or_else(|| deleted(&format!("usr/{path}")));
    MissingFile { package, path: path.to_owned(), nature: nature(path, false, record.config), by_layer }
}

fn nature(path: &str, executable: bool, config: bool) -> FileNature {
    const EXTENSIONS: [&str; 15] = ["so", "py", "pm", "pl", "rb", "js", "mjs", "cjs", "php", "lua", "jar", "sh", "ko", "dll", "class"];
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_program = path.rsplit('/').nth(1).is_some_and(|directory| matches!(directory, "bin" | "sbin" | "libexec"));
    // Whoever derives an image from a distribution writes his own name into its release file.
    if config || matches!(path, "usr/lib/os-release" | "etc/os-release") {
        FileNature::Config
    } else if executable || is_program || name.contains(".so.") || name.rsplit_once('.').is_some_and(|(_, e)| EXTENSIONS.contains(&e)) {
        FileNature::Code
    } else {
        FileNature::Data
    }
}

#[cfg(test)]
mod tests;
