use plimsoll_evidence::{FileEntry, Package, PackageDatabase, Problem, ProblemKind, printable_line};
use plimsoll_layers::Content;

/// The bytes of a file that is small enough to be held; a larger one is a problem that names it.
pub(crate) fn held<'a>(entry: &FileEntry, content: Content<'a>, most: usize) -> Result<&'a [u8], Problem> {
    match content {
        Content::Whole(bytes) if bytes.len() <= most => Ok(bytes),
        _ => Err(Problem::hiding(
            ProblemKind::Limit,
            format!(
                "/{}: {} bytes are more than such a file is read for ({most}); what it records is not known",
                printable_line(&entry.path, 200),
                entry.size
            ),
        )),
    }
}

/// A database of one package that owns nothing but what is said elsewhere.
pub(crate) fn single(path: &str, package: Package) -> PackageDatabase {
    PackageDatabase { path: path.to_owned(), packages: vec![package], owned: Vec::new() }
}

/// At most so many characters of a foreign text: a hostile record must not fill the report.
pub(crate) fn short(text: &str) -> String {
    const MOST: usize = 300;
    text.chars().take(MOST).collect()
}
