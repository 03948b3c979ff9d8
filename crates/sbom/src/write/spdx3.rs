//! SPDX 3.0.1 in JSON-LD: one context, one graph.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::{NO_TIME, Party, cyclonedx, identifier, licence, spdx2, tool};
use crate::bill::{Bill, Component, Kind};

const CREATION: &str = "_:creation";

pub(super) fn write(bill: &Bill) -> Value {
    let base = spdx2::namespace(bill);
    let id = |part: &str| format!("{base}#{part}");
    let ids: HashMap<&str, String> =
        bill.subject.iter().chain(&bill.components).map(|c| (c.reference.as_str(), id(&format!("package-{}", identifier(c))))).collect();
    let mut agents = Agents { base: &base, known: BTreeMap::new() };
    let makers: Vec<String> = bill.creators.iter().map(|c| agents.id(c)).collect();
    let mut graph = Vec::new();
    let mut tools = Vec::new();
    for text in &bill.tools {
        let (name, _) = tool(text);
        let tool_id = id(&format!("tool-{name}"));
        graph.push(json!({ "type": "Tool", "spdxId": tool_id, "creationInfo": CREATION, "name": text }));
        tools.push(tool_id);
    }
    // Somebody has to have made it; where nobody is named, the program did.
    let makers = if makers.is_empty() {
        let agent = id("agent-plimsoll");
        graph.push(json!({ "type": "SoftwareAgent", "spdxId": agent, "creationInfo": CREATION, "name": "plimsoll" }));
        vec![agent]
    } else {
        makers
    };
    graph.push(json!({
        "type": "CreationInfo", "@id": CREATION, "specVersion": "3.0.1",
        "created": bill.created.as_deref().unwrap_or(NO_TIME), "createdBy": makers, "createdUsing": tools,
    }));
    let mut licences: BTreeMap<String, String> = BTreeMap::new();
    let mut relations = Relations { base: &base, elements: Vec::new() };
    for component in bill.subject.iter().chain(&bill.components) {
        let Some(own) = ids.get(component.reference.as_str()) else { continue };
        graph.push(package(component, own, &mut agents));
        if let Some(expression) = licence(component).expression {
            let next = licences.len();
            let to = licences.entry(expression).or_insert_with(|| id(&format!("licence-{next}"))).clone();
            relations.add(own, "hasDeclaredLicense", &[to], None);
        }
        let targets = |of: &[String]| of.iter().filter_map(|r| ids.get(r.as_str()).cloned()).collect::<Vec<_>>();
        let contained = targets(&component.contains);
        if !contained.is_empty() {
            relations.add(own, "contains", &contained, None);
        }
        if let Some(depends) = component.depends.as_deref().map(targets).filter(|d| !d.is_empty()) {
            relations.add(own, "dependsOn", &depends, Some("incomplete"));
        }
    }
    for (expression, licence_id) in &licences {
        graph.push(json!({
            "type": "simplelicensing_LicenseExpression", "spdxId": licence_id, "creationInfo": CREATION,
            "simplelicensing_licenseExpression": expression,
        }));
    }
    graph.extend(agents.elements());
    graph.extend(relations.elements);
    let roots: Vec<&String> = match &bill.subject {
        Some(subject) => ids.get(subject.reference.as_str()).into_iter().collect(),
        None => bill.components.iter().filter_map(|c| ids.get(c.reference.as_str())).collect(),
    };
    let name = bill.subject.as_ref().map_or("image", |s| s.name.as_str());
    let sbom = id("sbom");
    graph.push(json!({
        "type": "software_Sbom", "spdxId": sbom, "creationInfo": CREATION, "name": name, "software_sbomType": ["analyzed"],
        "rootElement": roots, "element": bill.components.iter().filter_map(|c| ids.get(c.reference.as_str())).collect::<Vec<_>>(),
    }));
    graph.push(json!({
        "type": "SpdxDocument", "spdxId": id("document"), "creationInfo": CREATION, "name": name,
        "profileConformance": ["core", "software", "simpleLicensing"], "rootElement": [sbom],
    }));
    json!({ "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": graph })
}

fn package(component: &Component, id: &str, agents: &mut Agents<'_>) -> Value {
    let mut element = json!({
        "type": "software_Package", "spdxId": id, "creationInfo": CREATION, "name": component.name,
        "software_primaryPurpose": match component.kind {
            Kind::Application => "application",
            Kind::Container => "container",
            Kind::File => "file",
            Kind::OperatingSystem => "operatingSystem",
            Kind::Library => "library",
            Kind::Other => "other",
        },
    });
    if let Some(version) = &component.version {
        element["software_packageVersion"] = version.as_str().into();
    }
    if let Some(url) = component.homepage.as_deref().filter(|u| cyclonedx::is_address(u)) {
        element["software_homePage"] = url.into();
    }
    if let Some(purl) = &component.purl {
        element["software_packageUrl"] = purl.as_str().into();
        element["externalIdentifier"] =
            json!([{ "type": "ExternalIdentifier", "externalIdentifierType": "packageUrl", "identifier": purl }]);
    }
    if let Some(supplier) = &component.supplier {
        element["suppliedBy"] = agents.id(supplier).into();
    }
    if let Some(file) = &component.file {
        element["software_sourceInfo"] = format!("recorded in {file}").into();
    }
    if !component.hashes.is_empty() {
        let hash =
            |h: &crate::Hash| json!({ "type": "Hash", "algorithm": h.algorithm.replace('-', "").to_lowercase(), "hashValue": h.value });
        element["verifiedUsing"] = component.hashes.iter().map(hash).collect();
    }
    let property = |(name, value): &(String, String)| json!({ "type": "extension_CdxPropertyEntry", "extension_cdxPropName": name, "extension_cdxPropValue": value });
    if !component.properties.is_empty() {
        element["extension"] = json!([{
            "type": "extension_CdxPropertiesExtension",
            "extension_cdxProperty": component.properties.iter().map(property).collect::<Vec<_>>(),
        }]);
    }
    element
}

/// People and organisations, each once.
struct Agents<'a> {
    base: &'a str,
    known: BTreeMap<String, usize>,
}

impl Agents<'_> {
    fn id(&mut self, text: &str) -> String {
        let next = self.known.len();
        let at = *self.known.entry(text.to_owned()).or_insert(next);
        format!("{}#agent-{at}", self.base)
    }

    fn elements(&self) -> impl Iterator<Item = Value> {
        self.known.iter().map(|(text, at)| {
            let party = Party::of(text);
            let mut agent = json!({
                "type": "Organization", "spdxId": format!("{}#agent-{at}", self.base), "creationInfo": CREATION,
                "name": party.name.or(party.mail).or(party.url).unwrap_or(text),
            });
            if let Some(mail) = party.mail {
                agent["externalIdentifier"] =
                    json!([{ "type": "ExternalIdentifier", "externalIdentifierType": "email", "identifier": mail }]);
            }
            agent
        })
    }
}

struct Relations<'a> {
    base: &'a str,
    elements: Vec<Value>,
}

impl Relations<'_> {
    fn add(&mut self, from: &str, kind: &str, to: &[String], completeness: Option<&str>) {
        let id = format!("{}#relationship-{}", self.base, self.elements.len());
        let mut relation =
            json!({ "type": "Relationship", "spdxId": id, "creationInfo": CREATION, "from": from, "relationshipType": kind, "to": to });
        if let Some(completeness) = completeness {
            relation["completeness"] = completeness.into();
        }
        self.elements.push(relation);
    }
}
