//! What of the image reaches for rights outside of the container.

mod deployment;

use plimsoll_evidence::{FileKind, ImageFacts};

use super::prelude::*;
use crate::deployed::Deployed;
use crate::host_labels::{Steers, steering};
use crate::shown::{count, list};
use crate::user::resolve;

const ID: ItemId = ItemId("no-host-permissions");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Container UIDs/GIDs have no host permissions",
    section: Section::Runtime,
    requirement: "The users and groups of the container need no rights on the host's files and directories, and nothing in the image raises rights.",
    why: "Who breaks out of the container is on the host as the same uid. Set-user-id programs, file capabilities and device files are steps on that way.",
    remediation: "Remove set-user-id and set-group-id bits and file capabilities, keep ids within 0 to 65535, ship no devices, and deploy with user namespaces (hostUsers: false).",
    references: &[footnote(57)],
    rules: &[
        SETUID,
        SETGID,
        FILE_CAPS,
        DEVICE,
        KERNEL_PATH,
        ID_RANGE,
        ACCOUNTS,
        SECOND_ROOT,
        SOCKET_VOLUME,
        HOST_VOLUME,
        ENGINE_LABEL,
        deployment::HOST_PATH,
        deployment::NODE_VOLUME,
        deployment::HOST_GROUP,
        deployment::FS_GROUP_ROOT,
        deployment::HOST_UID,
        deployment::PROPAGATION,
    ],
    example: Some(Example {
        language: "dockerfile",
        bad: "RUN chmod u+s /usr/bin/tool && setcap cap_net_admin+ep /usr/bin/tool",
        good: "RUN find / -xdev -perm /6000 -type f -exec chmod a-s {} +",
    }),
    rests_on: &[RestsOn::Config, RestsOn::Files, RestsOn::Deployment],
    judge,
};

const STRIP: &str = "Remove the bit in the step that brings the file in: chmod a-s; or remove the program.";
const SETUID: Rule = Rule::new("setuid", Medium, "A set-user-id program.", STRIP);
const SETGID: Rule = Rule::new("setgid", Low, "A set-group-id program.", STRIP);
const FILE_CAPS: Rule = Rule::new(
    "file-capabilities",
    Medium,
    "A program with file capabilities.",
    "Remove them with setcap -r; for ports below 1024 listen on a higher one.",
);
const DEVICE: Rule = Rule::new(
    "device-node",
    High,
    "A device file is shipped in the image.",
    "Remove it: the runtime makes the devices that a container may have.",
);
const KERNEL_PATH: Rule = Rule::new(
    "kernel-path",
    High,
    "The image ships something in the place of /dev, /proc or /sys, where the runtime mounts the kernel's own: a known way to mislead a runtime.",
    "Remove it from the image; these directories are empty in an image.",
);
const ID_RANGE: Rule = Rule::new(
    "id-out-of-range",
    Medium,
    "Files belong to ids above 65535, which user namespaces of the usual size do not map.",
    "Give the files to an id between 1001 and 65534 (COPY --chown).",
);
const ACCOUNTS: Rule = Rule::new(
    "malformed-accounts",
    Medium,
    "A line of passwd or group is no entry: tools and engines disagree on what such a line means.",
    "Correct or remove the line.",
);
const SECOND_ROOT: Rule =
    Rule::new("second-root", High, "An account besides root has uid 0.", "Remove the account, or give it a uid of its own.");
const SOCKET_VOLUME: Rule = Rule::new(
    "engine-socket-volume",
    High,
    "VOLUME names the socket of a container engine.",
    "Remove the VOLUME line and do without the socket.",
);
const HOST_VOLUME: Rule = Rule::new(
    "host-path-volume",
    Medium,
    "VOLUME names a directory that belongs to the host's kernel or engine.",
    "Remove the VOLUME line.",
);
const ENGINE_LABEL: Rule = Rule::new(
    "engine-label",
    Medium,
    "A label steers how tools on the host set up or keep the container.",
    "Remove the label; who runs the container decides that.",
);

/// Below it are the ids of a host's own accounts (Linux Standard Base, "User & Group Names").
const FIRST_ORDINARY: u32 = 1000;
/// The highest id that a user namespace of the usual size (65,536 ids) maps.
const HIGHEST: u64 = 65_535;
/// The most lines of accounts that any image needs; more make every lookup slow.
const MOST_ACCOUNTS: usize = 10_000;

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let deployed = Deployed::of(evidence);
    let image = evidence.image.found();
    if image.is_none() && !deployed.is_known() {
        return without_image(evidence);
    }
    let mut case = Case::new(ID, evidence);
    deployment::judge(&mut case, &deployed, image);
    let Some(image) = image else {
        case.need("the files of the image: set-id programs, file capabilities, devices", "name the image to check");
        let fail = format!("{} of the host's files and ids.", count(case.failing(), "grant"));
        return case.conclude(
            fail,
            format!("None of the host's files and ids is given to {}; the image was not given.", deployed.shown()),
            "",
        );
    };
    if !deployed.is_known() {
        own_user(&mut case, image);
    }
    let (setid, caps) = of_image(&mut case, image);
    let fail = format!(
        "{}, {} with capabilities; {} above info.",
        count(setid, "set-id program"),
        count(caps, "program"),
        count(case.failing(), "finding")
    );
    case.conclude(
        fail,
        "Nothing in the image raises rights; whether the container's uid is one of the host's is not known.",
        format!("No set-id program, file capability or device in {}, and no id of the host's.", count(image.tree.regular(), "file")),
    )
}

