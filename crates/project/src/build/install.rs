//! Installations, upgrades and removals.

use plimsoll_evidence::{Does, Install, Wanted};

use super::commands::{Arg, Ran};
use super::versions::{Style, wanted};

/// How the command line of a package manager is laid out.
struct Manager {
    programs: &'static [&'static str],
    style: Style,
    install: &'static [&'static str],
    upgrade: &'static [&'static str],
    remove: &'static [&'static str],
    /// Options with a value in the next word.
    valued: &'static [&'static str],
}

const MANAGERS: &[Manager] = &[
    Manager {
        programs: &["apt-get", "apt", "aptitude", "apt-fast"],
        style: Style::Apt,
        install: &["install", "build-dep"],
        upgrade: &["upgrade", "dist-upgrade", "full-upgrade", "safe-upgrade"],
        remove: &["remove", "purge", "autoremove", "autopurge"],
        valued: &["-t", "--target-release", "--default-release", "-o", "--option", "-c", "--config-file", "-a", "--host-architecture"],
    },
    Manager {
        programs: &["apk"],
        style: Style::Apk,
        install: &["add"],
        upgrade: &["upgrade"],
        remove: &["del"],
        valued: &[
            "-t",
            "--virtual",
            "-X",
            "--repository",
            "-p",
            "--root",
            "--arch",
            "--keys-dir",
            "--repositories-file",
            "--cache-dir",
            "--cache-max-age",
            "--wait",
        ],
    },
    Manager {
        programs: &["yum", "dnf", "dnf5", "microdnf", "tdnf"],
        style: Style::Rpm,
        install: &["install", "in", "localinstall", "reinstall", "rei", "groupinstall", "builddep", "module"],
        upgrade: &["update", "upgrade", "up", "upgrade-minimal", "up-min", "distro-sync"],
        remove: &["remove", "erase", "autoremove"],
        valued: &[
            "-c",
            "--config",
            "-x",
            "--exclude",
            "--enablerepo",
            "--disablerepo",
            "--repo",
            "--repoid",
            "--installroot",
            "--releasever",
            "--setopt",
            "-d",
            "-e",
        ],
    },
    Manager {
        programs: &["zypper"],
        style: Style::Rpm,
        install: &["install", "in", "source-install", "si"],
        upgrade: &["update", "up", "dist-upgrade", "dup", "patch"],
        remove: &["remove", "rm"],
        valued: &["-r", "--repo", "-t", "--type", "-R", "--root", "-c", "--config", "-n", "--name", "--from"],
    },
    Manager {
        programs: &["pip", "pip2", "pip3", "pipx"],
        style: Style::Pip,
        install: &["install"],
        upgrade: &[],
        remove: &["uninstall"],
        valued: &[
            "-r",
            "--requirement",
            "-c",
            "--constraint",
            "-e",
            "--editable",
            "-i",
            "--index-url",
            "--extra-index-url",
            "-f",
            "--find-links",
            "-t",
            "--target",
            "--trusted-host",
            "--prefix",
            "--root",
            "--platform",
            "--python-version",
            "--implementation",
            "--abi",
            "--timeout",
            "--retries",
            "--cache-dir",
            "--proxy",
            "--no-binary",
            "--only-binary",
            "--progress-bar",
            "--upgrade-strategy",
            "--src",
            "--log",
            "--global-option",
            "--install-option",
            "--config-settings",
            "--root-user-action",
            "--python",
            "--group",
        ],
    },
    Manager {
        programs: &["npm", "pnpm", "cnpm"],
        style: Style::Npm,
        install: &["install", "i", "add", "ci", "clean-install", "isntall", "in"],
        upgrade: &["update", "upgrade", "up"],
        remove: &["uninstall", "remove", "rm"],
        valued: &[
            "--prefix",
            "--registry",
            "--cache",
            "--loglevel",
            "--omit",
            "--include",
            "--userconfig",
            "-C",
            "--dir",
            "--filter",
            "-F",
            "--store-dir",
            "--workspace",
            "-w",
        ],
    },
    Manager {
        programs: &["yarn", "bun"],
        style: Style::Npm,
        install: &["install", "add", "global", "dlx"],
        upgrade: &["upgrade", "up"],
        remove: &["remove"],
        valued: &["--cwd", "--modules-folder", "--cache-folder", "--registry", "--network-timeout", "--mutex", "--prefix"],
    },
    Manager {
        programs: &["gem"],
        style: Style::Gem,
        install: &["install", "i"],
        upgrade: &["update"],
        remove: &["uninstall"],
        valued: &["-v", "--version", "-i", "--install-dir", "-n", "--bindir", "--source", "-s", "--platform", "-P", "--trust-policy"],
    },
    Manager {
        programs: &["go"],
        style: Style::Go,
        install: &["install", "get", "run"],
        upgrade: &[],
        remove: &[],
        valued: &["-ldflags", "-tags", "-mod", "-o", "-p"],
    },
    Manager {
        programs: &["cargo"],
        style: Style::Cargo,
        install: &["install", "binstall"],
        upgrade: &[],
        remove: &["uninstall"],
        valued: &[
            "--version",
            "--vers",
            "--git",
            "--branch",
            "--tag",
            "--rev",
            "--path",
            "--root",
            "--target",
            "--features",
            "-F",
            "--bin",
            "--profile",
            "--registry",
            "--target-dir",
            "-j",
        ],
    },
    Manager {
        programs: &["composer"],
        style: Style::Composer,
        install: &["install", "require", "create-project"],
        upgrade: &["update", "self-update"],
        remove: &["remove"],
        valued: &["-d", "--working-dir", "--repository"],
    },
    Manager {
        programs: &["conda", "mamba", "micromamba"],
        style: Style::Conda,
        install: &["install", "create"],
        upgrade: &["update", "upgrade"],
        remove: &["remove", "uninstall"],
        valued: &["-c", "--channel", "-n", "--name", "-p", "--prefix", "-f", "--file", "--freeze-installed"],
    },
    Manager {
        programs: &["pecl", "pear"],
        style: Style::Dashed,
        install: &["install"],
        upgrade: &["upgrade"],
        remove: &["uninstall"],
        valued: &["-D", "--configureoptions"],
    },
    Manager {
        programs: &["luarocks"],
        style: Style::Dashed,
        install: &["install"],
        upgrade: &[],
        remove: &["remove"],
        valued: &["--server", "--tree"],
    },
    Manager {
        programs: &["brew", "snap"],
        style: Style::Npm,
        install: &["install"],
        upgrade: &["upgrade", "refresh"],
        remove: &["uninstall"],
        valued: &["--channel"],
    },
    Manager { programs: &["cpan", "cpanm"], style: Style::Npm, install: &[""], upgrade: &[], remove: &[], valued: &["-l", "--mirror"] },
    Manager { programs: &["pacman"], style: Style::Apt, install: &[""], upgrade: &[], remove: &[], valued: &["--config", "-b", "-r"] },
];

