//! Which instruction made which step of an image's history.
//!
//! Builders write steps in different ways: BuildKit `RUN /bin/sh -c cmd # buildkit`, `COPY a b # buildkit`, `ENV A=b`; the older builder and
//! Buildah `/bin/sh -c cmd` and `/bin/sh -c #(nop) COPY file:… in /x`; kaniko `RUN cmd`. All keep the order of the file, so both lists are
//! walked from their ends, where the file's last instruction stands, and each pair has to agree.

use plimsoll_containerfile::{Arguments, CommandLine, Instruction, Keyword, Variables};
use plimsoll_evidence::{HistoryStep, Place, printable_line};

use super::place::Locator;

/// An instruction that should have made a step.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    keyword: Keyword,
    place: Place,
    /// What the step's text has to hold, blanks, quotes and brackets left out, in any order.
    parts: Vec<String>,
    /// What it has to end with, likewise.
    end: Option<String>,
}

/// Instructions of which some builders keep no step.
const OPTIONAL: &[Keyword] = &[Keyword::Arg, Keyword::Onbuild, Keyword::Shell, Keyword::Maintainer, Keyword::Workdir];

impl Expected {
    pub(super) fn of(locator: &Locator<'_>, instruction: &Instruction, variables: &Variables) -> Option<Self> {
        let keyword = instruction.keyword.filter(|k| *k != Keyword::From)?;
        let known = |text: &str| {
            // What a build put in place of a variable is not known here, its default may not have held: the pieces around it are.
            if text.contains('$') {
                return pieces(text);
            }
            variables.expand(text, locator.file.escape).known().map(|text| vec![bare(text)]).unwrap_or_default()
        };
        let mut parts = Vec::new();
        let mut end = None;
        match &instruction.arguments {
            Arguments::Command(line) if keyword == Keyword::Run => end = Some(bare(&run_text(instruction, line))),
            Arguments::Command(CommandLine::Exec(words)) | Arguments::Healthcheck(Some(CommandLine::Exec(words))) => {
                parts.extend(words.iter().map(|w| bare(&w.text)));
            }
            Arguments::Command(CommandLine::Shell(text)) | Arguments::Healthcheck(Some(CommandLine::Shell(text))) => {
                parts.push(bare(text.as_str()));
            }
            Arguments::Transfer { destination, .. } => parts.extend(known(destination.text.trim_start_matches('.'))),
            Arguments::Pairs(pairs) => {
                for pair in pairs {
                    let mut name = known(&pair.name.text);
                    // An argument's value may be another one in each build.
                    let value = pair.value.as_ref().filter(|_| keyword != Keyword::Arg);
                    match (value.map(|v| (v, known(&v.text))), name.last_mut()) {
                        (Some((value, held)), Some(last)) if !value.text.contains('$') && !pair.name.text.contains('$') => {
                            last.push('=');
                            last.push_str(&held.concat());
                        }
                        (Some((_, held)), _) => name.extend(held),
                        (None, _) => {}
                    }
                    parts.extend(name);
                }
            }
            // What builders write of it is the whole path, made plain.
            Arguments::Single(word) if keyword == Keyword::Workdir => {
                parts.extend(
                    known(&word.text).iter().flat_map(|part| part.split('/')).filter(|p| !matches!(*p, "" | "." | "..")).map(str::to_owned),
                );
                if word.text.contains("..") {
                    parts.clear();
                }
            }
            Arguments::Single(word) => parts.extend(known(&word.text)),
            // Builders write out ranges and leave out the host's part.
            Arguments::Words(words) if keyword == Keyword::Expose => {
                let port = |word: String| word.rsplit(':').next().and_then(|w| w.split(['-', '/']).next()).map(str::to_owned);
                parts.extend(words.iter().filter(|w| !w.text.contains('$')).filter_map(|w| port(bare(&w.text))));
            }
            Arguments::Words(words) => parts.extend(words.iter().flat_map(|w| known(&w.text))),
            _ => {}
        }
        Some(Self { keyword, place: locator.place(instruction.span), parts, end })
    }

