//! Buffers that travel from the thread that inflates to the threads that hash and read tar.

use std::io::{self, BufRead, Read};
use std::sync::Arc;

use crossbeam_channel::Receiver;

/// Bytes of one buffer. Large enough that most files lie within one and are analysed where they are.
pub(crate) const CHUNK: usize = 512 << 10;

/// One buffer, or the error that ended the stream.
pub(crate) type Chunk = Result<Arc<Vec<u8>>, Arc<io::Error>>;

/// Buffers that come back once every reader has let go of them.
#[derive(Default)]
pub(crate) struct Pool {
    lent: Vec<Arc<Vec<u8>>>,
}

impl Pool {
    /// A buffer that no one reads. One that a reader left lying when it stopped early does not keep the others from being used again.
    pub(crate) fn take(&mut self) -> Arc<Vec<u8>> {
        match self.lent.iter_mut().position(|chunk| Arc::get_mut(chunk).is_some()) {
            Some(free) => self.lent.swap_remove(free),
            None => Arc::new(vec![0; CHUNK]),
        }
    }

    /// Keeps a buffer that is being read.
    pub(crate) fn keep(&mut self, chunk: Arc<Vec<u8>>) {
        self.lent.push(chunk);
    }
}

/// The receiving end as a buffered reader.
pub(crate) struct ChunkReader {
    from: Receiver<Chunk>,
    current: Option<Arc<Vec<u8>>>,
    position: usize,
    /// The error that ended the stream, kept for whoever asks why it ended.
    failed: Option<Arc<io::Error>>,
}

impl ChunkReader {
    pub(crate) fn new(from: Receiver<Chunk>) -> Self {
        Self { from, current: None, position: 0, failed: None }
    }
}

impl BufRead for ChunkReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.current.as_ref().is_none_or(|c| self.position >= c.len()) {
            if let Some(error) = &self.failed {
                return Err(io::Error::new(error.kind(), Arc::clone(error)));
            }
            self.current = None;
            match self.from.recv() {
                Ok(Ok(chunk)) => {
                    self.current = Some(chunk);
                    self.position = 0;
                }
                Ok(Err(error)) => self.failed = Some(error),
                Err(_) => return Ok(&[]),
            }
        }
        Ok(self.current.as_ref().map_or(&[], |c| &c[self.position..]))
    }

    fn consume(&mut self, n: usize) {
        self.position += n;
    }
}

impl Read for ChunkReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let n = available.len().min(into.len());
        into[..n].copy_from_slice(&available[..n]);
        self.consume(n);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_left_lying_costs_no_more_than_itself() {
        let mut pool = Pool::default();
        let lying = pool.take();
        pool.keep(Arc::clone(&lying));
        for _ in 0..100 {
            let chunk = pool.take();
            assert!(!Arc::ptr_eq(&chunk, &lying));
            pool.keep(chunk);
        }
        assert_eq!(pool.lent.len(), 2);
    }
}
