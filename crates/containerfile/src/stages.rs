//! The stages of a file and what they take from each other.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use crate::{Arguments, Containerfile, Expanded, Instruction, Keyword, Mount, Problem, Settings, Variables, Word};

/// The most stages that are looked at.
const MOST_STAGES: usize = 1000;

/// The stages of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stages {
    /// In order.
    pub stages: Vec<Stage>,
    /// References that lead nowhere.
    pub problems: Vec<Problem>,
    settings: Settings,
    global: Option<Variables>,
    /// The variables at each stage's end.
    ends: Vec<Arc<Variables>>,
}

/// One stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Its name in lower case.
    pub name: Option<Word>,
    /// Its `FROM`, by place in [`Containerfile::instructions`].
    pub from: usize,
    /// The instructions behind its `FROM`.
    pub instructions: Range<usize>,
    /// The image as it is written.
    pub written: Word,
    /// The image after expansion with the arguments' defaults.
    pub image: Expanded,
    /// What it starts from.
    pub base: Base,
    /// `--platform` after expansion.
    pub platform: Option<Expanded>,
    /// What its instructions take from elsewhere.
    pub uses: Vec<Use>,
}

/// What a stage starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// Nothing.
    Scratch,
    /// An earlier stage.
    Stage(usize),
    /// An image, whose reference is [`Stage::image`].
    Image,
}

/// `COPY --from` or `RUN --mount=from=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The instruction, by place in [`Containerfile::instructions`].
    pub instruction: usize,
    /// The reference as it is written.
    pub written: Word,
    /// What it names.
    pub source: Source,
}

/// What `--from` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// An earlier stage.
    Stage(usize),
    /// An image.
    Image(String),
    /// Nothing that exists, or what only a build could tell; [`Stages::problems`] says which.
    Nothing,
}

impl Stages {
    /// The stages of a file as they are built with these settings.
    pub fn of(file: &Containerfile, settings: &Settings) -> Self {
        let mut this = Self { settings: settings.clone(), ..Self::default() };
        let mut global = Variables::of_file(settings);
        let starts: Vec<usize> =
            file.instructions.iter().enumerate().filter(|(_, i)| i.keyword == Some(Keyword::From)).map(|(at, _)| at).collect();
        for instruction in file.instructions.iter().take(starts.first().copied().unwrap_or_default()) {
            if let (Some(Keyword::Arg), Arguments::Pairs(pairs)) = (instruction.keyword, &instruction.arguments) {
                global.global(pairs, file.escape, settings);
            }
        }
        for (nth, from) in starts.iter().copied().enumerate() {
            let Some(instruction) = file.instructions.get(from) else { continue };
            if nth >= MOST_STAGES {
                let message = format!("the file has more than {MOST_STAGES} stages; the rest is not looked at");
                this.problems.push(Problem { message, span: instruction.name.span });
                break;
            }
            let end = starts.get(nth + 1).copied().unwrap_or(file.instructions.len());
            this.add(file, instruction, from, end, &global);
        }
        this.global = Some(global);
        this.resolve_uses(file);
        this
    }

    fn add(&mut self, file: &Containerfile, instruction: &Instruction, from: usize, end: usize, global: &Variables) {
        let (written, name) = match &instruction.arguments {
            Arguments::From { image, name } => (image.clone(), name.clone()),
            // What cannot be read starts a stage all the same, from nobody knows what.
            _ => (Word::default(), None),
        };
        let image = global.expand(&written.text, file.escape);
        if image.known().is_some_and(str::is_empty) && !written.text.is_empty() {
            let message = format!("`{}` is empty with the arguments' defaults", written.text);
            self.problems.push(Problem { message, span: written.span });
        }
        let base = match image.known() {
            Some("scratch") => Base::Scratch,
            Some(known) => self.stages.iter().rposition(|s| is_named(s, known)).map_or(Base::Image, Base::Stage),
            None => Base::Image,
        };
        let platform = instruction.flag("platform").and_then(|f| f.value.as_ref()).map(|v| global.expand(&v.text, file.escape));
        let mut variables = match base {
            Base::Stage(parent) => match self.ends.get(parent) {
                Some(end) => Variables::inside(end),
                None => Variables::of_stage(false),
            },
            Base::Scratch => Variables::of_stage(true),
            Base::Image => Variables::of_stage(false),
        };
        for instruction in file.instructions.get(from + 1..end).unwrap_or_default() {
            variables.apply(instruction, file, global, &self.settings);
        }
        self.ends.push(Arc::new(variables));
        self.stages.push(Stage { name, from, instructions: from + 1..end, written, image, base, platform, uses: Vec::new() });
    }

