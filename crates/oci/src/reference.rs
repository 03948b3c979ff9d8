//! What a person names: a transport and its place, or a bare word of which the place is found out.

use std::path::{Path, PathBuf};

use plimsoll_evidence::{Digest, printable_line};

use crate::error::{OpenError, OpenErrorKind};
use crate::select::Pick;

/// Which engine holds an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Docker,
    Podman,
}

/// A place where an image lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reference {
    Stdin,
    Layout {
        path: PathBuf,
        pick: Pick,
    },
    OciArchive {
        path: PathBuf,
        pick: Pick,
    },
    DockerArchive {
        path: PathBuf,
        pick: Pick,
    },
    /// A file whose format is seen from its bytes.
    File {
        path: PathBuf,
    },
    Registry(String),
    Engine {
        engine: Engine,
        name: String,
    },
}

/// Names of transports of other tools that are no registry hosts either.
const FOREIGN: [&str; 6] = ["dir:", "containers-storage:", "docker-daemon:", "containerd:", "ostree:", "sif:"];
/// What archives are called.
const ARCHIVE_ENDINGS: [&str; 7] = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst", ".oci", ".tar.xz"];

impl Reference {
    /// Finds out what is meant; `there` tells what lies at a path of this machine. For a bare word what it was taken for goes to `notes`.
    pub(crate) fn parse(text: &str, there: &dyn Fn(&Path) -> There, notes: &mut Vec<String>) -> Result<Self, OpenError> {
        if text.is_empty() {
            return Err(bad("the image's name", "it is empty", "name an image"));
        }
        if text == "-" {
            return Ok(Self::Stdin);
        }
        if let Some(rest) = text.strip_prefix("oci:") {
            let (path, pick) = split_pick(rest, there);
            return Ok(Self::Layout { path: non_empty(text, path)?, pick });
        }
        if let Some(rest) = text.strip_prefix("oci-archive:") {
            let (path, pick) = split_pick(rest, there);
            return Ok(Self::OciArchive { path: non_empty(text, path)?, pick });
        }
        if let Some(rest) = text.strip_prefix("docker-archive:") {
            let (path, pick) = split_docker_pick(rest, there);
            return Ok(Self::DockerArchive { path: non_empty(text, path)?, pick });
        }
        if let Some(rest) = text.strip_prefix("docker://") {
            return Ok(Self::Registry(rest.to_owned()));
        }
        for (prefix, engine) in [("docker:", Engine::Docker), ("podman:", Engine::Podman)] {
            if let Some(name) = text.strip_prefix(prefix) {
                // `docker:27` is also an image of Docker Hub; who means that writes docker://docker:27.
                let name = non_empty(text, name.into())?.to_string_lossy().into_owned();
                return Ok(Self::Engine { engine, name });
            }
        }
        if let Some(prefix) = FOREIGN.iter().find(|p| text.starts_with(**p)) {
            return Err(bad(
                text,
                &format!("the transport {prefix} is not read"),
                "copy the image by skopeo to oci-archive:FILE and check that file, or name one that docker: or podman: holds",
            ));
        }
        if text.starts_with("http://") || text.starts_with("https://") {
            return Err(bad(
                text,
                "a URL is no image reference",
                "write docker://HOST/NAME:TAG; for a registry without TLS see --insecure-registry",
            ));
        }
        Self::bare(text, there, notes)
    }

