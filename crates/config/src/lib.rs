//! `plimsoll.toml`: what a project asks of Plimsoll. Every mistake in it is told with its line, the words that are wrong and the right
//! name that is nearest.

mod file;
mod find;
mod mistake;
mod nearest;

pub use file::{Config, Items, MinimalBaseImage, Reason, Rebuild, Registries, Times, VexTrust, schema};
pub use find::{FILE_NAME, FindError, Found, find};
pub use mistake::{Mistake, read};
pub use nearest::nearest;
