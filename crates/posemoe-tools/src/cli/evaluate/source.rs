//! One side of a comparison, from whatever file it is in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::tf_pattern::TfPattern;
use crate::cli::offline::NodeArgs;
use crate::evaluate::{Sequence, Skips};
use posemoe::config::ros_args::RosArgs;

/// What a file holds, and what of it could not be used.
#[derive(Debug, Default)]
pub struct Source {
    /// The people.
    pub sequence: Sequence,
    /// What of them was left out.
    pub skips: Skips,
    /// How they came out of the file.
    pub origin: Origin,
    /// What is wrong with the file, in words.
    pub damage: Vec<String>,
    /// What the node did not use, by cause, where it ran.
    pub dropped: BTreeMap<String, u64>,
    /// From stamp to publication, for each frame (s); empty where not known.
    pub latencies_s: Vec<f64>,
}

/// How people came out of a file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Origin {
    /// The file.
    pub file: String,
    /// The topic, of a bag that has people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// What ran, where the node made the people of a bag's keypoints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed: Option<Replayed>,
}

/// The node that made people of keypoints.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Replayed {
    /// Name and version of the model.
    pub model: String,
    /// What ran it.
    pub provider: String,
    /// All its parameters.
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// Messages of keypoints that it was given.
    pub frames_in: u64,
    /// Messages of people that it made of them.
    pub frames_out: u64,
}

/// How a file is to be read.
#[derive(Clone, Debug, Default)]
pub struct How<'a> {
    /// The topic of people; where there is one only, it need not be said.
    pub topic: Option<&'a str>,
    /// A topic that is the other side's, and is not taken unless it is asked for.
    pub not_topic: Option<&'a str>,
    /// What people are on TF, where they are there.
    pub tf: Option<&'a TfPattern>,
    /// `prediction` or `truth`, as in the flags that say so.
    pub side: &'static str,
    /// The frame that people are in, for a file that does not say; that to express people on TF in.
    pub frame_id: Option<&'a str>,
    /// People on TF are in between transforms at most so far apart (s).
    pub max_gap_s: f64,
    /// Added to all stamps (s).
    pub offset_s: f64,
    /// Whether people count who are not in the image, but predicted.
    pub includes_predicted: bool,
    /// How many files are read at a time.
    pub jobs: u16,
    /// The node for keypoints; without it a bag must have people.
    pub node: Option<(&'a NodeArgs, &'a RosArgs)>,
}
