//! From an image's evidence to its bill of materials.

use std::collections::{BTreeMap, HashMap};

use plimsoll_evidence::{Distribution, ImageFacts, Inventory, Package, Subject};
use plimsoll_purl::Purl;
use sha2::{Digest as _, Sha256};

use crate::bill::{Bill, Component, Hash, Kind};
use crate::time;

/// Who makes a bill: TR-03183-2 asks for a mail address or else an address on the web.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Creator {
    /// A name.
    pub name: Option<String>,
    /// A mail address or an address on the web.
    pub address: Option<String>,
}

impl Creator {
    /// Reads `Name <address>`, or either of them.
    pub fn parse(text: &str) -> Self {
        let some = |t: &str| Some(t.trim().to_owned()).filter(|t| !t.is_empty());
        if let Some((name, rest)) = text.split_once('<') {
            return Self { name: some(name), address: some(rest.trim_end().trim_end_matches('>')) };
        }
        let is_address = text.contains('@') || text.contains("://");
        if is_address { Self { name: None, address: some(text) } } else { Self { name: some(text), address: None } }
    }
}

/// What a bill is made of.
pub struct Description<'a> {
    /// The image.
    pub subject: &'a Subject,
    /// Its facts.
    pub image: &'a ImageFacts,
    /// What is installed.
    pub inventory: &'a Inventory,
    /// Who makes the bill.
    pub creator: Creator,
    /// SHA-512 of files that were computed, by path.
    pub sums: BTreeMap<&'a str, &'a str>,
    /// This program's version.
    pub version: &'a str,
    /// `SOURCE_DATE_EPOCH`, in seconds since 1970; else the image's own time of creation counts, so that the same image gives the same
    /// bytes.
    pub epoch: Option<u64>,
}

/// The bill of an image: the same for the same image, whenever and wherever it is made.
pub fn describe(description: &Description<'_>) -> Bill {
    let Description { subject, image, inventory, creator, sums, version, epoch } = description;
    let created = epoch.map(time::rfc3339).or_else(|| image.config.created.as_deref().and_then(time::tidy));
    let mut components = Vec::new();
    components.extend(image.distribution.as_ref().map(system));
    let offset = components.len();
    let references = references(&inventory.packages);
    let by_name = by_name(&inventory.packages);
    for (at, (package, reference)) in inventory.packages.iter().zip(&references).enumerate() {
        let mut component = component(package, image, reference.clone());
        if let Some(sum) = sums.get(package.recorded_in.as_str()).filter(|_| nature(package).is_some()) {
            component.hashes.push(Hash { algorithm: "SHA-512".to_owned(), value: (*sum).to_owned() });
        }
        if let Some(by) = inventory.stated_by(at as u32) {
            component.properties.push(("plimsoll:statedBy".to_owned(), by.to_owned()));
        }
        if package.ecosystem.is_system() {
            let mut depends: Vec<String> = package
                .depends
                .iter()
                .filter_map(|d| by_name.get(d.as_str()))
                .map(|at| references[*at].clone())
                .filter(|r| r != reference)
                .collect();
            depends.sort();
            depends.dedup();
            component.depends = Some(depends);
        }
        components.push(component);
    }
    // A distribution's package contains the language packages that it brought.
    for (at, package) in inventory.packages.iter().enumerate() {
        if let Some(owner) = package.owned_by.as_deref().and_then(|o| by_name.get(o)) {
            components[offset + owner].contains.push(references[at].clone());
        }
    }
    let (kind_of_digest, digits) = (subject.digest.algorithm().name(), subject.digest.hex());
    let creators = [
        creator.name.clone(),
        creator.address.as_ref().map(|a| if a.contains('@') && !a.contains("://") { format!("<{a}>") } else { a.clone() }),
    ];
    let creator: Vec<String> = creators.into_iter().flatten().collect();
    Bill {
        form: String::new(),
        stated_of: Vec::new(),
        tells_vulnerabilities: false,
        subject: Some(Component {
            reference: format!("image:{kind_of_digest}:{digits}"),
            kind: Kind::Container,
            name: subject.reference.clone(),
            version: Some(subject.digest.to_string()),
            purl: oci(subject),
            properties: vec![
                ("plimsoll:platform".to_owned(), platform(subject)),
                ("plimsoll:mediaType".to_owned(), subject.media_type.clone()),
            ],
            contains: components.iter().map(|c| c.reference.clone()).collect(),
            ..Component::default()
        }),
        created,
        creators: Some(creator.join(" ")).filter(|c| !c.is_empty()).into_iter().collect(),
        tools: vec![format!("plimsoll {version}")],
        serial: Some(serial(&subject.digest.to_string(), version)),
        components,
    }
}

