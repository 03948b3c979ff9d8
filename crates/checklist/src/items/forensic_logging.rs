//! Whether the logs tell what happened.

mod deployment;

use plimsoll_evidence::ImageFacts;
use plimsoll_evidence::workload::EnvSource;

use super::prelude::*;
use crate::deployed::Deployed;
use crate::running::{Place, When, commands, runs};
use crate::writes::server_texts;

const ID: ItemId = ItemId("forensic-logging");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Application logging supports forensic analysis",
    section: Section::Runtime,
    requirement: "The application logs requests, authentication, denials and changes of configuration in a structured form, and no sensitive data.",
    why: "After an attack, logs are all that says what was done. Where they hold passwords, they are the next attack.",
    remediation: "Log events as JSON or logfmt with time, severity, who and what; leave out credentials and personal data; keep access logs on.",
    references: &[footnote(58)],
    rules: &[DISCARDED, ACCESS_OFF, SILENT, VERBOSE],
    example: Some(Example {
        language: "nginx",
        bad: "access_log off;",
        good: "log_format json escape=json '{\"time\":\"$time_iso8601\",\"status\":$status,\"request\":\"$request\"}';\naccess_log /dev/stdout json;",
    }),
    rests_on: &[RestsOn::Config, RestsOn::Files, RestsOn::Deployment],
    judge,
};

const DISCARDED: Rule =
    Rule::new("output-discarded", High, "The application's output is thrown away.", "Remove the redirection to /dev/null.");
const ACCESS_OFF: Rule = Rule::new(
    "access-log-off",
    Medium,
    "A server's log of requests or errors is turned off.",
    "Turn it on, to /dev/stdout; leave single paths such as health checks out of it where they are too many.",
);
const SILENT: Rule = Rule::new("logging-off", Medium, "The environment turns logging off.", "Log events of info or warning and above.");
const VERBOSE: Rule = Rule::new(
    "debug-logging",
    Low,
    "The environment turns debug output on, which shows requests, settings and secrets.",
    "Set the production mode and the level info.",
);

/// Variables that put a framework into debug mode, and the values that do (each framework's own documentation).
const DEBUG: &[(&str, &[&str])] = &[
    ("DEBUG", &["1", "true", "True", "*"]),
    ("FLASK_DEBUG", &["1", "true"]),
    ("FLASK_ENV", &["development"]),
    ("DJANGO_DEBUG", &["1", "true", "True"]),
    ("NODE_ENV", &["development"]),
    ("RAILS_ENV", &["development"]),
    ("RACK_ENV", &["development"]),
    ("APP_DEBUG", &["1", "true"]),
    ("ASPNETCORE_ENVIRONMENT", &["Development"]),
    ("NODE_DEBUG", &["http", "net", "tls"]),
];

/// What a variable does to the log.
enum Level {
    Off,
    Developers,
    DebugMode,
}

fn level(name: &str, value: &str) -> Option<Level> {
    if name.to_ascii_uppercase().ends_with("LOG_LEVEL") || name == "LOGLEVEL" {
        match value.to_ascii_lowercase().as_str() {
            "off" | "none" | "silent" | "disabled" | "quiet" => Some(Level::Off),
            "debug" | "trace" | "all" => Some(Level::Developers),
            _ => None,
        }
    } else {
        DEBUG.iter().any(|(n, values)| *n == name && values.contains(&value)).then_some(Level::DebugMode)
    }
}

