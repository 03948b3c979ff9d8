//! Volumes for data that is only read.

mod deployment;

use plimsoll_evidence::{BuildFile, ImageFacts, Says};

use super::prelude::*;
use crate::built;
use crate::deployed::{Deployed, is_below};
use crate::host_labels::run_labels;

const ID: ItemId = ItemId("read-only-volumes");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Read-only data uses read-only volumes",
    section: Section::Runtime,
    requirement: "Data that the container only reads is mounted read-only.",
    why: "Configuration that cannot be written cannot be changed by an attacker, nor by accident.",
    remediation: "Mount every ConfigMap, Secret and volume that is only read with readOnly: true, and do not declare volumes over configuration or code in the image.",
    references: &[footnote(49)],
    rules: &[
        WRITABLE_CONFIG,
        WRITABLE_CODE,
        MOUNT_BY_LABEL,
        deployment::CONFIG_MOUNT,
        deployment::CODE_MOUNT,
        deployment::SECRET_MOUNT,
        deployment::READ_ONLY_CLAIM,
        deployment::ONLY_READ,
    ],
    example: Some(Example {
        language: "yaml",
        bad: "volumeMounts:\n  - { name: config, mountPath: /etc/app }",
        good: "volumeMounts:\n  - { name: config, mountPath: /etc/app, readOnly: true }",
    }),
    rests_on: &[RestsOn::Config, RestsOn::Files, RestsOn::BuildFiles, RestsOn::Deployment],
    judge,
};

const WRITABLE_CONFIG: Rule = Rule::new(
    "writable-config-volume",
    Medium,
    "VOLUME makes a writable volume over configuration.",
    "Remove the VOLUME line; mount the configuration read-only where it is deployed.",
);
const WRITABLE_CODE: Rule = Rule::new(
    "writable-code-volume",
    Medium,
    "VOLUME makes a writable volume over programs or libraries.",
    "Remove the VOLUME line; what the image ships is read from the image.",
);
const MOUNT_BY_LABEL: Rule =
    Rule::new("writable-mount-by-label", Low, "The image tells the host to mount configuration writable.", "Add :ro to the mount.");

const CODE: [&str; 8] = ["usr", "bin", "sbin", "lib", "lib64", "opt", "boot", "usr/local"];

/// Whether a folder, without its slashes at both ends, is one for programs.
pub(crate) fn is_code(path: &str) -> bool {
    CODE.contains(&path)
        || ["usr/bin", "usr/lib", "usr/sbin", "usr/share", "usr/local/bin", "usr/local/lib"]
            .iter()
            .any(|d| path == *d || path.starts_with(&format!("{d}/")))
}

/// A folder of the project, mounted over where applications lie, as it is while developing.
pub(crate) fn is_source(host: &str, path: &str) -> bool {
    const CODE: [&str; 9] = ["/app", "/code", "/src", "/srv", "/opt", "/usr/local/app", "/usr/src", "/var/www", "/workspace"];
    let data = path.split('/').any(|part| matches!(part, "data" | "uploads" | "storage" | "backup" | "backups" | "logs" | "tmp"));
    host.starts_with('.') && !data && CODE.iter().any(|d| is_below(path, d))
}

/// A file that is configuration by its name.
pub(crate) fn is_config_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    [
        ".conf",
        ".config",
        ".cfg",
        ".ini",
        ".toml",
        ".yaml",
        ".yml",
        ".json",
        ".properties",
        ".xml",
        ".env",
        ".pem",
        ".crt",
        ".key",
        ".htpasswd",
    ]
    .iter()
    .any(|end| name.ends_with(end))
}

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let deployed = Deployed::of(evidence);
    let image = evidence.image.found();
    if image.is_none() && !deployed.is_known() && !built::given(evidence) {
        return without_deployment(evidence);
    }
    let mut case = Case::new(ID, evidence);
    if let Some(image) = image {
        of_image(&mut case, image, &deployed);
    }
    if image.is_none() && !deployed.is_known() {
        of_build_files(&mut case, evidence);
    }
    deployment::judge(&mut case, &deployed, image);
    if !deployed.is_known() {
        deployed.need(&mut case, "how volumes are mounted");
    }
    let fail = format!("{} writable over what is only read.", crate::shown::count(case.failing(), "volume"));
    let mounts: usize = deployed.containers.iter().map(|r| r.container.mounts.len()).sum();
    let pass = if mounts == 0 {
        format!("Nothing is mounted into {}.", deployed.shown())
    } else {
        format!("Of {} of {}, none is writable over what is only read.", crate::shown::count(mounts, "mount"), deployed.shown())
    };
    let unknown = if deployed.is_known() {
        "Nothing is known to be writable over what is only read; of some volumes that are mounted writable it is not known whether they are written."
    } else {
        let what = if image.is_some() { "image" } else { "build file" };
        &format!("The {what} declares no writable volume over what is only read; how volumes are mounted is not known.")
    };
    case.conclude(fail, unknown, pass)
}

