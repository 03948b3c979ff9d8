//! How many advisories of languages match components that a distribution's package owns: none may, as the distribution speaks for them.
//!
//! Whose a file is, is told here by dpkg's own lists in the layers, and not by the inventory that is examined. How many would match if
//! nothing were known of owners, is asked by the bill of materials without that word. So that the answer does not hang on which advisories a
//! database happens to have, each image is asked once more with one that has an advisory of every component of a language.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};
use flate2::read::MultiGzDecoder;
use plimsoll_advisories::Builder;
use plimsoll_purl::Purl;
use serde_json::{Value, json};

/// The ecosystems of OSV that are languages'.
const LANGUAGES: [&str; 12] =
    ["PyPI", "npm", "Go", "Maven", "crates.io", "RubyGems", "Packagist", "NuGet", "Hex", "Pub", "CRAN", "Hackage"];
/// What a bill says of a component's owner.
const OWNER: &str = "plimsoll:ownedBy";

/// `owned DATABASE CORPUS`: CORPUS holds OCI layouts.
pub(crate) fn run(root: &Path, database: &str, corpus: &Path) -> anyhow::Result<()> {
    crate::command("cargo", &["build", "--quiet", "--package", "plimsoll"], root)?;
    let plimsoll = root.join("target/debug/plimsoll").display().to_string();
    let mut layouts: Vec<_> = fs::read_dir(corpus)?.filter_map(Result::ok).map(|e| e.path()).collect();
    layouts.retain(|p| p.join("oci-layout").is_file());
    layouts.sort();
    println!(
        "| image | components of languages | owned by a distribution | findings on those, were nothing known of owners | findings on those | the same two, with an advisory of every component |\n| --- | ---: | ---: | ---: | ---: | ---: |"
    );
    let mut wrong = Vec::new();
    for layout in layouts {
        let name = layout.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let reference = format!("oci:{}", layout.display());
        let files = owned_files(&layout).with_context(|| name.clone())?;
        let mut bill = json_of(&[&plimsoll, "sbom", &reference, "-q", "--format", "cyclonedx-1.6"])?;
        let (mut languages, mut owned) = (BTreeSet::new(), BTreeSet::new());
        for component in bill["components"].as_array_mut().into_iter().flatten() {
            let purl = component["purl"].as_str().unwrap_or_default().to_owned();
            if ["deb", "rpm", "apk", "generic"].iter().any(|kind| purl.starts_with(&format!("pkg:{kind}/"))) || purl.is_empty() {
                continue;
            }
            languages.insert(purl.clone());
            if let Some(properties) = component["properties"].as_array_mut() {
                let before = properties.len();
                properties.retain(|p| p["name"] != OWNER);
                if properties.len() < before {
                    owned.insert(purl);
                }
            }
        }
        let folder = tempfile::tempdir()?;
        let stripped = folder.path().join("bill.json");
        fs::write(&stripped, bill.to_string())?;
        let every = folder.path().join("every.db").display().to_string();
        every_one(&languages, Path::new(&every))?;
        let mut counts = Vec::new();
        for database in [database, &every] {
            let asked = |of: &str| json_of(&[&plimsoll, "vulns", of, "--db", database, "--format", "json", "-q"]);
            let would = findings(&asked(&stripped.display().to_string())?).iter().filter(|(_, purl, _)| owned.contains(purl)).count();
            let matched: Vec<_> = findings(&asked(&reference)?).into_iter().filter(|(_, _, file)| files.contains(file)).collect();
            counts.push((would, matched.len()));
            wrong.extend(matched.into_iter().map(|(id, purl, file)| format!("{name}: {id} {purl} {file}")));
        }
        let (real, all) = (counts[0], counts[1]);
        println!("| {name} | {} | {} | {} | {} | {}, {} |", languages.len(), owned.len(), real.0, real.1, all.0, all.1);
    }
    if !wrong.is_empty() {
        bail!("advisories of a language match what a distribution owns:\n{}", wrong.join("\n"));
    }
    Ok(())
}

