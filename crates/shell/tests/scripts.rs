//! What is read of scripts as images have them.

use plimsoll_shell::{Command, parse, parse_with};
use proptest::prelude::*;

/// Each command as `line: words`, with marks for what else is known.
fn shown(text: &str) -> Vec<String> {
    parse(text)
        .commands
        .iter()
        .map(|c| {
            let marks: String = [
                (c.exec, '!'),
                (c.background, '&'),
                (c.is_conditional(), '?'),
                (c.function.is_some(), 'f'),
                (c.substitution_depth > 0, '$'),
            ]
            .iter()
            .filter_map(|(is, mark)| is.then_some(*mark))
            .collect();
            let pipe = c.piped_into.map(|i| format!(" |{i}")).unwrap_or_default();
            format!("{}{marks}: {}{pipe}", c.line, c.shown())
        })
        .collect()
}

#[test]
fn commands_are_found_wherever_they_stand() {
    let cases: &[(&str, &[&str])] = &[
        ("apt-get update && apt-get install -y x", &["1: apt-get update", "1?: apt-get install -y x"]),
        ("# apt-get install x\necho 'apt-get install y'", &["2: echo apt-get install y"]),
        ("if a; then b; elif c; then d; else e; fi", &["1: a", "1?: b", "1?: c", "1?: d", "1?: e"]),
        ("while read l; do x \"$l\"; done < f", &["1: read l", "1?: x $l", "1: "]),
        ("case $1 in a) b;; *) c;; esac", &["1?: b", "1?: c"]),
        ("f() { a; }\nf", &["1f: a", "2: f"]),
        ("(a; b) | c", &["1: a |2", "1: b |2", "1: c"]),
        ("curl -fsSL https://x.test/i | sudo bash -s", &["1: curl -fsSL https://x.test/i |1", "1: sudo bash -s"]),
        ("x=$(a b)\n echo \"$(c)\" `d`", &["1$: a b", "2$: c", "2$: d", "2: echo $(c) `d`"]),
        ("cat <<EOF >/etc/x\npip install y\n$(hostname)\nEOF\nz", &["3$: hostname", "1: cat", "5: z"]),
        ("cat <<'EOF'\n$(rm -rf /)\nEOF\nz", &["1: cat", "4: z"]),
        ("a &\nexec b \"$@\"", &["1&: a", "2!: exec b $@"]),
        ("sh -c 'pip install x | tee y'", &["1: sh -c pip install x | tee y", "1$: pip install x |2", "1$: tee y"]),
        ("trap 'kill $pid' TERM", &["1: trap kill $pid TERM", "1$: kill $pid"]),
        ("a \\\n  b\nc", &["1: a b", "3: c"]),
        ("BIN=/opt/x\nN=$BIN/y\n$N run", &["3: /opt/x/y run"]),
        ("A=1\nA=2\necho $A", &["3: echo $A"]),
        ("for A in 1 2; do echo $A; done", &["1?: echo $A"]),
        (r#"echo a\ b 'it'\''s' "x\"y\z" 'c\d'"#, &[r#"1: echo a b it's x"y\z c\d"#]),
        ("set -e\nexit 1", &["1: set -e", "2: exit 1"]),
        ("[ -f x ] || [[ $(y) = z ]]", &["1: [ -f x ]", "1?$: y"]),
        ("a | b | c", &["1: a |1", "1: b |2", "1: c"]),
        ("bash -e <<'EOF'\na b\nEOF\nz", &["1: bash -e", "1$: a b", "4: z"]),
        ("sh <<-EOF\n\ta\n\tEOF\n", &["1: sh", "1$: a"]),
        ("bash x.sh <<EOF\na\nEOF\n", &["1: bash x.sh"]),
        ("", &[]),
    ];
    for (text, wanted) in cases {
        assert_eq!(shown(text), *wanted, "{text}");
    }
}

#[test]
fn commands_and_words_know_their_bytes() {
    let text = "a && b \"$x\" 'c d' > f; sh -c 'e f'\n";
    let script = parse(text);
    let spans: Vec<&str> = script.commands.iter().map(|c| &text[c.span.clone()]).collect();
    assert_eq!(spans, ["a", "b \"$x\" 'c d'", "sh -c 'e f'", "sh -c 'e f'"]);
    let words: Vec<&str> = script.commands[1].words.iter().map(|w| &text[w.span.clone()]).collect();
    assert_eq!(words, ["b", "\"$x\"", "'c d'"]);
}

#[test]
fn what_breaks_the_parser_is_read_without_its_characters() {
    let script = parse("''\\A\"\\\"`\u{1d4a9}`\"\napt-get install x\n");
    assert_eq!(script.commands.last().map(Command::shown).as_deref(), Some("apt-get install x"));
}

#[test]
fn what_is_set_is_known() {
    let text = "A=1 cmd\nexport B='2 3'\nC=$(x)\nsh -c 'D=4 y'\n";
    let script = parse(text);
    let set: Vec<(&str, &str, &str)> =
        script.assignments.iter().map(|a| (a.name.as_str(), a.value.text.as_str(), &text[a.value.span.clone()])).collect();
    assert_eq!(set, [("A", "1", "1"), ("B", "2 3", "'2 3'"), ("C", "$(x)", "$(x)"), ("D", "4", "sh -c 'D=4 y'")]);
}

#[test]
fn words_of_loops_are_known() {
    let script =
        parse("B=z\nfor p in a \"$B\"; do x $p; done\nfor q in $(y); do x $q; done\nfor r in 1; do r=2; done\nfor s; do x; done\n");
    let loops: Vec<(&str, &[String])> = script.loops.iter().map(|(n, w)| (n.as_str(), w.as_slice())).collect();
    assert_eq!(loops, [("p", &["a".to_owned(), "z".to_owned()][..])]);
}

#[test]
fn programs_are_found_behind_those_that_run_them() {
    let cases = [
        ("python3 app.py", Some("python3"), "app.py"),
        ("exec /usr/bin/python3 app.py", Some("python3"), "app.py"),
        ("env -i A=b PATH=/bin python3 app.py", Some("python3"), "app.py"),
        ("A=b python3 app.py", Some("python3"), "app.py"),
        ("sudo -u app -- nice -n 5 python3 app.py", Some("python3"), "app.py"),
        ("exec gosu app:app redis-server --port 1", Some("redis-server"), "--port 1"),
        ("exec setpriv --reuid=1 --clear-groups node x", Some("node"), "x"),
        ("timeout -k 5 10s curl x", Some("curl"), "x"),
        ("/sbin/tini -g -- java -jar x", Some("java"), "-jar x"),
        ("command -v apt-get", Some("command"), "-v apt-get"),
        ("exec \"$@\"", None, ""),
        ("\"${JAVA:-/opt/java}\" -jar x", Some("java"), "-jar x"),
        ("env", Some("env"), ""),
        ("exec > log", Some("exec"), ""),
        ("su-exec", Some("su-exec"), ""),
    ];
    for (text, program, arguments) in cases {
        let script = parse(text);
        let command = script.commands.first().unwrap();
        assert_eq!(command.program(), program, "{text}");
        let shown: Vec<_> = command.arguments().iter().map(|w| w.text.as_str()).collect();
        assert_eq!(shown.join(" "), arguments, "{text}");
    }
    let command: Command = parse("exec sudo nice x").commands.remove(0);
    assert_eq!(command.programs(), ["sudo", "nice", "x"]);
}

#[test]
fn the_environment_fills_what_the_script_never_sets() {
    let env = |name: &str| (name == "HOME").then(|| "/home/app".to_owned());
    let script = parse_with("exec $HOME/bin/x ${LOG:-/var/log}/y ${HOME}", env);
    let words = &script.commands[0].words;
    assert_eq!(words[1].known(), Some("/home/app/bin/x"));
    assert_eq!((words[2].known(), words[2].likely()), (None, Some("/var/log/y")));
    assert_eq!(words[3].known(), Some("/home/app"));
    let script = parse_with("HOME=$1\n$HOME/x", env);
    assert!(script.commands[0].words[0].dynamic);
}

#[test]
fn files_written_are_known() {
    let script = parse("a > /etc/x 2>> \"$L\" < in 2>&1\n{ b; } > /tmp/y");
    let written: Vec<_> = script.commands[0].redirects.iter().map(|r| (r.target.text.as_str(), r.writes)).collect();
    assert_eq!(written, [("/etc/x", true), ("$L", true), ("in", false)]);
    let after = &script.commands[2];
    assert!(after.words.is_empty());
    assert_eq!((after.redirects[0].target.text.as_str(), after.program()), ("/tmp/y", None));
}

#[test]
fn what_is_not_read_is_said() {
    assert!(parse("a; b").is_whole());
    for text in ["$(".repeat(5000), "if ".repeat(5000), "{ ".repeat(100_000), format!("echo {}", "${a:-".repeat(3000))] {
        assert!(!parse(&text).is_whole(), "{}…", &text[..8]);
    }
    assert!(parse(&"a".repeat(plimsoll_shell::MOST_BYTES + 1)).fatal.is_some());
    let long = vec!["a"; 900].join(" && ");
    assert_eq!(parse(&long).commands.len(), 900);
}

proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC{0,200}") {
        let script = parse(&text);
        for command in &script.commands {
            let _ = (command.program(), command.programs(), command.shown());
        }
    }

    #[test]
    fn any_shell_like_text_is_survived(parts in prop::collection::vec(prop::sample::select(vec![
        "if", "then", "fi", "case", "esac", "in", "for", "do", "done", "while", "{", "}", "(", ")", "$(", "${", "`", "'", "\"", "<<EOF\n", "EOF\n",
        "\n", ";", "|", "&&", "&", "$x", "${x:-", "a", "sh -c", "exec", "=", "x=", "[[", "]]", "é", "\\", "#", "<(", "$((", "))", ";;", "function f",
    ]), 0..60), space in any::<bool>()) {
        let script = parse(&parts.join(if space { " " } else { "" }));
        prop_assert!(script.commands.iter().all(|c| c.piped_into.is_none_or(|i| i < script.commands.len())));
    }
}

