use serde::{Deserialize, Serialize};

use crate::{Place, Placed};

/// What a probe is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeKind {
    /// Failing, the container is started anew.
    Liveness,
    /// Failing, it gets no requests.
    Readiness,
    /// Until it succeeds, the others wait.
    Startup,
    /// An engine's health check (Compose, Podman).
    HealthCheck,
}

impl ProbeKind {
    /// Its name in a sentence.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Liveness => "liveness probe",
            Self::Readiness => "readiness probe",
            Self::Startup => "startup probe",
            Self::HealthCheck => "health check",
        }
    }
}

/// A probe. Times are in milliseconds; what is not written is absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// What for.
    pub kind: ProbeKind,
    /// Where it is declared.
    pub place: Place,
    /// What it does.
    pub action: Action,
    /// Time before the first.
    pub initial_delay: Option<Placed<u64>>,
    /// Time between two.
    pub period: Option<Placed<u64>>,
    /// Time after which one has failed.
    pub timeout: Option<Placed<u64>>,
    /// Failures in a row that count.
    pub failures: Option<Placed<u64>>,
}

/// What a probe or hook does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Action {
    /// Runs a program in the container.
    Exec(Vec<String>),
    /// Runs a line by the container's shell.
    Shell(String),
    /// Asks by HTTP.
    Http {
        /// The path.
        path: String,
        /// The port, a number or a name.
        port: String,
        /// Another host than the pod.
        host: Option<Placed<String>>,
    },
    /// Opens a connection.
    Tcp {
        /// The port, a number or a name.
        port: String,
        /// Another host than the pod.
        host: Option<Placed<String>>,
    },
    /// Asks by gRPC's health protocol.
    Grpc {
        /// The port.
        port: String,
    },
    /// Waits (hooks only), in milliseconds.
    Sleep(u64),
    /// Switched off: Compose's `disable: true`, a test of `NONE`.
    Off,
    /// Nothing that a runtime would do.
    Nothing,
}

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HookTime {
    /// After the container was started.
    PostStart,
    /// Before it is told to end.
    PreStop,
}

/// Something that runs beside the container's own program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// When.
    pub time: HookTime,
    /// Where it is declared.
    pub place: Place,
    /// What it does.
    pub action: Action,
}
