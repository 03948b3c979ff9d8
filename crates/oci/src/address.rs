//! Addresses in what people read.

/// An address as it may be shown: what stands before an `@` may be a password.
pub fn without_login(address: &str) -> String {
    match address.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", rest.rsplit('@').next().unwrap_or(rest)),
        None => address.rsplit('@').next().unwrap_or(address).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::without_login;

    #[test]
    fn no_login_is_shown() {
        for (address, shown) in [
            ("https://me:s3cr3t@host/x", "https://host/x"),
            ("https://me:s/3?c#r3t@host/x", "https://host/x"),
            ("me:s3cr3t@host", "host"),
            ("https://host/x", "https://host/x"),
        ] {
            assert_eq!(without_login(address), shown);
        }
    }
}
