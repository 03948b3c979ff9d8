use std::path::PathBuf;

use plimsoll_checklist::exposure::Deadlines;
use plimsoll_checklist::{BaseRung, Policy};
use schemars::JsonSchema;
use serde::Deserialize;

/// The whole file. Paths are relative to the file's own folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Config {
    /// The image to check, as on the command line: `oci:build/image`, `registry.example.org/team/app:1.4`.
    pub image: Option<String>,
    /// What the deployment calls the image, where it is not called so itself: `acme/app`.
    pub name: Option<String>,
    /// The build files: Containerfile, Dockerfile, docker-bake.hcl.
    pub build: Vec<PathBuf>,
    /// The stage of the build files that ships. Without it: the last one.
    pub target: Option<String>,
    /// The folder of the build context. Without it: the one that a build file lies in.
    pub context: Option<PathBuf>,
    /// What deploys the image: manifests, folders of them, charts, Compose files, Quadlet units.
    pub deploy: Vec<PathBuf>,
    /// Bills of materials of the image (CycloneDX, SPDX, Syft's JSON); one that describes a single file of it is written `/PATH/IN/IMAGE=FILE`.
    pub sbom: Vec<PathBuf>,
    /// Which registries are trusted.
    pub registries: Registries,
    /// Where advisories are had from.
    pub advisories: Advisories,
    /// Why this container does the host's work (a network plug-in, a log shipper), so that it may have the host's privileges. Without a
    /// reason there is no exception.
    #[schemars(with = "Option<String>", length(min = 1))]
    pub infrastructure: Option<Reason>,
    /// What is asked of single items beyond the checklist.
    pub items: Items,
}

/// A sentence that says why; not empty.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct Reason(String);

impl TryFrom<String> for Reason {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.trim().is_empty() { Err("a reason is wanted: why may this container have the host's privileges?") } else { Ok(Self(text)) }
    }
}

/// Which registries are trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Registries {
    /// Where base images may come from, with a path where not all of a registry is trusted: `registry.example.org/base`.
    pub trusted: Vec<String>,
    /// Where else images of a registry lie, asked before the registry itself: `"docker.io" = "mirror.example.org/hub"`.
    pub mirrors: std::collections::BTreeMap<String, String>,
}

/// Where advisories are had from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Advisories {
    /// Where `plimsoll db update` takes the whole database from, in place of making it of the public archives:
    /// `docker://registry.example.org/mirror/advisories:latest`, `oci:DIR:TAG`, or a file that `plimsoll db export` wrote.
    pub from: Option<String>,
}

/// What is asked of single items.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Items {
    /// `minimal-base-image`.
    pub minimal_base_image: MinimalBaseImage,
    /// `component-updates`.
    pub component_updates: Rebuild,
    /// `attested-sbom`.
    pub attested_sbom: SbomAccuracy,
    /// `attested-vex`.
    pub attested_vex: VexTrust,
    /// `vulnerability-management`.
    pub vulnerability_management: Times,
}

/// What is asked of `minimal-base-image`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct MinimalBaseImage {
    /// The lowest rung that is minimal enough. Without it: `minimal-distribution`.
    #[schemars(with = "Option<Rung>")]
    pub rung: Option<BaseRung>,
}

/// The ladder of images.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "names the values for the schema")]
enum Rung {
    GeneralPurpose,
    MinimalDistribution,
    Distroless,
    Static,
}

/// What is asked of `component-updates`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rebuild {
    /// Days after which an image that was not rebuilt is out of date. Without it: 90.
    #[schemars(range(min = 1))]
    pub rebuild_days: Option<std::num::NonZeroU32>,
}

/// What is asked of `attested-sbom`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct SbomAccuracy {
    /// Per cent of the components on which the SBOM and the image have to agree. Without it: 100.
    #[schemars(with = "Option<u8>", range(min = 1, max = 100))]
    pub agreement: Option<Percent>,
}

/// A share in per cent, from 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u8")]
pub struct Percent(u8);

impl TryFrom<u8> for Percent {
    type Error = &'static str;

    fn try_from(share: u8) -> Result<Self, Self::Error> {
        if (1..=100).contains(&share) { Ok(Self(share)) } else { Err("a share from 1 to 100 per cent is wanted") }
    }
}

/// What is asked of `attested-vex`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct VexTrust {
    /// Whether statements that nobody signed silence what they speak of. Without it they are shown and silence nothing.
    pub trust_unsigned: bool,
}

/// What is asked of `vulnerability-management`: days from the day on which a vulnerability was published.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Times {
    /// Days for a critical one. Without it: 15.
    pub critical_days: Option<u32>,
    /// Days for a high one. Without it: 30.
    pub high_days: Option<u32>,
    /// Days for a medium one, and for one that nobody rates. Without it: 90.
    pub medium_days: Option<u32>,
    /// Days for a low one. Without it: 180.
    pub low_days: Option<u32>,
    /// Days after which the advisories are too old to judge by. Without it: 5.
    pub database_days: Option<u32>,
}

impl Times {
    fn deadlines(&self) -> Deadlines {
        let default = Deadlines::default();
        Deadlines {
            critical: self.critical_days.unwrap_or(default.critical),
            high: self.high_days.unwrap_or(default.high),
            medium: self.medium_days.unwrap_or(default.medium),
            low: self.low_days.unwrap_or(default.low),
        }
    }
}

impl Config {
    /// The policy that the file asks for.
    pub fn policy(&self) -> Policy {
        let default = Policy::default();
        Policy {
            minimal_base: self.items.minimal_base_image.rung.unwrap_or(default.minimal_base),
            rebuild_days: self.items.component_updates.rebuild_days.map_or(default.rebuild_days, std::num::NonZeroU32::get),
            trusted_registries: self.registries.trusted.clone(),
            infrastructure: self.infrastructure.as_ref().map(|reason| reason.0.clone()),
            database_days: self.items.vulnerability_management.database_days.unwrap_or(default.database_days),
            deadlines: self.items.vulnerability_management.deadlines(),
            sbom_agreement: self.items.attested_sbom.agreement.map_or(default.sbom_agreement, |share| share.0),
            trust_unsigned_vex: self.items.attested_vex.trust_unsigned,
            ..default
        }
    }
}

/// The JSON Schema (2020-12) of the file, for editors.
///
/// # Errors
/// The schema cannot be written as JSON.
pub fn schema() -> serde_json::Result<String> {
    let schema = schemars::generate::SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Config>();
    serde_json::to_string_pretty(&schema).map(|text| text + "\n")
}
