use serde::{Deserialize, Serialize};

/// The image's own user and group database, as far as it is well formed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Accounts {
    /// Lines of `/etc/passwd`, in order.
    pub users: Vec<Account>,
    /// Lines of `/etc/group`, in order.
    pub groups: Vec<Group>,
    /// Whether `/etc/passwd` is there at all.
    pub has_passwd: bool,
    /// Lines that are no entries: overflowing or non-numeric ids, missing fields. Each says its file and line.
    pub bad_lines: Vec<String>,
}

/// A line of `/etc/passwd` (passwd(5)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Login name.
    pub name: String,
    /// User id.
    pub uid: u32,
    /// Primary group.
    pub gid: u32,
    /// Home directory.
    pub home: String,
    /// Login shell.
    pub shell: String,
    /// Line in the file, from 1.
    pub line: u32,
}

/// A line of `/etc/group` (group(5)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Group name.
    pub name: String,
    /// Group id.
    pub gid: u32,
    /// Members by name.
    pub members: Vec<String>,
}

impl Accounts {
    /// The first user of this name, as getpwnam(3) finds it.
    pub fn user(&self, name: &str) -> Option<&Account> {
        self.users.iter().find(|u| u.name == name)
    }

    /// The first user of this id.
    pub fn uid(&self, uid: u32) -> Option<&Account> {
        self.users.iter().find(|u| u.uid == uid)
    }

    /// The first group of this name.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|g| g.name == name)
    }
}
