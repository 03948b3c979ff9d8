//! Labels of the image that steer tools on the host.
//!
//! Tools on the host read labels of the images that they start. The image's author so decides, without being asked, what happens on a
//! machine that is not his.

use plimsoll_evidence::ImageFacts;
use plimsoll_shell::Command;

/// A command line that the image asks the host to run: the label convention of `atomic run` and `podman container runlabel`, and
/// label-schema's `docker.cmd`.
pub(crate) struct RunLabel<'a> {
    pub(crate) label: &'a str,
    pub(crate) command: Command,
}

/// Every such command.
pub(crate) fn run_labels(image: &ImageFacts) -> Vec<RunLabel<'_>> {
    let mut found = Vec::new();
    for (label, value) in &image.config.labels {
        let name = label.to_ascii_lowercase();
        let is_run = matches!(name.as_str(), "run" | "install" | "uninstall" | "upgrade" | "stop" | "debug") || name.contains("docker.cmd");
        if is_run {
            let script = plimsoll_shell::parse(value);
            found.extend(script.commands.into_iter().map(|command| RunLabel { label, command }));
        }
    }
    found
}

impl RunLabel<'_> {
    /// The values of an option, by any of its names: `--name=value`, `--name value`.
    pub(crate) fn values<'s>(&'s self, names: &'s [&str]) -> impl Iterator<Item = &'s str> {
        let words = &self.command.words;
        words.iter().enumerate().filter_map(move |(at, word)| {
            let text = word.text.as_str();
            if names.contains(&text) {
                return words.get(at + 1).map(|w| w.text.as_str());
            }
            let (name, value) = text.split_once('=')?;
            names.contains(&name).then_some(value)
        })
    }

    /// Whether a flag is set.
    pub(crate) fn has(&self, flag: &str) -> bool {
        self.command.words.iter().any(|w| w == flag || w.text.strip_prefix(flag).is_some_and(|rest| rest == "=true"))
    }
}

/// A label that has the host's tools replace or restart the running container.
pub(crate) struct Steering<'a> {
    pub(crate) label: &'a str,
    /// What it has the host do.
    pub(crate) does: &'static str,
    pub(crate) kind: Steers,
}

/// What a label steers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Steers {
    /// Replaces the container with whatever the tag holds.
    Update,
    /// Restarts it.
    Restart,
    /// Runs commands.
    Command,
    /// Sets the container up, or changes how the engine keeps it.
    Engine,
}

/// Prefixes of labels, and what they do. Exact names end without a dot.
const KNOWN: &[(&str, Steers, &str)] = &[
    ("io.containers.autoupdate", Steers::Update, "has podman auto-update replace the running container"),
    ("com.centurylinklabs.watchtower.lifecycle.", Steers::Command, "has Watchtower run commands in the running container"),
    ("com.centurylinklabs.watchtower", Steers::Update, "has Watchtower replace the running container"),
    ("wud.", Steers::Update, "has What's up Docker follow and replace the image"),
    ("com.ouroboros.enable", Steers::Update, "has Ouroboros replace the running container"),
    ("ouroboros.", Steers::Update, "has Ouroboros replace the running container"),
    ("dockupdater.", Steers::Update, "has Dockupdater replace the running service"),
    ("shepherd.", Steers::Update, "has Shepherd replace the running service"),
    ("swarm.autodeploy", Steers::Update, "has Swarmpit redeploy the running service"),
    ("swarmpit.service.deployment.autoredeploy", Steers::Update, "has Swarmpit redeploy the running service"),
    ("keel.sh/", Steers::Update, "has Keel replace the running workload"),
    ("autoheal", Steers::Restart, "has a restart monitor with the engine's socket restart the container"),
    ("ofelia.", Steers::Command, "has the Ofelia scheduler run commands"),
    ("deck-chores.", Steers::Command, "has deck-chores run commands"),
    ("chadburn.", Steers::Command, "has the Chadburn scheduler run commands"),
    ("io.containers.", Steers::Engine, "sets how podman runs the container"),
    ("io.podman.", Steers::Engine, "sets how podman runs the container"),
    ("io.containerd.", Steers::Engine, "sets how containerd handles the image"),
    ("containerd.io/", Steers::Engine, "sets how containerd keeps the image"),
    ("io.kubernetes.cri-o.", Steers::Engine, "sets how CRI-O runs the container"),
    ("io.cri-containerd.", Steers::Engine, "sets how containerd's CRI handles the image"),
    ("io.kubernetes.", Steers::Engine, "poses as the kubelet's own label"),
];

/// Every steering label, in order.
pub(crate) fn steering(image: &ImageFacts) -> Vec<Steering<'_>> {
    let mut found = Vec::new();
    for (label, value) in &image.config.labels {
        let lower = label.to_ascii_lowercase();
        let off = matches!(value.trim().to_ascii_lowercase().as_str(), "false" | "disabled" | "0" | "no" | "off" | "never");
        let known = KNOWN.iter().find(|(prefix, ..)| {
            if prefix.ends_with(['.', '/']) {
                lower.starts_with(prefix)
            } else {
                lower == *prefix || lower.strip_prefix(prefix).is_some_and(|r| r.starts_with('.'))
            }
        });
        if let Some((_, kind, does)) = known.filter(|_| !off) {
            found.push(Steering { label, does, kind: *kind });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn labels_that_steer_are_known() {
        let image = Kit::new()
            .label("io.containers.autoupdate", "registry")
            .label("com.centurylinklabs.watchtower.enable", "false")
            .label("com.centurylinklabs.watchtower.lifecycle.pre-update", "/x")
            .label("autoheal", "true")
            .label("autohealing", "true")
            .label("org.opencontainers.image.version", "1")
            .image();
        let found: Vec<_> = steering(&image).into_iter().map(|s| (s.label.to_owned(), s.kind)).collect();
        assert_eq!(
            found,
            [
                ("autoheal".to_owned(), Steers::Restart),
                ("com.centurylinklabs.watchtower.lifecycle.pre-update".to_owned(), Steers::Command),
                ("io.containers.autoupdate".to_owned(), Steers::Update),
            ]
        );
    }

    #[test]
    fn options_of_run_labels_are_read() {
        let image = Kit::new().label("RUN", "podman run --privileged -v /etc:/etc --pid=host ${IMAGE}").image();
        let labels = run_labels(&image);
        let run = &labels[0];
        assert!(run.has("--privileged") && !run.has("--rm"));
        assert_eq!(run.values(&["-v", "--volume"]).collect::<Vec<_>>(), ["/etc:/etc"]);
        assert_eq!(run.values(&["--pid"]).collect::<Vec<_>>(), ["host"]);
    }
}
