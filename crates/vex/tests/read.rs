//! Documents of each form, and any bytes at all.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code: a panic is the message.

use plimsoll_evidence::{Vex, VexJustification, VexStatus};
use plimsoll_vex::Library;
use proptest::prelude::*;
use serde_json::{Value, json};

fn read_all(documents: &[(&str, String)]) -> (Vex, Vec<String>) {
    let mut library = Library::new();
    for (name, text) in documents {
        library.add(name, text.as_bytes(), false).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    library.finish()
}

fn read(document: &Value) -> Vex {
    let (vex, problems) = read_all(&[("x", document.to_string())]);
    assert!(problems.is_empty(), "{problems:?}");
    vex
}

#[test]
fn openvex_of_both_versions_says_the_same() {
    let old = read(&json!({
        "@context": "https://openvex.dev/ns", "@id": "x", "author": "A", "timestamp": "2023-01-16T19:07:16.853479631-06:00", "version": "1",
        "statements": [{ "vulnerability": "CVE-2023-1", "products": ["pkg:oci/app"], "subcomponents": ["pkg:apk/alpine/zlib"], "status": "fixed" }],
    }));
    let new = read(&json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "x", "author": "A", "timestamp": "2023-01-16T19:07:16.853479631-06:00", "version": 1,
        "statements": [{
            "vulnerability": { "@id": "https://example.org/CVE-2023-1", "name": "CVE-2023-1" },
            "products": [{ "@id": "pkg:oci/app", "subcomponents": [{ "@id": "pkg:apk/alpine/zlib" }] }], "status": "fixed",
        }],
    }));
    assert_eq!(old.statements, new.statements);
    assert_eq!(old.statements[0].made, Some(1_673_917_636));
    assert_eq!(old.statements[0].products[0].parts[0].purls, ["pkg:apk/alpine/zlib"]);
}

#[test]
fn an_attestation_speaks_of_its_subject() {
    let digest = "07".repeat(32);
    let vex = read(&json!({
        "_type": "https://in-toto.io/Statement/v1", "predicateType": "https://openvex.dev/ns/v0.2.0",
        "subject": [{ "name": "registry.example.org/app", "digest": { "sha256": digest } }],
        "predicate": { "@context": "https://openvex.dev/ns/v0.2.0", "statements": [{ "vulnerability": { "name": "CVE-1" }, "status": "affected" }] },
    }));
    assert_eq!(vex.statements[0].products[0].product.digests, [format!("sha256:{digest}")]);
    assert!(!vex.documents[0].signed, "an envelope alone proves nothing");
}

fn cyclonedx() -> Value {
    json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": "urn:uuid:3E671687-395b-41f5-a30f-a58921a69b79", "version": 2,
        "metadata": {
            "timestamp": "2022-01-01T00:00:00Z", "authors": [{ "name": "Acme" }],
            "component": { "bom-ref": "image", "type": "container", "name": "app", "purl": "pkg:oci/app@sha256%3A07" },
        },
        "components": [{ "bom-ref": "lib", "name": "jackson", "purl": "pkg:maven/a/jackson@2.9.4" }],
        "vulnerabilities": [
            { "id": "SNYK-1", "references": [{ "id": "CVE-2018-7489" }], "affects": [{ "ref": "lib" }],
              "analysis": { "state": "not_affected", "justification": "code_not_reachable", "detail": "never called", "lastUpdated": "2022-02-01T00:00:00Z" } },
            { "id": "CVE-2", "affects": [{ "ref": "image" }], "analysis": { "state": "in_triage" } },
            { "id": "CVE-3", "affects": [{ "ref": "lib", "versions": [{ "range": "vers:maven/<3", "status": "unaffected" }] }], "analysis": { "state": "false_positive" } },
            { "id": "CVE-4", "affects": [{ "ref": "lib" }] },
        ],
    })
}

#[test]
fn cyclonedx_names_components_of_the_same_document() {
    let vex = read(&cyclonedx());
    assert_eq!(vex.statements.len(), 3, "without an analysis nothing is said");
    let first = &vex.statements[0];
    assert_eq!(first.vulnerabilities, ["SNYK-1", "CVE-2018-7489"]);
    assert_eq!((first.status, first.justification), (VexStatus::NotAffected, Some(VexJustification::VulnerableCodeNotInExecutePath)));
    assert_eq!((first.word.as_str(), first.made), ("not_affected/code_not_reachable", Some(1_643_673_600)));
    assert_eq!(first.products[0].product.purls, ["pkg:oci/app@sha256%3A07"]);
    assert_eq!(first.products[0].parts[0].purls, ["pkg:maven/a/jackson@2.9.4"]);
    assert!(vex.statements[1].products[0].parts.is_empty(), "the product itself");
    assert_eq!(vex.statements[2].products[0].parts[0].limited_to.as_deref(), Some("vers:maven/<3"));
}

