//! Runtimes and programs that no package manager installed, by the version that they carry in their own bytes: what official images
//! build from source. Only files with a rule's name are searched, and what a system's package owns is that package's.

use plimsoll_evidence::{Ecosystem, FileEntry, LayerFacts, PackageDatabase, Problem};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::bytes::{database, package};

/// A rule: which files, and where in them the version stands.
struct Rule {
    /// The program, as `pkg:generic` names it.
    program: &'static str,
    /// The file's name; `*` at the end stands for what follows.
    file: &'static str,
    /// The bytes directly before the version; of one that stands alone, how it begins.
    before: &'static [u8],
    /// The bytes directly behind the version, where those before it say nothing.
    behind: &'static [u8],
    /// The version in a real file.
    #[cfg_attr(not(test), expect(dead_code, reason = "an example for whoever reads the table, and for the tests"))]
    example: &'static str,
}

const fn rule(program: &'static str, file: &'static str, before: &'static [u8], example: &'static str) -> Rule {
    Rule { program, file, before, behind: b"", example }
}

/// A version between zero bytes, with this text behind it.
const fn ahead(program: &'static str, file: &'static str, behind: &'static [u8], example: &'static str) -> Rule {
    Rule { program, file, before: b"\0", behind, example }
}

const RULES: &[Rule] = &[
    rule("bash", "bash", b"Bash version ", "5.2.15(1)"),
    rule("busybox", "busybox", b"BusyBox v", "1.36.1"),
    rule("curl", "curl", b"curl ", "7.88.1 (x86_64-pc-linux-gnu) %s"),
    rule("curl", "libcurl.so*", b"libcurl/", "8.5.0-DEV"),
    rule("glibc", "libc.so.6", b"stable release version ", "2.36."),
    rule("glibc", "libc-2*", b"stable release version ", "2.31."),
    rule("haproxy", "haproxy", b"HAProxy version ", "2.8.3-86e043a"),
    rule("httpd", "httpd", b"Apache/", "2.4.57"),
    ahead("mariadb", "mariadbd", b"-MariaDB", "10.11.19"),
    rule("memcached", "memcached", b"memcached ", "1.6.18"),
    // The only text of this form in it.
    ahead("musl", "ld-musl-*", b"\0", "1.2.3"),
    rule("nginx", "nginx", b"nginx/", "1.25.3"),
    rule("node", "node", b"nodejs.org/download/release/v", "20.11.0/node-v20.11.0-headers.tar.gz"),
    rule("openjdk", "release", b"JAVA_RUNTIME_VERSION=\"", "17.0.8+7"),
    rule("openssl", "openssl", b"OpenSSL ", "3.0.11 19 Sep 2023"),
    rule("openssl", "libcrypto.so*", b"OpenSSL ", "1.1.1w  11 Sep 2023"),
    rule("php", "php", b"X-Powered-By: PHP/", "8.2.7"),
    rule("php", "php-fpm*", b"X-Powered-By: PHP/", "8.1.0RC6"),
    rule("postgresql", "postgres", b"postgres (PostgreSQL) ", "15.5 (Debian 15.5-0+deb12u1)"),
    rule("python", "patchlevel.h", b"#define PY_VERSION              \"", "3.12.1"),
    ahead("redis", "redis-server", b"\0c11-builtin\0", "7.0.15"),
    ahead("redis", "redis-cli", b"\0 (git:%s\0", "7.0.15"),
    rule("ruby", "libruby.so*", b"ruby ", "3.2.2 (2023-03-30 revision e51014f9c0)"),
    rule("ruby", "libruby-*", b"ruby ", "3.1.2p20 (2022-04-12 revision 4491bb740a)"),
    // The only text of this form in it.
    ahead("sqlite", "libsqlite3.so*", b"\0", "3.40.1"),
    rule("wordpress", "version.php", b"$wp_version = '", "6.4.2"),
];

/// Python's file is named after the first two parts of its version, which stands between zero bytes.
const PYTHON: [&str; 2] = ["python3.", "libpython3."];
/// Places where a file of a rule's name in text form lies.
const TEXTS: [(&str, &str); 3] = [("release", ""), ("version.php", "wp-includes/version.php"), ("patchlevel.h", "/patchlevel.h")];
const MOST_VERSION: usize = 40;

/// Finds programs by the version in their bytes.
pub struct Programs;

impl Analyser for Programs {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "programs", version: 2 }
    }

    fn wants(&self, entry: &FileEntry, head: &[u8]) -> Interest {
        let name = entry.name();
        let is_text = TEXTS.iter().any(|(text, place)| name == *text && entry.path.ends_with(place) && entry.size < 1 << 16);
        let is_program = head.starts_with(b"\x7fELF") && (python(name).is_some() || rules(name).next().is_some());
        if is_text || is_program { Interest::Windows } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let bytes = match content {
            Content::Whole(bytes) => bytes,
            Content::Window(window) => window.bytes,
            Content::Spooled(_) => return Ok(()),
        };
        // Of a file in several windows the first that tells the version counts.
        let is_known = |facts: &LayerFacts| {
            facts
                .databases
                .iter()
                .rev()
                .take(8)
                .any(|d| d.path == entry.path && d.packages.iter().any(|p| p.ecosystem == Ecosystem::Program))
        };
        if let Some((program, version)) = find(entry.name(), bytes).filter(|_| !is_known(facts)) {
            let packages = vec![package(Ecosystem::Program, program, &version, &entry.path)];
            let owned = [(0, entry.path.as_str())].into_iter().collect();
            facts.databases.push(PackageDatabase { owned, ..database(&entry.path, packages) });
        }
        Ok(())
    }
}

