use plimsoll_evidence::{
    Digest, Ecosystem, Inventory, Package, Platform, RecordMatch, Subject, Vex, VexConflict, VexReason, Vulnerabilities, Vulnerability,
};
use serde_json::{Value, json};

use super::*;
use crate::Library;

const ALPINE: &str = "pkg:oci/app@sha256%3A0707070707070707070707070707070707070707070707070707070707070707";

fn package(ecosystem: Ecosystem, purl: &str, recorded_in: &str) -> Package {
    let parsed = plimsoll_purl::Purl::parse(purl).unwrap();
    let mut package = Package::new(ecosystem, &parsed.full_name(), parsed.version().unwrap(), recorded_in);
    package.purl = Some(purl.to_owned());
    if ecosystem.is_system() {
        package.name = parsed.name().to_owned();
        package.source = Some("openssl".to_owned());
    }
    package
}

fn inventory() -> Inventory {
    Inventory {
        packages: vec![
            package(Ecosystem::Apk, "pkg:apk/alpine/libssl3@3.0.8-r3?arch=x86_64&distro=alpine-3.18.2", "lib/apk/db/installed"),
            package(Ecosystem::Go, "pkg:golang/example.org/app@v1.0.0", "app"),
            package(Ecosystem::Go, "pkg:golang/helm.sh/helm/v3@v3.1.0", "app"),
            package(Ecosystem::Go, "pkg:golang/helm.sh/helm/v3@v3.1.0", "other"),
        ],
        ..Inventory::default()
    }
}

fn known() -> Vulnerabilities {
    let v = |component, id: &str, ids: &[&str], fixed: Option<&str>| Vulnerability {
        id: id.to_owned(),
        ids: ids.iter().map(|i| (*i).to_owned()).collect(),
        component,
        matches: vec![RecordMatch {
            fixed: fixed.map(str::to_owned),
            proof: "3.0.8-r3 is before 3.0.8-r4".to_owned(),
            ..RecordMatch::default()
        }],
        ..Vulnerability::default()
    };
    Vulnerabilities {
        found: vec![
            v(0, "CVE-2023-1255", &["ALPINE-CVE-2023-1255", "CVE-2023-1255"], Some("3.0.8-r4")),
            v(0, "CVE-2023-9", &["CVE-2023-9"], None),
            v(2, "CVE-2024-26147", &["CVE-2024-26147", "GHSA-r53h-jv2g-vpx6", "GO-2024-2575"], None),
            v(3, "CVE-2024-26147", &["CVE-2024-26147", "GHSA-r53h-jv2g-vpx6", "GO-2024-2575"], None),
        ],
        ..Vulnerabilities::default()
    }
}

fn applied(documents: &[Value], names: &[&str]) -> Vex {
    let mut library = Library::new();
    for (at, document) in documents.iter().enumerate() {
        library.add(&format!("{at}.json"), document.to_string().as_bytes(), false).unwrap();
    }
    let (mut vex, problems) = library.finish();
    assert!(problems.is_empty(), "{problems:?}");
    let subject = Subject {
        reference: "oci:image".to_owned(),
        digest: Digest::sha256(&[7; 32]),
        media_type: String::new(),
        platform: "linux/amd64".parse::<Platform>().unwrap(),
        indexes: vec![format!("sha256:{}", "6".repeat(64)).parse().unwrap()],
    };
    let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    apply(&mut vex, Target { subject: Some(&subject), names: &names, inventory: &inventory(), known: Some(&known()) });
    vex
}

fn document(statements: &Value) -> Value {
    json!({ "@context": "https://openvex.dev/ns/v0.2.0", "@id": "x", "author": "A", "timestamp": "2024-01-01T00:00:00Z", "version": 1, "statements": statements })
}

fn said(id: &str, product: &str, parts: &[&str], status: &str, why: &str) -> Value {
    let parts: Vec<Value> = parts.iter().map(|p| json!({ "@id": p })).collect();
    let mut said = json!({ "vulnerability": { "name": id }, "products": [{ "@id": product, "subcomponents": parts }], "status": status });
    if !why.is_empty() {
        said["justification"] = json!(why);
    }
    said
}

