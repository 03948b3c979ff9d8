//! Names of variables that say that their value is a credential.

use crate::sources::VEIL;

/// What is about a credential, and what everyone may know.
const ABOUT: &[&str] = &[
    "public",
    "pub",
    "gpg",
    "pgp",
    "fingerprint",
    "file",
    "files",
    "path",
    "dir",
    "url",
    "uri",
    "endpoint",
    "host",
    "id",
    "name",
    "ttl",
    "length",
    "len",
    "size",
    "type",
    "algorithm",
    "alg",
    "expiry",
    "expires",
    "timeout",
    "enabled",
    "enable",
    "disable",
    "disabled",
    "required",
    "allow",
    "policy",
    "mode",
    "method",
    "prefix",
    "header",
    "version",
    "issuer",
    "service",
    "server",
    "provider",
    "realm",
    "keyring",
    "keyserver",
    "mount",
    "min",
    "max",
    "count",
];

/// Whether a name says that its value is a credential.
pub(super) fn is_secret_name(name: &str) -> bool {
    let parts: Vec<String> = words(name);
    let has = |word: &str| parts.iter().any(|p| p == word);
    let own = [
        "password",
        "passwd",
        "passphrase",
        "pword",
        "pwd",
        "pass",
        "secret",
        "secrets",
        "token",
        "credential",
        "credentials",
        "apikey",
        "passkey",
        "pat",
    ];
    let keys = has("key")
        && [
            "api",
            "access",
            "private",
            "secret",
            "encryption",
            "signing",
            "ssh",
            "auth",
            "master",
            "license",
            "deploy",
            "account",
            "storage",
            "hmac",
            "jwt",
        ]
        .iter()
        .any(|kind| has(kind));
    let named = own.iter().any(|word| has(word)) || keys;
    // PWD is the shell's working directory.
    named && name != "PWD" && name != "OLDPWD" && !ABOUT.iter().any(|word| has(word))
}

/// The words of a name, by underscores, dashes and changes of case.
fn words(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut lower = false;
    for c in name.chars() {
        let breaks = !c.is_alphanumeric() || (c.is_uppercase() && lower);
        if breaks {
            parts.push(String::new());
        }
        if let Some(last) = parts.last_mut().filter(|_| c.is_alphanumeric()) {
            last.extend(c.to_lowercase());
        }
        lower = c.is_lowercase();
    }
    parts.retain(|p| !p.is_empty());
    parts
}

/// Whether a value is written out: no variable, no path, nothing empty or that only says yes or no.
pub(super) fn is_written(value: &str) -> bool {
    let bare = value.trim_matches(['"', '\'']).trim();
    let plain = matches!(
        bare.to_lowercase().as_str(),
        "" | "true" | "false" | "yes" | "no" | "none" | "null" | "0" | "1" | "on" | "off" | "unset" | "undefined"
    );
    let stands_for = bare.starts_with('$')
        || (bare.starts_with('<') && bare.ends_with('>'))
        || bare.starts_with('/')
        || bare.contains("${")
        || bare.contains("://");
    bare.contains(VEIL) || (!plain && !stands_for)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in [
            "PASSWORD",
            "DB_PASSWORD",
            "dbPassword",
            "API_KEY",
            "GITHUB_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "apiKey",
            "REDIS_PASS",
            "NPM_TOKEN",
            "CLIENT_SECRET",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "GPG_KEY",
            "PUBLIC_KEY",
            "PASSWORD_FILE",
            "TOKEN_URL",
            "SECRET_NAME",
            "PWD",
            "KEYS",
            "PASSENGER_VERSION",
            "TOKENIZERS_PARALLELISM",
            "COMPASS",
            "AUTH_TYPE",
            "KEY_PREFIX",
            "PASSWORD_MIN",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn values() {
        for value in ["hunter2", "\"a b\"", "••••"] {
            assert!(is_written(value), "{value}");
        }
        for value in ["", "\"\"", "$TOKEN", "${TOKEN}", "/run/secrets/x", "true", "<token>"] {
            assert!(!is_written(value), "{value}");
        }
    }
}
