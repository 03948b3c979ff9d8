//! Turns verdicts into bytes: one file per output format. Nothing here decides anything.

mod declared;
mod explain;
mod items;
mod json;
mod quote;
mod report;
mod terminal;
mod wrap;

pub use declared::{Declared, DeclaredContainer};
pub use explain::{explain, explain_markdown};
pub use items::{items_json, items_table};
pub use json::{json, schema};
pub use quote::quote;
pub use report::{Base, ItemReport, Report, Summary, Tool};
pub use terminal::{Look, terminal};
