//! Skeletons in 3D of the ZED wrapper, `zed_msgs/msg/ObjectsStamped`; what its fields mean,
//! `input/zed.rs` says. Positions are metres in the frame of the header.

use super::people3d::stamp;
use super::source::How;
use crate::evaluate::{Frame, Joint, Person, Skip, Skips};
use posemoe::input::zed;
use posemoe::msg::decode;
use posemoe::msg::zed_msgs::{Object, ObjectsStamped};
use posemoe_core::skeleton::JointSet;

/// Everyone of a message; `None` where it is unusable.
pub fn frame(payload: &[u8], how: &How<'_>, skips: &mut Skips) -> Option<Frame> {
    let Ok(message) = decode::<ObjectsStamped>(payload) else {
        skips.note(Skip::UndecodableMessage);
        return None;
    };
    let stamp = stamp(&message.header, skips)?;
    let bodies = message.objects.iter();
    let bodies = bodies.filter(|object| object.skeleton_available);
    Some(Frame {
        stamp,
        people: bodies.filter_map(|body| person(body, how, skips)).collect(),
        frame_id: message.header.frame_id,
    })
}

fn person(body: &Object, how: &How<'_>, skips: &mut Skips) -> Option<Person> {
    let is_given_up = zed::is_guess(body) && body.tracking_state > zed::SEARCHING;
    if is_given_up || (zed::is_guess(body) && !how.includes_predicted) {
        skips.note(Skip::PersonNotTracked);
        return None;
    }
    let Some(id) = zed::track_id(body) else {
        skips.note(Skip::PersonWithoutId);
        return None;
    };
    let Some(set) = zed::joint_set(body) else {
        skips.note(Skip::UnknownJointSet);
        return None;
    };
    let mut person = Person {
        id,
        ..Person::default()
    };
    let keypoints = body.skeleton_3d.keypoints.iter().enumerate();
    for (keypoint, point) in keypoints.take(set.keypoint_count()) {
        let position_m = point.kp.map(f64::from);
        match Joint::new(position_m, None) {
            Some(joint) => {
                person.joints.insert(name(set, keypoint).into(), joint);
            }
            None if position_m.iter().any(|m| m.is_nan()) => skips.note(Skip::JointNotSeen),
            None => skips.note(Skip::JointNotFinite),
        }
    }
    Some(person)
}

/// Our name where the keypoint is where our joint is, else that of the set with its number.
fn name(set: JointSet, keypoint: usize) -> String {
    let joint = set.joint_at(keypoint).map(str::to_owned);
    joint.unwrap_or_else(|| format!("{}_{keypoint}", set.name()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use posemoe::msg::encode;
    use posemoe_stamp::Stamp;

    /// A body whose keypoints are each so many metres away as its number.
    fn body(format: i8, number: i16, state: i8) -> Object {
        let mut body = Object {
            label_id: number,
            tracking_available: true,
            tracking_state: state,
            skeleton_available: true,
            body_format: format,
            ..Object::default()
        };
        for (i, point) in body.skeleton_3d.keypoints.iter_mut().enumerate() {
            point.kp = [i as f32, 0.5, -0.25];
        }
        body
    }

    fn read(objects: Vec<Object>, includes_predicted: bool) -> (Frame, Skips) {
        let mut message = ObjectsStamped {
            objects,
            ..ObjectsStamped::default()
        };
        message.header.frame_id = "zed_left_camera_frame".to_owned();
        message.header.stamp.nanosec = 7;
        let how = How {
            includes_predicted,
            ..How::default()
        };
        let mut skips = Skips::default();
        let frame = frame(&encode(&message), &how, &mut skips).unwrap();
        (frame, skips)
    }

    #[test]
    fn each_format_has_its_own_joints_by_our_names() {
        let bodies = vec![body(0, 1, 1), body(1, 2, 1), body(2, 3, 1)];
        let (frame, skips) = read(bodies, false);
        assert_eq!(frame.stamp, Stamp::from_nanos(7));
        assert_eq!(frame.frame_id, "zed_left_camera_frame");
        let counts = frame.people.iter().map(|person| person.joints.len());
        assert_eq!(counts.collect::<Vec<_>>(), [18, 34, 38]);
        // left wrist, right ankle, nose
        let numbers = [[7.0, 10.0, 0.0], [7.0, 24.0, 27.0], [16.0, 23.0, 5.0]];
        for (person, numbers) in frame.people.iter().zip(numbers) {
            let x_m = |name: &str| person.joints[name].position_m.x;
            let found = [x_m("left_wrist"), x_m("right_ankle"), x_m("nose")];
            assert_eq!(found, numbers, "person {}", person.id);
        }
        let chest = frame.people[1].joints["zed34_2"];
        assert_eq!((chest.position_m.x, chest.sigma_m), (2.0, None));
        assert_eq!(skips, Skips::default());
    }

    #[test]
    fn what_is_not_seen_not_tracked_or_not_known_is_counted() {
        let mut half = body(2, 1, 1);
        half.skeleton_3d.keypoints[16].kp = [f32::NAN; 3];
        half.skeleton_3d.keypoints[17].kp[1] = f32::INFINITY;
        half.skeleton_3d.keypoints[60].kp = [f32::NAN; 3]; // beyond the format's 38
        let odd = body(3, 5, 1);
        let all = vec![
            half,
            body(2, 2, 2),
            body(2, 3, 3),
            body(2, 4, 0),
            odd,
            Object::default(),
        ];
        let (frame, skips) = read(all.clone(), false);
        assert_eq!(frame.people.len(), 1);
        assert_eq!(frame.people[0].joints.len(), 36);
        let reasons = [
            Skip::JointNotSeen,
            Skip::JointNotFinite,
            Skip::PersonNotTracked,
            Skip::PersonWithoutId,
            Skip::UnknownJointSet,
        ];
        assert_eq!(reasons.map(|why| skips.count(why)), [1, 1, 2, 1, 1]);
        let (frame, skips) = read(all, true);
        let ids: Vec<&str> = frame
            .people
            .iter()
            .map(|person| person.id.as_str())
            .collect();
        assert_eq!(
            ids,
            ["1", "2"],
            "who is searched for is predicted, who was given up is lost"
        );
        assert_eq!(skips.count(Skip::PersonNotTracked), 1);
    }
}
