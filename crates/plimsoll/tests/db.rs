//! `plimsoll db` as a user meets it, with a server of its own for what it fetches.

#![allow(clippy::unwrap_used)] // Test code: a panic is the message.

mod kit;

use std::fs;

use kit::server::{Server, record, zip};
use kit::{plimsoll, stderr, stdout};
use serde_json::Value;

#[test]
fn an_update_fetches_what_changed_and_takes_up_what_broke_off() {
    let server = Server::start();
    server.put("/npm/all.zip", &zip(&[("GHSA-1.json", &record("GHSA-1", "2.0.0"))]));
    server.put("/kev", br#"{"catalogVersion":"2025.10.01","vulnerabilities":[]}"#);
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("data/a.db");
    let update = |more: &[&str]| {
        let kev = format!("{}/kev", server.address);
        let mut arguments =
            vec!["db", "update", "--db", db.to_str().unwrap(), "--osv-url", &server.address, "--kev-url", &kev, "--epss-url", "none"];
        arguments.extend(more);
        plimsoll(&arguments)
    };
    let first = update(&["--ecosystem", "npm"]);
    assert!(first.status.success(), "{}", stderr(&first));
    assert_eq!(server.asked(), ["/npm/modified_id.csv", "/npm/all.zip", "/kev"]);
    assert!(!stderr(&first).contains("list of changes"), "{}", stderr(&first));
    let before = fs::read(&db).unwrap();
    let second = update(&["--ecosystem", "npm", "-v"]);
    assert!(stderr(&second).contains("npm.zip: unchanged"), "{}", stderr(&second));
    assert!(stderr(&second).contains("npm: its list of changes cannot be used (the server has no such file"), "{}", stderr(&second));
    assert!(server.asked()[1..].iter().all(|a| a.contains('"')), "asked with the tag of before");
    assert_eq!(fs::read(&db).unwrap(), before, "equal input, equal bytes");
    // The connection breaks in the middle of the archive.
    server.put("/npm/all.zip", &zip(&[("GHSA-1.json", &record("GHSA-1", "3.0.0"))]));
    server.shelf.lock().unwrap().breaks = Some(100);
    let third = update(&["--ecosystem", "npm"]);
    assert!(third.status.success(), "{}", stderr(&third));
    assert_eq!(server.asked()[2], "/npm/all.zip bytes=100-");
    assert_ne!(fs::read(&db).unwrap(), before);
    // One that the server does not have: the others are taken, and the end says that something lacks.
    let fourth = update(&["--ecosystem", "npm", "--ecosystem", "Nowhere"]);
    assert_eq!(fourth.status.code(), Some(2));
    assert!(stderr(&fourth).contains("Nowhere/all.zip") && stderr(&fourth).contains("404"), "{}", stderr(&fourth));
    // What is no archive does not take the place of one.
    server.put("/npm/all.zip", b"<html>captive portal</html>");
    let whole = fs::read(&db).unwrap();
    let fifth = update(&["--ecosystem", "npm"]);
    assert_eq!(fifth.status.code(), Some(2));
    assert!(stderr(&fifth).contains("no whole zip archive") && stderr(&fifth).contains("the copy of before is used"), "{}", stderr(&fifth));
    assert_eq!(fs::read(&db).unwrap().len(), whole.len());
}

#[test]
fn the_network_is_asked_only_where_it_may_be() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("a.db");
    let db = db.to_str().unwrap();
    let offline = plimsoll(&["db", "update", "--offline", "--db", db]);
    assert_eq!(offline.status.code(), Some(2));
    assert!(stderr(&offline).contains("plimsoll db import"), "{}", stderr(&offline));
    let plain = plimsoll(&[
        "db",
        "update",
        "--db",
        db,
        "--osv-url",
        "http://osv.example",
        "--ecosystem",
        "npm",
        "--kev-url",
        "none",
        "--epss-url",
        "none",
    ]);
    assert!(stderr(&plain).contains("without TLS"), "{}", stderr(&plain));
    let odd = plimsoll(&["db", "update", "--db", db, "--ecosystem", "../x"]);
    assert!(stderr(&odd).contains("is no ecosystem"), "{}", stderr(&odd));
}

#[test]
fn a_database_is_made_shown_and_carried() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("a.json"), record("GHSA-1", "2.0.0")).unwrap();
    fs::write(path("broken.json"), r#"{"id":"X","affected":[1]}"#).unwrap();
    let built = plimsoll(&["db", "build", &path("a.json"), &path("broken.json"), "--output", &path("a.db")]);
    assert!(built.status.success() && stderr(&built).contains("broken.json"), "{}", stderr(&built));
    let state: Value = serde_json::from_slice(&plimsoll(&["db", "status", "--db", &path("a.db"), "--format", "json"]).stdout).unwrap();
    assert_eq!((&state["records"], &state["sources"][0]["name"]), (&1.into(), &"GitHub".into()));
    let text = stdout(&plimsoll(&["db", "status", "--db", &path("a.db")]));
    assert!(text.contains("its newest record is of 2025-10-01, 8 days ago"), "{text}");
    assert!(plimsoll(&["db", "export", &path("b.db"), "--db", &path("a.db")]).status.success());
    assert!(plimsoll(&["db", "import", &path("b.db"), "--db", &path("deep/c.db")]).status.success());
    assert_eq!(fs::read(path("a.db")).unwrap(), fs::read(path("deep/c.db")).unwrap());
    let mut cut = fs::read(path("b.db")).unwrap();
    cut.truncate(cut.len() - 3);
    fs::write(path("b.db"), cut).unwrap();
    let import = plimsoll(&["db", "import", &path("b.db"), "--db", &path("deep/c.db")]);
    assert_eq!(import.status.code(), Some(2));
    assert_eq!(fs::read(path("a.db")).unwrap(), fs::read(path("deep/c.db")).unwrap(), "the one of before stays");
    assert!(stdout(&plimsoll(&["db", "search", "pad", "--db", &path("a.db")])).contains("pkg:npm/left-pad"));
    let none = plimsoll(&["db", "status", "--db", &path("none.db")]);
    assert!(none.status.code() == Some(2) && stderr(&none).contains("plimsoll db update"));
    let nothing = plimsoll(&["db", "build", &path("broken.json"), "--output", &path("d.db")]);
    assert!(nothing.status.code() == Some(2) && stderr(&nothing).contains("no advisories"));
}
