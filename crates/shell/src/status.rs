//! With which status a script may end, by its text alone.

use shuck_ast::{
    BinaryCommand, BinaryOp, Command as Node, CompoundCommand, RedirectKind, RedirectTarget, Stmt, StmtSeq, StmtTerminator,
    Word as TreeWord,
};

use crate::variables::Variables;
use crate::word::render;
use crate::{Environment, Word, parse_nested};

/// How a command may end. Neither: what stands after it is never reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Ends {
    /// With status 0.
    well: bool,
    /// With another one.
    badly: bool,
}

const EITHER: Ends = Ends { well: true, badly: true };
const WELL: Ends = Ends { well: true, badly: false };
const BADLY: Ends = Ends { well: false, badly: true };
const NEVER: Ends = Ends { well: false, badly: false };

impl Ends {
    fn or(self, other: Self) -> Self {
        Self { well: self.well || other.well, badly: self.badly || other.badly }
    }
}

/// Whether a script may end with another status than 0. What only a run could tell may: `false` is said where the text leaves
/// no other end than success (`curl … || true`, `…; exit 0`). POSIX.1-2024, Shell Command Language, 2.8.2 (exit status), 2.9
/// (lists, pipelines and compound commands).
pub(crate) fn may_fail(
    source: &str,
    body: &StmtSeq,
    variables: &Variables,
    functions: &[String],
    environment: &Environment<'_>,
    depth: u32,
) -> bool {
    let mut of = Statuses { source, variables, functions, environment, depth, exits: NEVER, stops_at_failure: false };
    let last = of.sequence(body);
    last.or(of.exits).badly
}

/// As [`may_fail`], of one command whose words are all known; none where that is for the script to say which they give to a shell.
pub(crate) fn of_words(words: &[Word]) -> Option<bool> {
    if script_of_a_shell(words).is_some() {
        return None;
    }
    let variables = Variables::default();
    let environment = |_: &str| None;
    let mut of = Statuses {
        source: "",
        variables: &variables,
        functions: &[],
        environment: &environment,
        depth: 0,
        exits: NEVER,
        stops_at_failure: false,
    };
    Some(of.command(words).or(of.exits).badly)
}

/// The text of `sh -c TEXT`. Behind a prefix (`timeout`, `env`) the prefix has failures of its own, and options such as `-e` change what ends it.
fn script_of_a_shell(words: &[Word]) -> Option<&str> {
    let is_shell = matches!(words.first()?.known()?.rsplit('/').next()?, "sh" | "bash" | "dash" | "ash");
    match words.get(1..)? {
        [option, text, ..] if is_shell && option == "-c" => text.known(),
        _ => None,
    }
}

struct Statuses<'a> {
    source: &'a str,
    variables: &'a Variables,
    functions: &'a [String],
    environment: &'a Environment<'a>,
    depth: u32,
    /// How `exit` may end the shell that is looked at.
    exits: Ends,
    /// `set -e`, a trap: any failure may be the end.
    stops_at_failure: bool,
}

