//! What BSI TR-03183-2 (version 2.1.0 of 2025-08-20, sections 3.1, 4 and 5.2: required data fields) and NTIA's minimum elements (2021) ask for, and
//! a bill does not say. What properties may say is from BSI's property taxonomy for CycloneDX.

use plimsoll_purl::Purl;

use crate::bill::{Bill, Component, Kind};

/// A thing asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The bill's creator, with a mail address or an address on the web.
    Creator,
    /// The time at which the bill was made.
    Timestamp,
    /// The form is one that the technical guideline takes: CycloneDX 1.6, SPDX 3.0.1, or later.
    Form,
    /// The bill's own address: a serial number, a namespace.
    SbomUri,
    /// That it tells no vulnerabilities: those change, and belong into documents of their own.
    NoVulnerabilities,
    /// A component's name.
    Name,
    /// A component's version.
    Version,
    /// Who made a component.
    ComponentCreator,
    /// A mail address of who made a component, else an address on the web.
    ComponentCreatorAddress,
    /// A component's file name.
    Filename,
    /// What a component depends on, or that it is nothing.
    Dependencies,
    /// A component's licence as an SPDX identifier or expression.
    Licence,
    /// The SHA-512 of a component's file.
    Hash,
    /// Whether a component can be executed.
    Executable,
    /// Whether a component is an archive.
    Archive,
    /// Whether an archive's structure is kept.
    Structured,
    /// Another unique identifier: a package URL.
    Identifier,
    /// A package URL that breaks the specification.
    InvalidPurl,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::Creator,
        Self::Timestamp,
        Self::Form,
        Self::SbomUri,
        Self::NoVulnerabilities,
        Self::Name,
        Self::Version,
        Self::ComponentCreator,
        Self::ComponentCreatorAddress,
        Self::Filename,
        Self::Dependencies,
        Self::Licence,
        Self::Hash,
        Self::Executable,
        Self::Archive,
        Self::Structured,
        Self::Identifier,
        Self::InvalidPurl,
    ];

    /// A short name that stays.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Creator => "creator",
            Self::Timestamp => "timestamp",
            Self::Form => "form",
            Self::SbomUri => "sbom-uri",
            Self::NoVulnerabilities => "no-vulnerabilities",
            Self::Name => "component-name",
            Self::Version => "component-version",
            Self::ComponentCreator => "component-creator",
            Self::ComponentCreatorAddress => "component-creator-address",
            Self::Filename => "component-filename",
            Self::Dependencies => "component-dependencies",
            Self::Licence => "component-licence",
            Self::Hash => "component-hash",
            Self::Executable => "component-executable",
            Self::Archive => "component-archive",
            Self::Structured => "component-structured",
            Self::Identifier => "component-identifier",
            Self::InvalidPurl => "purl-valid",
        }
    }

    /// Who asks for it.
    pub const fn source(self) -> &'static str {
        match self {
            Self::Creator | Self::Timestamp | Self::Name | Self::Version | Self::ComponentCreator | Self::Dependencies => {
                "BSI TR-03183-2, NTIA"
            }
            Self::Form
            | Self::SbomUri
            | Self::NoVulnerabilities
            | Self::ComponentCreatorAddress
            | Self::Filename
            | Self::Licence
            | Self::Hash
            | Self::Executable
            | Self::Archive
            | Self::Structured => "BSI TR-03183-2",
            Self::Identifier => "NTIA",
            Self::InvalidPurl => "ECMA-427",
        }
    }

    /// What is missing.
    pub const fn lacks(self) -> &'static str {
        match self {
            Self::Creator => "no creator of the bill with a mail address or an address on the web",
            Self::Timestamp => "no time at which the bill was made",
            Self::Form => "neither CycloneDX 1.6 nor SPDX 3.0.1, nor later",
            Self::SbomUri => "no serial number or namespace of its own",
            Self::NoVulnerabilities => "it tells vulnerabilities, which change: they belong into a document of their own",
            Self::Name => "no name",
            Self::Version => "no version",
            Self::ComponentCreator => "no creator or supplier",
            Self::ComponentCreatorAddress => "neither a mail address of its creator nor an address on the web",
            Self::Filename => "no name of its file, without a path",
            Self::Dependencies => "nothing said of dependencies",
            Self::Licence => "no licence as an SPDX identifier or expression",
            Self::Hash => "no SHA-512 of its file",
            Self::Executable => "not said whether it is executable",
            Self::Archive => "not said whether it is an archive",
            Self::Structured => "not said whether it is structured",
            Self::Identifier => "no package URL",
            Self::InvalidPurl => "no valid package URL",
        }
    }
}

