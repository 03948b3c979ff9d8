//! The host's privileges in a deployment.

use plimsoll_evidence::workload::{HostNamespace, UserNamespace};

use super::super::prelude::*;
use super::super::runtime_profile::beyond_default;
use super::{SOCKET, is_dangerous};
use crate::case::Draft;
use crate::deployed::{Deployed, Running, WITHOUT_SOCKET, host_paths, is_below, normal};

const LEAVE_OUT: &str = "Leave it out; where the container does the host's work, declare that in the policy with a reason.";
pub(super) const PRIVILEGED: Rule = Rule::new("privileged", Critical, "The container runs privileged: it is the host.", LEAVE_OUT);
pub(super) const ESCALATION: Rule = Rule::new(
    "privilege-escalation",
    Medium,
    "A process may gain more rights than its parent has, by a set-user-id program or file capabilities.",
    "Set allowPrivilegeEscalation: false (security_opt: no-new-privileges:true in Compose, NoNewPrivileges=true in Quadlet).",
);
pub(super) const CAPABILITY: Rule = Rule::new(
    "capability",
    Medium,
    "The container has a capability beyond those that containers may have by default.",
    "Leave it out, and change what needs it.",
);
pub(super) const NAMESPACE: Rule = Rule::new("host-namespace", High, "The container shares a namespace of the host.", LEAVE_OUT);
pub(super) const DEVICE: Rule = Rule::new("device", Medium, "A device of the host is given to the container.", LEAVE_OUT);
pub(super) const UNMASKED: Rule = Rule::new(
    "unmasked-proc",
    High,
    "Parts of /proc and /sys that the engine hides are open to the container.",
    "Leave procMount (Unmask=, systempaths=unconfined) out.",
);
pub(super) const HOST_PROCESS: Rule = Rule::new("host-process", Critical, "The container is a process of the Windows host.", LEAVE_OUT);
pub(super) const SYSCTL: Rule = Rule::new(
    "unsafe-sysctl",
    Medium,
    "A kernel parameter is set that is not known to stay in the container.",
    "Leave it out, or set it on the node.",
);
pub(super) const HOST_PORT: Rule =
    Rule::new("host-port", Low, "A port of the node itself is bound.", "Leave hostPort out and put a Service before the pods.");

pub(super) const DUPLICATE: Rule = Rule::new(
    "duplicate-key",
    Medium,
    "A key of the deployment is given twice: programs differ on which of the two counts, so that what is reviewed need not be what runs.",
    "Remove one of the two.",
);

/// Kernel parameters that are namespaced and harm nobody (Kubernetes' safe set, Pod Security Standards as of 1.37).
const SAFE: [&str; 14] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
    "net.ipv4.tcp_slow_start_after_idle",
    "net.ipv4.tcp_notsent_lowat",
];

pub(super) fn judge(case: &mut Case<'_>, deployed: &Deployed<'_>) {
    for running in &deployed.containers {
        container(case, deployed, running);
    }
    for duplicate in deployed.deployment.map(|d| d.duplicate_keys.as_slice()).unwrap_or_default() {
        let key = &duplicate.key;
        case.find(&DUPLICATE)
            .about(&key.value)
            .says(format!("The key {:?} is given twice, first in line {}; Kubernetes takes the last.", key.value, duplicate.first.line))
            .in_source(key.place)
            .add();
    }
}

fn told<'c, 'a>(case: &'c mut Case<'a>, rule: &Rule, running: &Running<'_>, about: &str, says: String) -> Draft<'c, 'a> {
    case.find(rule).about(format!("{} {about}", running.name())).says(says)
}

