//! Objects of Kubernetes.

mod container;
mod objects;
mod pod;
mod probes;
mod security;
mod storage;
mod volumes;

use std::fs;
use std::path::Path;

use plimsoll_evidence::workload::{DuplicateKey, Runner};
use plimsoll_evidence::{Deployment, Placed, Problem, ProblemKind};
use plimsoll_yaml::{Limits, Node, Rules, parse_with};

use super::discover::Named;
use super::fields::{Complaints, key_place, place};
use super::kustomize::Origins;
use crate::Sources;

/// What a file of YAML or JSON is.
pub(crate) enum Read {
    /// Objects of Kubernetes.
    Objects(Box<Deployment>),
    /// A Compose file, to be read with those.
    Compose,
    /// No deployment.
    Nothing,
}

/// The text of a file; none of one that is of no interest. A folder holds much that is YAML or JSON and no deployment: it is not kept among
/// the texts.
pub(crate) fn text_of(file: &Named, sources: &mut Sources<'_>) -> Option<Result<u32, Problem>> {
    if !file.asked && !sources.has(&file.path) && is_of_no_interest(&file.path) {
        return None;
    }
    Some(sources.read(&file.path, &file.name))
}

/// What a text is.
pub(crate) fn read_file(file: &Named, text: Option<&Result<u32, Problem>>, sources: &Sources<'_>) -> Read {
    let mut into = Box::<Deployment>::default();
    match text {
        None => return Read::Nothing,
        Some(Err(problem)) => into.problems.push(problem.clone()),
        Some(Ok(source)) if looks_like_compose(sources.text(*source), file.asked) => return Read::Compose,
        Some(Ok(source)) => read_text(*source, Runner::Kubernetes, file.asked, sources, &mut into),
    }
    Read::Objects(into)
}

/// Whether a file holds none of the words without which nothing in it could be a deployment. One that cannot be looked at, or is larger than
/// what is read, is of interest: that it is not read has to be said.
fn is_of_no_interest(path: &Path) -> bool {
    let small = fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() <= MOST_PEEKED);
    small.then(|| fs::read(path).ok()).flatten().is_some_and(|bytes| !is_of_interest(&bytes))
}

/// Whether any of those words is there.
pub(crate) fn is_of_interest(bytes: &[u8]) -> bool {
    ["apiVersion", "services"].iter().any(|word| memchr::memmem::find(bytes, word.as_bytes()).is_some())
}

/// As much as [`Sources::read`] takes.
const MOST_PEEKED: u64 = 16 << 20;

/// A top-level `services:` of which one is made as services of Compose are. `asked`: the user named this very file, which may be one that
/// is laid over others and says of a service only what it changes.
fn looks_like_compose(text: &str, asked: bool) -> bool {
    /// What a service stands on.
    const BEGINS: [&str; 4] = ["image", "build", "extends", "command"];
    /// What one file changes of another's service.
    const CHANGES: [&str; 20] = [
        "cap_add",
        "cap_drop",
        "deploy",
        "devices",
        "entrypoint",
        "env_file",
        "environment",
        "healthcheck",
        "ipc",
        "logging",
        "mem_limit",
        "network_mode",
        "pid",
        "privileged",
        "read_only",
        "restart",
        "security_opt",
        "tmpfs",
        "user",
        "volumes",
    ];
    let changes = if asked { CHANGES.as_slice() } else { &[] };
    let begins_line = |at: usize| text[..at].trim_end_matches('\u{feff}').chars().next_back().is_none_or(|before| before == '\n');
    let top = |key: &str| memchr::memmem::find_iter(text.as_bytes(), key).any(begins_line);
    if !top("services:") || top("apiVersion:") {
        return false;
    }
    let stream = parse_with(text, Rules::Compose, &Limits::default());
    let services = stream.documents.iter().filter_map(|d| d.root.get("services")).flat_map(Node::entries);
    services.into_iter().any(|s| BEGINS.iter().chain(changes).any(|key| s.value.entry(key).is_some()))
}

/// Reads the objects of a text. `asked`: the user named this very text, so that finding nothing in it deserves a word.
pub(crate) fn read_text(source: u32, runner: Runner, asked: bool, sources: &Sources<'_>, into: &mut Deployment) {
    read_rendered(source, runner, asked, &Origins::default(), sources, into);
}

