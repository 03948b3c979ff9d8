//! `plimsoll why`: the chain from what a container starts to a component or file, or to the programs that have to do with a symbol.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write as _};

use anyhow::{Context as _, bail};
use clap::Args;
use plimsoll_evidence::{FileId, ImageFacts, Inventory, Package, printable_line};
use plimsoll_gather::analysers;
use plimsoll_vex::{Holder, Step, Symbols, chain, link_words};
use serde_json::{Value, json};

use crate::args::{Common, Format, ReadingOptions};
use crate::reading::one_image;
use crate::status::Status;
use crate::vex::look_for;

const EXAMPLES: &str = "\
Examples:
  plimsoll why app.tar libssl3
  plimsoll why oci:build/image /usr/bin/curl
  plimsoll why oci:build/image golang.org/x/net --format json
  plimsoll why oci:build/image asn1_expand_octet_string    (who defines or imports this symbol?)";

/// Chains that are shown of one component.
const MOST_CHAINS: usize = 5;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Why {
    /// The image, as plimsoll check takes it
    #[arg(env = "PLIMSOLL_IMAGE")]
    pub(crate) image: String,
    /// A file by its path, a component by its name, its source's or its package URL, or a symbol of ELF files
    pub(crate) what: String,
    /// The answer's form
    #[arg(long, env = "PLIMSOLL_FORMAT", default_value = "terminal")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) reading: ReadingOptions,
}

pub(crate) fn run(given: &Why, common: &Common) -> anyhow::Result<Status> {
    let evidence = one_image(&given.image, &given.reading, common, &analysers())?;
    let (Some(image), Some(inventory)) = (evidence.image.found(), evidence.components.found()) else {
        bail!("what is in {} could not be read", given.image);
    };
    let mut what = what(&given.what, image, inventory);
    let mut unread = Vec::new();
    if what.is_empty() {
        (what, unread) = symbol(given, common, image)?;
    }
    if what.is_empty() {
        let mut open = String::new();
        for why in &unread {
            let _ = write!(open, "; not looked through: {}", shown(why));
        }
        bail!(
            "{} is neither a file of the image nor a component of it (plimsoll sbom {} lists them), and no symbol table that is left in its programs and libraries has it; static programs and stripped ones may hold such code all the same{open}",
            given.what,
            given.image
        );
    }
    let answers: Vec<Answer> = what.into_iter().map(|(name, files)| answer(name, &files, image)).collect();
    let text = match given.format {
        Format::Json => as_json(image, &answers, &unread),
        Format::Terminal => as_text(image, &answers, &unread),
    };
    match io::stdout().write_all(text.as_bytes()) {
        // Whoever read has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        other => other.context("cannot write to standard output")?,
    }
    Ok(Status::Fine)
}

/// What is asked for, by name, with its files.
type Asked = Vec<(String, Vec<FileId>)>;

/// What is asked for: each with its files. A path is a file; else every component of that name.
fn what(asked: &str, image: &ImageFacts, inventory: &Inventory) -> Asked {
    let path = asked.trim_start_matches('/');
    if let Some(file) = image.tree.find(path).filter(|_| asked.contains('/')) {
        // A link is what is asked for, and what it leads to.
        let files: Vec<FileId> = std::iter::once(file).chain(image.tree.resolve(path)).collect();
        return vec![(format!("/{path}"), files)];
    }
    let is_it = |p: &Package| p.name == asked || p.purl.as_deref() == Some(asked) || (p.ecosystem.is_system() && p.source_name() == asked);
    let packages = inventory.packages.iter().enumerate().filter(|(_, p)| is_it(p));
    packages.map(|(at, p)| (format!("{} {} ({})", p.name, p.version, p.ecosystem.name()), files(at as u32, p, image, inventory))).collect()
}

/// The programs and libraries that define or import a symbol, by their dynamic and static symbol tables, and why some were not looked through.
/// Looked for in a second pass.
fn symbol(given: &Why, common: &Common, image: &ImageFacts) -> anyhow::Result<(Asked, Vec<String>)> {
    let looked = look_for(BTreeSet::new(), std::slice::from_ref(&given.what), None, &given.image, &given.reading, common)?;
    let Symbols { holders, unread, .. } = looked.symbols().unwrap_or_default();
    let named = |h: Holder| Some((format!("/{} {} {}", h.path, h.verb(), h.symbol), vec![image.tree.find(&h.path)?]));
    Ok((holders.into_iter().filter_map(named).collect(), unread))
}

