//! What a distribution of CPAN says of itself: META.json, META.yml, and the MYMETA files that an installation leaves (`CPAN::Meta::Spec`, versions
//! 1.4 and 2). A file of these names tells the licence of a distribution; that it is installed, other records say.

use plimsoll_evidence::{Ecosystem, Package};
use serde::Deserialize;
use serde_json::Value;

use crate::bytes::{package, short};

const NAMES: [&str; 4] = ["META.json", "META.yml", "MYMETA.json", "MYMETA.yml"];
const MOST_LICENCES: usize = 20;

/// The specification's words for licences. `unknown` says nothing; `open_source`, `restricted` and their like name none.
const WORDS: &[(&str, &str)] = &[
    ("agpl_3", "AGPL-3.0-only"),
    ("apache", "Apache-2.0"),
    ("apache_1_1", "Apache-1.1"),
    ("apache_2_0", "Apache-2.0"),
    ("artistic", "Artistic-1.0"),
    ("artistic_1", "Artistic-1.0"),
    ("artistic_2", "Artistic-2.0"),
    ("bsd", "BSD-3-Clause"),
    ("freebsd", "BSD-2-Clause"),
    ("gfdl_1_2", "GFDL-1.2-only"),
    ("gfdl_1_3", "GFDL-1.3-only"),
    // Without a number: any that the Free Software Foundation published, as the licence says of itself.
    ("gpl", "GPL-1.0-or-later"),
    ("gpl_1", "GPL-1.0-only"),
    ("gpl_2", "GPL-2.0-only"),
    ("gpl_3", "GPL-3.0-only"),
    ("lgpl", "LGPL-2.0-or-later"),
    ("lgpl_2_1", "LGPL-2.1-only"),
    ("lgpl_3_0", "LGPL-3.0-only"),
    ("mit", "MIT"),
    ("mozilla", "MPL-1.1"),
    ("mozilla_1_0", "MPL-1.0"),
    ("mozilla_1_1", "MPL-1.1"),
    ("openssl", "OpenSSL"),
    // The same terms as Perl itself.
    ("perl", PERL),
    ("perl_5", PERL),
    ("qpl_1_0", "QPL-1.0"),
    ("ssleay", "SSLeay-standalone"),
    ("sun", "SISSL"),
    ("zlib", "Zlib"),
];
const PERL: &str = "Artistic-1.0-Perl OR GPL-1.0-or-later";

/// Whether a file of this name tells of a distribution.
pub(crate) fn is_one(name: &str) -> bool {
    NAMES.contains(&name)
}

/// What is told; `None` where the file is none of CPAN's, or says nothing of the licence.
pub(super) fn told(path: &str, bytes: &[u8]) -> Option<Package> {
    let (name, version, words) = if path.ends_with(".json") { of_json(bytes)? } else { of_yaml(&String::from_utf8_lossy(bytes))? };
    let licences: Vec<String> = words.iter().filter(|w| *w != "unknown").take(MOST_LICENCES).map(|w| licence(w)).collect();
    (!licences.is_empty()).then(|| Package { licences, ..package(Ecosystem::Cpan, &name.replace("::", "-"), &version, path) })
}

/// The expression of a word; one that names no licence is kept as it is.
fn licence(word: &str) -> String {
    WORDS.iter().find(|(known, _)| *known == word).map_or_else(|| short(word), |(_, id)| (*id).to_owned())
}

#[derive(Deserialize)]
struct Meta {
    name: String,
    #[serde(default)]
    version: Value,
    #[serde(default)]
    license: Value,
}

type Told = (String, String, Vec<String>);

fn of_json(bytes: &[u8]) -> Option<Told> {
    let meta: Meta = serde_json::from_slice(bytes).ok()?;
    let text = |value: &Value| value.as_str().map_or_else(|| value.as_number().map(ToString::to_string), |s| Some(s.to_owned()));
    let each = meta.license.as_array().map_or(std::slice::from_ref(&meta.license), Vec::as_slice);
    Some((meta.name, text(&meta.version)?, each.iter().filter_map(text).collect()))
}

/// The keys at the beginning of lines, as each writer of these files makes them: a word, or a list of words.
fn of_yaml(text: &str) -> Option<Told> {
    let plain = |value: &str| value.trim().trim_matches(['\'', '"']).to_owned();
    let (mut name, mut version, mut words, mut inside) = (None, None, Vec::new(), false);
    for line in text.lines() {
        if let Some(word) = line.trim_start().strip_prefix("- ").filter(|_| inside) {
            words.push(plain(word));
            continue;
        }
        inside = false;
        let Some((key, value)) = line.split_once(':').filter(|(key, _)| !key.starts_with(' ')) else { continue };
        match key {
            "name" => name = Some(plain(value)),
            "version" => version = Some(plain(value)),
            "license" if value.trim().is_empty() => inside = true,
            "license" => words.push(plain(value)),
            _ => {}
        }
    }
    Some((name.filter(|n| !n.is_empty())?, version?, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_leads_to_an_expression() {
        for (word, id) in WORDS {
            assert!(plimsoll_licences::is_expression(id), "{word}: {id}");
        }
    }

    #[test]
    fn what_is_told() {
        for (file, text, wanted) in [
            ("MYMETA.json", r#"{"name": "Plack", "version": "1.0050", "license": ["perl_5"], "meta-spec": {"version": 2}}"#, Some(PERL)),
            ("META.json", r#"{"name": "Plack", "version": 1.005, "license": "mit"}"#, Some("MIT")),
            ("META.json", r#"{"name": "Plack", "version": "1", "license": ["open_source"]}"#, Some("open_source")),
            ("META.json", r#"{"name": "Plack", "version": "1", "license": ["unknown"]}"#, None),
            ("META.json", r#"{"version": "1", "license": "mit"}"#, None),
            ("META.json", "[]", None),
            ("META.yml", "---\nabstract: 'x'\nlicense: perl\nname: Plack\nrequires:\n  name: other\nversion: '1.0050'\n", Some(PERL)),
            ("META.yml", "name: Plack\nversion: 1\nlicense:\n  - artistic_2\nno_index:\n  directory:\n    - t\n", Some("Artistic-2.0")),
            ("META.yml", "name: Plack\nlicense: perl\n", None),
        ] {
            let found = told(&format!("root/.cpanm/work/1/Plack-1.0050/{file}"), text.as_bytes());
            assert_eq!(found.as_ref().map(|p| p.licences[0].as_str()), wanted, "{text}");
            assert!(found.is_none_or(|p| p.name == "Plack"));
        }
    }
}
