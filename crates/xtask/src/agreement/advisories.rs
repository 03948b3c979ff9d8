//! Whether records match what the OSV service and Trivy made of the same records. Each prints its table; an error where a difference is not among
//! those that are meant.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use plimsoll_advisories::{Builder, Database, records, vulnerabilities};
use serde_json::{Value, json};

/// What differs and why ours is right: ecosystem, package, id (`*` for any), reason.
type Meant = (&'static str, &'static str, &'static str, &'static str);

const OSV_MEANT: &[Meant] = &[
    ("Go", "stdlib", "GO-2026-5026", LATER),
    ("Go", "stdlib", "GO-2026-5942", LATER),
    ("Go", "stdlib", "GO-2026-5972", LATER),
    ("Go", "stdlib", "GO-2026-6088", LATER),
    ("Go", "stdlib", "GO-2026-6089", LATER),
    ("Go", "stdlib", "GO-2026-6090", LATER),
    ("Go", "stdlib", "GO-2026-6091", LATER),
    ("Go", "stdlib", "GO-2026-6218", LATER),
    ("Go", "toolchain", "GO-2026-6179", LATER),
    ("Go", "toolchain", "GO-2026-6180", LATER),
    ("Go", "golang.org/x/image", "GO-2026-6222", LATER),
    ("Maven", "dnsjava:dnsjava", "*", "the records say that 3.6.0 mends it and name no other range; the recording leaves two of three out"),
    ("PyPI", "urllib3", "PYSEC-2021-108", "the record that is here, of 2021, names 1.24.3 among the versions; the recording is of 2026"),
];
const LATER: &str = "the record is newer than the recording, which knows no Go release after 1.26.5";

#[derive(Default)]
pub(super) struct Tally {
    pub(super) asked: usize,
    pub(super) same: usize,
    pub(super) ids: usize,
    pub(super) not_had: usize,
    pub(super) missed: Vec<String>,
    pub(super) more: Vec<String>,
}

/// Recorded answers of the OSV service against the advisories below a folder of data: `advisories/` and `match-expectations/`.
pub(super) fn osv(data: &Path) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("a.db");
    let mut builder = Builder::new();
    for name in ["osv", "debian-security-tracker/DSA", "debian-security-tracker/DLA", "debian-security-tracker/DTSA", "alpine-secdb"] {
        builder.add_path(&data.join("advisories").join(name), None).with_context(|| name.to_owned())?;
    }
    let unread = builder.finish(&path)?.unread;
    if let Some(first) = unread.first() {
        bail!("{} files were not read: {:?}", unread.len(), first);
    }
    let database = Database::open(&path)?;
    let had: BTreeSet<String> = database.ids()?.iter().map(|id| bare(id)).collect();
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for line in fs::read_to_string(data.join("match-expectations/osv-recorded-queries.jsonl"))?.lines() {
        let case: Value = serde_json::from_str(line)?;
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        let (ecosystem, name) = (text(&case["query"]["package"]["ecosystem"]), text(&case["query"]["package"]["name"]));
        let version = text(&case["query"]["version"]);
        if ecosystem.is_empty() || version.is_empty() || !database.ecosystems().contains(&ecosystem) {
            continue;
        }
        let theirs: BTreeSet<String> = case["ids"].as_array().into_iter().flatten().map(|id| bare(&text(id))).collect();
        let ours: BTreeSet<String> = records(&database, &ecosystem, &name, &version)?.iter().map(|id| bare(id)).collect();
        let tally = tallies.entry(ecosystem.clone()).or_default();
        tally.asked += 1;
        tally.not_had += theirs.iter().filter(|id| !had.contains(*id)).count();
        let theirs: BTreeSet<String> = theirs.into_iter().filter(|id| had.contains(id)).collect();
        tally.ids += theirs.len();
        let differs = |id: &&String| !OSV_MEANT.iter().any(|(e, p, i, _)| *e == ecosystem && *p == name && (*i == "*" || i == id));
        tally.missed.extend(theirs.difference(&ours).filter(differs).map(|id| format!("{name} {version}: {id}")));
        tally.more.extend(ours.difference(&theirs).filter(differs).map(|id| format!("{name} {version}: {id}")));
        tally.same += usize::from(theirs == ours);
    }
    print("The OSV service's recorded answers", &tallies);
    for (ecosystem, package, id, why) in OSV_MEANT {
        println!("- meant, {ecosystem}: {package} {id}: {why}");
    }
    settle(&tallies)
}

