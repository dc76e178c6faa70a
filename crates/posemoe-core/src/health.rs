//! Nothing is lost silently: every message, person or keypoint that is not used is counted by
//! cause.

mod flow;

use std::collections::BTreeMap;

pub use flow::{Flow, Gauge, Reading};

/// Why something was not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// A message's bytes are not what its type says.
    Undecodable,
    /// Keypoints came before any camera_info.
    NoCamera,
    /// The camera_info cannot be used.
    CameraUnusable,
    /// Keypoints and camera_info name different frames.
    FrameMismatch,
    /// Keypoints and camera_info speak of images of different size.
    ImageSizeMismatch,
    /// The header has no frame_id or an impossible stamp.
    BadHeader,
    /// A joint set that is not known.
    UnknownJointSet,
    /// The same stamp came twice.
    DuplicateStamp,
    /// A stamp of 0 after another: the driver sets none.
    NoStamp,
    /// A stamp slightly older than the one before it.
    OutOfOrder,
    /// Stamps jumped far back (a looped bag): all memories were cleared.
    TimeJump,
    /// More people than the configured bound.
    TooManyPeople,
    /// Two people with one id in one message.
    DuplicateId,
    /// A person whose number of keypoints is not the joint set's.
    WrongKeypointCount,
    /// A person of whom too few joints were seen.
    TooFewKeypoints,
    /// A score that is no number, or of which the person's are beyond 1.
    BadScore,
    /// One keypoint of a person twice.
    RepeatedKeypoint,
    /// Keypoints numbered from 0 where 1 is the first.
    KeypointsFromZero,
    /// Keypoints that are not where the detector says that the person is.
    OutsideBox,
    /// A person whose keypoints are so close together that they tell nothing.
    TooSmall,
    /// A pose that is not a person's, or where nobody can be seen.
    ImpossiblePerson,
    /// A person at another distance than the detector measured.
    OtherDistance,
    /// A keypoint that is NaN or infinite.
    NotFinite,
    /// A keypoint far outside the image, or at a detector's "not found" corner.
    OutsideImage,
    /// A keypoint with an index that its joint set does not have.
    UnknownKeypoint,
    /// A pixel that the distortion model cannot undo.
    NoRay,
    /// A depth that no camera can have measured; its keypoint is used without.
    DepthOutOfRange,
    /// An image that is no depth image, or does not fit its camera_info.
    BadDepthImage,
    /// Keypoints that went on without depths: no depth image came in time.
    NoDepthImage,
    /// A depth image of which nobody knows where its camera is.
    DepthUnplaced,
    /// Nobody knows where the floor is.
    NoGround,
    /// Measured depths that put a person where nobody of that size fits the image; placed without
    /// them.
    DepthDisagrees,
    /// A floor that does so; placed without it.
    GroundDisagrees,
    /// Cameras that have one person in two places: of their transforms one is wrong, or jumped.
    CamerasDisagree,
    /// The network failed or answered with NaN or infinity.
    NetworkFailed,
    /// A pose that fits nowhere in front of the camera.
    NotPlaceable,
    /// People could not be given in the target frame.
    NoTransform,
    /// Keypoints came while the node was configured but not active.
    Inactive,
    /// A transform that is none, or that the buffer does not keep.
    BadTransform,
    /// An id that is too long to be carried further.
    BadId,
    /// An id of a body that cannot stand in a topic's name.
    BadBodyId,
    /// A topic of a body that the bus refused: a peer has it with another type.
    RefusedTopic,
}

impl Cause {
    /// The cause in a few words, as diagnostics show it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Undecodable => "undecodable message",
            Self::NoCamera => "keypoints before camera_info",
            Self::CameraUnusable => "unusable camera_info",
            Self::FrameMismatch => "frame_id differs from camera_info",
            Self::ImageSizeMismatch => "image size differs from camera_info",
            Self::BadHeader => "bad header",
            Self::UnknownJointSet => "unknown joint set",
            Self::DuplicateStamp => "duplicate stamp",
            Self::NoStamp => "stamp is 0",
            Self::OutOfOrder => "out-of-order stamp",
            Self::TimeJump => "time jumped back, memory reset",
            Self::TooManyPeople => "more people than max_people",
            Self::DuplicateId => "duplicate person id",
            Self::WrongKeypointCount => "wrong keypoint count",
            Self::TooFewKeypoints => "too few keypoints",
            Self::BadScore => "score is not 0 to 1",
            Self::RepeatedKeypoint => "keypoint id twice",
            Self::KeypointsFromZero => "keypoint ids from 0",
            Self::OutsideBox => "keypoints outside the person's box",
            Self::TooSmall => "person too small in the image",
            Self::ImpossiblePerson => "impossible person",
            Self::OtherDistance => "distance differs from the detector's",
            Self::NotFinite => "keypoint not finite",
            Self::OutsideImage => "keypoint outside image",
            Self::UnknownKeypoint => "unknown keypoint id",
            Self::NoRay => "pixel cannot be undistorted",
            Self::DepthOutOfRange => "depth out of range",
            Self::BadDepthImage => "unusable depth image",
            Self::NoDepthImage => "no depth image in time",
            Self::DepthUnplaced => "no transform to the depth camera",
            Self::NoGround => "no transform to the ground frame",
            Self::DepthDisagrees => "depths disagree with the person",
            Self::GroundDisagrees => "floor disagrees with the person",
            Self::CamerasDisagree => "cameras disagree about a person",
            Self::NetworkFailed => "network failed",
            Self::NotPlaceable => "pose cannot be placed",
            Self::NoTransform => "no transform into the target frame",
            Self::Inactive => "node is not active",
            Self::BadTransform => "unusable transform",
            Self::BadId => "unusable person id",
            Self::BadBodyId => "unusable body id",
            Self::RefusedTopic => "topic of a body refused",
        }
    }
}

