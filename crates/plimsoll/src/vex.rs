//! `plimsoll vex`, and the VEX documents that other commands take.

mod add;
mod args;
mod draft;
mod names;

pub(crate) use args::{VexCommand, VexOptions};
pub(crate) use names::look_for;

use anyhow::{Context as _, bail};
use plimsoll_checklist::Policy;
use plimsoll_evidence::{Evidence, Gathered, Problem, ProblemKind, Vex};
use plimsoll_vex::{Library, Target};

use self::args::VexWhat;
use crate::args::Common;
use crate::status::Status;

pub(crate) fn run(vex: &VexCommand, common: &Common) -> anyhow::Result<Status> {
    match &vex.command {
        VexWhat::Add(add) => add::run(add, common),
        VexWhat::Draft(draft) => draft::run(draft, common),
    }
}

/// Documents that were given, read once for all images.
pub(crate) struct Given {
    vex: Vex,
    problems: Vec<String>,
}

impl VexOptions {
    /// Reads the documents; none where none are given. A file that is named has to be one.
    pub(crate) fn open(&self) -> anyhow::Result<Option<Given>> {
        if self.vex.is_empty() {
            return Ok(None);
        }
        let mut library = Library::new();
        for path in &self.vex {
            let name = path.display();
            if path.to_str().is_some_and(|p| p.contains("://")) && !path.exists() {
                bail!("--vex takes files and directories: fetch {name} first and name the file");
            }
            library.add_path(path).with_context(|| format!("--vex {name}"))?;
        }
        let (vex, problems) = library.finish();
        Ok(Some(Given { vex, problems }))
    }

    /// The policy, with what the command line says of trust.
    pub(crate) fn policy(&self, policy: Policy) -> Policy {
        Policy { trust_unsigned_vex: policy.trust_unsigned_vex || self.trust_unsigned_vex, ..policy }
    }
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
