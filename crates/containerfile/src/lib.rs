#![doc = include_str!("../README.md")]

mod directives;
mod flags;
mod heredoc;
mod instruction;
mod json;
mod lex;
mod lines;
mod mount;
mod parse;
mod pattern;
mod place;
mod scope;
mod split;
mod stages;
mod syntax;
mod text;

pub use flags::duration;
pub use heredoc::announced as heredoc_of_word;
pub use lex::{Expanded, Value, expand};
pub use lines::MOST_LINE_BYTES;
pub use mount::{Mount, MountKind};
pub use parse::{MOST_INSTRUCTIONS, parse};
pub use place::{Place, Span};
pub use scope::{Settings, Variables};
pub use stages::{Base, Source, Stage, Stages, Use};
pub use syntax::{Arguments, CommandLine, Containerfile, Directive, Flag, Heredoc, Instruction, Keyword, Pair, Problem, Word};
pub use text::Text;
