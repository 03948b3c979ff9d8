//! One host that may have an image: the registry itself, or a mirror of it; and how it wants to be asked.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use reqwest::header::{HeaderValue, WWW_AUTHENTICATE};
use url::Url;

use super::RegistryOptions;
use super::challenge::{self, Challenge};
use super::credentials::{self, Found};
use super::http::{Answer, Failure, Get, Http};
use super::name::{is_valid_host, split_port};
use super::origin::{authority, is_loopback, realm_may_know};
use super::secret::Credential;
use super::token;

pub(super) struct Endpoint {
    /// With a path that ends in `/`.
    base: Url,
    /// What logins for it are filed under.
    pub(super) host: String,
    pub(super) repository: String,
    pub(super) is_mirror: bool,
    authorization: Mutex<Option<HeaderValue>>,
    login: OnceLock<Found>,
    /// The token realm that the login was not shown to.
    held_back: Mutex<Option<String>>,
}

impl Endpoint {
    /// `place` is `host[:port][/prefix]`, with `http://` or `https://` before it where it is known which to speak.
    pub(super) fn new(place: &str, host: &str, repository: &str, is_mirror: bool) -> Result<Self, String> {
        let (scheme, rest) = place.split_once("://").unwrap_or(("https", place));
        let (authority, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if !is_valid_host(authority) {
            return Err(format!("{authority:?} is no host name"));
        }
        let base = Url::parse(&format!("{scheme}://{authority}/")).map_err(|e| format!("{place:?} is no address ({e})"))?;
        let prefix = prefix.trim_matches('/');
        let repository = if prefix.is_empty() { repository.to_owned() } else { format!("{prefix}/{repository}") };
        Ok(Self {
            base,
            host: host.to_owned(),
            repository,
            is_mirror,
            authorization: Mutex::new(None),
            login: OnceLock::new(),
            held_back: Mutex::new(None),
        })
    }

    /// For a host that may be spoken to without TLS: TLS where it answers, otherwise plain HTTP.
    pub(super) fn settle_scheme(&mut self, http: &Http) -> Result<(), Failure> {
        if self.base.scheme() != "https" || !http.may_be_plain(&self.base) {
            return Ok(());
        }
        let secure = http.probe(&self.url("v2/")?);
        let Err(failure) = secure else { return Ok(()) };
        let mut plain = self.base.clone();
        // The port stays, also where it is the default one of TLS.
        let port = split_port(self.base.authority()).1.and_then(|p| p.parse().ok());
        if plain.set_scheme("http").is_err() || plain.set_port(port).is_err() {
            return Err(failure);
        }
        let probe = plain.join("v2/").map_err(|e| Failure::Refused(e.to_string()))?;
        match http.probe(&probe) {
            // What a TLS port says to plain HTTP.
            Ok(400) | Err(_) => Err(failure),
            Ok(_) => {
                self.base = plain;
                Ok(())
            }
        }
    }

    /// An address below the host: `v2/…`.
    pub(super) fn url(&self, path: &str) -> Result<Url, Failure> {
        self.base.join(path).map_err(|e| Failure::Refused(format!("{path} makes no address ({e})")))
    }

    pub(super) fn authority(&self) -> String {
        authority(&self.base)
    }

    /// The login that was looked for, where it came to that.
    pub(super) fn login(&self) -> Option<&Found> {
        self.login.get()
    }

    pub(super) fn held_back(&self) -> Option<String> {
        lock(&self.held_back).clone()
    }

    /// Asks, and logs in where that is wanted.
    pub(super) fn get(
        &self,
        http: &Http,
        options: &RegistryOptions,
        url: &Url,
        accept: Option<&str>,
        from: u64,
    ) -> Result<Answer, Failure> {
        let mut tried = false;
        loop {
            let authorization = lock(&self.authorization).clone();
            let answer = http.get(Get { url, accept, from, authorization: authorization.as_ref() })?;
            // A challenge counts only from the host itself: one that it redirects to must not be told its login.
            if answer.status() != 401 || tried || !answer.from_origin {
                return Ok(answer);
            }
            tried = true;
            if !self.authenticate(http, options, &answer)? {
                return Ok(answer);
            }
        }
    }

    /// Answers a challenge; false where there is nothing to answer with.
    fn authenticate(&self, http: &Http, options: &RegistryOptions, answer: &Answer) -> Result<bool, Failure> {
        let headers = answer.response.headers().get_all(WWW_AUTHENTICATE);
        let challenges: Vec<Challenge> = headers.iter().filter_map(|v| v.to_str().ok()).flat_map(challenge::parse).collect();
        let login = self
            .login
            .get_or_init(|| credentials::find(&self.host, &self.repository, options.auth_file.as_deref(), &|name| std::env::var_os(name)));
        let credential = login.credential.as_ref();
        for challenge in &challenges {
            if let Challenge::Bearer { realm, service, scope } = challenge {
                let header = match credential {
                    Some(Credential::Access(token)) => Some(token::bearer(token)?),
                    credential => self.token(http, options, realm, service.as_deref(), scope.as_deref(), credential)?,
                };
                let got = header.is_some();
                *lock(&self.authorization) = header;
                return Ok(got);
            }
        }
        if challenges.contains(&Challenge::Basic)
            && let Some(Credential::Password { user, password }) = credential
        {
            *lock(&self.authorization) = Some(token::basic(user, password)?);
            return Ok(true);
        }
        Ok(false)
    }

    fn token(
        &self,
        http: &Http,
        options: &RegistryOptions,
        realm: &str,
        service: Option<&str>,
        scope: Option<&str>,
        credential: Option<&Credential>,
    ) -> Result<Option<HeaderValue>, Failure> {
        let realm = Url::parse(realm).map_err(|_| Failure::Refused(format!("{} names a token realm that is no address", self.host)))?;
        if is_loopback(&realm) && !is_loopback(&self.base) {
            return Err(Failure::Refused(format!("{} names this machine itself as its token realm", self.host)));
        }
        let credential = match credential {
            Some(credential) if realm_may_know(&self.base, &realm, &options.token_realms) => Some(credential),
            Some(_) => {
                *lock(&self.held_back) = Some(authority(&realm));
                None
            }
            None => None,
        };
        let wanted = token::Wanted { realm, service, scope: token::scope(scope, &self.repository), credential };
        token::get(http, &wanted)?.map(|t| token::bearer(&t)).transpose()
    }
}

/// A lock whose holder panicked still guards a whole value: each is set in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
