//! XML files of tools that keep passwords, and `wp-config.php`.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::push;
use crate::hit::Hit;
use crate::kind::{CONFIG_PASSWORD, FTP_SITE_PASSWORD, JENKINS_CREDENTIAL, Kind, MAVEN_PASSWORD, NUGET_PASSWORD};
use crate::scan::compiled;
use crate::text::is_placeholder;

fn each(pattern: &Regex, kind: Kind, bytes: &[u8], hits: &mut Vec<Hit>) {
    for found in pattern.captures_iter(bytes) {
        if let Some(value) = found.get(1).filter(|v| !is_placeholder(v.as_bytes())) {
            push(hits, kind, bytes, value.range());
        }
    }
}

/// `<password>` and `<passphrase>` of a server, `<master>`; braces hold what Maven encrypted with the master password.
pub(super) fn maven(bytes: &[u8], hits: &mut Vec<Hit>) {
    static PASSWORD: LazyLock<Regex> = LazyLock::new(|| compiled(r"<(?:password|passphrase|master)>\s*([^<\s]{3,300})\s*</"));
    if memchr::memmem::find(bytes, b"<settings").is_some() {
        each(&PASSWORD, MAVEN_PASSWORD, &blanked(bytes), hits);
    }
}

/// The bytes with XML remarks overwritten by blanks, so that places stay.
fn blanked(bytes: &[u8]) -> Vec<u8> {
    let mut text = bytes.to_vec();
    let mut from = 0;
    while let Some(start) = memchr::memmem::find(&text[from..], b"<!--").map(|i| from + i) {
        let end = memchr::memmem::find(&text[start..], b"-->").map_or(text.len(), |i| start + i + 3);
        text[start..end].iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b' ');
        from = end;
    }
    text
}

pub(super) fn nuget(bytes: &[u8], hits: &mut Vec<Hit>) {
    static PASSWORD: LazyLock<Regex> =
        LazyLock::new(|| compiled(r#"(?i)<add\s+key="(?:ClearTextPassword|Password)"\s+value="([^"]{3,300})""#));
    each(&PASSWORD, NUGET_PASSWORD, &blanked(bytes), hits);
}

pub(super) fn filezilla(bytes: &[u8], hits: &mut Vec<Hit>) {
    static PASSWORD: LazyLock<Regex> = LazyLock::new(|| compiled(r"<Pass(?: encoding=\x22\w+\x22)?>([^<\s]{3,300})</Pass>"));
    each(&PASSWORD, FTP_SITE_PASSWORD, bytes, hits);
}

pub(super) fn jenkins(bytes: &[u8], hits: &mut Vec<Hit>) {
    static SECRET: LazyLock<Regex> = LazyLock::new(|| {
        compiled(r"<(?:secret|password|apiToken|passphrase|privateKey|secretBytes)>\s*(\{?[A-Za-z0-9+/=]{16,4000}\}?)\s*</")
    });
    each(&SECRET, JENKINS_CREDENTIAL, bytes, hits);
}

pub(super) fn wordpress(bytes: &[u8], hits: &mut Vec<Hit>) {
    static PASSWORD: LazyLock<Regex> = LazyLock::new(|| compiled(r#"define\(\s*['"]DB_PASSWORD['"]\s*,\s*['"]([^'"]{3,200})['"]"#));
    each(&PASSWORD, CONFIG_PASSWORD, bytes, hits);
}
