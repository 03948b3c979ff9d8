//! What a path says of a file before its bytes are seen.

/// Directories of the distribution's packages, where nobody writes configuration of their own.
const PACKAGES: &[&str] = &[
    "usr/share/",
    "usr/include/",
    "usr/lib/",
    "usr/lib32/",
    "usr/lib64/",
    "usr/libexec/",
    "usr/bin/",
    "usr/sbin/",
    "lib/",
    "lib64/",
    "bin/",
    "sbin/",
    "var/lib/dpkg/",
    "var/lib/apt/",
    "var/lib/rpm/",
    "var/lib/pacman/",
    "var/cache/",
    "boot/",
    "usr/local/include/",
    "usr/local/share/man/",
    "usr/local/go/",
    "usr/local/lib/python",
    "usr/local/lib/node_modules/",
    "usr/local/lib/ruby/",
    "usr/local/share/perl",
    "usr/local/lib/perl",
    "etc/ssl/certs/",
    "etc/mime.types",
    "etc/services",
    "etc/ssh/moduli",
    "etc/alternatives/",
    "etc/apache2/mods-available/",
    "usr/games/",
    "proc/",
    "sys/",
    "etc/bash_completion.d/",
    "etc/apparmor.d/",
    "etc/ca-certificates",
    "var/log/",
];

/// Directories of the same kind anywhere in a path.
const PARTS: &[&str] = &[
    "/node_modules/",
    "/site-packages/",
    "/dist-packages/",
    "/vendor/bundle/",
    "/gems/",
    "/pkg/mod/",
    "/.cargo/registry/",
    "/__pycache__/",
    "/.git/objects/",
    "/.npm/_cacache/",
    "/.m2/repository/",
];

/// Below those, where authors do put their own.
const OWN: &[&str] = &[
    "usr/share/nginx/",
    "usr/share/tomcat",
    "usr/share/elasticsearch/config/",
    "usr/share/logstash/",
    "usr/share/kibana/config/",
    "usr/share/grafana/conf/",
    "usr/lib/systemd/system/",
];

/// Whether a file may hold configuration or what the image's author put in.
pub(crate) fn is_own(path: &str) -> bool {
    if OWN.iter().any(|d| path.starts_with(d)) {
        return true;
    }
    !PACKAGES.iter().any(|d| path.starts_with(d)) && !PARTS.iter().any(|d| path.contains(d) || path.starts_with(&d[1..]))
}

/// Whether a file holds no credential for sure, by what it is: pictures, fonts, message catalogues, time zones.
pub(crate) fn is_nothing(path: &str, head: &[u8]) -> bool {
    const DIRECTORIES: &[&str] = &[
        "usr/share/zoneinfo/",
        "usr/share/locale/",
        "usr/share/i18n/",
        "usr/lib/locale/",
        "usr/share/man/",
        "usr/share/icons/",
        "usr/share/fonts/",
    ];
    const MAGIC: &[&[u8]] = &[
        b"\x89PNG\r\n",
        b"\xff\xd8\xff",
        b"GIF8",
        b"wOFF",
        b"wOF2",
        b"\0\x01\0\0\0",
        b"OTTO",
        b"\xde\x12\x04\x95",
        b"TZif",
        b"\x1f\x8b",
        b"\xfd7zXZ\0",
        b"BZh",
        b"\x28\xb5\x2f\xfd",
        b"RIFF",
        b"OggS",
        b"ID3",
        b"fLaC",
    ];
    DIRECTORIES.iter().any(|d| path.starts_with(d)) || MAGIC.iter().any(|m| head.starts_with(m))
}

/// What archive a file is, of those that are opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Archive {
    /// zip and its kin: jar, war, ear, whl, nupkg, apk.
    Zip,
    /// tar, and compressed with gzip.
    Tar,
}

/// Whether a file is an archive that is opened.
pub(crate) fn archive(path: &str, head: &[u8]) -> Option<Archive> {
    if head.starts_with(b"PK\x03\x04") {
        return Some(Archive::Zip);
    }
    let is_gzipped_tar = head.starts_with(b"\x1f\x8b") && [".tar.gz", ".tgz", ".crate", ".gem"].iter().any(|e| path.ends_with(e));
    let is_tar = head.get(257..262) == Some(b"ustar");
    (is_gzipped_tar || is_tar).then_some(Archive::Tar)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_authors_own() {
        for own in [
            "app/.env",
            "etc/nginx/nginx.conf",
            "root/.npmrc",
            "opt/x/config.yml",
            "usr/src/app/config.js",
            "srv/a",
            "usr/local/etc/php.ini",
        ] {
            assert!(is_own(own), "{own}");
        }
        for other in [
            "usr/lib/python3/dist-packages/a.py",
            "app/node_modules/x/index.js",
            "usr/include/a.h",
            "node_modules/x/a.js",
            "usr/local/lib/python3.12/a.py",
        ] {
            assert!(!is_own(other), "{other}");
        }
    }
}
