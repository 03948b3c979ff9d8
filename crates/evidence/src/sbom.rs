use serde::{Deserialize, Serialize};

use crate::Distribution;

/// What bills of materials (SBOMs) that were given say, held against what the image shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sboms {
    /// The documents, in the order in which they were given.
    pub documents: Vec<SbomDocument>,
    /// Whose packages those are that a document names and the image keeps no database of, where nothing in the image says so.
    pub distribution: Option<Distribution>,
}

impl Sboms {
    /// Components of the image that no document names, by place in [`crate::Inventory::packages`]; documents that are limited to a file are not asked
    /// for what lies elsewhere. Several documents may describe an image together.
    pub fn lacking(&self) -> Vec<u32> {
        let mut whole = self.documents.iter().filter(|d| d.limited_to.is_none());
        let Some(first) = whole.next() else { return Vec::new() };
        let mut lacking = first.lacking.clone();
        for document in self.documents.iter().filter(|d| !std::ptr::eq(*d, first)) {
            lacking.retain(|place| document.lacks(*place));
        }
        lacking
    }
}

/// One bill of materials.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SbomDocument {
    /// The file that it was read from, as it was named.
    pub source: String,
    /// Its form: `CycloneDX 1.6`, `SPDX-2.3`.
    pub form: String,
    /// Programs that made it.
    pub tools: Vec<String>,
    /// When it was made, as it says.
    pub made: Option<String>,
    /// Whether it is a bill of this image.
    pub of: SbomOf,
    /// The one file that the user says it is a bill of, as in [`crate::FileEntry::path`]; none for the image as a whole.
    pub limited_to: Option<String>,
    /// Another distribution that it speaks of: its own word, then the image's.
    pub other_distribution: Option<(String, String)>,
    /// Components of the image that it names, with a version that is the same: each name and version once.
    pub same: u64,
    /// Components of the image that it does not name, by place in [`crate::Inventory::packages`]; sorted. Each name and version once.
    pub lacking: Vec<u32>,
    /// What it names in other versions than the image has.
    pub other_versions: Vec<SbomVersions>,
    /// What it names and the image does not show.
    pub claims: Vec<SbomClaim>,
    /// Parts of components that the image has: finer than what the image's own records tell apart.
    pub parts: u64,
    /// Components that it alone names, for files of the image of which nothing else is known, by place in [`crate::Inventory::packages`].
    pub supplies: Vec<u32>,
    /// Components that have no package URL, nor a name that is the image's: they cannot be compared.
    pub unnamed: Vec<String>,
    /// What it says and could not be used.
    pub problems: Vec<String>,
}

impl SbomDocument {
    fn lacks(&self, place: u32) -> bool {
        // What is limited to a file does not name what lies elsewhere, either.
        self.lacking.binary_search(&place).is_ok() || self.limited_to.is_some() && !self.supplies.contains(&place)
    }

    /// Differences from the image that count against it.
    pub fn differences(&self) -> usize {
        self.lacking.len() + self.other_versions.len() + self.claims.iter().filter(|c| c.why.counts()).count()
    }
}

/// Which image a bill is of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SbomOf {
    /// This one; says by what it is known.
    This(String),
    /// Another one; says which.
    Other(String),
    /// It does not say.
    #[default]
    Unsaid,
}

/// A component that a bill names in other versions than the image has.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SbomVersions {
    /// Its ecosystem's name.
    pub ecosystem: String,
    /// Its name.
    pub name: String,
    /// The versions that only the image has, by place in [`crate::Inventory::packages`].
    pub here: Vec<u32>,
    /// The versions that only the bill has.
    pub said: Vec<String>,
}

/// A component that a bill names and the image does not show.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SbomClaim {
    /// Its ecosystem's name, or the type of its package URL.
    pub ecosystem: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The file that it names for it.
    pub file: Option<String>,
    /// What the image shows in its place.
    pub why: SbomDoubt,
}

/// Why a component that a bill names is not taken to be in the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SbomDoubt {
    /// The package manager's database does not list it.
    NotInstalled,
    /// The file that it is said to be recorded in records something else.
    OtherRecord,
    /// The file that it is said to be in is not in the image.
    NoFile,
    /// That file lies in a layer, and a later layer deleted or replaced it.
    Deleted,
    /// It names no file, and nothing in the image shows it.
    Unplaced,
    /// The same, of a language whose programs hold their libraries without a record, and the image has such a program.
    Compiled,
}

impl SbomDoubt {
    /// Whether it is a fault of the bill; what cannot be known either way is none.
    pub const fn counts(self) -> bool {
        !matches!(self, Self::Compiled)
    }

    /// The end of a sentence that begins with "the bill names X".
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotInstalled => "which the package manager's database does not list",
            Self::OtherRecord => "and the file that it names records something else",
            Self::NoFile => "in a file that is not in the image",
            Self::Deleted => "in a file that a later layer deleted or replaced",
            Self::Unplaced => "without a file, and nothing in the image shows it",
            Self::Compiled => "without a file; a program that does not say what it holds may hold it",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_documents_may_describe_an_image_together() {
        let document = |lacking: &[u32]| SbomDocument { lacking: lacking.to_vec(), ..SbomDocument::default() };
        let limited = SbomDocument { limited_to: Some("app".to_owned()), supplies: vec![3], ..SbomDocument::default() };
        let all = |documents: &[SbomDocument]| Sboms { documents: documents.to_vec(), ..Sboms::default() }.lacking();
        assert!(all(&[]).is_empty());
        assert_eq!(all(&[document(&[1, 2, 3])]), [1, 2, 3]);
        assert_eq!(all(&[document(&[1, 2, 3]), document(&[2, 4])]), [2]);
        assert_eq!(all(&[limited.clone(), document(&[1, 3])]), [1]);
        assert!(all(&[limited]).is_empty());
    }
}
