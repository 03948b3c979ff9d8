use plimsoll_evidence::ProblemKind;
use plimsoll_yaml::{Node, Value};

use super::super::discover::Named;
use super::super::fields::{Complaints, place};
use super::interpolate::Environment;
use super::{Project, merge};

/// How far a chain of `extends` is followed.
const MOST_STEPS: usize = 16;

impl Project<'_, '_> {
    /// Merges each service over the one that it extends.
    pub(super) fn extend_services(&mut self, whole: &mut Node, file: &Named, environment: &Environment) {
        let before = whole.clone();
        let Value::Mapping(top) = &mut whole.value else { return };
        for entry in top.entries.iter_mut().filter(|e| e.key.text() == Some("services")) {
            let Value::Mapping(services) = &mut entry.value.value else { continue };
            for service in &mut services.entries {
                if service.value.given("extends").is_some() {
                    service.value = self.extended(service.value.clone(), &before, file, environment, 0);
                }
            }
        }
    }

    fn extended(&mut self, service: Node, whole: &Node, file: &Named, environment: &Environment, step: usize) -> Node {
        let Some(extends) = service.given("extends").cloned() else { return service };
        let at = place(extends.place);
        if step >= MOST_STEPS {
            return self.unextended(service, at, format!("services extend each other more than {MOST_STEPS} times"));
        }
        let name = extends.get("service").unwrap_or(&extends).text().unwrap_or_default().to_owned();
        let base = match extends.given("file") {
            None => self.base_of(&name, whole, file, environment, step),
            Some(path) => {
                let Some(named) = self.beside(path, file, "extends") else { return service };
                let loaded = self.load(&named, environment);
                // The same file may be extended again, by another service.
                self.files.retain(|f| *f != named.path);
                loaded.and_then(|other| self.base_of(&name, &other, &named, environment, step))
            }
        };
        match base {
            Some(base) => merge::merge(base, service),
            None => self.unextended(service, at, format!("extends names the service {name}, which is not there")),
        }
    }

    fn base_of(&mut self, name: &str, whole: &Node, file: &Named, environment: &Environment, step: usize) -> Option<Node> {
        let base = whole.at(&["services", name])?.clone();
        Some(self.extended(base, whole, file, environment, step + 1))
    }

    fn unextended(&mut self, service: Node, at: plimsoll_evidence::Place, message: String) -> Node {
        let mut complaints = Complaints::new(self.sources, "Compose");
        complaints.hides(ProblemKind::Malformed, at, message);
        self.into.problems.append(&mut complaints.problems);
        service
    }
}
