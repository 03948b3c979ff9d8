//! dpkg's databases: `status`, the `status.d` of distroless images, `info/*.list` and `info/*.md5sums` (dpkg(1), deb822(5),
//! deb-md5sums(5)).

use plimsoll_evidence::{Ecosystem, FileDigest, FileEntry, LayerFacts, Package, PackageDatabase, Problem, RecordedFile, RecordedFiles};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::bytes::{self, database, held, is_left_out, short, single, unhex};
use crate::stanza::{Stanza, stanzas};

/// A status file of a full desktop stays below 10 MB.
const MOST_STATUS: usize = 48 << 20;
const STATUS: &str = "var/lib/dpkg/status";
const STATUS_D: &str = "var/lib/dpkg/status.d/";
const INFO: &str = "var/lib/dpkg/info/";
/// opkg writes the same stanzas.
const OPKG: [&str; 3] = ["usr/lib/opkg/status", "var/lib/opkg/status", "opt/lib/opkg/status"];

/// Reads dpkg's databases.
pub struct Dpkg;

impl Analyser for Dpkg {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "dpkg", version: 4 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        let path = entry.path.as_str();
        let is_info = path.starts_with(INFO) && (path.ends_with(".list") || path.ends_with(".md5sums"));
        let wanted = path == STATUS || OPKG.contains(&path) || path.starts_with(STATUS_D) || is_info;
        if wanted { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let bytes = held(entry, content, MOST_STATUS)?;
        let path = entry.path.as_str();
        let database = if let Some(list) = path.strip_prefix(INFO).and_then(|name| name.strip_suffix(".list")) {
            file_list(path, list, bytes)
        } else if path.ends_with(".md5sums") {
            checksums(path, bytes)
        } else {
            status(path, bytes)
        };
        facts.databases.push(database);
        Ok(())
    }
}

fn status(path: &str, bytes: &[u8]) -> PackageDatabase {
    let mut database = database(path, Vec::new());
    for stanza in stanzas(bytes) {
        let Some(package) = package(&stanza, path) else { continue };
        let at = database.packages.len() as u32;
        for (file, digest) in stanza.get("Conffiles").into_iter().flat_map(conffiles) {
            database.recorded.push(at, file, RecordedFile { config: true, ..RecordedFile::new(digest) });
        }
        database.packages.push(if OPKG.contains(&path) { opkg(package) } else { package });
    }
    database
}

/// `/etc/a 0123…`, a line each. A third word says that the package does not have the file any more, and instead of a digest may stand that it
/// has none yet.
fn conffiles(field: &str) -> impl Iterator<Item = (&str, FileDigest)> {
    field.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (file, digest) = (words.next()?, unhex(words.next()?)?);
        words.next().is_none().then_some((file.trim_start_matches('/'), FileDigest::Md5(digest)))
    })
}

fn opkg(package: Package) -> Package {
    Package { ecosystem: Ecosystem::Opkg, ..package }
}

fn package(stanza: &Stanza, path: &str) -> Option<Package> {
    let name = stanza.get("Package").filter(|n| !n.is_empty())?;
    // `deinstall ok config-files`: only its configuration is left. A stanza without Status (status.d) is installed.
    if stanza.get("Status").is_some_and(|s| !s.split_whitespace().any(|word| word == "installed")) {
        return None;
    }
    let version = stanza.get("Version").unwrap_or_default();
    // `Source: glibc (2.36-9)` names the version where it is not the package's own.
    let (source, source_version) = stanza.get("Source").map_or((None, None), |s| {
        let (source, rest) = s.split_once(char::is_whitespace).unwrap_or((s, ""));
        (Some(source), rest.trim().strip_prefix('(').and_then(|v| v.strip_suffix(')')).map(str::trim))
    });
    let depends = ["Depends", "Pre-Depends"].iter().filter_map(|f| stanza.get(f)).flat_map(dependencies).collect();
    Some(Package {
        architecture: stanza.get("Architecture").map(short),
        source: source.filter(|s| *s != name).map(short),
        source_version: source_version.filter(|v| *v != version && !v.is_empty()).map(short),
        supplier: stanza.get("Maintainer").filter(|m| !m.is_empty()).map(short),
        homepage: stanza.get("Homepage").filter(|m| !m.is_empty()).map(short),
        installed_bytes: stanza.get("Installed-Size").and_then(|s| s.parse::<u64>().ok()).map_or(0, |kib| kib.saturating_mul(1024)),
        section: stanza.get("Section").map(short),
        depends,
        ..bytes::package(Ecosystem::Dpkg, name, version, path)
    })
}

/// `a (>= 1), b | c:any` → a, b, c.
fn dependencies(field: &str) -> impl Iterator<Item = String> {
    field.split([',', '|']).filter_map(|d| d.trim().split([' ', '(', ':', '\n']).next()).filter(|n| !n.is_empty()).map(short)
}

