//! What the tests share: small images, and a registry that misbehaves as told.
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code, though not in test functions")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use plimsoll_oci::{Image, OpenError, Options, RegistryOptions, RetryPolicy, open};
use sha2::{Digest as _, Sha256};

pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

pub(crate) fn digest(bytes: &[u8]) -> String {
    let mut text = "sha256:".to_owned();
    for b in Sha256::digest(bytes) {
        write!(text, "{b:02x}").unwrap();
    }
    text
}

/// Blobs by digest, and the manifest of the last image.
#[derive(Default, Clone)]
pub(crate) struct Blobs(pub(crate) BTreeMap<String, Vec<u8>>);

impl Blobs {
    pub(crate) fn add(&mut self, bytes: impl Into<Vec<u8>>) -> String {
        let bytes = bytes.into();
        let name = digest(&bytes);
        self.0.insert(name.clone(), bytes);
        name
    }

    pub(crate) fn descriptor(&self, media_type: &str, digest: &str, more: &str) -> String {
        format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{}{more}}}"#, self.0[digest].len())
    }

    /// An image of one layer; its manifest's digest.
    pub(crate) fn image(&mut self, architecture: &str, layer: &[u8]) -> String {
        let layer = self.add(layer);
        self.image_of(architecture, &[layer])
    }

    pub(crate) fn image_of(&mut self, architecture: &str, layers: &[String]) -> String {
        self.image_with(architecture, layers, "")
    }

    /// As [`Self::image_of`], with more members of the manifest.
    pub(crate) fn image_with(&mut self, architecture: &str, layers: &[String], more: &str) -> String {
        let ids: Vec<String> = layers.iter().map(|l| format!("\"{l}\"")).collect();
        let steps: Vec<String> = layers.iter().map(|_| r#"{"created_by":"COPY x /"}"#.to_owned()).collect();
        let config = self.add(format!(
            r#"{{"architecture":"{architecture}","os":"linux","config":{{"User":"1000"}},"rootfs":{{"type":"layers","diff_ids":[{}]}},"history":[{}]}}"#,
            ids.join(","),
            steps.join(",")
        ));
        let layers: Vec<String> = layers.iter().map(|l| self.descriptor(LAYER, l, "")).collect();
        let config = self.descriptor("application/vnd.oci.image.config.v1+json", &config, "");
        self.add(format!(r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{config},"layers":[{}]{more}}}"#, layers.join(",")))
    }

    /// An index of images, each with a platform.
    pub(crate) fn index(&mut self, images: &[(&str, &str)]) -> String {
        let entries: Vec<String> = images.iter().map(|(arch, digest)| self.descriptor(MANIFEST, digest, &platform(arch))).collect();
        self.add(format!(r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{}]}}"#, entries.join(",")))
    }

    /// Writes an OCI layout.
    pub(crate) fn layout(&self, at: &Path, entries: &[String]) {
        std::fs::create_dir_all(at.join("blobs/sha256")).unwrap();
        for (name, bytes) in &self.0 {
            std::fs::write(at.join("blobs/sha256").join(name.strip_prefix("sha256:").unwrap()), bytes).unwrap();
        }
        std::fs::write(at.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        std::fs::write(at.join("index.json"), format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, entries.join(","))).unwrap();
    }
}

