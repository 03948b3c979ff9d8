//! Red Hat's advisories and VEX documents in their own form, CSAF 2.0: by CVE (`csaf_vex`) or by erratum (`csaf_security_advisory`), which
//! builds mend it and which packages are left as they are.
//!
//! What is said of RHEL itself is kept, and of the hardened images. Extended support (EUS, AUS, ELS …) and layered products have fixes of
//! their own, which images of RHEL do not get.

mod document;
mod products;

use std::collections::{BTreeSet, HashMap, HashSet};

use plimsoll_evidence::{FixState, RatingKind};

use self::document::{Document, Relationship, Vulnerability};
use self::products::{build, collect, ecosystem, is_of_debugging};
use crate::limits::{self, word};
use crate::read::builds::{Build, fixes};
use crate::record::{Affected, Builds, Given, Range, Record};
use crate::time::seconds;

/// Sources of one document that are held against its packages.
const SOURCES: usize = 4096;

/// Reads a document. None for JSON that is no CSAF of Red Hat's; an error where it is one and cannot be read.
pub(crate) fn read(bytes: &[u8]) -> Option<Result<Record, String>> {
    // Documents have some megabytes: what is none of them is not to be read twice.
    let head = &bytes[..bytes.len().min(4096)];
    if !head.windows(6).any(|w| w == b"\"csaf_") {
        return None;
    }
    let document: Document<'_> = match serde_json::from_slice(bytes) {
        Ok(document) => document,
        Err(error) => return Some(Err(format!("it is no CSAF document ({error})"))),
    };
    let is_red_hat = document.head.publisher.namespace.trim_end_matches('/') == "https://www.redhat.com";
    let is_kind = matches!(document.head.category.as_ref(), "csaf_vex" | "csaf_security_advisory");
    (is_red_hat && is_kind).then(|| document.record())
}

impl Document<'_> {
    fn record(&self) -> Result<Record, String> {
        let tracking = &self.head.tracking;
        let id = word(&tracking.id).filter(|i| !i.is_empty()).ok_or("its id is empty or too long")?;
        let status = |v: &Vulnerability<'_>| v.product_status.fixed.len() + v.product_status.known_affected.len();
        let parts = self.product_tree.relationships.len() + self.vulnerabilities.iter().map(status).sum::<usize>();
        if parts > limits::PARTS || self.vulnerabilities.len() > limits::IDS {
            return Err(format!("{id} has {parts} products, which is more than is read"));
        }
        let mut products = HashMap::new();
        collect(&self.product_tree.branches, &mut products);
        let relations: HashMap<&str, &Relationship<'_>> =
            self.product_tree.relationships.iter().map(|r| (r.full_product_name.product_id.as_ref(), r)).collect();
        let of = |product: &str| -> Option<(String, Build)> {
            let relation = relations.get(product)?;
            let place = products.get(relation.relates_to_product_reference.as_ref())?.cpe.as_deref().and_then(ecosystem)?;
            let reference = relation.product_reference.as_ref();
            let known = products.get(reference).and_then(|h| h.purl.as_deref());
            // Before 2024 a component had its name alone.
            let is_name = |r: &&str| !r.contains([':', '/', '@', ' ']);
            let build = match known {
                Some(purl) => build(purl)?,
                None => Some(reference).filter(is_name).and_then(word).map(|name| Build {
                    name,
                    version: None,
                    architecture: None,
                    module: None,
                })?,
            };
            Some((place, build)).filter(|(_, b)| !is_of_debugging(&b.name))
        };
        let is_vex = self.head.category == "csaf_vex";
        let mut affected: Vec<Affected> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut mends = BTreeSet::new();
        let mut record = Record {
            published: seconds(&tracking.initial_release_date),
            modified: seconds(&tracking.current_release_date),
            ..Record::default()
        };
        for vulnerability in &self.vulnerabilities {
            let fixed: Vec<(String, Build)> = vulnerability.product_status.fixed.iter().filter_map(|p| of(p)).collect();
            let never: HashSet<&str> = vulnerability.with_remedy("no_fix_planned").collect();
            let open: Vec<(String, Build, FixState)> = vulnerability
                .product_status
                .known_affected
                .iter()
                .filter_map(|p| {
                    let (place, build) = of(p)?;
                    Some((place, build, if never.contains(p.as_ref()) { FixState::WillNotFix } else { FixState::NotFixed }))
                })
                .collect();
            for of in fixes(fixed).into_iter().chain(without_fix(&open)) {
                let end = of.ranges.first().and_then(|r| r.events.last()).map(|e| e.version().to_owned());
                if seen.insert((of.ecosystem.clone(), of.package.clone(), end, of.builds.modules.clone(), of.builds.architectures.clone()))
                {
                    affected.push(of);
                }
            }
            mends.extend(vulnerability.cve.as_deref().and_then(word));
            if record.summary.is_empty() && is_vex {
                record.summary = limits::summary(&vulnerability.title);
            }
            vulnerability.rate(is_vex, &mut record.ratings);
            let addresses = vulnerability.remediations.iter().filter_map(|r| word(r.url.as_deref()?));
            for address in addresses.filter(|a| a.starts_with("https://")) {
                if record.references.len() < limits::REFERENCES && !record.references.contains(&address) {
                    record.references.push(address);
                }
            }
        }
        if record.summary.is_empty() {
            record.summary = limits::summary(&self.head.title);
        }
        let severity = self.head.aggregate_severity.as_ref().and_then(|s| word(&s.text)).filter(|_| !is_vex);
        record.ratings.extend(severity.map(|text| Given { kind: RatingKind::Distribution, text }));
        record.affected = affected;
        if !is_vex {
            record.mends = mends.into_iter().collect();
        }
        record.id = id;
        Ok(record)
    }
}

