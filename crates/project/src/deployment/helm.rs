//! Helm charts: rendered by `helm template`, where it is installed.

mod archive;

use std::fs;

use plimsoll_evidence::workload::Runner;
use plimsoll_evidence::{Deployment, Problem, ProblemKind, printable_line};

use super::discover::Named;
use super::kubernetes;
use super::tool::{Rendered, run};
use crate::Sources;

/// The version of Kubernetes for which a chart is rendered that the installed Helm's own is too old for.
const KUBERNETES: &str = "1.35.0";

/// Renders a chart with its own values and reads what comes of it.
pub(crate) fn read(chart: &Named, sources: &mut Sources<'_>, run_tools: bool, into: &mut Deployment) {
    let shown = printable_line(&chart.name, 200);
    let by_hand = format!("name what `helm template {shown}` writes");
    let mut hides = |kind, message: String| into.problems.push(Problem::hiding(kind, message));
    let is_archive = chart.path.is_file();
    if is_archive && let Err((kind, why)) = archive::check(&chart.path) {
        hides(kind, format!("{shown} was not read: {why}"));
        return;
    }
    if !run_tools {
        hides(ProblemKind::Unsupported, format!("{shown} is a Helm chart, and no tools are run: {by_hand}"));
        return;
    }
    let Ok(path) = fs::canonicalize(&chart.path) else { return };
    let folder = if is_archive { path.parent().map_or_else(|| path.clone(), Into::into) } else { path.clone() };
    let path = path.to_string_lossy();
    // Tests are no part of what an installation runs.
    let mut rendered = run("helm", &["template", "release", &path, "--skip-tests"], &folder);
    if matches!(&rendered, Rendered::Failed(why) if why.contains("kubeVersion")) {
        // Helm assumes the version that was new when it was built.
        rendered = run("helm", &["template", "release", &path, "--skip-tests", "--kube-version", KUBERNETES], &folder);
    }
    match rendered {
        Rendered::Text(bytes) => {
            let source = sources.add(&format!("{} (helm template)", chart.name), &bytes);
            kubernetes::read_text(source, Runner::Kubernetes, chart.asked, sources, into);
        }
        Rendered::NotThere => {
            hides(ProblemKind::Unsupported, format!("{shown} is a Helm chart, and helm is not installed: {by_hand}"));
        }
        Rendered::Failed(why) => hides(ProblemKind::Malformed, format!("{shown} could not be rendered: {}", printable_line(&why, 300))),
    }
}
