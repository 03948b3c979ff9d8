//! The words of the three forms, brought to one set.

use plimsoll_evidence::{VexJustification, VexStatus};

/// What a status or state means: OpenVEX's statuses, CycloneDX's states, CSAF's product statuses. None for what says nothing on
/// exploitability (`recommended`, `unknown`).
pub fn status(word: &str) -> Option<VexStatus> {
    Some(match word {
        "not_affected" | "known_not_affected" | "false_positive" => VexStatus::NotAffected,
        "affected" | "known_affected" | "first_affected" | "last_affected" | "exploitable" => VexStatus::Affected,
        "fixed" | "first_fixed" | "resolved" | "resolved_with_pedigree" => VexStatus::Fixed,
        "under_investigation" | "in_triage" => VexStatus::UnderInvestigation,
        _ => return None,
    })
}

/// What a justification means: those of OpenVEX and of CSAF's flags, which are CISA's, and CycloneDX's. That code is protected by a compiler,
/// at run time, at the perimeter or by a control is a mitigation around it.
pub fn justification(word: &str) -> Option<VexJustification> {
    use VexJustification as J;
    Some(match word {
        "component_not_present" => J::ComponentNotPresent,
        "vulnerable_code_not_present" | "code_not_present" => J::VulnerableCodeNotPresent,
        "vulnerable_code_not_in_execute_path" | "code_not_reachable" => J::VulnerableCodeNotInExecutePath,
        "vulnerable_code_cannot_be_controlled_by_adversary" => J::VulnerableCodeCannotBeControlledByAdversary,
        "inline_mitigations_already_exist"
        | "protected_by_compiler"
        | "protected_at_runtime"
        | "protected_at_perimeter"
        | "protected_by_mitigating_control" => J::InlineMitigationsAlreadyExist,
        "requires_configuration" | "requires_dependency" | "requires_environment" => J::RequiresOtherCircumstances,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_one_meaning() {
        for word in ["not_affected", "affected", "fixed", "under_investigation"] {
            assert_eq!(status(word).map(VexStatus::name), Some(word));
        }
        assert_eq!(status("false_positive"), Some(VexStatus::NotAffected));
        assert_eq!(status("recommended"), None);
        assert_eq!(justification("code_not_present"), Some(VexJustification::VulnerableCodeNotPresent));
        assert_eq!(justification("Component_not_present"), None);
    }
}
