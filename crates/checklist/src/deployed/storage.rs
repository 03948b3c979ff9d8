//! What of the host a volume is, also by way of a claim.

use plimsoll_evidence::workload::{Claim, PersistentVolume, Volume, VolumeKind};
use plimsoll_evidence::{Deployment, Placed, Workload};

use crate::quantity::Quantity;

/// A path of the host that a volume of a workload leads to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HostPath<'a> {
    pub(crate) path: &'a Placed<String>,
    /// The claim and the persistent volume that it is given, where the volume is a claim.
    pub(crate) through: Option<(&'a str, &'a PersistentVolume)>,
}

impl HostPath<'_> {
    /// Whether a claim leads to it, and it is not storage that the cluster counts as the node's (`local`).
    pub(crate) fn is_any_path(&self) -> bool {
        self.through.is_some_and(|(_, volume)| volume.on_host.as_ref().is_some_and(|h| !h.local))
    }

    /// How a finding says by which way the path comes in.
    pub(crate) fn way(&self) -> String {
        self.through
            .map(|(claim, volume)| format!(", as the claim {claim} can be given the persistent volume {}", volume.name))
            .unwrap_or_default()
    }
}

/// The paths of the host that a volume leads to: its own, or those of the persistent volumes that its claim can be bound to. A claim that
/// none of the files' persistent volumes is for gets what the cluster has, which they do not tell.
pub(crate) fn host_paths<'a>(deployment: Option<&'a Deployment>, workload: &'a Workload, volume: &'a Volume) -> Vec<HostPath<'a>> {
    match &volume.kind {
        VolumeKind::HostPath { path, .. } => vec![HostPath { path, through: None }],
        VolumeKind::Claim { name, .. } => {
            let volumes = deployment.map(|d| d.persistent_volumes.as_slice()).unwrap_or_default();
            let template = workload.claim_templates.iter().find(|c| c.name == *name);
            let claim = template.or_else(|| deployment.and_then(|d| d.claim(workload, name)));
            let asked = Asked { workload, name, claim, template: template.is_some() };
            volumes
                .iter()
                .filter(|v| asked.can_get(v))
                .filter_map(|v| Some(HostPath { path: &v.on_host.as_ref()?.path, through: Some((name, v)) }))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// A claim as a workload names it. The claim itself need not be among the files.
struct Asked<'a> {
    workload: &'a Workload,
    name: &'a str,
    claim: Option<&'a Claim>,
    template: bool,
}

impl Asked<'_> {
    /// Whether the cluster can bind the claim to this volume (`pkg/controller/volume/persistentvolume`: by name, by the volume's
    /// own reference, or by class, labels, modes and size). That the two name each other settles it.
    fn can_get(&self, volume: &PersistentVolume) -> bool {
        if let Some((namespace, name)) = &volume.claim {
            // A namespace that neither writes is that of who applies the files.
            let beside = namespace.as_deref().unwrap_or("default") == self.workload.namespace.as_deref().unwrap_or("default");
            return beside && self.is_called(name);
        }
        let Some(claim) = self.claim else { return false };
        match claim.volume.as_deref().filter(|v| !v.is_empty()) {
            Some(named) => named == volume.name,
            None => fits(claim, volume),
        }
    }

    /// The claims of a `StatefulSet` are called after template, set and number.
    fn is_called(&self, name: &str) -> bool {
        if !self.template {
            return name == self.name;
        }
        let number = name.strip_prefix(self.name).and_then(|n| n.strip_prefix('-')?.strip_prefix(&*self.workload.name)?.strip_prefix('-'));
        number.is_some_and(|n| n.parse::<u32>().is_ok())
    }
}

fn fits(claim: &Claim, volume: &PersistentVolume) -> bool {
    let class = |class: &Option<String>| class.clone().unwrap_or_default();
    let enough = match (&claim.storage, &volume.storage) {
        (Some(asked), Some(held)) => match (asked.value.parse::<Quantity>(), held.parse::<Quantity>()) {
            (Ok(asked), Ok(held)) => held >= asked,
            _ => true,
        },
        _ => true,
    };
    let labelled = claim.selector.labels.iter().all(|(name, value)| volume.labels.get(name) == Some(value));
    let modes = claim.access_modes.iter().all(|mode| volume.access_modes.contains(&mode.value));
    class(&claim.class) == class(&volume.class) && enough && labelled && modes
}
