//! Where a deployment sends the output, and volumes for log files.

use plimsoll_evidence::ImageFacts;
use plimsoll_shell::Command;

use super::super::prelude::*;
use super::LOG_FILE_SET;
use crate::deployed::{Deployed, is_below, is_writable};
use crate::writes::{Purpose, to_descriptor};

pub(super) const LOGGING_OFF: Rule = Rule::new(
    "logging-off",
    High,
    "The container's output is thrown away.",
    "Take another logging driver: json-file or local in Compose, journald in Quadlet.",
);
pub(super) const LOG_MOUNT: Rule = Rule::new(
    "log-mount",
    Medium,
    "A volume is mounted for log files.",
    "Have the software log to standard output, and take the volume out.",
);

pub(super) fn judge(case: &mut Case<'_>, deployed: &Deployed<'_>, image: Option<&ImageFacts>) {
    for running in &deployed.containers {
        let name = running.name();
        if let Some(set) = running.start() {
            for (command, path) in set.script.commands.iter().flat_map(log_files) {
                if image.is_none_or(|image| !to_descriptor(image, path)) {
                    case.find(&LOG_FILE_SET)
                        .about(format!("{name} {path}"))
                        .says(format!("{name} runs {:?}, which logs to {path}.", command.shown()))
                        .in_source(set.place)
                        .add();
                }
            }
        }
        if let Some(logging) = running.container.logging.as_ref().filter(|l| l.driver.value == "none") {
            let fix = running.words(
                "Take the setting out.",
                "Take another logging driver: json-file or local.",
                "Take another logging driver: LogDriver=journald.",
            );
            case.find(&LOGGING_OFF)
                .fix(fix)
                .about(&name)
                .says(format!("{name} has its output thrown away."))
                .in_source(logging.driver.place)
                .add();
        }
        for at in running.mounts().filter(|at| is_writable(*at)) {
            let path = &at.mount.path;
            let last = path.value.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            if Purpose::of(&path.value) == Purpose::Log || matches!(last, "log" | "logs") {
                let draft = case.find(&LOG_MOUNT);
                // A single file is as often one that is read: the log of another program.
                let draft = if path.value.ends_with(".log") {
                    draft
                        .severity(Low)
                        .fix("Mount it read-only where it is the log of another program; else have the software log to standard output.")
                } else {
                    draft
                };
                draft
                    .about(format!("{name} {}", path.value))
                    .says(format!("{name} mounts the volume {:?} at {} for log files.", at.volume.name, path.value))
                    .in_source(path.place)
                    .add();
            }
        }
    }
}

/// The log files that a command is told to write: by redirection, or by an option about logs.
fn log_files(command: &Command) -> Vec<(&Command, &str)> {
    let is_file = |path: &&str| path.starts_with('/') && !is_below(path, "/dev") && !is_below(path, "/proc");
    let redirected = command.redirects.iter().filter(|r| r.writes).filter_map(|r| r.target.known());
    let redirected = redirected.filter(|path| Purpose::of(path) == Purpose::Log || path.ends_with(".log"));
    // Where the image keeps its entrypoint, the first word is an option already.
    let words: Vec<&str> = command.words.iter().map(|w| w.text.as_str()).collect();
    let by_option = words.iter().enumerate().filter_map(|(at, word)| {
        let option = word.strip_prefix("--")?;
        let (name, value) = option.split_once('=').or_else(|| Some((option, *words.get(at + 1)?)))?;
        (name.contains("log") && (Purpose::of(value) == Purpose::Log || value.ends_with(".log"))).then_some(value)
    });
    let mut paths: Vec<&str> = redirected.chain(by_option).filter(is_file).collect();
    paths.dedup();
    paths.into_iter().map(|path| (command, path)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::ITEM;
    use crate::deployed::trial::{compose, kubernetes, quadlet};
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let none = || Kit::new().without_image();
        for (kit, wanted) in [
            (kubernetes(none(), "", ""), "unknown"),
            (
                kubernetes(none(), "volumes: [{name: v, emptyDir: {}}]", "volumeMounts: [{name: v, mountPath: /var/log/app}]"),
                "fail: medium log-mount",
            ),
            (
                kubernetes(none(), "volumes: [{name: v, emptyDir: {}}]", "volumeMounts: [{name: v, mountPath: /app/logs}]"),
                "fail: medium log-mount",
            ),
            (kubernetes(none(), "volumes: [{name: v, configMap: {name: c}}]", "volumeMounts: [{name: v, mountPath: /etc/log}]"), "unknown"),
            (kubernetes(none(), "", "command: [sh, -c, \"exec app >>/var/log/app.log 2>&1\"]"), "fail: medium log-file-configured"),
            (kubernetes(none(), "", "args: [--log-file=/var/log/app.log]"), "fail: medium log-file-configured"),
            (kubernetes(none(), "", "command: [app, --access-logfile, /srv/access.log]"), "fail: medium log-file-configured"),
            (kubernetes(none(), "", "command: [app, --access-logfile, \"-\"]"), "unknown"),
            (kubernetes(none(), "", "command: [app, --log-file, /dev/stdout]"), "unknown"),
            (kubernetes(none(), "", "command: [sh, -c, \"exec app >/tmp/out\"]"), "unknown"),
            (kubernetes(Kit::new().link("var/log/app.log", "/dev/stdout"), "", "args: [--log-file=/var/log/app.log]"), "unknown"),
            (compose(none(), "logging: {driver: none}"), "fail: high logging-off"),
            (compose(none(), "logging: {driver: json-file}"), "unknown"),
            (compose(none(), "volumes: [\"./logs:/logs\"]"), "fail: medium log-mount"),
            (compose(none(), "volumes: [\"./nginx.log:/home/nginx.log\"]"), "fail: low log-mount"),
            (quadlet(none(), "LogDriver=none"), "fail: high logging-off"),
            (quadlet(none(), "LogDriver=journald"), "unknown"),
            (quadlet(none(), "PodmanArgs=--log-driver none"), "fail: high logging-off"),
        ] {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.judge(&ITEM));
        }
    }
}
