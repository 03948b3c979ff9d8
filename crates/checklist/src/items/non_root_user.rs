//! Whom the container runs as.

mod build_files;
mod deployment;

use plimsoll_evidence::{FileKind, ImageFacts, Link};

use super::prelude::*;
use crate::built;
use crate::deployed::{Deployed, runs_as};
use crate::running::{Place, commands, runs};
use crate::user::{NoIdentity, resolve};

const ID: ItemId = ItemId("non-root-user");

/// The checklist asks for a uid above this.
const HIGHEST_RESERVED: u32 = 1000;

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Container runs as non-root user",
    section: Section::Runtime,
    requirement: "The application runs as an unprivileged user with a uid above 1000.",
    why: "Root in a container is root on the host as soon as one more barrier falls. An unprivileged user cannot change system files in the container, and what escapes with it can do little outside.",
    remediation: "Give the image a numeric USER above 1000, let the application listen on ports above 1023 and own only what it writes. Do what needs root while building, not in the entry script.",
    references: &[footnote(40), footnote(41), footnote(42), footnote(43)],
    rules: &[
        ROOT,
        OUT_OF_RANGE,
        MALFORMED,
        UNKNOWN_USER,
        AMBIGUOUS,
        SYSTEM_UID,
        NOT_ABOVE_1000,
        DROPS_LATER,
        SETUID_REACHED,
        BY_NAME,
        deployment::REFUSED,
        deployment::ROOT_ALLOWED,
        deployment::UNGUARDED,
    ],
    example: Some(Example { language: "dockerfile", bad: "USER root", good: "USER 65532:65532" }),
    rests_on: &[RestsOn::Config, RestsOn::Files, RestsOn::BuildFiles, RestsOn::Deployment],
    judge,
};

const NUMERIC: &str = "Set a numeric user above 1000 in the last stage.";
const ROOT: Rule = Rule::new("root", High, "The container starts as root.", NUMERIC);
const OUT_OF_RANGE: Rule = Rule::new(
    "uid-out-of-range",
    High,
    "The uid or gid is outside of what engines accept; some versions of containerd run it as root (CVE-2024-40635).",
    NUMERIC,
);
const MALFORMED: Rule = Rule::new("malformed-user", Medium, "The user setting is not user or user:group.", NUMERIC);
const UNKNOWN_USER: Rule = Rule::new(
    "unknown-user",
    Medium,
    "The user or group is a name that the image does not define, so that the container does not start.",
    NUMERIC,
);
const AMBIGUOUS: Rule = Rule::new(
    "ambiguous-user",
    High,
    "The number is also the name of an account with another uid; engines disagree on which of the two they start.",
    "Remove the account whose name is a number.",
);
const SYSTEM_UID: Rule = Rule::new(
    "system-uid",
    Medium,
    "The uid is below 1000, where distributions keep their system accounts.",
    "Give the application a uid of its own, above 1000.",
);
const NOT_ABOVE_1000: Rule = Rule::new(
    "uid-not-above-1000",
    Low,
    "The uid is 1000, the first that hosts give to people.",
    "Take a uid above 1000, better above 10000.",
);
const DROPS_LATER: Rule = Rule::new(
    "drops-privileges-late",
    Info,
    "The container starts as root and a script drops privileges later: until then, and for everyone who runs a shell in it, it is root.",
    "Do what needs root while building, and set the user that the script changes to as USER.",
);
const SETUID_REACHED: Rule = Rule::new(
    "setuid-root-reachable",
    Medium,
    "A set-user-id program of root can be run from what the entrypoint reaches: the way back to root.",
    "Remove the program, or its set-user-id bit with chmod u-s.",
);
const BY_NAME: Rule = Rule::new(
    "user-by-name",
    Info,
    "The user is set by name. Kubernetes cannot see that a name is not root, and refuses it where runAsNonRoot is asked for.",
    "Write the uid instead of the name.",
);

