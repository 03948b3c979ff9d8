//! Files and what is read of them.

use plimsoll_containerfile::{Arguments, Base, CommandLine, Containerfile, Keyword, Settings, Source, Span, Stages, Value, expand, parse};

fn names(file: &Containerfile) -> Vec<&'static str> {
    file.instructions.iter().map(|i| i.keyword.map_or("?", Keyword::name)).collect()
}

fn errors(text: &str) -> Vec<String> {
    let file = parse(text);
    file.errors
        .iter()
        .map(|e| {
            let place = file.place(text, e.span);
            format!("{}:{} {}", place.line, place.column, e.message)
        })
        .collect()
}

fn shell(file: &Containerfile, at: usize) -> &str {
    match &file.instructions[at].arguments {
        Arguments::Command(CommandLine::Shell(text)) => text.as_str(),
        _ => "no shell form",
    }
}

fn at(text: &str, file: &Containerfile, span: Span) -> (u32, u32, u32) {
    let place = file.place(text, span);
    (place.line, place.column, place.width)
}

#[test]
fn continued_lines_comments_and_empty_lines() {
    let text = "FROM a\nRUN one && \\\n# no\n  two && \\\n\n   # neither\n\tthree # is the shell's\nUSER x\n";
    let file = parse(text);
    assert_eq!(names(&file), ["FROM", "RUN", "USER"]);
    assert_eq!(shell(&file, 1), "one &&   two && \tthree # is the shell's");
    assert_eq!(file.warnings.len(), 1);
    assert_eq!(at(text, &file, file.warnings[0].span), (5, 1, 0));
    assert_eq!(file.instructions[1].last_line, 7);
    assert!(file.errors.is_empty());
    // A word on the fourth line knows it.
    let Arguments::Command(CommandLine::Shell(line)) = &file.instructions[1].arguments else { panic!() };
    let two = line.as_str().find("two").unwrap();
    assert_eq!(at(text, &file, line.span(two, two + 3)), (4, 3, 3));
}

#[test]
fn escape_directive_and_windows_ends() {
    let text =
        "\u{feff}# escape=`\r\n# syntax = docker/dockerfile:1 \r\nFROM a`\r\n  AS b\r\nRUN dir C:\\ `\r\n  x\r\nCOPY a b\\\r\nCMD x\r\n";
    let file = parse(text);
    assert_eq!(file.escape, '`');
    assert_eq!(file.directive("syntax").map(|w| w.text.as_str()), Some("docker/dockerfile:1"));
    assert_eq!(at(text, &file, file.directive("syntax").unwrap().span), (2, 12, 19));
    assert_eq!(names(&file), ["FROM", "RUN", "COPY", "CMD"]);
    assert_eq!(shell(&file, 1), "dir C:\\   x");
    let Arguments::From { image, name } = &file.instructions[0].arguments else { panic!() };
    assert_eq!((image.text.as_str(), at(text, &file, image.span)), ("a", (3, 6, 1)));
    assert_eq!(at(text, &file, name.as_ref().unwrap().span), (4, 6, 1));
    assert_eq!(errors("# escape=x\nFROM a\n"), ["1:10 `escape=x`: the escape character is a backslash or a backquote"]);
    assert_eq!(errors("# escape=\\\n# escape=`\nFROM a\n"), ["2:1 the directive `escape` is given twice"]);
    // Behind a comment it is one too.
    assert_eq!(parse("# hello\n# escape=`\nFROM a\n").escape, '\\');
}

#[test]
fn the_frontend_is_found_behind_a_first_line_for_the_kernel() {
    let file = parse("#!/usr/bin/env docker\n# syntax=a/b:1\nFROM c\n");
    assert_eq!(file.directive("syntax").map(|w| w.text.as_str()), Some("a/b:1"));
    assert_eq!(parse("// syntax=a/b:1\n").directive("syntax").map(|w| w.text.as_str()), Some("a/b:1"));
}

