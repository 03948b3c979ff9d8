//! Images in registries (OCI distribution specification v1.1).

mod challenge;
mod client;
mod complain;
mod credentials;
mod endpoint;
mod helper;
mod http;
mod name;
mod origin;
mod retry;
mod secret;
mod stream;
mod tls;
mod token;

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use http::chain;
pub use http::http_client;
pub(crate) use name::is_valid_tag;
pub use origin::is_loopback;
pub use retry::RetryPolicy;
pub(crate) use tls::trusting;

use plimsoll_evidence::Digest;

use crate::base::Beside;
use crate::error::{OpenError, OpenErrorKind};
use crate::manifest::Descriptor;
use crate::source::Source;
use crate::{Image, Options, select};

/// Reads a name; what is read must be safe in an address.
#[cfg(feature = "fuzzing")]
pub(crate) fn fuzz_name(text: &str) {
    if let Ok(name) = name::Name::parse(text) {
        let path = format!("{}/{}", name.repository, name.manifest());
        assert!(path.split('/').all(|p| !matches!(p, "" | "." | "..")) && !path.contains(['?', '#', '%', '\\', ' ']), "{path}");
    }
}

/// Reads a header.
#[cfg(feature = "fuzzing")]
pub(crate) fn fuzz_challenge(text: &str) {
    let _ = challenge::parse(text);
}

/// How registries are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryOptions {
    /// PEM files of certificate authorities that are trusted besides the system's.
    pub extra_cas: Vec<PathBuf>,
    /// Where else images of a registry lie; asked in order before the registry itself.
    pub mirrors: Vec<Mirror>,
    /// Hosts, with their port, that may be spoken to without TLS. This machine itself always may.
    pub insecure: Vec<String>,
    /// Token realms, host or host:port, that may be shown the logins of registries of other owners.
    pub token_realms: Vec<String>,
    /// The only file to look for logins in; otherwise `REGISTRY_AUTH_FILE`, or the files of podman and docker.
    pub auth_file: Option<PathBuf>,
    /// When requests are made again.
    pub retry: RetryPolicy,
    /// How long a connection may be silent. 60 s.
    pub timeout: Duration,
}

impl Default for RegistryOptions {
    fn default() -> Self {
        Self {
            extra_cas: Vec::new(),
            mirrors: Vec::new(),
            insecure: Vec::new(),
            token_realms: Vec::new(),
            auth_file: None,
            retry: RetryPolicy::default(),
            timeout: Duration::from_mins(1),
        }
    }
}

/// A place that has what a registry has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    /// The registry's host, as names have it: `docker.io`.
    pub registry: String,
    /// `host[:port][/prefix]`.
    pub place: String,
}

/// The registry as a source of documents and blobs.
struct Repository {
    client: Arc<client::Client>,
}

impl Source for Repository {
    fn manifest(&self, descriptor: &Descriptor, most: u64) -> Result<Vec<u8>, OpenError> {
        self.client.manifest(&descriptor.digest, most)
    }

    fn blob(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, OpenError> {
        Ok(Box::new(stream::BlobStream::start(Arc::clone(&self.client), descriptor.clone())?))
    }

    fn beside(&self, name: &str, digest: &Digest, options: &Options) -> Result<Option<Beside>, OpenError> {
        let Ok(mut name) = name::Name::parse(name) else { return Ok(None) };
        if name.host != self.client.host() || options.offline {
            return Ok(None);
        }
        name.tag = None;
        name.digest = Some(digest.clone());
        let mut client = client::Client::new(name, &options.registry)?;
        match client.root(options.limits.manifest_bytes, &mut Vec::new()) {
            Ok(found) => {
                let source: Arc<dyn Source> = Arc::new(Self { client: Arc::new(client) });
                Ok(Some(Beside { source: Some(source), descriptor: found.descriptor, bytes: found.bytes }))
            }
            // The base may have been removed, or be another team's: it is not known then.
            Err(error) if matches!(error.kind(), OpenErrorKind::NotFound | OpenErrorKind::Unauthorized) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn name(&self) -> String {
        self.client.name()
    }
}

/// Opens an image of a registry.
pub(crate) fn open(reference: &str, text: &str, options: &Options, notes: &mut Vec<String>) -> Result<Vec<Image>, OpenError> {
    let (source, descriptor, bytes) = root(text, options, notes)?;
    select::from_document(&source, reference, descriptor, bytes, options, notes)
}

/// A document that was asked for by name, and the repository that it lies in.
pub(crate) type Root = (Arc<dyn Source>, Descriptor, Vec<u8>);

/// The document that a name of a registry means.
pub(crate) fn root(text: &str, options: &Options, notes: &mut Vec<String>) -> Result<Root, OpenError> {
    let name = name::Name::parse(text)?;
    if options.offline {
        return Err(OpenError::new(
            OpenErrorKind::Offline,
            name.full(),
            "it lies in a registry, and --offline forbids the network",
            "copy it to a file where there is a network (skopeo copy docker://… oci-archive:FILE) and name that file",
        ));
    }
    if let Some(tag) = &name.tag {
        if name.digest.is_some() {
            notes.push(format!("the digest settles what of {} is meant; the tag {tag} was not looked at", name.full()));
        } else if !text.ends_with(&format!(":{tag}")) {
            notes.push(format!("no tag was given, so {}:{tag} was taken", name.full()));
        }
    }
    let mut client = client::Client::new(name, &options.registry)?;
    let found = client.root(options.limits.manifest_bytes, notes)?;
    Ok((Arc::new(Repository { client: Arc::new(client) }), found.descriptor, found.bytes))
}
