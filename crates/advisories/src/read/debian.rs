//! Debian's security tracker in its own form: the lists of advisories (`DSA/list`, `DLA/list`, `DTSA/list`), the list of CVEs
//! (`CVE/list`), and what it serves as JSON.
//!
//! A CVE's line about unstable holds for every release that has no line of its own and no advisory: a release is without the fault
//! from the same version on.

use std::collections::{BTreeMap, HashSet};

use plimsoll_evidence::{FixState, RatingKind};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::limits::{IDS, summary, word};
use crate::record::{Affected, Given, Range, Record};
use crate::time::tracker_day;

/// Codenames of releases and their numbers (Debian's `distro-info-data`).
const RELEASES: [(&str, &str); 17] = [
    ("woody", "3.0"),
    ("sarge", "3.1"),
    ("etch", "4"),
    ("lenny", "5"),
    ("squeeze", "6"),
    ("wheezy", "7"),
    ("jessie", "8"),
    ("stretch", "9"),
    ("buster", "10"),
    ("bullseye", "11"),
    ("bookworm", "12"),
    ("trixie", "13"),
    ("forky", "14"),
    ("duke", "15"),
    ("sid", "sid"),
    ("potato", "2.2"),
    ("slink", "2.1"),
];
/// Releases that a line about unstable is spread to.
const SPREAD: [&str; 8] = ["stretch", "buster", "bullseye", "bookworm", "trixie", "forky", "duke", "sid"];

fn ecosystem(codename: &str) -> Option<String> {
    RELEASES.iter().find(|(name, _)| *name == codename).map(|(_, number)| format!("Debian:{number}"))
}

/// What one line says of a package in a release.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Fixed(String),
    Open,
    NotAffected,
    WillNotFix,
    /// Removed from the archive, to be packaged, or undecided: says nothing of installed versions.
    Silent,
}

/// `[bullseye] - glibc 2.31-13 (bug #1; low)`, or without a release.
#[derive(Debug)]
struct Line<'a> {
    release: Option<&'a str>,
    package: &'a str,
    state: State,
    urgency: Option<&'a str>,
}

fn line(text: &str) -> Option<Line<'_>> {
    let text = text.trim();
    let (release, text) = match text.strip_prefix('[') {
        Some(rest) => {
            let (release, rest) = rest.split_once(']')?;
            (Some(release.trim()), rest.trim_start())
        }
        None => (None, text),
    };
    let rest = text.strip_prefix('-').filter(|r| r.starts_with([' ', '\t']))?.trim_start();
    let (package, rest) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
    let rest = rest.trim_start();
    let (state, rest) = if let Some(tagged) = rest.strip_prefix('<') {
        let (tag, rest) = tagged.split_once('>')?;
        let state = match tag {
            "not-affected" => State::NotAffected,
            "unfixed" | "no-dsa" | "postponed" | "undetermined" => State::Open,
            "end-of-life" | "ignored" => State::WillNotFix,
            _ => State::Silent,
        };
        (if tag == "undetermined" { State::Silent } else { state }, rest)
    } else {
        let (version, rest) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
        if version.is_empty() {
            return None;
        }
        (State::Fixed(version.to_owned()), rest)
    };
    let inside = rest.trim().strip_prefix('(').and_then(|r| r.split_once(')')).map_or("", |(inside, _)| inside);
    let words = ["unimportant", "low", "medium", "high"];
    let urgency = inside.split(';').map(str::trim).find(|part| words.contains(part));
    Some(Line { release, package, state, urgency })
}

impl Line<'_> {
    fn affected(&self, ecosystem: String) -> Option<Affected> {
        let (range, fix) = match &self.state {
            State::Fixed(version) => (Range::until(&word(version)?), None),
            State::Open => (Range::all(), Some(FixState::NotFixed)),
            State::WillNotFix => (Range::all(), Some(FixState::WillNotFix)),
            State::NotAffected | State::Silent => return None,
        };
        let rating = self.urgency.map(|u| Given { kind: RatingKind::Distribution, text: u.to_owned() });
        let package = word(self.package)?;
        Some(Affected { ecosystem, package, ranges: vec![range], ratings: rating.into_iter().collect(), fix, ..Affected::default() })
    }
}

