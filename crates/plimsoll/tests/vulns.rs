//! `plimsoll vulns` as a user meets it, and what a check makes of the advisories.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code: a panic is the message.

mod kit;

use std::fs;
use std::path::Path;

use kit::debian::{Case, LIBC};
use kit::{command, item, plimsoll, stderr, stdout, valid};
use serde_json::{Value, json};

const CURL: &str = "\
Package: curl
Status: install ok installed
Version: 7.88.1-10
Architecture: amd64
Depends: libc6 (>= 2.34), libcurl4 (= 7.88.1-10)

Package: libcurl4
Status: install ok installed
Source: curl
Version: 7.88.1-10
Architecture: amd64
";

const LIST: &str = "\
[01 Sep 2025] DSA-10-1 glibc - security update
\t{CVE-2025-1 CVE-2025-2}
\t[bookworm] - glibc 2.36-10
[01 Oct 2025] DSA-11-1 curl - security update
\t{CVE-2025-3}
\t[bookworm] - curl 7.88.1-11
";

const KEV: &str =
    r#"{"catalogVersion":"2025.09.02","vulnerabilities":[{"cveID":"CVE-2025-3","dateAdded":"2025-09-02","dueDate":"2025-10-01"}]}"#;

/// Two packages of one source, one of them exploited.
fn case() -> Case {
    Case::new(&[LIBC, CURL].concat(), &[("list", LIST), ("kev.json", KEV)])
}

fn json(case: &Case, more: &[&str]) -> Value {
    let (_, out, err) = case.vulns(&[&["--format", "json"], more].concat());
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}"));
    let schema: Value = serde_json::from_str(include_str!("../../../docs/vulnerabilities.schema.json")).unwrap();
    let broken: Vec<String> =
        jsonschema::draft202012::new(&schema).unwrap().iter_errors(&report).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    report
}

fn found(report: &Value) -> Vec<String> {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    report["findings"].as_array().unwrap().iter().map(|f| format!("{} {}", text(&f["id"]), text(&f["package"]["name"]))).collect()
}

#[test]
fn what_where_and_the_way_out() {
    let case = case();
    let report = json(&case, &[]);
    assert_eq!(
        found(&report),
        ["CVE-2025-3 curl", "CVE-2025-3 libcurl4", "CVE-2025-1 libc6", "CVE-2025-2 libc6"],
        "what is exploited comes first"
    );
    let curl = &report["findings"][0];
    assert_eq!(curl["ids"], json!(["CVE-2025-3", "DSA-11-1"]));
    assert_eq!(curl["matches"][0]["proof"], "curl 7.88.1-10 is before 7.88.1-11, Debian:12, DSA-11-1");
    assert_eq!(curl["location"]["path"], "/var/lib/dpkg/status");
    assert_eq!(curl["location"]["createdBy"], "ADD rootfs / # buildkit");
    assert_eq!(curl["priority"]["level"], "now");
    assert_eq!(curl["due"]["daysLeft"], -9, "the catalogue asks for the first of October, and it is the ninth");
    assert_eq!(curl["wayOut"]["needed"], "not-reached");
    assert_eq!(curl["wayOut"]["first"], "It goes with a distroless base.");
    let libc = &report["findings"][2];
    assert_eq!((&libc["wayOut"]["needed"], &libc["wayOut"]["first"]), (&json!("reached"), &json!("Update to glibc 2.36-10.")));
    let changes: Vec<&str> = report["changes"].as_array().unwrap().iter().map(|c| c["what"].as_str().unwrap()).collect();
    assert_eq!(
        changes,
        [
            "move to a distroless base, without curl, libcurl4",
            "remove curl: nothing that starts reaches it",
            "update curl 7.88.1-10 to 7.88.1-11",
            "update glibc 2.36-9+b1 to 2.36-10",
        ]
    );
    assert_eq!((&report["database"]["ageDays"], &report["database"]["stale"]), (&json!(1), &json!(false)));
}

#[test]
fn a_person_sees_what_matters_first() {
    let (code, out, _) = case().vulns(&["--without", "curl"]);
    assert_eq!(code, 1);
    for line in [
        "Without curl",
        "closes: 1 vulnerability: CVE-2025-3",
        "needed: not reached from what starts",
        "closes 2: move to a distroless base",
        "it is being exploited (KEV, 2025-09-02)",
        "due: 2025-10-01, 9 days over",
    ] {
        assert!(out.contains(line), "{line}:\n{out}");
    }
}

