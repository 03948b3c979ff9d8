//! Statements, held against what was found in an image.

use std::collections::{BTreeSet, HashMap};

use plimsoll_evidence::{
    Inventory, Subject, Vex, VexAnswer, VexConflict, VexContradiction, VexJustification, VexReason, VexStatement, VexStatus, VexUnused,
    Vulnerabilities, printable_line,
};

use crate::matching::{Here, Is};

/// What statements are held against.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The image; none where a list of components is all there is.
    pub subject: Option<&'a Subject>,
    /// Further names of it.
    pub names: &'a [String],
    /// Its components.
    pub inventory: &'a Inventory,
    /// What was found in them; none where no advisories were asked.
    pub known: Option<&'a Vulnerabilities>,
}

/// Fills in what the statements come to here: which speaks of which vulnerability, which speaks of none and why, and which contradicts the image.
pub fn apply(vex: &mut Vex, target: Target<'_>) {
    let here = Here::new(target.subject, target.names, target.inventory);
    let mut ids: HashMap<String, Vec<u32>> = HashMap::new();
    for (at, found) in target.known.iter().flat_map(|k| &k.found).enumerate() {
        let own = found.ids.iter().chain((!found.ids.contains(&found.id)).then_some(&found.id));
        for id in own {
            ids.entry(id.to_ascii_uppercase()).or_default().push(at as u32);
        }
    }
    let mut judged = Judged { here: &here, target, ids, answers: Vec::new(), unused: Vec::new(), contradictions: Vec::new() };
    for (at, statement) in vex.statements.iter().enumerate() {
        judged.statement(at as u32, statement);
    }
    judged.other_images(vex);
    let Judged { answers, mut unused, mut contradictions, .. } = judged;
    let (answers, superseded) = newest(vex, answers);
    unused.extend(superseded);
    unused.sort();
    contradictions.sort();
    contradictions.dedup();
    (vex.answers, vex.unused, vex.contradictions) = (answers, unused, contradictions);
}

struct Judged<'a> {
    here: &'a Here<'a>,
    target: Target<'a>,
    /// The vulnerabilities that have an id, in capitals.
    ids: HashMap<String, Vec<u32>>,
    answers: Vec<VexAnswer>,
    unused: Vec<VexUnused>,
    contradictions: Vec<VexContradiction>,
}

/// What a statement is about, here.
#[derive(Default)]
struct Scope {
    /// All that was found in the image.
    all: bool,
    /// Components that are named as such.
    named: BTreeSet<u32>,
    /// Those among them that are parts of a product, so that "not present" speaks of them.
    parts: BTreeSet<u32>,
    /// Why there is none, the reason that is nearest.
    reason: Option<(VexReason, String)>,
}

impl Scope {
    /// A reason why nothing is meant; of several the one that came nearest to it counts.
    fn lacks(&mut self, reason: VexReason, why: String) {
        let is_nearer = self.reason.as_ref().is_none_or(|(old, _)| *old == VexReason::OtherProduct && reason != VexReason::OtherProduct);
        if is_nearer {
            self.reason = Some((reason, why));
        }
    }
}

