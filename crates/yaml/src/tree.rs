//! From the parser's events to a tree. Aliases become copies of what they name, within the limits.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{Event, ScalarStyle, Span, StructureStyle, Tag};

use crate::{
    Document, Duplicate, Entry, ErrorKind, Kind, Limits, Mapping, Node, Place, ReadError, Rules, Scalar, Style, Value, merge, scalar,
};

/// Mappings up to this many entries compare their keys one with another: cheaper than a table for each.
const FEW: usize = 16;

/// A finished node with its measure.
struct Built {
    node: Node,
    nodes: usize,
    /// Collections from it down to its deepest scalar.
    height: usize,
}

/// A collection whose end has not come yet.
struct Open {
    place: Place,
    tag: Option<Box<str>>,
    anchor: usize,
    flow: bool,
    nodes: usize,
    height: usize,
    is_mapping: bool,
    /// Where its nodes begin among the finished ones.
    first: usize,
}

pub(crate) struct Builder<'a> {
    text: &'a str,
    rules: Rules,
    limits: Limits,
    open: Vec<Open>,
    /// The nodes of the collections that are open, a mapping's keys and values in turn. A collection takes its own when it ends, and
    /// then knows how many they are.
    finished: Vec<Node>,
    /// What the document's anchors name, by the parser's number of the anchor.
    anchors: HashMap<usize, Built>,
    duplicates: Vec<Duplicate>,
    root: Option<Node>,
    begins: Option<Place>,
    nodes: usize,
    expanded: usize,
    /// Where `{{` was read as a mapping that is a mapping's key: nobody means that.
    pub(crate) braces: Option<Place>,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(text: &'a str, rules: Rules, limits: Limits) -> Self {
        Self {
            text,
            rules,
            limits,
            open: Vec::new(),
            finished: Vec::new(),
            anchors: HashMap::new(),
            duplicates: Vec::new(),
            root: None,
            begins: None,
            nodes: 0,
            expanded: 0,
            braces: None,
        }
    }

    /// Whether a limit of the whole text is used up.
    pub(crate) fn exhausted(&self) -> bool {
        self.nodes > self.limits.nodes
    }

    /// Forgets the document that is being read.
    pub(crate) fn abandon(&mut self) {
        self.open.clear();
        self.finished.clear();
        self.anchors.clear();
        self.duplicates.clear();
        self.root = None;
        self.begins = None;
    }

    /// Takes the next event; gives the document that it ends.
    pub(crate) fn event(&mut self, event: Event<'_>, span: Span) -> Result<Option<Document>, ReadError> {
        let place = self.place(&span);
        match event {
            Event::DocumentStart(explicit, _) => {
                self.abandon();
                self.begins = explicit.then_some(place);
            }
            Event::DocumentEnd => return Ok(self.document(place)),
            Event::Scalar(text, style, anchor, tag) => self.scalar(text, style, anchor, tag.as_deref(), place)?,
            Event::SequenceStart(style, anchor, tag) => {
                self.opens(place, tag.as_deref(), anchor, style, false)?;
            }
            Event::MappingStart(style, anchor, tag) => {
                self.note_braces(style, place);
                self.opens(place, tag.as_deref(), anchor, style, true)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.closes(place)?,
            Event::Alias(id) => self.alias(id, place)?,
            Event::UnresolvedAlias(name) => {
                let message = format!("the alias *{name} names no anchor that this document has before it");
                return Err(ReadError { kind: ErrorKind::Alias, message, place });
            }
            _ => {}
        }
        Ok(None)
    }

    fn place(&self, span: &Span) -> Place {
        let start = span.start.byte_offset().unwrap_or(0).min(self.text.len());
        let end = span.end.byte_offset().unwrap_or(start).clamp(start, self.text.len());
        let width = if span.start.line() == span.end.line() {
            span.end.col().saturating_sub(span.start.col())
        } else {
            let rest = self.text.get(start..end).unwrap_or_default();
            rest.split(['\n', '\r']).next().unwrap_or_default().trim_end().chars().count()
        };
        Place {
            source: self.limits.source,
            line: span.start.line() as u32,
            column: span.start.col() as u32 + 1,
            width: width as u32,
            start: start as u32,
            end: end as u32,
        }
    }

    fn document(&mut self, end: Place) -> Option<Document> {
        let root = self.root.take()?;
        let place = self.begins.take().unwrap_or(root.place);
        let place = Place { end: end.start.max(place.end), ..place };
        let mut duplicates = std::mem::take(&mut self.duplicates);
        duplicates.sort_by_key(|d| d.again.start);
        self.abandon();
        Some(Document { root, place, duplicates })
    }

    /// Counts nodes that come into being, and refuses what the limits do not allow.
    fn count(&mut self, nodes: usize, place: Place) -> Result<(), ReadError> {
        self.nodes += nodes;
        if self.exhausted() {
            let message = format!("the text has more than {} values; the rest is not read", self.limits.nodes);
            return Err(ReadError { kind: ErrorKind::Limit, message, place });
        }
        Ok(())
    }

    fn scalar(&mut self, text: Cow<'_, str>, style: ScalarStyle, anchor: usize, tag: Option<&Tag>, place: Place) -> Result<(), ReadError> {
        self.count(1, place)?;
        let tag = tag.map(tag_name);
        let left_out = style == ScalarStyle::Plain && place.start == place.end;
        let style = match style {
            _ if left_out => Style::Empty,
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        // The parser writes a null that was left out as `~`.
        let text = if left_out { String::new() } else { text.into_owned() };
        let untagged = || if matches!(style, Style::Plain | Style::Empty) { scalar::plain(&text, self.rules) } else { Kind::Text };
        let kind = tag.as_deref().and_then(|tag| scalar::tagged(tag, &text, self.rules)).unwrap_or_else(untagged);
        let node = Node { place, value: Value::Scalar(Scalar { text, style, kind }), tag, alias: None };
        self.built(Built { node, nodes: 1, height: 0 }, anchor)
    }

    fn opens(&mut self, place: Place, tag: Option<&Tag>, anchor: usize, style: StructureStyle, is_mapping: bool) -> Result<(), ReadError> {
        self.count(1, place)?;
        if self.open.len() >= self.limits.depth {
            return Err(self.too_deep(place));
        }
        let flow = style == StructureStyle::Flow;
        let first = self.finished.len();
        self.open.push(Open { place, tag: tag.map(tag_name), anchor, flow, nodes: 1, height: 0, is_mapping, first });
        Ok(())
    }

    fn too_deep(&self, place: Place) -> ReadError {
        let message = format!("lists and mappings nest more than {} deep", self.limits.depth);
        ReadError { kind: ErrorKind::Limit, message, place }
    }

    fn closes(&mut self, end: Place) -> Result<(), ReadError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let mut place = open.place;
        if open.flow {
            let whole = self.text.get(place.start as usize..end.end as usize).unwrap_or_default();
            place.width = whole.split(['\n', '\r']).next().unwrap_or_default().trim_end().chars().count() as u32;
            place.end = end.end;
        }
        if let (Some(first), false) = (self.finished.get(open.first), open.flow) {
            place = own_place(first);
        }
        let mut nodes = self.finished.drain(open.first.min(self.finished.len())..);
        let value = if open.is_mapping {
            let mut entries = Vec::with_capacity(nodes.len() / 2);
            while let (Some(key), Some(value)) = (nodes.next(), nodes.next()) {
                entries.push(Entry { key, value, merged: None });
            }
            drop(nodes);
            self.note_duplicates(&entries);
            Value::Mapping(Mapping { entries: merge::apply(entries, self.rules)? })
        } else {
            Value::Sequence(nodes.collect())
        };
        let node = Node { place, value, tag: open.tag, alias: None };
        self.built(Built { node, nodes: open.nodes, height: open.height + 1 }, open.anchor)
    }

    /// Puts a finished node where it belongs, and keeps a copy where it is anchored.
    fn built(&mut self, built: Built, anchor: usize) -> Result<(), ReadError> {
        if anchor != 0 {
            self.expand(built.nodes, built.node.place)?;
            self.anchors.insert(anchor, Built { node: built.node.clone(), ..built });
        }
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(built.node);
            return Ok(());
        };
        parent.nodes += built.nodes;
        parent.height = parent.height.max(built.height);
        self.finished.push(built.node);
        Ok(())
    }

    fn expand(&mut self, nodes: usize, place: Place) -> Result<(), ReadError> {
        self.expanded += nodes;
        if self.expanded > self.limits.expanded {
            self.expanded -= nodes;
            let message = format!("aliases expand to more than {} values", self.limits.expanded);
            return Err(ReadError { kind: ErrorKind::Limit, message, place });
        }
        Ok(())
    }

    fn alias(&mut self, id: usize, place: Place) -> Result<(), ReadError> {
        let Some((nodes, height)) = self.anchors.get(&id).map(|built| (built.nodes, built.height)) else {
            let message = "the alias stands inside of what its anchor names".to_owned();
            return Err(ReadError { kind: ErrorKind::Alias, message, place });
        };
        self.expand(nodes, place)?;
        self.count(nodes, place)?;
        if self.open.len() + height > self.limits.depth {
            return Err(self.too_deep(place));
        }
        let Some(anchored) = self.anchors.get(&id) else { return Ok(()) };
        let node = Node { alias: Some(Box::new(place)), ..anchored.node.clone() };
        self.built(Built { node, nodes, height }, 0)
    }

    fn note_duplicates(&mut self, entries: &[Entry]) {
        if entries.len() <= FEW {
            for (at, entry) in entries.iter().enumerate().skip(1) {
                let Some(text) = entry.key.text() else { continue };
                if let Some(first) = entries[..at].iter().find(|e| e.key.text() == Some(text)) {
                    let duplicate = Duplicate { key: text.to_owned(), first: own_place(&first.key), again: own_place(&entry.key) };
                    self.duplicates.push(duplicate);
                }
            }
            return;
        }
        let mut seen: HashMap<&str, Place> = HashMap::with_capacity(entries.len());
        for entry in entries {
            let Some(text) = entry.key.text() else { continue };
            match seen.get(text) {
                Some(first) => {
                    let again = own_place(&entry.key);
                    self.duplicates.push(Duplicate { key: text.to_owned(), first: *first, again });
                }
                None => {
                    seen.insert(text, own_place(&entry.key));
                }
            }
        }
    }

    fn note_braces(&mut self, style: StructureStyle, place: Place) {
        if style != StructureStyle::Flow || self.braces.is_some() {
            return;
        }
        if let Some(Open { flow: true, place: outer, is_mapping: true, first, .. }) = self.open.last()
            && self.finished.len() == *first
            && outer.start + 1 == place.start
        {
            self.braces = Some(Place { width: 2, end: place.end, ..*outer });
        }
    }
}

/// Where the node stands in the collection that it is read in: the alias, for what came through one.
fn own_place(node: &Node) -> Place {
    node.alias.as_deref().copied().unwrap_or(node.place)
}

fn tag_name(tag: &Tag) -> Box<str> {
    match tag.core_suffix() {
        Some(suffix) => format!("!!{suffix}").into(),
        None => format!("{}{}", tag.handle(), tag.suffix()).into(),
    }
}
