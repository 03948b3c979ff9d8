//! Builds of rpm packages that mend something, as publishers list them: by architecture, and by stream of a module.

use std::collections::{BTreeMap, BTreeSet};

use crate::record::{Affected, Builds, Range};

/// A build.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Build {
    pub(crate) name: String,
    /// With epoch and release; none where every version is meant.
    pub(crate) version: Option<String>,
    pub(crate) architecture: Option<String>,
    /// `name:stream`.
    pub(crate) module: Option<String>,
}

/// Ecosystem, name and module of what is mended.
type Mended = (String, String, Option<String>);
/// By version that mends it, for which architectures there is one.
type Architectures = BTreeMap<String, BTreeSet<String>>;

/// One entry for each fix; an architecture is named where not every one has the same.
pub(crate) fn fixes(builds: Vec<(String, Build)>) -> Vec<Affected> {
    let mut versions: BTreeMap<Mended, Architectures> = BTreeMap::new();
    for (place, build) in builds {
        let (Some(version), architecture) = (build.version, build.architecture.unwrap_or_default()) else { continue };
        if architecture != "src" {
            versions.entry((place, build.name, build.module)).or_default().entry(version).or_default().insert(architecture);
        }
    }
    let mut out = Vec::new();
    for ((ecosystem, package, module), by_version) in versions {
        let all: BTreeSet<&String> = by_version.values().flatten().collect();
        for (version, architectures) in &by_version {
            // A fix for some architectures alone must not count for the others.
            let is_whole = architectures.len() == all.len();
            let architectures: Vec<String> = if is_whole { Vec::new() } else { architectures.iter().cloned().collect() };
            out.push(Affected {
                ecosystem: ecosystem.clone(),
                package: package.clone(),
                ranges: vec![Range::until(version)],
                builds: Builds { modules: module.iter().cloned().collect(), architectures },
                ..Affected::default()
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn architectures_that_have_another_fix_are_named() {
        let of = |version: &str, architecture: &str| {
            let build = Build {
                name: "rsyslog".to_owned(),
                version: Some(version.to_owned()),
                architecture: Some(architecture.to_owned()),
                module: None,
            };
            ("Oracle Linux:7".to_owned(), build)
        };
        let architectures = |builds| fixes(builds).into_iter().map(|a| a.builds.architectures.join(",")).collect::<Vec<_>>();
        assert_eq!(architectures(vec![of("1-1", "x86_64"), of("1-2", "aarch64"), of("1-3", "src")]), ["x86_64", "aarch64"]);
        let both = [("1-1", "x86_64"), ("1-1", "aarch64"), ("2-1", "x86_64"), ("2-1", "aarch64")];
        assert_eq!(architectures(both.map(|(v, a)| of(v, a)).to_vec()), ["", ""]);
    }
}
