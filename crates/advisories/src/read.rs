//! Publishers' forms, one file each.

pub(crate) mod catalogues;
mod composer;
mod constraint;
pub(crate) mod debian;
mod gem;
pub(crate) mod osv;
pub(crate) mod rustsec;
pub(crate) mod secdb;
mod wolfi;
pub(crate) mod yaml;
