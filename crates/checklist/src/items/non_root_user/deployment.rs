//! Whom the deployment has the container run as.

use plimsoll_evidence::ImageFacts;

use super::super::prelude::*;
use super::{HIGHEST_RESERVED, MALFORMED, NOT_ABOVE_1000, OUT_OF_RANGE, ROOT, SYSTEM_UID, UNKNOWN_USER};
use crate::deployed::{Deployed, Running, RunsAs, runs_as};
use crate::user::NoIdentity;

pub(super) const REFUSED: Rule = Rule::new(
    "refused-by-kubelet",
    High,
    "The container is asked not to run as root and its user is root or a name, so that the kubelet refuses to start it.",
    "Set runAsUser to a number above 1000, or give the image a numeric USER above 1000.",
);
pub(super) const ROOT_ALLOWED: Rule = Rule::new(
    "root-not-ruled-out",
    Medium,
    "Neither a user nor runAsNonRoot is set: an image that starts as root runs as root.",
    "Set runAsNonRoot: true, and runAsUser to a number above 1000.",
);
pub(super) const UNGUARDED: Rule = Rule::new(
    "not-guarded",
    Info,
    "The user is no root, but nothing would stop an image of tomorrow that starts as root.",
    "Set runAsNonRoot: true.",
);

/// Judges each container; whether one was found whose user is not known.
pub(super) fn judge(case: &mut Case<'_>, deployed: &Deployed<'_>, image: Option<&ImageFacts>) {
    let mut unknown = false;
    for running in &deployed.containers {
        if running.is_windows() {
            continue;
        }
        let who = runs_as(running, image);
        match &who.identity {
            Some(Ok(identity)) => identified(case, running, &who, identity.uid, identity.by_name),
            Some(Err(why)) if who.place.is_some() => refused(case, running, &who, why),
            // The image's own setting, told where the image is judged.
            Some(Err(_)) => {}
            None if !running.is_kubernetes() || who.guarded || who.place.is_some() => unknown = true,
            None => {
                let setting = running.container.security.run_as_non_root.as_ref();
                let says = match setting {
                    Some(s) if s.undoes.is_some() => format!("{} sets runAsNonRoot: false, which undoes the pod's.", running.name()),
                    Some(_) => format!("{} sets runAsNonRoot: false and no user.", running.name()),
                    None => format!("{} sets neither runAsNonRoot nor a user.", running.name()),
                };
                let place = setting.map_or_else(|| running.security_place(), |s| s.place);
                told(case, &ROOT_ALLOWED, running, says).in_source(place).example(GOOD).add();
            }
        }
    }
    if unknown {
        case.need("the user of the image: the deployment sets none", "name the image to check, or set a numeric user in the deployment");
    }
}

const GOOD: &str = "securityContext:\n  runAsNonRoot: true\n  runAsUser: 10001";

fn told<'c, 'a>(case: &'c mut Case<'a>, rule: &Rule, running: &Running<'_>, says: String) -> crate::case::Draft<'c, 'a> {
    case.find(rule).about(running.name()).says(says)
}

fn identified(case: &mut Case<'_>, running: &Running<'_>, who: &RunsAs, uid: u32, by_name: bool) {
    let name = running.name();
    let security = &running.container.security;
    if who.guarded && running.is_kubernetes() && (uid == 0 || by_name) {
        // The kubelet looks at numbers alone; it compares no passwd.
        let guard = security.run_as_non_root.as_ref().map_or_else(|| running.security_place(), |g| g.place);
        let says = match (who.place.is_some(), by_name) {
            (true, _) => format!("{name} asks for runAsNonRoot and sets runAsUser: {}; the kubelet refuses to start it.", who.text),
            (false, true) => format!("{name} asks for runAsNonRoot, and the image's USER is the name {:?}; the kubelet cannot tell that it is not root, and refuses to start it.", who.text),
            (false, false) if who.text.is_empty() => format!("{name} asks for runAsNonRoot, and the image sets no USER, which means root; the kubelet refuses to start it."),
            (false, false) => format!("{name} asks for runAsNonRoot, and the image's USER is {:?}, which is root; the kubelet refuses to start it.", who.text),
        };
        told(case, &REFUSED, running, says).in_source(who.place.unwrap_or(guard)).example(GOOD).add();
        return;
    }
    // What only the image says is told where the image is judged.
    let Some(place) = who.place else {
        if running.is_kubernetes() && uid != 0 && !who.guarded {
            let place = security.run_as_non_root.as_ref().map_or_else(|| running.security_place(), |s| s.place);
            told(case, &UNGUARDED, running, format!("{name} runs as the image's user, uid {uid}; runAsNonRoot is not asked for.")).in_source(place).add();
        }
        return;
    };
    let also = who.undoes.as_ref().map(|pod| format!(", which undoes the pod's {pod}")).unwrap_or_default();
    let set = running.words("runAsUser", "user", "User=");
    if uid == 0 {
        let severity = if who.own_namespace { Medium } else { High };
        let outside = if who.own_namespace { "; its own user namespace makes it an unprivileged one outside" } else { "" };
        told(case, &ROOT, running, format!("{name} runs as root: {set} is {:?}{also}{outside}.", who.text)).severity(severity).in_source(place).add();
    } else if uid < HIGHEST_RESERVED {
        told(case, &SYSTEM_UID, running, format!("{name} runs as uid {uid}, among the system accounts{also}.")).in_source(place).add();
    } else if uid == HIGHEST_RESERVED {
        told(case, &NOT_ABOVE_1000, running, format!("{name} runs as uid 1000; the checklist asks for more than 1000{also}.")).in_source(place).add();
    } else if running.is_kubernetes() && !who.guarded {
        let place = security.run_as_non_root.as_ref().map_or(place, |s| s.place);
        told(case, &UNGUARDED, running, format!("{name} runs as uid {uid}; runAsNonRoot is not asked for.")).in_source(place).add();
    }
}

/// A user that no runtime can start.
fn refused(case: &mut Case<'_>, running: &Running<'_>, who: &RunsAs, why: &NoIdentity) {
    let place = who.place.unwrap_or_else(|| running.security_place());
    let (rule, what) = match why {
        NoIdentity::Malformed(why) => (&MALFORMED, (*why).to_owned()),
        NoIdentity::OutOfRange(number) => (&OUT_OF_RANGE, format!("{number} is not between 0 and 2147483647")),
        NoIdentity::UnknownUser(user) => (&UNKNOWN_USER, format!("the image has no user {user:?}")),
        NoIdentity::UnknownGroup(group) => (&UNKNOWN_USER, format!("the image has no group {group:?}")),
    };
    told(case, rule, running, format!("{} cannot start as {:?}: {what}.", running.name(), who.text)).in_source(place).add();
}
