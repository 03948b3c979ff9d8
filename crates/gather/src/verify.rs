//! The files of packages against their managers' digests: which layers are read again for it.

use std::collections::BTreeMap;

use plimsoll_evidence::{ComputedDigest, FileChecks, Inventory, LayerRead};
use plimsoll_inventory::{Plan, Rehash, Stack};
use plimsoll_layers::{Analyser, Budget, LayerRequest, read_layer};
use plimsoll_oci::Image;

use crate::Request;
use crate::layers::Read;

/// Compares what is in doubt, or everything where that was asked for.
pub(crate) fn check_files(image: &Image, reads: &[Read], stack: Stack<'_>, inventory: &Inventory, request: &Request<'_>) -> FileChecks {
    let plan = Plan::new(stack, inventory, request.depth);
    let again: Vec<(u32, Rehash)> = plan.layers().into_iter().collect();
    request.progress.expect(again.iter().filter_map(|(layer, _)| image.layers.get(*layer as usize)).map(|l| l.size).sum());
    let mut computed = BTreeMap::new();
    for (layer, rehash) in again {
        // A layer of which not all could be read is told as a problem already; what is missing of it counts as not computed.
        let was_read = reads.get(layer as usize).is_some_and(|r| !matches!(r.how, LayerRead::Not(_)));
        if let Some(digests) = was_read.then(|| read_again(image, layer as usize, rehash, request)).flatten() {
            computed.insert(layer, digests);
        }
    }
    plan.conclude(&computed)
}

/// Digests of a layer's files; none where it cannot be read a second time, or is not the same any more.
fn read_again(image: &Image, index: usize, rehash: Rehash, request: &Request<'_>) -> Option<Vec<ComputedDigest>> {
    let layer = image.layers.get(index)?;
    let analysers: Vec<Box<dyn Analyser>> = vec![Box::new(rehash)];
    let asked = LayerRequest {
        stored: image.blob(index).ok()?,
        diff_id: layer.diff_id.as_ref(),
        analysers: &analysers,
        limits: request.limits,
        budget: &Budget::new(request.limits.held_together),
        progress: &|n| request.progress.read(n),
    };
    read_layer(asked).ok().map(|(facts, _)| facts.digests)
}
