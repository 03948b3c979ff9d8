//! Deployment files, brought to one model.

mod compose;
mod discover;
mod fields;
mod helm;
mod kubernetes;
mod kustomize;
mod matching;
mod quadlet;
mod quantity;
mod reference;
mod tool;

use std::path::{Path, PathBuf};

use plimsoll_evidence::workload::ImageMatch;
use plimsoll_evidence::{Deployment, Place, Problem, ProblemKind};
use plimsoll_parallel::each;

use crate::sources::MOST_THREADS;
use crate::{Sources, build};
use discover::{Found, Input, Named};

pub use matching::ImageNames;

/// How a deployment is read.
#[derive(Debug, Clone, Default)]
pub struct DeploymentOptions {
    /// The names of the image that is checked; none where none is.
    pub image: Option<ImageNames>,
    /// Whether `helm` and `kubectl kustomize` (or `kustomize`) may be run, where they are installed and the input is theirs. They are never
    /// run where that would use the network.
    pub run_tools: bool,
}

/// Reads one text of a deployment that lies in no file, such as what another program wrote. What its name ends with tells what it is, as a
/// file's does (`compose.yaml`, `web.container`); other texts are Kubernetes' objects. No file that it names is read.
pub fn read_deployment_text(name: &str, bytes: &[u8], sources: &mut Sources<'_>, options: &DeploymentOptions) -> Deployment {
    let last = name.rsplit('/').next().unwrap_or_default();
    // Nothing lies below what is no folder.
    let path = Path::new("/dev/null").join(if last.is_empty() { "text.yaml" } else { last });
    sources.put(&path, name, bytes);
    let mut found = Found::default();
    discover::file(&path, name.to_owned(), &mut found);
    read_found(found, sources, options).0
}

/// Reads files and folders of a deployment: Kubernetes' objects, Helm charts, Kustomize overlays, Compose files, units of Quadlet and
/// systemd. Several Compose files that are named are merged in their order; of a folder, the default one and its override are.
///
/// Nothing fails as a whole: what could not be read is among the deployment's problems, and the rest is there.
pub fn read_deployment(paths: &[PathBuf], sources: &mut Sources<'_>, options: &DeploymentOptions) -> Deployment {
    read_deployment_and_builds(paths, sources, options).0
}

/// As [`read_deployment`], with the build files that `build` of Compose services names, as their context, stage and arguments are given
/// there: those of services that run the image, where one is named, and of all otherwise.
pub fn read_deployment_and_builds(
    paths: &[PathBuf],
    sources: &mut Sources<'_>,
    options: &DeploymentOptions,
) -> (Deployment, Vec<build::Input>) {
    let mut found = Found::default();
    for path in paths {
        discover::discover(path, &mut found);
    }
    read_found(found, sources, options)
}

fn read_found(mut found: Found, sources: &mut Sources<'_>, options: &DeploymentOptions) -> (Deployment, Vec<build::Input>) {
    let mut deployment = Deployment::default();
    deployment.problems.append(&mut found.problems);
    // Objects that Podman plays may be read as Kubernetes' own first: the units that have it play them come last.
    found.inputs.sort_by_key(|input| matches!(input, Input::Unit(unit) if unit.path.extension().is_some_and(|e| e == "kube")));
    let kustomizations: Vec<_> =
        found.inputs.iter().filter_map(|i| if let Input::Kustomization(k) = i { Some(k.path.clone()) } else { None }).collect();
    let parts = kustomize::built_on(&kustomizations);
    let mut texts = read_ahead(&found.inputs, sources).into_iter();
    for input in &found.inputs {
        match input {
            Input::Text(file) => match texts.next() {
                Some(kubernetes::Read::Objects(own)) => deployment.append(*own),
                Some(kubernetes::Read::Compose) => found.compose.add(file.clone()),
                Some(kubernetes::Read::Nothing) | None => {}
            },
            Input::Chart(chart) => helm::read(chart, sources, options.run_tools, &mut deployment),
            Input::Kustomization(folder) if !folder.asked && folder.path.canonicalize().is_ok_and(|p| parts.contains(&p)) => {}
            Input::Kustomization(folder) => kustomize::read(folder, sources, options.run_tools, &mut deployment),
            Input::Unit(unit) => quadlet::read(unit, sources, &mut deployment),
        }
    }
    let mut builds = Vec::new();
    for project in found.compose.into_projects() {
        builds.extend(compose::read(&project, sources, &mut deployment));
    }
    if deployment.workloads.is_empty() && !deployment.problems.iter().any(|p| p.hides) {
        let message = "nothing that runs a container was found in what was named as the deployment";
        deployment.problems.push(Problem::noted(ProblemKind::Unsupported, message));
    }
    say_once(&mut deployment.problems);
    matching::mark(&mut deployment, options.image.as_ref(), &builds);
    let others: Vec<Place> =
        deployment.workloads.iter().flat_map(|w| &w.containers).filter(|c| c.runs == ImageMatch::No).map(|c| c.place).collect();
    let mut inputs: Vec<build::Input> = Vec::new();
    for (service, input) in builds {
        // Services that are built alike are one to the build file.
        if others.contains(&service) {
            continue;
        }
        match inputs.iter_mut().find(|known| known.builds_as(&input)) {
            Some(known) => known.services.push(service),
            None => inputs.push(build::Input { services: vec![service], ..input }),
        }
    }
    (deployment, inputs)
}

/// Reads the texts among what was found, side by side: of each what is in it, in their order.
fn read_ahead(inputs: &[Input], sources: &mut Sources<'_>) -> Vec<kubernetes::Read> {
    let texts: Vec<&Named> = inputs.iter().filter_map(|i| if let Input::Text(file) = i { Some(file) } else { None }).collect();
    let files: Vec<(&Path, &str)> = texts.iter().map(|file| (file.path.as_path(), file.name.as_str())).collect();
    let of_no_interest = sources.read_ahead(&files, |at, bytes| texts[at].asked || kubernetes::is_of_interest(bytes));
    let read: Vec<_> =
        texts.iter().zip(of_no_interest).map(|(file, none)| if none { None } else { kubernetes::text_of(file, sources) }).collect();
    let sources = &*sources;
    each(&read, MOST_THREADS, |at, read| kubernetes::read_file(texts[at], read.as_ref(), sources))
}

/// What is worth a word is worth it once, however many objects it is about.
fn say_once(problems: &mut Vec<Problem>) {
    let mut said = std::collections::BTreeSet::new();
    problems.retain(|p| p.hides || said.insert(p.message.clone()));
}
