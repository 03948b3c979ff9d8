//! Checks documents against the official schemas beside the tests: `validate SCHEMA FILE…`, the schema named as `cyclonedx/bom-1.6.schema.json`.

use std::process::ExitCode;

use serde_json::Value;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [schema, files @ ..] = arguments.as_slice() else {
        eprintln!("validate SCHEMA FILE…");
        return ExitCode::FAILURE;
    };
    match run(schema, files) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(what) => {
            eprintln!("{what}");
            ExitCode::FAILURE
        }
    }
}

fn load(path: &str) -> Result<Value, String> {
    let bytes = std::fs::read(path).map_err(|e| format!("{path}: {e}"))?;
    serde_json::from_slice(&bytes).map_err(|e| format!("{path}: {e}"))
}

fn run(schema: &str, files: &[String]) -> Result<bool, String> {
    let beside = |name: &str| load(&format!("{}/tests/schemas/{name}", env!("CARGO_MANIFEST_DIR")));
    let mut registry = jsonschema::Registry::new();
    for part in ["jsf-0.82.schema.json", "spdx.schema.json", "cryptography-defs.schema.json"] {
        let value = beside(&format!("cyclonedx/{part}"))?;
        let id = value["$id"].as_str().unwrap_or_default().to_owned();
        registry = registry.add(id, value).map_err(|e| e.to_string())?;
    }
    let registry = registry.prepare().map_err(|e| e.to_string())?;
    let schema = beside(schema)?;
    let validator = jsonschema::options().with_registry(&registry).build(&schema).map_err(|e| e.to_string())?;
    let mut all = true;
    for file in files {
        let document = load(file)?;
        let errors: Vec<String> = validator.iter_errors(&document).take(3).map(|e| format!("  {}: {e}", e.instance_path())).collect();
        all &= errors.is_empty();
        println!("{file}: {}", if errors.is_empty() { "valid".to_owned() } else { format!("not valid\n{}", errors.join("\n")) });
    }
    Ok(all)
}
