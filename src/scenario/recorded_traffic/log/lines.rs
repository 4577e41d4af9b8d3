//! The lines of a text of any size.

use std::io::{BufRead, BufReader, Read, Result};

/// So much of a line counts: 64 KiB. Nothing of a request is behind that.
const LONGEST: usize = 64 * 1024;

/// Hands over lines with their numbers from 1, until `take` has enough. What is not UTF-8 is replaced.
///
/// Errors: as the input's. Cost: one line is in memory.
pub(super) fn each_line(input: Box<dyn Read>, mut take: impl FnMut(&str, u32) -> bool) -> Result<()> {
    let mut input = BufReader::with_capacity(1 << 18, input);
    let (mut line, mut number) = (Vec::new(), 0_u32);
    loop {
        line.clear();
        if !next(&mut input, &mut line)? {
            return Ok(());
        }
        number = number.saturating_add(1);
        if !take(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']), number) {
            return Ok(());
        }
    }
}

/// The next line, cut to its longest; whether there was one.
fn next(input: &mut impl BufRead, line: &mut Vec<u8>) -> Result<bool> {
    let mut is_there = false;
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(is_there);
        }
        is_there = true;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffer.len(), |end| end + 1);
        let room = LONGEST.saturating_sub(line.len()).min(used);
        line.extend_from_slice(&buffer[..room]);
        input.consume(used);
        if end.is_some() {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_handed_over_and_long_ones_cut() {
        let text = format!("a\r\n{}\n\nlast", "x".repeat(1_000_000));
        let mut found = Vec::new();
        let read = each_line(Box::new(std::io::Cursor::new(text)), |line, number| {
            found.push((number, line.len(), line.chars().next()));
            true
        });
        assert!(read.is_ok());
        assert_eq!(found, [(1, 1, Some('a')), (2, LONGEST, Some('x')), (3, 0, None), (4, 4, Some('l'))]);
    }
}
