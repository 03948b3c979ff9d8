//! Whether the items agree with others' own test cases: `cargo xtask agreement admission|polaris|kube-linter|checkov FOLDER`.

mod admission;
mod peers;

use std::path::Path;

use anyhow::bail;
use plimsoll_checklist::{CATALOGUE, Policy, decide};
use plimsoll_evidence::{Deployment, Evidence, Gathered, Need, Severity, SourceText};
use plimsoll_project::{DeploymentOptions, KeepAll, Sources, read_deployment, read_deployment_text};

/// Judges the cases of a peer below its folder and prints the table; an error where a difference is not among those that are meant.
pub(crate) fn run(peer: &str, folder: &Path) -> anyhow::Result<()> {
    match peer {
        "admission" => admission::run(folder),
        "polaris" => peers::run(&peers::POLARIS, folder),
        "kube-linter" => peers::run(&peers::KUBE_LINTER, folder),
        "checkov" => peers::run(&peers::CHECKOV, folder),
        _ => bail!("{peer} is none of admission, polaris, kube-linter, checkov"),
    }
}

/// The rules that fail an item for the objects of a file, without an image.
fn rules_of_file(path: &Path) -> (Vec<String>, Deployment) {
    let mut sources = Sources::new(&KeepAll);
    let deployment = read_deployment(&[path.to_owned()], &mut sources, &DeploymentOptions::default());
    (failing(deployment.clone(), sources.finish().0), deployment)
}

/// The same for a text.
fn rules_of_text(text: &str) -> (Vec<String>, Deployment) {
    let mut sources = Sources::new(&KeepAll);
    let deployment = read_deployment_text("objects.yaml", text.as_bytes(), &mut sources, &DeploymentOptions::default());
    (failing(deployment.clone(), sources.finish().0), deployment)
}

fn failing(deployment: Deployment, sources: Vec<SourceText>) -> Vec<String> {
    let absent = || Need::new("it", "give it");
    let evidence = Evidence {
        subject: None,
        image: Gathered::Absent(absent()),
        components: Gathered::Absent(absent()),
        sources,
        source_secrets: Vec::new(),
        build: Gathered::Absent(absent()),
        deployment: Gathered::Found(deployment),
        problems: Vec::new(),
    };
    let mut rules = Vec::new();
    for item in CATALOGUE {
        let verdict = decide(item, &evidence, &Policy::default());
        rules.extend(verdict.findings.iter().filter(|f| f.severity > Severity::Info).map(|f| f.rule.to_string()));
    }
    rules
}
