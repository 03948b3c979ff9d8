//! Buffers that travel from the thread that inflates to the threads that hash and read tar.

use std::io::{self, BufRead, Read};
use std::sync::Arc;

use crossbeam_channel::Receiver;

/// Bytes of one buffer. Large enough that most files lie within one and are analysed where they are.
pub(crate) const CHUNK: usize = 512 << 10;

/// One buffer, or the error that ended the stream.
pub(crate) type Chunk = Result<Arc<Vec<u8>>, Arc<io::Error>>;

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
