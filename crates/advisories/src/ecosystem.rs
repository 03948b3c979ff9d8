//! Ecosystems as OSV names them: which is an installed package's, and how its names are written.

use std::borrow::Cow;

use plimsoll_evidence::{Distribution, Ecosystem, Package};

/// An ecosystem's name in one form: what Red Hat writes after the major release (`::appstream`) says no more about which image it is for.
pub(crate) fn normal(ecosystem: &str) -> String {
    if let Some(rest) = ecosystem.strip_prefix("Red Hat:enterprise_linux:") {
        let major: String = rest.chars().take_while(char::is_ascii_digit).collect();
        return format!("Red Hat:enterprise_linux:{major}");
    }
    ecosystem.to_owned()
}

/// A package's name in the form in which its ecosystem compares names.
pub(crate) fn normal_name(ecosystem: &str, name: &str) -> String {
    match ecosystem.split(':').next().unwrap_or_default() {
        "PyPI" => pypi(name),
        "npm" | "Packagist" | "NuGet" | "Hex" => name.to_ascii_lowercase(),
        _ => name.to_owned(),
    }
}

/// PEP 503: runs of `-`, `_` and `.` are one `-`, case does not count.
fn pypi(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for part in name.split(['-', '_', '.']).filter(|p| !p.is_empty()) {
        if !out.is_empty() {
            out.push('-');
        }
        out.push_str(&part.to_ascii_lowercase());
    }
    out
}

/// Where an installed package's advisories are looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    /// Which ecosystems of a database are its.
    pub(crate) of: Of<'a>,
    /// The name, in the ecosystem's form.
    pub(crate) name: Cow<'a, str>,
    /// The version, as advisories write it.
    pub(crate) version: Cow<'a, str>,
    /// The name is that of the package's source.
    pub(crate) by_source: bool,
    /// The name of the source, where records that speak of sources stand beside those of packages.
    pub(crate) source: Option<&'a str>,
}

/// Whose a package is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Of<'a> {
    /// The distribution's.
    Distribution(&'a Distribution),
    /// A language's.
    Language(&'static str),
}

/// Why a package cannot be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NoPlace {
    /// A system package, and no os-release says whose.
    NoDistribution,
    /// It has no version that could be compared.
    NoVersion,
    /// Its name is not whole: a Java archive without its group.
    NoName,
    /// Nobody publishes advisories about such components in a form that is read.
    NoPublisher,
    /// A distribution brought it and speaks for it.
    OwnedByDistribution,
}

/// The place of a package, or why it has none.
pub(crate) fn place<'a>(package: &'a Package, distribution: Option<&'a Distribution>) -> Result<Place<'a>, NoPlace> {
    if package.owned_by.is_some() {
        return Err(NoPlace::OwnedByDistribution);
    }
    if has_no_version(&package.version) {
        return Err(NoPlace::NoVersion);
    }
    let language = |of: &'static str, name: Cow<'a, str>| {
        Ok(Place { of: Of::Language(of), name, version: Cow::Borrowed(package.version.as_str()), by_source: false, source: None })
    };
    let normalised = |of: &'static str| language(of, Cow::Owned(normal_name(of, &package.name)));
    match package.ecosystem {
        Ecosystem::Dpkg | Ecosystem::Apk | Ecosystem::Rpm | Ecosystem::Pacman | Ecosystem::Opkg | Ecosystem::Portage => {
            distribution.ok_or(NoPlace::NoDistribution).map(|d| system(package, d))
        }
        Ecosystem::Python => normalised("PyPI"),
        Ecosystem::Npm => normalised("npm"),
        Ecosystem::Composer => normalised("Packagist"),
        Ecosystem::NuGet => normalised("NuGet"),
        Ecosystem::Java if !package.name.contains(':') => Err(NoPlace::NoName),
        Ecosystem::Java => normalised("Maven"),
        Ecosystem::Cargo => normalised("crates.io"),
        Ecosystem::Gem => normalised("RubyGems"),
        Ecosystem::R => normalised("CRAN"),
        // A build of Bitnami's own, as its package URL says.
        Ecosystem::Program if package.purl.as_deref().is_some_and(|purl| purl.starts_with("pkg:bitnami/")) => normalised("Bitnami"),
        // Bitnami's records speak of the versions that the programs' own makers give them.
        Ecosystem::Program => match bitnami_name(&package.name) {
            Some(name) => language("Bitnami", Cow::Borrowed(name)),
            None => Err(NoPlace::NoPublisher),
        },
        Ecosystem::Hex => normalised("Hex"),
        Ecosystem::Pub => normalised("Pub"),
        Ecosystem::Swift => normalised("SwiftURL"),
        Ecosystem::Hackage => normalised("Hackage"),
        Ecosystem::Cpan | Ecosystem::LuaRocks | Ecosystem::Nix | Ecosystem::WordPress | Ecosystem::Conda | Ecosystem::Brew => {
            Err(NoPlace::NoPublisher)
        }
        Ecosystem::Go => {
            let mut place = language("Go", Cow::Borrowed(package.name.as_str()))?;
            place.version = go_version(&package.version);
            Ok(place)
        }
    }
}