/// Volumes that the build files declare, where nothing else is known.
fn of_build_files(case: &mut Case<'_>, evidence: &Evidence) {
    for instruction in built::files(evidence).iter().flat_map(BuildFile::own).filter(|i| i.name == "VOLUME") {
        let Says::Words(words) = &instruction.says else { continue };
        for word in words {
            let Some(volume) = built::known(word) else { continue };
            let path = volume.trim_matches('/');
            let (rule, what) = if path == "etc" || path.starts_with("etc/") {
                (&WRITABLE_CONFIG, "configuration that is only read")
            } else if is_code(path) {
                (&WRITABLE_CODE, "programs and libraries")
            } else {
                continue;
            };
            case.find(rule).about(volume).says(format!("VOLUME {volume} is writable, over {what}.")).in_source(word.place).add();
        }
    }
}

/// Volumes that the image declares; one that every container mounts otherwise is the deployment's to judge.
fn of_image(case: &mut Case<'_>, image: &ImageFacts, deployed: &Deployed<'_>) {
    let mounted_over = |path: &str| deployed.is_known() && deployed.containers.iter().all(|r| r.mount_of(path).is_some());
    for volume in image.config.volumes.iter().filter(|v| !mounted_over(v)) {
        let path = volume.trim_matches('/');
        let field = format!("Volumes[{volume}]");
        let executables = image.tree.below(path).filter(|(_, f)| f.is_executable()).count();
        if path == "etc" || path.starts_with("etc/") {
            case.find(&WRITABLE_CONFIG)
                .says(format!("VOLUME {volume} is writable, over configuration that is only read."))
                .in_config(field)
                .add();
        } else if is_code(path) || executables > 0 {
            let what =
                if executables > 0 { crate::shown::count(executables, "executable file") } else { "programs and libraries".to_owned() };
            case.find(&WRITABLE_CODE).says(format!("VOLUME {volume} is writable, over {what}.")).in_config(field).add();
        }
    }
    for run in run_labels(image) {
        for mount in run.values(&["-v", "--volume"]) {
            let parts: Vec<&str> = mount.split(':').collect();
            let (Some(target), options) = (parts.get(1), parts.get(2).copied().unwrap_or_default()) else { continue };
            if target.trim_matches('/').starts_with("etc") && !options.split(',').any(|o| o == "ro") {
                case.find(&MOUNT_BY_LABEL)
                    .about(mount)
                    .says(format!("The label {} mounts {mount:?} writable.", run.label))
                    .in_config(format!("Labels[{}]", run.label))
                    .add();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let cases = [
            (Kit::new(), "unknown"),
            (Kit::new().volume("/data"), "unknown"),
            (Kit::new().volume("/etc/nginx"), "fail: medium writable-config-volume"),
            (Kit::new().volume("/usr/share/nginx/html"), "fail: medium writable-code-volume"),
            (Kit::new().volume("/srv/app").file("srv/app/run", 0o755), "fail: medium writable-code-volume"),
            (Kit::new().label("RUN", "docker run -v /etc/x:/etc/x IMAGE"), "fail: low writable-mount-by-label"),
            (Kit::new().label("RUN", "docker run -v /etc/x:/etc/x:ro,Z IMAGE"), "unknown"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
        for (text, wanted) in [
            ("VOLUME /data /etc/app", "fail: writable-config-volume:2:14"),
            ("VOLUME [\"/usr/share/x\"]", "fail: writable-code-volume:2:9"),
            ("VOLUME /data", "unknown"),
        ] {
            assert_eq!(built::tests::lines(&built::tests::alone(&format!("FROM a\n{text}\n")), &ITEM), wanted, "{text}");
        }
    }
}