/// The same of a text that was rendered from others: what stands in those unchanged has its place there.
pub(crate) fn read_rendered(source: u32, runner: Runner, asked: bool, origins: &Origins, sources: &Sources<'_>, into: &mut Deployment) {
    let stream = parse_with(sources.text(source), Rules::Kubernetes, &Limits { source, ..Limits::default() });
    let mut reader = Reader { complaints: Complaints::new(sources, "Kubernetes"), runner, into, objects: 0 };
    let name = sources.name(source);
    if let Some(template) = stream.template {
        let message = if plimsoll_yaml::is_of_helm(sources.text(source)) {
            format!(
                "{name} is the template of a Helm chart: what it would render to cannot be known from it; name the chart's folder, or \
                 what helm template wrote"
            )
        } else {
            format!("{name} is a template: what it would render to cannot be known from it; name what its tool makes of it")
        };
        reader.complaints.hides(ProblemKind::Unsupported, place(template), message);
    } else {
        // Files of a folder that are no YAML may be anything; those that hold objects are what matters.
        let of_kubernetes =
            asked || stream.documents.iter().any(|d| d.root.get("apiVersion").is_some()) || mentions_objects(sources.text(source));
        if of_kubernetes {
            stream.errors.iter().for_each(|error| reader.complaints.unreadable(error));
        }
        let mut documents = stream.documents;
        for document in &mut documents {
            origins.relocate(&mut document.root);
            let before = reader.objects;
            reader.object(&document.root, 0);
            if reader.objects > before {
                for duplicate in &document.duplicates {
                    let key = Placed::new(duplicate.key.clone(), place(duplicate.again));
                    reader.into.duplicate_keys.push(DuplicateKey { key, first: place(duplicate.first) });
                }
            }
        }
        if asked && reader.objects == 0 && stream.errors.is_empty() {
            let message = format!("{name} holds no object of Kubernetes and no service of Compose");
            reader.complaints.problems.push(Problem::noted(ProblemKind::Unsupported, message));
        }
    }
    let mut problems = std::mem::take(&mut reader.complaints.problems);
    into.problems.append(&mut problems);
}

fn mentions_objects(text: &str) -> bool {
    text.contains("apiVersion") && text.contains("kind")
}

/// Reads objects into a deployment.
pub(super) struct Reader<'r, 's> {
    pub(super) complaints: Complaints<'s>,
    pub(super) runner: Runner,
    pub(super) into: &'r mut Deployment,
    objects: usize,
}

/// The most lists in lists.
const MOST_LISTS: usize = 4;

impl Reader<'_, '_> {
    fn object(&mut self, root: &Node, depth: usize) {
        let (Some(version), Some(kind)) = (root.get("apiVersion").and_then(Node::text), root.get("kind").and_then(Node::text)) else {
            return;
        };
        self.objects += 1;
        let group = version.rsplit_once('/').map_or("", |(group, _)| group);
        let built_in =
            group.is_empty() || group.ends_with(".k8s.io") || matches!(group, "apps" | "batch" | "extensions" | "autoscaling" | "policy");
        match kind {
            // OpenShift's older Deployment has the same shape.
            "DeploymentConfig" if group.is_empty() || group == "apps.openshift.io" => self.workload(root, kind),
            _ if !built_in => self.unknown(root, version, kind),
            "Pod"
            | "Deployment"
            | "StatefulSet"
            | "DaemonSet"
            | "ReplicaSet"
            | "ReplicationController"
            | "Job"
            | "CronJob"
            | "PodTemplate" => {
                self.workload(root, kind);
            }
            "Namespace" => self.namespace(root),
            "PodDisruptionBudget" => self.disruption_budget(root),
            "HorizontalPodAutoscaler" => self.autoscaler(root),
            "NetworkPolicy" => self.network_policy(root),
            "Service" => self.service(root),
            "ConfigMap" => self.config_map(root),
            "Secret" => self.secret(root),
            "PersistentVolumeClaim" => {
                let claim = self.claim(root);
                self.into.claims.push(claim);
            }
            "PersistentVolume" => self.persistent_volume(root),
            _ if kind.ends_with("List") && root.get("items").is_some() && depth < MOST_LISTS => {
                let items = self.complaints.list(root, "items");
                for item in items {
                    self.object_of_list(item, kind, version, depth);
                }
            }
            _ => {}
        }
    }

    /// The items of a `DeploymentList` need not say what they are.
    fn object_of_list(&mut self, item: &Node, list: &str, version: &str, depth: usize) {
        if item.get("kind").is_some() {
            self.object(item, depth + 1);
            return;
        }
        let kind = list.trim_end_matches("List");
        if !kind.is_empty() && !version.contains('.') && item.get("spec").is_some() {
            self.objects += 1;
            if matches!(
                kind,
                "Pod" | "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController" | "Job" | "CronJob"
            ) {
                self.workload(item, kind);
            }
        }
    }

    /// A custom resource: its controller makes of it what it likes.
    fn unknown(&mut self, root: &Node, version: &str, kind: &str) {
        let at = root.entry("kind").map_or(place(root.place), |e| place(e.value.place));
        let runs = root.at(&["spec", "template", "spec", "containers"]).is_some() || root.at(&["spec", "containers"]).is_some();
        let also = if runs { "; it has containers, and they were not judged" } else { "" };
        let message = format!("{kind} of {version} is not one of Kubernetes' own kinds and was passed by{also}");
        if runs {
            self.complaints.hides(ProblemKind::Unsupported, at, message);
        } else {
            self.complaints.notes(ProblemKind::Unsupported, at, message);
        }
    }

    /// `metadata.name`, `metadata.namespace`, and where the object is declared.
    pub(super) fn metadata(root: &Node) -> (String, Option<String>, plimsoll_evidence::Place) {
        let name = root.at(&["metadata", "name"]).or_else(|| root.at(&["metadata", "generateName"]));
        let at = name.map_or_else(|| root.entry("kind").map_or(place(root.place), key_place), |n| place(n.place));
        let text = |node: Option<&Node>| node.and_then(Node::text).map(str::to_owned);
        (text(name).unwrap_or_else(|| "without a name".to_owned()), text(root.at(&["metadata", "namespace"])), at)
    }
}
