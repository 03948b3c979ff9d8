//! The image's own health check, and what else may probe the container.

mod build_files;
mod deployment;
mod outcome;

use plimsoll_evidence::{HealthCheck, ImageFacts, Link};

use super::prelude::*;
use crate::built;
use crate::deployed::Deployed;
use crate::running::health_check;

const ID: ItemId = ItemId("health-probes");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Health probes are defined",
    section: Section::Runtime,
    requirement: "Liveness, readiness or startup probes watch whether the container works.",
    why: "A platform can only replace a container that hangs, is overloaded or was tampered with if something tells it so.",
    remediation: "Define livenessProbe and readinessProbe (and startupProbe for slow starts) in the Kubernetes deployment; for Docker and Compose write a HEALTHCHECK that asks the application itself.",
    references: &[footnote(51), footnote(52)],
    rules: &[
        DISABLED,
        TRIVIAL,
        EMPTY,
        PROGRAM_MISSING,
        SHELL_MISSING,
        NEVER_FAILS,
        BAD_TIMES,
        deployment::NO_PROBE,
        deployment::NO_ACTION,
        deployment::ELSEWHERE,
        deployment::SAME,
    ],
    example: Some(Example {
        language: "dockerfile",
        bad: "HEALTHCHECK CMD exit 0",
        good: "HEALTHCHECK --interval=30s --timeout=3s --start-period=10s --retries=3 \\\n  CMD [\"/app\", \"health\"]",
    }),
    rests_on: &[RestsOn::Config, RestsOn::Files, RestsOn::BuildFiles, RestsOn::Deployment],
    judge,
};

const ASK: &str = "Let the check ask the application itself: a request to its health endpoint, or a subcommand of its own.";
const DISABLED: Rule = Rule::new("disabled", Medium, "HEALTHCHECK NONE turns the health check off.", ASK);
const TRIVIAL: Rule = Rule::new("trivial", Medium, "The health check succeeds whatever the application does.", ASK);
const EMPTY: Rule = Rule::new("empty", Low, "The health check has no command.", ASK);
const PROGRAM_MISSING: Rule = Rule::new(
    "program-missing",
    Medium,
    "The health check runs a program that the image has not: the container is never healthy.",
    "Put the program into the image, or let the application check itself.",
);
const SHELL_MISSING: Rule = Rule::new(
    "shell-missing",
    Medium,
    "The health check is a shell command and the image has no shell.",
    "Write the check as a list of words: HEALTHCHECK CMD [\"program\", \"argument\"].",
);
const NEVER_FAILS: Rule = Rule::new(
    "never-fails",
    Medium,
    "The health check swallows the failure of its own command.",
    "Remove what swallows it, such as || true.",
);
const BAD_TIMES: Rule = Rule::new(
    "bad-times",
    Low,
    "The times of the health check cannot work.",
    "Take an interval of seconds to minutes, a timeout below it, and a few retries.",
);

const SECOND: i64 = 1_000_000_000;

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let deployed = Deployed::of(evidence);
    let image = evidence.image.found();
    let declared = image.is_none() && built::given(evidence);
    if image.is_none() && !deployed.is_known() && !declared {
        return without_image(evidence);
    }
    let mut case = Case::new(ID, evidence);
    if deployed.is_known() {
        let images_counts = deployment::judge(&mut case, &deployed, image);
        if let Some((image, check)) = image.and_then(|i| Some((i, i.config.healthcheck.as_ref()?))) {
            // Where no container uses it, the image's own check is advice.
            case.advice_only(!images_counts);
            judge_check(&mut case, image, check);
            case.advice_only(false);
        }
        if declared {
            case.advice_only(!images_counts);
            build_files::judge(&mut case, evidence);
            case.advice_only(false);
        }
        let probes: usize = deployed.containers.iter().map(|r| r.container.probes.len()).sum();
        let fail = format!("{} about the probes of {}.", crate::shown::count(case.failing(), "fault"), deployed.shown());
        let pass = if probes == 0 && !images_counts {
            format!("No probe is needed for {}, which ends by itself.", deployed.shown())
        } else if probes == 0 {
            format!("The image's health check watches {}.", deployed.shown())
        } else {
            format!("Set for {}: {}.", deployed.shown(), crate::shown::count(probes, "probe"))
        };
        return case.conclude(fail, "Whether the image has a health check is not known.", pass);
    }
    let Some(image) = image else {
        let any = build_files::judge(&mut case, evidence);
        if !any {
            deployed.need(
                &mut case,
                "the probes of the deployment, as the build file has no HEALTHCHECK, which Kubernetes would not use either",
            );
        }
        let what = if any {
            "the image itself, for the program that the check runs"
        } else {
            "the image itself: its base may have a health check"
        };
        case.need(what, "name the image to check");
        let unknown = if any {
            "The build file's health check can work; whether its program is in the image is not known."
        } else {
            "The build file has no HEALTHCHECK; whether its base has one is not known."
        };
        return case.conclude("The build file's health check does not watch the application.", unknown, "");
    };
    match image.config.healthcheck.as_ref() {
        None => {
            deployed
                .need(&mut case, "the probes of the deployment, as the image has no HEALTHCHECK, which Kubernetes would not use either");
            return case.fail_or_unknown("", "The image has no health check of its own, and no container is known to run it.");
        }
        Some(check) => judge_check(&mut case, image, check),
    }
    let shown = image.config.healthcheck.as_ref().map(|c| c.test.join(" ")).unwrap_or_default();
    case.conclude(
        "The image's health check does not watch the application.",
        "The health check could not be judged.",
        format!("The image has a health check: {shown}."),
    )
}