/// What a package manager's command does; none where it is none, or does nothing of the kind.
pub(super) fn of(ran: &Ran) -> Option<Does> {
    let (program, args) = through_python(ran);
    if let Some(does) = of_lock(program, &args, ran) {
        return Some(does);
    }
    let manager = MANAGERS.iter().find(|m| m.programs.contains(&program))?;
    let mut words = operands(manager, &args);
    let verb = if manager.install == [""] { "" } else { words.first().map(|a| a.text.as_str())? };
    if program == "pacman" {
        return pacman(manager, &args, &words);
    }
    if manager.upgrade.contains(&verb) {
        return Some(Does::Upgrade { manager: program.to_owned() });
    }
    if !manager.install.contains(&verb) {
        return None;
    }
    if !verb.is_empty() {
        words.remove(0);
    }
    // `dnf module install x:stream`.
    if verb == "module" {
        (words.first().is_some_and(|w| matches!(w.text.as_str(), "install" | "enable"))).then(|| words.remove(0))?;
        let packages = words.iter().map(|w| wanted(manager.style, w).map(|p| Wanted { pinned: p.name.contains(':'), ..p })).collect();
        return Some(Does::Install(Install { manager: program.to_owned(), packages, ..Install::default() }));
    }
    // Only `go run x@version` takes what is not there.
    if verb == "run" {
        words.retain(|w| w.text != "run");
        words.truncate(1);
        words.first().filter(|w| w.text.contains('@'))?;
        words.insert(0, words.first().copied()?);
    }
    // `yarn global add x`.
    if matches!(verb, "global") {
        (words.first().is_some_and(|w| w.text == "add")).then(|| words.remove(0))?;
    }
    let has = |option: &str| args.iter().any(|a| a.text == option || a.text.strip_prefix(option).is_some_and(|r| r.starts_with('=')));
    let mut install = Install {
        manager: program.to_owned(),
        packages: words.iter().map(|w| wanted(manager.style, w)).collect(),
        no_cache: has("--no-cache") || has("--no-cache-dir"),
        ..Install::default()
    };
    details(&mut install, manager, verb, &args, &has);
    let nothing = install.packages.is_empty() && install.lists.is_empty();
    (!nothing).then_some(Does::Install(install))
}

