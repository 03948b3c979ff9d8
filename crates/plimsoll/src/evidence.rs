//! Evidence of one image, for commands that look at what is installed and judge nothing.

use anyhow::{Context as _, bail};
use plimsoll_evidence::{Evidence, Gathered, ImageFacts, Inventory, Subject};
use plimsoll_gather::{Request, analysers, gather};
use plimsoll_layers::Limits;
use plimsoll_oci::Options;

use crate::args::Common;
use crate::cache::cache;
use crate::progress::Bar;
use crate::reading::{annotated_base, base, open, platform, registry};
use crate::sbom_args::ImageOptions;

/// An image's evidence, with the licence texts that it holds.
pub(crate) struct Installed(Evidence);

impl Installed {
    /// Opens and reads an image.
    pub(crate) fn of(reference: &str, given: &ImageOptions, common: &Common) -> anyhow::Result<Self> {
        let options = Options {
            platform: platform(given.platform.as_deref())?,
            offline: common.offline,
            registry: registry(&given.registry)?,
            ..Options::default()
        };
        let opened = open(reference, &options, common)?;
        let [image] = opened.images.as_slice() else {
            bail!("{reference} is for several platforms; name one with --platform");
        };
        let named = given.base.as_deref().map(|reference| base(reference, &options, common)).transpose()?;
        let base = named.or_else(|| annotated_base(image, &options, common));
        let limits = Limits {
            entries: given.limits.max_entries,
            unpacked_bytes: given.limits.max_unpacked.saturating_mul(1 << 20),
            ..Limits::default()
        };
        let threads = given.threads.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from);
        let cache = cache(&given.cache);
        let bar = Bar::new(common.quiet);
        let mut all = analysers();
        all.push(Box::new(plimsoll_inventory::LicenceTexts));
        let request = Request { threads, cache: cache.as_ref(), limits: &limits, base: base.as_ref(), progress: &bar };
        let evidence = gather(image, &all, &request);
        bar.finish();
        let mut evidence = evidence?;
        if let (Gathered::Found(image), Gathered::Found(inventory)) = (&evidence.image, &mut evidence.components) {
            recognise(image, inventory);
        }
        if !common.quiet {
            for problem in evidence.problems.iter().filter(|p| p.hides) {
                eprintln!("{}", problem.message);
            }
        }
        Ok(Self(evidence))
    }

    /// The image, its facts and what is installed.
    pub(crate) fn parts(&self) -> anyhow::Result<(&Subject, &ImageFacts, &Inventory)> {
        let subject = self.0.subject.as_ref().context("the image has no name")?;
        match (&self.0.image, &self.0.components) {
            (Gathered::Found(image), Gathered::Found(inventory)) => Ok((subject, image, inventory)),
            _ => bail!("what is installed in {} could not be read", subject.reference),
        }
    }
}

/// Licences of packages whose records name none, by the texts that lie beside them.
fn recognise(image: &ImageFacts, inventory: &mut Inventory) {
    for package in inventory.packages.iter_mut().filter(|p| p.licences.is_empty()) {
        let mut found: Vec<String> = plimsoll_inventory::licence_texts(&image.tree, &image.texts, package)
            .into_iter()
            .filter_map(|text| plimsoll_licences::recognise(&text.text).map(str::to_owned))
            .collect();
        found.sort();
        found.dedup();
        package.licences = found;
    }
}
