//! Licences that another record than the package's own tells: Debian's copyright files, CPAN's META files, and of `NuGet`'s packages the description
//! that lies beside their files, which the list of an application's packages does not repeat.

use foldhash::{HashMap, HashMapExt};
use plimsoll_evidence::{Ecosystem, FileTree, Package};

use crate::assemble::Visible;
use crate::nuget::nuspec::normal;
use crate::perl::meta;

/// Whether a record tells of a package's licence, and not that it is installed.
pub(crate) fn only_tells(package: &Package) -> bool {
    let file = package.recorded_in.rsplit('/').next().unwrap_or_default();
    package.ecosystem == Ecosystem::Cpan && meta::is_one(file)
}

/// Fills in what the packages' own records do not say.
pub(crate) fn fill(tree: &FileTree, visible: &[Visible<'_>], packages: &mut [Package]) {
    debian(tree, visible, packages);
    perl(visible, packages);
    share(packages);
}

fn debian(tree: &FileTree, visible: &[Visible<'_>], packages: &mut [Package]) {
    let copyrights: HashMap<&str, &[String]> = visible
        .iter()
        .filter(|(_, d)| crate::copyright::package_of(&d.path).is_some())
        .filter_map(|(_, d)| Some((d.path.as_str(), d.packages.first()?.licences.as_slice())))
        .collect();
    for package in packages.iter_mut().filter(|p| p.ecosystem == Ecosystem::Dpkg && p.licences.is_empty()) {
        let path = format!("usr/share/doc/{}/copyright", package.name);
        // The directory is often a link to another package's of the same source, and so may the file be.
        let licences = copyrights.get(path.as_str()).or_else(|| copyrights.get(tree.file(tree.resolve(&path)?).path.as_str()));
        package.licences = licences.map(|l| l.to_vec()).unwrap_or_default();
    }
}

/// Of the same name and version: what lies about of another version says nothing of this one.
fn perl(visible: &[Visible<'_>], packages: &mut [Package]) {
    let told: HashMap<(&str, &str), &[String]> = visible
        .iter()
        .flat_map(|(_, d)| &d.packages)
        .filter(|p| only_tells(p))
        .map(|p| ((p.name.as_str(), p.version.trim_start_matches('v')), p.licences.as_slice()))
        .collect();
    for package in packages.iter_mut().filter(|p| p.ecosystem == Ecosystem::Cpan && p.licences.is_empty()) {
        let licences = told.get(&(package.name.as_str(), package.version.trim_start_matches('v')));
        package.licences = licences.map(|l| l.to_vec()).unwrap_or_default();
    }
}

/// Gives packages of `NuGet` the licence that the same version of the same package has elsewhere.
pub fn share(packages: &mut [Package]) {
    let key = |p: &Package| (p.name.to_ascii_lowercase(), normal(&p.version));
    let mut told: HashMap<(String, String), Vec<String>> = HashMap::new();
    for package in packages.iter().filter(|p| p.ecosystem == Ecosystem::NuGet && !p.licences.is_empty()) {
        told.entry(key(package)).or_insert_with(|| package.licences.clone());
    }
    if told.is_empty() {
        return;
    }
    for package in packages.iter_mut().filter(|p| p.ecosystem == Ecosystem::NuGet && p.licences.is_empty()) {
        package.licences = told.get(&key(package)).cloned().unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::LayerFacts;
    use plimsoll_layers::{Analyser, Content, Interest, stack};

    use crate::assemble::assemble;
    use crate::testkit::entry;
    use crate::{NuGet, Perl};

    fn licences_of(analyser: &dyn Analyser, files: &[(&str, &str)]) -> Vec<(String, String, String)> {
        let mut facts = LayerFacts::default();
        for (path, text) in files {
            let entry = entry(path, text.len());
            assert_ne!(analyser.wants(&entry, b""), Interest::Nothing, "{path}");
            analyser.analyse(&entry, Content::Whole(text.as_bytes()), &mut facts).unwrap();
            facts.files.push(entry);
        }
        let tree = stack(&mut [Some(&mut facts)]).tree;
        let found = assemble(&tree, &[Some(&facts)], None).packages;
        found.into_iter().map(|p| (p.name, p.version, p.licences.join(" + "))).collect()
    }

    #[test]
    fn of_cpan_by_name_and_version() {
        let kept = "usr/local/lib/perl5/site_perl/5.38.2/x86_64-linux-gnu/.meta/Plack-1.0050";
        let found = licences_of(
            &Perl,
            &[
                (&format!("{kept}/install.json"), r#"{"name": "Plack", "version": "1.0050", "dist": "Plack-1.0050"}"#),
                (&format!("{kept}/MYMETA.json"), r#"{"name": "Plack", "version": "1.0050", "license": ["perl_5"]}"#),
                ("usr/lib/perl/perllocal.pod", "=head2 x: C<Module> L<Try::Tiny|Try::Tiny>\nC<VERSION: 0.31>\n"),
                ("root/.cpan/build/Try-Tiny-0.30-0/META.yml", "name: Try-Tiny\nversion: 0.30\nlicense: mit\n"),
                ("app/META.json", r#"{"name": "My-App", "version": "1", "license": ["mit"]}"#),
            ],
        );
        let wanted = [("Plack", "1.0050", "Artistic-1.0-Perl OR GPL-1.0-or-later"), ("Try-Tiny", "0.31", "")];
        assert_eq!(found, wanted.map(|(n, v, l)| (n.to_owned(), v.to_owned(), l.to_owned())));
    }

    #[test]
    fn of_nuget_by_the_description_beside_the_files() {
        let nuspec = "<package><metadata><id>Serilog</id><version>3.1.0</version><license type=\"expression\">Apache-2.0</license></metadata></package>";
        let found = licences_of(
            &NuGet,
            &[
                ("app/App.deps.json", r#"{"libraries": {"serilog/3.1": {"type": "package"}, "Serilog/3.2.0": {"type": "package"}}}"#),
                ("root/.nuget/packages/serilog/3.1.0/serilog.nuspec", nuspec),
            ],
        );
        let licences: Vec<(&str, &str)> = found.iter().map(|(_, v, l)| (v.as_str(), l.as_str())).collect();
        assert_eq!(licences, [("3.1.0", "Apache-2.0"), ("3.2.0", ""), ("3.1", "Apache-2.0")]);
    }
}
