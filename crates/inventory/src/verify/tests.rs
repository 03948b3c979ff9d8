use plimsoll_evidence::{CapturedText, ComputedDigest, FileEntry, FileKind, LayerFacts, Whiteout};
use plimsoll_layers::{Analyser, Content, Interest, stack};

use super::*;
use crate::testkit::entry;
use crate::{Apk, Dpkg, Python, assemble};

/// A layer whose files lie in memory.
#[derive(Default)]
struct Layer {
    files: Vec<(FileEntry, Vec<u8>)>,
    whiteouts: Vec<Whiteout>,
}

/// When the packages of the tests were built.
const BUILT: i64 = 1_000_000;

impl Layer {
    fn file(self, path: &str, bytes: &[u8]) -> Self {
        self.at(path, bytes, BUILT)
    }

    fn at(mut self, path: &str, bytes: &[u8], mtime: i64) -> Self {
        self.files.push((FileEntry { mtime, ..entry(path, bytes.len()) }, bytes.to_vec()));
        self
    }

    fn link(mut self, path: &str, kind: FileKind, target: &str) -> Self {
        self.files.push((FileEntry { kind, size: 0, link: Some(target.to_owned()), mtime: BUILT, ..entry(path, 0) }, Vec::new()));
        self
    }

    fn without(mut self, path: &str) -> Self {
        self.whiteouts.push(Whiteout::Path(path.to_owned()));
        self
    }

    fn read(&self, analysers: &[&dyn Analyser]) -> LayerFacts {
        let mut facts = LayerFacts { whiteouts: self.whiteouts.clone(), ..LayerFacts::default() };
        for (entry, bytes) in &self.files {
            for analyser in analysers.iter().filter(|_| entry.size > 0) {
                if analyser.wants(entry, bytes) != Interest::Nothing {
                    analyser.analyse(entry, Content::Whole(bytes), &mut facts).unwrap();
                }
            }
            facts.files.push(entry.clone());
        }
        facts
    }
}

/// What is found, as `package: agree untouched uncomputed` and each file that is told.
fn check(layers: &[Layer], depth: Depth) -> Vec<String> {
    let mut facts: Vec<LayerFacts> = layers.iter().map(|l| l.read(&[&Dpkg, &Apk, &Python, &crate::Texts])).collect();
    let links = hard_links(&facts.iter().map(Some).collect::<Vec<_>>());
    let stacked = stack(&mut facts.iter_mut().map(Some).collect::<Vec<_>>());
    let facts: Vec<Option<&LayerFacts>> = facts.iter().map(Some).collect();
    let inventory = assemble(&stacked.tree, &facts, None);
    let directories = Directories::new(&stacked.tree);
    let plan = Plan::new(
        Stack { tree: &stacked.tree, directories: &directories, layers: &facts, links: &links, texts: &stacked.texts },
        &inventory,
        depth,
    );
    let computed: BTreeMap<u32, Vec<ComputedDigest>> =
        plan.layers().into_iter().map(|(layer, rehash)| (layer, layers[layer as usize].read(&[&rehash]).digests)).collect();
    let checks = plan.conclude(&computed);
    let name = |package: u32| inventory.packages[package as usize].name.clone();
    let counts = checks.packages.iter().map(|p| format!("{}: {} {} {}", name(p.package), p.agree, p.untouched, p.uncomputed));
    let changed = checks.changed.iter().map(|f| {
        let when = if f.later { "later" } else { "same layer" };
        format!("changed {} {} {:?} {} {when}", name(f.package), f.path, f.nature, f.by)
    });
    let missing = checks.missing.iter().map(|f| format!("missing {} {} {:?} {:?}", name(f.package), f.path, f.nature, f.by_layer));
    counts.chain(changed).chain(missing).collect()
}

fn md5(bytes: &[u8]) -> String {
    match same_algorithm(FileDigest::Md5([0; 16]), bytes) {
        FileDigest::Md5(digest) => crate::testkit::hex(&digest),
        other => panic!("{other:?}"),
    }
}

const STATUS: &str = "Package: curl\nStatus: install ok installed\nVersion: 7\nConffiles:\n ";