    /// Stages by name are looked for once all are known: the last of a name counts.
    fn resolve_uses(&mut self, file: &Containerfile) {
        let names: BTreeMap<String, usize> =
            self.stages.iter().enumerate().filter_map(|(at, s)| Some((s.name.as_ref()?.text.clone(), at))).collect();
        for number in 0..self.stages.len() {
            let mut found: Vec<(usize, Word, Expanded)> = Vec::new();
            if let Some(Base::Stage(parent)) = self.stages.get(number).map(|s| s.base) {
                // Triggers of the stage that this one starts from.
                for at in self.stages.get(parent).map(|s| s.instructions.clone()).unwrap_or_default() {
                    if let Some(Arguments::Trigger(trigger)) = file.instructions.get(at).map(|i| &i.arguments) {
                        found.extend(references(trigger).into_iter().map(|word| (at, word.clone(), Expanded::fixed(word.text))));
                    }
                }
            }
            self.visit(file, number, |at, instruction, variables| {
                found.extend(references(instruction).into_iter().map(|word| {
                    let expanded = variables.expand(&word.text, file.escape);
                    (at, word, expanded)
                }));
            });
            let uses = found
                .into_iter()
                .map(|(instruction, written, expanded)| {
                    let source = self.source(&written, &expanded, number, &names);
                    Use { instruction, written, source }
                })
                .collect();
            if let Some(stage) = self.stages.get_mut(number) {
                stage.uses = uses;
            }
        }
    }

    /// BuildKit refuses variables in `--from`; Buildah expands them, and so do we.
    fn source(&mut self, written: &Word, expanded: &Expanded, number: usize, names: &BTreeMap<String, usize>) -> Source {
        let text = expanded.text.as_str();
        let stage = match text.parse::<usize>() {
            Ok(index) => Some(index),
            Err(_) => names.get(&text.to_lowercase()).copied(),
        };
        let message = match stage {
            Some(stage) if stage < number => return Source::Stage(stage),
            Some(stage) if stage < self.stages.len() => format!("`{text}` is not a stage before this one"),
            Some(_) => format!("there is no stage number {text}"),
            None if text.is_empty() => "`from` is empty".to_owned(),
            None if expanded.known().is_none() => {
                format!("what `{}` is, only a build can tell; name a stage with FROM and copy from it", written.text)
            }
            None => return Source::Image(text.to_owned()),
        };
        self.problems.push(Problem { message, span: written.span });
        Source::Nothing
    }

    /// The stage that is built: the named or numbered one, or the last.
    pub fn target(&self, target: Option<&str>) -> Result<usize, String> {
        let last = self.stages.len().checked_sub(1).ok_or("the file has no stage")?;
        let Some(target) = target else { return Ok(last) };
        let by_name = self.stages.iter().rposition(|s| is_named(s, target));
        by_name.or_else(|| target.parse().ok().filter(|n| *n <= last)).ok_or_else(|| format!("the file has no stage `{target}`"))
    }

    /// The stages that have to be built for a target, itself among them.
    pub fn needed(&self, target: Option<&str>) -> Result<BTreeSet<usize>, String> {
        let mut needed = BTreeSet::new();
        let mut todo = vec![self.target(target)?];
        while let Some(at) = todo.pop() {
            let Some(stage) = self.stages.get(at).filter(|_| needed.insert(at)) else { continue };
            todo.extend(match stage.base {
                Base::Stage(parent) => Some(parent),
                Base::Scratch | Base::Image => None,
            });
            todo.extend(stage.uses.iter().filter_map(|u| match u.source {
                Source::Stage(stage) => Some(stage),
                Source::Image(_) | Source::Nothing => None,
            }));
        }
        Ok(needed)
    }

    /// The stages whose files the target stage is made of: itself and the stages that it starts from, the first one first.
    pub fn line_of(&self, stage: usize) -> Vec<usize> {
        let mut line = vec![stage];
        let mut at = stage;
        while let Some(Base::Stage(parent)) = self.stages.get(at).map(|s| s.base) {
            line.push(parent);
            at = parent;
        }
        line.reverse();
        line
    }

    /// Shows each instruction of a stage with the variables that hold before it.
    pub fn visit<'f>(&self, file: &'f Containerfile, stage: usize, mut each: impl FnMut(usize, &'f Instruction, &Variables)) {
        let (Some(this), Some(global)) = (self.stages.get(stage), &self.global) else { return };
        let mut variables = match this.base {
            Base::Stage(parent) => match self.ends.get(parent) {
                Some(end) => Variables::inside(end),
                None => return,
            },
            Base::Scratch => Variables::of_stage(true),
            Base::Image => Variables::of_stage(false),
        };
        for at in this.instructions.clone() {
            let Some(instruction) = file.instructions.get(at) else { continue };
            each(at, instruction, &variables);
            variables.apply(instruction, file, global, &self.settings);
        }
    }

    /// The variables that hold before the first `FROM`.
    pub fn global(&self) -> Option<&Variables> {
        self.global.as_ref()
    }
}

fn is_named(stage: &Stage, name: &str) -> bool {
    stage.name.as_ref().is_some_and(|n| n.text == name.to_lowercase())
}

/// The references of an instruction to stages and images.
fn references(instruction: &Instruction) -> Vec<Word> {
    match instruction.keyword {
        Some(Keyword::Copy) => instruction.flag("from").and_then(|f| f.value.clone()).into_iter().collect(),
        Some(Keyword::Run) => instruction
            .flags
            .iter()
            .filter(|f| f.name == "mount")
            .filter_map(|f| {
                let value = f.value.as_ref()?;
                Some(Word { text: Mount::parse(&value.text).ok()?.from?, span: value.span })
            })
            .collect(),
        _ => Vec::new(),
    }
}
