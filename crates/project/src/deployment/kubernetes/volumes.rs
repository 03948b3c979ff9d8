use plimsoll_evidence::workload::{Mount, Volume, VolumeKind};
use plimsoll_evidence::{Place, Placed};
use plimsoll_yaml::Node;

use super::super::fields::{key_place, place};
use super::Reader;

impl Reader<'_, '_> {
    /// The volumes of a pod.
    pub(super) fn volumes(&mut self, spec: &Node) -> Vec<Volume> {
        let items = self.complaints.list(spec, "volumes");
        items.iter().map(|item| self.volume(item)).collect()
    }

    fn volume(&mut self, item: &Node) -> Volume {
        let name = item.get("name").and_then(Node::text).unwrap_or_default().to_owned();
        // The name first, then one kind. Without one, the API server makes it an emptyDir.
        let kind = item.entries().iter().find(|e| e.key.text() != Some("name") && !e.value.is_null());
        let at = kind.map_or_else(|| place(item.place), key_place);
        let Some(entry) = kind else {
            return Volume { name, place: at, kind: VolumeKind::Ephemeral { in_memory: false, size_limit: None } };
        };
        let node = &entry.value;
        let text = |key: &str| node.get(key).and_then(Node::text).unwrap_or_default().to_owned();
        let kind = match entry.key.text().unwrap_or_default() {
            "hostPath" => {
                let path = self.complaints.text(node, "path").unwrap_or_else(|| Placed::new(String::new(), at));
                VolumeKind::HostPath { path, check: node.get("type").and_then(Node::text).filter(|t| !t.is_empty()).map(str::to_owned) }
            }
            "emptyDir" => {
                VolumeKind::Ephemeral { in_memory: text("medium") == "Memory", size_limit: self.complaints.scalar(node, "sizeLimit") }
            }
            "ephemeral" => VolumeKind::EphemeralClaim,
            "configMap" => VolumeKind::Config { name: text("name") },
            "secret" => VolumeKind::Secret { name: text("secretName") },
            "projected" => VolumeKind::Projected,
            "downwardAPI" => VolumeKind::DownwardApi,
            "persistentVolumeClaim" => {
                VolumeKind::Claim { name: text("claimName"), read_only: self.complaints.bool(node, "readOnly").is_some_and(|b| b.value) }
            }
            "image" => {
                VolumeKind::Image { reference: self.complaints.text(node, "reference").unwrap_or_else(|| Placed::new(String::new(), at)) }
            }
            "csi" => VolumeKind::Csi { driver: text("driver"), read_only: self.complaints.bool(node, "readOnly").is_some_and(|b| b.value) },
            other => VolumeKind::Other { kind: other.to_owned() },
        };
        Volume { name, place: at, kind }
    }

    /// The mounts of a container. A volume that is declared nowhere is declared as missing.
    pub(super) fn mounts(&mut self, container: &Node, volumes: &mut Vec<Volume>) -> Vec<Mount> {
        let items = self.complaints.list(container, "volumeMounts");
        let mut mounts = Vec::new();
        for item in items {
            let Some(path) = self.complaints.text(item, "mountPath") else { continue };
            let name = self.complaints.text(item, "name").unwrap_or_else(|| Placed::new(String::new(), path.place));
            let sub_path = item.given("subPath").or_else(|| item.given("subPathExpr")).and_then(Node::text).map(str::to_owned);
            mounts.push(Mount {
                volume: volume_named(volumes, &name.value, name.place),
                read_only: self.complaints.bool(item, "readOnly"),
                sub_path,
                propagation: self.complaints.text(item, "mountPropagation"),
                options: Vec::new(),
                path,
            });
        }
        mounts
    }
}

fn volume_named(volumes: &mut Vec<Volume>, name: &str, at: Place) -> u32 {
    let known = volumes.iter().position(|v| v.name == name);
    known.unwrap_or_else(|| {
        volumes.push(Volume { name: name.to_owned(), place: at, kind: VolumeKind::Missing });
        volumes.len() - 1
    }) as u32
}
