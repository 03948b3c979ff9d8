//! What is taken of a CSAF 2.0 document: the members that decide, by their names in the standard.

use std::borrow::Cow;

use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Document<'a> {
    #[serde(borrow, rename = "document")]
    pub(super) head: Head<'a>,
    #[serde(borrow, default)]
    pub(super) product_tree: Tree<'a>,
    #[serde(borrow, default)]
    pub(super) vulnerabilities: Vec<Vulnerability<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow, default)]
    pub(super) category: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) title: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) publisher: Publisher<'a>,
    #[serde(borrow)]
    pub(super) tracking: Tracking<'a>,
    pub(super) aggregate_severity: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Publisher<'a> {
    #[serde(borrow, default)]
    pub(super) namespace: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(super) struct Tracking<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) current_release_date: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) initial_release_date: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(super) struct Text<'a> {
    #[serde(borrow, default)]
    pub(super) text: Cow<'a, str>,
}

#[derive(Deserialize, Default)]
pub(super) struct Tree<'a> {
    #[serde(borrow, default)]
    pub(super) branches: Vec<Branch<'a>>,
    #[serde(borrow, default)]
    pub(super) relationships: Vec<Relationship<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Branch<'a> {
    #[serde(borrow, default)]
    pub(super) branches: Vec<Branch<'a>>,
    #[serde(borrow)]
    pub(super) product: Option<Product<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Product<'a> {
    #[serde(borrow)]
    pub(super) product_id: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) product_identification_helper: Option<Helper<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Helper<'a> {
    #[serde(borrow)]
    pub(super) cpe: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) purl: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct Relationship<'a> {
    #[serde(borrow)]
    pub(super) product_reference: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) relates_to_product_reference: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) full_product_name: Full<'a>,
}

#[derive(Deserialize)]
pub(super) struct Full<'a> {
    #[serde(borrow)]
    pub(super) product_id: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(super) struct Vulnerability<'a> {
    #[serde(borrow)]
    pub(super) cve: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) title: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) product_status: Status<'a>,
    #[serde(borrow, default)]
    pub(super) remediations: Vec<Remediation<'a>>,
    #[serde(borrow, default)]
    pub(super) threats: Vec<Threat<'a>>,
    #[serde(borrow, default)]
    pub(super) scores: Vec<Score<'a>>,
}

#[derive(Deserialize, Default)]
pub(super) struct Status<'a> {
    #[serde(borrow, default)]
    pub(super) fixed: Vec<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) known_affected: Vec<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct Remediation<'a> {
    #[serde(borrow, default)]
    pub(super) category: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) product_ids: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) url: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct Threat<'a> {
    #[serde(borrow, default)]
    pub(super) category: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) details: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(super) struct Score<'a> {
    #[serde(borrow, rename = "cvss_v3")]
    pub(super) third: Option<Vector<'a>>,
    #[serde(borrow, rename = "cvss_v2")]
    pub(super) second: Option<Vector<'a>>,
    #[serde(borrow, rename = "cvss_v4")]
    pub(super) fourth: Option<Vector<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Vector<'a> {
    #[serde(borrow, default)]
    pub(super) vector_string: Cow<'a, str>,
}
