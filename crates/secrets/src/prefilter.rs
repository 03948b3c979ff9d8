//! Where a rule may match: the rules' keywords, found in one pass each over as few bytes as their rarity allows.

use std::sync::LazyLock;

use aho_corasick::packed::{self, Searcher};
use aho_corasick::{AhoCorasick, MatchKind, Span};

use crate::rule::{Reach, Rule};
use crate::rules::rules;

/// What a keyword leads to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lead {
    /// A rule's expression is to be tried here.
    Rule(&'static Rule),
    /// A PEM or PGP block may begin here.
    Armor,
    /// A `PuTTY` key may begin here.
    Putty,
    /// The line may assign something secret.
    Assignment,
    /// A URL may hold a password.
    Url,
}

/// Teddy takes no more patterns than this at a time.
const MOST_PACKED: usize = 64;

/// Keywords and where they lead.
pub(crate) struct Prefilter {
    searchers: Vec<Search>,
    ignores_case: Option<AhoCorasick>,
    leads: Vec<Vec<Lead>>,
}

struct Search {
    packed: Option<Searcher>,
    /// Where the processor has no vectors to search with.
    plain: Option<AhoCorasick>,
    /// The first keyword's place in `leads`.
    first: usize,
}

/// For every file.
pub(crate) static EVERYWHERE: LazyLock<Prefilter> = LazyLock::new(|| {
    let mut keywords = of_reach(Reach::All);
    keywords.push(("-----BEGIN", Lead::Armor));
    Prefilter::exact(keywords)
});

/// For text files, besides.
pub(crate) static TEXTS: LazyLock<Prefilter> = LazyLock::new(|| {
    let mut keywords = of_reach(Reach::Texts);
    keywords.push(("PuTTY-User-Key-File-", Lead::Putty));
    Prefilter::exact(keywords)
});

/// For small text files outside packages, besides.
pub(crate) static OWN: LazyLock<Prefilter> = LazyLock::new(|| {
    const ASSIGNED: &[&str] = &[
        "passw",
        "pwd",
        "passphrase",
        "secret",
        "token",
        "api_key",
        "apikey",
        "api-key",
        "api.key",
        "access_key",
        "accesskey",
        "private_key",
        "credential",
        "auth_key",
        "encryption_key",
        "_pass",
    ];
    let mut keywords = of_reach(Reach::Own);
    keywords.extend(ASSIGNED.iter().map(|k| (*k, Lead::Assignment)));
    keywords.push(("://", Lead::Url));
    Prefilter::ignoring_case(keywords)
});

fn of_reach(reach: Reach) -> Vec<(&'static str, Lead)> {
    rules().filter(|r| r.reach == reach).flat_map(|r| r.keywords.iter().map(move |k| (*k, Lead::Rule(r)))).collect()
}

impl Prefilter {
    fn exact(mut keywords: Vec<(&'static str, Lead)>) -> Self {
        keywords.sort_by_key(|(k, _)| *k);
        // A keyword that begins with another one is found by the shorter.
        let mut short: Vec<&'static str> = Vec::new();
        let mut leads: Vec<Vec<Lead>> = Vec::new();
        for (keyword, lead) in keywords {
            match (short.last(), leads.last_mut()) {
                (Some(last), Some(leads)) if keyword.starts_with(last) => leads.push(lead),
                _ => {
                    short.push(keyword);
                    leads.push(vec![lead]);
                }
            }
        }
        let searchers = short
            .chunks(MOST_PACKED)
            .enumerate()
            .map(|(i, some)| {
                let packed = packed::Config::new().match_kind(packed::MatchKind::LeftmostFirst).builder().extend(some).build();
                let plain =
                    if packed.is_none() { AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(some).ok() } else { None };
                Search { packed, plain, first: i * MOST_PACKED }
            })
            .collect();
        Self { searchers, ignores_case: None, leads }
    }

    fn ignoring_case(keywords: Vec<(&'static str, Lead)>) -> Self {
        let mut words: Vec<String> = Vec::new();
        let mut leads: Vec<Vec<Lead>> = Vec::new();
        for (keyword, lead) in keywords {
            let word = keyword.to_ascii_lowercase();
            if let Some(at) = words.iter().position(|w| *w == word) {
                leads[at].push(lead);
            } else {
                words.push(word);
                leads.push(vec![lead]);
            }
        }
        let ignores_case = AhoCorasick::builder().ascii_case_insensitive(true).build(&words).ok();
        Self { searchers: Vec::new(), ignores_case, leads }
    }

    /// Tells of each keyword in the bytes where it begins and ends, and of its leads.
    pub(crate) fn search(&self, bytes: &[u8], mut tell: impl FnMut(usize, usize, &[Lead])) {
        for search in &self.searchers {
            let mut from = 0;
            while let Some(found) = search.find(bytes, from) {
                tell(found.0, found.1, &self.leads[search.first + found.2]);
                // Another keyword may begin inside this one.
                from = found.0 + 1;
            }
        }
        if let Some(automaton) = &self.ignores_case {
            for found in automaton.find_overlapping_iter(bytes) {
                tell(found.start(), found.end(), &self.leads[found.pattern().as_usize()]);
            }
        }
    }

    /// How many keywords are searched for.
    #[cfg(test)]
    pub(crate) fn keywords(&self) -> usize {
        self.leads.len()
    }
}

impl Search {
    fn find(&self, bytes: &[u8], from: usize) -> Option<(usize, usize, usize)> {
        let span = Span::from(from..bytes.len());
        let found = match (&self.packed, &self.plain) {
            (Some(packed), _) => packed.find_in(bytes, span),
            (None, Some(plain)) => plain.find(aho_corasick::Input::new(bytes).span(span)),
            (None, None) => None,
        };
        found.map(|f| (f.start(), f.end(), f.pattern().as_usize()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that every file pays for; measured in `examples/pace.rs`.
    #[test]
    fn what_is_searched_everywhere_stays_few() {
        assert!(EVERYWHERE.keywords() <= 48, "{}", EVERYWHERE.keywords());
        assert!(TEXTS.keywords() <= 2 * MOST_PACKED, "{}", TEXTS.keywords());
    }

    #[test]
    fn keywords_are_rare_enough_to_be_searched_everywhere() {
        for rule in rules().filter(|r| r.reach == Reach::All) {
            assert!(rule.keywords.iter().all(|k| k.len() >= 4), "{}", rule.name);
        }
    }
}
