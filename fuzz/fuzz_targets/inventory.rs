//! Package databases, account files, os-release: the first byte chooses the file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_evidence::{FileEntry, FileKind, LayerFacts};
use plimsoll_layers::{Content, Interest, stack};

const PATHS: &[&str] = &[
    "var/lib/dpkg/status",
    "var/lib/dpkg/info/a.list",
    "var/lib/dpkg/status.d/a",
    "var/lib/dpkg/status.d/a.md5sums",
    "lib/apk/db/installed",
    "usr/lib/python3/dist-packages/a.dist-info/METADATA",
    "app/node_modules/a/package.json",
    "app/node_modules/.package-lock.json",
    "etc/passwd",
    "etc/group",
    "etc/os-release",
    "var/lib/rpm/rpmdb.sqlite",
    "usr/lib/sysimage/rpm/Packages.db",
    "var/lib/rpm/Packages",
    "var/lib/rpmmanifest/container-manifest-2",
    "opt/app.jar",
    "opt/program",
    "usr/lib/ruby/gems/3.1.0/specifications/a.gemspec",
    "app/vendor/composer/installed.json",
    "app/a.deps.json",
    "usr/lib/python3/dist-packages/a.dist-info/RECORD",
    "usr/lib/python3/dist-packages/a.egg-info/installed-files.txt",
    "app/package-lock.json",
    "app/yarn.lock",
    "app/pnpm-lock.yaml",
    "app/bun.lock",
    "app/Cargo.lock",
    "app/poetry.lock",
    "app/Pipfile.lock",
    "app/composer.lock",
    "app/packages.lock.json",
    "app/Package.resolved",
    "app/Gemfile.lock",
    "app/pubspec.lock",
    "app/mix.lock",
    "usr/lib/elixir/lib/a/ebin/a.app",
    "var/lib/chisel/manifest.wall",
    "usr/lib/ghc/lib/package.conf.d/a.conf",
    "usr/lib/x86_64-linux-gnu/perl/5.36/perllocal.pod",
    "usr/local/lib/perl5/x/.meta/A-1/install.json",
    "var/www/html/wp-content/plugins/a/a.php",
    "opt/conda/conda-meta/a-1-0.json",
    "var/db/pkg/dev-libs/a-1/CONTENTS",
    "var/lib/pacman/local/a-1-1/desc",
    "var/lib/pacman/local/a-1-1/files",
    "usr/lib/R/library/a/DESCRIPTION",
    "root/.nuget/packages/a/1.0.0/a.nuspec",
    "root/.cpanm/work/1/A-1/META.yml",
    "usr/local/lib/perl5/x/.meta/A-1/MYMETA.json",
];

fuzz_target!(|data: &[u8]| {
    let Some((first, bytes)) = data.split_first() else { return };
    let path = PATHS[usize::from(*first) % PATHS.len()];
    let entry = FileEntry { path: path.into(), kind: FileKind::Regular, mode: 0o644, uid: 0, gid: 0, size: bytes.len() as u64, mtime: 0, link: None, caps: None, layer: 0 };
    let mut facts = LayerFacts::default();
    let code: Box<dyn plimsoll_layers::Analyser> = Box::new(plimsoll_inventory::JavaCode);
    for analyser in plimsoll_inventory::analysers().into_iter().chain([code]) {
        if analyser.wants(&entry, &bytes[..bytes.len().min(512)]) != Interest::Nothing {
            let _ = analyser.analyse(&entry, Content::Whole(bytes), &mut facts);
        }
    }
    facts.files.push(entry);
    let stacked = stack(&mut [Some(&mut facts)]);
    let distribution = plimsoll_inventory::distribution(&stacked.texts);
    let _ = plimsoll_inventory::assemble(&stacked.tree, &[Some(&facts)], distribution.as_ref());
    let _ = plimsoll_inventory::accounts(&stacked.texts);
});
