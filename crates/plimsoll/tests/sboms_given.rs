//! Bills of materials given beside an image: compared with it, and as a supplement to it.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code: a panic is the message.

mod kit;

use std::fs;
use std::path::Path;

use kit::elf::Elf;
use kit::{Image, Layer, command, item, plimsoll, stderr, stdout, valid};
use serde_json::{Value, json};

const STATUS: &str = "Package: curl\nStatus: install ok installed\nVersion: 1:7.88.1-10\nArchitecture: amd64\n\nPackage: tzdata\nStatus: install ok installed\nVersion: 2024a-1\nArchitecture: all\n";

/// An image of Debian with an npm package and a program of which nothing is known; and its digest.
fn image(folder: &Path) -> (String, String) {
    let express = json!({ "name": "express", "version": "4.19.2" }).to_string();
    let layer = Layer::new()
        .file("etc/os-release", 0o644, "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian 12\"\n")
        .file("var/lib/dpkg/status", 0o644, STATUS)
        .file("app/node_modules/express/package.json", 0o644, express)
        .file("usr/bin/app", 0o755, Elf::program().bytes());
    let descriptor =
        Image::new(json!({ "Entrypoint": ["/usr/bin/app"] })).layer("COPY rootfs /", layer).write(&folder.join("image"), "latest");
    (format!("oci:{}", folder.join("image").display()), descriptor["digest"].as_str().unwrap().to_owned())
}

/// What a tool that is right says of the image.
fn bill(digest: &str) -> Value {
    json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6",
        "metadata": { "component": { "type": "container", "name": "image", "version": digest } },
        "components": [
            { "type": "operating-system", "name": "debian", "version": "12.5" },
            { "type": "library", "name": "curl", "version": "7.88.1-10", "purl": "pkg:deb/debian/curl@7.88.1-10?arch=amd64&distro=debian-12.5&epoch=1" },
            { "type": "library", "name": "tzdata", "version": "2024a-1", "purl": "pkg:deb/debian/tzdata@2024a-1?arch=all" },
            { "type": "library", "name": "express", "version": "4.19.2", "purl": "pkg:npm/express@4.19.2" },
        ],
    })
}

