//! What of a deployment changes a container while, or each time, it runs.

use plimsoll_evidence::workload::{Role, Runner, VolumeKind};
use plimsoll_evidence::{FileKind, ImageFacts};

use super::super::prelude::*;
use super::super::read_only_volumes::{is_code, is_config_file, is_source};
use super::{INSTALLER, UPDATER};
use crate::case::Draft;
use crate::deployed::{Deployed, Running, Set, is_below, is_writable};
use crate::installers::{Fetches, fetches};
use crate::shown::{count, list};

pub(super) const FLOATING: Rule = Rule::new(
    "tag-fetched-anew",
    Medium,
    "The image is named by a tag and fetched each time: a restart can run something else.",
    "Name the image by digest, or by a tag that is never moved with imagePullPolicy: IfNotPresent.",
);
pub(super) const AUTO_UPDATE: Rule = Rule::new(
    "replaced-by-engine",
    Medium,
    "The engine replaces the running container as soon as the tag is moved.",
    "Remove AutoUpdate=registry; deploy by digest.",
);
pub(super) const LIVE_EDITS: Rule = Rule::new(
    "edited-while-running",
    Medium,
    "A tool copies files into the running container.",
    "Keep develop.watch in a Compose file of its own, for developing alone.",
);
pub(super) const HIDES: Rule = Rule::new(
    "volume-hides-programs",
    High,
    "A volume lies over programs of the image: what runs is not what the image holds.",
    "Mount the volume elsewhere; programs come with the image.",
);
pub(super) const CODE_OF_HOST: Rule = Rule::new(
    "code-from-host",
    Medium,
    "Code or scripts that the container runs lie on a volume that can be written while it runs: what runs is not what was built.",
    "Ship them in the image, and keep mounts for developing in a file of their own (compose.override.yaml); else mount them read-only.",
);
pub(super) const EPHEMERAL: Rule = Rule::new(
    "debug-container",
    Low,
    "A container to look into a running pod is declared.",
    "Take it out of what is deployed; add it by hand for as long as it is needed.",
);

pub(super) fn judge(case: &mut Case<'_>, deployed: &Deployed<'_>, image: Option<&ImageFacts>) {
    for running in &deployed.containers {
        let container = running.container;
        floating(case, running);
        for edit in &container.live_edits {
            told(case, &LIVE_EDITS, running, &edit.value, format!("{} has files copied to {} while it runs.", running.name(), edit.value))
                .in_source(edit.place)
                .add();
        }
        if container.role == Role::Ephemeral {
            told(case, &EPHEMERAL, running, "", format!("{} is declared to look into the running pod.", running.name()))
                .in_source(container.place)
                .add();
        }
        let sets = running.commands();
        commands(case, running, &sets);
        mounted_code(case, running, &sets);
        if let Some(image) = image {
            hides(case, running, image);
        }
    }
}

fn told<'c, 'a>(case: &'c mut Case<'a>, rule: &Rule, running: &Running<'_>, about: &str, says: String) -> Draft<'c, 'a> {
    case.find(rule).about(format!("{} {about}", running.name())).says(says)
}

/// A digest always names the same image, however often it is fetched.
fn floating(case: &mut Case<'_>, running: &Running<'_>) {
    let container = running.container;
    let Some(image) = container.image.as_ref().filter(|i| !i.value.contains("@sha256:") && !i.value.is_empty()) else { return };
    let policy = container.pull_policy.as_ref().map(|p| p.value.as_str());
    if policy == Some("auto-update") {
        let place = container.pull_policy.as_ref().map_or(image.place, |p| p.place);
        told(case, &AUTO_UPDATE, running, "", format!("{} is replaced whenever {} is moved.", running.name(), image.value))
            .in_source(place)
            .add();
        return;
    }
    let tag = image.value.rsplit('/').next().unwrap_or_default().split_once(':').map(|(_, tag)| tag);
    let latest = tag.is_none_or(|t| t == "latest" || t.is_empty());
    let always = match running.workload.runner {
        // Without a policy a kubelet fetches :latest, and no other tag, each time.
        Runner::Kubernetes => policy == Some("Always") || policy.is_none() && latest,
        Runner::Compose | Runner::Podman => {
            policy.is_some_and(|p| matches!(p, "always" | "newer" | "daily" | "weekly") || p.starts_with("every_"))
        }
    };
    if always {
        let place = container.pull_policy.as_ref().map_or(image.place, |p| p.place);
        let why = if policy.is_some() {
            format!("the policy {}", policy.unwrap_or_default())
        } else {
            "the policy that :latest brings".to_owned()
        };
        told(case, &FLOATING, running, "", format!("{} runs {:?}, which {why} fetches at each start.", running.name(), image.value))
            .in_source(place)
            .add();
    }
}

