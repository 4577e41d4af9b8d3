//! Bytes as text: UTF-8, or UTF-16 as shells of Windows redirect what a program prints; without the mark that some begin with.

use std::io::{BufRead, BufReader, Cursor, Read};

/// How texts begin that say how they are written.
const UTF8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];
const UTF16_MARKS: [(&[u8], Word); 2] = [(&[0xff, 0xfe], u16::from_le_bytes), (&[0xfe, 0xff], u16::from_be_bytes)];
/// UTF-16 is held as a whole, up to this: 512 MiB.
const LARGEST: u64 = 512 * 1024 * 1024;

/// Two bytes as a number.
type Word = fn([u8; 2]) -> u16;

/// The text of a file.
///
/// Errors: why it is none, behind the file's name.
pub(crate) fn text(bytes: Vec<u8>) -> Result<String, String> {
    if let Some((mark, word)) = UTF16_MARKS.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return wide(&bytes[mark.len()..], *word);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        let forms = "a table as CSV, or what `terraform show -json` prints of a plan";
        return Err(format!("is a zip archive and not a text file: give {forms}"));
    }
    if bytes.starts_with(b"PAR1") {
        return Err("is a Parquet file and not a text file: give a table as CSV".to_owned());
    }
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("is not a text file in UTF-8: line {line} is written in another way")
    })?;
    if text.contains('\0') {
        return Err("is not a text file".to_owned());
    }
    if text.starts_with('\u{feff}') {
        text.drain(..UTF8_MARK.len());
    }
    Ok(text)
}

/// The same of a text of any size, piece by piece. What is not UTF-8 is left for who reads it.
///
/// Errors: as the input's; UTF-16 that is broken or longer than 512 MiB.
pub(crate) fn stream(input: Box<dyn Read>) -> std::io::Result<Box<dyn Read>> {
    let mut input = BufReader::new(input);
    let head = input.fill_buf()?;
    if head.starts_with(UTF8_MARK) {
        input.consume(UTF8_MARK.len());
        return Ok(Box::new(input));
    }
    if !UTF16_MARKS.iter().any(|(mark, _)| head.starts_with(mark)) {
        return Ok(Box::new(input));
    }
    let mut bytes = Vec::new();
    input.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(std::io::Error::other("is UTF-16 of more than 512 MiB: write it as UTF-8"));
    }
    text(bytes).map(|text| Box::new(Cursor::new(text)) as Box<dyn Read>).map_err(std::io::Error::other)
}

fn wide(bytes: &[u8], word: Word) -> Result<String, String> {
    let words = bytes.chunks_exact(2).map(|pair| word([pair[0], pair[1]]));
    let text: Result<String, _> = char::decode_utf16(words).collect();
    let is_whole = bytes.len().is_multiple_of(2);
    text.ok().filter(|text| is_whole && !text.contains('\0')).ok_or_else(|| "is broken UTF-16".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        format!("\u{feff}{text}").encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn texts_are_read_however_they_are_written() {
        let plain = "zeit,größe\r\n1,2\r\n";
        let forms = [
            plain.as_bytes().to_vec(),
            format!("\u{feff}{plain}").into_bytes(),
            utf16(plain, u16::to_le_bytes),
            utf16(plain, u16::to_be_bytes),
        ];
        for bytes in forms {
            assert_eq!(text(bytes.clone()).as_deref(), Ok(plain));
            let mut found = String::new();
            let read = stream(Box::new(Cursor::new(bytes))).and_then(|mut input| input.read_to_string(&mut found));
            assert!(read.is_ok() && found == plain, "{read:?} {found}");
        }
    }

    #[test]
    fn what_is_no_text_is_named() {
        let why = |bytes: &[u8]| text(bytes.to_vec()).expect_err("no text");
        assert!(why(b"PK\x03\x04\x14").contains("zip archive"));
        assert!(why(b"PAR1xx").contains("Parquet"));
        assert!(why(b"time,rps\nf\xfcr,1\n").contains("line 2"));
        assert!(why(b"a\0b").contains("not a text file"));
        assert!(why(&[0xff, 0xfe, 0x41]).contains("broken UTF-16"));
        assert!(why(&[0xff, 0xfe, 0x00, 0xd8]).contains("broken UTF-16"));
    }
}
