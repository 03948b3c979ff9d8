//! How native code is guarded against memory faults.

use std::collections::BTreeMap;

use plimsoll_evidence::{ElfFacts, ElfKind, ImageFacts, Language, Relro};

use super::prelude::*;
use crate::shown::{count, list};

const ID: ItemId = ItemId("memory-safety");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Memory safety measures are implemented",
    section: Section::BuildProcess,
    requirement: "The project takes measures to reduce or avoid memory safety issues: memory-safe languages, and for the rest every mitigation that compilers offer.",
    why: "Most severe holes of native code are memory faults. A memory-safe language has none of them; mitigations turn a takeover into a crash.",
    remediation: "Write new code in a memory-safe language; build C and C++ with -fPIE -pie -fstack-protector-strong -D_FORTIFY_SOURCE=3 -fcf-protection -Wl,-z,relro,-z,now,-z,noexecstack.",
    references: &[footnote(26)],
    rules: &[RWX, EXEC_STACK, TEXTREL, NO_PIE, NO_RELRO, NO_CANARY, PARTIAL_RELRO, NO_FORTIFY, NO_BRANCH, SYSTEM],
    example: Some(Example {
        language: "sh",
        bad: "gcc -no-pie -z execstack -o app app.c",
        good: "gcc -O2 -fPIE -pie -fstack-protector-strong -D_FORTIFY_SOURCE=3 -fcf-protection -Wl,-z,relro,-z,now -o app app.c",
    }),
    rests_on: &[RestsOn::Files, RestsOn::Packages],
    judge,
};

const RWX: Rule = Rule::new(
    "writable-executable-segment",
    High,
    "Memory of a program is writable and executable at once.",
    "Link with -Wl,-z,separate-code and without -N; find the object whose section is both.",
);
const EXEC_STACK: Rule = Rule::new(
    "executable-stack",
    High,
    "A program's stack is executable.",
    "Link with -Wl,-z,noexecstack; add a .note.GNU-stack section to assembler files.",
);
const TEXTREL: Rule = Rule::new(
    "text-relocations",
    Medium,
    "A program's code is written while it is loaded.",
    "Build all of its objects with -fPIC or -fPIE.",
);
const NO_PIE: Rule = Rule::new("no-pie", Medium, "A program always lies at the same address.", "Build with -fPIE -pie.");
const NO_RELRO: Rule = Rule::new("no-relro", Medium, "A program's relocation tables stay writable.", "Link with -Wl,-z,relro,-z,now.");
const NO_CANARY: Rule =
    Rule::new("no-stack-protector", Medium, "C or C++ code without stack protector.", "Compile with -fstack-protector-strong.");
const PARTIAL_RELRO: Rule =
    Rule::new("partial-relro", Low, "A part of a program's relocation tables stays writable.", "Link with -Wl,-z,now as well.");
const NO_FORTIFY: Rule = Rule::new(
    "no-fortify",
    Low,
    "C or C++ code calls unchecked forms of functions that have checked ones.",
    "Compile with -O2 -D_FORTIFY_SOURCE=3.",
);
const NO_BRANCH: Rule = Rule::new(
    "no-branch-protection",
    Info,
    "C or C++ code without marks for hardware control-flow protection.",
    "Compile with -fcf-protection (x86) or -mbranch-protection=standard (Arm).",
);
const SYSTEM: Rule = Rule::new(
    "distribution-build",
    Info,
    "Programs of the distribution's packages lack mitigations.",
    "Nothing to do in the project; choose a distribution that builds with them, or remove what is not needed.",
);

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let Some(image) = evidence.image.found() else { return without_image(evidence) };
    let mut case = Case::new(ID, evidence);
    let inventory = evidence.components.found();
    let mut languages: BTreeMap<&str, u64> = BTreeMap::new();
    let mut system_weak: Vec<String> = Vec::new();
    let mut system_first = None;
    let (mut own, mut safe) = (0, 0);
    for elf in image.elfs.iter().filter(|e| matches!(e.kind, ElfKind::Executable | ElfKind::SharedLibrary)) {
        let Some(id) = image.tree.find(&elf.path) else { continue };
        let file = image.tree.file(id);
        let is_system = inventory.and_then(|i| i.owner(id)).is_some_and(|p| p.ecosystem.is_system());
        let bad = grave(elf);
        if is_system {
            // A distribution's build matters where the application reaches it; what is grave is said of any program.
            if !bad.is_empty() && image.closure.reaches(id) {
                for rule in bad {
                    case.find(rule)
                        .says(format!("{}, reached from the entrypoint: {}", file.absolute(), lower(rule.finds)))
                        .in_file(file)
                        .add();
                }
            } else if image.closure.reaches(id) && !weak(elf).is_empty() {
                system_weak.push(file.absolute());
                system_first = system_first.or(Some(file));
            }
            continue;
        }
        own += 1;
        let language = elf.languages.first().copied();
        *languages.entry(language.map_or("unknown", name)).or_default() += elf.code_bytes;
        safe += usize::from(is_memory_safe(elf));
        for rule in bad.into_iter().chain(weak(elf)) {
            case.find(rule).says(format!("{}: {}", file.absolute(), lower(rule.finds))).in_file(file).add();
        }
    }
    if let Some(first) = system_first {
        case.find(&SYSTEM)
            .says(format!("{} of the distribution lack a mitigation: {}.", count(system_weak.len(), "native file"), list(&system_weak, 4)))
            .in_file(first)
            .add();
    }
    let total: u64 = languages.values().sum();
    let shares: Vec<String> = {
        let mut by_size: Vec<_> = languages.iter().collect();
        by_size.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
        by_size.iter().map(|(name, n)| format!("{name} {} %", (**n * 100).checked_div(total).unwrap_or_default())).collect()
    };
    if own == 0 {
        return nothing_native(case, image);
    }
    let of = format!("{} of the application's own ({}), {safe} of them memory-safe", count(own, "native file"), list(&shares, 5));
    case.conclude(format!("{of}; mitigations are missing."), "", format!("{of}; all are built with the mitigations that fit them."))
}

