//! Where a deployment has temporary data go.

use plimsoll_evidence::ImageFacts;
use plimsoll_evidence::workload::VolumeKind;

use super::super::prelude::*;
use super::super::read_only_root::is_temporary;
use super::super::read_only_volumes::is_config_file;
use crate::Quantity;
use crate::case::Draft;
use crate::deployed::{At, Deployed, Running, is_writable};
use crate::writes::{Purpose, writes};

pub(super) const PERSISTENT: Rule = Rule::new(
    "temporary-on-lasting-volume",
    Medium,
    "Temporary data goes to a volume that outlives the container.",
    "Mount an emptyDir with a sizeLimit there (tmpfs in Compose and Quadlet).",
);
pub(super) const UNBOUNDED: Rule = Rule::new(
    "no-size-limit",
    Low,
    "A volume for temporary data has no limit of its size: full, it takes the node's disk or memory.",
    "Set sizeLimit (size= of a tmpfs), or a limit of the container's ephemeral-storage or memory.",
);
pub(super) const UNUSED: Rule = Rule::new(
    "unused-volume",
    Info,
    "A volume for temporary data is mounted where nothing that the container runs is known to write.",
    "Leave it out, or mount it where the software writes.",
);

/// Judges the volumes at temporary paths; whether a container can write temporary data to its own filesystem all the same.
pub(super) fn judge(case: &mut Case<'_>, deployed: &Deployed<'_>, image: Option<&ImageFacts>) {
    let writes = image.map(writes).unwrap_or_default();
    for running in &deployed.containers {
        for at in running.mounts() {
            let path = at.mount.path.value.as_str();
            let set = running.temporary_dirs().find(|dir| crate::deployed::is_below(dir, path));
            let is_temp = set.is_some()
                || matches!(Purpose::of(path), Purpose::Temporary | Purpose::Runtime)
                || writes.iter().any(|w| w.certain && is_temporary(w) && crate::deployed::is_below(&w.path, path));
            match &at.volume.kind {
                // The data of a database is not temporary: that it is kept nowhere is told by the item on restarts.
                VolumeKind::Ephemeral { .. } if is_writable(at) && running.database_at(at).is_some() => {}
                VolumeKind::Ephemeral { .. } if is_writable(at) => bounded(case, running, at),
                // A single file that somebody wrote is not temporary either: configuration, put where a template is filled in.
                VolumeKind::HostPath { path: host, .. } if is_config_file(&host.value) || is_config_file(path) => {}
                // A socket of the host is no data of the container's.
                VolumeKind::HostPath { path: host, .. } if host.value.ends_with(".sock") || path.ends_with(".sock") => {}
                VolumeKind::HostPath { .. } | VolumeKind::Claim { .. } | VolumeKind::Named { .. } | VolumeKind::Anonymous
                    if is_temp && is_writable(at) =>
                {
                    let says = format!("{} keeps {path} on {}, which outlives it.", running.name(), what(&at.volume.kind));
                    let fix = running.words(
                        "Mount an emptyDir with a sizeLimit there.",
                        "Mount a tmpfs with a size there.",
                        "Mount a tmpfs (Tmpfs=) with a size there.",
                    );
                    told(case, &PERSISTENT, running, path, says).fix(fix).in_source(at.mount.path.place).add();
                }
                _ => {}
            }
        }
    }
    if let Some(image) = image.filter(|i| crate::running::is_closed(i)) {
        unused(case, deployed, image);
    }
}

fn told<'c, 'a>(case: &'c mut Case<'a>, rule: &Rule, running: &Running<'_>, about: &str, says: String) -> Draft<'c, 'a> {
    case.find(rule).about(format!("{} {about}", running.name())).says(says)
}

fn what(kind: &VolumeKind) -> &'static str {
    match kind {
        VolumeKind::HostPath { .. } => "a folder of the host",
        VolumeKind::Claim { .. } => "a persistent claim",
        _ => "a volume that the engine keeps",
    }
}

