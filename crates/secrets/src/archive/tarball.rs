//! tar, also compressed with gzip.

use std::io::{BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use plimsoll_layers::tar::{EntryType, TarError, TarReader};

use super::{Bytes, Cursor, MOST_UNPACKED, Stop, Unpacked};

/// Bytes of a tar stream that are read, what is skipped included.
const MOST_STREAM: u64 = 8 * MOST_UNPACKED;

pub(super) fn look(bytes: Bytes<'_>, unpacked: &mut Unpacked<'_>) -> Result<(), Stop> {
    let mut stream = Cursor::buffered(bytes);
    let is_gzip = stream.fill_buf().is_ok_and(|head| head.starts_with(b"\x1f\x8b"));
    if is_gzip {
        let plain = MultiGzDecoder::new(stream).take(MOST_STREAM);
        entries(TarReader::new(BufReader::with_capacity(64 << 10, plain)), unpacked)
    } else {
        entries(TarReader::new(stream.take(MOST_STREAM)), unpacked)
    }
}

fn entries(mut tar: TarReader<impl BufRead>, unpacked: &mut Unpacked<'_>) -> Result<(), Stop> {
    while let Some(header) = tar.next_entry().map_err(stop)? {
        unpacked.count()?;
        let name = String::from_utf8_lossy(&header.path).into_owned();
        if header.kind == EntryType::Regular && unpacked.wants(&name, header.size) {
            unpacked.search(&name, Data { tar: &mut tar })?;
        }
    }
    Ok(())
}

fn stop(error: TarError) -> Stop {
    match error {
        TarError::Truncated => Stop::Damaged(format!("the tar in it ends early, or is longer than the {MOST_STREAM} bytes that are read")),
        error => Stop::Damaged(format!("the tar in it cannot be read further: {error}")),
    }
}

/// The current entry's data.
struct Data<'a, R> {
    tar: &'a mut TarReader<R>,
}

impl<R: BufRead> Read for Data<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let some = self.tar.data().map_err(|e| std::io::Error::other(e.to_string()))?;
        let n = some.len().min(into.len());
        into[..n].copy_from_slice(&some[..n]);
        self.tar.consume(n);
        Ok(n)
    }
}
