//! Kubernetes' objects, read to the place.

#![allow(clippy::unwrap_used, reason = "test code, though not all in test functions")]

use plimsoll_evidence::workload::{Confinement, EnvSource, ImageMatch, Role, Runner, VolumeKind};
use plimsoll_evidence::{Deployment, Location, Place, ProblemKind};
use plimsoll_project::{DeploymentOptions, ImageNames, KeepAll, Sources, read_deployment_text};

fn read(text: &str) -> Deployment {
    read_deployment_text("k8s.yaml", text.as_bytes(), &mut Sources::new(&KeepAll), &DeploymentOptions::default())
}

fn at(place: Place) -> (u32, u32, u32) {
    (place.line, place.column, place.width)
}

const WEB: &str = "\
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: web
  namespace: shop
spec:
  replicas: 3
  updateStrategy: { type: OnDelete }
  volumeClaimTemplates:
  - metadata: { name: data }
    spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
  template:
    metadata:
      labels: { app: web, tier: front }
    spec:
      restartPolicy: Always
      terminationGracePeriodSeconds: 45
      automountServiceAccountToken: no
      serviceAccountName: web
      hostNetwork: true
      hostUsers: false
      securityContext:
        runAsUser: 1001
        fsGroup: 0x10
        supplementalGroups: [5000]
        seccompProfile: { type: RuntimeDefault }
      volumes:
      - name: tmp
        emptyDir: { medium: Memory, sizeLimit: 64Mi }
      - { name: conf, configMap: { name: web-conf } }
      - { name: bare }
      initContainers:
      - name: migrate
        image: app:1
      - name: proxy
        image: proxy:1
        restartPolicy: Always
      containers:
      - name: app
        image: &image \"app:1\"
        command: [/app]
        args: [\"--port\", \"80\"]
        env:
        - { name: A, value: b }
        - { name: P, valueFrom: { secretKeyRef: { name: s, key: k } } }
        envFrom:
        - configMapRef: { name: web-conf }
        ports:
        - { containerPort: 80, hostPort: 8080 }
        securityContext:
          runAsUser: 0
          capabilities: { add: [NET_ADMIN], drop: [ALL] }
          seccompProfile: { type: Localhost, localhostProfile: p.json }
        resources: { limits: { memory: 256Mi, cpu: 1 }, requests: { memory: 128Mi } }
        livenessProbe: { exec: { command: [/app, live] }, periodSeconds: 5, timeoutSeconds: 2 }
        lifecycle: { preStop: { sleep: { seconds: 3 } } }
        volumeMounts:
        - { name: tmp, mountPath: /tmp }
        - { name: conf, mountPath: /etc/app, readOnly: true, subPath: x }
        - { name: data, mountPath: /data }
        - { name: gone, mountPath: /gone }
      - name: second
        image: *image
";

#[test]
fn a_workload_has_every_field_with_its_place() {
    let deployment = read(WEB);
    assert_eq!(deployment.problems, []);
    let web = &deployment.workloads[0];
    assert_eq!((web.title().as_str(), web.namespace.as_deref(), web.runner), ("StatefulSet web", Some("shop"), Runner::Kubernetes));
    assert_eq!((at(web.place), web.labels.len()), ((4, 9, 3), 2));
    assert_eq!(web.replicas.map(|r| (r.value, at(r.place))), Some((3, (7, 13, 1))));
    assert_eq!(web.strategy.as_ref().map(|s| s.value.as_str()), Some("OnDelete"));
    assert_eq!(web.grace.map(|g| g.value), Some(45_000));
    // YAML 1.1's word for false.
    assert_eq!(web.mounts_token.map(|m| (m.value, at(m.place))), Some((false, (18, 37, 2))));
    let names: Vec<_> = web.containers.iter().map(|c| (c.name.as_str(), c.role)).collect();
    assert_eq!(names, [("migrate", Role::Init), ("proxy", Role::Sidecar), ("app", Role::Main), ("second", Role::Main)]);

    let app = &web.containers[2];
    assert_eq!(app.image.as_ref().map(|i| (i.value.as_str(), at(i.place))), Some(("app:1", (40, 23, 7))));
    // Through an alias: the place where the image is written.
    assert_eq!(web.containers[3].image.as_ref().map(|i| at(i.place)), Some((40, 23, 7)));
    assert_eq!(app.entrypoint.as_ref().map(|e| (e.value.len(), at(e.place))), Some((1, (41, 9, 7))));
    assert_eq!(app.arguments.as_ref().unwrap().value, ["--port", "80"]);
    assert!(matches!(&app.env[0].value, EnvSource::Literal(v) if v.value == "b" && at(v.place) == (44, 29, 1)));
    assert_eq!(app.env[1].value, EnvSource::SecretKey("s".to_owned()));
    assert_eq!(app.ports[0].host.as_ref().map(|h| (h.value.as_str(), at(h.place))), Some(("8080", (49, 42, 4))));

    let security = &app.security;
    let user = security.user.as_ref().unwrap();
    assert_eq!((user.value.as_str(), at(user.place)), ("0", (51, 22, 1)));
    assert_eq!(user.undoes.as_ref().map(|u| (u.value.as_str(), at(u.place))), Some(("1001", (23, 20, 4))));
    let seccomp = security.seccomp.as_ref().unwrap();
    assert_eq!(seccomp.value, Confinement::Localhost("p.json".to_owned()));
    assert_eq!(seccomp.undoes.as_ref().map(|u| &u.value), Some(&Confinement::RuntimeDefault));
    assert_eq!((security.fs_group.map(|g| g.value), security.supplemental_groups.len()), (Some(16), 1));
    assert_eq!((security.capabilities_add[0].value.as_str(), at(security.capabilities_add[0].place)), ("NET_ADMIN", (52, 33, 9)));
    assert_eq!((security.host_namespaces.len(), security.place.map(at)), (1, Some((50, 9, 15))));

    assert_eq!(app.limit("cpu").map(|l| l.quantity.value.as_str()), Some("1"));
    assert_eq!(app.probes[0].period.map(|p| p.value), Some(5000));
    let kinds: Vec<_> = app.mounts.iter().map(|m| &web.volumes[m.volume as usize].kind).collect();
    assert!(matches!(kinds[0], VolumeKind::Ephemeral { in_memory: true, size_limit: Some(limit) } if limit.value == "64Mi"));
    assert!(matches!(kinds[1], VolumeKind::Config { name } if name == "web-conf"));
    assert!(matches!(kinds[2], VolumeKind::Claim { name, .. } if name == "data"));
    assert_eq!(kinds[3], &VolumeKind::Missing);
    // A volume without a kind is an emptyDir.
    assert_eq!(web.volumes[2].kind, VolumeKind::Ephemeral { in_memory: false, size_limit: None });
    assert_eq!(web.claim_templates[0].access_modes[0].value, "ReadWriteOnce");
}

#[test]
fn every_kind_that_runs_pods_is_read() {
    let pod = "{containers: [{name: c, image: i}]}";
    let template = format!("template: {{spec: {pod}}}");
    for (version, kind, body) in [
        ("v1", "Pod", format!("spec: {pod}")),
        ("apps/v1", "Deployment", format!("spec: {{{template}}}")),
        ("extensions/v1beta1", "Deployment", format!("spec: {{{template}}}")),
        ("apps/v1", "StatefulSet", format!("spec: {{{template}}}")),
        ("apps/v1", "DaemonSet", format!("spec: {{{template}}}")),
        ("apps/v1", "ReplicaSet", format!("spec: {{{template}}}")),
        ("v1", "ReplicationController", format!("spec: {{{template}}}")),
        ("batch/v1", "Job", format!("spec: {{{template}}}")),
        ("batch/v1", "CronJob", format!("spec: {{jobTemplate: {{spec: {{{template}}}}}}}")),
        ("v1", "PodTemplate", template.clone()),
    ] {
        let text = format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x}}\n{body}\n");
        let deployment = read(&text);
        assert_eq!(deployment.problems, [], "{kind}");
        assert_eq!(deployment.containers().count(), 1, "{kind}");
        // In a list, and as JSON.
        let list = format!("{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [{}]}}", json(&text));
        assert_eq!(read(&list).containers().count(), 1, "{kind} in a list");
    }
    let typed = "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: p}\n  spec: {containers: [{name: c, image: i}]}\n";
    assert_eq!(read(typed).containers().count(), 1);
}

