//! Turns verdicts into bytes: one file per output format. Nothing here decides anything.

mod declared;
mod explain;
mod items;
mod json;
mod quote;
mod report;
mod sarif;
mod terminal;
mod vulnerabilities;
mod wrap;

pub use declared::{Declared, DeclaredContainer};
pub use explain::{explain, explain_markdown};
pub use items::{items_json, items_table};
pub use json::{json, schema};
pub use quote::quote;
pub use report::{Base, ItemReport, Report, Summary, Tool};
pub use sarif::{sarif, vulnerabilities_sarif};
pub use terminal::{Look, terminal};
pub use vulnerabilities::{
    Choice, ComponentReport, DatabaseReport, VexReport, VexUnusedReport, VulnerabilityFinding, VulnerabilityReport, WithoutReport,
    vulnerabilities_cyclonedx, vulnerabilities_json, vulnerabilities_schema, vulnerabilities_text,
};
