use std::collections::BTreeMap;

use plimsoll_evidence::Workload;
use plimsoll_evidence::workload::Role;
use plimsoll_yaml::Node;

use super::Reader;
use super::security::Pod;

impl Reader<'_, '_> {
    /// An object that runs pods.
    pub(super) fn workload(&mut self, root: &Node, kind: &str) {
        let (name, namespace, at) = Self::metadata(root);
        let owner = match kind {
            "CronJob" => root.at(&["spec", "jobTemplate", "spec"]),
            "Pod" | "PodTemplate" => None,
            _ => root.get("spec"),
        };
        let template = match kind {
            "Pod" => Some(root),
            "PodTemplate" => root.get("template"),
            _ => owner.and_then(|o| o.get("template")),
        };
        let mut workload = Workload {
            runner: self.runner,
            kind: kind.to_owned(),
            name,
            namespace,
            place: at,
            labels: template.map(labels).unwrap_or_default(),
            replicas: owner.and_then(|o| self.complaints.count(o, "replicas")),
            restart: None,
            os: None,
            node: None,
            service_account: None,
            mounts_token: None,
            grace: None,
            strategy: None,
            volumes: Vec::new(),
            claim_templates: Vec::new(),
            containers: Vec::new(),
        };
        if let Some(owner) = owner {
            let strategy = owner.given("strategy").or_else(|| owner.given("updateStrategy"));
            workload.strategy = strategy.and_then(|s| self.complaints.text(s, "type"));
            let claims = self.complaints.list(owner, "volumeClaimTemplates");
            workload.claim_templates = claims.iter().map(|c| self.claim(c)).collect();
        }
        if let Some(template) = template
            && let Some(spec) = self.complaints.mapping(template, "spec")
        {
            self.pod(template, spec, &mut workload);
        }
        self.into.workloads.push(workload);
    }

    fn pod(&mut self, template: &Node, spec: &Node, workload: &mut Workload) {
        workload.restart = self.complaints.text(spec, "restartPolicy");
        workload.os = spec.get("os").and_then(|os| self.complaints.text(os, "name"));
        workload.node = self.complaints.text(spec, "nodeName");
        workload.service_account =
            self.complaints.text(spec, "serviceAccountName").or_else(|| self.complaints.text(spec, "serviceAccount"));
        workload.mounts_token = self.complaints.bool(spec, "automountServiceAccountToken");
        workload.grace = self.complaints.count(spec, "terminationGracePeriodSeconds").map(|s| s.map(|s| s.saturating_mul(1000)));
        workload.volumes = self.volumes(spec);
        let claims: Vec<_> = workload.claim_templates.iter().map(|c| (c.name.clone(), c.place)).collect();
        for (name, place) in claims {
            let kind = plimsoll_evidence::workload::VolumeKind::Claim { name: name.clone(), read_only: false };
            workload.volumes.push(plimsoll_evidence::workload::Volume { name, place, kind });
        }
        let pod = Pod::read(template, spec, &mut self.complaints);
        for (key, role) in [("initContainers", Role::Init), ("containers", Role::Main), ("ephemeralContainers", Role::Ephemeral)] {
            let items = self.complaints.list(spec, key);
            for item in items {
                let container = self.container(item, role, &pod, &mut workload.volumes);
                workload.containers.push(container);
            }
        }
    }
}

/// `metadata.labels`.
fn labels(template: &Node) -> BTreeMap<String, String> {
    string_map(template.at(&["metadata", "labels"]))
}

/// A mapping of strings.
pub(super) fn string_map(node: Option<&Node>) -> BTreeMap<String, String> {
    let entries = node.map(Node::entries).unwrap_or_default();
    entries.iter().filter_map(|e| Some((e.key.text()?.to_owned(), e.value.text()?.to_owned()))).collect()
}
