//! The list of packages that images without rpm's database carry (CBL-Mariner's and Azure Linux's distroless images):
//! a line a package, fields separated by tabs.

use plimsoll_evidence::{Ecosystem, Package, PackageDatabase};

use super::header::source_package;
use crate::bytes::{database, package, short};

pub(super) const PATH: &str = "var/lib/rpmmanifest/container-manifest-2";
const MOST_PACKAGES: usize = 65_536;

/// Name, version-release, install and build time, vendor, epoch, size, architecture, epoch as a number, source package.
pub(super) fn parse(path: &str, bytes: &[u8]) -> PackageDatabase {
    let text = String::from_utf8_lossy(bytes);
    let packages = text.lines().filter_map(|line| {
        let fields: Vec<&str> = line.trim_end_matches('\r').split('\t').take(10).collect();
        let [name, version, _, _, _, epoch, size, architecture, rest @ ..] = fields.as_slice() else { return None };
        let epoch = epoch.parse::<u32>().ok().filter(|e| *e > 0).map(|e| format!("{e}:")).unwrap_or_default();
        let (source, source_version) = rest.get(1).and_then(|s| source_package(s)).map_or((None, None), |(n, v)| (Some(n), Some(v)));
        Some(Package {
            architecture: Some(short(architecture)),
            source: source.filter(|s| s != name).map(short),
            source_version: source_version.filter(|v| v != version).map(short),
            installed_bytes: size.parse().unwrap_or(0),
            ..package(Ecosystem::Rpm, name, &format!("{epoch}{version}"), path)
        })
    });
    database(path, packages.take(MOST_PACKAGES).collect())
}
