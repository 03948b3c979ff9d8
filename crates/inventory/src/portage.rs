//! Portage's database of installed packages: `var/db/pkg/CATEGORY/NAME-VERSION/`, of which `CONTENTS` lists the files (Package Manager
//! Specification, 8, 3.2 for names and versions).

use plimsoll_evidence::{Ecosystem, FileEntry, LayerFacts, PackageDatabase, Problem};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::bytes::{database, held, package};

const MOST: usize = 32 << 20;
const PLACE: &str = "var/db/pkg/";

/// Reads Portage's database.
pub struct Portage;

impl Analyser for Portage {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "portage", version: 1 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        if name_and_version(&entry.path).is_some() { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let Some((name, version)) = name_and_version(&entry.path) else { return Ok(()) };
        let text = String::from_utf8_lossy(held(entry, content, MOST)?);
        // `obj /usr/bin/x MD5 TIME`, `sym /a -> b TIME`: paths may hold spaces.
        let object = |l: &str| l.strip_prefix("obj /").and_then(|rest| rest.rsplitn(3, ' ').nth(2).map(str::to_owned));
        let link = |l: &str| l.strip_prefix("sym /").and_then(|rest| rest.split(" -> ").next().map(str::to_owned));
        let owned = text.lines().filter_map(|l| object(l).or_else(|| link(l))).map(|path| (0, path)).collect();
        let packages = vec![package(Ecosystem::Portage, &name, &version, &entry.path)];
        facts.databases.push(PackageDatabase { owned, ..database(&entry.path, packages) });
        Ok(())
    }
}

/// `app-shells/bash`, `5.2_p21-r1` of `var/db/pkg/app-shells/bash-5.2_p21-r1/CONTENTS`.
fn name_and_version(path: &str) -> Option<(String, String)> {
    let (category, rest) = path.strip_prefix(PLACE)?.split_once('/')?;
    let directory = rest.strip_suffix("/CONTENTS").filter(|d| !d.contains('/'))?;
    // The version begins after the last hyphen that a digit follows, not counting the revision's.
    let whole =
        directory.rsplit_once("-r").filter(|(_, r)| !r.is_empty() && r.bytes().all(|b| b.is_ascii_digit())).map_or(directory, |(d, _)| d);
    let at = whole.rmatch_indices('-').map(|(at, _)| at).find(|at| whole[at + 1..].starts_with(|c: char| c.is_ascii_digit()))?;
    Some((format!("{category}/{}", &directory[..at]), directory[at + 1..].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{look_in_memory, packages};

    #[test]
    fn names_versions_and_files() {
        for (path, wanted) in [
            ("var/db/pkg/app-shells/bash-5.2_p21-r1/CONTENTS", Some(("app-shells/bash", "5.2_p21-r1"))),
            ("var/db/pkg/x11-libs/gtk+-3.24/CONTENTS", Some(("x11-libs/gtk+", "3.24"))),
            ("var/db/pkg/sys-libs/db-5.3.28-r2/CONTENTS", Some(("sys-libs/db", "5.3.28-r2"))),
            ("var/db/pkg/a/b/CONTENTS", None),
            ("var/db/pkg/a/b-1/USE", None),
        ] {
            let found = name_and_version(path);
            assert_eq!(found.as_ref().map(|(n, v)| (n.as_str(), v.as_str())), wanted, "{path}");
        }
        let text = b"dir /usr\nobj /usr/bin/a b 0123 17\nsym /usr/bin/c -> d 17\n";
        let (facts, _) = look_in_memory(&Portage, "var/db/pkg/app/x-1/CONTENTS", text);
        assert_eq!(packages(&facts).len(), 1);
        assert_eq!(facts.databases[0].owned.iter().collect::<Vec<_>>(), [(0, "usr/bin/a b"), (0, "usr/bin/c")]);
    }
}
