//! Which of several fixes decides about a build of an rpm package.
//!
//! A distribution that is made of RHEL's sources mends one fault several times: once for each minor release that it still looks after, and
//! once for each stream of a module. A build of 9.2 that has the fix is older by number than the fix of 9.4, so the newest fix alone would
//! call it vulnerable (Red Hat's own tables of a CVE list each of them; <https://access.redhat.com/security/updates/backporting>).

use std::cmp::Ordering;

use plimsoll_evidence::Package;
use plimsoll_versions::Scheme;

use crate::store::Builds;

/// Whether a record speaks of builds such as the one that is installed: of its stream of a module, for its architecture. `fixed` is the
/// version that mends it, if any.
pub(super) fn is_of(builds: &Builds, fixed: Option<&str>, package: &Package) -> bool {
    let architecture = package.architecture.as_deref();
    // `src` stands for every package of the source.
    let is_bound = !builds.architectures.is_empty() && builds.architectures != ["src"];
    if is_bound && architecture.is_some_and(|own| own != "noarch" && !builds.architectures.iter().any(|a| a == own)) {
        return false;
    }
    let of_module = !builds.modules.is_empty() || fixed.is_some_and(is_modular);
    let installed = package.modularity.as_deref().map(stream);
    // What a module brings is outside of what is said of the distribution's own build, and the other way round.
    if (of_module || fixed.is_some()) && of_module != (installed.is_some() || is_modular(&package.version)) {
        return false;
    }
    installed.is_none_or(|own| builds.modules.is_empty() || builds.modules.iter().any(|m| m == own))
}

fn is_modular(version: &str) -> bool {
    version.contains(".module_") || version.contains(".module+")
}

/// `nodejs:18:9040020240301111035:rhel9` is of `nodejs:18`.
fn stream(label: &str) -> &str {
    label.match_indices(':').nth(1).map_or(label, |(at, _)| &label[..at])
}

/// The minor release that a build is for, by the tag in its release: 2 of `2.34-60.el9_2.7`, 5 of `….module_el8.5.0+2632+…`.
fn minor(version: &str) -> Option<u32> {
    let (_, release) = version.rsplit_once('-')?;
    release.match_indices("el").find_map(|(at, _)| {
        let before = release[..at].chars().next_back();
        let digits = release[at + 2..].trim_start_matches(|c: char| c.is_ascii_digit());
        if !matches!(before, Some('.' | '_' | '+')) || digits.len() == release.len() - at - 2 {
            return None;
        }
        let rest = digits.strip_prefix(['_', '.'])?;
        // `.el9.1` is a rebuild of 9, `module_el8.5.0` is of 8.5.
        if digits.starts_with('.') && !release[..at].contains("module") {
            return None;
        }
        let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
        number.parse().ok()
    })
}

/// Epoch and upstream's version: what comes before the release.
fn upstream(version: &str) -> (&str, &str) {
    let whole = version.rsplit_once('-').map_or(version, |(v, _)| v);
    whole.split_once(':').unwrap_or(("0", whole))
}