/// Flow mappings are nearly JSON; what matters is that braces nest.
fn json(yaml: &str) -> String {
    format!("{{{}}}", yaml.trim_end().replace('\n', ", "))
}

#[test]
fn what_is_not_read_is_said_with_its_line() {
    for (text, kind, hides, line, words) in [
        ("apiVersion: example.org/v1\nkind: Thing\nspec: {}\n", ProblemKind::Unsupported, false, 2, "Thing of example.org/v1"),
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec: {template: {spec: {containers: []}}}\n",
            ProblemKind::Unsupported,
            true,
            2,
            "it has containers",
        ),
        (
            "apiVersion: v1\nkind: Pod\nspec:\n  containers: {{ .Values.x }}\n",
            ProblemKind::Unsupported,
            true,
            4,
            "template of a Helm chart",
        ),
        ("apiVersion: v1\nkind: Pod\nspec:\n  containers: {{CONTAINERS}}\n", ProblemKind::Unsupported, true, 4, "is a template: what"),
        ("apiVersion: v1\nkind: Pod\nspec: {hostPID: \"true\"}\n", ProblemKind::Malformed, true, 3, "hostPID is a string"),
        ("apiVersion: v1\nkind: Pod\nspec:\n  containers: [\n", ProblemKind::Malformed, true, 4, "could not be read"),
        (
            "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: 3}]}\n",
            ProblemKind::Malformed,
            true,
            3,
            "image is a whole number",
        ),
        ("apiVersion: v1\nkind: Pod\nspec: {securityContext: {seccompProfile: {}}}\n", ProblemKind::Malformed, true, 3, "has no type"),
    ] {
        let deployment = read(text);
        let problem = deployment.problems.first().unwrap_or_else(|| unreachable!("{text}: nothing said"));
        assert_eq!((problem.kind, problem.hides), (kind, hides), "{text}: {problem:?}");
        assert!(problem.message.contains(words), "{text}: {}", problem.message);
        let Some(Location::File(place)) = &problem.location else { unreachable!("{problem:?}") };
        assert_eq!(place.line, line, "{text}");
    }
    // What is whole is read beside what is not.
    let beside = format!("{WEB}---\nkind: [\n---\n{WEB}");
    let deployment = read(&beside);
    assert_eq!((deployment.workloads.len(), deployment.problems.len()), (2, 1));
    // A file that holds nothing of a deployment.
    assert!(read("a: b\n").problems[0].message.contains("no object of Kubernetes"));
}