    fn agrees(&self, step: &str) -> bool {
        let (name, text) = split(step);
        if name != self.keyword.name() {
            return false;
        }
        let text = bare(text);
        let holds = self.parts.iter().all(|part| concealed(part) || text.contains(part.as_str()) || concealed(&text));
        holds && self.end.as_ref().is_none_or(|end| text.ends_with(end.as_str()) || agrees_around(end, &text))
    }
}

/// What the shell, or the kernel, is given to run.
fn run_text(instruction: &Instruction, line: &CommandLine) -> String {
    match line {
        CommandLine::Shell(_) => instruction.script().map(|s| s.as_str().to_owned()).unwrap_or_default(),
        CommandLine::Exec(words) => words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" "),
    }
}

/// The instruction that a step says made it, and its text.
fn split(step: &str) -> (&str, &str) {
    let text = step.trim();
    let text = text.strip_suffix("# buildkit").unwrap_or(text).trim();
    if let Some(rest) = text.strip_prefix("/bin/sh -c #(nop)") {
        let rest = rest.trim_start();
        return rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    }
    let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    match Keyword::of(name) {
        Some(keyword) if keyword.name() == name => (name, rest),
        // A command alone: the older builders' RUN.
        _ => ("RUN", text),
    }
}

/// A text without what builders write differently. A blank can be written as `\t` or `\n` too.
fn bare(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut escaped = false;
    for c in text.chars() {
        let blank = escaped && matches!(c, 't' | 'n');
        escaped = c == '\\';
        if !blank && !escaped && !c.is_whitespace() && !matches!(c, '"' | '\'' | '[' | ']' | ',') {
            out.push(c);
        }
    }
    out
}

/// The pieces of a word between its variables; none where a variable stands in another one, or escapes are mixed in.
fn pieces(text: &str) -> Vec<String> {
    let nested = text.split("${").skip(1).any(|inner| !inner.contains('}') || inner.split('}').next().is_some_and(|i| i.contains('$')));
    if nested || text.contains('\\') {
        return Vec::new();
    }
    let mut out = Vec::new();
    for (nth, piece) in text.split('$').enumerate() {
        let known = if nth == 0 {
            piece
        } else if let Some(rest) = piece.strip_prefix('{') {
            rest.split_once('}').map_or("", |(_, rest)| rest)
        } else {
            piece.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_')
        };
        out.push(bare(known));
    }
    out.retain(|p| !p.is_empty());
    out
}

/// Whether credentials in a text were concealed.
fn concealed(text: &str) -> bool {
    text.contains('•') || text.contains("***")
}

/// Whether two texts are the same around what was concealed in them.
fn agrees_around(end: &str, text: &str) -> bool {
    if !concealed(end) && !concealed(text) {
        return false;
    }
    let head = end.split(['•', '*']).next().unwrap_or_default();
    let tail = end.rsplit(['•', '*']).next().unwrap_or_default();
    head.len() + tail.len() > 8 && text.contains(head) && (text.ends_with(tail) || concealed(text))
}

