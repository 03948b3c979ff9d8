//! Files, archives and windows that are searched for credentials: the first byte chooses the name.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use plimsoll_evidence::{CapturedText, FileEntry, FileKind, HistoryStep, ImageConfig, LayerFacts};
use plimsoll_layers::{Analyser, Content, Interest, Window};
use plimsoll_secrets::Secrets;

const PATHS: &[&str] = &[
    "app/a", "app/.env", "app/a.yml", "app/a.py", "root/.npmrc", "root/.netrc", "root/.pgpass", "root/.git-credentials", "root/.docker/config.json",
    "root/.kube/config", "etc/shadow", "srv/.htpasswd", "root/.bash_history", "root/.m2/settings.xml", "srv/wp-config.php", "a.jks", "a.p12", "a.keytab",
    "a.jar", "a.tar", "a.tar.gz", "usr/lib/python3/dist-packages/a/tests/b.py",
];

fuzz_target!(|data: &[u8]| {
    let Some((first, bytes)) = data.split_first() else { return };
    let path = PATHS[usize::from(*first) % PATHS.len()];
    let entry = FileEntry { path: path.into(), kind: FileKind::Regular, mode: 0o644, uid: 0, gid: 0, size: bytes.len() as u64, mtime: 0, link: None, caps: None, layer: 0 };
    let mut facts = LayerFacts::default();
    if Secrets.wants(&entry, &bytes[..bytes.len().min(512)]) != Interest::Nothing {
        let _ = Secrets.analyse(&entry, Content::Whole(bytes), &mut facts);
    }
    let half = bytes.len() / 2;
    let overlap = half / 2;
    for (from, to, overlap) in [(0, half, 0), (half - overlap, bytes.len(), overlap)] {
        let window = Window { bytes: &bytes[from..to], overlap, offset: from as u64, lines_before: 0 };
        let _ = Secrets.analyse(&entry, Content::Window(window), &mut facts);
    }
    let text = String::from_utf8_lossy(bytes).into_owned();
    plimsoll_secrets::conceal_texts(&mut [CapturedText { path: path.into(), text: text.clone(), cut: false }]);
    let mut config = ImageConfig { env: vec![("TOKEN".into(), text.clone())], cmd: vec![text.clone()], ..ImageConfig::default() };
    let mut history = vec![HistoryStep { created_by: text, ..HistoryStep::default() }];
    let mut annotations = BTreeMap::new();
    let _ = plimsoll_secrets::config_secrets(&config, &history, &annotations);
    plimsoll_secrets::conceal_config(&mut config, &mut history, &mut annotations);
});
