//! When distributions, language runtimes and servers stop getting security fixes.
//!
//! The dates are data (`data/support-ends.tsv`, with its source and day). Of Debian it is the end of its long-term support, which anyone
//! gets; support that takes a contract does not count. A version that is not listed is not judged.

use plimsoll_evidence::{Distribution, Ecosystem, Evidence, ImageFacts, Package};

use crate::case::Draft;
use crate::dates::day;

const TABLE: &str = include_str!("../data/support-ends.tsv");

/// One line of the table.
#[derive(Debug, Clone, Copy)]
struct Release {
    kind: &'static str,
    key: &'static str,
    product: &'static str,
    cycle: &'static str,
    /// The last day; none for one that is over without a date.
    end: Option<&'static str>,
}

/// What says a version.
#[derive(Debug, Clone, PartialEq, Eq)]
enum SaidBy {
    /// `os-release`.
    Distribution,
    /// An environment variable, as the official images of a runtime set it.
    Variable(&'static str),
    /// A binary, at this path.
    Binary(String),
}

/// Something whose support ended before the time of judging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Its name and version.
    pub(crate) name: String,
    /// When, in words: "on 2024-06-30".
    pub(crate) when: String,
    /// What says so.
    by: SaidBy,
}

impl Ended {
    /// The finding at the place that says the version.
    pub(crate) fn at<'c, 'a>(&self, draft: Draft<'c, 'a>, image: &ImageFacts) -> Draft<'c, 'a> {
        let file = match &self.by {
            SaidBy::Variable(variable) => return draft.in_config(format!("Env[{variable}]")),
            SaidBy::Distribution => ["etc/os-release", "usr/lib/os-release"].iter().find_map(|p| image.tree.resolve(p)),
            SaidBy::Binary(path) => image.tree.resolve(path),
        };
        match file {
            Some(file) => draft.in_file(image.tree.file(file)),
            None => draft,
        }
    }
}

fn table() -> impl Iterator<Item = Release> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut columns = line.split('\t');
        let mut next = || columns.next();
        Some(Release { kind: next()?, key: next()?, product: next()?, cycle: next()?, end: next().filter(|end| *end != "-") })
    })
}

/// The release that a version belongs to: the longest that it is, or begins with.
fn release(kind: &str, key: &str, version: &str) -> Option<Release> {
    table().filter(|r| r.kind == kind && r.key == key && is_version(version, r.cycle)).max_by_key(|r| r.cycle.len())
}

/// Whether a version is, or begins with, the listed one.
fn is_version(version: &str, listed: &str) -> bool {
    version.strip_prefix(listed).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_', '+', 'u', ' ']))
}

/// A version as an environment variable says it, without what stands around it: `v20.1.0`, `jdk-17.0.9+9`, `1:11.2.2+maria~ubu2204`.
fn bare(version: &str) -> &str {
    let version = version.rsplit_once(':').map_or(version, |(_, rest)| rest);
    version.trim_start_matches(|c: char| !c.is_ascii_digit())
}

/// The key of a distribution: `CentOS Stream` calls itself `centos` as `CentOS Linux` does.
fn key(distribution: &Distribution) -> &str {
    if distribution.id == "centos" && distribution.name.contains("Stream") { "centos-stream" } else { &distribution.id }
}

/// The distribution, the runtimes and the servers whose support has ended. Nothing where the time of judging is not given.
pub(crate) fn ended(evidence: &Evidence, image: &ImageFacts, now: Option<i64>) -> Vec<Ended> {
    let Some(now) = now else { return Vec::new() };
    let mut found = Vec::new();
    let mut tell = |release: Option<Release>, name: String, by: SaidBy| {
        let Some(release) = release else { return };
        let is_over = release.end.is_none_or(|end| day(end).is_some_and(|end| now >= end + 86_400));
        if is_over {
            let when = release.end.map_or_else(|| "some time ago".to_owned(), |end| format!("on {end}"));
            found.push(Ended { name, when, by });
        }
    };
    if let Some(distribution) = &image.distribution {
        let version = distribution.version_id.as_deref().unwrap_or_default();
        tell(release("os", key(distribution), version), distribution.name.clone(), SaidBy::Distribution);
    }
    let packages = evidence.components.found().map_or(&[][..], |i| &i.packages);
    for (variable, value) in &image.config.env {
        let Some(known) = table().find(|r| r.kind == "env" && r.key == variable) else { continue };
        if packages.iter().any(|p| is_distribution_s(p, known.product, bare(value))) {
            continue;
        }
        tell(release("env", variable, bare(value)), format!("{} {value}", known.product), SaidBy::Variable(known.key));
    }
    // A distribution's own programs are mended by the distribution, whatever they were compiled with.
    for package in packages.iter().filter(|p| p.ecosystem == Ecosystem::Go && p.name == "stdlib" && p.owned_by.is_none()) {
        let name = format!("Go {} in /{}", package.version, package.recorded_in);
        tell(release("go", "stdlib", bare(&package.version)), name, SaidBy::Binary(package.recorded_in.clone()));
    }
    found
}

