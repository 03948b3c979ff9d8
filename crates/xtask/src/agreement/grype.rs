//! Whether packages have the records that Grype's own tests of its matchers say they have: the unpacked `grype-fixtures.zip`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use plimsoll_advisories::{Builder, Database, find};
use plimsoll_evidence::{Distribution, Ecosystem, Package};
use serde_json::{Value, json};

use super::advisories::{Tally, print, settle};

const CASES: &str = include_str!("grype_cases.tsv");

/// What differs, and why: fixture, distribution, package, id.
const MEANT: &[(&str, &str, &str, &str, &str)] = &[
    ("alpine318", "*", "*", "CVE-2014-0224", BY_CPE),
    ("eol-debian8", "*", "*", "*", BY_CPE),
    ("istio-and-stdlib", "*", "stdlib", "*", BY_CPE),
    ("alma8", "*", "*", "CVE-2021-20325", ITS_OWN),
    ("alma8", "*", "*", "CVE-2021-26691", ITS_OWN),
    (
        "alma8",
        "*",
        "tar",
        "CVE-2005-2541",
        "Red Hat's word on RHEL, which AlmaLinux does not give of itself: its own errata alone are asked",
    ),
    ("h2-and-vex", "*", "*", "*", REBUILT),
    ("python-name-and-vex", "*", "certifi", "*", REBUILT),
    (
        "rhel-multi-rhsa",
        "rhel 6.9",
        "kernel",
        "*",
        "builds of RHEL 6 do not say for which minor release they are, so the newest fix decides",
    ),
    (
        "rhel9-eus",
        "*",
        "*",
        "*",
        "extended support is not read: its fixes are for subscribed hosts, and an image does not say that it is one",
    ),
];
const ITS_OWN: &str = "AlmaLinux's erratum names it; Grype asks Red Hat's records for what there is, of which the case selects another";
const REBUILT: &str = "Chainguard's rebuilt libraries: its statements that they are mended are VEX, which is given with --vex";
const BY_CPE: &str = "a guess by CPE from NVD's ranges, which know nothing of what a distribution mends";

struct Case<'a> {
    fixture: &'a str,
    distribution: &'a str,
    kind: &'a str,
    package: Package,
    ids: BTreeSet<&'a str>,
    only: Vec<&'a str>,
}

fn cases() -> anyhow::Result<Vec<Case<'static>>> {
    let mut cases = Vec::new();
    for line in CASES.lines().filter(|l| !l.starts_with('#')) {
        let [fixture, distribution, kind, name, version, source, module, architecture, ids, only] =
            line.split('\t').collect::<Vec<_>>()[..]
        else {
            bail!("a case has not ten columns: {line}");
        };
        let ecosystem = match kind {
            "apk" => Ecosystem::Apk,
            "dpkg" => Ecosystem::Dpkg,
            "rpm" => Ecosystem::Rpm,
            "go" => Ecosystem::Go,
            "java" => Ecosystem::Java,
            "npm" => Ecosystem::Npm,
            "python" => Ecosystem::Python,
            "gem" => Ecosystem::Gem,
            "bitnami" => Ecosystem::Program,
            other => bail!("no kind of package: {other}"),
        };
        let given = |text: &str| (text != "-").then(|| text.to_owned());
        let mut package = Package::new(ecosystem, name, version, "x");
        package.purl = (kind == "bitnami").then(|| format!("pkg:bitnami/{name}@{version}"));
        (package.source, package.modularity, package.architecture) = (given(source), given(module), given(architecture));
        let list = |text: &'static str| text.split(',').filter(|t| *t != "-" && *t != "*").collect::<Vec<_>>();
        cases.push(Case { fixture, distribution, kind, package, ids: list(ids).into_iter().collect(), only: list(only) });
    }
    Ok(cases)
}

