//! Finds in files, archives and windows, by the analyser as a layer's pass calls it.

use std::io::Write;

use plimsoll_evidence::{FileEntry, FileKind, LayerFacts, Problem, SecretFind, SecretNature, SecretPlace};
use plimsoll_layers::{Analyser, Content, Interest, Window};
use proptest::prelude::*;

use crate::Secrets;
use crate::sample::{Random, expand};

fn entry(path: &str, size: usize) -> FileEntry {
    FileEntry {
        path: path.to_owned(),
        kind: FileKind::Regular,
        mode: 0o644,
        uid: 0,
        gid: 0,
        size: size as u64,
        mtime: 0,
        link: None,
        caps: None,
        layer: 0,
    }
}

fn look(path: &str, bytes: &[u8]) -> (Vec<SecretFind>, Option<Problem>) {
    let entry = entry(path, bytes.len());
    let mut facts = LayerFacts::default();
    let mut problem = None;
    if Secrets.wants(&entry, &bytes[..bytes.len().min(512)]) != Interest::Nothing {
        problem = Secrets.analyse(&entry, Content::Whole(bytes), &mut facts).err();
    }
    (facts.secrets, problem)
}

/// Rule, path inside and line of each find.
fn told(path: &str, bytes: &[u8]) -> Vec<String> {
    look(path, bytes)
        .0
        .iter()
        .map(|find| {
            let SecretPlace::File { inside, line, .. } = &find.place else { panic!("not in a file") };
            let inside = inside.as_deref().map(|i| format!(" in {i}")).unwrap_or_default();
            let line = line.map(|l| format!(" line {l}")).unwrap_or_default();
            let known = if find.nature == SecretNature::Live { "" } else { " known" };
            format!("{}{inside}{line}{known}", find.rule)
        })
        .collect()
}

/// A DER SEQUENCE of version 0 and random content, as text: what a private key looks like from outside.
fn pem(label: &str, seed: &str) -> String {
    use base64::Engine;
    let mut random = Random::seeded(seed);
    let content: Vec<u8> = [2, 1, 0].into_iter().chain(random.text("abcdefghijklmnopqrstuvwxyz0123456789", 300).into_bytes()).collect();
    let mut der = vec![0x30, 0x82, (content.len() >> 8) as u8, content.len() as u8];
    der.extend(content);
    armor(label, &base64::engine::general_purpose::STANDARD.encode(der))
}

fn armor(label: &str, text: &str) -> String {
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|c| std::str::from_utf8(c).unwrap()).collect();
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    format!("{begin}\n{}\n{end}\n", lines.join("\n"))
}

fn openssh(cipher: &str) -> String {
    use base64::Engine;
    let mut bytes = b"openssh-key-v1\0".to_vec();
    bytes.extend((cipher.len() as u32).to_be_bytes());
    bytes.extend(cipher.as_bytes());
    bytes.extend([7; 90]);
    armor("OPENSSH PRIVATE KEY", &base64::engine::general_purpose::STANDARD.encode(bytes))
}

