use serde::{Deserialize, Serialize};

use crate::{Place, Placed};

/// A setting as it counts for the container, with the place that decides it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting<T> {
    /// What counts.
    pub value: T,
    /// The place that decides.
    pub place: Place,
    /// What another place says, such as the pod's, and does not count.
    pub undoes: Option<Placed<T>>,
}

impl<T: PartialEq> Setting<T> {
    /// A setting that one place makes.
    pub const fn new(value: T, place: Place) -> Self {
        Self { value, place, undoes: None }
    }

    /// The nearer of two: the container's before the pod's.
    pub fn nearer(near: Option<Placed<T>>, far: Option<Placed<T>>) -> Option<Self> {
        match (near, far) {
            (Some(near), far) => {
                let undoes = far.filter(|far| far.value != near.value);
                Some(Self { value: near.value, place: near.place, undoes })
            }
            (None, Some(far)) => Some(Self::new(far.value, far.place)),
            (None, None) => None,
        }
    }
}

/// What a container may do, as it counts for it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Security {
    /// Where a setting of it would be written: the container's security context, else the container itself.
    pub place: Option<Place>,
    /// The user, as a USER instruction would spell it, without the group: a number or a name.
    pub user: Option<Setting<String>>,
    /// The first group, likewise.
    pub group: Option<Setting<String>>,
    /// Whether the kubelet refuses to start it as uid 0.
    pub run_as_non_root: Option<Setting<bool>>,
    /// The group that volumes are given to.
    pub fs_group: Option<Placed<i64>>,
    /// Further groups: numbers or names.
    pub supplemental_groups: Vec<Placed<String>>,
    /// The filter of system calls.
    pub seccomp: Option<Setting<Confinement>>,
    /// AppArmor's profile.
    pub app_armor: Option<Setting<Confinement>>,
    /// The annotation that sets AppArmor's profile, where a field sets it too: the field counts.
    pub app_armor_annotation: Option<Placed<Confinement>>,
    /// SELinux's label.
    pub selinux: Option<Setting<SeLinux>>,
    /// Capabilities added, as written.
    pub capabilities_add: Vec<Placed<String>>,
    /// Capabilities dropped, as written.
    pub capabilities_drop: Vec<Placed<String>>,
    /// Whether it runs privileged.
    pub privileged: Option<Setting<bool>>,
    /// Whether a process may gain more rights than its parent has; `no-new-privileges` is `false` here.
    pub privilege_escalation: Option<Setting<bool>>,
    /// Whether the root filesystem is read-only.
    pub read_only_root: Option<Setting<bool>>,
    /// Whether Podman puts memory on /tmp, /run and /var/tmp where the root is read-only, as it does unless told otherwise.
    pub read_only_tmpfs: Option<Placed<bool>>,
    /// Paths of `/proc` and `/sys` that are not masked: `Unmasked` (Kubernetes), `ALL` or paths (Podman), `unconfined` (Compose).
    pub unmasked: Option<Placed<String>>,
    /// Whether it is a process of a Windows host.
    pub host_process: Option<Setting<bool>>,
    /// Namespaces of the host, or of another container, that it shares.
    pub host_namespaces: Vec<Placed<HostNamespace>>,
    /// Its user namespace.
    pub user_namespace: Option<Placed<UserNamespace>>,
    /// Kernel parameters set: name and value.
    pub sysctls: Vec<Placed<(String, String)>>,
    /// Devices of the host given to it.
    pub devices: Vec<Placed<String>>,
}

/// How a program is confined by a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confinement {
    /// The runtime's own profile.
    RuntimeDefault,
    /// A profile of the node, by name or path.
    Localhost(String),
    /// No profile.
    Unconfined,
    /// Something that no runtime knows.
    Unknown(String),
}

/// An SELinux label (parts that are not written are empty), or none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeLinux {
    /// Confinement is switched off.
    pub disabled: bool,
    /// `user`.
    pub user: String,
    /// `role`.
    pub role: String,
    /// `type`.
    pub kind: String,
    /// `level`.
    pub level: String,
}

/// A namespace of the host that a container shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostNamespace {
    /// Processes.
    Pid,
    /// Shared memory and message queues.
    Ipc,
    /// Network.
    Network,
    /// Host name.
    Uts,
    /// Control groups.
    Cgroup,
}

/// Whose user namespace a container has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserNamespace {
    /// The host's: uid 0 in the container is uid 0 of the host.
    Host,
    /// One of its own: `hostUsers: false`, `auto`, `nomap`, a mapping.
    Own(String),
    /// One in which the uid of who starts it stays what it is (Podman's `keep-id`).
    KeepId(String),
}
