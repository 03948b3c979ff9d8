//! Whether what a statement names is the image, or a component of it.

use std::collections::HashMap;

use plimsoll_evidence::{Inventory, Package, Subject, VexIdentity};
use plimsoll_purl::Purl;

use crate::image_name::{ImageName, repository};
use crate::range::Range;

/// What a product turns out to be.
pub(crate) enum Is {
    /// The image.
    Image,
    /// Components, by place.
    Components(Vec<u32>),
    /// A component that is here in another version.
    OtherVersion(String),
    /// Nothing here; says why.
    Nothing(String),
}

/// The image and its components, ready to be looked up.
pub(crate) struct Here<'a> {
    digests: Vec<String>,
    names: Vec<ImageName>,
    packages: &'a [Package],
    purls: Vec<Option<Purl>>,
    by_name: HashMap<(String, String), Vec<u32>>,
    by_source: HashMap<(String, String), Vec<u32>>,
}

impl<'a> Here<'a> {
    pub(crate) fn new(subject: Option<&Subject>, names: &[String], inventory: &'a Inventory) -> Self {
        let mut known: Vec<ImageName> = subject.and_then(|s| ImageName::of_reference(&s.reference)).into_iter().collect();
        known.extend(names.iter().filter_map(|n| ImageName::parse(n)));
        // The digest of an index that leads to the image is its name as well.
        let mut digests: Vec<String> =
            subject.into_iter().flat_map(|s| std::iter::once(&s.digest).chain(&s.indexes)).map(ToString::to_string).collect();
        digests.extend(known.iter().filter_map(|n| n.digest.clone()));
        let purls: Vec<Option<Purl>> =
            inventory.packages.iter().map(|p| p.purl.as_deref().and_then(|text| Purl::parse_loosely(text).ok())).collect();
        let (mut by_name, mut by_source): (HashMap<_, Vec<u32>>, HashMap<_, Vec<u32>>) = (HashMap::new(), HashMap::new());
        for (at, purl) in purls.iter().enumerate() {
            let Some(purl) = purl else { continue };
            by_name.entry((purl.kind().to_owned(), purl.full_name())).or_default().push(at as u32);
            let package = &inventory.packages[at];
            if package.ecosystem.is_system() {
                let source = Purl::new(purl.kind(), package.source_name()).map(|p| p.with_namespace(purl.namespace().unwrap_or_default()));
                if let Ok(source) = source {
                    by_source.entry((purl.kind().to_owned(), source.full_name())).or_default().push(at as u32);
                }
            }
        }
        Self { digests, names: known, packages: &inventory.packages, purls, by_name, by_source }
    }