/// Programs that change to another user and run something as that.
const DROPPERS: [&str; 9] = ["gosu", "su-exec", "setpriv", "su", "runuser", "chpst", "s6-setuidgid", "setuidgid", "sudo"];

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let deployed = Deployed::of(evidence);
    let image = evidence.image.found();
    let declared = image.is_none() && built::given(evidence);
    if image.is_none() && !deployed.is_known() && !declared {
        return without_image(evidence);
    }
    let mut case = Case::new(ID, evidence);
    if declared {
        let settled = deployed.is_known() && deployed.containers.iter().all(|r| runs_as(r, None).place.is_some());
        case.advice_only(settled);
        build_files::judge(&mut case, evidence, !settled);
        case.advice_only(false);
    }
    let mut summary = String::new();
    if let Some(image) = image {
        // Where the deployment sets the user of each container, the image's own is what it would be without.
        let settled = deployed.is_known() && deployed.containers.iter().all(|r| runs_as(r, Some(image)).place.is_some());
        case.advice_only(settled);
        summary = of_image(&mut case, image);
        case.advice_only(false);
        if settled {
            summary = format!("The deployment sets the user of {}; without it: {summary}", deployed.shown());
        }
    }
    deployment::judge(&mut case, &deployed, image);
    if summary.is_empty() {
        summary = format!("The user of {} is looked at.", deployed.shown());
    }
    let (fail, unknown, pass) = match image {
        Some(_) => (summary.clone(), summary.clone(), summary),
        None if !deployed.is_known() => (
            format!("{} in the user of the build file.", crate::shown::count(case.failing(), "fault")),
            "The build file names no user that a run would not take; the image was not looked at.".to_owned(),
            String::new(),
        ),
        None => (
            format!("{} in the user of {}.", crate::shown::count(case.failing(), "fault"), deployed.shown()),
            format!("The user of {} is the image's to say, and it was not given.", deployed.shown()),
            format!("The user of {} is above 1000.", deployed.shown()),
        ),
    };
    case.conclude(fail, unknown, pass)
}

/// Judges the image's own setting; says what it comes to.
fn of_image(case: &mut Case<'_>, image: &ImageFacts) -> String {
    let user = image.config.user.as_str();
    let shown = plimsoll_evidence::printable_line(user, 60);
    match resolve(user, &image.accounts) {
        Err(NoIdentity::Malformed(why)) => {
            case.find(&MALFORMED).says(format!("User is {user:?}: {why}.")).in_config("User").example("USER 65532:65532").add();
            format!("The user setting {shown:?} cannot be read.")
        }
        Err(NoIdentity::OutOfRange(number)) => {
            case.find(&OUT_OF_RANGE)
                .says(format!(
                    "{number} in User {user:?} is not between 0 and 2147483647; some engines refuse it, some versions run it as root."
                ))
                .in_config("User")
                .example("USER 65532:65532")
                .add();
            format!("The user setting {shown:?} overflows.")
        }
        Err(NoIdentity::UnknownUser(name)) => {
            let what = if image.accounts.has_passwd {
                "is not in the image's /etc/passwd"
            } else {
                "cannot be looked up: the image has no /etc/passwd"
            };
            case.find(&UNKNOWN_USER)
                .says(format!("User {name:?} {what}; the container does not start."))
                .in_config("User")
                .example("USER 65532:65532")
                .add();
            format!("The user {shown:?} does not exist in the image.")
        }
        Err(NoIdentity::UnknownGroup(name)) => {
            case.find(&UNKNOWN_USER)
                .says(format!("Group {name:?} is not in the image's /etc/group; the container does not start."))
                .in_config("User")
                .example("USER 65532:65532")
                .add();
            format!("The group of the user {shown:?} does not exist in the image.")
        }
        Ok(identity) => {
            let uid = identity.uid;
            let named = if identity.by_name { format!("uid {uid}, by the name {shown:?}") } else { format!("uid {uid}") };
            if uid == 0 {
                let says = if user.is_empty() { "No user is set, which means root.".to_owned() } else { format!("User {user:?} is root.") };
                case.find(&ROOT).says(says).in_config("User").example("USER 65532:65532").add();
                late_drop(case, image);
            } else if uid < HIGHEST_RESERVED {
                case.find(&SYSTEM_UID)
                    .says(format!("User {user:?} is uid {uid}, among the system accounts."))
                    .in_config("User")
                    .example("USER 65532:65532")
                    .add();
            } else if uid == HIGHEST_RESERVED {
                case.find(&NOT_ABOVE_1000)
                    .says(format!("User {user:?} is uid 1000; the checklist asks for more than 1000."))
                    .in_config("User")
                    .example("USER 10001:10001")
                    .add();
            }
            if let Some(other) = identity.also {
                case.find(&AMBIGUOUS)
                    .says(format!("User {user:?} is uid {uid} to some engines; /etc/passwd has an account of that name with uid {other}."))
                    .in_config("User")
                    .add();
            }
            if uid != 0 && identity.by_name {
                case.find(&BY_NAME)
                    .says(format!("User is the name {user:?}; write its uid {uid}."))
                    .in_config("User")
                    .example(format!("USER {uid}:{}", identity.gid))
                    .add();
            }
            if uid != 0 {
                setuid_reached(case, image);
            }
            format!("The container starts as {named}, gid {}.", identity.gid)
        }
    }
}

