use plimsoll_checklist::{Finding, Item, ItemId, Level, Outcome, Section, Strength, Verdict};
use plimsoll_evidence::{BaseImage, Evidence, Need, Problem, Severity, Subject};
use schemars::JsonSchema;
use serde::Serialize;

use crate::declared::{Declared, declared};

/// The name of the report's form. A member may be added under the same name; one that changes or goes raises the number.
const SCHEMA: &str = "plimsoll-report-v1";

/// What `plimsoll check` has to say about one image.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The name of this form: `plimsoll-report-v1`.
    pub schema: &'static str,
    /// What made it.
    pub tool: Tool,
    /// The image; null where only build files or a deployment were checked.
    pub subject: Option<Subject>,
    /// The base image, as far as it is known.
    pub base: Base,
    /// What declares the image: build files and the deployment.
    pub declared: Declared,
    /// How many items came out how.
    pub summary: Summary,
    /// The forty items, in the checklist's order.
    pub items: Vec<ItemReport>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// A program and its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// The base image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Base {
    /// Whether it is known which layers it brought.
    pub known: bool,
    /// Its name and digest and how it is known, or why it is not and what to supply.
    pub detail: String,
}

/// How many items came out how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Summary {
    /// The evidence shows that the requirement holds.
    pub pass: usize,
    /// The evidence shows that it does not.
    pub fail: usize,
    /// Evidence is lacking.
    pub unknown: usize,
    /// The item cannot concern this image.
    pub not_applicable: usize,
    /// A fail that the owner accepted.
    pub accepted: usize,
}

/// One item and its verdict.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ItemReport {
    /// The item.
    pub id: ItemId,
    /// Its heading.
    pub title: &'static str,
    /// Where it stands in the checklist.
    pub section: Section,
    /// The verdict.
    pub verdict: Outcome,
    /// How strong the evidence is.
    pub strength: Option<Strength>,
    /// The verdict in one sentence.
    pub summary: String,
    /// What was found, worst first.
    pub findings: Vec<Finding>,
    /// What to supply to learn more.
    pub needs: Vec<Need>,
    /// The item itself, for formats that explain.
    #[serde(skip)]
    #[schemars(skip)]
    pub item: &'static Item,
}

impl ItemReport {
    /// Whether nothing is known of it because there is no image.
    pub(crate) fn only_lacks_the_image(&self) -> bool {
        self.findings.is_empty() && self.needs.len() == 1 && self.needs[0].what == "the image"
    }

    /// The worst severity among its findings.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|f| f.severity).max()
    }
}

impl Report {
    /// Puts a report together.
    pub fn new(evidence: &Evidence, verdicts: Vec<(&'static Item, Verdict)>, version: &'static str) -> Self {
        let items: Vec<ItemReport> = verdicts
            .into_iter()
            .map(|(item, verdict)| ItemReport {
                id: item.id,
                title: item.title,
                section: item.section,
                verdict: verdict.outcome,
                strength: verdict.strength,
                summary: verdict.summary,
                findings: verdict.findings,
                needs: verdict.needs,
                item,
            })
            .collect();
        let count = |outcome| items.iter().filter(|i| i.verdict == outcome).count();
        Self {
            schema: SCHEMA,
            tool: Tool { name: "plimsoll", version },
            subject: evidence.subject.clone(),
            base: base(evidence),
            declared: declared(evidence),
            summary: Summary {
                pass: count(Outcome::Pass),
                fail: count(Outcome::Fail),
                unknown: count(Outcome::Unknown),
                not_applicable: count(Outcome::NotApplicable),
                accepted: count(Outcome::Accepted),
            },
            problems: problems(evidence),
            items,
        }
    }

    /// The worst severity of a failed item's findings; none where nothing failed.
    pub fn worst_fail(&self) -> Option<Severity> {
        self.items.iter().filter(|i| i.verdict == Outcome::Fail).filter_map(ItemReport::worst).max()
    }

    /// Whether an item that is required at the basic or standard level is unknown.
    pub fn lacks_certainty(&self) -> bool {
        self.items.iter().any(|i| i.verdict == Outcome::Unknown && i.item.level() <= Level::Standard)
    }
}

fn problems(evidence: &Evidence) -> Vec<Problem> {
    let build = evidence.build.found().into_iter().flat_map(|b| &b.problems);
    let deployment = evidence.deployment.found().into_iter().flat_map(|d| &d.problems);
    evidence.problems.iter().chain(build).chain(deployment).cloned().collect()
}

fn base(evidence: &Evidence) -> Base {
    match evidence.image.found().map(|i| &i.base) {
        Some(BaseImage::Known(base)) => {
            let name = base.name.clone().unwrap_or_else(|| "the base image".to_owned());
            let digest = base.digest.as_ref().map(|d| format!("@{d}")).unwrap_or_default();
            Base { known: true, detail: format!("{name}{digest}: the lowest {} layers ({})", base.layers, base.how) }
        }
        Some(BaseImage::Unknown(why)) => Base { known: false, detail: why.clone() },
        None => Base { known: false, detail: "the image was not read".to_owned() },
    }
}
