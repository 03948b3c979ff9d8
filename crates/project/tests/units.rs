//! Units of Quadlet and systemd.

#![allow(clippy::unwrap_used, reason = "test code, though not all in test functions")]

use std::fs;

use plimsoll_evidence::workload::{Action, Confinement, EnvSource, HostNamespace, Runner, UserNamespace, VolumeKind};
use plimsoll_evidence::{Deployment, Place};
use plimsoll_project::{DeploymentOptions, KeepAll, Sources, read_deployment};

fn read(files: &[(&str, &str)], named: &[&str]) -> Deployment {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut paths: Vec<_> = named.iter().map(|n| folder.path().join(n)).collect();
    if paths.is_empty() {
        paths.push(folder.path().to_owned());
    }
    read_deployment(&paths, &mut Sources::new(&KeepAll), &DeploymentOptions::default())
}

fn at(place: Place) -> (u32, u32, u32) {
    (place.line, place.column, place.width)
}

#[test]
fn a_container_unit_is_read_to_the_place() {
    let deployment = read(
        &[
            (
                "web.container",
                "\
[Unit]
Description=x

[Container]
Image=app:1
ContainerName=front
Exec=serve --name \"a b\"
User=1001
Group=0
NoNewPrivileges=true
ReadOnly=yes
AddCapability=NET_ADMIN \\
  CAP_CHOWN
DropCapability=all
SeccompProfile=/etc/p.json
SecurityLabelDisable=true
Volume=data.volume:/data
Volume=./conf:/etc/app:ro,Z
Tmpfs=/tmp:size=8m
Mount=type=bind,src=/srv,dst=/srv,ro=true
Secret=token
Secret=pw,type=env,target=PW
Environment=A=1 \"B=2 3\"
PublishPort=127.0.0.1:80:8080
HealthCmd=/app live
HealthInterval=10s
UserNS=keep-id:uid=1000
Network=host
LogDriver=journald
PodmanArgs=--device /dev/fuse \\
   --memory=256m -e C=3 --pid host
Misspelt=1

[Service]
Restart=always
TimeoutStopSec=1min 5s
",
            ),
            ("data.volume", "[Volume]\nType=none\nDevice=/srv/data\nOptions=bind\n"),
        ],
        &["web.container"],
    );
    let web = &deployment.workloads[0];
    let app = &web.containers[0];
    assert_eq!((web.title().as_str(), web.runner, at(web.place)), ("web.container", Runner::Podman, (4, 1, 11)));
    assert_eq!((app.name.as_str(), app.image.as_ref().map(|i| at(i.place))), ("front", Some((5, 7, 5))));
    assert_eq!(app.arguments.as_ref().unwrap().value, ["serve", "--name", "a b"]);
    let security = &app.security;
    assert_eq!((security.user.as_ref().unwrap().value.as_str(), security.group.as_ref().unwrap().value.as_str()), ("1001", "0"));
    assert_eq!(security.privilege_escalation.as_ref().map(|s| (s.value, at(s.place))), Some((false, (10, 17, 4))));
    assert_eq!(security.read_only_root.as_ref().map(|s| s.value), Some(true));
    let added: Vec<_> = security.capabilities_add.iter().map(|c| (c.value.as_str(), at(c.place))).collect();
    assert_eq!(added, [("NET_ADMIN", (12, 15, 9)), ("CAP_CHOWN", (13, 3, 9))]);
    assert_eq!(security.seccomp.as_ref().unwrap().value, Confinement::Localhost("/etc/p.json".to_owned()));
    assert!(security.selinux.as_ref().unwrap().value.disabled);
    assert!(matches!(&security.user_namespace.as_ref().unwrap().value, UserNamespace::KeepId(_)));
    assert_eq!(security.host_namespaces.iter().map(|n| n.value).collect::<Vec<_>>(), [HostNamespace::Network, HostNamespace::Pid]);
    assert_eq!(security.devices.iter().map(|d| (d.value.as_str(), at(d.place))).collect::<Vec<_>>(), [("/dev/fuse", (30, 21, 9))]);
    let mounts: Vec<_> =
        app.mounts.iter().map(|m| (m.path.value.as_str(), &web.volumes[m.volume as usize].kind, m.read_only.map(|r| r.value))).collect();
    let find = |path: &str| mounts.iter().find(|m| m.0 == path).unwrap();
    assert!(matches!(find("/data"), (_, VolumeKind::HostPath { path, .. }, None) if path.value == "/srv/data"));
    assert!(matches!(find("/etc/app"), (_, VolumeKind::HostPath { .. }, Some(true))));
    assert!(matches!(find("/tmp"), (_, VolumeKind::Ephemeral { in_memory: true, size_limit: Some(l) }, None) if l.value == "8Mi"));
    assert!(matches!(find("/srv"), (_, VolumeKind::HostPath { .. }, Some(true))));
    assert!(matches!(find("/run/secrets/token"), (_, VolumeKind::Secret { .. }, None)));
    let env: Vec<_> = app.env.iter().map(|v| (v.name.as_str(), matches!(v.value, EnvSource::Literal(_)))).collect();
    assert_eq!(env, [("PW", false), ("A", true), ("B", true), ("C", true)]);
    assert_eq!(app.ports[0].host.as_ref().unwrap().value, "80");
    assert_eq!(app.probes[0].action, Action::Shell("/app live".to_owned()));
    assert_eq!(app.limit("memory").map(|l| (l.quantity.value.as_str(), at(l.quantity.place))), Some(("256Mi", (31, 4, 13))));
    assert_eq!((web.restart.as_ref().unwrap().value.as_str(), web.grace.unwrap().value), ("always", 65_000));
    assert!(deployment.problems.iter().any(|p| p.message.starts_with("Misspelt= is no key")), "{:?}", deployment.problems);
    assert_eq!(deployment.problems.len(), 1, "{:?}", deployment.problems);
}