#[test]
fn a_link_leads_into_another_bill() {
    let pointing = |reference: &str| {
        let document = json!({
            "bomFormat": "CycloneDX", "specVersion": "1.5",
            "vulnerabilities": [{ "id": "CVE-1", "affects": [{ "ref": reference }], "analysis": { "state": "exploitable" } }],
        });
        document.to_string()
    };
    let link = "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/2#lib";
    let (vex, problems) = read_all(&[("vex", pointing(link)), ("bom", cyclonedx().to_string())]);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(vex.statements[0].products[0].product.purls, ["pkg:maven/a/jackson@2.9.4"]);
    let (_, problems) = read_all(&[("vex", pointing(link))]);
    assert_eq!(problems.len(), 1, "where it leads is not known, and that is said");
    let (vex, problems) = read_all(&[("vex", pointing("urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg%3Anpm%2Fa%401"))]);
    assert!(problems.is_empty());
    assert_eq!(vex.statements[0].products[0].product.purls, ["pkg:npm/a@1"]);
}

#[test]
fn cyclonedx_in_xml_says_the_same() {
    let xml = r#"<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.6" serialNumber="urn:uuid:3E671687-395b-41f5-a30f-a58921a69b79" version="2">
      <metadata><timestamp>2022-01-01T00:00:00Z</timestamp><authors><author><name>Acme</name></author></authors>
        <component bom-ref="image" type="container"><name>app</name><purl>pkg:oci/app@sha256%3A07</purl></component></metadata>
      <components><component bom-ref="lib" type="library"><name>jackson</name><purl>pkg:maven/a/jackson@2.9.4</purl></component></components>
      <vulnerabilities>
        <vulnerability><id>SNYK-1</id><references><reference><id>CVE-2018-7489</id></reference></references>
          <analysis><state>not_affected</state><justification>code_not_reachable</justification><detail>never called</detail><lastUpdated>2022-02-01T00:00:00Z</lastUpdated></analysis>
          <affects><target><ref>lib</ref></target></affects></vulnerability>
        <vulnerability><id>CVE-2</id><analysis><state>in_triage</state></analysis><affects><target><ref>image</ref></target></affects></vulnerability>
        <vulnerability><id>CVE-3</id><analysis><state>false_positive</state></analysis>
          <affects><target><ref>lib</ref><versions><version><range>vers:maven/&lt;3</range><status>unaffected</status></version></versions></target></affects></vulnerability>
      </vulnerabilities></bom>"#;
    let (vex, problems) = read_all(&[("x", xml.to_owned())]);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(vex, read(&cyclonedx()));
}

fn csaf(version: &str) -> Value {
    let helper =
        if version == "2.0" { json!({ "purl": "pkg:rpm/redhat/openssl" }) } else { json!({ "purls": ["pkg:rpm/redhat/openssl"] }) };
    json!({
        "document": {
            "category": "csaf_vex", "csaf_version": version, "publisher": { "name": "Acme PSIRT" },
            "tracking": { "id": "ACME-1", "version": "3", "current_release_date": "2022-03-03T11:00:00.000Z" },
        },
        "product_tree": {
            "branches": [{ "category": "vendor", "name": "Acme", "branches": [
                { "category": "product_version", "name": "1", "product": { "product_id": "P1", "name": "App 1", "product_identification_helper": { "purl": "pkg:oci/app@sha256%3A07" } } },
                { "category": "product_version", "name": "3", "product": { "product_id": "P2", "name": "OpenSSL", "product_identification_helper": helper } },
                { "category": "product_version_range", "name": "vers:rpm/<4", "product": { "product_id": "P3", "name": "Old" } },
            ]}],
            "relationships": [{ "category": "default_component_of", "product_reference": "P2", "relates_to_product_reference": "P1",
                "full_product_name": { "product_id": "P1:P2", "name": "OpenSSL of App 1" } }],
            "product_groups": [{ "group_id": "G", "product_ids": ["P1:P2", "P3"] }],
        },
        "vulnerabilities": [{
            "cve": "CVE-2021-1", "ids": [{ "system_name": "ACME", "text": "A-1" }],
            "product_status": { "known_not_affected": ["P1:P2", "P1", "gone"], "known_affected": ["P3"], "recommended": ["P1"] },
            "flags": [{ "label": "vulnerable_code_not_present", "group_ids": ["G"] }],
            "threats": [{ "category": "impact", "details": "Class was removed.", "product_ids": ["P1"] }],
            "remediations": [{ "category": "vendor_fix", "details": "Update.", "product_ids": ["P3"] }],
        }],
    })
}

