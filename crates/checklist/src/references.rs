use schemars::JsonSchema;
use serde::Serialize;

/// A clause of a standard that an item comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reference {
    /// The checklist's footnote.
    pub footnote: u8,
    /// The standard.
    pub standard: &'static str,
    /// The clause, as the standard numbers it; empty where the footnote quotes a requirement without a number.
    pub clause: &'static str,
    /// The protection level, where the footnote gives one.
    pub level: Option<Level>,
    /// What the clause is about.
    pub about: &'static str,
}

/// A protection level of BSI IT-Grundschutz, the one required first coming first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Basic (B): required of all.
    Basic,
    /// Standard (S).
    Standard,
    /// High protection needs (H).
    High,
}

impl Level {
    /// The letter that IT-Grundschutz writes.
    pub const fn letter(self) -> char {
        match self {
            Self::Basic => 'B',
            Self::Standard => 'S',
            Self::High => 'H',
        }
    }
}

const NIST: &str = "NIST SP 800-190";
const BSI: &str = "BSI IT-Grundschutz 2023";
const ISO: &str = "ISO/IEC 27001:2022";
const TR: &str = "BSI TR-03185-2";
const SLSA: &str = "SLSA v1.2-rc1";
const CSSC: &str = "Microsoft CSSC";

const fn clause(footnote: u8, standard: &'static str, clause: &'static str, level: Option<Level>, about: &'static str) -> Reference {
    Reference { footnote, standard, clause, level, about }
}

const B: Option<Level> = Some(Level::Basic);
const S: Option<Level> = Some(Level::Standard);
const H: Option<Level> = Some(Level::High);

/// The checklist's footnotes in order. Levels are those that the footnotes themselves write.
const FOOTNOTES: [Reference; 60] = [
    clause(1, NIST, "4.1.2", None, "minimal base layers"),
    clause(2, NIST, "4.5.1", None, "minimal operating systems"),
    clause(3, CSSC, "Build Stage", None, "recommended practices"),
    clause(4, ISO, "8.25", None, "secure development life cycle"),
    clause(5, ISO, "8.26", None, "application security requirements"),
    clause(6, ISO, "8.27", None, "secure system architecture"),
    clause(7, ISO, "8.28", None, "secure coding"),
    clause(8, BSI, "SYS.1.6.A6", S, "rules for minimal images"),
    clause(9, NIST, "4.1.5", None, "trusted images and registries, signatures"),
    clause(10, BSI, "SYS.1.6.A6", B, "use of secure images"),
    clause(11, BSI, "SYS.1.6.A12", S, "distribution of secure images"),
    clause(12, ISO, "5.19", None, "information security in supplier relationships"),
    clause(13, ISO, "5.21", None, "information security in the ICT supply chain"),
    clause(14, ISO, "5.22", None, "monitoring of supplier services"),
    clause(15, BSI, "SYS.1.6.A6", S, "parts of application images from trusted sources"),
    clause(16, NIST, "4.2.2", None, "trusted registries"),
    clause(17, NIST, "4.1.1", None, "image vulnerabilities"),
    clause(18, ISO, "8.8", None, "management of technical vulnerabilities"),
    clause(19, BSI, "SYS.1.6.A14", S, "new images for updates, in time"),
    clause(20, SLSA, "build-track-basics", None, "provenance and build platforms"),
    clause(21, TR, "BR.06", None, "reproducible builds"),
    clause(22, BSI, "SYS.1.6.A12", S, "signed images"),
    clause(23, TR, "BR.01", None, "public build information"),
    clause(24, TR, "BR.04", None, "log of modifications for each release"),
    clause(25, TR, "QA.04", None, "testing procedures"),
    clause(26, TR, "QA.05", None, "memory safety"),
    clause(27, TR, "QA.06", None, "peer review"),
    clause(28, TR, "BR.05", None, "released source packages"),
    clause(29, BSI, "SYS.1.6.A6", S, "no loading of modules at run time"),
    clause(30, NIST, "4.1.1", None, "visibility into all layers"),
    clause(31, BSI, "SYS.1.6.A14", S, "updates of images"),
    clause(32, TR, "QA.01", None, "list of third-party components"),
    clause(33, BSI, "SYS.1.6.A16", S, "no remote maintenance"),
    clause(34, NIST, "4.1.4", None, "secrets outside of images"),
    clause(35, BSI, "SYS.1.6.A8", B, "safe storage of credentials"),
    clause(36, BSI, "SYS.1.6.A8", B, "no credentials in images and configuration"),
    clause(37, NIST, "5.3", None, "runtime controls against abuse of resources"),
    clause(38, BSI, "SYS.1.6.A15", S, "limits on resources for each container"),
    clause(39, BSI, "SYS.1.6.A23", H, "containers shipped with resource limits"),
    clause(40, NIST, "4.1.2", None, "images that run as unprivileged users"),
    clause(41, BSI, "SYS.1.6.A18", S, "accounts of application services"),
    clause(42, BSI, "SYS.1.6.A21", H, "least privilege"),
    clause(43, BSI, "SYS.1.6.A17", S, "unprivileged system account"),
    clause(44, NIST, "4.4.3", None, "profiles that constrain system-level capabilities"),
    clause(45, NIST, "4.4.4", None, "automatic profiles of applications"),
    clause(46, BSI, "SYS.1.6.A21", H, "extended security policies"),
    clause(47, BSI, "SYS.1.6.A23", H, "no writing to the root file system"),
    clause(48, BSI, "SYS.1.6.A23", H, "temporary data in dedicated volumes"),
    clause(49, BSI, "SYS.1.6.A23", H, "read-only volumes for data that is only read"),
    clause(50, BSI, "APP.4.4.A19", H, "stateless applications for high availability"),
    clause(51, BSI, "APP.4.4.A11", S, "start-up checks"),
    clause(52, BSI, "APP.4.4.A11", S, "start-up checks"),
    clause(53, "Supplier requirements quoted by the checklist", "", None, "no dependence on user ids"),
    clause(54, BSI, "SYS.1.6.A9", S, "no manual changes in running containers"),
    clause(55, BSI, "SYS.1.6.A14", S, "no updates installed in running containers"),
    clause(56, BSI, "SYS.1.6.A17", S, "least privileges for containers"),
    clause(57, BSI, "SYS.1.6.A18", S, "user and group ids without rights on the host"),
    clause(58, BSI, "SYS.1.6.A22", H, "forensic analysis"),
    clause(59, BSI, "SYS.1.6.A7", B, "log data on standard output"),
    clause(60, BSI, "SYS.1.6.A6", S, "images checked for vulnerabilities regularly"),
];

/// The clause that a footnote of the checklist names.
///
/// # Panics
/// At compile time, where items use it, for a footnote that the checklist has not.
pub const fn footnote(number: usize) -> Reference {
    FOOTNOTES[number - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn footnotes_stand_at_their_number() {
        for (at, reference) in FOOTNOTES.iter().enumerate() {
            assert_eq!(usize::from(reference.footnote), at + 1);
        }
    }
}
