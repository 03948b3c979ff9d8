//! Downloads and what checks them.

use plimsoll_evidence::{Checkout, Deed, Does, Download, Placed};

use super::commands::{Arg, Ran};
use super::versions::{is_commit, moves};

/// Whether a program runs the program text that it reads.
pub(super) fn is_interpreter(program: &str) -> bool {
    matches!(
        program,
        "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh" | "python" | "python2" | "python3" | "perl" | "ruby" | "node" | "php" | "pwsh"
    )
}

fn is_download(program: &str) -> bool {
    matches!(program, "curl" | "wget" | "wget2" | "aria2c" | "axel" | "fetch")
}

/// An address of the machine itself: nothing comes from outside.
fn is_local(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', ':', '?']).next().unwrap_or_default();
    matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0" | "[") || url.starts_with("file://")
}

/// The downloads of a command.
pub(super) fn of(ran: &Ran, all: &[Ran]) -> Vec<Download> {
    if !is_download(&ran.program) {
        return Vec::new();
    }
    let quiet = ran.has("--head") || ran.args.iter().any(|a| a.text == "-I" || a.text == "--spider");
    if quiet {
        return Vec::new();
    }
    let urls: Vec<&Arg> = addresses(ran).into_iter().filter(|a| !is_local(&a.text)).collect();
    let to = target(ran);
    let reader = pipe_end(ran, all);
    urls.iter()
        .map(|arg| Download {
            with: ran.program.clone(),
            url: Placed::new(arg.text.clone(), arg.place),
            to: to.clone().or_else(|| own_name(ran, &arg.text)),
            verified: None,
            piped_into: reader.map(|r| r.program.clone()),
            proof: is_proof(&arg.text),
            moves: moves(&arg.text),
        })
        .collect()
}

fn addresses(ran: &Ran) -> Vec<&Arg> {
    // Options of which the next word is a value that may look like an address.
    const VALUED: &[&str] = &[
        "-x",
        "--proxy",
        "-e",
        "--referer",
        "-H",
        "--header",
        "-A",
        "--user-agent",
        "-d",
        "--data",
        "-u",
        "--user",
        "-o",
        "-O",
        "--output",
    ];
    let mut out = Vec::new();
    let mut skip = false;
    for arg in &ran.args {
        if std::mem::take(&mut skip) {
            continue;
        }
        if arg.text.starts_with('-') {
            skip = VALUED.contains(&arg.text.as_str()) && !(ran.program == "curl" && arg.text == "-O");
            if arg.text.strip_prefix("--url=").is_some_and(|url| url.contains("://")) {
                out.push(arg);
            }
            continue;
        }
        let bare = arg.text.split('/').next().unwrap_or_default();
        // curl and wget take `host.example/path` for http.
        let host = bare.contains('.') && arg.text.contains('/') && !arg.text.starts_with(['.', '/', '$']) && arg.known;
        if arg.text.contains("://") || host || (!arg.known && arg.text.starts_with('$')) {
            out.push(arg);
        }
    }
    out
}

/// The file that the output goes to.
fn target(ran: &Ran) -> Option<String> {
    let named = if ran.program.starts_with("wget") {
        ran.setting(&["-O", "--output-document"]).or_else(|| {
            // `-qO FILE`, `-qO- `.
            let at = ran.args.iter().position(|a| a.text.starts_with('-') && !a.text.starts_with("--") && a.text.contains('O'))?;
            let text = &ran.args.get(at)?.text;
            let rest = text.split_once('O').map(|(_, rest)| rest).filter(|rest| !rest.is_empty());
            rest.map(str::to_owned).or_else(|| ran.args.get(at + 1).map(|a| a.text.clone()))
        })
    } else {
        ran.setting(&["-o", "--output", "--out"]).or_else(|| {
            let at = ran
                .args
                .iter()
                .position(|a| a.text.len() > 2 && a.text.starts_with('-') && !a.text.starts_with("--") && a.text.ends_with('o'))?;
            ran.args.get(at + 1).map(|a| a.text.clone())
        })
    };
    named.filter(|name| name != "-" && name != "/dev/stdout" && name != "/dev/null").or_else(|| ran.writes.first().cloned())
}

/// The last part of the address, for programs and options that take it for the file's name.
fn own_name(ran: &Ran, url: &str) -> Option<String> {
    let takes = if ran.program == "curl" {
        ran.args.iter().any(|a| {
            a.text == "--remote-name"
                || a.text == "--remote-name-all"
                || (a.text.starts_with('-') && !a.text.starts_with("--") && a.text.contains('O'))
        })
    } else {
        let to_output = ran.args.iter().any(|a| a.text.starts_with('-') && !a.text.starts_with("--") && a.text.contains('O'));
        !to_output && ran.program != "fetch"
    };
    let path = url.split(['?', '#']).next()?;
    takes.then(|| path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned()).filter(|name| !name.is_empty())
}

/// The command at the end of the pipe, past those that only pass on.
fn pipe_end<'a>(ran: &Ran, all: &'a [Ran]) -> Option<&'a Ran> {
    let mut reader = all.get(ran.piped_into?)?;
    // A pipe has no more parts than there are commands.
    for _ in 0..all.len() {
        let passes = matches!(
            reader.program.as_str(),
            "tee" | "cat" | "gunzip" | "zcat" | "xz" | "gzip" | "bunzip2" | "zstd" | "sed" | "tr" | "base64"
        );
        match reader.piped_into.and_then(|at| all.get(at)).filter(|_| passes) {
            Some(next) => reader = next,
            None => break,
        }
    }
    Some(reader)
}

