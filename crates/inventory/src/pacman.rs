//! pacman's database of installed packages: `var/lib/pacman/local/NAME-VERSION-RELEASE/desc` and `files` (libalpm's local database, format
//! 9): a line `%FIELD%`, its values, an empty line. Beside them `mtree` (mtree(5), gzip) has the digest of each file.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;
use plimsoll_evidence::{
    Ecosystem, FileDigest, FileEntry, LayerFacts, Package, PackageDatabase, Problem, ProblemKind, RecordedFile, RecordedFiles,
};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::bytes::{held, package, short, single, unhex, unread};

const MOST: usize = 16 << 20;
/// Bytes of an `mtree` once it is inflated.
const MOST_UNPACKED: u64 = 64 << 20;
const LOCAL: &str = "var/lib/pacman/local/";

/// Reads pacman's database.
pub struct Pacman;

impl Analyser for Pacman {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "pacman", version: 2 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        let wanted = entry.path.starts_with(LOCAL) && matches!(entry.name(), "desc" | "files" | "mtree");
        if wanted { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let bytes = held(entry, content, MOST)?;
        if entry.name() == "mtree" {
            let recorded = digests(&unpacked(entry, bytes)?);
            let keeper = package(Ecosystem::Pacman, directory_name(&entry.path), "", &entry.path);
            facts.databases.push(PackageDatabase { recorded, ..single(&entry.path, keeper) });
            return Ok(());
        }
        let text = String::from_utf8_lossy(bytes);
        if entry.name() == "files" {
            let owned = values(&text, "FILES").filter(|f| !f.ends_with('/')).map(|f| (0, f)).collect();
            let keeper = package(Ecosystem::Pacman, directory_name(&entry.path), "", &entry.path);
            facts.databases.push(PackageDatabase { owned, ..single(&entry.path, keeper) });
            return Ok(());
        }
        let one = |field: &str| values(&text, field).next();
        if let (Some(name), Some(version)) = (one("NAME"), one("VERSION")) {
            facts.databases.push(single(
                &entry.path,
                Package {
                    architecture: one("ARCH").map(short),
                    source: one("BASE").filter(|b| *b != name).map(short),
                    installed_bytes: one("SIZE").and_then(|s| s.parse().ok()).unwrap_or(0),
                    supplier: one("PACKAGER").filter(|p| *p != "Unknown Packager").map(short),
                    homepage: one("URL").map(short),
                    licences: values(&text, "LICENSE").map(short).collect(),
                    depends: values(&text, "DEPENDS").map(|d| short(d.split(['<', '>', '=']).next().unwrap_or(d))).collect(),
                    ..package(Ecosystem::Pacman, name, version, &entry.path)
                },
            ));
        }
        Ok(())
    }
}

