use proptest::prelude::*;

use super::*;

fn found(path: &str, bytes: &[u8]) -> Vec<String> {
    let code = NodeCode::new(&["@scope/name".to_owned(), "pug".to_owned()]);
    let mut lines = BTreeSet::new();
    if is_manifest(path) { manifest::look(bytes, &mut lines) } else { code.script(bytes, &mut lines) }
        .map_or_else(|| vec![UNREAD.to_owned()], |()| lines.into_iter().filter(|l| !l.starts_with(DIGEST)).collect())
}

#[test]
fn what_is_written_out_is_loaded() {
    for (text, wanted) in [
        ("const a = require('a'), b = require(\"./b\").c", &["load ./b", "load a"][..]),
        ("require( `a` )", &["load a"]),
        ("module.require('a')", &["load a"]),
        ("import a from 'a'\nimport {b} from \"b\"\nimport 'c'\nexport * from'd'", &["load a", "load b", "load c", "load d"]),
        ("await import('a'); import('b', { with: {} })", &["load a", "load b"]),
        ("require.resolve('a/package.json')", &["load a/package.json"]),
        ("if (require.main === module) typeof require === 'function'", &[]),
        ("// require('a') and require(b)\n/**\n * eval is evil\n *\n * By `require()` of it\n */\n/* Function(x) */", &["load a"]),
        ("process.binding('tty_wrap'); import.meta.url", &[]),
        ("x instanceof Function; Function.prototype.call", &[]),
        ("requireAll(x); this.requires[1]; isFunction(x)", &[]),
        ("res.render('index.pug'); use('@scope/name/x')", &["name 0", "name 1", "renders"]),
    ] {
        assert_eq!(found("app/a.js", text.as_bytes()), wanted, "{text}");
    }
}

#[test]
fn what_could_load_more_is_told() {
    for text in [
        "require(a)",
        "require('a' + b)",
        "require(`a${b}`)",
        "require('\\x61')",
        "require(/* c */ 'a')",
        "require\n(a)",
        "(0, require)('a')",
        "const r = require;",
        "load(require)",
        "module['require']('a')",
        "module['constr' + x]('a')",
        "require.cache[x]",
        "require.extensions['.x'] = f",
        "require.resolve(a)",
        "require.ensure([], f)",
        "import(a)",
        "import('a' + b)",
        "import(/* c */ 'a')",
        "import a from /* c */ 'a'",
        "import.meta.resolve('a')",
        "callBound('%Function%')(x)",
        "GetIntrinsic('Function')(x)",
        "import a from '\\x61'",
        "eval(a)",
        "(0, eval)(a)",
        "new Function(a)",
        "const F = Function;\nF(a)",
        "f.constructor('return 1')",
        "module.constructor._load(a)",
        "const F = (async () => {}).constructor; new F(a)()",
        "var F = Object.getPrototypeOf(async function () {}).constructor",
        "process.mainModule.require(a)",
        "process.getBuiltinModule('fs')",
        "process.binding(a)",
        "process.binding('contextify')",
        "process.dlopen(a)",
        "arguments[1]('a')",
        "require('child_process')",
        "import vm from 'node:vm'",
        "require('worker_threads')",
        "require('module')",
        "createRequire(import.meta.url)('a')",
        "x\n * require(a)",
        "/* b */ x\n * require(a)",
        "/* b\n * c */\n * require(a)",
        "class A {\n  * f() { const r = require; }\n}",
        "a /* not\n * a comment */ * require(a)",
    ] {
        let found = found("app/a.js", text.as_bytes());
        assert!(found.iter().any(|line| line.starts_with(DANGER)), "{text}: {found:?}");
    }
    assert_eq!(found("app/a.js", b"r\0e\0q\0"), [UNREAD]);
}

#[test]
fn files_by_which_a_package_is_loaded() {
    for (text, wanted) in [
        ("{}", &[][..]),
        (r#"{"main": "lib/a"}"#, &["load lib/a", "main lib/a"]),
        (r#"{"name": "a", "exports": {".": {"import": "./a.mjs", "default": ["./a.js"]}}}"#, &["main ./a.js", "main ./a.mjs", "self a"]),
        (r#"{"exports": {"./*": "./lib/*.js"}}"#, &["any", "main ./lib/*.js"]),
        (r##"{"imports": {"#a": {"node": "a", "default": "./b.js", "browser": "c"}}}"##, &["imports", "load a", "main ./b.js", "main a"]),
        ("[", &[UNREAD]),
    ] {
        assert_eq!(found("app/package.json", text.as_bytes()), wanted, "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_ends(text in "[a-z()'\"`./* \n\\\\@]{0,200}", word in "(require|import|from|Function|module|arguments|constructor|process.binding)") {
        found("app/a.js", format!("{text}{word}{text}").as_bytes());
    }
}

#[test]
fn long_lines_take_no_longer_than_their_bytes() {
    let started = std::time::Instant::now();
    for part in ["eval ", "// eval ", "* eval\n", "a.", "from 'x\\", "'\"`"] {
        found("app/a.js", part.repeat((1 << 18) / part.len()).as_bytes());
    }
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}
