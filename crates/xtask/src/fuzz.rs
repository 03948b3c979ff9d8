//! Runs the fuzz targets, one after another.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

/// `[SECONDS [TARGET]]`. Needs cargo-fuzz; takes a nightly toolchain where there is one, else tells the stable compiler to
/// accept what sanitizers need.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let seconds: u32 = arguments.first().map_or(Ok(60), |s| s.parse()).context("the first argument is a number of seconds")?;
    let mut targets: Vec<String> = fs::read_dir(root.join("fuzz/fuzz_targets"))
        .context("fuzz/fuzz_targets")?
        .filter_map(|e| e.ok()?.path().file_stem()?.to_str().map(str::to_owned))
        .filter(|t| arguments.get(1).is_none_or(|wanted| wanted == t))
        .collect();
    targets.sort();
    if targets.is_empty() {
        bail!("there is no such fuzz target");
    }
    let toolchains = Command::new("rustup").args(["toolchain", "list"]).output();
    let nightly = toolchains.is_ok_and(|o| String::from_utf8_lossy(&o.stdout).contains("nightly"));
    for target in targets {
        println!("{target}: {seconds} s");
        let mut command = Command::new("cargo");
        if nightly {
            command.arg("+nightly");
        } else {
            command.env("RUSTC_BOOTSTRAP", "1");
        }
        let limit = format!("-max_total_time={seconds}");
        // A thread that is joined may still be ending when an input is done, and LeakSanitizer takes what it still holds for lost. What is
        // truly lost runs into the limit of memory.
        let limits = [limit.as_str(), "-rss_limit_mb=3072", "-timeout=25", "-detect_leaks=0"];
        let status = command
            .current_dir(root)
            .args(["fuzz", "run", &target, "--"])
            .args(limits)
            .args(["-print_final_stats=1", "-max_len=65536"])
            .status()
            .context("cargo fuzz (cargo install cargo-fuzz brings it)")?;
        if !status.success() {
            bail!("{target}: {status}; what broke it is in fuzz/artifacts/{target}");
        }
    }
    Ok(())
}
