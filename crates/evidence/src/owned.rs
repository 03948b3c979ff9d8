use serde::{Deserialize, Serialize};

/// Paths and who owns each. One text holds all of them: a distribution's lists have tens of thousands, and each as a text of its own
/// would cost more to read back than all the rest of a layer's facts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnedPaths {
    text: String,
    /// For each path its owner, and where it ends in the text.
    ends: Vec<(u32, u32)>,
}

impl OwnedPaths {
    /// Adds a path. One that would make the text longer than 4 GiB is left out.
    pub fn push(&mut self, owner: u32, path: &str) {
        let Ok(end) = u32::try_from(self.text.len() + path.len()) else { return };
        self.text.push_str(path);
        self.ends.push((owner, end));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Each with its owner, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &str)> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(_, end)| *end));
        // What was read from a damaged file may point anywhere.
        starts.zip(&self.ends).map(|(start, (owner, end))| (*owner, self.text.get(start as usize..*end as usize).unwrap_or_default()))
    }
}

impl<P: AsRef<str>> FromIterator<(u32, P)> for OwnedPaths {
    fn from_iter<I: IntoIterator<Item = (u32, P)>>(paths: I) -> Self {
        let mut all = Self::default();
        for (owner, path) in paths {
            all.push(owner, path.as_ref());
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_back_as_they_were_added() {
        let paths: OwnedPaths = [(0, "usr/bin/é"), (7, ""), (0, "etc")].into_iter().collect();
        assert_eq!(paths.iter().collect::<Vec<_>>(), [(0, "usr/bin/é"), (7, ""), (0, "etc")]);
        assert_eq!((paths.len(), paths.is_empty(), OwnedPaths::default().is_empty()), (3, false, true));
        let damaged = OwnedPaths { text: "é".to_owned(), ends: vec![(1, 1), (2, 900)] };
        assert_eq!(damaged.iter().collect::<Vec<_>>(), [(1, ""), (2, "")]);
    }
}
