use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where something is: always enough to lead a person to the place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Location {
    /// A field of the image's manifest, such as an annotation.
    Manifest {
        /// The field, as a path: `annotations["org.opencontainers.image.base.digest"]`.
        field: String,
    },
    /// A field of the image's config.
    Config {
        /// The field, as a path: `User`, `Env[GITLAB_TOKEN]`, `Labels[maintainer]`.
        field: String,
    },
    /// A step of the image's history.
    History {
        /// Its place in the config's `history`, from 0.
        step: usize,
        /// The command that made it, as the config tells it.
        created_by: String,
    },
    /// A file in a layer.
    Layer {
        /// The layer's place in the manifest, from 0.
        layer: usize,
        /// The layer's digest as the manifest names it (its diff ID where there is no manifest).
        digest: String,
        /// The path in the image, absolute.
        path: String,
        /// The path inside the archive at `path`, where the find is in an archive.
        inside: Option<String>,
        /// Line, from 1.
        line: Option<u32>,
        /// The history step that made the layer: its place in `history`, from 0.
        step: Option<usize>,
        /// The command of that step.
        created_by: Option<String>,
    },
    /// A whole layer.
    WholeLayer {
        /// The layer's place in the manifest, from 0.
        layer: usize,
        /// The layer's digest.
        digest: String,
        /// The command of the history step that made it.
        created_by: Option<String>,
    },
    /// The image as a whole.
    Image,
}

/// Who brought a thing into the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The base image.
    BaseImage,
    /// The layers above the base image, or the image's own configuration.
    Application,
    /// The base image is not known.
    Unknown,
}
