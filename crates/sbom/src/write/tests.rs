use plimsoll_evidence::{Ecosystem, Package};
use serde_json::Value;

use super::*;
use crate::bill::{Hash, Kind};
use crate::read::read;

fn schema(name: &str) -> Value {
    let path = format!("{}/tests/schemas/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn validate(schema_name: &str, document: &Value) {
    let mut registry = jsonschema::Registry::new();
    for part in ["jsf-0.82.schema.json", "spdx.schema.json", "cryptography-defs.schema.json"] {
        let value = schema(&format!("cyclonedx/{part}"));
        let id = value["$id"].as_str().unwrap().to_owned();
        registry = registry.add(id, value).unwrap();
    }
    let registry = registry.prepare().unwrap();
    let validator = jsonschema::options().with_registry(&registry).build(&schema(schema_name)).unwrap();
    let errors: Vec<String> = validator.iter_errors(document).take(5).map(|e| format!("{} at {}", e, e.instance_path())).collect();
    assert!(errors.is_empty(), "{schema_name}: {errors:#?}");
}

/// A bill with everything that evidence can say, and what documents have to escape.
pub(crate) fn bill() -> Bill {
    let component = |reference: &str, name: &str, purl: &str| Component {
        reference: reference.to_owned(),
        name: name.to_owned(),
        version: Some("1.0".to_owned()),
        purl: Some(purl.to_owned()).filter(|p| !p.is_empty()),
        ..Component::default()
    };
    Bill {
        form: String::new(),
        stated_of: Vec::new(),
        tells_vulnerabilities: false,
        subject: Some(Component {
            kind: Kind::Container,
            contains: vec!["os".into(), "a".into(), "b".into(), "c".into()],
            ..component("image", "registry.example.org/app:1", "")
        }),
        created: Some("2026-01-02T03:04:05Z".into()),
        creators: vec!["Team <team@example.org>".into()],
        tools: vec!["plimsoll 0.1.0".into()],
        serial: Some("urn:uuid:01234567-89ab-8def-8123-456789abcdef".into()),
        components: vec![
            Component { kind: Kind::OperatingSystem, ..component("os", "debian", "") },
            Component {
                supplier: Some("Debian <pkg@example.org>".into()),
                homepage: Some("https://example.org/a".into()),
                licences: vec!["GPL-2+".into(), "public-domain".into()],
                depends: Some(vec!["b".into()]),
                contains: vec!["c".into()],
                file: Some("/var/lib/dpkg/status".into()),
                properties: vec![("plimsoll:recordedIn".into(), "/var/lib/dpkg/status".into())],
                ..component("a", "libc6", "pkg:deb/debian/libc6@1.0?arch=amd64&distro=debian-12&upstream=glibc")
            },
            Component {
                licences: vec!["MIT".into()],
                depends: Some(Vec::new()),
                ..component("b", "tzdata", "pkg:deb/debian/tzdata@1.0?distro=debian-12")
            },
            Component {
                licences: vec!["odd <\"&'> licence\u{1}".into()],
                hashes: vec![Hash { algorithm: "SHA-256".into(), value: "0".repeat(64) }],
                file: Some("/app/Ä b%.js".into()),
                homepage: Some("not an address".into()),
                supplier: Some("Ä & Söhne".into()),
                ..component("c", "@a/b<&>", "pkg:npm/%40a/b@1.0")
            },
        ],
    }
}

const FORMS: [Form; 7] =
    [Form::CycloneDx16, Form::CycloneDx17, Form::CycloneDx16Xml, Form::CycloneDx17Xml, Form::Spdx23, Form::Spdx23TagValue, Form::Spdx30];

#[test]
fn json_keeps_to_the_official_schemas() {
    for bill in [bill(), Bill { tools: vec!["plimsoll 0".into()], ..Bill::default() }] {
        for (form, name) in [
            (Form::CycloneDx16, "cyclonedx/bom-1.6.schema.json"),
            (Form::CycloneDx17, "cyclonedx/bom-1.7.schema.json"),
            (Form::Spdx23, "spdx/spdx-2.3-spdx-schema.json"),
            (Form::Spdx30, "spdx/spdx-3.0.1-schema.json"),
        ] {
            validate(name, &serde_json::from_str(&write(&bill, form)).unwrap());
        }
    }
}

#[test]
fn what_is_written_is_read_again() {
    let bill = bill();
    for form in FORMS {
        let text = write(&bill, form);
        assert_eq!(text, write(&bill, form), "the same bytes");
        let found = read(text.as_bytes()).unwrap_or_else(|e| panic!("{form:?}: {e}"));
        assert_eq!(found.problems, Vec::<String>::new(), "{form:?}");
        let packages: Vec<(Ecosystem, &str, &str, Option<&str>)> =
            found.packages.iter().map(|p: &Package| (p.ecosystem, p.name.as_str(), p.version.as_str(), p.source.as_deref())).collect();
        assert_eq!(
            packages,
            [
                (Ecosystem::Dpkg, "libc6", "1.0", Some("glibc")),
                (Ecosystem::Dpkg, "tzdata", "1.0", None),
                (Ecosystem::Npm, "@a/b", "1.0", None)
            ],
            "{form:?}"
        );
        let distribution = found.distribution.unwrap();
        assert_eq!(distribution.id, "debian", "{form:?}");
        assert_eq!(found.subject.as_deref(), Some("registry.example.org/app:1 1.0"), "{form:?}");
        let libc = found.bill.components.iter().find(|c| c.name == "libc6").unwrap();
        let tzdata = found.bill.components.iter().find(|c| c.name == "tzdata").unwrap();
        assert_eq!(libc.depends.as_ref(), Some(&vec![tzdata.reference.clone()]), "{form:?}");
        assert!(
            libc.supplier.as_deref().is_some_and(|s| s.contains("Debian") && s.contains("pkg@example.org")),
            "{form:?}: {:?}",
            libc.supplier
        );
        assert_eq!(
            crate::check(&found.bill).iter().filter(|s| s.component.is_none()).map(|s| s.rule.id()).collect::<Vec<_>>(),
            match form {
                Form::Spdx23 | Form::Spdx23TagValue => vec!["form"],
                _ => vec![],
            }
        );
    }
}