/// A database with an advisory of every version of each of these.
fn every_one(purls: &BTreeSet<String>, path: &Path) -> anyhow::Result<()> {
    let mut builder = Builder::new();
    for (n, text) in purls.iter().enumerate() {
        let Ok(purl) = Purl::parse(text) else { continue };
        let Some(ecosystem) = purl.osv_ecosystem() else { continue };
        let name = match (ecosystem, purl.namespace()) {
            ("Maven", Some(group)) => format!("{group}:{}", purl.name()),
            _ => purl.full_name(),
        };
        let record = json!({
            "id": format!("X-{n}"), "modified": "2026-01-01T00:00:00Z",
            "affected": [{ "package": { "ecosystem": ecosystem, "name": name }, "ranges": [{ "type": "ECOSYSTEM", "events": [{ "introduced": "0" }] }] }],
        });
        builder.add_bytes(&format!("X-{n}.json"), record.to_string().as_bytes(), None);
    }
    builder.finish(path)?;
    Ok(())
}

/// Findings by records of languages: id, package URL, the file that names the component.
fn findings(report: &Value) -> Vec<(String, String, String)> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let of_language = |m: &Value| LANGUAGES.contains(&m["ecosystem"].as_str().unwrap_or_default());
    let all = report["findings"].as_array().into_iter().flatten();
    all.filter(|f| f["matches"].as_array().is_some_and(|m| m.iter().any(of_language)))
        .map(|f| (text(&f["id"]), text(&f["package"]["purl"]), text(&f["package"]["recordedIn"]).trim_start_matches('/').to_owned()))
        .collect()
}

fn json_of(command: &[&str]) -> anyhow::Result<Value> {
    let (program, arguments) = command.split_first().context("no program")?;
    let output = Command::new(program).args(arguments).env("PLIMSOLL_FAIL_ON", "never").output().with_context(|| (*program).to_owned())?;
    serde_json::from_slice(&output.stdout).with_context(|| format!("{}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr)))
}

/// The files that dpkg's lists in any layer name, without the leading slash; those of rpm and apk are told by neither text nor list.
fn owned_files(layout: &Path) -> anyhow::Result<BTreeSet<String>> {
    let read = |digest: &Value| -> anyhow::Result<fs::File> {
        let (algorithm, hex) = digest.as_str().and_then(|d| d.split_once(':')).context("no digest")?;
        Ok(fs::File::open(layout.join("blobs").join(algorithm).join(hex))?)
    };
    let index: Value = serde_json::from_slice(&fs::read(layout.join("index.json"))?)?;
    let manifest: Value = serde_json::from_reader(read(&index["manifests"][0]["digest"])?)?;
    let mut files = BTreeSet::new();
    for layer in manifest["layers"].as_array().into_iter().flatten() {
        let (file, kind) = (read(&layer["digest"])?, layer["mediaType"].as_str().unwrap_or_default());
        let stream: Box<dyn Read> = match kind {
            _ if kind.ends_with("gzip") => Box::new(MultiGzDecoder::new(file)),
            _ if kind.ends_with("tar") => Box::new(file),
            _ => bail!("layers of type {kind} are not read here"),
        };
        let mut tar = tar::Archive::new(stream);
        for entry in tar.entries()? {
            let mut entry = entry?;
            let path = entry.path()?.to_string_lossy().trim_start_matches("./").trim_start_matches('/').to_owned();
            let is_list = path.starts_with("var/lib/dpkg/info/") && path.ends_with(".list");
            let is_sums = path.starts_with("var/lib/dpkg/status.d/") && path.ends_with(".md5sums");
            if is_list || is_sums {
                let mut text = String::new();
                entry.read_to_string(&mut text)?;
                let name = |line: &str| if is_sums { line.split_once("  ").map_or("", |(_, f)| f).to_owned() } else { line.to_owned() };
                files.extend(text.lines().map(|l| name(l).trim_start_matches('/').to_owned()));
            }
        }
    }
    Ok(files)
}
