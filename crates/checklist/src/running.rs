//! The commands that a container of the image runs: what its config starts, the scripts that reaches, and what runs on a schedule.

use std::collections::HashSet;

use plimsoll_evidence::{CapturedText, FileEntry, FileId, ImageConfig, ImageFacts, Link};
use plimsoll_shell::{Command, Script, parse_with};

/// Where commands stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// A field of the config.
    Config(&'static str),
    /// A script.
    File(&'a FileEntry),
}

/// When commands run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum When {
    /// As, or before, the application starts.
    Start,
    /// With each health check.
    HealthCheck,
    /// By cron.
    Schedule,
}

impl When {
    /// In words, after "is run".
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Start => "when the container starts",
            Self::HealthCheck => "by the health check",
            Self::Schedule => "by cron",
        }
    }
}

/// Commands of one place.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) place: Place<'a>,
    pub(crate) when: When,
    pub(crate) script: Script,
}

impl Run<'_> {
    /// Its name for people.
    pub(crate) fn name(&self) -> String {
        match self.place {
            Place::Config(field) => format!("the config's {field}"),
            Place::File(file) => file.absolute(),
        }
    }
}

/// A command line of separate words, parsed as a shell would run it, so that what is given to `sh -c` is followed.
fn words<S: AsRef<str>>(config: &ImageConfig, words: &[S]) -> Script {
    plimsoll_shell::of_words(words, |name| config.env(name).map(str::to_owned))
}

/// A script in the container's environment.
pub(crate) fn in_environment(config: &ImageConfig, text: &str) -> Script {
    parse_with(text, |name| config.env(name).map(str::to_owned))
}

/// The start command of the config.
pub(crate) fn start(image: &ImageFacts) -> Script {
    words(&image.config, &image.config.command())
}

/// The health check's command; none where there is none.
pub(crate) fn health_check(image: &ImageFacts) -> Option<Script> {
    let test = &image.config.healthcheck.as_ref()?.test;
    match test.first()?.as_str() {
        "CMD" => Some(words(&image.config, test.get(1..)?)),
        "CMD-SHELL" => Some(in_environment(&image.config, &test.get(1..)?.join(" "))),
        _ => None,
    }
}

/// Whether a text is a shell script by its first line, or by its name where it has none.
pub(crate) fn is_shell_script(text: &CapturedText) -> bool {
    let first = text.text.lines().next().unwrap_or_default();
    if let Some(line) = first.strip_prefix("#!") {
        line.split_whitespace().any(|word| {
            matches!(
                word.rsplit('/').next().unwrap_or_default(),
                "sh" | "bash" | "dash" | "ash" | "ksh" | "mksh" | "zsh" | "busybox" | "with-contenv"
            )
        })
    } else {
        let name = text.path.rsplit('/').next().unwrap_or_default();
        [".sh", ".bash", ".envsh"].iter().any(|end| name.ends_with(end))
    }
}

/// Directories whose scripts the entry scripts of several official images run by a pattern, which no closure can follow.
const DROP_IN: [&str; 2] = ["docker-entrypoint.d", "docker-entrypoint-initdb.d"];

/// Everything that runs.
pub(crate) fn runs(image: &ImageFacts) -> Vec<Run<'_>> {
    let mut runs = Vec::new();
    let start = start(image);
    if !start.commands.is_empty() || start.fatal.is_some() {
        let field = if image.config.entrypoint.is_empty() { "Cmd" } else { "Entrypoint" };
        runs.push(Run { place: Place::Config(field), when: When::Start, script: start });
    }
    if let Some(script) = health_check(image) {
        runs.push(Run { place: Place::Config("Healthcheck"), when: When::HealthCheck, script });
    }
    let mut seen: HashSet<FileId> = HashSet::new();
    let mut texts = Vec::new();
    for (at, reached) in image.closure.reached.iter().enumerate() {
        let Some(file) = image.tree.files.get(reached.file as usize) else { continue };
        // What lies among a runtime's modules is there to be loaded, not run.
        if reached.how == Link::Module {
            continue;
        }
        let Some(text) = image.text(&file.path).filter(|t| is_shell_script(t)) else { continue };
        if seen.insert(reached.file) {
            texts.push((file, text, when(image, at)));
        }
    }
    for directory in DROP_IN {
        if texts.iter().any(|(_, text, _)| text.text.contains(directory)) {
            for (id, file) in image.tree.below(directory) {
                if let Some(text) = image.text(&file.path).filter(|t| is_shell_script(t) && !seen.contains(&id)) {
                    seen.insert(id);
                    texts.push((file, text, When::Start));
                }
            }
        }
    }
    for (file, text, when) in texts {
        runs.push(Run { place: Place::File(file), when, script: of_text(image, text) });
    }
    if has_cron(image) {
        runs.extend(scheduled(image));
    }
    runs
}

fn of_text(image: &ImageFacts, text: &CapturedText) -> Script {
    let mut script = in_environment(&image.config, &text.text);
    if text.cut && script.fatal.is_none() {
        script.fatal = Some("only the beginning of the script was kept".to_owned());
    }
    script
}

