//! The source side: what declares an image and how it runs, read into evidence. It judges nothing.
//!
//! Every text is read by [`Sources`], once, with credentials concealed before anything parses it: no value of a credential can come out
//! by another way.

pub mod build;
mod deployment;
mod sources;

pub use deployment::{DeploymentOptions, ImageNames, read_deployment, read_deployment_and_builds, read_deployment_text};
pub use sources::{Conceal, KeepAll, Sources};
