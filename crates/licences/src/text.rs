//! Licences recognised by their text: by sentences that stand in one of them and no other.

/// Bytes of a text that are looked at: the longest licences stay below.
const MOST: usize = 128 << 10;

/// An identifier, sentences that all stand in its text, and sentences that do not. In lower case, without punctuation.
type Rule = (&'static str, &'static [&'static str], &'static [&'static str]);

const MIT_GRANT: &str = "permission is hereby granted free of charge to any person obtaining a copy";
const BSD_GRANT: &str = "redistribution and use in source and binary forms with or without modification are permitted";
const BSD_NAMES: &str = "to endorse or promote products derived from this software without specific prior written permission";

const RULES: &[Rule] = &[
    ("Apache-2.0", &["apache license version 2.0 january 2004", "terms and conditions for use reproduction and distribution"], &[]),
    ("Apache-2.0", &["licensed under the apache license version 2.0"], &["terms and conditions for use reproduction"]),
    ("AGPL-3.0-only", &["gnu affero general public license version 3 19 november 2007"], &[]),
    ("LGPL-3.0-only", &["gnu lesser general public license version 3 29 june 2007"], &[]),
    ("LGPL-2.1-only", &["gnu lesser general public license version 2.1 february 1999"], &[]),
    ("LGPL-2.0-only", &["gnu library general public license version 2 june 1991"], &[]),
    ("GPL-3.0-only", &["gnu general public license version 3 29 june 2007"], &[]),
    ("GPL-2.0-only", &["gnu general public license version 2 june 1991"], &[]),
    ("MPL-2.0", &["mozilla public license version 2.0", "covered software"], &[]),
    ("EPL-2.0", &["eclipse public license v 2.0", "secondary license"], &[]),
    ("EPL-1.0", &["eclipse public license v 1.0", "contributor"], &[]),
    ("BSL-1.0", &["boost software license version 1.0", "permission is hereby granted"], &[]),
    ("Unlicense", &["this is free and unencumbered software released into the public domain"], &[]),
    ("CC0-1.0", &["cc0 1.0 universal"], &[]),
    (
        "Zlib",
        &[
            "this software is provided as is without any express or implied warranty",
            "altered source versions must be plainly marked as such",
        ],
        &[],
    ),
    ("BSD-4-Clause", &[BSD_GRANT, BSD_NAMES, "all advertising materials mentioning features or use of this software"], &[]),
    ("BSD-3-Clause", &[BSD_GRANT, BSD_NAMES], &["all advertising materials"]),
    ("BSD-2-Clause", &[BSD_GRANT, "redistributions in binary form must reproduce"], &["endorse or promote", "all advertising materials"]),
    (
        "ISC",
        &[
            "permission to use copy modify and or distribute this software for any purpose with or without fee is hereby granted",
            "appear in all copies",
        ],
        &[],
    ),
    (
        "MIT",
        &[MIT_GRANT, "the above copyright notice and this permission notice shall be included in all copies"],
        &["shall not be used in advertising"],
    ),
    ("X11", &[MIT_GRANT, "shall not be used in advertising or otherwise to promote the sale"], &[]),
    ("PSF-2.0", &["psf license agreement for python", "python software foundation"], &[]),
    ("OFL-1.1", &["sil open font license version 1.1"], &[]),
    ("WTFPL", &["you just do what the fuck you want to"], &[]),
];

/// The licence whose text this is; `None` where it is none that is known, or the texts of several. A GPL's text does not say whether
/// later versions count, so it is taken as that version alone.
pub fn recognise(text: &str) -> Option<&'static str> {
    let tidy = tidy(text);
    let mut found: Vec<&'static str> = RULES
        .iter()
        .filter(|(_, all, none)| all.iter().all(|s| tidy.contains(s)) && !none.iter().any(|s| tidy.contains(s)))
        .map(|r| r.0)
        .collect();
    found.dedup();
    match found.as_slice() {
        [one] => Some(one),
        _ => None,
    }
}

/// Words in lower case, one space between them; punctuation only inside numbers.
fn tidy(text: &str) -> String {
    let mut tidy = String::new();
    let text: String = text.chars().take(MOST).flat_map(char::to_lowercase).collect();
    for word in text.split(|c: char| !c.is_alphanumeric() && c != '.') {
        let word = word.trim_matches('.');
        if !word.is_empty() {
            if !tidy.is_empty() {
                tidy.push(' ');
            }
            tidy.push_str(word);
        }
    }
    tidy
}