#[test]
fn heredocs() {
    let text = "FROM a\nRUN cat <<EOF > /x && cat 3<<-\"E2\" /dev/fd/3\nUSER nobody\nEOF\n\tUSER $x\n\tE2\nCOPY <<'a b' <<c /d/\nRUN x\na b\nc\nRUN [\"cat\", \"<<EOF\"]\nONBUILD RUN <<E\nCMD y\nE\nUSER z\n";
    let file = parse(text);
    assert!(file.errors.is_empty(), "{:?}", file.errors);
    assert_eq!(names(&file), ["FROM", "RUN", "COPY", "RUN", "ONBUILD", "USER"]);
    let docs: Vec<_> =
        file.instructions[1].heredocs.iter().map(|h| (h.name.as_str(), h.body.as_str(), h.expand, h.chomp, h.descriptor)).collect();
    assert_eq!(docs, [("EOF", "USER nobody\n", true, false, 0), ("E2", "USER $x\n", false, true, 3)]);
    assert_eq!(file.instructions[1].last_line, 6);
    assert_eq!(
        file.instructions[1].script().unwrap().as_str(),
        "cat <<EOF > /x && cat 3<<-\"E2\" /dev/fd/3\nUSER nobody\nEOF\nUSER $x\nE2"
    );
    let Arguments::Transfer { sources, destination, .. } = &file.instructions[2].arguments else { panic!() };
    assert_eq!((sources.len(), destination.text.as_str()), (3, "/d/"));
    let Arguments::Trigger(inner) = &file.instructions[4].arguments else { panic!() };
    assert_eq!(inner.script().unwrap().as_str(), "CMD y\n");
    let body = &inner.heredocs[0].body;
    assert_eq!(at(text, &file, body.span(4, 5)), (13, 5, 1));
}

#[test]
fn a_heredoc_without_end_takes_the_rest() {
    assert_eq!(errors("FROM a\nRUN <<EOF\nUSER b\n"), ["2:1 the here-document `EOF` does not end: no line is `EOF`"]);
    assert_eq!(parse("FROM a\nRUN <<EOF\nUSER b\n").instructions.len(), 2);
    // No here-document: a here-string, and a shift in quotes.
    assert_eq!(names(&parse("FROM a\nRUN cat <<< x\nRUN echo \"<<EOF\"\nUSER b\n")), ["FROM", "RUN", "RUN", "USER"]);
}

