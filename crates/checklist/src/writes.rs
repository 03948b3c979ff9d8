//! Where the software in the image writes, as far as its configuration, scripts and strings say.

use std::collections::BTreeMap;

use plimsoll_evidence::{CapturedText, ElfKind, FileEntry, ImageFacts, Language, Link};

use crate::running::{Place, commands, reached_names, runs};

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purpose {
    /// Data that only the running process needs: `/tmp`, request bodies, caches.
    Temporary,
    /// Process ids, sockets, locks.
    Runtime,
    /// Logs.
    Log,
    /// Data to keep.
    State,
    /// Anything else: configuration made at start, a home directory.
    Other,
}

impl Purpose {
    /// In words, as what is written.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Temporary => "temporary data",
            Self::Runtime => "sockets, locks or process ids",
            Self::Log => "logs",
            Self::State => "data",
            Self::Other => "files",
        }
    }

    /// Of a path, by the directories that hold such things (Filesystem Hierarchy Standard 3.0).
    pub(crate) fn of(path: &str) -> Self {
        let path = path.trim_start_matches('/');
        let under = |directory: &str| path == directory || path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'));
        if ["tmp", "var/tmp", "var/cache", "dev/shm"].iter().any(|d| under(d)) {
            Self::Temporary
        } else if under("var/log") || path.ends_with(".log") {
            Self::Log
        } else if ["run", "var/run", "var/lock", "run/lock"].iter().any(|d| under(d)) || path.ends_with(".pid") || path.ends_with(".sock") {
            Self::Runtime
        } else if ["var/lib", "var/spool", "srv", "data"].iter().any(|d| under(d)) {
            Self::State
        } else {
            Self::Other
        }
    }
}

/// A path that something writes.
#[derive(Debug, Clone)]
pub(crate) struct Write<'a> {
    /// The path, absolute.
    pub(crate) path: String,
    pub(crate) purpose: Purpose,
    /// Who writes: `nginx`, or a file.
    pub(crate) by: String,
    pub(crate) place: Source<'a>,
    /// Whether it is set so; else the path is a string of a program, which may or may not use it.
    pub(crate) certain: bool,
}

/// Where it is said.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source<'a> {
    Config(&'static str),
    Env(&'a str),
    File(&'a FileEntry, Option<u32>),
}

/// A server that is known to write: its programs, where its configuration lies, and what it writes unless told otherwise.
struct Server {
    name: &'static str,
    programs: &'static [&'static str],
    configs: &'static [&'static str],
    /// Whether it reads a configuration only where the command names one.
    only_named: bool,
    directives: &'static [(&'static str, Purpose)],
    defaults: &'static [(&'static str, Purpose)],
}

impl Server {
    /// The configurations that it reads.
    fn texts<'a>(&'static self, image: &'a ImageFacts) -> impl Iterator<Item = &'a CapturedText> {
        let is_read = move |path: &str| !self.only_named || image.tree.find(path).is_some_and(|id| image.closure.reaches(id));
        image.texts.iter().filter(move |t| self.configs.iter().any(|c| t.path.starts_with(c)) && is_read(&t.path))
    }
}

use Purpose::{Log, Runtime, State, Temporary};

