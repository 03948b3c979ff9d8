//! The syntax of unit files (systemd.syntax(7)), with the place of each word.

use plimsoll_evidence::{Place, Placed};

/// A unit file.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Unit {
    source: u32,
    entries: Vec<Setting>,
    sections: Vec<(String, Place)>,
}

/// `Key=value`, the value as the parts of the lines that it takes.
#[derive(Debug, PartialEq)]
struct Setting {
    section: String,
    key: String,
    parts: Vec<Placed<String>>,
}

impl Unit {
    pub(super) fn parse(text: &str, source: u32) -> Self {
        let mut unit = Self { source, ..Self::default() };
        let mut section = String::new();
        let mut open = false;
        for (number, line) in text.split('\n').enumerate() {
            let line = line.trim_end_matches('\r').trim_start_matches('\u{feff}');
            let trimmed = line.trim_start();
            let place = |from: &str, width: usize| {
                let before = line.len() - from.len();
                let column = line.get(..before).unwrap_or_default().chars().count() as u32 + 1;
                Place { source, line: number as u32 + 1, column, width: width as u32 }
            };
            // A remark may stand between the lines of one value.
            if trimmed.starts_with(['#', ';']) {
                continue;
            }
            let continues = line.ends_with('\\');
            let content = line.strip_suffix('\\').unwrap_or(line);
            if open {
                let text = content.trim();
                let from = content.trim_start();
                if let Some(last) = unit.entries.last_mut() {
                    last.parts.push(Placed::new(text.to_owned(), place_in(line, from, text, number, source)));
                }
                open = continues;
                continue;
            }
            if trimmed.is_empty() {
                continue;
            }
            if let Some(name) = trimmed.strip_prefix('[').and_then(|t| t.trim_end().strip_suffix(']')) {
                name.clone_into(&mut section);
                unit.sections.push((name.to_owned(), place(trimmed, trimmed.trim_end().chars().count())));
                continue;
            }
            let Some((key, value)) = content.split_once('=') else { continue };
            let text = value.trim();
            let part = Placed::new(text.to_owned(), place_in(line, value.trim_start(), text, number, source));
            unit.entries.push(Setting { section: section.clone(), key: key.trim().to_owned(), parts: vec![part] });
            open = continues;
        }
        unit
    }

    /// Puts another file's settings behind this one's.
    pub(super) fn append(&mut self, other: Self) {
        self.entries.extend(other.entries);
        self.sections.extend(other.sections);
    }

    /// Where a section begins.
    pub(super) fn start(&self, section: &str) -> Place {
        let first = Place { source: self.source, line: 1, column: 1, width: 0 };
        self.sections.iter().find(|(name, _)| name == section).map_or(first, |(_, place)| *place)
    }

    /// The settings of a key that count: an empty one takes back those before it.
    fn all(&self, section: &str, key: &str) -> Vec<&Setting> {
        let mut found: Vec<&Setting> = Vec::new();
        for setting in self.entries.iter().filter(|s| s.section == section && s.key == key) {
            if setting.parts.iter().all(|p| p.value.is_empty()) {
                found.clear();
            } else {
                found.push(setting);
            }
        }
        found
    }

    /// The last value of a key, its lines joined.
    pub(super) fn last(&self, section: &str, key: &str) -> Option<Placed<String>> {
        self.all(section, key).pop().map(joined)
    }

    /// Every value of a key.
    pub(super) fn values(&self, section: &str, key: &str) -> Vec<Placed<String>> {
        self.all(section, key).into_iter().map(joined).collect()
    }

    /// Every word of every value of a key.
    pub(super) fn words(&self, section: &str, key: &str) -> Vec<Placed<String>> {
        self.all(section, key).into_iter().flat_map(words).collect()
    }

    /// Every value of a key as its words.
    pub(super) fn commands(&self, section: &str, key: &str) -> Vec<Vec<Placed<String>>> {
        self.all(section, key).into_iter().map(words).collect()
    }

    /// The keys of a section, in order.
    pub(super) fn keys<'a>(&'a self, section: &'a str) -> impl Iterator<Item = &'a str> {
        self.entries.iter().filter(move |s| s.section == section).map(|s| s.key.as_str())
    }
}

fn place_in(line: &str, from: &str, text: &str, number: usize, source: u32) -> Place {
    // `from` is a part of the line, perhaps without its last backslash.
    let at = line.find(from).filter(|_| !from.is_empty()).unwrap_or(line.len());
    // The same text may stand in the key: what is meant stands last.
    let at = line.rfind(from).filter(|last| *last >= at && !from.is_empty()).unwrap_or(at);
    let column = line.get(..at).unwrap_or_default().chars().count() as u32 + 1;
    Place { source, line: number as u32 + 1, column, width: text.chars().count() as u32 }
}

