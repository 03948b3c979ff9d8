//! `plimsoll check` as a user meets it: reports, exit status, choice of the image, bad input.

#![allow(clippy::unwrap_used)] // Test code: a panic is the message.

mod kit;

use std::fs;

use kit::{Image, Layer, index, item, plimsoll, report, stderr, stdout, valid};
use serde_json::{Value, json};

/// An image in which nothing fails.
fn clean() -> Image {
    let config = json!({
        "User": "65532:65532", "Entrypoint": ["/app"], "Labels": {
            "org.opencontainers.image.resource.cpu": "500m",
            "org.opencontainers.image.resource.memory": "64Mi",
            "org.opencontainers.image.resource.ephemeral-storage": "16Mi",
        },
    });
    Image::new(config).layer("COPY app / # buildkit", Layer::new().file("app", 0o755, "not a real program\n"))
}

fn root() -> Image {
    Image::new(json!({ "Cmd": ["/app"] })).layer("COPY app / # buildkit", Layer::new().file("app", 0o755, "x"))
}

#[test]
fn the_report_has_the_promised_form() {
    let layout = tempfile::tempdir().unwrap();
    let descriptor = root().write(layout.path(), "latest");
    let report = report(layout.path(), &[]);
    assert_eq!(report["schema"], "plimsoll-report-v1");
    assert_eq!(report["tool"]["name"], "plimsoll");
    assert_eq!(report["subject"]["digest"], descriptor["digest"]);
    assert_eq!(report["subject"]["mediaType"], "application/vnd.oci.image.manifest.v1+json");
    assert!(report["subject"]["platform"].as_str().unwrap().starts_with("linux/"));
    let items = report["items"].as_array().unwrap();
    assert_eq!(items.len(), 40);
    let total: u64 = ["pass", "fail", "unknown", "not-applicable", "accepted"].iter().map(|k| report["summary"][k].as_u64().unwrap()).sum();
    assert_eq!(total, 40);
    for found in items {
        for member in ["id", "title", "section", "verdict", "strength", "summary", "findings", "needs"] {
            assert!(found.get(member).is_some(), "{member} of {}", found["id"]);
        }
        assert!(!found["summary"].as_str().unwrap().is_empty());
        if found["verdict"] == "unknown" {
            assert!(!found["needs"].as_array().unwrap().is_empty(), "{} says what to supply", found["id"]);
        }
        if found["verdict"] == "fail" {
            assert!(!found["findings"].as_array().unwrap().is_empty(), "{} says where", found["id"]);
        }
    }
    let finding = &item(&report, "non-root-user")["findings"][0];
    for member in ["rule", "message", "severity", "location", "origin", "fingerprint", "fix"] {
        assert!(finding.get(member).is_some(), "{member}");
    }
}

#[test]
fn the_exit_status_says_how_it_went() {
    let layout = tempfile::tempdir().unwrap();
    root().write(layout.path(), "root");
    clean().write(layout.path(), "clean");
    let status = |tag: &str, more: &[&str]| {
        let reference = format!("oci:{}:{tag}", layout.path().display());
        let mut arguments = vec!["check", &reference, "-q"];
        arguments.extend(more);
        let output = plimsoll(&arguments);
        (output.status.code().unwrap(), stdout(&output))
    };
    assert_eq!(status("root", &[]).0, 1);
    assert_eq!(status("root", &["--fail-on", "high"]).0, 1, "uid 0 is high");
    assert_eq!(status("root", &["--fail-on", "critical"]).0, 0);
    assert_eq!(status("root", &["--fail-on", "never"]).0, 0);
    let (code, out) = status("clean", &[]);
    assert_eq!(code, 0, "{out}");
    assert_eq!(status("clean", &["--strict"]).0, 3, "required items are unknown");
    assert_eq!(status("root", &["--fail-on", "loud"]).0, 2);
    assert_eq!(status("gone", &[]).0, 2);
}