/// Something asked for that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortcoming {
    /// What is asked for.
    pub rule: Rule,
    /// The component, name and version; `None` for the bill as a whole.
    pub component: Option<String>,
    /// What is missing.
    pub message: String,
}

/// Everything that is missing, the bill's own first, then in the order of components. The operating system's entry is no delivered
/// component and is only asked for its name and version.
pub fn check(bill: &Bill) -> Vec<Shortcoming> {
    let mut found = Vec::new();
    let mut whole = |rule: Rule, is_there: bool| {
        if !is_there {
            found.push(Shortcoming { rule, component: None, message: rule.lacks().to_owned() });
        }
    };
    whole(Rule::Creator, bill.creators.iter().any(|c| c.contains('@') || c.contains("://")));
    whole(Rule::Timestamp, bill.created.as_deref().is_some_and(|t| t.len() >= 20 && t.as_bytes().get(10) == Some(&b'T')));
    whole(Rule::Form, form_is_taken(&bill.form));
    whole(Rule::SbomUri, bill.serial.is_some());
    whole(Rule::NoVulnerabilities, !bill.tells_vulnerabilities);
    for component in &bill.components {
        lacking(component, &mut found);
    }
    found
}

fn form_is_taken(form: &str) -> bool {
    let version = |text: &str| -> Option<(u32, u32)> {
        let mut parts = text.split('.').map(|p| p.parse().ok());
        Some((parts.next()??, parts.next().flatten().unwrap_or(0)))
    };
    let at_least = |name: &str, least| form.strip_prefix(name).and_then(version).is_some_and(|v| v >= least);
    at_least("CycloneDX ", (1, 6)) || at_least("SPDX-", (3, 0))
}

fn lacking(component: &Component, found: &mut Vec<Shortcoming>) {
    let title = if component.name.is_empty() { component.reference.clone() } else { component.title() };
    let mut add = |rule: Rule, message: String| found.push(Shortcoming { rule, component: Some(title.clone()), message });
    let mut ask = |rule: Rule, is_there: bool| {
        if !is_there {
            add(rule, rule.lacks().to_owned());
        }
    };
    ask(Rule::Name, !component.name.is_empty());
    ask(Rule::Version, component.version.is_some());
    if component.kind == Kind::OperatingSystem {
        return;
    }
    ask(Rule::ComponentCreator, component.supplier.is_some());
    if let Some(supplier) = &component.supplier {
        ask(Rule::ComponentCreatorAddress, supplier.contains('@') || supplier.contains("://"));
    }
    // "Not a path"; where a property says it, it says it once.
    ask(Rule::Filename, says(component, "bsi:component:filename", |name| !name.is_empty() && !name.contains('/')));
    ask(Rule::Dependencies, component.depends.is_some());
    ask(Rule::Licence, !component.licences.is_empty() && component.licences.iter().all(|l| plimsoll_licences::is_expression(l)));
    ask(Rule::Hash, component.hashes.iter().any(|h| h.algorithm.eq_ignore_ascii_case("SHA-512")));
    ask(Rule::Executable, says(component, "bsi:component:executable", |v| matches!(v, "executable" | "non-executable")));
    ask(Rule::Archive, says(component, "bsi:component:archive", |v| matches!(v, "archive" | "no archive")));
    ask(Rule::Structured, says(component, "bsi:component:structured", |v| matches!(v, "structured" | "unstructured")));
    match component.purl.as_deref().map(Purl::parse) {
        None => ask(Rule::Identifier, false),
        Some(Ok(_)) => {}
        Some(Err(error)) => add(Rule::InvalidPurl, format!("{}: {error}", component.purl.as_deref().unwrap_or_default())),
    }
}

