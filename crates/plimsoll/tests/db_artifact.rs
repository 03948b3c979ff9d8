//! The advisory database as an OCI artifact, as a user meets it: in a layout, in an archive, in a registry.

#![allow(clippy::unwrap_used)] // Test code: a panic is the message.

mod kit;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kit::server::{Server, record};
use kit::{command, plimsoll, stderr};
use serde_json::{Value, json};

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// A folder with a database of one record in `a.db`.
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        place.build("a.db", "2.0.0");
        place
    }

    fn build(&self, name: &str, fixed: &str) {
        fs::write(self.at("a.json"), record("GHSA-1", fixed)).unwrap();
        let built = plimsoll(&["db", "build", &self.text("a.json"), "--fetched", "2025-10-08", "--output", &self.text(name)]);
        assert!(built.status.success(), "{}", stderr(&built));
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.at(name).to_str().unwrap().to_owned()
    }

    fn export(&self, to: &str) -> std::process::Output {
        let output = plimsoll(&["db", "export", to, "--db", &self.text("a.db")]);
        assert!(output.status.success(), "{}", stderr(&output));
        output
    }

    fn import(&self, from: &str, more: &[&str]) -> std::process::Output {
        let db = self.text("deep/b.db");
        plimsoll(&[&["db", "import", from, "--db", &db], more].concat())
    }

    fn is_taken(&self) -> bool {
        fs::read(self.at("deep/b.db")).is_ok_and(|b| b == fs::read(self.at("a.db")).unwrap())
    }

    /// The layout's only manifest, and where its blob is.
    fn manifest(&self, layout: &str) -> (Value, PathBuf) {
        let at = self.at(layout);
        let index: Value = serde_json::from_slice(&fs::read(at.join("index.json")).unwrap()).unwrap();
        let path = |d: &Value| at.join("blobs/sha256").join(&d["digest"].as_str().unwrap()[7..]);
        let manifest: Value = serde_json::from_slice(&fs::read(path(&index["manifests"][0])).unwrap()).unwrap();
        let blob = path(&manifest["layers"][0]);
        (manifest, blob)
    }
}

/// A registry of one repository, `mirror/advisories`, with what a layout holds under the tag `latest`.
fn serve(server: &Server, layout: &Path) -> String {
    for blob in fs::read_dir(layout.join("blobs/sha256")).unwrap().map(|e| e.unwrap().path()) {
        let (name, bytes) = (blob.file_name().unwrap().to_str().unwrap(), fs::read(&blob).unwrap());
        server.put(&format!("/v2/mirror/advisories/blobs/sha256:{name}"), &bytes);
        server.put(&format!("/v2/mirror/advisories/manifests/sha256:{name}"), &bytes);
    }
    let index: Value = serde_json::from_slice(&fs::read(layout.join("index.json")).unwrap()).unwrap();
    let manifest = index["manifests"].as_array().unwrap().last().unwrap()["digest"].as_str().unwrap().to_owned();
    let bytes = fs::read(layout.join("blobs/sha256").join(&manifest[7..])).unwrap();
    server.put("/v2/mirror/advisories/manifests/latest", &bytes);
    let host = server.address.strip_prefix("http://").unwrap();
    format!("docker://{host}/mirror/advisories:latest")
}

#[test]
fn it_is_carried_as_a_layout_and_as_an_archive() {
    let place = Place::new();
    let layout = format!("oci:{}:v1", place.text("layout"));
    let said = stderr(&place.export(&layout));
    assert!(said.contains("is written: sha256:"), "{said}");
    let (manifest, _) = place.manifest("layout");
    assert_eq!(manifest["artifactType"], "application/vnd.plimsoll.advisories.v2");
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.oci.empty.v1+json");
    assert_eq!(manifest["layers"][0]["mediaType"], "application/vnd.plimsoll.advisories.db.v2+zstd");
    // SOURCE_DATE_EPOCH of the tests.
    assert_eq!(manifest["annotations"]["org.opencontainers.image.created"], "2025-10-09T08:53:20Z");
    assert!(place.import(&layout, &[]).status.success() && place.is_taken());
    fs::remove_file(place.at("deep/b.db")).unwrap();
    // The same by its bytes, without a transport, and twice the same bytes.
    place.export(&format!("oci-archive:{}", place.text("one.tar")));
    place.export(&format!("oci-archive:{}", place.text("two.tar")));
    assert_eq!(fs::read(place.at("one.tar")).unwrap(), fs::read(place.at("two.tar")).unwrap());
    assert!(place.import(&place.text("one.tar"), &["--offline"]).status.success() && place.is_taken());
    fs::remove_file(place.at("deep/b.db")).unwrap();
    assert!(place.import(&place.text("layout"), &[]).status.success() && place.is_taken());
    // Without SOURCE_DATE_EPOCH it is dated as the data are.
    let mut dated = command(&["db", "export", &format!("oci:{}", place.text("dated")), "--db", &place.text("a.db")]);
    assert!(dated.env_remove("SOURCE_DATE_EPOCH").output().unwrap().status.success());
    assert_eq!(place.manifest("dated").0["annotations"]["org.opencontainers.image.created"], "2025-10-08T00:00:00Z");
}

