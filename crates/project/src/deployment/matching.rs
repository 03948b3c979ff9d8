//! Which containers run the image that is checked.

use std::collections::BTreeSet;
use std::path::PathBuf;

use plimsoll_evidence::workload::ImageMatch;
use plimsoll_evidence::{Container, Deployment, Place, Problem, ProblemKind};

use super::reference::Reference;
use crate::build::Input;

/// What the image that is checked is called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageNames {
    /// Names: as the user wrote it, as its archive or layout tags it. What is no name, such as a path, counts for nothing.
    pub references: Vec<String>,
    /// Digests by which a deployment may name it: of its manifest, of the index that it was chosen from.
    pub digests: Vec<String>,
    /// Its build files, and of each the stage that ships, where that is not the last one.
    pub builds: Vec<(PathBuf, Option<String>)>,
}

impl ImageNames {
    fn is_built_by(&self, input: &Input) -> bool {
        let same = |path: &PathBuf| path.canonicalize().is_ok_and(|path| input.path.canonicalize().is_ok_and(|other| path == other));
        self.builds.iter().any(|(path, target)| *target == input.target && same(path))
    }
}

/// Marks each container by how it matches, and says where nothing does.
///
/// `builds` are the build files that the deployment itself names, each with the place of its service.
pub(crate) fn mark(deployment: &mut Deployment, image: Option<&ImageNames>, builds: &[(Place, Input)]) {
    let Some(image) = image else { return };
    let names: Vec<Reference> = image.references.iter().filter_map(|r| Reference::parse(r)).collect();
    let mut best = ImageMatch::No;
    let containers = || deployment.workloads.iter().flat_map(|w| &w.containers);
    let images: BTreeSet<&str> = containers().filter_map(|c| c.image.as_ref()).map(|i| i.value.as_str()).collect();
    let only = names.is_empty() && images.len() == 1;
    let written: Vec<String> = images.iter().map(|i| (*i).to_owned()).collect();
    for container in deployment.workloads.iter_mut().flat_map(|w| &mut w.containers) {
        container.runs = match &container.image {
            Some(_) if only => ImageMatch::Only,
            Some(image_name) => compare(&image_name.value, &names, &image.digests),
            None => ImageMatch::No,
        };
        let input = builds.iter().find(|(service, _)| *service == container.place).map(|(_, input)| input);
        if input.is_some_and(|input| image.is_built_by(input)) {
            container.runs = container.runs.min(ImageMatch::Build);
        }
        best = best.min(container.runs);
    }
    // A name's last part says little: it counts only where nothing says more.
    for container in deployment.workloads.iter_mut().flat_map(|w| &mut w.containers) {
        if container.runs == ImageMatch::Name && best < ImageMatch::Name {
            container.runs = ImageMatch::No;
        }
    }
    if best == ImageMatch::No {
        let mut built: Vec<&mut Container> =
            deployment.workloads.iter_mut().flat_map(|w| &mut w.containers).filter(|c| c.image.is_none()).collect();
        if let [only] = &mut built[..] {
            only.runs = ImageMatch::Only;
            return;
        }
    }
    if best == ImageMatch::No && !written.is_empty() {
        let called = image.references.first().map_or_else(|| "the image".to_owned(), |r| format!("the image {r}"));
        let shown = written.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
        let more = if written.len() > 5 { format!(" and {} more", written.len() - 5) } else { String::new() };
        let message = format!("no container of the deployment runs {called}; it names {shown}{more}; --name says how it is called there");
        deployment.problems.push(Problem::noted(ProblemKind::Mismatch, message));
    }
}

fn compare(written: &str, names: &[Reference], digests: &[String]) -> ImageMatch {
    let Some(written) = Reference::parse(written) else { return ImageMatch::No };
    if written.digest.as_ref().is_some_and(|d| digests.contains(d)) {
        return ImageMatch::Digest;
    }
    let one = |name: &Reference| {
        let same_repository = name.registry == written.registry && name.repository == written.repository;
        let tag = |r: &Reference| r.tag.clone().unwrap_or_else(|| "latest".to_owned());
        match same_repository {
            // Another digest is another build of the same repository.
            true if written.digest.is_none() && tag(name) == tag(&written) => ImageMatch::Reference,
            true => ImageMatch::Repository,
            false if name.last() == written.last() => ImageMatch::Name,
            false => ImageMatch::No,
        }
    };
    names.iter().map(one).min().unwrap_or(ImageMatch::No)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_matched_by_what_is_surest() {
        let names = |list: &[&str]| -> Vec<Reference> { list.iter().filter_map(|r| Reference::parse(r)).collect() };
        let digests = ["sha256:aa".to_owned()];
        for (written, called, wanted) in [
            ("ghcr.io/a/app@sha256:aa", &["other"][..], ImageMatch::Digest),
            ("ghcr.io/a/app:1", &["ghcr.io/a/app:1"], ImageMatch::Reference),
            ("app", &["docker.io/library/app:latest"], ImageMatch::Reference),
            ("ghcr.io/a/app:2", &["ghcr.io/a/app:1"], ImageMatch::Repository),
            ("ghcr.io/a/app:1@sha256:bb", &["ghcr.io/a/app:1"], ImageMatch::Repository),
            ("ghcr.io/a/app:1", &["localhost/app:dev"], ImageMatch::Name),
            ("ghcr.io/a/other", &["localhost/app"], ImageMatch::No),
            ("${IMAGE}", &["app"], ImageMatch::No),
            ("app", &[], ImageMatch::No),
        ] {
            assert_eq!(compare(written, &names(called), &digests), wanted, "{written} {called:?}");
        }
    }
}
