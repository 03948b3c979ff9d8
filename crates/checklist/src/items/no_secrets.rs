//! Credentials in the image.

mod build_files;
mod deployment;

use std::collections::BTreeSet;

use plimsoll_evidence::{ImageFacts, Location, Origin, SecretFind, SecretNature, SecretPlace};

use super::prelude::*;
use crate::case::{Draft, origin_of_step};
use crate::shown::count;

const ID: ItemId = ItemId("no-secrets");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "No secrets in images",
    section: Section::Secrets,
    requirement: "Credentials, keys and other secrets are never part of an image; they are handed to the container when it runs.",
    why: "Everyone who can pull an image can read each of its layers, also what a later layer deletes, and its config and history. What was once in a published image must be taken as known.",
    remediation: "Revoke and replace the credential first: removing it from the next image does not take it back. Then give it to the container at run time (a Kubernetes Secret, a mounted file, a secret manager) and to the build with RUN --mount=type=secret.",
    references: &[footnote(34), footnote(35), footnote(36)],
    rules: &[
        ANY,
        build_files::WRITTEN,
        build_files::IN_ENVIRONMENT,
        build_files::ARGUMENT,
        build_files::COPIED,
        deployment::LITERAL,
        deployment::SECRET_OBJECT,
        deployment::CONFIG_VALUE,
    ],
    example: Some(Example {
        language: "dockerfile",
        bad: "ARG NPM_TOKEN\nRUN echo \"//npm.example.org/:_authToken=$NPM_TOKEN\" > .npmrc && npm ci && rm .npmrc",
        good: "RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci",
    }),
    rests_on: &[RestsOn::Config, RestsOn::Files, RestsOn::BuildFiles, RestsOn::Deployment],
    judge,
};

/// Stands for each kind of credential that is looked for: the rule's name is the kind's.
const ANY: Rule = Rule::new(
    "*",
    High,
    "A credential, by its kind: the rule is named after it, as in no-secrets/private-key.",
    "Revoke and replace the credential, then build the image without it; hand it over at run time, or with RUN --mount=type=secret while building.",
);

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let mut case = Case::new(ID, evidence);
    let image = evidence.image.found();
    let mut tally = Tally::default();
    for (layer, find) in image.iter().flat_map(|image| &image.secrets) {
        let Some(image) = image else { continue };
        let mut says = format!("{} ({})", find.title, find.redacted);
        let hidden = layer.and_then(|layer| hidden_by(image, layer, &find.place));
        if let Some(by) = hidden {
            let step = image.layers.get(by as usize).and_then(|l| l.step).map(|s| format!(", history step {s}")).unwrap_or_default();
            says = format!("{says}, deleted or replaced by layer {by}{step}, still ships: everyone who pulls the image gets it");
        }
        if find.nature == SecretNature::Live {
            tally.layers.extend(*layer);
        }
        let (location, origin) = place(image, *layer, &find.place);
        let draft = case.find(&ANY).rule_name(&find.rule).about(&find.fingerprint).at(location, origin);
        tally.tell(draft, find, &says, hidden.is_some());
    }
    for find in &evidence.source_secrets {
        let SecretPlace::Source(place) = find.place else { continue };
        let says = format!("{} ({})", find.title, find.redacted);
        let draft = case.find(&ANY).rule_name(&find.rule).about(&find.fingerprint).in_source(place);
        tally.sources.insert(place.source);
        tally.tell(draft, find, &says, false);
    }
    let found = case.failing();
    build_files::judge(&mut case, evidence);
    let in_build = case.failing() - found;
    let found = case.failing();
    if let Some(deployment) = evidence.deployment.found() {
        deployment::judge(&mut case, deployment);
    }
    let by_shape = case.failing() - found;
    // What was found by its shape or name is told with what was found by its text, or alone where that is nothing.
    let and_by_shape = |found: String, none: bool| {
        let mut parts = if none && by_shape + in_build > 0 { Vec::new() } else { vec![found] };
        if in_build > 0 {
            parts.push(format!("{} of the build file bring credentials.", count(in_build, "place")));
        }
        if by_shape > 0 {
            parts.push(format!("{} in the deployment under the name of a credential.", count(by_shape, "value")));
        }
        parts.join(" ")
    };
    let Some(image) = image else {
        let fail = format!("{} in {}.", count(tally.live.len(), "credential"), count(tally.sources.len(), "text"));
        let fail = and_by_shape(fail, tally.live.is_empty());
        let nothing = format!("No credential in {}; the image was not looked at.", count(evidence.sources.len(), "text"));
        case.need("the image itself: its layers, config and history", "name the image to check");
        return case.conclude(fail, nothing, "");
    };
    let harmless =
        if tally.known == 0 { String::new() } else { format!("; {} known to be harmless", count(tally.known, "test or example key")) };
    let fail = format!("{} in {}{harmless}.", count(tally.live.len(), "credential"), tally.places());
    let fail = and_by_shape(fail, tally.live.is_empty());
    let texts =
        if evidence.sources.is_empty() { String::new() } else { format!(", or {} of the project", count(evidence.sources.len(), "text")) };
    let pass = format!("No credential in {}, the config or the history{texts}{harmless}.", count(image.layers.len(), "layer"));
    case.conclude(fail, "", pass)
}

/// What was found, for the summary.
#[derive(Default)]
struct Tally<'a> {
    live: BTreeSet<&'a str>,
    layers: BTreeSet<u32>,
    sources: BTreeSet<u32>,
    known: usize,
}

