//! Lock files that are read by their lines: Bundler's, Dart's, Mix's and Rebar's, Cabal's and Stack's.

use super::Locked;

/// Four spaces, a name, and its version in parentheses, below `specs:`; what it depends on stands deeper. A version may have a platform
/// behind it: `1.15.4-x86_64-linux`.
pub(super) fn gemfile(text: &str) -> Vec<Locked> {
    let mut locked = Vec::new();
    let (mut published, mut inside) = (false, false);
    for line in text.lines() {
        if !line.starts_with(' ') {
            // PATH names the application's own, GIT what no version of the registry is.
            published = line.trim_end() == "GEM";
            inside = false;
        } else if line == "  specs:" {
            inside = published;
        } else if let Some(spec) = line.strip_prefix("    ").filter(|l| inside && !l.starts_with(' '))
            && let Some((name, version)) = spec.trim_end().strip_suffix(')').and_then(|s| s.split_once(" ("))
        {
            locked.push(Locked::new(name, version.split('-').next().unwrap_or(version), false));
        }
    }
    locked
}

/// Below `packages:`, a name with two spaces, and its properties with four.
pub(super) fn pubspec(text: &str) -> Vec<Locked> {
    let mut locked = Vec::new();
    let (mut inside, mut name, mut development, mut hosted) = (false, "", false, false);
    for line in text.lines().map(str::trim_end) {
        if !line.starts_with(' ') {
            inside = line == "packages:";
        } else if let Some(key) = line.strip_prefix("  ").filter(|l| inside && !l.starts_with(' ')) {
            (name, development, hosted) = (key.trim_end_matches(':'), false, false);
        } else if let Some((key, value)) =
            line.strip_prefix("    ").filter(|l| inside && !l.starts_with(' ')).and_then(|l| l.split_once(": "))
        {
            match key {
                "dependency" => development = value.trim_matches('"') == "direct dev",
                "source" => hosted = value == "hosted",
                "version" if hosted => locked.push(Locked::new(name, value.trim_matches('"'), development)),
                _ => {}
            }
        }
    }
    locked
}

/// Terms of Elixir or Erlang: `"plug": {:hex, :plug, "1.11.1", …`, `{<<"cowboy">>,{pkg,<<"cowboy">>,<<"2.9.0">>},0}`.
pub(super) fn mix(text: &str) -> Vec<Locked> {
    let elixir = |line: &str| {
        let (_, rest) = line.split_once("{:hex, :")?;
        let (name, rest) = rest.split_once(", \"")?;
        Some(Locked::new(name.trim_matches('"'), rest.split('"').next()?, false))
    };
    let erlang = |line: &str| {
        let (_, rest) = line.split_once("{pkg,<<\"")?;
        let (name, rest) = rest.split_once("\">>,<<\"")?;
        Some(Locked::new(name, rest.split('"').next()?, false))
    };
    text.lines().filter_map(|line| elixir(line).or_else(|| erlang(line))).collect()
}

/// Constraints, one a line: `constraints: any.aeson ==2.1.2.1,`. Flags of packages stand among them.
pub(super) fn cabal(text: &str) -> Vec<Locked> {
    let one = |line: &str| {
        let line = line.trim();
        let constraint = line.strip_prefix("constraints:").unwrap_or(line).trim().trim_end_matches(',');
        let (name, version) = constraint.strip_prefix("any.")?.split_once(" ==")?;
        Some(Locked::new(name.trim(), version.trim(), false))
    };
    text.lines().filter_map(one).collect()
}

/// What each package was completed to: `hackage: acme-missiles-0.3@sha256:2ba6…,613`.
pub(super) fn stack(text: &str) -> Vec<Locked> {
    let one = |line: &str| {
        let line = line.trim();
        let (package, _) = line.strip_prefix("- ").unwrap_or(line).strip_prefix("hackage: ")?.split_once("@sha256:")?;
        // A name has no part of digits alone, so the version is behind the last dash.
        let (name, version) = package.rsplit_once('-').filter(|(_, v)| v.starts_with(|c: char| c.is_ascii_digit()))?;
        Some(Locked::new(name, version, false))
    };
    text.lines().filter_map(one).collect()
}
