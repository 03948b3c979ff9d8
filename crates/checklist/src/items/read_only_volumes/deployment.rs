//! How a deployment mounts what is only read.

use std::collections::BTreeSet;

use plimsoll_evidence::ImageFacts;
use plimsoll_evidence::workload::VolumeKind;

use super::super::prelude::*;
use super::{is_code, is_config_file, is_source};
use crate::case::Draft;
use crate::deployed::{At, Deployed, Running, is_below, is_writable};
use crate::writes::{Purpose, writes};

pub(super) const CONFIG_MOUNT: Rule = Rule::new(
    "writable-config-mount",
    Medium,
    "Configuration is mounted so that the container can write it.",
    "Mount it with readOnly: true (:ro in Compose and Quadlet).",
);
pub(super) const CODE_MOUNT: Rule = Rule::new(
    "writable-code-mount",
    Medium,
    "Programs or code are mounted so that the container can write them.",
    "Ship them in the image, or mount them with readOnly: true (:ro).",
);
pub(super) const SECRET_MOUNT: Rule = Rule::new(
    "writable-secret-mount",
    Medium,
    "Secrets are mounted so that the container can write them.",
    "Mount them with readOnly: true.",
);
pub(super) const ONLY_READ: Rule = Rule::new(
    "writable-though-only-read",
    Low,
    "A volume is mounted writable, and nothing that the container runs is known to write there.",
    "Mount it with readOnly: true (:ro in Compose and Quadlet).",
);
pub(super) const READ_ONLY_CLAIM: Rule = Rule::new(
    "shared-claim-writable",
    Low,
    "A claim that is for reading alone (ReadOnlyMany) is mounted writable.",
    "Set readOnly: true on the mount.",
);

pub(super) fn judge(case: &mut Case<'_>, deployed: &Deployed<'_>, image: Option<&ImageFacts>) {
    let read_by_others = read_by_others(deployed);
    for running in &deployed.containers {
        for at in running.mounts().filter(|at| is_writable(*at)) {
            mount(case, deployed, &read_by_others, running, at, image);
        }
    }
}

fn told<'c, 'a>(case: &'c mut Case<'a>, rule: &Rule, running: &Running<'_>, at: At<'_>, says: String) -> Draft<'c, 'a> {
    let path = &at.mount.path;
    let fix = match rule.name {
        "writable-code-mount" => running.words(
            "Ship them in the image, or mount them with readOnly: true.",
            "Ship them in the image, or mount them with :ro (read_only: true).",
            "Ship them in the image, or mount them with :ro.",
        ),
        _ => running.words("Mount it with readOnly: true.", "Mount it with :ro (read_only: true).", "Mount it with :ro."),
    };
    case.find(rule).about(format!("{} {}", running.name(), path.value)).says(says).fix(fix).in_source(path.place)
}

fn mount(
    case: &mut Case<'_>,
    deployed: &Deployed<'_>,
    read_by_others: &BTreeSet<&str>,
    running: &Running<'_>,
    at: At<'_>,
    image: Option<&ImageFacts>,
) {
    let name = running.name();
    let path = at.mount.path.value.as_str();
    let relative = path.trim_matches('/');
    match &at.volume.kind {
        VolumeKind::Csi { driver, .. } if driver.contains("secrets-store") => {
            told(case, &SECRET_MOUNT, running, at, format!("{name} mounts the secrets at {path} writable.")).add();
        }
        VolumeKind::HostPath { path: host, .. } => {
            let hides = image.map_or(0, |i| i.tree.below(relative).filter(|(_, f)| f.is_executable()).count());
            let is_file = is_config_file(&host.value) || is_config_file(path);
            if !is_file && may_be_written(path, &host.value, image) {
                never_written(case, running, at, image);
            } else if is_file || is_config(path) {
                told(case, &CONFIG_MOUNT, running, at, format!("{name} mounts {} at {path} writable.", host.value)).add();
            } else if is_code(relative) || hides > 0 || is_source(&host.value, path) {
                told(case, &CODE_MOUNT, running, at, format!("{name} mounts {} writable over the code at {path}.", host.value)).add();
            } else {
                never_written(case, running, at, image);
            }
        }
        VolumeKind::Claim { name: claim, .. } => {
            let shared = deployed.deployment.and_then(|d| d.claim(running.workload, claim));
            if shared.is_some_and(|c| !c.access_modes.is_empty() && c.access_modes.iter().all(|m| m.value == "ReadOnlyMany")) {
                told(case, &READ_ONLY_CLAIM, running, at, format!("{name} mounts the claim {claim} at {path} writable.")).add();
            } else {
                lasting(case, read_by_others, running, at, image);
            }
        }
        VolumeKind::Named { .. } | VolumeKind::Other { .. } => lasting(case, read_by_others, running, at, image),
        _ => {}
    }
}

