//! What a script loads, and by what it could load what is not written in it (documentation of `Node.js`, the chapters on modules).

use std::collections::BTreeSet;

use super::scan::{before, identifiers, is_comment, last, line_before, literal, next};

/// What one script has.
#[derive(Default)]
pub(super) struct Found {
    pub(super) loads: BTreeSet<String>,
    pub(super) dangers: BTreeSet<&'static str>,
}

/// Words that by themselves say that code is loaded in another way, or that the loader is changed.
const WORDS: [(&[u8], &str); 32] = [
    (b"AsyncFunction", "AsyncFunction"),
    (b"AsyncGeneratorFunction", "AsyncGeneratorFunction"),
    (b"GeneratorFunction", "GeneratorFunction"),
    (b"NODE_OPTIONS", "NODE_OPTIONS"),
    (b"NODE_PATH", "NODE_PATH"),
    (b"SourceTextModule", "SourceTextModule"),
    (b"__non_webpack_require__", "__non_webpack_require__"),
    (b"_compile", "_compile"),
    (b"_findPath", "_findPath"),
    (b"_initPaths", "_initPaths"),
    (b"_linkedBinding", "_linkedBinding"),
    (b"_load", "_load"),
    (b"_nodeModulePaths", "_nodeModulePaths"),
    (b"_preloadModules", "_preloadModules"),
    (b"_resolveFilename", "_resolveFilename"),
    (b"compileFunction", "compileFunction"),
    (b"createRequire", "createRequire"),
    (b"createRequireFromPath", "createRequireFromPath"),
    (b"dlopen", "dlopen"),
    (b"eval", "eval"),
    (b"execArgv", "execArgv"),
    (b"execPath", "execPath"),
    (b"execScript", "execScript"),
    (b"getBuiltinModule", "getBuiltinModule"),
    (b"importScripts", "importScripts"),
    (b"mainModule", "mainModule"),
    (b"registerHooks", "registerHooks"),
    (b"requireFromString", "requireFromString"),
    (b"runInContext", "runInContext"),
    (b"runInNewContext", "runInNewContext"),
    (b"runInThisContext", "runInThisContext"),
    (b"runMain", "runMain"),
];
/// Parts of Node.js that start programs, or load or make code for their callers.
const BUILTIN: [&str; 9] = ["child_process", "cluster", "inspector", "inspector/promises", "module", "repl", "sea", "vm", "worker_threads"];
/// Node's own bindings that load nothing.
const HARMLESS_BINDINGS: [&str; 6] = ["buffer", "constants", "http_parser", "tty_wrap", "util", "uv"];

/// Bytes before a constructor in which a function that it is of begins.
const NEAR: usize = 80;

pub(super) fn look(bytes: &[u8], found: &mut Found) {
    for (start, end) in identifiers(bytes) {
        let word = &bytes[start..end];
        let danger = match word {
            b"require" => require(bytes, start, end, found),
            b"import" => import(bytes, end, found),
            b"from" => from(bytes, start, end, found),
            b"Function" => function(bytes, start, end),
            b"binding" => binding(bytes, start, end),
            b"constructor" => constructor(bytes, start, end),
            b"module" => member(bytes, end),
            // The second argument of the function around each script.
            b"arguments" => bytes[end..].starts_with(b"[1](").then_some("arguments[1]()"),
            _ => WORDS.iter().find(|(known, _)| *known == word).map(|(_, what)| *what),
        };
        if let Some(what) = danger.filter(|what| !found.dangers.contains(what) && !is_comment(bytes, start)) {
            found.dangers.insert(what);
        }
    }
    for load in &found.loads {
        let bare = load.strip_prefix("node:").unwrap_or(load);
        if let Some(known) = BUILTIN.iter().find(|b| **b == bare) {
            found.dangers.insert(known);
        }
    }
}

fn require(bytes: &[u8], start: usize, end: usize, found: &mut Found) -> Option<&'static str> {
    const MADE: &str = "require() of what is not written out";
    let at = next(bytes, end);
    match bytes.get(at) {
        Some(b'(') => called(bytes, at, b")", found).then_some(()).map_or(Some(MADE), |()| None),
        Some(b'.') => {
            let member = next(bytes, at + 1);
            if bytes[member..].starts_with(b"main") && !bytes.get(member + 4).is_some_and(|b| super::scan::is_part(*b)) {
                return None;
            }
            let resolves = bytes[member..].starts_with(b"resolve") && {
                let open = next(bytes, member + 7);
                bytes.get(open) == Some(&b'(') && called(bytes, open, b"),", found)
            };
            if resolves { None } else { Some("what require has beside main and resolve()") }
        }
        _ if before(bytes, start) == b"typeof" => None,
        _ => Some("require handed on"),
    }
}