fn joined(setting: &Setting) -> Placed<String> {
    let place = setting.parts.iter().find(|p| !p.value.is_empty()).or_else(|| setting.parts.first()).map(|p| p.place);
    let text = setting.parts.iter().map(|p| p.value.as_str()).filter(|v| !v.is_empty()).collect::<Vec<_>>().join(" ");
    let place = place.unwrap_or(Place { source: 0, line: 1, column: 1, width: 0 });
    // A value that is quoted as a whole is meant without its quotes.
    let inner = ['"', '\''].iter().find_map(|q| text.strip_prefix(*q)?.strip_suffix(*q).filter(|inner| !inner.contains(*q)));
    match inner {
        Some(inner) => {
            let place = Place { column: place.column + 1, width: place.width.saturating_sub(2), ..place };
            Placed::new(inner.to_owned(), place)
        }
        None => Placed::new(text, place),
    }
}

/// The words of a value, quotes taken off, each with its place.
fn words(setting: &Setting) -> Vec<Placed<String>> {
    setting.parts.iter().flat_map(split).collect()
}

fn split(part: &Placed<String>) -> Vec<Placed<String>> {
    let mut found = Vec::new();
    let mut word: Option<(String, u32)> = None;
    let mut quote = None;
    let mut chars = part.value.chars().enumerate();
    let mut end = 0;
    let close = |word: &mut Option<(String, u32)>, end: u32, found: &mut Vec<Placed<String>>| {
        if let Some((text, begin)) = word.take() {
            let place = Place { column: part.place.column + begin, width: end.saturating_sub(begin), ..part.place };
            found.push(Placed::new(text, place));
        }
    };
    while let Some((at, c)) = chars.next() {
        let at = at as u32;
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_with(|| (String::new(), at));
            }
            (None | Some('"'), '\\') => {
                let next = chars.next();
                word.get_or_insert_with(|| (String::new(), at)).0.push(next.map_or('\\', |(_, c)| c));
                end = at + 1 + u32::from(next.is_some());
                continue;
            }
            (None, c) if c.is_whitespace() => close(&mut word, end, &mut found),
            (_, c) => word.get_or_insert_with(|| (String::new(), at)).0.push(c),
        }
        end = at + 1;
    }
    close(&mut word, end, &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_and_words_have_their_places() {
        let text = "# c\r\n[Container]\r\nImage = a:1\r\nPodmanArgs=--privileged \\\r\n # c\r\n  --cap-add SYS_ADMIN \\\n\t'--x=a b'\nExec=\nEnvironment=A=1 \"B=x y\"\nDropCapability=a\nDropCapability=\nDropCapability=b c\n";
        let unit = Unit::parse(text, 3);
        let show = |w: &Placed<String>| format!("{} {}:{}+{}", w.value, w.place.line, w.place.column, w.place.width);
        assert_eq!(unit.last("Container", "Image").as_ref().map(show).as_deref(), Some("a:1 3:9+3"));
        let words: Vec<_> = unit.words("Container", "PodmanArgs").iter().map(show).collect();
        assert_eq!(words, ["--privileged 4:12+12", "--cap-add 6:3+9", "SYS_ADMIN 6:13+9", "--x=a b 7:2+9"]);
        assert_eq!(unit.last("Container", "Exec"), None);
        let words: Vec<_> = unit.words("Container", "Environment").iter().map(show).collect();
        assert_eq!(words, ["A=1 9:13+3", "B=x y 9:17+7"]);
        let words: Vec<_> = unit.words("Container", "DropCapability").iter().map(show).collect();
        assert_eq!(words, ["b 12:16+1", "c 12:18+1"]);
        assert_eq!((unit.start("Container").line, unit.start("None").line), (2, 1));
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { cases: 1000, failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_text_is_survived(text in "\\PC{0,200}", lines in proptest::collection::vec("[\\[\\]a-zäA=\\\\#; '\"\r]{0,12}", 0..12)) {
            for text in [text, lines.join("\n")] {
                let unit = Unit::parse(&text, 0);
                for setting in &unit.entries {
                    for word in words(setting) {
                        let line = text.split('\n').nth(word.place.line as usize - 1).unwrap_or_default();
                        assert!((word.place.column + word.place.width) as usize <= line.chars().count() + 1, "{word:?} of {text:?}");
                    }
                }
            }
        }
    }
}
