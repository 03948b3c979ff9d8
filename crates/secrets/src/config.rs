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
    let mut finds = Vec::new();
    for (name, value) in &config.env {
        add(&mut finds, &format!("{name}={value}"), &SecretPlace::Env { name: name.clone() });
    }
    for (name, value) in &config.labels {
        add(&mut finds, &format!("{name}={value}"), &SecretPlace::Label { name: name.clone() });
    }
    let healthcheck = config.healthcheck.as_ref().map(|h| h.test.as_slice()).unwrap_or_default();
    let fields = [
        ("Entrypoint", config.entrypoint.as_slice()),
        ("Cmd", &config.cmd),
        ("Shell", &config.shell),
        ("Healthcheck.Test", healthcheck),
        ("OnBuild", &config.on_build),
        ("Volumes", &config.volumes),
    ];
    for (field, words) in fields {
        add(&mut finds, &words.join(" "), &SecretPlace::Config { field: field.to_owned() });
    }
    for (field, text) in
        [("author", config.author.as_deref()), ("User", Some(config.user.as_str())), ("WorkingDir", Some(config.working_dir.as_str()))]
    {
        add(&mut finds, text.unwrap_or_default(), &SecretPlace::Config { field: field.to_owned() });
    }
    for (step, made) in history.iter().enumerate() {
        add(&mut finds, &format!("{}\n{}", made.created_by, made.comment), &SecretPlace::History { step });
    }
    for (name, value) in annotations {
        add(&mut finds, &format!("{name}={value}"), &SecretPlace::Config { field: format!("annotations[{name}]") });
    }
    finds
}

fn add(finds: &mut Vec<SecretFind>, text: &str, place: &SecretPlace) {
    let bytes = &text.as_bytes()[..text.len().min(MOST)];
    if bytes.is_empty() {
        return;
    }
    let subject = Subject { path: "", is_text: true, is_own: true, cut: (false, false) };
    let mut hits: Vec<Hit> = scan(subject, bytes);
    shell::commands(bytes, &mut hits);
    for hit in settle(hits) {
        let find = hit.into_find(place.clone());
        if !finds.iter().any(|f| f.place == *place && f.fingerprint == find.fingerprint) {
            finds.push(find);
        }
    }
}
