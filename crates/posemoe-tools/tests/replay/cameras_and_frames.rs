//! Bags of robots with several cameras, with transforms, and with the bodies of ROS4HRI.

use std::path::Path;

use posemoe::msg::geometry_msgs::TransformStamped;
use posemoe::msg::hri_msgs::{IdsList, Skeleton2D};
use posemoe::msg::posemoe::People3D;
use posemoe::msg::sensor_msgs::{CameraInfo, JointState};
use posemoe::msg::tf2_msgs::TFMessage;

use crate::bags::{CAMERA_INFO, NewBag, messages, recorded, stamp, timed};
use crate::program::{people, replay, replay_with, walk};

const TWO: &str = "--ros-args -p sources:=[front,rear] -p front.keypoints_topic:=/front/tracking \
    -p front.camera_info_topic:=/front/camera_info -p rear.keypoints_topic:=/rear/tracking \
    -p rear.camera_info_topic:=/rear/camera_info";

/// The walk by cameras 1 and 2, which are the front and the rear one.
fn write_both(path: &Path) {
    let mut bag = NewBag::create(path);
    let cameras = [("front", 1), ("rear", 2)].map(|(name, camera)| (name, recorded(camera)));
    for (name, (info, seen)) in &cameras {
        let start = stamp(&seen[0].header.stamp);
        bag.put(&format!("/{name}/camera_info"), start, info);
    }
    for i in 0..100 {
        for (name, (_, seen)) in &cameras {
            let at = stamp(&seen[i].header.stamp);
            bag.put(&format!("/{name}/tracking"), at, &seen[i]);
        }
    }
    bag.finish();
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[test]
fn two_cameras_in_one_bag_say_what_each_says_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    write_both(&file("in.mcap"));
    replay_with(&file("in.mcap"), &file("both.mcap"), 0, &words(TWO));
    let both = people(&file("both.mcap"));
    assert_eq!(both.len(), 200);
    for (name, camera) in [("front", 1), ("rear", 2)] {
        // As the frames of several cameras are, and so to the bit.
        let alone = words("--ros-args -p frames_together:=1");
        replay_with(&walk(camera), &file("one.mcap"), 0, &alone);
        let frame = format!("cam0{camera}_optical_frame");
        let its: Vec<&People3D> = both
            .iter()
            .filter(|message| message.header.frame_id == frame)
            .collect();
        let mut alone = people(&file("one.mcap"));
        assert_eq!(its.len(), alone.len());
        for (its, alone) in its.into_iter().zip(&mut alone) {
            alone.people[0].id = format!("{name}_1");
            assert_eq!(its, alone);
        }
    }
}

#[test]
fn a_source_that_the_bag_lacks_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in"), folder.path().join("out"));
    let input = input.with_extension("mcap");
    write_both(&input);
    let third = TWO.replace(
        "rear.keypoints_topic:=/rear",
        "rear.keypoints_topic:=/third",
    );
    let ran = replay_with(&input, &output, 2, &words(&third));
    assert!(
        ran.stderr
            .contains("no topic /third/tracking; it has /front/camera_info"),
        "{}",
        ran.stderr
    );
}

/// A transform of the walk: where, in what, and from where (m).
fn transform(at: &CameraInfo, parent: &str, child: &str, x_m: f64) -> TFMessage {
    let mut transform = TransformStamped {
        header: at.header.clone(),
        child_frame_id: child.into(),
        ..Default::default()
    };
    transform.header.frame_id = parent.into();
    transform.transform.translation.x = x_m;
    TFMessage {
        transforms: vec![transform],
    }
}

