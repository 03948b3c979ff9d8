//! Where a dynamic linker looks for a library (ld.so(8); musl's ldso).

use plimsoll_evidence::{CapturedText, ElfFacts, FileId, FileTree, ImageConfig};

/// Debian's multiarch directories, by architecture.
const TRIPLETS: &[(&str, &str)] = &[
    ("amd64", "x86_64-linux-gnu"),
    ("386", "i386-linux-gnu"),
    ("arm64", "aarch64-linux-gnu"),
    ("arm", "arm-linux-gnueabihf"),
    ("ppc64le", "powerpc64le-linux-gnu"),
    ("s390x", "s390x-linux-gnu"),
    ("riscv64", "riscv64-linux-gnu"),
    ("loong64", "loongarch64-linux-gnu"),
    ("mips64le", "mips64el-linux-gnuabi64"),
];
const DEFAULTS: &[&str] = &["lib64", "usr/lib64", "lib", "usr/lib", "usr/local/lib", "usr/local/lib64"];

/// The search path that all programs of the image share.
pub(super) struct Libraries {
    environment: Vec<String>,
    configured: Vec<String>,
}

impl Libraries {
    pub(super) fn new(texts: &[CapturedText], config: &ImageConfig) -> Self {
        let environment =
            config.env("LD_LIBRARY_PATH").unwrap_or_default().split([':', ';']).filter(|d| !d.is_empty()).map(str::to_owned).collect();
        // Every file of ld.so.conf.d counts: which ones an include pattern names is the distribution's habit, and all do.
        let is_conf = |p: &str| {
            p == "etc/ld.so.conf"
                || (p.starts_with("etc/ld.so.conf.d/") && p.ends_with(".conf"))
                || (p.starts_with("etc/ld-musl-") && p.ends_with(".path"))
        };
        let configured = texts
            .iter()
            .filter(|t| is_conf(&t.path))
            .flat_map(|t| t.text.split(['\n', ':', ',', ' ', '\t']))
            .filter(|d| d.starts_with('/'))
            .map(str::to_owned)
            .collect();
        Self { environment, configured }
    }

    /// The path at which a library is found for a program, links in its name not followed.
    pub(super) fn find(&self, tree: &FileTree, by: &ElfFacts, name: &str, fits: impl Fn(FileId) -> bool) -> Option<String> {
        let exists = |path: &str| tree.resolve(path).is_some_and(&fits);
        if name.contains('/') {
            return exists(name).then(|| name.to_owned());
        }
        let origin = by.path.rsplit_once('/').map_or("", |(d, _)| d);
        let own = by.runpath.iter().map(|d| expand(d, origin));
        let triplet = TRIPLETS.iter().find(|(a, _)| *a == by.architecture).map(|(_, t)| *t);
        let multiarch = triplet.into_iter().flat_map(|t| [format!("lib/{t}"), format!("usr/lib/{t}")]);
        own.chain(self.environment.iter().cloned())
            .chain(self.configured.iter().cloned())
            .chain(multiarch)
            .chain(DEFAULTS.iter().map(|&d| d.to_owned()))
            .map(|directory| format!("{}/{name}", directory.trim_end_matches('/')))
            .find(|path| exists(path))
    }
}

/// `$ORIGIN` and `$LIB` of a search path (ld.so(8), "Dynamic string tokens").
fn expand(directory: &str, origin: &str) -> String {
    directory
        .replace("${ORIGIN}", &format!("/{origin}"))
        .replace("$ORIGIN", &format!("/{origin}"))
        .replace("${LIB}", "lib")
        .replace("$LIB", "lib")
}