/// Answered vulnerabilities, the reason of what is unused, and the kinds of contradiction of one statement.
fn outcome(statement: &Value, names: &[&str]) -> (Vec<u32>, Option<VexReason>, Vec<VexConflict>) {
    let vex = applied(&[document(&json!([statement]))], names);
    (
        vex.answers.iter().map(|a| a.vulnerability).collect(),
        vex.unused.first().map(|u| u.reason),
        vex.contradictions.iter().map(|c| c.kind).collect(),
    )
}

#[test]
fn products_and_parts_are_matched() {
    use VexConflict::{ComponentPresent, NotFixed, OtherImage};
    use VexReason::{Incomplete, NotFound, OtherComponent, OtherProduct};
    let path = "vulnerable_code_not_in_execute_path";
    let other = "pkg:oci/app@sha256%3A1111111111111111111111111111111111111111111111111111111111111111";
    let no = |id: &str, product: &str, parts: &[&str]| said(id, product, parts, "not_affected", path);
    let cases = [
        ("by digest", no("CVE-2023-1255", ALPINE, &[]), vec![0], None, vec![]),
        ("an alias, in other letters", no("ghsa-R53H-jv2g-vpx6", ALPINE, &[]), vec![2, 3], None, vec![]),
        (
            "by the digest of an index that led here",
            no("CVE-2023-1255", "pkg:oci/app@sha256%3A6666666666666666666666666666666666666666666666666666666666666666", &[]),
            vec![0],
            None,
            vec![],
        ),
        ("another digest", no("CVE-2023-1255", other, &[]), vec![], Some(OtherProduct), vec![OtherImage]),
        ("a part without a version", no("CVE-2023-1255", ALPINE, &["pkg:apk/alpine/libssl3"]), vec![0], None, vec![]),
        ("a part of this version", no("CVE-2023-1255", ALPINE, &["pkg:apk/alpine/libssl3@3.0.8-r3"]), vec![0], None, vec![]),
        (
            "a part of another version",
            no("CVE-2023-1255", ALPINE, &["pkg:apk/alpine/libssl3@3.0.8-r2"]),
            vec![],
            Some(OtherComponent),
            vec![],
        ),
        (
            "a part of another architecture",
            no("CVE-2023-1255", ALPINE, &["pkg:apk/alpine/libssl3?arch=aarch64"]),
            vec![],
            Some(OtherComponent),
            vec![],
        ),
        (
            "a range that holds it",
            no("CVE-2023-1255", ALPINE, &["pkg:apk/alpine/libssl3?vers=vers:apk%2F%3C3.0.9-r0"]),
            vec![0],
            None,
            vec![],
        ),
        (
            "a range that does not",
            no("CVE-2023-1255", ALPINE, &["pkg:apk/alpine/libssl3?vers=vers:apk%2F%3C3.0.8-r3"]),
            vec![],
            Some(OtherComponent),
            vec![],
        ),
        (
            "a range of another kind",
            no("CVE-2023-1255", ALPINE, &["pkg:apk/alpine/libssl3?vers=vers:deb%2F%3C9"]),
            vec![],
            Some(OtherComponent),
            vec![],
        ),
        ("no range", no("CVE-2023-1255", ALPINE, &["pkg:apk/alpine/libssl3?vers=below%203"]), vec![], Some(OtherComponent), vec![]),
        ("a part of the release", no("CVE-2023-1255", ALPINE, &["pkg:apk/alpine/libssl3?distro=alpine-3.18"]), vec![0], None, vec![]),
        (
            "a part of another release",
            no("CVE-2023-1255", ALPINE, &["pkg:apk/alpine/libssl3?distro=alpine-3.1"]),
            vec![],
            Some(OtherComponent),
            vec![],
        ),
        ("a component as the product", no("CVE-2023-1255", "pkg:apk/alpine/libssl3", &[]), vec![0], None, vec![]),
        ("of another namespace", no("CVE-2023-1255", "pkg:apk/wolfi/libssl3", &[]), vec![], Some(OtherProduct), vec![OtherImage]),
        (
            "in the program of the product alone",
            no("GO-2024-2575", "pkg:golang/example.org/app", &["pkg:golang/helm.sh/helm/v3"]),
            vec![2],
            None,
            vec![],
        ),
        ("a vulnerability that is not here", no("CVE-1-1", ALPINE, &[]), vec![], Some(NotFound), vec![]),
        ("no reason", said("CVE-2023-1255", ALPINE, &[], "not_affected", ""), vec![], Some(Incomplete), vec![]),
        (
            "said absent, and here",
            said("CVE-2023-1255", ALPINE, &["pkg:apk/alpine/libssl3"], "not_affected", "component_not_present"),
            vec![0],
            None,
            vec![ComponentPresent],
        ),
        (
            "said absent of the image",
            said("CVE-2023-1255", ALPINE, &[], "not_affected", "component_not_present"),
            vec![0],
            None,
            vec![ComponentPresent],
        ),
        (
            "said absent, and absent",
            said("CVE-1-1", ALPINE, &["pkg:apk/alpine/curl"], "not_affected", "component_not_present"),
            vec![],
            Some(OtherComponent),
            vec![],
        ),
        ("said fixed, and older", said("CVE-2023-1255", ALPINE, &[], "fixed", ""), vec![0], None, vec![NotFixed]),
        ("said fixed, where no record has a fix", said("CVE-2023-9", ALPINE, &[], "fixed", ""), vec![1], None, vec![]),
        ("by name, unknown here", no("CVE-2023-1255", "pkg:oci/app", &[]), vec![], Some(OtherProduct), vec![OtherImage]),
    ];
    for (name, statement, answers, reason, conflicts) in cases {
        assert_eq!(outcome(&statement, &[]), (answers, reason, conflicts), "{name}");
    }
    let names = [
        ("pkg:oci/app", true),
        ("pkg:oci/app?repository_url=registry.example.org/team/app", true),
        ("pkg:oci/app?repository_url=registry.example.org/team", true),
        ("pkg:oci/app?repository_url=elsewhere.example.org/team/app", false),
        ("pkg:oci/app?tag=2", false),
        ("pkg:docker/team/app@1?repository_url=registry.example.org", true),
        ("pkg:docker/app", false),
        ("registry.example.org/team/app:1", true),
        ("team/app", true),
        ("eam/app", false),
        ("https://registry.example.org/team/app", false),
    ];
    for (product, is_it) in names {
        let (answers, ..) = outcome(&no("CVE-2023-1255", product, &[]), &["registry.example.org/team/app:1"]);
        assert_eq!(!answers.is_empty(), is_it, "{product}");
    }
}

