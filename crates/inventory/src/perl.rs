//! Distributions of CPAN: what cpanm keeps of each that it installed (`.meta/NAME-VERSION/install.json`), and `perllocal.pod`, to which
//! each `make install` of one adds a section (`ExtUtils::Install`, "perllocal.pod"). The files of each stand in
//! `auto/JSON/XS/.packlist` (`ExtUtils::Packlist`), which names no version; its licence in its META files.

pub(crate) mod meta;

use plimsoll_evidence::{Ecosystem, FileEntry, LayerFacts, Package, PackageDatabase, Problem, ProblemKind};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};
use serde::Deserialize;

use crate::bytes::{database, held, package, short, single, unread};

const MOST: usize = 16 << 20;

/// Finds distributions of CPAN.
pub struct Perl;

impl Analyser for Perl {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "perl", version: 3 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        if meta::is_one(entry.name()) && entry.size <= MOST as u64 {
            return Interest::Whole;
        }
        let of_cpanm = entry.name() == "install.json" && entry.parent().rsplit('/').nth(1) == Some(".meta");
        if of_cpanm || entry.name() == "perllocal.pod" || packlist(&entry.path).is_some() { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let bytes = held(entry, content, MOST)?;
        if meta::is_one(entry.name()) {
            facts.databases.extend(meta::told(&entry.path, bytes).map(|package| single(&entry.path, package)));
            return Ok(());
        }
        if let Some(name) = packlist(&entry.path) {
            let text = String::from_utf8_lossy(bytes);
            // A path, and what it is where it is no plain file: `/usr/local/bin/x type=link from=/…`.
            let file = |line: &str| Some(line.strip_prefix('/')?.split(" type=").next()?.trim_end().to_owned());
            let files: Vec<String> = text.lines().filter_map(file).collect();
            let owned = files.iter().map(|f| (0, f.as_str())).collect();
            let keeper = package(Ecosystem::Cpan, &name, "", &entry.path);
            facts.databases.push(PackageDatabase { owned, ..single(&entry.path, keeper) });
            return Ok(());
        }
        if entry.name() == "perllocal.pod" {
            let text = String::from_utf8_lossy(bytes);
            let packages = sections(&text).map(|(name, version)| package(Ecosystem::Cpan, &name, version, &entry.path)).collect();
            facts.databases.push(database(&entry.path, packages));
            return Ok(());
        }
        let record: Record = serde_json::from_slice(bytes)
            .map_err(|error| unread(entry, ProblemKind::Malformed, &format!("it is no record of cpanm ({error})")))?;
        let name = record.dist.strip_suffix(&record.version).and_then(|n| n.strip_suffix(['-', 'v'])).unwrap_or(&record.dist);
        let name = name.strip_suffix('-').unwrap_or(name);
        // `M/MI/MIYAGAWA/Plack-1.0050.tar.gz`
        let author =
            record.pathname.split('/').nth(2).filter(|a| a.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-'));
        facts.databases.push(single(
            &entry.path,
            Package { supplier: author.map(short), ..package(Ecosystem::Cpan, name, &record.version, &entry.path) },
        ));
        Ok(())
    }
}

/// `JSON-XS` of `…/auto/JSON/XS/.packlist`. perl's own (`5.36.0/.packlist`) lies below no module.
fn packlist(path: &str) -> Option<String> {
    let module = path.strip_suffix("/.packlist")?.rsplit_once("/auto/")?.1;
    Some(module.replace('/', "-"))
}

#[derive(Deserialize)]
struct Record {
    dist: String,
    version: String,
    #[serde(default)]
    pathname: String,
}

/// `=head2 …: C<Module> L<JSON::XS|JSON::XS>` and below it `C<VERSION: 4.03>`. A distribution has its main module's name with dashes.
fn sections(text: &str) -> impl Iterator<Item = (String, &str)> {
    let mut name = None;
    text.lines().filter_map(move |line| {
        if line.starts_with("=head2 ") {
            name = line.split_once("L<").and_then(|(_, l)| l.split(['|', '>']).next()).map(|n| n.replace("::", "-"));
            return None;
        }
        let version = line.trim().strip_prefix("C<VERSION: ")?.strip_suffix('>')?;
        Some((name.take()?, version))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{look_in_memory, packages};

    #[test]
    fn records_of_cpanm_and_of_make_install() {
        let path = "usr/local/lib/perl5/site_perl/5.38.2/x86_64-linux-gnu/.meta/Plack-1.0050/install.json";
        let record = br#"{"name": "Plack", "version": "1.0050", "dist": "Plack-1.0050", "pathname": "M/MI/MIYAGAWA/Plack-1.0050.tar.gz", "provides": {}}"#;
        let (facts, _) = look_in_memory(&Perl, path, record);
        assert_eq!(packages(&facts), [("Plack", "1.0050", path)]);
        assert_eq!(facts.databases[0].packages[0].supplier.as_deref(), Some("MIYAGAWA"));
        let pod = b"=head2 Sat Jan  6 10:00:00 2024: C<Module> L<JSON::XS|JSON::XS>\n\n=over 4\n\n=item *\n\nC<installed into: /usr/local/share/perl/5.36.0>\n\n=item *\n\nC<VERSION: 4.03>\n\n=back\n";
        let path = "usr/local/lib/x86_64-linux-gnu/perl/5.36.0/perllocal.pod";
        assert_eq!(packages(&look_in_memory(&Perl, path, pod).0), [("JSON-XS", "4.03", path)]);
        let list = b"/usr/local/lib/perl/JSON/XS.pm\n/usr/local/bin/json_xs type=file\nrelative\n";
        let (facts, _) = look_in_memory(&Perl, "usr/local/lib/x86_64-linux-gnu/perl/5.36.0/auto/JSON/XS/.packlist", list);
        assert_eq!(facts.databases[0].packages[0].name, "JSON-XS");
        let owned: Vec<&str> = facts.databases[0].owned.iter().map(|(_, path)| path).collect();
        assert_eq!(owned, ["usr/local/lib/perl/JSON/XS.pm", "usr/local/bin/json_xs"]);
        assert!(look_in_memory(&Perl, "app/install.json", record).0.databases.is_empty());
        assert!(look_in_memory(&Perl, "x/.meta/a/install.json", b"[]").1.is_some());
    }
}