/// Commands, probes and hooks that install or update.
fn commands(case: &mut Case<'_>, running: &Running<'_>, sets: &[Set]) {
    for set in sets {
        for command in &set.script.commands {
            let rule = match fetches(&set.script, command) {
                Some(Fetches::Updates) => &UPDATER,
                Some(Fetches::Installs | Fetches::RunsDownload) => &INSTALLER,
                Some(Fetches::Downloads) | None => continue,
            };
            let says = format!("In {}, {} runs {:?}.", running.name(), set.what, command.shown());
            told(case, rule, running, &command.shown(), says).in_source(set.place).add();
        }
    }
}

/// Folders of the host over code, and volumes that bring the scripts which the deployment runs, where they can be written.
fn mounted_code(case: &mut Case<'_>, running: &Running<'_>, sets: &[Set]) {
    for at in running.mounts().filter(|at| is_writable(*at)) {
        let path = at.mount.path.value.as_str();
        let host = match &at.volume.kind {
            VolumeKind::HostPath { path: host, .. } => host.value.as_str(),
            VolumeKind::Claim { .. } | VolumeKind::Named { .. } => "",
            _ => continue,
        };
        let run = sets.iter().find_map(|set| {
            let mut programs = set.script.commands.iter().filter_map(|c| run_file(c));
            Some((set.what, programs.find(|file| is_below(file, path))?.to_owned()))
        });
        let says = match run {
            Some((what, file)) => {
                format!("In {}, {what} runs {file:?}, which lies on a volume that can be written ({:?}).", running.name(), at.volume.name)
            }
            None if is_config_file(host) || is_config_file(path) => continue,
            None if !host.is_empty() && (is_source(host, path) || is_code(path.trim_matches('/'))) => {
                format!("{} has {host:?} of the host mounted writable over its code at {path}.", running.name())
            }
            None => continue,
        };
        told(case, &CODE_OF_HOST, running, path, says).in_source(at.mount.path.place).add();
    }
}

/// The file that a command runs, where its path is written out: the program, or the script that an interpreter is given.
fn run_file(command: &plimsoll_shell::Command) -> Option<&str> {
    let program = command.program_path()?;
    if program.starts_with('/')
        && !matches!(command.program(), Some("sh" | "bash" | "dash" | "ash" | "python" | "python3" | "node" | "perl" | "ruby"))
    {
        return Some(program);
    }
    command.arguments().iter().map(|w| w.text.as_str()).find(|w| !w.starts_with('-')).filter(|w| w.starts_with('/') && has_script_name(w))
}

fn has_script_name(path: &str) -> bool {
    [".sh", ".bash", ".py", ".pl", ".rb", ".js", ".mjs", ".cjs"].iter().any(|end| path.ends_with(end))
}

