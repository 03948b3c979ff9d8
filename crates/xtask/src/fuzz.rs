//! Runs the fuzz targets, one after another.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

/// `[SECONDS [TARGET]]`. Needs cargo-fuzz, and a nightly toolchain or `RUSTC_BOOTSTRAP=1`.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let seconds: u32 = arguments.first().map_or(Ok(60), |s| s.parse()).context("the first argument is a number of seconds")?;
    let mut targets: Vec<String> = fs::read_dir(root.join("fuzz/fuzz_targets"))
        .context("fuzz/fuzz_targets")?
        .filter_map(|e| e.ok()?.path().file_stem()?.to_str().map(str::to_owned))
        .filter(|t| arguments.get(1).is_none_or(|wanted| wanted == t))
        .collect();
    targets.sort();
    for target in targets {
        println!("{target}: {seconds} s");
        let limit = format!("-max_total_time={seconds}");
        crate::command(
            "cargo",
            &["fuzz", "run", "--fuzz-dir", "fuzz", &target, "--", &limit, "-rss_limit_mb=2048", "-timeout=20", "-print_final_stats=1"],
            root,
        )?;
    }
    Ok(())
}
