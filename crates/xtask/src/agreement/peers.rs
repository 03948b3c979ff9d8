//! The test cases of linters for manifests. Each names for each check what it is to fire on.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// A case: its name, its text, and whether the check fires on it.
pub(super) type Case = (String, String, bool);

/// A linter.
pub(super) struct Peer {
    pub(super) name: &'static str,
    /// Its checks, by the name that its cases have, with the rules of ours that carry them.
    pub(super) checks: &'static [(&'static str, &'static [&'static str])],
    /// Its cases of a check.
    pub(super) cases: fn(&Path, &str) -> anyhow::Result<Vec<Case>>,
    /// The rules that fail an item for a case, and whether a part of it was not read.
    pub(super) judge: fn(&str) -> (Vec<String>, bool),
    /// Differences that are meant, by check and case (`*` for all of its cases, `x*` for those that begin so), and why ours is right.
    pub(super) meant: &'static [(&'static str, &'static str, &'static str)],
}

/// Prints the table.
pub(super) fn run(peer: &Peer, folder: &Path) -> anyhow::Result<()> {
    let (mut all, mut same, mut unexplained) = (0, 0, 0);
    let mut meant: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    println!("{}\n\n| check | ours | cases | same |\n| --- | --- | ---: | ---: |", peer.name);
    let mut others = Vec::new();
    for (check, rules) in peer.checks {
        let cases = (peer.cases)(folder, check).with_context(|| (*check).to_owned())?;
        if cases.is_empty() {
            bail!("{check} has no cases below {}", folder.display());
        }
        let mut equal = 0;
        for (case, text, fires) in &cases {
            let (fired, refused) = (peer.judge)(text);
            let ours = rules.iter().any(|rule| fired.iter().any(|f| f == rule));
            if ours == *fires || refused && *fires {
                equal += 1;
                continue;
            }
            let reason = peer.meant.iter().find(|(c, name, _)| c == check && is_meant(name, case));
            if let Some((_, _, why)) = reason {
                meant.entry(why).or_default().push(format!("{check}: {case}"));
            } else {
                unexplained += 1;
                others.push(format!("- {check}: {case}: they {}, we {}", word(*fires), word(ours)));
            }
        }
        all += cases.len();
        same += equal;
        println!("| {check} | {} | {} | {equal} |", rules.join(", "), cases.len());
    }
    println!("\n{same} of {all} the same.\n");
    for (why, cases) in &meant {
        println!("- {why}: {}", cases.join(", "));
    }
    if unexplained > 0 {
        println!("\n{}", others.join("\n"));
        bail!("{unexplained} differences that are not meant");
    }
    Ok(())
}

fn is_meant(pattern: &str, case: &str) -> bool {
    pattern.strip_suffix('*').map_or_else(|| pattern == case, |start| case.starts_with(start))
}

const fn word(fires: bool) -> &'static str {
    if fires { "refuse it" } else { "let it pass" }
}

pub(super) fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).with_context(|| folder.display().to_string())?.filter_map(|e| Some(e.ok()?.path())).collect();
    paths.sort();
    Ok(paths)
}

pub(super) fn name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Polaris: `test/checks/CHECK/success.x.yaml`, `failure.x.yaml`.
fn polaris(folder: &Path, check: &str) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for path in files(&folder.join("test/checks").join(check))? {
        let name = name(&path);
        let fires = name.starts_with("failure");
        if fires || name.starts_with("success") {
            cases.push((name, fs::read_to_string(&path)?, fires));
        }
    }
    Ok(cases)
}

/// kube-linter: `tests/checks/CHECK.yml`, objects whose name begins with `dont-fire` are let pass, those of the kinds that are judged and
/// have another name are not.
fn kube_linter(folder: &Path, check: &str) -> anyhow::Result<Vec<Case>> {
    let base = folder.join("tests/checks");
    let path = [".yml", ".yaml"].iter().map(|e| base.join(format!("{check}{e}"))).find(|p| p.is_file());
    let text = fs::read_to_string(path.with_context(|| format!("{check} has no file"))?)?;
    let mut cases = Vec::new();
    for (at, document) in text.split("---").enumerate() {
        let field = |key: &str| document.lines().find_map(|l| l.trim().strip_prefix(key)).map(|v| v.trim().to_owned());
        let (Some(kind), Some(called)) = (field("kind:"), field("name:")) else { continue };
        if matches!(kind.as_str(), "Deployment" | "DeploymentConfig" | "Pod" | "StatefulSet" | "DaemonSet" | "CronJob" | "Job") {
            cases.push((format!("{at} {kind} {called}"), document.to_owned(), !called.starts_with("dont-fire")));
        }
    }
    Ok(cases)
}

