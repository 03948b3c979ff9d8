//! Syft's own JSON.

use serde_json::Value;

use super::MOST_COMPONENTS;
use super::json::{list, text};
use crate::bill::{Bill, Component, Hash, Kind};

pub(super) fn read(value: &Value, problems: &mut Vec<String>) -> Bill {
    let mut bill = Bill {
        form: format!("Syft {}", text(&value["schema"]["version"]).unwrap_or_default()),
        subject: text(&value["source"]["name"]).or_else(|| text(&value["source"]["target"]["userInput"])).map(|name| Component {
            reference: text(&value["source"]["id"]).unwrap_or_default(),
            kind: Kind::Container,
            name,
            version: text(&value["source"]["metadata"]["manifestDigest"]).or_else(|| text(&value["source"]["version"])),
            properties: identities(&value["source"]["metadata"]),
            ..Component::default()
        }),
        tools: text(&value["descriptor"]["name"])
            .map(|name| format!("{name} {}", text(&value["descriptor"]["version"]).unwrap_or_default()))
            .into_iter()
            .collect(),
        ..Bill::default()
    };
    let artifacts = list(&value["artifacts"]);
    if artifacts.len() > MOST_COMPONENTS {
        problems.push(format!("only the first {MOST_COMPONENTS} packages are read"));
    }
    bill.components = artifacts.iter().take(MOST_COMPONENTS).map(component).collect();
    if let Some(id) = text(&value["distro"]["id"]) {
        let like = list(&value["distro"]["idLike"]).iter().filter_map(text).map(|l| ("plimsoll:idLike".to_owned(), l));
        let name = text(&value["distro"]["prettyName"]).map(|n| ("plimsoll:prettyName".to_owned(), n));
        bill.components.push(Component {
            reference: format!("os:{id}"),
            kind: Kind::OperatingSystem,
            version: text(&value["distro"]["versionID"]),
            properties: like.chain(name).collect(),
            name: id,
            ..Component::default()
        });
    }
    let mut depends: std::collections::HashMap<String, Vec<String>> = std::collections::HashMap::new();
    for relation in list(&value["artifactRelationships"]).iter().filter(|r| r["type"] == "dependency-of") {
        if let (Some(dependency), Some(of)) = (text(&relation["parent"]), text(&relation["child"])) {
            depends.entry(of).or_default().push(dependency);
        }
    }
    for component in &mut bill.components {
        component.depends = depends.remove(&component.reference);
    }
    bill
}

/// What else the image is known by, under the names that Trivy has for it.
fn identities(metadata: &Value) -> Vec<(String, String)> {
    let id = text(&metadata["imageID"]).map(|id| ("aquasecurity:trivy:ImageID".to_owned(), id));
    let layers = list(&metadata["layers"]).iter().filter_map(|l| text(&l["digest"]));
    let digests = list(&metadata["repoDigests"]).iter().filter_map(text);
    let layers = layers.map(|digest| ("aquasecurity:trivy:DiffID".to_owned(), digest));
    id.into_iter().chain(layers).chain(digests.map(|digest| ("aquasecurity:trivy:RepoDigest".to_owned(), digest))).collect()
}

fn component(artifact: &Value) -> Component {
    let metadata = &artifact["metadata"];
    let from = [
        ("source", "syft:metadata:source"),
        ("sourceVersion", "syft:metadata:sourceVersion"),
        ("modularityLabel", "syft:metadata:modularityLabel"),
    ];
    let properties = from.iter().filter_map(|(member, name)| Some(((*name).to_owned(), text(&metadata[*member])?)));
    Component {
        reference: text(&artifact["id"]).unwrap_or_default(),
        kind: Kind::Library,
        name: text(&artifact["name"]).unwrap_or_default(),
        version: text(&artifact["version"]),
        supplier: text(&metadata["maintainer"]).or_else(|| text(&metadata["vendor"])),
        homepage: text(&metadata["url"]),
        purl: text(&artifact["purl"]),
        licences: list(&artifact["licenses"])
            .iter()
            .filter_map(|l| text(l).or_else(|| text(&l["spdxExpression"])).or_else(|| text(&l["value"])))
            .collect(),
        hashes: list(&metadata["digest"])
            .iter()
            .filter_map(|d| Some(Hash { algorithm: super::spdx2::algorithm(&text(&d["algorithm"])?), value: text(&d["value"])? }))
            .collect(),
        file: list(&artifact["locations"]).first().and_then(|l| text(&l["path"])),
        properties: properties.collect(),
        ..Component::default()
    }
}
