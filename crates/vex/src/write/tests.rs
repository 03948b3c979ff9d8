use super::*;
use crate::Library;

const FORMS: [VexForm; 4] = [VexForm::OpenVex, VexForm::CycloneDx16, VexForm::CycloneDx17, VexForm::Csaf20];

fn said() -> NewStatement {
    NewStatement {
        vulnerability: "CVE-2025-1234".to_owned(),
        status: VexStatus::NotAffected,
        justification: Some(VexJustification::VulnerableCodeNotInExecutePath),
        impact: None,
        action: None,
        products: vec!["pkg:oci/app@sha256%3A07".to_owned()],
        parts: vec!["pkg:deb/debian/curl".to_owned()],
    }
}

fn affected() -> NewStatement {
    NewStatement { status: VexStatus::Affected, justification: None, action: Some("update".to_owned()), ..said() }
}

fn acme() -> Author {
    Author { name: "Acme".to_owned(), namespace: Some("https://acme.example".to_owned()) }
}

fn new(said: NewStatement, form: VexForm) -> Result<String, WriteError> {
    add(None, &[said], &acme(), Some(form), 1_760_000_000)
}

/// What a document says, and that it keeps its form's official schema.
fn read(text: &str, form: VexForm) -> plimsoll_evidence::Vex {
    let document: Value = serde_json::from_str(text).unwrap();
    let schema = |path: &str| -> Value {
        let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    };
    let (main, parts): (&str, &[&str]) = match form {
        VexForm::OpenVex => ("", &[]),
        VexForm::CycloneDx16 => ("../sbom/tests/schemas/cyclonedx/bom-1.6.schema.json", &CYCLONEDX),
        VexForm::CycloneDx17 => ("../sbom/tests/schemas/cyclonedx/bom-1.7.schema.json", &CYCLONEDX),
        VexForm::Csaf20 => ("tests/schemas/csaf/csaf_json_schema.json", &CSAF),
    };
    if !main.is_empty() {
        let mut registry = jsonschema::Registry::new();
        for part in parts {
            let value = schema(part);
            // Those of CVSS are referred to without the date that their ids have.
            let id = value["$id"].as_str().or(value["id"].as_str()).unwrap().split('?').next().unwrap().to_owned();
            registry = registry.add(id, value).unwrap();
        }
        let registry = registry.prepare().unwrap();
        let validator = jsonschema::options().with_registry(&registry).build(&schema(main)).unwrap();
        let errors: Vec<String> = validator.iter_errors(&document).map(|e| format!("{e} at {}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{form:?}: {errors:#?}\n{text}");
    }
    let mut library = Library::new();
    library.add("x", text.as_bytes(), false).unwrap();
    let (vex, problems) = library.finish();
    assert!(problems.is_empty(), "{problems:?}");
    vex
}

const CYCLONEDX: [&str; 3] = [
    "../sbom/tests/schemas/cyclonedx/jsf-0.82.schema.json",
    "../sbom/tests/schemas/cyclonedx/spdx.schema.json",
    "../sbom/tests/schemas/cyclonedx/cryptography-defs.schema.json",
];
const CSAF: [&str; 3] = ["tests/schemas/csaf/cvss-v2.0.json", "tests/schemas/csaf/cvss-v3.0.json", "tests/schemas/csaf/cvss-v3.1.json"];

#[test]
fn what_is_written_is_read_again() {
    for form in FORMS {
        let first = new(said(), form).unwrap();
        assert_eq!(first, new(said(), form).unwrap(), "the same input gives the same bytes");
        read(&first, form);
        let second = add(Some(first.as_bytes()), &[affected()], &Author::default(), None, 1_760_000_100).unwrap();
        let vex = read(&second, form);
        let document = &vex.documents[0];
        assert_eq!(
            (document.version.as_deref(), document.author.as_deref(), document.changed),
            (Some("2"), Some("Acme"), Some(1_760_000_100))
        );
        let found: Vec<_> = vex.statements.iter().map(|s| (s.vulnerabilities.join(","), s.status, s.justification)).collect();
        assert_eq!(
            found,
            [
                ("CVE-2025-1234".to_owned(), VexStatus::NotAffected, Some(VexJustification::VulnerableCodeNotInExecutePath)),
                ("CVE-2025-1234".to_owned(), VexStatus::Affected, None),
            ],
            "{form:?}"
        );
        for statement in &vex.statements {
            let product = &statement.products[0];
            assert_eq!(product.product.purls, ["pkg:oci/app@sha256%3A07"], "{form:?}");
            assert_eq!(product.parts[0].purls, ["pkg:deb/debian/curl"], "{form:?}");
        }
        assert!(vex.statements[1].action.as_deref().is_some_and(|a| a.ends_with("update")));
    }
}

#[test]
fn every_status_and_the_product_as_a_whole() {
    for form in FORMS {
        let plain = |status| NewStatement { status, justification: None, parts: Vec::new(), vulnerability: "GHSA-1".to_owned(), ..said() };
        let all = [
            plain(VexStatus::Fixed),
            plain(VexStatus::UnderInvestigation),
            NewStatement { impact: Some("why".to_owned()), ..plain(VexStatus::NotAffected) },
        ];
        let vex = read(&add(None, &all, &acme(), Some(form), 0).unwrap(), form);
        let found: Vec<VexStatus> = vex.statements.iter().map(|s| s.status).collect();
        assert_eq!(found, [VexStatus::Fixed, VexStatus::UnderInvestigation, VexStatus::NotAffected], "{form:?}");
        assert!(vex.statements.iter().all(|s| s.products[0].parts.is_empty() && s.vulnerabilities == ["GHSA-1"]), "{form:?}");
        assert_eq!(vex.statements[2].impact.as_deref(), Some("why"));
    }
}

#[test]
fn what_would_count_for_nothing_is_not_written() {
    let cases = [
        (NewStatement { justification: None, ..said() }, WriteError::NoReason),
        (NewStatement { status: VexStatus::Fixed, ..said() }, WriteError::NeedlessReason),
        (NewStatement { action: None, ..affected() }, WriteError::NoAction),
        (NewStatement { products: Vec::new(), ..said() }, WriteError::NoProduct),
    ];
    for (said, wanted) in cases {
        for form in FORMS {
            assert_eq!(new(said.clone(), form), Err(wanted.clone()));
        }
    }
    let bad = NewStatement { parts: vec!["curl".to_owned()], ..said() };
    assert!(matches!(new(bad, VexForm::OpenVex), Err(WriteError::BadPurl(..))));
    let other = NewStatement { justification: Some(VexJustification::RequiresOtherCircumstances), ..said() };
    assert!(matches!(new(other.clone(), VexForm::OpenVex), Err(WriteError::NotOfForm(..))));
    assert!(new(other, VexForm::CycloneDx16).is_ok());
    assert_eq!(add(None, &[said()], &Author::default(), Some(VexForm::Csaf20), 0), Err(WriteError::NoNamespace));
}

#[test]
fn what_is_there_is_kept_in_its_form_or_left_as_it_is() {
    let first = new(said(), VexForm::CycloneDx16).unwrap();
    let more = |form, said| add(Some(first.as_bytes()), &[said], &acme(), form, 0);
    assert_eq!(more(Some(VexForm::OpenVex), said()), Err(WriteError::OtherForm("CycloneDX 1.6")));
    let other = NewStatement { products: vec!["pkg:oci/other@sha256%3A08".to_owned()], ..said() };
    assert!(matches!(more(None, other), Err(WriteError::OtherProduct("CycloneDX", of)) if of.starts_with("pkg:oci/app")));
    // What others wrote, whatever it holds.
    for there in [
        "{}",
        "[]",
        "7",
        r#"{"@context": "https://openvex.dev/ns/v0.2.0", "statements": 7}"#,
        r#"{"bomFormat": "CycloneDX", "specVersion": "1.4"}"#,
        r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": 7}"#,
        r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": {"purl": "pkg:oci/app@sha256%3A07"}}, "components": 7}"#,
        r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": {"purl": "pkg:oci/app@sha256%3A07"}}, "vulnerabilities": 7}"#,
        r#"{"document": {"category": "csaf_vex", "csaf_version": "2.1"}}"#,
        r#"{"document": {"category": "csaf_vex", "csaf_version": "2.0"}}"#,
        r#"{"document": {"category": "csaf_vex", "csaf_version": "2.0", "tracking": 7}, "product_tree": {"full_product_names": [{"product_id": "PRODUCT", "product_identification_helper": {"purl": "pkg:oci/app@sha256%3A07"}}]}}"#,
        r#"{"document": {"category": "csaf_vex", "csaf_version": "2.0", "tracking": {"version": "1", "revision_history": []}}, "product_tree": {"full_product_names": [{"product_id": "PRODUCT", "product_identification_helper": {"purl": "pkg:oci/app@sha256%3A07"}}], "relationships": 7}}"#,
    ] {
        assert!(matches!(add(Some(there.as_bytes()), &[said()], &acme(), None, 0), Err(WriteError::NotADocument(_))), "{there}");
    }
}
