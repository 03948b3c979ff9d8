//! Credentials that a deployment's files hold by their shape: values of variables and objects that are named as credentials. What looks
//! like a credential wherever it stands is found before, and shows here as bullets.

use plimsoll_evidence::Deployment;
use plimsoll_evidence::workload::EnvSource;

use super::super::prelude::*;

pub(super) const LITERAL: Rule = Rule::new(
    "literal-in-environment",
    Medium,
    "A variable that is named as a credential has its value written in the deployment's files.",
    "Take it from a Secret that is made where it is deployed (valueFrom.secretKeyRef), from a variable of who starts it, or from a mounted file.",
);
pub(super) const SECRET_OBJECT: Rule = Rule::new(
    "secret-object-in-file",
    Medium,
    "A Secret stands in the files with its values: base64 hides nothing.",
    "Make the Secret where it is deployed (External Secrets, Sealed Secrets, SOPS), and change the values, which were in the files.",
);
pub(super) const CONFIG_VALUE: Rule = Rule::new(
    "credential-in-configmap",
    Medium,
    "A ConfigMap has an entry that is named as a credential.",
    "Put it into a Secret that is made where it is deployed.",
);

pub(super) fn judge(case: &mut Case<'_>, deployment: &Deployment) {
    for (workload, container) in deployment.containers() {
        for variable in &container.env {
            let EnvSource::Literal(value) = &variable.value else { continue };
            if names_credential(&variable.name) && is_value(&value.value) {
                let title = workload.title();
                case.find(&LITERAL)
                    .about(format!("{title} {} {}", container.name, variable.name))
                    .says(format!("The variable {} of {title} has its value in the file.", variable.name))
                    .in_source_veiled(value.place, value.place.column)
                    .add();
            }
        }
    }
    for secret in &deployment.secrets {
        let open: Vec<_> = secret.entries.iter().filter(|e| !e.placeholder && !e.encrypted && !is_public(&e.key.value)).collect();
        if let Some(first) = open.first() {
            let names: Vec<&str> = open.iter().map(|e| e.key.value.as_str()).collect();
            case.find(&SECRET_OBJECT)
                .about(&secret.name)
                .says(format!("The Secret {} has its values in the file: {}.", secret.name, crate::shown::list(&names, 4)))
                .in_source_veiled(first.key.place, first.key.place.column + first.key.place.width)
                .add();
        }
    }
    for map in &deployment.config_maps {
        for entry in map.values.iter().filter(|e| names_credential(&e.value.0) && is_value(&e.value.1)) {
            case.find(&CONFIG_VALUE)
                .about(format!("{} {}", map.name, entry.value.0))
                .says(format!("The ConfigMap {} has the value of {} in it.", map.name, entry.value.0))
                .in_source_veiled(entry.place, entry.place.column)
                .add();
        }
    }
}

/// Certificates are for everyone.
fn is_public(key: &str) -> bool {
    matches!(key, "ca.crt" | "tls.crt" | "ca.pem" | "ca-cert" | "username" | "user") || key.ends_with(".pub")
}

