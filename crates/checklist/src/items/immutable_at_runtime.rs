//! Whether a running container stays what its image is.

mod deployment;

use std::collections::BTreeMap;

use plimsoll_evidence::{Does, FileKind, ImageFacts, Link};

use super::prelude::*;
use crate::access::{View, Want};
use crate::built;
use crate::deployed::Deployed;
use crate::host_labels::{Steers, steering};
use crate::installers::{Fetches, fetches};
use crate::running::{Place, runs};
use crate::shown::{count, list};
use crate::user::resolve;

const ID: ItemId = ItemId("immutable-at-runtime");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Container is immutable at runtime",
    section: Section::Runtime,
    requirement: "Changes come with a new container, never by changing a running one: no updates inside, no programs that can be overwritten.",
    why: "Only a container that is exactly its image can be checked by looking at the image, and put back by starting it again.",
    remediation: "Take package managers and updaters out of entry scripts, health checks and cron; let programs belong to root and be writable by nobody; deploy by digest.",
    references: &[footnote(54), footnote(55)],
    rules: &[
        UPDATER,
        INSTALLER,
        WRITABLE,
        WORLD_WRITABLE,
        REPLACED,
        RESTARTED,
        deployment::FLOATING,
        deployment::AUTO_UPDATE,
        deployment::LIVE_EDITS,
        deployment::HIDES,
        deployment::CODE_OF_HOST,
        deployment::EPHEMERAL,
    ],
    example: Some(Example {
        language: "dockerfile",
        bad: "COPY --chown=app:app . /app\nUSER app\nCMD apt-get update && apt-get -y upgrade && /app/server",
        good: "COPY --chmod=0555 server /app/server\nUSER 65532:65532\nCMD [\"/app/server\"]",
    }),
    rests_on: &[RestsOn::Config, RestsOn::Files, RestsOn::BuildFiles, RestsOn::Deployment],
    judge,
};

