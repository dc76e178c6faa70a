//! Joints of others by our names.

use super::sequence::Name;
use posemoe_core::skeleton::JOINTS;

/// Markers of OpenPose's and Pose2Sim's models, lower case, that are where ours are.
const MARKERS: [(&str, &str); 16] = [
    ("hip", "pelvis"),
    ("midhip", "pelvis"),
    ("rhip", "right_hip"),
    ("rknee", "right_knee"),
    ("rankle", "right_ankle"),
    ("lhip", "left_hip"),
    ("lknee", "left_knee"),
    ("lankle", "left_ankle"),
    ("nose", "nose"),
    ("lshoulder", "left_shoulder"),
    ("lelbow", "left_elbow"),
    ("lwrist", "left_wrist"),
    ("rshoulder", "right_shoulder"),
    ("relbow", "right_elbow"),
    ("rwrist", "right_wrist"),
    ("midshoulder", "thorax"),
];

/// Our name of a joint or marker, else its own.
pub fn ours(name: &str) -> Name {
    known(name).unwrap_or_else(|| name.into())
}

/// Our name of a joint or marker, where it is one of ours.
pub fn known(name: &str) -> Option<Name> {
    let plain = name.to_ascii_lowercase();
    if JOINTS.contains(&plain.as_str()) {
        return Some(plain.into());
    }
    let known = MARKERS.iter().find(|(marker, _)| *marker == plain);
    known.map(|(_, joint)| (*joint).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_names_become_ours_and_strangers_stay() {
        for (found, expected) in [
            ("RHip", "right_hip"),
            ("Hip", "pelvis"),
            ("Left_Wrist", "left_wrist"),
            ("C7", "C7"),
            ("Neck", "Neck"), // not between the shoulders
        ] {
            assert_eq!(*ours(found), *expected);
        }
        assert!(MARKERS.iter().all(|(_, joint)| JOINTS.contains(joint)));
    }
}
