//! One item explained: for the terminal, and as the page of the documentation. Both come from the item itself.

use std::fmt::Write as _;

use plimsoll_checklist::{Item, Level, Reference};

use crate::wrap::wrap;

/// An item for the terminal.
pub fn explain(item: &Item, width: usize) -> String {
    let mut out = format!("{} — {}\n{} · level {}\n", item.id, item.title, item.section.title(), level(item));
    for (heading, text) in [("Requirement", item.requirement), ("Why it matters", item.why), ("How to meet it", item.remediation)] {
        let _ = write!(out, "\n{heading}\n  ");
        wrap(&mut out, text, width, 2, 2);
    }
    out.push_str("\nRules\n");
    for rule in item.rules {
        let _ = write!(out, "  {}/{} ({})\n    ", item.id, rule.name, rule.severity.name());
        wrap(&mut out, rule.finds, width, 4, 4);
        out.push_str("    mend: ");
        wrap(&mut out, rule.mend, width, 10, 10);
    }
    if let Some(example) = &item.example {
        for (heading, lines) in [("Fails", example.bad), ("Passes", example.good)] {
            let _ = writeln!(out, "\n{heading}");
            for line in lines.lines() {
                let _ = writeln!(out, "  {line}");
            }
        }
    }
    out.push_str("\nReferences\n");
    for reference in item.references {
        out.push_str("  ");
        wrap(&mut out, &shown(reference), width, 2, 2);
    }
    out
}

/// An item's page of the documentation.
pub fn explain_markdown(item: &Item) -> String {
    let mut out = format!("# {}\n\n`{}` · {} · level {}\n\n", item.title, item.id, item.section.title(), level(item));
    let _ = write!(
        out,
        "{}\n\n## Why it matters\n\n{}\n\n## How to meet it\n\n{}\n\n## Rules\n\n",
        item.requirement, item.why, item.remediation
    );
    out.push_str("| rule | severity | finds | how to mend |\n| --- | --- | --- | --- |\n");
    for rule in item.rules {
        let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
        let _ = writeln!(out, "| `{}/{}` | {} | {} | {} |", item.id, rule.name, rule.severity.name(), cell(rule.finds), cell(rule.mend));
    }
    if let Some(example) = &item.example {
        let _ = write!(
            out,
            "\n## Example\n\nFails:\n\n```{0}\n{1}\n```\n\nPasses:\n\n```{0}\n{2}\n```\n",
            example.language, example.bad, example.good
        );
    }
    out.push_str("\n## References\n\n");
    for reference in item.references {
        let _ = writeln!(out, "- {}", shown(reference));
    }
    out
}

fn level(item: &Item) -> &'static str {
    match item.level() {
        Level::Basic => "B (basic)",
        Level::Standard => "S (standard)",
        Level::High => "H (high protection needs)",
    }
}

/// `BSI IT-Grundschutz 2023, SYS.1.6.A6 (B): use of secure images`.
fn shown(reference: &Reference) -> String {
    let clause = if reference.clause.is_empty() { String::new() } else { format!(", {}", reference.clause) };
    let level = reference.level.map(|l| format!(" ({})", l.letter())).unwrap_or_default();
    format!("{}{clause}{level}: {}", reference.standard, reference.about)
}
