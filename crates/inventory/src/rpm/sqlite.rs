//! Just enough of SQLite's file format to walk one table: the header, table b-trees, overflow chains (SQLite, "Database
//! File Format"). Each page is read once at the most, so cycles and lying counts end where the file does.

use std::borrow::Cow;

use crate::bytes::Source;
use crate::rpm::{Blobs, bit_set::BitSet};

/// The longest value of a row; rpm's own bound on a header is as large.
const MOST_PAYLOAD: u64 = 256 << 20;

const INTERIOR_TABLE: u8 = 5;
const LEAF_TABLE: u8 = 13;

/// Hands out the `blob` of each row of rpm's table `Packages`.
pub(super) fn blobs(source: Source<'_>, blobs: &mut Blobs<'_>) -> Result<(), &'static str> {
    let mut database = Database::open(source)?;
    let mut root = None;
    database.walk(1, &mut |row| {
        // sqlite_schema: type, name, tbl_name, rootpage, sql.
        if row.text(0) == Some(b"table") && row.text(1).is_some_and(|n| n.eq_ignore_ascii_case(b"Packages")) {
            root = row.integer(3);
        }
    })?;
    let root = root.and_then(|page| u32::try_from(page).ok()).ok_or("it has no table of packages")?;
    database.walk(root, &mut |row| {
        // Packages: hnum (the rowid, stored as NULL), blob.
        if let Some(blob) = row.column(1) {
            blobs(blob);
        }
    })
}

struct Database<'a> {
    source: Source<'a>,
    page_size: usize,
    /// Bytes of a page that are not reserved for extensions.
    usable: usize,
    pages: u32,
    seen: BitSet,
    /// Bytes of rows that may still come: cells that overlap could make a small file cost much.
    left: u64,
}

