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

/// What is said of the one finding, of an image that has these files besides and this environment.
fn said(case: &Case, name: &str, env: &str, more: &[(&str, &str)]) -> Value {
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
        layer = layer.file(path, 0o755, text);
    }
    if !more.iter().any(|(path, _)| *path == "app/app.py") {
        layer = layer.file("app/app.py", 0o644, "import web\n");
    }
    let config = json!({ "Entrypoint": ["python3", "/app/app.py"], "WorkingDir": "/app", "Env": ["PATH=/usr/local/bin:/usr/bin", env] });
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