/// Installers that take all from a lock file of the project.
fn of_lock(program: &str, args: &[Arg], ran: &Ran) -> Option<Does> {
    let has = |option: &str| args.iter().any(|a| a.text == option);
    let verbs: Vec<&str> = args.iter().map(|a| a.text.as_str()).filter(|a| !a.starts_with('-')).collect();
    let verb = verbs.first().copied().unwrap_or_default();
    let (list, locked) = match (program, verb) {
        ("bundle" | "bundler", "install" | "") => ("Gemfile.lock", has("--deployment") || has("--frozen")),
        ("uv", "sync") => ("uv.lock", has("--frozen") || has("--locked")),
        ("poetry", "install") => ("poetry.lock", true),
        ("pipenv", "sync") => ("Pipfile.lock", true),
        ("pipenv", "install") => ("Pipfile.lock", has("--deploy") || has("--ignore-pipfile")),
        ("pdm", "sync") => ("pdm.lock", true),
        ("pdm", "install") => ("pdm.lock", has("--frozen-lockfile")),
        ("go", "mod") if verbs.get(1) == Some(&"download") => ("go.sum", true),
        ("cargo", "fetch") => ("Cargo.lock", has("--locked") || has("--frozen")),
        ("yarn", "") if ran.args.iter().all(|a| a.text.starts_with('-')) => ("yarn.lock", has("--frozen-lockfile") || has("--immutable")),
        ("dotnet", "restore") => ("packages.lock.json", has("--locked-mode")),
        ("mix", "deps.get") => ("mix.lock", has("--check-locked")),
        ("uv", "pip" | "add" | "tool") => return uv(args, &verbs),
        _ => return None,
    };
    Some(Does::Install(Install {
        manager: program.to_owned(),
        lists: vec![list.to_owned()],
        locked,
        no_cache: has("--no-cache"),
        ..Install::default()
    }))
}

