//! Compose files: merged, extended, included and with their variables, read to the place.

#![allow(clippy::unwrap_used, reason = "test code, though not all in test functions")]

use std::fs;
use std::path::PathBuf;

use plimsoll_evidence::workload::{Action, EnvSource, HostNamespace, ImageMatch, VolumeKind};
use plimsoll_evidence::{Base, Expansion};
use plimsoll_evidence::{Container, Deployment, Place, ProblemKind};
use plimsoll_project::{
    DeploymentOptions, ImageNames, KeepAll, Sources, read_deployment, read_deployment_and_builds, read_deployment_text,
};

/// Reads files of a folder: those named, or the folder.
fn read(files: &[(&str, &str)], named: &[&str]) -> (Deployment, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut paths: Vec<PathBuf> = named.iter().map(|n| folder.path().join(n)).collect();
    if paths.is_empty() {
        paths.push(folder.path().to_owned());
    }
    let mut sources = Sources::new(&KeepAll);
    let deployment = read_deployment(&paths, &mut sources, &DeploymentOptions::default());
    let read = sources.texts().iter().map(|t| t.name.rsplit('/').next().unwrap_or_default().to_owned()).collect();
    (deployment, read)
}

fn one(text: &str) -> Deployment {
    read(&[("compose.yaml", text)], &["compose.yaml"]).0
}

fn service<'d>(deployment: &'d Deployment, name: &str) -> &'d Container {
    &deployment.workloads.iter().find(|w| w.name == name).unwrap_or_else(|| unreachable!("no service {name}")).containers[0]
}

fn at(place: Place) -> (u32, u32, u32, u32) {
    (place.source, place.line, place.column, place.width)
}

fn literal(container: &Container, name: &str) -> Option<String> {
    container.env.iter().rev().find(|v| v.name == name).and_then(|v| match &v.value {
        EnvSource::Literal(value) => Some(value.value.clone()),
        _ => None,
    })
}