impl<'a> Database<'a> {
    fn open(source: Source<'a>) -> Result<Self, &'static str> {
        let header = source.read(0, 100).ok_or("it is too short for an SQLite file")?;
        if !header.starts_with(b"SQLite format 3\0") {
            return Err("it is no SQLite file");
        }
        let page_size = match u16::from_be_bytes([header[16], header[17]]) {
            1 => 65_536,
            n if n >= 512 && n.is_power_of_two() => usize::from(n),
            _ => return Err("its page size is none that SQLite has"),
        };
        let usable = page_size - usize::from(header[20]);
        if usable < 480 {
            return Err("its pages reserve more than SQLite allows");
        }
        // The count in the header may be stale; the file's length decides.
        let pages = u32::try_from(source.len() / page_size as u64).map_err(|_| "it has more pages than SQLite allows")?;
        Ok(Self { source, page_size, usable, pages, seen: BitSet::new(pages), left: source.len() })
    }

    fn page(&mut self, number: u32) -> Result<Cow<'a, [u8]>, &'static str> {
        if number == 0 || number > self.pages {
            return Err("a page that it names is not there");
        }
        if !self.seen.insert(number - 1) {
            return Err("a page is used twice");
        }
        self.source.read(u64::from(number - 1) * self.page_size as u64, self.page_size).ok_or("a page is cut short")
    }

    /// Each row of the table whose b-tree starts at this page, in order.
    fn walk(&mut self, root: u32, row: &mut dyn FnMut(&Row<'_>)) -> Result<(), &'static str> {
        let mut todo = vec![root];
        while let Some(number) = todo.pop() {
            let page = self.page(number)?;
            let page = &page[..self.usable];
            let start = if number == 1 { 100 } else { 0 };
            let kind = page[start];
            let cells = usize::from(u16::from_be_bytes([page[start + 3], page[start + 4]]));
            let pointers = start + if kind == INTERIOR_TABLE { 12 } else { 8 };
            let pointer = |i: usize| -> Result<usize, &'static str> {
                let at = pointers + 2 * i;
                page.get(at..at + 2).map(|b| usize::from(u16::from_be_bytes([b[0], b[1]]))).ok_or("a page has more cells than it holds")
            };
            match kind {
                INTERIOR_TABLE => {
                    let mut children = Vec::with_capacity(cells + 1);
                    for i in 0..cells {
                        children.push(be32(page, pointer(i)?).ok_or("a cell lies outside its page")?);
                    }
                    children.push(be32(page, start + 8).ok_or("a page is cut short")?);
                    todo.extend(children.into_iter().rev());
                }
                LEAF_TABLE => {
                    for i in 0..cells {
                        let payload = self.payload(page.get(pointer(i)?..).ok_or("a cell lies outside its page")?)?;
                        row(&Row::new(&payload));
                    }
                }
                _ => return Err("a page is of no table"),
            }
        }
        Ok(())
    }

    /// A leaf cell's payload, with what lies on overflow pages.
    fn payload<'c>(&mut self, cell: &'c [u8]) -> Result<Cow<'c, [u8]>, &'static str> {
        let (size, at) = varint(cell).ok_or("a cell is cut short")?;
        let (_rowid, more) = varint(&cell[at..]).ok_or("a cell is cut short")?;
        let cell = &cell[at + more..];
        self.left = self.left.checked_sub(size.min(MOST_PAYLOAD + 1)).ok_or("its rows are larger than the file")?;
        if size > MOST_PAYLOAD {
            return Err("a row is larger than rpm allows");
        }
        let size = size as usize;
        let usable = self.usable;
        let most_local = usable - 35;
        if size <= most_local {
            return cell.get(..size).map(Cow::Borrowed).ok_or("a row is cut short");
        }
        let least_local = (usable - 12) * 32 / 255 - 23;
        let fitting = least_local + (size - least_local) % (usable - 4);
        let local = if fitting <= most_local { fitting } else { least_local };
        let mut payload = cell.get(..local).ok_or("a row is cut short")?.to_vec();
        let mut next = be32(cell, local).ok_or("a row is cut short")?;
        while payload.len() < size {
            let page = self.page(next)?;
            let n = (size - payload.len()).min(usable - 4);
            payload.extend_from_slice(page.get(4..4 + n).ok_or("a page is cut short")?);
            next = be32(&page, 0).ok_or("a page is cut short")?;
        }
        Ok(payload.into())
    }
}

/// A row: a header of column types, then the columns.
struct Row<'a> {
    columns: Vec<(u64, &'a [u8])>,
}

impl<'a> Row<'a> {
    /// The first few columns; a header that lies ends them.
    fn new(payload: &'a [u8]) -> Self {
        const MOST_COLUMNS: usize = 16;
        let mut columns = Vec::new();
        let (header_size, mut at) = varint(payload).unwrap_or((0, 0));
        let header_size = usize::try_from(header_size).unwrap_or(usize::MAX).min(payload.len());
        let mut value_at = header_size;
        while at < header_size && columns.len() < MOST_COLUMNS {
            let Some((kind, n)) = varint(&payload[at..header_size]) else { break };
            at += n;
            let size = match kind {
                0 | 8 | 9 => 0,
                1..=4 => kind,
                5 => 6,
                6 | 7 => 8,
                10 | 11 => break,
                n => (n - 12) / 2,
            };
            let Some(end) = usize::try_from(size).ok().and_then(|s| value_at.checked_add(s)) else { break };
            let Some(value) = payload.get(value_at..end) else { break };
            columns.push((kind, value));
            value_at = end;
        }
        Self { columns }
    }

    fn column(&self, index: usize) -> Option<&'a [u8]> {
        self.columns.get(index).filter(|(kind, _)| *kind >= 12).map(|(_, value)| *value)
    }

    fn text(&self, index: usize) -> Option<&'a [u8]> {
        self.columns.get(index).filter(|(kind, _)| *kind >= 13 && kind % 2 == 1).map(|(_, value)| *value)
    }

    fn integer(&self, index: usize) -> Option<u64> {
        match self.columns.get(index)? {
            (8, _) => Some(0),
            (9, _) => Some(1),
            (1..=6, bytes) => Some(bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b))),
            _ => None,
        }
    }
}

/// A variable-length integer and how many bytes it has.
fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (i, byte) in bytes.iter().take(9).enumerate() {
        if i == 8 {
            return Some((value << 8 | u64::from(*byte), 9));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, i + 1));
        }
    }
    None
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_be_bytes)
}
