//! What a deployment gives the container of the host's files and ids.

use plimsoll_evidence::ImageFacts;
use plimsoll_evidence::workload::{Runner, VolumeKind};

use super::super::prelude::*;
use crate::deployed::{Deployed, HostPath, Running, WITHOUT_SOCKET, host_paths, is_engine_socket, runs_as, sensitive_host_path};

pub(super) const HOST_PATH: Rule = Rule::new(
    "host-path",
    Medium,
    "A path of the host is mounted: who breaks into the container is on the host's files.",
    "Take an emptyDir, a claim, a ConfigMap or a Secret instead.",
);
pub(super) const NODE_VOLUME: Rule = Rule::new(
    "node-volume",
    Low,
    "The node mounts this volume with its own rights; who writes the pod chooses what the node connects to.",
    "Take a claim, whose volume the cluster's administrator made.",
);
pub(super) const HOST_GROUP: Rule = Rule::new(
    "host-group",
    Medium,
    "The container's processes are in a group that has rights on the host.",
    "Take groups of the application's own, above 1000.",
);
pub(super) const FS_GROUP_ROOT: Rule =
    Rule::new("fs-group-root", Low, "Volumes are given to the group root.", "Set fsGroup to a group of the application's own, above 1000.");
pub(super) const HOST_UID: Rule = Rule::new(
    "uid-of-host",
    Medium,
    "The container's uid is root or a system account on the host too, and no user namespace keeps them apart.",
    "Run as a uid above 1000, or in a user namespace of its own: hostUsers: false, UserNS=auto.",
);
pub(super) const PROPAGATION: Rule =
    Rule::new("mount-propagation", High, "What the container mounts appears on the host.", "Leave mountPropagation: Bidirectional out.");

/// Groups that own devices or sockets of the host, by Debian's numbers and by name.
const HOST_GROUPS: [(&str, &str); 12] = [
    ("0", "root"),
    ("root", "root"),
    ("wheel", "wheel"),
    ("disk", "disk"),
    ("6", "disk"),
    ("docker", "docker"),
    ("kvm", "kvm"),
    ("kmem", "kmem"),
    ("15", "kmem"),
    ("shadow", "shadow"),
    ("42", "shadow"),
    ("sudo", "sudo"),
];

pub(super) fn judge(case: &mut Case<'_>, deployed: &Deployed<'_>, image: Option<&ImageFacts>) {
    for workload in deployed.workloads() {
        for volume in &workload.volumes {
            let title = workload.title();
            for path in host_paths(deployed.deployment, workload, volume) {
                host_path(case, deployed, workload, volume, &path);
            }
            match &volume.kind {
                VolumeKind::Other { kind } if workload.runner == Runner::Kubernetes => {
                    case.find(&NODE_VOLUME)
                        .about(format!("{title} {}", volume.name))
                        .says(format!("{title} has the volume {} of the kind {kind}.", volume.name))
                        .in_source(volume.place)
                        .add();
                }
                _ => {}
            }
        }
    }
    for running in &deployed.containers {
        ids(case, running, image);
        for at in running.mounts() {
            if let Some(propagation) =
                at.mount.propagation.as_ref().filter(|p| matches!(p.value.as_str(), "Bidirectional" | "shared" | "rshared"))
            {
                case.find(&PROPAGATION)
                    .fix(running.words(
                        "Leave mountPropagation: Bidirectional out.",
                        "Leave bind.propagation out, and shared or rshared from the options.",
                        "Leave shared or rshared out of the options.",
                    ))
                    .about(format!("{} {}", running.name(), at.mount.path.value))
                    .says(format!("{} mounts {} so that its own mounts appear on the host.", running.name(), at.mount.path.value))
                    .in_source(propagation.place)
                    .add();
            }
        }
    }
}

