use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the image's config says of how to run it (OCI image specification v1.1, config.md), as text: nothing is
/// trusted to be well formed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ImageConfig {
    /// When the image says that it was made (RFC 3339), unparsed.
    pub created: Option<String>,
    /// Who made it.
    pub author: Option<String>,
    /// `User`, unparsed: `uid`, `name`, `uid:gid`, `name:group` …; empty means root.
    pub user: String,
    /// `ExposedPorts`, sorted: `22/tcp`.
    pub exposed_ports: Vec<String>,
    /// `Env` in order, split at the first `=`.
    pub env: Vec<(String, String)>,
    /// `Entrypoint`.
    pub entrypoint: Vec<String>,
    /// `Cmd`.
    pub cmd: Vec<String>,
    /// Docker's `Shell`, where set.
    pub shell: Vec<String>,
    /// `Volumes`, sorted.
    pub volumes: Vec<String>,
    /// `WorkingDir`; empty means `/`.
    pub working_dir: String,
    /// `Labels`.
    pub labels: BTreeMap<String, String>,
    /// `StopSignal`.
    pub stop_signal: Option<String>,
    /// `Healthcheck` (Docker's extension).
    pub healthcheck: Option<HealthCheck>,
    /// `OnBuild` (Docker's extension).
    pub on_build: Vec<String>,
    /// Docker's `ArgsEscaped`-like leftovers and other unknown members of the config, by name.
    pub unknown_members: Vec<String>,
}

impl ImageConfig {
    /// The value of an environment variable; the last wins, as in a process.
    pub fn env(&self, name: &str) -> Option<&str> {
        self.env.iter().rev().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Entrypoint and command, as a runtime joins them.
    pub fn command(&self) -> Vec<&str> {
        self.entrypoint.iter().chain(&self.cmd).map(String::as_str).collect()
    }
}

/// Docker's HEALTHCHECK.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// `["NONE"]`, `["CMD", …]`, `["CMD-SHELL", command]`, or empty (inherited).
    pub test: Vec<String>,
    /// Time between two probes, in nanoseconds; 0 means the engine's default of 30 s.
    pub interval: i64,
    /// Time after which a probe has failed, in nanoseconds; 0 means 30 s.
    pub timeout: i64,
    /// Time in which failures do not count, in nanoseconds.
    pub start_period: i64,
    /// Failures in a row that make the container unhealthy; 0 means 3.
    pub retries: i64,
}

/// One entry of the config's `history`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryStep {
    /// When, unparsed.
    pub created: Option<String>,
    /// The command, as the builder wrote it.
    pub created_by: String,
    /// A remark of the builder.
    pub comment: String,
    /// The layer it made, by place in the manifest; none for a step that changed the config alone.
    pub layer: Option<usize>,
}
