use serde::{Deserialize, Serialize};

use crate::{Place, Placed};

/// A volume of a workload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Volume {
    /// Its name; of a volume without one, where it is mounted.
    pub name: String,
    /// Where it is declared.
    pub place: Place,
    /// What it is.
    pub kind: VolumeKind,
}

/// What a volume is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum VolumeKind {
    /// A path of the host.
    HostPath {
        /// The path, as written: Compose's may be relative.
        path: Placed<String>,
        /// Kubernetes' `type`.
        check: Option<String>,
    },
    /// A folder that lives as long as the pod or container: `emptyDir`, a tmpfs.
    Ephemeral {
        /// Whether it lies in memory.
        in_memory: bool,
        /// The limit of its size, where one is set.
        size_limit: Option<Placed<String>>,
    },
    /// A claim for a volume that lives as long as the pod (`ephemeral`).
    EphemeralClaim,
    /// A `ConfigMap`, or a config of Compose.
    Config {
        /// Its name.
        name: String,
    },
    /// A Secret of Kubernetes, Compose or Podman.
    Secret {
        /// Its name.
        name: String,
    },
    /// Several sources in one folder.
    Projected,
    /// Fields of the pod.
    DownwardApi,
    /// A claim for a persistent volume.
    Claim {
        /// Its name.
        name: String,
        /// The whole volume is read-only.
        read_only: bool,
    },
    /// A volume that the engine keeps under a name (Compose, Podman).
    Named {
        /// Whether it was made elsewhere.
        external: bool,
    },
    /// A volume without a name, which the engine keeps until it is removed with the container.
    Anonymous,
    /// Files of another image.
    Image {
        /// The image.
        reference: Placed<String>,
    },
    /// A driver's volume, declared in the pod (`csi`).
    Csi {
        /// The driver.
        driver: String,
        /// Whether it is read-only.
        read_only: bool,
    },
    /// Another kind, as written: `nfs`, `gitRepo`.
    Other {
        /// The kind.
        kind: String,
    },
    /// Mounted, but declared nowhere.
    Missing,
}

/// Where a volume stands in a container's tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mount {
    /// The volume, by its place in [`Workload::volumes`](super::Workload::volumes).
    pub volume: u32,
    /// Where, as written.
    pub path: Placed<String>,
    /// Whether it is mounted read-only. Kinds that are read-only of themselves need no such setting.
    pub read_only: Option<Placed<bool>>,
    /// The part of the volume that is mounted.
    pub sub_path: Option<String>,
    /// How mounts pass between host and container, where it is written.
    pub propagation: Option<Placed<String>>,
    /// Options that let what lies there be executed, be devices, or change user on execution, where written: `exec`, `dev`, `suid`; and
    /// those that forbid it.
    pub options: Vec<String>,
}
