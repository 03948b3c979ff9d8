//! Opens and reads the image that a command is about.

use std::mem::ManuallyDrop;

use anyhow::{Context as _, anyhow, bail};
use plimsoll_evidence::{Evidence, Platform};
use plimsoll_gather::{Base, Depth, Request, analysers};
use plimsoll_layers::{Analyser, Cache, Limits};
use plimsoll_oci::{Image, Mirror, Opened, Options, PlatformChoice, RegistryOptions};

use crate::args::{Common, ReadingOptions};
use crate::cache::cache;
use crate::plan::settings;
use crate::progress::Bar;

/// Gathers evidence of each image that a reference leads to, and hands it on. `mirrors` are those of the configuration.
pub(crate) fn each_image<T>(
    reference: &str,
    given: &ReadingOptions,
    mirrors: &[(String, String)],
    files: Files,
    common: &Common,
    mut with: impl FnMut(&mut Evidence) -> anyhow::Result<T>,
) -> anyhow::Result<Vec<T>> {
    let mut options = options(given, common)?;
    // Those of the command line come first.
    options.registry.mirrors.extend(self::mirrors(mirrors));
    let opened = open(reference, &options, common)?;
    let base = given.base.as_deref().map(|reference| base(reference, &options, common)).transpose()?;
    let analysers = analysers();
    let mut results = Vec::with_capacity(opened.images.len());
    for image in &opened.images {
        // Evidence of a large image is some hundred thousand allocations, and the program is about to end: the system takes them back at once.
        let cache = cache(&given.cache);
        let mut evidence = ManuallyDrop::new(gather(image, &analysers, base.as_ref(), &options, given, (cache.as_ref(), files), common)?);
        results.push(with(&mut evidence)?);
    }
    Ok(results)
}

/// Whether the files of packages are compared with the digests that are recorded of them, which may read layers a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Files {
    /// As the options say.
    Compared,
    /// Not at all: the command says nothing of it.
    Left,
}

/// Gathers evidence of the one image that a reference leads to, read by these analysers. Files are not compared with recorded digests.
pub(crate) fn one_image(
    reference: &str,
    given: &ReadingOptions,
    common: &Common,
    analysers: &[Box<dyn Analyser>],
) -> anyhow::Result<Evidence> {
    one_image_with(reference, given, common, analysers, cache(&given.cache).as_ref())
}

/// The same, with nothing kept and nothing used that was kept: for analysers that look for what they are told to.
pub(crate) fn one_image_afresh(
    reference: &str,
    given: &ReadingOptions,
    common: &Common,
    analysers: &[Box<dyn Analyser>],
) -> anyhow::Result<Evidence> {
    one_image_with(reference, given, common, analysers, None)
}

fn one_image_with(
    reference: &str,
    given: &ReadingOptions,
    common: &Common,
    analysers: &[Box<dyn Analyser>],
    cache: Option<&Cache>,
) -> anyhow::Result<Evidence> {
    let mut options = options(given, common)?;
    // Those of the command line come first.
    options.registry.mirrors.extend(mirrors(&settings(None)?.mirrors));
    let opened = open(reference, &options, common)?;
    let [image] = opened.images.as_slice() else {
        bail!("{reference} is for several platforms; name one with --platform");
    };
    let base = given.base.as_deref().map(|reference| base(reference, &options, common)).transpose()?;
    gather(image, analysers, base.as_ref(), &options, given, (cache, Files::Left), common)
}

fn mirrors(configured: &[(String, String)]) -> impl Iterator<Item = Mirror> {
    configured.iter().map(|(registry, place)| Mirror { registry: registry.clone(), place: place.clone() })
}

fn options(given: &ReadingOptions, common: &Common) -> anyhow::Result<Options> {
    let platform = match given.platform.as_deref() {
        None => PlatformChoice::Host,
        Some("all") => PlatformChoice::All,
        Some(platform) => PlatformChoice::Exactly(platform.parse::<Platform>().map_err(|e| anyhow!("--platform: {e}"))?),
    };
    Ok(Options { platform, offline: common.offline, registry: registry(&given.registry)?, ..Options::default() })
}

/// How registries are asked, by the command line and the configuration.
pub(crate) fn registries(given: &crate::args::RegistryOptions, configured: &[(String, String)]) -> anyhow::Result<RegistryOptions> {
    let mut options = registry(given)?;
    // Those of the command line come first.
    options.mirrors.extend(mirrors(configured));
    Ok(options)
}

fn registry(given: &crate::args::RegistryOptions) -> anyhow::Result<RegistryOptions> {
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

fn open(reference: &str, options: &Options, common: &Common) -> anyhow::Result<Opened> {
    let opened = plimsoll_oci::open(reference, options)?;
    if !common.quiet {
        for note in &opened.notes {
            eprintln!("{note}");
        }
    }
    Ok(opened)
}

fn base(reference: &str, options: &Options, common: &Common) -> anyhow::Result<Base> {
    let opened = open(reference, options, common).with_context(|| format!("the base image {reference} cannot be opened"))?;
    let [image] = opened.images.as_slice() else { bail!("--base names several images; name one with --platform") };
    base_of(image, reference.to_owned(), "--base")
}

/// The base image that the image's annotations name, where it lies beside it. That it cannot be had is no reason not to check.
fn annotated_base(image: &Image, options: &Options, common: &Common) -> Option<Base> {
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

fn gather(
    image: &Image,
    analysers: &[Box<dyn Analyser>],
    base: Option<&Base>,
    options: &Options,
    given: &ReadingOptions,
    (cache, files): (Option<&Cache>, Files),
    common: &Common,
) -> anyhow::Result<Evidence> {
    let threads = given.threads.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from);
    let limits = Limits {
        entries: given.limits.max_entries,
        unpacked_bytes: given.limits.max_unpacked.saturating_mul(1 << 20),
        ..Limits::default()
    };
    let annotated = if base.is_none() { annotated_base(image, options, common) } else { None };
    let base = base.or(annotated.as_ref());
    let bar = Bar::new(common.quiet);
    let depth = match files {
        Files::Left => Depth::Nothing,
        Files::Compared if given.verify_files => Depth::All,
        Files::Compared => Depth::InDoubt,
    };
    let evidence = plimsoll_gather::gather(image, analysers, &Request { threads, cache, limits: &limits, base, depth, progress: &bar });
    bar.finish();
    Ok(evidence?)
}
