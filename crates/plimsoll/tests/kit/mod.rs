//! Small images, built by the tests that check them.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::panic, clippy::format_collect)] // Shared by several test programs; a panic is the message.

pub mod archive;
pub mod debian;
pub mod elf;
pub mod server;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// One layer's tar.
pub struct Layer(tar::Builder<Vec<u8>>);

impl Layer {
    pub fn new() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }

    pub fn file(self, path: &str, mode: u32, bytes: impl AsRef<[u8]>) -> Self {
        self.entry(path, mode, tar::EntryType::Regular, None, bytes.as_ref(), (0, 0))
    }

    pub fn owned(self, path: &str, mode: u32, bytes: impl AsRef<[u8]>, owner: (u64, u64)) -> Self {
        self.entry(path, mode, tar::EntryType::Regular, None, bytes.as_ref(), owner)
    }

    pub fn dir(self, path: &str, mode: u32) -> Self {
        self.entry(path, mode, tar::EntryType::Directory, None, b"", (0, 0))
    }

    pub fn link(self, path: &str, target: &str) -> Self {
        self.entry(path, 0o777, tar::EntryType::Symlink, Some(target), b"", (0, 0))
    }

    pub fn whiteout(self, path: &str) -> Self {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let path = if directory.is_empty() { format!(".wh.{name}") } else { format!("{directory}/.wh.{name}") };
        self.file(&path, 0o600, b"")
    }

    fn entry(mut self, path: &str, mode: u32, kind: tar::EntryType, link: Option<&str>, bytes: &[u8], owner: (u64, u64)) -> Self {
        let mut header = tar::Header::new_gnu();
        header.set_mode(mode);
        header.set_uid(owner.0);
        header.set_gid(owner.1);
        header.set_mtime(1_760_000_000);
        header.set_entry_type(kind);
        header.set_size(bytes.len() as u64);
        match link {
            Some(target) => self.0.append_link(&mut header, path, target).unwrap(),
            // Hostile names are written as they are.
            None if path.contains("..") => {
                header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
                header.set_cksum();
                self.0.append(&header, bytes).unwrap();
            }
            None => self.0.append_data(&mut header, path, bytes).unwrap(),
        }
        self
    }

    pub fn tar(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

/// An image in the making.
pub struct Image {
    config: Value,
    layers: Vec<Vec<u8>>,
    history: Vec<Value>,
    annotations: Value,
    architecture: String,
}

impl Image {
    /// An image with this `config` member of its config.
    pub fn new(config: Value) -> Self {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        Self { config, layers: Vec::new(), history: Vec::new(), annotations: json!({}), architecture: architecture.to_owned() }
    }

    pub fn layer(mut self, created_by: &str, layer: Layer) -> Self {
        self.layers.push(layer.tar());
        self.history.push(json!({ "created": "2025-10-09T08:53:20Z", "created_by": created_by }));
        self
    }

    pub fn step(mut self, created_by: &str) -> Self {
        self.history.push(json!({ "created_by": created_by, "empty_layer": true }));
        self
    }

    pub fn architecture(mut self, architecture: &str) -> Self {
        self.architecture = architecture.to_owned();
        self
    }

    pub fn annotations(mut self, annotations: Value) -> Self {
        self.annotations = annotations;
        self
    }

    /// Writes the image into an OCI layout and names it by a tag; gives its descriptor.
    pub fn write(&self, layout: &Path, tag: &str) -> Value {
        let diff_ids: Vec<String> = self.layers.iter().map(|l| digest(l)).collect();
        let config = json!({
            "created": "2025-10-09T08:53:20Z", "os": "linux", "architecture": self.architecture, "config": self.config,
            "rootfs": { "type": "layers", "diff_ids": diff_ids }, "history": self.history,
        });
        let config = blob(layout, config.to_string().as_bytes());
        let layers: Vec<Value> = self
            .layers
            .iter()
            .map(|l| {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(l).unwrap();
                let mut descriptor = blob(layout, &encoder.finish().unwrap());
                descriptor["mediaType"] = json!("application/vnd.oci.image.layer.v1.tar+gzip");
                descriptor
            })
            .collect();
        let mut config = config;
        config["mediaType"] = json!("application/vnd.oci.image.config.v1+json");
        let manifest = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": layers, "annotations": self.annotations,
        });
        let mut descriptor = blob(layout, manifest.to_string().as_bytes());
        descriptor["mediaType"] = json!("application/vnd.oci.image.manifest.v1+json");
        descriptor["platform"] = json!({ "os": "linux", "architecture": self.architecture });
        if !tag.is_empty() {
            descriptor["annotations"] = json!({ "org.opencontainers.image.ref.name": tag });
        }
        let path = layout.join("index.json");
        let mut index: Value =
            fs::read(&path).map_or_else(|_| json!({ "schemaVersion": 2, "manifests": [] }), |b| serde_json::from_slice(&b).unwrap());
        index["manifests"].as_array_mut().unwrap().push(descriptor.clone());
        fs::write(path, index.to_string()).unwrap();
        fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        descriptor
    }
}

/// Puts an index over descriptors into a layout in place of them.
pub fn index(layout: &Path, tag: &str, manifests: &[Value]) {
    let index = json!({ "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": manifests });
    let mut descriptor = blob(layout, index.to_string().as_bytes());
    descriptor["mediaType"] = json!("application/vnd.oci.image.index.v1+json");
    descriptor["annotations"] = json!({ "org.opencontainers.image.ref.name": tag });
    fs::write(layout.join("index.json"), json!({ "schemaVersion": 2, "manifests": [descriptor] }).to_string()).unwrap();
}

pub fn blob(layout: &Path, bytes: &[u8]) -> Value {
    let digest = digest(bytes);
    let directory = layout.join("blobs/sha256");
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join(&digest[7..]), bytes).unwrap();
    json!({ "digest": digest, "size": bytes.len() })
}

pub fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
    format!("sha256:{hex}")
}

/// Runs the program with an environment of its own.
pub fn plimsoll(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(arguments).env_clear().env("SOURCE_DATE_EPOCH", "1760000000").env("PLIMSOLL_NO_CACHE", "1").env("COLUMNS", "100");
    command
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The JSON report of a layout.
pub fn report(layout: &Path, more: &[&str]) -> Value {
    let reference = format!("oci:{}", layout.display());
    let mut arguments = vec!["check", &reference, "--format", "json", "-q"];
    arguments.extend(more);
    let output = plimsoll(&arguments);
    valid(&output.stdout)
}

/// One item of a report.
pub fn item<'a>(report: &'a Value, id: &str) -> &'a Value {
    report["items"].as_array().unwrap().iter().find(|i| i["id"] == id).unwrap()
}

/// A report in JSON, which the published schema allows.
pub fn valid(stdout: &[u8]) -> Value {
    static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
        let schema = include_str!("../../../../docs/report.schema.json");
        jsonschema::draft202012::new(&serde_json::from_str(schema).unwrap()).unwrap()
    });
    let report: Value = serde_json::from_slice(stdout).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(stdout)));
    // Of several platforms there is an array of reports.
    let each = report.as_array().map_or(std::slice::from_ref(&report), Vec::as_slice);
    let broken: Vec<String> =
        each.iter().flat_map(|report| SCHEMA.iter_errors(report)).map(|e| format!("{}: {e}", e.instance_path())).take(5).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    report
}
