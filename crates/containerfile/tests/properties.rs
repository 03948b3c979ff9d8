//! What holds for every text.

use plimsoll_containerfile::{Arguments, CommandLine, Containerfile, Instruction, Settings, Span, Stages, parse};
use proptest::prelude::*;

/// Pieces that mean something, so that texts get deep into the parser.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("FROM ".to_owned()),
        Just("\nFROM a AS b\n".to_owned()),
        Just("\nRUN ".to_owned()),
        Just("\nCOPY ".to_owned()),
        Just("\nADD ".to_owned()),
        Just("\nENV ".to_owned()),
        Just("\nARG ".to_owned()),
        Just("\nLABEL ".to_owned()),
        Just("\nUSER ".to_owned()),
        Just("\nVOLUME ".to_owned()),
        Just("\nEXPOSE ".to_owned()),
        Just("\nCMD ".to_owned()),
        Just("\nSHELL ".to_owned()),
        Just("\nONBUILD ".to_owned()),
        Just("\nHEALTHCHECK CMD ".to_owned()),
        Just("\n# escape=`\n".to_owned()),
        Just("--from=b ".to_owned()),
        Just("--mount=type=bind,from=".to_owned()),
        Just("--link ".to_owned()),
        Just("\\\n".to_owned()),
        Just("`\r\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("\n".to_owned()),
        Just("<<EOF ".to_owned()),
        Just("<<-'a b'".to_owned()),
        Just("\nEOF\n".to_owned()),
        Just("${a:-".to_owned()),
        Just("${b//x/".to_owned()),
        Just("${c##*}".to_owned()),
        Just("}".to_owned()),
        Just("$a".to_owned()),
        Just("=".to_owned()),
        Just("\"".to_owned()),
        Just("'".to_owned()),
        Just("[\"a\", \"b\"]".to_owned()),
        Just("[".to_owned()),
        Just("\u{feff}".to_owned()),
        Just("é\u{a0}𝄞".to_owned()),
        "[ -~]{0,8}",
        any::<char>().prop_map(String::from),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..60).prop_map(|pieces| pieces.concat())
}

fn spans(instruction: &Instruction) -> Vec<Span> {
    let mut spans = vec![instruction.name.span, instruction.text.whole()];
    for flag in &instruction.flags {
        spans.push(flag.span);
        spans.extend(flag.value.as_ref().map(|v| v.span));
    }
    spans.extend(instruction.heredocs.iter().map(|h| h.body.whole()));
    let line = |line: &CommandLine| match line {
        CommandLine::Exec(words) => words.iter().map(|w| w.span).collect(),
        CommandLine::Shell(text) => vec![text.whole()],
    };
    match &instruction.arguments {
        Arguments::From { image, name } => spans.extend([Some(image), name.as_ref()].into_iter().flatten().map(|w| w.span)),
        Arguments::Command(command) => spans.extend(line(command)),
        Arguments::Healthcheck(command) => spans.extend(command.iter().flat_map(line)),
        Arguments::Transfer { sources, destination, .. } => spans.extend(sources.iter().chain([destination]).map(|w| w.span)),
        Arguments::Pairs(pairs) => {
            spans.extend(pairs.iter().flat_map(|p| [Some(p.name.span), p.value.as_ref().map(|v| v.span)]).flatten());
        }
        Arguments::Words(words) => spans.extend(words.iter().map(|w| w.span)),
        Arguments::Single(word) => spans.push(word.span),
        Arguments::Trigger(inner) => spans.extend(self::spans(inner)),
        Arguments::Unread => {}
    }
    spans
}

fn all_spans(file: &Containerfile) -> Vec<Span> {
    let mut all: Vec<Span> = file.instructions.iter().flat_map(spans).collect();
    all.extend(file.instructions.iter().map(|i| i.span));
    all.extend(file.errors.iter().chain(&file.warnings).map(|p| p.span));
    all.extend(file.directives.iter().map(|d| d.value.span));
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn places_lie_within_the_text(text in text()) {
        let file = parse(&text);
        let stages = Stages::of(&file, &Settings::default());
        let lines: Vec<&str> = text.strip_prefix('\u{feff}').unwrap_or(&text).split('\n').collect();
        for span in all_spans(&file).into_iter().chain(stages.problems.iter().map(|p| p.span)) {
            prop_assert!(span.start <= span.end && span.end <= text.len(), "{:?} of {}", span, text.len());
            prop_assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end), "{span:?}");
            let place = file.place(&text, span);
            let line = lines.get(place.line as usize - 1).copied().unwrap_or_default();
            prop_assert!((place.column - 1 + place.width) as usize <= line.chars().count(), "{place:?} in {line:?}");
        }
    }

    #[test]
    fn words_without_escapes_stand_where_they_say(text in text()) {
        let file = parse(&text);
        for instruction in &file.instructions {
            if let Arguments::Transfer { sources, json: false, .. } = &instruction.arguments {
                for word in sources {
                    let there = &text[word.span.start..word.span.end];
                    prop_assert!(there == word.text || there.contains('\n'), "{there:?} {:?}", word.text);
                }
            }
        }
    }

    #[test]
    fn instructions_follow_each_other(text in text()) {
        let file = parse(&text);
        for pair in file.instructions.windows(2) {
            prop_assert!(pair[0].span.end <= pair[1].span.start, "{:?} {:?}", pair[0].span, pair[1].span);
            prop_assert!(pair[0].last_line < file.line(pair[1].name.span) || pair[1].arguments == Arguments::Unread);
        }
    }
}
