//! One request and its redirects and retries. Which headers go where is decided here and nowhere else.

use std::io::Read;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use reqwest::blocking::{Client, Response};
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RANGE, RETRY_AFTER};
use url::Url;

use super::RegistryOptions;
use super::origin::{authority, is_loopback, same_origin};
use super::retry::{RetryPolicy, is_passing, retry_after};
use super::tls;
use crate::error::{OpenError, OpenErrorKind};

const MOST_REDIRECTS: usize = 10;
/// Retries of a connection that cannot be made: fewer than of one that breaks, as a wrong name is the likelier reason.
const MOST_CONNECTS: u32 = 3;
/// How long a small document may take in all, however steadily it trickles.
const SMALL_DEADLINE: Duration = Duration::from_mins(2);

/// Why no answer came.
#[derive(Debug)]
pub(super) enum Failure {
    /// The host cannot be reached, or the connection broke.
    Unreachable { host: String, cause: String },
    /// What the server asked for is not done.
    Refused(String),
    /// The login was not accepted.
    Denied(String),
}

/// A request.
#[derive(Clone, Copy)]
pub(super) struct Get<'a> {
    pub(super) url: &'a Url,
    pub(super) accept: Option<&'a str>,
    /// Where in the body to start.
    pub(super) from: u64,
    pub(super) authorization: Option<&'a HeaderValue>,
}

/// An answer, and whether it is from the server that was asked or from one that was redirected to.
pub(super) struct Answer {
    pub(super) response: Response,
    pub(super) from_origin: bool,
}

impl Answer {
    pub(super) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name).and_then(|v| v.to_str().ok())
    }

    /// The body, up to `most` bytes; none of one that is longer.
    pub(super) fn small(mut self, most: u64) -> Result<Option<Vec<u8>>, Failure> {
        if self.response.content_length().is_some_and(|n| n > most) {
            return Ok(None);
        }
        let started = Instant::now();
        let host = authority(self.response.url());
        let broke = |cause: String| Failure::Unreachable { host: host.clone(), cause };
        let mut bytes = Vec::new();
        let mut buffer = [0; 16 << 10];
        loop {
            match self.response.read(&mut buffer) {
                Ok(0) => return Ok(Some(bytes)),
                Ok(n) => bytes.extend_from_slice(&buffer[..n]),
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(broke(format!("the answer broke off ({})", chain(&e)))),
            }
            if bytes.len() as u64 > most {
                return Ok(None);
            }
            if started.elapsed() > SMALL_DEADLINE {
                return Err(broke(format!("a small document took more than {} s", SMALL_DEADLINE.as_secs())));
            }
        }
    }
}