    pub(crate) fn package(&self, at: u32) -> Option<&'a Package> {
        self.packages.get(at as usize)
    }

    /// What an identity is here. Of several identifiers one that matches is enough.
    pub(crate) fn find(&self, identity: &VexIdentity) -> Is {
        let ranges = match identity.limited_to.as_deref().map(ranges) {
            None => None,
            Some(Some(ranges)) => Some(ranges),
            Some(None) => {
                let range = identity.limited_to.as_deref().unwrap_or_default();
                return Is::Nothing(format!("it is limited to the versions {range}, which are no range that is read"));
            }
        };
        // Only a component has versions that lie in a range.
        if ranges.is_some() && identity.purls.is_empty() {
            return Is::Nothing(format!("{} is limited to some versions and named by no package URL", identity.shown));
        }
        if ranges.is_none() && identity.digests.iter().any(|d| self.digests.contains(d)) {
            return Is::Image;
        }
        let (mut components, mut why, mut other) = (Vec::new(), None, None);
        for text in &identity.purls {
            let Ok(purl) = Purl::parse_loosely(text) else {
                why.get_or_insert_with(|| format!("{text:?} is no package URL"));
                continue;
            };
            if ranges.is_some() && matches!(purl.kind(), "oci" | "docker") {
                why.get_or_insert_with(|| "it is limited to versions of an image, which have no order".to_owned());
                continue;
            }
            if matches!(purl.kind(), "oci" | "docker") {
                match self.is_image(&purl) {
                    Ok(()) => return Is::Image,
                    Err(reason) => why = Some(reason),
                }
                continue;
            }
            match self.components(&purl, ranges.as_deref()) {
                Ok(found) => components.extend(found),
                Err(Some(version)) => other = Some(version),
                Err(None) => {
                    why.get_or_insert_with(|| format!("{} is not in the image", identity.shown));
                }
            }
        }
        if !components.is_empty() {
            components.sort_unstable();
            components.dedup();
            return Is::Components(components);
        }
        if let Some(other) = other {
            return Is::OtherVersion(other);
        }
        if let Some(name) = &identity.name {
            return match self.is_named(name) {
                Ok(()) => Is::Image,
                Err(reason) => Is::Nothing(reason),
            };
        }
        Is::Nothing(why.unwrap_or_else(|| {
            if identity.digests.is_empty() {
                format!("{} is named by neither a package URL nor a digest", identity.shown)
            } else {
                format!("{} has another digest than this image", identity.shown)
            }
        }))
    }

    /// Whether a package URL of an image is this one's: by its digest where it has one, else by its name.
    fn is_image(&self, purl: &Purl) -> Result<(), String> {
        let version = purl.version();
        if let Some(digest) = version.filter(|v| v.contains(':')) {
            return if self.digests.iter().any(|d| d == digest) {
                Ok(())
            } else {
                Err(format!("{} has the digest {digest}, and this image has {}", purl.full_name(), self.digests.join(" or ")))
            };
        }
        if self.names.is_empty() {
            return Err(format!(
                "{} names an image without its digest, and what this image is called is not known (--name)",
                purl.full_name()
            ));
        }
        let given = purl.qualifier("repository_url");
        let wanted: Vec<String> = match (purl.kind(), given) {
            ("docker", host) => {
                let name = host.map_or_else(|| purl.full_name(), |h| format!("{h}/{}", purl.full_name()));
                repository(&name).into_iter().collect()
            }
            // The address of the repository, with the image's name or up to it.
            (_, Some(url)) => [repository(url), repository(&format!("{url}/{}", purl.name()))].into_iter().flatten().collect(),
            (_, None) => Vec::new(),
        };
        let tag = version.or_else(|| purl.qualifier("tag"));
        let is_it = |n: &ImageName| {
            let repository = if wanted.is_empty() {
                n.last().eq_ignore_ascii_case(purl.name())
            } else {
                wanted.contains(&n.repository) && n.last().eq_ignore_ascii_case(purl.name())
            };
            repository && tag.is_none_or(|t| n.tag.as_deref() == Some(t))
        };
        if self.names.iter().any(is_it) { Ok(()) } else { Err(self.called(&purl.to_string())) }
    }

    /// Whether a bare name is this image's. A name without a host is one if it is the end of the image's.
    fn is_named(&self, name: &str) -> Result<(), String> {
        if self.names.is_empty() {
            return Err(format!("{name} is a name alone, and what this image is called is not known (--name)"));
        }
        let Some(wanted) = ImageName::parse(name) else { return Err("it has no name".to_owned()) };
        let bare = name.split(['@', ':']).next().unwrap_or_default().to_ascii_lowercase();
        let is_it = |n: &ImageName| {
            let ends = n.repository.strip_suffix(&bare).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
            (n.repository == wanted.repository || ends) && wanted.tag.as_ref().is_none_or(|t| n.tag.as_ref() == Some(t))
        };
        if self.names.iter().any(is_it) { Ok(()) } else { Err(self.called(name)) }
    }

    fn called(&self, other: &str) -> String {
        let names: Vec<&str> = self.names.iter().map(|n| n.repository.as_str()).collect();
        format!("it is about {other}, and this image is called {}", names.join(", "))
    }

    /// The components that a package URL names. A version, architecture or distribution that both have must agree; what the statement leaves
    /// out means all. None of that name: no version; of another version: which.
    /// `limits` are ranges that its version has to lie in one of, beside what the package URL itself says.
    fn components(&self, wanted: &Purl, limits: Option<&[Range]>) -> Result<Vec<u32>, Option<String>> {
        let own_range = match wanted.qualifier("vers") {
            None => None,
            Some(text) => Some(Range::parse(text).ok_or(None)?),
        };
        let key = (wanted.kind().to_owned(), wanted.full_name());
        let of_source = matches!(wanted.qualifier("arch"), Some("source" | "src"));
        let Some(named) = (if of_source { &self.by_source } else { &self.by_name }).get(&key) else { return Err(None) };
        let mut other = None;
        let mut found = Vec::new();
        for at in named {
            let (Some(package), Some(Some(own))) = (self.packages.get(*at as usize), self.purls.get(*at as usize)) else { continue };
            let version = if of_source { Some(package.source_version()) } else { own.version() };
            if wanted.version().is_some_and(|w| Some(w) != version) {
                other = Some(format!(
                    "{} {} is here, and it speaks of {}",
                    package.name,
                    package.version,
                    wanted.version().unwrap_or_default()
                ));
                continue;
            }
            let compared = if of_source { package.source_version() } else { package.version.as_str() };
            let lies = |r: &Range| r.is_of(wanted.kind()) && r.holds(compared);
            if !own_range.as_ref().is_none_or(lies) || !limits.is_none_or(|ranges| ranges.iter().any(lies)) {
                other.get_or_insert_with(|| {
                    format!("{} {} is here, which lies outside of the versions that it speaks of", package.name, package.version)
                });
                continue;
            }
            if agree(wanted, own, of_source) {
                found.push(*at);
            } else {
                other.get_or_insert_with(|| format!("{} is here for another architecture, distribution or repository", package.name));
            }
        }
        if found.is_empty() { Err(other) } else { Ok(found) }
    }

    /// Whether a component lies in another: in the same program or archive, or below its folder.
    pub(crate) fn lies_in(&self, part: u32, whole: u32) -> bool {
        let (Some(part), Some(whole)) = (self.package(part), self.package(whole)) else { return false };
        if part.ecosystem.is_system() || whole.ecosystem.is_system() {
            return false;
        }
        let (inner, outer) = (part.recorded_in.as_str(), whole.recorded_in.as_str());
        if inner == outer {
            // A program or archive is one thing; a list of what is installed is not.
            return matches!(
                whole.ecosystem,
                plimsoll_evidence::Ecosystem::Go | plimsoll_evidence::Ecosystem::Cargo | plimsoll_evidence::Ecosystem::Java
            );
        }
        if inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('!')) {
            return true;
        }
        let folder = outer.rsplit_once('/').map_or("", |(folder, _)| folder);
        whole.ecosystem == plimsoll_evidence::Ecosystem::Npm
            && !folder.is_empty()
            && inner.strip_prefix(folder).is_some_and(|rest| rest.starts_with("/node_modules/"))
    }
}

/// The ranges that a text lists; none where one of them cannot be read.
fn ranges(text: &str) -> Option<Vec<Range>> {
    text.split(", ").map(Range::parse).collect()
}

/// Whether the qualifiers that both have agree.
fn agree(wanted: &Purl, own: &Purl, of_source: bool) -> bool {
    wanted.qualifiers().all(|(key, value)| {
        let Some(has) = own.qualifier(key) else { return true };
        match key {
            "arch" => of_source || has == value || value == "all" || value == "any",
            // `debian-12` and `debian-12.5`.
            "distro" => begins(has, value) || begins(value, has),
            "repository_url" | "classifier" | "epoch" | "type" => has == value,
            _ => true,
        }
    })
}

/// Whether a release is another or a point release of it.
fn begins(release: &str, of: &str) -> bool {
    release.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
