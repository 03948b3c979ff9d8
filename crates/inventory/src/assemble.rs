//! From the databases of all layers to what is installed in the image, once the layers are stacked.

use std::collections::BTreeMap;

use crate::directories::Directories;
use foldhash::{HashMap, HashMapExt, HashSet};
use plimsoll_evidence::{Distribution, Ecosystem, FileChecks, FileTree, Inventory, LayerFacts, Package, PackageDatabase};

pub(crate) const NOBODY: u32 = u32::MAX;

/// What is installed: the databases that a container sees count, each package's layer is the one whose database first has
/// it, and each visible file is given to the package that owns it (through links: a list may say `/lib`, the file may lie
/// in `/usr/lib`).
/// Package URLs name the distribution; those of its packages are unknown where there is none.
pub fn assemble(tree: &FileTree, layers: &[Option<&LayerFacts>], distribution: Option<&Distribution>) -> Inventory {
    assemble_in(&Directories::new(tree), layers, distribution)
}

/// The same, where the tree is ready to be looked up in.
pub fn assemble_in(directories: &Directories<'_>, layers: &[Option<&LayerFacts>], distribution: Option<&Distribution>) -> Inventory {
    let tree = directories.tree;
    let visible = visible_databases(directories, layers);
    let first_layers = first_layers(layers);
    let mut found: BTreeMap<Identity<'_>, Found<'_>> = BTreeMap::new();
    let unproven = crate::lock::carried_out(visible.iter().map(|(_, d)| *d));
    let store = crate::nix::packages(tree);
    for (layer, database) in &visible {
        for package in database.packages.iter().filter(|p| is_installed(p) && !(p.locked && unproven.drops(p))) {
            let identity = Identity::of(package);
            let layer = first_layers.get(&identity).copied().unwrap_or(*layer);
            found.entry(identity).or_insert(Found { package, layer, file: &database.path });
        }
    }
    for package in &store {
        found.entry(Identity::of(package)).or_insert(Found { package, layer: package.layer, file: &package.recorded_in });
    }
    // A Perl module's list of files says that it is there, and not of which version; what says more counts.
    let with_version: HashSet<&str> =
        found.keys().filter(|i| i.ecosystem == Ecosystem::Cpan && !i.version.is_empty()).map(|i| i.name).collect();
    if !with_version.is_empty() {
        found.retain(|i, _| i.ecosystem != Ecosystem::Cpan || !i.version.is_empty() || !with_version.contains(i.name));
    }
    let development = development(&visible);
    let files: Vec<&str> = found.values().map(|f| f.file).collect();
    let mut packages: Vec<Package> = found.into_values().map(|f| f.installed(&development)).collect();
    crate::told_licences::fill(tree, &visible, &mut packages);
    let (owners, purls) = std::thread::scope(|scope| {
        let purls = scope.spawn(|| packages.iter().map(|p| crate::purl::of(p, distribution).map(|p| p.to_string())).collect::<Vec<_>>());
        // A panic there is one here as well.
        (owners(directories, &visible, &packages), purls.join().unwrap_or_else(|cause| std::panic::resume_unwind(cause)))
    });
    for (package, purl) in packages.iter_mut().zip(purls) {
        package.purl = purl;
    }
    for (at, file) in files.into_iter().enumerate() {
        if !packages[at].ecosystem.is_system() {
            let owner = directories.at(file).and_then(|id| packages.get(owners[id as usize] as usize)).filter(|o| o.ecosystem.is_system());
            packages[at].owned_by = owner.map(|o| o.name.clone());
        }
    }
    without_packaged_programs(Inventory { packages, owners, files: FileChecks::default(), stated: Vec::new() })
}

/// A program that a system's package owns is that package: its own version says nothing of the fixes that the distribution put in.
fn without_packaged_programs(inventory: Inventory) -> Inventory {
    let Inventory { packages, mut owners, files, stated } = inventory;
    let mut places = Vec::with_capacity(packages.len());
    let mut kept: Vec<Package> = Vec::with_capacity(packages.len());
    for package in packages {
        let is_kept = package.ecosystem != Ecosystem::Program || package.owned_by.is_none();
        places.push(if is_kept { kept.len() as u32 } else { NOBODY });
        if is_kept {
            kept.push(package);
        }
    }
    for owner in &mut owners {
        *owner = places.get(*owner as usize).copied().unwrap_or(NOBODY);
    }
    Inventory { packages: kept, owners, files, stated }
}

