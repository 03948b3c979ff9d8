//! Users and groups, from passwd(5) and group(5). Both files are foreign: what is no entry is named, never guessed.

use plimsoll_evidence::{Account, Accounts, CapturedText, Group, printable_line};

/// More lines than any image's account database has; what lies beyond is said to be unread.
const MOST_LINES: usize = 65_536;
/// Bad lines that are told one by one.
const MOST_BAD: usize = 20;

/// Reads `/etc/passwd` and `/etc/group` as a container sees them.
pub fn accounts(texts: &[CapturedText]) -> Accounts {
    let find = |path: &str| texts.iter().find(|t| t.path == path);
    let mut accounts = Accounts { has_passwd: find("etc/passwd").is_some(), ..Accounts::default() };
    let mut bad = Bad::default();
    if let Some(passwd) = find("etc/passwd") {
        for (number, line) in lines(passwd, &mut bad) {
            match user(line, number) {
                Some(user) => accounts.users.push(user),
                None => bad.line("/etc/passwd", number, line),
            }
        }
    }
    if let Some(group) = find("etc/group") {
        for (number, line) in lines(group, &mut bad) {
            match group_entry(line) {
                Some(group) => accounts.groups.push(group),
                None => bad.line("/etc/group", number, line),
            }
        }
    }
    accounts.bad_lines = bad.told();
    accounts
}

fn lines<'a>(file: &'a CapturedText, bad: &mut Bad) -> Vec<(u32, &'a str)> {
    if file.cut {
        bad.say(format!("/{}: larger than is read; the users beyond are not known", file.path));
    }
    let mut lines: Vec<(u32, &str)> = file.text.lines().take(MOST_LINES + 1).enumerate().map(|(i, l)| (i as u32 + 1, l)).collect();
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES);
        bad.say(format!("/{}: more than {MOST_LINES} lines; those beyond were not read", file.path));
    }
    lines.retain(|(_, l)| !l.trim().is_empty() && !l.trim_start().starts_with('#'));
    lines
}

#[derive(Default)]
struct Bad {
    told: Vec<String>,
    more: usize,
}

impl Bad {
    fn line(&mut self, file: &str, number: u32, line: &str) {
        // The second field may be a password hash: only the name is shown.
        let name = line.split(':').next().unwrap_or_default();
        self.say(format!("{file}:{number}: no entry: {}", printable_line(name, 40)));
    }

    fn say(&mut self, what: String) {
        if self.told.len() < MOST_BAD {
            self.told.push(what);
        } else {
            self.more += 1;
        }
    }

    fn told(mut self) -> Vec<String> {
        if self.more > 0 {
            self.told.push(format!("{} more lines are no entries", self.more));
        }
        self.told
    }
}

fn user(line: &str, number: u32) -> Option<Account> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _, uid, gid, _, home, shell] = fields.as_slice() else { return None };
    Some(Account { name: named(name)?, uid: id(uid)?, gid: id(gid)?, home: (*home).to_owned(), shell: (*shell).to_owned(), line: number })
}

fn group_entry(line: &str) -> Option<Group> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _, gid, members] = fields.as_slice() else { return None };
    Some(Group { name: named(name)?, gid: id(gid)?, members: members.split(',').filter(|m| !m.is_empty()).map(str::to_owned).collect() })
}

fn named(name: &str) -> Option<String> {
    (!name.is_empty() && !name.contains('\u{fffd}')).then(|| name.to_owned())
}

/// An id is decimal and below 2^32 - 1, which the kernel reserves.
fn id(text: &str) -> Option<u32> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|id| *id != u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &str, text: &str) -> CapturedText {
        CapturedText { path: path.into(), text: text.into(), cut: false }
    }

    #[test]
    fn entries_and_what_is_none() {
        let found = accounts(&[
            text(
                "etc/passwd",
                "root:x:0:0:root:/root:/bin/sh\nbig:x:4294967296:0::/:\nneg:x:-1:0::/:\nshort:x:1\nplus:x:+1:1::/:\nmax:x:4294967295:1::/:\n\napp:$6$hash:10001:0::/app:\n",
            ),
            text("etc/group", "root:x:0:\nwheel:x:10:a,b\nbad:x:x:\n"),
        ]);
        assert_eq!(found.users.iter().map(|u| (u.name.as_str(), u.uid, u.line)).collect::<Vec<_>>(), [("root", 0, 1), ("app", 10001, 8)]);
        assert_eq!(found.group("wheel").unwrap().members, ["a", "b"]);
        assert_eq!(found.bad_lines.len(), 6);
        assert!(found.bad_lines.iter().all(|l| !l.contains("hash")));
    }

    #[test]
    fn an_enormous_file_is_bounded_and_said_so() {
        let found = accounts(&[text("etc/passwd", &"x:x\n".repeat(100_000))]);
        assert_eq!(found.users.len(), 0);
        assert!(found.bad_lines.len() <= MOST_BAD + 1);
        assert!(found.bad_lines.last().unwrap().contains("more lines"));
    }
}