/// From each server's own documentation of its configuration.
const SERVERS: &[Server] = &[
    Server {
        name: "nginx",
        programs: &["nginx", "openresty", "nginx-debug"],
        configs: &["etc/nginx/", "usr/local/nginx/conf/", "usr/local/openresty/nginx/conf/"],
        only_named: false,
        directives: &[
            ("pid", Runtime),
            ("lock_file", Runtime),
            ("error_log", Log),
            ("access_log", Log),
            ("client_body_temp_path", Temporary),
            ("proxy_temp_path", Temporary),
            ("fastcgi_temp_path", Temporary),
            ("uwsgi_temp_path", Temporary),
            ("scgi_temp_path", Temporary),
            ("proxy_cache_path", Temporary),
            ("fastcgi_cache_path", Temporary),
        ],
        defaults: &[("/var/log/nginx/error.log", Log), ("/var/log/nginx/access.log", Log), ("/run/nginx.pid", Runtime)],
    },
    Server {
        name: "Apache httpd",
        programs: &["apache2", "httpd", "apache2ctl", "httpd-foreground", "apache2-foreground"],
        configs: &["etc/apache2/", "etc/httpd/", "usr/local/apache2/conf/"],
        only_named: false,
        directives: &[
            ("ErrorLog", Log),
            ("CustomLog", Log),
            ("TransferLog", Log),
            ("PidFile", Runtime),
            ("ScoreBoardFile", Runtime),
            ("ForensicLog", Log),
        ],
        defaults: &[],
    },
    Server {
        name: "Redis",
        programs: &["redis-server", "valkey-server", "redis-check-rdb", "redis-check-aof"],
        configs: &["etc/redis/", "etc/redis.conf", "etc/valkey/", "usr/local/etc/redis/"],
        only_named: true,
        directives: &[("dir", State), ("logfile", Log), ("pidfile", Runtime), ("unixsocket", Runtime)],
        defaults: &[],
    },
    Server {
        name: "PostgreSQL",
        programs: &["postgres", "pg_ctl", "pg_ctlcluster", "postmaster"],
        configs: &["etc/postgresql/"],
        only_named: true,
        directives: &[
            ("data_directory", State),
            ("unix_socket_directories", Runtime),
            ("external_pid_file", Runtime),
            ("log_directory", Log),
            ("stats_temp_directory", Temporary),
        ],
        defaults: &[("/var/run/postgresql", Runtime)],
    },
    Server {
        name: "MySQL or MariaDB",
        programs: &["mysqld", "mariadbd", "mysqld_safe"],
        configs: &["etc/mysql/", "etc/my.cnf", "etc/my.cnf.d/"],
        only_named: false,
        directives: &[
            ("datadir", State),
            ("socket", Runtime),
            ("pid-file", Runtime),
            ("pid_file", Runtime),
            ("log_error", Log),
            ("log-error", Log),
            ("general_log_file", Log),
            ("slow_query_log_file", Log),
            ("tmpdir", Temporary),
        ],
        defaults: &[("/var/lib/mysql", State)],
    },
    Server {
        name: "PHP-FPM",
        programs: &["php-fpm", "php-fpm7.4", "php-fpm8.0", "php-fpm8.1", "php-fpm8.2", "php-fpm8.3", "php-fpm8.4"],
        configs: &["etc/php/", "usr/local/etc/php-fpm", "etc/php-fpm", "etc/php"],
        only_named: false,
        directives: &[
            ("error_log", Log),
            ("access.log", Log),
            ("slowlog", Log),
            ("pid", Runtime),
            ("session.save_path", Temporary),
            ("upload_tmp_dir", Temporary),
        ],
        defaults: &[],
    },
    Server {
        name: "supervisord",
        programs: &["supervisord"],
        configs: &["etc/supervisor/", "etc/supervisord.conf", "etc/supervisord.d/", "etc/supervisor.d/"],
        only_named: false,
        directives: &[
            ("logfile", Log),
            ("pidfile", Runtime),
            ("childlogdir", Log),
            ("stdout_logfile", Log),
            ("stderr_logfile", Log),
            ("file", Runtime),
        ],
        defaults: &[],
    },
    Server {
        name: "HAProxy",
        programs: &["haproxy"],
        configs: &["etc/haproxy/", "usr/local/etc/haproxy/"],
        only_named: true,
        directives: &[("pidfile", Runtime)],
        defaults: &[],
    },
    Server {
        name: "Tomcat",
        programs: &["catalina.sh"],
        configs: &["usr/local/tomcat/conf/", "opt/tomcat/conf/", "etc/tomcat"],
        only_named: false,
        directives: &[
            ("1catalina.org.apache.juli.AsyncFileHandler.directory", Log),
            ("2localhost.org.apache.juli.AsyncFileHandler.directory", Log),
        ],
        defaults: &[("/usr/local/tomcat/logs", Log), ("/usr/local/tomcat/temp", Temporary), ("/usr/local/tomcat/work", Temporary)],
    },
];

/// Names of the known servers that the entrypoint reaches.
pub(crate) fn servers(image: &ImageFacts) -> Vec<&'static str> {
    known(image).map(|s| s.name).collect()
}

