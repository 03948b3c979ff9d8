//! What a deployment does to the log: variables that turn it off or up, and commands whose output is thrown away.

use plimsoll_evidence::workload::EnvSource;

use super::super::prelude::*;
use super::{DISCARDED, Level, SILENT, VERBOSE, discards, level};
use crate::deployed::Deployed;

pub(super) fn judge(case: &mut Case<'_>, deployed: &Deployed<'_>) {
    for running in &deployed.containers {
        let name = running.name();
        for variable in &running.container.env {
            let EnvSource::Literal(value) = &variable.value else { continue };
            let (rule, what) = match level(&variable.name, &value.value) {
                Some(Level::Off) => (&SILENT, "turns logging off"),
                Some(Level::Developers) => (&VERBOSE, "logs what is for developers only"),
                Some(Level::DebugMode) => (&VERBOSE, "turns a debug mode on"),
                None => continue,
            };
            case.find(rule)
                .about(format!("{name} {}", variable.name))
                .says(format!("In {name}, {}={} {what}.", variable.name, value.value))
                .in_source(value.place)
                .add();
        }
        if let Some(set) = running.start() {
            for command in set.script.commands.iter().filter(|c| discards(c)) {
                case.find(&DISCARDED)
                    .about(format!("{name} {}", command.shown()))
                    .says(format!("{name} starts {:?} with its output thrown away.", command.shown()))
                    .in_source(set.place)
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
            (kubernetes(none(), "", "env: [{name: LOG_LEVEL, value: \"off\"}]"), "fail: medium logging-off"),
            (kubernetes(none(), "", "env: [{name: LOG_LEVEL, value: info}]"), "unknown"),
            (kubernetes(Kit::new(), "", "env: [{name: FLASK_ENV, value: development}]"), "fail: low debug-logging"),
            // The deployment's word counts, not the image's.
            (kubernetes(Kit::new().env("LOG_LEVEL", "off"), "", "env: [{name: LOG_LEVEL, value: info}]"), "unknown"),
            (kubernetes(none(), "", "command: [sh, -c, \"exec app >/dev/null 2>&1\"]"), "fail: high output-discarded"),
            (kubernetes(none(), "", "command: [sh, -c, \"command -v x >/dev/null; exec app\"]"), "unknown"),
            (compose(none(), "environment: {DEBUG: \"true\"}"), "fail: low debug-logging"),
            (quadlet(none(), "Environment=LOG_LEVEL=none"), "fail: medium logging-off"),
        ] {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.judge(&ITEM));
        }
    }
}