/// `uv pip install`, `uv add`, `uv tool install`.
fn uv(args: &[Arg], verbs: &[&str]) -> Option<Does> {
    let skip = match (verbs.first()?, verbs.get(1)) {
        (&("pip" | "tool"), Some(&"install")) => 2,
        (&"pip", Some(&"sync")) => {
            let lists = verbs.get(2..).unwrap_or_default().iter().map(|v| (*v).to_owned()).collect();
            let locked = args.iter().any(|a| a.text == "--require-hashes");
            return Some(Does::Install(Install { manager: "uv".to_owned(), lists, locked, ..Install::default() }));
        }
        (&"add", _) => 1,
        _ => return None,
    };
    let manager = MANAGERS.iter().find(|m| m.programs.contains(&"pip"))?;
    let words = operands(manager, args);
    let mut install = Install {
        manager: "uv".to_owned(),
        packages: words.iter().skip(skip).map(|w| wanted(Style::Pip, w)).collect(),
        no_cache: args.iter().any(|a| a.text == "--no-cache"),
        ..Install::default()
    };
    let has = |option: &str| args.iter().any(|a| a.text == option || a.text.strip_prefix(option).is_some_and(|r| r.starts_with('=')));
    details(&mut install, manager, "install", args, &has);
    Some(Does::Install(install))
}

/// `python -m pip …` as `pip …`.
fn through_python(ran: &Ran) -> (&str, Vec<Arg>) {
    let module = ran.args.iter().position(|a| a.text == "-m").filter(|_| ran.program.starts_with("python"));
    match module.and_then(|at| Some((at, ran.args.get(at + 1)?))) {
        Some((at, name)) if matches!(name.text.as_str(), "pip" | "pipx" | "uv" | "poetry" | "pipenv") => {
            (name.text.as_str(), ran.args.get(at + 2..).unwrap_or_default().to_vec())
        }
        _ => (ran.program.as_str(), ran.args.clone()),
    }
}

fn pacman(manager: &Manager, args: &[Arg], words: &[&Arg]) -> Option<Does> {
    let operation = args.iter().find(|a| a.text.starts_with("-S") || a.text == "--sync" || a.text.starts_with("-U"))?;
    if words.is_empty() {
        return operation.text.contains('u').then(|| Does::Upgrade { manager: "pacman".to_owned() });
    }
    let packages = words.iter().map(|w| wanted(manager.style, w)).collect();
    Some(Does::Install(Install { manager: "pacman".to_owned(), packages, ..Install::default() }))
}

/// The words that are no options and no options' values.
fn operands<'a>(manager: &Manager, args: &'a [Arg]) -> Vec<&'a Arg> {
    let mut out = Vec::new();
    let mut skip = false;
    for arg in args {
        if std::mem::take(&mut skip) {
            continue;
        }
        if arg.text.starts_with('-') && arg.text.len() > 1 {
            skip = manager.valued.contains(&arg.text.as_str());
            // Behind `--` gem gives the words to what it builds.
            if arg.text == "--" && manager.style == Style::Gem {
                break;
            }
            continue;
        }
        if !arg.text.is_empty() {
            out.push(arg);
        }
    }
    out
}

