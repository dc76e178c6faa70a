//! The recorded walk by all of its cameras together: one person.

use std::path::Path;

use posemoe::msg::geometry_msgs::Point;
use posemoe::msg::posemoe::{People3D, Person3D};
use posemoe::msg::tf2_msgs::TFMessage;
use posemoe_stamp::Stamp;

use crate::bags::{NewBag, messages, recorded, stamp};
use crate::program::{Ran, people, replay_with};

const TRUTH: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/data/walk_truth.mcap"
);

/// A bag of cameras, triggered together, with the transforms that `keep` keeps of theirs; each
/// camera's images are there as far as `shows` says.
fn write(
    path: &Path,
    cameras: &[u32],
    keep: impl Fn(&str) -> bool,
    shows: impl Fn(u32, usize) -> bool,
) {
    let mut bag = NewBag::create(path);
    let mut transforms: TFMessage = messages(Path::new(TRUTH), "/tf_static").swap_remove(0);
    transforms
        .transforms
        .retain(|one| keep(&one.child_frame_id));
    let all: Vec<_> = cameras.iter().map(|n| (*n, recorded(*n))).collect();
    let start = stamp(&all[0].1.1[0].header.stamp);
    bag.put("/tf_static", start, &transforms);
    for (n, (info, _)) in &all {
        bag.put(&format!("/cam{n}/camera_info"), start, info);
    }
    for i in 0..100 {
        for (n, (_, seen)) in all.iter().filter(|(n, _)| shows(*n, i)) {
            let at = stamp(&seen[i].header.stamp).plus_seconds(0.02);
            bag.put(&format!("/cam{n}/tracking"), at, &seen[i]);
        }
    }
    bag.finish();
}

fn fuse(input: &Path, output: &Path, cameras: &[u32], more: &[&str]) -> Ran {
    let names: Vec<String> = cameras.iter().map(|n| format!("cam{n}")).collect();
    let mut words = vec![
        "--ros-args".to_owned(),
        "-p".to_owned(),
        format!("sources:=[{}]", names.join(",")),
        "-p".to_owned(),
        "target_frame:=world".to_owned(),
    ];
    for name in &names {
        words.extend([
            "-p".to_owned(),
            format!("{name}.keypoints_topic:=/{name}/tracking"),
        ]);
        words.extend([
            "-p".to_owned(),
            format!("{name}.camera_info_topic:=/{name}/camera_info"),
        ]);
    }
    let words: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .chain(more.iter().copied())
        .collect();
    replay_with(input, output, 0, &words)
}

fn apart_m(a: &Point, b: &Point) -> f64 {
    (a.x - b.x).hypot(a.y - b.y).hypot(a.z - b.z)
}

fn less(a: &Point, b: &Point) -> Point {
    Point {
        x: a.x - b.x,
        y: a.y - b.y,
        z: a.z - b.z,
    }
}

/// Mean error of the root, and of joints beside it (m), of the only person of each message.
fn errors_m(found: &[People3D]) -> (f64, f64) {
    let truth: Vec<People3D> = messages(Path::new(TRUTH), "/truth/people3d");
    let (mut of_root, mut of_joints, mut joints) = (0.0, 0.0, 0);
    for message in found {
        let true_one = truth
            .iter()
            .find(|t| t.header.stamp == message.header.stamp);
        let (true_one, [person]) = (true_one.unwrap(), message.people.as_slice()) else {
            panic!("one person walks: {:?}", message.people)
        };
        let walker = &true_one.people[0];
        of_root += apart_m(&person.root_position, &walker.root_position);
        for (name, joint) in true_one.joint_names.iter().zip(&walker.joints) {
            let place = message.joint_names.iter().position(|n| n == name).unwrap();
            let beside = less(&person.joints[place].position, &person.root_position);
            of_joints += apart_m(&beside, &less(&joint.position, &walker.root_position));
            joints += 1;
        }
    }
    (of_root / found.len() as f64, of_joints / f64::from(joints))
}

#[test]
fn four_cameras_have_one_walker_where_the_reference_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let cameras = [1, 2, 3, 4];
    write(&file("in.mcap"), &cameras, |_| true, |_, _| true);
    let ran = fuse(&file("in.mcap"), &file("out.mcap"), &cameras, &[]);
    assert!(
        ran.stdout.contains("dropped       nothing"),
        "{}",
        ran.stdout
    );
    let found = people(&file("out.mcap"));
    assert_eq!(found.len(), 100, "one message for each moment");
    for message in &found {
        assert_eq!(message.header.frame_id, "world");
        let who = (message.people[0].id.as_str(), message.people[0].state);
        assert_eq!(who, ("f1", Person3D::TRACKED));
    }
    let (root_m, joints_m) = errors_m(&found);
    assert!(root_m < 0.03 && joints_m < 0.035, "{root_m}, {joints_m}");
    fuse(&file("in.mcap"), &file("again.mcap"), &cameras, &[]);
    let bytes = |name: &str| std::fs::read(file(name)).unwrap();
    assert!(bytes("out.mcap") == bytes("again.mcap"));
}

#[test]
fn without_fusing_each_camera_has_its_own_walker() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let cameras = [1, 2];
    write(&file("in.mcap"), &cameras, |_| true, |_, _| true);
    let off = ["-p", "fuse:=false"];
    fuse(&file("in.mcap"), &file("out.mcap"), &cameras, &off);
    let found = people(&file("out.mcap"));
    assert_eq!(found.len(), 200);
    let ids = found.iter().map(|message| message.people[0].id.as_str());
    assert_eq!(ids.filter(|id| *id == "cam1_1").count(), 100);
}

#[test]
fn people_go_on_without_a_camera_that_has_no_transform_or_falls_silent() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let cameras = [1, 3, 4];
    let has = |frame: &str| frame != "cam03_optical_frame";
    write(&file("in.mcap"), &cameras, has, |n, i| n != 4 || i < 50);
    let ran = fuse(&file("in.mcap"), &file("out.mcap"), &cameras, &[]);
    assert!(
        ran.stdout.contains("no transform into the target frame"),
        "{}",
        ran.stdout
    );
    let found = people(&file("out.mcap"));
    assert_eq!(found.len(), 100);
    for message in &found {
        let [person] = message.people.as_slice() else {
            panic!("{:?}", message.people)
        };
        assert_eq!(
            (person.id.as_str(), person.state),
            ("f1", Person3D::TRACKED)
        );
    }
    let stamps = found.iter().map(|message| stamp(&message.header.stamp));
    assert!(stamps.collect::<Vec<Stamp>>().is_sorted());
    let (root_m, _) = errors_m(&found[1..50]);
    assert!(root_m < 0.06, "{root_m}");
}