/// The user that the image itself chooses: without a namespace of users its uid is one of the host's.
fn own_user(case: &mut Case<'_>, image: &ImageFacts) {
    let Ok(identity) = resolve(&image.config.user, &image.accounts) else { return };
    if identity.uid < FIRST_ORDINARY {
        let (severity, whose) = if identity.uid == 0 { (Medium, "root") } else { (Low, "kept for system accounts") };
        case.find(&deployment::HOST_UID)
            .severity(severity)
            .says(format!("The container runs as uid {}, which is {whose} on the host too unless a user namespace maps it.", identity.uid))
            .in_config("User")
            .add();
    }
}

/// What the image holds; how many set-id programs and programs with capabilities.
fn of_image(case: &mut Case<'_>, image: &ImageFacts) -> (usize, usize) {
    let (mut setid, mut caps) = (0, 0);
    let mut outside = Vec::new();
    for file in &image.tree.files {
        // The bits of a directory are about the group of new files, and those of a file that nobody may execute do nothing.
        if file.kind == FileKind::Regular && file.mode & 0o111 != 0 && file.mode & 0o6000 != 0 {
            setid += 1;
            let (rule, who) =
                if file.mode & 0o4000 != 0 { (&SETUID, format!("uid {}", file.uid)) } else { (&SETGID, format!("gid {}", file.gid)) };
            case.find(rule)
                .says(format!("{} runs as {who} whoever starts it (mode {:04o}).", file.absolute(), file.mode & 0o7777))
                .in_file(file)
                .add();
        }
        if let Some(set) = file.caps.as_ref().filter(|c| c.permitted != 0 || c.inheritable != 0) {
            caps += 1;
            let severity = if set.permitted & HIGH_CAPS != 0 { High } else { Medium };
            case.find(&FILE_CAPS)
                .severity(severity)
                .says(format!("{} has the capabilities {}.", file.absolute(), names(set.permitted | set.inheritable)))
                .in_file(file)
                .add();
        }
        special(case, file);
        if file.uid > HIGHEST || file.gid > HIGHEST {
            outside.push(file);
        }
    }
    if let Some(first) = outside.first() {
        let paths: Vec<String> = outside.iter().map(|f| format!("{} ({}:{})", f.absolute(), f.uid, f.gid)).collect();
        // Beyond 32 bits a filesystem cannot even hold them.
        let severity = if outside.iter().any(|f| f.uid > u64::from(u32::MAX) || f.gid > u64::from(u32::MAX)) { High } else { Medium };
        case.find(&ID_RANGE)
            .severity(severity)
            .says(format!("{} with ids above 65535: {}.", count(outside.len(), "file"), list(&paths, 3)))
            .in_file(first)
            .add();
    }
    accounts(case, image);
    volumes(case, image);
    for steering in steering(image).iter().filter(|s| matches!(s.kind, Steers::Engine | Steers::Command)) {
        case.find(&ENGINE_LABEL)
            .says(format!("The label {} {}.", steering.label, steering.does))
            .in_config(format!("Labels[{}]", steering.label))
            .add();
    }
    (setid, caps)
}

fn special(case: &mut Case<'_>, file: &plimsoll_evidence::FileEntry) {
    let top = file.path.split('/').next().unwrap_or_default();
    let kernel = matches!(top, "dev" | "proc" | "sys");
    match file.kind {
        FileKind::CharDevice | FileKind::BlockDevice => {
            // Overlay whiteouts and what debootstrap leaves: only block devices and those outside of /dev matter much.
            let severity = if file.kind == FileKind::BlockDevice || top != "dev" { High } else { Low };
            case.find(&DEVICE)
                .severity(severity)
                .says(format!(
                    "{} is a {} device.",
                    file.absolute(),
                    if file.kind == FileKind::BlockDevice { "block" } else { "character" }
                ))
                .in_file(file)
                .add();
        }
        FileKind::Symlink if kernel && (file.path == top || top != "dev") => {
            case.find(&KERNEL_PATH)
                .says(format!("{} is a link to {:?}.", file.absolute(), file.link.as_deref().unwrap_or_default()))
                .in_file(file)
                .add();
        }
        FileKind::Regular if kernel && (file.path == top || top != "dev" || file.size > 0) => {
            // Builders leave empty files where they mounted over.
            let severity = if file.size == 0 && file.path != top { Info } else { High };
            case.find(&KERNEL_PATH)
                .severity(severity)
                .says(format!("{} is a file of {} in the place of the kernel's own.", file.absolute(), crate::shown::bytes(file.size)))
                .in_file(file)
                .add();
        }
        _ => {}
    }
}