fn judge_check(case: &mut Case<'_>, image: &ImageFacts, check: &HealthCheck) {
    let example = "HEALTHCHECK --interval=30s --timeout=3s CMD [\"/app\", \"health\"]";
    let shown = check.test.join(" ");
    match check.test.first().map(String::as_str) {
        Some("NONE") => case.find(&DISABLED).in_config("Healthcheck").example(example).add(),
        Some("CMD") if check.test.len() > 1 => run(case, image, example),
        Some("CMD-SHELL") if check.test.len() > 1 => {
            if image.tree.resolve("bin/sh").is_none() && image.config.shell.is_empty() {
                case.find(&SHELL_MISSING)
                    .says(format!("The health check {shown:?} needs /bin/sh, which the image has not."))
                    .in_config("Healthcheck")
                    .add();
            } else {
                run(case, image, example);
            }
        }
        _ => {
            case.find(&EMPTY).says(format!("The health check {shown:?} names no command.")).in_config("Healthcheck").example(example).add();
        }
    }
    times(case, check);
}

/// Judges the commands of the check.
fn run(case: &mut Case<'_>, image: &ImageFacts, example: &str) {
    let Some(script) = health_check(image) else { return };
    if let Some(why) = &script.fatal {
        case.need(
            format!("the health check in a form that can be read ({why})"),
            "write the check as a list of words, or move it into a script",
        );
        return;
    }
    match outcome::fault(&script) {
        Some(rule) if *rule == TRIVIAL => {
            case.find(rule)
                .says("The health check runs nothing that asks the application.")
                .in_config("Healthcheck")
                .example(example)
                .add();
            return;
        }
        Some(rule) => {
            case.find(rule)
                .says("The health check ends in success whatever its command says.")
                .in_config("Healthcheck")
                .example(example)
                .add();
        }
        None => {}
    }
    missing(case, image, &script);
}

fn missing(case: &mut Case<'_>, image: &ImageFacts, script: &plimsoll_shell::Script) {
    for missing in image.closure.missing.iter().filter(|m| m.how == Link::HealthCheck) {
        case.find(&PROGRAM_MISSING)
            .about(&missing.wanted)
            .says(format!("The health check runs {:?}, which the image has not.", missing.wanted))
            .in_config("Healthcheck")
            .add();
    }
    if case.failing() > 0 {
        return;
    }
    // The closure may have stopped before it came to the check: the first program is looked up here too.
    let Some(path) = script.commands.first().and_then(plimsoll_shell::Command::program_path) else { return };
    if !(is_there(image, path) || !path.contains('/') && is_shell_builtin(path)) {
        case.find(&PROGRAM_MISSING)
            .about(path)
            .says(format!("The health check runs {path:?}, which the image has not."))
            .in_config("Healthcheck")
            .add();
    }
}

