use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Deed, Place, Placed, Problem};

/// What the build files say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Build {
    /// The build files that were given.
    pub files: Vec<BuildFile>,
    /// For each step of the image's history, in its order, the instruction that made it, where that is sure. Empty without an image.
    pub steps: Vec<Option<Place>>,
    /// Why the steps that the build file should have made could not be told, where they could not.
    pub unmatched: Option<String>,
    /// What could not be read of these files. What hides a part of them keeps the items that rest on them from passing.
    pub problems: Vec<Problem>,
}

/// One Containerfile or Dockerfile, as it is built for one target.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BuildFile {
    /// Its place in the evidence's sources.
    pub source: u32,
    /// The frontend that the directive `# syntax=` names.
    pub syntax: Option<Placed<String>>,
    /// What `ARG` before the first stage declares.
    pub arguments: Vec<Setting>,
    /// Its stages, in its order.
    pub stages: Vec<Stage>,
    /// The stage that is built, by place in `stages`: the last one unless another was asked for.
    pub target: usize,
    /// The services of Compose that are built so (`build`), by where they are declared.
    #[serde(default)]
    pub services: Vec<Place>,
    /// Files of the build context that hold credentials by their name, that `.dockerignore` does not leave out, and that an instruction
    /// copies with the folder they lie in: the path, and the place of that instruction.
    pub exposed: Vec<Placed<String>>,
}

/// A stage: what follows a FROM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Its name, in lower case.
    pub name: Option<String>,
    /// The image or stage that it starts from, as written.
    pub from: Placed<String>,
    /// What that is.
    pub base: Base,
    /// `--platform`, as expanded.
    pub platform: Option<Expansion>,
    /// Whether the target needs it: as a base, or for files that are copied or mounted from it.
    pub needed: bool,
    /// Its instructions behind FROM, in order.
    pub instructions: Vec<Instruction>,
}

/// What a stage starts from, or takes files from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Base {
    /// Nothing.
    Scratch,
    /// Another stage, by place.
    Stage(usize),
    /// An image.
    Image(Expansion),
    /// A further build context: a folder beside the file, a layout, or what another target or service is built into.
    Context(String),
    /// What only a build could tell, or what does not exist.
    Unknown,
}

/// A word after its variables were replaced, by the defaults of arguments and by what was given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expansion {
    /// The text. What is not known stands in it as it is written.
    pub text: String,
    /// The variables that it depends on and that only a build could tell.
    pub unknown: Vec<String>,
}

impl Expansion {
    /// A text that needs no build to be known.
    pub fn fixed(text: impl Into<String>) -> Self {
        Self { text: text.into(), unknown: Vec::new() }
    }

    /// The text, where all of it is known.
    pub fn known(&self) -> Option<&str> {
        self.unknown.is_empty().then_some(self.text.as_str())
    }
}

/// One instruction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instruction {
    /// Where its first line stands.
    pub place: Place,
    /// Its name in capitals; `ONBUILD` instructions have the name of what they keep.
    pub name: String,
    /// Whether it is kept by ONBUILD, for builds that start from this image.
    pub on_build: bool,
    /// What it says.
    pub says: Says,
}

/// What an instruction says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Says {
    /// `USER`, `WORKDIR`, `STOPSIGNAL`, `MAINTAINER`.
    Word(Placed<Expansion>),
    /// `EXPOSE`, `VOLUME`, `SHELL`.
    Words(Vec<Placed<Expansion>>),
    /// `ENV`, `ARG`, `LABEL`.
    Settings(Vec<Setting>),
    /// `CMD`, `ENTRYPOINT`.
    Start(Start),
    /// `HEALTHCHECK`; none is `HEALTHCHECK NONE`.
    Probe(Option<Probe>),
    /// `COPY`, `ADD`.
    Copy(Transfer),
    /// `RUN`.
    Run(Run),
    /// It could not be read.
    Unread,
}

/// `name=value`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// The name.
    pub name: Placed<String>,
    /// The value; none for an `ARG` without a default.
    pub value: Option<Placed<Expansion>>,
    /// Whether the name says that the value is a credential.
    pub secret_name: bool,
    /// Whether, besides, a value is written out. It is concealed, here and in the sources.
    pub credential: bool,
}

