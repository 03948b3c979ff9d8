//! What the parts of one process can do together: a program, the libraries that it needs, and those that may be loaded into it.

use std::collections::HashSet;

use plimsoll_evidence::{ElfFacts, ElfKind, FileId, Language};

use super::kinds::{is_c_library, is_of_c_library, is_shell};
use super::{OfFile, Reach};

/// The runtime of C++ that takes apart names of other languages too, and so looks like one.
const OF_CPP: &str = "libstdc++.so";

impl<'a> Reach<'a> {
    /// Takes the words of each process by what its parts can do together: a name may stand in one and be used by another.
    pub(super) fn count_processes(&mut self) -> Result<(), String> {
        let elfs: Vec<(FileId, &ElfFacts)> =
            self.files.keys().filter_map(|id| Some((*id, self.image.elf(&self.file(*id)?.path)?))).collect();
        let is_start = |elf: &ElfFacts| elf.kind == ElfKind::Executable && !is_c_library(elf);
        let mut needed: HashSet<FileId> = HashSet::new();
        let mut processes: Vec<HashSet<FileId>> = Vec::new();
        for (program, _) in elfs.iter().filter(|(id, e)| is_start(e) && !self.file(*id).is_some_and(|f| is_shell(f.name()))) {
            let mut parts = HashSet::from([*program]);
            let mut todo = vec![*program];
            while let Some(part) = todo.pop() {
                todo.extend(self.linked.get(&part).into_iter().flatten().copied().filter(|p| parts.insert(*p)));
            }
            needed.extend(&parts);
            processes.push(parts);
        }
        // What is loaded by a name may be loaded by any that can load.
        let loaded: Vec<FileId> =
            elfs.iter().filter(|(id, e)| !is_start(e) && !needed.contains(id) && !is_of_c_library(e)).map(|(id, _)| *id).collect();
        let mut order: Vec<Vec<FileId>> = Vec::new();
        let can_load = |id: &FileId| {
            let part = self.file(*id).filter(|f| self.image.elf(&f.path).is_some_and(|e| !is_c_library(e)));
            part.and_then(|f| self.named.of.get(&f.path)).is_some_and(|of| of.loads)
        };
        for mut parts in processes {
            if parts.iter().any(can_load) {
                parts.extend(&loaded);
            }
            let mut parts: Vec<FileId> = parts.into_iter().collect();
            parts.sort_unstable();
            order.push(parts);
        }
        order.sort_unstable();
        for parts in order {
            self.count(&parts)?;
        }
        Ok(())
    }

    fn count(&mut self, parts: &[FileId]) -> Result<(), String> {
        let of = |id: &FileId| -> Option<(&'a ElfFacts, &'a OfFile)> {
            let path = &self.file(*id)?.path;
            // A C library starts and loads what its callers tell it to.
            let elf = self.image.elf(path).filter(|e| !is_c_library(e))?;
            Some((elf, self.named.of.get(path)?))
        };
        let those: Vec<(FileId, &ElfFacts, &OfFile)> = parts.iter().filter_map(|id| of(id).map(|(elf, of)| (*id, elf, of))).collect();
        let starts = those.iter().any(|(_, _, of)| of.starts);
        let loads = those.iter().any(|(_, _, of)| of.loads);
        if !starts && !loads {
            return Ok(());
        }
        for (id, elf, of) in &those {
            // Strings of other languages have no ends, and what is linked statically needs nobody to start a program.
            let is_other = |l: &Language| !matches!(l, Language::C | Language::Cpp);
            let is_cpp = elf.path.rsplit('/').next().is_some_and(|n| n.starts_with(OF_CPP));
            if of.unread || (!is_cpp && elf.languages.iter().any(is_other)) {
                let path = format!("/{}", elf.path);
                return Err(format!("which files {path} names cannot be told from its bytes: {}", self.way(*id)));
            }
            if starts {
                self.start.take(self.named, of, *id);
            }
            if loads {
                self.load.take(self.named, of, *id);
            }
        }
        for id in &self.texts {
            if let Some(of) = self.image.tree.files.get(*id as usize).and_then(|f| self.named.of.get(&f.path)) {
                if starts {
                    self.start.take(self.named, of, *id);
                }
                if loads {
                    self.load.take(self.named, of, *id);
                }
            }
        }
        if starts {
            // system(3) and its likes.
            self.say("/bin/sh");
        }
        Ok(())
    }
}
