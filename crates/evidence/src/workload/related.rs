use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Workload;
use crate::{Place, Placed};

/// Which pods are meant: labels that have to be there. Expressions other than equality are kept as `complex`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selector {
    /// Labels that have to have these values.
    pub labels: BTreeMap<String, String>,
    /// There are `matchExpressions`: who is selected is not known.
    pub complex: bool,
}

impl Selector {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && !self.complex
    }

    /// Whether it selects the pods of a workload, as far as its labels tell.
    pub fn selects(&self, namespace: Option<&str>, workload: &Workload) -> bool {
        namespace == workload.namespace.as_deref() && self.labels.iter().all(|(name, value)| workload.labels.get(name) == Some(value))
    }
}

/// A namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Namespace {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub place: Place,
    /// What `pod-security.kubernetes.io/enforce` says: `privileged`, `baseline`, `restricted`.
    pub enforce: Option<Placed<String>>,
    /// The version of `pod-security.kubernetes.io/enforce-version`.
    pub enforce_version: Option<Placed<String>>,
}

/// A `PodDisruptionBudget`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisruptionBudget {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Where it is declared.
    pub place: Place,
    /// Whose.
    pub selector: Selector,
    /// `minAvailable`: a number or a percentage.
    pub min_available: Option<Placed<String>>,
    /// `maxUnavailable`.
    pub max_unavailable: Option<Placed<String>>,
}

/// A `HorizontalPodAutoscaler`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Autoscaler {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Where it is declared.
    pub place: Place,
    /// The kind of what it scales.
    pub target_kind: String,
    /// The name of what it scales.
    pub target_name: String,
    /// The fewest replicas.
    pub min_replicas: Option<Placed<u64>>,
    /// The most.
    pub max_replicas: Option<Placed<u64>>,
}

/// A `NetworkPolicy`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkPolicy {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Where it is declared.
    pub place: Place,
    /// Whose traffic it is about.
    pub selector: Selector,
    /// It rules what comes in.
    pub ingress: bool,
    /// It rules what goes out.
    pub egress: bool,
}

/// A `Service`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Where it is declared.
    pub place: Place,
    /// `ClusterIP`, `NodePort`, `LoadBalancer`, `ExternalName`.
    pub kind: Option<Placed<String>>,
    /// Where it leads.
    pub selector: Selector,
}

/// A `ConfigMap`, or a config of Compose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigMap {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Where it is declared.
    pub place: Place,
    /// Its entries, with the places of their keys.
    pub keys: Vec<Placed<String>>,
    /// Entries of one line: key and value, with the value's place.
    pub values: Vec<Placed<(String, String)>>,
}

/// A Secret of Kubernetes, or of Compose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretObject {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Where it is declared.
    pub place: Place,
    /// Its type: `Opaque`, `kubernetes.io/tls`.
    pub kind: Option<String>,
    /// What it holds.
    pub entries: Vec<SecretEntry>,
}

/// An entry of a Secret. Its value is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretEntry {
    /// The key, with the value's place.
    pub key: Placed<String>,
    /// The value is empty or plainly stands for one to be put in: `changeme`, `<password>`, `${PASSWORD}`.
    pub placeholder: bool,
    /// The value is encrypted for who unpacks it, as SOPS does.
    pub encrypted: bool,
}
