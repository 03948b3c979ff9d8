//! Programs that run another program given in their arguments.

use crate::Word;

/// How the arguments of a program that runs another one are laid out.
struct Prefix {
    name: &'static str,
    /// Options that take their value in the next word.
    valued: &'static [&'static str],
    /// Words between the options and the program.
    operands: usize,
    /// Whether `NAME=value` words may stand before the program.
    assignments: bool,
    /// Options that turn it into something that runs nothing.
    inert: &'static [&'static str],
}

const fn prefix(name: &'static str, valued: &'static [&'static str], operands: usize) -> Prefix {
    Prefix { name, valued, operands, assignments: false, inert: &[] }
}

/// From the manual pages of bash, GNU coreutils, util-linux, sudo, doas, and the documentation of the init and
/// privilege-dropping programs that images use.
const PREFIXES: &[Prefix] = &[
    prefix("exec", &["-a"], 0),
    prefix("builtin", &[], 0),
    Prefix { name: "command", valued: &[], operands: 0, assignments: false, inert: &["-v", "-V"] },
    Prefix { name: "env", valued: &["-u", "--unset", "-C", "--chdir"], operands: 0, assignments: true, inert: &[] },
    prefix("nohup", &[], 0),
    prefix("setsid", &[], 0),
    prefix("time", &["-f", "-o"], 0),
    prefix("nice", &["-n", "--adjustment"], 0),
    prefix("ionice", &["-c", "-n", "--class", "--classdata"], 0),
    prefix("timeout", &["-k", "--kill-after", "-s", "--signal"], 1),
    prefix("stdbuf", &["-i", "-o", "-e"], 0),
    prefix("chrt", &["-T", "-P", "-D"], 1),
    prefix("taskset", &[], 1),
    prefix("unbuffer", &[], 0),
    prefix("catatonit", &[], 0),
    Prefix {
        name: "sudo",
        valued: &["-u", "-g", "-h", "-p", "-C", "-r", "-t", "-T", "-U", "-D", "-R", "--user", "--group"],
        operands: 0,
        assignments: true,
        inert: &["-l", "-v", "-k", "-K"],
    },
    prefix("doas", &["-u", "-C"], 0),
    prefix("gosu", &[], 1),
    prefix("su-exec", &[], 1),
    prefix("s6-setuidgid", &[], 1),
    prefix("setuidgid", &[], 1),
    prefix("s6-softlimit", &["-d", "-m", "-n", "-o", "-s"], 0),
    prefix("chpst", &["-u", "-U", "-e", "-b", "-/", "-n", "-l", "-L", "-m", "-d", "-o", "-p", "-f", "-c", "-r", "-t"], 0),
    prefix("runuser", &["-u", "-g", "-G", "--user", "--group"], 0),
    prefix(
        "setpriv",
        &[
            "--ruid",
            "--euid",
            "--rgid",
            "--egid",
            "--reuid",
            "--regid",
            "--groups",
            "--bounding-set",
            "--inh-caps",
            "--ambient-caps",
            "--securebits",
            "--pdeathsig",
        ],
        0,
    ),
    prefix("capsh", &[], 0),
    prefix("chroot", &[], 1),
    prefix("unshare", &["-S", "-G", "-R", "-w", "--setuid", "--setgid", "--root", "--wd"], 0),
    prefix("nsenter", &["-t", "--target", "-S", "-G"], 0),
    prefix("tini", &["-p", "-e"], 0),
    prefix("tini-static", &["-p", "-e"], 0),
    prefix("docker-init", &["-p", "-e"], 0),
    prefix("dumb-init", &["-r", "--rewrite"], 0),
    prefix("xargs", &["-I", "-n", "-P", "-L", "-d", "-a", "-E", "-s"], 0),
    prefix("busybox", &[], 0),
    prefix("strace", &["-e", "-o", "-p", "-s", "-u"], 0),
    prefix("authbind", &[], 0),
    prefix("catchsegv", &[], 0),
];

/// Whether a name is the shell's own and no program.
pub(crate) fn is_shell_word(name: &str) -> bool {
    matches!(name, "exec" | "builtin" | "command" | "time")
}

/// The place of the last program of the chain.
pub(crate) fn program_at(words: &[Word]) -> Option<usize> {
    chain(words).pop()
}

/// The places of the words that name a program: the prefixes in order, then what they run.
pub(crate) fn chain(words: &[Word]) -> Vec<usize> {
    let mut chain = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        chain.push(at);
        let Some(path) = word.likely() else { break };
        let name = path.rsplit('/').next().unwrap_or(path);
        let Some(prefix) = PREFIXES.iter().find(|p| p.name == name) else { break };
        let Some(next) = after(prefix, words, at + 1) else { break };
        at = next;
    }
    chain
}

/// Where the program of a prefix stands; none where it runs nothing.
fn after(prefix: &Prefix, words: &[Word], mut at: usize) -> Option<usize> {
    let mut operands = prefix.operands;
    let mut options = true;
    loop {
        let word = words.get(at)?;
        let text = word.text.as_str();
        if options && text == "--" {
            options = false;
        } else if options && text.len() > 1 && text.starts_with('-') {
            if prefix.inert.contains(&text) {
                return None;
            }
            if prefix.valued.contains(&text) {
                at += 1;
            }
        } else if prefix.assignments && is_assignment(text) {
            options = false;
        } else if operands > 0 {
            operands -= 1;
        } else {
            return Some(at);
        }
        at += 1;
    }
}

fn is_assignment(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
}
