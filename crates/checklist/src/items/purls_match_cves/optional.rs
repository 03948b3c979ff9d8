//! Whether the item is optional: "if VEX with URL is implemented and kept up to date", says the checklist.

use plimsoll_evidence::{Evidence, VexConflict, VexDocument, VexReason};

use crate::Policy;

const DAY: i64 = 86_400;

/// A VEX document that is published for this image, and when it was changed last. It has an address of its own (`https://`), somebody to
/// trust for it, a statement about this image, and was changed within the days in which the policy wants an image rebuilt.
pub(super) fn kept_vex<'a>(evidence: &'a Evidence, policy: &Policy) -> Option<(&'a VexDocument, i64)> {
    let now = policy.now?;
    let vex = evidence.vex.found()?;
    let speaks_of_this = |place: usize| {
        let of_another = |statement: u32| {
            vex.unused.iter().any(|u| u.statement == statement && matches!(u.reason, VexReason::OtherProduct | VexReason::Incomplete))
                || vex.contradictions.iter().any(|c| c.statement == statement && c.kind == VexConflict::OtherImage)
        };
        let mut own = vex.statements.iter().enumerate().filter(|(_, s)| s.document as usize == place);
        own.any(|(statement, _)| !of_another(statement as u32))
    };
    vex.documents.iter().enumerate().find_map(|(place, document)| {
        let changed = document.changed.filter(|changed| (now - i64::from(policy.rebuild_days) * DAY..=now).contains(changed))?;
        let trusted = document.signed || policy.trust_unsigned_vex;
        (document.source.starts_with("https://") && trusted && speaks_of_this(place)).then_some((document, changed))
    })
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::{Vex, VexStatement, VexUnused};

    use super::super::ITEM;
    use super::*;
    use crate::testkit::Kit;

    const NOW: i64 = 1_764_547_200;

    fn vex(source: &str, age: i64, unused: Option<VexReason>) -> Vex {
        Vex {
            documents: vec![VexDocument { source: source.to_owned(), changed: Some(NOW - age * DAY), ..VexDocument::default() }],
            statements: vec![VexStatement::default()],
            unused: unused.map(|reason| VexUnused { statement: 0, reason, why: "w".to_owned() }).into_iter().collect(),
            ..Vex::default()
        }
    }

    #[test]
    fn a_kept_vex_with_a_url_makes_the_item_optional() {
        let url = "https://example.org/app.vex.json";
        let trusting = Policy { now: Some(NOW), trust_unsigned_vex: true, ..Policy::default() };
        let cases = [
            (vex(url, 3, None), &trusting, "not-applicable: info not-covered"),
            (vex(url, 3, Some(VexReason::NotFound)), &trusting, "not-applicable: info not-covered"),
            (vex(url, 3, Some(VexReason::OtherProduct)), &trusting, "fail: medium not-covered"),
            (vex(url, 91, None), &trusting, "fail: medium not-covered"),
            (vex(url, -1, None), &trusting, "fail: medium not-covered"),
            (vex("http://example.org/app.vex.json", 3, None), &trusting, "fail: medium not-covered"),
            (vex("app.vex.json", 3, None), &trusting, "fail: medium not-covered"),
            (vex(url, 3, None), &Policy { trust_unsigned_vex: false, ..trusting.clone() }, "fail: medium not-covered"),
            (vex(url, 3, None), &Policy { now: None, ..trusting.clone() }, "fail: medium not-covered"),
        ];
        for (vex, policy, wanted) in cases {
            let kit = Kit::new()
                .package(plimsoll_evidence::Ecosystem::Program, "node", "18.1.0", &[])
                .last_package(|p| p.purl = Some("pkg:generic/node@18.1.0".to_owned()))
                .vex(vex.clone());
            assert_eq!(kit.outcome_with(&ITEM, policy), wanted, "{vex:?}");
        }
    }
}
