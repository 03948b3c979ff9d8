//! What only a build needs.

mod build_files;

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use plimsoll_evidence::{Ecosystem, FileEntry, FileKind, ImageFacts, Package};

use super::prelude::*;
use crate::shown::{bytes, count, list};

const ID: ItemId = ItemId("no-build-dependencies");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Dev / compile time dependencies are removed",
    section: Section::BuildProcess,
    requirement: "Compilers, build tools and other things that only the build needs are not in the final image; builds have several stages.",
    why: "A compiler in a running container makes an attacker's tools from source; test tools and caches bring holes that nothing needs.",
    remediation: "Build in one stage and copy only the result into a final stage that never had the tools. Removing them in a later step leaves them in the layers below.",
    references: &[footnote(2), footnote(3)],
    rules: &[BUILDER, TOOL, DEV_PACKAGE, VCS, HEADERS, STATIC_LIBS, CACHE, DEV_DEPENDENCY, REPOSITORY, BUILD_FILES, DELETED],
    example: Some(Example {
        language: "dockerfile",
        bad: "FROM golang:1.24\nCOPY . .\nRUN go build -o /app\nCMD [\"/app\"]",
        good: "FROM golang:1.24 AS build\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /app\nFROM scratch\nCOPY --from=build /app /app\nENTRYPOINT [\"/app\"]",
    }),
    rests_on: &[RestsOn::Files, RestsOn::Packages, RestsOn::BuildFiles],
    judge,
};

const STAGE: &str = "Build in a stage of its own, and copy only the result into the final stage.";
const BUILDER: Rule = Rule::new(
    "builder-ships",
    Medium,
    "What ships starts from an image made for building.",
    "Give that stage a name (AS build), add a last stage that starts from a small image, and copy the result: COPY --from=build.",
);
const TOOL: Rule = Rule::new("build-tool", Medium, "A compiler, linker or build tool is in the image.", STAGE);
const DEV_PACKAGE: Rule = Rule::new("development-package", Low, "A package of headers and libraries for building is in the image.", STAGE);
const VCS: Rule = Rule::new("version-control", Low, "A version control system is in the image.", STAGE);
const HEADERS: Rule = Rule::new("headers", Low, "Header files are in the image.", STAGE);
const STATIC_LIBS: Rule = Rule::new("static-libraries", Low, "Static libraries or object files are in the image.", STAGE);
const CACHE: Rule = Rule::new(
    "cache",
    Low,
    "The cache of a package manager or build tool is in the image.",
    "Turn the cache off or mount it: RUN --mount=type=cache, apk add --no-cache, pip install --no-cache-dir, rm -rf /var/lib/apt/lists/* in the same step.",
);
const DEV_DEPENDENCY: Rule = Rule::new(
    "development-dependency",
    Low,
    "Packages that only development needs are installed.",
    "Install without them: npm ci --omit=dev, pip without the test extras.",
);
const REPOSITORY: Rule = Rule::new(
    "repository",
    Medium,
    "A version control repository is in the image, with the history of all its files.",
    "List .git in .dockerignore, and copy only what runs.",
);
const BUILD_FILES: Rule = Rule::new(
    "build-files",
    Low,
    "Files that only the build reads are in the image.",
    "List them in .dockerignore, and copy only what runs.",
);
const DELETED: Rule = Rule::new(
    "deleted-still-ships",
    Low,
    "Build tools or caches are deleted by a later layer and still ship in the one below.",
    "Remove them in the step that brings them in, or build in a stage of its own.",
);