#[test]
fn what_is_no_database_of_ours_is_told_as_what_it_is() {
    let place = Place::new();
    kit::Image::new(json!({})).layer("COPY", kit::Layer::new().file("app", 0o755, b"x")).write(&place.at("image"), "1");
    let other = |kind: &str| {
        let layout = place.at("other");
        let _ = fs::remove_dir_all(&layout);
        let mut config = kit::blob(&layout, b"{}");
        config["mediaType"] = json!("application/vnd.oci.empty.v1+json");
        let mut layer = kit::blob(&layout, b"bytes");
        layer["mediaType"] = json!("application/octet-stream");
        let manifest = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "artifactType": kind, "config": config, "layers": [layer],
        });
        let mut entry = kit::blob(&layout, manifest.to_string().as_bytes());
        entry["mediaType"] = json!("application/vnd.oci.image.manifest.v1+json");
        fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        fs::write(layout.join("index.json"), json!({ "schemaVersion": 2, "manifests": [entry] }).to_string()).unwrap();
        format!("oci:{}", layout.display())
    };
    fs::write(place.at("vulnerability.db"), b"SQLite format 3\0 and so on").unwrap();
    let refused = |from: &str, said: &str| {
        let import = place.import(from, &[]);
        assert_eq!(import.status.code(), Some(2), "{from}");
        assert!(stderr(&import).contains(said), "{from}: {}", stderr(&import));
    };
    for (kind, said) in [
        ("application/vnd.aquasec.trivy.config.v1+json", "it is Trivy's database (application/vnd.aquasec.trivy.config.v1+json)"),
        ("application/vnd.cncf.helm.config.v1+json", "it is another artifact (application/vnd.cncf.helm.config.v1+json)"),
        ("application/vnd.plimsoll.advisories.v2", "holds a blob of type \"application/octet-stream\""),
        ("application/vnd.plimsoll.advisories.v9", "of form 9, and this Plimsoll reads up to 2"),
    ] {
        refused(&other(kind), said);
    }
    refused(&format!("oci:{}", place.text("image")), "it is a container image, not an advisory database");
    refused(&place.text("vulnerability.db"), "a SQLite database, such as Grype's");
    refused(&place.text("a.json"), "no whole advisory database");
    refused("docker-archive:x.tar", "only images lie there");
    refused("https://mirror.example/advisories.db", "is not asked for a database");
    refused("oci:nowhere", "there is no such file");
    assert!(!place.at("deep/b.db").exists());
}

#[test]
fn changed_bytes_do_not_take_the_place_of_a_database() {
    let place = Place::new();
    let layout = format!("oci:{}", place.text("layout"));
    place.export(&layout);
    assert!(place.import(&layout, &[]).status.success());
    place.build("c.db", "3.0.0");
    let (_, blob) = place.manifest("layout");
    let whole = fs::read(&blob).unwrap();
    let mut changed = whole.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    for bytes in [changed, whole[..whole.len() - 1].to_vec(), [whole.as_slice(), b"!"].concat()] {
        fs::write(&blob, bytes).unwrap();
        let import = place.import(&layout, &[]);
        assert_eq!(import.status.code(), Some(2));
        assert!(place.is_taken(), "the one of before stays");
    }
    fs::remove_file(&blob).unwrap();
    assert_eq!(place.import(&layout, &[]).status.code(), Some(2));
    let parts = fs::read_dir(place.at("deep")).unwrap().count();
    assert_eq!(parts, 1, "nothing else is left behind");
}

