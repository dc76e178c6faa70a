//! What of the past a buffer keeps, and how far it trusts it.

use super::MOST_FRAMES;
use posemoe_stamp::TIME_JUMP_S;

/// Of a recording, a moving frame's transforms further apart (s) do not say where it was in
/// between.
pub const LONGEST_GAP_S: f64 = 1.0;
/// Poses kept for one frame at most: 10 s at 100 Hz; of a faster one, the newest.
const MOST_POSES: usize = 1000;

/// What is kept.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// Poses not older than the newest of their frame by more (s).
    pub history_s: f64,
    /// Poses of one frame.
    pub poses: usize,
    /// Frames.
    pub frames: usize,
    /// A pose so much older than the newest of its frame (s) begins the frame anew.
    pub jump_s: f64,
    /// Whether a frame that comes into another parent is remembered in the former.
    pub former_parents: bool,
    /// Whether of a frame at rest only the first and the last pose are kept.
    pub joins_rests: bool,
    /// Between poses further apart (s) a frame that moves is nowhere.
    pub longest_gap_s: f64,
}

impl Keep {
    /// The last `history_s` seconds, by the rules of tf2.
    pub fn lately(history_s: f64) -> Self {
        Self {
            history_s: history_s.max(0.0),
            poses: MOST_POSES,
            frames: MOST_FRAMES,
            jump_s: TIME_JUMP_S,
            former_parents: false,
            joins_rests: false,
            longest_gap_s: f64::INFINITY,
        }
    }

    /// All that comes.
    pub fn everything() -> Self {
        Self {
            history_s: f64::INFINITY,
            poses: usize::MAX,
            frames: usize::MAX,
            jump_s: f64::INFINITY,
            former_parents: true,
            joins_rests: true,
            longest_gap_s: LONGEST_GAP_S,
        }
    }
}