#[test]
fn choices_and_the_exit_status() {
    let case = case();
    assert_eq!(found(&json(&case, &["--reachable"])), ["CVE-2025-1 libc6", "CVE-2025-2 libc6"]);
    assert_eq!(found(&json(&case, &["--only-fixed"])).len(), 4);
    assert_eq!(found(&json(&case, &["--severity", "high"])).len(), 0, "what nobody rates counts as medium");
    assert_eq!(json(&case, &["--severity", "high"])["leftOut"], 4);
    assert_eq!(case.vulns(&[]).0, 1);
    assert_eq!(case.vulns(&["--fail-on", "high"]).0, 0);
    assert_eq!(case.vulns(&["--fail-on", "never"]).0, 0);
    let image = case.image();
    let late = command(&["vulns", image, "--db", case.text("a.db"), "-q"]).env("SOURCE_DATE_EPOCH", "1900000000").output().unwrap();
    assert!(stdout(&late).contains("Debian 12 had its last security fixes on 2028-06-30"), "{}", stdout(&late));
    let (code, _, err) = case.vulns(&["--only-base"]);
    assert_eq!(code, 2);
    assert!(err.contains("--base"), "{err}");
    assert_eq!(case.vulns(&["--without", "nothing"]).1.matches("No component has that name.").count(), 1);
    let image = case.image();
    let without = plimsoll(&["vulns", image]);
    assert_eq!(without.status.code(), Some(2));
    assert!(stderr(&without).contains("plimsoll db update"), "{}", stderr(&without));
}

#[test]
fn sarif_names_image_place_and_fingerprint() {
    let case = case();
    let log: Value = serde_json::from_str(&case.vulns(&["--format", "sarif"]).1).unwrap();
    let run = &log["runs"][0];
    assert_eq!((&log["version"], &run["tool"]["driver"]["name"]), (&json!("2.1.0"), &json!("plimsoll")));
    assert!(run["properties"]["imageDigest"].as_str().unwrap().starts_with("sha256:"));
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    for result in results {
        let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "var/lib/dpkg/status");
        assert_eq!(result["partialFingerprints"]["plimsoll/v1"].as_str().unwrap().len(), 64);
    }
    let image = case.image();
    let check: Value = serde_json::from_slice(&plimsoll(&["check", image, "--format", "sarif", "-q"]).stdout).unwrap();
    assert!(check["runs"][0]["results"].as_array().unwrap().iter().any(|r| r["ruleId"] == "non-root-user/root"));
}

#[test]
fn a_bill_of_materials_is_looked_up_as_an_image_is() {
    let case = case();
    let component = |name: &str, version: &str, more: &str| json!({ "type": "library", "name": name, "version": version, "purl": format!("pkg:deb/debian/{name}@{version}?arch=amd64&distro=debian-12{more}") });
    let bill = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "components": [
            { "type": "operating-system", "name": "debian", "version": "12" },
            component("curl", "7.88.1-10", ""), component("libc6", "2.36-9", "&upstream=glibc"),
        ],
    });
    fs::write(case.path("sbom.json"), bill.to_string()).unwrap();
    let output = plimsoll(&["vulns", case.text("sbom.json"), "--db", case.text("a.db"), "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", stderr(&output)));
    assert_eq!(found(&report), ["CVE-2025-3 curl", "CVE-2025-1 libc6", "CVE-2025-2 libc6"], "{:#}", report["problems"]);
    assert_eq!((&report["subject"], &report["findings"][0]["wayOut"]["needed"]), (&Value::Null, &json!("unknown")));
    fs::write(case.path("odd.json"), "{}").unwrap();
    let odd = plimsoll(&["vulns", case.text("odd.json"), "--db", case.text("a.db")]);
    assert_eq!(odd.status.code(), Some(2));
    assert!(stderr(&odd).contains("neither an image nor a bill of materials"), "{}", stderr(&odd));
}