#[test]
fn bad_input_is_one_paragraph_and_nothing_on_stdout() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name).display().to_string();
    let layout = directory.path().join("layout");
    fs::create_dir(&layout).unwrap();
    root().write(&layout, "v1");
    clean().write(&layout, "v2");
    fs::write(at("text.txt"), "no image at all\n".repeat(100)).unwrap();
    fs::write(at("empty.tar"), [0; 1024]).unwrap();
    fs::write(at("nothing"), "").unwrap();
    fs::create_dir(at("folder")).unwrap();
    let l = layout.display();
    let cases: Vec<(Vec<String>, &[&str])> = vec![
        (vec![at("gone.tar")], &["gone.tar"]),
        (vec![at("text.txt")], &["text.txt"]),
        (vec![at("empty.tar")], &["empty.tar"]),
        (vec![at("nothing")], &["nothing"]),
        (vec![at("folder")], &["folder"]),
        (vec![format!("oci:{l}:v9")], &["v9", "v1", "v2"]),
        (vec![format!("oci:{l}")], &["v1", "v2"]),
        (vec![format!("oci:{l}@sha256:{}", "ab".repeat(32))], &["sha256:abab"]),
        (vec![format!("oci:{l}:v1"), "--platform".into(), "linux/s390x".into()], &["s390x", "linux/"]),
        (vec![format!("oci:{l}:v1"), "--platform".into(), "windows".into()], &["--platform"]),
        (vec!["docker://registry.example.org/app:1".into(), "--offline".into()], &["--offline", "registry.example.org"]),
        (vec!["podman:app".into(), "--offline".into()], &["--offline"]),
        (vec!["docker://127.0.0.1:1/app:1".into()], &["127.0.0.1:1"]),
    ];
    for (arguments, said) in cases {
        let mut all = vec!["check"];
        all.extend(arguments.iter().map(String::as_str));
        let output = plimsoll(&all);
        let (out, err) = (stdout(&output), stderr(&output));
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {err}");
        assert_eq!(out, "", "{arguments:?}");
        let paragraph: Vec<&str> = err.lines().filter(|l| l.starts_with("error: ")).collect();
        assert_eq!(paragraph.len(), 1, "{arguments:?}: {err}");
        for word in said {
            assert!(err.contains(word), "{arguments:?} should say {word}: {err}");
        }
    }
}

#[test]
fn a_blob_that_is_not_what_its_digest_says_is_refused_naming_both() {
    let layout = tempfile::tempdir().unwrap();
    root().write(layout.path(), "v1");
    let blobs = layout.path().join("blobs/sha256");
    for entry in fs::read_dir(&blobs).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = fs::read(&path).unwrap();
        if bytes.starts_with(&[0x1f, 0x8b]) {
            let last = bytes.len() - 12;
            bytes[last] ^= 0xff;
            fs::write(&path, &bytes).unwrap();
            let output = plimsoll(&["check", &format!("oci:{}", layout.path().display())]);
            assert_eq!(output.status.code(), Some(2));
            let err = stderr(&output);
            assert!(err.contains(path.file_name().unwrap().to_str().unwrap()) && err.contains(&kit::digest(&bytes)), "{err}");
        }
    }
}

#[test]
fn platforms_are_chosen_and_said() {
    let layout = tempfile::tempdir().unwrap();
    let host = root().write(layout.path(), "");
    let other = clean().architecture("s390x").write(layout.path(), "");
    index(layout.path(), "multi", &[host.clone(), other.clone()]);
    let reference = format!("oci:{}:multi", layout.path().display());
    let output = plimsoll(&["check", &reference, "--format", "json"]);
    let one: Value = valid(&output.stdout);
    assert_eq!(one["subject"]["digest"], host["digest"]);
    assert!(stderr(&output).contains("linux/s390x"), "the others are said: {}", stderr(&output));
    let output = plimsoll(&["check", &reference, "--format", "json", "--platform", "linux/s390x"]);
    let one: Value = valid(&output.stdout);
    assert_eq!(one["subject"]["digest"], other["digest"]);
    let output = plimsoll(&["check", &reference, "--format", "json", "--platform", "all"]);
    let all: Value = valid(&output.stdout);
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert_eq!(output.status.code(), Some(1), "one of them fails");
}

