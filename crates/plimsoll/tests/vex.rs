//! VEX as a user meets it: documents that are given, written, drafted, and the chain behind them.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code: a panic is the message.

mod kit;

use std::fs;
use std::path::PathBuf;

use kit::{Image, Layer, item, plimsoll, stderr, stdout, valid};
use serde_json::{Value, json};
use tempfile::TempDir;

const STATUS: &str = "\
Package: libc6
Status: install ok installed
Source: glibc (2.36-9)
Version: 2.36-9+b1
Architecture: amd64

Package: curl
Status: install ok installed
Version: 7.88.1-10
Architecture: amd64
";

const LIST: &str = "\
[01 Sep 2025] DSA-10-1 glibc - security update
\t{CVE-2025-1}
\t[bookworm] - glibc 2.36-10
[01 Aug 2025] DSA-11-1 curl - security update
\t{CVE-2025-3}
\t[bookworm] - curl 7.88.1-11
";

struct Case {
    folder: TempDir,
    digest: String,
}

impl Case {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let layer = Layer::new()
            .file("etc/os-release", 0o644, "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian 12\"\n")
            .file("var/lib/dpkg/status", 0o644, STATUS)
            .file("var/lib/dpkg/info/libc6:amd64.list", 0o644, "/lib/libc.so.6\n")
            .file("var/lib/dpkg/info/curl.list", 0o644, "/usr/bin/curl\n")
            .file("lib/libc.so.6", 0o755, "x")
            .file("usr/bin/curl", 0o755, "#!/lib/libc.so.6\n")
            .file("app", 0o755, "#!/lib/libc.so.6\n");
        let image = Image::new(json!({ "Entrypoint": ["/app"] })).layer("ADD rootfs / # buildkit", layer);
        let descriptor = image.write(&folder.path().join("image"), "latest");
        let case = Self { folder, digest: descriptor["digest"].as_str().unwrap().to_owned() };
        case.write("list", LIST);
        let output = plimsoll(&["db", "build", case.text("list"), "--output", case.text("a.db"), "--fetched", "2025-10-08"]);
        assert!(output.status.success(), "{}", stderr(&output));
        case
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> &'static str {
        self.path(name).to_str().unwrap().to_owned().leak()
    }

    fn image(&self) -> &'static str {
        format!("oci:{}", self.text("image")).leak()
    }

    fn write(&self, name: &str, text: &str) -> &'static str {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
        self.text(name)
    }

    fn run(arguments: &[&str]) -> (i32, String, String) {
        let output = plimsoll(arguments);
        // Lines are wrapped for the terminal.
        let flat = stdout(&output).split_whitespace().collect::<Vec<_>>().join(" ");
        (output.status.code().unwrap(), flat, stderr(&output))
    }

    fn vulns(&self, more: &[&str]) -> (i32, String, String) {
        Self::run(&[&["vulns", self.image(), "--db", self.text("a.db")], more].concat())
    }

    /// An OpenVEX document on this image.
    fn document(&self, id: &str, status: &str, justification: &str) -> String {
        let product = format!("pkg:oci/app@{}", self.digest.replace(':', "%3A"));
        let mut said = json!({ "vulnerability": { "name": id }, "products": [{ "@id": product }], "status": status });
        if !justification.is_empty() {
            said["justification"] = json!(justification);
        }
        let document = json!({
            "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.org/vex", "author": "Acme", "timestamp": "2025-10-01T00:00:00Z",
            "version": 1, "statements": [said],
        });
        document.to_string()
    }
}

