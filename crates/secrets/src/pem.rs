//! Private keys in text armor: PEM (RFC 7468), OpenSSH, PGP (RFC 9580), `PuTTY`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::hit::Hit;
use crate::kind::{ENCRYPTED_PRIVATE_KEY, GCP_SERVICE_ACCOUNT, Kind, PGP_PRIVATE_KEY, PRIVATE_KEY, PUTTY_KEY, SSH_HOST_KEY};
use crate::scan::Subject;

/// Bytes of an armored key: room for RSA of 16,384 bits, escaped and indented.
const MOST: usize = 32 << 10;
/// Bytes before and after a key in which its context is looked for.
const CONTEXT: usize = 4096;

/// The key whose `-----BEGIN` is at `at`.
pub(crate) fn armored(subject: Subject<'_>, bytes: &[u8], at: usize) -> Option<Hit> {
    let end = bytes.len().min(at + MOST);
    let rest = &bytes[at + "-----BEGIN".len()..end];
    let label_end = memchr::memmem::find(&rest[..rest.len().min(64)], b"-----")?;
    let label = std::str::from_utf8(&rest[..label_end]).ok()?.trim();
    let is_pgp = label == "PGP PRIVATE KEY BLOCK";
    if !is_pgp && !label.ends_with("PRIVATE KEY") {
        return None;
    }
    let body = &rest[label_end + 5..];
    let body_end = memchr::memmem::find(body, b"-----END")?;
    let whole_end = at + "-----BEGIN".len() + label_end + 5 + body_end;
    let body = &body[..body_end];
    let der = decode(body)?;
    let mut kind = if is_pgp {
        is_secret_packet(&der).then_some(PGP_PRIVATE_KEY)?
    } else if label == "OPENSSH PRIVATE KEY" {
        openssh(&der)?
    } else if !is_der_sequence(&der) {
        return None;
    } else if label.starts_with("ENCRYPTED") || memchr::memmem::find(body, b"ENCRYPTED").is_some() {
        ENCRYPTED_PRIVATE_KEY
    } else {
        PRIVATE_KEY
    };
    if kind == PRIVATE_KEY {
        kind = kind_by_context(subject, bytes, at, whole_end);
    }
    let mut hit = Hit::by_kind(kind, bytes, at..whole_end);
    // Escaped or indented, the same key is the same find.
    hit.value = der;
    hit.shown = format!("-----BEGIN {label}----- ");
    if kind == PRIVATE_KEY && label != "PRIVATE KEY" {
        hit.title = label.to_owned().replace("PRIVATE KEY", "private key");
        hit.title = hit.title.replace("OPENSSH", "OpenSSH");
    }
    Some(hit)
}

fn kind_by_context(subject: Subject<'_>, bytes: &[u8], start: usize, end: usize) -> Kind {
    let around = &bytes[start.saturating_sub(CONTEXT)..bytes.len().min(end + CONTEXT)];
    if memchr::memmem::find(around, b"service_account").is_some() && memchr::memmem::find(around, b"client_email").is_some() {
        return GCP_SERVICE_ACCOUNT;
    }
    let name = subject.path.rsplit('/').next().unwrap_or_default();
    if name.starts_with("ssh_host_") && name.ends_with("_key") { SSH_HOST_KEY } else { PRIVATE_KEY }
}

/// The bytes between the armor's lines: headers, escapes, quotes, indentation and a PGP checksum left out.
fn decode(body: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(body.len());
    let mut bytes = skip_headers(body).iter().copied().peekable();
    let mut after_quote = false;
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                while bytes.peek() == Some(&b'\\') {
                    bytes.next();
                }
                bytes.next_if(|b| matches!(b, b'n' | b'r' | b't'));
            }
            b'"' | b'\'' | b'`' => after_quote = !after_quote,
            // Joins quoted pieces; inside them it is a digit.
            b'+' if after_quote && text.last() != Some(&b'+') && matches!(bytes.peek(), Some(b' ' | b'\n' | b'\r')) => {}
            b'=' => {
                // What follows the padding of a PGP block is its checksum.
                break;
            }
            b',' | b'.' | b';' | b'(' | b')' => {}
            b if b.is_ascii_whitespace() => {}
            b if b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/') => {
                text.push(b);
            }
            _ => return None,
        }
    }
    // A group of one digit holds no byte: it is the remainder of a cut text.
    if text.len() < 40 || text.len() % 4 == 1 {
        return None;
    }
    let engine = base64::engine::GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        base64::engine::GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
    );
    engine.decode(&text).or_else(|_| STANDARD_NO_PAD.decode(&text)).ok()
}

