//! Whether the container may be stopped and started anywhere, at any time.

mod deployment;

use plimsoll_evidence::{BuildFile, ImageFacts, Says};

use super::prelude::*;
use crate::built;
use crate::deployed::{Deployed, Running, normal};
use crate::running::{Place, commands, is_shell_script, reached_names, runs, start};
use crate::shown::count;
use crate::writes::{Purpose, on_volume, writes};

const ID: ItemId = ItemId("restartable");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Container is designed for restart and node migration",
    section: Section::Runtime,
    requirement: "The container is stateless and works in transactions, so that it can be restarted or moved to another node at any time without loss.",
    why: "Platforms move containers for every update of a node. What keeps state inside, or does not hear the signal to stop, loses data each time.",
    remediation: "Keep state in services outside; start the application with exec, so that it is process 1 and gets SIGTERM; end on it within seconds; declare claims for what must stay, and replicas with a disruption budget.",
    references: &[footnote(50)],
    rules: &[
        STATE_VOLUME,
        SHELL_FORM,
        NO_EXEC,
        KILL_SIGNAL,
        BAD_SIGNAL,
        STATE_INSIDE,
        MANY,
        STALE_PID,
        deployment::BARE_POD,
        deployment::PINNED,
        deployment::HOST_DATA,
        deployment::NOT_KEPT,
        deployment::SHARED_CLAIM,
        deployment::NO_GRACE,
        deployment::BLOCKED,
        deployment::NOT_RESTARTED,
        deployment::SINGLE,
        deployment::NO_BUDGET,
    ],
    example: Some(Example { language: "dockerfile", bad: "CMD npm start", good: "CMD [\"node\", \"server.js\"]" }),
    rests_on: &[RestsOn::Config, RestsOn::Files, RestsOn::BuildFiles, RestsOn::Deployment],
    judge,
};

const STATE_VOLUME: Rule = Rule::new(
    "state-volume",
    Medium,
    "VOLUME holds state of the application: without a claim it is lost with each new container, and with one the container is bound to it.",
    "Keep the state in a service outside, or declare a claim for it in the deployment and remove the VOLUME line.",
);
const SHELL_FORM: Rule = Rule::new(
    "shell-is-process-1",
    Medium,
    "A shell is process 1 and does not pass SIGTERM on: the application is killed without having ended.",
    "Write the command as a list of words, or put exec before it.",
);
const NO_EXEC: Rule = Rule::new(
    "script-without-exec",
    Medium,
    "The entry script starts the application without exec and stays process 1: SIGTERM does not reach it.",
    "Put exec before the last command.",
);
const KILL_SIGNAL: Rule = Rule::new(
    "stop-signal-kills",
    High,
    "The stop signal cannot be caught: the container never ends in order.",
    "Use SIGTERM, or the signal on which the application ends in order.",
);
const BAD_SIGNAL: Rule =
    Rule::new("invalid-stop-signal", Medium, "The stop signal is none.", "Write a signal's name: SIGTERM, SIGQUIT, SIGINT.");
const STATE_INSIDE: Rule = Rule::new(
    "state-inside",
    Medium,
    "State is written into the container's own filesystem: it is lost with each restart on another node.",
    "Keep the state in a service outside, or on a volume with a claim.",
);
const MANY: Rule = Rule::new(
    "several-services",
    Low,
    "The container runs a supervisor with several services: one can fail while the container looks alive.",
    "Run one service in a container.",
);
const STALE_PID: Rule = Rule::new(
    "shipped-pid-file",
    Medium,
    "A process id file is shipped in the image: at start, software takes it for a running process.",
    "Remove it in the step that makes it.",
);