impl Vulnerability<'_> {
    fn with_remedy(&self, category: &'static str) -> impl Iterator<Item = &str> {
        self.remediations.iter().filter(move |r| r.category == category).flat_map(|r| &r.product_ids).map(AsRef::as_ref)
    }

    fn rate(&self, is_vex: bool, ratings: &mut Vec<Given>) {
        let mut add = |kind: RatingKind, text: &str| {
            let given = word(text).filter(|t| !t.is_empty()).map(|text| Given { kind, text });
            // One erratum may mend what is bad and what is not.
            if is_vex && let Some(given) = given.filter(|g| !ratings.contains(g)) {
                ratings.push(given);
            }
        };
        for threat in self.threats.iter().filter(|t| t.category == "impact") {
            add(RatingKind::Distribution, &threat.details);
        }
        for score in &self.scores {
            for (kind, vector) in
                [(RatingKind::Cvss4, &score.fourth), (RatingKind::Cvss3, &score.third), (RatingKind::Cvss2, &score.second)]
            {
                if let Some(vector) = vector {
                    add(kind, &vector.vector_string);
                }
            }
        }
    }
}

/// What is left as it is. A source stands for its packages only where none of them is named.
fn without_fix(builds: &[(String, Build, FixState)]) -> Vec<Affected> {
    let is_source = |b: &Build| b.architecture.as_deref() == Some("src");
    let mut named: HashMap<&str, String> = HashMap::new();
    for (place, build, _) in builds.iter().filter(|(_, b, _)| !is_source(b)) {
        let all = named.entry(place).or_default();
        all.push_str(&build.name.to_ascii_lowercase());
        all.push('\n');
    }
    let stands = |place: &str, source: &str| !named.get(place).is_some_and(|names| names.contains(&source.to_ascii_lowercase()));
    let sources: BTreeSet<(&str, &str)> =
        builds.iter().filter(|(_, b, _)| is_source(b)).map(|(p, b, _)| (p.as_str(), b.name.as_str())).collect();
    let kept: BTreeSet<(&str, &str)> = sources.into_iter().take(SOURCES).filter(|(place, source)| stands(place, source)).collect();
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    for (ecosystem, build, fix) in builds {
        let is_source = is_source(build);
        if is_source && !kept.contains(&(ecosystem.as_str(), build.name.as_str()))
            || !seen.insert((ecosystem, &build.name, &build.module, is_source))
        {
            continue;
        }
        out.push(Affected {
            ecosystem: ecosystem.clone(),
            package: build.name.clone(),
            ranges: vec![Range::all()],
            fix: Some(*fix),
            builds: Builds {
                modules: build.module.iter().cloned().collect(),
                architectures: if is_source { vec!["src".to_owned()] } else { Vec::new() },
            },
            ..Affected::default()
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After Red Hat's VEX document of CVE-2024-0727 (CC-BY-4.0), shortened, with a module's build and a source alone beside it.
    const VEX: &str = r#"{"document":{"category":"csaf_vex","csaf_version":"2.0","title":"openssl: denial of service via null dereference",
        "aggregate_severity":{"text":"Low"},"publisher":{"namespace":"https://www.redhat.com"},
        "tracking":{"id":"CVE-2024-0727","current_release_date":"2025-01-09T00:00:00+00:00","initial_release_date":"2024-01-23T00:00:00+00:00"}},
        "product_tree":{"branches":[{"category":"vendor","name":"Red Hat","branches":[
          {"product":{"product_id":"AppStream-9.4.0.GA","name":"x","product_identification_helper":{"cpe":"cpe:/a:redhat:enterprise_linux:9::appstream"}}},
          {"product":{"product_id":"BaseOS-9.2.0.Z.EUS","name":"x","product_identification_helper":{"cpe":"cpe:/o:redhat:rhel_eus:9.2::baseos"}}},
          {"product":{"product_id":"red_hat_enterprise_linux_8","name":"x","product_identification_helper":{"cpe":"cpe:/o:redhat:enterprise_linux:8"}}},
          {"product":{"product_id":"a","name":"x","product_identification_helper":{"purl":"pkg:rpm/redhat/openssl@3.0.7-27.el9?arch=aarch64&epoch=1"}}},
          {"product":{"product_id":"b","name":"x","product_identification_helper":{"purl":"pkg:rpm/redhat/openssl@3.0.7-27.el9?arch=x86_64&epoch=1"}}},
          {"product":{"product_id":"s","name":"x","product_identification_helper":{"purl":"pkg:rpm/redhat/openssl@3.0.7-27.el9?arch=src&epoch=1"}}},
          {"product":{"product_id":"d","name":"x","product_identification_helper":{"purl":"pkg:rpm/redhat/openssl-debuginfo@3.0.7-27.el9?arch=x86_64&epoch=1"}}},
          {"product":{"product_id":"m","name":"x","product_identification_helper":{"purl":"pkg:rpm/redhat/httpd@2.4-1.module%2Bel8?arch=x86_64&rpmmod=httpd:2.4:8100:69ef"}}},
          {"product":{"product_id":"c","name":"x","product_identification_helper":{"purl":"pkg:rpm/redhat/compat-openssl10"}}},
          {"product":{"product_id":"c.src","name":"x","product_identification_helper":{"purl":"pkg:rpm/redhat/compat-openssl10?arch=src"}}},
          {"product":{"product_id":"go","name":"x","product_identification_helper":{"purl":"pkg:rpm/redhat/go-toolset@rhel8?arch=src&rpmmod=go-toolset:rhel8"}}}]}],
        "relationships":[RELATIONS]},
        "vulnerabilities":[{"cve":"CVE-2024-0727","title":"openssl: denial of service via null dereference",
          "product_status":{"fixed":["P9:a","P9:b","P9:s","P9:d","EUS:a","P8:m"],"known_affected":["P8:c","P8:c.src","P8:go","P8:snakeyaml","P8:gone"]},
          "remediations":[{"category":"no_fix_planned","details":"Out of support scope","product_ids":["P8:c"]},
            {"category":"vendor_fix","product_ids":["P9:a"],"url":"https://access.redhat.com/errata/RHSA-2024:2447"}],
          "threats":[{"category":"impact","details":"Low"}],
          "scores":[{"cvss_v3":{"vectorString":"CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:N/I:N/A:H"}}]}]}"#;

    fn document() -> String {
        let relation = |id: &str| {
            let (place, product) = id.split_once(':').unwrap();
            let place = match place {
                "P9" => "AppStream-9.4.0.GA",
                "P8" => "red_hat_enterprise_linux_8",
                _ => "BaseOS-9.2.0.Z.EUS",
            };
            format!(
                r#"{{"category":"default_component_of","product_reference":"{product}","relates_to_product_reference":"{place}","full_product_name":{{"name":"x","product_id":"{id}"}}}}"#
            )
        };
        let all = ["P9:a", "P9:b", "P9:s", "P9:d", "EUS:a", "P8:m", "P8:c", "P8:c.src", "P8:go", "P8:snakeyaml"];
        VEX.replace("RELATIONS", &all.map(relation).join(","))
    }

    fn said(record: &Record) -> Vec<String> {
        let said = |a: &Affected| {
            let end = a.ranges[0].events.get(1).map_or("-", |e| e.version());
            format!("{} {} {end} {:?} {:?} {:?}", a.ecosystem, a.package, a.fix, a.builds.modules, a.builds.architectures)
        };
        record.affected.iter().map(said).collect()
    }

    #[test]
    fn a_vex_document_is_read() {
        let record = read(document().as_bytes()).unwrap().unwrap();
        assert_eq!(
            said(&record),
            [
                "Red Hat:enterprise_linux:8 httpd 0:2.4-1.module+el8 None [\"httpd:2.4\"] []",
                "Red Hat:enterprise_linux:9 openssl 1:3.0.7-27.el9 None [] []",
                "Red Hat:enterprise_linux:8 compat-openssl10 - Some(WillNotFix) [] []",
                "Red Hat:enterprise_linux:8 go-toolset - Some(NotFixed) [\"go-toolset:rhel8\"] [\"src\"]",
                "Red Hat:enterprise_linux:8 snakeyaml - Some(NotFixed) [] []",
            ]
        );
        assert_eq!((record.id.as_str(), record.mends.len(), record.published), ("CVE-2024-0727", 0, Some(1_705_968_000)));
        assert_eq!(record.references, ["https://access.redhat.com/errata/RHSA-2024:2447"]);
        assert_eq!(record.ratings.len(), 2);
    }

    #[test]
    fn an_erratum_mends_its_vulnerabilities() {
        let text = document().replace("csaf_vex", "csaf_security_advisory").replace(r#""id":"CVE-2024-0727""#, r#""id":"RHSA-2024:2447""#);
        let record = read(text.as_bytes()).unwrap().unwrap();
        assert_eq!((record.id.as_str(), record.mends.as_slice()), ("RHSA-2024:2447", &["CVE-2024-0727".to_owned()][..]));
        assert_eq!(record.ratings, [Given { kind: RatingKind::Distribution, text: "Low".to_owned() }]);
    }

    #[test]
    fn other_documents_are_left() {
        assert!(read(b"{}").is_none());
        assert!(read(document().replace("www.redhat.com", "example.org").as_bytes()).is_none(), "a VEX statement of somebody else");
        assert!(read(br#"{"document":{"csaf_version":"2.0"}"#).unwrap().is_err());
    }
}
