use plimsoll_evidence::FileCaps;

/// Decodes the extended attribute `security.capability` (linux/capability.h, `struct vfs_cap_data` and `vfs_ns_cap_data`);
/// none where it is of no known revision.
pub(crate) fn decode(raw: &[u8]) -> Option<FileCaps> {
    let word = |i: usize| raw.get(i * 4..i * 4 + 4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
    let magic = word(0)?;
    let (permitted, inheritable) = match magic & 0xff00_0000 {
        0x0100_0000 => (u64::from(word(1)?), u64::from(word(2)?)),
        0x0200_0000 | 0x0300_0000 => (u64::from(word(3)?) << 32 | u64::from(word(1)?), u64::from(word(4)?) << 32 | u64::from(word(2)?)),
        _ => return None,
    };
    Some(FileCaps { permitted, inheritable, effective: magic & 1 != 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revision_two_as_setcap_writes_it() {
        // setcap cap_net_raw+ep
        let raw = [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(decode(&raw), Some(FileCaps { permitted: 1 << 13, inheritable: 0, effective: true }));
        assert_eq!(decode(&raw[..8]), None);
        assert_eq!(decode(b""), None);
    }
}