#[test]
fn files_known_by_name_or_structure() {
    let word = expand("{an:18}", "word");
    let login = {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.encode(format!("deploy:{word}"))
    };
    let hash = expand("{an:60}", "hash");
    let key = pem("RSA PRIVATE KEY", "k");
    let escaped = key.replace('\n', "\\n");
    let cases: Vec<(&str, String, &[&str])> = vec![
        ("etc/ssl/private/a.key", key.clone(), &["private-key line 1"]),
        ("etc/ssl/private/a.key", format!("x\n{}", key.replace('\n', "\r\n")), &["private-key line 2"]),
        ("etc/ssh/ssh_host_rsa_key", openssh("none"), &["ssh-host-key line 1"]),
        ("root/.ssh/id_ed25519", openssh("none"), &["private-key line 1"]),
        ("root/.ssh/id_ed25519", openssh("aes256-ctr"), &["encrypted-private-key line 1"]),
        ("a.pem", pem("ENCRYPTED PRIVATE KEY", "e"), &["encrypted-private-key line 1"]),
        ("a.pem", pem("CERTIFICATE", "c"), &[]),
        ("a.pem", "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n".to_owned(), &[]),
        ("a.pem", key.replacen('M', "", 1), &[]),
        (
            "sa.json",
            format!("{{\"type\": \"service_account\",\n\"private_key\": \"{escaped}\",\n\"client_email\": \"a@b\"}}"),
            &["gcp-service-account line 2"],
        ),
        ("app/node_modules/x/test/key.pem", key.clone(), &["private-key line 1 known"]),
        ("app/test/key.pem", key.clone(), &["private-key line 1"]),
        ("root/.npmrc", format!("//registry.test/:_authToken={word}\n//other.test/:_authToken=${{TOKEN}}\n"), &["npmrc-auth line 1"]),
        ("root/.yarnrc.yml", format!("npmAuthToken: \"{word}\"\n"), &["npmrc-auth line 1"]),
        ("root/.pypirc", format!("[pypi]\nusername = a\npassword = {word}\n"), &["pypirc-password line 3"]),
        ("root/.netrc", format!("machine a.test\nlogin b\npassword {word}\n"), &["netrc-password line 3"]),
        ("root/.pgpass", format!("db:5432:*:app:{word}\n# a:b:c:d:e\n"), &["pgpass-password line 1"]),
        ("root/.docker/config.json", format!("{{\"auths\": {{\"r.test\": {{\"auth\": \"{login}\"}}}}}}"), &["docker-auth line 1"]),
        ("root/.docker/config.json", "{\"auths\": {\"r.test\": {}}, \"credsStore\": \"x\"}".to_owned(), &[]),
        ("root/.dockercfg", format!("{{\"r.test\": {{\"auth\": \"{login}\"}}}}"), &["docker-auth line 1"]),
        ("root/.git-credentials", format!("https://bot:{word}@git.test\n"), &["git-credential line 1"]),
        ("srv/app/.git/config", format!("[remote \"origin\"]\n\turl = https://bot:{word}@git.test/a.git\n"), &["git-credential line 2"]),
        (
            "root/.kube/config",
            format!(
                "clusters:\ncontexts:\nusers:\n- name: a\n  user:\n    token: {word}\n    client-key-data: {}\n",
                expand("{an:80}", "ck")
            ),
            &["kubeconfig-token line 6", "kubeconfig-client-key line 7"],
        ),
        (
            "etc/shadow",
            format!("root:*:1:0:99999:7:::\nme:$6${hash}$x:1:0:99999:7:::\nopen::1:0:99999:7:::\nold:!:1:0:99999:7:::\n"),
            &["password-hash line 2", "empty-password line 3"],
        ),
        ("etc/gshadow", "root:*::\nshadow:::\n".to_owned(), &[]),
        ("srv/.htpasswd", format!("me:$2y$10${hash}\n"), &["password-hash line 1"]),
        ("root/.bash_history", format!("ls\nmysql -uroot -p{word} db\n"), &["command-password line 2"]),
        (
            "root/.m2/settings.xml",
            format!("<settings><!-- <password>x{word}</password> -->\n<password>{word}</password></settings>"),
            &["maven-password line 2"],
        ),
        ("root/.m2/settings.xml", "<settings><password>${env.PW}</password></settings>".to_owned(), &[]),
        ("root/NuGet.config", format!("<add key=\"ClearTextPassword\" value=\"{word}\" />"), &["nuget-password line 1"]),
        ("srv/wp-config.php", format!("<?php\ndefine( 'DB_PASSWORD', '{word}' );\n"), &["config-password line 2"]),
        ("app/config/application.properties", format!("# x\nspring.datasource.password={word}\n"), &["config-password line 2"]),
        ("app/config/master.key", expand("{hex:32}", "mk"), &["rails-master-key-file line 1"]),
        ("app/settings.ini", format!("[db]\nurl = postgres://app:{word}@db:5432/app\n"), &["url-password line 2"]),
        ("app/settings.ini", "url = postgres://user:password@localhost/app\n".to_owned(), &[]),
        ("usr/share/x/settings.ini", format!("url = postgres://app:{word}@db:5432/app\n"), &[]),
        ("etc/wireguard/wg0.conf", format!("[Interface]\nPrivateKey = {}=\n", expand("{b64:43}", "wg")), &["wireguard-private-key line 2"]),
        ("app/.env", format!("A=b\nexport API_TOKEN={}\n", expand("{an:32}", "t")), &["environment-secret line 2"]),
    ];
    for (path, text, wanted) in &cases {
        assert_eq!(told(path, text.as_bytes()), *wanted, "{path}: {}", &text[..text.len().min(120)]);
    }
}

