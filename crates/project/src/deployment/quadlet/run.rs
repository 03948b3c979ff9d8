//! What each key of a unit is to podman-run(1).

use plimsoll_evidence::Placed;
use plimsoll_evidence::workload::{Role, Volume, VolumeKind};

use super::super::compose::service::split_words;
use super::super::compose::volumes::limit_of;
use super::super::quantity::{boolean, duration};
use super::options::Run;
use super::unit::Unit;

/// Keys of `[Container]` that are one option for each value.
const VALUES: &[(&str, &str)] = &[
    ("Entrypoint", "--entrypoint"),
    ("EnvironmentFile", "--env-file"),
    ("GroupAdd", "--group-add"),
    ("HealthCmd", "--health-cmd"),
    ("HealthInterval", "--health-interval"),
    ("HealthRetries", "--health-retries"),
    ("HealthStartPeriod", "--health-start-period"),
    ("HealthTimeout", "--health-timeout"),
    ("LogDriver", "--log-driver"),
    ("LogOpt", "--log-opt"),
    ("Memory", "--memory"),
    ("Mount", "--mount"),
    ("Network", "--network"),
    ("PidsLimit", "--pids-limit"),
    ("PublishPort", "--publish"),
    ("Pull", "--pull"),
    ("Secret", "--secret"),
    ("StopSignal", "--stop-signal"),
    ("StopTimeout", "--stop-timeout"),
    ("Tmpfs", "--tmpfs"),
    ("UIDMap", "--uidmap"),
    ("GIDMap", "--gidmap"),
    ("SubUIDMap", "--subuidname"),
    ("SubGIDMap", "--subgidname"),
    ("UserNS", "--userns"),
    ("Volume", "--volume"),
    ("WorkingDir", "--workdir"),
];
/// Keys of which each word is one option.
const WORDS: &[(&str, &str)] = &[
    ("AddCapability", "--cap-add"),
    ("DropCapability", "--cap-drop"),
    ("AddDevice", "--device"),
    ("Environment", "--env"),
    ("Sysctl", "--sysctl"),
];
/// Keys that are options of `--security-opt`.
const SECURITY: &[(&str, &str)] = &[
    ("SeccompProfile", "seccomp="),
    ("AppArmor", "apparmor="),
    ("SecurityLabelType", "label=type:"),
    ("SecurityLabelLevel", "label=level:"),
    ("Unmask", "unmask="),
];
/// Keys that say nothing that is judged.
#[rustfmt::skip]
const SILENT: &[&str] = &[
    "AddHost", "Annotation", "CgroupsMode", "ContainerName", "ContainersConfModule", "DNS", "DNSOption", "DNSSearch",
    "EnvironmentHost", "ExposeHostPort", "GlobalArgs", "HealthLogDestination", "HealthMaxLogCount", "HealthMaxLogSize", "HealthOnFailure",
    "HealthStartupCmd", "HealthStartupInterval", "HealthStartupRetries", "HealthStartupSuccess", "HealthStartupTimeout", "HostName",
    "HttpProxy", "IP", "IP6", "Label", "Mask", "NetworkAlias", "Notify", "ReloadCmd", "ReloadSignal", "Retry", "RetryDelay", "Rootfs",
    "RunInit", "SecurityLabelFileType", "SecurityLabelNested", "ServiceName", "ShmSize", "StartWithPod", "Timezone", "Ulimit",
];
/// Keys that are read apart from those tables.
const APART: &[&str] = &[
    "AutoUpdate",
    "Image",
    "Exec",
    "Group",
    "User",
    "NoNewPrivileges",
    "ReadOnly",
    "ReadOnlyTmpfs",
    "SecurityLabelDisable",
    "VolatileTmp",
    "PodmanArgs",
    "Pod",
    "RemapUsers",
    "RemapUid",
    "RemapGid",
    "RemapUidSize",
];

/// `[Container]`.
pub(super) fn container(unit: &Unit, run: &mut Run) {
    let section = "Container";
    run.container.image = unit.last(section, "Image");
    if let Some(name) = unit.last(section, "ContainerName") {
        run.container.name = name.value;
    }
    if let Some(exec) = unit.last(section, "Exec") {
        run.container.arguments = Some(exec.as_ref().map(|text| split_words(text)));
    }
    let user = unit.last(section, "User");
    let group = unit.last(section, "Group");
    if let Some(user) = user {
        run.option("--user", Some(user.clone()), user.place);
    }
    if let Some(group) = group {
        run.option("--user", Some(group.clone().map(|g| format!(":{g}"))), group.place);
    }
    options(unit, section, run);
    let truth = |key: &str| unit.last(section, key).and_then(|v| Some(Placed::new(boolean(&v.value)?, v.place)));
    if let Some(read_only) = truth("ReadOnly") {
        run.option("--read-only", Some(read_only.map(|b| b.to_string())), read_only.place);
    }
    if let Some(tmpfs) = truth("ReadOnlyTmpfs") {
        run.option("--read-only-tmpfs", Some(tmpfs.map(|b| b.to_string())), tmpfs.place);
    }
    if let Some(refused) = truth("NoNewPrivileges") {
        run.option("--security-opt", Some(refused.map(|b| format!("no-new-privileges:{b}"))), refused.place);
    }
    if let Some(off) = truth("SecurityLabelDisable").filter(|b| b.value) {
        run.option("--security-opt", Some(off.map(|_| "label=disable".to_owned())), off.place);
    }
    if let Some(volatile) = truth("VolatileTmp").filter(|b| b.value) {
        run.option("--tmpfs", Some(volatile.map(|_| "/tmp".to_owned())), volatile.place);
    }
    // The image is fetched anew, and the container replaced, whenever its tag is moved.
    if let Some(update) = unit.last(section, "AutoUpdate").filter(|u| u.value == "registry") {
        run.option("--pull", Some(update.map(|_| "auto-update".to_owned())), run.workload.place);
    }
    // Older than UserNS=.
    if let Some(remap) = unit.last(section, "RemapUsers").filter(|r| !r.value.is_empty()) {
        run.option("--userns", Some(remap.clone()), remap.place);
    }
    let known =
        |key: &str| VALUES.iter().chain(WORDS).chain(SECURITY).any(|(k, _)| *k == key) || SILENT.contains(&key) || APART.contains(&key);
    let unknown: Vec<String> = unit.keys(section).filter(|k| !known(k)).map(str::to_owned).collect();
    for key in unknown {
        let at = unit.last(section, &key).map_or(run.workload.place, |v| v.place);
        run.complaints.push((at, format!("{key}= is no key of [Container] that is known; Quadlet refuses a unit with such a key")));
    }
    let rest = unit.words(section, "PodmanArgs");
    run.options(&rest);
}

