#![doc = include_str!("../README.md")]

mod apply;
mod chain;
mod csaf;
mod cyclonedx;
mod cyclonedx_xml;
mod draft;
mod image_name;
mod json;
mod library;
mod matching;
mod openvex;
mod range;
mod symbols;
mod words;
mod write;

pub use apply::{Target, apply};
pub use chain::{Step, chain, link_words};
pub use draft::{
    Draft, Held, JavaNamed, Looked, Named, NodeNamed, OfFile, OfJava, OfNode, OfPython, Proof, PythonNamed, PythonWanted, absent, drafts,
    go_names, go_names_of, java_wanted, may_be_followed, node_wanted, python_wanted,
};
pub use library::{Library, VexError};
pub use symbols::{Holder, Symbols};
pub use words::{justification, status};
pub use write::{Author, NewStatement, VexForm, WriteError, add};
