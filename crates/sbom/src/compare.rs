//! Bills of materials that were given, held against what the image shows.
//!
//! What counts as the same is what is the same thing: names and versions are compared as their ecosystems do, a distribution's package
//! speaks for the language packages that it brought, and what a bill names within a file of a known component is a part of that. What
//! it names for a file of which nothing else is known joins the inventory, marked as the bill's word.

mod image;
mod place;
mod subject;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_evidence::{
    Distribution, Ecosystem, Evidence, FileId, Gathered, ImageFacts, Inventory, Package, Problem, ProblemKind, SbomClaim, SbomDocument,
    SbomDoubt, SbomOf, SbomVersions, Sboms, Stated, Subject,
};
use plimsoll_purl::Purl;

use self::image::{Image, Key, is_asked_for, key, once, root};
use self::place::{Containers, find, was_there};
use crate::bill::{Component, Kind};
use crate::identity::{is_no_version, normal_name, same_version};
use crate::package::package;
use crate::read::SbomContents;

/// A bill that was given.
pub struct GivenSbom<'a> {
    /// The file, as it was named.
    pub source: &'a str,
    /// What it says.
    pub contents: &'a SbomContents,
    /// The one file of the image that it is a bill of, where the user says so; without leading slash.
    pub limited_to: Option<&'a str>,
}

