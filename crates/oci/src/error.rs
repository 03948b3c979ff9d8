//! Why an image could not be opened: always the thing, the cause and the next step.

use std::fmt;

use plimsoll_evidence::{Digest, printable_line};

/// What kind of failure kept an image from being opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpenErrorKind {
    /// The reference itself is not well formed.
    Reference,
    /// Nothing is there: no such file, tag, repository or image.
    NotFound,
    /// Something is there, but it is no container image.
    NotAnImage,
    /// There are several images, and nothing said which.
    Ambiguous,
    /// There is no image for the wanted platform.
    Platform,
    /// Bytes do not follow their format.
    Malformed,
    /// Bytes differ from the digest or size that was promised.
    Mismatch,
    /// A limit was reached.
    Limit,
    /// A format or feature that is not read.
    Unsupported,
    /// The registry wants a login, or refuses the one it got.
    Unauthorized,
    /// The registry or engine could not be reached, or kept failing.
    Unreachable,
    /// It would take the network, and `offline` is set.
    Offline,
    /// Reading failed for a reason outside the bytes.
    Io,
}

/// Why an image, or a blob of it, could not be opened. Shown, it is one paragraph: what, why, and what to do next; foreign
/// text in it is made safe to print and no secret ever gets into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenError {
    kind: OpenErrorKind,
    what: String,
    cause: String,
    next: String,
}

/// Longest part of an error that is shown, in characters: foreign text must not fill the screen.
const LONGEST_PART: usize = 2_000;

impl OpenError {
    pub(crate) fn new(kind: OpenErrorKind, what: impl AsRef<str>, cause: impl AsRef<str>, next: impl AsRef<str>) -> Self {
        let safe = |text: &str| printable_line(text, LONGEST_PART);
        Self { kind, what: safe(what.as_ref()), cause: safe(cause.as_ref()), next: safe(next.as_ref()) }
    }

    pub(crate) fn malformed(what: impl AsRef<str>, cause: impl AsRef<str>) -> Self {
        Self::new(OpenErrorKind::Malformed, what, cause, "it is broken or was tampered with: fetch or build it again")
    }

    pub(crate) fn limit(what: impl AsRef<str>, cause: impl AsRef<str>) -> Self {
        Self::new(OpenErrorKind::Limit, what, cause, "no honest image is known to need more; if this one does, raise the limit")
    }

    pub(crate) fn io(what: impl AsRef<str>, error: &std::io::Error) -> Self {
        Self::new(OpenErrorKind::Io, what, format!("cannot be read ({error})"), "see that the file is there, whole and readable")
    }

    pub(crate) fn mismatch(what: impl AsRef<str>, error: &BlobError) -> Self {
        Self::new(OpenErrorKind::Mismatch, what, error.to_string(), "it is broken or was tampered with: fetch or build it again")
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> OpenErrorKind {
        self.kind
    }

    /// The thing that could not be opened.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Why.
    pub fn cause(&self) -> &str {
        &self.cause
    }

    /// What to do next.
    pub fn next_step(&self) -> &str {
        &self.next
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. Next: {}.", self.what, self.cause, self.next)
    }
}

impl std::error::Error for OpenError {}

/// Why a blob's bytes are not the ones that were promised. A reader of [`crate::Image::blob`] finds it inside the
/// `std::io::Error` that ends the stream ([`BlobError::of`]).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlobError {
    /// The bytes hash to something else.
    #[error("the bytes are not those of the digest: {expected} was promised, {found} is what came")]
    Digest {
        /// As the manifest names it.
        expected: Digest,
        /// As the bytes hash.
        found: Digest,
    },
    /// There are fewer bytes than promised.
    #[error("{digest} ends after {found} of {expected} bytes")]
    Short {
        /// Which blob.
        digest: Digest,
        /// Bytes promised.
        expected: u64,
        /// Bytes that came.
        found: u64,
    },
    /// There are more bytes than promised; the surplus was not read.
    #[error("{digest} has more bytes than the {expected} that were promised")]
    Long {
        /// Which blob.
        digest: Digest,
        /// Bytes promised.
        expected: u64,
    },
}

impl BlobError {
    /// The blob error inside an I/O error, where there is one.
    pub fn of(error: &std::io::Error) -> Option<&Self> {
        error.get_ref().and_then(|inner| inner.downcast_ref())
    }
}

impl From<BlobError> for std::io::Error {
    fn from(error: BlobError) -> Self {
        Self::new(std::io::ErrorKind::InvalidData, error)
    }
}
