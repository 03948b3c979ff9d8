use serde::{Deserialize, Serialize};

use crate::{Place, Placed};

/// What one command of a build step or of a start does, where it is something that an item asks about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// Where the command stands.
    pub place: Place,
    /// The command on one line, credentials concealed.
    pub command: String,
    /// Whether it stands in a branch, so that it may not run.
    pub maybe: bool,
    /// What it does.
    pub does: Does,
}

/// What a command does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Does {
    /// Installs software.
    Install(Install),
    /// Brings what is installed to the newest versions: `apt-get upgrade`.
    Upgrade {
        /// The package manager.
        manager: String,
    },
    /// Downloads a file.
    Download(Download),
    /// Takes a repository: `git clone`.
    Clone(Checkout),
    /// Checks a digest or a signature.
    Verify {
        /// The program.
        with: String,
        /// Whether it rests on MD5 or SHA-1 alone.
        weak: bool,
    },
    /// Turns off the check of signatures or certificates.
    Unchecked {
        /// The option, or the setting in a package source.
        option: Placed<String>,
    },
    /// Runs code that another command of the same pipe or substitution downloads.
    RunsDownload {
        /// The address, as far as it is known.
        url: Option<String>,
    },
    /// Sets a variable that turns off the check of certificates or digests for what runs after it.
    UncheckedVariable {
        /// The name.
        name: String,
        /// The value.
        value: String,
    },
    /// Removes caches of a package manager in the same step.
    Clean {
        /// The package manager, or the directory that is emptied.
        what: String,
    },
    /// Adds an account: `useradd`, `adduser`.
    Account {
        /// Its name.
        name: Option<String>,
        /// Its uid, where given.
        uid: Option<u32>,
        /// Whether it is a system account, with a uid below 1000 unless one is given.
        system: bool,
    },
    /// Sets a mode, an owner or capabilities: `chmod`, `chown`, `setcap`.
    Access {
        /// The program.
        with: String,
        /// The mode, owner or capabilities.
        sets: String,
        /// The paths.
        paths: Vec<String>,
    },
    /// Links a file to the standard output or error: `ln -sf /dev/stdout PATH`.
    LogLink {
        /// The path.
        path: String,
    },
    /// Runs `sudo` or its kin.
    Sudo,
    /// Starts a server for remote access, or sets a password for a login.
    Remote {
        /// The program.
        program: String,
    },
}

/// An installation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Install {
    /// The package manager: `apt-get`, `apk`, `dnf`, `pip`, `npm`, `gem`, `go`, `cargo` …
    pub manager: String,
    /// What is named.
    pub packages: Vec<Placed<Wanted>>,
    /// Lists and lock files that name what is installed: `requirements.txt`, `package-lock.json` (of `npm ci`).
    pub lists: Vec<String>,
    /// Whether versions and digests come from a lock file that is enforced: `npm ci`, `--require-hashes`, `--locked`.
    pub locked: bool,
    /// Whether everything comes from files that are already there.
    pub local: bool,
    /// Whether recommended packages are left out: `--no-install-recommends`, `install_weak_deps=False`.
    pub no_recommends: bool,
    /// Whether nothing is cached: `--no-cache`, `--no-cache-dir`.
    pub no_cache: bool,
    /// The virtual package that names these, so that they can be removed together: `apk add --virtual`.
    pub group: Option<String>,
    /// Whether a later command of the same step removes what this installs.
    pub removed: bool,
}

/// A package that is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Its name. Empty where only a run could tell.
    pub name: String,
    /// The version, as written, where one is given.
    pub version: Option<String>,
    /// Whether exactly one version fits.
    pub pinned: bool,
}

/// A download.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Download {
    /// The program, or `ADD`.
    pub with: String,
    /// The address, variables replaced where they are known.
    pub url: Placed<String>,
    /// The file that it becomes, where that is known.
    pub to: Option<String>,
    /// How it is verified: the program that checks it later in the step, or `--checksum`.
    pub verified: Option<String>,
    /// The program that reads it through a pipe.
    pub piped_into: Option<String>,
    /// Whether it is itself what checks others: a list of digests, a signature, a key.
    pub proof: bool,
    /// Whether the address names what moves: a branch, or the latest release.
    pub moves: bool,
}

/// A repository that is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkout {
    /// The address.
    pub url: Placed<String>,
    /// The branch, tag or commit that is named.
    pub reference: Option<String>,
    /// Whether that is a commit, so that it stays what it is.
    pub pinned: bool,
}
