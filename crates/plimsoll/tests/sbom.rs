//! `plimsoll sbom` and `plimsoll licences` from end to end.

#![allow(clippy::unwrap_used)] // Test code: a panic is the message.

mod kit;

use std::fs;
use std::path::Path;

use kit::{Image, Layer, command, plimsoll, stderr, stdout};
use serde_json::{Value, json};

const STATUS: &str = "Package: libc6\nStatus: install ok installed\nVersion: 2.36-9+b1\nArchitecture: amd64\nSource: glibc (2.36-9)\nMaintainer: Libc Team <libc@example.org>\nHomepage: https://example.org/libc\nDepends: tzdata\n\nPackage: tzdata\nStatus: install ok installed\nVersion: 2024a-1\nArchitecture: all\n";
const COPYRIGHT: &str =
    "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nCopyright: A\nLicense: LGPL-2.1+\n";
const MIT: &str = "MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining a copy of this.\nThe above copyright notice and this permission notice shall be included in all copies.\n";

fn image(layout: &Path, express: &str) -> String {
    let manifest = json!({ "name": "express", "version": express });
    Image::new(json!({ "Cmd": ["/app"] }))
        .layer(
            "ADD rootfs",
            Layer::new()
                .file("etc/os-release", 0o644, "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian 12\"\n")
                .file("var/lib/dpkg/status", 0o644, STATUS)
                .file("usr/share/doc/libc6/copyright", 0o644, COPYRIGHT)
                .link("usr/share/doc/tzdata", "libc6"),
        )
        .layer(
            "COPY . /app",
            Layer::new()
                .file("app/node_modules/express/package.json", 0o644, manifest.to_string())
                .file("app/node_modules/express/LICENSE", 0o644, MIT)
                .file("app/node_modules/odd/package.json", 0o644, r#"{"name": "odd", "version": "1.0.0", "license": "AGPL-3.0-only"}"#),
        )
        .write(layout, "latest");
    format!("oci:{}", layout.display())
}

fn component<'a>(bill: &'a Value, name: &str) -> &'a Value {
    bill["components"].as_array().unwrap().iter().find(|c| c["name"] == name).unwrap()
}

#[test]
fn a_bill_says_what_is_installed() {
    let layout = tempfile::tempdir().unwrap();
    let image = image(layout.path(), "4.19.2");
    let run = || stdout(&plimsoll(&["sbom", &image, "-q", "--creator", "Team <team@example.org>"]));
    let text = run();
    assert_eq!(text, run(), "the same bytes");
    let bill: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&bill["specVersion"], &bill["metadata"]["timestamp"]), (&json!("1.6"), &json!("2025-10-09T08:53:20Z")));
    assert_eq!(bill["metadata"]["component"]["type"], "container");
    let libc = component(&bill, "libc6");
    assert_eq!(libc["purl"], "pkg:deb/debian/libc6@2.36-9%2Bb1?arch=amd64&distro=debian-12&upstream=glibc%402.36-9");
    assert_eq!(libc["licenses"][0]["license"]["id"], "LGPL-2.1-or-later");
    assert_eq!(
        (&libc["supplier"]["name"], &libc["externalReferences"][0]["url"]),
        (&json!("Libc Team"), &json!("https://example.org/libc"))
    );
    assert_eq!(component(&bill, "tzdata")["licenses"], libc["licenses"], "through the link");
    assert_eq!(component(&bill, "express")["licenses"][0]["license"]["id"], "MIT", "by its text");
    assert_eq!(component(&bill, "debian")["type"], "operating-system");
    let depends = bill["dependencies"].as_array().unwrap().iter().find(|d| d["ref"] == libc["bom-ref"]).unwrap();
    assert_eq!(depends["dependsOn"], json!([component(&bill, "tzdata")["bom-ref"]]));
}

#[test]
fn every_form_names_the_same_components() {
    let layout = tempfile::tempdir().unwrap();
    let image = image(layout.path(), "4.19.2");
    for form in ["cyclonedx-1.6", "cyclonedx-1.7", "cyclonedx-xml", "cyclonedx-1.7-xml", "spdx-2.3", "spdx-tag-value", "spdx-3.0"] {
        let file = layout.path().join(form);
        let file = file.to_str().unwrap();
        let output = plimsoll(&["sbom", &image, "-q", "--format", form, "--output", file]);
        assert!(output.status.success() && output.stdout.is_empty(), "{}", stderr(&output));
        let output = plimsoll(&["sbom", "diff", &image, file]);
        assert_eq!((stdout(&output).as_str(), stderr(&output).as_str(), output.status.code()), ("", "", Some(0)), "{form}");
    }
}

