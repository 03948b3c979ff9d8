//! The report for a person at a terminal: what matters first, then section by section.

mod style;

use std::fmt::Write as _;

use plimsoll_checklist::{Finding, Outcome, Section};
use plimsoll_evidence::{Location, Need, Origin, Severity, SourceLine, printable_line};

use crate::quote::quote;
use crate::wrap::wrap;
use crate::{ItemReport, Report};
pub(crate) use style::Styles;

/// How the report is to look.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// With colours.
    pub colour: bool,
    /// Columns.
    pub width: usize,
    /// Every finding, and the reasons behind passes.
    pub verbose: bool,
    /// Of the items only those that fail.
    pub quiet: bool,
}

/// Findings shown of one item unless all are asked for.
const MOST_FINDINGS: usize = 4;
/// Findings shown under "What matters first".
const MOST_FIRST: usize = 5;

/// The report as text.
pub fn terminal(report: &Report, look: Look) -> String {
    let mut writer = Writer { out: String::new(), look, styles: Styles::new(look.colour) };
    writer.head(report);
    writer.first(report);
    for section in Section::ALL {
        writer.section(section, report);
    }
    writer.without_image(report);
    writer.problems(report);
    writer.tail(report);
    writer.out
}

struct Writer {
    out: String,
    look: Look,
    styles: Styles,
}

impl Writer {
    fn head(&mut self, report: &Report) {
        if let Some(s) = &report.subject {
            let reference = printable_line(&s.reference, 300);
            let _ = writeln!(self.out, "{}", self.styles.bold(&format!("{reference} ({})", s.platform)));
            let _ = writeln!(self.out, "{}", self.styles.dim(&s.digest.to_string()));
            self.out.push_str("base image: ");
            wrap(&mut self.out, &printable_line(&report.base.detail, 400), self.look.width, 12, 12);
        } else {
            let _ = writeln!(self.out, "{}", self.styles.bold("No image: what declares it is judged alone"));
        }
        for line in report.declared.lines() {
            self.paragraph(0, &printable_line(&line, 600));
        }
        let counts = &report.summary;
        let mut line = Vec::new();
        for (outcome, n) in [
            (Outcome::Fail, counts.fail),
            (Outcome::Unknown, counts.unknown),
            (Outcome::Pass, counts.pass),
            (Outcome::Accepted, counts.accepted),
            (Outcome::NotApplicable, counts.not_applicable),
        ] {
            if n > 0 || matches!(outcome, Outcome::Fail | Outcome::Unknown | Outcome::Pass) {
                line.push(self.styles.outcome(outcome, &format!("{n} {}", words(outcome))));
            }
        }
        let _ = writeln!(self.out, "\n{}", line.join("   "));
    }

    /// The gravest findings of the whole report, one line each.
    fn first(&mut self, report: &Report) {
        let mut worst: Vec<(&ItemReport, &Finding)> =
            report.items.iter().filter(|i| i.verdict == Outcome::Fail).filter_map(|i| i.findings.first().map(|f| (i, f))).collect();
        worst.retain(|(_, f)| f.severity >= Severity::Medium);
        worst.sort_by_key(|(_, f)| std::cmp::Reverse(f.severity));
        if worst.is_empty() {
            return;
        }
        let _ = writeln!(self.out, "\n{}", self.styles.bold("What matters first"));
        for (item, finding) in worst.iter().take(MOST_FIRST) {
            let _ = write!(self.out, "  {}  ", self.styles.severity(finding.severity, &format!("{:<8}", finding.severity.name())));
            wrap(&mut self.out, &format!("{}: {}", item.id, item.summary), self.look.width, 12, 12);
        }
    }

    fn section(&mut self, section: Section, report: &Report) {
        let mut items: Vec<&ItemReport> =
            report.items.iter().filter(|i| i.section == section && (!self.look.quiet || i.verdict == Outcome::Fail)).collect();
        // Without an image, those that are about nothing else are told together.
        items.retain(|i| self.look.verbose || report.subject.is_some() || !i.only_lacks_the_image());
        if items.is_empty() {
            return;
        }
        // Stable: within an outcome and severity the checklist's order stays.
        items.sort_by_key(|i| (rank(i.verdict), std::cmp::Reverse(i.worst())));
        let _ = writeln!(self.out, "\n{}", self.styles.bold(section.title()));
        for item in items {
            self.item(item);
        }
    }