/// Volumes over files that the image's entrypoint reaches.
fn hides(case: &mut Case<'_>, running: &Running<'_>, image: &ImageFacts) {
    for at in running.mounts() {
        let path = at.mount.path.value.as_str();
        // A file of its own, or a folder of objects, may be meant to lie over one of the image's: configuration does.
        let mut hidden: Vec<String> = Vec::new();
        for reached in &image.closure.reached {
            let Some(file) = image.tree.files.get(reached.file as usize).filter(|f| f.kind == FileKind::Regular) else { continue };
            let absolute = file.absolute();
            if is_below(&absolute, path) && (file.mode & 0o111 != 0 || image.elf(&file.path).is_some()) && !hidden.contains(&absolute) {
                hidden.push(absolute);
            }
        }
        if hidden.is_empty() {
            continue;
        }
        let severity = match &at.volume.kind {
            // Objects that are deployed with the container and that it cannot write.
            VolumeKind::Config { .. } | VolumeKind::Secret { .. } | VolumeKind::Projected if !is_writable(at) => Low,
            // Docker and Podman fill a new volume with what the image has there.
            VolumeKind::Named { .. } | VolumeKind::Anonymous => Medium,
            _ => High,
        };
        let says = format!(
            "{} mounts {:?} at {path}, over {} of the image: {}.",
            running.name(),
            at.volume.name,
            count(hidden.len(), "program"),
            list(&hidden, 3)
        );
        told(case, &HIDES, running, path, says).severity(severity).in_source(at.mount.path.place).add();
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::Link;

    use super::super::ITEM;
    use crate::deployed::trial::{compose, deployed, kubernetes, pod, quadlet};
    use crate::testkit::Kit;

    fn app() -> Kit {
        Kit::new().user("1001").entrypoint(&["/srv/app"]).file_as("srv/app", 0o755, 0, 0).reach("srv/app", Link::Entrypoint)
    }

    #[test]
    fn a_tag_that_is_fetched_anew_can_change_what_runs() {
        let digest = format!("app@sha256:{}", "a".repeat(64));
        for (image, policy, wanted) in [
            ("app:1.2", "", "pass"),
            ("app:1.2", "imagePullPolicy: Always", "fail: medium tag-fetched-anew"),
            ("app:1.2", "imagePullPolicy: IfNotPresent", "pass"),
            ("app", "", "fail: medium tag-fetched-anew"),
            ("app:latest", "", "fail: medium tag-fetched-anew"),
            ("app", "imagePullPolicy: Never", "pass"),
            // A digest is the same image however often it is fetched.
            (&digest, "imagePullPolicy: Always", "pass"),
        ] {
            let text = pod("", policy).replace("image: app", &format!("image: {image}"));
            assert_eq!(deployed(app(), "k8s.yaml", &text).outcome(&ITEM), wanted, "{image} {policy}");
        }
        for (kit, wanted) in [
            (compose(app(), ""), "pass"),
            (compose(app(), "pull_policy: always"), "fail: medium tag-fetched-anew"),
            (compose(app(), "develop: {watch: [{action: sync, path: ./src, target: /src}]}"), "fail: medium edited-while-running"),
            (compose(app(), "develop: {watch: [{action: rebuild, path: ./src}]}"), "pass"),
            (quadlet(app(), ""), "pass"),
            (quadlet(app(), "AutoUpdate=registry"), "fail: medium replaced-by-engine"),
            (quadlet(app(), "AutoUpdate=local"), "pass"),
        ] {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.judge(&ITEM));
        }
    }

    #[test]
    fn what_the_deployment_runs_and_lays_over_the_image() {
        let policy = "imagePullPolicy: Never\n";
        for (in_pod, in_container, wanted) in [
            ("", "command: [sh, -c, \"apt-get update && exec app\"]", "fail: high updates-itself"),
            ("", "args: [sh, -c, \"pip install x && exec app\"]", "fail: high installs"),
            ("", "lifecycle: {postStart: {exec: {command: [apk, add, curl]}}}", "fail: high installs"),
            ("", "livenessProbe: {exec: {command: [npx, check]}}", "fail: high installs"),
            ("volumes: [{name: v, emptyDir: {}}]", "volumeMounts: [{name: v, mountPath: /srv}]", "fail: high volume-hides-programs"),
            (
                "volumes: [{name: v, hostPath: {path: /x}}]",
                "volumeMounts: [{name: v, mountPath: /srv/app}]",
                "fail: high volume-hides-programs",
            ),
            ("volumes: [{name: v, configMap: {name: c}}]", "volumeMounts: [{name: v, mountPath: /srv}]", "fail: low volume-hides-programs"),
            ("volumes: [{name: v, emptyDir: {}}]", "volumeMounts: [{name: v, mountPath: /srv/data}]", "pass"),
            ("ephemeralContainers: [{name: e, image: app, imagePullPolicy: Never}]", "", "fail: low debug-container"),
        ] {
            let kit = kubernetes(app(), in_pod, &format!("{policy}{in_container}"));
            assert_eq!(kit.outcome(&ITEM), wanted, "{in_pod} / {in_container}");
        }
        for (lines, wanted) in [
            ("volumes: [\"./vote:/usr/local/app\"]", "fail: medium code-from-host"),
            ("volumes: [\"./vote:/usr/local/app:ro\"]", "unknown"),
            ("volumes: [\"./checks:/checks\"]\nhealthcheck: {test: /checks/redis.sh}", "fail: medium code-from-host"),
            ("volumes: [\"./checks:/checks:ro\"]\nhealthcheck: {test: /checks/redis.sh}", "unknown"),
            ("volumes: [\"./checks:/checks\"]\ncommand: [sh, /checks/start.sh]", "fail: medium code-from-host"),
            ("volumes: [\"./checks:/checks\"]\nhealthcheck: {test: [CMD, app, --config, /checks/app.conf]}", "unknown"),
            ("volumes: [\"./nginx.config:/usr/share/logstash/pipeline/nginx.config\", \"./app.yml:/app/app.yml\"]", "unknown"),
            ("volumes: [\"./data:/app/data\"]", "unknown"),
            ("volumes: [\"data:/usr/local/app\"]", "unknown"),
        ] {
            assert_eq!(compose(Kit::new().without_image(), lines).outcome(&ITEM), wanted, "{lines}");
        }
        // Under a read-only root nobody overwrites what the image holds.
        let own = || app().file_as("srv/app", 0o755, 1001, 0);
        assert_eq!(kubernetes(own(), "", policy).outcome(&ITEM), "fail: medium writable-program");
        let read_only = format!("{policy}securityContext: {{readOnlyRootFilesystem: true}}");
        assert_eq!(kubernetes(own(), "", &read_only).outcome(&ITEM), "pass: info writable-program");
        assert_eq!(kubernetes(Kit::new().without_image(), "", policy).outcome(&ITEM), "unknown");
    }
}
