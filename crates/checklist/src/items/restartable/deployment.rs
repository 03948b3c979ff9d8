//! What of a deployment binds the container to a place or a moment.

use plimsoll_evidence::workload::{DisruptionBudget, Role, Runner, VolumeKind};
use plimsoll_evidence::{Deployment, Workload};

use super::super::prelude::*;
use crate::deployed::{Deployed, HostPath, Running, host_paths, is_below, is_writable};

pub(super) const BARE_POD: Rule = Rule::new(
    "bare-pod",
    Medium,
    "A pod without a controller is gone when its node is: nothing makes another.",
    "Let a Deployment, StatefulSet, DaemonSet or Job make the pod.",
);
pub(super) const PINNED: Rule = Rule::new(
    "bound-to-node",
    Medium,
    "The container can run on one node alone.",
    "Leave nodeName, and selectors of one host name, out and keep data on claims; say by labels what a node must have.",
);
pub(super) const HOST_DATA: Rule = Rule::new(
    "data-on-host",
    Medium,
    "Data is kept on the node's own disk, and lost or left behind when the container moves.",
    "Keep the data on a claim, or in a service outside.",
);
pub(super) const NOT_KEPT: Rule = Rule::new(
    "database-not-kept",
    Medium,
    "A database keeps its data on a volume that ends with the container or pod: each move loses it.",
    "Keep the data on a claim (a named volume in Compose and Podman), or in a service outside; tell a mere cache to save nothing.",
);
pub(super) const SHARED_CLAIM: Rule = Rule::new(
    "claim-of-one-node",
    Medium,
    "Several replicas, or the old and the new during an update, share a claim that one node alone can mount.",
    "Take a StatefulSet with volumeClaimTemplates, a claim of ReadWriteMany, or strategy: Recreate with one replica.",
);
pub(super) const NO_GRACE: Rule = Rule::new(
    "no-grace",
    Medium,
    "The container is killed without time to end in order.",
    "Set terminationGracePeriodSeconds (stop_grace_period, StopTimeout=) to more than the application needs to end.",
);
pub(super) const BLOCKED: Rule = Rule::new(
    "budget-blocks",
    Medium,
    "A disruption budget allows no pod to be away, so that no node can be emptied.",
    "Set maxUnavailable to 1 or more, or minAvailable below the number of replicas.",
);
pub(super) const NOT_RESTARTED: Rule = Rule::new(
    "not-restarted",
    Low,
    "Nothing starts the container again when it ends or the host restarts.",
    "Set restart: unless-stopped (Restart=always in the unit's [Service]).",
);
pub(super) const SINGLE: Rule = Rule::new(
    "single-replica",
    Info,
    "One replica runs: every move is an outage.",
    "Run two or more replicas, with a PodDisruptionBudget.",
);
pub(super) const NO_BUDGET: Rule = Rule::new(
    "no-disruption-budget",
    Info,
    "No PodDisruptionBudget keeps replicas running while nodes are emptied.",
    "Add a PodDisruptionBudget with maxUnavailable: 1.",
);

pub(super) fn judge(case: &mut Case<'_>, deployed: &Deployed<'_>) {
    let Some(deployment) = deployed.deployment else { return };
    for workload in deployed.workloads() {
        let title = workload.title();
        if workload.runner == Runner::Kubernetes && workload.kind == "Pod" {
            told(case, &BARE_POD, workload, format!("{title} has no controller.")).in_source(workload.place).add();
        }
        if let Some(node) = &workload.node {
            told(case, &PINNED, workload, format!("{title} is bound to the node {}.", node.value)).in_source(node.place).add();
        }
        if let Some(grace) = workload.grace.filter(|g| g.value < 1000) {
            let fix = match workload.runner {
                Runner::Kubernetes => "Set terminationGracePeriodSeconds to more than the application needs to end.",
                Runner::Compose => "Set stop_grace_period to more than the application needs to end.",
                Runner::Podman => "Set StopTimeout= (TimeoutStopSec= of the unit's [Service]) to more than the application needs to end.",
            };
            told(case, &NO_GRACE, workload, format!("{title} is killed at once when it is to end.")).fix(fix).in_source(grace.place).add();
        }
        restart(case, workload);
        replicas(case, deployment, workload);
    }
    for running in &deployed.containers {
        volumes(case, deployment, running);
    }
}

