//! What a deployment has a container fetch while it runs: its command, its probes and hooks.

use super::super::prelude::*;
use super::{DOWNLOADS, INSTALLS, RUNS_DOWNLOAD};
use crate::deployed::Deployed;
use crate::installers::{Fetches, fetches};

pub(super) fn judge(case: &mut Case<'_>, deployed: &Deployed<'_>) {
    for running in &deployed.containers {
        let name = running.name();
        for set in running.commands() {
            if let Some(why) = &set.script.fatal {
                case.need(format!("{} of {name} in a form that can be read ({why})", set.what), "simplify it, or move it into a script");
            }
            for command in &set.script.commands {
                let rule = match fetches(&set.script, command) {
                    Some(Fetches::RunsDownload) => &RUNS_DOWNLOAD,
                    Some(Fetches::Installs | Fetches::Updates) => &INSTALLS,
                    Some(Fetches::Downloads) => &DOWNLOADS,
                    None => continue,
                };
                case.find(rule)
                    .about(format!("{name} {}", command.shown()))
                    .says(format!("In {name}, {} runs {:?}.", set.what, command.shown()))
                    .in_source(set.place)
                    .add();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::Link;

    use super::super::ITEM;
    use crate::deployed::trial::{compose, kubernetes, quadlet};
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let none = || Kit::new().without_image();
        let image = || Kit::new().cmd(&["/app"]).file("app", 0o755).reach("app", Link::Entrypoint);
        for (kit, wanted) in [
            (kubernetes(none(), "", ""), "unknown"),
            (kubernetes(image(), "", ""), "pass"),
            (kubernetes(none(), "", "command: [sh, -c, \"pip install x && exec app\"]"), "fail: high installs-at-run-time"),
            // The image fetches nothing; the deployment has it do so.
            (kubernetes(image(), "", "command: [sh, -c, \"pip install x && exec app\"]"), "fail: high installs-at-run-time"),
            (kubernetes(none(), "", "args: [bash, -c, \"curl -s https://x.test/i | bash\"]"), "fail: high runs-download"),
            (kubernetes(none(), "", "lifecycle: {postStart: {exec: {command: [apk, add, curl]}}}"), "fail: high installs-at-run-time"),
            (
                kubernetes(none(), "initContainers: [{name: i, image: app, command: [git, clone, \"https://x.test/y\"]}]", ""),
                "fail: medium downloads-at-run-time",
            ),
            (kubernetes(none(), "", "livenessProbe: {exec: {command: [wget, -qO-, \"http://localhost/\"]}}"), "unknown"),
            (compose(none(), "command: sh -c \"npm install && npm start\""), "fail: high installs-at-run-time"),
            (compose(none(), "command: npm start"), "unknown"),
            (quadlet(none(), "Exec=sh -c 'pip install x'"), "fail: high installs-at-run-time"),
        ] {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.judge(&ITEM));
        }
    }
}
