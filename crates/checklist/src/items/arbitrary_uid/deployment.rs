//! Uids that a deployment binds its containers to.

use plimsoll_evidence::workload::VolumeKind;

use super::super::prelude::*;
use crate::deployed::{Deployed, is_writable};

pub(super) const PINNED: Rule = Rule::new(
    "uid-pinned",
    Info,
    "The deployment names a uid; platforms that give each project uids of its own refuse it, or the image may rest on it.",
    "Where the deployment is for OpenShift, leave runAsUser out and let the platform choose.",
);
pub(super) const NO_FS_GROUP: Rule = Rule::new(
    "claim-without-group",
    Low,
    "A claim is written by a container that is not root, and no fsGroup makes it writable for that.",
    "Set fsGroup to a group of the application's own.",
);

pub(super) fn judge(case: &mut Case<'_>, deployed: &Deployed<'_>) {
    for running in &deployed.containers {
        let name = running.name();
        let security = &running.container.security;
        let Some(user) = security.user.as_ref().filter(|u| u.value != "0" && u.value != "root") else { continue };
        case.find(&PINNED).about(&name).says(format!("{name} is bound to the user {:?}.", user.value)).in_source(user.place).add();
        if !running.is_kubernetes() || running.is_windows() || security.fs_group.is_some() {
            continue;
        }
        for at in running
            .mounts()
            .filter(|at| is_writable(*at) && matches!(at.volume.kind, VolumeKind::Claim { .. } | VolumeKind::EphemeralClaim))
        {
            let path = &at.mount.path;
            case.find(&NO_FS_GROUP)
                .about(format!("{name} {}", path.value))
                .says(format!(
                    "{name} runs as {:?} and mounts a claim at {}, which belongs to root where no fsGroup is set.",
                    user.value, path.value
                ))
                .in_source(path.place)
                .add();
        }
    }
}

/// Whether a path lies on a volume that any uid can write, in each of the containers.
pub(super) fn is_open(deployed: &Deployed<'_>, path: &str) -> bool {
    deployed.is_known()
        && deployed.containers.iter().all(|running| match running.mount_of(path) {
            // Mode 0777 from the kubelet, 1777 from the engines.
            Some(at) => {
                is_writable(at) && (matches!(at.volume.kind, VolumeKind::Ephemeral { .. }) || running.container.security.fs_group.is_some())
            }
            None => running.has_own_tmpfs(path),
        })
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::Link;

    use super::super::ITEM;
    use crate::deployed::trial::{compose, kubernetes};
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let none = || Kit::new().without_image();
        let app = || {
            Kit::new()
                .user("10001")
                .entrypoint(&["/srv/app"])
                .file_as("srv/app", 0o755, 0, 0)
                .reach("srv/app", Link::Entrypoint)
                .volume("/data")
                .dir("data", 0o755, 10001, 10001)
        };
        let at_data = "volumeMounts: [{name: v, mountPath: /data}]";
        let user = "securityContext: {runAsUser: 10001}";
        for (kit, in_pod, in_container, wanted) in [
            (none(), "", "", "unknown"),
            (none(), "", user, "unknown: info uid-pinned"),
            (app(), "", "", "fail: medium cannot-write"),
            // An emptyDir can be written by any uid, a claim by its group.
            (app(), "volumes: [{name: v, emptyDir: {}}]", at_data, "pass"),
            (app(), "volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]", at_data, "fail: medium cannot-write"),
            (app(), "securityContext: {fsGroup: 5000}\nvolumes: [{name: v, persistentVolumeClaim: {claimName: c}}]", at_data, "pass"),
            (
                none(),
                "volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]",
                "securityContext: {runAsUser: 10001}\nvolumeMounts: [{name: v, mountPath: /data}]",
                "fail: low claim-without-group, info uid-pinned",
            ),
        ] {
            assert_eq!(kubernetes(kit, in_pod, in_container).outcome(&ITEM), wanted, "{in_pod} / {in_container}");
        }
        assert_eq!(compose(app(), "tmpfs: [/data]").outcome(&ITEM), "pass");
    }
}
