//! What is reached from what the container starts.

use plimsoll_evidence::{Link, Missing, OpenEnd};

use super::Kit;

impl Kit {
    /// A file that the config's command reaches.
    #[must_use]
    pub fn reach(mut self, path: &str, how: Link) -> Self {
        self.reached.push((path.to_owned(), how, None));
        self
    }

    /// A file that another one reaches.
    #[must_use]
    pub fn reach_from(mut self, via: &str, path: &str, how: Link) -> Self {
        self.reached.push((path.to_owned(), how, Some(via.to_owned())));
        self
    }

    /// Something that is needed and not there.
    #[must_use]
    pub fn missing(mut self, wanted: &str, how: Link) -> Self {
        self.image.closure.missing.push(Missing { wanted: wanted.to_owned(), by: None, how, line: None });
        self
    }

    /// A place where the closure may go on.
    #[must_use]
    pub fn open_end(mut self, why: &str) -> Self {
        self.image.closure.open_ends.push(OpenEnd { by: None, opens: plimsoll_evidence::Opening::Anything, why: why.to_owned() });
        self
    }

    /// Why nothing is reached.
    #[must_use]
    pub fn stopped(mut self, why: &str) -> Self {
        self.image.closure.stopped = Some(why.to_owned());
        self
    }
}
