//! Decompression, chosen by the stream's own first bytes as engines do.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

/// The largest window a zstd frame may ask for: 2^27 bytes, the limit that the zstd program has by default too.
const MOST_ZSTD_WINDOW_LOG: u32 = 27;

/// How a layer is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip (RFC 1952), any number of members.
    Gzip,
    /// Zstandard (RFC 8878), any number of frames, skippable ones among them.
    Zstd,
    /// A format that is recognised and not read.
    Unread(&'static str),
}

impl Compression {
    /// Recognised by the first bytes (six are enough).
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            [first, 0x2a, 0x4d, 0x18, ..] if first & 0xf0 == 0x50 => Self::Zstd,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Unread("xz"),
            [b'B', b'Z', b'h', ..] => Self::Unread("bzip2"),
            _ => Self::None,
        }
    }
}

/// The uncompressed bytes of a stream.
pub fn inflate<'a>(stored: Box<dyn Read + Send + 'a>) -> io::Result<(Compression, Box<dyn Read + Send + 'a>)> {
    let mut stored = BufReader::with_capacity(128 << 10, stored);
    let compression = Compression::of(peek(&mut stored)?);
    let plain: Box<dyn Read + Send + 'a> = match compression {
        Compression::Gzip => Box::new(MultiGzDecoder::new(stored)),
        Compression::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(stored)?;
            decoder.window_log_max(MOST_ZSTD_WINDOW_LOG)?;
            Box::new(decoder)
        }
        Compression::None => Box::new(stored),
        Compression::Unread(name) => {
            return Err(io::Error::new(io::ErrorKind::Unsupported, format!("compressed with {name}, which is not read")));
        }
    };
    Ok((compression, plain))
}

fn peek<'b>(stored: &'b mut BufReader<Box<dyn Read + Send + '_>>) -> io::Result<&'b [u8]> {
    // One read may give less than the magic; the buffer is empty at the start, so a chained cursor is not needed for real
    // streams, and a stream that trickles single bytes is read as uncompressed and refused by the tar reader.
    stored.fill_buf()
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use super::*;

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn plain(stored: Vec<u8>) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        inflate(Box::new(Cursor::new(stored)))?.1.read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn every_member_and_frame_is_read() {
        assert_eq!(plain([gzip(b"one"), gzip(b"two")].concat()).unwrap(), b"onetwo");
        let skippable = [&[0x5a, 0x2a, 0x4d, 0x18, 4, 0, 0, 0][..], b"skip"].concat();
        let frame = |data: &[u8]| zstd::stream::encode_all(data, 1).unwrap();
        assert_eq!(plain([skippable.clone(), frame(b"one"), skippable, frame(b"two")].concat()).unwrap(), b"onetwo");
        assert_eq!(plain(b"as it is".to_vec()).unwrap(), b"as it is");
    }

    #[test]
    fn damage_and_unread_formats_are_errors() {
        let whole = gzip(&[7; 10_000]);
        assert!(plain(whole[..whole.len() - 4].to_vec()).is_err());
        assert!(plain([whole, b"garbage".to_vec()].concat()).is_err());
        assert_eq!(plain(b"BZh9".to_vec()).unwrap_err().kind(), io::ErrorKind::Unsupported);
    }

    #[test]
    fn a_zstd_window_beyond_the_limit_is_refused() {
        // A frame header that asks for a window of 2^31 bytes (RFC 8878, 3.1.1.1.2): exponent 21, mantissa 0.
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x01, 0x00, 0x00];
        assert!(plain(frame.to_vec()).is_err());
    }
}
