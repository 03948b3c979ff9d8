//! What lies where in a deployed container.

use plimsoll_evidence::ImageFacts;
use plimsoll_evidence::workload::{Mount, Volume, VolumeKind};

use super::Running;
use crate::writes::on_volume;

/// A mount with its volume.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) mount: &'a Mount,
    pub(crate) volume: &'a Volume,
}

/// Folders that Podman puts a tmpfs on where the root is read-only (podman-run(1), `--read-only-tmpfs`).
const PODMAN_TMPFS: [&str; 4] = ["/tmp", "/var/tmp", "/run", "/dev/shm"];

impl<'a> Running<'a> {
    /// The mounts.
    pub(crate) fn mounts(&self) -> impl Iterator<Item = At<'a>> {
        let volumes = &self.workload.volumes;
        self.container.mounts.iter().filter_map(|mount| Some(At { mount, volume: volumes.get(mount.volume as usize)? }))
    }

    /// The mount that a path lies in: the innermost.
    pub(crate) fn mount_of(&self, path: &str) -> Option<At<'a>> {
        self.mounts().filter(|at| is_below(path, &at.mount.path.value)).max_by_key(|at| at.mount.path.value.trim_end_matches('/').len())
    }

    /// Whether what is written at a path goes to a volume that is made for it.
    pub(crate) fn takes_writes(&self, path: &str, image: &ImageFacts) -> bool {
        match self.mount_of(path) {
            Some(at) => is_writable(at),
            // The image's own volumes are there where nothing is mounted over them.
            None => on_volume(image, path) || self.has_own_tmpfs(path),
        }
    }

    /// Whether the runner itself puts memory at a path.
    pub(crate) fn has_own_tmpfs(&self, path: &str) -> bool {
        let read_only = self.container.security.read_only_root.as_ref().is_some_and(|r| r.value);
        is_below(path, "/dev/shm")
            || self.workload.runner == plimsoll_evidence::workload::Runner::Podman
                && read_only
                && self.container.security.read_only_tmpfs.is_none_or(|t| t.value)
                && PODMAN_TMPFS.iter().any(|d| is_below(path, d))
    }
}

/// Whether a path is a folder or lies below it.
pub(crate) fn is_below(path: &str, folder: &str) -> bool {
    let (path, folder) = (path.trim_end_matches('/'), folder.trim_end_matches('/'));
    path == folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether a mount can be written. What the kubelet fills (objects, fields) it mounts read-only whatever the mount says
/// (since CVE-2017-1002102), and so does Compose with secrets and configs.
pub(crate) fn is_writable(at: At<'_>) -> bool {
    let asked = at.mount.read_only.is_some_and(|r| r.value);
    let of_itself = match &at.volume.kind {
        VolumeKind::Config { .. }
        | VolumeKind::Secret { .. }
        | VolumeKind::Projected
        | VolumeKind::DownwardApi
        | VolumeKind::Image { .. } => true,
        VolumeKind::Claim { read_only, .. } | VolumeKind::Csi { read_only, .. } => *read_only,
        _ => false,
    };
    !asked && !of_itself
}

/// What to do without the socket of an engine that no cluster's API stands in for.
pub(crate) const WITHOUT_SOCKET: &str = "Leave the socket out; where the container has to ask the engine, let it ask a proxy that passes on the few requests it needs, or an engine that runs without root.";

/// Whether a path of the host is the socket of a container engine.
pub(crate) fn is_engine_socket(path: &str) -> bool {
    ["docker.sock", "containerd.sock", "crio.sock", "podman.sock", "cri-dockerd.sock"].iter().any(|s| path.ends_with(s))
}

/// What of the host a path gives away, where it is more than a folder of the application's: the engine, the kernel's view, credentials.
pub(crate) fn sensitive_host_path(path: &str) -> Option<&'static str> {
    // A folder beside the Compose file or above it is the project's, wherever that lies.
    if path.starts_with('.') && !path.ends_with(".sock") {
        return None;
    }
    let socket = is_engine_socket(path);
    let path = normal(path);
    if socket || ["/run/containerd", "/var/run/docker", "/run/docker", "/run/crio"].iter().any(|d| is_below(&path, d)) {
        return Some("the container engine's socket, which gives the host");
    }
    if path == "/" || path.is_empty() {
        return Some("the whole host");
    }
    let folders: [(&[&str], &str); 5] = [
        (&["/var/run", "/run"], "the host's sockets, the engine's among them"),
        (
            &["/var/lib/docker", "/var/lib/containerd", "/var/lib/containers", "/var/lib/kubelet", "/var/lib/etcd"],
            "the files of every container",
        ),
        (&["/etc"], "the host's configuration, accounts and keys"),
        (&["/proc", "/sys", "/dev", "/boot", "/lib/modules", "/usr/lib/modules"], "the host's kernel"),
        (&["/root", "/home", "/usr", "/bin", "/sbin", "/lib", "/lib64", "/var"], "programs or homes of the host"),
    ];
    for (paths, what) in folders {
        // The folder itself, or what contains it; below /etc, /proc, /sys and /dev everything counts.
        if paths.iter().any(|p| {
            path == *p
                || is_below(&path, p)
                    && matches!(*p, "/etc" | "/proc" | "/sys" | "/dev" | "/root" | "/var/lib/kubelet" | "/var/lib/docker" | "/var/lib/etcd")
        }) {
            return Some(what);
        }
    }
    None
}

/// A path with `.`, `..` and doubled slashes taken out.
pub(crate) fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if path.starts_with('/') { format!("/{}", parts.join("/")) } else { parts.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_host_are_told_apart() {
        for (path, sensitive) in [
            ("/", true),
            ("//", true),
            ("/srv/..", true),
            ("/var/run/docker.sock", true),
            ("/run/containerd/containerd.sock", true),
            ("/var/run", true),
            ("/etc", true),
            ("/etc/ssl/certs", true),
            ("/proc/1", true),
            ("/var/lib/kubelet/pods", true),
            ("/home", true),
            ("/srv/app", false),
            ("/data", false),
            ("/home/app/data", false),
            ("/var/lib/app", false),
            ("./data", false),
            ("/etcetera", false),
        ] {
            assert_eq!(sensitive_host_path(path).is_some(), sensitive, "{path}");
        }
        assert!(is_below("/tmp/x", "/tmp/") && is_below("/tmp", "/tmp") && !is_below("/tmpx", "/tmp") && is_below("/x", "/"));
    }
}
