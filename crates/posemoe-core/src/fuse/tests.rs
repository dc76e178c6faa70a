//! People whom cameras around a room see, each wrong in its own way.

use nalgebra::{Isometry3, Matrix3, Point3, Translation3, UnitQuaternion, Vector3};

use super::*;
use crate::geometry::camera::Camera;
use crate::person::forecast::Forecast;
use crate::person::marks::{Mark, Marks};
use crate::person::pose::Joint;
use crate::skeleton::JOINT_COUNT;

mod faults;
mod sizes;
mod times;

pub fn settings() -> Settings {
    Settings {
        validity: Validity {
            stale_s: 0.3,
            predict_s: 0.5,
        },
        reidentify_s: 2.0,
        motion: MotionModel::default(),
        extrinsics: Extrinsics {
            turn_sigma_rad: 0.002,
            place_sigma_m: 0.005,
        },
    }
}

pub fn at(ms: i64) -> Stamp {
    Stamp::from_nanos(ms * 1_000_000)
}

pub fn camera() -> Camera {
    let k = [420.0, 0.0, 424.0, 0.0, 420.0, 240.0, 0.0, 0.0, 1.0];
    Camera::new(&k, "plumb_bob", &[], 848, 480).unwrap()
}

/// A camera in a room whose z is up, that looks at a place.
pub fn looking(from_m: [f64; 3], to_m: [f64; 3]) -> Isometry3<f64> {
    let [from_m, to_m] = [from_m, to_m].map(Vector3::from);
    let down = -Vector3::z();
    Isometry3::from_parts(
        Translation3::from(from_m),
        UnitQuaternion::face_towards(&(to_m - from_m), &down),
    )
}

/// From two sides.
pub fn two() -> Vec<Isometry3<f64>> {
    let middle = [4.0, 0.0, 0.9];
    vec![
        looking([0.0, 0.0, 1.2], middle),
        looking([1.0, -3.4, 2.3], middle),
    ]
}

/// Somebody who stands at a place of the floor (m), goes that fast (m/s), and is turned (rad).
#[derive(Clone, Copy)]
pub struct Walker {
    pub place_m: Vector3<f64>,
    pub speed_m_s: Vector3<f64>,
    pub turn_rad: f64,
}

impl Walker {
    pub fn standing(x_m: f64, y_m: f64) -> Self {
        Self {
            place_m: Vector3::new(x_m, y_m, 0.9),
            speed_m_s: Vector3::zeros(),
            turn_rad: x_m + 2.0 * y_m,
        }
    }

    pub fn root_m(&self, stamp: Stamp) -> Vector3<f64> {
        self.place_m + self.speed_m_s * stamp.seconds_since(at(0))
    }

    /// Joints in the room (m).
    pub fn joints_m(&self, stamp: Stamp) -> [Vector3<f64>; JOINT_COUNT] {
        let turn = UnitQuaternion::from_axis_angle(&Vector3::z_axis(), self.turn_rad);
        std::array::from_fn(|j| {
            let angle = j as f64;
            let beside_m = match j {
                0 => Vector3::zeros(),
                _ => Vector3::new(0.3 * angle.sin(), 0.25 * angle.cos(), 0.09 * (angle - 8.0)),
            };
            self.root_m(stamp) + turn * beside_m
        })
    }
}

/// One camera: where it is, where TF has it, and by how much too small (logarithm) it takes people
/// to be.
#[derive(Clone, Copy)]
pub struct Eye {
    pub there: Isometry3<f64>,
    pub by_tf: Isometry3<f64>,
    pub too_small: f64,
}

impl Eye {
    pub fn of(there: Isometry3<f64>, too_small: f64) -> Self {
        Self {
            there,
            by_tf: there,
            too_small,
        }
    }