fn unpacked(entry: &FileEntry, bytes: &[u8]) -> Result<String, Problem> {
    let mut text = Vec::new();
    MultiGzDecoder::new(bytes)
        .take(MOST_UNPACKED + 1)
        .read_to_end(&mut text)
        .map_err(|error| unread(entry, ProblemKind::Malformed, &format!("its digests cannot be inflated ({error})")))?;
    if text.len() as u64 > MOST_UNPACKED {
        return Err(unread(entry, ProblemKind::Limit, &format!("its digests have more than {} MiB", MOST_UNPACKED >> 20)));
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The digests of files. Times are those of the build, and nothing of it is newer than its newest file.
fn digests(text: &str) -> RecordedFiles {
    let mut files = Vec::new();
    // What holds where a line does not say otherwise: `/set type=file uid=0 gid=0 mode=644`.
    let (mut kind, mut built) = ("file", None);
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        let Some(first) = words.next() else { continue };
        if first == "/set" {
            kind = words.find_map(|w| w.strip_prefix("type=")).unwrap_or(kind);
            continue;
        }
        // What describes the package itself (`./.PKGINFO`) is not installed.
        let Some(path) = first.strip_prefix("./").filter(|p| !p.starts_with('.')) else { continue };
        let (mut own, mut size, mut digest) = (kind, None, None);
        for word in words {
            match word.split_once('=') {
                Some(("type", value)) => own = value,
                Some(("size", value)) => size = value.parse().ok(),
                Some(("time", value)) => built = built.max(value.split('.').next().and_then(|t| t.parse::<i64>().ok())),
                Some(("sha256digest" | "sha256", value)) => digest = unhex(value).map(FileDigest::Sha256).or(digest),
                Some(("md5digest" | "md5", value)) => digest = digest.or(unhex(value).map(FileDigest::Md5)),
                _ => {}
            }
        }
        if own == "file"
            && let Some(digest) = digest
        {
            files.push((unescaped(path), size, digest));
        }
    }
    let mut recorded = RecordedFiles::default();
    for (path, size, digest) in files {
        // Which of them are configurations (`%BACKUP%`) stands in another file; packages keep theirs below /etc.
        let config = path.starts_with("etc/");
        recorded.push(0, &path, RecordedFile { digest, size, built, config });
    }
    recorded
}

/// Bytes that are no plain letters are written as `\040`.
fn unescaped(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        let octal = match after {
            [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] if *first == b'\\' => {
                Some((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'))
            }
            _ => None,
        };
        bytes.push(octal.unwrap_or(*first));
        rest = if octal.is_some() { &after[3..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `zlib` of `…/local/zlib-1:1.3-1/files`.
fn directory_name(path: &str) -> &str {
    let directory = path.strip_prefix(LOCAL).and_then(|p| p.split('/').next()).unwrap_or_default();
    directory.rsplitn(3, '-').nth(2).unwrap_or(directory)
}

fn values<'a>(text: &'a str, field: &str) -> impl Iterator<Item = &'a str> {
    let mut lines = text.lines();
    let title = format!("%{field}%");
    let found = lines.any(|l| l.trim_end() == title);
    lines.take_while(move |l| found && !l.trim().is_empty()).map(str::trim)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testkit::{look_in_memory, packages};

    #[test]
    fn a_package_and_its_files() {
        let place = "var/lib/pacman/local/gcc-libs-13.2.1-3";
        let desc = b"%NAME%\ngcc-libs\n\n%VERSION%\n13.2.1-3\n\n%BASE%\ngcc\n\n%ARCH%\nx86_64\n\n%LICENSE%\nGPL3\nLGPL\n\n%DEPENDS%\nglibc>=2.27\n\n";
        let (facts, _) = look_in_memory(&Pacman, &format!("{place}/desc"), desc);
        assert_eq!(packages(&facts), [("gcc-libs", "13.2.1-3", format!("{place}/desc").as_str())]);
        let found = &facts.databases[0].packages[0];
        assert_eq!((found.source.as_deref(), found.depends.as_slice(), found.licences.len()), (Some("gcc"), &["glibc".to_owned()][..], 2));
        let (facts, _) = look_in_memory(&Pacman, &format!("{place}/files"), b"%FILES%\nusr/\nusr/lib/libgcc_s.so\n\n%BACKUP%\nx\n");
        assert_eq!(facts.databases[0].owned.iter().collect::<Vec<_>>(), [(0, "usr/lib/libgcc_s.so")]);
        assert_eq!(facts.databases[0].packages[0].name, "gcc-libs");
    }

    /// After gmp's of 2022 (carried by anchore/syft@bf82010f3c38), shortened.
    const MTREE: &str = "#mtree\n/set type=file uid=0 gid=0 mode=644\n\
        ./.PKGINFO time=1653121258.0 size=350 md5digest=49555cd37fc19c0a9f246dc9f31e2f89 sha256digest=ed77be919245f32ecf06ea92b5a871e5fdc598d0fe91c2508895b1266b07829c\n\
        ./usr time=1653121258.0 type=dir\n\
        ./usr/include/gmp.h time=1653121258.0 size=84140 md5digest=76595f70565c72550eb520809bf86856 sha256digest=91a614b9202453153fe3b7512d15e89659108b93ce8841c8e13789eb85da9e3a\n\
        ./etc/a\\040b time=1653121200.0 size=2 md5digest=76595f70565c72550eb520809bf86856\n\
        /set type=link\n./usr/lib/libgmp.so time=1653121258.0 mode=777 link=libgmp.so.10.4.1\n";

    fn packed(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn digests_of_files() {
        let place = "var/lib/pacman/local/gmp-6.2.1-2/mtree";
        let (facts, problem) = look_in_memory(&Pacman, place, &packed(MTREE));
        assert!(problem.is_none());
        let recorded: Vec<_> = facts.databases[0].recorded.iter().map(|(_, path, file)| (path.to_owned(), *file)).collect();
        let said: Vec<String> = recorded
            .iter()
            .map(|(path, file)| {
                format!("{path} {:?} {:?} {} {}", file.size, file.built, file.config, matches!(file.digest, FileDigest::Sha256(_)))
            })
            .collect();
        assert_eq!(
            said,
            ["usr/include/gmp.h Some(84140) Some(1653121258) false true", "etc/a b Some(2) Some(1653121258) true false"],
            "neither links nor what describes the package"
        );
        assert_eq!(facts.databases[0].packages[0].name, "gmp");
        assert!(look_in_memory(&Pacman, place, b"\x1f\x8bno").1.is_some());
    }

    proptest! {
        #[test]
        fn any_mtree_ends(text in "[/sete=file.0-9 \\\\\n]{0,200}") {
            look_in_memory(&Pacman, "var/lib/pacman/local/a-1-1/mtree", &packed(&text));
        }

        #[test]
        fn any_text_ends(text in "[%A-Z\n a-z-]{0,200}") {
            look_in_memory(&Pacman, "var/lib/pacman/local/a-1-1/desc", text.as_bytes());
        }
    }
}
