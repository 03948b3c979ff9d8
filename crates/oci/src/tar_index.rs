//! Where the files of an archive's outer tar lie: a small index over a seekable file (POSIX ustar and pax, GNU long names
//! and base-256 numbers). Layers are read elsewhere, as streams; here nothing but names, offsets and lengths matters.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use crate::tar_header::{BLOCK, Extension, Header};

/// Longest extended header that is read; longer ones can only name files that nobody asks for.
const LONGEST_EXTENSION: u64 = 1 << 20;
/// Longest name that is kept.
const LONGEST_NAME: usize = 512;
/// How many links lead to a file at most.
const LINK_HOPS: usize = 40;

/// What lies under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Member {
    File {
        offset: u64,
        len: u64,
    },
    /// A link to another name, already made relative to the archive's root; none where it leads out of the archive.
    Link(Option<String>),
    /// A directory, device, sparse file …: there, but with no bytes to read.
    Other,
}

/// The index. Of several entries of one name the last counts, as when the archive is unpacked.
#[derive(Debug, Default)]
pub(crate) struct TarIndex {
    members: BTreeMap<String, Member>,
    repeated: Vec<String>,
    /// Whether the archive breaks off, or turns into something else than tar, before its end.
    pub(crate) broken: Option<String>,
    /// Whether there are more entries than were indexed.
    pub(crate) cut: bool,
    /// How many headers were read; one is enough to know that it is a tar.
    pub(crate) headers: usize,
    /// How many entries have names that lead out of the archive or are too long, and so were passed over.
    pub(crate) passed_over: usize,
}

/// Names that decide what the archive is: twice in an archive, they could show each reader another image.
const DECIDING: [&str; 3] = ["index.json", "manifest.json", "oci-layout"];

impl TarIndex {
    /// Indexes a tar of `len` bytes; fails only where reading does.
    pub(crate) fn scan(file: &(impl ReadAt + ?Sized), len: u64, most_entries: usize) -> io::Result<Self> {
        let mut index = Self::default();
        let mut at = 0_u64;
        let mut seen = 0_usize;
        let mut extension = Extension::default();
        let mut header = [0_u8; BLOCK as usize];
        loop {
            if at == len {
                break;
            }
            if len - at < BLOCK {
                index.broken = Some(format!("it breaks off at byte {len}, inside a header"));
                break;
            }
            file.read_exact_at(&mut header, at)?;
            if header.iter().all(|&b| b == 0) {
                break;
            }
            seen += 1;
            if seen > most_entries {
                index.cut = true;
                break;
            }
            let Some(parsed) = Header::parse(&header) else {
                index.broken = Some(format!("there is no tar header at byte {at}"));
                break;
            };
            index.headers += 1;
            let data = at + BLOCK;
            let size = match (parsed.kind, extension.size) {
                (b'x' | b'g' | b'L' | b'K', _) | (_, None) => parsed.size,
                (_, Some(size)) => size,
            };
            let stored = if parsed.has_data() { size } else { 0 };
            let Some(data) = parsed.skip_sparse_map(file, data, len)? else {
                index.broken = Some(format!("it breaks off at byte {len}, inside a sparse file's map"));
                break;
            };
            let next = stored.checked_next_multiple_of(BLOCK).and_then(|padded| data.checked_add(padded));
            let Some(next) = next.filter(|_| stored <= len.saturating_sub(data)) else {
                index.broken = Some(format!("it breaks off at byte {len}: the entry at byte {at} says that it has {stored} bytes"));
                break;
            };
            match parsed.kind {
                b'x' | b'L' | b'K' => {
                    if stored <= LONGEST_EXTENSION {
                        let mut text = vec![0; stored as usize];
                        file.read_exact_at(&mut text, data)?;
                        extension.take(parsed.kind, &text);
                    } else {
                        extension.oversized = true;
                    }
                }
                b'g' => {}
                kind => {
                    let extension = std::mem::take(&mut extension);
                    index.add(&parsed, kind, extension, data, stored);
                }
            }
            // The last entry's padding may be missing.
            at = next.min(len);
        }
        Ok(index)
    }

