//! Artifacts that are written and opened again, and those that cannot be what they say.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code, though not all in test functions")]

mod kit;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;

use kit::{Blobs, MANIFEST, Server, quick};
use plimsoll_oci::{NewArtifact, OpenErrorKind, open_artifact, write_artifact};

const KIND: &str = "application/vnd.example.thing.v1";

fn thing(media_type: &str) -> NewArtifact {
    NewArtifact {
        kind: KIND.to_owned(),
        annotations: BTreeMap::from([("org.opencontainers.image.title".to_owned(), "a thing".to_owned())]),
        media_type: media_type.to_owned(),
        ..NewArtifact::default()
    }
}

fn read(reference: &str) -> Vec<u8> {
    let artifact = open_artifact(reference, |kind| kind == KIND, &quick()).expect(reference);
    assert_eq!((artifact.kind.as_str(), artifact.annotations["org.opencontainers.image.title"].as_str()), (KIND, "a thing"));
    let mut bytes = Vec::new();
    artifact.unpacked(0, 1 << 20).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn what_is_written_is_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().display();
    for (n, media_type) in ["application/vnd.example.blob", "application/vnd.example.blob+zstd"].iter().enumerate() {
        for target in [format!("oci:{at}/layout{n}:1.0"), format!("oci:{at}/bare{n}"), format!("oci-archive:{at}/{n}.tar:1.0")] {
            let digest = write_artifact(&target, &thing(media_type), &mut &b"first"[..]).unwrap();
            assert_eq!(read(&target), b"first", "{target}");
            let again = write_artifact(&target, &thing(media_type), &mut &b"first"[..]).unwrap();
            assert_eq!(digest, again, "{target}");
            write_artifact(&target, &thing(media_type), &mut &b"second"[..]).unwrap();
            assert_eq!(read(&target), b"second", "{target}: it takes the place of the one before");
        }
    }
    // Another tag beside it, and an image that was there.
    let mut blobs = Blobs::default();
    let image = blobs.image("amd64", b"layer");
    blobs.layout(&dir.path().join("shared"), &[blobs.descriptor(MANIFEST, &image, &kit::named("app"))]);
    let shared = format!("oci:{at}/shared");
    write_artifact(&format!("{shared}:a"), &thing("x/y"), &mut &b"a"[..]).unwrap();
    assert_eq!(read(&shared), b"a", "the only one of its kind");
    assert_eq!(plimsoll_oci::open(&format!("{shared}:app"), &quick()).unwrap().images.len(), 1);
    write_artifact(&format!("{shared}:b"), &thing("x/y"), &mut &b"b"[..]).unwrap();
    assert_eq!((read(&format!("{shared}:a")), read(&format!("{shared}:b"))), (b"a".to_vec(), b"b".to_vec()));
    let error = open_artifact(&shared, |kind| kind == KIND, &quick()).unwrap_err();
    assert!(error.kind() == OpenErrorKind::Ambiguous && error.to_string().contains("a, b"), "{error}");
    let image = open_artifact(&format!("{shared}:app"), |kind| kind == KIND, &quick()).unwrap();
    assert_eq!(image.kind, "application/vnd.oci.image.config.v1+json");
}

#[test]
fn what_is_not_written_to() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().display();
    fs::create_dir(dir.path().join("full")).unwrap();
    fs::write(dir.path().join("full/file"), b"x").unwrap();
    let digest = format!("sha256:{}", "0a".repeat(32));
    for (target, kind) in [
        (format!("oci:{at}/full"), OpenErrorKind::NotAnImage),
        (format!("oci:{at}/new:a b"), OpenErrorKind::Reference),
        (format!("oci:{at}/new@{digest}"), OpenErrorKind::Reference),
        ("docker://registry.example/a:1".to_owned(), OpenErrorKind::Reference),
        ("docker-archive:x.tar".to_owned(), OpenErrorKind::Reference),
    ] {
        assert_eq!(write_artifact(&target, &thing("x/y"), &mut &b""[..]).unwrap_err().kind(), kind, "{target}");
    }
    assert!(!dir.path().join("new").exists());
}

#[test]
fn of_a_registry_every_byte_is_verified() {
    let dir = tempfile::tempdir().unwrap();
    let target = format!("oci:{}/layout", dir.path().display());
    let digest = write_artifact(&target, &thing("x/y+zstd"), &mut &b"what it holds"[..]).unwrap().to_string();
    let mut blobs = Blobs::default();
    for file in fs::read_dir(dir.path().join("layout/blobs/sha256")).unwrap() {
        blobs.add(fs::read(file.unwrap().path()).unwrap());
    }
    let honest = Server::registry(blobs.clone(), &[("1", &digest)]);
    assert_eq!(read(&format!("docker://{}/a/b:1", honest.host)), b"what it holds");
    assert_eq!(read(&format!("docker://{}/a/b@{digest}", honest.host)), b"what it holds");
    // Each blob in turn with other bytes of the same length.
    for name in blobs.0.keys().cloned().collect::<Vec<_>>() {
        let mut lying = blobs.clone();
        lying.0.get_mut(&name).unwrap()[0] ^= 1;
        let server = Server::registry(lying, &[("1", &digest)]);
        let read = open_artifact(&format!("docker://{}/a/b:1", server.host), |kind| kind == KIND, &quick())
            .map_err(std::io::Error::other)
            .and_then(|a| a.unpacked(0, 1 << 20).map_err(std::io::Error::other)?.read_to_end(&mut Vec::new()));
        assert!(read.is_err(), "{name}");
    }
}
