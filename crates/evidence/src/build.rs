use serde::{Deserialize, Serialize};

use crate::{Place, Placed, Problem};

/// What the build files say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Build {
    /// The build files that were given.
    pub files: Vec<BuildFile>,
    /// For each step of the image's history, in its order, the instruction that made it, where that is sure. Empty without an image.
    pub steps: Vec<Option<Place>>,
    /// What could not be read of these files. What hides a part of them keeps the items that rest on them from passing.
    pub problems: Vec<Problem>,
}

/// One Containerfile or Dockerfile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BuildFile {
    /// Its place in the evidence's sources.
    pub source: u32,
    /// Its stages, in its order.
    pub stages: Vec<Stage>,
}

/// A stage: what follows a FROM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// The image or stage that it starts from, as written.
    pub from: Placed<String>,
}
