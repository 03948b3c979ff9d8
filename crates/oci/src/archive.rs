//! Files that hold images: which format is in one is seen from its bytes, not from its name.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::sync::Arc;

use crate::error::{OpenError, OpenErrorKind};
use crate::files::Files;
use crate::select::{Pick, listed};
use crate::spool::{self, Packing};
use crate::tar_index::TarIndex;
use crate::{Image, Limits, Options, docker_archive, layout};

/// What an archive is to be read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// As what it is; as an OCI layout where it is both.
    Seen,
    Oci,
    Docker,
}

/// Opens an archive by path. A pipe is read to its end first.
pub(crate) fn open_path(
    reference: &str,
    path: &Path,
    format: Format,
    pick: &Pick,
    options: &Options,
    notes: &mut Vec<String>,
) -> Result<Vec<Image>, OpenError> {
    open_file(reference, &path.to_string_lossy(), whole_file(path, options)?, format, pick, options, notes)
}

/// The files of an OCI layout in a tar, packed or not.
pub(crate) fn oci_files(path: &Path, options: &Options) -> Result<Files, OpenError> {
    files_of(&path.to_string_lossy(), whole_file(path, options)?, Format::Oci, options).map(|(files, _)| files)
}

/// The file at a path; of a pipe, what came out of it.
fn whole_file(path: &Path, options: &Options) -> Result<File, OpenError> {
    let what = path.to_string_lossy();
    let file = File::open(path).map_err(|e| absent(&what, &e))?;
    let kind = file.metadata().map_err(|e| OpenError::io(&what, &e))?.file_type();
    if kind.is_dir() {
        return Err(OpenError::new(
            OpenErrorKind::NotAnImage,
            &what,
            "it is a directory, not an archive",
            "for an OCI layout in a directory write oci: before it",
        ));
    }
    if kind.is_fifo() || kind.is_socket() || kind.is_char_device() { spool::spool(&what, file, &options.limits) } else { Ok(file) }
}

pub(crate) fn absent(what: &str, error: &io::Error) -> OpenError {
    match error.kind() {
        io::ErrorKind::NotFound => OpenError::new(
            OpenErrorKind::NotFound,
            what,
            "there is no such file",
            "see that the path is right; for an image of a registry write docker:// before its name",
        ),
        _ => OpenError::io(what, error),
    }
}

/// Opens an archive that comes as a stream.
pub(crate) fn open_stream(
    reference: &str,
    what: &str,
    stream: impl Read,
    format: Format,
    pick: &Pick,
    options: &Options,
    notes: &mut Vec<String>,
) -> Result<Vec<Image>, OpenError> {
    let file = spool::spool(what, stream, &options.limits)?;
    open_file(reference, what, file, format, pick, options, notes)
}

fn open_file(
    reference: &str,
    what: &str,
    file: File,
    format: Format,
    pick: &Pick,
    options: &Options,
    notes: &mut Vec<String>,
) -> Result<Vec<Image>, OpenError> {
    match files_of(what, file, format, options)? {
        (files, Format::Docker) => docker_archive::open(reference, files, pick, options, notes),
        (files, Format::Oci | Format::Seen) => layout::open(reference, files, pick, options, notes),
    }
}

/// What a tar holds, and what it is to be read as.
fn files_of(what: &str, file: File, format: Format, options: &Options) -> Result<(Files, Format), OpenError> {
    let head = spool::head(&file, 512).map_err(|e| OpenError::io(what, &e))?;
    if head.is_empty() {
        return Err(empty(what, "it is empty"));
    }
    let file = match Packing::of(&head) {
        Packing::None => file,
        packing => spool::unpack(what, &file, packing, &options.limits)?,
    };
    let len = file.metadata().map_err(|e| OpenError::io(what, &e))?.len();
    let index = TarIndex::scan(&file, len, options.limits.archive_entries).map_err(|e| OpenError::io(what, &e))?;
    let format = recognise(what, &file, &index, format, &options.limits)?;
    Ok((Files::Tar { file: Arc::new(file), index, name: what.to_owned() }, format))
}

fn empty(what: &str, cause: &str) -> OpenError {
    OpenError::new(OpenErrorKind::NotAnImage, what, cause, "save the image again: there is nothing in this archive")
}

fn recognise(what: &str, file: &File, index: &TarIndex, format: Format, limits: &Limits) -> Result<Format, OpenError> {
    if let Some(name) = index.repeated().first() {
        return Err(OpenError::malformed(what, format!("{name} is in it more than once, and readers differ in which they take")));
    }
    let (oci, docker) = (index.has("index.json"), index.has("manifest.json"));
    match format {
        Format::Oci | Format::Seen if oci && (format == Format::Oci || index.has("oci-layout") || !docker) => return Ok(Format::Oci),
        Format::Docker | Format::Seen if docker => return Ok(Format::Docker),
        _ => {}
    }
    if index.is_empty() {
        return Err(match &index.broken {
            _ if index.passed_over > 0 => empty(what, "it is a tar whose entries all lead out of it, or have names of no image's"),
            None => empty(what, "it is a tar with nothing in it"),
            Some(broken) if index.headers > 0 => OpenError::malformed(what, format!("it is a damaged tar: {broken}")),
            Some(_) => no_tar(what, file),
        });
    }
    if let Some(broken) = &index.broken {
        return Err(OpenError::malformed(what, format!("it is a damaged tar: {broken}")));
    }
    if index.cut {
        return Err(OpenError::limit(
            what,
            format!("it is a tar of more than {} entries, and the first of them tell of no image", limits.archive_entries),
        ));
    }
    let next = if index.has("repositories") {
        "it was saved by Docker before 1.10: load it and save it again by an engine of today"
    } else if ["etc", "usr", "bin", "etc/passwd", "usr/bin"].iter().any(|n| index.has(n)) {
        "it looks like the files of a container (docker export): save the image instead (docker save, podman save)"
    } else {
        "name what docker save, podman save or skopeo copy wrote"
    };
    let wanted = match format {
        Format::Seen => "neither index.json (an OCI layout) nor manifest.json (a docker-archive)",
        Format::Oci => "no index.json, so it is no OCI layout",
        Format::Docker => "no manifest.json, so it is no docker-archive",
    };
    let names = listed(index.names().take(5).map(str::to_owned).collect());
    Err(OpenError::new(OpenErrorKind::NotAnImage, what, format!("it is a tar of other things ({names} …) with {wanted}"), next))
}

fn no_tar(what: &str, file: &File) -> OpenError {
    let head = spool::head(file, 512).unwrap_or_default();
    let text = std::str::from_utf8(&head).is_ok_and(|t| !t.chars().any(|c| c.is_control() && !c.is_whitespace()));
    let cause = if text { "it is a text file, not an image archive" } else { "it is no tar, so it holds no image" };
    OpenError::new(
        OpenErrorKind::NotAnImage,
        what,
        cause,
        "name an archive that docker save, podman save or skopeo copy wrote; for an image of a registry write docker:// before its name",
    )
}
