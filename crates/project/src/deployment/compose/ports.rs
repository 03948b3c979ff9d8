use plimsoll_evidence::Placed;
use plimsoll_evidence::workload::Port;
use plimsoll_yaml::Node;

use super::super::fields::placed_text;

/// The ports of a service, in the short form `[[ip:]published:]target[/protocol]` or the long one.
pub(super) fn read(node: &Node) -> Vec<Port> {
    let items = node.get("ports").map(Node::items).unwrap_or_default();
    items.iter().filter_map(|item| if item.mapping().is_some() { long(item) } else { placed_text(item).map(|t| short(&t)) }).collect()
}

fn long(item: &Node) -> Option<Port> {
    let target = placed_text(item.get("target")?)?;
    let host = item.given("published").and_then(placed_text).filter(|p| !p.value.is_empty());
    Some(Port { place: target.place, container: target.value, host, host_ip: item.get("host_ip").and_then(Node::text).map(str::to_owned) })
}

/// The short form, which Podman's `--publish` has too.
pub(crate) fn short(text: &Placed<String>) -> Port {
    let whole = text.value.split('/').next().unwrap_or_default();
    let (rest, target) = whole.rsplit_once(':').map_or(("", whole), |(rest, target)| (rest, target));
    let (ip, published) = rest.rsplit_once(':').map_or((None, rest), |(ip, published)| (Some(ip.trim_matches(['[', ']'])), published));
    let host = (!published.is_empty()).then(|| Placed::new(published.to_owned(), text.place));
    Port { place: text.place, container: target.to_owned(), host, host_ip: ip.filter(|i| !i.is_empty()).map(str::to_owned) }
}
