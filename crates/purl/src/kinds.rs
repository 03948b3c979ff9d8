//! The rules of each type (package-url/purl-spec, `types/*-definition.json`), as a table.

use crate::{Purl, PurlError};

/// Whether a type's packages have a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespace {
    /// Always.
    Required,
    /// Some have.
    Optional,
    /// Never.
    Forbidden,
}

use Namespace::{Forbidden, Optional, Required};

struct Rules {
    kind: &'static str,
    namespace: Namespace,
    /// Which parts do not depend on case, and are written in lower case: `n`amespace, na`m`e, `v`ersion.
    lower: &'static str,
}

const fn rules(kind: &'static str, namespace: Namespace, lower: &'static str) -> Rules {
    Rules { kind, namespace, lower }
}

/// Sorted by type.
const KINDS: &[Rules] = &[
    rules("alpm", Required, "nm"),
    rules("apk", Required, "nm"),
    rules("bazel", Forbidden, ""),
    rules("bitbucket", Required, "nm"),
    rules("bitnami", Forbidden, "m"),
    rules("brew", Optional, "nm"),
    rules("cargo", Forbidden, ""),
    rules("chrome-extension", Forbidden, "m"),
    rules("cocoapods", Forbidden, ""),
    rules("composer", Required, "nm"),
    rules("conan", Optional, ""),
    rules("conda", Forbidden, ""),
    rules("cpan", Optional, ""),
    rules("cran", Forbidden, ""),
    rules("deb", Required, "nm"),
    rules("docker", Optional, ""),
    rules("gem", Forbidden, ""),
    rules("generic", Optional, ""),
    rules("git", Required, ""),
    rules("github", Required, "nm"),
    // Required by its definition, but the standard library and what was never published have none.
    rules("golang", Optional, ""),
    rules("hackage", Forbidden, ""),
    rules("hex", Optional, "nm"),
    rules("huggingface", Required, "v"),
    rules("julia", Forbidden, ""),
    rules("luarocks", Optional, "nm"),
    rules("maven", Required, ""),
    rules("mlflow", Forbidden, ""),
    rules("npm", Optional, ""),
    rules("nuget", Forbidden, ""),
    rules("oci", Forbidden, "mv"),
    rules("opam", Forbidden, ""),
    rules("otp", Forbidden, "m"),
    rules("pub", Forbidden, "m"),
    rules("pypi", Forbidden, "mv"),
    rules("qpkg", Required, "n"),
    rules("rpm", Required, "n"),
    rules("swid", Optional, ""),
    rules("swift", Required, ""),
    rules("vcpkg", Forbidden, ""),
    rules("vscode-extension", Required, "nmv"),
    rules("yocto", Optional, "n"),
];

fn of(kind: &str) -> Option<&'static Rules> {
    KINDS.binary_search_by(|r| r.kind.cmp(kind)).ok().map(|i| &KINDS[i])
}

/// Whether the specification defines this type.
pub fn is_known_kind(kind: &str) -> bool {
    of(kind).is_some()
}

pub(crate) fn normalise(purl: &mut Purl) {
    let lower = of(&purl.kind).map_or("", |r| r.lower);
    if lower.contains('n')
        && let Some(namespace) = &mut purl.namespace
    {
        lower_case(namespace);
    }
    if lower.contains('m') {
        lower_case(&mut purl.name);
    }
    if lower.contains('v')
        && let Some(version) = &mut purl.version
    {
        lower_case(version);
    }
    match purl.kind.as_str() {
        "pypi" if purl.name.contains('_') => purl.name = purl.name.replace('_', "-"),
        "pub" => purl.name = purl.name.replace(|c: char| !c.is_ascii_alphanumeric(), "_"),
        // Databricks' names do not depend on case, those of other servers do.
        "mlflow" if purl.qualifiers.get("repository_url").is_some_and(|u| u.contains("azuredatabricks")) => {
            purl.name = purl.name.to_lowercase();
        }
        _ => {}
    }
}

/// Most are in lower case already, and images have thousands.
fn lower_case(text: &mut String) {
    if text.chars().any(|c| !c.is_ascii() || c.is_ascii_uppercase()) {
        *text = text.to_lowercase();
    }
}

pub(crate) fn check(purl: &Purl) -> Result<(), PurlError> {
    let kind = || purl.kind.clone();
    let Some(rules) = of(&purl.kind) else { return Ok(()) };
    match (rules.namespace, &purl.namespace) {
        (Required, None) => return Err(PurlError::NeedsNamespace(kind())),
        (Forbidden, Some(_)) => return Err(PurlError::ForbidsNamespace(kind())),
        _ => {}
    }
    let needed = match purl.kind.as_str() {
        "julia" => Some("uuid"),
        "swid" => Some("tag_id"),
        _ => None,
    };
    if let Some(key) = needed.filter(|key| !purl.qualifiers.contains_key(*key)) {
        return Err(PurlError::NeedsQualifier(kind(), key));
    }
    let name_is_wrong = match purl.kind.as_str() {
        "chrome-extension" => purl.name.len() != 32 || !purl.name.bytes().all(|b| (b'a'..=b'p').contains(&b)),
        // A distribution is named, never one of its modules.
        "cpan" => purl.name.contains("::"),
        _ => false,
    };
    if name_is_wrong {
        return Err(PurlError::Name(kind(), purl.name.clone()));
    }
    if let (true, Some(version)) = (purl.kind == "chrome-extension", &purl.version) {
        let parts: Vec<&str> = version.split('.').collect();
        if parts.len() > 4 || parts.iter().any(|p| p.is_empty() || !p.bytes().all(|b| b.is_ascii_digit())) {
            return Err(PurlError::Version(kind(), version.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(KINDS.windows(2).all(|pair| pair[0].kind < pair[1].kind));
        assert!(is_known_kind("deb") && !is_known_kind("debian"));
    }
}
