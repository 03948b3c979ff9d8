//! Whether the container works when its root cannot be written.

mod deployment;

use std::collections::BTreeMap;

use plimsoll_evidence::ImageFacts;

use super::prelude::*;
use crate::deployed::Deployed;
use crate::shown::{count, list};
use crate::writes::{Purpose, Source, Write, on_volume, writes};

const ID: ItemId = ItemId("read-only-root");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Container root filesystem is read-only",
    section: Section::Runtime,
    requirement: "The root filesystem of the container is mounted read-only; writing happens in volumes that are made for it.",
    why: "What cannot be written cannot be changed by an attacker: no dropped tools, no altered programs, nothing that outlives a restart.",
    remediation: "Set readOnlyRootFilesystem: true (read_only: true in Compose, ReadOnly=true in Quadlet) and mount an emptyDir or tmpfs for each path that the software writes, or tell the software to write elsewhere.",
    references: &[footnote(47)],
    rules: &[WRITES, MAY_WRITE, deployment::WRITABLE_ROOT, deployment::NO_PLACE, deployment::STAYS_WRITABLE],
    example: Some(Example {
        language: "yaml",
        bad: "securityContext: {}",
        good: "securityContext:\n  readOnlyRootFilesystem: true\nvolumeMounts:\n  - { name: tmp, mountPath: /tmp }",
    }),
    rests_on: &[RestsOn::Config, RestsOn::Files, RestsOn::Deployment],
    judge,
};

const MOUNT: &str = "Mount an emptyDir or tmpfs there, declare it as VOLUME, or tell the software to write elsewhere.";
const WRITES: Rule = Rule::new("writes-to-root", Medium, "The software is set to write to the root filesystem.", MOUNT);
const MAY_WRITE: Rule =
    Rule::new("may-write-to-root", Info, "A program names paths of the root filesystem in its strings that it may write.", MOUNT);

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let deployed = Deployed::of(evidence);
    let image = evidence.image.found();
    if image.is_none() && !deployed.is_known() {
        return without_deployment(evidence);
    }
    let mut case = Case::new(ID, evidence);
    deployment::judge(&mut case, &deployed, image);
    if deployed.is_known() {
        if let Some(image) = image {
            // Whether the deployment gives each write a place is told above; what the programs may write is advice.
            case.advice_only(true);
            of_image(&mut case, image, &|write| deployed.containers.iter().all(|r| r.takes_writes(&write.path, image)));
            case.advice_only(false);
        }
        let fail = format!("{} about the root of {}.", count(case.failing(), "fault"), deployed.shown());
        let pass = format!("The root of {} is read-only.", deployed.shown());
        return case.conclude(fail, "", pass);
    }
    let Some(image) = image else { return without_deployment(evidence) };
    let (places, maybe) = of_image(&mut case, image, &|write| on_volume(image, &write.path));
    if maybe {
        case.need(
            "what the programs write when they run: their strings name paths outside of volumes",
            "run the check with the sandbox on a read-only root",
        );
    }
    if !crate::running::is_closed(image) {
        case.need(
            "what the container writes: not all that it runs is known from its files",
            "run the check with the sandbox on a read-only root, or give the deployment's manifests",
        );
    }
    let fail = format!("{} outside of volumes would need a writable root.", count(places, "place"));
    let pass = format!(
        "Nothing among {} reached is set to write outside of {}.",
        count(image.closure.reached.len(), "file"),
        count(image.config.volumes.len(), "volume")
    );
    case.conclude(fail, "Nothing is set to write to the root filesystem, and not all that runs is known.", pass)
}

