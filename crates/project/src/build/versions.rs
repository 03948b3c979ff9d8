//! Packages as each manager's command line names them.

use plimsoll_evidence::{Placed, Wanted};

use super::commands::Arg;

/// How a manager writes names and versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `name=1.2`, `name/release`, `name:arch`.
    Apt,
    /// `name=1.2-r0`, `name~1.2`, `name>1`.
    Apk,
    /// `name-1.2-3.el9`.
    Rpm,
    /// `name==1.2`, `name>=1`, `name[extra]`, `name @ URL`.
    Pip,
    /// `name@1.2.3`, `@scope/name@^1`.
    Npm,
    /// `name:1.2`, or `-v 1.2`.
    Gem,
    /// `path@v1.2.3`.
    Go,
    /// `name@1.2.3`.
    Cargo,
    /// `vendor/name:1.2`, `vendor/name:^1`.
    Composer,
    /// `name=1.2`, `channel::name=1.2=build`.
    Conda,
    /// `name-1.2`.
    Dashed,
}

/// A package out of a word.
pub(super) fn wanted(style: Style, arg: &Arg) -> Placed<Wanted> {
    let text = arg.text.as_str();
    let value = if !arg.known && (text.starts_with('$') || text.starts_with('`')) {
        // Which package it is, only a run could tell; it is not called unpinned.
        Wanted { name: String::new(), version: None, pinned: true }
    } else if text.contains("://") || text.starts_with("git+") {
        from_address(text)
    } else {
        let (name, version, pinned) = split(style, text);
        // A version that is a variable is a version: which, the file or the builder says.
        Wanted { name: name.to_owned(), version: version.filter(|v| !v.is_empty()).map(str::to_owned), pinned }
    };
    Placed::new(value, arg.place)
}

/// An address: it stays what it is where it names a commit or a digest.
fn from_address(text: &str) -> Wanted {
    let reference = text.rsplit_once('@').map(|(_, r)| r.split('#').next().unwrap_or(r));
    let stays = |r: &str| is_commit(r) || is_release(r);
    let pinned = if text.contains("git+") || text.ends_with(".git") {
        reference.is_some_and(stays) || text.rsplit_once('#').is_some_and(|(_, r)| stays(r))
    } else {
        text.contains("#sha256=") || !moves(text)
    };
    Wanted { name: text.to_owned(), version: None, pinned }
}

/// Whether a reference looks like the tag of a release. Tags can be moved, but by habit are not.
pub(super) fn is_release(text: &str) -> bool {
    let version = text.trim_start_matches("refs/tags/");
    let version = version.strip_prefix('v').unwrap_or(version);
    version.starts_with(|c: char| c.is_ascii_digit()) && version.contains('.')
}

/// Whether an address names what moves: a branch, or the latest release.
pub(super) fn moves(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    // `main` is a part of a distribution's archive too: it is a branch where code is kept.
    let code = ["github", "gitlab", "bitbucket", "codeberg", "gitea", "/raw/", "/blob/", "raw."].iter().any(|part| path.contains(part));
    let branches = ["/master/", "/main/", "/develop/", "/trunk/"];
    if code && branches.iter().any(|part| path.contains(part)) {
        return true;
    }
    let parts = ["/latest/", "/HEAD/", "/refs/heads/", "/nightly/"];
    let ends =
        ["/latest", "-latest", "/master", "/main", "/HEAD", "/stable.txt", "/master.zip", "/main.zip", "/master.tar.gz", "/main.tar.gz"];
    let stems = ["-latest.", "_latest.", "/latest."];
    parts.iter().any(|part| path.contains(part))
        || ends.iter().any(|end| path.ends_with(end))
        || stems.iter().any(|stem| path.contains(stem))
}

/// Whether a reference is a commit: 40 or 64 hexadecimal digits, or a long enough start of them.
pub(super) fn is_commit(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit()) && text.bytes().any(|b| b.is_ascii_digit())
}

