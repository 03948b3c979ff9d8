//! Runs the specification's own suite: `suite DIRECTORY`, the directory `tests` of package-url/purl-spec.

use std::path::Path;
use std::process::ExitCode;

use plimsoll_purl::{Purl, PurlError};
use serde_json::Value;

fn main() -> ExitCode {
    let Some(directory) = std::env::args().nth(1) else {
        eprintln!("suite DIRECTORY");
        return ExitCode::FAILURE;
    };
    let (mut all, mut wrong) = (0, 0);
    for file in ["spec", "types"].iter().flat_map(|d| files(&Path::new(&directory).join(d))) {
        let tests = std::fs::read(&file).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        let Some(tests) = tests.as_ref().and_then(|t| t["tests"].as_array()) else {
            eprintln!("{}: no tests", file.display());
            return ExitCode::FAILURE;
        };
        for test in tests {
            all += 1;
            if let Err(what) = run(test) {
                wrong += 1;
                println!("{}: {} ({}): {what}", file.display(), test["description"], test["test_type"]);
            }
        }
    }
    println!("{all} tests, {wrong} wrong");
    if all > 0 && wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn files(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(directory).into_iter().flatten().flatten().map(|e| e.path()).collect();
    files.sort();
    files
}

fn run(test: &Value) -> Result<(), String> {
    let input = &test["input"];
    let found = match test["test_type"].as_str() {
        Some("build") => build(input),
        _ => Purl::parse(input.as_str().unwrap_or_default()),
    };
    let expected = &test["expected_output"];
    match (found, test["expected_failure"].as_bool()) {
        (Err(_), Some(true)) => Ok(()),
        (Err(error), _) => Err(format!("{input} is refused: {error}")),
        (Ok(purl), Some(true)) => Err(format!("{input} is taken as {purl}")),
        (Ok(purl), _) if expected.is_string() => {
            if expected.as_str() == Some(purl.to_string().as_str()) {
                Ok(())
            } else {
                Err(format!("{purl}, not {expected}"))
            }
        }
        (Ok(purl), _) => {
            let part = |key: &str| expected[key].as_str();
            let qualifiers: Vec<(&str, &str)> = expected["qualifiers"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(k, v)| (k.as_str(), v.as_str().unwrap_or_default()))
                .collect();
            let same = part("type") == Some(purl.kind())
                && part("namespace") == purl.namespace()
                && part("name") == Some(purl.name())
                && part("version") == purl.version()
                && part("subpath") == purl.subpath()
                && purl.qualifiers().collect::<Vec<_>>() == qualifiers;
            if same { Ok(()) } else { Err(format!("{purl:?}, not {expected}")) }
        }
    }
}

fn build(parts: &Value) -> Result<Purl, PurlError> {
    let part = |key: &str| parts[key].as_str().unwrap_or_default();
    let mut purl = Purl::new(part("type"), part("name"))?
        .with_namespace(part("namespace"))
        .with_version(part("version"))
        .with_subpath(part("subpath"));
    for (key, value) in parts["qualifiers"].as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        let before = purl.clone();
        purl = purl.with_qualifier(key, value);
        if purl == before && !value.is_empty() && purl.qualifier(&key.to_lowercase()) != Some(value) {
            return Err(PurlError::Key(key.clone()));
        }
    }
    purl.check().map(|()| purl)
}