/// Whether a command runs what another one downloads: at the end of its pipe, or in a substitution.
pub(super) fn runs_download(ran: &Ran, all: &[Ran]) -> Option<Does> {
    if is_download(&ran.program) {
        let reader = pipe_end(ran, all)?;
        let plain = reader
            .args
            .iter()
            .all(|a| a.text.starts_with(['-', '+']) || !a.known || a.text == "/dev/stdin" || is_behind_s(reader, &a.text));
        let runs = is_interpreter(&reader.program) && plain && !evaluates(reader);
        return runs.then(|| Does::RunsDownload { url: addresses(ran).first().map(|a| a.text.clone()) });
    }
    if !is_interpreter(&ran.program) && !matches!(ran.program.as_str(), "eval" | "source" | ".") {
        return None;
    }
    let signs = ["$(curl", "$(wget", "`curl", "`wget", "<(curl", "<(wget", "$( curl", "<( curl"];
    let found = ran.args.iter().any(|a| signs.iter().any(|s| a.text.contains(s)));
    found.then(|| Does::RunsDownload { url: ran.args.iter().find_map(|a| address_in(&a.text)) })
}

/// Words behind `-s` are given to the script.
fn is_behind_s(reader: &Ran, word: &str) -> bool {
    let s = reader.args.iter().position(|a| {
        a.text == "-s" || a.text == "--" || a.text == "-" || (a.text.starts_with('-') && !a.text.starts_with("--") && a.text.ends_with('s'))
    });
    s.is_some_and(|at| reader.args.iter().skip(at + 1).any(|a| a.text == word))
}

/// `python -c TEXT`, `python -m MODULE`, `perl -e TEXT`: what comes through the pipe is data.
fn evaluates(reader: &Ran) -> bool {
    reader.args.iter().any(|a| {
        let short = a.text.starts_with('-') && !a.text.starts_with("--");
        match reader.program.as_str() {
            "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh" => short && a.text.ends_with('c'),
            "python" | "python2" | "python3" => matches!(a.text.as_str(), "-c" | "-m" | "-cs"),
            _ => {
                short && (a.text.contains('e') || a.text.contains('n') || a.text.contains('r') || a.text.contains('p'))
                    || a.text == "--eval"
            }
        }
    })
}

fn address_in(text: &str) -> Option<String> {
    let at = text.find("http://").or_else(|| text.find("https://"))?;
    let rest = text.get(at..)?;
    let end = rest.find([' ', '"', '\'', ')', '`', '\n']).unwrap_or(rest.len());
    rest.get(..end).map(str::to_owned)
}

/// `git clone`, with what the step checks out afterwards.
pub(super) fn clone_of(ran: &Ran, all: &[Ran]) -> Option<Checkout> {
    if ran.program != "git" {
        return None;
    }
    let operands: Vec<&Arg> = {
        let mut out = Vec::new();
        let mut skip = false;
        for arg in &ran.args {
            if std::mem::take(&mut skip) {
                continue;
            }
            if arg.text.starts_with('-') {
                skip = matches!(
                    arg.text.as_str(),
                    "-b" | "--branch"
                        | "--depth"
                        | "-C"
                        | "-c"
                        | "--config"
                        | "-o"
                        | "--origin"
                        | "--reference"
                        | "-j"
                        | "--jobs"
                        | "--filter"
                        | "--revision"
                        | "--shallow-since"
                );
                continue;
            }
            out.push(arg);
        }
        out
    };
    let (verb, rest) = operands.split_first()?;
    if verb.text != "clone" {
        return None;
    }
    let url = rest.first()?;
    let revision = ran.setting(&["--revision"]);
    let branch = ran.setting(&["-b", "--branch"]);
    let later = all.iter().filter(|r| r.program == "git" && r.place > ran.place).find_map(checked_out);
    let at = revision.or(later).or(branch);
    // A commit in a variable: its name tells as much as can be told.
    let pinned = at.as_deref().is_some_and(|r| {
        let name = r.to_lowercase();
        is_commit(r) || (r.contains('$') && ["commit", "sha", "rev", "hash"].iter().any(|part| name.contains(part)))
    });
    Some(Checkout { url: Placed::new(url.text.clone(), url.place), reference: at, pinned })
}

