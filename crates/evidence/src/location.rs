use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::SourceLine;

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
        /// The line of the build file that made the step, where it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        build_file: Option<SourceLine>,
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
        /// The line of the build file that made the step, where it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        build_file: Option<SourceLine>,
    },
    /// A whole layer.
    WholeLayer {
        /// The layer's place in the manifest, from 0.
        layer: usize,
        /// The layer's digest.
        digest: String,
        /// The history step that made the layer: its place in `history`, from 0.
        step: Option<usize>,
        /// The command of the history step that made it.
        created_by: Option<String>,
        /// The line of the build file that made the step, where it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        build_file: Option<SourceLine>,
    },
    /// A line of a build file, a manifest or another text of the project.
    File(SourceLine),
    /// The image as a whole.
    Image,
}

impl Location {
    /// The history step that the place lies in or comes from, counted from 0.
    pub const fn step(&self) -> Option<usize> {
        match self {
            Self::History { step, .. } => Some(*step),
            Self::Layer { step, .. } | Self::WholeLayer { step, .. } => *step,
            _ => None,
        }
    }

    /// The same place, with the line of the build file that made its step.
    #[must_use]
    pub fn made_by(mut self, line: SourceLine) -> Self {
        if let Self::History { build_file, .. } | Self::Layer { build_file, .. } | Self::WholeLayer { build_file, .. } = &mut self {
            *build_file = Some(line);
        }
        self
    }
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
