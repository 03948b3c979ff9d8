//! A repository of a registry: its manifests, blobs and tags (distribution specification v1.1, "Pull").

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use plimsoll_evidence::{Algorithm, Digest};
use url::Url;

use super::RegistryOptions;
use super::complain;
use super::endpoint::Endpoint;
use super::http::{Answer, Failure, Http};
use super::name::Name;
use super::origin::same_origin;
use crate::blob::digest_of;
use crate::error::{BlobError, OpenError, OpenErrorKind};
use crate::manifest::{Descriptor, media};

/// How many pages of tags are read, and how many tags.
const MOST_PAGES: usize = 20;
const MOST_TAGS: usize = 5_000;
/// Largest page of tags.
const LARGEST_PAGE: u64 = 1 << 20;

pub(super) struct Client {
    http: Http,
    name: Name,
    options: RegistryOptions,
    /// Mirrors first, the registry itself last.
    endpoints: Vec<Endpoint>,
    /// The endpoint that had the manifest, and so is asked first for its blobs.
    preferred: AtomicUsize,
}

/// A manifest that was asked for by name.
pub(super) struct Found {
    pub(super) descriptor: Descriptor,
    pub(super) bytes: Vec<u8>,
}

impl Client {
    pub(super) fn new(name: Name, options: &RegistryOptions) -> Result<Self, OpenError> {
        let bad = |cause: String| {
            OpenError::new(OpenErrorKind::Reference, name.full(), cause, "see that the host and its mirrors are written well")
        };
        let mut endpoints = Vec::new();
        for mirror in options.mirrors.iter().filter(|m| m.registry.eq_ignore_ascii_case(&name.host)) {
            let host = mirror.place.split_once("://").map_or(mirror.place.as_str(), |(_, rest)| rest);
            let host = host.split('/').next().unwrap_or(host);
            endpoints.push(Endpoint::new(&mirror.place, host, &name.repository, true).map_err(bad)?);
        }
        endpoints.push(Endpoint::new(name.api_host(), &name.host, &name.repository, false).map_err(bad)?);
        Ok(Self { http: Http::new(options)?, name, options: options.clone(), endpoints, preferred: AtomicUsize::new(0) })
    }

    pub(super) fn name(&self) -> String {
        self.name.full()
    }

    /// The registry's host, as names have it.
    pub(super) fn host(&self) -> &str {
        &self.name.host
    }

    /// How long to wait before a blob is resumed.
    pub(super) fn pause(&self, attempt: u32) -> Duration {
        self.options.retry.wait(attempt, None).unwrap_or(self.options.retry.longest_wait)
    }

    fn get(&self, endpoint: &Endpoint, path: &str, accept: Option<&str>, from: u64) -> Result<Answer, Failure> {
        let url = endpoint.url(path)?;
        endpoint.get(&self.http, &self.options, &url, accept, from)
    }

    /// The manifest that the name means, from the first endpoint that has it. What mirrors lacked goes to `notes`.
    pub(super) fn root(&mut self, most: u64, notes: &mut Vec<String>) -> Result<Found, OpenError> {
        let mut endpoints = std::mem::take(&mut self.endpoints);
        let mut result = Err(OpenError::new(OpenErrorKind::Unreachable, self.name(), "there is no host to ask", "name one"));
        for (n, endpoint) in endpoints.iter_mut().enumerate() {
            result = match endpoint.settle_scheme(&self.http) {
                Ok(()) => self.manifest_from(endpoint, &self.name.manifest(), most),
                Err(failure) => Err(complain::failure(&self.name, endpoint, &failure)),
            };
            match &result {
                Ok(_) => {
                    self.preferred.store(n, Ordering::Relaxed);
                    break;
                }
                Err(e) if endpoint.is_mirror => notes.push(format!("the mirror {} was passed over: {}", endpoint.authority(), e.cause())),
                Err(_) => {}
            }
        }
        self.endpoints = endpoints;
        result
    }

