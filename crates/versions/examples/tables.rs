//! Checks a table of lines `a < b`, `a = b`, `a > b`: `tables FILE SCHEME`, where the scheme is an ecosystem's name in OSV.

use std::cmp::Ordering;
use std::process::ExitCode;

use plimsoll_versions::Scheme;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, path, ecosystem] = arguments.as_slice() else {
        eprintln!("tables FILE ECOSYSTEM");
        return ExitCode::FAILURE;
    };
    let (Ok(text), Some(scheme)) = (std::fs::read_to_string(path), Scheme::of_osv(ecosystem)) else {
        eprintln!("{path} cannot be read, or {ecosystem} is no ecosystem with an order");
        return ExitCode::FAILURE;
    };
    let (mut lines, mut wrong) = (0, 0);
    for line in text.lines().filter(|l| !l.starts_with('#') && !l.starts_with("//")) {
        let Some((a, order, b)) = [(" < ", Ordering::Less), (" = ", Ordering::Equal), (" > ", Ordering::Greater)]
            .into_iter()
            .find_map(|(sign, order)| line.split_once(sign).map(|(a, b)| (a, order, b)))
        else {
            continue;
        };
        lines += 1;
        let found = scheme.compare(a, b);
        if found != order || scheme.compare(b, a) != order.reverse() {
            wrong += 1;
            println!("{line}: {found:?}");
        }
    }
    println!("{lines} lines, {wrong} wrong");
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
