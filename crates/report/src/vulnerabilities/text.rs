//! The vulnerabilities for a person at a terminal: the way out of the whole first, then what matters first.

use std::fmt::Write as _;

use plimsoll_checklist::exposure::{Aim, Need, PriorityLevel};
use plimsoll_evidence::{Origin, Severity, printable_line};

use super::{VulnerabilityFinding, VulnerabilityReport, WithoutReport, by_level};
use crate::Look;
use crate::terminal::{Styles, place};
use crate::wrap::wrap;

/// Findings shown of one level unless all are asked for.
const MOST_SHOWN: usize = 12;
/// Changes shown.
const MOST_CHANGES: usize = 5;

/// The report as text.
pub fn vulnerabilities_text(report: &VulnerabilityReport, look: Look) -> String {
    let mut writer = Writer { out: String::new(), look, styles: Styles::new(look.colour) };
    writer.head(report);
    report.without.iter().for_each(|w| writer.without(w));
    writer.ways(report);
    for level in PriorityLevel::ALL {
        writer.level(report, level);
    }
    writer.vex(report);
    writer.rest(report);
    writer.out
}

pub(super) struct Writer {
    out: String,
    pub(super) look: Look,
    styles: Styles,
}

impl Writer {
    fn head(&mut self, report: &VulnerabilityReport) {
        if let Some(s) = &report.subject {
            let _ = writeln!(self.out, "{}", self.styles.bold(&format!("{} ({})", printable_line(&s.reference, 300), s.platform)));
            let _ = writeln!(self.out, "{}", self.styles.dim(&s.digest.to_string()));
        }
        let state = &report.database.state;
        let age = match report.database.age_days {
            Some(0) => "of today".to_owned(),
            Some(1) => "1 day old".to_owned(),
            Some(days) => format!("{days} days old"),
            None => "of unknown age".to_owned(),
        };
        let too_old = if report.database.stale { ": too old to judge by; plimsoll db update fetches newer ones" } else { "" };
        self.line(0, &format!("advisories: {} records, {age}{too_old}", state.records));
        if !report.asked.is_empty() {
            // A database that knows little of a kind finds little: the numbers say how much its silence is worth.
            let asked = report.asked.iter().map(|a| {
                format!(
                    "{} ({} looked up among {} with advisories)",
                    a.what,
                    words(a.components as usize, "component", "components"),
                    a.known
                )
            });
            self.line(0, &printable_line(&format!("asked of {}", asked.collect::<Vec<_>>().join(", ")), 600));
        }
        for ended in &report.ended {
            self.line(0, &printable_line(&format!("{ended}: what was found since stays open, and advisories no longer name it"), 300));
        }
        let counts: Vec<String> =
            PriorityLevel::ALL.iter().map(|l| format!("{} {}", by_level(&report.findings, *l), self.styles.bold(l.name()))).collect();
        let mut left = if report.left_out > 0 {
            format!("   {}", self.styles.dim(&format!("{} left out by choice", report.left_out)))
        } else {
            String::new()
        };
        let silenced = report.findings.iter().filter(|f| f.exploitability.silenced).count();
        if silenced > 0 {
            let _ = write!(left, "   {}", self.styles.dim(&format!("{silenced} silenced by VEX")));
        }
        let _ = writeln!(
            self.out,
            "\n{} in {} components: {}{left}",
            words(report.findings.len() - silenced, "vulnerability", "vulnerabilities"),
            report.components,
            counts.join("   ")
        );
        let unknown: usize = report.uncovered.iter().map(|u| u.components.len()).sum();
        if unknown > 0 {
            self.line(0, &format!("of {} nothing is known: see the end", words(unknown, "component", "components")));
        }
    }

