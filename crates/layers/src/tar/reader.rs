use std::io::{self, BufRead};

use super::header::{BLOCK, EntryType, Header, Raw, c_string};
use super::pax::Records;

/// The most bytes of an extension header's data, as in `archive/tar`.
const MOST_EXTENSION: u64 = 1 << 20;

/// Why an archive cannot be read further.
#[derive(Debug, thiserror::Error)]
pub enum TarError {
    /// The stream ends inside an entry.
    #[error("the archive ends inside an entry")]
    Truncated,
    /// The bytes are no tar; engines refuse the layer here too.
    #[error("{0}")]
    Malformed(&'static str),
    /// Reading the stream failed.
    #[error(transparent)]
    Io(io::Error),
}

impl From<io::Error> for TarError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof && error.get_ref().is_none() { Self::Truncated } else { Self::Io(error) }
    }
}

/// Reads entries one after another from a stream.
pub struct TarReader<R> {
    inner: R,
    /// Data of the current entry that was not read yet.
    left: u64,
    /// Padding behind it.
    padding: u64,
    ended: bool,
}

impl<R: BufRead> TarReader<R> {
    /// A reader at the start of an archive.
    pub fn new(inner: R) -> Self {
        Self { inner, left: 0, padding: 0, ended: false }
    }

    /// The next entry; none at the end. What was not read of the one before is skipped.
    pub fn next_entry(&mut self) -> Result<Option<Header>, TarError> {
        let mut records = None;
        let (mut long_name, mut long_link) = (None, None);
        loop {
            self.skip(self.left + self.padding)?;
            (self.left, self.padding) = (0, 0);
            let Some(block) = self.header_block()? else { return Ok(None) };
            let raw = Raw::parse(&block)?;
            match raw.type_flag() {
                // Global records do not reach other entries in `archive/tar`, nor in the engines that use it.
                b'g' => {
                    self.extension(&raw)?;
                }
                b'x' => records = Some(Records::parse(&self.extension(&raw)?)?),
                b'L' => long_name = Some(c_string(&self.extension(&raw)?).to_vec()),
                b'K' => long_link = Some(c_string(&self.extension(&raw)?).to_vec()),
                _ => {
                    let mut header = raw.header()?;
                    let sparse_name = records.as_ref().and_then(|r: &Records| r.sparse_name().map(<[u8]>::to_vec));
                    if let Some(records) = records.take() {
                        records.apply(&mut header)?;
                    }
                    // GNU's long names count over PAX's, and a sparse file's own name over both.
                    header.path = sparse_name.or(long_name.take().filter(|n| !n.is_empty())).unwrap_or(header.path);
                    if let Some(link) = long_link.take().filter(|l| !l.is_empty()) {
                        header.link = link;
                    }
                    // Old archives mark a directory by the slash alone; only the whole name tells.
                    if header.kind == EntryType::Regular && raw.type_flag() == 0 && header.path.ends_with(b"/") {
                        header.kind = EntryType::Directory;
                    }
                    if raw.type_flag() == b'S' && header.sparse {
                        self.skip_sparse_map(raw.sparse_is_extended())?;
                    }
                    if header.kind.is_header_only() {
                        header.size = 0;
                    }
                    self.expect(header.size);
                    return Ok(Some(header));
                }
            }
        }
    }

    /// Some of the current entry's data that was not consumed yet; empty at its end.
    pub fn data(&mut self) -> Result<&[u8], TarError> {
        if self.left == 0 {
            return Ok(&[]);
        }
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let buffer = self.inner.fill_buf()?;
        if buffer.is_empty() {
            return Err(TarError::Truncated);
        }
        Ok(&buffer[..buffer.len().min(left)])
    }

    /// Marks `n` bytes of what [`Self::data`] gave as read.
    pub fn consume(&mut self, n: usize) {
        self.inner.consume(n);
        self.left -= n as u64;
    }

    /// Reads all that follows the archive's end; says how many bytes of it are not zero.
    pub fn drain(&mut self) -> io::Result<u64> {
        let mut stray = 0;
        loop {
            let buffer = self.inner.fill_buf()?;
            if buffer.is_empty() {
                return Ok(stray);
            }
            stray += buffer.iter().filter(|&&b| b != 0).count() as u64;
            let n = buffer.len();
            self.inner.consume(n);
        }
    }

    fn expect(&mut self, size: u64) {
        self.left = size;
        self.padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
    }

    /// A header block; none at the end of the stream or at the two zero blocks that end an archive.
    fn header_block(&mut self) -> Result<Option<[u8; BLOCK]>, TarError> {
        if self.ended || self.inner.fill_buf()?.is_empty() {
            self.ended = true;
            return Ok(None);
        }
        let block = self.block()?;
        if block.iter().any(|&b| b != 0) {
            return Ok(Some(block));
        }
        self.ended = true;
        // A single zero block at the very end passes too, as in `archive/tar`.
        if self.inner.fill_buf()?.is_empty() {
            return Ok(None);
        }
        if self.block()?.iter().any(|&b| b != 0) {
            return Err(TarError::Malformed("a zero block stands between two entries"));
        }
        Ok(None)
    }

    fn block(&mut self) -> Result<[u8; BLOCK], TarError> {
        let mut block = [0; BLOCK];
        self.inner.read_exact(&mut block)?;
        Ok(block)
    }

