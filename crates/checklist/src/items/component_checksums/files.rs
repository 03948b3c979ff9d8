//! The files of packages against the digests that their managers recorded.

use std::collections::BTreeMap;

use plimsoll_evidence::{ChangedFile, FileKind, FileNature, ImageFacts, Inventory, MissingFile, Package, Severity};

use super::{CHANGED, CHANGED_DATA, MISSING};
use crate::case::Case;
use crate::shown::{count, list};

/// Findings of one package that are told file by file.
const MOST_TOLD: usize = 20;

/// Judges the files, and says what was compared: a clause for the summary, empty where no package keeps digests.
pub(super) fn judge(case: &mut Case<'_>, image: &ImageFacts, inventory: &Inventory) -> String {
    let checks = &inventory.files;
    let mut changed: BTreeMap<(u32, FileNature), Vec<&ChangedFile>> = BTreeMap::new();
    for file in &checks.changed {
        changed.entry((file.package, file.nature)).or_default().push(file);
    }
    for ((package, nature), files) in changed {
        if let Some(package) = inventory.packages.get(package as usize) {
            tell_changed(case, image, package, nature, &files);
        }
    }
    let mut missing: BTreeMap<u32, Vec<&MissingFile>> = BTreeMap::new();
    for file in &checks.missing {
        missing.entry(file.package).or_default().push(file);
    }
    for (package, files) in missing {
        if let Some(package) = inventory.packages.get(package as usize) {
            tell_missing(case, package, &files);
        }
    }
    needs(case, image, inventory);
    let agree: usize = checks.packages.iter().map(|p| p.agree as usize).sum();
    match agree {
        0 => String::new(),
        n => format!("{} of packages have their recorded digests.", count(n, "file")),
    }
}

fn tell_changed(case: &mut Case<'_>, image: &ImageFacts, package: &Package, nature: FileNature, files: &[&ChangedFile]) {
    let rule = if nature == FileNature::Code { &CHANGED } else { &CHANGED_DATA };
    let severity = match nature {
        FileNature::Code | FileNature::Data => rule.severity,
        // Configurations are there to be changed.
        FileNature::Config => Severity::Info,
    };
    for (at, file) in files.iter().enumerate().take(MOST_TOLD) {
        let when = if file.later { "a later layer put another in its place" } else { "the layer of the package itself changed it" };
        let how = if file.by == "type" { "it is no regular file any more".to_owned() } else { format!("its {} is another", file.by) };
        let more = match files.len().saturating_sub(MOST_TOLD) {
            more if more > 0 && at + 1 == MOST_TOLD => format!(" {more} more of this package differ."),
            _ => String::new(),
        };
        let draft = case
            .find(rule)
            .about(&package.name)
            .severity(severity)
            .says(format!("/{} is not the file that {} {} brought ({how}): {when}.{more}", file.path, package.name, package.version));
        match image.tree.find(&file.path) {
            Some(id) => draft.in_file(image.tree.file(id)).add(),
            None => draft.in_record(package).add(),
        }
    }
}

fn tell_missing(case: &mut Case<'_>, package: &Package, files: &[&MissingFile]) {
    // What ran is named first.
    let mut order: Vec<&&MissingFile> = files.iter().collect();
    order.sort_by_key(|f| f.nature);
    let paths: Vec<String> = order.iter().map(|f| format!("/{}", f.path)).collect();
    let draft = case.find(&MISSING).about(&package.name).says(format!(
        "{} of {} {} {} gone: {}.",
        count(files.len(), "file"),
        package.name,
        package.version,
        if files.len() == 1 { "is" } else { "are" },
        list(&paths, 3)
    ));
    match order.iter().find_map(|f| Some((f.by_layer?, &f.path))) {
        Some((layer, path)) => draft.in_layer(layer, path, None, None).add(),
        None => draft.in_record(package).add(),
    }
}

/// What stands between the files and a pass.
fn needs(case: &mut Case<'_>, image: &ImageFacts, inventory: &Inventory) {
    let checks = &inventory.files;
    let untouched: Vec<_> = checks.packages.iter().filter(|p| p.untouched > 0).collect();
    if !untouched.is_empty() {
        let files: usize = untouched.iter().map(|p| p.untouched as usize).sum();
        case.need(
            format!(
                "the digests of {} of {}, which lie as the step that installed them left them and were not recomputed",
                count(files, "file"),
                count(untouched.len(), "package")
            ),
            "check with --verify-files, which reads the layers twice",
        );
    }
    let uncomputed: usize = checks.packages.iter().map(|p| p.uncomputed as usize).sum();
    if uncomputed > 0 {
        case.need(
            format!("the digests of {}, which could not be computed", count(uncomputed, "file")),
            "mend what keeps the layers from being read, or have the packages recorded with SHA-256",
        );
    }
    let names = unverifiable(image, inventory);
    if !names.is_empty() {
        case.need(
            format!("digests of the files of {} that no record has: {}", count(names.len(), "package"), list(&names, 5)),
            "keep the package manager's digests in the image (dpkg's info/*.md5sums, rpm's database), or compare the packages with their source",
        );
    }
}