    fn person(&self, id: usize, walker: &Walker, stamp: Stamp) -> PersonPose {
        let camera = camera();
        let in_camera_m = walker.joints_m(stamp).map(|joint_m| {
            self.there
                .inverse_transform_point(&Point3::from(joint_m))
                .coords
        });
        let mark = |joint_m: &Vector3<f64>| {
            let pixel = camera.pixel(&Point3::from(*joint_m))?;
            Some(Mark {
                x: pixel.x / 848.0,
                y: pixel.y / 480.0,
                score: 0.9,
            })
        };
        let marks = Marks {
            joints: in_camera_m.each_ref().map(mark),
            ..Marks::default()
        };
        let smaller = (-self.too_small).exp();
        let believed = |joint_m: &Vector3<f64>| {
            let point = Point3::from(joint_m * smaller);
            self.by_tf.transform_point(&point).coords
        };
        let turn = self.by_tf.rotation * self.there.rotation.inverse();
        let velocity_m_s = turn * walker.speed_m_s;
        let root_m = believed(&in_camera_m[0]);
        let away_m = root_m - self.by_tf.translation.vector;
        let along_m = away_m * 0.05;
        PersonPose {
            id: format!("camera_{id}"),
            state: State::Tracked,
            confidence: 0.9,
            root_m,
            root_covariance_m2: Matrix3::from_diagonal_element(0.02f64.powi(2))
                + along_m * along_m.transpose(),
            root_velocity_m_s: velocity_m_s,
            joints: in_camera_m.each_ref().map(|joint_m| Joint {
                position_m: believed(joint_m),
                velocity_m_s,
                sigma_m: 0.06,
                score: 0.9,
            }),
            segments: Default::default(),
            marks: Some(marks),
            gaze: None,
            forecast: Forecast {
                seen: stamp,
                ..Forecast::default()
            },
        }
    }

    /// What it shows of these, in this order of ids.
    pub fn view(&self, source: usize, walkers: &[Walker], stamp: Stamp) -> View {
        let people = walkers.iter().enumerate();
        let poses = Poses {
            stamp,
            frame_id: "room".into(),
            people: people
                .map(|(id, walker)| self.person(id, walker, stamp))
                .collect(),
            unplaced: 0,
        };
        View::new(source, poses, &camera(), &self.by_tf)
    }
}

/// Everyone at each moment, of cameras that are triggered together at 30 Hz from one time to
/// another (ms); each shows those of `walkers` that `sees` says.
pub fn run(
    fusion: &mut Fusion,
    eyes: &[Eye],
    walkers: &[Walker],
    (from_ms, to_ms): (i64, i64),
    sees: impl Fn(usize, i64) -> bool,
    drops: &mut Drops,
) -> Vec<Poses> {
    let mut all = Vec::new();
    let mut ms = from_ms;
    while ms < to_ms {
        for (source, eye) in eyes.iter().enumerate().filter(|(n, _)| sees(*n, ms)) {
            let view = eye.view(source, walkers, at(ms));
            all.extend(fusion.take_in(view, at(ms), drops));
        }
        ms += 33;
    }
    all
}

/// The same where each camera shows everybody.
pub fn watch(
    fusion: &mut Fusion,
    eyes: &[Eye],
    walkers: &[Walker],
    span_ms: (i64, i64),
    drops: &mut Drops,
) -> Vec<Poses> {
    run(fusion, eyes, walkers, span_ms, |_, _| true, drops)
}

pub fn new() -> (Fusion, Drops) {
    (Fusion::new("room", settings()), Drops::default())
}

fn ids(poses: &Poses) -> Vec<(&str, State)> {
    let people = poses.people.iter();
    people
        .map(|person| (person.id.as_str(), person.state))
        .collect()
}

#[test]
fn two_cameras_have_a_person_where_neither_alone_has_them() {
    let (mut fusion, mut drops) = new();
    let [a, b] = [(two()[0], 0.06), (two()[1], -0.05)].map(|(there, off)| Eye::of(there, off));
    let walker = Walker::standing(4.0, 0.3);
    let all = watch(&mut fusion, &[a, b], &[walker], (0, 1000), &mut drops);
    assert_eq!(all.len(), 31);
    assert!(drops.is_empty(), "{}", drops.summary());
    for poses in &all[1..] {
        assert_eq!(ids(poses), [("f1", State::Tracked)]);
        assert_eq!(poses.frame_id, "room");
        let person = &poses.people[0];
        let off_m = (person.root_m - walker.place_m).norm();
        assert!(off_m < 0.03, "{off_m} m, of 0.2 m by one camera");
        assert!(person.root_sigma_m().max() < 0.05);
        for (joint, truth_m) in person.joints.iter().zip(walker.joints_m(poses.stamp)) {
            assert!((joint.position_m - truth_m).norm() < 0.05);
        }
        let beside = person.joints.iter().skip(1);
        let most_m = beside.map(|joint| joint.sigma_m).fold(0.0, f64::max);
        assert!(most_m < 0.055, "{most_m}, of 0.06 by one");
    }
}

