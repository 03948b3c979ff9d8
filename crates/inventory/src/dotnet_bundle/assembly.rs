//! The version that an assembly carries as a resource, which `MSBuild` makes of the version of its package: the string `ProductVersion` of
//! `VS_VERSIONINFO` (Windows API, "String structure").

const LONGEST: usize = 100;

/// The version, without the name of a commit behind it.
pub(super) fn version(bytes: &[u8]) -> Option<String> {
    ["ProductVersion", "FileVersion"].iter().find_map(|key| {
        let wide: Vec<u8> = key.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        memchr::memmem::find_iter(bytes, &wide).find_map(|at| value(&bytes[at + wide.len()..]))
    })
}

/// The text behind a name, which is filled up with zeros to four bytes.
fn value(bytes: &[u8]) -> Option<String> {
    let mut units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).skip_while({
        let mut filled = 0;
        move |unit| {
            filled += 1;
            *unit == 0 && filled <= 2
        }
    });
    let text: Option<String> = units.by_ref().take(LONGEST).take_while(|u| *u != 0).map(|u| char::from_u32(u.into())).collect();
    let text = text?;
    let version = text.split('+').next().unwrap_or_default().trim();
    let is_version =
        version.starts_with(|c: char| c.is_ascii_digit()) && version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    is_version.then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(key: &str, padding: usize, value: &str) -> Vec<u8> {
        let wide = |text: &str| text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        [b"MZ..".to_vec(), wide(key), vec![0; padding], wide(value), b"rest".to_vec()].concat()
    }

    #[test]
    fn the_version_of_the_product() {
        for (bytes, wanted) in [
            (resource("ProductVersion", 2, "13.0.3+0a2e291c0d9c0c7675d445703e51750363a549ef"), Some("13.0.3")),
            (resource("ProductVersion", 0, "2.0.0-beta4.22272.1"), Some("2.0.0-beta4.22272.1")),
            (resource("FileVersion", 2, "10.0.25.52411"), Some("10.0.25.52411")),
            (resource("ProductVersion", 2, "of our own"), None),
            (resource("ProductVersion", 8, "1.0"), None),
            (b"MZ".to_vec(), None),
        ] {
            assert_eq!(version(&bytes).as_deref(), wanted);
        }
    }
}
