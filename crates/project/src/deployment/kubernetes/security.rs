use plimsoll_evidence::workload::{Confinement, HostNamespace, SeLinux, Security, Setting, UserNamespace};
use plimsoll_evidence::{Place, Placed, ProblemKind};
use plimsoll_yaml::Node;

use super::super::fields::{Complaints, key_place, place};

/// What the pod says for all of its containers.
pub(super) struct Pod {
    user: Option<Placed<String>>,
    group: Option<Placed<String>>,
    run_as_non_root: Option<Placed<bool>>,
    fs_group: Option<Placed<i64>>,
    supplemental_groups: Vec<Placed<String>>,
    seccomp: Option<Placed<Confinement>>,
    app_armor: Option<Placed<Confinement>>,
    selinux: Option<Placed<SeLinux>>,
    host_process: Option<Placed<bool>>,
    host_namespaces: Vec<Placed<HostNamespace>>,
    user_namespace: Option<Placed<UserNamespace>>,
    sysctls: Vec<Placed<(String, String)>>,
    /// AppArmor's annotations: the container's name and the profile.
    annotations: Vec<(String, Placed<Confinement>)>,
    /// Annotations that switch seccomp off: the container's name, or none for the pod.
    unconfined: Vec<(Option<String>, Placed<Confinement>)>,
}

/// The annotation that set AppArmor's profile before Kubernetes 1.30.
const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

/// The annotations that set seccomp before Kubernetes 1.19. Since 1.27 nothing reads them: what they switch off is off all the same, since
/// without a field there is no profile, and what they switch on is not on.
const SECCOMP: &str = "container.seccomp.security.alpha.kubernetes.io/";
const SECCOMP_OF_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";

impl Pod {
    pub(super) fn read(template: &Node, spec: &Node, complaints: &mut Complaints<'_>) -> Self {
        let empty = Node::empty();
        let context = complaints.mapping(spec, "securityContext").unwrap_or(&empty);
        let host =
            |complaints: &mut Complaints<'_>, key: &str, which| complaints.bool(spec, key).filter(|b| b.value).map(|b| b.map(|_| which));
        let host_namespaces = [
            host(complaints, "hostPID", HostNamespace::Pid),
            host(complaints, "hostIPC", HostNamespace::Ipc),
            host(complaints, "hostNetwork", HostNamespace::Network),
        ];
        let user_namespace = complaints.bool(spec, "hostUsers");
        let shared = Shared::read(context, complaints);
        let annotations = template.at(&["metadata", "annotations"]).map(Node::entries).unwrap_or_default();
        Self {
            user: shared.user,
            group: shared.group,
            run_as_non_root: shared.run_as_non_root,
            fs_group: complaints.int(context, "fsGroup"),
            supplemental_groups: complaints
                .list(context, "supplementalGroups")
                .iter()
                .filter_map(super::super::fields::placed_text)
                .collect(),
            seccomp: shared.seccomp,
            app_armor: shared.app_armor,
            selinux: shared.selinux,
            host_process: shared.host_process,
            host_namespaces: host_namespaces.into_iter().flatten().collect(),
            user_namespace: user_namespace
                .map(|users| users.map(|host| if host { UserNamespace::Host } else { UserNamespace::Own("hostUsers: false".to_owned()) })),
            sysctls: sysctls(context, complaints),
            unconfined: annotations
                .iter()
                .filter_map(|e| {
                    let key = e.key.text()?;
                    let container = if key == SECCOMP_OF_POD { None } else { Some(key.strip_prefix(SECCOMP)?.to_owned()) };
                    (e.value.text()? == "unconfined").then(|| (container, Placed::new(Confinement::Unconfined, place(e.value.place))))
                })
                .collect(),
            annotations: annotations
                .iter()
                .filter_map(|e| {
                    let container = e.key.text()?.strip_prefix(APP_ARMOR)?;
                    Some((container.to_owned(), Placed::new(annotated(e.value.text()?), place(e.value.place))))
                })
                .collect(),
        }
    }

