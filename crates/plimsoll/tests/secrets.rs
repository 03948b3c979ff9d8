//! An image with credentials wherever one can be: each is found, with its place, and no report holds one of them.

#![allow(clippy::unwrap_used)] // Test code: a panic is the message.

mod kit;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use kit::{Image, Layer, item, plimsoll, report, stderr, stdout};
use serde_json::{Value, json};

/// Values made while the test runs, so that none stands in the sources.
struct Maker(u64);

impl Maker {
    fn text(&mut self, alphabet: &str, len: usize) -> String {
        let mut digit = || {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            alphabet.as_bytes()[((self.0 >> 33) % alphabet.len() as u64) as usize] as char
        };
        (0..len).map(|_| digit()).collect()
    }

    fn word(&mut self, len: usize) -> String {
        // A digit in it, whatever chance says.
        self.text("abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", len - 2) + "7k"
    }

    fn upper(&mut self, len: usize) -> String {
        self.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", len)
    }

    fn digits(&mut self, len: usize) -> String {
        self.text("0123456789", len)
    }
}

/// The checksum that ends GitHub's and npm's tokens: CRC-32 in six digits of base 62.
fn checked(prefix: &str, body: &str) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut crc = flate2::Crc::new();
    crc.update(body.as_bytes());
    let mut left = crc.sum();
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(left % 62) as usize];
        left /= 62;
    }
    format!("{prefix}{body}{}", String::from_utf8(digits.to_vec()).unwrap())
}

/// What is a private key from outside: a DER SEQUENCE that starts with a version.
fn key(maker: &mut Maker, label: &str) -> String {
    let content: Vec<u8> = [2, 1, 0].into_iter().chain(maker.word(300).into_bytes()).collect();
    let mut der = vec![0x30, 0x82, (content.len() >> 8) as u8, content.len() as u8];
    der.extend(content);
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|c| std::str::from_utf8(c).unwrap()).collect();
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    format!("{begin}\n{}\n{end}\n", lines.join("\n"))
}

