//! What a JSON reader has read last: the text of the object at hand, and its line.

use super::provenance::Text;
use std::cell::{Cell, RefCell};
use std::io::{BufRead, BufReader, Read};

/// Longer texts are not kept: nobody looks for lines in them. 4 MiB.
const LONGEST: usize = 4 * 1024 * 1024;

/// The bytes since the object at hand began, and lines counted.
pub(super) struct Tape {
    /// The line of the next byte.
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
    pub(super) fn new() -> Self {
        Tape {
            line: Cell::new(1),
            bytes: RefCell::default(),
            mark: Cell::new((0, 1)),
            is_whole: Cell::new(true),
            keeps_all: Cell::new(true),
            objects: Cell::new(0),
        }
    }
    /// The line of the next byte.
    pub(super) fn line(&self) -> u32 {
        self.line.get()
    }
    /// Another object begins.
    pub(super) fn begin(&self) {
        let mut bytes = self.bytes.borrow_mut();
        if !self.keeps_all.get() || !self.is_whole.get() {
            bytes.clear();
            self.is_whole.set(true);
        }
        self.mark.set((bytes.len(), self.line.get()));
    }
    /// The text of the object that ends here, if it is not too long, and its line in any case.
    pub(super) fn end(&self) -> (u32, Option<Text>) {
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
        (self.keeps_all.get() && self.is_whole.get()).then(|| self.bytes.take())
    }

    fn record(&self, bytes: &[u8]) {
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
}

fn newlines(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u32
}

/// An input that is taped as it is read.
pub(super) struct Taped<'a, R> {
    pub(super) inner: BufReader<R>,
    pub(super) tape: &'a Tape,
}

impl<R: Read> Taped<'_, R> {
    /// The next byte that is not white space, which is not taken.
    pub(super) fn next_byte(&mut self) -> std::io::Result<Option<u8>> {
        loop {
            let buffer = self.inner.fill_buf()?;
            if buffer.is_empty() {
                return Ok(None);
            }
            let blank = buffer.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            self.tape.record(&buffer[..blank]);
            if let Some(byte) = buffer.get(blank).copied() {
                self.inner.consume(blank);
                return Ok(Some(byte));
            }
            self.inner.consume(blank);
        }
    }
}

impl<R: Read> Read for Taped<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.tape.record(&buffer[..count]);
        Ok(count)
    }
}
