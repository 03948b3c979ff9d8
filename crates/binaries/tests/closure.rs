//! What entrypoints reach, on trees written out by hand.

#![allow(clippy::unwrap_used)] // Test code: a panic is the message.

use plimsoll_binaries::closure;
use plimsoll_evidence::{
    CapturedText, Closure, ElfFacts, ElfKind, FileEntry, FileKind, FileTree, Hardening, HealthCheck, ImageConfig, Relro,
};

#[derive(Default)]
struct Image {
    files: Vec<FileEntry>,
    elfs: Vec<ElfFacts>,
    texts: Vec<CapturedText>,
    config: ImageConfig,
}

impl Image {
    fn entry(mut self, path: &str, kind: FileKind, link: Option<&str>) -> Self {
        let mut at = path;
        while let Some((parent, _)) = at.rsplit_once('/') {
            at = parent;
            if !self.files.iter().any(|f| f.path == parent) {
                self = self.entry(parent, FileKind::Directory, None);
            }
        }
        self.files.push(FileEntry {
            path: path.into(),
            kind,
            mode: 0o755,
            uid: 0,
            gid: 0,
            size: 1,
            mtime: 0,
            link: link.map(str::to_owned),
            caps: None,
            layer: 0,
        });
        self
    }

    fn file(self, path: &str) -> Self {
        self.entry(path, FileKind::Regular, None)
    }

    fn link(self, path: &str, target: &str) -> Self {
        self.entry(path, FileKind::Symlink, Some(target))
    }

    fn script(mut self, path: &str, text: &str) -> Self {
        self.texts.push(CapturedText { path: path.into(), text: text.into(), cut: false });
        self.file(path)
    }

    fn elf(mut self, path: &str, interpreter: Option<&str>, needed: &[&str], runpath: &[&str]) -> Self {
        let own = |names: &[&str]| names.iter().map(|&n| n.to_owned()).collect();
        let hardening = Hardening {
            pie: true,
            relro: Relro::Full,
            nx: true,
            rwx_segment: false,
            stack_protector: None,
            fortify: None,
            branch_protection: false,
            text_relocations: false,
            static_linked: false,
        };
        self.elfs.push(ElfFacts {
            path: path.into(),
            kind: if interpreter.is_some() { ElfKind::Executable } else { ElfKind::SharedLibrary },
            architecture: "amd64".into(),
            bits: 64,
            interpreter: interpreter.map(str::to_owned),
            needed: own(needed),
            runpath: own(runpath),
            soname: None,
            dlopens: false,
            runs_shell: false,
            logs_to_syslog: false,
            library_names: Vec::new(),
            paths: Vec::new(),
            languages: Vec::new(),
            hardening,
            identities: Vec::new(),
            code_bytes: 0,
            has_symbols: false,
            has_debug: false,
        });
        self.file(path)
    }

    fn entrypoint(mut self, words: &[&str]) -> Self {
        self.config.entrypoint = words.iter().map(|&w| w.to_owned()).collect();
        self
    }

    fn cmd(mut self, words: &[&str]) -> Self {
        self.config.cmd = words.iter().map(|&w| w.to_owned()).collect();
        self
    }

    /// What is reached, and what is missing, in words.
    fn told(mut self) -> (Vec<String>, Vec<String>, Closure) {
        if !self.files.iter().any(|f| f.path.is_empty()) {
            self.files.push(FileEntry { path: String::new(), ..self.files[0].clone() });
            self.files.last_mut().unwrap().kind = FileKind::Directory;
        }
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        self.elfs.sort_by(|a, b| a.path.cmp(&b.path));
        self.texts.sort_by(|a, b| a.path.cmp(&b.path));
        let tree = FileTree { files: self.files, deleted: Vec::new() };
        let closure = closure(&tree, &self.elfs, &self.texts, &self.config);
        let reached = closure.reached.iter().map(|r| format!("{:?} {}", r.how, tree.file(r.file).path)).collect();
        let missing = closure.missing.iter().map(|m| format!("{:?} {}", m.how, m.wanted)).collect();
        (reached, missing, closure)
    }
}

const LD: &str = "/lib64/ld-linux-x86-64.so.2";

