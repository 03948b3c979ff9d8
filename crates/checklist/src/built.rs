//! What the build files say, as judges walk over it.

use plimsoll_evidence::{Base, BuildFile, Deed, Evidence, Expansion, Instruction, Place, Placed, Run, Says, UnreadScript};

use crate::case::Case;
use crate::deployed::{Deployed, Running};

/// An instruction of a stage that is needed. What ONBUILD keeps is left out: it does nothing in this build.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step<'a> {
    pub(crate) file: &'a BuildFile,
    /// Whether the stage is one that the image itself is made of.
    pub(crate) ships: bool,
    pub(crate) instruction: &'a Instruction,
}

/// Something that a RUN instruction does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Doing<'a> {
    pub(crate) step: Step<'a>,
    pub(crate) run: &'a Run,
    pub(crate) deed: &'a Deed,
}

/// The build files.
pub(crate) fn files(evidence: &Evidence) -> &[BuildFile] {
    evidence.build.found().map_or(&[], |build| &build.files)
}

/// Whether any were given and read.
pub(crate) fn given(evidence: &Evidence) -> bool {
    !files(evidence).is_empty()
}

/// The build file that a container's image is made from: the one that its service names, the only one for the only container, else the
/// only one that lies in a folder (or is itself) called as the image or the container is.
pub(crate) fn file_of<'a>(evidence: &'a Evidence, deployed: &Deployed<'_>, running: &Running<'_>) -> Option<&'a BuildFile> {
    let files = files(evidence);
    let container = running.container;
    if let Some(file) = files.iter().find(|file| file.services.contains(&container.place)) {
        return Some(file);
    }
    if let ([only], 1) = (files, deployed.serving().count()) {
        return Some(only);
    }
    let image = container.image.as_ref().map_or("", |image| last_part(&image.value));
    let called = |file: &&BuildFile| {
        let name = evidence.sources.get(file.source as usize).map_or("", |source| source.name.as_str());
        name.split('/').any(|part| !part.is_empty() && (part == image || part == container.name))
    };
    let mut found = files.iter().filter(called);
    found.next().filter(|_| found.next().is_none())
}

/// The last part of an image's repository: `app` of `registry.example.org:5000/team/app:1@sha256:…`.
fn last_part(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or_default();
    let last = name.rsplit('/').next().unwrap_or_default();
    last.split(':').next().unwrap_or_default()
}

/// Every instruction of the needed stages, in order.
pub(crate) fn steps(evidence: &Evidence) -> impl Iterator<Item = Step<'_>> {
    files(evidence).iter().flat_map(|file| {
        file.needed().flat_map(move |(number, stage)| {
            let ships = file.is_in_line(number);
            let own = stage.instructions.iter().filter(|i| !i.on_build);
            own.map(move |instruction| Step { file, ships, instruction })
        })
    })
}

/// Everything that the RUN instructions of the needed stages do.
pub(crate) fn doings(evidence: &Evidence) -> impl Iterator<Item = Doing<'_>> {
    steps(evidence)
        .filter_map(|step| match &step.instruction.says {
            Says::Run(run) => Some((step, run)),
            _ => None,
        })
        .flat_map(|(step, run)| run.deeds.iter().map(move |deed| Doing { step, run, deed }))
}

/// What starts when the image runs: the deeds of ENTRYPOINT and CMD, each with its instruction.
pub(crate) fn starts(evidence: &Evidence) -> impl Iterator<Item = (&Instruction, &Deed)> {
    files(evidence).iter().flat_map(|file| ["ENTRYPOINT", "CMD"].into_iter().filter_map(|name| file.last(name))).flat_map(|instruction| {
        let deeds = match &instruction.says {
            Says::Start(start) => start.deeds.as_slice(),
            _ => &[],
        };
        deeds.iter().map(move |deed| (instruction, deed))
    })
}

/// Adds a need for each RUN instruction, and each script that one runs, that could not be read.
pub(crate) fn need_unread(case: &mut Case<'_>, evidence: &Evidence) {
    for step in steps(evidence) {
        let Says::Run(run) = &step.instruction.says else { continue };
        if let Some(why) = &run.unread {
            let line = step.instruction.place.line;
            case.need(
                format!("the RUN instruction of line {line} in a form that can be read ({why})"),
                "write the step for a POSIX shell, or move its parts into files of their own",
            );
        }
        for script in &run.unread_scripts {
            need_script(case, &step.instruction.name, script);
        }
    }
}

/// Adds a need for each script that ENTRYPOINT and CMD start and that could not be read; whether there is any.
pub(crate) fn need_start(case: &mut Case<'_>, evidence: &Evidence) -> bool {
    let mut any = false;
    for instruction in files(evidence).iter().flat_map(|file| ["ENTRYPOINT", "CMD"].into_iter().filter_map(|name| file.last(name))) {
        let Says::Start(start) = &instruction.says else { continue };
        for script in &start.unread_scripts {
            any = true;
            need_script(case, &instruction.name, script);
        }
    }
    any
}

fn need_script(case: &mut Case<'_>, by: &str, script: &UnreadScript) {
    case.need(
        format!("the script {:?} that {by} in line {} runs ({})", script.path.value, script.path.place.line, script.why),
        "name the build context with --context, and keep the script there as one for a POSIX shell",
    );
}

