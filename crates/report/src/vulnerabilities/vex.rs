//! What VEX documents say beyond the findings.

use plimsoll_evidence::{Vex, VexContradiction, VexDocument, VexReason, printable_line};
use schemars::JsonSchema;
use serde::Serialize;

use super::VulnerabilityReport;
use super::text::Writer;

/// Lines of one kind that are shown unless all are asked for.
const MOST_SHOWN: usize = 8;

/// What VEX documents say beyond the findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VexReport {
    /// The documents.
    pub documents: Vec<VexDocument>,
    /// How many statements they hold.
    pub statements: usize,
    /// Statements that speak of none of what was found, each with the reason.
    pub unused: Vec<VexUnusedReport>,
    /// What the image contradicts.
    pub contradictions: Vec<VexContradiction>,
}

/// A statement that speaks of none of what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VexUnusedReport {
    /// The file.
    pub source: String,
    /// The vulnerability's id and its other names.
    pub vulnerabilities: Vec<String>,
    /// Status and justification in the document's own words.
    pub word: String,
    /// What kind of reason there is.
    pub reason: VexReason,
    /// The reason, in a sentence.
    pub why: String,
}

impl VexReport {
    pub(super) fn new(vex: &Vex) -> Self {
        let unused = vex.unused.iter().filter_map(|unused| {
            let statement = vex.statements.get(unused.statement as usize)?;
            Some(VexUnusedReport {
                source: vex.document(unused.statement)?.source.clone(),
                vulnerabilities: statement.vulnerabilities.clone(),
                word: statement.word.clone(),
                reason: unused.reason,
                why: unused.why.clone(),
            })
        });
        Self {
            documents: vex.documents.clone(),
            statements: vex.statements.len(),
            unused: unused.collect(),
            contradictions: vex.contradictions.clone(),
        }
    }
}

impl Writer {
    /// What is silenced and by whom, what the image contradicts, and what speaks of nothing here.
    pub(super) fn vex(&mut self, report: &VulnerabilityReport) {
        let most = if self.look.verbose { usize::MAX } else { MOST_SHOWN };
        let silenced: Vec<_> = report.findings.iter().filter(|f| f.exploitability.silenced).collect();
        if !silenced.is_empty() {
            self.title("Silenced by VEX");
            for f in silenced.iter().take(most) {
                let component = format!("{} {} {}", f.vulnerability.id, f.package.name, f.package.version);
                self.line(2, &printable_line(&component, 300));
                for said in &f.exploitability.said {
                    self.labelled(11, "vex", &printable_line(&said.sentence(), 400));
                }
            }
            self.more(silenced.len(), most);
        }
        let Some(vex) = &report.vex else { return };
        if !vex.contradictions.is_empty() {
            self.title("VEX that the image contradicts");
            for conflict in vex.contradictions.iter().take(most) {
                self.line(2, &printable_line(&conflict.says, 400));
            }
            self.more(vex.contradictions.len(), most);
        }
        if !vex.unused.is_empty() && !self.look.quiet {
            self.title("VEX that speaks of nothing here");
            for unused in vex.unused.iter().take(most) {
                let line = format!("{} {}: {} ({})", unused.vulnerabilities.join(", "), unused.word, unused.why, unused.source);
                self.line(2, &printable_line(&line, 400));
            }
            self.more(vex.unused.len(), most);
        }
    }
}