/// Puts the lists together: what an advisory says of a release counts before what the list of CVEs says of unstable.
#[derive(Debug, Default)]
pub(crate) struct Tracker {
    advisories: Vec<Record>,
    /// By CVE, package and ecosystem: an advisory speaks of it.
    spoken: HashSet<(String, String, String)>,
    cves: BTreeMap<String, String>,
}

impl Tracker {
    /// Whether a text is one of the tracker's lists.
    pub(crate) fn is_list(text: &str) -> bool {
        Self::is_advisories(text) || Self::is_cves(text)
    }

    fn is_advisories(text: &str) -> bool {
        let first = text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
        first.starts_with('[') && first.split_once("] ").is_some_and(|(_, id)| ["DSA-", "DLA-", "DTSA-"].iter().any(|p| id.starts_with(p)))
    }

    fn is_cves(text: &str) -> bool {
        let mut lines = text.lines();
        lines.next().is_some_and(|l| l.starts_with("CVE-")) && lines.next().is_some_and(|l| l.starts_with(['\t', ' ']))
    }

    /// Adds a list of either kind.
    pub(crate) fn add(&mut self, text: &str) {
        if Self::is_advisories(text) {
            self.add_advisories(text);
        } else {
            for entry in entries(text) {
                if let Some(id) = entry.split_whitespace().next().filter(|id| id.starts_with("CVE-")).and_then(word) {
                    self.cves.insert(id, entry.to_owned());
                }
            }
        }
    }

    fn add_advisories(&mut self, text: &str) {
        for entry in entries(text) {
            let mut lines = entry.lines();
            let Some((date, rest)) = lines.next().and_then(|l| l.strip_prefix('[')).and_then(|l| l.split_once(']')) else { continue };
            let mut parts = rest.trim().splitn(2, ' ');
            let Some(id) = parts.next().and_then(word).filter(|id| id.contains('-')) else { continue };
            let title = parts.next().unwrap_or_default();
            let mut record = Record { summary: summary(title), published: tracker_day(date), ..Record::default() };
            for text in lines {
                let text = text.trim();
                if let Some(ids) = text.strip_prefix('{') {
                    record.mends.extend(ids.trim_end_matches('}').split_whitespace().take(IDS).filter_map(word));
                } else if let Some(line) = line(text)
                    && let Some(ecosystem) = line.release.and_then(ecosystem)
                {
                    for cve in &record.mends {
                        self.spoken.insert((cve.clone(), line.package.to_owned(), ecosystem.clone()));
                    }
                    record.affected.extend(line.affected(ecosystem));
                }
            }
            // New time zones and mended regressions are announced in the same list.
            if record.mends.is_empty() && !title.contains("security") {
                let (_, kind) = title.split_once(" - ").unwrap_or(("", title));
                record.informational = word(kind);
            }
            record.references = vec![format!("https://security-tracker.debian.org/tracker/{id}")];
            record.id = id;
            self.advisories.push(record);
        }
    }

    /// Every record.
    pub(crate) fn finish(self) -> Vec<Record> {
        let mut records = self.advisories;
        for (id, entry) in self.cves {
            let mut lines = entry.lines();
            let title = lines.next().unwrap_or_default().trim_start_matches(id.as_str()).trim().trim_matches(['(', ')']);
            let parsed: Vec<Line<'_>> = lines.filter_map(line).collect();
            let mut affected = Vec::new();
            for of_unstable in parsed.iter().filter(|l| l.release.is_none()) {
                for release in SPREAD {
                    let Some(ecosystem) = ecosystem(release) else { continue };
                    let own = parsed.iter().any(|l| l.release == Some(release) && l.package == of_unstable.package);
                    let spoken = self.spoken.contains(&(id.clone(), of_unstable.package.to_owned(), ecosystem.clone()));
                    if !own && !spoken {
                        affected.extend(of_unstable.affected(ecosystem));
                    }
                }
            }
            for of_release in parsed.iter().filter(|l| l.release.is_some()) {
                let Some(ecosystem) = of_release.release.and_then(ecosystem) else { continue };
                // How bad it is stands in the line about unstable.
                let urgency = parsed.iter().find(|l| l.release.is_none() && l.package == of_release.package).and_then(|l| l.urgency);
                let line = Line { state: of_release.state.clone(), urgency: of_release.urgency.or(urgency), ..*of_release };
                affected.extend(line.affected(ecosystem));
            }
            if !affected.is_empty() {
                let references = vec![format!("https://security-tracker.debian.org/tracker/{id}")];
                records.push(Record { summary: summary(title), references, affected, id, ..Record::default() });
            }
        }
        records
    }
}

