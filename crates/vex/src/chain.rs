//! The chain from what a container starts to a file.

use plimsoll_evidence::{Closure, FileId, FileTree, Link};

/// One file of a chain, and how the one before it reaches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its path, with the leading slash.
    pub path: String,
    /// How it is reached.
    pub how: Link,
}

/// The files from the start to a reached file, that one last; none where nothing reaches it.
pub fn chain(closure: &Closure, tree: &FileTree, file: FileId) -> Option<Vec<Step>> {
    let mut at = closure.reached.iter().position(|r| r.file == file)?;
    let mut steps = Vec::new();
    loop {
        let reached = closure.reached.get(at)?;
        steps.push(Step { path: tree.files.get(reached.file as usize)?.absolute(), how: reached.how });
        // Each is reached by one before it: a longer chain than there are files is none.
        match reached.via {
            Some(via) if steps.len() <= closure.reached.len() => at = via as usize,
            Some(_) => return None,
            None => break,
        }
    }
    steps.reverse();
    Some(steps)
}

/// How a step is reached, in words that follow the file before it.
pub const fn link_words(how: Link) -> &'static str {
    match how {
        Link::Entrypoint => "the image starts it",
        Link::Argument => "the command names it as an argument",
        Link::HealthCheck => "the health check starts it",
        Link::Interpreter => "its program interpreter",
        Link::Shebang => "its first line names it",
        Link::Needed => "it is linked against it",
        Link::Dlopen => "it may load it while it runs: the name stands in it",
        Link::Command => "it runs it",
        Link::Module => "a part of its runtime or of the application's modules",
        Link::Symlink => "a link that leads to it",
    }
}
