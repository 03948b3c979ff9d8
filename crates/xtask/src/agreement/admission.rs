//! Whether the items agree with Kubernetes' own admission: the pods that `pod-security-admission` tests itself with.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};

/// A control of the Pod Security Standards, and what of ours carries it.
struct Control {
    /// The name that the test pods have.
    name: &'static str,
    level: Level,
    /// The first minor version that asks for it.
    since: u32,
    /// Items with their rules.
    rules: &'static [(&'static str, &'static [&'static str])],
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Baseline,
    Restricted,
}

use Level::{Baseline, Restricted};

const fn control(name: &'static str, level: Level, since: u32, rules: &'static [(&'static str, &'static [&'static str])]) -> Control {
    Control { name, level, since, rules }
}

const PROC_MOUNT: &[(&str, &[&str])] = &[("no-privileged-mode", &["unmasked-proc"])];

/// Differences that are meant, and why ours is right.
const MEANT: &[(&str, &str, &str)] = &[(
    "procmount",
    "procmount1.yaml",
    "baseline relaxes it since 1.35 for pods in a user namespace; restricted does not, and the items hold to restricted",
)];

const CONTROLS: &[Control] = &[
    control("apparmorprofile", Baseline, 0, &[("runtime-profile", &["unconfined", "unknown-profile"])]),
    control("capabilities_baseline", Baseline, 0, &[("no-privileged-mode", &["capability"])]),
    control("hostnamespaces", Baseline, 0, &[("no-privileged-mode", &["host-namespace"])]),
    control("hostpathvolumes", Baseline, 0, &[("no-host-permissions", &["host-path"])]),
    control("hostports", Baseline, 0, &[("no-privileged-mode", &["host-port"])]),
    control("hostprobesandhostlifecycle", Baseline, 34, &[("health-probes", &["probe-of-another-host"])]),
    control("privileged", Baseline, 0, &[("no-privileged-mode", &["privileged"])]),
    control("procmount", Baseline, 0, PROC_MOUNT),
    control("procmount_restricted", Restricted, 35, PROC_MOUNT),
    control("seccompprofile_baseline", Baseline, 19, &[("runtime-profile", &["unconfined", "unknown-profile"])]),
    control("selinuxoptions", Baseline, 0, &[("runtime-profile", &["selinux-label", "unconfined"])]),
    control("sysctls", Baseline, 0, &[("no-privileged-mode", &["unsafe-sysctl"])]),
    control("windowshostprocess", Baseline, 0, &[("no-privileged-mode", &["host-process"])]),
    control("allowprivilegeescalation", Restricted, 8, &[("no-privileged-mode", &["privilege-escalation"])]),
    control("capabilities_restricted", Restricted, 22, &[("runtime-profile", &["capabilities-kept", "capability-added"])]),
    control("restrictedvolumes", Restricted, 0, &[("no-host-permissions", &["host-path", "node-volume"])]),
    control("runasnonroot", Restricted, 0, &[("non-root-user", &["root-not-ruled-out", "refused-by-kubelet", "root"])]),
    control("runasuser", Restricted, 23, &[("non-root-user", &["root", "refused-by-kubelet"])]),
    control("seccompprofile_restricted", Restricted, 19, &[("runtime-profile", &["no-seccomp", "unconfined", "unknown-profile"])]),
];

/// What a pod and a control come to.
#[derive(Default)]
struct Tally {
    refused: (usize, usize),
    admitted: (usize, usize),
    differences: BTreeMap<String, Vec<u32>>,
}

/// Judges each pod below `testdata` and prints the table; an error where a difference is none of those that the versions explain.
pub(super) fn run(testdata: &Path) -> anyhow::Result<()> {
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    let (mut pods, mut versions) = (0, 0);
    for (folder, level) in [("baseline", Baseline), ("restricted", Restricted)] {
        for version in folders(&testdata.join(folder))? {
            let Some(minor) = version.strip_prefix("v1.").and_then(|m| m.parse::<u32>().ok()) else { continue };
            versions += usize::from(level == Baseline);
            for outcome in ["pass", "fail"] {
                let directory = testdata.join(folder).join(&version).join(outcome);
                for file in folders(&directory)? {
                    pods += 1;
                    let (fired, deployment) = super::rules_of_file(&directory.join(&file));
                    if deployment.workloads.is_empty() || deployment.problems.iter().any(|p| p.hides) {
                        bail!("{}/{file}: not read whole: {:?}", directory.display(), deployment.problems);
                    }
                    let stem = file.trim_end_matches(".yaml").trim_end_matches(|c: char| c.is_ascii_digit());
                    for control in CONTROLS.iter().filter(|c| c.level <= level) {
                        let counts =
                            control.rules.iter().any(|(item, rules)| rules.iter().any(|rule| fired.contains(&format!("{item}/{rule}"))));
                        let tally = tallies.entry(control.name).or_default();
                        if outcome == "fail" && stem == control.name {
                            tally.refused.0 += 1;
                            tally.refused.1 += usize::from(counts);
                            if !counts {
                                tally.differences.entry(format!("admission refuses {file}, we do not")).or_default().push(minor);
                            }
                        } else if outcome == "pass" {
                            tally.admitted.0 += 1;
                            tally.admitted.1 += usize::from(!counts);
                            if counts {
                                let meant = MEANT.iter().find(|(name, pod, _)| *name == control.name && *pod == file);
                                let why = match meant {
                                    _ if minor < control.since => format!("asked for since 1.{} only", control.since),
                                    Some((_, pod, why)) => format!("meant, {pod}: {why}"),
                                    None => format!("admission lets {file} pass, we do not"),
                                };
                                tally.differences.entry(why).or_default().push(minor);
                            }
                        }
                    }
                }
            }
        }
    }
    println!(
        "{pods} pods of {versions} versions\n\n| control | refused | by us too | admitted | by us too |\n| --- | ---: | ---: | ---: | ---: |"
    );
    for (name, tally) in &tallies {
        println!("| {name} | {} | {} | {} | {} |", tally.refused.0, tally.refused.1, tally.admitted.0, tally.admitted.1);
    }
    let mut unexplained = 0;
    println!("\nDifferences:");
    for (name, tally) in &tallies {
        for (what, minors) in &tally.differences {
            unexplained += usize::from(!what.starts_with("asked for") && !what.starts_with("meant"));
            let (first, last) = (minors.iter().min().unwrap_or(&0), minors.iter().max().unwrap_or(&0));
            println!("- {name}: {what} ({} pods, 1.{first} to 1.{last})", minors.len());
        }
    }
    if unexplained > 0 {
        bail!("{unexplained} kinds of difference that no version explains");
    }
    Ok(())
}

fn folders(path: &Path) -> anyhow::Result<Vec<String>> {
    let mut names: Vec<String> = match fs::read_dir(path) {
        Ok(entries) => entries.filter_map(|e| e.ok()?.file_name().into_string().ok()).collect(),
        // A version may have nothing that fails.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    names.sort();
    Ok(names)
}