#[test]
fn csaf_speaks_by_products_relations_and_groups() {
    for version in ["2.0", "2.1"] {
        let (vex, problems) = read_all(&[("x", csaf(version).to_string())]);
        assert_eq!(problems, ["x: 1 product statuses name products that its product tree does not have"]);
        assert_eq!(vex.documents[0].form, format!("CSAF {version}"));
        let said: Vec<(&str, Option<&str>, Option<&str>)> =
            vex.statements.iter().map(|s| (s.word.as_str(), s.impact.as_deref(), s.action.as_deref())).collect();
        assert_eq!(
            said,
            [
                ("known_not_affected/vulnerable_code_not_present", None, None),
                ("known_not_affected", Some("Class was removed."), None),
                ("known_affected/vulnerable_code_not_present", None, Some("vendor_fix: Update.")),
            ]
        );
        let first = &vex.statements[0].products[0];
        assert_eq!(first.product.purls, ["pkg:oci/app@sha256%3A07"]);
        assert_eq!(first.parts[0].purls, ["pkg:rpm/redhat/openssl"]);
        assert_eq!(vex.statements[2].products[0].product.limited_to.as_deref(), Some("vers:rpm/<4"));
        assert_eq!(vex.statements[0].vulnerabilities, ["CVE-2021-1", "A-1"]);
    }
    let mut advisory = csaf("2.0");
    advisory["document"]["category"] = json!("csaf_security_advisory");
    assert!(Library::new().add("x", advisory.to_string().as_bytes(), false).is_err());
}

#[test]
fn deep_and_broken_documents_are_refused() {
    let deep = format!("{{\"@context\":\"https://openvex.dev/ns\",\"a\":{}", "[".repeat(100_000));
    let deep_xml = "<a>".repeat(100_000);
    for text in [deep.as_str(), deep_xml.as_str(), "", "x", "{}", "[]", "<bom/>"] {
        assert!(Library::new().add("x", text.as_bytes(), false).is_err());
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "not_affected",
        "CVE-1",
        "pkg:oci/app",
        "lib",
        "urn:cdx:a/1#b",
        "",
        "component_not_present",
        "2020-01-01T00:00:00Z",
        "%",
        "csaf_vex",
    ]);
    let leaf = prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), word.prop_map(Value::from)];
    let key = prop::sample::select(vec![
        "statements",
        "vulnerability",
        "name",
        "@id",
        "products",
        "subcomponents",
        "status",
        "justification",
        "vulnerabilities",
        "id",
        "analysis",
        "state",
        "affects",
        "ref",
        "versions",
        "metadata",
        "component",
        "components",
        "bom-ref",
        "purl",
        "product_status",
        "known_affected",
        "product_tree",
        "branches",
        "product",
        "product_id",
        "relationships",
        "full_product_name",
        "category",
        "document",
        "hashes",
        "identifiers",
    ]);
    leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_value_is_survived(value in any_value(), form in 0..3) {
        let mut value = if value.is_object() { value } else { json!({ "statements": value }) };
        match form {
            0 => value["@context"] = json!("https://openvex.dev/ns/v0.2.0"),
            1 => value["bomFormat"] = json!("CycloneDX"),
            _ => value["document"] = json!({ "category": "csaf_vex", "csaf_version": "2.0" }),
        }
        let mut library = Library::new();
        let _ = library.add("x", value.to_string().as_bytes(), false);
        let (mut vex, _) = library.finish();
        let inventory = plimsoll_evidence::Inventory::default();
        plimsoll_vex::apply(&mut vex, plimsoll_vex::Target { subject: None, names: &["app".to_owned()], inventory: &inventory, known: None });
        prop_assert_eq!(vex.unused.len(), vex.statements.len(), "each statement has its answer or its reason");
    }
}