#[test]
fn the_same_input_gives_the_same_bytes_whatever_the_number_of_threads() {
    let layout = tempfile::tempdir().unwrap();
    let mut image = root();
    for n in 0..12 {
        image =
            image.layer(&format!("RUN step {n}"), Layer::new().file(&format!("opt/{n}"), 0o4755, vec![n; 3000]).file("../out", 0o644, "x"));
    }
    image.write(layout.path(), "many");
    let reference = format!("oci:{}", layout.path().display());
    let run = |threads: &str, format: &str| plimsoll(&["check", &reference, "--threads", threads, "--format", format]).stdout;
    for format in ["json", "terminal"] {
        let one = run("1", format);
        assert!(one.len() > 1000);
        for _ in 0..3 {
            assert!(run("8", format) == one);
        }
    }
}

#[test]
fn a_warm_check_says_what_the_cold_one_said() {
    let directory = tempfile::tempdir().unwrap();
    let layout = directory.path().join("layout");
    fs::create_dir(&layout).unwrap();
    root()
        .layer("RUN x", Layer::new().file("etc/passwd", 0o644, "root:x:0:0::/root:/bin/sh\n").file("../out", 0o644, "x"))
        .write(&layout, "v1");
    let reference = format!("oci:{}", layout.display());
    let cache = directory.path().join("cache").display().to_string();
    let run = || {
        let mut command = kit::command(&["check", &reference, "--cache-dir", &cache, "--format", "json"]);
        command.env_remove("PLIMSOLL_NO_CACHE").output().unwrap().stdout
    };
    let cold = run();
    assert_eq!(cold, run());
    let status = kit::command(&["cache", "--cache-dir", &cache, "status"]).env_remove("PLIMSOLL_NO_CACHE").output().unwrap();
    assert!(stdout(&status).contains("2 layers"), "{}", stdout(&status));
    let clear = kit::command(&["cache", "--cache-dir", &cache, "clear"]).env_remove("PLIMSOLL_NO_CACHE").output().unwrap();
    assert!(clear.status.success());
    assert_eq!(cold, run());
}

#[test]
fn the_base_image_tells_who_brought_what() {
    let layout = tempfile::tempdir().unwrap();
    let base_layer = || Layer::new().file("usr/bin/helper", 0o4755, "x");
    Image::new(json!({})).layer("ADD rootfs.tar /", base_layer()).write(layout.path(), "base");
    let app = || {
        Image::new(json!({ "Cmd": ["/app"] }))
            .layer("ADD rootfs.tar /", base_layer())
            .layer("COPY app /", Layer::new().file("app", 0o6755, "y"))
    };
    app().write(layout.path(), "app");
    root().write(layout.path(), "stranger");
    let reference = |tag: &str| format!("oci:{}:{tag}", layout.path().display());
    let check =
        |base: &str| -> Value { valid(&plimsoll(&["check", &reference("app"), "--base", &reference(base), "--format", "json"]).stdout) };
    let report = check("base");
    assert_eq!(report["base"]["known"], true);
    let findings = item(&report, "no-host-permissions")["findings"].as_array().unwrap();
    let origin = |path: &str| findings.iter().find(|f| f["location"]["path"] == path).map(|f| f["origin"].clone());
    assert_eq!(origin("/usr/bin/helper"), Some(json!("base-image")), "{findings:?}");
    assert_eq!(origin("/app"), Some(json!("application")));
    let base = fs::read_to_string(layout.path().join("index.json")).unwrap();
    let base: Value = serde_json::from_str(&base).unwrap();
    let digest = base["manifests"][0]["digest"].clone();
    let named =
        json!({ "org.opencontainers.image.base.name": "registry.example.org/base:1", "org.opencontainers.image.base.digest": digest });
    app().annotations(named).write(layout.path(), "annotated");
    let report: Value = serde_json::from_slice(&plimsoll(&["check", &reference("annotated"), "--format", "json"]).stdout).unwrap();
    assert_eq!(report["base"]["known"], true);
    assert!(report["base"]["detail"].as_str().unwrap().ends_with("the lowest 1 layers (annotations)"), "{}", report["base"]);
    let report = check("stranger");
    assert_eq!(report["base"]["known"], false);
    assert!(report["base"]["detail"].as_str().unwrap().contains("not the base"));
}

