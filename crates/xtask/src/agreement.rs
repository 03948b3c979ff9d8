//! Whether the items agree with others' own test cases: `cargo xtask agreement PEER FOLDER`.

mod admission;
mod advisories;
mod build_files;
mod grype;
mod kics;
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
        "hadolint" => peers::run(&build_files::HADOLINT, folder),
        "checkov-build-files" => peers::run(&build_files::CHECKOV, folder),
        "kics" => peers::run(&kics::MANIFESTS, folder),
        "kics-build-files" => peers::run(&kics::BUILD_FILES, folder),
        "osv" => advisories::osv(folder),
        "trivy" => advisories::trivy(folder),
        "vunnel" => advisories::vunnel(folder),
        "grype" => grype::run(folder),
        "cvss" => advisories::cvss(folder),
        _ => bail!(
            "{peer} is none of osv, trivy, grype, vunnel, cvss, admission, polaris, kube-linter, checkov, hadolint, checkov-build-files, kics, kics-build-files"
        ),
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

/// The rules that fail an item for objects, and whether a part of them was not read.
fn of_objects(text: &str) -> (Vec<String>, bool) {
    let (rules, deployment) = rules_of_text(text);
    // What the API server would refuse has no verdict.
    (rules, deployment.problems.iter().any(|p| p.hides))
}

/// The same for a build file.
fn of_build_file(text: &str) -> (Vec<String>, bool) {
    let mut sources = Sources::new(&KeepAll);
    let build = plimsoll_project::build::read_one(&mut sources, "Containerfile", text);
    let evidence = Evidence { build: Gathered::Found(build), ..evidence(sources.finish().0) };
    (rules_of(&evidence), false)
}

fn failing(deployment: Deployment, sources: Vec<SourceText>) -> Vec<String> {
    rules_of(&Evidence { deployment: Gathered::Found(deployment), ..evidence(sources) })
}

fn evidence(sources: Vec<SourceText>) -> Evidence {
    let absent = || Need::new("it", "give it");
    Evidence {
        subject: None,
        image: Gathered::Absent(absent()),
        components: Gathered::Absent(absent()),
        vulnerabilities: Gathered::Absent(absent()),
        sboms: Gathered::Absent(Evidence::no_sboms()),
        vex: Gathered::Absent(Evidence::no_vex()),
        sources,
        source_secrets: Vec::new(),
        build: Gathered::Absent(absent()),
        deployment: Gathered::Absent(absent()),
        problems: Vec::new(),
    }
}

fn rules_of(evidence: &Evidence) -> Vec<String> {
    let mut rules = Vec::new();
    for item in CATALOGUE {
        let verdict = decide(item, evidence, &Policy::default());
        rules.extend(verdict.findings.iter().filter(|f| f.severity > Severity::Info).map(|f| f.rule.to_string()));
    }
    rules
}