/// Whether a build has a fix, where several are known of one fault. `release` is the minor release of the distribution that it runs on.
pub(super) fn is_mended(installed: &str, release: Option<u32>, fixes: &[&str]) -> bool {
    let order = |a: &str, b: &str| Scheme::Rpm.compare(a, b);
    let has = |fix: &str| order(installed, fix) != Ordering::Less;
    let own = minor(installed);
    // Builds of one minor release follow each other.
    if own.is_some() && fixes.iter().any(|f| minor(f) == own && has(f)) {
        return true;
    }
    // Where upstream's version was raised in between, a fix speaks of its own version's builds.
    let same: Vec<&str> = fixes.iter().copied().filter(|f| upstream(f) == upstream(installed)).collect();
    let among = if same.is_empty() { fixes } else { &same };
    // A build of no minor release is of the line that leads to the next one, whose own fix decides.
    let of_line = among.iter().copied().filter(|f| own.is_none() && minor(f).is_none()).max_by(|a, b| order(a, b));
    if let Some(fix) = of_line {
        return has(fix);
    }
    let later = among.iter().filter(|f| release.is_some_and(|r| minor(f).is_some_and(|m| m >= r)));
    let next = later.copied().min_by(|a, b| minor(a).cmp(&minor(b)).then_with(|| order(b, a)));
    next.or_else(|| among.iter().copied().max_by(|a, b| order(a, b))).is_some_and(has)
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::Ecosystem;

    use super::*;

    /// The cases are those of Grype's tests of Red Hat's records (anchore/grype@4562c55cebba, Apache-2.0), the records Red Hat's own.
    #[test]
    fn the_fix_of_the_own_release_decides() {
        const PYTHON: &[&str] = &["0:3.9.18-3.el9_4.5", "0:3.9.19-8.el9"];
        const MICROCODE: &[&str] = &["4:20191115-4.20200602.2.el8_2", "4:20210216-1.20210608.1.el8_4"];
        const GLIBC: &[&str] = &["0:2.34-60.el9_2.7", "0:2.34-100.el9"];
        const KERNEL: &[&str] = &["0:5.14.0-162.6.1.el9_1", "0:5.14.0-362.8.1.el9_3"];
        let cases: &[(&str, u32, &[&str], bool)] = &[
            ("3.9.18-3.el9_4.5", 4, PYTHON, true),
            ("3.9.18-3.el9_4.4", 4, PYTHON, false),
            ("3.9.18-10.el9_4", 4, PYTHON, true),
            ("3.9.19-1.el9", 4, PYTHON, false),
            ("3.9.19-8.el9", 4, PYTHON, true),
            ("3.9.16-1.el9_2.5", 2, PYTHON, false),
            ("4:20191115-4.20200602.2.el8_2", 2, MICROCODE, true),
            ("4:20191115-4.20200602.1.el8_2", 2, MICROCODE, false),
            ("4:20191115-4.20200602.2.el8_2", 3, MICROCODE, true),
            ("4:20210216-1.20210608.1.el8_4", 4, MICROCODE, true),
            ("4:20210216-1.20210510.1.el8_4", 4, MICROCODE, false),
            ("2.34-60.el9_2.7", 2, GLIBC, true),
            ("2.34-60.el9_2.6", 2, GLIBC, false),
            ("2.34-83.el9", 3, GLIBC, false),
            ("2.34-70.el9", 1, GLIBC, false),
            ("2.34-70.el9_2.8", 2, GLIBC, true),
            ("2.34-100.el9", 5, GLIBC, true),
            ("5.14.0-162.el9_1", 1, KERNEL, false),
            ("5.14.0-162.6.1.el9_1", 1, KERNEL, true),
            ("5.14.0-284.11.1.el9_2", 2, KERNEL, false),
            ("5.14.0-362.8.1.el9_3", 3, KERNEL, true),
            (
                "1.0.5-18.module_el8.5.0+2632+14ced695",
                6,
                &["1.0.5-18.module_el8.5.0+2632+14ced695", "1.0.5-18.module_el8.6.0+2867+72759d2f"],
                true,
            ),
            ("1-1.el9", 0, &[], false),
        ];
        for (installed, release, fixes, wanted) in cases {
            assert_eq!(is_mended(installed, Some(*release), fixes), *wanted, "{installed} on .{release}: {fixes:?}");
        }
        assert!(is_mended("2.34-60.el9_2.8", None, GLIBC), "of the same minor release as a fix, whatever os-release says");
    }

    #[test]
    fn tags() {
        let cases = [
            ("2.34-60.el9_2.7", Some(2)),
            ("4.18.0-553.el8_10", Some(10)),
            ("1-8.el9", None),
            ("1-8.el9.1", None),
            ("1-1.module+el8.3.0+1+a", Some(3)),
            ("1-1.fc40", None),
            ("1-1.model7_3", None),
            ("1", None),
            ("1-el", None),
        ];
        for (version, wanted) in cases {
            assert_eq!(minor(version), wanted, "{version}");
        }
    }

    #[test]
    fn builds() {
        let package = |version: &str, module: Option<&str>, architecture: &str| {
            let mut package = Package::new(Ecosystem::Rpm, "httpd", version, "rpmdb");
            package.modularity = module.map(str::to_owned);
            package.architecture = Some(architecture.to_owned());
            package
        };
        let builds = |modules: &[&str], architectures: &[&str]| Builds {
            modules: modules.iter().map(|m| (*m).to_owned()).collect(),
            architectures: architectures.iter().map(|a| (*a).to_owned()).collect(),
        };
        let modular = "2.4.37-43.module+el8.5.0+1";
        let labelled = package("2.4.37-30.module+el8.3.0+1", Some("httpd:2.4:1:2"), "x86_64");
        assert!(is_of(&builds(&["httpd:2.4"], &[]), Some(modular), &labelled));
        assert!(!is_of(&builds(&["httpd:2.6"], &[]), Some(modular), &labelled));
        assert!(is_of(&builds(&[], &[]), Some(modular), &labelled), "the record does not say of which stream");
        assert!(is_of(&builds(&["httpd:2.4"], &[]), Some(modular), &package("2.4.37-30.module+el8.3.0+1", None, "x86_64")));
        assert!(!is_of(&builds(&["httpd:2.4"], &[]), Some(modular), &package("2.4.37-30.el8", None, "x86_64")));
        assert!(!is_of(&builds(&[], &[]), Some("2.4.37-43.el8"), &labelled));
        assert!(!is_of(&builds(&["httpd:2.6"], &[]), None, &labelled), "what is not mended is of a stream too");
        assert!(is_of(&builds(&[], &["x86_64"]), None, &package("1-1", None, "x86_64")));
        assert!(!is_of(&builds(&[], &["aarch64"]), None, &package("1-1", None, "x86_64")));
    }
}
