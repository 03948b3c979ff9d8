//! What a deployment has a container run: its command, its probes and hooks.

use plimsoll_evidence::Place;
use plimsoll_evidence::workload::{Action, HookTime};
use plimsoll_shell::Script;

use super::Running;

/// A command that the deployment sets.
pub(crate) struct Set {
    /// What it is: `the command`, `the liveness probe`.
    pub(crate) what: &'static str,
    pub(crate) place: Place,
    pub(crate) script: Script,
}

impl Running<'_> {
    /// What the deployment starts the container with, where it sets that.
    pub(crate) fn start(&self) -> Option<Set> {
        let container = self.container;
        let words: Vec<&str> =
            [&container.entrypoint, &container.arguments].into_iter().flatten().flat_map(|w| &w.value).map(String::as_str).collect();
        let first = container.entrypoint.as_ref().or(container.arguments.as_ref()).filter(|_| !words.is_empty())?;
        Some(Set { what: "the command", place: first.place, script: plimsoll_shell::of_words(&words, |_| None) })
    }

    /// Everything that the deployment sets to run in the container.
    pub(crate) fn commands(&self) -> Vec<Set> {
        let container = self.container;
        let mut sets: Vec<Set> = self.start().into_iter().collect();
        for probe in &container.probes {
            if let Some(script) = script_of(&probe.action) {
                sets.push(Set { what: probe.kind.name(), place: probe.place, script });
            }
        }
        for hook in &container.hooks {
            if let Some(script) = script_of(&hook.action) {
                let what = match hook.time {
                    HookTime::PostStart => "the hook after the start",
                    HookTime::PreStop => "the hook before the end",
                };
                sets.push(Set { what, place: hook.place, script });
            }
        }
        sets
    }
}

/// The commands of an action that runs in the container.
pub(crate) fn script_of(action: &Action) -> Option<Script> {
    match action {
        Action::Exec(words) => Some(plimsoll_shell::of_words(words, |_| None)),
        Action::Shell(text) => Some(plimsoll_shell::parse(text)),
        _ => None,
    }
}
