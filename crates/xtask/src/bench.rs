//! Measures `plimsoll check` beside its peers on real images, in one run, and prints the tables of `benches/README.md`.

use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, bail};
use sha2::{Digest as _, Sha256};

/// Runs of each command; the fastest counts, since noise only adds.
const RUNS: usize = 3;

struct Measured {
    seconds: f64,
    /// Peak resident memory, in MiB.
    memory: f64,
}

/// `bench CORPUS [IMAGE…]`: CORPUS holds OCI layouts (and NAME.tar beside them, for peers that want an archive). `trivy` and `syft` are
/// looked for on PATH and left out where they are not there.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let Some((corpus, images)) = arguments.split_first() else { bail!("cargo xtask bench CORPUS [IMAGE…]") };
    let images: Vec<&str> =
        if images.is_empty() { vec!["fat", "ten", "nginx", "python-app", "java-app", "hardened"] } else { images.to_vec() };
    crate::command("cargo", &["build", "--release", "--quiet", "--package", "plimsoll"], root)?;
    let plimsoll = root.join("target/release/plimsoll").display().to_string();
    let scratch = root.join("target/bench-cache");
    let mut out = String::from(
        "| image | inflate and hash, one thread | plimsoll, cold | plimsoll, one core | plimsoll, warm | trivy | syft |\n| --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for name in images {
        let layout = Path::new(corpus).join(name);
        let image = format!("oci:{}", layout.display());
        let cache = scratch.display().to_string();
        let floor = inflate_and_hash(&layout)?;
        let cold = measure(&[&plimsoll, "check", &image, "--no-cache", "--output", "/dev/null"])?;
        let single = measure(&["taskset", "-c", "0", &plimsoll, "check", &image, "--no-cache", "--threads", "1", "--output", "/dev/null"])?;
        let _ = fs::remove_dir_all(&scratch);
        measure(&[&plimsoll, "check", &image, "--cache-dir", &cache, "--output", "/dev/null"])?;
        let warm = measure(&[&plimsoll, "check", &image, "--cache-dir", &cache, "--output", "/dev/null"])?;
        let trivy = peer(
            "trivy",
            &[
                "image",
                "--input",
                &layout.display().to_string(),
                "--scanners",
                "secret",
                "--list-all-pkgs",
                "--format",
                "json",
                "--offline-scan",
                "--skip-db-update",
                "--skip-version-check",
                "--cache-backend",
                "memory",
                "--output",
                "/dev/null",
            ],
        );
        let syft = peer("syft", &["scan", &format!("oci-dir:{}", layout.display()), "-o", "json=/dev/null", "-q"]);
        let _ = writeln!(
            out,
            "| {name} | {floor:.2} s | {} | {} | {} | {} | {} |",
            shown(&cold),
            shown(&single),
            shown(&warm),
            or_dash(trivy.as_ref()),
            or_dash(syft.as_ref())
        );
    }
    println!("{out}");
    Ok(())
}

fn shown(m: &Measured) -> String {
    format!("{:.2} s, {:.0} MiB", m.seconds, m.memory)
}

fn or_dash(m: Option<&Measured>) -> String {
    m.map_or_else(|| "–".to_owned(), shown)
}

fn peer(program: &str, arguments: &[&str]) -> Option<Measured> {
    let all: Vec<&str> = [program].into_iter().chain(arguments.iter().copied()).collect();
    measure(&all).inspect_err(|e| eprintln!("{program}: {e:#}")).ok()
}

/// The fastest of several runs. A status of 0 or 1 is a run that did its work.
fn measure(command: &[&str]) -> anyhow::Result<Measured> {
    let mut best: Option<Measured> = None;
    for _ in 0..RUNS {
        let report = std::env::temp_dir().join(format!("bench-{}", std::process::id()));
        let started = Instant::now();
        // GNU time tells the peak memory of a child.
        let output = Command::new("/usr/bin/time")
            .args(["-f", "%M", "-o"])
            .arg(&report)
            .args(command)
            .output()
            .context("/usr/bin/time (Debian package time)")?;
        let seconds = started.elapsed().as_secs_f64();
        if !matches!(output.status.code(), Some(0 | 1)) {
            bail!("{}: {}", command.join(" "), String::from_utf8_lossy(&output.stderr));
        }
        let memory: f64 = fs::read_to_string(&report)?.lines().last().unwrap_or_default().trim().parse().context("the peak memory")?;
        if best.as_ref().is_none_or(|b| seconds < b.seconds) {
            best = Some(Measured { seconds, memory: memory / 1024.0 });
        }
    }
    best.context("no run")
}

/// What the same libraries need in one thread to inflate every layer and to hash its stored and unpacked bytes.
fn inflate_and_hash(layout: &Path) -> anyhow::Result<f64> {
    let read = |digest: &str| -> anyhow::Result<Vec<u8>> { Ok(fs::read(layout.join("blobs").join(digest.replace(':', "/")))?) };
    let index: serde_json::Value = serde_json::from_slice(&fs::read(layout.join("index.json"))?)?;
    let manifest: serde_json::Value = serde_json::from_slice(&read(index["manifests"][0]["digest"].as_str().context("digest")?)?)?;
    let mut best = f64::MAX;
    for _ in 0..RUNS {
        let mut seconds = 0.0;
        for layer in manifest["layers"].as_array().context("layers")? {
            let stored = read(layer["digest"].as_str().context("digest")?)?;
            let started = Instant::now();
            let (mut hash, mut buffer) = (Sha256::new(), vec![0; 512 << 10]);
            let mut plain = flate2::read::MultiGzDecoder::new(stored.as_slice());
            loop {
                let n = plain.read(&mut buffer)?;
                if n == 0 {
                    break;
                }
                hash.update(&buffer[..n]);
            }
            std::hint::black_box((hash.finalize(), Sha256::digest(&stored)));
            seconds += started.elapsed().as_secs_f64();
        }
        best = best.min(seconds);
    }
    Ok(best)
}