/// Name, version, and whether only one version fits.
fn split(style: Style, text: &str) -> (&str, Option<&str>, bool) {
    match style {
        Style::Apt => match text.split_once('=') {
            Some((name, version)) => (name.split(':').next().unwrap_or(name), Some(version), !version.contains('*')),
            None => match text.split_once('/') {
                Some((name, release)) if !text.starts_with(['.', '/']) => (name, Some(release), false),
                _ => (text.split(':').next().unwrap_or(text), None, text.starts_with(['.', '/'])),
            },
        },
        Style::Apk => {
            let end = text.find(['=', '~', '<', '>', '@']).unwrap_or(text.len());
            let (name, rest) = text.split_at(end);
            // `name@tag` names a repository, not a version. `name~1.2` is as near as Alpine lets one come, whose repositories keep
            // one build of each branch.
            let fits = rest.starts_with('=') || rest.starts_with('~');
            let version = rest.trim_start_matches(['=', '~', '<', '>']);
            (
                name,
                (!rest.is_empty() && !rest.starts_with('@')).then_some(version),
                fits || text.starts_with(['.', '/']) || text.ends_with(".apk"),
            )
        }
        Style::Rpm => {
            if let Some((name, version)) = text.split_once(" = ").or_else(|| text.split_once('=')) {
                return (name, Some(version), true);
            }
            if text.starts_with(['.', '/', '@']) || text.ends_with(".rpm") {
                return (text, None, !text.starts_with('@'));
            }
            match rpm_version(text) {
                Some(at) => (text.get(..at).unwrap_or(text), text.get(at + 1..), !text.contains('*')),
                None => (text, None, false),
            }
        }
        Style::Pip => {
            // What holds a slash is a path to pip.
            if text.starts_with(['.', '/'])
                || text.ends_with(".whl")
                || text.ends_with(".tar.gz")
                || (text.contains('/') && !text.contains('@'))
            {
                return (text, None, true);
            }
            let end = text.find(['=', '<', '>', '!', '~', ' ', '[', ';', '@']).unwrap_or(text.len());
            let name = text.get(..end).unwrap_or(text);
            let exact = text.split_once("==").map(|(_, version)| version.trim_start_matches('='));
            (
                name,
                exact.or_else(|| text.get(end..).filter(|r| r.starts_with(['<', '>', '~', '!']))),
                exact.is_some_and(|v| !v.contains('*')),
            )
        }
        Style::Npm => {
            if text.starts_with(['.', '/', '~']) || [".tgz", ".tar.gz", ".tar"].iter().any(|end| text.ends_with(end)) {
                return (text, None, true);
            }
            match text.get(1..).and_then(|rest| rest.rfind('@')).map(|at| at + 1) {
                Some(at) => {
                    let version = text.get(at + 1..).unwrap_or_default();
                    (text.get(..at).unwrap_or(text), Some(version), is_exact(version))
                }
                None => (text, None, false),
            }
        }
        Style::Gem => match text.split_once(':') {
            // `name:1` asks for exactly 1.
            Some((name, version)) => (name, Some(version), is_exact(version) || version.bytes().all(|b| b.is_ascii_digit())),
            None => (text, None, text.ends_with(".gem")),
        },
        Style::Go => match text.split_once('@') {
            Some((name, version)) => {
                let exact =
                    version.strip_prefix('v').is_some_and(|v| v.matches('.').count() >= 2) || is_commit(version) || version.contains('$');
                (name, Some(version), exact)
            }
            None => (text, None, text.starts_with(['.', '/'])),
        },
        Style::Cargo => match text.split_once('@') {
            Some((name, version)) => (name, Some(version), is_exact(version.trim_start_matches('='))),
            None => (text, None, false),
        },
        Style::Composer => match text.split_once([':', '=']) {
            Some((name, version)) => (name, Some(version), is_exact(version)),
            None => (text, None, false),
        },
        Style::Conda => {
            let name = text.rsplit("::").next().unwrap_or(text);
            let end = name.find(['=', '<', '>']).unwrap_or(name.len());
            let version = name.get(end..).filter(|v| !v.is_empty()).map(|v| v.trim_start_matches('='));
            (name.get(..end).unwrap_or(name), version, version.is_some_and(|v| !v.starts_with(['<', '>']) && !v.contains('*')))
        }
        Style::Dashed => match text.rsplit_once('-') {
            Some((name, version)) if version.starts_with(|c: char| c.is_ascii_digit() || c == '$') => (name, Some(version), true),
            _ => (text, None, false),
        },
    }
}

/// Whether a version is one and no range or tag.
fn is_exact(version: &str) -> bool {
    let bare = version.trim_start_matches(['v', '=']);
    if bare.contains('$') {
        return true;
    }
    bare.starts_with(|c: char| c.is_ascii_digit())
        && bare.split(['-', '+']).next().is_some_and(|core| core.split('.').count() >= 2)
        && !bare.contains(['*', '^', '~', '<', '>', '|', ' '])
        && !bare.split('.').any(|part| part == "x" || part == "X")
}