#[test]
fn a_dynamic_program_needs_its_linker_and_libraries_through_links() {
    let image = Image::default()
        .link("lib64", "usr/lib64")
        .elf("usr/lib64/ld-linux-x86-64.so.2", None, &[], &[])
        .link("lib", "usr/lib")
        .elf("usr/lib/x86_64-linux-gnu/libc.so.6", None, &[], &[])
        .link("usr/lib/x86_64-linux-gnu/libz.so.1", "libz.so.1.2")
        .elf("usr/lib/x86_64-linux-gnu/libz.so.1.2", None, &["libc.so.6"], &[])
        .elf("opt/app/bin/app", Some(LD), &["libz.so.1", "libown.so", "libgone.so.3"], &["$ORIGIN/../lib"])
        .elf("opt/app/lib/libown.so", None, &[], &[])
        .elf("usr/bin/unused", Some(LD), &[], &[])
        .entrypoint(&["/opt/app/bin/app"]);
    let (reached, missing, closure) = image.told();
    assert_eq!(
        reached,
        [
            "Entrypoint opt/app/bin/app",
            "Interpreter usr/lib64/ld-linux-x86-64.so.2",
            "Needed usr/lib/x86_64-linux-gnu/libz.so.1",
            "Symlink usr/lib/x86_64-linux-gnu/libz.so.1.2",
            "Needed opt/app/lib/libown.so",
            "Needed usr/lib/x86_64-linux-gnu/libc.so.6",
        ]
    );
    assert_eq!(missing, ["Needed libgone.so.3"]);
    assert!(closure.open_ends.is_empty() && closure.stopped.is_none());
}

#[test]
fn an_entry_script_reaches_its_shell_its_commands_and_what_it_is_given() {
    let image = Image::default()
        .link("bin", "usr/bin")
        .link("usr/bin/sh", "dash")
        .file("usr/bin/dash")
        .file("usr/bin/id")
        .file("usr/sbin/gosu")
        .file("usr/sbin/redis-server")
        .script(
            "usr/local/bin/docker-entrypoint.sh",
            "#!/bin/sh\nset -e\nif [ \"$(id -u)\" = 0 ]; then exec gosu redis \"$0\" \"$@\"; fi\nlost --now\nexec \"$@\"\n",
        )
        .entrypoint(&["docker-entrypoint.sh"])
        .cmd(&["redis-server"]);
    let (reached, missing, _) = image.told();
    for wanted in [
        "Entrypoint usr/local/bin/docker-entrypoint.sh",
        "Shebang usr/bin/sh",
        "Symlink usr/bin/dash",
        "Command usr/bin/id",
        "Command usr/sbin/gosu",
        "Command usr/sbin/redis-server",
    ] {
        assert!(reached.contains(&wanted.to_owned()), "{wanted} of {reached:?}");
    }
    assert_eq!(missing, ["Command lost"]);
}

#[test]
fn interpreters_reach_their_modules_and_say_that_more_may_be() {
    let image = Image::default()
        .script("usr/bin/gunicorn", "#!/usr/bin/env python3")
        .file("usr/bin/env")
        .link("usr/bin/python3", "python3.11")
        .elf("usr/bin/python3.11", Some(LD), &[], &[])
        .file("usr/lib/python3.11/os.py")
        .elf("usr/lib/python3.11/lib-dynload/_ssl.so", None, &["libssl.so.3"], &[])
        .file("usr/lib/python3/dist-packages/flask/app.py")
        .file("usr/lib/pythonic/no.py")
        .file("app/app.py")
        .file("opt/other/x.py")
        .cmd(&["gunicorn", "app:app"]);
    let mut image = image;
    image.config.working_dir = "/app".into();
    let (reached, missing, closure) = image.told();
    for wanted in ["usr/lib/python3.11/os.py", "usr/lib/python3/dist-packages/flask/app.py", "app/app.py"] {
        assert!(reached.contains(&format!("Module {wanted}")), "{wanted} of {reached:?}");
    }
    assert!(!reached.iter().any(|r| r.contains("pythonic") || r.contains("other")));
    assert!(missing.contains(&"Needed libssl.so.3".to_owned()));
    assert!(closure.open_ends[0].why.contains("Python"));
}

#[test]
fn health_checks_wrappers_and_shell_forms_are_followed() {
    let image = Image::default().file("bin/sh").file("sbin/tini").file("app").file("usr/bin/curl").entrypoint(&[
        "/sbin/tini",
        "--",
        "/app",
        "--port",
        "80",
    ]);
    let mut image = image;
    image.config.healthcheck =
        Some(HealthCheck { test: vec!["CMD-SHELL".into(), "curl -f http://localhost/ || exit 1".into()], ..HealthCheck::default() });
    let (reached, missing, _) = image.told();
    assert_eq!(reached, ["Entrypoint sbin/tini", "Entrypoint app", "HealthCheck bin/sh", "HealthCheck usr/bin/curl"]);
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn what_is_not_there_is_said() {
    let (reached, missing, closure) = Image::default().file("x").entrypoint(&["/gone", "y"]).told();
    assert_eq!((reached.len(), missing.as_slice()), (0, &["Entrypoint /gone".to_owned()][..]));
    assert!(closure.stopped.unwrap().contains("/gone"));
    assert!(Image::default().file("x").told().2.stopped.unwrap().contains("no command"));
    let (reached, ..) = Image::default().link("a", "b").link("b", "a").entrypoint(&["/a"]).told();
    assert!(reached.is_empty());
}
