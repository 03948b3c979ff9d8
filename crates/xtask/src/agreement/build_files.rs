//! The test cases of linters for build files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context as _;

use super::peers::{Case, Peer, files, name};

/// Instructions without a FROM get one that no rule minds.
fn whole(text: &str) -> String {
    let has_from = text.lines().any(|l| l.trim_start().to_ascii_uppercase().starts_with("FROM "));
    if has_from { text.to_owned() } else { format!("FROM x@sha256:{}\n{text}", "0".repeat(64)) }
}

/// hadolint: `test/Hadolint/Rule/CHECKSpec.hs`, calls of `ruleCatches` and `ruleCatchesNot` with a text, or with the name of one.
fn hadolint(folder: &Path, check: &str) -> anyhow::Result<Vec<Case>> {
    let path = folder.join("test/Hadolint/Rule").join(format!("{check}Spec.hs"));
    let source = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let tokens = tokens(&source);
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    let mut cases = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            Token::Word(call @ ("ruleCatches" | "ruleCatchesNot")) => {
                // The rule's name stands before the text.
                let (text, next) = value(&tokens, at + 2, &texts);
                if let Some(text) = text {
                    cases.push((text.trim().replace('\n', " / "), whole(&text), *call == "ruleCatches"));
                }
                at = next;
            }
            Token::Word(name) if matches!(tokens.get(at + 1), Some(Token::Sign('='))) => {
                let (text, next) = value(&tokens, at + 2, &texts);
                texts.extend(text.map(|text| (*name, text)));
                at = next;
            }
            _ => at += 1,
        }
    }
    Ok(cases)
}

/// A token of Haskell, as far as these cases need it.
enum Token<'a> {
    Word(&'a str),
    Text(String),
    Sign(char),
}

fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        if c == '"' {
            let (text, after) = string(rest.get(1..).unwrap_or_default());
            found.push(Token::Text(text));
            rest = after;
        } else if c.is_alphanumeric() {
            let end = rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '\'' | '.')).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            found.push(Token::Word(word));
            rest = after;
        } else {
            if !c.is_whitespace() {
                found.push(Token::Sign(c));
            }
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
    found
}

/// A string's text and what stands behind it. `\` before white space and another `\` is a gap.
fn string(source: &str) -> (String, &str) {
    let mut out = String::new();
    let mut chars = source.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (out, source.get(at + 1..).unwrap_or_default()),
            '\\' => match chars.next() {
                Some((_, 'n')) => out.push('\n'),
                Some((_, 't')) => out.push('\t'),
                Some((_, gap)) if gap.is_whitespace() => drop(chars.find(|(_, c)| *c == '\\')),
                Some((_, other)) => out.push(other),
                None => {}
            },
            other => out.push(other),
        }
    }
    (out, "")
}