impl Statuses<'_> {
    fn sequence(&mut self, seq: &StmtSeq) -> Ends {
        let mut last = WELL;
        for stmt in &seq.stmts {
            last = self.statement(stmt);
            self.exits.badly |= self.stops_at_failure && last.badly;
            if last == NEVER {
                break;
            }
        }
        last
    }

    fn statement(&mut self, stmt: &Stmt) -> Ends {
        if matches!(stmt.terminator, Some(StmtTerminator::Background(_))) {
            return WELL;
        }
        let ends = match &stmt.command {
            Node::Simple(simple) if simple.args.is_empty() && render(self.source, &simple.name, self.variables).text.is_empty() => {
                if simple.assignments.is_empty() { WELL } else { EITHER }
            }
            Node::Simple(simple) => self.simple(std::iter::once(&simple.name).chain(&simple.args)),
            Node::Builtin(shuck_ast::BuiltinCommand::Exit(exit)) => {
                let ends = exit.code.as_ref().map_or(EITHER, |code| self.status_of(code));
                self.exits = self.exits.or(ends);
                NEVER
            }
            Node::Binary(binary) => self.binary(binary),
            Node::Function(_) => WELL,
            Node::Compound(compound) => self.compound(compound),
            Node::Builtin(_) | Node::Decl(_) | Node::AnonymousFunction(_) => EITHER,
        };
        // A file that cannot be opened is a failure of the command.
        let ends = if ends == NEVER || !self.opens_a_file(stmt) { ends } else { Ends { badly: true, ..ends } };
        if stmt.negated { Ends { well: ends.badly, badly: ends.well } } else { ends }
    }

    fn opens_a_file(&self, stmt: &Stmt) -> bool {
        stmt.redirects.iter().any(|redirect| match &redirect.target {
            RedirectTarget::Word(word) => {
                let copies = matches!(redirect.kind, RedirectKind::DupOutput | RedirectKind::DupInput);
                let target = render(self.source, word, self.variables);
                !copies && !matches!(target.known(), Some("/dev/null" | "/dev/stdout" | "/dev/stderr"))
            }
            RedirectTarget::Heredoc(_) => false,
        })
    }

    fn status_of(&self, code: &TreeWord) -> Ends {
        match render(self.source, code, self.variables).known().map(str::parse::<u64>) {
            Some(Ok(code)) if code % 256 == 0 => WELL,
            Some(Ok(_)) => BADLY,
            _ => EITHER,
        }
    }

    /// `a && b || c | d`: the tree leans left, and a chain of a thousand is walked without a thousand calls.
    fn binary(&mut self, top: &BinaryCommand) -> Ends {
        let mut chain = vec![top];
        let mut first = &*top.left;
        while let Node::Binary(inner) = &first.command {
            if first.negated {
                break;
            }
            chain.push(inner);
            first = &inner.left;
        }
        let mut ends = self.statement(first);
        for binary in chain.into_iter().rev() {
            ends = match binary.op {
                BinaryOp::And if ends.well => Ends { well: false, ..ends }.or(self.statement(&binary.right)),
                BinaryOp::Or if ends.badly => Ends { badly: false, ..ends }.or(self.statement(&binary.right)),
                BinaryOp::And | BinaryOp::Or => ends,
                // Each part is a shell of its own; the last one tells, unless `pipefail` is set.
                BinaryOp::Pipe | BinaryOp::PipeAll => {
                    let last = self.apart(|inner| inner.statement(&binary.right));
                    if self.stops_at_failure { last.or(ends) } else { last }
                }
            };
        }
        ends
    }

    /// What runs in a shell of its own: `exit` ends that one alone.
    fn apart(&mut self, run: impl FnOnce(&mut Self) -> Ends) -> Ends {
        let outer = std::mem::replace(&mut self.exits, NEVER);
        let ends = run(self);
        ends.or(std::mem::replace(&mut self.exits, outer))
    }

    fn compound(&mut self, compound: &CompoundCommand) -> Ends {
        match compound {
            CompoundCommand::If(c) => {
                let mut ends = NEVER;
                let mut condition = self.sequence(&c.condition);
                if condition.well {
                    ends = ends.or(self.sequence(&c.then_branch));
                }
                for (next, branch) in &c.elif_branches {
                    if !condition.badly {
                        return ends;
                    }
                    condition = self.sequence(next);
                    if condition.well {
                        ends = ends.or(self.sequence(branch));
                    }
                }
                match &c.else_branch {
                    _ if !condition.badly => ends,
                    Some(branch) => ends.or(self.sequence(branch)),
                    None => ends.or(WELL),
                }
            }
            CompoundCommand::Case(c) => c.cases.iter().fold(WELL, |ends, case| ends.or(self.sequence(&case.body))),
            CompoundCommand::For(c) => WELL.or(self.sequence(&c.body)),
            CompoundCommand::BraceGroup(seq) => self.sequence(seq),
            CompoundCommand::Subshell(seq) => self.apart(|inner| inner.sequence(seq)),
            CompoundCommand::Time(time) => time.command.as_ref().map_or(WELL, |command| self.statement(command)),
            // A loop may run until whoever waits for it gives up.
            CompoundCommand::While(c) => {
                self.sequence(&c.condition);
                self.sequence(&c.body);
                EITHER
            }
            CompoundCommand::Until(c) => {
                self.sequence(&c.condition);
                self.sequence(&c.body);
                EITHER
            }
            _ => {
                self.exits = EITHER;
                EITHER
            }
        }
    }

    fn simple<'t>(&mut self, words: impl Iterator<Item = &'t TreeWord>) -> Ends {
        let words: Vec<Word> = words.map(|word| render(self.source, word, self.variables)).collect();
        self.command(&words)
    }

    fn command(&mut self, words: &[Word]) -> Ends {
        let Some(name) = words.first().and_then(Word::known) else { return EITHER };
        let arguments = words.get(1..).unwrap_or_default();
        if self.functions.iter().any(|f| f == name) {
            // Its body may call exit.
            self.exits = EITHER;
            return EITHER;
        }
        if let Some(text) = script_of_a_shell(words) {
            return Ends { well: true, badly: parse_nested(text, self.environment, self.depth + 1).may_fail };
        }
        match name.rsplit('/').next().unwrap_or(name) {
            "true" | ":" | "echo" | "printf" | "sleep" => WELL,
            "false" => BADLY,
            "test" => test(arguments),
            "[" => match arguments.split_last() {
                Some((last, rest)) if last == "]" => test(rest),
                _ => EITHER,
            },
            "set" if arguments.iter().any(|w| !w.text.starts_with("--") && w.text.starts_with('-') && w.text.contains(['e', 'o'])) => {
                self.stops_at_failure = true;
                EITHER
            }
            "trap" | "eval" | "." | "source" => {
                self.exits = EITHER;
                EITHER
            }
            _ => EITHER,
        }
    }
}

/// `test 1`, `[ a = a ]`: what no file and no variable decides. POSIX.1-2024, `test`.
fn test(arguments: &[Word]) -> Ends {
    let Some(words) = arguments.iter().map(Word::known).collect::<Option<Vec<&str>>>() else { return EITHER };
    let truth = |is| if is { WELL } else { BADLY };
    match words.as_slice() {
        [] => BADLY,
        [word] | ["-n", word] => truth(!word.is_empty()),
        ["-z", word] => truth(word.is_empty()),
        [left, "=" | "==" | "-eq", right] => truth(left == right),
        [left, "!=", right] => truth(left != right),
        _ => EITHER,
    }
}
