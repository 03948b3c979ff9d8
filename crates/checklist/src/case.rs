//! How a judge writes down what it finds.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use plimsoll_evidence::{
    BaseImage, Evidence, FileEntry, Gathered, ImageFacts, Location, Need, Origin, Package, Place, SecretPlace, Severity, printable_line,
    source_line,
};

use crate::history::{WITHHELD, holds_secret};
use crate::revision::Said;
use crate::{Finding, Fingerprint, Fix, ItemId, Outcome, Rule, RuleId, Strength, Verdict};

/// The longest message and example, in characters.
const MOST_SHOWN: usize = 400;

/// One item's case: findings and needs are added to it, and at the end it becomes a verdict.
pub(crate) struct Case<'a> {
    item: ItemId,
    evidence: &'a Evidence,
    findings: Vec<(Finding, String)>,
    needs: Vec<Need>,
    /// Findings are advice alone, while this is set.
    advice_only: bool,
    /// Places in `findings` of what was told of texts of the project, by a hash of rule, place and words: what a pod says for all its
    /// containers is told once.
    told: HashMap<u64, Vec<usize>>,
}

/// The verdict of an item that nothing but an image can decide, on an image that was not read.
pub(crate) fn without_image(evidence: &Evidence) -> Verdict {
    let (summary, need) = match &evidence.image {
        Gathered::Failed(problem) => (
            format!("The image could not be read: {}", printable_line(&problem.message, MOST_SHOWN)),
            Need::new("the image, whole and readable", "mend what the problem names and check again"),
        ),
        Gathered::Absent(need) => ("No image was given.".to_owned(), need.clone()),
        Gathered::Found(_) => ("The image was read.".to_owned(), Need::new("nothing", "nothing")),
    };
    Verdict { outcome: Outcome::Unknown, strength: None, summary, findings: Vec::new(), needs: vec![need] }
}

/// The verdict of an item that a deployment decides, where neither one was read nor an image.
pub(crate) fn without_deployment(evidence: &Evidence) -> Verdict {
    let (summary, need) = match (&evidence.image, &evidence.deployment) {
        (Gathered::Failed(_), _) => return without_image(evidence),
        (_, Gathered::Absent(need)) => ("No deployment was given, which decides this.", need.clone()),
        (_, Gathered::Failed(_)) => (
            "The deployment could not be read.",
            Need::new("the deployment's manifests, whole and readable", "mend what the problem names and check again"),
        ),
        (_, Gathered::Found(_)) => (
            "No container is deployed.",
            Need::new("a container in the deployment", "give the manifests that run it (Kubernetes, Compose, Quadlet) with --deploy"),
        ),
    };
    Verdict { outcome: Outcome::Unknown, strength: None, summary: summary.to_owned(), findings: Vec::new(), needs: vec![need] }
}

impl<'a> Case<'a> {
    pub(crate) fn new(item: ItemId, evidence: &'a Evidence) -> Self {
        Self { item, evidence, findings: Vec::new(), needs: Vec::new(), advice_only: false, told: HashMap::new() }
    }

    /// What is found from now on is advice, or counts again: for what the image says and the deployment settles otherwise.
    pub(crate) fn advice_only(&mut self, advice_only: bool) {
        self.advice_only = advice_only;
    }

    /// Begins a finding; nothing is kept before [`Draft::add`].
    pub(crate) fn find(&mut self, rule: &Rule) -> Draft<'_, 'a> {
        Draft {
            rule: rule.name.to_owned(),
            rule_finds: rule.finds,
            severity: rule.severity,
            message: rule.finds.to_owned(),
            location: Location::Image,
            origin: None,
            detail: String::new(),
            fix: Some(Fix { summary: rule.mend.to_owned(), example: None }),
            case: self,
        }
    }

