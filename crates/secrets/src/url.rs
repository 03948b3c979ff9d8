//! Passwords in URLs: `scheme://user:password@host`.

use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::hit::Hit;
use crate::kind::URL_PASSWORD;
use crate::scan::{Subject, compiled, line_around};
use crate::text::is_placeholder;

static USERINFO: LazyLock<Regex> =
    LazyLock::new(|| compiled(r#"\A://([^\s:/@"'<>\\`|{}()\[\]?#]{0,64}):([^\s/@"'<>\\`|?#]{3,200})@([\w.-]{1,200}|\[[0-9a-fA-F:]+\])"#));

/// The password in the URL whose `://` is at `at`.
pub(crate) fn password(subject: Subject<'_>, bytes: &[u8], at: usize) -> Option<Hit> {
    const SCHEMES: &[&[u8]] = &[
        b"http",
        b"https",
        b"ftp",
        b"ftps",
        b"sftp",
        b"ssh",
        b"git",
        b"postgres",
        b"postgresql",
        b"mysql",
        b"mariadb",
        b"mongodb",
        b"mongodb+srv",
        b"redis",
        b"rediss",
        b"amqp",
        b"amqps",
        b"mqtt",
        b"mqtts",
        b"smtp",
        b"smtps",
        b"ldap",
        b"ldaps",
        b"imap",
        b"imaps",
        b"mssql",
        b"sqlserver",
        b"clickhouse",
        b"nats",
        b"couchbase",
        b"socks5",
        b"svn",
        b"wss",
        b"psql",
        b"cockroachdb",
    ];
    let before = &bytes[at.saturating_sub(32)..at];
    let scheme_at = before.iter().rposition(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'+' | b'.' | b'-'))).map_or(0, |i| i + 1);
    let scheme = before[scheme_at..].to_ascii_lowercase();
    // `postgresql+psycopg2`, `mysql+pymysql`: the driver behind the plus.
    let name = scheme.split(|b| *b == b'+').next().unwrap_or_default();
    if !SCHEMES.contains(&name) && !SCHEMES.contains(&scheme.as_slice()) {
        return None;
    }
    let end = bytes.len().min(at + 600);
    let found = USERINFO.captures(&bytes[at..end])?;
    let (user, value, host) = (found.get(1)?, found.get(2)?, found.get(3)?);
    if is_default(user.as_bytes(), value.as_bytes(), host.as_bytes()) || is_commented(subject, bytes, at) {
        return None;
    }
    let mut hit = Hit::by_kind(URL_PASSWORD, bytes, at + value.start()..at + value.end());
    hit.title = format!("{} ({}://)", URL_PASSWORD.title, String::from_utf8_lossy(name));
    Some(hit)
}

/// A remark in a configuration shows how to write a URL.
fn is_commented(subject: Subject<'_>, bytes: &[u8], at: usize) -> bool {
    let line = line_around(bytes, at);
    let start = bytes[line].trim_ascii_start();
    !subject.path.is_empty() && [&b"#"[..], b"//", b";", b"*", b"<!--", b"--"].iter().any(|mark| start.starts_with(mark))
}

/// A placeholder, the user's own name, or a host of examples.
fn is_default(user: &[u8], password: &[u8], host: &[u8]) -> bool {
    let host = host.to_ascii_lowercase();
    let of_examples =
        [&b"example.com"[..], b"example.org", b"example.net", b".example", b".test", b".invalid"].iter().any(|h| host.ends_with(h));
    is_placeholder(password)
        || password.eq_ignore_ascii_case(user)
        || of_examples
        || host == b"host"
        || host == b"hostname"
        || password.contains(&b'%') && is_format(password)
}

/// `%s`, `%(name)s`, `{name}`: what a program fills in.
fn is_format(text: &[u8]) -> bool {
    memchr::memmem::find(text, b"%s").is_some() || memchr::memmem::find(text, b"%d").is_some() || text.contains(&b'{')
}
