//! Small ELF files of 64 bits for x86-64, with what readers ask for: needed libraries and symbols.

/// An ELF file in the making.
#[derive(Default)]
pub struct Elf {
    library: bool,
    needed: Vec<String>,
    defines: Vec<String>,
    imports: Vec<String>,
    says: Vec<String>,
    keeps_symbols: bool,
}

const SYMBOL: usize = 24;

impl Elf {
    /// A program.
    pub fn program() -> Self {
        Self::default()
    }

    /// A shared library.
    pub fn library() -> Self {
        Self { library: true, ..Self::default() }
    }

    pub fn needs(mut self, library: &str) -> Self {
        self.needed.push(library.to_owned());
        self
    }

    pub fn defines(mut self, symbol: &str) -> Self {
        self.defines.push(symbol.to_owned());
        self
    }

    pub fn imports(mut self, symbol: &str) -> Self {
        self.imports.push(symbol.to_owned());
        self
    }

    /// Has this string.
    pub fn says(mut self, text: &str) -> Self {
        self.says.push(text.to_owned());
        self
    }

    /// Not stripped: its static table of symbols is left in.
    pub fn keeps_symbols(mut self) -> Self {
        self.keeps_symbols = true;
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut strings = vec![0];
        let mut name = |text: &str| {
            let at = strings.len() as u64;
            strings.extend_from_slice(text.as_bytes());
            strings.push(0);
            at
        };
        let needed: Vec<u64> = self.needed.iter().map(|n| name(n)).collect();
        let mut symbols = vec![0; SYMBOL];
        for (names, section) in [(&self.defines, 1_u16), (&self.imports, 0)] {
            for symbol in names {
                symbols.extend_from_slice(&(name(symbol) as u32).to_le_bytes());
                // A global function.
                symbols.extend_from_slice(&[0x12, 0]);
                symbols.extend_from_slice(&section.to_le_bytes());
                symbols.extend_from_slice(&[0; 16]);
            }
        }
        let heads = 64 + 2 * 56;
        let (at_strings, at_symbols) = (heads, heads + strings.len());
        let at_dynamic = at_symbols + symbols.len();
        let mut dynamic = Vec::new();
        for at in needed {
            words(&mut dynamic, &[1, at]);
        }
        words(&mut dynamic, &[5, at_strings as u64, 10, strings.len() as u64, 6, at_symbols as u64, 11, SYMBOL as u64, 0, 0]);
        let said: Vec<u8> = self.says.iter().flat_map(|s| [s.as_bytes(), &[0]].concat()).collect();
        let at_said = at_dynamic + dynamic.len();
        let at_sections = at_said + said.len();
        let mut sections = vec![0; 64];
        section(&mut sections, 3, (at_strings, strings.len()), 0, 0);
        section(&mut sections, 11, (at_symbols, symbols.len()), 1, SYMBOL);
        section(&mut sections, 1, (at_said, said.len()), 0, 0);
        if self.keeps_symbols {
            section(&mut sections, 2, (at_symbols, symbols.len()), 1, SYMBOL);
        }
        let size = at_sections + sections.len();
        let mut bytes = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
        halves(&mut bytes, &[if self.library { 3 } else { 2 }, 62, 1, 0]);
        words(&mut bytes, &[0, 64, at_sections as u64]);
        bytes.extend_from_slice(&[0; 4]);
        halves(&mut bytes, &[64, 56, 2, 64, (sections.len() / 64) as u16, 1]);
        for (kind, at, size) in [(1_u32, 0, size), (2, at_dynamic, dynamic.len())] {
            bytes.extend_from_slice(&kind.to_le_bytes());
            bytes.extend_from_slice(&4_u32.to_le_bytes());
            words(&mut bytes, &[at as u64, at as u64, at as u64, size as u64, size as u64, 8]);
        }
        for part in [strings, symbols, dynamic, said, sections] {
            bytes.extend_from_slice(&part);
        }
        bytes
    }
}

fn words(into: &mut Vec<u8>, values: &[u64]) {
    into.extend(values.iter().flat_map(|v| v.to_le_bytes()));
}

fn halves(into: &mut Vec<u8>, values: &[u16]) {
    into.extend(values.iter().flat_map(|v| v.to_le_bytes()));
}

fn section(into: &mut Vec<u8>, kind: u32, (at, size): (usize, usize), link: u32, each: usize) {
    into.extend_from_slice(&0_u32.to_le_bytes());
    into.extend_from_slice(&kind.to_le_bytes());
    words(into, &[2, at as u64, at as u64, size as u64]);
    into.extend_from_slice(&link.to_le_bytes());
    into.extend_from_slice(&1_u32.to_le_bytes());
    words(into, &[1, each as u64]);
}