/// Without native code of its own an application is memory-safe when a managed runtime or shell runs it; with nothing that runs, nobody knows.
fn nothing_native(mut case: Case<'_>, image: &ImageFacts) -> Verdict {
    if image.closure.stopped.is_some() || image.closure.reached.is_empty() {
        case.need(
            "what the container starts: no native code of the application was found, and nothing is reached",
            "set ENTRYPOINT or CMD in the image",
        );
    }
    if !image.closure.missing.is_empty() && case.failing() == 0 {
        case.need("the programs that run the application: some that it needs are not in the image", "see the item self-contained-image");
    }
    case.conclude(
        "Native code that the application reaches lacks grave mitigations.",
        "No native code of the application was found.",
        "The image has no native code but the distribution's, and none that is reached lacks a grave mitigation.",
    )
}

fn grave(elf: &ElfFacts) -> Vec<&'static Rule> {
    let h = &elf.hardening;
    let mut rules = Vec::new();
    if h.rwx_segment {
        rules.push(&RWX);
    }
    // Objects and Go's static programs without the header: the kernel's default on 64-bit processors other than x86 is no execution.
    if !h.nx {
        rules.push(&EXEC_STACK);
    }
    rules
}

fn weak(elf: &ElfFacts) -> Vec<&'static Rule> {
    let h = &elf.hardening;
    let mut rules = Vec::new();
    if h.text_relocations {
        rules.push(&TEXTREL);
    }
    let native = !is_memory_safe(elf);
    if elf.kind == ElfKind::Executable && !h.pie && native {
        rules.push(&NO_PIE);
    }
    if !h.static_linked && native {
        match h.relro {
            Relro::None => rules.push(&NO_RELRO),
            Relro::Partial => rules.push(&PARTIAL_RELRO),
            Relro::Full => {}
        }
    }
    if native && h.stack_protector == Some(false) {
        rules.push(&NO_CANARY);
    }
    if native && h.fortify == Some(false) {
        rules.push(&NO_FORTIFY);
    }
    if native && !h.branch_protection && matches!(elf.architecture.as_str(), "amd64" | "arm64") {
        rules.push(&NO_BRANCH);
    }
    rules
}

/// Whether a program is of a memory-safe language and nothing else: Go and Rust that link no C of their own.
fn is_memory_safe(elf: &ElfFacts) -> bool {
    !elf.languages.is_empty() && elf.languages.iter().all(|l| matches!(l, Language::Go | Language::Rust))
        || (elf.languages.first().is_some_and(|l| matches!(l, Language::Go | Language::Rust)) && !elf.languages.contains(&Language::Cpp))
}

const fn name(language: Language) -> &'static str {
    match language {
        Language::Rust => "Rust",
        Language::Go => "Go",
        Language::Cpp => "C++",
        Language::C => "C",
        Language::Other => "other",
    }
}

/// A sentence as the second half of one.
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
    use plimsoll_evidence::{Ecosystem, Link};

    use super::*;
    use crate::testkit::{Kit, elf};

    #[test]
    fn cases() {
        let app = |change: fn(&mut ElfFacts)| {
            let mut facts = elf("app");
            change(&mut facts);
            Kit::new().entrypoint(&["/app"]).elf(facts).reach("app", Link::Entrypoint)
        };
        let packaged = |change: fn(&mut ElfFacts)| app(change).package(Ecosystem::Dpkg, "x", "1", &["app"]);
        let cases = [
            (app(|_| {}), "pass"),
            (app(|e| e.hardening.pie = false), "fail: medium no-pie"),
            (app(|e| e.hardening.nx = false), "fail: high executable-stack"),
            (app(|e| e.hardening.rwx_segment = true), "fail: high writable-executable-segment"),
            (app(|e| e.hardening.relro = Relro::None), "fail: medium no-relro"),
            (app(|e| e.hardening.relro = Relro::Partial), "fail: low partial-relro"),
            (app(|e| e.hardening.stack_protector = Some(false)), "fail: medium no-stack-protector"),
            (app(|e| e.hardening.stack_protector = None), "pass"),
            (app(|e| e.hardening.fortify = Some(false)), "fail: low no-fortify"),
            (app(|e| e.hardening.branch_protection = false), "pass: info no-branch-protection"),
            (app(|e| e.hardening.text_relocations = true), "fail: medium text-relocations"),
            (
                app(|e| {
                    e.languages = vec![Language::Go];
                    e.hardening.pie = false;
                    e.hardening.static_linked = true;
                    e.hardening.relro = Relro::None;
                }),
                "pass",
            ),
            (app(|e| (e.kind, e.hardening.pie) = (ElfKind::SharedLibrary, false)), "pass"),
            (packaged(|e| e.hardening.pie = false), "pass: info distribution-build"),
            (packaged(|e| e.hardening.nx = false), "fail: high executable-stack"),
            (Kit::new(), "unknown"),
            (Kit::new().script("e.sh", "#!/bin/sh\n").reach("e.sh", Link::Entrypoint), "pass"),
            (Kit::new().script("e.sh", "#!/bin/sh\n").reach("e.sh", Link::Entrypoint).missing("/bin/sh", Link::Shebang), "unknown"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
    }
}
