//! When distributions and language runtimes stop getting security fixes.
//!
//! Dates are meant to be those that each project publishes (for Debian: of its long-term support). They were put down from knowledge of
//! them and are still to be checked against a published table. A version that is not listed is not judged.

use plimsoll_evidence::ImageFacts;

use crate::dates::day;

/// `ID` of os-release, the start of `VERSION_ID`, and the last day of support.
const DISTRIBUTIONS: &[(&str, &str, &str)] = &[
    ("debian", "8", "2020-06-30"),
    ("debian", "9", "2022-06-30"),
    ("debian", "10", "2024-06-30"),
    ("debian", "11", "2026-08-31"),
    ("debian", "12", "2028-06-30"),
    ("ubuntu", "14.04", "2019-04-25"),
    ("ubuntu", "16.04", "2021-04-30"),
    ("ubuntu", "18.04", "2023-05-31"),
    ("ubuntu", "20.04", "2025-05-31"),
    ("ubuntu", "22.04", "2027-06-01"),
    ("ubuntu", "23.04", "2024-01-25"),
    ("ubuntu", "23.10", "2024-07-11"),
    ("ubuntu", "24.04", "2029-05-31"),
    ("ubuntu", "24.10", "2025-07-10"),
    ("ubuntu", "25.04", "2026-01-15"),
    ("alpine", "3.10", "2021-05-01"),
    ("alpine", "3.11", "2021-11-01"),
    ("alpine", "3.12", "2022-05-01"),
    ("alpine", "3.13", "2022-11-01"),
    ("alpine", "3.14", "2023-05-01"),
    ("alpine", "3.15", "2023-11-01"),
    ("alpine", "3.16", "2024-05-23"),
    ("alpine", "3.17", "2024-11-22"),
    ("alpine", "3.18", "2025-05-09"),
    ("alpine", "3.19", "2025-11-01"),
    ("alpine", "3.20", "2026-04-01"),
    ("alpine", "3.21", "2026-11-01"),
    ("alpine", "3.22", "2027-05-01"),
    ("centos", "6", "2020-11-30"),
    ("centos", "7", "2024-06-30"),
    ("centos", "8", "2024-05-31"),
    ("centos", "9", "2027-05-31"),
    ("rhel", "6", "2020-11-30"),
    ("rhel", "7", "2024-06-30"),
    ("rhel", "8", "2029-05-31"),
    ("rhel", "9", "2032-05-31"),
    ("rocky", "8", "2029-05-31"),
    ("rocky", "9", "2032-05-31"),
    ("almalinux", "8", "2029-03-01"),
    ("almalinux", "9", "2032-05-31"),
    ("fedora", "38", "2024-05-21"),
    ("fedora", "39", "2024-11-26"),
    ("fedora", "40", "2025-05-13"),
    ("amzn", "2018.03", "2023-12-31"),
    ("amzn", "2", "2026-06-30"),
    ("opensuse-leap", "15.3", "2022-12-31"),
    ("opensuse-leap", "15.4", "2023-12-07"),
    ("opensuse-leap", "15.5", "2024-12-31"),
];

/// The environment variable in which the official images write their runtime's version, the runtime's name, the start of the version
/// and the last day of support.
const RUNTIMES: &[(&str, &str, &str, &str)] = &[
    ("NODE_VERSION", "Node.js", "12", "2022-04-30"),
    ("NODE_VERSION", "Node.js", "14", "2023-04-30"),
    ("NODE_VERSION", "Node.js", "16", "2023-09-11"),
    ("NODE_VERSION", "Node.js", "18", "2025-04-30"),
    ("NODE_VERSION", "Node.js", "19", "2023-06-01"),
    ("NODE_VERSION", "Node.js", "20", "2026-04-30"),
    ("NODE_VERSION", "Node.js", "21", "2024-06-01"),
    ("NODE_VERSION", "Node.js", "22", "2027-04-30"),
    ("NODE_VERSION", "Node.js", "23", "2025-06-01"),
    ("PYTHON_VERSION", "Python", "2.7", "2020-01-01"),
    ("PYTHON_VERSION", "Python", "3.6", "2021-12-23"),
    ("PYTHON_VERSION", "Python", "3.7", "2023-06-27"),
    ("PYTHON_VERSION", "Python", "3.8", "2024-10-07"),
    ("PYTHON_VERSION", "Python", "3.9", "2025-10-31"),
    ("PYTHON_VERSION", "Python", "3.10", "2026-10-31"),
    ("PYTHON_VERSION", "Python", "3.11", "2027-10-31"),
    ("PHP_VERSION", "PHP", "7", "2022-11-28"),
    ("PHP_VERSION", "PHP", "8.0", "2023-11-26"),
    ("PHP_VERSION", "PHP", "8.1", "2025-12-31"),
    ("PHP_VERSION", "PHP", "8.2", "2026-12-31"),
    ("RUBY_VERSION", "Ruby", "2.7", "2023-03-31"),
    ("RUBY_VERSION", "Ruby", "3.0", "2024-04-23"),
    ("RUBY_VERSION", "Ruby", "3.1", "2025-03-31"),
];

/// Something whose support ended before the time of judging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Its name and version.
    pub(crate) name: String,
    /// The last day of support.
    pub(crate) on: &'static str,
    /// The environment variable that says its version; none for the distribution.
    pub(crate) variable: Option<&'static str>,
}

/// Whether a version is, or begins with, the listed one.
fn is_version(version: &str, listed: &str) -> bool {
    version.strip_prefix(listed).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_', '+']))
}

/// The distribution and the runtimes whose support has ended. Nothing where the time of judging is not given.
pub(crate) fn ended(image: &ImageFacts, now: Option<i64>) -> Vec<Ended> {
    let Some(now) = now else { return Vec::new() };
    let is_over = |on: &str| day(on).is_some_and(|end| now >= end + 86_400);
    let mut found = Vec::new();
    if let Some(distribution) = &image.distribution {
        let version = distribution.version_id.as_deref().unwrap_or_default();
        let listed = DISTRIBUTIONS.iter().find(|(id, listed, _)| *id == distribution.id && is_version(version, listed));
        if let Some((.., on)) = listed.filter(|(.., on)| is_over(on)) {
            found.push(Ended { name: distribution.name.clone(), on, variable: None });
        }
    }
    for (variable, name, listed, on) in RUNTIMES {
        if let Some(version) = image.config.env(variable).filter(|v| is_version(v, listed) && is_over(on)) {
            found.push(Ended { name: format!("{name} {version}"), on, variable: Some(variable) });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn every_date_is_one() {
        for on in DISTRIBUTIONS.iter().map(|d| d.2).chain(RUNTIMES.iter().map(|r| r.3)) {
            assert!(day(on).is_some(), "{on}");
        }
    }

    #[test]
    fn support_ends_after_its_last_day() {
        let kit = Kit::new().distribution("debian", "10").env("NODE_VERSION", "16.20.2").env("PYTHON_VERSION", "3.10.1");
        let names = |now: Option<&str>| -> Vec<String> { ended(&kit.image(), now.and_then(day)).into_iter().map(|e| e.name).collect() };
        assert_eq!(names(None), [] as [&str; 0]);
        assert_eq!(names(Some("2024-06-30")), ["Node.js 16.20.2"]);
        assert_eq!(names(Some("2024-07-01")), ["debian 10", "Node.js 16.20.2"]);
        let newer = Kit::new().distribution("alpine", "3.1").image();
        assert_eq!(ended(&newer, day("2030-01-01")), []);
    }
}
