//! From a component of a bill to a package as evidence knows it: what its package URL says, and what Syft and Trivy say beside it.

use plimsoll_evidence::{Distribution, Ecosystem, Package};
use plimsoll_purl::Purl;

use crate::bill::{Bill, Component, Kind};

/// The ecosystem of a package URL's type; `None` for one that is not known here.
fn ecosystem(kind: &str) -> Option<Ecosystem> {
    Some(match kind {
        "deb" => Ecosystem::Dpkg,
        "apk" => Ecosystem::Apk,
        "rpm" => Ecosystem::Rpm,
        "pypi" => Ecosystem::Python,
        "npm" => Ecosystem::Npm,
        "maven" => Ecosystem::Java,
        "golang" => Ecosystem::Go,
        "cargo" => Ecosystem::Cargo,
        "gem" => Ecosystem::Gem,
        "composer" => Ecosystem::Composer,
        "nuget" => Ecosystem::NuGet,
        "alpm" => Ecosystem::Pacman,
        "opkg" => Ecosystem::Opkg,
        "ebuild" => Ecosystem::Portage,
        "conda" => Ecosystem::Conda,
        "cran" => Ecosystem::R,
        "brew" => Ecosystem::Brew,
        "hex" => Ecosystem::Hex,
        "pub" => Ecosystem::Pub,
        "swift" => Ecosystem::Swift,
        "hackage" => Ecosystem::Hackage,
        "cpan" => Ecosystem::Cpan,
        "luarocks" => Ecosystem::LuaRocks,
        "nix" => Ecosystem::Nix,
        // Bitnami builds programs from source, and names each so.
        "generic" | "bitnami" => Ecosystem::Program,
        _ => return None,
    })
}

/// The package; `None` where the component has no package URL of an ecosystem that is known.
pub(crate) fn package(component: &Component, purl: &Purl) -> Option<Package> {
    let ecosystem = match (ecosystem(purl.kind())?, purl.namespace()) {
        (Ecosystem::Program, Some("wordpress")) => Ecosystem::WordPress,
        // Others put there what no package URL's type is for: it is a program only where nothing more is said.
        (Ecosystem::Program, Some(_)) => return None,
        (ecosystem, _) => ecosystem,
    };
    let name = match ecosystem {
        // Syft has the part of a module's path that follows its repository's root as the subpath.
        Ecosystem::Go => purl.subpath().map_or_else(|| purl.full_name(), |rest| format!("{}/{rest}", purl.full_name())),
        Ecosystem::Java => purl.namespace().map_or_else(|| purl.name().to_owned(), |group| format!("{group}:{}", purl.name())),
        Ecosystem::Npm | Ecosystem::Composer | Ecosystem::Portage | Ecosystem::Swift => purl.full_name(),
        _ => purl.name().to_owned(),
    };
    let version = purl.version().or(component.version.as_deref()).unwrap_or_default();
    let epoch = purl.qualifier("epoch").filter(|e| *e != "0" && !version.contains(':'));
    let version = match epoch {
        Some(epoch) if ecosystem.is_system() => format!("{epoch}:{version}"),
        _ => version.to_owned(),
    };
    let mut package = Package {
        architecture: purl.qualifier(if ecosystem == Ecosystem::Gem { "platform" } else { "arch" }).map(str::to_owned),
        purl: component.purl.clone(),
        licences: component.licences.clone(),
        supplier: component.supplier.clone(),
        homepage: component.homepage.clone(),
        owned_by: component.property("plimsoll:ownedBy").map(str::to_owned),
        modularity: property(component, &["plimsoll:modularity", "aquasecurity:trivy:Modularitylabel", "syft:metadata:modularityLabel"]),
        locked: component.property("plimsoll:locked") == Some("true"),
        development: component.property("plimsoll:development") == Some("true"),
        ..Package::new(ecosystem, &name, &version, component.file.as_deref().unwrap_or_default().trim_start_matches('/'))
    };
    if ecosystem.is_system() {
        let (source, source_version) = source(component, purl, ecosystem);
        package.source = source.filter(|s| *s != package.name && !s.is_empty());
        let without_epoch = version.split_once(':').map_or(version.as_str(), |(_, v)| v);
        let own = |v: &String| *v == version || (ecosystem == Ecosystem::Rpm && *v == without_epoch);
        package.source_version = source_version.filter(|v| !v.is_empty() && !own(v));
    }
    Some(package)
}

