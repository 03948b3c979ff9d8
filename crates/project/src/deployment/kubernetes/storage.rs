//! Claims for storage, and what they are given.

use plimsoll_evidence::workload::{Claim, OnHost, PersistentVolume};
use plimsoll_yaml::Node;

use super::super::fields::{key_place, placed_text};
use super::Reader;
use super::objects::selector;
use super::pod::string_map;

/// How the class was written before it had a field.
const OLD_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

impl Reader<'_, '_> {
    pub(super) fn claim(&mut self, root: &Node) -> Claim {
        let (name, namespace, at) = Self::metadata(root);
        let spec = root.get("spec");
        Claim {
            name,
            namespace,
            place: at,
            access_modes: spec.map(|s| self.complaints.texts(s, "accessModes")).unwrap_or_default(),
            storage: spec.and_then(|s| s.at(&["resources", "requests", "storage"])).and_then(placed_text),
            class: class(root, spec),
            volume: spec.and_then(|s| s.get("volumeName")).and_then(Node::text).map(str::to_owned),
            selector: selector(spec.and_then(|s| s.get("selector"))),
        }
    }

    pub(super) fn persistent_volume(&mut self, root: &Node) {
        let (name, _, place_of_name) = Self::metadata(root);
        let Some(spec) = root.get("spec") else { return };
        let text = |path: &[&str]| spec.at(path).and_then(Node::text).map(str::to_owned);
        let on_host = spec.entries().iter().find_map(|entry| {
            let local = match entry.key.text()? {
                "hostPath" => false,
                "local" => true,
                _ => return None,
            };
            let path = entry
                .value
                .get("path")
                .and_then(placed_text)
                .unwrap_or_else(|| plimsoll_evidence::Placed::new(String::new(), key_place(entry)));
            Some(OnHost { path, local })
        });
        let volume = PersistentVolume {
            name,
            place: place_of_name,
            access_modes: self.complaints.texts(spec, "accessModes").into_iter().map(|m| m.value).collect(),
            storage: text(&["capacity", "storage"]),
            class: class(root, Some(spec)),
            labels: string_map(root.at(&["metadata", "labels"])),
            claim: text(&["claimRef", "name"]).map(|name| (text(&["claimRef", "namespace"]), name)),
            on_host,
        };
        self.into.persistent_volumes.push(volume);
    }
}

fn class(root: &Node, spec: Option<&Node>) -> Option<String> {
    let written = spec.and_then(|s| s.get("storageClassName")).filter(|n| !n.is_null());
    written.or_else(|| root.at(&["metadata", "annotations", OLD_CLASS])).and_then(Node::text).map(str::to_owned)
}
