//! Bodies of ROS4HRI and people for Nav2 out.

use std::collections::BTreeSet;

use posemoe::bus::Durability;
use posemoe::msg::hri_msgs::{IdsList, NormalizedRegionOfInterest2D, Skeleton2D};
use posemoe::msg::people_msgs::People;
use posemoe::msg::posemoe::{People3D, Person3D};
use posemoe::msg::sensor_msgs::JointState;
use posemoe::msg::std_msgs::String as StringMsg;

use crate::bus::{Outgoing, Rig};
use crate::managed::{set, switch};
use crate::messages::{
    CAMERA_INFO, KEYPOINTS, PEOPLE, camera_info, detections, header, ms, person, ready,
};

const BOTH: &str = "-p publish_hri:=true -p publish_nav_people:=true";
const TRACKED: &str = "/humans/bodies/tracked";

fn show(rig: &mut Rig, at_ms: i64, ids: &[&str]) -> Vec<Outgoing> {
    let people = ids.iter().map(|id| person(id, 0.0)).collect();
    rig.send(KEYPOINTS, &detections(ms(at_ms), people))
}

/// The topics below /humans that are advertised now.
fn humans(rig: &Rig) -> BTreeSet<String> {
    let names = rig.bus.advertised.iter().map(|topic| topic.name.clone());
    names.filter(|name| name.starts_with("/humans")).collect()
}

fn topics(names: &[&str]) -> BTreeSet<String> {
    let full = names.iter().map(|name| format!("/humans/bodies/{name}"));
    full.collect()
}

fn ids(rig: &Rig, sent: &[Outgoing]) -> Vec<String> {
    rig.on::<IdsList>(TRACKED, sent).unwrap().ids
}

#[test]
fn a_person_has_the_topics_of_a_body_from_the_first_image_on() {
    let mut rig = ready(BOTH);
    assert_eq!(humans(&rig), topics(&["tracked"]));
    let sent = show(&mut rig, 0, &["7"]);
    let its = [
        "tracked",
        "p7/roi",
        "p7/skeleton2d",
        "p7/joint_states",
        "p7/urdf",
    ];
    assert_eq!(humans(&rig), topics(&its));
    let list: IdsList = rig.on(TRACKED, &sent).unwrap();
    assert_eq!((list.header, list.ids), (header(ms(0)), vec!["p7".into()]));
    let roi: NormalizedRegionOfInterest2D = rig.on("/humans/bodies/p7/roi", &sent).unwrap();
    assert!(roi.xmin < 0.5 && roi.xmax > 0.5, "{roi:?}");
    let skeleton: Skeleton2D = rig.on("/humans/bodies/p7/skeleton2d", &sent).unwrap();
    assert_eq!(skeleton.header, header(ms(0)));
    let state: JointState = rig.on("/humans/bodies/p7/joint_states", &sent).unwrap();
    assert_eq!((state.name.len(), state.position.len()), (20, 20));
    let urdf: StringMsg = rig.on("/humans/bodies/p7/urdf", &sent).unwrap();
    assert!(urdf.data.contains("body_p7"));
    let place = |name: &str| rig.bus.advertised.iter().find(|t| t.name == name).unwrap();
    let urdf_qos = place("/humans/bodies/p7/urdf").qos;
    assert_eq!(
        urdf_qos.durability,
        Durability::TransientLocal,
        "for latecomers"
    );

    let sent = show(&mut rig, 50, &["7"]);
    let again: Option<StringMsg> = rig.on("/humans/bodies/p7/urdf", &sent);
    assert!(again.is_none(), "said once");
    let state: Option<JointState> = rig.on("/humans/bodies/p7/joint_states", &sent);
    assert!(state.is_some());
}

#[test]
fn topics_are_given_back_when_the_person_is_lost_and_come_again_with_them() {
    let mut rig = ready(BOTH);
    show(&mut rig, 0, &["7", "8"]);
    let sent = show(&mut rig, 50, &["8"]);
    assert_eq!(ids(&rig, &sent), ["p8"], "who is predicted is no body");
    assert!(humans(&rig).contains("/humans/bodies/p7/urdf"), "not yet");
    show(&mut rig, 700, &["8"]);
    let left = humans(&rig);
    assert!(left.iter().all(|name| !name.contains("p7")), "{left:?}");
    assert_eq!(left.len(), 5);
    let sent = show(&mut rig, 800, &["7", "8"]);
    let urdf: Option<StringMsg> = rig.on("/humans/bodies/p7/urdf", &sent);
    assert!(urdf.is_some());
    assert_eq!(ids(&rig, &sent), ["p7", "p8"]);
}

