//! Where logs go.

mod deployment;

use plimsoll_evidence::{ElfKind, FileKind, ImageFacts, Link};

use super::prelude::*;
use super::read_only_root::place;
use crate::built;
use crate::deployed::Deployed;
use crate::shown::{count, list};
use crate::writes::{Purpose, servers, to_descriptor, writes};

const ID: ItemId = ItemId("logs-to-stdout");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "All logs are written to stdout/stderr",
    section: Section::Runtime,
    requirement: "All logs go to standard output and standard error, none to files in the container.",
    why: "The platform collects what comes out of a container. A log file is lost with the container, fills its disk, and is seen by nobody when it is needed.",
    remediation: "Set the software to log to /dev/stdout and /dev/stderr; where it cannot, link its log files there.",
    references: &[footnote(59)],
    rules: &[SYSLOG, LOG_FILE_SET, LOG_VOLUME, LOG_SHIPPED, BUILD_LOG, deployment::LOGGING_OFF, deployment::LOG_MOUNT],
    example: Some(Example {
        language: "dockerfile",
        bad: "VOLUME /var/log/nginx",
        good: "RUN ln -sf /dev/stdout /var/log/nginx/access.log && ln -sf /dev/stderr /var/log/nginx/error.log",
    }),
    rests_on: &[RestsOn::Config, RestsOn::Files, RestsOn::BuildFiles, RestsOn::Deployment],
    judge,
};

const OUT: &str = "Log to /dev/stdout or /dev/stderr, or link the file there.";
const LOG_FILE_SET: Rule = Rule::new("log-file-configured", Medium, "The software is set to log to a file.", OUT);
const SYSLOG: Rule = Rule::new(
    "syslog",
    Medium,
    "The application logs to syslog, and no log daemon runs in the container.",
    "Start it so that it logs to standard error.",
);
const LOG_VOLUME: Rule =
    Rule::new("log-volume", Medium, "VOLUME is declared for logs.", "Remove the VOLUME line and log to standard output.");
const LOG_SHIPPED: Rule = Rule::new("log-file-of-application", Medium, "The image holds a log file of what it runs.", OUT);
const BUILD_LOG: Rule = Rule::new("build-log", Info, "The image holds log files of its build.", "Remove them in the step that makes them.");

/// Logs that package managers and installers leave while building.
const BUILD_LOGS: [&str; 14] = [
    "var/log/apt/",
    "var/log/dpkg.log",
    "var/log/alternatives.log",
    "var/log/bootstrap.log",
    "var/log/fontconfig.log",
    "var/log/faillog",
    "var/log/lastlog",
    "var/log/tallylog",
    "var/log/btmp",
    "var/log/wtmp",
    "var/log/dnf",
    "var/log/yum",
    "var/log/hawkey.log",
    "var/log/apk",
];

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let deployed = Deployed::of(evidence);
    if evidence.image.found().is_none() && !deployed.is_known() && !built::given(evidence) {
        return without_image(evidence);
    }
    let mut case = Case::new(ID, evidence);
    deployment::judge(&mut case, &deployed, evidence.image.found());
    let Some(image) = evidence.image.found() else {
        build_volumes(&mut case, evidence);
        case.need("the image, for where its software logs", "name the image to check");
        let fail = format!("{} of log files.", count(case.failing(), "sign"));
        let unknown = if deployed.is_known() {
            format!("No volume for log files is mounted into {}; the image was not given.", deployed.shown())
        } else {
            "The build file has no volume for log files; the image was not given.".to_owned()
        };
        return case.conclude(fail, unknown, "");
    };
    let mut configured = Vec::new();
    for write in writes(image).iter().filter(|w| w.certain && w.purpose == Purpose::Log && !to_descriptor(image, &w.path)) {
        // A directory counts where not all in it is linked to a descriptor.
        configured.push(write.path.trim_matches('/').to_owned());
        place(case.find(&LOG_FILE_SET).about(&write.path).says(format!("{} logs to {}.", write.by, write.path)), write)
            .example(format!("RUN ln -sf /dev/stdout {}", write.path))
            .add();
    }
    for volume in &image.config.volumes {
        if is_log_volume(volume) {
            case.find(&LOG_VOLUME).says(format!("VOLUME {volume} is for log files.")).in_config(format!("Volumes[{volume}]")).add();
        }
    }
    shipped(&mut case, image, &configured);
    let closed = crate::running::is_closed(image);
    let servers = servers(image);
    if !closed && servers.is_empty() {
        case.need(
            "where the application logs: no server with a known configuration is reached, and not all that runs is known",
            "run the check with the sandbox, which sees log files grow",
        );
    }
    syslog(&mut case, image, !servers.is_empty());
    let fail = format!("{} of log files.", count(case.failing(), "sign"));
    let pass = if servers.is_empty() {
        format!("No log file is set, shipped or mounted among {} reached.", count(image.closure.reached.len(), "file"))
    } else {
        format!("{} log to no file.", list(&servers, 3))
    };
    case.conclude(fail, "No log file was found, and where the application logs is not known.", pass)
}

fn is_log_volume(volume: &str) -> bool {
    let path = volume.trim_matches('/');
    path == "var/log" || path.starts_with("var/log/") || path.rsplit('/').next().is_some_and(|name| matches!(name, "log" | "logs"))
}