#[test]
fn exec_and_shell_forms() {
    let text = "FROM a\nCMD [ \"a\" , \"b\\u00e9\\n\" ]\nCMD ['a']\nCMD [\"a\"] b\nCMD []\nCMD [\"a\", 1]\nENTRYPOINT [\"a\",]\n";
    let file = parse(text);
    let forms: Vec<String> = file
        .instructions
        .iter()
        .skip(1)
        .map(|i| match &i.arguments {
            Arguments::Command(CommandLine::Exec(words)) => words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join("|"),
            Arguments::Command(CommandLine::Shell(text)) => format!("sh {}", text.as_str()),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(forms, ["a|bé\n", "sh ['a']", "sh [\"a\"] b", "", "Unread", "sh [\"a\",]"]);
    assert_eq!(errors(text), ["6:5 a JSON array here holds strings only"]);
    let Arguments::Command(CommandLine::Exec(words)) = &file.instructions[1].arguments else { panic!() };
    assert_eq!(at(text, &file, words[1].span), (2, 13, 11));
}

#[test]
fn pairs_in_both_forms() {
    let text =
        "FROM a\nENV A one two\nENV B=1 C=\"x y\" D=a\\ b \\\n  E='é=1'\nLABEL \"com.x\"=\"y\" z=\nARG F G=1\nENV H\nENV I=1 J\nENV =1\n";
    let file = parse(text);
    let read: Vec<Vec<(String, Option<String>)>> = file
        .instructions
        .iter()
        .filter_map(|i| match &i.arguments {
            Arguments::Pairs(pairs) => {
                Some(pairs.iter().map(|p| (p.name.text.clone(), p.value.as_ref().map(|v| v.text.clone()))).collect())
            }
            _ => None,
        })
        .collect();
    let pair = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
    assert_eq!(
        read,
        [
            vec![pair("A", "one two")],
            vec![pair("B", "1"), pair("C", "\"x y\""), pair("D", "a\\ b"), pair("E", "'é=1'")],
            vec![pair("\"com.x\"", "\"y\""), pair("z", "")],
            vec![("F".to_owned(), None), pair("G", "1")],
        ]
    );
    assert_eq!(
        errors(text),
        ["7:1 ENV needs a name and a value", "8:9 `J` has no `=`: it has to be name=value", "9:5 a name is missing before `=` in ENV"]
    );
    let Arguments::Pairs(pairs) = &file.instructions[2].arguments else { panic!() };
    assert_eq!(at(text, &file, pairs[1].name.span), (3, 9, 1));
    assert_eq!(at(text, &file, pairs[3].value.as_ref().unwrap().span), (4, 5, 5));
}

#[test]
fn flags() {
    let text = "FROM --platform=$BUILDPLATFORM a AS b\nCOPY --from=\"b\" --link --chown=1:2 -- --x /y\nRUN --mount=type=secret,id=t --network=none x --y\nCOPY --form=b /a /b\nCOPY --link=maybe a b\nRUN --network=foo x\nUSER --x y\nRUN --mount=type=tmp x\nHEALTHCHECK --interval=5x CMD y\nHEALTHCHECK --interval=1m30s --retries=3 CMD y\nHEALTHCHECK none\nHEALTHCHECK TEST x\n";
    let file = parse(text);
    let copy = &file.instructions[1];
    assert_eq!(copy.flag("from").and_then(|f| f.value.as_ref()).map(|v| v.text.as_str()), Some("b"));
    assert!(copy.is_set("link"));
    let Arguments::Transfer { sources, destination, .. } = &copy.arguments else { panic!() };
    assert_eq!((sources[0].text.as_str(), destination.text.as_str()), ("--x", "/y"));
    assert_eq!(at(text, &file, sources[0].span), (2, 39, 3));
    assert_eq!(shell(&file, 2), "x --y");
    assert_eq!(file.instructions[10].arguments, Arguments::Healthcheck(None));
    let lines: Vec<String> = errors(text).iter().map(|e| e.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(lines, ["4:6", "5:6", "6:5", "7:6", "8:5", "9:13", "12:13"]);
}

#[test]
fn what_is_wrong_is_told_and_the_rest_is_read() {
    let cases = [
        ("FROM a\nRUM x\nUSER y\n", "2:1 there is no instruction `RUM`; did you mean RUN?"),
        ("FROM a b\nUSER y\n", "1:1 FROM takes an image, or an image, `AS` and a name"),
        ("FROM a AS 1x\nUSER y\n", "1:11 `1x` cannot name a stage: letters, digits, `-`, `_` and `.`, a letter first"),
        ("RUN x\nFROM a\nUSER y\n", "1:1 RUN stands before the first FROM, where only ARG may stand"),
        ("FROM a\nSHELL sh -c\nUSER y\n", "2:7 SHELL takes a JSON array: SHELL [\"/bin/bash\", \"-c\"]"),
        ("FROM a\nCOPY x\nUSER y\n", "2:1 COPY needs a source and a destination"),
        ("FROM a\nONBUILD FROM x\nUSER y\n", "2:9 ONBUILD cannot keep FROM"),
        ("FROM a\nWORKDIR\nUSER y\n", "2:1 WORKDIR needs exactly one argument"),
    ];
    for (text, expected) in cases {
        assert_eq!(errors(text), [expected], "{text}");
        assert_eq!(names(&parse(text)).last(), Some(&"USER"), "{text}");
    }
    assert_eq!(errors(""), ["1:1 the file has no instructions"]);
    assert_eq!(errors("ARG x\n"), ["1:1 the file has no FROM"]);
}

#[test]
fn a_line_longer_than_buildkit_reads() {
    let text = format!("FROM a\nRUN {}\nUSER y\nRUN a \\\n{} \\\n b\nUSER z\n", "x".repeat(10 << 20), "é".repeat(70_000));
    let file = parse(&text);
    assert_eq!(names(&file).len(), 5);
    let lines: Vec<u32> = file.errors.iter().map(|e| file.line(e.span)).collect();
    assert_eq!(lines, [2, 5]);
    assert_eq!(file.instructions.iter().filter(|i| i.arguments == Arguments::Unread).count(), 2);
}

#[test]
fn expansions() {
    let lookup = |name: &str| match name {
        "a" => Value::Set("foo-bar".to_owned()),
        "empty" => Value::Set(String::new()),
        "later" => Value::Unknown,
        _ => Value::Unset,
    };
    let cases = [
        ("$a", "foo-bar"),
        ("${a}x$a", "foo-barxfoo-bar"),
        ("\\$a", "$a"),
        ("'$a'", "$a"),
        ("\"$a\"", "foo-bar"),
        ("\"\\$a\\n\"", "$a\\n"),
        ("${a:-x}", "foo-bar"),
        ("${empty:-x}", "x"),
        ("${empty-x}", ""),
        ("${no-x}", "x"),
        ("${no:-$a}", "foo-bar"),
        ("${a:+x}", "x"),
        ("${empty+x}", "x"),
        ("${empty:+x}", ""),
        ("${a:?needed}", "foo-bar"),
        ("${a#*-}", "bar"),
        ("${a%%-*}", "foo"),
        ("${a/o/0}", "f0o-bar"),
        ("${a//o/0}", "f00-bar"),
        ("$", "$"),
        ("a$", "a$"),
    ];
    for (text, expected) in cases {
        assert_eq!(expand(text, '\\', &lookup).known(), Some(expected), "{text}");
    }
    for text in ["${a", "${}", "${a:#x}", "${a^^}", "${no:?needed}", "\"x", "'x", "${a#\\q}"] {
        assert!(expand(text, '\\', &lookup).error.is_some(), "{text}");
    }
    for (text, kept) in
        [("$later", "$later"), ("${later:-x}", "${later:-x}"), ("${later/a/b}", "${later/a/b}"), ("x${later}y", "x${later}y")]
    {
        let expanded = expand(text, '\\', &lookup);
        assert_eq!((expanded.known(), expanded.text.as_str()), (None, kept));
        assert_eq!(expanded.unknown, ["later"]);
    }
    // A default that is not used may need what it likes.
    assert_eq!(expand("${a:-$later}", '\\', &lookup).known(), Some("foo-bar"));
    assert_eq!(expand("$no", '\\', &lookup).unset, ["no"]);
    let deep = format!("{}x{}", "${no:-".repeat(200), "}".repeat(200));
    assert!(expand(&deep, '\\', &lookup).error.is_some());
}

#[test]
fn arguments_and_their_scopes() {
    let text = "ARG V=1 W\nARG FULL=img:$V\nFROM $FULL AS base\nARG V\nARG X=${V}x\nENV Y=$X Z=$Y\nFROM base\nUSER $V.$X.$Y\nFROM alpine:$W\nUSER $V\nARG V=2\nUSER $V$HOME\nARG TARGETARCH\nUSER $TARGETARCH\nFROM scratch\nUSER x$V\n";
    let file = parse(text);
    let stages = Stages::of(&file, &Settings::default());
    assert_eq!(stages.stages[0].image.known(), Some("img:1"));
    assert_eq!(stages.stages[1].base, Base::Stage(0));
    assert_eq!(stages.stages[2].image.unset, ["W"]);
    let users = |stages: &Stages| {
        let mut users = Vec::new();
        for stage in 0..stages.stages.len() {
            stages.visit(&file, stage, |_, instruction, variables| {
                if let (Some(Keyword::User), Arguments::Single(word)) = (instruction.keyword, &instruction.arguments) {
                    users.push(variables.expand(&word.text, file.escape).text);
                }
            });
        }
        users
    };
    assert_eq!(users(&stages), ["1.1x.1x", "$V", "2$HOME", "$TARGETARCH", "x"]);
    let given = Settings {
        arguments: [("V", "9"), ("TARGETARCH", "arm64")].map(|(n, v)| (n.to_owned(), v.to_owned())).into(),
        ..Settings::default()
    };
    let stages = Stages::of(&file, &given);
    assert_eq!(stages.stages[0].image.known(), Some("img:9"));
    assert_eq!(users(&stages), ["9.9x.9x", "$V", "9$HOME", "arm64", "x"]);
    let unknown = Settings { unknown: ["V".to_owned()].into(), ..Settings::default() };
    assert_eq!(Stages::of(&file, &unknown).stages[0].image.unknown, ["FULL"]);
}

#[test]
fn the_graph_of_stages() {
    let text = "FROM a AS One\nFROM b AS two\nCOPY --from=ONE /x /\nCOPY --from=0 /x /\nRUN --mount=from=quay.io/c:1,target=/c x\nFROM d AS unused\nFROM two\nCOPY --from=nginx:1 /y /\nCOPY --from=7 /y /\nCOPY --from=$A /y /\nARG B=two\nCOPY --from=$B /y /\n";
    let file = parse(text);
    let stages = Stages::of(&file, &Settings::default());
    assert_eq!(stages.needed(None).unwrap(), [0, 1, 3].into());
    assert_eq!(stages.needed(Some("TWO")).unwrap(), [0, 1].into());
    assert!(stages.needed(Some("nine")).is_err());
    let sources: Vec<&Source> = stages.stages[1].uses.iter().map(|u| &u.source).collect();
    assert_eq!(sources, [&Source::Stage(0), &Source::Stage(0), &Source::Image("quay.io/c:1".into())]);
    assert_eq!(stages.stages[3].uses.last().map(|u| &u.source), Some(&Source::Stage(1)));
    assert_eq!(stages.line_of(3), [1, 3]);
    let problems: Vec<u32> = stages.problems.iter().map(|p| file.line(p.span)).collect();
    assert_eq!(problems, [9, 10]);
}

#[test]
fn values_that_double_stay_bounded() {
    let mut text = "FROM a\nENV A=xxxxxxxxxxxxxxxx\n".to_owned();
    for _ in 0..2000 {
        text.push_str("ENV A=$A$A\n");
    }
    text.push_str("USER $A\n");
    let file = parse(&text);
    let stages = Stages::of(&file, &Settings::default());
    stages.visit(&file, 0, |_, instruction, variables| {
        if let Arguments::Single(word) = &instruction.arguments {
            assert_eq!(variables.expand(&word.text, '\\').known(), None);
        }
    });
}
