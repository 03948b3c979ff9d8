use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::testkit::{damaged, look, look_in_memory, packages, zip};

fn pom(group: &str, artifact: &str, version: &str) -> (String, String) {
    (
        format!("META-INF/maven/{group}/{artifact}/pom.properties"),
        format!("#Created by Apache Maven\ngroupId={group}\r\nartifactId={artifact}\nversion={version}\n"),
    )
}

fn jar(poms: &[(&str, &str, &str)]) -> Vec<u8> {
    let poms: Vec<(String, String)> = poms.iter().map(|(g, a, v)| pom(g, a, v)).collect();
    let mut entries: Vec<(&str, &[u8])> = poms.iter().map(|(n, t)| (n.as_str(), t.as_bytes())).collect();
    entries.push(("a/A.class", b"\xca\xfe\xba\xbe"));
    zip(&entries)
}

fn log4j() -> Vec<u8> {
    jar(&[("org.apache.logging.log4j", "log4j-core", "2.14.1")])
}

#[test]
fn archives_in_archives() {
    let war = zip(&[("WEB-INF/lib/log4j-core-2.14.1.jar", &log4j()), ("index.html", b"x")]);
    let ear = zip(&[("app.war", &war)]);
    let (facts, problem) = look(&Java, "opt/app.ear", &ear);
    assert_eq!(
        packages(&facts),
        [
            ("org.apache.logging.log4j:log4j-core", "2.14.1", "opt/app.ear!app.war!WEB-INF/lib/log4j-core-2.14.1.jar"),
            ("app", "", "opt/app.ear!app.war"),
            ("app", "", "opt/app.ear"),
        ]
    );
    assert_eq!(problem, None);
    assert!(facts.databases.iter().all(|d| d.path == "opt/app.ear"));
    // Twelve libraries and the application's own record, as Spring Boot packs them.
    let libraries: Vec<(String, Vec<u8>)> =
        (0..12).map(|n| (format!("BOOT-INF/lib/l{n}-1.{n}.jar"), jar(&[("g.test", &format!("l{n}"), &format!("1.{n}"))]))).collect();
    let own = pom("org.example", "app", "1.0.0");
    let mut entries: Vec<(&str, &[u8])> = libraries.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
    entries.push((&own.0, own.1.as_bytes()));
    let boot = zip(&entries);
    let (facts, _) = look(&Java, "opt/boot.jar", &boot);
    assert_eq!(packages(&facts).iter().filter(|(name, ..)| name.starts_with("g.test:l")).count(), 12);
    assert!(packages(&facts).contains(&("org.example:app", "1.0.0", "opt/boot.jar")));
    // A launcher's script before the archive.
    let (with_script, _) = look(&Java, "opt/boot.jar", &[b"#!/bin/sh\nexec java -jar $0\n".as_slice(), &boot].concat());
    assert_eq!(packages(&with_script).len(), 13);
}

#[test]
fn licences_of_archives_and_of_what_they_swallowed() {
    let described = |group: &str, artifact: &str, licence: &str| {
        let text = format!("<project><licenses><license><name>{licence}</name></license></licenses></project>");
        (format!("META-INF/maven/{group}/{artifact}/pom.xml"), text)
    };
    let (one, two) = (pom("a.test", "one", "1"), pom("b.test", "two", "2"));
    let of_two = described("b.test", "two", "The MIT License");
    let text = b"Apache License\nVersion 2.0, January 2004\nTERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION".as_slice();
    let shaded =
        zip(&[("META-INF/LICENSE", text), (&one.0, one.1.as_bytes()), (&two.0, two.1.as_bytes()), (&of_two.0, of_two.1.as_bytes())]);
    let alone = zip(&[("META-INF/LICENSE.txt", text), (&one.0, one.1.as_bytes())]);
    let said =
        zip(&[("META-INF/MANIFEST.MF", b"Bundle-License: MIT\n".as_slice()), ("META-INF/LICENSE.txt", text), (&two.0, two.1.as_bytes())]);
    for (path, archive, wanted) in [
        ("all.jar", shaded, vec![("a.test:one", vec![]), ("b.test:two", vec!["The MIT License"]), ("all", vec![])]),
        ("one-1.jar", alone, vec![("a.test:one", vec!["Apache-2.0"])]),
        ("two-2.jar", said, vec![("b.test:two", vec!["MIT"])]),
    ] {
        let (facts, problem) = look(&Java, path, &archive);
        let found: Vec<(&str, Vec<&str>)> =
            facts.databases[0].packages.iter().map(|p| (p.name.as_str(), p.licences.iter().map(String::as_str).collect())).collect();
        assert_eq!((found, problem), (wanted, None), "{path}");
    }
}

