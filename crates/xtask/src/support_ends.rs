//! The table of dates on which support ends, taken from the product pages of endoflife.date.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context as _;

/// The key under which the program knows a product, its page, and whether its extended support is open to everyone without a contract.
const PRODUCTS: &[(&str, &str, &str, bool)] = &[
    ("os", "alpine", "alpine-linux", false),
    ("os", "almalinux", "almalinux", false),
    ("os", "amzn", "amazon-linux", false),
    ("os", "centos", "centos", false),
    ("os", "centos-stream", "centos-stream", false),
    ("os", "debian", "debian", true),
    ("os", "fedora", "fedora", false),
    ("os", "mageia", "mageia", false),
    ("os", "ol", "oracle-linux", false),
    ("os", "opensuse-leap", "opensuse", false),
    ("os", "photon", "vmware-photon", false),
    ("os", "rhel", "rhel", false),
    ("os", "rocky", "rocky-linux", false),
    ("os", "sles", "sles", false),
    ("os", "ubuntu", "ubuntu", false),
    ("env", "DOTNET_VERSION", "dotnet", false),
    ("env", "ELIXIR_VERSION", "elixir", false),
    ("env", "GOLANG_VERSION", "go", false),
    ("env", "HAPROXY_VERSION", "haproxy", false),
    ("env", "JAVA_VERSION", "eclipse-temurin", false),
    ("env", "MARIADB_VERSION", "mariadb", false),
    ("env", "MEMCACHED_VERSION", "memcached", false),
    ("env", "MONGO_VERSION", "mongodb", false),
    ("env", "MYSQL_VERSION", "mysql", false),
    ("env", "NGINX_VERSION", "nginx", false),
    ("env", "NODE_VERSION", "nodejs", false),
    ("env", "OTP_VERSION", "erlang", false),
    ("env", "PG_VERSION", "postgresql", false),
    ("env", "PERL_VERSION", "perl", false),
    ("env", "PHP_VERSION", "php", false),
    ("env", "PYTHON_VERSION", "python", false),
    ("env", "RABBITMQ_VERSION", "rabbitmq", false),
    ("env", "REDIS_VERSION", "redis", false),
    ("env", "RUBY_VERSION", "ruby", false),
    ("env", "TOMCAT_VERSION", "tomcat", false),
    ("go", "stdlib", "go", false),
];

/// Writes the table from a folder of product pages, as they were on `date`.
pub(crate) fn write(root: &Path, pages: &Path, date: &str) -> anyhow::Result<()> {
    let mut table = format!(
        "# When security fixes end. Source: the product pages of endoflife.date (MIT licence, copyright 2020 the endoflife.date contributors),\n\
         # as of {date}. Written by `cargo xtask support-ends`. Columns: kind, key, product, release, last day; `-` for one that is over without a date.\n"
    );
    for (kind, key, product, extended) in PRODUCTS {
        let page = pages.join(format!("{product}.md"));
        let text = fs::read_to_string(&page).with_context(|| format!("{} cannot be read", page.display()))?;
        let title = text.lines().find_map(|line| line.strip_prefix("title: ")).unwrap_or(product).trim_matches('"');
        for (cycle, end) in releases(&text, *extended) {
            writeln!(table, "{kind}\t{key}\t{title}\t{cycle}\t{end}")?;
        }
    }
    let to = root.join("crates/checklist/data/support-ends.tsv");
    fs::write(&to, table).with_context(|| format!("{} cannot be written", to.display()))
}

/// The releases of a page whose support ends, or has ended.
fn releases(page: &str, extended: bool) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let (mut cycle, mut end) = (None::<String>, String::new());
    let mut keep = |cycle: Option<String>, end: &str| {
        if let Some(cycle) = cycle.filter(|_| !end.is_empty() && end != "false") {
            found.push((cycle, if end == "true" { "-".to_owned() } else { end.to_owned() }));
        }
    };
    for line in page.lines().skip_while(|line| *line != "releases:") {
        let value = |name: &str| line.trim_start().strip_prefix(name).map(|v| v.split(" #").next().unwrap_or(v).trim().trim_matches('"'));
        if let Some(name) = line.strip_prefix("  - releaseCycle:") {
            keep(cycle.take(), &end);
            cycle = Some(name.split(" #").next().unwrap_or(name).trim().trim_matches('"').to_owned());
            end.clear();
        } else if let Some(date) = value("eol:").filter(|_| end.is_empty()) {
            date.clone_into(&mut end);
        } else if let Some(date) = value("eoes:").filter(|date| extended && date.starts_with("20")) {
            date.clone_into(&mut end);
        }
    }
    keep(cycle, &end);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_of_a_page() {
        let page = "title: X\nreleases:\n  - releaseCycle: \"2\"\n    eol: false\n  - releaseCycle: \"1\"\n    eol:  2020-01-02 # about\n    eoes: 2021-01-02\n  - releaseCycle: \"0\" # old\n    eol: true\n";
        let pairs = |extended| releases(page, extended).into_iter().map(|(a, b)| format!("{a} {b}")).collect::<Vec<_>>();
        assert_eq!(pairs(false), ["1 2020-01-02", "0 -"]);
        assert_eq!(pairs(true), ["1 2021-01-02", "0 -"]);
    }
}
