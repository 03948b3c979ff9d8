//! `plimsoll vex draft`: statements that the image itself proves, for a person to accept.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write as _};

use anyhow::{Context as _, bail};
use plimsoll_evidence::{Ecosystem, Evidence, Gathered, VexStatus, printable_line};
use plimsoll_gather::analysers;
use plimsoll_purl::Purl;
use plimsoll_vex::{
    Draft as Proposal, Holder, Looked, NewStatement, Proof, Symbols, VexForm, absent, drafts, go_names, go_names_of, java_wanted,
    may_be_followed, node_wanted, python_wanted,
};
use serde_json::{Value, json};

use super::add::image_purl;
use super::args::{Draft, DraftFormat};
use super::names::{look_for, look_for_java, look_for_modules, look_for_node};
use crate::args::Common;
use crate::plan::now;
use crate::reading::one_image;
use crate::status::Status;
use crate::vulns::look_up;

/// Files of a proof that are shown; JSON has more.
const MOST_FILES: usize = 5;

pub(super) fn run(given: &Draft, common: &Common) -> anyhow::Result<Status> {
    let mut evidence = one_image(&given.image, &given.reading, common, &analysers())?;
    let (proposals, symbols) = match &given.component {
        // What is not there is in no list of what was found.
        Some(component) => (given.vulnerability.iter().map(|id| absent(&evidence, id, component)).collect(), None),
        None => found(given, &mut evidence, common)?,
    };
    let text = match given.format {
        DraftFormat::OpenVex => document(given, &evidence, &proposals, VexForm::OpenVex, common)?,
        DraftFormat::CycloneDx16 => document(given, &evidence, &proposals, VexForm::CycloneDx16, common)?,
        DraftFormat::CycloneDx17 => document(given, &evidence, &proposals, VexForm::CycloneDx17, common)?,
        DraftFormat::Csaf20 => document(given, &evidence, &proposals, VexForm::Csaf20, common)?,
        DraftFormat::Json => as_json(&evidence, &proposals, symbols.as_ref()),
        DraftFormat::Terminal => as_text(given, &proposals) + &symbols.map_or_else(String::new, |s| who(&s, &evidence)),
    };
    match io::stdout().write_all(text.as_bytes()) {
        // Whoever read has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        other => other.context("cannot write to standard output")?,
    }
    Ok(Status::Fine)
}

/// What is proven as a document. It says nothing of the rest: that stands in the other forms.
fn document(given: &Draft, evidence: &Evidence, proposals: &[Proposal], form: VexForm, common: &Common) -> anyhow::Result<String> {
    let product = image_purl(evidence, &given.image, given.name.as_deref())?;
    let statement = |proposal: &Proposal| {
        let proof = proposal.outcome.as_ref().ok()?;
        Purl::parse(&proposal.component).ok()?;
        Some(NewStatement {
            vulnerability: proposal.vulnerability.clone(),
            status: VexStatus::NotAffected,
            justification: Some(proof.justification),
            impact: Some(proof.words.clone()),
            action: None,
            products: vec![product.clone()],
            parts: vec![proposal.component.clone()],
        })
    };
    let mut said: Vec<NewStatement> = proposals.iter().filter_map(statement).collect();
    // A component that lies in several places is one part of the product.
    said.dedup();
    if said.is_empty() {
        bail!("nothing is proven, so there is nothing to write; --format terminal says why");
    }
    if !common.quiet {
        eprintln!("{} of {} are proven; each is a draft until a person accepts it", said.len(), proposals.len());
    }
    let now = now()?.context("this machine's clock is before 1970; set SOURCE_DATE_EPOCH")?;
    Ok(plimsoll_vex::add(None, &said, &(&given.author).into(), Some(form), now)?)
}

