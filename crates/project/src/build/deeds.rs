//! What the commands of a script do.

use std::ops::Range;

use plimsoll_evidence::{Deed, Does, Install, Place, Placed};
use plimsoll_shell::Script;

use super::commands::{Arg, Ran, of_script, of_words};
use super::{download, install};

/// The most deeds of one step.
const MOST: usize = 2000;

/// What is read of commands.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// What they do.
    pub(super) deeds: Vec<Deed>,
    /// Why the reading stopped where it did.
    pub(super) unread: Option<String>,
    /// The paths of programs and scripts that they run, variables left out.
    pub(super) calls: Vec<Placed<String>>,
}

/// What a script does.
pub(super) fn of(script: &Script, text: &str, locate: &dyn Fn(Range<usize>) -> Place) -> Reading {
    let unread = match &script.fatal {
        Some(why) => Some(why.clone()),
        None => script.recovered.then(|| "parts of it do not follow the shell's grammar".to_owned()),
    };
    let all = of_script(script, text, locate);
    let calls = all.iter().filter_map(call).take(MOST).collect();
    let mut deeds = of_commands(&all);
    // pip keeps no cache whatever the value is, "0" and "off" among them.
    if script.assignments.iter().any(|set| set.name == "PIP_NO_CACHE_DIR" && !set.value.text.is_empty()) {
        for deed in &mut deeds {
            if let Does::Install(install) = &mut deed.does {
                install.no_cache |= install.manager.starts_with("pip");
            }
        }
    }
    deeds.extend(script.assignments.iter().filter_map(|set| {
        let value = set.value.known()?.to_lowercase();
        let off = VARIABLES.iter().any(|(name, values)| {
            set.name.eq_ignore_ascii_case(name) && !value.is_empty() && (values.is_empty() || values.contains(&value.as_str()))
        });
        off.then(|| Deed {
            place: locate(set.value.span.clone()),
            command: format!("{}={value}", set.name),
            maybe: false,
            does: Does::UncheckedVariable { name: set.name.clone(), value },
        })
    }));
    Reading { deeds, unread, calls }
}

/// The script that a command runs: by a path of its own, or as what a shell reads.
fn call(ran: &Ran) -> Option<Placed<String>> {
    let by_shell = matches!(ran.program.as_str(), "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh" | "source" | ".");
    let path = if by_shell {
        let text_follows = |a: &Arg| a.text == "-s" || (a.text.starts_with('-') && !a.text.starts_with("--") && a.text.ends_with('c'));
        if ran.args.iter().take_while(|a| a.text.starts_with('-')).any(text_follows) {
            return None;
        }
        let first = ran.operands().find(|a| a.text != "pipefail")?;
        Placed::new(first.text.clone(), first.place)
    } else {
        Placed::new(ran.path.clone(), ran.place)
    };
    let is_path = by_shell || path.value.contains('/');
    (is_path && !path.value.contains(['$', '`', '*'])).then_some(path)
}

/// Variables that turn checks off, with the values that do, in lower case; none where any value does.
const VARIABLES: &[(&str, &[&str])] = &[
    ("NODE_TLS_REJECT_UNAUTHORIZED", &["0"]),
    ("PYTHONHTTPSVERIFY", &["0"]),
    // git asks only whether it is set: "0" turns the check off too.
    ("GIT_SSL_NO_VERIFY", &[]),
    ("NPM_CONFIG_STRICT_SSL", &["false"]),
    ("GONOSUMCHECK", &["1"]),
    ("GONOSUMDB", &["*"]),
    ("GOSUMDB", &["off"]),
    ("GOINSECURE", &["*"]),
    ("PIP_TRUSTED_HOST", &[]),
    ("RUBYGEMS_SSL_VERIFY_MODE", &["0"]),
];

/// What an exec form does.
pub(super) fn of_exec(words: &[Arg]) -> Reading {
    let Some(ran) = of_words(words) else { return Reading::default() };
    Reading { calls: call(&ran).into_iter().collect(), deeds: of_commands(&[ran]), unread: None }
}

fn of_commands(all: &[Ran]) -> Vec<Deed> {
    let mut deeds: Vec<(usize, Deed)> = Vec::new();
    for (at, ran) in all.iter().enumerate() {
        let mut push = |does: Does| deeds.push((at, Deed { place: ran.place, command: ran.shown.clone(), maybe: ran.maybe, does }));
        if ran.through.iter().any(|p| p == "sudo" || p == "doas") || ran.program == "sudo" {
            push(Does::Sudo);
        }
        for option in unchecked(ran) {
            push(Does::Unchecked { option });
        }
        let runs = download::runs_download(ran, all);
        let takes_alone = runs.is_none();
        if let Some(does) = runs {
            push(does);
        }
        if takes_alone {
            for found in download::of(ran, all) {
                push(Does::Download(found));
            }
        }
        if let Some(checkout) = download::clone_of(ran, all) {
            push(Does::Clone(checkout));
        }
        if let Some((with, weak)) = download::check(ran) {
            push(Does::Verify { with, weak });
        }
        if let Some(does) = install::of(ran).or_else(|| other(ran)) {
            push(does);
        }
        if deeds.len() > MOST {
            break;
        }
    }
    download::mark_verified(&mut deeds, all);
    mark_removed(&mut deeds, all);
    deeds.into_iter().map(|(_, deed)| deed).collect()
}

