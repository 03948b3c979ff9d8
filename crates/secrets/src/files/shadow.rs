//! Password hashes: shadow(5), gshadow(5), htpasswd.

use super::{lines, push};
use crate::hit::Hit;
use crate::kind::{EMPTY_PASSWORD, PASSWORD_HASH};

/// `name:hash:…`: `*` and `!` are no hashes; an empty field lets in without password.
pub(super) fn shadow(bytes: &[u8], hits: &mut Vec<Hit>) {
    for line in lines(bytes) {
        let text = &bytes[line.clone()];
        let mut fields = text.split(|b| *b == b':');
        let (Some(name), Some(hash)) = (fields.next(), fields.next()) else { continue };
        // gshadow has four fields, and an empty group password lets nobody in.
        let is_account = fields.count() >= 6;
        if name.is_empty() {
            continue;
        }
        let start = line.start + name.len() + 1;
        let shown = String::from_utf8_lossy(name);
        if hash.is_empty() && is_account {
            let mut hit = Hit::by_kind(EMPTY_PASSWORD, bytes, line.start..start - 1);
            hit.title = format!("{} ({shown})", EMPTY_PASSWORD.title);
            hits.push(hit);
        } else if is_hash(hash.strip_prefix(b"!").unwrap_or(hash)) {
            let mut hit = Hit::by_kind(PASSWORD_HASH, bytes, start..start + hash.len());
            let locked = if hash.starts_with(b"!") { ", locked" } else { "" };
            hit.title = format!("{} ({shown}{locked})", PASSWORD_HASH.title);
            hits.push(hit);
        }
    }
}

/// crypt(5)'s forms, with enough characters behind them to be a hash.
fn is_hash(text: &[u8]) -> bool {
    let modular = text.starts_with(b"$") && memchr::memchr_iter(b'$', text).count() >= 2 && text.len() >= 20;
    let is_itoa64 = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'/');
    let traditional = text.len() == 13 && text.iter().all(is_itoa64);
    let extended = text.len() == 20 && text[0] == b'_' && text[1..].iter().all(is_itoa64);
    modular || traditional || extended
}

/// `user:$apr1$…`, `user:$2y$…`, `user:{SHA}…` (Apache httpd, "Password Formats").
pub(super) fn htpasswd(bytes: &[u8], hits: &mut Vec<Hit>) {
    for line in lines(bytes) {
        let text = &bytes[line.clone()];
        let Some(colon) = memchr::memchr(b':', text).filter(|c| *c > 0) else { continue };
        let hash = text[colon + 1..].trim_ascii_end();
        if (hash.starts_with(b"$") && is_hash(hash)) || hash.starts_with(b"{SHA}") && hash.len() == 33 {
            push(hits, PASSWORD_HASH, bytes, line.start + colon + 1..line.start + colon + 1 + hash.len());
        }
    }
}
