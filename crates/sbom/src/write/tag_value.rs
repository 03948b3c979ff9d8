//! SPDX 2.3 as tags and values.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use super::{NO_TIME, cyclonedx, identifier, licence, spdx2};
use crate::bill::Bill;

pub(super) fn write(bill: &Bill) -> String {
    let ids: HashMap<&str, String> =
        bill.subject.iter().chain(&bill.components).map(|c| (c.reference.as_str(), format!("SPDXRef-Package-{}", identifier(c)))).collect();
    let mut text = String::new();
    let mut line = |tag: &str, value: &str| {
        // A value ends with its line; of several lines only `<text>` may be.
        let value: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let _ = writeln!(text, "{tag}: {value}");
    };
    line("SPDXVersion", "SPDX-2.3");
    line("DataLicense", "CC0-1.0");
    line("SPDXID", "SPDXRef-DOCUMENT");
    line("DocumentName", bill.subject.as_ref().map_or("image", |s| s.name.as_str()));
    line("DocumentNamespace", &spdx2::namespace(bill));
    for creator in spdx2::creators(bill) {
        line("Creator", &creator);
    }
    line("Created", bill.created.as_deref().unwrap_or(NO_TIME));
    let mut extracted = BTreeMap::new();
    for component in bill.subject.iter().chain(&bill.components) {
        let licence = licence(component);
        extracted.extend(licence.references);
        line("\nPackageName", &component.name);
        line("SPDXID", ids.get(component.reference.as_str()).map_or("", String::as_str));
        if let Some(version) = &component.version {
            line("PackageVersion", version);
        }
        if let Some(file) = component.property("bsi:component:filename") {
            line("PackageFileName", file);
        }
        line("PackageSupplier", &component.supplier.as_deref().map_or_else(|| "NOASSERTION".to_owned(), spdx2::supplier));
        line("PackageDownloadLocation", "NOASSERTION");
        line("PrimaryPackagePurpose", &spdx2::purpose(component.kind).replace('_', "-"));
        line("FilesAnalyzed", "false");
        for hash in &component.hashes {
            line("PackageChecksum", &format!("{}: {}", hash.algorithm.replace('-', ""), hash.value));
        }
        if let Some(url) = component.homepage.as_deref().filter(|u| cyclonedx::is_address(u)) {
            line("PackageHomePage", url);
        }
        if let Some(file) = &component.file {
            line("PackageSourceInfo", &format!("recorded in {file}"));
        }
        line("PackageLicenseConcluded", "NOASSERTION");
        line("PackageLicenseDeclared", licence.expression.as_deref().unwrap_or("NOASSERTION"));
        line("PackageCopyrightText", "NOASSERTION");
        if let Some(purl) = &component.purl {
            line("ExternalRef", &format!("PACKAGE-MANAGER purl {purl}"));
        }
    }
    for (id, words) in &extracted {
        line("\nLicenseID", id);
        line("ExtractedText", &format!("<text>{}</text>", words.replace("</text>", "")));
        line("LicenseName", words);
    }
    let _ = writeln!(text);
    for (from, kind, to) in spdx2::triples(bill, &ids) {
        let _ = writeln!(text, "Relationship: {from} {kind} {to}");
    }
    text
}
