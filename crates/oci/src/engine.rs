//! Images that an engine of this machine holds, by the Docker Engine API over its Unix socket (podman speaks it too):
//! the engine saves the image as an archive, which is put on disk and read like any other.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use plimsoll_evidence::printable_line;
use reqwest::blocking::{Client, Response};
use serde::Deserialize;

use crate::address::without_login;
use crate::archive::{self, Format};
use crate::error::{OpenError, OpenErrorKind};
use crate::reference::Engine;
use crate::select::{Pick, listed};
use crate::{Image, Options};

/// The oldest API version with all that is used here; every engine of today still speaks it.
const API: &str = "http://engine/v1.40";
/// Largest answer that is not the image itself.
const LARGEST: u64 = 16 << 20;
/// How long the engine may be silent: it packs layers before it sends the first byte.
const PATIENCE: Duration = Duration::from_mins(5);

impl Engine {
    fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }

    /// The variable that names the socket.
    fn variable(self) -> &'static str {
        match self {
            Self::Docker => "DOCKER_HOST",
            Self::Podman => "CONTAINER_HOST",
        }
    }

    /// Where the socket is looked for: where the variable says, otherwise the user's own engine and then the system's.
    fn sockets(self, environment: &dyn Fn(&str) -> Option<OsString>) -> Result<Vec<PathBuf>, OpenError> {
        if let Some(value) = environment(self.variable()).filter(|v| !v.is_empty()) {
            let value = value.to_string_lossy().into_owned();
            return match value.strip_prefix("unix://") {
                Some(path) if path.starts_with('/') => Ok(vec![path.into()]),
                _ => Err(OpenError::new(
                    OpenErrorKind::Unsupported,
                    format!("{}={}", self.variable(), without_login(&value)),
                    "only engines of this machine are asked, by a Unix socket",
                    format!("name a socket (unix:///path), or save the image there ({} save) and check the file", self.name()),
                )),
            };
        }
        let own = environment("XDG_RUNTIME_DIR").filter(|v| !v.is_empty()).map(PathBuf::from);
        let (user, system) = match self {
            Self::Docker => ("docker.sock", "/var/run/docker.sock"),
            Self::Podman => ("podman/podman.sock", "/run/podman/podman.sock"),
        };
        let own = own.map(|d| d.join(user));
        let system = PathBuf::from(system);
        // Docker's own client asks the system's engine unless told otherwise, podman the user's.
        Ok(match self {
            Self::Docker => [Some(system), own].into_iter().flatten().collect(),
            Self::Podman => [own, Some(system)].into_iter().flatten().collect(),
        })
    }
}

#[derive(Deserialize)]
struct Inspected {
    #[serde(rename = "Id")]
    id: String,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(rename = "RepoTags")]
    tags: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Said {
    message: Option<String>,
    cause: Option<String>,
}

/// Opens an image that an engine holds.
pub(crate) fn open(
    reference: &str,
    engine: Engine,
    name: &str,
    options: &Options,
    notes: &mut Vec<String>,
) -> Result<Vec<Image>, OpenError> {
    if options.offline {
        return Err(OpenError::new(
            OpenErrorKind::Offline,
            reference,
            "it lies in an engine, which is asked through a socket, and --offline opens none",
            format!("save it to a file ({} save -o FILE {name}) and check that file", engine.name()),
        ));
    }
    let sockets = match &options.engine_socket {
        Some(socket) => vec![socket.clone()],
        None => engine.sockets(&|variable| std::env::var_os(variable))?,
    };
    open_at(reference, engine, &sockets, name, options, notes)
}

fn open_at(
    reference: &str,
    engine: Engine,
    sockets: &[PathBuf],
    name: &str,
    options: &Options,
    notes: &mut Vec<String>,
) -> Result<Vec<Image>, OpenError> {
    if name.starts_with('-') || name.contains(['?', '#', '%', '\\']) || name.split('/').any(|p| p.is_empty() || p == "." || p == "..") {
        return Err(OpenError::new(
            OpenErrorKind::Reference,
            reference,
            format!("{name:?} is no image name"),
            "write NAME:TAG or an image ID",
        ));
    }
    let connection = connect(engine, sockets)?;
    let inspected: Inspected = match connection.get(&format!("/images/{name}/json"))? {
        answer if answer.status().is_success() => connection.json(answer)?,
        answer if answer.status() == 404 => return Err(connection.absent(name)),
        answer => return Err(connection.refused(answer, name)),
    };
    // By its ID: a name without a tag would bring every image of that name.
    let id = inspected.id.strip_prefix("sha256:").unwrap_or(&inspected.id);
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(OpenError::malformed(reference, format!("the engine calls it {:?}, which is no image ID", inspected.id)));
    }
    let answer = connection.get(&format!("/images/{id}/get"))?;
    if !answer.status().is_success() {
        return Err(connection.refused(answer, name));
    }
    let what = format!("{name} of {}", connection.what());
    archive::open_stream(reference, &what, answer, Format::Seen, &Pick::Only, options, notes)
}

struct Connection {
    engine: Engine,
    socket: PathBuf,
    client: Client,
}

fn connect(engine: Engine, sockets: &[PathBuf]) -> Result<Connection, OpenError> {
    let mut failures = Vec::new();
    for socket in sockets {
        match try_connect(engine, socket) {
            Ok(connection) => return Ok(connection),
            Err(cause) => failures.push(format!("{}: {cause}", socket.display())),
        }
    }
    let next = match engine {
        Engine::Docker => "start it, or name its socket by DOCKER_HOST=unix:///path; without an engine, save the image to a file",
        Engine::Podman => {
            "start it (podman system service, or systemctl --user start podman.socket), or name its socket by CONTAINER_HOST=unix:///path"
        }
    };
    Err(OpenError::new(
        OpenErrorKind::Unreachable,
        format!("the {} engine", engine.name()),
        format!("it does not answer ({})", failures.join("; ")),
        next,
    ))
}

