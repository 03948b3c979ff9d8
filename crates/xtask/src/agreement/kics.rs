//! The test cases of KICS, for manifests and for build files.

use std::fs;
use std::path::Path;

use super::build_files::{BY_TAG, CACHE, DIGEST, LAST, ROOT as BUILD_ROOT, UNPINNED};
use super::peers::{
    CAPABILITY, Case, DROPPED, ESCALATION, FLOATING, HOST_PATH, HOST_PORT, MEMORY, NAMESPACE, OLD_ANNOTATION, PRIVILEGED, PROBE, PULL,
    Peer, ROOT, SECRET, SOCKET, UID, files, name,
};

/// `assets/queries/k8s/CHECK/test/positive*.yaml`, `negative*.yaml`, each of their documents.
fn manifests(folder: &Path, check: &str) -> anyhow::Result<Vec<Case>> {
    let mut documents = Vec::new();
    for (name, text, fires) in cases(&folder.join("assets/queries/k8s").join(check), "yaml")? {
        let parts = text.split("\n---").map(|d| d.trim_start_matches("---")).filter(|d| d.contains("kind:"));
        documents.extend(parts.enumerate().map(|(at, document)| (format!("{name} {}", at + 1), document.to_owned(), fires)));
    }
    Ok(documents)
}

/// `assets/queries/dockerfile/CHECK/test/positive*.dockerfile`, `negative*.dockerfile`.
///
/// KICS looks at each stage, and only the last one of a file ships: stages that do not build on each other are a case each.
fn build_files(folder: &Path, check: &str) -> anyhow::Result<Vec<Case>> {
    let mut found = Vec::new();
    for (name, text, fires) in cases(&folder.join("assets/queries/dockerfile").join(check), "dockerfile")? {
        let stages = stages(&text);
        found.extend(stages.into_iter().enumerate().map(|(at, stage)| (format!("{name} {}", at + 1), stage, fires)));
    }
    Ok(found)
}

/// The stages of a build file, or the whole of it where one has a name.
fn stages(text: &str) -> Vec<String> {
    let is_from = |line: &str| line.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("from "));
    if text.lines().any(|line| is_from(line) && line.to_ascii_lowercase().contains(" as ")) {
        return vec![text.to_owned()];
    }
    let mut stages: Vec<String> = Vec::new();
    let mut begun = false;
    for line in text.split_inclusive('\n') {
        match stages.last_mut() {
            // What stands before the first FROM belongs to its stage.
            Some(stage) if !begun || !is_from(line) => stage.push_str(line),
            _ => stages.push(line.to_owned()),
        }
        begun |= is_from(line);
    }
    stages
}

/// The query is to fire on files whose names begin with `positive`, and on none whose name begins with `negative`.
fn cases(folder: &Path, extension: &str) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for path in files(&folder.join("test"))?.iter().filter(|p| p.extension().is_some_and(|e| e == extension)) {
        let name = name(path);
        let fires = name.starts_with("positive");
        if fires || name.starts_with("negative") {
            cases.push((name, fs::read_to_string(path)?, fires));
        }
    }
    Ok(cases)
}

const ABOVE_1000: &str = "the checklist asks for a uid above 1000, KICS for 10000 at least";
const OF_THE_POD: &str = "the container sets no uid, so that the pod's holds, which is not root's";
const NO_PROFILE_NAMED: &str = "the pod asks for a profile of the node's and names none: the API server refuses it";
const DEFAULT_PROFILE: &str =
    "without a word about AppArmor the runtime applies its own profile wherever the node has AppArmor; what switches it off is refused";
const EITHER_PROBE: &str = "either probe is enough for the checklist, and the case has a liveness probe";
const BY_REFERENCE: &str = "a Secret in a variable is handed over at run time, as the checklist asks";
const ANY_PATH: &str = "any path of the host is refused, as Kubernetes' baseline standard does, whatever the namespace";
const VOLUME_ALONE: &str = "a PersistentVolume alone is mounted by no container";
const CLEAN: &str = "apt-get clean empties /var/cache/apt, not the lists of packages in /var/lib/apt/lists";
const RELEASE: &str = "-t takes the word behind it as the release: the step names no package, and installs nothing";
const OTHER_STEP: &str = "what the query is about is pinned; another step of the case installs or updates without a version";
const MOVES: &str = "npm install without a name, sax@latest, a repository without a commit: each may bring another version next time";
const ONE_SIGN: &str = "pip knows == only, and refuses =";