const REBUILD: &str = "Update by building and deploying a new image.";
const UPDATER: Rule = Rule::new("updates-itself", High, "The container updates what is installed in it.", REBUILD);
const INSTALLER: Rule = Rule::new("installs", High, "The container installs software into itself.", REBUILD);
const WRITABLE: Rule = Rule::new(
    "writable-program",
    Medium,
    "The user that the container runs as can overwrite programs that it runs.",
    "Let programs and their directories belong to root without write permission for others (COPY --chown=0:0 --chmod=0555).",
);
const WORLD_WRITABLE: Rule = Rule::new(
    "world-writable-program",
    High,
    "Anybody can overwrite a program that the container runs.",
    "Remove the write permission for others: chmod o-w.",
);
const REPLACED: Rule = Rule::new(
    "replaced-by-host",
    Medium,
    "A label has the host replace the running container behind the deployment's back.",
    "Remove the label; deploy by digest.",
);
const RESTARTED: Rule = Rule::new(
    "restart-monitor",
    Low,
    "A label has a monitor with the engine's socket act on the running container.",
    "Remove the label; use the platform's probes and restart policy.",
);

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let deployed = Deployed::of(evidence);
    if evidence.image.found().is_none() && !deployed.is_known() && !built::given(evidence) {
        return without_image(evidence);
    }
    let mut case = Case::new(ID, evidence);
    deployment::judge(&mut case, &deployed, evidence.image.found());
    let Some(image) = evidence.image.found() else {
        started(&mut case, evidence);
        case.need("the image: what its own scripts run and who can write its programs", "name the image to check");
        let fail = format!("{} of change at run time.", count(case.failing(), "way"));
        let unknown = if deployed.is_known() {
            format!("Nothing that is declared changes {} at run time; the image was not given.", deployed.shown())
        } else {
            "The start command changes nothing; whether programs can be overwritten is not known.".to_owned()
        };
        return case.conclude(fail, unknown, "");
    };
    for run in runs(image) {
        if let Some(why) = &run.script.fatal {
            case.need(
                format!("{} in a form that can be read ({why})", run.name()),
                "simplify the script, or move its parts into files of their own",
            );
        }
        for command in &run.script.commands {
            let rule = match fetches(&run.script, command) {
                Some(Fetches::Updates) => &UPDATER,
                Some(Fetches::Installs | Fetches::RunsDownload) => &INSTALLER,
                Some(Fetches::Downloads) | None => continue,
            };
            let draft =
                case.find(rule).about(command.shown()).says(format!("{} runs {:?} {}.", run.name(), command.shown(), run.when.words()));
            match run.place {
                Place::Config(field) => draft.in_config(field).add(),
                Place::File(file) => draft.in_line(file, command.line).add(),
            }
        }
    }
    for steering in steering(image) {
        let rule = match steering.kind {
            Steers::Update => &REPLACED,
            Steers::Restart => &RESTARTED,
            Steers::Command | Steers::Engine => continue,
        };
        case.find(rule)
            .says(format!("The label {} {}.", steering.label, steering.does))
            .in_config(format!("Labels[{}]", steering.label))
            .add();
    }
    // Under a read-only root nobody overwrites what the image holds.
    let read_only =
        deployed.is_known() && deployed.containers.iter().all(|r| r.container.security.read_only_root.as_ref().is_some_and(|s| s.value));
    case.advice_only(read_only);
    writable(&mut case, image);
    case.advice_only(false);
    let is_root = resolve(&image.config.user, &image.accounts).is_ok_and(|i| i.uid == 0);
    if is_root && !read_only {
        case.need(
            "that the container cannot overwrite its own programs: it runs as root, which may, unless its root is read-only",
            "set USER to another user, or give the deployment that sets readOnlyRootFilesystem",
        );
    }
    if let Some(why) = &image.closure.stopped {
        case.need(
            format!("what the container starts ({why})"),
            "set ENTRYPOINT or CMD in the image, or give the deployment that sets the command",
        );
    }
    let reached = count(image.closure.reached.len(), "file");
    let fail = format!("{} of change at run time; {reached} reached.", count(case.failing(), "way"));
    let pass =
        format!("Nothing that starts installs or updates, and none of the {reached} reached can be overwritten by the container's user.");
    let unknown = if is_root && !read_only {
        "Nothing that starts installs or updates, but root can overwrite whatever the container runs."
    } else {
        "What the container runs is not known."
    };
    case.conclude(fail, unknown, pass)
}

/// Without an image: what ENTRYPOINT and CMD, and a script of the context that they start, change.
fn started(case: &mut Case<'_>, evidence: &Evidence) {
    for (instruction, deed) in built::starts(evidence) {
        let rule = match &deed.does {
            Does::Upgrade { .. } => &UPDATER,
            Does::Install(install) if !install.local => &INSTALLER,
            Does::RunsDownload { .. } => &INSTALLER,
            _ => continue,
        };
        case.find(rule)
            .about(&deed.command)
            .says(format!("{} runs {:?} when the container starts.", instruction.name, deed.command))
            .in_source(deed.place)
            .add();
    }
    built::need_start(case, evidence);
}