fn container(case: &mut Case<'_>, deployed: &Deployed<'_>, running: &Running<'_>) {
    let name = running.name();
    let security = &running.container.security;
    if let Some(setting) = security.privileged.as_ref().filter(|s| s.value) {
        told(case, &PRIVILEGED, running, "", format!("{name} runs privileged.")).in_source(setting.place).add();
    }
    if let Some(setting) = security.host_process.as_ref().filter(|s| s.value) {
        told(case, &HOST_PROCESS, running, "", format!("{name} is a process of the Windows host.")).in_source(setting.place).add();
    }
    escalation(case, running, &name);
    for added in &security.capabilities_add {
        // NET_RAW is in the default of most engines, and lets a process forge packets: asking for it is no need of its own.
        let raw = matches!(added.value.to_ascii_uppercase().as_str(), "NET_RAW" | "CAP_NET_RAW");
        // A kubelet hands the name on as it is written: in another spelling no runtime knows it.
        let misspelt = running.is_kubernetes() && (added.value.starts_with("CAP_") || added.value != added.value.to_ascii_uppercase());
        if is_dangerous(&added.value) || beyond_default(&added.value) || raw || misspelt {
            let severity = if is_dangerous(&added.value) { High } else { Medium };
            let also = if misspelt { ", in a spelling that Kubernetes does not know" } else { "" };
            told(case, &CAPABILITY, running, &added.value, format!("{name} adds the capability {}{also}.", added.value))
                .severity(severity)
                .in_source(added.place)
                .add();
        }
    }
    for shared in &security.host_namespaces {
        let (what, severity) = match shared.value {
            HostNamespace::Pid => ("processes", High),
            HostNamespace::Ipc => ("shared memory", High),
            HostNamespace::Network => ("network", High),
            HostNamespace::Uts => ("host name", Medium),
            HostNamespace::Cgroup => ("control groups", Medium),
        };
        // What a pod says is told once for all of its containers.
        let who = if running.is_kubernetes() { running.workload.title() } else { name.clone() };
        case.find(&NAMESPACE)
            .about(format!("{who} {what}"))
            .says(format!("{who} shares the host's {what}."))
            .severity(severity)
            .in_source(shared.place)
            .add();
    }
    if let Some(users) = security.user_namespace.as_ref().filter(|n| n.value == UserNamespace::Host && !running.is_kubernetes()) {
        told(case, &NAMESPACE, running, "users", format!("{name} takes the host's users, also where the engine maps them."))
            .severity(Medium)
            .in_source(users.place)
            .add();
    }
    for device in &security.devices {
        told(case, &DEVICE, running, &device.value, format!("{name} is given {}.", device.value)).in_source(device.place).add();
    }
    if let Some(unmasked) = &security.unmasked {
        // In a user namespace of its own what is opened has no power over the host.
        let own = matches!(security.user_namespace.as_ref().map(|n| &n.value), Some(UserNamespace::Own(_)));
        let fix =
            running.words("Leave procMount: Unmasked out.", "Leave systempaths=unconfined out of security_opt.", "Leave Unmask= out.");
        told(case, &UNMASKED, running, "", format!("{name} opens {:?} of /proc and /sys.", unmasked.value))
            .severity(if own { Low } else { High })
            .fix(fix)
            .in_source(unmasked.place)
            .add();
    }
    for sysctl in security.sysctls.iter().filter(|s| !SAFE.contains(&s.value.0.replace('/', ".").as_str())) {
        let who = if running.is_kubernetes() { running.workload.title() } else { name.clone() };
        // Within their own namespace engines let these pass; Kubernetes' nodes have to allow each of them.
        let severity = if running.is_kubernetes() { Medium } else { Low };
        case.find(&SYSCTL)
            .about(format!("{who} {}", sysctl.value.0))
            .says(format!("{who} sets {}.", sysctl.value.0))
            .severity(severity)
            .in_source(sysctl.place)
            .add();
    }
    if running.is_kubernetes() {
        for port in &running.container.ports {
            if let Some(host) = &port.host {
                told(case, &HOST_PORT, running, &host.value, format!("{name} binds port {} of the node.", host.value))
                    .in_source(host.place)
                    .add();
            }
        }
    }
    for at in running.mounts() {
        for host in host_paths(deployed.deployment, running.workload, at.volume) {
            let path = host.path;
            if super::SOCKETS.iter().any(|s| path.value.contains(s)) || holds_sockets(&path.value) {
                let fix = running.words("Leave the socket out; use the cluster's API with a narrow role.", WITHOUT_SOCKET, WITHOUT_SOCKET);
                let what = if holds_sockets(&path.value) { "the engine's socket lies in it, and who has that" } else { "who has it" };
                let says = format!("{name} mounts {}{}: {what} has the host.", path.value, host.way());
                told(case, &SOCKET, running, &path.value, says).fix(fix).in_source(path.place).add();
            }
        }
    }
}

