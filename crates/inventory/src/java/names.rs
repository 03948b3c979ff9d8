//! What an archive is called: by `pom.properties` (Maven Archiver), by its manifest (JAR File Specification; `OSGi` Core,
//! bundle manifest headers), by its file's name.

use std::collections::BTreeMap;

use crate::bytes::short;

/// Lines of a manifest that are looked at.
const MOST_LINES: usize = 16_384;
const MOST_VALUE: usize = 4096;

/// Maven's own record of an artifact.
pub(super) struct Pom {
    pub(super) group: String,
    pub(super) artifact: String,
    pub(super) version: String,
}

impl Pom {
    /// `None` where no artifact is named.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let value = |key: &str| {
            text.lines()
                .take(MOST_LINES)
                .map(str::trim)
                .filter(|l| !l.starts_with(['#', '!']))
                .filter_map(|l| l.split_once(['=', ':']))
                .find(|(k, _)| k.trim() == key)
                .map(|(_, v)| short(v.trim()))
                .unwrap_or_default()
        };
        let pom = Self { group: value("groupId"), artifact: value("artifactId"), version: value("version") };
        (!pom.artifact.is_empty()).then_some(pom)
    }

    pub(super) fn name(&self) -> String {
        with_group(Some(&self.group).filter(|g| !g.is_empty()).map(String::as_str), &self.artifact)
    }
}

fn with_group(group: Option<&str>, artifact: &str) -> String {
    group.map_or_else(|| artifact.to_owned(), |group| format!("{group}:{artifact}"))
}

/// The main section of a manifest, as far as it names the archive.
#[derive(Default)]
pub(super) struct Manifest {
    symbolic_name: Option<String>,
    bundle_version: Option<String>,
    implementation_version: Option<String>,
    vendor_id: Option<String>,
    /// `Bundle-License`: addresses or names, each with what else is said of it cut off.
    pub(super) licences: Vec<String>,
    /// Who made it.
    pub(super) vendor: Option<String>,
}

impl Manifest {
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut fields: Vec<(&str, String)> = Vec::new();
        for line in text.lines().take(MOST_LINES) {
            if line.is_empty() {
                break;
            }
            if let Some(more) = line.strip_prefix(' ') {
                if let Some((_, value)) = fields.last_mut()
                    && value.len() + more.len() <= MOST_VALUE
                {
                    value.push_str(more);
                }
            } else if let Some((key, value)) = line.split_once(':') {
                fields.push((key, value.trim().chars().take(MOST_VALUE).collect()));
            }
        }
        let get = |key: &str| fields.iter().find(|(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, v)| v.as_str());
        let word = |key: &str| get(key).map(|v| v.split([';', ' ', '\t']).next().unwrap_or_default()).filter(|v| is_word(v)).map(short);
        Self {
            symbolic_name: word("Bundle-SymbolicName"),
            bundle_version: word("Bundle-Version"),
            implementation_version: word("Implementation-Version"),
            vendor_id: word("Implementation-Vendor-Id"),
            licences: get("Bundle-License").map(licences).unwrap_or_default(),
            vendor: get("Bundle-Vendor").or_else(|| get("Implementation-Vendor")).filter(|v| !v.is_empty() && !v.contains("${")).map(short),
        }
    }
}

/// The main section of a manifest (JAR File Specification, "Manifest Specification"): each name and its whole value. Lines may end as in any system.
pub(super) fn attributes(bytes: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\r', "\n");
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.split('\n') {
        if line.is_empty() {
            break;
        }
        match (line.strip_prefix(' '), found.last_mut(), line.split_once(':')) {
            (Some(more), Some((_, value)), _) => value.push_str(more),
            (None, _, Some((name, value))) => found.push((name.trim().to_owned(), value.strip_prefix(' ').unwrap_or(value).to_owned())),
            _ => {}
        }
    }
    found
}

/// `"https://x";description=A;link=B,"y"`: the names or addresses.
fn licences(header: &str) -> Vec<String> {
    const MOST: usize = 20;
    let each = header.split(',').map(|l| l.split(';').next().unwrap_or_default().trim().trim_matches('"'));
    each.filter(|l| !l.is_empty() && !l.contains("${")).take(MOST).map(short).collect()
}

/// A value that a build left unfilled names nothing.
fn is_word(value: &str) -> bool {
    !value.is_empty() && !value.contains(['$', '{', '%', '@']) && value != "unspecified"
}

/// A file's name, taken apart: `log4j-core-2.14.1.jar`.
pub(super) struct FileName<'a> {
    stem: &'a str,
    name: &'a str,
    version: &'a str,
}

