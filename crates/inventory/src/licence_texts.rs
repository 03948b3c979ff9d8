//! The texts of licences that lie beside packages. They are only kept where somebody asks for them: they are many, and checks need none.

use plimsoll_evidence::{CapturedText, Ecosystem, FileEntry, FileTree, LayerFacts, Package, Problem};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::copyright::package_of;

/// The longest licences stay below a quarter of it.
const MOST: usize = 256 << 10;

/// Keeps texts of licences.
pub struct LicenceTexts;

impl Analyser for LicenceTexts {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "licence-texts", version: 2 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        if entry.size <= MOST as u64 && is_text(&entry.path) { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        if let Content::Whole(bytes) = content {
            let text = String::from_utf8_lossy(bytes).into_owned();
            facts.texts.push(CapturedText { path: entry.path.clone(), text, cut: false });
        }
        Ok(())
    }
}

fn is_text(path: &str) -> bool {
    package_of(path).is_some()
        || ((path.contains("node_modules/") || path.contains(".dist-info/") || path.contains("/gems/")) && is_licence(path))
        || (NUGET.iter().any(|place| path.contains(place)) && is_licence_of_nuget(path))
}

/// Where `NuGet` unpacks packages and tools unless it is told otherwise.
const NUGET: [&str; 2] = [".nuget/packages/", ".store/"];

/// A `nuspec` names the file that holds the licence's text, at the top of the package's folder or in a folder of its own, and it has many names:
/// `dotnet_library_license.txt`, `PACKAGE-LICENSE.md`.
fn is_licence_of_nuget(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let is_plain = !name.contains('.') || name.ends_with(".txt") || name.ends_with(".md");
    is_plain && ["license", "licence", "copying"].iter().any(|s| name.contains(s)) && !name.starts_with("third")
}

fn is_licence(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let stem = name.split('.').next().unwrap_or_default();
    let is_code = name.ends_with(".js") || name.ends_with(".py") || name.ends_with(".rb") || name.ends_with(".json");
    !is_code
        && ["license", "licence", "copying", "notice"]
            .iter()
            .any(|s| stem == *s || stem.starts_with(&format!("{s}-")) || stem.starts_with(&format!("{s}_")))
}

/// The texts of a package's licence, among those that were kept; sorted by path.
pub fn licence_texts<'a>(tree: &FileTree, texts: &'a [CapturedText], package: &Package) -> Vec<&'a CapturedText> {
    let at = |path: &str| texts.binary_search_by(|t| t.path.as_str().cmp(path)).ok().map(|i| &texts[i]);
    if package.ecosystem == Ecosystem::Dpkg {
        let path = tree.resolve(&format!("usr/share/doc/{}/copyright", package.name)).map(|id| tree.file(id).path.as_str());
        return path.and_then(at).into_iter().collect();
    }
    let directory = match package.ecosystem {
        Ecosystem::NuGet if package.recorded_in.ends_with(".deps.json") => return Vec::new(),
        Ecosystem::Npm | Ecosystem::Python | Ecosystem::NuGet => package.recorded_in.rsplit_once('/').map_or("", |(d, _)| d).to_owned(),
        // specifications/NAME-VERSION.gemspec lies beside gems/NAME-VERSION/.
        Ecosystem::Gem => {
            let Some((root, file)) = package.recorded_in.split_once("/specifications/") else { return Vec::new() };
            let name = file.rsplit('/').next().unwrap_or(file).trim_end_matches(".gemspec");
            format!("{root}/gems/{name}")
        }
        _ => return Vec::new(),
    };
    if directory.is_empty() {
        return Vec::new();
    }
    let prefix = format!("{directory}/");
    let start = texts.partition_point(|t| t.path.as_str() < prefix.as_str());
    let below = texts[start..].iter().take_while(|t| t.path.starts_with(&prefix));
    // Packages in packages have licences of their own.
    let is_its = |path: &str| is_licence(path) || package.ecosystem == Ecosystem::NuGet && is_licence_of_nuget(path);
    below.filter(|t| is_its(&t.path) && !t.path[prefix.len()..].contains("node_modules/")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_texts() {
        for (path, kept) in [
            ("usr/share/doc/libc6/copyright", true),
            ("app/node_modules/a/LICENSE.md", true),
            ("app/node_modules/a/LICENSE-MIT", true),
            ("app/node_modules/a/license.js", false),
            ("usr/lib/python3/dist-packages/a-1.dist-info/licenses/LICENSE", true),
            ("usr/lib/ruby/gems/3.1/gems/rake-1/MIT-LICENSE", false),
            ("usr/lib/ruby/gems/3.1/gems/rake-1/COPYING", true),
            ("LICENSE", false),
            ("root/.nuget/packages/system.memory/4.5.5/LICENSE.TXT", true),
            ("root/.nuget/packages/x/1.0.0/dotnet_library_license.txt", true),
            ("root/.nuget/packages/x/1.0.0/THIRD-PARTY-LICENSES.txt", false),
            ("root/.nuget/packages/x/1.0.0/lib/net6.0/Licensing.dll", false),
        ] {
            assert_eq!(is_text(path), kept, "{path}");
        }
    }

    #[test]
    fn a_module_has_its_own_and_not_those_inside_it() {
        let text = |path: &str| CapturedText { path: path.to_owned(), text: String::new(), cut: false };
        let texts = [text("a/node_modules/x/LICENSE"), text("a/node_modules/x/node_modules/y/LICENSE"), text("a/node_modules/xy/LICENSE")];
        let package = Package::new(Ecosystem::Npm, "x", "1", "a/node_modules/x/package.json");
        let found: Vec<&str> = licence_texts(&FileTree::default(), &texts, &package).into_iter().map(|t| t.path.as_str()).collect();
        assert_eq!(found, ["a/node_modules/x/LICENSE"]);
        let place = "root/.nuget/packages/system.memory/4.5.5";
        let texts = [text(&format!("{place}/LICENSE.TXT"))];
        let found = |recorded_in: &str| {
            licence_texts(&FileTree::default(), &texts, &Package::new(Ecosystem::NuGet, "System.Memory", "4.5.5", recorded_in)).len()
        };
        assert_eq!((found(&format!("{place}/system.memory.nuspec")), found("app/App.deps.json")), (1, 0));
    }
}
