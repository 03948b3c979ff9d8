//! VEX as a user meets it: documents that are given, written, drafted, and the chain behind them.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code: a panic is the message.

mod kit;

use std::fs;

use kit::debian::{Case, LIBC, rootfs};
use kit::elf::Elf;
use kit::server::Server;
use kit::{Image, item, plimsoll, stderr, stdout, valid};
use serde_json::{Value, json};

const CURL: &str = "Package: curl\nStatus: install ok installed\nVersion: 7.88.1-10\nArchitecture: amd64\n";

const LIST: &str = "\
[01 Sep 2025] DSA-10-1 glibc - security update
\t{CVE-2025-1}
\t[bookworm] - glibc 2.36-10
[01 Aug 2025] DSA-11-1 curl - security update
\t{CVE-2025-3}
\t[bookworm] - curl 7.88.1-11
";

fn case() -> Case {
    Case::new(&[LIBC, CURL].concat(), &[("list", LIST)])
}

fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = plimsoll(arguments);
    (output.status.code().unwrap(), flat(&stdout(&output)), stderr(&output))
}

/// Lines are wrapped for the terminal.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn vulns(case: &Case, more: &[&str]) -> (i32, String, String) {
    let (code, out, err) = case.vulns(more);
    (code, flat(&out), err)
}

#[test]
fn a_document_is_taken_from_its_address() {
    let (case, server) = (case(), Server::start());
    server.put("/app.vex.json", case.openvex("DSA-11-1", "not_affected", "vulnerable_code_not_in_execute_path").as_bytes());
    server.put("/page.html", b"<html>not here</html>");
    let at = |path: &str| format!("{}{path}", server.address);
    let (_, out, err) = vulns(&case, &["--vex", &at("/app.vex.json"), "--trust-unsigned-vex"]);
    assert!(out.contains("1 silenced by VEX"), "{out}{err}");
    for (url, offline, wanted) in [
        (at("/none.json"), false, "the server has no such file (status 404)"),
        (at("/page.html"), false, "/page.html"),
        (at("/app.vex.json"), true, "--offline forbids it: fetch it elsewhere and name the file"),
        ("http://vex.test/app.json".to_owned(), false, "would be asked without TLS"),
        ("https://me:s3cr3t@vex.test/app.json".to_owned(), false, "the address holds a login, which is not sent"),
        ("https://me:s/3cr3t@vex.test/app.json".to_owned(), false, "https://vex.test/app.json"),
        ("ftp://vex.test/app.json".to_owned(), false, "a file, a directory or an https:// address is taken"),
    ] {
        let mut arguments = vec!["--vex", &url];
        arguments.extend(offline.then_some("--offline"));
        let (code, out, err) = vulns(&case, &arguments);
        assert!(code == 2 && out.is_empty() && err.contains(wanted) && !err.contains("3cr3t"), "{url}: {code} {out}{err}");
    }
}

