//! `plimsoll licences`: what is there, by component, against lists of what may be, and texts for a notice file.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use plimsoll_evidence::{ImageFacts, Inventory, printable_line};
use plimsoll_licences::{Policy, Ruling, expression};
use serde_json::json;

use crate::args::{Common, Format};
use crate::evidence::Installed;
use crate::sbom::{bill_of_file, is_document};
use crate::sbom_args::Licences;
use crate::status::Status;

/// A component and its licence.
struct Line {
    ecosystem: String,
    name: String,
    version: String,
    licence: Option<String>,
    ruling: Ruling,
}

pub(crate) fn run(arguments: &Licences, common: &Common) -> anyhow::Result<Status> {
    let policy = Policy { allowed: arguments.allow.clone(), denied: arguments.deny.clone() };
    let line = |ecosystem: &str, name: &str, version: &str, said: &[String]| {
        let licence = expression(said.iter().map(String::as_str)).expression;
        let ruling = policy.rule(licence.as_deref());
        Line { ecosystem: ecosystem.to_owned(), name: name.to_owned(), version: version.to_owned(), licence, ruling }
    };
    let mut lines: Vec<Line> = if is_document(&arguments.image) {
        if arguments.notice.is_some() {
            bail!("--notice: a bill of materials holds no licence texts; name the image");
        }
        let bill = bill_of_file(Path::new(&arguments.image), common)?;
        let of = |c: &plimsoll_sbom::Component| {
            let kind = c.purl.as_deref().and_then(|p| p.strip_prefix("pkg:")?.split('/').next()).unwrap_or_default();
            line(kind, &c.name, c.version.as_deref().unwrap_or_default(), &c.licences)
        };
        bill.components.iter().filter(|c| c.purl.is_some() || !c.licences.is_empty()).map(of).collect()
    } else {
        let installed = Installed::of(&arguments.image, &arguments.options, common)?;
        let (_, image, inventory) = installed.parts()?;
        if let Some(path) = &arguments.notice {
            fs::write(path, notice(image, inventory)).with_context(|| format!("cannot write the notice to {}", path.display()))?;
        }
        inventory.packages.iter().map(|p| line(p.ecosystem.name(), &p.name, &p.version, &p.licences)).collect()
    };
    lines.sort_by(|a, b| (&a.ecosystem, &a.name, &a.version).cmp(&(&b.ecosystem, &b.name, &b.version)));
    lines.dedup_by(|a, b| (&a.ecosystem, &a.name, &a.version, &a.licence) == (&b.ecosystem, &b.name, &b.version, &b.licence));
    let has_policy = policy != Policy::default();
    let text = match arguments.format {
        Format::Json => as_json(&lines),
        Format::Terminal => as_table(&lines, has_policy, common),
    };
    io::stdout().write_all(text.as_bytes())?;
    let refused = lines.iter().any(|l| matches!(l.ruling, Ruling::Refused(_)));
    let unknown = has_policy && lines.iter().any(|l| l.ruling == Ruling::Unknown);
    Ok(match (refused && has_policy, unknown) {
        (true, _) => Status::Fails,
        (false, true) => Status::Uncertain,
        _ => Status::Fine,
    })
}

fn as_json(lines: &[Line]) -> String {
    let each: Vec<_> = lines
        .iter()
        .map(|l| {
            let (ruling, refused) = match &l.ruling {
                Ruling::Allowed => ("allowed", &[][..]),
                Ruling::Refused(names) => ("refused", names.as_slice()),
                Ruling::Unknown => ("unknown", &[][..]),
            };
            json!({ "ecosystem": l.ecosystem, "name": l.name, "version": l.version, "licence": l.licence, "ruling": ruling, "refused": refused })
        })
        .collect();
    format!("{:#}\n", json!(each))
}

fn as_table(lines: &[Line], has_policy: bool, common: &Common) -> String {
    let mut text = String::new();
    for line in lines {
        let refused = match &line.ruling {
            Ruling::Refused(names) if has_policy => format!("  refused: {}", names.join(", ")),
            _ if common.quiet => continue,
            _ => String::new(),
        };
        let licence = line.licence.as_deref().unwrap_or("unknown");
        let shown = format!("{} {} {}  {licence}{refused}", line.ecosystem, line.name, line.version);
        let _ = writeln!(text, "{}", printable_line(&shown, 2000));
    }
    let unknown = lines.iter().filter(|l| l.licence.is_none()).count();
    let _ = writeln!(text, "{} components, {unknown} of unknown licence", lines.len());
    text
}

/// The licence texts that the image holds, each with the components that it is of.
fn notice(image: &ImageFacts, inventory: &Inventory) -> String {
    let mut texts: std::collections::BTreeMap<&str, Vec<String>> = std::collections::BTreeMap::new();
    for package in &inventory.packages {
        for text in plimsoll_inventory::licence_texts(&image.tree, &image.texts, package) {
            let of = texts.entry(text.text.trim()).or_default();
            let title = format!("{} {}", package.name, package.version);
            if !of.contains(&title) {
                of.push(title);
            }
        }
    }
    let mut sorted: Vec<(Vec<String>, &str)> = texts.into_iter().map(|(text, of)| (of, text)).collect();
    sorted.sort();
    let mut notice = String::new();
    for (of, text) in sorted {
        let _ = writeln!(notice, "{}\n{}\n\n{text}\n", "=".repeat(78), of.join(", "));
    }
    notice
}