/// Names of signals (signal(7)); numbers go up to 64.
const SIGNALS: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD",
    "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let deployed = Deployed::of(evidence);
    let image = evidence.image.found();
    if image.is_none() && !deployed.is_known() && !built::given(evidence) {
        return without_image(evidence);
    }
    let mut case = Case::new(ID, evidence);
    deployment::judge(&mut case, &deployed);
    let Some(image) = image else {
        declared_signal(&mut case, evidence);
        declared_volumes(&mut case, evidence, &deployed);
        case.need("the image, for what it keeps and how it ends", "name the image to check");
        let fail = format!("{} against restarts.", count(case.failing(), "sign"));
        let of = if deployed.is_known() { format!("of {}", deployed.shown()) } else { "in the build file".to_owned() };
        return case.conclude(fail, format!("Nothing that is declared {of} stands against restarts; the image was not given."), "");
    };
    // State on a volume that the deployment mounts there is where it belongs.
    let has_place = |path: &str| {
        if deployed.is_known() {
            deployed.containers.iter().all(|r| r.mount_of(path).is_some_and(crate::deployed::is_writable))
        } else {
            on_volume(image, path)
        }
    };
    for volume in image.config.volumes.iter().filter(|v| !deployed.is_known() || !has_place(v)) {
        if matches!(Purpose::of(volume), Purpose::State | Purpose::Other) {
            case.find(&STATE_VOLUME).says(format!("VOLUME {volume} holds state.")).in_config(format!("Volumes[{volume}]")).add();
        }
    }
    signal(&mut case, image);
    case.advice_only(deployed.replaces_start());
    process_one(&mut case, image);
    case.advice_only(false);
    for write in writes(image).iter().filter(|w| w.certain && w.purpose == Purpose::State && !has_place(&w.path)) {
        super::read_only_root::place(
            case.find(&STATE_INSIDE).about(&write.path).says(format!("{} keeps data in {}, which is on no volume.", write.by, write.path)),
            write,
        )
        .add();
    }
    let supervisor = reached_names(image).into_iter().find(|n| {
        matches!(*n, "supervisord" | "s6-svscan" | "runsvdir" | "monit" | "circusd" | "systemd" | "init.systemd" | "pm2-runtime")
    });
    if let Some(name) = supervisor {
        case.find(&MANY).about(name).says(format!("{name} runs several services in one container.")).add();
    }
    for directory in ["run", "var/run"] {
        for (_, file) in
            image.tree.below(directory).filter(|(_, f)| f.kind == plimsoll_evidence::FileKind::Regular && f.name().ends_with(".pid"))
        {
            case.find(&STALE_PID).says(format!("{} is in the image.", file.absolute())).in_file(file).add();
        }
    }
    let closed = crate::running::is_closed(image);
    let maybe = writes(image).iter().filter(|w| !w.certain && matches!(w.purpose, Purpose::State | Purpose::Other)).count();
    if !closed || maybe > 0 {
        case.need(
            "whether it keeps data, ends on SIGTERM in time and comes back: not all that it runs and writes is known from its files",
            "run the check with the sandbox, or give the deployment's manifests (kind, replicas, claims, disruption budget)",
        );
    }
    let fail = format!("{} against restarts.", count(case.failing(), "sign"));
    let pass = format!(
        "Nothing among {} reached keeps data in the container, and the application itself gets the stop signal.",
        count(image.closure.reached.len(), "file")
    );
    case.conclude(fail, "The image shows nothing against restarts; stopping and starting was not tried.", pass)
}

/// Without an image: volumes that the build file declares and that the deployment leaves to the engine.
fn declared_volumes(case: &mut Case<'_>, evidence: &Evidence, deployed: &Deployed<'_>) {
    for running in deployed.serving() {
        let Some(file) = built::file_of(evidence, deployed, running) else { continue };
        declared_volumes_of(case, evidence, file, running);
    }
}

fn declared_volumes_of(case: &mut Case<'_>, evidence: &Evidence, file: &BuildFile, running: &Running<'_>) {
    let own = built::steps(evidence).filter(|step| std::ptr::eq(step.file, file));
    for step in own.filter(|step| step.ships && step.instruction.name == "VOLUME") {
        let Says::Words(words) = &step.instruction.says else { continue };
        for word in words {
            // A variable with a slash of its own behind another slash is common.
            let Some(volume) = built::known(word).map(normal) else { continue };
            if running.mount_of(&volume).is_none() && matches!(Purpose::of(&volume), Purpose::State | Purpose::Other) {
                case.find(&STATE_VOLUME)
                    .about(format!("{} {volume}", running.name()))
                    .says(format!("VOLUME {volume} holds state, and {} mounts nothing there.", running.name()))
                    .in_source(word.place)
                    .add();
            }
        }
    }
}

/// Without an image: the signal that the build file names.
fn declared_signal(case: &mut Case<'_>, evidence: &Evidence) {
    for instruction in built::files(evidence).iter().filter_map(|file| file.last("STOPSIGNAL")) {
        let Says::Word(word) = &instruction.says else { continue };
        let Some(signal) = built::known(word) else { continue };
        if let Some((rule, says)) = fault_of_signal(signal) {
            case.find(rule).about(signal).says(says).in_source(word.place).example("STOPSIGNAL SIGTERM").add();
        }
    }
}

fn signal(case: &mut Case<'_>, image: &ImageFacts) {
    let Some(signal) = image.config.stop_signal.as_deref().filter(|s| !s.is_empty()) else { return };
    if let Some((rule, says)) = fault_of_signal(signal) {
        case.find(rule).says(says).in_config("StopSignal").example("STOPSIGNAL SIGTERM").add();
    }
}

/// What is wrong with a stop signal.
fn fault_of_signal(signal: &str) -> Option<(&'static Rule, String)> {
    let upper = signal.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let number = upper.parse::<u8>().ok();
    if matches!(name, "KILL" | "STOP") || matches!(number, Some(9 | 19)) {
        Some((&KILL_SIGNAL, format!("StopSignal is {signal}, which no process can catch.")))
    } else if SIGNALS.contains(&name)
        || number.is_some_and(|n| (1..=64).contains(&n))
        || name.starts_with("RTMIN")
        || name.starts_with("RTMAX")
    {
        None
    } else {
        Some((&BAD_SIGNAL, format!("StopSignal is {signal:?}, which is no signal.")))
    }
}

