//! The walk over the syntax tree.

use shuck_ast::{
    AssignmentValue, BinaryCommand, BinaryOp, BuiltinCommand, Command as Node, CompoundCommand, ConditionalExpr, DeclOperand,
    HeredocBodyPart, RedirectKind, RedirectTarget, Stmt, StmtSeq, StmtTerminator, Word as TreeWord, WordPart, WordPartNode,
};

use crate::variables::Variables;
use crate::word::{is_nothing, is_unread, range, render, slice};
use crate::{Assignment, Command, Condition, Environment, Redirect, Script, Word, parse_nested};

/// How deep words in words are followed for the commands that they substitute.
const MOST_WORD_DEPTH: u32 = 64;

pub(crate) struct Walker<'a> {
    source: &'a str,
    variables: &'a Variables,
    environment: &'a Environment<'a>,
    script: Script,
    function: Option<String>,
    condition: Condition,
    substitution: u32,
    script_depth: u32,
    word_depth: u32,
}

/// Puts the statements directly inside a statement on a list, and the names that loops set on another.
pub(crate) fn children<'a>(stmt: &'a Stmt, todo: &mut Vec<&'a Stmt>, names: &mut Vec<String>) {
    match &stmt.command {
        Node::Simple(_) | Node::Builtin(_) | Node::Decl(_) => {}
        Node::Binary(binary) => todo.extend([&*binary.left, &*binary.right]),
        Node::Function(function) => todo.push(&function.body),
        Node::AnonymousFunction(function) => todo.push(&function.body),
        Node::Compound(compound) => {
            match compound {
                CompoundCommand::For(each) => names.extend(each.targets.iter().filter_map(|t| Some(t.name.as_ref()?.as_str().to_owned()))),
                CompoundCommand::Foreach(each) => names.push(each.variable.as_str().to_owned()),
                CompoundCommand::Select(each) => names.push(each.variable.as_str().to_owned()),
                _ => {}
            }
            bodies(compound, |seq, _| todo.extend(&seq.stmts));
            match compound {
                CompoundCommand::Time(time) => todo.extend(time.command.as_deref()),
                CompoundCommand::Coproc(coproc) => todo.push(&coproc.body),
                _ => {}
            }
        }
    }
}

/// The sequences of a compound command in order, and whether each may not run.
fn bodies<'a>(compound: &'a CompoundCommand, mut each: impl FnMut(&'a StmtSeq, bool)) {
    match compound {
        CompoundCommand::If(c) => {
            each(&c.condition, false);
            each(&c.then_branch, true);
            for (condition, branch) in &c.elif_branches {
                each(condition, true);
                each(branch, true);
            }
            if let Some(branch) = &c.else_branch {
                each(branch, true);
            }
        }
        CompoundCommand::For(c) => each(&c.body, true),
        CompoundCommand::Repeat(c) => each(&c.body, true),
        CompoundCommand::Foreach(c) => each(&c.body, true),
        CompoundCommand::ArithmeticFor(c) => each(&c.body, true),
        CompoundCommand::While(c) => {
            each(&c.condition, false);
            each(&c.body, true);
        }
        CompoundCommand::Until(c) => {
            each(&c.condition, false);
            each(&c.body, true);
        }
        CompoundCommand::Case(c) => c.cases.iter().for_each(|case| each(&case.body, true)),
        CompoundCommand::Select(c) => each(&c.body, true),
        CompoundCommand::Subshell(seq) | CompoundCommand::BraceGroup(seq) => each(seq, false),
        CompoundCommand::Always(c) => {
            each(&c.body, false);
            each(&c.always_body, false);
        }
        CompoundCommand::Arithmetic(_) | CompoundCommand::Time(_) | CompoundCommand::Conditional(_) | CompoundCommand::Coproc(_) => {}
    }
}

impl<'a> Walker<'a> {
    pub(crate) fn new(source: &'a str, variables: &'a Variables, environment: &'a Environment<'a>, script_depth: u32) -> Self {
        Self {
            source,
            variables,
            environment,
            script: Script::default(),
            function: None,
            condition: Condition::default(),
            substitution: 0,
            script_depth,
            word_depth: 0,
        }
    }

    pub(crate) fn finish(mut self) -> Script {
        self.script.functions.sort();
        self.script.functions.dedup();
        self.script
    }

    pub(crate) fn sequence(&mut self, seq: &StmtSeq) {
        for stmt in &seq.stmts {
            self.statement(stmt);
        }
    }

