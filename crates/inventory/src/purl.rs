//! A package's URL, by the definitions of package-url/purl-spec.

use plimsoll_evidence::{Distribution, Ecosystem, Package};
use plimsoll_purl::Purl;

/// The package URL of a package of this distribution; `None` where what is known is not enough for a valid one.
pub fn of(package: &Package, distribution: Option<&Distribution>) -> Option<Purl> {
    let name = package.name.as_str();
    let purl = match package.ecosystem {
        Ecosystem::Dpkg => system("deb", package, distribution?)?,
        Ecosystem::Apk => system("apk", package, distribution?)?,
        Ecosystem::Rpm => system("rpm", package, distribution?)?,
        Ecosystem::Python => Purl::new("pypi", name).ok()?,
        Ecosystem::Npm => named("npm", name, '/')?,
        Ecosystem::Java => named("maven", name, ':')?,
        Ecosystem::Go => named("golang", name, '/')?,
        Ecosystem::Cargo => Purl::new("cargo", name).ok()?,
        Ecosystem::Gem => {
            let gem = Purl::new("gem", name).ok()?;
            gem.with_qualifier("platform", package.architecture.as_deref().unwrap_or_default())
        }
        Ecosystem::Composer => named("composer", name, '/')?,
        Ecosystem::NuGet if crate::dotnet_bundle::is_nameless(package) => return None,
        Ecosystem::NuGet => Purl::new("nuget", name).ok()?,
        Ecosystem::Pacman => system("alpm", package, distribution?)?,
        Ecosystem::Opkg => system("opkg", package, distribution?)?,
        Ecosystem::Portage => {
            let (category, name) = name.split_once('/')?;
            Purl::new("ebuild", name).ok()?.with_namespace(category).with_version(&package.version)
        }
        Ecosystem::Conda => {
            let conda = Purl::new("conda", name).ok()?;
            conda.with_qualifier("subdir", package.architecture.as_deref().unwrap_or_default())
        }
        Ecosystem::R => Purl::new("cran", name).ok()?,
        Ecosystem::Brew => Purl::new("brew", name).ok()?,
        Ecosystem::Program => Purl::new("generic", name).ok()?,
        Ecosystem::Hex => Purl::new("hex", name).ok()?,
        Ecosystem::Pub => Purl::new("pub", name).ok()?,
        Ecosystem::Swift => named("swift", name, '/')?,
        Ecosystem::Hackage => Purl::new("hackage", name).ok()?,
        // The author's mark at CPAN, where it is known.
        Ecosystem::Cpan => Purl::new("cpan", name).ok()?.with_namespace(package.supplier.as_deref().unwrap_or_default()),
        Ecosystem::LuaRocks => Purl::new("luarocks", name).ok()?,
        Ecosystem::Nix => Purl::new("nix", name).ok()?,
        // Nobody has defined a type for them.
        Ecosystem::WordPress => Purl::new("generic", name).ok()?.with_namespace("wordpress"),
    };
    // What Go writes of a build without a tag is no version that a package could be asked for by.
    let is_told = package.ecosystem.is_system() || package.ecosystem == Ecosystem::Go && package.version == "(devel)";
    let purl = if is_told { purl } else { purl.with_version(&package.version) };
    purl.check().is_ok().then_some(purl)
}

/// `@babel/core`, `org.slf4j:slf4j-api`: the last part is the name, what is before it the namespace.
fn named(kind: &str, name: &str, separator: char) -> Option<Purl> {
    let (namespace, name) = name.rsplit_once(separator).unwrap_or(("", name));
    Some(Purl::new(kind, name).ok()?.with_namespace(namespace))
}

fn system(kind: &str, package: &Package, distribution: &Distribution) -> Option<Purl> {
    let is_rpm = kind == "rpm";
    let (epoch, version) = match package.version.split_once(':') {
        Some((epoch, version)) if is_rpm => (epoch, version),
        _ => ("", package.version.as_str()),
    };
    let distro = distribution.version_id.as_ref().map_or_else(|| distribution.id.clone(), |v| format!("{}-{v}", distribution.id));
    let purl = Purl::new(kind, &package.name)
        .ok()?
        .with_namespace(vendor(&distribution.id))
        .with_version(version)
        .with_qualifier("arch", package.architecture.as_deref().unwrap_or_default())
        .with_qualifier("epoch", epoch)
        .with_qualifier("distro", &distro);
    let source = upstream(package, version, is_rpm).unwrap_or_default();
    Some(purl.with_qualifier("upstream", &source))
}

/// Who stands behind a distribution, as the advisories' package URLs call it: the ID of os-release(5) for nearly all.
fn vendor(id: &str) -> &str {
    match id {
        "rhel" => "redhat",
        "sles" | "sled" | "sle-micro" => "suse",
        "opensuse-leap" | "opensuse-tumbleweed" => "opensuse",
        other => other,
    }
}