/// The image, and each rule with the place and the value that it has to find.
fn image() -> (Image, Vec<(&'static str, &'static str, String)>) {
    let m = &mut Maker(7);
    let slack = format!("{}-{}-{}-{}", "xoxb", m.digits(12), m.digits(13), m.word(24));
    let gitlab = format!("{}-{}", "glpat", m.word(20));
    let (aws_deleted, aws) = (m.word(40), m.word(40));
    let npm_history = checked("npm_", &m.word(30));
    let npm = checked("npm_", &m.word(30));
    let github = checked("ghp_", &m.word(30));
    let rsa = key(m, "RSA PRIVATE KEY");
    let pkcs8 = key(m, "PRIVATE KEY");
    let netrc = m.word(24);
    let docker = STANDARD.encode(format!("deploy:{}", m.word(20)));
    let payload = json!({ "sub": m.word(20) }).to_string();
    let jwt = format!("{}.{}.{}", URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","kid":"a"}"#), URL_SAFE_NO_PAD.encode(payload), m.word(80));
    let stripe = format!("{}_{}", "sk_live", m.word(24));
    let hook = format!("services/T{}/B{}/{}", m.upper(10), m.upper(10), m.word(24));
    let password = m.word(16);
    let config = json!({
        "Env": ["PATH=/bin", format!("GITLAB_TOKEN={gitlab}")], "Labels": { "com.example.deploy.token": slack },
        "Entrypoint": ["/app/deploy.sh"], "Cmd": ["--db-password", password],
    });
    let files = Layer::new()
        .file(
            "app/config/aws.ini",
            0o644,
            format!("[default]\naws_access_key_id = {}{}\naws_secret_access_key = {aws}\n", "AKIA", m.upper(16)),
        )
        .file("app/deploy.sh", 0o755, format!("#!/bin/sh\ngit push https://bot:{github}@git.test/a.git\n"))
        .file("etc/ssl/private/server.key", 0o600, &rsa)
        .file("root/.npmrc", 0o600, format!("//npm.example.org/:_authToken={npm}\n"))
        .file("root/.netrc", 0o600, format!("machine git.test login bot password {netrc}\n"))
        .file("root/.docker/config.json", 0o600, json!({ "auths": { "r.test": { "auth": docker } } }).to_string())
        .file("root/.kube/config", 0o600, format!("clusters: []\ncontexts: []\nusers:\n- user:\n    token: {jwt}\n"))
        .file("app/.env", 0o644, format!("STRIPE_KEY={stripe}\n"))
        .file(
            "app/service-account.json",
            0o644,
            json!({ "type": "service_account", "private_key": pkcs8, "client_email": "a@b.test" }).to_string(),
        )
        .file("app/notify.py", 0o644, format!("URL = 'https://hooks.slack.com/{hook}'\n"));
    let deleted = Layer::new().file("root/.aws/credentials", 0o600, format!("[default]\naws_secret_access_key = {aws_deleted}\n"));
    let image = Image::new(config)
        .step(&format!("LABEL com.example.deploy.token={slack}"))
        .step(&format!("ENV GITLAB_TOKEN={gitlab}"))
        .layer("COPY credentials /root/.aws/ # buildkit", deleted)
        .layer("RUN /bin/sh -c rm /root/.aws/credentials # buildkit", Layer::new().whiteout("root/.aws/credentials"))
        .step(&format!("ARG NPM_TOKEN={npm_history}"))
        .layer(
            &format!(
                "RUN |1 NPM_TOKEN={npm_history} /bin/sh -c npm config set //npm.example.org/:_authToken=$NPM_TOKEN && npm ci # buildkit"
            ),
            Layer::new().file("app/package.json", 0o644, "{}"),
        )
        .layer("COPY . / # buildkit", files)
        .annotations(json!({ "com.example.note": format!("pushed with {gitlab}") }));
    let inner = |pem: &str| pem.lines().nth(2).unwrap().to_owned();
    let wanted = vec![
        ("slack-bot-token", "Labels[com.example.deploy.token]", slack),
        ("gitlab-pat", "Env[GITLAB_TOKEN]", gitlab.clone()),
        ("gitlab-pat", "annotations[com.example.note]", gitlab),
        ("aws-secret-access-key", "/root/.aws/credentials", aws_deleted),
        ("npm-token", "history 4", npm_history.clone()),
        ("npm-token", "history 5", npm_history),
        ("aws-secret-access-key", "/app/config/aws.ini", aws),
        ("github-pat", "/app/deploy.sh", github),
        ("private-key", "/etc/ssl/private/server.key", inner(&rsa)),
        ("npm-token", "/root/.npmrc", npm),
        ("netrc-password", "/root/.netrc", netrc),
        ("docker-auth", "/root/.docker/config.json", docker),
        ("kubeconfig-token", "/root/.kube/config", jwt),
        ("stripe-secret-key", "/app/.env", stripe),
        ("gcp-service-account", "/app/service-account.json", inner(&pkcs8)),
        ("slack-webhook", "/app/notify.py", hook),
        ("command-password", "Cmd", password),
    ];
    (image, wanted)
}

fn place(finding: &Value) -> String {
    let location = &finding["location"];
    match (location["path"].as_str(), location["field"].as_str(), location["step"].as_u64()) {
        (Some(path), ..) => path.to_owned(),
        (_, Some(field), _) => field.to_owned(),
        (.., Some(step)) => format!("history {step}"),
        _ => location.to_string(),
    }
}

#[test]
fn each_credential_is_found_where_it_is() {
    let layout = tempfile::tempdir().unwrap();
    let (image, wanted) = image();
    image.write(layout.path(), "latest");
    let report = report(layout.path(), &[]);
    let findings = item(&report, "no-secrets")["findings"].as_array().unwrap().clone();
    let found: Vec<(String, String)> = findings.iter().map(|f| (f["rule"].as_str().unwrap().to_owned(), place(f))).collect();
    for (rule, place, _) in &wanted {
        let there = found.iter().any(|(r, p)| p == place && *r == format!("no-secrets/{rule}"));
        assert!(there, "{rule} at {place} is not among {found:#?}");
    }
    let deleted = findings.iter().find(|f| place(f) == "/root/.aws/credentials").unwrap();
    assert!(deleted["message"].as_str().unwrap().contains("still ships"), "{deleted}");
}

#[test]
fn no_report_holds_a_value() {
    let layout = tempfile::tempdir().unwrap();
    let (image, wanted) = image();
    image.write(layout.path(), "latest");
    let reference = format!("oci:{}", layout.path().display());
    for more in [&["--format", "json", "-v"][..], &["-v"], &["--format", "json"], &[]] {
        let arguments: Vec<&str> = ["check", &reference].into_iter().chain(more.iter().copied()).collect();
        let output = plimsoll(&arguments);
        let said = stdout(&output) + &stderr(&output);
        assert!(said.contains("no-secrets"), "{said}");
        // Wrapped lines would hide a value from the search.
        let joined: String = said.split_whitespace().collect();
        for (rule, place, value) in &wanted {
            assert!(!said.contains(value.as_str()) && !joined.contains(value.as_str()), "{rule} of {place} is shown by {more:?}");
        }
    }
}