    /// The items that only an image can decide, where there is none.
    fn without_image(&mut self, report: &Report) {
        let lacking: Vec<&str> = report.items.iter().filter(|i| i.only_lacks_the_image()).map(|i| i.id.0).collect();
        if report.subject.is_some() || self.look.verbose || self.look.quiet || lacking.is_empty() {
            return;
        }
        let _ = writeln!(self.out, "\n{}", self.styles.bold("Unknown without the image"));
        self.paragraph(2, &lacking.join(", "));
        self.labelled_at(2, "supply", "the image: plimsoll check IMAGE");
    }

    fn item(&mut self, item: &ItemReport) {
        let mark = self.styles.outcome(item.verdict, mark(item.verdict));
        let strength = item.strength.map(|s| format!(" · {}", s.name())).unwrap_or_default();
        let _ = writeln!(
            self.out,
            "  {mark} {} {}",
            self.styles.bold(item.id.0),
            self.styles.dim(&format!("{}{strength}", words(item.verdict)))
        );
        self.paragraph(4, &item.summary);
        if item.verdict == Outcome::Fail {
            self.labelled("why", item.item.why);
        }
        let most = if self.look.verbose { usize::MAX } else { MOST_FINDINGS };
        // Advice beside a pass is told on request.
        let shown: Vec<&Finding> =
            item.findings.iter().filter(|f| self.look.verbose || item.verdict != Outcome::Pass || f.severity > Severity::Info).collect();
        for finding in shown.iter().take(most) {
            self.finding(finding);
        }
        let left = item.findings.len() - shown.len().min(most);
        if left > 0 {
            let _ = writeln!(
                self.out,
                "    {}",
                self.styles.dim(&format!("{left} more finding{}: -v shows all", if left == 1 { "" } else { "s" }))
            );
        }
        let needs = if self.look.verbose || item.verdict == Outcome::Unknown { item.needs.as_slice() } else { &[] };
        for need in needs {
            self.need(need);
        }
    }

    fn finding(&mut self, finding: &Finding) {
        let _ = write!(self.out, "    {} ", self.styles.severity(finding.severity, &format!("{:<8}", finding.severity.name())));
        wrap(&mut self.out, &finding.message, self.look.width, 13, 13);
        self.placed(finding);
        if let Some(fix) = &finding.fix {
            self.labelled_at(13, "mend", &fix.summary);
            for line in fix.example.iter().flat_map(|e| e.lines()) {
                let _ = writeln!(self.out, "                  {}", self.styles.code(line));
            }
        }
        if self.look.verbose {
            let _ = writeln!(
                self.out,
                "             {}",
                self.styles.dim(&format!("{} {}", finding.rule, &finding.fingerprint.as_str()[..12]))
            );
        }
    }

    fn placed(&mut self, finding: &Finding) {
        let origin = match finding.origin {
            Origin::BaseImage => " (base image)",
            Origin::Application => " (application)",
            Origin::Unknown => "",
        };
        self.labelled_at(13, "at", &format!("{}{origin}", place(&finding.location)));
        if let Some((step, command)) = step(&finding.location) {
            let step = step.map(|s| format!("history step {s}: ")).unwrap_or_default();
            self.labelled_at(13, "by", &format!("{step}{}", printable_line(command, 240)));
        }
        match &finding.location {
            Location::File(line) => self.quoted(line),
            Location::History { build_file: Some(line), .. }
            | Location::Layer { build_file: Some(line), .. }
            | Location::WholeLayer { build_file: Some(line), .. } => {
                self.labelled_at(13, "written", &format!("{}:{}:{}", printable_line(&line.path, 300), line.line, line.column));
                self.quoted(line);
            }
            _ => {}
        }
    }