/// The longest detail that is kept (bytes): what it quotes may come from a peer.
const LONGEST_DETAIL: usize = 500;
/// How much of a text from a peer is worth quoting (characters).
const EXCERPT: usize = 64;

/// A text that may come from a peer, in quotes: its beginning, where it is long.
pub fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}... ({} bytes)", &text[..end], text.len()),
    }
}

/// The beginning of a text, of up to `longest` bytes.
pub fn shortened(mut text: String, longest: usize) -> String {
    if text.len() > longest {
        let end = (0..=longest).rfind(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or(0));
        text.push_str("...");
        text.shrink_to_fit();
    }
    text
}

/// How often a cause struck, and what was found and expected the last time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Times.
    pub count: u64,
    /// The last one in words.
    pub last: String,
}

/// Counts by cause.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drops(BTreeMap<Cause, Tally>);

impl Drops {
    /// Counts one; `detail` says what was found and what was expected.
    pub fn note(&mut self, cause: Cause, detail: impl Into<String>) {
        let tally = self.0.entry(cause).or_default();
        tally.count += 1;
        tally.last = shortened(detail.into(), LONGEST_DETAIL);
    }

    /// Adds another count to this one.
    pub fn absorb(&mut self, other: Self) {
        for (cause, tally) in other.0 {
            let sum = self.0.entry(cause).or_default();
            sum.count += tally.count;
            sum.last = tally.last;
        }
    }

    /// The causes that struck most, in words.
    pub fn summary(&self) -> String {
        /// Fewer are read, more are not.
        const MOST: usize = 2;
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.count));
        let texts = all.iter().take(MOST);
        let texts: Vec<_> = texts
            .map(|(cause, tally)| format!("{} ({})", cause.text(), tally.last))
            .collect();
        texts.join(", ")
    }

    /// Whether nothing struck but what a detector that works may say of people whom it hardly sees.
    pub fn are_mild(&self) -> bool {
        self.0.keys().all(|cause| *cause == Cause::TooFewKeypoints)
    }

    /// How often `cause` struck.
    pub fn count(&self, cause: Cause) -> u64 {
        self.0.get(&cause).map_or(0, |tally| tally.count)
    }

    /// Every cause that struck.
    pub fn iter(&self) -> impl Iterator<Item = (Cause, &Tally)> {
        self.0.iter().map(|(cause, tally)| (*cause, tally))
    }

    /// Whether nothing was lost.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_peers_say_is_not_kept_at_any_length() {
        let long = "é".repeat(1_000_000);
        let mut drops = Drops::default();
        drops.note(Cause::BadHeader, long.clone());
        let kept = drops
            .iter()
            .map(|(_, tally)| tally.last.capacity())
            .sum::<usize>();
        assert!((400..600).contains(&kept), "{kept}");
        let quoted = excerpt(&long);
        assert!(
            quoted.len() < 200 && quoted.ends_with("... (2000000 bytes)"),
            "{quoted}"
        );
        assert_eq!(excerpt("front"), "\"front\"");
    }

    #[test]
    fn counts_add_up_and_the_last_detail_stays() {
        let mut drops = Drops::default();
        drops.note(Cause::NoCamera, "first");
        let mut more = Drops::default();
        more.note(Cause::NoCamera, "second");
        more.note(Cause::NoRay, "x");
        drops.absorb(more);
        assert_eq!(
            (drops.count(Cause::NoCamera), drops.count(Cause::NoRay)),
            (2, 1)
        );
        assert_eq!(
            drops.iter().next().map(|(_, tally)| tally.last.as_str()),
            Some("second")
        );
    }
}
