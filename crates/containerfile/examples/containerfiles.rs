//! Reads every file of a folder and prints what cannot be read, one line each: `path:line:column: reason`.
//!
//! With `--dump` it prints instead what was read of each file, one JSON object a line, to be compared with another parser.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use plimsoll_containerfile::{Arguments, CommandLine, Containerfile, Instruction, Keyword, Settings, Stages, parse};

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let dump = arguments.iter().position(|a| a == "--dump").map(|at| arguments.remove(at)).is_some();
    let Some(folder) = arguments.first() else {
        eprintln!("usage: containerfiles [--dump] FOLDER");
        std::process::exit(2);
    };
    let mut files = Vec::new();
    collect(Path::new(folder), &mut files);
    files.sort();
    let (mut read, mut errors, mut instructions, mut took) = (0u32, 0u32, 0usize, Duration::ZERO);
    for path in &files {
        let Ok(bytes) = std::fs::read(path) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        let start = Instant::now();
        let file = parse(&text);
        let stages = Stages::of(&file, &Settings::default());
        took += start.elapsed();
        read += 1;
        instructions += file.instructions.len();
        if dump {
            println!("{}", dumped(path, &file));
            continue;
        }
        errors += u32::from(!file.errors.is_empty());
        for problem in file.errors.iter().chain(&stages.problems) {
            let place = file.place(&text, problem.span);
            println!("{}:{}:{}: {}", path.display(), place.line, place.column, problem.message);
        }
    }
    eprintln!("{read} files, {instructions} instructions, {errors} files with errors, parsed in {took:?}");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if (c as u32) < 0x20 => out.extend(["\\u", &format!("{:04x}", c as u32)]),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn list(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(","))
}

fn dumped(path: &Path, file: &Containerfile) -> String {
    let instructions = file.instructions.iter().map(|i| {
        let first = file.line(i.span);
        format!("{{\"start\":{first},\"end\":{},{}}}", i.last_line, instruction(i))
    });
    let errors = file.errors.iter().map(|e| format!("{{\"line\":{},\"message\":{}}}", file.line(e.span), quoted(&e.message)));
    let escape = quoted(&file.escape.to_string());
    format!(
        "{{\"file\":{},\"escape\":{escape},\"warnings\":{},\"instructions\":{},\"errors\":{}}}",
        quoted(&path.display().to_string()),
        file.warnings.len(),
        list(instructions),
        list(errors)
    )
}

fn instruction(i: &Instruction) -> String {
    let flags =
        i.flags.iter().map(|f| quoted(&f.value.as_ref().map_or_else(|| format!("--{}", f.name), |v| format!("--{}={}", f.name, v.text))));
    let (json, arguments) = arguments(&i.arguments);
    let heredocs = i.heredocs.iter().map(|h| {
        format!(
            "{{\"name\":{},\"fd\":{},\"expand\":{},\"chomp\":{},\"body\":{}}}",
            quoted(&h.name),
            h.descriptor,
            h.expand,
            h.chomp,
            quoted(h.body.as_str())
        )
    });
    format!(
        "\"name\":{},\"json\":{json},\"unread\":{},\"flags\":{},\"args\":{},\"heredocs\":{}",
        quoted(&i.name.text.to_lowercase()),
        i.arguments == Arguments::Unread,
        list(flags),
        list(arguments.iter().map(|a| quoted(a))),
        list(heredocs)
    )
}

fn command(command: &CommandLine) -> (bool, Vec<String>) {
    match command {
        CommandLine::Exec(words) => (true, words.iter().map(|w| w.text.clone()).collect()),
        CommandLine::Shell(text) if text.as_str().is_empty() => (false, Vec::new()),
        CommandLine::Shell(text) => (false, vec![text.as_str().to_owned()]),
    }
}

fn arguments(arguments: &Arguments) -> (bool, Vec<String>) {
    match arguments {
        Arguments::From { image, name } => (false, [Some(image), name.as_ref()].into_iter().flatten().map(|w| w.text.clone()).collect()),
        Arguments::Command(line) => command(line),
        Arguments::Healthcheck(None) => (false, vec!["NONE".to_owned()]),
        Arguments::Healthcheck(Some(line)) => {
            let (json, words) = command(line);
            (json, std::iter::once("CMD".to_owned()).chain(words).collect())
        }
        Arguments::Transfer { sources, destination, json } => {
            (*json, sources.iter().chain([destination]).map(|w| w.text.clone()).collect())
        }
        Arguments::Pairs(pairs) => {
            let words = pairs.iter().flat_map(|p| [Some(p.name.text.clone()), p.value.as_ref().map(|v| v.text.clone())]);
            (false, words.flatten().collect())
        }
        Arguments::Words(words) => (false, words.iter().map(|w| w.text.clone()).collect()),
        Arguments::Single(word) => (false, vec![word.text.clone()]),
        Arguments::Trigger(inner) => {
            let (json, words) = self::arguments(&inner.arguments);
            let keyword = inner.keyword.map_or_else(|| inner.name.text.clone(), |k| Keyword::name(k).to_owned()).to_lowercase();
            (json, std::iter::once(keyword).chain(words).collect())
        }
        Arguments::Unread => (false, Vec::new()),
    }
}