/// Holds bills against the image in evidence: puts what they come to there, and adds what they alone know to its inventory. Nothing where
/// there is no image.
pub fn apply(given: &[GivenSbom<'_>], evidence: &mut Evidence) {
    let Evidence { subject: Some(subject), image: Gathered::Found(image), components: Gathered::Found(inventory), .. } = evidence else {
        return;
    };
    let mut sboms = Sboms::default();
    let mut joining: BTreeMap<Identity, (Package, usize, FileId)> = BTreeMap::new();
    for (at, bill) in given.iter().enumerate() {
        let (document, joins) = compare(bill, subject, image, inventory);
        if sboms.distribution.is_none() && image.distribution.is_none() && joins.iter().any(|(p, _)| p.ecosystem.is_system()) {
            sboms.distribution.clone_from(&bill.contents.distribution);
        }
        sboms.documents.push(document);
        for (package, file) in joins {
            let identity = (package.ecosystem, package.name.clone(), package.version.clone(), package.recorded_in.clone());
            // What two bills say alike is said once, by the first.
            joining.entry(identity).or_insert((package, at, file));
        }
    }
    let problems = given.iter().flat_map(|bill| bill.contents.problems.iter().map(|p| format!("{}: {p}", bill.source)));
    evidence.problems.extend(problems.map(|p| Problem::noted(ProblemKind::Malformed, p)));
    for (package, at, file) in joining.into_values() {
        let place = inventory.packages.len() as u32;
        inventory.packages.push(package);
        inventory.stated.push(Stated { package: place, by: given[at].source.to_owned() });
        sboms.documents[at].supplies.push(place);
        if let Some(owner) = inventory.owners.get_mut(file as usize).filter(|owner| **owner == u32::MAX) {
            *owner = place;
        }
    }
    evidence.sboms = Gathered::Found(sboms);
}

/// Ecosystem, name, version and file.
type Identity = (Ecosystem, String, String, String);

/// What becomes of a component of a bill that the image does not have by that name and version.
enum Other {
    /// It is within a component that is known.
    Part,
    /// Nothing else is known of its file.
    Joins(Box<Package>, FileId),
    /// The image does not show it.
    Doubt(SbomDoubt),
}

/// A component of a bill, as far as it can be compared.
struct Named {
    package: Package,
    /// The file that the bill names for it.
    file: Option<String>,
}

fn compare(given: &GivenSbom<'_>, of: &Subject, facts: &ImageFacts, inventory: &Inventory) -> (SbomDocument, Vec<(Package, FileId)>) {
    let bill = &given.contents.bill;
    let is_of = subject::subject(bill, of, facts);
    let image = Image::new(facts, inventory, given.limited_to, matches!(is_of, SbomOf::This(_)));
    let mut document = SbomDocument {
        source: given.source.to_owned(),
        form: bill.form.clone(),
        tools: bill.tools.clone(),
        made: bill.created.clone(),
        of: is_of,
        limited_to: given.limited_to.map(str::to_owned),
        other_distribution: other_distribution(given.contents, facts),
        problems: given.contents.problems.clone(),
        ..SbomDocument::default()
    };
    let mut named: BTreeMap<Key, Vec<Named>> = BTreeMap::new();
    let mut seen: BTreeSet<u32> = BTreeSet::new();
    let containers = Containers::new(bill);
    for component in &bill.components {
        match sort(component, &containers, &image, given) {
            Sorted::Is(places) => seen.extend(places),
            Sorted::Named(one) => named.entry(key(&one.package)).or_default().push(*one),
            Sorted::Unnamed => document.unnamed.push(component.title()),
            Sorted::NoComponent => {}
        }
    }
    let mut joins = Vec::new();
    for (key, others) in named {
        // Versions that the image has of it and that no component of the bill is.
        let left: Vec<u32> =
            image.by_name.get(&key).into_iter().flatten().copied().filter(|p| !seen.contains(p) && is_asked_for(&image, *p)).collect();
        let mut said = BTreeSet::new();
        for one in others {
            let Named { package, file } = one;
            match other(&package, file.as_deref(), &image) {
                _ if !left.is_empty() => {
                    said.insert(package.version);
                }
                Other::Part => document.parts += 1,
                Other::Joins(package, id) => joins.push((*package, id)),
                Other::Doubt(why) => {
                    let ecosystem = kind_name(&package);
                    document.claims.push(SbomClaim { ecosystem, name: package.name, version: package.version, file, why });
                }
            }
        }
        if !said.is_empty() {
            seen.extend(&left);
            let versions = SbomVersions {
                ecosystem: key.0.name().to_owned(),
                name: image.package(left[0]).name.clone(),
                here: once(&image, left),
                said: said.into_iter().collect(),
            };
            document.other_versions.push(versions);
        }
    }
    document.claims.sort();
    document.claims.dedup();
    let differ: BTreeSet<u32> = document.other_versions.iter().flat_map(|v| v.here.iter().copied()).collect();
    let is_same: Vec<u32> = seen.iter().copied().filter(|p| !differ.contains(p)).collect();
    let known: BTreeSet<(Key, &str)> = seen.iter().map(|p| (key(image.package(*p)), image.package(*p).version.as_str())).collect();
    let unseen: Vec<u32> = image
        .by_name
        .values()
        .flatten()
        .copied()
        .filter(|p| !seen.contains(p) && is_asked_for(&image, *p))
        // The same elsewhere in the image is told by the one that the bill names.
        .filter(|p| !known.contains(&(key(image.package(*p)), image.package(*p).version.as_str())))
        .collect();
    document.same = once(&image, is_same).len() as u64;
    document.lacking = once(&image, unseen);
    document.lacking.sort_unstable();
    (document, joins)
}

/// The name of a component's ecosystem, or the type of its package URL where it has none that is known.
fn kind_name(package: &Package) -> String {
    match package.name.split_once('/') {
        Some((kind, _)) if package.ecosystem == Ecosystem::Program => kind.to_owned(),
        _ => package.ecosystem.name().to_owned(),
    }
}

enum Sorted {
    /// Packages of the image.
    Is(Vec<u32>),
    /// Something that the image does not have by this name and version.
    Named(Box<Named>),
    /// It has no name by which it could be compared.
    Unnamed,
    /// A heading, a file, the distribution.
    NoComponent,
}

fn sort<'a>(component: &'a Component, containers: &Containers<'a>, image: &Image<'_>, given: &GivenSbom<'_>) -> Sorted {
    let tree = &image.facts.tree;
    let Some(text) = component.purl.as_deref().filter(|p| !p.is_empty()) else {
        let is_heading = component.version.is_none() || matches!(component.kind, Kind::File | Kind::OperatingSystem | Kind::Container);
        if is_heading {
            return Sorted::NoComponent;
        }
        // By its name alone, where one of the image's has it.
        let version = component.version.as_deref().unwrap_or_default();
        let names = BTreeSet::from([
            component.name.to_ascii_lowercase(),
            normal_name(Ecosystem::Python, &component.name),
            component.name.replace('/', ":"),
        ]);
        let of_name = names.iter().filter_map(|name| image.by_any_name.get(name));
        let places: Vec<u32> = of_name.flat_map(|places| image.of_version(places, version)).collect();
        return if places.is_empty() { Sorted::Unnamed } else { Sorted::Is(places) };
    };
    let Ok(purl) = Purl::parse_loosely(text) else { return Sorted::Unnamed };
    if matches!(purl.kind(), "oci" | "docker") {
        return Sorted::NoComponent;
    }
    let mut package = package(component, &purl).unwrap_or_else(|| {
        let version = purl.version().or(component.version.as_deref()).unwrap_or_default();
        let name = format!("{}/{}", purl.kind(), purl.full_name());
        Package { purl: component.purl.clone(), ..Package::new(Ecosystem::Program, &name, version, "") }
    });
    package.purl = Some(purl.to_string());
    let own = image.by_name.get(&key(&package)).map(|places| image.of_version(places, &package.version)).unwrap_or_default();
    if !own.is_empty() {
        return Sorted::Is(own);
    }
    if package.ecosystem.is_system() && matches!(purl.qualifier("arch"), Some("source" | "src" | "nosrc")) {
        let built = image.by_source.get(&(package.ecosystem, package.name.as_str()));
        let is_source = |p: &u32| same_version(package.ecosystem, image.package(*p).source_version(), &package.version);
        // The source of what is installed is no component of the image, and no false one.
        if built.is_some_and(|places| places.iter().any(is_source)) {
            return Sorted::NoComponent;
        }
    }
    let file = match given.limited_to {
        Some(only) => Some(only.to_owned()),
        None => containers.file(component, tree),
    };
    if package.ecosystem == Ecosystem::Java {
        let alike = by_artifact(&package, file.as_deref(), image);
        if !alike.is_empty() {
            return Sorted::Is(alike);
        }
    }
    Sorted::Named(Box::new(Named { package, file }))
}

