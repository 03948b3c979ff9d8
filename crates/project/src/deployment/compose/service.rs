use std::collections::{BTreeMap, BTreeSet};

use plimsoll_evidence::workload::Action;
use plimsoll_evidence::workload::{EnvFrom, EnvSource, EnvVar, Hook, HookTime, ImageMatch, Logging, Resource, Role, Runner};
use plimsoll_evidence::{Container, Place, Placed, ProblemKind, Workload};
use plimsoll_yaml::{Entry, Node, Value};

use super::super::fields::{Complaints, key_place, place, placed_text};
use super::super::quantity::{boolean, duration, size};
use super::interpolate::OUTSIDE;
use super::{Project, health, keys, ports, security, shared, volumes};

impl Project<'_, '_> {
    /// Every service of the merged files.
    pub(super) fn services(&mut self, whole: &Node, title: &str) {
        let mut complaints = Complaints::new(self.sources, "Compose");
        keys::check_top(whole, &mut complaints);
        let services = complaints.mapping(whole, "services").map(Node::entries).unwrap_or_default();
        if services.is_empty() && whole.get("include").is_none() {
            complaints.notes(ProblemKind::Unsupported, place(whole.place), format!("{title} has no services"));
        }
        let awaited = awaited(services);
        let mut workloads = Vec::new();
        for entry in services {
            let Some(name) = entry.key.text() else { continue };
            if entry.value.mapping().is_none() {
                complaints.hides(ProblemKind::Malformed, key_place(entry), format!("the service {name} is no mapping"));
                continue;
            }
            keys::check_service(name, &entry.value, &mut complaints);
            let mut workload = service(name, key_place(entry), &entry.value, whole, &mut complaints);
            if awaited.contains(name) {
                workload.containers.iter_mut().for_each(|c| c.role = Role::Init);
            }
            workloads.push(workload);
        }
        shared::take(services, &mut workloads, &mut complaints);
        self.into.problems.append(&mut complaints.problems);
        self.into.workloads.append(&mut workloads);
    }
}

/// Services for whose end others wait: they run once.
fn awaited(services: &[Entry]) -> BTreeSet<&str> {
    let dependencies = services.iter().filter_map(|s| s.value.get("depends_on")).flat_map(Node::entries);
    let ended = |e: &&Entry| e.value.get("condition").and_then(Node::text) == Some("service_completed_successfully");
    dependencies.filter(ended).filter_map(|e| e.key.text()).collect()
}

/// A boolean of Compose: text that reads as one is taken as one.
pub(super) fn flag(node: &Node, key: &str, complaints: &mut Complaints<'_>) -> Option<Placed<bool>> {
    let value = node.given(key)?;
    let found = value.as_bool().or_else(|| value.text().and_then(boolean));
    match found {
        Some(found) => Some(Placed::new(found, place(value.place))),
        None => complaints.bool(node, key),
    }
}

fn service(name: &str, at: Place, node: &Node, whole: &Node, complaints: &mut Complaints<'_>) -> Workload {
    let mut volumes = Vec::new();
    let mounts = volumes::mounts(node, whole, &mut volumes, complaints);
    let security = security::read(node, at, complaints);
    let deploy = node.given("deploy");
    let millis = |n: &Node, key: &str| n.given(key).and_then(placed_text).and_then(|t| Some(Placed::new(duration(&t.value)?, t.place)));
    let replicas = deploy
        .and_then(|d| d.given("replicas"))
        .or_else(|| node.given("scale"))
        .and_then(|n| Some(Placed::new(n.text()?.parse().ok()?, place(n.place))));
    let container = Container {
        name: name.to_owned(),
        place: at,
        role: Role::Main,
        image: complaints.scalar(node, "image").filter(|i| !i.value.is_empty()),
        built: node.given("build").map(|b| place(b.place)),
        runs: ImageMatch::NotCompared,
        pull_policy: complaints.text(node, "pull_policy"),
        entrypoint: command(node, "entrypoint"),
        arguments: command(node, "command"),
        working_dir: complaints.text(node, "working_dir"),
        env: environment(node),
        env_from: node
            .get("env_file")
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .filter_map(|f| placed_text(f.get("path").unwrap_or(f)).map(|t| t.map(EnvFrom::File)))
            .collect(),
        ports: ports::read(node),
        security,
        mounts,
        requests: requests(node, deploy),
        limits: limits(node, deploy),
        probes: health::read(node, complaints),
        hooks: hooks(node),
        logging: logging(node),
        live_edits: live_edits(node),
        stop_signal: complaints.text(node, "stop_signal"),
    };
    Workload {
        runner: Runner::Compose,
        kind: "service".to_owned(),
        name: name.to_owned(),
        namespace: None,
        place: at,
        labels: BTreeMap::new(),
        replicas,
        restart: node.given("restart").and_then(placed_text).or_else(|| {
            let policy = deploy?.given("restart_policy")?;
            // Swarm restarts on any end unless the policy says otherwise.
            policy.given("condition").and_then(placed_text).or_else(|| Some(Placed::new("any".to_owned(), place(policy.place))))
        }),
        os: None,
        node: None,
        service_account: None,
        mounts_token: None,
        grace: millis(node, "stop_grace_period"),
        strategy: None,
        volumes,
        claim_templates: Vec::new(),
        containers: vec![container],
    }
}

