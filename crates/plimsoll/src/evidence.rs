//! Evidence of one image, for commands that look at what is installed and judge nothing.

use anyhow::{Context as _, bail};
use plimsoll_evidence::{Evidence, Gathered, ImageFacts, Inventory, Subject};
use plimsoll_gather::analysers;

use crate::args::{Common, ReadingOptions};
use crate::given_sboms::{GivenSboms, remark};
use crate::reading::one_image;

/// An image's evidence, with the licence texts that it holds.
pub(crate) struct Installed(Evidence);

impl Installed {
    /// Opens and reads an image.
    pub(crate) fn of(reference: &str, given: &ReadingOptions, common: &Common) -> anyhow::Result<Self> {
        let mut all = analysers();
        all.push(Box::new(plimsoll_inventory::LicenceTexts));
        all.push(Box::new(plimsoll_inventory::FileSums));
        let mut evidence = one_image(reference, given, common, &all)?;
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

    /// The same, with what bills of materials that were given say beside it.
    pub(crate) fn with(mut self, given: Option<&GivenSboms>, common: &Common) -> anyhow::Result<Self> {
        if let Some(given) = given {
            given.apply(&mut self.0)?;
            remark(&self.0, common);
        }
        Ok(self)
    }

    /// The evidence.
    pub(crate) fn evidence(&self) -> &Evidence {
        &self.0
    }

    /// The image, its facts and what is installed.
    pub(crate) fn parts(&self) -> anyhow::Result<(&Subject, &ImageFacts, &Inventory)> {
        parts(&self.0)
    }
}

/// The image, its facts and what is installed.
pub(crate) fn parts(evidence: &Evidence) -> anyhow::Result<(&Subject, &ImageFacts, &Inventory)> {
    let subject = evidence.subject.as_ref().context("the image has no name")?;
    match (&evidence.image, &evidence.components) {
        (Gathered::Found(image), Gathered::Found(inventory)) => Ok((subject, image, inventory)),
        _ => bail!("what is installed in {} could not be read", subject.reference),
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
    plimsoll_inventory::share_licences(&mut inventory.packages);
}