/// Asks for each case and prints the table.
pub(super) fn run(folder: &Path) -> anyhow::Result<()> {
    let fixtures = fixtures(folder)?;
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let mut used: BTreeMap<usize, usize> = BTreeMap::new();
    for case in cases()? {
        let files = fixtures.get(case.fixture).with_context(|| format!("there is no fixture {}", case.fixture))?;
        let temporary = tempfile::tempdir()?;
        let path = temporary.path().join("a.db");
        let mut builder = Builder::new();
        for (name, text) in files {
            let record: Value = serde_json::from_str(text)?;
            for (id, text) in records(&record["item"], &case.package) {
                if case.only.is_empty() || case.only.contains(&id.as_str()) {
                    let (ending, text) = match text {
                        Value::String(text) => ("xml", text),
                        other => ("json", other.to_string()),
                    };
                    builder.add_bytes(&format!("{name}-{id}.{ending}"), text.as_bytes(), None);
                }
            }
        }
        let built = builder.finish(&path)?;
        if let Some(first) = built.unread.first() {
            bail!("{}: {}: {}", case.fixture, first.name, first.why);
        }
        let said = find(&Database::open(&path)?, std::slice::from_ref(&case.package), distribution(case.distribution).as_ref())?;
        let tally = tallies.entry(case.kind.to_owned()).or_default();
        tally.asked += 1;
        tally.ids += case.ids.len();
        let (mut missed, mut more) = (Vec::new(), Vec::new());
        for id in &case.ids {
            if !said.found.iter().any(|v| v.ids.iter().any(|own| own == id) || v.matches.iter().any(|m| m.record == *id)) {
                missed.push((*id).to_owned());
            }
        }
        for found in &said.found {
            let is_theirs = |id: &&str| found.ids.iter().any(|own| own == id) || found.matches.iter().any(|m| m.record == **id);
            if !case.ids.iter().any(is_theirs) {
                more.push(found.id.clone());
            }
        }
        let of = |id: &str| format!("{} {} {} {}: {id}", case.fixture, case.distribution, case.package.name, case.package.version);
        let mut is_meant = |id: &str| {
            let at = MEANT.iter().position(|(fixture, distribution, package, meant, _)| {
                *fixture == case.fixture
                    && ["*", case.distribution].contains(distribution)
                    && ["*", case.package.name.as_str()].contains(package)
                    && ["*", id].contains(meant)
            });
            at.map(|at| *used.entry(at).or_default() += 1).is_some()
        };
        tally.same += usize::from(missed.is_empty() && more.is_empty());
        tally.missed.extend(missed.iter().filter(|id| !is_meant(id)).map(|id| of(id)));
        tally.more.extend(more.iter().filter(|id| !is_meant(id)).map(|id| of(id)));
    }
    print("Grype's tests of its matchers", &tallies);
    println!();
    for (at, (fixture, _, package, id, why)) in MEANT.iter().enumerate() {
        println!("- meant, {} times, {fixture} {package} {id}: {why}", used.get(&at).copied().unwrap_or_default());
    }
    settle(&tallies)
}

/// By fixture, the files of its providers' results. Its copies of NVD and of ends of life are left out.
fn fixtures(folder: &Path) -> anyhow::Result<BTreeMap<String, Vec<(String, String)>>> {
    let mut fixtures: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut todo: Vec<PathBuf> = ["grype/matcher", "internal/dbtest/testdata/shared"].iter().map(|p| folder.join(p)).collect();
    while let Some(path) = todo.pop() {
        for entry in fs::read_dir(&path).with_context(|| path.display().to_string())?.filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                todo.push(path);
                continue;
            }
            let parts: Vec<String> = path.strip_prefix(folder)?.iter().map(|p| p.to_string_lossy().into_owned()).collect();
            let Some(at) = parts.iter().position(|p| p == "results") else { continue };
            let [fixture, provider] = [at.wrapping_sub(2), at.wrapping_sub(1)].map(|i| parts.get(i).cloned().unwrap_or_default());
            if provider != "nvd" && provider != "eol" {
                fixtures.entry(fixture).or_default().push((parts[at..].join("/"), fs::read_to_string(&path)?));
            }
        }
    }
    for files in fixtures.values_mut() {
        files.sort();
    }
    Ok(fixtures)
}

