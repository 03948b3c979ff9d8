#![doc = include_str!("../README.md")]

mod apply;
mod csaf;
mod cyclonedx;
mod cyclonedx_xml;
mod image_name;
mod json;
mod library;
mod matching;
mod openvex;
mod words;

pub use apply::{Target, apply};
pub use library::{Library, VexError};
pub use words::{justification, status};
