//! The pass over one layer beside its floor: inflating and hashing the same bytes in one thread with the same libraries.
//!
//! Without more it reads a layer made up here; with `PLIMSOLL_CORPUS` naming a directory of OCI layouts, the layer of `fat` in it.

#![allow(missing_docs, clippy::unwrap_used)] // Criterion's macros write undocumented functions; a panic is the message.

use std::fs;
use std::hint::black_box;
use std::io::{Cursor, Read as _, Write as _};
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use plimsoll_layers::{Budget, LayerRequest, Limits, read_layer};
use sha2::{Digest as _, Sha256};

/// A layer of programs, modules and texts: half of it compresses well, half hardly.
fn made_up() -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut state = 1u64;
    let mut noise = |n: usize| -> Vec<u8> {
        (0..n)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            })
            .collect()
    };
    for n in 0..3000 {
        let (path, bytes) = match n % 3 {
            0 => (format!("usr/lib/x/lib{n}.so"), [b"\x7fELF".to_vec(), noise(20_000)].concat()),
            1 => (
                format!("usr/lib/python3/m{n}.py"),
                format!("import os\n\ndef f{n}(value):\n    return os.path.join(value, '{n}')\n").repeat(200).into_bytes(),
            ),
            _ => (format!("usr/share/doc/p{n}/copyright"), b"Permission is granted to anybody to use this for any purpose.\n".repeat(300)),
        };
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, bytes.as_slice()).unwrap();
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(&builder.into_inner().unwrap()).unwrap();
    encoder.finish().unwrap()
}

fn layer_of_fat(corpus: &Path) -> Vec<u8> {
    let read = |digest: &str| fs::read(corpus.join("fat/blobs").join(digest.replace(':', "/"))).unwrap();
    let index: serde_json::Value = serde_json::from_slice(&fs::read(corpus.join("fat/index.json")).unwrap()).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&read(index["manifests"][0]["digest"].as_str().unwrap())).unwrap();
    read(manifest["layers"][0]["digest"].as_str().unwrap())
}

fn inflate_and_hash(stored: &[u8]) -> u64 {
    let (mut hash, mut buffer, mut total) = (Sha256::new(), vec![0; 512 << 10], 0);
    let mut plain = flate2::read::MultiGzDecoder::new(stored);
    loop {
        let n = plain.read(&mut buffer).unwrap();
        if n == 0 {
            break;
        }
        hash.update(&buffer[..n]);
        total += n as u64;
    }
    black_box((hash.finalize(), Sha256::digest(stored)));
    total
}

fn pass(criterion: &mut Criterion) {
    let stored = std::env::var_os("PLIMSOLL_CORPUS").map_or_else(made_up, |corpus| layer_of_fat(Path::new(&corpus)));
    let unpacked = inflate_and_hash(&stored);
    let mut group = criterion.benchmark_group("layer");
    group.throughput(Throughput::Bytes(unpacked)).sample_size(10);
    group.bench_function("inflate and hash, one thread", |b| b.iter(|| inflate_and_hash(&stored)));
    let limits = Limits::default();
    for (name, analysers) in [("pass, no analyser", Vec::new()), ("pass, every analyser", plimsoll_gather::analysers())] {
        group.bench_function(name, |b| {
            b.iter(|| {
                let budget = Budget::new(limits.held_together);
                let stored = Box::new(Cursor::new(stored.clone()));
                read_layer(LayerRequest {
                    stored,
                    diff_id: None,
                    analysers: &analysers,
                    limits: &limits,
                    budget: &budget,
                    progress: &|_| {},
                })
                .unwrap()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, pass);
criterion_main!(benches);
