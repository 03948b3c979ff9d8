//! Archives of every writer, good and hostile.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code, though not all in test functions")]

mod kit;

use std::fs;
use std::io::Write as _;
use std::path::Path;

use kit::{Blobs, MANIFEST, error, quick, read_layer, tar, tar_entry};
use plimsoll_oci::{Limits, OpenErrorKind, Options, open};

const LAYER: &[u8] = b"the layer's bytes";

fn hex(digest: &str) -> &str {
    digest.strip_prefix("sha256:").unwrap()
}

fn config() -> Vec<u8> {
    let id = kit::digest(LAYER);
    format!(r#"{{"architecture":"amd64","os":"linux","config":{{}},"rootfs":{{"type":"layers","diff_ids":["{id}","{id}"]}}}}"#).into_bytes()
}

/// A docker-archive in which both layers are the same, by the paths that a writer gives config and layers.
fn docker_archive(config_name: &str, layers: [&str; 2], entries: &[Vec<u8>]) -> Vec<u8> {
    let manifest = format!(r#"[{{"Config":"{config_name}","RepoTags":["x/y:1"],"Layers":["{}","{}"]}}]"#, layers[0], layers[1]);
    let mut out = entries.concat();
    out.extend(tar_entry(config_name, b'0', "", &config()));
    out.extend(tar_entry("manifest.json", b'0', "", manifest.as_bytes()));
    out.resize(out.len() + 1024, 0);
    out
}

fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".tar").tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn path(file: &tempfile::NamedTempFile) -> String {
    file.path().to_str().unwrap().to_owned()
}

fn every_form() -> Vec<(&'static str, Vec<u8>)> {
    let id = hex(&kit::digest(&config())).to_owned();
    let old = docker_archive(
        &format!("{id}.json"),
        ["a/layer.tar", "b/layer.tar"],
        &[tar_entry("a/", b'5', "", b""), tar_entry("a/layer.tar", b'0', "", LAYER), tar_entry("b/layer.tar", b'2', "../a/layer.tar", b"")],
    );
    let layer = format!("{}.tar", hex(&kit::digest(LAYER)));
    let skopeo = docker_archive(&format!("{id}.json"), [&layer, &layer], &[tar_entry(&layer, b'0', "", LAYER)]);
    let layer = format!("blobs/sha256/{}", hex(&kit::digest(LAYER)));
    let new = docker_archive(&format!("blobs/sha256/{id}"), [&layer, &layer], &[tar_entry(&layer, b'0', "", LAYER)]);
    vec![("docker save, old form", old), ("podman save and skopeo", skopeo), ("docker save, new form", new)]
}

#[test]
fn docker_archives_of_every_writer() {
    for (writer, bytes) in every_form() {
        let file = file(&bytes);
        for reference in [path(&file), format!("docker-archive:{}", path(&file)), format!("docker-archive:{}:x/y:1", path(&file))] {
            let opened = open(&reference, &quick()).unwrap();
            let image = &opened.images[0];
            assert_eq!(image.subject.digest.to_string(), kit::digest(&config()), "{writer}");
            assert_eq!(image.annotations["org.opencontainers.image.ref.name"], "x/y:1", "{writer}");
            assert_eq!(image.layers[1].digest.to_string(), kit::digest(LAYER));
            assert_eq!(image.layers[1].size, LAYER.len() as u64);
            assert_eq!((read_layer(image, 0).unwrap(), read_layer(image, 1).unwrap()), (LAYER.to_vec(), LAYER.to_vec()), "{writer}");
        }
        let unknown = error(&format!("docker-archive:{}:x/y:2", path(&file)), &quick());
        assert!(unknown.to_string().contains("x/y:1"), "{unknown}");
    }
}

#[test]
fn packed_archives() {
    let (_, bytes) = every_form().remove(0);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&bytes).unwrap();
    for packed in [gzip.finish().unwrap(), zstd::stream::encode_all(&bytes[..], 3).unwrap()] {
        let whole = file(&packed);
        assert_eq!(read_layer(&open(&path(&whole), &quick()).unwrap().images[0], 1).unwrap(), LAYER);
        let cut = file(&packed[..packed.len() / 2]);
        assert_eq!(error(&path(&cut), &quick()).kind(), OpenErrorKind::Malformed);
    }
    let xz = error(&path(&file(b"\xfd7zXZ\0 and more")), &quick());
    assert!(xz.to_string().contains("xz"), "{xz}");
}

