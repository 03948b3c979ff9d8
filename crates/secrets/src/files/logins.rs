//! Line-based files of logins.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{lines, push, setting, trimmed};
use crate::hit::Hit;
use crate::kind::{GIT_CREDENTIAL, Kind, NETRC, NPMRC, PGPASS, PYPIRC, RCLONE};
use crate::text::is_placeholder;

fn add(hits: &mut Vec<Hit>, kind: Kind, bytes: &[u8], at: Range<usize>) {
    let value = &bytes[at.clone()];
    if value.len() >= 3 && !is_placeholder(value) && !value.starts_with(b"${") && !value.starts_with(b"$(") {
        push(hits, kind, bytes, at);
    }
}

/// `//registry/:_authToken=…`, `_auth=…`, `:_password=…` (npm, "npmrc", auth related configuration).
pub(super) fn npmrc(bytes: &[u8], hits: &mut Vec<Hit>) {
    for line in lines(bytes) {
        if let Some((name, value)) = setting(bytes, line, b"=")
            && ["_authToken", "_auth", "_password"].iter().any(|n| name == *n || name.ends_with(&format!(":{n}")))
        {
            add(hits, NPMRC, bytes, value);
        }
    }
}

/// `npmAuthToken: …`, `npmAuthIdent: …` (Yarn), and npm's names.
pub(super) fn yarnrc(bytes: &[u8], hits: &mut Vec<Hit>) {
    npmrc(bytes, hits);
    for line in lines(bytes) {
        if let Some((name, value)) = setting(bytes, line, b":")
            && matches!(name.as_str(), "npmAuthToken" | "npmAuthIdent")
        {
            add(hits, NPMRC, bytes, value);
        }
    }
}

pub(super) fn pypirc(bytes: &[u8], hits: &mut Vec<Hit>) {
    for line in lines(bytes) {
        if let Some((name, value)) = setting(bytes, line, b"=:")
            && name == "password"
        {
            add(hits, PYPIRC, bytes, value);
        }
    }
}

pub(super) fn rclone(bytes: &[u8], hits: &mut Vec<Hit>) {
    for line in lines(bytes) {
        if let Some((name, value)) = setting(bytes, line, b"=")
            && matches!(
                name.as_str(),
                "pass" | "password" | "password2" | "token" | "key" | "secret_access_key" | "client_secret" | "service_account_credentials"
            )
        {
            add(hits, RCLONE, bytes, value);
        }
    }
}

/// Words: `machine m login l password p`, on one line or several (ftp(1), "The .netrc File").
pub(super) fn netrc(bytes: &[u8], hits: &mut Vec<Hit>) {
    let mut words = Vec::new();
    let mut start = None;
    for (at, byte) in bytes.iter().enumerate() {
        match (byte.is_ascii_whitespace(), start) {
            (false, None) => start = Some(at),
            (true, Some(from)) => {
                words.push(from..at);
                start = None;
            }
            _ => {}
        }
    }
    words.extend(start.map(|from| from..bytes.len()));
    for pair in words.windows(2) {
        if matches!(&bytes[pair[0].clone()], b"password" | b"passwd") {
            add(hits, NETRC, bytes, trimmed(bytes, pair[1].clone()));
        }
    }
}

/// `host:port:database:user:password`, with `\:` for a colon (PostgreSQL, "The Password File").
pub(super) fn pgpass(bytes: &[u8], hits: &mut Vec<Hit>) {
    for line in lines(bytes) {
        let text = &bytes[line.clone()];
        if text.starts_with(b"#") {
            continue;
        }
        let colons: Vec<usize> = (0..text.len()).filter(|&i| text[i] == b':' && (i == 0 || text[i - 1] != b'\\')).collect();
        if let Some(&last) = colons.get(3) {
            add(hits, PGPASS, bytes, trimmed(bytes, line.start + last + 1..line.end));
        }
    }
}

/// `key:secret`, or `bucket:key:secret`.
pub(super) fn s3fs(bytes: &[u8], hits: &mut Vec<Hit>) {
    for line in lines(bytes) {
        if let Some(colon) = memchr::memrchr(b':', &bytes[line.clone()])
            && !bytes[line.clone()].starts_with(b"#")
            && line.len() - colon > 16
        {
            let mut hit = Hit::by_kind(crate::kind::CONFIG_PASSWORD, bytes, trimmed(bytes, line.start + colon + 1..line.end));
            hit.title = "S3 secret key for s3fs".to_owned();
            hits.push(hit);
        }
    }
}

/// URLs with a password, and basic credentials in an extra header.
pub(super) fn git(bytes: &[u8], hits: &mut Vec<Hit>) {
    for line in lines(bytes) {
        let text = &bytes[line.clone()];
        if let Some(scheme) = memchr::memmem::find(text, b"://") {
            let rest = &text[scheme + 3..];
            let authority = rest.split(|b| *b == b'/').next().unwrap_or_default();
            if let Some(at) = memchr::memrchr(b'@', authority)
                && let Some(colon) = memchr::memchr(b':', &authority[..at])
            {
                let start = line.start + scheme + 3;
                add(hits, GIT_CREDENTIAL, bytes, start + colon + 1..start + at);
            }
        }
        let lower = text.to_ascii_lowercase();
        if let Some(found) = memchr::memmem::find(&lower, b"authorization: basic ") {
            let value = trimmed(bytes, line.start + found + "authorization: basic ".len()..line.end);
            if STANDARD.decode(&bytes[value.clone()]).is_ok_and(|login| login.contains(&b':')) {
                add(hits, GIT_CREDENTIAL, bytes, value);
            }
        }
    }
}
