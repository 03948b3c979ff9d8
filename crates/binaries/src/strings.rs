//! Strings in a binary that tell something: paths that programs write, names of libraries, what well-known programs say of
//! themselves. One automaton over the bytes finds them all.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};

/// Bytes that two scanned parts of one file must share, so that no string is torn.
pub(crate) const OVERLAP: usize = 512;
/// The longest path or name that is kept.
const MOST_LENGTH: usize = 255;
/// Strings of one kind that are kept of one file.
const MOST_KEPT: usize = 400;

/// Beginnings of paths under which programs write.
const WRITTEN: &[&str] = &["/tmp", "/var/", "/run/", "/dev/shm", "/home/", "/data/"];
/// What a program says of itself, and the name by which it is known whatever its file is called.
const IDENTITIES: &[(&str, &str)] = &[
    ("OpenSSH_", "openssh"),
    ("Could not load host key", "openssh-server"),
    ("Server listening on %s port", "openssh-server"),
    ("Dropbear server v", "dropbear"),
    ("BusyBox v", "busybox"),
    ("toybox 0.", "toybox"),
    ("telnetd: ", "telnetd"),
    ("in.telnetd", "telnetd"),
    ("in.rshd", "rsh-server"),
    ("Xvnc", "vnc"),
    ("x11vnc", "vnc"),
    ("xrdp-sesman", "xrdp"),
    ("tmate.io", "tmate"),
    ("ngrok.com", "ngrok"),
    ("gravitational/teleport", "teleport"),
    ("ttyd", "ttyd"),
    ("Ncat: ", "ncat"),
    ("OpenBSD netcat", "netcat"),
    ("socat by Gerhard Rieger", "socat"),
    ("cloudflared", "cloudflared"),
];
const LIBRARY: &str = ".so";
const RUST: &str = "/rustc/";
const GCC: &str = "GCC: (";

/// What was found in the parts scanned so far.
#[derive(Default)]
pub(crate) struct Strings {
    paths: BTreeSet<String>,
    libraries: BTreeSet<String>,
    identities: BTreeSet<&'static str>,
    pub(crate) names_rust: bool,
    pub(crate) names_gcc: bool,
}

enum Sign {
    Path,
    Library,
    Identity(&'static str),
    Rust,
    Gcc,
}

fn automaton() -> Option<&'static (AhoCorasick, Vec<Sign>)> {
    // Built once from constants: no state, only the saving of building it for each file.
    static AUTOMATON: OnceLock<Option<(AhoCorasick, Vec<Sign>)>> = OnceLock::new();
    AUTOMATON
        .get_or_init(|| {
            let mut patterns: Vec<&str> = Vec::new();
            let mut signs = Vec::new();
            let mut add = |pattern, sign| {
                patterns.push(pattern);
                signs.push(sign);
            };
            for path in WRITTEN {
                add(path, Sign::Path);
            }
            for (text, name) in IDENTITIES {
                add(text, Sign::Identity(name));
            }
            add(LIBRARY, Sign::Library);
            add(RUST, Sign::Rust);
            add(GCC, Sign::Gcc);
            // Leftmost-first is what the fast packed searcher is for; the default kind turns it off.
            AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(&patterns).ok().map(|a| (a, signs))
        })
        .as_ref()
}

impl Strings {
    /// Looks at a file, or at one part of it after another (parts overlap by [`OVERLAP`]).
    pub(crate) fn scan(&mut self, bytes: &[u8]) {
        let Some((automaton, signs)) = automaton() else { return };
        for found in automaton.find_iter(bytes) {
            match &signs[found.pattern().as_usize()] {
                Sign::Path => self.path(bytes, found.start()),
                Sign::Library => self.library(bytes, found.start()),
                Sign::Identity(name) => {
                    // `ttyd` and its like must be a word of their own.
                    let before = found.start().checked_sub(1).and_then(|i| bytes.get(i));
                    if before.is_none_or(|b| !b.is_ascii_alphanumeric()) {
                        self.identities.insert(name);
                    }
                }
                Sign::Rust => self.names_rust = true,
                Sign::Gcc => self.names_gcc = true,
            }
        }
    }

