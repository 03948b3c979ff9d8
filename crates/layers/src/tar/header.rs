//! One 512-byte header block.

use super::reader::TarError;

pub(super) const BLOCK: usize = 512;

/// What a header stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryType {
    /// Regular file.
    Regular,
    /// Hard link to another entry.
    HardLink,
    /// Symbolic link.
    Symlink,
    /// Character device.
    CharDevice,
    /// Block device.
    BlockDevice,
    /// Directory.
    Directory,
    /// FIFO.
    Fifo,
    /// A type flag that no engine unpacks.
    Unknown(u8),
}

impl EntryType {
    /// Whether no data follows the header, whatever size it gives (as in `archive/tar`).
    pub(super) fn is_header_only(self) -> bool {
        !matches!(self, Self::Regular | Self::Unknown(_))
    }
}

/// An entry, extension headers applied. Names are as stored: not cleaned, not necessarily UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// What it is.
    pub kind: EntryType,
    /// Name.
    pub path: Vec<u8>,
    /// Target of a link.
    pub link: Vec<u8>,
    /// Mode, as stored.
    pub mode: i64,
    /// Owner.
    pub uid: i64,
    /// Group.
    pub gid: i64,
    /// Bytes of data that follow: for a sparse file those that are stored.
    pub size: u64,
    /// Modification time in seconds since 1970.
    pub mtime: i64,
    /// The extended attribute `security.capability`.
    pub capability: Option<Vec<u8>>,
    /// Whether it is a sparse file: the data lacks its holes (and, in PAX format 1.0, starts with its map).
    pub sparse: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    V7,
    Ustar,
    Star,
    Gnu,
}

/// A raw block whose checksum holds.
pub(super) struct Raw<'a> {
    block: &'a [u8; BLOCK],
    format: Format,
}

impl<'a> Raw<'a> {
    pub(super) fn parse(block: &'a [u8; BLOCK]) -> Result<Self, TarError> {
        let stored = octal(&block[148..156])?;
        let (mut unsigned, mut signed) = (0i64, 0i64);
        for (i, &b) in block.iter().enumerate() {
            let b = if (148..156).contains(&i) { b' ' } else { b };
            unsigned += i64::from(b);
            signed += i64::from(b as i8);
        }
        if stored != unsigned && stored != signed {
            return Err(TarError::Malformed("the header's checksum does not match"));
        }
        let format = match (&block[257..263], &block[263..265], &block[508..512]) {
            (b"ustar\0", _, b"tar\0") => Format::Star,
            (b"ustar\0", _, _) => Format::Ustar,
            (b"ustar ", b" \0", _) => Format::Gnu,
            _ => Format::V7,
        };
        Ok(Self { block, format })
    }

    pub(super) fn type_flag(&self) -> u8 {
        self.block[156]
    }

    pub(super) fn size(&self) -> Result<i64, TarError> {
        numeric(&self.block[124..136])
    }

    /// Whether the old GNU sparse header goes on in extension blocks (offset 482 of the first, 504 of the others).
    pub(super) fn sparse_is_extended(&self) -> bool {
        self.block[482] != 0
    }

    pub(super) fn header(&self) -> Result<Header, TarError> {
        let b = self.block;
        let mut path = c_string(&b[0..100]).to_vec();
        let prefix = match self.format {
            Format::Ustar => c_string(&b[345..500]),
            Format::Star => c_string(&b[345..476]),
            Format::V7 | Format::Gnu => b"",
        };
        if !prefix.is_empty() {
            path = [prefix, b"/", &path].concat();
        }
        let size = self.size()?;
        let kind = match self.type_flag() {
            b'\0' | b'0' | b'7' | b'S' => EntryType::Regular,
            b'1' => EntryType::HardLink,
            b'2' => EntryType::Symlink,
            b'3' => EntryType::CharDevice,
            b'4' => EntryType::BlockDevice,
            b'5' => EntryType::Directory,
            b'6' => EntryType::Fifo,
            other => EntryType::Unknown(other),
        };
        Ok(Header {
            kind,
            path,
            link: c_string(&b[157..257]).to_vec(),
            mode: numeric(&b[100..108])?,
            uid: numeric(&b[108..116])?,
            gid: numeric(&b[116..124])?,
            size: u64::try_from(size).map_err(|_| TarError::Malformed("a size is negative"))?,
            mtime: numeric(&b[136..148])?,
            capability: None,
            sparse: self.format == Format::Gnu && self.type_flag() == b'S',
        })
    }
}

/// The bytes before the first NUL.
pub(super) fn c_string(field: &[u8]) -> &[u8] {
    field.split(|&b| b == 0).next().unwrap_or_default()
}

/// A number in octal, or in base 256 where the first bit is set.
fn numeric(field: &[u8]) -> Result<i64, TarError> {
    let Some(&first) = field.first() else { return Ok(0) };
    if first & 0x80 == 0 {
        return octal(field);
    }
    // Two's complement, big-endian, the marker bit standing where the sign's copy would.
    let invert = if first & 0x40 == 0 { 0x00 } else { 0xff };
    let mut value = 0u64;
    for (i, &b) in field.iter().enumerate() {
        let mut b = b ^ invert;
        if i == 0 {
            b &= 0x7f;
        }
        if value >> 56 != 0 {
            return Err(TarError::Malformed("a base-256 number overflows"));
        }
        value = value << 8 | u64::from(b);
    }
    let value = i64::try_from(value).map_err(|_| TarError::Malformed("a base-256 number overflows"))?;
    Ok(if invert == 0 { value } else { !value })
}

fn octal(field: &[u8]) -> Result<i64, TarError> {
    let is_padding = |b: &u8| matches!(b, b' ' | 0);
    let start = field.iter().position(|b| !is_padding(b)).unwrap_or(field.len());
    let end = field.iter().rposition(|b| !is_padding(b)).map_or(start, |i| i + 1);
    // As in C: a number ends at the first NUL.
    let digits = c_string(&field[start..end]);
    let mut value = 0i64;
    for &d in digits {
        if !(b'0'..=b'7').contains(&d) {
            return Err(TarError::Malformed("a number in a header is not octal"));
        }
        value = value
            .checked_mul(8)
            .and_then(|v| v.checked_add(i64::from(d - b'0')))
            .ok_or(TarError::Malformed("an octal number overflows"))?;
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_all_forms() {
        assert_eq!(numeric(b"0000644\0").unwrap(), 0o644);
        assert_eq!(numeric(b" 644   \0").unwrap(), 0o644);
        assert_eq!(numeric(b"\0\0\0\0\0\0\0\0").unwrap(), 0);
        assert_eq!(numeric(&[0x80, 0, 0, 0, 0, 0, 1, 0]).unwrap(), 256);
        assert_eq!(numeric(&[0xff; 8]).unwrap(), -1);
        assert_eq!(numeric(&[0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).unwrap(), i64::MAX);
        assert!(numeric(&[0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]).is_err());
        assert!(numeric(b"0000648\0").is_err());
        assert!(numeric(b"7777777777777777777777777").is_err());
    }
}