    fn without(&mut self, without: &WithoutReport) {
        let _ = writeln!(self.out, "\n{}", self.styles.bold(&format!("Without {}", printable_line(&without.asked, 100))));
        let Some(going) = &without.going else {
            self.line(2, "No component has that name.");
            return;
        };
        let mut what = going.removed.join(", ");
        if !going.with_it.is_empty() {
            let _ = write!(what, "; and what nothing else needs then: {}", going.with_it.join(", "));
        }
        self.labelled(2, "goes", &what);
        if without.gone.is_empty() {
            self.labelled(2, "closes", "nothing: no vulnerability is of it alone");
        } else {
            self.labelled(
                2,
                "closes",
                &format!("{}: {}", words(without.gone.len(), "vulnerability", "vulnerabilities"), without.gone.join(", ")),
            );
        }
        if !without.stay.is_empty() {
            self.labelled(2, "stays", &format!("in other components: {}", without.stay.join(", ")));
        }
        self.labelled(2, "needed", needed(going.needed));
        if !going.breaks.is_empty() {
            self.labelled(2, "breaks", &going.breaks.join(", "));
        }
    }

    /// The way out of the whole, in the order of the questions.
    fn ways(&mut self, report: &VulnerabilityReport) {
        if report.findings.is_empty() {
            return;
        }
        let _ = writeln!(self.out, "\n{}", self.styles.bold("The way out"));
        let base = &report.base;
        let why = capital(&base.why);
        match base.aim {
            Aim::Unknown => self.labelled(2, "base", &format!("{why}.")),
            aim if base.closed == 0 => {
                self.labelled(2, "base", &format!("{} would do: {}. No vulnerability would go with it.", aim.name(), base.why));
            }
            aim => self.labelled(
                2,
                "base",
                &format!(
                    "{} would do: {}. {} would go with it, and {}.",
                    aim.name(),
                    base.why,
                    words(base.closed, "vulnerability", "vulnerabilities"),
                    words(base.goes.len(), "package", "packages")
                ),
            ),
        }
        // The best of each kind has to be among them: who cannot change the base asks which update closes most.
        let is_best = |at: usize| !report.changes[..at].iter().any(|c| c.kind == report.changes[at].kind);
        let mut shown: Vec<usize> = (0..report.changes.len()).filter(|at| is_best(*at)).collect();
        shown.extend((0..report.changes.len()).filter(|at| !is_best(*at)).take(MOST_CHANGES.saturating_sub(shown.len())));
        shown.sort_unstable();
        for change in shown.into_iter().map(|at| &report.changes[at]) {
            self.labelled(2, &format!("closes {}", change.closed), &printable_line(&change.what, 300));
        }
        for question in &base.questions {
            self.labelled(2, "asks you", &printable_line(question, 300));
        }
    }

    fn level(&mut self, report: &VulnerabilityReport, level: PriorityLevel) {
        let of: Vec<&VulnerabilityFinding> =
            report.findings.iter().filter(|f| f.priority.level == level && !f.exploitability.silenced).collect();
        if of.is_empty() || (self.look.quiet && level > PriorityLevel::Soon) {
            return;
        }
        let title = match level {
            PriorityLevel::Now => "Now",
            PriorityLevel::Soon => "Soon: with the next release",
            PriorityLevel::Planned => "Planned: with the regular updates",
            PriorityLevel::Watch => "Watch",
        };
        let _ = writeln!(self.out, "\n{}", self.styles.bold(title));
        // What is least pressing is listed in short.
        let most = if self.look.verbose { usize::MAX } else { MOST_SHOWN };
        let mut before: Option<&VulnerabilityFinding> = None;
        for finding in of.iter().take(most) {
            // The same in another place: the place is all that is new.
            if before.is_some_and(|b| same(b, finding)) {
                self.at(finding, "also at");
            } else {
                self.finding(finding);
            }
            before = Some(finding);
        }
        if of.len() > most {
            let _ = writeln!(self.out, "  {}", self.styles.dim(&format!("{} more: -v shows all", of.len() - most)));
        }
    }