/// What Bitnami's records call a program that was built from source; none where they have none of it, or only of their own builds.
pub(crate) fn bitnami_name(program: &str) -> Option<&'static str> {
    const SAME: [&str; 8] = ["haproxy", "memcached", "nginx", "node", "php", "postgresql", "python", "ruby"];
    match program {
        "httpd" => Some("apache"),
        "openjdk" => Some("java"),
        "wordpress" => Some("wordpress"),
        _ => SAME.into_iter().find(|name| *name == program),
    }
}

/// dpkg and apk advisories speak of source packages, those of the makers of rpm distributions but SUSE's, Photon's and Azure's of the packages
/// themselves.
fn system<'a>(package: &'a Package, distribution: &'a Distribution) -> Place<'a> {
    let by_source = package.ecosystem != Ecosystem::Rpm || is_suse(distribution) || distribution.id == "rocky";
    let source = package.source.as_deref().filter(|_| by_source);
    let name = source.unwrap_or(&package.name);
    let version = match package.ecosystem {
        // The source's version of an rpm has no epoch; that of the package itself has.
        Ecosystem::Rpm => package.version.as_str(),
        _ if by_source => package.source_version(),
        _ => package.version.as_str(),
    };
    let beside = package.ecosystem == Ecosystem::Rpm && !by_source;
    Place {
        of: Of::Distribution(distribution),
        name: Cow::Borrowed(name),
        version: Cow::Borrowed(version),
        by_source: source.is_some(),
        source: beside.then(|| package.source.as_deref().unwrap_or(&package.name)),
    }
}

fn is_suse(distribution: &Distribution) -> bool {
    distribution.id.starts_with("opensuse") || distribution.id.starts_with("sle")
}

/// What builds write that have no version: Go's main module of an untagged build, and others.
fn has_no_version(version: &str) -> bool {
    matches!(version.trim(), "" | "unknown" | "UNKNOWN" | "(devel)" | "v0.0.0" | "0.0.0-development") || version.contains("${")
}

/// Go's own versions (`1.22rc1`, `1.21.0 (Red Hat …)`, `go1.20`) as Semantic Versioning has them.
fn go_version(version: &str) -> Cow<'_, str> {
    let bare = version.split_whitespace().next().unwrap_or_default();
    let bare = bare.strip_prefix("go").unwrap_or(bare);
    if bare.starts_with('v') {
        return Cow::Borrowed(bare);
    }
    for mark in ["rc", "beta"] {
        if let Some((release, number)) = bare.split_once(mark)
            && !release.is_empty()
            && release.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        {
            let zero = if release.matches('.').count() == 1 { ".0" } else { "" };
            return Cow::Owned(format!("{release}{zero}-{mark}.{number}"));
        }
    }
    Cow::Borrowed(bare)
}

impl Of<'_> {
    /// Whether an ecosystem of a database is the one meant.
    pub(crate) fn is(&self, ecosystem: &str) -> bool {
        match self {
            Self::Language(name) => ecosystem == *name,
            Self::Distribution(distribution) => is_of(ecosystem, distribution),
        }
    }

    /// Its name for people: the ecosystem as OSV would name it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Language(name) => (*name).to_owned(),
            Self::Distribution(d) => match d.version_id.as_deref() {
                Some(version) if !version.is_empty() => format!("{} {version}", d.id),
                _ => d.name.clone(),
            },
        }
    }
}

/// Whether an ecosystem of OSV is a distribution's release.
fn is_of(ecosystem: &str, distribution: &Distribution) -> bool {
    let (name, release) = ecosystem.split_once(':').unwrap_or((ecosystem, ""));
    let version = distribution.version_id.as_deref().unwrap_or_default();
    let major = version.split('.').next().unwrap_or_default();
    let is_release = |wanted: &str| !wanted.is_empty() && release == wanted;
    match (distribution.id.as_str(), name) {
        ("debian", "Debian") => is_release(major) || (version.is_empty() && distribution.name.contains("sid") && release == "sid"),
        // What is mended for subscribers alone (ESM, Pro) stands under a name of its own: the archive's packages have the fault all the same.
        ("ubuntu", "Ubuntu") => {
            let release = release.strip_prefix("Pro:").unwrap_or(release);
            !version.is_empty() && release.strip_suffix(":LTS").unwrap_or(release) == version
        }
        ("alpine", "Alpine") => alpine(version).is_some_and(|wanted| is_release(&wanted)),
        ("wolfi", "Wolfi")
        | ("chainguard", "Chainguard" | "Wolfi")
        | ("echo", "Echo")
        | ("minimos", "MinimOS")
        | ("arch", "Arch Linux") => true,
        ("almalinux", "AlmaLinux")
        | ("rocky", "Rocky Linux")
        | ("mageia", "Mageia")
        | ("alpaquita", "Alpaquita")
        | ("ol", "Oracle Linux")
        | ("fedora", "Fedora") => is_release(major),
        // Its releases are days; there is one stream of it.
        ("hummingbird", "Red Hat") => release.starts_with("hummingbird:"),
        ("rhel", "Red Hat") => release.strip_prefix("enterprise_linux:").is_some_and(|r| r == major),
        ("opensuse-leap", "openSUSE") => release.strip_prefix("Leap ").is_some_and(|r| r == version),
        ("opensuse-tumbleweed", "openSUSE") => release == "Tumbleweed",
        (id, "SUSE") if id.starts_with("sle") => {
            let wanted = version.replace('.', " SP");
            !wanted.is_empty() && release.ends_with(&format!(" {wanted}"))
        }
        ("openEuler", "openEuler") => release.split('-').next() == Some(version) || is_release(version),
        ("azurelinux" | "mariner", "Azure Linux") => is_release(major) || is_release(version),
        ("photon", "Photon OS") => is_release(version),
        // The first Amazon Linux is numbered by year and month, 2011.09 to 2018.03.
        ("amzn", "Amazon Linux") => is_release(major) || release == "1" && matches!(major.parse(), Ok(2011..=2018)),
        _ => false,
    }
}

