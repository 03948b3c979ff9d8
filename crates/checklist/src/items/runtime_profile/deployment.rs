//! The profiles that a deployment gives its containers.

use plimsoll_evidence::workload::{Confinement, Runner, SeLinux, Setting};

use super::super::prelude::*;
use crate::case::Draft;
use crate::deployed::{Deployed, Running};

const SECCOMP_DEFAULT: &str = "Set seccompProfile: { type: RuntimeDefault }, better a Localhost profile that fits the application.";
pub(super) const NO_SECCOMP: Rule = Rule::new(
    "no-seccomp",
    Medium,
    "No seccomp profile is set, and a kubelet's default is none: every system call is open.",
    SECCOMP_DEFAULT,
);
pub(super) const UNCONFINED: Rule =
    Rule::new("unconfined", High, "Confinement by a profile is switched off.", "Take the setting out, or name a profile.");
pub(super) const UNKNOWN_PROFILE: Rule = Rule::new(
    "unknown-profile",
    Medium,
    "The profile is none that a runtime knows.",
    "Write RuntimeDefault, or Localhost with the profile's name.",
);
pub(super) const PROFILES_DISAGREE: Rule = Rule::new(
    "profiles-disagree",
    Medium,
    "AppArmor's field and its old annotation say different things; the field counts, and the API server refuses such a pod.",
    "Remove the annotation.",
);
pub(super) const SELINUX: Rule = Rule::new(
    "selinux-label",
    Medium,
    "The SELinux label is another than a container's.",
    "Leave user and role out, and take a type for containers: container_t.",
);
pub(super) const KEPT: Rule = Rule::new(
    "capabilities-kept",
    Medium,
    "Not all capabilities are dropped.",
    "Drop ALL (capabilities: { drop: [ALL] }, cap_drop: [ALL], DropCapability=all) and add back by name what is needed.",
);
pub(super) const ADDED: Rule = Rule::new(
    "capability-added",
    Low,
    "A capability other than NET_BIND_SERVICE is added back.",
    "Try without it: the Pod Security Standard restricted lets NET_BIND_SERVICE alone be added back.",
);

/// SELinux' types for containers (Pod Security Standards, *baseline*).
const TYPES: [&str; 5] = ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

pub(super) fn judge(case: &mut Case<'_>, deployed: &Deployed<'_>) {
    // Windows knows none of this.
    for running in deployed.containers.iter().filter(|r| !r.is_windows()) {
        seccomp(case, running);
        app_armor(case, running);
        selinux(case, running);
        capabilities(case, running);
    }
}

fn told<'c, 'a>(case: &'c mut Case<'a>, rule: &Rule, running: &Running<'_>, about: &str, says: String) -> Draft<'c, 'a> {
    case.find(rule).about(format!("{} {about}", running.name())).says(says)
}

fn undone<T>(setting: &Setting<T>) -> &'static str {
    if setting.undoes.is_some() { ", which undoes the pod's" } else { "" }
}

fn seccomp(case: &mut Case<'_>, running: &Running<'_>) {
    let name = running.name();
    // An engine gives a privileged container no profile, whatever is set.
    if let Some(privileged) = running.container.security.privileged.as_ref().filter(|p| p.value) {
        told(case, &UNCONFINED, running, "privileged", format!("{name} is privileged, and so runs without seccomp, AppArmor and SELinux."))
            .in_source(privileged.place)
            .add();
        return;
    }
    match &running.container.security.seccomp {
        // Docker and Podman apply their own profile where nothing is said.
        None if running.workload.runner != Runner::Kubernetes => {}
        None => told(case, &NO_SECCOMP, running, "", format!("{name} has no seccomp profile."))
            .in_source(running.security_place())
            .example("securityContext:\n  seccompProfile: { type: RuntimeDefault }")
            .add(),
        Some(setting) => confined(case, running, "seccomp", "seccomp", setting),
    }
}

fn app_armor(case: &mut Case<'_>, running: &Running<'_>) {
    let security = &running.container.security;
    // Where nothing is said, runtimes take their own profile on hosts that have AppArmor.
    let Some(setting) = &security.app_armor else { return };
    confined(case, running, "AppArmor", "apparmor", setting);
    if let Some(annotation) = security.app_armor_annotation.as_ref().filter(|a| a.value != setting.value) {
        let says = format!("{} has another AppArmor profile in its annotation than in its field.", running.name());
        told(case, &PROFILES_DISAGREE, running, "", says).in_source(annotation.place).add();
    }
}