    fn finding(&mut self, f: &VulnerabilityFinding) {
        let v = &f.vulnerability;
        let severity = f.severity.map_or("unrated", Severity::name);
        let mark = self.styles.severity(f.severity.unwrap_or(Severity::Medium), &format!("{severity:<8}"));
        let name = self.styles.bold(&format!("{} {}", printable_line(&f.package.name, 120), printable_line(&f.package.version, 80)));
        let _ = writeln!(self.out, "  {mark} {} {name}", v.id);
        if !v.summary.is_empty() {
            self.line(11, &printable_line(&v.summary, 300));
        }
        self.labelled(11, "why", &printable_line(&f.priority.why.join("; "), 400));
        self.at(f, "at");
        self.labelled(11, "mend", &printable_line(&f.way_out.first, 300));
        for said in &f.exploitability.said {
            self.labelled(11, "vex", &printable_line(&said.sentence(), 400));
        }
        if let Some(due) = &f.due {
            let day = plimsoll_checklist::day_of(due.until);
            let left = match due.days_left {
                Some(d) if d < 0 => format!(", {} over", words(d.unsigned_abs() as usize, "day", "days")),
                Some(d) => format!(", {} left", words(d as usize, "day", "days")),
                None => String::new(),
            };
            let seen = v.first_seen.map(|at| format!("; first seen on {}", plimsoll_checklist::day_of(at))).unwrap_or_default();
            self.labelled(11, "due", &format!("{day}{left}{seen}"));
        }
        if self.look.verbose {
            for m in &v.matches {
                self.labelled(11, "proof", &printable_line(&m.proof, 400));
            }
            if v.ids.len() > 1 {
                self.labelled(11, "ids", &v.ids.join(", "));
            }
            self.labelled(11, "true?", &printable_line(&f.way_out.true_positive, 300));
        }
    }

    fn at(&mut self, f: &VulnerabilityFinding, label: &str) {
        let origin = match f.origin {
            Origin::BaseImage => " (base image)",
            Origin::Application => " (application)",
            Origin::Unknown => "",
        };
        let stated = f.package.stated_by.as_ref().map(|by| format!(", as {} alone says", printable_line(by, 120))).unwrap_or_default();
        self.labelled(11, label, &format!("{}{origin}{stated}; {}", place(&f.location), needed(f.way_out.needed)));
    }

    fn rest(&mut self, report: &VulnerabilityReport) {
        if !report.uncovered.is_empty() {
            let _ = writeln!(self.out, "\n{}", self.styles.bold("Nothing is known of"));
            for u in &report.uncovered {
                let n = words(u.components.len(), "component", "components");
                self.line(2, &printable_line(&format!("{}: {n}: {}; {}", u.what, u.why, u.supply), 400));
            }
        }
        if !report.problems.is_empty() {
            let _ = writeln!(self.out, "\n{}", self.styles.bold("What could not be read"));
            for problem in report.problems.iter().take(if self.look.verbose { usize::MAX } else { 10 }) {
                self.line(2, &printable_line(&problem.message, 400));
            }
        }
        if !report.withdrawn.is_empty() {
            let ids: Vec<&str> = report.withdrawn.iter().map(|w| w.record.as_str()).collect();
            let _ = writeln!(
                self.out,
                "\n{}",
                self.styles.dim(&format!("taken back by their publishers, and not counted: {}", ids.join(", ")))
            );
        }
    }

    pub(super) fn title(&mut self, text: &str) {
        let _ = writeln!(self.out, "\n{}", self.styles.bold(text));
    }

    /// How many of a list are not shown.
    pub(super) fn more(&mut self, all: usize, most: usize) {
        if all > most {
            let _ = writeln!(self.out, "  {}", self.styles.dim(&format!("{} more: -v shows all", all - most)));
        }
    }

    pub(super) fn line(&mut self, indent: usize, text: &str) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        wrap(&mut self.out, text, self.look.width, indent, indent);
    }

    pub(super) fn labelled(&mut self, indent: usize, label: &str, text: &str) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        let _ = write!(self.out, "{} ", self.styles.dim(&format!("{label}:")));
        let hanging = indent + label.len() + 2;
        wrap(&mut self.out, text, self.look.width, hanging, hanging);
    }
}

fn same(a: &VulnerabilityFinding, b: &VulnerabilityFinding) -> bool {
    a.vulnerability.id == b.vulnerability.id && a.package.name == b.package.name && a.package.version == b.package.version
}

fn needed(need: Need) -> &'static str {
    match need {
        Need::Reached => "reached from what starts",
        Need::NotReached => "not reached from what starts",
        Need::Unknown => "whether it is reached is not known",
    }
}

fn words(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|c| c.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
