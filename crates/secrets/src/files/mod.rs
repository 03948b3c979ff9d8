//! Files that are known by name or magic to hold credentials.

mod docker;
mod keystore;
mod kube;
mod logins;
mod markup;
mod shadow;
pub(crate) mod shell;

use std::ops::Range;

use crate::hit::Hit;
use crate::kind::{Kind, RAILS_MASTER_KEY};
use crate::scan::Subject;

/// Looks at a whole file of moderate size.
pub(crate) fn look(subject: Subject<'_>, bytes: &[u8], hits: &mut Vec<Hit>) {
    keystore::look(subject, bytes, hits);
    if !subject.is_text {
        return;
    }
    let path = subject.path;
    let name = path.rsplit('/').next().unwrap_or_default();
    match name {
        ".npmrc" | "npmrc" => logins::npmrc(bytes, hits),
        ".yarnrc.yml" | ".yarnrc" => logins::yarnrc(bytes, hits),
        ".pypirc" => logins::pypirc(bytes, hits),
        ".netrc" | "_netrc" => logins::netrc(bytes, hits),
        ".pgpass" | "pgpass.conf" => logins::pgpass(bytes, hits),
        ".passwd-s3fs" | "passwd-s3fs" => logins::s3fs(bytes, hits),
        ".git-credentials" | ".gitconfig" => logins::git(bytes, hits),
        "config" if path.ends_with(".git/config") || path.ends_with("git/config") => logins::git(bytes, hits),
        ".dockercfg" | ".dockerconfigjson" | "auth.json" | "config.json" => docker::look(bytes, hits),
        "settings.xml" | "settings-security.xml" => markup::maven(bytes, hits),
        "sitemanager.xml" | "recentservers.xml" | "FileZilla.xml" => markup::filezilla(bytes, hits),
        "credentials.xml" => markup::jenkins(bytes, hits),
        "wp-config.php" => markup::wordpress(bytes, hits),
        "rclone.conf" => logins::rclone(bytes, hits),
        "master.key" if is_hex_key(bytes) => push(hits, RAILS_MASTER_KEY, bytes, 0..bytes.trim_ascii_end().len()),
        _ if name.eq_ignore_ascii_case("nuget.config") => markup::nuget(bytes, hits),
        _ if name.ends_with("_history") => shell::commands(bytes, hits),
        _ if subject.is_own && is_script(name) => shell::commands(bytes, hits),
        _ if name.contains("htpasswd") => shadow::htpasswd(bytes, hits),
        _ => {}
    }
    if matches!(path, "etc/shadow" | "etc/shadow-" | "etc/gshadow" | "etc/gshadow-") {
        shadow::shadow(bytes, hits);
    }
    kube::look(bytes, hits);
}

fn is_script(name: &str) -> bool {
    name.ends_with(".sh")
        || name.starts_with("Dockerfile")
        || name.starts_with("Containerfile")
        || name.ends_with(".dockerfile")
        || name.ends_with("entrypoint")
}

fn is_hex_key(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii_end();
    text.len() == 32 && text.iter().all(u8::is_ascii_hexdigit)
}

fn push(hits: &mut Vec<Hit>, kind: Kind, bytes: &[u8], at: Range<usize>) {
    if !at.is_empty() {
        hits.push(Hit::by_kind(kind, bytes, at));
    }
}

/// The lines of a text with their places, ends left out.
fn lines(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        if from >= bytes.len() {
            return None;
        }
        let end = memchr::memchr(b'\n', &bytes[from..]).map_or(bytes.len(), |i| from + i);
        let line = from..end;
        from = end + 1;
        Some(line)
    })
}

/// The part of a range without blanks and quotes at its ends.
fn trimmed(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let outer = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b',');
    let (mut start, mut end) = (range.start, range.end);
    while start < end && outer(&bytes[start]) {
        start += 1;
    }
    while end > start && outer(&bytes[end - 1]) {
        end -= 1;
    }
    start..end
}

/// Where a text stands in the bytes.
fn find(bytes: &[u8], text: &str) -> Option<Range<usize>> {
    memchr::memmem::find(bytes, text.as_bytes()).map(|at| at..at + text.len())
}

/// The name and the value's place of a line `name = value`.
fn setting(bytes: &[u8], line: Range<usize>, separators: &[u8]) -> Option<(String, Range<usize>)> {
    let text = &bytes[line.clone()];
    if matches!(text.trim_ascii_start().first(), None | Some(b'#' | b';')) {
        return None;
    }
    let at = text.iter().position(|b| separators.contains(b))?;
    let name = String::from_utf8_lossy(text[..at].trim_ascii()).trim_matches(['"', '\'']).to_owned();
    Some((name, trimmed(bytes, line.start + at + 1..line.end)))
}