#[test]
fn a_service_has_every_key_with_its_place() {
    let deployment = one("\
services:
  web:
    image: app:1
    command: serve --name 'a b'
    entrypoint: [\"/entry\", \"-x\"]
    user: \"1000:50\"
    group_add: [docker]
    cap_add: [NET_ADMIN]
    cap_drop:
      - ALL
    privileged: false
    read_only: true
    security_opt: [\"no-new-privileges:true\", \"seccomp:./p.json\", \"label:type:app_t\"]
    pid: host
    ipc: shareable
    network_mode: host
    tmpfs: /run:size=16m,mode=1777
    volumes:
      - data:/data
      - ./conf:/etc/app:ro
      - /var/cache
      - { type: bind, source: /srv, target: /srv, read_only: true }
      - { type: tmpfs, target: /tmp, tmpfs: { size: 1048576 } }
    devices: [\"/dev/fuse:/dev/fuse\"]
    environment:
      - A=1
      - B
    env_file: web.env
    ports: [\"127.0.0.1:8080:80/tcp\", \"9000\", { target: 5, published: \"6\" }]
    healthcheck: { test: [CMD, /app, live], interval: 1m30s, retries: 5, timeout: 500ms }
    logging: { driver: syslog, options: { tag: x } }
    mem_limit: 512m
    cpus: 0.5
    pids_limit: 100
    restart: unless-stopped
    stop_grace_period: 20s
    stop_signal: SIGINT
    secrets: [token, { source: key, target: /k }]
    configs: [app-conf]
    deploy: { replicas: 3, resources: { limits: { memory: 1g }, reservations: { cpus: \"0.25\" } } }
    sysctls: { net.core.somaxconn: 1024 }
    x-note: anything
volumes: { data: {} }
secrets: { token: { environment: T } , key: { file: ./k } }
configs: { app-conf: { content: \"a=b\" } }
x-more: 1
");
    assert_eq!(deployment.problems, []);
    let web = &deployment.workloads[0];
    let app = &web.containers[0];
    assert_eq!((web.title().as_str(), at(web.place)), ("service web", (0, 2, 3, 3)));
    assert_eq!(app.arguments.as_ref().unwrap().value, ["serve", "--name", "a b"]);
    assert_eq!(app.entrypoint.as_ref().unwrap().value, ["/entry", "-x"]);
    let security = &app.security;
    assert_eq!((security.user.as_ref().unwrap().value.as_str(), security.group.as_ref().unwrap().value.as_str()), ("1000", "50"));
    assert_eq!(security.host_namespaces.iter().map(|n| n.value).collect::<Vec<_>>(), [HostNamespace::Pid, HostNamespace::Network]);
    assert_eq!(security.privilege_escalation.as_ref().map(|s| s.value), Some(false));
    assert_eq!(security.selinux.as_ref().unwrap().value.kind, "app_t");
    assert_eq!(at(security.capabilities_drop[0].place), (0, 10, 9, 3));
    let kinds: Vec<_> =
        app.mounts.iter().map(|m| (m.path.value.as_str(), &web.volumes[m.volume as usize].kind, m.read_only.map(|r| r.value))).collect();
    assert!(matches!(kinds[0], ("/data", VolumeKind::Named { external: false }, None)));
    assert!(
        matches!(kinds[1], ("/etc/app", VolumeKind::HostPath { path, .. }, Some(true)) if path.value == "./conf" && at(path.place) == (0, 20, 9, 6))
    );
    assert_eq!(at(app.mounts[1].path.place), (0, 20, 16, 8));
    assert!(matches!(kinds[2], ("/var/cache", VolumeKind::Anonymous, None)));
    assert!(matches!(kinds[3], ("/srv", VolumeKind::HostPath { .. }, Some(true))));
    assert!(matches!(kinds[4], ("/tmp", VolumeKind::Ephemeral { in_memory: true, size_limit: Some(l) }, None) if l.value == "1048576"));
    assert!(matches!(kinds[5], ("/run", VolumeKind::Ephemeral { in_memory: true, size_limit: Some(l) }, None) if l.value == "16Mi"));
    assert!(matches!(kinds[6], ("/run/secrets/token", VolumeKind::Secret { .. }, None)));
    assert!(matches!(kinds[7], ("/k", VolumeKind::Secret { .. }, None)));
    assert!(matches!(kinds[8], ("/app-conf", VolumeKind::Config { .. }, None)));
    assert_eq!((literal(app, "A").as_deref(), &app.env[1].value), (Some("1"), &EnvSource::Outside));
    let ports: Vec<_> =
        app.ports.iter().map(|p| (p.container.as_str(), p.host.as_ref().map(|h| h.value.as_str()), p.host_ip.as_deref())).collect();
    assert_eq!(ports, [("80", Some("8080"), Some("127.0.0.1")), ("9000", None, None), ("5", Some("6"), None)]);
    let probe = &app.probes[0];
    assert_eq!(probe.action, Action::Exec(vec!["/app".to_owned(), "live".to_owned()]));
    assert_eq!((probe.period.unwrap().value, probe.timeout.unwrap().value, probe.failures.unwrap().value), (90_000, 500, 5));
    assert_eq!(app.logging.as_ref().unwrap().driver.value, "syslog");
    // What deploy says counts before the older keys.
    assert_eq!(app.limit("memory").unwrap().quantity.value, "1Gi");
    assert_eq!((app.limit("cpu").unwrap().quantity.value.as_str(), app.limit("pids").unwrap().quantity.value.as_str()), ("0.5", "100"));
    assert_eq!((web.replicas.unwrap().value, web.grace.unwrap().value), (3, 20_000));
    assert_eq!((deployment.secrets.len(), deployment.config_maps[0].values[0].value.1.as_str()), (2, "a=b"));
}

#[test]
fn several_files_are_merged_by_composes_rules() {
    let base = "\
services:
  web:
    image: app:1
    command: [a, b]
    privileged: true
    cap_add: [NET_ADMIN]
    environment: { A: 1, B: 2 }
    volumes: [\"./x:/x\", \"./y:/y\"]
    ports: [\"80:80\"]
    healthcheck: { test: [CMD, old], interval: 5s }
    logging: { driver: json-file, options: { max-size: 1m } }
    deploy: { resources: { limits: { memory: 1g, cpus: \"1\" } } }
    sysctls: [a=1]
";
    let over = "\
services:
  web:
    command: [c]
    privileged: false
    cap_add: [SYS_TIME, NET_ADMIN]
    environment: [\"B=3\", \"C=4\"]
    volumes: [\"./z:/y:ro\"]
    ports: !override [\"81:80\"]
    healthcheck: { test: [CMD, new] }
    logging: { driver: none }
    deploy: { resources: { limits: { memory: 2g } } }
    sysctls: { a: 2 }
  more: { image: other }
";
    for (files, named) in [
        ([("a.yaml", base), ("b.yaml", over)], &["a.yaml", "b.yaml"][..]),
        ([("compose.yaml", base), ("compose.override.yaml", over)], &[]),
        ([("docker-compose.yml", base), ("docker-compose.override.yml", over)], &[]),
    ] {
        let (deployment, _) = read(&files, named);
        assert_eq!(deployment.problems, []);
        assert_eq!(deployment.workloads.len(), 2);
        let web = service(&deployment, "web");
        assert_eq!(web.arguments.as_ref().unwrap().value, ["c"]);
        let privileged = web.security.privileged.as_ref().unwrap();
        assert_eq!((privileged.value, at(privileged.place)), (false, (1, 4, 17, 5)));
        let added: Vec<_> = web.security.capabilities_add.iter().map(|c| c.value.as_str()).collect();
        assert_eq!(added, ["NET_ADMIN", "SYS_TIME"]);
        assert_eq!(["A", "B", "C"].map(|n| literal(web, n).unwrap()), ["1", "3", "4"]);
        let mounts: Vec<_> = web.mounts.iter().map(|m| (m.path.value.as_str(), m.read_only.map(|r| r.value))).collect();
        assert_eq!(mounts, [("/x", None), ("/y", Some(true))]);
        assert_eq!(web.ports.len(), 1);
        assert_eq!(web.ports[0].host.as_ref().unwrap().value, "81");
        assert_eq!(web.probes[0].action, Action::Exec(vec!["new".to_owned()]));
        assert_eq!(web.probes[0].period.unwrap().value, 5000);
        // Another driver's options are none of this one's.
        let logging = web.logging.as_ref().unwrap();
        assert_eq!((logging.driver.value.as_str(), logging.options.len()), ("none", 0));
        assert_eq!((web.limit("memory").unwrap().quantity.value.as_str(), web.limit("cpu").unwrap().quantity.value.as_str()), ("2Gi", "1"));
        assert_eq!(web.security.sysctls[0].value.1, "2");
    }
    let reset = "services:\n  web:\n    ports: !reset []\n    environment:\n      A: !reset null\n";
    let (deployment, _) = read(&[("compose.yaml", base), ("compose.override.yaml", reset)], &[]);
    let web = service(&deployment, "web");
    assert_eq!((web.ports.len(), literal(web, "A"), literal(web, "B")), (0, None, Some("2".to_owned())));
}

#[test]
fn services_extend_services_here_and_in_other_files() {
    let common = "services:\n  base:\n    image: base:1\n    read_only: true\n    cap_drop: [ALL]\n    environment: {A: common}\n";
    let main = "\
services:
  grand: { image: grand:1, user: \"5\", environment: { A: grand, G: 1 } }
  parent: { extends: grand, environment: { A: parent } }
  child: { extends: { service: parent }, environment: { C: 1 } }
  other:
    extends: { file: common/base.yaml, service: base }
    image: other:1
  lost: { extends: { service: nowhere } }
  outside: { extends: { file: ../../etc/x.yaml, service: x } }
";
    let (deployment, _) = read(&[("compose.yaml", main), ("common/base.yaml", common)], &["compose.yaml"]);
    let child = service(&deployment, "child");
    assert_eq!(child.image.as_ref().unwrap().value, "grand:1");
    assert_eq!(["A", "G", "C"].map(|n| literal(child, n).unwrap()), ["parent", "1", "1"]);
    assert_eq!(child.security.user.as_ref().unwrap().value, "5");
    let other = service(&deployment, "other");
    assert_eq!(other.image.as_ref().unwrap().value, "other:1");
    assert_eq!(at(other.security.read_only_root.as_ref().unwrap().place), (1, 4, 16, 4));
    let said: Vec<_> = deployment.problems.iter().map(|p| (p.kind, p.hides)).collect();
    assert_eq!(said, [(ProblemKind::Malformed, true), (ProblemKind::Io, true)], "{:?}", deployment.problems);
    let circle = one("services:\n  a: {extends: b}\n  b: {extends: a}\n");
    assert!(circle.problems.iter().any(|p| p.message.contains("extend each other")));
}

#[test]
fn included_files_are_read_within_the_folder() {
    let main = "include:\n  - db/compose.yaml\n  - path: [a.yaml, b.yaml]\n  - oci://example.org/x\n  - ../outside.yaml\n  - compose.yaml\nservices:\n  web: {image: app}\n";
    let db = "services:\n  db: {image: \"db:${DB_VERSION}\"}\n";
    let (deployment, names) = read(
        &[
            ("p/compose.yaml", main),
            ("p/db/compose.yaml", db),
            ("p/db/.env", "DB_VERSION=16\n"),
            ("p/a.yaml", "services: {a: {image: a, user: \"1\"}}\n"),
            ("p/b.yaml", "services: {a: {user: \"2\"}}\n"),
            ("outside.yaml", "services: {x: {image: x}}\n"),
        ],
        &["p/compose.yaml"],
    );
    assert_eq!(service(&deployment, "db").image.as_ref().unwrap().value, "db:16");
    assert_eq!(service(&deployment, "a").security.user.as_ref().unwrap().value, "2");
    assert!(deployment.workloads.iter().all(|w| w.name != "x"), "{names:?}");
    let kinds: Vec<_> = deployment.problems.iter().map(|p| p.kind).collect();
    assert_eq!(kinds, [ProblemKind::Unsupported, ProblemKind::Escape, ProblemKind::Malformed], "{:?}", deployment.problems);
}

#[test]
fn variables_come_from_the_env_file_beside_alone() {
    let text = "\
services:
  web:
    image: app:${TAG:-latest}
    privileged: ${PRIVILEGED}
    user: \"${UID:-0}\"
    mem_limit: ${MEMORY}
    environment:
      PASSWORD: ${PASSWORD}
      DEFAULT: ${NOT_SET:-written}
      PRICE: $$5
";
    let (deployment, _) =
        read(&[("compose.yaml", text), (".env", "TAG=2\nPRIVILEGED=true\nMEMORY=64m # x\nPASSWORD=p\n")], &["compose.yaml"]);
    assert_eq!(deployment.problems, []);
    let web = service(&deployment, "web");
    assert_eq!(web.image.as_ref().map(|i| (i.value.as_str(), at(i.place).1)), Some(("app:2", 3)));
    assert_eq!(web.security.privileged.as_ref().map(|p| p.value), Some(true));
    assert_eq!(web.security.user.as_ref().map(|p| p.value.as_str()), Some("0"));
    assert_eq!(web.limit("memory").unwrap().quantity.value, "64Mi");
    assert_eq!(
        (literal(web, "PASSWORD"), literal(web, "DEFAULT"), literal(web, "PRICE")),
        (None, Some("written".to_owned()), Some("$5".to_owned()))
    );
    // Without it, what is not set is empty and said.
    let deployment = one(text);
    assert_eq!(service(&deployment, "web").image.as_ref().unwrap().value, "app:latest");
    assert!(deployment.problems.iter().all(|p| !p.hides || p.message.contains("privileged")), "{:?}", deployment.problems);
    assert!(deployment.problems[0].message.contains("PRIVILEGED is not in the .env"), "{:?}", deployment.problems);
}

#[test]
fn anchors_merge_keys_and_short_booleans_are_composes() {
    let deployment = one("\
x-common: &common
  read_only: true
  cap_drop: [ALL]
services:
  web:
    <<: *common
    image: app
    read_only: false
    privileged: \"yes\"
    tty: on
  two: { <<: *common, image: two }
");
    let web = service(&deployment, "web");
    assert_eq!(web.security.read_only_root.as_ref().map(|r| (r.value, at(r.place).1)), Some((false, 8)));
    assert_eq!(web.security.privileged.as_ref().map(|p| p.value), Some(true));
    let two = service(&deployment, "two");
    assert_eq!(two.security.read_only_root.as_ref().map(|r| (r.value, at(r.place).1)), Some((true, 2)));
}

#[test]
fn what_compose_refuses_is_said() {
    for (text, hides, words) in [
        ("services:\n  web: {image: a, imag: b}\n", false, "\"imag\", which Compose does not know"),
        ("service: {}\n", false, "has the key \"service\""),
        ("services:\n  web: 3\n", true, "is no mapping"),
        ("services:\n  web: {image: \"${A\"}\n", true, "brace is not closed"),
        ("services: [\n", true, "could not be read"),
        ("- a\n", true, "a Compose file is a mapping"),
    ] {
        let deployment = one(text);
        assert!(deployment.problems.iter().any(|p| p.hides == hides && p.message.contains(words)), "{text}: {:?}", deployment.problems);
    }
    let twice = one("services:\n  web:\n    image: a\n    image: b\n");
    assert_eq!(twice.duplicate_keys[0].key.value, "image");
    assert!(twice.problems[0].hides && twice.problems[0].message.contains("\"image\" is given twice"), "{:?}", twice.problems);
}

#[test]
fn the_service_that_is_built_here_runs_the_image() {
    let matched = |text: &str| {
        let options = DeploymentOptions {
            image: Some(ImageNames { references: vec!["acme/app:1".to_owned()], digests: Vec::new(), ..ImageNames::default() }),
            run_tools: false,
        };
        let deployment = read_deployment_text("compose.yaml", text.as_bytes(), &mut Sources::new(&KeepAll), &options);
        deployment.containers().map(|(_, c)| c.runs).collect::<Vec<_>>()
    };
    assert_eq!(matched("services:\n  web: {build: .}\n  db: {image: db}\n"), [ImageMatch::Only, ImageMatch::No]);
    assert_eq!(matched("services:\n  web: {build: .}\n  two: {build: two}\n"), [ImageMatch::No, ImageMatch::No]);
    assert_eq!(matched("services:\n  web: {build: .}\n  app: {image: acme/app:1}\n"), [ImageMatch::No, ImageMatch::Reference]);
}

#[test]
fn a_service_runs_the_image_whose_build_file_and_stage_it_is_built_from() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for part in ["vote", "worker"] {
        fs::create_dir_all(at(part)).unwrap();
        fs::write(at(part).join("Dockerfile"), "FROM a AS dev\nFROM a\n").unwrap();
    }
    let text = "services:\n  vote: {build: ./vote}\n  dev: {build: {context: ./vote, target: dev}}\n  worker: {build: ./worker}\n  db: {image: vote}\n";
    fs::write(at("compose.yaml"), text).unwrap();
    let matched = |file: &str, target: Option<&str>, references: &[&str]| {
        let image = ImageNames {
            references: references.iter().map(|r| (*r).to_owned()).collect(),
            digests: Vec::new(),
            builds: vec![(at(file), target.map(str::to_owned))],
        };
        let options = DeploymentOptions { image: Some(image), run_tools: false };
        let (deployment, inputs) = read_deployment_and_builds(&[at("compose.yaml")], &mut Sources::new(&KeepAll), &options);
        let runs = deployment.containers().filter(|(_, c)| c.runs != ImageMatch::No).map(|(_, c)| format!("{} {:?}", c.name, c.runs));
        (runs.collect::<Vec<_>>(), inputs.iter().map(|i| i.services.len()).collect::<Vec<_>>())
    };
    assert_eq!(matched("vote/Dockerfile", None, &["other"]), (vec!["vote Build".to_owned()], vec![1]));
    assert_eq!(matched("vote/Dockerfile", Some("dev"), &["other"]), (vec!["dev Build".to_owned()], vec![1]));
    assert_eq!(matched("vote/../worker/Dockerfile", None, &["other"]).0, ["worker Build"]);
    // The name's last part says less than the build file, its whole name more.
    assert_eq!(matched("worker/Dockerfile", None, &["acme/vote"]).0, ["worker Build"]);
    assert_eq!(matched("worker/Dockerfile", None, &["vote"]).0, ["worker Build", "db Reference"]);
}

#[test]
fn a_compose_file_of_another_name_is_recognised() {
    let (deployment, _) = read(&[("stack.yml", "services:\n  web: {image: app}\n")], &["stack.yml"]);
    assert_eq!(deployment.workloads[0].title(), "service web");
}

/// The builds of a Compose file `deploy/compose.yaml` in a repository, as `path target context {arguments} {unknown arguments}`.
fn builds(services: &str, image: Option<&str>) -> (Vec<String>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("services:\n{services}");
    let files = [
        (".git/HEAD", ""),
        ("app/Dockerfile", "FROM a\n"),
        ("app/docker/Debug", "FROM a\n"),
        ("deploy/Dockerfile", "FROM a\n"),
        ("deploy/other/base.yaml", "services: {x: {build: {context: ., target: one}}}\n"),
        ("deploy/other/Dockerfile", "FROM a\n"),
        ("deploy/compose.yaml", text.as_str()),
    ];
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let image = image.map(|name| ImageNames { references: vec![name.to_owned()], digests: Vec::new(), ..ImageNames::default() });
    let options = DeploymentOptions { image, run_tools: false };
    let (deployment, inputs) =
        read_deployment_and_builds(&[folder.path().join("deploy/compose.yaml")], &mut Sources::new(&KeepAll), &options);
    let below = |path: &std::path::Path| path.strip_prefix(folder.path()).unwrap().to_string_lossy().into_owned();
    let shown = inputs.iter().map(|input| {
        let context = below(input.context.as_ref().unwrap());
        let target = input.target.as_deref().unwrap_or("-");
        assert!(input.name.ends_with(&below(&input.path)), "{}", input.name);
        format!("{} {target} {context} {:?} {:?}", below(&input.path), input.arguments, input.unknown_arguments)
    });
    let said = deployment.problems.iter().map(|p| p.message.clone()).filter(|m| m.contains("build"));
    (shown.collect(), said.collect())
}

#[test]
fn builds_of_services_name_their_build_files() {
    let cases: &[(&str, Option<&str>, &[&str])] = &[
        ("  a: {build: ../app}\n", None, &["app/Dockerfile - app {} {}"]),
        ("  a: {build: .}\n  b: {build: .}\n  c: {image: x}\n", None, &["deploy/Dockerfile - deploy {} {}"]),
        (
            "  a:\n    build: {context: ../app, dockerfile: docker/Debug, target: dev, args: {A: 1, B: }}\n",
            None,
            &["app/docker/Debug dev app {\"A\": \"1\"} {\"B\"}"],
        ),
        ("  a:\n    build: {args: [A=x=y, B, 'C=${NOWHERE}']}\n", None, &["deploy/Dockerfile - deploy {\"A\": \"x=y\"} {\"B\", \"C\"}"]),
        ("  a: {extends: {file: other/base.yaml, service: x}}\n", None, &["deploy/other/Dockerfile one deploy/other {} {}"]),
        ("  a: {build: ., image: x/a}\n  b: {build: ../app, image: x/b}\n", Some("x/b:latest"), &["app/Dockerfile - app {} {}"]),
    ];
    for (text, image, wanted) in cases {
        let (found, said) = builds(text, *image);
        assert_eq!((found.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), said.len()), (*wanted, 0), "{text} {said:?}");
    }
    for text in [
        "  a: {build: 'https://x.test/y.git'}\n",
        "  a: {build: ./gone}\n",
        "  a: {build: '${NOWHERE}'}\n",
        "  a: {build: {context: /etc, dockerfile: passwd}}\n",
    ] {
        let (found, said) = builds(text, None);
        assert!(found.is_empty() && said.len() == 1, "{text} {found:?} {said:?}");
    }
}

/// What the services of a Compose file are built from: the facts, and the texts that places are in.
fn built(compose: &str, files: &[(&str, &str)]) -> (plimsoll_evidence::Build, Vec<plimsoll_evidence::SourceText>) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files.iter().chain([&("compose.yaml", compose)]) {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let mut sources = Sources::new(&KeepAll);
    let (_, inputs) = read_deployment_and_builds(&[folder.path().join("compose.yaml")], &mut sources, &DeploymentOptions::default());
    let build = plimsoll_project::build::read(&mut sources, &inputs, None);
    (build, sources.finish().0)
}

#[test]
fn a_build_file_written_into_the_file_has_its_places_there() {
    let compose = "services:
  a:
    build:
      context: .
      dockerfile_inline: |
        FROM base:1
        ENV API_TOKEN=8f7a6b5c4d3e2f1a
        RUN echo $$HOME && \\
            apt-get update
        USER 1001
  b: { build: { dockerfile_inline: \"FROM other:2\\nUSER x\\n\" } }
";
    let (build, sources) = built(compose, &[]);
    assert_eq!(build.problems, []);
    let [one, two] = build.files.as_slice() else { panic!("{:?}", build.files) };
    let (text, lines) = (&sources[one.source as usize], |n: u32| sources[0].text.lines().nth(n as usize - 1).unwrap().to_owned());
    assert!(text.name.ends_with("compose.yaml"), "{}", text.name);
    let stage = &one.stages[0];
    assert_eq!((stage.from.value.as_str(), at(stage.from.place)), ("base:1", (0, 6, 14, 6)));
    let places: Vec<_> = stage.instructions.iter().map(|i| (i.name.as_str(), i.place.line, i.place.column)).collect();
    assert_eq!(places, [("ENV", 7, 9), ("RUN", 8, 9), ("USER", 10, 9)]);
    assert_eq!(lines(7).trim(), "ENV API_TOKEN=••••••••••••••••", "concealed where it stands");
    let (blank, _) = built(&compose.replace("        FROM base:1\n", "\n\n        FROM base:1\n"), &[]);
    assert_eq!(at(blank.files[0].stages[0].from.place), (0, 8, 14, 6));
    let other = &sources[two.source as usize];
    assert_eq!((other.name.ends_with("compose.yaml (build file written into it)"), other.text.as_str()), (true, "FROM other:2\nUSER x\n"));
    assert_eq!(at(two.stages[0].from.place), (two.source, 1, 6, 7));
}

#[test]
fn further_contexts_are_no_images_of_their_name() {
    let compose = "services:
  a:
    build:
      additional_contexts:
        - base=docker-image://alpine:3.20@sha256:0
        - more=./more
        - built=service:b
        - far=https://x.test/y.git
  b: { build: { dockerfile_inline: FROM c } }
";
    let file = "FROM base\nCOPY --from=more x /\nCOPY --from=built y /\nCOPY --from=far z /\nCOPY --from=busybox z /\n";
    let (build, _) = built(compose, &[("Dockerfile", file)]);
    let stage = &build.files[0].stages[0];
    let from = stage.instructions.iter().filter_map(|i| match &i.says {
        plimsoll_evidence::Says::Copy(transfer) => transfer.from.as_ref().map(|(_, base)| base.clone()),
        _ => None,
    });
    let found: Vec<Base> = std::iter::once(stage.base.clone()).chain(from).collect();
    let image = |name: &str| Base::Image(Expansion::fixed(name));
    let wanted = [
        image("alpine:3.20@sha256:0"),
        Base::Context("./more".to_owned()),
        Base::Context("service:b".to_owned()),
        Base::Unknown,
        image("busybox"),
    ];
    assert_eq!(found, wanted);
}

#[test]
fn volumes_of_other_services_are_mounted_too() {
    let compose = "services:
  a: { image: x, volumes: [/srv/a:/data, own:/own], tmpfs: [/tmp] }
  b: { image: x, volumes_from: [a:ro], volumes: [mine:/own] }
  c: { image: x, volumes_from: [b, nobody, container:y] }
";
    let (deployment, _) = read(&[("compose.yaml", compose)], &[]);
    let mounts = |n: usize| {
        let workload = &deployment.workloads[n];
        let shown = workload.containers[0].mounts.iter().map(|m| {
            let kind = match &workload.volumes[m.volume as usize].kind {
                VolumeKind::HostPath { path, .. } => path.value.clone(),
                _ => workload.volumes[m.volume as usize].name.clone(),
            };
            format!("{kind}:{}{}", m.path.value, if m.read_only.is_some_and(|r| r.value) { ":ro" } else { "" })
        });
        shown.collect::<Vec<_>>()
    };
    assert_eq!(mounts(1), ["mine:/own", "/srv/a:/data:ro"]);
    assert_eq!(mounts(2), ["mine:/own", "/srv/a:/data:ro"]);
    let said: Vec<&str> = deployment.problems.iter().filter(|p| p.hides).map(|p| p.message.as_str()).collect();
    assert!(said.len() == 2 && said.iter().any(|m| m.contains("nobody")) && said.iter().any(|m| m.contains("container:y")), "{said:?}");
}

/// A file of any name that is laid over others says of a service only what it changes.
#[test]
fn a_named_file_need_not_be_called_compose() {
    let base = "services:\n  web:\n    image: app\n    read_only: true\n";
    for (over, wanted) in
        [("services:\n  web:\n    read_only: false\n", Some(false)), ("services:\n  web:\n    read_only: !reset null\n", None)]
    {
        let (deployment, _) = read(&[("compose.yaml", base), ("prod.yaml", over)], &["compose.yaml", "prod.yaml"]);
        assert_eq!(deployment.problems, []);
        assert_eq!(service(&deployment, "web").security.read_only_root.as_ref().map(|r| r.value), wanted, "{over}");
    }
    // In a folder it may be anybody's.
    let (deployment, _) = read(&[("config.yaml", "services:\n  web:\n    user: me\n")], &[]);
    assert!(deployment.workloads.is_empty());
}