/// A volume for data: over configuration or code it is none.
fn lasting(case: &mut Case<'_>, read_by_others: &BTreeSet<&str>, running: &Running<'_>, at: At<'_>, image: Option<&ImageFacts>) {
    let path = at.mount.path.value.as_str();
    let fills = matches!(at.volume.kind, VolumeKind::Named { .. }) && read_by_others.contains(at.volume.name.as_str());
    if fills || may_be_written(path, "", image) {
        never_written(case, running, at, image);
    } else if is_config(path) {
        told(case, &CONFIG_MOUNT, running, at, format!("{} mounts a writable volume over configuration at {path}.", running.name())).add();
    } else if is_code(path.trim_matches('/')) {
        told(case, &CODE_MOUNT, running, at, format!("{} mounts a writable volume over programs at {path}.", running.name())).add();
    } else {
        never_written(case, running, at, image);
    }
}

/// Volumes of the engine that somebody mounts read-only: who mounts such a one writable may well be the one that fills it for the others.
fn read_by_others<'a>(deployed: &Deployed<'a>) -> BTreeSet<&'a str> {
    let all = deployed.deployment.into_iter().flat_map(plimsoll_evidence::Deployment::containers);
    all.flat_map(|(workload, container)| Running { workload, container }.mounts().collect::<Vec<_>>())
        .filter(|at| matches!(at.volume.kind, VolumeKind::Named { .. }) && !is_writable(*at))
        .map(|at| at.volume.name.as_str())
        .collect()
}

/// Where all that runs is known, what nothing writes is only read; where it is not, nobody can tell, but for folders that are for writing.
fn never_written(case: &mut Case<'_>, running: &Running<'_>, at: At<'_>, image: Option<&ImageFacts>) {
    let path = at.mount.path.value.as_str();
    let writes = image.map(writes).unwrap_or_default();
    if writes.iter().any(|w| is_below(&w.path, path)) || Purpose::of(path) != Purpose::Other {
        return;
    }
    let own_command = running.container.entrypoint.is_some() || running.container.arguments.is_some();
    if image.is_some_and(crate::running::is_closed) && !own_command {
        told(case, &ONLY_READ, running, at, format!("{} mounts {path} writable, and nothing is known to write there.", running.name()))
            .add();
    } else {
        case.need(
            format!("whether {} writes to {path}, which is mounted writable", running.name()),
            "mount it read-only where it is only read, or run the check with the sandbox",
        );
    }
}

/// Folders among the configuration whose software writes there, as its documentation says: Pi-hole's two, the certificates of
/// Certbot and acme.sh, the peers of `WireGuard`'s managers, what GitLab and its runner keep beside their settings.
const WRITTEN: [&str; 7] =
    ["/etc/pihole", "/etc/dnsmasq.d", "/etc/letsencrypt", "/etc/acme.sh", "/etc/wireguard", "/etc/gitlab", "/etc/gitlab-runner"];

/// Whether software may well write to a folder of configuration: many images keep all that they have in /config, and what lies in a
/// folder of the host, none but the image tells.
fn may_be_written(path: &str, host: &str, image: Option<&ImageFacts>) -> bool {
    let bare = path.trim_end_matches('/') == "/config";
    bare || WRITTEN.iter().any(|d| is_below(path, d)) || image.is_none() && host.starts_with(['/', '~', '$']) && is_config(path)
}

