//! The file from top to bottom.

use crate::directives::{Directives, frontend};
use crate::lines::{Lines, MOST_LINE_BYTES, logical};
use crate::place::Places;
use crate::{Arguments, CommandLine, Containerfile, Instruction, Keyword, Problem, Span, heredoc, instruction};

/// The most instructions that are read.
pub const MOST_INSTRUCTIONS: usize = 20_000;

pub(crate) fn too_long(span: Span) -> Problem {
    Problem { message: format!("the line is longer than {MOST_LINE_BYTES} bytes, and BuildKit reads none longer"), span }
}

/// Reads a file. Time and memory grow with the text's length; the caller decides how long a text may be.
pub fn parse(text: &str) -> Containerfile {
    let mut file = Containerfile { escape: '\\', places: Places::of(text), ..Containerfile::default() };
    let mut directives = Directives::default();
    let mut lines = Lines::new(text);
    while let Some(line) = lines.next() {
        match directives.look(line) {
            Ok(Some(directive)) if directive.name == "escape" => match directive.value.text.as_str() {
                "`" => file.escape = '`',
                "\\" => {}
                other => {
                    let message = format!("`escape={other}`: the escape character is a backslash or a backquote");
                    file.errors.push(Problem { message, span: directive.value.span });
                }
            },
            Ok(_) => {}
            Err(problem) => file.errors.push(problem),
        }
        if line.is_comment() {
            continue;
        }
        let logical = logical(line, &mut lines, file.escape);
        if logical.text.as_str().is_empty() && logical.too_long.is_none() && !logical.continued {
            continue;
        }
        if file.instructions.len() >= MOST_INSTRUCTIONS {
            let message = format!("the file has more than {MOST_INSTRUCTIONS} instructions; the rest is not read");
            file.errors.push(Problem { message, span: line.span() });
            break;
        }
        if let Some(span) = logical.empty_line {
            file.warnings.push(Problem { message: "an empty line stands between lines that continue each other".to_owned(), span });
        }
        let (mut instruction, mut problem) = instruction::read(&logical.text, file.escape, false);
        instruction.span.end = logical.end.max(instruction.span.start);
        if let Some(span) = logical.too_long {
            instruction.arguments = Arguments::Unread;
            instruction.span.start = line.start;
            problem = Some(too_long(span));
        }
        file.errors.extend(problem);
        bodies(&mut instruction, &mut lines, &mut file.errors);
        instruction.last_line = lines.number();
        file.instructions.push(instruction);
    }
    file.directives = directives.found;
    if file.directive("syntax").is_none() {
        let first: Vec<_> = Lines::new(text).take(5).collect();
        file.directives.extend(frontend(&first));
    }
    structure(text, &mut file);
    file.errors.sort_by_key(|p| p.span.start);
    file
}

/// Reads the here-documents that an instruction announces.
fn bodies(instruction: &mut Instruction, lines: &mut Lines<'_>, errors: &mut Vec<Problem>) {
    let announcing = match &instruction.arguments {
        Arguments::Trigger(inner) => &**inner,
        _ => &*instruction,
    };
    let json = matches!(announcing.arguments, Arguments::Command(CommandLine::Exec(_)) | Arguments::Transfer { json: true, .. });
    if json || !matches!(announcing.keyword, Some(Keyword::Run | Keyword::Copy | Keyword::Add)) {
        return;
    }
    let mut heredocs = heredoc::of_line(instruction.text.as_str());
    for heredoc in &mut heredocs {
        let (end, problems) = heredoc::read_body(heredoc, lines, instruction.name.span);
        if let Some(end) = end {
            instruction.span.end = end;
        }
        errors.extend(problems);
    }
    match &mut instruction.arguments {
        Arguments::Trigger(inner) => inner.heredocs = heredocs,
        _ => instruction.heredocs = heredocs,
    }
}

/// What BuildKit asks of the whole file: a stage, and nothing but `ARG` before it.
fn structure(text: &str, file: &mut Containerfile) {
    let first = file.instructions.iter().position(|i| i.keyword == Some(Keyword::From)).unwrap_or(file.instructions.len());
    for early in file.instructions.iter().take(first) {
        if let Some(keyword) = early.keyword.filter(|k| *k != Keyword::Arg && early.arguments != Arguments::Unread) {
            let message = format!("{} stands before the first FROM, where only ARG may stand", keyword.name());
            file.errors.push(Problem { message, span: early.name.span });
        }
    }
    if first == file.instructions.len() {
        let message = if file.instructions.is_empty() { "the file has no instructions" } else { "the file has no FROM" };
        let at = Span { start: text.len(), end: text.len() };
        file.errors.push(Problem { message: message.to_owned(), span: file.instructions.first().map_or(at, |i| i.name.span) });
    }
}
