//! Opens an image and shows what it is: `open IMAGE [PLATFORM|all]`.

use std::io::{self, Read};
use std::process::ExitCode;

use plimsoll_oci::{Options, PlatformChoice, open};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(reference) = arguments.next() else { return ExitCode::from(2) };
    let platform = match arguments.next().as_deref() {
        None => PlatformChoice::Host,
        Some("all") => PlatformChoice::All,
        Some(text) => match text.parse() {
            Ok(platform) => PlatformChoice::Exactly(platform),
            Err(e) => {
                eprintln!("{e}");
                return ExitCode::from(2);
            }
        },
    };
    let opened = match open(&reference, &Options { platform, ..Options::default() }) {
        Ok(opened) => opened,
        Err(e) => {
            eprintln!("{e}");
            return ExitCode::from(2);
        }
    };
    for note in &opened.notes {
        eprintln!("{note}");
    }
    for image in &opened.images {
        println!(
            "{} {} {} ({} history steps)",
            image.subject.digest,
            image.subject.platform,
            image.subject.media_type,
            image.history.len()
        );
        for problem in &image.problems {
            println!("  problem: {}", problem.message);
        }
        for (n, layer) in image.layers.iter().enumerate() {
            let read = image.blob(n).map_err(|e| e.to_string()).and_then(|blob| count(blob).map_err(|e| e.to_string()));
            println!("  {} {} {} bytes: {read:?}", layer.digest.short(), layer.media_type, layer.size);
        }
    }
    ExitCode::SUCCESS
}

fn count(mut blob: impl Read) -> io::Result<u64> {
    io::copy(&mut blob, &mut io::sink())
}
