//! The keys that the Compose specification knows. Another one makes Compose refuse the file.

use plimsoll_evidence::ProblemKind;
use plimsoll_yaml::Node;

use super::super::fields::{Complaints, key_place};

const TOP: [&str; 9] = ["configs", "include", "models", "name", "networks", "secrets", "services", "version", "volumes"];

#[rustfmt::skip]
const SERVICE: &[&str] = &[
    "annotations", "attach", "blkio_config", "build", "cap_add", "cap_drop", "cgroup", "cgroup_parent", "command", "configs",
    "container_name", "cpu_count", "cpu_percent", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime", "cpu_shares", "cpus",
    "cpuset", "credential_spec", "depends_on", "deploy", "develop", "device_cgroup_rules", "devices", "dns", "dns_opt", "dns_search",
    "domainname", "entrypoint", "env_file", "environment", "expose", "extends", "external_links", "extra_hosts", "gpus", "group_add",
    "healthcheck", "hostname", "image", "init", "ipc", "isolation", "label_file", "labels", "links", "logging", "mac_address",
    "mem_limit", "mem_reservation", "mem_swappiness", "memswap_limit", "models", "network_mode", "networks", "oom_kill_disable",
    "oom_score_adj", "pid", "pids_limit", "platform", "ports", "post_start", "pre_start", "pre_stop", "privileged", "profiles",
    "provider", "pull_policy", "pull_refresh_after", "read_only", "restart", "runtime", "scale", "secrets", "security_opt", "shm_size",
    "stdin_open", "stop_grace_period", "stop_signal", "storage_opt", "sysctls", "tmpfs", "tty", "ulimits", "use_api_socket", "user",
    "userns_mode", "uts", "volumes", "volumes_from", "working_dir",
];

/// Notes keys at the top that Compose does not know.
pub(super) fn check_top(whole: &Node, complaints: &mut Complaints<'_>) {
    check(whole, &TOP, "the file", complaints);
}

/// Notes keys of a service that Compose does not know.
pub(super) fn check_service(name: &str, service: &Node, complaints: &mut Complaints<'_>) {
    check(service, SERVICE, &format!("the service {name}"), complaints);
}

fn check(node: &Node, known: &[&str], of: &str, complaints: &mut Complaints<'_>) {
    for entry in node.entries() {
        let key = entry.key.text().unwrap_or_default();
        if !known.contains(&key) && !key.starts_with("x-") {
            let message = format!("{of} has the key {key:?}, which Compose does not know: it refuses the file");
            complaints.notes(ProblemKind::Malformed, key_place(entry), message);
        }
    }
}
