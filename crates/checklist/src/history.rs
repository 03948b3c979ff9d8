//! The steps of the image's history as instructions and commands.
//!
//! Builders write them in different ways: BuildKit `RUN |1 A=b /bin/sh -c cmd # buildkit` and `COPY a b # buildkit`, the older builder and
//! its kin `/bin/sh -c cmd` and `/bin/sh -c #(nop) COPY file:… in /x`.

use plimsoll_evidence::{ImageFacts, Origin, SecretPlace};
use plimsoll_shell::{Script, parse};

use crate::case::origin_of_step;

/// What stands in place of a command that holds a credential.
pub(crate) const WITHHELD: &str = "(a command that holds a credential)";

/// A step.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    /// Its place in the history.
    pub(crate) at: usize,
    pub(crate) origin: Origin,
    pub(crate) instruction: Instruction<'a>,
    /// The text of the instruction's arguments.
    pub(crate) text: &'a str,
    /// Whether the step may be quoted: it holds no credential.
    pub(crate) may_show: bool,
}

/// The instruction of a build file that made a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Instruction<'a> {
    /// `RUN`.
    Run,
    /// `ADD`.
    Add,
    /// `COPY`.
    Copy,
    /// Another, by name.
    Other(&'a str),
}

impl Step<'_> {
    /// The commands of a `RUN` step.
    pub(crate) fn script(&self) -> Option<Script> {
        (self.instruction == Instruction::Run).then(|| parse(self.text))
    }

    /// A command as it may be shown.
    pub(crate) fn shown(&self, command: &str) -> String {
        if self.may_show { command.to_owned() } else { WITHHELD.to_owned() }
    }
}

/// Whether a step holds a credential.
pub(crate) fn holds_secret(image: &ImageFacts, step: usize) -> bool {
    image.secrets.iter().any(|(_, find)| find.place == SecretPlace::History { step })
}

/// Every step, in order.
pub(crate) fn steps(image: &ImageFacts) -> impl Iterator<Item = Step<'_>> {
    image.history.iter().enumerate().map(|(at, step)| {
        let (instruction, text) = read(&step.created_by);
        Step { at, origin: origin_of_step(image, at), instruction, text, may_show: !holds_secret(image, at) }
    })
}

fn read(created_by: &str) -> (Instruction<'_>, &str) {
    let text = created_by.trim();
    let text = text.strip_suffix("# buildkit").unwrap_or(text).trim_end();
    if let Some(rest) = text.strip_prefix("RUN ") {
        return (Instruction::Run, command_of(rest));
    }
    if let Some(rest) = text.strip_prefix("/bin/sh -c #(nop)") {
        return named(rest.trim_start());
    }
    if text.starts_with("/bin/sh -c ") || text.starts_with('|') {
        return (Instruction::Run, command_of(text));
    }
    named(text)
}

fn named(text: &str) -> (Instruction<'_>, &str) {
    let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let instruction = match name {
        "ADD" => Instruction::Add,
        "COPY" => Instruction::Copy,
        name => Instruction::Other(name),
    };
    (instruction, rest.trim())
}

/// The command behind the builder's own words: the count and values of build arguments, mounts, and the shell.
fn command_of(text: &str) -> &str {
    let mut text = text.trim_start();
    while text.starts_with("--") {
        text = text.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
    }
    // Values of arguments may hold spaces: the shell's name ends them.
    if text.starts_with('|') {
        for shell in ["/bin/sh -c ", "/bin/bash -c ", "/bin/ash -c ", "/bin/bash -o pipefail -c ", "/bin/bash -eo pipefail -c "] {
            if let Some(at) = text.find(shell) {
                return text[at + shell.len()..].trim();
            }
        }
        return text;
    }
    for shell in ["/bin/sh -c ", "/bin/bash -c ", "/bin/ash -c ", "/bin/bash -o pipefail -c ", "/bin/bash -eo pipefail -c "] {
        if let Some(rest) = text.strip_prefix(shell) {
            return rest.trim();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builders_are_understood() {
        use Instruction::{Add, Copy, Other, Run};
        let cases = [
            ("RUN /bin/sh -c apt-get update # buildkit", Run, "apt-get update"),
            ("RUN |2 A=b c C=d /bin/sh -c make # buildkit", Run, "make"),
            ("|1 A=b /bin/sh -c make", Run, "make"),
            ("/bin/sh -c set -eux; make", Run, "set -eux; make"),
            ("/bin/sh -c #(nop) ADD file:aa in / ", Add, "file:aa in /"),
            ("/bin/sh -c #(nop)  CMD [\"bash\"]", Other("CMD"), "[\"bash\"]"),
            ("COPY /a /b # buildkit", Copy, "/a /b"),
            ("ADD https://x.test/a / # buildkit", Add, "https://x.test/a /"),
            ("RUN --mount=type=cache,target=/x /bin/sh -c y", Run, "y"),
            ("bazel build ...", Other("bazel"), "build ..."),
            ("", Other(""), ""),
        ];
        for (created_by, instruction, text) in cases {
            assert_eq!(read(created_by), (instruction, text), "{created_by}");
        }
    }
}
