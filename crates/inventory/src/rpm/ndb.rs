//! rpm's own database, `Packages.db` (rpm's sources, `lib/backend/ndb/rpmpkg.c`): pages of slots that say where each
//! package's header lies, in blocks of 16 bytes. Little-endian.

use crate::bytes::Source;
use crate::rpm::Blobs;

const SLOT_PAGE: usize = 4096;
const SLOT: usize = 16;
const BLOCK: u64 = 16;

/// Hands out each package's header.
pub(super) fn blobs(source: Source<'_>, blobs: &mut Blobs<'_>) -> Result<(), &'static str> {
    let header = source.read(0, 32).ok_or("it is too short for an rpm database")?;
    if !header.starts_with(b"RpmP") {
        return Err("it is no rpm database");
    }
    if le32(&header, 4) != Some(0) {
        return Err("it is of a version that is not read");
    }
    let slot_pages = u64::from(le32(&header, 12).unwrap_or(0));
    if slot_pages.saturating_mul(SLOT_PAGE as u64) > source.len() {
        return Err("it names more slots than it holds");
    }
    // Headers that overlap could make a small file cost much.
    let mut left = source.len();
    for page in 0..slot_pages {
        let slots = source.read(page * SLOT_PAGE as u64, SLOT_PAGE).ok_or("a page of slots is cut short")?;
        // The file's own header takes the room of two slots.
        for slot in slots.chunks_exact(SLOT).skip(if page == 0 { 2 } else { 0 }) {
            let (Some(index), Some(block)) = (le32(slot, 4), le32(slot, 8)) else { continue };
            if !slot.starts_with(b"Slot") {
                return Err("a slot is malformed");
            }
            if index == 0 || block == 0 {
                continue;
            }
            let at = u64::from(block) * BLOCK;
            let head = source.read(at, 16).ok_or("a header lies outside the file")?;
            let size = le32(&head, 12).unwrap_or(0);
            if !head.starts_with(b"BlbS") || le32(&head, 4) != Some(index) {
                return Err("a header is malformed");
            }
            left = left.checked_sub(u64::from(size)).ok_or("its headers are larger than the file")?;
            blobs(&source.read(at + 16, size as usize).ok_or("a header is cut short")?);
        }
    }
    Ok(())
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}
