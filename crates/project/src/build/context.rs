//! The build context: files with credentials that an instruction copies, and the script that the container starts.

use std::path::{Component, Path, PathBuf};

use plimsoll_evidence::{BuildFile, Deed, Place, Placed, Says};
use plimsoll_shell::parse;

use super::deeds;
use super::ignore::Ignore;
use crate::Sources;

/// The most entries of the context that are looked at, and how deep.
const MOST_ENTRIES: usize = 20_000;
const MOST_DEPTH: usize = 6;
/// The most bytes of a start script.
const MOST_SCRIPT: u64 = 1 << 20;

/// Folders that hold others' files by the thousand.
const SKIPPED: &[&str] = &["node_modules", "target", "vendor", ".git", "dist", "build", "__pycache__", ".venv", "venv"];

/// Whether a file of this name holds a credential as a rule.
fn holds_credential(path: &str) -> bool {
    let lower = path.to_lowercase();
    let name = lower.rsplit('/').next().unwrap_or_default();
    let harmless =
        [".example", ".sample", ".template", ".dist", ".tpl", ".tmpl", ".pub", ".j2", ".md", ".test", ".schema", ".enc", ".gpg", ".sops"];
    if harmless.iter().any(|end| name.ends_with(end)) || name.contains("example") {
        return false;
    }
    let exact = [
        ".env",
        ".npmrc",
        ".netrc",
        "_netrc",
        ".git-credentials",
        ".pgpass",
        ".htpasswd",
        "id_rsa",
        "id_dsa",
        "id_ecdsa",
        "id_ed25519",
        ".dockercfg",
        "kubeconfig",
        ".vault-token",
        ".pypirc",
        "terraform.tfstate",
        "secring.gpg",
        "credentials.json",
        "service-account.json",
        "serviceaccount.json",
        ".boto",
        ".s3cfg",
    ];
    let ends = [".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk", ".ovpn", ".keytab", ".tfvars"];
    let certificate = ["cert", "ca.", "ca-", "chain", "bundle", "public", "pub."].iter().any(|word| name.contains(word));
    let key = (name.ends_with(".pem") || name.ends_with(".key")) && !certificate;
    let below = lower.ends_with(".aws/credentials") || lower.ends_with(".docker/config.json") || lower.ends_with(".kube/config");
    let environment = name.starts_with(".env.") && !name.ends_with(".defaults");
    exact.contains(&name) || ends.iter().any(|end| name.ends_with(end)) || key || below || environment
}

/// The folder that a file is built in, and what is left out of it.
pub(super) struct Context {
    folder: PathBuf,
    ignore: Ignore,
}

impl Context {
    /// BuildKit looks for an ignore file of the build file's own name first.
    pub(super) fn of(build_file: &Path, folder: Option<&Path>) -> Option<Self> {
        let folder = folder.or_else(|| build_file.parent().map(|p| if p.as_os_str().is_empty() { Path::new(".") } else { p }))?.to_owned();
        let mut own = build_file.as_os_str().to_owned();
        own.push(".dockerignore");
        let candidates = [PathBuf::from(own), folder.join(".containerignore"), folder.join(".dockerignore")];
        let text = candidates.iter().find_map(|path| text_below(path, MOST_SCRIPT));
        Some(Self { folder, ignore: text.map(|t| Ignore::parse(&t)).unwrap_or_default() })
    }

    /// A file of the context, where the path stays inside.
    fn inside(&self, path: &str) -> Option<PathBuf> {
        let relative = Path::new(path.trim_start_matches('/'));
        if relative.components().any(|c| !matches!(c, Component::Normal(_) | Component::CurDir)) {
            return None;
        }
        // Links may lead out: what they lead to is asked.
        let folder = self.folder.canonicalize().ok()?;
        let found = folder.join(relative).canonicalize().ok()?;
        found.starts_with(&folder).then_some(found)
    }
}

/// A regular file as text.
fn text_below(path: &Path, most: u64) -> Option<String> {
    let meta = std::fs::symlink_metadata(path).ok()?;
    if !meta.is_file() || meta.len() > most {
        return None;
    }
    Some(String::from_utf8_lossy(&std::fs::read(path).ok()?).into_owned())
}