/// Checkov: `tests/kubernetes/checks/example_CHECK/x-PASSED.yaml`, `x-FAILED.yaml`.
fn checkov(folder: &Path, check: &str) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for path in files(&folder.join("tests/kubernetes/checks").join(format!("example_{check}")))? {
        let name = name(&path);
        let (passed, failed) = (name.contains("PASS"), name.contains("FAIL"));
        // A file of both is refused for what of it fails.
        if (passed || failed) && path.is_file() {
            cases.push((name, fs::read_to_string(&path)?, failed));
        }
    }
    Ok(cases)
}

const WRITABLE: &[&str] = &["read-only-root/writable-root"];
pub(super) const ESCALATION: &[&str] = &["no-privileged-mode/privilege-escalation"];
pub(super) const PRIVILEGED: &[&str] = &["no-privileged-mode/privileged"];
pub(super) const NAMESPACE: &[&str] = &["no-privileged-mode/host-namespace"];
pub(super) const CAPABILITY: &[&str] = &["no-privileged-mode/capability"];
pub(super) const DROPPED: &[&str] = &["runtime-profile/capabilities-kept"];
pub(super) const PROBE: &[&str] = &["health-probes/no-probe"];
pub(super) const MEMORY: &[&str] = &["resource-limits-documented/no-memory-limit"];
pub(super) const FLOATING: &[&str] = &["immutable-at-runtime/tag-fetched-anew"];
pub(super) const SOCKET: &[&str] = &["no-privileged-mode/engine-socket"];
pub(super) const HOST_PATH: &[&str] = &["no-host-permissions/host-path"];
pub(super) const HOST_PORT: &[&str] = &["no-privileged-mode/host-port"];
pub(super) const ROOT: &[&str] = &["non-root-user/root", "non-root-user/root-not-ruled-out", "non-root-user/refused-by-kubelet"];
pub(super) const UID: &[&str] = &[
    "non-root-user/root",
    "non-root-user/root-not-ruled-out",
    "non-root-user/refused-by-kubelet",
    "non-root-user/system-uid",
    "non-root-user/uid-not-above-1000",
];
pub(super) const SECRET: &[&str] = &["no-secrets/literal-in-environment"];

const DROP_ALL: &str = "only dropping ALL leaves nothing that was not named; Kubernetes' restricted standard asks for that";
pub(super) const PULL: &str = "Always makes a restart run whatever a tag names by then, and a digest makes it harmless: fetching each time is what we refuse, leaving it out is not";
pub(super) const OLD_ANNOTATION: &str = "nothing has read these annotations since Kubernetes 1.27: the container runs without a profile";
const NO_CONTAINER: &str = "the pod has no container, and the API server refuses it";
const BY_VALUE: &str = "found by the search for credentials, which reads the text itself and is left out of this comparison";

pub(super) static POLARIS: Peer = Peer {
    name: "Polaris",
    checks: &[
        ("hostIPCSet", NAMESPACE),
        ("hostNetworkSet", NAMESPACE),
        ("hostPIDSet", NAMESPACE),
        ("hostPathSet", HOST_PATH),
        ("hostPortSet", HOST_PORT),
        ("hostProcess", &["no-privileged-mode/host-process"]),
        ("dangerousCapabilities", CAPABILITY),
        ("insecureCapabilities", DROPPED),
        ("linuxHardening", &["runtime-profile/no-seccomp", "runtime-profile/unconfined", "runtime-profile/capabilities-kept"]),
        ("livenessProbeMissing", PROBE),
        ("readinessProbeMissing", PROBE),
        ("memoryLimitsMissing", MEMORY),
        ("notReadOnlyRootFilesystem", WRITABLE),
        ("pdbDisruptionsIsZero", &["restartable/budget-blocks"]),
        ("privilegeEscalationAllowed", ESCALATION),
        ("procMount", &["no-privileged-mode/unmasked-proc"]),
        ("pullPolicyNotAlways", FLOATING),
        ("runAsPrivileged", PRIVILEGED),
        ("runAsRootAllowed", ROOT),
        ("sensitiveConfigmapContent", &["no-secrets/credential-in-configmap"]),
        ("sensitiveContainerEnvVar", SECRET),
        ("tagNotSpecified", FLOATING),
    ],
    cases: polaris,
    judge: super::of_objects,
    meant: &[
        ("insecureCapabilities", "*", DROP_ALL),
        (
            "linuxHardening",
            "*",
            "one of seccomp, AppArmor, SELinux and dropped capabilities is enough for Polaris; each guards something else, and the item asks for seccomp and for dropped capabilities",
        ),
        ("pdbDisruptionsIsZero", "*", "a budget alone is about no container; with the pods that it selects it is refused"),
        ("pullPolicyNotAlways", "*", PULL),
        ("sensitiveConfigmapContent", "failure.value_private_key.yaml", BY_VALUE),
        ("sensitiveContainerEnvVar", "failure.value_private_key.yaml", BY_VALUE),
    ],
};

