//! Names of images in registries, read as Docker reads them: `nginx` is `docker.io/library/nginx:latest`.

use plimsoll_evidence::Digest;

use crate::error::{OpenError, OpenErrorKind};

/// A repository of a registry and what is wanted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    /// Host as a person writes it: `docker.io`, `ghcr.io`, `localhost:5000`, `[::1]:5000`.
    pub(crate) host: String,
    pub(crate) repository: String,
    pub(crate) tag: Option<String>,
    pub(crate) digest: Option<Digest>,
}

/// Docker Hub, as people write it and as it answers.
pub(crate) const DOCKER_HUB: &str = "docker.io";
const DOCKER_HUB_API: &str = "registry-1.docker.io";
const LONGEST_REPOSITORY: usize = 255;
const LONGEST_TAG: usize = 128;

impl Name {
    /// Reads a name (the reference grammar of Docker's distribution library and of the distribution specification v1.1,
    /// "Pulling manifests").
    pub(crate) fn parse(text: &str) -> Result<Self, OpenError> {
        let bad = |cause: &str| {
            OpenError::new(OpenErrorKind::Reference, text, cause, "write HOST/NAME:TAG or HOST/NAME@DIGEST, such as ghcr.io/owner/name:1.2")
        };
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.parse::<Digest>().map_err(|e| bad(&e.to_string()))?)),
            None => (text, None),
        };
        let (host, path) = match rest.split_once('/') {
            Some((first, path)) if is_host(first) => (first, path),
            _ => (DOCKER_HUB, rest),
        };
        let (repository, tag) = match path.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
            _ => (path, None),
        };
        if !is_valid_host(host) {
            return Err(bad(&format!("{host:?} is no host name")));
        }
        let host = match host.to_ascii_lowercase().as_str() {
            "index.docker.io" | DOCKER_HUB_API | DOCKER_HUB => DOCKER_HUB.to_owned(),
            other => other.to_owned(),
        };
        let repository =
            if host == DOCKER_HUB && !repository.contains('/') { format!("library/{repository}") } else { repository.to_owned() };
        if repository.chars().any(|c| c.is_ascii_uppercase()) {
            return Err(bad("repository names are written in lower case"));
        }
        if repository.len() > LONGEST_REPOSITORY || !repository.split('/').all(is_valid_component) {
            return Err(bad(&format!("{repository:?} is no repository name")));
        }
        if let Some(tag) = tag.filter(|t| !is_valid_tag(t)) {
            return Err(bad(&format!("{tag:?} is no tag")));
        }
        let tag = tag.map(str::to_owned).or_else(|| digest.is_none().then(|| "latest".to_owned()));
        Ok(Self { host, repository, tag, digest })
    }

    /// The host that answers for this one.
    pub(crate) fn api_host(&self) -> &str {
        if self.host == DOCKER_HUB { DOCKER_HUB_API } else { &self.host }
    }

    /// Where the manifest lies: a digest wins over a tag.
    pub(crate) fn manifest(&self) -> String {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.to_string(),
            (None, Some(tag)) => tag.clone(),
            (None, None) => "latest".to_owned(),
        }
    }

    /// Host and repository.
    pub(crate) fn full(&self) -> String {
        format!("{}/{}", self.host, self.repository)
    }
}

/// Whether the first part of a name is a host: it has a dot, a port or upper case, or is `localhost`.
fn is_host(part: &str) -> bool {
    part == "localhost" || part.contains(['.', ':', '[']) || part.chars().any(|c| c.is_ascii_uppercase())
}

pub(crate) fn is_valid_host(host: &str) -> bool {
    let (name, port) = split_port(host);
    let port_holds = port.is_none_or(|p| p.parse::<u16>().is_ok_and(|n| n > 0) && p.bytes().all(|b| b.is_ascii_digit()));
    let label =
        |l: &str| !l.is_empty() && !l.starts_with('-') && !l.ends_with('-') && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let address = name.strip_prefix('[').and_then(|n| n.strip_suffix(']'));
    let name_holds = address.map_or_else(|| name.len() <= 253 && name.split('.').all(label), |a| a.parse::<std::net::Ipv6Addr>().is_ok());
    port_holds && name_holds
}

/// A host without its port, and the port.
pub(crate) fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    }
}

/// Lower-case letters and digits, parted by one dot, one or two underscores, or hyphens.
fn is_valid_component(component: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let ends = component.starts_with(alphanumeric) && component.ends_with(alphanumeric);
    ends && component.split(alphanumeric).all(|parting| matches!(parting, "" | "." | "_" | "__") || parting.bytes().all(|b| b == b'-'))
}

pub(crate) fn is_valid_tag(tag: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.len() <= LONGEST_TAG && tag.starts_with(word) && tag.chars().all(|c| word(c) || c == '.' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_docker_reads_them() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        for (text, host, repository, tag) in [
            ("nginx", "docker.io", "library/nginx", Some("latest")),
            ("nginx:1.27", "docker.io", "library/nginx", Some("1.27")),
            ("bitnami/redis", "docker.io", "bitnami/redis", Some("latest")),
            ("index.docker.io/nginx", "docker.io", "library/nginx", Some("latest")),
            ("ghcr.io/a/b/c:1", "ghcr.io", "a/b/c", Some("1")),
            ("localhost/x", "localhost", "x", Some("latest")),
            ("localhost:5000/x:1", "localhost:5000", "x", Some("1")),
            ("registry:5000/x", "registry:5000", "x", Some("latest")),
            ("[::1]:5000/x/y:1", "[::1]:5000", "x/y", Some("1")),
            ("a__b/c-d.e", "docker.io", "a__b/c-d.e", Some("latest")),
            (&format!("ghcr.io/a/b@{digest}"), "ghcr.io", "a/b", None),
            (&format!("ghcr.io/a/b:1@{digest}"), "ghcr.io", "a/b", Some("1")),
        ] {
            let name = Name::parse(text).unwrap();
            assert_eq!((name.host.as_str(), name.repository.as_str(), name.tag.as_deref()), (host, repository, tag), "{text}");
        }
        assert_eq!(Name::parse("nginx").unwrap().api_host(), "registry-1.docker.io");
        assert_eq!(Name::parse(&format!("ghcr.io/a/b:1@{digest}")).unwrap().manifest(), digest);
    }

    #[test]
    fn what_is_no_name() {
        for text in [
            "",
            "Nginx/x/",
            "a//b",
            "ghcr.io/",
            "ghcr.io/A/b",
            "a/../b",
            "x:",
            "x:a b",
            "ghcr.io/x@sha256:zz",
            "ex_ample.com/x",
            "host:99999/x",
            "[::z]:1/x",
            "-x",
            "a...b",
            "x?y",
            "x#y",
            "user:pass@ghcr.io/x",
            "ghcr.io:443:1/x",
            "x%2fy",
        ] {
            assert_eq!(Name::parse(text).unwrap_err().kind(), OpenErrorKind::Reference, "{text}");
        }
    }
}
