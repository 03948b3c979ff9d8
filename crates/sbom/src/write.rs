//! Documents of bills. The same bill gives the same bytes.

mod cyclonedx;
mod cyclonedx_xml;
mod spdx2;
mod spdx3;
mod tag_value;

use plimsoll_licences::Licence;

use crate::bill::{Bill, Component};

/// A form to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// CycloneDX 1.6 in JSON.
    CycloneDx16,
    /// CycloneDX 1.7 in JSON.
    CycloneDx17,
    /// CycloneDX 1.6 in XML.
    CycloneDx16Xml,
    /// CycloneDX 1.7 in XML.
    CycloneDx17Xml,
    /// SPDX 2.3 in JSON.
    Spdx23,
    /// SPDX 2.3 as tags and values.
    Spdx23TagValue,
    /// SPDX 3.0.1 in JSON-LD.
    Spdx30,
}

/// The document, ending in a line feed.
pub fn write(bill: &Bill, form: Form) -> String {
    let json = |value: serde_json::Value| format!("{value:#}\n");
    match form {
        Form::CycloneDx16 => json(cyclonedx::write(bill, "1.6")),
        Form::CycloneDx17 => json(cyclonedx::write(bill, "1.7")),
        Form::CycloneDx16Xml => cyclonedx_xml::write(bill, "1.6"),
        Form::CycloneDx17Xml => cyclonedx_xml::write(bill, "1.7"),
        Form::Spdx23 => json(spdx2::write(bill)),
        Form::Spdx23TagValue => tag_value::write(bill),
        Form::Spdx30 => json(spdx3::write(bill)),
    }
}

/// A time for documents that need one, of a bill that has none: the image says nothing, and the present would make every run differ.
const NO_TIME: &str = "1970-01-01T00:00:00Z";

fn licence(component: &Component) -> Licence {
    plimsoll_licences::expression(component.licences.iter().map(String::as_str))
}

/// A creator's name, mail address and address on the web.
struct Party<'a> {
    name: Option<&'a str>,
    mail: Option<&'a str>,
    url: Option<&'a str>,
}

impl<'a> Party<'a> {
    fn of(text: &'a str) -> Self {
        let (mut name, mut mail, mut url) = (text.trim(), None, None);
        if let Some((before, rest)) = text.split_once('<') {
            name = before.trim();
            let address = rest.split('>').next().unwrap_or_default().trim();
            if address.contains("://") { url = Some(address) } else { mail = Some(address).filter(|a| a.contains('@')) }
        } else if let Some(at) = text.find("https://").or_else(|| text.find("http://")) {
            name = text[..at].trim();
            url = text[at..].split_whitespace().next();
        }
        Self { name: Some(name).filter(|n| !n.is_empty()), mail, url }
    }
}

/// Name and version of a program.
fn tool(text: &str) -> (&str, &str) {
    text.rsplit_once(' ').unwrap_or((text, ""))
}

/// A name for `SPDXRef-` and the like: only letters, digits, `.` and `-`, unique among the bill's.
fn identifier(component: &Component) -> String {
    use sha2::{Digest as _, Sha256};
    let name: String = component.name.chars().take(60).map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    let hash = Sha256::digest(component.reference.as_bytes());
    let digits: String = hash.iter().take(8).flat_map(|b| [b >> 4, b & 15]).filter_map(|n| char::from_digit(n.into(), 16)).collect();
    format!("{name}-{digits}")
}

#[cfg(test)]
pub(crate) mod tests;