#[test]
fn transforms_of_the_bag_carry_people_into_the_target_frame_as_soon_as_they_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let (info, seen) = recorded(1);
    let mut bag = NewBag::create(&file("in.mcap"));
    let start = stamp(&seen[0].header.stamp);
    bag.put(CAMERA_INFO, start, &info);
    let frame = info.header.frame_id.clone();
    bag.put("/tf_static", start, &transform(&info, "base", &frame, 0.25));
    for (i, message) in seen.iter().enumerate() {
        let at = stamp(&message.header.stamp);
        let mut moved = info.clone();
        moved.header.stamp = message.header.stamp.clone();
        bag.put("/yolo/tracking", at, message);
        // Odometry comes 50 ms late; the robot stands until it goes 1 m/s after the 50th image.
        let gone_m = at.seconds_since(stamp(&seen[50.min(i)].header.stamp));
        let odom = transform(&moved, "odom", "base", gone_m);
        bag.put("/tf", at.plus_seconds(0.05), &odom);
    }
    bag.finish();
    let target = words("--ros-args -p target_frame:=odom");
    let ran = replay_with(&file("in.mcap"), &file("out.mcap"), 0, &target);
    assert!(
        ran.stdout.contains("dropped       nothing"),
        "{}",
        ran.stdout
    );
    replay(&walk(1), &file("plain.mcap"), 0);
    let plain = people(&file("plain.mcap"));
    let found = timed::<People3D>(&file("out.mcap"), "/posemoe/people3d");
    assert_eq!(found.len(), 100);
    for (i, ((published, there), here)) in found.iter().zip(&plain).enumerate() {
        assert_eq!(there.header.frame_id, "odom");
        assert_eq!(there.header.stamp, here.header.stamp);
        let waited_s = published.seconds_since(stamp(&there.header.stamp));
        assert!((0.04..0.06).contains(&waited_s) || i == 0, "{waited_s}");
        let (there, here) = (&there.people[0], &here.people[0]);
        let gone_m = i.saturating_sub(50) as f64 / 60.0;
        let x_m = here.root_position.x + 0.25 + gone_m;
        assert!((there.root_position.x - x_m).abs() < 2e-3, "image {i}");
        let own_m_s = there.root_velocity.x - here.root_velocity.x;
        let expected_m_s = if i > 51 { 1.0 } else { 0.0 };
        if !(50..=51).contains(&i) {
            assert!((own_m_s - expected_m_s).abs() < 1e-2, "{i}: {own_m_s}");
        }
    }
}

#[test]
fn bodies_that_we_publish_come_back_as_the_same_people() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let out = words("--keep-input --ros-args -p publish_hri:=true");
    replay_with(&walk(1), &file("bodies.mcap"), 0, &out);
    let bodies = file("bodies.mcap");
    let lists: Vec<IdsList> = messages(&bodies, "/humans/bodies/tracked");
    assert_eq!(lists.len(), 100);
    assert!(lists.iter().all(|list| list.ids == ["p1"]));
    let skeletons: Vec<Skeleton2D> = messages(&bodies, "/humans/bodies/p1/skeleton2d");
    assert_eq!(skeletons.len(), 100);
    let states: Vec<JointState> = messages(&bodies, "/humans/bodies/p1/joint_states");
    assert_eq!(states.len(), 100);

    let back =
        words("--ros-args -p keypoints_type:=hri_msgs/msg/Skeleton2D -p people_topic:=/again");
    replay_with(&bodies, &file("again.mcap"), 0, &back);
    let (first, again) = (
        people(&bodies),
        messages::<People3D>(&file("again.mcap"), "/again"),
    );
    assert_eq!(again.len(), 100);
    for (first, again) in first.iter().zip(&again) {
        assert_eq!(first.header, again.header);
        let (first, again) = (&first.people[0], &again.people[0]);
        assert_eq!(again.id, "p1");
        for (a, b) in first.joints.iter().zip(&again.joints) {
            let (a, b) = (&a.position, &b.position);
            let off_m = (a.x - b.x).hypot(a.y - b.y).hypot(a.z - b.z);
            // Shares of the image are rounded to a float's 7 digits.
            assert!(off_m < 0.02, "{off_m} m");
        }
    }
}
