use plimsoll_evidence::workload::{Mount, Volume, VolumeKind};
use plimsoll_evidence::{Place, Placed};
use plimsoll_yaml::Node;

use super::super::fields::{Complaints, placed_text};
use super::super::quantity::size;
use super::service::flag;

/// The short form of a volume: `[source:]target[:options]`.
pub(crate) struct Short<'a> {
    pub(crate) source: Option<&'a str>,
    pub(crate) target: &'a str,
    pub(crate) options: Vec<&'a str>,
}

/// Takes a short form apart. A drive letter of Windows is no source of its own.
pub(crate) fn short(text: &str) -> Short<'_> {
    let bytes = text.as_bytes();
    let drive = bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && matches!(bytes[2], b'\\' | b'/');
    let from = if drive { 2 } else { 0 };
    let mut parts: Vec<&str> = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(':').filter(|(at, _)| *at >= from) {
        parts.push(&text[start..at]);
        start = at + 1;
    }
    parts.push(&text[start..]);
    match parts[..] {
        [target] => Short { source: None, target, options: Vec::new() },
        [source, target] => Short { source: Some(source), target, options: Vec::new() },
        [source, target, options, ..] => Short { source: Some(source), target, options: options.split(',').collect() },
        [] => Short { source: None, target: text, options: Vec::new() },
    }
}

/// Where a text stands inside of the scalar that holds it, where the scalar is one plain line.
fn part(whole: &Placed<String>, part: &str) -> Place {
    match whole.value.find(part) {
        Some(at) if whole.place.width as usize == whole.value.chars().count() && !part.is_empty() => {
            let before = whole.value[..at].chars().count() as u32;
            Place { column: whole.place.column + before, width: part.chars().count() as u32, ..whole.place }
        }
        _ => whole.place,
    }
}

/// A path of the host, or the name of a volume.
pub(crate) fn is_path(source: &str) -> bool {
    source.starts_with(['/', '.', '~', '\\', '%']) || source.as_bytes().get(1) == Some(&b':')
}

/// The mounts of a service, and the volumes that they stand for.
pub(super) fn mounts(node: &Node, whole: &Node, volumes: &mut Vec<Volume>, complaints: &mut Complaints<'_>) -> Vec<Mount> {
    let mut mounts = Vec::new();
    let items = node.get("volumes").map(Node::items).unwrap_or_default();
    for item in items {
        let mount = if item.mapping().is_some() { long(item, whole, volumes, complaints) } else { from_short(item, whole, volumes) };
        mounts.extend(mount);
    }
    for item in node.get("tmpfs").map(Node::items).unwrap_or_default() {
        mounts.extend(placed_text(item).map(|t| tmpfs(&t, volumes)));
    }
    for (key, base, secret) in [("secrets", "/run/secrets/", true), ("configs", "/", false)] {
        for item in node.get(key).map(Node::items).unwrap_or_default() {
            let Some(source) = placed_text(item.get("source").unwrap_or(item)) else { continue };
            let target = item.get("target").and_then(Node::text).unwrap_or(&source.value);
            let path = if target.starts_with('/') { target.to_owned() } else { format!("{base}{target}") };
            let name = source.value.clone();
            let kind = if secret { VolumeKind::Secret { name } } else { VolumeKind::Config { name } };
            mounts.push(mount(volumes, &source.value, source.place, kind, Placed::new(path, source.place), None));
        }
    }
    if let Some(socket) = flag(node, "use_api_socket", complaints).filter(|s| s.value) {
        let path = Placed::new("/var/run/docker.sock".to_owned(), socket.place);
        mounts.push(mount(volumes, "use_api_socket", socket.place, VolumeKind::HostPath { path: path.clone(), check: None }, path, None));
    }
    mounts
}

fn mount(
    volumes: &mut Vec<Volume>,
    name: &str,
    at: Place,
    kind: VolumeKind,
    path: Placed<String>,
    read_only: Option<Placed<bool>>,
) -> Mount {
    volumes.push(Volume { name: name.to_owned(), place: at, kind });
    let volume = volumes.len() as u32 - 1;
    Mount { volume, path, read_only, sub_path: None, propagation: None, options: Vec::new() }
}

fn from_short(item: &Node, whole: &Node, volumes: &mut Vec<Volume>) -> Option<Mount> {
    let text = placed_text(item)?;
    let form = short(&text.value);
    let path = Placed::new(form.target.to_owned(), part(&text, form.target));
    let source_place = form.source.map_or(text.place, |s| part(&text, s));
    let kind = match form.source {
        None => VolumeKind::Anonymous,
        Some(source) if is_path(source) => VolumeKind::HostPath { path: Placed::new(source.to_owned(), source_place), check: None },
        Some(source) => named(source, whole, source_place),
    };
    let read_only = form.options.iter().find(|o| matches!(**o, "ro" | "rw")).map(|o| Placed::new(*o == "ro", part(&text, o)));
    let name = form.source.unwrap_or(form.target);
    let mut mount = mount(volumes, name, source_place, kind, path, read_only);
    mount.options = form.options.iter().map(|o| (*o).to_owned()).collect();
    Some(mount)
}

