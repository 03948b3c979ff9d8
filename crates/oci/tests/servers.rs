//! Real servers: Debian's docker-registry, and podman's engine. Where they are not installed a test says so and passes;
//! with `PLIMSOLL_REQUIRE_SERVERS=1` it fails.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code, though not all in test functions")]

mod kit;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use kit::{Blobs, MANIFEST, error, quick, read_layer, tar};
use plimsoll_oci::{OpenErrorKind, Options, open};

/// `user` with the password `correct-horse`, as `htpasswd -B` writes it.
const HTPASSWD: &str = "user:$2y$05$9x0BefFsjqb7/Xe8Q9nFjusVs.7lMbZv8aMWJKt4wnqlwQaDxuP4e\n";

/// Whether the programs are there; says how to get those that are not.
fn installed(programs: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let missing: Vec<&&str> = programs.iter().filter(|p| !std::env::split_paths(&path).any(|dir| dir.join(p).is_file())).collect();
    if missing.is_empty() {
        return true;
    }
    let said = format!("not tried, as {missing:?} are missing: apt-get install docker-registry podman skopeo");
    assert!(std::env::var_os("PLIMSOLL_REQUIRE_SERVERS").is_none_or(|v| v != "1"), "{said}");
    println!("{said}");
    false
}

/// A server of this test, ended with it.
struct Running {
    child: Child,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn start(command: &mut Command, log: &Path, answers: impl Fn() -> bool) -> Self {
        let out = fs::File::create(log).unwrap();
        let child = command.stdin(Stdio::null()).stdout(out.try_clone().unwrap()).stderr(out).spawn().unwrap();
        let running = Self { child };
        let started = Instant::now();
        while !answers() {
            assert!(started.elapsed() < Duration::from_secs(30), "no answer: {}", fs::read_to_string(log).unwrap());
            std::thread::sleep(Duration::from_millis(20));
        }
        running
    }
}

