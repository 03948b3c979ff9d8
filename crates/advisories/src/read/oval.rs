//! Oracle's errata in its own form, OVAL 5 (`com.oracle.elsa-*.xml`). What decides stands in the comments of its criteria, in fixed words.

use plimsoll_evidence::RatingKind;
use roxmltree::{Document, Node, ParsingOptions};

use crate::limits::{self, word};
use crate::read::builds::{Build, fixes};
use crate::record::{Given, Record};
use crate::time::seconds;

/// Bytes of one definition at most: Oracle's largest have some hundred thousand.
const DEFINITION: usize = 16 << 20;
/// Builds that one definition names at most.
const BUILDS: usize = 200_000;
/// How deep criteria are nested at most; Oracle's are five deep.
const DEPTH: usize = 32;

/// Whether a text is OVAL of Oracle's.
pub(crate) fn is_oracle(text: &str) -> bool {
    let mut end = text.len().min(64 << 10);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].contains("<oval_definitions") && text[..end].contains("com.oracle.elsa")
}

/// Every erratum; what cannot be read is named beside them. One definition is taken at a time, as the whole has a hundred megabytes.
pub(crate) fn read(text: &str) -> (Vec<Record>, Vec<String>) {
    let (mut records, mut odd) = (Vec::new(), Vec::new());
    let mut rest = text;
    while let Some(start) = rest.find("<definition ") {
        let from = &rest[start..];
        let Some(end) = from.find("</definition>") else {
            odd.push("its last definition is cut".to_owned());
            break;
        };
        let (definition, after) = from.split_at(end + "</definition>".len());
        rest = after;
        match of_definition(definition) {
            Ok(record) => records.extend(record),
            Err(why) => odd.push(why),
        }
    }
    (records, odd)
}

fn of_definition(text: &str) -> Result<Option<Record>, String> {
    let head: String = text.chars().take(80).collect();
    if text.len() > DEFINITION {
        return Err(format!("a definition has {} bytes ({head})", text.len()));
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: 4_000_000, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|e| format!("a definition is no XML ({e}; {head})"))?;
    let root = document.root_element();
    let texts = |name: &'static str| root.descendants().filter(move |n| n.has_tag_name(name)).filter_map(|n| n.text()).map(str::trim);
    let references = || root.descendants().filter(|n| n.has_tag_name("reference"));
    let of_source = |source: &'static str| {
        references()
            .filter(move |r| r.attribute("source").is_some_and(|s| s.eq_ignore_ascii_case(source)))
            .filter_map(|r| word(r.attribute("ref_id")?))
    };
    let Some(id) = of_source("elsa").next() else { return Ok(None) };
    let title = texts("title").next().unwrap_or_default();
    let mut builds = Vec::new();
    if let Some(criteria) = root.children().find(|n| n.has_tag_name("criteria")) {
        walk(criteria, Context::default(), 0, &mut builds);
    }
    let mends: Vec<String> = of_source("cve").take(limits::IDS).collect();
    let is_security = !mends.is_empty() || title.contains("security");
    let severity = texts("severity").next().and_then(word).filter(|s| crate::cvss::severity_of_word(s).is_some());
    let issued = root.descendants().find(|n| n.has_tag_name("issued")).and_then(|n| n.attribute("date")).and_then(seconds);
    Ok(Some(Record {
        summary: limits::summary(title.split_once(':').map_or(title, |(_, rest)| rest)),
        published: issued,
        modified: issued,
        ratings: severity.map(|text| Given { kind: RatingKind::Distribution, text }).into_iter().collect(),
        references: vec![format!("https://linux.oracle.com/errata/{id}.html")],
        affected: fixes(builds),
        informational: (!is_security).then(|| "bug fix or enhancement".to_owned()),
        mends,
        id,
        ..Record::default()
    }))
}

/// What holds of every criterion below.
#[derive(Debug, Clone, Default)]
struct Context {
    release: Option<String>,
    architecture: Option<String>,
    module: Option<String>,
}

