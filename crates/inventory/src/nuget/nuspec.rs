//! What a package of `NuGet` says of itself: `ID.nuspec` (NuGet documentation, ".nuspec reference"). It lies beside the package's files where a
//! restore or an installed tool unpacked them; one elsewhere is what a project packs, and no package.

use crate::bytes::{package, short};
use plimsoll_evidence::{Ecosystem, Package};

/// What old clients are told by, who do not read `<license>`: it stands beside that, and says nothing.
const NO_LICENCE: &str = "aka.ms/deprecateLicenseUrl";
/// Where `NuGet` shows an expression; the address holds it.
const EXPRESSIONS: &str = "licenses.nuget.org/";

/// The package whose description this is; `None` where the file lies in no package's folder, or is no description.
pub(super) fn placed(path: &str, bytes: &[u8]) -> Option<Package> {
    let (folder, file) = path.rsplit_once('/')?;
    let text = String::from_utf8_lossy(bytes);
    let document = roxmltree::Document::parse(text.trim_start_matches('\u{feff}')).ok()?;
    let metadata = document.root_element().children().find(|n| n.tag_name().name() == "metadata")?;
    let node = |name: &str| metadata.children().find(|n| n.is_element() && n.tag_name().name() == name);
    let of = |name: &str| node(name)?.text().map(str::trim).filter(|t| !t.is_empty() && !is_placeholder(t));
    let (id, version) = (of("id")?, of("version")?);
    if !file.strip_suffix(".nuspec")?.eq_ignore_ascii_case(id) || !is_folder_of(folder, id, version) {
        return None;
    }
    let named = node("license").map(|licence| (licence.attribute("type"), of("license")));
    let licence = match named {
        // The text is in the file that it names.
        Some((Some("file"), _)) => None,
        Some((_, Some(expression))) => Some(expression.to_owned()),
        _ => of("licenseUrl").and_then(by_address),
    };
    Some(Package {
        licences: licence.iter().map(|l| short(l)).collect(),
        supplier: of("authors").map(short),
        homepage: of("projectUrl").map(short),
        ..package(Ecosystem::NuGet, id, version, path)
    })
}

/// `$version$` and its like, which packing fills in.
fn is_placeholder(text: &str) -> bool {
    text.starts_with('$') && text.ends_with('$')
}

/// `…/ID/VERSION` of the global packages folder and of tools; `…/ID.VERSION` as older clients unpack.
fn is_folder_of(folder: &str, id: &str, version: &str) -> bool {
    let mut parts = folder.rsplit('/');
    let (Some(last), above) = (parts.next(), parts.next().unwrap_or_default()) else { return false };
    let two = above.eq_ignore_ascii_case(id) && normal(last) == normal(version);
    let one = last.get(..id.len()).is_some_and(|start| start.eq_ignore_ascii_case(id))
        && last[id.len()..].strip_prefix('.').is_some_and(|rest| normal(rest) == normal(version));
    two || one
}

/// A version as `NuGet` compares them (NuGet documentation, "Normalized version numbers"): without leading zeros, a fourth zero and the build's
/// metadata, and in lower case.
pub(crate) fn normal(version: &str) -> String {
    let version = version.split('+').next().unwrap_or_default().to_ascii_lowercase();
    let (numbers, rest) = version.find('-').map_or((version.as_str(), ""), |at| version.split_at(at));
    let mut parts: Vec<&str> = numbers.split('.').map(|n| n.trim_start_matches('0')).map(|n| if n.is_empty() { "0" } else { n }).collect();
    while parts.len() < 3 {
        parts.push("0");
    }
    if parts.len() == 4 && parts[3] == "0" {
        parts.pop();
    }
    parts.join(".") + rest
}

/// What an address says: the expression in it, or itself.
fn by_address(url: &str) -> Option<String> {
    if url.contains(NO_LICENCE) {
        return None;
    }
    let held = url.split_once(EXPRESSIONS).map(|(_, expression)| decoded(expression));
    Some(held.unwrap_or_else(|| url.to_owned()))
}

