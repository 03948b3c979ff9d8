//! A small web service, the program in both example images: answers `/` and `/health` on `$PORT` (8080), logs one JSON
//! object a line to standard output. `service --health` asks the running service and ends with 0 when it is well.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

unsafe extern "C" {
    fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
    fn _exit(status: i32) -> !;
}

/// What `cargo auditable` puts into a program: the list of its crates, for whoever takes an inventory.
#[used]
#[unsafe(link_section = ".dep-v0")]
static CRATES: [u8; include_bytes!(env!("SERVICE_CRATES")).len()] = *include_bytes!(env!("SERVICE_CRATES"));

const SIGTERM: i32 = 15;

extern "C" fn stop(_: i32) {
    // SAFETY: _exit is async-signal-safe (signal-safety(7)).
    unsafe { _exit(0) }
}

fn main() -> ExitCode {
    let port = std::env::var("PORT").ok().and_then(|p| p.parse().ok()).unwrap_or(8080u16);
    if std::env::args().nth(1).as_deref() == Some("--health") {
        return if healthy(port) { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    // Process 1 gets no default action for SIGTERM: without a handler a stop would wait for SIGKILL.
    // SAFETY: the handler only calls _exit.
    unsafe { signal(SIGTERM, stop) };
    let listener = match TcpListener::bind(("0.0.0.0", port)) {
        Ok(listener) => listener,
        Err(error) => {
            log("error", &format!("cannot listen on port {port}: {error}"), "");
            return ExitCode::FAILURE;
        }
    };
    log("info", "listening", &port.to_string());
    for stream in listener.incoming().flatten() {
        std::thread::spawn(move || answer(stream));
    }
    ExitCode::SUCCESS
}

fn answer(mut stream: TcpStream) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let mut line = String::new();
    if BufReader::new(&stream).take(4096).read_line(&mut line).is_err() {
        return;
    }
    let path = line.split(' ').nth(1).unwrap_or("");
    let (status, body) = match path {
        "/" => ("200 OK", "hello\n"),
        "/health" => ("200 OK", "ok\n"),
        _ => ("404 Not Found", "no such page\n"),
    };
    let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    log("info", &format!("request {status}"), path);
}

fn healthy(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
    let mut answer = String::new();
    stream.write_all(b"GET /health HTTP/1.1\r\nConnection: close\r\n\r\n").is_ok() && stream.read_to_string(&mut answer).is_ok() && answer.contains(" 200 ")
}

fn log(severity: &str, message: &str, about: &str) {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let clean = |text: &str| text.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).collect::<String>();
    println!("{{\"time\":{time},\"severity\":\"{severity}\",\"message\":\"{}\",\"about\":\"{}\"}}", clean(message), clean(about));
}