#[test]
fn a_person_of_one_camera_is_as_that_camera_has_them() {
    let (mut fusion, mut drops) = new();
    let eye = Eye::of(two()[0], 0.06);
    let walker = Walker::standing(4.0, 0.3);
    let all = watch(&mut fusion, &[eye], &[walker], (0, 300), &mut drops);
    assert_eq!(all.len(), 10);
    for poses in &all {
        let expected = PersonPose {
            id: "f1".into(),
            marks: None,
            ..eye.person(0, &walker, poses.stamp)
        };
        assert_eq!(poses.people, [expected]);
    }
}

#[test]
fn people_keep_their_ids_as_they_pass_each_other() {
    let (mut fusion, mut drops) = new();
    let eyes = [Eye::of(two()[0], 0.04), Eye::of(two()[1], -0.04)];
    let goes = |y_m: f64, x_m: f64, turn_rad: f64| Walker {
        place_m: Vector3::new(x_m, y_m, 0.9),
        speed_m_s: Vector3::new(0.0, -y_m / 1.5, 0.0),
        turn_rad,
    };
    // Half a metre apart where they pass.
    let walkers = [goes(1.5, 3.6, 0.0), goes(-1.5, 4.1, 2.0)];
    let all = watch(&mut fusion, &eyes, &walkers, (0, 3000), &mut drops);
    for poses in &all[1..] {
        assert_eq!(ids(poses), [("f1", State::Tracked), ("f2", State::Tracked)]);
        for (person, walker) in poses.people.iter().zip(&walkers) {
            let off_m = (person.root_m - walker.root_m(poses.stamp)).norm();
            assert!(off_m < 0.06, "{off_m}");
        }
    }
    assert!(drops.is_empty(), "{}", drops.summary());
}

#[test]
fn two_of_one_camera_are_two() {
    let (mut fusion, mut drops) = new();
    let eyes = [Eye::of(two()[0], 0.0), Eye::of(two()[1], 0.0)];
    // A detector that has one person twice.
    let walker = Walker::standing(4.0, 0.0);
    let twice = [walker, walker];
    let all = watch(&mut fusion, &eyes[..1], &twice, (0, 200), &mut drops);
    assert_eq!(all[3].people.len(), 2);
    let all = watch(&mut fusion, &eyes, &twice, (231, 500), &mut drops);
    assert_eq!(ids(&all[5]).len(), 2);
}

#[test]
fn who_is_seen_by_nobody_is_lost_once_and_returns_under_the_same_id() {
    let (mut fusion, mut drops) = new();
    let eyes = [Eye::of(two()[0], 0.02), Eye::of(two()[1], 0.0)];
    let walkers = [Walker::standing(4.0, 0.0)];
    watch(&mut fusion, &eyes, &walkers, (0, 500), &mut drops);
    // Cameras that show nobody.
    let none = watch(&mut fusion, &eyes, &[], (528, 1500), &mut drops);
    let states: Vec<Option<State>> = none
        .iter()
        .map(|poses| poses.people.first().map(|person| person.state))
        .collect();
    assert!(states.iter().all(|state| *state != Some(State::Tracked)));
    let lost = states
        .iter()
        .filter(|state| **state == Some(State::Lost))
        .count();
    assert_eq!(lost, 1, "said once: {states:?}");
    let again = watch(&mut fusion, &eyes, &walkers, (1518, 1800), &mut drops);
    assert_eq!(ids(&again[3]), [("f1", State::Tracked)]);
}

#[test]
fn ids_are_never_given_again() {
    let (mut fusion, mut drops) = new();
    let eyes = [Eye::of(two()[0], 0.0), Eye::of(two()[1], 0.0)];
    let walkers = [Walker::standing(4.0, 0.0)];
    watch(&mut fusion, &eyes, &walkers, (0, 500), &mut drops);
    fusion.forget();
    let all = watch(&mut fusion, &eyes, &walkers, (500, 900), &mut drops);
    assert!(
        all.iter()
            .all(|poses| poses.people.iter().all(|p| p.id != "f1"))
    );
}