    /// Something without which the item cannot pass.
    pub(crate) fn need(&mut self, what: impl Into<String>, supply: impl Into<String>) {
        let need = Need::new(printable_line(&what.into(), MOST_SHOWN), supply);
        if !self.needs.contains(&need) {
            self.needs.push(need);
        }
    }

    /// Whether anything was found, be it only worth a word.
    pub(crate) fn has_findings(&self) -> bool {
        !self.findings.is_empty()
    }

    /// How many findings fail the item.
    pub(crate) fn failing(&self) -> usize {
        self.findings.iter().filter(|(f, _)| f.severity > Severity::Info).count()
    }

    /// Ends the case: a fail where a finding is above `info`, else unknown where something is needed, else a pass.
    pub(crate) fn conclude(self, fail: impl Into<String>, unknown: impl Into<String>, pass: impl Into<String>) -> Verdict {
        if self.failing() > 0 {
            self.end(Outcome::Fail, Some(Strength::Declared), &fail.into())
        } else if self.needs.is_empty() {
            self.end(Outcome::Pass, Some(Strength::Declared), &pass.into())
        } else {
            self.end(Outcome::Unknown, None, &unknown.into())
        }
    }

    /// Ends the case of an item that the image alone can fail but not pass.
    pub(crate) fn fail_or_unknown(mut self, fail: impl Into<String>, unknown: impl Into<String>) -> Verdict {
        if self.needs.is_empty() {
            self.need("evidence beyond the image", "see what the item's page says on evidence");
        }
        self.conclude(fail, unknown, String::new())
    }

    /// Ends the case as one that cannot concern this image, unless something above `info` was found.
    pub(crate) fn not_applicable(self, why: impl Into<String>) -> Verdict {
        if self.failing() > 0 {
            let why = format!("Something was found, although: {}", why.into());
            return self.end(Outcome::Fail, Some(Strength::Declared), &why);
        }
        self.end(Outcome::NotApplicable, None, &why.into())
    }

    fn end(self, outcome: Outcome, strength: Option<Strength>, summary: &str) -> Verdict {
        let mut drafts: Vec<_> = self.findings.into_iter().map(Some).collect();
        // Findings are large; their places in the list are what is sorted.
        let mut order: Vec<usize> = (0..drafts.len()).collect();
        order.sort_by(|a, b| {
            let (Some((a, x)), Some((b, y))) = (&drafts[*a], &drafts[*b]) else { return Ordering::Equal };
            let by = |f: &Finding| std::cmp::Reverse(f.severity);
            let places = || a.rule.cmp(&b.rule).then_with(|| a.location.cmp(&b.location));
            by(a).cmp(&by(b)).then_with(places).then_with(|| a.message.cmp(&b.message)).then_with(|| x.cmp(y))
        });
        let mut seen: HashMap<Fingerprint, usize> = HashMap::new();
        let findings = order
            .into_iter()
            .filter_map(|at| drafts[at].take())
            .map(|(mut finding, detail)| {
                let nth = seen.entry(finding.fingerprint.clone()).or_default();
                if *nth > 0 {
                    finding.fingerprint = Fingerprint::of(&finding.rule, &finding.location, &detail, *nth);
                }
                *nth += 1;
                finding
            })
            .collect();
        Verdict { outcome, strength, summary: printable_line(summary, MOST_SHOWN), findings, needs: self.needs }
    }
}

/// A finding in the making.
#[must_use = "a finding is kept only by add()"]
pub(crate) struct Draft<'c, 'a> {
    case: &'c mut Case<'a>,
    rule: String,
    rule_finds: &'static str,
    severity: Severity,
    message: String,
    location: Location,
    origin: Option<Origin>,
    detail: String,
    fix: Option<Fix>,
}

impl Draft<'_, '_> {
    /// What was found, in one sentence; foreign text in it is made safe to show.
    pub(crate) fn says(mut self, message: impl AsRef<str>) -> Self {
        self.message = printable_line(message.as_ref(), MOST_SHOWN);
        self
    }

