//! The catalogue: the checklist's items in its order.

use crate::Item;

/// What every item's file needs.
mod prelude {
    pub(crate) use plimsoll_evidence::{Evidence, Severity::*};

    pub(crate) use crate::case::{Case, without_deployment, without_image};
    pub(crate) use crate::{Example, Item, ItemId, Policy, RestsOn, Rule, Section, Verdict, footnote};
}

/// Declares each item's module and lists the items. One line here is all that names an item outside of its file.
macro_rules! items {
    ($($module:ident)*) => {
        $(mod $module;)*

        /// Every item of the checklist, in its order.
        pub static CATALOGUE: &[&Item] = &[$(&$module::ITEM),*];
    };
}

items! {
    minimal_base_image
    base_image_provenance
    immutable_base_reference
    base_image_updates

    reproducible_build
    isolated_build
    build_provenance
    signed_image
    no_build_dependencies
    public_build
    release_changelog
    testing_procedures
    memory_safety
    peer_review
    source_package_integrity
    self_contained_image

    components_identified
    purls_match_cves
    component_checksums
    component_updates
    automated_component_updates
    no_remote_access_tools

    no_secrets

    resource_limits_documented
    non_root_user
    runtime_profile
    read_only_root
    ephemeral_temp_data
    read_only_volumes
    restartable
    health_probes
    arbitrary_uid
    immutable_at_runtime
    no_privileged_mode
    no_host_permissions
    forensic_logging
    logs_to_stdout

    attested_sbom
    vulnerability_management
    attested_vex
}

/// The item of this name.
pub fn find(id: &str) -> Option<&'static Item> {
    CATALOGUE.iter().find(|item| item.id.0 == id).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_catalogue_is_the_checklist() {
        assert_eq!(CATALOGUE.len(), 40);
        let ids: BTreeSet<_> = CATALOGUE.iter().map(|i| i.id).collect();
        assert_eq!(ids.len(), 40, "names are unique");
        assert!(CATALOGUE.is_sorted_by_key(|i| i.section), "sections stand together, in order");
        for item in CATALOGUE {
            assert_eq!(find(item.id.0).map(|i| i.id), Some(item.id));
            assert!(item.id.0.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", item.id);
            for text in [item.title, item.requirement, item.why, item.remediation] {
                assert!(text.len() > 10, "{}: {text:?}", item.id);
            }
            assert!(!item.references.is_empty(), "{}", item.id);
            assert!(!item.rests_on.is_empty(), "{}", item.id);
            assert!(!item.rules.is_empty(), "{}: an item without rules can say only one thing", item.id);
            let rules: BTreeSet<_> = item.rules.iter().map(|r| r.name).collect();
            assert_eq!(rules.len(), item.rules.len(), "{}: rule names are unique", item.id);
            for rule in item.rules {
                assert!(
                    rule.name == "*" || rule.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                    "{}",
                    rule.name
                );
                assert!(rule.finds.len() > 8 && rule.mend.len() > 8, "{}/{}", item.id, rule.name);
            }
        }
    }
}
