//! From publishers' files to findings.

#![allow(clippy::unwrap_used)] // Test code: a panic is the message.

use std::fs;
use std::path::{Path, PathBuf};

use plimsoll_advisories::{Builder, Built, Database, DatabaseError, find};
use plimsoll_evidence::{Distribution, Ecosystem, FixState, Package, Severity, Vulnerabilities, Vulnerability};

struct Made {
    _folder: tempfile::TempDir,
    path: PathBuf,
    built: Built,
}

fn made(files: &[(&str, &str)]) -> Made {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let mut builder = Builder::new();
    for (name, text) in files {
        builder.add_bytes(name, text.as_bytes(), Some(1_700_000_000));
    }
    let built = builder.finish(&path).unwrap();
    Made { _folder: folder, path, built }
}

fn osv(id: &str, ecosystem: &str, name: &str, events: &str, more: &str) -> String {
    format!(
        r#"{{"id":"{id}","modified":"2024-05-01T00:00:00Z","published":"2024-04-01T00:00:00Z",{more}
        "affected":[{{"package":{{"ecosystem":"{ecosystem}","name":"{name}"}},"ranges":[{{"type":"ECOSYSTEM","events":[{events}]}}]}}]}}"#
    )
}

fn until(version: &str) -> String {
    format!(r#"{{"introduced":"0"}},{{"fixed":"{version}"}}"#)
}

fn distribution(id: &str, version: &str) -> Distribution {
    Distribution { id: id.to_owned(), id_like: Vec::new(), version_id: Some(version.to_owned()), name: id.to_owned() }
}

fn ask(made: &Made, packages: &[Package], distribution: Option<&Distribution>) -> Vulnerabilities {
    find(&Database::open(&made.path).unwrap(), packages, distribution).unwrap()
}

fn ids(said: &Vulnerabilities) -> Vec<String> {
    said.found.iter().map(|v| format!("{} {}", v.component, v.id)).collect()
}

fn debian(name: &str, source: &str, version: &str, source_version: Option<&str>) -> Package {
    let mut package = Package::new(Ecosystem::Dpkg, name, version, "var/lib/dpkg/status");
    package.source = (source != name).then(|| source.to_owned());
    package.source_version = source_version.map(str::to_owned);
    package
}

#[test]
fn system_packages_are_matched_by_source_and_release() {
    let made = made(&[
        (
            "DSA/list",
            "[01 Jan 2024] DSA-1-1 glibc - security update\n\t{CVE-2024-1 CVE-2024-2}\n\t[bookworm] - glibc 2.36-10\n\t[bullseye] - glibc 2.31-99\n",
        ),
        ("x.json", &osv("CVE-2024-9", "Debian:11", "glibc", &until("9"), "")),
    ]);
    let packages = [
        debian("libc6", "glibc", "2.36-9+b1", Some("2.36-9")),
        debian("libc-bin", "glibc", "2.36-10+b2", Some("2.36-10")),
        debian("glibc", "other", "1", None),
    ];
    let said = ask(&made, &packages, Some(&distribution("debian", "12")));
    assert_eq!(ids(&said), ["0 CVE-2024-1", "0 CVE-2024-2"], "each vulnerability of the advisory, for the one that is older");
    let first = &said.found[0];
    assert_eq!(first.ids, ["CVE-2024-1", "DSA-1-1"]);
    assert_eq!((first.fix, first.fixed_in.as_slice()), (FixState::Fixed, &["2.36-10".to_owned()][..]));
    assert_eq!(first.matches[0].proof, "source glibc 2.36-9 is before 2.36-10, Debian:12, DSA-1-1");
    assert_eq!(first.published, Some(1_704_067_200));
    let other = ask(&made, &packages, Some(&distribution("debian", "13")));
    assert_eq!(other.found, []);
    assert_eq!(
        (other.uncovered.len(), other.uncovered[0].what.as_str(), other.uncovered[0].components.as_slice()),
        (1, "debian 13", &[0, 1, 2][..])
    );
    let nobody = ask(&made, &packages, None);
    assert_eq!(nobody.uncovered[0].what, "system packages without os-release");
}

#[test]
fn what_a_distribution_brought_is_not_asked_for_in_its_language() {
    let made = made(&[("x.json", &osv("PYSEC-1", "PyPI", "requests", &until("2.31"), ""))]);
    let mut own = Package::new(Ecosystem::Python, "Requests", "2.28.1", "usr/lib/python3/dist-packages/requests-2.28.1.dist-info/METADATA");
    assert_eq!(ids(&ask(&made, std::slice::from_ref(&own), None)), ["0 PYSEC-1"]);
    own.owned_by = Some("python3-requests".to_owned());
    let said = ask(&made, &[own], None);
    assert_eq!((said.found, said.uncovered), (vec![], vec![]), "Debian speaks for it");
}

#[test]
fn records_of_one_vulnerability_are_one_finding() {
    let made = made(&[
        (
            "a.json",
            &osv(
                "GHSA-aa",
                "Go",
                "x.test/m",
                &until("1.3.0"),
                r#""aliases":["CVE-2024-1","GO-2024-1"],"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],"#,
            ),
        ),
        ("b.json", &osv("GO-2024-1", "Go", "x.test/m", &until("1.2.5"), r#""summary":"Overflow in m","#)),
        ("c.json", &osv("GO-2024-2", "Go", "x.test/m", &until("1.2.5"), r#""withdrawn":"2024-06-01T00:00:00Z","#)),
        ("d.json", &osv("GO-2024-3", "Go", "x.test/m", r#"{"introduced":"2.0.0"}"#, "")),
        (
            "kev.json",
            r#"{"catalogVersion":"2025.08.25","vulnerabilities":[{"cveID":"CVE-2024-1","dateAdded":"2024-05-05","requiredAction":"Mend."}]}"#,
        ),
        ("epss.csv", "#v,score_date:2024-10-25T00\ncve,epss,percentile\nCVE-2024-1,0.5,0.97\n"),
    ]);
    let said = ask(&made, &[Package::new(Ecosystem::Go, "x.test/m", "v1.2.0", "app")], None);
    assert_eq!(ids(&said), ["0 CVE-2024-1"]);
    let found = &said.found[0];
    assert_eq!(found.ids, ["CVE-2024-1", "GHSA-aa", "GO-2024-1"]);
    assert_eq!(found.fixed_in, ["1.2.5", "1.3.0"]);
    assert_eq!((found.severity(), found.summary.as_str()), (Some(Severity::Critical), "Overflow in m"));
    assert_eq!((found.kev.as_ref().unwrap().added.as_str(), found.epss.as_ref().unwrap().score), ("2024-05-05", 0.5));
    assert_eq!((said.withdrawn.len(), said.withdrawn[0].record.as_str()), (1, "GO-2024-2"));
    assert_eq!(said.database.kev.as_ref().unwrap().date.as_deref(), Some("2025-08-25"));
}

#[test]
fn names_and_versions_of_languages() {
    let made = made(&[
        ("a.json", &osv("A", "Maven", "org.x:lib", &until("2.0"), "")),
        ("b.json", &osv("B", "PyPI", "Ruamel.Yaml", &until("2.0"), "")),
        ("c.json", &osv("C", "Go", "stdlib", &until("1.22.0"), "").replace("ECOSYSTEM", "SEMVER")),
        ("d.json", &osv("D", "npm", "left-pad", r#"{"introduced":"0"}"#, "")),
    ]);
    let p = |e, name: &str, version: &str| Package::new(e, name, version, "x");
    let packages = [
        p(Ecosystem::Java, "org.x:lib", "1.9"),
        p(Ecosystem::Java, "lib", "1.9"),
        p(Ecosystem::Python, "ruamel_yaml", "1.9"),
        p(Ecosystem::Go, "stdlib", "go1.22rc1"),
        p(Ecosystem::Go, "stdlib", "1.22.0"),
        p(Ecosystem::Go, "x.test/main", "(devel)"),
        p(Ecosystem::Npm, "left-pad", "1.0.0"),
        p(Ecosystem::Gem, "rack", "1"),
    ];
    let said = ask(&made, &packages, None);
    assert_eq!(ids(&said), ["0 A", "2 B", "3 C", "6 D"]);
    assert_eq!(said.found[3].fix, FixState::NotFixed);
    let uncovered: Vec<(&str, &[u32])> = said.uncovered.iter().map(|u| (u.what.as_str(), u.components.as_slice())).collect();
    assert_eq!(uncovered, [("Java archives without a group", &[1][..]), ("RubyGems", &[7]), ("go components without a version", &[5])]);
}

#[test]
fn a_module_s_erratum_is_not_for_others() {
    let made = made(&[("a.json", &osv("ALSA-1", "AlmaLinux:8", "nodejs", &until("1:16.0-1.module_el8.5"), r#""related":["CVE-1"],"#))]);
    let rpm = |version: &str| Package::new(Ecosystem::Rpm, "nodejs", version, "x");
    let said = ask(&made, &[rpm("1:14.0-1.el8"), rpm("1:14.0-1.module_el8.4")], Some(&distribution("almalinux", "8.9")));
    assert_eq!(ids(&said), ["1 CVE-1"]);
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_goes_on() {
    let deep = format!(r#"{{"id":"X","affected":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let ranges: Vec<String> =
        (0..100_000).map(|n| format!(r#"{{"type":"SEMVER","events":[{{"introduced":"1.{n}.0"}},{{"fixed":"1.{n}.1"}}]}}"#)).collect();
    let many = format!(
        r#"{{"id":"Y","modified":"2024-01-01T00:00:00Z","affected":[{{"package":{{"ecosystem":"npm","name":"y"}},"ranges":[{}]}}]}}"#,
        ranges.join(",")
    );
    let made = made(&[
        ("deep.json", &deep),
        ("many.json", &many),
        ("deep.yaml", &"[".repeat(100_000)),
        ("good.json", &osv("G", "npm", "g", &until("2"), "")),
        ("README.md", "# x\n"),
        ("epss.csv", "#model_version:v1\nwrong,header\n"),
    ]);
    let names: Vec<&str> = made.built.unread.iter().map(|u| u.name.as_str()).collect();
    assert_eq!(names, ["deep.json", "deep.yaml", "epss.csv"]);
    assert_eq!((made.built.state.records, made.built.others), (2, 1));
    let said = ask(&made, &[Package::new(Ecosystem::Npm, "y", "1.99999.0", "x"), Package::new(Ecosystem::Npm, "g", "1.0.0", "x")], None);
    assert_eq!(ids(&said), ["0 Y", "1 G"]);
}

#[test]
fn equal_input_gives_equal_bytes_and_the_old_file_stays_until_the_new_is_whole() {
    let a = ("a.json", osv("A", "npm", "a", &until("2"), ""));
    let b = ("b.json", osv("B", "npm", "b", &until("2"), ""));
    let one = made(&[(a.0, &a.1), (b.0, &b.1)]);
    let two = made(&[(b.0, &b.1), (a.0, &a.1)]);
    assert_eq!(fs::read(&one.path).unwrap(), fs::read(&two.path).unwrap());
    // A folder in the file's place: it cannot be replaced, and nothing is left lying about.
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("taken");
    fs::create_dir_all(taken.join("full")).unwrap();
    let mut builder = Builder::new();
    builder.add_bytes(a.0, a.1.as_bytes(), None);
    assert!(builder.finish(&taken).is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_damaged_file_is_told_and_never_believed() {
    let made = made(&[("a.json", &osv("A", "npm", "a", &until("2"), "")), ("b.json", &osv("B", "npm", "b", &until("2"), ""))]);
    let whole = fs::read(&made.path).unwrap();
    let packages = [Package::new(Ecosystem::Npm, "a", "1.0.0", "x"), Package::new(Ecosystem::Npm, "b", "1.0.0", "x")];
    let wanted = ask(&made, &packages, None);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.db");
    let ask = |bytes: &[u8]| -> Result<Vulnerabilities, DatabaseError> {
        fs::write(&path, bytes).unwrap();
        find(&Database::open(&path)?, &packages, None)
    };
    for end in 0..whole.len() {
        assert!(matches!(ask(&whole[..end]), Err(DatabaseError::Damaged { .. })), "cut at {end}");
    }
    let mut quiet = 0;
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x41;
        match ask(&bytes) {
            Err(DatabaseError::Damaged { .. } | DatabaseError::TooNew { .. }) => {}
            // The length before an entry is not covered by its check, but leads to a wrong check or to the same bytes.
            Ok(said) => {
                assert_eq!(said.found, wanted.found, "byte {at}");
                quiet += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(quiet, 0);
    let mut newer = whole;
    newer[8] = 99;
    assert!(matches!(ask(&newer), Err(DatabaseError::TooNew { schema: 99, .. })));
    assert!(matches!(Database::open(Path::new("/nowhere/x.db")), Err(DatabaseError::Unreadable { .. })));
}

/// A database that an older form's writer wrote stays readable. `PLIMSOLL_WRITE_FIXTURE=1` writes the newest, for a new form beside the old.
#[test]
fn a_database_of_every_form_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forms");
    let path = folder.join("2.db");
    if std::env::var_os("PLIMSOLL_WRITE_FIXTURE").is_some() {
        let made = made(&[
            ("a.json", &osv("GHSA-1", "npm", "left-pad", &until("2.0.0"), r#""aliases":["CVE-2024-1"],"summary":"Pads too much","#)),
            ("kev.json", r#"{"catalogVersion":"2025.08.25","vulnerabilities":[{"cveID":"CVE-2024-1","dateAdded":"2024-05-05"}]}"#),
            ("epss.csv", "#v,score_date:2024-10-25T00\ncve,epss,percentile\nCVE-2024-1,0.5,0.97\n"),
        ]);
        fs::copy(&made.path, &path).unwrap();
    }
    for schema in 1..=2 {
        let database = Database::open(&folder.join(format!("{schema}.db"))).unwrap();
        assert_eq!(database.state().schema, schema);
        let said = find(&database, &[Package::new(Ecosystem::Npm, "left-pad", "1.0.0", "x")], None).unwrap();
        let found = &said.found[0];
        assert_eq!(
            (found.id.as_str(), found.summary.as_str(), found.fixed_in.as_slice()),
            ("CVE-2024-1", "Pads too much", &["2.0.0".to_owned()][..])
        );
        assert!(found.kev.is_some() && found.epss.is_some());
    }
}

#[test]
fn a_build_is_judged_by_the_fix_of_its_own_stream() {
    let errata = |id: &str, title: &str, name: &str, fixed: &str| {
        osv(
            id,
            "AlmaLinux:8",
            name,
            &until(fixed),
            &format!(r#""summary":"{title}","related":["CVE-2021-{}"],"#, if name == "mariadb" { 1 } else { 2 }),
        )
    };
    let made = made(&[
        ("a.json", &errata("ALSA-1", "Important: mariadb:10.3 security update", "mariadb", "3:10.3.28-1.module_el8.3.0+2177+7adc332a")),
        ("b.json", &errata("ALSA-2", "Important: mariadb:10.5 security update", "mariadb", "3:10.5.9-1.module_el8.4.0+2177+7adc332a")),
        ("c.json", &errata("ALSA-3", "Moderate: python3 security update", "python3", "3.6.8-38.el8_4")),
        ("d.json", &errata("ALSA-4", "Moderate: python3 security update", "python3", "3.6.8-45.el8")),
    ]);
    let rpm = |name: &str, version: &str, module: Option<&str>| {
        let mut package = Package::new(Ecosystem::Rpm, name, version, "var/lib/rpm/Packages");
        package.modularity = module.map(str::to_owned);
        package
    };
    let packages = [
        rpm("mariadb", "3:10.3.28-1.module_el8.3.0+2177+7adc332a", Some("mariadb:10.3:1:a")),
        rpm("mariadb", "3:10.3.27-1.module_el8.3.0+2177+7adc332a", Some("mariadb:10.3:1:a")),
        rpm("mariadb", "3:10.5.8-1.module_el8.3.0+2177+7adc332a", Some("mariadb:10.5:1:a")),
        rpm("mariadb", "3:10.3.27-1.el8", None),
        rpm("python3", "3.6.8-38.el8_4", None),
        rpm("python3", "3.6.8-37.el8", None),
        rpm("python3", "3.6.8-41.el8", None),
    ];
    let said = ask(&made, &packages, Some(&distribution("almalinux", "8.4")));
    assert_eq!(
        ids(&said),
        ["1 CVE-2021-1", "2 CVE-2021-1", "5 CVE-2021-2", "6 CVE-2021-2"],
        "6 is no build of 8.4, whose fix it would have by number"
    );
    let fixed: Vec<&[String]> = said.found.iter().map(|v| v.fixed_in.as_slice()).collect();
    assert_eq!(fixed[0], ["3:10.3.28-1.module_el8.3.0+2177+7adc332a"]);
    assert_eq!(fixed[1], ["3:10.5.9-1.module_el8.4.0+2177+7adc332a"]);
}

#[test]
fn photons_packages_have_what_their_sources_have() {
    let made = made(&[(
        "cve_data_photon3.0.json",
        r#"[{"cve_id":"CVE-2019-1","pkg":"curl","aff_ver":"all versions before 7.61.1-5.ph3 are vulnerable","res_ver":"7.61.1-5.ph3","status":"Fixed"},
            {"cve_id":"CVE-2019-2","pkg":"curl-libs","aff_ver":"all","res_ver":"NA","status":"Fixed"}]"#,
    )]);
    let mut package = Package::new(Ecosystem::Rpm, "curl-libs", "7.61.1-4.ph3", "var/lib/rpm/Packages");
    package.source = Some("curl".to_owned());
    let said = ask(&made, &[package], Some(&distribution("photon", "3.0")));
    assert_eq!(ids(&said), ["0 CVE-2019-1", "0 CVE-2019-2"]);
}

#[test]
fn ubuntus_fixes_for_subscribers_are_known() {
    let made = made(&[
        (
            "a.json",
            &osv("UBUNTU-CVE-2022-1", "Ubuntu:Pro:22.04:LTS", "netty", &until("1:4.1.48-4ubuntu0.1~esm1"), r#""upstream":["CVE-2022-1"],"#),
        ),
        ("b.json", &osv("UBUNTU-CVE-2021-2", "Ubuntu:22.04:LTS", "wayland", r#"{"introduced":"0"}"#, r#""upstream":["CVE-2021-2"],"#)),
        ("c.json", &osv("USN-2-1", "Ubuntu:Pro:22.04:LTS", "wayland", &until("1.12.0-1+esm1"), r#""upstream":["CVE-2021-2"],"#)),
    ]);
    let packages = [
        debian("libnetty-java", "netty", "1:4.1.48-4", None),
        debian("libnetty-java", "netty", "1:4.1.48-4ubuntu0.1~esm1", None),
        debian("libwayland-client0", "wayland", "1.11.0-2", None),
        debian("libwayland-client0", "wayland", "1.12.0-1+esm1", None),
    ];
    let said = ask(&made, &packages, Some(&distribution("ubuntu", "22.04")));
    assert_eq!(ids(&said), ["0 CVE-2022-1", "2 CVE-2021-2"], "the archive's packages have them; those for subscribers have not");
    assert_eq!((said.found[0].fix, said.found[0].fixed_in.len()), (FixState::WillNotFix, 0), "the archive has no fix");
    assert_eq!(
        said.found[0].matches[0].proof,
        "source netty 1:4.1.48-4 is before 1:4.1.48-4ubuntu0.1~esm1, which subscribers get, Ubuntu:Pro:22.04:LTS, UBUNTU-CVE-2022-1"
    );
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(128))]

    /// Bytes of every kind are read or named, never a panic, and what comes of them can be asked.
    #[test]
    fn no_bytes_break_it(name in "(a\\.json|a\\.yaml|gems/a\\.yml|a\\.md|DSA/list|a\\.csv)", text in "[\\x00-\\xff\\PC\\n\\t{}\\[\\]:\",<>=-]{0,300}") {
        let made = made(&[(&name, &text)]);
        let said = ask(&made, &[Package::new(Ecosystem::Npm, "a", "1", "x")], Some(&distribution("debian", "12")));
        proptest::prop_assert!(said.found.len() <= made.built.state.records as usize * 4096);
    }

    /// A record whose fields are anything: a version that is not below the fixed one is never affected, one below it always.
    #[test]
    fn a_fixed_version_and_all_above_are_not_affected(a in 0_u32..50, b in 0_u32..50, fixed in 1_u32..50) {
        let made = made(&[("a.json", &osv("A", "npm", "a", &until(&format!("{fixed}.0.0")), "").replace("ECOSYSTEM", "SEMVER"))]);
        let said = ask(&made, &[Package::new(Ecosystem::Npm, "a", &format!("{a}.{b}.0"), "x")], None);
        proptest::prop_assert_eq!(said.found.len(), usize::from(a < fixed));
    }
}

#[test]
fn near_names_are_known() {
    let made = made(&[("a.json", &osv("A", "npm", "express", &until("2"), "")), ("b.json", &osv("B", "PyPI", "express", &until("2"), ""))]);
    let database = Database::open(&made.path).unwrap();
    assert!(database.knows("npm", "express") && !database.knows("npm", "expres"));
    let near: Vec<String> = database.nearest("npm", "exprss").into_iter().map(|n| format!("{} {}", n.name, n.distance)).collect();
    assert_eq!(near, ["express 1"]);
    assert_eq!(database.search("PRES", 9).len(), 2);
    database.verify().unwrap();
}

#[test]
fn a_finding_is_plain_data() {
    let made = made(&[("a.json", &osv("A", "npm", "a", &until("2"), ""))]);
    let said = ask(&made, &[Package::new(Ecosystem::Npm, "a", "1.0.0", "x")], None);
    let text = serde_json::to_string(&said.found[0]).unwrap();
    assert_eq!(serde_json::from_str::<Vulnerability>(&text).unwrap(), said.found[0]);
}

#[test]
fn the_reverse_search_tells_names_and_matches_nothing_by_them() {
    let made = made(&[
        ("a.json", &osv("CVE-2024-1", "Bitnami", "node", &until("20.0.0"), "")),
        ("b.json", &osv("CVE-2024-2", "Debian:12", "nodejs", &until("18.2.0"), "")),
        ("c.json", &osv("CVE-2024-3", "Debian:11", "nodejs", &until("18.2.0"), "")),
        ("d.json", &osv("CVE-2024-4", "PyPI", "numpy", &until("2"), "")),
        ("e.json", &osv("CVE-2024-5", "Maven", "org.apache.logging.log4j:log4j-core", &until("3"), "")),
        ("f.json", &osv("CVE-2024-6", "Maven", "org.example:log4j-core-extra", &until("3"), "")),
    ]);
    let packages = [
        Package::new(Ecosystem::Program, "node", "18.1.0", "usr/local/bin/node"),
        Package::new(Ecosystem::Conda, "numpy", "1.0", "opt/conda-meta/numpy.json"),
        Package::new(Ecosystem::Java, "log4j-core", "2.14.1", "app.jar"),
        Package::new(Ecosystem::Program, "unheard-of", "1", "x"),
        Package::new(Ecosystem::Npm, "node", "1", "x"),
    ];
    let said = ask(&made, &packages, None);
    assert_eq!(ids(&said), ["0 CVE-2024-1"], "only what is known to be the same is matched");
    let told: Vec<String> = said
        .elsewhere
        .iter()
        .flat_map(|e| e.names.iter().map(move |n| (e, n)))
        .map(|(e, n)| {
            let as_what = e.looked_up_as.as_deref().unwrap_or("-");
            format!("{} {} {} {} {as_what}", e.component, n.purl.as_deref().unwrap_or("-"), n.releases.join(","), n.records)
        })
        .collect();
    assert_eq!(
        told,
        [
            "0 pkg:bitnami/node  1 pkg:bitnami/node@18.1.0",
            "0 pkg:deb/debian/nodejs?arch=source 11,12 1 pkg:bitnami/node@18.1.0",
            "1 pkg:pypi/numpy  1 -",
            "2 pkg:maven/org.apache.logging.log4j/log4j-core  1 -",
        ]
    );
}

#[test]
fn amazon_and_fedora_are_matched_by_their_own_errata() {
    let rpm = |name: &str, version: &str, source: Option<(&str, &str)>| Package {
        source: source.map(|(name, _)| name.to_owned()),
        source_version: source.map(|(_, version)| version.to_owned()),
        architecture: Some("x86_64".to_owned()),
        ..Package::new(Ecosystem::Rpm, name, version, "var/lib/rpm/rpmdb.sqlite")
    };
    let build = |name: &str, version: &str, release: &str| {
        format!(r#"<package name="{name}" version="{version}" release="{release}" epoch="0" arch="x86_64"/>"#)
    };
    let update = |id: &str, cve: &str, builds: &str| {
        format!(
            r#"<update status="final" type="security"><id>{id}</id><title>{id}</title><references><reference id="{cve}" type="cve"/></references><pkglist><collection>{builds}</collection></pkglist></update>"#
        )
    };
    // The facts of Amazon's ALAS2-2018-951 and of the other release's build.
    let amazon = format!(
        "<updates>{}{}</updates>",
        update("ALAS2-2018-951", "CVE-2018-1000007", &build("libcurl", "7.55.1", "9.amzn2.0.1")),
        update("ALAS2023-2023-1", "CVE-2023-1", &build("libcurl", "8.0", "1.amzn2023"))
    );
    // Bodhi names builds of sources: perl's have an epoch, and its parts have versions of their own.
    let fedora = r#"{"alias":"FEDORA-2023-1","title":"perl-5.36.1-497.fc38","type":"security","status":"stable","severity":"high",
        "release":{"version":"38","id_prefix":"FEDORA"},"bugs":[{"security":true,"title":"CVE-2023-9 perl: flaw"}],
        "builds":[{"nvr":"perl-5.36.1-497.fc38","epoch":4}]}"#;
    let made = made(&[("updateinfo.xml", &amazon), ("bodhi.json", fedora)]);
    assert!(made.built.unread.is_empty() && made.built.state.records == 3, "{:?}", made.built);
    let curl = [rpm("libcurl", "7.55.1-9.amzn2", Some(("curl", "7.55.1-9.amzn2"))), rpm("libcurl", "7.55.1-9.amzn2.0.1", None)];
    assert_eq!(ids(&ask(&made, &curl, Some(&distribution("amzn", "2")))), ["0 CVE-2018-1000007"]);
    assert_eq!(ids(&ask(&made, &curl[1..], Some(&distribution("amzn", "2023")))), ["0 CVE-2023-1"], "as if it were of that release");
    let perl = |version: &str, release: &str, own: &str| {
        let source = format!("{version}-{release}.fc38");
        [
            rpm("perl-libs", &format!("4:{source}"), Some(("perl", &source))),
            rpm("perl-Errno", &format!("{own}-{release}.fc38"), Some(("perl", &source))),
            rpm("perl", &format!("4:{source}"), None),
        ]
    };
    let fedora = distribution("fedora", "38");
    assert_eq!(ids(&ask(&made, &perl("5.36.0", "490", "1.36"), Some(&fedora))), ["0 CVE-2023-9", "1 CVE-2023-9", "2 CVE-2023-9"]);
    assert_eq!(ids(&ask(&made, &perl("5.36.1", "497", "1.37"), Some(&fedora))), [""; 0]);
    assert_eq!(ids(&ask(&made, &perl("5.36.0", "490", "1.36"), Some(&distribution("fedora", "39")))), [""; 0]);
}

#[test]
fn builds_of_bitnami_are_ordered_as_bitnami_counts_them() {
    let record = r#"{"id":"BIT-postgresql-2025-1","modified":"2025-05-01T00:00:00Z","aliases":["CVE-2025-1"],"affected":[{"package":{"ecosystem":"Bitnami","name":"spark"},
        "ranges":[{"type":"SEMVER","events":[{"introduced":"17.0.0"},{"fixed":"17.2.0"}]}]}]}"#;
    let made = made(&[("a.json", record)]);
    let spark = |version: &str, kind: &str| Package {
        purl: Some(format!("pkg:{kind}/spark@{version}")),
        ..Package::new(Ecosystem::Program, "spark", version, "x")
    };
    let packages = [spark("17.1.0-3", "bitnami"), spark("17.2.0-8", "bitnami"), spark("17.2.0", "bitnami"), spark("17.1.0", "generic")];
    assert_eq!(ids(&ask(&made, &packages, None)), ["0 CVE-2025-1"], "the ninth build of 17.2.0 is no pre-release of it");
}
