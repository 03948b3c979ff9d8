//! What a check has to find in images of each kind: small twins of the real ones that the project is tried on, from the
//! layers' bytes to the report.

#![allow(clippy::unwrap_used, clippy::panic, clippy::format_collect, unreachable_pub)] // Test code: a panic is the message.

mod files;
#[path = "../kit/mod.rs"]
mod kit;

use std::path::Path;

use files::{dpkg, go, jar, program, rpm_database, rust};
use kit::archive::zip;
use kit::{Image, Layer, item, report};
use plimsoll_evidence::{Evidence, Inventory};
use plimsoll_gather::{Request, Silent, gather_image};
use plimsoll_layers::Limits;
use serde_json::{Value, json};
use tempfile::TempDir;

fn written(image: &Image) -> TempDir {
    let layout = tempfile::tempdir().unwrap();
    image.write(layout.path(), "latest");
    layout
}

fn evidence(layout: &Path) -> Evidence {
    let opened = plimsoll_oci::open(&format!("oci:{}", layout.display()), &plimsoll_oci::Options::default()).unwrap();
    let request = Request {
        threads: 2,
        cache: None,
        limits: &Limits::default(),
        base: None,
        depth: plimsoll_gather::Depth::InDoubt,
        progress: &Silent,
    };
    gather_image(&opened.images[0], &request).unwrap()
}

/// The components of an image in which nothing is hidden.
fn components(image: &Image) -> Inventory {
    let evidence = evidence(written(image).path());
    assert_eq!(evidence.problems, []);
    evidence.components.found().unwrap().clone()
}

/// Ecosystem, name and version of each component, and the system package that owns its record.
fn listed(inventory: &Inventory) -> Vec<String> {
    let owner = |o: &Option<String>| o.as_deref().map(|o| format!(" of {o}")).unwrap_or_default();
    inventory.packages.iter().map(|p| format!("{} {} {}{}", p.ecosystem.name(), p.name, p.version, owner(&p.owned_by))).collect()
}

/// Rule and message of each finding of an item.
fn findings(report: &Value, id: &str) -> Vec<(String, String)> {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    item(report, id)["findings"].as_array().unwrap().iter().map(|f| (text(&f["rule"]), text(&f["message"]))).collect()
}

/// Asserts that an item fails by a rule, with a message that says this.
fn fails(report: &Value, id: &str, rule: &str, says: &str) {
    let found = findings(report, id);
    let wanted = format!("{id}/{rule}");
    assert!(found.iter().any(|(r, m)| *r == wanted && m.contains(says)), "{wanted} {says:?} is not among {found:#?}");
}

