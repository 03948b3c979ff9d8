use serde::{Deserialize, Serialize};

use crate::{Place, Placed, Problem};

/// What the deployment's files declare.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Deployment {
    /// What runs containers.
    pub workloads: Vec<Workload>,
    /// What could not be read of these files. What hides a part of them keeps the items that rest on them from passing.
    pub problems: Vec<Problem>,
}

/// Something that runs containers: an object of Kubernetes, a service of Compose, a unit of Quadlet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    /// Its kind, as its format names it: `Deployment`, `service`, `.container`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub place: Place,
    /// Its containers.
    pub containers: Vec<Container>,
}

/// A container of a workload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// The image that it names.
    pub image: Option<Placed<String>>,
}
