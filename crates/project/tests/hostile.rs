//! Folders and files that mean no good.

#![allow(clippy::unwrap_used, reason = "test code, though not all in test functions")]

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;

use plimsoll_evidence::{Deployment, ProblemKind};
use plimsoll_project::{DeploymentOptions, KeepAll, Sources, read_deployment, read_deployment_text};
use proptest::prelude::*;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}\n";

fn read(path: &Path) -> Deployment {
    read_deployment(&[path.to_owned()], &mut Sources::new(&KeepAll), &DeploymentOptions::default())
}

#[test]
fn links_out_of_the_folder_are_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.yaml"), POD).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.yaml"), POD).unwrap();
    symlink("a.yaml", folder.path().join("inside.yaml")).unwrap();
    symlink(outside.path().join("secret.yaml"), folder.path().join("b.yaml")).unwrap();
    symlink(outside.path(), folder.path().join("folder")).unwrap();
    symlink(".", folder.path().join("circle")).unwrap();
    let deployment = read(folder.path());
    assert_eq!(deployment.workloads.len(), 2);
    assert_eq!(deployment.problems.iter().map(|p| p.kind).collect::<Vec<_>>(), [ProblemKind::Escape]);
}

#[test]
fn what_is_too_big_or_no_file_is_said_and_the_rest_is_read() {
    let folder = tempfile::tempdir().unwrap();
    File::create(folder.path().join("big.yaml")).unwrap().set_len(2 << 30).unwrap();
    fs::write(folder.path().join("c.yaml"), POD).unwrap();
    fs::write(folder.path().join("binary.yaml"), [0xff, 0xfe, 0, 1, 2]).unwrap();
    fs::write(folder.path().join("deep.json"), format!("{}\"apiVersion\"", "[".repeat(100_000))).unwrap();
    fs::write(folder.path().join("data.json"), "{\"token\": \"no deployment\"}").unwrap();
    let bomb: String = (1..9).fold("a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned(), |text, n| {
        let before = format!("*a{},", n - 1).repeat(9);
        format!("{text}a{n}: &a{n} [{before}]\n")
    });
    fs::write(folder.path().join("bomb.yaml"), format!("{bomb}apiVersion: v1\nkind: Pod\n")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, folder.path().join("pipe.yaml"), rustix::fs::FileType::Fifo, 0o644.into(), 0).unwrap();
    let mut sources = Sources::new(&KeepAll);
    let deployment = read_deployment(&[folder.path().to_owned()], &mut sources, &DeploymentOptions::default());
    assert!(sources.texts().iter().all(|t| !t.name.ends_with("data.json")), "what is no deployment is not kept");
    assert_eq!(deployment.workloads.len(), 1);
    let kinds: Vec<_> = deployment.problems.iter().map(|p| (p.kind, p.hides)).collect();
    assert_eq!(kinds, [(ProblemKind::Limit, true), (ProblemKind::Limit, true)], "{:?}", deployment.problems);
    assert!(read(&folder.path().join("none")).problems[0].hides);
}

#[test]
fn charts_and_kustomizations_are_told_what_to_do_with() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("chart/Chart.yaml", "name: c\n"),
        ("chart/templates/a.yaml", "a: {{ .Values.a }}\n"),
        ("overlay/kustomization.yaml", "resources: [a.yaml]\n"),
        ("overlay/a.yaml", POD),
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::write(folder.path().join("chart.tgz"), b"no archive").unwrap();
    let deployment = read(folder.path());
    assert!(deployment.workloads.is_empty());
    let said: Vec<_> = deployment.problems.iter().map(|p| (p.hides, p.message.clone())).collect();
    assert!(said[0].0 && said[0].1.contains("is a Helm chart, and no tools are run: name what `helm template"), "{said:?}");
    assert!(said[1].0 && said[1].1.contains("is a kustomization, and no tools are run: name what `kubectl kustomize"), "{said:?}");
    let archive = read(&folder.path().join("chart.tgz"));
    assert!(archive.problems[0].message.contains("no gzip file"), "{:?}", archive.problems);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_survived(text in "\\PC{0,200}", words in prop::collection::vec(prop::sample::select(vec![
        "apiVersion: v1\n", "kind: Pod\n", "kind: List\n", "kind: CronJob\n", "spec:\n", "  template: ", "containers:\n", "- name: a\n", "  image: b\n",
        "    securityContext: ", "{runAsUser: ", "1", "}", "[", "]", "volumes: ", "volumeMounts:\n", "env:\n", "services:\n", "  web:\n", "    image: ${A:-",
        "x}\n", "    extends: web\n", "    volumes: [\"a:b:c:d\"]\n", "    ports: [\"::\"]\n", "include: [.]\n", "[Container]\n", "PodmanArgs=", "--mount ",
        "-v ", "--", "-dit", "Environment=", "\\\n", "ExecStart=podman run ", "[Service]\n", "null\n", "- ", "*a ", "&a ", "<<: ", "\n",
    ]), 0..30)) {
        for body in [text, words.concat()] {
            for name in ["a.yaml", "compose.yaml", "a.container", "a.service", "a.kube"] {
                let mut sources = Sources::new(&KeepAll);
                let deployment = read_deployment_text(name, body.as_bytes(), &mut sources, &DeploymentOptions::default());
                // Every mount has its volume.
                for (workload, container) in deployment.containers() {
                    prop_assert!(container.mounts.iter().all(|m| (m.volume as usize) < workload.volumes.len()));
                }
            }
        }
    }
}
