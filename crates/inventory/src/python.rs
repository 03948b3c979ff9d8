//! Python distributions: `*.dist-info/METADATA`, `*.egg-info/PKG-INFO` and single-file `*.egg-info`, and the files
//! that each installed: `RECORD`, `installed-files.txt` (Python packaging specifications, "Recording installed projects" and "Core
//! metadata").

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use plimsoll_evidence::{Ecosystem, FileDigest, FileEntry, LayerFacts, Package, PackageDatabase, Problem, RecordedFile};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::bytes::{held, package, short, single};
use crate::stanza::{Stanza, stanzas};

const MOST: usize = 4 << 20;
/// The longest of real lists have some ten thousand files.
const MOST_LIST: usize = 16 << 20;

/// Finds installed Python distributions.
pub struct Python;

impl Analyser for Python {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "python", version: 4 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        if is_metadata(&entry.path) || FileList::of(&entry.path).is_some() { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        if let Some(list) = FileList::of(&entry.path) {
            let bytes = held(entry, content, MOST_LIST)?;
            facts.databases.push(list.read(&entry.path, bytes));
            return Ok(());
        }
        let bytes = held(entry, content, MOST)?;
        facts.databases.extend(distribution(bytes, &entry.path).map(|package| single(&entry.path, package)));
        Ok(())
    }
}

/// The distribution that metadata describe.
pub(crate) fn distribution(bytes: &[u8], path: &str) -> Option<Package> {
    let metadata = stanzas(bytes).next()?;
    let (name, version) = (metadata.get("Name")?, metadata.get("Version")?);
    let said = |field: &str| metadata.get(field).filter(|v| !v.is_empty() && *v != "UNKNOWN");
    let page = metadata.all("Project-URL").find_map(|u| u.split_once(',').filter(|(label, _)| label.eq_ignore_ascii_case("homepage")));
    Some(Package {
        licences: licences(&metadata),
        supplier: said("Author").or_else(|| said("Author-email")).or_else(|| said("Maintainer")).map(short),
        homepage: said("Home-page").or(page.map(|(_, url)| url.trim())).map(short),
        ..package(Ecosystem::Python, name, version, path)
    })
}

/// The expression (core metadata 2.4); else the field where it holds a name and no text; else the classifiers.
fn licences(metadata: &Stanza) -> Vec<String> {
    const LONGEST_NAME: usize = 120;
    let name = metadata.get("License").filter(|l| !l.is_empty() && *l != "UNKNOWN" && l.len() <= LONGEST_NAME && !l.contains('\n'));
    if let Some(one) = metadata.get("License-Expression").filter(|l| !l.is_empty()).or(name) {
        return vec![short(one)];
    }
    let classifiers = metadata.all("Classifier").filter(|c| c.starts_with("License ::") && !c.ends_with("OSI Approved"));
    classifiers.take(20).map(short).collect()
}

fn is_metadata(path: &str) -> bool {
    path.ends_with(".dist-info/METADATA") || path.ends_with(".egg-info/PKG-INFO") || path.ends_with(".egg-info")
}

/// A list of the files that a distribution installed.
struct FileList<'a> {
    /// The file with the distribution's name and version.
    metadata: String,
    /// The directory that the listed paths are relative to.
    relative_to: &'a str,
    /// Whether each line is a record of comma-separated values that begins with the path.
    is_csv: bool,
}

impl<'a> FileList<'a> {
    fn of(path: &'a str) -> Option<Self> {
        let (directory, name) = path.rsplit_once('/')?;
        match name {
            "RECORD" if directory.ends_with(".dist-info") => Some(Self {
                metadata: format!("{directory}/METADATA"),
                relative_to: directory.rsplit_once('/').map_or("", |(site, _)| site),
                is_csv: true,
            }),
            "installed-files.txt" if directory.ends_with(".egg-info") => {
                Some(Self { metadata: format!("{directory}/PKG-INFO"), relative_to: directory, is_csv: false })
            }
            _ => None,
        }
    }

