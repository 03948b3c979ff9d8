//! A stream that is only as good as its digest.

use std::io::{self, Read};

use plimsoll_evidence::{Algorithm, Digest};
use sha2::{Digest as _, Sha256, Sha512};

use crate::error::BlobError;

/// A hash in the making, of either algorithm that digests have.
pub(crate) enum Hasher {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
            Algorithm::Sha512 => Self::Sha512(Sha512::new()),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(h) => h.update(bytes),
            Self::Sha512(h) => h.update(bytes),
        }
    }

    pub(crate) fn finish(self) -> Digest {
        match self {
            Self::Sha256(h) => Digest::sha256(&h.finalize().into()),
            Self::Sha512(h) => Digest::sha512(&h.finalize().into()),
        }
    }
}

/// The digest of bytes in memory.
pub(crate) fn digest_of(algorithm: Algorithm, bytes: &[u8]) -> Digest {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(bytes);
    hasher.finish()
}

/// Passes on what it reads, and ends with an error unless it was exactly the promised number of bytes with exactly the
/// promised digest. Never yields more than was promised.
pub(crate) struct Verified<R> {
    inner: R,
    digest: Digest,
    size: u64,
    read: u64,
    hasher: Option<Hasher>,
    failed: Option<BlobError>,
}

impl<R: Read> Verified<R> {
    pub(crate) fn new(inner: R, digest: Digest, size: u64) -> Self {
        let hasher = Some(Hasher::new(digest.algorithm()));
        Self { inner, digest, size, read: 0, hasher, failed: None }
    }

    fn fail(&mut self, error: BlobError) -> io::Error {
        self.failed = Some(error.clone());
        error.into()
    }

    /// At the promised size: nothing may follow, and the digest must agree.
    fn end(&mut self) -> io::Result<()> {
        let Some(hasher) = self.hasher.take() else { return Ok(()) };
        let mut beyond = [0_u8; 1];
        loop {
            match self.inner.read(&mut beyond) {
                Ok(0) => break,
                Ok(_) => return Err(self.fail(BlobError::Long { digest: self.digest.clone(), expected: self.size })),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.hasher = Some(hasher);
                    return Err(e);
                }
            }
        }
        let found = hasher.finish();
        if found == self.digest { Ok(()) } else { Err(self.fail(BlobError::Digest { expected: self.digest.clone(), found })) }
    }
}

impl<R: Read> Read for Verified<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = &self.failed {
            return Err(error.clone().into());
        }
        if into.is_empty() {
            return Ok(0);
        }
        let left = self.size - self.read;
        if left == 0 {
            return self.end().map(|()| 0);
        }
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(into.len());
        let n = self.inner.read(&mut into[..most])?;
        if n == 0 {
            let short = BlobError::Short { digest: self.digest.clone(), expected: self.size, found: self.read };
            return Err(self.fail(short));
        }
        self.read += n as u64;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&into[..n]);
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(bytes: &[u8], digest: Digest, size: u64) -> (Vec<u8>, io::Result<usize>) {
        let mut out = Vec::new();
        let end = Verified::new(bytes, digest, size).read_to_end(&mut out);
        (out, end)
    }

    #[test]
    fn right_bytes_pass_in_both_algorithms() {
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            let (out, end) = read_all(b"hello", digest_of(algorithm, b"hello"), 5);
            assert_eq!((out.as_slice(), end.unwrap()), (&b"hello"[..], 5));
        }
        let (_, end) = read_all(b"", digest_of(Algorithm::Sha256, b""), 0);
        assert_eq!(end.unwrap(), 0);
    }

    #[test]
    fn wrong_digest_names_both() {
        let promised = digest_of(Algorithm::Sha256, b"other");
        let (_, end) = read_all(b"hello", promised.clone(), 5);
        let error = end.unwrap_err();
        assert_eq!(
            BlobError::of(&error),
            Some(&BlobError::Digest { expected: promised.clone(), found: digest_of(Algorithm::Sha256, b"hello") })
        );
        assert!(error.to_string().contains(&promised.to_string()));
    }

    #[test]
    fn surplus_is_never_yielded() {
        let (out, end) = read_all(b"hello world", digest_of(Algorithm::Sha256, b"hello"), 5);
        assert_eq!(out, b"hello");
        assert!(matches!(BlobError::of(&end.unwrap_err()), Some(BlobError::Long { expected: 5, .. })));
    }

    #[test]
    fn a_short_blob_says_how_short_and_stays_failed() {
        let digest = digest_of(Algorithm::Sha256, b"hello");
        let mut reader = Verified::new(&b"hel"[..], digest, 5);
        let mut out = Vec::new();
        assert!(reader.read_to_end(&mut out).is_err());
        let again = reader.read(&mut [0; 8]).unwrap_err();
        assert!(matches!(BlobError::of(&again), Some(BlobError::Short { expected: 5, found: 3, .. })));
    }
}
