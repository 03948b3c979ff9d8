//! A blob as it comes, resumed where the connection breaks.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::client::Client;
use super::http::{Answer, chain};
use crate::error::{BlobError, OpenError};
use crate::manifest::Descriptor;

/// How often one blob is resumed in all.
const MOST_RESUMES: u32 = 50;
/// How often it is resumed at the same byte.
const MOST_WITHOUT_PROGRESS: u32 = 4;
/// In each such while so many bytes must come, or the connection counts as broken.
const WHILE: Duration = Duration::from_mins(1);
const LEAST: u64 = 16 << 10;

pub(super) struct BlobStream {
    client: Arc<Client>,
    descriptor: Descriptor,
    answer: Option<Answer>,
    at: u64,
    resumed_at: u64,
    without_progress: u32,
    resumes: u32,
    pace: Pace,
}

/// How fast it comes.
struct Pace {
    since: Instant,
    bytes: u64,
}

impl Pace {
    fn new() -> Self {
        Self { since: Instant::now(), bytes: 0 }
    }

    /// Counts bytes; whether they come too slowly.
    fn too_slow(&mut self, n: usize) -> bool {
        self.bytes += n as u64;
        if self.since.elapsed() < WHILE {
            return false;
        }
        let slow = self.bytes < LEAST;
        *self = Self::new();
        slow
    }
}

impl BlobStream {
    pub(super) fn start(client: Arc<Client>, descriptor: Descriptor) -> Result<Self, OpenError> {
        let answer = client.blob(&descriptor, 0)?;
        if let Some(length) = answer.response.content_length().filter(|_| answer.status() == 200) {
            check_length(&client, &descriptor, length)?;
        }
        Ok(Self { client, descriptor, answer: Some(answer), at: 0, resumed_at: 0, without_progress: 0, resumes: 0, pace: Pace::new() })
    }

    /// Asks for the rest.
    fn resume(&mut self, reason: &str) -> io::Result<()> {
        self.without_progress = if self.at > self.resumed_at { 0 } else { self.without_progress + 1 };
        self.resumed_at = self.at;
        self.resumes += 1;
        self.answer = None;
        if self.without_progress >= MOST_WITHOUT_PROGRESS || self.resumes > MOST_RESUMES {
            return Err(io::Error::other(format!(
                "{} broke off at byte {} of {} and could not be resumed ({reason})",
                self.descriptor.digest, self.at, self.descriptor.size
            )));
        }
        std::thread::sleep(self.client.pause(self.without_progress + 1));
        let mut answer = self.client.blob(&self.descriptor, self.at).map_err(io::Error::other)?;
        match answer.status() {
            206 if starts_at(answer.header("content-range"), self.at) => {}
            // A server without ranges starts anew; what is known already is passed over.
            200 => {
                let skipped = io::copy(&mut answer.response.by_ref().take(self.at), &mut io::sink())?;
                if skipped < self.at {
                    return Ok(());
                }
            }
            _ => return Err(io::Error::other(format!("{} was to be resumed, and other bytes came", self.descriptor.digest))),
        }
        self.pace = Pace::new();
        self.answer = Some(answer);
        Ok(())
    }
}

impl Read for BlobStream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            let reason = match &mut self.answer {
                None => "no connection".to_owned(),
                Some(answer) => match answer.response.read(into) {
                    Ok(0) if self.at >= self.descriptor.size => return Ok(0),
                    Ok(0) => "it ended early".to_owned(),
                    Ok(n) => {
                        self.at += n as u64;
                        if !self.pace.too_slow(n) {
                            return Ok(n);
                        }
                        // These bytes are good; the next come by a new connection.
                        self.answer = None;
                        return Ok(n);
                    }
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                    // All that was promised is there: how the connection ends does not matter.
                    Err(_) if self.at >= self.descriptor.size => return Ok(0),
                    Err(e) => chain(&e),
                },
            };
            if self.at >= self.descriptor.size {
                return Ok(0);
            }
            self.resume(&reason)?;
        }
    }
}

/// Whether `Content-Range: bytes FROM-TO/ALL` starts at a byte.
fn starts_at(header: Option<&str>, at: u64) -> bool {
    header.and_then(|h| h.trim().strip_prefix("bytes ")).and_then(|r| r.split_once('-')).and_then(|(from, _)| from.trim().parse().ok())
        == Some(at)
}

fn check_length(client: &Client, descriptor: &Descriptor, length: u64) -> Result<(), OpenError> {
    let (digest, expected) = (descriptor.digest.clone(), descriptor.size);
    let what = format!("blob {digest} in {}", client.name());
    match length.cmp(&expected) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Less => Err(OpenError::mismatch(what, &BlobError::Short { digest, expected, found: length })),
        std::cmp::Ordering::Greater => Err(OpenError::mismatch(what, &BlobError::Long { digest, expected })),
    }
}

#[cfg(test)]
mod tests {
    use super::starts_at;

    #[test]
    fn ranges() {
        assert!(starts_at(Some("bytes 5-9/10"), 5));
        for bad in [None, Some("bytes 4-9/10"), Some("bytes */10"), Some("5-9"), Some("")] {
            assert!(!starts_at(bad, 5), "{bad:?}");
        }
    }
}
