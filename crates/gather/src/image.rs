use std::collections::BTreeMap;

use plimsoll_evidence::{
    Closure, Digest, Evidence, Gathered, HistoryStep, ImageConfig, ImageFacts, LayerFacts, LayerInfo, LayerRead, Problem, ProblemKind,
    SecretFind, printable_line,
};
use plimsoll_inventory::Stack;
use plimsoll_layers::{Analyser, stack};
use plimsoll_oci::Image;
use sha2::{Digest as _, Sha256};

use crate::base::base;
use crate::layers::{Read, read_layers};
use crate::project::{no_build, no_deployment};
use crate::verify::check_files;
use crate::{GatherError, Request};

/// Hard links to nothing that are told one by one.
const MOST_BROKEN_LINKS: usize = 20;

/// Evidence about an image, with its layers read by these analysers.
pub fn gather(image: &Image, analysers: &[Box<dyn Analyser>], request: &Request<'_>) -> Result<Evidence, GatherError> {
    let (reads, concealed) = std::thread::scope(|scope| {
        let concealed = scope.spawn(|| conceal(image));
        (read_layers(image, analysers, request), concealed.join())
    });
    let mut reads = reads?;
    let Concealed { config, history, annotations, secrets: of_config } = concealed.unwrap_or_else(|_| conceal(image));
    let links = plimsoll_inventory::hard_links(&reads.iter().map(|r| r.facts.as_ref()).collect::<Vec<_>>());
    let stacked = stack(&mut reads.iter_mut().map(|r| r.facts.as_mut()).collect::<Vec<_>>());
    let facts: Vec<Option<&LayerFacts>> = reads.iter().map(|r| r.facts.as_ref()).collect();
    let distribution = plimsoll_inventory::distribution(&stacked.texts);
    let (inventory, closure) = std::thread::scope(|scope| {
        let closure = scope.spawn(|| plimsoll_binaries::closure(&stacked.tree, &stacked.elfs, &stacked.texts, &config));
        let directories = plimsoll_inventory::Directories::new(&stacked.tree);
        let mut inventory = plimsoll_inventory::assemble_in(&directories, &facts, distribution.as_ref());
        let stack = Stack { tree: &stacked.tree, directories: &directories, layers: &facts, links: &links, texts: &stacked.texts };
        inventory.files = check_files(image, &reads, stack, &inventory, request);
        (inventory, closure.join().unwrap_or_else(|_| unknown_closure()))
    });
    let mut problems = image.problems.clone();
    let mut found = ImageFacts {
        config_digest: Some(Digest::sha256(&Sha256::digest(image.raw_config()).into())),
        annotations,
        config,
        history,
        layers: layer_infos(image, &reads),
        base: base(image, request.base),
        distribution,
        accounts: plimsoll_inventory::accounts(&stacked.texts),
        tree: stacked.tree,
        elfs: stacked.elfs,
        texts: stacked.texts,
        closure,
        secrets: Vec::new(),
    };
    for (layer, read) in reads.into_iter().enumerate() {
        let layer = layer as u32;
        if let LayerRead::Not(why) = &read.how {
            problems
                .push(Problem::hiding(ProblemKind::Unsupported, format!("layer {layer} was not read: {why}")).at(found.whole_layer(layer)));
        }
        let Some(facts) = read.facts else { continue };
        found.secrets.extend(facts.secrets.into_iter().map(|s| (Some(layer), s)));
        problems.extend(facts.problems.into_iter().map(|p| if p.location.is_none() { p.at(found.whole_layer(layer)) } else { p }));
    }
    found.secrets.extend(of_config.into_iter().map(|s| (None, s)));
    let unlisted = stacked.broken_links.len().saturating_sub(MOST_BROKEN_LINKS);
    if unlisted > 0 {
        problems.push(Problem::hiding(ProblemKind::Malformed, format!("{unlisted} more hard links to files that are not there")));
    }
    for (layer, path) in stacked.broken_links.into_iter().take(MOST_BROKEN_LINKS) {
        let message = format!("/{}: a hard link to a file that is not there; engines refuse such a layer", printable_line(&path, 200));
        problems.push(Problem::hiding(ProblemKind::Malformed, message).at(found.whole_layer(layer)));
    }
    Ok(Evidence {
        subject: Some(image.subject.clone()),
        image: Gathered::Found(found),
        components: Gathered::Found(inventory),
        sboms: Gathered::Absent(Evidence::no_sboms()),
        vulnerabilities: Gathered::Absent(Evidence::no_advisories()),
        vex: Gathered::Absent(Evidence::no_vex()),
        sources: Vec::new(),
        source_secrets: Vec::new(),
        build: Gathered::Absent(no_build()),
        deployment: Gathered::Absent(no_deployment()),
        problems,
    })
}

/// What of an image lies outside of its layers, with the credentials taken out of it.
struct Concealed {
    config: ImageConfig,
    history: Vec<HistoryStep>,
    annotations: BTreeMap<String, String>,
    secrets: Vec<SecretFind>,
}

fn conceal(image: &Image) -> Concealed {
    let (mut config, mut history, mut annotations) = (image.config.clone(), image.history.clone(), image.annotations.clone());
    let secrets = plimsoll_secrets::config_secrets(&config, &history, &annotations);
    plimsoll_secrets::conceal_config(&mut config, &mut history, &mut annotations);
    Concealed { config, history, annotations, secrets }
}

/// What stands for a closure whose computation broke: nothing is known, and that is said.
fn unknown_closure() -> Closure {
    Closure {
        stopped: Some("what it reaches could not be computed; this is a fault of Plimsoll's, please report it".to_owned()),
        ..Closure::default()
    }
}

fn layer_infos(image: &Image, reads: &[Read]) -> Vec<LayerInfo> {
    image
        .layers
        .iter()
        .zip(reads)
        .enumerate()
        .map(|(index, (layer, read))| LayerInfo {
            digest: layer.digest.clone(),
            diff_id: layer.diff_id.clone(),
            media_type: layer.media_type.clone(),
            size: layer.size,
            unpacked_bytes: read.facts.as_ref().map_or(0, |f| f.unpacked_bytes),
            entry_count: read.facts.as_ref().map_or(0, |f| f.entry_count),
            step: image.history.iter().position(|s| s.layer == Some(index)),
            read: read.how.clone(),
        })
        .collect()
}
