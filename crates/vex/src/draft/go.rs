//! Whether a Go program holds the functions that a record names. Its table of functions has the name of every one that was linked, and of every
//! one that was inlined into another (`runtime/pclntab`), also where symbols were stripped.

use std::collections::BTreeSet;

use plimsoll_evidence::{AffectedCode, Ecosystem, Evidence, Package, VexJustification, Vulnerability};

use super::Proof;

/// What a program holds of the names that were looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// It was not looked through, or its names cannot be read.
    Unknown,
    /// These beginnings of names.
    Names(BTreeSet<String>),
}

/// The beginnings of names to look for in programs, for what was found.
pub fn go_names(evidence: &Evidence) -> BTreeSet<String> {
    let (Some(inventory), Some(known)) = (evidence.components.found(), evidence.vulnerabilities.found()) else { return BTreeSet::new() };
    let named = known.found.iter().filter(|v| inventory.packages.get(v.component as usize).is_some_and(|p| is_named(v, p)));
    named.flat_map(|v| names(v, inventory.packages.get(v.component as usize).map_or("", |p| p.name.as_str()))).collect()
}

/// The finding as if its record named these symbols, `path/of/package.Function`; none where one of them is no such name, or of another module.
/// What a record names itself counts as well.
pub(super) fn of_symbols(vulnerability: &Vulnerability, module: &str, symbols: &[String]) -> Option<Vulnerability> {
    let is_its = |symbol: &String| module == STANDARD_LIBRARY || symbol.starts_with(module);
    let code: Vec<AffectedCode> = symbols.iter().filter(|s| is_its(s)).flat_map(|s| code_of(s)).collect();
    if code.is_empty() || !symbols.iter().all(is_its) {
        return None;
    }
    let mut named = vulnerability.clone();
    named.affects.retain(|c| !c.path.is_empty());
    named.affects.extend(code);
    named.matches.truncate(1);
    for m in &mut named.matches {
        m.record = BY_HAND.to_owned();
    }
    Some(named)
}

/// The names of symbols that a person gives, to be looked for beside those of records.
pub fn go_names_of(symbols: &[String], modules: &BTreeSet<String>) -> BTreeSet<String> {
    let code: Vec<AffectedCode> = symbols.iter().flat_map(|s| code_of(s)).collect();
    if code.is_empty() { BTreeSet::new() } else { modules.iter().flat_map(|module| names_with(&code, module)).collect() }
}

/// What a symbol's name may mean: the last part of a path may have dots of its own, so that each of them may be where the path ends.
fn code_of(symbol: &str) -> Vec<AffectedCode> {
    let last = symbol.rfind('/').map_or(0, |at| at + 1);
    let dots = symbol.match_indices('.').map(|(at, _)| at).filter(|at| *at > last);
    let named =
        |at: usize| AffectedCode { path: symbol[..at].to_owned(), symbols: vec![symbol[at + 1..].to_owned()], ..AffectedCode::default() };
    dots.map(named).filter(|c| c.symbols.iter().all(|s| !s.is_empty())).collect()
}

/// The name by which Go's records speak of its own library.
const STANDARD_LIBRARY: &str = "stdlib";
/// How a finding says that a person named its code.
const BY_HAND: &str = "GO-BY-HAND";

/// Whether a record of Go's own database, which names packages and functions, speaks of it: one alone, since of several one might name none.
fn is_named(vulnerability: &Vulnerability, package: &Package) -> bool {
    package.ecosystem == Ecosystem::Go
        && !vulnerability.affects.is_empty()
        && vulnerability.affects.iter().all(|code| !code.path.is_empty())
        && vulnerability.matches.iter().filter(|m| m.record.starts_with("GO-")).count() == 1
}

/// What a program must not hold for the proof: the affected functions, and what would let them go by other names. Code of a module that stands in
/// for another is linked by that one's name, and that of the program's own package by the name `main`: the build information tells of both.
fn names(vulnerability: &Vulnerability, module: &str) -> BTreeSet<String> {
    names_with(&vulnerability.affects, module)
}

fn names_with(affects: &[AffectedCode], module: &str) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = affects.iter().flat_map(names_of).collect();
    names.insert(format!("=>\t{module}"));
    names.insert("path\tcommand-line-arguments".to_owned());
    names.extend(affects.iter().map(|code| format!("path\t{}", code.path)));
    names
}

/// How the names of affected functions begin in a program: each way of writing the path, each form of a method. What begins so and goes on is
/// taken for it as well.
fn names_of(code: &AffectedCode) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for path in paths(&code.path) {
        if code.symbols.is_empty() {
            names.insert(format!("{path}."));
        }
        for symbol in &code.symbols {
            match symbol.split_once('.') {
                // A method, of a value or of a pointer, of a type that may have parameters.
                Some((of, method)) => {
                    let of = of.trim_start_matches("(*").trim_end_matches(')');
                    names.insert(format!("{path}.{of}.{method}"));
                    names.insert(format!("{path}.(*{of}).{method}"));
                    names.insert(format!("{path}.{of}["));
                    names.insert(format!("{path}.(*{of}["));
                }
                None => {
                    names.insert(format!("{path}.{symbol}"));
                }
            }
        }
    }
    names
}

/// A package's path, as it is and as the linker escapes it: dots of its last part.
fn paths(path: &str) -> BTreeSet<String> {
    let (before, last) = path.rfind('/').map_or(("", path), |at| path.split_at(at + 1));
    BTreeSet::from([path.to_owned(), format!("{before}{}", last.replace('.', "%2e"))])
}

