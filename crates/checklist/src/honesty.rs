use plimsoll_evidence::{Evidence, Gathered, LayerRead, Need, Problem, printable_line};
use plimsoll_parallel::each;

use crate::case::without_image;
use crate::{CATALOGUE, Item, Outcome, Policy, RestsOn, Verdict};

/// The most unread parts that one need names.
const MOST_NAMED: usize = 5;

/// Items judged side by side at the most: more threads cost more than they save.
const MOST_THREADS: usize = 4;

/// Judges every item, in the checklist's order.
pub fn decide_all(evidence: &Evidence, policy: &Policy) -> Vec<(&'static Item, Verdict)> {
    let verdicts = each(CATALOGUE, MOST_THREADS, |_, item| decide(item, evidence, policy));
    CATALOGUE.iter().copied().zip(verdicts).collect()
}

/// Judges one item. Where a part of the image that the item rests on could not be read, its judge may find a fail, but a pass (or "not
/// applicable") would be a guess: it becomes unknown, and the need names what was not read.
pub fn decide(item: &Item, evidence: &Evidence, policy: &Policy) -> Verdict {
    let declared = evidence.build.found().is_some() || evidence.deployment.found().is_some();
    // Without the image, what declares it can still fail an item, and pass one that is about nothing else.
    if evidence.image.found().is_none() && !declared {
        return without_image(evidence);
    }
    let verdict = (item.judge)(evidence, policy);
    let unread = unread(item, evidence);
    if unread.is_empty() || matches!(verdict.outcome, Outcome::Fail) {
        return verdict;
    }
    let more = unread.len().saturating_sub(MOST_NAMED);
    let mut named = unread[..unread.len().min(MOST_NAMED)].join("; ");
    if more > 0 {
        named = format!("{named}; and {more} more");
    }
    let mut needs = verdict.needs;
    needs.insert(
        0,
        Need::new(
            format!("what could not be read: {named}"),
            "give it whole, mend what the problems name, or raise the limit that was reached",
        ),
    );
    let summary = match verdict.outcome {
        Outcome::Unknown => verdict.summary,
        _ => "What was read shows no fault, but a part was not read.".to_owned(),
    };
    Verdict { outcome: Outcome::Unknown, strength: None, summary, findings: verdict.findings, needs }
}

/// The parts that the item rests on and that were not read.
fn unread(item: &Item, evidence: &Evidence) -> Vec<String> {
    let mut parts = Vec::new();
    if let Gathered::Failed(problem) = &evidence.image {
        parts.push(format!("the image: {}", printable_line(&problem.message, 160)));
    }
    if item.rests_on.contains(&RestsOn::BuildFiles) {
        unread_of(&mut parts, "the build files", &evidence.build, |build| &build.problems);
    }
    if item.rests_on.contains(&RestsOn::Deployment) {
        unread_of(&mut parts, "the deployment", &evidence.deployment, |deployment| &deployment.problems);
    }
    let Some(image) = evidence.image.found() else { return parts };
    if item.rests_on.iter().any(|r| matches!(r, RestsOn::Files | RestsOn::Packages)) {
        for (place, layer) in image.layers.iter().enumerate() {
            match &layer.read {
                LayerRead::Whole => {}
                LayerRead::Partly(why) => parts.push(format!("a part of layer {place}: {}", printable_line(why, 160))),
                LayerRead::Not(why) => parts.push(format!("layer {place}: {}", printable_line(why, 160))),
            }
        }
        parts.extend(evidence.problems.iter().filter(|p| p.hides).map(|p| printable_line(&p.message, 160)));
    }
    if item.rests_on.contains(&RestsOn::Packages) {
        match &evidence.components {
            Gathered::Found(_) => {}
            Gathered::Absent(need) => parts.push(printable_line(&need.what, 160)),
            Gathered::Failed(problem) => parts.push(printable_line(&problem.message, 160)),
        }
    }
    parts
}