/// Whether a distribution's own package is what an environment variable speaks of: the distribution mends it for as long as itself.
/// Projects that offer packages of their own write so into the version (`~bookworm`, `pgdg`, `nodesource`).
fn is_distribution_s(package: &Package, product: &str, version: &str) -> bool {
    const OTHERS: [&str; 5] = ["~", "pgdg", "nodesource", "maria", "sury"];
    let product = product.to_ascii_lowercase().replace([' ', '.'], "");
    let name = package.name.replace(['-', '.'], "");
    let own = package.version.rsplit_once(':').map_or(package.version.as_str(), |(_, rest)| rest);
    package.ecosystem.is_system()
        && (name.starts_with(&product) || product.starts_with(&name))
        && own.strip_prefix(version).is_some_and(|revision| !OTHERS.iter().any(|o| revision.replace("~deb", "").contains(o)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn every_line_of_the_table_is_one() {
        let lines = TABLE.lines().filter(|l| !l.starts_with('#')).count();
        assert!(lines > 500 && table().count() == lines, "{lines}");
        for release in table() {
            assert!(["os", "env", "go"].contains(&release.kind), "{release:?}");
            assert!(release.end.is_none_or(|end| day(end).is_some()), "{release:?}");
        }
    }

    #[test]
    fn a_version_belongs_to_its_longest_release() {
        let cases = [
            ("os", "alpine", "3.1", Some("3.1")),
            ("os", "alpine", "3.99", None),
            ("os", "alpine", "3.19.1", Some("3.19")),
            ("os", "debian", "12", Some("12")),
            ("env", "NODE_VERSION", "16.20.2", Some("16")),
            ("env", "JAVA_VERSION", "8u392", Some("8")),
            ("env", "PG_VERSION", "9.6.24-1.pgdg90+1", Some("9.6")),
            ("go", "stdlib", "1.19.8", Some("1.19")),
        ];
        for (kind, key, version, wanted) in cases {
            assert_eq!(release(kind, key, version).map(|r| r.cycle), wanted, "{key} {version}");
        }
        assert_eq!(["v20.1.0", "jdk-17.0.9+9", "1:11.2.2+maria~ubu2204"].map(bare), ["20.1.0", "17.0.9+9", "11.2.2+maria~ubu2204"]);
    }

    #[test]
    fn a_distribution_mends_its_own_packages() {
        let ended_with = |name: &str, version: &str| {
            let kit = Kit::new().env("NGINX_VERSION", "1.22.1").package(Ecosystem::Dpkg, name, version, &[]);
            ended(&kit.evidence(), &kit.image(), day("2026-01-01")).len()
        };
        assert_eq!(ended_with("nginx", "1.22.1-9+deb12u11"), 0, "Debian's");
        assert_eq!(ended_with("nginx-light", "1:1.22.1-9~deb12u1"), 0, "Debian's");
        assert_eq!(ended_with("nginx", "1.22.1-1~bookworm"), 1, "the project's own");
        assert_eq!(ended_with("redis", "1.22.1-1"), 1, "another program");
        assert_eq!(ended_with("nginx", "1.18.0-6"), 1, "another version");
    }

    #[test]
    fn support_ends_after_its_last_day() {
        let kit = Kit::new().distribution("debian", "10").env("NODE_VERSION", "16.20.2").env("PYTHON_VERSION", "3.10.1");
        let evidence = kit.evidence();
        let names =
            |now: Option<&str>| -> Vec<String> { ended(&evidence, &kit.image(), now.and_then(day)).into_iter().map(|e| e.name).collect() };
        assert_eq!(names(None), [] as [&str; 0]);
        assert_eq!(names(Some("2024-06-30")), ["Node.js 16.20.2"]);
        assert_eq!(names(Some("2024-07-01")), ["debian 10", "Node.js 16.20.2"]);
    }
}