/// Marks installations that a later command of the same step takes back.
fn mark_removed(deeds: &mut [(usize, Deed)], all: &[Ran]) {
    // `apt-mark auto` and then `apt-get purge --auto-remove`: all goes that nothing needs, as official images do it.
    let marked = all.iter().position(|r| r.program == "apt-mark" && r.operands().next().is_some_and(|a| a.text == "auto"));
    let swept = all.iter().rposition(|r| {
        let sweeps = r.has("--auto-remove") || r.has("--autoremove") || r.operands().next().is_some_and(|a| a.text == "autoremove");
        matches!(r.program.as_str(), "apt-get" | "apt") && sweeps
    });
    if let (Some(marked), Some(swept)) = (marked, swept)
        && marked < swept
    {
        for (_, deed) in deeds.iter_mut().filter(|(from, _)| *from < swept) {
            if let Does::Install(install) = &mut deed.does {
                install.removed |= install.manager.starts_with("apt");
            }
        }
    }
    for (at, names) in all.iter().enumerate().filter_map(|(at, ran)| Some((at, install::removed(ran)?))) {
        for (_, deed) in deeds.iter_mut().filter(|(from, _)| *from < at) {
            if let Does::Install(install) = &mut deed.does {
                let group = install.group.as_deref().is_some_and(|g| names.contains(&g));
                let each = !install.packages.is_empty() && install.packages.iter().all(|p| names.contains(&p.value.name.as_str()));
                install.removed |= group || each;
            }
        }
    }
}

/// Options that turn off the check of signatures or certificates, by program.
const OFF: &[(&[&str], &[&str])] = &[
    (&["curl"], &["-k", "--insecure", "--proxy-insecure"]),
    (&["wget", "wget2"], &["--no-check-certificate"]),
    (
        &["apt-get", "apt", "aptitude"],
        &[
            "--allow-unauthenticated",
            "--force-yes",
            "--allow-insecure-repositories",
            "--allow-downgrade-to-insecure-repositories",
            "--no-gpg-check",
        ],
    ),
    (&["apk"], &["--allow-untrusted", "--no-verify"]),
    (&["yum", "dnf", "dnf5", "microdnf", "zypper", "tdnf"], &["--nogpgcheck", "--no-gpg-checks", "--allow-unsigned-rpm", "--no-gpgcheck"]),
    (&["rpm"], &["--nosignature", "--nodigest", "--nogpg"]),
    (&["pip", "pip2", "pip3", "uv", "python", "python2", "python3"], &["--trusted-host", "--allow-insecure-host", "--allow-unverified"]),
    (&["npm", "yarn", "pnpm"], &["--strict-ssl=false", "--no-strict-ssl"]),
    (&["git"], &["http.sslVerify=false", "http.sslverify=false"]),
    (&["go"], &["-insecure"]),
];

fn unchecked(ran: &Ran) -> Vec<Placed<String>> {
    let program = ran.program.as_str();
    let mut found = Vec::new();
    for (programs, options) in OFF {
        if !programs.contains(&program) {
            continue;
        }
        found.extend(ran.args.iter().filter_map(|arg| {
            let text = arg.text.as_str();
            let named = options.iter().any(|o| text == *o || text.split_once('=').is_some_and(|(name, _)| name == *o));
            // curl's short options stand together: -fsSLk.
            let bundled = program == "curl"
                && text.len() > 2
                && text.starts_with('-')
                && !text.starts_with("--")
                && text.contains('k')
                && text.bytes().skip(1).all(|b| b.is_ascii_alphabetic())
                && !text.contains('o');
            (named || bundled).then(|| Placed::new(text.to_owned(), arg.place))
        }));
    }
    let words: Vec<&str> = ran.args.iter().map(|a| a.text.as_str()).collect();
    let config = match (program, words.as_slice()) {
        ("npm" | "yarn" | "pnpm", _) if words.contains(&"set") => ran.args.iter().enumerate().find_map(|(at, arg)| {
            let apart = arg.text == "strict-ssl" && ran.args.get(at + 1).is_some_and(|next| next.text == "false");
            (apart || arg.text == "strict-ssl=false").then_some(arg)
        }),
        ("git", ["config", .., "http.sslVerify" | "http.sslverify", "false"]) => ran.args.last(),
        ("apt-get" | "apt", _) => ran.args.iter().find(|a| {
            let text = a.text.to_lowercase();
            text.contains("allowunauthenticated=true")
                || text.contains("allowunauthenticated=1")
                || text.contains("verify-peer=false")
                || text.contains("allowinsecurerepositories=true")
        }),
        ("yum" | "dnf" | "dnf5" | "microdnf" | "tdnf" | "yum-config-manager" | "dnf-config-manager", _) => ran.args.iter().find(|a| {
            let text = a.text.replace(' ', "").to_lowercase();
            ["gpgcheck=", "sslverify="]
                .iter()
                .any(|key| text.split_once(key).is_some_and(|(_, value)| ["0", "false", "no"].contains(&value.trim_matches(['"', '\'']))))
        }),
        // A package source written by echo: `deb [trusted=yes] …`.
        // What lies in the image itself needs no signature.
        ("echo" | "printf", _) => ran
            .args
            .iter()
            .filter(|a| !a.text.contains("file:"))
            .find(|a| a.text.contains("trusted=yes") || a.text.replace(' ', "").contains("\ngpgcheck=0")),
        _ => None,
    };
    if found.is_empty() {
        found.extend(config.map(|arg| Placed::new(arg.text.clone(), arg.place)));
    }
    found
}

