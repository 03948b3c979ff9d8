//! What a parsed file is made of.

use crate::place::Places;
use crate::{Place, Span, Text, heredoc};

/// A parsed file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Containerfile {
    /// The parser directives at its top, in order.
    pub directives: Vec<Directive>,
    /// Its instructions, in order. One that could not be read is there too, as [`Arguments::Unread`].
    pub instructions: Vec<Instruction>,
    /// What could not be read, and what keeps BuildKit from building the file, in order of place.
    pub errors: Vec<Problem>,
    /// What BuildKit warns of while it reads.
    pub warnings: Vec<Problem>,
    /// The character that continues lines and escapes others: a backslash unless a directive says otherwise.
    pub escape: char,
    pub(crate) places: Places,
}

impl Containerfile {
    /// The line, column and width of a span. `text` has to be the text that was parsed.
    pub fn place(&self, text: &str, span: Span) -> Place {
        self.places.place(text, span)
    }

    /// The line on which a span begins, from 1.
    pub fn line(&self, span: Span) -> u32 {
        self.places.line(span.start)
    }

    /// The value of a directive: `syntax`, `escape` or `check`.
    pub fn directive(&self, name: &str) -> Option<&Word> {
        self.directives.iter().find(|d| d.name == name).map(|d| &d.value)
    }
}

/// A comment at the top that tells the parser something: `# syntax=docker/dockerfile:1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// Its name in lower case.
    pub name: String,
    /// Its value.
    pub value: Word,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// One sentence without a full stop.
    pub message: String,
    /// Where.
    pub span: Span,
}

/// A piece of text and its place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word {
    /// The text. Quotes, escapes and variables stand as they are written unless said otherwise.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// The instructions that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Keyword {
    /// `ADD`.
    Add,
    /// `ARG`.
    Arg,
    /// `CMD`.
    Cmd,
    /// `COPY`.
    Copy,
    /// `ENTRYPOINT`.
    Entrypoint,
    /// `ENV`.
    Env,
    /// `EXPOSE`.
    Expose,
    /// `FROM`.
    From,
    /// `HEALTHCHECK`.
    Healthcheck,
    /// `LABEL`.
    Label,
    /// `MAINTAINER`.
    Maintainer,
    /// `ONBUILD`.
    Onbuild,
    /// `RUN`.
    Run,
    /// `SHELL`.
    Shell,
    /// `STOPSIGNAL`.
    Stopsignal,
    /// `USER`.
    User,
    /// `VOLUME`.
    Volume,
    /// `WORKDIR`.
    Workdir,
}

impl Keyword {
    /// All of them, by name.
    pub const ALL: [Self; 18] = [
        Self::Add,
        Self::Arg,
        Self::Cmd,
        Self::Copy,
        Self::Entrypoint,
        Self::Env,
        Self::Expose,
        Self::From,
        Self::Healthcheck,
        Self::Label,
        Self::Maintainer,
        Self::Onbuild,
        Self::Run,
        Self::Shell,
        Self::Stopsignal,
        Self::User,
        Self::Volume,
        Self::Workdir,
    ];

    /// Its name in capitals.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Add => "ADD",
            Self::Arg => "ARG",
            Self::Cmd => "CMD",
            Self::Copy => "COPY",
            Self::Entrypoint => "ENTRYPOINT",
            Self::Env => "ENV",
            Self::Expose => "EXPOSE",
            Self::From => "FROM",
            Self::Healthcheck => "HEALTHCHECK",
            Self::Label => "LABEL",
            Self::Maintainer => "MAINTAINER",
            Self::Onbuild => "ONBUILD",
            Self::Run => "RUN",
            Self::Shell => "SHELL",
            Self::Stopsignal => "STOPSIGNAL",
            Self::User => "USER",
            Self::Volume => "VOLUME",
            Self::Workdir => "WORKDIR",
        }
    }

    /// The instruction of a name, in any case.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.name().eq_ignore_ascii_case(name))
    }
}