fn told<'c, 'a>(case: &'c mut Case<'a>, rule: &Rule, workload: &Workload, says: String) -> crate::case::Draft<'c, 'a> {
    case.find(rule).about(workload.title()).says(says)
}

fn restart(case: &mut Case<'_>, workload: &Workload) {
    let title = workload.title();
    let (missing, example) = match workload.runner {
        Runner::Kubernetes => return,
        Runner::Compose => (["no", "none", "false"].as_slice(), "restart: unless-stopped"),
        Runner::Podman => (["no"].as_slice(), "[Service]\nRestart=always"),
    };
    // Kubernetes' objects that Podman plays restart by their own default.
    if workload.runner == Runner::Podman && !workload.kind.starts_with('.') {
        return;
    }
    // What runs once is not to be started again.
    if workload.containers.iter().all(|c| c.role == Role::Init) {
        return;
    }
    let off = workload.restart.as_ref().filter(|r| missing.contains(&r.value.as_str()));
    if workload.restart.is_none() || off.is_some() {
        let place = off.map_or(workload.place, |r| r.place);
        let draft = told(case, &NOT_RESTARTED, workload, format!("{title} is not started again when it ends.")).in_source(place);
        // Who writes so means it, as for what runs once; who writes nothing may not know.
        if off.is_some() {
            draft.severity(Info).fix(format!("Leave it where {title} runs once; else write {}.", example.replace('\n', " "))).add();
        } else {
            let fix = match workload.runner {
                Runner::Podman => "Set Restart=always in the unit's [Service].",
                _ => "Set restart: unless-stopped, or restart: \"no\" where it runs once.",
            };
            draft.severity(Low).fix(fix).example(example).add();
        }
    }
}

/// How many run, and whether nodes can be emptied under them.
fn replicas(case: &mut Case<'_>, deployment: &Deployment, workload: &Workload) {
    if !matches!(workload.kind.as_str(), "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController") {
        return;
    }
    let title = workload.title();
    let scaled = deployment.autoscalers_of(workload).next();
    let least = match scaled {
        Some(autoscaler) => autoscaler.min_replicas.map_or(1, |m| m.value),
        None => workload.replicas.map_or(1, |r| r.value),
    };
    let place = workload.replicas.map_or(workload.place, |r| r.place);
    if least < 2 {
        told(case, &SINGLE, workload, format!("{title} runs {least} replica at the least.")).in_source(place).add();
    }
    let budgets: Vec<&DisruptionBudget> = deployment.disruption_budgets_of(workload).collect();
    if budgets.is_empty() && least > 1 {
        told(case, &NO_BUDGET, workload, format!("{title} has no disruption budget.")).in_source(place).add();
    }
    for budget in budgets {
        let none = budget.max_unavailable.as_ref().filter(|m| matches!(m.value.as_str(), "0" | "0%"));
        let all =
            budget.min_available.as_ref().filter(|m| m.value == "100%" || m.value.parse().is_ok_and(|n: u64| n >= least && least > 0));
        if let Some(setting) = none.or(all) {
            told(case, &BLOCKED, workload, format!("The disruption budget {} lets none of the {least} of {title} be away.", budget.name))
                .in_source(setting.place)
                .add();
        }
    }
}

/// Sockets, devices and the kernel's view of the node.
fn is_no_data(host: &str, check: Option<&str>, path: &str) -> bool {
    matches!(check, Some("Socket" | "CharDevice" | "BlockDevice"))
        || host.ends_with(".sock")
        || path.ends_with(".sock")
        || ["/proc", "/sys", "/dev"].iter().any(|d| is_below(host, d))
}

