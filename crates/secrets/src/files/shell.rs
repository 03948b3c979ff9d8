//! Passwords on command lines: shell histories, scripts, build steps.

use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use memchr::memmem;
use regex::bytes::Regex;

use crate::hit::{Hit, Rank};
use crate::kind::COMMAND_PASSWORD;
use crate::scan::compiled;
use crate::text::is_placeholder;
use crate::words::Words;

/// A way in which a password stands on a command line.
struct Command {
    /// One of these stands in whatever the expression matches: bytes without one are not worth the expression. All are looked for in one
    /// pass; none where each is too common for it.
    words: &'static [&'static str],
    /// So does one of each of these.
    also: &'static [&'static [&'static str]],
    /// Whether all that it matches stands on the line of its word: then that line alone is worth the expression.
    in_line: bool,
    /// Its group is the password.
    source: &'static str,
    compiled: OnceLock<Regex>,
}

static COMMANDS: [Command; 10] = [
    command(
        &[],
        &[&["-u"], &["curl", "wget", "http"]],
        r#"\b(?:curl|wget|http|https)\b[^\n;|&]{0,400}?\s(?:-u|--user)[ =]?["']?[^\s:"'$]{1,64}:([^\s"'@]{3,200})"#,
    ),
    in_line(&["password", "passwd"], &[&["--"]], r#"(?:^|\s)--(?:[\w-]{1,30}-)?(?:password|passwd)[ =]["']?([^\s"';|&]{3,200})"#),
    in_line(
        &["token", "secret", "apikey", "api-key"],
        &[&["--"]],
        r#"(?:^|\s)--(?:[\w-]{1,30}-)?(?:token|secret|api-?key|secret-key)[ =]["']?([A-Za-z0-9+/=_.-]{0,200}[0-9][A-Za-z0-9+/=_.-]{12,200})"#,
    ),
    command(&["sshpass"], &[], r#"\bsshpass\s+-p\s*["']?([^\s"';|&]{3,200})"#),
    command(
        &["mysql", "mariadb"],
        &[&["-p"]],
        r#"\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^\n;|&]{0,200}?\s-p["']?([^\s"';|&-][^\s"';|&]{2,200})"#,
    ),
    command(
        &["login"],
        &[&["-p"]],
        r#"\b(?:docker|podman|buildah|skopeo|helm)\b[^\n;|&]{0,60}\blogin\b[^\n;|&]{0,200}?\s(?:-p|--password)[ =]["']?([^\s"';|&]{3,200})"#,
    ),
    command(
        &["uthorization:", "UTHORIZATION:"],
        &[],
        r"\b(?:[Aa]uthorization|AUTHORIZATION):\s*(?:[Bb]earer|BEARER|[Bb]asic|BASIC|[Tt]oken|TOKEN)\s+([A-Za-z0-9+/=_.~-]{12,2000})",
    ),
    command(&["chpasswd"], &[], r#"\becho\s+(?:-[en]+\s+)?["']?[\w.-]{1,64}:([^\s"'|:$]{3,200})["']?\s*\|\s*(?:sudo\s+)?chpasswd"#),
    command(
        &["PGPASSWORD=", "MYSQL_PWD=", "SSHPASS=", "RSYNC_PASSWORD=", "REDISCLI_AUTH="],
        &[],
        r#"\b(?:PGPASSWORD|MYSQL_PWD|SSHPASS|RSYNC_PASSWORD|REDISCLI_AUTH)=["']?([^\s"';|&]{3,200})"#,
    ),
    command(&["redis-cli"], &[], r#"\bredis-cli\b[^\n;|&]{0,200}?\s-a\s+["']?([^\s"';|&]{3,200})"#),
];

const fn command(words: &'static [&'static str], also: &'static [&'static [&'static str]], source: &'static str) -> Command {
    Command { words, also, in_line: false, source, compiled: OnceLock::new() }
}

const fn in_line(words: &'static [&'static str], also: &'static [&'static [&'static str]], source: &'static str) -> Command {
    Command { words, also, in_line: true, source, compiled: OnceLock::new() }
}

impl Command {
    fn may_match(&self, bytes: &[u8]) -> bool {
        self.also.iter().all(|one_of| one_of.iter().any(|word| memmem::find(bytes, word.as_bytes()).is_some()))
    }

    fn search(&self, bytes: &[u8], within: Range<usize>, hits: &mut Vec<Hit>) {
        let part = &bytes[within.clone()];
        if !self.may_match(part) {
            return;
        }
        for found in self.compiled.get_or_init(|| compiled(self.source)).captures_iter(part) {
            let Some(value) = found.get(1) else { continue };
            let text = value.as_bytes();
            if is_placeholder(text) || text.contains(&b'$') || text.starts_with(b"`") || text.starts_with(b"-") || text.starts_with(b"/") {
                continue;
            }
            let mut hit = Hit::by_kind(COMMAND_PASSWORD, bytes, within.start + value.start()..within.start + value.end());
            hit.rank = Rank::Named;
            hits.push(hit);
        }
    }
}

/// The words of all commands, with the command that each belongs to.
static WORDS: LazyLock<(Words, Vec<usize>)> = LazyLock::new(|| {
    let (words, of): (Vec<&str>, Vec<usize>) =
        COMMANDS.iter().enumerate().flat_map(|(at, command)| command.words.iter().map(move |word| (*word, at))).unzip();
    (Words::new(&words), of)
});

/// Where the words of each command stand in the bytes, at most one on a line.
fn named(bytes: &[u8]) -> [Vec<Range<usize>>; COMMANDS.len()] {
    let (words, of) = &*WORDS;
    let mut named: [Vec<Range<usize>>; COMMANDS.len()] = std::array::from_fn(|_| Vec::new());
    let mut from = 0;
    while let Some((start, word)) = words.find(bytes, from) {
        let lines = &mut named[of[word]];
        if lines.last().is_none_or(|line| line.end <= start) {
            let begin = memchr::memrchr(b'\n', &bytes[..start]).map_or(0, |newline| newline + 1);
            let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |length| start + length);
            lines.push(begin..end);
        }
        // Another word may begin inside this one.
        from = start + 1;
    }
    named
}

/// Adds the passwords on command lines.
pub(crate) fn commands(bytes: &[u8], hits: &mut Vec<Hit>) {
    for (command, lines) in COMMANDS.iter().zip(named(bytes)) {
        if command.in_line {
            for line in lines {
                command.search(bytes, line, hits);
            }
        } else if command.words.is_empty() || !lines.is_empty() {
            command.search(bytes, 0..bytes.len(), hits);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_variables() {
        for (line, wanted) in [
            ("curl -fsSL -u deploy:s3cr3tW0rd https://x.test/a", Some("s3cr3tW0rd")),
            ("curl -u \"$USER:$PASS\" https://x.test/a", None),
            ("mysql -uroot -pT0pS3cr -e 'x'", Some("T0pS3cr")),
            ("mysql -u root -p db", None),
            ("echo 'root:Qw8kd92' | chpasswd", Some("Qw8kd92")),
            ("docker login -u x -p kd92mmQw r.test", Some("kd92mmQw")),
            ("PGPASSWORD=$PW psql", None),
            ("app --db-password T0pS3cr", Some("T0pS3cr")),
            ("app --token-file /run/token --token $TOKEN", None),
            ("apt-get install -y passwd", None),
            ("REDISCLI_AUTH=Qw8kd92 redis-cli", Some("Qw8kd92")),
            ("http --user=me:Qw8kd92 x.test", Some("Qw8kd92")),
            ("curl -H 'authorization: bearer Qw8kd92aaQw8' x.test", Some("Qw8kd92aaQw8")),
            ("x --my-api-key=aaaa1bbbbccccdddd", Some("aaaa1bbbbccccdddd")),
        ] {
            let mut hits = Vec::new();
            commands(line.as_bytes(), &mut hits);
            assert_eq!(hits.first().map(|h| String::from_utf8_lossy(&h.value).into_owned()).as_deref(), wanted, "{line}");
        }
    }

    #[test]
    fn each_line_is_searched_and_told_by_its_place() {
        let text = "--password\n--- # passwd\napp --password T0pS3cr --db-password=Qw8kd92\r\n--passwd 0neMore\n";
        let mut hits = Vec::new();
        commands(text.as_bytes(), &mut hits);
        let found: Vec<&str> = hits.iter().map(|h| &text[h.at.clone()]).collect();
        assert_eq!(found, ["T0pS3cr", "Qw8kd92", "0neMore"]);
    }
}
