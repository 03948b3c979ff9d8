//! Evidence in one fluent expression, for tests.

mod closure;
mod config;
mod contents;
mod files;
mod layers;

use std::collections::BTreeMap;

use plimsoll_evidence::{
    Accounts, BaseImage, Build, Closure, Deployment, Digest, ElfFacts, ElfKind, Evidence, FileChecks, Gathered, Hardening, HistoryStep,
    ImageConfig, ImageFacts, Inventory, Language, LayerInfo, LayerRead, Link, Need, Package, Platform, Problem, Reached, Relro, Sboms,
    SecretFind, Severity, SourceText, Stated, Subject, Vex, Vulnerabilities,
};

use crate::{Item, Policy, Verdict, decide};

/// A builder of evidence. It begins with an image of one whole layer that holds the root directory and starts nothing.
#[derive(Debug, Clone)]
pub struct Kit {
    image: Box<ImageFacts>,
    packages: Vec<Package>,
    owned: BTreeMap<String, usize>,
    reached: Vec<(String, Link, Option<String>)>,
    /// The vulnerabilities, each with the place in `packages` of the one that has it.
    vulnerabilities: Option<Box<Vulnerabilities>>,
    vex: Option<Box<Vex>>,
    files: Box<FileChecks>,
    sboms: Option<Box<Sboms>>,
    stated: Vec<Stated>,
    problems: Vec<Problem>,
    sources: Vec<SourceText>,
    source_secrets: Vec<SecretFind>,
    build: Option<Box<Build>>,
    deployment: Option<Deployment>,
    no_image: bool,
    platform: String,
    media_type: String,
}

/// A digest made of one repeated byte.
pub fn digest(byte: u8) -> Digest {
    Digest::sha256(&[byte; 32])
}

/// A well-hardened, dynamically linked program of C.
pub fn elf(path: &str) -> ElfFacts {
    ElfFacts {
        path: path.to_owned(),
        kind: ElfKind::Executable,
        architecture: "amd64".to_owned(),
        bits: 64,
        interpreter: None,
        needed: Vec::new(),
        runpath: Vec::new(),
        soname: None,
        dlopens: false,
        runs_shell: false,
        logs_to_syslog: false,
        library_names: Vec::new(),
        paths: Vec::new(),
        languages: vec![Language::C],
        hardening: Hardening {
            pie: true,
            relro: Relro::Full,
            nx: true,
            rwx_segment: false,
            stack_protector: Some(true),
            fortify: Some(true),
            branch_protection: true,
            text_relocations: false,
            static_linked: false,
        },
        identities: Vec::new(),
        code_bytes: 1000,
        has_symbols: false,
        has_debug: false,
    }
}

impl Default for Kit {
    fn default() -> Self {
        Self::new()
    }
}

impl Kit {
    /// An image of one layer that starts nothing.
    pub fn new() -> Self {
        let layer = LayerInfo {
            digest: digest(1),
            diff_id: Some(digest(1)),
            media_type: "application/vnd.oci.image.layer.v1.tar+gzip".to_owned(),
            size: 1000,
            unpacked_bytes: 2000,
            entry_count: 1,
            step: Some(0),
            read: LayerRead::Whole,
        };
        let image = ImageFacts {
            config_digest: Some(digest(8)),
            annotations: BTreeMap::new(),
            config: ImageConfig::default(),
            history: vec![HistoryStep {
                created: None,
                created_by: "COPY / / # buildkit".to_owned(),
                comment: String::new(),
                layer: Some(0),
            }],
            layers: vec![layer],
            base: BaseImage::Unknown("name it with --base".to_owned()),
            distribution: None,
            tree: plimsoll_evidence::FileTree::default(),
            accounts: Accounts::default(),
            elfs: Vec::new(),
            texts: Vec::new(),
            closure: Closure::default(),
            secrets: Vec::new(),
        };
        let kit = Self {
            image: Box::new(image),
            packages: Vec::new(),
            owned: BTreeMap::new(),
            reached: Vec::new(),
            vulnerabilities: None,
            vex: None,
            files: Box::default(),
            sboms: None,
            stated: Vec::new(),
            problems: Vec::new(),
            sources: Vec::new(),
            source_secrets: Vec::new(),
            build: None,
            deployment: None,
            no_image: false,
            platform: "linux/amd64".to_owned(),
            media_type: "application/vnd.oci.image.manifest.v1+json".to_owned(),
        };
        kit.dir("", 0o755, 0, 0)
    }

    /// An image that meets what an image alone can show: one static program of Rust.
    pub fn hardened() -> Self {
        let mut program = elf("app");
        program.languages = vec![Language::Rust];
        program.hardening.static_linked = true;
        program.hardening.fortify = None;
        Self::new()
            .user("65532:65532")
            .entrypoint(&["/app"])
            .file("app", 0o755)
            .elf(program)
            .reach("app", Link::Entrypoint)
            .health(&["CMD", "/app", "health"])
            .label("org.opencontainers.image.resource.cpu", "500m")
            .label("org.opencontainers.image.resource.memory", "256Mi")
            .label("org.opencontainers.image.resource.ephemeral-storage", "1Gi")
            .annotation("org.opencontainers.image.base.name", "registry.example.org/base:1")
            .annotation("org.opencontainers.image.base.digest", &digest(9).to_string())
    }

