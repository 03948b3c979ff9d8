//! One file fetched: only where it changed, from where it broke off, and put into place when it is whole.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use plimsoll_oci::{http_client, is_loopback, without_login};
use reqwest::blocking::{Client, Response};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_RANGE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, LOCATION, RANGE};
use serde::{Deserialize, Serialize};
use url::Url;

/// Silence of a connection.
const TIMEOUT: Duration = Duration::from_mins(1);
/// Bytes of one archive: npm's has some 200 MB.
const MOST_BYTES: u64 = 4 << 30;
const MOST_REDIRECTS: usize = 5;
/// A connection that breaks is taken up again.
const MOST_TRIES: usize = 4;

/// What came of asking for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fetched {
    /// So many bytes are new.
    New(u64),
    /// What is there is what the server has.
    Unchanged,
}

/// A file beside the database, and what the server said of it.
pub(super) struct Kept {
    file: PathBuf,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    url: String,
    etag: Option<String>,
    modified: Option<String>,
    /// When it was had or last found unchanged, in seconds since 1970.
    fetched: Option<i64>,
}

impl Kept {
    pub(super) fn new(folder: &Path, file: &str) -> Self {
        Self { file: folder.join(file) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.file
    }

    /// When it was last what the server had.
    pub(super) fn fetched(&self) -> Option<i64> {
        self.said("said").fetched
    }

    /// Writes down that it was found to be what the server has.
    pub(super) fn checked(&self, now: Option<i64>) -> anyhow::Result<()> {
        self.say("said", &Said { fetched: now, ..self.said("said") })
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.file.file_name().unwrap_or_default().to_owned();
        name.push(".");
        name.push(ending);
        self.file.with_file_name(name)
    }

    fn said(&self, ending: &str) -> Said {
        fs::read(self.beside(ending)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    fn say(&self, ending: &str, said: &Said) -> anyhow::Result<()> {
        fs::write(self.beside(ending), serde_json::to_vec(said)?)
            .with_context(|| format!("{} cannot be written", self.beside(ending).display()))
    }
}

pub(crate) struct Downloader {
    proxied: Client,
    direct: Client,
}

/// Why a try failed, and whether another may do better.
enum Broken {
    Passing(anyhow::Error),
    Final(anyhow::Error),
}

impl Downloader {
    /// Trusts these certificate authorities besides the system's.
    pub(crate) fn new(cas: &[PathBuf]) -> anyhow::Result<Self> {
        Ok(Self { proxied: http_client(cas, TIMEOUT, false)?, direct: http_client(cas, TIMEOUT, true)? })
    }

    /// Has a file as the server has it. `now` is written down as the time of having it.
    pub(super) fn fetch(&self, url: &str, kept: &Kept, now: Option<i64>) -> anyhow::Result<Fetched> {
        let parsed = Url::parse(url).with_context(|| format!("{:?} is no address", without_login(url)))?;
        let mut tries = 0;
        loop {
            tries += 1;
            match self.once(&parsed, kept, now) {
                Ok(fetched) => return Ok(fetched),
                Err(Broken::Passing(_)) if tries < MOST_TRIES => std::thread::sleep(Duration::from_millis(250 << tries)),
                Err(Broken::Passing(error) | Broken::Final(error)) => return Err(error),
            }
        }
    }

    fn once(&self, url: &Url, kept: &Kept, now: Option<i64>) -> Result<Fetched, Broken> {
        let (had, part) = (kept.said("said"), kept.beside("part"));
        let begun = kept.said("begun");
        let at = fs::metadata(&part).map_or(0, |m| m.len());
        // Of a part whose whole has no name nothing can be taken up.
        let resumes = at > 0 && begun.url == url.as_str() && begun.etag.as_deref().is_some_and(|e| !e.starts_with("W/"));
        let response = self.ask(url, |request| {
            let mut request = request.header(ACCEPT_ENCODING, "identity");
            if resumes {
                request = request.header(RANGE, format!("bytes={at}-")).header(IF_RANGE, begun.etag.clone().unwrap_or_default());
            } else if kept.path().exists() && had.url == url.as_str() {
                if let Some(etag) = &had.etag {
                    request = request.header(IF_NONE_MATCH, etag);
                } else if let Some(modified) = &had.modified {
                    request = request.header(IF_MODIFIED_SINCE, modified);
                }
            }
            request
        })?;
        let status = response.status().as_u16();
        let header = |name| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let said = Said { url: url.as_str().to_owned(), etag: header(ETAG), modified: header(LAST_MODIFIED), fetched: now };
        match status {
            304 => {
                kept.say("said", &Said { fetched: now, ..had }).map_err(Broken::Final)?;
                return Ok(Fetched::Unchanged);
            }
            200 => {}
            206 if resumes && header(CONTENT_RANGE).is_some_and(|r| r.starts_with(&format!("bytes {at}-"))) && said.etag == begun.etag => {}
            // What was begun is of no use: from the start, next time.
            206 | 416 => {
                let _ = fs::remove_file(&part);
                return Err(Broken::Passing(anyhow::anyhow!("the server does not go on where it broke off")));
            }
            408 | 429 | 500..=599 => return Err(Broken::Passing(anyhow::anyhow!("the server answers with status {status}"))),
            404 => return Err(Broken::Final(anyhow::anyhow!("the server has no such file (status 404)"))),
            _ => return Err(Broken::Final(anyhow::anyhow!("the server answers with status {status}"))),
        }
        let from = if status == 206 { at } else { 0 };
        kept.say("begun", &said).map_err(Broken::Final)?;
        let bytes = store(response, &part, from)?;
        check(&part).map_err(|error| {
            let _ = fs::remove_file(&part);
            Broken::Final(error)
        })?;
        let failed = |e| Broken::Final(anyhow::Error::new(e).context(format!("{} cannot be written", kept.path().display())));
        File::open(&part).and_then(|f| f.sync_all()).map_err(failed)?;
        fs::rename(&part, kept.path()).map_err(failed)?;
        let _ = fs::remove_file(kept.beside("begun"));
        kept.say("said", &said).map_err(Broken::Final)?;
        Ok(Fetched::New(bytes))
    }

    /// A small file's bytes, as often asked for as any; none where the server has no such file.
    pub(crate) fn small(&self, url: &str, most: u64) -> anyhow::Result<Option<Vec<u8>>> {
        let parsed = Url::parse(url).with_context(|| format!("{:?} is no address", without_login(url)))?;
        let mut tries = 0;
        loop {
            tries += 1;
            match self.small_once(&parsed, most) {
                Ok(bytes) => return Ok(bytes),
                Err(Broken::Passing(_)) if tries < MOST_TRIES => std::thread::sleep(Duration::from_millis(250 << tries)),
                Err(Broken::Passing(error) | Broken::Final(error)) => return Err(error),
            }
        }
    }

    fn small_once(&self, url: &Url, most: u64) -> Result<Option<Vec<u8>>, Broken> {
        let response = self.ask(url, |request| request.header(ACCEPT_ENCODING, "identity"))?;
        match response.status().as_u16() {
            200 => {}
            404 => return Ok(None),
            status @ (408 | 429 | 500..=599) => return Err(Broken::Passing(anyhow::anyhow!("the server answers with status {status}"))),
            status => return Err(Broken::Final(anyhow::anyhow!("the server answers with status {status}"))),
        }
        let mut bytes = Vec::new();
        response
            .take(most + 1)
            .read_to_end(&mut bytes)
            .map_err(|_| Broken::Passing(anyhow::anyhow!("the answer broke off after {} bytes", bytes.len())))?;
        if bytes.len() as u64 > most {
            return Err(Broken::Final(anyhow::anyhow!("it has more than {most} bytes")));
        }
        Ok(Some(bytes))
    }

    fn ask(
        &self,
        url: &Url,
        with: impl Fn(reqwest::blocking::RequestBuilder) -> reqwest::blocking::RequestBuilder,
    ) -> Result<Response, Broken> {
        let mut url = url.clone();
        for _ in 0..=MOST_REDIRECTS {
            may_ask(&url).map_err(Broken::Final)?;
            let client = if is_loopback(&url) { &self.direct } else { &self.proxied };
            let sent = with(client.get(url.clone())).send();
            let response = sent.map_err(|e| Broken::Passing(anyhow::anyhow!("{} cannot be reached ({})", url.authority(), reason(&e))))?;
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok(response);
            }
            let to = response.headers().get(LOCATION).and_then(|v| v.to_str().ok()).and_then(|l| url.join(l).ok());
            let Some(to) = to else { return Err(Broken::Final(anyhow::anyhow!("{} redirects to no address", url.authority()))) };
            if is_loopback(&to) && !is_loopback(&url) || url.scheme() == "https" && to.scheme() != "https" {
                return Err(Broken::Final(anyhow::anyhow!("{} redirects to {}, which is not followed", url.authority(), to.authority())));
            }
            url = to;
        }
        Err(Broken::Final(anyhow::anyhow!("it redirects more than {MOST_REDIRECTS} times")))
    }
}

fn may_ask(url: &Url) -> anyhow::Result<()> {
    if !url.username().is_empty() || url.password().is_some() {
        bail!("the address holds a login, which is not sent");
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        "http" => bail!("{} would be asked without TLS: what anyone can change on its way is worth nothing", url.authority()),
        other => bail!("{other} addresses are not asked; for files there is plimsoll db build"),
    }
}

/// The innermost reason; the outer ones quote the address.
fn reason(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    if error.is_timeout() { "no answer in time".to_owned() } else { innermost.to_string() }
}

/// Writes the body from a place on; says how many bytes were new.
fn store(mut response: Response, part: &Path, from: u64) -> Result<u64, Broken> {
    let failed = |e: std::io::Error| Broken::Final(anyhow::Error::new(e).context(format!("{} cannot be written", part.display())));
    let promised = response.content_length();
    if promised.is_some_and(|n| from.saturating_add(n) > MOST_BYTES) {
        return Err(Broken::Final(anyhow::anyhow!("it has more than {MOST_BYTES} bytes")));
    }
    let mut file = OpenOptions::new().create(true).write(true).truncate(false).open(part).map_err(failed)?;
    file.set_len(from).map_err(failed)?;
    let mut file = {
        use std::io::Seek as _;
        file.seek(std::io::SeekFrom::Start(from)).map_err(failed)?;
        file
    };
    let (mut buffer, mut new) = (vec![0; 128 << 10], 0_u64);
    loop {
        match response.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => {
                file.write_all(&buffer[..n]).map_err(failed)?;
                new += n as u64;
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return Err(Broken::Passing(anyhow::anyhow!("the answer broke off after {} bytes", from + new))),
        }
        if from + new > MOST_BYTES {
            return Err(Broken::Final(anyhow::anyhow!("it has more than {MOST_BYTES} bytes")));
        }
    }
    if promised.is_some_and(|n| n != new) {
        return Err(Broken::Passing(anyhow::anyhow!("the answer broke off after {} bytes", from + new)));
    }
    Ok(new)
}

/// Whether a file is what its name says: an archive that is cut must not take the place of a whole one.
fn check(part: &Path) -> anyhow::Result<()> {
    let name = part.to_string_lossy();
    if name.ends_with(".zip.part") && !plimsoll_advisories::is_whole_zip(part) {
        bail!("what the server sent is no whole zip archive");
    }
    Ok(())
}