/// Judges process 1: the shell form, and entry scripts.
fn process_one(case: &mut Case<'_>, image: &ImageFacts) {
    let script = start(image);
    let Some(first) = script.commands.first() else { return };
    // The first command is the one that the config starts; those behind it stand in its -c text.
    let is_shell = matches!(first.program(), Some("sh" | "bash" | "dash" | "ash")) && first.arguments().iter().any(|w| w == "-c");
    let inner: Vec<_> = script.commands.iter().skip(1).filter(|c| c.substitution_depth == 1).collect();
    // A shell execs the last command of a single simple command by itself (bash, dash since 0.5.11, busybox do).
    if is_shell && inner.len() > 1 && !inner.iter().any(|c| c.exec) {
        let last = inner.last().map(|c| c.shown()).unwrap_or_default();
        case.find(&SHELL_FORM)
            .says(format!("A shell stays process 1 over {last:?}."))
            .in_config(if image.config.entrypoint.is_empty() { "Cmd" } else { "Entrypoint" })
            .add();
    } else if is_shell && inner.len() == 1 && !inner[0].exec {
        case.find(&SHELL_FORM)
            .severity(Info)
            .says(format!("{:?} is started by a shell; whether that hands over depends on the shell.", inner[0].shown()))
            .in_config(if image.config.entrypoint.is_empty() { "Cmd" } else { "Entrypoint" })
            .add();
    }
    // The entry script: the first reached file that is one.
    let entry = image.closure.reached.first().and_then(|r| image.tree.files.get(r.file as usize));
    let Some(entry) = entry.filter(|f| image.text(&f.path).is_some_and(is_shell_script)) else { return };
    let runs = runs(image);
    let own: Vec<_> = commands(&runs)
        .filter(|(run, c)| run.place == Place::File(entry) && c.substitution_depth == 0 && c.function.is_none())
        .map(|(_, c)| c)
        .collect();
    let whole = runs.iter().filter(|r| r.place == Place::File(entry)).all(|r| r.script.is_whole());
    let traps = own.iter().any(|c| c.program() == Some("trap") || c.program() == Some("wait"));
    let hands_over = own.iter().any(|c| c.exec && c.words.len() > 1);
    // A script may leave handing over to a function, or to a file that it reads.
    let elsewhere = commands(&runs).any(|(run, c)| run.place == Place::File(entry) && c.function.is_some() && c.exec)
        || own.iter().any(|c| matches!(c.program(), Some("." | "source")));
    if let Some(last) = own.last().filter(|_| whole && !traps && !hands_over && !elsewhere) {
        case.find(&NO_EXEC)
            .says(format!("{} ends with {:?}, without exec.", entry.absolute(), last.shown()))
            .in_line(entry, last.line)
            .add();
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
        let cases = [
            (Kit::new().cmd(&["/app"]), "unknown"),
            (Kit::new().cmd(&["/bin/sh", "-c", "setup && app"]), "fail: medium shell-is-process-1"),
            (Kit::new().cmd(&["/bin/sh", "-c", "setup && exec app"]), "unknown"),
            (Kit::new().cmd(&["/bin/sh", "-c", "app"]), "unknown: info shell-is-process-1"),
            (Kit::new().cmd(&["/bin/sh", "-c", "exec app"]), "unknown"),
            (script("setup\napp"), "fail: medium script-without-exec"),
            (script("setup\nexec app"), "pass"),
            (script("setup\nexec app").open_end("runs its arguments"), "unknown"),
            (script("if x; then exec y; fi\nexec \"$@\""), "pass"),
            (script("trap 'kill $p' TERM\napp & p=$!\nwait $p"), "pass"),
            (script("main() { exec app; }\nmain"), "pass"),
            (script("exec > log\napp"), "fail: medium script-without-exec"),
            (Kit::new().volume("/var/lib/postgresql/data"), "fail: medium state-volume"),
            (Kit::new().volume("/tmp"), "unknown"),
            (Kit::new().stop_signal("SIGKILL"), "fail: high stop-signal-kills"),
            (Kit::new().stop_signal("9"), "fail: high stop-signal-kills"),
            (Kit::new().stop_signal("SIGQUIT"), "unknown"),
            (Kit::new().stop_signal("SIGRTMIN+3"), "unknown"),
            (Kit::new().stop_signal("STOPPLEASE"), "fail: medium invalid-stop-signal"),
            (Kit::new().sized("run/app.pid", 3), "fail: medium shipped-pid-file"),
            (Kit::new().file("usr/bin/supervisord", 0o755).reach("usr/bin/supervisord", Link::Entrypoint), "fail: low several-services"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.image().config);
        }
        for (text, wanted) in [
            ("STOPSIGNAL SIGKILL", "fail: stop-signal-kills:2:12"),
            ("STOPSIGNAL SIGFOO", "fail: invalid-stop-signal:2:12"),
            ("STOPSIGNAL SIGQUIT", "unknown"),
            ("STOPSIGNAL 9\nSTOPSIGNAL SIGTERM", "unknown"),
            ("ARG S=KILL\nSTOPSIGNAL $S", "fail: stop-signal-kills:3:12"),
        ] {
            assert_eq!(built::tests::lines(&built::tests::alone(&format!("FROM a\n{text}\n")), &ITEM), wanted, "{text}");
        }
    }
}