#[test]
fn what_cannot_be_read_is_said_and_nothing_passes_over_it() {
    let layout = tempfile::tempdir().unwrap();
    clean().layer("RUN odd", Layer::new().file("fine", 0o644, "x").file("../../etc/escape", 0o644, "x")).write(layout.path(), "v1");
    let report = report(layout.path(), &[]);
    let problems = report["problems"].as_array().unwrap();
    assert!(problems.iter().any(|p| p["kind"] == "escape" && p["hides"] == true), "{problems:?}");
    assert_eq!(item(&report, "no-host-permissions")["verdict"], "unknown");
    assert_eq!(
        item(&report, "resource-limits-documented")["verdict"],
        item(&clean_report(), "resource-limits-documented")["verdict"],
        "what does not rest on files is decided"
    );
}

fn clean_report() -> Value {
    let layout = tempfile::tempdir().unwrap();
    clean().write(layout.path(), "v1");
    report(layout.path(), &[])
}

#[test]
fn quiet_shows_what_fails_only_and_colours_are_for_terminals() {
    let layout = tempfile::tempdir().unwrap();
    root().write(layout.path(), "v1");
    let reference = format!("oci:{}", layout.path().display());
    let quiet = stdout(&plimsoll(&["check", &reference, "-q"]));
    assert!(quiet.contains("✗ non-root-user") && !quiet.contains("? signed-image"));
    let plain = stdout(&plimsoll(&["check", &reference]));
    assert!(plain.contains("? signed-image") && !plain.contains('\u{1b}'));
    let forced = kit::command(&["check", &reference]).env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(stdout(&forced).contains('\u{1b}'));
    let refused = kit::command(&["check", &reference]).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").output().unwrap();
    assert!(!stdout(&refused).contains('\u{1b}'));
    for line in plain.lines() {
        assert!(line.chars().count() <= 100 || !line.contains(' '), "{line}");
    }
}

#[test]
fn foreign_text_cannot_steer_the_terminal() {
    let layout = tempfile::tempdir().unwrap();
    let evil = "\u{1b}[2J\u{202e}evil";
    let config = json!({ "User": evil, "Cmd": [evil], "WorkingDir": evil, "Volumes": { evil: {} }, "ExposedPorts": { evil: {} }, "StopSignal": evil, "Labels": { "io.containers.autoupdate": evil, evil: evil }, "Env": [format!("A={evil}"), evil], "Healthcheck": { "Test": ["CMD", evil] } });
    Image::new(config).layer(evil, Layer::new().file(&format!("bin/{evil}"), 0o4755, "x")).write(layout.path(), "v1");
    let reference = format!("oci:{}", layout.path().display());
    let output = plimsoll(&["check", &reference, "-v"]);
    let text = stdout(&output) + &stderr(&output);
    assert!(text.contains("evil"));
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
}

#[test]
fn a_report_goes_to_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let layout = directory.path().join("layout");
    fs::create_dir(&layout).unwrap();
    root().write(&layout, "v1");
    let file = directory.path().join("report.json").display().to_string();
    let output = plimsoll(&["check", &format!("oci:{}", layout.display()), "--format", "json", "--output", &file]);
    assert_eq!(stdout(&output), "");
    let report: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(report["items"].as_array().unwrap().len(), 40);
    let output = plimsoll(&["check", &format!("oci:{}", layout.display()), "--output", "/nowhere/report"]);
    assert_eq!(output.status.code(), Some(2));
}
