//! Files that images hold, in the least form that shows what they are.

use std::io::{Read as _, Write as _};

use crate::kit::archive::zip;

/// dpkg's status, or one of its entries: each package and its version.
pub fn dpkg(packages: &[(&str, &str)]) -> String {
    packages
        .iter()
        .map(|(name, version)| format!("Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n\n"))
        .collect()
}

/// A program for x86-64 with a segment of code and these sections.
pub fn program(sections: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = vec![0; 64 + 56];
    let mut names = vec![0];
    let mut headers = vec![vec![0_u8; 64]];
    let name_table = ".shstrtab";
    let all: Vec<u8> = sections.iter().map(|(name, _)| *name).chain([name_table]).flat_map(|n| [n.as_bytes(), b"\0"].concat()).collect();
    for (name, bytes) in sections.iter().copied().chain([(name_table, [b"\0", all.as_slice()].concat().leak() as &[u8])]) {
        file.resize(file.len().next_multiple_of(16), 0);
        let mut header = vec![0; 64];
        header[..4].copy_from_slice(&(names.len() as u32).to_le_bytes());
        header[4] = if name == name_table { 3 } else { 1 };
        header[24..32].copy_from_slice(&(file.len() as u64).to_le_bytes());
        header[32..40].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
        headers.push(header);
        names.extend([name.as_bytes(), b"\0"].concat());
        file.extend_from_slice(bytes);
    }
    let table = file.len() as u64;
    let count = headers.len() as u16;
    file.extend(headers.concat());
    file[..8].copy_from_slice(b"\x7fELF\x02\x01\x01\0");
    for (at, value) in [(16, 2_u16), (18, 62), (20, 1), (52, 64), (54, 56), (56, 1), (58, 64), (60, count), (62, count - 1)] {
        file[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }
    for (at, value) in [(32, 64), (40, table), (96, table), (104, table)] {
        file[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }
    // One segment, readable and executable.
    file[64] = 1;
    file[68] = 5;
    file
}

/// A program that Go's linker has put its information into.
pub fn go(version: &str, list: &str) -> Vec<u8> {
    let mut information = b"\xff Go buildinf:\x08\x02".to_vec();
    information.resize(32, 0);
    let list = format!("{0}{list}{0}", "s".repeat(16));
    for text in [version, &list] {
        information.extend([text.len() as u8 & 0x7f | 0x80, (text.len() >> 7) as u8]);
        information.extend_from_slice(text.as_bytes());
    }
    program(&[(".go.buildinfo", &information)])
}

/// A program that `cargo auditable` has put its list into.
pub fn rust(list: &str) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(list.as_bytes()).unwrap();
    program(&[(".dep-v0", &encoder.finish().unwrap())])
}

/// A jar with Maven's record of each of these.
pub fn jar(poms: &[(&str, &str, &str)]) -> Vec<u8> {
    let poms: Vec<(String, String)> = poms
        .iter()
        .map(|(group, artifact, version)| {
            let path = format!("META-INF/maven/{group}/{artifact}/pom.properties");
            (path, format!("groupId={group}\nartifactId={artifact}\nversion={version}\n"))
        })
        .collect();
    let mut entries: Vec<(&str, &[u8])> = poms.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    entries.push(("org/apache/logging/log4j/core/lookup/JndiLookup.class", b"\xca\xfe\xba\xbe"));
    zip(&entries)
}

/// A database that rpm 4.18 wrote when it installed one package, `harbour` 1:2.0-3, which a specification of a dozen
/// lines made.
pub fn rpm_database() -> Vec<u8> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(include_bytes!("rpmdb.sqlite.gz").as_slice()).read_to_end(&mut bytes).unwrap();
    bytes
}
