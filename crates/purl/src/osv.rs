//! Which ecosystem of the OSV database a package URL is looked up in (OSV schema, "Defined Ecosystems").

use crate::Purl;

impl Purl {
    /// The ecosystem, without the release that advisories add to a distribution's. `None` for one whose packages have no reports there.
    pub fn osv_ecosystem(&self) -> Option<&'static str> {
        let vendor = self.namespace().unwrap_or_default();
        Some(match (self.kind(), vendor) {
            ("deb", "debian") => "Debian",
            ("deb", "ubuntu") => "Ubuntu",
            ("deb", "echo") => "Echo",
            ("apk", "alpine") => "Alpine",
            ("apk", "wolfi") => "Wolfi",
            ("apk", "chainguard") => "Chainguard",
            ("apk", "minimos") => "MinimOS",
            ("apk", "alpaquita") => "Alpaquita",
            ("apk", "bellsoft-hardened-containers") => "BellSoft Hardened Containers",
            ("rpm", "redhat" | "rhel") => "Red Hat",
            ("rpm", "almalinux") => "AlmaLinux",
            ("rpm", "rocky" | "rocky-linux") => "Rocky Linux",
            ("rpm", "suse") => "SUSE",
            ("rpm", "opensuse") => "openSUSE",
            ("rpm", "mageia") => "Mageia",
            ("rpm", "openeuler") => "openEuler",
            ("rpm", "azurelinux" | "mariner") => "Azure Linux",
            ("rpm", "photon") => "Photon OS",
            ("bitnami", _) => "Bitnami",
            ("cargo", _) => "crates.io",
            ("composer", _) => "Packagist",
            ("conan", _) => "ConanCenter",
            ("cran", _) => "CRAN",
            ("gem", _) => "RubyGems",
            ("golang", _) => "Go",
            ("hackage", _) => "Hackage",
            ("hex", _) => "Hex",
            ("julia", _) => "Julia",
            ("maven", _) => "Maven",
            ("npm", _) => "npm",
            ("nuget", _) => "NuGet",
            ("opam", _) => "opam",
            ("pub", _) => "Pub",
            ("pypi", _) => "PyPI",
            ("swift", _) => "SwiftURL",
            ("vscode-extension", _) => "VSCode",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_and_languages() {
        for (purl, wanted) in [
            ("pkg:deb/debian/curl@1", Some("Debian")),
            ("pkg:deb/kali/curl@1", None),
            ("pkg:rpm/redhat/bash@1", Some("Red Hat")),
            ("pkg:rpm/fedora/bash@1", None),
            ("pkg:npm/a@1", Some("npm")),
            ("pkg:generic/a@1", None),
        ] {
            assert_eq!(Purl::parse(purl).unwrap().osv_ecosystem(), wanted, "{purl}");
        }
    }
}
