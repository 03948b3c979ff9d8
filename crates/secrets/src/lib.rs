//! Finds credentials: in the files of every layer and in archives among them, and in the image's config and history.
//!
//! One pass looks for rare words that credentials begin with (`AKIA`, `ghp_`, `-----BEGIN` …); expressions run only around
//! them. Words that are common run only over small texts outside the directories of packages. A value never leaves this
//! crate: a find has its kind, its place, the leading characters that name the kind, and a fingerprint.

mod analyser;
mod archive;
mod check;
mod conceal;
mod config;
mod files;
mod generic;
mod hit;
mod kind;
mod known;
mod pem;
mod place;
mod prefilter;
mod rule;
mod rules;
#[cfg(test)]
mod sample;
mod scan;
mod source;
#[cfg(test)]
mod tests;
mod text;
mod url;
mod words;

pub use analyser::Secrets;
pub use check::Check;
pub use conceal::{conceal_config, conceal_texts};
pub use config::config_secrets;
pub use kind::{Kind, kinds};
pub use rule::{Form, Reach, Rule};
pub use rules::rules;
pub use source::{conceal_source, prepare};
