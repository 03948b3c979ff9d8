//! Deployments as they are written, for tests of items.

use plimsoll_project::{DeploymentOptions, ImageNames, KeepAll, Sources, read_deployment};

use crate::testkit::Kit;

/// The kit with a deployment read from a file of this name and text. Where the kit has an image, it is called `app`.
pub(crate) fn deployed(kit: Kit, file: &str, text: &str) -> Kit {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(file);
    std::fs::write(&path, text).unwrap();
    let mut sources = Sources::new(&KeepAll);
    let names = ImageNames { references: vec!["app".to_owned()], digests: vec![format!("sha256:{}", "a".repeat(64))] };
    let image = kit.evidence().subject.is_some().then_some(names);
    let deployment = read_deployment(&[path], &mut sources, &DeploymentOptions { image, run_tools: false });
    let (texts, _) = sources.finish();
    texts.iter().fold(kit, |kit, text| kit.source(file, &text.text)).deployment(deployment)
}

/// A Deployment of one container, with what stands in the pod and in the container.
pub(crate) fn pod(pod: &str, container: &str) -> String {
    let indented = |text: &str, by: usize| text.lines().map(|l| format!("{}{l}\n", " ".repeat(by))).collect::<Vec<_>>().concat();
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: 2\n  template:\n    metadata: {{labels: {{app: web}}}}\n    \
         spec:\n{}      containers:\n      - name: app\n        image: app\n{}",
        indented(pod, 6),
        indented(container, 8)
    )
}

/// A kit with that pod.
pub(crate) fn kubernetes(kit: Kit, in_pod: &str, in_container: &str) -> Kit {
    deployed(kit, "k8s.yaml", &pod(in_pod, in_container))
}

/// A kit with a Compose service of these lines.
pub(crate) fn compose(kit: Kit, service: &str) -> Kit {
    let lines = service.lines().map(|l| format!("    {l}\n")).collect::<Vec<_>>().concat();
    deployed(kit, "compose.yaml", &format!("services:\n  web:\n    image: app\n{lines}"))
}

/// A kit with a `.container` unit of these lines.
pub(crate) fn quadlet(kit: Kit, lines: &str) -> Kit {
    deployed(kit, "web.container", &format!("[Container]\nImage=app\n{lines}\n"))
}
