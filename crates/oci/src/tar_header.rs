//! Tar headers: POSIX ustar and pax (POSIX.1-2017, pax), with GNU's long names and base-256 numbers.

use std::io;

use crate::tar_index::ReadAt;

/// The size of a tar's blocks, in bytes.
pub(crate) const BLOCK: u64 = 512;

/// Names and sizes that extended headers give the entry after them.
#[derive(Debug, Default)]
pub(crate) struct Extension {
    pub(crate) path: Option<String>,
    pub(crate) link: Option<String>,
    pub(crate) size: Option<u64>,
    pub(crate) sparse: bool,
    pub(crate) oversized: bool,
}

impl Extension {
    pub(crate) fn take(&mut self, kind: u8, text: &[u8]) {
        match kind {
            b'L' => self.path = Some(until_nul(text)),
            b'K' => self.link = Some(until_nul(text)),
            _ => self.take_pax(text),
        }
    }

    /// Records of `length key=value\n` (POSIX.1-2017, pax, "pax Extended Header").
    fn take_pax(&mut self, mut text: &[u8]) {
        while let Some(space) = text.iter().take(20).position(|&b| b == b' ') {
            let len = std::str::from_utf8(&text[..space]).ok().and_then(|n| n.parse::<usize>().ok());
            let Some(record) = len.filter(|&n| n > space + 1).and_then(|n| text.get(space + 1..n)) else { return };
            text = &text[space + 1 + record.len()..];
            let record = record.strip_suffix(b"\n").unwrap_or(record);
            let Some(equals) = record.iter().position(|&b| b == b'=') else { continue };
            let (key, value) = (&record[..equals], &record[equals + 1..]);
            let value = || String::from_utf8_lossy(value).into_owned();
            match key {
                b"path" => self.path = Some(value()),
                b"linkpath" => self.link = Some(value()),
                b"size" => self.size = value().parse().ok(),
                key if key.starts_with(b"GNU.sparse.") => self.sparse = true,
                _ => {}
            }
        }
    }
}

/// A header block.
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) link: String,
    pub(crate) kind: u8,
    pub(crate) size: u64,
    sparse_continues: bool,
}

impl Header {
    /// None where the block is no header: its checksum or its size does not hold.
    pub(crate) fn parse(block: &[u8; BLOCK as usize]) -> Option<Self> {
        let sum = number(&block[148..156])?;
        let rest = || block[..148].iter().chain(&block[156..]);
        let unsigned = 256 + rest().map(|&b| u64::from(b)).sum::<u64>();
        // Some old writers summed signed bytes.
        let signed = 256 + rest().map(|&b| i64::from(b as i8)).sum::<i64>();
        if sum != unsigned && i64::try_from(sum) != Ok(signed) {
            return None;
        }
        let mut name = until_nul(&block[..100]);
        if &block[257..263] == b"ustar\0" {
            let prefix = until_nul(&block[345..500]);
            if !prefix.is_empty() {
                name = format!("{prefix}/{name}");
            }
        }
        let kind = block[156];
        Some(Self {
            name,
            link: until_nul(&block[157..257]),
            kind,
            size: number(&block[124..136])?,
            sparse_continues: kind == b'S' && block[482] == 1,
        })
    }

    /// Links, devices, directories and FIFOs have no bytes, whatever their size says.
    pub(crate) fn has_data(&self) -> bool {
        !matches!(self.kind, b'1'..=b'6')
    }

    /// Where the bytes of an old GNU sparse file start: behind the blocks that go on with its map.
    pub(crate) fn skip_sparse_map(&self, file: &(impl ReadAt + ?Sized), mut at: u64, len: u64) -> io::Result<Option<u64>> {
        let mut continues = self.sparse_continues;
        let mut block = [0_u8; BLOCK as usize];
        while continues {
            if len.saturating_sub(at) < BLOCK {
                return Ok(None);
            }
            file.read_exact_at(&mut block, at)?;
            at += BLOCK;
            continues = block[504] == 1;
        }
        Ok(Some(at))
    }
}

/// An octal number, padded by blanks and NULs, or a base-256 one. None where it is neither, negative or too large.
fn number(field: &[u8]) -> Option<u64> {
    let (first, rest) = field.split_first()?;
    if first & 0x80 != 0 {
        if first & 0x40 != 0 {
            return None;
        }
        return rest.iter().try_fold(u64::from(first & 0x3f), |n, &b| n.checked_mul(256).map(|n| n | u64::from(b)));
    }
    let digits = field.iter().skip_while(|b| **b == b' ' || **b == 0).take_while(|b| **b != b' ' && **b != 0);
    digits.copied().try_fold(0_u64, |n, b| {
        if !(b'0'..=b'7').contains(&b) {
            return None;
        }
        n.checked_mul(8).map(|n| n | u64::from(b - b'0'))
    })
}

fn until_nul(field: &[u8]) -> String {
    let end = field.iter().position(|&b| b == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(number(b"00000000017\0"), Some(15));
        assert_eq!(number(b"     17 \0\0\0\0"), Some(15));
        assert_eq!(number(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]), Some(256));
        assert_eq!(number(&[0xff; 12]), None);
        assert_eq!(number(&[0xbf; 12]), None);
        assert_eq!(number(b"0000000009x\0"), None);
    }
}