/// A profile that is asked for, by its name for people and the one in fingerprints. One that fits the application is better than the
/// runtime's for all, not worse.
fn confined(case: &mut Case<'_>, running: &Running<'_>, by: &str, about: &str, setting: &Setting<Confinement>) {
    let name = running.name();
    let draft = match &setting.value {
        Confinement::RuntimeDefault | Confinement::Localhost(_) => return sandbox(case, running, by, setting),
        Confinement::Unconfined => told(case, &UNCONFINED, running, about, format!("{name} runs without {by}{}.", undone(setting))),
        Confinement::Unknown(kind) => {
            told(case, &UNKNOWN_PROFILE, running, about, format!("{name} asks for the {by} profile {kind:?}, which no runtime knows."))
        }
    };
    draft.in_source(setting.place).add();
}

fn selinux(case: &mut Case<'_>, running: &Running<'_>) {
    let name = running.name();
    let Some(setting) = &running.container.security.selinux else { return };
    let label = &setting.value;
    if label.disabled || label.kind == "spc_t" {
        told(case, &UNCONFINED, running, "selinux", format!("{name} runs without SELinux.")).in_source(setting.place).add();
        return;
    }
    // Outside of Kubernetes a type is a profile that the host's owner wrote, as a Localhost profile is.
    if !running.is_kubernetes() {
        return;
    }
    let odd = odd_parts(label);
    if !odd.is_empty() {
        told(case, &SELINUX, running, "", format!("{name} sets {} of its SELinux label{}.", odd.join(" and "), undone(setting)))
            .in_source(setting.place)
            .add();
    }
    // What the container undoes, the pod's sandbox still gets.
    if let Some(pod) = &setting.undoes {
        let odd = odd_parts(&pod.value);
        if !odd.is_empty() {
            let title = running.workload.title();
            case.find(&SELINUX)
                .about(&title)
                .says(format!("{title} sets {} of its pod's SELinux label.", odd.join(" and ")))
                .severity(Low)
                .in_source(pod.place)
                .add();
        }
    }
}

fn odd_parts(label: &SeLinux) -> Vec<String> {
    let mut odd = Vec::new();
    if !TYPES.contains(&label.kind.as_str()) {
        odd.push(format!("the type {:?}", label.kind));
    }
    if !label.user.is_empty() {
        odd.push(format!("the user {:?}", label.user));
    }
    if !label.role.is_empty() {
        odd.push(format!("the role {:?}", label.role));
    }
    odd
}

/// A pod that switches confinement off and containers that switch it on again: the sandbox runs without.
fn sandbox(case: &mut Case<'_>, running: &Running<'_>, what: &str, setting: &Setting<Confinement>) {
    if let Some(pod) = setting.undoes.as_ref().filter(|pod| pod.value == Confinement::Unconfined) {
        let title = running.workload.title();
        case.find(&UNCONFINED)
            .about(format!("{title} {what}"))
            .says(format!("{title} switches {what} off for its pod; its sandbox runs so, though {} does not.", running.container.name))
            .severity(Low)
            .in_source(pod.place)
            .add();
    }
}