impl<'a> Tally<'a> {
    fn tell(&mut self, draft: Draft<'_, '_>, find: &'a SecretFind, says: &str, hidden: bool) {
        match &find.nature {
            SecretNature::Live => {
                self.live.insert(find.fingerprint.as_str());
                // A secret below info's line would be no finding at all: what looks live fails.
                let draft = draft.severity(find.severity.max(Low)).says(format!("{says}."));
                match fix(find, hidden) {
                    Some(advice) => draft.fix(advice).add(),
                    None => draft.add(),
                }
            }
            SecretNature::Known(what) => {
                self.known += 1;
                draft
                    .severity(Info)
                    .says(format!("{says}: {what}."))
                    .fix("Nothing has to be revoked; leave it out of the image where nothing needs it.")
                    .add();
            }
        }
    }

    fn places(&self) -> String {
        let mut places = Vec::new();
        if !self.layers.is_empty() {
            places.push(count(self.layers.len(), "layer"));
        }
        if !self.sources.is_empty() {
            places.push(count(self.sources.len(), "text"));
        }
        if places.is_empty() { "the config and history".to_owned() } else { places.join(" and ") }
    }
}

fn fix(find: &SecretFind, hidden: bool) -> Option<String> {
    let mut advice = find.advice.clone()?;
    if hidden {
        advice.push_str(" Deleting the file in a later step is not enough: it must never be in any layer.");
    }
    Some(advice)
}

/// The layer that hides a file of a layer.
fn hidden_by(image: &ImageFacts, layer: u32, place: &SecretPlace) -> Option<u32> {
    let SecretPlace::File { path, .. } = place else { return None };
    let from = image.tree.deleted.partition_point(|d| d.entry.path.as_str() < path.as_str());
    image.tree.deleted[from..].iter().take_while(|d| d.entry.path == *path).find(|d| d.entry.layer == layer).map(|d| d.by_layer)
}

fn place(image: &ImageFacts, layer: Option<u32>, place: &SecretPlace) -> (Location, Origin) {
    match place {
        SecretPlace::File { path, inside, line } => {
            let layer = layer.unwrap_or_default();
            (image.in_layer(layer, path, *line, inside.as_deref()), image.origin(layer))
        }
        SecretPlace::Env { name } => (Location::Config { field: format!("Env[{name}]") }, Origin::Application),
        SecretPlace::Label { name } => (Location::Config { field: format!("Labels[{name}]") }, Origin::Application),
        SecretPlace::History { step } => {
            // The command holds the credential itself; adding the finding withholds it.
            (Location::History { step: *step, created_by: String::new(), build_file: None }, origin_of_step(image, *step))
        }
        SecretPlace::Config { field } => (Location::Config { field: field.clone() }, Origin::Application),
        // Told from the sources, not from the image.
        SecretPlace::Source(_) => (Location::Image, Origin::Application),
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::SecretNature::{Known, Live};

    use super::*;
    use crate::testkit::Kit;

    fn file(path: &str) -> SecretPlace {
        SecretPlace::File { path: path.to_owned(), inside: None, line: Some(3) }
    }

    #[test]
    fn cases() {
        let cases = [
            (Kit::new(), "pass"),
            (Kit::new().secret("aws-access-key", Critical, file("x"), Live), "fail: critical aws-access-key"),
            (Kit::new().secret("aws-access-key", Info, file("x"), Live), "fail: low aws-access-key"),
            (Kit::new().secret("private-key", High, file("x"), Known("ssl-cert's test key".to_owned())), "pass: info private-key"),
            (Kit::new().secret("token", High, SecretPlace::Env { name: "T".to_owned() }, Live), "fail: high token"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
    }

    #[test]
    fn a_deleted_file_still_ships() {
        let kit = Kit::new()
            .layer("RUN x")
            .deleted("root/.npmrc", 10)
            .secret("npm-token", High, file("root/.npmrc"), Live)
            .layer("RUN rm /root/.npmrc");
        let verdict = kit.judge(&ITEM);
        assert_eq!(
            verdict.findings[0].message,
            "a npm-token (ABC****), deleted or replaced by layer 2, history step 2, still ships: everyone who pulls the image gets it."
        );
        assert!(matches!(&verdict.findings[0].location, Location::Layer { layer: 1, path, .. } if path == "/root/.npmrc"));
        assert_eq!(verdict.summary, "1 credential in 1 layer.");
    }

    #[test]
    fn a_text_of_the_project_is_shown_with_its_line() {
        let kit = Kit::new().source("Containerfile", "FROM x\nENV TOKEN=••••••••\n").build(plimsoll_evidence::Build::default()).secret(
            "token",
            High,
            SecretPlace::Source(plimsoll_evidence::Place { source: 0, line: 2, column: 11, width: 8 }),
            Live,
        );
        let verdict = kit.clone().without_image().judge(&ITEM);
        assert_eq!(verdict.summary, "1 credential in 1 text.");
        assert_eq!(kit.judge(&ITEM).findings, verdict.findings);
        let Location::File(line) = &verdict.findings[0].location else { panic!("{:?}", verdict.findings) };
        assert_eq!((line.path.as_str(), line.line, line.column, line.text.as_str()), ("Containerfile", 2, 11, "ENV TOKEN=••••••••"));
        let clean = Kit::new().source("Containerfile", "FROM x\n").build(plimsoll_evidence::Build::default());
        assert_eq!(clean.outcome(&ITEM), "pass");
        assert_eq!(clean.without_image().outcome(&ITEM), "unknown");
    }

    #[test]
    fn a_step_that_holds_a_credential_is_not_shown() {
        let kit = Kit::new().step("RUN TOKEN=hunter2 x").secret("token", High, SecretPlace::History { step: 1 }, Live);
        let shown = serde_json::to_string(&kit.judge(&ITEM)).unwrap();
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
