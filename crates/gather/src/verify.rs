//! The files of packages against their managers' digests: which layers are read again for it.

use std::collections::BTreeMap;

use plimsoll_evidence::{ComputedDigest, FileChecks, Inventory, LayerFacts, LayerRead, ProblemKind};
use plimsoll_inventory::{Depth, Plan, Stack};
use plimsoll_layers::{Analyser, Budget, Cache, LayerRequest, read_layer};
use plimsoll_oci::Image;

use crate::Request;
use crate::layers::Read;

/// Compares what is in doubt, or everything where that was asked for.
pub(crate) fn check_files(image: &Image, reads: &[Read], stack: Stack<'_>, inventory: &Inventory, request: &Request<'_>) -> FileChecks {
    if request.depth == Depth::Nothing {
        return FileChecks::default();
    }
    let plan = Plan::new(stack, inventory, request.depth);
    let mut computed = BTreeMap::new();
    let mut again: Vec<Again> = Vec::new();
    for (layer, rehash) in plan.layers() {
        // A layer of which not all could be read is told as a problem already; what is missing of it counts as not computed.
        let was_read = reads.get(layer as usize).is_some_and(|r| !matches!(r.how, LayerRead::Not(_)));
        let Some(of) = image.layers.get(layer as usize).filter(|_| was_read) else { continue };
        let cache = request.cache.map(|cache| cache.asked(&rehash.question()));
        let analysers: Vec<Box<dyn Analyser>> = vec![Box::new(rehash)];
        let known = cache.as_ref().zip(of.diff_id.as_ref()).and_then(|(cache, id)| cache.get(id, &of.digest, &analysers));
        match known {
            Some(facts) => _ = computed.insert(layer, facts.digests),
            None => again.push(Again { layer, analysers, cache }),
        }
    }
    request.progress.expect(again.iter().filter_map(|a| image.layers.get(a.layer as usize)).map(|l| l.size).sum());
    for again in again {
        if let Some(digests) = read_again(image, &again, request) {
            computed.insert(again.layer, digests);
        }
    }
    plan.conclude(&computed)
}

/// A layer to be read a second time, by whom, and where what comes of it is kept.
struct Again {
    layer: u32,
    analysers: Vec<Box<dyn Analyser>>,
    cache: Option<Cache>,
}

/// Digests of a layer's files; none where it cannot be read a second time, or is not the same any more.
fn read_again(image: &Image, again: &Again, request: &Request<'_>) -> Option<Vec<ComputedDigest>> {
    let layer = image.layers.get(again.layer as usize)?;
    let asked = LayerRequest {
        stored: image.blob(again.layer as usize).ok()?,
        diff_id: layer.diff_id.as_ref(),
        analysers: &again.analysers,
        limits: request.limits,
        budget: &Budget::new(request.limits.held_together),
        progress: &|n| request.progress.read(n),
    };
    let (facts, whole) = read_layer(asked).ok()?;
    let kept = LayerFacts { digests: facts.digests, ..LayerFacts::default() };
    // What could not be computed is asked for again next time.
    if whole
        && !facts.problems.iter().any(|p| p.kind == ProblemKind::Io)
        && let (Some(cache), Some(id)) = (&again.cache, &layer.diff_id)
    {
        // That it cannot be kept was told when the layer was read first.
        let _ = cache.put(id, &layer.digest, &again.analysers, &kept);
    }
    Some(kept.digests)
}