/// The source package where it is another: `glibc`, `glibc@2.36-9`, or the file's name as rpm records it.
fn upstream(package: &Package, version: &str, is_rpm: bool) -> Option<String> {
    if package.source.is_none() && package.source_version.is_none() {
        return None;
    }
    let source = package.source_name();
    Some(match &package.source_version {
        other if is_rpm => format!("{source}-{}.src.rpm", other.as_deref().unwrap_or(version)),
        Some(other) => format!("{source}@{other}"),
        None => source.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ecosystem() {
        let release = |id: &str, version: &str| Distribution {
            id: id.to_owned(),
            version_id: Some(version.to_owned()).filter(|v| !v.is_empty()),
            ..Distribution::default()
        };
        let package = |ecosystem, name: &str, version: &str| Package::new(ecosystem, name, version, "x");
        let libc = Package {
            architecture: Some("amd64".into()),
            source: Some("glibc".into()),
            source_version: Some("2.36-9".into()),
            ..package(Ecosystem::Dpkg, "libc6", "2.36-9+b1")
        };
        let ssl = Package { source: Some("busybox".into()), ..package(Ecosystem::Apk, "ssl_client", "1.30.1-r2") };
        let openssl = Package {
            architecture: Some("x86_64".into()),
            source: Some("openssl".into()),
            ..package(Ecosystem::Rpm, "openssl-libs", "1:3.0.7-27.el9")
        };
        let gem = Package { architecture: Some("java".into()), ..package(Ecosystem::Gem, "json", "2.6.1") };
        let plack = Package { supplier: Some("MIYAGAWA".into()), ..package(Ecosystem::Cpan, "Plack", "1.0050") };
        for (package, distribution, wanted) in [
            (
                libc.clone(),
                Some(release("debian", "12")),
                Some("pkg:deb/debian/libc6@2.36-9%2Bb1?arch=amd64&distro=debian-12&upstream=glibc%402.36-9"),
            ),
            (
                libc.clone(),
                Some(release("debian", "")),
                Some("pkg:deb/debian/libc6@2.36-9%2Bb1?arch=amd64&distro=debian&upstream=glibc%402.36-9"),
            ),
            (libc, None, None),
            (ssl, Some(release("alpine", "3.10.2")), Some("pkg:apk/alpine/ssl_client@1.30.1-r2?distro=alpine-3.10.2&upstream=busybox")),
            (
                openssl,
                Some(release("rhel", "9.4")),
                Some("pkg:rpm/redhat/openssl-libs@3.0.7-27.el9?arch=x86_64&distro=rhel-9.4&epoch=1&upstream=openssl-3.0.7-27.el9.src.rpm"),
            ),
            (package(Ecosystem::Python, "Typing_Extensions", "4.9.0"), None, Some("pkg:pypi/typing-extensions@4.9.0")),
            (package(Ecosystem::Npm, "@babel/core", "7.0.0"), None, Some("pkg:npm/%40babel/core@7.0.0")),
            (package(Ecosystem::Java, "org.slf4j:slf4j-api", "2.0.9"), None, Some("pkg:maven/org.slf4j/slf4j-api@2.0.9")),
            (package(Ecosystem::Java, "app", "1"), None, None),
            (package(Ecosystem::Go, "github.com/Azure/azure-sdk", "v1.0.0"), None, Some("pkg:golang/github.com/Azure/azure-sdk@v1.0.0")),
            (package(Ecosystem::Go, "x.test/app", "(devel)"), None, Some("pkg:golang/x.test/app")),
            (package(Ecosystem::Go, "stdlib", "1.22.1"), None, Some("pkg:golang/stdlib@1.22.1")),
            (package(Ecosystem::Cargo, "serde", "1.0.0"), None, Some("pkg:cargo/serde@1.0.0")),
            (gem, None, Some("pkg:gem/json@2.6.1?platform=java")),
            (package(Ecosystem::Composer, "Symfony/Console", "v6.0"), None, Some("pkg:composer/symfony/console@v6.0")),
            (package(Ecosystem::Hex, "plug", "1.11.1"), None, Some("pkg:hex/plug@1.11.1")),
            (package(Ecosystem::Pub, "shelf", "1.3.2"), None, Some("pkg:pub/shelf@1.3.2")),
            (package(Ecosystem::Swift, "github.com/apple/swift-nio", "2.0.0"), None, Some("pkg:swift/github.com/apple/swift-nio@2.0.0")),
            (package(Ecosystem::Swift, "swift-nio", "2.0.0"), None, None),
            (package(Ecosystem::Hackage, "aeson", "2.1.2.1"), None, Some("pkg:hackage/aeson@2.1.2.1")),
            (package(Ecosystem::Cpan, "JSON-XS", "4.03"), None, Some("pkg:cpan/JSON-XS@4.03")),
            (plack, None, Some("pkg:cpan/MIYAGAWA/Plack@1.0050")),
            (package(Ecosystem::LuaRocks, "lua-cjson", "2.1.0.10-1"), None, Some("pkg:luarocks/lua-cjson@2.1.0.10-1")),
            (package(Ecosystem::Nix, "glibc", "2.38-44"), None, Some("pkg:nix/glibc@2.38-44")),
            (package(Ecosystem::WordPress, "akismet", "5.3"), None, Some("pkg:generic/wordpress/akismet@5.3")),
            (package(Ecosystem::NuGet, "Newtonsoft.Json", "13.0.1"), None, Some("pkg:nuget/Newtonsoft.Json@13.0.1")),
        ] {
            let found = of(&package, distribution.as_ref()).map(|p| p.to_string());
            assert_eq!(found.as_deref(), wanted, "{}", package.name);
        }
    }
}
