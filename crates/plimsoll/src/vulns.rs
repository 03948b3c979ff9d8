//! `plimsoll vulns`: the known vulnerabilities, and the way out of each.

mod args;

pub(crate) use args::Vulns;

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use plimsoll_advisories::Database;
use plimsoll_checklist::Policy;
use plimsoll_evidence::{BaseImage, Distribution, Evidence, Gathered, Inventory, Origin, Package, Problem, ProblemKind};
use plimsoll_gather::without_image;
use plimsoll_report::{
    Choice, VulnerabilityReport, vulnerabilities_cyclonedx, vulnerabilities_json, vulnerabilities_sarif, vulnerabilities_text,
};
use plimsoll_sbom::{Bill, Creator, Form, Kind, SbomContents};

use self::args::VulnsFormat;
use crate::args::{Common, FailOn};
use crate::first_seen::needs_image;
use crate::given_sboms::remark;
use crate::look::look;
use crate::plan::{Settings, settings};
use crate::reading::{self, Files};
use crate::sbom::bill_of_evidence;
use crate::status::Status;

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(crate) fn run(vulns: &Vulns, common: &Common) -> anyhow::Result<Status> {
    let Some(database) = vulns.database.open()? else {
        bail!(
            "there is no advisory database; fetch one with plimsoll db update, make one of files with plimsoll db build, or name one with --db FILE"
        );
    };
    let Settings { policy, mirrors, name, image, sboms, .. } = settings(vulns.config.as_deref())?;
    let policy = vulns.vex.policy(policy);
    let vex = vulns.vex.open(&vulns.reading.registry.registry_ca, common)?;
    let names: Vec<String> = vulns.name.clone().or(name).into_iter().collect();
    let choice = choice(vulns);
    let first_seen = vulns.first_seen.open()?;
    let configured = if image.as_deref() == Some(vulns.image.as_str()) { sboms } else { Vec::new() };
    let sboms = vulns.sboms.open(&configured)?;
    if let Some(contents) = bill(&vulns.image)? {
        needs_image(&vulns.first_seen, &vulns.image)?;
        if sboms.is_some() {
            bail!("--sbom goes with an image, and {} is a bill of materials itself", vulns.image);
        }
        let mut evidence = without_image();
        evidence.problems = contents.problems.iter().map(|p| Problem::hiding(ProblemKind::Malformed, p.clone())).collect();
        evidence.components = Gathered::Found(Inventory { packages: contents.packages, ..Inventory::default() });
        look_up(&database, &mut evidence, contents.distribution.as_ref());
        if let Some(vex) = &vex {
            vex.look_up(&mut evidence, &names);
        }
        let bill = bill_form(vulns.format).map(|_| plimsoll_sbom::list(&contents.bill, packages_of(&evidence), VERSION));
        return finish(&[report(&evidence, &policy, &choice, vulns)?], &[bill], vulns, common);
    }
    let (reports, bills): (Vec<_>, Vec<_>) =
        reading::each_image(&vulns.image, &vulns.reading, &mirrors, Files::Left, common, |evidence| {
            if let Some(sboms) = &sboms {
                sboms.apply(evidence)?;
                remark(evidence, common);
            }
            look_up(&database, evidence, None);
            if let Some(first_seen) = &first_seen {
                first_seen.look_up(evidence, &names, policy.now, common)?;
            }
            if let Some(vex) = &vex {
                vex.look_up(evidence, &names);
            }
            if let Gathered::Failed(problem) = &evidence.vulnerabilities {
                bail!("{}", problem.message);
            }
            if let (Some(_), Some(BaseImage::Unknown(why))) = (choice.origin, evidence.image.found().map(|i| &i.base)) {
                bail!("which layers the base image brought is not known, so what it brought cannot be told from the rest: {why}");
            }
            let bill = bill_form(vulns.format).map(|_| bill_of_evidence(evidence, Creator::default())).transpose()?;
            Ok((report(evidence, &policy, &choice, vulns)?, bill))
        })?
        .into_iter()
        .unzip();
    finish(&reports, &bills, vulns, common)
}

fn packages_of(evidence: &Evidence) -> &[Package] {
    evidence.components.found().map_or(&[], |i| &i.packages)
}

/// The form of the bill of materials that a format takes the findings into.
const fn bill_form(format: VulnsFormat) -> Option<Form> {
    match format {
        VulnsFormat::CycloneDx16 => Some(Form::CycloneDx16),
        VulnsFormat::CycloneDx17 => Some(Form::CycloneDx17),
        VulnsFormat::Table | VulnsFormat::Json | VulnsFormat::Sarif => None,
    }
}