fn capabilities(case: &mut Case<'_>, running: &Running<'_>) {
    let name = running.name();
    let security = &running.container.security;
    let all = |text: &str| text.eq_ignore_ascii_case("all") || text.eq_ignore_ascii_case("cap_all");
    if !security.capabilities_drop.iter().any(|c| all(&c.value)) {
        let place = security.capabilities_drop.first().map_or_else(|| running.security_place(), |c| c.place);
        let what = if security.capabilities_drop.is_empty() { "no capability" } else { "some capabilities and keeps others" };
        let example =
            running.words("securityContext:\n  capabilities: { drop: [ALL] }", "cap_drop:\n  - ALL", "[Container]\nDropCapability=all");
        let fix = running.words(
            "Drop ALL (capabilities: { drop: [ALL] }) and add back by name what is needed.",
            "Drop ALL (cap_drop: [ALL]) and add back by name (cap_add) what is needed.",
            "Drop all (DropCapability=all) and add back by name (AddCapability=) what is needed.",
        );
        told(case, &KEPT, running, "", format!("{name} drops {what}.")).fix(fix).in_source(place).example(example).add();
    }
    for added in &security.capabilities_add {
        let upper = added.value.to_ascii_uppercase();
        if upper.strip_prefix("CAP_").unwrap_or(&upper) != "NET_BIND_SERVICE" {
            told(case, &ADDED, running, &added.value, format!("{name} adds the capability {}.", added.value)).in_source(added.place).add();
        }
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

    #[test]
    fn kubernetes_confines_nobody_by_itself() {
        let dropped = "securityContext: {capabilities: {drop: [ALL]}}";
        let with = |more: &str| format!("securityContext: {{capabilities: {{drop: [ALL]}}, {more}}}");
        let default = "securityContext: {seccompProfile: {type: RuntimeDefault}}";
        for (in_pod, in_container, wanted) in [
            ("", "", "fail: medium capabilities-kept, medium no-seccomp"),
            (default, dropped, "pass"),
            ("", dropped, "fail: medium no-seccomp"),
            // A profile made for the application is better than the runtime's.
            ("", &*with("seccompProfile: {type: Localhost, localhostProfile: app.json}"), "pass"),
            ("", &*with("seccompProfile: {type: Localhost}"), "fail: medium unknown-profile"),
            (default, &*with("seccompProfile: {type: Unconfined}"), "fail: high unconfined"),
            (
                "securityContext: {seccompProfile: {type: Unconfined}}",
                &*with("seccompProfile: {type: RuntimeDefault}"),
                "fail: low unconfined",
            ),
            (default, &*with("privileged: true"), "fail: high unconfined"),
            (default, &*with("appArmorProfile: {type: Unconfined}"), "fail: high unconfined"),
            (default, &*with("appArmorProfile: {type: Localhost, localhostProfile: app}"), "pass"),
            (default, &*with("seLinuxOptions: {type: spc_t}"), "fail: high unconfined"),
            (default, &*with("seLinuxOptions: {type: container_t, level: \"s0:c1\"}"), "pass"),
            (default, &*with("seLinuxOptions: {user: system_u}"), "fail: medium selinux-label"),
            (default, "securityContext: {capabilities: {drop: [NET_RAW]}}", "fail: medium capabilities-kept"),
            (default, "securityContext: {capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}", "pass"),
            (default, "securityContext: {capabilities: {drop: [ALL], add: [CHOWN]}}", "fail: low capability-added"),
            ("os: {name: windows}", "", "pass"),
        ] {
            assert_eq!(kubernetes(none(), in_pod, in_container).outcome(&ITEM), wanted, "{in_pod} / {in_container}");
        }
    }

    #[test]
    fn app_armors_annotation_and_field() {
        let good = "securityContext: {seccompProfile: {type: RuntimeDefault}, capabilities: {drop: [ALL]}";
        let annotated = |value: &str, field: &str| {
            let text = pod("", &format!("{good}{field}}}")).replace(
                "metadata: {labels:",
                &format!("metadata: {{annotations: {{container.apparmor.security.beta.kubernetes.io/app: {value}}}, labels:"),
            );
            deployed(none(), "k8s.yaml", &text).outcome(&ITEM)
        };
        assert_eq!(annotated("unconfined", ""), "fail: high unconfined");
        assert_eq!(annotated("runtime/default", ""), "pass");
        assert_eq!(annotated("localhost/app", ""), "pass");
        assert_eq!(annotated("nonsense", ""), "fail: medium unknown-profile");
        // The field counts where both are there.
        assert_eq!(annotated("unconfined", ", appArmorProfile: {type: RuntimeDefault}"), "fail: medium profiles-disagree");
        assert_eq!(annotated("runtime/default", ", appArmorProfile: {type: RuntimeDefault}"), "pass");
    }

    #[test]
    fn engines_confine_by_themselves() {
        for (kit, wanted) in [
            (compose(none(), "cap_drop: [ALL]"), "pass"),
            (compose(none(), "cap_drop: [all]\ncap_add: [NET_BIND_SERVICE]"), "pass"),
            (compose(none(), ""), "fail: medium capabilities-kept"),
            (compose(none(), "cap_drop: [ALL]\nsecurity_opt: [seccomp=unconfined]"), "fail: high unconfined"),
            (compose(none(), "cap_drop: [ALL]\nsecurity_opt: [\"seccomp:./app.json\", \"apparmor:unconfined\"]"), "fail: high unconfined"),
            (compose(none(), "cap_drop: [ALL]\nsecurity_opt: [\"label:disable\"]"), "fail: high unconfined"),
            (compose(none(), "cap_drop: [ALL]\nsecurity_opt: [\"label:type:app_t\"]"), "pass"),
            (quadlet(none(), "DropCapability=all"), "pass"),
            (quadlet(none(), ""), "fail: medium capabilities-kept"),
            (quadlet(none(), "DropCapability=all\nSeccompProfile=unconfined"), "fail: high unconfined"),
            (quadlet(none(), "DropCapability=all\nSeccompProfile=/etc/app.json"), "pass"),
            (quadlet(none(), "DropCapability=all\nSecurityLabelDisable=true"), "fail: high unconfined"),
            (quadlet(none(), "PodmanArgs=--cap-drop=all --security-opt apparmor=unconfined"), "fail: high unconfined"),
        ] {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.evidence().sources);
        }
    }
}
