//! People as this node publishes them, `posemoe/msg/People3D`.

use super::source::How;
use crate::evaluate::{Frame, Joint, Person, Skip, Skips, names};
use posemoe::msg::decode;
use posemoe::msg::geometry_msgs::Vector3;
use posemoe::msg::posemoe::{People3D, Person3D};
use posemoe::msg::std_msgs::Header;
use posemoe_stamp::Stamp;

/// Everyone of a message; `None` where it is unusable.
pub fn frame(payload: &[u8], how: &How<'_>, skips: &mut Skips) -> Option<Frame> {
    let Ok(message) = decode::<People3D>(payload) else {
        skips.note(Skip::UndecodableMessage);
        return None;
    };
    let stamp = stamp(&message.header, skips)?;
    let people = message.people.iter();
    let people = people.filter_map(|found| person(found, &message.joint_names, how, skips));
    Some(Frame {
        stamp,
        people: people.collect(),
        frame_id: message.header.frame_id,
    })
}

/// The stamp of a header; an impossible one is counted.
pub fn stamp(header: &Header, skips: &mut Skips) -> Option<Stamp> {
    let stamp = Stamp::from_parts(header.stamp.sec, header.stamp.nanosec).ok();
    if stamp.is_none() {
        skips.note(Skip::BadStamp);
    }
    stamp
}

fn person(found: &Person3D, names: &[String], how: &How<'_>, skips: &mut Skips) -> Option<Person> {
    let counts = match found.state {
        Person3D::TRACKED => true,
        Person3D::PREDICTED => how.includes_predicted,
        _ => false,
    };
    if !counts {
        skips.note(Skip::PersonNotTracked);
        return None;
    }
    if found.joints.len() != names.len() {
        skips.note(Skip::JointsNotAsNamed);
        return None;
    }
    let Vector3 { x, y, z } = found.root_sigma;
    let root_sigma_m = nalgebra::Vector3::new(x, y, z);
    let mut person = Person {
        id: found.id.clone(),
        // 0 from those who do not know.
        root_sigma_m: Some(root_sigma_m).filter(|sigma_m| sigma_m.iter().all(|axis| *axis > 0.0)),
        ..Person::default()
    };
    for (name, joint) in names.iter().zip(&found.joints) {
        let position = &joint.position;
        let sigma_m = Some(joint.sigma_m); // 0 from those who do not know
        match Joint::new([position.x, position.y, position.z], sigma_m) {
            Some(joint) => {
                person.joints.insert(names::ours(name), joint);
            }
            // Nowhere, and never seen: that is how a truth says that it does not know.
            None if joint.score == 0.0 => skips.note(Skip::JointNotSeen),
            None => skips.note(Skip::JointNotFinite),
        }
    }
    Some(person)
}