#[test]
fn units_beside_it_say_what_it_names() {
    let files = [
        ("web.container", "[Container]\nImage=app.image\nPod=shop.pod\nVolume=keep.volume:/data\n"),
        ("web.container.d/10-more.conf", "[Container]\nReadOnly=true\nImage=\nImage=built.build\n"),
        ("web.container.d/notes.txt", "[Container]\nPodmanArgs=--privileged\n"),
        ("built.build", "[Build]\nImageTag=\"localhost/app:7\"\nImageTag=localhost/app:latest\n"),
        ("app.image", "[Image]\nImage=ghcr.io/acme/app:1\n"),
        ("shop.pod", "[Pod]\nNetwork=host\nPodmanArgs=--userns=auto\nPublishPort=80:80\n"),
        ("keep.volume", "[Volume]\n"),
        ("lost.container", "[Container]\nImage=x\nPod=none.pod\n"),
    ];
    let deployment = read(&files, &[]);
    let web = deployment.workloads.iter().find(|w| w.name == "web").unwrap();
    let app = &web.containers[0];
    assert_eq!(app.image.as_ref().unwrap().value, "localhost/app:7");
    assert_eq!(app.security.read_only_root.as_ref().map(|r| r.value), Some(true));
    assert!(app.security.privileged.is_none());
    assert_eq!((app.security.host_namespaces.len(), app.ports.len()), (1, 1));
    assert!(matches!(&app.security.user_namespace.as_ref().unwrap().value, UserNamespace::Own(_)));
    assert!(matches!(web.volumes[0].kind, VolumeKind::Named { .. }));
    assert!(
        deployment.problems.iter().any(|p| p.hides && p.message.contains("none.pod, which is not beside")),
        "{:?}",
        deployment.problems
    );
}

#[test]
fn kube_units_have_podman_play_the_objects() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}\n";
    for named in [&[][..], &["p.kube"]] {
        let deployment = read(&[("p.kube", "[Kube]\nYaml=pod.yaml\n"), ("pod.yaml", pod)], named);
        let runners: Vec<_> = deployment.workloads.iter().map(|w| (w.runner, w.kind.as_str())).collect();
        assert_eq!(runners, [(Runner::Podman, "Pod")], "{named:?}");
    }
    let outside = read(&[("u/p.kube", "[Kube]\nYaml=../pod.yaml\n"), ("pod.yaml", pod)], &["u/p.kube"]);
    assert!(outside.workloads.is_empty() && outside.problems[0].hides);
}

