use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::FileId;

/// What the image's entrypoint can reach: the files that a container needs, and why each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Closure {
    /// Entrypoint and command.
    pub command: Vec<String>,
    /// Files reached, in the order in which they were: the first is the program that starts.
    pub reached: Vec<Reached>,
    /// What a reached file needs and the image has not.
    pub missing: Vec<Missing>,
    /// Where a reached file may reach more than can be told from its bytes.
    pub open_ends: Vec<OpenEnd>,
    /// Why nothing could be reached, where that is so: no command, or a program that is not there.
    pub stopped: Option<String>,
}

impl Closure {
    /// Whether a file is reached. Looks through all of them: ask [`Self::files`] where many are asked for.
    pub fn reaches(&self, file: FileId) -> bool {
        self.reached.iter().any(|r| r.file == file)
    }

    /// The reached files, without order.
    pub fn files(&self) -> HashSet<FileId> {
        self.reached.iter().map(|r| r.file).collect()
    }
}

/// A reached file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// The file.
    pub file: FileId,
    /// The file that reaches it, by place in `reached`; none for what the config starts.
    pub via: Option<u32>,
    /// How.
    pub how: Link,
}

/// How one file reaches another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Link {
    /// The config's entrypoint or command starts it.
    Entrypoint,
    /// The config names it as an argument.
    Argument,
    /// The health check starts it.
    HealthCheck,
    /// It is the program interpreter of an ELF file.
    Interpreter,
    /// A script's first line names it.
    Shebang,
    /// An ELF file's `DT_NEEDED`.
    Needed,
    /// A library that an ELF file may load with dlopen: its name stands in the file's strings.
    Dlopen,
    /// A script runs it.
    Command,
    /// A part of a language runtime's library or of the application's modules.
    Module,
    /// A symbolic link leads to it.
    Symlink,
}

/// Something needed that the image has not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The name that was looked for: `libfoo.so.1`, `/bin/sh`.
    pub wanted: String,
    /// Who needs it; none for the config itself.
    pub by: Option<FileId>,
    /// How.
    pub how: Link,
    /// Line of a script, from 1.
    pub line: Option<u32>,
}

/// A file that may reach more than its bytes tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenEnd {
    /// The file; none for the config itself.
    pub by: Option<FileId>,
    /// What it may reach more.
    pub opens: Opening,
    /// Why: "runs its arguments", "loads libraries by names that are made at run time".
    pub why: String,
}

/// What a file may reach more than its bytes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Opening {
    /// Libraries, by names.
    Libraries,
    /// The modules of a language's runtime, and what programs in it start.
    Runtime,
    /// Anything.
    Anything,
}