/// Whether a command takes the place of the shell and its output goes nowhere.
fn discards(command: &plimsoll_shell::Command) -> bool {
    command.exec && command.words.len() > 1 && command.redirects.iter().any(|r| r.writes && r.target.known() == Some("/dev/null"))
}

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let deployed = Deployed::of(evidence);
    let image = evidence.image.found();
    if image.is_none() && !deployed.is_known() {
        return without_image(evidence);
    }
    let mut case = Case::new(ID, evidence);
    deployment::judge(&mut case, &deployed);
    if let Some(image) = image {
        of_image(&mut case, &deployed, image);
    } else {
        case.need("the image, for what its servers and scripts log", "name the image to check");
    }
    case.need(
        "the application's log while it is used",
        "run the check with the sandbox, give the source repository, or give a signed statement",
    );
    case.fail_or_unknown(
        "The container is set up to log too little, or too much.",
        "Nothing turns logging off; what the application logs is not seen in what was given.",
    )
}

fn of_image(case: &mut Case<'_>, deployed: &Deployed<'_>, image: &ImageFacts) {
    // What every container sets itself is not the image's to say.
    let set = |name: &str| {
        let says = |e: &plimsoll_evidence::workload::EnvVar| e.name == name && matches!(e.value, EnvSource::Literal(_));
        deployed.is_known() && deployed.containers.iter().all(|r| r.container.env.iter().any(says))
    };
    for (name, value) in image.config.env.iter().filter(|(name, _)| !set(name)) {
        let field = format!("Env[{name}]");
        match level(name, value) {
            Some(Level::Off) => case.find(&SILENT).says(format!("{name}={value} turns logging off.")).in_config(field).add(),
            Some(Level::Developers) => {
                case.find(&VERBOSE).says(format!("{name}={value} logs what is for developers only.")).in_config(field).add();
            }
            Some(Level::DebugMode) => case.find(&VERBOSE).says(format!("{name}={value} turns a debug mode on.")).in_config(field).add(),
            None => {}
        }
    }
    case.advice_only(deployed.replaces_start());
    for (run, command) in commands(&runs(image)).filter(|(run, _)| run.when == When::Start) {
        if discards(command) {
            let draft = case.find(&DISCARDED).about(command.shown()).says(format!(
                "{} starts {:?} with its output thrown away.",
                run.name(),
                command.shown()
            ));
            match run.place {
                Place::Config(field) => draft.in_config(field).add(),
                Place::File(file) => draft.in_line(file, command.line).add(),
            }
        }
    }
    case.advice_only(false);
    for (server, file, text) in server_texts(image) {
        let mut depth = 0_usize;
        for (at, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            let words: Vec<&str> = line.trim_end_matches(';').split_whitespace().collect();
            let off = match words.as_slice() {
                // Inside of a location it is one path only.
                ["access_log", "off" | "/dev/null", ..] => depth < 2,
                ["error_log" | "ErrorLog" | "CustomLog", "/dev/null", ..] => true,
                _ => false,
            };
            if off {
                case.find(&ACCESS_OFF).says(format!("{server}: {line:?}.")).in_line(file, at as u32 + 1).add();
            }
            depth = (depth + line.matches('{').count()).saturating_sub(line.matches('}').count());
        }
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::Link;

    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let script =
            |text: &str| Kit::new().entrypoint(&["/e.sh"]).script("e.sh", &format!("#!/bin/sh\n{text}\n")).reach("e.sh", Link::Entrypoint);
        let nginx = |conf: &str| Kit::new().cmd(&["nginx"]).text("etc/nginx/nginx.conf", conf);
        let cases = [
            (Kit::new(), "unknown"),
            (script("exec app >/dev/null 2>&1"), "fail: high output-discarded"),
            (script("exec >/dev/null"), "unknown"),
            (script("command -v x >/dev/null; exec app"), "unknown"),
            (nginx("http {\n access_log off;\n}"), "fail: medium access-log-off"),
            (nginx("http {\n server {\n location /health {\n access_log off;\n}\n}\n}"), "unknown"),
            (nginx("# access_log off;"), "unknown"),
            (Kit::new().env("LOG_LEVEL", "off"), "fail: medium logging-off"),
            (Kit::new().env("LOG_LEVEL", "info"), "unknown"),
            (Kit::new().env("FLASK_ENV", "development"), "fail: low debug-logging"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
    }
}
