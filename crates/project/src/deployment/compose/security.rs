use plimsoll_evidence::workload::{Confinement, HostNamespace, SeLinux, Security, Setting, UserNamespace};
use plimsoll_evidence::{Place, Placed};
use plimsoll_yaml::Node;

use super::super::fields::{Complaints, place, placed_text};
use super::service::flag;

/// What a service may do.
pub(super) fn read(node: &Node, at: Place, complaints: &mut Complaints<'_>) -> Security {
    let mut security = Security { place: Some(at), ..Security::default() };
    if let Some(user) = complaints.scalar(node, "user").filter(|u| !u.value.is_empty()) {
        let (name, group) = user.value.split_once(':').map_or((user.value.as_str(), None), |(u, g)| (u, Some(g)));
        security.user = Some(Setting::new(name.to_owned(), user.place));
        security.group = group.filter(|g| !g.is_empty()).map(|g| Setting::new(g.to_owned(), user.place));
    }
    let texts =
        |key: &str| -> Vec<Placed<String>> { node.get(key).map(Node::items).unwrap_or_default().iter().filter_map(placed_text).collect() };
    security.supplemental_groups = texts("group_add");
    security.capabilities_add = texts("cap_add");
    security.capabilities_drop = texts("cap_drop");
    let setting = |value: Option<Placed<bool>>| value.map(|v| Setting::new(v.value, v.place));
    security.privileged = setting(flag(node, "privileged", complaints));
    security.read_only_root = setting(flag(node, "read_only", complaints));
    for option in texts("security_opt") {
        option_of_security(&option, &mut security);
    }
    for (key, which) in [
        ("pid", HostNamespace::Pid),
        ("ipc", HostNamespace::Ipc),
        ("network_mode", HostNamespace::Network),
        ("uts", HostNamespace::Uts),
        ("cgroup", HostNamespace::Cgroup),
    ] {
        if let Some(mode) = node.given(key).and_then(placed_text).filter(|m| m.value == "host") {
            security.host_namespaces.push(mode.map(|_| which));
        }
    }
    // Where the engine maps users for all containers, this takes the container out of it.
    if let Some(mode) = node.given("userns_mode").and_then(placed_text).filter(|m| m.value == "host") {
        security.user_namespace = Some(mode.map(|_| UserNamespace::Host));
    } else if let Some(mode) = node.given("userns_mode").and_then(placed_text).filter(|m| !m.value.is_empty()) {
        security.user_namespace =
            Some(mode.map(|m| if m.starts_with("keep-id") { UserNamespace::KeepId(m) } else { UserNamespace::Own(m) }));
    }
    for entry in node.get("sysctls").map(Node::entries).unwrap_or_default() {
        if let (Some(name), Some(value)) = (entry.key.text(), entry.value.text()) {
            security.sysctls.push(Placed::new((name.to_owned(), value.to_owned()), place(entry.key.place)));
        }
    }
    security.devices = devices(node);
    security
}

/// An item of `security_opt` or `--security-opt`: `no-new-privileges`, `seccomp=…`, `apparmor=…`, `label=…`, with `=` or `:`.
pub(crate) fn option_of_security(option: &Placed<String>, security: &mut Security) {
    let at = option.place;
    let (name, value) = option.value.split_once(['=', ':']).unwrap_or((&option.value, ""));
    match (name.trim(), value.trim()) {
        ("no-new-privileges", value) => {
            let refused = !matches!(value, "false" | "0" | "f");
            security.privilege_escalation = Some(Setting::new(!refused, at));
        }
        ("seccomp", "unconfined") => security.seccomp = Some(Setting::new(Confinement::Unconfined, at)),
        ("seccomp", "builtin" | "") => security.seccomp = Some(Setting::new(Confinement::RuntimeDefault, at)),
        ("seccomp", file) => security.seccomp = Some(Setting::new(Confinement::Localhost(file.to_owned()), at)),
        ("apparmor", "unconfined") => security.app_armor = Some(Setting::new(Confinement::Unconfined, at)),
        ("apparmor", "docker-default" | "") => security.app_armor = Some(Setting::new(Confinement::RuntimeDefault, at)),
        ("apparmor", name) => security.app_armor = Some(Setting::new(Confinement::Localhost(name.to_owned()), at)),
        ("label", value) => {
            let mut label = security.selinux.take().map(|s| s.value).unwrap_or_default();
            match value.split_once(':').unwrap_or((value, "")) {
                ("disable", _) => label.disabled = true,
                ("type", kind) => kind.clone_into(&mut label.kind),
                ("user", user) => user.clone_into(&mut label.user),
                ("role", role) => role.clone_into(&mut label.role),
                ("level", level) => level.clone_into(&mut label.level),
                _ => {}
            }
            security.selinux = Some(Setting::<SeLinux>::new(label, at));
        }
        ("systempaths", "unconfined") => security.unmasked = Some(Placed::new("ALL".to_owned(), at)),
        ("unmask", paths) => security.unmasked = Some(Placed::new(paths.to_owned(), at)),
        _ => {}
    }
}

fn devices(node: &Node) -> Vec<Placed<String>> {
    let items = node.get("devices").map(Node::items).unwrap_or_default();
    let mut devices: Vec<_> = items.iter().filter_map(|i| placed_text(i.get("source").unwrap_or(i))).collect();
    for rule in node.get("device_cgroup_rules").map(Node::items).unwrap_or_default() {
        devices.extend(placed_text(rule));
    }
    if let Some(gpus) = node.given("gpus") {
        devices.push(Placed::new("gpus".to_owned(), place(gpus.place)));
    }
    let reserved = node.at(&["deploy", "resources", "reservations", "devices"]).map(Node::items).unwrap_or_default();
    for device in reserved {
        devices.push(Placed::new(device.get("driver").and_then(Node::text).unwrap_or("a device").to_owned(), place(device.place)));
    }
    devices
}
