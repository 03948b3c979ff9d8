//! `plimsoll vex draft`: statements that the image itself proves, for a person to accept.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write as _};

use anyhow::{Context as _, bail};
use plimsoll_binaries::{GO, Names};
use plimsoll_evidence::{Evidence, Gathered, printable_line};
use plimsoll_gather::analysers;
use plimsoll_layers::Analyser;
use plimsoll_vex::{Draft as Proposal, Held, Proof, absent, drafts, go_names};
use serde_json::{Value, json};

use super::args::Draft;
use crate::args::{Common, Format};
use crate::reading::{one_image, one_image_afresh};
use crate::status::Status;
use crate::vulns::look_up;

/// Files of a proof that are shown; JSON has more.
const MOST_FILES: usize = 5;

pub(super) fn run(given: &Draft, common: &Common) -> anyhow::Result<Status> {
    let mut evidence = one_image(&given.image, &given.reading, common, &analysers())?;
    let proposals = match &given.component {
        // What is not there is in no list of what was found.
        Some(component) => given.vulnerability.iter().map(|id| absent(&evidence, id, component)).collect(),
        None => found(given, &mut evidence, common)?,
    };
    let text = match given.format {
        Format::Json => as_json(&evidence, &proposals),
        Format::Terminal => as_text(given, &proposals),
    };
    match io::stdout().write_all(text.as_bytes()) {
        // Whoever read has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        other => other.context("cannot write to standard output")?,
    }
    Ok(Status::Fine)
}

fn found(given: &Draft, evidence: &mut Evidence, common: &Common) -> anyhow::Result<Vec<Proposal>> {
    let Some(database) = given.database.open()? else {
        bail!(
            "there is no advisory database; fetch one with plimsoll db update, or name one with --db FILE; without one a vulnerability whose component is not in the image can be asked for with --vulnerability ID --component PURL"
        );
    };
    look_up(&database, evidence, None);
    if let Gathered::Failed(problem) = &evidence.vulnerabilities {
        bail!("{}", problem.message);
    }
    // Only what records name is looked for, in a second pass that keeps nothing.
    let names = go_names(evidence);
    let looked = if names.is_empty() {
        None
    } else {
        let names: Vec<Box<dyn Analyser>> = vec![Box::new(Names::new(names, BTreeSet::new()))];
        Some(one_image_afresh(&given.image, &given.reading, common, &names)?)
    };
    let held = |path: &str| held(looked.as_ref(), path);
    let wanted = |at: usize| {
        let known = evidence.vulnerabilities.found().and_then(|k| k.found.get(at));
        given.vulnerability.is_empty() || known.is_some_and(|v| given.vulnerability.iter().any(|id| v.id == *id || v.is_called(id)))
    };
    Ok(drafts(evidence, &held).into_iter().enumerate().filter(|(at, _)| wanted(*at)).map(|(_, draft)| draft).collect())
}

/// What a program holds of the names that were looked for.
fn held(looked: Option<&Evidence>, path: &str) -> Held {
    let image = looked.filter(|e| !e.problems.iter().any(|p| p.hides)).and_then(|e| e.image.found());
    let Some(text) = image.and_then(|i| i.text(path)).map(|t| t.text.as_str()) else { return Held::Unknown };
    if text.lines().all(|line| line != GO) {
        return Held::Unknown;
    }
    Held::Names(text.lines().filter_map(|line| line.strip_prefix("go ")).map(str::to_owned).collect())
}

fn as_json(evidence: &Evidence, proposals: &[Proposal]) -> String {
    let each: Vec<Value> = proposals
        .iter()
        .map(|p| match &p.outcome {
            Ok(proof) => json!({
                "vulnerability": p.vulnerability, "component": p.component, "status": "not_affected",
                "justification": proof.justification.name(),
                "proof": { "words": proof.words, "files": proof.files, "moreFiles": proof.more_files, "followedFrom": proof.starts },
            }),
            Err(why) => json!({ "vulnerability": p.vulnerability, "component": p.component, "unproven": why }),
        })
        .collect();
    format!("{:#}\n", json!({ "image": evidence.subject, "drafts": each }))
}

fn as_text(given: &Draft, proposals: &[Proposal]) -> String {
    let mut text = String::new();
    let proven: Vec<(&Proposal, &Proof)> = proposals.iter().filter_map(|p| p.outcome.as_ref().ok().map(|proof| (p, proof))).collect();
    let _ = writeln!(text, "{} of {} proven; each is a draft until a person accepts it", proven.len(), proposals.len());
    for (proposal, proof) in proven {
        let _ = writeln!(text, "\n{} {}: not_affected, {}", proposal.vulnerability, shown(&proposal.component), proof.justification.name());
        let _ = writeln!(text, "  proof: {}", shown(&proof.words));
        for file in proof.files.iter().take(MOST_FILES) {
            let _ = writeln!(text, "  looked at: {}", shown(file));
        }
        let more = proof.files.len().saturating_sub(MOST_FILES) + proof.more_files;
        if more > 0 {
            let _ = writeln!(text, "  and {more} more files; --format json lists them");
        }
        let _ = writeln!(
            text,
            "  accept: plimsoll vex add --file vex.json --image {} --component '{}' --vulnerability {} --status not_affected --justification {}",
            shown(&given.image),
            shown(&proposal.component),
            proposal.vulnerability,
            proof.justification.name()
        );
    }
    let mut why: std::collections::BTreeMap<&str, Vec<String>> = std::collections::BTreeMap::new();
    for proposal in proposals {
        if let Err(reason) = &proposal.outcome {
            why.entry(reason).or_default().push(format!("{} {}", proposal.vulnerability, proposal.component));
        }
    }
    for (reason, of) in why {
        let first: Vec<String> = of.iter().take(MOST_FILES).map(|o| shown(o)).collect();
        let more = if of.len() > first.len() { format!(" and {} more", of.len() - first.len()) } else { String::new() };
        let _ = writeln!(text, "\nnot proven: {}\n  {}{more}", shown(reason), first.join("\n  "));
    }
    text
}

fn shown(text: &str) -> String {
    printable_line(text, 600)
}