    /// A line of a text, with carets under what is meant.
    fn quoted(&mut self, line: &SourceLine) {
        for shown in quote(line, 13, self.look.width).lines() {
            let (gutter, rest) = shown.split_at(shown.find('|').map_or(0, |bar| bar + 1));
            let _ = writeln!(self.out, "{}{rest}", self.styles.dim(gutter));
        }
    }

    fn need(&mut self, need: &Need) {
        self.labelled("supply", &format!("{}: {}", need.what, need.supply));
    }

    fn problems(&mut self, report: &Report) {
        if report.problems.is_empty() {
            return;
        }
        let _ = writeln!(self.out, "\n{}", self.styles.bold("What could not be read"));
        let most = if self.look.verbose { usize::MAX } else { 10 };
        for problem in report.problems.iter().take(most) {
            let place = problem.location.as_ref().map(|l| format!(" [{}]", place(l))).unwrap_or_default();
            self.paragraph(2, &format!("{}{place}", printable_line(&problem.message, 400)));
        }
        if report.problems.len() > most {
            let _ = writeln!(self.out, "  {}", self.styles.dim(&format!("{} more: -v shows all", report.problems.len() - most)));
        }
    }

    fn tail(&mut self, report: &Report) {
        let next = if report.summary.fail > 0 {
            "plimsoll explain ITEM says what an item asks for and how to meet it."
        } else if report.summary.unknown > 0 {
            "Nothing fails. What is unknown needs the evidence named beside it."
        } else {
            "Nothing fails."
        };
        let _ = writeln!(self.out, "\n{}", self.styles.dim(next));
    }

    fn paragraph(&mut self, indent: usize, text: &str) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        wrap(&mut self.out, text, self.look.width, indent, indent);
    }

    fn labelled(&mut self, label: &str, text: &str) {
        self.labelled_at(4, label, text);
    }

    fn labelled_at(&mut self, indent: usize, label: &str, text: &str) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        let _ = write!(self.out, "{} ", self.styles.dim(&format!("{label}:")));
        let hanging = indent + label.len() + 2;
        wrap(&mut self.out, text, self.look.width, hanging, hanging);
    }
}

fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Fail => 0,
        Outcome::Unknown => 1,
        Outcome::Accepted => 2,
        Outcome::Pass => 3,
        Outcome::NotApplicable => 4,
    }
}

const fn mark(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Fail => "✗",
        Outcome::Unknown => "?",
        Outcome::Pass => "✓",
        Outcome::Accepted => "~",
        Outcome::NotApplicable => "–",
    }
}

const fn words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::NotApplicable => "not applicable",
        other => other.name(),
    }
}

/// A place in words.
pub(crate) fn place(location: &Location) -> String {
    let layer_of = |layer: &usize, digest: &str| format!("layer {layer} {}", digest.get(..19).unwrap_or(digest));
    match location {
        Location::Manifest { field } => format!("manifest {}", printable_line(field, 200)),
        Location::Config { field } => format!("config {}", printable_line(field, 200)),
        Location::History { step, .. } => format!("history step {step}"),
        Location::Layer { layer, digest, path, inside, line, .. } => {
            let inside = inside.as_ref().map(|i| format!("!{}", printable_line(i, 200))).unwrap_or_default();
            let line = line.map(|l| format!(":{l}")).unwrap_or_default();
            format!("{}{inside}{line} in {}", printable_line(path, 300), layer_of(layer, digest))
        }
        Location::WholeLayer { layer, digest, .. } => layer_of(layer, digest),
        Location::File(line) => format!("{}:{}:{}", printable_line(&line.path, 300), line.line, line.column),
        Location::Image => "the image".to_owned(),
    }
}

/// The history step behind a place, and its command.
fn step(location: &Location) -> Option<(Option<usize>, &str)> {
    match location {
        Location::History { created_by, .. } => Some((None, created_by)),
        Location::Layer { step, created_by, .. } => created_by.as_deref().map(|c| (*step, c)),
        Location::WholeLayer { step, created_by, .. } => created_by.as_deref().map(|c| (*step, c)),
        _ => None,
    }
}
