//! Expressions of bake files: HCL's own, with what is known without a build.

use std::cell::Cell;
use std::collections::BTreeMap;

use hcl_edit::Span as _;
use hcl_edit::expr::{BinaryOperator, Conditional, Expression, FuncCall, ObjectKey, Traversal, TraversalOperator, UnaryOperator};
use hcl_edit::template::{Element, Template};

use super::functions;
use super::value::{Members, Value};

/// How deep expressions are followed.
const MOST_DEPTH: usize = 20;
/// How much is made of all expressions of a file together: one that doubles what the one before it made ends here.
const MOST_MADE: usize = 4 << 20;

/// A function that the file defines.
#[derive(Debug, Clone)]
pub(super) struct Function {
    pub(super) parameters: Vec<String>,
    pub(super) result: Expression,
}

/// What names stand for.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    pub(super) variables: Members,
    /// Where names that are not here are looked for.
    outer: Option<&'a Scope<'a>>,
    pub(super) functions: &'a BTreeMap<String, Function>,
    /// What may still be made.
    left: &'a Left,
    /// The text of the file, where expressions know their place in it.
    text: Option<&'a str>,
}

/// What may still be made of a file's expressions.
#[derive(Debug)]
pub(super) struct Left(Cell<usize>);

impl Left {
    pub(super) fn new() -> Self {
        Self(Cell::new(MOST_MADE))
    }

    fn take(&self, value: Value) -> Value {
        let left = self.0.get().checked_sub(value.size());
        self.0.set(left.unwrap_or_default());
        if left.is_some() { value } else { Value::Unknown }
    }
}

impl<'a> Scope<'a> {
    pub(super) fn new(variables: Members, functions: &'a BTreeMap<String, Function>, left: &'a Left, text: Option<&'a str>) -> Self {
        Self { variables, outer: None, functions, left, text }
    }

    /// The same with more names.
    pub(super) fn with(&self, more: Members) -> Scope<'_> {
        Scope { variables: more, outer: Some(self), functions: self.functions, left: self.left, text: self.text }
    }

    fn variable(&self, name: &str) -> Value {
        let mut scope = Some(self);
        while let Some(here) = scope {
            if let Some(value) = here.variables.get(name) {
                return value.clone();
            }
            scope = here.outer;
        }
        Value::Unknown
    }

    /// What an expression is: of variables by their defaults.
    pub(super) fn value(&self, expression: &Expression) -> Value {
        self.at(expression, 0)
    }

    fn at(&self, expression: &Expression, depth: usize) -> Value {
        if depth > MOST_DEPTH || self.left.0.get() == 0 {
            return Value::Unknown;
        }
        let inner = |e: &Expression| self.at(e, depth + 1);
        let made = match expression {
            Expression::String(text) => Value::Text(text.as_str().to_owned()),
            Expression::Number(number) => Value::Text(number.value().to_string()),
            Expression::Bool(flag) => Value::flag(*flag.value()),
            Expression::Null(_) => Value::Null,
            Expression::Array(items) => Value::List(items.iter().map(inner).collect()),
            Expression::Object(object) => {
                let pairs = object.iter().filter_map(|(key, member)| {
                    let name = match key {
                        ObjectKey::Ident(name) => name.as_str().to_owned(),
                        ObjectKey::Expression(e) => inner(e).text()?.to_owned(),
                    };
                    Some((name, inner(member.expr())))
                });
                Value::Map(pairs.collect())
            }
            Expression::Variable(name) => self.variable(name.as_str()),
            Expression::Parenthesis(inside) => inner(inside.inner()),
            Expression::StringTemplate(template) => self.elements(template.iter(), depth),
            Expression::HeredocTemplate(heredoc) => match (self.elements(heredoc.template.iter(), depth), self.line_of(expression)) {
                // The first line stands behind the one that begins it.
                (Value::Text(text), Some(line)) => Value::Lines(text, line + 1),
                (made, _) => made,
            },
            Expression::Conditional(conditional) => self.choice(conditional, depth),
            Expression::FuncCall(call) => self.call(call, depth),
            Expression::Traversal(traversal) => self.member(traversal, depth),
            Expression::UnaryOp(operation) => match (operation.operator.value(), inner(&operation.expr).text()) {
                (UnaryOperator::Not, Some("true")) => Value::flag(false),
                (UnaryOperator::Not, Some("false")) => Value::flag(true),
                _ => Value::Unknown,
            },
            Expression::BinaryOp(operation) => {
                let name = match operation.operator.value() {
                    BinaryOperator::Eq => "equal",
                    BinaryOperator::NotEq => "notequal",
                    BinaryOperator::And => "and",
                    BinaryOperator::Or => "or",
                    _ => return Value::Unknown,
                };
                functions::call(name, &[inner(&operation.lhs_expr), inner(&operation.rhs_expr)])
            }
            Expression::ForExpr(_) => Value::Unknown,
        };
        self.left.take(made)
    }

    /// A template of a JSON file's string.
    pub(super) fn template(&self, template: &Template) -> Value {
        let made = self.elements(template.iter(), 0);
        self.left.take(made)
    }

    fn elements<'e>(&self, elements: impl Iterator<Item = &'e Element>, depth: usize) -> Value {
        let mut out = String::new();
        for element in elements {
            match element {
                Element::Literal(text) => out.push_str(text.as_str()),
                Element::Interpolation(hole) => match self.at(&hole.expr, depth + 1).text() {
                    Some(text) => out.push_str(text),
                    None => return Value::Unknown,
                },
                Element::Directive(_) => return Value::Unknown,
            }
        }
        Value::Text(out)
    }

    fn line_of(&self, expression: &Expression) -> Option<u32> {
        let before = self.text?.get(..expression.span()?.start)?;
        Some(before.matches('\n').count() as u32 + 1)
    }

    fn choice(&self, conditional: &Conditional, depth: usize) -> Value {
        match self.at(&conditional.cond_expr, depth + 1).text() {
            Some("true") => self.at(&conditional.true_expr, depth + 1),
            Some("false") => self.at(&conditional.false_expr, depth + 1),
            _ => Value::Unknown,
        }
    }

    fn call(&self, call: &FuncCall, depth: usize) -> Value {
        if call.args.expand_final() || !call.name.namespace.is_empty() {
            return Value::Unknown;
        }
        let arguments: Vec<Value> = call.args.iter().map(|a| self.at(a, depth + 1)).collect();
        let name = call.name.name.as_str();
        match self.functions.get(name) {
            Some(function) if function.parameters.len() == arguments.len() => {
                let scope = self.with(function.parameters.iter().cloned().zip(arguments).collect());
                scope.at(&function.result, depth + 1)
            }
            Some(_) => Value::Unknown,
            None => functions::call(name, &arguments),
        }
    }

    fn member(&self, traversal: &Traversal, depth: usize) -> Value {
        let mut value = self.at(&traversal.expr, depth + 1);
        for operator in &traversal.operators {
            let found = match (operator.value(), &value) {
                (TraversalOperator::GetAttr(name), Value::Map(members)) => members.get(name.as_str()).cloned(),
                (TraversalOperator::Index(index), Value::Map(members)) => {
                    self.at(index, depth + 1).text().and_then(|name| members.get(name)).cloned()
                }
                (TraversalOperator::Index(index), Value::List(items)) => {
                    self.at(index, depth + 1).text().and_then(|n| n.parse::<usize>().ok()).and_then(|n| items.get(n)).cloned()
                }
                _ => None,
            };
            value = found.unwrap_or(Value::Unknown);
        }
        value
    }
}
