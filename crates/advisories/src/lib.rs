#![doc = include_str!("../README.md")]

mod build;
mod cvss;
mod ecosystem;
mod find;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod limits;
mod listing;
mod read;
mod record;
mod semantics;
mod store;
mod time;

pub use build::{Builder, Built, Unread, ids_in_zip, is_whole_zip};
pub use cvss::{base_score, severity_of};
pub use find::{find, records, vulnerabilities};
pub use listing::{Held, Listing, stamp};
pub use store::{Database, DatabaseError, Nearest, SCHEMA as FORM, put};
pub use time::{day, instant, seconds};