/// Whether a folder of the host is one in which engines have their sockets, or stands above such a one. A read-only mount is no help:
/// a socket is connected to, not written.
fn holds_sockets(path: &str) -> bool {
    const FOLDERS: [&str; 9] = [
        "/run/docker",
        "/run/containerd",
        "/run/crio",
        "/run/podman",
        "/run/k3s/containerd",
        "/var/run/docker",
        "/var/run/containerd",
        "/var/run/crio",
        "/var/run/podman",
    ];
    path.starts_with('/') && FOLDERS.iter().any(|folder| is_below(folder, &normal(path)))
}

/// The default of every runner lets a process gain rights. Windows has no such thing.
fn escalation(case: &mut Case<'_>, running: &Running<'_>, name: &str) {
    let setting = running.container.security.privilege_escalation.as_ref();
    if running.is_windows() || setting.is_some_and(|s| !s.value) {
        return;
    }
    let what = running.words("allowPrivilegeEscalation: false", "security_opt: [no-new-privileges:true]", "NoNewPrivileges=true");
    let says = match setting {
        Some(_) => format!("{name} lets processes gain more rights than their parent has."),
        None => format!("{name} does not set {what}; the default lets processes gain rights."),
    };
    let place = setting.map_or_else(|| running.security_place(), |s| s.place);
    let draft = told(case, &ESCALATION, running, "", says).in_source(place);
    // A privileged process has all rights already, and Kubernetes refuses a pod that sets both.
    if running.container.security.privileged.as_ref().is_some_and(|p| p.value) {
        draft
            .fix(running.words(
                "Take privileged: true out first: Kubernetes refuses allowPrivilegeEscalation: false beside it. Then set that.",
                "Take privileged: true out first: beside it no-new-privileges keeps nothing back. Then set security_opt: no-new-privileges:true.",
                "Take --privileged out first: beside it NoNewPrivileges= keeps nothing back. Then set NoNewPrivileges=true.",
            ))
            .add();
        return;
    }
    let example = running.words(
        "securityContext:\n  allowPrivilegeEscalation: false",
        "security_opt:\n  - no-new-privileges:true",
        "[Container]\nNoNewPrivileges=true",
    );
    draft
        .fix(running.words(
            "Set allowPrivilegeEscalation: false.",
            "Set security_opt: no-new-privileges:true.",
            "Set NoNewPrivileges=true.",
        ))
        .example(example)
        .add();
}

#[cfg(test)]
mod tests {
    use super::super::ITEM;
    use crate::Policy;
    use crate::deployed::trial::{advice, compose, kubernetes, quadlet};
    use crate::testkit::Kit;

    fn none() -> Kit {
        Kit::new().without_image()
    }

    const GOOD: &str = "securityContext: {allowPrivilegeEscalation: false}";