/// What the software writes where it has no place: how many places there are, and whether there may be more.
fn of_image<'a>(case: &mut Case<'a>, image: &'a ImageFacts, has_place: &dyn Fn(&Write<'_>) -> bool) -> (usize, bool) {
    let all = writes(image);
    // Temporary data is the item ephemeral-temp-data's, but it needs a place on a read-only root all the same.
    let mut certain: BTreeMap<(String, String), Vec<&Write<'_>>> = BTreeMap::new();
    let mut maybe: BTreeMap<String, Vec<&Write<'_>>> = BTreeMap::new();
    for write in all.iter().filter(|w| !has_place(w)) {
        if write.certain {
            certain.entry((directory(&write.path), write.by.clone())).or_default().push(write);
        } else {
            maybe.entry(write.by.clone()).or_default().push(write);
        }
    }
    for ((directory, by), writes) in &certain {
        let paths: Vec<&str> = writes.iter().map(|w| w.path.as_str()).collect();
        let Some(first) = writes.first() else { continue };
        let draft = case
            .find(&WRITES)
            .about(format!("{directory} {by}"))
            .says(format!("{by} writes {} to {}.", first.purpose.words(), list(&paths, 4)))
            .example(format!(
                "volumeMounts:\n  - {{ name: {}, mountPath: {directory} }}\nvolumes:\n  - {{ name: {}, emptyDir: {{ sizeLimit: 64Mi }} }}",
                volume_name(directory),
                volume_name(directory)
            ));
        place(draft, first).add();
    }
    for (by, writes) in &maybe {
        let paths: Vec<&str> = writes.iter().map(|w| w.path.as_str()).collect();
        let Some(first) = writes.first() else { continue };
        place(case.find(&MAY_WRITE).about(by).says(format!("{by} names {}.", list(&paths, 6))), first).add();
    }
    (certain.len(), !maybe.is_empty())
}

/// The directory to mount: what is a directory by its purpose stays, a file gives its own.
fn directory(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    if name.contains('.') {
        path.rsplit_once('/').map_or("/", |(dir, _)| if dir.is_empty() { "/" } else { dir }).to_owned()
    } else {
        path.trim_end_matches('/').to_owned()
    }
}

fn volume_name(directory: &str) -> String {
    let name: String =
        directory.trim_matches('/').chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    if name.is_empty() { "data".to_owned() } else { name }
}

pub(super) fn place<'c, 'a>(draft: crate::case::Draft<'c, 'a>, write: &Write<'_>) -> crate::case::Draft<'c, 'a> {
    match write.place {
        Source::Config(field) => draft.in_config(field),
        Source::Env(name) => draft.in_config(format!("Env[{name}]")),
        Source::File(file, Some(line)) => draft.in_line(file, line),
        Source::File(file, None) => draft.in_file(file),
    }
}

/// Whether a write is of data that only the running process needs.
pub(super) fn is_temporary(write: &Write<'_>) -> bool {
    matches!(write.purpose, Purpose::Temporary | Purpose::Runtime)
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::Link;

    use super::*;
    use crate::testkit::{Kit, elf};

    #[test]
    fn cases() {
        let app = || Kit::new().entrypoint(&["/app"]).elf(elf("app")).reach("app", Link::Entrypoint);
        let mut naming = elf("app");
        naming.paths = vec!["/var/lib/app".to_owned()];
        let named = || Kit::new().entrypoint(&["/app"]).elf(naming.clone()).reach("app", Link::Entrypoint);
        let script =
            |text: &str| Kit::new().entrypoint(&["/e.sh"]).script("e.sh", &format!("#!/bin/sh\n{text}\n")).reach("e.sh", Link::Entrypoint);
        let nginx = |conf: &str| {
            Kit::new()
                .cmd(&["nginx"])
                .file("usr/sbin/nginx", 0o755)
                .reach("usr/sbin/nginx", Link::Entrypoint)
                .text("etc/nginx/nginx.conf", conf)
        };
        let cases = [
            (app(), "pass"),
            (Kit::new(), "unknown"),
            (app().open_end("runs its arguments"), "unknown"),
            (named(), "unknown: info may-write-to-root"),
            (named().volume("/var/lib/app"), "pass"),
            (script("echo x > /etc/conf; exec app"), "fail: medium writes-to-root"),
            (script("echo x > /dev/null; exec app"), "pass"),
            (script("mkdir -p /data/x").volume("/data"), "pass"),
            (nginx("pid /tmp/p;\nerror_log stderr;\naccess_log /dev/stdout;\n").volume("/tmp"), "pass"),
            (nginx("error_log stderr;\naccess_log off;\n"), "fail: medium writes-to-root"),
            (app().env("TMPDIR", "/scratch"), "fail: medium writes-to-root"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.judge(&ITEM).findings);
        }
    }
}