/// A system's record without a version only says who owns files. An archive or module without one is there all the same. What only tells a
/// licence is no record of an installation.
fn is_installed(package: &Package) -> bool {
    !crate::told_licences::only_tells(package)
        && !package.name.is_empty()
        && (!package.version.is_empty() || !package.ecosystem.is_system())
}

/// A package in the record that counts.
struct Found<'a> {
    package: &'a Package,
    layer: u32,
    file: &'a str,
}

impl Found<'_> {
    fn installed(&self, development: &HashSet<&str>) -> Package {
        let known = self.package.ecosystem == Ecosystem::Npm && development.contains(self.package.recorded_in.as_str());
        Package { layer: self.layer, development: self.package.development || known, ..self.package.clone() }
    }
}

/// What makes a package one. Where it is recorded counts for language packages only: the same one may lie in several places.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Identity<'a> {
    ecosystem: Ecosystem,
    name: &'a str,
    version: &'a str,
    architecture: Option<&'a str>,
    recorded_in: &'a str,
}

impl<'a> Identity<'a> {
    fn of(package: &'a Package) -> Self {
        // A program's own files all carry its version.
        let is_everywhere_one =
            package.ecosystem.is_system() || matches!(package.ecosystem, Ecosystem::Program | Ecosystem::Cpan | Ecosystem::Nix);
        Self {
            ecosystem: package.ecosystem,
            name: &package.name,
            version: &package.version,
            architecture: package.architecture.as_deref(),
            recorded_in: if is_everywhere_one { "" } else { &package.recorded_in },
        }
    }
}

pub(crate) fn visible_databases<'a>(directories: &Directories<'_>, layers: &[Option<&'a LayerFacts>]) -> Vec<Visible<'a>> {
    let mut visible = Vec::new();
    for (layer, facts) in layers.iter().enumerate() {
        for database in facts.map(|f| f.databases.as_slice()).unwrap_or_default() {
            if directories.at(&database.path).is_some_and(|id| directories.tree.file(id).layer == layer as u32) {
                visible.push((layer as u32, database));
            }
        }
    }
    visible
}

fn first_layers<'a>(layers: &[Option<&'a LayerFacts>]) -> HashMap<Identity<'a>, u32> {
    let mut first = HashMap::new();
    if layers.len() > 1 {
        for (layer, facts) in layers.iter().enumerate() {
            for package in facts.iter().flat_map(|f| &f.databases).flat_map(|d| &d.packages).filter(|p| is_installed(p)) {
                first.entry(Identity::of(package)).or_insert(layer as u32);
            }
        }
    }
    first
}

/// The records of packages that only development needs: npm's own lock under `node_modules` says which.
fn development<'a>(visible: &[Visible<'a>]) -> HashSet<&'a str> {
    visible
        .iter()
        .filter(|(_, d)| d.path.ends_with("/.package-lock.json"))
        .flat_map(|(_, d)| &d.packages)
        .filter(|p| p.development)
        .map(|p| p.recorded_in.as_str())
        .collect()
}

fn owners<'a>(directories: &Directories<'a>, visible: &[Visible<'a>], packages: &[Package]) -> Vec<u32> {
    let mut owners = vec![NOBODY; directories.tree.files.len()];
    let keepers = Keepers::new(packages);
    let mut files = find_all(directories, visible).into_iter();
    for (_, database) in visible {
        let ids = keepers.of(database);
        for ((package, _), file) in database.owned.iter().zip(&mut files) {
            let Some(id) = ids.get(package as usize).copied().filter(|id| *id != NOBODY) else { continue };
            if let Some(file) = file {
                let owner = &mut owners[file as usize];
                // A distribution's package owns its language packages.
                let kept =
                    packages.get(*owner as usize).is_some_and(|o| o.ecosystem.is_system()) && !packages[id as usize].ecosystem.is_system();
                if !kept {
                    *owner = id;
                }
            }
        }
    }
    own_language_packages(directories, packages, &mut owners);
    owners
}