/// A layer that installs curl: a program, a text, a configuration.
fn curl() -> Layer {
    let sums = format!(
        "{}  usr/bin/curl\n{}  usr/share/curl/x.txt\n{}  usr/share/doc/curl/copyright\n",
        md5(b"\x7fELFcurl"),
        md5(b"text"),
        md5(b"never unpacked")
    );
    let status = format!("{STATUS}/etc/curlrc {}\n /etc/old 0123 obsolete\n", md5(b"conf"));
    Layer::default()
        .file("etc/curlrc", b"conf")
        .file("usr/bin/curl", b"\x7fELFcurl")
        .file("usr/share/curl/x.txt", b"text")
        .file("var/lib/dpkg/info/curl.list", b"/usr/bin/curl\n/usr/share/curl/x.txt\n/etc/curlrc\n")
        .file("var/lib/dpkg/info/curl.md5sums", sums.as_bytes())
        .at("var/lib/dpkg/status", status.as_bytes(), BUILT + 9 * SLACK)
}

#[test]
fn what_nobody_touched_is_recomputed_only_on_demand() {
    assert_eq!(check(&[curl()], Depth::InDoubt), ["curl: 0 3 0"]);
    assert_eq!(check(&[curl()], Depth::All), ["curl: 3 0 0"]);
}

#[test]
fn a_later_layer_that_overwrites_a_packages_file_is_found() {
    let later = Layer::default().file("usr/bin/curl", b"\x7fELFevil");
    for depth in [Depth::InDoubt, Depth::All] {
        let found = check(&[curl(), Layer { files: later.files.clone(), ..Layer::default() }], depth);
        assert_eq!(found[1..], ["changed curl usr/bin/curl Code MD5 later"], "{depth:?}");
    }
    // The same bytes in a later layer (a changed mode, an installation over it) are the package's own.
    assert_eq!(check(&[curl(), Layer::default().file("usr/bin/curl", b"\x7fELFcurl")], Depth::InDoubt), ["curl: 1 2 0"]);
    // Other natures.
    let later = Layer::default().file("etc/curlrc", b"mine").file("usr/share/curl/x.txt", b"other");
    assert_eq!(
        check(&[curl(), later], Depth::InDoubt)[1..],
        ["changed curl etc/curlrc Config MD5 later", "changed curl usr/share/curl/x.txt Data MD5 later"]
    );
    let later = Layer::default().link("usr/bin/curl", FileKind::Symlink, "/opt/x");
    assert_eq!(check(&[curl(), later], Depth::InDoubt)[1..], ["changed curl usr/bin/curl Code type later"]);
    let later = Layer::default().file("usr/bin/curl", b"");
    assert_eq!(check(&[curl(), later], Depth::InDoubt)[1..], ["changed curl usr/bin/curl Code MD5 later"]);
}

#[test]
fn a_file_newer_than_its_package_is_recomputed() {
    let mut one = curl();
    for (file, bytes) in one.files.iter_mut().filter(|(f, _)| f.path == "usr/bin/curl") {
        file.mtime = BUILT + 2 * SLACK;
        *bytes = b"\x7fELFevil".to_vec();
    }
    assert_eq!(check(&[one], Depth::InDoubt), ["curl: 0 2 0", "changed curl usr/bin/curl Code MD5 same layer"]);
}

#[test]
fn what_is_gone_is_told_with_its_layer() {
    let later = Layer::default().without("usr/bin/curl");
    assert_eq!(check(&[curl(), later], Depth::InDoubt), ["curl: 0 2 0", "missing curl usr/bin/curl Code Some(1)"]);
}

#[test]
fn diversions_hard_links_and_merged_directories_are_followed() {
    let sums = format!("{}  bin/dash\n{}  usr/bin/perl\n", md5(b"dash"), md5(b"perl"));
    let image = |perl: &[u8]| {
        Layer::default()
            .link("bin", FileKind::Symlink, "usr/bin")
            .file("usr/bin/dash.distrib", b"dash")
            .file("usr/bin/dash", b"another")
            .file("usr/bin/perl5", perl)
            .link("usr/bin/perl", FileKind::HardLink, "usr/bin/perl5")
            .file("var/lib/dpkg/diversions", b"/bin/dash\n/bin/dash.distrib\n:\n")
            .file("var/lib/dpkg/info/dash.md5sums", sums.as_bytes())
            .file("var/lib/dpkg/status", b"Package: dash\nStatus: install ok installed\nVersion: 1\n")
    };
    assert_eq!(check(&[image(b"perl")], Depth::All), ["dash: 2 0 0"]);
    assert_eq!(check(&[image(b"lrep")], Depth::All), ["dash: 1 0 0", "changed dash usr/bin/perl Code MD5 same layer"]);
}