fn details(install: &mut Install, manager: &Manager, verb: &str, args: &[Arg], has: &dyn Fn(&str) -> bool) {
    let values = |options: &[&str]| -> Vec<&Arg> {
        args.windows(2).filter(|pair| options.contains(&pair[0].text.as_str())).map(|pair| &pair[1]).collect()
    };
    let after = |option: &str| args.iter().find_map(|a| a.text.strip_prefix(option)?.strip_prefix('=').map(str::to_owned));
    match manager.style {
        Style::Apt => {
            let off = |a: &Arg| a.text.contains("Install-Recommends=0") || a.text.to_lowercase().contains("install-recommends=false");
            install.no_recommends = has("--no-install-recommends") || args.iter().any(off);
            // `name-` removes and `name+` installs.
            install.packages.retain(|p| !p.value.name.ends_with('-'));
        }
        Style::Apk => install.group = values(&["-t", "--virtual"]).first().map(|a| a.text.clone()).or_else(|| after("--virtual")),
        Style::Rpm => {
            install.no_recommends = args.iter().any(|a| {
                let text = a.text.to_lowercase();
                text.contains("install_weak_deps=false")
                    || text.contains("install_weak_deps=0")
                    || text.contains("install_weak_deps=no")
                    || text == "--no-recommends"
            });
        }
        Style::Pip => {
            install.lists.extend(values(&["-r", "--requirement", "-c", "--constraint"]).iter().map(|a| a.text.clone()));
            install.lists.extend(after("--requirement"));
            install.lists.extend(args.iter().filter_map(|a| a.text.strip_prefix("-r").filter(|f| !f.is_empty()).map(str::to_owned)));
            if !values(&["-c", "--constraint"]).is_empty() || after("--constraint").is_some() {
                // The versions stand in the constraints.
                install.packages.iter_mut().for_each(|p| p.value.pinned = true);
            }
            install.locked = has("--require-hashes");
            install.local = has("--no-index") || has("--offline");
            let editable: Vec<_> = values(&["-e", "--editable"]).into_iter().filter(|a| a.text.contains("://")).collect();
            install.packages.extend(editable.iter().map(|a| wanted(Style::Pip, a)));
            let own = |p: &plimsoll_evidence::Placed<Wanted>| !p.value.name.contains("://") && p.value.name.starts_with(['.', '/']);
            let all_own = !install.packages.is_empty() && install.packages.iter().all(own);
            install.local |= all_own && install.lists.is_empty() && has("--no-deps");
        }
        Style::Npm => {
            let ci = matches!(verb, "ci" | "clean-install");
            install.locked = ci || has("--frozen-lockfile") || has("--immutable");
            install.local = has("--offline");
            if install.packages.is_empty() && !has("-g") && !has("--global") && verb != "add" {
                let list = match (install.manager.as_str(), install.locked) {
                    ("yarn", true) => "yarn.lock",
                    ("pnpm", true) => "pnpm-lock.yaml",
                    ("bun", true) => "bun.lock",
                    (_, true) => "package-lock.json",
                    (_, false) => "package.json",
                };
                install.lists.push(list.to_owned());
            }
        }
        Style::Gem => {
            let version = values(&["-v", "--version"]).first().map(|a| a.text.clone()).or_else(|| after("--version"));
            versions(install, version.as_ref());
            install.local = has("--local");
        }
        Style::Go => {
            install.packages.retain(|p| !p.value.name.starts_with("./") && !matches!(p.value.name.as_str(), "." | "./..." | "cmd"));
        }
        Style::Cargo => {
            let version = values(&["--version", "--vers"]).first().map(|a| a.text.clone()).or_else(|| after("--version"));
            versions(install, version.as_ref());
            install.locked = has("--locked") || has("--frozen");
            install.local = has("--path") || has("--offline");
            if let Some(url) = values(&["--git"]).first() {
                let pinned = has("--rev");
                install.packages = vec![wanted(Style::Cargo, url).map(|w| Wanted { pinned, ..w })];
            }
        }
        Style::Composer if verb == "install" => {
            install.packages.clear();
            install.lists.push("composer.lock".to_owned());
            install.locked = true;
        }
        Style::Conda => install.lists.extend(values(&["-f", "--file"]).iter().map(|a| a.text.clone())),
        Style::Composer | Style::Dashed => {}
    }
}

/// One version for all that is named, from an option.
fn versions(install: &mut Install, version: Option<&String>) {
    let Some(version) = version else { return };
    let pinned = !version.contains(['<', '>', '~', '*', '^']);
    for package in &mut install.packages {
        package.value.version = Some(version.clone());
        package.value.pinned = pinned;
    }
}

/// The packages that a command removes again, and whether it removes everything that was only needed by others.
pub(super) fn removed(ran: &Ran) -> Option<Vec<&str>> {
    let manager = MANAGERS.iter().find(|m| m.programs.contains(&ran.program.as_str()))?;
    let words = operands(manager, &ran.args);
    let (verb, names) = words.split_first()?;
    manager.remove.contains(&verb.text.as_str()).then(|| names.iter().map(|a| a.text.as_str()).collect())
}