fn host_path(
    case: &mut Case<'_>,
    deployed: &Deployed<'_>,
    workload: &plimsoll_evidence::Workload,
    volume: &plimsoll_evidence::workload::Volume,
    host: &HostPath<'_>,
) {
    let path = host.path;
    let title = workload.title();
    let mounts: Vec<_> = deployed
        .containers
        .iter()
        .filter(|r| std::ptr::eq(r.workload, workload))
        .flat_map(Running::mounts)
        .filter(|at| std::ptr::eq(at.volume, volume))
        .collect();
    let whole = matches!(volume.kind, VolumeKind::Claim { read_only: true, .. });
    let read_only = whole || !mounts.is_empty() && mounts.iter().all(|at| at.mount.read_only.is_some_and(|r| r.value));
    let sensitive = sensitive_host_path(&path.value);
    // A folder beside the Compose file or the unit is the project's own.
    let own = workload.runner != Runner::Kubernetes && path.value.starts_with('.') && sensitive.is_none() && !path.value.contains("..");
    // Storage of a node that the cluster counts as such is made for claims.
    if host.through.is_some() && !host.is_any_path() && sensitive.is_none() {
        return;
    }
    let severity = match (sensitive, own, read_only) {
        (Some(_), _, false) => High,
        (Some(_), _, true) | (None, false, false) => Medium,
        (None, false, true) | (None, true, false) => Low,
        (None, true, true) => Info,
    };
    let what = sensitive.map(|s| format!(": {s}")).unwrap_or_default();
    // Whoever has the engine's socket has the host, read-only or not.
    let fix = if is_engine_socket(&path.value) {
        match workload.runner {
            Runner::Kubernetes => "Leave the socket out; use the cluster's API with a narrow role.",
            Runner::Compose | Runner::Podman => WITHOUT_SOCKET,
        }
    } else {
        match workload.runner {
            Runner::Kubernetes if host.through.is_some() => {
                "Let the claim be served by a storage class (CSI driver), or by a local volume of a disk of its own."
            }
            Runner::Kubernetes => "Take an emptyDir, a claim, a ConfigMap or a Secret instead.",
            Runner::Compose => "Take a named volume for data, and configs and secrets, or a mount with :ro, for what is only read.",
            Runner::Podman => {
                "Take a named volume for data (Volume=data.volume:…), and Secret=, or a mount with :ro, for what is only read."
            }
        }
    };
    let how = if read_only { " read-only" } else { "" };
    case.find(&HOST_PATH)
        .about(format!("{title} {}", path.value))
        .says(format!("{title} mounts {:?} of the host{how}{}{what}.", path.value, host.way()))
        .severity(severity)
        .fix(fix)
        .in_source(path.place)
        .add();
}

fn ids(case: &mut Case<'_>, running: &Running<'_>, image: Option<&ImageFacts>) {
    let name = running.name();
    let security = &running.container.security;
    let who = runs_as(running, image);
    if who.own_namespace || running.is_windows() {
        return;
    }
    if let Some(Ok(identity)) = &who.identity
        && identity.uid < 1000
        && let Some(place) = who.place.or_else(|| (identity.uid == 0).then(|| running.security_place()))
    {
        // Podman run by a user maps the container's root to that user; a unit does not say who runs it.
        if running.workload.runner == Runner::Podman {
            case.need(
                format!("whether {name} is run by root, as whom its uid {} would be the host's", identity.uid),
                "set User= to a number above 1000, or UserNS=auto",
            );
        } else {
            let whose = if identity.uid == 0 { "root" } else { "a system account" };
            case.find(&HOST_UID)
                .about(&name)
                .fix(running.words(
                    "Run as a uid above 1000 (runAsUser), or in a user namespace of its own: hostUsers: false.",
                    "Run as a uid above 1000 (user), or let the engine map its users (userns-remap of the Docker daemon).",
                    "Run as a uid above 1000 (User=), or in a user namespace of its own: UserNS=auto.",
                ))
                .says(format!("{name} runs as uid {}, which is {whose} on the host too.", identity.uid))
                .in_source(place)
                .add();
        }
    }
    for group in &security.supplemental_groups {
        if let Some((_, host)) = HOST_GROUPS.iter().find(|(known, _)| *known == group.value) {
            case.find(&HOST_GROUP)
                .about(format!("{name} {}", group.value))
                .says(format!("{name} is in the group {}, which is {host} on the host.", group.value))
                .in_source(group.place)
                .add();
        }
    }
    if let Some(group) = security.fs_group.filter(|g| g.value == 0) {
        let title = running.workload.title();
        case.find(&FS_GROUP_ROOT).about(&title).says(format!("{title} gives its volumes to the group root.")).in_source(group.place).add();
    }
}