#[test]
fn unsigned_statements_are_shown_and_silence_nothing_unless_trusted() {
    let case = Case::new();
    let vex = case.write("vex.json", &case.document("DSA-11-1", "not_affected", "vulnerable_code_not_in_execute_path"));
    let (code, out, _) = case.vulns(&["--vex", vex]);
    assert_eq!(code, 1);
    let said = "said not affected by Acme: vulnerable code not in execute path";
    assert!(out.contains(said) && out.contains("unsigned, so it silences nothing"), "{out}");
    let (_, out, _) = case.vulns(&["--vex", vex, "--trust-unsigned-vex"]);
    assert!(out.contains("1 silenced by VEX") && out.contains("Silenced by VEX"), "{out}");
    let (_, json, _) = case.vulns(&["--vex", vex, "--trust-unsigned-vex", "--format", "json"]);
    let report: Value = serde_json::from_str(&json).unwrap();
    let curl = report["findings"].as_array().unwrap().iter().find(|f| f["id"] == "CVE-2025-3").unwrap();
    assert_eq!(
        (&curl["exploitability"]["silenced"], &curl["exploitability"]["said"][0]["standing"]),
        (&json!(true), &json!("trusted-unsigned"))
    );
    let (_, sarif, _) = case.vulns(&["--vex", vex, "--trust-unsigned-vex", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&sarif).unwrap();
    let suppressed = log["runs"][0]["results"].as_array().unwrap().iter().find(|r| r["ruleId"] == "CVE-2025-3").unwrap();
    assert_eq!(suppressed["suppressions"][0]["status"], "accepted");
    // A project's file may say so too.
    let config = case.write("plimsoll.toml", "[items.attested-vex]\ntrust-unsigned = true\n");
    let (_, out, _) = case.vulns(&["--vex", vex, "--config", config]);
    assert!(out.contains("1 silenced by VEX"), "{out}");
}

#[test]
fn a_check_finds_what_the_image_contradicts() {
    let case = Case::new();
    let check = |vex: &str| {
        let output = plimsoll(&["check", case.image(), "--db", case.text("a.db"), "--vex", vex, "--format", "json", "-q"]);
        valid(&output.stdout)
    };
    let rules = |report: &Value| -> Vec<String> {
        item(report, "attested-vex")["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap().to_owned()).collect()
    };
    let fixed = check(case.write("fixed.json", &case.document("CVE-2025-3", "fixed", "")));
    assert_eq!(rules(&fixed), ["attested-vex/vex-says-fixed"]);
    let absent = check(case.write("absent.json", &case.document("CVE-2025-3", "not_affected", "component_not_present")));
    assert_eq!(rules(&absent), ["attested-vex/vex-says-absent"]);
    let other = case.document("CVE-2025-3", "affected", "").replace(&case.digest[7..20], "0000000000000");
    assert_eq!(rules(&check(case.write("other.json", &other))), ["attested-vex/vex-of-another-image"]);
    // In a directory documents of other products belong.
    case.write("all/other.json", &other);
    case.write("all/index.json", "{}");
    assert_eq!(rules(&check(case.text("all"))), Vec::<String>::new());
}

#[test]
fn what_is_no_vex_is_refused() {
    let case = Case::new();
    for (text, says) in [("{}", "it is no VEX document"), ("{", "it is malformed"), ("", "it is empty")] {
        let (code, _, err) = case.vulns(&["--vex", case.write("bad.json", text)]);
        assert!(code == 2 && err.contains(says), "{text}: {err}");
    }
    let (code, _, err) = case.vulns(&["--vex", "https://example.org/vex.json"]);
    assert!(code == 2 && err.contains("fetch https://example.org/vex.json first"), "{err}");
}

#[test]
fn a_statement_is_written_and_answers_the_finding() {
    let case = Case::new();
    let add = |more: &[&str]| Case::run(&[&["vex", "add", "--file", case.text("new.json"), "--image", case.image(), "-q"], more].concat());
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
    let (_, out, _) = case.vulns(&["--vex", case.text("new.json"), "--trust-unsigned-vex"]);
    assert!(out.contains("1 silenced by VEX") && out.contains("said affected by Acme; Update."), "{out}");
}

/// The least ELF file of 64 bits that is one: a header, for this machine.
fn elf() -> Vec<u8> {
    let mut bytes = vec![0; 64];
    bytes[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    bytes[16..18].copy_from_slice(&2_u16.to_le_bytes());
    bytes[18..20].copy_from_slice(&62_u16.to_le_bytes());
    bytes[20] = 1;
    bytes[52..54].copy_from_slice(&64_u16.to_le_bytes());
    bytes
}

#[test]
fn a_draft_proves_what_nothing_reaches_and_no_more() {
    let case = Case::new();
    let write = |name: &str, app: &[u8]| {
        let layer = Layer::new()
            .file("etc/os-release", 0o644, "ID=debian\nVERSION_ID=\"12\"\n")
            .file("var/lib/dpkg/status", 0o644, STATUS)
            .file("var/lib/dpkg/info/libc6:amd64.list", 0o644, "/lib/libc.so.6\n/app\n")
            .file("var/lib/dpkg/info/curl.list", 0o644, "/usr/bin/curl\n")
            .file("lib/libc.so.6", 0o755, elf())
            .file("usr/bin/curl", 0o755, elf())
            .file("app", 0o755, app);
        Image::new(json!({ "Entrypoint": ["/app"] })).layer("COPY . /", layer).write(&case.path(name), "latest");
        format!("oci:{}", case.text(name))
    };
    let drafts = |image: &str, more: &[&str]| -> Vec<Value> {
        let (code, out, err) = Case::run(&[&["vex", "draft", image, "--db", case.text("a.db"), "--format", "json", "-q"], more].concat());
        assert_eq!(code, 0, "{err}");
        serde_json::from_str::<Value>(&out).unwrap()["drafts"].as_array().unwrap().clone()
    };
    let closed = write("closed", &elf());
    let all = drafts(&closed, &[]);
    let of = |id: &str| all.iter().find(|d| d["vulnerability"] == id).unwrap_or_else(|| panic!("{id}: {all:?}"));
    assert_eq!(of("CVE-2025-3")["justification"], "vulnerable_code_not_in_execute_path", "{all:#?}");
    assert_eq!(of("CVE-2025-3")["proof"]["files"], json!(["/usr/bin/curl"]));
    assert_eq!(of("CVE-2025-3")["proof"]["followedFrom"], json!(["/app"]));
    assert_eq!(of("CVE-2025-1")["unproven"], "what starts reaches /app", "its own program is what starts");
    assert_eq!(drafts(&closed, &["--vulnerability", "DSA-11-1"]).len(), 1, "by any of its ids");
    // A script that runs what it is given: nothing can be proven of what it does not name.
    let open = write("open", b"#!/bin/sh\nexec \"$@\"\n");
    assert!(drafts(&open, &[]).iter().all(|d| d["unproven"].is_string()));
    // What is not there.
    let absent = |component: &str| drafts(&closed, &["--vulnerability", "CVE-1-1", "--component", component])[0].clone();
    assert_eq!(absent("pkg:deb/debian/openssl")["justification"], "component_not_present");
    assert_eq!(absent("pkg:deb/debian/glibc")["unproven"], "libc6 2.36-9+b1 is installed");
    assert!(absent("pkg:npm/left-pad")["unproven"].as_str().unwrap().contains("may be copied into a program"));
    assert!(absent("pkg:apk/alpine/openssl")["unproven"].as_str().unwrap().contains("no database of apk packages"));
}

#[test]
fn why_shows_the_chain_or_that_there_is_none() {
    let case = Case::new();
    let why = |what: &str| Case::run(&["why", case.image(), what, "-q"]);
    let (code, out, err) = why("libc6");
    assert!(
        code == 0 && out.contains("/app (the image starts it)") && out.contains("/lib/libc.so.6 (its first line names it)"),
        "{out}{err}"
    );
    let (_, out, _) = why("/usr/bin/curl");
    assert!(out.contains("nothing that the container starts is seen to reach it"), "{out}");
    let (_, out, _) = why("glibc");
    assert!(out.starts_with("libc6 2.36-9+b1 (dpkg)"), "{out}");
    let (_, out, _) = Case::run(&["why", case.image(), "/usr/bin/curl", "--format", "json", "-q"]);
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&answer["answers"][0]["reached"], &answer["openEnds"]), (&json!(false), &json!([])));
    let (code, _, err) = why("nothing");
    assert!(code == 2 && err.contains("neither a file of the image nor a component"), "{err}");
}
