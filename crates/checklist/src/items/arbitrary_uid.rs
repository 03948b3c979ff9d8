//! Whether the container works as any user: the view of a uid that the image does not know.

mod deployment;

use std::collections::BTreeMap;

use plimsoll_evidence::{FileEntry, FileKind, ImageFacts, Link};

use super::prelude::*;
use crate::access::{View, Want};
use crate::deployed::Deployed;
use crate::running::{Place, When, commands, runs};
use crate::shown::{count, list};
use crate::user::resolve;
use crate::writes::writes;

const ID: ItemId = ItemId("arbitrary-uid");

/// A uid as OpenShift gives them: of a range of the project's own, with the group root and no other.
const UID: u64 = 1_000_650_000;

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Container is not bound to specific user IDs",
    section: Section::Runtime,
    requirement: "The application works under any uid; nothing in the image depends on a certain one.",
    why: "Platforms such as OpenShift give each project uids of its own, so that containers of two projects never share one. An image that needs its own uid does not run there, or gets rights that it should not have.",
    remediation: "Let what is read be readable by all, let what is written belong to group 0 with the group's rights equal to the owner's (chgrp -R 0 DIR && chmod -R g=u DIR), set USER by number, and ask for no name, home or owner in scripts.",
    references: &[footnote(53)],
    rules: &[CANNOT_RUN, CANNOT_READ, CANNOT_WRITE, ROOT_NEEDED, ASKS_NAME, USER_NAME, deployment::PINNED, deployment::NO_FS_GROUP],
    example: Some(Example {
        language: "dockerfile",
        bad: "RUN mkdir /data && chown app /data && chmod 700 /data\nUSER app",
        good: "RUN mkdir /data && chgrp 0 /data && chmod g=u /data\nUSER 10001",
    }),
    rests_on: &[RestsOn::Config, RestsOn::Files, RestsOn::Deployment],
    judge,
};

const SHARE: &str = "Give it to group 0 with the owner's rights: chgrp -R 0 PATH && chmod -R g=u PATH.";
const CANNOT_RUN: Rule =
    Rule::new("cannot-execute", High, "An arbitrary uid cannot run what the entrypoint needs.", "Make it executable by all: chmod a+rx.");
const CANNOT_READ: Rule = Rule::new(
    "cannot-read",
    High,
    "An arbitrary uid cannot read what the entrypoint needs.",
    "Make it readable by all (chmod a+r), or by group 0.",
);
const CANNOT_WRITE: Rule = Rule::new("cannot-write", Medium, "An arbitrary uid cannot write where the software writes.", SHARE);
const ROOT_NEEDED: Rule = Rule::new(
    "needs-root",
    Medium,
    "A script does what only root can, so that another uid stops there.",
    "Do it while building; let the script only start the application.",
);
const ASKS_NAME: Rule = Rule::new(
    "asks-for-name",
    Low,
    "A script asks for the name of the user, which an arbitrary uid has not.",
    "Use the uid (id -u), and set HOME in the image.",
);
const USER_NAME: Rule = Rule::new(
    "user-by-name",
    Low,
    "The user is set by name; platforms that check for non-root need a number.",
    "Write USER with the number.",
);

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let deployed = Deployed::of(evidence);
    if evidence.image.found().is_none() && !deployed.is_known() {
        return without_image(evidence);
    }
    let mut case = Case::new(ID, evidence);
    deployment::judge(&mut case, &deployed);
    let Some(image) = evidence.image.found() else {
        case.need("the files of the image, as an arbitrary uid sees them", "name the image to check");
        let fail = format!("{} in how {} is bound to a uid.", count(case.failing(), "fault"), deployed.shown());
        return case.conclude(fail, "Whether the image works under any uid is its files' to say, and it was not given.", "");
    };
    let view = View::new(&image.tree, UID, vec![0]);
    reached(&mut case, image, &view);
    written(&mut case, image, &view, &deployed);
    scripts(&mut case, image);
    let user = image.config.user.split(':').next().unwrap_or_default();
    if !user.is_empty() && !user.bytes().all(|b| b.is_ascii_digit()) {
        case.find(&USER_NAME).says(format!("User is the name {user:?}.")).in_config("User").add();
    }
    if let Some(why) = &image.closure.stopped {
        case.need(
            format!("what the container starts ({why})"),
            "set ENTRYPOINT or CMD in the image, or give the deployment that sets the command",
        );
    } else if !image.closure.open_ends.is_empty() {
        case.need("what the container reads beyond what its files show", "run the check with the sandbox under an arbitrary uid");
    }
    if resolve(&image.config.user, &image.accounts).is_ok_and(|i| i.uid == 0) {
        case.need(
            "whether the software works without root, as which the image starts it",
            "set a numeric USER, or run the check with the sandbox under an arbitrary uid",
        );
    }
    let reached = count(image.closure.reached.len(), "file");
    let fail = format!("Seen as uid {UID}, gid 0: {} among {reached} reached and what is written.", count(case.failing(), "obstacle"));
    let unknown = format!("Seen as uid {UID}, gid 0, {reached} reached can be read and run; not all that the container uses is known.");
    case.conclude(
        fail,
        unknown,
        format!("Seen as uid {UID}, gid 0, all of {reached} reached can be read and run, and what is written can be written."),
    )
}