/// A client as registries are asked by, for what else is fetched: it trusts the same authorities, follows no redirect by itself and
/// names no referrer. `timeout` bounds the silence of a connection.
pub fn http_client(extra_cas: &[std::path::PathBuf], timeout: Duration, direct: bool) -> Result<Client, OpenError> {
    let builder = Client::builder()
        .tls_backend_preconfigured(tls::config(extra_cas)?)
        .user_agent(concat!("plimsoll/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(timeout.min(Duration::from_secs(15)))
        .timeout(timeout);
    let builder = if direct { builder.no_proxy() } else { builder };
    builder.build().map_err(|e| {
        OpenError::new(
            OpenErrorKind::Io,
            "the HTTP client",
            format!("it cannot be set up ({})", chain(&e)),
            "see that the proxy settings hold",
        )
    })
}

/// Makes requests.
pub(super) struct Http {
    proxied: Client,
    /// For this machine itself, which is not asked for through a proxy.
    direct: Client,
    retry: RetryPolicy,
    insecure: Vec<String>,
}

impl Http {
    pub(super) fn new(options: &RegistryOptions) -> Result<Self, OpenError> {
        Ok(Self {
            proxied: http_client(&options.extra_cas, options.timeout, false)?,
            direct: http_client(&options.extra_cas, options.timeout, true)?,
            retry: options.retry.clone(),
            insecure: options.insecure.clone(),
        })
    }

    /// Whether plain HTTP may be spoken with a host.
    pub(super) fn may_be_plain(&self, url: &Url) -> bool {
        is_loopback(url) || self.insecure.iter().any(|i| i.eq_ignore_ascii_case(&authority(url)))
    }

    fn may_ask(&self, url: &Url) -> Result<(), Failure> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Failure::Refused(format!("an address of {} holds a login, which is not sent", authority(url))));
        }
        match url.scheme() {
            "https" => Ok(()),
            "http" if self.may_be_plain(url) => Ok(()),
            "http" => Err(Failure::Refused(format!("{} would be asked without TLS", authority(url)))),
            other => Err(Failure::Refused(format!("{other} addresses are not asked"))),
        }
    }

    fn client(&self, url: &Url) -> &Client {
        if is_loopback(url) { &self.direct } else { &self.proxied }
    }

    /// Asks, follows redirects, and asks again where the reason of a failure may pass. An answer of any status is an answer.
    pub(super) fn get(&self, get: Get<'_>) -> Result<Answer, Failure> {
        let mut attempt = 1;
        loop {
            let (wait, result) = match self.once(get) {
                Ok(answer) if is_passing(answer.status()) => {
                    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64);
                    let asked = answer.header(RETRY_AFTER.as_str()).and_then(|v| retry_after(v, now));
                    (self.retry.wait(attempt, asked), Ok(answer))
                }
                Ok(answer) => return Ok(answer),
                Err(Attempt { failure, passing }) => {
                    let wait = if passing && attempt < MOST_CONNECTS { self.retry.wait(attempt, None) } else { None };
                    (wait, Err(failure))
                }
            };
            let Some(wait) = wait else { return result };
            drop(result);
            std::thread::sleep(wait);
            attempt += 1;
        }
    }

    /// Asks once, without retries or redirects: to find out what a server speaks.
    pub(super) fn probe(&self, url: &Url) -> Result<u16, Failure> {
        self.may_ask(url)?;
        let answer = self.client(url).get(url.clone()).send().map_err(|e| unreachable(url, &e))?;
        Ok(answer.status().as_u16())
    }

    fn once(&self, get: Get<'_>) -> Result<Answer, Attempt> {
        let mut url = get.url.clone();
        let mut left_origin = false;
        for _ in 0..=MOST_REDIRECTS {
            self.may_ask(&url)?;
            let mut headers = HeaderMap::new();
            // A body that the server packs anew would not be the one that the digest covers.
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            if let Some(accept) = get.accept.and_then(|a| HeaderValue::from_str(a).ok()) {
                headers.insert(ACCEPT, accept);
            }
            if get.from > 0
                && let Ok(range) = HeaderValue::from_str(&format!("bytes={}-", get.from))
            {
                headers.insert(RANGE, range);
            }
            // Once elsewhere, credentials do not come back: who redirects back could have chosen the path.
            if let Some(value) = get.authorization.filter(|_| !left_origin) {
                headers.insert(AUTHORIZATION, value.clone());
            }
            let sent = self.client(&url).get(url.clone()).headers(headers).send();
            let response = sent.map_err(|e| Attempt { passing: !is_certificate(&e), failure: unreachable(&url, &e) })?;
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok(Answer { response, from_origin: !left_origin });
            }
            let next = self.redirected(&url, response.headers())?;
            left_origin |= !same_origin(get.url, &next);
            url = next;
        }
        Err(Failure::Refused(format!("{} redirects more than {MOST_REDIRECTS} times", authority(get.url))).into())
    }

    fn redirected(&self, from: &Url, headers: &HeaderMap) -> Result<Url, Failure> {
        let location = headers.get(LOCATION).and_then(|v| v.to_str().ok());
        let next = location.and_then(|l| from.join(l).ok());
        let next = next.ok_or_else(|| Failure::Refused(format!("{} redirects to no address", authority(from))))?;
        if from.scheme() == "https" && next.scheme() != "https" {
            return Err(Failure::Refused(format!("{} redirects to {} without TLS", authority(from), authority(&next))));
        }
        if is_loopback(&next) && !is_loopback(from) {
            return Err(Failure::Refused(format!("{} redirects to this machine itself", authority(from))));
        }
        self.may_ask(&next)?;
        Ok(next)
    }

    /// Posts a form to a token realm; no redirect is followed and nothing is tried twice.
    pub(super) fn post(&self, url: &Url, form: &[(&str, &str)]) -> Result<Answer, Failure> {
        self.may_ask(url)?;
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let sent = self
            .client(url)
            .post(url.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .body(body)
            .send();
        sent.map(|response| Answer { response, from_origin: true }).map_err(|e| unreachable(url, &e))
    }
}