#[cfg(test)]
mod tests {
    use super::super::ITEM;
    use crate::deployed::trial::{advice, compose, kubernetes, quadlet};
    use crate::testkit::Kit;

    fn none() -> Kit {
        Kit::new().without_image()
    }

    #[test]
    fn cases() {
        let mounted = "volumeMounts: [{name: v, mountPath: /v}]";
        let user = "securityContext: {runAsUser: 10001}";
        for (kit, in_pod, in_container, wanted) in [
            (none(), "", user, "unknown"),
            (Kit::new().user("10001"), "", "", "pass"),
            (Kit::new(), "", "", "fail: medium uid-of-host"),
            (Kit::new(), "hostUsers: false", "", "pass"),
            (Kit::new(), "", user, "pass"),
            (none(), "", "securityContext: {runAsUser: 0}", "fail: medium uid-of-host"),
            (none(), "hostUsers: false", "securityContext: {runAsUser: 0}", "unknown"),
            (none(), "volumes: [{name: v, hostPath: {path: /srv/data}}]", mounted, "fail: medium host-path"),
            (none(), "volumes: [{name: v, hostPath: {path: /etc}}]", mounted, "fail: high host-path"),
            (
                none(),
                "volumes: [{name: v, hostPath: {path: /etc}}]",
                "volumeMounts: [{name: v, mountPath: /v, readOnly: true}]",
                "fail: medium host-path",
            ),
            (none(), "volumes: [{name: v, hostPath: {path: /}}]", "", "fail: high host-path"),
            (none(), "volumes: [{name: v, nfs: {server: s, path: /}}]", "", "fail: low node-volume"),
            (none(), "volumes: [{name: v, emptyDir: {}}]", mounted, "unknown"),
            (none(), "securityContext: {fsGroup: 0}", user, "fail: low fs-group-root"),
            (none(), "securityContext: {supplementalGroups: [0, 5000]}", user, "fail: medium host-group"),
            // The group that OpenShift gives every uid is no finding of its own.
            (Kit::new(), "", "securityContext: {runAsUser: 10001, runAsGroup: 0}", "pass"),
            (
                none(),
                "volumes: [{name: v, emptyDir: {}}]",
                "volumeMounts: [{name: v, mountPath: /v, mountPropagation: Bidirectional}]",
                "fail: high mount-propagation",
            ),
        ] {
            assert_eq!(kubernetes(kit, in_pod, in_container).outcome(&ITEM), wanted, "{in_pod} / {in_container}");
        }
        for (kit, wanted) in [
            (compose(Kit::new().user("10001"), "volumes: [\"./c:/c:ro\"]"), "pass: info host-path"),
            (compose(Kit::new().user("10001"), "volumes: [\"./c:/c\"]"), "fail: low host-path"),
            (compose(Kit::new().user("10001"), "volumes: [\"/srv/c:/c\"]"), "fail: medium host-path"),
            (compose(Kit::new().user("10001"), "volumes: [\"/etc:/c\"]"), "fail: high host-path"),
            (compose(Kit::new().user("10001"), "group_add: [docker]"), "fail: medium host-group"),
            (quadlet(Kit::new(), "UserNS=auto"), "pass"),
            (quadlet(Kit::new(), "User=0"), "unknown"),
            (quadlet(Kit::new().user("10001"), "GroupAdd=keep-groups"), "pass"),
        ] {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.evidence().sources);
        }
    }

    #[test]
    fn a_claim_leads_to_the_path_of_its_volume() {
        let pod = "volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]";
        let mounted = "volumeMounts: [{name: v, mountPath: /v}]";
        let claim = |spec: &str| format!("---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: data}}\nspec: {{{spec}}}\n");
        let volume = |spec: &str| {
            format!("---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: disk, labels: {{a: b}}}}\nspec: {{{spec}}}\n")
        };
        let ask = "accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}";
        let give = "accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}";
        for (ask_more, give_more, wanted) in [
            ("storageClassName: manual", "storageClassName: manual, hostPath: {path: /srv/data}", "fail: medium host-path"),
            ("storageClassName: manual", "storageClassName: manual, hostPath: {path: /}", "fail: high host-path"),
            ("storageClassName: fast", "storageClassName: manual, hostPath: {path: /}", "unknown"),
            ("volumeName: disk", "hostPath: {path: /srv/data}", "fail: medium host-path"),
            ("volumeName: other", "hostPath: {path: /srv/data}", "unknown"),
            ("", "claimRef: {name: data}, hostPath: {path: /srv/data}", "fail: medium host-path"),
            ("", "claimRef: {name: data, namespace: elsewhere}, hostPath: {path: /srv/data}", "unknown"),
            ("", "claimRef: {name: web}, hostPath: {path: /srv/data}", "unknown"),
            ("selector: {matchLabels: {a: b}}", "hostPath: {path: /srv/data}", "fail: medium host-path"),
            ("selector: {matchLabels: {a: c}}", "hostPath: {path: /srv/data}", "unknown"),
            // Storage of the node's that is made for claims, unless it is the node itself.
            ("", "local: {path: /mnt/disks/ssd1}", "unknown"),
            ("", "local: {path: /etc}", "fail: high host-path"),
            ("", "nfs: {server: s, path: /}", "unknown"),
        ] {
            let own = crate::deployed::trial::pod(pod, mounted);
            let text = format!("{own}{}{}", claim(&format!("{ask}, {ask_more}")), volume(&format!("{give}, {give_more}")));
            assert_eq!(crate::deployed::trial::deployed(none(), "k8s.yaml", &text).outcome(&ITEM), wanted, "{ask_more} / {give_more}");
        }
        // Too small, or for fewer nodes than the claim asks.
        for give in ["accessModes: [ReadWriteOnce], capacity: {storage: 500Mi}", "accessModes: [ReadOnlyMany], capacity: {storage: 1Gi}"] {
            let own = crate::deployed::trial::pod(pod, mounted);
            let text = format!("{own}{}{}", claim(ask), volume(&format!("{give}, hostPath: {{path: /srv}}")));
            assert_eq!(crate::deployed::trial::deployed(none(), "k8s.yaml", &text).outcome(&ITEM), "unknown", "{give}");
        }
        // The claim itself is made elsewhere, and those of a StatefulSet are called after their number.
        let own = crate::deployed::trial::pod(pod, mounted);
        let kept = volume(&format!("{give}, claimRef: {{name: data, namespace: default}}, hostPath: {{path: /srv}}"));
        assert_eq!(crate::deployed::trial::deployed(none(), "k8s.yaml", &format!("{own}{kept}")).outcome(&ITEM), "fail: medium host-path");
        let set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], storageClassName: x}}]\n  template: {spec: {containers: [{name: app, image: app, volumeMounts: [{name: data, mountPath: /v}]}]}}\n";
        for (name, wanted) in [("data-db-0", "fail: medium host-path"), ("data-db-x", "unknown"), ("data", "unknown")] {
            let kept = volume(&format!("{give}, claimRef: {{name: {name}}}, hostPath: {{path: /srv}}"));
            assert_eq!(crate::deployed::trial::deployed(none(), "k8s.yaml", &format!("{set}{kept}")).outcome(&ITEM), wanted, "{name}");
        }
    }

    #[test]
    fn advice_for_an_engines_socket_is_its_own() {
        for (path, wanted) in [("/var/run/docker.sock", "Leave the socket out"), ("/srv/data", "Take a named volume")] {
            let kit = compose(none(), &format!("volumes: [\"{path}:{path}\"]"));
            let advice = advice(&kit, &ITEM, "host-path");
            assert!(advice.len() == 1 && advice[0].starts_with(wanted), "{path}: {advice:?}");
        }
    }
}