/// Annotations that name a base image.
pub(crate) fn based_on(name: &str, digest: &str) -> String {
    format!(r#","annotations":{{"org.opencontainers.image.base.name":"{name}","org.opencontainers.image.base.digest":"{digest}"}}"#)
}

pub(crate) fn platform(architecture: &str) -> String {
    format!(r#","platform":{{"os":"linux","architecture":"{architecture}"}}"#)
}

pub(crate) fn named(tag: &str) -> String {
    format!(r#","annotations":{{"org.opencontainers.image.ref.name":"{tag}"}}"#)
}

/// One entry of a tar: header, bytes, padding.
pub(crate) fn tar_entry(name: &str, kind: u8, link: &str, bytes: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..108].copy_from_slice(b"0000644\0");
    block[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
    block[156] = kind;
    block[157..157 + link.len()].copy_from_slice(link.as_bytes());
    block[257..265].copy_from_slice(b"ustar\x0000");
    block[148..156].copy_from_slice(b"        ");
    let sum: u32 = block.iter().map(|&b| u32::from(b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut out = block.to_vec();
    out.extend_from_slice(bytes);
    out.resize(out.len().next_multiple_of(512), 0);
    out
}

/// A tar of plain files.
pub(crate) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out: Vec<u8> = files.iter().flat_map(|(name, bytes)| tar_entry(name, b'0', "", bytes)).collect();
    out.resize(out.len() + 1024, 0);
    out
}

pub(crate) fn read_layer(image: &Image, layer: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    image.blob(layer).map_err(std::io::Error::other)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub(crate) fn error(reference: &str, options: &Options) -> OpenError {
    open(reference, options).expect_err(reference)
}

/// Options that wait for nothing and know no login.
pub(crate) fn quick() -> Options {
    let retry = RetryPolicy { attempts: 4, first_wait: Duration::from_millis(1), longest_wait: Duration::from_secs(2) };
    Options {
        registry: RegistryOptions {
            retry,
            auth_file: Some("/nonexistent/auth.json".into()),
            timeout: Duration::from_secs(5),
            ..RegistryOptions::default()
        },
        ..Options::default()
    }
}

/// A request that a server saw.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
    /// The server's own `host:port`.
    pub(crate) server: String,
}

impl Seen {
    pub(crate) fn authorization(&self) -> Option<&str> {
        self.headers.get("authorization").map(String::as_str)
    }
}

/// What a server answers.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Break the connection after so many bytes of the body, the length still promised in full.
    pub(crate) break_after: Option<usize>,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), break_after: None }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn broken_after(mut self, bytes: usize) -> Self {
        self.break_after = Some(bytes);
        self
    }
}

/// An HTTP server on a loopback port, for as long as the test runs.
pub(crate) struct Server {
    pub(crate) host: String,
    pub(crate) seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, answer, server) = (Arc::clone(&seen), Arc::new(answer), host.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answer, server) = (Arc::clone(&log), Arc::clone(&answer), server.clone());
                std::thread::spawn(move || {
                    let _ = serve(stream, &server, &log, answer.as_ref());
                });
            }
        });
        Self { host, seen }
    }

    /// A registry of the blobs, in which each tag names a manifest.
    pub(crate) fn registry(blobs: Blobs, tags: &[(&str, &str)]) -> Self {
        let tags: BTreeMap<String, String> = tags.iter().map(|(t, d)| ((*t).to_owned(), (*d).to_owned())).collect();
        Self::start(move |seen| serve_blobs(&blobs, &tags, seen))
    }

    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

/// What an honest registry answers.
pub(crate) fn serve_blobs(blobs: &Blobs, tags: &BTreeMap<String, String>, seen: &Seen) -> Reply {
    let path = seen.path.split('?').next().unwrap();
    if path == "/v2/" {
        return Reply::new(200, "{}");
    }
    if path.ends_with("/tags/list") {
        let list: Vec<String> = tags.keys().map(|t| format!("\"{t}\"")).collect();
        return Reply::new(200, format!(r#"{{"name":"x","tags":[{}]}}"#, list.join(",")));
    }
    let last = path.rsplit('/').next().unwrap();
    let name = tags.get(last).map_or(last, String::as_str);
    let Some(bytes) = blobs.0.get(name) else {
        return Reply::new(404, r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#);
    };
    if path.contains("/manifests/") {
        let kind = if bytes.windows(11).any(|w| w == b"\"manifests\"") { INDEX } else { MANIFEST };
        return Reply::new(200, bytes.clone()).with("Content-Type", kind).with("Docker-Content-Digest", name);
    }
    match seen.headers.get("range").and_then(|r| r.strip_prefix("bytes=")).and_then(|r| r.strip_suffix('-')) {
        Some(from) => {
            let at: usize = from.parse().unwrap();
            Reply::new(206, bytes[at..].to_vec()).with("Content-Range", format!("bytes {at}-{}/{}", bytes.len() - 1, bytes.len()))
        }
        None => Reply::new(200, bytes.clone()),
    }
}

fn serve(stream: TcpStream, server: &str, log: &Mutex<Vec<Seen>>, answer: &(dyn Fn(&Seen) -> Reply + Send + Sync)) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut parts = line.split_whitespace();
    let (Some(method), Some(path)) = (parts.next(), parts.next()) else { return Ok(()) };
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|l| l.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let seen = Seen {
        method: method.to_owned(),
        path: path.to_owned(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
        server: server.to_owned(),
    };
    log.lock().unwrap().push(seen.clone());
    let reply = answer(&seen);
    let mut stream = stream;
    let mut head = format!("HTTP/1.1 {} x\r\nConnection: close\r\n", reply.status);
    if !reply.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case("content-length")) {
        write!(head, "Content-Length: {}\r\n", reply.body.len()).unwrap();
    }
    for (name, value) in &reply.headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    let body = reply.break_after.map_or(&reply.body[..], |n| &reply.body[..n]);
    stream.write_all(body)?;
    stream.flush()
}
