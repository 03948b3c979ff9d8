use std::env;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use plimsoll_layers::Cache;

use crate::args::{self, CacheCommand, CacheOptions};
use crate::status::Status;

/// The cache that the options name; none where they turn it off or the user has no home.
pub(crate) fn cache(options: &CacheOptions) -> Option<Cache> {
    if options.no_cache {
        return None;
    }
    let directory = options.cache_dir.clone().or_else(default_directory)?;
    Some(Cache::new(directory, options.cache_size.saturating_mul(1 << 20)))
}

/// `$XDG_CACHE_HOME/plimsoll`, or `~/.cache/plimsoll` (XDG Base Directory Specification 0.8).
fn default_directory() -> Option<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("plimsoll"))
}

pub(crate) fn run(arguments: &args::Cache) -> anyhow::Result<Status> {
    let Some(cache) = cache(&arguments.cache) else {
        bail!("there is no cache: neither XDG_CACHE_HOME nor HOME is an absolute path; name one with --cache-dir");
    };
    let place = cache.directory().display().to_string();
    let mut out = std::io::stdout();
    match arguments.command {
        CacheCommand::Status => {
            let usage = cache.usage().with_context(|| format!("cannot look at the cache {place}"))?;
            writeln!(
                out,
                "{place}: {} layers, {} MiB of at most {} MiB",
                usage.entries,
                usage.bytes.div_ceil(1 << 20),
                usage.most_bytes >> 20
            )?;
        }
        CacheCommand::Clear => {
            let gone = cache.clear().with_context(|| format!("cannot clear the cache {place}"))?;
            writeln!(out, "{place}: {} layers, {} MiB removed", gone.entries, gone.bytes.div_ceil(1 << 20))?;
        }
    }
    Ok(Status::Fine)
}
