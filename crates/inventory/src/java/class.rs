//! The constants of a class file (The Java Virtual Machine Specification, Java SE 24, 4.4), as far as they name classes and their members.

/// How a class file begins.
const MAGIC: u32 = 0xcafe_babe;

/// A constant that matters.
#[derive(Clone, Copy)]
enum Constant<'a> {
    Text(&'a [u8]),
    /// The place of its name.
    Class(u16),
    /// The places of its name and its type.
    NameAndType(u16),
    /// The places of its class, and of its name and type.
    Member(u16, u16),
    Other,
}

/// A class file.
pub(super) struct Class<'a> {
    constants: Vec<Constant<'a>>,
    this: u16,
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }
}

impl<'a> Class<'a> {
    /// None of what is no class file, or of a form that is not known.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        if u32::from_be_bytes(reader.take(4)?.try_into().ok()?) != MAGIC {
            return None;
        }
        reader.take(4)?;
        let count = reader.u16()?;
        let mut constants = vec![Constant::Other];
        while constants.len() < usize::from(count) {
            let (constant, is_double) = match reader.u8()? {
                1 => {
                    let length = reader.u16()?;
                    (Constant::Text(reader.take(usize::from(length))?), false)
                }
                7 => (Constant::Class(reader.u16()?), false),
                9..=11 => (Constant::Member(reader.u16()?, reader.u16()?), false),
                12 => {
                    let name = reader.u16()?;
                    reader.take(2)?;
                    (Constant::NameAndType(name), false)
                }
                tag => {
                    let (length, is_double) = match tag {
                        3 | 4 | 17 | 18 => (4, false),
                        5 | 6 => (8, true),
                        8 | 16 | 19 | 20 => (2, false),
                        15 => (3, false),
                        _ => return None,
                    };
                    reader.take(length)?;
                    (Constant::Other, is_double)
                }
            };
            constants.push(constant);
            // A number of eight bytes takes two places.
            if is_double {
                constants.push(Constant::Other);
            }
        }
        reader.take(2)?;
        let this = reader.u16()?;
        Some(Self { constants, this })
    }

    fn text(&self, at: u16) -> Option<&'a str> {
        match self.constants.get(usize::from(at))? {
            Constant::Text(text) => std::str::from_utf8(text).ok().filter(|t| !t.contains(['\n', '\r'])),
            _ => None,
        }
    }

    /// A class's name; of an array, that of its elements.
    fn class(&self, at: u16) -> Option<&'a str> {
        match self.constants.get(usize::from(at))? {
            Constant::Class(name) => {
                let name = self.text(*name)?;
                let elements = name.trim_start_matches('[');
                if elements.len() == name.len() { Some(name) } else { elements.strip_prefix('L').and_then(|n| n.strip_suffix(';')) }
            }
            _ => None,
        }
    }

    /// Its own name: `org/example/Main`.
    pub(super) fn name(&self) -> Option<&'a str> {
        self.class(self.this)
    }

    /// The classes that it refers to, itself among them. A name that is no text is `?`.
    pub(super) fn classes(&self) -> impl Iterator<Item = &'a str> + '_ {
        let all = (0_u16..).zip(&self.constants);
        all.filter_map(|(at, constant)| match constant {
            Constant::Class(name) => match self.text(*name) {
                // Arrays of numbers are of no class.
                Some(name) if name.starts_with('[') => self.class(at),
                Some(name) => Some(name),
                None => Some("?"),
            },
            _ => None,
        })
    }

    /// The fields and methods that it refers to, with their classes.
    pub(super) fn members(&self) -> impl Iterator<Item = (&'a str, &'a str)> + '_ {
        self.constants.iter().filter_map(|constant| {
            let Constant::Member(class, name_and_type) = constant else { return None };
            let Constant::NameAndType(name) = self.constants.get(usize::from(*name_and_type))? else { return None };
            Some((self.class(*class)?, self.text(*name).unwrap_or("?")))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A class that refers to one other, an array of it, and one member of it.
    fn bytes() -> Vec<u8> {
        let mut bytes = vec![0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 61, 0, 12];
        let text = |t: &str| {
            let mut constant = vec![1, 0, t.len() as u8];
            constant.extend(t.as_bytes());
            constant
        };
        let parts: [Vec<u8>; 10] = [
            text("a/Main"),
            vec![7, 0, 1],
            text("b/Other"),
            vec![7, 0, 3],
            text("[[Lc/Third;"),
            vec![7, 0, 5],
            text("call"),
            vec![12, 0, 7, 0, 1],
            vec![10, 0, 4, 0, 8],
            vec![5, 0, 0, 0, 0, 0, 0, 0, 1],
        ];
        bytes.extend(parts.concat());
        bytes.extend([0, 0x21, 0, 2]);
        bytes
    }

    #[test]
    fn what_a_class_names() {
        let bytes = bytes();
        let class = Class::parse(&bytes).unwrap();
        assert_eq!(class.name(), Some("a/Main"));
        assert_eq!(class.classes().collect::<Vec<_>>(), ["a/Main", "b/Other", "c/Third"]);
        assert_eq!(class.members().collect::<Vec<_>>(), [("b/Other", "call")]);
        assert!(Class::parse(&bytes[..bytes.len() - 1]).is_none() && Class::parse(b"").is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(rest in proptest::collection::vec(any::<u8>(), 0..300), at in 0_usize..80, by in any::<u8>()) {
            let mut bytes = bytes();
            let at = at % bytes.len();
            bytes[at] = by;
            for text in [bytes, [&[0xca, 0xfe, 0xba, 0xbe], rest.as_slice()].concat()] {
                if let Some(class) = Class::parse(&text) {
                    let _ = (class.name(), class.classes().count(), class.members().count());
                }
            }
        }
    }
}
