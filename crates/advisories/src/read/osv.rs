//! The OSV schema 1.7, as JSON; its YAML form is turned into JSON before.

use plimsoll_evidence::{AffectedCode, FixState, RatingKind};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::ecosystem;
use crate::limits::{self, word};
use crate::record::{Affected, Builds, Event, Given, Range, Record, Standing};
use crate::time::seconds;

/// Errata that speak of several vulnerabilities: each of those is one finding, and the erratum is not their alias.
const ERRATA: [&str; 14] =
    ["ALSA-", "ALBA-", "ALEA-", "RLSA-", "RXSA-", "RHSA-", "RHBA-", "RHEA-", "SUSE-", "openSUSE-", "USN-", "DSA-", "DLA-", "MGASA-"];

/// Errata that are no security advisories unless they name a vulnerability.
const NEWS: [&str; 4] = ["ALBA-", "ALEA-", "RHBA-", "RHEA-"];

/// Reads one record. `Ok(None)` for JSON that is none: it has no id or says nothing of packages.
pub(crate) fn read(bytes: &[u8]) -> Result<Option<Record>, String> {
    let document: Document = serde_json::from_slice(bytes).map_err(|e| format!("it is no OSV record ({e})"))?;
    let Some(id) = document.id.as_deref().and_then(word).filter(|id| !id.is_empty()) else { return Ok(None) };
    if document.affected.is_empty() && document.modified.is_none() {
        return Ok(None);
    }
    document.record(id).map(Some)
}

/// A value that is null as often as it is left out.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// A value whose form is the publisher's own: of another form it is as good as left out.
fn own<'de, D: Deserializer<'de>, T: for<'a> Deserialize<'a> + Default>(deserializer: D) -> Result<T, D::Error> {
    let raw = Option::<Box<RawValue>>::deserialize(deserializer)?;
    Ok(raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default())
}

#[derive(Deserialize)]
struct Document {
    id: Option<String>,
    modified: Option<String>,
    published: Option<String>,
    withdrawn: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    aliases: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    upstream: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    related: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    summary: String,
    #[serde(default, deserialize_with = "or_default")]
    details: String,
    #[serde(default, deserialize_with = "or_default")]
    severity: Vec<Rated>,
    #[serde(default, deserialize_with = "or_default")]
    affected: Vec<Package>,
    #[serde(default, deserialize_with = "or_default")]
    references: Vec<Reference>,
    #[serde(default, deserialize_with = "own")]
    database_specific: OfDatabase,
}

#[derive(Deserialize)]
struct Rated {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    score: String,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(default)]
    url: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OfDatabase {
    #[serde(deserialize_with = "own")]
    severity: Option<String>,
    #[serde(deserialize_with = "own")]
    informational: Option<String>,
    #[serde(deserialize_with = "own")]
    cvss: Option<String>,
}

#[derive(Deserialize)]
struct Package {
    #[serde(rename = "package", default, deserialize_with = "or_default")]
    name: Name,
    #[serde(default, deserialize_with = "or_default")]
    severity: Vec<Rated>,
    #[serde(default, deserialize_with = "or_default")]
    ranges: Vec<Between>,
    #[serde(default, deserialize_with = "or_default")]
    versions: Vec<String>,
    #[serde(default, deserialize_with = "own")]
    ecosystem_specific: OfEcosystem,
    #[serde(default, deserialize_with = "own")]
    database_specific: OfDatabase,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Name {
    ecosystem: String,
    name: String,
}

#[derive(Deserialize)]
struct Between {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default, deserialize_with = "or_default")]
    events: Vec<At>,
}

