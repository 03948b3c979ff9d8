use plimsoll_evidence::Placed;
use plimsoll_evidence::workload::{Action, Probe, ProbeKind};
use plimsoll_yaml::{Node, Value};

use super::super::fields::{Complaints, key_place, placed_text};
use super::super::quantity::duration;
use super::service::flag;

/// `healthcheck`. One that changes only times leaves the image's own test: that is no probe of the deployment's.
pub(super) fn read(node: &Node, complaints: &mut Complaints<'_>) -> Vec<Probe> {
    let Some(entry) = node.entry("healthcheck") else { return Vec::new() };
    let Some(health) = complaints.mapping(node, "healthcheck") else { return Vec::new() };
    let millis = |key: &str| health.given(key).and_then(placed_text).and_then(|t| Some(Placed::new(duration(&t.value)?, t.place)));
    let action = if flag(health, "disable", complaints).is_some_and(|d| d.value) {
        Action::Off
    } else {
        match health.given("test") {
            None => return Vec::new(),
            Some(test) => of_test(test),
        }
    };
    let failures = health.given("retries").and_then(|n| Some(Placed::new(n.text()?.parse().ok()?, super::super::fields::place(n.place))));
    vec![Probe {
        kind: ProbeKind::HealthCheck,
        place: key_place(entry),
        action,
        initial_delay: millis("start_period"),
        period: millis("interval"),
        timeout: millis("timeout"),
        failures,
    }]
}

fn of_test(test: &Node) -> Action {
    match &test.value {
        Value::Scalar(scalar) => Action::Shell(scalar.text.clone()),
        Value::Sequence(items) => {
            let words: Vec<String> = items.iter().filter_map(|i| i.text().map(str::to_owned)).collect();
            match words.split_first() {
                Some((first, _)) if first == "NONE" => Action::Off,
                Some((first, rest)) if first == "CMD-SHELL" => Action::Shell(rest.join(" ")),
                Some((first, rest)) if first == "CMD" && !rest.is_empty() => Action::Exec(rest.to_vec()),
                _ => Action::Nothing,
            }
        }
        Value::Mapping(_) => Action::Nothing,
    }
}
