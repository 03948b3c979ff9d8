//! Whether everybody can find the source and build it.

use super::prelude::*;
use crate::revision::{Said, said};

const ID: ItemId = ItemId("public-build");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Build and release of all software assets publicly",
    section: Section::BuildProcess,
    requirement: "How to build every released asset is publicly known: source, build files and instructions.",
    why: "Only who can build an image can check that it is what it claims to be.",
    remediation: "Publish the source with its build files and instructions and a licence, and name it in the labels org.opencontainers.image.source, .revision and .licenses.",
    references: &[footnote(23)],
    rules: &[NOT_PUBLIC, NOT_A_URL, CREDENTIALS],
    example: Some(Example {
        language: "dockerfile",
        bad: "LABEL org.opencontainers.image.source=\"http://gitlab.internal/app\"",
        good: "LABEL org.opencontainers.image.source=\"https://gitlab.example.org/team/app\"\nLABEL org.opencontainers.image.licenses=\"EUPL-1.2\"",
    }),
    rests_on: &[RestsOn::Config],
    judge,
};

const NOT_PUBLIC: Rule = Rule::new(
    "source-not-public",
    Medium,
    "The image names a source that the public cannot reach.",
    "Publish the source, and name the public address in org.opencontainers.image.source.",
);
const NOT_A_URL: Rule =
    Rule::new("source-not-a-url", Low, "The image's source is no address.", "Write the https:// address of the repository.");
const CREDENTIALS: Rule = Rule::new(
    "credentials-in-source",
    High,
    "The address of the source holds credentials.",
    "Revoke them, and write the address without them.",
);

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let Some(image) = evidence.image.found() else { return without_image(evidence) };
    let mut case = Case::new(ID, evidence);
    let source = ["org.opencontainers.image.source", "org.label-schema.vcs-url", "org.opencontainers.image.url"]
        .iter()
        .find_map(|name| said(image, name));
    match &source {
        Some(source) => judge_source(&mut case, source),
        None => case.need("where the source is", "name it in the label org.opencontainers.image.source, or give the source repository"),
    }
    if said(image, "org.opencontainers.image.licenses").is_none() {
        case.need(
            "the licence",
            "name it as an SPDX expression in the label org.opencontainers.image.licenses, or give the source repository",
        );
    }
    case.need("the build instructions at that source", "give the source repository");
    let unknown = if source.is_some() { "The image names its source, which was not given." } else { "The image does not name its source." };
    case.fail_or_unknown("The public cannot build the image from what it names as its source.", unknown)
}

fn judge_source(case: &mut Case<'_>, source: &Said<'_>) {
    let value = source.value.trim();
    let Some((scheme, rest)) = address(value) else {
        case.find(&NOT_A_URL).says(format!("{} is {:?}, which is no address.", source.field, source.value)).in_said(source).add();
        return;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (user, host) = authority.rsplit_once('@').map_or(("", authority), |(user, host)| (user, host));
    if !user.is_empty() && (user.contains(':') || !matches!(user, "git" | "hg")) && scheme != "ssh" {
        // The value is not shown: it is a credential.
        case.find(&CREDENTIALS).says(format!("{} holds a user name or password before the host.", source.field)).in_said(source).add();
    }
    let name = host_name(host);
    if matches!(scheme, "file" | "ssh") || is_private(&name) {
        let why = if matches!(scheme, "file" | "ssh") {
            format!("{scheme} addresses are for those with access only")
        } else {
            format!("{name} is no public host")
        };
        case.find(&NOT_PUBLIC).says(format!("{} is not public: {why}.", source.field)).in_said(source).add();
    }
}

/// Scheme and the rest; `git@host:path` is SSH's.
fn address(value: &str) -> Option<(&'static str, &str)> {
    for (prefix, scheme) in [
        ("https://", "https"),
        ("http://", "http"),
        ("git://", "git"),
        ("git+https://", "https"),
        ("ssh://", "ssh"),
        ("git+ssh://", "ssh"),
        ("file://", "file"),
    ] {
        if let Some(rest) = value.strip_prefix(prefix) {
            return rest.starts_with(|c: char| c.is_alphanumeric() || c == '[' || c == '/').then_some((scheme, rest));
        }
    }
    if let Some(rest) = value.strip_prefix("git@") {
        return rest.contains(':').then_some(("ssh", value));
    }
    value.starts_with('/').then_some(("file", value))
}

fn host_name(host: &str) -> String {
    let name =
        if host.starts_with('[') { host.split_inclusive(']').next().unwrap_or(host) } else { host.split(':').next().unwrap_or(host) };
    name.to_ascii_lowercase()
}

/// Names and addresses that the public cannot reach (RFC 1918, RFC 4193, RFC 6761, RFC 6762, and ICANN's `internal`).
fn is_private(name: &str) -> bool {
    if name.is_empty() || (!name.contains('.') && !name.starts_with('[')) {
        return true;
    }
    if ["localhost", "local", "internal", "lan", "home.arpa", "corp", "intranet", "test", "invalid"]
        .iter()
        .any(|end| name.strip_suffix(end).is_some_and(|r| r.is_empty() || r.ends_with('.')))
    {
        return true;
    }
    if let Ok(address) = name.parse::<std::net::Ipv4Addr>() {
        return address.is_private() || address.is_loopback() || address.is_link_local();
    }
    let v6 = name.trim_matches(['[', ']']).parse::<std::net::Ipv6Addr>();
    v6.is_ok_and(|a| a.is_loopback() || (a.segments()[0] & 0xfe00) == 0xfc00 || (a.segments()[0] & 0xffc0) == 0xfe80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let source = |value: &str| Kit::new().label("org.opencontainers.image.source", value);
        let cases = [
            ("https://gitlab.example.org/team/app", "unknown"),
            ("https://gitlab.example.org:8443/team/app.git", "unknown"),
            ("http://gitlab.internal/app", "fail: medium source-not-public"),
            ("https://10.1.2.3/app", "fail: medium source-not-public"),
            ("https://[fd00::1]/app", "fail: medium source-not-public"),
            ("https://gitlab/app", "fail: medium source-not-public"),
            ("git@gitlab.example.org:team/app.git", "fail: medium source-not-public"),
            ("file:///home/me/app", "fail: medium source-not-public"),
            ("/home/me/app", "fail: medium source-not-public"),
            ("https://oauth2:hunter2@gitlab.example.org/app", "fail: high credentials-in-source"),
            ("https://hunter2@gitlab.example.org/app", "fail: high credentials-in-source"),
            ("my app", "fail: low source-not-a-url"),
            ("", "fail: low source-not-a-url"),
            ("https://", "fail: low source-not-a-url"),
        ];
        for (value, wanted) in cases {
            assert_eq!(source(value).outcome(&ITEM), wanted, "{value}");
        }
        assert_eq!(Kit::new().outcome(&ITEM), "unknown");
        let verdict = source("https://oauth2:hunter2@gitlab.example.org/app").judge(&ITEM);
        assert!(!serde_json::to_string(&verdict).unwrap().contains("hunter2"));
    }
}