#[test]
fn words_that_no_shell_reads_are_one_command() {
    let of = |words: &[&str]| plimsoll_shell::of_words(words, |name| (name == "PORT").then(|| "80".to_owned()));
    let shown = |words: &[&str]| of(words).commands.iter().map(Command::shown).collect::<Vec<_>>();
    // Quotes, dollars and semicolons are what they are.
    assert_eq!(shown(&["app", "$PORT; rm -rf 'x'"]), ["app $PORT; rm -rf 'x'"]);
    assert_eq!(shown(&["/bin/sh", "-c", "app $PORT && true"]), ["/bin/sh -c app $PORT && true", "app 80", "true"]);
    assert_eq!(shown(&["tini", "--", "sh", "-c", "app"]), ["tini -- sh -c app", "app"]);
    assert_eq!(shown(&[]), Vec::<String>::new());
    assert!(of(&["app"]).may_fail && !of(&["sh", "-c", "app || true"]).may_fail && !of(&["true"]).may_fail);
    // As a shell reads the same words in quotes.
    for words in [&["bash", "-ec", "a; b | c"][..], &["env", "A=1", "sh", "-c", "x > f"], &["sh", "-c", "exit 3"]] {
        let line = words.iter().map(|w| format!("'{w}'")).collect::<Vec<_>>().join(" ");
        let (of, read) = (of(words), parse(&line));
        let bare = |commands: &[Command]| -> Vec<(Vec<String>, Option<usize>, u32)> {
            commands.iter().map(|c| (c.words.iter().map(|w| w.text.clone()).collect(), c.piped_into, c.substitution_depth)).collect()
        };
        assert_eq!((bare(&of.commands), of.may_fail), (bare(&read.commands), read.may_fail), "{words:?}");
    }
}
