//! `plimsoll db`: the local advisory database.

mod args;
mod artifact;
mod carry;
pub(crate) mod download;
mod ecosystem;
mod place;
mod update;

pub(crate) use args::{DatabaseOptions, Db};

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use plimsoll_advisories::{Builder, Built, Database, day};
use plimsoll_evidence::AdvisoryDatabase;
use plimsoll_purl::Purl;

use self::args::{Build, DbCommand, DbStatus};
use crate::allocator;
use crate::args::{Common, Format};
use crate::plan::now;
use crate::status::Status;

/// Files that could not be read, told one by one.
const MOST_UNREAD: usize = 10;
/// Names that a search shows.
const MOST_NAMES: usize = 40;

pub(crate) fn run(db: &Db, common: &Common) -> anyhow::Result<Status> {
    allocator::give_back_at_once();
    match &db.command {
        DbCommand::Update(update) => update::run(update, common),
        DbCommand::Build(build) => make(build, common),
        DbCommand::Status(status) => show(status),
        DbCommand::Export { to, database } => carry::export(&database.place()?, to, common),
        DbCommand::Import(import) => carry::import(import, common),
        DbCommand::Search { word, database } => search(word, database),
    }
}

fn say(common: &Common, line: &str) {
    if !common.quiet {
        eprintln!("{line}");
    }
}

fn make(given: &Build, common: &Common) -> anyhow::Result<Status> {
    let fetched = given.fetched.as_deref().map(day_given).transpose()?;
    let to = match &given.output {
        Some(path) => path.clone(),
        None => given.database.place()?,
    };
    let mut builder = Builder::new();
    for path in &given.from {
        builder
            .add_path(path, fetched)
            .with_context(|| format!("{} cannot be read; name files or directories of advisories", path.display()))?;
    }
    if builder.is_empty() {
        let names: Vec<String> = given.from.iter().map(|p| p.display().to_string()).collect();
        bail!("there are no advisories in {}; plimsoll db build --help lists the forms that are read", names.join(", "));
    }
    let built = builder.finish(&to).with_context(|| format!("the database cannot be written to {}", to.display()))?;
    told(&built, &to, common);
    Ok(Status::Fine)
}

/// Says what was made and what could not be read.
fn told(built: &Built, to: &Path, common: &Common) {
    if common.quiet {
        return;
    }
    for unread in built.unread.iter().take(MOST_UNREAD) {
        let name = plimsoll_evidence::printable_line(&unread.name, 300);
        eprintln!("not read: {name}: {}", plimsoll_evidence::printable_line(&unread.why, 300));
    }
    if built.unread.len() > MOST_UNREAD {
        eprintln!("not read: {} more files", built.unread.len() - MOST_UNREAD);
    }
    eprintln!("{}: {} records of {} publishers", to.display(), built.state.records, built.state.sources.len());
}

/// Seconds since 1970 of a day that is given on the command line.
fn day_given(text: &str) -> anyhow::Result<i64> {
    plimsoll_advisories::seconds(text).with_context(|| format!("--fetched {text:?} is no date; wanted one as 2026-01-31"))
}

fn show(status: &DbStatus) -> anyhow::Result<Status> {
    let path = status.database.place()?;
    let database = Database::open(&path)?;
    database.verify()?;
    let text = match status.format {
        Format::Json => serde_json::to_string_pretty(database.state())? + "\n",
        Format::Terminal => table(&path, &database)?,
    };
    print(&text)
}

fn table(path: &Path, database: &Database) -> anyhow::Result<String> {
    let state: &AdvisoryDatabase = database.state();
    let now = now()?;
    let mut out = String::new();
    writeln!(
        out,
        "{}: {} records, {} MiB, form {}, whole",
        path.display(),
        state.records,
        database.size().div_ceil(1 << 20),
        state.schema
    )?;
    writeln!(out, "{}", age(state, now))?;
    for source in &state.sources {
        let newest = source.newest.map_or_else(|| "no dates".to_owned(), |t| format!("newest of {}", day(t)));
        let fetched = source.fetched.map(|t| format!(", had on {}", day(t))).unwrap_or_default();
        let (n, more) = (source.ecosystems.len(), if source.ecosystems.len() > 3 { ", …" } else { "" });
        let names = source.ecosystems.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        let ecosystems = if n == 0 { "no packages".to_owned() } else { format!("{names}{more}") };
        writeln!(out, "  {:<28} {:>8} records, {newest}{fetched}: {ecosystems}", source.name, source.records)?;
    }
    for (name, catalogue) in [("known exploited (KEV)", &state.kev), ("exploit prediction (EPSS)", &state.epss)] {
        match catalogue {
            Some(c) => writeln!(out, "  {name:<28} {:>8} entries of {}", c.records, c.date.as_deref().unwrap_or("an unknown day"))?,
            None => writeln!(out, "  {name:<28} not there")?,
        }
    }
    Ok(out)
}

/// How old the data are, in words.
fn age(state: &AdvisoryDatabase, now: Option<i64>) -> String {
    let days = |then: i64| now.map(|now| format!(", {} days ago", (now - then).max(0) / 86_400)).unwrap_or_default();
    match (state.fetched, state.newest) {
        (Some(then), _) => format!("had from its publishers on {}{}", day(then), days(then)),
        (None, Some(then)) => format!("when it was had is not known; its newest record is of {}{}", day(then), days(then)),
        (None, None) => "how old it is is not known: no record has a date".to_owned(),
    }
}

fn search(word: &str, options: &DatabaseOptions) -> anyhow::Result<Status> {
    let database = Database::open(&options.place()?)?;
    let found = database.search(word, MOST_NAMES + 1);
    let mut out = String::new();
    for (ecosystem, name) in found.iter().take(MOST_NAMES) {
        let records = database.records_of(ecosystem, name)?;
        let purl = Purl::of_osv(ecosystem, name).map(|p| p.to_string()).unwrap_or_default();
        writeln!(out, "{}", format!("{ecosystem:<28} {name:<32} {records:>5}  {purl}").trim_end())?;
    }
    if found.len() > MOST_NAMES {
        writeln!(out, "and more; a longer word shows fewer")?;
    }
    if found.is_empty() {
        writeln!(out, "no advisory of this database speaks of a package with {word:?} in its name")?;
    }
    print(&out)
}

fn print(text: &str) -> anyhow::Result<Status> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Status::Fine),
        other => other.map(|()| Status::Fine).context("cannot write to standard output"),
    }
}