/// Alpine's and Debian's ids without the word that OSV puts before them: their own feeds, which are read here, have none.
fn bare(id: &str) -> String {
    ["ALPINE-", "DEBIAN-"].iter().find_map(|p| id.strip_prefix(p)).unwrap_or(id).to_owned()
}

pub(super) fn print(title: &str, tallies: &BTreeMap<String, Tally>) {
    println!(
        "{title}\n\n| ecosystem | asked | same | ids of records that are here | ids of records that are not here | missed | more |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    );
    for (ecosystem, t) in tallies {
        println!("| {ecosystem} | {} | {} | {} | {} | {} | {} |", t.asked, t.same, t.ids, t.not_had, t.missed.len(), t.more.len());
    }
    for (ecosystem, t) in tallies {
        t.missed.iter().for_each(|m| println!("- missed, {ecosystem}: {m}"));
        t.more.iter().for_each(|m| println!("- more, {ecosystem}: {m}"));
    }
}

pub(super) fn settle(tallies: &BTreeMap<String, Tally>) -> anyhow::Result<()> {
    let missed: usize = tallies.values().map(|t| t.missed.len()).sum();
    let more: usize = tallies.values().map(|t| t.more.len()).sum();
    if missed + more > 0 {
        bail!("{missed} records that match were not found, and {more} more were than are meant");
    }
    Ok(())
}

/// What Grype's feeder (vunnel) makes of the publishers' own files, against what is read of the same: the unpacked `distro-feed-fixtures.zip`. A
/// package is affected below the version that mends it and not from there on; without one it is affected whatever the version.
pub(super) fn vunnel(folder: &Path) -> anyhow::Result<()> {
    let feeds = [
        ("Debian", "debian/input", "debian/snapshots", "debian:"),
        ("Alpine", "alpine/input/secdb", "alpine/snapshots", "alpine:"),
        ("Wolfi", "wolfi/input/secdb", "wolfi/snapshots", "wolfi:"),
        ("AlmaLinux", "alma/osv-database", "alma/snapshots", "almalinux:"),
        ("Oracle Linux", "oracle/mock_data", "oracle/snapshots", "ol:"),
        ("Arch Linux", "arch/input", "arch/snapshots/..", "arch:"),
        ("Photon OS", "photon/input", "photon/snapshots", "photon:"),
        ("Fedora", "fedora/input", "fedora/snapshots/default", "fedora:"),
        ("Fedora", "fedora/merge-input", "fedora/snapshots/merge", "fedora:"),
    ];
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for (name, input, snapshots, namespace) in feeds {
        let temporary = tempfile::tempdir()?;
        let path = temporary.path().join("a.db");
        let mut builder = Builder::new();
        builder.add_path(&folder.join(input), None).with_context(|| input.to_owned())?;
        builder.finish(&path)?;
        let database = Database::open(&path)?;
        let Ok(releases) = fs::read_dir(folder.join(snapshots)) else { continue };
        let mut files = Vec::new();
        for release in releases.filter_map(Result::ok) {
            files.extend(sorted(&release.path())?);
        }
        files.sort();
        for file in files {
            let snapshot: Value = serde_json::from_slice(&fs::read(&file)?)?;
            let item = &snapshot["item"]["Vulnerability"];
            let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
            let id = text(&item["Name"]);
            let Some(release) = text(&item["NamespaceName"]).strip_prefix(namespace).map(str::to_owned) else { continue };
            let ecosystem = match name {
                "Debian" if release == "unstable" => "Debian:sid".to_owned(),
                "Debian" => format!("Debian:{release}"),
                "Alpine" => format!("Alpine:v{release}"),
                "AlmaLinux" | "Oracle Linux" | "Photon OS" | "Fedora" => format!("{name}:{release}"),
                other => other.to_owned(),
            };
            if !database.ecosystems().contains(&ecosystem) {
                continue;
            }
            for fixed in item["FixedIn"].as_array().into_iter().flatten() {
                let (package, version) = (text(&fixed["Name"]), text(&fixed["Version"]));
                let has = |version: &str| -> anyhow::Result<bool> {
                    // Of an erratum the snapshot has its own id, and not those that it mends.
                    let known =
                        [vulnerabilities(&database, &ecosystem, &package, version)?, records(&database, &ecosystem, &package, version)?];
                    Ok(known.iter().any(|ids| ids.contains(&id)))
                };
                let tally = tallies.entry(name.to_owned()).or_default();
                tally.asked += 1;
                // Some snapshots are of inputs that were not brought.
                if !database.knows(&ecosystem, &package) {
                    tally.not_had += 1;
                    continue;
                }
                tally.ids += 1;
                let (below, at) = match version.as_str() {
                    // It never was there.
                    "0" => (false, false),
                    "None" => (true, true),
                    _ => (true, false),
                };
                // A snapshot's release of upstream may be 0.
                let least = if name == "Fedora" { "0-0" } else { "0.0.1" };
                let most = if version == "None" || version == "0" { "999:1-1" } else { version.as_str() };
                let ours = (has(least)?, has(most)?);
                if ours == (below, at) {
                    tally.same += 1;
                } else if ours.0 == below {
                    tally.more.push(format!("{package} {id} {ecosystem}: theirs ends at {version}, ours {ours:?}"));
                } else {
                    tally.missed.push(format!("{package} {id} {ecosystem}: theirs ends at {version}, ours {ours:?}"));
                }
            }
        }
    }
    print("What vunnel makes of publishers' files", &tallies);
    settle(&tallies)
}

/// Scores of vectors against those that the standards' own calculators give: `cvss/` below a folder of data.
pub(super) fn cvss(data: &Path) -> anyhow::Result<()> {
    let mut kinds: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut others = BTreeMap::new();
    let mut wrong = Vec::new();
    let vectors = fs::read_to_string(data.join("cvss/vectors.csv"))?;
    for line in vectors.lines().skip(1) {
        let mut columns = line.split(',');
        let (vector, base) = (columns.next().unwrap_or_default(), columns.next().unwrap_or_default());
        let Ok(wanted) = base.parse::<f64>() else { continue };
        let kind = vector.split('/').next().filter(|k| k.starts_with("CVSS:")).unwrap_or("CVSS:2.0");
        let ours = plimsoll_advisories::base_score(vector).map(|(_, score)| score);
        // A vector with other metrics is scored with them there, and here without.
        let own = vector.split('/').filter(|m| !m.starts_with("CVSS")).count();
        if own
            != (if kind == "CVSS:2.0" {
                6
            } else if kind == "CVSS:4.0" {
                11
            } else {
                8
            })
        {
            *others.entry(kind).or_insert(0_usize) += 1;
            continue;
        }
        let entry = kinds.entry(kind).or_default();
        entry.0 += 1;
        if ours.is_some_and(|s| (s - wanted).abs() < 0.05) {
            entry.1 += 1;
        } else {
            wrong.push(format!("- {vector}: theirs {wanted}, ours {ours:?}"));
        }
    }
    println!("CVSS\n\n| version | vectors of base metrics | same score | with other metrics, not compared |\n| --- | ---: | ---: | ---: |");
    for (kind, (all, same)) in &kinds {
        println!("| {kind} | {all} | {same} | {} |", others.get(kind).copied().unwrap_or_default());
    }
    for name in ["v2", "v3", "v4"] {
        let (mut all, mut same) = (0, 0);
        for line in fs::read_to_string(data.join(format!("cvss/claircore-{name}_error.list")))?.lines().filter(|l| !l.trim().is_empty()) {
            let (vector, fine) = line.split_once('#').map_or((line, false), |(v, mark)| (v, mark.trim() == "OK"));
            all += 1;
            if plimsoll_advisories::base_score(vector.trim()).is_some() == fine {
                same += 1;
            } else {
                println!(
                    "- {name} {}: theirs {}, ours {}",
                    vector.trim(),
                    if fine { "valid" } else { "invalid" },
                    if fine { "invalid" } else { "valid" }
                );
            }
        }
        println!("\n{name}: {same} of {all} texts held valid or invalid alike.");
    }
    wrong.iter().take(40).for_each(|w| println!("{w}"));
    if wrong.is_empty() { Ok(()) } else { bail!("{} scores differ", wrong.len()) }
}

/// Sources of binary packages in Trivy's reports, which name only the package.
const SOURCES: [(&str, &str); 13] = [
    ("curl-libs", "curl"),
    ("libcrypto1.1", "openssl"),
    ("libssl1.1", "openssl"),
    ("musl-utils", "musl"),
    ("libcom-err2", "e2fsprogs"),
    ("libcomerr2", "e2fsprogs"),
    ("libext2fs2", "e2fsprogs"),
    ("e2fslibs", "e2fsprogs"),
    ("libss2", "e2fsprogs"),
    ("libidn2-0", "libidn2"),
    ("openssl-libs", "openssl-libs"),
    ("libopenssl1_1", "openssl-1_1"),
    ("openssl-1_1", "openssl-1_1"),
];

/// Trivy's golden reports against the database files that they were made with: the unpacked `trivy-integration.zip`.
pub(super) fn trivy(folder: &Path) -> anyhow::Result<()> {
    let temporary = tempfile::tempdir()?;
    let path = temporary.path().join("a.db");
    let mut builder = Builder::new();
    let mut left_out = BTreeSet::new();
    for entry in sorted(&folder.join("fixtures/db"))? {
        let stream = plimsoll_yaml::parse_bytes(&fs::read(&entry)?, plimsoll_yaml::Rules::Kubernetes, &plimsoll_yaml::Limits::default());
        for bucket in stream.documents.iter().flat_map(|d| d.root.items()) {
            let name = bucket.get("bucket").and_then(plimsoll_yaml::Node::text).unwrap_or_default();
            let Some(ecosystem) = ecosystem(name) else {
                left_out.insert(name.to_owned());
                continue;
            };
            for package in bucket.get("pairs").map(plimsoll_yaml::Node::items).unwrap_or_default() {
                let of = package.get("bucket").and_then(plimsoll_yaml::Node::text).unwrap_or_default();
                for pair in package.get("pairs").map(plimsoll_yaml::Node::items).unwrap_or_default() {
                    let id = pair.get("key").and_then(plimsoll_yaml::Node::text).unwrap_or_default();
                    let record = record(id, &ecosystem, of, pair.get("value"));
                    // Ids stand once for each package.
                    builder.add_bytes(&format!("{ecosystem}-{of}-{id}.json"), record.to_string().as_bytes(), None);
                }
            }
        }
    }
    builder.finish(&path)?;
    let database = Database::open(&path)?;
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for report in sorted(folder)?.iter().filter(|p| p.to_string_lossy().ends_with(".json.golden")) {
        // Reports that were asked to leave findings out.
        if ["ignore", "high-critical", "skip", "medium", "vex"].iter().any(|w| report.to_string_lossy().contains(w)) {
            continue;
        }
        let Ok(report) = serde_json::from_slice::<Value>(&fs::read(report)?) else { continue };
        for result in report["Results"].as_array().into_iter().flatten() {
            let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
            let mut theirs: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
            for v in result["Vulnerabilities"].as_array().into_iter().flatten() {
                theirs.entry((text(&v["PkgName"]), text(&v["InstalledVersion"]))).or_default().insert(text(&v["VulnerabilityID"]));
            }
            let kind = text(&result["Type"]);
            let os = &report["Metadata"]["OS"];
            let name = if text(&result["Class"]) == "os-pkgs" { format!("{} {}", text(&os["Family"]), text(&os["Name"])) } else { kind };
            let Some(ecosystem) = of_report(&name).filter(|e| database.ecosystems().contains(e)) else {
                if !theirs.is_empty() {
                    left_out.insert(name);
                }
                continue;
            };
            for ((package, version), theirs) in theirs {
                let source = SOURCES.iter().find(|(p, _)| *p == package).map_or(package.as_str(), |(_, s)| s);
                let found = records(&database, &ecosystem, source, &version)?;
                let ours: BTreeSet<String> = found.iter().map(|id| id.rsplit('@').next().unwrap_or(id).to_owned()).collect();
                let tally = tallies.entry(ecosystem.clone()).or_default();
                tally.asked += 1;
                tally.ids += theirs.len();
                tally.same += usize::from(theirs == ours);
                tally.missed.extend(theirs.difference(&ours).map(|id| format!("{package} {version}: {id}")));
                tally.more.extend(ours.difference(&theirs).map(|id| format!("{package} {version}: {id}")));
            }
        }
    }
    print("Trivy's golden reports", &tallies);
    println!(
        "\nNot compared, as there is no such ecosystem here or its order is not known: {}",
        left_out.into_iter().collect::<Vec<_>>().join(", ")
    );
    settle(&tallies)
}

fn sorted(folder: &Path) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let mut paths: Vec<_> =
        fs::read_dir(folder).with_context(|| folder.display().to_string())?.filter_map(Result::ok).map(|e| e.path()).collect();
    paths.sort();
    Ok(paths.into_iter().filter(|p| p.is_file()).collect())
}

