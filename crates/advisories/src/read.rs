//! Publishers' forms, one file each.

pub(crate) mod bodhi;
pub(crate) mod builds;
pub(crate) mod catalogues;
mod composer;
mod constraint;
pub(crate) mod csaf;
pub(crate) mod debian;
mod gem;
pub(crate) mod osv;
pub(crate) mod oval;
pub(crate) mod rustsec;
pub(crate) mod secdb;
pub(crate) mod trackers;
pub(crate) mod updateinfo;
mod wolfi;
pub(crate) mod yaml;