fn property(component: &Component, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| component.property(name)).map(str::to_owned)
}

/// Name and version of the source package.
fn source(component: &Component, purl: &Purl, ecosystem: Ecosystem) -> (Option<String>, Option<String>) {
    if let Some(name) = property(component, &["aquasecurity:trivy:SrcName"]) {
        let version = property(component, &["aquasecurity:trivy:SrcVersion"]).map(|version| {
            let release = property(component, &["aquasecurity:trivy:SrcRelease"]).map(|r| format!("-{r}")).unwrap_or_default();
            let epoch = property(component, &["aquasecurity:trivy:SrcEpoch"]).filter(|e| e != "0" && ecosystem != Ecosystem::Rpm);
            format!("{}{version}{release}", epoch.map(|e| format!("{e}:")).unwrap_or_default())
        });
        return (Some(name), version);
    }
    if let Some(upstream) = purl.qualifier("upstream") {
        let file = upstream.strip_suffix(".src.rpm").or_else(|| upstream.strip_suffix(".nosrc.rpm"));
        if let Some(stem) = file
            && let Some(name) = stem.rsplitn(3, '-').nth(2).filter(|n| !n.is_empty())
        {
            return (Some(name.to_owned()), Some(stem[name.len() + 1..].to_owned()));
        }
        return match upstream.split_once('@') {
            Some((name, version)) => (Some(name.to_owned()), Some(version.to_owned())),
            None => (Some(upstream.to_owned()), None),
        };
    }
    let source = property(component, &["syft:metadata:source", "syft:metadata:originPackage"]);
    (source, property(component, &["syft:metadata:sourceVersion"]))
}

/// The distribution that a bill speaks of: its operating system, else what most of its package URLs name.
pub(crate) fn distribution(bill: &Bill, purls: &[Purl]) -> Option<Distribution> {
    let system = bill.components.iter().chain(&bill.subject).find(|c| c.kind == Kind::OperatingSystem && !c.name.is_empty());
    if let Some(system) = system {
        let mut id = system.property("syft:distro:id").unwrap_or(&system.name).to_lowercase();
        if id == "redhat" {
            id = "rhel".to_owned();
        }
        let like = |p: &(String, String)| p.0.starts_with("syft:distro:idLike:") || p.0 == "plimsoll:idLike";
        return Some(Distribution {
            id_like: system.properties.iter().filter(|p| like(p)).map(|p| p.1.clone()).collect(),
            version_id: system.property("syft:distro:versionID").or(system.version.as_deref()).map(str::to_owned),
            name: system.property("syft:distro:prettyName").or(system.property("plimsoll:prettyName")).unwrap_or(&system.name).to_owned(),
            id,
        });
    }
    let mut counted: std::collections::BTreeMap<(String, Option<String>), usize> = std::collections::BTreeMap::new();
    for found in purls.iter().filter_map(distribution_of) {
        *counted.entry((found.id, found.version_id)).or_default() += 1;
    }
    let ((id, version_id), _) = counted.into_iter().max_by_key(|(_, count)| *count)?;
    let name = version_id.as_ref().map_or_else(|| id.clone(), |v| format!("{id} {v}"));
    Some(Distribution { name, id, id_like: Vec::new(), version_id })
}

