//! Just enough of Berkeley DB's hash format to hand out the values of `Packages` (Berkeley DB's sources, `dbinc/db_page.h`).
//! Each overflow page is read once at the most.

use std::borrow::Cow;

use crate::bytes::Source;
use crate::rpm::{Blobs, bit_set::BitSet};

const MAGIC: u32 = 0x0006_1561;
const PAGE_HEADER: usize = 26;
const HASH_UNSORTED: u8 = 2;
const OVERFLOW: u8 = 7;
const HASH: u8 = 13;
/// Kinds of an item on a hash page.
const IN_PAGE: u8 = 1;
const OFF_PAGE: u8 = 3;

/// Hands out each value of the table.
pub(super) fn blobs(source: Source<'_>, blobs: &mut Blobs<'_>) -> Result<(), &'static str> {
    let mut table = Table::open(source)?;
    // Items that overlap could make a small file cost much.
    let mut left = source.len();
    for number in 1..table.pages {
        let page = table.page(number)?;
        if !matches!(page[25], HASH | HASH_UNSORTED) {
            continue;
        }
        let order = table.order;
        let entries = usize::from(order.u16(&page, 20));
        if PAGE_HEADER + 2 * entries > page.len() {
            return Err("a page has more items than it holds");
        }
        let place = |i: usize| usize::from(order.u16(&page, PAGE_HEADER + 2 * i));
        // Keys and values take turns; items lie from the page's end downwards.
        for value in (1..entries).step_by(2) {
            let (start, end) = (place(value), place(value - 1));
            let item = page.get(start..end.max(start)).ok_or("an item lies outside its page")?;
            match item.first() {
                Some(&IN_PAGE) => {
                    left = left.checked_sub(item.len() as u64).ok_or("its values are larger than the file")?;
                    blobs(&item[1..]);
                }
                Some(&OFF_PAGE) if item.len() >= 12 => blobs(&table.chain(order.u32(item, 4), order.u32(item, 8))?),
                _ => {}
            }
        }
    }
    Ok(())
}

struct Table<'a> {
    source: Source<'a>,
    order: Order,
    page_size: usize,
    pages: u32,
    seen: BitSet,
}

impl<'a> Table<'a> {
    fn open(source: Source<'a>) -> Result<Self, &'static str> {
        let header = source.read(0, 72).ok_or("it is too short for a Berkeley DB file")?;
        let order = [Order::Little, Order::Big].into_iter().find(|o| o.u32(&header, 12) == MAGIC);
        let order = order.ok_or("it is no hash table of Berkeley DB")?;
        if header[24] != 0 {
            return Err("it is encrypted");
        }
        let page_size = order.u32(&header, 20);
        if !page_size.is_power_of_two() || !(512..=65_536).contains(&page_size) {
            return Err("its page size is none that Berkeley DB has");
        }
        let pages = u32::try_from(source.len() / u64::from(page_size)).map_err(|_| "it has more pages than Berkeley DB allows")?;
        Ok(Self { source, order, page_size: page_size as usize, pages, seen: BitSet::new(pages) })
    }

    fn page(&self, number: u32) -> Result<Cow<'a, [u8]>, &'static str> {
        self.source.read(u64::from(number) * self.page_size as u64, self.page_size).ok_or("a page that it names is not there")
    }

    /// A value on overflow pages.
    fn chain(&mut self, first: u32, size: u32) -> Result<Vec<u8>, &'static str> {
        if u64::from(size) > self.source.len() {
            return Err("a value is larger than the file");
        }
        let size = size as usize;
        let mut value = Vec::new();
        let mut next = first;
        while value.len() < size {
            let page = self.page(next)?;
            if page[25] != OVERFLOW {
                return Err("a value's page is of another kind");
            }
            if !self.seen.insert(next) {
                return Err("a page is used twice");
            }
            let used = usize::from(self.order.u16(&page, 22)).min(size - value.len());
            value.extend_from_slice(page.get(PAGE_HEADER..PAGE_HEADER + used).ok_or("a page is cut short")?);
            next = self.order.u32(&page, 16);
        }
        Ok(value)
    }
}

/// The byte order of the machine that wrote the file.
#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

impl Order {
    /// 0 where the bytes end.
    fn u16(self, bytes: &[u8], at: usize) -> u16 {
        let Some(Ok(raw)) = bytes.get(at..at + 2).map(<[u8; 2]>::try_from) else { return 0 };
        match self {
            Self::Little => u16::from_le_bytes(raw),
            Self::Big => u16::from_be_bytes(raw),
        }
    }

    /// 0 where the bytes end.
    fn u32(self, bytes: &[u8], at: usize) -> u32 {
        let Some(Ok(raw)) = bytes.get(at..at + 4).map(<[u8; 4]>::try_from) else { return 0 };
        match self {
            Self::Little => u32::from_le_bytes(raw),
            Self::Big => u32::from_be_bytes(raw),
        }
    }
}
