//! References to images, as build files write them.

use plimsoll_evidence::{Digest, Expansion};

/// How a reference holds on to one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hold {
    /// By digest.
    Digest,
    /// By a digest that is none.
    BadDigest(String),
    /// By a tag, or by nothing, which means `latest`.
    Tag(String),
    /// Only a build could tell.
    Unknown,
}

/// What a reference rests on. A variable behind `@` can be nothing but a digest; anywhere else it may hold one, where only a build tells.
pub(crate) fn hold(reference: &Expansion) -> Hold {
    let text = reference.text.as_str();
    if let Some((before, digest)) = text.split_once('@') {
        // `${X:+@sha256:…}`: whether there is a digest, only a build tells.
        if before.matches("${").count() > before.matches('}').count() {
            return Hold::Unknown;
        }
        return match digest.parse::<Digest>() {
            Ok(_) => Hold::Digest,
            Err(_) if digest.contains('$') && !reference.unknown.is_empty() => Hold::Digest,
            Err(why) => Hold::BadDigest(why.to_string()),
        };
    }
    if !reference.unknown.is_empty() {
        // A variable before the last slash is the registry or the folder; the tag is written out.
        let last = text.rsplit('/').next().unwrap_or(text);
        if last.contains('$') {
            return Hold::Unknown;
        }
    }
    Hold::Tag(tag(text).unwrap_or("latest").to_owned())
}

/// The tag, where one is written.
pub(crate) fn tag(text: &str) -> Option<&str> {
    let last = text.rsplit('/').next().unwrap_or(text);
    last.split('@').next().and_then(|name| name.split_once(':')).map(|(_, tag)| tag).filter(|tag| !tag.is_empty())
}

/// A reference with its registry: Docker Hub's short names written out.
pub(crate) fn full(name: &str) -> String {
    let first = name.split('/').next().unwrap_or_default();
    let has_registry = name.contains('/') && (first.contains(['.', ':']) || first == "localhost");
    match (has_registry, name.contains('/')) {
        (true, _) => name.to_owned(),
        (false, true) => format!("docker.io/{name}"),
        (false, false) => format!("docker.io/library/{name}"),
    }
}

/// The name of an official image of Docker Hub, without its tag: `python` for `docker.io/library/python:3.12`.
pub(crate) fn official(reference: &str) -> Option<String> {
    let full = full(reference);
    let name = full.strip_prefix("docker.io/library/").or_else(|| full.strip_prefix("public.ecr.aws/docker/library/"))?;
    Some(name.split([':', '@']).next().unwrap_or(name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_references_hold_on_to() {
        let digest = format!("sha256:{}", "0".repeat(64));
        let known = |text: &str| hold(&Expansion::fixed(text));
        let open = |text: &str| hold(&Expansion { text: text.to_owned(), unknown: vec!["X".to_owned()] });
        assert_eq!(known(&format!("debian@{digest}")), Hold::Digest);
        assert_eq!(known(&format!("h:5000/debian:12@{digest}")), Hold::Digest);
        assert!(matches!(known("debian@sha256:00"), Hold::BadDigest(_)));
        assert_eq!(known("h:5000/debian"), Hold::Tag("latest".to_owned()));
        assert_eq!(known("debian:12"), Hold::Tag("12".to_owned()));
        assert_eq!(open("debian@$X"), Hold::Digest);
        assert_eq!(open("debian:$X"), Hold::Unknown);
        assert_eq!(open("debian${X:+@sha256:00}"), Hold::Unknown);
        assert_eq!(open("$X/debian:12"), Hold::Tag("12".to_owned()));
        assert_eq!(open(&format!("$X/debian:12@{digest}")), Hold::Digest);
        assert_eq!(official("python:3"), Some("python".to_owned()));
        assert_eq!(official("docker.io/library/python@sha256:00"), Some("python".to_owned()));
        assert_eq!(official("x/python:3"), None);
    }
}