/// System packages that own files and of whose files no record has a digest.
fn unverifiable(image: &ImageFacts, inventory: &Inventory) -> Vec<String> {
    let mut owns = vec![false; inventory.packages.len()];
    for (file, owner) in image.tree.files.iter().zip(&inventory.owners) {
        if file.kind == FileKind::Regular
            && !file.path.starts_with("usr/share/doc/")
            && let Some(owns) = owns.get_mut(*owner as usize)
        {
            *owns = true;
        }
    }
    let has_record = |at: u32| inventory.files.packages.binary_search_by_key(&at, |p| p.package).is_ok();
    let all = inventory.packages.iter().enumerate().filter(|(at, p)| owns[*at] && p.ecosystem.is_system() && !has_record(*at as u32));
    all.map(|(_, p)| p.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::{Ecosystem, FileChecks, PackageFiles};

    use super::super::ITEM;
    use super::*;
    use crate::built::tests::with;
    use crate::testkit::Kit;

    fn changed(path: &str, nature: FileNature, later: bool) -> ChangedFile {
        ChangedFile { package: 0, path: path.to_owned(), nature, later, by: "MD5".to_owned() }
    }

    fn kit(files: FileChecks) -> Kit {
        let kit = Kit::new().layer("RUN /bin/sh -c apt-get install curl # buildkit");
        let kit = kit.package(Ecosystem::Dpkg, "curl", "7.88", &["usr/bin/curl"]).file("usr/bin/curl", 0o755).file("etc/curlrc", 0o644);
        with(kit.files(files), "FROM a\nRUN apt-get install curl\n")
    }

    fn package(agree: u32, untouched: u32, uncomputed: u32) -> Vec<PackageFiles> {
        vec![PackageFiles { package: 0, agree, untouched, uncomputed }]
    }

    #[test]
    fn cases() {
        let gone = |path: &str| MissingFile { package: 0, path: path.to_owned(), nature: FileNature::Data, by_layer: None };
        let cases = [
            (FileChecks { packages: package(3, 0, 0), ..FileChecks::default() }, "pass"),
            (FileChecks { packages: package(3, 1, 0), ..FileChecks::default() }, "unknown"),
            (FileChecks { packages: package(3, 0, 1), ..FileChecks::default() }, "unknown"),
            // The package owns a file, and nothing says what it should be.
            (FileChecks::default(), "unknown"),
            (
                FileChecks {
                    packages: package(1, 0, 0),
                    changed: vec![changed("usr/bin/curl", FileNature::Code, true)],
                    ..FileChecks::default()
                },
                "fail: high changed-package-file",
            ),
            (
                FileChecks {
                    packages: package(1, 0, 0),
                    changed: vec![changed("usr/share/curl/x.txt", FileNature::Data, true)],
                    ..FileChecks::default()
                },
                "fail: low changed-package-data",
            ),
            (
                FileChecks {
                    packages: package(1, 0, 0),
                    changed: vec![changed("etc/curlrc", FileNature::Config, true)],
                    ..FileChecks::default()
                },
                "pass: info changed-package-data",
            ),
            (
                FileChecks { packages: package(1, 0, 0), missing: vec![gone("usr/share/a"), gone("usr/share/b")], ..FileChecks::default() },
                "pass: info missing-package-files",
            ),
        ];
        for (files, wanted) in cases {
            assert_eq!(kit(files.clone()).outcome(&ITEM), wanted, "{files:?}");
        }
    }

    #[test]
    fn a_finding_names_the_package_the_file_and_the_layer() {
        let files =
            FileChecks { packages: package(1, 0, 0), changed: vec![changed("usr/bin/curl", FileNature::Code, true)], missing: vec![] };
        let verdict = kit(files).judge(&ITEM);
        let [finding] = verdict.findings.as_slice() else { panic!("{verdict:?}") };
        assert_eq!(
            finding.message,
            "/usr/bin/curl is not the file that curl 7.88 brought (its MD5 is another): a later layer put another in its place."
        );
        let plimsoll_evidence::Location::Layer { path, .. } = &finding.location else { panic!("{:?}", finding.location) };
        assert_eq!(path, "/usr/bin/curl");
    }

    #[test]
    fn many_changed_files_of_a_package_are_counted() {
        let all = (0..30).map(|n| changed(&format!("usr/lib/{n:02}.so"), FileNature::Code, false)).collect();
        let verdict = kit(FileChecks { packages: package(0, 0, 0), changed: all, missing: vec![] }).judge(&ITEM);
        assert_eq!(verdict.findings.len(), MOST_TOLD);
        assert!(verdict.findings.iter().any(|f| f.message.ends_with("10 more of this package differ.")));
    }
}
