use proptest::prelude::*;

use super::*;
use crate::testkit::look_in_memory;

/// What a lock file names: `name version`, with `dev` where only development needs it.
fn locked(name: &str, text: &str) -> Vec<String> {
    let (facts, problem) = look_in_memory(&Locks, &format!("app/{name}"), text.as_bytes());
    assert_eq!(problem, None, "{name}");
    let packages = facts.databases.iter().flat_map(|d| &d.packages);
    let shown = |p: &Package| format!("{} {}{}", p.name, p.version, if p.development { " dev" } else { "" });
    packages.inspect(|p| assert!(p.locked)).map(shown).collect()
}

#[test]
fn formats() {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "package-lock.json",
            r#"{"lockfileVersion": 3, "packages": {"": {"name": "app", "version": "1.0.0"}, "packages/own": {"version": "1.0.0"},
                "node_modules/own": {"resolved": "packages/own", "link": true},
                "node_modules/wrappy": {"version": "1.0.2"}, "node_modules/a/node_modules/@s/b": {"version": "2.0.0", "dev": true},
                "node_modules/alias": {"name": "real", "version": "3.0.0"}}}"#,
            &["@s/b 2.0.0 dev", "real 3.0.0", "wrappy 1.0.2"],
        ),
        (
            "npm-shrinkwrap.json",
            r#"{"lockfileVersion": 1, "dependencies": {"a": {"version": "1.0.0", "dependencies": {"b": {"version": "2.0.0", "dev": true}}},
                "alias": {"version": "npm:@s/real@3.0.0"}, "git": {"version": "git+ssh://git@x.test/y.git#0123"}}}"#,
            &["@s/real 3.0.0", "a 1.0.0", "b 2.0.0 dev"],
        ),
        (
            "yarn.lock",
            "# yarn lockfile v1\n\n\"@babel/core@^7.0.0\", \"@babel/core@^7.1.0\":\n  version \"7.12.3\"\n  resolved \"https://x.test\"\n  dependencies:\n    version-of \"1\"\n\nwrappy@1:\n  version \"1.0.2\"\n\nbare:\n  version \"3.0.0\"\n\n\"alias@npm:real@^1\":\n  version \"1.1.1\"\n",
            &["@babel/core 7.12.3", "bare 3.0.0", "real 1.1.1", "wrappy 1.0.2"],
        ),
        (
            "yarn.lock",
            "__metadata:\n  version: 6\n\n\"@s/own@workspace:.\":\n  version: 0.0.0-use.local\n  linkType: soft\n\n\"balanced-match@npm:^1.0.0\":\n  version: 1.0.2\n  resolution: \"balanced-match@npm:1.0.2\"\n\n\"old@npm:^1\":\n  \"version\": 1.1.0\n",
            &["balanced-match 1.0.2", "old 1.1.0"],
        ),
        (
            "pnpm-lock.yaml",
            "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      a:\n        version: 1.0.0\n\npackages:\n\n  '@s/b@2.0.0':\n    resolution: {integrity: x}\n\n  a@1.0.0(c@3):\n    resolution: {integrity: x}\n\n  d@https://x.test/d.tgz:\n    version: 1.0.0\n\nsnapshots:\n\n  z@9.0.0: {}\n",
            &["@s/b 2.0.0", "a 1.0.0"],
        ),
        (
            "pnpm-lock.yaml",
            "lockfileVersion: 5.4\n\npackages:\n\n  /@s/b/2.0.0_c@3.0.0:\n    resolution: {integrity: x}\n    dev: true\n\n  /a/1.0.0:\n    dev: false\n\n  registry.npmjs.org/@s/d/4.0.0:\n    dev: false\n\n  file:../own/1.0.0:\n    dev: false\n",
            &["@s/b 2.0.0 dev", "@s/d 4.0.0", "a 1.0.0"],
        ),
        (
            "bun.lock",
            "{\n  \"lockfileVersion\": 1,\n  \"workspaces\": {\n    \"\": {\n      \"dependencies\": { \"a\": \"^1\", },\n    },\n  },\n  \"packages\": {\n    \"a\": [\"a@1.0.0\", \"\", {}, \"sha512-x\"],\n\n    \"x/b\": [\"@s/b@2.0.0\", \"\", { \"dependencies\": {} }, \"sha512-x\"],\n\n    \"git\": [\"git@github:x/y#0123\", {}, \"x\"],\n  }\n}\n",
            &["@s/b 2.0.0", "a 1.0.0"],
        ),
        (
            "Cargo.lock",
            "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \"serde\",\n]\n\n[[package]]\nname = \"serde\"\nversion = \"1.0.200\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"00\"\n\n[metadata]\nversion = \"9\"\n",
            &["serde 1.0.200"],
        ),
        (
            "poetry.lock",
            "[[package]]\nname = \"flask\"\ndescription = \"\"\"\nname = \"no\"\n\"\"\"\nversion = \"2.3.2\"\ncategory = \"main\"\n\n[package.dependencies]\nversion = \">=1\"\n\n[[package]]\nname = \"pytest\"\nversion = \"7.0\"\ncategory = \"dev\"\n",
            &["flask 2.3.2", "pytest 7.0 dev"],
        ),
        (
            "uv.lock",
            "version = 1\n\n[[package]]\nname = \"emoji\"\nversion = \"2.14.0\"\nsource = { registry = \"https://pypi.org/simple\" }\nwheels = [\n    { url = \"x\" },\n]\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\nsource = { virtual = \".\" }\n",
            &["emoji 2.14.0"],
        ),
        (
            "pdm.lock",
            "[metadata]\nlock_version = \"4.4\"\n\n[[package]]\nname = \"toml\"\nversion = \"0.10.2\"\ngroups = [\"default\"]\n",
            &["toml 0.10.2"],
        ),
        (
            "Pipfile.lock",
            r#"{"_meta": {}, "default": {"a": {"version": "==1.0"}, "own": {"path": "."}}, "develop": {"b": {"version": "==2.0"}, "a": {"version": "==1.0"}}}"#,
            &["a 1.0", "b 2.0 dev"],
        ),
        (
            "composer.lock",
            r#"{"packages": [{"name": "sentry/sdk", "version": "2.0.4", "source": {}}], "packages-dev": [{"name": "a/b", "version": "v1"}]}"#,
            &["a/b v1 dev", "sentry/sdk 2.0.4"],
        ),
        (
            "packages.lock.json",
            r#"{"version": 1, "dependencies": {"net8.0": {"Core.A": {"type": "Direct", "resolved": "1.2.3"}, "own": {"type": "Project"}}, "net6.0": {"Core.A": {"resolved": "1.2.3"}}}}"#,
            &["Core.A 1.2.3"],
        ),
        (
            "Package.resolved",
            r#"{"pins": [{"identity": "swift-nio", "location": "https://github.com/apple/swift-nio.git", "state": {"version": "2.0.0"}},
                {"location": "git@github.com:a/b", "state": {"branch": "main"}}], "version": 2}"#,
            &["github.com/apple/swift-nio 2.0.0"],
        ),
        (
            "Package.resolved",
            r#"{"object": {"pins": [{"package": "X", "repositoryURL": "git@github.com:a/x.git", "state": {"version": "1.0.0"}}]}, "version": 1}"#,
            &["github.com/a/x 1.0.0"],
        ),
        (
            "Gemfile.lock",
            "PATH\n  remote: .\n  specs:\n    own (0.1)\n\nGEM\n  remote: https://rubygems.org/\n  specs:\n    nokogiri (1.15.4-x86_64-linux)\n      racc (~> 1.4)\n    racc (1.7.1)\n\nPLATFORMS\n  ruby\n",
            &["nokogiri 1.15.4", "racc 1.7.1"],
        ),
        (
            "pubspec.lock",
            "packages:\n  shelf:\n    dependency: transitive\n    description:\n      name: shelf\n      version: \"9\"\n    source: hosted\n    version: \"1.3.2\"\n  build_runner:\n    dependency: \"direct dev\"\n    source: hosted\n    version: \"2.2.1\"\n  own:\n    dependency: \"direct main\"\n    source: path\n    version: \"1.0.0\"\nsdks:\n  dart: \">=2\"\n",
            &["build_runner 2.2.1 dev", "shelf 1.3.2"],
        ),
        (
            "mix.lock",
            "%{\n  \"plug\": {:hex, :plug, \"1.11.1\", \"00\", [:mix], [{:mime, \"~> 1.0\", [hex: :mime]}], \"hexpm\", \"00\"},\n  \"x\": {:git, \"https://x.test\", \"00\", []},\n}\n",
            &["plug 1.11.1"],
        ),
        (
            "rebar.lock",
            "{\"1.2.0\",\n[{<<\"cowboy\">>,{pkg,<<\"cowboy\">>,<<\"2.9.0\">>},0},\n {<<\"x\">>,{git,\"https://x.test\",{ref,\"00\"}},1}]}.\n",
            &["cowboy 2.9.0"],
        ),
    ];
    for (name, text, wanted) in cases {
        assert_eq!(locked(name, text), *wanted, "{name}");
    }
}

