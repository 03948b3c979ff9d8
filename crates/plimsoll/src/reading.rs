//! Opens and reads the image that a command is about.

use std::mem::ManuallyDrop;

use anyhow::{Context as _, anyhow, bail};
use plimsoll_evidence::{Evidence, Platform};
use plimsoll_gather::{Base, Request, gather_image};
use plimsoll_layers::Limits;
use plimsoll_oci::{Image, Mirror, Opened, Options, PlatformChoice, RegistryOptions};

use crate::args::{self, Common, ReadingOptions};
use crate::cache::cache;
use crate::progress::Bar;

/// Gathers evidence of each image that a reference leads to, and hands it on. `mirrors` are those of the configuration.
pub(crate) fn each_image<T>(
    reference: &str,
    given: &ReadingOptions,
    mirrors: &[(String, String)],
    common: &Common,
    mut with: impl FnMut(&mut Evidence) -> anyhow::Result<T>,
) -> anyhow::Result<Vec<T>> {
    let mut options = options(given, common)?;
    // Those of the command line come first.
    options.registry.mirrors.extend(mirrors.iter().map(|(registry, place)| Mirror { registry: registry.clone(), place: place.clone() }));
    let opened = open(reference, &options, common)?;
    let base = given.base.as_deref().map(|reference| base(reference, &options, common)).transpose()?;
    let mut results = Vec::with_capacity(opened.images.len());
    for image in &opened.images {
        // Evidence of a large image is some hundred thousand allocations, and the program is about to end: the system takes them back at once.
        let mut evidence = ManuallyDrop::new(gather(image, base.as_ref(), &options, given, common)?);
        results.push(with(&mut evidence)?);
    }
    Ok(results)
}

fn options(given: &ReadingOptions, common: &Common) -> anyhow::Result<Options> {
    let platform = platform(given.platform.as_deref())?;
    Ok(Options { platform, offline: common.offline, registry: registry(&given.registry)?, ..Options::default() })
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

fn gather(image: &Image, base: Option<&Base>, options: &Options, given: &ReadingOptions, common: &Common) -> anyhow::Result<Evidence> {
    let threads = given.threads.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from);
    let limits = Limits {
        entries: given.limits.max_entries,
        unpacked_bytes: given.limits.max_unpacked.saturating_mul(1 << 20),
        ..Limits::default()
    };
    let cache = cache(&given.cache);
    let annotated = if base.is_none() { annotated_base(image, options, common) } else { None };
    let base = base.or(annotated.as_ref());
    let bar = Bar::new(common.quiet);
    let evidence = gather_image(image, &Request { threads, cache: cache.as_ref(), limits: &limits, base, progress: &bar });
    bar.finish();
    Ok(evidence?)
}