fn volumes(case: &mut Case<'_>, deployment: &Deployment, running: &Running<'_>) {
    let workload = running.workload;
    let title = workload.title();
    for at in running.mounts().filter(|at| is_writable(*at)) {
        // A claim that is given any path of a node finds it empty on the next; of local storage the scheduler knows where it is.
        let given = host_paths(Some(deployment), workload, at.volume).into_iter().find(HostPath::is_any_path);
        if let Some(host) = given.filter(|_| workload.kind != "DaemonSet") {
            let says = format!("{title} writes to {} of its node{}.", host.path.value, host.way());
            told(case, &HOST_DATA, workload, says).in_source(host.path.place).add();
        }
        match &at.volume.kind {
            VolumeKind::Ephemeral { .. } | VolumeKind::EphemeralClaim => {
                if let Some(database) = running.database_at(at) {
                    let (path, name) = (&at.mount.path, running.name());
                    case.find(&NOT_KEPT)
                        .about(format!("{name} {}", path.value))
                        .says(format!("{name} keeps the data of {database} at {}, on a volume that ends with it.", path.value))
                        .fix(running.words(
                            "Keep the data on a claim (volumeClaimTemplates of a StatefulSet), or in a service outside; tell a mere cache to save nothing.",
                            "Keep the data on a named volume, or in a service outside; tell a mere cache to save nothing.",
                            "Keep the data on a named volume (Volume=data.volume:…), or in a service outside; tell a mere cache to save nothing.",
                        ))
                        .in_source(path.place)
                        .add();
                }
            }
            // A socket is no data, and nor is the kernel's view of the node.
            VolumeKind::HostPath { path, check } if is_no_data(&path.value, check.as_deref(), &at.mount.path.value) => {}
            VolumeKind::HostPath { path, .. } if workload.runner == Runner::Kubernetes && workload.kind != "DaemonSet" => {
                told(case, &HOST_DATA, workload, format!("{title} writes to {} of its node.", path.value)).in_source(path.place).add();
            }
            VolumeKind::Claim { name, .. } if matches!(workload.kind.as_str(), "Deployment" | "ReplicaSet" | "ReplicationController") => {
                let several = workload.replicas.is_some_and(|r| r.value > 1) || deployment.autoscalers_of(workload).next().is_some();
                let rolling = workload.kind == "Deployment" && workload.strategy.as_ref().is_none_or(|s| s.value != "Recreate");
                let modes = deployment.claim(workload, name).map(|c| &c.access_modes);
                let of_one = modes.is_some_and(|m| !m.is_empty() && m.iter().all(|m| m.value.starts_with("ReadWriteOnce")));
                if of_one && (several || rolling) {
                    let when = if several { "several replicas share" } else { "the old and the new share" };
                    told(case, &SHARED_CLAIM, workload, format!("{title}: {when} the claim {name}, which one node alone can mount."))
                        .in_source(at.mount.path.place)
                        .add();
                }
            }
            _ => {}
        }
    }
    if workload.runner == Runner::Kubernetes && workload.kind != "DaemonSet" {
        for port in running.container.ports.iter().filter_map(|p| p.host.as_ref()) {
            told(case, &PINNED, workload, format!("{title} binds port {} of the node: one pod alone fits on each.", port.value))
                .severity(Low)
                .in_source(port.place)
                .add();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ITEM;
    use crate::deployed::trial::{compose, deployed, pod, quadlet};
    use crate::testkit::Kit;

    fn none() -> Kit {
        Kit::new().without_image()
    }

    /// The Deployment with its spec's lines and what stands beside it.
    fn with(spec: &str, in_pod: &str, in_container: &str, beside: &str) -> Kit {
        let text = pod(in_pod, in_container).replace("  replicas: 2\n", spec);
        deployed(none(), "k8s.yaml", &format!("{text}{beside}"))
    }

    #[test]
    fn kubernetes() {
        let two = "  replicas: 2\n";
        let budget = |rule: &str| {
            format!(
                "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: b}}\nspec: {{selector: {{matchLabels: {{app: web}}}}, {rule}}}\n"
            )
        };
        let scaler = "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\nspec: {minReplicas: 3, scaleTargetRef: {kind: Deployment, name: web}}\n";
        let affinity = |names: &str| {
            format!(
                "affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: [{{matchExpressions: [{{key: kubernetes.io/hostname, operator: In, values: {names}}}]}}]}}}}}}"
            )
        };
        let claim = |mode: &str| {
            format!("---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: c}}\nspec: {{accessModes: [{mode}]}}\n")
        };
        let on_claim = ("volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]", "volumeMounts: [{name: v, mountPath: /data}]");
        let on_disk = "---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {name: d}\nspec: {accessModes: [ReadWriteMany], hostPath: {path: /srv}}\n";
        for (spec, (in_pod, in_container), beside, wanted) in [
            (two, ("", ""), budget("maxUnavailable: 1"), "unknown"),
            (two, ("", ""), String::new(), "unknown: info no-disruption-budget"),
            ("", ("", ""), String::new(), "unknown: info single-replica"),
            ("", ("", ""), format!("{scaler}{}", budget("minAvailable: 2")), "unknown"),
            ("", ("", ""), format!("{scaler}{}", budget("minAvailable: 3")), "fail: medium budget-blocks"),
            (two, ("", ""), budget("maxUnavailable: 0"), "fail: medium budget-blocks"),
            (two, ("", ""), budget("minAvailable: 100%"), "fail: medium budget-blocks"),
            (two, ("nodeName: n1", ""), budget("maxUnavailable: 1"), "fail: medium bound-to-node"),
            (two, ("nodeSelector: {kubernetes.io/hostname: n1}", ""), budget("maxUnavailable: 1"), "fail: medium bound-to-node"),
            (two, ("nodeSelector: {topology.kubernetes.io/zone: a}", ""), budget("maxUnavailable: 1"), "unknown"),
            (two, (&*affinity("[n1]"), ""), budget("maxUnavailable: 1"), "fail: medium bound-to-node"),
            (two, (&*affinity("[n1, n2]"), ""), budget("maxUnavailable: 1"), "unknown"),
            (two, ("terminationGracePeriodSeconds: 0", ""), budget("maxUnavailable: 1"), "fail: medium no-grace"),
            (two, ("", "ports: [{containerPort: 1, hostPort: 1}]"), budget("maxUnavailable: 1"), "fail: low bound-to-node"),
            (two, on_claim, format!("{}{}", budget("maxUnavailable: 1"), claim("ReadWriteOnce")), "fail: medium claim-of-one-node"),
            (two, on_claim, format!("{}{}", budget("maxUnavailable: 1"), claim("ReadWriteMany")), "unknown"),
            (two, on_claim, format!("{}{}{on_disk}", budget("maxUnavailable: 1"), claim("ReadWriteMany")), "fail: medium data-on-host"),
            (
                two,
                on_claim,
                format!("{}{}{}", budget("maxUnavailable: 1"), claim("ReadWriteMany"), on_disk.replace("hostPath", "local")),
                "unknown",
            ),
            ("  strategy: {type: Recreate}\n", on_claim, claim("ReadWriteOnce"), "unknown: info single-replica"),
            ("", on_claim, claim("ReadWriteOnce"), "fail: medium claim-of-one-node, info single-replica"),
            (
                two,
                ("volumes: [{name: v, hostPath: {path: /srv}}]", "volumeMounts: [{name: v, mountPath: /data}]"),
                budget("maxUnavailable: 1"),
                "fail: medium data-on-host",
            ),
        ] {
            assert_eq!(with(spec, in_pod, in_container, &beside).outcome(&ITEM), wanted, "{spec} {in_pod} {in_container} {beside}");
        }
        let socket =
            ("volumes: [{name: v, hostPath: {path: /run/app.sock, type: Socket}}]", "volumeMounts: [{name: v, mountPath: /run/app.sock}]");
        assert_eq!(with(two, socket.0, socket.1, &budget("maxUnavailable: 1")).outcome(&ITEM), "unknown", "a socket is no data");
        let bare = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: app, image: app}]}\n";
        assert_eq!(deployed(none(), "k8s.yaml", bare).outcome(&ITEM), "fail: medium bare-pod");
        // A budget of other pods is none of these.
        let other = budget("maxUnavailable: 0").replace("app: web", "app: other");
        assert_eq!(with(two, "", "", &other).outcome(&ITEM), "unknown: info no-disruption-budget");
    }

    #[test]
    fn the_data_of_a_database_has_to_stay() {
        let budget = "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: b}\nspec: {selector: {matchLabels: {app: web}}, maxUnavailable: 1}\n";
        let empty = "volumes: [{name: v, emptyDir: {}}, {name: w, persistentVolumeClaim: {claimName: c}}]";
        for (image, in_container, wanted) in [
            ("postgres:15", "volumeMounts: [{name: v, mountPath: /var/lib/postgresql/data}]", "fail: medium database-not-kept"),
            ("quay.io/x/postgres@sha256:0", "volumeMounts: [{name: v, mountPath: /var/lib/postgresql}]", "fail: medium database-not-kept"),
            ("redis:alpine", "volumeMounts: [{name: v, mountPath: /data}]", "fail: medium database-not-kept"),
            ("redis:alpine", "args: [--save, \"\"]\nvolumeMounts: [{name: v, mountPath: /data}]", "unknown"),
            ("postgres:15", "volumeMounts: [{name: v, mountPath: /run/postgresql}]", "unknown"),
            ("app", "volumeMounts: [{name: v, mountPath: /data}]", "unknown"),
            ("postgres:15", "volumeMounts: [{name: w, mountPath: /var/lib/postgresql/data}]", "unknown"),
            ("mysql:8", "volumeMounts: [{name: w, mountPath: /var/lib/mysql}, {name: v, mountPath: /var/lib/mysql/tmp}]", "unknown"),
            (
                "postgres:15",
                "volumeMounts: [{name: v, mountPath: /var/lib/postgresql}, {name: w, mountPath: /var/lib/postgresql/data}]",
                "unknown",
            ),
        ] {
            let text = format!("{}{budget}", pod(empty, in_container).replace("image: app", &format!("image: {image}")));
            assert_eq!(deployed(none(), "k8s.yaml", &text).outcome(&ITEM), wanted, "{image} {in_container}");
        }
        let tmpfs = "services: {db: {image: \"mysql:8\", restart: always, tmpfs: /var/lib/mysql}}\n";
        assert_eq!(deployed(none(), "compose.yaml", tmpfs).outcome(&ITEM), "fail: medium database-not-kept");
    }

    #[test]
    fn volumes_of_the_build_file_are_looked_for_among_the_mounts() {
        let kit = || {
            crate::built::tests::alone("FROM scratch AS b\nVOLUME /b\nFROM scratch\nENV D=/cassandra_data\nVOLUME [\"/$D\", \"/tmp\"]\n")
        };
        assert_eq!(compose(kit(), "restart: always\nvolumes: [\"db:/var/lib/cassandra\"]").outcome(&ITEM), "fail: medium state-volume");
        assert_eq!(compose(kit(), "restart: always\nvolumes: [\"db:/cassandra_data\"]").outcome(&ITEM), "unknown");
        let two = "services: {web: {image: app, restart: always}, db: {image: db, restart: always}}\n";
        assert_eq!(deployed(kit(), "compose.yaml", two).outcome(&ITEM), "unknown", "whose volume it is, is not known");
    }

    #[test]
    fn state_on_a_volume_of_the_deployment_has_its_place() {
        let image = || Kit::new().volume("/var/lib/postgresql/data");
        assert_eq!(compose(image(), "restart: always").outcome(&ITEM), "fail: medium state-volume");
        assert_eq!(compose(image(), "restart: always\nvolumes: [\"db:/var/lib/postgresql/data\"]").outcome(&ITEM), "unknown");
    }

    #[test]
    fn engines() {
        for (kit, wanted) in [
            (compose(none(), "restart: unless-stopped"), "unknown"),
            (compose(none(), "restart: \"no\""), "unknown: info not-restarted"),
            (compose(none(), ""), "fail: low not-restarted"),
            (compose(none(), "deploy: {restart_policy: {condition: any}}"), "unknown"),
            (compose(none(), "deploy: {restart_policy: {condition: none}}"), "unknown: info not-restarted"),
            (compose(none(), "restart: always\nstop_grace_period: 0s"), "fail: medium no-grace"),
            (quadlet(none(), "\n[Service]\nRestart=always"), "unknown"),
            // What runs once is not to be started again.
            (quadlet(none(), "\n[Service]\nType=oneshot"), "unknown"),
            (
                deployed(
                    none(),
                    "compose.yaml",
                    "services:\n  web: {image: app, restart: always, depends_on: {seed: {condition: service_completed_successfully}}}\n  seed: {image: seed}\n",
                ),
                "unknown",
            ),
            (quadlet(none(), ""), "fail: low not-restarted"),
        ] {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.evidence().sources);
        }
    }
}
