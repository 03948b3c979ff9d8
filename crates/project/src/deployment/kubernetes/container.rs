use plimsoll_evidence::workload::{EnvFrom, EnvSource, EnvVar, ImageMatch, Port, Resource, Role, Volume};
use plimsoll_evidence::{Container, Placed};
use plimsoll_yaml::Node;

use super::super::fields::{place, placed_text};
use super::Reader;
use super::security::Pod;

impl Reader<'_, '_> {
    pub(super) fn container(&mut self, item: &Node, role: Role, pod: &Pod, volumes: &mut Vec<Volume>) -> Container {
        let named = item.get("name");
        let name = named.and_then(Node::text).unwrap_or("without a name").to_owned();
        let at = place(named.unwrap_or(item).place);
        let restart = self.complaints.text(item, "restartPolicy");
        let stays = restart.as_ref().is_some_and(|r| r.value == "Always");
        let resources = self.complaints.mapping(item, "resources");
        Container {
            place: at,
            role: if role == Role::Init && stays { Role::Sidecar } else { role },
            image: self.complaints.text(item, "image").filter(|i| !i.value.is_empty()),
            built: None,
            runs: ImageMatch::NotCompared,
            pull_policy: self.complaints.text(item, "imagePullPolicy"),
            // An empty list is as good as none.
            entrypoint: self.complaints.words(item, "command").filter(|w| !w.value.is_empty()),
            arguments: self.complaints.words(item, "args").filter(|w| !w.value.is_empty()),
            working_dir: self.complaints.text(item, "workingDir"),
            env: self.env(item),
            env_from: self.env_from(item),
            ports: self.ports(item),
            security: pod.settle(item, &name, at, &mut self.complaints),
            mounts: self.mounts(item, volumes),
            requests: resources.map(|r| quantities(r.get("requests"))).unwrap_or_default(),
            limits: resources.map(|r| quantities(r.get("limits"))).unwrap_or_default(),
            probes: self.probes(item),
            hooks: self.hooks(item),
            logging: None,
            live_edits: Vec::new(),
            stop_signal: item.get("lifecycle").and_then(|l| self.complaints.text(l, "stopSignal")),
            name,
        }
    }

    fn env(&mut self, item: &Node) -> Vec<EnvVar> {
        let items = self.complaints.list(item, "env");
        let mut env = Vec::new();
        for item in items {
            let Some(name) = self.complaints.text(item, "name") else { continue };
            let from = item.given("valueFrom").and_then(|f| f.entries().iter().find(|e| !e.value.is_null()));
            let value = if let Some(entry) = from {
                let of = entry.value.get("name").and_then(Node::text).unwrap_or_default().to_owned();
                match entry.key.text() {
                    Some("secretKeyRef") => EnvSource::SecretKey(of),
                    Some("configMapKeyRef") => EnvSource::ConfigKey(of),
                    _ => EnvSource::Field,
                }
            } else {
                let value = self.complaints.text(item, "value").unwrap_or_else(|| Placed::new(String::new(), name.place));
                EnvSource::Literal(value)
            };
            env.push(EnvVar { name: name.value, place: name.place, value });
        }
        env
    }

    fn env_from(&mut self, item: &Node) -> Vec<Placed<EnvFrom>> {
        let items = self.complaints.list(item, "envFrom");
        items
            .iter()
            .filter_map(|item| {
                let of = |node: &Node| node.get("name").and_then(Node::text).unwrap_or_default().to_owned();
                let (node, from) = match (item.given("secretRef"), item.given("configMapRef")) {
                    (Some(secret), _) => (secret, EnvFrom::Secret(of(secret))),
                    (None, Some(map)) => (map, EnvFrom::ConfigMap(of(map))),
                    (None, None) => return None,
                };
                Some(Placed::new(from, place(node.place)))
            })
            .collect()
    }

    fn ports(&mut self, item: &Node) -> Vec<Port> {
        let items = self.complaints.list(item, "ports");
        let mut ports = Vec::new();
        for item in items {
            let Some(container) = self.complaints.scalar(item, "containerPort") else { continue };
            // Zero binds nothing.
            let host = self.complaints.scalar(item, "hostPort").filter(|p| p.value != "0");
            let host_ip = item.given("hostIP").and_then(Node::text).map(str::to_owned);
            ports.push(Port { place: container.place, container: container.value, host, host_ip });
        }
        ports
    }
}

pub(super) fn quantities(node: Option<&Node>) -> Vec<Resource> {
    let entries = node.map(Node::entries).unwrap_or_default();
    let quantity = |e: &plimsoll_yaml::Entry| {
        let value = placed_text(&e.value).filter(|q| !q.value.is_empty())?;
        Some(Resource { name: e.key.text()?.to_owned(), quantity: value })
    };
    entries.iter().filter_map(quantity).collect()
}