#[test]
fn an_archive_through_a_pipe() {
    let (_, bytes) = every_form().remove(1);
    let dir = tempfile::tempdir().unwrap();
    let fifo = dir.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
    let writer = {
        let fifo = fifo.clone();
        std::thread::spawn(move || fs::write(fifo, bytes).unwrap())
    };
    let opened = open(fifo.to_str().unwrap(), &quick()).unwrap();
    writer.join().unwrap();
    assert_eq!(read_layer(&opened.images[0], 0).unwrap(), LAYER);
}

/// The files of a directory as a tar.
fn tar_of(dir: &Path, prefix: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = format!("{prefix}{}", path.strip_prefix(dir).unwrap().display());
                out.extend(tar_entry(&name, b'0', "", &fs::read(&path).unwrap()));
            }
        }
    }
    out.resize(out.len() + 1024, 0);
    out
}

#[test]
fn oci_archives_and_archives_that_are_both() {
    let mut blobs = Blobs::default();
    let image = blobs.image("amd64", LAYER);
    let dir = tempfile::tempdir().unwrap();
    blobs.layout(dir.path(), &[blobs.descriptor(MANIFEST, &image, &kit::named("one"))]);
    let oci = file(&tar_of(dir.path(), "./"));
    for reference in [path(&oci), format!("oci-archive:{}", path(&oci)), format!("oci-archive:{}:one", path(&oci))] {
        let opened = open(&reference, &quick()).unwrap();
        assert_eq!(opened.images[0].subject.digest.to_string(), image);
        assert_eq!(read_layer(&opened.images[0], 0).unwrap(), LAYER);
    }
    assert_eq!(error(&format!("docker-archive:{}", path(&oci)), &quick()).kind(), OpenErrorKind::NotAnImage);
    // Docker's newer form is both; it is read as OCI unless told otherwise.
    let (_, docker) = every_form().remove(2);
    let joined = [tar_of(dir.path(), "").split_last_chunk::<1024>().unwrap().0, &docker[..]].concat();
    let both = file(&joined);
    assert_eq!(open(&path(&both), &quick()).unwrap().images[0].subject.digest.to_string(), image);
    let as_docker = open(&format!("docker-archive:{}", path(&both)), &quick()).unwrap();
    assert_eq!(as_docker.images[0].subject.digest.to_string(), kit::digest(&config()));
}

