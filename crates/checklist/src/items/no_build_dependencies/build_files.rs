//! What the build files say of build tools in what ships.

use plimsoll_evidence::{Base, Deed, Does, Evidence, Install, Run, Says};

use super::{BUILDER, CACHE, rule_of_name};
use crate::Verdict;
use crate::built::{self, Doing, doings, files};
use crate::case::{Case, without_image};
use crate::reference::{full, official, tag};
use crate::shown::{count, list};

/// What an image made for building is for. Official images of Docker Hub, by their pages: those that are compilers, and those that the
/// full variant of a language's image brings by standing on `buildpack-deps`.
fn made_for(reference: &str) -> Option<&'static str> {
    let tag = tag(reference).unwrap_or("latest");
    let small = ["slim", "alpine", "distroless", "chainguard"].iter().any(|word| tag.contains(word));
    let full = full(reference);
    if full.contains("dotnet/sdk") || full.contains("/dotnet-sdk") {
        return Some("the .NET SDK");
    }
    if full.ends_with("-dev") && full.starts_with("cgr.dev/chainguard/") {
        return Some("building on Wolfi");
    }
    Some(match official(reference)?.as_str() {
        "golang" => "compiling Go",
        "rust" => "compiling Rust",
        "gcc" => "compiling C and C++",
        "maven" | "gradle" | "sbt" => "building for the JVM",
        "haskell" => "compiling Haskell",
        "swift" if !tag.contains("slim") => "compiling Swift",
        "buildpack-deps" if !tag.contains("curl") => "building packages",
        "composer" => "installing PHP's packages",
        "eclipse-temurin" | "openjdk" | "ibm-semeru-runtimes"
            if tag.contains("jdk") || (!tag.contains("jre") && official(reference).as_deref() == Some("openjdk")) =>
        {
            "compiling Java"
        }
        "amazoncorretto" | "sapmachine" if !tag.contains("jre") && !tag.contains("headless") => "compiling Java",
        "node" | "python" | "ruby" | "perl" if !small => "building native modules (its full variant has compilers and headers)",
        _ => return None,
    })
}

/// The base of what ships, where it is made for building. The image shows what that brings; which line brings it, the build file does.
pub(super) fn builder(case: &mut Case<'_>, evidence: &Evidence) {
    for file in files(evidence) {
        let Some((from, Base::Image(image))) = file.base() else { continue };
        if let Some(what) = made_for(&image.text) {
            let says = format!("What ships starts from {:?}, made for {what}.", from.value);
            case.find(&BUILDER).about(&from.value).says(says).in_source(from.place).add();
        }
    }
}

/// The verdict without an image.
pub(super) fn alone(mut case: Case<'_>, evidence: &Evidence) -> Verdict {
    if !built::given(evidence) {
        return without_image(evidence);
    }
    for Doing { step, run, deed } in doings(evidence).filter(|d| d.step.ships) {
        let upgrade;
        let install = match &deed.does {
            Does::Install(install) => install,
            // An upgrade leaves what an installation leaves.
            Does::Upgrade { manager } => {
                upgrade = Install { manager: manager.clone(), ..Install::default() };
                &upgrade
            }
            _ => continue,
        };
        if install.removed {
            continue;
        }
        for package in &install.packages {
            if let Some(rule) = rule_of_name(&package.value.name).filter(|_| is_system(&install.manager)) {
                case.find(rule)
                    .about(&package.value.name)
                    .says(format!("{} installs {}, which only a build needs, into what ships.", install.manager, package.value.name))
                    .in_source(package.place)
                    .add();
            }
        }
        if let Some(cache) = cache_left(install, deed, run, step.file) {
            case.find(&CACHE)
                .about(&deed.command)
                .says(format!("{} leaves {cache} in the layer.", install.manager))
                .in_source(deed.place)
                .add();
        }
    }
    built::need_unread(&mut case, evidence);
    case.need("the image itself: what its base brings is not in the build file", "name the image to check");
    let names: Vec<&str> = files(evidence).iter().filter_map(|f| f.base()).map(|(from, _)| from.value.as_str()).collect();
    let fail = format!("{} that only a build needs in what ships.", count(case.failing(), "thing"));
    if names.is_empty() || names.iter().all(|name| *name == "scratch") {
        return case.conclude(fail, "The build file brings nothing that only a build needs; what it copies is not known.", "");
    }
    case.conclude(fail, format!("The build file brings nothing that only a build needs; what {} brings is not known.", list(&names, 3)), "")
}

fn is_system(manager: &str) -> bool {
    ["apt", "apk", "yum", "dnf", "microdnf", "tdnf", "zypper", "pacman", "aptitude"].iter().any(|name| manager.starts_with(name))
}

