//! A file that is known to load by names: Express's, by the digest that its releases 4.18.2 to 4.21.2 have.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_evidence::{Accounts, BaseImage, Closure, FileEntry, FileKind, FileTree, ImageConfig, ImageFacts};

use super::walk::Walk;
use super::{NodeNamed, OfNode};

const VIEW: &str = "ec627880c1b43aee5887164ac2e9c58f01e4ee8086e23a829eddf1af3858c021";

fn file(path: &str, kind: FileKind) -> FileEntry {
    FileEntry { path: path.to_owned(), kind, mode: 0o755, uid: 0, gid: 0, size: 10, mtime: 0, link: None, caps: None, layer: 0 }
}

fn image(paths: &[&str], env: &[(&str, &str)]) -> ImageFacts {
    let folders: BTreeSet<&str> = paths.iter().flat_map(|path| path.match_indices('/').map(|(at, _)| &path[..at])).collect();
    let folders = folders.into_iter().chain([""]).map(|path| file(path, FileKind::Directory));
    let mut files: Vec<FileEntry> = paths.iter().map(|path| file(path, FileKind::Regular)).chain(folders).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    ImageFacts {
        config_digest: None,
        annotations: BTreeMap::new(),
        config: ImageConfig {
            env: env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            ..ImageConfig::default()
        },
        history: Vec::new(),
        layers: Vec::new(),
        base: BaseImage::Unknown(String::new()),
        distribution: None,
        tree: FileTree { files, ..FileTree::default() },
        accounts: Accounts::default(),
        elfs: Vec::new(),
        texts: Vec::new(),
        closure: Closure::default(),
        secrets: Vec::new(),
    }
}

fn loads(load: &str) -> OfNode {
    OfNode { loads: vec![load.to_owned()], ..OfNode::default() }
}

/// Whether the package `left` may be loaded by `server.js`, which loads Express.
fn may_load(server: OfNode, digest: &str, more: &[(&str, OfNode)], env: &[(&str, &str)]) -> Result<bool, String> {
    let left = "srv/node_modules/left/index.js";
    let view = OfNode { more: vec!["a name that is computed".to_owned()], digest: Some(digest.to_owned()), ..OfNode::default() };
    let mut of = vec![
        ("srv/server.js", OfNode { loads: vec!["express".to_owned()], ..server }),
        // Its own word for it does not count.
        ("srv/node_modules/express/index.js", OfNode { renders: true, ..loads("./view") }),
        ("srv/node_modules/express/view.js", view),
        (left, OfNode::default()),
    ];
    of.extend(more.iter().map(|(path, of)| (*path, of.clone())));
    let paths: Vec<&str> = of.iter().map(|(path, _)| *path).collect();
    let image = image(&paths, env);
    let named = NodeNamed {
        names: vec!["express".to_owned(), "left".to_owned()],
        of: of.into_iter().map(|(path, of)| (path.to_owned(), of)).collect(),
        unread: Vec::new(),
    };
    let mut walk = Walk::new(&image, &named);
    walk.start("srv/server.js")?;
    walk.run()?;
    assert_eq!(walk.known, 1);
    Ok(image.tree.find(left).is_some_and(|id| walk.files.contains_key(&id)))
}

#[test]
fn a_loader_of_views_counts_where_views_are_made() {
    let none = OfNode::default;
    let renders = || OfNode { renders: true, ..none() };
    let names = |of: OfNode| OfNode { names: vec![1], ..of };
    let config = || OfNode { is_config: true, ..names(none()) };
    for (what, server, more, env, wanted) in [
        ("a name, and no views", names(none()), vec![], vec![], false),
        ("views of another engine", renders(), vec![], vec![], false),
        ("views, and a name", names(renders()), vec![], vec![], true),
        ("a configuration", renders(), vec![("srv/config/default.json", config())], vec![], true),
        ("a configuration, and no views", none(), vec![("srv/config/default.json", config())], vec![], false),
        ("the ending of a file", renders(), vec![("srv/views/index.left", none())], vec![], true),
        ("the environment", renders(), vec![], vec![("VIEW_ENGINE", "left")], true),
        ("a string of what is not loaded", renders(), vec![("srv/other.js", names(none()))], vec![], false),
    ] {
        assert_eq!(may_load(server, VIEW, &more, &env), Ok(wanted), "{what}");
    }
    let unread = OfNode { unread: true, ..config() };
    assert!(may_load(renders(), VIEW, &[("srv/config/a.json", unread)], &[]).unwrap_err().contains("could not be looked through"));
}

#[test]
fn a_loader_that_is_not_known_ends_the_proof() {
    let changed = VIEW.replace("ec62", "ec63");
    let why = may_load(OfNode::default(), &changed, &[], &[]).unwrap_err();
    assert!(why.contains("/srv/node_modules/express/view.js has a name that is computed"), "{why}");
}
