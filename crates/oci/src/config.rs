//! The image config (OCI image specification v1.1, config.md, with Docker's extensions), as engines read it.

use std::collections::BTreeMap;

use plimsoll_evidence::{Digest, HealthCheck, HistoryStep, ImageConfig, Location, Platform, Problem, ProblemKind};
use serde::de::DeserializeOwned;

use crate::json::Members;
use crate::manifest::read_platform;

/// What a config holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Config {
    pub(crate) platform: Option<Platform>,
    pub(crate) run: ImageConfig,
    pub(crate) history: Vec<HistoryStep>,
    pub(crate) diff_ids: Vec<Digest>,
    pub(crate) problems: Vec<Problem>,
}

const TOP: &[&str] = &["created", "author", "architecture", "os", "variant", "config", "rootfs", "history"];
const RUN: &[&str] = &[
    "User",
    "ExposedPorts",
    "Env",
    "Entrypoint",
    "Cmd",
    "Shell",
    "Volumes",
    "WorkingDir",
    "Labels",
    "StopSignal",
    "Healthcheck",
    "OnBuild",
];
const HEALTH: &[&str] = &["Test", "Interval", "Timeout", "StartPeriod", "Retries"];

/// How many problems of one config are kept: one for each wrong field of a million history steps would fill the memory.
const MOST_PROBLEMS: usize = 100;
/// How many history steps are read.
const MOST_STEPS: usize = 10_000;

fn push(problems: &mut Vec<Problem>, problem: Problem) {
    if problems.len() < MOST_PROBLEMS {
        problems.push(problem);
    }
}

/// Reads fields; one that cannot be read becomes a problem.
struct Fields<'m, 'a> {
    members: &'m Members<'a>,
    problems: &'m mut Vec<Problem>,
}

impl Fields<'_, '_> {
    fn get<T: DeserializeOwned + Default>(&mut self, name: &str) -> T {
        match self.members.read(name) {
            Ok(value) => value.unwrap_or_default(),
            Err(message) => {
                push(
                    self.problems,
                    Problem::hiding(ProblemKind::Malformed, format!("the config's {message}"))
                        .at(Location::Config { field: name.to_owned() }),
                );
                T::default()
            }
        }
    }

    fn keys(&mut self, name: &str) -> Vec<String> {
        object(self.members, name, self.problems).names()
    }

    /// A list of strings, in which JSON's `null` is an empty one.
    fn strings(&mut self, name: &str) -> Vec<String> {
        self.get::<Vec<Option<String>>>(name).into_iter().map(Option::unwrap_or_default).collect()
    }
}

impl Config {
    /// Reads a config for an image of so many layers; fails only where it is no JSON object, or its layers are not digests.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let members = Members::of(bytes).map_err(|e| format!("it is not JSON of an image config ({e})"))?;
        let mut problems = Vec::new();
        doubt(&members, TOP, "", &mut problems);
        let run_members = object(&members, "config", &mut problems);
        let mut run = read_run(&run_members, &mut problems);
        let mut top = Fields { members: &members, problems: &mut problems };
        run.created = top.get("created");
        run.author = top.get::<Option<String>>("author").filter(|a| !a.is_empty());
        let platform = read_platform(&members).unwrap_or_else(|message| {
            problems.push(Problem::hiding(ProblemKind::Malformed, format!("the config's {message}")));
            None
        });
        let diff_ids = match members.object("rootfs")? {
            Some(rootfs) => rootfs.read::<Vec<Digest>>("diff_ids")?.unwrap_or_default(),
            None => Vec::new(),
        };
        let history = read_history(&members, &mut problems);
        Ok(Self { platform, run, history, diff_ids, problems })
    }

    /// Pairs history steps with the layers they made, by counting the steps that are not empty; says so where they do not come out even.
    pub(crate) fn pair_history(&mut self, layers: usize) {
        let made = self.history.iter().filter(|s| s.layer.is_some()).count();
        if made == layers || self.history.is_empty() {
            return;
        }
        for step in &mut self.history {
            step.layer = None;
        }
        self.problems.push(
            Problem::noted(
                ProblemKind::Mismatch,
                format!("the history tells of {made} layers and there are {layers}, so no layer can be told its step"),
            )
            .at(Location::Config { field: "history".to_owned() }),
        );
    }
}

fn doubt(members: &Members<'_>, known: &[&str], prefix: &str, problems: &mut Vec<Problem>) {
    for name in members.doubtful(known) {
        problems.push(
            Problem::hiding(
                ProblemKind::Malformed,
                format!(
                    "the config has {prefix}{name} twice or in another case than the specification's; the last was read, as most engines do"
                ),
            )
            .at(Location::Config { field: format!("{prefix}{name}") }),
        );
    }
}

fn object<'a>(members: &Members<'a>, name: &str, problems: &mut Vec<Problem>) -> Members<'a> {
    match members.object(name) {
        Ok(found) => found.unwrap_or_default(),
        Err(message) => {
            problems.push(
                Problem::hiding(ProblemKind::Malformed, format!("the config's {message}")).at(Location::Config { field: name.to_owned() }),
            );
            Members::default()
        }
    }
}

