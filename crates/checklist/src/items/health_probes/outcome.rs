//! Whether what a check says depends on the application at all.

use plimsoll_shell::{Command, Script};

use super::super::prelude::*;
use super::{NEVER_FAILS, TRIVIAL};

/// The rule that a check's commands break, whatever the application does: they ask nothing, or cannot end in failure.
pub(super) fn fault(script: &Script) -> Option<&'static Rule> {
    if script.fatal.is_some() || script.commands.is_empty() {
        None
    } else if asks_nothing(script) {
        Some(&TRIVIAL)
    } else if script.may_fail {
        None
    } else {
        Some(&NEVER_FAILS)
    }
}

fn asks_nothing(script: &Script) -> bool {
    let is_test = |c: &Command| matches!(c.program(), Some("test" | "["));
    let says_nothing =
        |c: &Command| matches!(c.program(), Some("true" | ":" | "exit" | "echo" | "sleep" | "printf" | "ls" | "pwd" | "date"));
    let fails = |c: &Command| is_test(c) || c.program() == Some("exit") && c.arguments().first().is_some_and(|w| w != "0");
    script.commands.iter().filter(|c| !is_shell(c)).all(|c| says_nothing(c) || is_test(c))
        && (!script.may_fail || !script.commands.iter().any(fails))
}

/// `sh -c TEXT`, whose commands follow it.
fn is_shell(command: &Command) -> bool {
    matches!(command.program(), Some("sh" | "bash" | "dash" | "ash"))
        && command.arguments().iter().any(|w| w.text.starts_with('-') && w.text.contains('c'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        for (text, wanted) in [
            ("true", "trivial"),
            ("exit 0", "trivial"),
            ("sh -c 'echo ok'", "trivial"),
            ("ls /", "trivial"),
            // A test of nothing but constants asks nothing; one that looks at a file does.
            ("test 1", "trivial"),
            ("[ 1 -eq 1 ]", "trivial"),
            ("test -f /tmp/ready", ""),
            ("test -f /tmp/ready || exit 1", ""),
            ("test \"$READY\"", ""),
            ("exit 1", ""),
            ("curl -f localhost || true", "never-fails"),
            ("curl -f localhost || exit 0", "never-fails"),
            ("curl -f localhost; exit 0", "never-fails"),
            ("curl -f localhost || echo sick", "never-fails"),
            ("curl -f localhost; echo done", "never-fails"),
            ("sh -c 'curl -f localhost || :'", "never-fails"),
            ("if curl -f localhost; then exit 0; fi", "never-fails"),
            ("curl -f localhost && exit 0 || exit 0", "never-fails"),
            ("(curl -f localhost; exit 1) || true", "never-fails"),
            // Behind && success is reached by success alone, whatever else stands in the text.
            ("curl -f 'localhost/?a;b' && exit 0", ""),
            ("cd /srv; curl -f localhost && exit 0", ""),
            ("curl -f localhost || exit 1", ""),
            ("curl -f localhost || (echo sick; exit 1)", ""),
            ("curl -f localhost && exit 0; exit 1", ""),
            ("if curl -f localhost; then exit 0; else exit 1; fi", ""),
            ("curl -s localhost | grep -q ok", ""),
            ("set -e; curl -f localhost; true", ""),
            ("! grep -q stopped /run/state", ""),
            ("until curl -f localhost; do sleep 1; done", ""),
        ] {
            let found = fault(&plimsoll_shell::parse(text)).map_or("", |rule| rule.name);
            assert_eq!(found, wanted, "{text}");
        }
    }
}
