//! What is read of foreign bytes at most.

/// Bytes of one file, and of one member of an archive when unpacked.
pub(crate) const FILE: u64 = 512 << 20;
/// Members of one archive.
pub(crate) const MEMBERS: u64 = 4_000_000;
/// Bytes that all members of an archive have when unpacked.
pub(crate) const UNPACKED: u64 = 16 << 30;
/// How many times larger than its packed bytes a member may be.
pub(crate) const RATIO: u64 = 400;
/// Characters of an id, a name or a version.
pub(crate) const WORD: usize = 512;
/// Characters of a summary.
pub(crate) const SUMMARY: usize = 240;
/// Addresses that are kept of a record.
pub(crate) const REFERENCES: usize = 24;
/// Packages, ranges, events and versions of one record, together.
pub(crate) const PARTS: usize = 1_000_000;
/// Modules of one erratum.
pub(crate) const MODULES: usize = 64;
/// Ids of one record.
pub(crate) const IDS: usize = 4096;

/// A word within the limit, trimmed; none where it is too long or has control characters.
pub(crate) fn word(text: &str) -> Option<String> {
    let text = text.trim();
    (text.len() <= WORD && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

/// The first line of a text that says something, cut.
pub(crate) fn summary(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|l| l.chars().any(char::is_alphanumeric)).unwrap_or_default();
    let line = line.trim_start_matches(['#', '*', ' ']);
    if line.chars().count() <= SUMMARY {
        return line.to_owned();
    }
    let mut cut: String = line.chars().take(SUMMARY - 1).collect();
    cut.push('…');
    cut
}
