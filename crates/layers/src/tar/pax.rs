//! PAX extended header records (POSIX.1-2017, pax, "pax Extended Header"): `LENGTH KEY=VALUE\n`.

use super::header::Header;
use super::reader::TarError;

/// What records say of the entry that follows them. An empty value takes a record back.
#[derive(Debug, Default, Clone)]
pub(super) struct Records {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<i64>,
    uid: Option<i64>,
    gid: Option<i64>,
    mtime: Option<i64>,
    capability: Option<Vec<u8>>,
    sparse_name: Option<Vec<u8>>,
    sparse: bool,
}

const BAD: TarError = TarError::Malformed("a PAX record is malformed");

impl Records {
    pub(super) fn parse(mut data: &[u8]) -> Result<Self, TarError> {
        let mut records = Self::default();
        while !data.is_empty() {
            let space = data.iter().position(|&b| b == b' ').ok_or(BAD)?;
            let length = decimal(&data[..space]).and_then(|n| usize::try_from(n).ok()).ok_or(BAD)?;
            // The shortest record is `5 k=\n`: digits, space, key, equals sign, line feed.
            if length > data.len() || length < space + 4 {
                return Err(BAD);
            }
            let (record, rest) = data.split_at(length);
            let record = &record[space + 1..];
            let (b'\n', record) = record.split_last().map(|(l, r)| (*l, r)).ok_or(BAD)? else { return Err(BAD) };
            let equals = record.iter().position(|&b| b == b'=').ok_or(BAD)?;
            records.set(&record[..equals], &record[equals + 1..])?;
            data = rest;
        }
        Ok(records)
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), TarError> {
        let text = |value: &[u8]| -> Result<Option<Vec<u8>>, TarError> {
            if value.contains(&0) {
                Err(TarError::Malformed("a PAX record has a NUL in a name"))
            } else {
                Ok((!value.is_empty()).then(|| value.to_vec()))
            }
        };
        let number = |value: &[u8]| -> Result<Option<i64>, TarError> {
            if value.is_empty() { Ok(None) } else { decimal(value).map(Some).ok_or(BAD) }
        };
        match key {
            b"path" => self.path = text(value)?,
            b"linkpath" => self.link = text(value)?,
            b"size" => self.size = number(value)?,
            b"uid" => self.uid = number(value)?,
            b"gid" => self.gid = number(value)?,
            b"mtime" => {
                let whole = value.split(|&b| b == b'.').next().unwrap_or_default();
                self.mtime = number(whole)?;
            }
            b"SCHILY.xattr.security.capability" => self.capability = (!value.is_empty()).then(|| value.to_vec()),
            b"GNU.sparse.name" => self.sparse_name = text(value)?,
            b"GNU.sparse.major" | b"GNU.sparse.map" => self.sparse = true,
            b"" => return Err(BAD),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn apply(self, header: &mut Header) -> Result<(), TarError> {
        if let Some(path) = self.path {
            header.path = path;
        }
        if let Some(link) = self.link {
            header.link = link;
        }
        if let Some(size) = self.size {
            header.size = u64::try_from(size).map_err(|_| TarError::Malformed("a size is negative"))?;
        }
        header.uid = self.uid.unwrap_or(header.uid);
        header.gid = self.gid.unwrap_or(header.gid);
        header.mtime = self.mtime.unwrap_or(header.mtime);
        header.capability = self.capability;
        header.sparse |= self.sparse;
        Ok(())
    }

    /// The name that a sparse file's records give; it counts last of all.
    pub(super) fn sparse_name(&self) -> Option<&[u8]> {
        self.sparse_name.as_deref().filter(|_| self.sparse)
    }
}

fn decimal(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_records_are_refused() {
        for bad in [
            &b"5 k=v\n"[..],
            b"x path=a\n",
            b"99 path=a\n",
            b"4 =\n",
            b"9 path=a ",
            b"10 path=a\0\n",
            b"6 pat\n",
            b"-1 path=a\n",
            b"99999999999999999999 a=b\n",
        ] {
            assert!(Records::parse(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn the_last_record_counts_and_an_empty_one_takes_back() {
        let records = Records::parse(b"9 path=a\n9 path=b\n11 uid=123\n7 uid=\n").unwrap();
        assert_eq!(records.path.as_deref(), Some(&b"b"[..]));
        assert_eq!(records.uid, None);
    }
}
