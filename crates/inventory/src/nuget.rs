//! .NET packages that an application was built with: `NAME.deps.json` (.NET SDK documentation, "Runtime configuration files"); and those that
//! lie unpacked where a restore or an installed tool put them, by their own description.

pub(crate) mod nuspec;

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_evidence::{Ecosystem, FileEntry, LayerFacts, Package, Problem, ProblemKind};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::bytes::{database, held, package, single, unread};

const MOST: usize = 32 << 20;
/// Before the name of a runtime that is packed with an application.
const RUNTIME_PACK: &str = "runtimepack.";

/// Finds the packages of .NET applications.
pub struct NuGet;

impl Analyser for NuGet {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "nuget", version: 2 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        if entry.path.ends_with(".deps.json") || entry.path.ends_with(".nuspec") { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let bytes = held(entry, content, MOST)?;
        if entry.path.ends_with(".nuspec") {
            facts.databases.extend(nuspec::placed(&entry.path, bytes).map(|package| single(&entry.path, package)));
            return Ok(());
        }
        let packages = listed(bytes, &entry.path)
            .map_err(|error| unread(entry, ProblemKind::Malformed, &format!("it is no list of an application's packages ({error})")))?;
        facts.databases.push(database(&entry.path, packages));
        Ok(())
    }
}

/// The packages that an application was built with. Projects are its own code.
pub(crate) fn listed(bytes: &[u8], recorded_in: &str) -> Result<Vec<Package>, serde_json::Error> {
    let file: File = serde_json::from_slice(bytes)?;
    let shipped = file.libraries.iter().filter(|(_, l)| matches!(l.kind.as_str(), "package" | "runtimepack"));
    let packages = shipped.filter_map(|(key, _)| {
        let (name, version) = key.split_once('/')?;
        Some(package(Ecosystem::NuGet, name.strip_prefix(RUNTIME_PACK).unwrap_or(name), version, recorded_in))
    });
    Ok(packages.collect())
}

/// The names, without folders, of all files that a list says the libraries of an application bring.
pub(crate) fn explained(bytes: &[u8]) -> BTreeSet<String> {
    let Ok(Targets { targets }) = serde_json::from_slice(bytes) else { return BTreeSet::new() };
    let built = targets.values().flat_map(BTreeMap::values);
    let files = built.flat_map(|t| [&t.runtime, &t.resources, &t.native]).flat_map(BTreeMap::keys);
    files.map(|path| path.rsplit('/').next().unwrap_or(path).to_owned()).collect()
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    libraries: BTreeMap<String, Library>,
}

#[derive(Deserialize)]
struct Library {
    #[serde(rename = "type", default)]
    kind: String,
}

#[derive(Deserialize)]
struct Targets<'a> {
    /// By framework and runtime: of each library the files that it brings.
    #[serde(default, borrow)]
    targets: BTreeMap<String, BTreeMap<String, Target<'a>>>,
}

/// Files, and what is said of each.
#[derive(Deserialize)]
struct Target<'a> {
    #[serde(default, borrow)]
    runtime: BTreeMap<String, &'a RawValue>,
    #[serde(default, borrow)]
    resources: BTreeMap<String, &'a RawValue>,
    #[serde(default, borrow)]
    native: BTreeMap<String, &'a RawValue>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testkit::{look_in_memory, packages};

    #[test]
    fn packages_and_no_projects() {
        let text = r#"{"targets": {"x": 1}, "libraries": {"App/1.0.0": {"type": "project"}, "Newtonsoft.Json/13.0.1": {"type": "package", "sha512": "x"},
            "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1": {"type": "runtimepack"}, "NoVersion": {"type": "package"}}}"#;
        let (facts, problem) = look_in_memory(&NuGet, "app/App.deps.json", text.as_bytes());
        let wanted =
            [("Newtonsoft.Json", "13.0.1", "app/App.deps.json"), ("Microsoft.NETCore.App.Runtime.linux-x64", "8.0.1", "app/App.deps.json")];
        assert_eq!((packages(&facts), problem), (wanted.to_vec(), None));
        assert!(look_in_memory(&NuGet, "app/App.deps.json", b"not json").1.is_some_and(|p| p.hides));
        let text = b"<package><metadata><id>Serilog</id><version>3.1.1</version></metadata></package>";
        let place = "root/.nuget/packages/serilog/3.1.1/serilog.nuspec";
        assert_eq!(packages(&look_in_memory(&NuGet, place, text).0), [("Serilog", "3.1.1", place)]);
    }

    proptest! {
        #[test]
        fn any_text_ends(text in "[\\[\\]{}a-z\",: /]{0,200}") {
            look_in_memory(&NuGet, "a.deps.json", text.as_bytes());
        }
    }
}