/// What was given of one kind and not read.
fn unread_of<T>(parts: &mut Vec<String>, name: &str, given: &Gathered<T>, problems: impl Fn(&T) -> &[Problem]) {
    match given {
        Gathered::Found(found) => {
            parts.extend(problems(found).iter().filter(|p| p.hides).map(|p| printable_line(&p.message, 160)));
        }
        Gathered::Failed(problem) => parts.push(format!("{name}: {}", printable_line(&problem.message, 160))),
        Gathered::Absent(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::{Build, Deployment, Gathered, Problem, ProblemKind};

    use super::*;
    use crate::testkit::Kit;

    /// An image that is as good as one can be, and something of it hidden: whatever rests on the hidden part must not pass.
    #[test]
    fn what_was_not_read_never_passes() {
        let policy = Policy::default();
        let good = Kit::hardened().evidence();
        let passing: Vec<_> =
            decide_all(&good, &policy).into_iter().filter(|(_, v)| v.outcome == Outcome::Pass).map(|(i, _)| i.id).collect();
        assert!(passing.len() >= 14, "the good twin passes {passing:?}");
        let hidden = [
            Kit::hardened().layer_not_read(0, "encrypted").evidence(),
            Kit::hardened().layer_partly_read(0, "entry limit").evidence(),
            Kit::hardened().problem(Problem::hiding(ProblemKind::Limit, "a member of 9 GB")).evidence(),
        ];
        for evidence in hidden {
            for (item, verdict) in decide_all(&evidence, &policy) {
                let rests = item.rests_on.iter().any(|r| matches!(r, RestsOn::Files | RestsOn::Packages));
                if rests {
                    assert!(!matches!(verdict.outcome, Outcome::Pass | Outcome::NotApplicable), "{}", item.id);
                }
                if rests && verdict.outcome == Outcome::Unknown {
                    assert!(verdict.needs[0].what.starts_with("what could not be read"), "{}", item.id);
                }
            }
        }
        let noted = Kit::hardened().problem(Problem::noted(ProblemKind::Malformed, "odd but read")).evidence();
        let still: Vec<_> =
            decide_all(&noted, &policy).into_iter().filter(|(_, v)| v.outcome == Outcome::Pass).map(|(i, _)| i.id).collect();
        assert_eq!(still, passing);
    }

    #[test]
    fn no_image_is_unknown_everywhere() {
        let mut evidence = Kit::new().evidence();
        evidence.image = Gathered::Failed(Problem::hiding(ProblemKind::Malformed, "not JSON"));
        for (item, verdict) in decide_all(&evidence, &Policy::default()) {
            assert_eq!(verdict.outcome, Outcome::Unknown, "{}", item.id);
            assert!(!verdict.needs.is_empty() && verdict.summary.contains("not JSON"), "{}", item.id);
        }
    }

    #[test]
    fn what_was_not_read_of_the_project_never_passes() {
        let unread = || vec![Problem::hiding(ProblemKind::Malformed, "a document that is no YAML")];
        let build = Build { problems: unread(), ..Build::default() };
        let deployment = Deployment { problems: unread(), ..Deployment::default() };
        let cases = [(Kit::hardened().build(build), RestsOn::BuildFiles), (Kit::hardened().deployment(deployment), RestsOn::Deployment)];
        for (kit, part) in cases {
            let evidence = kit.evidence();
            for (item, verdict) in decide_all(&evidence, &Policy::default()).into_iter().filter(|(item, _)| item.rests_on.contains(&part)) {
                assert!(!matches!(verdict.outcome, Outcome::Pass | Outcome::NotApplicable), "{}", item.id);
            }
        }
    }

    #[test]
    fn no_inventory_is_no_pass_for_what_rests_on_packages() {
        let mut evidence = Kit::hardened().evidence();
        evidence.components = Gathered::Absent(Need::new("the package list", "…"));
        for (item, verdict) in decide_all(&evidence, &Policy::default()) {
            if item.rests_on.contains(&RestsOn::Packages) {
                assert_ne!(verdict.outcome, Outcome::Pass, "{}", item.id);
            }
        }
    }
}