    fn add(&mut self, header: &Header, kind: u8, extension: Extension, offset: u64, len: u64) {
        if extension.oversized {
            self.passed_over += 1;
            return;
        }
        let raw = extension.path.unwrap_or_else(|| header.name.clone());
        let Some(name) = inside(&raw, "") else {
            self.passed_over += 1;
            return;
        };
        let link = extension.link.unwrap_or_else(|| header.link.clone());
        let member = match kind {
            b'0' | b'7' | 0 if extension.sparse => Member::Other,
            0 if raw.ends_with('/') => Member::Other,
            b'0' | b'7' | 0 => Member::File { offset, len },
            // A hard link's target is named from the root, a symbolic link's from the link's directory.
            b'1' => Member::Link(inside(&link, "")),
            b'2' => Member::Link(if link.starts_with('/') { None } else { inside(&link, parent(&name)) }),
            _ => Member::Other,
        };
        if self.members.contains_key(&name) && DECIDING.contains(&name.as_str()) && !self.repeated.contains(&name) {
            self.repeated.push(name.clone());
        }
        self.members.insert(name, member);
    }

    /// Whether anything is under the name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// Whether there is nothing at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The names, sorted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    /// The names that decide what the archive is and are there more than once.
    pub(crate) fn repeated(&self) -> &[String] {
        &self.repeated
    }

    /// Where the file of a name lies, links followed inside the archive; none where there is none. The error says what is in the way.
    pub(crate) fn find(&self, name: &str) -> Result<Option<(u64, u64)>, String> {
        let mut name = inside(name, "").ok_or_else(|| format!("{name} leads out of the archive"))?;
        for _ in 0..LINK_HOPS {
            match self.members.get(&name) {
                None => return Ok(None),
                Some(Member::File { offset, len }) => return Ok(Some((*offset, *len))),
                Some(Member::Other) => return Err(format!("{name} is no regular file")),
                Some(Member::Link(None)) => return Err(format!("{name} is a link out of the archive, which is not followed")),
                Some(Member::Link(Some(to))) => name.clone_from(to),
            }
        }
        Err(format!("{name} is a link that leads in a circle"))
    }
}

/// Reading at an offset, of a file or of bytes.
pub(crate) trait ReadAt {
    fn read_exact_at(&self, into: &mut [u8], offset: u64) -> io::Result<()>;
}

impl ReadAt for File {
    fn read_exact_at(&self, into: &mut [u8], offset: u64) -> io::Result<()> {
        FileExt::read_exact_at(self, into, offset)
    }
}

impl ReadAt for [u8] {
    fn read_exact_at(&self, into: &mut [u8], offset: u64) -> io::Result<()> {
        let from = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let part = from.checked_add(into.len()).and_then(|end| self.get(from..end)).ok_or(io::ErrorKind::UnexpectedEof)?;
        into.copy_from_slice(part);
        Ok(())
    }
}

/// A part of a file as a stream. Several may be read at once, as none moves the file's own position.
#[derive(Debug)]
pub(crate) struct Section {
    file: Arc<File>,
    at: u64,
    end: u64,
}

impl Section {
    pub(crate) fn new(file: Arc<File>, offset: u64, len: u64) -> Self {
        Self { file, at: offset, end: offset.saturating_add(len) }
    }
}

