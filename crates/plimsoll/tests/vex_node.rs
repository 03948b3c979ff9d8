//! `plimsoll vex draft` of packages of npm: what no load leads to is not loaded, where nothing that is loaded could load more.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code: a panic is the message.

mod kit;

use kit::debian::{Case, LIBC, rootfs};
use kit::elf::Elf;
use kit::{Image, plimsoll, stderr, stdout};
use serde_json::{Value, json};

const RECORD: &str = r#"{"id": "GHSA-aaaa-bbbb-cccc", "modified": "2025-01-01T00:00:00Z", "published": "2025-01-01T00:00:00Z", "summary": "x",
"affected": [{"package": {"ecosystem": "npm", "name": "left"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}]}]}"#;
const LEFT: &str = r#"{"name": "left", "version": "1.0.0", "main": "lib/left"}"#;

/// What is started, and what lies beside it.
struct Program<'a> {
    server: &'a str,
    command: &'a [&'a str],
    env: &'a str,
    files: Vec<(&'a str, &'a str)>,
    links: Vec<(&'a str, &'a str)>,
    health: Option<&'a [&'a str]>,
}

impl Default for Program<'_> {
    fn default() -> Self {
        Self {
            server: "const http = require('http');\nrequire('./lib/routes')(http);\n",
            command: &["node", "server.js"],
            env: "NODE_ENV=production",
            files: Vec::new(),
            links: Vec::new(),
            health: None,
        }
    }
}

impl<'a> Program<'a> {
    /// A server of these words.
    fn of(server: &'a str) -> Self {
        Self { server, ..Self::default() }
    }

    fn and(mut self, files: &[(&'a str, &'a str)]) -> Self {
        self.files.extend(files);
        self
    }