    fn extension(&mut self, raw: &Raw<'_>) -> Result<Vec<u8>, TarError> {
        let size = u64::try_from(raw.size()?).map_err(|_| TarError::Malformed("a size is negative"))?;
        if size > MOST_EXTENSION {
            return Err(TarError::Malformed("an extension header is larger than 1 MiB"));
        }
        self.expect(size);
        let mut data = vec![0; size as usize];
        self.inner.read_exact(&mut data)?;
        self.left = 0;
        Ok(data)
    }

    fn skip_sparse_map(&mut self, mut more: bool) -> Result<(), TarError> {
        while more {
            more = self.block()?[504] != 0;
        }
        Ok(())
    }

    fn skip(&mut self, mut n: u64) -> Result<(), TarError> {
        while n > 0 {
            let available = self.inner.fill_buf()?.len() as u64;
            if available == 0 {
                return Err(TarError::Truncated);
            }
            let step = available.min(n);
            self.inner.consume(step as usize);
            n -= step;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use proptest::prelude::*;

    use super::*;

    fn entries(bytes: &[u8]) -> Result<Vec<(String, EntryType, Vec<u8>)>, TarError> {
        let mut reader = TarReader::new(Cursor::new(bytes));
        let mut found = Vec::new();
        while let Some(header) = reader.next_entry()? {
            let mut data = Vec::new();
            loop {
                let some = reader.data()?;
                if some.is_empty() {
                    break;
                }
                data.extend_from_slice(some);
                let n = some.len();
                reader.consume(n);
            }
            found.push((String::from_utf8_lossy(&header.path).into_owned(), header.kind, data));
        }
        Ok(found)
    }

    fn built(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, data) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(data.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, path, *data).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn names_of_any_length() {
        let long = "d/".repeat(150) + "name";
        let archive = built(&[("a", b"1"), (&long, b"22"), ("empty", b"")]);
        let found = entries(&archive).unwrap();
        assert_eq!(
            found.iter().map(|(p, _, d)| (p.as_str(), d.as_slice())).collect::<Vec<_>>(),
            [("a", &b"1"[..]), (&long, b"22"), ("empty", b"")]
        );
    }

    #[test]
    fn pax_size_counts_over_the_header_and_gnu_name_over_pax() {
        let mut archive = Vec::new();
        let block = |flag: u8, name: &str, size: usize| {
            let mut header = tar::Header::new_ustar();
            header.set_path(name).unwrap();
            header.set_entry_type(tar::EntryType::new(flag));
            header.set_size(size as u64);
            header.set_cksum();
            header.as_bytes().to_vec()
        };
        let padded = |data: &[u8]| [data, &vec![0; (512 - data.len() % 512) % 512]].concat();
        let records = b"12 path=pax\n9 size=3\n";
        archive.extend(block(b'x', "x", records.len()));
        archive.extend(padded(records));
        archive.extend(block(b'L', "l", 4));
        archive.extend(padded(b"gnu\0"));
        archive.extend(block(b'0', "plain", 0));
        archive.extend(padded(b"abc"));
        archive.extend(block(b'0', "next", 0));
        archive.extend([0; 1024]);
        let found = entries(&archive).unwrap();
        assert_eq!(found.iter().map(|(p, _, d)| (p.as_str(), d.len())).collect::<Vec<_>>(), [("gnu", 3), ("next", 0)]);
    }

    #[test]
    fn a_directory_with_a_size_has_no_data() {
        let mut header = tar::Header::new_ustar();
        header.set_path("d").unwrap();
        header.set_entry_type(tar::EntryType::Directory);
        header.set_size(1 << 40);
        header.set_cksum();
        let mut archive = header.as_bytes().to_vec();
        archive.extend(built(&[("after", b"x")]));
        assert_eq!(entries(&archive).unwrap().len(), 2);
    }

    #[test]
    fn a_cut_archive_says_so() {
        let archive = built(&[("a", &[7; 2000])]);
        assert!(matches!(entries(&archive[..1000]), Err(TarError::Truncated)));
        assert!(matches!(entries(&archive[..300]), Err(TarError::Truncated)));
        assert!(matches!(entries(b"this is a text, not a tar archive"), Err(TarError::Truncated)));
        assert!(matches!(entries(&[b'x'; 1024]), Err(TarError::Malformed(_))));
    }

    proptest! {
        #[test]
        fn any_bytes_end_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4096)) {
            let _ = entries(&bytes);
        }

        #[test]
        fn a_damaged_archive_ends_without_panic(at in 0usize..3072, with in any::<u8>()) {
            let mut archive = built(&[("a", b"1"), (&"n".repeat(120), b"2")]);
            let at = at % archive.len();
            archive[at] = with;
            let _ = entries(&archive);
        }

        #[test]
        fn what_the_peer_writes_is_read_back(files in proptest::collection::vec(("[a-z]{1,200}", proptest::collection::vec(any::<u8>(), 0..2000)), 0..6)) {
            let files: Vec<(&str, &[u8])> = files.iter().map(|(p, d)| (p.as_str(), d.as_slice())).collect();
            let archive = built(&files);
            let ours: Vec<(String, Vec<u8>)> = entries(&archive).unwrap().into_iter().map(|(p, _, d)| (p, d)).collect();
            let mut theirs = Vec::new();
            for entry in tar::Archive::new(archive.as_slice()).entries().unwrap() {
                let mut entry = entry.unwrap();
                let path = entry.path().unwrap().to_string_lossy().into_owned();
                let mut data = Vec::new();
                entry.read_to_end(&mut data).unwrap();
                theirs.push((path, data));
            }
            prop_assert_eq!(ours, theirs);
        }
    }
}
