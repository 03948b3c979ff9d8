//! The options of podman-run(1), whatever they were written as: flags of a command line, `PodmanArgs=`, keys of a unit.

use std::collections::BTreeMap;

use plimsoll_evidence::workload::{
    Action, EnvFrom, EnvSource, EnvVar, HostNamespace, ImageMatch, Logging, Mount, Probe, ProbeKind, Resource, Role, Runner, Security,
    Setting, UserNamespace, Volume, VolumeKind,
};
use plimsoll_evidence::{Container, Place, Placed, Workload};

use super::super::compose::ports::short as port;
use super::super::compose::security::option_of_security;
use super::super::compose::volumes::{is_path, limit_of, short, tmpfs};
use super::super::quantity::{boolean, duration, size};

/// A container as its options make it, step by step.
pub(super) struct Run {
    pub(super) workload: Workload,
    pub(super) container: Container,
    pub(super) complaints: Vec<(Place, String)>,
    health: Option<Probe>,
    no_health: Option<Place>,
}

/// Options that take no value of their own: what follows them is the next option.
const FLAGS: &[&str] = &[
    "--detach",
    "--interactive",
    "--tty",
    "--rm",
    "--privileged",
    "--read-only",
    "--read-only-tmpfs",
    "--init",
    "--replace",
    "--no-healthcheck",
    "--no-hosts",
    "--no-hostname",
    "--oom-kill-disable",
    "--publish-all",
    "--rmi",
    "--sig-proxy",
    "--tls-verify",
    "--quiet",
    "--http-proxy",
    "--env-host",
    "--passwd",
    "--rootfs",
    "--disable-content-trust",
    "--help",
];

impl Run {
    pub(super) fn new(name: &str, kind: &str, at: Place) -> Self {
        let workload = Workload {
            runner: Runner::Podman,
            kind: kind.to_owned(),
            name: name.to_owned(),
            namespace: None,
            place: at,
            labels: BTreeMap::new(),
            replicas: None,
            restart: None,
            os: None,
            node: None,
            service_account: None,
            mounts_token: None,
            grace: None,
            strategy: None,
            volumes: Vec::new(),
            claim_templates: Vec::new(),
            containers: Vec::new(),
        };
        let container = Container {
            name: name.to_owned(),
            place: at,
            role: Role::Main,
            image: None,
            built: None,
            runs: ImageMatch::NotCompared,
            pull_policy: None,
            entrypoint: None,
            arguments: None,
            working_dir: None,
            env: Vec::new(),
            env_from: Vec::new(),
            ports: Vec::new(),
            security: Security { place: Some(at), ..Security::default() },
            mounts: Vec::new(),
            requests: Vec::new(),
            limits: Vec::new(),
            probes: Vec::new(),
            hooks: Vec::new(),
            logging: None,
            live_edits: Vec::new(),
            stop_signal: None,
        };
        Self { workload, container, complaints: Vec::new(), health: None, no_health: None }
    }

    pub(super) fn finish(mut self) -> Workload {
        if let Some(place) = self.no_health {
            let off = self.probe(place);
            off.action = Action::Off;
        }
        // Times without a command change the image's own check, and are no probe.
        self.container.probes.extend(self.health.filter(|p| p.action != Action::Nothing));
        self.workload.containers.push(self.container);
        self.workload
    }

    fn probe(&mut self, place: Place) -> &mut Probe {
        self.health.get_or_insert(Probe {
            kind: ProbeKind::HealthCheck,
            place,
            action: Action::Nothing,
            initial_delay: None,
            period: None,
            timeout: None,
            failures: None,
        })
    }