/// Archives that are the same but for the group: one of the two has none, or both are the same file. Tools make groups up where there is none, and
/// call an archive by its file where its record has another name.
fn by_artifact(package: &Package, file: Option<&str>, image: &Image<'_>) -> Vec<u32> {
    let artifact = package.name.rsplit(':').next().unwrap_or_default();
    let file = file.and_then(|f| find(&image.facts.tree, f)).map(|id| image.facts.tree.file(id).path.as_str());
    let alike = image.by_artifact.get(artifact).into_iter().flatten().copied().filter(|p| {
        let own = image.package(*p);
        !own.name.contains(':') || !package.name.contains(':') || Some(root(&own.recorded_in)) == file
    });
    let is_its_file = |f: &&str| f.rsplit('/').next().and_then(|name| name.rsplit_once('.')).is_some_and(|(stem, _)| stem == artifact);
    let recorded = file.filter(is_its_file).and_then(|f| image.by_file.get(f)).into_iter().flatten().copied();
    let of_file =
        recorded.filter(|p| Some(image.package(*p).recorded_in.as_str()) == file && image.package(*p).ecosystem == Ecosystem::Java);
    let places: Vec<u32> = alike.chain(of_file).collect();
    image.of_version(&places, &package.version)
}

fn other(package: &Package, file: Option<&str>, image: &Image<'_>) -> Other {
    let (tree, inventory) = (&image.facts.tree, image.inventory);
    if package.ecosystem.is_system() {
        if image.ecosystems.contains(&package.ecosystem) || !image.is_this {
            return Other::Doubt(SbomDoubt::NotInstalled);
        }
        // The image keeps no database: a bill that was made while it was there knows more.
        let recorded_in = file.unwrap_or_default().trim_start_matches('/').to_owned();
        let deleted = tree.deleted.binary_search_by(|d| d.entry.path.as_str().cmp(&recorded_in));
        let layer = deleted.map_or(0, |at| tree.deleted[at].entry.layer);
        return Other::Joins(Box::new(Package { recorded_in, layer, ..package.clone() }), FileId::MAX);
    }
    let Some(named) = file else {
        let holds_silently =
            matches!(package.ecosystem, Ecosystem::Cargo | Ecosystem::Go | Ecosystem::Program | Ecosystem::Swift | Ecosystem::Hackage);
        let may_be = image.has_unknown_program && holds_silently;
        return Other::Doubt(if may_be { SbomDoubt::Compiled } else { SbomDoubt::Unplaced });
    };
    let Some(id) = find(tree, named) else {
        return Other::Doubt(if was_there(tree, named) { SbomDoubt::Deleted } else { SbomDoubt::NoFile });
    };
    let entry = tree.file(id);
    let records = image.by_file.get(entry.path.as_str()).map(Vec::as_slice).unwrap_or_default();
    if records.iter().any(|p| image.package(*p).ecosystem == package.ecosystem && image.package(*p).holds.is_empty()) {
        return Other::Doubt(SbomDoubt::OtherRecord);
    }
    let is_within = inventory.owner(id).is_some_and(|owner| owner.ecosystem.is_system() || owner.ecosystem == package.ecosystem);
    if is_within || is_no_version(&package.version) {
        return Other::Part;
    }
    Other::Joins(Box::new(Package { recorded_in: entry.path.clone(), layer: entry.layer, ..package.clone() }), id)
}

/// The distribution of a bill and the image's, where they are not the same. `debian` 12.15 is Debian 12.
fn other_distribution(contents: &SbomContents, image: &ImageFacts) -> Option<(String, String)> {
    let (said, own) = (contents.distribution.as_ref()?, image.distribution.as_ref()?);
    let is_prefix = |a: &str, b: &str| a == b || b.strip_prefix(a).is_some_and(|rest| rest.starts_with('.'));
    let is_release = match (said.version_id.as_deref(), own.version_id.as_deref()) {
        (Some(a), Some(b)) => is_prefix(a, b) || is_prefix(b, a),
        _ => true,
    };
    let shown = |d: &Distribution| format!("{} {}", d.id, d.version_id.as_deref().unwrap_or_default()).trim_end().to_owned();
    (!is_release || family(&said.id) != family(&own.id)).then(|| (shown(said), shown(own)))
}

/// One name for what tools call differently.
fn family(id: &str) -> &str {
    match id {
        "redhat" => "rhel",
        "alma" => "almalinux",
        "oracle" => "ol",
        "amazon" => "amzn",
        "cbl-mariner" => "mariner",
        _ if id.starts_with("sle") || id.starts_with("suse") => "sles",
        _ if id.starts_with("opensuse") => "opensuse",
        other => other,
    }
}
