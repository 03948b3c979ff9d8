//! Takes credentials out of texts that later stages read and may quote.

use std::collections::BTreeMap;

use plimsoll_evidence::{CapturedText, HistoryStep, ImageConfig};

use crate::config::{parts, search};
use crate::hit::Hit;
use crate::place;
use crate::scan::{Subject, scan};

/// Values at least this long are taken out wherever they stand; shorter ones may be ordinary words elsewhere.
const LONG: usize = 8;

/// Puts asterisks in place of the credentials in captured texts, so that no finding can quote one.
pub fn conceal_texts(texts: &mut [CapturedText]) {
    for text in texts {
        let subject = Subject { path: &text.path, is_text: true, is_own: place::is_own(&text.path), cut: (false, false) };
        let mut hits = scan(subject, text.text.as_bytes());
        // From the end, so that places before stay true.
        hits.sort_by_key(|hit| std::cmp::Reverse(hit.at.start));
        for hit in hits {
            if text.text.is_char_boundary(hit.at.start) && text.text.is_char_boundary(hit.at.end) {
                text.text.replace_range(hit.at.clone(), &hit.redacted());
            }
        }
    }
}

/// The same for the config, the history and the annotations. What is found there is told by
/// [`config_secrets`](crate::config_secrets), which has to be asked before.
pub fn conceal_config(config: &mut ImageConfig, history: &mut [HistoryStep], annotations: &mut BTreeMap<String, String>) {
    let hits: Vec<Hit> = parts(config, history, annotations).iter().flat_map(|(_, text)| search(text)).collect();
    if hits.is_empty() {
        return;
    }
    let mut known: Vec<(String, String)> = hits
        .iter()
        .filter_map(|hit| Some((String::from_utf8(hit.value.clone()).ok()?, hit.redacted())))
        .filter(|(value, _)| !value.is_empty())
        .collect();
    // A value that is part of another one goes after it.
    known.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    known.dedup();
    each_text(config, history, annotations, |text| {
        let own = search(text);
        for (value, shown) in &known {
            if text.contains(value.as_str()) && (value.len() >= LONG || own.iter().any(|hit| hit.value == value.as_bytes())) {
                *text = text.replace(value.as_str(), shown);
            }
        }
        // Keys whose value is not their text (a PEM block is known by what it decodes to).
        let mut rest = search(text);
        rest.sort_by_key(|hit| std::cmp::Reverse(hit.at.start));
        for hit in rest {
            if text.is_char_boundary(hit.at.start) && text.is_char_boundary(hit.at.end) {
                text.replace_range(hit.at.clone(), &hit.redacted());
            }
        }
    });
    each_named(config, annotations, |name, text| {
        for hit in search(&format!("{name}={text}")) {
            if let Ok(value) = String::from_utf8(hit.value.clone()) {
                *text = text.replace(&value, &hit.redacted());
            }
        }
    });
    for words in [&mut config.entrypoint, &mut config.cmd, &mut config.shell, &mut config.on_build] {
        conceal_words(words);
    }
    if let Some(check) = &mut config.healthcheck {
        conceal_words(&mut check.test);
    }
}

/// A password may be a word of its own, known by the word before it.
fn conceal_words(words: &mut [String]) {
    for hit in search(&words.join(" ")) {
        if let Ok(value) = String::from_utf8(hit.value.clone()) {
            for word in words.iter_mut().filter(|word| word.contains(&value)) {
                *word = word.replace(&value, &hit.redacted());
            }
        }
    }
}

fn each_text(
    config: &mut ImageConfig,
    history: &mut [HistoryStep],
    annotations: &mut BTreeMap<String, String>,
    mut then: impl FnMut(&mut String),
) {
    let values = config.env.iter_mut().map(|(_, value)| value);
    let words =
        [&mut config.entrypoint, &mut config.cmd, &mut config.shell, &mut config.on_build, &mut config.volumes].into_iter().flatten();
    let checks = config.healthcheck.iter_mut().flat_map(|check| &mut check.test);
    let single = config.author.iter_mut().chain([&mut config.user, &mut config.working_dir]);
    let steps = history.iter_mut().flat_map(|step| [&mut step.created_by, &mut step.comment]);
    values
        .chain(config.labels.values_mut())
        .chain(words)
        .chain(checks)
        .chain(single)
        .chain(steps)
        .chain(annotations.values_mut())
        .for_each(&mut then);
}

fn each_named(config: &mut ImageConfig, annotations: &mut BTreeMap<String, String>, mut then: impl FnMut(&str, &mut String)) {
    config.env.iter_mut().for_each(|(name, value)| then(name, value));
    config.labels.iter_mut().chain(annotations).for_each(|(name, value)| then(name, value));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config_secrets;
    use crate::sample::expand;

    #[test]
    fn nothing_of_a_credential_stays() {
        let token = expand("{%glpat-}{an:20}", "conceal");
        let password = expand("{an:14}", "conceal");
        let key = expand("{%AKIA}{b32:16}", "conceal");
        let mut config = ImageConfig {
            env: vec![
                ("GITLAB_TOKEN".to_owned(), token.clone()),
                ("DB_PASSWORD".to_owned(), password.clone()),
                ("PATH".to_owned(), "/bin".to_owned()),
            ],
            cmd: vec!["psql".to_owned(), "--password".to_owned(), password.clone()],
            ..ImageConfig::default()
        };
        config.labels.insert("key".to_owned(), key.clone());
        let mut history =
            vec![HistoryStep { created_by: format!("ENV GITLAB_TOKEN={token}"), comment: password.clone(), ..HistoryStep::default() }];
        let mut annotations = BTreeMap::from([("note".to_owned(), format!("see {token}"))]);
        assert_eq!(config_secrets(&config, &history, &annotations).len(), 6);
        conceal_config(&mut config, &mut history, &mut annotations);
        let left = format!("{config:?}{history:?}{annotations:?}");
        for value in [&token, &password, &key] {
            assert!(!left.contains(value.as_str()), "{left}");
        }
        assert!(left.contains("ENV GITLAB_TOKEN=glpat-********") && left.contains("/bin"), "{left}");
        assert!(config_secrets(&config, &history, &annotations).is_empty());
    }

    #[test]
    fn a_captured_script_is_kept_without_its_token() {
        let token = expand("{%ghp_}{an:30}{crc}", "script");
        let text = format!("#!/bin/sh\ngit push https://bot:{token}@git.test/a.git\nexec app\n");
        let mut texts = [CapturedText { path: "app/deploy.sh".to_owned(), text, cut: false }];
        conceal_texts(&mut texts);
        assert_eq!(texts[0].text, "#!/bin/sh\ngit push https://bot:ghp_********@git.test/a.git\nexec app\n");
    }
}
