//! When two components are the same thing: names and versions as their ecosystems compare them, whatever the tool that wrote them.

use plimsoll_evidence::Ecosystem;
use plimsoll_versions::Scheme;

/// A name in the form in which its ecosystem compares names.
pub(crate) fn normal_name(ecosystem: Ecosystem, name: &str) -> String {
    match ecosystem {
        // PEP 503.
        Ecosystem::Python => {
            let parts: Vec<&str> = name.split(['-', '_', '.']).filter(|p| !p.is_empty()).collect();
            parts.join("-").to_ascii_lowercase()
        }
        Ecosystem::Cpan => name.replace("::", "-"),
        // Package URLs of Go's modules are in lower case where an older tool wrote them.
        Ecosystem::Go | Ecosystem::Npm | Ecosystem::Composer | Ecosystem::NuGet | Ecosystem::Hex | Ecosystem::Pub | Ecosystem::Swift => {
            name.to_ascii_lowercase()
        }
        _ => name.to_owned(),
    }
}

/// Whether a version that is said is one that is so: as texts, but for what tools add or leave out (an epoch, Go's `v`), or in the ecosystem's
/// order.
pub(crate) fn same_version(ecosystem: Ecosystem, own: &str, said: &str) -> bool {
    let (a, b) = (plain(ecosystem, own), plain(ecosystem, said));
    if a == b {
        return true;
    }
    // Several tools leave the epoch out; one that is said has to be so.
    let without_epoch = a.split_once(':').filter(|_| ecosystem.is_system() && !b.contains(':'));
    if without_epoch.is_some_and(|(_, rest)| rest == b) {
        return true;
    }
    let has_digit = |v: &str| v.bytes().any(|c| c.is_ascii_digit());
    has_digit(&a) && has_digit(&b) && scheme(ecosystem).is_some_and(|scheme| scheme.compare(&a, &b).is_eq())
}

fn plain(ecosystem: Ecosystem, version: &str) -> String {
    let version = version.trim();
    let version = match ecosystem {
        Ecosystem::Go => {
            // What a distribution's toolchain adds to Go's own version.
            let version = version.split_whitespace().next().unwrap_or_default();
            version.strip_prefix("go").unwrap_or(version).trim_start_matches('v')
        }
        Ecosystem::Composer | Ecosystem::Swift => version.trim_start_matches('v'),
        _ if ecosystem.is_system() => version.strip_prefix("0:").unwrap_or(version),
        _ => version,
    };
    version.to_owned()
}

/// Whether a version says nothing: what builds write that have none.
pub(crate) fn is_no_version(version: &str) -> bool {
    matches!(version.trim(), "" | "unknown" | "UNKNOWN" | "(devel)" | "v0.0.0" | "NOASSERTION" | "0.0.0-unknown") || version.contains("${")
}

const fn scheme(ecosystem: Ecosystem) -> Option<Scheme> {
    Some(match ecosystem {
        Ecosystem::Dpkg => Scheme::Debian,
        Ecosystem::Apk => Scheme::Alpine,
        Ecosystem::Rpm => Scheme::Rpm,
        Ecosystem::Java => Scheme::Maven,
        Ecosystem::Python => Scheme::Pypi,
        Ecosystem::Gem => Scheme::RubyGems,
        Ecosystem::NuGet => Scheme::NuGet,
        Ecosystem::Composer => Scheme::Packagist,
        Ecosystem::Pub => Scheme::Pub,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_their_ecosystems_do() {
        for (ecosystem, a, b, same) in [
            (Ecosystem::Python, "Ruamel.Yaml_clib", "ruamel-yaml-clib", true),
            (Ecosystem::Go, "github.com/Azure/x", "github.com/azure/x", true),
            (Ecosystem::Cpan, "JSON::XS", "JSON-XS", true),
            (Ecosystem::Java, "org.a:B", "org.a:b", false),
            (Ecosystem::Cargo, "serde_json", "serde-json", false),
        ] {
            assert_eq!(normal_name(ecosystem, a) == normal_name(ecosystem, b), same, "{a} {b}");
        }
    }

    #[test]
    fn versions_are_the_same_but_for_what_tools_add() {
        for (ecosystem, a, b, same) in [
            (Ecosystem::Dpkg, "1:2.36-9+b1", "2.36-9+b1", true),
            (Ecosystem::Dpkg, "1:2.36-9", "2:2.36-9", false),
            (Ecosystem::Dpkg, "2.36-9", "1:2.36-9", false),
            (Ecosystem::Dpkg, "0:1.0", "1.0", true),
            (Ecosystem::Dpkg, "1.0-1", "1.0-1+b1", false),
            (Ecosystem::Rpm, "1:3.0.7-27.el9", "3.0.7-27.el9", true),
            (Ecosystem::Go, "1.26.8", "v1.26.8", true),
            (Ecosystem::Go, "go1.19.8 X:boringcrypto", "1.19.8", true),
            (Ecosystem::Python, "1.0", "1.0.0", true),
            (Ecosystem::Java, "5.3.17.RELEASE", "5.3.17", true),
            (Ecosystem::Npm, "4.17.15", "4.17.21", false),
            (Ecosystem::Npm, "1.0.0+a", "1.0.0+b", false),
            (Ecosystem::Program, "1.0", "1.0.0", false),
        ] {
            assert_eq!(same_version(ecosystem, a, b), same, "{a} {b}");
        }
    }
}
