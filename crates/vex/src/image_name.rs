//! Names of images, as far as statements name images by them.

/// A repository with its host, and a tag or digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImageName {
    /// `docker.io/library/nginx`.
    pub(crate) repository: String,
    pub(crate) tag: Option<String>,
    pub(crate) digest: Option<String>,
}

impl ImageName {
    /// Of a reference as a user gives it; none for what is a file or directory.
    pub(crate) fn of_reference(reference: &str) -> Option<Self> {
        const FILES: [&str; 3] = ["oci:", "oci-archive:", "docker-archive:"];
        if FILES.iter().any(|f| reference.starts_with(f)) || reference.starts_with(['.', '/', '-']) || reference.ends_with(".tar") {
            return None;
        }
        let name = ["docker://", "docker:", "podman:"].iter().find_map(|p| reference.strip_prefix(p)).unwrap_or(reference);
        Self::parse(name)
    }

    /// `HOST/NAME:TAG@DIGEST`, each but the name may be missing.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (name, digest) = name.split_once('@').map_or((name, None), |(n, d)| (n, Some(d.to_owned())));
        let slash = name.rfind('/').map_or(0, |at| at + 1);
        let (name, tag) = match name[slash..].find(':') {
            Some(at) => (&name[..slash + at], Some(name[slash + at + 1..].to_owned())),
            None => (name, None),
        };
        Some(Self { repository: repository(name)?, tag, digest })
    }

    /// The last part of the repository.
    pub(crate) fn last(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or_default()
    }
}

/// A repository with the host that is meant where none is named.
pub(crate) fn repository(name: &str) -> Option<String> {
    let name = name.trim_start_matches("https://").trim_start_matches("http://").trim_matches('/').to_ascii_lowercase();
    if name.is_empty() {
        return None;
    }
    let (host, path) = match name.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
        _ => ("docker.io", name.as_str()),
    };
    let host = if matches!(host, "index.docker.io" | "registry-1.docker.io" | "registry.hub.docker.com") { "docker.io" } else { host };
    Some(if host == "docker.io" && !path.contains('/') { format!("docker.io/library/{path}") } else { format!("{host}/{path}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_brought_to_one_form() {
        let said = |text: &str| ImageName::of_reference(text).map(|n| (n.repository, n.tag));
        let name = |repository: &str, tag: Option<&str>| Some((repository.to_owned(), tag.map(str::to_owned)));
        assert_eq!(said("nginx:1.2"), name("docker.io/library/nginx", Some("1.2")));
        assert_eq!(said("docker://localhost:5000/a/b"), name("localhost:5000/a/b", None));
        assert_eq!(said("docker://index.docker.io/aquasec/trivy:1"), name("docker.io/aquasec/trivy", Some("1")));
        for file in ["oci:nginx", "./nginx", "nginx.tar", "-", ""] {
            assert_eq!(said(file), None, "{file}");
        }
    }
}
