//! `WWW-Authenticate`: how a registry wants to be asked (RFC 9110, section 11.6.1).

/// One way to authenticate that a registry offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Challenge {
    Basic,
    /// A token from a realm (the distribution project's token specification).
    Bearer {
        realm: String,
        service: Option<String>,
        scope: Option<String>,
    },
}

/// How many challenges and parameters of one header are read.
const MOST: usize = 32;

/// Reads all challenges of one header's value; unknown schemes are left out.
pub(crate) fn parse(header: &str) -> Vec<Challenge> {
    let mut found = Vec::new();
    let mut rest = header.trim();
    for _ in 0..MOST {
        let scheme_end = rest.find([' ', '\t', ',']).unwrap_or(rest.len());
        let scheme = rest[..scheme_end].to_ascii_lowercase();
        let (parameters, after) = parameters(rest[scheme_end..].trim_start());
        let value = |name: &str| parameters.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).filter(|v| !v.is_empty());
        match scheme.as_str() {
            "basic" => found.push(Challenge::Basic),
            "bearer" => {
                if let Some(realm) = value("realm") {
                    found.push(Challenge::Bearer { realm, service: value("service"), scope: value("scope") });
                }
            }
            _ => {}
        }
        if after.is_empty() {
            break;
        }
        rest = after;
    }
    found
}

/// Parameters up to the next scheme, and what follows them.
fn parameters(mut text: &str) -> (Vec<(String, String)>, &str) {
    let mut found = Vec::new();
    for _ in 0..MOST {
        text = text.trim_start_matches([',', ' ', '\t']);
        let Some(equals) = text.find('=') else { return (found, "") };
        let name = text[..equals].trim();
        if name.contains([' ', '\t', ',']) {
            return (found, text);
        }
        let (value, after) = value(text[equals + 1..].trim_start());
        found.push((name.to_ascii_lowercase(), value));
        text = after;
    }
    (found, "")
}

/// A quoted string or a token, and what follows it.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut out = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (out, &quoted[at + 1..]),
            '\\' => out.extend(chars.next().map(|(_, c)| c)),
            c => out.push(c),
        }
    }
    (out, "")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_forms_registries_send() {
        let bearer = |realm: &str, service: Option<&str>, scope: Option<&str>| Challenge::Bearer {
            realm: realm.to_owned(),
            service: service.map(str::to_owned),
            scope: scope.map(str::to_owned),
        };
        for (text, wanted) in [
            (
                r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#,
                vec![bearer("https://auth.docker.io/token", Some("registry.docker.io"), Some("repository:a/b:pull,push"))],
            ),
            ("Basic realm=\"x\"", vec![Challenge::Basic]),
            ("basic", vec![Challenge::Basic]),
            (r#"Basic realm="x", Bearer realm="https://r/t""#, vec![Challenge::Basic, bearer("https://r/t", None, None)]),
            (r#"Bearer realm = "https://r/t" , service=s"#, vec![bearer("https://r/t", Some("s"), None)]),
            (r#"Bearer realm="a\"b""#, vec![bearer("a\"b", None, None)]),
            ("Bearer service=x", vec![]),
            ("Negotiate", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(parse(text), wanted, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "[ -~\\t]{0,200}|.{0,60}|([Bb]earer|=|\"|,| |\\\\|realm){0,40}") {
            let _ = parse(&text);
        }
    }
}
