#![doc = include_str!("../README.md")]

mod bill;
mod check;
mod compare;
mod describe;
mod diff;
mod identity;
mod package;
mod read;
mod time;
mod write;

pub use bill::{Bill, Component, Hash, Kind};
pub use check::{Rule, Shortcoming, check};
pub use compare::{GivenSbom, apply};
pub use describe::{Creator, Description, describe, list};
pub use diff::{Change, Difference, diff};
pub use package::distribution_of;
pub use read::{SbomContents, SbomError, read};
pub use write::{Form, write};
