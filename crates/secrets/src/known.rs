//! Credentials that are harmless because everyone has them: examples and test keys that packages ship.

use sha2::{Digest, Sha256};

use crate::hit::{Hit, hex};

/// SHA-256 of values that are published, and where. Only hashes stand here, so that no scanner of this repository takes
/// them for credentials.
const PUBLISHED: &[(&str, &str)] = &[];

/// Marks the harmless ones among the finds of one file.
pub(crate) fn tell(path: &str, _bytes: &[u8], hits: &mut [Hit]) {
    if hits.is_empty() {
        return;
    }
    let by_place = by_place(path);
    for hit in hits {
        hit.known = published(&hit.value).map(str::to_owned).or_else(|| by_place.clone());
    }
}

fn published(value: &[u8]) -> Option<&'static str> {
    let hash = hex(&Sha256::digest(value));
    PUBLISHED.iter().find(|(h, _)| *h == hash).map(|(_, what)| *what)
}

/// Where packages keep their tests and documentation.
fn by_place(path: &str) -> Option<String> {
    const HABITS: &[&str] = &[
        "test",
        "tests",
        "testing",
        "testdata",
        "test_data",
        "test-data",
        "fixtures",
        "fixture",
        "example",
        "examples",
        "spec",
        "specs",
        "__tests__",
        "t",
        "doc",
        "docs",
        "demo",
        "demos",
        "samples",
        "sample",
        "mock",
        "mocks",
        "testsuite",
        "test-fixtures",
        "benchmark",
        "benchmarks",
    ];
    if let Some(rest) = path.strip_prefix("usr/share/doc/") {
        let package = rest.split('/').next().unwrap_or_default();
        return Some(format!("part of the documentation that the package {package} ships"));
    }
    let (root, below) = package_below(path)?;
    let mut parts = below.split('/');
    let package = match (parts.next()?, parts.clone().next()) {
        (scope, Some(name)) if scope.starts_with('@') => format!("{scope}/{name}"),
        (name, _) => name.to_owned(),
    };
    let directories = below.rsplit_once('/').map_or("", |(dirs, _)| dirs);
    directories.split('/').any(|part| HABITS.contains(&part)).then(|| format!("a test or example that {package} ships in {root}"))
}

/// The innermost directory of packages in a path, and what lies below it.
fn package_below(path: &str) -> Option<(&str, &str)> {
    const ROOTS: &[&str] = &[
        "/site-packages/",
        "/dist-packages/",
        "/node_modules/",
        "/gems/",
        "/vendor/bundle/",
        "usr/share/nodejs/",
        "usr/share/perl/",
        "usr/share/perl5/",
        "/perl/",
        "/perl5/",
        "usr/lib/python3/",
        "usr/lib/python3.",
        "/lib/python3.",
        "/lib/go-",
        "usr/local/go/",
        "/pkg/mod/",
        "usr/lib/ruby/",
        "/lib/ruby/",
        "usr/share/php/",
        "/vendor/",
        "usr/share/gnupg/",
        "usr/share/openssl/",
        "usr/share/java/",
        "usr/lib/node_modules/",
        "/.cargo/registry/src/",
    ];
    ROOTS
        .iter()
        .filter_map(|root| path.rfind(root).map(|at| (at, *root)))
        .max_by_key(|(at, _)| *at)
        .map(|(at, root)| (path[at..at + root.len()].trim_matches('/'), &path[at + root.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_tells_tests_of_packages_from_the_authors_own() {
        for (path, wanted) in [
            ("app/node_modules/foo/test/keys/a.pem", Some("a test or example that foo ships in node_modules")),
            ("app/node_modules/@x/foo/test/a.pem", Some("a test or example that @x/foo ships in node_modules")),
            ("usr/share/doc/openssl/demo.key", Some("part of the documentation that the package openssl ships")),
            ("app/test/a.pem", None),
            ("app/node_modules/foo/lib/a.pem", None),
            ("etc/ssl/private/ssl-cert-snakeoil.key", None),
        ] {
            assert_eq!(by_place(path).as_deref(), wanted, "{path}");
        }
    }
}
