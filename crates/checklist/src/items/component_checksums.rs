//! Whether what is downloaded is checked against known digests.

mod build_files;
mod files;

use plimsoll_evidence::{FileNature, ImageFacts};
use plimsoll_shell::Command;

use super::prelude::*;
use crate::built;
use crate::history::{Instruction, Step};
use crate::shown::count;

const ID: ItemId = ItemId("component-checksums");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Component checksums are verified",
    section: Section::Components,
    requirement: "The build verifies a SHA-256 or stronger digest of every component, and the files in the image still agree with known-good ones.",
    why: "A download that is not checked is whatever the network, a mirror or an attacker sends.",
    remediation: "Use lock files with integrity hashes (npm ci, pip --require-hashes, go.sum, Cargo.lock), ADD --checksum for single files, and never turn off signature or certificate checks.",
    references: &[footnote(20)],
    rules: &[
        PIPED,
        PLAIN,
        UNVERIFIED,
        ADDED,
        CHECKS_OFF,
        ENV_OFF,
        TRUSTED_SOURCE,
        NO_DIGESTS,
        MOVING,
        WEAK,
        CHANGED,
        CHANGED_DATA,
        MISSING,
    ],
    example: Some(Example {
        language: "dockerfile",
        bad: "RUN curl -sSL https://example.org/install.sh | sh",
        good: "ADD --checksum=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef https://example.org/tool.tar.gz /tmp/",
    }),
    rests_on: &[RestsOn::Config, RestsOn::Files, RestsOn::Packages, RestsOn::BuildFiles],
    judge,
};

const PIPED: Rule = Rule::new(
    "piped-to-shell",
    High,
    "A build step runs what it downloads, unseen and unchecked.",
    "Download a fixed version, check its SHA-256, then run it.",
);
const PLAIN: Rule = Rule::new(
    "plain-http",
    High,
    "A build step downloads over a connection that anybody on the way can change, and checks nothing.",
    "Take it over https, in a fixed version, and check its SHA-256.",
);
const UNVERIFIED: Rule = Rule::new(
    "unverified-download",
    Medium,
    "A build step downloads something and no later command of it checks its digest or signature.",
    "Check it in the same step: echo \"DIGEST  FILE\" | sha256sum -c -, or take it with ADD --checksum=sha256:….",
);
const NO_DIGESTS: Rule = Rule::new(
    "packages-without-digests",
    Low,
    "Packages of a language are installed by name, without digests that are known beforehand.",
    "Install from a lock file with digests: pip --require-hashes, npm ci, cargo --locked, bundle with a frozen Gemfile.lock.",
);
const MOVING: Rule = Rule::new(
    "source-without-commit",
    Low,
    "A build step takes a repository without naming the commit, which is its digest.",
    "Check out the full commit: git checkout 0123…, or git clone --revision.",
);
const ADDED: Rule = Rule::new("unchecked-add", Medium, "ADD downloads a file without a checksum.", "Write ADD --checksum=sha256:….");
const CHECKS_OFF: Rule = Rule::new(
    "checks-turned-off",
    High,
    "A build step turns off the check of signatures or certificates.",
    "Remove the option, and install the key or the certificate that is missing.",
);
const ENV_OFF: Rule = Rule::new(
    "checks-off-in-environment",
    High,
    "The environment turns off the check of certificates.",
    "Remove the variable, and install the certificate that is missing.",
);
const TRUSTED_SOURCE: Rule = Rule::new(
    "unsigned-package-source",
    High,
    "A package source is used without its signature.",
    "Remove trusted=yes or gpgcheck=0, and install the source's key.",
);
const WEAK: Rule = Rule::new("weak-checksum", Low, "A build step checks a digest of MD5 or SHA-1.", "Check the SHA-256 instead.");

const CHANGED: Rule = Rule::new(
    "changed-package-file",
    High,
    "A program, a library or a script of a package is not the one that the package brought.",
    "Install the package again, or find out which step replaced the file; what is meant to differ belongs in a package or a path of its own (/usr/local, /opt).",
);
const CHANGED_DATA: Rule = Rule::new(
    "changed-package-data",
    Low,
    "A file of a package is not the one that the package brought.",
    "Install the package again, or keep what is meant to differ outside of the package's files.",
);
const MISSING: Rule = Rule::new(
    "missing-package-files",
    Info,
    "Files of a package are gone while its record still lists it.",
    "Remove the package instead of its files, so that the list of what is inside stays true.",
);

