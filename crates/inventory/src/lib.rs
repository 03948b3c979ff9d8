//! What is installed in an image: package databases, language packages, who owns which file; and the image's own
//! accounts and distribution.
//!
//! Each analyser answers two questions: does it want this path (cheap, without reading), and what is in these bytes.
//! Which of several databases counts, and who owns what a container sees, is decided by [`assemble`] once the layers are stacked.

mod accounts;
mod apk;
mod assemble;
mod bytes;
mod cargo;
mod composer;
mod dpkg;
mod gem;
mod go;
mod java;
mod npm;
mod nuget;
mod os_release;
mod purl;
mod python;
mod rpm;
mod sections;
mod stanza;
#[cfg(test)]
mod testkit;
mod texts;

use plimsoll_layers::Analyser;

pub use accounts::accounts;
pub use apk::Apk;
pub use assemble::assemble;
pub use cargo::Cargo;
pub use composer::Composer;
pub use dpkg::Dpkg;
pub use gem::Gem;
pub use go::Go;
pub use java::Java;
pub use npm::Npm;
pub use nuget::NuGet;
pub use os_release::distribution;
pub use purl::of as purl_of;
pub use python::Python;
pub use rpm::Rpm;
pub use texts::Texts;

/// Every analyser of this room.
pub fn analysers() -> Vec<Box<dyn Analyser>> {
    vec![
        Box::new(Texts),
        Box::new(Dpkg),
        Box::new(Apk),
        Box::new(Rpm),
        Box::new(Python),
        Box::new(Npm),
        Box::new(Java),
        Box::new(Go),
        Box::new(Cargo),
        Box::new(Gem),
        Box::new(Composer),
        Box::new(NuGet),
    ]
}