#[test]
fn binary_key_stores() {
    let mut store = vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 1, b'a'];
    store.extend([0; 8]);
    store.extend([0, 5, b'X', b'.', b'5', b'0', b'9', 0, 0, 0, 3, 1, 2, 3]);
    assert_eq!(told("etc/ssl/certs/java/cacerts", &store), Vec::<String>::new(), "certificates alone");
    store[15] = 1;
    assert_eq!(told("srv/keystore.jks", &store), ["java-keystore"]);
    store.truncate(14);
    assert_eq!(told("srv/keystore.jks", &store), Vec::<String>::new(), "cut");
    let mut keytab = vec![5, 2, 0, 0, 0, 40];
    keytab.extend([1; 40]);
    assert_eq!(told("etc/krb5.keytab", &keytab), ["kerberos-keytab"]);
    let mut content = vec![2, 1, 3, 0x30, 0x7d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
    content.extend([6, 11, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 0x0c, 0x0a, 1, 2]);
    content.extend([0; 60]);
    let mut pfx = vec![0x30, content.len() as u8];
    pfx.extend(content);
    assert_eq!(told("srv/a.p12", &pfx), ["pkcs12"]);
}

#[test]
fn the_same_value_in_a_file_is_told_once() {
    let token = expand("{%glpat-}{an:20}", "once");
    assert_eq!(told("app/a.txt", format!("{token}\nx\n{token}\n").as_bytes()), ["gitlab-pat line 1"]);
}

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
    for (name, data) in files {
        let (mut entry, config) = archive.new_file(name).compression_method(rawzip::CompressionMethod::DEFLATE).start().unwrap();
        let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::default());
        let mut writer = config.wrap(encoder);
        writer.write_all(data).unwrap();
        let (encoder, descriptor) = writer.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, data) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(data.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, *data).unwrap();
    }
    archive.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn archives_of_one_level_are_opened() {
    let token = format!("x\ntoken={}\n", expand("{%ghp_}{an:30}{crc}", "zip"));
    let inner = zip_of(&[("b.txt", token.as_bytes())]);
    let files: [(&str, &[u8]); 2] = [("conf/a.properties", token.as_bytes()), ("lib/inner.jar", &inner)];
    let wanted = ["github-pat in conf/a.properties line 2"];
    assert_eq!(told("opt/app.jar", &zip_of(&files)), wanted);
    assert_eq!(told("opt/a.tar", &tar_of(&files)), wanted);
    assert_eq!(told("opt/a.tar.gz", &gzip(&tar_of(&files))), wanted);
    assert_eq!(told("opt/a.tgz", &gzip(&tar_of(&files))), wanted);
}

#[test]
fn bombs_and_damage_are_problems() {
    let zeros = vec![0u8; 17 << 20];
    let (finds, problem) = look("opt/a.zip", &zip_of(&[("zeros.txt", &zeros)]));
    let problem = problem.unwrap();
    assert!(finds.is_empty() && problem.hides, "{problem:?}");
    assert!(problem.message.contains("more than 16777216 bytes"), "{}", problem.message);
    let many: Vec<(&str, &[u8])> = (0..5).map(|_| ("a.txt", &zeros[..14 << 20])).collect();
    let (_, problem) = look("opt/a.zip", &zip_of(&many));
    assert!(problem.unwrap().message.contains("of an archive 67108864"));
    let (_, problem) = look("opt/a.tar.gz", &gzip(&tar_of(&[("zeros", &zeros)])));
    assert!(problem.unwrap().hides);
    let whole = zip_of(&[("a.txt", b"hello")]);
    let (_, problem) = look("opt/a.zip", &whole[..whole.len() - 30]);
    assert!(problem.unwrap().message.starts_with("/opt/a.zip: the zip cannot be read"));
}

#[test]
fn a_zip_whose_entries_share_data_is_a_bomb() {
    let mut bytes = zip_of(&[("a.txt", &[7; 3000]), ("b.txt", &[7; 3000])]);
    // The second directory entry is pointed at the first one's data (APPNOTE 4.3.12: the offset is at 42).
    let entries: Vec<usize> = memchr::memmem::find_iter(&bytes, b"PK\x01\x02").collect();
    bytes[entries[1] + 42..entries[1] + 46].fill(0);
    let (_, problem) = look("opt/a.zip", &bytes);
    assert!(problem.unwrap().message.contains("share their data"));
}