/// A text: a string, the name of one, or a list of lines; `Text.unlines`, `$` and brackets before it do not matter.
fn value(tokens: &[Token<'_>], mut at: usize, texts: &BTreeMap<&str, String>) -> (Option<String>, usize) {
    while let Some(token) = tokens.get(at) {
        match token {
            Token::Sign('$' | '(') | Token::Word("Text.unlines") => at += 1,
            Token::Text(text) => return (Some(text.clone()), at + 1),
            Token::Word(name) => return (texts.get(name).cloned(), at + 1),
            Token::Sign('[') => {
                let mut text = String::new();
                while let Some(token) = tokens.get(at) {
                    match token {
                        Token::Text(line) => text.extend([line, "\n"]),
                        Token::Sign(']') => break,
                        _ => {}
                    }
                    at += 1;
                }
                return (Some(text), at);
            }
            Token::Sign(_) => break,
        }
    }
    (None, at)
}

/// Checkov: `tests/dockerfile/checks/example_CHECK/success*/Dockerfile`, `failure*`, and
/// `tests/dockerfile/graph_builder/checks/resources/CHECK/pass/Dockerfile*`, `fail`.
fn checkov(folder: &Path, check: &str) -> anyhow::Result<Vec<Case>> {
    let base = folder.join("tests/dockerfile");
    let places = [base.join("checks").join(format!("example_{check}")), base.join("graph_builder/checks/resources").join(check)];
    let mut cases = Vec::new();
    for place in places.iter().filter(|p| p.is_dir()) {
        for outcome in files(place)?.iter().filter(|p| p.is_dir()) {
            let called = name(outcome);
            let fires = called.starts_with("fail");
            for path in files(outcome)?.iter().filter(|p| name(p).contains("Dockerfile")) {
                cases.push((format!("{called}/{}", name(path)), fs::read_to_string(path)?, fires));
            }
        }
    }
    Ok(cases)
}

pub(super) const UNPINNED: &[&str] = &["reproducible-build/unpinned-install"];
pub(super) const CACHE: &[&str] = &["no-build-dependencies/cache"];
pub(super) const BY_TAG: &[&str] = &["immutable-base-reference/from-by-tag"];
pub(super) const ROOT: &[&str] = &["non-root-user/root"];
const OFF: &[&str] = &[
    "component-checksums/checks-turned-off",
    "component-checksums/checks-off-in-environment",
    "component-checksums/unsigned-package-source",
];

pub(super) const DIGEST: &str = "a tag can be moved; the checklist asks for the digest";
pub(super) const LAST: &str = "the user of the stage that ships counts, and nothing below scratch sets one: it starts as root";
const RANGE: &str = "several versions fit, so that the next build may take another one";
const LOCK: &str = "npm install may take newer versions than the lock file has; npm ci does not";
const NOTHING: &str = "it names no package, and installs nothing";
const INHERITED: &str = "the base image may set the variable: unknown, not refused";
const FALSY: &str = "pip keeps no cache whatever the value is, \"0\" and \"off\" among them (tried with pip 23)";

pub(super) static HADOLINT: Peer = Peer {
    name: "hadolint",
    checks: &[
        ("DL3002", ROOT),
        ("DL3006", BY_TAG),
        ("DL3007", BY_TAG),
        ("DL3008", UNPINNED),
        ("DL3009", CACHE),
        ("DL3013", UNPINNED),
        ("DL3016", UNPINNED),
        ("DL3018", UNPINNED),
        ("DL3019", CACHE),
        ("DL3028", UNPINNED),
        ("DL3032", CACHE),
        ("DL3033", UNPINNED),
        ("DL3036", CACHE),
        ("DL3037", UNPINNED),
        ("DL3040", CACHE),
        ("DL3041", UNPINNED),
        ("DL3042", CACHE),
        ("DL3062", UNPINNED),
    ],
    cases: hadolint,
    judge: super::of_build_file,
    meant: &[
        ("DL3002", "FROM debian as base*", LAST),
        ("DL3006", "*", DIGEST),
        ("DL3007", "*", DIGEST),
        ("DL3008", "RUN apt-get update && apt-get install --no-install-recommends -y \\ / python-demjson=2.2.2*", RANGE),
        ("DL3013", "RUN pip install MySQL_python~=1.2.2", RANGE),
        ("DL3013", "RUN pip install 'alabaster*", RANGE),
        ("DL3016", "RUN npm install", LOCK),
        ("DL3016", "RUN npm install --progress=false", LOCK),
        ("DL3016", "RUN npm install @myorg/privatepackage@\">=*", RANGE),
        ("DL3016", "RUN npm install git+http://isaacs@github.com/npm/npm#semver*", RANGE),
        ("DL3018", "RUN apk add --no-cache \\ /   \"flex>=2.6.1-r1\"*", RANGE),
        (
            "DL3028",
            "RUN gem install bundler:2.0.1 --use-system-libraries true",
            "gem knows no such option before `--`, and takes `true` for a package",
        ),
        ("DL3032", "RUN yum clean all && yum install -y", NOTHING),
        ("DL3033", "FROM fedora:fc42 AS build / ENV version*", INHERITED),
        ("DL3037", "RUN zypper install -y tomcat\\*", RANGE),
        ("DL3040", "RUN dnf -y in*", NOTHING),
        ("DL3040", "RUN dnf -y re*", NOTHING),
        ("DL3041", "FROM fedora:fc42 AS build / ENV version*", INHERITED),
        ("DL3042", "ENV PIP_NO_CACHE_DIR*", FALSY),
        ("DL3042", "RUN PIP_NO_CACHE_DIR*", FALSY),
        ("DL3042", "RUN export PIP_NO_CACHE_DIR*", FALSY),
        ("DL3062", "RUN go run example.com/pkg", "without a version go takes the one that go.mod names, and go.sum checks it"),
    ],
};

pub(super) static CHECKOV: Peer = Peer {
    name: "Checkov, build files",
    checks: &[
        ("EnvGitSslNoVerify", OFF),
        ("EnvNodeTlsRejectUnauthorized", OFF),
        ("EnvNpmConfigStrictSsl", OFF),
        ("EnvPipTrustedHost", OFF),
        ("EnvPythonHttpsVerify", OFF),
        ("ExposePort22", &["no-remote-access-tools/port"]),
        ("ReferenceLatestTag", BY_TAG),
        ("RootUser", ROOT),
        ("RunApkAllowUntrusted", OFF),
        ("RunAptGetAllowUnauthenticated", OFF),
        ("RunAptGetForceYes", OFF),
        ("RunNpmConfigSetStrictSsl", OFF),
        ("RunPipTrustedHost", OFF),
        ("RunRpmNoSignature", OFF),
        ("RunUnsafeCurl", OFF),
        ("RunUnsafeWget", OFF),
        ("RunYumConfigManagerSslVerify", OFF),
        ("RunYumNoGpgCheck", OFF),
        ("UserExists", ROOT),
    ],
    cases: checkov,
    judge: super::of_build_file,
    meant: &[
        ("ReferenceLatestTag", "*", DIGEST),
        ("UserExists", "failure/Dockerfile", "whom the unknown image `base` starts as, the build file does not say: unknown, not refused"),
    ],
};
