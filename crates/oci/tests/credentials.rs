//! Logins stay with the host that they are for: one test for each way in which they could leave.
//!
//! `127.0.0.1` and `localhost` are the same machine and two hosts, which is what these tests need.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code, though not all in test functions")]

mod kit;

use std::path::PathBuf;

use base64::Engine as _;
use kit::{Blobs, Reply, Seen, Server, error, quick, read_layer, serve_blobs};
use plimsoll_oci::{Mirror, OpenErrorKind, Options, open};

const LAYER: &[u8] = b"layer";
const PASSWORD: &str = "correct-horse-battery";

fn basic() -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("user:{PASSWORD}")))
}

/// Options with a login for each host.
fn with_login(hosts: &[&str]) -> (tempfile::TempDir, Options) {
    let auth = basic();
    let auth = auth.strip_prefix("Basic ").unwrap();
    let entries: Vec<String> = hosts.iter().map(|h| format!(r#""{h}":{{"auth":"{auth}"}}"#)).collect();
    with_auth_file(&format!(r#"{{"auths":{{{}}}}}"#, entries.join(",")))
}

fn with_auth_file(text: &str) -> (tempfile::TempDir, Options) {
    let dir = tempfile::tempdir().unwrap();
    let path: PathBuf = dir.path().join("auth.json");
    std::fs::write(&path, text).unwrap();
    let mut options = quick();
    options.registry.auth_file = Some(path);
    (dir, options)
}

fn as_localhost(host: &str) -> String {
    host.replace("127.0.0.1", "localhost")
}

/// A registry that asks for `challenge` (of its own host) until `accepted` comes.
fn guarded(challenge: impl Fn(&str) -> String + Send + Sync + 'static, accepted: String) -> Server {
    guarded_with(challenge, accepted, |_| None)
}

fn guarded_with(
    challenge: impl Fn(&str) -> String + Send + Sync + 'static,
    accepted: String,
    twist: impl Fn(&Seen) -> Option<Reply> + Send + Sync + 'static,
) -> Server {
    let mut blobs = Blobs::default();
    let manifest = blobs.image("amd64", LAYER);
    let tags = [("1".to_owned(), manifest)].into();
    Server::start(move |seen| {
        if seen.path.starts_with("/token") {
            return Reply::new(200, r#"{"token":"access"}"#);
        }
        if seen.authorization() != Some(accepted.as_str()) {
            return Reply::new(401, r#"{"errors":[{"code":"UNAUTHORIZED"}]}"#).with("WWW-Authenticate", challenge(&seen.server));
        }
        twist(seen).unwrap_or_else(|| serve_blobs(&blobs, &tags, seen))
    })
}

fn bearer(realm: &str) -> String {
    format!(r#"Bearer realm="http://{realm}/token",service="s",scope="repository:other/secret:pull,push""#)
}

#[test]
fn basic_login() {
    let server = guarded(|_| "Basic realm=\"x\"".to_owned(), basic());
    let (_dir, options) = with_login(&[&server.host]);
    let opened = open(&format!("docker://{}/a/b:1", server.host), &options).unwrap();
    assert_eq!(read_layer(&opened.images[0], 0).unwrap(), LAYER);
}

#[test]
fn token_with_and_without_login() {
    for login in [true, false] {
        let server = guarded(bearer, "Bearer access".to_owned());
        let (_dir, options) = with_login(
            if login { std::slice::from_ref(&server.host) } else { &[] }.iter().map(String::as_str).collect::<Vec<_>>().as_slice(),
        );
        let opened = open(&format!("docker://{}/a/b:1", server.host), &options).unwrap();
        assert_eq!(read_layer(&opened.images[0], 0).unwrap(), LAYER);
        let asked: Vec<Seen> = server.requests().into_iter().filter(|s| s.path.starts_with("/token")).collect();
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0].path, "/token?service=s&scope=repository%3Aa%2Fb%3Apull", "the scope is ours, not the registry's");
        assert_eq!(asked[0].authorization().map(str::to_owned), login.then(basic));
    }
}

#[test]
fn identity_tokens_are_exchanged() {
    let server = guarded(bearer, "Bearer access".to_owned());
    let (_dir, options) = with_auth_file(&format!(r#"{{"auths":{{"{}":{{"identitytoken":"{PASSWORD}"}}}}}}"#, server.host));
    open(&format!("docker://{}/a/b:1", server.host), &options).unwrap();
    let asked = server.requests().into_iter().find(|s| s.path.starts_with("/token")).unwrap();
    assert_eq!(asked.method, "POST");
    assert!(asked.body.contains("grant_type=refresh_token") && asked.body.contains(PASSWORD), "{}", asked.body);
    assert!(!asked.path.contains(PASSWORD));
}

#[test]
fn not_to_a_token_realm_elsewhere() {
    let realm = Server::start(|_| Reply::new(200, r#"{"token":"anonymous"}"#));
    let elsewhere = as_localhost(&realm.host);
    for secret in ["auth", "identitytoken"] {
        let named = elsewhere.clone();
        let server = guarded(move |_| bearer(&named), "Bearer access".to_owned());
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("user:{PASSWORD}"));
        let (_dir, options) = with_auth_file(&format!(r#"{{"auths":{{"{}":{{"{secret}":"{pair}"}}}}}}"#, server.host));
        let denied = error(&format!("docker://{}/a/b:1", server.host), &options);
        assert_eq!(denied.kind(), OpenErrorKind::Unauthorized);
        assert!(denied.to_string().contains(&format!("--token-realm {elsewhere}")), "{denied}");
        assert!(!denied.to_string().contains(PASSWORD) && !denied.to_string().contains(&pair));
    }
    for seen in realm.requests() {
        assert_eq!((seen.authorization(), seen.body.as_str(), seen.method.as_str()), (None, "", "GET"));
    }
}

#[test]
fn to_a_token_realm_elsewhere_that_was_allowed() {
    let realm = Server::start(|_| Reply::new(200, r#"{"token":"access"}"#));
    let elsewhere = as_localhost(&realm.host);
    let named = elsewhere.clone();
    let server = guarded(move |_| bearer(&named), "Bearer access".to_owned());
    let (_dir, mut options) = with_login(&[&server.host]);
    options.registry.token_realms = vec![elsewhere];
    open(&format!("docker://{}/a/b:1", server.host), &options).unwrap();
    assert_eq!(realm.requests()[0].authorization(), Some(basic().as_str()));
}

#[test]
fn not_along_a_redirect() {
    for to in ["port", "host"] {
        let storage = Server::start(|_| Reply::new(200, LAYER));
        let at = if to == "port" { storage.host.clone() } else { as_localhost(&storage.host) };
        let layer = kit::digest(LAYER);
        let server = guarded_with(
            |_| "Basic realm=\"x\"".to_owned(),
            basic(),
            move |seen| seen.path.ends_with(&layer).then(|| Reply::new(307, "").with("Location", format!("http://{at}/store?sig=1"))),
        );
        let (_dir, options) = with_login(&[&server.host, &storage.host, &as_localhost(&storage.host)]);
        let opened = open(&format!("docker://{}/a/b:1", server.host), &options).unwrap();
        assert_eq!(read_layer(&opened.images[0], 0).unwrap(), LAYER);
        assert_eq!(storage.requests().iter().map(Seen::authorization).collect::<Vec<_>>(), [None]);
    }
}

#[test]
fn not_to_a_host_that_challenges_after_a_redirect() {
    for challenge in ["Basic realm=\"x\"", "Bearer"] {
        let storage = Server::start(move |seen| {
            let realm = format!("Bearer realm=\"http://{}/token\"", seen.server);
            Reply::new(401, "").with("WWW-Authenticate", if challenge == "Bearer" { realm } else { challenge.to_owned() })
        });
        let at = storage.host.clone();
        let layer = kit::digest(LAYER);
        let server = guarded_with(
            |_| "Basic realm=\"x\"".to_owned(),
            basic(),
            move |seen| seen.path.ends_with(&layer).then(|| Reply::new(302, "").with("Location", format!("http://{at}/store"))),
        );
        let (_dir, options) = with_login(&[&server.host, &storage.host]);
        let opened = open(&format!("docker://{}/a/b:1", server.host), &options).unwrap();
        assert!(read_layer(&opened.images[0], 0).is_err());
        assert!(storage.requests().iter().all(|s| s.authorization().is_none()), "{:?}", storage.requests());
        assert!(storage.requests().iter().all(|s| s.path == "/store"), "{:?}", storage.requests());
    }
}

#[test]
fn not_back_along_a_redirect_that_left() {
    let bounce = Server::start(|seen| {
        let back = seen.path.split_once("to=").map(|(_, to)| to.to_owned()).unwrap();
        Reply::new(302, "").with("Location", format!("http://{back}/v2/stolen"))
    });
    let at = bounce.host.clone();
    let layer = kit::digest(LAYER);
    let server = guarded_with(
        |_| "Basic realm=\"x\"".to_owned(),
        basic(),
        move |seen| seen.path.ends_with(&layer).then(|| Reply::new(302, "").with("Location", format!("http://{at}/?to={}", seen.server))),
    );
    let (_dir, options) = with_login(&[&server.host]);
    let opened = open(&format!("docker://{}/a/b:1", server.host), &options).unwrap();
    assert!(read_layer(&opened.images[0], 0).is_err());
    let back: Vec<Seen> = server.requests().into_iter().filter(|s| s.path == "/v2/stolen").collect();
    assert!(!back.is_empty() && back.iter().all(|s| s.authorization().is_none()));
}

#[test]
fn not_in_an_address_with_a_login() {
    let storage = Server::start(|_| Reply::new(200, LAYER));
    let at = storage.host.clone();
    let layer = kit::digest(LAYER);
    let server = guarded_with(
        |_| "Basic realm=\"x\"".to_owned(),
        basic(),
        move |seen| seen.path.ends_with(&layer).then(|| Reply::new(302, "").with("Location", format!("http://someone:else@{at}/store"))),
    );
    let (_dir, options) = with_login(&[&server.host]);
    let opened = open(&format!("docker://{}/a/b:1", server.host), &options).unwrap();
    assert!(read_layer(&opened.images[0], 0).is_err());
    assert_eq!(storage.requests().len(), 0);
}

#[test]
fn not_to_a_next_page_elsewhere() {
    let elsewhere = Server::start(|_| Reply::new(200, r#"{"tags":["stolen"]}"#));
    let at = elsewhere.host.clone();
    let server = guarded_with(
        |_| "Basic realm=\"x\"".to_owned(),
        basic(),
        move |seen| {
            seen.path
                .contains("/tags/list")
                .then(|| Reply::new(200, r#"{"tags":["1"]}"#).with("Link", format!("<http://{at}/next>; rel=\"next\"")))
        },
    );
    let (_dir, options) = with_login(&[&server.host]);
    let unknown = error(&format!("docker://{}/a/b:2", server.host), &options);
    assert!(unknown.to_string().contains("those it has: 1"), "{unknown}");
    assert_eq!(elsewhere.requests().len(), 0);
}

#[test]
fn not_to_a_mirror() {
    let mirror = guarded(|_| "Basic realm=\"x\"".to_owned(), "never".to_owned());
    let server = guarded(|_| "Basic realm=\"x\"".to_owned(), basic());
    let (_dir, mut options) = with_login(&[&server.host]);
    options.registry.mirrors = vec![Mirror { registry: server.host.clone(), place: mirror.host.clone() }];
    open(&format!("docker://{}/a/b:1", server.host), &options).unwrap();
    assert!(!mirror.requests().is_empty() && mirror.requests().iter().all(|s| s.authorization().is_none()));
}

#[test]
fn not_to_a_host_that_the_file_does_not_name() {
    let server = guarded(|_| "Basic realm=\"x\"".to_owned(), basic());
    let other_port = format!("{}0", server.host);
    let (_dir, options) = with_login(&["docker.io", "127.0.0.1", "localhost", &as_localhost(&server.host), &other_port]);
    let denied = error(&format!("docker://{}/a/b:1", server.host), &options);
    assert_eq!(denied.kind(), OpenErrorKind::Unauthorized);
    assert!(denied.to_string().contains("auth.json") && denied.to_string().contains("docker login"), "{denied}");
    assert!(server.requests().iter().all(|s| s.authorization().is_none()));
}

#[test]
fn a_refused_login_is_said_without_the_password() {
    let server = guarded(|_| "Basic realm=\"x\"".to_owned(), "never".to_owned());
    let (_dir, options) = with_login(&[&server.host]);
    let denied = error(&format!("docker://{}/a/b:1", server.host), &options);
    assert!(denied.to_string().contains("login of user"), "{denied}");
    let shown = format!("{denied:?} {options:?}");
    assert!(!shown.contains(PASSWORD) && !shown.contains(basic().strip_prefix("Basic ").unwrap()), "{shown}");
}