/// Options that turn checks off, by program.
const OFF: &[(&[&str], &[&str])] = &[
    (&["curl"], &["-k", "--insecure", "--proxy-insecure"]),
    (&["wget"], &["--no-check-certificate"]),
    (&["apt-get", "apt"], &["--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories"]),
    (&["apk"], &["--allow-untrusted", "--no-verify"]),
    (&["yum", "dnf", "microdnf", "zypper", "tdnf"], &["--nogpgcheck", "--no-gpg-checks", "--allow-unsigned-rpm"]),
    (&["rpm"], &["--nosignature", "--nodigest"]),
    (&["pip", "pip3", "uv"], &["--trusted-host", "--allow-insecure-host"]),
    (&["gem"], &["--no-verify"]),
    (&["npm", "yarn", "pnpm"], &["--strict-ssl=false", "--no-strict-ssl"]),
    (&["gpg", "gpgv"], &["--ignore-crc-error"]),
];

/// Variables that turn checks off, with the values that do; none where any value does.
const VARIABLES: &[(&str, &[&str])] = &[
    ("NODE_TLS_REJECT_UNAUTHORIZED", &["0"]),
    ("PYTHONHTTPSVERIFY", &["0"]),
    // git asks only whether it is set: "0" turns the check off too.
    ("GIT_SSL_NO_VERIFY", &[]),
    ("PIP_TRUSTED_HOST", &[]),
    ("NPM_CONFIG_STRICT_SSL", &["false"]),
    ("npm_config_strict_ssl", &["false"]),
    ("GONOSUMCHECK", &["1"]),
    ("GOFLAGS", &["-insecure"]),
    ("GOSUMDB", &["off"]),
    ("GOINSECURE", &["*"]),
    ("CURL_INSECURE", &["1"]),
];

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let image = evidence.image.found();
    let declared = built::given(evidence);
    if image.is_none() && !declared {
        return without_image(evidence);
    }
    let mut case = Case::new(ID, evidence);
    let mut steps = build_files::judge(&mut case, evidence);
    let mut compared = String::new();
    let mut signs = case.failing();
    match image {
        Some(image) => {
            steps += judge_image(&mut case, evidence, image);
            environment(&mut case, image);
            sources(&mut case, image);
            signs = case.failing();
            if let Some(inventory) = evidence.components.found() {
                compared = files::judge(&mut case, image, inventory);
            }
        }
        None => case.need("the image itself, whose base may have been built without checks", "name the image to check"),
    }
    if declared {
        built::need_match(&mut case, evidence);
    } else {
        case.need("the build files, with the lock files of each ecosystem", "give the source repository");
    }
    let pass = format!("{} download nothing that is not checked. {compared}", count(steps, "RUN step"));
    let unknown = match steps {
        0 => "No RUN step downloads anything; what was put into the image is not seen there.".to_owned(),
        _ => format!("Nothing in {} downloads unchecked; what a lock file checks is not seen there.", count(steps, "RUN step")),
    };
    let changed = evidence.components.found().map_or(0, |i| i.files.changed.iter().filter(|f| f.nature != FileNature::Config).count());
    let fail = match (signs, changed) {
        (0, changed) => format!("{} not those that their packages brought.", are(changed)),
        (signs, 0) => format!("{} of downloads that are not checked.", count(signs, "sign")),
        (signs, changed) => {
            format!("{} not those that their packages brought; {} of downloads that are not checked.", are(changed), count(signs, "sign"))
        }
    };
    case.conclude(fail, unknown, pass.trim_end())
}

fn are(files: usize) -> String {
    format!("{} {}", count(files, "file"), if files == 1 { "is" } else { "are" })
}

/// The steps of the history that no build file tells of: how many run commands.
fn judge_image(case: &mut Case<'_>, evidence: &Evidence, image: &ImageFacts) -> usize {
    let mut steps = 0;
    for step in crate::history::steps(image).filter(|s| !built::tells(evidence, s.at)) {
        if step.instruction == Instruction::Add {
            add(case, &step);
        }
        if let Some(script) = step.script() {
            steps += 1;
            for command in &script.commands {
                run(case, &step, command, &script.commands);
            }
        }
    }
    steps
}

fn add(case: &mut Case<'_>, step: &Step<'_>) {
    let url = step.text.split_whitespace().find(|w| w.starts_with("https://") || w.starts_with("http://") || w.starts_with("ftp://"));
    if let Some(url) = url.filter(|_| !step.text.contains("--checksum=")) {
        case.find(&ADDED).about(url).says(format!("ADD downloads {:?} without a checksum.", step.shown(url))).in_history(step.at).add();
    }
}

/// Whether a command runs what it reads.
pub(super) fn is_interpreter(command: &Command) -> bool {
    matches!(command.program(), Some("sh" | "bash" | "dash" | "ash" | "zsh" | "python" | "python3" | "perl" | "ruby" | "node" | "php"))
        && command.arguments().iter().all(|w| w.text.starts_with('-') || w.dynamic || w == "/dev/stdin")
}

