//! The probes of a deployment.

use plimsoll_evidence::ImageFacts;
use plimsoll_evidence::workload::{Action, Probe, ProbeKind, Role};
use plimsoll_shell::Script;

use super::super::prelude::*;
use super::{ASK, BAD_TIMES, DISABLED, PROGRAM_MISSING, SHELL_MISSING, TRIVIAL, outcome};
use crate::case::Draft;
use crate::deployed::{Deployed, Running, script_of};

pub(super) const NO_PROBE: Rule = Rule::new(
    "no-probe",
    Medium,
    "The container has no probe.",
    "Define livenessProbe and readinessProbe in Kubernetes; healthcheck in Compose, HealthCmd= in Quadlet, or a HEALTHCHECK in the image.",
);
pub(super) const NO_ACTION: Rule = Rule::new("probe-without-action", Medium, "A probe does nothing.", ASK);
pub(super) const ELSEWHERE: Rule = Rule::new(
    "probe-of-another-host",
    Medium,
    "A probe or hook asks another host than the pod: it tells nothing about the container, and lets who writes the pod have the node connect anywhere.",
    "Leave host out.",
);
pub(super) const SAME: Rule = Rule::new(
    "liveness-is-readiness",
    Info,
    "Liveness and readiness ask the same with the same patience: what should only take the container out of service kills it.",
    "Give liveness more failures than readiness, or an endpoint that does not depend on other services.",
);

/// Judges each container that serves; whether the image's own health check counts for one of them.
pub(super) fn judge(case: &mut Case<'_>, deployed: &Deployed<'_>, image: Option<&ImageFacts>) -> bool {
    let mut images_counts = false;
    for running in deployed.containers.iter().filter(|r| r.container.role != Role::Ephemeral) {
        elsewhere(case, running);
    }
    for running in deployed.serving() {
        let probes = &running.container.probes;
        for probe in probes {
            judge_probe(case, running, probe, image);
        }
        same(case, running);
        // What runs to an end is watched by its end. A sidecar is a container like the others: no probe of theirs looks at it.
        if !probes.is_empty() || running.runs_to_an_end() {
            continue;
        }
        // A kubelet does not look at the image's own.
        if running.is_kubernetes() {
            let says = match image.and_then(|i| i.config.healthcheck.as_ref()) {
                Some(_) => format!("{} has no probe; a kubelet does not use the image's HEALTHCHECK.", running.name()),
                None => format!("{} has no probe.", running.name()),
            };
            told(case, &NO_PROBE, running, "", says)
                .fix("Define a livenessProbe and a readinessProbe.")
                .in_source(running.container.place)
                .example(EXAMPLE)
                .add();
        } else if let Some(image) = image {
            images_counts = true;
            if image.config.healthcheck.is_none() {
                told(case, &NO_PROBE, running, "", format!("{} has no health check, and neither has the image.", running.name()))
                    .fix(running.words(
                        "",
                        "Define a healthcheck, or a HEALTHCHECK in the image.",
                        "Set HealthCmd=, or a HEALTHCHECK in the image.",
                    ))
                    .in_source(running.container.place)
                    .add();
            }
        } else {
            case.need(
                "whether the image has a HEALTHCHECK: the deployment has none",
                "name the image to check, or write the check into the deployment",
            );
        }
    }
    images_counts
}

const EXAMPLE: &str = "livenessProbe:\n  httpGet: { path: /healthz, port: 8080 }\nreadinessProbe:\n  httpGet: { path: /ready, port: 8080 }";

fn told<'c, 'a>(case: &'c mut Case<'a>, rule: &Rule, running: &Running<'_>, about: &str, says: String) -> Draft<'c, 'a> {
    case.find(rule).about(format!("{} {about}", running.name())).says(says)
}

fn judge_probe(case: &mut Case<'_>, running: &Running<'_>, probe: &Probe, image: Option<&ImageFacts>) {
    let (name, kind) = (running.name(), probe.kind.name());
    let add = |case: &mut Case<'_>, rule: &Rule, says: String| told(case, rule, running, kind, says).in_source(probe.place).add();
    match &probe.action {
        Action::Off => add(case, &DISABLED, format!("{name} switches its health check off.")),
        Action::Nothing => add(case, &NO_ACTION, format!("The {kind} of {name} does nothing.")),
        Action::Exec(_) | Action::Shell(_) => {
            let Some(script) = script_of(&probe.action) else { return };
            match outcome::fault(&script) {
                Some(rule) if *rule == TRIVIAL => add(case, rule, format!("The {kind} of {name} succeeds whatever the application does.")),
                Some(rule) => add(case, rule, format!("The {kind} of {name} ends in success whatever its command says.")),
                None => {
                    if let Some(image) = image {
                        missing(case, running, probe, &script, image);
                    }
                }
            }
        }
        _ => {}
    }
    times(case, running, probe);
}

