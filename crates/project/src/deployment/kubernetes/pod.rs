use std::collections::BTreeMap;

use plimsoll_evidence::workload::Role;
use plimsoll_evidence::{Placed, Workload};
use plimsoll_yaml::Node;

use super::super::fields::placed_text;
use super::Reader;
use super::container::quantities;
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
        workload.node = self.complaints.text(spec, "nodeName").or_else(|| only_node(spec));
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
        let whole = self.complaints.mapping(spec, "resources");
        let pod = Pod::read(template, spec, &mut self.complaints);
        for (key, role) in [("initContainers", Role::Init), ("containers", Role::Main), ("ephemeralContainers", Role::Ephemeral)] {
            let items = self.complaints.list(spec, key);
            for item in items {
                let mut container = self.container(item, role, &pod, &mut workload.volumes);
                // What the pod as a whole asks for and may have (KEP-2837) holds each container that says nothing of its own.
                for (own, key) in [(&mut container.requests, "requests"), (&mut container.limits, "limits")] {
                    let of_pod = quantities(whole.and_then(|w| w.get(key)));
                    let more: Vec<_> = of_pod.into_iter().filter(|r| !own.iter().any(|o| o.name == r.name)).collect();
                    own.extend(more);
                }
                workload.containers.push(container);
            }
        }
    }
}

/// The one node that a selector or a required affinity leaves, by its host name.
fn only_node(spec: &Node) -> Option<Placed<String>> {
    const HOST: &str = "kubernetes.io/hostname";
    if let Some(name) = spec.at(&["nodeSelector", HOST]) {
        return placed_text(name);
    }
    let terms = spec.at(&["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"])?.items();
    // One of the terms has to hold, and of a term all of its expressions.
    let mut only: Option<Placed<String>> = None;
    for term in terms {
        let expressions = term.get("matchExpressions").map(Node::items).unwrap_or_default().iter();
        let fields = term.get("matchFields").map(Node::items).unwrap_or_default().iter();
        let named = expressions.map(|e| (e, HOST)).chain(fields.map(|f| (f, "metadata.name"))).find_map(|(e, key)| {
            let is = |name: &str, wanted: &str| e.get(name).and_then(Node::text) == Some(wanted);
            let values = e.get("values").map(Node::items).unwrap_or_default();
            (is("key", key) && is("operator", "In") && values.len() == 1).then(|| placed_text(values.first()?))?
        })?;
        if only.as_ref().is_some_and(|o| o.value != named.value) {
            return None;
        }
        only.get_or_insert(named);
    }
    only
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
