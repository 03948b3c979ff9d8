//! Debian's copyright files, `usr/share/doc/PACKAGE/copyright`: the licences that the machine-readable form names (DEP-5, "Machine-readable
//! debian/copyright file", 1.0); of others, the texts in `/usr/share/common-licenses` that they point to.

use std::collections::BTreeSet;

use plimsoll_evidence::{Ecosystem, FileEntry, LayerFacts, Package, Problem};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::bytes::{self, short, single};
use crate::stanza::stanzas;

const MOST: usize = 1 << 20;
const MOST_LICENCES: usize = 100;
const DOCUMENTATION: &str = "usr/share/doc/";
const COMMON: &[u8] = b"/usr/share/common-licenses/";

/// Reads Debian's copyright files.
pub struct Copyright;

impl Analyser for Copyright {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "copyright", version: 1 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        if package_of(&entry.path).is_some() && entry.size <= MOST as u64 { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        if let (Content::Whole(bytes), Some(name)) = (content, package_of(&entry.path)) {
            let licences = licences(bytes);
            if !licences.is_empty() {
                let package = Package { licences, ..bytes::package(Ecosystem::Dpkg, name, "", &entry.path) };
                facts.databases.push(single(&entry.path, package));
            }
        }
        Ok(())
    }
}

/// The package whose copyright file this is.
pub(crate) fn package_of(path: &str) -> Option<&str> {
    path.strip_prefix(DOCUMENTATION)?.strip_suffix("/copyright").filter(|name| !name.contains('/'))
}

fn licences(bytes: &[u8]) -> Vec<String> {
    // Only the first line says that the form is one for machines.
    let is_dep5 =
        bytes.split(|b| *b == b'\n').take(10).any(|line| line.starts_with(b"Format:") || line.starts_with(b"Format-Specification:"));
    let mut found = BTreeSet::new();
    if is_dep5 {
        // Stanzas without files hold the texts of licences that others name.
        for stanza in stanzas(bytes).filter(|s| s.get("Files").is_some()) {
            let name = stanza.get("License").and_then(|l| l.lines().next()).map(str::trim).unwrap_or_default();
            if !name.is_empty() && found.len() < MOST_LICENCES {
                found.insert(short(name));
            }
        }
    }
    if found.is_empty() {
        for at in memchr::memmem::find_iter(bytes, COMMON) {
            let rest = &bytes[at + COMMON.len()..];
            let end =
                rest.iter().take(40).position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))).unwrap_or(rest.len().min(40));
            let name = String::from_utf8_lossy(&rest[..end]).trim_end_matches('.').to_owned();
            if !name.is_empty() && found.len() < MOST_LICENCES {
                found.insert(name);
            }
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_kinds_of_file() {
        let dep5 = b"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nCopyright: A\nLicense: GPL-2+ or Artistic\n text\n\nFiles: x\nLicense: Expat\n\nLicense: BSD\n text\n";
        assert_eq!(licences(dep5), ["Expat", "GPL-2+ or Artistic"]);
        let old = b"On Debian systems, see /usr/share/common-licenses/GPL-2.\nAlso `/usr/share/common-licenses/LGPL-2.1'.";
        assert_eq!(licences(old), ["GPL-2", "LGPL-2.1"]);
        assert_eq!(licences(b"all rights reserved"), Vec::<String>::new());
        assert_eq!((package_of("usr/share/doc/libc6/copyright"), package_of("usr/share/doc/a/b/copyright")), (Some("libc6"), None));
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..800)) {
            licences(&bytes);
        }
    }
}