    fn statement(&mut self, stmt: &Stmt) {
        let start = self.script.commands.len();
        match &stmt.command {
            Node::Simple(simple) => {
                self.assignments(&simple.assignments);
                let words: Vec<&TreeWord> =
                    std::iter::once(&simple.name).filter(|w| !is_nothing(self.source, w)).chain(&simple.args).collect();
                self.simple(simple.span.line(), &words, stmt);
            }
            Node::Builtin(builtin) => self.builtin(builtin, stmt),
            Node::Decl(decl) => {
                self.assignments(&decl.assignments);
                for operand in &decl.operands {
                    match operand {
                        DeclOperand::Assignment(assignment) => self.assignments(std::slice::from_ref(assignment)),
                        DeclOperand::Dynamic(word) => self.substitutions(&word.parts),
                        DeclOperand::Flag(_) | DeclOperand::Name(_) => {}
                    }
                }
                self.redirects_alone(stmt);
            }
            Node::Binary(binary) => self.binary(binary),
            Node::Function(function) => {
                let name = function.static_names().next().map(|n| n.as_str().to_owned()).unwrap_or_default();
                self.script.functions.extend(function.static_names().map(|n| n.as_str().to_owned()));
                let outer = self.function.replace(name);
                self.statement(&function.body);
                self.function = outer;
            }
            Node::AnonymousFunction(function) => self.statement(&function.body),
            Node::Compound(compound) => self.compound(compound, stmt),
        }
        if matches!(stmt.terminator, Some(StmtTerminator::Background(_))) {
            for command in &mut self.script.commands[start..] {
                command.background = true;
            }
        }
    }

    fn builtin(&mut self, builtin: &BuiltinCommand, stmt: &Stmt) {
        let (name, first, rest, line) = match builtin {
            BuiltinCommand::Break(c) => ("break", &c.depth, &c.extra_args, c.span.line()),
            BuiltinCommand::Continue(c) => ("continue", &c.depth, &c.extra_args, c.span.line()),
            BuiltinCommand::Return(c) => ("return", &c.code, &c.extra_args, c.span.line()),
            BuiltinCommand::Exit(c) => ("exit", &c.code, &c.extra_args, c.span.line()),
        };
        let name = TreeWord::literal(name);
        let words: Vec<&TreeWord> = std::iter::once(&name).chain(first).chain(rest).collect();
        self.simple(line, &words, stmt);
    }

    fn compound(&mut self, compound: &CompoundCommand, stmt: &Stmt) {
        match compound {
            CompoundCommand::For(each) => each.words.iter().flatten().for_each(|w| self.substitutions(&w.parts)),
            CompoundCommand::Foreach(each) => each.words.iter().for_each(|w| self.substitutions(&w.parts)),
            CompoundCommand::Select(each) => each.words.iter().for_each(|w| self.substitutions(&w.parts)),
            CompoundCommand::Case(case) => self.substitutions(&case.word.parts),
            CompoundCommand::Conditional(test) => self.test(&test.expression),
            CompoundCommand::Time(time) => {
                if let Some(command) = &time.command {
                    self.statement(command);
                }
            }
            CompoundCommand::Coproc(coproc) => self.statement(&coproc.body),
            _ => {}
        }
        bodies(compound, |seq, maybe| {
            let outer = self.condition;
            self.condition.in_branch |= maybe;
            self.sequence(seq);
            self.condition = outer;
        });
        self.redirects_alone(stmt);
    }

    /// `a && b || c | d`: the tree leans left, and a chain of a thousand is walked without a thousand calls.
    fn binary(&mut self, top: &BinaryCommand) {
        let mut chain = vec![top];
        let mut first = &*top.left;
        while let Node::Binary(inner) = &first.command {
            chain.push(inner);
            first = &inner.left;
        }
        let mut start = self.script.commands.len();
        self.statement(first);
        for binary in chain.into_iter().rev() {
            let middle = self.script.commands.len();
            let outer = self.condition;
            self.condition.after_success |= binary.op == BinaryOp::And;
            self.condition.after_failure |= binary.op == BinaryOp::Or;
            self.statement(&binary.right);
            self.condition = outer;
            if matches!(binary.op, BinaryOp::Pipe | BinaryOp::PipeAll) {
                let depth = self.substitution;
                let reader = (middle..self.script.commands.len()).find(|i| self.script.commands[*i].substitution_depth == depth);
                for command in &mut self.script.commands[start..middle] {
                    if command.substitution_depth == depth && command.piped_into.is_none() {
                        command.piped_into = reader;
                    }
                }
            }
            start = middle;
        }
    }

