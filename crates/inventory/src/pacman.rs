//! pacman's database of installed packages: `var/lib/pacman/local/NAME-VERSION-RELEASE/desc` and `files` (libalpm's local database, format
//! 9): a line `%FIELD%`, its values, an empty line.

use plimsoll_evidence::{Ecosystem, FileEntry, LayerFacts, Package, PackageDatabase, Problem};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::bytes::{held, package, short, single};

const MOST: usize = 16 << 20;
const LOCAL: &str = "var/lib/pacman/local/";

/// Reads pacman's database.
pub struct Pacman;

impl Analyser for Pacman {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "pacman", version: 1 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        let wanted = entry.path.starts_with(LOCAL) && matches!(entry.name(), "desc" | "files");
        if wanted { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let text = String::from_utf8_lossy(held(entry, content, MOST)?);
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

    proptest! {
        #[test]
        fn any_text_ends(text in "[%A-Z\n a-z-]{0,200}") {
            look_in_memory(&Pacman, "var/lib/pacman/local/a-1-1/desc", text.as_bytes());
        }
    }
}
