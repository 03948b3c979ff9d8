//! Files of the build context that hold credentials and that an instruction copies.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use plimsoll_evidence::{BuildFile, Placed, Says};

use super::context::{Context, is_path};
use super::ignore::Ignore;

/// The most entries of the context that are looked at, and how deep.
const MOST_ENTRIES: usize = 20_000;
const MOST_DEPTH: usize = 6;

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
        "pip.conf",
        "pip.ini",
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

/// Whether a file of settings, which may hold a credential and mostly does not, is there to be read and holds none.
fn is_harmless(path: &str, context: Option<&Context>) -> bool {
    let lower = path.to_lowercase();
    let name = lower.rsplit('/').next().unwrap_or_default();
    let own: fn(&str) -> bool = match name {
        ".npmrc" => npm_credential,
        "pip.conf" | "pip.ini" => address_credential,
        ".netrc" | "_netrc" => netrc_credential,
        ".pypirc" => pypi_credential,
        _ => return false,
    };
    match context.and_then(|context| context.text(path)) {
        Some(text) => !text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])).any(own),
        // By its name npm's and curl's file is taken to hold one; pip's is not.
        None => name.starts_with("pip."),
    }
}

/// Whether a value is written out and not taken from a variable.
fn is_value(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'']);
    !value.is_empty() && !value.starts_with('$') && !value.starts_with('%')
}

/// npm: `//registry.npmjs.org/:_authToken=…`, `_auth=…`, `_password=…`.
fn npm_credential(line: &str) -> bool {
    line.split_once('=').is_some_and(|(key, value)| {
        let key = key.trim().rsplit(':').next().unwrap_or_default().to_lowercase();
        (matches!(key.as_str(), "_authtoken" | "_auth" | "_password" | "key") && is_value(value)) || address_credential(value)
    })
}

/// An address with a password: `https://user:password@host/`.
fn address_credential(line: &str) -> bool {
    line.split("://").skip(1).any(|rest| {
        let host = rest.split('/').next().unwrap_or_default();
        host.rsplit_once('@')
            .is_some_and(|(user, _)| user.split_once(':').map_or_else(|| is_value(user), |(_, password)| is_value(password)))
    })
}

/// `password` and a word, on a line of its own or behind `machine` and `login`.
fn netrc_credential(line: &str) -> bool {
    let mut words = line.split_whitespace().skip_while(|word| *word != "password");
    words.next().is_some()
}

fn pypi_credential(line: &str) -> bool {
    line.split_once(['=', ':']).is_some_and(|(key, value)| key.trim() == "password" && is_value(value)) || address_credential(line)
}

/// Files that hold credentials by their name, of each folder that was looked through: many build files may share one context.
#[derive(Default)]
pub(super) struct Listings(HashMap<PathBuf, Vec<String>>);

/// Files with credentials that instructions copy: by their own name, or with the folder that they lie in.
pub(super) fn exposed(file: &BuildFile, context: Option<&Context>, listings: &mut Listings) -> Vec<Placed<String>> {
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
                if !is_path(path) {
                    continue;
                }
                if holds_credential(path) {
                    if !is_harmless(path, context) {
                        found.push(Placed::new(path.to_owned(), source.place));
                    }
                    continue;
                }
                let Some(context) = context else { continue };
                let listed = listed.get_or_insert_with(|| listings.of(context));
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

impl Listings {
    /// Files of the context that hold credentials by their name and are not left out, sorted.
    fn of(&mut self, context: &Context) -> Vec<String> {
        let all = self.0.entry(context.folder.clone()).or_insert_with_key(|folder| list(folder));
        all.iter().filter(|path| !context.ignore.leaves_out(path) && !is_harmless(path, Some(context))).cloned().collect()
    }
}

/// Files of a folder that hold credentials by their name, sorted.
fn list(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut todo = vec![(folder.to_owned(), String::new(), 0)];
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
            } else if kind.is_file() && holds_credential(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