/// The files of a component: those it owns, and of one that no system keeps the program or archive that holds it.
fn files(at: u32, package: &Package, image: &ImageFacts, inventory: &Inventory) -> Vec<FileId> {
    let mut files: Vec<FileId> = inventory.owners.iter().enumerate().filter(|(_, o)| **o == at).map(|(f, _)| f as FileId).collect();
    if !package.ecosystem.is_system() {
        files.extend(image.tree.find(package.recorded_in.split('!').next().unwrap_or_default()));
    }
    files
}

struct Answer {
    name: String,
    files: usize,
    /// The shortest first.
    chains: Vec<Vec<Step>>,
}

fn answer(name: String, files: &[FileId], image: &ImageFacts) -> Answer {
    let reached = image.closure.files();
    let mut chains: Vec<Vec<Step>> =
        files.iter().filter(|f| reached.contains(f)).filter_map(|f| chain(&image.closure, &image.tree, *f)).collect();
    chains.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.last().map(|s| &s.path).cmp(&b.last().map(|s| &s.path))));
    chains.dedup();
    Answer { name, files: files.len(), chains }
}

/// What keeps "nothing reaches it" from being sure.
fn open(image: &ImageFacts) -> Vec<String> {
    let closure = &image.closure;
    let file = |id: FileId| image.tree.files.get(id as usize).map_or_else(String::new, |f| f.absolute() + " ");
    let stopped = closure.stopped.iter().map(|why| format!("what the container starts is not known: {why}"));
    let ends = closure.open_ends.iter().map(|e| format!("{}{}", e.by.map_or_else(|| "the image's config ".to_owned(), file), e.why));
    let missing =
        closure.missing.iter().map(|m| format!("{}needs {}, which the image has not", m.by.map_or_else(String::new, file), m.wanted));
    stopped.chain(ends).chain(missing).collect()
}

fn as_text(image: &ImageFacts, answers: &[Answer], unread: &[String]) -> String {
    let mut text = String::new();
    let mut unreached = false;
    for answer in answers {
        let _ = writeln!(text, "{}", shown(&answer.name));
        for chain in answer.chains.iter().take(MOST_CHAINS) {
            for (depth, step) in chain.iter().enumerate() {
                let _ = writeln!(text, "  {}{} ({})", "  ".repeat(depth.min(20)), shown(&step.path), link_words(step.how));
            }
        }
        if answer.chains.len() > MOST_CHAINS {
            let _ = writeln!(text, "  and {} more of its files are reached", answer.chains.len() - MOST_CHAINS);
        }
        if answer.chains.is_empty() && answer.files == 0 {
            let _ = writeln!(text, "  no file is known to be its, so nothing can be followed to it");
        } else if answer.chains.is_empty() {
            unreached = true;
            let _ = writeln!(text, "  nothing that the container starts is seen to reach it");
        }
    }
    let open = open(image);
    if unreached && !open.is_empty() {
        let _ = writeln!(text, "\nThis is not sure, since what runs cannot be followed to its end:");
        for end in open.iter().take(MOST_CHAINS) {
            let _ = writeln!(text, "  {}", shown(end));
        }
        if open.len() > MOST_CHAINS {
            let _ = writeln!(text, "  and {} more", open.len() - MOST_CHAINS);
        }
    }
    if !unread.is_empty() {
        let _ = writeln!(text, "\nNot all was looked through for it, and what was not may hold it too:");
        for why in unread.iter().take(MOST_CHAINS) {
            let _ = writeln!(text, "  {}", shown(why));
        }
        if unread.len() > MOST_CHAINS {
            let _ = writeln!(text, "  and {} more", unread.len() - MOST_CHAINS);
        }
    }
    text
}

fn as_json(image: &ImageFacts, answers: &[Answer], unread: &[String]) -> String {
    let step = |s: &Step| json!({ "path": s.path, "how": link_words(s.how) });
    let each: Vec<Value> = answers
        .iter()
        .map(|a| {
            let chains: Vec<Vec<Value>> = a.chains.iter().map(|c| c.iter().map(step).collect()).collect();
            json!({ "what": a.name, "files": a.files, "reached": !a.chains.is_empty(), "chains": chains })
        })
        .collect();
    format!("{:#}\n", json!({ "answers": each, "openEnds": open(image), "notLookedThrough": unread }))
}

fn shown(text: &str) -> String {
    printable_line(text, 400)
}
