//! Whether everything that runs is in the image.

mod deployment;

use plimsoll_evidence::{Does, ImageFacts, Link};

use super::prelude::*;
use crate::built;
use crate::deployed::Deployed;
use crate::installers::{Fetches, fetches};
use crate::running::{Place, runs};
use crate::shown::count;

const ID: ItemId = ItemId("self-contained-image");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "All runtime dependencies are included in image",
    section: Section::BuildProcess,
    requirement: "All modules, libraries and programs that are needed at run time are in the image; nothing is loaded while it runs.",
    why: "What is fetched at start was in no scan and under no signature, may be another thing each time, and stops the container when the network does.",
    remediation: "Install everything while building, in the versions of a lock file. Let entry scripts only configure and start.",
    references: &[footnote(29)],
    rules: &[RUNS_DOWNLOAD, INSTALLS, DOWNLOADS, MISSING, MISSING_OPTIONAL, MISSING_COMMAND],
    example: Some(Example {
        language: "dockerfile",
        bad: "CMD pip install -r requirements.txt && python app.py",
        good: "RUN pip install --require-hashes -r requirements.txt\nCMD [\"python\", \"app.py\"]",
    }),
    rests_on: &[RestsOn::Config, RestsOn::Files, RestsOn::BuildFiles, RestsOn::Deployment],
    judge,
};

const BUILD: &str = "Do it while building, in a fixed version, and start the application alone.";
const RUNS_DOWNLOAD: Rule = Rule::new("runs-download", High, "The container downloads code and runs it.", BUILD);
const INSTALLS: Rule = Rule::new("installs-at-run-time", High, "The container installs packages while it runs.", BUILD);
const DOWNLOADS: Rule = Rule::new("downloads-at-run-time", Medium, "The container downloads programs or sources while it runs.", BUILD);
const MISSING: Rule = Rule::new(
    "missing",
    High,
    "Something that the entrypoint needs is not in the image.",
    "Put it into the image, or remove what needs it.",
);
const MISSING_COMMAND: Rule = Rule::new(
    "missing-command",
    Medium,
    "A start script runs a command, in every case, that the image has not got.",
    "Install what has the command, or take it out of the script.",
);
const MISSING_OPTIONAL: Rule = Rule::new(
    "missing-optional",
    Info,
    "A name that a script or a library may ask for is not in the image; whether a run comes to it cannot be told.",
    "Put it into the image where it is needed.",
);

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let deployed = Deployed::of(evidence);
    let Some(image) = evidence.image.found() else { return by_files(evidence, &deployed) };
    let mut case = Case::new(ID, evidence);
    deployment::judge(&mut case, &deployed);
    missing(&mut case, image);
    for run in runs(image) {
        if let Some(why) = &run.script.fatal {
            case.need(
                format!("{} in a form that can be read ({why})", run.name()),
                "simplify the script, or move its parts into files of their own",
            );
        }
        for command in &run.script.commands {
            let Some(what) = fetches(&run.script, command) else { continue };
            let rule = match what {
                Fetches::RunsDownload => &RUNS_DOWNLOAD,
                Fetches::Installs | Fetches::Updates => &INSTALLS,
                Fetches::Downloads => &DOWNLOADS,
            };
            let draft =
                case.find(rule).about(command.shown()).says(format!("{} runs {:?} {}.", run.name(), command.shown(), run.when.words()));
            match run.place {
                Place::Config(field) => draft.in_config(field).add(),
                Place::File(file) => draft.in_line(file, command.line).add(),
            }
        }
    }
    if let Some(why) = &image.closure.stopped {
        case.need(
            format!("what the container starts ({why})"),
            "set ENTRYPOINT or CMD in the image, or give the deployment that sets the command",
        );
    }
    if !image.closure.open_ends.is_empty() {
        let ends: Vec<String> = image
            .closure
            .open_ends
            .iter()
            .map(|end| {
                format!(
                    "{} {}",
                    end.by.map_or_else(
                        || "the config".to_owned(),
                        |f| image.tree.files.get(f as usize).map_or_else(String::new, plimsoll_evidence::FileEntry::absolute)
                    ),
                    end.why
                )
            })
            .collect();
        case.need(
            format!("what a run loads beyond what the files show: {}", crate::shown::list(&ends, 3)),
            "run the check with the sandbox, which sees what is opened and fetched",
        );
    }
    let reached = image.closure.reached.len();
    let fail = format!(
        "{}; {} reached from the entrypoint.",
        count(case.failing(), "thing missing or fetched at run time").replace("times", "time"),
        count(reached, "file")
    );
    let unknown = format!("Nothing is missing among {} reached, and where more could be loaded is not closed.", count(reached, "file"));
    case.conclude(
        fail,
        unknown,
        format!("{} reached from the entrypoint need nothing that is not in the image, and nothing is fetched.", count(reached, "file")),
    )
}

