//! Which of several images is for the wanted platform.

use std::collections::BTreeSet;

use plimsoll_evidence::Platform;

use crate::error::{OpenError, OpenErrorKind};
use crate::manifest::Descriptor;
use crate::select::listed;
use crate::{Options, PlatformChoice};

/// That the only image there is may be taken: for whatever it is, with a word of it, unless a platform was asked for.
pub(crate) fn take_only(name: &str, has: &Platform, choice: &PlatformChoice, notes: &mut Vec<String>) -> Result<(), OpenError> {
    match choice {
        PlatformChoice::Exactly(wanted) => fits(name, has, wanted)?,
        PlatformChoice::Host if !has.satisfies(&Platform::host()) => {
            notes.push(format!("{name} has but one image, which is for {has}, not for this machine's {}; it was taken", Platform::host()));
        }
        PlatformChoice::Host | PlatformChoice::All => {}
    }
    Ok(())
}

pub(crate) fn fits(name: &str, has: &Platform, wanted: &Platform) -> Result<(), OpenError> {
    if has.satisfies(wanted) {
        return Ok(());
    }
    let next = format!("choose by --platform the one that it has: {has}");
    Err(OpenError::new(OpenErrorKind::Platform, name, format!("it has no image for {wanted}"), next))
}

/// The places in an index of the images that are wanted.
pub(crate) fn choose(
    name: &str,
    leaves: &[&Descriptor],
    unreadable: &[String],
    options: &Options,
    notes: &mut Vec<String>,
) -> Result<Vec<usize>, OpenError> {
    let platforms: Vec<Option<&Platform>> = leaves.iter().map(|l| l.platform.as_ref()).collect();
    let (wanted, host) = match &options.platform {
        PlatformChoice::All => return Ok((0..leaves.len()).collect()),
        PlatformChoice::Host => (Platform::host(), true),
        PlatformChoice::Exactly(platform) => (platform.clone(), false),
    };
    let matching: Vec<usize> = (0..leaves.len()).filter(|n| platforms[*n].is_some_and(|p| p.satisfies(&wanted))).collect();
    // The one that is wanted to the letter before one with a variant that was not asked for.
    let best = matching.iter().find(|n| platforms[**n] == Some(&wanted)).or(matching.first()).copied();
    if let Some(best) = best {
        let taken = platforms[best].map(ToString::to_string).unwrap_or_default();
        if matching.len() > 1 {
            notes.push(format!(
                "{name} has {} images for {wanted}; {taken} with the manifest {} was taken",
                matching.len(),
                leaves[best].digest
            ));
        } else if host && leaves.len() > 1 {
            notes.push(format!("{name} has images for {}; this machine's, {taken}, was taken", there(&platforms)));
        }
        return Ok(vec![best]);
    }
    let mut cause = format!("it has no image for {wanted}");
    if let Some(first) = unreadable.first() {
        cause = format!("{cause}, and of {} the platform cannot be read ({first})", unreadable.len());
    }
    Err(OpenError::new(OpenErrorKind::Platform, name, cause, format!("choose by --platform one of those it has: {}", there(&platforms))))
}

fn there(platforms: &[Option<&Platform>]) -> String {
    let all: BTreeSet<String> = platforms.iter().map(|p| p.map_or_else(|| "unknown".to_owned(), ToString::to_string)).collect();
    listed(all.into_iter().collect())
}
