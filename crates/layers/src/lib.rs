//! The one pass over a layer: decompress, hash, read tar, ask every [`Analyser`]; and how layers stack.
//!
//! [`read_layer`] is the pass. Its [`LayerFacts`](plimsoll_evidence::LayerFacts) depend on that layer's bytes alone, so
//! layers are read in parallel and their facts are kept in the [`Cache`] by diff ID. [`stack()`] lays them on each other.

mod analyser;
mod budget;
mod cache;
mod capability;
mod chunks;
mod collect;
mod inflate;
mod limits;
mod pass;
mod path;
mod stack;
pub mod tar;

pub use analyser::{Analyser, AnalyserId, Content, Interest, Spooled, Window};
pub use budget::Budget;
pub use cache::{Cache, CacheUse};
pub use collect::collect;
pub use inflate::{Compression, inflate};
pub use limits::Limits;
pub use pass::{LayerError, LayerRequest, read_layer};
pub use stack::{Stacked, stack};