#[test]
fn a_registry_has_it_and_an_update_takes_it_where_it_changed() {
    let (place, server) = (Place::new(), Server::start());
    place.export(&format!("oci:{}", place.text("layout")));
    let from = serve(&server, &place.at("layout"));
    let offline = place.import(&from, &["--offline"]);
    assert_eq!(offline.status.code(), Some(2));
    assert!(stderr(&offline).contains("--offline forbids the network"), "{}", stderr(&offline));
    assert!(server.asked().is_empty());
    // The connection breaks in the middle of the blob, which is taken up from there.
    let (_, blob) = place.manifest("layout");
    let path = format!("/v2/mirror/advisories/blobs/sha256:{}", blob.file_name().unwrap().to_str().unwrap());
    server.shelf.lock().unwrap().breaks_at = Some((path.clone(), 100));
    let first = place.import(&from, &[]);
    assert!(first.status.success() && place.is_taken(), "{}", stderr(&first));
    assert!(server.asked().contains(&format!("{path} bytes=100-")));
    // What is there already is not fetched again.
    let db = place.text("deep/b.db");
    let update = |more: &[&str]| plimsoll(&[&["db", "update", "--from", &from, "--db", &db], more].concat());
    let second = update(&[]);
    assert!(second.status.success() && stderr(&second).contains("unchanged"), "{}", stderr(&second));
    assert!(!server.asked().iter().any(|a| a.contains(&path)));
    // Another one that cannot be had whole: the one of before stays.
    let before = fs::read(&db).unwrap();
    place.build("a.db", "3.0.0");
    place.export(&format!("oci:{}", place.text("layout")));
    assert_eq!(serve(&server, &place.at("layout")), from);
    let newest = place.manifest("layout").1.file_name().unwrap().to_str().unwrap().to_owned();
    server.shelf.lock().unwrap().stuck = Some((format!("/v2/mirror/advisories/blobs/sha256:{newest}"), 50));
    let third = update(&[]);
    assert_eq!(third.status.code(), Some(2));
    assert!(stderr(&third).contains("the database stays as it is"), "{}", stderr(&third));
    assert_eq!(fs::read(&db).unwrap(), before);
    server.shelf.lock().unwrap().stuck = None;
    let fourth = update(&[]);
    assert!(fourth.status.success() && place.is_taken(), "{}", stderr(&fourth));
    assert_eq!(update(&["--offline"]).status.code(), Some(2));
    // A project's configuration names it, and a mirror of the registry.
    let host = server.address.strip_prefix("http://").unwrap();
    let config = format!(
        "[registries.mirrors]\n\"registry.invalid\" = \"{host}/mirror\"\n[advisories]\nfrom = \"docker://registry.invalid/advisories\"\n"
    );
    fs::write(place.at("plimsoll.toml"), config).unwrap();
    fs::remove_file(&db).unwrap();
    let fifth = command(&["db", "update", "--db", &db]).current_dir(place.folder.path()).output().unwrap();
    assert!(fifth.status.success() && place.is_taken(), "{}", stderr(&fifth));
}

/// A program of this test, ended with it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_real_registry_takes_it_from_skopeo_and_gives_it() {
    let there = |program: &str| std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|dir| dir.join(program).is_file());
    if !there("docker-registry") || !there("skopeo") {
        let said = "not tried: apt-get install docker-registry skopeo";
        assert!(std::env::var_os("PLIMSOLL_REQUIRE_SERVERS").is_none_or(|v| v != "1"), "{said}");
        println!("{said}");
        return;
    }
    let place = Place::new();
    let host = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let at = place.folder.path().display();
    let config =
        format!("version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {at}/data\nhttp:\n  addr: {host}\n");
    fs::write(place.at("config.yml"), config).unwrap();
    let child = Command::new("docker-registry")
        .args(["serve", &place.text("config.yml")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _running = Running(child);
    let started = Instant::now();
    while TcpStream::connect(&host).is_err() {
        assert!(started.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(20));
    }
    let layout = format!("oci:{}:v1", place.text("layout"));
    let digest = stderr(&place.export(&layout)).trim().rsplit(' ').next().unwrap().to_owned();
    let to = format!("docker://{host}/mirror/advisories:1");
    let copied = Command::new("skopeo").args(["copy", "--dest-tls-verify=false", &layout, &to]).output().unwrap();
    assert!(copied.status.success(), "{}", stderr(&copied));
    let taken = place.import(&to, &[]);
    assert!(taken.status.success() && place.is_taken(), "{}", stderr(&taken));
    fs::remove_file(place.at("deep/b.db")).unwrap();
    assert!(place.import(&format!("{to}@{digest}"), &[]).status.success() && place.is_taken(), "skopeo changes no byte of it");
    let unknown = place.import(&format!("docker://{host}/mirror/advisories:2"), &[]);
    assert!(stderr(&unknown).contains("those it has: 1"), "{}", stderr(&unknown));
}