    /// The drafts.
    fn said(self, case: &Case, name: &str) -> Vec<Value> {
        let mut layer = rootfs(LIBC)
            .file("lib/libc.so.6", 0o755, Elf::library().bytes())
            .file("usr/bin/node", 0o755, Elf::program().needs("libc.so.6").imports("dlopen").bytes())
            .file("srv/app/server.js", 0o644, self.server)
            .file("srv/app/lib/routes.js", 0o644, "module.exports = http => require('used')(http);\n")
            .file("srv/app/node_modules/used/package.json", 0o644, r#"{"name": "used", "version": "2.0.0"}"#)
            .file("srv/app/node_modules/used/index.js", 0o644, "module.exports = http => http.createServer().listen(80);\n")
            .file("srv/app/node_modules/left/package.json", 0o644, LEFT)
            .file("srv/app/node_modules/left/lib/left.js", 0o644, "module.exports = () => 1;\n");
        for (path, bytes) in self.files {
            layer = layer.file(path, 0o644, bytes);
        }
        for (path, target) in self.links {
            layer = layer.link(path, target);
        }
        let mut config = json!({ "Cmd": self.command, "WorkingDir": "/srv/app", "Env": ["PATH=/usr/local/bin:/usr/bin", self.env] });
        if let Some(health) = self.health {
            config["Healthcheck"] = json!({ "Test": health });
        }
        Image::new(config).layer("COPY . /", layer).write(&case.path(name), "latest");
        let image = format!("oci:{}", case.text(name));
        let output = plimsoll(&["vex", "draft", &image, "--db", case.text("a.db"), "--format", "json", "-q"]);
        assert!(output.status.success(), "{}", stderr(&output));
        let answer: Value = serde_json::from_str(&stdout(&output)).unwrap();
        answer["drafts"].as_array().unwrap().clone()
    }

    fn one(self, case: &Case, name: &str) -> Value {
        let drafts = self.said(case, name);
        assert_eq!(drafts.len(), 1, "{name}: {drafts:#?}");
        drafts[0].clone()
    }
}

#[test]
fn a_package_that_no_load_leads_to_is_proven_not_to_be_loaded() {
    let case = Case::new(LIBC, &[("a.json", RECORD)]);
    let draft = Program::default().one(&case, "plain");
    assert_eq!(draft["justification"], "vulnerable_code_not_in_execute_path", "{draft:#}");
    insta::assert_snapshot!(draft["proof"]["words"].as_str().unwrap());
    assert_eq!(draft["proof"]["files"], json!(["/srv/app/node_modules/left/lib/left.js", "/srv/app/node_modules/left/package.json"]));
    for (name, program) in [
        ("in-a-comment", Program::of("/**\n * By `require(x)` of it, or eval.\n */\n// require(x)\nrequire('used');")),
        ("modules", Program::of("import used from 'used';\nimport { x } from './lib/routes.js';\nawait import('used');")),
        ("options", Program { command: &["node", "--enable-source-maps", "--max-old-space-size=200", "./server"], ..Program::default() }),
        ("no-check", Program { health: Some(&["NONE"]), ..Program::default() }),
        // Another package of the name, which lies in a package.
        (
            "another-copy",
            Program::of("require('used')").and(&[
                ("srv/app/node_modules/used/index.js", "require('left')"),
                ("srv/app/node_modules/used/node_modules/left/index.js", "1"),
            ]),
        ),
    ] {
        let draft = program.one(&case, name);
        assert!(draft["unproven"].is_null(), "{name}: {draft:#}");
    }
}

#[test]
fn what_may_be_handed_out_to_browsers_is_not_proven() {
    let case = Case::new(LIBC, &[("a.json", RECORD)]);
    for (name, server, is_proven) in [
        ("by-its-path", "require('./node_modules/left/lib/left')", false),
        ("by-a-whole-path", "require('/srv/app/node_modules/left')", false),
        ("by-its-folder", "require('used')(require('path').join(__dirname, 'node_modules/left/lib'))", false),
        ("all-packages", "require('used').static('node_modules')", false),
        ("its-own-folder", "require('used').static(__dirname)", false),
        ("the-folder-of-work", "require('used').static('.')", false),
        ("a-folder-below", "require('used').static('public')", true),
    ] {
        let draft = Program::of(server).one(&case, name);
        assert_eq!(draft["unproven"].is_null(), is_proven, "{name}: {draft:#}");
    }
    // Packages name the folder for reasons of their own.
    let in_a_package = [("srv/app/node_modules/used/index.js", "module.exports = /node_modules/")];
    assert!(Program::of("require('used')").and(&in_a_package).one(&case, "in-a-package")["unproven"].is_null());
}

#[test]
fn what_is_loaded_is_not_proven() {
    let case = Case::new(LIBC, &[("a.json", RECORD)]);
    let main = "srv/app/node_modules/used/package.json";
    for (name, program) in [
        ("itself", Program::of("require('left')")),
        ("a-file-of-it", Program::of("require('left/lib/left.js')")),
        ("without-ending", Program::of("require(\"left/lib/left\")")),
        ("import", Program::of("import left from 'left'")),
        ("import-in-lines", Program::of("import {\n  left\n} from\n  'left'")),
        ("import-alone", Program::of("import'left'")),
        ("export", Program::of("export * from 'left'")),
        ("import-later", Program::of("await import('left')")),
        ("import-by-a-text", Program::of("await import(`left`)")),
        ("resolve", Program::of("require.resolve('left')")),
        ("modules-own", Program::of("module.require('left')")),
        ("in-a-package", Program::default().and(&[("srv/app/node_modules/used/index.js", "require('left')")])),
        ("main", Program::of("require('used')").and(&[(main, r#"{"main": "a"}"#), ("srv/app/node_modules/used/a.js", "require('left')")])),
        (
            "folder",
            Program::of("require('used')")
                .and(&[(main, r#"{"main": "./a"}"#), ("srv/app/node_modules/used/a/index.js", "require('left')")]),
        ),
        (
            "exports",
            Program::of("require('used')").and(&[
                (main, r#"{"exports": {".": {"import": "./a.mjs", "default": "./index.js"}}}"#),
                ("srv/app/node_modules/used/a.mjs", "import 'left'"),
            ]),
        ),
        (
            "exports-by-a-pattern",
            Program::of("require('used/b')").and(&[
                (main, r#"{"name": "used", "exports": {"./*": "./lib/*.js"}}"#),
                ("srv/app/node_modules/used/lib/b.js", "require('left')"),
            ]),
        ),
        (
            "by-its-own-name",
            Program::of("require('used')").and(&[
                (main, r#"{"name": "used", "exports": {".": "./index.js", "./b": "./b.js"}}"#),
                ("srv/app/node_modules/used/index.js", "require('used/b')"),
                ("srv/app/node_modules/used/b.js", "require('left')"),
            ]),
        ),
        (
            "by-a-name-of-a-packages-own",
            Program::of("require('used')").and(&[
                (main, r##"{"imports": {"#b": {"node": "left", "default": "./c.js"}}}"##),
                ("srv/app/node_modules/used/index.js", "require('#b')"),
            ]),
        ),
        ("of-a-folder-above", Program::of("require('./a/b/c')").and(&[("srv/app/a/b/c.js", "require('left')")])),
        ("by-a-link", Program { links: vec![("srv/app/node_modules/other", "left")], ..Program::of("require('other')") }),
        (
            "through-a-global-folder",
            Program::of("require('shared')").and(&[("usr/share/nodejs/shared/index.js", "require('/srv/app/node_modules/left')")]),
        ),
    ] {
        let draft = program.one(&case, name);
        assert!(draft["unproven"].as_str().is_some_and(|why| why.contains("may load /srv/app/node_modules/left/")), "{name}: {draft:#}");
    }
}

#[test]
fn where_more_could_be_loaded_nothing_is_proven() {
    let case = Case::new(LIBC, &[("a.json", RECORD)]);
    for (name, server) in [
        ("computed", "require(process.argv[2])"),
        ("put-together", "require('le' + 'ft')"),
        ("in-a-text", "require(`${x}`)"),
        ("with-escapes", "require('\\x6ceft')"),
        ("a-comment-inside", "require(/* webpack */ 'left')"),
        ("another-name", "const r = require; r('le' + 'ft')"),
        ("handed-on", "load(require)"),
        ("as-a-member", "module['require'](x)"),
        ("import-computed", "await import(x)"),
        ("a-product", "x\n * require(y)"),
        ("eval", "eval(x)"),
        ("function", "new Function(x)()"),
        ("by-a-constructor", "(() => {}).constructor('return 1')()"),
        ("vm", "require('vm').runInThisContext(x)"),
        ("vm-of-node", "import vm from 'node:vm'"),
        ("module", "require('module').createRequire(x)"),
        ("program", "require('child_process').fork('x')"),
        ("cluster", "require('cluster').fork()"),
        ("worker", "import { Worker } from 'worker_threads'"),
        ("main-module", "process.mainModule.require(x)"),
        ("builtin", "process.getBuiltinModule('module')"),
        ("binding", "process.binding('contextify')"),
        ("hooks", "require.extensions['.x'] = f"),
        ("cache", "require.cache[x]"),
        ("native", "require('./a.node')"),
        ("of-the-package-itself", "require('#left')"),
        ("from-a-url", "import('data:text/javascript,1')"),
        ("no-script", "require('./a.es6')"),
        ("another-encoding", "r\0e\0q\0"),
        ("in-a-package", "require('loader')"),
    ] {
        let program = Program::of(server).and(&[
            ("srv/app/a.node", "\u{7f}ELF"),
            ("srv/app/a.es6", "require('left')"),
            ("srv/app/node_modules/loader/index.js", "module.exports = name => require(name)"),
        ]);
        let draft = program.one(&case, name);
        assert!(!draft["unproven"].is_null(), "{name}: {draft:#}");
    }
    let circle = Program::of("require('used')").and(&[
        ("srv/app/node_modules/used/package.json", r##"{"imports": {"#b": "#b"}}"##),
        ("srv/app/node_modules/used/index.js", "require('#b')"),
    ]);
    assert!(!circle.one(&case, "circle")["unproven"].is_null());
    let broken = Program::of("require('used')").and(&[("srv/app/node_modules/used/package.json", "{")]);
    assert!(!broken.one(&case, "broken")["unproven"].is_null());
}

#[test]
fn only_a_command_that_is_known_proves_something() {
    let case = Case::new(LIBC, &[("a.json", RECORD)]);
    for (name, command, env) in [
        ("preloaded", &["node", "-r", "left", "server.js"][..], "X=1"),
        ("imported", &["node", "--import", "left", "server.js"], "X=1"),
        ("loader", &["node", "--loader=left", "server.js"], "X=1"),
        ("code", &["node", "-e", "require('left')"], "X=1"),
        ("prompt", &["node"], "X=1"),
        ("inspected", &["node", "--inspect", "server.js"], "X=1"),
        ("debugged", &["node", "inspect", "server.js"], "X=1"),
        ("tests", &["node", "--test"], "X=1"),
        ("variables-of-a-file", &["node", "--env-file=.env", "server.js"], "X=1"),
        ("arguments", &["node", "server.js", "left"], "X=1"),
        ("npm", &["npm", "start"], "X=1"),
        ("shell", &["sh", "-c", "node server.js"], "X=1"),
        ("missing", &["node", "none.js"], "X=1"),
        ("options", &["node", "server.js"], "NODE_OPTIONS=--require left"),
        ("path", &["node", "server.js"], "NODE_PATH=/srv/app/other"),
        ("library", &["node", "server.js"], "LD_PRELOAD=/lib/x.so"),
    ] {
        let draft = Program { command, env, ..Program::default() }.one(&case, name);
        assert!(!draft["unproven"].is_null(), "{name}: {draft:#}");
    }
    let checked = Program { health: Some(&["CMD", "node", "check.js"]), ..Program::default() };
    assert!(!checked.one(&case, "checked")["unproven"].is_null());
    let elsewhere = Program { files: vec![("usr/share/nodejs/left/package.json", LEFT)], ..Program::default() };
    let drafts = elsewhere.said(&case, "elsewhere");
    assert_eq!(drafts.iter().filter(|d| d["unproven"].is_null()).count(), 0, "each copy has to be proven: {drafts:#?}");
}