fn options(unit: &Unit, section: &str, run: &mut Run) {
    for (key, option) in VALUES {
        for value in unit.values(section, key) {
            let place = value.place;
            run.option(option, Some(value), place);
        }
    }
    for (key, option) in WORDS {
        for word in unit.words(section, key) {
            let place = word.place;
            run.option(option, Some(word), place);
        }
    }
    for (key, prefix) in SECURITY {
        for value in unit.values(section, key) {
            let place = value.place;
            run.option("--security-opt", Some(value.map(|v| format!("{prefix}{v}"))), place);
        }
    }
}

/// `[Pod]`: what its containers share.
pub(super) fn pod(unit: &Unit, run: &mut Run) {
    options(unit, "Pod", run);
    let rest = unit.words("Pod", "PodmanArgs");
    run.options(&rest);
}

/// `[Service]`: how systemd keeps it.
pub(super) fn service(unit: &Unit, run: &mut Run) {
    if let Some(restart) = unit.last("Service", "Restart") {
        run.workload.restart = Some(restart);
    }
    // It runs to its end before what is ordered behind it starts.
    if unit.last("Service", "Type").is_some_and(|t| t.value == "oneshot") {
        run.container.role = Role::Init;
    }
    if let Some(stop) = unit.last("Service", "TimeoutStopSec") {
        run.workload.grace = duration(&stop.value).map(|ms| Placed::new(ms, stop.place)).or(run.workload.grace.take());
    }
    if let Some(memory) = unit.last("Service", "MemoryMax").filter(|m| m.value != "infinity") {
        run.service_limit("memory", &memory);
    }
}

/// `[Volume]`: a volume that is a folder of the host, or memory.
pub(super) fn volume(unit: &Unit, volume: &mut Volume) {
    let device = unit.last("Volume", "Device");
    let options = unit.last("Volume", "Options");
    let binds = unit.last("Volume", "Type").is_some_and(|t| t.value == "none" || t.value == "bind")
        || options.as_ref().is_some_and(|o| o.value.split(',').any(|o| o == "bind"));
    if unit.last("Volume", "Type").is_some_and(|t| t.value == "tmpfs") {
        let size_limit = options.and_then(|o| Some(Placed::new(limit_of(&o.value)?, o.place)));
        volume.kind = VolumeKind::Ephemeral { in_memory: true, size_limit };
    } else if let Some(device) = device.filter(|_| binds) {
        volume.kind = VolumeKind::HostPath { path: device, check: None };
    }
}

/// The words after `podman run` or `docker run`; none where a command is another.
pub(super) fn podman_run(words: &[Placed<String>]) -> Option<&[Placed<String>]> {
    // systemd's marks before the program.
    let (program, mut rest) = words.split_first()?;
    let program = program.value.trim_start_matches(['@', '-', ':', '+', '!']);
    let program = program.rsplit('/').next().unwrap_or_default();
    if !matches!(program, "podman" | "docker" | "nerdctl") {
        return None;
    }
    // Options of podman itself: those with a value carry it, or are followed by it.
    while let Some((word, after)) = rest.split_first() {
        match word.value.as_str() {
            "run" => return Some(after),
            "container" => rest = after,
            "--root" | "--runroot" | "--log-level" | "--storage-driver" | "--cgroup-manager" | "--connection" | "--url" | "-c" | "-H" => {
                rest = after.get(1..).unwrap_or_default();
            }
            other if other.starts_with('-') => rest = after,
            _ => return None,
        }
    }
    None
}

/// `[options] image [command]`.
pub(super) fn command_line(words: &[Placed<String>], run: &mut Run) {
    let rest = run.options(words);
    if let Some((image, command)) = rest.split_first() {
        run.container.image = Some(image.clone());
        if let Some(first) = command.first() {
            run.container.arguments = Some(Placed::new(command.iter().map(|w| w.value.clone()).collect(), first.place));
        }
    }
}
