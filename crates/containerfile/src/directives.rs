//! Parser directives: comments at the top of the file that tell the parser something.

use crate::lines::Line;
use crate::{Directive, Problem, Span, Word};

/// Reads directives until a line is none.
#[derive(Default)]
pub(crate) struct Directives {
    done: bool,
    pub(crate) found: Vec<Directive>,
}

impl Directives {
    /// Looks at a line; every line has to be shown, since the first that is no directive ends them.
    pub(crate) fn look(&mut self, line: Line<'_>) -> Result<Option<&Directive>, Problem> {
        if self.done {
            return Ok(None);
        }
        let Some(directive) = read(line, "#") else {
            self.done = true;
            return Ok(None);
        };
        if self.found.iter().any(|d| d.name == directive.name) {
            self.done = true;
            return Err(Problem { message: format!("the directive `{}` is given twice", directive.name), span: line.span() });
        }
        self.found.push(directive);
        Ok(self.found.last())
    }
}

/// A line as a directive behind a comment sign.
fn read(line: Line<'_>, sign: &str) -> Option<Directive> {
    let content = line.content();
    let rest = content.trim_start().strip_prefix(sign)?.trim_start();
    let (name, value) = rest.split_once('=')?;
    let name = name.trim_end().to_ascii_lowercase();
    let value = value.trim();
    if value.is_empty() || !matches!(name.as_str(), "syntax" | "escape" | "check") {
        return None;
    }
    // The value ends where the content ends but for blanks.
    let end = line.start + content.trim_end().len();
    Some(Directive { name, value: Word { text: value.to_owned(), span: Span { start: end - value.len(), end } } })
}

/// Directives behind a first line `#!…`, or behind `//`: the parser does not heed them, but what chooses the frontend does.
pub(crate) fn frontend(lines: &[Line<'_>]) -> Option<Directive> {
    let rest = match lines.first() {
        Some(first) if first.raw.starts_with("#!") => lines.get(1..)?,
        _ => lines,
    };
    ["#", "//"].into_iter().find_map(|sign| rest.iter().map_while(|line| read(*line, sign)).find(|d| d.name == "syntax"))
}
