use std::sync::{Condvar, Mutex, PoisonError};

/// A bound on bytes held in memory at a time by all layers that are read side by side.
///
/// A holder takes its share once and gives it back before it takes another, so holders never wait for each other in a ring.
#[derive(Debug)]
pub struct Budget {
    capacity: u64,
    free: Mutex<u64>,
    freed: Condvar,
}

/// A share of a budget, given back when dropped.
#[derive(Debug)]
pub(crate) struct Share<'a> {
    budget: &'a Budget,
    bytes: u64,
}

impl Budget {
    /// A budget of so many bytes.
    pub fn new(capacity: u64) -> Self {
        Self { capacity, free: Mutex::new(capacity), freed: Condvar::new() }
    }

    /// Waits until so many bytes are free and takes them; more than there can be is taken as all there is.
    pub(crate) fn take(&self, bytes: u64) -> Share<'_> {
        let bytes = bytes.min(self.capacity);
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free < bytes {
            free = self.freed.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= bytes;
        Share { budget: self, bytes }
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        *self.budget.free.lock().unwrap_or_else(PoisonError::into_inner) += self.bytes;
        self.budget.freed.notify_all();
    }
}