impl<'a> FileName<'a> {
    /// Of an archive at this place.
    pub(super) fn of(at: &'a str) -> Self {
        let file = at.rsplit(['/', '!']).next().unwrap_or_default();
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        // The last part that looks like a version, and those directly before it that do: guava-31.1-jre, x-1.0-2.
        let parts: Vec<(usize, &str)> = stem
            .split('-')
            .scan(0, |at, part| {
                let start = *at;
                *at += part.len() + 1;
                Some((start, part))
            })
            .collect();
        let last = parts.iter().skip(1).rposition(|(_, part)| is_version(part)).map(|i| i + 1);
        let first = last.map(|last| (1..=last).rev().take_while(|i| is_version(parts[*i].1)).last().unwrap_or(last));
        match first {
            Some(i) => Self { stem, name: &stem[..parts[i].0 - 1], version: &stem[parts[i].0..] },
            None => Self { stem, name: stem, version: "" },
        }
    }

    /// Whether the file is named after this artifact.
    pub(super) fn is_of(&self, artifact: &str) -> bool {
        self.stem.strip_prefix(artifact).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_', '.']))
    }
}

fn is_version(part: &str) -> bool {
    let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < part.len() && (rest.is_empty() || rest.starts_with(['.', '_']))
}

/// Groups of artifacts that are published without Maven's record: the artifact (`*` for any ending), the package of its classes, the
/// group. Both have to agree, so that a name alone decides nothing.
const GROUPS: &[(&str, &str, &str)] = &[
    ("spring-boot*", "org.springframework.boot", "org.springframework.boot"),
    ("spring-security-*", "org.springframework.security", "org.springframework.security"),
    ("spring-data-*", "org.springframework.data", "org.springframework.data"),
    ("spring-*", "org.springframework", "org.springframework"),
    ("spring-jcl", "org.apache.commons.logging", "org.springframework"),
    ("commons-beanutils", "org.apache.commons.beanutils", "commons-beanutils"),
    ("commons-codec", "org.apache.commons.codec", "commons-codec"),
    ("commons-collections", "org.apache.commons.collections", "commons-collections"),
    ("commons-fileupload", "org.apache.commons.fileupload", "commons-fileupload"),
    ("commons-httpclient", "org.apache.commons.httpclient", "commons-httpclient"),
    ("commons-io", "org.apache.commons.io", "commons-io"),
    ("commons-lang", "org.apache.commons.lang", "commons-lang"),
    ("commons-logging", "org.apache.commons.logging", "commons-logging"),
    ("hibernate-*", "org.hibernate", "org.hibernate"),
    ("log4j", "org.apache.log4j", "log4j"),
    ("dom4j", "org.dom4j", "dom4j"),
    ("groovy*", "groovy.lang", "org.codehaus.groovy"),
    ("postgresql", "org.postgresql", "org.postgresql"),
    ("mysql-connector-java", "com.mysql", "mysql"),
    ("xercesImpl", "org.apache.xerces", "xerces"),
    ("xalan", "org.apache.xalan", "xalan"),
    ("xstream", "com.thoughtworks.xstream", "com.thoughtworks.xstream"),
    ("bcprov-*", "org.bouncycastle", "org.bouncycastle"),
    ("bcpkix-*", "org.bouncycastle", "org.bouncycastle"),
    ("h2", "org.h2", "com.h2database"),
    ("hsqldb", "org.hsqldb", "org.hsqldb"),
    ("kafka-clients", "org.apache.kafka", "org.apache.kafka"),
    ("lucene-*", "org.apache.lucene", "org.apache.lucene"),
    ("elasticsearch*", "org.elasticsearch", "org.elasticsearch"),
    ("reactor-core", "reactor.core", "io.projectreactor"),
    ("reactor-netty-*", "reactor.netty", "io.projectreactor.netty"),
    ("micrometer-*", "io.micrometer", "io.micrometer"),
    ("kotlin-*", "kotlin", "org.jetbrains.kotlin"),
    ("okhttp", "okhttp3", "com.squareup.okhttp3"),
    ("okio*", "okio", "com.squareup.okio"),
];

fn group_of(artifact: &str, classes: &BTreeMap<String, usize>) -> Option<&'static str> {
    let is_named = |pattern: &str| pattern.strip_suffix('*').map_or(artifact == pattern, |start| artifact.starts_with(start));
    let holds =
        |package: &str| classes.keys().any(|c| c.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')));
    GROUPS.iter().find(|(pattern, package, _)| is_named(pattern) && holds(package)).map(|(_, _, group)| *group)
}

/// Name and version of an archive without Maven's record. The file's name comes first: a bundle's version has three
/// numbers whatever the artifact's has.
pub(super) fn without_pom(file: &FileName<'_>, manifest: &Manifest, classes: &BTreeMap<String, usize>) -> (String, String) {
    let version = if file.version.is_empty() {
        manifest.implementation_version.as_deref().or(manifest.bundle_version.as_deref()).unwrap_or_default()
    } else {
        file.version
    };
    let symbolic = manifest.symbolic_name.as_deref().and_then(|s| s.strip_suffix(file.name)?.strip_suffix('.'));
    (with_group(symbolic.or(manifest.vendor_id.as_deref()).or_else(|| group_of(file.name, classes)), file.name), version.to_owned())
}
