//! A bill of materials, in no particular form.

/// What a bill says. Every list keeps the document's order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bill {
    /// The form that it was read from: `CycloneDX 1.6`, `SPDX-2.3`, `Syft 16.0.0`. Empty where it was not read.
    pub form: String,
    /// What it is a bill of.
    pub subject: Option<Component>,
    /// Digests of what a statement around the document says that it is of: `sha256:` and hexadecimal digits.
    pub stated_of: Vec<String>,
    /// When it was made (RFC 3339), as it says.
    pub created: Option<String>,
    /// People and organisations that made it, each with what is known of an address.
    pub creators: Vec<String>,
    /// Programs that made it.
    pub tools: Vec<String>,
    /// A unique name: a serial number, a namespace.
    pub serial: Option<String>,
    /// Whether it tells vulnerabilities, too.
    pub tells_vulnerabilities: bool,
    /// What the subject is made of.
    pub components: Vec<Component>,
}

/// What a component is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A program of its own.
    Application,
    /// A container image.
    Container,
    /// One file.
    File,
    /// A package or library.
    #[default]
    Library,
    /// A distribution.
    OperatingSystem,
    /// Anything else.
    Other,
}

/// A digest of a component's file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash {
    /// The algorithm as CycloneDX writes it: `SHA-256`.
    pub algorithm: String,
    /// Hexadecimal digits, in lower case.
    pub value: String,
}

/// A part of the subject.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Component {
    /// What the document calls it; unique in it.
    pub reference: String,
    /// What it is.
    pub kind: Kind,
    /// Its name, with its group or scope.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Who made or supplies it.
    pub supplier: Option<String>,
    /// Its project's address.
    pub homepage: Option<String>,
    /// Its package URL, as the document has it.
    pub purl: Option<String>,
    /// Its licences, as the document has them: identifiers, names, expressions.
    pub licences: Vec<String>,
    /// Digests of its file.
    pub hashes: Vec<Hash>,
    /// The file that it is or that records it.
    pub file: Option<String>,
    /// Names and values that the document adds.
    pub properties: Vec<(String, String)>,
    /// References of what it depends on; `None` where the document does not say.
    pub depends: Option<Vec<String>>,
    /// References of what is in it.
    pub contains: Vec<String>,
}

impl Component {
    /// The value of a property.
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Name and version for people.
    pub fn title(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.name),
            None => self.name.clone(),
        }
    }
}
