//! The same search over the image's config: environment, labels, history, commands, annotations.

use std::collections::BTreeMap;

use plimsoll_evidence::{HistoryStep, ImageConfig, SecretFind, SecretPlace};

use crate::files::shell;
use crate::hit::{Hit, settle};
use crate::scan::{Subject, scan};

/// The longest text of the config that is searched; what lies beyond is not.
const MOST: usize = 1 << 20;

/// Credentials in the config, the history and the annotations, in that order.
pub fn config_secrets(config: &ImageConfig, history: &[HistoryStep], annotations: &BTreeMap<String, String>) -> Vec<SecretFind> {
    let mut finds: Vec<SecretFind> = Vec::new();
    for (place, text) in parts(config, history, annotations) {
        for hit in search(&text) {
            let find = hit.into_find(place.clone());
            if !finds.iter().any(|f| f.place == place && f.fingerprint == find.fingerprint) {
                finds.push(find);
            }
        }
    }
    finds
}

/// Every text of the config that may hold a credential, with the name it is given to.
pub(crate) fn parts(config: &ImageConfig, history: &[HistoryStep], annotations: &BTreeMap<String, String>) -> Vec<(SecretPlace, String)> {
    let field = |field: &str| SecretPlace::Config { field: field.to_owned() };
    let mut parts = Vec::new();
    for (name, value) in &config.env {
        parts.push((SecretPlace::Env { name: name.clone() }, format!("{name}={value}")));
    }
    for (name, value) in &config.labels {
        parts.push((SecretPlace::Label { name: name.clone() }, format!("{name}={value}")));
    }
    let healthcheck = config.healthcheck.as_ref().map(|h| h.test.as_slice()).unwrap_or_default();
    let words = [
        ("Entrypoint", config.entrypoint.as_slice()),
        ("Cmd", &config.cmd),
        ("Shell", &config.shell),
        ("Healthcheck.Test", healthcheck),
        ("OnBuild", &config.on_build),
        ("Volumes", &config.volumes),
    ];
    parts.extend(words.map(|(name, words)| (field(name), words.join(" "))));
    parts.push((field("author"), config.author.clone().unwrap_or_default()));
    parts.push((field("User"), config.user.clone()));
    parts.push((field("WorkingDir"), config.working_dir.clone()));
    for (step, made) in history.iter().enumerate() {
        parts.push((SecretPlace::History { step }, format!("{}\n{}", made.created_by, made.comment)));
    }
    for (name, value) in annotations {
        parts.push((field(&format!("annotations[{name}]")), format!("{name}={value}")));
    }
    parts
}

/// Searches one text of the config.
pub(crate) fn search(text: &str) -> Vec<Hit> {
    let bytes = &text.as_bytes()[..text.len().min(MOST)];
    if bytes.is_empty() {
        return Vec::new();
    }
    let subject = Subject { path: "", is_text: true, is_own: true, cut: (false, false) };
    let mut hits: Vec<Hit> = scan(subject, bytes);
    shell::commands(bytes, &mut hits);
    settle(hits)
}