/// Packages of build tools, by the names that distributions give them; a version at the end is left out.
const TOOLS: [&str; 66] = [
    "python3-pip",
    "python3-setuptools",
    "python3-wheel",
    "py3-pip",
    "py3-setuptools",
    "npm",
    "yarn",
    "yarnpkg",
    "gcc",
    "g++",
    "cpp",
    "clang",
    "llvm",
    "make",
    "cmake",
    "ninja-build",
    "ninja",
    "meson",
    "autoconf",
    "automake",
    "libtool",
    "binutils",
    "bison",
    "flex",
    "build-essential",
    "build-base",
    "dpkg-dev",
    "fakeroot",
    "rustc",
    "cargo",
    "rust",
    "golang",
    "golang-go",
    "go",
    "gccgo",
    "gfortran",
    "openjdk-jdk",
    "maven",
    "gradle",
    "ant",
    "bazel",
    "scons",
    "pkg-config",
    "pkgconf",
    "patch",
    "m4",
    "nasm",
    "yasm",
    "gdb",
    "lldb",
    "strace",
    "ltrace",
    "valgrind",
    "devscripts",
    "debhelper",
    "rpm-build",
    "abuild",
    "alpine-sdk",
    "gcc-c++",
    "glibc-devel",
    "node-gyp",
    "swig",
    "cython",
    "cython3",
    "ghc",
    "erlang-dev",
];
const VCS_PACKAGES: [&str; 8] = ["git", "git-core", "mercurial", "subversion", "bzr", "cvs", "fossil", "git-lfs"];

/// Programs that build, where no package says so.
const PROGRAMS: [&str; 33] = [
    "gcc", "g++", "cc", "c++", "cc1", "cc1plus", "clang", "clang++", "tcc", "ld", "ld.bfd", "ld.gold", "ld.lld", "as", "make", "gmake",
    "cmake", "ninja", "meson", "bazel", "go", "gofmt", "rustc", "cargo", "zig", "ghc", "swiftc", "javac", "mvn", "gradle", "tsc", "nasm",
    "collect2",
];

/// Version control, where no package says so.
const VCS_PROGRAMS: [&str; 5] = ["git", "hg", "svn", "cvs", "fossil"];

/// A program's name without a version behind it and the machine that it builds for before it: `x86_64-linux-gnu-gcc-12`.
fn program(name: &str) -> &str {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-'));
    let stem = if stem.is_empty() || name == "cc1" { name } else { stem };
    ["-gnu-", "-musl-", "-gnueabihf-", "-gnueabi-"].iter().find_map(|abi| stem.rsplit_once(abi)).map_or(stem, |(_, program)| program)
}

/// Directories of caches, and what fills them. Those that start with a slash stand at the root; the others below any home directory.
const CACHES: [(&str, &str); 19] = [
    ("/var/lib/apt/lists", "apt"),
    ("/var/cache/apt/archives", "apt"),
    ("/var/cache/apk", "apk"),
    ("/etc/apk/cache", "apk"),
    ("/var/cache/dnf", "dnf"),
    ("/var/cache/yum", "yum"),
    ("/var/cache/zypp", "zypper"),
    ("/go/pkg/mod", "Go"),
    ("/usr/local/cargo/registry", "Cargo"),
    (".cache/pip", "pip"),
    (".cache/uv", "uv"),
    (".cache/go-build", "Go"),
    (".npm/_cacache", "npm"),
    (".cache/yarn", "yarn"),
    (".m2/repository", "Maven"),
    (".gradle/caches", "Gradle"),
    (".cargo/registry", "Cargo"),
    (".composer/cache", "Composer"),
    (".cache/node-gyp", "node-gyp"),
];

/// A directory's worth of files.
struct Heap<'a> {
    first: &'a FileEntry,
    files: usize,
    bytes: u64,
}

