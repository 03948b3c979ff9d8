//! Scratch.
use plimsoll_gather::*;
use plimsoll_layers::*;
fn main() {
    let arg = std::env::args().nth(1).unwrap();
    let opened = plimsoll_oci::open(&arg, &plimsoll_oci::Options::default()).unwrap();
    let cache = std::env::var("CACHE").ok().map(|d| Cache::new(d.into(), 4 << 30));
    for image in &opened.images {
        let t = std::time::Instant::now();
        let e =
            gather_image(image, &Request { threads: 2, cache: cache.as_ref(), limits: &Limits::default(), base: None, progress: &Silent })
                .unwrap();
        eprintln!("{:?}", t.elapsed());
        let i = e.image.found().unwrap();
        println!(
            "files {} deleted {} elfs {} texts {} closure {} missing {:?} open {} stopped {:?}",
            i.tree.files.len(),
            i.tree.deleted.len(),
            i.elfs.len(),
            i.texts.len(),
            i.closure.reached.len(),
            i.closure.missing.iter().map(|m| (&m.wanted, m.by.map(|b| &i.tree.file(b).path), m.line)).take(12).collect::<Vec<_>>(),
            i.closure.open_ends.len(),
            i.closure.stopped
        );
        let inv = e.components.found().unwrap();
        let mut c = std::collections::BTreeMap::new();
        for p in &inv.packages {
            *c.entry(p.ecosystem).or_insert(0) += 1;
        }
        println!("{c:?} owned {} dist {:?}", inv.owners.iter().filter(|o| **o != u32::MAX).count(), i.distribution);
        for p in &e.problems {
            println!("{} {:?}", p.message, p.location);
        }
        if std::env::var("V").is_ok() {
            for r in &i.closure.reached {
                println!(
                    "  {:?} {} via {:?}",
                    r.how,
                    i.tree.file(r.file).path,
                    r.via.map(|v| &i.tree.file(i.closure.reached[v as usize].file).path)
                );
            }
            for o in &i.closure.open_ends {
                println!("  open {:?} {}", o.by.map(|b| &i.tree.file(b).path), o.why);
            }
        }
    }
}
