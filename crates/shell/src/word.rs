//! Words as text, with what is known of their expansions.

use shuck_ast::{
    BourneParameterExpansion, LiteralText, Name, ParameterExpansionSyntax, ParameterOp, SourceText, Span, VarRef, WordPart, WordPartNode,
};

use crate::Word;
use crate::variables::Variables;

/// A span as bytes.
pub(crate) fn range(span: Span) -> std::ops::Range<usize> {
    span.start.offset()..span.end.offset()
}

/// The source that a span covers; empty where the span lies outside.
pub(crate) fn slice(source: &str, span: Span) -> &str {
    source.get(span.start.offset()..span.end.offset()).unwrap_or_default()
}

fn literal<'a>(source: &'a str, text: &'a LiteralText, span: Span) -> &'a str {
    match text {
        LiteralText::Source => slice(source, span),
        LiteralText::Owned(text) | LiteralText::CookedSource(text) => text,
    }
}

fn source_text<'a>(source: &'a str, text: &'a SourceText) -> &'a str {
    if text.is_source_backed() { slice(source, text.span()) } else { text.slice(source) }
}

/// Whether a word of the tree is none: the name of a command that only assigns. A quoted empty word is a word.
pub(crate) fn is_nothing(source: &str, word: &shuck_ast::Word) -> bool {
    word.parts.iter().all(|part| matches!(&part.kind, WordPart::Literal(text) if literal(source, text, part.span).is_empty()))
}

/// Whether a word holds expansions as plain text: the parser follows defaults in defaults some levels deep and keeps the rest so.
pub(crate) fn is_unread(source: &str, word: &shuck_ast::Word) -> bool {
    word.parts.iter().any(|part| match &part.kind {
        WordPart::Literal(text @ LiteralText::Source) => {
            ["$(", "${", "`"].iter().any(|sign| literal(source, text, part.span).contains(sign))
        }
        _ => false,
    })
}

/// A word that is being put together: its text, and its text with the defaults of unknown variables.
#[derive(Default)]
struct Builder {
    text: String,
    fallback: String,
    dynamic: bool,
    no_fallback: bool,
}

impl Builder {
    fn fixed(&mut self, text: &str) {
        self.text.push_str(text);
        self.fallback.push_str(text);
    }

    fn unknown(&mut self, written: &str) {
        self.text.push_str(written);
        self.dynamic = true;
        self.no_fallback = true;
    }
}

/// A word of the tree as ours.
pub(crate) fn render(source: &str, word: &shuck_ast::Word, variables: &Variables) -> Word {
    let mut builder = Builder::default();
    parts(source, &word.parts, variables, false, &mut builder);
    let fallback = (builder.dynamic && !builder.no_fallback).then_some(builder.fallback);
    Word { text: builder.text, dynamic: builder.dynamic, fallback, span: range(word.span) }
}

/// Text without the backslashes that quote: before any character, or inside double quotes before those that mean something there.
fn unescaped(text: &str, in_quotes: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('\n') => {}
            Some(next) if in_quotes && !matches!(next, '$' | '`' | '"' | '\\') => out.extend(['\\', next]),
            Some(next) => out.push(next),
            None => out.push('\\'),
        }
    }
    out
}

fn parts(source: &str, nodes: &[WordPartNode], variables: &Variables, quoted: bool, into: &mut Builder) {
    for node in nodes {
        match &node.kind {
            WordPart::Literal(text @ LiteralText::Source) => into.fixed(&unescaped(literal(source, text, node.span), quoted)),
            WordPart::Literal(text) => into.fixed(literal(source, text, node.span)),
            WordPart::SingleQuoted { value, .. } => into.fixed(source_text(source, value)),
            WordPart::DoubleQuoted { parts: inner, .. } => parts(source, inner, variables, true, into),
            WordPart::Variable(name) => variable(name, slice(source, node.span), variables, into),
            WordPart::Parameter(expansion) => match &expansion.syntax {
                ParameterExpansionSyntax::Bourne(BourneParameterExpansion::Access { reference }) if reference.subscript.is_none() => {
                    variable(&reference.name, slice(source, node.span), variables, into);
                }
                ParameterExpansionSyntax::Bourne(BourneParameterExpansion::Operation { reference, operator, operand_word_ast, .. }) => {
                    defaulted(source, node.span, reference, operator, operand_word_ast.as_deref(), variables, into);
                }
                _ => into.unknown(slice(source, node.span)),
            },
            WordPart::ParameterExpansion { reference, operator, operand_word_ast, .. } => {
                defaulted(source, node.span, reference, operator, operand_word_ast.as_deref(), variables, into);
            }
            _ => into.unknown(slice(source, node.span)),
        }
    }
}

fn variable(name: &Name, written: &str, variables: &Variables, into: &mut Builder) {
    match variables.value(name.as_str()) {
        Some(value) => into.fixed(value),
        None if written.is_empty() => into.unknown(&format!("${}", name.as_str())),
        None => into.unknown(written),
    }
}

/// `${NAME:-default}` and `${NAME:=default}`.
fn defaulted(
    source: &str,
    span: Span,
    reference: &VarRef,
    operator: &ParameterOp,
    default: Option<&shuck_ast::Word>,
    variables: &Variables,
    into: &mut Builder,
) {
    let written = slice(source, span);
    if reference.subscript.is_some() || !matches!(operator, ParameterOp::UseDefault | ParameterOp::AssignDefault) {
        into.unknown(written);
        return;
    }
    match variables.value(reference.name.as_str()) {
        Some(value) if !value.is_empty() => into.fixed(value),
        _ => {
            let default = default.map(|word| render(source, word, variables));
            into.text.push_str(written);
            into.dynamic = true;
            match default.as_ref().and_then(Word::likely) {
                Some(text) => into.fallback.push_str(text),
                None => into.no_fallback = true,
            }
        }
    }
}
