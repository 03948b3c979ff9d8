//! Profiles that constrain what the container may ask of the kernel.

mod deployment;

use super::prelude::*;
use crate::deployed::Deployed;
use crate::host_labels::run_labels;

const ID: ItemId = ItemId("runtime-profile");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Runtime application profile is defined",
    section: Section::Runtime,
    requirement: "Seccomp, AppArmor or SELinux profiles and a minimal set of capabilities limit what the application can ask of the kernel.",
    why: "An attacker inside of the application can only use the system calls and capabilities that it was left with. Most escapes need one that no application needs.",
    remediation: "Set seccompProfile (RuntimeDefault at least), drop ALL capabilities and add back by name, forbid new privileges, and keep the platform's AppArmor or SELinux confinement on.",
    references: &[footnote(44), footnote(45), footnote(46)],
    rules: &[
        UNCONFINED,
        CAPABILITIES,
        deployment::NO_SECCOMP,
        deployment::UNCONFINED,
        deployment::UNKNOWN_PROFILE,
        deployment::PROFILES_DISAGREE,
        deployment::SELINUX,
        deployment::KEPT,
        deployment::ADDED,
    ],
    example: Some(Example {
        language: "yaml",
        bad: "securityContext:\n  seccompProfile: { type: Unconfined }",
        good: "securityContext:\n  allowPrivilegeEscalation: false\n  capabilities: { drop: [ALL] }\n  seccompProfile: { type: RuntimeDefault }",
    }),
    rests_on: &[RestsOn::Config, RestsOn::Deployment],
    judge,
};

const UNCONFINED: Rule = Rule::new(
    "unconfined-by-label",
    High,
    "The image tells the host to start it without a profile.",
    "Remove the option from the label; ship a profile that fits the application instead.",
);
const CAPABILITIES: Rule = Rule::new(
    "capabilities-by-label",
    Medium,
    "The image asks the host for capabilities beyond the default.",
    "Remove them from the label, and change what needs them.",
);

/// Docker's and podman's default set (moby's `oci/caps/defaults.go`), without the prefix.
const DEFAULT: [&str; 14] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FSETID",
    "FOWNER",
    "MKNOD",
    "NET_RAW",
    "SETGID",
    "SETUID",
    "SETFCAP",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "SYS_CHROOT",
    "KILL",
    "AUDIT_WRITE",
];

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let deployed = Deployed::of(evidence);
    let image = evidence.image.found();
    if image.is_none() && !deployed.is_known() {
        return without_deployment(evidence);
    }
    let mut case = Case::new(ID, evidence);
    if let Some(image) = image {
        of_image(&mut case, image);
    }
    deployment::judge(&mut case, &deployed);
    if !deployed.is_known() {
        deployed.need(&mut case, "the profiles that the container is deployed with");
    }
    let fail = format!("{} in what confines the container.", crate::shown::count(case.failing(), "gap"));
    let pass = format!("Profiles are set and capabilities dropped for {}.", deployed.shown());
    case.conclude(fail, "The image asks for no privilege; the profiles that it is deployed with are not known.", pass)
}

/// What the image asks for.
fn of_image(case: &mut Case<'_>, image: &plimsoll_evidence::ImageFacts) {
    for run in run_labels(image) {
        for option in run.values(&["--security-opt"]) {
            if option.contains("unconfined") || matches!(option, "label=disable" | "label:disable") {
                case.find(&UNCONFINED)
                    .about(option)
                    .says(format!("The label {} starts the container with --security-opt {option}.", run.label))
                    .in_config(format!("Labels[{}]", run.label))
                    .add();
            }
        }
        for capability in run.values(&["--cap-add"]).filter(|c| beyond_default(c)) {
            case.find(&CAPABILITIES)
                .about(capability)
                .says(format!("The label {} adds the capability {capability}.", run.label))
                .in_config(format!("Labels[{}]", run.label))
                .add();
        }
    }
    // podman grants exactly these, where they are within its default.
    let asked = image.config.labels.get("io.containers.capabilities").map(String::as_str).unwrap_or_default();
    for capability in asked.split([',', ' ']).filter(|c| !c.is_empty() && beyond_default(c)) {
        case.find(&CAPABILITIES)
            .about(capability)
            .says(format!("The label io.containers.capabilities asks for {capability}."))
            .in_config("Labels[io.containers.capabilities]")
            .add();
    }
}

pub(super) fn beyond_default(capability: &str) -> bool {
    let name = capability.trim().to_ascii_uppercase();
    let name = name.strip_prefix("CAP_").unwrap_or(&name);
    !DEFAULT.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let cases = [
            (Kit::new(), "unknown"),
            (Kit::new().label("RUN", "podman run --security-opt label=disable IMAGE"), "fail: high unconfined-by-label"),
            (Kit::new().label("run", "docker run --security-opt=seccomp=unconfined IMAGE"), "fail: high unconfined-by-label"),
            (Kit::new().label("run", "docker run --cap-add SYS_ADMIN --cap-add=CAP_CHOWN IMAGE"), "fail: medium capabilities-by-label"),
            (Kit::new().label("io.containers.capabilities", "CHOWN,SETUID"), "unknown"),
            (Kit::new().label("io.containers.capabilities", "CHOWN,NET_ADMIN"), "fail: medium capabilities-by-label"),
            (Kit::new().label("runner", "docker run --security-opt seccomp=unconfined"), "unknown"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
    }
}