    fn bare(text: &str, there: &dyn Fn(&Path) -> There, notes: &mut Vec<String>) -> Result<Self, OpenError> {
        let shown = printable_line(text, 200);
        let otherwise = if is_path(text) { String::new() } else { format!(" (docker://{shown} would be a registry's)") };
        match there(Path::new(text)) {
            There::Layout => {
                notes.push(format!("{shown} was taken for the OCI layout of that path{otherwise}"));
                return Ok(Self::Layout { path: text.into(), pick: Pick::Only });
            }
            There::File => {
                notes.push(format!("{shown} was taken for the archive of that path{otherwise}"));
                return Ok(Self::File { path: text.into() });
            }
            There::Directory => {
                return Err(OpenError::new(
                    OpenErrorKind::NotAnImage,
                    text,
                    "it is a directory without an oci-layout file, so no image",
                    format!("name an OCI layout or an archive; if an image of a registry is meant, write docker://{shown}"),
                ));
            }
            There::Nothing => {}
        }
        let (path, pick) = split_pick(text, there);
        if pick != Pick::Only && there(&path) == There::Layout {
            notes.push(format!("{shown} was taken for an image of the OCI layout {}{otherwise}", path.display()));
            return Ok(Self::Layout { path, pick });
        }
        if is_path(text) {
            return Err(OpenError::new(
                OpenErrorKind::NotFound,
                text,
                "there is no such file or directory",
                "see that the path is right; for an image of a registry write docker:// before its name",
            ));
        }
        notes.push(format!("{shown} was taken for an image of a registry, as there is no file of that name"));
        Ok(Self::Registry(text.to_owned()))
    }
}

/// What lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum There {
    Nothing,
    File,
    /// A directory with an `oci-layout` file.
    Layout,
    /// Another directory.
    Directory,
}

impl There {
    /// Looks at this machine's files.
    pub(crate) fn look(path: &Path) -> Self {
        match std::fs::metadata(path) {
            Err(_) => Self::Nothing,
            Ok(m) if !m.is_dir() => Self::File,
            Ok(_) if path.join("oci-layout").exists() => Self::Layout,
            Ok(_) => Self::Directory,
        }
    }
}

/// Whether a word can only be meant as a path.
fn is_path(text: &str) -> bool {
    text.starts_with(['/', '.', '~']) || ARCHIVE_ENDINGS.iter().any(|e| text.to_ascii_lowercase().ends_with(e))
}

fn bad(what: &str, cause: &str, next: &str) -> OpenError {
    OpenError::new(OpenErrorKind::Reference, what, cause, next)
}

fn non_empty(text: &str, path: PathBuf) -> Result<PathBuf, OpenError> {
    if path.as_os_str().is_empty() {
        Err(bad(text, "nothing stands after the transport", "write the path or name after it"))
    } else {
        Ok(path)
    }
}

/// `PATH`, `PATH:tag` or `PATH@digest`. A path that is there as it stands is not split.
fn split_pick(text: &str, there: &dyn Fn(&Path) -> There) -> (PathBuf, Pick) {
    if there(Path::new(text)) != There::Nothing {
        return (text.into(), Pick::Only);
    }
    if let Some((path, digest)) = text.rsplit_once('@')
        && let Ok(digest) = digest.parse::<Digest>()
    {
        return (path.into(), Pick::Digest(digest));
    }
    split_at_existing(text, there).unwrap_or_else(|| match text.rsplit_once(':') {
        Some((path, tag)) if !path.is_empty() && !tag.is_empty() && !tag.contains('/') => (path.into(), Pick::Name(tag.to_owned())),
        _ => (text.into(), Pick::Only),
    })
}

/// The longest path that is there and ends before a colon; what follows is a name.
fn split_at_existing(text: &str, there: &dyn Fn(&Path) -> There) -> Option<(PathBuf, Pick)> {
    text.rmatch_indices(':')
        .map(|(at, _)| (&text[..at], &text[at + 1..]))
        .find(|(path, name)| !path.is_empty() && !name.is_empty() && there(Path::new(path)) != There::Nothing)
        .map(|(path, name)| (path.into(), Pick::Name(name.to_owned())))
}