#[test]
fn one_big_layer_of_a_general_purpose_image() {
    let layer = Layer::new()
        .file("etc/os-release", 0o644, "ID=debian\nVERSION_ID=12\n")
        .file("var/lib/dpkg/status", 0o644, dpkg(&[("openssh-server", "1:9.2"), ("npm", "9.2.0"), ("gcc-12", "12.2")]))
        .file("var/lib/dpkg/info/npm.list", 0o644, "/usr/share/nodejs/npm/node_modules/process/package.json\n/usr/share/nodejs/tar\n")
        .file("usr/share/nodejs/npm/node_modules/process/package.json", 0o644, r#"{"name": "process", "version": "0.11.10"}"#)
        .file("usr/bin/su", 0o4755, program(&[(".text", b"x")]))
        .file("usr/bin/wall", 0o2755, program(&[(".text", b"x")]));
    let image = Image::new(json!({ "Cmd": ["/bin/bash"], "ExposedPorts": { "22/tcp": {} } })).layer("ADD rootfs.tar / # buildkit", layer);
    let found = listed(&components(&image));
    assert_eq!(found, ["dpkg gcc-12 12.2", "dpkg npm 9.2.0", "dpkg openssh-server 1:9.2", "npm process 0.11.10 of npm"]);
    let report = report(written(&image).path(), &[]);
    fails(&report, "no-host-permissions", "setuid", "/usr/bin/su");
    fails(&report, "no-host-permissions", "setgid", "/usr/bin/wall");
    fails(&report, "no-remote-access-tools", "port", "22");
    fails(&report, "no-build-dependencies", "build-tool", "gcc-12");
    fails(&report, "non-root-user", "root", "");
}

#[test]
fn a_layer_that_overwrites_a_packages_file() {
    let base = Layer::new()
        .file("etc/os-release", 0o644, "ID=debian\nVERSION_ID=12\n")
        .file("usr/bin/hello", 0o755, "#!/bin/sh\necho hello\n")
        .file("var/lib/dpkg/info/hello.list", 0o644, "/usr/bin/hello\n")
        .file("var/lib/dpkg/info/hello.md5sums", 0o644, "d604a220708aa59433ba410986cd4ffa  usr/bin/hello\n")
        .file("var/lib/dpkg/status", 0o644, dpkg(&[("hello", "2.10")]));
    let base = Image::new(json!({})).layer("RUN apt-get install hello", base);
    let asks_for_all = |report: &Value| item(report, "component-checksums").to_string().contains("--verify-files");
    let untouched = written(&base);
    assert!(asks_for_all(&report(untouched.path(), &[])));
    let verified = report(untouched.path(), &["--verify-files"]);
    assert!(!asks_for_all(&verified) && findings(&verified, "component-checksums").is_empty(), "{verified:#}");
    let other = base.layer("COPY hello /usr/bin/ # buildkit", Layer::new().file("usr/bin/hello", 0o755, "#!/bin/sh\necho evil!\n"));
    let report = report(written(&other).path(), &[]);
    fails(&report, "component-checksums", "changed-package-file", "/usr/bin/hello is not the file that hello 2.10 brought");
    assert_eq!(item(&report, "component-checksums")["findings"][0]["location"]["createdBy"], "COPY hello /usr/bin/ # buildkit");
}

#[test]
fn ten_layers_of_which_the_last_status_counts() {
    let base = Layer::new().file("etc/os-release", 0o644, "ID=debian\nVERSION_ID=12\n").file(
        "var/lib/dpkg/status",
        0o644,
        dpkg(&[("base", "1"), ("replaced", "1")]),
    );
    let mut image = Image::new(json!({})).layer("debian", base);
    let names: Vec<String> = (1..=10).map(|n| format!("p{n:02}")).collect();
    for n in 1..=10 {
        let installed: Vec<(&str, &str)> =
            [("base", "1"), ("replaced", "2")].into_iter().chain(names[..n].iter().map(|p| (p.as_str(), "1"))).collect();
        image = image.layer(&format!("RUN apt-get install p{n:02}"), Layer::new().file("var/lib/dpkg/status", 0o644, dpkg(&installed)));
    }
    let inventory = components(&image);
    let mut wanted: Vec<(&str, u32)> = vec![("base", 0)];
    wanted.extend(names.iter().enumerate().map(|(n, p)| (p.as_str(), n as u32 + 1)));
    wanted.push(("replaced", 1));
    assert_eq!(inventory.packages.iter().map(|p| (p.name.as_str(), p.layer)).collect::<Vec<_>>(), wanted);
    assert_eq!(inventory.packages.last().unwrap().version, "2");
}

#[test]
fn a_server_with_a_user_by_name() {
    let layer = Layer::new().file("etc/passwd", 0o644, "root:x:0:0::/root:/bin/sh\nmemcache:x:11211:11211::/:/bin/false\n").file(
        "usr/bin/memcached",
        0o755,
        program(&[]),
    );
    let image = Image::new(json!({ "User": "memcache", "Entrypoint": ["/usr/bin/memcached"] })).layer("RUN install", layer);
    let report = report(written(&image).path(), &[]);
    fails(&report, "non-root-user", "user-by-name", "uid 11211");
    assert_eq!(item(&report, "non-root-user")["verdict"], "pass", "{:#}", item(&report, "non-root-user"));
}

#[test]
fn a_database_with_volumes_and_sticky_directories() {
    let layer = Layer::new()
        .dir("var/lib/postgresql/data", 0o1777)
        .dir("var/run/postgresql", 0o3777)
        .file("etc/ssl/private/x", 0o640, "x")
        .file("usr/bin/postgres", 0o755, program(&[]));
    let image = Image::new(json!({
        "Entrypoint": ["/usr/bin/postgres"], "Volumes": { "/var/lib/postgresql/data": {} }, "StopSignal": "SIGINT", "User": "70:70",
    }))
    .layer("RUN install", layer);
    let layout = written(&image);
    let evidence = evidence(layout.path());
    let facts = evidence.image.found().unwrap();
    let mode = |path: &str| facts.tree.file(facts.tree.find(path).unwrap()).mode;
    assert_eq!((mode("var/lib/postgresql/data"), mode("var/run/postgresql")), (0o1777, 0o3777));
    assert_eq!(facts.config.volumes, ["/var/lib/postgresql/data"]);
    // A directory's set-group-id bit gives nobody rights.
    let found = findings(&report(layout.path(), &[]), "no-host-permissions");
    assert_eq!(found.iter().map(|(rule, _)| rule.as_str()).collect::<Vec<_>>(), ["no-host-permissions/uid-of-host"], "{found:?}");
}

#[test]
fn python_with_a_cache_that_only_a_lower_layer_has() {
    let metadata = |name: &str, version: &str| format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nText.\n");
    let system = Layer::new()
        .file("etc/os-release", 0o644, "ID=debian\nVERSION_ID=12\n")
        .file("var/lib/dpkg/status", 0o644, dpkg(&[("python3-wheel", "0.38.4-2")]))
        .file("var/lib/dpkg/info/python3-wheel.list", 0o644, "/usr/lib/python3/dist-packages/wheel-0.38.4.egg-info/PKG-INFO\n")
        .file("usr/lib/python3/dist-packages/wheel-0.38.4.egg-info/PKG-INFO", 0o644, metadata("wheel", "0.38.4"));
    let site = "usr/local/lib/python3.11/dist-packages";
    let pip = Layer::new()
        .file(&format!("{site}/Django-3.2.12.dist-info/METADATA"), 0o644, metadata("Django", "3.2.12"))
        .file(&format!("{site}/urllib3-1.26.4.dist-info/METADATA"), 0o644, metadata("urllib3", "1.26.4"))
        .file("root/.cache/pip/http/a/b", 0o644, vec![7; 5000])
        .file("app/tests/test_views.py", 0o644, "assert True\n");
    let image = Image::new(json!({ "User": "10001", "Cmd": ["python3"] }))
        .layer("RUN apt-get install python3-wheel", system)
        .layer("RUN pip install -r requirements.txt", pip)
        .layer("RUN rm -rf /root/.cache /app/tests", Layer::new().whiteout("root/.cache").whiteout("app/tests"));
    let found = listed(&components(&image));
    assert_eq!(
        found,
        ["dpkg python3-wheel 0.38.4-2", "python Django 3.2.12", "python urllib3 1.26.4", "python wheel 0.38.4 of python3-wheel"]
    );
    let layout = written(&image);
    let evidence = evidence(layout.path());
    let tree = &evidence.image.found().unwrap().tree;
    let gone: Vec<(&str, u32, u32)> = tree
        .deleted
        .iter()
        .filter(|d| d.entry.kind == plimsoll_evidence::FileKind::Regular)
        .map(|d| (d.entry.path.as_str(), d.entry.layer, d.by_layer))
        .collect();
    assert_eq!(gone, [("app/tests/test_views.py", 1, 2), ("root/.cache/pip/http/a/b", 1, 2)]);
    fails(&report(layout.path(), &[]), "no-build-dependencies", "deleted-still-ships", ".cache/pip");
}

#[test]
fn node_with_what_only_development_needs() {
    let lock = json!({ "name": "app", "lockfileVersion": 3, "packages": {
        "node_modules/express": { "version": "4.16.4" }, "node_modules/mocha": { "version": "8.2.1", "dev": true },
    }});
    let module = |name: &str, version: &str| json!({ "name": name, "version": version }).to_string();
    let layer = Layer::new()
        .file("usr/src/app/package.json", 0o644, module("app", "1.0.0"))
        .file("usr/src/app/node_modules/.package-lock.json", 0o644, lock.to_string())
        .file("usr/src/app/node_modules/express/package.json", 0o644, module("express", "4.16.4"))
        .file("usr/src/app/node_modules/express/test/package.json", 0o644, module("fixture", "9.9.9"))
        .file("usr/src/app/node_modules/mocha/package.json", 0o644, module("mocha", "8.2.1"))
        .file("usr/src/app/node_modules/@scope/x/package.json", 0o644, module("@scope/x", "1.2.0"))
        .file("usr/src/app/Dockerfile", 0o644, "FROM scratch\n");
    let image = Image::new(json!({ "User": "1000", "Cmd": ["node", "."] })).layer("COPY . . # buildkit", layer);
    let inventory = components(&image);
    assert_eq!(listed(&inventory), ["npm @scope/x 1.2.0", "npm express 4.16.4", "npm mocha 8.2.1"], "installed ones only");
    assert_eq!(inventory.packages.iter().filter(|p| p.development).map(|p| p.name.as_str()).collect::<Vec<_>>(), ["mocha"]);
    let report = report(written(&image).path(), &[]);
    fails(&report, "no-build-dependencies", "development-dependency", "mocha 8.2.1");
    fails(&report, "no-build-dependencies", "build-files", "/usr/src/app/Dockerfile");
    fails(&report, "non-root-user", "uid-not-above-1000", "1000");
}

#[test]
fn java_archives_nested_shaded_and_without_a_record() {
    let log4j = || jar(&[("org.apache.logging.log4j", "log4j-core", "2.14.1")]);
    let libraries: Vec<(String, Vec<u8>)> = (0..11)
        .map(|n| (format!("BOOT-INF/lib/l{n}-1.{n}.jar"), jar(&[("g.test", &format!("l{n}"), &format!("1.{n}"))])))
        .chain([("BOOT-INF/lib/log4j-core-2.14.1.jar".to_owned(), log4j())])
        .collect();
    let boot = zip(&libraries.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect::<Vec<_>>());
    let war = zip(&[("WEB-INF/lib/log4j-core-2.14.1.jar", &log4j())]);
    let layer = Layer::new()
        .file("opt/app/boot.jar", 0o644, boot)
        .file("opt/app/shaded.jar", 0o644, jar(&[("org.apache.logging.log4j", "log4j-core", "2.14.1"), ("org.yaml", "snakeyaml", "1.26")]))
        .file("opt/app/app.ear", 0o644, zip(&[("app.war", &war)]))
        .file("opt/app/logging.jar", 0o644, jar(&[]))
        .file("opt/app/lib/snakeyaml-1.26.jar", 0o644, jar(&[("org.yaml", "snakeyaml", "1.26")]));
    let image = Image::new(json!({ "User": "10001", "Cmd": ["java"] })).layer("COPY app /opt/app # buildkit", layer);
    let inventory = components(&image);
    let places = |name: &str| -> Vec<(&str, &str)> {
        inventory.packages.iter().filter(|p| p.name == name).map(|p| (p.version.as_str(), p.recorded_in.as_str())).collect()
    };
    assert_eq!(
        places("org.apache.logging.log4j:log4j-core"),
        [
            ("2.14.1", "opt/app/app.ear!app.war!WEB-INF/lib/log4j-core-2.14.1.jar"),
            ("2.14.1", "opt/app/boot.jar!BOOT-INF/lib/log4j-core-2.14.1.jar"),
            ("2.14.1", "opt/app/shaded.jar"),
        ]
    );
    assert_eq!(places("org.yaml:snakeyaml"), [("1.26", "opt/app/lib/snakeyaml-1.26.jar"), ("1.26", "opt/app/shaded.jar")]);
    assert_eq!(inventory.packages.iter().filter(|p| p.recorded_in.contains("!BOOT-INF/lib/")).count(), 12);
    assert_eq!(places("logging"), [("", "opt/app/logging.jar")]);
    fails(&report(written(&image).path(), &[]), "purls-match-cves", "no-version", "logging");
}

#[test]
fn a_jar_and_a_program_that_system_packages_brought() {
    let layer = Layer::new()
        .file("etc/os-release", 0o644, "ID=debian\nVERSION_ID=12\n")
        .file("var/lib/dpkg/status", 0o644, dpkg(&[("gettext-base", "0.21-12"), ("gosu", "1.14-1")]))
        .file("var/lib/dpkg/info/gettext-base.list", 0o644, "/usr/share/java/libintl.jar\n")
        .file("var/lib/dpkg/info/gosu.list", 0o644, "/usr/sbin/gosu\n")
        .file("usr/share/java/libintl.jar", 0o644, jar(&[]))
        .link("usr/share/java/gettext.jar", "libintl.jar")
        .file("usr/sbin/gosu", 0o755, go("go1.19.8", "path\tgithub.com/tianon/gosu\nbuild\t-trimpath=true\n"));
    let image = Image::new(json!({ "Cmd": ["/usr/sbin/gosu"] })).layer("RUN apt-get install", layer);
    assert_eq!(
        listed(&components(&image)),
        [
            "dpkg gettext-base 0.21-12",
            "dpkg gosu 1.14-1",
            "java libintl  of gettext-base",
            "go github.com/tianon/gosu  of gosu",
            "go stdlib 1.19.8 of gosu",
        ]
    );
}

#[test]
fn programs_from_scratch_that_name_what_they_were_built_from() {
    let list =
        "path\tgithub.com/mikefarah/yq/v4\nmod\tgithub.com/mikefarah/yq/v4\tv4.30.8\th1:x=\ndep\tgithub.com/fatih/color\tv1.13.0\th1:x=\n";
    let yq = go("go1.22.1", list);
    let image = Image::new(json!({ "User": "65532:65532", "Entrypoint": ["/yq"] }))
        .layer("COPY yq / # buildkit", Layer::new().file("yq", 0o755, &yq))
        .layer("COPY yq /usr/bin/ # buildkit", Layer::new().dir("usr", 0o755).dir("usr/bin", 0o755).file("usr/bin/yq", 0o755, &yq));
    let inventory = components(&image);
    let at = |place: &str| -> Vec<(&str, &str)> {
        inventory.packages.iter().filter(|p| p.recorded_in == place).map(|p| (p.name.as_str(), p.version.as_str())).collect()
    };
    let wanted = [("github.com/fatih/color", "v1.13.0"), ("github.com/mikefarah/yq/v4", "v4.30.8"), ("stdlib", "1.22.1")];
    assert_eq!((at("yq"), at("usr/bin/yq")), (wanted.to_vec(), wanted.to_vec()));
    assert_eq!(findings(&report(written(&image).path(), &[]), "components-identified"), []);

    let list = r#"{"packages": [{"name": "hexyl", "version": "0.13.0", "root": true}, {"name": "anyhow", "version": "1.0.66"}]}"#;
    let image = Image::new(json!({ "User": "65532:65532", "Entrypoint": ["/app"] }))
        .layer("COPY app / # buildkit", Layer::new().file("app", 0o755, rust(list)))
        .layer("COPY plain / # buildkit", Layer::new().file("plain", 0o755, program(&[(".text", b"x")])));
    let inventory = components(&image);
    assert_eq!(listed(&inventory), ["cargo anyhow 1.0.66", "cargo hexyl 0.13.0"]);
    assert!(inventory.packages.iter().all(|p| p.recorded_in == "app" && p.layer == 0));
    let unexplained = findings(&report(written(&image).path(), &[]), "components-identified");
    assert_eq!(unexplained.len(), 1, "{unexplained:?}");
    assert!(unexplained[0].1.starts_with("/plain:"), "{unexplained:?}");
}

/// Three packages as distroless images record them, a layer each.
fn distroless(config: Value) -> Image {
    [("base-files", "12.4"), ("libc6", "2.36-9"), ("tzdata", "2026a")].into_iter().fold(Image::new(config), |image, (name, version)| {
        let mut layer = Layer::new()
            .file(&format!("var/lib/dpkg/status.d/{name}"), 0o644, dpkg(&[(name, version)]).replace("Status: install ok installed\n", ""))
            .file(&format!("var/lib/dpkg/status.d/{name}.md5sums"), 0o644, format!("0123456789abcdef  usr/share/{name}/x\n"))
            .file(&format!("usr/share/{name}/x"), 0o644, "x");
        if name == "base-files" {
            layer = layer.file("etc/os-release", 0o644, "ID=debian\nVERSION_ID=12\n");
        }
        image.layer(&format!("ADD {name}.deb"), layer)
    })
}

#[test]
fn distroless_images_record_each_package_for_itself() {
    let image = distroless(json!({ "User": "65532" }));
    let inventory = components(&image);
    assert_eq!(listed(&inventory), ["dpkg base-files 12.4", "dpkg libc6 2.36-9", "dpkg tzdata 2026a"]);
    assert_eq!(inventory.packages.iter().map(|p| p.layer).collect::<Vec<_>>(), [0, 1, 2]);
    let layout = written(&image);
    let evidence = evidence(layout.path());
    let tree = &evidence.image.found().unwrap().tree;
    assert_eq!(inventory.owner(tree.find("usr/share/tzdata/x").unwrap()).map(|p| p.name.as_str()), Some("tzdata"));
    let base = item(&report(layout.path(), &[]), "minimal-base-image").clone();
    assert!(base["summary"].as_str().unwrap().contains("no shell and no package manager"), "{base:#}");
}

#[test]
fn a_hardened_image_whose_base_is_known() {
    let base_layout = tempfile::tempdir().unwrap();
    let base = distroless(json!({ "User": "65532" })).write(base_layout.path(), "base");
    let annotations = json!({
        "org.opencontainers.image.base.name": "registry.example.org/distroless:1",
        "org.opencontainers.image.base.digest": base["digest"],
    });
    let application = Layer::new().file("app/main", 0o4755, program(&[(".text", b"x")]));
    let image = distroless(json!({ "User": "10001:10001", "Entrypoint": ["/app/main"] }))
        .layer("COPY main /app/ # buildkit", application)
        .annotations(annotations);
    let layout = written(&image);
    let plain = report(layout.path(), &[]);
    // The recorded digest is what the build found; whether FROM names it, only the build file says.
    assert_eq!(item(&plain, "immutable-base-reference")["verdict"], "unknown", "{:#}", item(&plain, "immutable-base-reference"));
    let reference = format!("oci:{}", base_layout.path().display());
    let known = report(layout.path(), &["--base", &reference]);
    let finding = &item(&known, "no-host-permissions")["findings"][0];
    assert_eq!((&finding["rule"], &finding["origin"]), (&json!("no-host-permissions/setuid"), &json!("application")), "{finding:#}");
    assert_ne!(item(&plain, "no-host-permissions")["findings"][0]["origin"], json!("application"), "not known without the base");
    // Another image is not its base, however it is called.
    let other_layout = tempfile::tempdir().unwrap();
    Image::new(json!({})).layer("RUN other", Layer::new().file("x", 0o644, "x")).write(other_layout.path(), "base");
    let unknown = report(layout.path(), &["--base", &format!("oci:{}", other_layout.path().display())]);
    assert_ne!(item(&unknown, "no-host-permissions")["findings"][0]["origin"], json!("application"));
}

#[test]
fn rpm_s_own_database() {
    let layer = Layer::new()
        .file("etc/os-release", 0o644, "ID=\"rhel\"\nVERSION_ID=\"9.3\"\n")
        .file("var/lib/rpm/rpmdb.sqlite", 0o644, rpm_database())
        .file("var/lib/rpm/rpmdb.sqlite-wal", 0o644, "")
        .file("usr/share/harbour/mark", 0o644, "mark\n");
    let image = Image::new(json!({ "User": "10001" })).layer("RUN rpm -i harbour.rpm", layer);
    let inventory = components(&image);
    assert_eq!(listed(&inventory), ["rpm harbour 1:2.0-3"]);
    assert_eq!(inventory.packages[0].architecture.as_deref(), Some("noarch"));
    let evidence = evidence(written(&image).path());
    let tree = &evidence.image.found().unwrap().tree;
    assert_eq!(inventory.owner(tree.find("usr/share/harbour/mark").unwrap()).map(|p| p.name.as_str()), Some("harbour"));
}

#[test]
fn a_hostile_archive_hides_and_the_report_says_so() {
    let layer = Layer::new().file("opt/app.jar", 0o644, zip(&[("lib/x.jar", b"no archive at all")])).file(
        "var/lib/rpm/rpmdb.sqlite",
        0o644,
        vec![b'x'; 4096],
    );
    let image = Image::new(json!({ "User": "10001" })).layer("COPY . / # buildkit", layer);
    let report = report(written(&image).path(), &[]);
    let problems = report["problems"].to_string();
    assert!(problems.contains("/opt/app.jar: lib/x.jar is no zip archive") && problems.contains("/var/lib/rpm/rpmdb.sqlite"), "{problems}");
    let verdict = item(&report, "components-identified");
    assert_eq!(verdict["verdict"], "unknown", "{verdict:#}");
}

/// Counts the bytes of stored layers that are read.
#[derive(Default)]
struct Count(std::sync::atomic::AtomicU64);

impl plimsoll_gather::Progress for Count {
    fn expect(&self, _: u64) {}

    fn read(&self, bytes: u64) {
        self.0.fetch_add(bytes, std::sync::atomic::Ordering::Relaxed);
    }
}

#[test]
fn files_in_doubt_are_read_again_once() {
    let base = Layer::new()
        .file("etc/os-release", 0o644, "ID=debian\nVERSION_ID=12\n")
        .file("var/lib/dpkg/status", 0o644, dpkg(&[("tool", "1")]))
        .file("var/lib/dpkg/info/tool.list", 0o644, "/usr/bin/tool\n")
        .file("var/lib/dpkg/info/tool.md5sums", 0o644, "d41d8cd98f00b204e9800998ecf8427e  usr/bin/tool\n")
        .file("usr/bin/tool", 0o755, "as it was");
    let image = Image::new(json!({})).layer("ADD", base).layer("RUN", Layer::new().file("usr/bin/tool", 0o755, "as it is"));
    let layout = written(&image);
    let opened = plimsoll_oci::open(&format!("oci:{}", layout.path().display()), &plimsoll_oci::Options::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cache = plimsoll_layers::Cache::new(folder.path().to_owned(), 1 << 30);
    let gathered = |depth| {
        let count = Count::default();
        let request = Request { threads: 2, cache: Some(&cache), limits: &Limits::default(), base: None, depth, progress: &count };
        let evidence = gather_image(&opened.images[0], &request).unwrap();
        let changed = evidence.components.found().unwrap().files.changed.iter().map(|c| c.path.clone()).collect::<Vec<_>>();
        (changed, count.0.into_inner())
    };
    let (in_doubt, nothing) = (plimsoll_gather::Depth::InDoubt, plimsoll_gather::Depth::Nothing);
    let (changed, first) = gathered(in_doubt);
    let stored: u64 = opened.images[0].layers.iter().map(|l| l.size).sum();
    assert_eq!(changed, ["usr/bin/tool"]);
    assert!(first > stored, "the upper layer a second time: {first} of {stored}");
    assert_eq!(gathered(in_doubt), (changed.clone(), 0), "warm, no layer is read");
    assert_eq!(gathered(nothing), (Vec::new(), 0), "who does not ask is not told");
    // What was kept and is damaged is as if it were not there.
    let mut kept = Vec::new();
    let mut todo = vec![folder.path().to_owned()];
    while let Some(path) = todo.pop() {
        for entry in std::fs::read_dir(path).unwrap().map(|e| e.unwrap().path()) {
            if entry.is_dir() { todo.push(entry) } else { kept.push(entry) }
        }
    }
    assert_eq!(kept.len(), 3);
    let smallest = kept.iter().min_by_key(|p| p.metadata().unwrap().len()).unwrap();
    let mut bytes = std::fs::read(smallest).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(smallest, bytes).unwrap();
    let (again, read) = gathered(in_doubt);
    assert_eq!(again, changed);
    assert!(read > 0 && read < first, "the one layer alone: {read}");
    assert_eq!(gathered(in_doubt).1, 0, "and kept anew");
}