/// Without an image: what ENTRYPOINT and CMD, a script of the context that they start, and the deployment's commands do.
fn by_files(evidence: &Evidence, deployed: &Deployed<'_>) -> Verdict {
    if !built::given(evidence) && !deployed.is_known() {
        return without_image(evidence);
    }
    let mut case = Case::new(ID, evidence);
    deployment::judge(&mut case, deployed);
    for (instruction, deed) in built::starts(evidence) {
        let rule = match &deed.does {
            Does::RunsDownload { .. } => &RUNS_DOWNLOAD,
            Does::Install(install) if !install.local => &INSTALLS,
            Does::Upgrade { .. } => &INSTALLS,
            Does::Clone(_) => &DOWNLOADS,
            Does::Download(download) if download.to.is_some() || matches!(download.piped_into.as_deref(), Some("tar" | "unzip")) => {
                &DOWNLOADS
            }
            _ => continue,
        };
        case.find(rule)
            .about(&deed.command)
            .says(format!("{} runs {:?} when the container starts.", instruction.name, deed.command))
            .in_source(deed.place)
            .add();
    }
    let unread = built::given(evidence) && built::need_start(&mut case, evidence);
    let where_not = if built::given(evidence) { "build file" } else { "deployment" };
    case.need(format!("the image itself: what its programs need is not in the {where_not}"), "name the image to check");
    let fail = format!("{} fetched at run time.", count(case.failing(), "thing"));
    let unknown = if !built::given(evidence) {
        "No command of the deployment fetches anything; what the image's programs do and need is not known."
    } else if unread {
        "What the start script does is not known, nor what its programs need."
    } else {
        "The start command fetches nothing; what its programs need is not known."
    };
    case.conclude(fail, unknown, "")
}

fn missing(case: &mut Case<'_>, image: &ImageFacts) {
    for missing in &image.closure.missing {
        // A needed library or interpreter stops a start, and so does a command that a script runs in every case (others are not
        // listed). A library that dlopen may ask for, and a health check's program (judged there), are no need of the application.
        let hard =
            matches!(missing.how, Link::Entrypoint | Link::Interpreter | Link::Shebang | Link::Needed | Link::Symlink | Link::Module);
        if missing.how == Link::HealthCheck {
            continue;
        }
        let by = missing.by.and_then(|id| image.tree.files.get(id as usize));
        let who = by.map_or_else(|| "the config".to_owned(), plimsoll_evidence::FileEntry::absolute);
        let how = match missing.how {
            Link::Interpreter => "as its program interpreter",
            Link::Shebang => "as its interpreter",
            Link::Needed => "as a library",
            Link::Dlopen => "as a library to load on demand",
            Link::Command => "as a command",
            Link::Module => "as a module",
            _ => "to start",
        };
        let rule = match missing.how {
            _ if hard => &MISSING,
            Link::Command | Link::Argument => &MISSING_COMMAND,
            _ => &MISSING_OPTIONAL,
        };
        let draft =
            case.find(rule).about(&missing.wanted).says(format!("{who} names {:?} {how}, and the image has not got it.", missing.wanted));
        match (by, missing.line) {
            (Some(file), Some(line)) => draft.in_line(file, line).add(),
            (Some(file), None) => draft.in_file(file).add(),
            (None, _) => draft.in_config("Entrypoint").add(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let script =
            |text: &str| Kit::new().entrypoint(&["/e.sh"]).script("e.sh", &format!("#!/bin/sh\n{text}\n")).reach("e.sh", Link::Entrypoint);
        let cases = [
            (script("exec /app"), "pass"),
            (script("git push").missing("git", Link::Command), "fail: medium missing-command"),
            (script("pip install -r r.txt && exec app"), "fail: high installs-at-run-time"),
            (script("curl https://x.test/i | sh"), "fail: high runs-download"),
            (script("git clone https://x.test/y"), "fail: medium downloads-at-run-time"),
            (script("# pip install x\necho pip install x"), "pass"),
            (script(&"$(".repeat(4000)), "unknown"),
            (Kit::new().cmd(&["sh", "-c", "npm ci && npm start"]), "fail: high installs-at-run-time"),
            (Kit::new().cmd(&["/app"]).missing("libfoo.so.1", Link::Needed), "fail: high missing"),
            (Kit::new().cmd(&["/app"]).missing("libfoo.so.1", Link::Dlopen), "pass: info missing-optional"),
            (Kit::new().cmd(&["/app"]).missing("curl", Link::HealthCheck), "pass"),
            (Kit::new().stopped("no command"), "unknown"),
            (Kit::new().cmd(&["/app"]).open_end("loads libraries by names made at run time"), "unknown"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
        let files = [
            ("CMD npm install && npm start", "fail: installs-at-run-time:2:5"),
            ("ENTRYPOINT [\"sh\", \"-c\", \"curl https://x.test/i | sh\"]", "fail: runs-download:2:25"),
            ("CMD git pull", "unknown"),
            ("CMD git clone https://x.test/y && y/run", "fail: downloads-at-run-time:2:5"),
            ("CMD [\"/app\"]", "unknown"),
            ("CMD pip install x\nCMD [\"/app\"]", "unknown"),
            ("RUN pip install x", "unknown"),
        ];
        for (text, wanted) in files {
            assert_eq!(built::tests::lines(&built::tests::alone(&format!("FROM a\n{text}\n")), &ITEM), wanted, "{text}");
        }
        // A script that is not there is asked for, and nothing is said of what it does.
        for (text, known) in [("CMD [\"/start.sh\"]", false), ("COPY start.sh /\nCMD [\"/start.sh\"]", true), ("CMD [\"/app\"]", true)] {
            let kit = built::tests::in_context(Kit::new(), &format!("FROM a\n{text}\n"), &[("start.sh", "#!/bin/sh\nexec /app\n")]);
            let verdict = kit.without_image().judge(&ITEM);
            assert_eq!(verdict.summary.contains("fetches nothing"), known, "{text}: {}", verdict.summary);
            assert_eq!(verdict.needs.iter().any(|need| need.what.contains("the script \"/start.sh\" that CMD")), !known, "{text}");
        }
    }
}