#[test]
fn the_newest_word_of_an_author_counts() {
    let at = |time: &str, author: &str, status: &str| {
        let mut said =
            said("CVE-2023-9", ALPINE, &[], status, if status == "not_affected" { "inline_mitigations_already_exist" } else { "" });
        said["timestamp"] = json!(time);
        let mut document = document(&json!([said]));
        document["author"] = json!(author);
        document
    };
    let vex = applied(
        &[
            at("2024-03-01T00:00:00Z", "A", "not_affected"),
            at("2024-02-01T00:00:00Z", "A", "affected"),
            at("2020-01-01T00:00:00Z", "B", "affected"),
        ],
        &[],
    );
    let answers: Vec<u32> = vex.answers.iter().map(|a| a.statement).collect();
    assert_eq!(answers, [0, 2], "another author's word stands beside it");
    assert_eq!(vex.unused.iter().map(|u| (u.statement, u.reason)).collect::<Vec<_>>(), [(1, VexReason::Superseded)]);
}

#[test]
fn of_one_source_all_packages_are_meant() {
    let (answers, ..) = outcome(&said("CVE-2023-9", "pkg:apk/alpine/openssl@3.0.8-r3?arch=source", &[], "fixed", ""), &[]);
    assert_eq!(answers, [1]);
}
