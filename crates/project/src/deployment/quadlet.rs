//! Units of Quadlet and systemd that run containers by Podman (podman-systemd.unit(5), podman-run(1)).

mod options;
mod run;
mod unit;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use plimsoll_evidence::workload::Runner;
use plimsoll_evidence::{Deployment, Placed, ProblemKind};

use super::discover::{Named, stays_inside};
use super::fields::Complaints;
use super::kubernetes;
use crate::Sources;
use options::Run;
use unit::Unit;

/// Reads a unit.
pub(crate) fn read(file: &Named, sources: &mut Sources<'_>, into: &mut Deployment) {
    let extension = file.path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_owned();
    let stem = file.path.file_stem().and_then(|s| s.to_str()).unwrap_or_default().to_owned();
    match extension.as_str() {
        "container" => {
            let Some(unit) = load(file, sources, into) else { return };
            container(&stem, &unit, file, sources, into);
        }
        "kube" => {
            let Some(unit) = load(file, sources, into) else { return };
            kube(&unit, file, sources, into);
        }
        "service" => {
            let Some(unit) = load(file, sources, into) else { return };
            service(&stem, &unit, file, sources, into);
        }
        // Pods, volumes, networks, images and builds are read with the containers that name them.
        _ => {}
    }
}

/// A unit with its drop-ins, which count as if they stood at its end.
fn load(file: &Named, sources: &mut Sources<'_>, into: &mut Deployment) -> Option<Unit> {
    let source = match sources.read(&file.path, &file.name) {
        Ok(source) => source,
        Err(problem) => {
            into.problems.push(problem);
            return None;
        }
    };
    let mut unit = Unit::parse(sources.text(source), source);
    for (path, name) in drop_ins(file) {
        match sources.read(&path, &name) {
            Ok(source) => unit.append(Unit::parse(sources.text(source), source)),
            Err(problem) => into.problems.push(problem),
        }
    }
    Some(unit)
}

/// The drop-ins of a unit with what they are called, in the order in which they count. Folders are for every unit of the type, for those
/// whose names begin alike up to a hyphen, for a template and for the unit itself; of files of one name the closest folder's counts
/// (podman-systemd.unit(5), "Drop-in directories"; systemd.unit(5)).
fn drop_ins(file: &Named) -> Vec<(PathBuf, String)> {
    let unit = file.path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    let Some((stem, extension)) = unit.rsplit_once('.') else { return Vec::new() };
    let mut folders = vec![format!("{extension}.d")];
    folders.extend(stem.match_indices('-').map(|(at, _)| format!("{}-.{extension}.d", &stem[..at])));
    folders.extend(
        stem.split_once('@').filter(|(_, instance)| !instance.is_empty()).map(|(template, _)| format!("{template}@.{extension}.d")),
    );
    folders.push(format!("{unit}.d"));
    let base = file.name.strip_suffix(unit).unwrap_or_default();
    let mut found = BTreeMap::new();
    for folder in folders {
        for entry in fs::read_dir(file.path.with_file_name(&folder)).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if path.extension().is_some_and(|e| e == "conf") && stays_inside(&path, &file.root) {
                found.insert(name.clone(), (path, format!("{base}{folder}/{name}")));
            }
        }
    }
    found.into_values().collect()
}

/// A unit beside this one, by its file's name.
fn beside(name: &str, file: &Named, sources: &mut Sources<'_>) -> Option<Unit> {
    if name.contains('/') {
        return None;
    }
    let path = file.path.with_file_name(name);
    if !path.is_file() || !stays_inside(&path, &file.root) {
        return None;
    }
    let base = file.name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let shown = if base.is_empty() { name.to_owned() } else { format!("{base}/{name}") };
    let source = sources.read(&path, &shown).ok()?;
    Some(Unit::parse(sources.text(source), source))
}

fn container(stem: &str, unit: &Unit, file: &Named, sources: &mut Sources<'_>, into: &mut Deployment) {
    let mut run = Run::new(stem, ".container", unit.start("Container"));
    if let Some(pod) = unit.last("Container", "Pod") {
        if let Some(pod) = beside(&pod.value, file, sources) {
            run::pod(&pod, &mut run);
        } else {
            let mut complaints = Complaints::new(sources, "Quadlet");
            let message = format!("Pod= names {}, which is not beside this unit: what it sets is not known", pod.value);
            complaints.hides(ProblemKind::Io, pod.place, message);
            into.problems.append(&mut complaints.problems);
        }
    }
    run::container(unit, &mut run);
    // Units beside this one may say what an image or a volume is.
    if let Some(image) = run.container.image.clone() {
        for (extension, section, key) in [(".image", "Image", "Image"), (".build", "Build", "ImageTag")] {
            if image.value.ends_with(extension) {
                run.container.image =
                    beside(&image.value, file, sources).and_then(|u| u.values(section, key).into_iter().next()).or(run.container.image);
            }
        }
    }
    for at in 0..run.workload.volumes.len() {
        let name = run.workload.volumes[at].name.clone();
        if name.ends_with(".volume")
            && let Some(unit) = beside(&name, file, sources)
        {
            run::volume(&unit, &mut run.workload.volumes[at]);
        }
    }
    run::service(unit, &mut run);
    finish(run, sources, into);
}

fn finish(run: Run, sources: &Sources<'_>, into: &mut Deployment) {
    let mut complaints = Complaints::new(sources, "Podman");
    for (place, message) in &run.complaints {
        complaints.notes(ProblemKind::Unsupported, *place, message);
    }
    into.problems.append(&mut complaints.problems);
    into.workloads.push(run.finish());
}

/// `.kube`: Podman plays Kubernetes' objects.
fn kube(unit: &Unit, file: &Named, sources: &mut Sources<'_>, into: &mut Deployment) {
    for yaml in unit.words("Kube", "Yaml") {
        let path = file.path.with_file_name(&yaml.value);
        let base = file.name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let name = if base.is_empty() { yaml.value.clone() } else { format!("{base}/{}", yaml.value) };
        let inside = Path::new(&yaml.value).is_relative() && stays_inside(&path, &file.root);
        let read = if inside { sources.read(&path, &name).ok() } else { None };
        let Some(source) = read else {
            let mut complaints = Complaints::new(sources, "Podman");
            let message = format!("Yaml= names {}, which cannot be read beside this unit", yaml.value);
            complaints.hides(ProblemKind::Io, yaml.place, message);
            into.problems.append(&mut complaints.problems);
            continue;
        };
        // The same file may have been read as one of Kubernetes' own; Podman's way of running it is what this unit asks for.
        into.workloads.retain(|w| w.place.source != source);
        kubernetes::read_text(source, Runner::Podman, true, sources, into);
    }
}

/// A service of systemd that runs `podman run` or `docker run`.
fn service(stem: &str, unit: &Unit, file: &Named, sources: &mut Sources<'_>, into: &mut Deployment) {
    let mut found = false;
    for line in unit.commands("Service", "ExecStart") {
        let Some(arguments) = run::podman_run(&line) else { continue };
        found = true;
        let at = line.first().map_or_else(|| unit.start("Service"), |w| w.place);
        let mut run = Run::new(stem, ".service", at);
        run::command_line(arguments, &mut run);
        run::service(unit, &mut run);
        finish(run, sources, into);
    }
    if !found && file.asked {
        let mut complaints = Complaints::new(sources, "systemd");
        let at: Placed<()> = Placed::new((), unit.start("Service"));
        complaints.notes(ProblemKind::Unsupported, at.place, format!("{} runs no container by podman run or docker run", file.name));
        into.problems.append(&mut complaints.problems);
    }
}
