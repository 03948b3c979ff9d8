//! Looks through a chart's archive before anything unpacks it: a tar file, compressed by gzip, of bounded size, all of whose names stay
//! below one folder.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use plimsoll_evidence::{ProblemKind, printable_line};

/// What a chart may hold at most: bytes, unpacked, and members.
const MOST_BYTES: u64 = 64 << 20;
const MOST_MEMBERS: usize = 10_000;
const BLOCK: usize = 512;

type Refused = (ProblemKind, String);

/// Whether the archive may be handed on.
pub(super) fn check(path: &Path) -> Result<(), Refused> {
    let file = File::open(path).map_err(|error| (ProblemKind::Io, error.to_string()))?;
    // One byte more than is allowed shows that there is more.
    check_stream(MultiGzDecoder::new(file).take(MOST_BYTES + 1))
}

fn check_stream(mut stream: impl Read) -> Result<(), Refused> {
    let mut header = [0_u8; BLOCK];
    let mut total = 0_u64;
    let mut charts = 0_usize;
    for _ in 0..MOST_MEMBERS {
        match fill(&mut stream, &mut header)? {
            0 => return ended(charts),
            BLOCK => {}
            _ => return Err((ProblemKind::Truncated, "the archive ends inside of a member's header".to_owned())),
        }
        if header.iter().all(|b| *b == 0) {
            return ended(charts);
        }
        let size = octal(&header[124..136]).ok_or_else(|| (ProblemKind::Malformed, "a member's size is no number".to_owned()))?;
        let name = name(&header);
        let shown = printable_line(&name, 100);
        match header[156] {
            // Files, folders, and the records that give longer names; those are read by who unpacks it, so they may not lead out either.
            b'0' | 0 | b'5' => inside(&name).then_some(()).ok_or((ProblemKind::Escape, format!("{shown} leads out of the chart")))?,
            b'1' | b'2' => return Err((ProblemKind::Escape, format!("{shown} is a link, which a chart has not"))),
            b'g' => {}
            b'x' | b'L' | b'K' => return Err((ProblemKind::Unsupported, "a member's name is too long for a chart".to_owned())),
            _ => return Err((ProblemKind::Unsupported, format!("{shown} is neither a file nor a folder"))),
        }
        if name.ends_with("/Chart.yaml") {
            charts += 1;
        }
        let padded = size.div_ceil(BLOCK as u64).saturating_mul(BLOCK as u64);
        total = total.saturating_add(padded).saturating_add(BLOCK as u64);
        if total > MOST_BYTES {
            return Err((ProblemKind::Limit, format!("it unpacks to more than {MOST_BYTES} bytes")));
        }
        let skipped = std::io::copy(&mut (&mut stream).take(padded), &mut std::io::sink()).map_err(broken)?;
        if skipped < padded {
            return Err((ProblemKind::Truncated, format!("the archive ends inside of {shown}")));
        }
    }
    Err((ProblemKind::Limit, format!("it has more than {MOST_MEMBERS} members")))
}

fn ended(charts: usize) -> Result<(), Refused> {
    if charts == 0 { Err((ProblemKind::Unsupported, "it holds no Chart.yaml".to_owned())) } else { Ok(()) }
}

#[allow(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn broken(error: std::io::Error) -> Refused {
    (ProblemKind::Malformed, format!("it is no gzip file, or a broken one: {error}"))
}

/// Reads as much as there is, up to a block.
fn fill(stream: &mut impl Read, block: &mut [u8; BLOCK]) -> Result<usize, Refused> {
    let mut filled = 0;
    while filled < BLOCK {
        match stream.read(&mut block[filled..]).map_err(broken)? {
            0 => break,
            n => filled += n,
        }
    }
    Ok(filled)
}

fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?.trim_matches(['\0', ' ']);
    u64::from_str_radix(if text.is_empty() { "0" } else { text }, 8).ok()
}

fn name(header: &[u8; BLOCK]) -> String {
    let field = |bytes: &[u8]| String::from_utf8_lossy(bytes.split(|b| *b == 0).next().unwrap_or_default()).into_owned();
    let name = field(&header[..100]);
    let prefix = if &header[257..262] == b"ustar" { field(&header[345..500]) } else { String::new() };
    if prefix.is_empty() { name } else { format!("{prefix}/{name}") }
}

fn inside(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('/') && !name.contains('\\') && name.split('/').all(|part| part != "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, kind: u8, size: usize) -> Vec<u8> {
        let mut header = vec![0; BLOCK];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
        header[156] = kind;
        header.extend(std::iter::repeat_n(b'x', size.div_ceil(BLOCK) * BLOCK));
        header
    }

    #[test]
    fn an_archive_that_climbs_out_or_swells_is_refused() {
        let good = [member("c/Chart.yaml", b'0', 3), member("c/templates/a.yaml", b'0', 600), vec![0; 1024]].concat();
        assert_eq!(check_stream(&good[..]), Ok(()));
        for (bytes, wanted) in [
            (member("../Chart.yaml", b'0', 0), ProblemKind::Escape),
            (member("/Chart.yaml", b'0', 0), ProblemKind::Escape),
            (member("c/../../x", b'0', 0), ProblemKind::Escape),
            (member("c/Chart.yaml", b'2', 0), ProblemKind::Escape),
            (member("c/dev", b'3', 0), ProblemKind::Unsupported),
            (member("c/x", b'0', 3), ProblemKind::Unsupported),
            (good[..700].to_vec(), ProblemKind::Truncated),
            (good[..1100].to_vec(), ProblemKind::Truncated),
            (member("c/Chart.yaml", b'0', 0).repeat(10_001), ProblemKind::Limit),
        ] {
            assert_eq!(check_stream(&bytes[..]).unwrap_err().0, wanted, "{:?}", String::from_utf8_lossy(&bytes[..20]));
        }
        let mut huge = member("c/Chart.yaml", b'0', 0);
        huge[124..135].copy_from_slice(b"77777777777");
        assert_eq!(check_stream(&huge[..]).unwrap_err().0, ProblemKind::Limit);
    }

    #[test]
    fn a_bomb_is_not_unpacked_to_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bomb.tgz");
        let zeros = vec![1_u8; 1 << 20];
        let mut writer = flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast());
        for _ in 0..200 {
            std::io::Write::write_all(&mut writer, &zeros).unwrap();
        }
        writer.finish().unwrap();
        assert!(check(&path).is_err());
        std::fs::write(&path, b"not gzip").unwrap();
        assert_eq!(check(&path).unwrap_err().0, ProblemKind::Malformed);
    }
}