/// What `git checkout`, `switch`, `reset --hard` or `fetch` takes.
fn checked_out(ran: &Ran) -> Option<String> {
    let verb = ran.args.iter().position(|a| matches!(a.text.as_str(), "checkout" | "switch" | "reset"))?;
    let name = ran.args.iter().skip(verb + 1).find(|a| !a.text.starts_with('-') && a.text != ".")?;
    Some(name.text.clone())
}

/// Whether a command checks a digest or a signature: with what, and whether only weakly.
pub(super) fn check(ran: &Ran) -> Option<(String, bool)> {
    let program = ran.program.as_str();
    let option_c = ran.args.iter().any(|a| {
        let text = a.text.as_str();
        text == "--check" || text.starts_with("--check=") || (text.starts_with('-') && !text.starts_with("--") && text.contains('c'))
    });
    let is = |words: &[&str]| words.iter().any(|w| ran.args.iter().any(|a| a.text == *w));
    let (checks, weak) = match program {
        "sha256sum" | "sha384sum" | "sha512sum" | "b2sum" | "sha3sum" => (option_c || ran.depth > 0, false),
        "sha1sum" | "md5sum" => (option_c || ran.depth > 0, true),
        "shasum" => {
            let strong = ran.args.iter().any(|a| ["256", "384", "512"].iter().any(|n| a.text.contains(n)));
            (option_c || ran.depth > 0, !strong)
        }
        "openssl" => (is(&["dgst", "sha256", "sha512"]), is(&["-md5", "-sha1"])),
        "gpg" | "gpg2" => {
            (is(&["--verify", "--decrypt", "-d"]) || ran.args.iter().any(|a| a.text == "--batch") && is(&["--verify"]), false)
        }
        "gpgv" | "minisign" | "signify" | "gh" => (program != "gh" || is(&["attestation"]), false),
        "cosign" => (ran.args.iter().any(|a| a.text.starts_with("verify")), false),
        "slsa-verifier" => (true, false),
        "rpm" => (is(&["-K", "--checksig"]), false),
        _ => return None,
    };
    checks.then(|| (program.to_owned(), weak))
}

/// Marks the downloads that a later command of the step checks. What a check names it checks; one that names no file that was
/// downloaded (a list of many, a variable) checks all that came before it.
pub(super) fn mark_verified(deeds: &mut [(usize, Deed)], all: &[Ran]) {
    let checks: Vec<(usize, String)> = all.iter().enumerate().filter_map(|(at, ran)| Some((at, check(ran)?.0))).collect();
    for (at, with) in checks {
        let words = words_about(at, all);
        let about = |download: &Download| {
            let file = download.to.as_deref().unwrap_or(download.url.value.as_str());
            let base = file.rsplit('/').next().unwrap_or(file);
            base.len() > 1 && words.iter().any(|w| w.contains(base))
        };
        let earlier = |deed: &(usize, Deed)| deed.0 < at;
        // A check that names the list of digests, downloaded too, checks what the list names.
        let named = deeds.iter().filter(|d| earlier(d)).any(|(_, d)| matches!(&d.does, Does::Download(d) if about(d) && !d.proof));
        for (_, deed) in deeds.iter_mut().filter(|d| earlier(d)) {
            if let Does::Download(download) = &mut deed.does
                && download.verified.is_none()
                && (!named || about(download))
            {
                download.verified = Some(with.clone());
            }
        }
    }
}

/// The words of a check and of the commands whose output it reads.
fn words_about(at: usize, all: &[Ran]) -> Vec<&str> {
    let mut words: Vec<&str> = all.get(at).into_iter().flat_map(|r| &r.args).map(|a| a.text.as_str()).collect();
    for ran in all.iter().take(at).filter(|r| r.piped_into == Some(at)) {
        words.extend(ran.args.iter().map(|a| a.text.as_str()));
    }
    words
}

/// Whether a download is itself what checks another one: a list of digests, a signature, a key.
fn is_proof(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default().to_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    let ends = [
        ".asc",
        ".sig",
        ".sha256",
        ".sha512",
        ".sha256sum",
        ".sha1",
        ".md5",
        ".sign",
        ".minisig",
        ".gpg",
        ".pub",
        ".pem",
        ".key",
        ".sum",
        ".crt",
    ];
    ends.iter().any(|end| name.ends_with(end))
        || name.contains("sums")
        || name.contains("checksum")
        || name.ends_with("-sha.txt")
        || name.contains("gpgkey")
        || name == "keys"
}
