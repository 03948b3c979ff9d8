//! The way out, in the order that the checklist's authors ask: can the base be smaller, is the component needed, which update closes it, is it a
//! true positive, may it be accepted and until when.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_evidence::{Evidence, FixState, Inventory, Origin, Package, Vulnerabilities, Vulnerability};
use schemars::JsonSchema;
use serde::Serialize;

use super::Exposure;
use super::base::{BaseWay, base_way};
use super::due::due;
use super::needed::Need;
use crate::shown::list;

/// One thing to do that closes findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// What to do, in words: "update openssl to 3.0.15-1~deb12u1".
    pub what: String,
    /// `base`, `remove` or `update`.
    pub kind: &'static str,
    /// Findings that it closes, by place in the list of vulnerabilities.
    #[serde(skip)]
    pub closes: Vec<usize>,
    /// How many findings it closes.
    pub closed: usize,
    /// The ids of those, each once.
    pub ids: Vec<String>,
}

/// The way out of one finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WayOut {
    /// Whether a smaller base would be without it.
    pub goes_with_smaller_base: bool,
    /// Whether the component is needed.
    pub needed: Need,
    /// What to do first, in a sentence.
    pub first: String,
    /// The update that closes it.
    pub update: Option<String>,
    /// What to find out about whether it is a true positive.
    pub true_positive: String,
    /// Until when it may be accepted, in seconds since 1970: its deadline.
    pub accept_until: Option<i64>,
}

/// What there is to do about an image's vulnerabilities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    /// How small the base can be.
    pub base: BaseWay,
    /// Single changes, the one that closes most first.
    pub single: Vec<Change>,
}

/// Every single change that closes something, the one that closes most first. `open` are the places of the findings that are to be closed.
pub(super) fn changes(evidence: &Evidence, inventory: &Inventory, known: &Vulnerabilities, needed: &[Need], open: &[usize]) -> Changes {
    let mut base = base_way(evidence.image.found(), inventory, known, needed);
    base.closes.retain(|at| open.binary_search(at).is_ok());
    base.closed = base.closes.len();
    let mut single = Vec::new();
    let ids = |closes: &[usize]| {
        let ids: BTreeSet<&str> = closes.iter().filter_map(|at| known.found.get(*at)).map(|v| v.id.as_str()).collect();
        ids.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let mut add = |what: String, kind, closes: Vec<usize>| {
        if !closes.is_empty() {
            single.push(Change { what, kind, closed: closes.len(), ids: ids(&closes), closes });
        }
    };
    add(format!("move to a {} base, without {}", base.aim.name(), list(&base.goes, 4)), "base", base.closes.clone());
    // What is not reached and nobody would miss, one package each.
    let mut removals: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut updates: BTreeMap<(&str, &str, String), Vec<usize>> = BTreeMap::new();
    for (at, vulnerability) in open.iter().filter_map(|at| known.found.get(*at).map(|v| (*at, v))) {
        let Some(package) = inventory.packages.get(vulnerability.component as usize) else { continue };
        if needed.get(vulnerability.component as usize) == Some(&Need::NotReached) {
            removals.entry(package.source_name()).or_default().push(at);
        }
        if !vulnerability.fixed_in.is_empty() {
            updates.entry((package.ecosystem.name(), name(package), package.version.clone())).or_default().push(at);
        }
    }
    for (name, closes) in removals {
        add(format!("remove {name}: nothing that starts reaches it"), "remove", closes);
    }
    for ((_, name, version), closes) in updates {
        // The version that closes all of them is the highest of those that close one.
        let found: Vec<&Vulnerability> = closes.iter().filter_map(|at| known.found.get(*at)).collect();
        let scheme = found.first().and_then(|v| v.matches.first()).and_then(|m| plimsoll_versions::Scheme::of_osv(&m.ecosystem));
        let highest = found.iter().filter_map(|v| v.fixed_in.first()).max_by(|a, b| match scheme {
            Some(scheme) => scheme.compare(a, b),
            None => a.cmp(b),
        });
        let Some(to) = highest.cloned() else { continue };
        add(format!("update {name} {version} to {to}"), "update", closes);
    }
    single.sort_by(|a, b| b.closed.cmp(&a.closed).then_with(|| a.what.cmp(&b.what)));
    Changes { base, single }
}

/// The name that updates go by: of a system package its source's, as all packages of one source are updated together.
fn name(package: &Package) -> &str {
    if package.ecosystem.is_system() { package.source_name() } else { &package.name }
}

/// The way out of the finding at a place of the list.
pub(super) fn way_out(vulnerability: &Vulnerability, at: usize, of: &Exposure<'_>) -> WayOut {
    let (inventory, changes) = (of.inventory, &of.changes);
    let package = inventory.packages.get(vulnerability.component as usize);
    let need = of.needed.get(vulnerability.component as usize).copied().unwrap_or(Need::Unknown);
    let with_base = changes.base.closes.binary_search(&at).is_ok();
    let update = vulnerability.fixed_in.first().and_then(|to| package.map(|p| format!("{} {to}", name(p))));
    let origin = package.zip(of.evidence.image.found()).map(|(p, image)| image.origin(p.layer));
    let accept_until = due(vulnerability, &of.policy.deadlines, of.policy.now).map(|d| d.until);
    let mut first = match (with_base, need, &update) {
        (true, _, _) => format!("It goes with a {} base.", changes.base.aim.name()),
        (false, Need::NotReached, _) if of.evidence.image.found().is_some_and(|i| !i.closure.open_ends.is_empty()) => {
            // What is loaded by names that are made at run time is not seen.
            let update = update.as_ref().map(|u| format!(" Until that is sure, update to {u}.")).unwrap_or_default();
            format!("Nothing that starts is seen to reach the component: leave it out, if a run needs it no more.{update}")
        }
        (false, Need::NotReached, _) => "Nothing that starts reaches the component: leave it out.".to_owned(),
        (_, _, Some(update)) if origin == Some(Origin::BaseImage) => format!("Take a newer base image, with {update}."),
        (_, _, Some(update)) => format!("Update to {update}."),
        (_, _, None) if vulnerability.fix == FixState::WillNotFix => {
            "It will not be fixed: replace the component, or show that it cannot be reached, or accept it.".to_owned()
        }
        (_, _, None) => "There is no fix yet: show that it cannot be reached, or accept it until there is one.".to_owned(),
    };
    if need == Need::Unknown && update.is_none() {
        first.push_str(" Whether the component is needed is not known.");
    }
    let symbols: Vec<&str> = vulnerability.affects.iter().flat_map(|a| &a.symbols).map(String::as_str).collect();
    let elsewhere: BTreeSet<&str> = vulnerability.affects.iter().flat_map(|a| &a.systems).map(String::as_str).collect();
    let all_elsewhere = !vulnerability.affects.is_empty()
        && vulnerability.affects.iter().all(|a| !a.systems.is_empty() && !a.systems.iter().any(|s| s == "linux"));
    let true_positive = if all_elsewhere {
        format!("The record says that it is only on {}: not so in an image of Linux.", elsewhere.into_iter().collect::<Vec<_>>().join(", "))
    } else if !symbols.is_empty() {
        format!("Is {} called? The record names what has it.", list(&symbols, 3))
    } else if let Some(code) = vulnerability.affects.first() {
        format!("Is {} used? The record names what has it.", code.path)
    } else {
        "Is the faulty part used? No record names it; its references may.".to_owned()
    };
    WayOut { goes_with_smaller_base: with_base, needed: need, first, update, true_positive, accept_until }
}

/// What would be gone without a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Going {
    /// The packages that are meant.
    pub removed: Vec<String>,
    /// Packages that nothing else needs then, as far as the records of dependencies tell.
    pub with_it: Vec<String>,
    /// Packages that depend on it and would not work without it.
    pub breaks: Vec<String>,
    /// Whether what the container starts reaches it.
    pub needed: Need,
    /// Places in the list of vulnerabilities that go with it alone.
    #[serde(skip)]
    pub closes: Vec<usize>,
    /// Places in the list that go with what only it needs.
    #[serde(skip)]
    pub closes_with: Vec<usize>,
}

