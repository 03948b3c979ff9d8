use plimsoll_evidence::{
    Accounts, BaseImage, Closure, DeletedFile, Digest, ElfFacts, ElfKind, FileEntry, FileKind, FileTree, Hardening, ImageConfig, LayerInfo,
    LayerRead, Need, Platform, Relro,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::read;

fn digest(byte: u8) -> Digest {
    Digest::sha256(&[byte; 32])
}

fn entry(path: &str) -> FileEntry {
    let kind = if path.ends_with('/') || path.is_empty() { FileKind::Directory } else { FileKind::Regular };
    let path = path.trim_end_matches('/').to_owned();
    FileEntry { path, kind, mode: 0o755, uid: 0, gid: 0, size: 9, mtime: 0, link: None, caps: None, layer: 0 }
}

fn elf(path: &str) -> ElfFacts {
    ElfFacts {
        path: path.to_owned(),
        kind: ElfKind::Executable,
        architecture: "amd64".to_owned(),
        bits: 64,
        interpreter: None,
        needed: Vec::new(),
        runpath: Vec::new(),
        soname: None,
        dlopens: false,
        runs_shell: false,
        logs_to_syslog: false,
        library_names: Vec::new(),
        paths: Vec::new(),
        languages: Vec::new(),
        hardening: Hardening {
            pie: true,
            relro: Relro::Full,
            nx: true,
            rwx_segment: false,
            stack_protector: None,
            fortify: None,
            branch_protection: false,
            text_relocations: false,
            static_linked: true,
        },
        identities: Vec::new(),
        code_bytes: 1000,
        has_symbols: false,
        has_debug: false,
    }
}

/// Debian's curl, Python's six that Debian brought, npm's lodash twice, an archive without a group, a program of Go and one of which
/// nothing is known.
fn evidence() -> Evidence {
    let package = |ecosystem, name: &str, version: &str, file: &str| Package::new(ecosystem, name, version, file);
    let status = "var/lib/dpkg/status";
    let packages = vec![
        Package { source: Some("curl".to_owned()), ..package(Ecosystem::Dpkg, "libcurl4", "1:7.88.1-10", status) },
        package(Ecosystem::Dpkg, "python3-six", "1.16.0-4", status),
        Package {
            owned_by: Some("python3-six".to_owned()),
            ..package(Ecosystem::Python, "six", "1.16.0", "usr/lib/six.dist-info/METADATA")
        },
        package(Ecosystem::Npm, "lodash", "4.17.15", "app/node_modules/lodash/package.json"),
        package(Ecosystem::Npm, "lodash", "4.17.21", "app/node_modules/x/node_modules/lodash/package.json"),
        package(Ecosystem::Java, "logging", "1.0", "app/app.jar!lib/logging.jar"),
        package(Ecosystem::Go, "github.com/Azure/a/v2", "v2.0.1", "bin/go"),
        package(Ecosystem::Go, "stdlib", "1.22.1", "bin/go"),
    ];
    let paths = [
        "",
        "app/",
        "app/app.jar",
        "app/main",
        "app/node_modules/",
        "app/node_modules/lodash/",
        "app/node_modules/lodash/fp/",
        "app/node_modules/lodash/fp/package.json",
        "app/node_modules/lodash/package.json",
        "bin/",
        "bin/go",
        "usr/",
        "usr/bin/",
        "usr/bin/curl",
        "var/",
        "var/lib/",
        "var/lib/dpkg/",
        status,
    ];
    let mut files: Vec<FileEntry> = paths.map(entry).to_vec();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let owners = files
        .iter()
        .map(|f| match f.path.as_str() {
            "usr/bin/curl" => 0,
            path if path.starts_with("app/node_modules/lodash") => 3,
            _ => u32::MAX,
        })
        .collect();
    let deleted = vec![DeletedFile { entry: entry("opt/old"), by_layer: 1, replaced: false }];
    let absent = || Need::new("it", "give it");
    Evidence {
        subject: Some(Subject {
            reference: "oci:image".to_owned(),
            digest: digest(7),
            media_type: String::new(),
            platform: Platform::host(),
            indexes: vec![digest(6)],
        }),
        image: Gathered::Found(ImageFacts {
            config_digest: Some(digest(8)),
            annotations: BTreeMap::new(),
            config: ImageConfig::default(),
            history: Vec::new(),
            layers: vec![LayerInfo {
                digest: digest(1),
                diff_id: Some(digest(2)),
                media_type: String::new(),
                size: 1,
                unpacked_bytes: 1,
                entry_count: 1,
                step: None,
                read: LayerRead::Whole,
            }],
            base: BaseImage::Unknown(String::new()),
            distribution: Some(Distribution { id: "debian".to_owned(), version_id: Some("12".to_owned()), ..Distribution::default() }),
            tree: FileTree { files, deleted },
            accounts: Accounts::default(),
            elfs: vec![elf("app/main"), elf("bin/go")],
            texts: Vec::new(),
            closure: Closure::default(),
            secrets: Vec::new(),
        }),
        components: Gathered::Found(Inventory { packages, owners, ..Inventory::default() }),
        sboms: Gathered::Absent(absent()),
        vulnerabilities: Gathered::Absent(absent()),
        vex: Gathered::Absent(absent()),
        sources: Vec::new(),
        source_secrets: Vec::new(),
        build: Gathered::Absent(absent()),
        deployment: Gathered::Absent(absent()),
        problems: Vec::new(),
    }
}

/// A bill of these package URLs, each with the file that it names.
fn bill(components: &[(&str, &str)]) -> Value {
    let each: Vec<Value> = components
        .iter()
        .map(|(purl, file)| {
            let properties = if file.is_empty() { json!([]) } else { json!([{ "name": "syft:location:0:path", "value": file }]) };
            json!({ "type": "library", "name": "n", "purl": purl, "properties": properties })
        })
        .collect();
    json!({ "bomFormat": "CycloneDX", "specVersion": "1.6", "components": each })
}

/// What everything in the image is called by a tool that is right.
const ALL: [(&str, &str); 7] = [
    ("pkg:deb/debian/libcurl4@7.88.1-10?arch=amd64&distro=debian-12.5&epoch=1", ""),
    ("pkg:deb/debian/python3-six@1.16.0-4?distro=debian-12", "/var/lib/dpkg/status"),
    ("pkg:npm/lodash@4.17.15", "/app/node_modules/lodash/package.json"),
    ("pkg:npm/lodash@4.17.21", ""),
    ("pkg:maven/logging/logging@1.0", "/app/app.jar:lib/logging.jar"),
    ("pkg:golang/github.com/azure/a@v2.0.1#v2", "/bin/go"),
    ("pkg:golang/stdlib@v1.22.1", "bin/go"),
];

fn compared(value: &Value, limited_to: Option<&str>) -> (SbomDocument, Evidence) {
    let contents = read(value.to_string().as_bytes()).unwrap();
    let mut evidence = evidence();
    apply(&[GivenSbom { source: "s.json", contents: &contents, limited_to }], &mut evidence);
    let document = evidence.sboms.found().unwrap().documents[0].clone();
    (document, evidence)
}

fn with(more: &[(&str, &str)]) -> SbomDocument {
    compared(&bill(&[&ALL[..], more].concat()), None).0
}

fn without(start: &str) -> SbomDocument {
    let left: Vec<_> = ALL.into_iter().filter(|(purl, _)| !purl.starts_with(start)).collect();
    compared(&bill(&left), None).0
}

#[test]
fn what_tools_write_differently_is_the_same() {
    let document = with(&[]);
    assert_eq!((document.same, document.differences(), document.lacking.as_slice()), (7, 0, &[][..]), "{document:#?}");
    // Entries that are no components of the image, and parts of some.
    let more = [
        ("pkg:deb/debian/curl@1:7.88.1-10?arch=source", ""),
        ("pkg:generic/curl@7.88.1", "/usr/bin/curl"),
        ("pkg:npm/lodash-fp", "/app/node_modules/lodash/fp/package.json"),
        ("pkg:oci/base@sha256%3A00", ""),
        ("pkg:pypi/Six@1.16.0", "/usr/lib/six.dist-info/METADATA"),
    ];
    let document = with(&more);
    assert_eq!((document.differences(), document.parts, document.supplies.len()), (0, 2, 0), "{document:#?}");
}

#[test]
fn an_archive_may_be_called_by_its_file() {
    let claims = |purl: &str| {
        let contents = read(bill(&[&ALL[..], &[(purl, "/app/app.jar")]].concat()).to_string().as_bytes()).unwrap();
        let mut evidence = evidence();
        let Gathered::Found(inventory) = &mut evidence.components else { unreachable!() };
        inventory.packages.push(Package::new(Ecosystem::Java, "org.example:shop", "2.0", "app/app.jar"));
        apply(&[GivenSbom { source: "s.json", contents: &contents, limited_to: None }], &mut evidence);
        evidence.sboms.found().unwrap().documents[0].claims.len()
    };
    assert_eq!(claims("pkg:maven/org.example.Main/app@2.0"), 0);
    assert_eq!((claims("pkg:maven/org.example.Main/app@2.1"), claims("pkg:maven/org.example.Main/evil@2.0")), (1, 1));
}

#[test]
fn what_differs_is_told() {
    assert_eq!(without("pkg:deb/debian/libcurl4").lacking, [0]);
    assert_eq!(without("pkg:npm/lodash@4.17.15").lacking, [3]);
    let mut changed = ALL;
    changed[0].0 = "pkg:deb/debian/libcurl4@7.88.1-11?epoch=1";
    changed[3].0 = "pkg:npm/lodash@4.17.20";
    let document = compared(&bill(&changed), None).0;
    let found: Vec<(&str, &[u32], &[String])> =
        document.other_versions.iter().map(|v| (v.name.as_str(), v.here.as_slice(), v.said.as_slice())).collect();
    assert_eq!(found, [("libcurl4", &[0][..], &["1:7.88.1-11".to_owned()][..]), ("lodash", &[4], &["4.17.20".to_owned()])]);
    assert_eq!((document.lacking.len(), document.same, document.differences()), (0, 5, 2));
    let doubts = |purl: &str, file: &str| with(&[(purl, file)]).claims.iter().map(|c| c.why).collect::<Vec<_>>();
    for (purl, file, why) in [
        ("pkg:deb/debian/wget@1", "/var/lib/dpkg/status", SbomDoubt::NotInstalled),
        ("pkg:golang/x.test/y@v1.0.0", "/bin/go", SbomDoubt::OtherRecord),
        ("pkg:npm/left-pad@1.0.0", "/gone/package.json", SbomDoubt::NoFile),
        ("pkg:npm/left-pad@1.0.0", "/opt/old", SbomDoubt::Deleted),
        ("pkg:npm/left-pad@1.0.0", "", SbomDoubt::Unplaced),
        ("pkg:cargo/serde@1.0.0", "", SbomDoubt::Compiled),
        ("pkg:conan/zlib@1.2", "", SbomDoubt::Compiled),
    ] {
        assert_eq!(doubts(purl, file), [why], "{purl} {file}");
    }
}

#[test]
fn what_it_alone_knows_of_a_file_joins_as_its_word() {
    let crates = [("pkg:cargo/serde@1.0.0", "/app/main"), ("pkg:cargo/libc@0.2.1", "app/main"), ("pkg:generic/openssl@1.1.1", "/bin/go")];
    let (document, evidence) = compared(&bill(&[&ALL[..], &crates].concat()), None);
    let inventory = evidence.components.found().unwrap();
    let stated: Vec<_> = inventory
        .stated
        .iter()
        .map(|s| &inventory.packages[s.package as usize])
        .map(|p| (p.name.as_str(), p.recorded_in.as_str()))
        .collect();
    assert_eq!(stated, [("libc", "app/main"), ("serde", "app/main"), ("openssl", "bin/go")]);
    assert_eq!((document.supplies.as_slice(), document.differences()), (&[8, 9, 10][..], 0));
    assert_eq!((inventory.stated_by(8), inventory.stated_by(7)), (Some("s.json"), None));
    let file = evidence.image.found().unwrap().tree.find("app/main").unwrap();
    assert_eq!(inventory.owner(file).map(|p| p.name.as_str()), Some("libc"));
}

#[test]
fn a_bill_of_one_file_is_held_against_that_alone() {
    let (document, evidence) = compared(&bill(&[("pkg:cargo/serde@1.0.0", "Cargo.toml")]), Some("app/main"));
    assert_eq!((document.supplies.len(), document.lacking.len(), document.claims.len()), (1, 0, 0), "{document:#?}");
    assert_eq!(evidence.components.found().unwrap().packages[8].recorded_in, "app/main");
    let document = compared(&bill(&[("pkg:golang/stdlib@1.22.1", "")]), Some("bin/go")).0;
    assert_eq!((document.same, document.lacking.as_slice()), (1, &[6][..]));
    let document = compared(&bill(&[("pkg:npm/a@1", "")]), Some("gone")).0;
    assert_eq!(document.claims[0].why, SbomDoubt::NoFile);
}

#[test]
fn without_a_database_the_bill_of_the_image_says_what_was_installed() {
    let mut value = bill(&[("pkg:deb/debian/curl@1?distro=debian-12", "/var/lib/dpkg/status")]);
    let joined = |value: &Value| {
        let contents = read(value.to_string().as_bytes()).unwrap();
        let mut evidence = evidence();
        let Gathered::Found(inventory) = &mut evidence.components else { unreachable!() };
        inventory.packages.retain(|p| p.ecosystem != Ecosystem::Dpkg);
        inventory.owners.fill(u32::MAX);
        let Gathered::Found(image) = &mut evidence.image else { unreachable!() };
        image.distribution = None;
        apply(&[GivenSbom { source: "s.json", contents: &contents, limited_to: None }], &mut evidence);
        let sboms = evidence.sboms.found().unwrap();
        (sboms.documents[0].supplies.len(), sboms.documents[0].claims.len(), sboms.distribution.is_some())
    };
    assert_eq!(joined(&value), (0, 1, false), "a bill of nobody knows what proves nothing");
    value["metadata"] = json!({ "component": { "type": "container", "name": "i", "version": digest(7).to_string() } });
    assert_eq!(joined(&value), (1, 0, true));
}

#[test]
fn which_image_it_is_of() {
    let of = |component: Value| {
        let mut value = bill(&ALL);
        value["metadata"] = json!({ "component": component });
        compared(&value, None).0.of
    };
    let container = |version: &str| json!({ "type": "container", "name": "app", "version": version });
    assert!(matches!(of(container(&digest(7).to_string())), SbomOf::This(_)));
    assert!(matches!(of(container(&digest(9).to_string())), SbomOf::Other(by) if by.starts_with("app, sha256:09")));
    assert_eq!(of(container("1.4")), SbomOf::Unsaid);
    let trivy = |name: &str, value: String| json!({ "type": "container", "name": "app", "properties": [{ "name": format!("aquasecurity:trivy:{name}"), "value": value }] });
    assert!(matches!(of(trivy("ImageID", digest(8).to_string())), SbomOf::This(_)));
    assert!(matches!(of(trivy("ImageID", digest(9).to_string())), SbomOf::Other(_)));
    assert!(matches!(of(trivy("DiffID", digest(2).to_string())), SbomOf::This(_)));
    assert_eq!(of(trivy("RepoDigest", format!("app@{}", digest(9)))), SbomOf::Unsaid, "it may be the index's");
    let statement = |byte| {
        let subject = json!([{ "name": "app", "digest": { "sha256": digest(byte).hex() } }]);
        json!({ "_type": "https://in-toto.io/Statement/v1", "predicateType": "https://cyclonedx.org/bom", "subject": subject, "predicate": bill(&ALL) })
    };
    assert!(matches!(compared(&statement(7), None).0.of, SbomOf::This(_)));
    assert!(matches!(compared(&statement(9), None).0.of, SbomOf::Other(_)));
    assert_eq!(compared(&statement(6), None).0.of, SbomOf::Unsaid, "the index's, which has images for other platforms too");
}

#[test]
fn another_distribution_is_told() {
    let said = |id: &str, version: &str| {
        let mut value = bill(&ALL);
        let system = json!({ "type": "operating-system", "name": id, "version": version });
        value["components"].as_array_mut().unwrap().push(system);
        compared(&value, None).0.other_distribution
    };
    assert_eq!(said("debian", "12.15"), None);
    assert_eq!(said("debian", "11"), Some(("debian 11".to_owned(), "debian 12".to_owned())));
    assert_eq!(said("ubuntu", "12"), Some(("ubuntu 12".to_owned(), "debian 12".to_owned())));
}

proptest! {
    #[test]
    fn any_bill_is_compared_to_an_end(purls in proptest::collection::vec(("[a-z]{2,6}", "[a-z/.%@#?=]{0,12}", "[a-z0-9./:!]{0,20}"), 0..20)) {
        let purls: Vec<(String, String)> = purls.into_iter().map(|(kind, rest, file)| (format!("pkg:{kind}/{rest}"), file)).collect();
        let given: Vec<(&str, &str)> = purls.iter().map(|(p, f)| (p.as_str(), f.as_str())).collect();
        let (document, evidence) = compared(&bill(&[&ALL[..], &given].concat()), None);
        prop_assert!(document.lacking.is_empty());
        let inventory = evidence.components.found().unwrap();
        prop_assert_eq!(inventory.packages.len(), 8 + inventory.stated.len());
    }
}