fn heap<'a>(into: &mut BTreeMap<String, Heap<'a>>, key: String, file: &'a FileEntry) {
    let entry = into.entry(key).or_insert(Heap { first: file, files: 0, bytes: 0 });
    entry.files += 1;
    entry.bytes += file.size;
}

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let mut case = Case::new(ID, evidence);
    build_files::builder(&mut case, evidence);
    let Some(image) = evidence.image.found() else { return build_files::alone(case, evidence) };
    let mut total = 0;
    let packages: &[Package] = evidence.components.found().map_or(&[], |i| &i.packages);
    for package in packages.iter().filter(|p| p.ecosystem.is_system()) {
        if let Some(rule) = rule_of(package) {
            total += package.installed_bytes;
            let size = if package.installed_bytes > 0 { format!(", {}", bytes(package.installed_bytes)) } else { String::new() };
            case.find(rule)
                .about(&package.name)
                .says(format!(
                    "The package {} {} is only for building{size}; layer {} brought it.",
                    package.name, package.version, package.layer
                ))
                .in_layer(package.layer, &package.recorded_in, None, None)
                .add();
        }
    }
    let inventory = evidence.components.found();
    let owned = |id: u32| inventory.is_some_and(|i| i.owner(id).is_some_and(|p| p.ecosystem.is_system()));
    let builders: Vec<bool> = packages.iter().map(|p| p.ecosystem.is_system() && rule_of(p).is_some()).collect();
    let owned_by_builder =
        |id: u32| inventory.and_then(|i| i.owners.get(id as usize)).is_some_and(|o| builders.get(*o as usize) == Some(&true));
    let mut heaps: BTreeMap<&str, BTreeMap<String, Heap<'_>>> = BTreeMap::new();
    for (id, file) in image.tree.files.iter().enumerate().filter(|(_, f)| f.kind == FileKind::Regular) {
        if let Some((rule, key)) = kind_of(file, || owned(id as u32), || owned_by_builder(id as u32)) {
            heap(heaps.entry(rule).or_default(), key, file);
        }
    }
    for (rule, heaps) in &heaps {
        let Some(rule) = ITEM.rule(rule) else { continue };
        for (key, heap) in heaps {
            total += heap.bytes;
            case.find(rule)
                .about(key)
                .says(format!("{key}: {}, {}; {}", count(heap.files, "file"), bytes(heap.bytes), lower(rule.finds)))
                .in_file(heap.first)
                .add();
        }
    }
    development(&mut case, packages);
    deleted(&mut case, image);
    let fail = format!("{} that only a build needs, {}.", count(case.failing(), "thing"), bytes(total));
    let pass = format!(
        "No build tool, header, cache or repository among {} and {}.",
        count(image.tree.regular(), "file"),
        count(packages.len(), "package")
    );
    case.conclude(fail, "", pass)
}

/// What a system package is for.
fn rule_of(package: &Package) -> Option<&'static Rule> {
    rule_of_name(&package.name).or_else(|| matches!(package.section.as_deref(), Some("libdevel")).then_some(&DEV_PACKAGE))
}

/// What a system package is for, by its name.
fn rule_of_name(name: &str) -> Option<&'static Rule> {
    // Thousands of packages are asked about.
    static NAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| TOOLS.into_iter().collect());
    let tools = &*NAMES;
    // gcc-12-base and its like are the empty roots of libraries that everything needs.
    if name.ends_with("-base") && name != "build-base" {
        return None;
    }
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-'));
    let stem = stem.strip_suffix("-x86-64-linux-gnu").unwrap_or(stem);
    if VCS_PACKAGES.contains(&name) {
        Some(&VCS)
    } else if tools.contains(name) || tools.contains(stem) || (name.starts_with("openjdk-") && name.contains("-jdk")) {
        Some(&TOOL)
    } else if ["-dev", "-devel"].iter().any(|end| name.ends_with(end)) || (name.ends_with("-static") && is_library(name)) {
        Some(&DEV_PACKAGE)
    } else {
        None
    }
}

/// Whether a package of this name holds static libraries; others that end so are programs (busybox-static, qemu-user-static).
fn is_library(name: &str) -> bool {
    !["busybox-static", "bash-static", "zsh-static", "dash-static", "qemu-user-static", "curl-static", "e2fsck-static", "sash-static"]
        .contains(&name)
}

