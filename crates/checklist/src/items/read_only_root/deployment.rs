//! Read-only roots and the volumes beside them in a deployment.

use plimsoll_evidence::ImageFacts;

use super::super::prelude::*;
use super::place;
use crate::deployed::{Deployed, Running, is_writable};
use crate::shown::list;
use crate::writes::{Write, on_volume, writes};

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
            let example = running.words("securityContext:\n  readOnlyRootFilesystem: true", "read_only: true", "[Container]\nReadOnly=true");
            let at = setting.map_or_else(|| running.security_place(), |s| s.place);
            case.find(&WRITABLE_ROOT).about(&name).says(says).in_source(at).example(example).add();
            continue;
        }
        let Some(image) = image else { continue };
        for write in writes.iter().filter(|w| w.certain && !has_place(running, image, w)) {
            let draft = case.find(&NO_PLACE).about(format!("{name} {}", write.path)).says(format!(
                "{} writes {} to {}, and {name} mounts nothing writable there.",
                write.by,
                write.purpose.words(),
                write.path
            ));
            place(draft, write).add();
        }
        stays_writable(case, running, image);
    }
}

/// Whether what is written has a place under a read-only root.
pub(super) fn has_place(running: &Running<'_>, image: &ImageFacts, write: &Write<'_>) -> bool {
    match running.mount_of(&write.path) {
        Some(at) => is_writable(at),
        None => on_volume(image, &write.path) || running.has_own_tmpfs(&write.path),
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