/// A database that a container sees, and its layer.
pub(crate) type Visible<'a> = (u32, &'a PackageDatabase);

/// Databases in two parts that are about as large.
pub(crate) fn halves<'v, 'a>(
    databases: &'v [Visible<'a>],
    size: impl Fn(&PackageDatabase) -> usize,
) -> (&'v [Visible<'a>], &'v [Visible<'a>]) {
    let mut left = databases.iter().map(|(_, d)| size(d)).sum::<usize>() / 2;
    let first = databases
        .iter()
        .take_while(|(_, d)| {
            let goes_in = left > 0;
            left = left.saturating_sub(size(d));
            goes_in
        })
        .count();
    databases.split_at(first)
}

/// Where each path that these databases own lies, in their order.
fn find_all(directories: &Directories<'_>, databases: &[Visible<'_>]) -> Vec<Option<u32>> {
    let (first, second) = halves(databases, |d| d.owned.len());
    let paths = |databases: &[Visible<'_>]| directories.find_each(databases.iter().flat_map(|(_, d)| d.owned.iter()).map(|(_, path)| path));
    both(|| paths(first), || paths(second))
}

/// Two lists made side by side, one behind the other.
pub(crate) fn both<T: Send>(first: impl FnOnce() -> Vec<T>, second: impl FnOnce() -> Vec<T> + Send) -> Vec<T> {
    std::thread::scope(|scope| {
        let second = scope.spawn(second);
        let mut all = first();
        // A panic there is one here as well.
        all.extend(second.join().unwrap_or_else(|cause| std::panic::resume_unwind(cause)));
        all
    })
}

/// Which installed package each of a database's own is.
pub(crate) struct Keepers<'a> {
    packages: &'a [Package],
    by_name: HashMap<(Ecosystem, &'a str), Vec<u32>>,
    by_record: HashMap<&'a str, u32>,
}

impl<'a> Keepers<'a> {
    pub(crate) fn new(packages: &'a [Package]) -> Self {
        let mut by_name: HashMap<(Ecosystem, &str), Vec<u32>> = HashMap::new();
        for (i, package) in packages.iter().enumerate() {
            by_name.entry((package.ecosystem, package.name.as_str())).or_default().push(i as u32);
        }
        let by_record = packages.iter().enumerate().map(|(i, p)| (p.recorded_in.as_str(), i as u32)).collect();
        Self { packages, by_name, by_record }
    }

    /// By place in the database, places in the packages; `u32::MAX` where none is installed.
    pub(crate) fn of(&self, database: &PackageDatabase) -> Vec<u32> {
        let one = |package: &Package| match package.name.as_str() {
            // A list of files that stands beside the record of its package.
            "" => self.by_record.get(package.recorded_in.as_str()).copied().unwrap_or(NOBODY),
            name => self.installed(package, self.by_name.get(&(package.ecosystem, name)).map(Vec::as_slice).unwrap_or_default()),
        };
        database.packages.iter().map(one).collect()
    }

    fn installed(&self, package: &Package, candidates: &[u32]) -> u32 {
        let is_exact = |i: &&u32| package.architecture.is_none() || self.packages[**i as usize].architecture == package.architecture;
        candidates.iter().find(is_exact).or(candidates.first()).copied().unwrap_or(NOBODY)
    }
}

/// Files of language packages that no list names: a module's directory (the innermost one counts), a Python
/// distribution's metadata and the directory of its name.
fn own_language_packages(directories: &Directories<'_>, packages: &[Package], owners: &mut [u32]) {
    let mut outermost_first: Vec<(u32, String)> = Vec::new();
    for (i, package) in packages.iter().enumerate() {
        match package.ecosystem {
            Ecosystem::Nix => outermost_first.push((i as u32, package.recorded_in.clone())),
            // A lock file is nobody's directory.
            Ecosystem::Npm | Ecosystem::Python if package.locked => {}
            Ecosystem::Npm => outermost_first.extend(crate::npm::module_directory(&package.recorded_in).map(|d| (i as u32, d.to_owned()))),
            Ecosystem::Python => {
                let metadata = package.recorded_in.rsplit_once('/').map_or("", |(d, _)| d);
                let site = metadata.rsplit_once('/').map_or("", |(d, _)| d);
                outermost_first.push((i as u32, metadata.to_owned()));
                for name in [package.name.clone(), package.name.to_lowercase().replace('-', "_")] {
                    outermost_first.push((i as u32, format!("{site}/{name}")));
                }
            }
            _ => {}
        }
    }
    outermost_first.sort_by_key(|(_, directory)| directory.len());
    // What a system's package or a distribution's own list names is settled.
    let listed: Vec<bool> = owners.iter().map(|owner| *owner != NOBODY).collect();
    for (package, directory) in outermost_first {
        let Some(own) = directories.at(&directory) else { continue };
        for id in std::iter::once(own).chain(directories.below(own)) {
            if !listed[id as usize] {
                owners[id as usize] = package;
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use plimsoll_evidence::{FileEntry, FileKind};
    use plimsoll_layers::{Analyser, Content, Interest, stack};

    use super::*;
    use crate::testkit::entry;
    use crate::{Dpkg, Npm, Python};

    /// The facts that an analyser finds in one file.
    pub(crate) fn facts_of(analyser: &dyn Analyser, path: &str, bytes: &[u8]) -> LayerFacts {
        layer(&[analyser], &[(path, bytes)])
    }

    fn layer(analysers: &[&dyn Analyser], files: &[(&str, &[u8])]) -> LayerFacts {
        let mut facts = LayerFacts::default();
        for (path, bytes) in files {
            let entry = entry(path, bytes.len());
            for analyser in analysers {
                if analyser.wants(&entry, &bytes[..bytes.len().min(512)]) != Interest::Nothing {
                    analyser.analyse(&entry, Content::Whole(bytes), &mut facts).unwrap();
                }
            }
            facts.files.push(entry);
        }
        facts
    }

    #[test]
    fn the_last_status_counts_and_a_package_is_of_the_layer_that_first_had_it() {
        let one =
            b"Package: a\nStatus: install ok installed\nVersion: 1\n\nPackage: gone\nStatus: install ok installed\nVersion: 1\n".as_slice();
        let two =
            b"Package: a\nStatus: install ok installed\nVersion: 1\n\nPackage: b\nStatus: install ok installed\nVersion: 2\n".as_slice();
        let mut below = layer(&[&Dpkg], &[("var/lib/dpkg/status", one), ("usr/bin/a", b"x"), ("var/lib/dpkg/info/a.list", b"/bin/a\n")]);
        let mut above = layer(&[&Dpkg], &[("var/lib/dpkg/status", two)]);
        above.files.push(FileEntry { kind: FileKind::Symlink, link: Some("usr/bin".into()), ..entry("bin", 0) });
        let tree = stack(&mut [Some(&mut below), Some(&mut above)]).tree;
        let layers = [Some(&below), Some(&above)];
        let inventory = assemble(&tree, &layers, None);
        let found: Vec<_> = inventory.packages.iter().map(|p| (p.name.as_str(), p.layer)).collect();
        assert_eq!(found, [("a", 0), ("b", 1)]);
        assert_eq!(inventory.owner(tree.find("usr/bin/a").unwrap()).map(|p| p.name.as_str()), Some("a"));
        assert!(inventory.owner(tree.find("var/lib/dpkg/status").unwrap()).is_none());
    }

    #[test]
    fn a_python_distribution_owns_what_its_record_names() {
        let site = "usr/lib/python3/dist-packages";
        let metadata = |name: &str| format!("Name: {name}\nVersion: 1\n");
        let (pillow, six) = (format!("{site}/pillow-1.dist-info"), format!("{site}/six-1.dist-info"));
        let mut facts = layer(
            &[&Python, &Dpkg],
            &[
                (&format!("{pillow}/METADATA"), metadata("pillow").as_bytes()),
                (&format!("{pillow}/RECORD"), b"PIL/__init__.py,,\npillow.libs/libjpeg.so,,\n../../../bin/pil,,\nsix.py,,\n"),
                (&format!("{site}/pillow.libs/libjpeg.so"), b"x"),
                ("usr/bin/pil", b"x"),
                (&format!("{six}/METADATA"), metadata("six").as_bytes()),
                (&format!("{site}/six.py"), b"x"),
                ("var/lib/dpkg/status", b"Package: python3-six\nStatus: install ok installed\nVersion: 1\n"),
                ("var/lib/dpkg/info/python3-six.list", format!("/{site}/six.py\n/{six}/METADATA\n").as_bytes()),
            ],
        );
        let tree = stack(&mut [Some(&mut facts)]).tree;
        let layers = [Some(&facts)];
        let inventory = assemble(&tree, &layers, None);
        let owner = |path: &str| inventory.owner(tree.find(path).unwrap()).map(|p| p.name.as_str());
        assert_eq!((owner("usr/bin/pil"), owner(&format!("{site}/pillow.libs/libjpeg.so"))), (Some("pillow"), Some("pillow")));
        assert_eq!(owner(&format!("{site}/six.py")), Some("python3-six"), "a distribution's package comes first");
        let owned_by: Vec<_> = inventory.packages.iter().map(|p| (p.name.as_str(), p.owned_by.as_deref())).collect();
        assert_eq!(owned_by, [("python3-six", None), ("pillow", None), ("six", Some("python3-six"))]);
    }

    #[test]
    fn a_program_is_one_and_a_packaged_one_is_its_package() {
        let mut facts = layer(
            &[&Dpkg, &crate::Programs],
            &[
                ("usr/local/bin/python3.11", b"\x7fELF\x003.11.7\0"),
                ("usr/local/lib/libpython3.11.so.1.0", b"\x7fELF\x003.11.7\0"),
                ("usr/sbin/nginx", b"\x7fELF nginx/1.22.1"),
                ("var/lib/dpkg/status", b"Package: nginx\nStatus: install ok installed\nVersion: 1.22.1-9\n"),
                ("var/lib/dpkg/info/nginx.list", b"/usr/sbin/nginx\n"),
            ],
        );
        let tree = stack(&mut [Some(&mut facts)]).tree;
        let layers = [Some(&facts)];
        let inventory = assemble(&tree, &layers, None);
        let found: Vec<_> = inventory.packages.iter().map(|p| (p.name.as_str(), p.version.as_str(), p.purl.as_deref())).collect();
        assert_eq!(found, [("nginx", "1.22.1-9", None), ("python", "3.11.7", Some("pkg:generic/python@3.11.7"))]);
        let owner = |path: &str| inventory.owner(tree.find(path).unwrap()).map(|p| p.name.as_str());
        assert_eq!((owner("usr/local/lib/libpython3.11.so.1.0"), owner("usr/sbin/nginx")), (Some("python"), Some("nginx")));
    }

    #[test]
    fn npm_packages_own_their_directories_and_know_development() {
        let lock = br#"{"packages": {"": {}, "node_modules/mocha": {"version": "8", "dev": true}, "node_modules/x": {"version": "1"}}}"#
            .as_slice();
        let mut facts = layer(
            &[&Npm],
            &[
                ("app/node_modules/.package-lock.json", lock),
                ("app/node_modules/mocha/package.json", br#"{"name": "mocha", "version": "8.2.1"}"#),
                ("app/node_modules/mocha/lib/a.js", b"1"),
                ("app/node_modules/x/package.json", br#"{"name": "x", "version": "1.0.0", "deep": [[[[]]]]}"#),
                ("app/node_modules/x/node_modules/y/package.json", br#"{"name": "y", "version": "1.0.0"}"#),
                ("app/node_modules/x/node_modules/y/i.js", b"1"),
            ],
        );
        let tree = stack(&mut [Some(&mut facts)]).tree;
        let layers = [Some(&facts)];
        let inventory = assemble(&tree, &layers, None);
        let found: Vec<_> = inventory.packages.iter().map(|p| (p.name.as_str(), p.development)).collect();
        assert_eq!(found, [("mocha", true), ("x", false), ("y", false)]);
        let owner = |path: &str| inventory.owner(tree.find(path).unwrap()).map(|p| p.name.as_str());
        assert_eq!((owner("app/node_modules/mocha/lib/a.js"), owner("app/node_modules/x/node_modules/y/i.js")), (Some("mocha"), Some("y")));
    }
}