#[test]
fn bodies_are_switched_on_and_off_while_people_walk() {
    let mut rig = ready("");
    show(&mut rig, 0, &["7"]);
    assert!(humans(&rig).is_empty());
    assert!(set(&mut rig, vec![switch("publish_hri", true)])[0].successful);
    let sent = show(&mut rig, 50, &["7"]);
    assert_eq!(ids(&rig, &sent), ["p7"]);
    let urdf: Option<StringMsg> = rig.on("/humans/bodies/p7/urdf", &sent);
    assert!(urdf.is_some());
    assert!(set(&mut rig, vec![switch("publish_hri", false)])[0].successful);
    assert!(humans(&rig).is_empty(), "{:?}", humans(&rig));
    assert_eq!(show(&mut rig, 100, &["7"]).len(), 3, "people, tf, markers");
    // And once more: the body says its URDF again to those who come now.
    set(&mut rig, vec![switch("publish_hri", true)]);
    let sent = show(&mut rig, 150, &["7"]);
    let urdf: Option<StringMsg> = rig.on("/humans/bodies/p7/urdf", &sent);
    assert!(urdf.is_some());
}

#[test]
fn where_bodies_come_from_another_node_only_angles_are_added() {
    let hri = "-p keypoints_type:=hri_msgs/msg/Skeleton2D -p publish_hri:=true";
    let mut rig = Rig::new(hri);
    rig.send(CAMERA_INFO, &camera_info());
    let list = IdsList {
        header: header(ms(0)),
        ids: vec!["ab".into()],
    };
    rig.send(TRACKED, &list);
    let seen = ready(BOTH);
    let mut seen = seen;
    let sent = show(&mut seen, 0, &["7"]);
    // What we say of a body ourselves, another node could have said.
    let skeleton: Skeleton2D = seen.on("/humans/bodies/p7/skeleton2d", &sent).unwrap();
    let sent = rig.send("/humans/bodies/ab/skeleton2d", &skeleton);
    let state: JointState = rig.on("/humans/bodies/ab/joint_states", &sent).unwrap();
    assert_eq!(state.header, header(ms(0)));
    assert_eq!(humans(&rig), topics(&["ab/joint_states", "ab/urdf"]));
    // What goes round comes back: the same person at the same place.
    let out: People3D = rig.on(PEOPLE, &sent).unwrap();
    let root = &out.people[0].root_position;
    assert!(
        root.x.abs() < 0.05 && (root.z - 4.0).abs() < 0.1,
        "{root:?}"
    );
}

#[test]
fn people_for_nav2_are_those_in_the_way() {
    let mut rig = ready(BOTH);
    let mut tags = Vec::new();
    for i in 0..30 {
        let ids: &[&str] = if i < 10 { &["7"] } else { &[] };
        let sent = show(&mut rig, i * 50, ids);
        let people: People = rig.on("/people", &sent).unwrap();
        let all: People3D = rig.on(PEOPLE, &sent).unwrap();
        assert_eq!(people.header, all.header);
        for person in &people.people {
            assert_eq!(person.name, "p7");
            assert_eq!(person.position, all.people[0].root_position);
            assert_eq!(person.tagnames[0], "state");
            tags.push(person.tags[0].clone());
        }
        if all.people.iter().any(|p| p.state == Person3D::LOST) {
            assert!(people.people.is_empty(), "no cost is left behind");
        }
    }
    let expected = [vec!["tracked"; 10], vec!["predicted"; 10]].concat();
    assert_eq!(tags, expected);
}

#[test]
fn a_camera_that_gets_another_frame_leaves_no_bodies_behind() {
    let mut rig = ready(BOTH);
    show(&mut rig, 0, &["7"]);
    let mut info = camera_info();
    info.header.frame_id = "other_frame".into();
    rig.send(CAMERA_INFO, &info);
    let mut seen = detections(ms(50), vec![person("8", 0.0)]);
    seen.header.frame_id = "other_frame".into();
    let sent = rig.send(KEYPOINTS, &seen);
    assert_eq!(ids(&rig, &sent), ["p8"], "p7 was of the old frame");
    assert!(humans(&rig).iter().all(|name| !name.contains("p7")));
}

/// Whatever a peer made of one topic, the node and the body's other topics go on.
#[test]
fn a_topic_that_a_peer_has_with_another_type_costs_that_topic_only() {
    let mut rig = ready(BOTH);
    rig.bus.refused = vec!["/humans/bodies/p7/urdf".to_owned()];
    show(&mut rig, 0, &["7", "8"]);
    let left = ["tracked", "p7/roi", "p7/skeleton2d", "p7/joint_states"];
    let of_8 = ["p8/roi", "p8/skeleton2d", "p8/joint_states", "p8/urdf"];
    assert_eq!(humans(&rig), topics(&[&left[..], &of_8[..]].concat()));
    let sent = show(&mut rig, 50, &["7", "8"]);
    assert_eq!(ids(&rig, &sent), ["p7", "p8"]);
    let state: Option<JointState> = rig.on("/humans/bodies/p7/joint_states", &sent);
    assert!(state.is_some());
    let said = rig.diagnose(ms(1_000), vec![]);
    let counted = said.get("dropped: topic of a body refused");
    assert!(
        counted.starts_with("1 "),
        "{counted:?} of {:?}",
        said.values
    );
}
