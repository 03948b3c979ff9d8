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
/// What well-known programs say of themselves, by the name under which they are known whatever their file is called. Two
/// different marks have to be there: one alone may stand in a program that only talks about the other. The bars are taken out
/// before use, so that this program does not hold the marks itself.
const IDENTITIES: &[(&str, &[&str])] = &[
    ("openssh", &["Open|SSH_", "Permanently| added '", "usage: ss|h [", "kex_exchange_id|entification"]),
    (
        "openssh-server",
        &["Server listening| on %", "Could not load| host key", "no hostkeys| available", "privilege sepa|ration directory"],
    ),
    ("dropbear", &["Dropbear ser|ver v", "Failed loading| hostkey", "dropbear_|rsa_host_key"]),
    ("busybox", &["BusyBox| v", "applet not| found", "multi-call binary| that combines"]),
    ("telnetd", &["telnetd|: ", "in.tel|netd", "ttloop|:"]),
    ("rsh-server", &["in.rs|hd", "rshd|: "]),
    ("vnc", &["x11vn|c", "libvnc|server", "rfbpor|t"]),
    ("xrdp", &["xrdp-ses|man", "xrdp.i|ni"]),
    ("tmate", &["tmate|.io", "tmate-|api"]),
    ("ngrok", &["ngrok|.com", "ngrok-|agent"]),
    ("teleport", &["gravitational/|teleport/lib/srv", "gravitational/|teleport/lib/auth"]),
    ("ttyd", &["for sharing terminal| over the web", "ttyd| "]),
    ("ncat", &["Ncat|: ", "nmap.org/|ncat"]),
    ("netcat-openbsd", &["OpenBSD| netcat", "usage: nc| [-"]),
    ("socat", &["socat by| Gerhard", "socat| version"]),
    ("cloudflared", &["cloudflare/|cloudflared/cmd", "cloudflare/|cloudflared/tunnel"]),
];
/// Different marks of one program that have to be found.
const ENOUGH_MARKS: usize = 2;
const LIBRARY: &str = ".so";
const RUST: &str = "/rustc/";
const GCC: &str = "GCC: (";

/// What was found in the parts scanned so far.
#[derive(Default)]
pub(crate) struct Strings {
    paths: BTreeSet<String>,
    libraries: BTreeSet<String>,
    /// Marks by their place in the table: the program, and which of its marks.
    marks: BTreeSet<(usize, usize)>,
    pub(crate) names_rust: bool,
    pub(crate) names_gcc: bool,
}

enum Sign {
    Path,
    Library,
    Mark(usize, usize),
    Rust,
    Gcc,
}

fn automaton() -> Option<&'static (AhoCorasick, Vec<Sign>)> {
    // Built once from constants: no state, only the saving of building it for each file.
    static AUTOMATON: OnceLock<Option<(AhoCorasick, Vec<Sign>)>> = OnceLock::new();
    AUTOMATON
        .get_or_init(|| {
            let mut patterns: Vec<String> = Vec::new();
            let mut signs = Vec::new();
            let mut add = |pattern: &str, sign| {
                patterns.push(pattern.replace('|', ""));
                signs.push(sign);
            };
            for path in WRITTEN {
                add(path, Sign::Path);
            }
            for (program, (_, marks)) in IDENTITIES.iter().enumerate() {
                for (mark, text) in marks.iter().enumerate() {
                    add(text, Sign::Mark(program, mark));
                }
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
                Sign::Mark(program, mark) => {
                    // A mark must be a word of its own.
                    let before = found.start().checked_sub(1).and_then(|i| bytes.get(i));
                    if before.is_none_or(|b| !b.is_ascii_alphanumeric()) {
                        self.marks.insert((*program, *mark));
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
        let names =
            IDENTITIES.iter().enumerate().filter(|(program, _)| self.marks.iter().filter(|(p, _)| p == program).count() >= ENOUGH_MARKS);
        let names: BTreeSet<&str> = names.map(|(_, (name, _))| *name).collect();
        names.into_iter().map(str::to_owned).collect()
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
    fn a_program_is_known_by_two_marks() {
        assert_eq!(scanned(b"\0BusyBox v1.31\0applet not found\0").identities(), ["busybox"]);
        assert!(scanned(b"\0BusyBox v1.31\0BusyBox v1.31\0").identities().is_empty(), "one mark twice");
        assert!(scanned(b"\0xBusyBox v\0xapplet not found\0").identities().is_empty(), "no words of their own");
    }
}