#[test]
fn lock_files_of_packages_are_not_the_applications() {
    for (path, wanted) in [
        ("app/yarn.lock", true),
        ("yarn.lock", true),
        ("app/node_modules/a/yarn.lock", false),
        ("usr/local/bundle/gems/rack-2/Gemfile.lock", false),
        ("root/.cargo/registry/src/x/serde-1/Cargo.lock", false),
        ("srv/vendor/a/b/composer.lock", false),
        ("app/yarn.lock.md", false),
    ] {
        let entry = crate::testkit::entry(path, 1);
        assert_eq!(Locks.wants(&entry, b"") != Interest::Nothing, wanted, "{path}");
    }
}

#[test]
fn haskells_lock_files() {
    let of = |path: &str, text: &str| {
        let (facts, _) = look_in_memory(&Locks, path, text.as_bytes());
        facts.databases[0].packages.iter().map(|p| format!("{} {} {}", p.ecosystem.name(), p.name, p.version)).collect::<Vec<_>>()
    };
    let freeze = "active-repositories: hackage.haskell.org:merge\nconstraints: any.aeson ==2.1.2.1,\n             aeson -cffi +ordered-keymap,\n             any.base ==4.18.0.0\nindex-state: x\n";
    assert_eq!(of("app/cabal.project.freeze", freeze), ["hackage aeson 2.1.2.1", "hackage base 4.18.0.0"]);
    let lock = "packages:\n- completed:\n    hackage: acme-missiles-0.3@sha256:2ba66a092a32593880a87fb00f3213762d7bca65a687d45965778deb8694c5d1,613\n    pantry-tree:\n      size: 226\n  original:\n    hackage: acme-missiles-0.3\n- completed:\n    hackage: text-short-0.1.6@sha256:aa,1\nsnapshots:\n- original:\n    url: x\n";
    assert_eq!(of("app/stack.yaml.lock", lock), ["hackage acme-missiles 0.3", "hackage text-short 0.1.6"]);
}

