//! The syntax (ECMA-427, "How to parse a purl string in its components"): parts are cut off from the right.

use std::collections::BTreeMap;

use crate::encoding::decode;
use crate::{Purl, PurlError, kinds};

pub(crate) fn purl(text: &str) -> Result<Purl, PurlError> {
    let (text, subpath) = text.rsplit_once('#').map_or((text, None), |(rest, s)| (rest, Some(s)));
    let (text, qualifiers) = text.rsplit_once('?').map_or((text, None), |(rest, q)| (rest, Some(q)));
    let (scheme, rest) = text.split_once(':').ok_or(PurlError::Scheme)?;
    if !scheme.eq_ignore_ascii_case("pkg") {
        return Err(PurlError::Scheme);
    }
    let (kind_part, rest) = rest.trim_start_matches('/').split_once('/').ok_or(PurlError::NoType)?;
    let kind = kind(kind_part)?;
    let (path, version) = match rest.rsplit_once('@') {
        // An `@` that begins a segment is an npm scope that was not encoded; one that begins the last has no name before it.
        Some((path, after)) if path.is_empty() || path.ends_with('/') => {
            if !after.contains('/') {
                return Err(PurlError::NoName);
            }
            (rest, None)
        }
        Some((path, version)) => (path, Some(version)),
        None => (rest, None),
    };
    let path = path.trim_matches('/');
    let (namespace, name) = path.rsplit_once('/').map_or((None, path), |(n, name)| (Some(n), name));
    let name = decode(name).ok_or(PurlError::Encoding("name"))?.into_owned();
    if name.is_empty() {
        return Err(PurlError::NoName);
    }
    let mut purl = Purl {
        kind,
        namespace: namespace.map(|n| segments(n, str::is_empty, "namespace")).transpose()?.flatten(),
        name,
        version: version
            .map(|v| decode(v).ok_or(PurlError::Encoding("version")))
            .transpose()?
            .map(std::borrow::Cow::into_owned)
            .filter(|v| !v.is_empty()),
        qualifiers: qualifiers.map(self::qualifiers).transpose()?.unwrap_or_default(),
        subpath: subpath.map(|s| segments(s, |s| matches!(s, "" | "." | ".."), "subpath")).transpose()?.flatten(),
    };
    kinds::normalise(&mut purl);
    Ok(purl)
}

pub(crate) fn kind(text: &str) -> Result<String, PurlError> {
    if text.is_empty() {
        return Err(PurlError::NoType);
    }
    let allowed = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    if !allowed || text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(PurlError::Type(text.to_owned()));
    }
    Ok(text.to_ascii_lowercase())
}

pub(crate) fn key(text: &str) -> Result<String, PurlError> {
    let allowed = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    if text.is_empty() || !allowed || text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(PurlError::Key(text.to_owned()));
    }
    Ok(text.to_ascii_lowercase())
}

fn segments(text: &str, dropped: fn(&str) -> bool, part: &'static str) -> Result<Option<String>, PurlError> {
    let mut kept = Vec::new();
    for segment in text.split('/') {
        let segment = decode(segment).ok_or(PurlError::Encoding(part))?;
        if !dropped(&segment) {
            kept.push(segment);
        }
    }
    Ok(Some(kept.join("/")).filter(|s| !s.is_empty()))
}

fn qualifiers(text: &str) -> Result<BTreeMap<String, String>, PurlError> {
    let mut found = BTreeMap::new();
    for pair in text.split('&').filter(|p| !p.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = key(name)?;
        let value = decode(value).ok_or(PurlError::Encoding("qualifier"))?;
        if !value.is_empty() && found.insert(key.clone(), value.into_owned()).is_some() {
            return Err(PurlError::TwiceKey(key));
        }
    }
    Ok(found)
}
