use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A text file of the project that was read: a build file, a manifest. Findings quote its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceText {
    /// Its path, as the user named it or below the folder that the user named, with `/`.
    pub name: String,
    /// Its text. Credentials in it are concealed by as many bullets as they have characters, so that columns stay right.
    pub text: String,
}

/// A place in one of [`Evidence::sources`](crate::Evidence::sources). Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Which source, by its place in the list.
    pub source: u32,
    /// The line.
    pub line: u32,
    /// The first column.
    pub column: u32,
    /// How many characters of that line it covers; 0 where it is a point.
    pub width: u32,
}

/// A value with the place that says it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it is said.
    pub place: Place,
}

impl<T> Placed<T> {
    /// A value and its place.
    pub const fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }

    /// Another value of the same place.
    pub fn map<U>(self, other: impl FnOnce(T) -> U) -> Placed<U> {
        Placed { value: other(self.value), place: self.place }
    }

    /// The same, borrowed.
    pub const fn as_ref(&self) -> Placed<&T> {
        Placed { value: &self.value, place: self.place }
    }
}

/// A place in a text file, with the line itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceLine {
    /// The file's path.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// The first column, from 1, in characters.
    pub column: u32,
    /// How many characters of the line are meant; 0 where it is a point.
    pub width: u32,
    /// The line, with credentials concealed.
    pub text: String,
}

/// The most characters of a line that are quoted.
const MOST_QUOTED: usize = 400;

/// A place with its line, out of the sources. A place that lies in no source keeps its numbers.
pub fn source_line(sources: &[SourceText], place: Place) -> SourceLine {
    let source = sources.get(place.source as usize);
    let nth = (place.line as usize).saturating_sub(1);
    let line = source.and_then(|s| nth_line(&s.text, nth)).unwrap_or_default().trim_end_matches('\r');
    let line = if nth == 0 { line.trim_start_matches('\u{feff}') } else { line };
    SourceLine {
        path: source.map(|s| s.name.clone()).unwrap_or_default(),
        line: place.line,
        column: place.column,
        width: place.width,
        text: line[..line.char_indices().nth(MOST_QUOTED).map_or(line.len(), |(end, _)| end)].to_owned(),
    }
}

/// A line, without its end. Findings ask for many lines of long files: whole blocks are passed by, with their ends of lines counted by
/// vectors.
fn nth_line(text: &str, nth: usize) -> Option<&str> {
    const BLOCK: usize = 1024;
    let bytes = text.as_bytes();
    let (mut start, mut left) = (0, nth);
    while left > 0 {
        let block = &bytes[start..bytes.len().min(start + BLOCK)];
        let mut ends = memchr::memchr_iter(b'\n', block);
        let here = ends.clone().count();
        if here < left {
            if start + block.len() == bytes.len() {
                return None;
            }
            left -= here;
            start += block.len();
        } else {
            start += ends.nth(left - 1)? + 1;
            left = 0;
        }
    }
    let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |end| start + end);
    text.get(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_shows_its_line() {
        let sources = [SourceText { name: "a/Containerfile".to_owned(), text: "\u{feff}FROM x\r\nRUN é\n".to_owned() }];
        let at = |line, column, width| source_line(&sources, Place { source: 0, line, column, width });
        assert_eq!(at(1, 6, 1).text, "FROM x");
        assert_eq!((at(2, 5, 1).text.as_str(), at(2, 5, 1).column), ("RUN é", 5));
        assert_eq!(at(9, 1, 0).text, "");
        let nowhere = source_line(&sources, Place { source: 4, line: 1, column: 1, width: 0 });
        assert_eq!((nowhere.path.as_str(), nowhere.text.as_str()), ("", ""));
    }

    #[test]
    fn lines_are_those_between_their_ends() {
        let lines: Vec<String> = (0..500).map(|n| "é".repeat(n * 7 % 90)).collect();
        for text in [lines.join("\n"), lines.join("\n") + "\n", "a".repeat(1024) + "\nb", "a".repeat(1023) + "\nb", String::new()] {
            let wanted: Vec<&str> = text.split('\n').collect();
            for nth in 0..wanted.len() + 2 {
                assert_eq!(nth_line(&text, nth), wanted.get(nth).copied(), "{nth}");
            }
        }
    }
}
