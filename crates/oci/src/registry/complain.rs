//! What went wrong with a registry, in words: what, why, and what to do.

use std::collections::BTreeSet;

use plimsoll_evidence::printable_line;
use serde::Deserialize;

use super::endpoint::Endpoint;
use super::http::{Answer, Failure};
use super::name::Name;
use super::secret::Credential;
use crate::error::{OpenError, OpenErrorKind};
use crate::select::SHOWN;

/// Largest error body that is read.
const LARGEST: u64 = 64 << 10;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Errors {
    errors: Option<Vec<Reason>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Reason {
    code: Option<String>,
    message: Option<String>,
}

/// No answer.
pub(super) fn failure(name: &Name, endpoint: &Endpoint, failure: &Failure) -> OpenError {
    match failure {
        Failure::Unreachable { host, cause } => OpenError::new(
            OpenErrorKind::Unreachable,
            name.full(),
            format!("{host} cannot be reached ({cause})"),
            "see that the host is right, that this machine can reach it (HTTPS_PROXY) and trusts its certificate (--registry-ca)",
        ),
        Failure::Refused(cause) => OpenError::new(
            OpenErrorKind::Unreachable,
            name.full(),
            cause,
            "ask whoever runs the registry; for one without TLS see --insecure-registry",
        ),
        Failure::Denied(cause) => OpenError::new(OpenErrorKind::Unauthorized, name.full(), cause, log_in(endpoint)),
    }
}

fn log_in(endpoint: &Endpoint) -> String {
    format!("log in by docker login {host} or podman login {host}, as somebody who may read it", host = endpoint.host)
}

/// An answer that is a refusal.
pub(super) fn status(name: &Name, endpoint: &Endpoint, answer: Answer, what: &str) -> OpenError {
    let status = answer.status();
    let host = endpoint.authority();
    let after = answer.header("retry-after").map(|v| printable_line(v, 40));
    let from_origin = answer.from_origin;
    let answered = reasons(answer);
    match status {
        401 | 403 if from_origin => denied(name, endpoint, status, &answered),
        404 => OpenError::new(
            OpenErrorKind::NotFound,
            name.full(),
            format!("{host} does not have {what}{answered}"),
            format!("see that the name is right; where it is private, {}", log_in(endpoint)),
        ),
        429 => {
            let after = after.map(|a| format!(", and wants {a} (seconds or date) to pass first")).unwrap_or_default();
            OpenError::new(
                OpenErrorKind::Unreachable,
                name.full(),
                format!("{host} answers that too many requests were made{after}{answered}"),
                format!("wait, or {}: many registries allow more to those who do", log_in(endpoint)),
            )
        }
        status => OpenError::new(
            OpenErrorKind::Unreachable,
            name.full(),
            format!("{host} answers with status {status} when asked for {what}{answered}"),
            "try again later; if it stays so, ask whoever runs the registry",
        ),
    }
}

fn denied(name: &Name, endpoint: &Endpoint, status: u16, answered: &str) -> OpenError {
    let new = |cause: String, next: String| OpenError::new(OpenErrorKind::Unauthorized, name.full(), cause, next);
    let login = endpoint.login();
    let looked = login.map(|l| &l.looked).into_iter().flatten().map(|p| p.to_string_lossy().into_owned()).collect::<Vec<_>>().join(", ");
    let problems = login.map(|l| l.problems.join("; ")).filter(|p| !p.is_empty()).map(|p| format!("; {p}")).unwrap_or_default();
    let credential = login.and_then(|l| l.credential.as_ref());
    if let Some(realm) = endpoint.held_back() {
        return new(
            format!(
                "it wants a login, and the one for {} was not shown to the token realm {realm}, which is another's{answered}",
                endpoint.host
            ),
            format!("if {realm} is to be trusted with it, allow it by --token-realm {realm}"),
        );
    }
    match credential {
        None if looked.is_empty() => new(
            format!("access is denied (status {status}){answered}"),
            format!("{}; see also that the name is right, as registries answer so for what is not there too", log_in(endpoint)),
        ),
        None => new(
            format!("it is private or not there, and no login for {} was found (looked in {looked}{problems}){answered}", endpoint.host),
            format!("see that the name is right, or {}", log_in(endpoint)),
        ),
        Some(Credential::Password { user, .. }) => {
            new(format!("the login of {user} for {} is refused (status {status}){answered}", endpoint.host), log_in(endpoint))
        }
        Some(_) => new(format!("the token for {} is refused (status {status}){answered}", endpoint.host), log_in(endpoint)),
    }
}

/// What a registry says of a refusal (distribution specification v1.1, "Error Codes"), made safe and short.
fn reasons(answer: Answer) -> String {
    let bytes = answer.small(LARGEST).ok().flatten().unwrap_or_default();
    let errors: Errors = serde_json::from_slice(&bytes).unwrap_or_default();
    let said: Vec<String> = errors
        .errors
        .unwrap_or_default()
        .into_iter()
        .take(3)
        .map(|r| [r.code, r.message].into_iter().flatten().map(|t| printable_line(&t, 120)).collect::<Vec<_>>().join(" "))
        .filter(|t| !t.is_empty())
        .collect();
    if said.is_empty() { String::new() } else { format!(": {}", said.join("; ")) }
}

/// A tag that is not there, with those that are: the ones that begin like it first.
pub(super) fn unknown_tag(name: &Name, tag: &str, tags: Vec<String>) -> OpenError {
    let alike = |t: &str| t.chars().zip(tag.chars()).take_while(|(a, b)| a == b).count();
    let mut tags: Vec<String> = tags.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    tags.sort_by_key(|t| std::cmp::Reverse(alike(t)));
    let more = tags.len().saturating_sub(SHOWN);
    let shown = crate::select::listed(tags.into_iter().take(SHOWN).collect());
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    OpenError::new(
        OpenErrorKind::NotFound,
        name.full(),
        format!("it has no tag {tag:?}"),
        format!("name one of those it has: {shown}{more}"),
    )
}
