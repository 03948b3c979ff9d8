//! What declares an image: configuration, build files, deployments, with an image and without one.

#![allow(clippy::unwrap_used, clippy::panic, reason = "test code, though not all in test functions")]

mod kit;

use std::fs;
use std::path::Path;
use std::process::Output;

use kit::{Image, Layer, command, item, stderr, stdout, valid};
use serde_json::{Value, json};

const CONTAINERFILE: &str =
    "FROM registry.example.org/base:1\nRUN apk add --no-cache gcc\nCOPY app /app\nUSER root\nENTRYPOINT [\"/app\"]\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n    - name: web\n      image: registry.example.org/app:1\n      securityContext:\n        privileged: true\n";

fn project() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("Containerfile"), CONTAINERFILE).unwrap();
    fs::create_dir(dir.path().join("deploy")).unwrap();
    fs::write(dir.path().join("deploy/pod.yaml"), POD).unwrap();
    dir
}

fn run(at: &Path, arguments: &[&str]) -> Output {
    command(arguments).current_dir(at).output().unwrap()
}

fn finding<'a>(report: &'a Value, id: &str, rule: &str) -> &'a Value {
    let findings = item(report, id)["findings"].as_array().unwrap();
    findings.iter().find(|f| f["rule"] == format!("{id}/{rule}")).unwrap_or_else(|| panic!("{findings:#?}"))
}