fn read_run(members: &Members<'_>, problems: &mut Vec<Problem>) -> ImageConfig {
    doubt(members, RUN, "config.", problems);
    let healthcheck = members.get("Healthcheck").map(|_| {
        let health = object(members, "Healthcheck", problems);
        doubt(&health, HEALTH, "config.Healthcheck.", problems);
        let mut health = Fields { members: &health, problems };
        HealthCheck {
            test: health.strings("Test"),
            interval: health.get("Interval"),
            timeout: health.get("Timeout"),
            start_period: health.get("StartPeriod"),
            retries: health.get("Retries"),
        }
    });
    let mut fields = Fields { members, problems };
    ImageConfig {
        created: None,
        author: None,
        user: fields.get("User"),
        exposed_ports: fields.keys("ExposedPorts"),
        env: fields.strings("Env").iter().map(|e| split_env(e)).collect(),
        entrypoint: fields.strings("Entrypoint"),
        cmd: fields.strings("Cmd"),
        shell: fields.strings("Shell"),
        volumes: fields.keys("Volumes"),
        working_dir: fields.get("WorkingDir"),
        labels: fields.get::<BTreeMap<String, Option<String>>>("Labels").into_iter().map(|(k, v)| (k, v.unwrap_or_default())).collect(),
        stop_signal: fields.get::<Option<String>>("StopSignal").filter(|s| !s.is_empty()),
        healthcheck,
        on_build: fields.strings("OnBuild"),
        unknown_members: members.others(RUN),
    }
}

fn split_env(entry: &str) -> (String, String) {
    let (name, value) = entry.split_once('=').unwrap_or((entry, ""));
    (name.to_owned(), value.to_owned())
}

fn read_history(members: &Members<'_>, problems: &mut Vec<Problem>) -> Vec<HistoryStep> {
    let steps = members.objects("history").unwrap_or_else(|message| {
        problems.push(
            Problem::hiding(ProblemKind::Malformed, format!("the config's {message}")).at(Location::Config { field: "history".to_owned() }),
        );
        None
    });
    let mut layer = 0;
    let mut history = Vec::new();
    let steps = steps.unwrap_or_default();
    if steps.len() > MOST_STEPS {
        let said = format!("the config's history has {} steps; the first {MOST_STEPS} were read", steps.len());
        problems.push(Problem::hiding(ProblemKind::Limit, said).at(Location::Config { field: "history".to_owned() }));
    }
    for step in steps.into_iter().take(MOST_STEPS) {
        let mut fields = Fields { members: &step, problems };
        let empty: bool = fields.get("empty_layer");
        history.push(HistoryStep {
            created: fields.get("created"),
            created_by: fields.get("created_by"),
            comment: fields.get("comment"),
            layer: (!empty).then_some(layer),
        });
        layer += usize::from(!empty);
    }
    history
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_config() {
        let id = format!("sha256:{}", "0a".repeat(32));
        let text = format!(
            r#"{{"created":"2026-01-01T00:00:00Z","author":"a","architecture":"arm64","os":"linux","variant":"v8",
            "config":{{"User":"1:2","Env":["A=b=c","D"],"ExposedPorts":{{"80/tcp":{{}}}},"Entrypoint":["/x"],"Cmd":null,
            "Healthcheck":{{"Test":["NONE"],"Interval":5}},"Labels":{{"k":"v"}},"ArgsEscaped":true,"Volumes":{{"/d":{{}}}}}},
            "rootfs":{{"type":"layers","diff_ids":["{id}"]}},
            "history":[{{"created_by":"one"}},{{"created_by":"two","empty_layer":true}}]}}"#
        );
        let mut config = Config::read(text.as_bytes()).unwrap();
        config.pair_history(1);
        assert_eq!(config.problems, []);
        assert_eq!(config.platform, Some("linux/arm64/v8".parse().unwrap()));
        assert_eq!(config.run.env, [("A".to_owned(), "b=c".to_owned()), ("D".to_owned(), String::new())]);
        assert_eq!(config.run.exposed_ports, ["80/tcp"]);
        assert_eq!(config.run.unknown_members, ["ArgsEscaped"]);
        assert_eq!(config.run.healthcheck.unwrap().interval, 5);
        assert_eq!(config.history.iter().map(|s| s.layer).collect::<Vec<_>>(), [Some(0), None]);
    }

    #[test]
    fn a_wrong_type_costs_the_field_and_is_said() {
        let config = Config::read(br#"{"config":{"User":7,"Env":"A=b","Cmd":["x"]},"history":5}"#).unwrap();
        let said: Vec<_> = config.problems.iter().map(|p| p.message.as_str()).collect();
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(config.problems.iter().all(|p| p.hides));
        assert_eq!(config.run.cmd, ["x"]);
    }

    #[test]
    fn a_second_user_in_another_case_counts_and_is_said() {
        let config = Config::read(br#"{"config":{"User":"1000","user":"root"}}"#).unwrap();
        assert_eq!(config.run.user, "root");
        assert!(config.problems.iter().any(|p| p.message.contains("config.user")));
    }

    #[test]
    fn history_that_does_not_come_out_even_pairs_nothing() {
        let mut config = Config::read(br#"{"history":[{"created_by":"a"},{"created_by":"b"}]}"#).unwrap();
        config.pair_history(1);
        assert!(config.history.iter().all(|s| s.layer.is_none()));
        assert_eq!(config.problems.len(), 1);
    }

    #[test]
    fn diff_ids_must_be_digests() {
        assert!(Config::read(br#"{"rootfs":{"diff_ids":["sha256:../x"]}}"#).is_err());
        assert!(Config::read(b"[]").is_err());
    }
}