    /// Who owns the listed files is known by the metadata beside the list: the package itself has no name here.
    fn read(&self, path: &str, bytes: &[u8]) -> PackageDatabase {
        let text = String::from_utf8_lossy(bytes);
        let owned = text
            .lines()
            .filter_map(|line| if self.is_csv { first_value(line) } else { Some(line.trim().to_owned()) })
            .filter(|listed| !listed.is_empty())
            .filter_map(|listed| below(self.relative_to, &listed))
            .map(|file| (0, file))
            .collect();
        let mut database = PackageDatabase { owned, ..single(path, package(Ecosystem::Python, "", "", &self.metadata)) };
        for (listed, file) in text.lines().filter(|_| self.is_csv).filter_map(recorded) {
            if let Some(file_path) = below(self.relative_to, &listed) {
                database.recorded.push(0, &file_path, file);
            }
        }
        database
    }
}

/// `path,sha256=BASE64URL,size`. Compiled files are made again by whoever imports them, and have no digest as a rule.
fn recorded(line: &str) -> Option<(String, RecordedFile)> {
    let (rest, size) = line.rsplit_once(',')?;
    let (_, digest) = rest.rsplit_once(',')?;
    let path = first_value(line).filter(|path| !path.ends_with(".pyc"))?;
    let (algorithm, digest) = digest.trim_matches('"').split_once('=')?;
    let digest = match algorithm {
        "sha256" => URL_SAFE_NO_PAD.decode(digest.trim_end_matches('=')).ok()?.try_into().map_or(FileDigest::Other, FileDigest::Sha256),
        _ => FileDigest::Other,
    };
    Some((path, RecordedFile { size: size.trim().parse().ok(), ..RecordedFile::new(digest) }))
}

/// The first of comma-separated values (RFC 4180): in quotes where it holds a comma or a quote.
fn first_value(line: &str) -> Option<String> {
    let Some(quoted) = line.strip_prefix('"') else { return line.split(',').next().map(str::to_owned) };
    let mut value = String::new();
    let mut rest = quoted.chars();
    while let Some(c) = rest.next() {
        match c {
            '"' if rest.as_str().starts_with('"') => {
                value.push('"');
                rest.next();
            }
            '"' => return Some(value),
            other => value.push(other),
        }
    }
    None
}

/// The path in the image of one that a list names; none where it climbs out of the image.
fn below(directory: &str, listed: &str) -> Option<String> {
    let mut parts: Vec<&str> = if listed.starts_with('/') { Vec::new() } else { directory.split('/').filter(|p| !p.is_empty()).collect() };
    for part in listed.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_names_files_anywhere() {
        let path = "usr/lib/python3/site-packages/a-1.dist-info/RECORD";
        let list = FileList::of(path).unwrap();
        let text = b"a/__init__.py,sha256=x,1\na.libs/liba.so,,\n../../../bin/a,,\n\"odd,\"\"name\"\"\",,\n/opt/abs,,\n../../../../../out,,\n\"open,,\n\n";
        let database = list.read(path, text);
        let owned: Vec<&str> = database.owned.iter().map(|(_, p)| p).collect();
        let site = "usr/lib/python3/site-packages";
        assert_eq!(
            owned,
            [&format!("{site}/a/__init__.py"), &format!("{site}/a.libs/liba.so"), "usr/bin/a", &format!("{site}/odd,\"name\""), "opt/abs"]
        );
        assert_eq!(database.packages[0].recorded_in, "usr/lib/python3/site-packages/a-1.dist-info/METADATA");
        let egg = FileList::of("s/a.egg-info/installed-files.txt").unwrap();
        assert_eq!(egg.read("x", b"../a.py\nPKG-INFO\n").owned.iter().collect::<Vec<_>>(), [(0, "s/a.py"), (0, "s/a.egg-info/PKG-INFO")]);
        assert!(FileList::of("RECORD").is_none() && FileList::of("x/RECORD").is_none());
    }
}
