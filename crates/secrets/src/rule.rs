use plimsoll_evidence::Severity;

use crate::check::Check;

/// A kind of credential that is known by its own form. All of them are in [`crate::rules()`].
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Stable name, in kebab case.
    pub name: &'static str,
    /// What it is, in words.
    pub title: &'static str,
    /// How bad it is, by what it opens.
    pub severity: Severity,
    /// Words one of which stands in every text that holds it.
    pub keywords: &'static [&'static str],
    /// How the value stands to the keyword.
    pub form: Form,
    /// A regular expression for the value (for the whole line's part, with the value as its first group: [`Form::Line`]).
    pub pattern: &'static str,
    /// Which files it is looked for in.
    pub reach: Reach,
    /// Bits of Shannon entropy that each character of the value has at the least.
    pub entropy: f32,
    /// What the issuer built into the value so that it can be told from others.
    pub check: Check,
    /// One of these words, in any case, stands within 256 bytes; none asked for where empty.
    pub near: &'static [&'static str],
    /// What to do about it, where that is more than to revoke and remove.
    pub advice: Option<&'static str>,
    /// How to make an example that is found: see the tests' `sample.rs`.
    pub positive: &'static str,
    /// How to make an example that looks alike and is not found.
    pub negative: &'static str,
}

/// How a value stands to the rule's keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// It begins with the keyword; the pattern matches from there. Its first group is the value, else all of it.
    Token,
    /// It is assigned to a name that holds the keyword, in any case.
    Assigned,
    /// It is on the keyword's line: the pattern's first group.
    Line,
}

/// Which files a rule looks at: the rarer its keywords, the more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Every file.
    All,
    /// Text files.
    Texts,
    /// Small text files outside the directories of packages: configuration and what the image's author put in.
    Own,
}

impl Rule {
    const fn new(
        name: &'static str,
        title: &'static str,
        severity: Severity,
        keywords: &'static [&'static str],
        form: Form,
        pattern: &'static str,
    ) -> Self {
        let reach = match form {
            Form::Token => Reach::Texts,
            Form::Assigned | Form::Line => Reach::Own,
        };
        Self {
            name,
            title,
            severity,
            keywords,
            form,
            pattern,
            reach,
            entropy: 2.5,
            check: Check::None,
            near: &[],
            advice: None,
            positive: "",
            negative: "",
        }
    }

    /// A rule for values that begin with a keyword.
    pub(crate) const fn token(
        name: &'static str,
        title: &'static str,
        severity: Severity,
        keywords: &'static [&'static str],
        pattern: &'static str,
    ) -> Self {
        Self::new(name, title, severity, keywords, Form::Token, pattern)
    }

    /// A rule for values that are known only by the name that they are assigned to.
    pub(crate) const fn assigned(
        name: &'static str,
        title: &'static str,
        severity: Severity,
        keywords: &'static [&'static str],
        pattern: &'static str,
    ) -> Self {
        let rule = Self::new(name, title, severity, keywords, Form::Assigned, pattern);
        Self { entropy: 3.0, ..rule }
    }

    /// A rule for values that stand anywhere on the line of a keyword.
    pub(crate) const fn line(
        name: &'static str,
        title: &'static str,
        severity: Severity,
        keywords: &'static [&'static str],
        pattern: &'static str,
    ) -> Self {
        Self::new(name, title, severity, keywords, Form::Line, pattern)
    }

    pub(crate) const fn reach(self, reach: Reach) -> Self {
        Self { reach, ..self }
    }

    pub(crate) const fn entropy(self, entropy: f32) -> Self {
        Self { entropy, ..self }
    }

    pub(crate) const fn check(self, check: Check) -> Self {
        Self { check, ..self }
    }

    pub(crate) const fn near(self, near: &'static [&'static str]) -> Self {
        Self { near, ..self }
    }

    pub(crate) const fn advice(self, advice: &'static str) -> Self {
        Self { advice: Some(advice), ..self }
    }

    /// The templates of an example that is found and of one that is not.
    pub(crate) const fn examples(self, positive: &'static str, negative: &'static str) -> Self {
        Self { positive, negative, ..self }
    }
}
