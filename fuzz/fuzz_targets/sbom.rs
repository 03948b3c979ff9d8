#![no_main]
//! Bills of materials that others wrote: whatever they say, they are read to an end, judged, held against an image, and written again.

use libfuzzer_sys::fuzz_target;
use plimsoll_evidence::{
    Accounts, BaseImage, Closure, Digest, Ecosystem, Evidence, FileEntry, FileKind, FileTree, Gathered, ImageConfig, ImageFacts, Inventory,
    Package, Platform, Subject,
};
use plimsoll_sbom::{Form, GivenSbom, apply, check, diff, read, write};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(contents) = read(bytes) {
        let _ = check(&contents.bill);
        assert!(diff(&contents.bill, &contents.bill).is_empty());
        for form in [Form::CycloneDx17, Form::CycloneDx16Xml, Form::Spdx23TagValue, Form::Spdx30] {
            let _ = write(&contents.bill, form);
        }
        for limited_to in [None, Some("app")] {
            let mut evidence = evidence();
            apply(&[GivenSbom { source: "bill", contents: &contents, limited_to }], &mut evidence);
            let (Some(inventory), Some(sboms)) = (evidence.components.found(), evidence.sboms.found()) else { unreachable!() };
            let document = &sboms.documents[0];
            let is_there = |place: &u32| (*place as usize) < inventory.packages.len();
            assert!(document.lacking.iter().chain(&document.supplies).all(is_there));
            assert_eq!(document.supplies.len(), inventory.stated.len());
        }
    }
});

/// A package of Debian, one of npm, and a program of which nothing is known.
fn evidence() -> Evidence {
    let file = |path: &str| FileEntry {
        path: path.to_owned(),
        kind: FileKind::Regular,
        mode: 0o755,
        uid: 0,
        gid: 0,
        size: 1,
        mtime: 0,
        link: None,
        caps: None,
        layer: 0,
    };
    let directory = |path: &str| FileEntry { kind: FileKind::Directory, ..file(path) };
    let files = vec![directory(""), directory("a"), file("a/package.json"), file("app"), file("status")];
    let image = ImageFacts {
        config_digest: None,
        annotations: std::collections::BTreeMap::new(),
        config: ImageConfig::default(),
        history: Vec::new(),
        layers: Vec::new(),
        base: BaseImage::Unknown(String::new()),
        distribution: None,
        tree: FileTree { files, deleted: Vec::new() },
        accounts: Accounts::default(),
        elfs: Vec::new(),
        texts: Vec::new(),
        closure: Closure::default(),
        secrets: Vec::new(),
    };
    let packages =
        vec![Package::new(Ecosystem::Dpkg, "curl", "1:8-1", "status"), Package::new(Ecosystem::Npm, "a", "1.0.0", "a/package.json")];
    Evidence {
        subject: Some(Subject {
            reference: "image".to_owned(),
            digest: Digest::sha256(&[7; 32]),
            media_type: String::new(),
            platform: Platform::host(),
            indexes: Vec::new(),
        }),
        image: Gathered::Found(image),
        components: Gathered::Found(Inventory { packages, owners: vec![u32::MAX, u32::MAX, 1, u32::MAX, u32::MAX], ..Inventory::default() }),
        ..plimsoll_gather::without_image()
    }
}