/// `3.20.1` is of the branch `v3.20`; what is called alpha is of `edge`.
fn alpine(version: &str) -> Option<String> {
    if version.contains("_alpha") || version == "edge" {
        return Some("edge".to_owned());
    }
    let mut parts = version.split('.');
    Some(format!("v{}.{}", parts.next().filter(|p| !p.is_empty())?, parts.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distribution(id: &str, version: &str) -> Distribution {
        let version_id = (!version.is_empty()).then(|| version.to_owned());
        Distribution { id: id.to_owned(), id_like: Vec::new(), version_id, name: format!("{id} trixie/sid") }
    }

    #[test]
    fn releases_are_told_apart() {
        let cases = [
            ("debian", "12", "Debian:12", true),
            ("debian", "12", "Debian:1", false),
            ("debian", "1", "Debian:12", false),
            ("debian", "", "Debian:sid", true),
            ("debian", "12", "Debian", false),
            ("raspbian", "12", "Debian:12", false),
            ("ubuntu", "22.04", "Ubuntu:22.04:LTS", true),
            ("ubuntu", "24.10", "Ubuntu:24.10", true),
            ("ubuntu", "22.04", "Ubuntu:Pro:22.04:LTS", true),
            ("ubuntu", "22.04", "Ubuntu:Pro:20.04:LTS", false),
            ("ubuntu", "", "Ubuntu:22.04:LTS", false),
            ("alpine", "3.20.1", "Alpine:v3.20", true),
            ("alpine", "3.2.0", "Alpine:v3.20", false),
            ("alpine", "3.23.0_alpha20250612", "Alpine:edge", true),
            ("wolfi", "20230201", "Wolfi", true),
            ("almalinux", "9.4", "AlmaLinux:9", true),
            ("rocky", "9.4", "Rocky Linux:9", true),
            ("rhel", "9.4", "Red Hat:enterprise_linux:9", true),
            ("hummingbird", "20251124", "Red Hat:hummingbird:1", true),
            ("ol", "8.10", "Oracle Linux:8", true),
            ("ol", "8.10", "Oracle Linux:10", false),
            ("arch", "", "Arch Linux", true),
            ("centos", "7", "Red Hat:enterprise_linux:7", false),
            ("opensuse-leap", "15.5", "openSUSE:Leap 15.5", true),
            ("fedora", "40", "Fedora:40", true),
            ("fedora", "41", "Fedora:40", false),
            ("amzn", "2023", "Amazon Linux:2023", true),
            ("amzn", "2", "Amazon Linux:2", true),
            ("amzn", "2023", "Amazon Linux:2", false),
            ("amzn", "2018.03", "Amazon Linux:1", true),
            ("sles", "15.5", "SUSE:Linux Enterprise Module for Basesystem 15 SP5", true),
            ("sles", "15.5", "SUSE:Linux Enterprise Server 15 SP4", false),
        ];
        for (id, version, ecosystem, wanted) in cases {
            assert_eq!(is_of(ecosystem, &distribution(id, version)), wanted, "{id} {version} {ecosystem}");
        }
    }

    #[test]
    fn names_are_written_as_the_ecosystem_compares_them() {
        assert_eq!(normal_name("PyPI", "Ruamel_Yaml..clib"), "ruamel-yaml-clib");
        assert_eq!(normal_name("npm", "@Babel/Core"), "@babel/core");
        assert_eq!(normal_name("Go", "github.com/Azure/x"), "github.com/Azure/x");
        assert_eq!(normal("Red Hat:enterprise_linux:9::appstream"), "Red Hat:enterprise_linux:9");
        assert_eq!(normal("Red Hat:rhel_eus:9.2::baseos"), "Red Hat:rhel_eus:9.2::baseos");
    }

    #[test]
    fn go_versions() {
        let cases = [
            ("1.22.1", "1.22.1"),
            ("go1.22rc1", "1.22.0-rc.1"),
            ("1.21.0 (Red Hat 1.21.0-1.el9)", "1.21.0"),
            ("v1.2.3-beta1", "v1.2.3-beta1"),
            ("1.5beta2", "1.5.0-beta.2"),
        ];
        for (given, wanted) in cases {
            assert_eq!(go_version(given), wanted);
        }
    }
}
