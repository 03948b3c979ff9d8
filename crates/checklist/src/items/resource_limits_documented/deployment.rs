//! Requests and limits of a deployment.

use plimsoll_evidence::workload::{Resource, Role};

use super::super::prelude::*;
use super::{IMPLAUSIBLE, INVALID, NOT_POSITIVE, RESOURCES};
use crate::Quantity;
use crate::case::Draft;
use crate::deployed::{Deployed, Running};

pub(super) const NO_MEMORY_LIMIT: Rule = Rule::new(
    "no-memory-limit",
    Medium,
    "The container has no limit of its memory: it can take the node's from all the others.",
    "Set resources.limits.memory (deploy.resources.limits.memory in Compose, Memory= in Quadlet).",
);
pub(super) const NO_REQUEST: Rule = Rule::new(
    "no-request",
    Info,
    "The container asks for no CPU or memory, so that the scheduler does not know what it needs.",
    "Set resources.requests for cpu and memory.",
);
pub(super) const DISAGREE: Rule = Rule::new(
    "label-and-limit-disagree",
    Low,
    "The image's label says that it needs more than the deployment gives it.",
    "Raise the limit, or correct the label.",
);
pub(super) const ABOVE_LIMIT: Rule = Rule::new(
    "request-above-limit",
    Medium,
    "The container asks for more than it may have; Kubernetes refuses it.",
    "Set the request to the limit or below.",
);

/// What a container's memory says.
pub(super) struct Told {
    /// Every container has a limit of memory that is one.
    pub(super) all_limited: bool,
}

pub(super) fn judge(case: &mut Case<'_>, deployed: &Deployed<'_>, documented: bool, label: impl Fn(&str) -> Option<Quantity>) -> Told {
    let mut all_limited = true;
    for running in deployed.containers.iter().filter(|r| r.container.role != Role::Ephemeral) {
        let container = running.container;
        let name = running.name();
        for resource in container.requests.iter().chain(&container.limits) {
            amount(case, running, resource);
        }
        let memory = container.limit("memory").filter(|m| !Quantity::is_nothing(&m.quantity.value));
        if memory.is_none() {
            all_limited = false;
            // What the image documents is documented, though this deployment does not hold it to that.
            let severity = if documented { Info } else { Medium };
            let example = running.words(
                "resources:\n  requests: { cpu: 100m, memory: 128Mi }\n  limits: { memory: 256Mi }",
                "deploy:\n  resources:\n    limits: { memory: 256M }",
                "[Container]\nMemory=256m",
            );
            told(case, &NO_MEMORY_LIMIT, running, "", format!("{name} has no limit of its memory."))
                .severity(severity)
                .fix(running.words(
                    "Set resources.limits.memory.",
                    "Set deploy.resources.limits.memory (mem_limit).",
                    "Set Memory=, or MemoryMax= in the unit's [Service].",
                ))
                .in_source(container.place)
                .example(example)
                .add();
        } else if memory.is_some_and(|m| m.quantity.value.parse::<Quantity>().is_err()) {
            all_limited = false;
        }
        // The API server takes a limit for the request where there is none.
        let is_asked = |resource: &str| container.request(resource).is_some() || container.limit(resource).is_some();
        let lacking = match (is_asked("cpu"), is_asked("memory")) {
            (true, true) => None,
            (false, false) => Some("CPU and memory"),
            (false, true) => Some("CPU"),
            (true, false) => Some("memory"),
        };
        if let Some(lacking) = lacking.filter(|_| running.is_kubernetes()) {
            told(case, &NO_REQUEST, running, "", format!("{name} does not ask for {lacking}.")).in_source(container.place).add();
        }
        for limit in &container.limits {
            let Ok(most) = limit.quantity.value.parse::<Quantity>() else { continue };
            let asked = container.request(&limit.name).and_then(|r| r.quantity.value.parse::<Quantity>().ok());
            if running.is_kubernetes() && asked.is_some_and(|asked| asked > most) {
                told(
                    case,
                    &ABOVE_LIMIT,
                    running,
                    &limit.name,
                    format!("{name} asks for more {} than its limit of {}.", limit.name, limit.quantity.value),
                )
                .in_source(limit.quantity.place)
                .add();
            }
            if label(&limit.name).is_some_and(|needs| needs > most) {
                told(
                    case,
                    &DISAGREE,
                    running,
                    &limit.name,
                    format!(
                        "{name} gets at most {} of {}, and the image's label says that it needs more.",
                        limit.quantity.value, limit.name
                    ),
                )
                .in_source(limit.quantity.place)
                .add();
            }
        }
    }
    Told { all_limited }
}

fn told<'c, 'a>(case: &'c mut Case<'a>, rule: &Rule, running: &Running<'_>, about: &str, says: String) -> Draft<'c, 'a> {
    case.find(rule).about(format!("{} {about}", running.name())).says(says)
}