fn cyclonedx(reports: &[VulnerabilityReport], bills: &[Option<Bill>], form: Form) -> anyhow::Result<String> {
    let ([report], [Some(bill)]) = (reports, bills) else {
        bail!("CycloneDX describes one image, and this is for several platforms; name one with --platform");
    };
    // The operating system's entry is no package.
    let references: Vec<String> = bill.components.iter().filter(|c| c.kind != Kind::OperatingSystem).map(|c| c.reference.clone()).collect();
    let written: serde_json::Value = serde_json::from_str(&plimsoll_sbom::write(bill, form))?;
    Ok(format!("{:#}\n", vulnerabilities_cyclonedx(report, written, &references)))
}

/// The bill of materials that is named in place of an image; none where the name is an image's.
fn bill(name: &str) -> anyhow::Result<Option<SbomContents>> {
    let path = Path::new(name);
    if !path.is_file() {
        return Ok(None);
    }
    let failed = || format!("{name} cannot be read");
    let mut first = [0; 64];
    let n = fs::File::open(path).and_then(|mut f| f.read(&mut first)).with_context(failed)?;
    let first = first[..n].strip_prefix(b"\xef\xbb\xbf").unwrap_or(&first[..n]).trim_ascii_start();
    // An archive of an image begins otherwise.
    if !(first.starts_with(b"{") || first.starts_with(b"<") || first.starts_with(b"SPDXVersion")) {
        return Ok(None);
    }
    let bytes = fs::read(path).with_context(failed)?;
    plimsoll_sbom::read(&bytes).map(Some).with_context(|| format!("{name} is neither an image nor a bill of materials that can be read"))
}

fn finish(reports: &[VulnerabilityReport], bills: &[Option<Bill>], vulns: &Vulns, common: &Common) -> anyhow::Result<Status> {
    let text = match vulns.format {
        VulnsFormat::Json => vulnerabilities_json(reports)?,
        VulnsFormat::Sarif => vulnerabilities_sarif(reports)?,
        VulnsFormat::CycloneDx16 => cyclonedx(reports, bills, Form::CycloneDx16)?,
        VulnsFormat::CycloneDx17 => cyclonedx(reports, bills, Form::CycloneDx17)?,
        VulnsFormat::Table => {
            let look = look(common, vulns.output.is_some());
            reports.iter().map(|r| vulnerabilities_text(r, look)).collect::<Vec<_>>().join("\n")
        }
    };
    match &vulns.output {
        Some(path) => fs::write(path, text).with_context(|| format!("cannot write the report to {}", path.display()))?,
        None => match io::stdout().write_all(text.as_bytes()) {
            // Whoever read has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            other => other.context("cannot write the report to standard output")?,
        },
    }
    Ok(reports.iter().map(|r| status(r, vulns.fail_on)).fold(Status::Fine, Status::and))
}

/// Asks the database about the components in evidence, and puts what it says there. `distribution` is whose they are where there is no image
/// to say so.
pub(crate) fn look_up(database: &Database, evidence: &mut Evidence, distribution: Option<&Distribution>) {
    let Some(inventory) = evidence.components.found() else { return };
    let stated = evidence.sboms.found().and_then(|s| s.distribution.as_ref());
    let distribution = evidence.image.found().and_then(|i| i.distribution.as_ref()).or(stated).or(distribution);
    evidence.vulnerabilities = match plimsoll_advisories::find(database, &inventory.packages, distribution) {
        Ok(said) => Gathered::Found(said),
        Err(error) => Gathered::Failed(Problem::hiding(ProblemKind::Malformed, error.to_string())),
    };
}

fn choice(vulns: &Vulns) -> Choice {
    let origin = match (vulns.only_base, vulns.only_application) {
        (true, _) => Some(Origin::BaseImage),
        (_, true) => Some(Origin::Application),
        _ => None,
    };
    Choice { only_fixed: vulns.only_fixed, severity: vulns.severity, origin, reachable: vulns.reachable }
}

fn report(evidence: &Evidence, policy: &Policy, choice: &Choice, vulns: &Vulns) -> anyhow::Result<VulnerabilityReport> {
    VulnerabilityReport::new(evidence, policy, choice, &vulns.without, VERSION)
        .context("the components of the image could not be listed, so nothing can be looked up")
}

/// What is shown decides. Where nothing is shown, data that are too old to judge by leave it open.
fn status(report: &VulnerabilityReport, fail_on: FailOn) -> Status {
    match (fail_on, report.worst()) {
        (FailOn::AtLeast(severity), Some(worst)) if worst >= severity => Status::Fails,
        _ => Status::Fine,
    }
}
