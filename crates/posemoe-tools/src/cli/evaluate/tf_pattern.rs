//! How the frames of people's joints are called on TF.

use std::fmt;
use std::str::FromStr;

use crate::evaluate::names;
use crate::evaluate::sequence::Name;
use posemoe::output::tf::JOINT_FRAME_PREFIX;

/// Who is meant where names hold no id.
const SOMEBODY: &str = "1";
const ID: &str = "{id}";
const JOINT: &str = "{joint}";

/// Links of ROS4HRI's bodies that are where our joints are; of the arms and legs `l_wrist` and so
/// on.
const ROS4HRI: [(&str, &str); 2] = [("body", "pelvis"), ("torso", "thorax")];

/// People who are frames on TF.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct TfArgs {
    /// The predictions are frames on /tf, called like person_{id}/{joint} or {joint}_{id};
    /// `posemoe` and `ros4hri` stand for the names of this node's and of ROS4HRI's. Where they are
    /// is said in --prediction-frame.
    #[arg(long, value_name = "PATTERN", conflicts_with = "prediction_topic")]
    pub prediction_tf: Option<TfPattern>,
    /// The same of the truth, in --truth-frame.
    #[arg(long, value_name = "PATTERN", conflicts_with = "truth_topic")]
    pub truth_tf: Option<TfPattern>,
}

/// Names of frames that are joints of people.
#[derive(Clone, Debug)]
pub struct TfPattern {
    text: String,
    templates: Vec<Template>,
    /// Whether a person has a frame of the body and others; else any one frame is a person.
    pub has_bodies: bool,
}

/// Literal text around an id, a joint, or both.
#[derive(Clone, Debug)]
struct Template {
    before: String,
    between: String,
    after: String,
    holds: Holds,
    joint: fn(&str) -> Option<Name>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Holds {
    Joint,
    IdThenJoint,
    JointThenId,
    /// The frame of the body itself: its joint has no name.
    IdOfBody,
}

impl FromStr for TfPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (templates, has_bodies) = match text {
            "posemoe" => {
                let joints = format!("{JOINT_FRAME_PREFIX}_{JOINT}_{ID}");
                let body = Template {
                    before: "body_".to_owned(),
                    between: String::new(),
                    after: String::new(),
                    holds: Holds::IdOfBody,
                    joint: names::known,
                };
                (vec![body, Template::new(&joints, names::known)?], true)
            }
            "ros4hri" => (vec![Template::new("{joint}_{id}", ros4hri)?], true),
            _ => (vec![Template::new(text, names::known)?], false),
        };
        Ok(Self {
            text: text.to_owned(),
            templates,
            has_bodies,
        })
    }
}

impl fmt::Display for TfPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TfPattern {
    /// Whether names hold the ids of people.
    pub fn has_ids(&self) -> bool {
        self.templates.iter().any(|one| one.holds != Holds::Joint)
    }

    /// The person's id and the joint that a frame is; `None` where it is none.
    pub fn joint_of(&self, frame: &str) -> Option<(String, Name)> {
        self.templates.iter().find_map(|one| one.joint_of(frame))
    }
}

impl Template {
    fn new(text: &str, joint: fn(&str) -> Option<Name>) -> Result<Self, String> {
        let refused = || {
            format!(
                "found {text:?}, expected {JOINT} once and {ID} at most once, with something \
                 between them, such as person_{ID}/{JOINT}; or posemoe, or ros4hri"
            )
        };
        let (before, after) = text.split_once(JOINT).ok_or_else(refused)?;
        let (holds, before, between, after) = match (before.split_once(ID), after.split_once(ID)) {
            (None, None) => (Holds::Joint, before, "", after),
            (Some((before, between)), None) => (Holds::IdThenJoint, before, between, after),
            (None, Some((between, after))) => (Holds::JointThenId, before, between, after),
            (Some(_), Some(_)) => return Err(refused()),
        };
        let is_left_over = [before, between, after]
            .iter()
            .any(|text| text.contains(['{', '}']));
        if is_left_over || (holds != Holds::Joint && between.is_empty()) {
            return Err(refused());
        }
        let [before, between, after] = [before, between, after].map(str::to_owned);
        Ok(Self {
            before,
            between,
            after,
            holds,
            joint,
        })
    }

