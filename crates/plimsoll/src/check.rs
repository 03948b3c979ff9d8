use std::fs;
use std::io::{self, Write as _};
use std::mem::ManuallyDrop;

use anyhow::{Context as _, anyhow, bail};
use plimsoll_checklist::decide_all;
use plimsoll_evidence::Platform;
use plimsoll_gather::{Base, Request, add_project, gather_image, without_image};
use plimsoll_layers::Limits;
use plimsoll_oci::{Image, Mirror, Opened, Options, PlatformChoice, RegistryOptions};
use plimsoll_report::{Report, json, terminal};

use crate::args::{self, Check, Common, FailOn, Format};
use crate::cache::cache;
use crate::look::look;
use crate::plan::Plan;
use crate::progress::Bar;
use crate::status::Status;

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(crate) fn run(check: &Check, common: &Common) -> anyhow::Result<Status> {
    let plan = Plan::new(check, common)?;
    let mut options = options(check, common)?;
    // Those of the command line come first.
    let configured = plan.mirrors.iter().map(|(registry, place)| Mirror { registry: registry.clone(), place: place.clone() });
    options.registry.mirrors.extend(configured);
    let reports = if let Some(reference) = &plan.image {
        let opened = open(reference, &options, common)?;
        let base = check.base.as_deref().map(|reference| base(reference, &options, common)).transpose()?;
        let report = |image| report(image, base.as_ref(), &options, &plan, check, common);
        opened.images.iter().map(report).collect::<anyhow::Result<Vec<_>>>()?
    } else {
        let mut evidence = without_image();
        add_project(&mut evidence, &plan.project);
        vec![Report::new(&evidence, decide_all(&evidence, &plan.policy), VERSION)]
    };
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

fn options(check: &Check, common: &Common) -> anyhow::Result<Options> {
    let platform = platform(check.platform.as_deref())?;
    Ok(Options { platform, offline: common.offline, registry: registry(&check.registry)?, ..Options::default() })
}

/// The platform that an option names.
pub(crate) fn platform(given: Option<&str>) -> anyhow::Result<PlatformChoice> {
    Ok(match given {
        None => PlatformChoice::Host,
        Some("all") => PlatformChoice::All,
        Some(platform) => PlatformChoice::Exactly(platform.parse::<Platform>().map_err(|e| anyhow!("--platform: {e}"))?),
    })
}

/// How registries are spoken to.
pub(crate) fn registry(given: &args::RegistryOptions) -> anyhow::Result<RegistryOptions> {
    let mirror = |text: &String| {
        let (registry, place) = text
            .split_once('=')
            .filter(|(r, p)| !r.is_empty() && !p.is_empty())
            .with_context(|| format!("--mirror {text:?}: wanted REGISTRY=PLACE, such as docker.io=mirror.example.org/hub"))?;
        Ok(Mirror { registry: registry.to_owned(), place: place.to_owned() })
    };
    Ok(RegistryOptions {
        extra_cas: given.registry_ca.clone(),
        mirrors: given.mirror.iter().map(mirror).collect::<anyhow::Result<_>>()?,
        insecure: given.insecure_registry.clone(),
        token_realms: given.token_realm.clone(),
        auth_file: given.auth_file.clone(),
        ..RegistryOptions::default()
    })
}

/// Opens an image; what is to be said of it goes to standard error.
pub(crate) fn open(reference: &str, options: &Options, common: &Common) -> anyhow::Result<Opened> {
    let opened = plimsoll_oci::open(reference, options)?;
    if !common.quiet {
        for note in &opened.notes {
            eprintln!("{note}");
        }
    }
    Ok(opened)
}

/// The base image that an option names.
pub(crate) fn base(reference: &str, options: &Options, common: &Common) -> anyhow::Result<Base> {
    let opened = open(reference, options, common).with_context(|| format!("the base image {reference} cannot be opened"))?;
    let [image] = opened.images.as_slice() else { bail!("--base names several images; name one with --platform") };
    base_of(image, reference.to_owned(), "--base")
}

/// The base image that the image's annotations name, where it lies beside it. That it cannot be had is no reason not to check.
pub(crate) fn annotated_base(image: &Image, options: &Options, common: &Common) -> Option<Base> {
    let found = image.annotated_base(options).map(|base| base.map(|base| base_of(&base, base.subject.reference.clone(), "annotations")));
    let why = match found {
        Ok(None) => return None,
        Ok(Some(Ok(base))) => return Some(base),
        Ok(Some(Err(error))) => format!("{error:#}"),
        Err(error) => error.to_string(),
    };
    if !common.quiet {
        eprintln!("the base image that the annotations name cannot be used: {why}");
    }
    None
}

fn base_of(image: &Image, reference: String, how: &'static str) -> anyhow::Result<Base> {
    let diff_ids = image
        .layers
        .iter()
        .map(|l| l.diff_id.clone())
        .collect::<Option<Vec<_>>>()
        .with_context(|| format!("the base image {reference} does not name its layers' diff IDs"))?;
    Ok(Base { how, reference, digest: image.subject.digest.clone(), diff_ids })
}

fn report(image: &Image, base: Option<&Base>, options: &Options, plan: &Plan, check: &Check, common: &Common) -> anyhow::Result<Report> {
    let threads = check.threads.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from);
    let limits = Limits {
        entries: check.limits.max_entries,
        unpacked_bytes: check.limits.max_unpacked.saturating_mul(1 << 20),
        ..Limits::default()
    };
    let cache = cache(&check.cache);
    let annotated = if base.is_none() { annotated_base(image, options, common) } else { None };
    let base = base.or(annotated.as_ref());
    let bar = Bar::new(common.quiet);
    let evidence = gather_image(image, &Request { threads, cache: cache.as_ref(), limits: &limits, base, progress: &bar });
    bar.finish();
    let mut evidence = ManuallyDrop::new(evidence?);
    if !plan.project.is_empty() {
        add_project(&mut evidence, &plan.project);
    }
    // Evidence of a large image is some hundred thousand allocations, and the program is about to end: the system takes them back at once.
    Ok(Report::new(&evidence, decide_all(&evidence, &plan.policy), VERSION))
}

/// One report as it is; of several platforms, JSON is an array and the terminal shows one after another.
fn render(reports: &[Report], check: &Check, common: &Common) -> anyhow::Result<String> {
    match check.format {
        Format::Json => json(reports).context("the report cannot be written as JSON"),
        Format::Terminal => {
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
