//! CycloneDX 1.6 and 1.7 in XML: elements in the order that its schema asks for.

use std::fmt::Write as _;

use super::cyclonedx::{IN_IMAGE, deployed, is_address, kind};
use super::{Party, licence, tool};
use crate::bill::{Bill, Component};

pub(super) fn write(bill: &Bill, version: &str) -> String {
    let mut xml = Xml { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(), open: Vec::new() };
    let namespace = format!("http://cyclonedx.org/schema/bom/{version}");
    let mut attributes = vec![("xmlns", namespace.as_str())];
    attributes.extend(bill.serial.as_deref().map(|s| ("serialNumber", s)));
    attributes.push(("version", "1"));
    xml.start("bom", &attributes);
    xml.start("metadata", &[]);
    xml.some("timestamp", bill.created.as_deref());
    xml.start("tools", &[]);
    xml.start("components", &[]);
    for (name, version) in bill.tools.iter().map(|t| tool(t)) {
        xml.start("component", &[("type", "application")]);
        xml.element("name", &[], name);
        xml.some("version", Some(version).filter(|v| !v.is_empty()));
        xml.end();
    }
    xml.end();
    xml.end();
    if let Some(subject) = &bill.subject {
        component(&mut xml, subject);
    }
    if let Some(creator) = bill.creators.first() {
        organisation(&mut xml, "manufacturer", creator);
    }
    xml.end();
    xml.start("components", &[]);
    for one in &bill.components {
        component(&mut xml, one);
    }
    xml.end();
    xml.start("dependencies", &[]);
    for (i, one) in bill.subject.iter().chain(&bill.components).enumerate() {
        let is_subject = i == 0 && bill.subject.is_some();
        let mut on: Vec<&String> = if is_subject { one.contains.iter().collect() } else { one.depends.iter().flatten().collect() };
        on.sort();
        on.dedup();
        xml.start("dependency", &[("ref", &one.reference)]);
        for reference in on {
            xml.empty("dependency", &[("ref", reference)]);
        }
        xml.end();
    }
    xml.end();
    compositions(&mut xml, bill);
    xml.end();
    xml.text
}

fn compositions(xml: &mut Xml, bill: &Bill) {
    if bill.components.is_empty() {
        return;
    }
    xml.start("compositions", &[]);
    for (aggregate, told) in [("incomplete", true), ("unknown", false)] {
        let of: Vec<&Component> = bill.components.iter().filter(|c| c.depends.is_some() == told).collect();
        if of.is_empty() {
            continue;
        }
        xml.start("composition", &[]);
        xml.element("aggregate", &[], aggregate);
        xml.start("dependencies", &[]);
        for one in of {
            xml.empty("dependency", &[("ref", &one.reference)]);
        }
        xml.end();
        xml.end();
    }
    xml.end();
}

fn organisation(xml: &mut Xml, element: &'static str, text: &str) {
    let party = Party::of(text);
    xml.start(element, &[]);
    xml.some("name", party.name.or(party.mail).or(party.url));
    xml.some("url", party.url);
    if let Some(mail) = party.mail {
        xml.start("contact", &[]);
        xml.element("email", &[], mail);
        xml.end();
    }
    xml.end();
}

fn component(xml: &mut Xml, component: &Component) {
    xml.start("component", &[("type", kind(component.kind)), ("bom-ref", &component.reference)]);
    if let Some(supplier) = &component.supplier {
        organisation(xml, "supplier", supplier);
    }
    xml.element("name", &[], &component.name);
    xml.some("version", component.version.as_deref());
    if !component.hashes.is_empty() {
        hashes(xml, component);
    }
    let licence = licence(component);
    if let Some(expression) = licence.expression {
        xml.start("licenses", &[]);
        if let [(reference, words)] = licence.references.as_slice()
            && *reference == expression
        {
            xml.start("license", &[("acknowledgement", "declared")]);
            xml.element("name", &[], words);
            xml.end();
        } else if plimsoll_licences::identifiers(&expression) == [expression.clone()] {
            xml.start("license", &[("acknowledgement", "declared")]);
            xml.element("id", &[], &expression);
            xml.end();
        } else {
            xml.element("expression", &[("acknowledgement", "declared")], &expression);
        }
        xml.end();
    }
    xml.some("purl", component.purl.as_deref());
    let (homepage, deployed) = (component.homepage.as_deref().filter(|u| is_address(u)), deployed(component));
    if homepage.is_some() || deployed.is_some() {
        xml.start("externalReferences", &[]);
        if let Some(url) = homepage {
            xml.start("reference", &[("type", "website")]);
            xml.element("url", &[], url);
            xml.end();
        }
        if let Some(url) = &deployed {
            xml.start("reference", &[("type", "distribution")]);
            xml.element("url", &[], url);
            xml.element("comment", &[], IN_IMAGE);
            hashes(xml, component);
            xml.end();
        }
        xml.end();
    }
    if !component.properties.is_empty() {
        xml.start("properties", &[]);
        for (name, value) in &component.properties {
            xml.element("property", &[("name", name)], value);
        }
        xml.end();
    }
    xml.end();
}

fn hashes(xml: &mut Xml, component: &Component) {
    xml.start("hashes", &[]);
    for hash in &component.hashes {
        xml.element("hash", &[("alg", &hash.algorithm)], &hash.value);
    }
    xml.end();
}

struct Xml {
    text: String,
    open: Vec<&'static str>,
}

impl Xml {
    fn tag(&mut self, name: &str, attributes: &[(&str, &str)]) {
        for _ in 0..self.open.len() {
            self.text.push_str("  ");
        }
        let _ = write!(self.text, "<{name}");
        for (key, value) in attributes {
            let _ = write!(self.text, " {key}=\"{}\"", escaped(value));
        }
    }

    fn start(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes);
        self.text.push_str(">\n");
        self.open.push(name);
    }

    fn end(&mut self) {
        let Some(name) = self.open.pop() else { return };
        for _ in 0..self.open.len() {
            self.text.push_str("  ");
        }
        let _ = writeln!(self.text, "</{name}>");
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes);
        self.text.push_str("/>\n");
    }

    fn element(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.tag(name, attributes);
        let _ = writeln!(self.text, ">{}</{name}>", escaped(text));
    }

    fn some(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.element(name, &[], text);
        }
    }
}

/// Characters that XML 1.0 does not know are replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push_str(if c == '\n' { "&#10;" } else { "&#9;" }),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
