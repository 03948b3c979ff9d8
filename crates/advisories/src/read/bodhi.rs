//! Fedora's updates as its own service has them, Bodhi: one update, or a page of them, as JSON. They name builds of sources.

use plimsoll_evidence::RatingKind;
use serde::Deserialize;

use crate::limits::{self, word};
use crate::record::{Affected, Builds, Given, Range, Record};
use crate::time::seconds;

#[derive(Deserialize)]
#[serde(untagged)]
enum Said {
    Page { updates: Vec<Update> },
    One(Box<Update>),
}

#[derive(Deserialize)]
struct Update {
    alias: String,
    #[serde(rename = "type")]
    kind: String,
    status: String,
    release: Release,
    builds: Vec<Nvr>,
    #[serde(default)]
    bugs: Vec<Bug>,
    title: Option<String>,
    /// What its maker calls it, where that is not its builds.
    display_name: Option<String>,
    notes: Option<String>,
    severity: Option<String>,
    date_submitted: Option<String>,
    date_stable: Option<String>,
    date_modified: Option<String>,
    url: Option<String>,
}

#[derive(Deserialize)]
struct Release {
    version: String,
    id_prefix: String,
}

#[derive(Deserialize)]
struct Nvr {
    nvr: String,
    epoch: Option<u32>,
}

#[derive(Deserialize)]
struct Bug {
    title: Option<String>,
    #[serde(default)]
    security: bool,
}

/// The updates that are in a release of Fedora; none of what is no such JSON. EPEL's are for no distribution of its own.
pub(crate) fn read(bytes: &[u8]) -> Option<Vec<Record>> {
    if !bytes.windows(9).any(|w| w == b"\"builds\":") || !bytes.windows(11).any(|w| w == b"\"id_prefix\"") {
        return None;
    }
    let updates = match serde_json::from_slice(bytes).ok()? {
        Said::Page { updates } => updates,
        Said::One(update) => vec![*update],
    };
    Some(updates.into_iter().filter_map(record).collect())
}

fn record(update: Update) -> Option<Record> {
    let is_release = update.release.id_prefix == "FEDORA" && update.release.version.bytes().all(|b| b.is_ascii_digit());
    if update.status != "stable" || !is_release || update.release.version.is_empty() {
        return None;
    }
    let title = update.title.as_deref().unwrap_or_default();
    let of_bugs = update.bugs.iter().filter(|b| b.security).filter_map(|b| b.title.as_deref());
    let mut mends: Vec<String> = of_bugs.flat_map(cves).take(limits::IDS).collect();
    // The notes speak of others too, so they count only where nothing else names one.
    for text in [update.display_name.as_deref().unwrap_or(title), update.notes.as_deref().unwrap_or_default()] {
        if mends.is_empty() {
            mends = cves(text).into_iter().take(limits::IDS).collect();
        }
    }
    mends.sort();
    mends.dedup();
    let ecosystem = format!("Fedora:{}", update.release.version);
    let affected: Vec<Affected> = update
        .builds
        .iter()
        .filter_map(|build| {
            let (rest, release) = build.nvr.rsplit_once('-')?;
            let (name, version) = rest.rsplit_once('-')?;
            let fixed = word(&format!("{}:{version}-{release}", build.epoch.unwrap_or_default()))?;
            Some(Affected {
                ecosystem: ecosystem.clone(),
                package: word(name).filter(|n| !n.is_empty())?,
                ranges: vec![Range::until(&fixed)],
                builds: Builds { architectures: vec!["src".to_owned()], ..Builds::default() },
                ..Affected::default()
            })
        })
        .take(limits::PARTS)
        .collect();
    let severity = update.severity.as_deref().map(|s| if s == "urgent" { "critical" } else { s });
    let severity = severity.and_then(word).filter(|s| crate::cvss::severity_of_word(s).is_some());
    let issued = update.date_stable.or(update.date_submitted).as_deref().and_then(seconds);
    Some(Record {
        id: word(&update.alias)?,
        summary: limits::summary(title),
        published: issued,
        modified: update.date_modified.as_deref().and_then(seconds).max(issued),
        ratings: severity.map(|text| Given { kind: RatingKind::Distribution, text }).into_iter().collect(),
        references: update.url.as_deref().and_then(word).into_iter().collect(),
        informational: (update.kind != "security").then(|| "bug fix or enhancement".to_owned()),
        affected,
        mends,
        ..Record::default()
    })
}

