//! Docker's credential helpers: programs `docker-credential-NAME` that are told a server and answer with its login.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::credentials::{Environment, from_pair};
use super::secret::Credential;

/// How long a helper may take: some ask a person or a cloud.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest answer that is read.
const LONGEST: u64 = 64 << 10;

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Username", default)]
    username: String,
    #[serde(rename = "Secret", default)]
    secret: String,
}

/// What a helper knows of a server; none where it has no login. Errors never show what the helper said.
pub(super) fn ask(name: &str, server: &str, environment: &Environment) -> Result<Option<Credential>, String> {
    let valid = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if !valid {
        return Err(format!("the credential helper's name {name:?} is none"));
    }
    let program = format!("docker-credential-{name}");
    let path = resolve(&program, environment).ok_or_else(|| format!("the credential helper {program} is not in PATH"))?;
    let mut child = Command::new(path)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("the credential helper {program} does not start ({e})"))?;
    let answer = converse(&mut child, server);
    let ended = child.try_wait().ok().flatten();
    if ended.is_none() {
        let _ = child.kill();
        let _ = child.wait();
    }
    let answer = answer.ok_or_else(|| format!("the credential helper {program} gave no answer within {} s", PATIENCE.as_secs()))?;
    if !ended.is_some_and(|status| status.success()) {
        let unknown = String::from_utf8_lossy(&answer).contains("credentials not found");
        return if unknown { Ok(None) } else { Err(format!("the credential helper {program} failed")) };
    }
    let answer: Answer =
        serde_json::from_slice(&answer).map_err(|_| format!("the credential helper {program} answered with no JSON of a login"))?;
    Ok((!answer.secret.is_empty()).then(|| from_pair(&answer.username, &answer.secret)))
}

/// The program in the directories of `PATH`, relative ones left out: the working directory may be a stranger's.
fn resolve(program: &str, environment: &Environment) -> Option<PathBuf> {
    let path = environment("PATH")?;
    std::env::split_paths(&path).filter(|dir| dir.is_absolute()).map(|dir| dir.join(program)).find(|p| p.is_file())
}

/// Tells the server and reads the answer; none where it takes too long.
fn converse(child: &mut Child, server: &str) -> Option<Vec<u8>> {
    let mut stdin = child.stdin.take()?;
    let stdout = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    // Not joined: what a killed helper left behind may hold the pipe open.
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stdout.take(LONGEST).read_to_end(&mut bytes);
        let _ = sender.send(read.map(|_| bytes));
    });
    // A helper that reads nothing closes its end, which is its affair.
    let _ = stdin.write_all(format!("{server}\n").as_bytes());
    drop(stdin);
    let deadline = Instant::now() + PATIENCE;
    let bytes = receiver.recv_timeout(PATIENCE).ok()?.ok()?;
    while child.try_wait().ok()?.is_none() {
        if Instant::now() > deadline {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::fs::PermissionsExt;

    use super::super::secret::Secret;
    use super::*;

    /// One at a time: a script that is still open for writing in a forked child cannot be run.
    static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

    fn with(script: &str, server: &str) -> Result<Option<Credential>, String> {
        let _one = ONE.lock().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("docker-credential-test");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let at: OsString = dir.path().into();
        ask("test", server, &move |n| (n == "PATH").then(|| at.clone()))
    }

    #[test]
    fn a_helper_is_told_the_server_and_answers() {
        let echo = r#"read server; echo "{\"Username\":\"$1-$server\",\"Secret\":\"p\"}""#;
        let wanted = Credential::Password { user: "get-h.io".to_owned(), password: Secret::new("p") };
        assert_eq!(with(echo, "h.io"), Ok(Some(wanted)));
        let token = r#"echo '{"Username":"<token>","Secret":"t"}'"#;
        assert_eq!(with(token, "h.io"), Ok(Some(Credential::Identity(Secret::new("t")))));
    }

    #[test]
    fn failures_say_which_helper_and_nothing_it_said() {
        assert_eq!(with("echo credentials not found in native keychain; exit 1", "h.io"), Ok(None));
        for script in ["echo hunter2; exit 1", "echo hunter2"] {
            let problem = with(script, "h.io").unwrap_err();
            assert!(problem.contains("docker-credential-test") && !problem.contains("hunter2"), "{problem}");
        }
        for name in ["", "../x", "a b", "x;y"] {
            assert!(ask(name, "h.io", &|_| None).unwrap_err().contains("is none"), "{name}");
        }
        assert!(ask("absent", "h.io", &|_| Some("/nowhere:.".into())).unwrap_err().contains("not in PATH"));
    }
}
