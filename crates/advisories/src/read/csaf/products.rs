//! Which distribution and which build a product of a document is: by its CPE and by its package URL.

use std::collections::HashMap;

use super::document::{Branch, Helper};
use crate::limits::word;
use crate::read::builds::Build;

/// The names of products, wherever in the tree of branches they stand.
pub(super) fn collect<'a, 'b>(branches: &'b [Branch<'a>], products: &mut HashMap<&'b str, &'b Helper<'a>>) {
    // As deep as the JSON itself may be nested.
    for branch in branches {
        if let Some(product) = &branch.product
            && let Some(helper) = &product.product_identification_helper
        {
            products.insert(product.product_id.as_ref(), helper);
        }
        collect(&branch.branches, products);
    }
}

/// The ecosystem of a product by its CPE: `cpe:/a:redhat:enterprise_linux:9::appstream` and `cpe:/o:redhat:enterprise_linux:10.1` are RHEL.
pub(super) fn ecosystem(cpe: &str) -> Option<String> {
    let mut parts = cpe.strip_prefix("cpe:/")?.split(':').skip(1);
    let (vendor, product, version) = (parts.next()?, parts.next()?, parts.next()?);
    let major = version.split('.').next().unwrap_or_default();
    let is_number = !major.is_empty() && major.bytes().all(|b| b.is_ascii_digit());
    match (vendor, product) {
        ("redhat", "enterprise_linux") if is_number => Some(format!("Red Hat:enterprise_linux:{major}")),
        ("redhat", "hummingbird") if is_number => Some(format!("Red Hat:hummingbird:{major}")),
        _ => None,
    }
}

/// `pkg:rpm/redhat/openssl@3.0.7-27.el9?arch=aarch64&epoch=1`.
pub(super) fn build(purl: &str) -> Option<Build> {
    let rest = purl.strip_prefix("pkg:rpm/redhat/")?;
    let (path, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
    let (name, version) = path.split_once('@').map_or((path, None), |(n, v)| (n, Some(v)));
    let qualifier = |key: &str| {
        let value = qualifiers.split('&').find_map(|q| q.strip_prefix(key)?.strip_prefix('='))?;
        word(&decoded(value)).filter(|v| !v.is_empty())
    };
    let module = qualifier("rpmmod").and_then(|m| {
        let mut parts = m.splitn(3, ':');
        Some(format!("{}:{}", parts.next()?, parts.next()?))
    });
    // Older documents have a module's stream in the place of the version.
    let version = version.map(decoded).filter(|v| v.contains('-'));
    let version = version.and_then(|v| word(&format!("{}:{v}", qualifier("epoch").unwrap_or_else(|| "0".to_owned()))));
    Some(Build { name: word(&decoded(name)).filter(|n| !n.is_empty())?, version, architecture: qualifier("arch"), module })
}

fn decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let byte = match after {
            [a, b, ..] if *first == b'%' => std::str::from_utf8(&[*a, *b]).ok().and_then(|h| u8::from_str_radix(h, 16).ok()),
            _ => None,
        };
        out.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Debugging information runs nothing.
pub(super) fn is_of_debugging(name: &str) -> bool {
    name.ends_with("-debuginfo") || name.ends_with("-debugsource")
}
