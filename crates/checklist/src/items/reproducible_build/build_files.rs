//! What build files say against a build that can be repeated.

use plimsoll_evidence::{Deed, Does, Evidence, Install, Says, Transfer};

use super::{BRANCH, UNCHECKED, UNPINNED};
use crate::built::{Doing, doings, known, steps};
use crate::case::Case;
use crate::shown::{count, list};

pub(super) fn judge(case: &mut Case<'_>, evidence: &Evidence) {
    for Doing { deed, .. } in doings(evidence) {
        match &deed.does {
            Does::Install(install) if !install.local => unpinned(case, deed, install),
            Does::Upgrade { manager } => {
                case.find(&UNPINNED)
                    .about(&deed.command)
                    .says(format!("{manager} brings everything to the newest version: {:?}.", deed.command))
                    .in_source(deed.place)
                    .add();
            }
            Does::Clone(checkout) if !checkout.pinned && !checkout.reference.as_deref().is_some_and(is_release) => {
                let what =
                    checkout.reference.as_ref().map_or_else(|| "the newest commit".to_owned(), |r| format!("what {r:?} is just then"));
                case.find(&BRANCH)
                    .about(&deed.command)
                    .says(format!("git takes {what} of {:?}.", checkout.url.value))
                    .in_source(checkout.url.place)
                    .add();
            }
            Does::Download(download) if download.moves && download.verified.is_none() && !download.proof => {
                case.find(&BRANCH)
                    .about(&download.url.value)
                    .says(format!("{} takes what moves: {:?}.", download.with, download.url.value))
                    .in_source(download.url.place)
                    .add();
            }
            _ => {}
        }
    }
    for step in steps(evidence) {
        if let Says::Copy(transfer) = &step.instruction.says {
            added(case, transfer);
        }
    }
}

/// A tag of a release by its looks: a version. Tags can be moved, but by habit are not.
fn is_release(reference: &str) -> bool {
    let bare = reference.trim_start_matches("refs/tags/").trim_start_matches(|c: char| !c.is_ascii_digit() && c != '$');
    bare.starts_with('$') || (bare.starts_with(|c: char| c.is_ascii_digit()) && bare.contains(['.', '_', '-']))
}

fn unpinned(case: &mut Case<'_>, deed: &Deed, install: &Install) {
    let loose: Vec<_> = install.packages.iter().filter(|p| !p.value.pinned).collect();
    if let Some(first) = loose.first() {
        let names: Vec<&str> = loose.iter().map(|p| p.value.name.as_str()).collect();
        let says = format!("{} installs {} without one version: {}.", install.manager, count(names.len(), "package"), list(&names, 6));
        case.find(&UNPINNED).about(names.join(" ")).says(says).in_source(first.place).add();
    } else if !install.locked && install.packages.is_empty() && install.lists.iter().any(|l| l == "package.json") {
        let frozen = match install.manager.as_str() {
            "npm" | "cnpm" => "npm ci",
            _ => "install --frozen-lockfile",
        };
        case.find(&UNPINNED)
            .about(&deed.command)
            .says(format!("{:?} may take newer versions than the lock file has.", deed.command))
            .fix(format!("Write {frozen}, which takes what the lock file has and nothing else."))
            .in_source(deed.place)
            .add();
    }
}

/// `ADD` of an address: a file without a checksum, or a repository without a commit.
fn added(case: &mut Case<'_>, transfer: &Transfer) {
    if transfer.checksum.is_some() {
        return;
    }
    for source in &transfer.sources {
        let Some(url) = known(source).filter(|url| url.contains("://") || url.starts_with("git@")) else { continue };
        match repository(url) {
            Some(reference) if is_commit(reference) || is_release(reference) => {}
            Some(_) => case
                .find(&BRANCH)
                .about(url)
                .says(format!("ADD takes a repository as it is just then: {url:?}."))
                .in_source(source.place)
                .add(),
            None => {
                case.find(&UNCHECKED).about(url).says(format!("ADD downloads {url:?} without a checksum.")).in_source(source.place).add();
            }
        }
    }
}

