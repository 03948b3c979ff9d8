//! Which records speak of an image's components. Several records of one vulnerability are one finding of each component.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plimsoll_evidence::{Asked, Distribution, Ecosystem, Package, RecordMatch, Uncovered, Vulnerabilities, Vulnerability, Withdrawn};
use plimsoll_versions::Scheme;

use crate::ecosystem::{NoPlace, Of, Place, normal, normal_name, place};
use crate::record::{Event, Range, Standing};
use crate::semantics::{Hit, affected};
use crate::store::{Database, DatabaseError, Entry, Reader, Text};

mod elsewhere;
mod merge;
mod rate;
mod streams;

/// One record that speaks of a component's version.
struct Match {
    text: Text,
    entry: Entry,
    hit: Hit,
    ecosystem: String,
    scheme: Option<Scheme>,
    /// The fix is not in the archive that the package is from, but in one for subscribers.
    for_subscribers: bool,
}

/// What decides what a package is told: ecosystem, name, version; of an rpm its source, module and architecture too; and whether a lock file alone
/// names it.
type Told<'a> = (String, String, String, [Option<&'a str>; 4]);

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
    let mut known: HashMap<Told<'_>, Vec<Vulnerability>> = HashMap::new();
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
        let builds = [place.source, package.modularity.as_deref(), package.architecture.as_deref()];
        let [source, module, architecture] = builds.map(|b| b.filter(|_| package.ecosystem == Ecosystem::Rpm));
        let known_by = [source, module, architecture, package.locked.then_some("a lock file")];
        let key = (shown, place.name.to_string(), place.version.to_string(), known_by);
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
    let is_rpm = package.ecosystem == Ecosystem::Rpm;
    // What records say that does not meet this version: a fix that it has may be the one that decides.
    let mut others: Vec<(u32, String)> = Vec::new();
    for ecosystem in ecosystems {
        let scheme = Scheme::of_osv(ecosystem);
        for entry in entries(database, ecosystem, place)? {
            let hit = match of_source(&entry, ecosystem, package) {
                Some((version, ranges)) => affected(version, &ranges, &entry.versions, scheme),
                None => affected(&place.version, &entry.ranges, &entry.versions, scheme),
            };
            let fixed = hit.as_ref().map_or_else(|| last_fix(&entry), |h| h.fixed.as_deref());
            if is_rpm && !streams::is_of(&entry.builds, fixed, package) {
                continue;
            }
            let Some(hit) = hit else {
                let decides = is_rpm || ecosystem.starts_with("Ubuntu:Pro:");
                if let Some(fixed) = fixed.filter(|_| decides && entry.standing == Standing::Stands) {
                    others.push((entry.record, fixed.to_owned()));
                }
                continue;
            };
            let text = reader.text(entry.record)?;
            if let Standing::Withdrawn(when) = entry.standing {
                withdrawn.insert((at, text.id, when));
                continue;
            }
            let for_subscribers = hit.fixed.is_some() && ecosystem.starts_with("Ubuntu:Pro:") && !place.version.contains("esm");
            matches.push(Match { text, entry, hit, ecosystem: (*ecosystem).to_owned(), scheme, for_subscribers });
        }
    }
    drop_mended(&mut matches, &others, reader, place)?;
    let sources = &database.state().sources;
    let source = |m: &Match| sources.get(m.text.source as usize).map_or("", |s| s.name.as_str());
    let said = |m: &Match| record_match(m, source(m), place, package);
    Ok(merge::merge(&matches, &said, &source))
}

/// What records say of a package; and of its source, where that stands for its packages.
fn entries(database: &Database, ecosystem: &str, place: &Place<'_>) -> Result<Vec<Entry>, DatabaseError> {
    let mut entries = database.entries(ecosystem, &place.name)?;
    if let Some(source) = place.source {
        let of_source = |e: &Entry| e.builds.architectures == ["src"];
        if source == place.name {
            return Ok(entries);
        }
        // Photon's list names sources, and packages now and then.
        if ecosystem.starts_with("Photon OS:") {
            for entry in database.entries(ecosystem, source)? {
                if !entries.contains(&entry) {
                    entries.push(entry);
                }
            }
            return Ok(entries);
        }
        entries.retain(|e| !of_source(e));
        entries.extend(database.entries(ecosystem, source)?.into_iter().filter(of_source));
    }
    Ok(entries)
}