/// The same bytes as the pass gives those of a large file.
fn in_windows(path: &str, bytes: &[u8], size: usize, overlap: usize) -> Vec<SecretFind> {
    let entry = entry(path, bytes.len());
    let mut facts = LayerFacts::default();
    let (mut from, mut repeated) = (0, 0);
    while from + repeated < bytes.len() {
        let end = bytes.len().min(from + size);
        let window = Window {
            bytes: &bytes[from..end],
            overlap: repeated,
            offset: from as u64,
            lines_before: memchr::memchr_iter(b'\n', &bytes[..from]).count() as u64,
        };
        Secrets.analyse(&entry, Content::Window(window), &mut facts).unwrap();
        if end == bytes.len() {
            break;
        }
        from = end - overlap;
        repeated = overlap;
    }
    facts.secrets
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4096), name in 0usize..12) {
        const NAMES: [&str; 12] = [
            "a", ".npmrc", "etc/shadow", "config.json", "a.zip", "a.tar.gz", "a.jks", "settings.xml", ".netrc", "a_history", "x.keytab", ".pgpass",
        ];
        look(NAMES[name], &bytes);
        let mut archive = b"PK\x03\x04".to_vec();
        archive.extend(&bytes);
        look("a.zip", &archive);
        in_windows("a", &bytes, 700, 300);
    }

    #[test]
    fn texts_that_almost_are_something_make_no_panic(parts in proptest::collection::vec(prop_oneof![
        Just("-----BEGIN RSA PRIVATE KEY-----".to_owned()), Just("-----END".to_owned()), Just("PuTTY-User-Key-File-2: x\nEncryption: none\nPrivate-Lines: 1".to_owned()),
        Just("password=".to_owned()), Just("://a:b@".to_owned()), Just("ghp_".to_owned()), Just("eyJhbGciOi.eyJ.".to_owned()), Just("AGE-SECRET-KEY-1".to_owned()),
        Just("clusters users contexts\ntoken: ".to_owned()), Just("\\n".to_owned()), Just("\n".to_owned()), Just("ENCRYPTED: ".to_owned()), "[ -~]{0,80}", "\\PC{0,20}",
    ], 0..30)) {
        look("app/.env", parts.concat().as_bytes());
        look("app/a.yml", parts.concat().as_bytes());
    }

    #[test]
    fn a_damaged_archive_makes_no_panic(at in 0usize..400, with in any::<u8>(), gzipped in any::<bool>()) {
        let files: [(&str, &[u8]); 2] = [("a.txt", b"hello"), ("b/c.txt", &[65; 900])];
        let mut bytes = if gzipped { gzip(&tar_of(&files)) } else { zip_of(&files) };
        let at = at % bytes.len();
        bytes[at] = with;
        look(if gzipped { "a.tgz" } else { "a.zip" }, &bytes);
    }

    #[test]
    fn windows_lose_nothing_and_repeat_nothing(seed in 0u32..1000, gaps in proptest::collection::vec(0usize..3000, 1..12), size in 5000usize..9000) {
        let mut text = String::new();
        for (i, gap) in gaps.iter().enumerate() {
            // Lines, as texts have.
            for n in 0..*gap {
                text.push(if n % 60 == 59 { '\n' } else { '-' });
            }
            let seed = format!("{seed} {i}");
            text.push('\n');
            match i % 4 {
                0 => text.push_str(&expand("{%ghp_}{an:30}{crc}", &seed)),
                1 => text.push_str(&pem("PRIVATE KEY", &seed)),
                2 => text.push_str(&expand("https://{%hooks.slack.com}/services/T{AN:10}/B{AN:10}/{an:24}", &seed)),
                _ => text.push_str(&expand("{%glpat-}{an:20}", &seed)),
            }
            text.push('\n');
        }
        let (whole, _) = look("usr/share/x/big.txt", text.as_bytes());
        prop_assert_eq!(whole.len(), gaps.len());
        prop_assert_eq!(in_windows("usr/share/x/big.txt", text.as_bytes(), size, 2500), whole);
    }
}