fn rules(name: &str) -> impl Iterator<Item = &'static Rule> {
    RULES.iter().filter(move |r| r.file.strip_suffix('*').map_or(name == r.file, |start| name.starts_with(start)))
}

/// `3.11` of `python3.11` and `libpython3.11.so.1.0`.
fn python(name: &str) -> Option<&str> {
    let rest = PYTHON.iter().find_map(|p| name.strip_prefix(p).map(|_| &name[p.len() - 2..]))?;
    let end = rest[2..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |end| end + 2);
    let after = &rest[end..];
    (end > 2 && (after.is_empty() || after.starts_with(".so"))).then(|| &rest[..end])
}

fn find(name: &str, bytes: &[u8]) -> Option<(&'static str, String)> {
    if let Some(series) = python(name) {
        let before = format!("\0{series}.");
        let found = after(bytes, before.as_bytes(), true)?;
        return Some(("python", format!("{series}.{found}")));
    }
    rules(name)
        .find_map(|r| Some((r.program, if r.behind.is_empty() { after(bytes, r.before, false)? } else { between(bytes, r.behind)? })))
}

/// The version after these bytes: it begins with a digit, and where it stands alone it ends with its text.
fn after(bytes: &[u8], before: &[u8], alone: bool) -> Option<String> {
    memchr::memmem::find_iter(bytes, before).find_map(|at| {
        let rest = &bytes[at + before.len()..];
        let rest = &rest[..rest.len().min(MOST_VERSION)];
        let end = rest.iter().position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+'))).unwrap_or(rest.len());
        let is_whole = !alone || rest.get(end) == Some(&0);
        let version = String::from_utf8_lossy(&rest[..end]).trim_end_matches('.').to_owned();
        (is_whole && version.starts_with(|c: char| c.is_ascii_digit()) && (alone || version.contains('.'))).then_some(version)
    })
}

/// The version between a zero byte and these bytes: digits in at least two parts, and nothing else.
fn between(bytes: &[u8], behind: &[u8]) -> Option<String> {
    const LONGEST: usize = 16;
    memchr::memmem::find_iter(bytes, behind).find_map(|end| {
        let before = &bytes[end.saturating_sub(LONGEST)..end];
        let version = &before[before.iter().rposition(|b| *b == 0)? + 1..];
        let is_version = version.first().is_some_and(u8::is_ascii_digit)
            && version.last().is_some_and(u8::is_ascii_digit)
            && version.contains(&b'.')
            && version.iter().all(|b| b.is_ascii_digit() || *b == b'.');
        is_version.then(|| String::from_utf8_lossy(version).into_owned())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testkit::{look_in_memory, packages};

    #[test]
    fn every_rule_finds_its_example() {
        for rule in RULES {
            let name = rule.file.trim_end_matches('*');
            let behind = if rule.behind.is_empty() { b"\0" } else { rule.behind };
            let bytes = [b"\x7fELF\0", rule.before, b"%s\0", rule.before, rule.example.as_bytes(), behind].concat();
            let wanted: String = rule.example.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '+')).collect();
            let found = find(name, &bytes);
            assert_eq!(found, Some((rule.program, wanted.trim_end_matches('.').to_owned())), "{name}");
        }
    }

    #[test]
    fn pythons_version_stands_alone() {
        for (name, bytes, wanted) in [
            ("python3.11", &b"x\x003.11.2 (main)\x003.11.2\0"[..], Some("3.11.2")),
            ("libpython3.12.so.1.0", b"\x003.12.0rc1\0", Some("3.12.0rc1")),
            ("python3.11-config", b"\x003.11.2\0", None),
            ("python3.11", b"3.11.2", None),
        ] {
            assert_eq!(find(name, bytes).map(|(_, v)| v).as_deref(), wanted, "{name}");
        }
    }

    #[test]
    fn only_programs_are_searched() {
        let (facts, problem) = look_in_memory(&Programs, "usr/local/sbin/nginx", b"\x7fELF nginx/1.25.3\0 nginx/1.0.0");
        assert_eq!((packages(&facts), problem), (vec![("nginx", "1.25.3", "usr/local/sbin/nginx")], None));
        for (path, bytes) in [("etc/nginx", &b"nginx/1.25.3"[..]), ("usr/bin/nginxd", b"\x7fELF nginx/1.25.3")] {
            assert!(look_in_memory(&Programs, path, bytes).0.databases.is_empty(), "{path}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for name in ["node", "python3.11", "nginx"] {
                find(name, &bytes);
            }
        }
    }
}
