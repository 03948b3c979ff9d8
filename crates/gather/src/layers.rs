//! The facts of every layer: from the cache, or by reading, several layers side by side.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use plimsoll_evidence::{LayerFacts, LayerRead, Problem, ProblemKind};
use plimsoll_layers::{Analyser, Budget, LayerRequest, Limits, read_layer};
use plimsoll_oci::Image;

use crate::{GatherError, Request};

/// Facts of one layer and how far it was read.
pub(crate) struct Read {
    pub(crate) facts: Option<LayerFacts>,
    pub(crate) how: LayerRead,
}

pub(crate) fn read_layers(image: &Image, analysers: &[Box<dyn Analyser>], request: &Request<'_>) -> Result<Vec<Read>, GatherError> {
    let mut found: Vec<Option<Result<Read, GatherError>>> = image.layers.iter().map(|_| None).collect();
    let mut todo = Vec::new();
    for (index, layer) in image.layers.iter().enumerate() {
        if let Some(refusal) = &layer.refusal {
            found[index] = Some(Ok(Read { facts: None, how: LayerRead::Not(refusal.clone()) }));
        } else if let Some(facts) =
            request.cache.zip(layer.diff_id.as_ref()).and_then(|(cache, id)| cache.get(id, &layer.digest, analysers))
        {
            found[index] = Some(Ok(Read { facts: Some(facts), how: LayerRead::Whole }));
        } else {
            todo.push(index);
        }
    }
    request.progress.expect(todo.iter().map(|&i| image.layers[i].size).sum());
    // The largest first, so that it is not the one that all wait for in the end.
    todo.sort_by_key(|&i| std::cmp::Reverse(image.layers[i].size));
    let budget = Budget::new(request.limits.held_together);
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let entries = AtomicU64::new(found.iter().flatten().filter_map(|r| r.as_ref().ok()?.facts.as_ref()).map(|f| f.entry_count).sum());
    let results = Mutex::new(&mut found);
    std::thread::scope(|scope| {
        for _ in 0..request.threads.clamp(1, todo.len().max(1)) {
            scope.spawn(|| {
                while let Some(&index) = todo.get(next.fetch_add(1, Ordering::Relaxed)).filter(|_| !stop.load(Ordering::Relaxed)) {
                    let read = read_one(image, index, analysers, request, &budget, &entries);
                    // One layer that is not what the image names makes the others useless.
                    stop.fetch_or(read.is_err(), Ordering::Relaxed);
                    results.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(read);
                }
            });
        }
    });
    // The first failure in layer order; which ones were met before the stop depends on timing, so the lowest known one is told.
    let mut reads = Vec::with_capacity(found.len());
    for read in found.into_iter().flatten() {
        reads.push(read?);
    }
    Ok(reads)
}

fn read_one(
    image: &Image,
    index: usize,
    analysers: &[Box<dyn Analyser>],
    request: &Request<'_>,
    budget: &Budget,
    entries: &AtomicU64,
) -> Result<Read, GatherError> {
    let layer = &image.layers[index];
    let stored = image.blob(index)?;
    let progress = |n| request.progress.read(n);
    // What other layers have used is gone: an image of a thousand full layers is bounded too.
    let left = request.limits.entries_together.saturating_sub(entries.load(Ordering::Relaxed));
    let limits = Limits { entries: request.limits.entries.min(left), ..request.limits.clone() };
    let asked = LayerRequest { stored, diff_id: layer.diff_id.as_ref(), analysers, limits: &limits, budget, progress: &progress };
    let (mut facts, whole) =
        read_layer(asked).map_err(|e| GatherError::Layer { layer: index, digest: layer.digest.clone(), cause: e.to_string() })?;
    entries.fetch_add(facts.entry_count, Ordering::Relaxed);
    // Before the facts are kept anywhere: what is not there cannot be quoted.
    plimsoll_secrets::conceal_texts(&mut facts.texts);
    let mut read = Read { facts: Some(facts), how: LayerRead::Whole };
    if !whole {
        let why = read
            .facts
            .iter()
            .flat_map(|f| &f.problems)
            .rfind(|p| p.hides)
            .map_or_else(|| "it could not be read to its end".to_owned(), |p| p.message.clone());
        read.how = LayerRead::Partly(why);
    } else if let (Some(cache), Some(id), Some(facts)) = (request.cache, &layer.diff_id, &mut read.facts)
        && let Err(error) = cache.put(id, &layer.digest, analysers, facts)
    {
        facts.problems.push(Problem::noted(
            ProblemKind::Io,
            format!("what was learnt of the layer could not be kept in {}: {error}", cache.directory().display()),
        ));
    }
    Ok(read)
}
