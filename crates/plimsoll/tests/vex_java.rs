//! `plimsoll vex draft` of Java archives: what is not on the class path is not loaded, where nothing on it can load more.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code: a panic is the message.

mod kit;

use kit::archive::zip;
use kit::debian::{Case, LIBC, rootfs};
use kit::elf::Elf;
use kit::{Image, plimsoll, stderr, stdout};
use serde_json::{Value, json};

const RECORD: &str = r#"{"id": "GHSA-aaaa-bbbb-cccc", "modified": "2025-01-01T00:00:00Z", "published": "2025-01-01T00:00:00Z", "summary": "x",
"affected": [{"package": {"ecosystem": "Maven", "name": "org.example:left"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]}"#;
const POM: &str = "META-INF/maven/org.example/left/pom.properties";
const JAVA: &str = "usr/lib/jvm/java-17/bin/java";

/// A class that refers to others, `a/B` or `a/B.member` each (The Java Virtual Machine Specification, 4.1 and 4.4).
fn class(name: &str, refers: &[&str]) -> Vec<u8> {
    let mut constants: Vec<Vec<u8>> = Vec::new();
    let mut add = |bytes: Vec<u8>| -> [u8; 2] {
        constants.push(bytes);
        (constants.len() as u16).to_be_bytes()
    };
    let text = |t: &str| [&[1], (t.len() as u16).to_be_bytes().as_slice(), t.as_bytes()].concat();
    let mut this = [0; 2];
    for (at, whole) in [name].iter().chain(refers).enumerate() {
        let (of, member) = whole.split_once('.').map_or((*whole, None), |(of, member)| (of, Some(member)));
        let of = add(text(of));
        let of = add([&[7], of.as_slice()].concat());
        if at == 0 {
            this = of;
        }
        if let Some(member) = member {
            let (name, kind) = (add(text(member)), add(text("()V")));
            let both = add([&[12], name.as_slice(), kind.as_slice()].concat());
            add([&[10], of.as_slice(), both.as_slice()].concat());
        }
    }
    let mut bytes = vec![0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 61];
    bytes.extend((constants.len() as u16 + 1).to_be_bytes());
    bytes.extend(constants.concat());
    bytes.extend([0, 0x21]);
    bytes.extend(this);
    bytes
}

fn manifest(more: &str) -> (&'static str, Vec<u8>) {
    ("META-INF/MANIFEST.MF", format!("Manifest-Version: 1.0\r\nMain-Class: org.example.Main\r\n{more}\r\n").into_bytes())
}

/// The archive with the vulnerable component.
fn left() -> Vec<u8> {
    zip(&[
        (POM, b"groupId=org.example\nartifactId=left\nversion=1.0\n".to_vec()),
        ("org/left/Left.class", class("org/left/Left", &["java/lang/ClassLoader"])),
    ])
}

/// What the program is given, and what lies beside it.
struct Program<'a> {
    refers: &'a [&'a str],
    manifest: &'a str,
    command: &'a [&'a str],
    env: &'a str,
    inside: Vec<(&'a str, Vec<u8>)>,
    files: Vec<(&'a str, Vec<u8>)>,
    health: Option<&'a [&'a str]>,
}

impl Default for Program<'_> {
    fn default() -> Self {
        Self {
            refers: &["java/lang/Object", "java/lang/System.out", "java/io/PrintStream.println"],
            manifest: "",
            command: &["java", "-Xmx64m", "-jar", "/opt/app/app.jar"],
            env: "X=1",
            inside: Vec::new(),
            files: vec![("opt/app/left.jar", left())],
            health: None,
        }
    }
}

