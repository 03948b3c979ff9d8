//! Which pages of a file were read: a page is read once at the most, so a hostile chain ends.

pub(super) struct BitSet {
    words: Vec<u64>,
}

impl BitSet {
    /// A set of numbers below `size`.
    pub(super) fn new(size: u32) -> Self {
        Self { words: vec![0; (size as usize).div_ceil(64)] }
    }

    /// Whether the number is new; one beyond the size never is.
    pub(super) fn insert(&mut self, number: u32) -> bool {
        let bit = 1 << (number % 64);
        let Some(word) = self.words.get_mut(number as usize / 64) else { return false };
        let new = *word & bit == 0;
        *word |= bit;
        new
    }
}
