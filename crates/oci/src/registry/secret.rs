//! Text that is never shown.

use std::fmt;

/// A password or token. It can be sent, not printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, to be sent and nothing else.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// What proves to a registry who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Credential {
    /// User and password.
    Password { user: String, password: Secret },
    /// An identity token, which is exchanged for access tokens (OAuth 2 `refresh_token`).
    Identity(Secret),
    /// An access token that is sent as it is.
    Access(Secret),
}
