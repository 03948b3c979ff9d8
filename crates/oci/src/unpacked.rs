//! The bytes of a blob, unpacked by its media type and bounded.

use std::io::{self, BufReader, Read};

use crate::blob::Verified;
use crate::spool::{RATIO_COUNTS_FROM, ZSTD_WINDOW_LOG};

/// How many times its stored size a blob may unpack to, beyond the first 256 MiB.
const RATIO: u64 = 200;

type Stored<R> = BufReader<Box<Verified<R>>>;

enum Packed<R: Read> {
    Plain(Stored<R>),
    Gzip(Box<flate2::bufread::MultiGzDecoder<Stored<R>>>),
    Zstd(Box<zstd::stream::read::Decoder<'static, Stored<R>>>),
}

/// Unpacks as it is read; ends with an error where the stored bytes are not those of their digest, or unpack to too many.
pub(crate) struct Unpacked<R: Read> {
    packed: Packed<R>,
    stored: u64,
    most: u64,
    total: u64,
}

impl<R: Read> Unpacked<R> {
    pub(crate) fn new(stored: Verified<R>, media_type: &str, size: u64, most: u64) -> io::Result<Self> {
        let stored = BufReader::with_capacity(1 << 16, Box::new(stored));
        let packed = match media_type.rsplit_once('+').map_or("", |(_, suffix)| suffix) {
            "gzip" => Packed::Gzip(Box::new(flate2::bufread::MultiGzDecoder::new(stored))),
            "zstd" => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(stored)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                Packed::Zstd(Box::new(decoder))
            }
            _ => Packed::Plain(stored),
        };
        Ok(Self { packed, stored: size, most, total: 0 })
    }

    /// What is stored behind the end of what was packed: nothing may be, and only the end tells whether the digest agrees.
    fn end(&mut self) -> io::Result<usize> {
        let stored = match &mut self.packed {
            Packed::Plain(stored) => stored,
            Packed::Gzip(decoder) => decoder.get_mut(),
            Packed::Zstd(decoder) => decoder.get_mut(),
        };
        match stored.read(&mut [0])? {
            0 => Ok(0),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "bytes follow the end of what is packed")),
        }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        let n = match &mut self.packed {
            Packed::Plain(stored) => stored.read(into)?,
            Packed::Gzip(decoder) => decoder.read(into)?,
            Packed::Zstd(decoder) => decoder.read(into)?,
        };
        if n == 0 {
            return self.end();
        }
        self.total += n as u64;
        if self.total > self.most {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("it unpacks to more than the {} bytes allowed", self.most)));
        }
        if self.total > RATIO_COUNTS_FROM && self.total > self.stored.saturating_mul(RATIO) {
            let why = format!("it unpacks to more than {RATIO} times its size, as only a decompression bomb does");
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::Algorithm;

    use super::*;
    use crate::BlobError;
    use crate::blob::digest_of;

    fn read(stored: &[u8], promised: &[u8], media_type: &str, most: u64) -> io::Result<Vec<u8>> {
        let verified = Verified::new(stored, digest_of(Algorithm::Sha256, promised), promised.len() as u64);
        let mut out = Vec::new();
        Unpacked::new(verified, media_type, promised.len() as u64, most)?.read_to_end(&mut out).map(|_| out)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        flate2::bufread::GzEncoder::new(bytes, flate2::Compression::fast()).read_to_end(&mut out).unwrap();
        out
    }

    #[test]
    fn each_packing_and_none() {
        let zstd = zstd::encode_all(&b"some bytes"[..], 3).unwrap();
        for (stored, kind) in [(&b"some bytes"[..], "x/y"), (&gzip(b"some bytes"), "x/y+gzip"), (&zstd, "x/y+zstd")] {
            assert_eq!(read(stored, stored, kind, 10).unwrap(), b"some bytes", "{kind}");
            let changed = [stored, b"!"].concat();
            let error = read(&changed, stored, kind, 10).unwrap_err();
            assert!(matches!(BlobError::of(&error), Some(BlobError::Long { .. })), "{kind}: {error}");
            assert!(read(stored, stored, kind, 9).unwrap_err().to_string().contains("more than the 9 bytes"), "{kind}");
            let mut other = stored.to_vec();
            *other.last_mut().unwrap() ^= 1;
            assert!(read(&other, stored, kind, 10).is_err(), "{kind}");
            assert!(read(&stored[..stored.len() - 1], stored, kind, 10).is_err(), "{kind}");
        }
    }

    #[test]
    fn a_bomb_ends() {
        let mut packed = Vec::new();
        let zeros = io::repeat(0).take(300 << 20);
        zstd::stream::copy_encode(zeros, &mut packed, 1).unwrap();
        let verified = Verified::new(&packed[..], digest_of(Algorithm::Sha256, &packed), packed.len() as u64);
        let mut unpacked = Unpacked::new(verified, "x/y+zstd", packed.len() as u64, u64::MAX).unwrap();
        assert!(io::copy(&mut unpacked, &mut io::sink()).unwrap_err().to_string().contains("decompression bomb"));
    }
}