/// The proof that no affected function is in the program. No reason where this way of proving does not concern the finding.
pub(super) fn not_linked(vulnerability: &Vulnerability, package: &Package, held: &dyn Fn(&str) -> Held) -> Result<Proof, Option<String>> {
    if !is_named(vulnerability, package) {
        return Err(None);
    }
    let program = format!("/{}", package.recorded_in);
    let Held::Names(there) = held(&package.recorded_in) else {
        return Err(Some(format!("{program} has no readable table of functions")));
    };
    let wanted = names(vulnerability, &package.name);
    if let Some(name) = wanted.iter().find(|name| there.contains(*name)) {
        return Err(Some(format!("{program} holds {name}…")));
    }
    let named: Vec<String> = vulnerability
        .affects
        .iter()
        .map(|code| {
            if code.symbols.is_empty() {
                format!("the package {}", code.path)
            } else {
                format!("{}: {}", code.path, code.symbols.join(", "))
            }
        })
        .collect();
    let words = format!(
        "The table of functions of {program} has none of those that {} names, neither linked nor inlined: {}.",
        match vulnerability.matches.iter().find(|m| m.record.starts_with("GO-")).map(|m| m.record.as_str()).unwrap_or_default() {
            BY_HAND => "the person who asks",
            record => record,
        },
        named.join("; ")
    );
    Ok(Proof { justification: VexJustification::VulnerableCodeNotPresent, words, files: vec![program], more_files: 0, starts: Vec::new() })
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::RecordMatch;

    use super::*;

    fn finding(path: &str, symbols: &[&str], record: &str) -> Vulnerability {
        Vulnerability {
            affects: vec![AffectedCode {
                path: path.to_owned(),
                symbols: symbols.iter().map(|s| (*s).to_owned()).collect(),
                ..AffectedCode::default()
            }],
            matches: vec![RecordMatch { record: record.to_owned(), ..RecordMatch::default() }],
            ..Vulnerability::default()
        }
    }

    #[test]
    fn only_what_is_surely_absent_is_proven() {
        let module = Package::new(Ecosystem::Go, "golang.org/x/net", "v0.1.0", "app");
        // The program's names; a fake of the search, which finds what they begin with or hold.
        let linked = [
            "golang.org/x/net/html.Parse",
            "golang.org/x/net/http2.(*Framer).ReadFrame",
            "gopkg.in/yaml%2ev3.Unmarshal",
            "a/b.(*Set[go.shape.int]).Add",
            "path\tx/cmd/tool",
        ];
        let proven = |path: &str, symbols: &[&str]| {
            let finding = finding(path, symbols, "GO-2024-1");
            let there: BTreeSet<String> =
                names(&finding, &module.name).into_iter().filter(|n| linked.iter().any(|l| l.contains(n.as_str()))).collect();
            not_linked(&finding, &module, &|_| Held::Names(there.clone())).is_ok()
        };
        for (path, symbols, is_proven) in [
            ("golang.org/x/net/html", &[][..], false),
            ("golang.org/x/net/html", &["Parse"], false),
            ("golang.org/x/net/html", &["Par"], false),
            ("golang.org/x/net/html", &["Render", "Tokenizer.Next"], true),
            ("golang.org/x/net/html", &["Render", "Parse"], false),
            ("golang.org/x/net/http2", &["Framer.ReadFrame"], false),
            ("golang.org/x/net/http2", &["Server.ServeConn"], true),
            ("golang.org/x/net/websocket", &[], true),
            ("gopkg.in/yaml.v3", &["Unmarshal"], false),
            ("a/b", &["Set.Add"], false),
            ("x/cmd/tool", &["run"], false),
        ] {
            assert_eq!(proven(path, symbols), is_proven, "{path} {symbols:?}");
        }
        let replaced =
            |name: &str| not_linked(&finding("x/y", &[], "GO-1"), &module, &|_| Held::Names(BTreeSet::from([name.to_owned()]))).is_ok();
        assert!(!replaced("=>\tgolang.org/x/net") && !replaced("path\tcommand-line-arguments") && replaced("z"));
        let absent = &|_: &str| Held::Names(BTreeSet::new());
        assert_eq!(not_linked(&finding("x/y", &[], "GHSA-1"), &module, absent), Err(None), "a record that need not name all of it");
        assert!(matches!(not_linked(&finding("x/y", &[], "GO-1"), &module, &|_| Held::Unknown), Err(Some(_))));
        // Where the record names none, a person may.
        let silent = finding("", &[], "GHSA-1");
        for (symbol, is_proven) in [("golang.org/x/net/html.Parse", false), ("golang.org/x/net/html.Render", true)] {
            let named = of_symbols(&silent, &module.name, &[symbol.to_owned()]).unwrap();
            let there: BTreeSet<String> =
                names(&named, &module.name).into_iter().filter(|n| linked.iter().any(|l| l.contains(n.as_str()))).collect();
            let proof = not_linked(&named, &module, &|_| Held::Names(there.clone()));
            assert_eq!(proof.is_ok(), is_proven, "{symbol}");
            assert!(proof.is_err() || proof.unwrap().words.contains("the person who asks"));
        }
        let yaml = of_symbols(&silent, "gopkg.in/yaml.v3", &["gopkg.in/yaml.v3.Unmarshal".to_owned()]).unwrap();
        assert!(names(&yaml, "gopkg.in/yaml.v3").contains("gopkg.in/yaml%2ev3.Unmarshal"), "the path has a dot of its own");
        for other in ["asn1_get", "golang.org/x/text.Parse", "golang.org/x/net"] {
            assert!(of_symbols(&silent, &module.name, &[other.to_owned()]).is_none(), "{other}");
        }
        let other = Package::new(Ecosystem::Npm, "x", "1", "app");
        assert_eq!(not_linked(&finding("x/y", &[], "GO-1"), &other, absent), Err(None));
    }
}
