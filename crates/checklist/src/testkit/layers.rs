//! Layers, history, distribution and what was met while gathering.

use plimsoll_evidence::{BaseImage, BaseKnown, Distribution, HistoryStep, LayerRead, Problem};

use super::{Kit, digest};

impl Kit {
    /// A step of the history that made a further layer; files added next lie in it.
    #[must_use]
    pub fn layer(mut self, created_by: &str) -> Self {
        let at = self.image.layers.len();
        let mut layer = self.image.layers[0].clone();
        layer.digest = digest(at as u8 + 1);
        layer.diff_id = Some(layer.digest.clone());
        layer.step = Some(self.image.history.len());
        self.image.layers.push(layer);
        self.image.history.push(HistoryStep { created: None, created_by: created_by.to_owned(), comment: String::new(), layer: Some(at) });
        self
    }

    /// A step of the history that made no layer.
    #[must_use]
    pub fn step(mut self, created_by: &str) -> Self {
        self.image.history.push(HistoryStep { created_by: created_by.to_owned(), ..HistoryStep::default() });
        self
    }

    /// The first layers are the base image's.
    #[must_use]
    pub fn base(mut self, layers: usize) -> Self {
        self.image.base = BaseImage::Known(BaseKnown { how: "--base".to_owned(), name: None, digest: None, layers });
        self
    }

    /// A layer that was not read.
    #[must_use]
    pub fn layer_not_read(mut self, layer: usize, why: &str) -> Self {
        self.image.layers[layer].read = LayerRead::Not(why.to_owned());
        self
    }

    /// A layer of which only a part was read.
    #[must_use]
    pub fn layer_partly_read(mut self, layer: usize, why: &str) -> Self {
        self.image.layers[layer].read = LayerRead::Partly(why.to_owned());
        self
    }

    /// A problem met while gathering.
    #[must_use]
    pub fn problem(mut self, problem: Problem) -> Self {
        self.problems.push(problem);
        self
    }

    /// What `os-release` says.
    #[must_use]
    pub fn distribution(mut self, id: &str, version: &str) -> Self {
        self.image.distribution = Some(Distribution {
            id: id.to_owned(),
            id_like: Vec::new(),
            version_id: Some(version.to_owned()),
            name: format!("{id} {version}"),
        });
        self
    }

    /// The media type of the manifest.
    #[must_use]
    pub fn media_type(mut self, media_type: &str) -> Self {
        media_type.clone_into(&mut self.media_type);
        self
    }
}
