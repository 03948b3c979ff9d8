//! The labels that say what the container needs, as Kubernetes quantities.

mod deployment;

use plimsoll_evidence::ImageFacts;

use super::prelude::*;
use crate::Quantity;
use crate::built;
use crate::deployed::Deployed;
use crate::revision::said;
use crate::shown::list;

const ID: ItemId = ItemId("resource-limits-documented");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Resource limits are documented",
    section: Section::Runtime,
    requirement: "The CPU, memory and storage that a container is expected to need are documented, as labels of the image or in what accompanies it.",
    why: "Whoever deploys the container must know what to allow it. Without limits one faulty or attacked container takes the host's CPU, memory or disk from all the others.",
    remediation: "Write the three labels org.opencontainers.image.resource.cpu, .memory and .ephemeral-storage into the build file, as amounts that Kubernetes can read, and keep the deployment's requests and limits in agreement with them.",
    references: &[footnote(37), footnote(38), footnote(39)],
    rules: &[
        UNDOCUMENTED,
        MISSING,
        INVALID,
        NOT_POSITIVE,
        IMPLAUSIBLE,
        deployment::NO_MEMORY_LIMIT,
        deployment::ABOVE_LIMIT,
        deployment::DISAGREE,
        deployment::NO_REQUEST,
    ],
    example: Some(Example { language: "dockerfile", bad: "LABEL org.opencontainers.image.resource.memory=\"256 MB\"", good: EXAMPLE }),
    rests_on: &[RestsOn::Config, RestsOn::BuildFiles, RestsOn::Deployment],
    judge,
};

const UNDOCUMENTED: Rule = Rule::new(
    "undocumented",
    Medium,
    "Nothing says what resources the container needs.",
    "Write the three resource labels into the build file.",
);
const MISSING: Rule = Rule::new("missing-label", Low, "One of the three resources is not documented.", "Add the label that is missing.");
const INVALID: Rule = Rule::new(
    "invalid-quantity",
    Low,
    "A resource label is no amount that Kubernetes can read.",
    "Write the amount as a Kubernetes quantity: 500m, 256Mi, 1Gi.",
);
const NOT_POSITIVE: Rule =
    Rule::new("not-positive", Low, "A resource label says zero or less.", "Write the amount that the container needs.");
const IMPLAUSIBLE: Rule = Rule::new(
    "implausible",
    Low,
    "A resource label says an amount that no container has: most often a wrong or forgotten suffix.",
    "Check the suffix: m is a thousandth, Mi is 1024 × 1024, none is one core or one byte.",
);

const EXAMPLE: &str = "LABEL org.opencontainers.image.resource.cpu=\"500m\"\nLABEL org.opencontainers.image.resource.memory=\"256Mi\"\nLABEL org.opencontainers.image.resource.ephemeral-storage=\"1Gi\"";

/// A documented resource: the end of its label's name, an example, and the least and most that make sense.
struct Resource {
    name: &'static str,
    example: &'static str,
    least: Quantity,
    most: Quantity,
}

/// The least memory is what engines refuse to go below (Docker: 6 MiB); a page of storage holds one file. A machine of 1,024 cores,
/// 64 TiB of memory and 1 PiB of disk is larger than any sold.
const RESOURCES: [Resource; 3] = [
    Resource { name: "cpu", example: "500m", least: Quantity::millis(1), most: Quantity::whole(1024) },
    Resource { name: "memory", example: "256Mi", least: Quantity::whole(1 << 20), most: Quantity::whole(64 << 40) },
    Resource { name: "ephemeral-storage", example: "1Gi", least: Quantity::whole(4096), most: Quantity::whole(1 << 50) },
];

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let deployed = Deployed::of(evidence);
    let image = evidence.image.found();
    if image.is_none() && !deployed.is_known() {
        return by_build_file(evidence);
    }
    let mut case = Case::new(ID, evidence);
    let label = |name: &str| said(image?, &format!("org.opencontainers.image.resource.{name}"))?.value.parse::<Quantity>().ok();
    let by_labels = RESOURCES.iter().all(|r| label(r.name).is_some());
    let told = deployment::judge(&mut case, &deployed, by_labels, label);
    let by_limits = deployed.is_known() && told.all_limited;
    let mut documented = Vec::new();
    if let Some(image) = image {
        // Either is documentation: with the deployment's limits, labels that are not there are advice.
        documented = of_image(&mut case, image, by_limits);
    }
    let fail = if by_limits || image.is_none() {
        format!("{} to mend in the resources of {}.", crate::shown::count(case.failing(), "finding"), deployed.shown())
    } else {
        format!("{} of 3 resources are documented; {} to mend.", documented.len(), crate::shown::count(case.failing(), "finding"))
    };
    let pass = if by_labels {
        format!("All three resources are documented by labels: {}.", list(&documented, 3))
    } else {
        format!("The memory of {} has a limit.", deployed.shown())
    };
    case.conclude(fail, "", pass)
}