/// Entries: a line that begins at the margin, and the indented ones below.
fn entries(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut end = 0;
        for (at, line) in rest.split_inclusive('\n').enumerate() {
            if at > 0 && !line.starts_with(['\t', ' ']) && !line.trim().is_empty() {
                break;
            }
            end += line.len();
        }
        let (entry, after) = rest.split_at(end);
        rest = after;
        Some(entry)
    })
}

#[derive(Deserialize)]
struct OfCve {
    #[serde(default)]
    description: String,
    #[serde(default)]
    releases: BTreeMap<String, OfRelease>,
}

#[derive(Deserialize)]
struct OfRelease {
    #[serde(default)]
    status: String,
    fixed_version: Option<String>,
    urgency: Option<String>,
    nodsa_reason: Option<String>,
}

/// The tracker's JSON: package, CVE, releases. None where the text is other JSON. Entries of another form are named beside the records.
pub(crate) fn read_json(bytes: &[u8]) -> Option<(Vec<Record>, Vec<String>)> {
    let packages: BTreeMap<String, BTreeMap<String, Box<RawValue>>> = serde_json::from_slice(bytes).ok()?;
    let mut records: BTreeMap<String, Record> = BTreeMap::new();
    let mut odd = Vec::new();
    for (package, cves) in packages {
        let Some(package) = word(&package) else { continue };
        for (id, cve) in cves {
            let Ok(cve) = serde_json::from_str::<OfCve>(cve.get()) else {
                odd.push(format!("{package} {}", summary(&id)));
                continue;
            };
            let Some(id) = word(&id).filter(|_| !cve.releases.is_empty()) else { continue };
            let record = records.entry(id.clone()).or_insert_with(|| Record {
                summary: summary(&cve.description),
                references: vec![format!("https://security-tracker.debian.org/tracker/{id}")],
                id,
                ..Record::default()
            });
            for (release, of) in cve.releases {
                let Some(ecosystem) = ecosystem(&release) else { continue };
                let (range, fix) = match (of.status.as_str(), of.fixed_version.as_deref()) {
                    // Version 0 is the tracker's way to say that it never was there.
                    ("resolved", Some("0") | None) => continue,
                    ("resolved", Some(version)) => {
                        let Some(version) = word(version) else { continue };
                        (Range::until(&version), None)
                    }
                    ("open", _) => {
                        let never = of.nodsa_reason.as_deref() == Some("ignored") || of.urgency.as_deref() == Some("end-of-life");
                        (Range::all(), Some(if never { FixState::WillNotFix } else { FixState::NotFixed }))
                    }
                    _ => continue,
                };
                let rating = of.urgency.as_deref().and_then(word).map(|text| Given { kind: RatingKind::Distribution, text });
                record.affected.push(Affected {
                    ecosystem,
                    package: package.clone(),
                    ranges: vec![range],
                    ratings: rating.into_iter().collect(),
                    fix,
                    ..Affected::default()
                });
            }
        }
    }
    let records: Vec<Record> = records.into_values().filter(|r| !r.affected.is_empty()).collect();
    (!records.is_empty()).then_some((records, odd))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DSA: &str = "[29 Mar 2023] DSA-5380-1 xorg-server - security update\n\t{CVE-2023-1393}\n\t[bullseye] - xorg-server 2:1.20.11-1+deb11u6\n\
        [01 Jan 2023] DSA-1-1 odd - update\n\t{CVE-2023-1 CVE-2023-2}\n\t[buster] - odd <end-of-life> (no longer)\n\t[bullseye] - odd <not-affected>\n";
    const CVE: &str = "CVE-2023-1393 (A flaw was found in X.Org Server.)\n\t{DSA-5380-1}\n\t- xorg-server 2:21.1.7-2 (bug #1)\n\
        CVE-2023-5 (Something)\n\t- glibc 2.37-1 (low)\n\t[bullseye] - glibc <no-dsa> (Minor issue)\n\t[buster] - glibc <not-affected> (later)\n\tNOTE: x\n\
        CVE-2023-6\n\tRESERVED\n\
        CVE-2023-7 (Third)\n\t- gone <removed>\n\t- open <unfixed> (unimportant)\n";

    fn says(records: &[Record]) -> Vec<String> {
        let mut out: Vec<String> = records
            .iter()
            .flat_map(|r| r.affected.iter().map(move |a| (r, a)))
            .map(|(r, a)| {
                let end = a.ranges[0].events.get(1).map_or("-", |e| e.version());
                let rating = a.ratings.first().map_or("", |g| &g.text);
                format!("{} {} {} {end} {rating}", r.id, a.ecosystem, a.package)
            })
            .filter(|l| ["Debian:10 ", "Debian:11 ", "Debian:12 "].iter().any(|e| l.contains(e)))
            .collect();
        out.sort();
        out
    }

    #[test]
    fn lists_are_put_together() {
        assert!(Tracker::is_list(DSA) && Tracker::is_list(CVE) && !Tracker::is_list("[x] y\n"));
        let mut tracker = Tracker::default();
        tracker.add(CVE);
        tracker.add(DSA);
        let records = tracker.finish();
        assert_eq!(
            says(&records),
            [
                "CVE-2023-1393 Debian:10 xorg-server 2:21.1.7-2 ",
                "CVE-2023-1393 Debian:12 xorg-server 2:21.1.7-2 ",
                "CVE-2023-5 Debian:11 glibc - low",
                "CVE-2023-5 Debian:12 glibc 2.37-1 low",
                "CVE-2023-7 Debian:10 open - unimportant",
                "CVE-2023-7 Debian:11 open - unimportant",
                "CVE-2023-7 Debian:12 open - unimportant",
                "DSA-1-1 Debian:10 odd - ",
                "DSA-5380-1 Debian:11 xorg-server 2:1.20.11-1+deb11u6 ",
            ],
            "the advisory counts for bullseye, the line about unstable for the others"
        );
        let dsa = records.iter().find(|r| r.id == "DSA-5380-1").unwrap();
        assert_eq!((dsa.mends.as_slice(), dsa.published), (&["CVE-2023-1393".to_owned()][..], Some(1_680_048_000)));
    }

    #[test]
    fn news_are_no_vulnerabilities() {
        let mut tracker = Tracker::default();
        tracker.add("[02 Oct 2022] DLA-3134-1 tzdata - new timezone database\n\t[buster] - tzdata 2021a-0+deb10u7\n");
        assert_eq!(tracker.finish()[0].informational.as_deref(), Some("new timezone database"));
    }

    #[test]
    fn the_json_is_read() {
        let text = r#"{"glibc":{"CVE-1":{"description":"d","releases":{"bookworm":{"status":"open","urgency":"unimportant","nodsa_reason":"ignored"},
            "bullseye":{"status":"resolved","fixed_version":"2.31-1","urgency":"high**"},"buster":{"status":"resolved","fixed_version":"0","urgency":"low"}}}}}"#;
        let with_odd = text.replacen('{', r#"{"x":{"CVE-9":{"releases":["no"]}},"#, 1);
        let (records, odd) = read_json(with_odd.as_bytes()).unwrap();
        assert_eq!(odd, ["x CVE-9"], "one entry that is broken hides no other");
        assert_eq!(says(&records), ["CVE-1 Debian:11 glibc 2.31-1 high**", "CVE-1 Debian:12 glibc - unimportant"]);
        assert!(read_json(b"{\"a\":{\"b\":1}}").is_none());
    }
}