/// The CVE ids in a text.
pub(crate) fn cves(text: &str) -> Vec<String> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut found = Vec::new();
    for (at, _) in text.match_indices("CVE-") {
        let rest = &text[at + 4..];
        let year = digits(rest);
        let Some(number) = rest.get(year..).and_then(|r| r.strip_prefix('-')).map(digits) else { continue };
        if year == 4 && (1..=10).contains(&number) {
            found.push(text[at..at + 4 + year + 1 + number].to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fedora's own (carried by anchore/vunnel@42a1d4233aeb, Apache-2.0), shortened.
    const UPDATE: &str = r#"{"alias": "FEDORA-2023-f6ff3f85eb", "title": "httpd-2.4.55-1.fc37", "notes": "new version 2.4.55 (see also CVE-1999-1)",
  "type": "security", "status": "stable", "severity": "medium", "date_submitted": "2023-01-25 20:12:02", "date_modified": null,
  "date_stable": "2023-01-28 01:24:53", "url": "https://bodhi.fedoraproject.org/updates/FEDORA-2023-f6ff3f85eb",
  "release": {"name": "F37", "version": "37", "id_prefix": "FEDORA"},
  "bugs": [{"bug_id": 2162094, "security": true, "title": "CVE-2022-37436 httpd: mod_proxy: HTTP response splitting [fedora-all]"}],
  "builds": [{"nvr": "httpd-2.4.55-1.fc37", "type": "rpm", "epoch": 0}]}"#;

    #[test]
    fn updates_are_read() {
        let records = read(UPDATE.as_bytes()).unwrap();
        let [record] = &records[..] else { panic!("{records:#?}") };
        assert_eq!((record.id.as_str(), record.mends.as_slice()), ("FEDORA-2023-f6ff3f85eb", &["CVE-2022-37436".to_owned()][..]));
        let [affected] = &record.affected[..] else { panic!("{:#?}", record.affected) };
        assert_eq!((affected.ecosystem.as_str(), affected.package.as_str()), ("Fedora:37", "httpd"));
        assert_eq!(affected.ranges, [Range::until("0:2.4.55-1.fc37")]);
        assert_eq!(record.published, seconds("2023-01-28 01:24:53"));
        let page = format!(r#"{{"updates": [{UPDATE}, {}], "page": 1}}"#, UPDATE.replace("FEDORA-2023-f6ff3f85eb", "FEDORA-2023-1"));
        assert_eq!(read(page.as_bytes()).unwrap().len(), 2);
    }

    #[test]
    fn without_a_bug_its_name_or_its_notes_tell() {
        let unnamed = UPDATE.replace("CVE-2022-37436 httpd", "httpd");
        assert_eq!(read(unnamed.as_bytes()).unwrap()[0].mends, ["CVE-1999-1"]);
        let named = unnamed.replace(r#""title": "httpd-2.4"#, r#""display_name": "Fix CVE-2022-7", "title": "httpd-2.4"#);
        assert_eq!(read(named.as_bytes()).unwrap()[0].mends, ["CVE-2022-7"]);
    }

    #[test]
    fn what_is_not_in_a_release_of_fedora_is_left_out() {
        for (from, to) in [
            (r#""status": "stable""#, r#""status": "testing""#),
            (r#""id_prefix": "FEDORA""#, r#""id_prefix": "FEDORA-EPEL""#),
            (r#""version": "37""#, r#""version": "eln""#),
        ] {
            assert_eq!(read(UPDATE.replace(from, to).as_bytes()).unwrap(), [], "{to}");
        }
        let other = UPDATE.replace(r#""type": "security""#, r#""type": "bugfix""#);
        assert!(read(other.as_bytes()).unwrap()[0].informational.is_some());
        assert_eq!(read(b"{}"), None);
    }

    #[test]
    fn ids_are_found_in_texts() {
        assert_eq!(cves("CVE-2024-1234, xCVE-2024-5 CVE-24-1 CVE-2024- CVE-2024-é CVE-"), ["CVE-2024-1234", "CVE-2024-5"]);
    }
}