fn other(ran: &Ran) -> Option<Does> {
    let operands: Vec<&Arg> = ran.operands().collect();
    let first = operands.first().map(|a| a.text.as_str()).unwrap_or_default();
    let rest = || operands.iter().skip(1).map(|a| a.text.clone()).collect::<Vec<_>>();
    Some(match ran.program.as_str() {
        "chmod" | "chown" | "chgrp" | "setcap" => Does::Access { with: ran.program.clone(), sets: first.to_owned(), paths: rest() },
        "useradd" | "adduser" => Does::Account {
            name: account_name(ran),
            uid: ran.setting(&["-u", "--uid"]).and_then(|v| v.parse().ok()),
            system: ran.args.iter().any(|a| {
                let bundle = a.text.len() <= 4 && a.text.starts_with('-') && !a.text.starts_with("--");
                a.text == "--system" || (bundle && a.text.contains(['r', 'S']))
            }),
        },

        // Wrappers fetch the build tool, and it fetches what the project names.
        "gradlew" | "mvnw" => Does::Install(Install {
            manager: ran.program.clone(),
            lists: vec![if ran.program == "mvnw" { "pom.xml" } else { "build.gradle" }.to_owned()],
            local: ran.has("--offline") || ran.has("-o"),
            ..Install::default()
        }),
        "ln" => {
            let to_log = operands.len() == 2
                && (matches!(first, "/dev/stdout" | "/dev/stderr")
                    || first.starts_with("/proc/1/fd/")
                    || first.starts_with("/proc/self/fd/"));
            to_log.then(|| Does::LogLink { path: operands.get(1).map(|a| a.text.clone()).unwrap_or_default() })?
        }
        "rm" => {
            let caches = [
                "/var/lib/apt/lists",
                "/var/cache/apk",
                "/var/cache/yum",
                "/var/cache/dnf",
                "/var/cache/apt",
                ".cache",
                "/root/.npm",
                "/usr/share/doc",
                "docker-clean",
            ];
            let emptied = operands.iter().find(|a| caches.iter().any(|c| a.text.contains(c)))?;
            Does::Clean { what: emptied.text.clone() }
        }
        "apt-get" | "apt" if matches!(first, "clean" | "autoclean" | "distclean" | "dist-clean") => {
            Does::Clean { what: format!("{} {first}", ran.program) }
        }
        "yum" | "dnf" | "microdnf" | "zypper" | "tdnf" if matches!(first, "clean" | "cc") => Does::Clean { what: ran.program.clone() },
        "npm" | "yarn" | "pip" | "pip3" | "conda" | "uv" if matches!(first, "cache" | "clean") => Does::Clean { what: ran.program.clone() },
        "sshd" | "dropbear" | "telnetd" | "in.telnetd" | "vncserver" | "Xvnc" | "x11vnc" | "xrdp" | "ttyd" | "gotty" | "shellinaboxd"
        | "ngrok" | "tmate" | "chpasswd" => Does::Remote { program: ran.program.clone() },
        "service" | "systemctl" | "rc-service" | "invoke-rc.d"
            if operands.iter().any(|a| matches!(a.text.as_str(), "ssh" | "sshd" | "dropbear" | "telnet" | "xrdp"))
                && operands.iter().any(|a| matches!(a.text.as_str(), "start" | "restart")) =>
        {
            Does::Remote { program: "sshd".to_owned() }
        }
        _ => return None,
    })
}

/// The account's name: the last word of useradd and of Alpine's adduser, where Debian's adduser takes a group behind it.
fn account_name(ran: &Ran) -> Option<String> {
    const VALUED: &[&str] = &[
        "-u",
        "--uid",
        "-g",
        "--gid",
        "-G",
        "--groups",
        "-d",
        "--home",
        "--home-dir",
        "-h",
        "-s",
        "--shell",
        "-c",
        "--comment",
        "--gecos",
        "-k",
        "--skel",
        "-b",
        "--base-dir",
        "-K",
        "-p",
        "--password",
        "--ingroup",
        "--firstuid",
        "--lastuid",
        "-e",
        "-f",
        "-r_",
    ];
    let mut names = Vec::new();
    let mut skip = false;
    for arg in &ran.args {
        if std::mem::take(&mut skip) {
            continue;
        }
        if arg.text.starts_with('-') {
            skip = VALUED.contains(&arg.text.as_str());
            continue;
        }
        names.push(arg.text.clone());
    }
    names.into_iter().next().filter(|n| !n.is_empty())
}
