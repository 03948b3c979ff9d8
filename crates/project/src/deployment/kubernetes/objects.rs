use plimsoll_evidence::Placed;
use plimsoll_evidence::workload::{
    Autoscaler, ConfigMap, DisruptionBudget, Namespace, NetworkPolicy, SecretEntry, SecretObject, Selector, Service,
};
use plimsoll_yaml::{Node, Style};

use super::super::fields::{key_place, place, placed_text};
use super::Reader;
use super::pod::string_map;

impl Reader<'_, '_> {
    pub(super) fn namespace(&mut self, root: &Node) {
        let (name, _, at) = Self::metadata(root);
        let label = |key: &str| root.at(&["metadata", "labels", key]).and_then(placed_text);
        self.into.namespaces.push(Namespace {
            name,
            place: at,
            enforce: label("pod-security.kubernetes.io/enforce"),
            enforce_version: label("pod-security.kubernetes.io/enforce-version"),
        });
    }

    pub(super) fn disruption_budget(&mut self, root: &Node) {
        let (name, namespace, at) = Self::metadata(root);
        let Some(spec) = root.get("spec") else { return };
        self.into.disruption_budgets.push(DisruptionBudget {
            name,
            namespace,
            place: at,
            selector: selector(spec.get("selector")),
            min_available: self.complaints.scalar(spec, "minAvailable"),
            max_unavailable: self.complaints.scalar(spec, "maxUnavailable"),
        });
    }

    pub(super) fn autoscaler(&mut self, root: &Node) {
        let (name, namespace, at) = Self::metadata(root);
        let Some(spec) = root.get("spec") else { return };
        let target = |key: &str| spec.at(&["scaleTargetRef", key]).and_then(Node::text).unwrap_or_default().to_owned();
        self.into.autoscalers.push(Autoscaler {
            name,
            namespace,
            place: at,
            target_kind: target("kind"),
            target_name: target("name"),
            min_replicas: self.complaints.count(spec, "minReplicas"),
            max_replicas: self.complaints.count(spec, "maxReplicas"),
        });
    }

    pub(super) fn network_policy(&mut self, root: &Node) {
        let (name, namespace, at) = Self::metadata(root);
        let Some(spec) = root.get("spec") else { return };
        let types: Vec<_> = spec.get("policyTypes").map(Node::items).unwrap_or_default().iter().filter_map(Node::text).collect();
        self.into.network_policies.push(NetworkPolicy {
            name,
            namespace,
            place: at,
            selector: selector(spec.get("podSelector")),
            // Without policyTypes a policy is about ingress, and about egress where it has such rules.
            ingress: types.is_empty() || types.contains(&"Ingress"),
            egress: types.contains(&"Egress") || types.is_empty() && spec.given("egress").is_some(),
        });
    }

    pub(super) fn service(&mut self, root: &Node) {
        let (name, namespace, at) = Self::metadata(root);
        let Some(spec) = root.get("spec") else { return };
        self.into.services.push(Service {
            name,
            namespace,
            place: at,
            kind: self.complaints.text(spec, "type"),
            selector: Selector { labels: string_map(spec.get("selector")), complex: false },
        });
    }

    pub(super) fn config_map(&mut self, root: &Node) {
        let (name, namespace, at) = Self::metadata(root);
        let entries = || ["data", "binaryData"].into_iter().filter_map(|key| root.get(key)).flat_map(Node::entries);
        let keys = entries().filter_map(|e| Some(Placed::new(e.key.text()?.to_owned(), key_place(e)))).collect();
        let values = entries()
            .filter_map(|e| {
                let value = e.value.text().filter(|v| !v.contains('\n') && v.len() <= 256)?;
                Some(Placed::new((e.key.text()?.to_owned(), value.to_owned()), place(e.value.place)))
            })
            .collect();
        self.into.config_maps.push(ConfigMap { name, namespace, place: at, keys, values });
    }

    pub(super) fn secret(&mut self, root: &Node) {
        let (name, namespace, at) = Self::metadata(root);
        // SOPS leaves the object's shape and adds its own key.
        let encrypted = root.get("sops").is_some();
        let entries = ["data", "stringData"].into_iter().filter_map(|key| root.get(key)).flat_map(Node::entries);
        let entries = entries
            .filter_map(|e| {
                let value = e.value.text().unwrap_or_default();
                Some(SecretEntry {
                    key: Placed::new(e.key.text()?.to_owned(), place(e.value.place)),
                    placeholder: is_placeholder(value) || e.value.scalar().is_some_and(|s| s.style == Style::Empty),
                    encrypted: encrypted || value.starts_with("ENC["),
                })
            })
            .collect();
        let kind = root.get("type").and_then(Node::text).map(str::to_owned);
        self.into.secrets.push(SecretObject { name, namespace, place: at, kind, entries });
    }
}

pub(super) fn selector(node: Option<&Node>) -> Selector {
    let Some(node) = node else { return Selector::default() };
    Selector { labels: string_map(node.get("matchLabels")), complex: node.get("matchExpressions").is_some_and(|e| !e.items().is_empty()) }
}

/// Whether a value plainly stands for one that is put in later.
pub(crate) fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    let wrapped = |open: &str, close: &str| value.starts_with(open) && value.ends_with(close) && value.len() > open.len();
    value.is_empty() || wrapped("${", "}") || wrapped("$(", ")") || wrapped("<", ">") || wrapped("{{", "}}") || wrapped("__", "__")
}