/// The instruction of each step. The error says where file and history part.
pub(super) fn of(expected: &[Expected], history: &[HistoryStep]) -> Result<Vec<Option<Place>>, String> {
    let mut steps = vec![None; history.len()];
    let mut at = history.len();
    // A builder's own labels and variables, of its command line, come after those of the file.
    let added = |step: &HistoryStep| matches!(split(&step.created_by).0, "LABEL" | "ENV");
    if let Some(last) = expected.iter().rev().find(|e| !OPTIONAL.contains(&e.keyword)) {
        while at > 0 && history.get(at - 1).is_some_and(|step| added(step) && !expected.iter().any(|e| e.agrees(&step.created_by))) {
            at -= 1;
        }
        if at == 0 || !history.get(at - 1).is_some_and(|step| last.agrees(&step.created_by)) {
            at = history.len();
        }
    }
    for instruction in expected.iter().rev() {
        let step = at.checked_sub(1).and_then(|at| history.get(at));
        if step.is_some_and(|step| instruction.agrees(&step.created_by)) {
            at -= 1;
            if let Some(slot) = steps.get_mut(at) {
                *slot = Some(instruction.place);
            }
        } else if !OPTIONAL.contains(&instruction.keyword) {
            let found = step.map_or_else(|| "nothing".to_owned(), |s| format!("\"{}\"", printable_line(&s.created_by, 80)));
            return Err(format!(
                "line {} is {}, where the image's history has {found} at step {at}",
                instruction.place.line,
                instruction.keyword.name()
            ));
        }
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use plimsoll_containerfile::{Settings, Stages, parse};

    use super::*;

    fn matched(text: &str, history: &[&str]) -> Result<Vec<Option<u32>>, String> {
        let file = parse(text);
        let stages = Stages::of(&file, &Settings::default());
        let origin = super::super::written::Origin::file(0);
        let locator = Locator { file: &file, text, origin: &origin, whole: text };
        let mut expected = Vec::new();
        for stage in stages.line_of(stages.target(None).unwrap()) {
            stages.visit(&file, stage, |_, instruction, variables| expected.extend(Expected::of(&locator, instruction, variables)));
        }
        let history: Vec<HistoryStep> =
            history.iter().map(|s| HistoryStep { created_by: (*s).to_owned(), ..HistoryStep::default() }).collect();
        of(&expected, &history).map(|steps| steps.into_iter().map(|place| place.map(|p| p.line)).collect())
    }

    const FILE: &str = "FROM golang:1 AS build\nRUN go build\nFROM debian:12\nARG V=1\nENV A=b C=$V\nRUN apt-get update && \\\n    apt-get install -y curl\nCOPY --from=build /x /app/$V\nWORKDIR /w\nEXPOSE 80 443\nUSER 1001\nENTRYPOINT [\"/x\", \"-v\"]\n";

    #[test]
    fn buildkit() {
        let history = [
            "/bin/sh -c #(nop) ADD file:aa in / ",
            "/bin/sh -c #(nop)  CMD [\"bash\"]",
            "ARG V=2",
            "ENV A=b C=2",
            "RUN |1 V=2 /bin/sh -c apt-get update &&     apt-get install -y curl # buildkit",
            "COPY /x /app/1 # buildkit",
            "WORKDIR /w",
            "EXPOSE map[443/tcp:{} 80/tcp:{}]",
            "USER 1001",
            "ENTRYPOINT [\"/x\" \"-v\"]",
        ];
        assert_eq!(
            matched(FILE, &history).unwrap(),
            [None, None, Some(4), Some(5), Some(6), Some(8), Some(9), Some(10), Some(11), Some(12)]
        );
    }

    #[test]
    fn the_older_builder_and_buildah() {
        let history = [
            "/bin/sh -c #(nop) ADD file:aa in / ",
            "/bin/sh -c #(nop)  ENV A=b C=1",
            "|1 V=1 /bin/sh -c apt-get update &&     apt-get install -y curl",
            "/bin/sh -c #(nop) COPY file:0123 in /app/1 ",
            "/bin/sh -c #(nop) WORKDIR /w",
            "/bin/sh -c #(nop)  EXPOSE 443 80",
            "/bin/sh -c #(nop)  USER 1001",
            "/bin/sh -c #(nop)  ENTRYPOINT [\"/x\" \"-v\"]",
        ];
        assert_eq!(matched(FILE, &history).unwrap(), [None, Some(5), Some(6), Some(8), Some(9), Some(10), Some(11), Some(12)]);
    }

    #[test]
    fn heredocs_exec_forms_and_stages_on_stages() {
        let text = "FROM scratch AS base\nRUN <<EOF\necho a\necho b\nEOF\nFROM base\nRUN [\"/x\", \"y z\"]\nCMD run it\n";
        let history = ["RUN /bin/sh -c echo a\necho b\n # buildkit", "RUN /x y z # buildkit", "CMD [\"/bin/sh\" \"-c\" \"run it\"]"];
        assert_eq!(matched(text, &history).unwrap(), [Some(2), Some(7), Some(8)]);
    }

    /// Images of regclient's tests, whose build files and history are both public: the second one of a stage on a stage of another file.
    #[test]
    fn images_really_built() {
        let second = "# syntax=docker/dockerfile:1.4\nFROM testrepo:b1\n\nCOPY layer1.txt /layer1\nARG  arg=value\nCOPY layer2.txt /layer2\nARG  arg_label=value\nLABEL arg_label=${arg_label}\nLABEL version=2\nVOLUME /volume\n";
        let history = [
            "COPY base-a.txt /base.txt # buildkit",
            "LABEL base=a",
            "COPY layer1.txt /layer1 # buildkit",
            "ARG arg=value",
            "COPY layer2.txt /layer2 # buildkit",
            "ARG arg_label=value",
            "LABEL arg_label=arg_for_label",
            "LABEL version=2",
            "VOLUME [/volume]",
        ];
        assert_eq!(matched(second, &history).unwrap(), [None, None, Some(4), Some(5), Some(6), Some(7), Some(8), Some(9), Some(10)]);
        let third = "# syntax=docker/dockerfile:1.4\nFROM testrepo:b1\n\nCOPY layer1.txt /layer1\nARG  arg=value\nCOPY layer2.txt /layer2\nCOPY layer3.txt /layer3\nCOPY layer.tar /dir/layer.tar\nARG  arg_label=value\nLABEL arg_label=${arg_label}\nLABEL version=3\nVOLUME /volume\n";
        assert_eq!(matched(third, &history).unwrap_err(), "line 11 is LABEL, where the image's history has \"LABEL version=2\" at step 8");
    }

    #[test]
    fn what_builders_write_in_their_own_way() {
        let text = "FROM x\nWORKDIR app/./src/\nWORKDIR ../y\nEXPOSE 8000-8002 127.0.0.1:80:90/UDP\nCMD a \\\n\tb \"c\\td\"\n";
        let history = [
            "WORKDIR /app/src",
            "WORKDIR /app/y",
            "EXPOSE [8000/tcp 8001/tcp 8002/tcp 90/udp]",
            "CMD [\"/bin/sh\" \"-c\" \"a \\tb \\\"c\\\\td\\\"\"]",
        ];
        assert_eq!(matched(text, &history).unwrap(), [Some(2), Some(3), Some(4), Some(5)]);
    }

    #[test]
    fn labels_of_the_command_line() {
        let text = "FROM x\nRUN make\nLABEL a=b\n";
        let history = ["RUN /bin/sh -c make # buildkit", "LABEL a=b", "/bin/sh -c #(nop)  LABEL other=1", "ENV OPENSHIFT_BUILD_NAME=x"];
        assert_eq!(matched(text, &history).unwrap(), [Some(2), Some(3), None, None]);
        assert!(matched("FROM x\nRUN make\nENV A=b\n", &["RUN /bin/sh -c make # buildkit", "ENV C=d"]).is_err());
    }

    #[test]
    fn what_does_not_match_is_said() {
        let other = "FROM x\nRUN make\nRUN other\n";
        assert_eq!(
            matched(other, &["RUN /bin/sh -c make # buildkit", "RUN /bin/sh -c another thing # buildkit"]).unwrap_err(),
            "line 3 is RUN, where the image's history has \"RUN /bin/sh -c another thing # buildkit\" at step 2"
        );
        assert_eq!(matched(other, &[]).unwrap_err(), "line 3 is RUN, where the image's history has nothing at step 0");
        let concealed = "FROM x\nRUN login --password ••••••• --to there\n";
        assert_eq!(matched(concealed, &["RUN /bin/sh -c login --password ******* --to there # buildkit"]).unwrap(), [Some(2)]);
    }
}