fn distribution(text: &str) -> Option<Distribution> {
    let (id, version) = text.split_once(' ')?;
    Some(Distribution { id: id.to_owned(), id_like: Vec::new(), version_id: Some(version.to_owned()), name: text.to_owned() })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What a result of one of Grype's providers says, as its publisher would, each record with its id.
fn records(item: &Value, package: &Package) -> Vec<(String, Value)> {
    if item["document"].is_object() || item["affected"].is_array() {
        let id = if item["document"].is_object() { text(&item["document"]["tracking"]["id"]) } else { text(&item["id"]) };
        return vec![(id, item.clone())];
    }
    let advisory = &item["Advisory"];
    if advisory.is_object() {
        return vec![(text(&advisory["ghsaId"]), of_github(advisory))];
    }
    let vulnerability = &item["Vulnerability"];
    let namespace = text(&vulnerability["NamespaceName"]);
    let id = text(&vulnerability["Name"]);
    if let Some(release) = namespace.strip_prefix("rhel:") {
        // Extended support is a product of its own.
        return if release.contains('+') { Vec::new() } else { vec![(id.clone(), of_red_hat(vulnerability, &id, release, package))] };
    }
    if let Some(release) = namespace.strip_prefix("ol:") {
        return vec![(id.clone(), Value::String(of_oracle(vulnerability, &id, release)))];
    }
    let Some(ecosystem) = ecosystem(&namespace) else { return Vec::new() };
    let affected: Vec<Value> = vulnerability["FixedIn"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|f| f["Version"] != "0")
        .map(|f| {
            let mut events = vec![json!({ "introduced": "0" })];
            events.extend((f["Version"] != "None").then(|| json!({ "fixed": f["Version"] })));
            json!({
                "package": { "ecosystem": ecosystem, "name": f["Name"] },
                "ranges": [{ "type": "ECOSYSTEM", "events": events }],
            })
        })
        .collect();
    // One id stands once for each release.
    let record = json!({ "id": format!("{namespace}/{id}"), "modified": "2025-01-01T00:00:00Z", "aliases": [id], "affected": affected });
    vec![(id, record)]
}

fn ecosystem(namespace: &str) -> Option<String> {
    let (name, release) = namespace.split_once(':')?;
    Some(match name {
        "alpine" => format!("Alpine:v{release}"),
        "debian" => format!("Debian:{release}"),
        "ubuntu" => match release.strip_suffix("+esm") {
            Some(release) => format!("Ubuntu:Pro:{release}:LTS"),
            None => format!("Ubuntu:{release}:LTS"),
        },
        "wolfi" => "Wolfi".to_owned(),
        "sles" => format!("SUSE:Linux Enterprise Server {}", release.replace('.', " SP")),
        _ => return None,
    })
}

fn of_github(advisory: &Value) -> Value {
    let affected: Vec<Value> = advisory["FixedIn"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|f| {
            let ecosystem = match text(&f["ecosystem"]).as_str() {
                "gem" => "RubyGems",
                "go" => "Go",
                "java" => "Maven",
                "python" => "PyPI",
                _ => "npm",
            };
            let mut events = vec![json!({ "introduced": "0" })];
            let range = text(&f["range"]).replace(',', " ");
            let words: Vec<&str> = range.split_whitespace().collect();
            for pair in words.chunks(2) {
                let [sign, version] = pair else { continue };
                match *sign {
                    "<" => events.push(json!({ "fixed": version })),
                    "<=" => events.push(json!({ "last_affected": version })),
                    "=" => events = vec![json!({ "introduced": version }), json!({ "last_affected": version })],
                    _ => events[0] = json!({ "introduced": version }),
                }
            }
            json!({ "package": { "ecosystem": ecosystem, "name": f["name"] }, "ranges": [{ "type": "ECOSYSTEM", "events": events }] })
        })
        .collect();
    json!({
        "id": advisory["ghsaId"], "modified": advisory["updated"], "withdrawn": advisory["withdrawn"], "aliases": advisory["CVE"],
        "affected": affected,
    })
}

/// As Red Hat writes it itself: a VEX document, with each build that mends it.
fn of_red_hat(vulnerability: &Value, id: &str, release: &str, asked: &Package) -> Value {
    let (mut branches, mut relationships, mut fixed, mut open) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    branches.push(json!({ "product": {
        "product_id": "rhel",
        "product_identification_helper": { "cpe": format!("cpe:/o:redhat:enterprise_linux:{release}") },
    } }));
    for of in vulnerability["FixedIn"].as_array().into_iter().flatten() {
        let mut versions: BTreeSet<String> =
            of["Advisories"].as_array().into_iter().flatten().map(|a| text(&a["Version"])).filter(|v| !v.is_empty()).collect();
        versions.insert(text(&of["Version"]));
        // `< 0:3.9.18-3.el9_4.5 || >= 0:3.9.19, < 0:3.9.19-8.el9`: each upper end is a build that mends it.
        let range = text(&of["VulnerableRange"]);
        versions.extend(range.split(['|', ',']).filter_map(|r| r.trim().strip_prefix("< ")).map(str::to_owned));
        // Its documents name each package of a source, Grype's records the source alone.
        let name = text(&of["Name"]);
        let names = if asked.source.as_deref() == Some(&name) { vec![name, asked.name.clone()] } else { vec![name] };
        for (name, version) in names.iter().flat_map(|n| versions.iter().map(move |v| (n, v))) {
            let module = of["Module"].as_str().filter(|m| !m.is_empty()).map(|m| format!("&rpmmod={m}")).unwrap_or_default();
            if version == "0" {
                continue;
            }
            let product = format!("{name}-{version}{module}");
            let purl = match version.split_once(':') {
                // What is not mended is named by its source here, in older records of Red Hat's also.
                _ if version == "None" => format!("pkg:rpm/redhat/{name}?arch=src{module}"),
                Some((epoch, rest)) => format!("pkg:rpm/redhat/{name}@{}?epoch={epoch}{module}", rest.replace('+', "%2B")),
                None => format!("pkg:rpm/redhat/{name}@{}?epoch=0{module}", version.replace('+', "%2B")),
            };
            branches.push(json!({ "product": { "product_id": product, "product_identification_helper": { "purl": purl } } }));
            relationships.push(json!({
                "product_reference": product, "relates_to_product_reference": "rhel",
                "full_product_name": { "product_id": format!("rhel:{product}") },
            }));
            if version == "None" { &mut open } else { &mut fixed }.push(format!("rhel:{product}"));
        }
    }
    json!({
        "document": {
            "category": "csaf_vex", "csaf_version": "2.0", "publisher": { "namespace": "https://www.redhat.com" },
            "tracking": { "id": id, "current_release_date": "2025-01-01T00:00:00Z" },
        },
        "product_tree": { "branches": branches, "relationships": relationships },
        "vulnerabilities": [{ "cve": id, "product_status": { "fixed": fixed, "known_affected": open } }],
    })
}

/// As Oracle writes it: OVAL, whose criteria say for which architecture a build is.
fn of_oracle(vulnerability: &Value, id: &str, release: &str) -> String {
    let mut builds = String::new();
    for of in vulnerability["FixedIn"].as_array().into_iter().flatten() {
        let [architecture, name, version] = ["Arch", "Name", "Version"].map(|key| text(&of[key]));
        let _ = write!(
            builds,
            "<criteria operator=\"AND\"><criterion comment=\"Oracle Linux arch is {architecture}\"/><criterion comment=\"{name} is earlier than {version}\"/></criteria>"
        );
    }
    format!(
        "<oval_definitions><definition id=\"oval:com.oracle.elsa:def:1\"><metadata><title>{id}: security update</title><reference source=\"elsa\" ref_id=\"{id}\"/></metadata><criteria operator=\"AND\"><criterion comment=\"Oracle Linux {release} is installed\"/><criteria operator=\"OR\">{builds}</criteria></criteria></definition></oval_definitions>"
    )
}
