use plimsoll_evidence::Placed;
use plimsoll_evidence::workload::{Action, Hook, HookTime, Probe, ProbeKind};
use plimsoll_yaml::Node;

use super::super::fields::key_place;
use super::Reader;

impl Reader<'_, '_> {
    pub(super) fn probes(&mut self, container: &Node) -> Vec<Probe> {
        let kinds =
            [("livenessProbe", ProbeKind::Liveness), ("readinessProbe", ProbeKind::Readiness), ("startupProbe", ProbeKind::Startup)];
        let mut probes = Vec::new();
        for (key, kind) in kinds {
            let Some(entry) = container.entry(key) else { continue };
            let Some(node) = self.complaints.mapping(container, key) else { continue };
            let mut seconds = |key| self.complaints.count(node, key).map(|n| n.map(|n| n.saturating_mul(1000)));
            let (initial_delay, period, timeout) = (seconds("initialDelaySeconds"), seconds("periodSeconds"), seconds("timeoutSeconds"));
            let failures = self.complaints.count(node, "failureThreshold");
            let action = self.action(node);
            probes.push(Probe { kind, place: key_place(entry), action, initial_delay, period, timeout, failures });
        }
        probes
    }

    pub(super) fn hooks(&mut self, container: &Node) -> Vec<Hook> {
        let Some(lifecycle) = self.complaints.mapping(container, "lifecycle") else { return Vec::new() };
        let mut hooks = Vec::new();
        for (key, time) in [("postStart", HookTime::PostStart), ("preStop", HookTime::PreStop)] {
            let Some(entry) = lifecycle.entry(key) else { continue };
            let Some(node) = self.complaints.mapping(lifecycle, key) else { continue };
            hooks.push(Hook { time, place: key_place(entry), action: self.action(node) });
        }
        hooks
    }

    fn action(&mut self, node: &Node) -> Action {
        if let Some(exec) = self.complaints.mapping(node, "exec") {
            let command: Vec<String> = self.complaints.texts(exec, "command").into_iter().map(|t| t.value).collect();
            return if command.is_empty() { Action::Nothing } else { Action::Exec(command) };
        }
        let port = |node: &Node| node.get("port").and_then(Node::text).unwrap_or_default().to_owned();
        if let Some(http) = self.complaints.mapping(node, "httpGet") {
            let path = http.get("path").and_then(Node::text).filter(|p| !p.is_empty()).unwrap_or("/").to_owned();
            return Action::Http { path, port: port(http), host: self.host(http) };
        }
        if let Some(tcp) = self.complaints.mapping(node, "tcpSocket") {
            return Action::Tcp { port: port(tcp), host: self.host(tcp) };
        }
        if let Some(grpc) = self.complaints.mapping(node, "grpc") {
            return Action::Grpc { port: port(grpc) };
        }
        if let Some(sleep) = self.complaints.mapping(node, "sleep") {
            return Action::Sleep(self.complaints.count(sleep, "seconds").map_or(0, |n| n.value.saturating_mul(1000)));
        }
        Action::Nothing
    }

    fn host(&mut self, node: &Node) -> Option<Placed<String>> {
        self.complaints.text(node, "host").filter(|h| !h.value.is_empty())
    }
}