/// Whether a reached file is reached by the health check alone.
fn when(image: &ImageFacts, mut at: usize) -> When {
    // Each step leads to an earlier entry; a list that does not is cut off at its own length.
    for _ in 0..image.closure.reached.len() {
        let Some(reached) = image.closure.reached.get(at) else { break };
        match reached.via {
            None => return if reached.how == Link::HealthCheck { When::HealthCheck } else { When::Start },
            Some(via) => at = via as usize,
        }
    }
    When::Start
}

/// Whether all that the container runs is known from its files: something is reached, nothing that it needs is missing, and no
/// reached file may reach more.
pub(crate) fn is_closed(image: &ImageFacts) -> bool {
    let closure = &image.closure;
    let lacks = closure.missing.iter().any(|m| !matches!(m.how, Link::Dlopen | Link::HealthCheck));
    closure.stopped.is_none() && closure.open_ends.is_empty() && !closure.reached.is_empty() && !lacks
}

/// Names of the files that the entrypoint reaches, and of the programs that reached scripts run.
pub(crate) fn reached_names(image: &ImageFacts) -> Vec<&str> {
    image.closure.reached.iter().filter_map(|r| image.tree.files.get(r.file as usize)).map(FileEntry::name).collect()
}

fn has_cron(image: &ImageFacts) -> bool {
    reached_names(image).iter().any(|name| matches!(*name, "cron" | "crond" | "anacron" | "supercronic" | "fcron" | "go-crond"))
        || start(image).commands.iter().any(|c| matches!(c.program(), Some("cron" | "crond" | "supercronic")))
}

/// What cron runs: its tables, and the scripts of its directories.
fn scheduled(image: &ImageFacts) -> Vec<Run<'_>> {
    let mut runs = Vec::new();
    for text in &image.texts {
        let Some(file) = image.tree.find(&text.path).map(|id| image.tree.file(id)) else { continue };
        let path = text.path.as_str();
        let system = path == "etc/crontab" || path.starts_with("etc/cron.d/");
        let users = path.starts_with("var/spool/cron/") || path.starts_with("etc/crontabs/");
        if system || users {
            let lines: Vec<String> = text.text.lines().map(|line| table_line(line, system)).collect();
            runs.push(Run { place: Place::File(file), when: When::Schedule, script: in_environment(&image.config, &lines.join("\n")) });
        } else if ["etc/cron.hourly/", "etc/cron.daily/", "etc/cron.weekly/", "etc/cron.monthly/", "etc/periodic/"]
            .iter()
            .any(|d| path.starts_with(d))
            && is_shell_script(text)
        {
            runs.push(Run { place: Place::File(file), when: When::Schedule, script: of_text(image, text) });
        }
    }
    runs
}

/// The command of a line of crontab(5); empty for comments and settings, so that line numbers stay.
fn table_line(line: &str, has_user: bool) -> String {
    let line = line.trim();
    let first = line.chars().next().unwrap_or('#');
    let fields = match first {
        '@' => 1,
        '*' | '0'..='9' => 5,
        _ => return String::new(),
    } + usize::from(has_user);
    let mut rest = line;
    for _ in 0..fields {
        rest = rest.trim_start();
        rest = &rest[rest.find(char::is_whitespace).unwrap_or(rest.len())..];
    }
    rest.trim().to_owned()
}

/// Each command with where it stands.
pub(crate) fn commands<'r, 'a>(runs: &'r [Run<'a>]) -> impl Iterator<Item = (&'r Run<'a>, &'r Command)> {
    runs.iter().flat_map(|run| run.script.commands.iter().map(move |command| (run, command)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn what_runs_is_found() {
        let image = Kit::new()
            .env("APP", "/srv/app")
            .entrypoint(&["/entry.sh"])
            .cmd(&["sh", "-c", "run it's"])
            .health(&["CMD-SHELL", "curl -f localhost || exit 1"])
            .script("entry.sh", "#!/bin/sh\n$APP/migrate\nexec \"$@\"\n")
            .script("never.sh", "#!/bin/sh\napt-get update\n")
            .script("etc/cron.d/x", "MAILTO=root\n# c\n0 3 * * * root apt-get upgrade -y\n@daily app run.sh\n")
            .file("usr/sbin/cron", 0o755)
            .reach("entry.sh", Link::Entrypoint)
            .reach("usr/sbin/cron", Link::Command)
            .image();
        let runs = runs(&image);
        let all: Vec<String> = commands(&runs).map(|(run, c)| format!("{} {:?} {}: {}", run.name(), run.when, c.line, c.shown())).collect();
        assert_eq!(
            all,
            [
                "the config's Entrypoint Start 1: /entry.sh sh -c run it's",
                "the config's Healthcheck HealthCheck 1: curl -f localhost",
                "the config's Healthcheck HealthCheck 1: exit 1",
                "/entry.sh Start 2: /srv/app/migrate",
                "/entry.sh Start 3: exec $@",
                "/etc/cron.d/x Schedule 3: apt-get upgrade -y",
                "/etc/cron.d/x Schedule 4: run.sh",
            ]
        );
    }
}
