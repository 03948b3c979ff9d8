//! Small texts that later stages read once the layers are stacked: account databases, server configurations, scripts.

use plimsoll_evidence::{CapturedText, FileEntry, LayerFacts, Problem};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

/// Bytes kept of a configuration file or shell script.
const MOST: usize = 128 << 10;
/// Bytes kept of `/etc/passwd` and `/etc/group`: room for every account that is read.
const MOST_ACCOUNTS: usize = 8 << 20;
/// Bytes looked at for a script's first line.
const MOST_FIRST_LINE: usize = 512;

/// Keeps small texts.
pub struct Texts;

impl Analyser for Texts {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "texts", version: 2 }
    }

    fn wants(&self, entry: &FileEntry, head: &[u8]) -> Interest {
        if keep(entry, head) == Keep::Nothing { Interest::Nothing } else { Interest::Windows }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let bytes = match content {
            Content::Whole(bytes) => bytes,
            // Only the beginning of a large file is kept.
            Content::Window(window) if window.offset == 0 => window.bytes,
            Content::Window(_) | Content::Spooled(_) => return Ok(()),
        };
        let most = match keep(entry, bytes) {
            Keep::Nothing => return Ok(()),
            Keep::FirstLine => bytes.iter().take(MOST_FIRST_LINE).position(|&b| b == b'\n').unwrap_or(MOST_FIRST_LINE),
            Keep::Text if matches!(entry.path.as_str(), "etc/passwd" | "etc/group") => MOST_ACCOUNTS,
            Keep::Text => MOST,
        };
        let kept = &bytes[..bytes.len().min(most)];
        facts.texts.push(CapturedText {
            path: entry.path.clone(),
            text: String::from_utf8_lossy(kept).into_owned(),
            cut: (kept.len() as u64) < entry.size,
        });
        Ok(())
    }
}

#[derive(PartialEq, Eq)]
enum Keep {
    Nothing,
    FirstLine,
    Text,
}

fn keep(entry: &FileEntry, head: &[u8]) -> Keep {
    let path = entry.path.as_str();
    if is_configuration(path) {
        return Keep::Text;
    }
    let Some(interpreter) = head.strip_prefix(b"#!") else { return Keep::Nothing };
    // Package managers run these, no container does.
    if ["var/lib/dpkg/", "usr/share/doc/", "usr/share/debconf/"].iter().any(|d| path.starts_with(d)) {
        return Keep::Nothing;
    }
    let line = interpreter.split(|&b| b == b'\n').next().unwrap_or_default();
    let is_shell = line
        .split(|&b| b == b'/' || b == b' ' || b == b'\t')
        .any(|word| matches!(word.strip_suffix(b"\r").unwrap_or(word), b"sh" | b"bash" | b"dash" | b"ash" | b"ksh" | b"zsh" | b"busybox"));
    if is_shell { Keep::Text } else { Keep::FirstLine }
}

/// Whether a path is a configuration that says who runs, what is loaded, where is written or what is started.
fn is_configuration(path: &str) -> bool {
    const EXACT: &[&str] = &[
        "etc/passwd",
        "etc/group",
        "etc/os-release",
        "usr/lib/os-release",
        "etc/ld.so.conf",
        "etc/crontab",
        "etc/inittab",
        "etc/ld.so.preload",
        crate::verify::DIVERSIONS,
        "Dockerfile",
        "Containerfile",
    ];
    const DIRECTORIES: &[&str] = &[
        "etc/ld.so.conf.d/",
        "etc/nginx/",
        "usr/local/nginx/conf/",
        "usr/local/openresty/nginx/conf/",
        "etc/apache2/",
        "etc/httpd/",
        "usr/local/apache2/conf/",
        "etc/redis/",
        "etc/mysql/",
        "etc/my.cnf.d/",
        "etc/postgresql/",
        "etc/supervisor/",
        "etc/supervisord.d/",
        "etc/php/",
        "usr/local/etc/php-fpm",
        "etc/php-fpm",
        "etc/rsyslog.d/",
        "etc/haproxy/",
        "usr/local/etc/haproxy/",
        "etc/varnish/",
        "etc/squid/",
        "etc/memcached",
        "etc/cron.d/",
        "etc/cron.daily/",
        "etc/cron.hourly/",
        "etc/cron.weekly/",
        "etc/cron.monthly/",
        "etc/periodic/",
        "var/spool/cron/",
        "etc/services.d/",
        "etc/s6-overlay/",
        "etc/mosquitto/",
        "etc/rabbitmq/",
        "etc/kafka/",
        "etc/elasticsearch/",
        "etc/traefik/",
        "etc/prometheus/",
        "etc/grafana/",
    ];
    const NAMES: &[&str] = &[
        "redis.conf",
        "my.cnf",
        "supervisord.conf",
        "nginx.conf",
        "httpd.conf",
        "rsyslog.conf",
        "squid.conf",
        "haproxy.cfg",
        "php-fpm.conf",
        "postgresql.conf.sample",
        "uwsgi.ini",
        "gunicorn.conf.py",
        "server.xml",
        "logging.properties",
        "Caddyfile",
    ];
    if path.starts_with("usr/share/doc/") {
        return false;
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    let log_configuration = (name.starts_with("log4j") || name.starts_with("logback"))
        && [".xml", ".properties", ".yml", ".yaml", ".json"].iter().any(|e| name.ends_with(e));
    EXACT.contains(&path)
        || NAMES.contains(&name)
        || log_configuration
        || (path.starts_with("etc/ld-musl-") && path.ends_with(".path"))
        || DIRECTORIES.iter().any(|d| path.starts_with(d))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assemble::tests::facts_of;

    #[test]
    fn configurations_and_shell_scripts_whole_other_scripts_by_first_line() {
        for (path, bytes, kept) in [
            ("etc/passwd", &b"root:x:0:0::/:\n"[..], Some("root:x:0:0::/:\n")),
            ("opt/run.sh", b"#!/bin/sh\nexec app\n", Some("#!/bin/sh\nexec app\n")),
            ("opt/run", b"#!/usr/bin/env bash\nx\n", Some("#!/usr/bin/env bash\nx\n")),
            ("usr/bin/gunicorn", b"#!/usr/bin/python3\nimport sys\n", Some("#!/usr/bin/python3")),
            ("var/lib/dpkg/info/x.postinst", b"#!/bin/sh\n", None),
            ("opt/data.txt", b"hello", None),
            ("usr/share/finish", b"#!/usr/bin/finish\n", Some("#!/usr/bin/finish")),
        ] {
            let facts = facts_of(&Texts, path, bytes);
            assert_eq!(facts.texts.first().map(|t| t.text.as_str()), kept, "{path}");
        }
    }
}