fn accounts(case: &mut Case<'_>, image: &ImageFacts) {
    let accounts = &image.accounts;
    let file = |path: &str| image.tree.resolve(path).map(|id| image.tree.file(id));
    if !accounts.bad_lines.is_empty() {
        let says = format!("{}: {}.", count(accounts.bad_lines.len(), "malformed line"), list(&accounts.bad_lines, 3));
        let draft = case.find(&ACCOUNTS).says(says);
        match file("etc/passwd") {
            Some(file) => draft.in_file(file).add(),
            None => draft.add(),
        }
    }
    let many = accounts.users.len().max(accounts.groups.len());
    if many > MOST_ACCOUNTS {
        case.find(&ACCOUNTS).about("many").says(format!("passwd or group has {many} entries: every lookup reads them all.")).add();
    }
    for user in accounts.users.iter().filter(|u| u.uid == 0 && u.name != "root") {
        let draft = case.find(&SECOND_ROOT).about(&user.name).says(format!("The account {:?} has uid 0.", user.name));
        match file("etc/passwd") {
            Some(file) => draft.in_line(file, user.line).add(),
            None => draft.add(),
        }
    }
}

fn volumes(case: &mut Case<'_>, image: &ImageFacts) {
    for volume in &image.config.volumes {
        let field = format!("Volumes[{volume}]");
        let path = volume.trim_matches('/');
        if path.ends_with(".sock") {
            case.find(&SOCKET_VOLUME).says(format!("VOLUME {volume} is a socket of the host.")).in_config(field).add();
        } else if matches!(
            path,
            "" | "proc" | "sys" | "dev" | "boot" | "var/lib/docker" | "var/lib/containerd" | "var/lib/kubelet" | "lib/modules"
        ) || ["proc/", "sys/"].iter().any(|d| path.starts_with(d))
            || volume.split('/').any(|part| part == "..")
        {
            case.find(&HOST_VOLUME).says(format!("VOLUME {volume} is the host's.")).in_config(field).add();
        }
    }
}

/// Names of capabilities by their number (linux/capability.h).
const NAMES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// Those that lead to root or the kernel: `DAC_OVERRIDE`, `DAC_READ_SEARCH`, `SETGID`, `SETUID`, `SYS_MODULE`, `SYS_RAWIO`, `SYS_PTRACE`, `SYS_ADMIN`, `BPF`.
const HIGH_CAPS: u64 = 1 << 1 | 1 << 2 | 1 << 6 | 1 << 7 | 1 << 16 | 1 << 17 | 1 << 19 | 1 << 21 | 1 << 39;

fn names(set: u64) -> String {
    let names: Vec<String> = (0..64)
        .filter(|bit| set & 1 << bit != 0)
        .map(|bit| NAMES.get(bit).map_or_else(|| format!("number {bit}"), |n| (*n).to_owned()))
        .collect();
    list(&names, 6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let kit = || Kit::new().user("1001:1001");
        let cases = vec![
            (Kit::new(), "fail: medium uid-of-host"),
            (Kit::new().user("101"), "fail: low uid-of-host"),
            (kit(), "pass"),
            (kit().file("bin/su", 0o4755), "fail: medium setuid"),
            (kit().file("bin/wall", 0o2755), "fail: low setgid"),
            (kit().file("bin/data", 0o4644), "pass"),
            (kit().dir("srv", 0o2775, 0, 0), "pass"),
            (kit().caps("bin/ping", &[13]), "fail: medium file-capabilities"),
            (kit().caps("bin/x", &[21]), "fail: high file-capabilities"),
            (kit().special("dev/null", FileKind::CharDevice), "fail: low device-node"),
            (kit().special("dev/sda", FileKind::BlockDevice), "fail: high device-node"),
            (kit().special("srv/null", FileKind::CharDevice), "fail: high device-node"),
            (kit().link("proc", "/tmp"), "fail: high kernel-path"),
            (kit().link("dev", "/host/dev"), "fail: high kernel-path"),
            (kit().link("dev/stdout", "/proc/self/fd/1"), "pass"),
            (kit().sized("proc/self/exe", 10), "fail: high kernel-path"),
            (kit().sized("dev/console", 0), "pass"),
            (kit().file_as("app", 0o755, 100_000, 0), "fail: medium id-out-of-range"),
            (kit().file_as("app", 0o755, 1 << 33, 0), "fail: high id-out-of-range"),
            (kit().account("toor", 0, 0), "fail: high second-root"),
            (kit().account("root", 0, 0), "pass"),
            (kit().with(|i| i.accounts.bad_lines.push("/etc/passwd:3: uid 99999999999".to_owned())), "fail: medium malformed-accounts"),
            (kit().volume("/var/run/docker.sock"), "fail: high engine-socket-volume"),
            (kit().volume("/sys/fs/cgroup"), "fail: medium host-path-volume"),
            (kit().volume("/x/../../etc"), "fail: medium host-path-volume"),
            (kit().volume("/data"), "pass"),
            (kit().label("io.containerd.image.x", "y"), "fail: medium engine-label"),
            (kit().label("io.containers.autoupdate", "registry"), "pass"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
    }
}