/// A script that starts as root and hands over to somebody else.
fn late_drop(case: &mut Case<'_>, image: &ImageFacts) {
    for (run, command) in commands(&runs(image)) {
        let Some(dropper) = command.programs().into_iter().find(|name| DROPPERS.contains(name)) else { continue };
        let draft = case
            .find(&DROPS_LATER)
            .about(dropper)
            .says(format!("Runs {:?} to drop root: the container is root until then.", command.shown()));
        match run.place {
            Place::Config(field) => draft.in_config(field).add(),
            Place::File(file) => draft.in_line(file, command.line).add(),
        }
    }
}

/// Set-user-id programs of root among what the entrypoint reaches.
fn setuid_reached(case: &mut Case<'_>, image: &ImageFacts) {
    let mut seen = std::collections::BTreeSet::new();
    for reached in &image.closure.reached {
        let Some(file) = image.tree.files.get(reached.file as usize) else { continue };
        let setuid = file.kind == FileKind::Regular && file.mode & 0o4000 != 0 && file.mode & 0o111 != 0 && file.uid == 0;
        if setuid && reached.how != Link::Shebang && seen.insert(reached.file) {
            case.find(&SETUID_REACHED)
                .says(format!("{} runs as root whoever starts it, and is reached from the entrypoint.", file.absolute()))
                .in_file(file)
                .add();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    fn user(user: &str) -> Kit {
        Kit::new().user(user).account("root", 0, 0).account("app", 10001, 10001).account("daemon", 1, 1).account("toor", 0, 0)
    }

    #[test]
    fn cases() {
        let cases = [
            (user(""), "fail: high root"),
            (user("0"), "fail: high root"),
            (user("root:app"), "fail: medium unknown-user"),
            (user("toor"), "fail: high root"),
            (user("0:1001"), "fail: high root"),
            (user("1"), "fail: medium system-uid"),
            (user("daemon"), "fail: medium system-uid, info user-by-name"),
            (user("999"), "fail: medium system-uid"),
            (user("1000"), "fail: low uid-not-above-1000"),
            (user("1001"), "pass"),
            (user("65532:65532"), "pass"),
            (user("1000650000:0"), "pass"),
            (user("app"), "pass: info user-by-name"),
            (user("ghost"), "fail: medium unknown-user"),
            (user("4294967296"), "fail: high uid-out-of-range"),
            (user("-1"), "fail: high uid-out-of-range"),
            (user("10001:2147483648"), "fail: high uid-out-of-range"),
            (user("10 01"), "fail: medium malformed-user"),
            (user("1001\u{202e}"), "fail: medium unknown-user"),
            (user("1500").account("1500", 0, 0), "fail: high ambiguous-user"),
            (Kit::new().user("app"), "fail: medium unknown-user"),
            (user("1001").file("bin/su", 0o4755).reach("bin/su", Link::Command), "fail: medium setuid-root-reachable"),
            (user("1001").file("bin/su", 0o4755), "pass"),
            (
                user("").entrypoint(&["/e.sh"]).script("e.sh", "#!/bin/sh\nexec gosu app x\n").reach("e.sh", Link::Entrypoint),
                "fail: high root, info drops-privileges-late",
            ),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.image().config.user);
        }
    }

    #[test]
    fn what_is_shown_is_safe() {
        let verdict = user("\u{1b}[31m").judge(&ITEM);
        assert!(!verdict.summary.contains('\u{1b}') && !verdict.findings[0].message.contains('\u{1b}'));
    }
}
