//! Two small feeds in JSON: Arch Linux's tracker (`all.json`) and Photon OS's list of CVEs of a release (`cve_data_photon5.0.json`).

use plimsoll_evidence::{FixState, RatingKind};
use serde::Deserialize;

use crate::limits::{IDS, word};
use crate::record::{Affected, Event, Given, Range, Record};

#[derive(Deserialize)]
struct OfArch {
    name: String,
    packages: Vec<String>,
    affected: String,
    fixed: Option<String>,
    #[serde(default)]
    severity: String,
    status: String,
    #[serde(rename = "type", default)]
    kind: String,
    issues: Vec<String>,
}

/// Arch Linux's tracker: by group, the version that has the faults and the one that mends them. None where the text is other JSON.
pub(crate) fn arch(bytes: &[u8]) -> Option<Vec<Record>> {
    let groups: Vec<OfArch> = serde_json::from_slice(bytes).ok()?;
    if groups.is_empty() || !groups.iter().all(|g| g.name.starts_with("AVG-")) {
        return None;
    }
    let record = |group: OfArch| {
        let id = word(&group.name)?;
        let affected = word(&group.affected).filter(|v| !v.is_empty())?;
        let fixed = group.fixed.as_deref().and_then(word).filter(|v| !v.is_empty());
        let is_open = group.status == "Vulnerable" || group.status == "Testing";
        // Groups that turned out to concern nobody stay in the list.
        if group.status == "Not affected" || group.status == "Unknown" || fixed.is_none() && !is_open {
            return None;
        }
        // The version that has them is the one that was looked at; nothing says that those before it did not.
        let range = fixed.as_deref().map_or_else(Range::all, Range::until);
        let of = |package: String| {
            Some(Affected {
                ecosystem: "Arch Linux".to_owned(),
                package: word(&package)?,
                ranges: vec![range.clone()],
                fix: fixed.is_none().then_some(FixState::NotFixed),
                ..Affected::default()
            })
        };
        Some(Record {
            references: vec![format!("https://security.archlinux.org/{id}")],
            summary: format!("{} up to {affected}", crate::limits::summary(&group.kind)),
            ratings: word(&group.severity).map(|text| Given { kind: RatingKind::Distribution, text }).into_iter().collect(),
            mends: group.issues.iter().take(IDS).filter_map(|i| word(i)).collect(),
            affected: group.packages.into_iter().take(IDS).filter_map(of).collect(),
            id,
            ..Record::default()
        })
    };
    Some(groups.into_iter().filter_map(record).collect())
}

#[derive(Deserialize)]
struct OfPhoton {
    cve_id: String,
    pkg: String,
    aff_ver: String,
    res_ver: Option<String>,
    #[serde(default)]
    status: String,
}

/// Photon OS's list; the release stands in the tag of its versions (`.ph4`), and in the file's name where nothing is mended.
pub(crate) fn photon(name: &str, bytes: &[u8]) -> Option<Vec<Record>> {
    let rows: Vec<OfPhoton> = serde_json::from_slice(bytes).ok()?;
    let file = name.rsplit(['/', '!']).next().unwrap_or_default();
    let release = file.strip_prefix("cve_data_photon").map(|r| r.trim_end_matches(".json"));
    let release = release.and_then(word).filter(|r| r.starts_with(|c: char| c.is_ascii_digit()))?;
    let ecosystem = format!("Photon OS:{release}");
    let mut records: Vec<Record> = Vec::new();
    for row in rows {
        let (Some(id), Some(package)) = (word(&row.cve_id).filter(|i| i.starts_with("CVE-")), word(&row.pkg)) else { continue };
        // "Not Affected" is a status of its own; a version of `NA` is one without a fix.
        if row.status.eq_ignore_ascii_case("not affected") || row.aff_ver.trim().is_empty() {
            continue;
        }
        let fixed = row.res_ver.as_deref().and_then(word).filter(|v| !v.is_empty() && !v.eq_ignore_ascii_case("na"));
        let (range, fix) = match &fixed {
            Some(version) => {
                (vec![Range { semver: false, events: vec![Event::Introduced("0".to_owned()), Event::Fixed(version.clone())] }], None)
            }
            None => (vec![Range::all()], Some(FixState::NotFixed)),
        };
        records.push(Record {
            references: vec![format!("https://nvd.nist.gov/vuln/detail/{id}")],
            affected: vec![Affected { ecosystem: ecosystem.clone(), package, ranges: range, fix, ..Affected::default() }],
            id,
            ..Record::default()
        });
    }
    (!records.is_empty()).then_some(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(records: &[Record]) -> Vec<String> {
        let one = |r: &Record, a: &Affected| {
            format!("{} {} {} {} {:?}", r.id, a.ecosystem, a.package, a.ranges[0].events.last().unwrap().version(), r.mends)
        };
        records.iter().flat_map(|r| r.affected.iter().map(move |a| one(r, a))).collect()
    }

    #[test]
    fn archs_tracker_is_read() {
        let text = br#"[{"name":"AVG-1","packages":["curl","lib32-curl"],"affected":"8.4.0-1","fixed":"8.5.0-1","severity":"High","status":"Fixed",
            "type":"arbitrary code execution","issues":["CVE-2024-1234"],"advisories":["ASA-1"]},
            {"name":"AVG-2","packages":["x"],"affected":"1-1","fixed":null,"status":"Vulnerable","issues":["CVE-2"]},
            {"name":"AVG-3","packages":["y"],"affected":"1-1","fixed":null,"status":"Not affected","issues":["CVE-3"]}]"#;
        assert_eq!(
            said(&arch(text).unwrap()),
            [
                "AVG-1 Arch Linux curl 8.5.0-1 [\"CVE-2024-1234\"]",
                "AVG-1 Arch Linux lib32-curl 8.5.0-1 [\"CVE-2024-1234\"]",
                "AVG-2 Arch Linux x 0 [\"CVE-2\"]"
            ]
        );
        assert!(arch(b"[]").is_none() && arch(br#"[{"name":"x"}]"#).is_none());
    }

    #[test]
    fn photons_list_is_read() {
        let text = br#"[{"cve_id":"CVE-2023-38545","pkg":"curl","cve_score":9.8,"aff_ver":"all versions before 7.88.1-4.ph4 are vulnerable","res_ver":"7.88.1-4.ph4","status":"Fixed"},
            {"cve_id":"CVE-1","pkg":"a","aff_ver":"all","res_ver":"NA","status":"Not Affected"},{"cve_id":"CVE-2","pkg":"b","aff_ver":"all","res_ver":null}]"#;
        let records = photon("feeds/cve_data_photon4.0.json", text).unwrap();
        assert_eq!(said(&records), ["CVE-2023-38545 Photon OS:4.0 curl 7.88.1-4.ph4 []", "CVE-2 Photon OS:4.0 b 0 []"]);
        assert!(photon("other.json", text).is_none());
    }
}
