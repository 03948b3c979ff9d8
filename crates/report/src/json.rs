//! The report as JSON; its schema is made from the same types.

use schemars::generate::SchemaSettings;

use crate::Report;

/// One report as an indented JSON object, several (one for each platform) as an array; a line feed at the end.
pub fn json(reports: &[Report]) -> serde_json::Result<String> {
    let text = match reports {
        [report] => serde_json::to_string_pretty(report),
        reports => serde_json::to_string_pretty(reports),
    };
    text.map(|text| text + "\n")
}

/// The JSON Schema (draft 2020-12) of a report.
pub fn schema() -> serde_json::Result<String> {
    let schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Report>();
    serde_json::to_string_pretty(&schema).map(|text| text + "\n")
}
