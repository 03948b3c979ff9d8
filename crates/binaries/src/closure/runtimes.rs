//! Language runtimes: what a reached interpreter may load.

/// Where a runtime keeps what its programs load.
pub(super) struct Runtime {
    /// Its name, for people.
    pub(super) name: &'static str,
    /// Directories, as prefixes of paths without leading slash: all below is loaded on demand.
    pub(super) directories: &'static [&'static str],
    /// Environment variables that name further directories.
    pub(super) variables: &'static [&'static str],
    /// Directory beside or above a program that holds its modules.
    pub(super) beside: Option<&'static str>,
}

const RUNTIMES: &[(&[&str], Runtime)] = &[
    (
        &["python", "pypy"],
        Runtime {
            name: "Python",
            directories: &["usr/lib/python", "usr/local/lib/python", "usr/lib64/python", "opt/venv/lib/python"],
            variables: &["PYTHONPATH", "VIRTUAL_ENV"],
            beside: None,
        },
    ),
    (
        &["node", "nodejs"],
        Runtime {
            name: "Node.js",
            directories: &["usr/share/nodejs", "usr/lib/nodejs"],
            variables: &["NODE_PATH"],
            beside: Some("node_modules"),
        },
    ),
    (
        &["ruby"],
        Runtime {
            name: "Ruby",
            directories: &["usr/lib/ruby", "usr/local/lib/ruby", "usr/local/bundle", "var/lib/gems", "usr/share/rubygems"],
            variables: &["GEM_HOME", "RUBYLIB"],
            beside: Some("vendor/bundle"),
        },
    ),
    (
        &["perl"],
        Runtime {
            name: "Perl",
            directories: &[
                "usr/share/perl",
                "usr/lib/x86_64-linux-gnu/perl",
                "usr/lib/aarch64-linux-gnu/perl",
                "usr/local/share/perl",
                "usr/local/lib/perl5",
                "usr/lib/perl5",
            ],
            variables: &["PERL5LIB"],
            beside: None,
        },
    ),
    (
        &["php", "php-fpm"],
        Runtime {
            name: "PHP",
            directories: &["usr/lib/php", "usr/local/lib/php", "usr/share/php"],
            variables: &[],
            beside: Some("vendor"),
        },
    ),
    (&["java"], Runtime { name: "Java", directories: &[], variables: &["CLASSPATH"], beside: None }),
    (&["dotnet"], Runtime { name: ".NET", directories: &["usr/share/dotnet", "usr/lib/dotnet"], variables: &[], beside: None }),
    (
        &["lua", "luajit"],
        Runtime {
            name: "Lua",
            directories: &["usr/share/lua", "usr/lib/x86_64-linux-gnu/lua", "usr/local/share/lua"],
            variables: &["LUA_PATH"],
            beside: None,
        },
    ),
];

/// The runtime that a program of this name is: `python3.11`, `node`, `php-fpm8.2` …
pub(super) fn of_program(name: &str) -> Option<&'static Runtime> {
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    RUNTIMES.iter().find(|(names, _)| names.contains(&bare)).map(|(_, runtime)| runtime)
}

/// The home of a Java runtime, from the place of its `java`: everything in it is loaded on demand.
pub(super) fn java_home(path: &str) -> Option<&str> {
    path.strip_suffix("/bin/java").filter(|home| !matches!(*home, "usr" | "usr/local" | ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_by_name() {
        for (name, runtime) in [
            ("python3.11", Some("Python")),
            ("node", Some("Node.js")),
            ("php-fpm8.2", Some("PHP")),
            ("perl5.36.0", Some("Perl")),
            ("nodemon", None),
            ("bash", None),
        ] {
            assert_eq!(of_program(name).map(|r| r.name), runtime, "{name}");
        }
    }
}