/// The bill of packages that another bill names, each once and in their order: what can be said of them again.
pub fn list(from: &Bill, packages: &[Package], version: &str) -> Bill {
    let components = packages
        .iter()
        .zip(references(packages))
        .map(|(package, reference)| Component {
            reference,
            name: package.name.clone(),
            version: Some(package.version.clone()).filter(|v| !v.is_empty()),
            supplier: package.supplier.clone(),
            purl: package.purl.clone(),
            licences: package.licences.clone(),
            file: Some(format!("/{}", package.recorded_in)).filter(|f| f.len() > 1),
            ..Component::default()
        })
        .collect();
    let subject = from.subject.as_ref().map(|of| Component {
        reference: "subject".to_owned(),
        kind: of.kind,
        name: of.name.clone(),
        version: of.version.clone(),
        ..Component::default()
    });
    let of = format!("{} {:?}", from.serial.as_deref().unwrap_or_default(), from.subject.as_ref().map(Component::title));
    Bill {
        created: from.created.as_deref().and_then(time::tidy),
        serial: Some(serial(&of, version)),
        tools: vec![format!("plimsoll {version}")],
        subject,
        components,
        ..Bill::default()
    }
}

fn platform(subject: &Subject) -> String {
    let variant = subject.platform.variant.as_ref().map(|v| format!("/{v}")).unwrap_or_default();
    format!("{}/{}{variant}", subject.platform.os, subject.platform.architecture)
}

/// A package URL of an image names its repository's last part; it is only written where the reference is of a registry's form.
fn oci(subject: &Subject) -> Option<String> {
    let reference = subject.reference.strip_prefix("docker://").unwrap_or(&subject.reference);
    let place = reference.split('@').next().unwrap_or(reference);
    let (place, tag) = match place.rsplit_once(':') {
        Some((before, tag)) if !tag.contains('/') => (before, tag),
        _ => (place, ""),
    };
    let (host, _) = place.split_once('/')?;
    if !host.contains(['.', ':']) || host.starts_with('.') || place.contains(':') && !host.contains(':') {
        return None;
    }
    let name = place.rsplit('/').next()?;
    let purl = Purl::new("oci", name)
        .ok()?
        .with_version(&subject.digest.to_string())
        .with_qualifier("repository_url", place)
        .with_qualifier("tag", tag);
    Some(purl.with_qualifier("arch", &subject.platform.architecture).to_string())
}