#[derive(Deserialize)]
struct At {
    introduced: Option<String>,
    fixed: Option<String>,
    last_affected: Option<String>,
    limit: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OfEcosystem {
    #[serde(deserialize_with = "or_default")]
    imports: Option<Box<RawValue>>,
    #[serde(deserialize_with = "own")]
    affects: Affects,
    #[serde(deserialize_with = "own")]
    urgency: Option<String>,
    #[serde(deserialize_with = "own")]
    ubuntu_priority: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Import {
    path: String,
    symbols: Vec<String>,
    goos: Vec<String>,
    goarch: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Affects {
    arch: Vec<String>,
    os: Vec<String>,
    functions: Vec<String>,
}

impl Document {
    fn record(self, id: String) -> Result<Record, String> {
        let parts: usize =
            self.affected.iter().map(|p| 1 + p.versions.len() + p.ranges.iter().map(|r| 1 + r.events.len()).sum::<usize>()).sum();
        let ids = self.aliases.len() + self.upstream.len() + self.related.len();
        if parts > limits::PARTS || ids > limits::IDS {
            return Err(format!("{id} has {parts} packages, ranges and versions and {ids} other ids, which is more than is read"));
        }
        let words = |texts: Vec<String>| texts.iter().filter_map(|t| word(t)).filter(|t| !t.is_empty() && *t != id).collect::<Vec<_>>();
        let is_erratum = ERRATA.iter().any(|e| id.starts_with(e));
        let (mut aliases, upstream, related) = (words(self.aliases), words(self.upstream), words(self.related));
        let mut mends = Vec::new();
        if is_erratum {
            let cves = |ids: &[String]| ids.iter().filter(|i| i.starts_with("CVE-")).cloned().collect::<Vec<_>>();
            mends = [cves(&aliases), cves(&upstream), cves(&related)].into_iter().find(|ids| !ids.is_empty()).unwrap_or_default();
            aliases.clear();
        } else {
            aliases.extend(upstream);
        }
        for ids in [&mut aliases, &mut mends] {
            ids.sort();
            ids.dedup();
        }
        let is_news = mends.is_empty() && NEWS.iter().any(|e| id.starts_with(e));
        let news = is_news.then(|| "bug fix or enhancement".to_owned());
        let rating = |r: Rated| Some(Given { kind: kind(&r.kind), text: word(&r.score)? });
        let mut ratings: Vec<Given> = self.severity.into_iter().filter_map(rating).collect();
        ratings.extend(self.database_specific.severity.as_deref().and_then(word).map(|text| Given { kind: RatingKind::Word, text }));
        // AlmaLinux, Rocky and Red Hat begin the summary of an erratum with how bad it is.
        if is_erratum && let Some((first, _)) = self.summary.split_once(':') {
            let known = crate::cvss::severity_of_word(first);
            ratings.extend(known.map(|_| Given { kind: RatingKind::Distribution, text: first.to_owned() }));
        }
        let mut affected = Vec::with_capacity(self.affected.len());
        for package in self.affected {
            affected.extend(package.affected(&id)?);
        }
        if is_erratum {
            name_modules(&self.summary, &mut affected);
        }
        // Where one entry of a package names its code and another does not, that one means all of it.
        let named: Vec<String> = affected.iter().filter(|a: &&Affected| !a.code.is_empty()).map(|a| a.package.clone()).collect();
        for whole in affected.iter_mut().filter(|a| a.code.is_empty() && named.contains(&a.package)) {
            whole.code.push(AffectedCode::default());
        }
        let text = if self.summary.trim().is_empty() { &self.details } else { &self.summary };
        let summary = limits::summary(text);
        let mut references: Vec<String> = Vec::new();
        for url in self.references.iter().filter_map(|r| word(&r.url)) {
            if references.len() < limits::REFERENCES && !references.contains(&url) {
                references.push(url);
            }
        }
        Ok(Record {
            aliases,
            mends,
            summary: if summary == "[Unknown description]" { String::new() } else { summary },
            published: self.published.as_deref().and_then(seconds),
            modified: self.modified.as_deref().and_then(seconds),
            standing: Standing::withdrawn(self.withdrawn.filter(|w| !w.is_empty()).as_deref()),
            ratings,
            references,
            affected,
            informational: self.database_specific.informational.as_deref().and_then(word).or(news),
            id,
        })
    }
}

/// Errata of modules name them in their titles alone: `Moderate: virt:rhel and virt-devel:rhel security update`.
fn name_modules(title: &str, affected: &mut [Affected]) {
    let is_stream = |w: &&str| w.split_once(':').is_some_and(|(name, stream)| !name.is_empty() && !stream.is_empty());
    let words = title.split_whitespace().map(|w| w.trim_end_matches([',', ';'])).filter(is_stream);
    let modules: Vec<String> = words.take(limits::MODULES).filter_map(word).collect();
    for of in affected.iter_mut().filter(|_| !modules.is_empty()) {
        let ends = of.ranges.iter().flat_map(|r| &r.events);
        // Titles of other errata have a version behind the name.
        if ends.into_iter().any(|e| matches!(e, Event::Fixed(v) if v.contains(".module_") || v.contains(".module+"))) {
            of.builds.modules.clone_from(&modules);
        }
    }
}

fn kind(name: &str) -> RatingKind {
    match name {
        "CVSS_V2" => RatingKind::Cvss2,
        "CVSS_V3" => RatingKind::Cvss3,
        "CVSS_V4" => RatingKind::Cvss4,
        "Ubuntu" => RatingKind::Distribution,
        _ => RatingKind::Word,
    }
}

impl Package {
    /// None for a package without a name: what is said of git commits alone matches no installed package.
    fn affected(self, id: &str) -> Result<Option<Affected>, String> {
        if self.name.name.is_empty() || self.name.ecosystem.is_empty() {
            return Ok(None);
        }
        let too_long = || format!("{id} has a name or version of more than {} bytes, or with control characters", limits::WORD);
        let must = |text: &str| word(text).ok_or_else(too_long);
        let mut ranges = Vec::with_capacity(self.ranges.len());
        for between in self.ranges {
            let semver = match between.kind.as_str() {
                "SEMVER" => true,
                "ECOSYSTEM" => false,
                // Commits are no versions of a package.
                _ => continue,
            };
            let mut events = Vec::with_capacity(between.events.len());
            for at in between.events {
                let event = match at {
                    At { introduced: Some(v), .. } => Event::Introduced(must(&v)?),
                    At { fixed: Some(v), .. } => Event::Fixed(must(&v)?),
                    At { last_affected: Some(v), .. } => Event::LastAffected(must(&v)?),
                    At { limit: Some(v), .. } => Event::Limit(must(&v)?),
                    _ => continue,
                };
                events.push(event);
            }
            ranges.push(Range { semver, events });
        }
        let versions = self.versions.iter().map(|v| must(v)).collect::<Result<Vec<_>, _>>()?;
        let ecosystem = must(&self.name.ecosystem)?;
        let own = self.ecosystem_specific;
        let urgency = own.urgency.or(own.ubuntu_priority);
        let mut ratings: Vec<Given> =
            self.severity.into_iter().filter_map(|r| Some(Given { kind: kind(&r.kind), text: word(&r.score)? })).collect();
        ratings.extend(self.database_specific.cvss.as_deref().and_then(word).map(|text| Given { kind: kind_of_vector(&text), text }));
        let ended = urgency.as_deref() == Some("end-of-life");
        ratings.extend(urgency.as_deref().and_then(word).map(|text| Given { kind: RatingKind::Distribution, text }));
        let named = own.imports.map(|raw| serde_json::from_str::<Option<Vec<Import>>>(raw.get()));
        let mut is_whole = !matches!(named, Some(Err(_)));
        let mut code: Vec<AffectedCode> = named
            .and_then(Result::ok)
            .flatten()
            .unwrap_or_default()
            .into_iter()
            .map(|i| AffectedCode { path: i.path, symbols: i.symbols, systems: i.goos, architectures: i.goarch })
            .collect();
        let affects = own.affects;
        if !affects.functions.is_empty() || !affects.os.is_empty() || !affects.arch.is_empty() {
            code.push(AffectedCode {
                path: self.name.name.clone(),
                symbols: affects.functions,
                systems: affects.os,
                architectures: affects.arch,
            });
        }
        let listed = code.len();
        code.retain(|c| {
            let is_path = word(&c.path).is_some_and(|p| !p.is_empty());
            is_path && c.symbols.len() <= limits::IDS && c.symbols.iter().all(|s| word(s).is_some_and(|s| !s.is_empty()))
        });
        is_whole &= code.len() == listed;
        // A list with a part that cannot be read must not pass for one of all that is affected.
        if !is_whole {
            code.push(AffectedCode::default());
        }
        Ok(Some(Affected {
            package: ecosystem::normal_name(&ecosystem, &must(&self.name.name)?),
            ecosystem: ecosystem::normal(&ecosystem),
            ranges,
            versions,
            ratings,
            fix: ended.then_some(FixState::WillNotFix),
            code,
            informational: self.database_specific.informational.as_deref().and_then(word),
            builds: Builds::default(),
        }))
    }
}

fn kind_of_vector(text: &str) -> RatingKind {
    crate::cvss::base_score(text).map_or(RatingKind::Word, |(kind, _)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read() {
        let text = r#"{"id":"GO-2022-0166","modified":"0001-01-01T00:00:00Z","published":"2022-05-24T22:06:33Z","aliases":["CVE-2016-3959"],
            "related":null,"summary":"Denial of service","severity":null,
            "affected":[{"package":{"name":"stdlib","ecosystem":"Go"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.5.4"}]},
            {"type":"GIT","events":[{"introduced":"abc"}]}],"ecosystem_specific":{"imports":[{"path":"crypto/dsa","symbols":["Verify"]}],"affected_functions":null}}],
            "references":[{"type":"FIX","url":"https://go.dev/cl/21533"}],"new_in_2030":{"a":[1,2]}}"#;
        let record = read(text.as_bytes()).unwrap().unwrap();
        assert_eq!(
            (record.id.as_str(), record.aliases.as_slice(), record.modified),
            ("GO-2022-0166", &["CVE-2016-3959".to_owned()][..], None)
        );
        assert_eq!(record.affected[0].ranges.len(), 1, "commits are left out");
        assert_eq!(record.affected[0].code[0].symbols, ["Verify"]);
        assert_eq!(read(b"{\"hello\":1}").unwrap(), None);
        assert!(read(b"[1]").is_err());
    }

    #[test]
    fn a_list_of_code_that_is_not_whole_says_so() {
        let code = |specific: &[&str]| -> Vec<String> {
            let entry = |s: &&str| format!(r#"{{"package":{{"name":"m","ecosystem":"Go"}},"ranges":[],"ecosystem_specific":{s}}}"#);
            let entries: Vec<String> = specific.iter().map(entry).collect();
            let text = format!(r#"{{"id":"GO-1","modified":"2025-01-01T00:00:00Z","affected":[{}]}}"#, entries.join(","));
            let record = read(text.as_bytes()).unwrap().unwrap();
            record.affected.into_iter().flat_map(|a| a.code).map(|c| c.path).collect()
        };
        let long = format!(r#"{{"imports":[{{"path":"a"}},{{"path":"b","symbols":["{}"]}}]}}"#, "x".repeat(5000));
        for (specific, paths) in [
            (&[r#"{"imports":[{"path":"a","symbols":["F"]}]}"#][..], &["a"][..]),
            (&[r#"{"imports":null}"#], &[]),
            (&["{}"], &[]),
            (&[r#"{"imports":[{"path":"a"},{"path":7}]}"#], &[""]),
            (&[r#"{"imports":"a"}"#], &[""]),
            (&[r#"{"imports":[{"path":"a"},{"symbols":["F"]}]}"#], &["a", ""]),
            (&[r#"{"imports":[{"path":"a","symbols":["F",""]}]}"#], &[""]),
            (&[&long], &["a", ""]),
            (&[r#"{"imports":[{"path":"a"}]}"#, "{}"], &["a", ""]),
            (&[r#"{"imports":[{"path":"a"}]}"#, "7"], &["a", ""]),
        ] {
            assert_eq!(code(specific), paths, "{specific:?}");
        }
    }

    #[test]
    fn an_erratum_mends_each_of_its_vulnerabilities() {
        let text = r#"{"id":"ALSA-2025:10073","modified":"2025-07-01T19:42:01Z","summary":"Important: firefox security update","related":["CVE-2025-6430","CVE-2025-6424","ALBA-1"],
            "affected":[{"package":{"ecosystem":"AlmaLinux:10","name":"firefox"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"128.12.0-1.el10_0"}]}]}]}"#;
        let record = read(text.as_bytes()).unwrap().unwrap();
        assert_eq!(record.mends, ["CVE-2025-6424", "CVE-2025-6430"]);
        assert_eq!(record.aliases, [] as [&str; 0]);
        assert_eq!(record.ratings, [Given { kind: RatingKind::Distribution, text: "Important".to_owned() }]);
    }

    #[test]
    fn errata_of_modules_name_their_streams() {
        let said = |title: &str, fixed: &str| {
            let text = format!(
                r#"{{"id":"ALSA-1","modified":"2025-07-01T19:42:01Z","summary":"{title}",
                "affected":[{{"package":{{"ecosystem":"AlmaLinux:8","name":"a"}},"ranges":[{{"type":"ECOSYSTEM","events":[{{"introduced":"0"}},{{"fixed":"{fixed}"}}]}}]}}]}}"#
            );
            read(text.as_bytes()).unwrap().unwrap().affected.remove(0).builds.modules
        };
        let fixed = "3:10.3.28-1.module_el8.3.0+2177+7adc332a";
        assert_eq!(
            said("Important: mariadb:10.3 and mariadb-devel:10.3 security, bug fix, and enhancement update", fixed),
            ["mariadb:10.3", "mariadb-devel:10.3"]
        );
        assert_eq!(said("new module: maven:3.6", fixed), ["maven:3.6"]);
        assert_eq!(said("Moderate: kernel:4.18.0 security update", "4.18.0-553.27.1.el8_10"), [""; 0]);
        assert_eq!(said("Moderate: go-toolset security update", fixed), [""; 0]);
    }

    #[test]
    fn hostile_records_are_errors() {
        let deep = format!("{{\"id\":\"X\",\"details\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(read(deep.as_bytes()).is_err());
        let many: Vec<String> = (0..=limits::IDS).map(|n| format!("\"CVE-{n}\"")).collect();
        assert!(read(format!("{{\"id\":\"X\",\"modified\":\"x\",\"aliases\":[{}]}}", many.join(",")).as_bytes()).is_err());
        let long = format!(r#"{{"id":"X","affected":[{{"package":{{"ecosystem":"npm","name":"{}"}}}}]}}"#, "a".repeat(1000));
        assert!(read(long.as_bytes()).is_err());
    }
}
