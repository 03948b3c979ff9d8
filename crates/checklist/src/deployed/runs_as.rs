//! Whom a deployed container runs as: what the deployment sets, else what the image sets, as the runner reads them.

use plimsoll_evidence::workload::UserNamespace;
use plimsoll_evidence::{Account, Accounts, ImageFacts, Place};

use super::Running;
use crate::user::{Identity, NoIdentity, resolve};

/// Whom it runs as, and who says so.
pub(crate) struct RunsAs {
    /// The identity; none where neither the deployment nor an image says one.
    pub(crate) identity: Option<Result<Identity, NoIdentity>>,
    /// As it is written.
    pub(crate) text: String,
    /// The deployment's setting; none where the image's counts.
    pub(crate) place: Option<Place>,
    /// What the pod says and the container undoes.
    pub(crate) undoes: Option<String>,
    /// The kubelet refuses to start it as uid 0, and what it cannot tell from it.
    pub(crate) guarded: bool,
    /// Uid 0 in it is no root outside.
    pub(crate) own_namespace: bool,
}

/// Settles it.
pub(crate) fn runs_as(running: &Running<'_>, image: Option<&ImageFacts>) -> RunsAs {
    let security = &running.container.security;
    let without_image = root_alone();
    let accounts = image.map_or(&without_image, |i| &i.accounts);
    let mut out = RunsAs {
        identity: None,
        text: String::new(),
        place: None,
        undoes: None,
        guarded: security.run_as_non_root.as_ref().is_some_and(|s| s.value),
        own_namespace: matches!(security.user_namespace.as_ref().map(|n| &n.value), Some(UserNamespace::Own(_))),
    };
    let image_user = image.map(|i| i.config.user.clone());
    let user = match (&security.user, &image_user) {
        (Some(setting), _) => {
            out.place = Some(setting.place);
            out.undoes = setting.undoes.as_ref().map(|u| u.value.clone());
            setting.value.clone()
        }
        (None, Some(user)) => user.split(':').next().unwrap_or_default().to_owned(),
        (None, None) => return out,
    };
    // A user of the deployment's own brings no group of the image's.
    let group = match (&security.group, &security.user, &image_user) {
        (Some(group), ..) => Some(group.value.clone()),
        (None, None, Some(user)) => user.split_once(':').map(|(_, group)| group.to_owned()),
        _ => None,
    };
    out.text = group.filter(|g| !g.is_empty()).map_or_else(|| user.clone(), |group| format!("{user}:{group}"));
    // Another name cannot be looked up where there is no image.
    let by_name = !user.is_empty() && !user.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+'));
    let unknown = image.is_none() && by_name && accounts.user(&user).is_none();
    out.identity = if unknown { None } else { Some(resolve(&out.text, accounts)) };
    out
}

/// What is known of accounts without an image: root is uid 0 everywhere.
fn root_alone() -> Accounts {
    let root = Account { name: "root".to_owned(), uid: 0, gid: 0, home: String::new(), shell: String::new(), line: 0 };
    Accounts { users: vec![root], ..Accounts::default() }
}
