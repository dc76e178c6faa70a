//! Why a frame cannot be given in another, or a transform not be kept.

use posemoe_stamp::Stamp;

/// Why a frame cannot be given in another.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Nobody has spoken of the frame.
    #[error("frame {frame:?} is not known; known are {known}")]
    Unknown {
        /// The frame.
        frame: String,
        /// The first of those that are known, and how many more there are.
        known: String,
    },
    /// The frames are in two trees.
    #[error(
        "frames {target:?} and {from:?} are not connected: their roots are {target_root:?} and \
        {from_root:?}"
    )]
    NotConnected {
        /// The frame to look from.
        target: String,
        /// The frame to look at.
        from: String,
        /// The last ancestor of `target`.
        target_root: String,
        /// The last ancestor of `from`.
        from_root: String,
    },
    /// The frame's ancestors go round in a ring.
    #[error("frame {frame:?} is its own ancestor")]
    Loop {
        /// The frame.
        frame: String,
    },
    /// The transform at that moment has not come yet.
    #[error("{child:?} in {parent:?} is not known yet at {wanted}: the newest is of {newest}, \
        {:.3} s before",
        wanted.seconds_since(*newest))]
    NotYet {
        /// The frame in which `child` is.
        parent: String,
        /// The frame that is late.
        child: String,
        /// The moment asked for.
        wanted: Stamp,
        /// The newest stamp that has come.
        newest: Stamp,
    },
    /// The transform at that moment was before the memory, or before the first that came.
    #[error("{child:?} in {parent:?} is not known any more at {wanted}: the oldest is of {oldest}, \
        {:.3} s after",
        oldest.seconds_since(*wanted))]
    Gone {
        /// The frame in which `child` is.
        parent: String,
        /// The frame.
        child: String,
        /// The moment asked for.
        wanted: Stamp,
        /// The oldest stamp that is remembered.
        oldest: Stamp,
    },
    /// The transforms around that moment are too far apart to tell where the frame was.
    #[error("{child:?} in {parent:?} is not known at {wanted}: the transforms around it are of \
        {before} and {after}, {:.3} s apart",
        after.seconds_since(*before))]
    Gap {
        /// The frame in which `child` is.
        parent: String,
        /// The frame.
        child: String,
        /// The moment asked for.
        wanted: Stamp,
        /// The stamp before it.
        before: Stamp,
        /// The stamp after it.
        after: Stamp,
    },
    /// One transform tells where a frame is, and not how it moves.
    #[error(
        "{child:?} in {parent:?} has no velocity at {wanted}: only one transform is known, \
        expected two"
    )]
    NoVelocity {
        /// The frame in which `child` is.
        parent: String,
        /// The frame.
        child: String,
        /// The moment asked for.
        wanted: Stamp,
    },
}

impl FrameError {
    /// Whether it is so at every moment, and not only at the one asked for.
    pub fn is_for_all_time(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }
}

/// Why a transform was not kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The frame would be its own parent.
    #[error("frame {frame:?} is its own parent")]
    OwnParent {
        /// The frame.
        frame: String,
    },
    /// An older message than the last names another parent.
    #[error("{child:?} in {parent:?} is of {stamp}, but at {newest} it was in {newer_parent:?}")]
    FormerParent {
        /// The frame.
        child: String,
        /// The parent that the message names.
        parent: String,
        /// The message's stamp.
        stamp: Stamp,
        /// The newest stamp that has come.
        newest: Stamp,
        /// The parent at that.
        newer_parent: String,
    },
    /// No room for another frame.
    #[error("{child:?} would be more than {most} frames")]
    TooMany {
        /// The frame.
        child: String,
        /// How many are kept at most.
        most: usize,
    },
}