fn checked(case: &Case, database: &Path, at: &str) -> Value {
    let image = case.image();
    let output = command(&["check", image, "--format", "json", "-q", "--db", database.to_str().unwrap()])
        .env("SOURCE_DATE_EPOCH", at)
        .output()
        .unwrap();
    valid(&output.stdout)
}

#[test]
fn a_check_judges_by_the_database() {
    let case = case();
    let database = case.path("a.db");
    // The ninth of October 2025: what is exploited was due on the first.
    let report = checked(&case, &database, "1760000000");
    let management = item(&report, "vulnerability-management");
    assert_eq!(management["verdict"], "fail");
    let overdue: Vec<&Value> =
        management["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == "vulnerability-management/overdue").collect();
    assert_eq!(overdue.len(), 1, "{management:#}");
    assert!(overdue[0]["message"].as_str().unwrap().contains("CVE-2025-3"));
    let updates = item(&report, "component-updates");
    assert!(updates["findings"].as_array().unwrap().iter().any(|f| f["rule"] == "component-updates/fix-not-installed"), "{updates:#}");
    // A year later the database is too old to pass by, and what is overdue fails all the same.
    let late = checked(&case, &database, "1790000000");
    let management = item(&late, "vulnerability-management");
    assert_eq!(management["verdict"], "fail");
    assert!(management["needs"].as_array().unwrap().iter().any(|n| n["supply"].as_str().unwrap().contains("plimsoll db update")));
    let damaged = case.path("damaged.db");
    fs::write(&damaged, b"PLIMADV\0 cut").unwrap();
    let image = case.image();
    let output = plimsoll(&["check", image, "--db", damaged.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("damaged"), "{}", stderr(&output));
    // The one in the usual place, where nobody named it: the rest is judged, and what it would have decided is open.
    let usual = case.path("data/plimsoll");
    fs::create_dir_all(&usual).unwrap();
    fs::copy(&damaged, usual.join("advisories.db")).unwrap();
    let output = command(&["check", image, "--format", "json", "-q"]).env("XDG_DATA_HOME", case.path("data")).output().unwrap();
    let management = valid(&output.stdout);
    let management = item(&management, "vulnerability-management");
    assert_eq!(management["verdict"], "unknown");
    assert!(management["needs"].to_string().contains("damaged"), "{management:#}");
}

/// A document that keeps the official schema of its form.
fn cyclonedx(text: &str, version: &str) -> Value {
    let schema = |name: &str| -> Value {
        let path = format!("{}/../sbom/tests/schemas/cyclonedx/{name}", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    };
    let mut registry = jsonschema::Registry::new();
    for part in ["jsf-0.82.schema.json", "spdx.schema.json", "cryptography-defs.schema.json"] {
        let value = schema(part);
        let id = value["$id"].as_str().unwrap().to_owned();
        registry = registry.add(id, value).unwrap();
    }
    let registry = registry.prepare().unwrap();
    let validator = jsonschema::options().with_registry(&registry).build(&schema(&format!("bom-{version}.schema.json"))).unwrap();
    let document: Value = serde_json::from_str(text).unwrap();
    let broken: Vec<String> = validator.iter_errors(&document).map(|e| format!("{e} at {}", e.instance_path())).take(5).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    document
}

#[test]
fn as_a_bill_of_materials_with_its_vulnerabilities() {
    let case = case();
    let vex = case.write("vex.json", &case.openvex("CVE-2025-3", "not_affected", "vulnerable_code_not_in_execute_path"));
    for version in ["1.6", "1.7"] {
        let format = format!("cyclonedx-{version}");
        let (code, text, _) = case.vulns(&["--format", &format, "--vex", vex, "--trust-unsigned-vex"]);
        assert_eq!((code, text.as_str()), (1, case.vulns(&["--format", &format, "--vex", vex, "--trust-unsigned-vex"]).1.as_str()));
        let document = cyclonedx(&text, version);
        let all = document["vulnerabilities"].as_array().unwrap();
        assert_eq!(all.iter().map(|v| v["id"].as_str().unwrap()).collect::<Vec<_>>(), ["CVE-2025-1", "CVE-2025-2", "CVE-2025-3"]);
        let curl = &all[2];
        assert_eq!(
            (&curl["analysis"]["state"], &curl["analysis"]["justification"]),
            (&json!("not_affected"), &json!("code_not_reachable"))
        );
        assert_eq!(curl["references"][0], json!({ "id": "DSA-11-1", "source": { "name": "Debian security tracker" } }));
        let references: Vec<&str> = document["components"].as_array().unwrap().iter().map(|c| c["bom-ref"].as_str().unwrap()).collect();
        let affected: Vec<&str> = all.iter().flat_map(|v| v["affects"].as_array().unwrap()).map(|a| a["ref"].as_str().unwrap()).collect();
        assert_eq!(affected.len(), 4, "curl and libcurl4, and twice the C library");
        assert!(affected.iter().all(|a| references.contains(a)), "{affected:?} {references:?}");
        assert_eq!(all[0].get("analysis"), None, "nobody said anything");
    }
    // What one command writes another reads; a bill of materials does as well as an image.
    let file = case.text("vdr.json");
    assert_eq!(case.vulns(&["--format", "cyclonedx", "-o", file]).0, 1);
    let again = plimsoll(&["vulns", file, "--db", case.text("a.db"), "--format", "cyclonedx"]);
    let document = cyclonedx(&stdout(&again), "1.6");
    assert_eq!(document["vulnerabilities"].as_array().unwrap().len(), 3, "{}", stderr(&again));
    let shortcomings = stdout(&plimsoll(&["sbom", "check", file]));
    assert!(shortcomings.contains("no-vulnerabilities"), "{shortcomings}");
}

#[test]
fn deadlines_count_from_the_day_on_which_it_was_first_seen() {
    const DAY: i64 = 86_400;
    let case = case();
    let store = format!("--first-seen={}", case.text("seen"));
    let at = |when: &str, more: &[&str]| {
        let arguments = [&["vulns", case.image(), "--db", case.text("a.db"), "-q", "--format", "json", &store], more].concat();
        let output = command(&arguments).env("SOURCE_DATE_EPOCH", when).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", stderr(&output)));
        let libc = report["findings"].as_array().unwrap().iter().find(|f| f["id"] == "CVE-2025-1").unwrap().clone();
        (libc["firstSeen"].as_i64(), libc["due"]["from"].as_i64(), stdout(&output))
    };
    let first = 1_760_000_000;
    let one = at(&first.to_string(), &[]);
    assert_eq!((one.0, one.1), (Some(first), Some(first)));
    assert_eq!(one.2, at(&first.to_string(), &[]).2, "the same store and time give the same bytes");
    let later = (first + 9 * DAY).to_string();
    assert_eq!(at(&later, &[]).0, Some(first));
    assert_eq!(at(&later, &["--name", "registry.example.org/app:2"]).0, Some(first + 9 * DAY), "another image");
    assert_eq!(at(&(first - DAY).to_string(), &[]).0, Some(first - DAY), "the earliest counts, in whatever order");
    // Several at once, on one image.
    let runs: Vec<_> = (0..4)
        .map(|n| {
            command(&["vulns", case.image(), "--db", case.text("a.db"), "-q", &store])
                .env("SOURCE_DATE_EPOCH", (first + n).to_string())
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut run in runs {
        assert_eq!(run.wait().unwrap().code(), Some(1));
    }
    assert_eq!(at(&later, &[]).0, Some(first - DAY));
    // What is broken is begun anew, and said.
    let file = fs::read_dir(case.path("seen"))
        .unwrap()
        .map(|f| f.unwrap().path())
        .find(|p| p.extension().is_some_and(|e| e == "json") && fs::read_to_string(p).unwrap().contains("image\": \"/"));
    fs::write(file.unwrap(), "{").unwrap();
    let output = command(&["vulns", case.image(), "--db", case.text("a.db"), &store]).env("SOURCE_DATE_EPOCH", &later).output().unwrap();
    assert!(stderr(&output).contains("begun anew"), "{}", stderr(&output));
    assert!(stdout(&output).contains("first seen on 2025-10-18"), "{}", stdout(&output));
    let output = plimsoll(&["vulns", case.image(), "--db", case.text("a.db"), "--format", "json", "-q"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["findings"][0]["firstSeen"], Value::Null, "nothing is kept unless asked for");
}