#[test]
fn init_writes_what_check_reads() {
    let dir = project();
    let output = run(dir.path(), &["init"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let again = run(dir.path(), &["init"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("is there already") && stdout(&again).is_empty());
    let below = dir.path().join("deploy");
    let output = run(&below, &["check", "--format", "json"]);
    let report = valid(&output.stdout);
    assert_eq!(report["subject"], Value::Null);
    assert_eq!(report["declared"]["containers"][0]["workload"], "Pod web");
    assert_eq!(item(&report, "no-privileged-mode")["verdict"], "fail");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("plimsoll.toml: what it names is used"), "{}", stderr(&output));
}

#[test]
fn a_finding_leads_to_the_words() {
    let dir = project();
    let output = run(dir.path(), &["check", "--deploy", "deploy", "--build", "Containerfile", "--format", "json"]);
    let report = valid(&output.stdout);
    let privileged = &finding(&report, "no-privileged-mode", "privileged")["location"];
    assert_eq!(privileged["path"], "deploy/pod.yaml");
    assert_eq!((&privileged["line"], &privileged["text"]), (&json!(10), &json!("        privileged: true")));
    let output = run(dir.path(), &["check", "--deploy", "deploy"]);
    assert!(stdout(&output).contains("10 |         privileged: true\n"), "{}", stdout(&output));
    assert!(stdout(&output).contains("^^^^"), "{}", stdout(&output));
}

#[test]
fn an_image_is_joined_with_what_declares_it() {
    let dir = project();
    let layout = dir.path().join("image");
    fs::create_dir(&layout).unwrap();
    Image::new(json!({ "User": "0", "Entrypoint": ["/app"] }))
        .layer("ADD rootfs.tar /", Layer::new().file("etc/os-release", 0o644, "ID=alpine\nVERSION_ID=3.19\n"))
        .layer("RUN /bin/sh -c apk add --no-cache gcc # buildkit", Layer::new().file("usr/bin/gcc", 0o755, "x"))
        .layer("COPY app /app # buildkit", Layer::new().file("app", 0o4755, "y"))
        .step("USER root")
        .step("ENTRYPOINT [\"/app\"]")
        .write(&layout, "registry.example.org/app:1");
    let output = run(dir.path(), &["check", "oci:image", "--build", "Containerfile", "--deploy", "deploy", "--format", "json"]);
    let report = valid(&output.stdout);
    assert_eq!(report["declared"]["containers"][0]["runs"], "reference", "{}", report["declared"]);
    let setuid = item(&report, "no-host-permissions")["findings"].as_array().unwrap();
    let app = setuid.iter().find(|f| f["location"]["path"] == "/app").unwrap();
    assert_eq!(app["location"]["buildFile"]["line"], 3, "{app:#}");
    assert_eq!(app["location"]["buildFile"]["text"], "COPY app /app");
}

#[test]
fn an_image_of_another_name_is_joined_by_the_name_that_is_given() {
    let dir = project();
    let layout = dir.path().join("image");
    fs::create_dir(&layout).unwrap();
    Image::new(json!({ "Entrypoint": ["/app"] }))
        .layer("COPY app /app # buildkit", Layer::new().file("app", 0o755, "y"))
        .write(&layout, "registry.example.org/other:1");
    let runs = |more: &[&str]| {
        let output = run(dir.path(), &[&["check", "oci:image", "--deploy", "deploy", "--format", "json"], more].concat());
        let report = valid(&output.stdout);
        (report["declared"]["containers"][0]["runs"].clone(), report["problems"].to_string().contains("--name"))
    };
    assert_eq!(runs(&[]), (json!("no"), true));
    assert_eq!(runs(&["--name", "registry.example.org/app:1"]), (json!("reference"), false));
}

#[test]
fn another_stage_is_judged_where_it_is_the_one_that_ships() {
    let dir = project();
    fs::write(dir.path().join("Dockerfile"), "FROM a@sha256:aa AS ship\nUSER 1001\nFROM ship AS dev\nRUN apk add gcc\n").unwrap();
    let checked = |more: &[&str]| {
        let output = run(dir.path(), &[&["check", "--build", "Dockerfile", "--format", "json"], more].concat());
        let report = valid(&output.stdout);
        (report["declared"]["buildFiles"][0].clone(), item(&report, "no-build-dependencies")["verdict"].clone())
    };
    assert_eq!(checked(&[]), (json!("Dockerfile (stage dev)"), json!("fail")));
    assert_eq!(checked(&["--target", "ship"]), (json!("Dockerfile (stage ship)"), json!("unknown")));
}

#[test]
fn mistakes_in_the_configuration_are_shown() {
    let dir = project();
    fs::write(dir.path().join("plimsoll.toml"), "image = \"oci:image\"\nbiuld = [\"Containerfile\"]\n").unwrap();
    let output = run(dir.path(), &["check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stdout(&output).is_empty());
    insta::assert_snapshot!(stderr(&output), @r#"
    error: plimsoll.toml:2:1: there is no key "biuld"; did you mean "build"?
      2 | biuld = ["Containerfile"]
        | ^^^^^
    "#);
    let output = run(&dir.path().join("deploy"), &["check", "--config", "none.toml"]);
    assert!(stderr(&output).starts_with("error: none.toml cannot be read: No such file"), "{}", stderr(&output));
    fs::remove_file(dir.path().join("plimsoll.toml")).unwrap();
    let output = run(dir.path(), &["check", "Containerfile"]);
    assert!(stderr(&output).ends_with("plimsoll check --build Containerfile\n"), "{}", stderr(&output));
    let output = run(dir.path(), &["check", "deploy/pod.yaml"]);
    assert!(stderr(&output).ends_with("plimsoll check --deploy deploy/pod.yaml\n"), "{}", stderr(&output));
    let output = run(dir.path(), &["check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("there is nothing to check: name an image"), "{}", stderr(&output));
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_judged() {
    let dir = project();
    fs::write(dir.path().join("deploy/raw.yaml"), "kind: {{ .Values.kind }}\napiVersion: v1\n").unwrap();
    fs::write(dir.path().join("deploy/bomb.yaml"), "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n").unwrap();
    fs::File::create(dir.path().join("deploy/huge.yaml")).unwrap().set_len(2 << 30).unwrap();
    let output = run(dir.path(), &["check", "--deploy", "deploy", "--format", "json"]);
    let report = valid(&output.stdout);
    assert_eq!(item(&report, "no-privileged-mode")["verdict"], "fail");
    let said = report["problems"].to_string();
    // The bomb is bounded and declares nothing; that it ends at all is the test.
    for name in ["raw.yaml", "huge.yaml"] {
        assert!(said.contains(name), "{name}: {said}");
    }
    let passing: Vec<&Value> = report["items"].as_array().unwrap().iter().filter(|i| i["verdict"] == "pass").map(|i| &i["id"]).collect();
    assert!(passing.is_empty(), "nothing passes over what was not read: {passing:?}");
}

#[test]
fn a_credential_in_a_manifest_is_found_and_never_shown() {
    let dir = project();
    let token = format!("{}{}", "glpat-", "Zx8Kq2Lm5Np7Rs9TvWy3");
    fs::write(
        dir.path().join("deploy/env.yaml"),
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  GITLAB_TOKEN: {token}\n"),
    )
    .unwrap();
    for format in ["json", "terminal"] {
        let output = run(dir.path(), &["check", "--deploy", "deploy", "-v", "--format", format]);
        assert!(!stdout(&output).contains(&token[6..]) && !stderr(&output).contains(&token[6..]), "{}", stdout(&output));
        if format == "json" {
            let report = valid(&output.stdout);
            let found = item(&report, "no-secrets")["findings"].as_array().unwrap();
            assert!(found.iter().any(|f| f["location"]["path"] == "deploy/env.yaml" && f["location"]["line"] == 6), "{found:#?}");
        }
    }
}

#[test]
fn the_example_and_its_hardened_twin() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let runtime = |name: &str| -> Vec<(String, String)> {
        let (image, deployment) = (format!("{name}.tar"), format!("deploy/{name}.yaml"));
        let output = run(&examples, &["check", &image, "--deploy", &deployment, "--format", "json", "-v"]);
        assert!(!stdout(&output).contains("summer2024"), "a value in a manifest is never shown");
        let report = valid(&output.stdout);
        let items = report["items"].as_array().unwrap().iter().filter(|i| i["section"] == "runtime");
        items.map(|i| (i["id"].as_str().unwrap().to_owned(), i["verdict"].as_str().unwrap().to_owned())).collect()
    };
    let failing = runtime("service").into_iter().filter(|(_, verdict)| verdict == "fail").count();
    assert!(failing >= 10, "{:?}", runtime("service"));
    let open: Vec<String> =
        runtime("service-hardened").into_iter().filter(|(_, v)| v != "pass").map(|(id, v)| format!("{id} {v}")).collect();
    // What the application logs, only a run can show.
    assert_eq!(open, ["forensic-logging unknown"]);
}