fn try_connect(engine: Engine, socket: &Path) -> Result<Connection, String> {
    // A plain attempt first, for a plain reason.
    std::os::unix::net::UnixStream::connect(socket).map_err(|e| e.to_string())?;
    let tls = crate::registry::trusting(rustls::RootCertStore::empty()).map_err(|e| e.to_string())?;
    let client = Client::builder()
        .unix_socket(socket)
        // Without one of its own the client would look for a global one.
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .timeout(PATIENCE)
        .build()
        .map_err(|e| e.to_string())?;
    Ok(Connection { engine, socket: socket.to_owned(), client })
}

impl Connection {
    fn what(&self) -> String {
        format!("the {} engine at {}", self.engine.name(), self.socket.display())
    }

    fn get(&self, path: &str) -> Result<Response, OpenError> {
        self.client.get(format!("{API}{path}")).send().map_err(|e| {
            let cause = format!("it does not answer as an engine does ({})", crate::registry::chain(&e));
            OpenError::new(OpenErrorKind::Unreachable, self.what(), cause, "see that it runs, and that the socket is its")
        })
    }

    fn bytes(&self, answer: Response) -> Result<Vec<u8>, OpenError> {
        let mut bytes = Vec::new();
        answer.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|e| OpenError::io(self.what(), &e))?;
        if bytes.len() as u64 > LARGEST {
            return Err(OpenError::limit(self.what(), format!("it answers with more than {LARGEST} bytes")));
        }
        Ok(bytes)
    }

    fn json<T: for<'de> Deserialize<'de>>(&self, answer: Response) -> Result<T, OpenError> {
        let bytes = self.bytes(answer)?;
        serde_json::from_slice(&bytes).map_err(|e| {
            let cause = format!("it answers with other JSON than an engine does ({e})");
            OpenError::new(OpenErrorKind::Malformed, self.what(), cause, "see that the socket is an engine's")
        })
    }

    fn absent(&self, name: &str) -> OpenError {
        let list: Vec<Listed> = self.get("/images/json").and_then(|a| self.json(a)).unwrap_or_default();
        let mut names: Vec<String> = list.into_iter().flat_map(|l| l.tags.unwrap_or_default()).filter(|t| t != "<none>:<none>").collect();
        names.sort_unstable();
        names.dedup();
        let next = if names.is_empty() {
            format!("it holds no image with a name: pull or build it first, or write docker://{name} for one of a registry")
        } else {
            format!("name one of those it has: {}", listed(names))
        };
        OpenError::new(
            OpenErrorKind::NotFound,
            format!("{}:{name}", self.engine.name()),
            format!("{} has no such image", self.what()),
            next,
        )
    }

    fn refused(&self, answer: Response, name: &str) -> OpenError {
        let status = answer.status();
        let said = self.json::<Said>(answer).ok().and_then(|s| s.message.or(s.cause)).unwrap_or_default();
        OpenError::new(
            OpenErrorKind::Unreachable,
            format!("{}:{name}", self.engine.name()),
            format!("{} answers with status {} ({})", self.what(), status.as_u16(), printable_line(&said, 300)),
            "see the engine's log, or save the image to a file and check that",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sockets(engine: Engine, variables: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let environment = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v));
        let found = engine.sockets(&environment).map_err(|e| e.to_string())?;
        Ok(found.iter().map(|p| p.display().to_string()).collect())
    }

    #[test]
    fn where_sockets_are_looked_for() {
        assert_eq!(sockets(Engine::Docker, &[]).unwrap(), ["/var/run/docker.sock"]);
        assert_eq!(sockets(Engine::Docker, &[("XDG_RUNTIME_DIR", "/r")]).unwrap(), ["/var/run/docker.sock", "/r/docker.sock"]);
        assert_eq!(sockets(Engine::Podman, &[("XDG_RUNTIME_DIR", "/r")]).unwrap(), ["/r/podman/podman.sock", "/run/podman/podman.sock"]);
        assert_eq!(sockets(Engine::Docker, &[("DOCKER_HOST", "unix:///x"), ("XDG_RUNTIME_DIR", "/r")]).unwrap(), ["/x"]);
        assert_eq!(sockets(Engine::Podman, &[("CONTAINER_HOST", "unix:///x"), ("DOCKER_HOST", "unix:///y")]).unwrap(), ["/x"]);
    }

    #[test]
    fn other_than_sockets_is_refused_without_its_login() {
        for value in ["tcp://user:hunter2@h:2375", "ssh://user:hunter2@h", "unix://relative", "hunter2@h"] {
            let refused = sockets(Engine::Docker, &[("DOCKER_HOST", value)]).unwrap_err();
            assert!(refused.contains("DOCKER_HOST") && !refused.contains("hunter2"), "{refused}");
        }
    }

    #[test]
    fn names_that_would_be_other_requests() {
        let at = |name| open_at("docker:x", Engine::Docker, &[], name, &Options::default(), &mut Vec::new()).unwrap_err().kind();
        for name in ["../containers/json", "a//b", "x?y", "x%2f", "-x", "a/./b"] {
            assert_eq!(at(name), OpenErrorKind::Reference, "{name}");
        }
        assert_eq!(at("a/b:1"), OpenErrorKind::Unreachable);
    }
}
