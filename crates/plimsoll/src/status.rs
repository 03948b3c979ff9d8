use std::process::ExitCode;

/// How the program ends. The numbers are documented and stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Nothing fails (at the severity that was asked about).
    Fine,
    /// An item fails.
    Fails,
    /// The check could not be made.
    NotChecked,
    /// Nothing fails, but `--strict` asks for certainty and a required item is unknown.
    Uncertain,
}

impl Status {
    /// The status of several checks together: a check that could not be made counts over a fail, a fail over uncertainty.
    pub(crate) fn and(self, other: Self) -> Self {
        let rank = |s| match s {
            Self::Fine => 0,
            Self::Uncertain => 1,
            Self::Fails => 2,
            Self::NotChecked => 3,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Fine => 0,
            Status::Fails => 1,
            Status::NotChecked => 2,
            Status::Uncertain => 3,
        })
    }
}