#[test]
fn files_that_another_package_took_over_are_its() {
    let both = Layer::default()
        .file("usr/bin/x", b"of b")
        .file("var/lib/dpkg/info/a.md5sums", format!("{}  usr/bin/x\n", md5(b"of a")).as_bytes())
        .file("var/lib/dpkg/info/b.list", b"/usr/bin/x\n")
        .file("var/lib/dpkg/info/b.md5sums", format!("{}  usr/bin/x\n", md5(b"of b")).as_bytes())
        .file(
            "var/lib/dpkg/status",
            b"Package: a\nStatus: install ok installed\nVersion: 1\n\nPackage: b\nStatus: install ok installed\nVersion: 1\n",
        );
    assert_eq!(check(&[both], Depth::All), ["a: 0 0 0", "b: 1 0 0"]);
}

#[test]
fn apk_records_sha1_of_files_and_of_links_targets() {
    let sha1 = |bytes: &[u8]| match same_algorithm(FileDigest::Sha1([0; 20]), bytes) {
        FileDigest::Sha1(digest) => base64::Engine::encode(&base64::engine::general_purpose::STANDARD, digest),
        other => panic!("{other:?}"),
    };
    let installed = format!(
        "P:busybox\nV:1\nt:{BUILT}\nF:bin\nR:busybox\na:0:0:755\nZ:Q1{}\nR:sh\nZ:Q1{}\nF:etc\nR:securetty\nZ:Q1{}\n\n",
        sha1(b"\x7fELFbusybox"),
        sha1(b"/bin/busybox"),
        sha1(b"console")
    );
    let image = |link: &str| {
        Layer::default()
            .file("bin/busybox", b"\x7fELFbusybox")
            .link("bin/sh", FileKind::Symlink, link)
            .file("etc/securetty", b"console")
            .at("lib/apk/db/installed", installed.as_bytes(), BUILT + 9 * SLACK)
    };
    assert_eq!(check(&[image("/bin/busybox")], Depth::InDoubt), ["busybox: 1 2 0"]);
    assert_eq!(check(&[image("/bin/busybox")], Depth::All), ["busybox: 3 0 0"]);
    assert_eq!(check(&[image("/tmp/sh")], Depth::All), ["busybox: 2 0 0", "changed busybox bin/sh Code SHA-1 same layer"]);
    let later = Layer::default().file("etc/securetty", b"tty1");
    assert_eq!(check(&[image("/bin/busybox"), later], Depth::All)[1..], ["changed busybox etc/securetty Config SHA-1 later"]);
}

#[test]
fn a_record_of_python_has_sizes_and_sha256() {
    let site = "usr/local/lib/python3.12/site-packages";
    let sha256 = |bytes: &[u8]| match same_algorithm(FileDigest::Sha256([0; 32]), bytes) {
        FileDigest::Sha256(digest) => base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, digest),
        other => panic!("{other:?}"),
    };
    let record = format!(
        "six.py,sha256={},3\n__pycache__/six.cpython-312.pyc,,\nsix-1.dist-info/METADATA,sha512=x,24\nsix-1.dist-info/RECORD,,\n",
        sha256(b"six")
    );
    let image = |six: &[u8]| {
        Layer::default()
            .file(&format!("{site}/six.py"), six)
            .file(&format!("{site}/six-1.dist-info/METADATA"), b"Name: six\nVersion: 1.00\n")
            .file(&format!("{site}/six-1.dist-info/RECORD"), record.as_bytes())
    };
    assert_eq!(check(&[image(b"six")], Depth::All), ["six: 1 0 1"]);
    assert_eq!(check(&[image(b"sex")], Depth::InDoubt), ["six: 0 2 0"], "same size, same time");
    let changed = format!("changed six {site}/six.py Code SHA-256 same layer");
    assert_eq!(check(&[image(b"seven")], Depth::InDoubt), ["six: 0 1 0".to_owned(), changed]);
}

#[test]
fn a_text_of_diversions_is_kept() {
    let facts = Layer::default().file(DIVERSIONS, b"/a\n/b\n:\n").read(&[&crate::Texts]);
    assert_eq!(facts.texts, [CapturedText { path: DIVERSIONS.to_owned(), text: "/a\n/b\n:\n".to_owned(), cut: false }]);
}
