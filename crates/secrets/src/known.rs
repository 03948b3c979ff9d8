//! Credentials that are harmless because everyone has them: examples and test keys that packages ship.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use crate::hit::{Hit, hex};
use crate::kind::PRIVATE_KEY;

/// SHA-256 of values that are published, and where. Only hashes stand here, so that no scanner of this repository takes
/// them for credentials.
const PUBLISHED: &[(&str, &str)] = &[
    ("87e288dc7dbc29a24241b596ec8c84f949d9f09f34fc0cf69242481fb2274770", GNUTLS),
    ("d245e52c341a76645e1b0e56c58dc964cd4f3ecaea64a9c6d6db9897d4948a8a", GNUTLS),
    ("0294b4406902e33bb02f89eaf4c691328790d7a9cd01b873d68edac994f310a1", GNUTLS),
    ("60c323abe4854b03743005874156ef6e0343bc9c05c09a2a43335cdda19342b3", GNUTLS),
    ("995b8d5b08ac126a74f39d812fc8cce270d026093d810f366de923bb0fe47f60", GNUTLS),
    ("09416ba3e0782523c56225fb168cd58cda7796e938db1b53f79b6abbaed2bbc7", GNUTLS),
    ("7e38af7715bbb425a6aa8060b7c0af60aeb81d39975c55e83edcb9eae7a5e9f8", GNUTLS),
    ("458022ddcb5598b39253bc027eb02c4f3dba00e2bdbaef239a35bc91c9bd4f3a", GNUTLS),
    ("09f1c1a4680df80b9e8e6e587d3a787de7402a919e366426ad807a1c0f8c98c1", GNUTLS),
    ("2859ff03b44c8f0e4f96604b8cced325ef4d01ca935422b2041d88d8809f8fa1", GNUTLS),
];

const GNUTLS: &str = "of GnuTLS's power-on self-test, the same in every copy of the library (recognised by digest)";

/// Marks the harmless ones among the finds of one file.
pub(crate) fn tell(path: &str, hits: &mut Vec<Hit>) {
    if hits.is_empty() {
        return;
    }
    let by_place = by_place(path);
    for hit in hits.iter_mut() {
        hit.known = published(&hit.value).map(str::to_owned).or_else(|| by_place.clone());
    }
    // A library's twenty test keys are one fact, not twenty.
    let mut of_kind: HashMap<(&str, String), usize> = HashMap::new();
    for hit in hits.iter() {
        if let Some(why) = &hit.known {
            *of_kind.entry((hit.rule, why.clone())).or_default() += 1;
        }
    }
    let mut told = HashSet::new();
    hits.retain_mut(|hit| {
        let Some(why) = &hit.known else { return true };
        let key = (hit.rule, why.clone());
        let count = of_kind.get(&key).copied().unwrap_or(1);
        if count > 1 && hit.rule == PRIVATE_KEY.name {
            hit.title = format!("{count} private keys");
        }
        told.insert(key)
    });
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
