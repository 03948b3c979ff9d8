//! What build files download, and whether they check it.

use plimsoll_evidence::{Deed, Does, Download, Evidence, Install, Says, Transfer};

use super::{ADDED, CHECKS_OFF, ENV_OFF, MOVING, NO_DIGESTS, PIPED, PLAIN, TRUSTED_SOURCE, UNVERIFIED, VARIABLES, WEAK, turns_off};
use crate::built::{Doing, doings, known, need_unread, steps};
use crate::case::Case;
use crate::items::reproducible_build::{is_commit, repository};
use crate::shown::list;

/// Judges the build files; how many RUN instructions they have.
pub(super) fn judge(case: &mut Case<'_>, evidence: &Evidence) -> usize {
    let mut runs = 0;
    for step in steps(evidence) {
        match &step.instruction.says {
            Says::Run(_) => runs += 1,
            Says::Copy(transfer) => added(case, transfer),
            Says::Settings(settings) if matches!(step.instruction.name.as_str(), "ENV" | "ARG") => {
                for setting in settings {
                    let value = setting.value.as_ref().and_then(known).unwrap_or_default();
                    let off = VARIABLES.iter().any(|(name, values)| *name == setting.name.value && turns_off(values, value));
                    // What ships is told by the image's own environment.
                    if off && !(evidence.image.found().is_some() && step.ships && step.instruction.name == "ENV") {
                        case.find(&ENV_OFF)
                            .about(&setting.name.value)
                            .says(format!("{}={value} turns off a check in every command that follows.", setting.name.value))
                            .in_source(setting.name.place)
                            .add();
                    }
                }
            }
            _ => {}
        }
    }
    for Doing { deed, .. } in doings(evidence) {
        done(case, deed);
    }
    need_unread(case, evidence);
    runs
}

fn done(case: &mut Case<'_>, deed: &Deed) {
    match &deed.does {
        Does::RunsDownload { url } => {
            let from = url.as_deref().map(|u| format!(" from {u:?}")).unwrap_or_default();
            case.find(&PIPED)
                .about(&deed.command)
                .says(format!("The step runs what it downloads{from}, unseen: {:?}.", deed.command))
                .in_source(deed.place)
                .add();
        }
        Does::Download(download) => downloaded(case, download),
        Does::Unchecked { option } if option.value.contains("trusted=yes") || option.value.contains("gpgcheck") => {
            case.find(&TRUSTED_SOURCE)
                .about(&option.value)
                .says(format!("{:?} turns off the signature of a package source.", option.value))
                .in_source(option.place)
                .add();
        }
        Does::Unchecked { option } => {
            let program = deed.command.split_whitespace().next().unwrap_or_default();
            case.find(&CHECKS_OFF)
                .about(format!("{program} {}", option.value))
                .says(format!("{program} runs with {:?}, which turns off a check.", option.value))
                .in_source(option.place)
                .add();
        }
        Does::UncheckedVariable { name, value } => {
            case.find(&ENV_OFF)
                .about(name)
                .says(format!("{name}={value} turns off a check in the commands of this step."))
                .in_source(deed.place)
                .add();
        }
        Does::Verify { with, weak: true } => {
            case.find(&WEAK).about(with).says(format!("The step checks with {with}.")).in_source(deed.place).add();
        }
        Does::Clone(checkout) if !checkout.pinned => {
            let at = checkout.reference.as_deref().map_or_else(|| "no reference".to_owned(), |r| format!("{r:?}"));
            case.find(&MOVING)
                .about(&checkout.url.value)
                .says(format!("git takes {:?} with {at} and no commit.", checkout.url.value))
                .in_source(checkout.url.place)
                .add();
        }
        Does::Install(install) => installed(case, install),
        _ => {}
    }
}

/// Whether what is downloaded becomes a part of something: a file, or what a pipe unpacks. What is only looked at, such as the newest
/// version's number, does not.
fn is_kept(download: &Download) -> bool {
    match download.piped_into.as_deref() {
        None => download.to.is_some(),
        Some(reader) => matches!(
            reader,
            "tar" | "bsdtar" | "unzip" | "cpio" | "dpkg" | "rpm" | "dd" | "install" | "psql" | "mysql" | "docker" | "patch" | "git"
        ),
    }
}

