//! Which records speak of an image's components. Several records of one vulnerability are one finding of each component.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plimsoll_evidence::{Asked, Distribution, Ecosystem, Package, RecordMatch, Uncovered, Vulnerabilities, Vulnerability, Withdrawn};
use plimsoll_versions::Scheme;

use crate::ecosystem::{NoPlace, Of, Place, normal, normal_name, place};
use crate::record::Standing;
use crate::semantics::{Hit, affected};
use crate::store::{Database, DatabaseError, Entry, Reader, Text};

mod elsewhere;
mod merge;
mod rate;

/// One record that speaks of a component's version.
struct Match {
    text: Text,
    entry: Entry,
    hit: Hit,
    ecosystem: String,
    scheme: Option<Scheme>,
}

/// What a database says of packages; their places are those in the list. `distribution` is what the image's os-release says.
pub fn find(database: &Database, packages: &[Package], distribution: Option<&Distribution>) -> Result<Vulnerabilities, DatabaseError> {
    let mut reader = Reader::new(database);
    let mut found = Vec::new();
    let mut withdrawn = BTreeSet::new();
    let mut uncovered: BTreeMap<(String, &str, &str), Vec<u32>> = BTreeMap::new();
    let mut components: BTreeMap<String, u64> = BTreeMap::new();
    // Which ecosystems of the database are whose, asked once.
    let mut ecosystems: HashMap<String, Vec<&str>> = HashMap::new();
    // Packages of one source are told the same.
    let mut known: HashMap<(String, String, String), Vec<Vulnerability>> = HashMap::new();
    for (at, package) in packages.iter().enumerate() {
        let at = at as u32;
        let place = match place(package, distribution) {
            Ok(place) => place,
            Err(NoPlace::OwnedByDistribution) => continue,
            Err(why) => {
                let (what, why, supply) = lacking(why, package);
                uncovered.entry((what, why, supply)).or_default().push(at);
                continue;
            }
        };
        let shown = place.of.shown();
        let its = ecosystems
            .entry(shown.clone())
            .or_insert_with(|| database.ecosystems().iter().map(String::as_str).filter(|e| place.of.is(e)).collect());
        if its.is_empty() {
            let (why, supply) = no_data(&place.of);
            uncovered.entry((shown, why, supply)).or_default().push(at);
            continue;
        }
        *components.entry(shown.clone()).or_default() += 1;
        let key = (shown, place.name.to_string(), place.version.to_string());
        let of = if let Some(of) = known.get(&key) {
            of.clone()
        } else {
            let of = of_package(database, &mut reader, package, &place, its, at, &mut withdrawn)?;
            known.insert(key, of.clone());
            of
        };
        found.extend(of.into_iter().map(|v| Vulnerability { component: at, ..v }));
    }
    rate::add_catalogues(database, &mut found)?;
    let known_of = |what: &String| ecosystems.get(what).into_iter().flatten().map(|e| database.known_in(&normal(e))).sum();
    let asked = components.into_iter().map(|(what, components)| Asked { known: known_of(&what), what, components }).collect();
    let elsewhere = elsewhere::elsewhere(database, packages)?;
    found.sort_by(|a, b| a.component.cmp(&b.component).then_with(|| a.id.cmp(&b.id)));
    Ok(Vulnerabilities {
        database: database.state().clone(),
        found,
        asked,
        elsewhere,
        withdrawn: withdrawn.into_iter().map(|(component, record, when)| Withdrawn { record, component, when }).collect(),
        uncovered: uncovered
            .into_iter()
            .map(|((what, why, supply), components)| Uncovered { what, why: why.to_owned(), supply: supply.to_owned(), components })
            .collect(),
    })
}

/// The ids of the records that speak of one version, by the names that OSV knows them by; those that were taken back are left out.
pub fn records(database: &Database, ecosystem: &str, name: &str, version: &str) -> Result<Vec<String>, DatabaseError> {
    let texts = standing(database, ecosystem, name, version)?;
    Ok(sorted(texts.into_iter().map(|t| t.id).collect()))
}

/// The ids of the vulnerabilities that records say one version has: those that errata mend, and of other records every id.
pub fn vulnerabilities(database: &Database, ecosystem: &str, name: &str, version: &str) -> Result<Vec<String>, DatabaseError> {
    let texts = standing(database, ecosystem, name, version)?;
    let ids = texts.into_iter().flat_map(|t| if t.mends.is_empty() { [vec![t.id], t.aliases].concat() } else { t.mends });
    Ok(sorted(ids.collect()))
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids.dedup();
    ids
}