/// Files with credentials that instructions copy: by their own name, or with the folder that they lie in.
pub(super) fn exposed(file: &BuildFile, context: Option<&Context>) -> Vec<Placed<String>> {
    let mut found: Vec<Placed<String>> = Vec::new();
    let mut listed: Option<Vec<String>> = None;
    for (_, stage) in file.needed() {
        for instruction in &stage.instructions {
            let Says::Copy(transfer) = &instruction.says else { continue };
            if transfer.from.is_some() {
                continue;
            }
            for source in &transfer.sources {
                let Some(path) = source.value.known().map(|p| p.trim_start_matches("./").trim_start_matches('/').trim_end_matches('/'))
                else {
                    continue;
                };
                if path.contains("://") || path.starts_with("<<") {
                    continue;
                }
                if holds_credential(path) {
                    found.push(Placed::new(path.to_owned(), source.place));
                    continue;
                }
                let Some(context) = context else { continue };
                let listed = listed.get_or_insert_with(|| list(context));
                let pattern = Ignore::parse(path);
                let copied = |file: &&String| path.is_empty() || path == "." || pattern.leaves_out(file);
                found.extend(listed.iter().filter(copied).map(|file| Placed::new(file.clone(), source.place)));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Files of the context that hold credentials by their name and are not left out, sorted.
fn list(context: &Context) -> Vec<String> {
    let mut found = Vec::new();
    let mut todo = vec![(context.folder.clone(), String::new(), 0)];
    let mut entries = 0;
    while let Some((folder, prefix, depth)) = todo.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            entries += 1;
            if entries > MOST_ENTRIES {
                break;
            }
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && depth < MOST_DEPTH && !SKIPPED.contains(&name.as_str()) {
                todo.push((entry.path(), path, depth + 1));
            } else if kind.is_file() && holds_credential(&path) && !context.ignore.leaves_out(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// What the script does that the container starts, where it is a file of the context that an instruction copies.
pub(super) fn start_deeds(file: &BuildFile, context: &Context, sources: &mut Sources<'_>, name: &str) -> Vec<(Place, Vec<Deed>)> {
    let mut found = Vec::new();
    for keyword in ["ENTRYPOINT", "CMD"] {
        let Some(instruction) = file.last(keyword) else { continue };
        let Says::Start(start) = &instruction.says else { continue };
        let words = start.words.iter().flat_map(|w| if start.shell { w.split_whitespace().collect() } else { vec![w.as_str()] });
        let script = words.take(6).filter(|w| w.contains('/') || w.contains('.')).find_map(|word| copied_from(file, word, context));
        let Some((path, shown)) = script else { continue };
        let Some(text) = text_below(&path, MOST_SCRIPT) else { continue };
        let shell = text.lines().next().is_some_and(|line| {
            line.starts_with("#!")
                && ["sh", "bash", "ash", "dash"].iter().any(|s| line.trim_end().ends_with(s) || line.contains(&format!("/{s} ")))
        });
        if !shell {
            continue;
        }
        let Ok(source) = sources.read(&path, &beside(name, &shown)) else { continue };
        let text = sources.text(source).to_owned();
        let parsed = parse(&text);
        let locate = |range: std::ops::Range<usize>| place(source, &text, range);
        let (deeds, _) = deeds::of(&parsed, &text, &locate);
        found.push((instruction.place, deeds));
    }
    found
}

/// The name of a file of the context, as the build file's own name suggests it.
fn beside(build_file: &str, path: &str) -> String {
    build_file.rsplit_once('/').map_or_else(|| path.to_owned(), |(folder, _)| format!("{folder}/{path}"))
}

/// The file of the context that an instruction copies to a path of the container.
fn copied_from(file: &BuildFile, word: &str, context: &Context) -> Option<(PathBuf, String)> {
    let name = word.rsplit('/').next().filter(|n| !n.is_empty())?;
    let copies: Vec<_> = file
        .own()
        .filter_map(|i| match &i.says {
            Says::Copy(transfer) if transfer.from.is_none() => Some(transfer),
            _ => None,
        })
        .collect();
    copies.into_iter().rev().find_map(|transfer| {
        let to = transfer.destination.value.known()?;
        transfer.sources.iter().find_map(|source| {
            let from = source.value.known()?.trim_start_matches("./").trim_end_matches('/');
            let own = from.rsplit('/').next().unwrap_or_default();
            let is_renamed = to.rsplit('/').next() == Some(name);
            let candidate = if own == name || is_renamed {
                from.to_owned()
            } else {
                format!("{from}/{name}").trim_start_matches("./").trim_start_matches('/').to_owned()
            };
            let path = context.inside(&candidate)?;
            path.is_file().then_some((path, candidate))
        })
    })
}

/// The place of some bytes of a text.
fn place(source: u32, text: &str, range: std::ops::Range<usize>) -> Place {
    let before = text.get(..range.start).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let covered = text.get(range).unwrap_or_default().lines().next().unwrap_or_default();
    Place {
        source,
        line: before.matches('\n').count() as u32 + 1,
        column: before.get(start..).unwrap_or_default().chars().count() as u32 + 1,
        width: covered.chars().count() as u32,
    }
}