/// Whether a property is there once, with a value that it may have.
fn says(component: &Component, name: &str, may_be: fn(&str) -> bool) -> bool {
    let mut values = component.properties.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str());
    values.next().is_some_and(may_be) && values.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bill::Hash;

    fn whole() -> Component {
        let said = [("executable", "non-executable"), ("archive", "no archive"), ("structured", "unstructured"), ("filename", "a.js")]
            .map(|(name, value)| (format!("bsi:component:{name}"), value.to_owned()));
        Component {
            reference: "a".into(),
            name: "a".into(),
            version: Some("1".into()),
            supplier: Some("A <a@example.org>".into()),
            purl: Some("pkg:npm/a@1".into()),
            licences: vec!["MIT".into()],
            hashes: vec![Hash { algorithm: "SHA-512".into(), value: "00".into() }],
            depends: Some(Vec::new()),
            properties: said.to_vec(),
            ..Component::default()
        }
    }

    #[test]
    fn every_rule_is_met_or_told() {
        let bill = Bill {
            form: "CycloneDX 1.6".into(),
            created: Some("2026-01-01T00:00:00Z".into()),
            serial: Some("urn:uuid:0".into()),
            creators: vec!["A <a@example.org>".into()],
            components: vec![whole()],
            ..Bill::default()
        };
        assert_eq!(check(&bill), []);
        let bare = Bill {
            tells_vulnerabilities: true,
            components: vec![Component { licences: vec!["BSD".into()], ..Component::default() }],
            ..Bill::default()
        };
        let rules: Vec<Rule> = check(&bare).into_iter().map(|s| s.rule).collect();
        let other = [Rule::InvalidPurl, Rule::ComponentCreatorAddress];
        let wanted: Vec<Rule> = Rule::ALL.into_iter().filter(|r| !other.contains(r)).collect();
        assert_eq!(rules, wanted);
        let rules_of = |component| check(&Bill { components: vec![component], ..bill.clone() }).iter().map(|s| s.rule).collect::<Vec<_>>();
        assert_eq!(rules_of(Component { purl: Some("pkg:deb/curl@1".into()), ..whole() }), [Rule::InvalidPurl]);
        assert_eq!(rules_of(Component { supplier: Some("A".into()), ..whole() }), [Rule::ComponentCreatorAddress]);
        let with = |name: &str, value: &str| {
            let mut component = whole();
            component.properties.retain(|(n, _)| n != name);
            component.properties.push((name.to_owned(), value.to_owned()));
            component
        };
        assert_eq!(rules_of(with("bsi:component:executable", "yes")), [Rule::Executable]);
        assert_eq!(rules_of(with("bsi:component:filename", "usr/lib/a.js")), [Rule::Filename]);
        let mut twice = whole();
        twice.properties.extend(whole().properties.into_iter().filter(|(n, _)| n.ends_with("archive")));
        assert_eq!(rules_of(twice), [Rule::Archive]);
    }

    #[test]
    fn forms() {
        for (form, taken) in [
            ("CycloneDX 1.6", true),
            ("CycloneDX 1.10", true),
            ("CycloneDX 1.5", false),
            ("SPDX-3.0.1", true),
            ("SPDX-2.3", false),
            ("", false),
        ] {
            assert_eq!(form_is_taken(form), taken, "{form}");
        }
    }
}