    #[test]
    fn what_kubernetes_grants() {
        let with = |more: &str| format!("securityContext: {{allowPrivilegeEscalation: false, {more}}}");
        for (in_pod, in_container, wanted) in [
            ("", GOOD, "pass"),
            ("", "", "fail: medium privilege-escalation"),
            ("", "securityContext: {allowPrivilegeEscalation: true}", "fail: medium privilege-escalation"),
            ("", "securityContext: {privileged: true}", "fail: critical privileged, medium privilege-escalation"),
            ("", "securityContext: {privileged: yes}", "fail: critical privileged, medium privilege-escalation"),
            ("hostPID: true", GOOD, "fail: high host-namespace"),
            ("hostPID: true\nhostNetwork: true\nhostIPC: false", GOOD, "fail: high host-namespace, high host-namespace"),
            ("", &*with("capabilities: {add: [SYS_ADMIN]}"), "fail: high capability"),
            ("", &*with("capabilities: {add: [NET_ADMIN]}"), "fail: medium capability"),
            ("", &*with("capabilities: {add: [NET_RAW]}"), "fail: medium capability"),
            ("", &*with("capabilities: {add: [NET_BIND_SERVICE]}"), "pass"),
            ("", &*with("capabilities: {add: [CAP_CHOWN]}"), "fail: medium capability"),
            ("", &*with("procMount: Unmasked"), "fail: high unmasked-proc"),
            ("hostUsers: false", &*with("procMount: Unmasked"), "fail: low unmasked-proc"),
            ("", &*with("procMount: Default"), "pass"),
            ("securityContext: {sysctls: [{name: kernel.msgmax, value: \"1\"}]}", GOOD, "fail: medium unsafe-sysctl"),
            ("securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies, value: \"1\"}]}", GOOD, "pass"),
            ("securityContext: {windowsOptions: {hostProcess: true}}", GOOD, "fail: critical host-process"),
            ("hostPID: true\nhostPID: false", GOOD, "fail: medium duplicate-key"),
            ("os: {name: windows}", "", "pass"),
            (
                "volumes: [{name: s, hostPath: {path: /var/run/docker.sock}}]",
                "securityContext: {allowPrivilegeEscalation: false}\nvolumeMounts: [{name: s, mountPath: /s}]",
                "fail: high engine-socket",
            ),
            ("", "securityContext: {allowPrivilegeEscalation: false}\nports: [{containerPort: 80, hostPort: 80}]", "fail: low host-port"),
            ("", "securityContext: {allowPrivilegeEscalation: false}\nports: [{containerPort: 80, hostPort: 0}]", "pass"),
        ] {
            assert_eq!(kubernetes(none(), in_pod, in_container).outcome(&ITEM), wanted, "{in_pod} / {in_container}");
        }
    }

    #[test]
    fn a_folder_brings_the_sockets_in_it() {
        for (path, wanted) in [
            ("/", "fail: high engine-socket"),
            ("/run", "fail: high engine-socket"),
            ("/var/run/", "fail: high engine-socket"),
            ("/var/run/../run", "fail: high engine-socket"),
            ("/run/containerd", "fail: high engine-socket"),
            ("/run/udev", "pass"),
            ("/var/run/app", "pass"),
            ("/srv/run", "pass"),
        ] {
            let in_pod = format!("volumes: [{{name: s, hostPath: {{path: {path}}}}}]");
            let mounted = format!("{GOOD}\nvolumeMounts: [{{name: s, mountPath: /s, readOnly: true}}]");
            assert_eq!(kubernetes(none(), &in_pod, &mounted).outcome(&ITEM), wanted, "{path}");
        }
    }

