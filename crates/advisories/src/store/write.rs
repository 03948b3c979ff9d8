//! Writing: everything beside its place first, then put there in one step.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use plimsoll_evidence::{AdvisoryDatabase, AdvisorySource, CatalogueState, Epss, Kev};
use sha2::{Digest as _, Sha256};

use super::{BLOCK, Block, Entry, Head, MAGIC, SCHEMA, Section, check, key, sha256};
use crate::read::catalogues::Catalogue;
use crate::record::Record;
use crate::store::read::Text;

/// Level of zstd: texts are packed once and read for years.
const LEVEL: i32 = 9;
/// Probabilities are kept in hundred-thousandths, the precision in which they are published.
pub(crate) const SCORE_STEPS: f64 = 100_000.0;

/// What goes into a database.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// Records, each with its publisher.
    pub(crate) records: Vec<(Record, String)>,
    pub(crate) kev: Option<(Catalogue<Kev>, Option<i64>)>,
    pub(crate) epss: Option<(Catalogue<Epss>, Option<i64>)>,
    /// When each publisher's records were had.
    pub(crate) fetched: BTreeMap<String, Option<i64>>,
}

/// Writes the database; what was at `path` before stays whole until the new one takes its place.
pub(crate) fn write(mut contents: Contents, path: &Path) -> io::Result<AdvisoryDatabase> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    // Records of one package lie together, so that what is shown of them is in one block.
    contents.records.sort_by_cached_key(|(r, source)| {
        let first = r.affected.iter().map(|a| (a.ecosystem.clone(), a.package.clone())).min();
        (first, r.id.clone(), source.clone())
    });
    let mut entries = packed(&mut contents.records)?;
    let mut head = Head { state: state(&contents), ..Head::default() };
    head.ecosystems =
        contents.records.iter().flat_map(|(r, _)| &r.affected).map(|a| a.ecosystem.clone()).collect::<BTreeSet<_>>().into_iter().collect();
    let mut body = tempfile::tempfile_in(folder)?;
    {
        let mut out = Out { to: BufWriter::new(&mut body), at: 0 };
        let mut index = fst::MapBuilder::memory();
        let mut offsets = Vec::with_capacity(entries.len());
        let mut at = 0_u64;
        for (name, bytes) in &entries {
            offsets.push((name, at));
            at += bytes.len() as u64;
        }
        for (name, at) in offsets {
            index.insert(name, at).map_err(io::Error::other)?;
        }
        head.index = out.section(&[index.into_inner().map_err(io::Error::other)?])?;
        let parts: Vec<Vec<u8>> = entries.iter_mut().map(|(_, bytes)| std::mem::take(bytes)).collect();
        drop(entries);
        head.entries = out.section(&parts)?;
        drop(parts);
        let (blocks, packed) = texts(&contents.records)?;
        head.blocks = blocks;
        head.texts = out.section(&packed)?;
        head.scores = out.section(&[scores(contents.epss.as_ref().map(|(c, _)| c))?])?;
        let exploited = contents.kev.as_ref().map(|(c, _)| postcard::to_stdvec(&c.entries)).transpose().map_err(io::Error::other)?;
        head.exploited = out.section(&[exploited.unwrap_or_default()])?;
        out.to.flush()?;
    }
    let state = head.state.clone();
    let head = postcard::to_stdvec(&head).map_err(io::Error::other)?;
    let mut file = tempfile::Builder::new().prefix(".plimsoll-advisories").tempfile_in(folder)?;
    {
        let mut to = BufWriter::new(file.as_file_mut());
        to.write_all(MAGIC)?;
        to.write_all(&SCHEMA.to_le_bytes())?;
        to.write_all(&u32::try_from(head.len()).map_err(io::Error::other)?.to_le_bytes())?;
        to.write_all(&sha256(&head))?;
        to.write_all(&head)?;
        body.seek(SeekFrom::Start(0))?;
        copy(&mut body, &mut to)?;
        to.flush()?;
    }
    put(file, path)?;
    Ok(state)
}

/// Puts a finished file in its place: on the disk first, so that a crash leaves the old one or the new one.
pub fn put(file: tempfile::NamedTempFile, path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // A temporary file is private; a database may be shared.
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

fn copy(from: &mut File, to: &mut impl Write) -> io::Result<()> {
    let mut buffer = vec![0; 256 << 10];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(()),
            n => to.write_all(&buffer[..n])?,
        }
    }
}

struct Out<W> {
    to: W,
    at: u64,
}

impl<W: Write> Out<W> {
    fn section(&mut self, parts: &[Vec<u8>]) -> io::Result<Section> {
        let (start, mut hash) = (self.at, Sha256::new());
        for part in parts {
            hash.update(part);
            self.to.write_all(part)?;
            self.at += part.len() as u64;
        }
        Ok(Section { start, length: self.at - start, sha256: hash.finalize().into() })
    }
}