#[test]
fn keys_given_twice_are_told() {
    let deployment = read("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  hostPID: false\n  hostPID: true\n");
    let told = &deployment.duplicate_keys[0];
    assert_eq!((told.key.value.as_str(), at(told.key.place), at(told.first)), ("hostPID", (6, 3, 7), (5, 3, 7)));
}

#[test]
fn relations_are_found_by_labels_and_names() {
    let beside = "\
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: b, namespace: shop }
spec: { minAvailable: 2, selector: { matchLabels: { app: web } } }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: h, namespace: shop }
spec: { minReplicas: 2, maxReplicas: 5, scaleTargetRef: { kind: StatefulSet, name: web } }
---
apiVersion: v1
kind: Service
metadata: { name: s, namespace: shop }
spec: { type: NodePort, selector: { app: web, tier: front } }
---
apiVersion: v1
kind: Service
metadata: { name: other, namespace: elsewhere }
spec: { selector: { app: web } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: n, namespace: shop }
spec: { podSelector: {}, policyTypes: [Ingress, Egress] }
---
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { pod-security.kubernetes.io/enforce: restricted } }
---
apiVersion: v1
kind: Secret
metadata: { name: s }
stringData: { password: x, empty: \"\" }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: c }
data: { a: b, long: |
    x
    y
  }
";
    let deployment =
        read(&format!("{WEB}{}", beside.replace("data: { a: b, long: |\n    x\n    y\n  }\n", "data:\n  a: b\n  long: |\n    x\n    y\n")));
    assert_eq!(deployment.problems, []);
    let web = &deployment.workloads[0];
    assert_eq!(deployment.disruption_budgets_of(web).count(), 1);
    assert_eq!(deployment.autoscalers_of(web).next().and_then(|a| a.max_replicas).map(|m| m.value), Some(5));
    assert_eq!(deployment.services_of(web).map(|s| s.name.as_str()).collect::<Vec<_>>(), ["s"]);
    assert!(deployment.network_policies[0].egress && deployment.network_policies[0].selector.is_empty());
    assert_eq!(deployment.namespaces[0].enforce.as_ref().map(|e| e.value.as_str()), Some("restricted"));
    assert_eq!(deployment.secrets[0].entries.iter().map(|e| e.placeholder).collect::<Vec<_>>(), [false, true]);
    assert_eq!((deployment.config_maps[0].keys.len(), deployment.config_maps[0].values.len()), (2, 1));
}

#[test]
fn the_image_is_matched_and_what_does_not_match_is_said() {
    let image = |reference: &str| DeploymentOptions {
        image: Some(ImageNames { references: vec![reference.to_owned()], digests: Vec::new(), ..ImageNames::default() }),
        run_tools: false,
    };
    let read = |options: &DeploymentOptions| read_deployment_text("k8s.yaml", WEB.as_bytes(), &mut Sources::new(&KeepAll), options);
    let runs: Vec<_> = read(&image("app:1")).containers().map(|(_, c)| c.runs).collect();
    assert_eq!(runs, [ImageMatch::Reference, ImageMatch::No, ImageMatch::Reference, ImageMatch::Reference]);
    // An archive has no name of its own, and this deployment names one image alone.
    let one = WEB.replace("proxy:1", "app:1");
    let archive = image("docker-archive:/x/app.tar");
    let archive = read_deployment_text("k8s.yaml", one.as_bytes(), &mut Sources::new(&KeepAll), &archive);
    assert!(archive.containers().all(|(_, c)| c.runs == ImageMatch::Only));
    let other = read(&image("ghcr.io/acme/thing:2"));
    assert!(other.containers().all(|(_, c)| c.runs == ImageMatch::No));
    assert_eq!(
        other.problems[0].message,
        "no container of the deployment runs the image ghcr.io/acme/thing:2; it names app:1, proxy:1; --name says how it is called there"
    );
}
