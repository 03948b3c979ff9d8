//! The parts of an image's name.

/// `[registry/]repository[:tag][@digest]`, with Docker's defaults put in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reference {
    /// The registry's host, with a port where one is written.
    pub(crate) registry: String,
    /// The repository: `library/nginx`.
    pub(crate) repository: String,
    pub(crate) tag: Option<String>,
    pub(crate) digest: Option<String>,
}

/// Ways to open an image, as tools write them before its place.
const TRANSPORTS: [&str; 8] =
    ["oci", "oci-archive", "docker-archive", "docker-daemon", "containers-storage", "dir", "docker-tar", "podman"];

impl Reference {
    /// Takes a name apart; none where it is none, such as a path or a variable.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix("docker://").unwrap_or(text);
        // What says how to open an image is no name of one.
        if text.split_once(':').is_some_and(|(before, _)| TRANSPORTS.contains(&before)) {
            return None;
        }
        let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest.to_owned())));
        // A colon after the last slash begins a tag; one before it, a port.
        let slash = name.rfind('/').map_or(0, |at| at + 1);
        let (name, tag) = match name[slash..].find(':') {
            Some(colon) => (&name[..slash + colon], Some(name[slash + colon + 1..].to_owned())),
            None => (name, None),
        };
        let good =
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-/:".contains(c)) && !name.starts_with(['/', '.']);
        if !good {
            return None;
        }
        let (registry, repository) = match name.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest.to_owned()),
            Some(_) => ("docker.io", name.to_owned()),
            None => ("docker.io", format!("library/{name}")),
        };
        let port = registry.split_once(':').map(|(_, port)| port);
        let bad_port = port.is_some_and(|p| p.is_empty() || !p.bytes().all(|b| b.is_ascii_digit()));
        if bad_port || repository.split('/').any(str::is_empty) {
            return None;
        }
        let registry = if registry == "index.docker.io" { "docker.io" } else { registry };
        Some(Self { registry: registry.to_owned(), repository, tag: tag.filter(|t| !t.is_empty()), digest })
    }

    /// The last part of the repository.
    pub(crate) fn last(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let parts = |text: &str| Reference::parse(text).map(|r| format!("{} {} {:?} {:?}", r.registry, r.repository, r.tag, r.digest));
        for (text, wanted) in [
            ("nginx", "docker.io library/nginx None None"),
            ("nginx:1.2", "docker.io library/nginx Some(\"1.2\") None"),
            ("acme/app@sha256:ab", "docker.io acme/app None Some(\"sha256:ab\")"),
            ("localhost:5000/app", "localhost:5000 app None None"),
            ("ghcr.io/a/b/c:1@sha256:ab", "ghcr.io a/b/c Some(\"1\") Some(\"sha256:ab\")"),
            ("docker://index.docker.io/a/b", "docker.io a/b None None"),
            ("app:", "docker.io library/app None None"),
        ] {
            assert_eq!(parts(text).as_deref(), Some(wanted), "{text}");
        }
        for text in [
            "docker-archive:/x/app.tar",
            "oci:./app",
            "oci:app",
            "a//b",
            "host:port/app",
            "",
            "./app",
            "/srv/app",
            "${IMAGE}",
            "a b",
            "@sha256:ab",
        ] {
            assert_eq!(parts(text), None, "{text}");
        }
    }
}