#[test]
fn unsigned_statements_are_shown_and_silence_nothing_unless_trusted() {
    let case = case();
    let vex = case.write("vex.json", &case.openvex("DSA-11-1", "not_affected", "vulnerable_code_not_in_execute_path"));
    let (code, out, _) = vulns(&case, &["--vex", vex]);
    assert_eq!(code, 1);
    let said = "said not affected by Acme: vulnerable code not in execute path";
    assert!(out.contains(said) && out.contains("unsigned, so it silences nothing"), "{out}");
    let (_, out, _) = vulns(&case, &["--vex", vex, "--trust-unsigned-vex"]);
    assert!(out.contains("1 silenced by VEX") && out.contains("Silenced by VEX"), "{out}");
    let (_, json, _) = vulns(&case, &["--vex", vex, "--trust-unsigned-vex", "--format", "json"]);
    let report: Value = serde_json::from_str(&json).unwrap();
    let curl = report["findings"].as_array().unwrap().iter().find(|f| f["id"] == "CVE-2025-3").unwrap();
    assert_eq!(
        (&curl["exploitability"]["silenced"], &curl["exploitability"]["said"][0]["standing"]),
        (&json!(true), &json!("trusted-unsigned"))
    );
    let closing: Vec<&Value> = report["changes"].as_array().unwrap().iter().map(|c| &c["ids"]).collect();
    assert!(
        !closing.is_empty() && closing.iter().all(|ids| !ids.to_string().contains("CVE-2025-3")),
        "what is silenced is not to be closed"
    );
    let (_, sarif, _) = vulns(&case, &["--vex", vex, "--trust-unsigned-vex", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&sarif).unwrap();
    let suppressed = log["runs"][0]["results"].as_array().unwrap().iter().find(|r| r["ruleId"] == "CVE-2025-3").unwrap();
    assert_eq!(suppressed["suppressions"][0]["status"], "accepted");
    // A project's file may say so too.
    let config = case.write("plimsoll.toml", "[items.attested-vex]\ntrust-unsigned = true\n");
    let (_, out, _) = vulns(&case, &["--vex", vex, "--config", config]);
    assert!(out.contains("1 silenced by VEX"), "{out}");
}

#[test]
fn a_project_says_what_documents_call_its_image() {
    let case = case();
    let document = case.openvex("CVE-2025-3", "not_affected", "vulnerable_code_not_in_execute_path");
    let product = format!("pkg:oci/app@{}", case.digest.replace(':', "%3A"));
    let vex = case.write("vex.json", &document.replace(&product, "registry.example.org/shop/app:1.0"));
    let silenced = |config: &str| {
        let config = case.write("plimsoll.toml", config);
        vulns(&case, &["--vex", vex, "--trust-unsigned-vex", "--config", config]).1.contains("1 silenced by VEX")
    };
    assert!(!silenced(""), "nothing says that this is the image");
    assert!(silenced("name = \"registry.example.org/shop/app:1.0\"\n"));
}

#[test]
fn a_check_finds_what_the_image_contradicts() {
    let case = case();
    let check = |vex: &str| {
        let output = plimsoll(&["check", case.image(), "--db", case.text("a.db"), "--vex", vex, "--format", "json", "-q"]);
        valid(&output.stdout)
    };
    let rules = |report: &Value| -> Vec<String> {
        item(report, "attested-vex")["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap().to_owned()).collect()
    };
    let fixed = check(case.write("fixed.json", &case.openvex("CVE-2025-3", "fixed", "")));
    assert_eq!(rules(&fixed), ["attested-vex/vex-says-fixed"]);
    let absent = check(case.write("absent.json", &case.openvex("CVE-2025-3", "not_affected", "component_not_present")));
    assert_eq!(rules(&absent), ["attested-vex/vex-says-absent"]);
    let other = case.openvex("CVE-2025-3", "affected", "").replace(&case.digest[7..20], "0000000000000");
    assert_eq!(rules(&check(case.write("other.json", &other))), ["attested-vex/vex-of-another-image"]);
    // In a directory documents of other products belong.
    case.write("all/other.json", &other);
    case.write("all/index.json", "{}");
    assert_eq!(rules(&check(case.text("all"))), Vec::<String>::new());
}

#[test]
fn what_is_no_vex_is_refused() {
    let case = case();
    for (text, says) in [("{}", "it is no VEX document"), ("{", "it is malformed"), ("", "it is empty")] {
        let (code, _, err) = vulns(&case, &["--vex", case.write("bad.json", text)]);
        assert!(code == 2 && err.contains(says), "{text}: {err}");
    }
}

#[test]
fn a_statement_is_written_and_answers_the_finding() {
    let case = case();
    let add = |more: &[&str]| run(&[&["vex", "add", "--file", case.text("new.json"), "--image", case.image(), "-q"], more].concat());
    let (code, _, err) = add(&["--vulnerability", "CVE-2025-3", "--status", "not_affected", "--component", "pkg:deb/debian/curl"]);
    assert!(code == 2 && err.contains("needs a reason"), "{err}");
    assert!(!case.path("new.json").exists(), "what is refused leaves nothing");
    let why = ["--justification", "vulnerable_code_not_in_execute_path", "--author", "Acme"];
    let (code, _, err) =
        add(&[&["--vulnerability", "CVE-2025-3", "--status", "not_affected", "--component", "pkg:deb/debian/curl"][..], &why].concat());
    assert_eq!(code, 0, "{err}");
    let (code, _, err) = add(&["--vulnerability", "CVE-2025-1", "--status", "affected", "--action", "Update."]);
    assert_eq!(code, 0, "{err}");
    let document: Value = serde_json::from_slice(&fs::read(case.path("new.json")).unwrap()).unwrap();
    assert_eq!((&document["version"], &document["timestamp"]), (&json!(2), &json!("2025-10-09T08:53:20Z")));
    assert_eq!(document["statements"][0]["products"][0]["@id"], format!("pkg:oci/image@{}", case.digest));
    let (_, out, _) = vulns(&case, &["--vex", case.text("new.json"), "--trust-unsigned-vex"]);
    assert!(out.contains("1 silenced by VEX") && out.contains("said affected by Acme; Update."), "{out}");
}

/// An image whose program, library and curl are these.
fn image_of(case: &Case, name: &str, app: &[u8], libc: &[u8], curl: &[u8]) -> String {
    let layer = rootfs(&[LIBC, CURL].concat())
        .file("var/lib/dpkg/info/libc6:amd64.list", 0o644, "/lib/libc.so.6\n/app\n")
        .file("lib/libc.so.6", 0o755, libc)
        .file("usr/bin/curl", 0o755, curl)
        .file("app", 0o755, app);
    Image::new(json!({ "Entrypoint": ["/app"] })).layer("COPY . /", layer).write(&case.path(name), "latest");
    format!("oci:{}", case.text(name))
}

/// What `plimsoll vex draft` says of it.
fn draft(case: &Case, image: &str, more: &[&str]) -> Value {
    let arguments = [&["vex", "draft", image, "--db", case.text("a.db"), "--format", "json", "-q"], more].concat();
    let (code, out, err) = run(&arguments);
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn a_draft_proves_what_nothing_reaches_and_no_more() {
    let case = case();
    let program = Elf::program().bytes();
    let drafts = |image: &str, more: &[&str]| -> Vec<Value> { draft(&case, image, more)["drafts"].as_array().unwrap().clone() };
    let closed = image_of(&case, "closed", &program, &program, &program);
    let all = drafts(&closed, &[]);
    let of = |id: &str| all.iter().find(|d| d["vulnerability"] == id).unwrap_or_else(|| panic!("{id}: {all:?}"));
    assert_eq!(of("CVE-2025-3")["justification"], "vulnerable_code_not_in_execute_path", "{all:#?}");
    assert_eq!(of("CVE-2025-3")["proof"]["files"], json!(["/usr/bin/curl"]));
    assert_eq!(of("CVE-2025-3")["proof"]["followedFrom"], json!(["/app"]));
    assert_eq!(of("CVE-2025-1")["unproven"], "what starts reaches /app", "its own program is what starts");
    assert_eq!(drafts(&closed, &["--vulnerability", "DSA-11-1"]).len(), 1, "by any of its ids");
    // A script that runs what it is given: nothing can be proven of what it does not name.
    let open = image_of(&case, "open", b"#!/bin/sh\nexec \"$@\"\n", &program, &program);
    assert!(drafts(&open, &[]).iter().all(|d| d["unproven"].is_string()));
    // What is not there.
    let absent = |component: &str| drafts(&closed, &["--vulnerability", "CVE-1-1", "--component", component])[0].clone();
    assert_eq!(absent("pkg:deb/debian/openssl")["justification"], "component_not_present");
    assert_eq!(absent("pkg:deb/debian/glibc")["unproven"], "libc6 2.36-9+b1 is installed");
    assert!(absent("pkg:npm/left-pad")["unproven"].as_str().unwrap().contains("may be copied into a program"));
    assert!(absent("pkg:apk/alpine/openssl")["unproven"].as_str().unwrap().contains("no database of apk packages"));
}

#[test]
fn a_symbol_that_a_person_names_is_looked_for_in_what_runs() {
    let case = case();
    let library = || Elf::library().defines("used").defines("unused");
    let linked = Elf::program().needs("libc.so.6").imports("used");
    let with = |name: &str, app: &Elf, libc: &Elf, curl: &Elf| image_of(&case, name, &app.bytes(), &libc.bytes(), &curl.bytes());
    let ask = |image: &str, id: &str, symbol: &str| {
        let answer = draft(&case, image, &["--vulnerability", id, "--symbol", symbol]);
        assert_eq!(answer["drafts"].as_array().unwrap().len(), 1, "{answer:#}");
        answer
    };
    let plain = with("plain", &linked, &library(), &Elf::program().imports("unused"));
    // Imported by what starts, along this way.
    let answer = ask(&plain, "CVE-2025-1", "used");
    let why = answer["drafts"][0]["unproven"].as_str().unwrap();
    assert!(
        why.contains("/app imports used, reached by /app") && why.contains("/lib/libc.so.6 defines used, reached by /app → /lib/libc.so.6"),
        "{why}"
    );
    let files: Vec<&str> = answer["symbols"]["holders"].as_array().unwrap().iter().map(|h| h["file"].as_str().unwrap()).collect();
    assert_eq!(files, ["/app", "/lib/libc.so.6"]);
    assert_eq!(answer["symbols"]["holders"][1]["reachedBy"], json!(["/app", "/lib/libc.so.6"]));
    // Imported by nothing that starts, but the library that has it is linked: its other functions may call it.
    let answer = ask(&plain, "CVE-2025-1", "unused");
    assert!(answer["drafts"][0]["unproven"].as_str().unwrap().contains("/lib/libc.so.6 defines unused"), "{answer:#}");
    assert_eq!(answer["symbols"]["holders"][1]["reachedBy"], Value::Null, "curl imports it and is not reached");
    // No table has it: proven where the component's own are whole, and not where they are stripped.
    let none = ask(&plain, "CVE-2025-1", "other");
    assert!(none["drafts"][0]["unproven"].as_str().unwrap().contains("is stripped"), "{none:#}");
    let whole = with("whole", &Elf::program().needs("libc.so.6").imports("used").keeps_symbols(), &library().keeps_symbols(), &linked);
    // Its package owns the program as well.
    assert_eq!(ask(&whole, "CVE-2025-1", "other")["drafts"][0]["justification"], "vulnerable_code_not_present");
    // Code that has no name anywhere.
    let mut nameless = Elf::program().bytes();
    nameless[40..48].fill(0);
    nameless[60..64].fill(0);
    let hidden = image_of(&case, "hidden", &nameless, &library().keeps_symbols().bytes(), &library().bytes());
    let answer = ask(&hidden, "CVE-2025-1", "other");
    let why = answer["drafts"][0]["unproven"].as_str().unwrap();
    assert!(why.contains("which files /app names cannot be told from its bytes"), "{why}");
    // What may run anything hides it.
    let open = image_of(&case, "open", b"#!/bin/sh\nexec \"$@\"\n", &library().keeps_symbols().bytes(), &linked.bytes());
    assert!(ask(&open, "CVE-2025-1", "other")["drafts"][0]["unproven"].is_string());
    let (_, out, _) = run(&["vex", "draft", &plain, "--db", case.text("a.db"), "--vulnerability", "CVE-2025-1", "--symbol", "used", "-q"]);
    assert!(out.contains("used imports it: /app; reached by /app defines it: /lib/libc.so.6; reached by /app → /lib/libc.so.6"), "{out}");
    let (code, _, err) = run(&["vex", "draft", &plain, "--db", case.text("a.db"), "--symbol", "used"]);
    assert!(code == 2 && err.contains("--vulnerability"), "{err}");
    let (_, out, _) = run(&["why", &plain, "used", "-q"]);
    assert!(out.contains("/app imports used /app (the image starts it)"), "{out}");
}

#[test]
fn what_anything_reached_names_is_not_proven_unreached() {
    let case = case();
    let curl = Elf::program().bytes();
    let plain = || Elf::program().needs("libc.so.6");
    let starts = || plain().imports("execvp");
    for (name, app, conf, is_proven) in [
        ("plain", plain(), "", true),
        ("only-says", plain().says("curl"), "", true),
        ("starts-other", starts().says("wget"), "", true),
        ("starts-it", starts().says("curl"), "", false),
        ("by-path", starts().says("/usr/bin/curl"), "", false),
        ("by-command", plain().imports("system").says("cd /tmp && curl -s x"), "", false),
        ("put-together", starts().says("cu%s"), "", true),
        ("by-format", starts().says("cur%s"), "", false),
        ("by-beginning", starts().says("cur-").says("url"), "", true),
        ("reads-of-it", starts().says("/etc/app.conf"), "run = curl\n", false),
        ("reads-nothing", starts().says("/etc/other.conf"), "run = curl\n", true),
        ("loads-other", plain().imports("dlopen").says("libz.so.1"), "", true),
    ] {
        let layer = rootfs(&[LIBC, CURL].concat())
            .file("lib/libc.so.6", 0o755, Elf::library().bytes())
            .file("usr/bin/curl", 0o755, &curl)
            .file("etc/app.conf", 0o644, conf)
            .file("app", 0o755, app.bytes());
        Image::new(json!({ "Entrypoint": ["/app"] })).layer("COPY . /", layer).write(&case.path(name), "latest");
        let answer = draft(&case, &format!("oci:{}", case.text(name)), &["--vulnerability", "CVE-2025-3"]);
        assert_eq!(answer["drafts"][0]["proof"].is_object(), is_proven, "{name}: {answer:#}");
    }
    // What the C library reads by itself belongs to someone too.
    let layer = rootfs(&[LIBC, CURL].concat())
        .file("var/lib/dpkg/info/curl.list", 0o644, "/usr/bin/curl\n/usr/lib/locale/C/LC_TIME\n")
        .file("lib/libc.so.6", 0o755, Elf::library().says("/usr/lib/locale").bytes())
        .file("usr/lib/locale/C/LC_TIME", 0o644, "x")
        .file("usr/bin/curl", 0o755, &curl)
        .file("app", 0o755, plain().bytes());
    Image::new(json!({ "Entrypoint": ["/app"] })).layer("COPY . /", layer).write(&case.path("locale"), "latest");
    let answer = draft(&case, &format!("oci:{}", case.text("locale")), &["--vulnerability", "CVE-2025-3"]);
    assert_eq!(answer["drafts"][0]["unproven"], "what starts reaches /usr/lib/locale/C/LC_TIME");
    // A shell that waits for commands may be told any.
    let layer = rootfs(&[LIBC, CURL].concat()).file("bin/sh", 0o755, Elf::program().bytes()).file("usr/bin/curl", 0o755, &curl);
    Image::new(json!({ "Cmd": ["/bin/sh"] })).layer("COPY . /", layer).write(&case.path("shell"), "latest");
    let answer = draft(&case, &format!("oci:{}", case.text("shell")), &["--vulnerability", "CVE-2025-3"]);
    assert!(answer["drafts"][0]["unproven"].as_str().unwrap().contains("runs whatever it is told"), "{answer:#}");
}

#[test]
fn why_shows_the_chain_or_that_there_is_none() {
    let case = case();
    let why = |what: &str| run(&["why", case.image(), what, "-q"]);
    let (code, out, err) = why("libc6");
    assert!(
        code == 0 && out.contains("/app (the image starts it)") && out.contains("/lib/libc.so.6 (its first line names it)"),
        "{out}{err}"
    );
    let (_, out, _) = why("/usr/bin/curl");
    assert!(out.contains("nothing that the container starts is seen to reach it"), "{out}");
    let (_, out, _) = why("glibc");
    assert!(out.starts_with("libc6 2.36-9+b1 (dpkg)"), "{out}");
    let (_, out, _) = run(&["why", case.image(), "/usr/bin/curl", "--format", "json", "-q"]);
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&answer["answers"][0]["reached"], &answer["openEnds"]), (&json!(false), &json!([])));
    let (code, _, err) = why("nothing");
    assert!(code == 2 && err.contains("neither a file of the image nor a component"), "{err}");
}

#[test]
fn statements_are_written_in_each_form_and_count_alike() {
    let case = case();
    for (format, ending) in
        [("openvex", "OpenVEX 0.2.0"), ("cyclonedx", "CycloneDX 1.6"), ("cyclonedx-1.7", "CycloneDX 1.7"), ("csaf", "CSAF 2.0")]
    {
        let file = case.text(&format!("{format}.json"));
        let given = [
            "vex",
            "add",
            "--file",
            file,
            "--format",
            format,
            "--image",
            case.image(),
            "--name",
            "app",
            "--vulnerability",
            "CVE-2025-3",
            "--component",
            "pkg:deb/debian/curl",
            "--status",
            "not_affected",
            "--justification",
            "vulnerable_code_not_in_execute_path",
            "--author",
            "Acme",
            "--namespace",
            "https://acme.example",
            "-q",
        ];
        let (code, _, err) = run(&given);
        assert_eq!((code, err.as_str()), (0, ""), "{format}");
        let (_, json, _) = vulns(&case, &["--vex", file, "--trust-unsigned-vex", "--format", "json"]);
        let report: Value = serde_json::from_str(&json).unwrap();
        let curl = report["findings"].as_array().unwrap().iter().find(|f| f["id"] == "CVE-2025-3").unwrap();
        assert_eq!(curl["exploitability"]["silenced"], json!(true), "{format}: {curl}");
        assert_eq!(report["vex"]["documents"][0]["form"], json!(ending));
    }
    let file = case.text("cyclonedx.json");
    let before = fs::read_to_string(file).unwrap();
    let (code, _, err) = run(&[
        "vex",
        "add",
        "--file",
        file,
        "--format",
        "openvex",
        "--product",
        "pkg:oci/app",
        "--vulnerability",
        "CVE-1",
        "--status",
        "fixed",
    ]);
    assert_eq!(code, 2);
    assert!(err.contains("is left as it was") && err.contains("CycloneDX 1.6"), "{err}");
    assert_eq!(before, fs::read_to_string(file).unwrap());
    let (code, _, err) = run(&[
        "vex",
        "add",
        "--file",
        case.text("new.json"),
        "--format",
        "csaf",
        "--product",
        "pkg:oci/app",
        "--vulnerability",
        "CVE-1",
        "--status",
        "fixed",
    ]);
    assert_eq!(code, 2);
    assert!(err.contains("--namespace"), "{err}");
}

#[test]
fn drafts_become_a_document_for_a_person_to_accept() {
    let case = case();
    let program = Elf::program().bytes();
    let closed = image_of(&case, "closed", &program, &program, &program);
    for format in ["openvex", "cyclonedx", "csaf"] {
        let arguments = [
            "vex",
            "draft",
            &closed,
            "--db",
            case.text("a.db"),
            "--format",
            format,
            "--author",
            "Acme",
            "--namespace",
            "https://acme.example",
        ];
        let output = plimsoll(&arguments);
        assert!(stderr(&output).contains("1 of 2 are proven"), "{}", stderr(&output));
        let file = case.write(&format!("{format}.json"), &stdout(&output));
        let (_, json, err) =
            run(&["vulns", &closed, "--db", case.text("a.db"), "--format", "json", "--vex", file, "--trust-unsigned-vex", "-q"]);
        let report: Value = serde_json::from_str(&json).unwrap_or_else(|e| panic!("{e}: {err}"));
        let silenced: Vec<&Value> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|f| f["exploitability"]["silenced"] == json!(true))
            .map(|f| &f["id"])
            .collect();
        assert_eq!(silenced, ["CVE-2025-3"], "{format}");
    }
    let (code, _, err) = run(&["vex", "draft", &closed, "--db", case.text("a.db"), "--format", "openvex", "--vulnerability", "CVE-2025-1"]);
    assert_eq!(code, 2);
    assert!(err.contains("nothing is proven"), "{err}");
}
