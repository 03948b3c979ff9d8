//! Registries, honest and otherwise: each test runs its own on a loopback port.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code, though not all in test functions")]

mod kit;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use kit::{Blobs, LAYER, MANIFEST, Reply, Seen, Server, error, quick, read_layer, serve_blobs};
use plimsoll_oci::{BlobError, Limits, Mirror, OpenErrorKind, Options, PlatformChoice, open};

const LAYER_BYTES: &[u8] = b"the bytes of a layer, long enough to be broken off in the middle";

fn one_image() -> (Blobs, String) {
    let mut blobs = Blobs::default();
    let manifest = blobs.image("amd64", LAYER_BYTES);
    (blobs, manifest)
}

fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(t, d)| ((*t).to_owned(), (*d).to_owned())).collect()
}

/// A registry whose behaviour is changed by `twist`: what it returns is answered, otherwise what an honest one would.
fn twisted(twist: impl Fn(&Seen, &str) -> Option<Reply> + Send + Sync + 'static) -> (Server, String) {
    let (blobs, manifest) = one_image();
    let tags = tags(&[("1", &manifest)]);
    let layer = kit::digest(LAYER_BYTES);
    let server = Server::start(move |seen| twist(seen, &layer).unwrap_or_else(|| serve_blobs(&blobs, &tags, seen)));
    let reference = format!("docker://{}/a/b:1", server.host);
    (server, reference)
}

fn is_blob(seen: &Seen, layer: &str) -> bool {
    seen.path.contains("/blobs/") && seen.path.ends_with(layer)
}

fn layer_error(reference: &str) -> std::io::Error {
    read_layer(&open(reference, &quick()).unwrap().images[0], 0).unwrap_err()
}

#[test]
fn an_image_by_tag_and_by_digest() {
    let (blobs, manifest) = one_image();
    let server = Server::registry(blobs, &[("1", &manifest)]);
    for which in [":1".to_owned(), format!("@{manifest}")] {
        let opened = open(&format!("docker://{}/a/b{which}", server.host), &quick()).unwrap();
        let image = &opened.images[0];
        assert_eq!(image.subject.digest.to_string(), manifest);
        assert_eq!(image.config.user, "1000");
        assert_eq!(read_layer(image, 0).unwrap(), LAYER_BYTES);
        assert_eq!(kit::digest(image.raw_manifest().unwrap()), manifest);
    }
    assert!(server.requests().iter().all(|s| s.authorization().is_none()));
}

#[test]
fn the_annotated_base_is_asked_of_the_image_s_own_host_only() {
    let mut blobs = Blobs::default();
    let layers = [blobs.add(b"base".as_slice()), blobs.add(b"app".as_slice())];
    let base = blobs.image_of("amd64", &layers[..1]);
    let stranger = Server::registry(blobs.clone(), &[]);
    // Who annotates an image knows its registry; the name is only known once the server is.
    let host = std::sync::Arc::new(std::sync::OnceLock::<String>::new());
    let known = std::sync::Arc::clone(&host);
    let (there, other) = (base.clone(), stranger.host.clone());
    let server = Server::start(move |seen| {
        let own = known.get().cloned().unwrap_or_default();
        let mut blobs = blobs.clone();
        let near = blobs.image_with("amd64", &layers, &kit::based_on(&format!("{own}/other/base:1"), &there));
        let far = blobs.image_with("amd64", &layers, &kit::based_on(&format!("{other}/other/base:1"), &there));
        let gone = blobs.image_with("amd64", &layers, &kit::based_on(&format!("{own}/x"), &format!("sha256:{}", "0".repeat(64))));
        serve_blobs(&blobs, &tags(&[("near", &near), ("far", &far), ("gone", &gone)]), seen)
    });
    host.set(server.host.clone()).unwrap();
    let based = |tag: &str| {
        let opened = open(&format!("docker://{}/a/b:{tag}", server.host), &quick()).unwrap();
        opened.images[0].annotated_base(&quick()).unwrap().map(|b| b.subject.digest.to_string())
    };
    assert_eq!((based("near"), based("far"), based("gone")), (Some(base), None, None));
    assert!(stranger.requests().is_empty(), "an image does not choose the hosts that are asked");
}

