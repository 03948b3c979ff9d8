//! What the image says of the source that it was built from.

use plimsoll_evidence::ImageFacts;

/// The label and annotation that name the revision (OCI image specification, annotations.md).
const REVISION: &str = "org.opencontainers.image.revision";

/// A label or annotation.
pub(crate) struct Said<'a> {
    pub(crate) value: &'a str,
    /// Its field, as findings name it.
    pub(crate) field: String,
    pub(crate) in_manifest: bool,
}

/// The value of a name among annotations, else labels.
pub(crate) fn said<'a>(image: &'a ImageFacts, name: &str) -> Option<Said<'a>> {
    let annotation = image.annotations.get(name).map(|value| Said { value, field: format!("annotations[{name}]"), in_manifest: true });
    annotation.or_else(|| image.config.labels.get(name).map(|value| Said { value, field: format!("Labels[{name}]"), in_manifest: false }))
}

/// The revision, where it says that it was not a clean commit: `git describe --dirty`, and its like.
pub(crate) fn dirty(image: &ImageFacts) -> Option<Said<'_>> {
    said(image, REVISION).filter(|said| {
        let value = said.value.to_ascii_lowercase();
        ["-dirty", "+dirty", ".dirty", "-modified", "-uncommitted"].iter().any(|mark| value.ends_with(mark))
    })
}

/// The revision, where it names no commit: empty, or a word.
pub(crate) fn nameless(image: &ImageFacts) -> Option<Said<'_>> {
    said(image, REVISION)
        .filter(|said| matches!(said.value.trim().to_ascii_lowercase().as_str(), "" | "unknown" | "none" | "head" | "null" | "dev"))
}

/// Steps of the history that a person made by committing a running container: a builder writes an instruction, `docker commit` the
/// container's command. `/bin/sh` alone is left out, for some builders write it as a default.
pub(crate) fn committed_by_hand(image: &ImageFacts) -> Vec<usize> {
    let shell = |text: &str| {
        let mut words = text.split_whitespace();
        let name = words.next().unwrap_or_default();
        let known = matches!(name, "bash" | "/bin/bash" | "/usr/bin/bash" | "sh" | "ash" | "/bin/ash" | "zsh" | "/bin/zsh");
        known && words.all(|w| matches!(w, "-l" | "-i" | "--login"))
    };
    let made = |at: &usize| image.history.get(*at).is_some_and(|s| s.layer.is_some() && shell(s.created_by.trim()));
    (0..image.history.len()).filter(made).collect()
}