fn import(bytes: &[u8], end: usize, found: &mut Found) -> Option<&'static str> {
    let at = next(bytes, end);
    match bytes.get(at) {
        Some(b'(') => (!called(bytes, at, b"),", found)).then_some("import() of what is not written out"),
        Some(b'\'' | b'"' | b'`') => {
            found.loads.extend(literal(bytes, at).map(|(name, _)| name));
            // One with escapes.
            literal(bytes, at).is_none().then_some("import of what is not written out plainly")
        }
        Some(b'/') => Some("import with a comment in it"),
        // import.meta.resolve, import.source
        Some(b'.') => (!bytes[next(bytes, at + 1)..].starts_with(b"meta.url")).then_some("import.meta"),
        _ => None,
    }
}

/// `import a from 'b'`, `export * from 'b'`.
fn from(bytes: &[u8], start: usize, end: usize, found: &mut Found) -> Option<&'static str> {
    let at = next(bytes, end);
    match bytes.get(at) {
        Some(b'\'' | b'"') => {
            let Some((name, _)) = literal(bytes, at) else {
                // Texts say where something is from, too.
                let line = line_before(bytes, start).map(<[u8]>::trim_ascii_start);
                let is_import =
                    line.is_some_and(|l| l.starts_with(b"import") || l.starts_with(b"export")) || matches!(last(bytes, start), b'}' | b'*');
                return is_import.then_some("import of what is not written out plainly");
            };
            // Of a text in which somebody writes of where something is from, another text's end stands there.
            if !name.contains(['"', '\'', '`']) {
                found.loads.insert(name);
            }
            None
        }
        Some(b'/') => matches!(bytes.get(at + 1), Some(b'*' | b'/')).then_some("import with a comment in it"),
        _ => None,
    }
}

/// Takes the string that a function is called with; false where it is not one that is written out.
fn called(bytes: &[u8], open: usize, ends: &[u8], found: &mut Found) -> bool {
    let Some((name, end)) = literal(bytes, next(bytes, open + 1)) else { return false };
    let is_all = bytes.get(next(bytes, end)).is_some_and(|b| ends.contains(b));
    if is_all {
        found.loads.insert(name);
    }
    is_all
}

/// Code made of a text.
fn function(bytes: &[u8], start: usize, end: usize) -> Option<&'static str> {
    let is_handed_on = matches!(bytes.get(next(bytes, end)), None | Some(b'(' | b';' | b',' | b')' | b'\n'));
    // Packages hand it on under its name: `%Function%`.
    let around = (start.checked_sub(1).and_then(|at| bytes.get(at)), bytes.get(end));
    let is_by_name = matches!(around, (Some(b'%'), Some(b'%')) | (Some(b'\'' | b'"' | b'`'), Some(b'\'' | b'"' | b'`')));
    (is_by_name || is_handed_on && before(bytes, start) != b"instanceof").then_some("Function made of a text")
}

/// A member of the loader's object under a name that is written as a string. One under a name that is computed is called `require`, and so told, where
/// it is used to load.
fn member(bytes: &[u8], end: usize) -> Option<&'static str> {
    let open = next(bytes, end);
    let is_named = bytes.get(open) == Some(&b'[') && matches!(bytes.get(next(bytes, open + 1)), Some(b'\'' | b'"' | b'`'));
    is_named.then_some("a member of module by its name")
}

fn binding(bytes: &[u8], start: usize, end: usize) -> Option<&'static str> {
    if last(bytes, start) != b'.' || before(bytes, bytes[..start].iter().rposition(|b| *b == b'.')?) != b"process" {
        return None;
    }
    let open = next(bytes, end);
    let named = (bytes.get(open) == Some(&b'(')).then(|| literal(bytes, next(bytes, open + 1))).flatten();
    let is_harmless = named.is_some_and(|(name, _)| HARMLESS_BINDINGS.contains(&name.as_str()));
    (!is_harmless).then_some("process.binding()")
}

/// `x.constructor('code')` is `Function('code')` where `x` is a function; `module.constructor` is the loader.
fn constructor(bytes: &[u8], start: usize, end: usize) -> Option<&'static str> {
    let open = next(bytes, end);
    let is_called = bytes.get(open) == Some(&b'(') && matches!(bytes.get(next(bytes, open + 1)), Some(b'\'' | b'"' | b'`'));
    let is_loaders =
        last(bytes, start) == b'.' && bytes[..start].trim_ascii_end().strip_suffix(b".").is_some_and(|b| b.ends_with(b"module"));
    // `(async () => {}).constructor`, under whatever name it is called then.
    let object = bytes[..start].trim_ascii_end().strip_suffix(b".").unwrap_or_default().trim_ascii_end();
    let near = &object[object.len().saturating_sub(NEAR)..];
    let is_functions = matches!(object.last(), Some(b')' | b'}'))
        && [&b"function"[..], b"=>"].iter().any(|sign| memchr::memmem::find(near, sign).is_some());
    (is_called || is_loaders || is_functions).then_some("a constructor that may be Function's or the loader's")
}
