//! Where a rule may match: the rules' keywords, found in one pass each over as few bytes as their rarity allows.

use std::borrow::Cow;
use std::sync::LazyLock;

use crate::rule::{Reach, Rule};
use crate::rules::rules;
use crate::words::{MOST_PACKED, Words};

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

/// Teddy tells words apart by this many of their first bytes.
const LONG: usize = 4;

/// Keywords and where they lead.
pub(crate) struct Prefilter {
    searchers: Vec<Search>,
    /// Whether the keywords are found in capitals too; then they are in lower case here.
    ignores_case: bool,
    /// Of each word that is searched for, the keywords that begin with it.
    leads: Vec<Vec<(Cow<'static, str>, Lead)>>,
}

struct Search {
    words: Words,
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
    fn exact(keywords: Vec<(&'static str, Lead)>) -> Self {
        Self::of(keywords.into_iter().map(|(keyword, lead)| (Cow::Borrowed(keyword), lead)).collect(), false)
    }

    fn ignoring_case(keywords: Vec<(&'static str, Lead)>) -> Self {
        Self::of(keywords.into_iter().map(|(keyword, lead)| (Cow::Owned(keyword.to_ascii_lowercase()), lead)).collect(), true)
    }

    fn of(mut keywords: Vec<(Cow<'static, str>, Lead)>, ignores_case: bool) -> Self {
        keywords.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut leads: Vec<Vec<(Cow<'static, str>, Lead)>> = Vec::new();
        for (keyword, lead) in keywords {
            match leads.last_mut() {
                Some(short) if keyword.starts_with(short[0].0.as_ref()) => short.push((keyword, lead)),
                _ => leads.push(vec![(keyword, lead)]),
            }
        }
        // A search looks at no more bytes than its shortest word has before it looks closer: the short ones have one of their own.
        leads.sort_by_key(|keywords| keywords[0].0.len() >= LONG);
        let short = leads.partition_point(|keywords| keywords[0].0.len() < LONG);
        let (few, many) = leads.split_at(short);
        let chunks = few.chunks(MOST_PACKED).chain(many.chunks(MOST_PACKED));
        let firsts = chunks.clone().scan(0, |first, some| Some(std::mem::replace(first, *first + some.len())));
        let searchers = chunks
            .zip(firsts)
            .map(|(some, first)| {
                let words: Vec<&str> = some.iter().map(|keywords| keywords[0].0.as_ref()).collect();
                Search { words: Words::new(&words), first }
            })
            .collect();
        Self { searchers, ignores_case, leads }
    }

    /// Tells of each keyword in the bytes where it begins and ends, and where it leads.
    pub(crate) fn search(&self, bytes: &[u8], mut tell: impl FnMut(usize, usize, Lead)) {
        let lower = self.ignores_case.then(|| bytes.to_ascii_lowercase());
        let bytes = lower.as_deref().unwrap_or(bytes);
        for search in &self.searchers {
            let mut from = 0;
            while let Some((start, which)) = search.words.find(bytes, from) {
                for (keyword, lead) in &self.leads[search.first + which] {
                    if bytes[start..].starts_with(keyword.as_bytes()) {
                        tell(start, start + keyword.len(), *lead);
                    }
                }
                // Another keyword may begin inside this one.
                from = start + 1;
            }
        }
    }

    /// How many keywords are searched for.
    #[cfg(test)]
    pub(crate) fn keywords(&self) -> usize {
        self.leads.len()
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