fn known(image: &ImageFacts) -> impl Iterator<Item = &'static Server> {
    let names = reached_names(image);
    let start = crate::running::start(image);
    SERVERS.iter().filter(move |server| {
        let started = || start.commands.iter().any(|c| c.program().is_some_and(|p| server.programs.contains(&p)));
        names.iter().any(|n| server.programs.contains(n)) || started()
    })
}

/// The configuration texts of the reached servers, with the server's name.
pub(crate) fn server_texts(image: &ImageFacts) -> Vec<(&'static str, &FileEntry, &str)> {
    let mut found = Vec::new();
    for server in known(image) {
        for text in server.texts(image) {
            if let Some(id) = image.tree.find(&text.path) {
                found.push((server.name, image.tree.file(id), text.text.as_str()));
            }
        }
    }
    found
}

/// Everything that is written, each path once, the surest sign first.
pub(crate) fn writes(image: &ImageFacts) -> Vec<Write<'_>> {
    let mut all = Vec::new();
    configured(image, &mut all);
    environment(image, &mut all);
    scripts(image, &mut all);
    strings(image, &mut all);
    let mut once: BTreeMap<String, Write<'_>> = BTreeMap::new();
    for write in all {
        once.entry(write.path.clone())
            .and_modify(|old| {
                if write.certain && !old.certain {
                    *old = write.clone();
                }
            })
            .or_insert(write);
    }
    once.into_values().collect()
}

fn configured<'a>(image: &'a ImageFacts, into: &mut Vec<Write<'a>>) {
    for server in known(image) {
        let mut set: Vec<&str> = Vec::new();
        for text in server.texts(image) {
            let Some(file) = image.tree.find(&text.path).map(|id| image.tree.file(id)) else { continue };
            for (at, line) in text.text.lines().enumerate() {
                let Some((name, value)) = directive(line) else { continue };
                let Some((directive, purpose)) = server.directives.iter().find(|(d, _)| d.eq_ignore_ascii_case(name)) else { continue };
                set.push(directive);
                if let Some(path) = absolute(image, value) {
                    into.push(Write {
                        path,
                        purpose: *purpose,
                        by: server.name.to_owned(),
                        place: Source::File(file, Some(at as u32 + 1)),
                        certain: true,
                    });
                }
            }
        }
        for (path, purpose) in server.defaults {
            // A default counts where no line of the configuration says another thing of the kind.
            let said = server.directives.iter().any(|(d, p)| {
                p == purpose && set.contains(d) && (purpose != &Log || path.contains(d.split('_').next().unwrap_or_default()))
            });
            if !said {
                into.push(Write {
                    path: (*path).to_owned(),
                    purpose: *purpose,
                    by: server.name.to_owned(),
                    place: Source::Config("Entrypoint"),
                    certain: true,
                });
            }
        }
    }
}

/// `name value`, `name = value`, `name: value`; none for comments.
fn directive(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with(['#', ';', '[', '/']) {
        return None;
    }
    let end = line.find(|c: char| c.is_whitespace() || c == '=')?;
    let (name, rest) = line.split_at(end);
    let value = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '=').trim();
    let value = value.split([';', '#']).next().unwrap_or_default().split_whitespace().next().unwrap_or_default();
    Some((name, value.trim_matches(['"', '\''])))
}

/// The path that a value names: absolute, with what is known of the environment put in.
fn absolute(image: &ImageFacts, value: &str) -> Option<String> {
    let mut value = value.trim_matches(['"', '\'', ',']).to_owned();
    // Debian's Apache writes ${APACHE_LOG_DIR}; its defaults are those of envvars.
    for (name, default) in [
        ("APACHE_LOG_DIR", "/var/log/apache2"),
        ("APACHE_RUN_DIR", "/var/run/apache2"),
        ("APACHE_PID_FILE", "/var/run/apache2/apache2.pid"),
        ("APACHE_LOCK_DIR", "/var/lock/apache2"),
    ] {
        value = value.replace(&format!("${{{name}}}"), image.config.env(name).unwrap_or(default));
    }
    (value.starts_with('/') && value.len() > 1 && !value.contains('$')).then_some(value)
}

