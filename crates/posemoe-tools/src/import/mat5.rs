//! MATLAB's files of version 5 (`save -v6` and `-v7`), as far as annotations need them: a cell
//! array of arrays of numbers.
//!
//! A file is a header of 128 bytes and a row of elements: type, length, payload, padding to 8
//! bytes.

use std::io::Read;

use super::number::Number;
use super::{Refusal, refuse};

/// Types of elements that are not numbers.
const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;
/// Classes of arrays: cells, and numbers from double to the integers.
const CELL: u8 = 1;
const NUMERIC: std::ops::RangeInclusive<u8> = 6..=15;
/// The longest element that is unpacked (bytes): twice as much as 14 cameras need for the longest
/// sequence.
const LONGEST_ELEMENT: u64 = 1 << 28;

/// Numbers in a grid, the first index running fastest.
#[derive(Debug, PartialEq)]
pub struct Grid {
    /// Length along each dimension, two or more.
    pub lengths: Vec<usize>,
    /// The numbers, as they lie there.
    pub numbers: Vec<f64>,
}

/// Bytes with the order that numbers have in them.
#[derive(Clone, Copy)]
struct Data<'a> {
    bytes: &'a [u8],
    is_big_endian: bool,
}

/// The arrays of a cell array, in MATLAB's order, or the one that a variable is.
///
/// # Errors
/// [`Refusal`] when it is no such file, is damaged, or has no such variable.
pub fn arrays(bytes: &[u8], name: &str) -> Result<Vec<Grid>, Refusal> {
    if bytes.starts_with(b"MATLAB 7.3") || bytes.starts_with(b"\x89HDF") {
        return refuse(
            "found MATLAB 7.3 (HDF5), expected version 5: load it in MATLAB and save it with -v7, \
            or see docs/importing.md",
        );
    }
    let is_big_endian = match bytes.get(126..128) {
        Some(b"IM") => false,
        Some(b"MI") => true,
        _ => return refuse("found no MATLAB file of version 5"),
    };
    let mut rest = Data {
        bytes: bytes.get(128..).unwrap_or_default(),
        is_big_endian,
    };
    let mut names = Vec::new();
    while let Some((kind, payload)) = rest.next()? {
        let unpacked;
        let (kind, payload) = match kind {
            COMPRESSED => {
                unpacked = inflate(payload.bytes)?;
                let mut inner = payload.with(&unpacked);
                inner
                    .next()?
                    .ok_or_else(|| Refusal("a compressed element is empty".to_owned()))?
            }
            _ => (kind, payload),
        };
        if kind != MATRIX {
            continue;
        }
        let (class, _, found, rest) = header(payload)?;
        if found == name {
            let arrays = match class {
                CELL => contents(rest),
                _ => grid(payload).map(|grid| vec![grid]),
            };
            return arrays.map_err(|refusal| refusal.of(name));
        }
        names.push(found);
    }
    refuse(format!("found {}, expected {name}", names.join(", ")))
}

fn contents(mut rest: Data<'_>) -> Result<Vec<Grid>, Refusal> {
    let mut cells = Vec::new();
    while let Some((_, cell)) = rest.next()? {
        cells.push(grid(cell).map_err(|refusal| refusal.of(format!("cell {}", cells.len())))?);
    }
    Ok(cells)
}

fn inflate(bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut unpacked = Vec::new();
    let length = flate2::read::ZlibDecoder::new(bytes)
        .take(LONGEST_ELEMENT + 1)
        .read_to_end(&mut unpacked)
        .map_err(|error| Refusal(format!("a compressed element: {error}")))?;
    if length as u64 > LONGEST_ELEMENT {
        return refuse(format!("an element of more than {LONGEST_ELEMENT} bytes"));
    }
    Ok(unpacked)
}

