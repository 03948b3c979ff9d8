//! Credentials that build files bring, by the names of variables and files.

use plimsoll_evidence::{BuildFile, Evidence, Place, Says, SecretPlace, Setting};

use super::super::prelude::*;
use crate::built::{files, steps};

const MOUNT: &str = "Hand it over while building with RUN --mount=type=secret, and at run time by the platform.";
pub(super) const WRITTEN: Rule = Rule::new(
    "written-in-build-file",
    High,
    "The build file writes out a value that its name calls a credential.",
    "Take the value for known and replace it; then hand it over with RUN --mount=type=secret, or at run time.",
);
pub(super) const IN_ENVIRONMENT: Rule = Rule::new(
    "credential-in-environment",
    High,
    "ENV puts a credential that the build is given into the image's environment, where everyone who has the image can read it.",
    MOUNT,
);
pub(super) const ARGUMENT: Rule = Rule::new(
    "credential-as-build-argument",
    Medium,
    "ARG takes a credential: its value stays in the image's history, or in the provenance of the build.",
    MOUNT,
);
pub(super) const COPIED: Rule = Rule::new(
    "credential-file-copied",
    High,
    "An instruction copies a file that holds credentials, by its name, into the image.",
    "List it in .dockerignore, and hand it over with RUN --mount=type=secret or at run time.",
);

pub(super) fn judge(case: &mut Case<'_>, evidence: &Evidence) {
    for file in files(evidence) {
        for setting in file.arguments.iter().filter(|s| s.credential) {
            written(case, evidence, "ARG", setting);
        }
        for exposed in &file.exposed {
            let says = format!("{:?} is copied into a stage of the build.", exposed.value);
            case.find(&COPIED).about(&exposed.value).says(says).in_source(exposed.place).add();
        }
    }
    for step in steps(evidence) {
        let Says::Settings(settings) = &step.instruction.says else { continue };
        let by = step.instruction.name.as_str();
        for setting in settings.iter().filter(|s| s.secret_name && by != "LABEL") {
            if setting.credential {
                written(case, evidence, by, setting);
            } else if by == "ARG" && setting.value.is_none() {
                // Only what ships keeps it in its history; elsewhere the provenance may.
                let severity = if step.ships { ARGUMENT.severity } else { Low };
                case.find(&ARGUMENT)
                    .severity(severity)
                    .about(&setting.name.value)
                    .says(format!("ARG {} takes a credential from whoever builds.", setting.name.value))
                    .in_source(setting.name.place)
                    .add();
            } else if by == "ENV" && step.ships && is_given(step.file, setting) {
                case.find(&IN_ENVIRONMENT)
                    .about(&setting.name.value)
                    .says(format!("ENV {} keeps what the build is given.", setting.name.value))
                    .in_source(setting.name.place)
                    .add();
            }
        }
    }
}

/// Whether the value comes from a build argument: neither nothing, nor a path, nor a switch, nor a variable of the base image.
fn is_given(file: &BuildFile, setting: &Setting) -> bool {
    let unknown = setting.value.as_ref().map(|v| v.value.unknown.as_slice()).unwrap_or_default();
    let arguments = file.stages.iter().flat_map(|s| &s.instructions).filter(|i| i.name == "ARG").flat_map(|i| match &i.says {
        Says::Settings(settings) => settings.as_slice(),
        _ => &[],
    });
    let mut names = file.arguments.iter().chain(arguments).map(|s| &s.name.value);
    if !unknown.is_empty() && !names.any(|name| unknown.contains(name)) {
        return false;
    }
    let text = setting.value.as_ref().map(|v| v.value.text.trim()).unwrap_or_default();
    !matches!(text.to_lowercase().as_str(), "" | "true" | "false" | "yes" | "no" | "none" | "null" | "0" | "1" | "on" | "off")
        && !text.starts_with(['/', '<'])
        && !text.contains("://")
}

fn written(case: &mut Case<'_>, evidence: &Evidence, by: &str, setting: &Setting) {
    let place = setting.value.as_ref().map_or(setting.name.place, |v| v.place);
    // What its shape gives away is told by the rule of that kind.
    if told(evidence, place) {
        return;
    }
    case.find(&WRITTEN)
        .about(&setting.name.value)
        .says(format!("{by} {} has its value written out.", setting.name.value))
        .in_source(place)
        .add();
}

fn told(evidence: &Evidence, place: Place) -> bool {
    evidence
        .source_secrets
        .iter()
        .any(|find| matches!(find.place, SecretPlace::Source(at) if (at.source, at.line) == (place.source, place.line)))
}

#[cfg(test)]
mod tests {
    use super::super::ITEM;
    use crate::built::tests::{alone, lines};

    #[test]
    fn cases() {
        let cases = [
            ("ENV DB_PASSWORD=hunter2", "fail: written-in-build-file:2:17"),
            ("ENV DB_PASSWORD hunter2", "fail: written-in-build-file:2:17"),
            ("ENV DB_PASSWORD=", "unknown"),
            ("ENV DB_PASSWORD_FILE=/run/secrets/db", "unknown"),
            ("ARG NPM_TOKEN", "fail: credential-as-build-argument:2:5"),
            ("ARG NPM_TOKEN=abc", "fail: written-in-build-file:2:15"),
            ("ARG NPM_TOKEN\nENV NPM_TOKEN=$NPM_TOKEN", "fail: credential-in-environment:3:5, credential-as-build-argument:2:5"),
            ("ENV NPM_TOKEN=${NPM_TOKEN}", "unknown"),
            ("RUN --mount=type=secret,id=token x", "unknown"),
            ("COPY .env id_rsa /app/", "fail: credential-file-copied:2:6, credential-file-copied:2:11"),
            ("COPY --from=b .env /app/", "unknown"),
            ("ENV GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305", "unknown"),
            ("LABEL api.token=x", "unknown"),
        ];
        for (text, wanted) in cases {
            let kit = alone(&format!("FROM a\n{text}\n"));
            assert_eq!(lines(&kit, &ITEM), wanted, "{text}");
            let shown = serde_json::to_string(&kit.judge(&ITEM)).unwrap();
            assert!(!shown.contains("hunter2") && !shown.contains("abc"), "{shown}");
        }
        assert_eq!(
            lines(&alone("FROM a AS b\nARG NPM_TOKEN\nFROM c\nCOPY --from=b /x /\n"), &ITEM),
            "fail: credential-as-build-argument:2:5"
        );
    }
}
