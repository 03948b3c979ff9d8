//! Every place is right to the column, whatever stands before it.

#![allow(clippy::panic, reason = "test code, though not all in test functions")]

use plimsoll_yaml::{ErrorKind, Limits, Node, Rules, Stream, Style, parse, parse_bytes, parse_with};

/// The node at the end of a path of keys and numbers of items.
fn at<'a>(stream: &'a Stream, document: usize, path: &str) -> &'a Node {
    let root = &stream.documents[document].root;
    path.split('.').filter(|p| !p.is_empty()).fold(root, |node, step| {
        let found = step.parse().ok().and_then(|n: usize| node.items().get(n)).or_else(|| node.get(step));
        found.unwrap_or_else(|| panic!("{path}: nothing at {step}"))
    })
}

/// `line:column+width` of the value.
fn place(node: &Node) -> String {
    format!("{}:{}+{}", node.place.line, node.place.column, node.place.width)
}

#[test]
fn places_are_right_to_the_column() {
    for (text, path, wanted) in [
        ("a: b\n", "a", "1:4+1"),
        ("a:   b  # c\n", "a", "1:6+1"),
        ("a:\tb\n", "a", "1:4+1"),
        ("a: \t b\n", "a", "1:6+1"),
        ("ä: ö ü\n", "ä", "1:4+3"),
        ("\"k\": 'it''s'\n", "k", "1:6+7"),
        ("k: \"a\\u0041\\n\"\n", "k", "1:4+11"),
        // Anchors and tags are no part of the value.
        ("a: &anchor value\n", "a", "1:12+5"),
        ("a: !!str 12\n", "a", "1:10+2"),
        ("a: &x !!str 12\n", "a", "1:13+2"),
        ("a: !!str &x 12\n", "a", "1:13+2"),
        ("a: &x\n  b: c\n", "a", "2:3+1"),
        ("a: &x\n  b: c\n", "a.b", "2:6+1"),
        // An alias has the place of what was anchored.
        ("a: &x value\nb: *x\n", "b", "1:7+5"),
        ("a: &x\n  b: c\nd:\n  <<: *x\n  e: f\n", "d.b", "2:6+1"),
        ("a: &x\n  b: c\nd:\n  <<: *x\n  e: f\n", "d.e", "5:6+1"),
        // Scalars of several lines: the part on the first.
        ("a: plain\n  goes on\nb: x\n", "a", "1:4+5"),
        ("a: plain\n  goes on\nb: x\n", "b", "3:4+1"),
        ("a: \"quoted\n  goes on\"\nb: x\n", "a", "1:4+7"),
        ("a: 'quoted \n\n  goes on'\nb: x\n", "b", "4:4+1"),
        ("a: |\n  one\n  two\nb: x\n", "a", "2:3+3"),
        ("a: |2-\n    one\n  two\nb: x\n", "b", "4:4+1"),
        ("a: >-\n  one\n\n  two\nb: x\n", "a", "2:3+3"),
        ("a: &t |\n  one\nb: *t\n", "b", "2:3+3"),
        // Collections.
        ("a: [x, {y: z}]\n", "a", "1:4+11"),
        ("a: [x, {y: z}]\n", "a.1", "1:8+6"),
        ("a: [x, {y: z}]\n", "a.1.y", "1:12+1"),
        ("a: {\n  b: c,\n}\n", "a", "1:4+1"),
        ("a: {\n  b: c,\n}\n", "a.b", "2:6+1"),
        ("a:\n- b\n- c: d\n  e: f\n", "a", "2:3+1"),
        ("a:\n- b\n- c: d\n  e: f\n", "a.1", "3:3+1"),
        ("a:\n- b\n- c: d\n  e: f\n", "a.1.e", "4:6+1"),
        ("a:\n  - - b\n    - c\n", "a.0.1", "3:7+1"),
        ("? a\n: b\n", "a", "2:3+1"),
        ("{\"a\": {\"b\": [1, 22]}}", "a.b.1", "1:17+2"),
        ("{\n\t\"a\": {\n\t\t\"b\": true\n\t}\n}\n", "a.b", "3:8+4"),
        // What was left out stands right after its key, at the colon.
        ("a:\nb: c\n", "a", "1:2+0"),
        ("a:   # c\nb: c\n", "a", "1:2+0"),
        ("a: [b, c: ]\n", "a.1.c", "1:9+0"),
        // Line ends of Windows and of old; a byte order mark is no column.
        ("a: b\r\nc:\r\n  - d\r\n", "c.0", "3:5+1"),
        ("a: |\r\n  one\r\n  two\r\nb: x\r\n", "a", "2:3+3"),
        ("a: |\r\n  one\r\n  two\r\nb: x\r\n", "b", "4:4+1"),
        ("a: \"one\r\n  two\"\r\nb: x\r\n", "a", "1:4+4"),
        ("\u{feff}a: b\n", "a", "1:4+1"),
        ("\u{feff}# c\r\na: b\r\n", "a", "2:4+1"),
        ("%YAML 1.1\n---\na: b\n", "a", "3:4+1"),
        ("# c\n\n---\n# c\na: b\n...\n", "a", "5:4+1"),
    ] {
        for rules in [Rules::Kubernetes, Rules::Compose] {
            let stream = parse(text, rules);
            assert_eq!(stream.errors, [], "{text:?}");
            assert_eq!(place(at(&stream, 0, path)), wanted, "{text:?} at {path}");
        }
    }
}