/// The reference of an address that is a repository to BuildKit, one that ends in `.git` or begins with `git`; empty where it names none.
pub(crate) fn repository(url: &str) -> Option<&str> {
    let (path, reference) = url.split_once('#').unwrap_or((url, ""));
    let path = path.split('?').next().unwrap_or(path);
    let remote = url.contains("://") && path.ends_with(".git");
    let is_repository = remote || url.starts_with("git@") || url.starts_with("git://") || url.starts_with("ssh://");
    is_repository.then(|| reference.split(':').next().unwrap_or(reference))
}

pub(crate) fn is_commit(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::super::ITEM;
    use crate::built::tests::{alone, lines, with};
    use crate::testkit::Kit;

    #[test]
    fn requirement_files_are_judged_where_they_are_read() {
        let file = "FROM a\nWORKDIR /w\nCOPY r.txt .\nRUN pip install -r r.txt\n";
        for (text, found) in [("flask\n", true), ("flask==3.0.3\n", false)] {
            let verdict = crate::built::tests::in_context(Kit::new(), file, &[("r.txt", text)]).without_image().judge(&ITEM);
            assert_eq!(verdict.findings.iter().any(|f| f.message.contains("flask")), found, "{text}");
        }
    }

    #[test]
    fn cases() {
        let cases = [
            ("RUN apt-get update && apt-get install -y curl=7.1 git", "fail: unpinned-install:2:51"),
            ("RUN apt-get install -y curl=7.1", "unknown"),
            ("RUN apk add --no-cache curl~8.5", "unknown"),
            ("RUN pip install -r r.txt flask==1.0", "unknown"),
            ("RUN npm install", "fail: unpinned-install:2:5"),
            ("RUN npm ci", "unknown"),
            ("RUN yarn install", "fail: unpinned-install:2:5"),
            ("RUN yarn install --frozen-lockfile", "unknown"),
            ("RUN apt-get -y upgrade", "fail: unpinned-install:2:5"),
            ("RUN git clone https://x.test/y", "fail: unpinned-source:2:15"),
            ("RUN git clone -b v1.2.3 https://x.test/y", "unknown"),
            ("RUN git clone -b main https://x.test/y", "fail: unpinned-source:2:23"),
            ("ARG V=1\nRUN curl -LO https://x.test/releases/latest/download/y", "fail: unpinned-source:3:14"),
            ("ADD https://x.test/y /", "fail: download-without-checksum:2:5"),
            ("ADD --checksum=sha256:00 https://x.test/y /", "unknown"),
            ("ADD https://x.test/y.git /s", "fail: unpinned-source:2:5"),
            ("ADD https://x.test/y.git#v1.2 /s", "unknown"),
            ("RUN for p in a b=1; do apt-get install -y $p; done", "fail: unpinned-install:2:43"),
            ("RUN <<E\npip install a\nE", "fail: unpinned-install:3:13"),
        ];
        for (text, wanted) in cases {
            assert_eq!(lines(&alone(&format!("FROM a\n{text}\n")), &ITEM), wanted, "{text}");
        }
        // Other stages are inputs too.
        assert_eq!(lines(&alone("FROM a AS b\nRUN pip install x\nFROM c\nCOPY --from=b /x /\n"), &ITEM), "fail: unpinned-install:2:17");
    }

    #[test]
    fn a_step_is_told_once() {
        let kit = with(Kit::new().layer("RUN /bin/sh -c pip install x # buildkit"), "FROM a\nRUN pip install x\n");
        assert_eq!(lines(&kit, &ITEM), "fail: unpinned-install:2:17");
        let other = with(Kit::new().layer("RUN /bin/sh -c pip install y # buildkit"), "FROM a\nRUN pip install x\n");
        assert_eq!(lines(&other, &ITEM), "fail: unpinned-install, unpinned-install:2:17");
    }
}