/// What a container starts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The words of the exec form; one text for the shell in the shell form.
    pub words: Vec<String>,
    /// Whether a shell runs it.
    pub shell: bool,
    /// What its commands do, as far as they can be read.
    pub deeds: Vec<Deed>,
    /// Scripts that it starts and that could not be read.
    pub unread_scripts: Vec<UnreadScript>,
}

/// A script that an instruction runs and whose commands are not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadScript {
    /// Its path, as the command names it.
    pub path: Placed<String>,
    /// Why it was not read.
    pub why: String,
}

/// `HEALTHCHECK`. Times are in nanoseconds; 0 is the engine's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// What is run.
    pub command: Start,
    /// Time between two probes.
    pub interval: u64,
    /// Time after which a probe has failed.
    pub timeout: u64,
    /// Time in which failures do not count.
    pub start_period: u64,
    /// Failures in a row that count.
    pub retries: u32,
}

/// `COPY` or `ADD`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transfer {
    /// What is copied: paths, addresses, names of here-documents (which begin with `<<`).
    pub sources: Vec<Placed<Expansion>>,
    /// Where to.
    pub destination: Placed<Expansion>,
    /// `--from`, as written, and what it names.
    pub from: Option<(Placed<String>, Base)>,
    /// `--checksum`.
    pub checksum: Option<String>,
    /// `--chown`.
    pub owner: Option<String>,
    /// `--chmod`.
    pub mode: Option<String>,
}

/// `RUN`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// `--mount`.
    pub mounts: Vec<Mount>,
    /// `--network`.
    pub network: Option<String>,
    /// `--security`.
    pub security: Option<String>,
    /// What its commands do, in order, as far as it matters to some item.
    pub deeds: Vec<Deed>,
    /// Why its commands could not be read, or not to their end.
    pub unread: Option<String>,
    /// Scripts that its commands run, that were copied from the build context, and that could not be read.
    pub unread_scripts: Vec<UnreadScript>,
    /// The user it runs as, where a USER instruction of the file says so.
    pub user: Option<String>,
}

/// `RUN --mount`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mount {
    /// Where the flag stands.
    pub place: Place,
    /// `bind`, `cache`, `tmpfs`, `secret`, `ssh`, or empty where only a build could tell.
    pub kind: String,
    /// `from`, as written, and what it names.
    pub from: Option<(String, Base)>,
    /// `target`.
    pub target: Option<String>,
    /// `id`.
    pub id: Option<String>,
}

impl BuildFile {
    /// The stages that the image's own layers and configuration come from, the target last.
    pub fn line(&self) -> Vec<&Stage> {
        let mut line = Vec::new();
        let mut at = Some(self.target);
        while let Some(stage) = at.and_then(|at| self.stages.get(at)) {
            line.push(stage);
            // A stage starts from an earlier one only.
            at = match stage.base {
                Base::Stage(parent) if line.len() <= self.stages.len() => Some(parent),
                _ => None,
            };
        }
        line.reverse();
        line
    }

    /// What the image is built on in the end: the base of the first stage of its line.
    pub fn base(&self) -> Option<(&Placed<String>, &Base)> {
        self.line().first().map(|stage| (&stage.from, &stage.base))
    }

    /// Whether a stage is one of the line of the image.
    pub fn is_in_line(&self, stage: usize) -> bool {
        self.stages.get(stage).is_some_and(|wanted| self.line().iter().any(|s| std::ptr::eq(*s, wanted)))
    }

    /// The instructions that made the image itself, in order, those kept by ONBUILD left out.
    pub fn own(&self) -> impl Iterator<Item = &Instruction> {
        self.line().into_iter().flat_map(|stage| &stage.instructions).filter(|i| !i.on_build)
    }

    /// The last instruction of a name that made the image.
    pub fn last(&self, name: &str) -> Option<&Instruction> {
        self.own().filter(|i| i.name == name).last()
    }

    /// The environment that the file gives the image, the last value of each name.
    pub fn environment(&self) -> BTreeMap<&str, &Setting> {
        let settings = self.own().filter(|i| i.name == "ENV").flat_map(|i| match &i.says {
            Says::Settings(settings) => settings.as_slice(),
            _ => &[],
        });
        settings.map(|s| (s.name.value.as_str(), s)).collect()
    }

    /// Every stage that is needed, with its place.
    pub fn needed(&self) -> impl Iterator<Item = (usize, &Stage)> {
        self.stages.iter().enumerate().filter(|(_, s)| s.needed)
    }
}
