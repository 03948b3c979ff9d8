//! What issuers build into their credentials so that they can be told from other texts.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// A test that a value passes only by having been issued (or made to look so).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// None is known.
    None,
    /// `prefix_`, then characters of which the last six are the CRC-32 of the others in base 62 (GitHub's announcement of
    /// April 2021; npm's tokens follow it).
    Crc32Base62,
    /// The same, asked for only where a chance find is likely (binaries, packages): not every registry that makes tokens of
    /// this form fills it in.
    Crc32Base62OrOwn,
    /// A JSON web token: header and payload are JSON, and the header names an algorithm (RFC 7515).
    Jwt,
    /// A base64 JSON text after the last `_`, `.` or at the start: Grafana's and Sentry's own form.
    Base64Json,
    /// A macaroon of version 2 after the dash: tokens of the Python package index.
    Macaroon,
    /// Bech32 with its checksum (BIP 173): age's secret keys.
    Bech32,
    /// Letters and digits both occur, as they do in random values and rarely in names.
    Mixed,
}

impl Check {
    /// Whether a value passes.
    pub(crate) fn passes(self, value: &[u8], is_own_text: bool) -> bool {
        match self {
            Self::None => true,
            Self::Crc32Base62 => crc32_base62(value),
            Self::Crc32Base62OrOwn => crc32_base62(value) || is_own_text && is_mixed(value),
            Self::Jwt => jwt(value),
            Self::Base64Json => base64_json(value),
            Self::Macaroon => macaroon(value),
            Self::Bech32 => bech32(value),
            Self::Mixed => is_mixed(value),
        }
    }
}

fn is_mixed(value: &[u8]) -> bool {
    value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic)
}

/// CRC-32 (ISO-HDLC) of a few bytes; no table is worth its cost here.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

/// The six base-62 digits of the checksum.
pub(crate) fn crc32_digits(body: &[u8]) -> [u8; 6] {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut left = crc32(body);
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(left % 62) as usize];
        left /= 62;
    }
    digits
}

fn crc32_base62(value: &[u8]) -> bool {
    let Some(underscore) = memchr::memrchr(b'_', value) else { return false };
    let body = &value[underscore + 1..];
    body.len().checked_sub(6).is_some_and(|at| crc32_digits(&body[..at]) == body[at..])
}

fn jwt(value: &[u8]) -> bool {
    let mut parts = value.split(|&b| b == b'.');
    let mut json = || parts.next().and_then(|part| URL_SAFE_NO_PAD.decode(trim_padding(part)).ok());
    let (Some(header), Some(payload)) = (json(), json()) else { return false };
    let object = |bytes: &[u8]| serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(bytes).ok();
    object(&header).is_some_and(|h| h.get("alg").is_some_and(serde_json::Value::is_string)) && object(&payload).is_some()
}

fn trim_padding(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|&b| b != b'=').map_or(0, |i| i + 1);
    &text[..end]
}

fn base64_json(value: &[u8]) -> bool {
    // The JSON's beginning is `{"`, which is `eyJ` in base 64.
    let Some(at) = memchr::memmem::find(value, b"eyJ") else { return false };
    let text = value[at..].split(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))).next().unwrap_or_default();
    // What follows the JSON may be padding's remainder; decode whole groups only.
    let whole = &text[..text.len() - text.len() % 4];
    STANDARD_NO_PAD
        .decode(whole)
        .is_ok_and(|json| json.starts_with(b"{\"") && json.iter().filter(|b| b.is_ascii_graphic()).count() * 10 >= json.len() * 9)
}

fn macaroon(value: &[u8]) -> bool {
    let Some(dash) = memchr::memchr(b'-', value) else { return false };
    let text = &value[dash + 1..];
    let whole = &text[..text.len() - text.len() % 4];
    // Version 2, then the location field.
    URL_SAFE_NO_PAD.decode(whole).is_ok_and(|bytes| bytes.starts_with(&[2, 1]))
}

const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

fn polymod(values: impl Iterator<Item = u8>) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    values.fold(1u32, |check, value| {
        let top = check >> 25;
        let next = (check & 0x01ff_ffff) << 5 ^ u32::from(value);
        GENERATOR.iter().enumerate().fold(next, |next, (i, g)| if top >> i & 1 == 1 { next ^ g } else { next })
    })
}

fn expanded(prefix: &[u8]) -> impl Iterator<Item = u8> {
    prefix.iter().map(|b| b.to_ascii_lowercase() >> 5).chain([0]).chain(prefix.iter().map(|b| b.to_ascii_lowercase() & 31))
}

fn bech32(value: &[u8]) -> bool {
    let Some(one) = memchr::memrchr(b'1', value) else { return false };
    let mut data = Vec::with_capacity(value.len());
    for byte in &value[one + 1..] {
        let Some(digit) = BECH32.iter().position(|b| *b == byte.to_ascii_lowercase()) else { return false };
        data.push(digit as u8);
    }
    polymod(expanded(&value[..one]).chain(data)) == 1
}

/// The six checksum characters of a bech32 text, for examples made by tests.
#[cfg(test)]
pub(crate) fn bech32_checksum(prefix: &[u8], data: &[u8]) -> [u8; 6] {
    let digits = data.iter().map(|b| BECH32.iter().position(|d| *d == b.to_ascii_lowercase()).unwrap() as u8);
    let check = polymod(expanded(prefix).chain(digits).chain([0; 6])) ^ 1;
    std::array::from_fn(|i| BECH32[(check >> (5 * (5 - i)) & 31) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crc_is_that_of_zip() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32_digits(b""), *b"000000");
    }

    #[test]
    fn a_jwt_is_known_by_its_header() {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let token = |header: &str, payload: &str| format!("{}.{}.c2ln", encode(header), encode(payload));
        assert!(Check::Jwt.passes(token(r#"{"alg":"HS256"}"#, r#"{"sub":"a"}"#).as_bytes(), false));
        assert!(!Check::Jwt.passes(token(r#"{"typ":"JWT"}"#, r#"{"sub":"a"}"#).as_bytes(), false));
        assert!(!Check::Jwt.passes(token(r#"{"alg":"HS256"}"#, "no json").as_bytes(), false));
        assert!(!Check::Jwt.passes(b"eyJ", false));
    }

    #[test]
    fn bech32_follows_its_specification() {
        // From BIP 173, "Test vectors".
        for good in ["A12UEL5L", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"] {
            assert!(Check::Bech32.passes(good.as_bytes(), false), "{good}");
        }
        assert!(!Check::Bech32.passes(b"A12UEL5M", false));
    }
}