fn missing(case: &mut Case<'_>, running: &Running<'_>, probe: &Probe, script: &Script, image: &ImageFacts) {
    let (name, kind) = (running.name(), probe.kind.name());
    if matches!(probe.action, Action::Shell(_)) && image.tree.resolve("bin/sh").is_none() && image.config.shell.is_empty() {
        let says = format!("The {kind} of {name} needs /bin/sh, which the image has not.");
        told(case, &SHELL_MISSING, running, kind, says).in_source(probe.place).add();
        return;
    }
    let Some(path) = script.commands.first().and_then(plimsoll_shell::Command::program_path) else { return };
    if path.contains('$') || super::is_there(image, path) || matches!(probe.action, Action::Shell(_)) && super::is_shell_builtin(path) {
        return;
    }
    // A volume may bring it.
    if running.mounts().any(|at| crate::deployed::is_below(path, &at.mount.path.value)) {
        return;
    }
    let says = format!("The {kind} of {name} runs {path:?}, which the image has not.");
    told(case, &PROGRAM_MISSING, running, kind, says).in_source(probe.place).add();
}

fn elsewhere(case: &mut Case<'_>, running: &Running<'_>) {
    let container = running.container;
    let actions = container.probes.iter().map(|p| (p.kind.name(), &p.action)).chain(container.hooks.iter().map(|h| ("hook", &h.action)));
    for (what, action) in actions {
        let (Action::Http { host, .. } | Action::Tcp { host, .. }) = action else { continue };
        if let Some(host) = host {
            let local = matches!(host.value.as_str(), "127.0.0.1" | "localhost" | "::1");
            let says = format!("The {what} of {} asks {}.", running.name(), host.value);
            // With the host's network the pod is reached there alone.
            let severity = if local { Low } else { Medium };
            told(case, &ELSEWHERE, running, what, says).severity(severity).in_source(host.place).add();
        }
    }
}

fn same(case: &mut Case<'_>, running: &Running<'_>) {
    let of = |kind| running.container.probes.iter().find(|p| p.kind == kind);
    let (Some(live), Some(ready)) = (of(ProbeKind::Liveness), of(ProbeKind::Readiness)) else { return };
    let patience = |p: &Probe| p.period.map_or(10_000, |x| x.value).saturating_mul(p.failures.map_or(3, |x| x.value));
    if live.action == ready.action && patience(live) <= patience(ready) && !matches!(live.action, Action::Tcp { .. } | Action::Grpc { .. })
    {
        let says = format!("The liveness probe of {} asks the same as its readiness probe, and no more patiently.", running.name());
        told(case, &SAME, running, "", says).in_source(live.place).add();
    }
}

/// Numbers with which a probe cannot do its work.
fn times(case: &mut Case<'_>, running: &Running<'_>, probe: &Probe) {
    let period = probe.period.map_or(10_000, |p| p.value);
    let failures = probe.failures.map_or(3, |f| f.value);
    let minutes = period.saturating_mul(failures) / 60_000;
    let wrong = if probe.kind == ProbeKind::Liveness && minutes > 60 {
        Some((probe.period.or(probe.failures).map(|p| p.place), format!("a hanging container stays for {minutes} minutes")))
    } else if probe.timeout.is_some_and(|t| t.value > 600_000) {
        Some((probe.timeout.map(|t| t.place), "the timeout is longer than ten minutes".to_owned()))
    } else if probe.period.is_some_and(|p| p.value == 0) && !running.is_kubernetes() {
        Some((probe.period.map(|p| p.place), "the interval is nothing".to_owned()))
    } else {
        None
    };
    if let Some((place, why)) = wrong {
        let says = format!("The {} of {}: {why}.", probe.kind.name(), running.name());
        told(case, &BAD_TIMES, running, probe.kind.name(), says).in_source(place.unwrap_or(probe.place)).add();
    }
}

#[cfg(test)]
mod tests {
    use super::super::ITEM;
    use crate::deployed::trial::{compose, deployed, kubernetes, pod, quadlet};
    use crate::testkit::Kit;

    fn none() -> Kit {
        Kit::new().without_image()
    }

    /// An image with a shell, a program and a health check of its own.
    fn image() -> Kit {
        Kit::new().file("bin/sh", 0o755).file("app", 0o755).health(&["CMD", "/app", "health"])
    }

