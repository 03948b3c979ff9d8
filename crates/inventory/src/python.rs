//! Python distributions: `*.dist-info/METADATA`, `*.egg-info/PKG-INFO` and single-file `*.egg-info` (Python packaging
//! specifications, "Recording installed projects" and "Core metadata").

use plimsoll_evidence::{Ecosystem, FileEntry, LayerFacts, Problem};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::bytes::{held, package, single};
use crate::stanza::stanzas;

const MOST: usize = 4 << 20;

/// Finds installed Python distributions.
pub struct Python;

impl Analyser for Python {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "python", version: 1 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        let path = entry.path.as_str();
        let wanted = path.ends_with(".dist-info/METADATA") || path.ends_with(".egg-info/PKG-INFO") || path.ends_with(".egg-info");
        if wanted { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let bytes = held(entry, content, MOST)?;
        if let Some(metadata) = stanzas(bytes).next()
            && let (Some(name), Some(version)) = (metadata.get("Name"), metadata.get("Version"))
        {
            facts.databases.push(single(&entry.path, package(Ecosystem::Python, name, version, &entry.path)));
        }
        Ok(())
    }
}
