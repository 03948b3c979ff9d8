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
                // In a user namespace of its own root is nobody on the host.
                let severity = if who.own_namespace { Low } else { Medium };
                told(case, &ROOT_ALLOWED, running, says).severity(severity).in_source(place).example(GOOD).add();
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
            (false, true) => format!(
                "{name} asks for runAsNonRoot, and the image's USER is the name {:?}; the kubelet cannot tell that it is not root, and refuses to start it.",
                who.text
            ),
            (false, false) if who.text.is_empty() => {
                format!("{name} asks for runAsNonRoot, and the image sets no USER, which means root; the kubelet refuses to start it.")
            }
            (false, false) => format!(
                "{name} asks for runAsNonRoot, and the image's USER is {:?}, which is root; the kubelet refuses to start it.",
                who.text
            ),
        };
        told(case, &REFUSED, running, says).in_source(who.place.unwrap_or(guard)).example(GOOD).add();
        return;
    }
    // What only the image says is told where the image is judged.
    let Some(place) = who.place else {
        if running.is_kubernetes() && uid != 0 && !who.guarded {
            let place = security.run_as_non_root.as_ref().map_or_else(|| running.security_place(), |s| s.place);
            told(case, &UNGUARDED, running, format!("{name} runs as the image's user, uid {uid}; runAsNonRoot is not asked for."))
                .in_source(place)
                .add();
        }
        return;
    };
    let also = who.undoes.as_ref().map(|pod| format!(", which undoes the pod's {pod}")).unwrap_or_default();
    let set = running.words("runAsUser", "user", "User=");
    let fix = running.words(
        "Set runAsUser to a number above 1000 here, or take it out where the image's USER is one.",
        "Set user to a number above 1000 here, or take it out where the image's USER is one.",
        "Set User= to a number above 1000 here, or take it out where the image's USER is one.",
    );
    if uid == 0 {
        let severity = if who.own_namespace { Medium } else { High };
        let outside = if who.own_namespace { "; its own user namespace makes it an unprivileged one outside" } else { "" };
        told(case, &ROOT, running, format!("{name} runs as root: {set} is {:?}{also}{outside}.", who.text))
            .severity(severity)
            .fix(fix)
            .in_source(place)
            .add();
    } else if uid < HIGHEST_RESERVED {
        told(case, &SYSTEM_UID, running, format!("{name} runs as uid {uid}, among the system accounts{also}."))
            .fix(fix)
            .in_source(place)
            .add();
    } else if uid == HIGHEST_RESERVED {
        told(case, &NOT_ABOVE_1000, running, format!("{name} runs as uid 1000; the checklist asks for more than 1000{also}."))
            .fix(fix)
            .in_source(place)
            .add();
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
    let fix = running.words(
        "Set runAsUser to a number above 1000.",
        "Set user to a number above 1000, or to an account that the image has.",
        "Set User= to a number above 1000, or to an account that the image has.",
    );
    told(case, rule, running, format!("{} cannot start as {:?}: {what}.", running.name(), who.text)).fix(fix).in_source(place).add();
}

#[cfg(test)]
mod tests {
    use super::super::ITEM;
    use crate::deployed::trial::{compose, deployed, kubernetes, pod, quadlet};
    use crate::testkit::Kit;

    /// An image whose USER is this, with an account `app` of uid 10001.
    fn image(user: &str) -> Kit {
        Kit::new().user(user).account("root", 0, 0).account("app", 10001, 10001)
    }

    fn none() -> Kit {
        Kit::new().without_image()
    }

