//! What a runtime makes of the config's `User`.
//!
//! Engines read it as `user[:group]`, each a name or a number (OCI image specification, config.md). The text is the image's, so hostile:
//! numbers may overflow, and containerd before 2.0.4 ran what overflowed a signed 32-bit integer as root (CVE-2024-40635).

use plimsoll_evidence::Accounts;

/// Whom the container runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// The user part is a name, not a number.
    pub(crate) by_name: bool,
    /// An account whose *name* is the number and whose uid is another: engines disagree on which is meant.
    pub(crate) also: Option<u32>,
}

/// Why there is no such identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoIdentity {
    /// Not `user[:group]` at all.
    Malformed(&'static str),
    /// A number outside of 0 to 2147483647.
    OutOfRange(String),
    /// A user name that the image's passwd has not.
    UnknownUser(String),
    /// A group name that the image's group file has not.
    UnknownGroup(String),
}

/// Resolves a config's `User`.
pub(crate) fn resolve(user: &str, accounts: &Accounts) -> Result<Identity, NoIdentity> {
    if user.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(NoIdentity::Malformed("it holds white space or control characters"));
    }
    let (user, group) = match user.split_once(':') {
        Some((_, group)) if group.contains(':') => return Err(NoIdentity::Malformed("it has more than one colon")),
        Some((user, group)) => (user, group),
        None => (user, ""),
    };
    let mut identity = if user.is_empty() {
        Identity { uid: 0, gid: accounts.uid(0).map_or(0, |a| a.gid), by_name: false, also: None }
    } else if let Some(uid) = number(user)? {
        let also = accounts.user(user).map(|a| a.uid).filter(|other| *other != uid);
        Identity { uid, gid: accounts.uid(uid).map_or(0, |a| a.gid), by_name: false, also }
    } else {
        let account = accounts.user(user).ok_or_else(|| NoIdentity::UnknownUser(user.to_owned()))?;
        Identity { uid: account.uid, gid: account.gid, by_name: true, also: None }
    };
    if !group.is_empty() {
        identity.gid = match number(group)? {
            Some(gid) => gid,
            None => accounts.group(group).ok_or_else(|| NoIdentity::UnknownGroup(group.to_owned()))?.gid,
        };
    }
    Ok(identity)
}

/// A decimal number as engines read it (a sign is allowed), none where it is a name.
pub(crate) fn number(text: &str) -> Result<Option<u32>, NoIdentity> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    let out = || NoIdentity::OutOfRange(text.to_owned());
    match text.parse::<i64>() {
        Ok(n) if (0..=i64::from(i32::MAX)).contains(&n) => u32::try_from(n).map(Some).map_err(|_| out()),
        _ => Err(out()),
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::{Account, Group};
    use proptest::prelude::*;

    use super::*;

    fn accounts() -> Accounts {
        let user = |name: &str, uid, gid| Account { name: name.to_owned(), uid, gid, home: String::new(), shell: String::new(), line: 1 };
        let group = |name: &str, gid| Group { name: name.to_owned(), gid, members: Vec::new() };
        Accounts {
            users: vec![user("root", 0, 0), user("app", 10001, 10002), user("1500", 0, 0)],
            groups: vec![group("root", 0), group("staff", 50)],
            has_passwd: true,
            bad_lines: Vec::new(),
        }
    }

    #[test]
    fn a_user_is_read_as_engines_read_it() {
        let id = |uid, gid, by_name, also| Ok(Identity { uid, gid, by_name, also });
        let cases = [
            ("", id(0, 0, false, None)),
            (":staff", id(0, 50, false, None)),
            ("root", id(0, 0, true, None)),
            ("app", id(10001, 10002, true, None)),
            ("10001", id(10001, 10002, false, None)),
            ("+10001:0", id(10001, 0, false, None)),
            ("app:staff", id(10001, 50, true, None)),
            ("65532:65532", id(65532, 65532, false, None)),
            ("1500", id(1500, 0, false, Some(0))),
            ("0000", id(0, 0, false, None)),
            ("-0", id(0, 0, false, None)),
            ("-1", Err(NoIdentity::OutOfRange("-1".to_owned()))),
            ("2147483648", Err(NoIdentity::OutOfRange("2147483648".to_owned()))),
            ("4294967296", Err(NoIdentity::OutOfRange("4294967296".to_owned()))),
            ("99999999999999999999999", Err(NoIdentity::OutOfRange("99999999999999999999999".to_owned()))),
            ("1001:4294967296", Err(NoIdentity::OutOfRange("4294967296".to_owned()))),
            ("nobody", Err(NoIdentity::UnknownUser("nobody".to_owned()))),
            ("1001:wheel", Err(NoIdentity::UnknownGroup("wheel".to_owned()))),
            ("0x3e9", Err(NoIdentity::UnknownUser("0x3e9".to_owned()))),
            (" 1001", Err(NoIdentity::Malformed("it holds white space or control characters"))),
            ("a:b:c", Err(NoIdentity::Malformed("it has more than one colon"))),
        ];
        for (text, wanted) in cases {
            assert_eq!(resolve(text, &accounts()), wanted, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC{0,40}") {
            let _ = resolve(&text, &accounts());
        }

        #[test]
        fn any_number_in_range_is_itself(uid in 0..=i32::MAX as u32) {
            prop_assert_eq!(resolve(&uid.to_string(), &Accounts::default()).map(|i| i.uid), Ok(uid));
        }
    }
}