impl<'a> Data<'a> {
    fn with<'b>(self, bytes: &'b [u8]) -> Data<'b> {
        Data {
            bytes,
            is_big_endian: self.is_big_endian,
        }
    }

    fn word(self, place: usize) -> Option<u32> {
        let word = self
            .bytes
            .get(place..place.checked_add(4)?)?
            .try_into()
            .ok()?;
        Some(match self.is_big_endian {
            true => u32::from_be_bytes(word),
            false => u32::from_le_bytes(word),
        })
    }

    /// Type and payload of the element that comes next. One of at most 4 bytes shares a word with
    /// its tag.
    fn next(&mut self) -> Result<Option<(u32, Data<'a>)>, Refusal> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let cut = || Refusal("an element is cut short".to_owned());
        let word = self.word(0).ok_or_else(cut)?;
        let (kind, length, start) = match word >> 16 {
            0 => (word, self.word(4).ok_or_else(cut)? as usize, 8),
            short => (word & 0xFFFF, short as usize, 4),
        };
        let end = start + length;
        let payload = self.with(self.bytes.get(start..end).ok_or_else(cut)?);
        let next = if kind == COMPRESSED {
            end
        } else {
            end.next_multiple_of(8)
        };
        self.bytes = self.bytes.get(next..).unwrap_or_default();
        Ok(Some((kind, payload)))
    }
}

/// Class, dimensions and name of an array, and what comes after them.
fn header(mut array: Data<'_>) -> Result<(u8, Vec<usize>, String, Data<'_>), Refusal> {
    let mut part = || match array.next()? {
        Some((_, payload)) => Ok(payload),
        None => refuse("an array without flags, dimensions or name"),
    };
    let (flags, dimensions, name) = (part()?, part()?, part()?);
    let class = flags.word(0).unwrap_or(0) as u8;
    let lengths = (0..dimensions.bytes.len() / 4).filter_map(|index| dimensions.word(4 * index));
    let lengths = lengths.map(|length| length as usize).collect();
    let name = String::from_utf8_lossy(name.bytes).into_owned();
    Ok((class, lengths, name, array))
}

fn grid(array: Data<'_>) -> Result<Grid, Refusal> {
    let (class, lengths, _, mut rest) = header(array)?;
    let (true, Some((kind, values))) = (NUMERIC.contains(&class), rest.next()?) else {
        return refuse(format!("found an array of class {class}, expected numbers"));
    };
    let numbers = numbers(kind, values)?;
    let count = lengths
        .iter()
        .try_fold(1_usize, |product, length| product.checked_mul(*length));
    if count != Some(numbers.len()) || lengths.len() < 2 {
        let found = numbers.len();
        return refuse(format!("found {found} numbers in an array of {lengths:?}"));
    }
    Ok(Grid { lengths, numbers })
}

/// The numbers of an element: MATLAB stores doubles as the smallest type that holds them all.
fn numbers(kind: u32, values: Data<'_>) -> Result<Vec<f64>, Refusal> {
    let name = match kind {
        1 => "i1",
        2 => "u1",
        3 => "i2",
        4 => "u2",
        5 => "i4",
        6 => "u4",
        7 => "f4",
        9 => "f8",
        12 => "i8",
        13 => "u8",
        other => return refuse(format!("found elements of type {other}, expected numbers")),
    };
    match Number::named(name) {
        Some(number) => Ok(number.in_order(values.is_big_endian).all(values.bytes)),
        None => refuse(format!("found elements of type {kind}, expected numbers")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_such_file_is_refused() {
        let refused = |bytes: &[u8]| arrays(bytes, "annot3").unwrap_err().0;
        assert!(refused(b"MATLAB 7.3 MAT-file").contains("found MATLAB 7.3 (HDF5)"));
        assert!(refused(b"").contains("found no MATLAB file"));
        let mut bytes = vec![b' '; 126];
        bytes.extend(b"IM");
        assert!(refused(&bytes).contains("expected annot3"));
        bytes.extend([14, 0, 0, 0, 200, 0, 0, 0, 1]);
        assert!(refused(&bytes).contains("cut short"));
    }
}
