//! The reverse search: a component that no record can name as it is named here, and the names under which records speak of something that
//! is called alike. It is told, never called a match: whether it is the same thing, a name alone does not say.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plimsoll_evidence::{Ecosystem, Elsewhere, KnownName, Package};
use plimsoll_purl::Purl;

use crate::ecosystem::{bitnami_name, normal_name};
use crate::store::{Database, DatabaseError};

/// Names that are searched for: each costs a look-up in every ecosystem.
const MOST_NAMES: usize = 300;
/// Names that are told of one component.
const MOST_TOLD: usize = 6;

pub(super) fn elsewhere(database: &Database, packages: &[Package]) -> Result<Vec<Elsewhere>, DatabaseError> {
    let asked: Vec<(u32, &Package)> = (0..).zip(packages).filter(|(_, p)| p.owned_by.is_none() && is_nowhere(p)).collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let artifacts = artifacts(database, &asked);
    let mut searched: HashMap<Vec<String>, Vec<KnownName>> = HashMap::new();
    let mut all = Vec::new();
    for (component, package) in asked {
        let names = if package.ecosystem == Ecosystem::Java {
            artifacts.get(package.name.as_str()).map(|names| maven(database, names)).transpose()?.unwrap_or_default()
        } else {
            let called = called(package);
            match searched.get(&called) {
                Some(names) => names.clone(),
                None if searched.len() >= MOST_NAMES => continue,
                None => {
                    let names = search(database, &called)?;
                    searched.insert(called, names.clone());
                    names
                }
            }
        };
        if !names.is_empty() {
            let looked_up = bitnami_name(&package.name).filter(|_| package.ecosystem == Ecosystem::Program);
            let looked_up = looked_up.filter(|name| names.iter().any(|n| n.ecosystem == "Bitnami" && n.name == *name));
            let looked_up_as = looked_up.and_then(|name| Some(Purl::of_osv("Bitnami", name)?.with_version(&package.version).to_string()));
            all.push(Elsewhere { component, looked_up_as, names });
        }
    }
    Ok(all)
}

/// Whether a component's own package URL is one that no record is about.
fn is_nowhere(package: &Package) -> bool {
    match package.ecosystem {
        Ecosystem::Java => !package.name.contains(':') && package.holds.is_empty() && !package.name.is_empty(),
        Ecosystem::Program
        | Ecosystem::Cpan
        | Ecosystem::LuaRocks
        | Ecosystem::Nix
        | Ecosystem::WordPress
        | Ecosystem::Conda
        | Ecosystem::Brew => true,
        _ => false,
    }
}

/// What a component is called, here and by those who package it (Debian's and Alpine's source packages, Bitnami's components).
fn called(package: &Package) -> Vec<String> {
    let name = package.name.to_lowercase();
    let mut parts = package.version.split('.');
    let major = parts.next().unwrap_or_default();
    let series = parts.next().map(|minor| format!("{major}.{minor}")).unwrap_or_default();
    let mut names = BTreeSet::from([name.clone()]);
    match name.as_str() {
        "node" | "nodejs" => names.extend(["node".to_owned(), "nodejs".to_owned()]),
        "httpd" | "apache" => names.extend(["apache".to_owned(), "apache2".to_owned(), "httpd".to_owned()]),
        "openjdk" | "java" => names.extend(["java".to_owned(), format!("openjdk-{major}"), format!("openjdk{major}")]),
        "python" => names.extend([format!("python{series}"), "python3".to_owned()]),
        "php" => names.extend([format!("php{series}"), format!("php{}", series.replace('.', ""))]),
        "ruby" => names.extend([format!("ruby{series}")]),
        "postgresql" => names.extend([format!("postgresql-{major}"), format!("postgresql{major}")]),
        "mariadb" => names.extend([format!("mariadb-{series}")]),
        "go" | "golang" => names.extend(["go".to_owned(), format!("golang-{series}")]),
        "sqlite" => names.extend(["sqlite3".to_owned()]),
        _ if package.ecosystem == Ecosystem::Cpan => names.extend([format!("lib{}-perl", name.replace("::", "-"))]),
        _ => {}
    }
    names.into_iter().collect()
}

/// The names of Maven's artifacts that are called as archives without a group are.
fn artifacts<'a>(database: &Database, asked: &[(u32, &'a Package)]) -> HashMap<&'a str, Vec<String>> {
    let mut found: HashMap<&str, Vec<String>> =
        asked.iter().filter(|(_, p)| p.ecosystem == Ecosystem::Java).map(|(_, p)| (p.name.as_str(), Vec::new())).collect();
    if !found.is_empty() {
        database.each_name("Maven", |name| {
            if let Some(names) = name.rsplit_once(':').and_then(|(_, artifact)| found.get_mut(artifact)) {
                names.push(name.to_owned());
            }
        });
    }
    found
}

fn maven(database: &Database, names: &[String]) -> Result<Vec<KnownName>, DatabaseError> {
    names.iter().take(MOST_TOLD).map(|name| known(database, "Maven", name, &["Maven".to_owned()])).collect()
}

/// The names in every ecosystem; several releases of a distribution are one.
fn search(database: &Database, called: &[String]) -> Result<Vec<KnownName>, DatabaseError> {
    let mut found: BTreeMap<(bool, &str, String), Vec<String>> = BTreeMap::new();
    for ecosystem in database.ecosystems() {
        let base = ecosystem.split(':').next().unwrap_or_default();
        for name in called {
            let name = normal_name(ecosystem, name);
            if database.knows(ecosystem, &name) {
                // A distribution's versions are its own; the others' are the makers'.
                let is_distribution = ecosystem.contains(':') || matches!(base, "Wolfi" | "Chainguard" | "MinimOS" | "Echo");
                found.entry((is_distribution, base, name)).or_default().push(ecosystem.clone());
            }
        }
    }
    found.into_iter().take(MOST_TOLD).map(|((_, base, name), ecosystems)| known(database, base, &name, &ecosystems)).collect()
}

fn known(database: &Database, base: &str, name: &str, ecosystems: &[String]) -> Result<KnownName, DatabaseError> {
    let mut records = 0;
    for ecosystem in ecosystems {
        records = records.max(database.records_of(ecosystem, name)?);
    }
    let releases = ecosystems.iter().filter_map(|e| Some(e.split_once(':')?.1.to_owned())).collect();
    let purl = Purl::of_osv(base, name).map(|purl| purl.to_string());
    Ok(KnownName { ecosystem: base.to_owned(), releases, name: name.to_owned(), purl, records })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_those_who_package_it_call_a_component() {
        let called = |name: &str, version: &str| called(&Package::new(Ecosystem::Program, name, version, "x"));
        assert_eq!(called("node", "18.1.0"), ["node", "nodejs"]);
        assert_eq!(called("python", "3.11.2"), ["python", "python3", "python3.11"]);
        assert_eq!(called("openjdk", "17.0.1"), ["java", "openjdk", "openjdk-17", "openjdk17"]);
        assert_eq!(called("redis", ""), ["redis"]);
        let module = Package::new(Ecosystem::Cpan, "JSON-XS", "4.03", "x");
        assert_eq!(super::called(&module), ["json-xs", "libjson-xs-perl"]);
    }
}