pub(super) static MANIFESTS: Peer = Peer {
    name: "KICS, manifests",
    checks: &[
        ("cluster_allows_unsafe_sysctls", &["no-privileged-mode/unsafe-sysctl"]),
        ("container_is_privileged", PRIVILEGED),
        ("containers_run_with_low_uid", UID),
        ("containers_running_as_root", ROOT),
        ("containers_security_context_capabilities_drop_all", DROPPED),
        ("containers_with_added_capabilities", CAPABILITY),
        ("containers_with_sys_admin_capabilities", CAPABILITY),
        ("docker_daemon_socket_is_exposed_to_containers", SOCKET),
        ("image_pull_policy_of_container_is_not_always", FLOATING),
        ("image_without_digest", &["immutable-base-reference/deployed-by-tag"]),
        ("liveness_probe_is_not_defined", PROBE),
        ("memory_limits_not_defined", MEMORY),
        ("missing_app_armor_config", &["runtime-profile/unconfined", "runtime-profile/unknown-profile"]),
        ("net_raw_capabilities_not_being_dropped", DROPPED),
        ("no_drop_capabilities_for_containers", DROPPED),
        ("privilege_escalation_allowed", ESCALATION),
        ("readiness_probe_is_not_configured", PROBE),
        ("seccomp_profile_is_not_configured", &["runtime-profile/no-seccomp", "runtime-profile/unconfined"]),
        ("shared_host_ipc_namespace", NAMESPACE),
        ("shared_host_network_namespace", NAMESPACE),
        ("shared_host_pid_namespace", NAMESPACE),
        ("secrets_as_environment_variables", SECRET),
        ("workload_host_port_not_specified", HOST_PORT),
        ("workload_mounting_with_sensitive_os_directory", HOST_PATH),
    ],
    cases: manifests,
    judge: super::of_objects,
    meant: &[
        ("containers_run_with_low_uid", "positive*", ABOVE_1000),
        ("containers_running_as_root", "positive*", OF_THE_POD),
        ("image_pull_policy_of_container_is_not_always", "*", PULL),
        ("missing_app_armor_config", "negative*", NO_PROFILE_NAMED),
        ("missing_app_armor_config", "positive*", DEFAULT_PROFILE),
        ("readiness_probe_is_not_configured", "*", EITHER_PROBE),
        ("seccomp_profile_is_not_configured", "negative*", OLD_ANNOTATION),
        ("secrets_as_environment_variables", "*", BY_REFERENCE),
        ("workload_mounting_with_sensitive_os_directory", "negative*", ANY_PATH),
        ("workload_mounting_with_sensitive_os_directory", "positive.yaml 9", VOLUME_ALONE),
        ("workload_mounting_with_sensitive_os_directory", "positive.yaml 10", VOLUME_ALONE),
    ],
};

pub(super) static BUILD_FILES: Peer = Peer {
    name: "KICS, build files",
    checks: &[
        ("apk_add_using_local_cache_path", CACHE),
        ("apt_get_install_lists_were_not_deleted", CACHE),
        ("apt_get_install_pin_version_not_defined", UNPINNED),
        ("exposing_port_22", &["no-remote-access-tools/port"]),
        ("gem_install_without_version", UNPINNED),
        ("image_version_not_explicit", BY_TAG),
        ("image_version_using_latest", BY_TAG),
        ("last_user_is_root", BUILD_ROOT),
        ("missing_user_instruction", BUILD_ROOT),
        ("missing_version_specification_in_dnf_install", UNPINNED),
        ("npm_install_without_pinned_version", UNPINNED),
        ("pip_install_keeping_cached_packages", CACHE),
        ("unpinned_package_version_in_apk_add", UNPINNED),
        ("unpinned_package_version_in_pip_install", UNPINNED),
        ("yum_install_without_version", UNPINNED),
        ("zypper_install_without_version", UNPINNED),
    ],
    cases: build_files,
    judge: super::of_build_file,
    meant: &[
        ("apt_get_install_lists_were_not_deleted", "negative*", CLEAN),
        ("apt_get_install_pin_version_not_defined", "positive*", RELEASE),
        ("gem_install_without_version", "negative*", OTHER_STEP),
        ("image_version_not_explicit", "negative*", DIGEST),
        ("image_version_using_latest", "negative*", DIGEST),
        ("missing_user_instruction", "negative*", LAST),
        ("missing_version_specification_in_dnf_install", "negative*", OTHER_STEP),
        ("npm_install_without_pinned_version", "negative*", MOVES),
        ("unpinned_package_version_in_apk_add", "negative*", OTHER_STEP),
        ("unpinned_package_version_in_pip_install", "negative*", ONE_SIGN),
    ],
};

#[cfg(test)]
mod tests {
    use super::stages;

    #[test]
    fn stages_are_cases_of_their_own_unless_one_has_a_name() {
        assert_eq!(stages("ARG A=1\nFROM a\nRUN b\n\nfrom c\nRUN d"), ["ARG A=1\nFROM a\nRUN b\n\n", "from c\nRUN d"]);
        let named = "FROM a AS b\nFROM b\n";
        assert_eq!(stages(named), [named]);
    }
}
