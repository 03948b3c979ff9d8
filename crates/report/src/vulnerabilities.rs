//! What `plimsoll vulns` has to say about one image or list of components.

mod cyclonedx;
mod text;
mod vex;

use plimsoll_checklist::Policy;
use plimsoll_checklist::exposure::{Change, Due, Exploitability, Exposure, Going, Priority, PriorityLevel, WayOut, database_age, priority};
use plimsoll_evidence::{
    AdvisoryDatabase, Asked, Evidence, Inventory, Location, Origin, Package, Problem, Severity, Subject, Uncovered, Vulnerability,
    Withdrawn,
};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use crate::Tool;

pub use cyclonedx::vulnerabilities_cyclonedx;
pub use text::vulnerabilities_text;
pub use vex::{VexReport, VexUnusedReport};

/// The name of the report's form.
const SCHEMA: &str = "plimsoll-vulnerabilities-v1";

/// Which findings are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// Only those that have a fixed version.
    pub only_fixed: bool,
    /// Only those at this severity and above.
    pub severity: Option<Severity>,
    /// Only those that this one brought.
    pub origin: Option<Origin>,
    /// Only those in components that the entrypoint reaches.
    pub reachable: bool,
}

/// The vulnerabilities of an image.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VulnerabilityReport {
    /// The name of this form: `plimsoll-vulnerabilities-v1`.
    pub schema: &'static str,
    /// What made it.
    pub tool: Tool,
    /// The image; null where a list of components was given.
    pub subject: Option<Subject>,
    /// The advisories.
    pub database: DatabaseReport,
    /// How many components were looked up.
    pub components: usize,
    /// How much the database knows of each kind of component that was looked up in it.
    pub asked: Vec<Asked>,
    /// What was found and chosen: most pressing first.
    pub findings: Vec<VulnerabilityFinding>,
    /// Findings that were left out by choice.
    pub left_out: usize,
    /// Single changes that close findings, the one that closes most first.
    pub changes: Vec<Change>,
    /// How small the base can be.
    pub base: plimsoll_checklist::exposure::BaseWay,
    /// What gets no more security fixes: what is found in it stays open, and advisories no longer name it.
    pub ended: Vec<String>,
    /// Components of which nothing is known.
    pub uncovered: Vec<Uncovered>,
    /// Records that their publishers took back and that would have matched.
    pub withdrawn: Vec<Withdrawn>,
    /// What would be gone without a component.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<WithoutReport>,
    /// What VEX documents say that speaks of none of the findings, and what the image contradicts; null where none were given.
    pub vex: Option<VexReport>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// The advisories and their age.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DatabaseReport {
    /// The database.
    #[serde(flatten)]
    pub state: AdvisoryDatabase,
    /// Days since it was had (or since its newest record), at the time of judging.
    pub age_days: Option<i64>,
    /// Whether the policy calls it too old to judge by.
    pub stale: bool,
}

/// One vulnerability of one component.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VulnerabilityFinding {
    /// The vulnerability.
    #[serde(flatten)]
    pub vulnerability: Vulnerability,
    /// How bad it is.
    pub severity: Option<Severity>,
    /// The component that has it.
    pub package: ComponentReport,
    /// The file that records the component.
    pub location: Location,
    /// Who brought it.
    pub origin: Origin,
    /// How soon it is to be dealt with, and why.
    pub priority: Priority,
    /// By when.
    pub due: Option<Due>,
    /// The way out.
    pub way_out: WayOut,
    /// What VEX documents say of it.
    pub exploitability: Exploitability,
}

/// A component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ComponentReport {
    /// Who keeps it: `dpkg`, `npm` …
    pub ecosystem: &'static str,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its package URL.
    pub purl: Option<String>,
    /// The file that records it.
    pub recorded_in: String,
    /// The bill of materials that alone names it; absent where the image itself shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stated_by: Option<String>,
}

/// What would be gone without a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WithoutReport {
    /// As it was asked for.
    pub asked: String,
    /// What goes; null where nothing has that name.
    pub going: Option<Going>,
    /// Ids that are gone from the image with it: no component that stays has them.
    pub gone: Vec<String>,
    /// Ids that other components have as well.
    pub stay: Vec<String>,
}

impl VulnerabilityReport {
    /// Puts a report together; none where no database was asked.
    pub fn new(evidence: &Evidence, policy: &Policy, choice: &Choice, without: &[String], version: &'static str) -> Option<Self> {
        let exposure = Exposure::new(evidence, policy)?;
        let known = exposure.known;
        let age_days = database_age(known, policy.now);
        let mut findings: Vec<VulnerabilityFinding> = Vec::new();
        let mut left_out = 0;
        for (at, vulnerability) in known.found.iter().enumerate() {
            let Some(finding) = finding(&exposure, evidence, at, vulnerability) else { continue };
            if is_chosen(&finding, choice) { findings.push(finding) } else { left_out += 1 }
        }
        findings.sort_by(|a, b| order(a).cmp(&order(b)));
        Some(Self {
            schema: SCHEMA,
            tool: Tool { name: "plimsoll", version },
            subject: evidence.subject.clone(),
            database: DatabaseReport {
                state: known.database.clone(),
                stale: age_days.is_none_or(|d| d > i64::from(policy.database_days)),
                age_days,
            },
            components: exposure.inventory.packages.len(),
            asked: known.asked.clone(),
            findings,
            left_out,
            changes: exposure.changes.single.clone(),
            base: exposure.changes.base.clone(),
            ended: exposure.ended(),
            uncovered: known.uncovered.clone(),
            withdrawn: known.withdrawn.clone(),
            without: without.iter().map(|name| report_without(&exposure, name)).collect(),
            vex: evidence.vex.found().map(VexReport::new),
            problems: evidence.problems.clone(),
        })
    }