fn registry(dir: &Path, login: bool) -> (Running, String) {
    let host = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let at = dir.display();
    let users = if login { format!("auth:\n  htpasswd:\n    realm: test\n    path: {at}/htpasswd\n") } else { String::new() };
    let config =
        format!("version: 0.1\nlog:\n  level: warn\nstorage:\n  filesystem:\n    rootdirectory: {at}/data\nhttp:\n  addr: {host}\n{users}");
    if login {
        fs::write(dir.join("htpasswd"), HTPASSWD).unwrap();
    }
    fs::write(dir.join("config.yml"), config).unwrap();
    let mut command = Command::new("docker-registry");
    command.arg("serve").arg(dir.join("config.yml"));
    let running = Running::start(&mut command, &dir.join("log"), || TcpStream::connect(&host).is_ok());
    (running, host)
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// An image whose layer is a real tar, as a layout.
fn layout(dir: &Path) -> (PathBuf, Blobs, String) {
    let mut blobs = Blobs::default();
    let image = blobs.image("amd64", &tar(&[("app", b"an application")]));
    let at = dir.join("layout");
    blobs.layout(&at, &[blobs.descriptor(MANIFEST, &image, &kit::named("1"))]);
    (at, blobs, image)
}

#[test]
fn docker_registry_without_login() {
    if !installed(&["docker-registry", "skopeo"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (layout, _, _) = layout(dir.path());
    let (_running, host) = registry(dir.path(), false);
    run(Command::new("skopeo").args([
        "copy",
        "--dest-tls-verify=false",
        &format!("oci:{}:1", layout.display()),
        &format!("docker://{host}/a/b:1"),
    ]));
    let opened = open(&format!("docker://{host}/a/b:1"), &quick()).unwrap();
    let image = &opened.images[0];
    let here = open(&format!("oci:{}:1", layout.display()), &quick()).unwrap();
    assert_eq!(image.raw_config(), here.images[0].raw_config());
    assert!(!read_layer(image, 0).unwrap().is_empty());
    let by_digest = open(&format!("docker://{host}/a/b@{}", image.subject.digest), &quick()).unwrap();
    assert_eq!(by_digest.images[0].raw_manifest(), image.raw_manifest());
    let unknown = error(&format!("docker://{host}/a/b:2"), &quick());
    assert!(unknown.kind() == OpenErrorKind::NotFound && unknown.to_string().contains("those it has: 1"), "{unknown}");
    assert_eq!(error(&format!("docker://{host}/no/such:1"), &quick()).kind(), OpenErrorKind::NotFound);
}

#[test]
fn docker_registry_with_login() {
    if !installed(&["docker-registry", "skopeo"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (layout, _, _) = layout(dir.path());
    let (_running, host) = registry(dir.path(), true);
    let (from, to) = (format!("oci:{}:1", layout.display()), format!("docker://{host}/a/b:1"));
    run(Command::new("skopeo").args(["copy", "--dest-tls-verify=false", "--dest-creds=user:correct-horse", &from, &to]));
    let private = error(&to, &quick());
    assert_eq!(private.kind(), OpenErrorKind::Unauthorized);
    assert!(private.to_string().contains(&format!("docker login {host}")), "{private}");
    for (password, accepted) in [("correct-horse", true), ("wrong-horse", false)] {
        let auth = base64::engine::general_purpose::STANDARD.encode(format!("user:{password}"));
        let file = dir.path().join("auth.json");
        fs::write(&file, format!(r#"{{"auths":{{"{host}":{{"auth":"{auth}"}}}}}}"#)).unwrap();
        let mut options = quick();
        options.registry.auth_file = Some(file);
        match open(&to, &options) {
            Ok(opened) => assert!(accepted && !read_layer(&opened.images[0], 0).unwrap().is_empty()),
            Err(e) => assert!(!accepted && e.kind() == OpenErrorKind::Unauthorized && !e.to_string().contains(password), "{e}"),
        }
    }
}

#[test]
fn podman_engine() {
    if !installed(&["podman"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().display();
    let layer = tar(&[("app", b"an application")]);
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","config":{{"User":"1000"}},"rootfs":{{"type":"layers","diff_ids":["{}"]}}}}"#,
        kit::digest(&layer)
    );
    let id = kit::digest(config.as_bytes());
    let name = format!("{}.json", id.strip_prefix("sha256:").unwrap());
    let manifest = format!(r#"[{{"Config":"{name}","RepoTags":["plimsoll.test/podman:1"],"Layers":["layer.tar"]}}]"#);
    fs::write(
        dir.path().join("image.tar"),
        tar(&[(&name, config.as_bytes()), ("layer.tar", &layer), ("manifest.json", manifest.as_bytes())]),
    )
    .unwrap();
    let storage = dir.path().join("storage.conf");
    fs::write(&storage, format!("[storage]\ndriver = \"vfs\"\ngraphroot = \"{at}/root\"\nrunroot = \"{at}/run\"\n")).unwrap();
    let podman = || {
        let mut command = Command::new("podman");
        command.env("CONTAINERS_STORAGE_CONF", &storage).env_remove("CONTAINER_HOST").arg("--cgroup-manager=cgroupfs");
        command
    };
    run(podman().arg("load").arg("-i").arg(dir.path().join("image.tar")));
    let socket = dir.path().join("podman.sock");
    let mut service = podman();
    service.args(["system", "service", "--time=0", &format!("unix://{}", socket.display())]);
    let running = Running::start(&mut service, &dir.path().join("log"), || UnixStream::connect(&socket).is_ok());
    let options = Options { engine_socket: Some(socket.clone()), ..quick() };
    // podman answers for Docker's clients as well.
    for reference in ["podman:plimsoll.test/podman:1", "docker:plimsoll.test/podman:1"] {
        let opened = open(reference, &options).unwrap();
        let image = &opened.images[0];
        assert_eq!(image.config.user, "1000");
        assert_eq!(image.layers[0].diff_id.as_ref().map(ToString::to_string), Some(kit::digest(&layer)));
        assert_eq!(read_layer(image, 0).unwrap(), layer);
    }
    let absent = error("podman:no/such:1", &options);
    assert_eq!(absent.kind(), OpenErrorKind::NotFound);
    assert!(absent.to_string().contains("plimsoll.test/podman:1"), "{absent}");
    assert_eq!(error("podman:plimsoll.test/podman:1", &Options { offline: true, ..options.clone() }).kind(), OpenErrorKind::Offline);
    drop(running);
    assert_eq!(error("podman:plimsoll.test/podman:1", &options).kind(), OpenErrorKind::Unreachable);
}