    fn joint_of(&self, frame: &str) -> Option<(String, Name)> {
        let rest = frame.strip_prefix(self.before.as_str())?;
        let rest = rest.strip_suffix(self.after.as_str())?;
        let (id, joint) = match self.holds {
            Holds::Joint => (SOMEBODY, (self.joint)(rest)?),
            Holds::IdOfBody => (rest, "pelvis".into()),
            Holds::IdThenJoint | Holds::JointThenId => self.split(rest)?,
        };
        (!id.is_empty()).then(|| (id.to_owned(), joint))
    }

    /// The id and the joint of a name in which both may hold what is between them, as
    /// `left_wrist_p_7`: the joint is the longest that is known.
    fn split<'a>(&self, name: &'a str) -> Option<(&'a str, Name)> {
        let ways = name.match_indices(self.between.as_str());
        let found = ways.filter_map(|(place, between)| {
            let (first, second) = (name.get(..place)?, name.get(place + between.len()..)?);
            let (id, joint) = match self.holds {
                Holds::IdThenJoint => (first, second),
                _ => (second, first),
            };
            (!id.is_empty()).then_some((joint.len(), id, (self.joint)(joint)?))
        });
        let longest = found.max_by_key(|(length, ..)| *length);
        longest.map(|(_, id, joint)| (id, joint))
    }
}

/// The joint that is where a link of human_description is, `l_wrist` as well as `torso`.
fn ros4hri(link: &str) -> Option<Name> {
    if let Some((_, joint)) = ROS4HRI.iter().find(|(known, _)| *known == link) {
        return Some((*joint).into());
    }
    let (side, part) = link.split_once('_')?;
    let side = match side {
        "l" => "left",
        "r" => "right",
        _ => return None,
    };
    names::known(&format!("{side}_{part}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, frame: &str) -> Option<String> {
        let pattern: TfPattern = pattern.parse().unwrap();
        let (id, joint) = pattern.joint_of(frame)?;
        Some(format!("{id} {joint}"))
    }

    #[test]
    fn frames_of_any_pattern_become_joints_of_people() {
        for (pattern, frame, expected) in [
            (
                "person_{id}/{joint}",
                "person_7/left_wrist",
                Some("7 left_wrist"),
            ),
            (
                "person_{id}/{joint}",
                "person_a/b/RHip",
                Some("a/b right_hip"),
            ),
            ("person_{id}/{joint}", "person_7/C7", None),
            ("person_{id}/{joint}", "person_/nose", None),
            ("{joint}_{id}", "left_wrist_p_7", Some("p_7 left_wrist")),
            ("{joint}_{id}", "base_link", None),
            (
                "{id}_{joint}_frame",
                "p_7_left_wrist_frame",
                Some("p_7 left_wrist"),
            ),
            ("mocap/{joint}", "mocap/nose", Some("1 nose")),
            ("posemoe", "posemoe_left_wrist_p7", Some("p7 left_wrist")),
            ("posemoe", "body_p7", Some("p7 pelvis")),
            ("posemoe", "left_wrist_p7", None),
            ("ros4hri", "l_wrist_p_7", Some("p_7 left_wrist")),
            ("ros4hri", "torso_ab12", Some("ab12 thorax")),
            ("ros4hri", "body_ab12", Some("ab12 pelvis")),
            ("ros4hri", "l_y_shoulder_p7", None),
            ("ros4hri", "r_shoulder_p7", Some("p7 right_shoulder")),
            ("ros4hri", "head_p7", None),
        ] {
            assert_eq!(
                found(pattern, frame).as_deref(),
                expected,
                "{pattern}: {frame}"
            );
        }
    }

    #[test]
    fn a_pattern_that_tells_nothing_apart_is_refused() {
        for wrong in [
            "",
            "person_{id}",
            "{id}{joint}",
            "{joint}_{joint}",
            "{id}_{joint}_{id}",
            "{Joint}",
            "{x}{joint}",
        ] {
            let error = wrong.parse::<TfPattern>().unwrap_err();
            assert!(error.contains("expected {joint} once"), "{wrong}: {error}");
        }
    }
}
