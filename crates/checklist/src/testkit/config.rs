//! What an image's config says.

use plimsoll_evidence::{HealthCheck, ImageConfig, ImageFacts};

use super::Kit;

impl Kit {
    /// `User`.
    #[must_use]
    pub fn user(mut self, user: &str) -> Self {
        user.clone_into(&mut self.image.config.user);
        self
    }

    /// `Entrypoint`.
    #[must_use]
    pub fn entrypoint(mut self, words: &[&str]) -> Self {
        self.image.config.entrypoint = words.iter().map(|w| (*w).to_owned()).collect();
        self
    }

    /// `Cmd`.
    #[must_use]
    pub fn cmd(mut self, words: &[&str]) -> Self {
        self.image.config.cmd = words.iter().map(|w| (*w).to_owned()).collect();
        self
    }

    /// `Env`.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.image.config.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// `WorkingDir`.
    #[must_use]
    pub fn workdir(mut self, path: &str) -> Self {
        path.clone_into(&mut self.image.config.working_dir);
        self
    }

    /// A label.
    #[must_use]
    pub fn label(mut self, name: &str, value: &str) -> Self {
        self.image.config.labels.insert(name.to_owned(), value.to_owned());
        self
    }

    /// An annotation of the manifest.
    #[must_use]
    pub fn annotation(mut self, name: &str, value: &str) -> Self {
        self.image.annotations.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A volume.
    #[must_use]
    pub fn volume(mut self, path: &str) -> Self {
        self.image.config.volumes.push(path.to_owned());
        self.image.config.volumes.sort();
        self
    }

    /// An exposed port, as `22/tcp`.
    #[must_use]
    pub fn port(mut self, port: &str) -> Self {
        self.image.config.exposed_ports.push(port.to_owned());
        self
    }

    /// `StopSignal`.
    #[must_use]
    pub fn stop_signal(mut self, signal: &str) -> Self {
        self.image.config.stop_signal = Some(signal.to_owned());
        self
    }

    /// `Healthcheck` with an engine's default times.
    #[must_use]
    pub fn health(mut self, test: &[&str]) -> Self {
        self.image.config.healthcheck =
            Some(HealthCheck { test: test.iter().map(|w| (*w).to_owned()).collect(), ..HealthCheck::default() });
        self
    }

    /// Anything else of the config.
    #[must_use]
    pub fn config(mut self, change: impl FnOnce(&mut ImageConfig)) -> Self {
        change(&mut self.image.config);
        self
    }

    /// Anything else of the image.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut ImageFacts)) -> Self {
        change(&mut self.image);
        self
    }
}