/// Programs and code among what is reached that can be overwritten: one finding a directory.
fn writable(case: &mut Case<'_>, image: &ImageFacts) {
    let identity = resolve(&image.config.user, &image.accounts).ok();
    // Root can overwrite everything; that is the item non-root-user's finding, and a read-only root is what helps.
    let view = identity.filter(|i| i.uid != 0).map(|i| View::new(&image.tree, u64::from(i.uid), vec![u64::from(i.gid)]));
    let mut own: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    let mut seen = std::collections::BTreeSet::new();
    for reached in &image.closure.reached {
        let Some(file) = image.tree.files.get(reached.file as usize).filter(|f| f.kind == FileKind::Regular) else { continue };
        if !seen.insert(reached.file) {
            continue;
        }
        if file.mode & 0o002 != 0 {
            case.find(&WORLD_WRITABLE)
                .says(format!("{} can be written by anybody (mode {:04o}).", file.absolute(), file.mode & 0o7777))
                .in_file(file)
                .add();
        } else if view.as_ref().is_some_and(|v| v.can(reached.file, Want::Write).is_ok() || owns(image, v, reached.file)) {
            // Among modules only code is run, and a whole tree of them is one finding.
            if reached.how != Link::Module {
                own.entry(file.parent()).or_default().push(reached.file);
            } else if is_code(file.name()) {
                own.entry(module_root(&file.path)).or_default().push(reached.file);
            }
        }
    }
    for (directory, files) in own {
        let below = |path: &str| path.strip_prefix(directory).unwrap_or(path).trim_start_matches('/').to_owned();
        let names: Vec<String> = files.iter().map(|id| below(&image.tree.file(*id).path)).collect();
        let Some(first) = files.first().map(|id| image.tree.file(*id)) else { continue };
        case.find(&WRITABLE)
            .about(directory)
            .says(format!(
                "{} in /{directory} that the container runs can be overwritten by its user: {}.",
                count(files.len(), "file"),
                list(&names, 4)
            ))
            .in_file(first)
            .add();
    }
}

/// Whether a module's name is that of code.
fn is_code(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e);
    name.contains(".so")
        || matches!(
            extension,
            "py" | "pyc" | "js" | "mjs" | "cjs" | "node" | "rb" | "php" | "pl" | "pm" | "jar" | "class" | "dll" | "lua" | "wasm"
        )
}

/// The directory that holds all of a project's modules, or the one that the module is in.
fn module_root(path: &str) -> &str {
    for root in ["node_modules/", "site-packages/", "dist-packages/", "vendor/"] {
        if let Some(at) = path.find(root) {
            return path[..at + root.len()].trim_end_matches('/');
        }
    }
    path.rsplit_once('/').map_or("", |(d, _)| d)
}

/// Whether the user may put another file in the file's place: it can write the directory, which is not sticky.
fn owns(image: &ImageFacts, view: &View<'_>, id: u32) -> bool {
    let parent = image.tree.file(id).parent();
    image.tree.find(parent).is_some_and(|dir| image.tree.file(dir).mode & 0o1000 == 0 && view.can(dir, Want::Write).is_ok())
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::Link;

    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let script = |text: &str| {
            Kit::new().user("1001").entrypoint(&["/e.sh"]).script("e.sh", &format!("#!/bin/sh\n{text}\n")).reach("e.sh", Link::Entrypoint)
        };
        let app = |mode, uid| {
            Kit::new().user("1001").entrypoint(&["/srv/app"]).file_as("srv/app", mode, uid, 0).reach("srv/app", Link::Entrypoint)
        };
        let cases = [
            (script("exec app"), "pass"),
            (script("apt-get update"), "fail: high updates-itself"),
            (script("apk add curl"), "fail: high installs"),
            (Kit::new().cmd(&["/app"]).health(&["CMD-SHELL", "apt-get upgrade -y"]), "fail: high updates-itself"),
            (app(0o755, 0), "pass"),
            (app(0o755, 1001), "fail: medium writable-program"),
            (app(0o555, 1001), "pass"),
            (app(0o757, 0), "fail: high world-writable-program"),
            (app(0o755, 0).dir("srv", 0o777, 0, 0), "fail: medium writable-program"),
            (app(0o755, 0).dir("srv", 0o1777, 0, 0), "pass"),
            (app(0o755, 0).user(""), "unknown"),
            (app(0o755, 0).label("io.containers.autoupdate", "registry"), "fail: medium replaced-by-host"),
            (app(0o755, 0).label("autoheal", "true"), "fail: low restart-monitor"),
            (Kit::new().stopped("no command"), "unknown"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
    }
}
