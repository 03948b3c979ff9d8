//! `plimsoll sbom`: writes, checks and compares bills of materials.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use plimsoll_evidence::Evidence;
use plimsoll_sbom::{Bill, Change, Creator, Description, Form, describe, read};
use serde_json::json;

use crate::args::{Common, Format, ReadingOptions};
use crate::evidence::{Installed, parts};
use crate::sbom_args::{Sbom, SbomCheck, SbomCommand, SbomDiff, SbomFormat};
use crate::status::Status;

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(crate) fn run(arguments: &Sbom, common: &Common) -> anyhow::Result<Status> {
    match &arguments.command {
        Some(SbomCommand::Check(check)) => run_check(check, common),
        Some(SbomCommand::Diff(diff)) => run_diff(diff, common),
        None => write(arguments, common),
    }
}

fn write(arguments: &Sbom, common: &Common) -> anyhow::Result<Status> {
    let reference = arguments.image.as_deref().context("name an image")?;
    let creator = arguments.creator.as_deref().map(Creator::parse).unwrap_or_default();
    let installed = Installed::of(reference, &arguments.options, common)?.with(arguments.sboms.open(&[])?.as_ref(), common)?;
    let bill = bill_of(&installed, creator)?;
    let form = match arguments.format {
        SbomFormat::CycloneDx16 => Form::CycloneDx16,
        SbomFormat::CycloneDx17 => Form::CycloneDx17,
        SbomFormat::CycloneDx16Xml => Form::CycloneDx16Xml,
        SbomFormat::CycloneDx17Xml => Form::CycloneDx17Xml,
        SbomFormat::Spdx23 => Form::Spdx23,
        SbomFormat::SpdxTagValue => Form::Spdx23TagValue,
        SbomFormat::Spdx30 => Form::Spdx30,
    };
    let text = plimsoll_sbom::write(&bill, form);
    match &arguments.output {
        Some(path) => fs::write(path, text).with_context(|| format!("cannot write the bill to {}", path.display()))?,
        None => io::stdout().write_all(text.as_bytes())?,
    }
    Ok(Status::Fine)
}

fn bill_of_image(reference: &str, options: &ReadingOptions, common: &Common, creator: Creator) -> anyhow::Result<Bill> {
    bill_of(&Installed::of(reference, options, common)?, creator)
}

fn bill_of(installed: &Installed, creator: Creator) -> anyhow::Result<Bill> {
    bill_of_evidence(installed.evidence(), creator)
}

/// The bill of what evidence shows, as `SOURCE_DATE_EPOCH` asks for.
pub(crate) fn bill_of_evidence(evidence: &Evidence, creator: Creator) -> anyhow::Result<Bill> {
    let (subject, image, inventory) = parts(evidence)?;
    let sums = plimsoll_inventory::file_sums(&image.texts);
    Ok(describe(&Description { subject, image, inventory, creator, sums, version: VERSION, epoch: epoch()? }))
}

/// `SOURCE_DATE_EPOCH` (reproducible-builds.org): seconds since 1970.
fn epoch() -> anyhow::Result<Option<u64>> {
    let Some(text) = std::env::var_os("SOURCE_DATE_EPOCH").filter(|t| !t.is_empty()) else { return Ok(None) };
    let seconds = text.to_str().and_then(|t| t.parse().ok());
    Ok(Some(seconds.context("SOURCE_DATE_EPOCH is no number of seconds since 1970")?))
}

/// The bill that a document holds; what it says and cannot be used goes to standard error.
pub(crate) fn bill_of_file(path: &Path, common: &Common) -> anyhow::Result<Bill> {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    let shown = path.display();
    let bytes = bytes.with_context(|| format!("cannot read {shown}"))?;
    let contents = read(&bytes).with_context(|| format!("{shown} cannot be read as a bill of materials"))?;
    if !common.quiet {
        for problem in &contents.problems {
            eprintln!("{shown}: {problem}");
        }
    }
    Ok(contents.bill)
}

/// Whether a file that is there is no image: documents begin with a letter or a bracket, archives and layouts do not.
pub(crate) fn is_document(reference: &str) -> bool {
    let path = Path::new(reference);
    let mut start = [0; 512];
    let Ok(mut file) = fs::File::open(path) else { return false };
    let Ok(n) = file.read(&mut start) else { return false };
    let start = start[..n].trim_ascii_start();
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    start.starts_with(b"{") || start.starts_with(b"<") || String::from_utf8_lossy(start).contains("SPDXVersion:")
}