#[test]
fn shaded_archives_and_names() {
    let shaded = jar(&[("a.test", "one", "1"), ("b.test", "two", "2")]);
    let own = jar(&[("a.test", "one", "1"), ("b.test", "two", "2"), ("c.test", "shaded", "3")]);
    let manifest = |text: &str| zip(&[("META-INF/MANIFEST.MF", text.as_bytes()), ("a/A.class", b"x")]);
    for (path, file, wanted) in [
        ("shaded-9.jar", shaded, vec![("a.test:one", "1"), ("b.test:two", "2"), ("shaded", "9")]),
        ("shaded.jar", own, vec![("a.test:one", "1"), ("b.test:two", "2"), ("c.test:shaded", "3")]),
        ("renamed.jar", log4j(), vec![("org.apache.logging.log4j:log4j-core", "2.14.1")]),
        ("logging.jar", manifest("Manifest-Version: 1.0\n"), vec![("logging", "")]),
        (
            "spring-core-5.3.17.jar",
            manifest("Implementation-Title: spring-core\nImplementation-Version: 5.3.17\n"),
            vec![("spring-core", "5.3.17")],
        ),
        (
            "jackson-core.jar",
            manifest("Bundle-SymbolicName: com.fasterxml.jackson.core.jackson-co\r\n re;singleton:=true\r\nBundle-Version: 2.9.8\r\n"),
            vec![("com.fasterxml.jackson.core:jackson-core", "2.9.8")],
        ),
        (
            "ST4-4.0.8.jar",
            manifest("Implementation-Vendor-Id: org.antlr\nImplementation-Version: 4.0.8\n"),
            vec![("org.antlr:ST4", "4.0.8")],
        ),
        ("x.jar", manifest("Implementation-Version: ${version}\n\nName: y\nBundle-Version: 7\n"), vec![("x", "")]),
    ] {
        let (facts, problem) = look(&Java, path, &file);
        let found: Vec<_> = packages(&facts).into_iter().map(|(name, version, _)| (name, version)).collect();
        assert_eq!((found, problem), (wanted, None), "{path}");
    }
}

#[test]
fn an_archive_that_says_nothing_tells_its_classes() {
    let nameless = zip(&[
        ("org/apache/logging/log4j/core/A.class", b"x"),
        ("org/apache/logging/log4j/core/lookup/B.class", b"x"),
        ("META-INF/versions/9/org/apache/logging/log4j/C.class", b"x"),
        ("BOOT-INF/classes/com/example/D.class", b"x"),
        ("E.class", b"x"),
    ]);
    let (facts, _) = look(&Java, "opt/app.jar", &nameless);
    assert_eq!(facts.databases[0].packages[0].holds, ["org.apache.logging.log4j", "com.example"]);
    assert!(look(&Java, "log4j-core-2.14.1.jar", &log4j()).0.databases[0].packages[0].holds.is_empty());
}

#[test]
fn file_names_are_taken_apart() {
    for (file, name, version) in [
        ("log4j-core-2.14.1.jar", "log4j-core", "2.14.1"),
        ("guava-31.1-jre.jar", "guava", "31.1-jre"),
        ("hibernate-jpa-2.1-api-1.0.2.Final.jar", "hibernate-jpa-2.1-api", "1.0.2.Final"),
        ("x-1.0-2.jar", "x", "1.0-2"),
        ("commons-lang3-3.11.jar", "commons-lang3", "3.11"),
        ("libintl.jar", "libintl", ""),
        ("1.0.jar", "1.0", ""),
    ] {
        let manifest = Manifest::default();
        assert_eq!(
            names::without_pom(&FileName::of(&format!("a.ear!lib/{file}")), &manifest, &BTreeMap::new()),
            (name.to_owned(), version.to_owned())
        );
    }
}