    /// The image's facts.
    pub fn image(&self) -> ImageFacts {
        let mut image = (*self.image).clone();
        let ids: BTreeMap<&str, u32> = self.reached.iter().enumerate().map(|(at, (path, ..))| (path.as_str(), at as u32)).collect();
        image.closure.reached = self
            .reached
            .iter()
            .filter_map(|(path, how, via)| {
                let via = via.as_deref().and_then(|via| ids.get(via)).copied();
                Some(Reached { file: image.tree.find(path)?, via, how: *how })
            })
            .collect();
        image.closure.command = image.config.command().into_iter().map(str::to_owned).collect();
        image
    }

    /// The evidence.
    pub fn evidence(&self) -> Evidence {
        let image = self.image();
        // Packages in the order that the inventory promises, with their files following them.
        let mut order: Vec<usize> = (0..self.packages.len()).collect();
        order.sort_by(|a, b| self.packages[*a].cmp(&self.packages[*b]));
        let place = |old: usize| order.iter().position(|o| *o == old).map_or(u32::MAX, |p| p as u32);
        let owners = image.tree.files.iter().map(|f| self.owned.get(&f.path).map_or(u32::MAX, |old| place(*old))).collect();
        let packages = order.iter().map(|old| self.packages[*old].clone()).collect();
        let vulnerabilities = match self.vulnerabilities.clone() {
            None => Gathered::Absent(Evidence::no_advisories()),
            Some(mut given) => {
                given.found.iter_mut().for_each(|v| v.component = place(v.component as usize));
                given.found.sort_by(|a, b| (a.component, &a.id).cmp(&(b.component, &b.id)));
                given.uncovered.iter_mut().flat_map(|u| &mut u.components).for_each(|c| *c = place(*c as usize));
                Gathered::Found(*given)
            }
        };
        Evidence {
            subject: (!self.no_image).then(|| Subject {
                reference: "oci:image".to_owned(),
                digest: digest(7),
                media_type: self.media_type.clone(),
                platform: self.platform.parse().unwrap_or_else(|_| Platform::host()),
                indexes: Vec::new(),
            }),
            image: if self.no_image { Gathered::Absent(Need::new("the image", "name it")) } else { Gathered::Found(image) },
            components: Gathered::Found(Inventory { packages, owners, files: (*self.files).clone(), stated: self.stated.clone() }),
            sboms: self.sboms.clone().map_or_else(|| Gathered::Absent(Evidence::no_sboms()), |sboms| Gathered::Found(*sboms)),
            vulnerabilities,
            vex: self.vex.clone().map_or_else(|| Gathered::Absent(Evidence::no_vex()), |vex| Gathered::Found(*vex)),
            sources: self.sources.clone(),
            source_secrets: self.source_secrets.clone(),
            build: self
                .build
                .clone()
                .map_or_else(|| Gathered::Absent(Need::new("the build files", "--build FILE")), |build| Gathered::Found(*build)),
            deployment: self
                .deployment
                .clone()
                .map_or_else(|| Gathered::Absent(Need::new("the deployment", "--deploy PATH")), Gathered::Found),
            problems: self.problems.clone(),
        }
    }
    /// A text of the project.
    #[must_use]
    pub fn source(mut self, name: &str, text: &str) -> Self {
        self.sources.push(SourceText { name: name.to_owned(), text: text.to_owned() });
        self
    }

    /// What the build files say.
    #[must_use]
    pub fn build(mut self, build: Build) -> Self {
        self.build = Some(Box::new(build));
        self
    }

    /// What the deployment declares.
    #[must_use]
    pub fn deployment(mut self, deployment: Deployment) -> Self {
        self.deployment = Some(deployment);
        self
    }

    /// No image is given.
    #[must_use]
    pub fn without_image(mut self) -> Self {
        self.no_image = true;
        self
    }

    /// The verdict of an item under the default policy. Every finding is one of the item's rules.
    pub fn judge(&self, item: &Item) -> Verdict {
        self.judge_with(item, &Policy::default())
    }

    /// The verdict of an item.
    ///
    /// # Panics
    /// Where the verdict breaks a promise that holds for every item: findings by rules that the item has, a fail with a finding above
    /// `info` and nothing else with one, an unknown with a need, and a fix for each finding.
    pub fn judge_with(&self, item: &Item, policy: &Policy) -> Verdict {
        let verdict = decide(item, &self.evidence(), policy);
        for finding in &verdict.findings {
            assert_eq!(finding.rule.item(), item.id.0);
            assert!(item.rule(finding.rule.rule()).is_some(), "{} is no rule of its item", finding.rule);
            assert!(finding.fix.as_ref().is_some_and(|fix| !fix.summary.is_empty()), "{} has no fix", finding.rule);
        }
        let failing = verdict.findings.iter().any(|f| f.severity > Severity::Info);
        assert_eq!(verdict.outcome == crate::Outcome::Fail, failing, "{}: {verdict:?}", item.id);
        if verdict.outcome == crate::Outcome::Unknown {
            assert!(!verdict.needs.is_empty(), "{}: unknown names what to supply", item.id);
        }
        assert!(!verdict.summary.is_empty(), "{}: no summary", item.id);
        verdict
    }

    /// The outcome of an item and its findings as `severity rule`, in order: a line for tables of cases.
    pub fn outcome(&self, item: &Item) -> String {
        self.outcome_with(item, &Policy::default())
    }

    /// As [`Kit::outcome`], under a policy.
    pub fn outcome_with(&self, item: &Item, policy: &Policy) -> String {
        let verdict = self.judge_with(item, policy);
        let findings: Vec<String> = verdict.findings.iter().map(|f| format!("{} {}", f.severity, f.rule.rule())).collect();
        if findings.is_empty() { verdict.outcome.to_string() } else { format!("{}: {}", verdict.outcome, findings.join(", ")) }
    }
}
