#![doc = include_str!("../README.md")]

mod error;
mod merge;
mod node;
mod read;
mod scalar;
mod template;
mod tree;

pub use error::{ErrorKind, ReadError};
pub use node::{Entry, Mapping, Node, Place, Scalar, Style, Value};
pub use read::{Document, Duplicate, Limits, Stream, parse, parse_with};
pub use scalar::{Kind, Rules};
pub use template::is_of_helm;

/// Reads bytes as [`parse_with`] does. Bytes that are no UTF-8 are one error, at the first of them.
pub fn parse_bytes(bytes: &[u8], rules: Rules, limits: &Limits) -> Stream {
    match std::str::from_utf8(bytes) {
        Ok(text) => parse_with(text, rules, limits),
        Err(error) => Stream::failed(error::not_utf8(bytes, error.valid_up_to(), limits.source)),
    }
}
