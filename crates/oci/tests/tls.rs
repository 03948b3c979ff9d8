//! TLS: whom it trusts, and that nothing leaves it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code, though not all in test functions")]

mod kit;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use kit::{Blobs, Reply, Server, error, quick, read_layer};
use plimsoll_oci::{OpenErrorKind, Options, open};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;

/// A TLS server at localhost with a certificate of its own authority, which answers by `answer` (from the path and the
/// whole request to status, headers and body).
struct Secure {
    host: String,
    authority: tempfile::NamedTempFile,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Secure {
    fn start(answer: impl Fn(&str) -> (u16, String, Vec<u8>) + Send + 'static) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        let authority = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(authority.path(), issuer.pem()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = format!("localhost:{}", listener.local_addr().unwrap().port());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, config) = (Arc::clone(&seen), Arc::new(config));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Ok(connection) = rustls::ServerConnection::new(Arc::clone(&config)) else { continue };
                let mut tls = rustls::StreamOwned::new(connection, stream);
                let mut request = Vec::new();
                let mut buffer = [0; 4096];
                while !request.windows(4).any(|w| w == b"\r\n\r\n") {
                    match tls.read(&mut buffer) {
                        Ok(n) if n > 0 => request.extend_from_slice(&buffer[..n]),
                        _ => break,
                    }
                }
                let request = String::from_utf8_lossy(&request).into_owned();
                if request.is_empty() {
                    continue;
                }
                log.lock().unwrap().push(request.clone());
                let (status, headers, body) = answer(&request);
                let head = format!("HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
                let _ = tls.write_all(head.as_bytes()).and_then(|()| tls.write_all(&body));
                tls.conn.send_close_notify();
                let _ = tls.flush();
            }
        });
        Self { host, authority, seen }
    }

    fn trusted(&self) -> Options {
        let mut options = quick();
        options.registry.extra_cas = vec![self.authority.path().to_owned()];
        options
    }
}

fn path(request: &str) -> String {
    request.split_whitespace().nth(1).unwrap_or_default().to_owned()
}

fn image(layer: &[u8]) -> (Blobs, String) {
    let mut blobs = Blobs::default();
    let manifest = blobs.image("amd64", layer);
    (blobs, manifest)
}

fn blob(blobs: &Blobs, manifest: &str, request: &str) -> (u16, String, Vec<u8>) {
    let path = path(request);
    let last = path.rsplit('/').next().unwrap();
    blobs.0.get(if last == "1" { manifest } else { last }).map_or((404, String::new(), Vec::new()), |b| (200, String::new(), b.clone()))
}

#[test]
fn only_known_authorities_are_trusted() {
    let (blobs, manifest) = image(b"layer");
    let server = Secure::start(move |request| blob(&blobs, &manifest, request));
    let reference = format!("docker://{}/a/b:1", server.host);
    let opened = open(&reference, &server.trusted()).unwrap();
    assert_eq!(read_layer(&opened.images[0], 0).unwrap(), b"layer");
    let before = server.seen.lock().unwrap().len();
    let refused = error(&reference, &quick());
    assert_eq!(refused.kind(), OpenErrorKind::Unreachable);
    assert!(refused.to_string().contains("certificate") && refused.to_string().contains("--registry-ca"), "{refused}");
    assert_eq!(server.seen.lock().unwrap().len(), before);
    let by_address = error(&reference.replace("localhost", "127.0.0.1"), &server.trusted());
    assert!(by_address.to_string().contains("certificate"), "{by_address}");
}

#[test]
fn a_redirect_out_of_tls_is_not_followed() {
    let plain = Server::start(|_| Reply::new(200, "layer"));
    let (blobs, manifest) = image(b"layer");
    let (at, layer) = (plain.host.clone(), kit::digest(b"layer"));
    let server = Secure::start(move |request| {
        if path(request).ends_with(&layer) {
            (302, format!("Location: http://{at}/x\r\n"), Vec::new())
        } else {
            blob(&blobs, &manifest, request)
        }
    });
    let opened = open(&format!("docker://{}/a/b:1", server.host), &server.trusted()).unwrap();
    let refused = opened.images[0].blob(0).map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("without TLS"), "{refused}");
    assert_eq!(plain.requests().len(), 0);
}

#[test]
fn a_token_realm_out_of_tls_gets_no_login() {
    let plain = Server::start(|_| Reply::new(200, r#"{"token":"x"}"#));
    let at = plain.host.replace("127.0.0.1", "localhost");
    let server = Secure::start(move |_| (401, format!("WWW-Authenticate: Bearer realm=\"http://{at}/token\"\r\n"), Vec::new()));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!(r#"{{"auths":{{"{}":{{"auth":"dXNlcjpwYXNz"}}}}}}"#, server.host)).unwrap();
    let mut options = server.trusted();
    options.registry.auth_file = Some(file.path().to_owned());
    assert_eq!(error(&format!("docker://{}/a/b:1", server.host), &options).kind(), OpenErrorKind::Unauthorized);
    assert!(plain.requests().iter().all(|s| s.authorization().is_none()));
}

#[test]
fn an_authority_file_must_hold_certificates() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "no certificate").unwrap();
    let mut options = quick();
    for path in [file.path().to_owned(), "/nonexistent.pem".into()] {
        options.registry.extra_cas = vec![path.clone()];
        let refused = error("docker://localhost:1/a/b:1", &options);
        assert!(refused.to_string().contains(&path.display().to_string()), "{refused}");
    }
}
