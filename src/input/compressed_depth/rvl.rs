//! RVL (A. D. Wilson, "Fast Lossless Depth Image Compression", 2017): runs of zeros and of what is
//! not zero, take turns; of the latter come differences from one to the next. Every number is in
//! groups of three bits, the least significant first, each with a bit before it that says whether
//! more follow; eight such nibbles are a word, the first of them its most significant.

/// Groups of three bits in a number of 32 bits.
const MOST_NIBBLES: u32 = 11;
const PIXEL_BYTES: usize = 2;

/// Why bytes are not packed like that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RvlError {
    /// They end early.
    #[error("found the end after {found} of {expected} pixels")]
    Truncated {
        /// Pixels that were there.
        found: usize,
        /// Pixels of the image.
        expected: usize,
    },
    /// A run is longer than the image.
    #[error("found {run} more pixels after {found}, expected {expected} in all")]
    TooLong {
        /// Pixels of the run.
        run: u32,
        /// Pixels before it.
        found: usize,
        /// Pixels of the image.
        expected: usize,
    },
    /// A number has no end.
    #[error("found a number of more than 32 bits after {found} pixels")]
    Number {
        /// Pixels before it.
        found: usize,
    },
}

/// The pixels, the least significant byte first. Whoever asks for so many has looked whether there
/// is room for them.
pub fn unpack(packed: &[u8], pixels: usize) -> Result<Vec<u8>, RvlError> {
    let mut nibbles = Nibbles {
        words: packed.chunks_exact(4),
        word: 0,
        left: 0,
    };
    let mut bytes: Vec<u8> = Vec::with_capacity(pixels.saturating_mul(PIXEL_BYTES));
    let mut previous = 0u16;
    let found = |bytes: &Vec<u8>| bytes.len() / PIXEL_BYTES;
    while found(&bytes) < pixels {
        let zeros = nibbles.run(found(&bytes), pixels)?;
        bytes.resize(bytes.len() + zeros * PIXEL_BYTES, 0);
        let others = nibbles.run(found(&bytes), pixels)?;
        for _ in 0..others {
            let folded = nibbles.number(found(&bytes), pixels)?;
            let difference = (folded >> 1) as i32 ^ -((folded & 1) as i32);
            // Only what is left of it in 16 bits counts, as where it was packed.
            previous = previous.wrapping_add(difference as u16);
            bytes.extend_from_slice(&previous.to_le_bytes());
        }
    }
    Ok(bytes)
}

struct Nibbles<'a> {
    words: std::slice::ChunksExact<'a, u8>,
    word: u32,
    /// Nibbles that are left of the word.
    left: u32,
}

impl Nibbles<'_> {
    /// The length of a run after so many pixels.
    fn run(&mut self, found: usize, expected: usize) -> Result<usize, RvlError> {
        let run = self.number(found, expected)?;
        let fitting = usize::try_from(run).ok().filter(|n| *n <= expected - found);
        fitting.ok_or(RvlError::TooLong {
            run,
            found,
            expected,
        })
    }

    fn number(&mut self, found: usize, expected: usize) -> Result<u32, RvlError> {
        let mut number = 0u32;
        for place in 0..MOST_NIBBLES {
            let nibble = self.next().ok_or(RvlError::Truncated { found, expected })?;
            number |= (nibble & 7) << (3 * place);
            if nibble & 8 == 0 {
                return Ok(number);
            }
        }
        Err(RvlError::Number { found })
    }

    fn next(&mut self) -> Option<u32> {
        if self.left == 0 {
            let four: [u8; 4] = self.words.next()?.try_into().ok()?;
            (self.word, self.left) = (u32::from_le_bytes(four), 8);
        }
        self.left -= 1;
        Some(self.word >> (4 * self.left) & 15)
    }
}