/// A limit of its own, or of what it counts against.
fn bounded(case: &mut Case<'_>, running: &Running<'_>, at: At<'_>) {
    let VolumeKind::Ephemeral { in_memory, size_limit } = &at.volume.kind else { return };
    let counts_against = if *in_memory { "memory" } else { "ephemeral-storage" };
    // A kubelet evicts nobody for a limit of zero, and a tmpfs with size=0 has none (tmpfs(5)).
    if size_limit.as_ref().is_some_and(|limit| !Quantity::is_nothing(&limit.value)) || running.container.limit(counts_against).is_some() {
        return;
    }
    let path = &at.mount.path.value;
    let example = running.words("emptyDir: { sizeLimit: 64Mi }", "tmpfs:\n  - /tmp:size=64m", "Tmpfs=/tmp:size=64m");
    let says = format!("{} has no limit for {path}, neither of the volume nor of its {counts_against}.", running.name());
    // Only what lies in memory counts against the container's memory.
    let fix = if *in_memory {
        running.words(
            "Set sizeLimit, or a limit of the container's memory.",
            "Set a size (size= of tmpfs), or a limit of the container's memory.",
            "Set a size (size= of Tmpfs=), or a limit of the container's memory.",
        )
    } else {
        "Set sizeLimit, or a limit of the container's ephemeral-storage."
    };
    let full = if *in_memory { "memory" } else { "disk" };
    let says = format!("{says} Full, it takes the node's {full}.");
    told(case, &UNBOUNDED, running, path, says).fix(fix).in_source(at.volume.place).example(example).add();
}

