//! One ecosystem's records: the archive that was fetched once, and since then only the records that changed.
//!
//! OSV lists when each record of an ecosystem last changed (`modified_id.csv`). What is listed newer than it is held is fetched by itself
//! and kept beside the archive; what is no longer listed is left out. Nothing but the files themselves says what is held, so that an update
//! that was cut short anywhere is gone on with by the next. A record that was taken back is one that changed.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use plimsoll_advisories::{Builder, Held, Listing, ids_in_zip, stamp};
use url::Url;

use super::download::{Downloader, Kept};
use super::say;
use super::update::fetch;
use crate::args::Common;

/// Bytes of a list at most: npm's has some 15 MB.
const MOST_LIST: u64 = 512 << 20;
/// Bytes of one record at most.
const MOST_RECORD: u64 = 64 << 20;
/// Asking for one record is held to cost as much as so many bytes of the archive.
const REQUEST: u64 = 64 << 10;
/// Records that are asked for one by one, at least and at most.
const LEAST: u64 = 16;
const MOST: u64 = 500;
/// Records beside the archive, beyond which it is fetched anew.
const MOST_BESIDE: usize = 5_000;
/// How long the archive may lag behind the list, in seconds.
const LAG: i64 = 86_400;

pub(super) struct Ecosystem {
    name: String,
    /// The address of its folder.
    url: String,
    archive: Kept,
    list: Kept,
    /// The folder of records that changed since.
    changes: PathBuf,
}

impl Ecosystem {
    pub(super) fn new(base: &str, name: &str, folder: &Path) -> Self {
        let file = name.replace(' ', "-");
        Self {
            name: name.to_owned(),
            url: format!("{base}/{}", name.replace(' ', "%20")),
            archive: Kept::new(folder, &format!("{file}.zip")),
            list: Kept::new(folder, &format!("{file}.csv")),
            changes: folder.join(format!("{file}.changes")),
        }
    }

    /// Brings the files up to date and takes them in; gives what went wrong and left an older state.
    pub(super) fn take(
        &self,
        builder: &mut Builder,
        downloader: &Downloader,
        now: Option<i64>,
        common: &Common,
    ) -> anyhow::Result<Option<String>> {
        let listing = self.listing(downloader, now).map_err(|why| {
            if common.verbose && !common.quiet {
                eprintln!("{}: its list of changes cannot be used ({why:#}); the archive is asked for as a whole", self.name);
            }
        });
        let Ok(listing) = listing else {
            let (fetched, failure) = self.fetch_archive(downloader, now, common);
            self.add(builder, fetched, None)?;
            return Ok(failure);
        };
        let expected = self.archive.fetched().map(|then| listing.newer_than(then.saturating_sub(LAG)) as u64);
        let is_little = self.archive.path().exists() && self.beside().len() <= MOST_BESIDE && expected.is_some_and(|n| n <= self.most());
        let (mut fetched, mut failure) = (now, None);
        if !is_little {
            (fetched, failure) = self.fetch_archive(downloader, now, common);
        }
        let Some((mut listing, mut held)) = self.add(builder, fetched, Some(listing))? else { return Ok(failure) };
        let mut changed = listing.beyond(&held);
        if is_little && changed.len() as u64 > self.most() {
            (fetched, failure) = self.fetch_archive(downloader, now, common);
            let Some(again) = self.add(builder, fetched, Some(listing))? else { return Ok(failure) };
            (listing, held) = again;
            changed = listing.beyond(&held);
        }
        // Where even the new archive lags so far behind, it is what there is.
        if failure.is_some() || changed.len() as u64 > self.most() {
            return Ok(failure);
        }
        let done = self.fetch_changes(&changed, downloader, builder, now);
        match done {
            Ok(n) if n > 0 => say(common, &format!("{}: {n} records changed", self.name)),
            Ok(_) if is_little => say(common, &format!("{}: unchanged", self.archive_name())),
            Ok(_) => {}
            Err(error) => {
                // What came is kept; the age is that of the last whole update.
                self.add(builder, self.archive.fetched(), Some(listing))?;
                return Ok(Some(format!("{error:#}; what came before it is used")));
            }
        }
        self.archive.checked(now)?;
        Ok(None)
    }

    fn archive_name(&self) -> String {
        self.archive.path().file_name().unwrap_or_default().display().to_string()
    }