/// A failed attempt, and whether another could do better.
struct Attempt {
    failure: Failure,
    passing: bool,
}

impl From<Failure> for Attempt {
    fn from(failure: Failure) -> Self {
        Self { failure, passing: false }
    }
}

fn unreachable(url: &Url, error: &reqwest::Error) -> Failure {
    Failure::Unreachable { host: authority(url), cause: chain(error) }
}

/// Whether it is the server's certificate that is not trusted: asking again changes nothing.
fn is_certificate(error: &reqwest::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        let io = inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if inner.is::<rustls::Error>() || io.is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>) {
            return true;
        }
        source = inner.source();
    }
    false
}

/// The innermost reason of an error. The outer ones quote the address, which may be signed for whoever holds it.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    if let Some(error) = innermost.downcast_ref::<reqwest::Error>() {
        return if error.is_timeout() { "no answer in time".to_owned() } else { "the connection broke".to_owned() };
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http() -> Http {
        Http::new(&RegistryOptions { insecure: vec!["plain.example:5000".to_owned()], ..RegistryOptions::default() }).unwrap()
    }

    #[test]
    fn plain_http_is_for_this_machine_or_by_option() {
        let http = http();
        for (address, allowed) in [
            ("https://registry.example/", true),
            ("http://localhost:5000/", true),
            ("http://127.9.9.9/", true),
            ("http://[::1]:5000/", true),
            ("http://plain.example:5000/", true),
            ("http://plain.example/", false),
            ("http://registry.example/", false),
            ("http://localhost.example/", false),
            ("http://10.0.0.1/", false),
            ("https://user:password@registry.example/", false),
            ("https://token@registry.example/", false),
            ("ftp://registry.example/", false),
            ("file:///etc/passwd", false),
        ] {
            assert_eq!(http.may_ask(&address.parse().unwrap()).is_ok(), allowed, "{address}");
        }
    }

    #[test]
    fn redirects_that_are_not_followed() {
        let http = http();
        for (from, to, followed) in [
            ("https://a.example/v2/", "https://b.example/x", true),
            ("https://a.example/v2/", "/elsewhere", true),
            ("https://a.example/v2/", "http://a.example/x", false),
            ("https://a.example/v2/", "http://plain.example:5000/x", false),
            ("https://a.example/v2/", "https://127.0.0.1/x", false),
            ("https://a.example/v2/", "https://localhost/x", false),
            ("http://plain.example:5000/", "http://127.0.0.1/x", false),
            ("http://127.0.0.1:5000/", "https://b.example/x", true),
            ("http://127.0.0.1:5000/", "http://b.example/x", false),
            ("https://a.example/", "https://u:p@a.example/x", false),
            ("https://a.example/", "file:///etc/passwd", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(LOCATION, HeaderValue::from_str(to).unwrap());
            assert_eq!(http.redirected(&from.parse().unwrap(), &headers).is_ok(), followed, "{from} {to}");
        }
        assert!(http.redirected(&"https://a.example/".parse().unwrap(), &HeaderMap::new()).is_err());
    }
}
