//! Where what a kustomization renders was written: the objects and patches in the files that it is built from.

use std::path::{Component, Path, PathBuf};

use plimsoll_yaml::{Limits, Node, Rules, Value, parse_with};

use crate::Sources;

/// The most files that are looked through for what was written.
const MOST_FILES: usize = 1000;

/// What was written, in the order in which it is put together: what is built on first.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    documents: Vec<Node>,
}

impl Origins {
    /// The files that a kustomization names. `name` is what its folder `root` is called.
    pub(super) fn read(files: &[PathBuf], root: &Path, name: &str, sources: &mut Sources<'_>) -> Self {
        let mut origins = Self::default();
        let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        for path in files.iter().take(MOST_FILES) {
            let Ok(path) = path.canonicalize() else { continue };
            let Ok(source) = sources.read(&path, &shown(&root, name, &path)) else { continue };
            let stream = parse_with(sources.text(source), Rules::Kubernetes, &Limits { source, ..Limits::default() });
            origins.documents.extend(stream.documents.into_iter().map(|d| d.root));
        }
        origins
    }

    /// Gives each part of a rendered object the place where it was written, as far as it is there unchanged.
    pub(crate) fn relocate(&self, rendered: &mut Node) {
        let text = |node: &Node, path: &[&str]| node.at(path).and_then(Node::text).map(str::to_owned);
        let (Some(kind), Some(name)) = (text(rendered, &["kind"]), text(rendered, &["metadata", "name"])) else { return };
        for document in &self.documents {
            let same_kind = document.get("kind").and_then(Node::text) == Some(kind.as_str());
            // A kustomization may put something before and after a name.
            if same_kind && text(document, &["metadata", "name"]).is_some_and(|n| !n.is_empty() && name.contains(&n)) {
                relocate(rendered, document);
            }
        }
    }
}

/// The path of a file as the user would name it, from what the folder `root` is called.
fn shown(root: &Path, name: &str, path: &Path) -> String {
    let mut called = PathBuf::from(name);
    let mut from = root;
    loop {
        if let Ok(below) = path.strip_prefix(from) {
            return called.join(below).display().to_string();
        }
        let Some(parent) = from.parent() else { return path.display().to_string() };
        from = parent;
        // One folder up: away with the last part of the name, where it is one.
        if matches!(called.components().next_back(), Some(Component::Normal(_))) {
            called.pop();
        } else {
            called.push("..");
        }
    }
}

fn relocate(rendered: &mut Node, written: &Node) {
    match (&mut rendered.value, &written.value) {
        (Value::Mapping(into), Value::Mapping(_)) => {
            rendered.place = written.place;
            for entry in &mut into.entries {
                let Some(key) = entry.key.text().map(str::to_owned) else { continue };
                if let Some(source) = written.entry(&key) {
                    entry.key.place = source.key.place;
                    relocate(&mut entry.value, &source.value);
                }
            }
        }
        (Value::Sequence(into), Value::Sequence(from)) => {
            rendered.place = written.place;
            let same_length = into.len() == from.len();
            for (at, item) in into.iter_mut().enumerate() {
                let name = item.get("name").and_then(Node::text).map(str::to_owned);
                let source = match &name {
                    Some(name) => from.iter().find(|s| s.get("name").and_then(Node::text) == Some(name)),
                    None if same_length => from.get(at),
                    None => from.iter().find(|s| s.text().is_some() && s.text() == item.text()),
                };
                if let Some(source) = source {
                    relocate(item, source);
                }
            }
        }
        (Value::Scalar(into), Value::Scalar(from)) if into.text == from.text => rendered.place = written.place,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str, source: u32) -> Node {
        parse_with(text, Rules::Kubernetes, &Limits { source, ..Limits::default() }).documents.remove(0).root
    }

    #[test]
    fn what_is_unchanged_is_shown_where_it_was_written() {
        let base = document(
            "kind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  containers:\n  - image: a\n    name: one\n  - {name: two, image: b}\n",
            1,
        );
        let patch = document("kind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 3\n", 2);
        let other = document("kind: Service\nmetadata: {name: web}\nspec: {replicas: 3}\n", 3);
        let origins = Origins { documents: vec![base, patch, other] };
        let mut rendered = document(
            "kind: Deployment\nmetadata:\n  name: prod-web\nspec:\n  containers:\n  - image: b:2\n    name: two\n  - image: a\n    name: one\n  replicas: 3\n",
            9,
        );
        origins.relocate(&mut rendered);
        let at = |path: &[&str]| rendered.at(path).map(|n| (n.place.source, n.place.line));
        assert_eq!(at(&["spec", "replicas"]), Some((2, 4)));
        assert_eq!(at(&["metadata", "name"]), Some((9, 3)));
        let items = rendered.at(&["spec", "containers"]).unwrap().items();
        let image = |n: usize| items[n].get("image").map(|i| (i.place.source, i.place.line));
        // Changed on the way: where it is rendered; unchanged: where it is written, whatever its place in the list.
        assert_eq!((image(0), image(1)), (Some((9, 6)), Some((1, 6))));
        assert_eq!(items[0].entry("image").map(|e| (e.key.place.source, e.key.place.line)), Some((1, 8)));
        let shown = |name: &str, path: &str| shown(Path::new("/a/overlays/dev"), name, Path::new(path));
        assert_eq!(shown("deploy/overlays/dev", "/a/bases/x.yaml"), "deploy/bases/x.yaml");
        assert_eq!(shown("deploy/overlays/dev", "/a/overlays/dev/x.yaml"), "deploy/overlays/dev/x.yaml");
        assert_eq!(shown("dev", "/a/bases/x.yaml"), "../bases/x.yaml");
        assert_eq!(shown(".", "/a/overlays/dev/x.yaml"), "./x.yaml");
    }
}