    /// How many records may be asked for one by one.
    fn most(&self) -> u64 {
        (fs::metadata(self.archive.path()).map_or(0, |m| m.len()) / REQUEST).clamp(LEAST, MOST)
    }

    /// The list as the server has it. One that leaves out much of what is held is not believed.
    fn listing(&self, downloader: &Downloader, now: Option<i64>) -> anyhow::Result<Listing> {
        downloader.fetch(&format!("{}/modified_id.csv", self.url), &self.list, now)?;
        let path = self.list.path();
        if fs::metadata(path)?.len() > MOST_LIST {
            bail!("it has more than {MOST_LIST} bytes");
        }
        let text = fs::read_to_string(path).context("it is no text")?;
        let listing = Listing::read(&text).map_err(|why| anyhow!(why))?;
        let held: Vec<String> = ids_in_zip(self.archive.path()).into_iter().chain(self.beside()).collect();
        let gone = held.iter().filter(|id| !listing.has(id)).count();
        if gone > 16.max(held.len() / 10) {
            bail!("it leaves out {gone} of {} records", held.len());
        }
        Ok(listing)
    }

    /// The ids of the records beside the archive.
    fn beside(&self) -> Vec<String> {
        let names = fs::read_dir(&self.changes).into_iter().flatten().filter_map(Result::ok);
        names.filter_map(|e| e.file_name().to_str()?.strip_suffix(".json").map(str::to_owned)).collect()
    }

    fn fetch_archive(&self, downloader: &Downloader, now: Option<i64>, common: &Common) -> (Option<i64>, Option<String>) {
        let had = fetch(downloader, &format!("{}/all.zip", self.url), &self.archive, now, common);
        if had.is_new {
            // The new archive has them, or newer ones.
            let _ = fs::remove_dir_all(&self.changes);
        }
        (had.at, had.failure)
    }

    /// Takes in the archive and what lies beside it; with a listing only what is on it. None where there is no archive, or no listing.
    fn add(&self, builder: &mut Builder, fetched: Option<i64>, listing: Option<Listing>) -> anyhow::Result<Option<(Listing, Held)>> {
        let paths: Vec<&Path> = [self.archive.path(), &self.changes].into_iter().filter(|p| p.exists()).collect();
        let failed = |path: &Path| format!("{} cannot be read", path.display());
        let Some(mut listing) = listing else {
            for path in paths {
                builder.add_path(path, fetched).with_context(|| failed(path))?;
            }
            return Ok(None);
        };
        if !self.archive.path().exists() {
            return Ok(None);
        }
        let mut held = Held::default();
        for path in paths {
            let (again, taken) = builder.add_listed(path, fetched, listing).with_context(|| failed(path))?;
            listing = again;
            held.extend(taken);
        }
        Ok(Some((listing, held)))
    }

    /// Fetches each of these records, keeps it beside the archive and takes it in; gives how many.
    fn fetch_changes(&self, ids: &[String], downloader: &Downloader, builder: &mut Builder, now: Option<i64>) -> anyhow::Result<usize> {
        let mut n = 0;
        for id in ids {
            let url = self.record_url(id)?;
            let failed = || format!("{url} cannot be had");
            // One that is listed and not there was taken away meanwhile.
            let Some(bytes) = downloader.small(&url, MOST_RECORD).with_context(failed)? else { continue };
            match stamp(&bytes) {
                Some((own, _)) if own == *id => {}
                Some((own, _)) => bail!("{url} is a record of another id ({})", plimsoll_evidence::printable_line(&own, 100)),
                None => bail!("{url} is no record"),
            }
            let path = self.changes.join(format!("{id}.json"));
            let written = || format!("{} cannot be written", path.display());
            fs::create_dir_all(&self.changes).with_context(written)?;
            let mut file = tempfile::Builder::new().prefix(".part").tempfile_in(&self.changes).with_context(written)?;
            file.write_all(&bytes).with_context(written)?;
            file.as_file().sync_all().with_context(written)?;
            file.persist(&path).map_err(|e| e.error).with_context(written)?;
            builder.add_path(&path, now).with_context(|| format!("{} cannot be read", path.display()))?;
            n += 1;
        }
        Ok(n)
    }

    fn record_url(&self, id: &str) -> anyhow::Result<String> {
        let mut url = Url::parse(&self.url).with_context(|| format!("{:?} is no address", self.url))?;
        url.path_segments_mut().map_err(|()| anyhow!("{} has no path", self.url))?.push(&format!("{id}.json"));
        Ok(url.into())
    }
}
