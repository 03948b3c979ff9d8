//! `plimsoll vex`, and the VEX documents that other commands take.

mod add;
mod args;
mod draft;
mod names;

pub(crate) use args::{VexCommand, VexOptions};
pub(crate) use names::look_for;

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use plimsoll_checklist::Policy;
use plimsoll_evidence::{Evidence, Gathered, Problem, ProblemKind, Vex};
use plimsoll_oci::without_login;
use plimsoll_vex::{Library, Target};

use self::args::VexWhat;
use crate::args::Common;
use crate::db::download::Downloader;
use crate::status::Status;

pub(crate) fn run(vex: &VexCommand, common: &Common) -> anyhow::Result<Status> {
    match &vex.command {
        VexWhat::Add(add) => add::run(add, common),
        VexWhat::Draft(draft) => draft::run(draft, common),
    }
}

/// Bytes of a document that are fetched: the largest that are published stay far below.
const MOST_FETCHED: u64 = 64 << 20;

/// Documents that were given, read once for all images.
pub(crate) struct Given {
    vex: Vex,
    problems: Vec<String>,
}

impl VexOptions {
    /// Reads the documents; none where none are given. What is named has to be one. `cas` are trusted besides the system's.
    pub(crate) fn open(&self, cas: &[PathBuf], common: &Common) -> anyhow::Result<Option<Given>> {
        if self.vex.is_empty() {
            return Ok(None);
        }
        let mut library = Library::new();
        for path in &self.vex {
            let name = path.display();
            match path.to_str().filter(|p| p.contains("://") && !path.exists()) {
                Some(url) if common.offline => {
                    bail!(
                        "--vex {} would use the network, and --offline forbids it: fetch it elsewhere and name the file",
                        without_login(url)
                    );
                }
                Some(url) => {
                    let bytes = fetched(url, cas)
                        .with_context(|| format!("--vex {} cannot be had; fetch it elsewhere and name the file", without_login(url)))?;
                    library.add(url, &bytes, false).with_context(|| format!("--vex {url}"))?;
                }
                None => library.add_path(path).with_context(|| format!("--vex {name}"))?,
            }
        }
        let (vex, problems) = library.finish();
        Ok(Some(Given { vex, problems }))
    }

    /// The policy, with what the command line says of trust.
    pub(crate) fn policy(&self, policy: Policy) -> Policy {
        Policy { trust_unsigned_vex: policy.trust_unsigned_vex || self.trust_unsigned_vex, ..policy }
    }
}

/// A document as its address gives it now. Nothing is kept: what counts is what is said today.
fn fetched(url: &str, cas: &[PathBuf]) -> anyhow::Result<Vec<u8>> {
    if !(url.starts_with("https://") || url.starts_with("http://")) {
        bail!("a file, a directory or an https:// address is taken");
    }
    Downloader::new(cas)?.small(url, MOST_FETCHED)?.context("the server has no such file (status 404); see that the address is right")
}

impl Given {
    /// Holds the statements against the image in evidence, and puts what they come to there. `names` are further names of the image.
    pub(crate) fn look_up(&self, evidence: &mut Evidence, names: &[String]) {
        let Some(inventory) = evidence.components.found() else { return };
        let mut vex = self.vex.clone();
        let target = Target { subject: evidence.subject.as_ref(), names, inventory, known: evidence.vulnerabilities.found() };
        plimsoll_vex::apply(&mut vex, target);
        evidence.problems.extend(self.problems.iter().map(|p| Problem::noted(ProblemKind::Malformed, p.clone())));
        evidence.vex = Gathered::Found(vex);
    }
}
