use serde::{Deserialize, Serialize};

use super::{Hook, Mount, Probe, Security};
use crate::{Place, Placed};

/// A container of a workload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Where it is declared: its name.
    pub place: Place,
    /// What part it has in the pod.
    pub role: Role,
    /// The image that it names.
    pub image: Option<Placed<String>>,
    /// Where it says that the image is built where it is run (`build` of Compose): then `image` is the name that the result gets.
    #[serde(default)]
    pub built: Option<Place>,
    /// Whether that is the image that is checked.
    pub runs: ImageMatch,
    /// When the image is fetched: `Always`, `IfNotPresent`, `Never` (Kubernetes); Compose's and Podman's words, as written.
    pub pull_policy: Option<Placed<String>>,
    /// What replaces the image's entrypoint. An empty list takes it away.
    pub entrypoint: Option<Placed<Vec<String>>>,
    /// What replaces the image's command.
    pub arguments: Option<Placed<Vec<String>>>,
    /// The working directory.
    pub working_dir: Option<Placed<String>>,
    /// Its environment, in order.
    pub env: Vec<EnvVar>,
    /// Objects and files whose entries become variables.
    pub env_from: Vec<Placed<EnvFrom>>,
    /// Its ports.
    pub ports: Vec<Port>,
    /// What it may do.
    pub security: Security,
    /// Its mounts.
    pub mounts: Vec<Mount>,
    /// What it asks for.
    pub requests: Vec<Resource>,
    /// What it gets at most.
    pub limits: Vec<Resource>,
    /// Its probes.
    pub probes: Vec<Probe>,
    /// Its hooks.
    pub hooks: Vec<Hook>,
    /// Where its output goes (Compose, Podman).
    pub logging: Option<Logging>,
    /// The signal that ends it.
    pub stop_signal: Option<Placed<String>>,
    /// Paths that a tool changes in the running container as they change on the host (`develop.watch` of Compose).
    pub live_edits: Vec<Placed<String>>,
}

impl Container {
    /// The limit of a resource, as written: `memory`, `cpu`, `ephemeral-storage`.
    pub fn limit(&self, name: &str) -> Option<&Resource> {
        self.limits.iter().find(|r| r.name == name)
    }

    /// The request of a resource.
    pub fn request(&self, name: &str) -> Option<&Resource> {
        self.requests.iter().find(|r| r.name == name)
    }
}

/// The part of a container in its pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// One of those that the pod is for.
    Main,
    /// Runs to its end before the others start: an initial container, a service of Compose for whose end others wait, a unit of `Type=oneshot`.
    Init,
    /// An initial container that stays (`restartPolicy: Always`).
    Sidecar,
    /// Added to a running pod, to look into it.
    Ephemeral,
}

/// Whether a container runs the image that is checked, and by what that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ImageMatch {
    /// The digest is the same.
    Digest,
    /// Registry, repository and tag are the same.
    Reference,
    /// Registry and repository are the same; the tag is another, or one of them has none.
    Repository,
    /// It is built from the build file and the stage that are given for the image (`build` of Compose).
    Build,
    /// The last part of the repository's name is the same.
    Name,
    /// Nothing else matches, and this is the only one that it can be: the image that is checked has no name and the deployment names one
    /// image alone, or one service alone names none because it is built where it is run.
    Only,
    /// It is another image.
    No,
    /// There is no image to compare with.
    NotCompared,
}

/// An environment variable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnvVar {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub place: Place,
    /// Where its value comes from.
    pub value: EnvSource,
}

/// Where a variable's value comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnvSource {
    /// It is written there.
    Literal(Placed<String>),
    /// From a key of a Secret.
    SecretKey(String),
    /// From a key of a `ConfigMap`.
    ConfigKey(String),
    /// From a field of the pod, or a limit.
    Field,
    /// From the environment of who starts it, or from nowhere.
    Outside,
}

/// Something whose entries become variables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnvFrom {
    /// A Secret.
    Secret(String),
    /// A `ConfigMap`.
    ConfigMap(String),
    /// A file, as written.
    File(String),
}

/// A port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// Where it is declared.
    pub place: Place,
    /// The container's port, as written: a number or a range.
    pub container: String,
    /// The host's, where one is bound.
    pub host: Option<Placed<String>>,
    /// The host's address that it is bound at.
    pub host_ip: Option<String>,
}

/// A request or limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Which, by Kubernetes' names: `cpu`, `memory`, `ephemeral-storage`, `pids`.
    pub name: String,
    /// How much, by Kubernetes' rules for quantities, whatever the format wrote.
    pub quantity: Placed<String>,
}

/// Where the output of a container goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logging {
    /// The driver.
    pub driver: Placed<String>,
    /// Its options.
    pub options: Vec<(String, String)>,
}
