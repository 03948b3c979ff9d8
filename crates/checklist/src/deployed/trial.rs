//! Deployments as they are written, for tests of items.

use plimsoll_project::{DeploymentOptions, ImageNames, KeepAll, Sources, read_deployment};

use crate::testkit::Kit;

/// The kit with a deployment read from a file of this name and text. Where the kit has an image, it is called `app`.
pub(crate) fn deployed(kit: Kit, file: &str, text: &str) -> Kit {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(file);
    std::fs::write(&path, text).unwrap();
    let mut sources = Sources::new(&KeepAll);
    let names =
        ImageNames { references: vec!["app".to_owned()], digests: vec![format!("sha256:{}", "a".repeat(64))], ..ImageNames::default() };
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

/// What the findings of a rule advise.
pub(crate) fn advice(kit: &Kit, item: &crate::Item, rule: &str) -> Vec<String> {
    let verdict = kit.judge(item);
    let own = verdict.findings.into_iter().filter(|f| f.rule.rule() == rule);
    own.filter_map(|f| f.fix).map(|fix| fix.summary).collect()
}

/// Advice is in the words of the file that it is about: a deployment with faults of every kind, once for each runner.
#[test]
fn advice_speaks_of_the_files_own_format() {
    let none = || Kit::new().without_image();
    let on_host = "volumes: [{name: v, hostPath: {path: /etc}}, {name: w, emptyDir: {medium: Memory}}, {name: x, hostPath: {path: /tmp}}]";
    let in_container = "securityContext: {runAsUser: 0, procMount: Unmasked}\nvolumeMounts: [{name: v, mountPath: /etc/app}, {name: w, mountPath: /w}, {name: x, mountPath: /tmp}]";
    let service = "user: \"0\"\nstop_grace_period: 0s\nlogging: {driver: none}\nsecurity_opt: [systempaths=unconfined]\ntmpfs: /w\nvolumes: [\"/etc:/etc/app\", \"/tmp:/tmp\", \".:/app\"]";
    let unit = "User=0\nStopTimeout=0\nLogDriver=none\nUnmask=ALL\nTmpfs=/w\nVolume=/etc:/etc/app\nVolume=/tmp:/tmp\nVolume=.:/app";
    for (kit, foreign) in [
        (
            kubernetes(none(), &format!("{on_host}\nterminationGracePeriodSeconds: 0"), in_container),
            &["Compose", "Quadlet", "HEALTHCHECK", "tmpfs", ":ro"][..],
        ),
        (compose(none(), service), &["Kubernetes", "Quadlet", "emptyDir", "runAsUser", "readOnly", "Volume=", "User="]),
        (compose(Kit::new(), service), &["Kubernetes", "Quadlet", "emptyDir", "runAsUser", "readOnly", "Volume=", "User="]),
        (quadlet(none(), unit), &["Kubernetes", "Compose", "emptyDir", "runAsUser", "readOnly", "security_opt", "cap_drop"]),
    ] {
        let mut judged = 0;
        for item in crate::CATALOGUE {
            for finding in kit.judge(item).findings {
                // What is told of the image is about no deployment.
                let (plimsoll_evidence::Location::File(_), Some(fix)) = (&finding.location, &finding.fix) else { continue };
                judged += 1;
                for word in foreign {
                    assert!(!fix.summary.contains(word), "{}: {:?} speaks of {word}", finding.rule, fix.summary);
                }
            }
        }
        assert!(judged > 8, "{judged}");
    }
}
