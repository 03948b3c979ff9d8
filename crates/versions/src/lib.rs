#![doc = include_str!("../README.md")]

mod alpine;
mod bitnami;
mod debian;
mod gem;
mod maven;
mod nuget;
mod numbers;
mod packagist;
mod pacman;
mod pypi;
mod rpm;
mod runs;
mod semver;

use std::cmp::Ordering;

/// An ecosystem's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// dpkg: Debian, Ubuntu.
    Debian,
    /// apk: Alpine, Wolfi, Chainguard.
    Alpine,
    /// rpm: Red Hat, SUSE, Rocky, Alma, Azure Linux, Amazon, Fedora.
    Rpm,
    /// Arch Linux.
    Pacman,
    /// Java.
    Maven,
    /// Python.
    Pypi,
    /// npm, Go, crates, Hex, Swift.
    SemVer,
    /// Ruby.
    RubyGems,
    /// .NET.
    NuGet,
    /// PHP.
    Packagist,
    /// Dart.
    Pub,
    /// Haskell, R.
    Numbers,
    /// Bitnami: Semantic Versioning, and the number of the build.
    Bitnami,
}

impl Scheme {
    /// The rules of an ecosystem as OSV names it (OSV schema, `affected[].package.ecosystem`), with or without its `:release`. None for one
    /// whose versions have no order that is known here.
    pub fn of_osv(ecosystem: &str) -> Option<Self> {
        let name = ecosystem.split(':').next().unwrap_or_default();
        Some(match name {
            "Debian" | "Ubuntu" | "Echo" => Self::Debian,
            "Alpine" | "Wolfi" | "Chainguard" | "MinimOS" | "Alpaquita" | "BellSoft Hardened Containers" => Self::Alpine,
            "Red Hat" | "Rocky Linux" | "AlmaLinux" | "Oracle Linux" | "SUSE" | "openSUSE" | "Mageia" | "openEuler" | "Azure Linux"
            | "Photon OS" | "Amazon Linux" | "Fedora" => Self::Rpm,
            "Arch Linux" => Self::Pacman,
            "Maven" => Self::Maven,
            "PyPI" => Self::Pypi,
            "npm" | "Go" | "crates.io" | "Hex" | "SwiftURL" | "GitHub Actions" | "Julia" | "VSCode" => Self::SemVer,
            "Bitnami" => Self::Bitnami,
            "RubyGems" => Self::RubyGems,
            "NuGet" => Self::NuGet,
            "Packagist" => Self::Packagist,
            "Pub" => Self::Pub,
            "Hackage" | "CRAN" | "Bioconductor" | "GHC" => Self::Numbers,
            _ => return None,
        })
    }

    /// The order of two versions. Surrounding white space does not count.
    pub fn compare(self, a: &str, b: &str) -> Ordering {
        let (a, b) = (a.trim(), b.trim());
        match self {
            Self::Debian => debian::compare(a, b),
            Self::Alpine => alpine::compare(a, b),
            Self::Rpm => rpm::compare(a, b),
            Self::Pacman => pacman::compare(a, b),
            Self::Maven => maven::compare(a, b),
            Self::Pypi => pypi::compare(a, b),
            Self::SemVer => semver::compare(a, b),
            Self::Bitnami => bitnami::compare(a, b),
            Self::RubyGems => gem::compare(a, b),
            Self::NuGet => nuget::compare(a, b),
            Self::Packagist => packagist::compare(a, b),
            Self::Pub => semver::compare_with_build(a, b),
            Self::Numbers => numbers::compare(a, b),
        }
    }

    /// Every scheme.
    pub const ALL: [Self; 13] = [
        Self::Debian,
        Self::Alpine,
        Self::Rpm,
        Self::Pacman,
        Self::Maven,
        Self::Pypi,
        Self::SemVer,
        Self::RubyGems,
        Self::NuGet,
        Self::Packagist,
        Self::Pub,
        Self::Numbers,
        Self::Bitnami,
    ];
}
