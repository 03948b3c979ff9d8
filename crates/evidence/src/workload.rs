//! What a deployment's files declare: one model for Kubernetes, Compose and Quadlet.
//!
//! What a pod and a container both say is already settled as the platform settles it, and every setting keeps the place that decides it.
//! Nothing here is a default: a setting that no file makes is absent, and [`Runner`] tells whose default counts.

mod container;
mod probe;
mod related;
mod security;
mod storage;
mod volume;

pub use container::{Container, EnvFrom, EnvSource, EnvVar, ImageMatch, Logging, Port, Resource, Role};
pub use probe::{Action, Hook, HookTime, Probe, ProbeKind};
pub use related::{Autoscaler, ConfigMap, DisruptionBudget, Namespace, NetworkPolicy, SecretEntry, SecretObject, Selector, Service};
pub use security::{Confinement, HostNamespace, SeLinux, Security, Setting, UserNamespace};
pub use storage::{Claim, OnHost, PersistentVolume};
pub use volume::{Mount, Volume, VolumeKind};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Place, Placed, Problem};

/// What the deployment's files declare.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Deployment {
    /// What runs containers.
    pub workloads: Vec<Workload>,
    /// Namespaces.
    pub namespaces: Vec<Namespace>,
    /// How many pods of a workload may be away at once.
    pub disruption_budgets: Vec<DisruptionBudget>,
    /// What changes the number of replicas.
    pub autoscalers: Vec<Autoscaler>,
    /// Who may talk to whom.
    pub network_policies: Vec<NetworkPolicy>,
    /// Names under which pods are reached.
    pub services: Vec<Service>,
    /// Configuration as objects.
    pub config_maps: Vec<ConfigMap>,
    /// Secrets as objects.
    pub secrets: Vec<SecretObject>,
    /// Claims for persistent volumes.
    pub claims: Vec<Claim>,
    /// What claims are given.
    pub persistent_volumes: Vec<PersistentVolume>,
    /// Keys that a mapping has twice: which of the two counts depends on the reader.
    pub duplicate_keys: Vec<DuplicateKey>,
    /// What could not be read of these files. What hides a part of them keeps the items that rest on them from passing.
    pub problems: Vec<Problem>,
}

/// A key that its mapping has twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DuplicateKey {
    /// The key, and where it stands again.
    pub key: Placed<String>,
    /// Where it stands first.
    pub first: Place,
}

/// What runs the containers, and so sets what nobody sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Runner {
    /// A kubelet.
    Kubernetes,
    /// An engine at the word of Compose.
    Compose,
    /// Podman under systemd: a unit of Quadlet, or one that runs `podman run`.
    Podman,
}

/// Something that runs containers: an object of Kubernetes, a service of Compose, a unit of Quadlet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    /// What runs it.
    pub runner: Runner,
    /// Its kind, as its format names it: `Deployment`, `service`, `.container`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its namespace (Kubernetes), where one is written.
    pub namespace: Option<String>,
    /// Where it is declared.
    pub place: Place,
    /// The pods' labels (Kubernetes), which selectors go by.
    pub labels: BTreeMap<String, String>,
    /// How many run, where it is written.
    pub replicas: Option<Placed<u64>>,
    /// When its containers are started again: `Always`, `OnFailure`, `Never` (Kubernetes); `no`, `always`, `on-failure[:n]`,
    /// `unless-stopped` (Compose); systemd's `Restart=` (Podman).
    pub restart: Option<Placed<String>>,
    /// The system that its pods are for (`linux`, `windows`), where it is written.
    pub os: Option<Placed<String>>,
    /// The node it is bound to by name: `nodeName`, or a selector or affinity that leaves one host name.
    pub node: Option<Placed<String>>,
    /// The account that it acts as towards the cluster.
    pub service_account: Option<Placed<String>>,
    /// Whether that account's token is mounted.
    pub mounts_token: Option<Placed<bool>>,
    /// How long it may take to end, in milliseconds.
    pub grace: Option<Placed<u64>>,
    /// How it is updated: `RollingUpdate`, `Recreate`, `OnDelete`.
    pub strategy: Option<Placed<String>>,
    /// Its volumes, mounted or not.
    pub volumes: Vec<Volume>,
    /// Volume claims that it makes by template, one for each replica (`StatefulSet`).
    pub claim_templates: Vec<Claim>,
    /// Its containers, in the order in which they are written: initial ones first.
    pub containers: Vec<Container>,
}

impl Workload {
    /// What it is called in a sentence: `Deployment web`, `service db`, `web.container`.
    pub fn title(&self) -> String {
        if self.kind.starts_with('.') { format!("{}{}", self.name, self.kind) } else { format!("{} {}", self.kind, self.name) }
    }
}

impl Deployment {
    /// Takes what another one declares behind its own.
    pub fn append(&mut self, other: Self) {
        let Self {
            workloads,
            namespaces,
            disruption_budgets,
            autoscalers,
            network_policies,
            services,
            config_maps,
            secrets,
            claims,
            persistent_volumes,
            duplicate_keys,
            problems,
        } = other;
        self.workloads.extend(workloads);
        self.namespaces.extend(namespaces);
        self.disruption_budgets.extend(disruption_budgets);
        self.autoscalers.extend(autoscalers);
        self.network_policies.extend(network_policies);
        self.services.extend(services);
        self.config_maps.extend(config_maps);
        self.secrets.extend(secrets);
        self.claims.extend(claims);
        self.persistent_volumes.extend(persistent_volumes);
        self.duplicate_keys.extend(duplicate_keys);
        self.problems.extend(problems);
    }

    /// Each container with its workload.
    pub fn containers(&self) -> impl Iterator<Item = (&Workload, &Container)> {
        self.workloads.iter().flat_map(|workload| workload.containers.iter().map(move |container| (workload, container)))
    }

    /// The objects of a kind that select a workload's pods. Objects without a namespace are in the one that a workload without one is in.
    pub fn disruption_budgets_of<'a>(&'a self, workload: &'a Workload) -> impl Iterator<Item = &'a DisruptionBudget> {
        self.disruption_budgets.iter().filter(|b| b.selector.selects(b.namespace.as_deref(), workload))
    }

    /// The autoscalers of a workload.
    pub fn autoscalers_of<'a>(&'a self, workload: &'a Workload) -> impl Iterator<Item = &'a Autoscaler> {
        self.autoscalers
            .iter()
            .filter(|a| a.target_kind == workload.kind && a.target_name == workload.name && a.namespace == workload.namespace)
    }

    /// The services that lead to a workload's pods.
    pub fn services_of<'a>(&'a self, workload: &'a Workload) -> impl Iterator<Item = &'a Service> {
        self.services.iter().filter(|s| !s.selector.is_empty() && s.selector.selects(s.namespace.as_deref(), workload))
    }

    /// The claim of this name beside a workload.
    pub fn claim(&self, workload: &Workload, name: &str) -> Option<&Claim> {
        self.claims.iter().find(|c| c.name == name && c.namespace == workload.namespace)
    }
}