/// One instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// Which it is; none where there is no instruction of that name.
    pub keyword: Option<Keyword>,
    /// Its name as it is written.
    pub name: Word,
    /// Its flags, in order.
    pub flags: Vec<Flag>,
    /// What it is about.
    pub arguments: Arguments,
    /// Its here-documents, in order.
    pub heredocs: Vec<Heredoc>,
    /// The whole instruction on one line, as BuildKit puts it together, without the here-documents' bodies.
    pub text: Text,
    /// From its name to the end of its last line, here-documents included.
    pub span: Span,
    /// Its last line, from 1, here-documents included.
    pub last_line: u32,
}

impl Instruction {
    /// The first flag of a name (without dashes).
    pub fn flag(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().find(|f| f.name == name)
    }

    /// Whether a boolean flag is given and not `false`.
    pub fn is_set(&self, name: &str) -> bool {
        self.flag(name).is_some_and(|f| !f.value.as_ref().is_some_and(|v| v.text.eq_ignore_ascii_case("false")))
    }

    /// What the shell is given to run: the command in its shell form, with the here-documents put behind it again. Where the
    /// command is one here-document alone, it is its body.
    pub fn script(&self) -> Option<Text> {
        let (Arguments::Command(CommandLine::Shell(text)) | Arguments::Healthcheck(Some(CommandLine::Shell(text)))) = &self.arguments
        else {
            return None;
        };
        if let Some(first) = self.heredocs.first().filter(|_| heredoc::announced(text.as_str()).is_some()) {
            return Some(first.body.clone());
        }
        let mut script = text.clone();
        for heredoc in &self.heredocs {
            script.push("\n", text.whole().end);
            script.append(&heredoc.body);
            script.push(&heredoc.name, heredoc.body.whole().end);
        }
        Some(script)
    }
}

/// A flag: `--name` or `--name=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// The name without dashes.
    pub name: String,
    /// The value, quotes and escapes taken off as BuildKit does; variables stand as they are written.
    pub value: Option<Word>,
    /// Where the flag stands.
    pub span: Span,
}

/// What an instruction is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arguments {
    /// `FROM`.
    From {
        /// The image or stage.
        image: Word,
        /// The name that it gives to the stage, in lower case.
        name: Option<Word>,
    },
    /// `RUN`, `CMD`, `ENTRYPOINT`.
    Command(CommandLine),
    /// `HEALTHCHECK`; none is `HEALTHCHECK NONE`.
    Healthcheck(Option<CommandLine>),
    /// `COPY`, `ADD`.
    Transfer {
        /// Paths, addresses and here-documents (`<<NAME`).
        sources: Vec<Word>,
        /// The last word.
        destination: Word,
        /// Whether the words stand in a JSON array.
        json: bool,
    },
    /// `ENV`, `LABEL`, `ARG`.
    Pairs(Vec<Pair>),
    /// `EXPOSE`, `VOLUME`, and `SHELL`, whose words are those of its JSON array.
    Words(Vec<Word>),
    /// `USER`, `WORKDIR`, `STOPSIGNAL`, `MAINTAINER`.
    Single(Word),
    /// `ONBUILD`: the instruction that it keeps for builds that start from this image.
    Trigger(Box<Instruction>),
    /// It could not be read; [`Containerfile::errors`] says why.
    Unread,
}

/// The command of `RUN`, `CMD`, `ENTRYPOINT` or `HEALTHCHECK`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandLine {
    /// The exec form: a JSON array of strings, run without a shell.
    Exec(Vec<Word>),
    /// The shell form: one text for the shell.
    Shell(Text),
}

/// `name=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The name; quotes stand as they are written.
    pub name: Word,
    /// The value; none for an `ARG` without one. Quotes, escapes and variables stand as they are written.
    pub value: Option<Word>,
    /// Whether it is the old form without `=`: `ENV NAME the rest of the line`.
    pub old_form: bool,
}

/// A here-document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heredoc {
    /// Its name, quotes taken off.
    pub name: String,
    /// The number before `<<`; 0 where there is none.
    pub descriptor: u64,
    /// Whether variables in it are expanded: its name is not quoted.
    pub expand: bool,
    /// Whether leading tabs are cut: `<<-`.
    pub chomp: bool,
    /// Its lines, without leading tabs where they are cut.
    pub body: Text,
}
