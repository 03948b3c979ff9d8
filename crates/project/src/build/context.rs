//! The build context: the folder, its files, and which of them a path of the container is.

use std::path::{Component, Path, PathBuf};

use plimsoll_evidence::{BuildFile, Says};

use super::ignore::{Ignore, name_fits};

/// The most bytes of a file of the context that is read.
const MOST_TEXT: u64 = 1 << 20;
/// The most files that one pattern stands for.
const MOST_MATCHES: usize = 1000;
/// How many folders above the build file's own are asked.
const MOST_LEVELS: usize = 2;

/// The folder that a file is built in, and what is left out of it.
pub(super) struct Context {
    pub(super) folder: PathBuf,
    pub(super) ignore: Ignore,
    /// What the folder is called in findings; empty where its files' own paths will do.
    shown: String,
    /// Whether it was found by what is copied, above the build file's own folder.
    pub(super) guessed: bool,
}

impl Context {
    /// The context that is given, or else the folder that the build file lies in, or one above it where that has more of what is copied.
    /// BuildKit looks for an ignore file of the build file's own name first.
    pub(super) fn of(build_file: &Path, name: &str, given: Option<&Path>, facts: &BuildFile) -> Option<Self> {
        let own = || build_file.parent().map(|p| if p.as_os_str().is_empty() { Path::new(".") } else { p }).map(Path::to_owned);
        let (folder, guessed) = if let Some(given) = given {
            (given.to_owned(), false)
        } else {
            let own = own()?;
            let folder = by_copies(&own, facts);
            (folder.clone(), folder != own)
        };
        let mut ignore_file = build_file.as_os_str().to_owned();
        ignore_file.push(".dockerignore");
        let candidates = [PathBuf::from(ignore_file), folder.join(".containerignore"), folder.join(".dockerignore")];
        let text = candidates.iter().find_map(|path| text_of(path));
        let shown = shown(build_file, name, &folder);
        Some(Self { ignore: text.map(|t| Ignore::parse(&t)).unwrap_or_default(), folder, shown, guessed })
    }

    /// A file or folder of the context, where the path stays inside.
    pub(super) fn inside(&self, path: &str) -> Option<PathBuf> {
        inside(&self.folder, path)
    }

    /// What a file of the context is called in findings.
    pub(super) fn name(&self, path: &str) -> String {
        if self.shown.is_empty() { path.to_owned() } else { format!("{}/{path}", self.shown) }
    }

    /// What the folder is called.
    pub(super) fn folder_name(&self) -> &str {
        if self.shown.is_empty() { "." } else { &self.shown }
    }

    /// A file of the context as text; none where it is not there, or is no regular file, or a large one.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        text_of(&self.inside(path)?)
    }

    /// The paths that a source of COPY stands for, as far as they are there, sorted.
    pub(super) fn matches(&self, source: &str) -> Vec<String> {
        matches(&self.folder, source)
    }
}

/// A path below a folder. Links may lead out: what they lead to is asked.
fn inside(folder: &Path, path: &str) -> Option<PathBuf> {
    let relative = Path::new(path.trim_start_matches('/'));
    if relative.components().any(|c| !matches!(c, Component::Normal(_) | Component::CurDir)) {
        return None;
    }
    let folder = folder.canonicalize().ok()?;
    let found = folder.join(relative).canonicalize().ok()?;
    found.starts_with(&folder).then_some(found)
}

fn matches(folder: &Path, source: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    for segment in source.split('/').filter(|s| !s.is_empty() && *s != ".") {
        let mut next = Vec::new();
        for prefix in &found {
            let below = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
            if segment.contains(['*', '?', '[', '\\']) {
                let Some(dir) = inside(folder, prefix) else { continue };
                let mut names: Vec<String> = std::fs::read_dir(dir)
                    .into_iter()
                    .flatten()
                    .flatten()
                    .filter_map(|entry| entry.file_name().into_string().ok())
                    .filter(|name| name_fits(segment, name))
                    .take(MOST_MATCHES)
                    .collect();
                names.sort();
                next.extend(names.iter().map(|name| below(name)));
            } else {
                next.push(below(segment));
            }
        }
        next.truncate(MOST_MATCHES);
        found = next;
    }
    found.retain(|path| inside(folder, path).is_some());
    found
}

/// The folder that has most of what the needed stages copy: the file's own, or one above it. Nothing above the working directory is asked,
/// and for a file that lies elsewhere nothing above its repository.
fn by_copies(own: &Path, facts: &BuildFile) -> PathBuf {
    let instructions = facts.needed().flat_map(|(_, stage)| &stage.instructions).filter(|i| !i.on_build);
    let sources: Vec<&str> = instructions
        .filter_map(|i| match &i.says {
            Says::Copy(transfer) if transfer.from.is_none() => Some(&transfer.sources),
            _ => None,
        })
        .flatten()
        .filter_map(|source| source.value.known())
        .filter(|path| is_path(path) && !path.trim_matches(['.', '/']).is_empty())
        .collect();
    let there = |folder: &Path| sources.iter().filter(|source| !matches(folder, source).is_empty()).count();
    let mut best = (own.to_owned(), there(own));
    let Some((full, top)) = own.canonicalize().ok().and_then(|full| highest(&full).map(|top| (full, top))) else { return best.0 };
    let mut folder = own.to_owned();
    for level in full.ancestors().skip(1).take(MOST_LEVELS) {
        if best.1 == sources.len() || !level.starts_with(&top) {
            break;
        }
        // The path stays as it was given, where it has a parent of its own.
        folder = match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            Some(_) if folder != Path::new(".") => PathBuf::from("."),
            _ => level.to_owned(),
        };
        let count = there(&folder);
        if count > best.1 {
            best = (folder.clone(), count);
        }
    }
    best.0
}

/// The highest folder that may be asked for a file in this one, which is absolute: the working directory, or else the repository.
pub(crate) fn highest(folder: &Path) -> Option<PathBuf> {
    let here = std::env::current_dir().and_then(|dir| dir.canonicalize()).ok();
    here.filter(|here| folder.starts_with(here)).or_else(|| folder.ancestors().find(|dir| dir.join(".git").exists()).map(Path::to_owned))
}

/// Whether a source of COPY is a path of the context: no address and no here-document.
pub(super) fn is_path(source: &str) -> bool {
    !source.contains("://") && !source.starts_with("<<") && !source.starts_with("git@")
}

/// What a folder is called: the build file's name without what leads from the folder to it.
fn shown(build_file: &Path, name: &str, folder: &Path) -> String {
    let plain = folder.strip_prefix(".").unwrap_or(folder);
    let rest = build_file.strip_prefix(".").unwrap_or(build_file).strip_prefix(plain).map(|rest| rest.components().count());
    let parts: Vec<&str> = name.split('/').collect();
    match rest {
        Ok(rest) if rest <= parts.len() => parts.get(..parts.len() - rest).unwrap_or_default().join("/"),
        _ => folder.to_string_lossy().into_owned(),
    }
}

/// A regular file as text.
fn text_of(path: &Path) -> Option<String> {
    let meta = std::fs::symlink_metadata(path).ok()?;
    if !meta.is_file() || meta.len() > MOST_TEXT {
        return None;
    }
    Some(String::from_utf8_lossy(&std::fs::read(path).ok()?).into_owned())
}
