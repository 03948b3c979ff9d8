use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Selector;
use crate::{Place, Placed};

/// A `PersistentVolumeClaim`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Where it is declared.
    pub place: Place,
    /// `ReadWriteOnce` and the like.
    pub access_modes: Vec<Placed<String>>,
    /// How much it asks for.
    pub storage: Option<Placed<String>>,
    /// The class of storage, as written; an empty one asks for a volume without a class.
    #[serde(default)]
    pub class: Option<String>,
    /// The volume that it asks for by name.
    #[serde(default)]
    pub volume: Option<String>,
    /// Labels that the volume has to have.
    #[serde(default)]
    pub selector: Selector,
}

/// A `PersistentVolume`: storage that the cluster's administrator gives to claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersistentVolume {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub place: Place,
    /// `ReadWriteOnce` and the like.
    pub access_modes: Vec<String>,
    /// How much it holds.
    pub storage: Option<String>,
    /// The class of storage, as written.
    pub class: Option<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The claim that it is kept for: namespace, where one is written, and name.
    pub claim: Option<(Option<String>, String)>,
    /// What of the node it is, where it is that.
    pub on_host: Option<OnHost>,
}

/// What of a node a persistent volume is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnHost {
    /// The path of the node.
    pub path: Placed<String>,
    /// Whether it is storage of the node's that the cluster counts as such (`local`), not any path (`hostPath`).
    pub local: bool,
}