/// Words that names of credentials have among their parts.
const PARTS: [&str; 9] = ["password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "credentials", "privatekey"];
/// Keys that are secret by what they are for; others, such as `CACHE_KEY`, are names of entries.
const KEYS: [&str; 11] = [
    "accesskey",
    "accountkey",
    "authkey",
    "batchkey",
    "encryptionkey",
    "keycontent",
    "masterkey",
    "secretkey",
    "sharedkey",
    "signingkey",
    "storagekey",
];
/// Parts after which a name is about a credential and is none: where it lies, how long it lasts, whether there is one.
const ABOUT: [&str; 30] = [
    "file",
    "path",
    "dir",
    "name",
    "ref",
    "url",
    "uri",
    "host",
    "endpoint",
    "ttl",
    "expiry",
    "expiration",
    "lifetime",
    "timeout",
    "length",
    "size",
    "type",
    "enabled",
    "required",
    "policy",
    "id",
    "header",
    "issuer",
    "audience",
    "algorithm",
    "store",
    "engine",
    "mount",
    "location",
    "count",
];

/// Whether a variable or entry is named as a credential: `DB_PASSWORD`, `api-key`, `jwtSecret`.
pub(super) fn names_credential(name: &str) -> bool {
    let parts = parts(name);
    let joined: Vec<String> = parts.windows(2).map(<[String]>::concat).collect();
    let said = parts.iter().chain(&joined).any(|p| PARTS.contains(&p.as_str())) || joined.iter().any(|p| KEYS.contains(&p.as_str()));
    said && !parts.last().is_some_and(|last| ABOUT.contains(&last.as_str()))
}

/// The words of a name, by its marks and its capital letters.
fn parts(name: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut before_lower = false;
    let mut open = false;
    for c in name.chars().take(200) {
        if !c.is_alphanumeric() {
            (open, before_lower) = (false, false);
            continue;
        }
        if !open || c.is_uppercase() && before_lower {
            parts.push(String::new());
        }
        open = true;
        before_lower = c.is_lowercase();
        if let Some(last) = parts.last_mut() {
            last.extend(c.to_lowercase());
        }
    }
    parts
}

/// Whether a value is one: not empty, not put in later, not told by the search for credentials, no switch and no path.
fn is_value(value: &str) -> bool {
    let value = value.trim();
    let stands_for = ["${", "$(", "<", "{{", "__", "%"].iter().any(|open| value.starts_with(open));
    let is_path = value.starts_with('/')
        || value.starts_with("file:")
        || value.starts_with("vault:")
        || value.starts_with("op://")
        || value.starts_with("arn:");
    let is_switch =
        matches!(value.to_ascii_lowercase().as_str(), "true" | "false" | "yes" | "no" | "none" | "null" | "disabled" | "enabled");
    !value.is_empty()
        && !value.contains('•')
        && !stands_for
        && !is_path
        && !is_switch
        && value.parse::<f64>().map_or(true, |_| value.len() > 5)
}

#[cfg(test)]
mod tests {
    use super::super::ITEM;
    use super::*;
    use crate::deployed::trial::{compose, deployed, kubernetes, quadlet};
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let none = || Kit::new().without_image();
        let object = |kind: &str, body: &str| {
            deployed(none(), "k8s.yaml", &format!("apiVersion: v1\nkind: {kind}\nmetadata: {{name: s}}\n{body}\n"))
        };
        for (kit, wanted) in [
            (kubernetes(none(), "", "env: [{name: DB_PASSWORD, value: hunter2}]"), "fail: medium literal-in-environment"),
            (kubernetes(none(), "", "env: [{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: s, key: k}}}]"), "unknown"),
            (kubernetes(none(), "", "env: [{name: DB_PASSWORD_FILE, value: /run/secrets/x}]"), "unknown"),
            (kubernetes(none(), "", "env: [{name: DB_PASSWORD, value: \"\"}]"), "unknown"),
            (kubernetes(none(), "", "env: [{name: DB_PASSWORD, value: ••••••}]"), "unknown"),
            (compose(none(), "environment: {DB_PASSWORD: hunter2}"), "fail: medium literal-in-environment"),
            (compose(none(), "environment: [\"DB_PASSWORD=hunter2\"]"), "fail: medium literal-in-environment"),
            // From a variable of who starts it, unless its default is written there.
            (compose(none(), "environment: {DB_PASSWORD: \"${DB_PASSWORD}\"}"), "unknown"),
            (compose(none(), "environment: {DB_PASSWORD: \"${DB_PASSWORD:?set it}\"}"), "unknown"),
            (compose(none(), "environment: {DB_PASSWORD: \"${DB_PASSWORD:-hunter2}\"}"), "fail: medium literal-in-environment"),
            (compose(none(), "environment: [DB_PASSWORD]"), "unknown"),
            (quadlet(none(), "Environment=DB_PASSWORD=hunter2"), "fail: medium literal-in-environment"),
            (quadlet(none(), "Secret=db,type=env,target=DB_PASSWORD"), "unknown"),
            (object("Secret", "data: {password: aHVudGVyMg==}"), "fail: medium secret-object-in-file"),
            (object("Secret", "stringData: {password: hunter2}"), "fail: medium secret-object-in-file"),
            (object("Secret", "stringData: {password: \"${PASSWORD}\"}"), "unknown"),
            (object("Secret", "data: {ca.crt: eA==}"), "unknown"),
            (object("Secret", "data: {password: \"ENC[AES256_GCM,data:x]\"}\nsops: {mac: x}"), "unknown"),
            (object("Secret", "type: Opaque"), "unknown"),
            (object("ConfigMap", "data: {db-password: hunter2}"), "fail: medium credential-in-configmap"),
            (object("ConfigMap", "data: {LOG_LEVEL: debug, app.conf: \"password = x\"}"), "unknown"),
        ] {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.evidence().sources);
        }
    }

    #[test]
    fn names_of_credentials_are_told_from_names_about_them() {
        for (name, wanted) in [
            ("DB_PASSWORD", true),
            ("POSTGRES_PASSWORD", true),
            ("jwtSecret", true),
            ("api-key", true),
            ("AWS_SECRET_ACCESS_KEY", true),
            ("AZURE_BATCH_KEY", true),
            ("CACHE_KEY", false),
            ("GITHUB_TOKEN", true),
            ("MYSQL_ROOT_PASSWORD", true),
            ("POSTGRES_PASSWORD_FILE", false),
            ("TOKEN_TTL", false),
            ("SECRET_NAME", false),
            ("PASSWORD_MIN_LENGTH", false),
            ("TOKENIZER", false),
            ("KEY", false),
            ("PUBLIC_KEY", false),
            ("CLIENT_ID", false),
            ("USER", false),
            ("", false),
        ] {
            assert_eq!(names_credential(name), wanted, "{name}");
        }
        for (value, wanted) in [
            ("hunter2", true),
            ("changeme", true),
            ("123456", true),
            ("", false),
            ("${PASSWORD}", false),
            ("<password>", false),
            ("••••••", false),
            ("/run/secrets/db", false),
            ("true", false),
            ("3600", false),
        ] {
            assert_eq!(is_value(value), wanted, "{value}");
        }
    }
}
