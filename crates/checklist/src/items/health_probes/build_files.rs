//! HEALTHCHECK as the build file writes it, where no image shows it.

use plimsoll_evidence::{Evidence, Says, Start};
use plimsoll_shell::Script;

use super::{BAD_TIMES, DISABLED, SECOND, TRIVIAL, outcome};
use crate::built::files;
use crate::case::Case;

/// Judges the last HEALTHCHECK of each file; whether there is one.
pub(super) fn judge(case: &mut Case<'_>, evidence: &Evidence) -> bool {
    let mut any = false;
    for file in files(evidence) {
        let Some(instruction) = file.last("HEALTHCHECK") else { continue };
        any = true;
        let Says::Probe(probe) = &instruction.says else { continue };
        let Some(probe) = probe else {
            case.find(&DISABLED).in_source(instruction.place).add();
            continue;
        };
        let script = script_of(&probe.command);
        match outcome::fault(&script) {
            Some(rule) if *rule == TRIVIAL => {
                case.find(rule).says("The health check runs nothing that asks the application.").in_source(instruction.place).add();
            }
            Some(rule) => {
                case.find(rule).says("The health check ends in success whatever its command says.").in_source(instruction.place).add();
            }
            None => {}
        }
        let hour = 3600 * SECOND.unsigned_abs();
        if probe.interval > hour || probe.timeout > hour / 6 || probe.retries > 100 {
            case.find(&BAD_TIMES)
                .says("The health check's numbers: a hanging container stays for longer than anybody would wait.")
                .in_source(instruction.place)
                .add();
        }
    }
    any
}

fn script_of(command: &Start) -> Script {
    if command.shell {
        return plimsoll_shell::parse(&command.words.join(" "));
    }
    plimsoll_shell::of_words(&command.words, |_| None)
}

#[cfg(test)]
mod tests {
    use super::super::ITEM;
    use crate::built::tests::{alone, lines};

    #[test]
    fn cases() {
        let cases = [
            ("", "unknown"),
            ("HEALTHCHECK NONE", "fail: disabled:2:1"),
            ("HEALTHCHECK CMD true", "fail: trivial:2:1"),
            ("HEALTHCHECK CMD [\"sh\", \"-c\", \"exit 0\"]", "fail: trivial:2:1"),
            ("HEALTHCHECK CMD curl -f http://localhost || true", "fail: never-fails:2:1"),
            ("HEALTHCHECK CMD curl -f http://localhost || exit 0", "fail: never-fails:2:1"),
            ("HEALTHCHECK CMD curl -f http://localhost || exit 1", "unknown"),
            ("HEALTHCHECK --interval=2h CMD [\"/app\", \"health\"]", "fail: bad-times:2:1"),
            ("HEALTHCHECK CMD true\nHEALTHCHECK CMD [\"/app\", \"health\"]", "unknown"),
        ];
        for (text, wanted) in cases {
            assert_eq!(lines(&alone(&format!("FROM a\n{text}\n")), &ITEM), wanted, "{text}");
        }
    }
}
