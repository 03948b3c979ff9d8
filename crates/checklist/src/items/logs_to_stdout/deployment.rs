//! Where a deployment sends the output, and volumes for log files.

use super::super::prelude::*;
use crate::deployed::{Deployed, is_writable};
use crate::writes::Purpose;

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

pub(super) fn judge(case: &mut Case<'_>, deployed: &Deployed<'_>) {
    for running in &deployed.containers {
        let name = running.name();
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
