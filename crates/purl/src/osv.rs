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
            // No ecosystems of the OSV schema: what their own errata are filed under here.
            ("rpm", "amzn" | "amazon") => "Amazon Linux",
            ("rpm", "fedora") => "Fedora",
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

    /// The package URL of what an advisory of an ecosystem (with or without its release) speaks of, without a version. The advisories of
    /// distributions that build from source packages speak of those.
    pub fn of_osv(ecosystem: &str, name: &str) -> Option<Self> {
        let (base, release) = ecosystem.split_once(':').unwrap_or((ecosystem, ""));
        let of_vendor = |kind: &str, vendor: &str, by_source: bool| {
            let release = release.split(':').next().unwrap_or_default().trim_start_matches('v');
            let distro = if release.is_empty() { String::new() } else { format!("{vendor}-{release}") };
            let purl = Self::new(kind, name).ok()?.with_namespace(vendor).with_qualifier("distro", &distro);
            Some(if by_source { purl.with_qualifier("arch", "source") } else { purl })
        };
        let named = |kind: &str, separator: char| {
            let (namespace, name) = name.rsplit_once(separator).unwrap_or(("", name));
            Some(Self::new(kind, name).ok()?.with_namespace(namespace))
        };
        let purl = match base {
            "Debian" => of_vendor("deb", "debian", true)?,
            "Ubuntu" => of_vendor("deb", "ubuntu", true)?,
            "Echo" => of_vendor("deb", "echo", true)?,
            "Alpine" => of_vendor("apk", "alpine", true)?,
            "Wolfi" => of_vendor("apk", "wolfi", false)?,
            "Chainguard" => of_vendor("apk", "chainguard", false)?,
            "MinimOS" => of_vendor("apk", "minimos", false)?,
            "Alpaquita" => of_vendor("apk", "alpaquita", false)?,
            "Red Hat" => Self::new("rpm", name).ok()?.with_namespace("redhat"),
            "AlmaLinux" => of_vendor("rpm", "almalinux", false)?,
            "Rocky Linux" => of_vendor("rpm", "rocky", false)?,
            "SUSE" => Self::new("rpm", name).ok()?.with_namespace("suse"),
            "openSUSE" => Self::new("rpm", name).ok()?.with_namespace("opensuse"),
            "Mageia" => of_vendor("rpm", "mageia", false)?,
            "openEuler" => Self::new("rpm", name).ok()?.with_namespace("openeuler"),
            "Azure Linux" => of_vendor("rpm", "azurelinux", false)?,
            "Photon OS" => of_vendor("rpm", "photon", false)?,
            "Amazon Linux" => of_vendor("rpm", "amzn", false)?,
            "Fedora" => of_vendor("rpm", "fedora", false)?,
            "Bitnami" => Self::new("bitnami", name).ok()?,
            "crates.io" => Self::new("cargo", name).ok()?,
            "Packagist" => named("composer", '/')?,
            "ConanCenter" => Self::new("conan", name).ok()?,
            "CRAN" => Self::new("cran", name).ok()?,
            "RubyGems" => Self::new("gem", name).ok()?,
            "Go" => named("golang", '/')?,
            "Hackage" => Self::new("hackage", name).ok()?,
            "Hex" => Self::new("hex", name).ok()?,
            "Julia" => Self::new("julia", name).ok()?,
            "Maven" => named("maven", ':')?,
            "npm" => named("npm", '/')?,
            "NuGet" => Self::new("nuget", name).ok()?,
            "Pub" => Self::new("pub", name).ok()?,
            "PyPI" => Self::new("pypi", name).ok()?,
            "SwiftURL" => named("swift", '/')?,
            _ => return None,
        };
        purl.check().is_ok().then_some(purl)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_advisories_speak_of() {
        for (ecosystem, name, wanted) in [
            ("Debian:12", "nodejs", Some("pkg:deb/debian/nodejs?arch=source&distro=debian-12")),
            ("Ubuntu:22.04:LTS", "nodejs", Some("pkg:deb/ubuntu/nodejs?arch=source&distro=ubuntu-22.04")),
            ("Alpine:v3.20", "nodejs", Some("pkg:apk/alpine/nodejs?arch=source&distro=alpine-3.20")),
            ("Bitnami", "node", Some("pkg:bitnami/node")),
            ("Maven", "org.slf4j:slf4j-api", Some("pkg:maven/org.slf4j/slf4j-api")),
            ("npm", "@babel/core", Some("pkg:npm/%40babel/core")),
            ("Go", "github.com/a/b/v2", Some("pkg:golang/github.com/a/b/v2")),
            ("Maven", "nameless", None),
            ("Nowhere", "x", None),
        ] {
            assert_eq!(Purl::of_osv(ecosystem, name).map(|p| p.to_string()).as_deref(), wanted, "{ecosystem} {name}");
            if let Some(purl) = Purl::of_osv(ecosystem, name) {
                assert_eq!(purl.osv_ecosystem(), ecosystem.split(':').next());
            }
        }
    }

    #[test]
    fn distributions_and_languages() {
        for (purl, wanted) in [
            ("pkg:deb/debian/curl@1", Some("Debian")),
            ("pkg:deb/kali/curl@1", None),
            ("pkg:rpm/redhat/bash@1", Some("Red Hat")),
            ("pkg:rpm/fedora/bash@1", Some("Fedora")),
            ("pkg:rpm/openmandriva/bash@1", None),
            ("pkg:npm/a@1", Some("npm")),
            ("pkg:generic/a@1", None),
        ] {
            assert_eq!(Purl::parse(purl).unwrap().osv_ecosystem(), wanted, "{purl}");
        }
    }
}