#[test]
fn an_alias_says_where_it_stands() {
    let stream = parse("a: &x {k: v}\nb: *x\nc:\n- <<: *x\n  l: w\n", Rules::Kubernetes);
    let b = at(&stream, 0, "b");
    assert_eq!(b.alias.as_deref().map(|p| (p.line, p.column, p.width)), Some((2, 4, 2)));
    assert_eq!(at(&stream, 0, "a").alias, None);
    let merged = at(&stream, 0, "c.0").entry("k").unwrap();
    assert_eq!(merged.merged.as_deref().map(|p| (p.line, p.column, p.width)), Some((4, 7, 2)));
    assert_eq!(at(&stream, 0, "c.0").entry("l").unwrap().merged, None);
}

#[test]
fn merge_keys_override_as_each_reader_has_it() {
    for (text, key, kubernetes, compose) in [
        ("<<: {a: 1}\na: 2\n", "a", 2, 2),
        ("a: 2\n<<: {a: 1}\n", "a", 1, 2),
        ("<<: [{a: 1}, {a: 2, b: 3}]\n", "a", 1, 1),
        ("<<: [{a: 1}, {a: 2, b: 3}]\n", "b", 3, 3),
        ("a: 2\n<<: [{a: 1}, {a: 3}]\n", "a", 1, 2),
    ] {
        for (rules, wanted) in [(Rules::Kubernetes, kubernetes), (Rules::Compose, compose)] {
            let stream = parse(text, rules);
            let root = &stream.documents[0].root;
            assert_eq!(root.get(key).and_then(Node::as_int), Some(wanted), "{text:?} by {rules:?}");
            assert_eq!(root.entries().iter().filter(|e| e.key.text() == Some(key)).count(), 1, "{text:?} by {rules:?}");
            assert!(root.get("<<").is_none());
        }
    }
    // In quotes it is a key like any other.
    assert!(parse("'<<': {a: 1}\n", Rules::Compose).documents[0].root.get("<<").is_some());
    for text in ["<<: 1\n", "<<: [1]\n", "<<:\n"] {
        let stream = parse(text, Rules::Kubernetes);
        assert_eq!(stream.errors.len(), 1, "{text:?}");
        assert!(stream.errors[0].message.contains("merge key"));
    }
}

#[test]
fn tags_and_styles_decide_what_a_value_is() {
    let stream = parse("a: !!str 1\nb: '1'\nc: |\n  yes\nd: !!int '7'\ne: !reset null\nf: !!float 1\ng: ! 1\n", Rules::Kubernetes);
    assert_eq!(at(&stream, 0, "a").as_str(), Some("1"));
    assert_eq!(at(&stream, 0, "a").tag.as_deref(), Some("!!str"));
    assert_eq!(at(&stream, 0, "b").as_str(), Some("1"));
    assert_eq!(at(&stream, 0, "c").as_str(), Some("yes\n"));
    assert_eq!(at(&stream, 0, "c").scalar().unwrap().style, Style::Literal);
    assert_eq!(at(&stream, 0, "d").as_int(), Some(7));
    assert_eq!(at(&stream, 0, "e").tag.as_deref(), Some("!reset"));
    assert!(at(&stream, 0, "e").is_null());
    assert_eq!(at(&stream, 0, "f").what(), "a number");
    assert_eq!(at(&stream, 0, "g").as_str(), Some("1"));
}

#[test]
fn documents_are_read_beside_broken_ones() {
    let text = "a: 1\n---\nb: ]\n---\nc: 3\n---\nd: *none\n---\n---\ne: 5\n...\n";
    let stream = parse(text, Rules::Kubernetes);
    let roots: Vec<_> = stream.documents.iter().map(|d| (d.place.line, d.root.what())).collect();
    assert_eq!(roots, [(1, "a mapping"), (4, "a mapping"), (8, "null"), (9, "a mapping")]);
    let errors: Vec<_> = stream.errors.iter().map(|e| (e.kind, e.place.line, e.place.column)).collect();
    assert_eq!(errors, [(ErrorKind::Syntax, 3, 4), (ErrorKind::Alias, 7, 4)]);
    // An anchor is its document's alone.
    assert_eq!(parse("a: &x 1\n---\nb: *x\n", Rules::Compose).errors[0].place.line, 3);
}