/// Files of the closure that the uid cannot use, by what stands in the way.
fn reached(case: &mut Case<'_>, image: &ImageFacts, view: &View<'_>) {
    let mut obstacles: BTreeMap<(&str, bool), (&FileEntry, Vec<String>)> = BTreeMap::new();
    for reached in &image.closure.reached {
        let Some(file) = image.tree.files.get(reached.file as usize) else { continue };
        if file.kind != FileKind::Regular {
            continue;
        }
        let runs = matches!(reached.how, Link::Entrypoint | Link::HealthCheck | Link::Interpreter | Link::Shebang | Link::Command)
            && file.mode & 0o111 != 0;
        // The kernel needs no right to read an ELF file that it runs; an interpreter has to read its script.
        let needs_read = !runs || image.elf(&file.path).is_none();
        let outcome = if runs { view.can(reached.file, Want::Execute).map_err(|o| (o, true)) } else { Ok(()) };
        let outcome = outcome.and_then(|()| if needs_read { view.can(reached.file, Want::Read).map_err(|o| (o, false)) } else { Ok(()) });
        if let Err((obstacle, execute)) = outcome {
            obstacles.entry((&obstacle.path, execute)).or_insert_with(|| (obstacle, Vec::new())).1.push(file.absolute());
        }
    }
    for ((_, execute), (obstacle, files)) in obstacles {
        let rule = if execute { &CANNOT_RUN } else { &CANNOT_READ };
        let what = if execute { "run" } else { "read" };
        let rights = format!("{}:{} {:04o}", obstacle.uid, obstacle.gid, obstacle.mode & 0o7777);
        let says = if files.len() == 1 && files[0] == obstacle.absolute() {
            format!("uid {UID} cannot {what} {} ({rights}).", obstacle.absolute())
        } else {
            format!(
                "uid {UID} cannot {what} {} behind {} ({rights}): {}.",
                count(files.len(), "file"),
                obstacle.absolute(),
                list(&files, 3)
            )
        };
        case.find(rule).says(says).in_file(obstacle).add();
    }
}

