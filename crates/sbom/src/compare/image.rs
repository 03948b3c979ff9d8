//! The image, ready to be asked for what bills name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plimsoll_evidence::{Ecosystem, ImageFacts, Inventory, Package};

use crate::identity::{is_no_version, normal_name, same_version};

/// Ecosystem and name.
pub(super) type Key = (Ecosystem, String);

pub(super) fn key(package: &Package) -> Key {
    (package.ecosystem, normal_name(package.ecosystem, &package.name))
}

/// The image, ready to be asked.
pub(super) struct Image<'a> {
    pub(super) facts: &'a ImageFacts,
    pub(super) inventory: &'a Inventory,
    /// Places of packages by what they are called.
    pub(super) by_name: BTreeMap<Key, Vec<u32>>,
    /// Places of packages by the file that records them.
    pub(super) by_file: HashMap<&'a str, Vec<u32>>,
    /// Places of Java archives by their artifact alone.
    pub(super) by_artifact: HashMap<&'a str, Vec<u32>>,
    /// Places of packages by their name alone, in any ecosystem.
    pub(super) by_any_name: HashMap<String, Vec<u32>>,
    /// Places of system packages by their source.
    pub(super) by_source: HashMap<(Ecosystem, &'a str), Vec<u32>>,
    /// Ecosystems that are there at all.
    pub(super) ecosystems: BTreeSet<Ecosystem>,
    /// Whether there is a program of which nothing is known.
    pub(super) has_unknown_program: bool,
    /// Whether the bill is of this image.
    pub(super) is_this: bool,
}

impl<'a> Image<'a> {
    pub(super) fn new(facts: &'a ImageFacts, inventory: &'a Inventory, limited_to: Option<&str>, is_this: bool) -> Self {
        let mut image = Self {
            facts,
            inventory,
            by_name: BTreeMap::new(),
            by_file: HashMap::new(),
            by_artifact: HashMap::new(),
            by_any_name: HashMap::new(),
            by_source: HashMap::new(),
            ecosystems: BTreeSet::new(),
            has_unknown_program: false,
            is_this,
        };
        for (place, package) in inventory.packages.iter().enumerate() {
            let file = root(&package.recorded_in);
            if limited_to.is_some_and(|only| only != file) {
                continue;
            }
            let place = place as u32;
            image.ecosystems.insert(package.ecosystem);
            let key = key(package);
            image.by_any_name.entry(key.1.to_ascii_lowercase()).or_default().push(place);
            image.by_name.entry(key).or_default().push(place);
            if package.ecosystem.is_system() {
                image.by_source.entry((package.ecosystem, package.source_name())).or_default().push(place);
            }
            image.by_file.entry(file).or_default().push(place);
            if package.ecosystem == Ecosystem::Java {
                let artifact = package.name.rsplit(':').next().unwrap_or_default();
                image.by_artifact.entry(artifact).or_default().push(place);
            }
        }
        image.has_unknown_program = facts.elfs.iter().any(|elf| {
            let owner = facts.tree.find(&elf.path).and_then(|file| inventory.owner(file));
            owner.is_none() && !image.by_file.contains_key(elf.path.as_str())
        });
        image
    }

    pub(super) fn package(&self, place: u32) -> &'a Package {
        &self.inventory.packages[place as usize]
    }

    /// Which of the packages at these places have a version; all where that says nothing.
    pub(super) fn of_version(&self, places: &[u32], version: &str) -> Vec<u32> {
        let is_same = |package: &Package| {
            is_no_version(version) || is_no_version(&package.version) || same_version(package.ecosystem, &package.version, version)
        };
        places.iter().copied().filter(|place| is_same(self.package(*place))).collect()
    }
}

/// The file before the first `!`.
pub(super) fn root(recorded_in: &str) -> &str {
    recorded_in.split('!').next().unwrap_or_default()
}

/// Each name and version once.
pub(super) fn once(image: &Image<'_>, places: Vec<u32>) -> Vec<u32> {
    let mut told = BTreeSet::new();
    places.into_iter().filter(|p| told.insert((key(image.package(*p)), image.package(*p).version.as_str()))).collect()
}

/// Whether a bill has to name a package: not what a distribution's package brought, what a lock file alone names, or an archive without a
/// name.
pub(super) fn is_asked_for(image: &Image<'_>, place: u32) -> bool {
    let package = image.package(place);
    package.owned_by.is_none() && !package.locked && package.holds.is_empty()
}