/// What a file is for, by its path alone: the rule, and the heap that it belongs to.
fn kind_of(file: &FileEntry, owned: impl Fn() -> bool, owned_by_builder: impl Fn() -> bool) -> Option<(&'static str, String)> {
    let path = file.path.as_str();
    let in_home = path.starts_with("root/") || path.starts_with("home/") || path.starts_with('.');
    // Most files lie where none of them is.
    let may_be_cache = in_home || ["var/", "etc/apk/", "go/", "usr/local/cargo/"].iter().any(|d| path.starts_with(d));
    for (cache, tool) in CACHES.into_iter().filter(|_| may_be_cache) {
        let end = match cache.strip_prefix('/') {
            Some(absolute) => path.strip_prefix(absolute).is_some_and(|rest| rest.starts_with('/')).then_some(absolute.len()),
            None if in_home => path.find(cache).map(|at| at + cache.len()).filter(|end| path[*end..].starts_with('/')),
            None => None,
        };
        // Empty lock files stay behind.
        if let Some(end) = end.filter(|_| file.size > 0 && file.name() != "lock") {
            return Some((CACHE.name, format!("/{} ({tool})", &path[..end])));
        }
    }
    if let Some(at) = repository(path) {
        return Some((REPOSITORY.name, format!("/{}.git", &path[..at])));
    }
    let name = file.name();
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e);
    // Headers of a package for building are that package's finding; those that another package brings are headers all the same.
    if (path.starts_with("usr/include/") || path.starts_with("usr/local/include/")) && !owned_by_builder() {
        return Some((HEADERS.name, "/usr/include".to_owned()));
    }
    if matches!(extension, "a" | "o" | "la")
        && (path.starts_with("usr/") || path.starts_with("lib/") || path.starts_with("opt/"))
        && !owned()
        && !path.contains("node_modules/")
    {
        return Some((STATIC_LIBS.name, format!("/{}", file.parent())));
    }
    if file.mode & 0o111 != 0 && (file.parent().ends_with("bin") || file.parent().contains("lib/gcc") || file.parent().contains("libexec"))
    {
        let builds = PROGRAMS.contains(&name) || PROGRAMS.contains(&program(name));
        let rule = builds.then_some(&TOOL).or_else(|| VCS_PROGRAMS.contains(&name).then_some(&VCS));
        if let Some(rule) = rule.filter(|_| !owned()) {
            return Some((rule.name, file.absolute()));
        }
    }
    let build_file = matches!(
        name,
        "Dockerfile"
            | "Containerfile"
            | ".dockerignore"
            | "docker-compose.yml"
            | "Jenkinsfile"
            | ".gitlab-ci.yml"
            | "CMakeLists.txt"
            | "Makefile"
    );
    let in_library = || {
        ["usr/share/", "usr/lib/", "usr/local/lib/", "usr/include/"].iter().any(|d| path.starts_with(d))
            || path.contains("node_modules/")
            || path.contains("site-packages/")
    };
    (build_file && !in_library() && !owned()).then(|| (BUILD_FILES.name, file.absolute()))
}

/// Where in a path a directory `.git` starts. Few paths have a name that starts with a dot, so that is looked for first.
fn repository(path: &str) -> Option<usize> {
    let at_start = path.starts_with(".git/").then_some(0);
    at_start.or_else(|| memchr::memchr_iter(b'.', path.as_bytes()).find(|at| *at > 0 && path.as_bytes()[at - 1..].starts_with(b"/.git/")))
}

/// Packages that the records mark as development's, and test tools by name: one finding a project.
fn development(case: &mut Case<'_>, packages: &[Package]) {
    const PYTHON: [&str; 12] =
        ["pytest", "tox", "nox", "mypy", "pylint", "flake8", "black", "coverage", "ipdb", "cython", "pre-commit", "ruff"];
    let mut groups: BTreeMap<String, Vec<&Package>> = BTreeMap::new();
    for package in packages
        .iter()
        .filter(|p| p.development || (p.ecosystem == Ecosystem::Python && PYTHON.contains(&p.name.to_ascii_lowercase().as_str())))
    {
        let project = package.recorded_in.split("/node_modules/").next().unwrap_or_default();
        let project = if package.ecosystem == Ecosystem::Npm {
            project.trim_end_matches("/package-lock.json")
        } else {
            package.recorded_in.rsplit_once('/').map_or("", |(d, _)| d.rsplit_once('/').map_or(d, |(d, _)| d))
        };
        groups.entry(project.to_owned()).or_default().push(package);
    }
    for (project, group) in groups {
        let names: Vec<String> = group.iter().map(|p| format!("{} {}", p.name, p.version)).collect();
        if let Some(first) = group.first() {
            case.find(&DEV_DEPENDENCY)
                .about(&project)
                .says(format!("{} for development only in /{project}: {}.", count(names.len(), "package"), list(&names, 6)))
                .in_layer(first.layer, &first.recorded_in, None, None)
                .add();
        }
    }
}