/// Where the dash before the version of `name-version[-release][.arch]` stands. Names hold digits and dashes too (`java-17-openjdk`,
/// `python3.11-devel`): a version has a dot or is followed by a release, and nothing but versions come behind it.
fn rpm_version(text: &str) -> Option<usize> {
    text.match_indices('-').map(|(at, _)| at).find(|at| {
        let rest = text.get(at + 1..).unwrap_or_default();
        let head = rest.split('-').next().unwrap_or_default();
        // A variable, or `*`, in the place of a version is one.
        if rest.starts_with('$') || rest.starts_with('*') {
            return true;
        }
        let numeric = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
        numeric(rest) && rest.split('-').all(numeric) && (head.contains('.') || rest.contains('-') || head.contains(':'))
    })
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::Place;

    use super::*;

    #[test]
    fn names_and_versions() {
        let cases = [
            (Style::Apt, "curl", "curl - no"),
            (Style::Apt, "curl=7.88.1-10", "curl 7.88.1-10 yes"),
            (Style::Apt, "curl=7.*", "curl 7.* no"),
            (Style::Apt, "curl:arm64", "curl - no"),
            (Style::Apt, "curl/testing", "curl testing no"),
            (Style::Apt, "./x.deb", "./x.deb - yes"),
            (Style::Apk, "curl", "curl - no"),
            (Style::Apk, "curl=8.5.0-r0", "curl 8.5.0-r0 yes"),
            (Style::Apk, "curl~8.5", "curl 8.5 yes"),
            (Style::Apk, "curl>8", "curl 8 no"),
            (Style::Apk, "curl@edge", "curl - no"),
            (Style::Rpm, "httpd", "httpd - no"),
            (Style::Rpm, "httpd-2.4.6-93.el7", "httpd 2.4.6-93.el7 yes"),
            (Style::Rpm, "httpd-2.4.6", "httpd 2.4.6 yes"),
            (Style::Rpm, "java-17-openjdk", "java-17-openjdk - no"),
            (Style::Rpm, "java-17-openjdk-17.0.9.0.9-2.el9", "java-17-openjdk 17.0.9.0.9-2.el9 yes"),
            (Style::Rpm, "python3.11-devel", "python3.11-devel - no"),
            (Style::Rpm, "x-2.*", "x 2.* no"),
            (Style::Pip, "flask", "flask - no"),
            (Style::Pip, "flask==3.0.0", "flask 3.0.0 yes"),
            (Style::Pip, "flask[async]==3.0.0", "flask 3.0.0 yes"),
            (Style::Pip, "flask>=3", "flask >=3 no"),
            (Style::Pip, "flask==3.*", "flask 3.* no"),
            (Style::Pip, ".", ". - yes"),
            (Style::Npm, "yarn", "yarn - no"),
            (Style::Npm, "yarn@1.22.19", "yarn 1.22.19 yes"),
            (Style::Npm, "@scope/x@1.2.3", "@scope/x 1.2.3 yes"),
            (Style::Npm, "@scope/x", "@scope/x - no"),
            (Style::Npm, "yarn@latest", "yarn latest no"),
            (Style::Npm, "yarn@^1.2.3", "yarn ^1.2.3 no"),
            (Style::Npm, "yarn@1", "yarn 1 no"),
            (Style::Gem, "bundler:2.4.1", "bundler 2.4.1 yes"),
            (Style::Gem, "bundler:1", "bundler 1 yes"),
            (Style::Gem, "bundler", "bundler - no"),
            (Style::Pip, "foo/bar", "foo/bar - yes"),
            (Style::Npm, "~/folder", "~/folder - yes"),
            (Style::Npm, "git+https://x.test/y.git#v1.0.27", "git+https://x.test/y.git#v1.0.27 - yes"),
            (Style::Npm, "git+https://x.test/y#semver:^5.0", "git+https://x.test/y#semver:^5.0 - no"),
            (Style::Apk, "x-1.1.apk", "x-1.1.apk - yes"),
            (Style::Go, "/go/app", "/go/app - yes"),
            (Style::Go, "x.test/y@v1.2.3", "x.test/y v1.2.3 yes"),
            (Style::Go, "x.test/y@latest", "x.test/y latest no"),
            (Style::Go, "x.test/y@0123abcd4567", "x.test/y 0123abcd4567 yes"),
            (Style::Cargo, "ripgrep@14.1.0", "ripgrep 14.1.0 yes"),
            (Style::Composer, "a/b:^1.2", "a/b ^1.2 no"),
            (Style::Composer, "a/b:1.2.0", "a/b 1.2.0 yes"),
            (Style::Conda, "numpy=1.26", "numpy 1.26 yes"),
            (Style::Conda, "conda-forge::numpy", "numpy - no"),
            (Style::Dashed, "xdebug-3.2.1", "xdebug 3.2.1 yes"),
            (
                Style::Pip,
                "git+https://x.test/y@0123456789abcdef0123456789abcdef01234567",
                "git+https://x.test/y@0123456789abcdef0123456789abcdef01234567 - yes",
            ),
            (Style::Pip, "git+https://x.test/y@main", "git+https://x.test/y@main - no"),
        ];
        for (style, text, expected) in cases {
            let value = wanted(style, &Arg { text: text.to_owned(), known: true, place: Place::default() }).value;
            let version = value.version.as_deref().unwrap_or("-");
            assert_eq!(format!("{} {version} {}", value.name, if value.pinned { "yes" } else { "no" }), expected);
        }
        let unknown = wanted(Style::Apt, &Arg { text: "$PACKAGES".to_owned(), known: false, place: Place::default() }).value;
        assert_eq!((unknown.name.as_str(), unknown.pinned), ("", true));
    }

    #[test]
    fn what_moves() {
        for url in [
            "https://x.test/releases/latest/download/y",
            "https://raw.githubusercontent.com/y/master/z.sh",
            "https://x.test/y/-/raw/main/z.sh",
            "https://x.test/y-latest.zip",
            "https://x.test/latest",
        ] {
            assert!(moves(url), "{url}");
        }
        for url in [
            "https://x.test/releases/1.2/y",
            "http://x.test/debian/pool/main/y.deb",
            "https://x.test/mainline/y",
            "https://x.test/y?latest",
        ] {
            assert!(!moves(url), "{url}");
        }
    }
}
