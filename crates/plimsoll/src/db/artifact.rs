//! The database as an OCI artifact: one blob under a manifest whose type says what it is.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::{Context as _, bail};
use plimsoll_advisories::{Database, instant};
use plimsoll_oci::{Artifact, NewArtifact, Options, open_artifact, write_artifact};

/// The artifact's type, before the number of the database's form.
const KIND: &str = "application/vnd.plimsoll.advisories.v";
/// The blob's media type, before that number.
const BLOB: &str = "application/vnd.plimsoll.advisories.db.v";
/// The annotation that tells one database from another, so that one which is there already is not fetched.
const IDENTITY: &str = "vnd.plimsoll.advisories.identity";
/// Bytes of a database at most.
const MOST: u64 = 16 << 30;

/// Writes a database as an artifact; gives the digest of its manifest.
pub(super) fn write(database: &Database, target: &str) -> anyhow::Result<String> {
    let state = database.state();
    // As the data are dated, not as they are copied: equal data, equal bytes.
    let created = match std::env::var_os("SOURCE_DATE_EPOCH") {
        Some(_) => crate::plan::now()?,
        None => state.fetched.or(state.newest),
    };
    let mut annotations = BTreeMap::from([
        ("org.opencontainers.image.title".to_owned(), "Advisories for Plimsoll".to_owned()),
        (IDENTITY.to_owned(), database.identity()),
    ]);
    annotations.extend(created.map(|at| ("org.opencontainers.image.created".to_owned(), instant(at))));
    let new = NewArtifact {
        kind: format!("{KIND}{}", state.schema),
        annotations,
        media_type: format!("{BLOB}{}+zstd", state.schema),
        blob_annotations: BTreeMap::from([("org.opencontainers.image.title".to_owned(), "advisories.db.zst".to_owned())]),
    };
    let path = database.path();
    let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(write_artifact(target, &new, &mut BufReader::new(file))?.to_string())
}

/// A database in an artifact, its manifest read.
pub(super) struct Offered {
    artifact: Artifact,
    reference: String,
}

/// Opens the artifact that a reference names; one that is no advisory database of a form that is read is an error.
pub(super) fn open(reference: &str, options: &Options) -> anyhow::Result<Offered> {
    let artifact = open_artifact(reference, |kind| kind.starts_with(KIND), options)?;
    let Some(form) = artifact.kind.strip_prefix(KIND) else { bail!("{reference}: {}", otherwise(&artifact.kind)) };
    let newest = plimsoll_advisories::FORM;
    match form.parse::<u32>() {
        Ok(1..) if form.parse::<u32>().is_ok_and(|n| n <= newest) => {}
        _ => bail!(
            "{reference} is an advisory database of form {}, and this Plimsoll reads up to {newest}; use a newer Plimsoll, or export it with an older one",
            plimsoll_evidence::printable_line(form, 40)
        ),
    }
    match artifact.layers.as_slice() {
        [layer] if layer.media_type.starts_with(BLOB) && layer.size <= MOST => {}
        [layer] => bail!("{reference} holds a blob of type {:?} and {} bytes, not a database", layer.media_type, layer.size),
        layers => bail!("{reference} has {} blobs, and a database is one; export it again", layers.len()),
    }
    Ok(Offered { artifact, reference: reference.to_owned() })
}

impl Offered {
    /// What a person should know of how it was found.
    pub(super) fn notes(&self) -> &[String] {
        &self.artifact.notes
    }

    /// The manifest's digest.
    pub(super) fn digest(&self) -> String {
        self.artifact.digest.to_string()
    }

    /// Whether it says that it is this database. A lie leaves what is there, as an older artifact would.
    pub(super) fn is(&self, database: &Database) -> bool {
        self.artifact.annotations.get(IDENTITY) == Some(&database.identity())
    }

    /// The database's bytes; verified as they end.
    pub(super) fn bytes(&self) -> anyhow::Result<Box<dyn Read + Send>> {
        Ok(self.artifact.unpacked(0, MOST)?)
    }

    /// That what came is what the manifest says it is.
    pub(super) fn fits(&self, path: &Path) -> anyhow::Result<()> {
        let database = Database::open(path)?;
        if self.artifact.kind != format!("{KIND}{}", database.state().schema) {
            bail!("{} is said to be {}, and holds a database of form {}", self.reference, self.artifact.kind, database.state().schema);
        }
        if self.artifact.annotations.contains_key(IDENTITY) && !self.is(&database) {
            bail!("{} holds another database than its annotations say", self.reference);
        }
        Ok(())
    }
}

/// What it is instead.
fn otherwise(kind: &str) -> String {
    let shown = plimsoll_evidence::printable_line(kind, 200);
    let what = match kind {
        "application/vnd.oci.image.config.v1+json" | "application/vnd.docker.container.image.v1+json" => {
            return "it is a container image, not an advisory database; name what plimsoll db export wrote".to_owned();
        }
        _ if kind.contains("trivy") || kind.contains("aquasec") => "Trivy's database",
        _ if kind.contains("grype") || kind.contains("anchore") => "Grype's database",
        "" => return "its manifest does not say what it is; name what plimsoll db export wrote".to_owned(),
        _ => "another artifact",
    };
    format!(
        "it is {what} ({shown}), and no advisory database of Plimsoll's; make one with plimsoll db update or plimsoll db build, and plimsoll db export"
    )
}
