//! What is inside: accounts, packages, vulnerabilities, credentials; and what is said of them.

use plimsoll_evidence::{
    Account, Ecosystem, FileChecks, Group, Package, Sboms, SecretFind, SecretNature, SecretPlace, Severity, Stated, Vex, Vulnerabilities,
    Vulnerability,
};

use super::Kit;

impl Kit {
    /// A user of passwd.
    #[must_use]
    pub fn account(mut self, name: &str, uid: u32, gid: u32) -> Self {
        let line = self.image.accounts.users.len() as u32 + 1;
        self.image.accounts.has_passwd = true;
        self.image.accounts.users.push(Account {
            name: name.to_owned(),
            uid,
            gid,
            home: format!("/home/{name}"),
            shell: "/sbin/nologin".to_owned(),
            line,
        });
        self
    }

    /// A group.
    #[must_use]
    pub fn group(mut self, name: &str, gid: u32) -> Self {
        self.image.accounts.groups.push(Group { name: name.to_owned(), gid, members: Vec::new() });
        self
    }

    /// A package, and the paths that it owns.
    #[must_use]
    pub fn package(mut self, ecosystem: Ecosystem, name: &str, version: &str, paths: &[&str]) -> Self {
        for path in paths {
            self.owned.insert((*path).to_owned(), self.packages.len());
        }
        self.packages.push(Package {
            installed_bytes: 1_000_000,
            layer: self.image.layers.len() as u32 - 1,
            ..Package::new(ecosystem, name, version, "var/lib/dpkg/status")
        });
        self
    }

    /// Changes the package that was added last.
    #[must_use]
    pub fn last_package(mut self, change: impl FnOnce(&mut Package)) -> Self {
        if let Some(package) = self.packages.last_mut() {
            change(package);
        }
        self
    }

    /// What the advisory database says, apart from the vulnerabilities that [`Kit::vulnerability`] adds.
    #[must_use]
    pub fn advisories(mut self, advisories: Vulnerabilities) -> Self {
        self.vulnerabilities = Some(Box::new(advisories));
        self
    }

    /// A vulnerability of the package that was added last.
    #[must_use]
    pub fn vulnerability(mut self, vulnerability: Vulnerability) -> Self {
        let component = self.packages.len().saturating_sub(1) as u32;
        let vulnerability = Vulnerability { component, ..vulnerability };
        self.vulnerabilities.get_or_insert_default().found.push(vulnerability);
        self
    }

    /// A credential.
    #[must_use]
    pub fn secret(mut self, rule: &str, severity: Severity, place: SecretPlace, nature: SecretNature) -> Self {
        let layer = matches!(place, SecretPlace::File { .. }).then(|| self.image.layers.len() as u32 - 1);
        let find = SecretFind {
            rule: rule.to_owned(),
            title: format!("a {rule}"),
            severity,
            place,
            redacted: "ABC****".to_owned(),
            fingerprint: "0123456789abcdef".to_owned(),
            nature,
            advice: None,
        };
        if matches!(find.place, SecretPlace::Source(_)) {
            self.source_secrets.push(find);
        } else {
            self.image.secrets.push((layer, find));
        }
        self
    }

    /// How the files of packages compare with their digests; places are those of the evidence.
    #[must_use]
    pub fn files(mut self, files: FileChecks) -> Self {
        self.files = Box::new(files);
        self
    }

    /// What bills of materials say; places are those of the evidence.
    #[must_use]
    pub fn sboms(mut self, sboms: Sboms) -> Self {
        self.sboms = Some(Box::new(sboms));
        self
    }

    /// A package that a bill of materials alone names; its place is that of the evidence.
    #[must_use]
    pub fn stated(mut self, package: u32, by: &str) -> Self {
        self.stated.push(Stated { package, by: by.to_owned() });
        self
    }

    /// What documents of exploitability say; places are those of the evidence.
    #[must_use]
    pub fn vex(mut self, vex: Vex) -> Self {
        self.vex = Some(Box::new(vex));
        self
    }
}