fn walk(criteria: Node<'_, '_>, mut context: Context, depth: usize, builds: &mut Vec<(String, Build)>) {
    if depth > DEPTH || builds.len() > BUILDS {
        return;
    }
    let comments = || criteria.children().filter(|n| n.has_tag_name("criterion")).filter_map(|n| n.attribute("comment"));
    for comment in comments() {
        if let Some(release) = comment.strip_prefix("Oracle Linux ").and_then(|c| c.strip_suffix(" is installed")) {
            context.release = word(release);
        } else if let Some(architecture) = comment.strip_prefix("Oracle Linux arch is ") {
            context.architecture = word(architecture);
        } else if let Some(module) = comment.strip_prefix("Module ").and_then(|c| c.strip_suffix(" is enabled")) {
            context.module = word(module);
        }
    }
    for comment in comments() {
        let Some((name, version)) = comment.split_once(" is earlier than ") else { continue };
        // Ksplice's own builds replace a library in running processes; they are of no image's packages.
        if version.contains(".ksplice") {
            continue;
        }
        if let (Some(release), Some(name), Some(version)) = (&context.release, word(name), word(version)) {
            let (architecture, module) = (context.architecture.clone(), context.module.clone());
            builds.push((format!("Oracle Linux:{release}"), Build { name, version: Some(version), architecture, module }));
        }
    }
    for below in criteria.children().filter(|n| n.has_tag_name("criteria")) {
        walk(below, context.clone(), depth + 1, builds);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After Oracle's own, shortened (carried by anchore/vunnel@42a1d4233aeb).
    const OVAL: &str = r#"<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5"><definitions>
<definition id="oval:com.oracle.elsa:def:20224803" version="501" class="patch"><metadata>
<title>
ELSA-2022-4803:  rsyslog security update (IMPORTANT)
</title><reference source="elsa" ref_id="ELSA-2022-4803" ref_url="x"/><reference source="CVE" ref_id="CVE-2022-24903" ref_url="x"/>
<advisory><severity>IMPORTANT</severity><issued date="2022-05-31"/></advisory></metadata>
<criteria operator="AND"><criterion test_ref="1" comment="Oracle Linux 7 is installed"/><criteria operator="OR">
<criteria operator="AND"><criterion test_ref="2" comment="Oracle Linux arch is aarch64"/><criteria operator="OR">
<criteria operator="AND"><criterion comment="rsyslog is earlier than 0:8.24.0-57.0.4.el7_9.3"/><criterion comment="rsyslog is signed with the Oracle Linux 7 key"/></criteria></criteria></criteria>
<criteria operator="AND"><criterion comment="Oracle Linux arch is x86_64"/><criteria operator="OR">
<criterion comment="rsyslog is earlier than 0:8.24.0-57.0.1.el7_9.3"/><criterion comment="openssl is earlier than 2:1.1.1g-15.ksplice1.el8_3"/></criteria></criteria></criteria></criteria></definition>
<definition id="oval:com.oracle.elsa:def:2" class="patch"><metadata><title>ELBA-1: nodejs bug fix</title><reference source="elsa" ref_id="ELBA-1"/></metadata>
<criteria operator="AND"><criterion comment="Oracle Linux 8 is installed"/><criterion comment="Module nodejs:12 is enabled"/><criterion comment="nodejs is earlier than 1:12-1.module+el8.3.0+1"/></criteria></definition>
<definition id="cut">"#;

    #[test]
    fn errata_are_read() {
        assert!(is_oracle(OVAL) && !is_oracle("<oval_definitions/>"));
        let (records, odd) = read(OVAL);
        assert_eq!(odd, ["its last definition is cut"]);
        let said: Vec<String> = records
            .iter()
            .flat_map(|r| {
                r.affected.iter().map(move |a| {
                    format!(
                        "{} {} {} {} {:?} {:?}",
                        r.id,
                        a.ecosystem,
                        a.package,
                        a.ranges[0].events[1].version(),
                        a.builds.architectures,
                        a.builds.modules
                    )
                })
            })
            .collect();
        assert_eq!(
            said,
            [
                "ELSA-2022-4803 Oracle Linux:7 rsyslog 0:8.24.0-57.0.1.el7_9.3 [\"x86_64\"] []",
                "ELSA-2022-4803 Oracle Linux:7 rsyslog 0:8.24.0-57.0.4.el7_9.3 [\"aarch64\"] []",
                "ELBA-1 Oracle Linux:8 nodejs 1:12-1.module+el8.3.0+1 [] [\"nodejs:12\"]",
            ]
        );
        assert_eq!(
            (records[0].mends.as_slice(), records[0].summary.as_str()),
            (&["CVE-2022-24903".to_owned()][..], "rsyslog security update (IMPORTANT)")
        );
        assert_eq!((records[0].informational.as_deref(), records[1].informational.as_deref()), (None, Some("bug fix or enhancement")));
        let deep = format!("<definition x='1'>{}{}</definition>", "<criteria>".repeat(50_000), "</criteria>".repeat(50_000));
        assert_eq!(read(&deep).0.len(), 0);
    }
}