/// The ecosystem of a bucket of Trivy's database.
fn ecosystem(bucket: &str) -> Option<String> {
    let language = |name: &str| {
        Some(match name {
            "pip" => "PyPI",
            "npm" => "npm",
            "go" => "Go",
            "maven" => "Maven",
            "rubygems" => "RubyGems",
            "composer" => "Packagist",
            "nuget" => "NuGet",
            "cargo" | "rust" => "crates.io",
            "erlang" => "Hex",
            "pub" => "Pub",
            _ => return None,
        })
    };
    if let Some((name, _)) = bucket.split_once("::") {
        return language(name).map(str::to_owned);
    }
    let (name, release) = bucket.rsplit_once(' ')?;
    Some(match name {
        "alpine" => format!("Alpine:v{release}"),
        "debian" => format!("Debian:{release}"),
        "ubuntu" => format!("Ubuntu:{release}:LTS"),
        "alma" => format!("AlmaLinux:{release}"),
        "rocky" => format!("Rocky Linux:{release}"),
        "openSUSE Leap" => format!("openSUSE:Leap {release}"),
        "Oracle Linux" | "Photon OS" => bucket.replacen(&format!(" {release}"), &format!(":{release}"), 1),
        "CBL-Mariner" => format!("Azure Linux:{release}"),
        "amazon linux" => format!("Amazon Linux:{release}"),
        "SUSE Linux Enterprise" => format!("SUSE:Linux Enterprise Server {}", release.replace("-SP", " SP")),
        _ => return None,
    })
}

