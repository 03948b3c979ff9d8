//! Commands that bring software into a running container.

use plimsoll_shell::{Command, Script};

/// What such a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fetches {
    /// Installs packages, from a system's or a language's package manager.
    Installs,
    /// Updates what is installed.
    Updates,
    /// Downloads and runs code.
    RunsDownload,
    /// Downloads a program, an archive or a repository.
    Downloads,
}

/// Whether a command of a script brings software in.
pub(crate) fn fetches(script: &Script, command: &Command) -> Option<Fetches> {
    let piped = command.piped_into.and_then(|at| script.commands.get(at));
    let arguments = command.arguments();
    // Options may stand before the verb: apt-get -qq install.
    let verb = arguments.iter().map(|w| w.text.as_str()).find(|w| !w.starts_with('-')).unwrap_or_default();
    let has = |text: &str| arguments.iter().any(|w| w == text);
    match command.program()? {
        "apt-get" | "apt" | "aptitude" => verb_of(verb, &["install", "build-dep"], &["upgrade", "dist-upgrade", "full-upgrade", "update"]),
        "apk" => verb_of(verb, &["add"], &["upgrade", "update", "fix"]),
        "yum" | "dnf" | "microdnf" | "tdnf" => {
            verb_of(verb, &["install", "localinstall", "reinstall", "groupinstall"], &["update", "upgrade", "upgrade-minimal"])
        }
        "zypper" => verb_of(verb, &["install", "in"], &["update", "up", "dup", "patch"]),
        "pacman" => arguments.first().filter(|w| w.text.starts_with("-S")).map(|_| Fetches::Installs),
        "dpkg" => (has("-i") || has("--install")).then_some(Fetches::Installs),
        "rpm" => arguments.iter().any(|w| w.text.starts_with("-i") || w.text.starts_with("-U")).then_some(Fetches::Installs),
        "unattended-upgrade" | "unattended-upgrades" | "dnf-automatic" | "yum-cron" | "freshclam" => Some(Fetches::Updates),
        "pip" | "pip3" | "pipx" | "uv" | "poetry" | "pipenv" | "pdm" => {
            let local = has("--no-index") || has("--offline");
            (!local)
                .then(|| verb_of(if verb == "pip" { second(arguments) } else { verb }, &["install", "sync", "add"], &["update", "upgrade"]))
                .flatten()
        }
        "python" | "python3" => {
            let pip = arguments.windows(3).any(|w| w[0] == "-m" && (w[1] == "pip" || w[1] == "pip3") && w[2] == "install");
            (pip && !has("--no-index")).then_some(Fetches::Installs)
        }
        "npm" | "pnpm" => verb_of(verb, &["install", "i", "ci", "add", "exec"], &["update", "upgrade"]),
        "yarn" | "bun" => match verb {
            "" if arguments.is_empty() && command.program() == Some("yarn") => Some(Fetches::Installs),
            verb => verb_of(verb, &["install", "add", "dlx"], &["upgrade", "up", "update"]),
        },
        "npx" | "bunx" | "uvx" => (!has("--no-install") && !has("--no")).then_some(Fetches::RunsDownload),
        "gem" | "bundle" | "composer" | "conda" | "mamba" | "micromamba" | "luarocks" | "cpan" | "cpanm" => {
            let local = has("--local");
            (!local).then(|| verb_of(verb, &["install", "require", "create"], &["update", "upgrade"])).flatten()
        }
        "go" => matches!(verb, "install" | "get").then_some(Fetches::Installs),
        "cargo" => matches!(verb, "install" | "binstall").then_some(Fetches::Installs),
        "dotnet" => (verb == "tool" || verb == "restore").then_some(Fetches::Installs),
        "nix-env" | "brew" | "snap" | "flatpak" => verb_of(verb, &["install", "-i", "-iA"], &["upgrade", "update", "refresh"]),
        "git" => matches!(verb, "clone" | "pull").then_some(Fetches::Downloads),
        "curl" | "wget" => {
            if piped.is_some_and(runs_input) {
                return Some(Fetches::RunsDownload);
            }
            let code = |w: &plimsoll_shell::Word| {
                let path = w.text.split(['?', '#']).next().unwrap_or_default();
                w.text.contains("://")
                    && [
                        ".sh", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".zip", ".jar", ".war", ".deb", ".rpm", ".apk", ".so", ".py",
                        ".whl", ".exe", ".run",
                    ]
                    .iter()
                    .any(|end| path.ends_with(end))
            };
            let extracts = piped.is_some_and(|next| matches!(next.program(), Some("tar" | "unzip" | "gunzip" | "bsdtar" | "install")));
            (extracts || arguments.iter().any(code)).then_some(Fetches::Downloads)
        }
        // sh -c "$(curl …)", eval "$(wget …)", bash <(curl …): the download stands for the code. A script that only looks at what it
        // fetched has the substitution behind something else, and its commands are looked at themselves.
        "sh" | "bash" | "eval" | "source" | "." => {
            let signs = ["$(curl", "$(wget", "`curl", "`wget", "<(curl", "<(wget"];
            arguments.iter().any(|w| signs.iter().any(|sign| w.text.trim_start().starts_with(sign))).then_some(Fetches::RunsDownload)
        }
        _ => None,
    }
}

