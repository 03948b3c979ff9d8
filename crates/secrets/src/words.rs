//! The search for some words, in one pass.

use aho_corasick::packed::{self, Searcher};
use aho_corasick::{AhoCorasick, MatchKind, Span};

/// Teddy takes no more words than this at a time.
pub(crate) const MOST_PACKED: usize = 64;

/// Words, none of which begins another.
pub(crate) struct Words {
    packed: Option<Searcher>,
    /// Where the processor has no vectors to search with.
    plain: Option<AhoCorasick>,
}

impl Words {
    /// At most [`MOST_PACKED`] words.
    pub(crate) fn new(words: &[&str]) -> Self {
        let packed = packed::Config::new().match_kind(packed::MatchKind::LeftmostFirst).builder().extend(words).build();
        let plain = if packed.is_none() { AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(words).ok() } else { None };
        Self { packed, plain }
    }

    /// Where the next word begins, and which it is.
    pub(crate) fn find(&self, bytes: &[u8], from: usize) -> Option<(usize, usize)> {
        let span = Span::from(from..bytes.len());
        let found = match (&self.packed, &self.plain) {
            (Some(packed), _) => packed.find_in(bytes, span),
            (None, Some(plain)) => plain.find(aho_corasick::Input::new(bytes).span(span)),
            (None, None) => None,
        };
        found.map(|f| (f.start(), f.pattern().as_usize()))
    }
}
