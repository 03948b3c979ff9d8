//! Read-only roots and the volumes beside them in a deployment.

use plimsoll_evidence::ImageFacts;

use super::super::prelude::*;
use super::place;
use crate::deployed::{Deployed, Running};
use crate::shown::list;
use crate::writes::writes;

pub(super) const WRITABLE_ROOT: Rule = Rule::new(
    "writable-root",
    Medium,
    "The root filesystem of the container can be written.",
    "Set readOnlyRootFilesystem: true (read_only: true in Compose, ReadOnly=true in Quadlet).",
);
pub(super) const NO_PLACE: Rule = Rule::new(
    "no-place-to-write",
    Medium,
    "The root is read-only, and the software is set to write where no writable volume is mounted: it fails there.",
    "Mount an emptyDir or tmpfs there, or tell the software to write elsewhere.",
);
pub(super) const STAYS_WRITABLE: Rule = Rule::new(
    "volume-stays-writable",
    Info,
    "A VOLUME of the image stays writable under a read-only root: engines put a volume of their own there.",
    "Mount a volume there that the deployment declares, or remove the VOLUME line from the build file.",
);

pub(super) fn judge(case: &mut Case<'_>, deployed: &Deployed<'_>, image: Option<&ImageFacts>) {
    let writes = image.map(writes).unwrap_or_default();
    // Windows has no such setting.
    for running in deployed.containers.iter().filter(|r| !r.is_windows()) {
        let name = running.name();
        let setting = running.container.security.read_only_root.as_ref();
        if !setting.is_some_and(|s| s.value) {
            let what = running.words("readOnlyRootFilesystem: true", "read_only: true", "ReadOnly=true");
            let says = match setting {
                Some(_) => format!("{name} sets that its root can be written."),
                None => format!("{name} does not set {what}, and the default can be written."),
            };
            let example =
                running.words("securityContext:\n  readOnlyRootFilesystem: true", "read_only: true", "[Container]\nReadOnly=true");
            let at = setting.map_or_else(|| running.security_place(), |s| s.place);
            let fix = running.words("Set readOnlyRootFilesystem: true.", "Set read_only: true.", "Set ReadOnly=true.");
            case.find(&WRITABLE_ROOT).about(&name).says(says).fix(fix).in_source(at).example(example).add();
            continue;
        }
        let Some(image) = image else { continue };
        for write in writes.iter().filter(|w| w.certain && !running.takes_writes(&w.path, image)) {
            let draft = case.find(&NO_PLACE).about(format!("{name} {}", write.path)).says(format!(
                "{} writes {} to {}, and {name} mounts nothing writable there.",
                write.by,
                write.purpose.words(),
                write.path
            ));
            // Another start may write elsewhere.
            let draft = draft.fix(running.words(
                "Mount an emptyDir there, or tell the software to write elsewhere.",
                "Mount a tmpfs or a volume there, or tell the software to write elsewhere.",
                "Mount a tmpfs (Tmpfs=) or a volume there, or tell the software to write elsewhere.",
            ));
            let draft = if running.container.entrypoint.is_some() { draft.severity(Info) } else { draft };
            place(draft, write).add();
        }
        stays_writable(case, running, image);
    }
}

fn stays_writable(case: &mut Case<'_>, running: &Running<'_>, image: &ImageFacts) {
    let open: Vec<&str> = image.config.volumes.iter().map(String::as_str).filter(|v| running.mount_of(v).is_none()).collect();
    let Some(first) = open.first() else { return };
    case.find(&STAYS_WRITABLE)
        .about(running.name())
        .says(format!("{} has a read-only root, under which VOLUME {} stays writable.", running.name(), list(&open, 4)))
        .in_config(format!("Volumes[{first}]"))
        .add();
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::Link;

    use super::super::ITEM;
    use crate::deployed::trial::{compose, kubernetes, quadlet};
    use crate::testkit::Kit;

    fn none() -> Kit {
        Kit::new().without_image()
    }

    fn writing(path: &str) -> Kit {
        Kit::new().entrypoint(&["/e.sh"]).script("e.sh", &format!("#!/bin/sh\necho x > {path}\nexec app\n")).reach("e.sh", Link::Entrypoint)
    }

    const READ_ONLY: &str = "securityContext: {readOnlyRootFilesystem: true}";

    #[test]
    fn the_deployment_decides_and_the_image_says_whether_it_works() {
        let mounts = |path: &str| format!("{READ_ONLY}\nvolumeMounts: [{{name: v, mountPath: {path}}}]");
        let empty = "volumes: [{name: v, emptyDir: {}}]";
        for (kit, in_pod, in_container, wanted) in [
            (none(), "", READ_ONLY, "pass"),
            (none(), "", "", "fail: medium writable-root"),
            (none(), "", "securityContext: {readOnlyRootFilesystem: false}", "fail: medium writable-root"),
            (writing("/var/x/y"), "", "", "fail: medium writable-root, info writes-to-root"),
            (writing("/var/x/y"), "", READ_ONLY, "fail: medium no-place-to-write, info writes-to-root"),
            (writing("/var/x/y"), empty, &*mounts("/var/x"), "pass"),
            // An emptyDir where nothing is written helps nothing.
            (writing("/var/x/y"), empty, &*mounts("/cache"), "fail: medium no-place-to-write, info writes-to-root"),
            // A mount that cannot be written takes nothing.
            (
                writing("/var/x/y"),
                "volumes: [{name: v, configMap: {name: c}}]",
                &*mounts("/var/x"),
                "fail: medium no-place-to-write, info writes-to-root",
            ),
            // Where something else is started, what the image's own start writes is advice.
            (
                writing("/var/x/y"),
                "",
                "command: [/other]\nsecurityContext: {readOnlyRootFilesystem: true}",
                "pass: info no-place-to-write, info writes-to-root",
            ),
            // What the image declares as VOLUME stays writable.
            (writing("/var/x/y").volume("/var/x"), "", READ_ONLY, "pass: info volume-stays-writable"),
            (writing("/var/x/y").volume("/var/x"), empty, &*mounts("/var/x"), "pass"),
        ] {
            let kit = kubernetes(kit, in_pod, in_container);
            assert_eq!(kit.outcome(&ITEM), wanted, "{in_pod} / {in_container}");
        }
    }

    #[test]
    fn compose_and_quadlet() {
        for (kit, wanted) in [
            (compose(none(), "read_only: true"), "pass"),
            (compose(none(), "read_only: \"true\""), "pass"),
            (compose(none(), ""), "fail: medium writable-root"),
            (compose(writing("/tmp/x"), "read_only: true"), "fail: medium no-place-to-write, info writes-to-root"),
            (compose(writing("/tmp/x"), "read_only: true\ntmpfs: /tmp"), "pass"),
            (quadlet(none(), "ReadOnly=true"), "pass"),
            (quadlet(none(), ""), "fail: medium writable-root"),
            (quadlet(none(), "PodmanArgs=--read-only"), "pass"),
            // Podman puts a tmpfs on /tmp by itself.
            (quadlet(writing("/tmp/x"), "ReadOnly=true"), "pass"),
            (quadlet(writing("/tmp/x"), "ReadOnly=true\nReadOnlyTmpfs=false"), "fail: medium no-place-to-write, info writes-to-root"),
            (quadlet(writing("/var/x"), "ReadOnly=true"), "fail: medium no-place-to-write, info writes-to-root"),
        ] {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.judge(&ITEM));
        }
    }
}
