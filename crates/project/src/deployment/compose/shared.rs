//! `volumes_from`: the volumes of other services, which a container mounts as they do.

use std::collections::BTreeSet;

use plimsoll_evidence::workload::{Mount, VolumeKind};
use plimsoll_evidence::{Place, Placed, ProblemKind, Workload};
use plimsoll_yaml::{Entry, Node};

use super::super::fields::{Complaints, place, placed_text};

/// Whose volumes a service takes.
struct Taken {
    service: String,
    read_only: bool,
    place: Place,
}

/// Adds to each service's mounts those that it takes from others. Like the engine: volumes and paths of the host, not what lies in memory;
/// the service's own come first.
pub(super) fn take(services: &[Entry], workloads: &mut [Workload], complaints: &mut Complaints<'_>) {
    let taken: Vec<(String, Vec<Taken>)> =
        services.iter().filter_map(|entry| Some((entry.key.text()?.to_owned(), named(&entry.value, complaints)))).collect();
    if taken.iter().all(|(_, taken)| taken.is_empty()) {
        return;
    }
    let own: Vec<Workload> = workloads.to_vec();
    let of = |name: &str| taken.iter().find(|(own, _)| own == name).map(|(_, taken)| taken.as_slice()).unwrap_or_default();
    for workload in workloads {
        let mut seen = BTreeSet::from([workload.name.as_str().to_owned()]);
        let mut todo: Vec<(&str, bool, Place)> = of(&workload.name).iter().map(|t| (t.service.as_str(), t.read_only, t.place)).collect();
        while let Some((name, read_only, at)) = todo.pop() {
            if !seen.insert(name.to_owned()) {
                continue;
            }
            match own.iter().find(|w| w.name == name) {
                Some(other) => copy(workload, other, read_only, at),
                None => complaints.hides(ProblemKind::Mismatch, at, format!("volumes_from names the service {name}, which is not there")),
            }
            todo.extend(of(name).iter().map(|t| (t.service.as_str(), read_only || t.read_only, at)));
        }
    }
}

fn named(service: &Node, complaints: &mut Complaints<'_>) -> Vec<Taken> {
    let mut found = Vec::new();
    for item in service.get("volumes_from").map(Node::items).unwrap_or_default() {
        let Some(text) = placed_text(item) else { continue };
        if text.value.starts_with("container:") {
            let message = format!("volumes_from names {}, whose volumes are not in these files", text.value);
            complaints.hides(ProblemKind::Unsupported, place(item.place), message);
            continue;
        }
        let (name, mode) = text.value.split_once(':').unwrap_or((&text.value, ""));
        found.push(Taken { service: name.to_owned(), read_only: mode.split(',').any(|m| m == "ro"), place: text.place });
    }
    found
}

fn copy(into: &mut Workload, from: &Workload, read_only: bool, at: Place) {
    let Some(container) = into.containers.first_mut() else { return };
    for mount in from.containers.iter().flat_map(|c| &c.mounts) {
        let Some(volume) = from.volumes.get(mount.volume as usize) else { continue };
        let is_shared = matches!(volume.kind, VolumeKind::HostPath { .. } | VolumeKind::Named { .. } | VolumeKind::Anonymous);
        if !is_shared || container.mounts.iter().any(|m| m.path.value == mount.path.value) {
            continue;
        }
        into.volumes.push(volume.clone());
        let read_only = if read_only { Some(Placed::new(true, at)) } else { mount.read_only };
        container.mounts.push(Mount { volume: into.volumes.len() as u32 - 1, read_only, ..mount.clone() });
    }
}
