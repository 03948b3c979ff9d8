//! Evidence that no gatherer would make: whatever a hostile image, or a changed evidence file, puts into it.

use plimsoll_evidence::{Evidence, FileKind, Gathered, Link, Missing, OpenEnd, Reached, SecretNature, SecretPlace, Severity};
use proptest::prelude::*;

use crate::testkit::{Kit, elf};
use crate::{CATALOGUE, Outcome, Policy, decide_all};

const WORDS: [&str; 34] = [
    "",
    "/",
    "..",
    "/../..",
    "root",
    "0",
    "4294967296",
    "-1",
    "app:app:app",
    "/bin/sh",
    "-c",
    "$(",
    "\"$@\"",
    "exec",
    "apt-get install x | sh",
    "\u{202e}",
    "\u{1b}[2J",
    "é/ü",
    "sha256:",
    "@",
    "256Mi",
    "9999999999999999999E",
    "NONE",
    "CMD",
    "CMD-SHELL",
    "|",
    "RUN |9",
    "/bin/sh -c #(nop)",
    "https://",
    "http://[::1",
    "-v",
    "--privileged",
    "1970-01-01T00:00:00Z",
    "/var/run/docker.sock",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![prop::sample::select(WORDS.to_vec()).prop_map(str::to_owned), "\\PC{0,12}"]
}

prop_compose! {
    fn evidence()(
        words in prop::collection::vec(word(), 24),
        numbers in prop::collection::vec(any::<u32>(), 8),
        times in prop::collection::vec(any::<i64>(), 4),
        modes in prop::collection::vec(0_u32..0o10000, 3),
    ) -> Evidence {
        let w = |at: usize| words[at].as_str();
        let place = SecretPlace::History { step: numbers[0] as usize % 4 };
        Kit::new()
            .user(w(0)).entrypoint(&[w(1), w(2), w(3)]).cmd(&[w(4)]).env(w(5), w(6)).env("PATH", w(7)).env("HOME", w(8)).workdir(w(9))
            .label(w(10), w(11)).label("RUN", w(12)).label("org.opencontainers.image.source", w(13)).label("org.opencontainers.image.resource.cpu", w(14))
            .annotation("org.opencontainers.image.base.name", w(15)).annotation("org.opencontainers.image.base.digest", w(16))
            .volume(w(17)).port(w(18)).stop_signal(w(19)).health(&[w(20), w(21)])
            .layer(w(22)).step(w(23)).deleted(w(2), 9)
            .script("e.sh", &format!("#!/bin/sh\n{} {}\n{}", w(12), w(3), w(11)))
            .text("etc/nginx/nginx.conf", &words.join(" "))
            .file_as("a/b", modes[0], u64::from(numbers[1]), u64::from(numbers[2])).dir("a", modes[1], 0, 0).special("dev/x", FileKind::CharDevice)
            .elf(elf("a/b")).reach("e.sh", Link::Entrypoint).reach("a/b", Link::Command)
            .secret("token", Severity::Info, place, SecretNature::Live)
            .config(|c| {
                c.created = Some(words[9].clone());
                c.on_build.push(words[1].clone());
                if let Some(check) = &mut c.healthcheck {
                    (check.interval, check.timeout, check.start_period, check.retries) = (times[0], times[1], times[2], times[3]);
                }
            })
            .evidence()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_evidence_is_survived_and_judged_alike_twice(mut evidence in evidence(), far in any::<u32>(), now in any::<Option<i64>>()) {
        if let Gathered::Found(image) = &mut evidence.image {
            image.closure.reached.push(Reached { file: far, via: Some(far), how: Link::Needed });
            image.closure.missing.push(Missing { wanted: "x".to_owned(), by: Some(far), how: Link::Needed, line: Some(far) });
            image.closure.open_ends.push(OpenEnd { by: Some(far), opens: plimsoll_evidence::Opening::Anything, why: "y".to_owned() });
            image.secrets.push((Some(far), image.secrets[0].1.clone()));
            for file in &mut image.tree.files {
                file.layer = far;
            }
        }
        let policy = Policy { now, ..Policy::default() };
        let verdicts = decide_all(&evidence, &policy);
        prop_assert_eq!(verdicts.len(), CATALOGUE.len());
        for (item, verdict) in &verdicts {
            let failing = verdict.findings.iter().any(|f| f.severity > Severity::Info);
            prop_assert_eq!(verdict.outcome == Outcome::Fail, failing, "{}", item.id);
            prop_assert!(verdict.outcome != Outcome::Unknown || !verdict.needs.is_empty(), "{}", item.id);
            prop_assert!(verdict.findings.is_sorted_by_key(|f| std::cmp::Reverse(f.severity)), "{}", item.id);
            let mut prints: Vec<_> = verdict.findings.iter().map(|f| &f.fingerprint).collect();
            prints.sort();
            prints.dedup();
            prop_assert_eq!(prints.len(), verdict.findings.len(), "{}: fingerprints tell findings apart", item.id);
            let shown: String = std::iter::once(verdict.summary.as_str()).chain(verdict.findings.iter().map(|f| f.message.as_str())).collect();
            prop_assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{}: {shown:?}", item.id);
        }
        let again = decide_all(&evidence, &policy);
        let bytes = |verdicts: &[(_, crate::Verdict)]| verdicts.iter().map(|(_, v)| serde_json::to_string(v).unwrap()).collect::<Vec<_>>();
        prop_assert_eq!(bytes(&verdicts), bytes(&again));
    }
}
