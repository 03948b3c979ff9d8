//! Access tokens: what a registry's realm gives for a login, or to anyone for what is public (the distribution project's
//! token specification, `jwt` and `oauth2`).

use reqwest::header::HeaderValue;
use serde::Deserialize;
use url::Url;

use super::http::{Failure, Get, Http};
use super::origin::authority;
use super::secret::{Credential, Secret};

/// Largest answer of a realm.
const LARGEST: u64 = 1 << 20;

/// What is asked of a realm.
pub(super) struct Wanted<'a> {
    pub(super) realm: Url,
    pub(super) service: Option<&'a str>,
    pub(super) scope: String,
    /// The login, where the realm may know it.
    pub(super) credential: Option<&'a Credential>,
}

#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
}

/// The scope to ask for: the registry's own where it is of another kind or just what is needed, otherwise to read the
/// repository and nothing more. A registry must not choose which other repository of a shared realm it gets a token for.
pub(super) fn scope(asked: Option<&str>, repository: &str) -> String {
    let needed = format!("repository:{repository}:pull");
    match asked {
        Some(asked) if !asked.starts_with("repository:") && !asked.contains(' ') => asked.to_owned(),
        _ => needed,
    }
}

/// Gets a token; none where the realm gives none to a stranger.
pub(super) fn get(http: &Http, wanted: &Wanted<'_>) -> Result<Option<Secret>, Failure> {
    let answer = match wanted.credential {
        Some(Credential::Identity(token)) => {
            let mut form = vec![("grant_type", "refresh_token"), ("client_id", "plimsoll"), ("refresh_token", token.reveal())];
            form.push(("scope", &wanted.scope));
            if let Some(service) = wanted.service {
                form.push(("service", service));
            }
            http.post(&wanted.realm, &form)?
        }
        other => {
            let mut url = wanted.realm.clone();
            if let Some(service) = wanted.service {
                url.query_pairs_mut().append_pair("service", service);
            }
            url.query_pairs_mut().append_pair("scope", &wanted.scope);
            let authorization = match other {
                Some(Credential::Password { user, password }) => Some(basic(user, password)?),
                _ => None,
            };
            http.get(Get { url: &url, accept: Some("application/json"), from: 0, authorization: authorization.as_ref() })?
        }
    };
    let realm = authority(&wanted.realm);
    match answer.status() {
        200 => {}
        400 | 401 | 403 | 404 if wanted.credential.is_none() => return Ok(None),
        status @ (400 | 401 | 403) => return Err(Failure::Denied(format!("the token realm {realm} refuses the login (status {status})"))),
        status => return Err(Failure::Unreachable { host: realm, cause: format!("the token realm answers with status {status}") }),
    }
    if !answer.from_origin {
        return Err(Failure::Refused(format!("the token realm {realm} redirects to another host")));
    }
    let bytes = answer.small(LARGEST)?.unwrap_or_default();
    let answer: Answer =
        serde_json::from_slice(&bytes).map_err(|_| Failure::Refused(format!("the token realm {realm} answers with no token")))?;
    let token = answer.token.filter(|t| !t.is_empty()).or(answer.access_token).filter(|t| !t.is_empty());
    token.map(|t| Some(Secret::new(t))).ok_or_else(|| Failure::Refused(format!("the token realm {realm} answers with no token")))
}

/// `Basic`'s header.
pub(super) fn basic(user: &str, password: &Secret) -> Result<HeaderValue, Failure> {
    use base64::Engine as _;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{}", password.reveal()));
    sensitive(&format!("Basic {pair}"))
}

/// `Bearer`'s header.
pub(super) fn bearer(token: &Secret) -> Result<HeaderValue, Failure> {
    sensitive(&format!("Bearer {}", token.reveal()))
}

fn sensitive(text: &str) -> Result<HeaderValue, Failure> {
    let mut value =
        HeaderValue::from_str(text).map_err(|_| Failure::Refused("a token has characters that no header can hold".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::scope;

    #[test]
    fn a_registry_cannot_widen_the_scope() {
        for (asked, wanted) in [
            (None, "repository:a/b:pull"),
            (Some("repository:a/b:pull,push"), "repository:a/b:pull"),
            (Some("repository:secret/other:pull"), "repository:a/b:pull"),
            (Some("aws"), "aws"),
            (Some("aws repository:secret/other:pull"), "repository:a/b:pull"),
        ] {
            assert_eq!(scope(asked, "a/b"), wanted);
        }
    }
}