/// RFC 1421 headers (`Proc-Type: …`) end with an empty line; a line with a colon is one.
fn skip_headers(body: &[u8]) -> &[u8] {
    let Some(colon) = memchr::memrchr(b':', body) else { return body };
    let rest = &body[colon..];
    // The header's own line ends at a line feed, or at an escaped one.
    let line = memchr::memchr(b'\n', rest).map(|i| i + 1);
    let escaped = memchr::memmem::find(rest, b"\\n").map(|i| i + 2);
    let end = match (line, escaped) {
        (Some(a), Some(b)) => a.min(b),
        (Some(a), None) | (None, Some(a)) => a,
        (None, None) => return &[],
    };
    &rest[end..]
}

/// A DER SEQUENCE that takes all the bytes and begins as keys do: with an INTEGER (PKCS#1, SEC 1, PKCS#8) or a SEQUENCE
/// (encrypted PKCS#8). Bytes encrypted by the older `Proc-Type` header are no DER.
fn is_der_sequence(der: &[u8]) -> bool {
    let Some((content, total)) = sequence(der) else { return false };
    total == der.len() && matches!(content.first(), Some(0x02 | 0x30))
}

/// The content of the SEQUENCE that bytes begin with, and the length of the whole.
pub(crate) fn sequence(der: &[u8]) -> Option<(&[u8], usize)> {
    let (first, rest) = der.split_first()?;
    let (len, rest) = rest.split_first()?;
    if *first != 0x30 {
        return None;
    }
    let (len, header) = match len {
        0..=0x7f => (usize::from(*len), 2),
        0x81..=0x84 => {
            let count = usize::from(len & 0x7f);
            let digits = rest.get(..count)?;
            (digits.iter().fold(0usize, |n, d| n << 8 | usize::from(*d)), 2 + count)
        }
        _ => return None,
    };
    let total = header.checked_add(len)?;
    Some((der.get(header..total)?, total))
}

/// `openssh-key-v1`, NUL, then the cipher's name: "none" where no passphrase is asked for (OpenSSH, PROTOCOL.key).
fn openssh(bytes: &[u8]) -> Option<Kind> {
    let rest = bytes.strip_prefix(b"openssh-key-v1\0")?;
    let (len, rest) = rest.split_first_chunk::<4>()?;
    let cipher = rest.get(..u32::from_be_bytes(*len) as usize)?;
    Some(if cipher == b"none" { PRIVATE_KEY } else { ENCRYPTED_PRIVATE_KEY })
}

/// Whether the first packet is a secret key: tag 5, in the old format (0x94–0x97) or the new one.
fn is_secret_packet(bytes: &[u8]) -> bool {
    bytes.len() > 60 && matches!(bytes.first(), Some(0x94..=0x97 | 0xc5))
}

/// The key whose `PuTTY-User-Key-File-` is at `at`.
pub(crate) fn putty(bytes: &[u8], at: usize) -> Option<Hit> {
    let end = bytes.len().min(at + MOST);
    let rest = &bytes[at..end];
    let head = &rest[..rest.len().min(512)];
    let private = memchr::memmem::find(rest, b"Private-Lines:")?;
    let encryption = memchr::memmem::find(head, b"Encryption:")?;
    let is_encrypted = !head[encryption + 11..].trim_ascii_start().starts_with(b"none");
    let stop = private + rest[private..].len().min(4096);
    let mut kind = PUTTY_KEY;
    if is_encrypted {
        kind.severity = ENCRYPTED_PRIVATE_KEY.severity;
    }
    let mut hit = Hit::by_kind(kind, bytes, at..at + stop);
    hit.shown = "PuTTY-User-Key-File ".to_owned();
    Some(hit)
}
