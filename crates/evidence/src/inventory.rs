use serde::{Deserialize, Serialize};

/// What is installed in the image.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Inventory {
    /// Packages of the visible databases, sorted by ecosystem, name, version, path; behind them those of `stated`, sorted alike.
    pub packages: Vec<Package>,
    /// For each visible file, the package that owns it, by place in `packages`; `u32::MAX` where none does.
    /// As long as [`crate::FileTree::files`].
    pub owners: Vec<u32>,
    /// Their files against the digests that are recorded of them.
    #[serde(default)]
    pub files: crate::FileChecks,
    /// Which of `packages` nothing in the image shows: a bill of materials names them for a file of the image. Sorted by package.
    #[serde(default)]
    pub stated: Vec<Stated>,
}

/// That a package is known by a bill of materials alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stated {
    /// The package, by place in [`Inventory::packages`].
    pub package: u32,
    /// The bill, as it was named.
    pub by: String,
}

impl Inventory {
    /// The package that owns a visible file.
    pub fn owner(&self, file: crate::FileId) -> Option<&Package> {
        self.packages.get(*self.owners.get(file as usize)? as usize)
    }

    /// The bill of materials that alone names a package, by the package's place; none where the image itself shows it.
    pub fn stated_by(&self, package: u32) -> Option<&str> {
        let at = self.stated.binary_search_by_key(&package, |s| s.package).ok()?;
        self.stated.get(at).map(|s| s.by.as_str())
    }

    /// The installed packages of an operating system's package manager.
    pub fn system(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|p| p.ecosystem.is_system())
    }
}

/// Who keeps a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Ecosystem {
    /// dpkg: Debian, Ubuntu …
    Dpkg,
    /// apk: Alpine, Wolfi …
    Apk,
    /// rpm: Fedora, RHEL, SUSE …
    Rpm,
    /// Python distributions.
    Python,
    /// npm packages.
    Npm,
    /// Java archives.
    Java,
    /// Go modules of a binary's build information.
    Go,
    /// Crates of a binary's dependency list.
    Cargo,
    /// Ruby gems.
    Gem,
    /// PHP packages that Composer installed.
    Composer,
    /// .NET packages of an application's dependency list.
    NuGet,
    /// pacman: Arch Linux …
    Pacman,
    /// opkg: OpenWrt …
    Opkg,
    /// Portage: Gentoo.
    Portage,
    /// conda environments.
    Conda,
    /// R packages.
    R,
    /// Homebrew.
    Brew,
    /// A program that no package manager installed, known by the version in its own bytes.
    Program,
    /// Erlang's and Elixir's packages.
    Hex,
    /// Dart's packages.
    Pub,
    /// Swift's packages; the name is the address of the repository.
    Swift,
    /// Haskell's packages.
    Hackage,
    /// Distributions of CPAN (Perl).
    Cpan,
    /// Rocks (Lua).
    LuaRocks,
    /// Packages of a Nix store.
    Nix,
    /// Plug-ins and themes of `WordPress`.
    WordPress,
}

impl Ecosystem {
    /// Whether an operating system's package manager keeps it.
    pub const fn is_system(self) -> bool {
        matches!(self, Self::Dpkg | Self::Apk | Self::Rpm | Self::Pacman | Self::Opkg | Self::Portage)
    }

    /// The name shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dpkg => "dpkg",
            Self::Apk => "apk",
            Self::Rpm => "rpm",
            Self::Python => "python",
            Self::Npm => "npm",
            Self::Java => "java",
            Self::Go => "go",
            Self::Cargo => "cargo",
            Self::Gem => "gem",
            Self::Composer => "composer",
            Self::NuGet => "nuget",
            Self::Pacman => "pacman",
            Self::Opkg => "opkg",
            Self::Portage => "portage",
            Self::Conda => "conda",
            Self::R => "r",
            Self::Brew => "brew",
            Self::Program => "program",
            Self::Hex => "hex",
            Self::Pub => "pub",
            Self::Swift => "swift",
            Self::Hackage => "hackage",
            Self::Cpan => "cpan",
            Self::LuaRocks => "luarocks",
            Self::Nix => "nix",
            Self::WordPress => "wordpress",
        }
    }
}

