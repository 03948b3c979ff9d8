//! `plimsoll vex add`: a statement, written.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use plimsoll_evidence::Evidence;
use plimsoll_purl::Purl;
use plimsoll_vex::NewStatement;

use super::args::Add;
use crate::args::Common;
use crate::plan::now;
use crate::reading::one_image;
use crate::status::Status;

pub(super) fn run(given: &Add, common: &Common) -> anyhow::Result<Status> {
    let mut products = given.product.clone();
    if let Some(image) = &given.image {
        let evidence = one_image(image, &given.reading, common, &[])?;
        products.push(image_purl(&evidence, image, given.name.as_deref())?);
    }
    let said = NewStatement {
        vulnerability: given.vulnerability.clone(),
        status: given.status.into(),
        justification: given.justification.map(Into::into),
        impact: given.impact.clone(),
        action: given.action.clone(),
        products,
        parts: given.component.clone(),
    };
    let shown = given.file.display();
    let existing = match fs::read(&given.file) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| format!("{shown} cannot be read")),
    };
    let now = now()?.context("this machine's clock is before 1970; set SOURCE_DATE_EPOCH")?;
    let text =
        plimsoll_vex::add(existing.as_deref(), std::slice::from_ref(&said), &(&given.author).into(), given.format.map(Into::into), now)
            .with_context(|| format!("{shown} is left as it was"))?;
    replace(&given.file, &text).with_context(|| format!("cannot write {shown}"))?;
    if !common.quiet {
        eprintln!("{shown}: {} is said {} of {}", said.vulnerability, said.status.words(), said.products.join(", "));
    }
    Ok(Status::Fine)
}

/// Whole or not at all: what others said before must not be lost.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let directory = path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    // A document is for others to read, as any file that is made is.
    let mode = fs::metadata(path).map_or_else(|_| std::os::unix::fs::PermissionsExt::from_mode(0o644), |m| m.permissions());
    file.as_file().set_permissions(mode)?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// `pkg:oci/NAME@DIGEST` of an image, called as the user says, else as it was named.
pub(super) fn image_purl(evidence: &Evidence, reference: &str, name: Option<&str>) -> anyhow::Result<String> {
    let subject = evidence.subject.as_ref().context("the image has no digest")?;
    let name = name.unwrap_or(reference);
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    let last = name.rsplit('/').next().unwrap_or(name);
    let last = last.strip_prefix("oci:").or_else(|| last.strip_prefix("docker:")).unwrap_or(last);
    let last = last.split(':').next().unwrap_or_default().trim_end_matches(".tar").to_lowercase();
    if last.is_empty() || last == "-" {
        bail!("the image has no name to write down; give one with --name");
    }
    let purl = Purl::new("oci", &last).with_context(|| format!("{last:?} is no name of an image; give one with --name"))?;
    Ok(purl.with_version(&subject.digest.to_string()).to_string())
}