    /// What the finding is about, where its place does not tell: part of its fingerprint.
    pub(crate) fn about(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Another severity than the rule's own.
    pub(crate) fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// A rule that is data elsewhere.
    pub(crate) fn rule_name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.rule);
        self
    }

    /// Another way to mend it than the rule's own.
    pub(crate) fn fix(mut self, summary: impl Into<String>) -> Self {
        let example = self.fix.take().and_then(|fix| fix.example);
        self.fix = Some(Fix { summary: summary.into(), example });
        self
    }

    /// Lines to write.
    pub(crate) fn example(mut self, lines: impl AsRef<str>) -> Self {
        let text: String = plimsoll_evidence::printable(lines.as_ref()).chars().take(MOST_SHOWN).collect();
        if let Some(fix) = &mut self.fix {
            fix.example = Some(text);
        }
        self
    }

    /// In a field of the config.
    pub(crate) fn in_config(mut self, field: impl AsRef<str>) -> Self {
        self.location = Location::Config { field: printable_line(field.as_ref(), MOST_SHOWN) };
        self.origin = Some(Origin::Application);
        self
    }

    /// In a field of the manifest.
    pub(crate) fn in_manifest(mut self, field: impl AsRef<str>) -> Self {
        self.location = Location::Manifest { field: printable_line(field.as_ref(), MOST_SHOWN) };
        self.origin = Some(Origin::Application);
        self
    }

    /// In the label or annotation that says it.
    pub(crate) fn in_said(self, said: &Said<'_>) -> Self {
        if said.in_manifest { self.in_manifest(&said.field) } else { self.in_config(&said.field) }
    }

    /// In a file.
    pub(crate) fn in_file(self, file: &FileEntry) -> Self {
        self.in_layer(file.layer, &file.path, None, None)
    }

    /// In a file, with the line.
    pub(crate) fn in_line(self, file: &FileEntry, line: u32) -> Self {
        self.in_layer(file.layer, &file.path, Some(line), None)
    }

    /// At a path of a layer.
    pub(crate) fn in_layer(mut self, layer: u32, path: &str, line: Option<u32>, inside: Option<&str>) -> Self {
        if let Some(image) = self.case.evidence.image.found() {
            self.location = image.in_layer(layer, path, line, inside);
            self.origin = Some(image.origin(layer));
        }
        self
    }

    /// In the file that records a component; inside of the archive, where it lies in one.
    pub(crate) fn in_record(self, package: &Package) -> Self {
        let recorded = package.recorded_in.as_str();
        let (file, inside) = recorded.split_once('!').map_or((recorded, None), |(file, inside)| (file, Some(inside)));
        self.in_layer(package.layer, file, None, inside)
    }

    /// In a text of the project.
    pub(crate) fn in_source(mut self, place: Place) -> Self {
        self.location = Location::File(source_line(&self.case.evidence.sources, place));
        self.origin = Some(Origin::Application);
        self
    }

    /// In a text of the project, whose line is shown with everything from a column (counted from 1) on concealed.
    pub(crate) fn in_source_veiled(mut self, place: Place, from: u32) -> Self {
        let mut line = source_line(&self.case.evidence.sources, place);
        let veil = |(at, c): (usize, char)| if at as u32 + 1 >= from && !c.is_whitespace() { '•' } else { c };
        line.text = line.text.chars().enumerate().map(veil).collect();
        self.location = Location::File(line);
        self.origin = Some(Origin::Application);
        self
    }

    /// In a step of the history.
    pub(crate) fn in_history(mut self, step: usize) -> Self {
        if let Some(image) = self.case.evidence.image.found() {
            let created_by = image.history.get(step).map(|s| s.created_by.clone()).unwrap_or_default();
            self.location = Location::History { step, created_by, build_file: None };
            self.origin = Some(origin_of_step(image, step));
        }
        self
    }

    /// Somewhere already known.
    pub(crate) fn at(mut self, location: Location, origin: Origin) -> Self {
        self.location = location;
        self.origin = Some(origin);
        self
    }

    /// Keeps the finding.
    pub(crate) fn add(self) {
        let rule = RuleId::new(self.case.item.0, &self.rule);
        // What a finding quotes must not show the credential that another finding is about.
        let image = self.case.evidence.image.found();
        let quotes_secret = self.message.contains('"') && image.is_some_and(|i| place_holds_secret(i, &self.location));
        let message = if quotes_secret {
            format!("{} (What it is about holds a credential and is not shown.)", self.rule_finds)
        } else {
            self.message
        };
        let location = match image {
            Some(image) => shown_location(image, self.location),
            None => self.location,
        };
        let location = with_build_file(self.case.evidence, location);
        if let Location::File(line) = &location {
            let mut hasher = DefaultHasher::new();
            (rule.as_str(), &line.path, line.line, line.column, &message).hash(&mut hasher);
            let told = self.case.told.entry(hasher.finish()).or_default();
            let is_same = |(f, _): &(Finding, String)| f.rule == rule && f.location == location && f.message == message;
            if told.iter().filter_map(|at| self.case.findings.get(*at)).any(is_same) {
                return;
            }
            told.push(self.case.findings.len());
        }
        let fingerprint = Fingerprint::of(&rule, &location, &self.detail, 0);
        let finding = Finding {
            rule,
            message,
            severity: if self.case.advice_only { Severity::Info } else { self.severity },
            location,
            origin: self.origin.unwrap_or(Origin::Unknown),
            fingerprint,
            fix: self.fix,
        };
        self.case.findings.push((finding, self.detail));
    }
}

