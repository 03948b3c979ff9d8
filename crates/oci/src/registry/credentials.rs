//! Logins of this machine's user, found where container tools keep them: `containers-auth.json(5)` and Docker's
//! `config.json`. A login is only ever found for the host, or the part of a host, that it was made for.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use serde::Deserialize;

use super::helper;
use super::name::DOCKER_HUB;
use super::secret::{Credential, Secret};

/// Largest auth file that is read.
const LARGEST: u64 = 1 << 20;

/// Looks up an environment variable.
pub(crate) type Environment = dyn Fn(&str) -> Option<OsString> + Send + Sync;

/// What was found for a host, and where it was looked for.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) credential: Option<Credential>,
    /// The files that were there, or would have been read.
    pub(crate) looked: Vec<PathBuf>,
    /// What was in the way; without secrets.
    pub(crate) problems: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AuthFile {
    auths: Option<BTreeMap<String, Option<Entry>>>,
    #[serde(rename = "credHelpers")]
    helpers: Option<BTreeMap<String, String>>,
    #[serde(rename = "credsStore")]
    store: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
    registrytoken: Option<String>,
}

/// The login for a repository of a host, from the first file that has one.
pub(crate) fn find(host: &str, repository: &str, only: Option<&Path>, environment: &Environment) -> Found {
    let mut found = Found::default();
    let keys = keys(host, repository);
    for path in files(only, environment) {
        found.looked.push(path.clone());
        let file = match read(&path) {
            Ok(Some(file)) => file,
            Ok(None) => continue,
            Err(problem) => {
                found.problems.push(problem);
                continue;
            }
        };
        found.credential = look(&file, &keys, host, environment, &mut found.problems);
        if found.credential.is_some() {
            break;
        }
    }
    found
}

/// The files, first the one that wins. A file that was named replaces the standard ones.
fn files(only: Option<&Path>, environment: &Environment) -> Vec<PathBuf> {
    if let Some(path) = only {
        return vec![path.to_owned()];
    }
    let set = |name: &str| environment(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(path) = set("REGISTRY_AUTH_FILE") {
        return vec![path];
    }
    let home = set("HOME");
    let config = set("XDG_CONFIG_HOME").or_else(|| home.as_ref().map(|h| h.join(".config")));
    let docker = set("DOCKER_CONFIG").or_else(|| home.as_ref().map(|h| h.join(".docker")));
    [
        set("XDG_RUNTIME_DIR").map(|d| d.join("containers/auth.json")),
        config.map(|d| d.join("containers/auth.json")),
        docker.map(|d| d.join("config.json")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn read(path: &Path) -> Result<Option<AuthFile>, String> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(format!("{} cannot be read ({e})", path.display())),
    };
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|e| format!("{} cannot be read ({e})", path.display()))?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("{} has more than {LARGEST} bytes", path.display()));
    }
    // Serde's own message could quote a value.
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|e| format!("{} is no auth file (line {}, column {})", path.display(), e.line(), e.column()))
}

/// What a login for a repository may be filed under, the narrowest first.
fn keys(host: &str, repository: &str) -> Vec<String> {
    let mut keys: Vec<String> = repository
        .char_indices()
        .filter(|(_, c)| *c == '/')
        .map(|(at, _)| &repository[..at])
        .chain([repository])
        .map(|part| format!("{host}/{part}"))
        .collect();
    keys.reverse();
    keys.push(host.to_owned());
    if host == DOCKER_HUB {
        keys.extend(["index.docker.io".to_owned(), "registry-1.docker.io".to_owned()]);
    }
    keys
}

/// A key as files write it, made comparable: `https://index.docker.io/v1/` is `index.docker.io`.
fn plain(key: &str) -> String {
    let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    let key = key.trim_end_matches('/');
    let key = key.strip_suffix("/v1").or_else(|| key.strip_suffix("/v2")).unwrap_or(key);
    key.trim_end_matches('/').to_ascii_lowercase()
}

fn look(file: &AuthFile, keys: &[String], host: &str, environment: &Environment, problems: &mut Vec<String>) -> Option<Credential> {
    let ask = |name: &str, server: &str, problems: &mut Vec<String>| match helper::ask(name, server, environment) {
        Ok(credential) => credential,
        Err(problem) => {
            problems.push(problem);
            None
        }
    };
    let server = if host == DOCKER_HUB { "https://index.docker.io/v1/" } else { host };
    let helpers = file.helpers.iter().flatten();
    for key in keys {
        for (_, name) in helpers.clone().filter(|(k, _)| plain(k) == *key) {
            // A helper for a part of a host is asked for that part.
            let server = if key.contains('/') { key.as_str() } else { server };
            if let Some(credential) = ask(name, server, problems) {
                return Some(credential);
            }
        }
        let entries = file.auths.iter().flatten().filter(|(k, _)| plain(k) == *key);
        if let Some(credential) = entries.filter_map(|(_, e)| e.as_ref()).find_map(|entry| from_entry(entry, key, problems)) {
            return Some(credential);
        }
    }
    file.store.as_deref().filter(|s| !s.is_empty()).and_then(|store| ask(store, server, problems))
}

