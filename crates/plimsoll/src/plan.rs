//! What is checked, and by which policy: the command line's words first, then the configuration's.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, anyhow, bail};
use plimsoll_checklist::Policy;
use plimsoll_config::{Config, FILE_NAME, FindError, Found};
use plimsoll_gather::Project;

use crate::args::{Check, Common};
use crate::look::width;

/// What is checked, and by which policy.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) image: Option<String>,
    pub(crate) project: Project,
    pub(crate) policy: Policy,
    /// Bills of materials that the configuration names.
    pub(crate) sboms: Vec<PathBuf>,
    /// Registries and where else their images lie.
    pub(crate) mirrors: Vec<(String, String)>,
}

impl Plan {
    pub(crate) fn new(check: &Check, common: &Common) -> anyhow::Result<Self> {
        if let Some(option) = check.image.as_deref().and_then(option_for) {
            let path = check.image.as_deref().unwrap_or_default();
            bail!("{path} is no image, but what declares one: plimsoll check {option} {path}");
        }
        let found = found(check.config.as_deref())?;
        let config = found.as_ref().map(|f| f.config.clone()).unwrap_or_default();
        let own = check.build.is_empty() && check.deploy.is_empty();
        let image = check.image.clone().or_else(|| config.image.clone().filter(|_| own));
        // Another image than the configuration's own is not built from its files.
        let is_its = check.image.is_none() || config.image.is_none() || check.image == config.image;
        let mut project = if own && is_its { project(found.as_ref(), &config) } else { given(check) };
        project.target = check.target.clone().or(project.target);
        project.context = check.context.clone().or(project.context);
        project.name = check.name.clone().or(project.name);
        if image.is_none() && project.is_empty() {
            bail!(nothing_to_check(found.as_ref()));
        }
        if let (Some(found), false) = (&found, common.quiet) {
            let files = if own && is_its { "what it names" } else { "its policy" };
            eprintln!("{}: {files} is used", shown(&found.path).display());
        }
        Ok(Self {
            sboms: if own && is_its { sboms(found.as_ref()) } else { Vec::new() },
            image,
            project,
            policy: Policy { now: now()?, ..config.policy() },
            mirrors: config.registries.mirrors.into_iter().collect(),
        })
    }
}

/// What a command that judges no project takes of the configuration.
pub(crate) struct Settings {
    /// How to judge.
    pub(crate) policy: Policy,
    /// The registries' mirrors.
    pub(crate) mirrors: Vec<(String, String)>,
    /// What the image is called elsewhere.
    pub(crate) name: Option<String>,
    /// The image that it is about.
    pub(crate) image: Option<String>,
    /// Bills of materials of that image.
    pub(crate) sboms: Vec<PathBuf>,
    /// Where the advisory database is had from.
    pub(crate) advisories: Option<String>,
}

/// The settings of the configuration that is named, else of the nearest one.
pub(crate) fn settings(named: Option<&Path>) -> anyhow::Result<Settings> {
    let found = found(named)?;
    let sboms = sboms(found.as_ref());
    let config = found.map(|f| f.config).unwrap_or_default();
    let policy = Policy { now: now()?, ..config.policy() };
    let mirrors = config.registries.mirrors.into_iter().collect();
    Ok(Settings { policy, mirrors, name: config.name, image: config.image, sboms, advisories: config.advisories.from })
}

/// The bills of materials that a configuration names, from where the program runs.
fn sboms(found: Option<&Found>) -> Vec<PathBuf> {
    let Some(found) = found else { return Vec::new() };
    let place = |given: &PathBuf| match crate::given_sboms::split(given) {
        (Some(path), file) => PathBuf::from(format!("{path}={}", shown(&found.beside(&file)).display())),
        (None, file) => shown(&found.beside(&file)),
    };
    found.config.sbom.iter().map(place).collect()
}

/// The option that a file belongs to which was named as an image by mistake.
fn option_for(image: &str) -> Option<&'static str> {
    let path = Path::new(image);
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let is_build = ["dockerfile", "containerfile"]
        .iter()
        .any(|n| name == *n || name.starts_with(&format!("{n}.")) || name.ends_with(&format!(".{n}")));
    let is_deploy = [".yaml", ".yml", ".container", ".pod", ".kube"].iter().any(|end| name.ends_with(end));
    match (path.is_file(), is_build, is_deploy) {
        (true, true, _) => Some("--build"),
        (true, _, true) => Some("--deploy"),
        _ => None,
    }
}

/// The configuration that is named, else the nearest one.
fn found(named: Option<&Path>) -> anyhow::Result<Option<Found>> {
    let found = if let Some(path) = named {
        Found::open(path).map(Some)
    } else {
        let folder = std::env::current_dir().context("the working directory is not there")?;
        plimsoll_config::find(&folder)
    };
    found.map_err(|error| match error {
        FindError::Unreadable(path, cause) => {
            anyhow!("{} cannot be read: {cause}; name another file with --config", shown(&path).display())
        }
        FindError::Mistake(mut mistake) => {
            mistake.at.path = shown(Path::new(&mistake.at.path)).to_string_lossy().into_owned();
            anyhow!("{mistake}\n{}", plimsoll_report::quote(&mistake.at, 2, width()).trim_end())
        }
    })
}

fn project(found: Option<&Found>, config: &Config) -> Project {
    let place = |path: &PathBuf| found.map_or_else(|| path.clone(), |f| shown(&f.beside(path)));
    Project {
        build: config.build.iter().map(place).collect(),
        target: config.target.clone(),
        context: config.context.as_ref().map(place),
        deploy: config.deploy.iter().map(place).collect(),
        name: config.name.clone(),
        run_tools: true,
    }
}

fn given(check: &Check) -> Project {
    Project { build: check.build.clone(), deploy: check.deploy.clone(), run_tools: true, ..Project::default() }
}

/// A path as it is shown: from the working directory where it lies below it.
fn shown(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    match path.strip_prefix(&here) {
        Ok(below) if below.as_os_str().is_empty() => PathBuf::from("."),
        Ok(below) => below.to_owned(),
        Err(_) => path.to_owned(),
    }
}

fn nothing_to_check(found: Option<&Found>) -> String {
    match found {
        Some(found) => format!(
            "there is nothing to check: {} names neither an image nor build files nor a deployment; write them there, or name them: plimsoll check IMAGE --build FILE --deploy PATH",
            shown(&found.path).display()
        ),
        None => format!(
            "there is nothing to check: name an image (plimsoll check IMAGE), build files (--build FILE) or a deployment (--deploy PATH), or write a {FILE_NAME} that does (plimsoll init)"
        ),
    }
}

/// The time of judging: `SOURCE_DATE_EPOCH` where it is set, so that the same input gives the same report at any time.
pub(crate) fn now() -> anyhow::Result<Option<i64>> {
    if let Some(given) = std::env::var_os("SOURCE_DATE_EPOCH") {
        let given = given
            .to_string_lossy()
            .trim()
            .parse::<i64>()
            .with_context(|| format!("SOURCE_DATE_EPOCH is {} and not a number of seconds since 1970", given.display()))?;
        return Ok(Some(given));
    }
    Ok(SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|d| d.as_secs() as i64))
}