    /// The worst severity of what is shown.
    pub fn worst(&self) -> Option<Severity> {
        // What nobody rates is held to be medium, as its deadline is.
        self.findings
            .iter()
            .filter(|f| f.vulnerability.informational.is_none() && !f.exploitability.silenced)
            .map(|f| f.severity.unwrap_or(Severity::Medium))
            .max()
    }
}

/// One report as indented JSON, several as an array.
pub fn vulnerabilities_json(reports: &[VulnerabilityReport]) -> serde_json::Result<String> {
    let text = match reports {
        [report] => serde_json::to_string_pretty(report),
        reports => serde_json::to_string_pretty(reports),
    };
    text.map(|text| text + "\n")
}

/// The JSON Schema (draft 2020-12) of a report.
pub fn vulnerabilities_schema() -> serde_json::Result<String> {
    let schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<VulnerabilityReport>();
    serde_json::to_string_pretty(&schema).map(|text| text + "\n")
}

fn finding(exposure: &Exposure<'_>, evidence: &Evidence, at: usize, vulnerability: &Vulnerability) -> Option<VulnerabilityFinding> {
    let package = exposure.inventory.packages.get(vulnerability.component as usize)?;
    let image = evidence.image.found();
    Some(VulnerabilityFinding {
        severity: vulnerability.severity(),
        package: component(exposure.inventory, vulnerability.component, package),
        location: image.map_or(Location::Image, |i| {
            let (file, inside) =
                package.recorded_in.split_once('!').map_or((package.recorded_in.as_str(), None), |(f, inside)| (f, Some(inside)));
            i.in_layer(package.layer, file, None, inside)
        }),
        origin: image.map_or(Origin::Unknown, |i| i.origin(package.layer)),
        priority: priority(vulnerability),
        due: exposure.due(at),
        way_out: exposure.way_out(at)?,
        exploitability: exposure.exploitability(at),
        vulnerability: vulnerability.clone(),
    })
}

fn component(inventory: &Inventory, at: u32, package: &Package) -> ComponentReport {
    ComponentReport {
        ecosystem: package.ecosystem.name(),
        name: package.name.clone(),
        version: package.version.clone(),
        purl: package.purl.clone(),
        recorded_in: package.recorded_in.clone(),
        stated_by: inventory.stated_by(at).map(str::to_owned),
    }
}

fn is_chosen(finding: &VulnerabilityFinding, choice: &Choice) -> bool {
    let severity = finding.severity.unwrap_or(Severity::Medium);
    let reached = finding.way_out.needed != plimsoll_checklist::exposure::Need::NotReached;
    (!choice.only_fixed || !finding.vulnerability.fixed_in.is_empty())
        && choice.severity.is_none_or(|least| severity >= least)
        && choice.origin.is_none_or(|origin| finding.origin == origin)
        && (!choice.reachable || reached)
}

/// Most pressing first; then by severity, likelihood, component and id.
fn order(f: &VulnerabilityFinding) -> impl Ord {
    let epss = f.vulnerability.epss.as_ref().map_or(0, |e| (e.score * 100_000.0) as i64);
    (
        f.priority.level,
        std::cmp::Reverse(f.severity.unwrap_or(Severity::Medium)),
        std::cmp::Reverse(epss),
        f.package.name.clone(),
        f.vulnerability.id.clone(),
        f.package.recorded_in.clone(),
        f.vulnerability.component,
    )
}

fn report_without(exposure: &Exposure<'_>, asked: &str) -> WithoutReport {
    let going = exposure.going(asked);
    let found = &exposure.known.found;
    let places = |g: &Going| g.closes.iter().chain(&g.closes_with).copied().collect::<std::collections::BTreeSet<_>>();
    let goes = going.as_ref().map(places).unwrap_or_default();
    let stays = |id: &str| found.iter().enumerate().any(|(at, v)| !goes.contains(&at) && v.id == id);
    let mut ids: Vec<&str> = goes.iter().filter_map(|at| found.get(*at)).map(|v| v.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let (stay, gone): (Vec<&str>, Vec<&str>) = ids.into_iter().partition(|id| stays(id));
    let owned = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect();
    WithoutReport { asked: asked.to_owned(), going, gone: owned(gone), stay: owned(stay) }
}

/// How many findings are of each level.
pub(crate) fn by_level(findings: &[VulnerabilityFinding], level: PriorityLevel) -> usize {
    findings.iter().filter(|f| f.priority.level == level && !f.exploitability.silenced).count()
}
