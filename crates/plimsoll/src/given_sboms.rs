//! Bills of materials that commands take beside an image: `--sbom`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use plimsoll_evidence::{Evidence, SbomOf};
use plimsoll_sbom::{GivenSbom, SbomContents, apply};

use crate::args::Common;

/// What is said of the image's components.
#[derive(Debug, Args)]
#[command(next_help_heading = "Bills of materials")]
pub(crate) struct SbomOptions {
    /// A bill of materials of the image (CycloneDX, SPDX, Syft's JSON), or of one file of it: /PATH/IN/IMAGE=FILE. It is compared with
    /// what the image shows; what it alone names of a file of which nothing else is known counts as its word; may be given again
    #[arg(long, env = "PLIMSOLL_SBOM", value_name = "[PATH=]FILE", value_delimiter = ',')]
    pub(crate) sbom: Vec<PathBuf>,
}

/// Documents that were given, read once for all images.
pub(crate) struct GivenSboms(Vec<Document>);

struct Document {
    source: String,
    contents: SbomContents,
    /// The file that it is of, as the user names it.
    of: Option<String>,
}

/// The path in the image and the file of `/PATH=FILE`.
pub(crate) fn split(given: &Path) -> (Option<String>, PathBuf) {
    let halves = given.to_str().filter(|_| !given.exists()).and_then(|text| text.split_once('='));
    match halves {
        Some((path, file)) if path.starts_with('/') && !file.is_empty() => (Some(path.to_owned()), PathBuf::from(file)),
        _ => (None, given.to_owned()),
    }
}

impl SbomOptions {
    /// Reads the documents, those that the configuration names where none are given; none where there are none. A file that is named has to
    /// be one.
    pub(crate) fn open(&self, configured: &[PathBuf]) -> anyhow::Result<Option<GivenSboms>> {
        let given = if self.sbom.is_empty() { configured } else { self.sbom.as_slice() };
        if given.is_empty() {
            return Ok(None);
        }
        let read = |given: &PathBuf| {
            let (of, file) = split(given);
            let source = file.display().to_string();
            let bytes = fs::read(&file).with_context(|| format!("--sbom: {source} cannot be read"))?;
            let contents =
                plimsoll_sbom::read(&bytes).with_context(|| format!("--sbom: {source} cannot be read as a bill of materials"))?;
            Ok(Document { source, contents, of })
        };
        given.iter().map(read).collect::<anyhow::Result<_>>().map(|documents| Some(GivenSboms(documents)))
    }
}

impl GivenSboms {
    /// Holds the documents against the image in evidence, and puts what they come to there.
    pub(crate) fn apply(&self, evidence: &mut Evidence) -> anyhow::Result<()> {
        let files: Vec<Option<String>> = self.0.iter().map(|d| file_of(d, evidence)).collect::<anyhow::Result<_>>()?;
        let given: Vec<GivenSbom<'_>> = self
            .0
            .iter()
            .zip(&files)
            .map(|(d, file)| GivenSbom { source: &d.source, contents: &d.contents, limited_to: file.as_deref() })
            .collect();
        apply(&given, evidence);
        Ok(())
    }
}

/// The file of the image that a document is of.
fn file_of(document: &Document, evidence: &Evidence) -> anyhow::Result<Option<String>> {
    let (Some(path), Some(image)) = (&document.of, evidence.image.found()) else { return Ok(None) };
    match image.tree.resolve(path).map(|id| image.tree.file(id)) {
        Some(file) if file.kind == plimsoll_evidence::FileKind::Regular => Ok(Some(file.path.clone())),
        _ => bail!("--sbom {path}={}: the image has no file {path}", document.source),
    }
}

/// Says how documents and image differ, for commands whose result does not.
pub(crate) fn remark(evidence: &Evidence, common: &Common) {
    let Some(sboms) = evidence.sboms.found().filter(|_| !common.quiet) else { return };
    for document in &sboms.documents {
        let source = &document.source;
        if let (SbomOf::Other(which), None) = (&document.of, &document.limited_to) {
            eprintln!("{source} is of another image ({which})");
        }
        match document.differences() {
            0 => {}
            differences => eprintln!("{source} and the image differ in {differences} components; plimsoll check with --sbom says which"),
        }
        if !document.supplies.is_empty() {
            eprintln!("{source} alone names {} components of the image", document.supplies.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_the_image_goes_before_the_file() {
        for (given, path, file) in [
            ("/usr/bin/app=a.json", Some("/usr/bin/app"), "a.json"),
            ("a=b.json", None, "a=b.json"),
            ("/x/a.json", None, "/x/a.json"),
            ("/x=", None, "/x="),
        ] {
            assert_eq!(split(Path::new(given)), (path.map(str::to_owned), PathBuf::from(file)), "{given}");
        }
    }
}