    fn manifest_from(&self, endpoint: &Endpoint, which: &str, most: u64) -> Result<Found, OpenError> {
        let accept = [media::OCI_MANIFEST, media::OCI_INDEX, media::DOCKER_MANIFEST, media::DOCKER_LIST].join(", ");
        let path = format!("v2/{}/manifests/{which}", endpoint.repository);
        let answer = self.get(endpoint, &path, Some(&accept), 0).map_err(|f| complain::failure(&self.name, endpoint, &f))?;
        if answer.status() != 200 {
            return Err(self.refused(endpoint, answer, which));
        }
        let what = format!("the manifest {which} of {}", self.name());
        let said = answer.header("docker-content-digest").and_then(|d| d.trim().parse::<Digest>().ok());
        let media_type = answer.header("content-type").map(|t| t.split(';').next().unwrap_or(t).trim().to_owned());
        let bytes = answer.small(most).map_err(|f| complain::failure(&self.name, endpoint, &f))?;
        let bytes = bytes.ok_or_else(|| OpenError::limit(&what, format!("it has more than the {most} bytes that are read")))?;
        // What was asked for by digest must have it; otherwise what the registry says of it must hold.
        let expected = which.parse::<Digest>().ok().or(said);
        let algorithm = expected.as_ref().map_or(Algorithm::Sha256, Digest::algorithm);
        let found = digest_of(algorithm, &bytes);
        if let Some(expected) = expected.filter(|e| *e != found) {
            return Err(OpenError::mismatch(what, &BlobError::Digest { expected, found }));
        }
        let known = [media::OCI_MANIFEST, media::OCI_INDEX, media::DOCKER_MANIFEST, media::DOCKER_LIST];
        Ok(Found {
            descriptor: Descriptor {
                media_type: media_type.filter(|t| known.contains(&t.as_str())).unwrap_or_default(),
                digest: found,
                size: bytes.len() as u64,
                annotations: std::collections::BTreeMap::new(),
                platform: None,
                artifact_type: None,
            },
            bytes,
        })
    }

    /// What a refusal of a manifest means. Where the tag is unknown, those that exist are looked up.
    fn refused(&self, endpoint: &Endpoint, answer: Answer, which: &str) -> OpenError {
        let status = answer.status();
        if status == 404 && self.name.digest.is_none() {
            let tags = self.tags(endpoint);
            if !tags.is_empty() {
                return complain::unknown_tag(&self.name, which, tags);
            }
        }
        complain::status(&self.name, endpoint, answer, &format!("the manifest {which}"))
    }

    /// The endpoints, the one that had the manifest first.
    fn in_order(&self) -> impl Iterator<Item = &Endpoint> {
        let first = self.preferred.load(Ordering::Relaxed);
        self.endpoints.get(first).into_iter().chain(self.endpoints.iter().enumerate().filter(move |(n, _)| *n > first).map(|(_, e)| e))
    }

    /// A manifest by digest.
    pub(super) fn manifest(&self, digest: &Digest, most: u64) -> Result<Vec<u8>, OpenError> {
        self.first_of(|endpoint| self.manifest_from(endpoint, &digest.to_string(), most).map(|found| found.bytes))
    }

    /// A blob by digest, from a byte on.
    pub(super) fn blob(&self, descriptor: &Descriptor, from: u64) -> Result<Answer, OpenError> {
        self.first_of(|endpoint| {
            let path = format!("v2/{}/blobs/{}", endpoint.repository, descriptor.digest);
            let answer = self.get(endpoint, &path, None, from).map_err(|f| complain::failure(&self.name, endpoint, &f))?;
            match answer.status() {
                200 | 206 => Ok(answer),
                _ => Err(complain::status(&self.name, endpoint, answer, &format!("the blob {}", descriptor.digest))),
            }
        })
    }

    fn first_of<T>(&self, ask: impl Fn(&Endpoint) -> Result<T, OpenError>) -> Result<T, OpenError> {
        let mut last = None;
        for endpoint in self.in_order() {
            match ask(endpoint) {
                Ok(found) => return Ok(found),
                Err(e) => last = Some(e),
            }
        }
        Err(last.unwrap_or_else(|| OpenError::new(OpenErrorKind::Unreachable, self.name(), "there is no host to ask", "name one")))
    }

    /// The repository's tags, as many as are worth reading; none where they cannot be read.
    fn tags(&self, endpoint: &Endpoint) -> Vec<String> {
        let mut tags = Vec::new();
        let Ok(first) = endpoint.url(&format!("v2/{}/tags/list?n=1000", endpoint.repository)) else { return tags };
        let mut next = Some(first.clone());
        for _ in 0..MOST_PAGES {
            let Some(url) = next.take() else { break };
            let Ok(answer) = endpoint.get(&self.http, &self.options, &url, None, 0) else { break };
            if answer.status() != 200 {
                break;
            }
            next = answer.header("link").and_then(|link| next_page(link, &url)).filter(|n| same_origin(n, &first));
            let Ok(Some(bytes)) = answer.small(LARGEST_PAGE) else { break };
            let Ok(page) = serde_json::from_slice::<Page>(&bytes) else { break };
            tags.extend(page.tags.unwrap_or_default());
            if tags.len() >= MOST_TAGS {
                break;
            }
        }
        tags.truncate(MOST_TAGS);
        tags
    }
}

#[derive(serde::Deserialize)]
struct Page {
    tags: Option<Vec<String>>,
}

/// The next page of `Link: <…>; rel="next"` (RFC 8288).
fn next_page(link: &str, from: &Url) -> Option<Url> {
    link.split(',').find(|l| l.contains("rel=\"next\"") || l.contains("rel=next")).and_then(|l| {
        let target = l.trim().strip_prefix('<')?.split('>').next()?;
        from.join(target).ok()
    })
}