impl Read for Section {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(into.len());
        let n = self.file.read_at(&mut into[..most], self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

/// A path made plain (`./`, `//` and `x/..` taken out), seen from a directory of the archive; none where it leads out or is too long.
fn inside(path: &str, from: &str) -> Option<String> {
    if path.len() > LONGEST_NAME || path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = from.split('/').filter(|p| !p.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One entry: header, bytes, padding.
    pub(crate) fn entry(name: &str, kind: u8, link: &str, bytes: &[u8]) -> Vec<u8> {
        let mut block = [0_u8; 512];
        block[..name.len().min(100)].copy_from_slice(&name.as_bytes()[..name.len().min(100)]);
        block[100..108].copy_from_slice(b"0000644\0");
        block[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
        block[156] = kind;
        block[157..157 + link.len()].copy_from_slice(link.as_bytes());
        block[257..265].copy_from_slice(b"ustar\x0000");
        block[148..156].copy_from_slice(b"        ");
        let sum: u32 = block.iter().map(|&b| u32::from(b)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let mut out = block.to_vec();
        out.extend_from_slice(bytes);
        out.resize(out.len().next_multiple_of(512), 0);
        out
    }

    fn scan(bytes: &[u8]) -> TarIndex {
        TarIndex::scan(bytes, bytes.len() as u64, 100).unwrap()
    }

    #[test]
    fn names_in_every_form() {
        let long = "d/".repeat(80) + "long";
        let record = |key: &str, value: &str| {
            let body = format!(" {key}={value}\n");
            let mut n = body.len() + 1;
            while n.to_string().len() + body.len() != n {
                n += 1;
            }
            format!("{n}{body}")
        };
        let tar = [
            entry("./plain", b'0', "", b"abc"),
            entry("././@LongLink", b'L', "", format!("{long}\0").as_bytes()),
            entry("cut", b'0', "", b"xy"),
            entry("pax", b'x', "", format!("{}{}", record("path", "from/pax"), record("size", "3")).as_bytes()),
            entry("cut", b'0', "", b"abc"),
            vec![0; 1024],
        ]
        .concat();
        let index = scan(&tar);
        assert_eq!(index.broken, None);
        assert_eq!(index.find("plain").unwrap(), Some((512, 3)));
        assert_eq!(index.find(&long).unwrap().map(|f| f.1), Some(2));
        assert_eq!(index.find("from/pax").unwrap().map(|f| f.1), Some(3));
        assert_eq!(index.find("cut").unwrap(), None);
    }

    #[test]
    fn links_stay_inside() {
        let tar = [
            entry("a/layer.tar", b'0', "", b"abc"),
            entry("b/layer.tar", b'2', "../a/layer.tar", b""),
            entry("c", b'1', "b/layer.tar", b""),
            entry("out", b'2', "../../etc/passwd", b""),
            entry("abs", b'2', "/etc/passwd", b""),
            entry("x", b'2', "y", b""),
            entry("y", b'2', "x", b""),
            entry("../evil", b'0', "", b"abc"),
        ]
        .concat();
        let index = scan(&tar);
        assert_eq!(index.find("c").unwrap(), Some((512, 3)));
        for bad in ["out", "abs", "x", "../evil"] {
            assert!(index.find(bad).is_err(), "{bad}");
        }
        assert_eq!(index.names().count(), 7);
    }

    #[test]
    fn truncation_and_repetition_are_seen() {
        let whole =
            [entry("a", b'0', "", &[1; 600]), entry("manifest.json", b'0', "", b"1"), entry("manifest.json", b'0', "", b"2")].concat();
        assert_eq!(scan(&whole).repeated(), ["manifest.json"]);
        assert!(scan(&whole[..800]).broken.unwrap().contains("breaks off"));
        assert!(scan(b"just some text, longer than nothing").broken.is_some());
        assert!(scan(&[b'x'; 2048]).broken.unwrap().contains("no tar header"));
        let many = entry("a", b'0', "", b"").repeat(101);
        assert!(scan(&many).cut);
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(mut bytes in proptest::collection::vec(any::<u8>(), 0..3000), cut in 0usize..4000, flips in proptest::collection::vec((0usize..4000, any::<u8>()), 0..8)) {
            let mut tar = [entry("pax", b'x', "", b"18 path=aaaaaaaaa\n"), entry("m", b'0', "", b"abc"), entry("l", b'2', "m", b"")].concat();
            tar.append(&mut bytes);
            for (at, value) in flips {
                if let Some(b) = tar.get_mut(at) { *b = value; }
            }
            tar.truncate(cut);
            let index = scan(&tar);
            for name in index.names() {
                if let Ok(Some((offset, len))) = index.find(name) {
                    prop_assert!(offset + len <= tar.len() as u64);
                }
            }
        }
    }
}
