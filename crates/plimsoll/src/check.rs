use std::fs;
use std::io::{self, Write as _};
use std::mem::ManuallyDrop;

use anyhow::Context as _;
use plimsoll_checklist::decide_all;
use plimsoll_evidence::{Gathered, Problem, ProblemKind};
use plimsoll_gather::{add_project, without_image};
use plimsoll_report::{Report, json, sarif, terminal};

use crate::args::{Check, Common, FailOn, ReportFormat};
use crate::look::look;
use crate::plan::Plan;
use crate::reading::{self, Files};
use crate::status::Status;
use crate::vulns::look_up;

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(crate) fn run(check: &Check, common: &Common) -> anyhow::Result<Status> {
    let mut plan = Plan::new(check, common)?;
    plan.policy = check.vex.policy(plan.policy);
    let sboms = check.sboms.open(&plan.sboms)?;
    let first_seen = check.first_seen.open()?;
    let vex = check.vex.open(&check.reading.registry.registry_ca, common)?;
    let names: Vec<String> = plan.project.name.iter().cloned().collect();
    // A database that is named has to be one. That the usual one is broken is told, and leaves open what it would have decided.
    let database = match check.database.open() {
        Err(error) if check.database.db.is_some() => return Err(error),
        opened => opened,
    };
    let reports = if let Some(reference) = &plan.image {
        reading::each_image(reference, &check.reading, &plan.mirrors, Files::Compared, common, |evidence| {
            if let Some(sboms) = &sboms {
                sboms.apply(evidence)?;
            }
            match &database {
                Ok(Some(database)) => look_up(database, evidence, None),
                Ok(None) => {}
                Err(error) => evidence.vulnerabilities = Gathered::Failed(Problem::noted(ProblemKind::Malformed, format!("{error:#}"))),
            }
            if let Some(first_seen) = &first_seen {
                first_seen.look_up(evidence, &names, plan.policy.now, common)?;
            }
            if let Some(vex) = &vex {
                vex.look_up(evidence, &names);
            }
            if !plan.project.is_empty() {
                add_project(evidence, &plan.project);
            }
            Ok(Report::new(evidence, decide_all(evidence, &plan.policy), VERSION))
        })?
    } else {
        // As of an image's: the program is about to end.
        let mut evidence = ManuallyDrop::new(without_image());
        add_project(&mut evidence, &plan.project);
        vec![Report::new(&evidence, decide_all(&evidence, &plan.policy), VERSION)]
    };
    let reports = ManuallyDrop::new(reports);
    let text = render(&reports, check, common)?;
    match &check.output {
        Some(path) => fs::write(path, text).with_context(|| format!("cannot write the report to {}", path.display()))?,
        None => match io::stdout().write_all(text.as_bytes()) {
            // Whoever read has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            other => other.context("cannot write the report to standard output")?,
        },
    }
    Ok(reports.iter().map(|r| status(r, check)).fold(Status::Fine, Status::and))
}

/// One report as it is; of several platforms, JSON is an array and the terminal shows one after another.
fn render(reports: &[Report], check: &Check, common: &Common) -> anyhow::Result<String> {
    match check.format {
        ReportFormat::Json => json(reports).context("the report cannot be written as JSON"),
        ReportFormat::Sarif => sarif(reports).context("the report cannot be written as SARIF"),
        ReportFormat::Terminal => {
            let look = look(common, check.output.is_some());
            Ok(reports.iter().map(|r| terminal(r, look)).collect::<Vec<_>>().join("\n"))
        }
    }
}

fn status(report: &Report, check: &Check) -> Status {
    let fails = match (check.fail_on, report.worst_fail()) {
        (FailOn::AtLeast(severity), Some(worst)) => worst >= severity,
        _ => false,
    };
    if fails {
        Status::Fails
    } else if check.strict && report.worst_fail().is_none() && report.lacks_certainty() {
        Status::Uncertain
    } else {
        Status::Fine
    }
}
