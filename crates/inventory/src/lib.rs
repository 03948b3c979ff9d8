//! What is installed in an image: package databases, language packages, who owns which file; and the image's own
//! accounts and distribution.
//!
//! Each analyser answers two questions: does it want this path (cheap, without reading), and what is in these bytes.
//! Which of several databases counts, and who owns what a container sees, is decided by [`assemble`] once the layers are stacked.

mod accounts;
mod apk;
mod assemble;
mod beam;
mod by_place;
mod bytes;
mod cargo;
mod chisel;
mod composer;
mod conda;
mod copyright;
mod cran;
mod directories;
mod dotnet_bundle;
mod dpkg;
mod file_sums;
mod gem;
mod go;
mod haskell;
mod java;
mod licence_texts;
mod lock;
mod nix;
mod npm;
mod nuget;
mod os_release;
mod pacman;
mod perl;
mod portage;
mod programs;
mod purl;
mod python;
mod python_archive;
mod rpm;
mod sections;
mod stanza;
#[cfg(test)]
mod testkit;
mod texts;
mod told_licences;
mod verify;
mod wordpress;

use plimsoll_layers::Analyser;

pub use accounts::accounts;
pub use apk::Apk;
pub use assemble::{assemble, assemble_in};
pub use beam::Beam;
pub use by_place::{BREW, ByPlace, LUA};
pub use cargo::Cargo;
pub use chisel::Chisel;
pub use composer::Composer;
pub use conda::Conda;
pub use copyright::Copyright;
pub use cran::Cran;
pub use directories::Directories;
pub use dotnet_bundle::DotNetBundle;
pub use dpkg::Dpkg;
pub use file_sums::{FileSums, file_sums};
pub use gem::Gem;
pub use go::Go;
pub use haskell::Haskell;
pub use java::Java;
pub use java::code as java_code;
pub use java::code::JavaCode;
pub use licence_texts::{LicenceTexts, licence_texts};
pub use lock::Locks;
pub use npm::Npm;
pub use nuget::NuGet;
pub use os_release::distribution;
pub use pacman::Pacman;
pub use perl::Perl;
pub use portage::Portage;
pub use programs::Programs;
pub use purl::of as purl_of;
pub use python::Python;
pub use python_archive::PythonArchives;
pub use rpm::Rpm;
pub use texts::Texts;
pub use told_licences::share as share_licences;
pub use verify::{Depth, Plan, Rehash, Stack, hard_links};
pub use wordpress::WordPress;

/// Every analyser of this room.
pub fn analysers() -> Vec<Box<dyn Analyser>> {
    vec![
        Box::new(Texts),
        Box::new(Dpkg),
        Box::new(Copyright),
        Box::new(Apk),
        Box::new(Rpm),
        Box::new(Python),
        Box::new(PythonArchives),
        Box::new(Npm),
        Box::new(Java),
        Box::new(Go),
        Box::new(Cargo),
        Box::new(Gem),
        Box::new(Composer),
        Box::new(NuGet),
        Box::new(DotNetBundle),
        Box::new(Pacman),
        Box::new(Portage),
        Box::new(Conda),
        Box::new(Cran),
        Box::new(BREW),
        Box::new(Programs),
        Box::new(Locks),
        Box::new(Beam),
        Box::new(Perl),
        Box::new(Haskell),
        Box::new(LUA),
        Box::new(WordPress),
        Box::new(Chisel),
    ]
}