/// The distribution that a system package's URL names: by its qualifier `distro` (`debian-12`, `opensuse-leap-15.5`, Trivy's `3.19.1`),
/// else by its namespace alone.
pub fn distribution_of(purl: &Purl) -> Option<Distribution> {
    ecosystem(purl.kind()).filter(|e| e.is_system())?;
    let vendor = || match purl.namespace() {
        Some("redhat") => Some("rhel".to_owned()),
        other => other.map(str::to_owned),
    };
    let (id, version_id) = match purl.qualifier("distro") {
        Some(distro) => {
            // The version begins at the first part that begins with a digit.
            let at = distro.match_indices('-').map(|(at, _)| at).find(|at| distro[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
            match at {
                Some(at) => (distro[..at].to_owned(), Some(distro[at + 1..].to_owned())),
                None if distro.starts_with(|c: char| c.is_ascii_digit()) => (vendor()?, Some(distro.to_owned())),
                None => (distro.to_owned(), None),
            }
        }
        None => (vendor()?, None),
    };
    let id = match id.as_str() {
        "redhat" => "rhel".to_owned(),
        "amazon" => "amzn".to_owned(),
        _ => id,
    };
    // `2 (Karoo)`: its release, and what it is called.
    let version_id = version_id.map(|v| v.split(' ').next().unwrap_or_default().to_owned());
    let name = version_id.as_ref().map_or_else(|| id.clone(), |v| format!("{id} {v}"));
    Some(Distribution { id, id_like: Vec::new(), version_id, name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_of_package_urls() {
        for (purl, id, version) in [
            ("pkg:deb/debian/curl@1?distro=debian-12", "debian", Some("12")),
            ("pkg:apk/alpine/musl@1?distro=3.19.1", "alpine", Some("3.19.1")),
            ("pkg:rpm/redhat/bash@1?distro=redhat-9.4", "rhel", Some("9.4")),
            ("pkg:rpm/opensuse/bash@1?distro=opensuse-leap-15.5", "opensuse-leap", Some("15.5")),
            ("pkg:deb/ubuntu/curl@1", "ubuntu", None),
            ("pkg:rpm/fedora/bash@1?distro=fedora-40", "fedora", Some("40")),
            ("pkg:rpm/amzn/bash@1?distro=amzn-2023", "amzn", Some("2023")),
            // Trivy's words, and what a bill without the qualifier says.
            ("pkg:rpm/amazon/bash@1?distro=amazon-2%20(Karoo)", "amzn", Some("2")),
            ("pkg:rpm/amazon/bash@1?distro=amazon-2018.03", "amzn", Some("2018.03")),
        ] {
            let found = distribution_of(&Purl::parse(purl).unwrap()).unwrap();
            assert_eq!((found.id.as_str(), found.version_id.as_deref()), (id, version), "{purl}");
        }
        assert_eq!(distribution_of(&Purl::parse("pkg:npm/a@1").unwrap()), None);
    }

    #[test]
    fn packages_of_package_urls() {
        for (purl, name, version, source, source_version) in [
            ("pkg:deb/debian/libc6@2.36-9%2Bb1?upstream=glibc%402.36-9", "libc6", "2.36-9+b1", Some("glibc"), Some("2.36-9")),
            (
                "pkg:rpm/redhat/openssl-libs@3.0.7-27.el9?epoch=1&upstream=openssl-3.0.7-27.el9.src.rpm",
                "openssl-libs",
                "1:3.0.7-27.el9",
                Some("openssl"),
                None,
            ),
            ("pkg:rpm/redhat/x@1-1?epoch=0&upstream=y-2-1.src.rpm", "x", "1-1", Some("y"), Some("2-1")),
            ("pkg:npm/%40babel/core@7", "@babel/core", "7", None, None),
            ("pkg:maven/org.slf4j/slf4j-api@2", "org.slf4j:slf4j-api", "2", None, None),
            ("pkg:golang/github.com/a/b@v1", "github.com/a/b", "v1", None, None),
            ("pkg:golang/github.com/a/b@v2.0.1#v2", "github.com/a/b/v2", "v2.0.1", None, None),
            ("pkg:generic/node@18.1.0", "node", "18.1.0", None, None),
            ("pkg:bitnami/postgresql@17.2.0-8?arch=arm64&distro=debian-12", "postgresql", "17.2.0-8", None, None),
            ("pkg:generic/wordpress/akismet@5.3", "akismet", "5.3", None, None),
        ] {
            let component = Component { purl: Some(purl.to_owned()), ..Component::default() };
            let found = package(&component, &Purl::parse(purl).unwrap()).unwrap();
            assert_eq!((found.name.as_str(), found.version.as_str()), (name, version), "{purl}");
            assert_eq!((found.source.as_deref(), found.source_version.as_deref()), (source, source_version), "{purl}");
        }
    }
}
