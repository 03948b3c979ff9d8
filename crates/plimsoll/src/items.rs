//! The checklist itself, and what is made from the command line's own description.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use clap::CommandFactory as _;
use plimsoll_checklist::CATALOGUE;

use crate::args::{Arguments, Explain, Format, Items};
use crate::look::width;
use crate::status::Status;

pub(crate) fn list(items: &Items) -> anyhow::Result<Status> {
    let text = match items.format {
        Format::Terminal => plimsoll_report::items_table(),
        Format::Json => plimsoll_report::items_json()?,
    };
    print(&text)
}

pub(crate) fn explain(explain: &Explain) -> anyhow::Result<Status> {
    let name = explain.item.split('/').next().unwrap_or_default();
    match plimsoll_checklist::find(name) {
        Some(item) => print(&plimsoll_report::explain(item, width())),
        None => bail!(
            "there is no item {name:?}{}; plimsoll items lists them",
            nearest(name).map(|n| format!("; did you mean {n}?")).unwrap_or_default()
        ),
    }
}

/// The item whose name shares most three-letter runs with a word.
fn nearest(word: &str) -> Option<&'static str> {
    let runs = |text: &str| text.as_bytes().windows(3).map(<[u8]>::to_vec).collect::<std::collections::BTreeSet<_>>();
    let wanted = runs(word);
    let score = |name: &str| runs(name).intersection(&wanted).count();
    CATALOGUE.iter().map(|i| i.id.0).max_by_key(|name| score(name)).filter(|name| score(name) >= 2)
}

pub(crate) fn completions(shell: clap_complete::Shell) -> anyhow::Result<Status> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "plimsoll", &mut text);
    print(&String::from_utf8_lossy(&text))
}

pub(crate) fn man(directory: &Path) -> anyhow::Result<Status> {
    clap_mangen::generate_to(Arguments::command(), directory)
        .with_context(|| format!("cannot write the manual pages to {}", directory.display()))?;
    Ok(Status::Fine)
}

fn print(text: &str) -> anyhow::Result<Status> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(Status::Fine),
        other => other.map(|()| Status::Fine).context("cannot write to standard output"),
    }
}
