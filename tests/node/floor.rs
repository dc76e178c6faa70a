//! The floor by TF: it says how far away people stand, and a wrong one does not move them.

use nalgebra::{Isometry3, UnitQuaternion, Vector3};
use posemoe::msg::posemoe::People3D;

use crate::bus::{Outgoing, Rig};
use crate::messages::{FRAME, KEYPOINTS, PEOPLE, detections, ms, person, ready};
use crate::transforms::{fix_turned, move_to, optical};

const GROUND: &str = "-p ground_frame:=base";

fn see(rig: &mut Rig, at_ms: i64) -> Vec<Outgoing> {
    rig.bus.now = ms(at_ms);
    rig.send(KEYPOINTS, &detections(ms(at_ms), vec![person("7", 0.0)]))
}

/// Where the one person is after a second (m), who would be 4 m away by rays alone.
fn distance_m(rig: &mut Rig) -> f64 {
    let mut sent = Vec::new();
    for at_ms in (0..1000).step_by(50) {
        sent = see(rig, at_ms);
    }
    let people: People3D = rig.on(PEOPLE, &sent).unwrap();
    people.people[0].root_position.z
}

/// A camera so high above the floor that looks ahead, and is turned about its own axes by so much.
fn camera(height_m: f64, turn_rad: Vector3<f64>) -> Isometry3<f64> {
    let turn = UnitQuaternion::from_scaled_axis(turn_rad);
    optical([0.3, 0.0, height_m]) * turn
}

#[test]
fn people_stand_where_their_feet_are_on_the_floor() {
    // Ankles fall by 0.225 m for each metre of depth, and are 0.1 m above the floor.
    for expected_m in [3.7, 4.3] {
        let mut rig = ready(GROUND);
        let pose = camera(0.1 + 0.225 * expected_m, Vector3::zeros());
        fix_turned(&mut rig, "base", FRAME, &pose);
        let found_m = distance_m(&mut rig);
        // The network's guess of the size has its say.
        let share = (found_m - 4.0) / (expected_m - 4.0);
        assert!(
            (0.6..1.01).contains(&share),
            "{found_m}, expected {expected_m}"
        );
    }
}

#[test]
fn a_floor_that_is_tilted_by_10_degrees_drags_nobody() {
    let tilt_rad = 10f64.to_radians();
    let mut named = 0;
    for turn_rad in [Vector3::x() * tilt_rad, -Vector3::x() * tilt_rad] {
        let mut rig = ready(GROUND);
        fix_turned(&mut rig, "base", FRAME, &camera(1.0, turn_rad));
        let found_m = distance_m(&mut rig);
        assert!((found_m - 4.0).abs() < 0.1, "{found_m}");
        let diagnosis = rig.diagnose(ms(1000), vec![]);
        let text = diagnosis.get("dropped: floor disagrees with the person");
        named += usize::from(text.contains("feet of person \"7\""));
    }
    // Tilted the other way the feet are seen almost along the floor, which says nothing.
    assert_eq!(named, 1);
}

/// Where the one person is by a camera that looks down by so much on a floor that meets the rays to
/// their ankles 4 m away, but for a tilt (degrees); and what is said of the floor.
fn from_above(down_deg: f64, tilt_deg: f64) -> (f64, String) {
    let mut rig = ready(GROUND);
    let down = |deg: f64| Vector3::x() * -deg.to_radians();
    let up = camera(0.0, down(down_deg)).rotation.inverse() * Vector3::z();
    let height_m = 0.1 - 4.0 * up.dot(&Vector3::new(0.0, 0.225, 1.0));
    let tilted = camera(height_m, down(down_deg + tilt_deg));
    fix_turned(&mut rig, "base", FRAME, &tilted);
    let found_m = distance_m(&mut rig);
    let diagnosis = rig.diagnose(ms(1000), vec![]);
    let text = diagnosis.get("dropped: floor disagrees with the person");
    (found_m, text.to_owned())
}

#[test]
fn from_above_too_a_tilted_floor_is_noticed_or_moves_people_by_little() {
    for down_deg in [20.0, 45.0, 60.0] {
        let (level_m, text) = from_above(down_deg, 0.0);
        assert!((level_m - 4.0).abs() < 0.01, "{down_deg}: {level_m}");
        assert_eq!(text, "");
    }
    for tilt_deg in [-10.0, 10.0] {
        let (found_m, text) = from_above(20.0, tilt_deg);
        assert!((found_m - 4.0).abs() < 0.1, "{tilt_deg}: {found_m}");
        assert!(text.contains("feet of person \"7\""), "{tilt_deg}: {text}");
        // The steeper a camera looks, the less a tilt does: stature explains as much.
        for (down_deg, most_m) in [(45.0, 0.6), (60.0, 0.3)] {
            let (found_m, _) = from_above(down_deg, tilt_deg);
            let off_m = (found_m - 4.0).abs();
            assert!(off_m < most_m, "{down_deg} {tilt_deg}: {found_m}");
        }
    }
}

#[test]
fn where_nobody_knows_the_floor_people_are_as_by_rays() {
    let mut rig = ready(GROUND);
    assert!((distance_m(&mut rig) - 4.0).abs() < 0.05);
    let diagnosis = rig.diagnose(ms(1000), vec![]);
    let text = diagnosis.get("dropped: no transform to the ground frame");
    assert!(
        text.starts_with("20 (last:") && text.contains("base"),
        "{text}"
    );
}

#[test]
fn a_transform_that_is_a_little_late_serves_as_it_was() {
    let mut rig = ready(GROUND);
    let pose = camera(0.1 + 0.225 * 4.3, Vector3::zeros());
    move_to(&mut rig, ("base", FRAME), 0, &pose);
    assert!(distance_m(&mut rig) > 4.05);
    let diagnosis = rig.diagnose(ms(1000), vec![]);
    let text = diagnosis.get("dropped: no transform to the ground frame");
    assert!(text.starts_with("9 "), "those after half a second: {text}");
}