/// VOLUME as the build files write it, where no image shows it.
fn build_volumes(case: &mut Case<'_>, evidence: &Evidence) {
    let own = built::files(evidence).iter().flat_map(plimsoll_evidence::BuildFile::own).filter(|i| i.name == "VOLUME");
    for instruction in own {
        let plimsoll_evidence::Says::Words(words) = &instruction.says else { continue };
        for word in words {
            if let Some(volume) = built::known(word).filter(|v| is_log_volume(v)) {
                case.find(&LOG_VOLUME).about(volume).says(format!("VOLUME {volume} is for log files.")).in_source(word.place).add();
            }
        }
    }
}

/// The host's log daemon is not in the container: what is sent to it is lost.
fn syslog(case: &mut Case<'_>, image: &ImageFacts, server_known: bool) {
    let command = image.config.command();
    for reached in image.closure.reached.iter().filter(|r| matches!(r.how, Link::Entrypoint | Link::Command | Link::Symlink)) {
        let Some(file) = image.tree.files.get(reached.file as usize) else { continue };
        let Some(elf) = image.elf(&file.path).filter(|e| e.logs_to_syslog && e.kind == ElfKind::Executable) else { continue };
        // sshd writes to stderr with -e alone (sshd(8)).
        if elf.identities.iter().any(|i| i == "openssh-server") || file.name() == "sshd" {
            if !command.contains(&"-e") {
                case.find(&SYSLOG).says(format!("{} logs to syslog unless it is started with -e.", file.absolute())).in_file(file).add();
            }
        } else if !server_known {
            case.need(
                format!("whether {} logs to syslog, which it can", file.absolute()),
                "run the check with the sandbox, which sees where it logs",
            );
        }
    }
}

fn shipped(case: &mut Case<'_>, image: &ImageFacts, configured: &[String]) {
    let mut build = Vec::new();
    for file in image.tree.files.iter().filter(|f| f.kind == FileKind::Regular) {
        let path = file.path.as_str();
        let in_log = path.starts_with("var/log/");
        let named = path.ends_with(".log")
            && !["usr/share/", "usr/lib/", "usr/local/lib/"].iter().any(|d| path.starts_with(d))
            && !path.contains("node_modules/")
            && !path.contains("site-packages/");
        if !in_log && !named {
            continue;
        }
        if BUILD_LOGS.iter().any(|b| path.starts_with(b)) || path.starts_with("root/.npm/_logs/") {
            build.push(file);
        } else if file.size > 0 && !configured.iter().any(|c| c == path) {
            case.find(&LOG_SHIPPED)
                .says(format!("{} is a log file of {}.", file.absolute(), crate::shown::bytes(file.size)))
                .in_file(file)
                .add();
        }
    }
    if let Some(first) = build.iter().find(|f| f.size > 0) {
        let names: Vec<String> = build.iter().filter(|f| f.size > 0).map(|f| f.absolute()).collect();
        case.find(&BUILD_LOG).says(format!("{} of the build: {}.", count(names.len(), "log file"), list(&names, 4))).in_file(first).add();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{Kit, elf};

    fn syslog(path: &str) -> plimsoll_evidence::ElfFacts {
        plimsoll_evidence::ElfFacts { logs_to_syslog: true, ..elf(path) }
    }

    #[test]
    fn build_files() {
        use crate::built::tests::{alone, lines};
        let cases = [
            ("VOLUME /data /var/log/app", "fail: log-volume:2:14"),
            ("VOLUME [\"/app/logs\"]", "fail: log-volume:2:9"),
            ("VOLUME /data", "unknown"),
            ("RUN ln -sf /dev/stdout /var/log/x", "unknown"),
        ];
        for (text, wanted) in cases {
            assert_eq!(lines(&alone(&format!("FROM a\n{text}\n")), &ITEM), wanted, "{text}");
        }
    }

    #[test]
    fn cases() {
        let app = || Kit::new().entrypoint(&["/app"]).elf(elf("app")).reach("app", Link::Entrypoint);
        let nginx = |conf: &str| {
            Kit::new()
                .cmd(&["nginx"])
                .file("usr/sbin/nginx", 0o755)
                .reach("usr/sbin/nginx", Link::Entrypoint)
                .text("etc/nginx/nginx.conf", conf)
        };
        let files = "error_log /var/log/nginx/error.log;\naccess_log /var/log/nginx/access.log;\n";
        let cases = [
            (app(), "pass"),
            (Kit::new().cmd(&["/sshd", "-D"]).elf(syslog("sshd")).reach("sshd", Link::Entrypoint), "fail: medium syslog"),
            (Kit::new().cmd(&["/sshd", "-D", "-e"]).elf(syslog("sshd")).reach("sshd", Link::Entrypoint), "pass"),
            (Kit::new().cmd(&["/dd"]).elf(syslog("dd")).reach("dd", Link::Entrypoint), "unknown"),
            (Kit::new(), "unknown"),
            (app().open_end("loads modules"), "unknown"),
            (nginx("error_log stderr;\naccess_log /dev/stdout;\n"), "pass"),
            (nginx(files), "fail: medium log-file-configured, medium log-file-configured"),
            (nginx(files).link("var/log/nginx/error.log", "/dev/stderr").link("var/log/nginx/access.log", "/proc/self/fd/1"), "pass"),
            (nginx("events {}"), "fail: medium log-file-configured, medium log-file-configured"),
            (app().volume("/var/log/app"), "fail: medium log-volume"),
            (app().volume("/app/logs"), "fail: medium log-volume"),
            (app().sized("var/log/app/app.log", 10), "fail: medium log-file-of-application"),
            (app().sized("var/log/app/app.log", 0), "pass"),
            (app().sized("var/log/dpkg.log", 10), "pass: info build-log"),
            (app().env("APP_LOG_FILE", "/srv/app.log"), "fail: medium log-file-configured"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
    }
}
