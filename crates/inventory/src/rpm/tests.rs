use proptest::prelude::*;

use super::*;
use crate::testkit::{damaged, look, look_in_memory, packages};

#[derive(Clone)]
enum Value {
    Text(&'static str),
    Texts(Vec<&'static str>),
    Numbers(Vec<u32>),
}

/// A header as rpm keeps it in its databases.
fn header(tags: &[(u32, Value)]) -> Vec<u8> {
    let (mut index, mut store) = (Vec::new(), Vec::new());
    for (tag, value) in tags {
        if matches!(value, Value::Numbers(_)) {
            store.resize(store.len().next_multiple_of(4), 0);
        }
        let offset = store.len() as u32;
        let (kind, count) = match value {
            Value::Text(text) => {
                store.extend([text.as_bytes(), b"\0"].concat());
                (6, 1)
            }
            Value::Texts(texts) => {
                store.extend(texts.iter().flat_map(|t| [t.as_bytes(), b"\0"].concat()));
                (8, texts.len())
            }
            Value::Numbers(numbers) => {
                store.extend(numbers.iter().flat_map(|n| n.to_be_bytes()));
                (4, numbers.len())
            }
        };
        index.extend([*tag, kind, offset, count as u32].into_iter().flat_map(u32::to_be_bytes));
    }
    [(tags.len() as u32).to_be_bytes().as_slice(), &(store.len() as u32).to_be_bytes(), &index, &store].concat()
}

fn bash() -> Vec<u8> {
    header(&[
        (1000, Value::Text("bash")),
        (1001, Value::Text("5.1.8")),
        (1002, Value::Text("9.el9")),
        (1003, Value::Numbers(vec![2])),
        (1009, Value::Numbers(vec![4096])),
        (1016, Value::Text("Unspecified")),
        (1022, Value::Text("x86_64")),
        (1044, Value::Text("bash-5.1.8-9.el9.src.rpm")),
        (1047, Value::Texts(vec!["bash", "/bin/bash"])),
        (1049, Value::Texts(vec!["rpmlib(X)", "libc.so.6()(64bit)", "/usr/share/x", "nobody has it", "bash"])),
        (1116, Value::Numbers(vec![0, 1])),
        (1117, Value::Texts(vec!["bash", "README"])),
        (1118, Value::Texts(vec!["/usr/bin/", "/usr/share/doc/bash/"])),
    ])
}

fn glibc() -> Vec<u8> {
    header(&[
        (1000, Value::Text("glibc-common")),
        (1001, Value::Text("2.34")),
        (1002, Value::Text("83")),
        (1016, Value::Text("System")),
        (1044, Value::Text("glibc-2.34-83.src.rpm")),
        (1047, Value::Texts(vec!["libc.so.6()(64bit)"])),
        (1116, Value::Numbers(vec![0, 9])),
        (1117, Value::Texts(vec!["x", "lost"])),
        (1118, Value::Texts(vec!["/usr/share/"])),
    ])
}

fn key() -> Vec<u8> {
    header(&[(1000, Value::Text("gpg-pubkey")), (1001, Value::Text("5a6340b3")), (1002, Value::Text("6229229e"))])
}

/// A header larger than a page: it goes to overflow pages.
fn large() -> Vec<u8> {
    let filler: &'static str = "f".repeat(9000).leak();
    header(&[(1000, Value::Text("large")), (1001, Value::Text("1")), (5, Value::Text(filler))])
}

fn all() -> Vec<Vec<u8>> {
    vec![bash(), glibc(), key(), large()]
}

#[test]
fn digests_of_files_follow_flags_states_and_algorithm() {
    use plimsoll_evidence::FileDigest;
    let (sha256, md5) = ("ab".repeat(32).leak() as &str, "cd".repeat(16).leak() as &str);
    let read = |algorithm: u32, digest: &'static str| {
        let blob = header(&[
            (1000, Value::Text("a")),
            (1001, Value::Text("1")),
            (1006, Value::Numbers(vec![77])),
            (1035, Value::Texts(vec![digest, "", digest, digest])),
            (1037, Value::Numbers(vec![0, 0, 1, 64])),
            (1116, Value::Numbers(vec![0, 0, 0, 0])),
            (1117, Value::Texts(vec!["program", "link", "conf", "ghost"])),
            (1118, Value::Texts(vec!["/usr/"])),
            (5011, Value::Numbers(vec![algorithm])),
        ]);
        Header::parse(&blob).unwrap().recorded(9).map(|(path, f)| (path, f.digest, f.config, f.built)).collect::<Vec<_>>()
    };
    let both = |digest| vec![("usr/program".to_owned(), digest, false, Some(77)), ("usr/conf".to_owned(), digest, true, Some(77))];
    assert_eq!(read(8, sha256), both(FileDigest::Sha256([0xab; 32])));
    assert_eq!(read(1, md5), both(FileDigest::Md5([0xcd; 16])));
    for (algorithm, digest) in [(8, md5), (12, sha256)] {
        assert_eq!(read(algorithm, digest), both(FileDigest::Other), "{algorithm}");
    }
}

const PAGE: usize = 1024;

fn varint(n: usize) -> Vec<u8> {
    let mut groups = vec![(n & 0x7f) as u8];
    let mut n = n >> 7;
    while n > 0 {
        groups.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    groups.reverse();
    groups
}

/// An SQLite file: the schema on page 1, the table's root on page 2 with a leaf for each row, overflow pages behind.
fn sqlite(blobs: &[Vec<u8>]) -> Vec<u8> {
    let leaf = |start: usize, cell: &[u8]| {
        let mut page = vec![0; PAGE];
        page[PAGE - cell.len()..].copy_from_slice(cell);
        page[start] = 13;
        page[start + 3..start + 5].copy_from_slice(&1_u16.to_be_bytes());
        page[start + 8..start + 10].copy_from_slice(&((PAGE - cell.len()) as u16).to_be_bytes());
        page
    };
    let schema = [&[6_u8, 23, 29, 29, 1, 13][..], b"table", b"Packages", b"Packages", &[2]].concat();
    let mut first = leaf(100, &[varint(schema.len()), vec![1], schema].concat());
    first[..16].copy_from_slice(b"SQLite format 3\0");
    first[16..18].copy_from_slice(&(PAGE as u16).to_be_bytes());
    let mut root = vec![0; PAGE];
    root[0] = 5;
    root[3..5].copy_from_slice(&(blobs.len() as u16 - 1).to_be_bytes());
    let mut overflow: Vec<Vec<u8>> = Vec::new();
    let mut leaves = Vec::new();
    for (i, blob) in blobs.iter().enumerate() {
        let kind = varint(12 + 2 * blob.len());
        let payload = [&[2 + kind.len() as u8, 0][..], &kind, blob].concat();
        let mut cell = [varint(payload.len()), varint(i + 1)].concat();
        if payload.len() <= PAGE - 35 {
            cell.extend(&payload);
        } else {
            let least = (PAGE - 12) * 32 / 255 - 23;
            let fits = least + (payload.len() - least) % (PAGE - 4);
            let local = if fits <= PAGE - 35 { fits } else { least };
            cell.extend(&payload[..local]);
            let mut next = (3 + blobs.len() + overflow.len()) as u32;
            cell.extend(next.to_be_bytes());
            let chunks: Vec<&[u8]> = payload[local..].chunks(PAGE - 4).collect();
            for (n, chunk) in chunks.iter().enumerate() {
                next = if n + 1 == chunks.len() { 0 } else { next + 1 };
                let mut page = [&next.to_be_bytes()[..], chunk].concat();
                page.resize(PAGE, 0);
                overflow.push(page);
            }
        }
        leaves.push(leaf(0, &cell));
        let page = (3 + i) as u32;
        if i + 1 == blobs.len() {
            root[8..12].copy_from_slice(&page.to_be_bytes());
        } else {
            let at = PAGE - 5 * (i + 1);
            root[at..at + 5].copy_from_slice(&[&page.to_be_bytes()[..], &varint(i + 1)].concat());
            root[12 + 2 * i..14 + 2 * i].copy_from_slice(&(at as u16).to_be_bytes());
        }
    }
    [vec![first, root], leaves, overflow].concat().concat()
}

fn ndb(blobs: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"Slot\0\0\0\0\0\0\0\0\0\0\0\0".repeat(256);
    file[..32].fill(0);
    file[..4].copy_from_slice(b"RpmP");
    file[12] = 1;
    for (i, blob) in blobs.iter().enumerate() {
        let index = (i as u32 + 1).to_le_bytes();
        let block = (file.len() / 16) as u32;
        file.extend([b"BlbS", &index[..], &[0; 4], &(blob.len() as u32).to_le_bytes(), blob].concat());
        file.resize(file.len().next_multiple_of(16), 0);
        let slot = [b"Slot", &index[..], &block.to_le_bytes(), &[0; 4]].concat();
        file[32 + 16 * i..48 + 16 * i].copy_from_slice(&slot);
    }
    file
}

fn bdb(blobs: &[Vec<u8>]) -> Vec<u8> {
    let mut meta = vec![0; PAGE];
    meta[12..16].copy_from_slice(&0x0006_1561_u32.to_le_bytes());
    meta[20..24].copy_from_slice(&(PAGE as u32).to_le_bytes());
    meta[25] = 8;
    let mut table = vec![0; PAGE];
    table[25] = 13;
    table[20..22].copy_from_slice(&(2 * blobs.len() as u16 + 2).to_le_bytes());
    let (mut end, mut item) = (PAGE, 0);
    let mut add = |bytes: &[u8]| {
        end -= bytes.len();
        table[end..end + bytes.len()].copy_from_slice(bytes);
        table[26 + 2 * item..28 + 2 * item].copy_from_slice(&(end as u16).to_le_bytes());
        item += 1;
    };
    // The next free number.
    add(&[1, 0, 0, 0, 0]);
    add(&[1, 9, 0, 0, 0]);
    let mut overflow: Vec<Vec<u8>> = Vec::new();
    for (i, blob) in blobs.iter().enumerate() {
        add(&[&[1][..], &(i as u32 + 1).to_le_bytes()].concat());
        let mut next = 2 + overflow.len() as u32;
        add(&[&[3, 0, 0, 0][..], &next.to_le_bytes(), &(blob.len() as u32).to_le_bytes()].concat());
        let chunks: Vec<&[u8]> = blob.chunks(PAGE - 26).collect();
        for (n, chunk) in chunks.iter().enumerate() {
            next = if n + 1 == chunks.len() { 0 } else { next + 1 };
            let mut page = vec![0; 26];
            page[16..20].copy_from_slice(&next.to_le_bytes());
            page[22..24].copy_from_slice(&(chunk.len() as u16).to_le_bytes());
            page[25] = 7;
            page.extend_from_slice(chunk);
            page.resize(PAGE, 0);
            overflow.push(page);
        }
    }
    [vec![meta, table], overflow].concat().concat()
}

fn databases(blobs: &[Vec<u8>]) -> [(&'static str, Vec<u8>); 3] {
    [("var/lib/rpm/rpmdb.sqlite", sqlite(blobs)), ("usr/lib/sysimage/rpm/Packages.db", ndb(blobs)), ("var/lib/rpm/Packages", bdb(blobs))]
}

#[test]
fn each_format_gives_the_same_packages_and_files() {
    for (path, file) in databases(&all()) {
        let (facts, problem) = look(&Rpm, path, &file);
        assert_eq!(problem, None, "{path}");
        let wanted = [("bash", "2:5.1.8-9.el9", path), ("glibc-common", "2.34-83", path), ("large", "1", path)];
        assert_eq!(packages(&facts), wanted);
        let [database] = facts.databases.as_slice() else { panic!("{:?}", facts.databases) };
        let (bash, glibc) = (&database.packages[0], &database.packages[1]);
        assert_eq!((bash.architecture.as_deref(), bash.source.as_deref(), bash.installed_bytes), (Some("x86_64"), None, 4096));
        assert_eq!((glibc.source.as_deref(), glibc.section.as_deref(), bash.section.as_deref()), (Some("glibc"), Some("System"), None));
        assert_eq!(bash.depends, ["glibc-common"], "by library and by file, once");
        let owned: Vec<(u32, &str)> = database.owned.iter().collect();
        assert_eq!(owned, [(0, "usr/bin/bash"), (0, "usr/share/doc/bash/README"), (1, "usr/share/x")]);
    }
}

#[test]
fn what_is_hostile_or_missing_is_a_problem() {
    let mut circle = sqlite(&all());
    // The large row's first overflow page leads to itself.
    let page = 2 + all().len();
    circle[page * PAGE..page * PAGE + 4].copy_from_slice(&(page as u32 + 1).to_be_bytes());
    let mut bdb_circle = bdb(&all());
    let last = bdb_circle.len() - 2 * PAGE;
    let number = (last / PAGE) as u32;
    bdb_circle[last + 16..last + 20].copy_from_slice(&number.to_le_bytes());
    let mut ndb_slots = ndb(&all());
    ndb_slots[12..16].fill(0xff);
    let mut garbage = all();
    garbage.push(vec![0xff; 64]);
    for (path, file, what) in [
        ("var/lib/rpm/rpmdb.sqlite", circle, "used twice"),
        ("var/lib/rpm/rpmdb.sqlite", b"text".to_vec(), "too short"),
        ("var/lib/rpm/rpmdb.sqlite", vec![b'x'; 200], "no SQLite file"),
        ("var/lib/rpm/rpmdb.sqlite-wal", vec![1; 64], "write-ahead log"),
        ("var/lib/rpm/Packages", bdb_circle, "used twice"),
        ("var/lib/rpm/Packages", vec![0; 200], "no hash table"),
        ("var/lib/rpm/Packages.db", ndb_slots, "more slots"),
        ("var/lib/rpm/Packages.db", ndb(&garbage), "1 of its entries are no package headers"),
    ] {
        let problem = look(&Rpm, path, &file).1;
        assert!(problem.as_ref().is_some_and(|p| p.hides && p.message.contains(what)), "{path} {what}: {problem:?}");
    }
}

#[test]
fn what_was_read_before_the_fault_is_kept() {
    let mut cut = sqlite(&all());
    cut.truncate(5 * PAGE);
    let (facts, problem) = look(&Rpm, "var/lib/rpm/rpmdb.sqlite", &cut);
    assert_eq!(packages(&facts).len(), 2);
    assert!(problem.is_some_and(|p| p.hides));
}

#[test]
fn the_list_of_images_without_a_database() {
    let text = b"bash\t5.1.8-1.cm2\t1\t1\tVendor\t(none)\t99\tx86_64\t0\tbash-5.1.8-1.cm2.src.rpm\nvim\t9.0-1\t1\t1\tV\t2\t5\tnoarch\t2\tvim-9.0-1.src.rpm\nnonsense\n";
    let path = "var/lib/rpmmanifest/container-manifest-2";
    let (facts, problem) = look_in_memory(&Rpm, path, text);
    assert_eq!((packages(&facts), problem), (vec![("bash", "5.1.8-1.cm2", path), ("vim", "2:9.0-1", path)], None));
}

#[test]
fn only_rpms_own_places_are_databases() {
    for path in ["rpmdb.sqlite", "home/x/var/lib/rpm/Packages", "var/lib/rpm/Name", "var/lib/rpm/rpmdb.sqlite-shm"] {
        assert_eq!(look(&Rpm, path, b"SQLite format 3\0"), (LayerFacts::default(), None), "{path}");
    }
}

proptest! {
    #[test]
    fn damage_ends(changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..8), end: usize) {
        for (path, file) in databases(&all()) {
            look(&Rpm, path, &damaged(&file, &changes, end));
        }
    }

    #[test]
    fn any_header_ends(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for (path, file) in databases(&[bytes.clone(), bash()]) {
            look(&Rpm, path, &file);
        }
    }

    #[test]
    fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
        for (path, file) in databases(&[bash()]) {
            look(&Rpm, path, &[&file[..100], bytes.as_slice()].concat());
        }
    }
}