/// A list belongs to a package (and, with `Multi-Arch: same`, an architecture); which version is in the status file.
fn file_list(path: &str, name: &str, bytes: &[u8]) -> PackageDatabase {
    let (name, architecture) = name.split_once(':').map_or((name, None), |(n, a)| (n, Some(a.to_owned())));
    let owned = lines(bytes).map(|l| l.trim_start_matches('/')).filter(|l| !l.is_empty() && *l != ".").map(|l| (0, l.to_owned())).collect();
    PackageDatabase { owned, ..single(path, owner(name, architecture, path)) }
}

/// `<md5>  usr/share/x`, a line each. distroless images have no lists; there these name the files.
fn checksums(path: &str, bytes: &[u8]) -> PackageDatabase {
    let (name, names_files) = path.strip_prefix(INFO).map_or((path.trim_start_matches(STATUS_D), true), |name| (name, false));
    let name = name.trim_end_matches(".md5sums");
    let (name, architecture) = name.split_once(':').map_or((name, None), |(n, a)| (n, Some(a.to_owned())));
    let mut database = single(path, owner(name, architecture, path));
    let mut recorded = RecordedFiles::default();
    for (digest, file) in lines(bytes).filter_map(|l| l.split_once("  ")) {
        let file = file.trim_start_matches("./").trim_start_matches('/');
        if names_files {
            database.owned.push(0, file);
        }
        if let Some(digest) = unhex(digest).filter(|_| !is_left_out(file)) {
            recorded.push(0, file, RecordedFile::new(FileDigest::Md5(digest)));
        }
    }
    PackageDatabase { recorded, ..database }
}

/// A package known by name only: it tells who owns files, and is merged with its entry in the status file.
fn owner(name: &str, architecture: Option<String>, path: &str) -> Package {
    Package { architecture, ..bytes::package(Ecosystem::Dpkg, name, "", path) }
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &str> {
    bytes.split(|&b| b == b'\n').filter_map(|l| std::str::from_utf8(l).ok()).map(|l| l.trim_end_matches('\r'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assemble::tests::facts_of;

    #[test]
    fn installed_packages_only_and_their_sources() {
        let status = b"Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nSource: glibc (2.36-9)\nVersion: 2.36-9+deb12u1\nInstalled-Size: 12\nSection: libs\nDepends: libgcc-s1, libcrypt1 (>= 1:4.4) | libcrypt\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n";
        let facts = facts_of(&Dpkg, "var/lib/dpkg/status", status);
        let [package] = facts.databases[0].packages.as_slice() else { panic!("{:?}", facts.databases) };
        assert_eq!(
            (package.name.as_str(), package.version.as_str(), package.source.as_deref(), package.installed_bytes),
            ("libc6", "2.36-9+deb12u1", Some("glibc"), 12 * 1024)
        );
        assert_eq!(package.depends, ["libgcc-s1", "libcrypt1", "libcrypt"]);
    }

    #[test]
    fn lists_and_checksums_name_owned_files() {
        let facts = facts_of(&Dpkg, "var/lib/dpkg/info/libc6:amd64.list", b"/.\n/lib\n/lib/x86_64-linux-gnu/libc.so.6\n");
        let database = &facts.databases[0];
        assert_eq!((database.packages[0].name.as_str(), database.packages[0].architecture.as_deref()), ("libc6", Some("amd64")));
        assert_eq!(database.owned.iter().collect::<Vec<_>>(), [(0, "lib"), (0, "lib/x86_64-linux-gnu/libc.so.6")]);
        let facts = facts_of(&Dpkg, "var/lib/dpkg/status.d/tzdata.md5sums", b"0123  usr/share/zoneinfo/UTC\n");
        assert_eq!(facts.databases[0].owned.iter().collect::<Vec<_>>(), [(0, "usr/share/zoneinfo/UTC")]);
        assert!(facts.databases[0].recorded.is_empty(), "that is no digest");
    }

    #[test]
    fn digests_of_files_and_of_configurations() {
        let sum = "0f".repeat(16);
        let text = format!("{sum}  usr/bin/a\n{sum}  usr/share/doc/a/copyright\n{sum} odd\n{}  short\n", &sum[2..]);
        let facts = facts_of(&Dpkg, "var/lib/dpkg/info/a:amd64.md5sums", text.as_bytes());
        let database = &facts.databases[0];
        assert_eq!((database.packages[0].name.as_str(), database.packages[0].architecture.as_deref()), ("a", Some("amd64")));
        let program = RecordedFile::new(FileDigest::Md5([0x0f; 16]));
        assert_eq!(database.recorded.iter().collect::<Vec<_>>(), [(0, "usr/bin/a", &program)]);
        assert!(database.owned.is_empty());
        let status = format!(
            "Package: a\nStatus: install ok installed\nVersion: 1\nConffiles:\n /etc/a {sum}\n /etc/old {sum} obsolete\n /etc/new newconffile\n"
        );
        let facts = facts_of(&Dpkg, "var/lib/dpkg/status", status.as_bytes());
        let config = RecordedFile { config: true, ..program };
        assert_eq!(facts.databases[0].recorded.iter().collect::<Vec<_>>(), [(0, "etc/a", &config)]);
    }
}