/// Whether a command downloads.
pub(super) fn is_download(command: &Command) -> bool {
    matches!(command.program(), Some("curl" | "wget" | "fetch" | "aria2c"))
}

fn run(case: &mut Case<'_>, step: &Step<'_>, command: &Command, all: &[Command]) {
    let shown = step.shown(&command.shown());
    if is_download(command) && command.piped_into.and_then(|i| all.get(i)).is_some_and(is_interpreter) {
        case.find(&PIPED).about(command.shown()).says(format!("The step downloads and runs at once: {shown:?}.")).in_history(step.at).add();
    }
    let Some(program) = command.program() else { return };
    for (programs, options) in OFF {
        let off = command
            .arguments()
            .iter()
            .find(|w| options.iter().any(|o| w == o || w.text.split_once('=').is_some_and(|(name, _)| name == *o && o.len() > 2)));
        if let Some(option) = off.filter(|_| programs.contains(&program)) {
            case.find(&CHECKS_OFF)
                .about(format!("{program} {}", option.text))
                .says(format!("{program} runs with {:?}, which turns off a check.", option.text))
                .in_history(step.at)
                .add();
        }
    }
    if matches!(program, "md5sum" | "sha1sum") && command.arguments().iter().any(|w| matches!(w.text.as_str(), "-c" | "--check")) {
        case.find(&WEAK).about(program).says(format!("The step checks with {program}.")).in_history(step.at).add();
    }
}

/// Whether a value is one of those that turn a check off.
fn turns_off(values: &[&str], value: &str) -> bool {
    !value.is_empty() && (values.is_empty() || values.contains(&value))
}

fn environment(case: &mut Case<'_>, image: &ImageFacts) {
    for (name, values) in VARIABLES {
        if let Some(value) = image.config.env(name).filter(|v| turns_off(values, v)) {
            case.find(&ENV_OFF)
                .says(format!("{name}={value} turns off a check in every program that the container runs."))
                .in_config(format!("Env[{name}]"))
                .add();
        }
    }
}

fn sources(case: &mut Case<'_>, image: &ImageFacts) {
    for text in &image.texts {
        let apt = text.path.starts_with("etc/apt/sources.list");
        let yum = text.path.starts_with("etc/yum.repos.d/");
        if !apt && !yum {
            continue;
        }
        let Some(file) = image.tree.find(&text.path).map(|id| image.tree.file(id)) else { continue };
        for (at, line) in text.text.lines().enumerate() {
            let line = line.trim().to_ascii_lowercase();
            let off = (apt && !line.starts_with('#') && (line.contains("trusted=yes") || line.starts_with("trusted: yes")))
                || (yum && line.replace(' ', "") == "gpgcheck=0");
            if off {
                case.find(&TRUSTED_SOURCE)
                    .says(format!("{} turns off the signature of a package source.", file.absolute()))
                    .in_line(file, at as u32 + 1)
                    .add();
            }
        }
    }
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
            (run("curl -fsSL https://x.test/i.sh | sh"), "fail: high piped-to-shell"),
            (run("curl -fsSL https://x.test/i.sh | sudo -E bash -"), "fail: high piped-to-shell"),
            (run("curl -fsSL https://x.test/k | gpg --dearmor"), "unknown"),
            (run("echo 'curl x | sh'"), "unknown"),
            (run("curl -k https://x.test/y -o y"), "fail: high checks-turned-off"),
            (run("apt-get install -y --allow-unauthenticated x"), "fail: high checks-turned-off"),
            (run("pip install --trusted-host=pypi.test x"), "fail: high checks-turned-off"),
            (run("echo 'aa x' | sha1sum -c -"), "fail: low weak-checksum"),
            (run("echo 'aa x' | sha256sum -c -"), "unknown"),
            (Kit::new().layer("ADD https://x.test/y /y # buildkit"), "fail: medium unchecked-add"),
            (Kit::new().layer("ADD --checksum=sha256:aa https://x.test/y /y # buildkit"), "unknown"),
            (Kit::new().layer("ADD rootfs.tar / # buildkit"), "unknown"),
            (Kit::new().env("NODE_TLS_REJECT_UNAUTHORIZED", "0"), "fail: high checks-off-in-environment"),
            (Kit::new().env("NODE_TLS_REJECT_UNAUTHORIZED", "1"), "unknown"),
            (
                Kit::new().text("etc/apt/sources.list", "# trusted=yes\ndeb [trusted=yes] http://x.test/ y z\n"),
                "fail: high unsigned-package-source",
            ),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.image().history);
        }
    }
}