/// One installed package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Package {
    /// Who keeps it.
    pub ecosystem: Ecosystem,
    /// Its name.
    pub name: String,
    /// Its version, whole: epoch and revision included.
    pub version: String,
    /// The architecture it is for, where the database says.
    pub architecture: Option<String>,
    /// The source package, where it has another name.
    pub source: Option<String>,
    /// The source package's version, where it differs from the package's own; of rpm without epoch.
    pub source_version: Option<String>,
    /// Its package URL (ECMA-427), in the canonical form; `None` where the records do not say enough for a valid one. Known once
    /// the layers are stacked, since it names the distribution.
    pub purl: Option<String>,
    /// Its licences as the records say them, not normalised: SPDX expressions, names, addresses, the classifiers of Python.
    /// Several are all said of it; how they combine is not known.
    pub licences: Vec<String>,
    /// Who supplies it, as the records say: a distribution's maintainer or vendor, an author. May hold an address of mail.
    pub supplier: Option<String>,
    /// Its project's address on the web.
    pub homepage: Option<String>,
    /// rpm's label of the module that it belongs to: `name:stream:version:context`.
    pub modularity: Option<String>,
    /// Bytes it says that it takes when installed; 0 where it does not say.
    pub installed_bytes: u64,
    /// The system section that a distribution files it under (`devel`, `libdevel`, `net` …).
    pub section: Option<String>,
    /// Names of packages it depends on (alternatives each; versions left out).
    pub depends: Vec<String>,
    /// The file that records it, as in [`crate::FileEntry::path`].
    pub recorded_in: String,
    /// The layer whose database first has it.
    pub layer: u32,
    /// Whether only development needs it (npm's `devDependencies`), where the records say.
    pub development: bool,
    /// Whether only a lock file names it: it was to be installed, and nothing shows that it was, nor that it was not.
    #[serde(default)]
    pub locked: bool,
    /// Of an archive of classes that does not say what it is: the packages of the language that most of its classes are in.
    pub holds: Vec<String>,
    /// The system package that owns the file it is recorded in: that package brought it and updates it, so it is not the
    /// application's. `None` where no system package does. Known once the layers are stacked.
    pub owned_by: Option<String>,
}

impl Package {
    /// A package of which nothing more is known.
    pub fn new(ecosystem: Ecosystem, name: &str, version: &str, recorded_in: &str) -> Self {
        Self {
            ecosystem,
            name: name.to_owned(),
            version: version.to_owned(),
            architecture: None,
            source: None,
            source_version: None,
            purl: None,
            licences: Vec::new(),
            supplier: None,
            homepage: None,
            modularity: None,
            installed_bytes: 0,
            section: None,
            depends: Vec::new(),
            recorded_in: recorded_in.to_owned(),
            layer: 0,
            development: false,
            locked: false,
            holds: Vec::new(),
            owned_by: None,
        }
    }

    /// The name of its source package, which may be its own.
    pub fn source_name(&self) -> &str {
        self.source.as_deref().unwrap_or(&self.name)
    }

    /// The version of its source package, which may be its own; of rpm without epoch where it differs.
    pub fn source_version(&self) -> &str {
        self.source_version.as_deref().unwrap_or(&self.version)
    }
}

/// What one database file, or one package's own file, says. A layer's fact: which of several databases counts is decided by stacking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageDatabase {
    /// The file, as in [`crate::FileEntry::path`].
    pub path: String,
    /// The packages it lists.
    pub packages: Vec<Package>,
    /// Paths owned by those packages: for each, the package's place in `packages` and the path without leading slash.
    pub owned: crate::OwnedPaths,
    /// Files of those packages with their digests, where the record has any. What nobody runs and installations leave out on purpose
    /// (documentation, manual pages, translations) is not among them.
    pub recorded: crate::RecordedFiles,
}
