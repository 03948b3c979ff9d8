//! The deployment as a verdict sees it: the containers that it is about, and what each of them really gets.

mod commands;
mod databases;
mod runs_as;
mod storage;
#[cfg(test)]
pub(crate) mod trial;
mod volumes;

use plimsoll_evidence::workload::{EnvSource, ImageMatch, Role, Runner};
use plimsoll_evidence::{Container, Deployment, Evidence, Place, Workload};

use crate::case::Case;

pub(crate) use commands::{Set, script_of};
pub(crate) use runs_as::{RunsAs, runs_as};
pub(crate) use storage::{HostPath, host_paths};
pub(crate) use volumes::{At, WITHOUT_SOCKET, is_below, is_engine_socket, is_writable, normal, sensitive_host_path};

/// What a deployment says about the image that is checked; where none is, about all of its containers.
pub(crate) struct Deployed<'a> {
    /// The whole deployment; none where none was given or it could not be read.
    pub(crate) deployment: Option<&'a Deployment>,
    /// The containers that the verdict is about.
    pub(crate) containers: Vec<Running<'a>>,
}

/// A container with the workload that it is a part of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Running<'a> {
    pub(crate) workload: &'a Workload,
    pub(crate) container: &'a Container,
}

impl<'a> Deployed<'a> {
    pub(crate) fn of(evidence: &'a Evidence) -> Self {
        let deployment = evidence.deployment.found();
        let containers = deployment
            .into_iter()
            .flat_map(Deployment::containers)
            .filter(|(_, container)| container.runs != ImageMatch::No)
            .map(|(workload, container)| Running { workload, container })
            .collect();
        Self { deployment, containers }
    }

    /// Whether there is a container to judge.
    pub(crate) fn is_known(&self) -> bool {
        !self.containers.is_empty()
    }

    /// Asks for a deployment, or for one that this image runs in.
    pub(crate) fn need(&self, case: &mut Case<'_>, what: &str) {
        match self.deployment {
            None => case.need(what, "give the deployment's manifests (Kubernetes, Compose, Quadlet)"),
            Some(_) => case.need(
                format!("{what}: no container of the deployment runs this image"),
                "give the deployment that runs it, or say what it calls the image (--name NAME)",
            ),
        }
    }

    /// Whether every container starts something else than the image does: what the image's own start does is then no more than advice.
    pub(crate) fn replaces_start(&self) -> bool {
        self.is_known() && self.containers.iter().all(|r| r.container.entrypoint.is_some())
    }

    /// The containers that serve: not those that run to an end before the others, nor those that look into a running pod.
    pub(crate) fn serving(&self) -> impl Iterator<Item = &Running<'a>> {
        self.containers.iter().filter(|r| matches!(r.container.role, Role::Main | Role::Sidecar))
    }

    /// Their workloads, each once.
    pub(crate) fn workloads(&self) -> Vec<&'a Workload> {
        let mut seen: Vec<&Workload> = Vec::new();
        for running in &self.containers {
            // Containers of one workload stand together.
            if !seen.last().is_some_and(|w| std::ptr::eq(*w, running.workload)) {
                seen.push(running.workload);
            }
        }
        seen
    }

    /// What the verdict is about, for a summary: `2 containers of the deployment`.
    pub(crate) fn shown(&self) -> String {
        match &self.containers[..] {
            [only] => only.name(),
            all => format!("{} of the deployment", crate::shown::count(all.len(), "container")),
        }
    }
}

impl Running<'_> {
    /// What the container is called in a sentence.
    pub(crate) fn name(&self) -> String {
        if self.workload.runner == Runner::Kubernetes || self.workload.containers.len() > 1 {
            format!("container {} of {}", self.container.name, self.workload.title())
        } else {
            self.workload.title()
        }
    }

    pub(crate) fn is_kubernetes(&self) -> bool {
        self.workload.runner == Runner::Kubernetes
    }

    /// Whether it runs on Windows, where most of Linux' confinement does not exist.
    pub(crate) fn is_windows(&self) -> bool {
        self.workload.os.as_ref().is_some_and(|os| os.value == "windows")
    }

    /// Whether its pod ends by itself.
    pub(crate) fn runs_to_an_end(&self) -> bool {
        matches!(self.workload.kind.as_str(), "Job" | "CronJob")
    }

    /// Where its environment says that temporary files go (tempfile(3), Python's tempfile, Node's `os.tmpdir`).
    pub(crate) fn temporary_dirs(&self) -> impl Iterator<Item = &str> {
        self.container.env.iter().filter(|e| matches!(e.name.as_str(), "TMPDIR" | "TMP" | "TEMP")).filter_map(|e| match &e.value {
            EnvSource::Literal(value) if value.value.starts_with('/') => Some(value.value.as_str()),
            _ => None,
        })
    }

    /// Where a setting of its security would be written.
    pub(crate) fn security_place(&self) -> Place {
        self.container.security.place.unwrap_or(self.container.place)
    }

    /// The runner's own words for a setting: of Kubernetes, of Compose, of Podman's units.
    pub(crate) fn words(&self, kubernetes: &'static str, compose: &'static str, podman: &'static str) -> &'static str {
        match self.workload.runner {
            Runner::Kubernetes => kubernetes,
            Runner::Compose => compose,
            Runner::Podman => podman,
        }
    }
}