#[test]
fn services_that_run_podman_are_containers() {
    let unit = "\
[Service]
ExecStartPre=/usr/bin/podman rm -f web
ExecStart=/usr/bin/podman run --rm -dt --name web \\
    --privileged --cap-add=SYS_ADMIN,NET_ADMIN -v /etc:/host:ro \\
    --security-opt seccomp=unconfined --restart on-failure \\
    -u 0:0 docker.io/acme/app:1 --flag -x
Restart=on-failure
MemoryMax=512M
";
    let deployment = read(&[("web.service", unit), ("other.service", "[Service]\nExecStart=/usr/bin/app\n")], &[]);
    assert_eq!(deployment.workloads.len(), 1);
    let web = &deployment.workloads[0];
    let app = &web.containers[0];
    assert_eq!(
        (web.title().as_str(), app.image.as_ref().map(|i| (i.value.as_str(), at(i.place)))),
        ("web.service", Some(("docker.io/acme/app:1", (6, 12, 20))))
    );
    assert_eq!(app.arguments.as_ref().unwrap().value, ["--flag", "-x"]);
    assert_eq!(app.security.privileged.as_ref().map(|p| at(p.place)), Some((4, 5, 12)));
    let added: Vec<_> = app.security.capabilities_add.iter().map(|c| c.value.as_str()).collect();
    assert_eq!(added, ["SYS_ADMIN", "NET_ADMIN"]);
    assert_eq!(app.security.user.as_ref().unwrap().value, "0");
    assert!(matches!(&web.volumes[0].kind, VolumeKind::HostPath { path, .. } if path.value == "/etc"));
    assert_eq!(app.limit("memory").unwrap().quantity.value, "512Mi");
    for (line, wanted) in [
        ("podman run app", true),
        ("-/usr/bin/docker run app", true),
        ("podman --log-level debug run app", true),
        ("podman container run app", true),
        ("podman start app", false),
        ("sh -c 'podman run app'", false),
    ] {
        let deployment = read(&[("x.service", &format!("[Service]\nExecStart={line}\n"))], &["x.service"]);
        assert_eq!(!deployment.workloads.is_empty(), wanted, "{line}");
    }
}

#[test]
fn drop_ins_of_type_prefix_and_template_count_too() {
    let files = [
        ("shop-web@.container", "[Container]\nImage=x:%i\n"),
        ("shop-web@one.container", "[Container]\nImage=x:1\nUser=5000\n"),
        ("container.d/10.conf", "[Container]\nReadOnly=true\n[Container]\nUser=1\n"),
        ("shop-.container.d/20.conf", "[Container]\nNoNewPrivileges=true\n"),
        ("shop-web@.container.d/30.conf", "[Container]\nUser=6000\n"),
        ("shop-web@one.container.d/10.conf", "[Container]\nReadOnly=false\n"),
        ("other-.container.d/20.conf", "[Container]\nPodmanArgs=--privileged\n"),
    ];
    let deployment = read(&files, &[]);
    let shown: Vec<_> = deployment
        .workloads
        .iter()
        .map(|w| {
            let security = &w.containers[0].security;
            let flag = |f: &Option<plimsoll_evidence::workload::Setting<bool>>| f.as_ref().map(|f| f.value);
            let user = security.user.as_ref().map(|u| u.value.clone()).unwrap_or_default();
            (w.name.as_str(), user, flag(&security.read_only_root), flag(&security.privilege_escalation), security.privileged.is_some())
        })
        .collect();
    // The template's instance has a file of the same name as that of the type, which then does not count.
    let wanted = [
        ("shop-web@", "6000".to_owned(), Some(true), Some(false), false),
        ("shop-web@one", "6000".to_owned(), Some(false), Some(false), false),
    ];
    assert_eq!(shown, wanted);
}
