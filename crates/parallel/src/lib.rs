//! The same work on many things, side by side.

use std::sync::atomic::{AtomicUsize, Ordering};

/// With fewer things than this, threads cost more than they bring.
const FEW: usize = 8;

/// What `work` makes of each thing, in their order, whatever the number of threads: as many as there are processors, and no more than
/// `most_threads`. A panic in one of them is one here as well.
pub fn each<T: Sync, R: Send>(things: &[T], most_threads: usize, work: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    if things.len() < FEW {
        return things.iter().enumerate().map(|(at, thing)| work(at, thing)).collect();
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(most_threads);
    let next = AtomicUsize::new(0);
    let mut all: Vec<(usize, R)> = std::thread::scope(|scope| {
        let some = || {
            let mut own = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(thing) = things.get(at) else { return own };
                own.push((at, work(at, thing)));
            }
        };
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(some)).collect();
        let mut all = some();
        for other in others {
            all.extend(other.join().unwrap_or_else(|cause| std::panic::resume_unwind(cause)));
        }
        all
    });
    all.sort_unstable_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, made)| made).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn order_is_kept() {
        for count in [0, 3, 500] {
            let things: Vec<usize> = (0..count).collect();
            let made = super::each(&things, 4, |at, thing| (at, thing * 2));
            assert_eq!(made, things.iter().map(|n| (*n, n * 2)).collect::<Vec<_>>());
        }
    }
}
