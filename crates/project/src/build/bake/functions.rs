//! Functions that bake files call: of bake's own library those that need nothing but their arguments.

use super::value::{Members, Value};

/// What a function of bake's library makes of its arguments. One that is not here, or that is given what is not known, makes what
/// only bake could tell.
pub(super) fn call(name: &str, arguments: &[Value]) -> Value {
    made(name, arguments).unwrap_or(Value::Unknown)
}

fn made(name: &str, arguments: &[Value]) -> Option<Value> {
    let text = |at: usize| arguments.get(at).and_then(Value::text);
    let flag = |at: usize| text(at).and_then(|t| t.parse::<bool>().ok());
    let (first, second) = (text(0), text(1));
    Some(match name {
        "equal" => Value::flag(known(arguments, 2)?.windows(2).all(|w| w[0] == w[1])),
        "notequal" => Value::flag(known(arguments, 2)?.windows(2).all(|w| w[0] != w[1])),
        "not" => Value::flag(!flag(0)?),
        "and" => Value::flag(flag(0)? && flag(1)?),
        "or" => Value::flag(flag(0)? || flag(1)?),
        "upper" => Value::Text(first?.to_uppercase()),
        "lower" => Value::Text(first?.to_lowercase()),
        "trimspace" => Value::Text(first?.trim().to_owned()),
        "trimprefix" => Value::Text(first?.strip_prefix(second?).unwrap_or(first?).to_owned()),
        "trimsuffix" => Value::Text(first?.strip_suffix(second?).unwrap_or(first?).to_owned()),
        "replace" => Value::Text(first?.replace(second?, text(2)?)),
        // What an image's tag may not hold becomes `-`, as in bake's `sanitize`.
        "sanitize" => {
            Value::Text(first?.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '-' }).collect())
        }
        "split" if !first?.is_empty() => Value::List(second?.split(first?).map(|part| Value::Text(part.to_owned())).collect()),
        "join" => Value::Text(texts(arguments.get(1)?)?.join(first?)),
        "coalesce" => {
            let given = arguments.iter().find(|a| !matches!(a, Value::Null) && a.text() != Some(""))?;
            given.clone()
        }
        "concat" => {
            let lists: Option<Vec<_>> = arguments.iter().map(items).collect();
            Value::List(lists?.into_iter().flatten().cloned().collect())
        }
        "distinct" => {
            let mut once: Vec<Value> = Vec::new();
            for item in items(arguments.first()?)? {
                if !once.contains(item) {
                    once.push(item.clone());
                }
            }
            Value::List(once)
        }
        "contains" => Value::flag(items(arguments.first()?)?.contains(known(arguments, 2)?.get(1)?)),
        "element" => items(arguments.first()?)?.get(second?.parse::<usize>().ok()?)?.clone(),
        "length" => match arguments.first()? {
            Value::List(items) => Value::Text(items.len().to_string()),
            Value::Map(members) => Value::Text(members.len().to_string()),
            _ => return None,
        },
        "merge" => {
            let mut all = Members::new();
            for argument in arguments {
                let Value::Map(members) = argument else { return None };
                all.extend(members.clone());
            }
            Value::Map(all)
        }
        _ => return None,
    })
}

/// So many arguments, all of them known.
fn known(arguments: &[Value], count: usize) -> Option<&[Value]> {
    (arguments.len() == count && arguments.iter().all(|a| *a != Value::Unknown)).then_some(arguments)
}

fn items(value: &Value) -> Option<&[Value]> {
    match value {
        Value::List(items) if items.iter().all(|i| *i != Value::Unknown) => Some(items),
        _ => None,
    }
}

fn texts(value: &Value) -> Option<Vec<&str>> {
    items(value)?.iter().map(Value::text).collect()
}
