//! One layer through its short pipeline: one thread inflates, one hashes, one reads tar and analyses.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender, bounded};
use plimsoll_evidence::{Algorithm, Digest, LayerFacts, Problem, ProblemKind};
use sha2::{Sha256, Sha512};

use crate::analyser::Analyser;
use crate::budget::Budget;
use crate::chunks::{CHUNK, Chunk, ChunkReader, Pool};
use crate::collect::collect;
use crate::inflate::inflate;
use crate::limits::Limits;
use crate::tar::TarError;

/// By how much: a third of the weight of a thread of the usual priority (`sched(7)`).
const NICER: i32 = 5;
/// Buffers between two threads of a pipeline: enough that who is slower for a while does not hold up the other.
const IN_FLIGHT: usize = 24;

/// What to read, and how.
pub struct LayerRequest<'a> {
    /// The stored bytes; verifies them against the layer's digest at its end.
    pub stored: Box<dyn Read + Send>,
    /// The digest that the uncompressed tar must have.
    pub diff_id: Option<&'a Digest>,
    /// Who looks at the files.
    pub analysers: &'a [Box<dyn Analyser>],
    /// What it may cost.
    pub limits: &'a Limits,
    /// Memory shared with layers read beside it.
    pub budget: &'a Budget,
    /// Told of stored bytes as they are read.
    pub progress: &'a (dyn Fn(u64) + Sync),
}

/// Why a layer's facts cannot be used at all: its bytes are not those that the image names.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    /// The uncompressed tar has another digest than the config says.
    #[error("the layer's diff ID is {found}, but the image's config says {wanted}; the image was changed or damaged, fetch it again")]
    DiffId {
        /// As the config says.
        wanted: Digest,
        /// As the bytes are.
        found: Digest,
    },
    /// The stored bytes cannot be read or do not verify.
    #[error("{0}")]
    Stored(Arc<io::Error>),
}

/// Facts of a layer, and whether it was read to its end with its digests agreeing. Damage that the image itself has
/// (a stream that does not decompress although its digest is right, a cut tar) is a problem in the facts.
pub fn read_layer(request: LayerRequest<'_>) -> Result<(LayerFacts, bool), LayerError> {
    let LayerRequest { stored, diff_id, analysers, limits, budget, progress } = request;
    let stored = Stored { inner: Arc::new(Mutex::new(Inner { stored, read: 0, failed: None })), progress };
    let algorithm = diff_id.map_or(Algorithm::Sha256, Digest::algorithm);
    let (to_hash, hash_from) = bounded::<Chunk>(IN_FLIGHT);
    let (to_tar, tar_from) = bounded::<Chunk>(IN_FLIGHT);
    let (pumped, found, collected) = std::thread::scope(|scope| {
        let hasher = scope.spawn(move || {
            let_inflating_go_first();
            hash(&hash_from, algorithm)
        });
        let reader = scope.spawn(move || {
            let_inflating_go_first();
            collect(ChunkReader::new(tar_from), analysers, limits, budget)
        });
        let pumped = pump(&stored, limits, &to_hash, &to_tar);
        drop((to_hash, to_tar));
        (pumped, hasher.join(), reader.join())
    });
    let (Ok(found), Ok((mut facts, tar_error))) = (found, collected) else {
        return Err(LayerError::Stored(Arc::new(io::Error::other(
            "a thread of the pass failed; this is a fault of Plimsoll's, please report it",
        ))));
    };
    facts.unpacked_bytes = pumped.unpacked;
    match pumped.end {
        End::Whole => {}
        End::Stored(error) => return Err(LayerError::Stored(error)),
        End::Damaged(problem) => {
            facts.problems.push(*problem);
            return Ok((facts, false));
        }
    }
    if let Some(wanted) = diff_id
        && *wanted != found
    {
        return Err(LayerError::DiffId { wanted: wanted.clone(), found });
    }
    let Some(error) = tar_error else {
        let limited = facts.entry_count > limits.entries;
        return Ok((facts, !limited));
    };
    facts.problems.push(match error {
        TarError::Truncated => Problem::hiding(ProblemKind::Truncated, "the layer's tar ends inside an entry"),
        error => Problem::hiding(ProblemKind::Malformed, format!("the layer's tar cannot be read further: {error}")),
    });
    Ok((facts, false))
}

/// How the inflating thread ended.
enum End {
    Whole,
    /// The stored bytes could not be read or did not verify.
    Stored(Arc<io::Error>),
    /// They did, and still do not decompress, or a limit was reached.
    Damaged(Box<Problem>),
}

struct Pumped {
    unpacked: u64,
    end: End,
}

fn pump(stored: &Stored<'_>, limits: &Limits, to_hash: &Sender<Chunk>, to_tar: &Sender<Chunk>) -> Pumped {
    let mut unpacked = 0;
    let end = match inflate(Box::new(stored.clone())) {
        Ok((_, mut plain)) => pump_plain(stored, &mut *plain, limits, to_hash, to_tar, &mut unpacked),
        Err(error) => damaged(stored, &error, to_tar),
    };
    Pumped { unpacked, end }
}

