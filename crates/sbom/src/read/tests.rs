use proptest::prelude::*;

use super::*;

fn names(bytes: &[u8]) -> Vec<String> {
    let contents = read(bytes).unwrap();
    contents.packages.iter().map(|p| format!("{} {} {}", p.ecosystem.name(), p.name, p.version)).collect()
}

#[test]
fn trivys_and_syfts_properties_name_sources() {
    let trivy = br#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": {"type": "container", "name": "x"}},
        "components": [
          {"bom-ref": "o", "type": "operating-system", "name": "debian", "version": "12.5"},
          {"bom-ref": "l", "type": "library", "name": "libc6", "version": "2.36-9", "purl": "pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12.5",
           "properties": [{"name": "aquasecurity:trivy:SrcName", "value": "glibc"}, {"name": "aquasecurity:trivy:SrcVersion", "value": "2.36"}, {"name": "aquasecurity:trivy:SrcRelease", "value": "9"}]},
          {"bom-ref": "n", "group": "@a", "name": "b", "version": "1", "type": "library", "purl": "pkg:npm/%40a/b@1", "components": [{"type": "library", "name": "in", "purl": "pkg:npm/in@2"}]},
          {"type": "library", "name": "odd", "purl": "npm/odd"}, {"type": "library", "name": "c", "purl": "pkg:conan/zlib@1"}, 7
        ], "dependencies": [{"ref": "l", "dependsOn": []}]}"#;
    let found = read(trivy).unwrap();
    assert_eq!(names(trivy), ["dpkg libc6 2.36-9", "npm @a/b 1", "npm in 2"]);
    assert_eq!((found.packages[0].source.as_deref(), found.packages[0].source_version.as_deref()), (Some("glibc"), None));
    assert_eq!(found.distribution.as_ref().map(|d| (d.id.as_str(), d.version_id.as_deref())), Some(("debian", Some("12.5"))));
    assert_eq!(found.problems.len(), 3, "{:?}", found.problems);
    assert_eq!((found.bill.components[1].depends.as_deref(), found.bill.components[2].depends.as_deref()), (Some(&[][..]), None));
    let syft = br#"{"artifacts": [{"id": "1", "name": "libc6", "version": "2.36-9", "type": "deb", "locations": [{"path": "/var/lib/dpkg/status"}],
        "licenses": [{"value": "GPL-2"}], "purl": "pkg:deb/debian/libc6@2.36-9?distro=debian-12", "metadata": {"source": "glibc", "maintainer": "M"}}],
        "distro": {"id": "debian", "versionID": "12", "prettyName": "Debian 12"}, "source": {"name": "img"}, "schema": {"version": "16"}, "descriptor": {"name": "syft", "version": "1"}}"#;
    let found = read(syft).unwrap();
    assert_eq!(
        (found.packages[0].source.as_deref(), found.packages[0].supplier.as_deref(), found.subject.as_deref()),
        (Some("glibc"), Some("M"), Some("img"))
    );
    assert_eq!(found.packages[0].recorded_in, "var/lib/dpkg/status");
    assert_eq!(found.distribution.unwrap().name, "Debian 12");
}

#[test]
fn statements_and_envelopes_are_opened() {
    let bom = r#"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","name":"a","purl":"pkg:npm/a@1"}]}"#;
    let statement =
        format!(r#"{{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://cyclonedx.org/bom","predicate":{bom}}}"#);
    let older = format!(r#"{{"predicateType":"https://cyclonedx.org/bom","predicate":{{"Data":{bom}}}}}"#);
    let envelope = format!(
        r#"{{"payloadType":"application/vnd.in-toto+json","payload":"{}","signatures":[]}}"#,
        base64::engine::general_purpose::STANDARD.encode(&statement)
    );
    for text in [bom, &statement, &older, &envelope] {
        assert_eq!(names(text.as_bytes()), ["npm a 1"], "{text}");
    }
}

/// A document of Trivy 0.66 about a Debian image has 94 packages without a package URL.
#[test]
fn what_cannot_be_looked_up_is_told() {
    let library = |name: &str, version: &str| format!(r#"{{"type":"library","name":"{name}"{version}}}"#);
    let version = r#","version":"3.5.4-1~deb13u2""#;
    let of = |components: &[String]| {
        let text = format!(r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{}]}}"#, components.join(","));
        read(text.as_bytes()).unwrap().problems
    };
    let four: Vec<String> = ["libssl3t64", "openssl", "libc6", "bash"].iter().map(|name| library(name, version)).collect();
    assert_eq!(
        of(&four),
        ["4 components have no package URL, so that nothing can be looked up of libssl3t64 3.5.4-1~deb13u2, openssl 3.5.4-1~deb13u2, \
             libc6 3.5.4-1~deb13u2 and 1 more"]
    );
    assert_eq!(of(&four[..1]), ["1 component has no package URL, so that nothing can be looked up of libssl3t64 3.5.4-1~deb13u2"]);
    let file = r#"{"type":"file","name":"/bin/sh","version":"1"}"#.to_owned();
    assert_eq!(of(&[library("package-lock.json", ""), file]), Vec::<String>::new());
}

#[test]
fn what_is_none_is_refused() {
    for text in [
        "",
        "  ",
        "{}",
        "[]",
        "hello",
        "<x/>",
        "{\"bomFormat\":",
        "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\">",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><bom/>",
    ] {
        assert!(read(text.as_bytes()).is_err(), "{text}");
    }
    let deep = format!("{{\"bomFormat\":\"CycloneDX\",\"components\":{}", "[".repeat(200_000));
    assert!(matches!(read(deep.as_bytes()), Err(SbomError::Malformed(_))));
    let deep = format!("<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\">{}", "<components><component>".repeat(50_000));
    assert!(read(deep.as_bytes()).is_err());
}

#[test]
fn what_lies_too_deep_is_told() {
    let deep = |n: usize| {
        let open = "<components><component type=\"library\"><name>a</name>".repeat(n);
        format!("<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\">{open}{}</bom>", "</component></components>".repeat(n))
    };
    assert_eq!(read(deep(20).as_bytes()).unwrap().problems, Vec::<String>::new());
    assert!(read(deep(1000).as_bytes()).unwrap().problems[0].contains("deep in others"));
}

proptest! {
    #[test]
    fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = read(&bytes);
    }

    #[test]
    fn damaged_documents_end(form in 0..4_usize, changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 0..6)) {
        use crate::write::Form;
        let form = [Form::CycloneDx16, Form::CycloneDx16Xml, Form::Spdx23TagValue, Form::Spdx30][form];
        let mut bytes = crate::write(&crate::write::tests::bill(), form).into_bytes();
        for (at, value) in changes {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        let _ = read(&bytes);
    }
}