/// The ecosystem of a result of Trivy's reports.
fn of_report(name: &str) -> Option<String> {
    let (first, release) = name.split_once(' ').unwrap_or((name, ""));
    let short = |parts: usize| release.split('.').take(parts).collect::<Vec<_>>().join(".");
    Some(match first {
        "alpine" => format!("Alpine:v{}", short(2)),
        "debian" => format!("Debian:{}", short(1)),
        "ubuntu" => format!("Ubuntu:{release}:LTS"),
        "alma" => format!("AlmaLinux:{}", short(1)),
        "rocky" => format!("Rocky Linux:{}", short(1)),
        "oracle" => format!("Oracle Linux:{}", short(1)),
        "photon" => format!("Photon OS:{release}"),
        // `2 (Karoo)`, `2023.3.20240108 (Amazon Linux)`, and of the first `AMI release 2018.03`.
        "amazon" if release.starts_with("AMI") => "Amazon Linux:1".to_owned(),
        "amazon" => format!("Amazon Linux:{}", release.split([' ', '.']).next().unwrap_or_default()),
        "cbl-mariner" => format!("Azure Linux:{}", short(2)),
        "opensuse.leap" | "opensuse-leap" => format!("openSUSE:Leap {release}"),
        "pip" | "pipenv" | "poetry" | "python-pkg" | "uv" | "pylock" => "PyPI".to_owned(),
        "npm" | "yarn" | "pnpm" | "bun" | "node-pkg" => "npm".to_owned(),
        "gomod" | "gobinary" => "Go".to_owned(),
        "jar" | "pom" | "gradle" | "sbt" => "Maven".to_owned(),
        "bundler" | "gemspec" => "RubyGems".to_owned(),
        "composer" | "composer-vendor" => "Packagist".to_owned(),
        "nuget" | "dotnet-core" | "packages-props" => "NuGet".to_owned(),
        "cargo" | "rustbinary" => "crates.io".to_owned(),
        "hex" => "Hex".to_owned(),
        "pub" => "Pub".to_owned(),
        _ => return None,
    })
}

