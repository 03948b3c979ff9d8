//! OCI layouts in directories, good and hostile.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code, though not all in test functions")]

mod kit;

use std::fs;
use std::path::Path;

use kit::{Blobs, INDEX, LAYER, MANIFEST, error, named, platform, quick, read_layer};
use plimsoll_evidence::Platform;
use plimsoll_oci::{BlobError, Limits, OpenErrorKind, Options, PlatformChoice, open};

fn layout(blobs: &Blobs, entries: &[String]) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    blobs.layout(dir.path(), entries);
    let reference = format!("oci:{}", dir.path().display());
    (dir, reference)
}

fn blob_path(dir: &Path, digest: &str) -> std::path::PathBuf {
    dir.join("blobs/sha256").join(digest.strip_prefix("sha256:").unwrap())
}

fn other_architecture() -> &'static str {
    if Platform::host().architecture == "s390x" { "amd64" } else { "s390x" }
}

#[test]
fn one_image_with_and_without_a_transport() {
    let mut blobs = Blobs::default();
    let image = blobs.image("amd64", b"layer");
    // Some writers leave the media type out.
    let entry = blobs.descriptor(MANIFEST, &image, "").replace(&format!(r#""mediaType":"{MANIFEST}","#), "");
    let (dir, reference) = layout(&blobs, &[entry]);
    for reference in [&reference, dir.path().to_str().unwrap()] {
        let opened = open(reference, &quick()).unwrap();
        let image = &opened.images[0];
        assert_eq!(read_layer(image, 0).unwrap(), b"layer");
        assert_eq!(image.layers[0].diff_id.as_ref().map(ToString::to_string), Some(kit::digest(b"layer")));
        assert_eq!(image.history[0].layer, Some(0));
        assert_eq!(image.problems, []);
        assert_eq!(opened.notes.len(), usize::from(!reference.starts_with("oci:")), "{:?}", opened.notes);
    }
}

#[test]
fn tags_digests_and_no_choice() {
    let mut blobs = Blobs::default();
    let (one, two) = (blobs.image("amd64", b"1"), blobs.image("amd64", b"2"));
    let entries = [blobs.descriptor(MANIFEST, &one, &named("one")), blobs.descriptor(MANIFEST, &two, &named("registry.example/x:two"))];
    let (_dir, reference) = layout(&blobs, &entries);
    let digest = |pick: &str| open(&format!("{reference}{pick}"), &quick()).unwrap().images[0].subject.digest.to_string();
    assert_eq!(digest(":one"), one);
    assert_eq!(digest(":two"), two);
    assert_eq!(digest(&format!("@{two}")), two);
    for (pick, kind, shown) in [
        ("", OpenErrorKind::Ambiguous, "one, registry.example/x:two"),
        (":three", OpenErrorKind::NotFound, "one, registry.example/x:two"),
        (&format!("@sha256:{}", "0".repeat(64)), OpenErrorKind::NotFound, one.as_str()),
    ] {
        let said = error(&format!("{reference}{pick}"), &quick());
        assert_eq!(said.kind(), kind, "{pick}");
        assert!(said.to_string().contains(shown), "{said}");
    }
}

#[test]
fn the_annotated_base_is_found_in_the_same_layout() {
    let mut blobs = Blobs::default();
    let layers = [blobs.add(b"base".as_slice()), blobs.add(b"app".as_slice())];
    let base = blobs.image_of("amd64", &layers[..1]);
    let foreign = blobs.image_of("s390x", &layers[..1]);
    let index = blobs.index(&[("s390x", &foreign), ("amd64", &base)]);
    for (named, wanted) in
        [(base.as_str(), true), (index.as_str(), true), (&format!("sha256:{}", "0".repeat(64)), false), ("nonsense", false)]
    {
        let app = blobs.image_with("amd64", &layers, &kit::based_on("registry.example/base:1", named));
        let (_dir, reference) = layout(&blobs, &[blobs.descriptor(MANIFEST, &app, "")]);
        let found = open(&reference, &quick()).unwrap().images[0].annotated_base(&quick()).unwrap();
        assert_eq!(found.as_ref().map(|b| b.layers.len()), wanted.then_some(1), "{named}");
        if let Some(found) = found {
            assert_eq!(found.subject.reference, format!("registry.example/base:1@{named}"));
        }
    }
    let app = blobs.image_with("amd64", &layers, &kit::based_on("x", &base));
    let (dir, reference) = layout(&blobs, &[blobs.descriptor(MANIFEST, &app, "")]);
    fs::write(blob_path(dir.path(), &base), "forged").unwrap();
    assert!(open(&reference, &quick()).unwrap().images[0].annotated_base(&quick()).is_err(), "another blob in its place");
}

#[test]
fn platforms_attestations_and_nested_indexes() {
    let mut blobs = Blobs::default();
    let host = Platform::host().architecture;
    let (here, there) = (blobs.image(&host, b"h"), blobs.image(other_architecture(), b"t"));
    let attestation = blobs.image("unknown", b"a");
    let entries = [
        blobs.descriptor(MANIFEST, &there, &platform(other_architecture())),
        blobs.descriptor(MANIFEST, &here, &platform(&host)),
        blobs.descriptor(
            MANIFEST,
            &attestation,
            r#","platform":{"os":"unknown","architecture":"unknown"},"annotations":{"vnd.docker.reference.type":"attestation-manifest"}"#,
        ),
    ];
    let inner = blobs.add(format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, entries.join(",")));
    let indexes_inner = inner.clone();
    let inner = blobs.descriptor(INDEX, &inner, "");
    let outer = blobs.add(format!(r#"{{"schemaVersion":2,"manifests":[{inner}]}}"#));
    let (_dir, reference) = layout(&blobs, &[blobs.descriptor(INDEX, &outer, "")]);
    let with = |platform| Options { platform, ..quick() };
    let opened = open(&reference, &with(PlatformChoice::Host)).unwrap();
    assert_eq!(opened.images[0].subject.digest.to_string(), here);
    let indexes: Vec<String> = opened.images[0].subject.indexes.iter().map(ToString::to_string).collect();
    assert_eq!(indexes, [outer, indexes_inner]);
    assert!(opened.notes[0].contains(other_architecture()) && opened.notes[0].contains("this machine's"), "{:?}", opened.notes);
    let all = open(&reference, &with(PlatformChoice::All)).unwrap();
    assert_eq!(all.images.iter().map(|i| i.subject.digest.to_string()).collect::<Vec<_>>(), [there, here]);
    let absent = error(&reference, &with(PlatformChoice::Exactly("linux/mips".parse().unwrap())));
    assert_eq!(absent.kind(), OpenErrorKind::Platform);
    assert!(!absent.to_string().contains("unknown") && absent.to_string().contains(other_architecture()), "{absent}");
}

#[test]
fn the_only_image_is_taken_with_a_word_unless_another_was_asked_for() {
    let mut blobs = Blobs::default();
    let image = blobs.image(other_architecture(), b"x");
    let (_dir, reference) = layout(&blobs, &[blobs.descriptor(MANIFEST, &image, "")]);
    let opened = open(&reference, &quick()).unwrap();
    assert!(opened.notes[0].contains(other_architecture()), "{:?}", opened.notes);
    let exactly = Options { platform: PlatformChoice::Exactly(Platform::host()), ..quick() };
    let refused = error(&reference, &exactly);
    assert_eq!(refused.kind(), OpenErrorKind::Platform);
    assert!(refused.to_string().contains(other_architecture()), "{refused}");
}

#[test]
fn platforms_that_only_configs_tell() {
    let mut blobs = Blobs::default();
    let host = Platform::host().architecture;
    let images = [blobs.image(other_architecture(), b"t"), blobs.image(&host, b"h")];
    let entries: Vec<String> = images.iter().map(|i| blobs.descriptor(MANIFEST, i, "")).collect();
    let index = blobs.add(format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, entries.join(",")));
    let (_dir, reference) = layout(&blobs, &[blobs.descriptor(INDEX, &index, "")]);
    assert_eq!(open(&reference, &quick()).unwrap().images[0].subject.digest.to_string(), images[1]);
}

#[test]
fn blobs_that_are_not_what_was_promised() {
    let mut blobs = Blobs::default();
    let image = blobs.image("amd64", b"layer");
    let (dir, reference) = layout(&blobs, &[blobs.descriptor(MANIFEST, &image, "")]);
    let path = blob_path(dir.path(), &kit::digest(b"layer"));
    fs::write(&path, b"LAYER").unwrap();
    let mismatch = read_layer(&open(&reference, &quick()).unwrap().images[0], 0).unwrap_err();
    assert!(matches!(BlobError::of(&mismatch), Some(BlobError::Digest { .. })));
    assert!(mismatch.to_string().contains(&kit::digest(b"layer")) && mismatch.to_string().contains(&kit::digest(b"LAYER")));
    for (bytes, part) in [(&b"lay"[..], "ends after 3 of 5"), (b"layer and more", "more bytes than the 5")] {
        fs::write(&path, bytes).unwrap();
        let refused = open(&reference, &quick()).unwrap().images[0].blob(0).map(|_| ()).unwrap_err();
        assert_eq!(refused.kind(), OpenErrorKind::Mismatch);
        assert!(refused.to_string().contains(part), "{refused}");
    }
    fs::remove_file(&path).unwrap();
    let gone = open(&reference, &quick()).unwrap().images[0].blob(0).map(|_| ()).unwrap_err();
    assert_eq!(gone.kind(), OpenErrorKind::NotFound);
    fs::write(blob_path(dir.path(), &image), "{}").unwrap();
    assert_eq!(error(&reference, &quick()).kind(), OpenErrorKind::Mismatch);
}

#[test]
fn links_to_the_host_are_not_followed() {
    let mut blobs = Blobs::default();
    let secret = b"secret of the host";
    let image = blobs.image("amd64", secret);
    let (dir, reference) = layout(&blobs, &[blobs.descriptor(MANIFEST, &image, "")]);
    let outside = tempfile::NamedTempFile::new().unwrap();
    fs::write(outside.path(), secret).unwrap();
    let path = blob_path(dir.path(), &kit::digest(secret));
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(outside.path(), &path).unwrap();
    let refused = open(&reference, &quick()).unwrap().images[0].blob(0).map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("symbolic link"), "{refused}");
    for folder in ["blobs/sha256", "blobs"] {
        let moved = tempfile::tempdir().unwrap();
        let target = moved.path().join("moved");
        fs::rename(dir.path().join(folder), &target).unwrap();
        std::os::unix::fs::symlink(&target, dir.path().join(folder)).unwrap();
        assert!(error(&reference, &quick()).to_string().contains("symbolic link"), "{folder}");
        fs::remove_file(dir.path().join(folder)).unwrap();
        fs::rename(&target, dir.path().join(folder)).unwrap();
    }
}

#[test]
fn a_fifo_in_a_blobs_place_does_not_hang() {
    let mut blobs = Blobs::default();
    let image = blobs.image("amd64", b"layer");
    let (dir, reference) = layout(&blobs, &[blobs.descriptor(MANIFEST, &image, "")]);
    let path = blob_path(dir.path(), &image);
    fs::remove_file(&path).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
    assert!(error(&reference, &quick()).to_string().contains("no regular file"));
}

#[test]
fn digests_that_lead_elsewhere_are_no_digests() {
    let blobs = Blobs::default();
    let entry = format!(r#"{{"mediaType":"{MANIFEST}","digest":"sha256:../../../../etc/passwd","size":1}}"#);
    let (_dir, reference) = layout(&blobs, &[entry]);
    let refused = error(&reference, &quick());
    assert_eq!(refused.kind(), OpenErrorKind::Malformed);
    assert!(refused.to_string().contains("not a digest"), "{refused}");
}

#[test]
fn many_layers_and_too_many() {
    let mut blobs = Blobs::default();
    let layers: Vec<String> = (0..1000).map(|n: u32| blobs.add(n.to_le_bytes())).collect();
    let image = blobs.image_of("amd64", &layers);
    let (_dir, reference) = layout(&blobs, &[blobs.descriptor(MANIFEST, &image, "")]);
    let opened = open(&reference, &quick()).unwrap();
    assert_eq!(opened.images[0].layers.len(), 1000);
    assert_eq!(read_layer(&opened.images[0], 999).unwrap(), 999_u32.to_le_bytes());
    let few = Options { limits: Limits { layers: 999, ..Limits::default() }, ..quick() };
    assert_eq!(error(&reference, &few).kind(), OpenErrorKind::Limit);
}

#[test]
fn documents_are_bounded_in_number_and_bytes() {
    let mut blobs = Blobs::default();
    let entries: Vec<String> = (0..10)
        .map(|n| {
            let index = blobs.add(format!(r#"{{"schemaVersion":2,"manifests":[],"annotations":{{"n":"{n}{}"}}}}"#, "x".repeat(5_000)));
            blobs.descriptor(INDEX, &index, "")
        })
        .collect();
    let all = blobs.add(format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, entries.join(",")));
    let (_dir, reference) = layout(&blobs, &[blobs.descriptor(INDEX, &all, "")]);
    for limits in [
        Limits { documents: 10, ..Limits::default() },
        Limits { document_bytes: 50_000, ..Limits::default() },
        Limits { index_entries: 9, ..Limits::default() },
    ] {
        assert_eq!(error(&reference, &Options { limits, ..quick() }).kind(), OpenErrorKind::Limit);
    }
    // Within the limits it is only an index of nothing.
    assert_eq!(error(&reference, &quick()).kind(), OpenErrorKind::NotAnImage);
}

#[test]
fn layers_and_diff_ids_that_do_not_come_out_even() {
    let mut blobs = Blobs::default();
    let layer = blobs.add(&b"x"[..]);
    let config = blobs.add(r#"{"os":"linux","architecture":"amd64","rootfs":{"diff_ids":[]},"config":{"Env":"A=b"}}"#);
    let config = blobs.descriptor("application/vnd.oci.image.config.v1+json", &config, "");
    let layer = blobs.descriptor(LAYER, &layer, "");
    let image = blobs.add(format!(r#"{{"schemaVersion":2,"config":{config},"layers":[{layer}],"annotations":{{"a":"manifest"}}}}"#));
    let entry = blobs.descriptor(MANIFEST, &image, r#","annotations":{"a":"index","b":"index"}"#);
    let (_dir, reference) = layout(&blobs, &[entry]);
    let opened = open(&reference, &quick()).unwrap();
    let image = &opened.images[0];
    assert_eq!(image.layers[0].diff_id, None);
    assert!(image.problems.iter().any(|p| p.hides && p.message.contains("0 uncompressed layers")), "{:?}", image.problems);
    assert!(image.problems.iter().any(|p| p.hides && p.message.contains("Env")), "{:?}", image.problems);
    assert_eq!((image.annotations["a"].as_str(), image.annotations["b"].as_str()), ("manifest", "index"));
}

#[test]
fn what_is_no_layout_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().to_str().unwrap();
    let plain = error(at, &quick());
    assert_eq!(plain.kind(), OpenErrorKind::NotAnImage);
    assert!(plain.to_string().contains("oci-layout") && plain.to_string().contains("docker://"), "{plain}");
    assert!(error(&format!("oci:{at}"), &quick()).to_string().contains("no index.json"));
    assert_eq!(error(&format!("oci:{at}/absent:1"), &quick()).kind(), OpenErrorKind::NotFound);
    fs::write(dir.path().join("oci-layout"), "{}").unwrap();
    for (text, kind) in [
        ("not JSON \u{1b}[31m", OpenErrorKind::Malformed),
        (r#"{"schemaVersion":2,"manifests":[]}"#, OpenErrorKind::NotAnImage),
        (r#"{"schemaVersion":2,"manifests":{}}"#, OpenErrorKind::Malformed),
    ] {
        fs::write(dir.path().join("index.json"), text).unwrap();
        let said = error(at, &quick());
        assert_eq!(said.kind(), kind, "{text}");
        assert!(!said.to_string().contains('\u{1b}'));
    }
}

#[test]
fn artifacts_are_no_images() {
    let mut blobs = Blobs::default();
    let config = blobs.add("{}");
    let config = blobs.descriptor("application/vnd.cncf.helm.config.v1+json", &config, "");
    let chart = blobs.add(format!(r#"{{"schemaVersion":2,"config":{config},"layers":[]}}"#));
    let (_dir, reference) = layout(&blobs, &[blobs.descriptor(MANIFEST, &chart, "")]);
    let said = error(&reference, &quick());
    assert_eq!(said.kind(), OpenErrorKind::NotAnImage);
    assert!(said.to_string().contains("helm"), "{said}");
}
