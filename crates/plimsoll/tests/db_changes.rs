//! `plimsoll db update` where few records changed since the last one.

#![allow(clippy::unwrap_used)] // Test code: a panic is the message.

mod kit;

use std::fs;
use std::process::Output;

use kit::server::{Server, zip};
use kit::{command, plimsoll, stderr};
use serde_json::{Value, json};

/// The days of October 2025 on which each record changed, and whether it was taken back.
type Records = Vec<(String, u8, bool)>;

struct Osv {
    server: Server,
    folder: tempfile::TempDir,
}

fn text(id: &str, day: u8, withdrawn: bool) -> String {
    let time = format!("2025-10-{day:02}T00:00:00.5Z");
    let withdrawn = if withdrawn { format!(r#","withdrawn":"{time}""#) } else { String::new() };
    format!(
        r#"{{"id":"{id}","modified":"{time}"{withdrawn},"affected":[{{"package":{{"ecosystem":"npm","name":"left-pad"}},"ranges":[{{"type":"SEMVER","events":[{{"introduced":"0"}},{{"fixed":"2.0.{day}"}}]}}]}}]}}"#
    )
}

fn few(records: &[(&str, u8, bool)]) -> Records {
    records.iter().map(|(id, day, withdrawn)| ((*id).to_owned(), *day, *withdrawn)).collect()
}

impl Osv {
    fn new() -> Self {
        Self { server: Server::start(), folder: tempfile::tempdir().unwrap() }
    }

    /// What the server has from now on: the list, the archive and each record.
    fn publish(&self, records: &Records) {
        let texts: Vec<(String, String)> = records.iter().map(|(id, day, w)| (format!("{id}.json"), text(id, *day, *w))).collect();
        let list: Vec<String> = records.iter().map(|(id, day, _)| format!("2025-10-{day:02}T00:00:00.5Z,{id}")).collect();
        self.server.put("/npm/modified_id.csv", list.join("\n").as_bytes());
        let members: Vec<(&str, &str)> = texts.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
        self.server.put("/npm/all.zip", &zip(&members));
        for (name, text) in &texts {
            self.server.put(&format!("/npm/{name}"), text.as_bytes());
        }
    }

    fn update_into(&self, db: &str, epoch: &str) -> Output {
        let db = self.folder.path().join(db);
        let db = db.to_str().unwrap();
        let arguments = [
            "db",
            "update",
            "--db",
            db,
            "--osv-url",
            &self.server.address,
            "--ecosystem",
            "npm",
            "--kev-url",
            "none",
            "--epss-url",
            "none",
        ];
        command(&arguments).env("SOURCE_DATE_EPOCH", epoch).output().unwrap()
    }

    /// Updates; gives what was said and what was asked.
    fn update(&self) -> (Output, Vec<String>) {
        let output = self.update_into("a.db", "1760000000");
        let asked = self.server.asked().iter().map(|a| a.split(' ').next().unwrap().to_owned()).collect();
        (output, asked)
    }

    /// The ids that a finding has for left-pad 1.0.0, with the version that mends it.
    fn found(&self) -> Vec<String> {
        let sbom = self.folder.path().join("sbom.json");
        let component = json!({ "type": "library", "name": "left-pad", "version": "1.0.0", "purl": "pkg:npm/left-pad@1.0.0" });
        fs::write(&sbom, json!({ "bomFormat": "CycloneDX", "specVersion": "1.6", "components": [component] }).to_string()).unwrap();
        let db = self.folder.path().join("a.db");
        let output = plimsoll(&["vulns", sbom.to_str().unwrap(), "--db", db.to_str().unwrap(), "--format", "json", "-q"]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let mut all: Vec<String> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|v| format!("{} {}", v["id"].as_str().unwrap(), v["fixedIn"][0].as_str().unwrap_or_default()))
            .collect();
        all.sort();
        all
    }

    /// That the database is the one that a first update makes of the archive.
    fn is_as_new(&self) -> bool {
        assert!(self.update_into("new.db", "1760000000").status.success());
        let read = |db: &str| fs::read(self.folder.path().join(db)).unwrap();
        let same = read("a.db") == read("new.db");
        fs::remove_dir_all(self.folder.path().join("new.db.sources")).unwrap();
        self.server.asked();
        same
    }
}

#[test]
fn only_what_changed_is_fetched() {
    let osv = Osv::new();
    osv.publish(&few(&[("GHSA-1", 1, false), ("GHSA-2", 1, false), ("GHSA-3", 1, false)]));
    let (first, asked) = osv.update();
    assert!(first.status.success(), "{}", stderr(&first));
    assert_eq!(asked, ["/npm/modified_id.csv", "/npm/all.zip"]);
    assert_eq!(osv.found(), ["GHSA-1 2.0.1", "GHSA-2 2.0.1", "GHSA-3 2.0.1"]);
    let (second, asked) = osv.update();
    assert!(stderr(&second).contains("npm.zip: unchanged"), "{}", stderr(&second));
    assert_eq!(asked, ["/npm/modified_id.csv"]);
    // One changed, one was taken back, one is new.
    osv.publish(&few(&[("GHSA-4", 5, false), ("GHSA-2", 4, true), ("GHSA-1", 3, false), ("GHSA-3", 1, false)]));
    let (third, asked) = osv.update();
    assert!(stderr(&third).contains("npm: 3 records changed"), "{}", stderr(&third));
    assert_eq!(asked, ["/npm/modified_id.csv", "/npm/GHSA-1.json", "/npm/GHSA-2.json", "/npm/GHSA-4.json"]);
    assert_eq!(osv.found(), ["GHSA-1 2.0.3", "GHSA-3 2.0.1", "GHSA-4 2.0.5"]);
    assert!(osv.is_as_new());
    // Again, and one of those that were fetched by themselves is gone, as is one of the archive.
    osv.publish(&few(&[("GHSA-1", 6, false), ("GHSA-2", 4, true)]));
    let (fourth, asked) = osv.update();
    assert!(fourth.status.success(), "{}", stderr(&fourth));
    assert_eq!(asked, ["/npm/modified_id.csv", "/npm/GHSA-1.json"]);
    assert_eq!(osv.found(), ["GHSA-1 2.0.6"]);
    assert!(osv.is_as_new());
}

#[test]
fn where_much_changed_the_archive_is_fetched() {
    let osv = Osv::new();
    osv.publish(&few(&[("GHSA-1", 1, false)]));
    osv.update();
    osv.publish(&few(&[("GHSA-1", 2, false)]));
    osv.update();
    let many: Records = (1..40).map(|n| (format!("GHSA-{n}"), 3, false)).collect();
    osv.publish(&many);
    let (output, asked) = osv.update();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(asked, ["/npm/modified_id.csv", "/npm/all.zip"]);
    assert_eq!(osv.found().len(), 39);
    assert!(osv.is_as_new());
    assert!(!osv.folder.path().join("a.db.sources/npm.changes").exists());
    // By the list's times alone it is seen before anything is read.
    let newer: Records = (1..40).map(|n| (format!("GHSA-{n}"), 20, false)).collect();
    osv.publish(&newer);
    let (_, asked) = osv.update();
    assert_eq!(asked, ["/npm/modified_id.csv", "/npm/all.zip"]);
    // A list that leaves out most of what is held is none.
    osv.server.put("/npm/modified_id.csv", b"2025-10-20T00:00:00Z,GHSA-1\n");
    let (output, asked) = osv.update();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(asked, ["/npm/modified_id.csv", "/npm/all.zip"]);
    assert_eq!(osv.found().len(), 39);
}

#[test]
fn an_update_that_was_cut_short_is_gone_on_with() {
    let osv = Osv::new();
    osv.publish(&few(&[("GHSA-1", 1, false), ("GHSA-2", 1, false)]));
    assert!(osv.update_into("a.db", "1759000000").status.success());
    osv.publish(&few(&[("GHSA-1", 2, false), ("GHSA-2", 3, false)]));
    osv.server.shelf.lock().unwrap().stuck = Some(("/npm/GHSA-2.json".to_owned(), 20));
    let (broken, _) = osv.update();
    assert_eq!(broken.status.code(), Some(2));
    assert!(stderr(&broken).contains("/npm/GHSA-2.json cannot be had"), "{}", stderr(&broken));
    // What came is there, and the age is that of before.
    assert_eq!(osv.found(), ["GHSA-1 2.0.2", "GHSA-2 2.0.1"]);
    let db = osv.folder.path().join("a.db");
    let state: Value =
        serde_json::from_slice(&plimsoll(&["db", "status", "--db", db.to_str().unwrap(), "--format", "json"]).stdout).unwrap();
    assert_eq!(state["fetched"], 1_759_000_000);
    osv.server.shelf.lock().unwrap().stuck = None;
    let (output, asked) = osv.update();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(asked, ["/npm/modified_id.csv", "/npm/GHSA-2.json"]);
    assert!(osv.is_as_new());
    // Another record in its place is not taken.
    osv.publish(&few(&[("GHSA-1", 2, false), ("GHSA-2", 6, false)]));
    osv.server.put("/npm/GHSA-2.json", text("GHSA-9", 6, false).as_bytes());
    let (output, _) = osv.update();
    assert!(output.status.code() == Some(2) && stderr(&output).contains("a record of another id (GHSA-9)"), "{}", stderr(&output));
    assert_eq!(osv.found(), ["GHSA-1 2.0.2", "GHSA-2 2.0.3"]);
}