/// The cache that an installation leaves behind, where nothing in its step clears it and no mount takes it.
fn cache_left(install: &Install, deed: &Deed, run: &Run, file: &plimsoll_evidence::BuildFile) -> Option<&'static str> {
    let mounted = |part: &str| {
        run.mounts.iter().any(|m| (m.kind == "cache" || m.kind == "tmpfs") && m.target.as_deref().is_some_and(|t| t.contains(part)))
    };
    // What is cleared before it is filled is filled again.
    let later = run.deeds.iter().position(|d| std::ptr::eq(d, deed)).map_or(0, |at| at + 1);
    let cleaned = |words: &[&str]| {
        run.deeds.iter().skip(later).any(|d| matches!(&d.does, Does::Clean { what } if words.iter().any(|w| what.contains(w))))
    };
    let variable = |name: &str| file.environment().contains_key(name);
    let (cache, clear) = match install.manager.as_str() {
        // The images of Debian and Ubuntu clear the archives by themselves, unless a step removes what does.
        "apt-get" | "apt" | "aptitude"
            if keeps_archives(file) && !mounted("/var/cache/apt") && !cleaned(&["apt-get", "apt", "/var/cache/apt"]) =>
        {
            return Some("/var/cache/apt/archives");
        }
        "apt-get" | "apt" | "aptitude" => {
            ("/var/lib/apt/lists", mounted("/var/lib/apt") || cleaned(&["/var/lib/apt", "/var/lib/", "dist-clean", "distclean"]))
        }
        "apk" => (
            "/var/cache/apk",
            install.no_cache || mounted("/var/cache/apk") || mounted("/etc/apk/cache") || cleaned(&["/var/cache/apk", "/var/cache/"]),
        ),
        "yum" => ("/var/cache/yum", mounted("/var/cache") || cleaned(&["yum", "dnf", "/var/cache"])),
        "dnf" | "dnf5" | "microdnf" | "tdnf" => ("/var/cache/dnf", mounted("/var/cache") || cleaned(&["dnf", "yum", "/var/cache"])),
        "zypper" => ("/var/cache/zypp", mounted("/var/cache") || cleaned(&["zypper", "/var/cache"])),
        "pip" | "pip2" | "pip3" => {
            (".cache/pip", install.no_cache || mounted(".cache") || cleaned(&["pip", ".cache"]) || variable("PIP_NO_CACHE_DIR"))
        }
        _ => return None,
    };
    (!clear && !install.local).then_some(cache)
}

fn keeps_archives(file: &plimsoll_evidence::BuildFile) -> bool {
    file.own().any(|i| match &i.says {
        Says::Run(run) => run.deeds.iter().any(|d| matches!(&d.does, Does::Clean { what } if what.ends_with("docker-clean"))),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::super::ITEM;
    use crate::built::tests::{alone, lines};

    #[test]
    fn cases() {
        let clean = "rm -rf /var/lib/apt/lists/*";
        let cases = [
            ("FROM golang:1.24\nRUN go build\n".to_owned(), "fail: builder-ships:1:6"),
            ("FROM golang:1.24 AS b\nFROM gcr.io/distroless/static\nCOPY --from=b /x /\n".to_owned(), "unknown"),
            ("FROM golang:1.24 AS b\nFROM b\n".to_owned(), "fail: builder-ships:1:6"),
            ("FROM python:3.12\n".to_owned(), "fail: builder-ships:1:6"),
            ("FROM python:3.12-slim\n".to_owned(), "unknown"),
            ("FROM mcr.microsoft.com/dotnet/sdk:8.0\n".to_owned(), "fail: builder-ships:1:6"),
            ("FROM eclipse-temurin:21-jre\n".to_owned(), "unknown"),
            ("FROM eclipse-temurin:21-jdk\n".to_owned(), "fail: builder-ships:1:6"),
            (
                format!("FROM a\nRUN apt-get update && apt-get install -y gcc-12 libssl-dev git curl && {clean}\n"),
                "fail: build-tool:2:42, development-package:2:49, version-control:2:60",
            ),
            (format!("FROM a AS b\nRUN apt-get install -y gcc && {clean}\nFROM c\nCOPY --from=b /x /\n"), "unknown"),
            ("FROM a\nRUN apk add --no-cache --virtual .b gcc && make && apk del .b\n".to_owned(), "unknown"),
            ("FROM a\nRUN apt-get update && apt-get install -y curl\n".to_owned(), "fail: cache:2:23"),
            (format!("FROM a\nRUN apt-get install -y curl\nRUN {clean}\n"), "fail: cache:2:5"),
            ("FROM a\nRUN --mount=type=cache,target=/var/lib/apt apt-get install -y curl\n".to_owned(), "unknown"),
            ("FROM a\nRUN apk add curl\n".to_owned(), "fail: cache:2:5"),
            ("FROM a\nRUN dnf clean all && dnf install -y curl\n".to_owned(), "fail: cache:2:22"),
            ("FROM a\nRUN dnf -y upgrade\n".to_owned(), "fail: cache:2:5"),
            ("FROM a\nRUN PIP_NO_CACHE_DIR=off pip install x\n".to_owned(), "unknown"),
            (
                "FROM a\nRUN rm -f /etc/apt/apt.conf.d/docker-clean\nRUN --mount=type=cache,target=/var/lib/apt apt-get install -y x\n"
                    .to_owned(),
                "fail: cache:3:44",
            ),
            ("FROM a\nRUN apt-get install -y curl; apt-get dist-clean\n".to_owned(), "unknown"),
            ("FROM a\nRUN apt-get install -y curl; apt-get clean\n".to_owned(), "fail: cache:2:5"),
            (
                "FROM a\nRUN apt-get install -y gcc; apt-mark auto '.*'; apt-get purge -y --auto-remove; rm -rf /var/lib/apt/lists/*\n"
                    .to_owned(),
                "unknown",
            ),
            ("FROM a\nRUN dnf install -y curl && dnf clean all\n".to_owned(), "unknown"),
            ("FROM a\nRUN pip install x\n".to_owned(), "fail: cache:2:5"),
            ("FROM a\nENV PIP_NO_CACHE_DIR=1\nRUN pip install x\n".to_owned(), "unknown"),
        ];
        for (text, wanted) in cases {
            assert_eq!(lines(&alone(&text), &ITEM), wanted, "{text}");
        }
    }
}
