//! The distribution, from os-release(5).

use plimsoll_evidence::{CapturedText, Distribution};

/// Reads the first of `/etc/os-release` and `/usr/lib/os-release` that a container sees.
pub fn distribution(texts: &[CapturedText]) -> Option<Distribution> {
    let text = ["etc/os-release", "usr/lib/os-release"].iter().find_map(|path| texts.iter().find(|t| t.path == *path))?;
    Some(parse(&text.text))
}

fn parse(text: &str) -> Distribution {
    let value = |key: &str| {
        text.lines()
            .rev()
            .filter_map(|l| l.trim().split_once('='))
            .find(|(k, _)| *k == key)
            .map(|(_, v)| unquote(v))
            .filter(|v| !v.is_empty())
    };
    Distribution {
        // The specification's default where there is no ID.
        id: value("ID").unwrap_or_else(|| "linux".to_owned()),
        id_like: value("ID_LIKE").map(|v| v.split_whitespace().map(str::to_owned).collect()).unwrap_or_default(),
        version_id: value("VERSION_ID"),
        name: value("PRETTY_NAME").or_else(|| value("NAME")).unwrap_or_else(|| "Linux".to_owned()),
    }
}

/// Shell quoting, as far as os-release allows it.
fn unquote(value: &str) -> String {
    let value = value.trim();
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|v| v.strip_suffix(quote)) {
            return if quote == '"' {
                inner.replace("\\\"", "\"").replace("\\$", "$").replace("\\`", "`").replace("\\\\", "\\")
            } else {
                inner.to_owned()
            };
        }
    }
    value.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_defaults() {
        let d = parse("NAME=\"Red Hat \\\"X\\\"\"\nID='rhel'\nID_LIKE=\"fedora centos\"\nVERSION_ID=9.3\n");
        assert_eq!(
            d,
            Distribution {
                id: "rhel".into(),
                id_like: vec!["fedora".into(), "centos".into()],
                version_id: Some("9.3".into()),
                name: "Red Hat \"X\"".into()
            }
        );
        assert_eq!(parse("garbage").id, "linux");
    }
}