/// Without the signs for spaces and brackets in addresses.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|d| std::str::from_utf8(d).ok()).and_then(|d| u8::from_str_radix(d, 16).ok());
        if let Some(byte) = digits.filter(|_| *first == b'%') {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As in Newtonsoft.Json 12.0.3 and 6.0.4 (MIT), in short.
    fn nuspec(inside: &str) -> String {
        format!(
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><package xmlns=\"http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd\"><metadata minClientVersion=\"2.12\"><id>Newtonsoft.Json</id><version>12.0.3</version><authors>James Newton-King</authors>{inside}<projectUrl>https://www.newtonsoft.com/json</projectUrl></metadata></package>"
        )
    }

    const PLACE: &str = "root/.nuget/packages/newtonsoft.json/12.0.3/newtonsoft.json.nuspec";

    #[test]
    fn what_is_said_of_the_licence() {
        for (inside, wanted) in [
            ("<license type=\"expression\">MIT</license><licenseUrl>https://licenses.nuget.org/MIT</licenseUrl>", Some("MIT")),
            (
                "<license type=\"expression\">MIT OR Apache-2.0</license><licenseUrl>https://aka.ms/deprecateLicenseUrl</licenseUrl>",
                Some("MIT OR Apache-2.0"),
            ),
            ("<license type=\"file\">LICENSE.md</license><licenseUrl>https://aka.ms/deprecateLicenseUrl</licenseUrl>", None),
            ("<licenseUrl>https://licenses.nuget.org/(MIT%20OR%20GPL-2.0+)</licenseUrl>", Some("(MIT OR GPL-2.0+)")),
            (
                "<licenseUrl>https://raw.github.com/JamesNK/Newtonsoft.Json/master/LICENSE.md</licenseUrl>",
                Some("https://raw.github.com/JamesNK/Newtonsoft.Json/master/LICENSE.md"),
            ),
            ("<license type=\"expression\">$licence$</license>", None),
            ("", None),
        ] {
            let found = placed(PLACE, nuspec(inside).as_bytes()).unwrap();
            assert_eq!(found.licences.first().map(String::as_str), wanted, "{inside}");
            assert_eq!((found.name.as_str(), found.version.as_str()), ("Newtonsoft.Json", "12.0.3"));
            assert_eq!(found.supplier.as_deref(), Some("James Newton-King"));
        }
    }

    #[test]
    fn only_in_the_folder_of_its_package() {
        let is_placed = |path: &str| placed(path, nuspec("").as_bytes()).is_some();
        assert!(is_placed("app/packages/Newtonsoft.Json.12.0.3/Newtonsoft.Json.nuspec"));
        assert!(is_placed("root/.dotnet/tools/.store/newtonsoft.json/12.0.3.0/newtonsoft.json.nuspec"));
        for elsewhere in [
            "src/Newtonsoft.Json.nuspec",
            "root/.nuget/packages/newtonsoft.json/12.0.4/newtonsoft.json.nuspec",
            "root/.nuget/packages/newtonsoft.json/12.0.3/other.nuspec",
            "Newtonsoft.Json.nuspec",
        ] {
            assert!(!is_placed(elsewhere), "{elsewhere}");
        }
        for broken in ["", "<package>", "<package><metadata/></package>", "\u{feff}"] {
            assert!(placed(PLACE, broken.as_bytes()).is_none(), "{broken}");
        }
    }

    #[test]
    fn versions_as_nuget_writes_them() {
        for (version, wanted) in
            [("1.0", "1.0.0"), ("1.00.0.0", "1.0.0"), ("1.0.0.1", "1.0.0.1"), ("1.2.3-Beta.1+abc", "1.2.3-beta.1"), ("", "0.0.0")]
        {
            assert_eq!(normal(version), wanted, "{version}");
        }
    }
}