    /// Takes the options at the head of a line of words; gives what follows them.
    pub(super) fn options<'w>(&mut self, words: &'w [Placed<String>]) -> &'w [Placed<String>] {
        let mut rest = words;
        while let Some((word, after)) = rest.split_first() {
            let Some(long) = Self::long_name(word) else { return rest };
            rest = after;
            if long.is_empty() {
                return rest;
            }
            if let Some((name, value)) = long.split_once('=') {
                self.option(name, Some(Placed::new(value.to_owned(), word.place)), word.place);
            } else if FLAGS.contains(&long.as_str()) {
                self.option(&long, None, word.place);
            } else if let Some((value, after)) = rest.split_first() {
                self.option(&long, Some(value.clone()), word.place);
                rest = after;
            }
        }
        rest
    }

    /// A word as the long name of its option, with the value that it carries; empty for `--`, none for what is no option. Short options
    /// without a value may stand together: `-dit`.
    fn long_name(word: &Placed<String>) -> Option<String> {
        if word.value == "--" {
            return Some(String::new());
        }
        if word.value.starts_with("--") {
            return Some(word.value.clone());
        }
        let letters = word.value.strip_prefix('-').filter(|l| !l.is_empty())?;
        for (at, letter) in letters.char_indices() {
            let long = match letter {
                'd' | 'i' | 't' | 'q' | 'P' => continue,
                'v' => "--volume",
                'u' => "--user",
                'm' => "--memory",
                'e' => "--env",
                'p' => "--publish",
                'h' => "--hostname",
                'w' => "--workdir",
                'l' => "--label",
                'c' => "--cpu-shares",
                'a' => "--attach",
                _ => "--unknown",
            };
            let value = letters[at + letter.len_utf8()..].trim_start_matches('=');
            return Some(if value.is_empty() { long.to_owned() } else { format!("{long}={value}") });
        }
        // Only options without a value.
        Some("--quiet".to_owned())
    }

    /// One option. `at` is where its name stands.
    pub(super) fn option(&mut self, name: &str, value: Option<Placed<String>>, at: Place) {
        let text = value.unwrap_or_else(|| Placed::new("true".to_owned(), at));
        let place = text.place;
        let security = &mut self.container.security;
        let flag = || Some(Setting::new(boolean(&text.value).unwrap_or(true), at));
        match name {
            "--privileged" => security.privileged = flag(),
            "--read-only" => security.read_only_root = flag(),
            "--read-only-tmpfs" => security.read_only_tmpfs = boolean(&text.value).map(|b| Placed::new(b, place)),
            "--cap-add" => security.capabilities_add.extend(list(&text)),
            "--cap-drop" => security.capabilities_drop.extend(list(&text)),
            "--security-opt" => option_of_security(&text, security),
            "--user" => self.user(&text),
            "--group-add" => security.supplemental_groups.push(text),
            "--device" | "--device-cgroup-rule" | "--gpus" => security.devices.push(text.map(|d| d.trim_start_matches('-').to_owned())),
            "--sysctl" => {
                let (name, value) = text.value.split_once('=').unwrap_or((&text.value, ""));
                security.sysctls.push(Placed::new((name.to_owned(), value.to_owned()), place));
            }
            "--pid" | "--ipc" | "--uts" | "--cgroupns" | "--network" | "--net" => self.namespace(name, &text),
            "--userns" | "--uidmap" | "--gidmap" | "--subuidname" | "--subgidname" => self.user_namespace(name, &text),
            "--volume" => self.volume(&text),
            "--tmpfs" => {
                let mount = tmpfs(&text, &mut self.workload.volumes);
                self.container.mounts.push(mount);
            }
            "--mount" => self.mount(&text),
            "--secret" => self.secret(&text),
            "--memory" => self.limit("memory", &text, size(&text.value)),
            "--memory-reservation" => self.request("memory", &text, size(&text.value)),
            "--cpus" => self.limit("cpu", &text, Some(text.value.clone())),
            "--pids-limit" => self.limit("pids", &text, Some(text.value.clone())),
            "--env" => self.env(&text),
            "--env-file" => self.container.env_from.push(text.map(EnvFrom::File)),
            "--publish" => self.container.ports.push(port(&text)),
            "--entrypoint" => self.container.entrypoint = Some(Placed::new(entrypoint(&text.value), place)),
            "--workdir" => self.container.working_dir = Some(text),
            "--pull" => self.container.pull_policy = Some(text),
            "--stop-signal" => self.container.stop_signal = Some(text),
            "--stop-timeout" => self.workload.grace = duration(&text.value).map(|ms| Placed::new(ms, place)),
            "--restart" => self.workload.restart = Some(text),
            "--log-driver" => self.log_driver(text),
            "--log-opt" => {
                let (key, value) = text.value.split_once('=').unwrap_or((&text.value, ""));
                if let Some(logging) = &mut self.container.logging {
                    logging.options.push((key.to_owned(), value.to_owned()));
                }
            }
            "--name" => self.container.name = text.value,
            "--no-healthcheck" => self.no_health = Some(at),
            _ if name.starts_with("--health-") => self.health(name, &text),
            _ => {}
        }
    }

    fn user(&mut self, text: &Placed<String>) {
        let (user, group) = text.value.split_once(':').map_or((text.value.as_str(), None), |(u, g)| (u, Some(g)));
        if !user.is_empty() {
            self.container.security.user = Some(Setting::new(user.to_owned(), text.place));
        }
        if let Some(group) = group.filter(|g| !g.is_empty()) {
            self.container.security.group = Some(Setting::new(group.to_owned(), text.place));
        }
    }

    fn namespace(&mut self, name: &str, text: &Placed<String>) {
        let which = match name {
            "--pid" => HostNamespace::Pid,
            "--ipc" => HostNamespace::Ipc,
            "--uts" => HostNamespace::Uts,
            "--cgroupns" => HostNamespace::Cgroup,
            _ => HostNamespace::Network,
        };
        if text.value == "host" {
            self.container.security.host_namespaces.push(Placed::new(which, text.place));
        }
    }

    fn user_namespace(&mut self, name: &str, text: &Placed<String>) {
        let value = text.value.clone();
        let which = match (name, value.as_str()) {
            ("--userns", "host") => UserNamespace::Host,
            ("--userns", v) if v.starts_with("keep-id") => UserNamespace::KeepId(value),
            // Podman's own default, as its configuration has it.
            ("--userns", "" | "private") => return,
            _ => UserNamespace::Own(value),
        };
        self.container.security.user_namespace = Some(Placed::new(which, text.place));
    }

    fn limit(&mut self, name: &str, text: &Placed<String>, quantity: Option<String>) {
        let value = quantity.unwrap_or_else(|| text.value.clone());
        if matches!(value.as_str(), "0" | "-1" | "infinity") {
            self.container.limits.retain(|r| r.name != name);
            return;
        }
        self.container.limits.retain(|r| r.name != name);
        self.container.limits.push(Resource { name: name.to_owned(), quantity: Placed::new(value, text.place) });
    }

    fn request(&mut self, name: &str, text: &Placed<String>, quantity: Option<String>) {
        let quantity = Placed::new(quantity.unwrap_or_else(|| text.value.clone()), text.place);
        self.container.requests.push(Resource { name: name.to_owned(), quantity });
    }

    /// A limit that systemd sets on the service, in which the container runs.
    pub(super) fn service_limit(&mut self, name: &str, text: &Placed<String>) {
        if self.container.limit(name).is_none() {
            self.limit(name, text, size(&text.value));
        }
    }

    fn env(&mut self, text: &Placed<String>) {
        let (name, value) = match text.value.split_once('=') {
            Some((name, value)) => (name, EnvSource::Literal(Placed::new(value.to_owned(), text.place))),
            None => (text.value.as_str(), EnvSource::Outside),
        };
        self.container.env.push(EnvVar { name: name.to_owned(), place: text.place, value });
    }

    fn log_driver(&mut self, driver: Placed<String>) {
        match &mut self.container.logging {
            Some(logging) => logging.driver = driver,
            None => self.container.logging = Some(Logging { driver, options: Vec::new() }),
        }
    }

    fn health(&mut self, name: &str, text: &Placed<String>) {
        let place = text.place;
        let millis = duration(&text.value).map(|ms| Placed::new(ms, place));
        let probe = self.probe(place);
        match name {
            "--health-cmd" => {
                probe.place = place;
                probe.action = match text.value.trim() {
                    "none" => Action::Off,
                    "" => Action::Nothing,
                    command => Action::Shell(command.to_owned()),
                };
            }
            "--health-interval" => probe.period = millis,
            "--health-timeout" => probe.timeout = millis,
            "--health-start-period" => probe.initial_delay = millis,
            "--health-retries" => probe.failures = text.value.parse().ok().map(|n| Placed::new(n, place)),
            _ => {}
        }
    }

    fn add_volume(&mut self, name: &str, at: Place, kind: VolumeKind, path: Placed<String>, options: &[&str]) {
        self.workload.volumes.push(Volume { name: name.to_owned(), place: at, kind });
        let given = options.iter().rev().find(|o| matches!(**o, "ro" | "rw" | "readonly"));
        let truth = options.iter().rev().find_map(|o| boolean(o.strip_prefix("ro=").or_else(|| o.strip_prefix("readonly="))?));
        self.container.mounts.push(Mount {
            volume: self.workload.volumes.len() as u32 - 1,
            path,
            read_only: given.map(|o| *o != "rw").or(truth).map(|ro| Placed::new(ro, at)),
            sub_path: None,
            propagation: None,
            options: options.iter().map(|o| (*o).to_owned()).collect(),
        });
    }

    fn volume(&mut self, text: &Placed<String>) {
        let form = short(&text.value);
        let path = Placed::new(form.target.to_owned(), text.place);
        let kind = match form.source {
            None => VolumeKind::Anonymous,
            // `%h` and the like stand for folders of the host.
            Some(source) if is_path(source) => VolumeKind::HostPath { path: Placed::new(source.to_owned(), text.place), check: None },
            Some(_) => VolumeKind::Named { external: false },
        };
        let overlay = form.options.contains(&"O");
        let name = form.source.unwrap_or(form.target).to_owned();
        let options = form.options.clone();
        self.add_volume(&name, text.place, kind, path, &options);
        if overlay && let Some(mount) = self.container.mounts.last_mut() {
            // What is written goes to a layer of its own; the host's folder stays as it is.
            mount.read_only = Some(Placed::new(true, text.place));
        }
    }

    /// `--mount type=bind,source=…,target=…,ro=true`.
    fn mount(&mut self, text: &Placed<String>) {
        let options: Vec<&str> = text.value.split(',').collect();
        let of = |names: &[&str]| options.iter().find_map(|o| o.split_once('=').filter(|(k, _)| names.contains(k)).map(|(_, v)| v));
        let Some(target) = of(&["target", "dst", "destination"]) else { return };
        let source = of(&["source", "src"]);
        let place = text.place;
        let kind = match (of(&["type"]).unwrap_or("volume"), source) {
            ("bind" | "glob", Some(source)) => VolumeKind::HostPath { path: Placed::new(source.to_owned(), place), check: None },
            ("tmpfs" | "ramfs", _) => {
                VolumeKind::Ephemeral { in_memory: true, size_limit: limit_of(&text.value).map(|l| Placed::new(l, place)) }
            }
            ("image", Some(source)) => VolumeKind::Image { reference: Placed::new(source.to_owned(), place) },
            ("volume", Some(_)) => VolumeKind::Named { external: false },
            ("volume", None) => VolumeKind::Anonymous,
            (other, _) => VolumeKind::Other { kind: other.to_owned() },
        };
        let name = source.unwrap_or(target).to_owned();
        let path = Placed::new(target.to_owned(), place);
        self.add_volume(&name, place, kind, path, &options);
    }

    /// `name[,type=mount|env][,target=…]`.
    fn secret(&mut self, text: &Placed<String>) {
        let mut parts = text.value.split(',');
        let name = parts.next().unwrap_or_default().to_owned();
        let of = |key: &str| text.value.split(',').find_map(|o| o.strip_prefix(key)?.strip_prefix('='));
        if of("type") == Some("env") {
            let variable = of("target").unwrap_or(&name).to_owned();
            self.container.env.push(EnvVar { name: variable, place: text.place, value: EnvSource::SecretKey(name) });
            return;
        }
        let target = of("target").unwrap_or(&name);
        let path = if target.starts_with('/') { target.to_owned() } else { format!("/run/secrets/{target}") };
        let kind = VolumeKind::Secret { name: name.clone() };
        self.add_volume(&name, text.place, kind, Placed::new(path, text.place), &[]);
    }
}

/// Several capabilities may stand in one value.
fn list(text: &Placed<String>) -> Vec<Placed<String>> {
    let words = text.value.split([',', ' ']).filter(|w| !w.is_empty());
    words.map(|w| Placed::new(w.to_owned(), text.place)).collect()
}

/// A program, or a JSON list of its words.
fn entrypoint(text: &str) -> Vec<String> {
    let stream = plimsoll_yaml::parse(text, plimsoll_yaml::Rules::Compose);
    match stream.documents.first().and_then(|d| d.root.sequence()).filter(|_| text.starts_with('[')) {
        Some(items) => items.iter().filter_map(|i| i.text().map(str::to_owned)).collect(),
        None if text.is_empty() => Vec::new(),
        None => vec![text.to_owned()],
    }
}