/// `command` and `entrypoint`: a list of words, or a line that Compose splits like a shell without running one.
pub(super) fn command(node: &Node, key: &str) -> Option<Placed<Vec<String>>> {
    let value = node.get(key)?;
    let at = place(value.place);
    match &value.value {
        Value::Sequence(items) => Some(Placed::new(items.iter().filter_map(|i| i.text().map(str::to_owned)).collect(), at)),
        // Null leaves the image's own.
        Value::Scalar(_) if value.is_null() => None,
        Value::Scalar(scalar) => Some(Placed::new(split_words(&scalar.text), at)),
        Value::Mapping(_) => None,
    }
}

/// Words as a POSIX shell splits them, quotes and backslashes removed, nothing expanded.
pub(crate) fn split_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => {
                if let Some(next) = chars.next() {
                    word.get_or_insert_default().push(next);
                }
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn environment(node: &Node) -> Vec<EnvVar> {
    let entries = node.get("environment").map(Node::entries).unwrap_or_default();
    entries
        .iter()
        .filter_map(|e| {
            let value = match e.value.text() {
                // A name alone takes the value from who starts it.
                None => return None,
                Some(_) if e.value.is_null() || e.value.tag.as_deref() == Some(OUTSIDE) => EnvSource::Outside,
                Some(text) => EnvSource::Literal(Placed::new(text.to_owned(), place(e.value.place))),
            };
            Some(EnvVar { name: e.key.text()?.to_owned(), place: key_place(e), value })
        })
        .collect()
}

/// The limits of `deploy.resources`, else the older keys of the service.
fn limits(node: &Node, deploy: Option<&Node>) -> Vec<Resource> {
    let limits = deploy.and_then(|d| d.at(&["resources", "limits"]));
    let mut found = Vec::new();
    found.extend(resource("cpu", limits.and_then(|l| l.given("cpus")).or_else(|| node.given("cpus")), false));
    found.extend(resource("memory", limits.and_then(|l| l.given("memory")).or_else(|| node.given("mem_limit")), true));
    found.extend(resource("pids", limits.and_then(|l| l.given("pids")).or_else(|| node.given("pids_limit")), false));
    found.extend(resource("ephemeral-storage", node.get("storage_opt").and_then(|s| s.given("size")), true));
    // Less than nothing stands for no limit.
    found.retain(|r| !r.quantity.value.starts_with('-') && !r.quantity.value.trim_start_matches(['0', '.']).is_empty());
    found
}

fn requests(node: &Node, deploy: Option<&Node>) -> Vec<Resource> {
    let reservations = deploy.and_then(|d| d.at(&["resources", "reservations"]));
    let mut found = Vec::new();
    found.extend(resource("cpu", reservations.and_then(|l| l.given("cpus")), false));
    found.extend(resource("memory", reservations.and_then(|l| l.given("memory")).or_else(|| node.given("mem_reservation")), true));
    found
}

fn resource(name: &str, node: Option<&Node>, bytes: bool) -> Option<Resource> {
    let text = placed_text(node?)?;
    let value = if bytes { size(&text.value).unwrap_or_else(|| text.value.clone()) } else { text.value.clone() };
    Some(Resource { name: name.to_owned(), quantity: Placed::new(value, text.place) })
}

/// `develop.watch`: what is copied into the running container. A rebuild makes a new one.
fn live_edits(node: &Node) -> Vec<Placed<String>> {
    let rules = node.at(&["develop", "watch"]).map(Node::items).unwrap_or_default();
    let copies = |rule: &&Node| rule.get("action").and_then(Node::text).is_some_and(|a| a.starts_with("sync"));
    rules.iter().filter(copies).filter_map(|rule| placed_text(rule.get("target").or_else(|| rule.get("path"))?)).collect()
}

fn logging(node: &Node) -> Option<Logging> {
    let logging = node.given("logging")?;
    let driver = logging.given("driver").and_then(placed_text)?;
    let options = logging.get("options").map(Node::entries).unwrap_or_default();
    let options = options.iter().filter_map(|e| Some((e.key.text()?.to_owned(), e.value.text()?.to_owned()))).collect();
    Some(Logging { driver, options })
}

fn hooks(node: &Node) -> Vec<Hook> {
    let mut hooks = Vec::new();
    for (key, time) in [("post_start", HookTime::PostStart), ("pre_stop", HookTime::PreStop)] {
        for item in node.get(key).map(Node::items).unwrap_or_default() {
            let action = command(item, "command").map_or(Action::Nothing, |words| Action::Exec(words.value));
            hooks.push(Hook { time, place: place(item.place), action });
        }
    }
    hooks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_compose_splits_them() {
        for (text, wanted) in [
            ("nginx -g 'daemon off;'", &["nginx", "-g", "daemon off;"][..]),
            ("sh -c \"echo \\\"x\\\" y\"", &["sh", "-c", "echo \"x\" y"]),
            ("  a\\ b  c ", &["a b", "c"]),
            ("'' x", &["", "x"]),
            ("", &[]),
            ("'open", &["open"]),
        ] {
            assert_eq!(split_words(text), wanted, "{text}");
        }
    }
}
