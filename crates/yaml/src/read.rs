use granit_parser::{Event, Parser, ScanError, StrInput, options};

use crate::tree::Builder;
use crate::{ErrorKind, Node, Place, ReadError, Rules, template};

/// What is read at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The number that every place of this text gets as its [`Place::source`].
    pub source: u32,
    /// Bytes of the text.
    pub bytes: usize,
    /// Nodes of all documents together, those that aliases bring among them.
    pub nodes: usize,
    /// Nodes that aliases bring, of all documents together.
    pub expanded: usize,
    /// How deep collections nest, aliases followed. At most 255 is read, whatever stands here.
    pub depth: usize,
    /// Documents that could not be read, after which the rest is given up.
    pub errors: usize,
}

impl Default for Limits {
    /// 32 MiB, a million nodes, a hundred thousand of them by aliases, 128 levels, a thousand errors.
    fn default() -> Self {
        Self { source: 0, bytes: 32 << 20, nodes: 1_000_000, expanded: 100_000, depth: 128, errors: 1000 }
    }
}

/// What a text holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stream {
    /// The documents that could be read, in order. A document without content has a null as its root.
    pub documents: Vec<Document>,
    /// What could not be read, in order.
    pub errors: Vec<ReadError>,
    /// Where it shows that the text is a template of Helm: documents and errors say nothing of what it would render to.
    pub template: Option<Place>,
}

/// One document.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// What it holds.
    pub root: Node,
    /// Where it begins: the `---`, or its root.
    pub place: Place,
    /// Keys that a mapping has more than once, in order.
    pub duplicates: Vec<Duplicate>,
}

/// A key that its mapping already had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// The key.
    pub key: String,
    /// Where it stands first.
    pub first: Place,
    /// Where it stands again.
    pub again: Place,
}

impl Stream {
    pub(crate) fn failed(error: ReadError) -> Self {
        Self { errors: vec![error], ..Self::default() }
    }
}

/// Reads every document of a text, within the limits' defaults.
pub fn parse(text: &str, rules: Rules) -> Stream {
    parse_with(text, rules, &Limits::default())
}

/// Reads every document of a text.
pub fn parse_with(text: &str, rules: Rules, limits: &Limits) -> Stream {
    // Places hold 32 bits.
    let most = limits.bytes.min(u32::MAX as usize - 1);
    if text.len() > most {
        let place = Place { source: limits.source, line: 1, column: 1, ..Place::default() };
        let message = format!("the text has {} bytes, and at most {most} are read", text.len());
        return Stream::failed(ReadError { kind: ErrorKind::Limit, message, place });
    }
    let mut options = options! { emit_unresolved_aliases: true, emit_anchor_events: false };
    options.set_emit_comments(false);
    options.flow_nesting_limit = limits.depth.min(255);
    options.block_nesting_limit = limits.depth.min(255);
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut builder = Builder::new(text, rules, *limits);
    let mut stream = Stream::default();
    while let Some(step) = parser.next_event() {
        let failure = match step {
            Ok((Event::StreamEnd, _)) => break,
            Ok((event, span)) => match builder.event(event, span) {
                Ok(Some(document)) => {
                    stream.documents.push(document);
                    continue;
                }
                Ok(None) => continue,
                Err(error) => error,
            },
            Err(error) => scan_error(text, &error, limits.source),
        };
        stream.errors.push(failure);
        builder.abandon();
        if builder.exhausted() || !next_document(&mut parser, &mut stream, limits) {
            break;
        }
    }
    stream.template = builder.braces.or_else(|| template::find(text, &stream, limits.source));
    stream
}

/// Goes on behind a document that could not be read; false where nothing more is to be read.
fn next_document<'a>(parser: &mut Parser<'a, StrInput<'a>>, stream: &mut Stream, limits: &Limits) -> bool {
    if stream.errors.len() >= limits.errors {
        if let Some(last) = stream.errors.last() {
            let message = format!("{} documents could not be read; the rest is given up", stream.errors.len());
            let place = last.place;
            stream.errors.push(ReadError { kind: ErrorKind::Limit, message, place });
        }
        return false;
    }
    matches!(parser.proceed_next_document(), Ok(true))
}

fn scan_error(text: &str, error: &ScanError, source: u32) -> ReadError {
    let mark = error.marker();
    let at = mark.byte_offset().unwrap_or(0).min(text.len());
    let kind = match error.kind() {
        granit_parser::ErrorKind::RecursionLimitExceeded => ErrorKind::Limit,
        _ => ErrorKind::Syntax,
    };
    let at = at as u32;
    let place = Place { source, line: mark.line() as u32, column: mark.col() as u32 + 1, width: 0, start: at, end: at };
    ReadError { kind, message: error.kind().to_string(), place }
}
