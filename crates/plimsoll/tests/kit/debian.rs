//! An image of Debian 12 and a database of advisories about it, in a folder of their own.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Image, Layer, plimsoll, stderr, stdout};

/// The stanza of the C library.
pub const LIBC: &str = "Package: libc6\nStatus: install ok installed\nSource: glibc (2.36-9)\nVersion: 2.36-9+b1\nArchitecture: amd64\n\n";

/// A folder with the image `image` and the database `a.db`.
pub struct Case {
    folder: TempDir,
    /// The image's digest.
    pub digest: String,
}

/// The distribution's files: a C library and curl that are there, and their package manager's records of them.
pub fn rootfs(status: &str) -> Layer {
    Layer::new()
        .file("etc/os-release", 0o644, "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian 12\"\n")
        .file("var/lib/dpkg/status", 0o644, status)
        .file("var/lib/dpkg/info/libc6:amd64.list", 0o644, "/lib/libc.so.6\n")
        .file("var/lib/dpkg/info/curl.list", 0o644, "/usr/bin/curl\n")
        .file("lib/libc.so.6", 0o755, "x")
        .file("usr/bin/curl", 0o755, "#!/lib/libc.so.6\n")
}

impl Case {
    /// An image whose program needs the C library alone, and a database of these files.
    pub fn new(status: &str, advisories: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let image = Image::new(json!({ "Entrypoint": ["/app"] }))
            .layer("ADD rootfs / # buildkit", rootfs(status))
            .layer("COPY app / # buildkit", Layer::new().file("app", 0o755, "#!/lib/libc.so.6\n"));
        let descriptor = image.write(&folder.path().join("image"), "latest");
        let case = Self { folder, digest: descriptor["digest"].as_str().unwrap().to_owned() };
        for (name, text) in advisories {
            case.write(&format!("from/{name}"), text);
        }
        let output = plimsoll(&["db", "build", case.text("from"), "--output", case.text("a.db"), "--fetched", "2025-10-08"]);
        assert!(output.status.success(), "{}", stderr(&output));
        case
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn text(&self, name: &str) -> &'static str {
        self.path(name).to_str().unwrap().to_owned().leak()
    }

    pub fn image(&self) -> &'static str {
        format!("oci:{}", self.text("image")).leak()
    }

    pub fn write(&self, name: &str, text: &str) -> &'static str {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
        self.text(name)
    }

    /// What `plimsoll vulns` says of the image.
    pub fn vulns(&self, more: &[&str]) -> (i32, String, String) {
        let output = plimsoll(&[&["vulns", self.image(), "--db", self.text("a.db")], more].concat());
        (output.status.code().unwrap(), stdout(&output), stderr(&output))
    }

    /// An OpenVEX document on this image.
    pub fn openvex(&self, id: &str, status: &str, justification: &str) -> String {
        let product = format!("pkg:oci/app@{}", self.digest.replace(':', "%3A"));
        let mut said = json!({ "vulnerability": { "name": id }, "products": [{ "@id": product }], "status": status });
        if !justification.is_empty() {
            said["justification"] = json!(justification);
        }
        let document: Value = json!({
            "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.org/vex", "author": "Acme",
            "timestamp": "2025-10-01T00:00:00Z", "version": 1, "statements": [said],
        });
        document.to_string()
    }
}