fn from_entry(entry: &Entry, key: &str, problems: &mut Vec<String>) -> Option<Credential> {
    let set = |text: &Option<String>| text.clone().filter(|t| !t.is_empty());
    if let Some(token) = set(&entry.identitytoken) {
        return Some(Credential::Identity(Secret::new(token)));
    }
    if let Some(token) = set(&entry.registrytoken) {
        return Some(Credential::Access(Secret::new(token)));
    }
    if let Some(auth) = set(&entry.auth) {
        let decoded = base64::engine::general_purpose::STANDARD.decode(auth.trim()).ok().and_then(|b| String::from_utf8(b).ok());
        let pair = decoded.as_deref().and_then(|d| d.trim_end_matches('\0').split_once(':'));
        if pair.is_none() {
            problems.push(format!("the login for {key} is not the base64 of user:password"));
        }
        return pair.map(|(user, password)| from_pair(user, password));
    }
    Some(from_pair(&set(&entry.username)?, &set(&entry.password)?))
}

/// `<token>` in the user's place says that the password is an identity token.
pub(super) fn from_pair(user: &str, password: &str) -> Credential {
    if user == "<token>" {
        return Credential::Identity(Secret::new(password));
    }
    Credential::Password { user: user.to_owned(), password: Secret::new(password) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(user: &str) -> Credential {
        Credential::Password { user: user.to_owned(), password: Secret::new("p") }
    }

    fn encode(user: &str) -> String {
        base64::engine::general_purpose::STANDARD.encode(format!("{user}:p"))
    }

    fn with(text: &str, host: &str, repository: &str) -> Found {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("auth.json");
        std::fs::write(&path, text).unwrap();
        find(host, repository, Some(&path), &|_| None)
    }

    #[test]
    fn the_narrowest_entry_wins_and_no_other_host_gets_it() {
        let text = format!(
            r#"{{"auths":{{"ghcr.io":{{"auth":"{}"}},"ghcr.io/a":{{"auth":"{}"}},"https://index.docker.io/v1/":{{"auth":"{}"}},"quay.io":{{}}}}}}"#,
            encode("host"),
            encode("part"),
            encode("hub")
        );
        for (host, repository, wanted) in [
            ("ghcr.io", "a/b", Some("part")),
            ("ghcr.io", "ab/c", Some("host")),
            ("docker.io", "library/nginx", Some("hub")),
            ("quay.io", "a/b", None),
            ("evil.example", "ghcr.io/a", None),
            ("ghcr.io.evil.example", "a/b", None),
            ("ghcr.io:444", "a/b", None),
        ] {
            assert_eq!(with(&text, host, repository).credential, wanted.map(password), "{host}/{repository}");
        }
    }

    #[test]
    fn identity_tokens_and_broken_entries() {
        assert_eq!(
            with(r#"{"auths":{"h.io":{"auth":"eDp5","identitytoken":"t"}}}"#, "h.io", "x").credential,
            Some(Credential::Identity(Secret::new("t")))
        );
        let broken = with(r#"{"auths":{"h.io":{"auth":"c2VjcmV0"}}}"#, "h.io", "x");
        assert!(broken.credential.is_none() && broken.problems.len() == 1);
        let no_json = with(r#"{"auths":{"h.io":{"auth":hunter2}}}"#, "h.io", "x");
        assert!(no_json.problems[0].contains("no auth file") && !no_json.problems[0].contains("hunter2"));
    }

    #[test]
    fn files_in_their_order() {
        let environment = |name: &str| match name {
            "HOME" => Some("/h".into()),
            "XDG_RUNTIME_DIR" => Some("/r".into()),
            _ => None::<OsString>,
        };
        let paths: Vec<_> = files(None, &environment).iter().map(|p| p.display().to_string()).collect();
        assert_eq!(paths, ["/r/containers/auth.json", "/h/.config/containers/auth.json", "/h/.docker/config.json"]);
        assert_eq!(files(None, &|n| (n == "REGISTRY_AUTH_FILE").then(|| "/x".into())), [PathBuf::from("/x")]);
        assert_eq!(files(None, &|n| (n == "DOCKER_CONFIG").then(|| "/d".into())), [PathBuf::from("/d/config.json")]);
    }

    #[test]
    fn the_environment_names_files_and_never_gives_a_login() {
        let asked = std::sync::Mutex::new(std::collections::BTreeSet::new());
        let asked = std::sync::Arc::new(asked);
        let log = std::sync::Arc::clone(&asked);
        let environment = move |name: &str| {
            log.lock().unwrap().insert(name.to_owned());
            (name != "REGISTRY_AUTH_FILE").then(|| OsString::from("/nonexistent"))
        };
        assert!(find("unknown.example", "a/b", None, &environment).credential.is_none());
        let names = ["DOCKER_CONFIG", "HOME", "REGISTRY_AUTH_FILE", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"];
        assert_eq!(asked.lock().unwrap().iter().map(String::as_str).collect::<Vec<_>>(), names);
    }

    #[test]
    fn nothing_secret_is_shown() {
        let shown = format!("{:?}", [password("user"), Credential::Identity(Secret::new("hunter2"))]);
        assert!(!shown.contains("\"p\"") && !shown.contains("hunter2"), "{shown}");
    }
}