#[test]
fn layers_at_once_from_several_threads() {
    let mut blobs = Blobs::default();
    let layers: Vec<String> = (0_u8..8).map(|n| blobs.add(vec![n; 200_000])).collect();
    let manifest = blobs.image_of("amd64", &layers);
    let server = Server::registry(blobs, &[("1", &manifest)]);
    let image = &open(&format!("docker://{}/a/b:1", server.host), &quick()).unwrap().images[0];
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..8).map(|n| scope.spawn(move || read_layer(image, n).unwrap())).collect();
        for (n, one) in all.into_iter().enumerate() {
            assert_eq!(one.join().unwrap(), vec![n as u8; 200_000]);
        }
    });
}

#[test]
fn platforms_of_an_index() {
    let mut blobs = Blobs::default();
    let (amd, riscv) = (blobs.image("amd64", b"a"), blobs.image("riscv64", b"r"));
    let index = blobs.index(&[("amd64", &amd), ("riscv64", &riscv)]);
    let server = Server::registry(blobs, &[("1", &index)]);
    let reference = format!("docker://{}/a/b:1", server.host);
    let with = |platform| Options { platform, ..quick() };
    let one = open(&reference, &with(PlatformChoice::Exactly("linux/riscv64".parse().unwrap()))).unwrap();
    assert_eq!(one.images[0].subject.digest.to_string(), riscv);
    assert_eq!(open(&reference, &with(PlatformChoice::All)).unwrap().images.len(), 2);
    let absent = error(&reference, &with(PlatformChoice::Exactly("linux/s390x".parse().unwrap())));
    assert_eq!(absent.kind(), OpenErrorKind::Platform);
    assert!(absent.to_string().contains("linux/amd64, linux/riscv64"), "{absent}");
}