fn long(item: &Node, whole: &Node, volumes: &mut Vec<Volume>, complaints: &mut Complaints<'_>) -> Option<Mount> {
    let path = complaints.text(item, "target")?;
    let source = item.given("source").and_then(placed_text);
    let at = source.as_ref().map_or(path.place, |s| s.place);
    let kind = match (item.get("type").and_then(Node::text).unwrap_or("volume"), &source) {
        ("bind" | "npipe", Some(source)) => VolumeKind::HostPath { path: source.clone(), check: None },
        ("tmpfs", _) => {
            let limit = item.at(&["tmpfs", "size"]).and_then(placed_text);
            VolumeKind::Ephemeral { in_memory: true, size_limit: limit.map(|l| l.map(|t| size(&t).unwrap_or(t))) }
        }
        ("image", Some(source)) => VolumeKind::Image { reference: source.clone() },
        ("volume", Some(source)) => named(&source.value, whole, source.place),
        ("volume", None) => VolumeKind::Anonymous,
        (other, _) => VolumeKind::Other { kind: other.to_owned() },
    };
    let read_only = flag(item, "read_only", complaints);
    let name = source.as_ref().map_or_else(|| path.value.clone(), |s| s.value.clone());
    let sub_path = item.at(&["volume", "subpath"]).and_then(Node::text).map(str::to_owned);
    let propagation = item.at(&["bind", "propagation"]).and_then(placed_text);
    Some(Mount { sub_path, propagation, ..mount(volumes, &name, at, kind, path, read_only) })
}

/// A volume that the engine keeps; one whose driver only binds a path of the host is that path.
fn named(name: &str, whole: &Node, at: Place) -> VolumeKind {
    let declared = whole.at(&["volumes", name]);
    let option = |key: &str| declared.and_then(|d| d.at(&["driver_opts", key]));
    let binds = option("o").and_then(Node::text).is_some_and(|o| o.split(',').any(|o| o == "bind"));
    if let Some(device) = option("device").and_then(placed_text).filter(|_| binds || option("type").and_then(Node::text) == Some("none")) {
        return VolumeKind::HostPath { path: device, check: None };
    }
    if option("type").and_then(Node::text) == Some("tmpfs") {
        let limit = option("o").and_then(placed_text).and_then(|o| limit_of(&o.value).map(|l| Placed::new(l, at)));
        return VolumeKind::Ephemeral { in_memory: true, size_limit: limit };
    }
    let external = declared.and_then(|d| d.given("external")).is_some_and(|e| e.as_bool() != Some(false));
    VolumeKind::Named { external }
}

/// `path[:options]`.
pub(crate) fn tmpfs(text: &Placed<String>, volumes: &mut Vec<Volume>) -> Mount {
    let (path, options) = text.value.split_once(':').unwrap_or((&text.value, ""));
    let limit = limit_of(options).map(|l| Placed::new(l, text.place));
    let kind = VolumeKind::Ephemeral { in_memory: true, size_limit: limit };
    let read_only = options.split(',').any(|o| o == "ro").then(|| Placed::new(true, text.place));
    let mut mount = mount(volumes, path, text.place, kind, Placed::new(path.to_owned(), part(text, path)), read_only);
    mount.options = options.split(',').filter(|o| !o.is_empty()).map(str::to_owned).collect();
    mount
}

/// `size=…` or `tmpfs-size=…` among options.
pub(crate) fn limit_of(options: &str) -> Option<String> {
    options.split(',').find_map(|o| size(o.strip_prefix("size=").or_else(|| o.strip_prefix("tmpfs-size="))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_are_taken_apart() {
        for (text, source, target, options) in [
            ("/data", None, "/data", &[][..]),
            ("db:/data", Some("db"), "/data", &[]),
            ("./x:/y:ro", Some("./x"), "/y", &["ro"]),
            ("./x:/y:ro,z", Some("./x"), "/y", &["ro", "z"]),
            ("C:\\x:/y", Some("C:\\x"), "/y", &[]),
            ("c:/x:/y:ro", Some("c:/x"), "/y", &["ro"]),
        ] {
            let form = short(text);
            assert_eq!((form.source, form.target, form.options.as_slice()), (source, target, options), "{text}");
        }
    }
}