/// The drafts of what was found, and who has to do with the symbols that were asked for.
fn found(given: &Draft, evidence: &mut Evidence, common: &Common) -> anyhow::Result<(Vec<Proposal>, Option<Symbols>)> {
    let Some(database) = given.database.open()? else {
        bail!(
            "there is no advisory database; fetch one with plimsoll db update, or name one with --db FILE; without one a vulnerability whose component is not in the image can be asked for with --vulnerability ID --component PURL"
        );
    };
    look_up(&database, evidence, None);
    if let Gathered::Failed(problem) = &evidence.vulnerabilities {
        bail!("{}", problem.message);
    }
    // Only what records or the user name is looked for, in a second pass that keeps nothing.
    let mut names = go_names(evidence);
    names.extend(go_names_of(&given.symbol, &go_modules(evidence)));
    let tree = evidence.image.found().filter(|_| may_be_followed(evidence)).map(|image| &image.tree);
    let looked = look_for(names, &given.symbol, tree, &given.image, &given.reading, common)?;
    let held = |path: &str| looked.held(path);
    let (symbols, mentions) = (looked.symbols(), looked.mentions());
    let python = match python_wanted(evidence) {
        Some(wanted) => Some(look_for_modules(wanted, &given.image, &given.reading, common)?),
        None => None,
    };
    let java = if java_wanted(evidence) { Some(look_for_java(&given.image, &given.reading, common)?) } else { None };
    let wanted = |at: usize| {
        let known = evidence.vulnerabilities.found().and_then(|k| k.found.get(at));
        given.vulnerability.is_empty() || known.is_some_and(|v| given.vulnerability.iter().any(|id| v.id == *id || v.is_called(id)))
    };
    let node = node_wanted(evidence).map(|names| look_for_node(names, &given.image, &given.reading, common)).transpose()?;
    let seen = Looked {
        held: &held,
        symbols: symbols.as_ref(),
        named: &mentions,
        python: python.as_ref(),
        java: java.as_ref(),
        node: node.as_ref(),
    };
    let proposals = drafts(evidence, &seen).into_iter().enumerate().filter(|(at, _)| wanted(*at)).map(|(_, draft)| draft).collect();
    Ok((proposals, symbols))
}

/// The names of the Go modules in the image.
fn go_modules(evidence: &Evidence) -> BTreeSet<String> {
    let packages = evidence.components.found().map(|i| i.packages.as_slice()).unwrap_or_default();
    packages.iter().filter(|p| p.ecosystem == Ecosystem::Go).map(|p| p.name.clone()).collect()
}

/// Who has to do with the symbols, and the way to them.
fn who(symbols: &Symbols, evidence: &Evidence) -> String {
    let mut text = String::new();
    for symbol in &symbols.wanted {
        let _ = writeln!(text, "\n{}", shown(symbol));
        let mut holders = symbols.holders.iter().filter(|h| h.symbol == *symbol).peekable();
        if holders.peek().is_none() {
            let _ = writeln!(text, "  no table of symbols that is left has it");
        }
        for holder in holders {
            let way = match evidence.image.found().and_then(|i| holder.chain(i)) {
                Some(way) => format!("reached by {}", way.iter().map(|s| s.path.as_str()).collect::<Vec<_>>().join(" → ")),
                None => "nothing that the container starts is seen to reach it".to_owned(),
            };
            let _ = writeln!(text, "  {} it: /{}; {}", holder.verb(), shown(&holder.path), shown(&way));
        }
    }
    for why in &symbols.unread {
        let _ = writeln!(text, "  not looked through: {}", shown(why));
    }
    text
}

fn as_json(evidence: &Evidence, proposals: &[Proposal], symbols: Option<&Symbols>) -> String {
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
    let mut answer = json!({ "image": evidence.subject, "drafts": each });
    if let Some(symbols) = symbols {
        let image = evidence.image.found();
        let holder = |h: &Holder| {
            let way = image.and_then(|i| h.chain(i)).map(|way| way.into_iter().map(|s| s.path).collect::<Vec<_>>());
            json!({ "symbol": h.symbol, "file": format!("/{}", h.path), "defines": h.defines, "reachedBy": way })
        };
        let holders: Vec<Value> = symbols.holders.iter().map(holder).collect();
        answer["symbols"] = json!({ "wanted": symbols.wanted, "holders": holders, "notLookedThrough": symbols.unread });
    }
    format!("{answer:#}\n")
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