#[test]
fn an_unknown_tag_lists_those_there_are_over_several_pages() {
    let (server, _) = twisted(|seen, _| {
        let page = |list: &str| Reply::new(200, format!(r#"{{"tags":[{list}]}}"#));
        match seen.path.as_str() {
            "/v2/a/b/tags/list?n=1000" => Some(page("\"1.0\",\"zz\"").with("Link", "</v2/a/b/tags/list?last=zz>; rel=\"next\"")),
            "/v2/a/b/tags/list?last=zz" => Some(page("\"1.1\"")),
            _ => None,
        }
    });
    let unknown = error(&format!("docker://{}/a/b:1.2", server.host), &quick());
    assert_eq!(unknown.kind(), OpenErrorKind::NotFound);
    assert!(unknown.to_string().contains("1.0, 1.1, zz"), "{unknown}");
}

#[test]
fn endless_pages_of_tags_end() {
    let (server, _) = twisted(|seen, _| {
        let next = format!("</v2/a/b/tags/list?last={}>; rel=\"next\"", seen.path.len());
        seen.path.contains("/tags/list").then(|| Reply::new(200, r#"{"tags":["1"]}"#).with("Link", next))
    });
    error(&format!("docker://{}/a/b:2", server.host), &quick());
    assert!(server.requests().len() < 50);
}

#[test]
fn too_many_requests_are_waited_for() {
    let count = AtomicUsize::new(0);
    let (server, reference) = twisted(move |seen, _| {
        let busy = seen.path.contains("/manifests/") && count.fetch_add(1, Ordering::SeqCst) < 2;
        busy.then(|| Reply::new(429, "").with("Retry-After", "0"))
    });
    open(&reference, &quick()).unwrap();
    assert_eq!(server.requests().iter().filter(|s| s.path.contains("/manifests/")).count(), 3);
}

#[test]
fn a_wait_that_is_too_long_is_said_and_not_waited() {
    let (server, reference) = twisted(|seen, _| seen.path.contains("/manifests/").then(|| Reply::new(429, "").with("Retry-After", "3600")));
    let limited = error(&reference, &quick());
    assert!(limited.to_string().contains("3600") && limited.to_string().contains("too many requests"), "{limited}");
    assert_eq!(server.requests().iter().filter(|s| s.path.contains("/manifests/")).count(), 1);
}

#[test]
fn server_errors_are_tried_again_and_end() {
    let (server, reference) = twisted(|seen, _| seen.path.contains("/manifests/").then(|| Reply::new(503, "")));
    assert_eq!(error(&reference, &quick()).kind(), OpenErrorKind::Unreachable);
    assert_eq!(server.requests().iter().filter(|s| s.path.contains("/manifests/")).count(), 4);
}

#[test]
fn a_broken_blob_is_resumed_where_it_broke() {
    let (server, reference) = twisted(|seen, layer| {
        (is_blob(seen, layer) && !seen.headers.contains_key("range")).then(|| Reply::new(200, LAYER_BYTES).broken_after(20))
    });
    let opened = open(&reference, &quick()).unwrap();
    assert_eq!(read_layer(&opened.images[0], 0).unwrap(), LAYER_BYTES);
    let ranges: Vec<_> = server.requests().iter().filter_map(|s| s.headers.get("range").cloned()).collect();
    assert_eq!(ranges, ["bytes=20-"]);
}

#[test]
fn a_server_without_ranges_is_read_from_its_start() {
    let (_server, reference) = twisted(|seen, layer| {
        is_blob(seen, layer).then(|| {
            let reply = Reply::new(200, LAYER_BYTES);
            if seen.headers.contains_key("range") { reply } else { reply.broken_after(20) }
        })
    });
    assert_eq!(read_layer(&open(&reference, &quick()).unwrap().images[0], 0).unwrap(), LAYER_BYTES);
}

#[test]
fn a_blob_that_always_breaks_ends() {
    let (server, reference) = twisted(|seen, layer| is_blob(seen, layer).then(|| Reply::new(200, LAYER_BYTES).broken_after(20)));
    let end = layer_error(&reference);
    assert!(end.to_string().contains("could not be resumed"), "{end}");
    assert!(server.requests().len() < 20);
}

#[test]
fn a_resumed_blob_must_go_on_where_it_broke() {
    let (_server, reference) = twisted(|seen, layer| {
        is_blob(seen, layer).then(|| match seen.headers.get("range") {
            None => Reply::new(200, LAYER_BYTES).broken_after(20),
            Some(_) => Reply::new(206, &LAYER_BYTES[10..]).with("Content-Range", "bytes 10-63/64"),
        })
    });
    assert!(layer_error(&reference).to_string().contains("other bytes came"));
}

#[test]
fn other_bytes_than_promised_are_refused_with_both_digests() {
    let mut other = LAYER_BYTES.to_vec();
    other[3] ^= 1;
    let found = kit::digest(&other);
    let (_server, reference) = twisted(move |seen, layer| is_blob(seen, layer).then(|| Reply::new(200, other.clone())));
    let mismatch = layer_error(&reference);
    assert!(matches!(BlobError::of(&mismatch), Some(BlobError::Digest { .. })), "{mismatch}");
    assert!(mismatch.to_string().contains(&found) && mismatch.to_string().contains(&kit::digest(LAYER_BYTES)));
}

#[test]
fn more_or_fewer_bytes_than_promised_are_refused() {
    for body in [&LAYER_BYTES[..30], &[LAYER_BYTES, b"more"].concat()[..]] {
        let body = body.to_vec();
        let (_server, reference) = twisted(move |seen, layer| is_blob(seen, layer).then(|| Reply::new(200, body.clone())));
        let refused = layer_error(&reference);
        assert!(refused.to_string().contains("64"), "{refused}");
    }
}

#[test]
fn a_manifest_must_be_what_was_asked_for_and_what_the_registry_says_it_is() {
    let (blobs, manifest) = one_image();
    let other = format!("sha256:{}", "0b".repeat(32));
    let lie = other.clone();
    let (server, reference) = twisted(move |seen, _| {
        let bytes = blobs.0[&manifest].clone();
        seen.path
            .contains("/manifests/")
            .then(|| Reply::new(200, bytes).with("Docker-Content-Digest", lie.clone()).with("Content-Type", MANIFEST))
    });
    for reference in [reference, format!("docker://{}/a/b@{other}", server.host)] {
        let refused = error(&reference, &quick());
        assert_eq!(refused.kind(), OpenErrorKind::Mismatch, "{refused}");
        assert!(refused.to_string().contains(&other));
    }
}

#[test]
fn huge_and_old_and_odd_manifests() {
    let cases: [(&str, Vec<u8>, &str, OpenErrorKind); 4] = [
        ("huge", vec![b' '; 5 << 20], MANIFEST, OpenErrorKind::Limit),
        (
            "schema 1",
            br#"{"schemaVersion":1,"fsLayers":[],"history":[]}"#.to_vec(),
            "application/vnd.docker.distribution.manifest.v1+json",
            OpenErrorKind::Unsupported,
        ),
        ("deep", format!("{{\"layers\":{}", "[".repeat(100_000)).into_bytes(), MANIFEST, OpenErrorKind::Malformed),
        ("an index said to be a manifest", br#"{"schemaVersion":2,"manifests":[]}"#.to_vec(), MANIFEST, OpenErrorKind::Malformed),
    ];
    for (name, body, kind, wanted) in cases {
        let (_server, reference) =
            twisted(move |seen, _| seen.path.contains("/manifests/").then(|| Reply::new(200, body.clone()).with("Content-Type", kind)));
        assert_eq!(error(&reference, &quick()).kind(), wanted, "{name}");
    }
}

#[test]
fn indexes_deep_and_wide_end() {
    let mut blobs = Blobs::default();
    let mut inner = blobs.image("amd64", b"x");
    for n in 0..20 {
        let kind = if n == 0 { MANIFEST } else { kit::INDEX };
        let entry = blobs.descriptor(kind, &inner, "");
        inner = blobs.add(format!(r#"{{"schemaVersion":2,"manifests":[{entry}]}}"#));
    }
    let wide: Vec<String> = (0..300)
        .map(|n| {
            let one = blobs.add(format!(r#"{{"schemaVersion":2,"manifests":[],"annotations":{{"n":"{n}"}}}}"#));
            blobs.descriptor(kit::INDEX, &one, "")
        })
        .collect();
    let wide = blobs.add(format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, wide.join(",")));
    let server = Server::registry(blobs, &[("deep", &inner), ("wide", &wide)]);
    let options = Options { limits: Limits { documents: 100, ..Limits::default() }, ..quick() };
    for tag in ["deep", "wide"] {
        assert_eq!(error(&format!("docker://{}/a/b:{tag}", server.host), &options).kind(), OpenErrorKind::Limit, "{tag}");
    }
    assert!(server.requests().len() < 150);
}

#[test]
fn offline_opens_no_socket() {
    let (server, reference) = twisted(|_, _| None);
    let refused = error(&reference, &Options { offline: true, ..quick() });
    assert_eq!(refused.kind(), OpenErrorKind::Offline);
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn nobody_there() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let unreachable = error(&format!("docker://{free}/a/b:1"), &quick());
    assert_eq!(unreachable.kind(), OpenErrorKind::Unreachable);
    assert!(unreachable.to_string().contains(&free.to_string()), "{unreachable}");
}

#[test]
fn a_mirror_is_asked_first_and_passed_over_when_it_fails() {
    let (blobs, manifest) = one_image();
    let mirror = Server::registry(blobs, &[("1", &manifest)]);
    let (origin, reference) = twisted(|_, _| None);
    let with = |place: &str| {
        let mut options = quick();
        options.registry.mirrors = vec![Mirror { registry: origin.host.clone(), place: place.to_owned() }];
        options
    };
    let opened = open(&reference, &with(&format!("{}/cache", mirror.host))).unwrap();
    assert_eq!(read_layer(&opened.images[0], 0).unwrap(), LAYER_BYTES);
    assert!(mirror.requests().iter().any(|s| s.path == "/v2/cache/a/b/manifests/1"));
    assert_eq!(origin.requests().len(), 0);
    let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let opened = open(&reference, &with(&dead)).unwrap();
    assert!(opened.notes.iter().any(|n| n.contains("passed over")), "{:?}", opened.notes);
    assert_eq!(read_layer(&opened.images[0], 0).unwrap(), LAYER_BYTES);
}

#[test]
fn foreign_layers_are_not_fetched_from_their_urls() {
    let elsewhere = Server::start(|_| Reply::new(200, "x"));
    let mut blobs = Blobs::default();
    let plain = blobs.add(&b"x"[..]);
    let config = blobs.add(format!(r#"{{"os":"linux","architecture":"amd64","rootfs":{{"diff_ids":["{plain}","{plain}"]}}}}"#));
    let config = blobs.descriptor("application/vnd.oci.image.config.v1+json", &config, "");
    let urls = format!(r#","urls":["http://{}/layer"]"#, elsewhere.host);
    let foreign = blobs.descriptor("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", &plain, &urls);
    let listed = blobs.descriptor(LAYER, &plain, &urls);
    let manifest = blobs.add(format!(r#"{{"schemaVersion":2,"config":{config},"layers":[{foreign},{listed}]}}"#));
    let server = Server::registry(blobs, &[("1", &manifest)]);
    let opened = open(&format!("docker://{}/a/b:1", server.host), &quick()).unwrap();
    let image = &opened.images[0];
    assert!(image.layers[0].refusal.as_deref().unwrap().contains("foreign"));
    assert!(image.blob(0).is_err());
    assert_eq!(read_layer(image, 1).unwrap(), b"x");
    assert_eq!(elsewhere.requests().len(), 0);
}