fn run_check(arguments: &SbomCheck, common: &Common) -> anyhow::Result<Status> {
    let bill = bill_of_file(&arguments.file, common)?;
    let found = plimsoll_sbom::check(&bill);
    let mut out = io::stdout();
    match arguments.format {
        Format::Json => {
            let each: Vec<_> = found
                .iter()
                .map(|s| json!({ "rule": s.rule.id(), "askedBy": s.rule.source(), "component": s.component, "message": s.message }))
                .collect();
            let report = json!({ "form": bill.form, "components": bill.components.len(), "shortcomings": each });
            writeln!(out, "{report:#}")?;
        }
        Format::Terminal => out.write_all(listed(&bill, &found, common).as_bytes())?,
    }
    Ok(if found.is_empty() { Status::Fine } else { Status::Fails })
}

/// By rule, with the components that break it: all of them where that was asked for, else a few.
fn listed(bill: &Bill, found: &[plimsoll_sbom::Shortcoming], common: &Common) -> String {
    const SHOWN: usize = 5;
    let mut text = format!("{}: {} components\n", bill.form, bill.components.len());
    for rule in plimsoll_sbom::Rule::ALL {
        let of_rule: Vec<_> = found.iter().filter(|s| s.rule == rule).collect();
        if of_rule.is_empty() {
            continue;
        }
        let count =
            if of_rule[0].component.is_some() { format!(" ({} of {})", of_rule.len(), bill.components.len()) } else { String::new() };
        let _ = writeln!(text, "\n{} [{}] {}{count}", rule.id(), rule.source(), rule.lacks());
        let shown = if common.verbose { of_rule.len() } else { SHOWN };
        for shortcoming in of_rule.iter().filter(|s| s.component.is_some()).take(shown) {
            let title = shortcoming.component.as_deref().unwrap_or_default();
            let detail = if rule == plimsoll_sbom::Rule::InvalidPurl { format!(": {}", shortcoming.message) } else { String::new() };
            let _ = writeln!(text, "  {}", plimsoll_evidence::printable_line(&format!("{title}{detail}"), 300));
        }
        if of_rule.len() > shown {
            let _ = writeln!(text, "  … and {} more (--verbose shows them)", of_rule.len() - shown);
        }
    }
    if found.is_empty() {
        text.push_str("nothing is missing\n");
    }
    text
}

fn run_diff(arguments: &SbomDiff, common: &Common) -> anyhow::Result<Status> {
    let bill = |reference: &str| -> anyhow::Result<Bill> {
        if is_document(reference) {
            return bill_of_file(Path::new(reference), common);
        }
        bill_of_image(reference, &arguments.options, common, Creator::default())
    };
    if arguments.first == "-" && arguments.second == "-" {
        bail!("only one of the two can be standard input");
    }
    let (first, second) = (bill(&arguments.first)?, bill(&arguments.second)?);
    let found = plimsoll_sbom::diff(&first, &second);
    let mut out = io::stdout();
    match arguments.format {
        Format::Json => {
            let each: Vec<_> = found
                .iter()
                .map(|d| {
                    let (change, before, after) = match &d.change {
                        Change::Added(new) => ("added", &[][..], new.as_slice()),
                        Change::Removed(gone) => ("removed", gone.as_slice(), &[][..]),
                        Change::Changed(gone, new) => ("changed", gone.as_slice(), new.as_slice()),
                    };
                    json!({ "change": change, "ecosystem": d.ecosystem, "name": d.name, "before": before, "after": after })
                })
                .collect();
            writeln!(out, "{:#}", json!(each))?;
        }
        Format::Terminal => {
            for difference in &found {
                let (sign, versions) = match &difference.change {
                    Change::Added(new) => ('+', new.join(", ")),
                    Change::Removed(gone) => ('-', gone.join(", ")),
                    Change::Changed(gone, new) => ('~', format!("{} → {}", none_or(gone), none_or(new))),
                };
                let line = format!("{sign} {} {} {versions}", difference.ecosystem, difference.name);
                writeln!(out, "{}", plimsoll_evidence::printable_line(&line, 400))?;
            }
        }
    }
    Ok(if found.is_empty() { Status::Fine } else { Status::Fails })
}

fn none_or(versions: &[String]) -> String {
    if versions.is_empty() { "nothing".to_owned() } else { versions.join(", ") }
}