fn is_config(path: &str) -> bool {
    is_below(path, "/etc") || is_below(path, "/usr/local/etc") || path.split('/').any(|part| matches!(part, "config" | "conf" | "conf.d"))
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::Link;

    use super::super::ITEM;
    use crate::deployed::trial::{compose, deployed, kubernetes, pod, quadlet};
    use crate::testkit::{Kit, elf};

    fn none() -> Kit {
        Kit::new().without_image()
    }

    #[test]
    fn what_is_not_known_is_said_of_the_deployment() {
        let verdict = compose(none(), "volumes: [\"config:/config\"]").judge(&ITEM);
        assert!(verdict.summary.contains("mounted writable") && !verdict.summary.contains("image"), "{verdict:?}");
        assert_eq!(compose(none(), "").judge(&ITEM).summary, "Nothing is mounted into service web.");
    }

    #[test]
    fn cases() {
        let at = |path: &str, more: &str| format!("volumeMounts: [{{name: v, mountPath: {path}{more}}}]");
        let closed = || Kit::new().entrypoint(&["/app"]).elf(elf("app")).reach("app", Link::Entrypoint);
        for (kit, volume, in_container, wanted) in [
            (none(), "configMap: {name: c}", &*at("/etc/app", ""), "pass"),
            (none(), "secret: {secretName: c}", &*at("/run/s", ""), "pass"),
            (none(), "hostPath: {path: /srv/conf}", &*at("/etc/app", ""), "unknown"),
            (none(), "hostPath: {path: /srv/app.conf}", &*at("/etc/app/app.conf", ""), "fail: medium writable-config-mount"),
            (Kit::new(), "hostPath: {path: /srv/conf}", &*at("/etc/app", ""), "fail: medium writable-config-mount"),
            (none(), "hostPath: {path: /srv/conf}", &*at("/etc/app", ", readOnly: true"), "pass"),
            (none(), "persistentVolumeClaim: {claimName: c}", &*at("/var/lib/app", ""), "pass"),
            (none(), "persistentVolumeClaim: {claimName: c}", &*at("/usr/share/app", ""), "fail: medium writable-code-mount"),
            (none(), "persistentVolumeClaim: {claimName: c, readOnly: true}", &*at("/usr/share/app", ""), "pass"),
            (none(), "csi: {driver: secrets-store.csi.k8s.io}", &*at("/s", ""), "fail: medium writable-secret-mount"),
            (none(), "csi: {driver: secrets-store.csi.k8s.io, readOnly: true}", &*at("/s", ""), "pass"),
            // Where all that runs is known, and nothing writes there.
            (closed(), "persistentVolumeClaim: {claimName: c}", &*at("/models", ""), "fail: low writable-though-only-read"),
            (closed(), "persistentVolumeClaim: {claimName: c}", &*at("/models", ", readOnly: true"), "pass"),
            // Without an image nobody can tell what is written there.
            (none(), "persistentVolumeClaim: {claimName: c}", &*at("/models", ""), "unknown"),
            (none(), "persistentVolumeClaim: {claimName: c}", &*at("/models", ", readOnly: true"), "pass"),
            (closed().volume("/etc/app"), "configMap: {name: c}", &*at("/etc/app", ""), "pass"),
            (closed().volume("/etc/app"), "configMap: {name: c}", &*at("/other", ""), "fail: medium writable-config-volume"),
        ] {
            let kit = kubernetes(kit, &format!("volumes: [{{name: v, {volume}}}]"), in_container);
            assert_eq!(kit.outcome(&ITEM), wanted, "{volume} / {in_container}");
        }
        for (kit, wanted) in [
            (compose(none(), "volumes: [\"./nginx.conf:/etc/nginx/nginx.conf\"]"), "fail: medium writable-config-mount"),
            (compose(none(), "volumes: [\"./nginx.conf:/etc/nginx/nginx.conf:ro\"]"), "pass"),
            (compose(none(), "volumes: [{type: bind, source: ./c, target: /etc/c, read_only: true}]"), "pass"),
            (compose(none(), "volumes: [\"./conf:/etc/app\"]"), "fail: medium writable-config-mount"),
            // Folders that their software is known to write, or may well.
            (compose(none(), "volumes: [\"./config:/config\"]"), "unknown"),
            (compose(none(), "volumes: [\"config:/config\"]"), "unknown"),
            (compose(none(), "volumes: [\"./etc-pihole:/etc/pihole\"]"), "unknown"),
            // Configuration among programs is no code.
            (
                compose(none(), "volumes: [\"./nginx.config:/usr/share/logstash/pipeline/logstash-nginx.config\"]"),
                "fail: medium writable-config-mount",
            ),
            (compose(none(), "volumes: [\".:/app\"]"), "fail: medium writable-code-mount"),
            (compose(none(), "volumes: [\"./vote:/usr/local/app\"]"), "fail: medium writable-code-mount"),
            (compose(none(), "volumes: [\"./data:/app/data\"]"), "unknown"),
            (compose(none(), "volumes: [\"data:/var/lib/data\"]"), "pass"),
            (compose(none(), "secrets: [s]\nconfigs: [c]"), "pass"),
            (quadlet(none(), "Volume=./app.conf:/etc/app.conf"), "fail: medium writable-config-mount"),
            (quadlet(none(), "Volume=./app.conf:/etc/app.conf:ro,Z"), "pass"),
            (quadlet(none(), "Mount=type=bind,src=/srv/c,dst=/etc/c,ro=true"), "pass"),
        ] {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.evidence().sources);
        }
        let two = |of_proxy: &str| {
            format!(
                "services: {{proxy: {{image: p, volumes: [\"certs:/etc/nginx/certs{of_proxy}\"]}}, acme: {{image: a, volumes: [\"certs:/etc/nginx/certs\"]}}}}\n"
            )
        };
        // Somebody fills the volume that others only read.
        assert_eq!(deployed(none(), "compose.yaml", &two(":ro")).outcome(&ITEM), "unknown");
        assert_eq!(
            deployed(none(), "compose.yaml", &two("")).outcome(&ITEM),
            "fail: medium writable-config-mount, medium writable-config-mount"
        );
        let claim = "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec: {accessModes: [ReadOnlyMany]}\n";
        let text = pod("volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]", &at("/data", ""));
        assert_eq!(deployed(none(), "k8s.yaml", &format!("{text}{claim}")).outcome(&ITEM), "fail: low shared-claim-writable");
    }
}
