//! What declares the image, beside what the image shows.

use std::path::PathBuf;

use plimsoll_evidence::{BaseImage, Evidence, Gathered, Need, SecretFind};
use plimsoll_project::build::{self, Input};
use plimsoll_project::{Conceal, DeploymentOptions, ImageNames, Sources, read_deployment_and_builds};

/// The annotation under which layouts and archives keep an image's own name (OCI image specification v1.1, annotations.md).
const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// The annotation under which containerd and BuildKit write it into the layouts that they export.
const CONTAINERD_NAME: &str = "io.containerd.image.name";

/// What declares the image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Project {
    /// Build files; empty where none is given.
    pub build: Vec<PathBuf>,
    /// The stage that ships; none is the last one.
    pub target: Option<String>,
    /// The folder of the build context; none is the one that a build file lies in.
    pub context: Option<PathBuf>,
    /// Files and folders of a deployment; empty where none is given.
    pub deploy: Vec<PathBuf>,
    /// What the deployment calls the image, where the user says.
    pub name: Option<String>,
    /// Whether `helm` and `kustomize` may be run, where they are installed, to render what is theirs.
    pub run_tools: bool,
}

impl Project {
    /// Whether nothing is given.
    pub fn is_empty(&self) -> bool {
        self.build.is_empty() && self.deploy.is_empty()
    }
}

/// Finds credentials with the rules that are used for images.
struct BySecretRules;

impl Conceal for BySecretRules {
    fn conceal(&self, source: u32, name: &str, text: &mut String) -> Vec<SecretFind> {
        plimsoll_secrets::conceal_source(source, name, text)
    }
}

/// Evidence of no image: what declares it can be added.
pub fn without_image() -> Evidence {
    let image = || Need::new("the image", "name it: plimsoll check IMAGE");
    Evidence {
        subject: None,
        image: Gathered::Absent(image()),
        components: Gathered::Absent(image()),
        sboms: Gathered::Absent(Evidence::no_sboms()),
        vulnerabilities: Gathered::Absent(Evidence::no_advisories()),
        vex: Gathered::Absent(Evidence::no_vex()),
        sources: Vec::new(),
        source_secrets: Vec::new(),
        build: Gathered::Absent(no_build()),
        deployment: Gathered::Absent(no_deployment()),
        problems: Vec::new(),
    }
}

pub(crate) fn no_build() -> Need {
    Need::new("the build files", "give them with --build FILE")
}

pub(crate) fn no_deployment() -> Need {
    Need::new("the deployment's manifests", "give them with --deploy PATH")
}

/// Adds what declares the image: the build files and the deployment that are given, and the build files that its Compose files name. A file that cannot be read is a problem beside what the others say.
pub fn add_project(evidence: &mut Evidence, project: &Project) {
    std::thread::scope(|scope| {
        // Files are looked for meanwhile.
        scope.spawn(plimsoll_secrets::prepare);
        read(evidence, project);
    });
}

fn read(evidence: &mut Evidence, project: &Project) {
    let mut sources = Sources::new(&BySecretRules);
    let mut inputs: Vec<Input> = project
        .build
        .iter()
        .map(|path| Input { target: project.target.clone(), context: project.context.clone(), ..Input::new(path, path.to_string_lossy()) })
        .collect();
    if !project.deploy.is_empty() {
        let built = project.build.iter().map(|path| (path.clone(), project.target.clone())).collect();
        let image = names(evidence, project.name.as_deref()).map(|names| ImageNames { builds: built, ..names });
        let options = DeploymentOptions { image, run_tools: project.run_tools };
        let (deployment, builds) = read_deployment_and_builds(&project.deploy, &mut sources, &options);
        evidence.deployment = Gathered::Found(deployment);
        // What the user says of a build file counts before what a Compose file does.
        let given: Vec<Option<PathBuf>> = project.build.iter().map(|path| path.canonicalize().ok()).collect();
        for build in builds {
            let path = build.path.canonicalize().ok();
            match given.iter().position(|known| path.is_some() && *known == path) {
                Some(at) => inputs[at].services.extend(build.services),
                None => inputs.push(build),
            }
        }
    }
    if !inputs.is_empty() {
        evidence.build = Gathered::Found(build::read(&mut sources, &inputs, evidence.image.found()));
    }
    (evidence.sources, evidence.source_secrets) = sources.finish();
}

/// What the image is called: as the user named it, and as it names itself.
fn names(evidence: &Evidence, called: Option<&str>) -> Option<ImageNames> {
    let subject = evidence.subject.as_ref()?;
    let image = evidence.image.found();
    let annotation = |name: &str| image.and_then(|i| i.annotations.get(name)).cloned();
    // A word alone is a tag there, by the image specification; containerd keeps the whole name beside it.
    let itself = annotation(REF_NAME).filter(|name| name.contains(['/', ':']));
    let whole = annotation(CONTAINERD_NAME);
    let base = image.and_then(|i| match &i.base {
        BaseImage::Known(base) => base.name.clone(),
        BaseImage::Unknown(_) => None,
    });
    let references = [called.map(str::to_owned), Some(subject.reference.clone()), itself, whole]
        .into_iter()
        .flatten()
        .filter(|name| Some(name) != base.as_ref())
        .collect();
    Some(ImageNames { references, digests: vec![subject.digest.to_string()], builds: Vec::new() })
}
