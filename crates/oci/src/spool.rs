//! Streams put on disk: archives from a pipe or an engine, and compressed ones, so that they can be read at any offset.
//! The files have no name, so nothing is left behind however the program ends.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::error::{OpenError, OpenErrorKind};
use crate::limits::Limits;

/// Beyond this many bytes the ratio of packed to unpacked counts.
pub(crate) const RATIO_COUNTS_FROM: u64 = 256 << 20;
/// The largest zstd window that is allowed, as a power of two: 128 MiB, what `zstd` itself takes without being asked for more.
pub(crate) const ZSTD_WINDOW_LOG: u32 = 27;

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    None,
    Gzip,
    Zstd,
    /// A format that is not read; its name.
    Other(&'static str),
}

impl Packing {
    /// From a file's first bytes.
    pub(crate) fn of(head: &[u8]) -> Self {
        let skippable = head.len() >= 4 && (0x50..=0x5f).contains(&head[0]) && head[1..4] == [0x2a, 0x4d, 0x18];
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ if skippable => Self::Zstd,
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Self::Other("bzip2"),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Other("xz"),
            [0x04, 0x22, 0x4d, 0x18, ..] => Self::Other("lz4"),
            [b'P', b'K', 3, 4, ..] => Self::Other("zip"),
            _ => Self::None,
        }
    }
}

/// The first bytes of a file, at most `most` of them.
pub(crate) fn head(file: &File, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; most];
    let mut filled = 0;
    while filled < most {
        match file.read_at(&mut bytes[filled..], filled as u64)? {
            0 => break,
            n => filled += n,
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// A stream's bytes in an unnamed file.
pub(crate) fn spool(what: &str, from: impl Read, limits: &Limits) -> Result<File, OpenError> {
    copy(what, from, || u64::MAX, limits)
}

/// The unpacked bytes of a compressed file in an unnamed file.
pub(crate) fn unpack(what: &str, file: &File, packing: Packing, limits: &Limits) -> Result<File, OpenError> {
    let size = file.metadata().map_err(|e| OpenError::io(what, &e))?.len();
    let input = BufReader::with_capacity(1 << 16, At { file, at: 0 });
    let allowed = || size.saturating_mul(limits.spool_ratio);
    match packing {
        Packing::Gzip => copy(what, flate2::bufread::MultiGzDecoder::new(input), allowed, limits),
        Packing::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(input).map_err(|e| OpenError::io(what, &e))?;
            decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(|e| OpenError::io(what, &e))?;
            copy(what, decoder, allowed, limits)
        }
        Packing::None => copy(what, input, || u64::MAX, limits),
        Packing::Other(name) => Err(OpenError::new(
            OpenErrorKind::Unsupported,
            what,
            format!("it is packed by {name}, which is not read here"),
            "unpack it first, or pack it by gzip or zstd",
        )),
    }
}

fn copy(what: &str, mut from: impl Read, allowed: impl Fn() -> u64, limits: &Limits) -> Result<File, OpenError> {
    let place = folder();
    let disk = |e: &io::Error| {
        OpenError::new(
            OpenErrorKind::Io,
            what,
            format!("it has to be put on disk to be read, and {} takes no more ({e})", place.display()),
            "make room there, or name another folder by TMPDIR",
        )
    };
    let mut into = tempfile::tempfile_in(&place).map_err(|e| disk(&e))?;
    let mut buffer = vec![0; 1 << 17];
    let mut total = 0_u64;
    loop {
        let n = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(broken_stream(what, total, &e)),
        };
        total += n as u64;
        if total > limits.spool_bytes {
            return Err(OpenError::limit(what, format!("it unpacks to more than the {} bytes allowed", limits.spool_bytes)));
        }
        if total > RATIO_COUNTS_FROM && total > allowed() {
            return Err(OpenError::limit(
                what,
                format!("it unpacks to more than {} times its size, as only a decompression bomb does", limits.spool_ratio),
            ));
        }
        into.write_all(&buffer[..n]).map_err(|e| disk(&e))?;
    }
    Ok(into)
}

fn broken_stream(what: &str, total: u64, error: &io::Error) -> OpenError {
    let next = "fetch or save it again: it broke off or was damaged on its way";
    OpenError::new(OpenErrorKind::Malformed, what, format!("it cannot be read beyond {total} unpacked bytes ({error})"), next)
}

/// `TMPDIR` where it is set, otherwise `/var/tmp`, which is made for large files, where it is there.
fn folder() -> std::path::PathBuf {
    match std::env::var_os("TMPDIR") {
        Some(dir) if !dir.is_empty() => dir.into(),
        _ if Path::new("/var/tmp").is_dir() => "/var/tmp".into(),
        _ => std::env::temp_dir(),
    }
}

struct At<'a> {
    file: &'a File,
    at: u64,
}

impl Read for At<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(into, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Seek;

    use super::*;

    fn packed(bytes: &[u8], packing: Packing) -> File {
        let mut file = tempfile::tempfile().unwrap();
        match packing {
            Packing::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(&file, flate2::Compression::best());
                encoder.write_all(bytes).unwrap();
                encoder.finish().unwrap();
            }
            Packing::Zstd => zstd::stream::copy_encode(bytes, &mut file, 3).unwrap(),
            _ => file.write_all(bytes).unwrap(),
        }
        file
    }

    #[test]
    fn both_packings_unpack() {
        for packing in [Packing::Gzip, Packing::Zstd] {
            let file = packed(b"some bytes", packing);
            assert_eq!(Packing::of(&head(&file, 8).unwrap()), packing);
            let mut out = unpack("x", &file, packing, &Limits::default()).unwrap();
            out.rewind().unwrap();
            let mut text = String::new();
            out.read_to_string(&mut text).unwrap();
            assert_eq!(text, "some bytes");
        }
    }

    #[test]
    fn bombs_and_broken_streams_end() {
        let bomb = packed(&vec![0; 300 << 20], Packing::Zstd);
        let error = unpack("bomb", &bomb, Packing::Zstd, &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), OpenErrorKind::Limit);
        let small = Limits { spool_bytes: 4, ..Limits::default() };
        assert_eq!(spool("pipe", &b"12345"[..], &small).unwrap_err().kind(), OpenErrorKind::Limit);
        let file = packed(&[7; 4000], Packing::Gzip);
        file.set_len(20).unwrap();
        assert_eq!(unpack("cut", &file, Packing::Gzip, &Limits::default()).unwrap_err().kind(), OpenErrorKind::Malformed);
    }
}