/// The entries of each package, sorted by key, as they are written. Takes what they hold out of the records.
fn packed(records: &mut [(Record, String)]) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut by_key: HashMap<Vec<u8>, Vec<Entry>> = HashMap::new();
    for (number, (record, _)) in records.iter_mut().enumerate() {
        let number = u32::try_from(number).map_err(io::Error::other)?;
        for affected in &mut record.affected {
            by_key.entry(key(&affected.ecosystem, &affected.package)).or_default().push(Entry {
                record: number,
                standing: record.standing,
                ranges: std::mem::take(&mut affected.ranges),
                versions: std::mem::take(&mut affected.versions),
                ratings: std::mem::take(&mut affected.ratings),
                fix: affected.fix,
                code: std::mem::take(&mut affected.code),
                informational: affected.informational.take(),
                builds: std::mem::take(&mut affected.builds),
            });
        }
    }
    let mut out = Vec::with_capacity(by_key.len());
    for (key, entries) in by_key {
        let body = postcard::to_stdvec(&entries).map_err(io::Error::other)?;
        let length = u32::try_from(body.len()).map_err(io::Error::other)?;
        let bytes = [length.to_le_bytes().as_slice(), &check(&body), &body].concat();
        out.push((key, bytes));
    }
    out.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(out)
}

/// The blocks of texts.
fn texts(records: &[(Record, String)]) -> io::Result<(Vec<Block>, Vec<Vec<u8>>)> {
    let mut sources: Vec<&str> = records.iter().map(|(_, s)| s.as_str()).collect();
    sources.sort_unstable();
    sources.dedup();
    let (mut blocks, mut packed) = (Vec::new(), Vec::new());
    let (mut raw, mut first, mut start) = (Vec::new(), 0_u32, 0_u64);
    let mut compressor = zstd::bulk::Compressor::new(LEVEL)?;
    let mut close = |raw: &mut Vec<u8>, first: u32| -> io::Result<()> {
        if raw.is_empty() {
            return Ok(());
        }
        let bytes = compressor.compress(raw)?;
        let length = u32::try_from(raw.len()).map_err(io::Error::other)?;
        let size = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        blocks.push(Block { first, start, packed: size, length, check: check(raw) });
        start += u64::from(size);
        packed.push(bytes);
        raw.clear();
        Ok(())
    };
    for (number, (record, source)) in records.iter().enumerate() {
        let text = Text {
            id: record.id.clone(),
            aliases: record.aliases.clone(),
            mends: record.mends.clone(),
            summary: record.summary.clone(),
            published: record.published,
            modified: record.modified,
            ratings: record.ratings.clone(),
            references: record.references.clone(),
            informational: record.informational.clone(),
            source: sources.binary_search(&source.as_str()).unwrap_or(0) as u32,
        };
        let text = postcard::to_stdvec(&text).map_err(io::Error::other)?;
        raw.extend(u32::try_from(text.len()).map_err(io::Error::other)?.to_le_bytes());
        raw.extend(text);
        if raw.len() >= BLOCK {
            close(&mut raw, first)?;
            first = number as u32 + 1;
        }
    }
    close(&mut raw, first)?;
    Ok((blocks, packed))
}

fn scores(catalogue: Option<&Catalogue<Epss>>) -> io::Result<Vec<u8>> {
    let Some(catalogue) = catalogue else { return Ok(Vec::new()) };
    let mut map = fst::MapBuilder::memory();
    let step = |n: f64| (n * SCORE_STEPS).round() as u64;
    for (id, epss) in &catalogue.entries {
        map.insert(id, step(epss.score) << 32 | step(epss.percentile)).map_err(io::Error::other)?;
    }
    map.into_inner().map_err(io::Error::other)
}

fn state(contents: &Contents) -> AdvisoryDatabase {
    let mut sources: BTreeMap<&str, AdvisorySource> = BTreeMap::new();
    let mut ecosystems: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (record, source) in &contents.records {
        let entry = sources.entry(source).or_insert_with(|| AdvisorySource {
            name: source.clone(),
            fetched: contents.fetched.get(source).copied().flatten(),
            ..AdvisorySource::default()
        });
        entry.records += 1;
        entry.newest = entry.newest.max(record.modified.max(record.published));
        ecosystems.entry(source).or_default().extend(record.affected.iter().map(|a| a.ecosystem.as_str()));
    }
    for (name, source) in &mut sources {
        source.ecosystems = ecosystems.get(name).into_iter().flatten().map(|e| (*e).to_owned()).collect();
    }
    let catalogue = |records: usize, date: &Option<String>, fetched: Option<i64>| CatalogueState {
        records: records as u64,
        date: date.clone(),
        fetched,
    };
    let sources: Vec<AdvisorySource> = sources.into_values().collect();
    AdvisoryDatabase {
        schema: SCHEMA,
        // One source of unknown age makes the whole of unknown age.
        fetched: sources.iter().map(|s| s.fetched).min().flatten(),
        newest: sources.iter().filter_map(|s| s.newest).max(),
        records: contents.records.len() as u64,
        sources,
        kev: contents.kev.as_ref().map(|(c, fetched)| catalogue(c.entries.len(), &c.date, *fetched)),
        epss: contents.epss.as_ref().map(|(c, fetched)| catalogue(c.entries.len(), &c.date, *fetched)),
    }
}
