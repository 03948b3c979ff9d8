//! A server of files on this machine, which can break off; and what it serves.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::digest;

/// What the server has, and what it was asked.
#[derive(Default)]
pub struct Shelf {
    pub files: HashMap<String, Vec<u8>>,
    /// The connection breaks after so many bytes, once.
    pub breaks: Option<usize>,
    /// Of this path the connection breaks after so many bytes, once.
    pub breaks_at: Option<(String, usize)>,
    /// Of this path no more than so many bytes ever come.
    pub stuck: Option<(String, usize)>,
    pub asked: Vec<String>,
}

pub struct Server {
    pub address: String,
    pub shelf: Arc<Mutex<Shelf>>,
}

impl Server {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let shelf = Arc::new(Mutex::new(Shelf::default()));
        let own = Arc::clone(&shelf);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let own = Arc::clone(&own);
                std::thread::spawn(move || answer(stream.unwrap(), &own));
            }
        });
        Self { address, shelf }
    }

    pub fn put(&self, path: &str, bytes: &[u8]) {
        self.shelf.lock().unwrap().files.insert(path.to_owned(), bytes.to_vec());
    }

    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.shelf.lock().unwrap().asked)
    }
}

fn answer(mut stream: TcpStream, shelf: &Mutex<Shelf>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok).take_while(|l| !l.is_empty());
    let Some(first) = lines.next() else { return };
    let path = first.split(' ').nth(1).unwrap().to_owned();
    let headers: HashMap<String, String> =
        lines.filter_map(|l| l.split_once(": ").map(|(k, v)| (k.to_ascii_lowercase(), v.to_owned()))).collect();
    let mut shelf = shelf.lock().unwrap();
    let note = ["if-none-match", "range"].iter().filter_map(|h| headers.get(*h)).fold(path.clone(), |n, v| format!("{n} {v}"));
    shelf.asked.push(note);
    let Some(bytes) = shelf.files.get(&path).cloned() else {
        stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        return;
    };
    let etag = digest(&bytes)[7..23].to_owned();
    let etag = format!("\"{etag}\"");
    if headers.get("if-none-match") == Some(&etag) {
        let head = format!("HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        return;
    }
    let from = headers.get("range").filter(|_| headers.get("if-range").is_none_or(|tag| *tag == etag));
    let from: usize = from.and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()).unwrap_or(0);
    let status = if from > 0 {
        format!("206 Partial Content\r\nContent-Range: bytes {from}-{}/{}", bytes.len() - 1, bytes.len())
    } else {
        "200 OK".to_owned()
    };
    let body = &bytes[from..];
    let head = format!("HTTP/1.1 {status}\r\nETag: {etag}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).unwrap();
    let stuck = shelf.stuck.as_ref().filter(|(p, _)| *p == path).map(|(_, n)| n.saturating_sub(from));
    let once = shelf.breaks_at.take_if(|(p, _)| *p == path).map(|(_, n)| n);
    let most = stuck.or(once).or_else(|| shelf.breaks.take()).unwrap_or(body.len());
    let _ = stream.write_all(&body[..most.min(body.len())]);
}

/// A zip archive of stored members (APPNOTE 6.3.10, sections 4.3.7 and on).
pub fn zip(members: &[(&str, &str)]) -> Vec<u8> {
    let (mut out, mut list) = (Vec::new(), Vec::new());
    for (name, text) in members {
        let mut crc = flate2::Crc::new();
        crc.update(text.as_bytes());
        let (crc, size, length) = (crc.sum().to_le_bytes(), (text.len() as u32).to_le_bytes(), (name.len() as u16).to_le_bytes());
        let common = [&[20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0][..], &crc, &size, &size, &length, &[0, 0]].concat();
        let at = (out.len() as u32).to_le_bytes();
        list.extend([b"PK\x01\x02\x14\x00".as_slice(), &common, &[0; 10], &at, name.as_bytes()].concat());
        out.extend([b"PK\x03\x04".as_slice(), &common, name.as_bytes(), text.as_bytes()].concat());
    }
    let count = (members.len() as u16).to_le_bytes();
    let (size, at) = ((list.len() as u32).to_le_bytes(), (out.len() as u32).to_le_bytes());
    [out, list, [b"PK\x05\x06".as_slice(), &[0; 4], &count, &count, &size, &at, &[0, 0]].concat()].concat()
}

pub fn record(id: &str, fixed: &str) -> String {
    format!(
        r#"{{"id":"{id}","modified":"2025-10-01T00:00:00Z","affected":[{{"package":{{"ecosystem":"npm","name":"left-pad"}},"ranges":[{{"type":"SEMVER","events":[{{"introduced":"0"}},{{"fixed":"{fixed}"}}]}}]}}]}}"#
    )
}
