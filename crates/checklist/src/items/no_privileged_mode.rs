//! Privileged mode, and the host's privileges.

mod deployment;

use plimsoll_evidence::ImageFacts;

use super::prelude::*;
use crate::deployed::Deployed;
use crate::host_labels::run_labels;
use crate::running::{Place, commands, runs};

const ID: ItemId = ItemId("no-privileged-mode");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "No privileged mode",
    section: Section::Runtime,
    requirement: "The container does not run in privileged mode and has no extended privileges on the host; only infrastructure containers may be an exception.",
    why: "A privileged container is the host. So is one that holds the engine's socket, the host's namespaces or CAP_SYS_ADMIN.",
    remediation: "Leave out privileged, host namespaces, device and socket mounts and added capabilities; where a container does the host's work, declare that in the policy with a reason.",
    references: &[footnote(56)],
    rules: &[
        PRIVILEGED,
        HOST_NAMESPACE,
        SOCKET,
        CAPABILITY,
        NEEDS_PRIVILEGE,
        deployment::PRIVILEGED,
        deployment::HOST_PROCESS,
        deployment::ESCALATION,
        deployment::CAPABILITY,
        deployment::NAMESPACE,
        deployment::DEVICE,
        deployment::UNMASKED,
        deployment::SYSCTL,
        deployment::HOST_PORT,
        deployment::DUPLICATE,
    ],
    example: Some(Example {
        language: "yaml",
        bad: "securityContext:\n  privileged: true",
        good: "securityContext:\n  privileged: false\n  allowPrivilegeEscalation: false\n  capabilities: { drop: [ALL] }",
    }),
    rests_on: &[RestsOn::Config, RestsOn::Deployment],
    judge,
};

const PRIVILEGED: Rule = Rule::new(
    "privileged-by-label",
    Critical,
    "The image tells the host to start it in privileged mode.",
    "Remove --privileged from the label.",
);
const HOST_NAMESPACE: Rule = Rule::new(
    "host-namespace-by-label",
    High,
    "The image tells the host to share its namespaces with it.",
    "Remove the option from the label.",
);
const SOCKET: Rule = Rule::new(
    "engine-socket",
    High,
    "The container is made to talk to the host's container engine, which gives it the host.",
    "Do without the engine's socket; use the platform's API with a narrow role.",
);
const CAPABILITY: Rule = Rule::new(
    "capability-by-label",
    High,
    "The image asks for a capability that gives it the host.",
    "Remove the capability from the label, and change what needs it.",
);
const NEEDS_PRIVILEGE: Rule = Rule::new(
    "needs-privilege",
    Medium,
    "A start script does what only a privileged container can.",
    "Do it on the host or in an init container of its own, or not at all.",
);

/// Capabilities with which a container takes over its host (capabilities(7)).
const DANGEROUS: [&str; 9] = ["ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO", "DAC_READ_SEARCH", "BPF", "SYS_BOOT", "PERFMON"];
const SOCKETS: [&str; 5] = ["docker.sock", "containerd.sock", "crio.sock", "podman.sock", "/var/lib/docker"];

fn judge(evidence: &Evidence, policy: &Policy) -> Verdict {
    let deployed = Deployed::of(evidence);
    let image = evidence.image.found();
    if image.is_none() && !deployed.is_known() {
        return without_deployment(evidence);
    }
    if let Some(reason) = &policy.infrastructure {
        return Case::new(ID, evidence).not_applicable(format!("The policy declares this an infrastructure container: {reason}."));
    }
    let mut case = Case::new(ID, evidence);
    if let Some(image) = image {
        of_image(&mut case, image);
    }
    deployment::judge(&mut case, &deployed);
    if !deployed.is_known() {
        deployed.need(&mut case, "how the container is deployed");
    }
    let fail = format!("{} of the host's privileges.", crate::shown::count(case.failing(), "grant"));
    let pass = format!("None of the host's privileges is given to {}.", deployed.shown());
    case.conclude(fail, "The image asks for no privilege on the host; how it is deployed is not known.", pass)
}

/// What the image asks for.
fn of_image(case: &mut Case<'_>, image: &ImageFacts) {
    labels(case, image);
    if let Some(host) = image.config.env("DOCKER_HOST").filter(|h| h.starts_with("unix:")) {
        case.find(&SOCKET)
            .says(format!("DOCKER_HOST={host}: the container expects the engine's socket."))
            .in_config("Env[DOCKER_HOST]")
            .add();
    }
    for (run, command) in commands(&runs(image)) {
        if needs_privilege(command) {
            let draft = case.find(&NEEDS_PRIVILEGE).about(command.shown()).says(format!(
                "{} runs {:?}, which needs privileges on the host.",
                run.name(),
                command.shown()
            ));
            match run.place {
                Place::Config(field) => draft.in_config(field).add(),
                Place::File(file) => draft.in_line(file, command.line).add(),
            }
        }
    }
}