#[test]
fn differences_are_told() {
    let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (old, new) = (image(old.path(), "4.18.0"), image(new.path(), "4.19.2"));
    let output = plimsoll(&["sbom", "diff", &old, &new, "-q"]);
    assert_eq!((stdout(&output).as_str(), output.status.code()), ("~ npm express 4.18.0 → 4.19.2\n", Some(1)));
    let output = plimsoll(&["sbom", "diff", &old, &new, "-q", "--format", "json"]);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found, json!([{ "change": "changed", "ecosystem": "npm", "name": "express", "before": ["4.18.0"], "after": ["4.19.2"] }]));
}

#[test]
fn check_tells_each_shortcoming() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("bill.json");
    let path = file.to_str().unwrap();
    fs::write(&file, r#"{"bomFormat": "CycloneDX", "specVersion": "1.4", "components": [{"type": "library", "name": "curl", "version": "1", "purl": "pkg:deb/curl@1"}]}"#).unwrap();
    let output = plimsoll(&["sbom", "check", path]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1));
    for part in
        ["creator [", "timestamp [", "form [", "component-hash [", "curl 1: pkg:deb/curl@1: a package of type deb needs a namespace"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let output = plimsoll(&["sbom", "check", path, "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["shortcomings"].as_array().unwrap().iter().any(|s| s["rule"] == "purl-valid" && s["component"] == "curl 1"));
    fs::write(&file, "no bill").unwrap();
    let output = plimsoll(&["sbom", "check", path]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no bill of materials that is known"), "{}", stderr(&output));
    assert_eq!(plimsoll(&["sbom"]).status.code(), Some(2));
    assert_eq!(command(&["sbom", "check", "/nowhere"]).output().unwrap().status.code(), Some(2));
}

#[test]
fn licences_are_listed_and_ruled_on() {
    let layout = tempfile::tempdir().unwrap();
    let image = image(layout.path(), "4.19.2");
    let output = plimsoll(&["licences", &image, "-q", "--verbose"]);
    assert_eq!(output.status.code(), Some(2), "quiet and verbose exclude each other");
    let output = plimsoll(&["licences", &image]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0));
    assert!(text.contains("dpkg libc6 2.36-9+b1  LGPL-2.1-or-later\n") && text.contains("npm express 4.19.2  MIT\n"), "{text}");
    let output = plimsoll(&["licences", &image, "--deny", "AGPL-*"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("npm odd 1.0.0  AGPL-3.0-only  refused: AGPL-3.0-only\n"), "{}", stdout(&output));
    assert_eq!(plimsoll(&["licences", &image, "--allow", "MIT,LGPL-*,AGPL-*"]).status.code(), Some(0));
    let bill = layout.path().join("bill.json");
    let bill = bill.to_str().unwrap();
    assert!(plimsoll(&["sbom", &image, "-q", "-o", bill]).status.success());
    let output = plimsoll(&["licences", bill, "--deny", "AGPL-*", "--format", "json"]);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found.as_array().unwrap().iter().filter(|l| l["ruling"] == "refused").count(), 1);
    let notice = layout.path().join("NOTICE");
    assert!(plimsoll(&["licences", &image, "--notice", notice.to_str().unwrap()]).status.success());
    let text = fs::read_to_string(notice).unwrap();
    assert!(text.contains("express 4.19.2\n\nMIT License") && text.contains("libc6 2.36-9+b1, tzdata 2024a-1"), "{text}");
}

#[test]
fn mirrors_of_the_project_are_asked() {
    let folder = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap();
    fs::write(folder.path().join("plimsoll.toml"), format!("[registries.mirrors]\n\"registry.invalid\" = \"{place}/hub\"\n")).unwrap();
    listener.set_nonblocking(true).unwrap();
    for arguments in
        [&["sbom", "registry.invalid/app:1"][..], &["why", "registry.invalid/app:1", "curl"], &["licences", "registry.invalid/app:1"]]
    {
        let mut child = command(arguments).current_dir(folder.path()).stderr(std::process::Stdio::piped()).spawn().unwrap();
        let mut asked = 0;
        while child.try_wait().unwrap().is_none() {
            // Whoever asks is answered with nothing.
            asked += usize::from(listener.accept().is_ok());
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let status = child.wait().unwrap();
        assert!(asked + usize::from(listener.accept().is_ok()) > 0, "{arguments:?}");
        assert_eq!(status.code(), Some(2));
    }
}