    fn path(&mut self, bytes: &[u8], start: usize) {
        if self.paths.len() >= MOST_KEPT {
            return;
        }
        // In the middle of a longer path (`/usr/var/…`) or of another string it is no path of its own.
        if start > 0 && is_path_byte(bytes[start - 1]) {
            return;
        }
        let end = bytes[start..]
            .iter()
            .take(MOST_LENGTH)
            .position(|&b| !is_path_byte(b))
            .map_or(bytes.len().min(start + MOST_LENGTH), |n| start + n);
        // Strings of C end with a NUL; of others a quote, blank or format mark may end the path.
        if let Ok(path) = std::str::from_utf8(&bytes[start..end]) {
            let path = path.trim_end_matches(['.', ',', ':', '/']);
            if path.len() > 3 {
                self.paths.insert(path.to_owned());
            }
        }
    }

    fn library(&mut self, bytes: &[u8], dot: usize) {
        if self.libraries.len() >= MOST_KEPT {
            return;
        }
        let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+' | b'.');
        let start = bytes[..dot].iter().rev().take(MOST_LENGTH).take_while(|b| is_name(b)).count();
        let name = &bytes[dot - start..dot];
        let suffix = &bytes[dot + LIBRARY.len()..];
        let versions = suffix.iter().take(20).take_while(|b| b.is_ascii_digit() || **b == b'.').count();
        // The name ends its string: `.socket` and `.sources` are no libraries.
        if !name.starts_with(b"lib") || suffix.get(versions).is_some_and(|b| is_name(b) || *b == b'%') {
            return;
        }
        if let Ok(name) = std::str::from_utf8(&bytes[dot - start..dot + LIBRARY.len() + versions]) {
            self.libraries.insert(name.trim_end_matches('.').to_owned());
        }
    }

    /// Paths that a program may write, sorted.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.paths.iter().cloned().collect()
    }

    /// Identities, sorted.
    pub(crate) fn identities(&self) -> Vec<String> {
        self.identities.iter().map(|&i| i.to_owned()).collect()
    }

    /// Library names that are neither needed in any case nor the file's own.
    pub(crate) fn library_names(&self, needed: &[String], soname: Option<&str>) -> Vec<String> {
        self.libraries.iter().filter(|l| !needed.contains(l) && soname != Some(l)).cloned().collect()
    }
}

fn is_path_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'_' | b'-' | b'+' | b'@' | b'%' | b'$' | b'{' | b'}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(bytes: &[u8]) -> Strings {
        let mut strings = Strings::default();
        strings.scan(bytes);
        strings
    }

    #[test]
    fn paths_of_their_own_only() {
        let strings = scanned(b"\0/var/log/app.log\0cannot open /tmp/x-%d.sock: %s\0/usr/var/no\0/run/app/\0'/data/db'\0/tmp\0");
        assert_eq!(strings.paths(), ["/data/db", "/run/app", "/tmp", "/tmp/x-%d.sock", "/var/log/app.log"]);
    }

    #[test]
    fn names_of_libraries() {
        let strings = scanned(b"\0libnss_files.so.2\0libz.so\0app.socket\0libfoo.sources\0libn.so.%d\0/usr/lib/libq.so.1.2\0notlib.so\0");
        assert_eq!(strings.library_names(&["libz.so".to_owned()], None), ["libnss_files.so.2", "libq.so.1.2"]);
    }

    #[test]
    fn identities_are_words() {
        assert_eq!(scanned(b"\0OpenSSH_9.2\0BusyBox v1.31\0").identities(), ["busybox", "openssh"]);
        assert!(scanned(b"\0pttyd\0").identities().is_empty());
    }
}
