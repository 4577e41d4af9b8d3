//! What a JSON reader has read last: the text of the object at hand, and its line.
//!
//! The reader takes one byte at a time, so a byte costs next to nothing: lines are counted and bytes kept where somebody asks.

use super::provenance::Text;
use std::cell::{Cell, RefCell};
use std::io::Read;

/// Longer texts are not kept: nobody looks for lines in them. 4 MiB.
const LONGEST: usize = 4 * 1024 * 1024;
/// Bytes that are asked of the input at a time.
const CHUNK: usize = 1 << 18;

/// The bytes since the object at hand began, and lines counted.
pub(super) struct Tape {
    /// What was read of the input last.
    chunk: RefCell<Vec<u8>>,
    /// So much of it the reader has taken.
    taken: Cell<usize>,
    /// So much of it is on the tape.
    taped: Cell<usize>,
    /// The line of the next byte to be taped.
    line: Cell<u32>,
    bytes: RefCell<Vec<u8>>,
    /// Where in `bytes` the object at hand begins, and its line.
    mark: Cell<(usize, u32)>,
    /// Nothing was cut off.
    is_whole: Cell<bool>,
    /// All since the beginning is kept, for another reader may have to begin again.
    keeps_all: Cell<bool>,
    /// Objects that were handed over.
    objects: Cell<usize>,
}

impl Tape {
    /// For a text whose first objects were handed over before.
    pub(super) fn after(objects: usize) -> Self {
        Tape {
            chunk: RefCell::default(),
            taken: Cell::new(0),
            taped: Cell::new(0),
            line: Cell::new(1),
            bytes: RefCell::default(),
            mark: Cell::new((0, 1)),
            is_whole: Cell::new(true),
            keeps_all: Cell::new(objects == 0),
            // One stands for them.
            objects: Cell::new(objects.saturating_sub(1)),
        }
    }
    /// The line of the next byte.
    pub(super) fn line(&self) -> u32 {
        self.catch_up();
        self.line.get()
    }
    /// Another object begins.
    pub(super) fn begin(&self) {
        self.catch_up();
        let mut bytes = self.bytes.borrow_mut();
        if !self.keeps_all.get() || !self.is_whole.get() {
            bytes.clear();
            self.is_whole.set(true);
        }
        self.mark.set((bytes.len(), self.line.get()));
    }
    /// The text of the object that ends here, if it is not too long, and its line in any case.
    pub(super) fn end(&self) -> (u32, Option<Text>) {
        self.catch_up();
        let (begin, line) = self.mark.get();
        if !self.is_whole.get() {
            return (line, None);
        }
        let bytes = self.bytes.borrow();
        let object = &bytes[begin..];
        let lead = object.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b',').count();
        let first_line = line + newlines(&object[..lead]);
        let text = String::from_utf8_lossy(&object[lead..]).into();
        (first_line, Some(Text { text, first_line, item: String::new() }))
    }
    /// From now on only the object at hand is kept.
    pub(super) fn forget_the_rest(&self) {
        self.keeps_all.set(false);
    }
    /// Another object was handed over.
    pub(super) fn count(&self) {
        self.objects.set(self.objects.get() + 1);
    }
    /// How many objects were handed over.
    pub(super) fn objects(&self) -> usize {
        self.objects.get()
    }
    /// Everything since the beginning, if it was kept.
    pub(super) fn all(&self) -> Option<Vec<u8>> {
        self.catch_up();
        (self.keeps_all.get() && self.is_whole.get()).then(|| self.bytes.take())
    }

    fn is_all_taken(&self) -> bool {
        self.taken.get() == self.chunk.borrow().len()
    }

    /// Tapes what the reader has taken since.
    fn catch_up(&self) {
        let chunk = self.chunk.borrow();
        let bytes = &chunk[self.taped.replace(self.taken.get())..self.taken.get()];
        self.line.set(self.line.get() + newlines(bytes));
        if !self.is_whole.get() {
            return;
        }
        let mut kept = self.bytes.borrow_mut();
        if kept.len() + bytes.len() > LONGEST {
            kept.clear();
            self.is_whole.set(false);
        } else {
            kept.extend_from_slice(bytes);
        }
    }

    /// Puts the next bytes of the input in the place of those that were taken; whether there are any.
    fn refill(&self, input: &mut impl Read) -> std::io::Result<bool> {
        self.catch_up();
        let mut chunk = self.chunk.borrow_mut();
        chunk.resize(CHUNK, 0);
        let count = input.read(&mut chunk);
        chunk.truncate(*count.as_ref().unwrap_or(&0));
        self.taken.set(0);
        self.taped.set(0);
        Ok(count? > 0)
    }
}

fn newlines(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u32
}

/// An input that is taped as it is read.
pub(super) struct Taped<'a, R> {
    pub(super) inner: R,
    pub(super) tape: &'a Tape,
}

impl<R: Read> Taped<'_, R> {
    /// The next byte that is not white space, which is not taken.
    pub(super) fn next_byte(&mut self) -> std::io::Result<Option<u8>> {
        loop {
            let chunk = self.tape.chunk.borrow();
            let blank = |at: &usize| chunk[*at].is_ascii_whitespace();
            let until = (self.tape.taken.get()..chunk.len()).find(|at| !blank(at)).unwrap_or(chunk.len());
            self.tape.taken.set(until);
            if let Some(byte) = chunk.get(until) {
                return Ok(Some(*byte));
            }
            drop(chunk);
            if !self.tape.refill(&mut self.inner)? {
                return Ok(None);
            }
        }
    }
}

impl<R: Read> Read for Taped<'_, R> {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.tape.is_all_taken() && !self.tape.refill(&mut self.inner)? {
            return Ok(0);
        }
        let taken = self.tape.taken.get();
        let count = (&self.tape.chunk.borrow()[taken..]).read(buffer)?;
        self.tape.taken.set(taken + count);
        Ok(count)
    }
}
