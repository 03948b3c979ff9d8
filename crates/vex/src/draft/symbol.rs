//! Whether a symbol that a person names is defined or imported by anything that a container runs: what is done by hand with `nm -D`.

use std::collections::HashSet;

use plimsoll_evidence::{Ecosystem, FileEntry, FileId, ImageFacts, Inventory, Package, VexJustification, Vulnerability};

use super::{Proof, starts};
use crate::symbols::{Holder, Symbols, hides_names};

/// Holders that a reason names one by one.
const MOST_HOLDERS: usize = 3;

/// The proof that nothing that runs has to do with the symbols, or why there is none. `closed` says whether what runs is known to its end.
pub(super) fn not_used(
    vulnerability: &Vulnerability,
    package: &Package,
    image: &ImageFacts,
    inventory: &Inventory,
    symbols: &Symbols,
    closed: &Result<HashSet<FileId>, String>,
) -> Result<Proof, String> {
    let named = symbols.wanted.join(", ");
    if let Some(why) = symbols.unread.first() {
        return Err(format!("not every file was looked through for {named}: {why}"));
    }
    if !package.ecosystem.is_system() {
        return Err(format!("code of {} may be built into anything under other names than {named}", package.ecosystem.name()));
    }
    let reached: Vec<String> = symbols.holders.iter().filter_map(|h| told(h, image)).collect();
    if !reached.is_empty() {
        let more = if reached.len() > MOST_HOLDERS { format!("; and {} more", reached.len() - MOST_HOLDERS) } else { String::new() };
        return Err(format!("{}{more}", reached.iter().take(MOST_HOLDERS).cloned().collect::<Vec<_>>().join("; ")));
    }
    let may = closed.as_ref().map_err(Clone::clone)?;
    let named_only: Vec<String> = symbols
        .holders
        .iter()
        .filter(|h| image.tree.find(&h.path).is_some_and(|f| may.contains(&f)))
        .map(|h| format!("/{} {} {}, and what is reached names it", h.path, h.verb(), h.symbol))
        .collect();
    if let Some(first) = named_only.first() {
        return Err(first.clone());
    }
    let file = |id: FileId| image.tree.files.get(id as usize);
    let mut runs: Vec<FileId> = may.iter().copied().collect();
    runs.sort_unstable();
    let runs = runs.into_iter().filter_map(file).filter_map(|f| image.elf(&f.path));
    let mut read = 0;
    for elf in runs {
        if let Some(why) = hides_names(elf, symbols) {
            return Err(format!("/{} {why}, so it may hold {named} and not show it", elf.path));
        }
        read += 1;
    }
    let own: Vec<FileId> =
        inventory.owners.iter().enumerate().filter(|(_, owner)| **owner == vulnerability.component).map(|(f, _)| f as FileId).collect();
    let own: Vec<&FileEntry> = own.into_iter().filter_map(file).filter(|f| image.elf(&f.path).is_some()).collect();
    if own.is_empty() {
        return Err(format!("{} has no program or library that could define {named}", package.name));
    }
    let defining: Vec<String> =
        own.iter().filter(|f| symbols.holders.iter().any(|h| h.defines && h.path == f.path)).map(|f| f.absolute()).collect();
    let nothing = format!("None of the {read} programs and libraries that what starts reaches defines or imports {named}");
    let from = "what runs was followed to its end. It holds for the command that the image itself starts.";
    if !defining.is_empty() {
        let words = format!("{nothing}; of {}, {} defines it, which nothing reaches. {from}", package.name, defining.join(", "));
        let justification = VexJustification::VulnerableCodeNotInExecutePath;
        return Ok(Proof { justification, words, files: defining, more_files: 0, starts: starts(image) });
    }
    if let Some(stripped) = own.iter().find(|f| image.elf(&f.path).is_none_or(|e| !e.has_symbols)) {
        return Err(format!(
            "no file defines {named} by name, but {} is stripped: what it keeps to itself has no name there",
            stripped.absolute()
        ));
    }
    let words = format!(
        "{nothing}, and none of the {} of {} defines it, whose symbol tables are whole; a function that was inlined wherever it is called would not show. {from}",
        own.len(),
        package.name
    );
    let files = own.iter().map(|f| f.absolute()).collect();
    Ok(Proof { justification: VexJustification::VulnerableCodeNotPresent, words, files, more_files: 0, starts: starts(image) })
}

/// Who has to do with a symbol and is reached, with the way there.
fn told(holder: &Holder, image: &ImageFacts) -> Option<String> {
    let way = holder.chain(image)?;
    let way: Vec<&str> = way.iter().map(|s| s.path.as_str()).collect();
    Some(format!("/{} {} {}, reached by {}", holder.path, holder.verb(), holder.symbol, way.join(" → ")))
}

/// Whether a name is one of Go's: `path/of/package.Function`.
pub(super) fn is_of_go(package: &Package) -> bool {
    package.ecosystem == Ecosystem::Go
}