/// `FILE`, `FILE:name:tag`, `FILE@digest`.
fn split_docker_pick(text: &str, there: &dyn Fn(&Path) -> There) -> (PathBuf, Pick) {
    if there(Path::new(text)) != There::Nothing {
        return (text.into(), Pick::Only);
    }
    if let Some((path, digest)) = text.rsplit_once('@')
        && let Ok(digest) = digest.parse::<Digest>()
    {
        return (path.into(), Pick::Digest(digest));
    }
    split_at_existing(text, there).unwrap_or_else(|| match text.split_once(':') {
        Some((path, name)) if !path.is_empty() && !name.is_empty() => (path.into(), Pick::Name(name.to_owned())),
        _ => (text.into(), Pick::Only),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Reference, OpenError> {
        let there = |path: &Path| match path.to_str().unwrap() {
            "img" | "/l/a:b" => There::Layout,
            "a.tar" | "b" => There::File,
            "src" => There::Directory,
            _ => There::Nothing,
        };
        Reference::parse(text, &there, &mut Vec::new())
    }

    #[test]
    fn every_form() {
        let name = |n: &str| Pick::Name(n.to_owned());
        let digest = format!("sha256:{}", "0a".repeat(32));
        let registry = |n: &str| Reference::Registry(n.to_owned());
        for (text, wanted) in [
            ("-", Reference::Stdin),
            ("oci:x", Reference::Layout { path: "x".into(), pick: Pick::Only }),
            ("oci:x:1", Reference::Layout { path: "x".into(), pick: name("1") }),
            ("oci:/l/a:b", Reference::Layout { path: "/l/a:b".into(), pick: Pick::Only }),
            ("oci:/l/a:b:1", Reference::Layout { path: "/l/a:b".into(), pick: name("1") }),
            (&format!("oci:x@{digest}"), Reference::Layout { path: "x".into(), pick: Pick::Digest(digest.parse().unwrap()) }),
            ("oci-archive:x.tar:1", Reference::OciArchive { path: "x.tar".into(), pick: name("1") }),
            ("docker-archive:a.tar", Reference::DockerArchive { path: "a.tar".into(), pick: Pick::Only }),
            ("docker-archive:a.tar:h:5000/n:1", Reference::DockerArchive { path: "a.tar".into(), pick: name("h:5000/n:1") }),
            ("docker://nginx", registry("nginx")),
            ("docker:nginx", Reference::Engine { engine: Engine::Docker, name: "nginx".to_owned() }),
            ("podman:localhost/x:1", Reference::Engine { engine: Engine::Podman, name: "localhost/x:1".to_owned() }),
            ("img", Reference::Layout { path: "img".into(), pick: Pick::Only }),
            ("img:1", Reference::Layout { path: "img".into(), pick: name("1") }),
            ("a.tar", Reference::File { path: "a.tar".into() }),
            ("nginx:1", registry("nginx:1")),
            ("src:1", registry("src:1")),
            ("ghcr.io/a/b", registry("ghcr.io/a/b")),
        ] {
            assert_eq!(parse(text).unwrap(), wanted, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_says_why() {
        for (text, kind) in [
            ("", OpenErrorKind::Reference),
            ("oci:", OpenErrorKind::Reference),
            ("dir:x", OpenErrorKind::Reference),
            ("https://ghcr.io/a/b", OpenErrorKind::Reference),
            ("src", OpenErrorKind::NotAnImage),
            ("./nothing", OpenErrorKind::NotFound),
            ("nothing.tar.gz", OpenErrorKind::NotFound),
            ("/nothing", OpenErrorKind::NotFound),
        ] {
            assert_eq!(parse(text).unwrap_err().kind(), kind, "{text}");
        }
    }

    #[test]
    fn a_bare_word_is_told_what_it_was_taken_for() {
        let mut notes = Vec::new();
        Reference::parse("nginx", &|_| There::Nothing, &mut notes).unwrap();
        assert!(notes[0].contains("registry"), "{notes:?}");
        notes.clear();
        Reference::parse("docker://nginx", &|_| There::Nothing, &mut notes).unwrap();
        assert_eq!(notes, Vec::<String>::new());
    }
}
