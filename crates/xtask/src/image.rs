//! Builds the release image: the static program alone, with the list of its crates inside.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};
use serde_json::json;

use crate::archive::{self, File, Image, Layer};

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Writes `target/plimsoll.tar`, an OCI layout in one tar. The time in it is `SOURCE_DATE_EPOCH`, else that of the last commit.
pub(crate) fn write(root: &Path) -> anyhow::Result<()> {
    let status = Command::new("cargo")
        .current_dir(root)
        .args([
            "auditable",
            "build",
            "--release",
            "--locked",
            "--quiet",
            "--package",
            "plimsoll",
            "--target",
            TARGET,
            "--target-dir",
            "target/image",
        ])
        .env("RUSTFLAGS", format!("-C target-feature=+crt-static -C relocation-model=pic --remap-path-prefix={}=.", root.display()))
        .status()
        .context("cargo")?;
    if !status.success() {
        bail!("cargo auditable build: {status}; cargo install --locked cargo-auditable brings it");
    }
    let program = fs::read(root.join("target/image").join(TARGET).join("release/plimsoll")).context("the program")?;
    let revision = git(root, &["rev-parse", "HEAD"])?;
    let time = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(given) => given,
        Err(_) => git(root, &["log", "-1", "--format=%ct"])?,
    };
    let version = env!("CARGO_PKG_VERSION");
    let image = Image {
        tag: format!("plimsoll:{version}"),
        time: time.parse().context("the time")?,
        config: json!({
            "User": "65532:65532",
            "Env": ["PATH=/"],
            "Entrypoint": ["/plimsoll"],
            "WorkingDir": "/",
            "Labels": {
                "org.opencontainers.image.title": "plimsoll",
                "org.opencontainers.image.description": "The load line for container images",
                "org.opencontainers.image.version": version,
                "org.opencontainers.image.revision": revision,
                "org.opencontainers.image.source": env!("CARGO_PKG_REPOSITORY"),
                "org.opencontainers.image.licenses": env!("CARGO_PKG_LICENSE"),
                "org.opencontainers.image.resource.cpu": "2",
                "org.opencontainers.image.resource.memory": "256Mi",
                "org.opencontainers.image.resource.ephemeral-storage": "2Gi",
            },
        }),
        annotations: json!({ "org.opencontainers.image.base.name": "scratch", "org.opencontainers.image.version": version, "org.opencontainers.image.revision": revision }),
        layers: vec![Layer {
            created_by: "COPY plimsoll /plimsoll # cargo xtask image",
            files: vec![
                File::directory("etc", 0o755),
                File::new("etc/passwd", 0o644, "plimsoll:x:65532:65532:plimsoll:/:/sbin/nologin\n"),
                File::new("etc/group", 0o644, "plimsoll:x:65532:\n"),
                File::directory("licenses", 0o755),
                File::new("licenses/LICENSE", 0o644, fs::read_to_string(root.join("LICENSE")).context("LICENSE")?),
                File::program("plimsoll", 0o755, &program),
            ],
        }],
    };
    let path = root.join("target/plimsoll.tar");
    fs::write(&path, archive::write(&image)?)?;
    println!("{}", path.display());
    Ok(())
}

fn git(root: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("git").current_dir(root).args(arguments).output().context("git")?;
    if !output.status.success() {
        bail!("git {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