impl Judged<'_> {
    fn statement(&mut self, at: u32, statement: &VexStatement) {
        if let Some(why) = incomplete(statement) {
            self.unused.push(VexUnused { statement: at, reason: VexReason::Incomplete, why: why.to_owned() });
            return;
        }
        let scope = self.scope(statement);
        if !scope.all && scope.named.is_empty() {
            let (reason, why) = scope.reason.unwrap_or((VexReason::OtherProduct, "it names no product".to_owned()));
            self.unused.push(VexUnused { statement: at, reason, why: printable_line(&why, 300) });
            return;
        }
        let mut absent = BTreeSet::new();
        if statement.status == VexStatus::NotAffected && statement.justification == Some(VexJustification::ComponentNotPresent) {
            absent.clone_from(&scope.parts);
        }
        let found = self.target.known.map(|k| k.found.as_slice()).unwrap_or_default();
        let mut places: Vec<u32> =
            statement.vulnerabilities.iter().filter_map(|id| self.ids.get(&id.to_ascii_uppercase())).flatten().copied().collect();
        places.sort_unstable();
        places.dedup();
        let mut any = false;
        for place in places {
            let Some(vulnerability) = found.get(place as usize) else { continue };
            if !scope.all && !scope.named.contains(&vulnerability.component) {
                continue;
            }
            any = true;
            let mut contradicted = absent.contains(&vulnerability.component);
            if scope.all
                && statement.status == VexStatus::NotAffected
                && statement.justification == Some(VexJustification::ComponentNotPresent)
            {
                absent.insert(vulnerability.component);
                contradicted = true;
            }
            if let Some(by) = vulnerability.matches.iter().find(|m| m.fixed.is_some()).filter(|_| statement.status == VexStatus::Fixed) {
                contradicted = true;
                let says = format!("{} is said to be fixed, and {}.", vulnerability.id, by.proof);
                self.contradict(at, VexConflict::NotFixed, Some(vulnerability.component), &says);
            }
            self.answers.push(VexAnswer { vulnerability: place, statement: at, contradicted });
        }
        let names = statement.vulnerabilities.join(", ");
        for component in absent {
            let Some(package) = self.here.package(component) else { continue };
            let says =
                format!("For {names} it is said that the component is not present, and {} {} is installed.", package.name, package.version);
            self.contradict(at, VexConflict::ComponentPresent, Some(component), &says);
        }
        if !any {
            let why = if self.target.known.is_some() {
                format!("nothing that it speaks of is known to have {names}")
            } else {
                "no advisories were asked".to_owned()
            };
            self.unused.push(VexUnused { statement: at, reason: VexReason::NotFound, why: printable_line(&why, 300) });
        }
    }

    fn scope(&self, statement: &VexStatement) -> Scope {
        let mut scope = Scope::default();
        for product in &statement.products {
            let whole = match self.here.find(&product.product) {
                Is::Image => None,
                Is::Components(components) => Some(components),
                Is::OtherVersion(why) => {
                    scope.lacks(VexReason::OtherComponent, why);
                    continue;
                }
                Is::Nothing(why) => {
                    scope.lacks(VexReason::OtherProduct, why);
                    continue;
                }
            };
            if product.parts.is_empty() {
                match whole {
                    None => scope.all = true,
                    Some(components) => scope.named.extend(components),
                }
                continue;
            }
            for part in &product.parts {
                match self.here.find(part) {
                    Is::Image => scope.all |= whole.is_none(),
                    Is::Components(components) => {
                        let inside: Vec<u32> = components
                            .into_iter()
                            .filter(|c| whole.as_ref().is_none_or(|w| w.iter().any(|w| self.here.lies_in(*c, *w))))
                            .collect();
                        if inside.is_empty() {
                            scope.lacks(
                                VexReason::OtherComponent,
                                format!("{} is here, and not known to be a part of {}", part.shown, product.product.shown),
                            );
                        }
                        scope.named.extend(&inside);
                        scope.parts.extend(inside);
                    }
                    Is::OtherVersion(why) | Is::Nothing(why) => scope.lacks(VexReason::OtherComponent, why),
                }
            }
        }
        scope
    }

    fn contradict(&mut self, statement: u32, kind: VexConflict, component: Option<u32>, says: &str) {
        self.contradictions.push(VexContradiction { statement, kind, component, says: printable_line(says, 380) });
    }

    /// Documents that were given one by one and in which no statement is about this image or a part of it.
    fn other_images(&mut self, vex: &Vex) {
        let mut reasons: HashMap<u32, (usize, u32, &str)> = HashMap::new();
        for unused in self.unused.iter().filter(|u| u.reason == VexReason::OtherProduct) {
            let Some(statement) = vex.statements.get(unused.statement as usize) else { continue };
            reasons.entry(statement.document).or_insert((0, unused.statement, &unused.why)).0 += 1;
        }
        let mut said = Vec::new();
        for (place, document) in vex.documents.iter().enumerate().filter(|(_, d)| !d.listed) {
            let total = vex.statements.iter().filter(|s| s.document == place as u32).count();
            if let Some((n, first, why)) = reasons.get(&(place as u32)).filter(|(n, ..)| *n == total && total > 0) {
                let none = if *n == 1 { "its statement is not".to_owned() } else { format!("none of its {n} statements is") };
                said.push((*first, format!("{} was given, and {none} about this image: {why}.", document.source)));
            }
        }
        for (statement, says) in said {
            self.contradict(statement, VexConflict::OtherImage, None, &says);
        }
    }
}

/// What a statement lacks to count for anything.
fn incomplete(statement: &VexStatement) -> Option<&'static str> {
    if statement.vulnerabilities.is_empty() {
        return Some("it names no vulnerability");
    }
    if statement.products.is_empty() {
        return Some("it names no product");
    }
    let is_bare = statement.justification.is_none() && statement.impact.is_none();
    (statement.status == VexStatus::NotAffected && is_bare)
        .then_some("it says not affected, and neither a justification nor an impact statement says why")
}

/// Of one author's answers to one vulnerability the newest. Says which statements nothing is left of.
fn newest(vex: &Vex, answers: Vec<VexAnswer>) -> (Vec<VexAnswer>, Vec<VexUnused>) {
    let author = |statement: u32| {
        let document = vex.document(statement)?;
        Some(document.author.as_deref().or(document.id.as_deref()).unwrap_or(&document.source))
    };
    let made = |statement: u32| vex.statements.get(statement as usize).and_then(|s| s.made);
    let mut last: HashMap<(Option<&str>, u32), Option<i64>> = HashMap::new();
    for answer in &answers {
        let made = made(answer.statement);
        let newest = last.entry((author(answer.statement), answer.vulnerability)).or_insert(made);
        // A statement without a time is older than any that has one.
        *newest = (*newest).max(made);
    }
    let is_last = |a: &VexAnswer| last.get(&(author(a.statement), a.vulnerability)).is_none_or(|newest| made(a.statement) >= *newest);
    let (mut kept, old): (Vec<VexAnswer>, Vec<VexAnswer>) = answers.into_iter().partition(is_last);
    kept.sort_unstable();
    let used: BTreeSet<u32> = kept.iter().map(|a| a.statement).collect();
    let old: BTreeSet<u32> = old.iter().map(|a| a.statement).filter(|s| !used.contains(s)).collect();
    let unused = old.into_iter().map(|statement| VexUnused {
        statement,
        reason: VexReason::Superseded,
        why: "the same author said something else later".to_owned(),
    });
    (kept, unused.collect())
}

#[cfg(test)]
mod tests;