/// A UUID (version 8: made by a rule of one's own) of the image's digest and this program's version.
fn serial(digest: &str, version: &str) -> String {
    let hash = Sha256::digest(format!("plimsoll {version} {digest}").as_bytes());
    let mut digits: Vec<char> =
        hash.iter().take(16).flat_map(|b| [b >> 4, b & 15]).filter_map(|n| char::from_digit(n.into(), 16)).collect();
    digits[12] = '8';
    digits[16] = '8';
    let text: String = digits.into_iter().collect();
    format!("urn:uuid:{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
}

fn system(distribution: &Distribution) -> Component {
    let mut properties = vec![("plimsoll:prettyName".to_owned(), distribution.name.clone())];
    properties.extend(distribution.id_like.iter().map(|l| ("plimsoll:idLike".to_owned(), l.clone())));
    Component {
        reference: format!("os:{}@{}", distribution.id, distribution.version_id.as_deref().unwrap_or_default()),
        kind: Kind::OperatingSystem,
        name: distribution.id.clone(),
        version: distribution.version_id.clone(),
        properties,
        ..Component::default()
    }
}

/// The package URL, or a name of our own; where several packages have the same, each also has the place where it is recorded.
fn references(packages: &[Package]) -> Vec<String> {
    let bare = |p: &Package| p.purl.clone().unwrap_or_else(|| format!("{}:{}@{}", p.ecosystem.name(), p.name, p.version));
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for package in packages {
        *counts.entry(bare(package)).or_default() += 1;
    }
    let mut used: HashMap<String, usize> = HashMap::new();
    packages
        .iter()
        .map(|package| {
            let bare = bare(package);
            let reference = if counts.get(&bare).is_some_and(|n| *n > 1) { format!("{bare}|/{}", package.recorded_in) } else { bare };
            let times = used.entry(reference.clone()).or_default();
            *times += 1;
            if *times == 1 { reference } else { format!("{reference}|{times}") }
        })
        .collect()
}

fn by_name(packages: &[Package]) -> HashMap<&str, usize> {
    let mut by_name = HashMap::new();
    for (at, package) in packages.iter().enumerate().filter(|(_, p)| p.ecosystem.is_system()) {
        by_name.entry(package.name.as_str()).or_insert(at);
    }
    by_name
}

fn component(package: &Package, image: &ImageFacts, reference: String) -> Component {
    let file = format!("/{}", package.recorded_in);
    let mut properties = vec![
        ("plimsoll:ecosystem".to_owned(), package.ecosystem.name().to_owned()),
        ("plimsoll:recordedIn".to_owned(), file.clone()),
        ("plimsoll:origin".to_owned(), origin(image, package.layer).to_owned()),
    ];
    if let Some(layer) = image.layers.get(package.layer as usize) {
        properties.push(("plimsoll:layer".to_owned(), layer.digest.to_string()));
        properties.extend(layer.diff_id.as_ref().map(|d| ("plimsoll:diffId".to_owned(), d.to_string())));
    }
    for (name, value) in [
        ("plimsoll:ownedBy", &package.owned_by),
        ("plimsoll:source", &package.source),
        ("plimsoll:sourceVersion", &package.source_version),
        ("plimsoll:modularity", &package.modularity),
    ] {
        properties.extend(value.as_ref().map(|v| (name.to_owned(), v.clone())));
    }
    if package.development {
        properties.push(("plimsoll:development".to_owned(), "true".to_owned()));
    }
    // A lock file says what was to be installed; nothing shows that it was.
    if package.locked {
        properties.push(("plimsoll:locked".to_owned(), "true".to_owned()));
    }
    if let Some(nature) = nature(package) {
        let Nature { filename, executable, archive, structured } = nature;
        properties.push(("bsi:component:archive".to_owned(), if archive { "archive" } else { "no archive" }.to_owned()));
        properties.push(("bsi:component:executable".to_owned(), if executable { "executable" } else { "non-executable" }.to_owned()));
        properties.push(("bsi:component:filename".to_owned(), filename));
        properties.push(("bsi:component:structured".to_owned(), if structured { "structured" } else { "unstructured" }.to_owned()));
    }
    Component {
        reference,
        kind: Kind::Library,
        name: package.name.clone(),
        version: Some(package.version.clone()).filter(|v| !v.is_empty()),
        supplier: package.supplier.clone(),
        homepage: package.homepage.clone(),
        purl: package.purl.clone(),
        licences: package.licences.clone(),
        file: Some(file),
        properties,
        ..Component::default()
    }
}

/// What TR-03183-2 asks of the file that a component is delivered as.
struct Nature {
    filename: String,
    executable: bool,
    archive: bool,
    structured: bool,
}

/// Known for components that lie in the image as one file: archives of Java, programs. Of a package of many files none of it can be said.
fn nature(package: &Package) -> Option<Nature> {
    use plimsoll_evidence::Ecosystem;
    let filename = package.recorded_in.rsplit(['/', '!']).next().unwrap_or_default().to_owned();
    match package.ecosystem {
        Ecosystem::Java => Some(Nature { filename, executable: true, archive: true, structured: true }),
        Ecosystem::Go | Ecosystem::Cargo | Ecosystem::Program => {
            Some(Nature { filename, executable: true, archive: false, structured: false })
        }
        _ => None,
    }
}

fn origin(image: &ImageFacts, layer: u32) -> &'static str {
    match image.origin(layer) {
        plimsoll_evidence::Origin::BaseImage => "base image",
        plimsoll_evidence::Origin::Application => "application",
        plimsoll_evidence::Origin::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creators() {
        let creator =
            |name: Option<&str>, address: Option<&str>| Creator { name: name.map(str::to_owned), address: address.map(str::to_owned) };
        assert_eq!(Creator::parse("Team A <a@example.org>"), creator(Some("Team A"), Some("a@example.org")));
        assert_eq!(Creator::parse("https://example.org"), creator(None, Some("https://example.org")));
        assert_eq!(Creator::parse("Team A"), creator(Some("Team A"), None));
    }

    #[test]
    fn serial_numbers_are_uuids_and_stay() {
        let one = serial("sha256:00", "1");
        assert_eq!((one.len(), one.as_str()), (45, serial("sha256:00", "1").as_str()));
        assert_ne!(one, serial("sha256:01", "1"));
    }
}