/// Whether the image has a program.
fn is_there(image: &ImageFacts, path: &str) -> bool {
    if path.contains('/') {
        image.tree.resolve(path).is_some()
    } else {
        path_directories(image).any(|dir| image.tree.resolve(&format!("{dir}/{path}")).is_some())
    }
}

fn is_shell_builtin(name: &str) -> bool {
    matches!(
        name,
        "test" | "[" | "exit" | "true" | "false" | "echo" | "kill" | "set" | "if" | "cd" | "read" | "printf" | "eval" | "." | ":"
    )
}

fn path_directories(image: &ImageFacts) -> impl Iterator<Item = &str> {
    image.config.env("PATH").unwrap_or("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").split(':').filter(|d| !d.is_empty())
}

/// Judges the numbers: an engine refuses times from 1 ns to 1 ms, and takes 0 for its default.
fn times(case: &mut Case<'_>, check: &HealthCheck) {
    let or_default = |time: i64| if time == 0 { 30 * SECOND } else { time };
    let (interval, timeout) = (or_default(check.interval), or_default(check.timeout));
    let wrong = if check.interval < 0 || check.timeout < 0 || check.start_period < 0 || check.retries < 0 {
        Some("a time or the number of retries is negative".to_owned())
    } else if interval < SECOND / 1000 || timeout < SECOND / 1000 {
        Some("an interval or timeout is below 1 ms, which engines refuse".to_owned())
    } else if interval > 3600 * SECOND {
        Some(format!("the interval is {} minutes: a hanging container stays for that long", interval / SECOND / 60))
    } else if timeout > 600 * SECOND {
        Some(format!("the timeout is {} minutes: a hanging container counts as healthy for that long", timeout / SECOND / 60))
    } else if check.retries > 100 {
        Some(format!("{} failures in a row are waited for", check.retries))
    } else {
        None
    };
    if let Some(why) = wrong {
        case.find(&BAD_TIMES).says(format!("The health check's numbers: {why}.")).in_config("Healthcheck").add();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    fn check(test: &[&str]) -> Kit {
        Kit::new().file("bin/sh", 0o755).file("usr/bin/curl", 0o755).file("app", 0o755).health(test)
    }

    fn times(interval: i64, timeout: i64, retries: i64) -> Kit {
        check(&["CMD", "/app"]).config(|c| {
            let check = c.healthcheck.as_mut().unwrap();
            (check.interval, check.timeout, check.retries) = (interval, timeout, retries);
        })
    }

    #[test]
    fn cases() {
        let cases = [
            (Kit::new(), "unknown"),
            (check(&["NONE"]), "fail: medium disabled"),
            (check(&[]), "fail: low empty"),
            (check(&["CMD"]), "fail: low empty"),
            (check(&["CMD", "/app", "health"]), "pass"),
            (check(&["CMD", "curl", "-f", "http://localhost/"]), "pass"),
            (check(&["CMD", "wget", "localhost"]), "fail: medium program-missing"),
            (check(&["CMD", "true"]), "fail: medium trivial"),
            (check(&["CMD-SHELL", "exit 0"]), "fail: medium trivial"),
            (check(&["CMD-SHELL", "curl -f localhost || exit 1"]), "pass"),
            (check(&["CMD-SHELL", "curl -f localhost && exit 0 || exit 1"]), "pass"),
            (check(&["CMD-SHELL", "curl -f localhost || true"]), "fail: medium never-fails"),
            (check(&["CMD-SHELL", "curl localhost; exit 0"]), "fail: medium never-fails"),
            (check(&["CMD-SHELL", "nc -z localhost 80"]), "fail: medium program-missing"),
            (check(&["CMD-SHELL", "test -f /tmp/ready"]), "pass"),
            (Kit::new().health(&["CMD-SHELL", "curl localhost"]), "fail: medium shell-missing"),
            (check(&["CMD-SHELL", &"$(".repeat(3000)]), "unknown"),
            (check(&["CMD", "/app"]).missing("/app", Link::HealthCheck), "fail: medium program-missing"),
            (times(10 * SECOND, 3 * SECOND, 3), "pass"),
            (times(-1, 0, 0), "fail: low bad-times"),
            (times(5, 0, 0), "fail: low bad-times"),
            (times(i64::MAX, 0, 0), "fail: low bad-times"),
            (times(0, 0, 1_000_000), "fail: low bad-times"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.image().config.healthcheck);
        }
    }
}
