use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Digest;

/// The image that is checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// As the user named it.
    pub reference: String,
    /// Digest of the manifest; of the config where a docker-archive holds no OCI manifest.
    pub digest: Digest,
    /// The manifest's media type.
    pub media_type: String,
    /// What it runs on.
    pub platform: Platform,
    /// Digests of the indexes that led to it, the outermost first: names of the image for those who pushed it for several platforms. The
    /// index of a layout is none, for it is no document of the image.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Digest>,
}

/// An operating system and processor, as in the OCI image specification v1.1 (image-index.md, `platform`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Platform {
    /// `linux`, `windows` …
    pub os: String,
    /// Go's name of the processor: `amd64`, `arm64` …
    pub architecture: String,
    /// `v7`, `v8` …
    pub variant: Option<String>,
}

impl Platform {
    /// The platform of this machine's processor, on Linux: containers of other systems do not run here.
    pub fn host() -> Self {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "x86" => "386",
            "aarch64" => "arm64",
            "powerpc64" => "ppc64le",
            "loongarch64" => "loong64",
            other => other,
        };
        Self { os: "linux".to_owned(), architecture: architecture.to_owned(), variant: None }
    }

    /// Whether an image of this platform is what `wanted` asks for. A variant that `wanted` leaves out does not matter;
    /// `arm64` and `arm64/v8` are the same.
    pub fn satisfies(&self, wanted: &Self) -> bool {
        let normal = |p: &Self| match (p.architecture.as_str(), p.variant.as_deref()) {
            ("arm64", Some("v8")) => None,
            (_, v) => v.map(str::to_owned),
        };
        self.os == wanted.os && self.architecture == wanted.architecture && (normal(wanted).is_none() || normal(self) == normal(wanted))
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Platform {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split('/');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(os), Some(architecture), variant, None) if !os.is_empty() && !architecture.is_empty() && variant != Some("") => {
                Ok(Self { os: os.to_owned(), architecture: architecture.to_owned(), variant: variant.map(str::to_owned) })
            }
            _ => Err(format!(
                "{text:?} is not a platform (wanted os/architecture or os/architecture/variant, such as linux/amd64 or linux/arm/v7)"
            )),
        }
    }
}

impl TryFrom<String> for Platform {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Platform> for String {
    fn from(platform: Platform) -> Self {
        platform.to_string()
    }
}
