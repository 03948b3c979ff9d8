//! A layer's stored bytes through the whole pass: decompression, tar, every analyser, stacking.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use plimsoll_layers::{Budget, LayerRequest, Limits, read_layer, stack};

fuzz_target!(|data: &[u8]| {
    let limits = Limits { unpacked_bytes: 8 << 20, held_bytes: 64 << 10, spooled_bytes: 1 << 20, entries: 2_000, ..Limits::default() };
    let budget = Budget::new(1 << 20);
    let analysers = plimsoll_gather::analysers();
    let request = LayerRequest { stored: Box::new(Cursor::new(data.to_vec())), diff_id: None, analysers: &analysers, limits: &limits, budget: &budget, progress: &|_| {} };
    if let Ok((mut facts, _)) = read_layer(request) {
        let mut again = facts.clone();
        let stacked = stack(&mut [Some(&mut facts), Some(&mut again)]);
        let _ = plimsoll_inventory::assemble(&stacked.tree, &[Some(&facts), Some(&again)], None);
        let mut config = plimsoll_evidence::ImageConfig::default();
        config.cmd = stacked.tree.files.iter().take(3).map(|f| f.absolute()).collect();
        let _ = plimsoll_binaries::closure(&stacked.tree, &stacked.elfs, &stacked.texts, &config);
    }
});