fn second(arguments: &[plimsoll_shell::Word]) -> &str {
    arguments.iter().map(|w| w.text.as_str()).filter(|w| !w.starts_with('-')).nth(1).unwrap_or_default()
}

fn verb_of(verb: &str, install: &[&str], update: &[&str]) -> Option<Fetches> {
    if install.contains(&verb) { Some(Fetches::Installs) } else { update.contains(&verb).then_some(Fetches::Updates) }
}

fn runs_input(command: &Command) -> bool {
    matches!(command.program(), Some("sh" | "bash" | "dash" | "ash" | "zsh" | "python" | "python3" | "perl" | "ruby" | "node"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        use Fetches::{Downloads, Installs, RunsDownload, Updates};
        let cases = [
            ("apt-get -qq install -y x", Some(Installs)),
            ("apt-get update", Some(Updates)),
            ("apt-cache policy x", None),
            ("sudo apk add --no-cache x", Some(Installs)),
            ("pip install -r requirements.txt", Some(Installs)),
            ("pip install --no-index --find-links /wheels x", None),
            ("uv pip install x", Some(Installs)),
            ("python3 -m pip install x", Some(Installs)),
            ("python3 -m http.server", None),
            ("npm ci", Some(Installs)),
            ("npm start", None),
            ("npm run build", None),
            ("npx tool", Some(RunsDownload)),
            ("npx --no-install tool", None),
            ("bundle exec rails s", None),
            ("bundle install", Some(Installs)),
            ("git clone https://x.test/y", Some(Downloads)),
            ("git rev-parse HEAD", None),
            ("curl -f http://localhost/health", None),
            ("curl -sL https://x.test/i | bash", Some(RunsDownload)),
            ("curl -sL https://x.test/a.tar.gz -o a.tar.gz", Some(Downloads)),
            ("curl -sL https://x.test/a | tar xz", Some(Downloads)),
            ("sh -c \"$(curl -fsSL https://x.test/i)\"", Some(RunsDownload)),
            ("eval \"$(wget -qO- https://x.test/i)\"", Some(RunsDownload)),
            ("bash <(curl -fsSL https://x.test/i)", Some(RunsDownload)),
            ("sh -c 'TOKEN=$(curl -s x.test/token | jq -r .token) && echo $TOKEN'", None),
            ("sh -exc 'N=3\nCODE=$(wget --server-response http://${ADDRESS} 2>&1 | awk 1)'", None),
            ("go run .", None),
            ("cargo install x", Some(Installs)),
            ("dpkg -l", None),
            ("dpkg -i x.deb", Some(Installs)),
        ];
        for (text, wanted) in cases {
            let script = plimsoll_shell::parse(text);
            let found = script.commands.iter().filter(|c| c.substitution_depth == 0).find_map(|c| fetches(&script, c));
            assert_eq!(found, wanted, "{text}");
        }
    }
}