/// Adds a need where there is an image that the build files did not make, as far as its history shows: then what they say is about
/// another image.
pub(crate) fn need_match(case: &mut Case<'_>, evidence: &Evidence) {
    let unmatched = evidence.build.found().and_then(|build| build.unmatched.as_deref());
    if let Some(why) = unmatched.filter(|_| evidence.image.found().is_some()) {
        case.need(
            format!("the build file that made this image ({why})"),
            "give the build file, the target and the build arguments of this image",
        );
    }
}

/// Whether the build file tells of a step of the history, so that the step need not be judged by what the history shows of it.
pub(crate) fn tells(evidence: &Evidence, step: usize) -> bool {
    evidence.build.found().is_some_and(|build| build.steps.get(step).is_some_and(Option::is_some))
}

/// An image that a build file names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<'a> {
    /// How: `FROM`, `COPY --from`, `RUN --mount=from`, `# syntax`.
    pub(crate) by: &'static str,
    /// As it is written, and where.
    pub(crate) written: &'a str,
    pub(crate) place: Place,
    /// The reference; none where it cannot be told.
    pub(crate) image: Option<&'a Expansion>,
}

/// Every image that the needed stages name: not stages, not `scratch`.
pub(crate) fn images(evidence: &Evidence) -> Vec<Named<'_>> {
    let mut found = Vec::new();
    for file in files(evidence) {
        for (_, stage) in file.needed() {
            named(&mut found, "FROM", &stage.from.value, stage.from.place, &stage.base);
            for instruction in stage.instructions.iter().filter(|i| !i.on_build) {
                match &instruction.says {
                    Says::Copy(transfer) => {
                        if let Some((written, base)) = &transfer.from {
                            named(&mut found, "COPY --from", &written.value, written.place, base);
                        }
                    }
                    Says::Run(run) => {
                        for mount in &run.mounts {
                            if let Some((written, base)) = &mount.from {
                                named(&mut found, "RUN --mount=from", written, mount.place, base);
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    found
}

fn named<'a>(found: &mut Vec<Named<'a>>, by: &'static str, written: &'a str, place: Place, base: &'a Base) {
    let image = match base {
        // What another target is built from is named in its own file.
        Base::Scratch | Base::Stage(_) | Base::Context(_) => return,
        Base::Image(image) => Some(image),
        Base::Unknown => None,
    };
    found.push(Named { by, written, place, image });
}

/// The last value of a label that the stages which ship set.
pub(crate) fn label<'a>(evidence: &'a Evidence, name: &str) -> Option<&'a Placed<Expansion>> {
    let mut found = None;
    for step in steps(evidence).filter(|step| step.ships && step.instruction.name == "LABEL") {
        let Says::Settings(settings) = &step.instruction.says else { continue };
        let own = settings.iter().filter(|s| s.name.value.trim_matches(['"', '\'']) == name);
        found = own.filter_map(|s| s.value.as_ref()).next_back().or(found);
    }
    found
}

/// The value of a placed expansion, where it is known.
pub(crate) fn known(word: &Placed<Expansion>) -> Option<&str> {
    word.value.known()
}

#[cfg(test)]
pub(crate) mod tests {
    use plimsoll_evidence::Evidence;
    use plimsoll_project::build::{Input, read};
    use plimsoll_project::{KeepAll, Sources};

    use crate::testkit::Kit;

    /// An image's kit with a build file.
    pub(crate) fn with(kit: Kit, text: &str) -> Kit {
        in_context(kit, text, &[])
    }

    /// An image's kit with a build file and files of its context.
    pub(crate) fn in_context(kit: Kit, text: &str, files: &[(&str, &str)]) -> Kit {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let path = dir.path().join("Containerfile");
        std::fs::write(&path, text).unwrap();
        let mut sources = Sources::new(&KeepAll);
        let image = kit.image();
        let build = read(&mut sources, &[Input::new(&path, "Containerfile")], Some(&image));
        let (texts, _) = sources.finish();
        texts.into_iter().fold(kit.build(build), |kit, text| kit.source(&text.name, &text.text))
    }

    /// A build file alone.
    pub(crate) fn alone(text: &str) -> Kit {
        with(Kit::new(), text).without_image()
    }

    /// Outcome and findings of an item, with the line of each finding.
    pub(crate) fn lines(kit: &Kit, item: &crate::Item) -> String {
        let verdict = kit.judge(item);
        let findings: Vec<String> = verdict
            .findings
            .iter()
            .map(|f| match &f.location {
                plimsoll_evidence::Location::File(line) => format!("{}:{}:{}", f.rule.rule(), line.line, line.column),
                _ => f.rule.rule().to_owned(),
            })
            .collect();
        if findings.is_empty() { verdict.outcome.to_string() } else { format!("{}: {}", verdict.outcome, findings.join(", ")) }
    }

    #[test]
    fn needed_stages_alone_are_walked() {
        let kit = alone(
            "FROM a AS x\nRUN apt-get install -y one\nFROM b AS y\nRUN apt-get install -y two\nFROM c\nCOPY --from=x /a /b\nONBUILD RUN apt-get install z\n",
        );
        let evidence: Evidence = kit.evidence();
        let ships: Vec<(u32, bool)> = super::doings(&evidence).map(|d| (d.deed.place.line, d.step.ships)).collect();
        assert_eq!(ships, [(2, false)]);
        assert_eq!(super::images(&evidence).iter().map(|i| i.written).collect::<Vec<_>>(), ["a", "c"]);
    }
}