fn write(folder: &Path, name: &str, document: &Value) -> String {
    let path = folder.join(name);
    fs::write(&path, document.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

fn check(image: &str, more: &[&str]) -> Value {
    let output = plimsoll(&[&["check", image, "--format", "json", "-q"], more].concat());
    assert!(output.status.code().is_some_and(|c| c < 2), "{}", stderr(&output));
    valid(&output.stdout)
}

/// The rules that an item finds, with their messages.
fn found(report: &Value, id: &str) -> Vec<(String, String)> {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    item(report, id)["findings"].as_array().unwrap().iter().map(|f| (text(&f["rule"]), text(&f["message"]))).collect()
}

#[test]
fn a_bill_is_compared_with_the_image() {
    let folder = tempfile::tempdir().unwrap();
    let (image, digest) = image(folder.path());
    let right = write(folder.path(), "right.json", &bill(&digest));
    let report = check(&image, &["--sbom", &right]);
    let rules: Vec<String> = found(&report, "attested-sbom").into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(rules, ["attested-sbom/code-not-described"], "the program is in no list");
    assert!(item(&report, "attested-sbom")["summary"].as_str().unwrap().contains("agree on 3 of 3 components"));
    let mut wrong = bill(&"sha256:".chars().chain("0".repeat(64).chars()).collect::<String>());
    wrong["components"][1]["purl"] = json!("pkg:deb/debian/curl@7.88.1-11?epoch=1");
    wrong["components"][2] = json!({ "type": "library", "name": "left-pad", "version": "1.0.0", "purl": "pkg:npm/left-pad@1.0.0" });
    let wrong = write(folder.path(), "wrong.json", &wrong);
    let report = check(&image, &["--sbom", &wrong]);
    let found = found(&report, "attested-sbom");
    for (rule, says) in [
        ("attested-sbom/sbom-of-another-image", "is of another image"),
        ("attested-sbom/other-version", "curl 1:7.88.1-11 for 1:7.88.1-10"),
        ("attested-sbom/component-missing", "1 component of dpkg: tzdata 2024a-1"),
        ("attested-sbom/component-not-there", "left-pad 1.0.0"),
    ] {
        assert!(found.iter().any(|(r, m)| r == rule && m.contains(says)), "{rule}: {found:#?}");
    }
    assert_eq!(item(&report, "attested-sbom")["verdict"], "fail");
}

#[test]
fn every_form_that_is_written_agrees_with_its_image() {
    let folder = tempfile::tempdir().unwrap();
    let (image, _) = image(folder.path());
    for form in ["cyclonedx-1.6", "cyclonedx-1.7", "cyclonedx-xml", "spdx-2.3", "spdx-tag-value", "spdx-3.0"] {
        let file = folder.path().join(form);
        let file = file.to_str().unwrap();
        assert!(plimsoll(&["sbom", &image, "-q", "--format", form, "-o", file]).status.success());
        let report = check(&image, &["--sbom", file]);
        let summary = item(&report, "attested-sbom")["summary"].as_str().unwrap().to_owned();
        assert!(summary.contains("agree on 3 of 3 components"), "{form}: {summary}");
        let rules: Vec<String> = found(&report, "attested-sbom").into_iter().map(|(rule, _)| rule).collect();
        assert_eq!(rules, ["attested-sbom/code-not-described"], "{form}");
    }
}

#[test]
fn what_the_build_knew_of_a_program_joins_as_its_word() {
    let folder = tempfile::tempdir().unwrap();
    let (image, _) = image(folder.path());
    let crates = json!({ "bomFormat": "CycloneDX", "specVersion": "1.6", "components": [
        { "type": "library", "name": "time", "version": "0.1.0", "purl": "pkg:cargo/time@0.1.0" }] });
    let crates = write(folder.path(), "crates.json", &crates);
    let given = format!("/usr/bin/app={crates}");
    let bill: Value = serde_json::from_str(&stdout(&plimsoll(&["sbom", &image, "-q", "--sbom", &given]))).unwrap();
    let time = bill["components"].as_array().unwrap().iter().find(|c| c["name"] == "time").unwrap();
    let property = |name: &str| time["properties"].as_array().unwrap().iter().find(|p| p["name"] == name).map(|p| p["value"].clone());
    assert_eq!(property("plimsoll:statedBy"), Some(json!(crates)));
    assert_eq!(property("plimsoll:recordedIn"), Some(json!("/usr/bin/app")));
    assert_eq!((&time["hashes"][0]["alg"], time["hashes"][0]["content"].as_str().unwrap().len()), (&json!("SHA-512"), 128));
    let advisory = json!({ "id": "RUSTSEC-2020-0071", "modified": "2024-01-01T00:00:00Z", "summary": "Potential segfault",
        "affected": [{ "package": { "ecosystem": "crates.io", "name": "time" }, "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": "0.2.23" }] }] }] });
    fs::create_dir(folder.path().join("from")).unwrap();
    write(folder.path(), "from/a.json", &advisory);
    let (from, database) = (folder.path().join("from"), folder.path().join("a.db"));
    let (from, database) = (from.to_str().unwrap(), database.to_str().unwrap());
    assert!(plimsoll(&["db", "build", from, "--output", database, "--fetched", "2025-10-08"]).status.success());
    let without = stdout(&plimsoll(&["vulns", &image, "--db", database, "-q"]));
    assert!(!without.contains("RUSTSEC-2020-0071"), "{without}");
    let with = plimsoll(&["vulns", &image, "--db", database, "--sbom", &given]);
    let text = stdout(&with).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("RUSTSEC-2020-0071 time 0.1.0") && text.contains(&format!("as {crates} alone says")), "{text}");
    assert!(stderr(&with).contains("alone names 1 components of the image"), "{}", stderr(&with));
    let json: Value =
        serde_json::from_slice(&plimsoll(&["vulns", &image, "--db", database, "-q", "--sbom", &given, "--format", "json"]).stdout).unwrap();
    assert_eq!(json["findings"][0]["package"]["statedBy"], json!(crates));
    // A check takes its word for what it is, and asks for proof.
    let report = check(&image, &["--sbom", &given, "--db", database]);
    let identified = item(&report, "components-identified");
    assert_eq!(identified["verdict"], "unknown");
    assert!(identified["summary"].as_str().unwrap().contains("is the word of"), "{identified}");
    assert!(
        found(&report, "attested-sbom").iter().any(|(r, m)| r.ends_with("names-more-than-the-image-shows") && m.contains("time 0.1.0"))
    );
}

#[test]
fn a_project_names_its_bills() {
    let folder = tempfile::tempdir().unwrap();
    let (image, digest) = image(folder.path());
    write(folder.path(), "right.json", &bill(&digest));
    let config =
        format!("image = {image:?}\nsbom = [\"right.json\", \"/usr/bin/app=crates.json\"]\n[items.attested-sbom]\nagreement = 50\n");
    fs::write(folder.path().join("plimsoll.toml"), config).unwrap();
    let run = || command(&["check", "--format", "json", "-q"]).current_dir(folder.path()).output().unwrap();
    let missing = run();
    assert_eq!(missing.status.code(), Some(2));
    assert!(stderr(&missing).contains("crates.json cannot be read"), "{}", stderr(&missing));
    let crates = json!({ "bomFormat": "CycloneDX", "specVersion": "1.6", "components": [
        { "type": "library", "name": "time", "version": "0.1.0", "purl": "pkg:cargo/time@0.1.0" }] });
    write(folder.path(), "crates.json", &crates);
    let report = valid(&run().stdout);
    assert_eq!(item(&report, "attested-sbom")["verdict"], "unknown");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (image, digest) = image(folder.path());
    let right = write(folder.path(), "right.json", &bill(&digest));
    let nowhere = format!("/usr/bin/gone={right}");
    let no_bill = write(folder.path(), "no.json", &json!({}));
    for (arguments, says) in [
        (vec!["check", image.as_str(), "--sbom", &nowhere], "the image has no file /usr/bin/gone"),
        (vec!["check", image.as_str(), "--sbom", &no_bill], "cannot be read as a bill of materials"),
        (vec!["check", image.as_str(), "--sbom", "/nowhere.json"], "/nowhere.json cannot be read"),
    ] {
        let output = plimsoll(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(says), "{says}: {}", stderr(&output));
    }
}
