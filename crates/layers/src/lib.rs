//! The one pass over a layer: decompress, hash, read tar, ask every [`Analyser`]; and how layers stack.

mod analyser;

pub use analyser::{Analyser, AnalyserId, Content, Interest, Spooled, Window};