    fn test(&mut self, expression: &ConditionalExpr) {
        match expression {
            ConditionalExpr::Binary(e) => {
                self.test(&e.left);
                self.test(&e.right);
            }
            ConditionalExpr::Unary(e) => self.test(&e.expr),
            ConditionalExpr::Parenthesized(e) => self.test(&e.expr),
            ConditionalExpr::Word(word) | ConditionalExpr::Regex(word) => self.substitutions(&word.parts),
            ConditionalExpr::Pattern(_) | ConditionalExpr::VarRef(_) => {}
        }
    }

    fn assignments(&mut self, assignments: &[shuck_ast::Assignment]) {
        for assignment in assignments {
            match &assignment.value {
                AssignmentValue::Scalar(word) => {
                    self.substitutions(&word.parts);
                    let value = render(self.source, word, self.variables);
                    self.script.assignments.push(Assignment { name: assignment.target.name.as_str().to_owned(), value });
                }
                AssignmentValue::Compound(array) => {
                    for element in &array.elements {
                        let (shuck_ast::ArrayElem::Sequential(value)
                        | shuck_ast::ArrayElem::Keyed { value, .. }
                        | shuck_ast::ArrayElem::KeyedAppend { value, .. }) = element;
                        self.substitutions(&value.word.parts);
                    }
                }
            }
        }
    }

    fn simple(&mut self, line: usize, words: &[&TreeWord], stmt: &Stmt) {
        for word in words {
            self.substitutions(&word.parts);
        }
        let words: Vec<Word> = words.iter().map(|word| render(self.source, word, self.variables)).collect();
        let redirects = self.redirects(stmt);
        if words.is_empty() && redirects.is_empty() {
            return;
        }
        let written = |word: &&Word| !word.span.is_empty();
        let whole = range(stmt.span);
        let span = words.iter().find(written).map_or(whole.start, |w| w.span.start)
            ..words.iter().rev().find(written).map_or(whole.end, |w| w.span.end);
        let command = Command {
            line: line as u32,
            span,
            exec: words.first().is_some_and(|w| w == "exec"),
            words,
            redirects,
            piped_into: None,
            background: false,
            function: self.function.clone(),
            condition: self.condition,
            substitution_depth: self.substitution,
        };
        let nested = nested_script(&command).map(str::to_owned).or_else(|| self.fed_script(&command, stmt));
        self.script.commands.push(command);
        if let Some(text) = nested {
            self.nested(&text, line);
        }
    }

    /// A command of words that no shell reads. Whether the script in it may fail, where it has one.
    pub(crate) fn words(&mut self, words: Vec<Word>) -> Option<bool> {
        let command = Command { line: 1, exec: words.first().is_some_and(|w| w == "exec"), words, ..Command::default() };
        let nested = nested_script(&command).map(str::to_owned);
        self.script.commands.push(command);
        nested.map(|text| self.nested(&text, 1))
    }

    /// The commands of a script in a script: they stand on the line of the command that they are given to. Whether it may fail.
    fn nested(&mut self, text: &str, line: usize) -> bool {
        let inner = parse_nested(text, self.environment, self.script_depth + 1);
        let base = self.script.commands.len();
        let at = base.checked_sub(1).and_then(|i| self.script.commands.get(i)).map(|c| c.span.clone()).unwrap_or_default();
        self.script.loops.extend(inner.loops);
        let inside = |a: Assignment| Assignment { value: Word { span: at.clone(), ..a.value }, ..a };
        self.script.assignments.extend(inner.assignments.into_iter().map(inside));
        self.script.commands.extend(inner.commands.into_iter().map(|command| Command {
            line: line as u32,
            span: at.clone(),
            words: command.words.into_iter().map(|word| Word { span: at.clone(), ..word }).collect(),
            piped_into: command.piped_into.map(|i| i + base),
            function: command.function.or_else(|| self.function.clone()),
            condition: Condition {
                in_branch: command.condition.in_branch || self.condition.in_branch,
                after_success: command.condition.after_success || self.condition.after_success,
                after_failure: command.condition.after_failure || self.condition.after_failure,
            },
            // One deeper, so that it is not taken for the reader of a pipe.
            substitution_depth: command.substitution_depth + self.substitution + 1,
            ..command
        }));
        self.script.recovered |= inner.recovered;
        if self.script.fatal.is_none() {
            self.script.fatal = inner.fatal;
        }
        inner.may_fail
    }

