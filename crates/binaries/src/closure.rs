//! What an image's entrypoint reaches: from the command through program interpreters, needed and dlopened libraries,
//! shebangs, the commands of shell scripts and the modules of language runtimes.

mod libraries;
mod runtimes;
mod walk;

use plimsoll_evidence::{CapturedText, Closure, ElfFacts, FileTree, ImageConfig, Link};

use walk::Walk;

/// Computes the closure from what a container of the image sees. `elfs` and `texts` are sorted by path.
pub fn closure(tree: &FileTree, elfs: &[ElfFacts], texts: &[CapturedText], config: &ImageConfig) -> Closure {
    let command: Vec<String> = config.entrypoint.iter().chain(&config.cmd).cloned().collect();
    let mut walk = Walk::new(tree, elfs, texts, config);
    let stopped = if command.is_empty() {
        Some("the image names no command (neither Entrypoint nor Cmd)".to_owned())
    } else {
        walk.start(&command, Link::Entrypoint);
        walk.reached.is_empty().then(|| format!("the image's command {:?} is not in the image", command[0]))
    };
    if let Some(health) = &config.healthcheck {
        match health.test.split_first() {
            Some((kind, command)) if kind == "CMD" => walk.start(command, Link::HealthCheck),
            Some((kind, command)) if kind == "CMD-SHELL" => walk.start_in_shell(command, Link::HealthCheck),
            _ => {}
        }
    }
    walk.run();
    Closure { command, reached: walk.reached, missing: walk.missing, open_ends: walk.open_ends, stopped }
}
