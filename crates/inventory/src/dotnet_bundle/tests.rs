use proptest::prelude::*;

use super::*;
use crate::testkit::{damaged, elf, look, packages};

const LIST: &str = r#"{"targets": {".NETCoreApp,Version=v8.0/linux-x64": {
    "App/1.0.0": {"runtime": {"App.dll": {}}},
    "Serilog/3.1.1": {"runtime": {"lib/net7.0/Serilog.dll": {"assemblyVersion": "2.0.0.0"}}, "resources": {"lib/de/Serilog.resources.dll": {"locale": "de"}}}}},
    "libraries": {"App/1.0.0": {"type": "project"}, "Serilog/3.1.1": {"type": "package"}}}"#;

/// A file of a bundle: its path, its bytes, and whether it is deflated.
type File<'a> = (&'a str, &'a [u8], bool);

/// A program as the bundler writes it (dotnet/runtime, `Microsoft.NET.HostModel/Bundle`): the host, the files, the header with the manifest.
fn program(major: u32, files: &[File<'_>]) -> Vec<u8> {
    let mut host = elf(&[(".data", [&[0; 8][..], &[0; 8], &SIGNATURE].concat())]);
    let mut entries = Vec::new();
    for (path, bytes, deflate) in files {
        let mut packed = bytes.to_vec();
        if *deflate {
            let mut encoder = flate2::read::DeflateEncoder::new(*bytes, flate2::Compression::default());
            packed.clear();
            encoder.read_to_end(&mut packed).unwrap();
        }
        entries.push((*path, host.len(), bytes.len(), if *deflate { packed.len() } else { 0 }));
        host.extend(packed);
    }
    let header = host.len() as i64;
    let text = |host: &mut Vec<u8>, text: &str| {
        host.push(text.len() as u8);
        host.extend(text.as_bytes());
    };
    for word in [major, 0, files.len() as u32] {
        host.extend(word.to_le_bytes());
    }
    text(&mut host, "twaygRJW-OZt");
    if major >= 2 {
        let list = entries.iter().find(|e| e.0.ends_with(".deps.json")).map_or((0, 0), |e| (e.1, e.2));
        for long in [list.0, list.1, 0, 0, 0] {
            host.extend((long as u64).to_le_bytes());
        }
    }
    for (path, offset, size, packed) in entries {
        for long in [offset, size, packed].iter().take(if major >= 6 { 3 } else { 2 }) {
            host.extend((*long as u64).to_le_bytes());
        }
        host.push(1);
        text(&mut host, path);
    }
    let marker = memchr::memmem::find(&host, &SIGNATURE).unwrap();
    host[marker - 8..marker].copy_from_slice(&header.to_le_bytes());
    host
}

fn assembly(version: &str) -> Vec<u8> {
    let wide = |text: &str| text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    [b"MZ".to_vec(), wide("ProductVersion"), vec![0; 2], wide(version)].concat()
}

#[test]
fn packages_of_the_list_and_assemblies_that_it_does_not_explain() {
    let (known, other) = (assembly("3.1.1"), assembly("1.2.3+abc"));
    for major in [1, 2, 6] {
        let files: [File<'_>; 5] = [
            ("App.dll", &known, false),
            ("Serilog.dll", &known, major == 6),
            ("de/Serilog.resources.dll", &known, false),
            ("Other.dll", &other, major == 6),
            ("App.deps.json", LIST.as_bytes(), false),
        ];
        let (facts, problem) = look(&DotNetBundle, "app/tool", &program(major, &files));
        assert_eq!(problem, None);
        assert_eq!(
            packages(&facts),
            [("Serilog", "3.1.1", "app/tool!App.deps.json"), ("Other.dll", "1.2.3", "app/tool!Other.dll")],
            "{major}"
        );
        let purls: Vec<_> = facts.databases[0].packages.iter().map(|p| crate::purl_of(p, None).map(|p| p.to_string())).collect();
        assert_eq!(purls, [Some("pkg:nuget/Serilog@3.1.1".to_owned()), None]);
    }
}

#[test]
fn hosts_of_other_systems_and_hosts_without_a_bundle() {
    let bundle = program(6, &[("App.deps.json", LIST.as_bytes(), false)]);
    let windows = [b"MZ".to_vec(), bundle[2..].to_vec()].concat();
    assert_eq!(packages(&look(&DotNetBundle, "app/tool.exe", &windows).0)[0].0, "Serilog");
    let mut host = bundle;
    let marker = memchr::memmem::find(&host, &SIGNATURE).unwrap();
    host[marker - 8..marker].fill(0);
    let (facts, problem) = look(&DotNetBundle, "usr/share/dotnet/apphost", &host);
    assert!(facts.databases.is_empty() && problem.is_none());
}

#[test]
fn what_is_hostile_is_named() {
    let list: File<'_> = ("App.deps.json", LIST.as_bytes(), false);
    let bundle = program(6, &[list, ("Other.dll", b"MZ", false)]);
    let marker = memchr::memmem::find(&bundle, &SIGNATURE).unwrap();
    let header = i64::from_le_bytes(bundle[marker - 8..marker].try_into().unwrap());
    let at = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = bundle.clone();
        change(&mut bytes);
        let problem = look(&DotNetBundle, "app/tool", &bytes).1.expect("a problem");
        assert!(problem.hides && problem.message.starts_with("/app/tool: its .NET bundle "), "{}", problem.message);
        problem.message
    };
    let start = header as usize;
    // Three words, the identifier, five numbers; the first file's place, size and packed size.
    let first = start + 12 + 13 + 40;
    for (words, place, bytes) in [
        ("outside of the file", marker - 8, i64::MAX.to_le_bytes().to_vec()),
        ("outside of the file", marker - 8, (-1_i64).to_le_bytes().to_vec()),
        ("form that is not known", start, 7_u32.to_le_bytes().to_vec()),
        ("more files", start + 8, u32::MAX.to_le_bytes().to_vec()),
        ("cut short", start + 8, 9_u32.to_le_bytes().to_vec()),
        ("cut short", start + 12, vec![0xff, 0xff]),
        ("outside of the file", start + 12 + 13, i64::MAX.to_le_bytes().to_vec()),
        ("outside of the file", first, i64::MAX.to_le_bytes().to_vec()),
        ("outside of the file", first + 8, u64::MAX.to_le_bytes().to_vec()),
        ("not what the manifest says", first + 16, 4_u64.to_le_bytes().to_vec()),
        ("list of packages that is none", memchr::memmem::find(&bundle, b"{\"targets\"").unwrap(), b"[".to_vec()),
    ] {
        let message = at(&|all| all[place..place + bytes.len()].copy_from_slice(&bytes));
        assert!(message.contains(words), "{words}: {message}");
    }
}

#[test]
fn deflated_bytes_are_bounded() {
    let zeros = vec![0; 1 << 20];
    let mut bundle = program(6, &[("Other.dll", &zeros, true)]);
    // One less than it inflates to.
    let size = (zeros.len() as u64).to_le_bytes();
    let at = memchr::memmem::find(&bundle, &size).unwrap();
    bundle[at..at + 8].copy_from_slice(&(zeros.len() as u64 - 1).to_le_bytes());
    assert!(look(&DotNetBundle, "app/tool", &bundle).1.is_some_and(|p| p.message.contains("not what the manifest says")));
    bundle[at..at + 8].copy_from_slice(&(1_u64 << 40).to_le_bytes());
    assert!(look(&DotNetBundle, "app/tool", &bundle).1.is_some_and(|p| p.message.contains("larger than is read")));
}

proptest! {
    #[test]
    fn damage_ends(changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..8), end in any::<usize>()) {
        let bundle = program(6, &[("App.deps.json", LIST.as_bytes(), false), ("Other.dll", &assembly("1.0"), true)]);
        look(&DotNetBundle, "app/tool", &damaged(&bundle, &changes, end));
    }
}
