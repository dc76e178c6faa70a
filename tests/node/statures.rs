//! People whose stature somebody knows stand where that puts them, and their sigma says so.

use posemoe::msg::posemoe::{People3D, Person3D};
use posemoe::msg::rcl_interfaces::{Parameter, ParameterType, SetParametersResult};

use crate::bus::Rig;
use crate::managed;
use crate::messages::{KEYPOINTS, PEOPLE, detections, ms, person, ready};
use crate::several_cameras;

fn know(rig: &mut Rig, statures: &[&str]) -> SetParametersResult {
    let mut parameter = Parameter {
        name: "known_statures".into(),
        ..Default::default()
    };
    parameter.value.r#type = ParameterType::PARAMETER_STRING_ARRAY;
    parameter.value.string_array_value = statures.iter().map(|s| (*s).to_owned()).collect();
    managed::set(rig, vec![parameter]).remove(0)
}

/// Somebody in an image.
fn see(rig: &mut Rig, at_ms: i64, id: &str) -> Person3D {
    rig.bus.now = ms(at_ms);
    let sent = rig.send(KEYPOINTS, &detections(ms(at_ms), vec![person(id, 0.0)]));
    let told: People3D = rig.on(PEOPLE, &sent).unwrap();
    let mut people = told.people.into_iter();
    people.find(|person| person.id == id).unwrap()
}

#[test]
fn who_is_taller_stands_farther_away_and_less_in_doubt() {
    let unknown = see(&mut ready(""), 0, "7");
    let of = |arguments: &str, id: &str| {
        let mut rig = ready(arguments);
        let person = see(&mut rig, 0, id);
        (person.root_position.z, person.root_sigma.z)
    };
    let (small_m, sigma_m) = of("-p known_statures:=['7=1.6']", "7");
    let (tall_m, _) = of("-p known_statures:=['8=1.2','7=1.92']", "7");
    assert!((tall_m / small_m - 1.2).abs() < 0.01, "{small_m} {tall_m}");
    // 2 % of stature and 3 % of the pose are left of 5 %; what rays doubt stays.
    let share = (sigma_m / small_m) / (unknown.root_sigma.z / unknown.root_position.z);
    assert!((0.7..0.85).contains(&share), "{share}");
    let others = of("-p known_statures:=['8=1.2']", "7");
    assert_eq!(others, (unknown.root_position.z, unknown.root_sigma.z));
    // One goes before all, and 0 says that nobody knows.
    let all = "-p known_stature_m:=1.92 -p known_statures:=";
    assert_eq!(of(&format!("{all}['7=1.6']"), "7").0, small_m);
    assert_eq!(of(&format!("{all}['7=0']"), "7"), others);
    assert_eq!(of(&format!("{all}['8=0']"), "7").0, tall_m);
}

#[test]
fn what_is_said_of_who_has_yet_to_come_is_kept_for_them() {
    let mut rig = ready("");
    let before_m = see(&mut rig, 0, "7").root_position.z;
    assert!(know(&mut rig, &["9=1.6"]).successful);
    for at_ms in (50..30_000).step_by(50) {
        see(&mut rig, at_ms, "7");
    }
    let mut small = ready("-p known_statures:=['9=1.6']");
    let expected_m = see(&mut small, 0, "9").root_position.z;
    assert!((expected_m - before_m).abs() > 0.1, "{expected_m}");
    let mut message = detections(ms(30_000), vec![person("7", -1.0), person("9", 0.0)]);
    message.detections[1].score = 0.8;
    let sent = rig.send(KEYPOINTS, &message);
    let told: People3D = rig.on(PEOPLE, &sent).unwrap();
    let depth_m = |id: &str| {
        let found = told.people.iter().find(|person| person.id == id);
        found.map(|person| person.root_position.z).unwrap()
    };
    assert!((depth_m("9") - expected_m).abs() < 1e-6);
    assert!((depth_m("7") - before_m).abs() < 0.05);
}

#[test]
fn when_it_becomes_known_the_person_is_elsewhere_and_has_not_run_there() {
    let mut rig = ready("");
    for at_ms in (0..2000).step_by(50) {
        see(&mut rig, at_ms, "7");
    }
    assert!(know(&mut rig, &["7=1.4"]).successful);
    let expected_m = see(&mut ready("-p known_statures:=['7=1.4']"), 0, "7")
        .root_position
        .z;
    for at_ms in (2000..3000).step_by(50) {
        let person = see(&mut rig, at_ms, "7");
        assert!((person.root_position.z - expected_m).abs() < 0.02);
        assert!(person.root_velocity.z.abs() < 0.1);
    }
}

#[test]
fn what_nobody_can_be_is_refused_by_name_and_nothing_changes() {
    let mut rig = ready("");
    let before = see(&mut rig, 0, "7").root_position.z;
    for wrong in ["7=-1.7", "7=NaN", "7=10", "7=178", "7=", "1.7"] {
        let answer = know(&mut rig, &[wrong]);
        let expected = format!("parameter known_statures: found {wrong:?}, expected such as");
        assert!(!answer.successful, "{wrong}");
        assert!(answer.reason.starts_with(&expected), "{}", answer.reason);
    }
    let many: Vec<String> = (0..300).map(|id| format!("{id}=1.7")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let answer = know(&mut rig, &many);
    assert!(answer.reason.contains("300 people"), "{}", answer.reason);
    assert!((see(&mut rig, 50, "7").root_position.z - before).abs() < 0.01);
    let known = managed::get(&mut rig, "known_statures");
    assert!(known.string_array_value.is_empty());
}

#[test]
fn of_several_cameras_ids_are_those_that_are_published() {
    let mut rig = several_cameras::both("-p known_statures:=['front_7=1.4']", [600.0; 2]);
    let mut depth_m = |camera: &str| {
        let sent = several_cameras::see(&mut rig, camera, 0);
        let told: People3D = rig.on(PEOPLE, &sent).unwrap();
        told.people[0].root_position.z
    };
    let (front_m, rear_m) = (depth_m("front"), depth_m("rear"));
    assert!((rear_m - 4.0).abs() < 0.1, "{rear_m}");
    assert!((front_m - rear_m).abs() > 0.2, "{front_m} {rear_m}");
}