impl Program<'_> {
    /// The drafts.
    fn said(self, case: &Case, name: &str) -> Vec<Value> {
        let mut entries = vec![manifest(self.manifest), ("org/example/Main.class", class("org/example/Main", self.refers))];
        entries.extend(self.inside);
        let mut layer = rootfs(LIBC)
            .file("lib/libc.so.6", 0o755, Elf::library().bytes())
            .file("usr/bin/curl", 0o644, "")
            .file(JAVA, 0o755, Elf::program().needs("libc.so.6").imports("dlopen").bytes())
            .link("usr/bin/java", &format!("/{JAVA}"))
            .file("opt/app/app.jar", 0o644, zip(&entries));
        for (path, bytes) in self.files {
            layer = layer.file(path, 0o755, bytes);
        }
        let mut config = json!({ "Entrypoint": self.command, "WorkingDir": "/opt/app", "Env": ["PATH=/usr/local/bin:/usr/bin", self.env] });
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
fn an_archive_beside_the_class_path_is_proven_not_to_be_loaded() {
    let case = Case::new(LIBC, &[("a.json", RECORD)]);
    let draft = Program::default().one(&case, "beside");
    assert_eq!(draft["justification"], "vulnerable_code_not_in_execute_path", "{draft:#}");
    insta::assert_snapshot!(draft["proof"]["words"].as_str().unwrap());
    assert_eq!(draft["proof"]["files"], json!(["/opt/app/app.jar", "/opt/app/left.jar"]));

    let nested = Program { inside: vec![("BOOT-INF/lib/left.jar", left())], files: Vec::new(), ..Program::default() };
    let draft = nested.one(&case, "nested");
    insta::assert_snapshot!(draft["proof"]["words"].as_str().unwrap());
}

#[test]
fn what_the_class_path_can_load_is_not_proven() {
    let case = Case::new(LIBC, &[("a.json", RECORD)]);
    for (name, refers) in [
        ("loader", &["java/net/URLClassLoader"][..]),
        ("reflection", &["java/lang/reflect/Method"]),
        ("by-name", &["java/lang/Class.forName"]),
        ("by-handle", &["java/lang/invoke/MethodHandles$Lookup.defineClass"]),
        ("service", &["java/util/ServiceLoader"]),
        ("program", &["java/lang/ProcessBuilder"]),
        ("runtime", &["java/lang/Runtime.exec"]),
        ("native", &["java/lang/System.loadLibrary"]),
        ("scripts", &["javax/script/ScriptEngineManager"]),
        ("objects", &["java/io/ObjectInputStream"]),
        ("launcher", &["org/springframework/boot/loader/JarLauncher"]),
        ("array", &["[Ljava/lang/ClassLoader;"]),
    ] {
        let draft = Program { refers, ..Program::default() }.one(&case, name);
        assert!(
            draft["unproven"].as_str().is_some_and(|why| why.contains("/opt/app/app.jar is on the class path and uses ")),
            "{name}: {draft:#}"
        );
    }
}

#[test]
fn the_class_path_is_followed() {
    let case = Case::new(LIBC, &[("a.json", RECORD)]);
    let harmless = || zip(&[manifest(""), ("a/A.class", class("a/A", &["java/lang/String"]))]);
    let onward = || zip(&[manifest("Class-Path: ../left.jar\r\n")]);
    let loads = || zip(&[manifest(""), ("a/A.class", class("a/A", &["java/lang/ClassLoader"]))]);
    for (name, manifest, files, why) in [
        ("named", "Class-Path: other.jar left.jar\r\n", vec![], Some("/opt/app/left.jar is on the class path")),
        ("in-two-lines", "Class-Path: other.jar lef\r\n t.jar\r\n", vec![], Some("/opt/app/left.jar is on the class path")),
        ("by-a-link", "Class-Path: lib/a.jar\r\n", vec![("opt/app/lib/a.jar", onward())], Some("/opt/app/left.jar is on the class path")),
        ("absolute", "Class-Path: file:/opt/app/left.jar\r\n", vec![], Some("/opt/app/left.jar is on the class path")),
        ("elsewhere", "Class-Path: http://a.example/left.jar\r\n", vec![], Some("is not followed")),
        ("directory", "Class-Path: lib/\r\n", vec![("opt/app/lib/a.jar", harmless())], Some("the directory lib/")),
        ("harmless", "Class-Path: lib/a.jar\r\n", vec![("opt/app/lib/a.jar", harmless())], None),
        (
            "loads",
            "Class-Path: lib/a.jar\r\n",
            vec![("opt/app/lib/a.jar", loads())],
            Some("/opt/app/lib/a.jar is on the class path and uses"),
        ),
        ("agent", "Launcher-Agent-Class: a.Agent\r\n", vec![], Some("names an agent")),
    ] {
        let mut program = Program { manifest, ..Program::default() };
        program.files.extend(files);
        let draft = program.one(&case, name);
        match why {
            Some(why) => assert!(draft["unproven"].as_str().is_some_and(|w| w.contains(why)), "{name}: {draft:#}"),
            None => assert!(draft["unproven"].is_null(), "{name}: {draft:#}"),
        }
    }
    let index = Program { inside: vec![("META-INF/INDEX.LIST", b"JarIndex-Version: 1.0\n".to_vec())], ..Program::default() };
    assert!(!index.one(&case, "index")["unproven"].is_null());
    let broken = Program { inside: vec![("a/Broken.class", b"\xca\xfe\xba\xbe".to_vec())], ..Program::default() };
    assert!(!broken.one(&case, "broken")["unproven"].is_null());
}

#[test]
fn only_a_command_that_is_known_proves_something() {
    let case = Case::new(LIBC, &[("a.json", RECORD)]);
    let jar = "/opt/app/app.jar";
    for (name, command, env, is_proven) in [
        ("relative", &["java", "-jar", "app.jar"][..], "X=1", true),
        ("arguments", &["java", "-Dapp.mode=x", "-jar", jar, "-cp", "left.jar"], "X=1", true),
        ("class-path", &["java", "-cp", "left.jar:app.jar", "org.example.Main"], "X=1", false),
        ("agent", &["java", "-javaagent:/opt/app/left.jar", "-jar", jar], "X=1", false),
        ("boot-class-path", &["java", "-Xbootclasspath/a:left.jar", "-jar", jar], "X=1", false),
        ("property", &["java", "-Djava.system.class.loader=a.Loader", "-jar", jar], "X=1", false),
        ("argument-file", &["java", "@options", "-jar", jar], "X=1", false),
        ("on-error", &["java", "-XX:OnError=sh /x", "-jar", jar], "X=1", false),
        ("tool-options", &["java", "-jar", jar], "JAVA_TOOL_OPTIONS=-javaagent:left.jar", false),
        ("jdk-options", &["java", "-jar", jar], "JDK_JAVA_OPTIONS=-cp left.jar", false),
        ("shell", &["sh", "-c", "exec java -jar /opt/app/app.jar"], "X=1", false),
        ("missing", &["java", "-jar", "/opt/app/none.jar"], "X=1", false),
        ("the-archive-itself", &["java", "-jar", "/opt/app/left.jar"], "X=1", false),
    ] {
        let draft = Program { command, env, ..Program::default() }.one(&case, name);
        assert_eq!(draft["unproven"].is_null(), is_proven, "{name}: {draft:#}");
    }
    let shell = || Elf::program().needs("libc.so.6").bytes();
    for (name, health, is_proven) in [
        ("none", &["NONE"][..], true),
        ("asks", &["CMD", "curl", "-f", "http://localhost:8080/"], true),
        ("asks-in-a-shell", &["CMD-SHELL", "curl -f http://localhost:8080/ || exit 1"], true),
        ("starts-java", &["CMD-SHELL", "java -cp left.jar org.left.Left"], false),
        ("starts-what-is-made", &["CMD-SHELL", "curl -f http://localhost/ | $RUN"], false),
        ("reads-another", &["CMD-SHELL", ". /opt/app/check"], false),
        ("another", &["CMD", "/usr/bin/check"], false),
        ("a-script", &["CMD", "sh", "/opt/app/check"], false),
        ("a-script-beside", &["CMD-SHELL", "sh check"], false),
        ("from-a-script", &["CMD-SHELL", "sh </opt/app/check"], false),
    ] {
        let mut program = Program { health: Some(health), ..Program::default() };
        for path in ["bin/sh", "usr/bin/curl", "usr/bin/check"] {
            program.files.push((path, shell()));
        }
        program.files.push(("opt/app/check", b"exec java -cp left.jar\n".to_vec()));
        let draft = program.one(&case, name);
        assert_eq!(draft["unproven"].is_null(), is_proven, "{name}: {draft:#}");
    }
    let script = Program {
        files: vec![("usr/local/bin/java", b"#!/bin/sh\nexec /usr/bin/java -cp left.jar\n".to_vec()), ("opt/app/left.jar", left())],
        ..Program::default()
    };
    assert!(!script.one(&case, "script")["unproven"].is_null());
    let extension = Program { files: vec![("usr/lib/jvm/java-8/jre/lib/ext/left.jar", left())], ..Program::default() };
    assert!(!extension.one(&case, "extension")["unproven"].is_null());
}

#[test]
fn a_component_is_proven_where_each_copy_of_it_is() {
    let case = Case::new(LIBC, &[("a.json", RECORD)]);
    let program = Program {
        manifest: "Class-Path: lib/left.jar\r\n",
        files: vec![
            ("opt/app/lib/left.jar", zip(&[(POM, b"groupId=org.example\nartifactId=left\nversion=1.0\n".to_vec())])),
            ("opt/other/left.jar", left()),
        ],
        ..Program::default()
    };
    let drafts = program.said(&case, "two");
    assert_eq!(drafts.len(), 2, "{drafts:#?}");
    let unproven: Vec<&str> = drafts.iter().filter_map(|d| d["unproven"].as_str()).collect();
    assert_eq!(unproven.len(), 2, "{drafts:#?}");
    assert!(unproven.iter().any(|why| why.starts_with("another copy of it, in /opt/app/lib/left.jar, is not proven: ")), "{unproven:?}");
}
