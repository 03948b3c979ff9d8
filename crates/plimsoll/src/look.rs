//! How the report is to look on this terminal.

use std::io::IsTerminal as _;

use plimsoll_report::Look;

use crate::args::{Colour, Common};

/// Columns where there is no terminal to ask.
const DEFAULT_WIDTH: usize = 100;
/// Wider lines are hard to read.
const MOST_WIDTH: usize = 120;

/// The look for standard output, or for a file.
pub(crate) fn look(common: &Common, to_file: bool) -> Look {
    let is_terminal = !to_file && std::io::stdout().is_terminal();
    Look {
        colour: colour(common.colour, is_terminal),
        width: if to_file { DEFAULT_WIDTH } else { width() },
        verbose: common.verbose,
        quiet: common.quiet,
    }
}

/// The width of the terminal, or of `COLUMNS`, within reason.
pub(crate) fn width() -> usize {
    let given = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    let width = given.or_else(|| terminal_size::terminal_size().map(|(w, _)| usize::from(w.0)));
    width.unwrap_or(DEFAULT_WIDTH).clamp(40, MOST_WIDTH)
}

/// <https://no-color.org> and <https://bixense.com/clicolors/>: set and not empty, `NO_COLOR` turns colours off; `CLICOLOR_FORCE` other than 0 turns them on.
fn colour(choice: Colour, is_terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    match choice {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto if set("NO_COLOR") => false,
        Colour::Auto if set("CLICOLOR_FORCE") && std::env::var_os("CLICOLOR_FORCE").is_some_and(|v| v != "0") => true,
        Colour::Auto => is_terminal && std::env::var_os("TERM").is_none_or(|t| t != "dumb"),
    }
}