/// The texts of the records that speak of one version and stand.
fn standing(database: &Database, ecosystem: &str, name: &str, version: &str) -> Result<Vec<Text>, DatabaseError> {
    let scheme = Scheme::of_osv(ecosystem);
    let mut reader = Reader::new(database);
    let mut texts = Vec::new();
    for entry in database.entries(&normal(ecosystem), &normal_name(ecosystem, name))? {
        if entry.standing == Standing::Stands && affected(version, &entry.ranges, &entry.versions, scheme).is_some() {
            texts.push(reader.text(entry.record)?);
        }
    }
    Ok(texts)
}

fn of_package(
    database: &Database,
    reader: &mut Reader<'_>,
    package: &Package,
    place: &Place<'_>,
    ecosystems: &[&str],
    at: u32,
    withdrawn: &mut BTreeSet<(u32, String, Option<i64>)>,
) -> Result<Vec<Vulnerability>, DatabaseError> {
    let mut matches = Vec::new();
    for ecosystem in ecosystems {
        let scheme = Scheme::of_osv(ecosystem);
        for entry in database.entries(ecosystem, &place.name)? {
            let Some(hit) = affected(&place.version, &entry.ranges, &entry.versions, scheme) else { continue };
            if is_other_stream(package, &hit) {
                continue;
            }
            let text = reader.text(entry.record)?;
            if let Standing::Withdrawn(when) = entry.standing {
                withdrawn.insert((at, text.id, when));
                continue;
            }
            matches.push(Match { text, entry, hit, ecosystem: (*ecosystem).to_owned(), scheme });
        }
    }
    let sources = &database.state().sources;
    let source = |m: &Match| sources.get(m.text.source as usize).map_or("", |s| s.name.as_str());
    let said = |m: &Match| record_match(m, source(m), place);
    Ok(merge::merge(&matches, &said, &source))
}

/// Errata of Red Hat's modules are for builds of their stream alone; a package outside of any, or of another, is not what they speak of.
fn is_other_stream(package: &Package, hit: &Hit) -> bool {
    if package.ecosystem != Ecosystem::Rpm {
        return false;
    }
    let is_modular = |v: &str| v.contains(".module_") || v.contains(".module+");
    hit.fixed.as_deref().is_some_and(|fixed| is_modular(fixed) != is_modular(&package.version))
}

fn record_match(m: &Match, source: &str, place: &Place<'_>) -> RecordMatch {
    let what = if place.by_source { format!("source {}", place.name) } else { place.name.to_string() };
    let why = match (&m.hit.fixed, &m.hit.last, m.hit.range.as_str()) {
        (Some(fixed), _, _) => format!("is before {fixed}"),
        (None, Some(last), _) => format!("is not after {last}, the last that has it"),
        (None, None, "every version") => "has no fixed version".to_owned(),
        (None, None, range) => format!("is in {range}"),
    };
    let proof = format!("{what} {} {why}, {}, {}", place.version, m.ecosystem, m.text.id);
    RecordMatch {
        record: m.text.id.clone(),
        source: source.to_owned(),
        ecosystem: m.ecosystem.clone(),
        package: place.name.to_string(),
        version: place.version.to_string(),
        range: m.hit.range.clone(),
        fixed: m.hit.fixed.clone(),
        proof,
    }
}

fn lacking(why: NoPlace, package: &Package) -> (String, &'static str, &'static str) {
    match why {
        NoPlace::NoDistribution => (
            "system packages without os-release".to_owned(),
            "nothing says whose packages they are, so no advisories can be looked up",
            "keep /etc/os-release in the image",
        ),
        NoPlace::NoVersion => (
            format!("{} components without a version", package.ecosystem.name()),
            "a version that is not known cannot be compared",
            "build them from a tagged release",
        ),
        NoPlace::NoName => (
            "Java archives without a group".to_owned(),
            "the name of an archive's file alone is no name of an artifact",
            "keep META-INF/maven or a manifest that names it in the archive",
        ),
        NoPlace::NoPublisher => (
            format!("{} components of which no publisher's records are read", package.ecosystem.name()),
            "no advisories about them are published in a form that is read",
            "look at their makers' own announcements",
        ),
        NoPlace::OwnedByDistribution => (package.ecosystem.name().to_owned(), "its distribution speaks for it", ""),
    }
}

fn no_data(of: &Of<'_>) -> (&'static str, &'static str) {
    match of {
        Of::Distribution(_) => (
            "the database has no advisories for this release of the distribution",
            "add them with plimsoll db update, or move to a release that is looked after",
        ),
        Of::Language(_) => ("the database has no advisories of this ecosystem", "add them with plimsoll db update"),
    }
}
