//! A text of a deployment, or a bake file: the first byte chooses what it is, and the items are judged by what it is read as.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_checklist::{Policy, decide_all};
use plimsoll_evidence::{Evidence, Gathered, Need};
use plimsoll_project::build::read_one;
use plimsoll_project::{DeploymentOptions, KeepAll, Sources, read_deployment_text};

const NAMES: [&str; 5] = ["objects.yaml", "compose.yaml", "web.container", "web.service", "web.kube"];

fuzz_target!(|data: &[u8]| {
    let Some((first, text)) = data.split_first() else { return };
    if *first % 8 >= 6 {
        let name = if *first % 8 == 6 { "docker-bake.hcl" } else { "docker-bake.json" };
        let _ = read_one(&mut Sources::new(&KeepAll), name, &String::from_utf8_lossy(text));
        return;
    }
    let name = NAMES[*first as usize % NAMES.len()];
    let mut sources = Sources::new(&KeepAll);
    let deployment = read_deployment_text(name, text, &mut sources, &DeploymentOptions::default());
    for (workload, container) in deployment.containers() {
        assert!(container.mounts.iter().all(|m| (m.volume as usize) < workload.volumes.len()));
    }
    let absent = || Need::new("it", "give it");
    let evidence = Evidence {
        subject: None,
        image: Gathered::Absent(absent()),
        components: Gathered::Absent(absent()),
        sboms: Gathered::Absent(absent()),
        vulnerabilities: Gathered::Absent(absent()),
        vex: Gathered::Absent(absent()),
        sources: sources.finish().0,
        source_secrets: Vec::new(),
        build: Gathered::Absent(absent()),
        deployment: Gathered::Found(deployment),
        problems: Vec::new(),
    };
    let verdicts = decide_all(&evidence, &Policy::default());
    assert_eq!(verdicts.len(), 40);
});