/// What goes when a component is removed, by its name or its source's; none where nothing has that name.
pub(super) fn going(wanted: &str, inventory: &Inventory, known: &Vulnerabilities, needed: &[Need]) -> Option<Going> {
    let packages = &inventory.packages;
    let is_it = |p: &Package| {
        p.name == wanted || (p.ecosystem.is_system() && p.source_name() == wanted) || p.name.rsplit([':', '/']).next() == Some(wanted)
    };
    let exact: BTreeSet<usize> = (0..packages.len()).filter(|at| packages[*at].name == wanted).collect();
    let removed: BTreeSet<usize> = if exact.is_empty() { (0..packages.len()).filter(|at| is_it(&packages[*at])).collect() } else { exact };
    if removed.is_empty() {
        return None;
    }
    let depends = |on: &BTreeSet<&str>, p: &Package| p.depends.iter().any(|d| on.contains(d.as_str()));
    let names = |set: &BTreeSet<usize>| set.iter().map(|at| packages[*at].name.as_str()).collect::<BTreeSet<_>>();
    let removed_names = names(&removed);
    let system = |p: &&Package| p.ecosystem.is_system();
    let breaks: Vec<String> = packages
        .iter()
        .enumerate()
        .filter(|(at, p)| !removed.contains(at) && system(p) && depends(&removed_names, p))
        .map(|(_, p)| p.name.clone())
        .collect();
    // What was needed by what goes, and by nothing that stays.
    let mut gone = removed.clone();
    loop {
        let wanted_by_gone: BTreeSet<&str> = gone.iter().flat_map(|at| &packages[*at].depends).map(String::as_str).collect();
        let wanted_by_staying: BTreeSet<&str> =
            packages.iter().enumerate().filter(|(at, _)| !gone.contains(at)).flat_map(|(_, p)| &p.depends).map(String::as_str).collect();
        let more: Vec<usize> = packages
            .iter()
            .enumerate()
            .filter(|(at, p)| {
                let name = p.name.as_str();
                !gone.contains(at)
                    && system(p)
                    && wanted_by_gone.contains(name)
                    && !wanted_by_staying.contains(name)
                    && needed.get(*at) == Some(&Need::NotReached)
            })
            .map(|(at, _)| at)
            .collect();
        if more.is_empty() {
            break;
        }
        gone.extend(more);
    }
    let closes = |set: &dyn Fn(usize) -> bool| -> Vec<usize> {
        known.found.iter().enumerate().filter(|(_, v)| set(v.component as usize)).map(|(at, _)| at).collect()
    };
    let states: BTreeSet<Need> = removed.iter().filter_map(|at| needed.get(*at)).copied().collect();
    Some(Going {
        removed: removed
            .iter()
            .map(|at| format!("{} {}", packages[*at].name, packages[*at].version))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        with_it: gone.difference(&removed).map(|at| packages[*at].name.clone()).collect(),
        breaks,
        needed: states.first().copied().unwrap_or(Need::Unknown),
        closes: closes(&|at| removed.contains(&at)),
        closes_with: closes(&|at| gone.contains(&at) && !removed.contains(&at)),
    })
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::{Ecosystem, Link};

    use super::*;
    use crate::Policy;
    use crate::testkit::{Kit, elf};

    fn vulnerability(id: &str, fixed: &[&str]) -> Vulnerability {
        Vulnerability {
            id: id.to_owned(),
            ids: vec![id.to_owned()],
            fixed_in: fixed.iter().map(|v| (*v).to_owned()).collect(),
            fix: if fixed.is_empty() { FixState::NotFixed } else { FixState::Fixed },
            matches: vec![plimsoll_evidence::RecordMatch { ecosystem: "Debian:12".to_owned(), ..Default::default() }],
            ..Vulnerability::default()
        }
    }

    fn kit() -> Kit {
        let mut app = elf("app");
        app.hardening.static_linked = false;
        app.interpreter = Some("/lib/ld.so".to_owned());
        let depends = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
            move |p: &mut Package| p.depends = names
        };
        Kit::new()
            .entrypoint(&["/app"])
            .elf(app)
            .reach("app", Link::Entrypoint)
            .file("lib/libc.so", 0o644)
            .reach_from("app", "lib/libc.so", Link::Needed)
            .package(Ecosystem::Dpkg, "libc6", "2.36", &["lib/libc.so"])
            .vulnerability(vulnerability("CVE-1", &["2.36-10"]))
            .vulnerability(vulnerability("CVE-2", &["2.36-9"]))
            .package(Ecosystem::Dpkg, "curl", "7", &["usr/bin/curl"])
            .last_package(depends(&["libc6", "libcurl4"]))
            .vulnerability(vulnerability("CVE-3", &[]))
            .package(Ecosystem::Dpkg, "libcurl4", "7", &[])
            .last_package(depends(&["libc6"]))
            .vulnerability(vulnerability("CVE-3", &[]))
            .package(Ecosystem::Dpkg, "git", "2", &[])
            .last_package(depends(&["curl"]))
    }

    #[test]
    fn the_change_that_closes_most_comes_first() {
        let evidence = kit().evidence();
        let policy = Policy::default();
        let exposure = Exposure::new(&evidence, &policy).unwrap();
        let changes = &exposure.changes;
        let said: Vec<String> = changes.single.iter().map(|c| format!("{} ({})", c.what, c.closed)).collect();
        assert_eq!(
            said,
            [
                "move to a distroless base, without curl, git, libcurl4 (2)",
                "update libc6 2.36 to 2.36-10 (2)",
                "remove curl: nothing that starts reaches it (1)",
                "remove libcurl4: nothing that starts reaches it (1)",
            ]
        );
        let ways: Vec<String> = (0..4).map(|at| exposure.way_out(at).unwrap().first).collect();
        assert_eq!(ways[0], "It goes with a distroless base.");
        assert_eq!(ways[2], "Update to libc6 2.36-9.", "what closes this one");
    }

    #[test]
    fn what_goes_without_a_component() {
        let evidence = kit().evidence();
        let policy = Policy::default();
        let exposure = Exposure::new(&evidence, &policy).unwrap();
        let going = exposure.going("curl").unwrap();
        assert_eq!((going.removed.as_slice(), going.with_it.as_slice()), (&["curl 7".to_owned()][..], &["libcurl4".to_owned()][..]));
        assert_eq!((going.breaks.as_slice(), going.needed), (&["git".to_owned()][..], Need::NotReached));
        assert_eq!((going.closes.len(), going.closes_with.len()), (1, 1));
        assert_eq!(exposure.going("nothing"), None);
    }

    #[test]
    fn without_knowing_what_starts_nothing_is_promised() {
        let evidence = kit().stopped("no command").evidence();
        let policy = Policy::default();
        let exposure = Exposure::new(&evidence, &policy).unwrap();
        let changes = &exposure.changes;
        assert_eq!(changes.base.closed, 0);
        assert!(changes.base.questions[0].starts_with("What does the container start?"));
        assert!(changes.single.iter().all(|c| c.kind == "update"));
    }
}
