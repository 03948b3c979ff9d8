//! Registry logins: Docker's config.json and .dockercfg, containers' auth.json.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::{Map, Value};

use super::find;
use crate::hit::Hit;
use crate::kind::DOCKER_AUTH;
use crate::text::is_placeholder;

pub(super) fn look(bytes: &[u8], hits: &mut Vec<Hit>) {
    let Ok(Value::Object(all)) = serde_json::from_slice::<Value>(bytes) else { return };
    let registries: &Map<String, Value> = match all.get("auths") {
        Some(Value::Object(auths)) => auths,
        Some(_) => return,
        // The older form has the registries at its top.
        None => &all,
    };
    for (registry, login) in registries {
        let text = |name: &str| login.get(name).and_then(Value::as_str).filter(|v| !is_placeholder(v.as_bytes()));
        let auth = text("auth").filter(|v| is_login(v));
        for value in
            [auth, text("identitytoken"), text("registrytoken"), auth.is_none().then(|| text("password")).flatten()].into_iter().flatten()
        {
            // A value written with escapes stands in the bytes in another form: the file as a whole is its place then.
            let at = find(bytes, value).unwrap_or(0..bytes.len());
            let mut hit = Hit::by_kind(DOCKER_AUTH, bytes, at);
            hit.title = format!("{} for {registry}", DOCKER_AUTH.title);
            hits.push(hit);
        }
    }
}

/// `user:password` in base 64, and the password is one.
fn is_login(text: &str) -> bool {
    let Ok(login) = STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)) else { return false };
    let Some(colon) = memchr::memchr(b':', &login) else { return false };
    let password = &login[colon + 1..];
    password.len() >= 3 && !is_placeholder(password)
}