/// An amount that is none, or that no container has.
fn amount(case: &mut Case<'_>, running: &Running<'_>, resource: &Resource) {
    let Some(known) = RESOURCES.iter().find(|r| r.name == resource.name) else { return };
    let (name, text) = (running.name(), &resource.quantity.value);
    let draft = match text.parse::<Quantity>() {
        Err(why) => told(case, &INVALID, running, known.name, format!("{name}: {} is {text:?}, which is no amount: {why}.", known.name)),
        // A request of nothing is one of nothing; a limit of nothing is read as none.
        Ok(amount) if !amount.is_positive() => {
            told(case, &NOT_POSITIVE, running, known.name, format!("{name}: {} is {text:?}.", known.name)).severity(Info)
        }
        Ok(amount) if amount < known.least || amount > known.most => {
            let size = if amount < known.least { "less than any container can run on" } else { "more than any machine has" };
            told(case, &IMPLAUSIBLE, running, known.name, format!("{name}: {} is {text:?}, {size}.", known.name))
        }
        Ok(_) => return,
    };
    draft.in_source(resource.quantity.place).add();
}

#[cfg(test)]
mod tests {
    use super::super::ITEM;
    use crate::deployed::trial::{compose, kubernetes, quadlet};
    use crate::testkit::Kit;

    fn none() -> Kit {
        Kit::new().without_image()
    }

    fn labelled(memory: &str) -> Kit {
        let label = |kit: Kit, name: &str, value: &str| kit.label(&format!("org.opencontainers.image.resource.{name}"), value);
        label(label(label(Kit::new(), "cpu", "500m"), "memory", memory), "ephemeral-storage", "1Gi")
    }

    #[test]
    fn either_the_labels_or_the_limits_document_and_both_agree() {
        let resources = |requests: &str, limits: &str| format!("resources: {{requests: {{{requests}}}, limits: {{{limits}}}}}");
        let asked = "cpu: 100m, memory: 128Mi";
        for (kit, in_container, wanted) in [
            (none(), &*resources(asked, "memory: 256Mi"), "pass"),
            // A limit of CPU is not demanded.
            (none(), &*resources(asked, "cpu: 1, memory: 256Mi"), "pass"),
            (none(), &*resources("memory: 128Mi", "memory: 256Mi"), "pass: info no-request"),
            // A limit is a request too, where there is none.
            (none(), &*resources("", "cpu: 1, memory: 256Mi"), "pass"),
            (none(), &*resources("memory: 128Mi", "cpu: 1, memory: 256Mi"), "pass"),
            (none(), &*resources("", "memory: 256Mi"), "pass: info no-request"),
            (none(), &*resources(asked, "cpu: 1"), "fail: medium no-memory-limit"),
            (none(), "", "fail: medium no-memory-limit, info no-request"),
            (none(), &*resources("cpu: 100m", "memory: 0"), "fail: medium no-memory-limit, info not-positive"),
            (none(), &*resources(asked, "memory: 256MB"), "fail: low invalid-quantity"),
            (none(), &*resources(asked, "memory: 256m"), "fail: medium request-above-limit, low implausible"),
            (none(), &*resources("cpu: 100m, memory: 1Gi", "memory: 256Mi"), "fail: medium request-above-limit"),
            (Kit::new(), &*resources(asked, "memory: 256Mi"), "pass: info undocumented"),
            (Kit::new(), "", "fail: medium no-memory-limit, medium undocumented, info no-request"),
            (labelled("256Mi"), &*resources(asked, "memory: 256Mi"), "pass"),
            (labelled("512Mi"), &*resources(asked, "memory: 256Mi"), "fail: low label-and-limit-disagree"),
            (labelled("128Mi"), &*resources(asked, "memory: 256Mi"), "pass"),
            (labelled("256Mi"), "", "pass: info no-memory-limit, info no-request"),
        ] {
            assert_eq!(kubernetes(kit, "", in_container).outcome(&ITEM), wanted, "{in_container}");
        }
        // The pod's own limit holds each of its containers that has none.
        let of_pod = "resources: {requests: {cpu: 1, memory: 64Mi}, limits: {memory: 256Mi}}";
        assert_eq!(kubernetes(none(), of_pod, "").outcome(&ITEM), "pass");
        assert_eq!(kubernetes(none(), of_pod, &resources("memory: 512Mi", "")).outcome(&ITEM), "fail: medium request-above-limit");
        for (kit, wanted) in [
            (compose(none(), "mem_limit: 256m"), "pass"),
            (compose(none(), "deploy: {resources: {limits: {memory: 256M}}}"), "pass"),
            (compose(none(), ""), "fail: medium no-memory-limit"),
            (compose(none(), "mem_limit: 0"), "fail: medium no-memory-limit"),
            (quadlet(none(), "Memory=256m"), "pass"),
            (quadlet(none(), "PodmanArgs=-m 256m"), "pass"),
            (quadlet(none(), "\n[Service]\nMemoryMax=256M"), "pass"),
            (quadlet(none(), "\n[Service]\nMemoryMax=infinity"), "fail: medium no-memory-limit"),
            (quadlet(none(), ""), "fail: medium no-memory-limit"),
        ] {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.evidence().sources);
        }
    }
}