#[test]
fn hostile_docker_archives() {
    let id = hex(&kit::digest(&config())).to_owned();
    let good = format!("{id}.json");
    let layer = |name: &str| tar_entry(name, b'0', "", LAYER);
    let cases: Vec<(&str, Vec<u8>, OpenErrorKind)> = vec![
        (
            "a layer is a link to the host",
            docker_archive(&good, ["l", "l"], &[tar_entry("l", b'2', "/etc/passwd", b"")]),
            OpenErrorKind::Malformed,
        ),
        (
            "a layer is a link out",
            docker_archive(&good, ["l", "l"], &[tar_entry("l", b'2', "../../etc/passwd", b"")]),
            OpenErrorKind::Malformed,
        ),
        ("a layer is named out", docker_archive(&good, ["../../etc/passwd", "l"], &[layer("l")]), OpenErrorKind::Malformed),
        (
            "links lead in a circle",
            docker_archive(&good, ["l", "m"], &[tar_entry("l", b'2', "m", b""), tar_entry("m", b'2', "l", b"")]),
            OpenErrorKind::Malformed,
        ),
        ("a layer is not there", docker_archive(&good, ["l", "absent"], &[layer("l")]), OpenErrorKind::Malformed),
        ("a layer is a device", docker_archive(&good, ["l", "l"], &[tar_entry("l", b'3', "", b"")]), OpenErrorKind::Malformed),
        ("the config is another", docker_archive(&format!("{}.json", "0".repeat(64)), ["l", "l"], &[layer("l")]), OpenErrorKind::Mismatch),
        (
            "two manifests",
            docker_archive(&good, ["l", "l"], &[layer("l"), tar_entry("manifest.json", b'0', "", b"[]")]),
            OpenErrorKind::Malformed,
        ),
        ("no images", tar(&[("manifest.json", b"null")]), OpenErrorKind::NotAnImage),
        ("no list", tar(&[("manifest.json", b"{}")]), OpenErrorKind::Malformed),
        (
            "fewer layers than diff IDs",
            tar(&[("c", &config()), ("l", LAYER), ("manifest.json", br#"[{"Config":"c","Layers":["l"]}]"#)]),
            OpenErrorKind::Malformed,
        ),
    ];
    for (what, bytes, kind) in cases {
        let said = error(&path(&file(&bytes)), &quick());
        assert_eq!(said.kind(), kind, "{what}: {said}");
    }
}

#[test]
fn several_images_are_listed() {
    let other = config().iter().map(|b| if *b == b'4' { b'5' } else { *b }).collect::<Vec<_>>();
    let bytes = tar(&[
        ("c", &config()),
        ("d", &other),
        ("l", LAYER),
        (
            "manifest.json",
            br#"[{"Config":"c","RepoTags":["a:1","a:2"],"Layers":["l","l"]},{"Config":"d","RepoTags":["b:1"],"Layers":["l","l"]}]"#,
        ),
    ]);
    let file = file(&bytes);
    let said = error(&path(&file), &quick());
    assert_eq!(said.kind(), OpenErrorKind::Ambiguous);
    assert!(said.to_string().contains("a:1, b:1"), "{said}");
    let picked = open(&format!("docker-archive:{}:docker.io/library/a:2", path(&file)), &quick()).unwrap();
    assert_eq!(picked.images[0].subject.digest.to_string(), kit::digest(&config()));
}

#[test]
fn what_is_no_archive_says_what_it_is() {
    for (bytes, part) in [
        (&b""[..], "it is empty"),
        (&[0; 10240], "nothing in it"),
        (b"# a text file\n", "text file"),
        (&[0x7f, b'E', b'L', b'F', 1, 2, 3], "no tar"),
        (&tar(&[("etc/passwd", b"root")]), "docker export"),
        (&tar(&[("repositories", b"{}")]), "before 1.10"),
        (&tar(&[("../x", b"1")]), "lead out of it"),
        (&tar(&[("a", &[1; 600])])[..800], "breaks off"),
    ] {
        let said = error(&path(&file(bytes)), &quick());
        assert!(said.to_string().contains(part), "{said}");
        assert!(!said.next_step().is_empty());
    }
    assert_eq!(error("./absent.tar", &quick()).kind(), OpenErrorKind::NotFound);
    assert_eq!(error("oci-archive:/absent.tar:1", &quick()).kind(), OpenErrorKind::NotFound);
}

#[test]
fn limits_hold() {
    let many = [tar_entry("x", b'0', "", b"").repeat(50), tar(&[("manifest.json", b"[]")])].concat();
    let few = Options { limits: Limits { archive_entries: 20, ..Limits::default() }, ..quick() };
    assert_eq!(error(&path(&file(&many)), &few).kind(), OpenErrorKind::Limit);
    let (_, bytes) = every_form().remove(0);
    let small = Options { limits: Limits { spool_bytes: 1000, ..Limits::default() }, ..quick() };
    let packed = zstd::stream::encode_all(&bytes[..], 3).unwrap();
    assert_eq!(error(&path(&file(&packed)), &small).kind(), OpenErrorKind::Limit);
    let tiny = Options { limits: Limits { manifest_bytes: 10, ..Limits::default() }, ..quick() };
    assert_eq!(error(&path(&file(&bytes)), &tiny).kind(), OpenErrorKind::Limit);
}