    #[test]
    fn kubernetes_runs_as_the_nearest_says() {
        let as_user = |uid: &str| format!("securityContext: {{runAsUser: {uid}, runAsNonRoot: true}}");
        for (kit, in_pod, in_container, wanted) in [
            // The image alone, and what the deployment makes of it.
            (image("10001"), "", "", "pass: info not-guarded"),
            (image("10001"), "securityContext: {runAsNonRoot: true}", "", "pass"),
            (image(""), "", "", "fail: high root"),
            (image(""), "", &*as_user("10001"), "pass: info root"),
            (image("10001"), "", "securityContext: {runAsUser: 0}", "fail: high root"),
            (image("10001"), "hostUsers: false", "securityContext: {runAsUser: 0}", "fail: medium root"),
            (image("10001"), &*as_user("10001"), "securityContext: {runAsUser: 0, runAsNonRoot: false}", "fail: high root"),
            (image("10001"), "securityContext: {runAsUser: 0}", &*as_user("20000"), "pass"),
            // A kubelet compares numbers: a name, or no user, is refused.
            (image("app"), "securityContext: {runAsNonRoot: true}", "", "fail: high refused-by-kubelet, info user-by-name"),
            (image("app"), "", &*as_user("10001"), "pass: info user-by-name"),
            (image(""), "securityContext: {runAsNonRoot: true}", "", "fail: high refused-by-kubelet, high root"),
            (image("10001"), "", &*as_user("0"), "fail: high refused-by-kubelet"),
            // The checklist's bound is 1000; others' of 10000 is not.
            (none(), "", &*as_user("999"), "fail: medium system-uid"),
            (none(), "", &*as_user("1000"), "fail: low uid-not-above-1000"),
            (none(), "", &*as_user("1001"), "pass"),
            // Group 0 is what OpenShift runs every uid with.
            (none(), "", "securityContext: {runAsUser: 10001, runAsGroup: 0, runAsNonRoot: true}", "pass"),
            (none(), "", "securityContext: {runAsUser: 4294967296}", "fail: high uid-out-of-range"),
            (none(), "", "securityContext: {runAsUser: -1}", "fail: high uid-out-of-range"),
            // Without an image: what would let root in.
            (none(), "", "", "fail: medium root-not-ruled-out"),
            (none(), "securityContext: {runAsNonRoot: true}", "securityContext: {runAsNonRoot: false}", "fail: medium root-not-ruled-out"),
            (none(), "securityContext: {runAsNonRoot: true}", "", "unknown"),
            (none(), "", "securityContext: {runAsUser: 10001}", "pass: info not-guarded"),
            (none(), "hostUsers: false", "", "fail: low root-not-ruled-out"),
            (none(), "os: {name: windows}", "", "pass"),
        ] {
            let kit = kubernetes(kit, in_pod, in_container);
            assert_eq!(kit.outcome(&ITEM), wanted, "{in_pod} / {in_container}");
        }
    }

    #[test]
    fn engines_run_as_the_service_says() {
        for (kit, wanted) in [
            (compose(image(""), "user: \"10001\""), "pass: info root"),
            (compose(image("10001"), "user: root"), "fail: high root"),
            (compose(image("10001"), "user: ghost"), "fail: medium unknown-user"),
            (compose(image("10001"), "user: \"0:0\""), "fail: high root"),
            (compose(image("10001"), "user: ${USERID:-0}"), "fail: high root"),
            (compose(none(), "user: \"1000:1000\""), "fail: low uid-not-above-1000"),
            // What other names stand for, the image tells.
            (compose(none(), "user: root"), "fail: high root"),
            (compose(none(), "user: app"), "unknown"),
            (compose(none(), ""), "unknown"),
            (quadlet(image("10001"), "User=0"), "fail: high root"),
            (quadlet(image(""), "User=10001\nGroup=0"), "pass: info root"),
            (quadlet(image(""), "PodmanArgs=--user 10001"), "pass: info root"),
        ] {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.judge(&ITEM));
        }
    }

    #[test]
    fn a_finding_points_at_the_words_and_says_what_was_undone() {
        let kit = kubernetes(image("10001"), "securityContext:\n  runAsUser: 10001", "securityContext:\n  runAsUser: 0");
        let verdict = kit.judge(&ITEM);
        let finding = &verdict.findings[0];
        assert_eq!(finding.message, "container app of Deployment web runs as root: runAsUser is \"0\", which undoes the pod's 10001.");
        let fix = finding.fix.as_ref().map(|fix| fix.summary.as_str());
        assert_eq!(fix, Some("Set runAsUser to a number above 1000 here, or take it out where the image's USER is one."));
        let plimsoll_evidence::Location::File(line) = &finding.location else { panic!("{finding:?}") };
        assert_eq!((line.line, line.column, line.width, line.text.trim()), (15, 22, 1, "runAsUser: 0"));
    }

    #[test]
    fn only_containers_of_the_image_count() {
        let two = format!(
            "{}      - name: other\n        image: other\n        securityContext: {{runAsUser: 0}}\n",
            pod("", "securityContext: {runAsUser: 10001, runAsNonRoot: true}")
        );
        assert_eq!(deployed(image("10001"), "k8s.yaml", &two).outcome(&ITEM), "pass");
        assert_eq!(deployed(none(), "k8s.yaml", &two).outcome(&ITEM), "fail: high root");
        // Where none runs it, the image is judged alone.
        let other = pod("", "").replace("image: app", "image: other");
        assert_eq!(deployed(image("10001"), "k8s.yaml", &other).outcome(&ITEM), "pass");
    }
}
