//! Runs a program of the user's machine that renders what only it can render.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The most bytes that a rendering may have, and the longest that it may take.
const MOST_BYTES: u64 = 64 << 20;
const MOST_TIME: Duration = Duration::from_mins(1);

/// What came of it.
pub(crate) enum Rendered {
    /// What it wrote.
    Text(Vec<u8>),
    /// It is not installed.
    NotThere,
    /// It ended with an error; what it said.
    Failed(String),
}

/// Runs a program with its arguments. Nothing is read from the terminal, and it is ended after a minute.
pub(crate) fn run(program: &str, arguments: &[&str], folder: &Path) -> Rendered {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env("GIT_TERMINAL_PROMPT", "0").env("KUBECONFIG", "/dev/null");
    let mut child = match command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Rendered::NotThere,
        Err(error) => return Rendered::Failed(error.to_string()),
    };
    let read = |pipe: Option<Box<dyn std::io::Read + Send>>, most: u64| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(pipe) = pipe {
                let _ = pipe.take(most + 1).read_to_end(&mut bytes);
            }
            bytes
        })
    };
    let out = read(child.stdout.take().map(|p| Box::new(p) as Box<dyn std::io::Read + Send>), MOST_BYTES);
    let err = read(child.stderr.take().map(|p| Box::new(p) as Box<dyn std::io::Read + Send>), 64 << 10);
    let begin = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Ok(status),
            // A reader that has its fill leaves the program waiting for ever.
            Ok(None) if begin.elapsed() > MOST_TIME || out.is_finished() && begin.elapsed() > Duration::from_secs(5) => {
                let _ = child.kill();
                let _ = child.wait();
                break Err(format!("{program} did not end in time, or wrote more than {MOST_BYTES} bytes"));
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(10)),
            Err(error) => break Err(error.to_string()),
        }
    };
    let bytes = out.join().unwrap_or_default();
    let said = String::from_utf8_lossy(&err.join().unwrap_or_default()).into_owned();
    // Helm minds the file that stands for no configuration.
    let said = said.lines().filter(|line| !line.starts_with("WARNING:")).collect::<Vec<_>>().join("\n").trim().to_owned();
    if bytes.len() as u64 > MOST_BYTES {
        return Rendered::Failed(format!("{program} wrote more than {MOST_BYTES} bytes"));
    }
    match status {
        Ok(status) if status.success() => Rendered::Text(bytes),
        Ok(status) => Rendered::Failed(if said.is_empty() { format!("{program} ended with {status}") } else { said }),
        Err(error) => Rendered::Failed(error),
    }
}