/// Without an image and a deployment: the labels that the stage which ships sets. What its base brings is not known.
fn by_build_file(evidence: &Evidence) -> Verdict {
    if !built::given(evidence) {
        return without_image(evidence);
    }
    let mut case = Case::new(ID, evidence);
    let mut documented = Vec::new();
    for resource in &RESOURCES {
        let name = format!("org.opencontainers.image.resource.{}", resource.name);
        let Some(value) = built::label(evidence, &name) else { continue };
        let Some(text) = built::known(value) else { continue };
        match text.trim_matches(['"', '\'']).parse::<Quantity>() {
            Ok(amount) if amount.is_positive() && amount >= resource.least && amount <= resource.most => {
                documented.push(format!("{} {text}", resource.name));
            }
            Ok(_) => case.find(&IMPLAUSIBLE).says(format!("{name} is {text:?}.")).in_source(value.place).add(),
            Err(why) => case.find(&INVALID).says(format!("{name} is {text:?}, which is no amount: {why}.")).in_source(value.place).add(),
        }
    }
    if documented.len() < RESOURCES.len() {
        case.need(
            "labels of CPU, memory and storage, or limits: the build file does not set all three",
            "write the labels (plimsoll explain resource-limits-documented), or give the deployment with --deploy",
        );
    }
    let fail = format!("{} of 3 resources are documented well.", documented.len());
    let pass = format!("The build file documents all three resources by labels: {}.", list(&documented, 3));
    case.conclude(fail.clone(), fail, pass)
}

/// The image's labels; those that are there.
fn of_image(case: &mut Case<'_>, image: &ImageFacts, by_limits: bool) -> Vec<String> {
    let mut documented = Vec::new();
    let mut missing = Vec::new();
    for resource in &RESOURCES {
        let label = format!("org.opencontainers.image.resource.{}", resource.name);
        let Some(said) = said(image, &label) else {
            missing.push((resource, label));
            continue;
        };
        documented.push(format!("{} {}", resource.name, said.value));
        let example = format!("LABEL {label}=\"{}\"", resource.example);
        match said.value.parse::<Quantity>() {
            Err(why) => {
                case.find(&INVALID)
                    .says(format!("{label} is {:?}, which is no amount: {why}.", said.value))
                    .in_said(&said)
                    .example(example)
                    .add();
            }
            Ok(amount) if !amount.is_positive() => {
                case.find(&NOT_POSITIVE)
                    .says(format!("{label} is {:?}: a container cannot run on nothing.", said.value))
                    .in_said(&said)
                    .example(example)
                    .add();
            }
            Ok(amount) if amount < resource.least || amount > resource.most => {
                let size = if amount < resource.least { "less than any container can run on" } else { "more than any machine has" };
                case.find(&IMPLAUSIBLE).says(format!("{label} is {:?}, {size}.", said.value)).in_said(&said).example(example).add();
            }
            Ok(_) => {}
        }
    }
    case.advice_only(by_limits);
    if missing.len() == RESOURCES.len() {
        case.find(&UNDOCUMENTED)
            .says("No label says what CPU, memory and storage the container needs.")
            .in_config("Labels")
            .example(EXAMPLE)
            .add();
    } else {
        for (resource, label) in &missing {
            case.find(&MISSING)
                .says(format!("{label} is not there, while other resources are documented."))
                .in_config(format!("Labels[{label}]"))
                .example(format!("LABEL {label}=\"{}\"", resource.example))
                .add();
        }
    }
    case.advice_only(false);
    documented
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    fn labels(cpu: &str, memory: &str, storage: &str) -> Kit {
        [("cpu", cpu), ("memory", memory), ("ephemeral-storage", storage)]
            .into_iter()
            .filter(|(_, value)| *value != "-")
            .fold(Kit::new(), |kit, (name, value)| kit.label(&format!("org.opencontainers.image.resource.{name}"), value))
    }

    #[test]
    fn labels_of_a_build_file() {
        let three = "LABEL org.opencontainers.image.resource.cpu=500m org.opencontainers.image.resource.memory=\"256Mi\"\nLABEL \"org.opencontainers.image.resource.ephemeral-storage\"=1Gi\n";
        let cases = [
            (format!("FROM a\n{three}"), "pass"),
            ("FROM a\n".to_owned(), "unknown"),
            (format!("FROM a AS x\n{three}FROM b\n"), "unknown"),
            ("FROM a\nLABEL org.opencontainers.image.resource.memory=lots\n".to_owned(), "fail: low invalid-quantity"),
        ];
        for (text, wanted) in cases {
            assert_eq!(built::tests::alone(&text).outcome(&ITEM), wanted, "{text}");
        }
    }

    #[test]
    fn cases() {
        let cases = [
            (labels("-", "-", "-"), "fail: medium undocumented"),
            (labels("500m", "256Mi", "1Gi"), "pass"),
            (labels("2", "1e9", "1G"), "pass"),
            (labels("500m", "-", "-"), "fail: low missing-label, low missing-label"),
            (labels("500m", "256 MB", "1Gi"), "fail: low invalid-quantity"),
            (labels("0", "256Mi", "-1"), "fail: low not-positive, low not-positive"),
            (labels("500m", "256m", "1Gi"), "fail: low implausible"),
            (labels("500", "256", "1Gi"), "fail: low implausible"),
            (labels("500Mi", "256Mi", "1Gi"), "fail: low implausible"),
            (labels("", "", ""), "fail: low invalid-quantity, low invalid-quantity, low invalid-quantity"),
            (labels("500m", "256Mi", "-").annotation("org.opencontainers.image.resource.ephemeral-storage", "1Gi"), "pass"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
    }

    #[test]
    fn the_summary_has_the_figures() {
        assert_eq!(
            labels("500m", "256Mi", "1Gi").judge(&ITEM).summary,
            "All three resources are documented by labels: cpu 500m, memory 256Mi, ephemeral-storage 1Gi."
        );
    }
}
