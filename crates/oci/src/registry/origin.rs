//! Who may be told what: the rules by which credentials stay with the host that they are for.

use url::{Host, Url};

/// Whether the host of an address is this machine itself.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether two URLs have scheme, host and port in common: what an answer of one says may be trusted as the other's.
pub(crate) fn same_origin(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme() && a.host() == b.host() && a.port_or_known_default() == b.port_or_known_default()
}

/// `host` or `host:port` of a URL, as names write it.
pub(crate) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Suffixes under which strangers have their own hosts, so that a shared parent says nothing. Without the public suffix
/// list this can only be a choice of those under which registries are known to be run; the price of one that is missing
/// is that a registry of one stranger could name another's host under the same suffix as its token realm.
const SHARED: &[&str] = &[
    "amazonaws.com",
    "azurecr.io",
    "azurecr.cn",
    "azurecr.us",
    "azurewebsites.net",
    "cloudapp.net",
    "azure.com",
    "cloudfront.net",
    "appspot.com",
    "pkg.dev",
    "run.app",
    "github.io",
    "gitlab.io",
    "githubpreview.dev",
    "herokuapp.com",
    "netlify.app",
    "vercel.app",
    "pages.dev",
    "workers.dev",
    "trycloudflare.com",
    "fly.dev",
    "onrender.com",
    "railway.app",
    "ngrok.io",
    "ngrok.app",
    "ngrok-free.app",
    "duckdns.org",
    "nip.io",
    "sslip.io",
    "digitaloceanspaces.com",
    "ondigitalocean.app",
    "scw.cloud",
    "ovh.net",
    "myqcloud.com",
    "aliyuncs.com",
    "cluster.local",
];

/// The part of a domain name that one owner is taken to have: the whole of it under a shared suffix ([`SHARED`]), three
/// labels where the last two are like `co.uk` (a country's code behind a label of up to three letters), otherwise the last
/// two. None for what has no such part.
fn owned_part(domain: &str) -> Option<String> {
    if SHARED.iter().any(|s| domain.strip_suffix(s).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))) {
        return Some(domain.to_owned());
    }
    let labels: Vec<&str> = domain.split('.').collect();
    let country = matches!(labels.as_slice(), [.., second, top] if top.len() == 2 && second.len() <= 3);
    let from = labels.len().checked_sub(if country { 3 } else { 2 })?;
    Some(labels.get(from..)?.join("."))
}

/// Whether credentials for a registry may be shown to a token realm that the registry named: to its own host, to one with
/// the same owner by [`owned_part`] (`auth.docker.io` for `registry-1.docker.io`, `gitlab.com` for `registry.gitlab.com`),
/// or to one that was allowed by name. Addresses and single-label names have no owner but themselves.
pub(crate) fn realm_may_know(registry: &Url, realm: &Url, allowed: &[String]) -> bool {
    let same_host = registry.host() == realm.host();
    let named =
        allowed.iter().any(|a| a.eq_ignore_ascii_case(&authority(realm)) || realm.host_str().is_some_and(|h| a.eq_ignore_ascii_case(h)));
    let same_owner = match (registry.host(), realm.host()) {
        (Some(Host::Domain(a)), Some(Host::Domain(b))) => owned_part(a).is_some_and(|a| Some(a) == owned_part(b)),
        _ => false,
    };
    // A plain-text realm of an encrypted registry would give away what the registry protects.
    let no_downgrade = realm.scheme() == "https" || registry.scheme() == "http";
    no_downgrade && (same_host || named || same_owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(registry: &str, realm: &str) -> bool {
        realm_may_know(&registry.parse().unwrap(), &realm.parse().unwrap(), &["allowed.example".to_owned()])
    }

    #[test]
    fn realms_of_the_same_owner() {
        for (registry, realm) in [
            ("https://registry-1.docker.io/", "https://auth.docker.io/token"),
            ("https://ghcr.io/", "https://ghcr.io/token"),
            ("https://registry.gitlab.com/", "https://gitlab.com/jwt/auth"),
            ("https://quay.io/", "https://quay.io/v2/auth"),
            ("https://my.azurecr.io/", "https://my.azurecr.io/oauth2/token"),
            ("https://registry.digitalocean.com/", "https://api.digitalocean.com/v2/registry/auth"),
            ("https://registry.firm.co.uk/", "https://login.firm.co.uk/"),
            ("http://127.0.0.1:5000/", "http://127.0.0.1:5001/token"),
            ("https://any.example/", "https://allowed.example/token"),
        ] {
            assert!(may(registry, realm), "{registry} {realm}");
        }
    }

    #[test]
    fn realms_elsewhere() {
        for (registry, realm) in [
            ("https://ghcr.io/", "https://evil.example/token"),
            ("https://ghcr.io/", "https://ghcr.io.evil.example/token"),
            ("https://notdocker.io/", "https://auth.docker.io/token"),
            ("https://a.azurecr.io/", "https://b.azurecr.io/token"),
            ("https://1.dkr.ecr.us-east-1.amazonaws.com/", "https://evil.s3.us-east-1.amazonaws.com/"),
            ("https://firm.co.uk/", "https://other.co.uk/"),
            ("https://ghcr.io/", "http://ghcr.io/token"),
            ("https://any.example/", "http://allowed.example/token"),
            ("https://10.0.0.1/", "https://10.0.0.2/"),
            ("https://registry/", "https://login/"),
            ("http://localhost:5000/", "https://ghcr.io/"),
        ] {
            assert!(!may(registry, realm), "{registry} {realm}");
        }
    }
}