    /// The script that a shell reads from a here-document: `bash <<EOF`, `sh -e <<'EOF'`.
    fn fed_script(&self, command: &Command, stmt: &Stmt) -> Option<String> {
        let reads_input = matches!(command.program()?, "sh" | "bash" | "dash" | "ash" | "ksh" | "zsh")
            && command.arguments().iter().all(|w| w.text.starts_with(['-', '+']));
        if !reads_input {
            return None;
        }
        stmt.redirects.iter().find_map(|redirect| match &redirect.target {
            RedirectTarget::Heredoc(heredoc) => {
                let body = slice(self.source, heredoc.body.span);
                let lines = body.split_inclusive('\n');
                Some(if heredoc.delimiter.strip_tabs { lines.map(|l| l.trim_start_matches('\t')).collect() } else { lines.collect() })
            }
            RedirectTarget::Word(_) => None,
        })
    }

    /// The redirections of what is no simple command, as a command without words.
    fn redirects_alone(&mut self, stmt: &Stmt) {
        self.simple(stmt.span.line(), &[], stmt);
    }

    fn redirects(&mut self, stmt: &Stmt) -> Vec<Redirect> {
        let mut found = Vec::new();
        for redirect in &stmt.redirects {
            match &redirect.target {
                RedirectTarget::Word(word) => {
                    self.substitutions(&word.parts);
                    let writes = match redirect.kind {
                        RedirectKind::Output
                        | RedirectKind::Clobber
                        | RedirectKind::Append
                        | RedirectKind::OutputBoth
                        | RedirectKind::ReadWrite => true,
                        RedirectKind::Input => false,
                        _ => continue,
                    };
                    found.push(Redirect { target: render(self.source, word, self.variables), writes });
                }
                RedirectTarget::Heredoc(heredoc) => {
                    for part in &heredoc.body.parts {
                        if let HeredocBodyPart::CommandSubstitution { body, .. } = &part.kind {
                            self.substituted(body);
                        }
                    }
                }
            }
        }
        found
    }

    fn substituted(&mut self, body: &StmtSeq) {
        self.substitution += 1;
        self.sequence(body);
        self.substitution -= 1;
    }

    fn operand(&mut self, word: &TreeWord) {
        self.script.recovered |= is_unread(self.source, word);
        self.substitutions(&word.parts);
    }

    /// The commands that a word's substitutions run.
    fn substitutions(&mut self, parts: &[WordPartNode]) {
        if self.word_depth >= MOST_WORD_DEPTH {
            self.script.recovered = true;
            return;
        }
        self.word_depth += 1;
        for part in parts {
            match &part.kind {
                WordPart::CommandSubstitution { body, .. } | WordPart::ProcessSubstitution { body, .. } => self.substituted(body),
                WordPart::DoubleQuoted { parts, .. } => self.substitutions(parts),
                WordPart::ArithmeticExpansion { expression_word_ast, .. } => self.substitutions(&expression_word_ast.parts),
                WordPart::Parameter(expansion) => {
                    if let Some(word) = expansion.bourne().and_then(shuck_ast::BourneParameterExpansion::operand_word_ast) {
                        self.operand(word);
                    }
                }
                WordPart::ParameterExpansion { operand_word_ast: Some(word), .. } => self.operand(word),
                _ => {}
            }
        }
        self.word_depth -= 1;
    }
}

/// The script that a command runs out of one of its arguments: `sh -c TEXT`, `su USER -c TEXT`, `eval TEXT`, `trap TEXT SIGNAL`.
fn nested_script(command: &Command) -> Option<&str> {
    let arguments = command.arguments();
    match command.program()? {
        "sh" | "bash" | "dash" | "ash" | "ksh" | "zsh" | "su" | "runuser" => {
            let at = arguments.iter().position(|w| {
                w.text.len() > 1 && w.text.starts_with('-') && !w.text.starts_with("--") && w.text.ends_with('c') || w == "--command"
            })?;
            arguments.get(at + 1)?.known()
        }
        "eval" if arguments.len() == 1 => arguments.first()?.known(),
        "trap" if arguments.len() > 1 => arguments.first()?.known().filter(|text| !text.starts_with('-')),
        _ => None,
    }
}
