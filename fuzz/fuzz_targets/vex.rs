//! VEX documents of any bytes: read, and held against an inventory.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_evidence::{Ecosystem, Inventory, Package, Vulnerabilities, Vulnerability};
use plimsoll_vex::{Author, Library, NewStatement, Target, add, apply};

fuzz_target!(|bytes: &[u8]| {
    let mut library = Library::new();
    // The first byte says whether it is one of a directory's; two documents may point into each other.
    let Some((first, rest)) = bytes.split_first() else { return };
    for part in rest.split(|b| *b == 0) {
        let _ = library.add("document", part, first & 1 == 1);
    }
    let (mut vex, _) = library.finish();
    let mut package = Package::new(Ecosystem::Apk, "busybox", "1.36.1-r5", "lib/apk/db/installed");
    package.purl = Some("pkg:apk/alpine/busybox@1.36.1-r5?arch=x86_64&distro=alpine-3.18.2".to_owned());
    let inventory = Inventory { packages: vec![package], ..Inventory::default() };
    let found = vec![Vulnerability { id: "CVE-2023-42363".to_owned(), ids: vec!["CVE-2023-42363".to_owned()], ..Vulnerability::default() }];
    let known = Vulnerabilities { found, ..Vulnerabilities::default() };
    let names = ["registry.example.org/aquasec/trivy:1".to_owned()];
    apply(&mut vex, Target { subject: None, names: &names, inventory: &inventory, known: Some(&known) });
    for answer in &vex.answers {
        assert!((answer.statement as usize) < vex.statements.len() && answer.vulnerability == 0);
    }
    let said = NewStatement {
        vulnerability: "CVE-2023-42363".to_owned(),
        status: plimsoll_evidence::VexStatus::Fixed,
        justification: None,
        impact: None,
        action: None,
        products: vec!["pkg:oci/trivy".to_owned()],
        parts: Vec::new(),
    };
    let _ = add(Some(rest), &[said], &Author::default(), None, 0);
});