/// Places that the config or the software's configuration has written.
fn written(case: &mut Case<'_>, image: &ImageFacts, view: &View<'_>, deployed: &Deployed<'_>) {
    let mut paths: Vec<(String, String, Option<&'static str>)> = Vec::new();
    for volume in &image.config.volumes {
        // Where the image has nothing, the engine makes the volume as root's; where it has a directory, its rights are copied.
        paths.push((volume.clone(), format!("VOLUME {volume}"), Some("Volumes")));
    }
    if let Some(home) = image.config.env("HOME").filter(|h| h.len() > 1) {
        paths.push((home.to_owned(), format!("HOME={home}"), Some("Env[HOME]")));
    }
    for write in writes(image).into_iter().filter(|w| w.certain && !["/dev/", "/proc/", "/sys/"].iter().any(|d| w.path.starts_with(d))) {
        paths.push((write.path.clone(), format!("{} writes {}", write.by, write.path), None));
    }
    let mut seen = std::collections::BTreeSet::new();
    for (path, who, field) in paths {
        if crate::writes::to_descriptor(image, &path) || deployment::is_open(deployed, &path) {
            continue;
        }
        let Err(obstacle) = view.can_write_at(&path) else { continue };
        let place = obstacle.map_or("", |o| o.path.as_str());
        if !seen.insert((place.to_owned(), path.clone())) {
            continue;
        }
        let rights = obstacle
            .map_or_else(|| "/ (0:0 0755)".to_owned(), |o| format!("{} ({}:{} {:04o})", o.absolute(), o.uid, o.gid, o.mode & 0o7777));
        let draft = case
            .find(&CANNOT_WRITE)
            .about(&path)
            .says(format!("{who}: uid {UID} with group 0 cannot write there, for {rights}."))
            .example(format!("RUN mkdir -p {path} && chgrp -R 0 {path} && chmod -R g=u {path}"));
        match (field, obstacle) {
            (Some(field), _) => draft.in_config(if field == "Volumes" { format!("Volumes[{path}]") } else { field.to_owned() }).add(),
            (None, Some(obstacle)) => draft.in_file(obstacle).add(),
            (None, None) => draft.add(),
        }
    }
}

/// Whether a program that is named with its path lies where no tool of the system does: `/whoami` is a service.
fn is_its_own(path: &str) -> bool {
    let directory = path.rsplit_once('/').map(|(directory, _)| directory.rsplit('/').next().unwrap_or_default());
    directory.is_some_and(|last| !matches!(last, "bin" | "sbin" | ".bin" | "busybox"))
}

fn scripts(case: &mut Case<'_>, image: &ImageFacts) {
    for (run, command) in commands(&runs(image)).filter(|(run, _)| run.when != When::Schedule) {
        let mut programs = command.programs();
        if command.program_path().is_some_and(is_its_own) {
            // It happens to be called as the tool is.
            programs.retain(|p| Some(*p) != command.program());
        }
        // Entry scripts that do both ask for uid 0 first: what stands in a branch may be skipped.
        let root = programs.iter().find(|p| {
            matches!(
                **p,
                "chown" | "gosu" | "su-exec" | "su" | "setpriv" | "useradd" | "adduser" | "usermod" | "groupmod" | "runuser" | "sudo"
            )
        });
        let named = programs.iter().find(|p| matches!(**p, "whoami" | "logname")).copied().or_else(|| {
            let asks = matches!(command.program(), Some("getent")) && command.arguments().first().is_some_and(|w| w == "passwd");
            let id = command.program() == Some("id") && command.arguments().iter().any(|w| w == "-un" || w == "-nu");
            (asks || id).then_some("the user's name")
        });
        let draft = if let Some(program) = root {
            let severity = if command.is_conditional() { Info } else { Medium };
            case.find(&ROOT_NEEDED).severity(severity).about(command.shown()).says(format!(
                "{} runs {:?}: {program} needs root.",
                run.name(),
                command.shown()
            ))
        } else if named.is_some() {
            let severity = if command.is_conditional() { Info } else { Low };
            case.find(&ASKS_NAME).severity(severity).about(command.shown()).says(format!(
                "{} runs {:?}, which fails for a uid without a name.",
                run.name(),
                command.shown()
            ))
        } else {
            continue;
        };
        match run.place {
            Place::Config(field) => draft.in_config(field).add(),
            Place::File(file) => draft.in_line(file, command.line).add(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{Kit, elf};

    #[test]
    fn cases() {
        let app = |mode, uid, gid| {
            Kit::new().user("10001").entrypoint(&["/srv/app"]).file_as("srv/app", mode, uid, gid).reach("srv/app", Link::Entrypoint)
        };
        let script = |text: &str| {
            Kit::new().user("1001").entrypoint(&["/e.sh"]).script("e.sh", &format!("#!/bin/sh\n{text}\n")).reach("e.sh", Link::Entrypoint)
        };
        let cases = [
            (app(0o755, 0, 0), "pass"),
            (app(0o750, 0, 0), "pass"),
            (app(0o750, 10001, 10001), "fail: high cannot-execute"),
            (app(0o711, 0, 1), "fail: high cannot-read"),
            (app(0o711, 0, 1).elf(elf("srv/app")), "pass"),
            (app(0o755, 0, 0).dir("srv", 0o700, 10001, 0), "fail: high cannot-execute"),
            (app(0o755, 0, 0).user("app"), "fail: low user-by-name"),
            (app(0o755, 0, 0).volume("/data").dir("data", 0o755, 10001, 10001), "fail: medium cannot-write"),
            (app(0o755, 0, 0).volume("/data").dir("data", 0o775, 10001, 0), "pass"),
            (app(0o755, 0, 0).volume("/data"), "fail: medium cannot-write"),
            (app(0o755, 0, 0).env("HOME", "/home/app").dir("home/app", 0o700, 10001, 0), "fail: medium cannot-write"),
            (app(0o755, 0, 0).user(""), "unknown"),
            (app(0o755, 0, 0).open_end("loads modules"), "unknown"),
            (Kit::new().stopped("no command"), "unknown"),
            (script("chown -R app /tmp && exec app").dir("tmp", 0o1777, 0, 0), "fail: medium needs-root"),
            (script("if [ \"$(id -u)\" = 0 ]; then exec gosu app app; fi; exec app"), "pass: info needs-root"),
            (script("U=$(whoami); exec app"), "fail: low asks-for-name"),
            (script("id -u; exec app"), "pass"),
            (script("exec /srv/whoami"), "pass"),
            (script("exec /usr/bin/whoami"), "fail: low asks-for-name"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.judge(&ITEM).findings);
        }
    }
}