fn labels(case: &mut Case<'_>, image: &ImageFacts) {
    for run in run_labels(image) {
        let field = format!("Labels[{}]", run.label);
        if run.has("--privileged") {
            case.find(&PRIVILEGED).says(format!("The label {} starts the container with --privileged.", run.label)).in_config(&field).add();
        }
        for option in ["--pid", "--net", "--network", "--ipc", "--uts", "--userns", "--cgroupns"] {
            if run.values(&[option]).any(|v| v == "host") {
                case.find(&HOST_NAMESPACE)
                    .about(option)
                    .says(format!("The label {} starts the container with {option}=host.", run.label))
                    .in_config(&field)
                    .add();
            }
        }
        for mount in run.values(&["-v", "--volume", "--mount"]).filter(|m| SOCKETS.iter().any(|s| m.contains(s))) {
            case.find(&SOCKET).about(mount).says(format!("The label {} mounts {mount:?}.", run.label)).in_config(&field).add();
        }
        for capability in run.values(&["--cap-add"]).filter(|c| is_dangerous(c)) {
            case.find(&CAPABILITY)
                .about(capability)
                .says(format!("The label {} adds the capability {capability}.", run.label))
                .in_config(&field)
                .add();
        }
    }
}

fn is_dangerous(capability: &str) -> bool {
    let name = capability.to_ascii_uppercase();
    DANGEROUS.contains(&name.strip_prefix("CAP_").unwrap_or(&name))
}

fn needs_privilege(command: &plimsoll_shell::Command) -> bool {
    let argument = |text: &str| command.arguments().iter().any(|w| w == text);
    match command.programs().as_slice() {
        [.., "nsenter"] => true,
        programs if programs.contains(&"nsenter") => true,
        [.., "modprobe" | "insmod" | "rmmod" | "losetup" | "swapon"] => true,
        // Without arguments both only show.
        [.., "mount"] => command.arguments().len() > 1,
        [.., "sysctl"] => argument("-w") || command.arguments().iter().any(|w| w.text.contains('=')),
        [.., "iptables" | "ip6tables" | "nft"] => {
            !command.arguments().is_empty() && !argument("-L") && !argument("-V") && !argument("--version")
        }
        _ => command.redirects.iter().any(|r| r.writes && (r.target.text.starts_with("/proc/sys/") || r.target.text.starts_with("/sys/"))),
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::Link;

    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let script =
            |text: &str| Kit::new().entrypoint(&["/e.sh"]).script("e.sh", &format!("#!/bin/sh\n{text}\n")).reach("e.sh", Link::Entrypoint);
        let cases = [
            (Kit::new(), "unknown"),
            (Kit::new().label("RUN", "docker run --privileged IMAGE"), "fail: critical privileged-by-label"),
            (
                Kit::new().label("RUN", "docker run --pid=host --net host IMAGE"),
                "fail: high host-namespace-by-label, high host-namespace-by-label",
            ),
            (Kit::new().label("INSTALL", "docker run -v /var/run/docker.sock:/x IMAGE"), "fail: high engine-socket"),
            (Kit::new().label("RUN", "docker run --cap-add=cap_sys_admin IMAGE"), "fail: high capability-by-label"),
            (Kit::new().label("RUN", "docker run --cap-add=NET_BIND_SERVICE IMAGE"), "unknown"),
            (Kit::new().env("DOCKER_HOST", "unix:///var/run/docker.sock"), "fail: high engine-socket"),
            (Kit::new().env("DOCKER_HOST", "tcp://dind:2376"), "unknown"),
            (script("nsenter -t 1 -m sh"), "fail: medium needs-privilege"),
            (script("sysctl -w net.core.somaxconn=1"), "fail: medium needs-privilege"),
            (script("mount | grep x"), "unknown"),
            (script("echo 1 > /proc/sys/vm/x"), "fail: medium needs-privilege"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
        let policy = Policy { infrastructure: Some("node agent".to_owned()), ..Policy::default() };
        assert_eq!(Kit::new().label("RUN", "docker run --privileged IMAGE").outcome_with(&ITEM, &policy), "not-applicable");
    }
}
