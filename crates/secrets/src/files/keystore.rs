//! Binary key stores: Java's, PKCS#12, Kerberos keytabs.

use crate::hit::Hit;
use crate::kind::{KEYSTORE, KEYTAB, PKCS12};
use crate::pem::sequence;
use crate::scan::Subject;

pub(super) fn look(subject: Subject<'_>, bytes: &[u8], hits: &mut Vec<Hit>) {
    let kind = if has_private_entry(bytes) {
        KEYSTORE
    } else if is_pkcs12(bytes) {
        PKCS12
    } else if is_keytab(subject.path, bytes) {
        KEYTAB
    } else {
        return;
    };
    hits.push(Hit::by_kind(kind, bytes, 0..bytes.len()));
}

/// Reads a JKS or JCEKS file's entries; a trust store has only certificates.
fn has_private_entry(bytes: &[u8]) -> bool {
    let is_store = bytes.starts_with(&[0xfe, 0xed, 0xfe, 0xed]) || bytes.starts_with(&[0xce; 4]);
    is_store && Entries { rest: &bytes[4..] }.any_private().unwrap_or(false)
}

struct Entries<'a> {
    rest: &'a [u8],
}

impl Entries<'_> {
    /// Whether an entry is a private or secret key; none where the file ends before one is met.
    fn any_private(&mut self) -> Option<bool> {
        let version = self.number()?;
        let count = self.number()?;
        for _ in 0..count {
            let tag = self.number()?;
            let alias = self.short()?;
            self.skip(alias + 8)?;
            match tag {
                // A trusted certificate.
                2 => {
                    if version == 2 {
                        let kind = self.short()?;
                        self.skip(kind)?;
                    }
                    let len = self.number()? as usize;
                    self.skip(len)?;
                }
                1 | 3 => return Some(true),
                _ => return Some(false),
            }
        }
        Some(false)
    }

    fn number(&mut self) -> Option<u32> {
        let (digits, rest) = self.rest.split_first_chunk::<4>()?;
        self.rest = rest;
        Some(u32::from_be_bytes(*digits))
    }

    fn short(&mut self) -> Option<usize> {
        let (digits, rest) = self.rest.split_first_chunk::<2>()?;
        self.rest = rest;
        Some(usize::from(u16::from_be_bytes(*digits)))
    }

    fn skip(&mut self, n: usize) -> Option<()> {
        self.rest = self.rest.get(n..)?;
        Some(())
    }
}

/// PFX (RFC 7292): a SEQUENCE of version 3 and a PKCS#7 `data`; with a shrouded or plain key bag, where that can be seen.
fn is_pkcs12(bytes: &[u8]) -> bool {
    const DATA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
    let Some((content, _)) = sequence(bytes) else { return false };
    content.starts_with(&[0x02, 0x01, 0x03])
        && memchr::memmem::find(&content[..content.len().min(64)], DATA).is_some()
        && has_key_bag(content)
}

/// keyBag or pkcs8ShroudedKeyBag (RFC 7292, appendix D); a store of certificates alone has neither in the clear.
fn has_key_bag(content: &[u8]) -> bool {
    const BAGS: [&[u8]; 2] = [
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x01],
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x02],
    ];
    BAGS.iter().any(|bag| memchr::memmem::find(content, bag).is_some())
}

/// Version 5.2 and one entry whose length fits (MIT Kerberos, "Keytab file format").
fn is_keytab(path: &str, bytes: &[u8]) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let Some((len, rest)) = bytes.strip_prefix(&[0x05, 0x02]).and_then(|rest| rest.split_first_chunk::<4>()) else { return false };
    let len = u32::from_be_bytes(*len) as usize;
    name.contains("keytab") && len > 10 && len <= rest.len()
}
