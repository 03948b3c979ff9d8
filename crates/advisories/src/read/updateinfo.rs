//! `updateinfo.xml` of a repository of rpm packages (createrepo's `updateinfo`), as Amazon and Fedora publish their errata. Which release a
//! build is for stands in its own release (`.amzn2023`, `.fc40`); builds for others (EPEL) are of no distribution that is matched.

use plimsoll_evidence::RatingKind;
use roxmltree::{Document, Node, ParsingOptions};

use super::bodhi::cves;
use crate::limits::{self, word};
use crate::read::builds::{Build, fixes};
use crate::record::{Given, Record};
use crate::time::seconds;

/// Bytes of one update at most: kernels with their parts have some hundred thousand.
const UPDATE: usize = 16 << 20;
/// Builds that one update names at most.
const BUILDS: usize = 200_000;

/// Whether a text is such a list.
pub(crate) fn is(text: &str) -> bool {
    let mut end = text.len().min(4 << 10);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].contains("<updates") && text[..end].contains("<update ")
}

/// Every update of a distribution that is matched, with its publisher; what cannot be read is named beside them.
pub(crate) fn read(text: &str) -> (Vec<(Record, &'static str)>, Vec<String>) {
    let (mut records, mut odd) = (Vec::new(), Vec::new());
    let mut rest = text;
    while let Some(start) = rest.find("<update ") {
        let from = &rest[start..];
        let Some(end) = from.find("</update>") else {
            odd.push("its last update is cut".to_owned());
            break;
        };
        let (update, after) = from.split_at(end + "</update>".len());
        rest = after;
        match of_update(update) {
            Ok(record) => records.extend(record),
            Err(why) => odd.push(why),
        }
    }
    (records, odd)
}

fn of_update(text: &str) -> Result<Option<(Record, &'static str)>, String> {
    let head: String = text.chars().take(80).collect();
    if text.len() > UPDATE {
        return Err(format!("an update has {} bytes ({head})", text.len()));
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: 4_000_000, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|e| format!("an update is no XML ({e}; {head})"))?;
    let root = document.root_element();
    let child = |name: &str| root.children().find(|n| n.has_tag_name(name));
    let said = |name: &str| child(name).and_then(|n| n.text()).map(str::trim).unwrap_or_default();
    if root.attribute("status") == Some("testing") {
        return Ok(None);
    }
    let id = word(said("id")).filter(|id| !id.is_empty()).ok_or_else(|| format!("an update has no id ({head})"))?;
    let builds: Vec<(String, Build)> =
        root.descendants().filter(|n| n.has_tag_name("package")).take(BUILDS).filter_map(|n| build(n)).collect();
    let Some((ecosystem, _)) = builds.first() else { return Ok(None) };
    let source = if ecosystem.starts_with("Fedora") { "Fedora" } else { "Amazon Linux" };
    let references = || root.descendants().filter(|n| n.has_tag_name("reference"));
    let mut mends: Vec<String> =
        references().flat_map(|r| [r.attribute("id"), r.attribute("title")]).flatten().flat_map(cves).take(limits::IDS).collect();
    mends.sort();
    mends.dedup();
    let severity = word(said("severity")).filter(|s| crate::cvss::severity_of_word(s).is_some());
    let time = |name: &str| child(name).and_then(|n| n.attribute("date")).and_then(seconds);
    let title = said("title");
    let record = Record {
        summary: limits::summary(title.split_once(": ").map_or(title, |(_, rest)| rest)),
        published: time("issued"),
        modified: time("updated").or_else(|| time("issued")),
        ratings: severity.map(|text| Given { kind: RatingKind::Distribution, text }).into_iter().collect(),
        references: references().filter_map(|r| word(r.attribute("href")?)).take(limits::REFERENCES).collect(),
        affected: fixes(builds),
        informational: (root.attribute("type") != Some("security")).then(|| "bug fix or enhancement".to_owned()),
        mends,
        id,
        ..Record::default()
    };
    Ok(Some((record, source)))
}

fn build(node: Node<'_, '_>) -> Option<(String, Build)> {
    let said = |name: &str| node.attribute(name).and_then(word).filter(|w| !w.is_empty());
    let (name, version, release) = (said("name")?, said("version")?, said("release")?);
    let ecosystem = ecosystem(&release)?;
    let version = match said("epoch").filter(|e| e != "0") {
        Some(epoch) => format!("{epoch}:{version}-{release}"),
        None => format!("{version}-{release}"),
    };
    Some((ecosystem, Build { name, version: Some(version), architecture: said("arch"), module: None }))
}

/// Which release of which distribution a build is for, by the tag in its own release.
fn ecosystem(release: &str) -> Option<String> {
    let after = |tag: &str| {
        let (at, _) = release.match_indices(tag).last()?;
        let digits: String = release[at + tag.len()..].chars().take_while(char::is_ascii_digit).collect();
        Some(digits).filter(|d| !d.is_empty())
    };
    after(".amzn").map(|n| format!("Amazon Linux:{n}")).or_else(|| after(".fc").map(|n| format!("Fedora:{n}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form of Amazon's own, shortened; the facts are those of its advisory ALAS2-2018-951.
    const AMAZON: &str = r#"<?xml version="1.0" ?><updates><update author="linux-security@amazon.com" status="final" type="security" version="1.4">
<id>ALAS2-2018-951</id><title>Amazon Linux 2 - ALAS2-2018-951: important priority package update for curl</title>
<issued date="2018-02-20 21:23" /><updated date="2018-02-21 00:17" /><severity>important</severity><description>x</description>
<references><reference href="http://cve.mitre.org/cgi-bin/cvename.cgi?name=CVE-2018-1000007" id="CVE-2018-1000007" type="cve" /></references>
<pkglist><collection short="amazon-linux-2"><name>Amazon Linux 2</name>
<package name="curl" version="7.55.1" release="9.amzn2.0.1" epoch="0" arch="x86_64"><filename>curl.rpm</filename></package>
<package name="curl" version="7.55.1" release="9.amzn2.0.1" epoch="0" arch="aarch64"><filename>curl.rpm</filename></package>
<package name="curl" version="7.55.1" release="9.amzn2.0.1" epoch="0" arch="src"><filename>curl.src.rpm</filename></package>
</collection></pkglist></update>
<update status="final" type="bugfix"><id>ALAS2-2018-1</id><title>x</title><pkglist><collection><package name="a" version="1" release="1.amzn2" epoch="2" arch="noarch"/></collection></pkglist></update>
<update status="testing" type="security"><id>FEDORA-2025-1</id><pkglist><collection><package name="a" version="1" release="1.fc40" arch="noarch"/></collection></pkglist></update>
<update status="stable" type="security"><id>FEDORA-EPEL-2025-1</id><pkglist><collection><package name="a" version="1" release="1.el9" arch="noarch"/></collection></pkglist></update>
<update status="stable" type="security"><id>FEDORA-2025-2</id><title>b-1-1.fc40</title><references><reference id="1" type="bugzilla" title="CVE-2025-7 b: flaw [fedora-40]"/></references><pkglist><collection><package name="b" version="1" release="1.fc40" arch="noarch"/></collection></pkglist></update>
</updates>"#;

    #[test]
    fn updates_are_read() {
        assert!(is(AMAZON) && !is("<updates/>") && !is("<oval_definitions>"));
        let (records, odd) = read(AMAZON);
        assert!(odd.is_empty(), "{odd:?}");
        let [(curl, amazon), (fix, _), (fedora, source)] = &records[..] else { panic!("{records:#?}") };
        assert_eq!(
            (curl.id.as_str(), *amazon, curl.mends.as_slice()),
            ("ALAS2-2018-951", "Amazon Linux", &["CVE-2018-1000007".to_owned()][..])
        );
        assert_eq!(
            (curl.published, curl.ratings[0].text.as_str(), curl.informational.as_deref()),
            (seconds("2018-02-20 21:23"), "important", None)
        );
        assert_eq!(curl.summary, "important priority package update for curl");
        let [affected] = &curl.affected[..] else { panic!("{:#?}", curl.affected) };
        assert_eq!((affected.ecosystem.as_str(), affected.package.as_str()), ("Amazon Linux:2", "curl"));
        assert_eq!(affected.ranges, [crate::record::Range::until("7.55.1-9.amzn2.0.1")]);
        assert!(affected.builds.architectures.is_empty(), "the fix is the same for every architecture");
        assert_eq!((fix.affected[0].ranges[0].clone(), fix.informational.is_some()), (crate::record::Range::until("2:1-1.amzn2"), true));
        assert_eq!(
            (fedora.affected[0].ecosystem.as_str(), *source, fedora.mends.as_slice()),
            ("Fedora:40", "Fedora", &["CVE-2025-7".to_owned()][..])
        );
    }

    #[test]
    fn releases_are_told_by_the_build() {
        for (release, wanted) in [
            ("38.79.amzn2", Some("Amazon Linux:2")),
            ("11.91.amzn1", Some("Amazon Linux:1")),
            ("1.amzn2023.0.16", Some("Amazon Linux:2023")),
            ("1.fc40", Some("Fedora:40")),
            ("1.fc40.1", Some("Fedora:40")),
            ("1.el9", None),
            ("1.fc", None),
        ] {
            assert_eq!(ecosystem(release).as_deref(), wanted, "{release}");
        }
    }

    #[test]
    fn what_is_cut_is_named() {
        let (records, odd) = read(&AMAZON[..AMAZON.len() / 2]);
        assert!(records.len() <= 1 && odd == ["its last update is cut"]);
        assert_eq!(read("<updates><update type=\"security\"><id></id></update></updates>").1.len(), 1);
    }
}
