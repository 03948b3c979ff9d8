//! Whether the software is tested before it is released.

use plimsoll_evidence::Origin;

use super::prelude::*;

const ID: ItemId = ItemId("testing-procedures");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Testing procedures are implemented",
    section: Section::BuildProcess,
    requirement: "There are procedures for testing, and they are used before a release.",
    why: "A fault that a test finds does not reach production, and a fix that breaks something is seen before users see it.",
    remediation: "Run the tests in the pipeline and let the release depend on them; attach the result as an in-toto test-result attestation.",
    references: &[footnote(25)],
    rules: &[IGNORED, SKIPPED],
    example: Some(Example {
        language: "yaml",
        bad: "release:\n  script: make release",
        good: "release:\n  needs: [test]\n  script: make release",
    }),
    rests_on: &[RestsOn::Config],
    judge,
};

const IGNORED: Rule =
    Rule::new("failures-ignored", Medium, "A build step runs tests and goes on when they fail.", "Let the step fail when its tests fail.");
const SKIPPED: Rule = Rule::new(
    "skipped-in-build",
    Info,
    "A build step turns tests off. They may run elsewhere.",
    "Run them in the pipeline before the image is built, and let the release depend on them.",
);

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let Some(image) = evidence.image.found() else { return without_image(evidence) };
    let mut case = Case::new(ID, evidence);
    for step in crate::history::steps(image).filter(|s| s.origin != Origin::BaseImage) {
        let Some(script) = step.script() else { continue };
        for (at, command) in script.commands.iter().enumerate() {
            let shown = step.shown(&command.shown());
            if is_test(command) && ignored(&script.commands[at + 1..]) {
                case.find(&IGNORED)
                    .about(command.shown())
                    .says(format!("The step runs {shown:?} and goes on when it fails."))
                    .in_history(step.at)
                    .add();
            }
            let skips = ["-DskipTests", "-DskipTests=true", "-Dmaven.test.skip=true", "--skip-tests", "-Dmaven.test.skip"];
            if command.words.iter().any(|w| skips.contains(&w.text.as_str())) {
                case.find(&SKIPPED).about(command.shown()).says(format!("The step turns tests off: {shown:?}.")).in_history(step.at).add();
            }
        }
    }
    case.need(
        "the tests and the pipeline that runs them before a release",
        "give the source repository with its CI configuration, or a test-result attestation of this image",
    );
    case.fail_or_unknown("Tests run and their failure is ignored.", "The image does not show whether it was tested.")
}

fn is_test(command: &plimsoll_shell::Command) -> bool {
    let first = command.arguments().first().map(|w| w.text.as_str());
    match command.program() {
        Some("pytest" | "tox" | "nox" | "rspec" | "phpunit" | "jest" | "mocha" | "ctest" | "vitest") => true,
        Some("npm" | "yarn" | "pnpm" | "cargo" | "go" | "mvn" | "gradle" | "dotnet" | "make" | "mix" | "mvnw" | "gradlew") => {
            matches!(first, Some("test" | "check" | "t" | "verify"))
                || (first == Some("run") && command.arguments().get(1).is_some_and(|w| w == "test"))
        }
        _ => false,
    }
}

/// Whether what follows swallows the failure: `test || true`.
fn ignored(rest: &[plimsoll_shell::Command]) -> bool {
    rest.first().is_some_and(|next| next.condition.after_failure && matches!(next.program(), Some("true" | ":" | "echo")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let run = |command: &str| Kit::new().layer(&format!("RUN /bin/sh -c {command} # buildkit"));
        let cases = [
            (Kit::new(), "unknown"),
            (run("npm test"), "unknown"),
            (run("npm test || true"), "fail: medium failures-ignored"),
            (run("npm run test || echo never mind"), "fail: medium failures-ignored"),
            (run("npm test && echo fine"), "unknown"),
            (run("rm -f x || true"), "unknown"),
            (run("mvn package -DskipTests"), "unknown: info skipped-in-build"),
            (run("npm test || true").base(2), "unknown"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.image().history);
        }
    }
}