fn downloaded(case: &mut Case<'_>, download: &Download) {
    let url = download.url.value.as_str();
    // A key decides which signatures count: it has to come over a connection that nobody can change.
    let key = download.proof || matches!(download.piped_into.as_deref(), Some("apt-key" | "gpg" | "gpg2"));
    if download.verified.is_some() || !(is_kept(download) || key) {
        return;
    }
    if url.starts_with("http://") || url.starts_with("ftp://") {
        case.find(&PLAIN)
            .about(url)
            .says(format!("{} takes {url:?} over an open connection, and nothing checks it.", download.with))
            .in_source(download.url.place)
            .add();
    } else if !key {
        case.find(&UNVERIFIED)
            .about(url)
            .says(format!("{} takes {url:?}, and nothing in the step checks it.", download.with))
            .in_source(download.url.place)
            .add();
    }
}

fn added(case: &mut Case<'_>, transfer: &Transfer) {
    if transfer.checksum.is_some() {
        return;
    }
    for source in &transfer.sources {
        let url = source.value.text.as_str();
        match repository(url) {
            Some(reference) if is_commit(reference) => {}
            Some(_) => case.find(&MOVING).about(url).says(format!("ADD takes {url:?} without a commit.")).in_source(source.place).add(),
            None if url.starts_with("http://") => {
                case.find(&PLAIN)
                    .about(url)
                    .says(format!("ADD takes {url:?} over an open connection, unchecked."))
                    .in_source(source.place)
                    .add();
            }
            None if url.starts_with("https://") || url.starts_with("ftp://") => {
                case.find(&ADDED).about(url).says(format!("ADD downloads {url:?} without a checksum.")).in_source(source.place).add();
            }
            None => {}
        }
    }
}

/// Package managers that check digests or signatures of what they install without being asked: the distributions' own by signed lists,
/// Go by its checksum database.
const CHECKING: &[&str] =
    &["apt-get", "apt", "aptitude", "apt-fast", "apk", "yum", "dnf", "dnf5", "microdnf", "tdnf", "zypper", "pacman", "go", "brew", "snap"];

fn installed(case: &mut Case<'_>, install: &Install) {
    // A file from an address is no package of a repository: no list has its digest.
    for package in install.packages.iter().filter(|p| p.value.name.contains("://") && !p.value.name.contains("#sha256=")) {
        let name = package.value.name.as_str();
        let (rule, how) = if name.contains("git+") || repository(name).is_some() {
            if package.value.pinned {
                continue;
            }
            (&MOVING, "without a commit")
        } else if name.starts_with("http://") {
            (&PLAIN, "over an open connection")
        } else {
            (&UNVERIFIED, "by its address, which no list has a digest for")
        };
        case.find(rule).about(name).says(format!("{} installs {name:?} {how}.", install.manager)).in_source(package.place).add();
    }
    if install.locked || install.local || CHECKING.contains(&install.manager.as_str()) {
        return;
    }
    let own = |name: &str| name.is_empty() || name.starts_with(['.', '/']) || name.contains("://") || name.starts_with('$');
    let by_name: Vec<_> = install.packages.iter().filter(|p| !own(&p.value.name)).collect();
    if let Some(first) = by_name.first() {
        let names: Vec<&str> = by_name.iter().map(|p| p.value.name.as_str()).collect();
        case.find(&NO_DIGESTS)
            .about(names.join(" "))
            .says(format!("{} installs {} by name; what it must be is not known beforehand.", install.manager, list(&names, 6)))
            .in_source(first.place)
            .add();
    }
    for file in &install.lists {
        let (what, how) = match install.manager.as_str() {
            "pip" | "pip3" | "uv" | "pipx" => {
                (format!("whether {file} has a digest for each package"), "give the source, or write pip install --require-hashes")
            }
            "gradlew" | "mvnw" => (
                format!("whether what {} fetches for {file} is checked by digest", install.manager),
                "give the source, or keep digests: distributionSha256Sum of the wrapper, and Gradle's verification-metadata.xml",
            ),
            _ => (
                format!("whether {file} is there and kept: {} may change it", install.manager),
                "give the source, or freeze the lock file: npm ci, --frozen-lockfile, --locked",
            ),
        };
        case.need(what, how);
    }
}

