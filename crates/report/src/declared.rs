use plimsoll_evidence::workload::ImageMatch;
use plimsoll_evidence::{Evidence, SourceLine, source_line};
use schemars::JsonSchema;
use serde::Serialize;

/// What declares the image, as far as it was given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Declared {
    /// The build files; of one with several stages, which was judged.
    pub build_files: Vec<String>,
    /// The containers of the deployment.
    pub containers: Vec<DeclaredContainer>,
}

/// A container of the deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeclaredContainer {
    /// What runs it: `Deployment web`, `service db`, `web.container`.
    pub workload: String,
    /// Its name.
    pub container: String,
    /// The image that it names, as written.
    pub image: Option<String>,
    /// Whether that is the image that was checked, and by what that is known.
    pub runs: ImageMatch,
    /// Where it is declared.
    pub location: SourceLine,
}

/// What of the evidence declares the image.
pub(crate) fn declared(evidence: &Evidence) -> Declared {
    let name = |source: u32| evidence.sources.get(source as usize).map(|s| s.name.clone()).unwrap_or_default();
    let containers = evidence.deployment.found().into_iter().flat_map(plimsoll_evidence::Deployment::containers);
    Declared {
        build_files: evidence
            .build
            .found()
            .into_iter()
            .flat_map(|build| &build.files)
            .map(|file| {
                let stage = file.stages.get(file.target).filter(|_| file.stages.len() > 1);
                let called = stage.map(|s| s.name.clone().unwrap_or_else(|| file.target.to_string()));
                called.map_or_else(|| name(file.source), |stage| format!("{} (stage {stage})", name(file.source)))
            })
            .collect(),
        containers: containers
            .map(|(workload, container)| DeclaredContainer {
                workload: workload.title(),
                container: container.name.clone(),
                image: container.image.as_ref().map(|image| image.value.clone()),
                runs: container.runs,
                location: source_line(&evidence.sources, container.place),
            })
            .collect(),
    }
}

impl Declared {
    /// Each line that a person reads of it; none where nothing was given.
    pub(crate) fn lines(&self) -> Vec<String> {
        const MOST: usize = 6;
        let mut lines = Vec::new();
        if !self.build_files.is_empty() {
            let more = self.build_files.len().saturating_sub(MOST);
            let rest = if more > 0 { format!(", and {more} more") } else { String::new() };
            lines.push(format!("built by {}{rest}", self.build_files[..self.build_files.len().min(MOST)].join(", ")));
        }
        if self.containers.is_empty() {
            return lines;
        }
        let compared: Vec<&DeclaredContainer> = self.containers.iter().filter(|c| c.runs != ImageMatch::NotCompared).collect();
        if compared.is_empty() {
            lines.push(format!("run by {}", some(&self.containers.iter().collect::<Vec<_>>(), MOST)));
            return lines;
        }
        let (its, others): (Vec<&DeclaredContainer>, Vec<&DeclaredContainer>) =
            compared.into_iter().partition(|c| c.runs != ImageMatch::No);
        if its.is_empty() {
            lines.push(format!("run by none of {} containers of the deployment", others.len()));
            return lines;
        }
        let left = if others.is_empty() { String::new() } else { format!("; {} of other images", others.len()) };
        lines.push(format!("run by {}{left}", some(&its, MOST)));
        lines
    }
}

fn some(containers: &[&DeclaredContainer], most: usize) -> String {
    let mut named: Vec<String> = containers.iter().take(most).map(|c| c.name()).collect();
    if containers.len() > most {
        named.push(format!("and {} more", containers.len() - most));
    }
    named.join(", ")
}

impl DeclaredContainer {
    fn name(&self) -> String {
        let by = match self.runs {
            ImageMatch::Digest => " (by digest)",
            ImageMatch::Reference => " (by reference)",
            ImageMatch::Repository => " (by repository, another tag)",
            ImageMatch::Build => " (by its build file)",
            ImageMatch::Name => " (by the name's last part)",
            ImageMatch::Only => " (the deployment's only image)",
            ImageMatch::No | ImageMatch::NotCompared => "",
        };
        let own = if self.workload.ends_with(&self.container) { String::new() } else { format!(", container {}", self.container) };
        format!("{}{own}{by}", self.workload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(workload: &str, name: &str, runs: ImageMatch) -> DeclaredContainer {
        let location = SourceLine { path: "f".to_owned(), line: 1, column: 1, width: 0, text: String::new() };
        DeclaredContainer { workload: workload.to_owned(), container: name.to_owned(), image: None, runs, location }
    }

    #[test]
    fn lines_say_what_runs_the_image() {
        let said = |containers: Vec<DeclaredContainer>| Declared { build_files: Vec::new(), containers }.lines();
        assert!(said(Vec::new()).is_empty());
        assert_eq!(said(vec![container("Pod a", "x", ImageMatch::NotCompared)]), ["run by Pod a, container x"]);
        let two = vec![container("service a", "a", ImageMatch::Reference), container("Pod b", "b", ImageMatch::No)];
        assert_eq!(said(two), ["run by service a (by reference); 1 of other images"]);
        assert_eq!(said(vec![container("Pod b", "b", ImageMatch::No)]), ["run by none of 1 containers of the deployment"]);
        assert!(said((0..9).map(|n| container("Pod", &n.to_string(), ImageMatch::Digest)).collect())[0].ends_with(", and 3 more"));
    }
}
