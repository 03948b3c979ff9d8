#![doc = include_str!("../README.md")]

mod encoding;
mod kinds;
mod osv;
mod parse;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

pub use encoding::decode;
pub use kinds::{Namespace, is_known_kind};

/// A package URL. Its parts are decoded, and normalised as its type asks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purl {
    kind: String,
    namespace: Option<String>,
    name: String,
    version: Option<String>,
    qualifiers: BTreeMap<String, String>,
    subpath: Option<String>,
}

/// Why a text is no package URL, or breaks a rule of its type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PurlError {
    /// Does not begin with `pkg:`.
    #[error("it does not begin with `pkg:`")]
    Scheme,
    /// There is no type.
    #[error("it has no type")]
    NoType,
    /// The type has other characters than ASCII letters, digits, `.`, `-`, or begins with a digit.
    #[error("{0:?} is no type: letters, digits, `.` and `-`, a letter first")]
    Type(String),
    /// There is no name.
    #[error("it has no name")]
    NoName,
    /// A `%` is not followed by two hexadecimal digits, or what they stand for is not UTF-8.
    #[error("its {0} is not percent-encoded UTF-8")]
    Encoding(&'static str),
    /// A qualifier's key has other characters than ASCII letters, digits, `.`, `-`, `_`, or begins with a digit.
    #[error("{0:?} is no key of a qualifier: letters, digits, `.`, `-` and `_`, no digit first")]
    Key(String),
    /// A qualifier's key stands twice.
    #[error("the qualifier {0:?} stands twice")]
    TwiceKey(String),
    /// The type's packages have a namespace, and this one has none.
    #[error("a package of type {0} needs a namespace")]
    NeedsNamespace(String),
    /// The type's packages have no namespace, and this one has one.
    #[error("a package of type {0} has no namespace")]
    ForbidsNamespace(String),
    /// The type's packages have a qualifier, and this one lacks it.
    #[error("a package of type {0} needs the qualifier `{1}`")]
    NeedsQualifier(String, &'static str),
    /// The name is none of the type's.
    #[error("{1:?} is no name of a package of type {0}")]
    Name(String, String),
    /// The version is none of the type's.
    #[error("{1:?} is no version of a package of type {0}")]
    Version(String, String),
}

impl Purl {
    /// A package URL of a type and a name, both not encoded. Fails where the type's or the name's characters are not allowed.
    pub fn new(kind: &str, name: &str) -> Result<Self, PurlError> {
        let mut purl = Self {
            kind: parse::kind(kind)?,
            namespace: None,
            name: name.trim_matches('/').to_owned(),
            version: None,
            qualifiers: BTreeMap::new(),
            subpath: None,
        };
        if purl.name.is_empty() {
            return Err(PurlError::NoName);
        }
        kinds::normalise(&mut purl);
        Ok(purl)
    }

    /// The same with a namespace, not encoded, its segments separated by `/`; without one where it is empty.
    #[must_use]
    pub fn with_namespace(mut self, namespace: &str) -> Self {
        let segments: Vec<&str> = namespace.split('/').filter(|s| !s.is_empty()).collect();
        self.namespace = Some(segments.join("/")).filter(|n| !n.is_empty());
        kinds::normalise(&mut self);
        self
    }

    /// The same with a version, not encoded; without one where it is empty.
    #[must_use]
    pub fn with_version(mut self, version: &str) -> Self {
        self.version = Some(version.to_owned()).filter(|v| !v.is_empty());
        kinds::normalise(&mut self);
        self
    }

    /// The same with a qualifier, its value not encoded. An empty value, or a key that is none, changes nothing.
    #[must_use]
    pub fn with_qualifier(mut self, key: &str, value: &str) -> Self {
        if let Ok(key) = parse::key(key)
            && !value.is_empty()
        {
            self.qualifiers.insert(key, value.to_owned());
            kinds::normalise(&mut self);
        }
        self
    }

    /// The same with a subpath, not encoded; without one where it is empty. Segments `.` and `..` are left out.
    #[must_use]
    pub fn with_subpath(mut self, subpath: &str) -> Self {
        let segments: Vec<&str> = subpath.split('/').filter(|s| !matches!(*s, "" | "." | "..")).collect();
        self.subpath = Some(segments.join("/")).filter(|s| !s.is_empty());
        self
    }

    /// Reads a package URL, and refuses what its type's definition forbids.
    pub fn parse(text: &str) -> Result<Self, PurlError> {
        let purl = Self::parse_loosely(text)?;
        purl.check()?;
        Ok(purl)
    }

    /// Reads a package URL, by the syntax alone. [`Purl::check`] tells what its type forbids.
    pub fn parse_loosely(text: &str) -> Result<Self, PurlError> {
        parse::purl(text)
    }

    /// Whether it keeps its type's rules. A type that is not known has none.
    pub fn check(&self) -> Result<(), PurlError> {
        kinds::check(self)
    }

    /// The type: `deb`, `npm` …, in lower case.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The namespace, its segments separated by `/`.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// A qualifier's value.
    pub fn qualifier(&self, key: &str) -> Option<&str> {
        self.qualifiers.get(key).map(String::as_str)
    }

    /// All qualifiers, sorted by key.
    pub fn qualifiers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.qualifiers.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }

    /// The subpath.
    pub fn subpath(&self) -> Option<&str> {
        self.subpath.as_deref()
    }

    /// Namespace and name, separated by `/`: a Go module's path, a scoped npm package.
    pub fn full_name(&self) -> String {
        self.namespace.as_ref().map_or_else(|| self.name.clone(), |n| format!("{n}/{}", self.name))
    }
}

impl fmt::Display for Purl {
    /// The canonical form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pkg:{}/", self.kind)?;
        for segment in self.namespace.iter().flat_map(|n| n.split('/')) {
            write!(f, "{}/", encoding::Encoded(segment))?;
        }
        write!(f, "{}", encoding::Encoded(&self.name))?;
        if let Some(version) = &self.version {
            write!(f, "@{}", encoding::Encoded(version))?;
        }
        for (i, (key, value)) in self.qualifiers.iter().enumerate() {
            write!(f, "{}{key}={}", if i == 0 { '?' } else { '&' }, encoding::Encoded(value))?;
        }
        for (i, segment) in self.subpath.iter().flat_map(|s| s.split('/')).enumerate() {
            write!(f, "{}{}", if i == 0 { '#' } else { '/' }, encoding::Encoded(segment))?;
        }
        Ok(())
    }
}

impl FromStr for Purl {
    type Err = PurlError;

    fn from_str(text: &str) -> Result<Self, PurlError> {
        Self::parse(text)
    }
}
