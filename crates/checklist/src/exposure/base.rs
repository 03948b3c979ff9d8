//! How small the image's base can be, judged by what its entrypoint reaches.

use plimsoll_evidence::{ImageFacts, Inventory, Vulnerabilities};
use schemars::JsonSchema;
use serde::Serialize;

use super::needed::Need;

/// Shells and programs that run scripts, by name.
const SHELLS: [&str; 8] = ["sh", "bash", "dash", "ash", "zsh", "ksh", "busybox", "toybox"];

/// The smallest base that what is reached can run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Aim {
    /// Nothing but the application.
    Static,
    /// Libraries and runtimes without a shell and a package manager.
    Distroless,
    /// A distribution's slim image: something that is reached is a shell.
    Slim,
    /// It cannot be told.
    Unknown,
}

impl Aim {
    /// Its name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Distroless => "distroless",
            Self::Slim => "slim",
            Self::Unknown => "unknown",
        }
    }
}

/// How small the base can be, and what goes with that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BaseWay {
    /// The smallest base that will do.
    pub aim: Aim,
    /// Why.
    pub why: String,
    /// System packages that would go, by name.
    pub goes: Vec<String>,
    /// Findings that would go with them, by place in the list of vulnerabilities.
    #[serde(skip)]
    pub closes: Vec<usize>,
    /// How many findings would go.
    pub closed: usize,
    /// What has to be known before that is sure.
    pub questions: Vec<String>,
}

/// How small the base can be.
pub(super) fn base_way(image: Option<&ImageFacts>, inventory: &Inventory, known: &Vulnerabilities, needed: &[Need]) -> BaseWay {
    let unknown = |why: String, question: &str| BaseWay {
        aim: Aim::Unknown,
        why,
        goes: Vec::new(),
        closes: Vec::new(),
        closed: 0,
        questions: vec![question.to_owned()],
    };
    let Some(image) = image else {
        return unknown(
            "there is no image to look at, only a list of components".to_owned(),
            "Give the image itself: plimsoll vulns IMAGE.",
        );
    };
    if let Some(why) = &image.closure.stopped {
        return unknown(
            format!("what the container starts is not known: {why}"),
            "What does the container start? Set ENTRYPOINT or CMD in the image.",
        );
    }
    let reached: Vec<_> = image.closure.reached.iter().map(|r| image.tree.file(r.file)).collect();
    let shell = reached.iter().find(|f| SHELLS.contains(&f.name()) && f.kind != plimsoll_evidence::FileKind::Symlink);
    let dynamic = reached.iter().find_map(|f| image.elf(&f.path).filter(|e| !e.hardening.static_linked && e.interpreter.is_some()));
    let runtime = reached.iter().any(|f| image.text(&f.path).is_some_and(|t| t.text.starts_with("#!")));
    let (aim, why) = match (shell, dynamic) {
        (Some(shell), _) => (Aim::Slim, format!("{} is reached: what starts needs a shell", shell.absolute())),
        (None, Some(elf)) => (Aim::Distroless, format!("no shell is reached; /{} needs libraries", elf.path)),
        (None, None) if runtime => (Aim::Distroless, "no shell is reached; a script needs its interpreter".to_owned()),
        (None, None) => (Aim::Static, "what starts needs no library and no shell".to_owned()),
    };
    let goes: Vec<usize> = inventory
        .packages
        .iter()
        .enumerate()
        .filter(|(at, p)| p.ecosystem.is_system() && needed.get(*at) == Some(&Need::NotReached))
        .map(|(at, _)| at)
        .collect();
    let closes: Vec<usize> =
        known.found.iter().enumerate().filter(|(_, v)| goes.binary_search(&(v.component as usize)).is_ok()).map(|(at, _)| at).collect();
    let mut questions: Vec<String> = image
        .closure
        .open_ends
        .iter()
        .take(3)
        .map(|end| {
            let who = end.by.map_or_else(|| "What starts".to_owned(), |f| image.tree.file(f).absolute());
            format!("{who}: {}. Does it need anything else at run time?", end.why)
        })
        .collect();
    questions.dedup();
    let mut names: Vec<String> = goes.iter().map(|at| inventory.packages[*at].name.clone()).collect();
    names.dedup();
    BaseWay { aim, why, goes: names, closed: closes.len(), closes, questions }
}