fn pump_plain(
    stored: &Stored<'_>,
    plain: &mut dyn Read,
    limits: &Limits,
    to_hash: &Sender<Chunk>,
    to_tar: &Sender<Chunk>,
    unpacked: &mut u64,
) -> End {
    let mut pool = Pool::default();
    loop {
        let mut chunk = pool.take();
        let Some(buffer) = Arc::get_mut(&mut chunk) else { continue };
        buffer.resize(CHUNK, 0);
        let mut filled = 0;
        let failed = loop {
            match plain.read(&mut buffer[filled..]) {
                Ok(0) => break None,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Some(error),
            }
            if filled == CHUNK {
                break None;
            }
        };
        let last = filled < CHUNK;
        buffer.truncate(filled);
        *unpacked += filled as u64;
        // The readers may have stopped early; the other one goes on.
        let _ = to_hash.send(Ok(Arc::clone(&chunk)));
        let _ = to_tar.send(Ok(Arc::clone(&chunk)));
        pool.keep(chunk);
        if let Some(error) = failed {
            return damaged(stored, &error, to_tar);
        }
        if last {
            return End::Whole;
        }
        let read = stored.bytes_read().max(1);
        if *unpacked > limits.unpacked_bytes {
            return stop(to_tar, format!("the layer unpacks to more than {} bytes; the rest was not read", limits.unpacked_bytes));
        }
        if *unpacked > limits.ratio_from && *unpacked / read > limits.ratio {
            return stop(
                to_tar,
                format!(
                    "the layer unpacks to more than {} times its size, which only decompression bombs do; the rest was not read",
                    limits.ratio
                ),
            );
        }
    }
}

fn stop(to_tar: &Sender<Chunk>, message: String) -> End {
    let _ = to_tar.send(Err(Arc::new(io::ErrorKind::UnexpectedEof.into())));
    End::Damaged(Box::new(Problem::hiding(ProblemKind::Limit, message)))
}

/// Decompression failed. Only the rest of the stored bytes tells whether the image is damaged or these are not its bytes.
fn damaged(stored: &Stored<'_>, error: &io::Error, to_tar: &Sender<Chunk>) -> End {
    let _ = to_tar.send(Err(Arc::new(io::ErrorKind::UnexpectedEof.into())));
    if let Err(error) = stored.drain() {
        return End::Stored(error);
    }
    End::Damaged(Box::new(match error.kind() {
        io::ErrorKind::Unsupported => Problem::hiding(ProblemKind::Unsupported, format!("the layer is {error}")),
        io::ErrorKind::UnexpectedEof => Problem::hiding(ProblemKind::Truncated, "the layer's compressed data ends early"),
        _ => Problem::hiding(ProblemKind::Malformed, format!("the layer cannot be decompressed: {error}")),
    }))
}

/// Lowers this thread's priority. Inflating takes longest and cannot be divided; on two cores it would have to wait its turn beside the two
/// threads that it feeds, and they would be idle at the end.
fn let_inflating_go_first() {
    // Where it is not allowed, threads share as they come.
    let _ = rustix::process::nice(NICER);
}

fn hash(from: &Receiver<Chunk>, algorithm: Algorithm) -> Digest {
    fn run<H: sha2::Digest>(from: &Receiver<Chunk>) -> sha2::digest::Output<H> {
        let mut hasher = H::new();
        while let Ok(Ok(chunk)) = from.recv() {
            hasher.update(chunk.as_slice());
        }
        hasher.finalize()
    }
    match algorithm {
        Algorithm::Sha256 => Digest::sha256(&run::<Sha256>(from).into()),
        Algorithm::Sha512 => Digest::sha512(&run::<Sha512>(from).into()),
    }
}

/// The stored bytes, shared between the decompressor and whoever reads the rest when it gives up.
#[derive(Clone)]
struct Stored<'a> {
    inner: Arc<Mutex<Inner>>,
    progress: &'a (dyn Fn(u64) + Sync),
}

struct Inner {
    stored: Box<dyn Read + Send>,
    read: u64,
    failed: Option<Arc<io::Error>>,
}

impl Stored<'_> {
    fn bytes_read(&self) -> u64 {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).read
    }

    fn drain(&self) -> Result<(), Arc<io::Error>> {
        let mut buffer = vec![0; 64 << 10];
        loop {
            match self.read_stored(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn read_stored(&self, into: &mut [u8]) -> Result<usize, Arc<io::Error>> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = &inner.failed {
            return Err(Arc::clone(error));
        }
        loop {
            match inner.stored.read(into) {
                Ok(n) => {
                    inner.read += n as u64;
                    (self.progress)(n as u64);
                    return Ok(n);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let error = Arc::new(error);
                    inner.failed = Some(Arc::clone(&error));
                    return Err(error);
                }
            }
        }
    }
}

impl Read for Stored<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.read_stored(into).map_err(|error| io::Error::new(error.kind(), error))
    }
}
