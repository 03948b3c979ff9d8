//! Lists what `plimsoll sbom`, Syft and Trivy find in each image of a corpus, and every difference by ecosystem, name and version: what
//! `benches/inventory.md` was read from.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};
use plimsoll_sbom::{Bill, Change, diff, read};

/// `inventory CORPUS [IMAGE…]`: CORPUS holds OCI layouts. `syft` and `trivy` are looked for on PATH and left out where they are not there
/// or fail; of an image with archives of Java, which Trivy does not read without its database of them, it is asked for the rest.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let Some((corpus, images)) = arguments.split_first() else { bail!("cargo xtask inventory CORPUS [IMAGE…]") };
    crate::command("cargo", &["build", "--quiet", "--package", "plimsoll"], root)?;
    let plimsoll = root.join("target/debug/plimsoll").display().to_string();
    let mut names: Vec<String> = images.iter().map(|i| (*i).to_owned()).collect();
    if names.is_empty() {
        for entry in fs::read_dir(corpus).with_context(|| (*corpus).to_owned())? {
            let path = entry?.path();
            if path.join("oci-layout").is_file() {
                names.extend(path.file_name().map(|n| n.to_string_lossy().into_owned()));
            }
        }
        names.sort();
    }
    for name in names {
        let layout = Path::new(corpus).join(&name).display().to_string();
        let ours = bill(&[&plimsoll, "sbom", &format!("oci:{layout}"), "-q"])?;
        println!("{name}: plimsoll {}", counts(&ours));
        let peers: [(&str, Vec<&str>); 2] = [
            ("syft", vec!["syft", "scan", "-q", "-o", "cyclonedx-json"]),
            ("trivy", vec!["trivy", "image", "-q", "--offline-scan", "--skip-db-update", "--skip-java-db-update", "--format", "cyclonedx"]),
        ];
        for (peer, mut command) in peers {
            let place = if peer == "syft" { format!("oci-dir:{layout}") } else { layout.clone() };
            if peer == "trivy" {
                command.push("--input");
            }
            command.push(&place);
            let found = bill(&command).or_else(|error| {
                if peer != "trivy" {
                    return Err(error);
                }
                // Without its database of Java, Trivy gives up on an image that holds an archive of it; the rest it can tell.
                println!("{name}: trivy without Java's archives, which it cannot read ({error:#})");
                let skip = ["--skip-files", "**/*.jar", "--skip-files", "**/*.war", "--skip-files", "**/*.ear"];
                bill(&[&command[..2], &skip, &command[2..]].concat())
            });
            match found {
                Ok(theirs) => {
                    println!("{name}: {peer} {}", counts(&theirs));
                    differences(&name, peer, &ours, &theirs);
                }
                Err(error) => println!("{name}: {peer} cannot be compared: {error:#}"),
            }
        }
    }
    Ok(())
}

fn bill(command: &[&str]) -> anyhow::Result<Bill> {
    let (program, arguments) = command.split_first().context("no program")?;
    let output = Command::new(program).args(arguments).output().with_context(|| (*program).to_owned())?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{program}: {}", said.lines().last().unwrap_or("it failed").chars().take(200).collect::<String>());
    }
    Ok(read(&output.stdout)?.bill)
}

/// Components by the type of their package URL, each name and version once.
fn counts(bill: &Bill) -> String {
    let mut counts: BTreeMap<&str, std::collections::BTreeSet<String>> = BTreeMap::new();
    for purl in bill.components.iter().filter_map(|c| c.purl.as_deref()) {
        let kind = purl.trim_start_matches("pkg:").split('/').next().unwrap_or_default();
        counts.entry(kind).or_default().insert(purl.split(['?', '#']).next().unwrap_or_default().replace("%3A", ":"));
    }
    counts.iter().map(|(kind, all)| format!("{kind} {}", all.len())).collect::<Vec<_>>().join(", ")
}

fn differences(image: &str, peer: &str, ours: &Bill, theirs: &Bill) {
    for difference in diff(ours, theirs) {
        let (ecosystem, name) = (&difference.ecosystem, &difference.name);
        match &difference.change {
            Change::Added(versions) => println!("{image}: only {peer}: {ecosystem} {name} {}", versions.join(", ")),
            Change::Removed(versions) => println!("{image}: not {peer}: {ecosystem} {name} {}", versions.join(", ")),
            Change::Changed(a, b) => println!("{image}: {peer} differs: {ecosystem} {name} [{}] [{}]", a.join(", "), b.join(", ")),
        }
    }
}