/// Of a record that names builds of sources, and a package with a version of its own: the source's version and the ranges to compare it
/// with. What is recorded of a source has no epoch, so none is compared.
fn of_source<'a>(entry: &Entry, ecosystem: &str, package: &'a Package) -> Option<(&'a str, Vec<Range>)> {
    let version = package.source_version.as_deref()?;
    if !ecosystem.starts_with("Fedora:") || entry.builds.architectures != ["src"] {
        return None;
    }
    let without_epoch = |event: &Event| {
        let bare = |v: &String| v.split_once(':').map_or(v.as_str(), |(_, rest)| rest).to_owned();
        match event {
            Event::Introduced(v) => Event::Introduced(bare(v)),
            Event::Fixed(v) => Event::Fixed(bare(v)),
            Event::LastAffected(v) => Event::LastAffected(bare(v)),
            Event::Limit(v) => Event::Limit(bare(v)),
        }
    };
    let ranges = entry.ranges.iter().map(|r| Range { semver: r.semver, events: r.events.iter().map(without_epoch).collect() });
    Some((version, ranges.collect()))
}

fn last_fix(entry: &Entry) -> Option<&str> {
    let fixes = entry.ranges.iter().flat_map(|r| &r.events);
    fixes.filter_map(|e| if let Event::Fixed(v) = e { Some(v.as_str()) } else { None }).next_back()
}

/// Takes out what the build has a fix of its own release for.
fn drop_mended(
    matches: &mut Vec<Match>,
    others: &[(u32, String)],
    reader: &mut Reader<'_>,
    place: &Place<'_>,
) -> Result<(), DatabaseError> {
    let Of::Distribution(distribution) = place.of else { return Ok(()) };
    if others.is_empty() {
        return Ok(());
    }
    if distribution.id == "ubuntu" {
        return drop_mended_for_subscribers(matches, others, reader);
    }
    if !matches!(distribution.id.as_str(), "rhel" | "almalinux" | "rocky" | "ol") {
        return Ok(());
    }
    let release = distribution.version_id.as_deref().and_then(|v| v.split_once('.')).and_then(|(_, minor)| minor.parse().ok());
    let mut fixes: HashMap<String, Vec<String>> = HashMap::new();
    let speaks = |text: &Text| if text.mends.is_empty() { vec![text.id.clone()] } else { text.mends.clone() };
    for (record, fixed) in others {
        for id in speaks(&reader.text(*record)?) {
            fixes.entry(id).or_default().push(fixed.clone());
        }
    }
    for m in matches.iter() {
        for id in speaks(&m.text) {
            fixes.entry(id).or_default().extend(m.hit.fixed.clone());
        }
    }
    let is_mended = |id: &str| {
        let known: Vec<&str> = fixes.get(id).into_iter().flatten().map(String::as_str).collect();
        streams::is_mended(&place.version, release, &known)
    };
    matches.retain_mut(|m| {
        // Without a fix at all, nothing says that a later build has it.
        if m.hit.fixed.is_none() {
            return true;
        }
        let is_erratum = !m.text.mends.is_empty();
        m.text.mends.retain(|id| !is_mended(id));
        if is_erratum { !m.text.mends.is_empty() } else { !is_mended(&m.text.id) }
    });
    Ok(())
}

/// A build for subscribers has fixes that the archive's own records do not name.
fn drop_mended_for_subscribers(matches: &mut Vec<Match>, others: &[(u32, String)], reader: &mut Reader<'_>) -> Result<(), DatabaseError> {
    let all = |text: &Text| [std::slice::from_ref(&text.id), &text.aliases, &text.mends].concat();
    let mut mended: BTreeSet<String> = BTreeSet::new();
    for (record, _) in others {
        mended.extend(all(&reader.text(*record)?));
    }
    matches
        .retain(|m| m.hit.fixed.is_some() || m.ecosystem.starts_with("Ubuntu:Pro:") || !all(&m.text).iter().any(|id| mended.contains(id)));
    Ok(())
}

fn record_match(m: &Match, source: &str, place: &Place<'_>, package: &Package) -> RecordMatch {
    let what = if place.by_source { format!("source {}", place.name) } else { place.name.to_string() };
    let why = match (&m.hit.fixed, &m.hit.last, m.hit.range.as_str()) {
        (Some(fixed), _, _) if m.for_subscribers => format!("is before {fixed}, which subscribers get"),
        (Some(fixed), _, _) => format!("is before {fixed}"),
        (None, Some(last), _) => format!("is not after {last}, the last that has it"),
        (None, None, "every version") => "has no fixed version".to_owned(),
        (None, None, range) => format!("is in {range}"),
    };
    let known = if package.locked { "; a lock file names it, and nothing shows that it is installed" } else { "" };
    let proof = format!("{what} {} {why}, {}, {}{known}", place.version, m.ecosystem, m.text.id);
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