#[test]
fn keys_given_twice_are_kept_and_told() {
    let stream = parse("a: 1\nb: {c: 1, \"c\": 2}\na: 3\n", Rules::Kubernetes);
    assert_eq!(at(&stream, 0, "a").as_int(), Some(3));
    assert_eq!(stream.documents[0].root.entries().len(), 3);
    let told: Vec<_> = stream.documents[0]
        .duplicates
        .iter()
        .map(|d| (d.key.as_str(), (d.first.line, d.first.column), (d.again.line, d.again.column)))
        .collect();
    assert_eq!(told, [("c", (2, 5), (2, 11)), ("a", (1, 1), (3, 1))]);
}

#[test]
fn limits_hold() {
    // Nine levels of nine aliases each: three hundred million values.
    let levels = (1..9).map(|level| format!("a{level}: &a{level} [{}]\n", format!("*a{},", level - 1).repeat(9)));
    let bomb = format!("a0: &a0 [x,x,x,x,x,x,x,x,x]\n{}", levels.collect::<Vec<_>>().concat());
    let stream = parse(&format!("{bomb}---\nafter: 1\n"), Rules::Kubernetes);
    assert_eq!(stream.errors[0].kind, ErrorKind::Limit);
    assert!(stream.errors[0].message.contains("aliases expand"), "{}", stream.errors[0]);
    assert_eq!(stream.documents.len(), 1, "the document after the bomb is read");

    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(parse(&deep, Rules::Kubernetes).errors[0].kind, ErrorKind::Limit);
    let deep = (0..400).map(|n| format!("{}a:\n", " ".repeat(n))).collect::<Vec<_>>().concat();
    assert_eq!(parse(&deep, Rules::Kubernetes).errors[0].kind, ErrorKind::Limit);
    let levels = (1..40).map(|level| format!("a{level}: &a{level} [[[[[[[[*a{}]]]]]]]]\n", level - 1));
    let chain = format!("a0: &a0 [[[[[[[[x]]]]]]]]\n{}", levels.collect::<Vec<_>>().concat());
    assert!(parse(&chain, Rules::Kubernetes).errors[0].message.contains("deep"));

    let limits = Limits { nodes: 10, ..Limits::default() };
    let stream = parse_with("[1,2,3,4,5,6,7,8,9,10,11]\n---\na: 1\n", Rules::Compose, &limits);
    assert_eq!((stream.documents.len(), stream.errors[0].kind), (0, ErrorKind::Limit));
    let limits = Limits { bytes: 4, ..Limits::default() };
    assert_eq!(parse_with("a: 12", Rules::Compose, &limits).errors[0].kind, ErrorKind::Limit);
    let limits = Limits { errors: 3, ..Limits::default() };
    assert_eq!(parse_with(&"]\n---\n".repeat(50), Rules::Compose, &limits).errors.len(), 4);
    for recursive in ["&a [*a]", "&a {b: *a}", "a: &x\n  b: *x\n"] {
        assert_eq!(parse(recursive, Rules::Compose).errors[0].kind, ErrorKind::Alias, "{recursive}");
    }
}

#[test]
fn bytes_that_are_no_utf8_are_told_by_line() {
    let limits = Limits { source: 7, ..Limits::default() };
    let stream = parse_bytes(b"a: b\nc: d\xff\n", Rules::Kubernetes, &limits);
    let place = stream.errors[0].place;
    assert_eq!((place.source, place.line, place.column), (7, 2, 5));
    assert!(parse_bytes(b"\xff\xfea\0", Rules::Kubernetes, &limits).errors[0].message.contains("UTF-16"));
}

#[test]
fn helms_templates_are_told_from_yaml() {
    for (text, wanted) in [
        ("a: {{ .Values.a }}\n", Some((1, 4))),
        ("a: b\n{{- if .Values.x }}\nc: d\n{{- end }}\n", Some((2, 1))),
        ("{{ include \"x.labels\" . | nindent 4 }}\n", Some((1, 1))),
        ("a: \"{{ .Release.Name }}-x\"\n", Some((1, 4))),
        ("a: repo:{{ .Chart.AppVersion }}\n", Some((1, 4))),
        ("a:\n  {{- toYaml .Values.x | nindent 2 }}\n", Some((2, 3))),
        // Other programs' braces, and data that is a template.
        ("a: \"{{ $labels.instance }} is down\"\n", None),
        ("a: \"{{inputs.parameters.x}}\"\n", None),
        ("a: |\n  {{ .Values.x }}\n", None),
        ("# {{ .Values.x }}\na: b\n", None),
        ("a: {b: {c: d}}\n", None),
        ("a: [\n", None),
        ("# {{ x }}\na: [\n", None),
    ] {
        let found = parse(text, Rules::Kubernetes).template.map(|p| (p.line, p.column));
        assert_eq!(found, wanted, "{text:?}");
    }
}