/// A location with the line of the build file that made its step, where that is known.
fn with_build_file(evidence: &Evidence, location: Location) -> Location {
    let steps = evidence.build.found().map_or(&[][..], |b| b.steps.as_slice());
    match location.step().and_then(|step| steps.get(step).copied().flatten()) {
        Some(place) => location.made_by(source_line(&evidence.sources, place)),
        None => location,
    }
}

/// Whether a credential was found in the file, or the config's field, that a location names.
fn place_holds_secret(image: &ImageFacts, location: &Location) -> bool {
    image.secrets.iter().any(|(_, find)| match (&find.place, location) {
        // Texts that were kept whole were kept without their credentials; of what else a judge may quote, nobody took them out.
        (SecretPlace::File { path, .. }, Location::Layer { path: at, .. }) => {
            at.trim_start_matches('/') == path && image.text(path).is_none_or(|text| text.cut)
        }
        (SecretPlace::Config { field }, Location::Config { field: at }) => at.starts_with(field.as_str()),
        (SecretPlace::Env { name } | SecretPlace::Label { name }, Location::Config { field: at }) => at.contains(name.as_str()),
        _ => false,
    })
}

/// A location as it may be shown: a command that holds a credential is withheld.
fn shown_location(image: &ImageFacts, mut location: Location) -> Location {
    match &mut location {
        Location::History { step, created_by, .. } if holds_secret(image, *step) => WITHHELD.clone_into(created_by),
        Location::Layer { step: Some(step), created_by: Some(created_by), .. }
        | Location::WholeLayer { step: Some(step), created_by: Some(created_by), .. }
            if holds_secret(image, *step) =>
        {
            WITHHELD.clone_into(created_by);
        }
        _ => {}
    }
    location
}

/// Who ran a step of the history: a step up to the one that made the base image's last layer is the base image's.
pub(crate) fn origin_of_step(image: &ImageFacts, step: usize) -> Origin {
    match &image.base {
        BaseImage::Unknown(_) => Origin::Unknown,
        BaseImage::Known(base) => {
            let last = image.history.iter().rposition(|s| s.layer.is_some_and(|l| l < base.layers));
            if last.is_some_and(|last| step <= last) { Origin::BaseImage } else { Origin::Application }
        }
    }
}