#[test]
fn hostile_archives_are_problems() {
    let nested = (0..4).fold(log4j(), |inner, _| zip(&[("x.jar", &inner)]));
    let zeros = vec![0; 80 << 20];
    let bomb = zip(&[("a.war", &zeros)]);
    // Both entries of the directory point to the first one's bytes.
    let mut overlapping = zip(&[("a.txt", b"1"), ("META-INF/MANIFEST.MF", b"Implementation-Version: 1\n")]);
    let second = overlapping.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    overlapping[second + 42..second + 46].fill(0);
    // The directory promises less than there is.
    let mut lying = zip(&[("META-INF/MANIFEST.MF", b"Implementation-Version: 1\n")]);
    let only = lying.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    lying[only + 24] = 3;
    for (file, what) in [
        (nested, "x.jar!x.jar has archives that lie deeper"),
        (bomb, "a.war inflates to more"),
        (overlapping, "share their bytes"),
        (lying, "META-INF/MANIFEST.MF is not what"),
        (zip(&[("x.jar", b"no archive")]), "x.jar is no zip archive"),
    ] {
        let problem = look(&Java, "app.jar", &file).1.unwrap();
        assert!(problem.hides && problem.message.contains(what), "{}", problem.message);
    }
    let problem = look(&Java, "app.jar", b"text").1.unwrap();
    assert!(!problem.hides && problem.message.contains("is none"), "{}", problem.message);
}

#[test]
fn ten_thousand_entries_of_one_archive_are_read_and_more_than_the_limit_said() {
    let names: Vec<String> = (0..65_540).map(|n| format!("c{n}")).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), b"".as_slice())).collect();
    let (facts, problem) = look(&Java, "big.jar", &zip(&entries[..10_000]));
    assert_eq!((packages(&facts), problem), (vec![("big", "", "big.jar")], None));
    assert!(look(&Java, "big.jar", &zip(&entries)).1.is_some_and(|p| p.hides && p.message.contains("more entries")));
}

#[test]
fn what_one_file_inflates_to_is_bounded_in_all() {
    let text = vec![b'\n'; 1 << 20];
    let entries: Vec<(&str, &[u8])> = (0..600).map(|_| ("META-INF/MANIFEST.MF", text.as_slice())).collect();
    assert!(look_in_memory(&Java, "x.jar", &zip(&entries)).1.is_some_and(|p| p.hides && p.message.contains("inflates to more")));
}

proptest! {
    #[test]
    fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        look(&Java, "x.jar", &bytes);
        look(&Java, "x.jar", &zip(&[("META-INF/MANIFEST.MF", &bytes), ("META-INF/maven/a/b/pom.properties", &bytes), ("y.jar", &bytes)]));
    }

    #[test]
    fn damage_ends(changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..8), end: usize) {
        look(&Java, "x.jar", &damaged(&zip(&[("a.war", &zip(&[("b.jar", &log4j())]))]), &changes, end));
    }
}

#[test]
fn a_group_needs_both_name_and_classes() {
    let manifest = Manifest::default();
    let named = |file: &str, package: &str| {
        let classes = BTreeMap::from([(package.to_owned(), 3)]);
        names::without_pom(&FileName::of(file), &manifest, &classes).0
    };
    for (file, package, wanted) in [
        ("spring-beans-5.3.17.jar", "org.springframework.beans", "org.springframework:spring-beans"),
        ("spring-boot-3.1.0.jar", "org.springframework.boot", "org.springframework.boot:spring-boot"),
        ("spring-fake-1.0.jar", "com.example", "spring-fake"),
        ("h2-1.4.200.jar", "org.h2.engine", "com.h2database:h2"),
        ("kotlin-stdlib-1.9.0.jar", "kotlin.collections", "org.jetbrains.kotlin:kotlin-stdlib"),
        ("okio-jvm-3.2.0.jar", "okio", "com.squareup.okio:okio-jvm"),
        ("other-1.0.jar", "org.springframework.beans", "other"),
    ] {
        assert_eq!(named(file, package), wanted, "{file}");
    }
}