    /// The container's settings as they count, the pod's behind them.
    pub(super) fn settle(&self, container: &Node, name: &str, at: Place, complaints: &mut Complaints<'_>) -> Security {
        let empty = Node::empty();
        let entry = container.entry("securityContext").filter(|e| !e.value.is_null());
        let context = complaints.mapping(container, "securityContext").unwrap_or(&empty);
        let own = Shared::read(context, complaints);
        let capabilities = complaints.mapping(context, "capabilities").unwrap_or(&empty);
        let app_armor = Setting::nearer(own.app_armor, self.app_armor.clone());
        let annotation = self.annotations.iter().find(|(n, _)| n == name).map(|(_, profile)| profile.clone());
        // The API server writes the annotation into the field where the field is not given, and the field counts where it is.
        let (app_armor, app_armor_annotation) = match (app_armor, annotation) {
            (None, Some(profile)) => (Some(Setting::new(profile.value, profile.place)), None),
            (field, annotation) => (field, annotation),
        };
        Security {
            place: Some(entry.map_or(at, key_place)),
            user: Setting::nearer(own.user, self.user.clone()),
            group: Setting::nearer(own.group, self.group.clone()),
            run_as_non_root: Setting::nearer(own.run_as_non_root, self.run_as_non_root),
            fs_group: self.fs_group,
            supplemental_groups: self.supplemental_groups.clone(),
            seccomp: Setting::nearer(own.seccomp, self.seccomp.clone()).or_else(|| {
                let by = |wanted: Option<&str>| self.unconfined.iter().find(|(of, _)| of.as_deref() == wanted);
                by(Some(name)).or_else(|| by(None)).map(|(_, off)| Setting::new(off.value.clone(), off.place))
            }),
            app_armor,
            app_armor_annotation,
            selinux: Setting::nearer(own.selinux, self.selinux.clone()),
            capabilities_add: complaints.texts(capabilities, "add"),
            capabilities_drop: complaints.texts(capabilities, "drop"),
            privileged: Setting::nearer(complaints.bool(context, "privileged"), None),
            privilege_escalation: Setting::nearer(complaints.bool(context, "allowPrivilegeEscalation"), None),
            read_only_root: Setting::nearer(complaints.bool(context, "readOnlyRootFilesystem"), None),
            read_only_tmpfs: None,
            unmasked: complaints.text(context, "procMount").filter(|p| p.value != "Default"),
            host_process: Setting::nearer(own.host_process, self.host_process),
            host_namespaces: self.host_namespaces.clone(),
            user_namespace: self.user_namespace.clone(),
            sysctls: self.sysctls.clone(),
            devices: Vec::new(),
        }
    }
}

/// What pods and containers can both say.
struct Shared {
    user: Option<Placed<String>>,
    group: Option<Placed<String>>,
    run_as_non_root: Option<Placed<bool>>,
    seccomp: Option<Placed<Confinement>>,
    app_armor: Option<Placed<Confinement>>,
    selinux: Option<Placed<SeLinux>>,
    host_process: Option<Placed<bool>>,
}

impl Shared {
    fn read(context: &Node, complaints: &mut Complaints<'_>) -> Self {
        let id = |complaints: &mut Complaints<'_>, key| complaints.int(context, key).map(|n| n.map(|n| n.to_string()));
        let windows = complaints.mapping(context, "windowsOptions");
        Self {
            user: id(complaints, "runAsUser"),
            group: id(complaints, "runAsGroup"),
            run_as_non_root: complaints.bool(context, "runAsNonRoot"),
            seccomp: confinement(context, "seccompProfile", complaints),
            app_armor: confinement(context, "appArmorProfile", complaints),
            selinux: complaints.mapping(context, "seLinuxOptions").map(|options| {
                let part = |key: &str| options.get(key).and_then(Node::text).unwrap_or_default().to_owned();
                let at = options.get("type").or_else(|| options.entries().first().map(|e| &e.value)).unwrap_or(options);
                let label = SeLinux { disabled: false, user: part("user"), role: part("role"), kind: part("type"), level: part("level") };
                Placed::new(label, place(at.place))
            }),
            host_process: windows.and_then(|w| complaints.bool(w, "hostProcess")),
        }
    }
}

/// `seccompProfile` and `appArmorProfile`.
fn confinement(context: &Node, key: &str, complaints: &mut Complaints<'_>) -> Option<Placed<Confinement>> {
    let profile = complaints.mapping(context, key)?;
    let Some(kind) = complaints.text(profile, "type") else {
        complaints.hides(ProblemKind::Malformed, place(profile.place), format!("{key} has no type, and Kubernetes refuses it"));
        return None;
    };
    let local = profile.get("localhostProfile").and_then(Node::text).unwrap_or_default();
    Some(kind.map(|kind| match kind.as_str() {
        "RuntimeDefault" => Confinement::RuntimeDefault,
        "Unconfined" => Confinement::Unconfined,
        "Localhost" if !local.is_empty() => Confinement::Localhost(local.to_owned()),
        _ => Confinement::Unknown(kind),
    }))
}

/// The value of AppArmor's annotation.
fn annotated(value: &str) -> Confinement {
    match value {
        // An annotation without a value asks for the runtime's profile.
        "" | "runtime/default" => Confinement::RuntimeDefault,
        "unconfined" => Confinement::Unconfined,
        _ => match value.strip_prefix("localhost/") {
            Some(name) => Confinement::Localhost(name.to_owned()),
            None => Confinement::Unknown(value.to_owned()),
        },
    }
}

fn sysctls(context: &Node, complaints: &mut Complaints<'_>) -> Vec<Placed<(String, String)>> {
    let items = complaints.list(context, "sysctls");
    items
        .iter()
        .filter_map(|item| {
            let name = item.get("name")?;
            let value = item.get("value").and_then(Node::text).unwrap_or_default();
            Some(Placed::new((name.text()?.to_owned(), value.to_owned()), place(name.place)))
        })
        .collect()
}
