//! `plimsoll vex draft` of Python distributions: what nothing that runs names is not loaded.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code: a panic is the message.

mod kit;

use kit::debian::{Case, LIBC, rootfs};
use kit::elf::Elf;
use kit::{Image, Layer, plimsoll, stderr, stdout};
use serde_json::{Value, json};

const SITE: &str = "usr/local/lib/python3.11/dist-packages";
const RECORD: &str = r#"{"id": "PYSEC-2025-1", "modified": "2025-01-01T00:00:00Z", "published": "2025-01-01T00:00:00Z", "summary": "x",
"affected": [{"package": {"ecosystem": "PyPI", "name": "left-pad"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]}"#;

/// A distribution that pip installed: its metadata, a list of its files, and these.
fn distribution(layer: Layer, name: &str, version: &str, files: &[(&str, &str)]) -> Layer {
    let info = format!("{name}-{version}.dist-info");
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n");
    let mut record = format!("{info}/METADATA,,\n{info}/RECORD,,\n");
    let mut layer = layer;
    for (path, text) in files {
        record = record + path + ",,\n";
        layer = layer.file(&format!("{SITE}/{path}"), 0o644, text);
    }
    layer.file(&format!("{SITE}/{info}/METADATA"), 0o644, metadata).file(&format!("{SITE}/{info}/RECORD"), 0o644, record)
}

/// What is said of the one finding, of an image that has these files besides and this environment. A text `-> TARGET` is a link.
fn said(case: &Case, name: &str, env: &str, more: &[(&str, &str)]) -> Value {
    said_of(case, name, &["python3", "/app/app.py"], env, more)
}

fn said_of(case: &Case, name: &str, command: &[&str], env: &str, more: &[(&str, &str)]) -> Value {
    let mut layer = rootfs(LIBC)
        .file("lib/libc.so.6", 0o755, Elf::library().bytes())
        .file("usr/bin/curl", 0o644, "")
        .file("usr/bin/python3", 0o755, Elf::program().needs("libc.so.6").imports("dlopen").bytes())
        .file("usr/lib/python3.11/os.py", 0o644, "import stat\n")
        .file("usr/lib/python3.11/site.py", 0o644, "import os\n")
        .file("usr/lib/python3.11/pydoc.py", 0o644, "import pkgutil\nfor m in pkgutil.walk_packages(): pass\n");
    layer = distribution(layer, "left_pad", "1.0", &[("leftpad/__init__.py", "from . import core\n"), ("leftpad/core.py", "x = 1\n")]);
    layer = distribution(
        layer,
        "web",
        "2.0",
        &[("web/__init__.py", "import os\n"), ("web/extra.py", "try: import rarely\nexcept ImportError: pass\n")],
    );
    for (path, text) in more {
        layer = match text.strip_prefix("-> ") {
            Some(target) => layer.link(path, target),
            None => layer.file(path, 0o755, text),
        };
    }
    if !more.iter().any(|(path, _)| *path == "app/app.py") {
        layer = layer.file("app/app.py", 0o644, "import web\n");
    }
    let config = json!({ "Entrypoint": command, "WorkingDir": "/app", "Env": ["PATH=/usr/local/bin:/usr/bin", env] });
    Image::new(config).layer("COPY . /", layer).write(&case.path(name), "latest");
    let image = format!("oci:{}", case.text(name));
    let output = plimsoll(&["vex", "draft", &image, "--db", case.text("a.db"), "--format", "json", "-q"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let answer: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(answer["drafts"].as_array().unwrap().len(), 1, "{answer:#}");
    answer["drafts"][0].clone()
}

#[test]
fn a_distribution_that_nothing_names_is_proven_not_to_run() {
    let case = Case::new(LIBC, &[("a.json", RECORD)]);
    let draft = said(&case, "plain", "X=1", &[]);
    assert_eq!(draft["justification"], "vulnerable_code_not_in_execute_path", "{draft:#}");
    let words = draft["proof"]["words"].as_str().unwrap();
    assert!(words.starts_with("left_pad 1.0 has the module leftpad. None of the "), "{words}");
    let files = draft["proof"]["files"].as_array().unwrap();
    assert!(files.contains(&json!(format!("/{SITE}/leftpad/core.py"))), "{files:?}");
}

#[test]
fn whatever_could_name_it_counts() {
    let case = Case::new(LIBC, &[("a.json", RECORD)]);
    let site = |path: &str| format!("{SITE}/{path}");
    for (name, env, path, text, is_proven) in [
        ("imports", "X=1", "app/app.py".to_owned(), "import leftpad.core as c\n", false),
        ("from", "X=1", "app/app.py".to_owned(), "def f():\n    from leftpad import core\n", false),
        ("by-string", "X=1", "app/app.py".to_owned(), "import importlib\nimportlib.import_module('leftpad.core')\n", false),
        ("in-code", "X=1", "app/app.py".to_owned(), "exec('import leftpad')\n", false),
        ("documents", "X=1", "app/app.py".to_owned(), "'''Like leftpad.'''\nimport web # not leftpad\n", true),
        ("another", "X=1", "app/app.py".to_owned(), "import leftpads, left\n", true),
        ("module-beside", "X=1", "app/other.py".to_owned(), "import leftpad\n", false),
        ("not-imported", "X=1", site("rest.py"), "import leftpad\n", true),
        ("imported-by-imported", "X=1", site("rarely.py"), "import leftpad\n", false),
        ("environment", "PLUGINS=a:leftpad", "app/x".to_owned(), "", false),
        ("configuration", "X=1", "etc/app/app.yml".to_owned(), "plugins: [leftpad]\n", false),
        ("requirements", "X=1", "app/requirements.txt".to_owned(), "leftpad==1\n", true),
        ("at-start", "X=1", site("a.pth"), "import leftpad; leftpad.x()\n", false),
        ("script", "X=1", "usr/local/bin/tool".to_owned(), "#!/bin/sh\nexec python3 -m leftpad\n", false),
        ("script-of-nobody", "X=1", "usr/local/bin/tool".to_owned(), "#!/bin/sh\nexec leftpad\n", false),
        ("lists", "X=1", "app/app.py".to_owned(), "import pkgutil\nlist(pkgutil.iter_modules())\n", false),
        ("compiled", "X=1", site("web/fast.so"), "\x7fELF\0leftpad\0", false),
        ("compiled-elsewhere", "X=1", site("slow/fast.so"), "\x7fELF\0leftpad\0", true),
    ] {
        let draft = said(&case, name, env, &[(&path, text)]);
        assert_eq!(draft["unproven"].is_null(), is_proven, "{name}: {draft:#}");
    }
}

/// A name, files, and whether it is proven.
type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], bool);

fn check(rows: &[Row<'_>]) {
    let case = Case::new(LIBC, &[("a.json", RECORD)]);
    for (name, files, is_proven) in rows {
        let draft = said(&case, name, "X=1", files);
        assert_eq!(draft["unproven"].is_null(), *is_proven, "{name}: {draft:#}");
        // What cannot be read at all proves nothing for another reason.
        assert!(!draft["unproven"].as_str().unwrap_or_default().contains("something could not be read"), "{name}: {draft:#}");
    }
}

const LIB: &str = "usr/lib/python3.11";
/// An archive with an empty file.
const ZIP: &str = "PK\u{3}\u{4}\u{14}\0\0\0\0\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\u{1}\0\0\0aPK\u{1}\u{2}\u{14}\u{3}\u{14}\0\0\0\0\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\u{1}\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0aPK\u{5}\u{6}\0\0\0\0\u{1}\0\u{1}\0/\0\0\0\u{1f}\0\0\0\0\0";

#[test]
fn the_interpreters_library_is_followed_by_its_imports() {
    let lib = |path: &str| format!("{LIB}/{path}");
    let (stat, helper, deep, package) = (lib("stat.py"), lib("helper.py"), lib("pkg/deep.py"), lib("pkg/__init__.py"));
    let (venv, codecs, odd, custom) =
        (lib("venv/__init__.py"), lib("encodings/__init__.py"), lib("encodings/odd.py"), lib("sitecustomize.py"));
    let (sysconfig, data) = (lib("sysconfig.py"), lib("_sysconfigdata__linux_x86_64.py"));
    let import = "import leftpad\n";
    check(&[
        ("nobody-imports-it", &[(&venv, import)], true),
        ("only-a-text", &[(&stat, "x = 'leftpad'\n")], true),
        ("at-start", &[(&stat, import)], false),
        ("in-a-function", &[(&stat, "def f():\n    from helper import x\n"), (&helper, import)], false),
        ("in-brackets", &[(&stat, "from pkg import (\n    deep,\n)\n"), (&package, ""), (&deep, import)], false),
        ("relative", &[(&stat, "import pkg\n"), (&package, "from . import deep\n"), (&deep, import)], false),
        ("the-application-imports-it", &[("app/app.py", "import helper\n"), (&helper, import)], false),
        ("the-application-says-it", &[("app/app.py", "load('helper')\n"), (&helper, import)], false),
        ("the-application-says-its-package", &[("app/app.py", "load('pkg')\n"), (&deep, import)], false),
        ("by-a-function", &[(&stat, "__import__('leftpad')\n")], false),
        ("by-a-function-of-the-library", &[(&stat, "__import__('pkg.deep')\n"), (&package, ""), (&deep, import)], false),
        ("by-a-list", &[(&stat, "for n in ['leftpad']: __import__(n)\n")], false),
        ("as-code", &[(&stat, "exec('import leftpad')\n")], false),
        ("as-a-program", &[(&stat, "import subprocess\nsubprocess.run(['python3', '-m', 'leftpad'])\n")], false),
        ("as-python", &[(&stat, "run([sys.executable, '-m', 'venv'])\n"), (&venv, import)], false),
        ("codec", &[(&codecs, "__import__('encodings.' + name)\n"), (&odd, import)], false),
        ("put-together", &[(&stat, "import sysconfig\n"), (&sysconfig, ""), (&data, import)], false),
        ("sitecustomize", &[(&custom, import)], false),
        ("not-closed", &[(&stat, "x = f\"{d[\"(\"]}\"\nimport leftpad\n")], false),
    ]);
}

#[test]
fn the_interpreters_own_tests_count_where_something_imports_them() {
    let (support, test) = (format!("{LIB}/test/support.py"), format!("{LIB}/test/__init__.py"));
    let (stat, files) = (format!("{LIB}/stat.py"), [(support.as_str(), "import leftpad\n"), (test.as_str(), "")]);
    let with = |path, text| [&[(path, text)], files.as_slice()].concat();
    check(&[
        ("a-word", &with("app/app.py", "x = 'test'\n"), true),
        ("of-the-library", &with(&stat, "def _cleanup_tests():\n    from test import support\n"), true),
        ("imported", &with("app/app.py", "from test import support\n"), false),
        ("by-name", &with("app/app.py", "load('test.support')\n"), false),
    ]);
    let case = Case::new(LIBC, &[("a.json", RECORD)]);
    let draft = said_of(&case, "started", &["python3", "-m", "test"], "X=1", &files);
    assert!(!draft["unproven"].is_null(), "{draft:#}");
}

#[test]
fn commands_and_environment_name_modules() {
    let case = Case::new(LIBC, &[("a.json", RECORD)]);
    let helper = format!("{LIB}/helper.py");
    let import = "import leftpad\n";
    for (name, command, env, path, text, is_proven) in [
        ("python-c", &["python3", "-c", "import leftpad"][..], "X=1", "app/app.py", "", false),
        ("python-m", &["python3", "-m", "leftpad"], "X=1", "app/app.py", "", false),
        ("python-m-of-the-library", &["python3", "-m", "helper"], "X=1", &helper, import, false),
        ("nothing", &["python3", "-m", "web"], "X=1", &helper, import, true),
        ("startup", &["python3", "/app/app.py"], "PYTHONSTARTUP=/opt/start.py", "opt/start.py", import, false),
        ("path", &["python3", "/app/app.py"], "PYTHONPATH=/opt/more", "opt/more/a.py", import, false),
        ("archive", &["python3", "/app/app.py"], "PYTHONPATH=/usr/share/more", "usr/share/more", ZIP, false),
        ("archive-that-runs", &["python3", "/app/app.pyz"], "X=1", "app/app.pyz", ZIP, false),
    ] {
        let draft = said_of(&case, name, command, env, &[(path, text)]);
        assert_eq!(draft["unproven"].is_null(), is_proven, "{name}: {draft:#}");
    }
}

#[test]
fn code_of_packages_beside_the_directories_of_modules_counts_by_its_names() {
    let list = "/lib/libc.so.6\n/usr/share/tool\n/usr/share/tool/part.py\n";
    let files = [("var/lib/dpkg/info/libc6:amd64.list", list), ("usr/share/tool/part.py", "import leftpad\n")];
    let with = |text| [&[("app/app.py", text)], files.as_slice()].concat();
    check(&[
        ("nobody-names-it", &with("import web\n"), true),
        ("by-itself", &with("sys.path.insert(0, x)\nimport part\n"), false),
        ("by-its-directory", &with("from tool import part\n"), false),
        ("by-its-path", &with("run('/usr/share/tool/part.py')\n"), false),
    ]);
}

#[test]
fn a_link_counts_as_what_it_is_called() {
    let list = "/lib/libc.so.6\n/usr/share/x/y.py\n/etc/z.py\n";
    let files = [("var/lib/dpkg/info/libc6:amd64.list", list), ("usr/share/x/y.py", "import leftpad\n"), ("etc/z.py", "import leftpad\n")];
    let (package, module, custom) = (format!("{SITE}/linked"), format!("{SITE}/alone.py"), format!("{LIB}/sitecustomize.py"));
    let with = |text, link, target| [&[("app/app.py", text), (link, target)], files.as_slice()].concat();
    check(&[
        ("not-named", &with("import web\n", &package, "-> /usr/share/x"), true),
        ("package", &with("import linked\n", &package, "-> /usr/share/x"), false),
        ("module", &with("import alone\n", &module, "-> /etc/z.py"), false),
        ("of-the-library", &with("import web\n", &custom, "-> /etc/z.py"), false),
    ]);
}

#[test]
fn what_is_not_read_proves_nothing() {
    let site = |path: &str| format!("{SITE}/{path}");
    let (fast, egg, script, pip) = (site("web/fast.so"), site("more.egg"), "usr/local/bin/tool", site("pip/__init__.py"));
    check(&[
        ("packed-strings", &[(&fast, "\x7fELF\0cython_runtime\0decompress\0")], false),
        ("strings-without-ends", &[(&fast, "\x7fELF/rustc/\0beforeleftpadafter\0")], false),
        ("strings-with-ends", &[(&fast, "\x7fELF\0beforeleftpadafter\0")], true),
        ("egg", &[(&egg, ZIP)], false),
        ("of-the-interpreter", &[("usr/lib/python311.zip", ZIP)], false),
        ("in-the-application", &[("app/plugins.zip", ZIP)], false),
        ("document", &[("app/letter.docx", ZIP)], true),
        ("named", &[("app/app.py", "sys.path.append('/opt/things')\n"), ("opt/things", ZIP)], false),
        ("console-script", &[(script, "#!/usr/bin/python3\nfrom leftpad import main\n")], false),
        ("plug-ins", &[("app/app.py", "import pkg_resources\npkg_resources.iter_entry_points('leftpad.x')\n")], false),
        ("installer", &[("app/app.py", "import pip\n"), (&pip, "x = 'leftpad'\n")], true),
        ("installer-imports", &[("app/app.py", "import pip\n"), (&pip, "import leftpad\n")], false),
        ("installer-loads", &[("app/app.py", "import pip\n"), (&pip, "import_module('leftpad')\n")], false),
    ]);
}

#[test]
fn a_plug_in_counts_where_what_it_is_for_does() {
    let case = Case::new(LIBC, &[("a.json", RECORD)]);
    let entries = format!("{SITE}/left_pad-1.0.dist-info/entry_points.txt");
    for (name, group, is_proven) in [
        ("scripts", "console_scripts", true),
        ("for-what-runs", "web.plugins", false),
        ("for-what-does-not-run", "slow.plugins", true),
        ("for-what-is-not-known", "elsewhere", false),
    ] {
        let slow = format!("{SITE}/slow/__init__.py");
        let text = format!("[{group}]\na = leftpad:core\n");
        let draft = said(&case, name, "X=1", &[(&entries, text.as_str()), (&slow, "x = 1\n")]);
        assert_eq!(draft["unproven"].is_null(), is_proven, "{name}: {draft:#}");
    }
}
