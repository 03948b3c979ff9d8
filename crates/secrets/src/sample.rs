//! Examples of credentials, made when tests run: none stands in the sources, so that no scanner takes this repository's
//! tests for a leak.
//!
//! A template is text with parts in braces: `{%ghp_}` is that text (kept apart from what follows), `{an:30}` thirty letters
//! and digits; `az` letters, `ln` lower-case letters and digits, `AN` upper-case ones, `l27` base 32 in lower case, `b32`
//! base 32, `hex`, `d` digits, `b64`, `u` base 64 for URLs, `BECH` bech32's alphabet in upper case; `{uuid}`; `{crc}` the
//! checksum of GitHub's tokens over what follows the last underscore; `{bech32:52}` a bech32 text for the prefix before it;
//! `{jwt}`; `{json:120}` and `{jsonk:120}` base 64 of a JSON text of that many bytes.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::check::{bech32_checksum, crc32_digits};

/// A small generator (xorshift64*), seeded by text: the same examples at each run.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn seeded(text: &str) -> Self {
        Self(text.bytes().fold(0x9e37_79b9_7f4a_7c15, |seed, b| (seed ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 24
    }

    pub(crate) fn text(&mut self, alphabet: &str, len: usize) -> String {
        let alphabet = alphabet.as_bytes();
        (0..len).map(|_| alphabet[(self.next() % alphabet.len() as u64) as usize] as char).collect()
    }
}

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";

/// Makes the text of a template.
pub(crate) fn expand(template: &str, seed: &str) -> String {
    let mut random = Random::seeded(seed);
    let mut text = String::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        text.push_str(&rest[..open]);
        let close = open + rest[open..].find('}').unwrap();
        let part = &rest[open + 1..close];
        let made = part_of(part, &text, &mut random);
        text.push_str(&made);
        rest = &rest[close + 1..];
    }
    text.push_str(rest);
    text
}

fn part_of(part: &str, before: &str, random: &mut Random) -> String {
    if let Some(literal) = part.strip_prefix('%') {
        return literal.to_owned();
    }
    let (name, len) = part.split_once(':').unwrap_or((part, "0"));
    let len: usize = len.parse().unwrap();
    match name {
        "an" => {
            // Letters and digits both, whatever the seed.
            let mut text = random.text(&format!("{LOWER}{UPPER}{DIGITS}"), len);
            if len >= 3 {
                let tail: String = random.text(DIGITS, 1) + &random.text(LOWER, 1);
                text.replace_range(len - 3..len - 1, &tail);
            }
            text
        }
        "az" => random.text(&format!("{LOWER}{UPPER}"), len),
        "ln" => {
            let mut text = random.text(&format!("{LOWER}{DIGITS}"), len);
            if len >= 3 {
                let tail: String = random.text(DIGITS, 1) + &random.text(LOWER, 1);
                text.replace_range(len - 3..len - 1, &tail);
            }
            text
        }
        "AN" => {
            let mut text = random.text(&format!("{UPPER}{DIGITS}"), len);
            if len >= 3 {
                let tail: String = random.text(DIGITS, 1) + &random.text(UPPER, 1);
                text.replace_range(len - 3..len - 1, &tail);
            }
            text
        }
        "l27" => random.text(&format!("{LOWER}234567"), len),
        "b32" => random.text(&format!("{UPPER}234567"), len),
        "hex" => random.text("0123456789abcdef", len),
        "d" => random.text(DIGITS, len),
        "b64" => random.text(&format!("{LOWER}{UPPER}{DIGITS}+/"), len),
        "u" => random.text(&format!("{LOWER}{UPPER}{DIGITS}-_"), len),
        "BECH" => random.text("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", len),
        "uuid" => [8, 4, 4, 4, 12].map(|n| random.text("0123456789abcdef", n)).join("-"),
        "crc" => {
            let body = &before[before.rfind('_').unwrap() + 1..];
            String::from_utf8(crc32_digits(body.as_bytes()).to_vec()).unwrap()
        }
        "bech32" => {
            let data = random.text("qpzry9x8gf2tvdw0s3jn54khce6mua7l", len);
            let check = bech32_checksum(before.as_bytes(), data.as_bytes());
            format!("1{data}{}", String::from_utf8(check.to_vec()).unwrap()).to_ascii_uppercase()
        }
        "jwt" => {
            let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
            let payload = URL_SAFE_NO_PAD.encode(format!(r#"{{"sub":"{}"}}"#, random.text(DIGITS, 12)));
            format!("{header}.{payload}.{}", random.text(&format!("{LOWER}{UPPER}{DIGITS}-_"), 43))
        }
        "json" | "jsonk" => {
            let name = if name == "json" { "iat" } else { "k" };
            let value = random.text(&format!("{LOWER}{UPPER}{DIGITS}"), len);
            let json = format!(r#"{{"{name}":"{value}"}}"#);
            // Unpadded where the form goes on behind it.
            if json.len() % 3 == 0 {
                STANDARD.encode(json)
            } else {
                STANDARD_NO_PAD.encode(format!("{json}{}", " ".repeat(3 - json.len() % 3)))
            }
        }
        other => panic!("no such part: {other}"),
    }
}

#[test]
fn templates_expand_the_same_each_time() {
    assert_eq!(expand("a-{hex:8}-{%b}", "x"), expand("a-{hex:8}-{%b}", "x"));
    assert_ne!(expand("{an:20}", "x"), expand("{an:20}", "y"));
    assert!(expand("{%ghp_}{an:30}{crc}", "x").len() == 40);
}