    #[test]
    fn kubernetes_asks_by_its_own_probes_alone() {
        for (kit, in_container, wanted) in [
            (none(), "", "fail: medium no-probe"),
            // A kubelet does not look at the image's HEALTHCHECK.
            (image(), "", "fail: medium no-probe"),
            (none(), "readinessProbe: {httpGet: {path: /ready, port: 8080}}", "pass"),
            (none(), "startupProbe: {tcpSocket: {port: 8080}}", "pass"),
            (none(), "livenessProbe: {grpc: {port: 9000}}", "pass"),
            (none(), "livenessProbe: {exec: {command: [\"true\"]}}", "fail: medium trivial"),
            (none(), "livenessProbe: {exec: {command: [sh, -c, exit 0]}}", "fail: medium trivial"),
            (none(), "livenessProbe: {exec: {command: [sh, -c, \"echo ok\"]}}", "fail: medium trivial"),
            (none(), "livenessProbe: {exec: {command: [sh, -c, \"curl localhost || true\"]}}", "fail: medium never-fails"),
            (none(), "livenessProbe: {exec: {command: [sh, -c, \"curl -f localhost || exit 0\"]}}", "fail: medium never-fails"),
            (none(), "livenessProbe: {exec: {command: [sh, -c, \"curl -f localhost; exit 0\"]}}", "fail: medium never-fails"),
            (none(), "livenessProbe: {exec: {command: [sh, -c, \"curl -f localhost || echo sick\"]}}", "fail: medium never-fails"),
            // Behind && success is reached by success alone.
            (none(), "livenessProbe: {exec: {command: [sh, -c, \"curl -f localhost && exit 0\"]}}", "pass"),
            (none(), "livenessProbe: {exec: {command: [sh, -c, \"curl -f localhost || exit 1\"]}}", "pass"),
            (none(), "livenessProbe: {exec: {command: [/app, health]}}", "pass"),
            (image(), "livenessProbe: {exec: {command: [/app, health]}}", "pass"),
            (image(), "livenessProbe: {exec: {command: [curl, localhost]}}", "fail: medium program-missing"),
            (none(), "livenessProbe: {periodSeconds: 5}", "fail: medium probe-without-action"),
            (none(), "livenessProbe: {httpGet: {port: 80, host: example.org}}", "fail: medium probe-of-another-host"),
            (none(), "livenessProbe: {httpGet: {port: 80, host: 127.0.0.1}}", "fail: low probe-of-another-host"),
            (none(), "livenessProbe: {httpGet: {port: 80}, periodSeconds: 3600}", "fail: low bad-times"),
            (
                none(),
                "livenessProbe: {httpGet: {path: /h, port: 80}}\nreadinessProbe: {httpGet: {path: /h, port: 80}}",
                "pass: info liveness-is-readiness",
            ),
            (
                none(),
                "livenessProbe: {httpGet: {path: /h, port: 80}, failureThreshold: 10}\nreadinessProbe: {httpGet: {path: /h, port: 80}}",
                "pass",
            ),
        ] {
            assert_eq!(kubernetes(kit, "", in_container).outcome(&ITEM), wanted, "{in_container}");
        }
        let init = pod("initContainers: [{name: i, image: app}]", "livenessProbe: {tcpSocket: {port: 1}}");
        assert_eq!(deployed(none(), "k8s.yaml", &init).outcome(&ITEM), "pass");
        // A sidecar stays, and no probe of another container looks at it.
        let sidecar = |probe: &str| {
            let container = format!("initContainers: [{{name: i, image: app, restartPolicy: Always{probe}}}]");
            deployed(none(), "k8s.yaml", &pod(&container, "livenessProbe: {tcpSocket: {port: 1}}")).outcome(&ITEM)
        };
        assert_eq!(sidecar(""), "fail: medium no-probe");
        assert_eq!(sidecar(", startupProbe: {tcpSocket: {port: 2}}"), "pass");
        let job =
            "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {template: {spec: {containers: [{name: app, image: app}]}}}\n";
        assert_eq!(deployed(none(), "k8s.yaml", job).outcome(&ITEM), "pass");
    }

    #[test]
    fn engines_take_the_images_check_too() {
        for (kit, wanted) in [
            (compose(none(), ""), "unknown"),
            (compose(Kit::new(), ""), "fail: medium no-probe"),
            (compose(image(), ""), "pass"),
            (compose(image(), "healthcheck: {interval: 10s}"), "pass"),
            (compose(image(), "healthcheck: {disable: true}"), "fail: medium disabled"),
            (compose(image(), "healthcheck: {test: [NONE]}"), "fail: medium disabled"),
            (compose(none(), "healthcheck: {test: [CMD, /app, health]}"), "pass"),
            (compose(none(), "healthcheck: {test: [CMD-SHELL, exit 0]}"), "fail: medium trivial"),
            (compose(none(), "healthcheck: {test: \"curl -f localhost || exit 1\"}"), "pass"),
            (compose(none(), "healthcheck: {test: [CMD]}"), "fail: medium probe-without-action"),
            (quadlet(none(), "HealthCmd=/app health"), "pass"),
            (quadlet(none(), "HealthCmd=none"), "fail: medium disabled"),
            (quadlet(image(), ""), "pass"),
            (quadlet(image(), "PodmanArgs=--no-healthcheck"), "fail: medium disabled"),
            (quadlet(Kit::new(), "HealthInterval=10s"), "fail: medium no-probe"),
        ] {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.judge(&ITEM));
        }
    }
}