fn environment<'a>(image: &'a ImageFacts, into: &mut Vec<Write<'a>>) {
    for (name, value) in &image.config.env {
        let upper = name.to_ascii_uppercase();
        let purpose = match upper.as_str() {
            "TMPDIR" | "TMP" | "TEMP" | "XDG_CACHE_HOME" => Temporary,
            "XDG_RUNTIME_DIR" => Runtime,
            "PGDATA" | "DATADIR" | "DATA_DIR" => State,
            _ if upper.ends_with("LOG_DIR") || upper.ends_with("LOG_FILE") || upper.ends_with("LOG_PATH") || upper.ends_with("LOGFILE") => {
                Log
            }
            _ if upper.ends_with("PID_FILE") || upper.ends_with("PIDFILE") => Runtime,
            _ if upper.ends_with("_CACHE_DIR") => Temporary,
            _ => continue,
        };
        if value.starts_with('/') && value.len() > 1 {
            into.push(Write {
                path: value.clone(),
                purpose,
                by: format!("whatever reads {name}"),
                place: Source::Env(name),
                certain: true,
            });
        }
    }
}

fn scripts<'a>(image: &'a ImageFacts, into: &mut Vec<Write<'a>>) {
    let runs = runs(image);
    for (run, command) in commands(&runs) {
        let mut paths: Vec<&str> = command.redirects.iter().filter(|r| r.writes).filter_map(|r| r.target.likely()).collect();
        let words: Vec<&str> =
            command.arguments().iter().filter_map(plimsoll_shell::Word::likely).filter(|w| !w.starts_with('-')).collect();
        match command.program() {
            Some("mkdir" | "touch" | "tee" | "mkfifo" | "truncate" | "chown" | "chmod" | "chgrp") => paths.extend(&words),
            Some("cp" | "mv" | "ln" | "install" | "rsync") if words.len() > 1 => paths.extend(words.last()),
            Some("sed") if command.arguments().iter().any(|w| w.text.starts_with("-i")) => paths.extend(words.last()),
            Some("mktemp") => paths.push("/tmp"),
            _ => {}
        }
        // Options of the started program: --pid-file=/x, --log-file /x.
        for (at, word) in command.words.iter().enumerate() {
            let (name, inline) = word.text.split_once('=').map_or((word.text.as_str(), None), |(n, v)| (n, Some(v)));
            let is_output = name.starts_with("--")
                && ["pid", "logfile", "log-file", "log_file", "access-log", "error-log", "tmpdir", "temp-dir", "worker-tmp-dir"]
                    .iter()
                    .any(|part| name.contains(part));
            if is_output {
                paths.extend(inline.or_else(|| command.words.get(at + 1)?.known()));
            }
        }
        for path in paths.into_iter().filter(|p| p.starts_with('/') && p.len() > 1) {
            let (place, by) = match run.place {
                Place::Config(field) => (Source::Config(field), "the start command".to_owned()),
                Place::File(file) => (Source::File(file, Some(command.line)), file.absolute()),
            };
            into.push(Write { path: path.to_owned(), purpose: Purpose::of(path), by, place, certain: true });
        }
    }
}

/// The directory of a path among the strings of a Go program. They have no ends: what stands behind a path is the next string, so its
/// last part cannot be told. Places of source files are what a stack trace names.
fn directory_in_go(path: &str) -> Option<&str> {
    if [".go", ".s", ".c", ".h"].iter().any(|end| path.ends_with(end)) {
        return None;
    }
    match path.rsplit_once('/') {
        Some(("", _)) if path.starts_with("/tmp") => Some("/tmp"),
        Some(("", _)) | None => None,
        Some((directory, _)) => Some(directory),
    }
}

/// Whether a program names a path without writing it: the example in the text of Python's zipimport, and the two places for profiles that
/// the C library brings into every static program, side by side.
fn named_in_passing(path: &str, all: &[String]) -> bool {
    path.starts_with("/tmp/myimport.zip") || (matches!(path, "/var/tmp" | "/var/profile") && all.iter().any(|p| p == "/var/profile"))
}

