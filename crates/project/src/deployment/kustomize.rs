//! Folders with a kustomization: rendered by `kubectl kustomize` or `kustomize build`, never over the network.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use plimsoll_evidence::workload::Runner;
use plimsoll_evidence::{Deployment, Problem, ProblemKind, printable_line};
use plimsoll_yaml::{Limits, Node, Rules, parse_bytes};

use super::discover::Named;
use super::kubernetes;
use super::tool::{Rendered, run};
use crate::Sources;

/// The most kustomizations that are looked through.
const MOST_FOLDERS: usize = 500;

/// Renders a folder and reads what comes of it.
pub(crate) fn read(folder: &Named, sources: &mut Sources<'_>, run_tools: bool, into: &mut Deployment) {
    let shown = printable_line(&folder.name, 200);
    let by_hand = format!("name what `kubectl kustomize {shown}` writes");
    let mut hides = |kind, message: String| into.problems.push(Problem::hiding(kind, message));
    if !run_tools {
        hides(ProblemKind::Unsupported, format!("{shown} is a kustomization, and no tools are run: {by_hand}"));
        return;
    }
    if let Some(remote) = remote(&folder.path) {
        let message =
            format!("{shown} is built on {}, which lies on the network, and was not rendered: {by_hand}", printable_line(&remote, 200));
        hides(ProblemKind::Unsupported, message);
        return;
    }
    let rendered = match run("kubectl", &["kustomize", "."], &folder.path) {
        Rendered::NotThere => run("kustomize", &["build", "."], &folder.path),
        other => other,
    };
    match rendered {
        Rendered::Text(bytes) => {
            let source = sources.add(&format!("{} (kubectl kustomize)", folder.name), &bytes);
            kubernetes::read_text(source, Runner::Kubernetes, folder.asked, sources, into);
        }
        Rendered::NotThere => {
            hides(
                ProblemKind::Unsupported,
                format!("{shown} is a kustomization, and neither kubectl nor kustomize is installed: {by_hand}"),
            );
        }
        Rendered::Failed(why) => hides(ProblemKind::Malformed, format!("{shown} could not be rendered: {}", printable_line(&why, 300))),
    }
}

/// The folders that other kustomizations among those are built on: what they make is a part of what those make.
pub(crate) fn built_on(folders: &[PathBuf]) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for folder in folders {
        let (_, below) = walk(folder);
        let own = folder.canonicalize().ok();
        found.extend(below.into_iter().filter(|b| Some(b) != own.as_ref()));
    }
    found
}

/// Something that a kustomization, or one that it is built on, would fetch.
fn remote(folder: &Path) -> Option<String> {
    walk(folder).0
}

/// Looks through a kustomization and those that it is built on: what lies on the network, and every folder that was looked at.
fn walk(folder: &Path) -> (Option<String>, BTreeSet<PathBuf>) {
    let mut seen = BTreeSet::new();
    let mut left: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = left.pop() {
        if !seen.insert(folder.canonicalize().unwrap_or_else(|_| folder.clone())) {
            continue;
        }
        if seen.len() > MOST_FOLDERS {
            return (Some(format!("more than {MOST_FOLDERS} folders")), seen);
        }
        let names = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
        let Some(bytes) = names.iter().find_map(|name| fs::read(folder.join(name)).ok().filter(|b| b.len() < 1 << 20)) else { continue };
        let stream = parse_bytes(&bytes, Rules::Kubernetes, &Limits::default());
        for document in &stream.documents {
            if document.root.given("helmCharts").is_some() || document.root.given("helmChartInflationGenerator").is_some() {
                return (Some("a Helm chart".to_owned()), seen);
            }
            for key in ["resources", "bases", "components", "crds", "configurations", "generators", "transformers", "validators"] {
                for item in document.root.get(key).map(Node::items).unwrap_or_default() {
                    let Some(text) = item.text() else { continue };
                    let below = folder.join(text);
                    if below.is_dir() {
                        left.push(below);
                    } else if !below.exists() && looks_remote(text) {
                        return (Some(text.to_owned()), seen);
                    }
                }
            }
        }
    }
    (None, seen)
}

fn looks_remote(text: &str) -> bool {
    text.contains("://")
        || text.contains("?ref=")
        || text.contains("//")
        || text.starts_with("git@")
        || text.starts_with("github.com")
        || text.contains(".git")
}
