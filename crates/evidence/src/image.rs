use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Accounts, CapturedText, Closure, Digest, ElfFacts, FileTree, HistoryStep, ImageConfig, Location, Origin, SecretFind};

/// What the image itself shows: its manifest, config and stacked layers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageFacts {
    /// Digest of the config: the image ID of engines.
    #[serde(default)]
    pub config_digest: Option<Digest>,
    /// The manifest's annotations (and, under the same names where the manifest has none, the index descriptor's).
    pub annotations: BTreeMap<String, String>,
    /// How it is to be run.
    pub config: ImageConfig,
    /// The steps that made it.
    pub history: Vec<HistoryStep>,
    /// Its layers, lowest first.
    pub layers: Vec<LayerInfo>,
    /// The base image, as far as it is known.
    pub base: BaseImage,
    /// `os-release`, where the image has one.
    pub distribution: Option<Distribution>,
    /// The files.
    pub tree: FileTree,
    /// Its users and groups.
    pub accounts: Accounts,
    /// ELF files that a container sees, sorted by path.
    pub elfs: Vec<ElfFacts>,
    /// Small texts that a container sees, sorted by path.
    pub texts: Vec<CapturedText>,
    /// What the entrypoint reaches.
    pub closure: Closure,
    /// Credentials of every layer (files that are hidden by later ones too) and of the config: each with the layer, for files.
    pub secrets: Vec<(Option<u32>, SecretFind)>,
}

impl ImageFacts {
    /// Who brought a layer in.
    pub fn origin(&self, layer: u32) -> Origin {
        match &self.base {
            BaseImage::Unknown(_) => Origin::Unknown,
            BaseImage::Known(base) if (layer as usize) < base.layers => Origin::BaseImage,
            BaseImage::Known(_) => Origin::Application,
        }
    }

    /// The place of a path in a layer, with the history step that made the layer.
    pub fn in_layer(&self, layer: u32, path: &str, line: Option<u32>, inside: Option<&str>) -> Location {
        let info = self.layers.get(layer as usize);
        let step = info.and_then(|l| l.step);
        Location::Layer {
            layer: layer as usize,
            digest: info.map(|l| l.digest.to_string()).unwrap_or_default(),
            path: format!("/{path}"),
            inside: inside.map(str::to_owned),
            line,
            step,
            created_by: step.and_then(|s| self.history.get(s)).map(|s| s.created_by.clone()),
            build_file: None,
        }
    }

    /// A layer as a whole, with the history step that made it.
    pub fn whole_layer(&self, layer: u32) -> Location {
        let info = self.layers.get(layer as usize);
        Location::WholeLayer {
            layer: layer as usize,
            digest: info.map(|l| l.digest.to_string()).unwrap_or_default(),
            step: info.and_then(|l| l.step),
            created_by: info.and_then(|l| l.step).and_then(|s| self.history.get(s)).map(|s| s.created_by.clone()),
            build_file: None,
        }
    }

    /// The ELF facts of the visible file at exactly this path.
    pub fn elf(&self, path: &str) -> Option<&ElfFacts> {
        self.elfs.binary_search_by(|e| e.path.as_str().cmp(path)).ok().map(|i| &self.elfs[i])
    }

    /// The captured text of the visible file at exactly this path.
    pub fn text(&self, path: &str) -> Option<&CapturedText> {
        self.texts.binary_search_by(|t| t.path.as_str().cmp(path)).ok().map(|i| &self.texts[i])
    }

    /// Whether every layer was read to its end.
    pub fn is_whole(&self) -> bool {
        self.layers.iter().all(|l| matches!(l.read, LayerRead::Whole))
    }
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerInfo {
    /// Digest as the manifest names it; the diff ID where there is no manifest.
    pub digest: Digest,
    /// Digest of the uncompressed tar.
    pub diff_id: Option<Digest>,
    /// Media type.
    pub media_type: String,
    /// Bytes as stored.
    pub size: u64,
    /// Bytes of the uncompressed tar; 0 where it was not read.
    pub unpacked_bytes: u64,
    /// Tar entries.
    pub entry_count: u64,
    /// The history step that made it, by place in `history`.
    pub step: Option<usize>,
    /// How far it was read.
    pub read: LayerRead,
}

/// How far a layer was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LayerRead {
    /// To its end, and its digests agree.
    Whole,
    /// A part; says why.
    Partly(String),
    /// Not at all; says why (foreign, encrypted, unknown type, digest mismatch).
    Not(String),
}

/// The base image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum BaseImage {
    /// Known.
    Known(BaseKnown),
    /// Not known; says what to supply.
    Unknown(String),
}

/// A known base image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BaseKnown {
    /// How it is known: "annotations", "--base".
    pub how: String,
    /// Its name, where given.
    pub name: Option<String>,
    /// Its manifest digest, where given.
    pub digest: Option<Digest>,
    /// How many of the lowest layers are its.
    pub layers: usize,
}

/// What `os-release` says (os-release(5)).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distribution {
    /// `ID`.
    pub id: String,
    /// `ID_LIKE`, split.
    pub id_like: Vec<String>,
    /// `VERSION_ID`.
    pub version_id: Option<String>,
    /// `PRETTY_NAME`, or `NAME`.
    pub name: String,
}