/// Paths among the strings of the programs that are started (not of libraries: libc alone names a dozen that nothing uses).
fn strings<'a>(image: &'a ImageFacts, into: &mut Vec<Write<'a>>) {
    for reached in
        image.closure.reached.iter().filter(|r| matches!(r.how, Link::Entrypoint | Link::Argument | Link::Command | Link::Symlink))
    {
        let Some(file) = image.tree.files.get(reached.file as usize) else { continue };
        let Some(elf) = image.elf(&file.path).filter(|e| e.kind == ElfKind::Executable) else { continue };
        let is_go = elf.languages.contains(&Language::Go);
        // Rust's runtimes and libraries carry paths of every system; those of a shell or a tool are its defaults.
        for path in elf.paths.iter().filter(|p| !p.contains('%') && p.len() < 200 && !named_in_passing(p, &elf.paths)) {
            let path = if is_go { directory_in_go(path) } else { Some(path.as_str()) };
            let Some(path) = path else { continue };
            into.push(Write {
                path: path.to_owned(),
                purpose: Purpose::of(path),
                by: file.absolute(),
                place: Source::File(file, None),
                certain: false,
            });
        }
    }
}

/// Whether a path lies on a volume of the config, or where every runtime mounts something writable or the kernel's own.
pub(crate) fn on_volume(image: &ImageFacts, path: &str) -> bool {
    let path = path.trim_matches('/');
    let under = |directory: &str| {
        let directory = directory.trim_matches('/');
        !directory.is_empty() && (path == directory || path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/')))
    };
    ["dev", "proc", "sys"].iter().any(|d| under(d)) || image.config.volumes.iter().any(|v| under(v)) || to_descriptor(image, path)
}

/// Whether a path is a link to standard output or error, as images make of log files.
pub(crate) fn to_descriptor(image: &ImageFacts, path: &str) -> bool {
    let path = path.trim_matches('/');
    let link = image.tree.find(path).and_then(|id| image.tree.file(id).link.as_deref());
    let is_descriptor = |target: &str| {
        matches!(target, "/dev/stdout" | "/dev/stderr" | "/dev/null")
            || target.starts_with("/proc/self/fd/")
            || target.starts_with("/proc/1/fd/")
            || target.starts_with("/dev/fd/")
    };
    is_descriptor(&format!("/{path}")) || link.is_some_and(is_descriptor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{Kit, elf};

    #[test]
    fn writes_are_found() {
        let mut program = elf("usr/sbin/nginx");
        program.paths = vec!["/var/lib/nginx/body".to_owned()];
        let image = Kit::new()
            .entrypoint(&["/e.sh"])
            .env("TMPDIR", "/scratch")
            .script("e.sh", "#!/bin/sh\nmkdir -p /var/cache/x\necho a > /etc/y\nexec nginx\n")
            .reach("e.sh", Link::Entrypoint)
            .elf(program)
            .reach("usr/sbin/nginx", Link::Command)
            .text(
                "etc/nginx/nginx.conf",
                "# pid /no;\npid /run/x.pid;\nhttp {\n  access_log /var/log/nginx/a.log combined;\n  error_log stderr;\n}\n",
            )
            .image();
        let found: Vec<_> = writes(&image).into_iter().map(|w| (w.path, w.purpose, w.certain)).collect();
        assert_eq!(
            found,
            [
                ("/etc/y".to_owned(), Purpose::Other, true),
                ("/run/x.pid".to_owned(), Runtime, true),
                ("/scratch".to_owned(), Temporary, true),
                ("/var/cache/x".to_owned(), Temporary, true),
                ("/var/lib/nginx/body".to_owned(), State, false),
                ("/var/log/nginx/a.log".to_owned(), Log, true),
            ]
        );
    }

    #[test]
    fn strings_of_go_run_into_each_other() {
        let mut program = elf("app");
        program.languages = vec![Language::Go];
        program.paths =
            ["/var/lib/dbus/machine-idbinarylogging", "/home/me/src/main.go", "/tmpempty", "/var/nothing"].map(str::to_owned).to_vec();
        let image = Kit::new().entrypoint(&["/app"]).elf(program).reach("app", Link::Entrypoint).image();
        let found: Vec<_> = writes(&image).into_iter().map(|w| w.path).collect();
        assert_eq!(found, ["/tmp", "/var", "/var/lib/dbus"]);
    }
}