    #[test]
    #[allow(clippy::large_stack_arrays, reason = "a table of cases")]
    fn compose_and_quadlet_are_open_unless_they_say_otherwise() {
        let safe = "security_opt: [no-new-privileges:true]";
        for (kit, wanted) in vec![
            (compose(none(), ""), "fail: medium privilege-escalation"),
            (compose(none(), safe), "pass"),
            (compose(none(), "security_opt: [\"no-new-privileges\"]"), "pass"),
            (compose(none(), "security_opt: [\"no-new-privileges:false\"]"), "fail: medium privilege-escalation"),
            (compose(none(), &format!("{safe}\nprivileged: true")), "fail: critical privileged"),
            (compose(none(), &format!("{safe}\nprivileged: \"yes\"")), "fail: critical privileged"),
            (compose(none(), &format!("{safe}\ncap_add: [ALL]")), "fail: high capability"),
            (compose(none(), &format!("{safe}\ncap_add: [chown]")), "pass"),
            (compose(none(), &format!("{safe}\npid: host")), "fail: high host-namespace"),
            (compose(none(), &format!("{safe}\nipc: host\nnetwork_mode: host")), "fail: high host-namespace, high host-namespace"),
            (compose(none(), &format!("{safe}\npid: service:db")), "pass"),
            (compose(none(), &format!("{safe}\nuserns_mode: host")), "fail: medium host-namespace"),
            (compose(none(), &format!("{safe}\ncgroup: host\nuts: host")), "fail: medium host-namespace, medium host-namespace"),
            (compose(none(), "security_opt: [no-new-privileges:true, systempaths=unconfined]"), "fail: high unmasked-proc"),
            (compose(none(), &format!("{safe}\ndevices: [/dev/kvm]")), "fail: medium device"),
            (compose(none(), &format!("{safe}\nvolumes: [/var/run/docker.sock:/var/run/docker.sock:ro]")), "fail: high engine-socket"),
            (compose(none(), &format!("{safe}\nuse_api_socket: true")), "fail: high engine-socket"),
            (compose(none(), &format!("{safe}\nports: [\"80:80\"]")), "pass"),
            (compose(none(), &format!("{safe}\nsysctls: [kernel.shmmax=1]")), "fail: low unsafe-sysctl"),
            (quadlet(none(), ""), "fail: medium privilege-escalation"),
            (quadlet(none(), "NoNewPrivileges=true"), "pass"),
            (quadlet(none(), "NoNewPrivileges=false"), "fail: medium privilege-escalation"),
            (quadlet(none(), "NoNewPrivileges=true\nPodmanArgs=--privileged"), "fail: critical privileged"),
            (quadlet(none(), "NoNewPrivileges=true\nPodmanArgs=--privileged=false"), "pass"),
            (
                quadlet(none(), "NoNewPrivileges=true\nPodmanArgs=--cap-add=SYS_ADMIN --pid host"),
                "fail: high capability, high host-namespace",
            ),
            (quadlet(none(), "NoNewPrivileges=true\nAddCapability=CAP_NET_ADMIN CAP_CHOWN"), "fail: medium capability"),
            (quadlet(none(), "NoNewPrivileges=true\nNetwork=host"), "fail: high host-namespace"),
            (quadlet(none(), "NoNewPrivileges=true\nUnmask=ALL"), "fail: high unmasked-proc"),
            (quadlet(none(), "NoNewPrivileges=true\nAddDevice=-/dev/fuse"), "fail: medium device"),
        ] {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.evidence().sources);
        }
    }

    #[test]
    fn an_exception_is_declared() {
        let policy = Policy { infrastructure: Some("node agent".to_owned()), ..Policy::default() };
        assert_eq!(kubernetes(none(), "hostPID: true", "").outcome_with(&ITEM, &policy), "not-applicable");
    }

    #[test]
    fn what_kubernetes_refuses_beside_privileged_is_not_advised_before_it_goes() {
        for (in_container, wanted) in [
            ("securityContext: {privileged: true}", "Take privileged: true out first"),
            ("securityContext: {privileged: false}", "Set allowPrivilegeEscalation: false."),
        ] {
            let advice = advice(&kubernetes(none(), "", in_container), &ITEM, "privilege-escalation");
            assert!(advice.len() == 1 && advice[0].starts_with(wanted), "{in_container}: {advice:?}");
        }
    }

    #[test]
    fn a_cluster_has_an_api_and_an_engine_has_not() {
        let on_host = "volumes: [{name: v, hostPath: {path: /run/containerd/containerd.sock}}]";
        for (kit, wanted) in [
            (kubernetes(none(), on_host, "volumeMounts: [{name: v, mountPath: /s}]"), "narrow role"),
            (compose(none(), "volumes: [\"/var/run/docker.sock:/var/run/docker.sock\"]"), "a proxy"),
        ] {
            let advice = advice(&kit, &ITEM, "engine-socket");
            assert!(advice.len() == 1 && advice[0].contains(wanted), "{advice:?}");
        }
    }

    #[test]
    fn a_build_file_alone_needs_a_deployment_and_not_the_image() {
        let verdict = crate::built::tests::alone("FROM scratch\n").judge(&ITEM);
        assert_eq!(verdict.needs.iter().map(|n| n.supply.as_str()).collect::<Vec<_>>(), ["--deploy PATH"]);
        let empty = crate::deployed::trial::deployed(none(), "k8s.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n");
        assert_eq!(empty.judge(&ITEM).summary, "No container is deployed.");
    }
}
