//! Nothing is left out silently: what was not compared is counted, by reason.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Why something was not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Skip {
    /// A prediction's frame: there is no truth so near in time.
    FrameWithoutTruth,
    /// A prediction's frame: nothing says where the truth's frame was in it at that moment.
    FrameWithoutTransform,
    /// A true frame: there is no prediction so near in time.
    TruthWithoutFrame,
    /// A matched person: fewer than three joints, or none of the roots, are on both sides.
    TooFewCommonJoints,
    /// A message whose bytes are not what its type says.
    UndecodableMessage,
    /// A message whose stamp is none.
    BadStamp,
    /// A message of the same moment and frame as another.
    DuplicateStamp,
    /// A person with the id of another in the same message.
    DuplicateId,
    /// A person who was not seen in this image, but predicted or lost.
    PersonNotTracked,
    /// A person whose joints are not as many as their names.
    JointsNotAsNamed,
    /// A joint whose position is not finite.
    JointNotFinite,
    /// A joint or marker that has no numbers there, or not finite ones and a score of 0: it was not
    /// seen.
    JointNotSeen,
    /// A joint on TF: nothing says where its frame was in that of the people at that moment.
    JointWithoutTransform,
    /// A person without an id: who it is at other moments is not known.
    PersonWithoutId,
    /// A person whose keypoints are of a set that nobody knows.
    UnknownJointSet,
}

impl Skip {
    /// The reason in a few words.
    pub fn text(self) -> &'static str {
        match self {
            Self::FrameWithoutTruth => "frames without truth near in time",
            Self::FrameWithoutTransform => {
                "frames for which no transform from the truth's frame is known at their moment"
            }
            Self::TruthWithoutFrame => "true frames without a prediction near in time",
            Self::TooFewCommonJoints => {
                "matched people with fewer than 3 joints, or no root, on both sides"
            }
            Self::UndecodableMessage => "undecodable messages",
            Self::BadStamp => "messages with an impossible stamp",
            Self::DuplicateStamp => "messages of the same moment as another",
            Self::DuplicateId => "people with the id of another in the same message",
            Self::PersonNotTracked => "people not seen in the image (predicted or lost)",
            Self::JointsNotAsNamed => "people with more or fewer joints than names",
            Self::JointNotFinite => "joints that are not finite",
            Self::JointNotSeen => "joints or markers without numbers (not seen)",
            Self::JointWithoutTransform => "joints of which no transform is known at their moment",
            Self::PersonWithoutId => "people without an id (not tracked)",
            Self::UnknownJointSet => "people with an unknown set of keypoints",
        }
    }

    /// Whether the input is damaged, so that less was compared than there was.
    pub fn is_data_loss(self) -> bool {
        match self {
            Self::UndecodableMessage
            | Self::BadStamp
            | Self::DuplicateStamp
            | Self::DuplicateId
            | Self::JointsNotAsNamed
            | Self::JointNotFinite
            | Self::UnknownJointSet => true,
            Self::FrameWithoutTruth
            | Self::FrameWithoutTransform
            | Self::TruthWithoutFrame
            | Self::TooFewCommonJoints
            | Self::PersonNotTracked
            | Self::JointNotSeen
            | Self::JointWithoutTransform
            | Self::PersonWithoutId => false,
        }
    }
}

/// What was not compared, by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Skips(BTreeMap<Skip, u64>);

impl Skips {
    /// Counts one more.
    pub fn note(&mut self, why: Skip) {
        *self.0.entry(why).or_default() += 1;
    }

    /// Counts these too.
    pub fn add(&mut self, others: &Self) {
        for (why, count) in &others.0 {
            *self.0.entry(*why).or_default() += count;
        }
    }

    /// How many for this reason.
    pub fn count(&self, why: Skip) -> u64 {
        self.0.get(&why).copied().unwrap_or(0)
    }

    /// All reasons that there are, with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (Skip, u64)> {
        self.0.iter().map(|(why, count)| (*why, *count))
    }

    /// Whether the input is damaged.
    pub fn is_data_loss(&self) -> bool {
        self.0.keys().any(|why| why.is_data_loss())
    }
}