/// What a later layer deletes, by layer: it still ships.
fn deleted(case: &mut Case<'_>, image: &ImageFacts) {
    let mut by_layer: BTreeMap<u32, BTreeMap<String, Heap<'_>>> = BTreeMap::new();
    for gone in image.tree.deleted.iter().filter(|d| d.entry.kind == FileKind::Regular && !d.replaced) {
        if let Some((_, key)) = kind_of(&gone.entry, || false, || false) {
            heap(by_layer.entry(gone.entry.layer).or_default(), key, &gone.entry);
        }
    }
    for (layer, heaps) in by_layer {
        let size: u64 = heaps.values().map(|h| h.bytes).sum();
        let names: Vec<&str> = heaps.keys().map(String::as_str).collect();
        if let Some(first) = heaps.values().next() {
            case.find(&DELETED)
                .about(list(&names, 4))
                .says(format!("{} in layer {layer} are deleted later and still ship: {}.", bytes(size), list(&names, 4)))
                .in_file(first.first)
                .add();
        }
    }
}

fn lower(text: &str) -> String {
    // "C or C++ code" keeps its capital.
    if text.starts_with("C ") {
        return text.to_owned();
    }
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let package = |name: &str| Kit::new().package(Ecosystem::Dpkg, name, "1", &[]);
        let cases = vec![
            (Kit::new(), "pass"),
            (package("gcc-12"), "fail: medium build-tool"),
            (package("g++"), "fail: medium build-tool"),
            (package("gcc-12-base"), "pass"),
            (package("libgcc-s1"), "pass"),
            (package("libssl-dev"), "fail: low development-package"),
            (package("git"), "fail: low version-control"),
            (package("openjdk-17-jdk-headless"), "fail: medium build-tool"),
            (package("openjdk-17-jre-headless"), "pass"),
            (package("makedev"), "pass"),
            (Kit::new().file("usr/local/bin/cargo", 0o755), "fail: medium build-tool"),
            (Kit::new().file("usr/local/go/bin/go", 0o755), "fail: medium build-tool"),
            (Kit::new().file("usr/bin/ld", 0o755), "fail: medium build-tool"),
            (Kit::new().file("usr/bin/x86_64-linux-gnu-gcc-12", 0o755), "fail: medium build-tool"),
            (Kit::new().file("opt/bin/git", 0o755), "fail: low version-control"),
            (Kit::new().file("srv/go", 0o755), "pass"),
            (Kit::new().file("usr/bin/cargo", 0o644), "pass"),
            (Kit::new().file("usr/bin/make", 0o755).package(Ecosystem::Dpkg, "make", "4", &["usr/bin/make"]), "fail: medium build-tool"),
            (Kit::new().file("app/.git/HEAD", 0o644).file("app/.git/config", 0o644), "fail: medium repository"),
            (Kit::new().file("app/x.git/HEAD", 0o644), "pass"),
            (Kit::new().file("ü.git/é.x/.git/HEAD", 0o644), "fail: medium repository"),
            (Kit::new().file(".git/HEAD", 0o644), "fail: medium repository"),
            (Kit::new().file("root/.cache/pip/http/x", 0o644), "fail: low cache"),
            (Kit::new().file("var/lib/apt/lists/x", 0o644), "fail: low cache"),
            (Kit::new().sized("var/lib/apt/lists/lock", 0), "pass"),
            (Kit::new().file("usr/include/x.h", 0o644).file("usr/include/y.h", 0o644), "fail: low headers"),
            (Kit::new().file("usr/lib/x.a", 0o644), "fail: low static-libraries"),
            (Kit::new().file("app/Dockerfile", 0o644), "fail: low build-files"),
            (
                Kit::new().package(Ecosystem::Npm, "mocha", "1", &[]).last_package(|p| p.development = true),
                "fail: low development-dependency",
            ),
            (Kit::new().package(Ecosystem::Python, "pytest", "8", &[]), "fail: low development-dependency"),
            (Kit::new().deleted("root/.cache/pip/x", 9_000_000).layer("RUN rm"), "fail: low deleted-still-ships"),
            (Kit::new().deleted("root/x", 9).layer("RUN rm"), "pass"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.evidence().components);
        }
    }
}
