//! Evidence in one fluent expression, for tests.

use std::collections::BTreeMap;

use plimsoll_evidence::{
    Account, Accounts, BaseImage, BaseKnown, Build, Closure, DeletedFile, Deployment, Digest, Distribution, Ecosystem, ElfFacts, ElfKind,
    Evidence, FileCaps, FileChecks, FileEntry, FileKind, Gathered, Group, Hardening, HealthCheck, HistoryStep, ImageConfig, ImageFacts,
    Inventory, Language, LayerInfo, LayerRead, Link, Missing, Need, OpenEnd, Package, Platform, Problem, Reached, Relro, Sboms, SecretFind,
    SecretNature, SecretPlace, Severity, SourceText, Stated, Subject, Vex, Vulnerabilities, Vulnerability,
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

    /// `User`.
    #[must_use]
    pub fn user(mut self, user: &str) -> Self {
        user.clone_into(&mut self.image.config.user);
        self
    }

    /// `Entrypoint`.
    #[must_use]
    pub fn entrypoint(mut self, words: &[&str]) -> Self {
        self.image.config.entrypoint = words.iter().map(|w| (*w).to_owned()).collect();
        self
    }

    /// `Cmd`.
    #[must_use]
    pub fn cmd(mut self, words: &[&str]) -> Self {
        self.image.config.cmd = words.iter().map(|w| (*w).to_owned()).collect();
        self
    }

    /// `Env`.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.image.config.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// `WorkingDir`.
    #[must_use]
    pub fn workdir(mut self, path: &str) -> Self {
        path.clone_into(&mut self.image.config.working_dir);
        self
    }

    /// A label.
    #[must_use]
    pub fn label(mut self, name: &str, value: &str) -> Self {
        self.image.config.labels.insert(name.to_owned(), value.to_owned());
        self
    }

    /// An annotation of the manifest.
    #[must_use]
    pub fn annotation(mut self, name: &str, value: &str) -> Self {
        self.image.annotations.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A volume.
    #[must_use]
    pub fn volume(mut self, path: &str) -> Self {
        self.image.config.volumes.push(path.to_owned());
        self.image.config.volumes.sort();
        self
    }

    /// An exposed port, as `22/tcp`.
    #[must_use]
    pub fn port(mut self, port: &str) -> Self {
        self.image.config.exposed_ports.push(port.to_owned());
        self
    }

    /// `StopSignal`.
    #[must_use]
    pub fn stop_signal(mut self, signal: &str) -> Self {
        self.image.config.stop_signal = Some(signal.to_owned());
        self
    }

    /// `Healthcheck` with an engine's default times.
    #[must_use]
    pub fn health(mut self, test: &[&str]) -> Self {
        self.image.config.healthcheck =
            Some(HealthCheck { test: test.iter().map(|w| (*w).to_owned()).collect(), ..HealthCheck::default() });
        self
    }

    /// Anything else of the config.
    #[must_use]
    pub fn config(mut self, change: impl FnOnce(&mut ImageConfig)) -> Self {
        change(&mut self.image.config);
        self
    }

    /// Anything else of the image.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut ImageFacts)) -> Self {
        change(&mut self.image);
        self
    }

    /// A step of the history that made a further layer; files added next lie in it.
    #[must_use]
    pub fn layer(mut self, created_by: &str) -> Self {
        let at = self.image.layers.len();
        let mut layer = self.image.layers[0].clone();
        layer.digest = digest(at as u8 + 1);
        layer.diff_id = Some(layer.digest.clone());
        layer.step = Some(self.image.history.len());
        self.image.layers.push(layer);
        self.image.history.push(HistoryStep { created: None, created_by: created_by.to_owned(), comment: String::new(), layer: Some(at) });
        self
    }

    /// A step of the history that made no layer.
    #[must_use]
    pub fn step(mut self, created_by: &str) -> Self {
        self.image.history.push(HistoryStep { created_by: created_by.to_owned(), ..HistoryStep::default() });
        self
    }

    /// The first layers are the base image's.
    #[must_use]
    pub fn base(mut self, layers: usize) -> Self {
        self.image.base = BaseImage::Known(BaseKnown { how: "--base".to_owned(), name: None, digest: None, layers });
        self
    }

    /// A layer that was not read.
    #[must_use]
    pub fn layer_not_read(mut self, layer: usize, why: &str) -> Self {
        self.image.layers[layer].read = LayerRead::Not(why.to_owned());
        self
    }

    /// A layer of which only a part was read.
    #[must_use]
    pub fn layer_partly_read(mut self, layer: usize, why: &str) -> Self {
        self.image.layers[layer].read = LayerRead::Partly(why.to_owned());
        self
    }

    /// A problem met while gathering.
    #[must_use]
    pub fn problem(mut self, problem: Problem) -> Self {
        self.problems.push(problem);
        self
    }

    /// What `os-release` says.
    #[must_use]
    pub fn distribution(mut self, id: &str, version: &str) -> Self {
        self.image.distribution = Some(Distribution {
            id: id.to_owned(),
            id_like: Vec::new(),
            version_id: Some(version.to_owned()),
            name: format!("{id} {version}"),
        });
        self
    }

    /// The media type of the manifest.
    #[must_use]
    pub fn media_type(mut self, media_type: &str) -> Self {
        media_type.clone_into(&mut self.media_type);
        self
    }

    fn entry(&mut self, path: &str, kind: FileKind, mode: u32, uid: u64, gid: u64) -> &mut FileEntry {
        self.image.tree.files.retain(|f| f.path != path);
        let layer = self.image.layers.len() as u32 - 1;
        let file = FileEntry { path: path.to_owned(), kind, mode, uid, gid, size: 100, mtime: 0, link: None, caps: None, layer };
        let at = self.image.tree.files.partition_point(|f| f.path.as_str() < path);
        self.image.tree.files.insert(at, file);
        &mut self.image.tree.files[at]
    }

    /// The directories above a path that are not there yet.
    fn parents(&mut self, path: &str) {
        for (end, _) in path.match_indices('/') {
            if self.image.tree.find(&path[..end]).is_none() {
                self.entry(&path[..end], FileKind::Directory, 0o755, 0, 0).size = 0;
            }
        }
    }

    /// A directory.
    #[must_use]
    pub fn dir(mut self, path: &str, mode: u32, uid: u64, gid: u64) -> Self {
        self.parents(path);
        self.entry(path, FileKind::Directory, mode, uid, gid).size = 0;
        self
    }

    /// A regular file of root.
    #[must_use]
    pub fn file(self, path: &str, mode: u32) -> Self {
        self.file_as(path, mode, 0, 0)
    }

    /// A regular file.
    #[must_use]
    pub fn file_as(mut self, path: &str, mode: u32, uid: u64, gid: u64) -> Self {
        self.parents(path);
        self.entry(path, FileKind::Regular, mode, uid, gid);
        self
    }

    /// A regular file of this size.
    #[must_use]
    pub fn sized(mut self, path: &str, size: u64) -> Self {
        self.parents(path);
        self.entry(path, FileKind::Regular, 0o644, 0, 0).size = size;
        self
    }

    /// A symbolic link.
    #[must_use]
    pub fn link(mut self, path: &str, target: &str) -> Self {
        self.parents(path);
        self.entry(path, FileKind::Symlink, 0o777, 0, 0).link = Some(target.to_owned());
        self
    }

    /// A file of another kind.
    #[must_use]
    pub fn special(mut self, path: &str, kind: FileKind) -> Self {
        self.parents(path);
        self.entry(path, kind, 0o666, 0, 0);
        self
    }

    /// File capabilities, effective, by bit numbers.
    #[must_use]
    pub fn caps(mut self, path: &str, bits: &[u32]) -> Self {
        let permitted = bits.iter().fold(0, |set, bit| set | 1_u64 << bit);
        self.entry(path, FileKind::Regular, 0o755, 0, 0).caps = Some(FileCaps { permitted, inheritable: 0, effective: true });
        self
    }

    /// A file that a later layer deletes.
    #[must_use]
    pub fn deleted(mut self, path: &str, size: u64) -> Self {
        let layer = self.image.layers.len() as u32 - 1;
        let entry = FileEntry {
            path: path.to_owned(),
            kind: FileKind::Regular,
            mode: 0o644,
            uid: 0,
            gid: 0,
            size,
            mtime: 0,
            link: None,
            caps: None,
            layer,
        };
        self.image.tree.deleted.push(DeletedFile { entry, by_layer: layer + 1, replaced: false });
        self
    }

    /// A captured text, and its file where that is not there yet.
    #[must_use]
    pub fn text(mut self, path: &str, text: &str) -> Self {
        if self.image.tree.find(path).is_none() {
            self = self.file(path, 0o644);
        }
        self.image.texts.retain(|t| t.path != path);
        self.image.texts.push(plimsoll_evidence::CapturedText { path: path.to_owned(), text: text.to_owned(), cut: false });
        self.image.texts.sort_by(|a, b| a.path.cmp(&b.path));
        self
    }

    /// An executable text.
    #[must_use]
    pub fn script(self, path: &str, text: &str) -> Self {
        self.file(path, 0o755).text(path, text)
    }

    /// An ELF file, and its file where that is not there yet.
    #[must_use]
    pub fn elf(mut self, facts: ElfFacts) -> Self {
        if self.image.tree.find(&facts.path).is_none() {
            self = self.file(&facts.path, 0o755);
        }
        self.image.elfs.push(facts);
        self.image.elfs.sort_by(|a, b| a.path.cmp(&b.path));
        self
    }

    /// A file that the config's command reaches.
    #[must_use]
    pub fn reach(mut self, path: &str, how: Link) -> Self {
        self.reached.push((path.to_owned(), how, None));
        self
    }

    /// A file that another one reaches.
    #[must_use]
    pub fn reach_from(mut self, via: &str, path: &str, how: Link) -> Self {
        self.reached.push((path.to_owned(), how, Some(via.to_owned())));
        self
    }

    /// Something that is needed and not there.
    #[must_use]
    pub fn missing(mut self, wanted: &str, how: Link) -> Self {
        self.image.closure.missing.push(Missing { wanted: wanted.to_owned(), by: None, how, line: None });
        self
    }

    /// A place where the closure may go on.
    #[must_use]
    pub fn open_end(mut self, why: &str) -> Self {
        self.image.closure.open_ends.push(OpenEnd { by: None, opens: plimsoll_evidence::Opening::Anything, why: why.to_owned() });
        self
    }

    /// Why nothing is reached.
    #[must_use]
    pub fn stopped(mut self, why: &str) -> Self {
        self.image.closure.stopped = Some(why.to_owned());
        self
    }

    /// A user of passwd.
    #[must_use]
    pub fn account(mut self, name: &str, uid: u32, gid: u32) -> Self {
        let line = self.image.accounts.users.len() as u32 + 1;
        self.image.accounts.has_passwd = true;
        self.image.accounts.users.push(Account {
            name: name.to_owned(),
            uid,
            gid,
            home: format!("/home/{name}"),
            shell: "/sbin/nologin".to_owned(),
            line,
        });
        self
    }

    /// A group.
    #[must_use]
    pub fn group(mut self, name: &str, gid: u32) -> Self {
        self.image.accounts.groups.push(Group { name: name.to_owned(), gid, members: Vec::new() });
        self
    }

    /// A package, and the paths that it owns.
    #[must_use]
    pub fn package(mut self, ecosystem: Ecosystem, name: &str, version: &str, paths: &[&str]) -> Self {
        for path in paths {
            self.owned.insert((*path).to_owned(), self.packages.len());
        }
        self.packages.push(Package {
            installed_bytes: 1_000_000,
            layer: self.image.layers.len() as u32 - 1,
            ..Package::new(ecosystem, name, version, "var/lib/dpkg/status")
        });
        self
    }

    /// Changes the package that was added last.
    #[must_use]
    pub fn last_package(mut self, change: impl FnOnce(&mut Package)) -> Self {
        if let Some(package) = self.packages.last_mut() {
            change(package);
        }
        self
    }

    /// What the advisory database says, apart from the vulnerabilities that [`Kit::vulnerability`] adds.
    #[must_use]
    pub fn advisories(mut self, advisories: Vulnerabilities) -> Self {
        self.vulnerabilities = Some(Box::new(advisories));
        self
    }

    /// A vulnerability of the package that was added last.
    #[must_use]
    pub fn vulnerability(mut self, vulnerability: Vulnerability) -> Self {
        let component = self.packages.len().saturating_sub(1) as u32;
        let vulnerability = Vulnerability { component, ..vulnerability };
        self.vulnerabilities.get_or_insert_default().found.push(vulnerability);
        self
    }

    /// A credential.
    #[must_use]
    pub fn secret(mut self, rule: &str, severity: Severity, place: SecretPlace, nature: SecretNature) -> Self {
        let layer = matches!(place, SecretPlace::File { .. }).then(|| self.image.layers.len() as u32 - 1);
        let find = SecretFind {
            rule: rule.to_owned(),
            title: format!("a {rule}"),
            severity,
            place,
            redacted: "ABC****".to_owned(),
            fingerprint: "0123456789abcdef".to_owned(),
            nature,
            advice: None,
        };
        if matches!(find.place, SecretPlace::Source(_)) {
            self.source_secrets.push(find);
        } else {
            self.image.secrets.push((layer, find));
        }
        self
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

    /// How the files of packages compare with their digests; places are those of the evidence.
    #[must_use]
    pub fn files(mut self, files: FileChecks) -> Self {
        self.files = Box::new(files);
        self
    }

    /// What bills of materials say; places are those of the evidence.
    #[must_use]
    pub fn sboms(mut self, sboms: Sboms) -> Self {
        self.sboms = Some(Box::new(sboms));
        self
    }

    /// A package that a bill of materials alone names; its place is that of the evidence.
    #[must_use]
    pub fn stated(mut self, package: u32, by: &str) -> Self {
        self.stated.push(Stated { package, by: by.to_owned() });
        self
    }

    /// What documents of exploitability say; places are those of the evidence.
    #[must_use]
    pub fn vex(mut self, vex: Vex) -> Self {
        self.vex = Some(Box::new(vex));
        self
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