pub(super) static KUBE_LINTER: Peer = Peer {
    name: "kube-linter",
    checks: &[
        ("docker-sock", SOCKET),
        ("drop-net-raw-capability", DROPPED),
        ("env-var-secret", SECRET),
        ("host-ipc", NAMESPACE),
        ("host-network", NAMESPACE),
        ("host-pid", NAMESPACE),
        ("latest-tag", FLOATING),
        ("no-liveness-probe", PROBE),
        ("no-read-only-root-fs", WRITABLE),
        ("no-readiness-probe", PROBE),
        ("privilege-escalation-container", ESCALATION),
        ("privileged-container", PRIVILEGED),
        ("run-as-non-root", ROOT),
        ("sensitive-host-mounts", HOST_PATH),
        ("unsafe-proc-mount", &["no-privileged-mode/unmasked-proc"]),
        ("unsafe-sysctls", &["no-privileged-mode/unsafe-sysctl"]),
        ("unset-memory-requirements", MEMORY),
        ("writable-host-mount", &["restartable/data-on-host", "no-host-permissions/host-path"]),
    ],
    cases: kube_linter,
    judge: super::of_objects,
    meant: &[
        ("drop-net-raw-capability", "*", DROP_ALL),
        ("host-ipc", "*", NO_CONTAINER),
        ("host-network", "*", NO_CONTAINER),
        ("host-pid", "*", NO_CONTAINER),
        (
            "run-as-non-root",
            "*",
            "group 0 is what OpenShift gives every uid, and the item arbitrary-uid asks images to work with it; it is not root",
        ),
    ],
};

pub(super) static CHECKOV: Peer = Peer {
    name: "Checkov",
    checks: &[
        ("AllowPrivilegeEscalation", ESCALATION),
        ("AllowedCapabilities", CAPABILITY),
        ("AllowedCapabilitiesSysAdmin", CAPABILITY),
        ("DockerSocketVolume", SOCKET),
        ("DropCapabilities", DROPPED),
        ("HostPort", HOST_PORT),
        ("ImageDigest", &["immutable-base-reference/deployed-by-tag"]),
        ("ImagePullPolicy", FLOATING),
        ("ImageTagFixed", FLOATING),
        ("PrivilegedContainers", PRIVILEGED),
        ("ReadOnlyFilesystem", WRITABLE),
        ("RootContainers", ROOT),
        ("RootContainersHighUID", UID),
        ("Seccomp", &["runtime-profile/no-seccomp", "runtime-profile/unconfined"]),
        ("Secrets", SECRET),
        ("ShareHost", NAMESPACE),
    ],
    cases: checkov,
    judge: super::of_objects,
    meant: &[
        ("AllowedCapabilitiesSysAdmin", "pod-FAILED2.yaml", NO_CONTAINER),
        ("DropCapabilities", "*", DROP_ALL),
        ("ImagePullPolicy", "*", PULL),
        ("ImageTagFixed", "*", PULL),
        (
            "RootContainersHighUID",
            "rootContainersHighUIDPASSED.yaml",
            "a user namespace keeps root from the host, not from the container's own files: the checklist asks for a uid above 1000 all the same",
        ),
        ("Seccomp", "*", OLD_ANNOTATION),
        (
            "Secrets",
            "*",
            "a Secret in a variable is handed over at run time, as the checklist asks; the Secret's values in the file are refused by another rule",
        ),
    ],
};