/// An interval as Maven writes it, `[1.0,2.0)`, as terms.
fn terms(text: &str) -> String {
    let Some((low, high)) = text.strip_prefix(['[', '(']).and_then(|t| t.strip_suffix([']', ')'])).and_then(|t| t.split_once(',')) else {
        return text.to_owned();
    };
    let (least, most) = (if text.starts_with('[') { ">=" } else { ">" }, if text.ends_with(']') { "<=" } else { "<" });
    let term = |sign: &str, version: &str| if version.trim().is_empty() { String::new() } else { format!("{sign}{}", version.trim()) };
    format!("{},{}", term(least, low), term(most, high))
}

/// An entry of Trivy's database as an OSV record. Its id names the package too, as one id stands for each of several packages.
fn record(id: &str, ecosystem: &str, package: &str, value: Option<&plimsoll_yaml::Node>) -> Value {
    let text = |key: &str| value.and_then(|v| v.given(key)).and_then(plimsoll_yaml::Node::text).map(str::to_owned);
    let list = |key: &str| -> Vec<String> {
        let items = value.and_then(|v| v.get(key)).map(plimsoll_yaml::Node::items).unwrap_or_default();
        items.iter().filter_map(plimsoll_yaml::Node::text).map(str::to_owned).collect()
    };
    let mut ranges: Vec<Value> = Vec::new();
    for vulnerable in list("VulnerableVersions").iter().map(|v| terms(v)).collect::<Vec<_>>().iter().flat_map(|v| v.split("||")) {
        let mut events = vec![json!({ "introduced": "0" })];
        for term in vulnerable
            .split([',', ' '])
            .collect::<Vec<_>>()
            .join(" ")
            .replace("< ", "<")
            .replace("> ", ">")
            .replace("= ", "=")
            .split_whitespace()
        {
            let version = term.trim_start_matches(['<', '>', '=']).to_owned();
            match &term[..term.len() - version.len()] {
                "<" => events.push(json!({ "fixed": version })),
                "<=" => events.push(json!({ "last_affected": version })),
                ">=" | ">" => events[0] = json!({ "introduced": version }),
                _ => {
                    events[0] = json!({ "introduced": version });
                    events.push(json!({ "last_affected": version }));
                }
            }
        }
        ranges.push(json!({ "type": "ECOSYSTEM", "events": events }));
    }
    if ranges.is_empty() {
        let mut events = vec![json!({ "introduced": "0" })];
        events.extend(text("FixedVersion").filter(|v| !v.is_empty()).map(|v| json!({ "fixed": v })));
        ranges.push(json!({ "type": "ECOSYSTEM", "events": events }));
    }
    json!({
        "id": format!("{ecosystem}/{package}@{id}"),
        "modified": "2020-01-01T00:00:00Z",
        "affected": [{ "package": { "ecosystem": ecosystem, "name": package }, "ranges": ranges }],
    })
}
