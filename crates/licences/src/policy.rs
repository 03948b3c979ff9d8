//! Which licences a policy lets pass.

/// Lists of identifiers (`MIT`, `GPL-3.0-only`, `LicenseRef-…`). `*` at the end stands for any ending: `GPL-*`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Where it is not empty, only these pass.
    pub allowed: Vec<String>,
    /// These do not.
    pub denied: Vec<String>,
}

/// What a policy says of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// One of the choices that the expression leaves passes.
    Allowed,
    /// None does; these are in the way.
    Refused(Vec<String>),
    /// Nothing is known of the licence.
    Unknown,
}

impl Policy {
    /// Whether an expression passes: of `A OR B` one is enough, of `A AND B` both have to.
    pub fn rule(&self, expression: Option<&str>) -> Ruling {
        let Some(parsed) = expression.and_then(|e| spdx::Expression::parse(e).ok()) else { return Ruling::Unknown };
        let mut refused = Vec::new();
        let passes = parsed.evaluate(|requirement| {
            let name = requirement.license.to_string();
            let passes = self.passes(&name);
            if !passes {
                refused.push(name);
            }
            passes
        });
        refused.sort();
        refused.dedup();
        if passes { Ruling::Allowed } else { Ruling::Refused(refused) }
    }

    fn passes(&self, name: &str) -> bool {
        let listed = |list: &[String]| list.iter().any(|entry| matches(entry, name));
        (self.allowed.is_empty() || listed(&self.allowed)) && !listed(&self.denied)
    }
}

fn matches(entry: &str, name: &str) -> bool {
    entry.strip_suffix('*').map_or_else(
        || entry.eq_ignore_ascii_case(name),
        |start| name.get(..start.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(start)),
    )
}