#[test]
fn what_is_no_lock_file_is_told() {
    for name in ["package-lock.json", "composer.lock", "bun.lock", "Package.resolved"] {
        let (facts, problem) = look_in_memory(&Locks, &format!("app/{name}"), b"<html>");
        assert!(facts.databases.is_empty() && problem.is_some_and(|p| p.message.contains(name)), "{name}");
    }
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(look_in_memory(&Locks, "app/package-lock.json", deep.as_bytes()).1.is_some());
}

proptest! {
    #[test]
    fn any_text_ends(text in "[ a-z@/:\"'(){}<>,=\n.0-9\\[\\]é-]{0,300}") {
        for (name, _, read) in FORMATS {
            prop_assert!(read.read(&text).map_or(0, |l| l.len()) <= text.len() + 1, "{name}");
        }
    }
}

#[test]
fn a_lock_file_counts_only_where_nothing_of_it_is_installed() {
    let lock = |path: &str, ecosystem, names: &[(&str, bool)]| {
        let one =
            |(name, development): &(&str, bool)| Package { locked: true, development: *development, ..package(ecosystem, name, "1", path) };
        database(path, names.iter().map(one).collect())
    };
    let installed = |ecosystem, name: &str, path: &str| database(path, vec![package(ecosystem, name, "1", path)]);
    let counting = |databases: &[PackageDatabase]| {
        let carried_out = carried_out(databases.iter());
        let locked = databases.iter().flat_map(|d| &d.packages).filter(|p| p.locked && !carried_out.drops(p));
        locked.map(|p| p.name.clone()).collect::<Vec<_>>()
    };
    let npm = lock("app/package-lock.json", Ecosystem::Npm, &[("express", false), ("semver", false), ("mocha", true)]);
    assert_eq!(counting(std::slice::from_ref(&npm)), ["express", "semver"], "development packages are not there");
    let npms_own = installed(Ecosystem::Npm, "semver", "usr/local/lib/node_modules/npm/node_modules/semver/package.json");
    assert_eq!(counting(&[npm.clone(), npms_own]), ["express", "semver"], "npm's own packages are not the application's");
    let beside = installed(Ecosystem::Npm, "express", "app/node_modules/express/package.json");
    assert!(counting(&[npm, beside]).is_empty());
    let poetry = lock("app/poetry.lock", Ecosystem::Python, &[("Typing_Extensions", false), ("pip", false)]);
    let pip = installed(Ecosystem::Python, "pip", "usr/lib/python3.12/site-packages/pip-24.dist-info/METADATA");
    assert_eq!(counting(&[poetry.clone(), pip]).len(), 2);
    let debian = installed(Ecosystem::Python, "typing-extensions", "usr/lib/python3/dist-packages/typing_extensions-4.egg-info");
    assert_eq!(counting(&[poetry.clone(), debian]).len(), 2);
    let anywhere =
        installed(Ecosystem::Python, "typing-extensions", "opt/venv/lib/python3.12/site-packages/typing_extensions-4.dist-info/METADATA");
    assert!(counting(&[poetry, anywhere]).is_empty());
}
