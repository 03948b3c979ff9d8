//! Writes the two example images: the same small service as many a first image has it, and hardened.
//!
//! The bytes depend on the program alone, and the program on the compiler and linker: `cargo xtask example` builds it and
//! writes both archives; a test writes them again around the program in the committed ones and compares.

mod images;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::archive;

/// Builds the program and writes `examples/service.tar` and `examples/service-hardened.tar`.
pub(crate) fn write(root: &Path) -> anyhow::Result<()> {
    let directory = root.join("target/example");
    fs::create_dir_all(&directory)?;
    let list = directory.join("dep-v0");
    fs::write(&list, dependencies()?)?;
    let program = compile(root, &directory.join("service"), &list)?;
    for (name, image) in images::both(&program) {
        let path = root.join("examples").join(name);
        fs::write(&path, archive::write(&image)?)?;
        println!("{}", path.display());
    }
    Ok(())
}

/// The program's list of crates as `cargo auditable` writes it (PARSING.md of cargo-auditable): JSON, compressed by zlib.
fn dependencies() -> anyhow::Result<Vec<u8>> {
    use std::io::Write as _;
    let list = serde_json::json!({ "packages": [{ "name": "service", "version": "1.1.0", "source": "local", "root": true }] });
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(list.to_string().as_bytes())?;
    Ok(encoder.finish()?)
}

/// A static program without paths of this machine in it.
fn compile(root: &Path, out: &Path, list: &Path) -> anyhow::Result<Vec<u8>> {
    let source = "examples/service/main.rs";
    let status = Command::new("rustc")
        .current_dir(root)
        .args([
            "--edition",
            "2024",
            "--crate-name",
            "service",
            "-C",
            "opt-level=z",
            "-C",
            "panic=abort",
            "-C",
            "codegen-units=1",
            "-C",
            "strip=symbols",
        ])
        .args(["-C", "target-feature=+crt-static", "-C", "relocation-model=pic", "--target", "x86_64-unknown-linux-gnu"])
        .arg(format!("--remap-path-prefix={}=.", root.display()))
        .env("SERVICE_CRATES", list)
        .args(["-o"])
        .arg(out)
        .arg(source)
        .status()
        .context("rustc")?;
    if !status.success() {
        bail!("rustc could not build {source}: {status}");
    }
    fs::read(out).with_context(|| out.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_images_are_what_the_code_writes_around_their_program() {
        let root = crate::root();
        for name in ["service.tar", "service-hardened.tar"] {
            let committed = fs::read(root.join("examples").join(name)).unwrap();
            assert!(committed.len() < 2 << 20, "{name} is small");
            let program = archive::program(&committed).unwrap();
            let image = images::both(&program).into_iter().find(|(n, _)| *n == name).unwrap().1;
            assert!(archive::write(&image).unwrap() == committed, "{name}: run cargo xtask example");
        }
    }
}