#[cfg(test)]
mod tests {
    use super::super::ITEM;
    use crate::built::tests::{alone, lines, with};
    use crate::testkit::Kit;

    #[test]
    fn wrappers_of_build_tools_are_asked_about() {
        for (run, asked) in [("./gradlew build", true), ("./mvnw package", true), ("./mvnw -o package", false), ("make", false)] {
            let verdict = alone(&format!("FROM a\nRUN {run}\n")).judge(&ITEM);
            assert_eq!(verdict.needs.iter().any(|need| need.what.contains("fetches for")), asked, "{run}");
        }
    }

    #[test]
    fn cases() {
        let cases = [
            ("RUN curl -sSL https://x.test/i.sh | bash", "fail: piped-to-shell:2:5"),
            ("RUN bash -c \"$(curl -fsSL https://x.test/i.sh)\"", "fail: piped-to-shell:2:5"),
            ("RUN curl -LO https://x.test/a.tgz", "fail: unverified-download:2:14"),
            ("RUN curl -LO https://x.test/a.tgz && echo 'aa  a.tgz' | sha256sum -c", "unknown"),
            (
                "RUN curl -LO https://x.test/a.tgz && curl -LO https://x.test/b.tgz && echo 'aa  a.tgz' | sha256sum -c",
                "fail: unverified-download:2:47",
            ),
            ("RUN curl -LO https://x.test/a.tgz && curl -LO https://x.test/a.tgz.asc && gpg --verify a.tgz.asc a.tgz", "unknown"),
            ("RUN curl -L https://x.test/a.tgz | tar xz", "fail: unverified-download:2:13"),
            ("RUN V=$(curl -s https://x.test/version) && echo $V", "unknown"),
            ("RUN curl -s https://x.test/latest | grep tag_name", "unknown"),
            ("RUN wget http://x.test/a.tgz", "fail: plain-http:2:10"),
            ("RUN wget -qO- http://x.test/key | apt-key add -", "fail: plain-http:2:15"),
            ("RUN wget -qO- https://x.test/key | gpg --dearmor > /k", "unknown"),
            ("RUN curl -k https://x.test/a -o a && echo 'aa a' | sha256sum -c", "fail: checks-turned-off:2:10"),
            ("RUN echo 'deb [trusted=yes] https://x.test/ a b' > /etc/apt/sources.list", "fail: unsigned-package-source:2:10"),
            ("RUN NODE_TLS_REJECT_UNAUTHORIZED=0 npm ci", "fail: checks-off-in-environment:2:34"),
            ("ENV PYTHONHTTPSVERIFY=0", "fail: checks-off-in-environment:2:5"),
            ("ADD https://x.test/a /a", "fail: unchecked-add:2:5"),
            ("ADD --checksum=sha256:aa https://x.test/a /a", "unknown"),
            ("ADD http://x.test/a /a", "fail: plain-http:2:5"),
            ("RUN pip install flask==1.0", "fail: packages-without-digests:2:17"),
            ("RUN pip install -r requirements.txt", "unknown"),
            ("RUN pip install --require-hashes -r requirements.txt", "unknown"),
            ("RUN pip install .", "unknown"),
            ("RUN npm ci", "unknown"),
            ("RUN yum install -y https://x.test/a.rpm", "fail: unverified-download:2:20"),
            ("RUN git clone https://x.test/y", "fail: source-without-commit:2:15"),
            ("RUN echo 'aa a' | md5sum -c", "fail: weak-checksum:2:19"),
            ("RUN apt-get install -y curl", "unknown"),
        ];
        for (text, wanted) in cases {
            assert_eq!(lines(&alone(&format!("FROM a\n{text}\n")), &ITEM), wanted, "{text}");
        }
    }

    #[test]
    fn with_the_image_it_can_pass() {
        let kit =
            |command: &str| with(Kit::new().layer(&format!("RUN /bin/sh -c {command} # buildkit")), &format!("FROM a\nRUN {command}\n"));
        assert_eq!(lines(&kit("npm ci"), &ITEM), "pass");
        assert_eq!(lines(&kit("curl https://x.test/i | sh"), &ITEM), "fail: piped-to-shell:2:5");
        assert_eq!(lines(&kit("pip install -r r.txt"), &ITEM), "unknown");
    }
}