fn unused(case: &mut Case<'_>, deployed: &Deployed<'_>, image: &ImageFacts) {
    let writes = writes(image);
    for running in &deployed.containers {
        // A command of the deployment's own runs something else than what was looked at.
        if running.container.entrypoint.is_some() || running.container.arguments.is_some() {
            continue;
        }
        for at in running.mounts().filter(|at| matches!(at.volume.kind, VolumeKind::Ephemeral { .. })) {
            let path = &at.mount.path.value;
            if !writes.iter().any(|w| crate::deployed::is_below(&w.path, path)) {
                let says = format!("{} mounts a temporary volume at {path}, where nothing is known to write.", running.name());
                told(case, &UNUSED, running, path, says).in_source(at.mount.path.place).add();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::Link;

    use super::super::ITEM;
    use crate::deployed::trial::{compose, deployed, kubernetes, pod, quadlet};
    use crate::testkit::Kit;

    fn none() -> Kit {
        Kit::new().without_image()
    }

    fn writing(path: &str) -> Kit {
        Kit::new().entrypoint(&["/e.sh"]).script("e.sh", &format!("#!/bin/sh\necho x > {path}\nexec app\n")).reach("e.sh", Link::Entrypoint)
    }

    #[test]
    fn cases() {
        let read_only = "securityContext: {readOnlyRootFilesystem: true}\nvolumeMounts: [{name: v, mountPath: /tmp}]";
        let mounted = "volumeMounts: [{name: v, mountPath: /tmp}]";
        let limited = "volumes: [{name: v, emptyDir: {sizeLimit: 64Mi}}]";
        for (kit, in_pod, in_container, wanted) in [
            (none(), limited, read_only, "pass"),
            (none(), limited, mounted, "unknown"),
            (none(), "volumes: [{name: v, emptyDir: {}}]", read_only, "fail: low no-size-limit"),
            (
                none(),
                "volumes: [{name: v, emptyDir: {}}]",
                "securityContext: {readOnlyRootFilesystem: true}\nresources: {limits: {ephemeral-storage: 1Gi}}\nvolumeMounts: [{name: v, mountPath: /tmp}]",
                "pass",
            ),
            (none(), "volumes: [{name: v, hostPath: {path: /tmp}}]", read_only, "fail: medium temporary-on-lasting-volume"),
            (none(), "volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]", read_only, "fail: medium temporary-on-lasting-volume"),
            (none(), "volumes: [{name: v, emptyDir: {sizeLimit: \"0\"}}]", read_only, "fail: low no-size-limit"),
            // Where the deployment itself says that temporary files go.
            (
                none(),
                "volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]",
                "env: [{name: TMPDIR, value: /data/tmp}]\nsecurityContext: {readOnlyRootFilesystem: true}\nvolumeMounts: [{name: v, mountPath: /data}]",
                "fail: medium temporary-on-lasting-volume",
            ),
            (
                none(),
                "volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]",
                "env: [{name: DATADIR, value: /data/x}]\nsecurityContext: {readOnlyRootFilesystem: true}\nvolumeMounts: [{name: v, mountPath: /data}]",
                "pass",
            ),
            (none(), "volumes: [{name: v}]", read_only, "fail: low no-size-limit"),
            (writing("/tmp/x"), "", "", "fail: medium temporary-in-root"),
            (writing("/tmp/x"), limited, mounted, "pass"),
            // A volume elsewhere takes nothing of what is written to /tmp.
            (
                writing("/tmp/x"),
                limited,
                "volumeMounts: [{name: v, mountPath: /cache}]",
                "fail: medium temporary-in-root, info unused-volume",
            ),
        ] {
            assert_eq!(kubernetes(kit, in_pod, in_container).outcome(&ITEM), wanted, "{in_pod} / {in_container}");
        }
        // The data of a database is not temporary, and no limit of its size makes it so.
        for (image, path, wanted) in
            [("postgres:15", "/var/lib/postgresql/data", "pass"), ("postgres:15", "/run/postgresql", "fail: low no-size-limit")]
        {
            let text = pod("volumes: [{name: v, emptyDir: {}}]", &read_only.replace("/tmp", path))
                .replace("image: app", &format!("image: {image}"));
            assert_eq!(deployed(none(), "k8s.yaml", &text).outcome(&ITEM), wanted, "{path}");
        }
        for (kit, wanted) in [
            (compose(writing("/tmp/x"), "tmpfs: /tmp:size=64m"), "pass"),
            (compose(writing("/tmp/x"), "tmpfs: [/tmp]"), "fail: low no-size-limit"),
            (compose(writing("/tmp/x"), "tmpfs: [/tmp]\nmem_limit: 128m"), "pass"),
            (compose(writing("/tmp/x"), "volumes: [data:/tmp]"), "fail: medium temporary-on-lasting-volume"),
            (compose(none(), "read_only: true\nvolumes: [\"./nginx.conf:/tmp/nginx.conf\"]"), "pass"),
            (compose(writing("/tmp/x"), "volumes: [{type: tmpfs, target: /tmp, tmpfs: {size: 64m}}]"), "pass"),
            (quadlet(writing("/tmp/x"), "Tmpfs=/tmp:size=64m"), "pass"),
            (quadlet(writing("/tmp/x"), "Volume=/srv/tmp:/tmp"), "fail: medium temporary-on-lasting-volume"),
            (quadlet(writing("/tmp/x"), "ReadOnly=true"), "pass"),
        ] {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.judge(&ITEM));
        }
    }

    #[test]
    fn memory_is_spoken_of_for_memory_alone() {
        for (medium, memory) in [("{}", false), ("{medium: Memory}", true)] {
            let kit =
                kubernetes(none(), &format!("volumes: [{{name: v, emptyDir: {medium}}}]"), "volumeMounts: [{name: v, mountPath: /tmp}]");
            let verdict = kit.judge(&ITEM);
            let found = verdict.findings.iter().find(|f| f.rule.rule() == "no-size-limit").unwrap();
            let fix = found.fix.as_ref().map(|f| f.summary.as_str()).unwrap_or_default();
            assert_eq!((found.message.contains("memory"), fix.contains("memory")), (memory, memory), "{found:?}");
        }
    }
}
